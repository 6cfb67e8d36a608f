import numpy as np
import pandas as pd
import pytest
from scipy import stats

from tokenecon.analysis.market import sample
from tokenecon.analysis.pricing import choices
from tokenecon.catalog import Catalog

HOME = ("a", "b", "c", "d", "e", "f", "g")


def price(model, amount, begins="2026-01-15", ends=None):
    return {
        "model_id": model, "entity_id": "maker" if model in HOME else "rival", "market": "international",
        "currency": "USD", "endpoint": "page:maker", "name": model, "input": float(amount), "output": 5.0 * amount,
        "cached_input": float("nan"), "effective_from": pd.Timestamp(begins),
        "effective_to": pd.Timestamp(ends) if ends else pd.NaT, "published_on": pd.Timestamp(begins),
        "last_seen_on": pd.Timestamp("2026-05-10"), "dating": "page",
    }  # fmt: skip


def score(model, value, day="2026-03-20", benchmark="test"):
    return {
        "model_id": model, "benchmark": benchmark, "value": float(value), "basis": "measured",
        "run_cost": float("nan"), "published_on": pd.Timestamp(day),
    }  # fmt: skip


MODELS = [*HOME, *"tuvwxyz"]
PRICES = pd.DataFrame([price(model, 1 + number) for number, model in enumerate(MODELS)])
SCORES = pd.DataFrame([score(model, 10 + number) for number, model in enumerate(MODELS)])
KNOWN = pd.DataFrame({
    "model_id": MODELS, "name": [model.upper() for model in MODELS], "released_on": pd.Timestamp("2026-01-10"),
    "weights": "open",
})  # fmt: skip
PAIR = ("CN", "US")
ENTITIES = pd.DataFrame({"entity_id": ["maker", "rival"], "country": ["CN", "FR"]})
RIVALS = pd.DataFrame({"entity_id": ["maker", "rival"], "country": ["CN", "US"]})


def views(prices=PRICES, scores=SCORES, models=KNOWN, entities=RIVALS, day="2026-12-31", **more):
    return choices.choices(
        prices, scores, models, entities, day, PAIR, benchmarks=("test", *more.pop("others", ())), **more
    )


def test_days_are_month_ends_under_observation():
    ends = ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30"]
    assert [f"{day:%Y-%m-%d}" for day in choices.watched_month_ends(PRICES, "2026-12-31")] == ends
    assert len(choices.watched_month_ends(PRICES, "2026-03-30")) == 2
    assert choices.watched_month_ends(PRICES, "2026-01-20").empty
    assert [f"{day:%m-%d}" for day in sorted(views().frame["day"].unique())] == [
        "01-31", "02-28", "03-20", "03-31", "04-30",
    ]  # fmt: skip


def test_each_view_holds_the_models_on_sale_with_a_score():
    found = views(pd.concat([PRICES[1:], pd.DataFrame([price("a", 1, ends="2026-03-05"), price("late", 2)])]))
    assert found.frame.groupby(["ratio", "day"]).size().tolist() == [14, 14, 13, 13, 13] * 3
    assert found.opening == ("test", 3, pd.Timestamp("2026-03-20"))
    assert len(found.view) == 13


def test_a_model_is_in_no_view_before_its_release():
    late = KNOWN.assign(released_on=KNOWN["released_on"].where(KNOWN["model_id"] != "z", pd.Timestamp("2026-04-02")))
    assert set(views(models=late).frame.query("model_id == 'z'")["day"].dt.month) == {4}
    unknown = KNOWN.assign(released_on=KNOWN["released_on"].where(KNOWN["model_id"] != "z"))
    assert "z" not in set(views(models=unknown).frame["model_id"])


def test_prices_are_blended_and_of_their_day():
    changed = pd.concat([PRICES, pd.DataFrame([price("a", 10, begins="2026-04-10")])])
    found = views(changed, ratios=(1, 10)).frame.query("model_id == 'a'").set_index(["ratio", "day"])["blended"]
    assert found[1].tolist() == [3.0] * 4 + [30.0]
    assert found[10].tolist() == pytest.approx([15 / 11] * 4 + [150 / 11])


