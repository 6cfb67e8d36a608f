"""What every page carries: search, notes, citation, description; and that a browser has nothing to complain of."""

import json
import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from bs4 import BeautifulSoup
from PIL import Image
from playwright.sync_api import expect

from tokenecon.publish.site import CARD, CITATION, INDEX

STYLE = Path(__file__).parents[2] / "report" / "style.css"
VIEWS = {"desktop": (1280, "light"), "dark": (1280, "dark"), "phone": (390, "light")}


@pytest.fixture(scope="module", params=["embedded", "quarto"])
def html(request):
    """The folder of the pages, as each renderer makes them."""
    return request.getfixturevalue({"embedded": "built", "quarto": "quarto_built"}[request.param]).build / "2025FY/html"


@pytest.fixture
def page(browser, html):
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    yield page
    page.close()


def soup(file):
    return BeautifulSoup(file.read_text(encoding="utf-8"), "html.parser")


def test_each_page_says_what_it_is(html):
    files = list(html.glob("*.html"))
    about = {file.name: soup(file).find("meta", attrs={"name": "description"})["content"] for file in files}
    assert all(about.values())
    assert about["01_one.html"] != about["index.html"]
    for file in files:
        head = soup(file).head
        assert head.find("link", rel="icon")["href"].endswith("favicon.svg")
        assert head.find("meta", property="og:image")["content"] == CARD
        assert [link["href"] for link in head.find_all("link", rel="alternate")] == ["report.pdf", "appendix.pdf"]
    assert Image.open(html / CARD).size == (1200, 630)


def test_each_page_links_to_the_pdfs_and_says_how_to_cite(html):
    for file in html.glob("*.html"):
        main = soup(file).main
        links = [link["href"] for link in main.select(".reading a")]
        assert links == ["report.pdf", "appendix.pdf", "#cite"]
        read = bool(re.match(r"index|[0-9A][0-9]_", file.name))
        assert ("minute" in main.select_one(".reading").get_text()) is read
        said = main.select_one("#cite").get_text()
        assert "Edition 2025FY, data as of 15 April 2026" in said and "@report{tokenecon2025fy," in said
    assert (html / CITATION).read_text(encoding="utf-8").count("{") == (html / CITATION).read_text().count("}")
    assert (html / "report.pdf").stat().st_size > 1000


def test_figures_come_as_png_with_their_origin(html):
    assert Image.open(html / "figures/fig-bar.png").size[0] > 1000
    assert soup(html / "01_one.html").find("a", href="figures/fig-bar.png")


def test_the_search_knows_every_section(html):
    text = (html / INDEX).read_text(encoding="utf-8")
    entries = json.loads(text.removeprefix("window.searchIndex = ").rstrip(";\n"))
    places = {entry["at"]: entry for entry in entries}
    assert places["01_one.html#sec-step"]["heading"] == "A step"
    assert "A share is" in places["01_one.html#sec-step"]["text"]
    assert places["01_one.html"]["chapter"] == "The first question"
    for place in places:
        file, _, anchor = place.partition("#")
        assert (html / file).is_file() and (not anchor or soup(html / file).find(id=anchor)), place
    assert not any(re.search(r"function|stroke-line", entry["text"]) for entry in entries)


def test_a_reader_finds_words_from_any_page_with_the_keyboard(page, html):
    page.goto(f"file://{html}/data.html")
    page.keyboard.press("/")
    page.keyboard.type("SHARE step")
    link = page.locator("dialog.search li a").first
    expect(link).to_have_attribute("href", "01_one.html#sec-step")
    assert "step" in [mark.lower() for mark in link.locator("mark").all_inner_texts()]
    page.keyboard.press("Enter")
    page.wait_for_url("**/01_one.html#sec-step")
    page.keyboard.press("/")
    page.keyboard.type("nosuchword")
    page.get_by_text("Nothing has all of these words.").wait_for()
    page.keyboard.press("Escape")
    assert not page.locator("dialog.search").is_visible()


