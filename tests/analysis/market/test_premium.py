"""The premium on simulated markets with a planted answer, and on cases worked out by hand."""

import numpy as np
import pandas as pd
import pytest

from tokenecon.analysis.estimators import Estimate
from tokenecon.analysis.market import premium as pr
from tokenecon.catalog import Catalog

ELASTICITY = 2.0
TRUTH = 1.05**ELASTICITY - 1


def market(seed, models=120, vendors=15, noise=0.3, between=0.3, elasticity=ELASTICITY):
    """Models whose price rises with the score and falls with the date, with a part that a vendor's models share."""
    rng = np.random.default_rng(seed)
    vendor = rng.integers(0, vendors, models)
    released = rng.uniform(5, 6.5, models)
    log_score = 0.5 * released + rng.normal(0, 0.3, models)
    error = between * rng.normal(size=vendors)[vendor] + noise * rng.normal(size=models)
    log_price = elasticity * log_score - 1.5 * released + error
    return pd.DataFrame(
        {
            "model_id": [f"m{n}" for n in range(models)], "entity_id": vendor.astype(str), "score": np.exp(log_score),
            "log_score": log_score, "log_price": log_price, "released": released, "run_cost": np.exp(log_price + 1),
            "country": np.where(vendor % 2, "CN", "US"), "basis": "measured", "weights": "closed",
        }
    )  # fmt: skip


@pytest.mark.parametrize("errors", ["HC3", "pairs", "median"])
def test_the_premium_is_unbiased_and_covered(errors):
    spec = pr.Spec("a", "b", errors=errors)
    found = [pr.estimate(market(seed, between=0.0), spec, draws=199) for seed in range(120)]
    assert np.mean([one.value for one in found]) == pytest.approx(TRUTH, abs=0.004)
    assert 0.9 <= np.mean([not one.excludes(TRUTH) for one in found]) <= 0.99


@pytest.mark.parametrize("errors", ["wild", "vendor"])
def test_errors_by_vendor_cover_where_vendors_share_an_error(errors):
    spec = pr.Spec("a", "b", errors=errors)
    found = [pr.estimate(market(seed), spec, draws=199) for seed in range(120)]
    assert np.mean([one.value for one in found]) == pytest.approx(TRUTH, abs=0.006)
    assert 0.88 <= np.mean([not one.excludes(TRUTH) for one in found]) <= 0.99


def test_without_the_date_the_premium_is_far_too_small():
    found = [pr.estimate(market(seed), pr.Spec("a", "b", control="")).value for seed in range(20)]
    assert np.mean(found) < TRUTH / 2


def test_cost_of_a_run_takes_the_place_of_the_price():
    frame = market(1)
    assert pr.estimate(frame, pr.Spec("a", "b", outcome="log_cost")).value == pytest.approx(
        pr.estimate(frame, pr.Spec("a", "b")).value
    )


@pytest.mark.parametrize(("scale", "score", "better"), [("score", 0.4, 0.42), ("errors", 0.4, 0.43)])
def test_five_percent_better_on_each_scale(scale, score, better):
    axis = pr.capability(pd.Series([score, better]), scale)
    assert axis[1] - axis[0] == pytest.approx(pr.step(scale))


def test_five_percent_more_wins_than_half_is_so_many_rating_points():
    points = pr.step("wins") * pr.ELO
    assert 1 / (1 + 10 ** (-points / 400)) == pytest.approx(0.525)


def test_errors_need_shares():
    with pytest.raises(ValueError, match="between 0 and 1"):
        pr.capability(pd.Series([40.0]), "errors")


def test_the_claim_needs_a_steep_slope():
    assert pr.needed() == pytest.approx(np.log(1.5) / np.log(1.05))
    slope = Estimate(pr.needed(), 1, 9, 9, "HC3")
    assert pr.premium_of(slope).value == pytest.approx(pr.CLAIMED)


def test_parts_of_a_sample():
    frame = market(2)
    assert len(pr.subset(frame, "top third")) == pytest.approx(40, abs=1)
    assert set(pr.subset(frame, "CN")["country"]) == {"CN"}
    assert "3" not in set(pr.subset(frame, "not 3")["entity_id"])
    with pytest.raises(KeyError, match="no part"):
        pr.subset(frame, "elsewhere")


def test_too_few_models_give_no_estimate_and_no_row():
    frame = market(3, models=10)
    spec = pr.Spec("a", "b")
    assert np.isnan(pr.estimate(frame, spec).value)
    assert pr.estimates({("aa_index", 3): frame}, [spec, pr.Spec("c", "d", ratio=1)]).empty


def test_every_specification_departs_in_one_choice_and_runs():
    frame = market(4).assign(blended=1.0)
    specs = pr.one_at_a_time(["aa_index"], ["1"], Catalog.open("2026H1").countries)
    found = pr.estimates({("aa_index", ratio): frame for ratio in (1, 3, 10)}, specs, draws=99)
    assert found["label"].is_unique
    assert {"baseline", "errors", "blend", "control", "sample", "top third", "outcome", "vendor left out"} <= set(
        found["group"]
    )
    assert found.loc[found["control"] == "released", "premium"].between(0, 3 * TRUTH).all()


