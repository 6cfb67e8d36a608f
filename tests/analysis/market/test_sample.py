import pandas as pd
import pytest

from tokenecon.analysis.market import sample

DAY = "2026-07-10"


def price(model, amount, entity="maker", market="international", begins="2026-01-01"):
    currency = {"international": "USD", "domestic": "CNY"}[market]
    return {
        "model_id": model, "entity_id": entity, "market": market, "currency": currency, "endpoint": "page:maker",
        "name": model, "input": float(amount), "output": 5.0 * amount, "cached_input": float("nan"),
        "effective_from": pd.Timestamp(begins), "effective_to": pd.NaT, "published_on": pd.Timestamp(begins),
        "dating": "page",
    }  # fmt: skip


def score(model, value, day=DAY, benchmark="aa_index", basis="measured", run_cost=float("nan")):
    return {
        "model_id": model, "benchmark": benchmark, "value": value, "basis": basis, "run_cost": run_cost,
        "published_on": pd.Timestamp(day),
    }  # fmt: skip


def models(*names, released="2026-01-01"):
    return pd.DataFrame(
        [
            {"model_id": name, "name": name.upper(), "released_on": pd.Timestamp(released), "weights": "open"}
            for name in names
        ]
    )


ENTITIES = pd.DataFrame({"entity_id": ["maker", "rival"], "country": ["CN", "US"]})


def test_the_last_set_of_scores_speaks_alone():
    scores = pd.DataFrame([score("a", 10, "2026-04-10"), score("b", 20), score("b", 30, basis="estimated")])
    found = sample.scores(scores, "aa_index")
    assert found[["model_id", "score", "basis"]].to_numpy().tolist() == [["b", 30, "estimated"]]
    assert sample.scores(scores, "aa_index", basis="measured")["score"].tolist() == [20]
    assert sample.scores(scores, "aa_index", day="2026-05-01")["score"].tolist() == [10]


def test_a_list_that_grows_by_rows_is_one_set():
    scores = pd.DataFrame(
        [score("a", 0.4, "2025-01-01", "aider_polyglot"), score("b", 0.6, "2025-05-01", "aider_polyglot")]
    )
    assert sample.scores(scores, "aider_polyglot")["model_id"].tolist() == ["a", "b"]


def test_no_scores_are_named():
    with pytest.raises(KeyError, match=r"no scores of 'aa_index' by 2026-01-01"):
        sample.snapshot_day(pd.DataFrame([score("a", 1)]), "aa_index", "2026-01-01")


def test_the_sample_counts_what_each_join_loses():
    prices = pd.DataFrame([price("a", 1), price("b", 2, "rival"), price("c", 3), price("d", 9, market="domestic")])
    known = pd.concat([models("a", "b", "d"), models("c", released="2026-09-01")])
    scores = pd.DataFrame([score("a", 20), score("c", 40), score("d", 50)])
    found = sample.hedonic_sample(prices, scores, known, ENTITIES)
    assert found.frame["model_id"].tolist() == ["a"]
    assert found.steps["after"].tolist() == [3, 2, 1, 1]
    assert found.steps["before"].tolist() == [3, 3, 2, 1]
    row = found.frame.iloc[0]
    assert (row["country"], row["blended"], row["score"]) == ("CN", 2.0, 20)
    assert row["released"] == pytest.approx(6, abs=0.01)


def test_the_sample_is_priced_on_the_day_asked_for():
    prices = pd.DataFrame([price("a", 1), price("a", 4, begins="2026-08-01")])
    scores = pd.DataFrame([score("a", 20)])
    for day, expected in ((None, 2.0), ("2026-08-15", 8.0)):
        found = sample.hedonic_sample(prices, scores, models("a"), ENTITIES, day=day)
        assert found.frame["blended"].item() == expected
