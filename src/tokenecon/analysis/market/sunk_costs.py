"""What research costs beside what is sold, and how many firms a market carries at that cost.

Sutton (1991) shows that where quality is bought with sunk outlays, firms raise these outlays as the market grows, so
that their number stays bounded however large it becomes. Two bounds follow here. The *accounting* bound asks how many
firms of equal size the gross profit of a market pays for at the R&D that firms are seen to spend. The *theoretical*
one is Sutton's, for Cournot rivals, from how fast outlays must rise for quality.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import NamedTuple

import pandas as pd

PARTS = {"R&D": ("rd_expense",), "computing fees": ("rd_compute", "cost_compute"), "compute": ("compute_expense",)}
"""Outlays that are set against revenue, and the metrics that make them up."""

MARKETS = {
    "maas": "models by API",
    "public_cloud_models": "models on public clouds",
    "llm_market": "all revenue of language models",
}
"""Segments for which analysts print what a country's market sells in a year."""

WHOLE, PART = "all R&D of a firm", "the part that goes with its sales in that market"
"""Scopes of an outlay: a seller abroad spends for more than the home market."""


class Bill(NamedTuple):
    """A vendor's whole bill for compute in a period, and how many of it (``firms``) the stated run-rates pay for."""

    vendor: str
    period: str
    firms: float


def intensities(flows: pd.DataFrame, numerators: Mapping[str, tuple[str, ...]]) -> pd.DataFrame:
    """Return outlays over revenue by entity and period.

    Parameters
    ----------
    flows : pandas.DataFrame
        ``entity_id``, ``metric``, ``period``, ``period_start``, ``period_end``, ``value``; totals of an entity.
    numerators : mapping of str to tuple of str
        Name of the ratio to the metrics that it adds up.

    Returns
    -------
    pandas.DataFrame
        ``entity_id``, ``period``, ``period_start``, ``period_end``, ``ratio`` (name), ``outlay``, ``revenue``,
        ``value``. A period that lacks one of the metrics, or has no revenue, has no row.
    """
    key = ["entity_id", "period", "period_start", "period_end"]
    wide = flows.pivot_table("value", key, "metric").reset_index()
    rows = []
    for name, parts in numerators.items():
        if not set(parts) | {"revenue"} <= set(wide):
            continue
        known = wide.dropna(subset=[*parts, "revenue"])
        known = known[known["revenue"] > 0]
        outlay = known[list(parts)].sum(axis=1)
        rows.append(
            known[key].assign(ratio=name, outlay=outlay, revenue=known["revenue"], value=outlay / known["revenue"])
        )
    return pd.concat(rows, ignore_index=True)


def firms(market: float, margin: float, outlay: float, growth: float = 1.0) -> float:
    """Return how many firms of equal size a market's gross profit pays for.

    Free entry leaves no profit: ``growth * market * margin / N = outlay``.

    Parameters
    ----------
    market : float
        Revenue of all sellers in a year.
    margin : float
        Gross profit over revenue.
    outlay : float
        R&D of one firm in a year, in the same currency.
    growth : float
        Multiple to which the market grows while the outlay stays.

    Raises
    ------
    ValueError
        If the outlay or the market is not above zero.
    """
    if outlay <= 0 or market <= 0:
        raise ValueError(f"a market of {market} and an outlay of {outlay} carry no bound")
    return growth * market * margin / outlay


def grid(markets: pd.DataFrame, outlays: pd.DataFrame, margins: pd.DataFrame) -> pd.DataFrame:
    """Return the bound for every definition of a market, outlay and margin, each of the market's own year.

    Parameters
    ----------
    markets, outlays, margins : pandas.DataFrame
        ``label``, ``value`` and ``period``: what a market sells, what a firm spends (with ``scope``: on all that it
        sells, or the part that goes with its sales there), what is left of a sale. A margin without a period goes with
        every year.

    Returns
    -------
    pandas.DataFrame
        ``market``, ``scope``, ``outlay``, ``margin`` (labels) and ``firms``; a market without an outlay of its year has
        no row.
    """
    rows = []
    for market, outlay, margin in product(markets.itertuples(), outlays.itertuples(), margins.itertuples()):
        if outlay.period == market.period and margin.period in (market.period, ""):
            count = firms(market.value, margin.value, outlay.value)
            rows.append((market.label, outlay.scope, outlay.label, margin.label, count))
    return pd.DataFrame(rows, columns=["market", "scope", "outlay", "margin", "firms"])


def ranges(bounds: pd.DataFrame) -> pd.DataFrame:
    """Return, for each assumption, how far the median bound moves over its levels, the widest first.

    Returns
    -------
    pandas.DataFrame
        ``assumption``, ``low_label``, ``low``, ``high_label``, ``high``.
    """
    rows = []
    for name in ("market", "scope", "outlay", "margin"):
        levels = bounds.groupby(name)["firms"].median().sort_values()
        rows.append((name, levels.index[0], levels.iloc[0], levels.index[-1], levels.iloc[-1]))
    found = pd.DataFrame(rows, columns=["assumption", "low_label", "low", "high_label", "high"])
    return found.sort_values("high", key=lambda high: -high / found["low"], ignore_index=True)
