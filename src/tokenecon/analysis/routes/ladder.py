"""List prices of a vendor's newest main model, against the rest of the market."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import pandas as pd

from tokenecon.analysis.market import prices
from tokenecon.analysis.revenue import ONE_DAY


def last_listed(listed: pd.DataFrame) -> pd.Series:
    """Return the day from which no price of a model stands on a market's list, by model and market; NaT where one does.

    ``listed`` has ``model_id``, ``market`` and ``effective_to``, NaT where the price stands.
    """
    groups = listed.groupby(["model_id", "market"])["effective_to"]
    return groups.max().where(groups.apply(lambda ends: ends.notna().all()))


def front_line(found: pd.DataFrame, main_line: str, until: dt.date, gone: pd.Series | None = None) -> pd.DataFrame:
    """Return the blended list price of a vendor's newest main model over time, market by market.

    Parameters
    ----------
    found : pandas.DataFrame
        Changes of price as :func:`tokenecon.analysis.market.prices.ladder` gives them.
    main_line : str
        Regular expression that a whole ``model_id`` of the main line fits; fast, small and other variants do not.
    until : date
        Last day of the last span.
    gone : pandas.Series, optional
        As :func:`last_listed` returns it: a last span ends the day before.

    Returns
    -------
    pandas.DataFrame
        ``found`` of the main line with ``period_start`` and ``period_end``. A later change of an older model's price
        is left out: the newest model speaks for the line.
    """
    rows = found[found["model_id"].str.fullmatch(main_line)].sort_values(["market", "effective_from"])
    first = rows.groupby(["market", "model_id"])["effective_from"].transform("min")
    newest = first.groupby(rows["market"]).cummax()
    rows = rows[first == newest].rename(columns={"effective_from": "period_start"})
    following = rows.groupby("market")["period_start"].shift(-1) - ONE_DAY
    ends = pd.Series(pd.Timestamp(until), index=rows.index)
    if gone is not None:
        left = gone.reindex(pd.MultiIndex.from_frame(rows[["model_id", "market"]])).set_axis(rows.index) - ONE_DAY
        ends = ends.where(~(left < ends), left)
    return rows.assign(period_end=following.fillna(ends)).reset_index(drop=True)


def market_level(listed: pd.DataFrame, days: Sequence[pd.Timestamp]) -> pd.DataFrame:
    """Return the middle of blended list prices on each day, market by market.

    Parameters
    ----------
    listed : pandas.DataFrame
        List prices of the vendors that make up the market.
    days : sequence of timestamps
        Days to look at.

    Returns
    -------
    pandas.DataFrame
        ``market``, ``on``, ``low``, ``median``, ``high`` (quartiles) and ``n``, the models listed on the day. Models
        come and go, so a change of the median is one of the list and not of any price.
    """
    rows = []
    for day in days:
        groups = prices.blended(prices.price_on(listed, day)).groupby("market")["blended"]
        low, middle, high = (groups.quantile(share) for share in (0.25, 0.5, 0.75))
        found = pd.DataFrame({"low": low, "median": middle, "high": high, "n": groups.size(), "on": day})
        rows.append(found.reset_index())
    return pd.concat(rows, ignore_index=True)


def same_model_changes(listed: pd.DataFrame, start: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
    """Return how the blended list prices of models listed on both days changed between them.

    Parameters
    ----------
    listed : pandas.DataFrame
        List prices.
    start, end : timestamps
        The two days.

    Returns
    -------
    pandas.DataFrame
        ``market``, ``n`` (models on both days), ``raised`` and ``cut`` (how many), ``median`` (change as a ratio).
    """
    one, other = (prices.blended(prices.price_on(listed, day)) for day in (start, end))
    both = one.merge(other, on=["model_id", "market"], suffixes=("", "_later"), validate="one_to_one")
    both = both[both["blended"] > 0]
    change = both.assign(change=both["blended_later"] / both["blended"] - 1).groupby("market")["change"]
    counts = change.agg(
        n="size",
        raised=lambda rows: int((rows > 1e-9).sum()),
        cut=lambda rows: int((rows < -1e-9).sum()),
        median="median",
    )
    return counts.reset_index()


def line_changes(lines: pd.DataFrame, start: pd.Timestamp, end: pd.Timestamp) -> pd.Series:
    """Return by how much the price of a vendor's newest model differs between two days, by entity and market.

    Parameters
    ----------
    lines : pandas.DataFrame
        As :func:`front_line` returns it.
    start, end : timestamps
        The two days.

    Returns
    -------
    pandas.Series
        Ratios; a line that was not listed on one of the days is left out.
    """
    one, other = (
        lines[(lines["period_start"] <= day) & (lines["period_end"] >= day)].set_index(["entity_id", "market"])
        for day in (start, end)
    )
    return (other["blended"] / one["blended"] - 1).dropna()
