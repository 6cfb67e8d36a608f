import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenecon.analysis.claims import Interval, Verdict, evaluate, growth_of, printed, share_of, verdict


@pytest.mark.parametrize(
    "text, scale, low, high",
    [
        ("26.3", 0.01, 0.2625, 0.2635),
        ("190", 1e6, 189.5e6, 190.5e6),
        ("1,240", 1, 1239.5, 1240.5),
        ("−0.4", 0.01, -0.0045, -0.0035),
        ("25.96", 1e6, 25.955e6, 25.965e6),
    ],
)
def test_printed_allows_half_a_unit_of_the_last_digit(text, scale, low, high):
    interval = printed(text, scale)
    assert (interval.low, interval.high) == pytest.approx((low, high))


@pytest.mark.parametrize("text", ["about half", "", "n/a"])
def test_words_are_no_printed_number(text):
    with pytest.raises(ValueError, match="not a printed number"):
        printed(text)


@given(st.floats(-1e6, 1e6), st.integers(0, 3))
def test_a_value_is_among_those_its_own_rounding_allows(value, places):
    assert value in Interval(printed(f"{value:.{places}f}").low - 1e-9, printed(f"{value:.{places}f}").high + 1e-9)


def test_growth_from_rounded_inputs_is_told_from_an_error():
    inputs = growth_of(printed("48", 1e6), printed("190", 1e6))
    filing = 190_379 / 48_484 - 1
    assert verdict(printed("296", 0.01), filing, inputs) is Verdict.rounded_inputs
    assert verdict(printed("292.7", 0.01), filing, inputs) is Verdict.reproduced
    assert verdict(printed("350", 0.01), filing, inputs) is Verdict.differs
    assert verdict(printed("296", 0.01), None, inputs) is Verdict.not_computable
    assert verdict(printed("296", 0.01), filing) is Verdict.differs


def test_rounded_inputs_excuse_nothing_when_the_filing_lies_outside_them():
    inputs = growth_of(printed("48", 1e6), printed("190", 1e6))
    assert verdict(printed("296", 0.01), 4.0, inputs) is Verdict.differs


positive = st.floats(1, 1e6)


@given(positive, positive)
def test_intervals_hold_the_true_growth_and_share(before, after):
    first, second = printed(f"{before:.1f}"), printed(f"{after:.1f}")
    slack = 1e-9
    growth = growth_of(first, second)
    assert growth.low - slack <= after / before - 1 <= growth.high + slack
    share = share_of(first, second)
    assert share.low - slack <= before / after <= share.high + slack


FIRST, SECOND = pd.Timestamp("2024-01-01"), pd.Timestamp("2025-01-01")
ENDS = {FIRST: pd.Timestamp("2024-12-31"), SECOND: pd.Timestamp("2025-12-31")}


def figure(metric, segment, start, value):
    return {
        "entity_id": "firm",
        "metric": metric,
        "segment": segment,
        "period_start": start,
        "period_end": ENDS[start],
        "value": value,
    }


FIGURES = pd.DataFrame(
    [
        figure("revenue", "api", FIRST, 48_484e3),
        figure("revenue", "api", SECOND, 190_379e3),
        figure("revenue", "total", SECOND, 724_334e3),
        figure("run_rate", "total", SECOND, 1.5e9),
    ]
)


def claim(claim_id, kind, quoted, scale, metric="revenue", segment="api", start=SECOND, base_metric="", inputs=""):
    place = figure(metric, segment, start, None)
    del place["value"]
    base = {"base_metric": base_metric, "base_start": FIRST, "base_end": ENDS[FIRST]}
    return {"claim_id": claim_id, "kind": kind, "quoted": quoted, "scale": scale, "inputs": inputs} | place | base


CLAIMS = pd.DataFrame(
    [
        claim("before", "figure", "48", 1e6, start=FIRST),
        claim("after", "figure", "190", 1e6),
        claim("growth", "growth", "296", 0.01, base_metric="revenue", inputs="before;after"),
        claim("share", "share", "26.3", 0.01),
        claim("wrong", "figure", "200", 1e6),
        claim("absent", "figure", "10", 1e6, metric="gross_profit"),
        claim("mixed", "multiple", "2", 1, metric="run_rate", segment="total", base_metric="revenue"),
    ]
)


def test_each_claim_is_judged():
    judged = evaluate(CLAIMS, FIGURES).set_index("claim_id")
    assert judged["verdict"].to_dict() == {
        "before": "reproduced",
        "after": "reproduced",
        "growth": "rounding of rounded inputs",
        "share": "reproduced",
        "wrong": "differs",
        "absent": "not computable",
        "mixed": "definition mixed",
    }
    assert judged.loc["growth", "computed"] == pytest.approx(190_379 / 48_484 - 1)
    assert judged.loc["growth", "printed_low"] == pytest.approx(189.5 / 48.5 - 1)
    assert judged.loc["wrong", "difference"] == pytest.approx(190_379e3 - 200e6)
    assert len(judged) == len(CLAIMS)


def test_a_figure_that_stands_twice_is_refused():
    with pytest.raises(ValueError, match="two figures in one place"):
        evaluate(CLAIMS, pd.concat([FIGURES, FIGURES.head(1)]))
