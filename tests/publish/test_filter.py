"""The script that lets a reader search and filter a table, in a browser."""

from pathlib import Path

import pytest

REPORT = Path(__file__).parents[2] / "report"
ROWS = [("a", "one apple", "−1.5%"), ("b", "two pears", "1,200"), ("a", "three pears", "—")]
TABLE = "".join(f"<tr><td>{kind}</td><td>{name}</td><td>{value}</td></tr>" for kind, name, value in ROWS)
PAGE = (
    '<html><body><div class="filterable" data-filters="0"><table><thead><tr><th>Kind</th><th>Name</th>'
    "<th>Value</th></tr></thead>"
    f"<tbody>{TABLE}</tbody></table></div><table id='plain'><tbody><tr><td>x</td></tr></tbody></table></body></html>"
)


@pytest.fixture
def page(browser):
    page = browser.new_page()
    page.route("http://report.test/*", lambda route: route.fulfill(body=PAGE, content_type="text/html; charset=utf-8"))
    opened(page)
    yield page
    page.close()


def opened(page, query=""):
    page.goto(f"http://report.test/page.html{query}")
    page.add_style_tag(path=REPORT / "style.css")
    page.add_script_tag(path=REPORT / "filter.js")


def shown(page):
    return page.locator(".filterable tbody tr:visible td:nth-child(2)").all_inner_texts()


def order(page):
    return page.locator(".filterable tbody td:nth-child(3)").all_inner_texts()


def test_words_and_a_value_narrow_the_rows(page):
    assert page.locator(".filter-bar").count() == 1
    assert page.get_by_role("searchbox").input_value() == "" and len(shown(page)) == 3
    page.get_by_role("searchbox").fill("PEARS three")
    assert shown(page) == ["three pears"]
    page.get_by_role("searchbox").fill("pears")
    page.get_by_role("combobox", name="Kind").select_option("a")
    assert shown(page) == ["three pears"]
    assert page.locator("output").inner_text() == "1 of 3 rows"


def test_the_keyboard_is_enough(page):
    page.keyboard.press("Tab")
    page.keyboard.type("apple")
    assert shown(page) == ["one apple"]
    page.keyboard.press("Enter")
    assert shown(page) == ["one apple"]
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_function("document.querySelector('output').textContent === '3 of 3 rows'")
    assert len(shown(page)) == 3


def test_paper_shows_every_row_and_no_bar(page):
    page.get_by_role("searchbox").fill("apple")
    page.emulate_media(media="print")
    assert len(shown(page)) == 3
    assert not page.locator(".filter-bar").is_visible()


def test_a_heading_sorts_by_number_up_down_and_back(page):
    head = page.get_by_role("button", name="Value")
    head.click()
    assert order(page) == ["−1.5%", "1,200", "—"]
    head.click()
    assert order(page) == ["1,200", "−1.5%", "—"]
    assert page.locator("th[aria-sort=descending]").inner_text().startswith("Value")
    head.click()
    assert order(page) == ["−1.5%", "1,200", "—"] and page.locator("th[aria-sort]").count() == 0
    page.get_by_role("button", name="Name").click()
    assert shown(page) == ["one apple", "three pears", "two pears"]


def test_what_was_chosen_stands_in_the_address_and_comes_back(page):
    page.get_by_role("searchbox").fill("pears")
    page.get_by_role("combobox", name="Kind").select_option("a")
    page.get_by_role("button", name="Name").click()
    query = page.evaluate("location.search")
    assert query == "?q=pears&kind=a&sort=1"
    opened(page, query)
    assert page.get_by_role("searchbox").input_value() == "pears" and shown(page) == ["three pears"]
    page.get_by_role("button", name="Show all").click()
    page.wait_for_function("location.search === ''")
    opened(page, "?kind=none&sort=99")
    assert len(shown(page)) == 3


def test_a_line_says_that_nothing_fits(page):
    page.get_by_role("searchbox").fill("plums")
    assert page.get_by_text("No row has all of this").is_visible()
    assert page.locator("output").inner_text() == "0 of 3 rows"
    page.emulate_media(media="print")
    assert not page.get_by_text("No row has all of this").is_visible() and len(shown(page)) == 3


def test_targets_are_large_enough(page):
    for box in page.locator(".filterable :is(button, input, select)").all():
        assert box.bounding_box()["height"] >= 24


def test_on_paper_every_row_stands_and_nothing_of_the_controls(page):
    page.get_by_role("searchbox").fill("apple")
    page.emulate_media(media="print")
    assert [name for name in shown(page) if name] == [name for _, name, _ in ROWS]
    for hidden in (".filter-bar", ".nothing"):
        assert not page.locator(hidden).is_visible()
    # A button is left out where a browser prints the head of a table again on a further page.
    assert page.locator("th button").first.evaluate("button => getComputedStyle(button).display") == "contents"
