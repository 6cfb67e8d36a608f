"""Where each number of the first record stands: under another key, replaced by a better one, or nowhere, and why."""

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


def test_every_moved_number_is_the_same_or_says_why_it_is_not(records):
    for row in ROWS:
        fact = records[row["edition"]].get(row["new_key"])
        if not row["reason"]:
            assert fact is not None, row
            assert same(value_of(str(fact["value"])), value_of(row["value"])), row


def test_a_number_that_is_gone_left_its_key(records):
    assert not any(row["old_key"] in records[row["edition"]] for row in ROWS)
