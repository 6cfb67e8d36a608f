import numpy as np
import pandas as pd
import pytest

from tokenecon.analysis.pricing import off_list as pricing
from tokenecon.analysis.pricing import serving_cost, spread

RATES = pd.Series([7.0, 6.8], index=pd.to_datetime(["2026-05-31", "2026-06-30"]))


def level(model, market, price, vendor="maker"):
    return {
        "model_id": model, "model": model, "entity_id": vendor, "market": market, "blended": float(price),
        "begins": pd.Timestamp("2026-01-01"), "ends": pd.NaT, "previous": np.nan, "shown": pd.Timestamp("2026-06-01"),
    }  # fmt: skip


PATHS = pd.DataFrame([level("m", "domestic", 14), level("m", "international", 4), level("only-home", "domestic", 7)])


def test_the_spread_is_at_the_rate_of_the_month():
    found = spread.on_both(PATHS, RATES, ["2026-05-31", "2026-06-30"])
    assert found["model_id"].tolist() == ["m", "m"]
    assert found["spread"].tolist() == [pytest.approx(2.0), pytest.approx(4 * 6.8 / 14)]


def changed_abroad(shown_at_home):
    """Two prices that held together, and one abroad that changed before the list at home was last seen, or after."""
    home = level("m", "domestic", 14) | {"shown": pd.Timestamp(shown_at_home)}
    before = level("m", "international", 4) | {"ends": pd.Timestamp("2026-05-20")}
    after = level("m", "international", 1) | {"begins": pd.Timestamp("2026-05-20"), "previous": 4.0}
    return pd.DataFrame([home, before, after])


def test_a_change_that_one_list_learns_of_first_is_no_spread():
    days = ["2026-05-19", "2026-05-31"]
    assert spread.on_both(changed_abroad("2026-05-19"), RATES, days)["spread"].tolist() == [pytest.approx(2)]
    seen_since = spread.on_both(changed_abroad("2026-05-21"), RATES, days)
    assert seen_since["spread"].tolist() == [pytest.approx(2), pytest.approx(0.5)]


def test_a_price_was_last_shown_by_the_lists_that_asked_it():
    asked = {"model_id": "m", "market": "domestic", "output": 14.0}
    levels = pd.DataFrame([asked | {"input": 14.0, "ends": pd.Timestamp("2026-06-10")}, asked | {"input": 7.0}])
    row = {"effective_from": pd.NaT, "published_on": pd.Timestamp("2026-05-01")}
    seen = [("14.0", "2026-05-03"), ("14.0", "2026-05-20"), ("7.0", None)]
    prices = pd.DataFrame(
        [asked | row | {"input": float(price), "last_seen_on": pd.Timestamp(day)} for price, day in seen]
    )
    found = spread.shown(levels.astype({"ends": "datetime64[ns]"}), prices, "2026-07-01")
    assert found["shown"].tolist() == [pd.Timestamp("2026-05-20"), pd.Timestamp("2026-07-01")]


def test_the_last_month_known_stands_in():
    assert spread.rate_on(RATES, "2026-06-10") == (6.8, False)
    assert spread.rate_on(RATES, "2026-09-30") == (6.8, True)
    with pytest.raises(KeyError, match="no exchange rate by 2025-12-31"):
        spread.rate_on(RATES, "2025-12-01")


def test_month_rates_are_of_the_currency_asked_for():
    fx = pd.DataFrame(
        {"date": pd.to_datetime(["2026-05-31", "2026-05-31"]), "base": ["USD", "USD"], "quote": ["CNY", "HKD"],
         "rate": [7.0, 7.8], "kind": "monthly_average"}
    )  # fmt: skip
    assert spread.month_rates(fx, "CNY").tolist() == [7.0]


def test_a_reseller_keeps_what_lies_between():
    found = spread.by_vendor(spread.on_both(PATHS, RATES, ["2026-05-31"]))
    assert found["margin"].item() == pytest.approx(0.5)
    assert np.isnan(found["spread_low"].item()), "one model gives no interval"


