"""Inline expressions: what is printed, what is refused, what an executed copy shows."""

import ast
from pathlib import Path

import nbformat
import pytest

from tokenecon import asked
from tokenecon.catalog.schema import Schema
from tokenecon.display.text import CURRENCIES, amount, listed, number, share, text, when
from tokenecon.publish import inline
from tokenecon.publish.chapter import read_chapter
from tokenecon.publish.errors import NotebookError, PublishError
from tokenecon.publish.execute import execute as execute_in_kernel
from tokenecon.publish.gaps import errors, gaps

QUERY = "frame.query('entity == @one.id')"
HEAD = "# A chapter {#sec-a}"


@pytest.fixture(scope="module")
def execute(tmp_path_factory):
    folder = tmp_path_factory.mktemp("inline")

    def run(*cells, draft=False):
        made = [
            nbformat.v4.new_markdown_cell(cell[3:]) if cell.startswith("md:") else nbformat.v4.new_code_cell(cell)
            for cell in (f"md:{HEAD}", *cells)
        ]
        for place, cell in enumerate(made):
            cell["id"] = f"cell-{place}"
        path = folder / "01_a.ipynb"
        nbformat.write(nbformat.v4.new_notebook(cells=made), path)
        return nbformat.reads(execute_in_kernel(path.name, "2026H1", draft).notebook, as_version=4)

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TOKENECON_PROJECT", str(folder))
        yield run


SETUP = "from tokenecon.display.text import *\nfrom tokenecon.display.text import share, text, when, listed\nx = 0.2634"


def test_a_sentence_prints_its_values_and_records_them(execute):
    notebook = execute(SETUP, "md:It grew `{python} share(x, 1)`, `code` stays, at `{python} text('a_b*')`.")
    content = read_chapter(notebook, "01_a.ipynb")
    assert r"It grew 26.3%, `code` stays, at a\_b\*." in content.markdown
    assert content.facts == {
        "cell-2.share(x, 1)": {"value": 0.2634, "unit": "ratio", "text": "26.3%"},
        "cell-2.text('a_b*')": {"value": "a_b*", "unit": "text", "text": r"a\_b\*"},
    }
    shown = inline.with_values(notebook.cells[2])
    assert shown.source.startswith("It grew 26.3%")
    assert "{python}" in shown.metadata["tokenecon"]["template"]


WORD = "from tokenecon.shown import Word\nwho = Word('Chinese_')"
CAPTIONED = """#| label: tbl-prices
#| tbl-cap: "Prices of `{python} who` models. Source: invented."
import pandas as pd
from tokenecon.display import table
table(pd.DataFrame({"a": [ROW]}), {"a": "A"})"""


def test_a_caption_and_a_heading_print_a_word_and_record_no_fact(execute):
    notebook = execute(WORD, CAPTIONED.replace("ROW", "1"), "md:## `{python} who` models rise")
    content = read_chapter(notebook, "01_a.ipynb")
    assert r": Prices of Chinese\_ models. Source: invented. {#tbl-prices}" in content.markdown
    assert r"## Chinese\_ models rise" in content.markdown
    assert content.facts == {}
    assert inline.with_values(notebook.cells[2]).outputs == notebook.cells[2].outputs


def test_the_caption_of_a_table_that_a_draft_leaves_open_marks_the_word(execute):
    notebook = execute(
        WORD, CAPTIONED.replace("ROW", "nowhere['a']").replace("import", "nowhere = {}\nimport", 1), draft=True
    )
    assert ": Prices of … models. Source: invented. {#tbl-prices}" in read_chapter(notebook, "01_a.ipynb").markdown


def test_expressions_that_touch_are_refused_before_anything_runs(execute):
    with pytest.raises(PublishError, match=r"cell 4.*is no expression"):
        execute("import nowhere", SETUP, "md:It grew `{python} share(x)``{python} share(x)`.")


@pytest.mark.parametrize("mark", ["- ", "* ", "1. ", "## ", "> "])
def test_an_expression_before_the_mark_of_a_list_or_heading_is_refused(execute, mark):
    with pytest.raises(PublishError, match=r"cell 4.*put the expression after the"):
        execute("import nowhere", SETUP, f"md:`{{python}} share(x)`{mark}of it.")


def test_a_name_that_is_missing_says_so(execute):
    notebook = execute(SETUP, "md:Of `{python} text(float('nan'))`.")
    assert "[not available]" in read_chapter(notebook, "01_x.ipynb").markdown


