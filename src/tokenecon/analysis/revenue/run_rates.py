"""Stated run-rates against recognised revenue: the multiple, and the growth that joins the two."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.optimize import brentq

from tokenecon.analysis.revenue.flows import annualised, months, months_between


def implied_monthly_growth(recognised: float, period_months: int, run_rate: float, months_after: int) -> float:
    """Return the steady monthly growth that leads from recognised revenue to a later run-rate.

    Revenue is taken to grow at one monthly rate through and after the period, so that the months of the period sum
    to ``recognised`` and the month ``months_after`` its end, times twelve, is ``run_rate``. Comparing a run-rate with
    the period's average instead would overstate growth, since that average lies in the middle of the period.

    Parameters
    ----------
    recognised : float
        Revenue of the period, in the currency of ``run_rate``; positive.
    period_months : int
        Length of the period.
    run_rate : float
        Annualised revenue of a single month; positive.
    months_after : int
        Months from the end of the period to the month of the run-rate; zero is the period's last month.

    Returns
    -------
    float
        Growth a month as a ratio; negative where the run-rate lies below the period's pace.

    Raises
    ------
    ValueError
        If an amount is not positive, or no rate between -90% and +900% a month fits.
    """
    if recognised <= 0 or run_rate <= 0:
        raise ValueError(f"recognised revenue and run-rate must be positive, not {recognised} and {run_rate}")
    lags = months_after + np.arange(period_months)

    def excess(log_growth: float) -> float:
        return float(np.log(run_rate / 12 * np.exp(-log_growth * lags).sum()) - np.log(recognised))

    low, high = np.log(0.1), np.log(10.0)
    if not lags.any() or excess(low) * excess(high) > 0:
        raise ValueError("no single monthly growth leads from this revenue to this run-rate")
    return float(np.expm1(brentq(excess, low, high, xtol=1e-14)))


def run_rate_growth(recognised: pd.DataFrame, said: pd.DataFrame) -> pd.DataFrame:
    """Return the monthly growth from each recognised period to each later run-rate of the same entity and measure.

    Parameters
    ----------
    recognised : pandas.DataFrame
        ``entity_id``, ``measure``, ``period``, ``period_start``, ``period_end``, ``value`` in one currency.
    said : pandas.DataFrame
        ``statement_id``, ``entity_id``, ``measure``, ``on`` (day of the run-rate), ``value`` in the same currency.

    Returns
    -------
    pandas.DataFrame
        One row a pair, with ``run_rate``, ``multiple`` (run-rate over the period's annual pace) and
        ``monthly_growth`` (:func:`implied_monthly_growth`; NaN where no one growth leads there). Periods that end after
        the run-rate's day are left out.
    """
    pairs = annualised(recognised).merge(
        said[["statement_id", "entity_id", "measure", "on", "value"]].rename(columns={"value": "run_rate"}),
        on=["entity_id", "measure"],
    )
    pairs = pairs[(pairs["period_end"] <= pairs["on"]) & (pairs["value"] > 0)].reset_index(drop=True)
    growth = [
        _growth_or_none(row.value, length, row.run_rate, months_between(row.period_end, row.on))
        for row, length in zip(pairs.itertuples(), months(pairs), strict=True)
    ]
    return pairs.assign(multiple=pairs["run_rate"] / pairs["annualised"], monthly_growth=growth)


def _growth_or_none(*path: float) -> float:
    try:
        return implied_monthly_growth(*path)
    except ValueError:
        return float("nan")
