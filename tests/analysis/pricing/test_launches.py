import numpy as np
import pandas as pd
import pytest

from tokenecon.analysis.pricing import cuts, in_use, launches, off_list, price_events, spread

DAY = pd.Timestamp("2026-01-01")


def path(model, vendor, price, begins, score_country="US", ends=pd.NaT):
    return {
        "model_id": model,
        "model": model,
        "entity_id": vendor,
        "country": score_country,
        "blended": price,
        "begins": pd.Timestamp(begins),
        "ends": ends,
        "at_release": True,
        "market": "international",
    }


def test_a_premium_is_a_price_above_near_rivals_and_no_matter_of_being_undercut():
    paths = pd.DataFrame(
        [
            path("old", "x", 4.0, "2025-01-01"),
            path("dear", "y", 8.0, "2025-06-01"),
            path("cheap", "z", 1.0, "2025-07-01"),
            path("far", "w", 100.0, "2025-08-01"),
        ]
    )
    scores = pd.DataFrame({"model_id": ["old", "dear", "cheap", "far"], "score": [50.0, 51.0, 52.0, 90.0]})
    found = launches.at_launch(paths, scores, "2026-01-01").set_index("model_id")
    assert found["premium"].to_dict() == {"dear": True, "cheap": False}
    assert found["relative"].to_dict() == {"dear": 2.0, "cheap": 1.0 / 6.0}
    assert found["leads"].to_dict() == {"dear": True, "cheap": True}


def test_prices_at_launch_fall_by_what_was_planted():
    rng = np.random.default_rng(2)
    vendor = np.repeat(np.arange(8), 8)
    rows = pd.DataFrame({"entity_id": vendor, "released": rng.uniform(0, 2, 64), "log_score": rng.normal(3, 0.3, 64)})
    shared = 0.3 * rng.standard_normal(8)[vendor]
    rows["log_price"] = 1.5 * rows["log_score"] - 1.0 * rows["released"] + shared + 0.1 * rng.standard_normal(64)
    found = launches.change_a_year(rows, draws=499)
    assert found.value == pytest.approx(-1.0, abs=0.2)
    assert not found.excludes(-1.0)
    assert found.excludes(0)


def test_one_line_of_models_whatever_the_version():
    assert price_events.line("Claude Opus 4.8") == price_events.line("Claude 4 Opus")
    assert price_events.line("GLM-5.1") == price_events.line("GLM-5")
    assert price_events.line("Claude Sonnet 5") != price_events.line("Claude Opus 5")
    assert price_events.line("GPT-5 mini") != price_events.line("GPT-5")


def test_weights_that_one_model_holds_count_as_one():
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(
        {
            "model_id": [f"m{n}" for n in range(24)],
            "entity_id": np.repeat(list("abcdefgh"), 3),
            "country": ["CN"] * 12 + ["US"] * 12,
            "is_one": [1.0] * 12 + [0.0] * 12,
            "z": rng.normal(size=24),
            "date": rng.normal(size=24),
            "score": 50.0,
        }
    )
    frame["log_price"] = -0.7 * frame["is_one"] + frame["z"] + 0.05 * rng.standard_normal(24)
    used = pd.Series(1.0, index=frame["model_id"])
    even = in_use.compare(in_use.weighted(frame, used), "Chinese").set_index("label")
    assert even.loc["all models used", "effective"] == pytest.approx(24)
    assert even.loc["all models used", "gap"] == pytest.approx(np.exp(0.7), rel=0.1)
    used["m0"] = 1e6
    assert in_use.compare(in_use.weighted(frame, used), "Chinese").iloc[0]["effective"] == pytest.approx(1, abs=0.01)


def tokens(models, days, rng, change=None, on=None):
    """Daily tokens around a level a model; ``change`` multiplies one model's from a day on."""
    level = np.exp(rng.normal(20, 1, len(models)))
    used = pd.DataFrame(level * np.exp(0.1 * rng.standard_normal((len(days), len(models)))), index=days, columns=models)
    if change:
        used.loc[used.index >= on, models[0]] *= change
    return used