def test_scores_are_of_one_set_on_every_day():
    older = SCORES.assign(value=99.0, published_on=pd.Timestamp("2026-02-01"))
    assert views(scores=pd.concat([older, SCORES])).frame["score"].max() == 23


def test_a_test_with_few_models_of_a_country_is_left_out():
    few = SCORES[:9].assign(benchmark="few")
    assert set(views(scores=pd.concat([SCORES, few]), others=("few", "none")).frame["benchmark"]) == {"test"}
    with pytest.raises(ValueError, match=r"fewer than 6 models a country"):
        views(scores=SCORES[:9])
    with pytest.raises(ValueError, match=r"no scores of 'test'"):
        views(scores=few)
    with pytest.raises(ValueError, match=r"fewer than 6"):
        views(entities=ENTITIES)


def test_the_frontier_holds_what_nothing_beats():
    rows = pd.DataFrame({
        "model_id": [*"abcde"], "blended": [1, 2, 2, 3, 1.0], "score": [10, 30, 20, 30, 10.0], "benchmark": "test",
        "ratio": 3, "day": pd.Timestamp("2026-03-31"),
    })  # fmt: skip
    assert rows[choices.frontier(rows)]["model_id"].tolist() == ["a", "b"]


def test_medians_of_every_view_and_group():
    found = views()
    assert len(found.medians) == 3 * 5 * 3
    row = found.opening_medians.loc["CN"]
    assert row[["n", "median", "low", "high"]].tolist() == [7, 8, 2, 14]
    assert found.opening_medians.loc["other", "n"] == 0


def test_an_interval_of_a_median_covers_it():
    generator = np.random.default_rng(7)
    drawn = generator.lognormal(size=(1500, 41))
    held = [one.low <= 1 <= one.high for one in map(choices.median, drawn)]
    expected = np.diff(stats.binom(41, 0.5).cdf([13, 27])).item()
    assert 0.95 <= expected <= 0.98
    assert np.mean(held) == pytest.approx(expected, abs=0.015)


def test_six_values_have_an_interval_and_fewer_have_none():
    one = choices.median(np.arange(6.0))
    assert (one.value, one.low, one.high, one.n) == (2.5, 0, 5, 6)
    assert np.isnan(choices.median(np.arange(5.0)).low)
    assert np.isnan(choices.median(np.empty(0)).value)


def test_spans_say_the_same_in_fewer_rows():
    moved = pd.concat(
        [PRICES[1:], pd.DataFrame([price("a", 1, ends="2026-02-10"), price("a", 1, begins="2026-04-10")])]
    )
    found = views(moved)
    spans = found.spans.query("ratio == 3 and model_id == 'a'")
    assert spans[["first_day", "last_day"]].map(lambda day: day.month).to_numpy().tolist() == [[1, 1], [4, 4]]
    days = sorted(found.frame["day"].unique())
    again = sum(len([day for day in days if row.first_day <= day <= row.last_day]) for row in found.spans.itertuples())
    assert again == len(found.frame)


@pytest.mark.parametrize("edition", ["2025FY", "2026H1"])
def test_the_view_that_opens_is_the_sample_of_the_regressions(edition):
    cat = Catalog.open(edition)
    tables = cat.list_prices().frame, cat.capability, cat.models, cat.entities
    found = choices.choices(*tables, cat.edition.as_of, PAIR)
    test, ratio, day = found.opening
    other = sample.hedonic_sample(*tables, benchmark=test, ratio=ratio).frame
    assert day == found.view["scored_on"].max()
    both = found.view.merge(other, on="model_id", suffixes=("", "_other"), validate="one_to_one")
    assert len(both) == len(other) == len(found.view) > 100
    assert both["blended"].equals(both["blended_other"]) and both["score"].equals(both["score_other"])
    assert {"aa_index", "aa_coding_index"} <= set(found.frame["benchmark"])
