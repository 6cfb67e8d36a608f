"""The page of methods follows from docstrings, the bibliography and the cells of the chapters."""

import ast
import re
from pathlib import Path

import nbformat
import pytest

from tokenecon.publish.methods import methods_page, read_methods, read_works

NAMED = re.compile(r"\b([A-Z][\w’'-]+)(?:,? (?:and )?[A-Z][\w’'-]+)*(?:'s|’s)?,?\s\(?((?:19|20)\d\d)\)")
ROOT = Path(__file__).parents[2]
WORKS = read_works(ROOT / "report" / "literature.bib")
MODULE = '''
def survive(days):
    """Return a curve after Kaplan
    and Meier (1958).

    By 1986 this was common.
    """
    return days

def lasting(days):
    """Return how long a premium lasts."""
    return survive(days)

def slope(frame):
    """Return a slope with Newey and West's (1987) errors; White (1980) came before."""
'''


@pytest.fixture
def analysis(tmp_path):
    (tmp_path / "lives.py").write_text(MODULE, encoding="utf-8")
    return tmp_path


def unknown_works(analysis):
    """Name the works that docstrings of the analysis cite by author and year and that the bibliography lacks."""
    found = set()
    for file in analysis.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.Module)):
                cited = NAMED.finditer(" ".join((ast.get_docstring(node) or "").split()))
                unknown = (one[0] for one in cited if not any(work.is_named_in(one[0]) for work in WORKS))
                found |= {f"{file.name}: {name}" for name in unknown}
    return sorted(found)


def chapter(code):
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])


def test_a_function_stands_with_its_works_and_the_chapters_that_reach_it(analysis):
    chapters = {
        "sec-one": chapter("lives.lasting(days)"),
        "sec-two": chapter("lives.slope(frame)"),
        "sec-three": chapter("1"),
    }
    rows = [row for row in methods_page(read_methods(analysis, WORKS), chapters).splitlines() if "`lives." in row]
    assert rows == [
        "| A curve after Kaplan and Meier (1958) | `lives.survive` | [-@sec-one] | @KaplanMeier1958 |",
        "| A slope with Newey and West's (1987) errors; White (1980) came before | `lives.slope` | [-@sec-two] "
        "| @NeweyWest1987 |",
    ]


def test_a_work_that_the_bibliography_lacks_is_named(analysis):
    assert unknown_works(analysis) == ["lives.py: White (1980)"]


def test_the_analysis_cites_only_works_that_are_listed():
    missing = unknown_works(ROOT / "src" / "tokenecon" / "analysis")
    assert missing == [], "add them to report/literature.bib"


def test_every_work_has_what_a_reference_needs():
    assert len(WORKS) > 10
    assert len({work.key for work in WORKS}) == len(WORKS)
    assert all(work.author and work.year.isdigit() for work in WORKS)


def test_a_chapter_is_named_for_what_it_asks_and_not_for_a_name_alike(tmp_path):
    """Two rooms find something by one name; a column or a variable by the name of a function is no call of it."""
    for room, body in (("one", "return lives.survive(frame)"), ("two", "survive = frame.survive; return survive")):
        (tmp_path / room).mkdir()
        text = f"class {room.title()}:\n    def kept(self, frame):\n        {body}\n"
        (tmp_path / room / "findings.py").write_text(text, encoding="utf-8")
    (tmp_path / "one" / "lives.py").write_text(MODULE, encoding="utf-8")
    asks = "f, other = {}.open(), Third.open()\nframe = f.kept"
    chapters = {"sec-one": chapter(asks.format("One")), "sec-two": chapter(asks.format("Two"))}
    page = methods_page(read_methods(tmp_path, WORKS), chapters)
    [row] = [row for row in page.splitlines() if "`lives.survive`" in row]
    assert "[-@sec-one]" in row and "sec-two" not in row
