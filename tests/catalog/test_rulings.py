"""Rulings hold as long as they are needed, and ask to be removed after that."""

from __future__ import annotations

import pytest

from tokenecon.catalog import Catalog

CASH = {"entity_id": "zhipu", "metric": "cash", "period_end": "2024-12-31"}
TOP5 = {"entity_id": "zhipu", "metric": "top5_customer_share", "period_end": "2025-06-30"}


def test_a_ruling_whose_rows_agree_is_to_be_removed(data):
    data.edit("financials.csv", data.line("financials.csv", **CASH, source_id="ZP_PROS"), value="2269222")
    line = data.line("rulings.csv", ruling_id="zp-cash-2024")
    assert data.findings() == [
        f"data/rulings.csv:{line}: ruling_id: the rows of financials no longer disagree; remove ruling zp-cash-2024"
    ]


@pytest.mark.parametrize(("source", "side"), [("ZP_PROS", "rejected"), ("ZP_AR25", "kept")])
def test_a_ruling_whose_row_is_gone_is_to_be_removed(data, source, side):
    data.delete("financials.csv", data.line("financials.csv", **CASH, source_id=source))
    line = data.line("rulings.csv", ruling_id="zp-cash-2024")
    assert data.findings() == [
        f"data/rulings.csv:{line}: {side}_source: financials has no row of {source} for it; remove ruling zp-cash-2024"
    ]


def test_a_statement_that_is_gone(data):
    data.delete("statements.csv", data.line("statements.csv", statement_id="zp_arr_2026_01_31"))
    line = data.line("rulings.csv", ruling_id="zp-arr-2026-01")
    missing = "statements has no row of zp_arr_2026_01_31 for it; remove ruling zp-arr-2026-01"
    assert data.findings() == [f"data/rulings.csv:{line}: rejected_statement: {missing}"]


def test_without_its_ruling_a_disagreement_is_a_finding(data):
    data.delete("rulings.csv", data.line("rulings.csv", ruling_id="zp-cash-2024"))
    (finding,) = data.findings()
    assert "2269222 thousand (ZP_AR25) disagrees with 2268164 thousand (ZP_PROS)" in finding


@pytest.mark.parametrize(("now", "word"), [("40.1", "has already 40.1"), ("40.2", "has 40.2")])
def test_a_correction_whose_source_mended_itself(data, now, word):
    data.edit("financials.csv", data.line("financials.csv", **TOP5), value=now)
    line = data.line("rulings.csv", ruling_id="zp-top5-customers-2025h1")
    assert data.findings() == [
        f"data/rulings.csv:{line}: printed: financials {word} in value, not 40.0; "
        "remove ruling zp-top5-customers-2025h1"
    ]


def test_a_correction_is_applied_on_loading(data):
    catalog = Catalog.open("2026H1", data.root)
    assert catalog.value("zhipu", "top5_customer_share", "H1 2025") == 0.401
    raw = data.rows("financials.csv")[data.line("financials.csv", **TOP5) - 2]
    assert raw["value"] == "40.0"


def test_history_names_the_ruling(data):
    history = Catalog.open("2025FY", data.root).history("financials")
    rows = history[history["metric"].eq("cash") & history["period"].eq("2024-12-31")]
    assert dict(zip(rows["source_id"], rows["ruling"], strict=True)) == {"ZP_PROS": "zp-cash-2024", "ZP_AR25": ""}


# A filing restates figures of an earlier one: what the earlier one stated follows from its own rows, as before.

COST = {"entity_id": "zhipu", "metric": "cost_of_revenue", "segment": "total", "period_end": "2025-12-31"}
LATER = {"source_id": "ZP_IR26", "published_on": "2026-08-31"}


def restate(data, match: dict[str, str], value: str) -> int:
    """Add another value of a figure of 2025, and the one ruling that it needs; return its line."""
    old = data.line("financials.csv", **match, source_id="ZP_AR25")
    row = data.rows("financials.csv")[old - 2]
    keys = {name: row[name] for name in ("entity_id", "metric", "segment", "period_start", "period_end")}
    data.add(
        "rulings.csv",
        data.line("rulings.csv", ruling_id="zp-cash-2024"),
        **keys,
        ruling_id=f"again-{match['metric'].replace('_', '-')}-{match['segment'].replace('_', '-')}",
        kept_source="ZP_IR26",
        rejected_source="ZP_AR25",
        item="",
    )
    return data.add("financials.csv", old, value=value, **LATER)


@pytest.mark.parametrize(
    ("metric", "segment"),
    [
        ("revenue", "total"),
        ("revenue", "cloud"),
        ("revenue", "on_premise"),
        ("cost_of_revenue", "total"),
        ("gross_profit", "total"),
        ("gross_profit", "cloud"),
        ("gross_margin", "total"),
        ("gross_margin", "cloud"),
        ("rd_expense", "total"),
    ],
)
def test_one_restated_row_needs_one_ruling(data, metric, segment):
    match = {"entity_id": "zhipu", "metric": metric, "segment": segment, "period_end": "2025-12-31"}
    old = data.rows("financials.csv")[data.line("financials.csv", **match, source_id="ZP_AR25") - 2]
    restate(data, match, f"{float(old['value']) * 1.02:.{len(old['value'].partition('.')[2])}f}")
    assert data.findings() == []


def test_what_the_later_filing_states_follows_from_the_restated_row(data):
    """Its growth on the restated year is checked against that, and the slip in it is found."""
    match = {"entity_id": "zhipu", "metric": "rd_expense", "segment": "total", "period_end": "2025-12-31"}
    value = data.rows("financials.csv")[data.line("financials.csv", **match, source_id="ZP_AR25") - 2]["value"]
    restate(data, match, str(int(value) * 2))
    growth = {"metric": "rd_growth", "unit": "percent", "currency": "", "value": "7.0", **LATER}
    restated = data.rows("financials.csv")[-1]
    ahead = {"period_start": "2026-01-01", "period_end": "2026-12-31"}
    data.add(
        "financials.csv",
        len(data.rows("financials.csv")) + 1,
        **ahead,
        value=str(int(value) * 3),
        published_on="2026-08-31",
    )
    line = data.add("financials.csv", len(data.rows("financials.csv")) + 1, **ahead, **growth)
    found = [finding for finding in data.findings() if "is before the end of the period" not in finding]
    assert len(found) == 1 and f"data/financials.csv:{line}: value: 7.0 percent is printed" in found[0], found
    assert f"{int(value) * 3} / {restated['value']} - 1 gives 50.00" in found[0]


def test_a_slip_in_the_earlier_filing_is_found_after_a_restatement_too(data):
    restate(data, {"entity_id": "zhipu", "metric": "revenue", "segment": "cloud", "period_end": "2025-12-31"}, "191000")
    line = data.line(
        "financials.csv", metric="gross_margin", segment="cloud", period_end="2025-12-31", source_id="ZP_AR25"
    )
    data.edit("financials.csv", line, value="19.9")
    (finding,) = data.findings()
    assert finding.startswith(f"data/financials.csv:{line}: value: 19.9 percent is printed, but gross_profit / revenue")
    assert "/ 190379 gives" in finding
