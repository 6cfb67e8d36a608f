"""Publishing an edition keeps what it printed; the next one says what changed."""

import datetime as dt
import json
import tomllib

import pytest
from publish.sample_project import EDITION, SAY, SET_UP, write_notebook

from tokenecon import publish
from tokenecon.publish import PublishError, build, verify

NEXT = EDITION.replace("2025FY", "2026H1", 1).replace("2026-04-15", "2026-09-30") + 'previous = "2025FY"\n'
LEDGER = (
    "#| label: tbl-ledger\n#| tbl-cap: 'Claims. Source: results.'\n"
    "shown = table()\nshown.own['data_csv'] = 'claim_id,verdict,n\\nc1,{verdict},3\\n'\nshown"
)


def summary(project, *cells):
    write_notebook(project, "00_summary.ipynb", "md:# Summary {#sec-summary}", SET_UP, *cells)


def test_publishing_records_each_fact_and_verdict_on_a_line(project):
    summary(project, SAY, LEDGER.format(verdict="open"))
    done = publish.release(project=project)
    assert (done.written, dict(done.differences)) == (True, {})
    lines = done.file.read_text(encoding="utf-8").splitlines()
    assert '"00_summary.growth": {"value": 2.93, "unit": "ratio", "text": "293%"}' in lines
    assert '"c1": {"verdict": "open", "n": "3"}' in lines
    assert json.loads(done.file.read_text(encoding="utf-8"))["as_of"] == "2026-04-15"
    again = publish.release(project=project)
    assert (again.written, dict(again.differences)) == (False, {})


def test_a_published_edition_is_not_overwritten_in_silence(project):
    kept = publish.release(project=project).file.read_text(encoding="utf-8")
    summary(project, SAY.replace("2.93", "2.94").replace("293%", "294%"))
    refused = publish.release(project=project)
    assert not refused.written
    assert refused.differences == {"00_summary.growth": "'293%' becomes '294%'"}
    assert refused.file.read_text(encoding="utf-8") == kept
    assert publish.release(force=True, project=project).written
    assert '"text": "294%"' in refused.file.read_text(encoding="utf-8")


def recorded_on(project):
    return tomllib.loads((project.data / "editions/2025FY.toml").read_text(encoding="utf-8")).get("recorded_on")


def test_the_first_publication_sets_the_day_and_only_another_record_moves_it(project):
    first, second = dt.date(2026, 5, 1), dt.date(2026, 6, 1)
    assert publish.release(on=first, project=project).recorded_on == first == recorded_on(project)
    assert publish.release(project=project).recorded_on == first
    assert publish.release(force=True, on=second, project=project).recorded_on == first, "nothing differs"
    summary(project, SAY.replace("2.93", "2.94").replace("293%", "294%"))
    assert not publish.release(on=second, project=project).written
    assert recorded_on(project) == first
    moved = publish.release(force=True, on=second, project=project)
    assert (moved.before, moved.recorded_on, recorded_on(project)) == (first, second, second)


def test_the_day_of_a_record_is_today_or_that_of_the_edition(project):
    assert publish.release(project=project).recorded_on == dt.date.today()
    with pytest.raises(PublishError, match="of 2026-04-15: it cannot be recorded on 2026-04-14"):
        publish.release(force=True, on=dt.date(2026, 4, 14), project=project)


def test_a_notebook_that_fails_leaves_the_day_as_it_was(project):
    publish.release(on=dt.date(2026, 5, 1), project=project)
    summary(project, "1 / 0")
    with pytest.raises(PublishError):
        publish.release(force=True, on=dt.date(2026, 6, 1), project=project)
    assert recorded_on(project) == dt.date(2026, 5, 1)


def test_a_draft_is_not_published(project):
    file = project.data / "editions/2025FY.toml"
    file.write_text(EDITION + "draft = true\n")
    with pytest.raises(PublishError, match="is a draft"):
        publish.release(project=project)
    assert [(one.id, state) for one, state, _ in publish.edition_states(project)] == [("2025FY", "draft")]


def test_a_damaged_record_is_named(project):
    (project.data / "editions/2025FY.facts.json").write_text("{")
    with pytest.raises(PublishError, match=r"data/editions/2025FY.facts.json:1: file: is damaged"):
        publish.release(project=project)


def test_the_next_edition_has_a_page_on_what_changed(project):
    summary(project, SAY, LEDGER.format(verdict="open"))
    publish.release(project=project)
    (project.data / "editions/2026H1.toml").write_text(NEXT)
    summary(project, SAY.replace("2.93", "3.1").replace("293%", "310%"), LEDGER.format(verdict="met"))
    build("2026H1", renderer="embedded", project=project)
    assert verify("2026H1", project=project) == []
    page = (project.build / "2026H1/html/changes.html").read_text(encoding="utf-8")
    assert "first edition" not in page
    assert "<td>open</td>" in page.replace(' style="text-align: left;"', "")
    table = (project.build / "2026H1/html/tables/changes.csv").read_text(encoding="utf-8")
    assert "293%,310%,,changed" in table
    found = publish.diff(project=project)
    assert (found.before.id, found.after.id) == ("2025FY", "2026H1")
    assert found.verdicts.to_numpy().tolist() == [["c1", "open", "met"]]


def test_the_first_edition_says_that_there_is_none_before(built):
    page = (built.build / "2025FY/html/changes.html").read_text(encoding="utf-8")
    assert "This is the first edition" in page
    with pytest.raises(PublishError, match="names no previous one"):
        publish.diff(project=built)


def test_an_edition_that_was_never_printed_cannot_be_compared(project):
    (project.data / "editions/2026H1.toml").write_text(NEXT)
    with pytest.raises(PublishError, match="2026H1 is neither published nor built"):
        publish.diff(project=project)