def test_the_curve_holds_each_combination_once():
    specs = pr.curve(["aa_index", "aa_gpqa_diamond", "arena_text"], ["CN", "US"])
    assert len(specs) == len(set(specs)) == 4 * 3 * (2 * 4 + 2)


def test_judging_a_claim():
    found = pd.DataFrame({"low": [0.0, 0.4, 0.6], "high": [0.2, 0.7, 0.9]})
    assert pr.judge(found) == pr.Verdict(1, 1, 1)
    assert pr.judge(found).word == "is left open"
    assert pr.judge(found.head(1)).word == "does not survive"
    assert pr.judge(found.tail(1)).word == "survives"


def noisy(seed):
    """A market whose scores are read with noise, and a second test of the same capability with its own noise."""
    frame = market(seed, models=200, between=0.0, noise=0.1)
    rng = np.random.default_rng(seed + 1_000)
    seen = frame["log_score"] + rng.normal(0, 0.2, len(frame))
    other = pd.DataFrame(
        {"model_id": frame["model_id"], "score": np.exp(frame["log_score"] + rng.normal(0, 0.2, len(frame)))}
    )
    return frame.assign(log_score=seen, score=np.exp(seen)), other


def test_noise_in_scores_is_bounded_by_the_reverse_regression_and_undone_by_a_second_test():
    direct, inverse, second = [], [], []
    for seed in range(40):
        frame, other = noisy(seed)
        direct.append(pr.estimate(frame, pr.Spec("a", "b")).value)
        inverse.append(pr.reverse(frame, draws=99).value)
        second.append(pr.instrumented(frame, other, draws=199))
    assert np.mean(direct) < 0.85 * TRUTH
    assert np.mean(inverse) > TRUTH
    assert np.mean([one.value for one in second]) == pytest.approx(TRUTH, rel=0.05)
    assert 0.88 <= np.mean([not one.excludes(TRUTH) for one in second]) <= 1


def test_ladders_are_of_one_vendor_each():
    rows = market(5, models=60, vendors=5)
    found = pr.own_ladders(rows, {vendor: f"Vendor {vendor}" for vendor in rows["entity_id"]}, least=6)
    assert all(one.n >= 6 and one.low <= one.value <= one.high for one in found.values())
    assert {name.removeprefix(pr.LADDER + "Vendor ") for name in found} <= set(rows["entity_id"])
    assert [one.value for one in found.values()] == sorted(one.value for one in found.values())


def test_a_vendor_with_one_price_for_all_has_no_ladder():
    rows = market(5, models=60, vendors=5)
    first = rows["entity_id"].iloc[0]
    rows.loc[rows["entity_id"] == first, "log_price"] = 0.5
    found = pr.own_ladders(rows, {vendor: vendor for vendor in rows["entity_id"]}, least=4)
    assert found and f"{pr.LADDER}{first}" not in found


def launch(model, vendor, day, price):
    return {"model_id": model, "entity_id": vendor, "since": pd.Timestamp(day), "until": pd.NaT, "price": float(price)}


def test_a_launch_is_set_against_the_best_rival_then_on_sale():
    past = pd.DataFrame(
        [
            launch("a", "x", "2026-01-01", 2),
            launch("b", "y", "2026-02-01", 4),
            launch("c", "x", "2026-03-01", 6),
            launch("late", "y", "2026-03-01", 1),
        ]
    )
    scores = pd.DataFrame({"model_id": ["a", "b", "c", "late"], "score": [10.0, 11.0, 22.0, 5.0]})
    models = pd.DataFrame(
        {
            "model_id": ["a", "b", "c", "late"],
            "released_on": pd.to_datetime(["2026-01-01", "2026-02-01", "2026-03-01", "2025-01-01"]),
        }
    )
    found = pr.at_release(past, scores, models).set_index("model_id")
    assert found["rival"].to_dict() == {"b": "a", "c": "b"}
    assert np.exp(found["lead"]["c"]) == pytest.approx(2)
    assert np.exp(found["dearer"]["c"]) == pytest.approx(1.5)


def test_the_launch_premium_finds_what_is_planted():
    found = []
    for seed in range(100):
        rng = np.random.default_rng(seed)
        lead = rng.normal(-0.3, 0.3, 90)
        dearer = 0.1 + 3 * lead + rng.normal(0, 0.4, 90)
        rows = pd.DataFrame({"lead": lead, "dearer": dearer, "entity_id": rng.integers(0, 15, 90).astype(str)})
        found.append(pr.launch_premium(rows))
    slope, level = 1.05**3 - 1, np.exp(0.1) * 1.05**3 - 1
    assert np.mean([one.value for one, _ in found]) == pytest.approx(slope, abs=0.01)
    assert np.mean([one.value for _, one in found]) == pytest.approx(level, abs=0.03)
    assert np.mean([not one.excludes(slope) for one, _ in found]) >= 0.88
    assert np.mean([not one.excludes(level) for _, one in found]) >= 0.88
