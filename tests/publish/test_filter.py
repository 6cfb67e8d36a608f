"""The script that lets a reader search and filter a table, in a browser."""

from pathlib import Path

import pytest

REPORT = Path(__file__).parents[2] / "report"
ROWS = [("a", "one apple"), ("b", "two pears"), ("a", "three pears")]
TABLE = "".join(f"<tr><td>{kind}</td><td>{name}</td></tr>" for kind, name in ROWS)
PAGE = (
    '<html><body><div class="filterable" data-filters="0"><table><thead><tr><th>Kind</th><th>Name</th></tr></thead>'
    f"<tbody>{TABLE}</tbody></table></div><table id='plain'><tbody><tr><td>x</td></tr></tbody></table></body></html>"
)


@pytest.fixture
def page(browser):
    page = browser.new_page()
    page.set_content(PAGE)
    page.add_style_tag(path=REPORT / "style.css")
    page.add_script_tag(path=REPORT / "filter.js")
    yield page
    page.close()


def shown(page):
    return page.locator(".filterable tbody tr:visible td:nth-child(2)").all_inner_texts()


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
