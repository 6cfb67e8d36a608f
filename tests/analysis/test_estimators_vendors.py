"""Estimators on planted answers where vendors share an error and have few or many models, as in the real sample."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from statsmodels.duration.survfunc import SurvfuncRight

from tokenecon.analysis import estimators as est
from tokenecon.analysis.estimators.regression import _WildTest

SIZES = [34, 23, 20, 16, 14, 11, 7, 6, 5, 5, 4, 4, 2, 1]
"""Models by vendor, as on the lists."""

REPLICATIONS = 250
NOISE = 2 * np.sqrt(0.95 * 0.05 / REPLICATIONS)
"""Two Monte Carlo errors of a coverage of 95 percent."""


def vendors(sizes=SIZES):
    return np.repeat(np.arange(len(sizes)), sizes)


def shared(rng, sd=0.7, noise=1.0, sizes=SIZES):
    return sd * rng.standard_normal(len(sizes))[vendors(sizes)] + noise * rng.standard_normal(sum(sizes))


def coverage(found, truth):
    assert not any(np.isnan(one.low) for one in found)
    return np.mean([not one.excludes(truth) for one in found])


def market(seed):
    rng = np.random.default_rng(seed)
    vendor = vendors()
    x = 0.6 * rng.standard_normal(len(SIZES))[vendor] + rng.standard_normal(len(vendor))
    date = rng.uniform(0, 2, len(vendor))
    y = 1.5 * x - 0.5 * date + shared(rng)
    return pd.DataFrame({"y": y, "x": x, "date": date, "vendor": vendor})


# Regressions -------------------------------------------------------------------------------------------------------


def test_the_wild_bootstrap_covers_with_vendors_of_unequal_size():
    frames = [market(seed) for seed in range(REPLICATIONS)]
    wild = [est.wild_cluster("y ~ x + date", frame, "x", "vendor", draws=399) for frame in frames]
    assert np.mean([one.value for one in wild]) == pytest.approx(1.5, abs=0.03)
    assert 0.91 - NOISE <= coverage(wild, 1.5) <= 0.97 + NOISE
    assert coverage([est.coefficient("y ~ x + date", frame, "x") for frame in frames], 1.5) < 0.85
    assert wild[0].clusters == len(SIZES)


def test_the_wild_test_is_that_of_cameron_gelbach_and_miller():
    """One null, written out: restricted residuals, Webb's weights by vendor, the ratio of each refit."""
    frame, null, draws = market(3), 1.1, 40
    x = np.column_stack([np.ones(len(frame)), frame["x"], frame["date"]])
    codes, y = frame["vendor"].to_numpy(), frame["y"].to_numpy()
    test = _WildTest(y, x, 1, codes, draws, seed=5)

    def ratio(outcome):
        beta = np.linalg.lstsq(x, outcome, rcond=None)[0]
        score = np.array([x[codes == one].T @ (outcome - x @ beta)[codes == one] for one in np.unique(codes)])
        bread = np.linalg.inv(x.T @ x)
        return abs(beta[1] - null) / np.sqrt((bread @ (score.T @ score) @ bread)[1, 1])

    rest = np.delete(x, 1, axis=1)
    beta = np.linalg.lstsq(rest, y - null * x[:, 1], rcond=None)[0]
    fitted, residual = rest @ beta + null * x[:, 1], y - null * x[:, 1] - rest @ beta
    webb = np.array([-np.sqrt(1.5), -1, -np.sqrt(0.5), np.sqrt(0.5), 1, np.sqrt(1.5)])
    weights = webb[np.random.default_rng(5).integers(0, 6, (len(SIZES), draws))]
    drawn = np.array([ratio(fitted + residual * weights[codes, draw]) for draw in range(draws)])
    assert test.p(null) == np.mean(drawn >= ratio(y))


