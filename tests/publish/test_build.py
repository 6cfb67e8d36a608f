"""Building: only what changed, the last good report kept, the same bytes twice."""

import json
import sys

import pytest
from filelock import FileLock
from publish import studies
from publish.sample_project import FIGURE, HEADING_ONE, SAY, SET_UP, digests, write_notebook

from tokenecon.publish import NotebookError, PublishError, build, embedded, verify, why
from tokenecon.publish.cache import sha256
from tokenecon.publish.listings import anchor

_module = sys.modules["tokenecon.publish.build"]


def reasons(project):
    return {name.removesuffix(".ipynb"): reason for name, reason in why(project=project)}


def append(path, text):
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")


def test_leaves_what_later_tools_rely_on(built):
    folder = built.build / "2025FY"
    for name in ("html/index.html", "report.pdf", "figures/fig-bar.svg", "notebooks/01_one.ipynb"):
        assert (folder / name).stat().st_size > 0
    assert (folder / "figures/fig-bar.csv").read_text() == "x,y\n1,2\n"
    assert json.loads((folder / "facts.json").read_text()) == {
        "00_summary.growth": {
            "value": 2.93,
            "unit": "ratio",
            "text": "293%",
            "notebook": "00_summary.ipynb",
            "at": f"facts.html#{anchor('00_summary.growth')}",
        }
    }
    manifest = json.loads((folder / "manifest.json").read_text())
    assert (manifest["edition"], manifest["as_of"]) == ("2025FY", "2026-04-15")
    assert {"data/numbers.csv", "src/tokenecon/shown.py", "requirements.lock", "notebooks/01_one.ipynb"} <= set(
        manifest["inputs"]
    )
    assert manifest["renderer"]["versions"].keys() == {"pandoc", "typst"}
    assert manifest["notebooks"]["01_one"]["ran"] == "never executed"
    assert manifest["notebooks"]["01_one"]["seconds"] > 0


def test_nothing_runs_when_nothing_changed(built):
    assert set(reasons(built).values()) == {""}


@pytest.mark.parametrize(
    ("changed", "text", "expected"),
    [
        ("src/tokenecon/shown.py", "\n# a remark\n", "src/tokenecon/shown.py changed"),
        ("src/tokenecon/shown.js", "draw();\n", "src/tokenecon/shown.js changed"),
        ("data/numbers.csv", "y,2\n", "data/numbers.csv changed"),
        ("requirements.lock", "# new\n", "requirements.lock changed"),
        ("data/editions/2025FY.toml", "companies = []\n", "edition file changed"),
        ("data/editions/2025FY.toml", "# a remark\n", ""),
        ("data/datapackage.json", "\n", "data/datapackage.json changed"),
    ],
)
def test_says_why_a_notebook_runs(project, changed, text, expected):
    append(project.root / changed, text)
    assert reasons(project)["01_one"] == expected


def replace(path, before, after):
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after), encoding="utf-8")


def test_code_that_changed_is_a_reason_and_prose_is_none(project):
    notebook = project.notebooks / "01_one.ipynb"
    replace(notebook, "As [@AR25] says", "So [@AR25] says")
    replace(notebook, "One bar.", "A bar.")
    assert reasons(project)["01_one"] == ""
    replace(notebook, "print('printed')", "print('reprinted')")
    assert reasons(project)["01_one"] == "notebooks/01_one.ipynb changed"


def test_a_changed_sentence_is_on_its_page_and_nothing_runs(project, monkeypatch):
    replace(project.notebooks / "01_one.ipynb", "A remark.", "A changed remark.")
    monkeypatch.setattr(_module, "executor", lambda *arguments: pytest.fail("a notebook would run"))
    result = build(renderer="embedded", project=project, formats=("html",))
    assert set(result.reasons.values()) == {"unchanged"}
    page = (project.build / "2025FY/html/01_one.html").read_text(encoding="utf-8")
    assert "A changed remark." in page and "Bar chart" not in page and "printed" in page
    manifest = json.loads((project.build / "2025FY/manifest.json").read_text())
    assert manifest["inputs"]["notebooks/01_one.ipynb"] == sha256(project.notebooks / "01_one.ipynb")


