"""Estimators that the chapters share; each is tried in the tests on simulated data with a known answer.

By idea: :mod:`~tokenecon.analysis.estimators.regression` (coefficients),
:mod:`~tokenecon.analysis.estimators.resampling` (the bootstrap of vendors, for any statistic),
:mod:`~tokenecon.analysis.estimators.series` (trend and level of a short series),
:mod:`~tokenecon.analysis.estimators.durations` (how long something lasts),
:mod:`~tokenecon.analysis.estimators.families` (many estimates side by side) and
:mod:`~tokenecon.analysis.estimators.fit` (what none of them accepts). What their intervals cover in the designs of this
report stands in ``data/study.csv``.

Every function that draws takes a ``seed``, so that an edition prints the same numbers whenever it is executed. Input
that does not identify a number gives a :class:`FitError`, or an estimate without an interval that says why.
"""

from tokenecon.analysis.estimate import Estimate
from tokenecon.analysis.estimators.durations import by_cohort, median_duration, survival, survival_quantile
from tokenecon.analysis.estimators.families import ByChance, by_chance, detectable, discoveries, family, p_value
from tokenecon.analysis.estimators.fit import FitError, strict
from tokenecon.analysis.estimators.regression import (
    DRAWS,
    LEVEL,
    SEED,
    coefficient,
    effective_n,
    ols,
    quantile_coefficient,
    wild_cluster,
)
from tokenecon.analysis.estimators.resampling import (
    Statistic,
    coefficient_of,
    each,
    grouped_median,
    least_squares,
    mean,
    of,
    percentile_estimate,
    quantile,
    quotient,
    ratio,
    ratio_of_medians,
    resampled,
    resampled_coefficients,
    vendor_bootstrap,
)
from tokenecon.analysis.estimators.series import (
    Break,
    ar1_mean,
    ar1_trend,
    block_resampled,
    break_test,
    by_start,
    fixed_b,
    trend,
)

__all__ = [
    "DRAWS",
    "LEVEL",
    "SEED",
    "Break",
    "ByChance",
    "Estimate",
    "FitError",
    "Statistic",
    "ar1_mean",
    "ar1_trend",
    "block_resampled",
    "break_test",
    "by_chance",
    "by_cohort",
    "by_start",
    "coefficient",
    "coefficient_of",
    "detectable",
    "discoveries",
    "each",
    "effective_n",
    "family",
    "fixed_b",
    "grouped_median",
    "least_squares",
    "mean",
    "median_duration",
    "of",
    "ols",
    "p_value",
    "percentile_estimate",
    "quantile",
    "quantile_coefficient",
    "quotient",
    "ratio",
    "ratio_of_medians",
    "resampled",
    "resampled_coefficients",
    "strict",
    "survival",
    "survival_quantile",
    "trend",
    "vendor_bootstrap",
    "wild_cluster",
]
