"""Input that does not identify a number gives an error that says so, or a blank interval: never a number."""

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tokenecon.analysis import estimators as est
from tokenecon.analysis.estimators import fit
from tokenecon.analysis.pricing import time_on_frontier

FORMULA = "y ~ x + t"


@pytest.fixture
def frame():
    rng = np.random.default_rng(0)
    vendor = np.repeat(np.arange(10), 6)
    x, t = rng.normal(size=(2, 60))
    y = 0.7 * x + t + rng.normal(size=10)[vendor] + rng.normal(size=60)
    return pd.DataFrame({"y": y, "x": x, "t": t, "vendor": vendor.astype(str)})


ESTIMATORS = {
    "HC3": lambda formula, frame: est.coefficient(formula, frame, "x"),
    "classical": lambda formula, frame: est.coefficient(formula, frame, "x", "classical"),
    "cluster": lambda formula, frame: est.coefficient(formula, frame, "x", "cluster", "vendor"),
    "wild": lambda formula, frame: est.wild_cluster(formula, frame, "x", "vendor", draws=199),
    "median": lambda formula, frame: est.quantile_coefficient(formula, frame, "x"),
    "pairs": lambda formula, frame: est.resampled_coefficients(formula, frame, None, 9)["x"],
    "vendor pairs": lambda formula, frame: est.resampled_coefficients(formula, frame, "vendor", 9)["x"],
    "vendor bootstrap": lambda formula, frame: est.vendor_bootstrap(
        est.coefficient_of(formula, frame, "x"), frame["vendor"], draws=99
    ),
    "alone": lambda formula, frame: est.least_squares(formula, frame, "x"),
}
each_estimator = pytest.mark.parametrize("estimator", ESTIMATORS.values(), ids=ESTIMATORS.keys())
BY_VENDOR = ["cluster", "wild", "vendor pairs", "vendor bootstrap"]
each_by_vendor = pytest.mark.parametrize("estimator", [ESTIMATORS[name] for name in BY_VENDOR], ids=BY_VENDOR)


def size(found):
    return getattr(found, "n", None)


@each_estimator
def test_a_twin_column_is_refused_by_name(frame, estimator):
    with pytest.raises(est.FitError, match=r"'y ~ x \+ twin': rank 2 of 3: (x|twin) follows"):
        estimator("y ~ x + twin", frame.assign(twin=frame["x"]))


@pytest.mark.parametrize("name", ["HC3", "classical", "cluster", "wild"])
@pytest.mark.parametrize("outcome", [lambda rows: 3 * rows["x"] - rows["t"], lambda rows: 0.5])
def test_a_fit_that_meets_every_row_has_no_interval(frame, name, outcome):
    found = ESTIMATORS[name](FORMULA, frame.assign(y=outcome))
    assert not found.has_interval and "meets every row" in found.errors


@each_estimator
@pytest.mark.parametrize("scale", [1e-12, 2.0, -1e9])
def test_a_column_that_follows_from_others_is_refused_at_any_scale(frame, estimator, scale):
    with pytest.raises(est.FitError, match="follows from the other terms"):
        estimator("y ~ x + t + z", frame.assign(z=scale * (frame["x"] - 3 * frame["t"] + 1)))


@each_estimator
def test_a_constant_column_is_refused(frame, estimator):
    with pytest.raises(est.FitError, match="rank"):
        estimator("y ~ x + same", frame.assign(same=4.0))


def test_years_and_their_squares_are_no_twins(frame):
    rows = frame.assign(x=2025 + frame["x"] / 3)
    found = est.coefficient("y ~ x + I(x**2)", rows, "x")
    drawn = est.resampled_coefficients("y ~ x + I(x**2)", rows, None, 50)["x"]
    assert np.isfinite(found.low)
    assert drawn.notna().all()


