from fractions import Fraction

import pandas as pd
import pytest

from tokenecon.analysis.judge import Verdict, evaluate, verdict
from tokenecon.catalog import Interval
from tokenecon.catalog.formula import Formula

PERCENT = Fraction(1, 100)


@pytest.mark.parametrize(
    "quoted, computed, expected",
    [
        ("292.7", 190_379 / 48_484 - 1, Verdict.reproduced),
        ("296", 190_379 / 48_484 - 1, Verdict.rounded_inputs),
        ("350", 190_379 / 48_484 - 1, Verdict.differs),
        ("296", float("nan"), Verdict.not_computable),
        ("296", 4.0, Verdict.differs),
    ],
)
def test_growth_from_rounded_inputs_is_told_from_an_error(quoted, computed, expected):
    allowed = (Interval.of("190") / Interval.of("48")).minus_one()
    assert verdict(Interval.of(quoted, PERCENT), computed, allowed) is expected


def test_without_the_inputs_nothing_is_excused():
    assert verdict(Interval.of("296", PERCENT), 190_379 / 48_484 - 1) is Verdict.differs


@pytest.mark.parametrize(
    "text, formula",
    [
        ("revenue - cost_of_revenue", Formula("-", "revenue", "cost_of_revenue")),
        ("revenue / revenue[total]", Formula("/", "revenue", "revenue", "total")),
        ("growth(rd_expense)", Formula("growth", "rd_expense", "rd_expense")),
    ],
)
def test_formulas_are_read(text, formula):
    assert Formula.parse(text) == formula


def test_what_is_no_formula_is_refused():
    with pytest.raises(ValueError, match="is no formula"):
        Formula.parse("a * b")


METRICS = pd.DataFrame(
    {
        "metric_id": ["revenue", "revenue_share", "revenue_growth", "gross_profit"],
        "label": ["Revenue", "Share", "Growth", "Gross profit"],
        "formula": ["", "revenue / revenue[total]", "growth(revenue)", "revenue - cost_of_revenue"],
    }
)


def year(number, base_unit="CNY", **columns):
    span = {"period_start": pd.Timestamp(f"{number}-01-01"), "period_end": pd.Timestamp(f"{number}-12-31")}
    return {"entity_id": "firm", "period": f"FY{number}", "base_unit": base_unit} | span | columns


FIGURES = pd.DataFrame(
    [
        year(2024, metric="revenue", segment="api", value=48_484e3),
        year(2025, metric="revenue", segment="api", value=190_379e3),
        year(2025, metric="revenue", segment="total", value=724_334e3),
    ]
)


def quote(number, metric, printed, factor, segment="api", base_unit="CNY"):
    return year(number, base_unit, metric=metric, segment=segment, printed=printed, value=float(printed) * factor)


QUOTES = pd.DataFrame(
    [
        quote(2024, "revenue", "48", 1e6),
        quote(2025, "revenue", "190", 1e6),
        quote(2025, "revenue_growth", "296", 0.01),
        quote(2025, "revenue_share", "26.3", 0.01),
        quote(2025, "revenue", "700", 1e6, segment="total"),
        quote(2025, "gross_profit", "36", 1e6),
        quote(2024, "revenue", "7", 1e6, base_unit="USD"),
    ]
)


def test_each_quote_is_judged():
    judged = evaluate(QUOTES, METRICS, FIGURES)
    assert judged["verdict"].tolist() == [
        "reproduced",
        "reproduced",
        "rounding of rounded inputs",
        "reproduced",
        "differs",
        "not computable",
        "not computable",
    ]
    growth = judged.iloc[2]
    assert growth["computed"] == pytest.approx(190_379 / 48_484 - 1)
    assert growth["allowed_low"] == pytest.approx(189.5 / 48.5 - 1)
    assert growth["allowed_high"] == pytest.approx(190.5 / 47.5 - 1)
    assert growth["recomputed"] == "292.66"
    assert growth["reason"] == "the printed amounts allow 291 to 301"
    assert judged.iloc[4]["difference"] == pytest.approx(24_334e3)
    assert judged.iloc[4]["reason"] == "off by +24.3"


def test_a_figure_that_stands_twice_is_refused():
    with pytest.raises(ValueError, match="two figures in one place"):
        evaluate(QUOTES, METRICS, pd.concat([FIGURES, FIGURES.head(1)]))
