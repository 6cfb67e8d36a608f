"""Tokens and prices: how many tokens a day earn a revenue, on each price of a million that is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from tokenecon.analysis.market import prices

BLENDS: Mapping[str, float] = {"one to one": 1, "three to one": prices.BLEND, "ten to one": 10}
"""Input tokens for one output token: the convention is three; the others are its range."""


def daily_tokens(revenue_a_year: float, price: float) -> float:
    """Return the tokens a day that earn a yearly revenue at a price for a million tokens, in one currency."""
    if price <= 0:
        raise ValueError(f"a price must be positive, not {price}")
    return revenue_a_year / 365 / price * 1e6


def list_prices(operating: pd.DataFrame, entity: str) -> pd.DataFrame:
    """Return the list prices of an entity's models, blended.

    Returns
    -------
    pandas.DataFrame
        ``item``, ``on`` (day of the price), ``currency``, ``input``, ``output`` and a column a blend of :data:`BLENDS`,
        per million tokens, without any discount for cached input; models without one of the prices are left out.
    """
    own = operating[operating["entity_id"] == entity]
    sides = {}
    for side, metric in (("input", "list_price_input"), ("output", "list_price_output")):
        rows = own[own["metric"] == metric]
        sides[side] = rows.set_index(["item", "period_start", "currency"])["value"]
    both = pd.DataFrame(sides).dropna().reset_index().rename(columns={"period_start": "on"})
    for name, inputs in BLENDS.items():
        both[name] = prices.blended(both, inputs)["blended"]
    return both.sort_values(["on", "item"], ignore_index=True)


def average_price(revenue: float, days: int, levels: Sequence[float]) -> tuple[float, float]:
    """Return the least and the most that a million of all tokens processed earned on average over a period.

    Parameters
    ----------
    revenue : float
        Of the period.
    days : int
        Length of the period.
    levels : sequence of float
        Tokens a day as known for days in or near the period: volume lay between the least and the most of them. Free
        traffic is inside, so this is less than what a paid token costs.
    """
    earned = [revenue / (level * days) * 1e6 for level in levels]
    return min(earned), max(earned)


def average_prices(flows: pd.DataFrame, tokens: pd.DataFrame) -> pd.DataFrame:
    """Return what a million of all tokens processed earned, for each period with at least two known volumes.

    Parameters
    ----------
    flows : pandas.DataFrame
        Revenue of the token line of one entity: ``period``, ``period_start``, ``period_end``, ``value``.
    tokens : pandas.DataFrame
        Tokens a day of the same entity: ``period_end``, ``value``. Those from a month before the period to its end
        count.

    Returns
    -------
    pandas.DataFrame
        ``period``, ``period_end``, ``low`` and ``high`` (per million tokens, :func:`average_price`), in order of time.
    """
    rows = []
    for flow in flows.sort_values(["period_end", "period_start"]).itertuples():
        near = tokens["period_end"].between(flow.period_start - pd.Timedelta(days=31), flow.period_end)
        levels = tokens.loc[near, "value"].tolist()
        if len(levels) >= 2:
            days = (flow.period_end - flow.period_start).days + 1
            rows.append((flow.period, flow.period_end, *average_price(flow.value, days, levels)))
    return pd.DataFrame(rows, columns=["period", "period_end", "low", "high"])


def token_needs(bases: pd.DataFrame, revenue_a_year: float) -> pd.DataFrame:
    """Return ``bases`` (``low``, ``middle``, ``high`` per million tokens) with the tokens a day that earn a revenue.

    ``tokens_low`` belongs to the high price and ``tokens_high`` to the low one; an unknown price gives NaN.
    """

    def needed(price: float) -> float:
        return daily_tokens(revenue_a_year, price) if price == price else float("nan")

    return bases.assign(
        tokens_low=bases["high"].map(needed),
        tokens_middle=bases["middle"].map(needed),
        tokens_high=bases["low"].map(needed),
    )


def price_bases(
    lists: pd.DataFrame, averages: pd.DataFrame, market: pd.DataFrame, dollars: Mapping[str, float]
) -> pd.DataFrame:
    """Gather prices of a million tokens on all bases known, in dollars; a basis that is not known has NaN.

    Parameters
    ----------
    lists : pandas.DataFrame
        As :func:`list_prices` returns them.
    averages : pandas.DataFrame
        As :func:`average_prices` returns them, dollars; the last one is used.
    market : pandas.DataFrame
        ``period``, ``value``, ``currency``: the market's average revenue per million tokens; the last one is used.
    dollars : mapping of str to float
        Dollars for one unit of each currency.

    Returns
    -------
    pandas.DataFrame
        ``label``, ``basis`` (``list``, ``own average``, ``market``), ``low``, ``middle``, ``high``. The range of a list
        price is that of :data:`BLENDS`, its middle three to one; that of the own average comes from its volumes.
    """
    rate = lists["currency"].map(dollars)
    blends = lists[list(BLENDS)].mul(rate, axis=0)
    listed = pd.DataFrame(
        {
            "label": "list, " + lists["item"],
            "basis": "list",
            "low": blends.min(axis=1),
            "middle": blends["three to one"],
            "high": blends.max(axis=1),
        }
    )
    own = averages.tail(1)
    own_row = (own["low"].iloc[0], own["high"].iloc[0], f"own average, {own['period'].iloc[0]}") if len(own) else None
    low, high, label = own_row or (float("nan"), float("nan"), "own average")
    rows = [{"label": label, "basis": "own average", "low": low, "middle": np.sqrt(low * high), "high": high}]
    last = market.tail(1)
    price = float(last["value"].iloc[0]) * dollars[last["currency"].iloc[0]] if len(last) else float("nan")
    label = f"market average, {last['period'].iloc[0]}" if len(last) else "market average (IDC)"
    rows.append({"label": label, "basis": "market", "low": price, "middle": price, "high": price})
    return pd.concat([listed, pd.DataFrame(rows)], ignore_index=True)
