"""The next edition as a fork would start it: a file and templates, a draft with gaps, rows, a report without gaps."""

import datetime as dt
import io
import shutil
import tomllib
from dataclasses import replace
from pathlib import Path

import inline
import invented
import nbformat
import pytest
from rich.console import Console
from typer.testing import CliRunner

from tokenecon import inputs, publish
from tokenecon.analysis.outlook.findings import Outlook
from tokenecon.catalog import Catalog, list_editions
from tokenecon.catalog.checks import run_checks
from tokenecon.cli import app
from tokenecon.display.text import joined
from tokenecon.publish.chapter import read_chapter
from tokenecon.publish.execute import execute
from tokenecon.publish.gaps import errors, gaps
from tokenecon.terminal import show_todo

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
NEWEST = list_editions(ROOT / "data")[-1]
YEAR = NEWEST.as_of.year
NAME, FOCAL = f"{YEAR}FY", f"FY{YEAR}"
SAID_ON, AS_OF = f"{YEAR + 1}-03-31", dt.date(YEAR + 1, 4, 1)
DRAFTED = ("00_summary", "01_revenue_mix")
ABOUT_FOCAL = ("00_summary", "01_revenue_mix", "02_route_divergence", "05_outlook")
RUN_RATES = {("zhipu", "cloud"): 4_000, ("zhipu", "total"): 4_400, ("minimax", "total"): 2_500}
TARGETS = {("zhipu", "total"): 9_000, ("minimax", "total"): 4_000}


def copy(root):
    shutil.copytree(ROOT / "data", root / "data")
    return publish.Project(root)


@pytest.fixture(scope="module")
def started(tmp_path_factory):
    """A copy of the data with a new edition and no row for it, and what it was said to lack."""
    project = copy(tmp_path_factory.mktemp("started"))
    return project, publish.new_edition(NAME, AS_OF, project=project)


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """Another copy, whose templates have been filled in with invented figures."""
    project = copy(tmp_path_factory.mktemp("filled"))
    publish.new_edition(NAME, AS_OF, project=project)
    invented.add_source(project.data, SAID_ON)
    invented.fill_templates(project.data, NAME, SAID_ON)
    done = publish.fill(NAME, project=project)
    invented.state(project.data, SAID_ON, RUN_RATES, TARGETS, f"{YEAR + 1}-12-31")
    return project, done


def test_a_new_edition_follows_the_newest_and_is_a_draft(started):
    project, _ = started
    written = tomllib.loads((project.data / f"editions/{NAME}.toml").read_text(encoding="utf-8"))
    assert (written["focal"], written["previous"], written["draft"]) == (FOCAL, NEWEST.id, True)
    assert {NEWEST.focal.label, f"H2 {YEAR}", f"FY{YEAR - 1}"} <= set(written["comparatives"])
    assert [str(finding) for finding in run_checks(project.data)] == []


def test_the_command_line_starts_an_edition_and_tells_what_to_do(tmp_path, monkeypatch):
    copy(tmp_path)
    (tmp_path / "report").mkdir()
    shutil.copy(ROOT / "report" / "_quarto.yml", tmp_path / "report")
    monkeypatch.chdir(tmp_path)
    for command in (["new", NAME, "--as-of", AS_OF.isoformat()], ["todo"]):
        result = CliRunner().invoke(app, ["edition", *command])
        assert result.exit_code == 0, result.output
        assert f"edition {NAME}, Full year {YEAR}: {FOCAL}, as of {AS_OF}, after {NEWEST.id}" in result.stdout
        assert f"{NAME}.todo" in result.stdout
    result = CliRunner().invoke(app, ["edition", "fill", NAME])
    assert (result.exit_code, result.stdout.split()[1:]) == (0, ["still", "missing"])
    assert "draft" in CliRunner().invoke(app, ["edition", "list"]).stdout


def test_what_it_lacks_is_what_was_known_a_year_before(started):
    project, todo = started
    year_before = Catalog.open(NAME, project.data).financials
    year_before = year_before[(year_before["entity_id"] == "zhipu") & (year_before["period"] == f"FY{YEAR - 1}")]
    printed = {(row.metric, row.segment): row.printed for row in year_before.itertuples()}
    lacks = {
        (row.metric, row.segment): row
        for row in todo.rows[todo.rows["table"] == "financials"].itertuples()
        if (row.entity_id, row.period) == ("zhipu", FOCAL)
    }
    assert {key: row.like for key, row in lacks.items() if key in printed} == printed
    assert lacks["gross_margin", "cloud"].follows_from == "gross_profit / revenue"
    keys = {(row.table, row.entity_id, row.metric, row.period) for row in todo.rows.itertuples()}
    assert ("operating", "zhipu", "headcount", f"{YEAR}-12-31") in keys
    assert ("fx", "USD", "monthly_average", f"{YEAR}-12-31") in keys
    assert ("financials", "zhipu", "operating_cash_flow", FOCAL) in keys, "first filed within the year"
    assert ("financials", "minimax", "bank_loans", f"{YEAR}-12-31") in keys, "first filed within the year"
    assert not any(period.startswith("H2") for *_, period in keys), "a second half is the year less the first half"


