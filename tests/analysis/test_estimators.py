"""Each estimator on simulated data with a known answer: it finds it, and its interval covers it as often as said."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf

from tokenecon.analysis import estimators as est

SLOPE = 1.5


def clustered(seed, clusters=12, size=8):
    """A regression whose regressor and error both have a part that a cluster shares."""
    rng = np.random.default_rng(seed)
    group = np.repeat(np.arange(clusters), size)
    x = rng.normal(size=clusters)[group] + rng.normal(size=len(group))
    t = rng.normal(size=len(group))
    error = rng.normal(size=clusters)[group] + rng.normal(size=len(group))
    return pd.DataFrame({"y": 1 + SLOPE * x - t + error, "x": x, "t": t, "firm": group.astype(str)})


def independent(seed, n=80):
    rng = np.random.default_rng(seed)
    x, t = rng.normal(size=(2, n))
    return pd.DataFrame({"y": 1 + SLOPE * x - t + np.abs(x) * rng.normal(size=n), "x": x, "t": t})


def coverage(estimates, truth):
    return np.mean([not estimate.excludes(truth) for estimate in estimates])


def test_hc3_is_unbiased_and_covers_under_unequal_variance():
    found = [est.coefficient("y ~ x + t", independent(seed), "x") for seed in range(400)]
    assert np.mean([one.value for one in found]) == pytest.approx(SLOPE, abs=0.03)
    assert 0.92 <= coverage(found, SLOPE) <= 0.98
    assert found[0].n == 80


def test_the_wild_cluster_bootstrap_covers_where_plain_errors_do_not():
    frames = [clustered(seed) for seed in range(250)]
    wild = [est.wild_cluster("y ~ x + t", frame, "x", "firm", draws=499) for frame in frames]
    plain = [est.coefficient("y ~ x + t", frame, "x") for frame in frames]
    assert np.mean([one.value for one in wild]) == pytest.approx(SLOPE, abs=0.04)
    assert 0.91 <= coverage(wild, SLOPE) <= 0.985
    assert coverage(plain, SLOPE) < 0.88


def test_the_wild_bootstrap_estimates_what_least_squares_does():
    frame = clustered(1)
    fit = smf.ols("y ~ x + t", frame).fit()
    assert est.wild_cluster("y ~ x + t", frame, "x", "firm", draws=199).value == pytest.approx(fit.params["x"])


def test_clustered_errors_are_those_of_statsmodels():
    frame = clustered(2)
    fit = smf.ols("y ~ x + t", frame).fit(
        cov_type="cluster", cov_kwds={"groups": frame["firm"].astype(int)}, use_t=True
    )  # fmt: skip
    found = est.coefficient("y ~ x + t", frame, "x", "cluster", "firm")
    assert (found.low, found.high) == pytest.approx(tuple(fit.conf_int().loc["x"]))
    assert found.errors == "clustered by firm, 12 clusters"


def test_resampled_coefficients_are_refitted_regressions():
    frame = independent(3)
    drawn = est.resampled_coefficients("y ~ x + t", frame, draws=3, seed=7)
    counts = np.random.default_rng(7).multinomial(80, np.full(80, 1 / 80), size=3)
    for row, weights in zip(drawn.itertuples(index=False), counts, strict=True):
        refit = smf.ols("y ~ x + t", frame.loc[np.repeat(frame.index, weights)]).fit()
        assert list(row) == pytest.approx(refit.params.tolist())


def test_resampling_observations_covers():
    found = []
    for seed in range(200):
        frame = independent(seed)
        drawn = est.resampled_coefficients("y ~ x + t", frame, draws=400, seed=seed)["x"]
        found.append(est.percentile_estimate(drawn.median(), drawn, 80, "pairs"))
    assert 0.88 <= coverage(found, SLOPE) <= 0.98


def test_whole_clusters_are_drawn_together():
    frame = clustered(4)
    wide = est.resampled_coefficients("y ~ x", frame, "firm", draws=2_000)["x"].std()
    narrow = est.resampled_coefficients("y ~ x", frame, draws=2_000)["x"].std()
    assert wide > 1.2 * narrow


def test_the_interval_of_a_median_covers():
    rng = np.random.default_rng(5)
    found = [est.resampled(np.median, rng.lognormal(size=41), draws=300, seed=seed) for seed in range(300)]
    assert 0.9 <= coverage(found, 1.0) <= 0.985


def test_a_ratio_of_medians():
    found = est.resampled(est.ratio_of_medians, [2.0, 4.0, 6.0], [1.0, 2.0, 3.0], draws=99)
    assert (found.value, found.n) == (2.0, 6)
    assert found.low <= 2.0 <= found.high


def test_too_few_to_resample_has_no_interval():
    found = est.resampled(np.median, [1.0, 2.0])
    assert found.value == 1.5
    assert np.isnan(found.low)
    assert np.isnan(found.high)


def autocorrelated(seed, n=150, memory=0.5):
    rng = np.random.default_rng(seed)
    noise = rng.normal(size=n)
    for place in range(1, n):
        noise[place] += memory * noise[place - 1]
    return noise


def test_a_trend_is_found_through_autocorrelation():
    years = np.arange(150) / 52
    found = [est.trend(0.3 * years + autocorrelated(seed), years) for seed in range(300)]
    assert np.mean([one.value for one in found]) == pytest.approx(0.3, abs=0.05)
    assert coverage(found, 0.3) >= 0.85


def test_a_trend_of_three_points_is_refused():
    assert np.isnan(est.trend([1, 2, 3], [0, 1, 2]).value)


def test_blocks_give_wider_intervals_than_single_draws():
    series = autocorrelated(6, memory=0.8)
    blocks, single = (est.block_resampled(np.mean, series, block) for block in (15, 1))
    assert blocks.high - blocks.low > 1.4 * (single.high - single.low)


def test_the_mean_of_a_series_is_covered():
    found = [est.block_resampled(np.mean, autocorrelated(seed, memory=0.3), draws=300) for seed in range(150)]
    assert 0.86 <= coverage(found, 0) <= 0.99


def test_survival_finds_the_median_under_censoring():
    found = []
    for seed in range(200):
        rng = np.random.default_rng(seed)
        life, watched = rng.exponential(100, 60), rng.uniform(50, 300, 60)
        found.append(est.survival(np.minimum(life, watched), life <= watched)[1])
    assert np.mean([one.value for one in found]) == pytest.approx(100 * np.log(2), rel=0.06)
    assert 0.91 <= coverage(found, 100 * np.log(2)) <= 0.985


def test_a_survival_curve_begins_whole_and_falls():
    curve, _ = est.survival([5, 10, 10, 20], [True, True, False, True])
    assert curve["surviving"].tolist() == pytest.approx([1, 0.75, 0.5, 0])
    assert curve["at_risk"].tolist() == [4, 4, 3, 1]
    assert (curve["low"] <= curve["surviving"]).all()
    assert (curve["high"] >= curve["surviving"]).all()


def test_survival_where_none_ended():
    curve, median = est.survival([3, 8], [False, False])
    assert curve["surviving"].tolist() == [1, 1]
    assert np.isnan(median.value)


def test_fields_name_the_interval():
    assert est.Estimate(1.0, 0.5, 2.0, 9, "HC3").fields("gap") == {"gap": 1.0, "gap_low": 0.5, "gap_high": 2.0}


def test_a_median_over_groups_covers_where_members_move_together():
    rng, inside = np.random.default_rng(6), []
    for _ in range(120):
        shift = rng.normal(0, 1, 20)
        group = np.repeat(np.arange(20), 4)
        found = est.grouped_median(2 + shift[group] + rng.normal(0, 0.2, 80), group, draws=400)
        inside.append(found.low <= 2 <= found.high)
    assert np.mean(inside) == pytest.approx(0.95, abs=0.06)


def test_two_groups_give_no_interval():
    found = est.grouped_median([1.0, 2.0, 3.0], ["a", "a", "b"], unit="vendor")
    assert (found.value, found.errors) == (2.0, "too few vendors to resample")
    assert np.isnan(found.low)
