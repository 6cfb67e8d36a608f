"""Hostile text in every text column of tables, in sources and in pictures: both formats show it, none obeys it."""

import csv
import re
import unicodedata

import hostile
import matplotlib.pyplot as plt
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from publish.sample_project import HEADING_ONE, SET_UP, make_project, write_notebook

from tokenecon.display import Column, style, table
from tokenecon.markup import escaped, shown
from tokenecon.publish import build, choose_renderer, verify
from tokenecon.publish.paper import text_of
from tokenecon.publish.svg import inline_svg

CAPTIONS = (("tbl-rows", "caption, #tbl-rows figcaption"), ("fig-bar", "figcaption"))
TEXTS = [text for text in hostile.TEXTS if any(letter.isalnum() for letter in text)]


def squeezed(text):
    return "".join(letter for letter in unicodedata.normalize("NFKC", text).casefold() if letter.isalnum())


def hostile_project(root):
    project = make_project(root)
    data = pd.DataFrame({"who": TEXTS, "value": range(len(TEXTS)), "said": TEXTS[::-1]})
    made = table(data, {"who": Column("Who <b>*x*</b>"), "value": Column("Value", ",.1f"), "said": Column("$Said$")})
    label = '#| label: tbl-rows\n#| tbl-cap: "Rows in HK$ and US$, by $x^2$."'
    cell = f'{label}\nShown({{"text/markdown": {made.markdown!r}}}, data_csv="a\\n")'
    figure = f'#| label: fig-bar\n#| fig-cap: "One bar of $a_1$, in US$."\n#| fig-alt: {escaped_yaml(TEXTS)}\nfigure()'
    set_up = f"{SET_UP}\nfrom tokenecon.shown import Shown"
    heading = HEADING_ONE.replace(" See @sec-two and @sec-step.", "")
    write_notebook(project, "01_one.ipynb", f"md:{heading}", set_up, cell, figure)
    write_notebook(project, "00_summary.ipynb", "md:# Summary {#sec-summary}\n\nRead @sec-one and @tbl-rows.")
    write_notebook(project, "02_two.ipynb", "md:# The second {#sec-two}\n\nNothing more.")
    with (project.data / "sources.csv").open("a", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        for number, text in enumerate(TEXTS):
            row = [f"H{number}", text, text, "2026-01-01", "stated", "", "javascript:alert(1)", "", "press", text, ""]
            writer.writerow(row)
    return project


def escaped_yaml(texts):
    inner = " ".join(texts).replace("\\", "\\\\").replace('"', '\\"')
    return '"' + re.sub(r"[\x00-\x1f\u2028\u202e]", " ", inner) + '"'


@pytest.fixture(scope="module", params=["embedded", "quarto"])
def project(request, tmp_path_factory, kernels):
    if request.param == "quarto" and choose_renderer() != "quarto":
        pytest.skip("Quarto 1.9 or newer is not on PATH")
    project = hostile_project(tmp_path_factory.mktemp("hostile") / "project")
    build(renderer=request.param, project=project)
    return project


@pytest.fixture(scope="module")
def page(project):
    def read(name):
        text = (project.build / "2025FY/html" / name).read_text(encoding="utf-8")
        return BeautifulSoup(text, "html.parser")

    return read


def test_the_report_is_sound(project):
    """What looks like a lost reference is named all the same: a reader cannot tell it from one."""
    looks_lost = ("unresolved reference @fig-lost", "placeholder left: {{<")
    assert [problem for problem in verify(project=project) if not problem.endswith(looks_lost)] == []


def test_each_cell_shows_its_text_in_its_column(page):
    rows = page("01_one.html").select("#tbl-rows tbody tr")
    assert len(rows) == len(TEXTS)
    for row, text, other in zip(rows, TEXTS, TEXTS[::-1], strict=True):
        who, value, said = (cell.get_text() for cell in row.find_all("td"))
        assert squeezed(who) == squeezed(shown(escaped(text)))
        assert squeezed(said) == squeezed(other)
        assert re.fullmatch(r"\d+\.0", value.strip())
    heads = [cell.get_text().strip() for cell in page("01_one.html").select("#tbl-rows th")]
    assert heads == ["Who <b>*x*</b>", "Value", "$Said$"]


def test_a_caption_has_its_maths_and_keeps_its_dollars(page, project):
    captions = [page("01_one.html").select_one(f"#{label} {tag}") for label, tag in CAPTIONS]
    for caption, said in zip(captions, ("Rows in HK$ and US$, by", "One bar of"), strict=True):
        assert len(caption.select("math, .math")) == 1
        assert said in " ".join(caption.get_text().split())
    assert " in US$." in captions[1].get_text()
    assert "rowsinhkandus" in squeezed(text_of(project.build / "2025FY/report.pdf"))


@pytest.mark.parametrize("name", ["01_one.html", "data.html"])
def test_nothing_is_live(page, name):
    main = page(name).main
    assert not main.select("b[onclick], td script, td img, td em, td strong, td sub, td sup, td math, td hr, td pre")
    assert not [link for link in main.select("a[href]") if link["href"].lower().startswith("javascript")]


def test_the_pdf_shows_the_texts(project):
    text = squeezed(text_of(project.build / "2025FY/report.pdf"))
    assert all(squeezed(one)[:20] in text for one in TEXTS)
    sources = squeezed(text_of(project.build / "2025FY/appendix.pdf"))
    assert all(squeezed(one)[:20] in sources for one in TEXTS)


def test_a_picture_shows_names_as_they_are(tmp_path):
    style.use()
    figure, ax = plt.subplots()
    for number, text in enumerate(TEXTS):
        ax.text(0, number, escaped_yaml([text]).strip('"').replace("\\\\", "\\").replace('\\"', '"'))
    figure.savefig(tmp_path / "x.svg")
    plt.close(figure)
    picture = BeautifulSoup(inline_svg((tmp_path / "x.svg").read_text(encoding="utf-8"), "x", '"<b>'), "html.parser")
    said = [element.get_text() for element in picture.find_all("text")]
    assert {"HK$/US$ rate", "__init__", "<think>", "智谱AI", "<script>alert(1)</script>"} <= set(said)
    assert not picture.find_all(["script", "b", "think"])