@pytest.mark.parametrize(
    ("said", "words", "rows"),
    [
        ("('zhipu', 'api')", {"revenue", FOCAL}, [f"data/financials.csv: zhipu, {FOCAL}: revenue (cloud)"]),
        (FOCAL, {"zhipu", "minimax", "rd_expense"}, [
            f"data/financials.csv: minimax, {FOCAL}: rd_expense", f"data/financials.csv: zhipu, {FOCAL}: rd_expense"
        ]),
        ("list index out of range", {"rd_expense"}, []),
        (FOCAL, {"zhipu"}, []),
        (FOCAL, (), []),
    ],
)  # fmt: skip
def test_a_gap_names_the_rows_that_its_error_or_its_code_names_where_that_is_a_few(started, said, words, rows):
    project, _ = started
    assert publish.asked_for(publish.missing(NAME, project=project), said, words) == rows


def test_a_gap_names_the_rates_of_a_currency_by_day(started):
    project, _ = started
    rates = publish.asked_for(publish.missing(NAME, project=project), "no rate of USD in CNY", {"monthly_average"})
    assert f"data/fx.csv: USD, {YEAR}-12-31: monthly_average (CNY)" in rates
    assert all(line.startswith("data/fx.csv: USD, ") for line in rates)


def test_an_outlook_that_follows_nobody_says_what_each_company_is_without(started):
    project, _ = started
    [told] = Outlook.open(NAME, project.data).lacks
    assert told.endswith("(Zhipu has no open target; MiniMax has no open target)")
    assert Outlook._without(False, True, True) == ["no such accounts"]
    assert Outlook._without(False, False, False) == ["no open target", "no stated run-rate"]


def test_a_segment_with_a_new_name_is_looked_for_under_that_once_a_row_has_it(tmp_path):
    project = copy(tmp_path)
    publish.new_edition(NAME, AS_OF, project=project)
    invented.add_source(project.data, SAID_ON)
    for name, old, label in (("maas", "cloud", "MaaS"), ("enterprise", "agents general_models", "Enterprise")):
        [like] = [
            row
            for row in invented.read(project.data / "segments.csv")
            if (row["entity_id"], row["segment"]) == ("zhipu", old.split()[0])
        ]
        invented.append(project.data / "segments.csv", **like | {"segment": name, "label": label, "continues": old})
        invented.append(
            project.data / "financials.csv", entity_id="zhipu", metric="revenue", segment=name, value="1000000",
            period_start=f"{YEAR}-01-01", period_end=f"{YEAR}-12-31", qualifier="exact", unit="thousand",
            currency="CNY", source_id=invented.SOURCE, published_on=SAID_ON,
        )  # fmt: skip
    rows = publish.list_todo(NAME, project=project).rows.query("entity_id == 'zhipu' and period == @FOCAL")
    wanted = {(row.metric, row.segment): row for row in rows.itertuples()}
    assert not {"cloud", "agents", "general_models"} & set(rows["segment"])
    assert ("revenue", "maas") not in wanted
    assert ("gross_profit", "maas") in wanted
    assert wanted["gross_margin", "enterprise"].like == "52.3 and 47.0"


def test_templates_have_the_header_of_their_table(started):
    project, todo = started
    for name in set(todo.rows["table"]):
        head = (project.data / f"{name}.csv").read_text(encoding="utf-8").splitlines()[0]
        lines = (todo.folder / f"{name}.csv").read_text(encoding="utf-8").splitlines()
        assert lines[0] == head
        assert len(lines) - 1 == (todo.rows["table"] == name).sum()


@pytest.mark.parametrize("draft", [True, False])
def test_an_edition_after_a_draft_is_told_to_wait_for_it(started, draft):
    told, (_, todo) = io.StringIO(), started
    show_todo(Console(file=told, width=120), replace(todo, before=replace(todo.before, draft=draft)))
    assert ("publish it first" in told.getvalue()) is draft


