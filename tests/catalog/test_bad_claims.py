"""A claim's figure is whole, in a unit that fits, and in one place."""

import re

import pytest

from tokenecon.catalog import Catalog

FIGURE, STATED, STRUCTURAL = "zp_revenue_2025", "zp_half", "oligopoly"


@pytest.mark.parametrize(
    ("claim", "cells", "column", "message"),
    [
        (FIGURE, {"quoted": ""}, "quoted", "is empty; a figure has its number, or a statement_id that leads to it"),
        (FIGURE, {"unit": "percent"}, "unit", "'percent' does not measure revenue (money)"),
        (FIGURE, {"unit": "years"}, "unit", "'years' does not measure revenue (money)"),
        (FIGURE, {"currency": ""}, "currency", "revenue is in some currency"),
        (FIGURE, {"period_end": ""}, "period_end", "goes with period_start: give both or neither"),
        (FIGURE, {"period_end": "2024-12-31"}, "period_end", "2024-12-31 is before period_start, 2025-01-01"),
        (FIGURE, {"qualifier": "range"}, "qualifier", "'range' does not fit 724; 'range' goes with two numbers"),
        (STATED, {"quoted": "50"}, "quoted", "'50' stands in statement zp_mix_2026_said_mar; leave it empty here"),
        (STRUCTURAL, {"currency": "USD"}, "currency", "'USD' belongs to no metric; leave it empty"),
        (STRUCTURAL, {"kind": "ratio"}, "quoted", "is empty; a ratio has its number, or a statement_id"),
    ],
)
def test_a_bad_claim(data, claim, cells, column, message):
    line = data.line("claims.csv", claim_id=claim)
    data.edit("claims.csv", line, **cells)
    found = [text for text in data.findings() if text.startswith(f"data/claims.csv:{line}: {column}: {message}")]
    assert len(found) == 1, data.findings()


def test_an_unknown_statement(data):
    line = data.line("claims.csv", claim_id=STATED)
    data.edit("claims.csv", line, statement_id="zp_mix_2026")
    assert f"data/claims.csv:{line}: statement_id: 'zp_mix_2026' is in no row of statement_id" in data.findings()[0]


def test_a_statement_of_the_article_without_a_claim(data):
    data.delete("claims.csv", data.line("claims.csv", claim_id=STATED))
    line = data.line("statements.csv", statement_id="zp_mix_2026_said_mar")
    message = "'zp_mix_2026_said_mar' of SEED is in no row of data/claims.csv; add its claim"
    assert data.findings() == [f"data/statements.csv:{line}: statement_id: {message}"]


def test_figures_come_in_base_units_and_from_statements(fy):
    rows = fy.claims.set_index("claim_id")
    assert rows.loc["zp_revenue_2025", ["value", "base_unit", "period"]].tolist() == [724e6, "CNY", "FY2025"]
    assert rows.loc["zp_half", ["printed", "value", "base_unit", "qualifier"]].tolist() == ["50", 0.5, "ratio", "about"]
    assert rows.loc["premium", "value"] == 0.5
    assert rows.loc["zp_tilt", "printed"] == "2-3" and rows.loc["zp_tilt", "value"] != rows.loc["zp_tilt", "value"]
    assert rows.loc["oligopoly", "period"] == ""


def test_an_edition_before_the_article_knows_no_claim(data):
    edition = data.text("editions/2025FY.toml").replace("2026-04-15", "2026-03-31")
    data.write("editions/2025FY.toml", re.sub(r"(?m)^priors.*\n", "", edition))
    assert Catalog.open("2025FY", data.root).claims.empty
