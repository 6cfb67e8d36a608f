"""No number is typed in prose: sentences are formatted from computed values, and a reader can look each one up."""

import ast
import io
import re
import tokenize
from pathlib import Path

import nbformat
import numpy as np
import pytest
import yaml

import tokenecon

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))

# What may stand typed, and why.
ALLOWED = {
    r"\[[^\]]*@[^\]]*\]|@[\w:.-]+": "citations and cross-references carry digits in their keys",
    r"\{#[^}]*\}": "so do labels",
    r"\]\([^)]*\)": "and the targets of links",
    r"`[^`]*`": "code is code",
    r"\$[^$]+\$": "mathematics states a definition, not a finding",
}
TITLE_OR_CAPTION = ("fig-cap", "fig-alt", "tbl-cap", "fig-title")


def typed_numbers(text):
    """Digits left in ``text`` once what is allowed is taken out."""
    for pattern in ALLOWED:
        text = re.sub(pattern, "", text)
    return re.findall(r"\S*\d\S*", text)


def options(source):
    """The ``#|`` options of a code cell."""
    lines = [line.removeprefix("#|") for line in source.splitlines() if line.startswith("#|")]
    return yaml.safe_load("\n".join(lines)) or {}


def cells(kind):
    for path in NOTEBOOKS:
        for number, cell in enumerate(nbformat.read(path, as_version=4).cells):
            if cell.cell_type == kind:
                yield pytest.param(cell.source, id=f"{path.stem}-{number}")


@pytest.mark.parametrize("source", list(cells("markdown")))
def test_markdown_types_no_number(source):
    assert typed_numbers(source) == []


@pytest.mark.parametrize("source", list(cells("code")))
def test_captions_type_no_number_and_alt_text_is_its_own(source):
    found = options(source)
    for name in TITLE_OR_CAPTION:
        assert typed_numbers(found.get(name, "")) == [], f"in {name}"
    label = found.get("label", "")
    if label.startswith("fig-"):
        assert found.get("fig-cap") and found.get("fig-alt"), f"{label} needs a caption and an alt text"
        assert found["fig-alt"] != found["fig-cap"]
        assert "source" in found["fig-cap"].lower(), f"the caption of {label} names no source"
    if label.startswith("tbl-"):
        assert found.get("tbl-cap"), f"{label} needs a caption"
        assert "source" in found["tbl-cap"].lower(), f"the caption of {label} names no source"


def test_each_label_stands_once_in_the_report():
    labels = [options(source).get("label", "") for source in (param.values[0] for param in cells("code"))]
    shown = [label for label in labels if label.startswith(("fig-", "tbl-"))]
    assert sorted(shown) == sorted(set(shown))


SHOWN = {"Column": 0}
"""Functions that show a text, and which of their arguments it is."""


@pytest.mark.parametrize("source", list(cells("code")))
def test_texts_in_code_type_no_number(source):
    """What a cell shows through these functions are templates and headers; their fields hold the numbers."""
    for call in ast.walk(ast.parse(source)):
        if isinstance(call, ast.Call) and (name := getattr(call.func, "id", "")) in SHOWN:
            shown = call.args[SHOWN[name]]
            if isinstance(shown, ast.Constant):
                assert typed_numbers(re.sub(r"\{[^}]*\}", "", shown.value)) == [], shown.value


@pytest.mark.parametrize("source", list(cells("code")))
def test_headers_of_tables_type_no_number(source):
    if options(source).get("label", "").startswith("tbl-"):
        shown = [value for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Dict) for value in node.values]
        texts = [value.value for value in shown if isinstance(value, ast.Constant) and isinstance(value.value, str)]
        assert [text for text in texts if re.match("[A-Z]", text) and typed_numbers(text)] == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_cells_are_short(path):
    sources = [cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    lines = [[line for line in source.splitlines() if line.strip() and line[:2] != "#|"] for source in sources]
    assert max(map(len, lines)) <= 20
    assert np.median([len(found) for found in lines]) <= 8


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_chapter_has_the_agreed_shape(path):
    notebook = nbformat.read(path, as_version=4)
    first = notebook.cells[0].source
    assert re.search(r"^# .+ \{#sec-[a-z-]+\}$", first, re.M), "begin with an H1 that has a {#sec-…} label"
    if path.stem[0] != "A" and path.stem != "00_summary":
        text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
        for heading in ("What this means", "What would change it"):
            assert re.search(rf"^## {heading}", text, re.M), f"end with a section «{heading}»"


YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\w)")
KEY = re.compile(r"\w*_\w*")
PARTS = ("analysis", "display", "publish")
SOURCES = sorted(path for part in PARTS for path in (Path(tokenecon.__file__).parent / part).rglob("*.py"))
NO_YEAR = {
    ("sample.py", "2020-01-01"): "the origin of a time scale, which cancels",
    ("public.py", "http://www.w3.org/2005/Atom"): "the name of a format",
}


def years_in_code(code):
    """Years that stand in code as numbers or in strings; docstrings may name works and give examples."""
    tree = ast.parse(code)
    spoken = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    texts = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in spoken]
    tokens = tokenize.generate_tokens(io.StringIO(code).readline)
    numbers = [token.string for token in tokens if token.type == tokenize.NUMBER and YEAR.fullmatch(token.string)]
    return [text for text in texts if isinstance(text, str) and YEAR.search(KEY.sub("", text))] + numbers


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_code_names_no_year(path):
    found = [text for text in years_in_code(path.read_text(encoding="utf-8")) if (path.name, text) not in NO_YEAR]
    assert found == [], "an edition's periods come from its file; say cat.edition.focal, or read the year from the data"


@pytest.mark.parametrize("source", list(cells("code")))
def test_cells_name_no_year(source):
    """Keys of statements may hold one, since they name a statement."""
    assert years_in_code(source) == []


def test_the_check_of_years_finds_them():
    assert years_in_code("x = rows.query('period == \"FY2025\"')") == ['period == "FY2025"']
    assert years_in_code("x = '2025-12-31'") == ["2025-12-31"]
    assert years_in_code("if year >= 2025:\n    pass") == ["2025"]
    assert years_in_code("draws = 2_000") == []
    assert years_in_code('"""As of 2025."""\nx = table["zp_target_2026_said_mar"]') == []


def test_the_check_finds_what_it_looks_for():
    assert typed_numbers("Revenue grew 132% in 2025.") == ["132%", "2025."]
    assert typed_numbers("See @fig-h1 and [@ZP_AR25, p. 9], $x^2$, `f(2)`.") == []
