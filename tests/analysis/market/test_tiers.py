"""Tiers that are planted are found, and none where there is none."""

import numpy as np
import pandas as pd
import pytest

from tokenecon.analysis.market import tiers

DAY = pd.Timestamp("2026-06-01")


@pytest.mark.parametrize(("gap", "components", "modes"), [(0.0, 1, 1), (6.0, 2, 2)])
def test_a_gap_in_prices_is_found_where_there_is_one(gap, components, modes):
    rng = np.random.default_rng(1)
    found = tiers.shape(rng.normal(size=300) + gap * rng.integers(0, 2, 300))
    assert (found.components, found.modes) == (components, modes)
    assert (found.p < 0.05) == (gap > 0)
    assert (found.p_untied < 0.05) == (gap > 0)


@pytest.mark.parametrize(
    ("modes", "p_untied", "gapped"), [(2, 0.01, True), (1, 0.4, False), (3, 0.08, None), (1, 0.01, None)]
)
def test_prices_leave_gaps_where_both_looks_say_so(modes, p_untied, gapped):
    assert tiers.Shape(100, {}, modes, 0.1, 0.01, p_untied, modes).gapped(0.05) is gapped


def test_shared_prices_alone_do_not_make_modes_once_ties_are_broken():
    rng = np.random.default_rng(2)
    tied = np.round(rng.normal(size=400) * 5) / 5
    found = tiers.shape(tied)
    assert found.p < 0.05
    assert found.p_untied > 0.05


def test_one_component_is_chosen_about_as_often_as_it_is_true():
    rng = np.random.default_rng(3)
    found = [tiers.shape(rng.normal(size=150)).components == 1 for _ in range(15)]
    assert np.mean(found) >= 0.9


def test_the_power_of_the_dip_test_grows_with_the_gap():
    assert tiers.dip_power(200, 0.0, draws=60) < 0.1
    assert tiers.dip_power(200, 4.0, draws=60) > 0.9


def test_the_density_of_a_mixture_integrates_to_one():
    at = np.linspace(-8, 8, 2_000)
    density = tiers.mixture_density(np.random.default_rng(4).normal(size=100), 2, at)
    assert np.trapezoid(density, at) == pytest.approx(1, abs=0.01)


def sold():
    return pd.DataFrame({"day": DAY, "model_id": list("abc"), "price": [1.0, 2.0, 30.0], "score": [60.0, 80.0, 100.0]})


def test_tiers_by_price_are_thirds_and_by_capability_parts_of_the_best():
    frame = sold()
    assert tiers.by_price(frame).tolist() == ["low", "middle", "top"]
    assert tiers.by_capability(frame).tolist() == ["low", "middle", "top"]
    assert tiers.by_capability(frame.assign(score=[60.0, 80.0, np.nan])).tolist() == ["middle", "top", None]


def test_tokens_and_spending_are_placed_and_what_is_not_is_counted():
    tokens = pd.DataFrame(
        {
            "day": DAY,
            "model_id": ["a", "c", "c", "unpriced", ""],
            "free": [False, False, True, False, False],
            "tokens": [6e6, 1e6, 1e6, 1e6, 1e6],
        }
    )
    found = tiers.carried(tokens, sold().assign(way=["low", "middle", "top"]), "way")
    frame = found.frame.set_index("tier")
    assert frame["token_share"].to_dict() == pytest.approx({"low": 0.75, "top": 0.25})
    assert frame["spend"].to_dict() == pytest.approx({"low": 6.0, "top": 30.0})
    assert found.steps["after"].tolist() == [5, 4, 3]
    assert found.steps["tokens"].tolist() == pytest.approx([1, 0.9, 0.8])


def test_flows_add_up_to_the_change_of_each_tier():
    rng = np.random.default_rng(5)
    parts = []
    for day, models in enumerate((range(8), range(3, 11))):
        share = rng.dirichlet(np.ones(len(models)))
        parts.append(
            pd.DataFrame(
                {"day": day, "model_id": list(models), "way": rng.choice(tiers.NAMES, len(models)), "share": share}
            )
        )
    found = tiers.flows(pd.concat(parts), "way")
    change = found["end"] - found["start"]
    assert found[["stayed", "moved", "entered", "left"]].sum(axis=1).tolist() == pytest.approx(change.tolist())
    assert change.sum() == pytest.approx(0)
    assert found["moved"].sum() + found["stayed"].sum() + found["entered"].sum() + found["left"].sum() == pytest.approx(
        0
    )


def test_agreement_is_perfect_with_itself():
    frame = sold().assign(way=["low", "middle", "top"], other=["low", "middle", "top"])
    counts, tau = tiers.agreement(frame, "way", "other")
    assert tau == pytest.approx(1)
    assert counts.to_numpy().sum() == 3


def test_a_mean_of_seven_days_starts_once_seven_are_over():
    days = pd.date_range("2026-05-24", periods=50)
    share = np.where(np.arange(50) == 0, 0.8, 0.1)
    frame = pd.DataFrame({"day": days, "tier": "low", "token_share": share, "spend_share": share})
    later = pd.DataFrame(
        {"day": [days[-1] + pd.Timedelta(days=7)], "tier": "low", "token_share": 0.4, "spend_share": 0.4}
    )
    found = tiers.over_time({"by_price": pd.concat([frame, later])}).query("what == 'token_share'")
    assert found["day"].min() == days[6] and found["share"].iloc[0] == pytest.approx((0.8 + 6 * 0.1) / 7)
    assert found["share"].iloc[-1] == pytest.approx(0.4)
