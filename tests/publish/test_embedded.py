"""The embedded renderer: numbers, references across chapters, callouts, folded code, the PDF."""

import json
import re

import pypandoc
import pytest
from bs4 import BeautifulSoup
from pypdf import PdfReader

from tokenecon.publish.embedded import _Aside, _compact
from tokenecon.publish.errors import PublishError
from tokenecon.publish.paper import text_of
from tokenecon.publish.sources import bibliography, data_page


@pytest.fixture(scope="module")
def pages(built):
    folder = built.build / "2025FY/html"
    return {file.stem: BeautifulSoup(file.read_text(encoding="utf-8"), "html.parser") for file in folder.glob("*.html")}


@pytest.fixture(scope="module")
def pdf(built):
    return PdfReader(built.build / "2025FY/report.pdf")


def links(page):
    return {link["href"]: link.get_text().replace("\u00a0", " ") for link in page.select("a.xref")}


def test_numbers_run_by_chapter(pages):
    assert pages["01_one"].select_one("figure#fig-bar figcaption").get_text().startswith("Figure\u00a01.1:")
    assert pages["01_one"].select_one("figure#tbl-rows figcaption").get_text().startswith("Table\u00a01.1:")
    assert pages["01_one"].h2.get_text() == "1.1 A step"
    assert pages["02_two"].h1.get_text() == "2 The second"
    assert pages["data"].h1.get_text() == "B Data and sources"
    assert pages["index"].find("main").h1.get_text() == "Summary: the answer"


def test_references_lead_to_other_chapters(pages):
    assert links(pages["index"]) == {
        "01_one.html#sec-one": "Chapter 1",
        "01_one.html#fig-bar": "1.1",
        "01_one.html#tbl-rows": "Table 1.1",
        "01_one.html#eq-share": "Equation 1.1",
    }
    assert links(pages["01_one"]) == {"02_two.html#sec-two": "Chapter 2", "#sec-step": "Section 1.1"}
    assert pages["A1_more"].h1.get_text() == "A More of it"
    assert "See Figure 1.1; Figure 1.1, Table 1.1; Table A.1 and Appendix A." in pages[
        "02_two"
    ].main.get_text().replace("\u00a0", " ")


def test_citations_lead_to_the_reference_list(pages):
    link = pages["01_one"].select_one(".citation a")
    assert link["href"] == "references.html#ref-AR25"
    assert (
        pages["references"]
        .find(id="ref-AR25")
        .get_text()
        .strip()
        .startswith("Some Company. 2026. “Results & {outlook}")
    )


def test_code_is_folded_and_prose_is_not_code(pages):
    assert pages["01_one"].select("details.code-fold pre")
    assert not pages["01_one"].select("main > section > pre.cell-code")
    assert "say(" not in pages["index"].main.get_text()


def test_callouts_footnotes_mathematics(pages):
    page = pages["01_one"]
    assert page.select_one(".callout-note .callout-title").get_text().strip() == "Mind this"
    assert "A footnote." in page.select_one(".footnotes").get_text()
    assert page.find(id="eq-share").math["display"] == "block"


def test_figures_are_part_of_the_page(pages):
    picture = pages["01_one"].select_one("figure svg")
    assert picture["aria-label"] == "A bar chart of one bar. The bar is tall."
    assert picture.find("text").get_text() == "tall"
    assert "#fig-bar--svg *{" in str(picture)


def test_the_current_chapter_is_marked(pages):
    assert pages["01_one"].select_one("#contents [aria-current]")["href"] == "01_one.html"
    assert [a["href"] for a in pages["01_one"].select(".turn a")] == ["index.html", "02_two.html"]


def test_the_pdf(pdf):
    text = "\n".join(page.extract_text() for page in pdf.pages)
    assert pdf.metadata.title == "Selling tokens"
    assert pdf.metadata.creation_date.date().isoformat() == "2026-04-15"
    assert "Data as of 15 April 2026" in text
    assert re.search(r"Figure\s1\.1\s+One bar", text)
    assert re.search(r"Table\s1\.1\s+Rows", text)
    assert "from tokenecon" not in text
    assert "Data (CSV)" not in text
    assert any("Lato" in str(font) for page in pdf.pages for font in _fonts(page))


def _fonts(page):
    return [font.get_object()["/BaseFont"] for font in page["/Resources"].get("/Font", {}).values()]


def test_the_bibliography_is_escaped():
    row = {
        "source_id": "A",
        "title": "50% & {x}_y #1",
        "publisher": "P",
        "published_on": "2026-01-01",
        "url": "https://e.org/a_b?c=1%20d",
    }
    text = bibliography([row])
    assert r"title = {{50\% \& \{x\}\_y \#1}}" in text
    assert "url = {https://e.org/a_b?c=1%20d}" in text


def test_the_data_page_knows_only_what_was_published(built):
    edition = built.edition()
    page = data_page(built.data, edition.as_of)
    assert "`AR25`" in page and "LATER" not in page
    assert "A \\| B" in page
    assert "| `b_c` | How much. | number |" in page


@pytest.mark.parametrize("renderer", ["built", "quarto_built"])
def test_the_appendix_is_a_pdf_of_its_own(request, renderer):
    folder = request.getfixturevalue(renderer).build / "2025FY"
    report, appendix = (" ".join(text_of(folder / name).split()) for name in ("report.pdf", "appendix.pdf"))
    assert "Technical appendix" in appendix and "Technical appendix" not in report
    assert "More rows." in appendix and "More rows." not in report
    assert "One bar." in report and "One bar." not in appendix
    # What stands in the other part is named, with the number that it has there, and leads nowhere.
    assert "Table A.1 and Appendix A" in report
    assert "See Figure 1.1, Chapter 2 and" in appendix
    # Each has the references that it cites, and no more.
    for text in (report, appendix):
        assert "Results & {outlook}" in text.rpartition("References")[2]
    assert "About this appendix" in appendix


def test_an_appendix_among_the_chapters_is_refused(project):
    file = project.report / "_quarto.yml"
    text = file.read_text(encoding="utf-8").replace("- 01_one.qmd", "- 01_one.qmd\n  - A1_more.qmd", 1)
    file.write_text(text, encoding="utf-8")
    with pytest.raises(PublishError, match=r"A1_more.qmd: an A means appendix: list it in `appendices`"):
        type(project)(project.root).chapters()


def test_what_pandoc_has_nothing_to_do_to_is_put_aside_and_back():
    text = """
# A heading

Plain words. | Words that cite [@key]. | Words with a [link](02_two.qmd). | - a list | $x^2$ |

::: {#fig-one}
![](drawn.svg)

A caption of words.
:::

Column
------
  cell

: A table. {#tbl-one}
""".replace(" | ", "\n\n")
    blocks = json.loads(pypandoc.convert_text(text, "json", "markdown"))["blocks"]
    div = {"t": "Div", "c": [["", ["chapter"], []], blocks]}
    aside = _Aside()
    slim = _compact(aside.slimmed(div))
    seen = {word for word in ("heading", "Plain", "cite", "link", "list", "caption", "drawn", "cell") if word in slim}
    assert seen == {"heading", "cite", "link", "caption"}
    assert json.loads(aside.put_back(slim)) == div