@pytest.mark.parametrize("expression", ["x", "str(x)", "'26%'"])
def test_a_bare_number_or_string_is_refused(execute, expression):
    notebook = execute(SETUP, f"md:It grew `{{python}} {expression}`.")
    with pytest.raises(PublishError, match=r"cell 3.*as it is: give it a form"):
        read_chapter(notebook, "01_a.ipynb")


def test_a_failing_expression_names_notebook_cell_and_itself(execute):
    with pytest.raises(NotebookError, match=r"01_a.ipynb cell 3 .*y.*\n.*NameError"):
        execute(SETUP, "md:It grew `{python} y`.")


def test_a_draft_marks_the_sentence_that_waits(execute):
    notebook = execute(SETUP, "md:It grew `{python} share({}['h'])`.", draft=True)
    assert gaps(notebook) == ["cell 3 (cell-2) is open: the data lack a row that this cell asks for"]
    assert errors(notebook) == ["cell 3: KeyError: 'h'"]
    for shown in (read_chapter(notebook, "01_a.ipynb").markdown, inline.with_values(notebook.cells[2]).source):
        assert "This part of the draft is open: the data lack a row that this cell asks for." in shown
        assert "KeyError" not in shown


def test_cells_that_wait_for_names_bound_above_are_counted_with_the_cell_that_failed(execute):
    binds = "y = {}['h']\ndef double():\n    return 2 * y\nfrom math import tau"
    notebook = execute(
        SETUP, binds, "z = double()", "md:It grew `{python} share(z)`, or `{python} share(tau)`.", draft=True
    )
    open_cell = "cell 3 (y = {}['h']) is open: the data lack a row that this cell asks for"
    assert gaps(notebook) == [f"{open_cell}, and 2 cells that wait for it"]
    assert [error.split(":")[1] for error in errors(notebook)] == [" KeyError", " NameError", " NameError"]


def test_a_kernel_says_what_code_asked_for(execute):
    """Strings, texts and companies behind names and queries, and where a name that is no text was bound."""
    bound = "rows = {latest: 1}"
    said = execute(
        "class Company:\n    id = 'zhipu'\none, latest, unasked = Company(), 'FY2025', 'H1 2025'",
        bound,
        f"{asked.answer('rows.missing', [bound], False)}.words",
        f"{asked.answer(QUERY, [], False)}.words",
    )
    followed, queried = (ast.literal_eval(cell.outputs[0]["data"]["text/plain"]) for cell in said.cells[3:])
    assert followed == {"FY2025"}
    assert queried == {"entity == @one.id", "zhipu"}


def test_a_condition_that_does_not_hold_leaves_the_paragraph_out(execute):
    notebook = execute(
        SETUP, "md:`{python} when(x > 1)`Gone: `{python} share(nothing)`.", "md:`{python} when(x < 1)`Here."
    )
    content = read_chapter(notebook, "01_a.ipynb")
    assert "Gone" not in content.markdown
    assert "Here." in content.markdown
    assert content.facts == {}


def test_two_conditions_in_one_cell_are_refused(execute):
    notebook = execute(SETUP, "md:`{python} when(x < 1)`One.\n\n`{python} when(x < 2)`Two.")
    with pytest.raises(PublishError, match=r"cell 3.*each leave the whole cell out"):
        read_chapter(notebook, "01_a.ipynb")


@pytest.mark.parametrize(
    ("printed", "shown"),
    [
        (share(-0.001), "0%"),
        (share(0.263, sign=True), "+26%"),
        (share(-0.263), "−26%"),
        (share(float("nan")), "[not available]"),
        (amount(724_334_000, "CNY m"), "724 million yuan"),
        (number(1234), "1,234"),
        (number(-0.04, 1), "0.0"),
        (listed({"H1 2026": 0.5, "~x": 0.1}, share), r"50% (H1 2026) and 10% (\~x)"),
        (text("HK$/US$"), r"HK\$/US\$"),
        (when(True), ""),
    ],
)
def test_forms(printed, shown):
    assert str(printed) == shown


def test_every_currency_that_tables_may_hold_has_a_name():
    data = Path(__file__).parents[1] / "data"
    assert set(Schema.load(data).tables["financials"].enum("currency")) == set(CURRENCIES)