def test_notebooks_run_before_the_rows_are_there_and_mark_their_gaps(started, monkeypatch):
    project, _ = started
    monkeypatch.setenv(inputs.PROJECT, str(project.root))
    for path in (path for path in NOTEBOOKS if path.stem in DRAFTED):
        (project.notebooks / path.name).parent.mkdir(exist_ok=True)
        shutil.copy(path, project.notebooks)
        notebook = nbformat.reads(execute(f"notebooks/{path.name}", NAME, draft=True).notebook, as_version=4)
        found = gaps(notebook)
        assert found or path.stem == "00_summary", "the first page leaves out what nobody filed yet"
        assert not any("earlier gap" in gap for gap in found), "a gap should not take what comes after it along"
        text = read_chapter(notebook, path.stem).markdown
        assert "Error" not in text + "".join(found)
        assert all("Error" in error for error in errors(notebook))
        assert len(errors(notebook)) >= len(found)
        assert text.count("This part of the draft") == len(errors(notebook))
        if path.stem == "01_revenue_mix":
            root = f"waits for rows that the data do not hold yet: data/financials.csv: zhipu, {FOCAL}: revenue (cloud)"
            [gap] = [one for one in found if root in one]
            assert gap.endswith("cells that wait for it")
        assert FOCAL in "".join(found) + text or f"FY{YEAR - 1}" in text


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_run_on_the_rows_of_a_new_edition(filled, path, monkeypatch):
    project, _ = filled
    monkeypatch.setenv("TOKENECON_DATA", str(project.data))
    monkeypatch.setenv("TOKENECON_EDITION", NAME)
    errors, shown = inline.run(path)
    assert errors == []
    if path.stem in ABOUT_FOCAL:
        assert any(FOCAL in text for text in shown), "nothing speaks of the new edition's period"


@pytest.fixture(scope="module", params=NEWEST.companies)
def silent(request, filled, tmp_path_factory):
    """The filled copy without the newest accounts of one company, which discloses them no more, and that company."""
    root = tmp_path_factory.mktemp("silent") / "data"
    shutil.copytree(filled[0].data, root)
    for table in ("financials", "operating"):
        rows = invented.read(root / f"{table}.csv")
        gone = (request.param, invented.SOURCE)
        invented.write(root / f"{table}.csv", [row for row in rows if (row["entity_id"], row["source_id"]) != gone])
    return root, request.param


@pytest.mark.parametrize("name", ABOUT_FOCAL)
def test_a_company_that_stops_disclosing_breaks_no_sentence(silent, name, monkeypatch):
    root, company = silent
    monkeypatch.setenv("TOKENECON_DATA", str(root))
    monkeypatch.setenv("TOKENECON_EDITION", NAME)
    errors, shown = inline.run(ROOT / "notebooks" / f"{name}.ipynb")
    assert errors == []
    if name == "05_outlook":
        found = Outlook.open()
        assert [one.id for one in found.left_out] == [company]
        assert str(joined([one.name for one in found.left_out])) in shown
    assert not any("nan" in text.lower().split() for text in shown)


def test_filling_moves_complete_rows_and_keeps_the_others(filled):
    project, done = filled
    assert done.added["financials"] > 50
    assert done.begun == ()
    assert [str(finding) for finding in run_checks(project.data)] == []
    left = publish.list_todo(NAME, project=project).rows
    assert not left.query("table == 'financials' and entity_id == 'zhipu' and metric == 'revenue'").size
    assert 0 < len(left) < sum(done.added.values())


def begun(folder, cells):
    """A project with a new edition whose first Zhipu rows are filled in: cells by line of the template."""
    project = copy(folder)
    todo = publish.new_edition(NAME, AS_OF, project=project)
    file = todo.folder / "financials.csv"
    rows = invented.read(file)
    for line, changed in cells.items():
        rows[line - 2] |= changed
    invented.write(file, rows)
    return project, file, rows


def told(project):
    tables = {
        path.name: path.read_bytes() for path in [*project.data.glob("*.csv"), *project.data.glob("editions/*.todo/*")]
    }
    with pytest.raises(publish.PublishError) as caught:
        publish.fill(NAME, project=project)
    assert tables == {
        path.name: path.read_bytes() for path in [*project.data.glob("*.csv"), *project.data.glob("editions/*.todo/*")]
    }
    return str(caught.value).splitlines()