def test_only_the_pdf_that_a_changed_sentence_stands_in_is_made_again(project, monkeypatch):
    made = []

    def typeset(source, target, *given, **named):
        made.append(target.name)
        target.write_bytes(b"%PDF")

    monkeypatch.setattr(embedded, "typeset", typeset)
    appendix = (project.build / "2025FY/appendix.pdf").read_bytes()
    replace(project.notebooks / "01_one.ipynb", "A remark.", "A changed remark.")
    build(renderer="embedded", project=project)
    assert made == ["report.pdf"]
    assert (project.build / "2025FY/appendix.pdf").read_bytes() == appendix


def test_when_nothing_changed_nothing_is_done(project, monkeypatch):
    monkeypatch.setattr(embedded, "render", lambda *arguments: pytest.fail("it renders"))
    before = digests(project.build / "2025FY")
    lines = []
    result = build(renderer="embedded", project=project, on_progress=lines.append)
    assert (result.made, lines) == (False, [])
    assert [path.name for path in result.outputs] == ["index.html", "report.pdf", "appendix.pdf"]
    assert digests(project.build / "2025FY") == before


@pytest.mark.parametrize(
    "touch",
    [
        lambda project: append(project.build / "2025FY/html/index.html", "<!-- edited -->"),
        lambda project: (project.build / "2025FY/figures/fig-bar.csv").unlink(),
        lambda project: append(project.data / "sources.csv", "\n"),
        lambda project: append(project.report / "style.css", "\n"),
        lambda project: (project.root / "src/tokenecon/unread.py").write_text(""),
        lambda project: (project.build / ".state/2025FY/report.json").write_text("{"),
    ],
    ids=["page", "figure", "source", "style", "module", "record"],
)
def test_what_a_report_shows_is_rendered_again_when_it_changed(project, monkeypatch, touch):
    touch(project)

    def rendered(*arguments):
        raise PublishError("it renders")

    monkeypatch.setattr(embedded, "render", rendered)
    with pytest.raises(PublishError, match="it renders"):
        build(renderer="embedded", project=project)


def test_what_changes_while_it_is_read_is_read_again(project):
    notebook = "from pathlib import Path\nfile = Path('../data/numbers.csv')\nfile.read_text()"
    writes = "open('../data/numbers.csv', 'a').write('z,3')"
    change = f'import subprocess, sys\nsubprocess.run([sys.executable, "-c", "{writes}"])'
    write_notebook(project, "02_two.ipynb", "md:# The second {#sec-two}", notebook, change)
    build(renderer="embedded", project=project, formats=("html",))
    assert reasons(project)["02_two"] == "data/numbers.csv changed"


def test_what_a_notebook_does_not_read_leaves_it_alone(project):
    append(project.data / "numbers.csv", "y,2\n")
    assert reasons(project)["02_two"] == ""
    append(project.data / "sources.csv", "\n")
    assert reasons(project)["02_two"] == ""


def test_a_row_that_changes_no_result_runs_nothing_and_one_that_does_runs(project, monkeypatch):
    monkeypatch.setenv("TOKENECON_DATA", str(project.data))
    used = "from tokenecon import inputs\ninputs.note_result('2025FY publish.studies Long.is_long', 'False', "
    write_notebook(project, "02_two.ipynb", "md:# The second {#sec-two}", used + "['data/numbers.csv'])")

    def made():
        ran = build(renderer="embedded", project=project, formats=("html",)).reasons
        return ran["02_two"], ran["01_one"]

    assert made()[0] == "notebooks/02_two.ipynb changed"
    append(project.data / "numbers.csv", "y,2\n")
    assert reasons(project)["02_two"] == "data/numbers.csv changed, unless what it uses comes out the same"
    assert made() == ("unchanged", "data/numbers.csv changed")
    assert set(reasons(project).values()) == {""}
    append(project.data / "numbers.csv", "y,3\nz,4\n")
    assert made() == ("data/numbers.csv changed", "data/numbers.csv changed")
    assert (project.data / "numbers.looked").read_text() == "||", "asked for when the table has changed, and only then"


def test_a_result_that_cannot_be_computed_means_running_again(project):
    used = "from tokenecon import inputs\ninputs.note_result('2025FY publish.studies Long.gone', 'False', "
    write_notebook(project, "02_two.ipynb", "md:# The second {#sec-two}", used + "['data/numbers.csv'])")
    build(renderer="embedded", project=project, formats=("html",))
    append(project.data / "numbers.csv", "y,2\n")
    assert build(renderer="embedded", project=project, formats=("html",)).reasons["02_two"] == (
        "data/numbers.csv changed"
    )