def test_ends_of_the_wild_interval_are_where_the_test_turns():
    frame = market(4)
    x = np.column_stack([np.ones(len(frame)), frame["x"], frame["date"]])
    test = _WildTest(frame["y"].to_numpy(), x, 1, frame["vendor"].to_numpy(), 999, seed=1)
    low, high = test.interval()
    for end, side in ((low, -1), (high, 1)):
        assert test.p(end - side * 1e-6) >= 0.05 > test.p(end + side * 1e-6)


def test_weights_are_those_of_weighted_least_squares():
    frame = market(5).assign(tokens=lambda rows: 1 + rows.index % 7)
    found = est.wild_cluster("y ~ x + date", frame, "x", "vendor", draws=99, weights="tokens")
    fit = smf.wls("y ~ x + date", frame, weights=frame["tokens"]).fit()
    assert found.value == pytest.approx(fit.params["x"])
    times = np.random.default_rng(1).integers(0, 3, (1, len(frame))).astype(float)
    again = smf.wls("y ~ x + date", frame, weights=frame["tokens"] * times[0]).fit()
    assert est.coefficient_of("y ~ x + date", frame, "x", "tokens")(times)[0] == pytest.approx(again.params["x"])


def test_effective_n():
    assert est.effective_n(pd.Series([2.0] * 7)) == pytest.approx(7)
    assert est.effective_n(pd.Series([1.0, 0, 0])) == 1


def test_a_median_regression_is_unbiased():
    found = [est.quantile_coefficient("y ~ x + date", market(seed), "x") for seed in range(40)]
    assert np.mean([one.value for one in found]) == pytest.approx(1.5, abs=0.06)


@pytest.mark.parametrize(("seed", "quantile"), [(29, 0.25), (15, 0.5), (26, 0.5)])
def test_a_quantile_regression_does_not_stop_before_its_solution(seed, quantile):
    """The solution of the linear programme; statsmodels' own tolerance leaves off away from it."""
    frame = market(seed)
    x = np.column_stack([np.ones(len(frame)), frame["x"], frame["date"]])
    over, under = np.eye(len(x)), -np.eye(len(x))
    costs = np.concatenate([np.zeros(3), np.full(len(x), quantile), np.full(len(x), 1 - quantile)])
    solved = linprog(
        costs, A_eq=np.hstack([x, over, under]), b_eq=frame["y"], bounds=[(None, None)] * 3 + [(0, None)] * 2 * len(x)
    )
    early = smf.quantreg("y ~ x + date", frame).fit(q=quantile).params["x"]
    assert abs(early - solved.x[1]) > 5e-4
    found = est.quantile_coefficient("y ~ x + date", frame, "x", quantile)
    assert found.value == pytest.approx(solved.x[1], abs=5e-5)


# The bootstrap of vendors ------------------------------------------------------------------------------------------

counts = st.lists(st.integers(0, 4), min_size=7, max_size=7).filter(any)
VALUES = np.array([3.0, -1, 4, 1, 5, -9, 2])


@settings(max_examples=60, deadline=None)
@given(counts, st.floats(0, 1))
def test_statistics_of_weights_are_statistics_of_the_resample(times, q):
    drawn = np.array([times], dtype=float)
    sample = np.repeat(VALUES, times)
    assert est.quantile(VALUES, q)(drawn)[0] == pytest.approx(np.quantile(sample, q), abs=1e-9)
    assert est.mean(VALUES)(drawn)[0] == pytest.approx(sample.mean())
    weights = np.arange(7) + 1.0
    assert est.mean(VALUES, weights)(drawn)[0] == pytest.approx(np.average(sample, weights=np.repeat(weights, times)))
    ended = np.array([1, 0, 1, 1, 0, 1, 1], dtype=bool)
    found = est.survival_quantile(np.abs(VALUES), ended)(drawn)[0]
    if np.repeat(ended, times).any():
        curve = SurvfuncRight(np.abs(sample), np.repeat(ended, times))
        fallen = curve.surv_times[curve.surv_prob <= 0.5 + 1e-9]
        assert found == (fallen[0] if len(fallen) else np.inf)


