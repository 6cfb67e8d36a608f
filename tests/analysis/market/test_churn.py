"""Churn on lists whose turnover, stays and half-lives are planted."""

import numpy as np
import pandas as pd
import pytest

from tokenecon.analysis.market import churn

START = pd.Timestamp("2026-01-04")


def lists(weeks, window=0, start=START):
    """A list a week: model to tokens."""
    rows = [
        {
            "week": start + pd.Timedelta(days=7 * number),
            "window": window,
            "model": model,
            "entity_id": model[0],
            "tokens": float(tokens),
        }
        for number, week in enumerate(weeks)
        for model, tokens in week.items()
    ]
    return churn.ranked(pd.DataFrame(rows), 9).assign(window=window)


def test_weeks_as_listed_and_weeks_made_of_days_stand_in_windows_without_gaps():
    day = pd.Timestamp("2026-05-25")
    rows = [
        {
            "name": name,
            "model_id": name,
            "entity_id": "v",
            "tokens": 5.0 if name == "a" else 1.0,
            "frequency": "week",
            "period_end": pd.Timestamp(end),
        }
        for end, names in (("2026-05-04", "abcdefghi"), ("2026-05-11", "abcdefghij"), ("2026-06-08", "abcdefgh"))
        for name in names
    ]
    rows += [
        {
            "name": name,
            "model_id": "a",
            "entity_id": "v",
            "tokens": 1.0,
            "frequency": "day",
            "period_end": day + pd.Timedelta(days=n),
        }
        for n in range(9)
        for name in ("a", "a:free")
    ]
    rows.append(
        {"name": "other", "model_id": "", "entity_id": "", "tokens": 99.0, "frequency": "day", "period_end": day}
    )
    found = churn.weekly(pd.DataFrame(rows))
    # A list of eight is no head of nine; variants of a model add up.
    assert found.loc[found["model"] == "a", "tokens"].tolist() == [5.0, 5.0, 14.0]
    assert found.groupby("week").size().tolist() == [9, 9, 1]
    assert found["window"].nunique() == 2
    assert found["week"].iloc[-1] == pd.Timestamp("2026-05-31")


def test_turnover_counts_entries_and_what_changed_hands():
    found = churn.turnover(lists([{"a": 6, "b": 4}, {"a": 3, "c": 7}])).iloc[0]
    assert (found["entered"], found["moved"], found["vendors_moved"]) == pytest.approx((1, 0.7, 0.7))
    assert found["new_leader"]


def test_turnover_within_a_vendor_moves_no_vendor():
    found = churn.turnover(lists([{"a1": 6, "b": 4}, {"a2": 6, "b": 4}])).iloc[0]
    assert (found["moved"], found["vendors_moved"]) == pytest.approx((0.6, 0.0))


def test_stays_end_are_censored_or_left_out_when_their_beginning_is_not_seen():
    weeks = [{"a": 5, "b": 1}, {"b": 1, "c": 5}, {"c": 5, "d": 1}, {"c": 5}, {"c": 5, "d": 1}]
    found = churn.spells(lists(weeks))
    assert found.loc[found["model"] == "c", "days"].tolist() == [28]
    ended = churn.spells(lists(weeks)).groupby("model")["ended"].apply(list).to_dict()
    assert ended == {"c": [False], "d": [True, False]}
    assert churn.spells(lists(weeks), absent=2).groupby("model")["ended"].apply(list).to_dict()["d"] == [False]
    assert set(churn.spells(lists(weeks), first_weeks=True)["model"]) == {"a", "b", "c", "d"}


def test_kaplan_meier_finds_planted_stays():
    found = []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        lives = rng.geometric(0.2, 300)
        begins = rng.integers(0, 40, 300)
        weeks = [
            {
                f"m{n}": 1
                for n, (begin, life) in enumerate(zip(begins, lives, strict=True))
                if begin <= week < begin + life
            }
            for week in range(40)
        ]
        rows = [{"week": week, "model": model} for week, names in enumerate(weeks) for model in names]
        frame = pd.DataFrame(rows).assign(window=0, entity_id="v")
        found.append(churn.lifetime(churn.spells(frame))[1])
    # Half of geometric lives with a fifth a week end within four weeks.
    assert np.mean([one.value for one in found]) == pytest.approx(28, abs=2)
    assert np.mean([one.low <= 28 <= one.high for one in found]) >= 0.9


def test_a_leader_is_followed_from_its_peak_to_half_of_it():
    weeks = [{"a": 2, "z": 8}, {"a": 8, "z": 2}, {"a": 6, "z": 4}, {"a": 3, "z": 7}, {"a": 3, "z": 7}]
    found = churn.decays(lists(weeks), top=1).set_index("model")
    assert (found.loc["a", "days"], found.loc["a", "ended"]) == (14, True)
    assert (found.loc["z", "days"], found.loc["z", "ended"]) == (7, True)


def test_a_leader_that_leaves_the_list_is_censored_unless_the_last_place_is_below_half_its_peak():
    low = churn.decays(lists([{"a": 8, "b": 1}, {"b": 9, "c": 1}]), top=1).set_index("model")
    assert low.loc["a", "ended"]
    high = churn.decays(lists([{"a": 6, "b": 4}, {"a": 5, "b": 5}, {"b": 5, "c": 5}]), top=1).set_index("model")
    assert (high.loc["a", "days"], high.loc["a", "ended"]) == (7, False)


def test_the_share_of_young_models_is_bounded_where_a_release_is_unknown():
    models = pd.DataFrame({"model_id": ["new", "old"], "released_on": pd.to_datetime(["2025-12-20", "2025-01-01"])})
    tokens = pd.DataFrame({"week": START, "model": ["new", "old", "cover"], "tokens": [2.0, 6.0, 2.0]})
    row = churn.young_share(tokens, models).iloc[0]
    assert (row["young"], row["dated"], row["low"], row["high"]) == pytest.approx((0.25, 0.8, 0.2, 0.4))


def test_vendors_grow_from_the_first_days_to_the_last():
    """One doubles, one halves, one leaves from high up, one from below the last place: of that nothing is known."""
    days = pd.date_range("2026-01-01", periods=60)
    ends = {"up": (10, 20), "down": (10, 5), "gone": (10, None), "small": (1, None), "last": (2, 2)}
    rows = [
        {"day": day, "entity_id": who, "tokens": first if day < days[30] else last}
        for day in days
        for who, (first, last) in ends.items()
        if day < days[30] or last
    ]
    found = churn.grown(pd.DataFrame(rows), 28).set_index("entity_id")["times"]
    assert found.drop("small").to_dict() == {"up": 2.0, "down": 0.5, "gone": 0.0, "last": 1.0}
    assert np.isnan(found["small"])


def test_days_that_are_not_known_change_no_growth():
    days = pd.date_range("2026-01-01", periods=60)
    rows = pd.DataFrame({"day": days, "entity_id": "a", "tokens": 10.0})
    rows.loc[rows["day"] >= days[32], "tokens"] = 30.0
    assert churn.grown(rows.drop(index=[40, 41, 42, 50]), 28)["times"].tolist() == [3.0]
