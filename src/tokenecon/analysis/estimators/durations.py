"""How long something lasts where not all have ended: Kaplan and Meier's curve, its median, by cohort, by vendor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from scipy import stats
from statsmodels.duration.survfunc import SurvfuncRight

from tokenecon.analysis.estimate import NAN, Estimate
from tokenecon.analysis.estimators.fit import FitError, numbers
from tokenecon.analysis.estimators.regression import DRAWS, LEVEL, SEED
from tokenecon.analysis.estimators.resampling import Statistic, vendor_bootstrap


def _checked(days: Sequence[float], ended: Sequence[bool]) -> tuple[np.ndarray, np.ndarray]:
    found, over = numbers(days, "durations"), numbers(ended, "ends")
    if len(found) != len(over):
        raise FitError(f"{len(found)} durations and {len(over)} ends")
    if (found < 0).any() or np.isinf(found).any():
        raise FitError(f"durations: {int((found < 0).sum())} below zero, {int(np.isinf(found).sum())} infinite")
    if not np.isin(over, (0, 1)).all():
        raise FitError("ends must say true or false")
    return found, over.astype(bool)


def survival(days: Sequence[float], ended: Sequence[bool]) -> tuple[pd.DataFrame, Estimate]:
    """Return a survival curve after Kaplan and Meier (1958), and its median.

    Durations count as independent; where they come from a few vendors :func:`median_duration` is the interval to print.

    Parameters
    ----------
    days : sequence of float
        How long each was watched.
    ended : sequence of bool
        Whether it ended then; otherwise it is censored: it was still going on when last seen.

    Returns
    -------
    curve : pandas.DataFrame
        ``day``, ``surviving`` with ``low`` and ``high`` (log–log intervals), ``at_risk``; it begins at day 0.
    median : Estimate
        In days, with its interval (log–log); NaN where fewer than half ended, infinite where an end is not reached.
        Fewer than three durations have no interval.

    Raises
    ------
    FitError
        If there is no duration, or one is missing or negative, or an end is missing.
    """
    days, ended = _checked(days, ended)
    if not ended.any():
        curve = pd.DataFrame(
            {"day": [0.0, days.max()], "surviving": 1.0, "low": 1.0, "high": 1.0, "at_risk": [len(days), 0]}
        )
        return curve, Estimate(NAN, NAN, NAN, len(days), "Kaplan–Meier, none ended")
    found = SurvfuncRight(days, ended.astype(int))
    z = stats.norm.ppf((1 + LEVEL) / 2)
    surviving, error = found.surv_prob, found.surv_prob_se
    with np.errstate(divide="ignore", invalid="ignore"):
        width = z * error / (surviving * np.log(surviving))
    low, high = surviving ** np.exp(-width), surviving ** np.exp(width)
    rows = pd.DataFrame(
        {
            "day": found.surv_times,
            "surviving": surviving,
            "low": np.where(np.isfinite(low), low, surviving),
            "high": np.where(np.isfinite(high), high, surviving),
            "at_risk": found.n_risk,
        }
    )
    start = pd.DataFrame({"day": [0.0], "surviving": [1.0], "low": [1.0], "high": [1.0], "at_risk": [len(days)]})
    rows[["low", "high"]] = np.sort(rows[["low", "high"]].to_numpy(), axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        ends = [float(end) for end in found.quantile_ci(0.5, method="cloglog")]
    middle = float(survival_quantile(days, ended)(np.ones((1, len(days))))[0])
    middle = middle if np.isfinite(middle) else NAN
    curve = pd.concat([start, rows], ignore_index=True)
    if len(days) < 3:
        return curve, Estimate(middle, NAN, NAN, len(days), "Kaplan–Meier, too few for an interval")
    return curve, Estimate(middle, *ends, len(days), "Kaplan–Meier, log–log interval")


def survival_quantile(days: Sequence[float], ended: Sequence[bool], q: float = 0.5) -> Statistic:
    """Return the time by which a part ``q`` has ended, censoring handled, as a statistic of weights.

    Kaplan and Meier's, the first time at which no more than the rest survives, whatever way the product was rounded;
    infinite for a resample in which more survives to the end.
    """
    days, ended = _checked(days, ended)
    times = np.unique(days[ended])
    watched = (days[:, None] >= times).astype(float)
    stopped = ((days[:, None] == times) & ended[:, None]).astype(float)

    def statistic(drawn: np.ndarray) -> np.ndarray:
        at_risk, ends = drawn @ watched, drawn @ stopped
        with np.errstate(invalid="ignore", divide="ignore"):
            surviving = np.cumprod(np.where(at_risk > 0, 1 - ends / at_risk, 1.0), axis=1)
        fallen = surviving <= 1 - q + 1e-12
        if not len(times):
            return np.full(len(drawn), np.inf)
        return np.where(fallen.any(axis=1), times[fallen.argmax(axis=1)], np.inf)

    return statistic


def median_duration(
    days: Sequence[float],
    ended: Sequence[bool],
    vendors: Sequence[object],
    draws: int = DRAWS,
    seed: int = SEED,
) -> Estimate:
    """Return the median of Kaplan and Meier's curve with the interval of the bootstrap that draws whole vendors.

    Durations of one vendor's models resemble one another, which the interval of :func:`survival` does not know.

    Parameters
    ----------
    days, ended
        As for :func:`survival`.
    vendors : sequence
        Whose each was.
    draws, seed
        As for :func:`~tokenecon.analysis.estimators.resampling.vendor_bootstrap`.

    Returns
    -------
    Estimate
        In days. NaN where fewer than half ended; an end is infinite where resamples have no median.
    """
    found = vendor_bootstrap(survival_quantile(days, ended), vendors, None, draws, seed, "days")
    if np.isinf(found.value):
        return Estimate(NAN, NAN, NAN, found.n, "Kaplan–Meier, fewer than half ended", unit="days")
    return replace(found, errors=f"Kaplan–Meier, {found.errors}")


def by_cohort(
    frame: pd.DataFrame,
    cohort: str,
    days: str = "days",
    ended: str = "ended",
) -> pd.DataFrame:
    """Return median durations by cohort, those still going on counted as such.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row a duration.
    cohort : str
        Column that names the cohort, such as the half year of release; an ordered one keeps its order.
    days, ended : str
        Columns as for :func:`survival`.

    Returns
    -------
    pandas.DataFrame
        ``cohort``, ``n``, ``ended``, ``median``, ``low``, ``high``, ``watched`` (the longest duration, ended or not: a
        young cohort cannot show a long one), ``errors``. The median is NaN where fewer than half have ended.

    Raises
    ------
    FitError
        If a cohort, a duration or an end is missing.
    """
    if lost := int(frame[cohort].isna().sum()):
        raise FitError(f"{cohort} is missing in {lost} of {len(frame)} rows")
    rows = []
    for name, part in frame.groupby(cohort, observed=True):
        found = survival(part[days], part[ended])[1]
        rows.append(
            {"cohort": name, "n": found.n, "ended": int(part[ended].sum()), "median": found.value, "low": found.low,
             "high": found.high, "watched": float(part[days].max()), "errors": found.errors}
        )  # fmt: skip
    return pd.DataFrame(rows)