def test_a_weighted_median_splits_the_weight():
    found = est.quantile([1.0, 2, 3], 0.5, [1.0, 1, 5])(np.ones((1, 3)))[0]
    assert found == 3


def test_a_coefficient_of_weights_is_a_refit_and_rows_with_gaps_count_nothing():
    frame = market(6)
    frame.loc[3, "x"] = np.nan
    times = np.random.default_rng(1).integers(0, 3, (2, len(frame))).astype(float)
    found = est.coefficient_of("y ~ x + date", frame, "x")(times)
    for one, row in zip(found, times, strict=True):
        again = smf.ols("y ~ x + date", frame.loc[np.repeat(frame.index, row.astype(int))]).fit()
        assert one == pytest.approx(again.params["x"])
    assert est.least_squares("y ~ x + date", frame, "x") == pytest.approx(
        smf.ols("y ~ x + date", frame).fit().params["x"]
    )


def test_a_median_is_covered_where_vendors_share_an_error():
    drawn, single = [], []
    for seed in range(REPLICATIONS):
        values = np.exp(shared(np.random.default_rng(seed)))
        drawn.append(est.vendor_bootstrap(est.quantile(values), vendors(), draws=399, seed=seed))
        single.append(est.resampled(np.median, values, draws=299, seed=seed))
    assert np.mean(np.log([one.value for one in drawn])) == pytest.approx(0, abs=0.06)
    assert 0.91 - NOISE <= coverage(drawn, 1.0) <= 0.97 + NOISE
    assert coverage(single, 1.0) < 0.8


def test_a_ratio_of_medians_is_covered_with_vendors_drawn_within_countries():
    found = []
    chinese = vendors() % 2 == 0
    for seed in range(REPLICATIONS):
        values = np.exp(shared(np.random.default_rng(seed)) - chinese)
        statistic = est.ratio(
            est.of(est.quantile(values[~chinese]), ~chinese), est.of(est.quantile(values[chinese]), chinese)
        )
        found.append(est.vendor_bootstrap(statistic, vendors(), chinese, draws=399, seed=seed))
    assert 0.91 - NOISE <= coverage(found, np.e) <= 0.98 + NOISE
    assert found[0].n == sum(SIZES)


def test_a_median_of_durations_is_covered_under_frailty():
    found, plain, sizes = [], [], [8, 6, 5, 5, 4, 4, 3, 3, 2, 2]
    for seed in range(REPLICATIONS):
        rng = np.random.default_rng(seed)
        lasts = 40 * np.exp(shared(rng, 0.8, 0.8, sizes))
        watched = rng.uniform(20, 300, len(lasts))
        days, ended = np.minimum(lasts, watched), lasts <= watched
        found.append(est.median_duration(days, ended, vendors(sizes), draws=299, seed=seed))
        plain.append(est.survival(days, ended)[1])
    known = [one for one in found if not np.isnan(one.low)]
    assert len(known) > 0.97 * len(found)
    assert 0.90 - NOISE <= coverage(known, 40) <= 0.98 + NOISE
    assert np.mean([not one.excludes(40) for one in plain]) < coverage(known, 40) - 0.05


def test_cohorts_are_told_apart_under_censoring():
    rng, rows = np.random.default_rng(2), []
    for cohort, middle, watched in (("2023", 318, 900), ("2024", 204, 500), ("2025", 130, 200)):
        lasts = middle * np.exp(0.5 * rng.standard_normal(300))
        rows.append(pd.DataFrame({"cohort": cohort, "days": np.minimum(lasts, watched), "ended": lasts <= watched}))
    found = est.by_cohort(pd.concat(rows), "cohort")
    assert found["median"].tolist() == pytest.approx([318, 204, 130], rel=0.12)
    assert (found["low"] < found["median"]).all()
    assert found["n"].tolist() == [300] * 3
    assert found["watched"].tolist() == pytest.approx([900, 500, 200], rel=0.5)


