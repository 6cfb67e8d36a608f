import numpy as np
import pandas as pd
import pytest

from tokenecon.analysis.pricing import gap

GAP, US_SLOPE, CN_SLOPE, DATE = -0.4, 2.0, 1.4, -1.5


def planted(rng, n=120, gap_of=GAP, cn_slope=CN_SLOPE, noise=0.6):
    """Models whose log price follows country, log score and date as planted."""
    cn = (np.arange(n) % 2).astype(float)
    log_score = rng.normal(3.2, 0.6, n) + 0.3 * cn
    released = 5 + 0.5 * log_score + 0.4 * cn + rng.normal(0, 0.5, n)
    slope = np.where(cn == 1, cn_slope, US_SLOPE)
    log_price = 1 + gap_of * cn + slope * (log_score - 3.2) + DATE * (released - 7) + rng.normal(0, noise, n)
    return pd.DataFrame(
        {
            "model_id": [f"m{place}" for place in range(n)],
            "model": [f"M{place}" for place in range(n)],
            "entity_id": [f"v{place % 14}" for place in range(n)],
            "country": np.where(cn == 1, "CN", "US"),
            "weights": np.where(rng.random(n) < 0.4 + 0.2 * cn, "open", "closed"),
            "released_on": pd.Timestamp("2020-01-01") + pd.to_timedelta((released * 365.25).round(), unit="D"),
            "released": released,
            "score": np.exp(log_score),
            "log_score": log_score,
            "log_price": log_price,
            "blended": np.exp(log_price),
        }
    )


def prepared(seed, **options):
    return gap.two_countries(planted(np.random.default_rng(seed), **options), "CN", "US")


def test_two_countries_leaves_others_out_and_centres():
    frame = planted(np.random.default_rng(1))
    frame.loc[:4, "country"] = "FR"
    found = gap.two_countries(frame, "CN", "US")
    assert len(found) == len(frame) - 5
    assert found["z"].mean() == pytest.approx(0, abs=1e-12)
    assert found["z"].std() == pytest.approx(1)
    assert set(found["is_one"]) == {0.0, 1.0}


def test_weights_that_are_not_known_are_missing():
    frame = planted(np.random.default_rng(1))
    frame.loc[0, "weights"] = ""
    assert gap.two_countries(frame, "CN", "US")["open_weights"].isna().sum() == 1


def test_the_gap_is_unbiased_and_its_interval_covers():
    found = [gap.country_gap(prepared(seed, cn_slope=US_SLOPE)).map(np.log) for seed in range(120)]
    assert np.mean([one.value for one in found]) == pytest.approx(GAP, abs=0.03)
    assert np.mean([one.low <= GAP <= one.high for one in found]) == pytest.approx(0.95, abs=0.05)


def test_the_difference_of_slopes_is_unbiased_and_its_interval_covers():
    truth = CN_SLOPE - US_SLOPE
    found = [gap.slopes(prepared(seed), x="log_score", draws=399) for seed in range(120)]
    assert np.mean([one.value["difference"] for one in found]) == pytest.approx(truth, abs=0.05)
    assert np.mean([one.value["other"] for one in found]) == pytest.approx(US_SLOPE, abs=0.05)
    assert np.mean([one.value["one"] for one in found]) == pytest.approx(CN_SLOPE, abs=0.05)
    covered = [one.low["difference"] <= truth <= one.high["difference"] for one in found]
    assert np.mean(covered) == pytest.approx(0.95, abs=0.05)


def test_slopes_by_country_add_up():
    found = gap.slopes(prepared(3))["value"]
    assert found["one"] - found["other"] == pytest.approx(found["difference"])


def test_no_date_understates_the_slope():
    """As prices fall and scores rise with time, leaving the date out hides what capability is worth."""
    frame = prepared(5)
    assert gap.slopes(frame, "", x="log_score").value["other"] < gap.slopes(frame, x="log_score").value["other"] - 0.3


def little(rows):
    frame = pd.DataFrame(rows, columns=["model_id", "is_one", "score", "released_on", "blended"])
    return frame.assign(
        model=frame["model_id"],
        entity_id="v",
        released_on=pd.to_datetime(frame["released_on"]),
        is_one=frame["is_one"].astype(float),
    )


PAIRS = [
    ("ours", 1, 40, "2026-03-01", 1.0),
    ("near", 0, 41, "2026-04-01", 3.0),
    ("nearer-but-old", 0, 40, "2025-10-01", 9.0),
    ("far", 0, 60, "2026-03-02", 5.0),
]


def test_pairs_are_nearest_in_score_within_the_days():
    found = gap.matched_pairs(little(PAIRS))
    assert found[["model", "partner", "days"]].to_numpy().tolist() == [["ours", "near", 31]]
    assert found["ratio"].item() == 3
    assert gap.matched_pairs(little(PAIRS), days=365)["partner"].item() == "nearer-but-old"


def test_a_caliper_can_leave_a_model_alone():
    assert gap.matched_pairs(little(PAIRS), days=10, caliper=0.1).empty


def test_the_median_of_pairs_covers_though_partners_serve_again():
    rng, inside = np.random.default_rng(4), []
    for _ in range(150):
        shared = rng.normal(0, 0.5, 25)
        partner = rng.integers(0, 25, 50)
        ratio = np.exp(0.5 + shared[partner] + rng.normal(0, 0.3, 50))
        found = gap.median_ratio(pd.DataFrame({"partner_id": partner, "ratio": ratio}), draws=400)
        inside.append(found.low <= np.exp(0.5) <= found.high)
    assert np.mean(inside) == pytest.approx(0.95, abs=0.06)


def test_two_partners_give_no_interval():
    found = gap.median_ratio(pd.DataFrame({"partner_id": ["a", "b"], "ratio": [1.0, 2.0]}))
    assert np.isnan(found.low)


def test_the_decomposition_adds_up_and_finds_what_was_planted():
    found = gap.decomposition(prepared(7, n=4000, cn_slope=US_SLOPE), draws=50).set_index("part")
    assert found.value["explained"] + found.value["unexplained"] == pytest.approx(found.value["total"])
    assert found.value["unexplained"] == pytest.approx(-GAP, abs=0.06)
    assert found.value["date"] > 0 > found.value["z"]
    assert found.value["open_weights"] == pytest.approx(0, abs=0.03)


def test_the_decomposition_covers_the_unexplained_part():
    found = [gap.decomposition(prepared(seed, cn_slope=US_SLOPE), ("z", "date"), draws=199) for seed in range(100)]
    ends = [one.set_index("part").loc["unexplained"] for one in found]
    assert np.mean([end["low"] <= -GAP <= end["high"] for end in ends]) == pytest.approx(0.95, abs=0.06)


def test_small_samples_are_left_out_of_the_robustness_table():
    frame = prepared(8)
    whole = gap.Specification("main", "all", frame)
    few = gap.Specification("sample", "few", frame.groupby("is_one").head(5))
    found = gap.robustness([whole, few])
    assert "few" not in set(found["label"])
    assert (found["group"] == "quantile").sum() == 3


def test_every_specification_sets_the_other_country_over_the_one():
    found = gap.robustness([gap.Specification("main", "all", prepared(8, n=800, cn_slope=US_SLOPE))])
    assert found["gap"].to_numpy() == pytest.approx(np.exp(-GAP), rel=0.12)


def test_quantiles_agree_with_the_mean_where_errors_are_symmetric():
    found = gap.quantile_slopes(prepared(9, n=2000), (0.5,))
    assert found["difference"].item() == pytest.approx(gap.slopes(prepared(9, n=2000)).value["difference"], abs=0.1)
