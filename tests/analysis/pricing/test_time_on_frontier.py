import numpy as np
import pandas as pd
import pytest

from tokenecon.analysis import estimators
from tokenecon.analysis.pricing import time_on_frontier as frontier

UNTIL = "2026-07-10"


def level(model, entity, country, begins, price, ends=None, previous=float("nan")):
    return {
        "model_id": model, "model": model, "entity_id": entity, "country": country, "begins": pd.Timestamp(begins),
        "ends": pd.Timestamp(ends) if ends else pd.NaT, "blended": float(price), "at_release": True,
        "previous": previous,
    }  # fmt: skip


def found(*rows, scores, **options):
    frame = pd.DataFrame(list(rows))
    table = pd.DataFrame({"model_id": list(scores), "score": list(scores.values())})
    return frontier.spells(frame, table, UNTIL, **options).set_index("model_id"), frame, table


LEAD = level("lead", "a", "US", "2026-01-01", 10)


def test_a_lead_ends_when_an_equal_rival_is_cheaper():
    spells, *_ = found(LEAD, level("rival", "b", "CN", "2026-03-01", 2), scores={"lead": 40, "rival": 40})
    assert spells.days["lead"] == 59
    assert spells.ended["lead"] and spells.unrivalled["lead"]
    assert spells.rival_country["lead"] == "CN"


@pytest.mark.parametrize(
    "rival",
    [
        level("rival", "b", "CN", "2026-03-01", 12),
        level("rival", "a", "US", "2026-03-01", 2),
    ],
    ids=["dearer", "of the same vendor"],
)
def test_others_do_not_end_it(rival):
    spells, *_ = found(LEAD, rival, scores={"lead": 40, "rival": 40})
    assert not spells.ended["lead"]
    assert spells.days["lead"] == 190


def test_a_weaker_rival_counts_with_a_tolerance_only():
    rows = LEAD, level("rival", "b", "CN", "2026-03-01", 2)
    scores = {"lead": 40, "rival": 39}
    assert not found(*rows, scores=scores)[0].ended["lead"]
    assert found(*rows, scores=scores, tolerance=0.95)[0].ended["lead"]


def test_a_model_that_enters_above_an_equal_rival_has_none():
    spells, *_ = found(level("rival", "b", "CN", "2025-12-01", 2), LEAD, scores={"lead": 40, "rival": 40})
    assert not spells.unrivalled["lead"]


def test_a_rivals_cut_ends_it():
    rival = [level("rival", "b", "CN", "2026-01-01", 12, ends="2026-02-01"), level("rival", "b", "CN", "2026-02-01", 2)]
    spells, *_ = found(LEAD, *rival, scores={"lead": 40, "rival": 40})
    assert spells.days["lead"] == 31


def test_a_withdrawn_model_is_censored():
    gone = level("lead", "a", "US", "2026-01-01", 10, ends="2026-02-10")
    spells, *_ = found(gone, level("rival", "b", "CN", "2026-03-01", 2), scores={"lead": 40, "rival": 40})
    assert not spells.ended["lead"]
    assert spells.days["lead"] == 40


def simulated(rng, ratio, n=80):
    """Leads that end at an exponential time, in China `ratio` times as fast, watched for 300 days at most."""
    country = np.where(np.arange(n) % 2, "CN", "US")
    standing = rng.uniform(0.7, 1, n)
    rate = 0.01 * np.where(country == "CN", ratio, 1) / standing**2
    days = rng.exponential(1 / rate)
    return pd.DataFrame({"country": country, "standing": standing, "days": np.minimum(days, 300), "ended": days <= 300})


def test_the_hazard_ratio_is_unbiased_and_covers():
    results = [frontier.hazard_ratio(simulated(np.random.default_rng(seed), 2.0), "CN") for seed in range(120)]
    assert np.mean([np.log(one.value) for one in results]) == pytest.approx(np.log(2), abs=0.08)
    assert np.mean([one.low <= 2 <= one.high for one in results]) == pytest.approx(0.95, abs=0.05)


def test_equal_leads_are_told_apart_as_often_as_chance_would():
    rejected = [frontier.log_rank(simulated(np.random.default_rng(seed), 1.0)) < 0.05 for seed in range(120)]
    assert np.mean(rejected) < 0.12
    assert frontier.log_rank(simulated(np.random.default_rng(1), 5.0)) < 0.01


def test_the_median_is_that_of_the_simulation():
    middles = []
    for seed in range(60):
        drawn = simulated(np.random.default_rng(seed), 1.0)
        middles.append(estimators.survival(drawn["days"], drawn["ended"])[1].value)
    assert np.mean(middles) == pytest.approx(50, abs=6)


def test_the_share_that_enters_with_one():
    frame = pd.DataFrame({"country": ["CN"] * 4, "unrivalled": [True, False, False, False]})
    table = frontier.at_release(frame).iloc[0]
    assert (table["share"], table["n"]) == (0.25, 4)
    assert table["share_low"] < 0.25 < table["share_high"]


def test_specifications_stand_side_by_side():
    rng, rows, scores = np.random.default_rng(3), [], {}
    for place in range(90):
        name, country = f"m{place}", "CN" if place % 2 else "US"
        begins = pd.Timestamp("2025-01-01") + pd.Timedelta(days=6 * place)
        rows.append(level(name, f"v{place % 6}", country, begins, rng.uniform(1, 10)))
        scores[name] = 20 + place / 2 + rng.normal(0, 4)
    table = pd.DataFrame({"model_id": list(scores), "score": list(scores.values())})
    frame = pd.DataFrame(rows)
    variants = {"main": (frame, table, UNTIL, 1.0), "close": (frame, table, UNTIL, 0.8)}
    tried = frontier.compare(variants, "CN", "US").set_index("label")
    assert tried.n_other["close"] <= tried.n_other["main"]
    assert (tried["hazard_low"] < tried["hazard_high"]).all()
