"""Priors frozen: what changes the hash of an edition, what does not, and what a changed prior is told."""

import csv
import shutil

import pytest

from tokenecon.catalog import data_root, find_edition
from tokenecon.catalog.checks import run_checks
from tokenecon.catalog.priors import fingerprint, frozen

ROW = dict.fromkeys(("entity_id", "correlated_with", "correlation"), "") | {
    "holds_from": "2026-04-15", "parameter": "noise", "low": "0.04", "high": "0.12", "shape": "lognormal",
    "reason": "why", "added_on": "2026-04-10",
}  # fmt: skip


@pytest.fixture
def edition():
    return find_edition(data_root(), "2025FY")


def test_a_range_a_shape_and_a_day_count_and_a_reason_does_not(edition):
    base = fingerprint(edition, [ROW])
    assert fingerprint(edition, [ROW | {"reason": "better said"}]) == base
    for changed in ({"low": "0.05"}, {"shape": "normal"}, {"added_on": "2026-04-11"}, {"correlation": "0.1"}):
        assert fingerprint(edition, [ROW | changed]) != base


def test_what_holds_later_or_was_entered_later_is_no_part_of_it(edition):
    base = fingerprint(edition, [ROW])
    later = [ROW | {"holds_from": "2026-09-30"}, ROW | {"parameter": "half_life", "added_on": "2026-12-01"}]
    assert fingerprint(edition, [ROW, *later]) == base


def test_published_editions_are_frozen():
    for name in ("2025FY", "2026H1"):
        found = find_edition(data_root(), name)
        assert found.priors == frozen(data_root(), found)


def test_a_frozen_prior_that_changed_is_named_with_the_remedy(tmp_path):
    root = shutil.copytree(data_root(), tmp_path / "data", ignore=shutil.ignore_patterns("snapshots", ".*"))
    file = root / "scenarios.csv"
    rows = list(csv.DictReader(file.read_text(encoding="utf-8").splitlines()))
    rows[0]["high"] = "0.5"
    with file.open("w", newline="", encoding="utf-8") as out:
        writer = csv.DictWriter(out, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    found = [str(one) for one in run_checks(root)]
    assert len(found) == 3  # one an edition
    assert "data/editions/2025FY.toml" in found[0] and "enter a new row" in found[0]
