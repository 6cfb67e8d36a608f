"""Break-even: the revenue whose gross profit covers R&D, and the years until it does."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pandas as pd
from scipy.optimize import brentq

HORIZON_YEARS = 10.0
"""How far ahead break-even is looked for; growth held for longer describes no company. Judgement."""


def break_even_revenue(rd: float, margin: float) -> float:
    """Return the revenue whose gross profit equals R&D expense; infinite where the margin is not positive."""
    return rd / margin if margin > 0 else float("inf")


def years_to_break_even(
    revenue: float,
    growth: float,
    rd: float,
    rd_growth: float,
    margin: float,
    margin_end: float | None = None,
    margin_years: float = 3,
    horizon: float = HORIZON_YEARS,
) -> float:
    """Return the years until gross profit first covers R&D; infinite if not within the horizon.

    Parameters
    ----------
    revenue, rd : float
        Of the last twelve months, in one currency.
    growth, rd_growth : float
        Ratios a year, held.
    margin, margin_end : float
        Gross margin now, and to which it moves in a straight line over ``margin_years``; held where there is no end.
    horizon : float
        Years looked ahead.
    """
    end = margin if margin_end is None else margin_end

    def surplus(years: float) -> float:
        now = margin + (end - margin) * min(years / margin_years, 1)
        return now * revenue * (1 + growth) ** years - rd * (1 + rd_growth) ** years

    if surplus(0) >= 0:
        return 0.0
    grid = np.linspace(0, horizon, int(horizon * 24) + 1)
    for low, high in pairwise(grid):
        if surplus(high) >= 0:
            return float(brentq(surplus, low, high, xtol=1e-13))
    return float("inf")


def break_even_curves(starts: pd.DataFrame, years: Sequence[int]) -> pd.DataFrame:
    """Return the revenue needed to cover R&D, in multiples of the last twelve months', over the gross margin.

    ``starts`` has ``entity_id``, ``revenue``, ``rd`` and ``rd_growth`` (ratio a year), one row an entity; R&D is taken
    as filed and grown on for each of the ``years``.
    """
    margins = np.linspace(0.1, 0.8, 71)
    parts = [
        pd.DataFrame(
            {
                "entity_id": row.entity_id,
                "years": year,
                "margin": margins,
                "multiple": [
                    break_even_revenue(row.rd * (1 + row.rd_growth) ** year, m) / row.revenue for m in margins
                ],
            }
        )
        for row in starts.itertuples()
        for year in years
    ]
    return pd.concat(parts, ignore_index=True)


def break_even_table(starts: pd.DataFrame) -> pd.DataFrame:
    """Return how far break-even is on each path of the margin and of R&D.

    Parameters
    ----------
    starts : pandas.DataFrame
        One row an entity: ``entity_id``, ``revenue``, ``rd``, ``margin`` (last twelve months), ``growth`` and
        ``rd_growth`` (as last filed, ratios), ``margin_middle`` and ``margin_high`` (of the prior).

    Returns
    -------
    pandas.DataFrame
        Three paths of the margin times two of R&D, an entity: ``margin_path``, ``margin_end``, ``rd_path``,
        ``multiple`` (break-even revenue at the margin reached and R&D as filed, over the last twelve months'),
        ``years`` at the growth of revenue last filed and ``years_half`` at half of it; infinite beyond the horizon.
    """
    rows = []
    for start in starts.to_dict("records"):
        paths = {"as filed": "margin", "to the middle of the prior": "margin_middle", "to its high end": "margin_high"}
        for (path, end), (rd_path, rd_growth) in (
            (margin, rd) for margin in paths.items() for rd in (("held", 0.0), ("as last filed", start["rd_growth"]))
        ):
            common = {"revenue": start["revenue"], "rd": start["rd"], "rd_growth": rd_growth}
            common |= {"margin": start["margin"], "margin_end": start[end]}
            rows.append(
                {
                    "entity_id": start["entity_id"],
                    "margin_path": path,
                    "margin_end": start[end],
                    "rd_path": rd_path,
                    "rd_growth": rd_growth,
                    "multiple": break_even_revenue(start["rd"], start[end]) / start["revenue"],
                    "years": years_to_break_even(growth=start["growth"], **common),
                    "years_half": years_to_break_even(growth=start["growth"] / 2, **common),
                }
            )
    return pd.DataFrame(rows)
