"""Point in time, base units, look-ups."""

from __future__ import annotations

import re
from datetime import date, timedelta
from fractions import Fraction

import pandas as pd
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tokenecon import inputs
from tokenecon.catalog import Catalog, DataError, Period, data_root, paths, sound
from tokenecon.catalog.schema import Schema
from tokenecon.catalog.typed import to_base

TABLES = list(Schema.load(data_root()).tables)
FACTS = ["financials", "statements", "operating"]


def test_edition(fy):
    assert fy.edition.as_of == date(2026, 4, 15)
    assert fy.edition.focal == Period.parse("FY2025")
    assert Catalog.open().edition.id == "2026Q3"


def test_edition_from_the_environment(monkeypatch):
    monkeypatch.setenv("TOKENECON_EDITION", "2025FY")
    assert Catalog.open().edition.id == "2025FY"


def test_data_from_the_environment(monkeypatch, data):
    monkeypatch.setenv("TOKENECON_DATA", str(data.root))
    assert data_root() == data.root.resolve()
    assert Catalog.open("2025FY").value("zhipu", "revenue", "FY2025") == 724_334_000


def test_tables_are_read_and_checked_once_for_what_they_are(monkeypatch, data, tmp_path):
    monkeypatch.setenv(inputs.FINDINGS, str(tmp_path / "kept"))
    first = Catalog.open("2025FY", data.root).prices
    with monkeypatch.context() as patch:
        patch.setattr(sound, "read_table", None)
        pd.testing.assert_frame_equal(Catalog.open("2025FY", data.root).prices, first)
        with (data.root / "prices.csv").open("a") as file:
            file.write("no row\n")
        with pytest.raises(TypeError):
            Catalog.open("2025FY", data.root)
    with pytest.raises(DataError, match=r"data/prices.csv:\d+: row: has 1 cells"):
        _ = Catalog.open("2025FY", data.root).prices
    assert len(list((tmp_path / "kept").glob("tables-*.pickle"))) == 1


def test_the_data_of_an_installed_package_are_only_read(monkeypatch, tmp_path):
    """A clone around the working folder comes before the data that the package brings; only those are not written."""
    monkeypatch.delenv("TOKENECON_DATA", raising=False)
    clone, package = tmp_path / "clone", tmp_path / "site-packages" / "tokenecon"
    for folder in (clone / "data", package / "data"):
        folder.mkdir(parents=True)
        (folder / "datapackage.json").write_text("{}")
    monkeypatch.setattr(paths, "_BUNDLED", package / "data")
    monkeypatch.chdir(clone)
    assert paths.data_root() == paths.own_data_root() == clone / "data"
    monkeypatch.chdir(tmp_path)
    assert paths.data_root() == package / "data"
    with pytest.raises(FileNotFoundError, match="only read: run this inside a clone of the project"):
        paths.own_data_root()


@pytest.mark.parametrize("name", FACTS)
def test_an_edition_sees_only_what_was_published(fy, name):
    frame = fy.history(name)
    assert len(frame)
    assert frame["published_on"].max() <= pd.Timestamp("2026-04-15")


@pytest.mark.parametrize("name", FACTS)
def test_one_row_a_fact_and_every_row_with_a_tier(h1, name):
    frame = h1.table(name)
    key = ["entity_id", "metric", "segment", "period_start", "period_end", "currency"]
    if name == "operating":
        key.append("item")
    if name != "statements":
        assert not frame.duplicated(key).any()
    assert frame["tier"].notna().all()
    assert frame["base_unit"].ne("").all()


def test_every_row_of_the_file_is_known_in_the_end(data):
    text = data.text("editions/2026H1.toml").replace("2026-09-30", "2027-01-01").replace("2026-11-26", "2027-01-02")
    data.write("editions/2026H1.toml", text)
    catalog = Catalog.open("2026H1", data.root)
    for name in TABLES:
        assert len(catalog.history(name)) == len(data.rows(f"{name}.csv"))


def test_base_units(fy):
    assert fy.value("zhipu", "revenue", "FY2025", "cloud") == 190_379_000
    assert fy.value("minimax", "revenue", "FY2025") == 79_038_000
    assert fy.value("zhipu", "gross_margin", "H1 2025", "cloud") == -0.004
    assert fy.value("zhipu", "daily_tokens", "2025-06") == 4.6e12
    assert fy.value("minimax", "headcount", "2025-12-31", "full_time_staff") == 428
    row = fy.series("zhipu", "gross_margin", kind="year").iloc[-1]
    assert (row["printed"], row["base_unit"], row["tier"], row["source_id"]) == ("41.0", "ratio", "filing", "ZP_AR25")


def test_a_range_has_ends_and_no_value(h1):
    row = h1.statements.set_index("statement_id").loc["ds_arr_2026_07"]
    assert (row["printed"], row["value_low"], row["value_high"]) == ("400-500", 4e8, 5e8)
    assert pd.isna(row["value"])


def test_prices_come_to_one_unit(h1):
    rows = h1.operating[h1.operating["item"] == "coding-plan-international-lite"]
    printed = dict(zip(rows["printed"], rows["value"], strict=True))
    assert printed["30"] == 10  # a quarter's price, by the month
    assert printed["18"] == 18