def test_data_that_are_not_sound_are_not_rendered_though_no_notebook_has_to_run(project, monkeypatch):
    monkeypatch.setenv("TOKENECON_DATA", str(project.data))
    for name in ("00_summary", "01_one", "A1_more"):
        write_notebook(project, f"{name}.ipynb", f"md:# Nothing {{#sec-{name[-3:]}}}")
    used = "from tokenecon import inputs\ninputs.note_result('2025FY publish.studies Long.is_long', 'False', "
    write_notebook(project, "02_two.ipynb", "md:# The second {#sec-two}", used + "['data/numbers.csv'])")
    build(renderer="embedded", project=project, formats=("html",))
    before = digests(project.build / "2025FY")
    append(project.data / "numbers.csv", "y,2\n")
    with pytest.raises(PublishError, match="the data are not sound, 1 finding"):
        build(renderer="embedded", project=project, formats=("html",), check=studies.unsound)
    assert digests(project.build / "2025FY") == before


@pytest.mark.parametrize("content", ["", "{", "[]", '{"inputs": 3}'])
def test_a_damaged_record_means_running_again(project, content):
    (project.build / ".state/2025FY/01_one.json").write_text(content)
    assert reasons(project)["01_one"] == "its record is damaged"


def test_a_damaged_notebook_means_running_again(project):
    append(project.build / ".state/2025FY/01_one.ipynb", " ")
    assert reasons(project)["01_one"] == "the executed notebook is damaged"


def test_same_inputs_give_the_same_bytes(project):
    folder = project.build / "2025FY"
    before = digests(folder)
    lines = []
    result = build(renderer="embedded", project=project, force=True, on_progress=lines.append)
    assert digests(folder) == before
    assert set(result.reasons.values()) == {"forced"}
    assert sum(line.startswith(("00_summary", "01_one", "02_two")) for line in lines) == 3


def test_a_failing_cell_is_named_and_the_last_good_report_stays(project):
    before = digests(project.build / "2025FY")
    write_notebook(project, "02_two.ipynb", "md:# The second {#sec-two}", "x = 1", "#| label: fig-x\n\nx / 0")
    with pytest.raises(NotebookError) as caught:
        build(renderer="embedded", project=project)
    assert caught.value.notebook == "02_two.ipynb"
    assert caught.value.cell == 3
    assert "02_two.ipynb cell 3 (fig-x) failed" in str(caught.value)
    assert "ZeroDivisionError" in str(caught.value)
    assert "\x1b" not in str(caught.value)
    assert digests(project.build / "2025FY") == before


def test_a_draft_marks_its_gaps_and_the_cells_below_still_run(project):
    append(project.data / "editions/2025FY.toml", "draft = true\n")
    open_figure = FIGURE.replace("fig-bar", "fig-gap").replace("figure()", "figure({}['FY2026'])\nlater = 1")
    open_table = "#| label: tbl-gap\n#| tbl-cap: 'Rows. Source: results.'\nlater"
    refers = "md:# The second {#sec-two}\n\nSee @fig-gap and @tbl-gap."
    write_notebook(project, "02_two.ipynb", refers, SET_UP, open_figure, open_table, "later", SAY)
    result = build(renderer="embedded", project=project)
    lacks = "the data lack a row that this cell asks for"
    assert result.gaps == (f"02_two.ipynb cell 3 (fig-gap) is open: {lacks}, and 2 cells that wait for it",)
    manifest = json.loads((project.build / "2025FY/manifest.json").read_text(encoding="utf-8"))
    assert manifest["notebooks"]["02_two"]["errors"][0] == "cell 3: KeyError: 'FY2026'"
    assert verify(project=project) == []
    page = (project.build / "2025FY/html/02_two.html").read_text(encoding="utf-8")
    assert page.partition("</head>")[2].count("This part of the draft") == 3
    assert "KeyError" not in page
    assert "NameError" not in page
    assert "Growth was 293%" in page
    replace(project.data / "editions/2025FY.toml", "draft = true\n", "")
    assert reasons(project) == {"01_one": "", "02_two": "no draft any more, and it has gaps"} | {
        name: "" for name in reasons(project) if name not in ("01_one", "02_two")
    }