def test_filling_asks_once_for_a_source_and_says_everything_else_at_once(tmp_path):
    good = {"source_id": "NEW_AR", "published_on": SAID_ON}
    project, *_ = begun(tmp_path, {
        2: good | {"value": "1,234"}, 3: good | {"value": "12,5"}, 4: good | {"value": "77"},
        5: good | {"value": "8", "metric": "revenues"}, 6: good | {"value": "9", "published_on": "31.3.2027"},
    })  # fmt: skip
    lines = told(project)
    [asked] = [line for line in lines if "NEW_AR" in line]
    assert asked == (
        "financials.csv:2: source_id: 'NEW_AR' is no source yet (5 rows of financials.csv); "
        "add its row to data/sources.csv"
    )
    assert "financials.csv:3: value: '12,5' has commas outside groups of three; a decimal comma? write 12.5" in lines
    assert any(line.startswith("financials.csv:5: metric: 'revenues' is in no row") for line in lines), lines
    assert any(line.startswith("financials.csv:6: published_on: '31.3.2027' is not a date") for line in lines), lines
    assert lines[-1] == "nothing is moved"


def test_a_source_whose_own_row_is_wrong_hides_no_sum_of_the_rows_that_cite_it(tmp_path):
    project = copy(tmp_path)
    publish.new_edition(NAME, AS_OF, project=project)
    invented.add_source(project.data, SAID_ON)
    invented.fill_templates(project.data, NAME, SAID_ON)
    sources, file = project.data / "sources.csv", project.data / f"editions/{NAME}.todo/financials.csv"
    *rest, own = invented.read(sources)
    invented.write(sources, [*rest, own | {"reliability_note": "", "tier": "hearsay"}])
    rows = invented.read(file)
    total = {"entity_id": "minimax", "metric": "revenue", "segment": "total", "period_end": f"{YEAR}-12-31"}
    [line] = [number for number, row in enumerate(rows, start=2) if total.items() <= row.items()]
    rows[line - 2]["value"] = str(float(rows[line - 2]["value"]) * 1.01)
    invented.write(file, rows)
    lines = told(project)
    place = len(rest) + 2
    assert f"data/sources.csv:{place}: reliability_note: is empty; a value is required" in lines
    assert any(found.startswith(f"data/sources.csv:{place}: tier: 'hearsay' is none of ") for found in lines)
    assert any(found.startswith(f"financials.csv:{line}: ") and "is not the sum" in found for found in lines), lines


def test_filling_takes_numbers_as_printed(tmp_path):
    good = {"source_id": invented.SOURCE, "published_on": SAID_ON}
    project, file, rows = begun(tmp_path, {2: good | {"value": "1,234"}})
    invented.add_source(project.data, SAID_ON)
    assert dict(publish.fill(NAME, project=project, allow_jumps=True).added) == {"financials": 1}
    assert invented.read(project.data / "financials.csv")[-1] == rows[0] | {"value": "1234", "added_on": SAID_ON}
    assert len(invented.read(file)) == len(rows) - 1


def test_filling_asks_about_a_figure_many_times_that_of_a_year_before(tmp_path):
    good = {"source_id": invented.SOURCE, "published_on": SAID_ON}
    project, *_ = begun(tmp_path, {2: good | {"value": "1,234"}})
    invented.add_source(project.data, SAID_ON)
    [asked, last] = told(project)
    assert asked.startswith(
        "financials.csv:2: unit: 1234 billion is 60.8 times the figure a year before, 20.28 billion"
    )
    assert asked.endswith("If it is right, add --allow-jumps") and last == "nothing is moved"


def test_a_row_that_was_begun_is_named_and_stays(started):
    project, todo = started
    file = todo.folder / "financials.csv"
    rows = invented.read(file)
    rows[0]["value"] = "1"
    invented.write(file, rows)
    done = publish.fill(NAME, project=project)
    assert dict(done.added) == {}
    assert done.begun == (f"data/editions/{NAME}.todo/financials.csv:2",)
    publish.list_todo(NAME, project=project)
    assert invented.read(file)[0] == rows[0]


def test_an_edition_between_filings_looks_for_what_is_no_accounts(tmp_path):
    project = copy(tmp_path)
    day = NEWEST.as_of + dt.timedelta(days=50)
    todo = publish.new_edition("between", day, NEWEST.focal.label, title="Between two filings", project=project)
    assert todo.edition.focal == NEWEST.focal
    assert (todo.edition.title, todo.edition.companies) == ("Between two filings", NEWEST.companies)
    assert (todo.edition.countries, todo.edition.peers) == (NEWEST.countries, NEWEST.peers)
    assert set(todo.rows["table"]) <= {"statements", "operating", "fx"}
    assert not (todo.rows["table"] == "financials").any()


def test_a_period_that_nobody_files_is_refused_with_advice_and_leaves_no_file(tmp_path):
    project = copy(tmp_path)
    with pytest.raises(publish.PublishError, match=rf'no company of the edition filed.*--focal "{NEWEST.focal.label}"'):
        publish.new_edition("2027Q1", dt.date(2027, 5, 1), project=project)
    assert not (project.data / "editions" / "2027Q1.toml").exists()