# Families ----------------------------------------------------------------------------------------------------------


@given(st.floats(-3, 3), st.floats(0.01, 2), st.floats(0.01, 2), st.one_of(st.none(), st.integers(5, 40)))
def test_p_is_below_five_percent_exactly_where_the_interval_excludes(value, left, right, clusters):
    one = est.Estimate(value, value - left, value + right, 9, "", clusters=clusters)
    for null in (0.0, value, value - left * 1.01, value + right * 1.01, value + right * 0.99):
        p = est.p_value(one, null)
        assert (p < 0.05) == one.excludes(null) or p == pytest.approx(0.05, abs=1e-9)


def test_p_of_a_t_interval_is_that_of_statsmodels():
    frame = market(7)
    fit = smf.ols("y ~ x + date", frame).fit(cov_type="cluster", cov_kwds={"groups": frame["vendor"]}, use_t=True)
    assert est.p_value(est.coefficient("y ~ x + date", frame, "date", "cluster", "vendor")) == pytest.approx(
        fit.pvalues["date"]
    )


def estimates(seed, effects):
    rng = np.random.default_rng(seed)
    values = np.array(effects) + rng.standard_normal(len(effects))
    return {f"e{place}": est.Estimate(one, one - 1.96, one + 1.96, 50, "") for place, one in enumerate(values)}


@pytest.mark.parametrize("method", ["fdr_by", "fdr_bh"])
def test_discoveries_are_false_as_seldom_as_said(method):
    effects, false, found, alone = [0.0] * 40 + [4.0] * 10, [], 0, 0
    for seed in range(60):
        table = est.family(
            {name: (one, 0.0) for name, one in estimates(seed, effects).items()}, method=method
        ).set_index("name")
        stands = table.index[table["stands"]]
        null = [name for name in stands if int(name[1:]) < 40]
        false.append(len(null) / max(len(stands), 1))
        found += len(stands) - len(null)
        alone += table["excludes"].sum()
    assert np.mean(false) <= 0.05 + 0.02
    assert found > 60 * 10 * 0.6
    assert alone > found


def test_a_family_of_nothing_has_no_rows():
    blank = est.Estimate(1.0, float("nan"), float("nan"), 3, "too few")
    assert est.family({"a": (blank, 0.0)}).empty
    assert est.by_chance([blank]) == (0.0, 0, 0)


def test_parity_of_a_ratio_is_tested_in_logarithms():
    log = est.Estimate(0.7, 0.1, 1.3, 50, "", clusters=8)
    table = est.family({"ratio": (log.map(np.exp), 1.0), "logarithm": (log, 0.0)}).set_index("name")
    assert table["p"]["ratio"] == pytest.approx(table["p"]["logarithm"])
    assert table["excludes"].all() and table["value"]["ratio"] == pytest.approx(np.exp(0.7))


def test_how_many_exclude_by_chance():
    family = list(estimates(0, [0.0] * 84).values())
    chance = est.by_chance(family)
    assert chance.expected == pytest.approx(4.2)
    assert (chance.most, chance.n) == (8, 84)
    seen = [sum(one.excludes(0) for one in estimates(seed, [0.0] * 84).values()) for seed in range(300)]
    assert np.mean(seen) == pytest.approx(4.2, abs=0.4)
    assert np.mean(np.array(seen) <= 8) >= 0.93
    known = [est.Estimate(one.value, one.low, one.high, 9, "", coverage=0.8) for one in family]
    assert est.by_chance(known).expected == pytest.approx(16.8)


def test_an_effect_of_the_size_called_detectable_is_found_in_four_of_five_cases():
    size = est.detectable(est.Estimate(0.0, -1.96, 1.96, 50, ""))
    assert np.mean([estimates(seed, [size])["e0"].excludes(0) for seed in range(800)]) == pytest.approx(0.8, abs=0.04)
    assert np.isnan(est.detectable(est.Estimate(0.0, float("nan"), float("nan"), 1, "")))
