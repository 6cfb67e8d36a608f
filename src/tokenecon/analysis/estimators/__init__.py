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
from tokenecon.lazy import export

__all__ = ["Estimate"]
__all__ += export(
    __name__,
    {
        "durations": ("by_cohort", "median_duration", "survival", "survival_quantile"),
        "families": ("ByChance", "by_chance", "detectable", "family", "p_value"),
        "fit": ("FitError", "strict"),
        "regression": (
            "DRAWS",
            "LEVEL",
            "SEED",
            "coefficient",
            "effective_n",
            "ols",
            "quantile_coefficient",
            "wild_cluster",
        ),
        "resampling": (
            "Statistic",
            "coefficient_of",
            "grouped_median",
            "least_squares",
            "mean",
            "of",
            "percentile_estimate",
            "quantile",
            "ratio",
            "ratio_of_medians",
            "resampled",
            "resampled_coefficients",
            "vendor_bootstrap",
        ),
        "series": ("Break", "ar1_mean", "ar1_trend", "block_resampled", "break_test", "by_start", "fixed_b", "trend"),
    },
)
