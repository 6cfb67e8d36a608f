"""Many estimates side by side: how many exclude by chance, which stand after that, and what each could have seen."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import reduce
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import stats
from statsmodels.stats.multitest import multipletests

from tokenecon.analysis.estimate import Estimate

POWER = 0.8
"""Probability with which an effect of the size called detectable is found."""

RATE = 0.05
"""Part of the discoveries of a family that may be false."""


def p_value(estimate: Estimate, null: float = 0.0) -> float:
    """Return the two-sided p-value of a number being ``null``, read off its interval.

    The end that lies towards ``null`` says how far a value is that is just excluded; between, the distance counts as
    in a t distribution (normal without clusters). It is below one minus the level exactly where the interval excludes.
    NaN without an interval.
    """
    towards = estimate.low if null <= estimate.value else estimate.high
    reach = abs(towards - estimate.value)
    if not np.isfinite(estimate.value) or np.isnan(reach):
        return float("nan")
    distance = abs(null - estimate.value)
    if reach == 0:
        return float(distance == 0)
    degrees = _degrees(estimate)
    return float(2 * stats.t.sf(distance / reach * stats.t.isf((1 - estimate.level) / 2, degrees), degrees))


def _degrees(estimate: Estimate) -> float:
    """Return the degrees of freedom of an interval; without clusters as many as make it normal."""
    return max(estimate.clusters - 1, 1) if estimate.clusters else np.inf


def family(headlines: Mapping[str, tuple[Estimate, float]], rate: float = RATE, method: str = "fdr_by") -> pd.DataFrame:
    """Return which estimates of a family exclude their null, and which still do when the family is taken together.

    Parameters
    ----------
    headlines : mapping of str to Estimate and float
        The estimates by name, each with what it is tested against: one is parity of a ratio, tested in logarithms.
        Those without an interval have no row.
    rate : float
        Part of the discoveries that may be false.
    method : str
        Of ``statsmodels.stats.multitest.multipletests``. The estimates share models and days: Benjamini and Yekutieli
        (2001) control the rate under any dependence, Benjamini and Hochberg (1995, ``fdr_bh``) under a positive one.

    Returns
    -------
    pandas.DataFrame
        ``name``, ``value``, ``low``, ``high``, ``n``, ``null``, ``p`` (:func:`p_value`), ``excludes`` (alone),
        ``coverage`` (of the interval in the simulation study; NaN where not tried), ``q`` (p as the family changes
        it), ``stands`` (``q`` at most ``rate``), by p.
    """
    rows = []
    for name, (one, null) in headlines.items():
        p = p_value(one.map(np.log), 0.0) if null == 1 and one.low > 0 else p_value(one, null)
        if np.isfinite(p):
            rows.append((name, one.value, one.low, one.high, one.n, null, p, one.excludes(null), one.coverage))
    columns = ["name", "value", "low", "high", "n", "null", "p", "excludes", "coverage"]
    found = pd.DataFrame(rows, columns=columns)
    if found.empty:
        return found.assign(q=pd.Series(dtype=float), stands=pd.Series(dtype=bool))
    stands, q, _, _ = multipletests(found["p"], alpha=rate, method=method)
    return found.assign(q=q, stands=stands).sort_values("p", ignore_index=True)


class ByChance(NamedTuple):
    """How many intervals of a family exclude though all nulls hold: expected, and at most with 95 percent."""

    expected: float
    most: int
    n: int


def by_chance(family: Collection[Estimate]) -> ByChance:
    """Return how many of these intervals would exclude their null by chance if every null held.

    Each counts with what its interval does not cover, in the simulation study where it was tried there, else by its
    level. ``most`` takes them as independent; those that share a sample exclude together, and more of them may.
    """
    known = [one for one in family if np.isfinite(one.low) or np.isfinite(one.high)]
    odds = np.array([1 - (one.coverage if np.isfinite(one.coverage) else one.level) for one in known])
    counts = reduce(np.convolve, [(1 - one, one) for one in odds], np.ones(1))
    return ByChance(float(odds.sum()), int(np.searchsorted(np.cumsum(counts), 0.95)), len(known))


def detectable(estimate: Estimate, power: float = POWER) -> float:
    """Return the smallest effect whose interval would exclude zero with a given probability.

    From the width of its interval (Bloom 1995), on the scale on which that is about symmetric; NaN without one.
    """
    reach = (estimate.high - estimate.low) / 2
    end, more = (stats.t.isf(tail, _degrees(estimate)) for tail in ((1 - estimate.level) / 2, 1 - power))
    return float(reach * (1 + more / end)) if np.isfinite(reach) else float("nan")