def test_an_interruption_leaves_the_last_good_report_and_no_rest(project, monkeypatch):
    append(project.report / "style.css", "\n")
    before = digests(project.build / "2025FY")

    def interrupted(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(embedded, "render", interrupted)
    with pytest.raises(KeyboardInterrupt):
        build(renderer="embedded", project=project)
    assert digests(project.build / "2025FY") == before
    assert sorted(path.name for path in project.build.iterdir()) == [".state", "2025FY"]


def test_a_kill_between_two_renames_is_mended(project):
    before = digests(project.build / "2025FY")
    (project.build / "2025FY").rename(project.build / ".2025FY.previous")
    build(renderer="embedded", project=project)
    assert digests(project.build / "2025FY") == before


def test_two_builds_of_one_edition_do_not_meet(project):
    with FileLock(project.build / ".state/2025FY.lock"), pytest.raises(PublishError, match="another process"):
        build(renderer="embedded", project=project)


def test_one_format_alone(project):
    build(renderer="embedded", project=project, formats=("html",))
    assert not (project.build / "2025FY/report.pdf").exists()
    assert verify(project=project) == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"edition": "1999"}, "data/editions/1999.toml:1: file: is missing; editions are: 2025FY"),
        ({"renderer": "word"}, "no renderer word"),
        ({"formats": ("docx",)}, "no format docx"),
    ],
)
def test_wrong_arguments_are_one_line(built, arguments, message):
    with pytest.raises(PublishError, match=message):
        build(project=built, **({"renderer": "embedded"} | arguments))


def test_a_fact_with_two_values_and_a_reference_to_nothing_stop_the_build(project):
    other = SAY.replace("293%", "294%")
    write_notebook(project, "00_summary.ipynb", "md:# Summary {#sec-summary}", SET_UP, SAY, other)
    with pytest.raises(PublishError, match=r"00_summary.ipynb cell 4: fact 'growth' is '294%' here and '293%'"):
        build(renderer="embedded", project=project)
    write_notebook(project, "00_summary.ipynb", "md:# Summary {#sec-summary}\n\nSee @fig-bra and [@AR52].")
    with pytest.raises(PublishError) as caught:
        build(renderer="embedded", project=project)
    assert str(caught.value).splitlines() == [
        "00_summary.ipynb cell 1: @fig-bra: there is no such figure; is it fig-bar?",
        "00_summary.ipynb cell 1: @AR52: no such source in data/sources.csv; is it AR25?",
    ]


def test_a_label_is_used_once(project):
    write_notebook(project, "02_two.ipynb", f"md:{HEADING_ONE.replace('sec-one', 'sec-two')}", SET_UP, FIGURE)
    with pytest.raises(
        PublishError, match=r"02_two.ipynb cell 3: label fig-bar is taken already in 01_one.ipynb cell 3"
    ):
        build(renderer="embedded", project=project)


def test_chapter_pages_follow_the_notebooks(built):
    page = (built.report / "01_one.qmd").read_text()
    assert page.startswith("# The first question {#sec-one}\n")
    assert '::: {.staged file="_chapters/01_one.md"}' in page
    assert (built.report / "index.qmd").read_text().startswith("# Summary: the answer {#sec-summary .unnumbered}\n")


def test_only_the_page_that_changed_is_rendered(project, monkeypatch):
    build(renderer="embedded", project=project, formats=("html",), force=True)
    before = digests(project.build / "2025FY/html")
    replace(project.notebooks / "01_one.ipynb", "A remark.", "A changed remark.")
    converted, convert = [], embedded._converted

    def counted(command, text, what, folder):
        converted.append(what)
        return convert(command, text, what, folder)

    monkeypatch.setattr(embedded, "_converted", counted)
    build(renderer="embedded", project=project, formats=("html",))
    after = digests(project.build / "2025FY/html")
    # Read, resolved with the others, written.
    assert sorted(converted) == ["01_one.qmd", "01_one.qmd", "the book"]
    changed = {name for name in after if after[name] != before.get(name)}
    assert changed == {"01_one.html", "inputs.json", "notebooks/01_one.ipynb", "search-index.js"}
