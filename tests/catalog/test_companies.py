"""What becomes of a company is rows: a new name, a listing that ends, a merger, a year of weeks."""

import datetime as dt
import shutil
from pathlib import Path

import invented
import pytest

from tokenecon.analysis.revenue.findings import Revenue
from tokenecon.catalog import Catalog, Period
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


@pytest.mark.parametrize(
    ("start", "end", "label", "before"),
    [
        ("2024-12-30", "2025-12-28", "FY2025", "FY2024"),
        ("2025-12-29", "2027-01-03", "FY2026", "FY2025"),
        ("2025-12-29", "2026-06-28", "H1 2026", "H1 2025"),
        ("2024-09-29", "2025-09-27", "52 weeks to 2025-09-27", "52 weeks to 2024-09-28"),
        ("2024-01-01", "2024-06-30", "H1 2024", "H1 2023"),  # of 182 days, and no half of a year of weeks
        ("2025-01-01", "2025-12-30", "FY2025", "FY2024"),
        ("2025-03-01", "2025-12-31", "2025-03-01/2025-12-31", "2024-03-01/2024-12-31"),
    ],
)
def test_parts_of_a_year_of_weeks_have_a_name_that_can_be_read_back(start, end, label, before):
    period = Period(dt.date.fromisoformat(start), dt.date.fromisoformat(end))
    assert (period.label, period.year_before.label) == (label, before)
    assert Period.parse(label).label == label


def test_a_company_that_counts_its_year_in_weeks_stands_beside_one_that_does_not(data):
    weeks = {  # to the Sundays next to the ends of the calendar's periods
        ("2025-01-01", "2025-06-30"): ("2024-12-30", "2025-06-29"),
        ("2025-01-01", "2025-12-31"): ("2024-12-30", "2025-12-28"),
        ("2026-01-01", "2026-06-30"): ("2025-12-29", "2026-06-28"),
    }
    rows = invented.read(data / "financials.csv")
    for row in (row for row in rows if row["entity_id"] == "minimax"):
        span = row["period_start"], row["period_end"]
        row["period_start"], row["period_end"] = weeks.get(span, span)
    invented.write(data / "financials.csv", rows)
    asked = "entity_id == 'minimax' and period in ['FY2025', 'H2 2025', 'H1 2026']"
    in_weeks, in_months = (
        Revenue("2026Q3", folder).lines.query(asked).set_index(["period", "line"])["share"] for folder in (data, DATA)
    )
    assert len(in_weeks) == 6
    assert in_weeks.sort_index().to_dict() == pytest.approx(in_months.sort_index().to_dict())