@each_estimator
@pytest.mark.parametrize("name", ["C", "Q", "I", "np", "center", "vendor2", "rows", "frame", "errors"])
def test_a_column_that_the_formula_does_not_use_changes_nothing(frame, estimator, name):
    """Missing values of it cost no rows, and its name, be it that of a function of patsy, hides nothing."""
    formula = "y ~ x + I(t) + np.exp(t)"
    odd = frame.assign(**{name: np.where(np.arange(60) % 2, np.nan, 1.0)})
    plain, beside = estimator(formula, frame), estimator(formula, odd)
    assert size(plain) in (None, 60)
    pd.testing.assert_series_equal(pd.Series(plain).map(str), pd.Series(beside).map(str))


@pytest.mark.parametrize("name", ["C", "Q", "I", "np"])
def test_a_used_column_named_like_a_function_is_a_column(frame, name):
    renamed = frame.rename(columns={"t": name})
    assert est.coefficient(f"y ~ x + {name}", renamed, "x").value == pytest.approx(
        est.coefficient(FORMULA, frame, "x").value
    )


@pytest.mark.parametrize(("name", "formula"), [("C", "y ~ x + C + C(vendor)"), ("I", "y ~ x + I + I(t**2)")])
def test_a_name_that_is_column_and_function_at_once_is_refused(frame, name, formula):
    with pytest.raises(est.FitError, match=f"column '{name}' is named like the function"):
        est.coefficient(formula, frame.assign(**{name: frame["t"] ** 3}), "x")


def test_a_formula_sees_no_variable_of_ours(frame):
    with pytest.raises(est.FitError, match="no column 'groups'"):
        est.coefficient("y ~ x + groups", frame, "x")


@pytest.mark.parametrize("formula", ["y ~ x +", "y ~ x + ", "y ~ ~ x"])
def test_a_formula_that_is_none_is_one_line(frame, formula):
    with pytest.raises(est.FitError, match="'y ~"):
        est.coefficient(formula, frame, "x")


def test_a_term_that_is_not_there_is_named(frame):
    with pytest.raises(est.FitError, match="no term 'z'; there are Intercept, x, t"):
        est.wild_cluster(FORMULA, frame, "z", "vendor")


@each_estimator
def test_a_missing_value_of_a_used_column_costs_its_row(frame, estimator):
    found = estimator(FORMULA, frame.assign(t=frame["t"].where(np.arange(60) > 3)))
    whole = estimator(FORMULA, frame.iloc[4:])
    if size(found) is not None and size(found) != 60:
        assert found.n == whole.n == 56


@each_estimator
@pytest.mark.parametrize("term", ["np.log(t)", "np.log(t - t)"])
def test_what_a_formula_makes_infinite_or_missing_is_refused(frame, estimator, term):
    with pytest.raises(est.FitError, match="is not finite"), warnings.catch_warnings():
        warnings.simplefilter("error")
        estimator(f"y ~ x + {term}", frame)


@each_by_vendor
@pytest.mark.parametrize("nothing", [np.nan, None])
def test_a_vendor_without_a_name_is_refused(frame, estimator, nothing):
    with pytest.raises(est.FitError, match="vendor is missing in 1 of 60 rows"):
        estimator(FORMULA, frame.assign(vendor=frame["vendor"].astype(object).where(np.arange(60) != 7, nothing)))


def test_one_cluster_has_no_interval(frame):
    one = frame.assign(vendor="a")
    with pytest.raises(est.FitError, match="one cluster"):
        est.coefficient(FORMULA, one, "x", "cluster", "vendor")
    for found in (ESTIMATORS["wild"](FORMULA, one), ESTIMATORS["vendor bootstrap"](FORMULA, one)):
        assert np.isfinite(found.value)
        assert np.isnan([found.low, found.high]).all()
        assert not found.excludes(1e9)
        assert "too few" in found.errors


def test_one_vendor_that_decides_alone_has_no_interval(frame):
    alone = frame.assign(x=(frame["vendor"] == "3") * (1 + np.arange(60) / 60))
    found = est.wild_cluster(FORMULA, alone, "x", "vendor")
    assert np.isnan(found.low)
    assert "in effect" in found.errors


@each_estimator
@pytest.mark.parametrize("rows", [0, 1, 3])
def test_no_more_rows_than_terms_is_refused(frame, estimator, rows):
    with pytest.raises(est.FitError, match=r"no row is complete|rows for 3 terms"):
        estimator(FORMULA, frame.iloc[:rows])


