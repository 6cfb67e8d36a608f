"""Estimators of short series on planted answers with the memory of the real ones."""

import numpy as np
import pytest

from tokenecon.analysis import estimators as est
from tokenecon.analysis.estimators.series import ar1_memory, ar1_paths

YEARS = np.arange(38) * 7 / 365.25
REPLICATIONS = 400
NOISE = 2 * np.sqrt(0.95 * 0.05 / REPLICATIONS)


def paths(memory, years=YEARS, seed=1, draws=REPLICATIONS):
    return ar1_paths(memory, years, draws, np.random.default_rng(seed))


def coverage(estimator, series, truth):
    found = [estimator(one, YEARS) for one in series]
    return np.mean([not one.excludes(truth) for one in found]), np.mean([one.value for one in found])


@pytest.mark.parametrize("memory", [0.0, 0.5, 0.76, 0.92])
def test_a_trend_is_covered_at_any_memory(memory):
    covered, middle = coverage(est.ar1_trend, paths(memory) - 0.8 * YEARS, -0.8)
    assert middle == pytest.approx(-0.8, abs=0.25)
    assert 0.91 - NOISE <= covered <= 0.98 + NOISE


def test_what_is_usual_covers_too_little():
    series = paths(0.76)
    assert coverage(est.trend, series, 0)[0] < 0.8
    assert coverage(est.fixed_b, series, 0)[0] < 0.91
    assert coverage(est.fixed_b, paths(0.0), 0)[0] == pytest.approx(0.95, abs=2 * NOISE)


@pytest.mark.parametrize("memory", [0.0, 0.7])
def test_a_mean_is_covered(memory):
    covered, middle = coverage(est.ar1_mean, 3 + paths(memory), 3)
    assert middle == pytest.approx(3, abs=0.1)
    assert 0.91 - NOISE <= covered <= 0.98 + NOISE


def test_a_gap_in_the_series_is_known():
    years = np.delete(YEARS, [24, 25])
    series = paths(0.8, years)
    found = [est.ar1_trend(one, years) for one in series]
    assert np.mean([not one.excludes(0) for one in found]) >= 0.91 - NOISE
    with_nan = np.insert(series[0], [24, 24], np.nan)
    again = est.ar1_trend(with_nan, YEARS)
    assert (again.value, again.low, again.n) == pytest.approx((found[0].value, found[0].low, 36))


def test_units_of_time_and_value_only_rescale():
    series = paths(0.6)[0]
    plain, scaled = est.ar1_trend(series, YEARS), est.ar1_trend(100 * series + 7, 12 * YEARS)
    assert (scaled.value, scaled.low, scaled.high) == pytest.approx(
        tuple(100 / 12 * one for one in (plain.value, plain.low, plain.high))
    )


def test_the_memory_is_found():
    found = [ar1_memory(one, YEARS) for one in paths(0.8)]
    assert np.median(found) == pytest.approx(0.8, abs=0.07)
    assert np.std(paths(0.8)) == pytest.approx(1, abs=0.06)


def test_a_break_is_found_where_it_is_and_seldom_where_none_is():
    none = [est.break_test(one, YEARS, draws=99, seed=seed).p <= 0.05 for seed, one in enumerate(paths(0.76)[:80])]
    assert np.mean(none) <= 0.05 + 0.05
    step = 5 * (np.arange(38) >= 16)
    found = [est.break_test(one + step, YEARS, draws=99, seed=3) for one in paths(0.3)[:30]]
    assert np.mean([one.p <= 0.05 for one in found]) > 0.8
    assert np.median([one.at for one in found]) == pytest.approx(YEARS[16])


def test_slopes_by_start():
    series = np.where(np.arange(38) < 6, 2.0, 0.0) + 0.1 * paths(0.2)[0]
    found = est.by_start(series, YEARS, every=6)
    assert found["start"].tolist() == YEARS[[0, 6, 12, 18]].tolist()
    assert found["n"].tolist() == [38, 32, 26, 20]
    assert found["slope"].iloc[0] < -1 < found["slope"].iloc[1:].min()
    assert (found["low"] < found["high"]).all()
