"""Histories, the frontier, and a panel in which the gain from undercutting is planted."""

import numpy as np
import pandas as pd
import pytest

from tokenecon.analysis.market import frontier, sample
from tokenecon.catalog import Catalog

DAYS = pd.date_range("2026-01-01", periods=90, freq="D")


def span(model, vendor, since, price, until=None):
    return {
        "model_id": model,
        "entity_id": vendor,
        "since": pd.Timestamp(since),
        "until": pd.Timestamp(until),
        "price": float(price),
    }


def test_a_history_holds_on_every_day_what_was_on_sale():
    cat = Catalog.open()
    prices = cat.list_prices().frame
    past = frontier.history(prices)
    for day in ("2025-03-15", "2026-02-01", "2026-07-10", "2026-11-15"):
        sold = frontier.sold_on(past, [day]).set_index("model_id")["price"]
        listed = (
            sample.on_sale(prices, cat.models, cat.entities, day).query("blended > 0").set_index("model_id")["blended"]
        )
        assert sold.index.is_unique
        assert sold.sort_index().to_dict() == pytest.approx(listed.sort_index().to_dict())


def test_the_frontier_is_the_best_and_the_cheapest_near_it():
    past = pd.DataFrame(
        [span("best", "x", "2026-01-01", 10), span("close", "y", "2026-02-01", 2), span("far", "z", "2026-01-01", 1)]
    )
    scores = pd.DataFrame({"model_id": ["best", "close", "far"], "score": [100.0, 92.0, 50.0]})
    found = frontier.frontier(past, scores, [pd.Timestamp("2026-01-15"), pd.Timestamp("2026-02-15")])
    assert found["near"].tolist() == ["best", "close"]
    assert found["discount"].tolist() == pytest.approx([0, 0.8])
    lowest = frontier.price_of_capability(past, scores, found["day"], 90)
    assert lowest.tolist() == [10, 2]


def test_undercutting_is_measured_against_rivals_at_least_as_capable():
    sold = pd.DataFrame(
        {
            "day": DAYS[0],
            "entity_id": ["x", "x", "y", "z"],
            "score": [10.0, 9.0, 9.0, 5.0],
            "price": [8.0, 1.0, 4.0, 2.0],
        }
    )
    found = frontier.undercut(sold)
    assert np.isnan(found[0])
    assert np.exp(found[1]) == pytest.approx(4)
    assert np.exp(found[2]) == pytest.approx(0.25)
    assert np.exp(found[3]) == pytest.approx(0.5)


