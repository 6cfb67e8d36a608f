import numpy as np
import pandas as pd
import pytest

from tokenecon.analysis.pricing import deflation

DAYS = pd.date_range("2025-01-31", periods=12, freq="ME")


def market(rng, change=-0.8, within=-0.1, models=160, vendors=8):
    """Models that enter over the year: each starts on the falling quality-adjusted price, then drifts slowly."""
    rows, start = [], DAYS[0]
    enter = rng.integers(0, len(DAYS), models)
    base = rng.normal(3, 0.5, models)
    noise = rng.normal(0, 0.3, models)
    for model in range(models):
        for day in DAYS[enter[model] :]:
            years, age = (day - start).days / 365.25, (day - DAYS[enter[model]]).days / 365.25
            log_price = base[model] + change * (years - age) + within * age + noise[model]
            rows.append(
                {"model_id": f"m{model}", "model": f"M{model}", "entity_id": f"v{model % vendors}", "country": "US",
                 "day": day, "years": years, "log_score": base[model], "score": np.exp(base[model]),
                 "log_price": log_price, "blended": np.exp(log_price)}
            )  # fmt: skip
    return pd.DataFrame(rows)


def test_the_cheapest_model_is_found_by_country_and_level():
    panel = market(np.random.default_rng(1), models=20)
    found = deflation.cheapest(panel, [15.0, 25.0])
    for row in found.itertuples():
        able = panel[(panel["day"] == row.day) & (panel["score"] >= row.level)]
        assert row.blended == able["blended"].min()
        assert row.candidates == len(able)


def test_a_planted_fall_is_found():
    series = pd.DataFrame({"level": 20.0, "country": "CN", "day": DAYS, "years": np.arange(12) / 12})
    series["blended"] = 5 * 4.0 ** -series["years"]
    found = deflation.declines(series.assign(model="m"))
    assert found["fall"].item() == pytest.approx(4, rel=1e-3)


def test_the_interval_of_a_fall_knows_that_months_resemble_one_another():
    rng, inside = np.random.default_rng(3), []
    years = np.arange(18) / 12
    for _ in range(60):
        noise = np.zeros(18)
        for month in range(1, 18):
            noise[month] = 0.7 * noise[month - 1] + 0.15 * rng.standard_normal()
        days = pd.date_range("2025-01-31", periods=18, freq="ME")
        series = pd.DataFrame({"level": 20.0, "country": "CN", "day": days, "years": years})
        found = deflation.declines(series.assign(blended=5 * 4.0**-years * np.exp(noise)))
        inside.append(found["fall_low"].item() <= 4 <= found["fall_high"].item())
    assert np.mean(inside) > 0.85


def test_a_short_series_has_no_rate():
    series = pd.DataFrame({"level": 20.0, "country": "CN", "day": DAYS[:3], "years": [0, 0.1, 0.2], "blended": 1.0})
    assert deflation.declines(series).empty


def test_levels_are_those_that_enough_models_reach():
    assert deflation.levels_of(pd.Series([5.0, 12, 22, 31, 31, 31]), models=3) == [10.0, 20.0, 30.0]
    assert deflation.levels_of(pd.Series([5.0, 12]), models=3) == []


def test_matched_and_hedonic_changes_differ_as_planted():
    """New models bring the fall; within a model the price hardly moves."""
    panel = market(np.random.default_rng(2), models=400)
    assert deflation.annual_change(panel, "matched").value == pytest.approx(-0.1, abs=0.02)
    hedonic = deflation.annual_change(panel, "hedonic").value
    assert -0.8 < hedonic < -0.25


def test_a_steady_fall_of_all_prices_is_covered():
    inside = []
    for seed in range(40):
        found = deflation.annual_change(market(np.random.default_rng(seed), -0.5, -0.5, models=60), errors="cluster")
        inside.append(found.low <= -0.5 <= found.high)
    assert np.mean(inside) > 0.85


def test_the_index_begins_at_one_and_falls_as_planted():
    found = deflation.index(market(np.random.default_rng(3), -0.7, -0.7, models=300))
    assert found["index"].iloc[0] == 1
    years = (DAYS[-1] - DAYS[0]).days / 365.25
    assert np.log(found["index"].iloc[-1]) == pytest.approx(-0.7 * years, abs=0.1)


def paths(rows):
    frame = pd.DataFrame(rows, columns=["model_id", "country", "released_on", "blended"])
    frame["released_on"] = pd.to_datetime(frame["released_on"])
    return frame.assign(
        model=frame["model_id"], entity_id=frame["country"], begins=frame["released_on"], at_release=True
    )


RACE = paths(
    [
        ("first", "US", "2025-01-01", 10.0),
        ("no record", "US", "2025-02-01", 10.0),
        ("second", "US", "2025-06-01", 20.0),
        ("follower", "CN", "2025-07-20", 2.0),
        ("later", "CN", "2025-09-01", 3.0),
    ]
)
SCORES = pd.DataFrame({"model_id": RACE["model_id"], "score": [30.0, 25.0, 50.0, 31.0, 45.0]})


def test_records_are_those_above_all_earlier_ones():
    assert deflation.records(RACE, SCORES, "US")["model_id"].tolist() == ["first", "second"]


def test_followers_reach_some_records_and_others_are_censored():
    found = deflation.catch_up(RACE, SCORES, "2025-12-31", "US", "CN").set_index("model")
    assert found.reached_by["first"] == "follower"
    assert found.days["first"] == 200
    assert found.price_ratio["first"] == pytest.approx(0.2)
    assert not found.reached["second"]
    assert found.days["second"] == 213


def test_close_counts_with_a_tolerance():
    found = deflation.catch_up(RACE, SCORES, "2025-12-31", "US", "CN", tolerance=0.9).set_index("model")
    assert found.reached_by["second"] == "later"


def test_specifications_stand_side_by_side():
    variants = {"main": (RACE, SCORES, "2025-12-31", 1.0), "close": (RACE, SCORES, "2025-12-31", 0.9)}
    found = deflation.compare(variants, "US", "CN").set_index("label")
    assert found["reached"].to_dict() == {"main": 1, "close": 2}
    assert found.price["main"] == pytest.approx(0.2)