def test_a_restatement_is_visible_from_its_day(data):
    def cash(day: str) -> float:
        text = data.text("editions/2025FY.toml")
        moved = re.sub(r"(?m)^priors\b.*\n", "", text.replace("2026-04-15", day))
        data.write("editions/2025FY.toml", moved)
        try:
            return Catalog.open("2025FY", data.root).value("zhipu", "cash", "2024-12-31")
        finally:
            data.write("editions/2025FY.toml", text)

    assert cash("2026-03-30") == 2_268_164_000
    assert cash("2026-03-31") == 2_269_222_000


def test_rows_of_a_conflict_stand_alone_before_the_other_is_known(fy, h1):
    january = ["zp_arr_2026_01_08", "zp_arr_2026_01_31"]
    assert fy.statements["statement_id"].isin(january).sum() == 1
    assert set(h1.statements["statement_id"]) & set(january) == {"zp_arr_2026_01_08"}


@pytest.fixture
def old(data) -> Catalog:
    return Catalog.open("2025FY", data.root)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pick=st.integers(0, 10**4), days=st.integers(0, 400), name=st.sampled_from(FACTS))
def test_an_old_edition_does_not_change_when_rows_are_added(data, old, pick, days, name):
    """A row like any other, published later by a new source of the strongest tier, changes nothing."""
    before = {table: data.text(f"{table}.csv") for table in ("sources", name)}
    day = (date(2026, 11, 1) + timedelta(days)).isoformat()
    like = 2 + pick % len(data.rows(f"{name}.csv"))
    extra = {"statement_id": "later"} if name == "statements" else {}
    try:
        data.add("sources.csv", 2, source_id="LATER", published_on=day)
        data.add(f"{name}.csv", like, source_id="LATER", published_on=day, **extra)
        try:
            new = Catalog.open("2025FY", data.root)
        except DataError:  # the row repeats one that a ruling sets aside
            assume(False)
        for table in TABLES:
            pd.testing.assert_frame_equal(new.table(table), old.table(table))
            pd.testing.assert_frame_equal(new.history(table), old.history(table))
    finally:
        for table, text in before.items():
            data.write(f"{table}.csv", text)


UNITS = Schema.load(data_root()).units


@given(unit=st.sampled_from(sorted(UNITS)), digits=st.integers(0, 6), number=st.integers(-(10**9), 10**9))
def test_units_go_there_and_back(unit, digits, number):
    """From print to base units and back gives the printed number."""
    printed = f"{'-' if number < 0 else ''}{abs(number) // 10**digits}"
    if digits:
        printed += f".{abs(number) % 10**digits:0{digits}d}"
    back = Fraction(to_base(printed, UNITS[unit].factor)) / UNITS[unit].factor
    assert round(float(back), digits) == pytest.approx(float(printed), rel=1e-12)


def test_look_ups_say_what_is_not_known(fy):
    with pytest.raises(KeyError, match="nothing is known of zhipu revenue clouds on 2026-04-15"):
        fy.series("zhipu", "revenue", "clouds")
    with pytest.raises(KeyError, match="no rows are known of zhipu revenue total H1 2026 on 2026-04-15"):
        fy.value("zhipu", "revenue", "H1 2026")


def test_frames_are_the_readers_own(fy):
    frame = fy.financials
    frame["value"] = 0
    assert fy.value("zhipu", "revenue", "FY2025") == 724_334_000


def test_a_table_is_an_input_when_it_is_used_and_not_when_it_is_checked():
    with inputs.recording() as opened:
        cat = Catalog.open("2025FY")
    assert opened == set()
    with inputs.recording() as first:
        assert len(cat.financials) > 0
    with inputs.recording() as again:
        assert len(cat.financials) > 0
    assert first == again == {f"data/{name}.csv" for name in ("financials", "rulings", "metrics", "sources")}


def test_segments_sum_to_the_filed_totals(h1):
    for year in ("FY2022", "FY2023", "FY2024", "FY2025", "H1 2024", "H1 2025", "H1 2026"):
        parts = [h1.value("zhipu", "revenue", year, part) for part in ("cloud", "on_premise")]
        assert sum(parts) == h1.value("zhipu", "revenue", year)


def as_of(data, day: str) -> Catalog:
    """Open an edition whose day of knowledge has been moved, with all that is held today."""
    file = "editions/2026H1.toml"
    text = data.text(file).replace("as_of = 2026-09-30", f"as_of = {day}")
    data.write(
        file, "".join(line for line in text.splitlines(keepends=True) if not line.startswith(("recorded_on", "priors")))
    )
    return Catalog.open("2026H1", data.root)


@pytest.mark.parametrize("name", ["financials", "statements", "operating", "claims", "fx", "models", "prices"])
def test_rows_published_on_the_edition_s_own_day_are_known(data, name):
    days = [row["published_on"] for row in data.rows(f"{name}.csv")]
    day = max(day for day in days if "2025-12-01" <= day <= "2026-09-01")
    catalog = as_of(data, day)
    known = catalog.history(name)["published_on"]
    assert known.max() == pd.Timestamp(day)
    assert len(known) == sum(other <= day for other in days)


def test_a_series_is_a_source_from_the_day_of_its_first_row(data):
    rows = data.rows("fx.csv")
    source = next(row["source_id"] for row in rows if row["kind"] == "monthly_average")
    first = min(row["published_on"] for row in rows if row["source_id"] == source)
    assert first < next(row["published_on"] for row in data.rows("sources.csv") if row["source_id"] == source)
    assert source in set(as_of(data, first).sources["source_id"])
