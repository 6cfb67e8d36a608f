"""Where each number of the record stands since its chapter was rewritten: under another key, or nowhere, and why."""

import csv
import json
from pathlib import Path

import pytest

from tokenecon.analysis.changes import same

ROOT = Path(__file__).parents[1]
ROWS = [
    row
    for file in sorted((ROOT / "tests" / "moved").glob("*.csv"))
    for row in csv.DictReader(file.read_text(encoding="utf-8").splitlines())
]


@pytest.fixture(scope="module")
def records():
    files = (ROOT / "data" / "editions").glob("*.facts.json")
    return {file.name.partition(".")[0]: json.loads(file.read_text(encoding="utf-8"))["facts"] for file in files}


def value_of(cell):
    try:
        return float(cell)
    except ValueError:
        return cell


def test_every_moved_number_stands_under_its_new_key(records):
    for row in ROWS:
        if row["new_key"]:
            now = records[row["edition"]][row["new_key"]]["value"]
            assert same(value_of(str(now)), value_of(row["value"])), row


def test_every_number_that_is_gone_says_why(records):
    assert all(row["reason"] for row in ROWS if not row["new_key"])
    assert not any(row["old_key"] in records[row["edition"]] for row in ROWS)