def test_citations_and_footnotes_open_on_hover_and_focus(page, html):
    page.goto(f"file://{html}/01_one.html")
    citation = page.locator("main a[href*='#ref-AR25']").first
    citation.hover()
    tip = page.locator("#note-tip")
    assert "Some Company" in tip.inner_text() and "outlook" in tip.inner_text()
    page.keyboard.press("Escape")
    assert not tip.is_visible()
    page.locator("main a[href='#fn1']").focus()
    assert "A footnote." in tip.inner_text()


def test_a_figure_can_be_enlarged_and_put_back(page, html):
    page.goto(f"file://{html}/01_one.html")
    page.get_by_role("button", name="Enlarge the figure").focus()
    page.keyboard.press("Enter")
    expect(page.locator("dialog.large svg#fig-bar--svg")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("main svg#fig-bar--svg")).to_be_visible()


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("name", ["index", "01_one", "data", "references", "facts", "figures"])
def test_a_browser_finds_no_fault(browser, html, view, name):
    """Neither axe nor the console has anything to say, nothing is asked of another host, nothing sticks out."""
    width, scheme = VIEWS[view]
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    errors, asked = [], []
    page.on("console", lambda message: errors.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"file://{html}/{name}.html")
    page.wait_for_load_state("networkidle")
    assert errors == []
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    found = Axe().run(page).response["violations"]
    assert [(fault["id"], fault["nodes"][0]["html"][:200]) for fault in found] == []
    context.close()


def shown_table(heads, cells):
    """A page with a table as both renderers write one; what begins with no letter stands on the right."""
    aligned = [f'style="text-align: {"left" if cell[0].isalpha() else "right"};"' for cell in cells]
    head, body = (
        "".join(f"<{tag} {look}>{text}</{tag}>" for look, text in zip(aligned, texts, strict=True))
        for tag, texts in (("th", heads), ("td", cells))
    )
    columns = "<colgroup>" + '<col style="width: 10%">' * len(heads) + "</colgroup>"
    table = f"<table>{columns}<thead><tr>{head}</tr></thead><tbody><tr>{body}</tr></tbody></table>"
    look = STYLE.read_text(encoding="utf-8") + "table { border-collapse: collapse; font: .875rem Lato }"
    return f"<style>{look}</style><div class=table-box>{table}</div>"


def test_on_a_phone_a_number_stands_beside_the_fixed_first_column(page):
    page.set_viewport_size({"width": 390, "height": 800})
    heads = ["Company", "Of what", "Figure", "Period", "Article", "Computed", "Unit", "Currency", "Reason"]
    words = ["MiniMax", "open platform", "Revenue growth", "FY2025", "1,234.5", "1,234.56", "million", "USD", "rounds"]
    page.set_content(shown_table(heads, words))
    number = page.locator("td").nth(4).bounding_box()
    assert number["x"] + number["width"] <= 390
    page.evaluate("document.querySelector('.table-box').scrollLeft = 200")
    assert page.locator("td").nth(0).bounding_box()["x"] == page.locator(".table-box").bounding_box()["x"]


def test_on_a_phone_a_table_of_numbers_alone_scrolls_whole(page):
    page.set_viewport_size({"width": 390, "height": 800})
    page.set_content(shown_table(["Vendor"] * 12, ["111×"] * 12))
    page.evaluate("document.querySelector('.table-box').scrollLeft = 200")
    assert page.locator("td").nth(0).bounding_box()["x"] < 0


def test_on_a_phone_a_cell_of_a_card_is_as_wide_as_the_card(page):
    page.set_viewport_size({"width": 390, "height": 800})
    table = shown_table(
        ["Part", "Claim", "Article", "Why"], ["business", "The line became the main one", "87", "filed"]
    )
    page.set_content(table.replace("<div class=table-box>", "<div class=filterable><div class=table-box>") + "</div>")
    card = page.locator("tbody tr").bounding_box()
    assert {cell.bounding_box()["width"] for cell in page.locator("td").all()} == {card["width"]}