def rows(seed, effect, models=40, weeks=8, own=0.3):
    """A panel: undercutting has a part that a model keeps, which goes with its drift, and one that moves."""
    rng = np.random.default_rng(seed)
    model = np.repeat(np.arange(models), weeks)
    drift, kept = rng.normal(0, 0.5, models), rng.normal(0, 0.5, models)
    moving = rng.normal(0, 0.3, models * weeks)
    undercut = (kept + own * drift)[model] + moving
    change = effect * undercut + drift[model] + rng.normal(0, 0.4, models * weeks)
    return pd.DataFrame(
        {
            "model_id": model.astype(str),
            "entity_id": (model // 2).astype(str),
            "day": np.tile(DAYS[:weeks], models),
            "undercut": undercut,
            "change": change,
            "log_share": rng.normal(size=models * weeks),
        }
    )


def test_model_effects_find_the_gain_that_is_planted():
    found = [frontier.gain(rows(seed, 0.5), model_effects=True) for seed in range(15)]
    assert np.mean([one.value for one in found]) == pytest.approx(0.5, abs=0.05)
    assert 0.88 <= np.mean([not one.excludes(0.5) for one in found]) <= 1
    pooled = [frontier.gain(rows(seed, 0.5), model_effects=False).value for seed in range(10)]
    assert np.mean(pooled) > 0.6


def test_too_few_models_give_no_estimate():
    assert np.isnan(frontier.gain(rows(1, 0.5, models=5), True).value)


def tokens(shares):
    """Tokens by day of models whose share of all is given as a function of the day."""
    return pd.DataFrame(
        [
            {"day": day, "model_id": model, "tokens": 1e9 * share(number), "total": 1e9}
            for number, day in enumerate(DAYS)
            for model, share in shares.items()
            if share(number) > 0
        ]
    )


def test_a_panel_looks_ahead_from_the_share_of_a_week():
    past = pd.DataFrame([span("a", "x", "2025-12-01", 1), span("b", "y", "2025-12-01", 2)])
    scores = pd.DataFrame({"model_id": ["a", "b"], "score": [9.0, 10.0]})
    routed = tokens({"a": lambda day: 0.1 * 1.01**day, "b": lambda day: 0.1})
    found = frontier.panel(routed, past, scores, 30)
    assert set(found["model_id"]) == {"a"}
    assert found["change"].tolist() == pytest.approx([30 * np.log(1.01)] * len(found))
    assert np.exp(found["undercut"]).tolist() == pytest.approx([2.0] * len(found))
    back = frontier.panel(routed, past, scores, -30)
    assert back["change"].tolist() == pytest.approx([-30 * np.log(1.01)] * len(back))


def test_lists_a_week_apart_are_joined_by_a_line_and_a_model_off_one_of_them_is_not():
    daily = [DAYS[0] + pd.Timedelta(days=day) for day in range(10)]
    weekly = [daily[-1] + pd.Timedelta(days=7 * week) for week in (1, 2, 3)]
    shares = {"a": [0.1] * 10 + [0.2, 0.3, 0.4], "b": [0.1] * 11 + [0.0, 0.1]}
    listed = pd.DataFrame(
        {"day": day, "model_id": model, "tokens": share, "total": 1.0}
        for model, own in shares.items()
        for day, share in zip([*daily, *weekly], own, strict=True)
        if share
    )
    found = frontier._shares(listed)
    middle = weekly[0] + pd.Timedelta(days=3)
    assert found["a"][middle] == pytest.approx(0.2 + 0.1 * 3 / 7)
    assert found["b"][middle] == 0 and found["b"][weekly[2]] == pytest.approx(0.1)
    assert found.index[0] == daily[6] and (found.index.to_series().diff().dropna().dt.days == 1).all()


def models(prices, shares, vendors=None):
    count = len(prices)
    return pd.DataFrame({"entity_id": vendors or [str(one) for one in range(count)], "price": prices, "share": shares,
                         "score": [50 * 1.0001**one for one in range(count)]})  # fmt: skip


def test_the_cheaper_of_a_pair_leads_where_price_decides_and_in_half_where_it_does_not():
    prices = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
    decided = frontier.cheaper_leads(models(prices, [0.6, 0.5, 0.4, 0.3, 0.2, 0.1]))
    assert (decided.value, decided.n) == (1, 15)
    rng = np.random.default_rng(1)
    drawn = [frontier.cheaper_leads(models(prices * 3, rng.random(18).tolist())).value for _ in range(40)]
    assert np.mean(drawn) == pytest.approx(0.5, abs=0.07)


def test_models_of_one_vendor_or_unlike_in_score_make_no_pair():
    assert frontier.cheaper_leads(models([1.0, 2.0], [0.1, 0.2], ["x", "x"])).n == 0
    apart = models([1.0, 2.0], [0.1, 0.2]).assign(score=[50, 60])
    assert frontier.cheaper_leads(apart).n == 0


def test_nearing_vendors_converge_as_ratio_and_in_points():
    released = pd.date_range("2025-01-15", periods=18, freq="30D")
    scores, about = [], []
    for vendor in range(5):
        for step, day in enumerate(released):
            model = f"{vendor}-{step}"
            scores.append({"model_id": model, "score": 50.0 + step - vendor * (6 - step / 4)})
            about.append({"model_id": model, "entity_id": str(vendor), "released_on": day})
    near = frontier.nearness(pd.DataFrame(scores), pd.DataFrame(about), released[0]).assign(index="one")
    assert near["points"].iloc[-1] < near["points"].iloc[0] and near["ratio"].iloc[-1] > near["ratio"].iloc[0]
    found = frontier.convergence(near.dropna(), near["month"].max())
    assert ([one.value > 0 for one in found["slope"]] == (found["towards"] > 0)).all()


def test_models_off_the_list_are_missing_or_small():
    past = pd.DataFrame([span("a", "x", "2025-12-01", 1), span("b", "y", "2025-12-01", 2)])
    scores = pd.DataFrame({"model_id": ["a", "b"], "score": [9.0, 10.0]})
    routed = tokens({"a": lambda day: 0.2 if day < 30 else 0.0, "b": lambda day: 0.1})
    assert len(frontier.panel(routed, past, scores, 30)) < len(frontier.panel(routed, past, scores, 30, floor=0.5))
    assert frontier.panel(routed, past, scores, 30, floor=0.5)["change"].min() == pytest.approx(np.log(0.25))


def test_entrants_are_followed_and_old_models_left_out():
    past = pd.DataFrame(
        [span("best", "x", "2025-12-01", 10), span("new", "y", "2026-01-20", 2), span("old", "z", "2026-01-20", 1)]
    )
    scores = pd.DataFrame({"model_id": ["best", "new", "old"], "score": [100.0, 95.0, 95.0]})
    released = pd.Series(pd.to_datetime(["2025-12-01", "2026-01-19", "2025-01-01"]), index=["best", "new", "old"])
    routed = tokens({"best": lambda day: 0.2, "new": lambda day: 0.0 if day < 19 else 0.08})
    found = frontier.entrants(routed, past, scores, released, (30, 120))
    assert found["model_id"].tolist() == ["new"]
    row = found.iloc[0]
    assert row["undercutter"]
    assert row["share_30"] == pytest.approx(0.08)
    assert np.isnan(row["share_120"])


def test_gains_report_every_plan_twice():
    past = pd.DataFrame([span(f"m{n}", f"v{n}", "2025-12-01", 1 + n) for n in range(14)])
    scores = pd.DataFrame({"model_id": past["model_id"], "score": np.arange(14.0) + 1})
    routed = tokens(
        {name: (lambda day, base=n: (1 + base + np.sin(day)) / 300) for n, name in enumerate(past["model_id"])}
    )
    found = frontier.gains(routed, past, scores, [frontier.Plan(30, 0, None)])
    assert found["effects"].tolist() == [False, True]
    assert found["models"].tolist() == [13, 13]
