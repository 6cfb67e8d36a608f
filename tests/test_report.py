"""The report itself, built by the embedded renderer in a copy of the project: what a reader and later tools rely on."""

import json
import re
import shutil
import textwrap
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from bs4 import BeautifulSoup

from tokenecon import publish
from tokenecon.cli import find_faults
from tokenecon.publish.errata import read_errata

ROOT = Path(__file__).parents[1]
EDITIONS = sorted(path.stem for path in (ROOT / "data" / "editions").glob("*.toml"))
PARTS = ["data", "notebooks", "report", "src", "requirements.lock", "pyproject.toml", "build/.state"]
PARTS += [f"build/{edition}" for edition in EDITIONS]


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A copy of the project, with what is executed and rendered already, so that no one's build is touched."""
    root = tmp_path_factory.mktemp("project")
    for part in PARTS:
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, root / part, ignore=shutil.ignore_patterns("_book", "_chapters", ".quarto"))
        elif source.exists():
            shutil.copy(source, root / part)
    return publish.Project(root)


@pytest.fixture(scope="module", params=EDITIONS)
def built(request, project):
    """The folder of a built edition."""
    publish.build(request.param, renderer="embedded", project=project)
    return project.build / request.param


def test_readers_find_nothing_broken(project, built):
    assert publish.verify(built.name, project=project) == []


def test_facts_say_what_was_printed(built):
    facts = json.loads((built / "facts.json").read_text(encoding="utf-8"))
    assert len(facts) > 100
    notebooks = {path.name for path in (built / "notebooks").glob("*.ipynb")}
    for key, fact in facts.items():
        assert {"value", "unit", "text", "notebook"} <= set(fact), key
        assert fact["notebook"] in notebooks, key
        assert fact["text"] or fact["unit"] == "text", key  # A word that a sentence does without.


def test_a_published_edition_prints_what_it_printed(project, built):
    """Hold the execution to the record; an edition that follows all published ones may have none yet."""
    record = publish.read_record(project, built.name)
    states = {edition.id: state for edition, state, _ in publish.edition_states(project)}
    if record is None:
        assert list(states)[-1] == built.name, f"run: tokenecon edition publish {built.name}"
        pytest.skip(f"{built.name} is not published yet")
    facts = json.loads((built / "facts.json").read_text(encoding="utf-8"))
    tables = [file.read_text(encoding="utf-8") for file in (built / "tables").glob("*.csv")]
    now = publish.Record(facts, publish.claims_of(tables))
    assert record.differences(now) == {}, f"if that is meant, run: tokenecon edition publish {built.name} --force"


def test_each_figure_comes_with_its_data(built):
    pictures = {path.stem for path in (built / "figures").glob("*.svg")}
    assert len(pictures) >= 5
    for label in pictures:
        assert len(pd.read_csv(built / "figures" / f"{label}.csv")) > 0, label
        assert "<text" in (built / "figures" / f"{label}.svg").read_text(encoding="utf-8"), f"{label}: no text"
    assert len(list((built / "tables").glob("tbl-*.csv"))) >= 3


def test_the_manifest_names_inputs_versions_and_reasons(built):
    manifest = json.loads((built / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["edition"] == built.name
    assert {"requirements.lock", "data/financials.csv", "data/datapackage.json"} <= set(manifest["inputs"])
    assert all(len(digest) == 64 for digest in manifest["inputs"].values())
    assert {"pandas", "statsmodels"} <= set(manifest["packages"])
    assert manifest["notebooks"]


def test_an_edition_sees_nothing_published_after_its_day(built, project):
    as_of = pd.Timestamp(project.edition(built.name).as_of)
    stated = pd.read_csv(built / "tables" / "tbl-run-rates.csv", parse_dates=["on"])
    assert (stated.loc[stated["kind"] == "run-rate", "on"] <= as_of).all()


def test_nothing_is_executed_twice(project, built):
    assert {reason for _, reason in publish.why(built.name, project=project)} == {""}


def test_an_edition_recorded_again_tells_what_it_had_printed(built, project):
    told = [one for one in read_errata(project) if one.edition == built.name]
    page = (built / "html" / "changes.html").read_text(encoding="utf-8")
    assert ("tbl-errata" in page) == bool(told)
    shown = " ".join(BeautifulSoup(page, "html.parser").get_text().replace("\u2019", "'").split())
    assert all(one.what.replace("\u2019", "'") in shown and one.reason in shown for one in told)


@pytest.mark.parametrize("edition", EDITIONS)
def test_an_estimate_that_an_erratum_gives_for_now_is_on_record_or_was_put_right_again(edition):
    record = json.loads((ROOT / "data" / "editions" / f"{edition}.facts.json").read_text(encoding="utf-8"))
    printed = [str(fact["text"]) for fact in record["facts"].values()]
    said = [one.what for one in read_errata(publish.Project(ROOT)) if one.edition == edition]
    for what in said:
        for estimate in re.findall(r"[−\d][\d.,]*%?(?: \w+)? \([^)]*n = \d+\)", what.partition("; now ")[2]):
            again = any(f"printed {estimate}" in other for other in said)
            assert again or any(estimate in text for text in printed), what


# A fork, by the steps that its page tells ---------------------------------------------------------------------------


def told(pattern):
    """What the page says to do: each match of a pattern, its indented blocks as text."""
    text = (ROOT / "examples" / "FORK.md").read_text(encoding="utf-8")
    blocks = re.findall(pattern, text, re.MULTILINE)
    return [tuple(textwrap.dedent(part).strip("\n") for part in found) for found in blocks]


BLOCK = r"\n\n((?:    .*\n)+)"


@pytest.mark.slow
def test_a_fork_shows_the_three_changes_that_its_page_tells(project, tmp_path):
    fork = publish.Project(shutil.copytree(project.root, tmp_path / "fork"))
    replaced, added = told(rf"In `(\S+)`, replace{BLOCK}\nwith{BLOCK}"), told(rf"To `(\S+)`, add{BLOCK}")
    assert (len(replaced), len(added)) == (2, 1)
    for name, old, new in replaced:
        notebook = nbformat.read(fork.root / name, as_version=4)
        (cell,) = [cell for cell in notebook.cells if old in cell.source]
        cell.source = cell.source.replace(old, new)
        nbformat.write(notebook, fork.root / name)
    for name, row in added:
        with (fork.root / name).open("a", encoding="utf-8") as table:
            table.write(row + "\n")
    assert [str(finding) for finding in find_faults(fork.data)] == []
    publish.build(renderer="embedded", project=fork, formats=("html",))
    pages = fork.build / EDITIONS[-1] / "html"
    seen = told(r'^`(\w+\.html)` then shows "([^"]+)"')
    assert len(seen) == 3
    for page, text in seen:
        assert text in BeautifulSoup((pages / page).read_text(encoding="utf-8"), "html.parser").get_text(" "), page
    claims = pd.read_csv(fork.build / EDITIONS[-1] / "claims.csv").set_index("claim_id")
    assert claims.loc[added[0][1].partition(",")[0], "verdict"] == "reproduced"