def test_a_cut_answered_by_tokens_stands_out_of_its_placebos():
    days = pd.date_range(DAY, periods=90)
    used = tokens([f"m{n}" for n in range(12)], days, np.random.default_rng(7), 3.0, days[45])
    changes = pd.DataFrame({"model_id": ["m0"], "model": ["M"], "entity_id": ["v"], "on": [days[45]], "ratio": [0.5]})
    found = cuts.studied(used, changes, [14]).iloc[0]
    assert found["response"] == pytest.approx(np.log(3), abs=0.1)
    assert found["elasticity"] == pytest.approx(np.log(3) / np.log(0.5), abs=0.2)
    assert found["placebos"] > 50
    assert found["beyond"] == 0


def test_without_tokens_on_both_sides_nothing_is_said():
    days = pd.date_range(DAY, periods=20)
    used = tokens(["m0", "m1", "m2"], days, np.random.default_rng(8))
    changes = pd.DataFrame({"model_id": ["m0"], "model": ["M"], "entity_id": ["v"], "on": [days[2]], "ratio": [0.5]})
    assert cuts.studied(used, changes, [14]).empty


def test_a_change_takes_the_day_on_which_a_daily_collection_shows_it():
    changes = pd.DataFrame({"model_id": ["a", "b"], "on": [DAY, DAY], "after": [1.0, 1.0]})
    steps = pd.DataFrame(
        {
            "model_id": ["a", "a", "b"],
            "input": [1.0, 1.0, 5.0],
            "output": [1.0, 1.0, 5.0],
            "first_seen": [False, True, False],
            "effective_from": [DAY - pd.Timedelta(days=30), DAY - pd.Timedelta(days=50), DAY - pd.Timedelta(days=9)],
        }
    )
    assert cuts.dated(changes, steps)["on"].tolist() == [DAY - pd.Timedelta(days=30), DAY]


def test_the_chained_index_does_not_see_that_users_move_and_the_unit_value_does():
    before = pd.DataFrame({"price": [10.0, 1.0], "tokens": [10.0, 10.0]}, index=["a", "b"])
    moved = before.assign(tokens=[1.0, 19.0])
    assert cuts.fisher(before, moved) == pytest.approx(1)
    halved = before.assign(price=before["price"] / 2)
    assert cuts.fisher(before, halved) == pytest.approx(0.5)


def test_a_price_that_no_list_has_shown_for_months_is_not_on_sale():
    paths = pd.DataFrame(
        [path("m", "v", 7.0, "2025-01-01") | {"market": "domestic"}, path("m", "v", 2.0, "2025-01-01")]
    ).assign(previous=np.nan)
    rates = pd.Series([7.0], index=[pd.Timestamp("2025-01-31")])
    days = ["2025-04-30", "2025-12-31"]
    lapsed = paths.assign(shown=[pd.Timestamp("2025-03-01"), pd.Timestamp("2026-01-01")])
    assert spread.on_both(lapsed, rates, days)["day"].tolist() == [pd.Timestamp("2025-04-30")]
    assert len(spread.on_both(paths.assign(shown=pd.Timestamp("2026-01-01")), rates, days)) == 2


def test_hosts_are_set_against_their_maker_in_one_table():
    hosted = pd.DataFrame(
        {
            "model_id": "m",
            "entity_id": "v",
            "endpoint": ["v", "h", "h", "g"],
            "host_class": ["maker", "host", "host", "gateway"],
            "input": [1.0, 0.5, 0.8, 1.0],
            "output": [1.0, 0.5, 0.8, 1.0],
        }
    )
    models = pd.DataFrame({"model_id": ["m"], "name": ["M"]})
    found = off_list.router_prices(hosted, models).set_index("endpoint")
    assert found["ratio"].to_dict() == {"h": 0.5, "g": 1.0}


def test_peak_prices_pair_with_the_standard_of_their_day():
    rows = pd.DataFrame(
        {
            "model_id": "m",
            "entity_id": "v",
            "market": "international",
            "endpoint": "page",
            "input": [2.0, 1.0, 3.0],
            "output": [2.0, 1.0, 3.0],
            "condition": ["peak hours", "off-peak hours", "peak hours"],
            "effective_from": [DAY, DAY, DAY - pd.Timedelta(days=9)],
            "published_on": DAY,
        }
    )
    found = off_list.peak_prices(rows, pd.DataFrame({"model_id": ["m"], "name": ["M"]}), DAY)
    assert found["ratio"].tolist() == [2.0]
    assert found["standard"].tolist() == [1.0]