def test_hc3_refuses_a_row_that_fits_itself(frame):
    alone = frame.assign(only=(np.arange(60) == 5).astype(float))
    with pytest.raises(est.FitError, match="1 rows fit themselves"):
        est.coefficient("y ~ x + only", alone, "x")
    assert np.isfinite(est.coefficient("y ~ x + only", alone, "x", "cluster", "vendor").low)


def test_an_index_with_doubles_is_no_cross_product(frame):
    doubled = frame.set_axis([0] * 60)
    for estimator in ESTIMATORS.values():
        found, plain = estimator(FORMULA, doubled), estimator(FORMULA, frame)
        assert str(found) == str(plain)


def test_a_fit_that_gives_up_is_an_error_with_its_formula(frame):
    with pytest.raises(est.FitError, match=r"'y ~ x \+ t': 1 iterations do not reach"):
        est.quantile_coefficient(FORMULA, frame, "x", iterations=1)


def test_two_columns_of_one_name_are_refused(frame):
    double = pd.concat([frame, frame[["x"]]], axis=1)
    with pytest.raises(est.FitError, match="two columns of one name"):
        est.coefficient(FORMULA, double, "x")


# Samples -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [est.mean, est.quantile, lambda values: est.quantile(values, 0.5, [1.0] * 6)])
def test_a_missing_value_is_refused_by_statistics(make):
    with pytest.raises(est.FitError, match="1 of 6 missing"):
        make([1.0, 2, np.nan, 4, 5, 6])


def test_a_missing_value_is_refused_by_the_bootstrap():
    with pytest.raises(est.FitError, match="missing"):
        est.resampled(np.median, [1.0, np.nan, 3.0])
    with pytest.raises(est.FitError, match="missing"):
        est.grouped_median([1.0, np.nan, 3.0], list("abc"))
    with pytest.raises(est.FitError, match="missing"):
        est.grouped_median([1.0, 2.0, 3.0], ["a", None, "c"])
    with pytest.raises(est.FitError, match="no values"):
        est.resampled(np.median, [])


def test_resamples_without_a_value_leave_no_interval():
    found = est.percentile_estimate(1.0, [1.0] * 90 + [np.nan] * 10, 9, "pairs")
    assert np.isnan(found.low)
    assert found.errors == "no interval: 10 of 100 resamples have no value"


def test_a_stratum_of_two_vendors_leaves_no_interval():
    values, vendors = np.arange(12.0) + 1, np.repeat(list("abcdef"), 2)
    found = est.vendor_bootstrap(est.mean(values), vendors, ["CN"] * 4 + ["US"] * 8, draws=99)
    assert found.value == 6.5
    assert np.isnan(found.low)


@pytest.mark.parametrize(
    ("days", "ended"),
    [
        ([5, np.nan, 9], [1, 1, 0]),
        ([5, 7, 9], [1, np.nan, 0]),
        ([], []),
        ([-1, 2, 3], [1, 1, 1]),
        ([1, 2, 3], [1, 2, 0]),
    ],
)
def test_durations_that_are_none_are_refused(days, ended):
    with pytest.raises(est.FitError):
        est.survival(days, ended)
    with pytest.raises(est.FitError):
        est.median_duration(days, ended, ["a"] * len(days))


@pytest.mark.parametrize("n", [1, 2])
def test_one_or_two_durations_have_no_interval(n):
    found = est.survival([5.0, 8.0][:n], [True, True][:n])[1]
    assert found.value == 5
    assert np.isnan([found.low, found.high]).all()


def test_a_cohort_without_a_name_is_refused():
    frame = pd.DataFrame({"cohort": ["a", None], "days": [1, 2], "ended": [True, True]})
    with pytest.raises(est.FitError, match="cohort is missing in 1 of 2 rows"):
        est.by_cohort(frame, "cohort")


