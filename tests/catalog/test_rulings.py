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
