"""What becomes of a company is rows: a new name, a listing that ends, a merger."""

import shutil
from pathlib import Path

import invented
import pytest

from tokenecon.catalog import Catalog
from tokenecon.catalog.checks import run_checks

DATA = Path(__file__).parents[2] / "data"
ENTITIES = "entities.csv"


@pytest.fixture
def data(tmp_path):
    shutil.copytree(DATA, tmp_path / "data", ignore=shutil.ignore_patterns("snapshots", ".refresh"))
    return tmp_path / "data"


def change(data, entity, **cells):
    rows = invented.read(data / ENTITIES)
    invented.write(data / ENTITIES, [row | cells if row["entity_id"] == entity else row for row in rows])


def names(edition, data):
    return [company.name for company in Catalog.open(edition, data).companies]


def test_a_renamed_company_keeps_its_old_name_in_editions_before_its_new_one(data):
    change(data, "minimax", name="Maximum", former_name="MiniMax", renamed_on="2026-06-01")
    assert [str(finding) for finding in run_checks(data)] == []
    assert (names("2025FY", data), names("2026H1", data)) == (["Zhipu", "MiniMax"], ["Zhipu", "Maximum"])


def test_a_former_name_goes_with_its_day(data):
    change(data, "minimax", former_name="MiniMax")
    [found] = run_checks(data)
    assert "renamed_on: goes with former_name: give both or neither" in str(found)


def test_a_company_that_merged_leaves_the_editions_that_follow_and_stays_in_those_before(data):
    change(data, "minimax", listing="", listed_on="")
    invented.add_source(data, "2026-09-01")
    invented.append(
        data / "events.csv", event_id="mm_merged", entity_id="minimax", kind="announcement", happened_on="2026-09-01",
        holds="true", text="Merged into Zhipu; its last accounts are those of the first half.",
        source_id=invented.SOURCE, published_on="2026-09-01",
    )  # fmt: skip
    file = data / "editions" / "2026Q3.toml"
    file.write_text(file.read_text(encoding="utf-8").replace('"zhipu", "minimax"', '"zhipu"'), encoding="utf-8")
    assert [str(finding) for finding in run_checks(data)] == []
    assert (names("2026H1", data), names("2026Q3", data)) == (["Zhipu", "MiniMax"], ["Zhipu"])
    assert "mm_merged" in set(Catalog.open("2026Q3", data).events["event_id"])