def test_a_hazard_without_ends_in_a_country_is_blank_and_a_missing_day_an_error():
    rows = pd.DataFrame(
        {"country": ["CN", "CN", "US", "US"], "days": [3.0, 4, 5, 6], "ended": [False, False, True, True],
         "standing": [0.9, 0.8, 0.95, 0.7]}
    )  # fmt: skip
    assert np.isnan(time_on_frontier.hazard_ratio(rows, "CN").value)
    with pytest.raises(est.FitError, match="missing in 1 rows"):
        time_on_frontier.hazard_ratio(rows.assign(days=[3.0, np.nan, 5, 6], ended=True), "CN")


# Series ------------------------------------------------------------------------------------------------------------

SERIES = {"AR(1)": est.ar1_trend, "fixed-b": est.fixed_b, "Newey–West": est.trend, "mean": est.ar1_mean}
each_series = pytest.mark.parametrize("estimator", SERIES.values(), ids=SERIES.keys())


@each_series
@pytest.mark.parametrize("n", [0, 1, 2])
def test_a_series_of_two_has_no_number(estimator, n):
    found = estimator(np.arange(n) * 1.0, np.arange(n) * 1.0)
    assert np.isnan([found.value, found.low, found.high]).all()


@pytest.mark.parametrize("estimator", [est.ar1_trend, est.ar1_mean, est.fixed_b])
def test_a_handful_or_a_line_has_no_interval(estimator):
    few = estimator([1.0, 3, 2, 5, 4, 6, 5], range(7))
    line = estimator(np.full(20, 2.0), range(20))
    for found in (few, line):
        assert np.isfinite(found.value)
        assert np.isnan([found.low, found.high]).all()


@pytest.mark.parametrize("estimator", [est.ar1_trend, est.ar1_mean, est.fixed_b])
@pytest.mark.parametrize("times", [[0, 1, 1, 2], [0, 2, 1, 3], [0, np.nan, 2, 3], [0, 1, 2]])
def test_times_that_do_not_rise_are_refused(estimator, times):
    with pytest.raises(est.FitError):
        estimator([1.0, 2, 4, 3], times)


def test_a_break_is_not_looked_for_in_a_handful():
    with pytest.raises(est.FitError, match="too few"):
        est.break_test(np.random.default_rng(0).normal(size=15), range(15))


def test_a_missing_value_is_refused_by_blocks():
    with pytest.raises(est.FitError, match="1 of 3 missing"):
        est.block_resampled(np.mean, [1.0, np.nan, 2.0])


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from([0.0, 1.0, -2.5, 1e9, 1e-9, np.nan, np.inf]), min_size=0, max_size=14),
    st.lists(st.sampled_from(["a", "b", "c", "d", "e", "f", None]), min_size=14, max_size=14),
)
def test_whatever_comes_in_an_interval_holds_its_value_or_is_none(values, vendors):
    frame = pd.DataFrame({"y": values, "x": np.arange(len(values)) ** 2.0, "vendor": vendors[: len(values)]})
    calls = [
        lambda: est.wild_cluster("y ~ x", frame, "x", "vendor", draws=99),
        lambda: est.coefficient("y ~ x", frame, "x"),
        lambda: est.vendor_bootstrap(est.quantile(frame["y"]), frame["vendor"], draws=99),
        lambda: est.survival(frame["y"].abs(), frame["x"] > 3)[1],
        lambda: est.ar1_trend(frame["y"], frame["x"]),
    ]
    for call in calls:
        try:
            with np.errstate(all="ignore"):
                found = call()
        except est.FitError as fault:
            assert "\n" not in str(fault)
            continue
        assert np.isnan(found.low) or found.low <= found.high
        # A median of durations may be known to be long, and no more.
        assert np.isfinite(found.value) or not np.isfinite(found.low) or np.isinf(found.high)


def test_columns_of_a_formula():
    names = ["y", "x", "a b", "C", "np", "t"]
    assert fit.columns("np.log(y) ~ x:C(t) + Q('a b')", names) == ["y", "x", "a b", "t"]
    assert fit.columns("y ~ C(t, Treatment(1)) + np.where(x > np.pi, 1, 0)", names) == ["y", "x", "t"]
