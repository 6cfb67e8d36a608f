"""Every kind of bad data is one line that says what is wrong and what would be right."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tokenecon.catalog import Catalog, DataError
from tokenecon.catalog.checks import run_checks
from tokenecon.catalog.files import SAVE
from tokenecon.cli import find_faults

ASKED_FOR = ("metrics", "financials", "operating", "rules", "rulings", "scenarios", "share_prices")
UNDESCRIBED = "data/datapackage.json:1: file: describes no table"
API_2025 = {"entity_id": "zhipu", "metric": "revenue", "segment": "cloud", "period_end": "2025-12-31"}
MARGIN_2025 = {"entity_id": "zhipu", "metric": "gross_margin", "segment": "cloud", "period_end": "2025-12-31"}
HEADCOUNT = {"entity_id": "minimax", "metric": "headcount", "period_end": "2025-12-31"}
AGENTS = {"entity_id": "zhipu", "metric": "gross_margin", "segment": "agents", "period_end": "2025-12-31"}
CASH = {"entity_id": "minimax", "metric": "cash_balance", "period_end": "2025-12-31"}


@pytest.mark.parametrize("column", ["source_id", "metric"])
def test_what_no_table_knows_is_said_once_with_the_number_of_its_rows(data, column):
    cited = data.rows("financials.csv")[0][column]
    lines = [line for line, row in enumerate(data.rows("financials.csv"), start=2) if row[column] == cited]
    for line in lines:
        data.edit("financials.csv", line, **{column: "qqqqq"})
    found = [one for one in data.findings() if "qqqqq" in one and one.startswith("data/financials.csv")]
    assert len(lines) > 1
    assert len(found) == 1, found
    assert found[0].startswith(f"data/financials.csv:{lines[0]}: {column}: 'qqqqq' is in no row of ")
    assert found[0].endswith(f" ({len(lines)} rows, this the first)")


def only(data, expected: str) -> None:
    assert data.findings() == [expected]


def test_the_data_pass():
    assert run_checks() == []


@pytest.mark.parametrize(
    ("cells", "column", "message"),
    [
        ({"value": "n/a"}, "value", "'n/a' is not a number"),
        ({"value": "1,050.3"}, "value", "'1,050.3' has a thousands comma; write 1050.3"),
        ({"value": "NaN"}, "value", "'NaN' is not a finite number; leave out the row if nothing is known"),
        ({"value": "-inf"}, "value", "'-inf' is not a finite number; leave out the row if nothing is known"),
        ({"value": "1e3"}, "value", "'1e3' is not a number as printed: a spreadsheet shortened it"),
        ({"value": "1_050"}, "value", "'1_050' is not a number"),
        ({"value": ""}, "value", "is empty; a value is required"),
        ({"period_end": "31.12.2025"}, "period_end", "'31.12.2025' is not a date; write it like 2026-03-31"),
        ({"period_end": "2025-13-31"}, "period_end", "'2025-13-31' is no day of the calendar"),
        ({"period_end": "2025-2-3"}, "period_end", "'2025-2-3' is not a date; write it as 2025-02-03"),
        (
            {"entity_id": "minimaxx"},
            "entity_id",
            "'minimaxx' is in no row of entity_id of data/entities.csv; 'minimax' is meant?",
        ),
        (
            {"segment": "totl"},
            "segment",
            "'totl' is in no row of segment of data/segments.csv with entity_id minimax; 'total' is meant?",
        ),
        (
            {"source_id": "MM_FY24"},
            "source_id",
            "'MM_FY24' is in no row of source_id of data/sources.csv; 'MM_FY25' is meant?",
        ),
        ({"published_on": "2026-03-03"}, "published_on", "2026-03-03 is not the day of source MM_FY25, 2026-03-02"),
        (
            {"unit": "percent"},
            "unit",
            "'percent' does not measure cash_balance (money); "
            "one, thousand, million, hundred_million, billion, trillion would",
        ),
        ({"currency": ""}, "currency", "is empty; cash_balance is in some currency"),
        (
            {"period_start": "2026-01-01"},
            "period_end",
            "2025-12-31 is before period_start, 2026-01-01",
        ),
    ],
)
def test_a_bad_cell(data, cells, column, message):
    line = data.line("financials.csv", **CASH)
    data.edit("financials.csv", line, **cells)
    expected = f"data/financials.csv:{line}: {column}: {message}"
    if column == "period_end" and "before" in message:
        assert expected in data.findings()
    else:
        only(data, expected)


def test_loading_bad_data_raises_the_same_lines(data):
    line = data.line("financials.csv", **CASH)
    data.edit("financials.csv", line, value="n/a", unit="millions")
    with pytest.raises(DataError) as error:
        Catalog.open(data_dir=data.root)
    assert str(error.value).split("\n") == data.findings()
    assert len(data.findings()) == 2


def test_loading_data_that_contradict_themselves_raises(data):
    data.edit("financials.csv", data.line("financials.csv", **MARGIN_2025), value="18.8")
    with pytest.raises(DataError, match=r"18\.8 percent is printed"):
        Catalog.open(data_dir=data.root)


def test_an_unknown_unit(data):
    line = data.line("financials.csv", **CASH)
    data.edit("financials.csv", line, unit="millions")
    (finding,) = data.findings()
    assert finding.startswith(f"data/financials.csv:{line}: unit: 'millions' is none of one, thousand, million, ")
    assert finding.endswith("; 'million' is meant?")


def test_several_findings_come_at_once_and_in_order(data):
    line = data.line("financials.csv", **CASH)
    data.edit("financials.csv", line, value="n/a", qualifier="roughly")
    data.edit("fx.csv", 5, rate="7,1")
    found = data.findings()
    assert [finding.split(": ")[0] for finding in found] == [f"data/financials.csv:{line}"] * 2 + ["data/fx.csv:5"]


def test_a_missing_file(data):
    (data.root / "fx.csv").unlink()
    only(data, "data/fx.csv:1: file: is missing; datapackage.json lists it")


@pytest.mark.parametrize("name", ["fx.csv", "datapackage.json", "editions/2025FY.toml"])
@pytest.mark.parametrize("make", [os.mkfifo, Path.mkdir])
def test_what_is_no_file_is_one_line_and_nobody_waits_for_it(data, name, make):
    (data.root / name).unlink()
    make(data.root / name)
    (finding,) = data.findings()
    assert finding.startswith(f"data/{name}:1: file: cannot be read: it is a folder, a pipe or a device, and no file")


def test_a_table_that_the_package_does_not_describe(data):
    package = json.loads(data.text("datapackage.json"))
    for name in [resource["name"] for resource in package["resources"]]:
        kept = [resource for resource in package["resources"] if resource["name"] != name]
        data.write("datapackage.json", json.dumps(package | {"resources": kept}))
        found = [str(finding) for finding in find_faults(data.root)]
        assert any("datapackage.json" in line for line in found), name
        assert name not in ASKED_FOR or f"{UNDESCRIBED} '{name}'" in "".join(found)


@pytest.mark.parametrize(("content", "message"), [(b"", "is empty"), (b"\n\n", "is empty")])
def test_an_empty_file(data, content, message):
    (data.root / "fx.csv").write_bytes(content)
    only(data, "data/fx.csv:1: file: is empty; it needs at least its header")


def test_a_header_without_rows(data):
    data.write("financials.csv", data.text("financials.csv").split("\n")[0] + "\n")
    assert "data/financials.csv:1: file: has a header and no rows" in data.findings()


def test_a_wrong_encoding(data):
    text = data.text("entities.csv")
    line = text[: text.index("Moonshot")].count("\n") + 1
    content = text.replace("Moonshot", "Möonshot").encode("latin-1")
    (data.root / "entities.csv").write_bytes(content)
    where = content.index(b"\xf6")
    message = f"byte 0xf6 at position {where} is not UTF-8 (Windows-1252?); {SAVE}"
    only(data, f"data/entities.csv:{line}: file: {message}")


def test_a_byte_order_mark(data):
    (data.root / "fx.csv").write_bytes(b"\xef\xbb\xbf" + data.text("fx.csv").encode())
    only(data, "data/fx.csv:1: file: begins with a byte order mark; save as UTF-8 without one")


def test_line_ends_of_another_system(data):
    data.write("fx.csv", data.text("fx.csv").replace("\n", "\r\n"))
    only(data, "data/fx.csv:1: file: has CR in its line ends; use LF alone")


def test_no_line_end_at_the_end(data):
    data.write("fx.csv", data.text("fx.csv").rstrip("\n"))
    last = len(data.rows("fx.csv")) + 1
    only(data, f"data/fx.csv:{last}: row: the last line has no line end; add one")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("rate", "rates", "rates: is no column of this table; 'rate' is meant"),
        ("rate,", "", "rate: column is missing"),
        ("rate", "rate,colour", "colour: is no column of this table; remove it, or describe it in datapackage.json"),
        ("kind", "rate", "rate: stands twice in the header"),
        ("date,base", "base,date", "header: columns are in another order than "),
    ],
)
def test_a_wrong_header(data, old, new, message):
    data.edit_text("fx.csv", 1, lambda header: header.replace(old, new, 1))
    assert any(finding.startswith(f"data/fx.csv:1: {message}") for finding in data.findings())


@pytest.mark.parametrize(
    ("change", "column", "message"),
    [
        (
            lambda row: row + ",more",
            "row",
            'has 10 cells where the header has 9; quote a cell that holds a comma: "1,234"',
        ),
        (
            lambda row: row.rpartition(",")[0],
            "row",
            "has 8 cells where the header has 9; an empty cell still needs its comma",
        ),
        (lambda row: "", "row", "is blank; delete the line"),
        (
            lambda row: row + '"',
            "row",
            "a quote is opened and not closed on the line; a cell must not hold a line break",
        ),
        (
            lambda row: row.replace("FRED_FX", "FRED_FX "),
            "source_id",
            "'FRED_FX ' has spaces at an end; write 'FRED_FX'",
        ),
        (
            lambda row: row[:-1] + "a\x07b,",
            "note",
            "'a\\x07b' holds a character that does not print, a control character (U+0007)",
        ),
    ],
)
def test_a_broken_line(data, change, column, message):
    data.edit_text("fx.csv", 7, change)
    only(data, f"data/fx.csv:7: {column}: {message}")


def test_a_row_twice(data):
    line = data.line("financials.csv", **CASH)
    new = data.add("financials.csv", line)
    key = "entity_id, metric, segment, period_start, period_end, currency, source_id"
    only(data, f"data/financials.csv:{new}: row: has the key ({key}) of line {line}; delete one, or tell them apart")


def test_an_unused_source(data):
    line = data.add("sources.csv", 2, source_id="NOBODY")
    only(data, f"data/sources.csv:{line}: source_id: no row uses 'NOBODY'; delete the line")


def test_segments_that_do_not_sum(data):
    total = data.line("financials.csv", **API_2025 | {"segment": "total"})
    data.edit("financials.csv", data.line("financials.csv", **API_2025), value="190380")
    only(
        data,
        f"data/financials.csv:{total}: value: 724334 is not the sum of its segments: "
        "190380 (cloud) + 533955 (on_premise) gives 724335 (axis business)",
    )


def test_a_margin_that_does_not_follow(data):
    line = data.line("financials.csv", **MARGIN_2025)
    data.edit("financials.csv", line, value="18.8")
    only(
        data,
        f"data/financials.csv:{line}: value: 18.8 percent is printed, "
        "but gross_profit / revenue = 36000 / 190379 gives 18.91",
    )


def test_growth_that_does_not_follow(data):
    line = data.line("financials.csv", entity_id="minimax", metric="revenue_growth", segment="open_platform")
    data.edit("financials.csv", line, value="704")
    only(
        data,
        f"data/financials.csv:{line}: value: 704 percent is printed, "
        "but growth(revenue) = 73929 / 9206 - 1 gives 703.1",
    )


def test_a_share_checked_by_the_other_part(data):
    line = data.line("financials.csv", metric="revenue_share", segment="overseas", period_end="2025-12-31")
    data.edit("financials.csv", line, value="73.6")
    (finding,) = data.findings()
    assert finding.startswith(f"data/financials.csv:{line}: value: 73.6 percent is printed, but ")
    assert "(79038 - 21.4) / 79038 gives 72.92" in finding


def test_a_loss_of_sign_in_gross_profit(data):
    line = data.line("financials.csv", entity_id="minimax", metric="gross_profit", period_end="2023-12-31")
    data.edit("financials.csv", line, value="854")
    assert any("but revenue - cost_of_revenue = 3460 - 4314 gives -854.0" in finding for finding in data.findings())


def test_a_part_larger_than_the_whole(data):
    line = data.line("operating.csv", entity_id="zhipu", metric="headcount", segment="rd_staff")
    data.edit("operating.csv", line, value="900")
    assert any("900 one is more than its whole, full_time_staff" in finding for finding in data.findings())


def test_a_disagreement_nobody_declared(data):
    line = data.line("financials.csv", **CASH)
    new = data.add("financials.csv", line, value="1051.0", source_id="MM_1H26", published_on="2026-08-26")
    only(
        data,
        f"data/financials.csv:{new}: value: 1051.0 million (MM_1H26) disagrees with 1050.3 million (MM_FY25) "
        f"on line {line}; say in data/rulings.csv which holds",
    )


def test_a_rounding_is_no_disagreement(data):
    line = data.line("financials.csv", **CASH)
    data.add("financials.csv", line, value="1.05", unit="billion", source_id="MM_1H26", published_on="2026-08-26")
    assert data.findings() == []


@pytest.mark.parametrize(
    ("name", "match", "cells", "column", "message"),
    [
        ("operating.csv", HEADCOUNT, {"currency": "USD"}, "currency", "'USD' does not belong to headcount (persons)"),
        ("operating.csv", HEADCOUNT, {"value_high": "500"}, "value", "needs a number, or else both value_low"),
        ("operating.csv", HEADCOUNT, {"qualifier": "range"}, "qualifier", "'range' does not fit"),
        ("operating.csv", HEADCOUNT, {"period_start": "2025-12-01"}, "period_start", "headcount is a figure on a day"),
        ("financials.csv", {"metric": "largest_supplier_share"}, {"value": "120"}, "value", "120 percent is no share"),
        (
            "operating.csv",
            {"entity_id": "zhipu", "metric": "daily_tokens", "period_end": "2024-12-31"},
            {"unit": "one", "value": "2"},
            "value",
            "2 one is 2e+00 tokens; is the unit right?",
        ),
        ("fx.csv", {"date": "2024-02-29", "quote": "CNY"}, {"date": "2024-02-28"}, "date", "2024-02-28 is not the end"),
        (
            "fx.csv",
            {"date": "2025-12-31", "quote": "CNY", "kind": "annual_average"},
            {"rate": "6.1"},
            "rate",
            "6.1 is far",
        ),
        (
            "statements.csv",
            {"statement_id": "zp_arr_2026_03"},
            {"said_on": "2026-04-09"},
            "said_on",
            "2026-04-09 is after",
        ),
        (
            "segments.csv",
            {"entity_id": "zhipu", "segment": "agents"},
            {"parent": "onpremise"},
            "parent",
            "'onpremise' is no",
        ),
        (
            "segments.csv",
            {"entity_id": "zhipu", "segment": "agents"},
            {"exhaustive": "yes"},
            "exhaustive",
            "'yes' is neither",
        ),
        ("sources.csv", {"source_id": "SEED"}, {"tier": "filings"}, "tier", "'filings' is none of filing, official"),
        ("sources.csv", {"source_id": "MM_36KR"}, {"url": "36kr.com/p"}, "url", "'36kr.com/p' does not have the form"),
        (
            "metrics.csv",
            {"metric_id": "gross_profit"},
            {"formula": "revenue * 2"},
            "formula",
            "'revenue * 2' does not have",
        ),
    ],
)
def test_what_a_schema_cannot_or_can_say(data, name, match, cells, column, message):
    line = data.line(name, **match)
    data.edit(name, line, **cells)
    assert any(f.startswith(f"data/{name}:{line}: {column}: {message}") for f in data.findings()), data.findings()


def test_a_figure_from_before_its_period_was_over(data):
    line = data.line("financials.csv", entity_id="openai", metric="revenue", period_end="2026-06-30")
    data.edit("financials.csv", line, period_end="2026-09-30")
    only(
        data,
        f"data/financials.csv:{line}: published_on: 2026-08-31 is before the end of the period, 2026-09-30",
    )


def test_broken_json(data):
    data.write("datapackage.json", data.text("datapackage.json").replace('"name"', '"name', 1))
    (finding,) = data.findings()
    assert finding.startswith("data/datapackage.json:2: file: is not JSON: ")


@pytest.mark.parametrize("content", ["[]", "{}", '{"resources": 3}', '{"resources": [{"name": "financials"}]}'])
def test_json_that_is_no_package(data, content):
    data.write("datapackage.json", content)
    (finding,) = data.findings()
    assert finding.startswith("data/datapackage.json:1: file: does not describe the tables")


def test_a_field_type_that_does_not_exist(data):
    package = json.loads(data.text("datapackage.json"))
    package["resources"][0]["schema"]["fields"][0]["type"] = "words"
    data.write("datapackage.json", json.dumps(package))
    assert data.findings()[0].startswith("data/datapackage.json:1: file: is no valid data package: ")


def test_a_unit_without_a_factor(data):
    package = json.loads(data.text("datapackage.json"))
    tables = {resource["name"]: resource for resource in package["resources"]}
    fields = {field["name"]: field for field in tables["operating"]["schema"]["fields"]}
    fields["unit"]["constraints"]["enum"].append("dozen")
    data.write("datapackage.json", json.dumps(package))
    message = "the list of units of operating and the factors differ by dozen"
    only(data, f"data/datapackage.json:1: unit: {message}")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("2026-04-15", '"soon"', "as_of: 'soon' is no date"),
        ('"FY2025"', '"FY25"', "focal: 'FY25' is no period: write FY2025, H1 2026"),
        ("title", "titel", "title: is missing"),
        ('id = "2025FY"', 'id = "2025"', "id: '2025' is not the name of the file, '2025FY'"),
        ("base_currency", 'previous = "2024"\nbase_currency', "previous: '2024' is no edition"),
        ('"CNY"', '"XYZ"', "base_currency: 'XYZ' is none of CNY, USD"),
        ('"CNY"', '"CNY', "file: is not TOML: "),
    ],
)
def test_a_broken_edition(data, old, new, message):
    text = data.text("editions/2025FY.toml")
    data.write("editions/2025FY.toml", text.replace(old, new, 1))
    assert any(finding.startswith(f"data/editions/2025FY.toml:1: {message}") for finding in data.findings())


def test_a_stray_file(data):
    data.write("notes.csv", "a\n1\n")
    only(data, "data/notes.csv:1: file: is not described in datapackage.json")


def test_an_edition_that_does_not_exist(data):
    with pytest.raises(
        DataError, match=r"data/editions/2030FY\.toml:1: file: is missing; editions are: 2025FY, 2026H1"
    ):
        Catalog.open("2030FY", data.root)


@pytest.mark.parametrize(("rate", "far"), [("7.034", False), ("7.036", True), ("6.966", False), ("6.964", True)])
def test_an_average_of_a_year_may_be_half_a_percent_off_its_months(data, rate, far):
    rows = data.rows("fx.csv")
    for row in rows:
        if (row["quote"], row["kind"], row["date"][:4]) == ("CNY", "monthly_average", "2025"):
            row["rate"] = "7"
    data.save("fx.csv", rows)
    line = data.line("fx.csv", quote="CNY", kind="annual_average", date="2025-12-31")
    data.edit("fx.csv", line, rate=rate)
    message = f"data/fx.csv:{line}: rate: {rate} is far from the mean of its months, 7.0000"
    assert data.findings() == ([message] if far else [])


@pytest.mark.parametrize("quote", ["JPY", "EUR", "CNY"])
@pytest.mark.parametrize("day", ["2025-12-31", "2023-01-31", "2026-06-30"])
def test_a_month_entered_inverse_is_one_finding(data, quote, day):
    line = data.line("fx.csv", quote=quote, kind="monthly_average", date=day)
    rate = f"{1 / float(data.rows('fx.csv')[line - 2]['rate']):.4f}"
    data.edit("fx.csv", line, rate=rate)
    (finding,) = data.findings()
    assert finding.startswith(f"data/fx.csv:{line}: rate: {rate} is far from the rates around it, ")
    assert finding.endswith(f"its inverse near them; write how many {quote} one USD is")


WEEKS = {"segment": "total", "unit": "million", "currency": "CNY", "source_id": "ZP_IR26", "published_on": "2026-08-31"}


def weeks(data, before: tuple[str, str], growth: str) -> int:
    """Add revenue of two years of weeks, and the growth stated; return the line of that."""
    like = data.line("financials.csv", **API_2025 | {"segment": "total"})
    year = {"period_start": "2024-09-29", "period_end": "2025-09-27"}
    data.add("financials.csv", like, **WEEKS, period_start=before[0], period_end=before[1], value="400")
    data.add("financials.csv", like, **WEEKS, **year, value="390")
    ratio = {"metric": "revenue_growth", "unit": "percent", "currency": ""}
    return data.add("financials.csv", like, **WEEKS | year | ratio, value=growth)


@pytest.mark.parametrize(
    "before", [("2023-10-01", "2024-09-28"), ("2023-09-24", "2024-09-28"), ("2023-10-06", "2024-10-04")]
)
def test_growth_over_years_of_weeks_is_checked(data, before):
    line = weeks(data, before, "50.0")
    only(
        data,
        f"data/financials.csv:{line}: value: 50.0 percent is printed, but growth(revenue) = 390 / 400 - 1 gives -2.50",
    )


def test_growth_over_years_of_weeks_that_is_right(data):
    weeks(data, ("2023-10-01", "2024-09-28"), "-2.5")
    assert data.findings() == []


@pytest.mark.parametrize("before", [("2023-10-01", "2024-10-12"), ("2023-07-01", "2024-06-30")])
def test_periods_more_than_a_week_off_are_not_compared(data, before):
    weeks(data, before, "50.0")
    assert data.findings() == []


def test_a_cached_price_above_the_price_without_a_cache(data):
    rows = data.rows("operating.csv")
    cached = [n for n, row in enumerate(rows, 2) if row["metric"] == "list_price_cached_input"]
    key = ("entity_id", "segment", "item", "period_start", "period_end", "currency")
    full = {tuple(row[k] for k in key): row for row in rows if row["metric"] == "list_price_input"}
    line = next(n for n in cached if tuple(rows[n - 2][k] for k in key) in full)
    price = full[tuple(rows[line - 2][k] for k in key)]["value"]
    data.edit("operating.csv", line, value=f"{float(price) * 10:g}")
    assert any(
        found.startswith(
            f"data/operating.csv:{line}: value: {float(price) * 10:g} is more than {price}, the price without"
        )
        for found in data.findings()
    ), data.findings()


def test_a_period_that_starts_on_a_leap_day_is_taken(data):
    like = data.line("financials.csv", **API_2025 | {"segment": "total"})
    days = {"period_start": "2024-02-29", "period_end": "2024-08-31"}
    data.add("financials.csv", like, **days, metric="employee_cost")
    data.add("financials.csv", like, **days, metric="revenue_growth", unit="percent", currency="")
    assert data.findings() == []
    assert len(Catalog.open("2026H1", data.root).financials.query("period == '2024-02-29/2024-08-31'")) == 2
