"""What a refresh would change in the report: verdicts, estimates, and what a person must decide."""

import csv
import datetime as dt
import shutil

import pandas as pd
import pytest

from tokenecon.catalog import Catalog, data_root
from tokenecon.publish import consequences, copy_data, proposal
from tokenecon.refresh import markdown
from tokenecon.refresh.summary import DECIDE, Summary

CLAIMS = ("zp_revenue_2025",)


def rewrite(file, change):
    with file.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    for row in rows:
        change(row)
    with file.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.DictWriter(lines, rows[0].keys(), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


@pytest.fixture
def data(tmp_path, monkeypatch):
    """The data, and one claim that accounts decide: judging all of them takes a minute."""
    root = tmp_path / "data"
    shutil.copytree(data_root(), root, ignore=shutil.ignore_patterns("snapshots", ".refresh"))
    few = property(lambda cat: cat.table("claims").loc[lambda rows: rows["claim_id"].isin(CLAIMS)])
    monkeypatch.setattr(Catalog, "claims", few)
    return root


def test_a_verdict_that_new_rows_turn_is_told(data, tmp_path):
    (tmp_path / "kept").mkdir()
    before = copy_data(data, tmp_path / "kept")

    def misquote(row):
        if row["claim_id"] in CLAIMS:
            row["quoted"] = "700"

    rewrite(before / "claims.csv", misquote)
    parts = consequences(before, data, dt.date(2026, 12, 1))
    verdicts = dict(parts[0][2])
    assert verdicts["zp_revenue_2025"] == "differs -> reproduced"
    assert not (data / "editions" / "today.toml").exists()
    text = markdown(Summary({"financials": 1}), consequences=parts)
    assert f"{DECIDE}: verdicts that would change (" in text and "differs -> reproduced" in text


def test_rows_that_change_nothing_ask_nobody(data, tmp_path):
    (tmp_path / "kept").mkdir()
    parts = consequences(copy_data(data, tmp_path / "kept"), data, dt.date(2026, 12, 1))
    assert [lines for _, _, lines in parts] == [[], [], []]
    assert DECIDE not in markdown(Summary({"fx": 2}), consequences=parts)


@pytest.mark.parametrize(("now", "asks"), [(1.4, False), (2.5, True), (0.5, True)])
def test_an_estimate_that_leaves_its_interval_is_for_a_person(monkeypatch, tmp_path, now, asks):
    def judged(value):
        row = {"verdict": "supported", "said": f"{value}", "computed": value, "ci_low": 1.0, "ci_high": 2.0}
        return pd.DataFrame([row], index=["claim"])

    states = iter([judged(1.5), judged(now)])
    monkeypatch.setattr(proposal, "_judged", lambda data, day: next(states))
    monkeypatch.setattr(proposal, "copy_data", lambda root, target: root)
    parts = consequences(tmp_path, data_root())
    assert (DECIDE in markdown(Summary(), consequences=parts)) == asks
    assert f"1.5 -> {now}" in markdown(Summary(), consequences=parts)
