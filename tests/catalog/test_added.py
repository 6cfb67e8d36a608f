"""Rows found late: an edition that was recorded before sees none of them, and they are what they say."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest

from tokenecon.catalog import Catalog, Edition, data_root, find_edition
from tokenecon.catalog.schema import Schema

RECORDED = find_edition(data_root(), "2026H1").recorded_on
RECORDED, NEXT, AFTER = (str(RECORDED + dt.timedelta(days=days)) for days in range(3))
TABLES = Schema.load(data_root()).tables
DATED = [name for name, table in TABLES.items() if "added_on" in table.fields]
EDITION = "editions/2026H1.toml"


@pytest.fixture
def found_late(data):
    """The data with one more source, entity, model, statement and figure, added on the day after the record."""
    before = {name: data.text(f"{name}.csv") for name in DATED}
    data.add("sources.csv", 2, source_id="LATER", added_on=NEXT, published_on="2026-03-30", dating="document")
    own = {"source_id": "LATER", "published_on": "2026-03-30", "added_on": NEXT}
    data.add("entities.csv", 2, entity_id="later", source_id="LATER", added_on=NEXT)
    data.add("segments.csv", data.line("segments.csv", entity_id="zhipu", segment="total"), entity_id="later",
             added_on=NEXT)  # fmt: skip
    data.add("models.csv", 2, model_id="later", **own)
    like = data.line("financials.csv", entity_id="zhipu", metric="revenue", segment="total", period_end="2024-12-31",
                     source_id="ZP_PROS")  # fmt: skip
    data.add("financials.csv", like, entity_id="later", **own)
    data.add("statements.csv", 2, statement_id="later", entity_id="later", segment="total", said_on="2026-03-30", **own)
    assert data.findings() == []
    return before


def test_a_row_added_later_changes_no_recorded_edition(data, found_late):
    now = {edition: Catalog.open(edition, data.root) for edition in ("2025FY", "2026H1")}
    for name, text in found_late.items():
        data.write(f"{name}.csv", text)
    for edition, seen in now.items():
        before = Catalog.open(edition, data.root)
        for name in TABLES:
            pd.testing.assert_frame_equal(seen.history(name), before.history(name))
            pd.testing.assert_frame_equal(seen.table(name), before.table(name))


def sees(data) -> bool:
    catalog = Catalog.open("2026H1", data.root)
    found = {name: catalog.table(name) for name in ("sources", "entities", "segments", "models", "financials")}
    seen = {name: bool((frame.iloc[:, 0].isin(["later", "LATER"])).any()) for name, frame in found.items()}
    assert len(set(seen.values())) == 1, seen
    return seen["financials"]


@pytest.mark.parametrize(("day", "seen"), [(RECORDED, False), (NEXT, True), (AFTER, True)])
def test_a_row_is_seen_by_an_edition_recorded_on_its_day(data, found_late, day, seen):
    data.write(EDITION, data.text(EDITION).replace(RECORDED, day))
    assert sees(data) is seen


@pytest.mark.parametrize("text", [f"recorded_on = {RECORDED}\ndraft = true", ""])
def test_a_draft_and_an_edition_without_a_record_see_all_that_is_held(data, found_late, text):
    data.write(EDITION, data.text(EDITION).replace(f"recorded_on = {RECORDED}", text))
    assert sees(data)


def test_a_ruling_made_later_changes_no_recorded_edition(data):
    line = data.line("rulings.csv", ruling_id="zp-top5-customers-2025h1")
    data.edit("rulings.csv", line, added_on=NEXT)
    assert Catalog.open("2026H1", data.root).value("zhipu", "top5_customer_share", "H1 2025") == 0.4
    data.write(EDITION, data.text(EDITION).replace(RECORDED, NEXT))
    assert Catalog.open("2026H1", data.root).value("zhipu", "top5_customer_share", "H1 2025") == 0.401


def test_days_are_compared_as_days():
    edition = Catalog.open("2026H1").edition
    assert isinstance(edition, Edition)
    assert edition.holds(pd.Series(["", RECORDED, NEXT, "2027-01-01"])).tolist() == [True, True, False, False]


def test_a_row_is_not_added_before_it_is_published(data):
    row = data.rows("financials.csv")[0]
    data.edit("financials.csv", 2, added_on="2020-01-01")
    wanted = f"data/financials.csv:2: added_on: 2020-01-01 is before published_on, {row['published_on']}"
    assert any(found.startswith(wanted) for found in data.findings())


def test_a_row_is_not_added_before_what_it_refers_to(data):
    line = data.line("entities.csv", entity_id="zhipu")
    data.edit("entities.csv", line, added_on=NEXT)
    found = data.findings()
    wanted = (
        "data/financials.csv:2: added_on: an empty day, held from the first, is before zhipu was added to entities, "
        f"{NEXT}; write the day this row was added"
    )
    assert wanted in found, found[:3]


def test_a_row_published_after_what_it_refers_to_was_added_needs_no_day(data):
    line = data.line("entities.csv", entity_id="zhipu")
    data.edit("entities.csv", line, added_on=data.rows("financials.csv")[0]["published_on"])
    assert not [found for found in data.findings() if found.startswith("data/financials.csv:2: added_on")]


@pytest.mark.parametrize("name", DATED)
def test_the_day_stands_in_the_last_column(name):
    assert list(TABLES[name].fields)[-1] == "added_on"
