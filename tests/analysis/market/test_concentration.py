"""Bounds hold every market that the list allows; measures and slopes are right where the answer is known."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenecon.analysis.market import concentration as con
from tokenecon.catalog import Catalog

MARKETS = st.lists(st.floats(0.01, 1), min_size=3, max_size=12).map(
    lambda sizes: np.sort(np.array(sizes) / sum(sizes))[::-1]
)  # fmt: skip


@given(MARKETS, st.integers(1, 3), st.sampled_from(["below", "one"]))
def test_the_whole_market_lies_within_the_bounds_of_its_head(market, named, rule):
    head, rest = market[:named], market[named:].sum()
    bounds = con.herfindahl(head, rest, rule)
    assert bounds.low - 1e-9 <= market @ market <= bounds.high + 1e-9
    for count in con.RANKS:
        ratio = con.concentration_ratio(head, count, rest, rule)
        assert ratio.low - 1e-9 <= market[:count].sum() <= ratio.high + 1e-9


@given(MARKETS, st.integers(1, 3), st.data())
def test_a_rest_that_belongs_to_anyone_lies_within_the_bounds(market, named, data):
    head, rest = market[:named].copy(), market[named:].sum()
    owner = data.draw(st.integers(0, named - 1))
    whole = head.copy()
    whole[owner] += rest
    bounds = con.herfindahl(head, rest, "any")
    assert bounds.low - 1e-9 <= whole @ whole <= bounds.high + 1e-9


def test_bounds_of_a_known_case():
    assert con.herfindahl([0.5, 0.2], 0.3, "below") == pytest.approx((0.29, 0.29 + 0.04 + 0.01))
    assert con.herfindahl([0.5, 0.2], 0.3, "one") == pytest.approx((0.29, 0.38))
    assert con.herfindahl([0.5, 0.2], 0.3, "any") == pytest.approx((0.29, 0.64 + 0.04))
    assert con.herfindahl([0.25] * 4) == pytest.approx((0.25, 0.25))


def test_shares_that_are_no_whole_are_refused():
    with pytest.raises(ValueError, match="no whole"):
        con.herfindahl([0.5], 0.2)


def test_equal_vendors_are_as_many_as_they_are():
    shares = pd.DataFrame(
        {"definition": "a", "on": pd.Timestamp("2026-01-01"), "holder": list("wxyz"), "share": 0.25, "rule": "one"}
    )
    row = con.measures(shares).iloc[0]
    assert (row["effective_low"], row["effective_high"], row["cr2_low"]) == pytest.approx((4, 4, 0.5))


@given(st.lists(st.floats(0.02, 1), min_size=8, max_size=30), st.integers(1, 5))
def test_any_market_with_the_same_two_figures_lies_within_the_bounds_of_a_group(sizes, rank):
    market = np.sort(np.array(sizes) / sum(sizes))[::-1]
    bounds = con.of_group(market[rank - 1], market[:5].sum(), 5, rank)
    assert bounds.low - 1e-9 <= market @ market <= bounds.high + 1e-9


def test_a_group_that_cannot_be_is_refused():
    with pytest.raises(ValueError, match="cannot be"):
        con.of_group(0.2, 0.3, 5, 3)


def test_scaling_bounds_the_index_over_both_ends():
    shares = pd.DataFrame(
        {"definition": "a", "on": pd.Timestamp("2026-01-01"), "holder": ["x", "y"], "share": [0.6, 0.4], "rule": "any"}
    )
    row = con.scaled(shares, con.Bounds(0.5, 1.0)).iloc[0]
    assert row["hhi_low"] == pytest.approx(0.52 / 4)
    assert row["hhi_high"] == pytest.approx(0.8**2 + 0.2**2)


def test_of_growing_counts_of_a_week_the_last_speaks():
    rows = pd.DataFrame(
        [
            {
                "period_start": "2026-03-02",
                "period_end": end,
                "author": author,
                "entity_id": author,
                "value": share,
                "tokens": tokens,
            }
            for end, share, tokens in (("2026-03-05", 0.4, 4.0), ("2026-03-08", 0.5, 10.0))
            for author in ("x",)
        ]
        + [
            {
                "period_start": "2026-03-09",
                "period_end": "2026-03-09",
                "author": "x",
                "entity_id": "x",
                "value": 0.9,
                "tokens": 1.0,
            }
        ]
    ).assign(
        period_start=lambda r: pd.to_datetime(r["period_start"]), period_end=lambda r: pd.to_datetime(r["period_end"])
    )
    found = con.author_weeks(rows)
    assert found[["share", "total"]].to_numpy().tolist() == [[0.5, 20.0]]


def test_tokens_of_models_add_up_by_vendor_and_the_rest_counts_for_the_whole_only():
    day = pd.Timestamp("2026-06-01")
    names = ["a/one", "a/two", "hidden", "other"]
    rows = pd.DataFrame(
        {
            "name": names,
            "entity_id": ["a", "a", "", ""],
            "tokens": [3.0, 2.0, 1.0, 4.0],
            "period_start": day,
            "period_end": day,
        }
    )
    found = con.by_vendor(rows, "days").set_index("holder")["share"]
    assert found.to_dict() == pytest.approx({"a": 0.5, "hidden": 0.1})


def test_old_run_rates_do_not_stand_beside_new_ones():
    rows = pd.DataFrame(
        {
            "entity_id": ["x", "x", "y", "z"],
            "value": [1.0, 6.0, 2.0, 9.0],
            "period_end": pd.to_datetime(["2026-01-01", "2026-08-01", "2026-07-01", "2025-08-01"]),
        }
    )
    found = con.run_rate_shares(rows).set_index("holder")["share"]
    assert found.to_dict() == pytest.approx({"x": 0.75, "y": 0.25})


def test_coverage_compares_a_list_with_the_whole_of_its_week_or_day():
    lists = pd.DataFrame({"period_end": pd.to_datetime(["2026-03-09", "2026-03-09"]), "tokens": [3.0, 2.0]})
    weeks = pd.DataFrame(
        {"on": [pd.Timestamp("2026-03-08")], "period_start": [pd.Timestamp("2026-03-02")], "total": [10.0]}
    )
    days = pd.DataFrame(
        {"period_end": pd.Timestamp("2026-06-01"), "name": ["a", "b", "other"], "tokens": [6.0, 1.0, 3.0]}
    )
    assert con.coverage(lists, weeks, days, 1) == pytest.approx((0.5, 0.6))
    with pytest.raises(ValueError, match="no list"):
        con.coverage(lists, weeks.assign(on=weeks["on"] + pd.Timedelta(days=60)), days.iloc[:0], 1)


def test_the_slope_by_blocks_is_unbiased_and_covers_under_autocorrelation():
    years, found = np.arange(60) / 52, []
    for seed in range(150):
        rng = np.random.default_rng(seed)
        noise = rng.normal(size=60)
        for place in range(1, 60):
            noise[place] += 0.3 * noise[place - 1]
        found.append(con.slope_resampled(0.4 * years + noise, years, draws=200, seed=seed))
    assert np.mean([one.value for one in found]) == pytest.approx(0.4, abs=0.15)
    assert 0.84 <= np.mean([not one.excludes(0.4) for one in found]) <= 0.99


def test_what_a_survey_expects_is_no_share_of_the_month():
    shares = con.printed_shares(Catalog.open("2026Q3").operating, con.PRINTED).query("definition == 'a16z'")
    assert dict(zip(shares["holder"], shares["share"], strict=True)) == {"openai": 0.56}
    row = con.measures(shares).iloc[0]
    assert row["effective_low"] == pytest.approx(1 / (0.56**2 + 0.44**2))
    assert row["effective_high"] == pytest.approx(1 / 0.56**2)