def test_the_median_over_models_covers_with_vendors_drawn_whole():
    rng, inside = np.random.default_rng(2), []
    for _ in range(120):
        shift = rng.normal(0, 0.3, 12)
        vendor = np.repeat(np.arange(12), 5)
        frame = pd.DataFrame({"entity_id": vendor, "spread": np.exp(0.4 + shift[vendor] + rng.normal(0, 0.1, 60))})
        found = spread.median_spread(frame, draws=400)
        inside.append(found.low <= np.exp(0.4) <= found.high)
    assert np.mean(inside) == pytest.approx(0.95, abs=0.07)


def test_a_weaker_home_currency_widens_every_spread():
    now = spread.on_both(PATHS, RATES, ["2026-05-31"])
    found = spread.at_rates(now, {"strong": 3.5, "weak": 7.0}).set_index("label")
    assert found.spread["weak"] == pytest.approx(2 * found.spread["strong"])
    assert (found.above["weak"], found.above["strong"]) == (1, 0)


def test_margins_after_serving():
    now = spread.on_both(PATHS, RATES, ["2026-05-31"])
    found = spread.list_margins(now, 0.1, 0.5, 1.0).iloc[0]
    assert (found["home"], found["home_low"], found["home_high"]) == (0.75, 0.5, 0.95)
    assert found["abroad"] == pytest.approx(0.875)
    assert found["resale"] == pytest.approx(0.5)


def test_cost_follows_from_throughput():
    """At one token a second either way, a million tokens take a million seconds of a machine."""
    assert serving_cost.cost(rent=1, prefill=1, decode=1) == pytest.approx(1e6 * 8 / 3600)
    assert serving_cost.cost(1, 1, 1, utilisation=0.5) == pytest.approx(2 * serving_cost.cost(1, 1, 1))
    with pytest.raises(ValueError, match="must be positive"):
        serving_cost.cost(1, 1, 1, utilisation=0)


def test_electricity_as_a_share_of_rent():
    """Ten kilowatts at 80 dollars a megawatt-hour are 0.80 dollars an hour, of 16 for eight cards."""
    assert serving_cost.electricity_share(10, 1, 1, 80, 2) == pytest.approx(0.05)
    assert serving_cost.explained_by(0.05) == pytest.approx(1 / 0.95)


def test_bounds_hold_the_middle_and_every_single_range():
    ranges = {
        "power": (8, 10, 12),
        "drawn": (0.5, 0.8, 1),
        "pue": (1, 1.3, 1.6),
        "price": (30, 80, 110),
        "rent": (1, 2, 4),
    }
    found = serving_cost.bounds(ranges).set_index("argument")
    assert (found.loc["all", "low"] <= found["low"]).all()
    assert (found.loc["all", "high"] >= found["high"]).all()
    assert found.middle["all"] == pytest.approx(serving_cost.electricity_share(10, 0.8, 1.3, 80, 2))
    assert found.low["rent"] < found.middle["rent"] < found.high["rent"]


def test_a_published_day_gives_its_cost():
    found = serving_cost.observed(revenue=645, profit_over_cost=5.45, output=1e6, cached_input=2e6, cached_share=0.5)
    assert found["cost"] == pytest.approx(100)
    assert (found["ratio"], found["tokens"]) == (4, 5e6)
    assert found["per_million"] == pytest.approx(20)


def test_cached_input_is_paid_less():
    frame = pd.DataFrame({"input": [2.0, 2.0], "output": [8.0, 8.0], "cached_input": [0.2, np.nan]})
    found = pricing.cached_blend(frame, 0.5)
    assert found.iloc[0] == pytest.approx((3 * 1.1 + 8) / 4)
    assert np.isnan(found.iloc[1])
    with pytest.raises(ValueError, match="cannot be cached"):
        pricing.cached_blend(frame, 1.2)


@pytest.mark.parametrize(
    ("share", "largest", "expected"), [(0.265, 0.1, (0.106, 0.2)), (0.5, 1.0, (0.2, 0.5)), (0.15, 0.1, (0.06, 0.15))]
)
def test_what_five_say_of_two(share, largest, expected):
    assert pricing.top_bounds(share, 5, 2, largest) == pytest.approx(expected)


def test_impossible_shares_are_refused():
    with pytest.raises(ValueError, match="do not make 60%"):
        pricing.top_bounds(0.6, 5, 2, 0.1)
    with pytest.raises(ValueError, match="6 of 5"):
        pricing.top_bounds(0.6, 5, 6)
