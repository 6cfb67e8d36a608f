"""Peers and value: what is known of each vendor, and what its valuation is of its run-rate and of its revenue."""

from __future__ import annotations

import pandas as pd

from tokenecon.analysis.outlook.scenarios import MissingInput, trailing_year
from tokenecon.analysis.revenue import finest

SCOPES = ("total", "api", "maas")
"""Scopes in which a run-rate of a vendor may stand, the widest first, by route or segment."""
MARGINS = ("gross_margin", "gross_margin_inference", "gross_margin_said", "gross_margin_before_fees")
LOSSES = ("adjusted_net_loss", "operating_loss", "net_loss")
CASH = ("cash_balance", "cash")
STAGES = ("closed", "secondary", "talks")
"""How firm a valuation outside an exchange is, the firmest first."""
CELL = ["entity_id", "value", "what", "on", "tier", "source_id"]


def capitalisation(prices: pd.DataFrame) -> pd.DataFrame:
    """Return each listed company's value by day: its capitalisation as printed, else close times shares in issue.

    Parameters
    ----------
    prices : pandas.DataFrame
        ``entity_id``, ``metric`` (``market_capitalisation``, ``share_price``, ``shares_in_issue``), ``item``,
        ``period_end``, ``value``, ``base_unit``, ``tier``, ``source_id``. The price of an offer and the high of a day
        are left out.

    Returns
    -------
    pandas.DataFrame
        ``entity_id``, ``on``, ``value``, ``base_unit``, ``what`` (``capitalisation`` or ``price times shares``),
        ``tier``, ``source_id``, one row an entity and day in order of time.
    """
    kept = _of_days(prices)
    printed = kept[kept["metric"] == "market_capitalisation"].assign(what="capitalisation")
    closes = kept[kept["metric"] == "share_price"]
    worked = closes.assign(value=closes["value"] * closes["shares"], what="price times shares").dropna(subset=["value"])
    columns = ["entity_id", "on", "value", "base_unit", "what", "tier", "source_id"]
    found = pd.concat([printed[columns], worked[columns]]).drop_duplicates(["entity_id", "on"])
    return found.sort_values(["entity_id", "on"], ignore_index=True)


def prices(known: pd.DataFrame) -> pd.DataFrame:
    """Return each listed company's price of a share by day: the close, else its capitalisation over shares in issue.

    ``known`` is as :func:`capitalisation` takes it; returns ``entity_id``, ``on``, ``price`` in order of time.
    """
    kept = _of_days(known).sort_values("metric", ascending=False, kind="stable")
    kept = kept[kept["metric"].isin(["share_price", "market_capitalisation"])]
    price = kept["value"] / kept["shares"].mask(kept["metric"] == "share_price", 1)
    found = kept.assign(price=price).dropna(subset=["price"]).drop_duplicates(["entity_id", "on"])
    return found[["entity_id", "on", "price"]].sort_values("on", kind="stable", ignore_index=True)


def _of_days(known: pd.DataFrame) -> pd.DataFrame:
    """Return figures of a share by day, ``on``, with the last count of shares in issue; offers and highs left out."""
    kept = known[~known["item"].isin(["offer", "high"])].assign(on=lambda rows: rows["period_end"]).sort_values("on")
    shares = kept.loc[kept["metric"] == "shares_in_issue", ["entity_id", "on", "value"]]
    return last_known(kept, shares.rename(columns={"value": "shares"}), on="on", by="entity_id")


def last_known(left: pd.DataFrame, right: pd.DataFrame, *, by: str, **days: str) -> pd.DataFrame:
    """Merge each row with the last of its name by its day, as ``pandas.merge_asof`` does, whatever type names have.

    A column of names that is derived, or empty, need not have the type of one that was read.
    """
    left, right = (frame.astype({by: object}) for frame in (left, right))
    return pd.merge_asof(left, right, by=by, **days)


def over_run_rate(values: pd.DataFrame, stated: pd.DataFrame) -> pd.DataFrame:
    """Set each value beside the run-rate last stated by that day, both in dollars.

    Parameters
    ----------
    values : pandas.DataFrame
        ``entity_id``, ``on``, ``value``.
    stated : pandas.DataFrame
        ``entity_id``, ``on``, ``published_on``, ``measure``, ``value``; it counts from the later of its two days.

    Returns
    -------
    pandas.DataFrame
        ``values`` that have one, with ``run_rate``, ``stated_on``, ``measure`` and ``multiple``.
    """
    known = stated.assign(since=stated[["on", "published_on"]].max(axis=1), stated_on=stated["on"])
    known = known.rename(columns={"value": "run_rate"}).sort_values(["since", "on"], kind="stable")
    # What is published later about an earlier day is no news of the present one.
    known = known[known["on"] >= known.groupby("entity_id")["on"].cummax()]
    right = known[["entity_id", "since", "stated_on", "measure", "run_rate"]]
    both = last_known(values.sort_values("on"), right, left_on="on", right_on="since", by="entity_id")
    both = both.dropna(subset=["run_rate"])
    return both.assign(multiple=both["value"] / both["run_rate"]).sort_values(["entity_id", "on"], ignore_index=True)


def newest(rows: pd.DataFrame, metrics: tuple[str, ...]) -> pd.DataFrame:
    """Return, of the first of some metrics that an entity has for the whole company, its newest figure."""
    own = rows[rows["metric"].isin(metrics) & (rows["segment"] == "total") & rows["value"].notna()]
    ranked = own.assign(rank=own["metric"].map(metrics.index), on=own["period_end"], what=own["metric"])
    return ranked.sort_values(["rank", "on"], ascending=[True, False]).drop_duplicates("entity_id")


def widest_run_rates(stated: pd.DataFrame) -> pd.DataFrame:
    """Return each entity's newest run-rate in the widest scope it is stated in; ranges by their middle.

    ``stated`` has ``entity_id``, ``scope_of`` (one of :data:`SCOPES`), ``on``, ``value``, ``longer``.
    """
    rows = stated[stated["scope_of"].isin(SCOPES)]
    rows = rows.assign(rank=rows["scope_of"].map(SCOPES.index))
    return rows.sort_values(["rank", "on", "longer"], ascending=[True, False, False]).drop_duplicates("entity_id")


def of_the_day(values: pd.DataFrame, stated: pd.DataFrame, widest: pd.DataFrame) -> pd.DataFrame:
    """Set each value beside the run-rate of its own day: the last one stated for that day or before, else the next.

    A price of spring over a run-rate of autumn is no multiple that anyone paid.

    Parameters
    ----------
    values : pandas.DataFrame
        One row an entity, with ``on``.
    stated : pandas.DataFrame
        Run-rates with ``entity_id``, ``scope_of``, ``on``, ``value``, ``scope``, ``tier``, ``source_id``, ``longer``.
    widest : pandas.DataFrame
        ``entity_id`` and the ``scope_of`` that its run-rates are taken in.

    Returns
    -------
    pandas.DataFrame
        ``values`` that have one, with the columns of the run-rate named ``<column>_of``.
    """
    rows = stated.merge(widest[["entity_id", "scope_of"]], on=["entity_id", "scope_of"]).rename(
        columns={"scope": "what"}
    )
    both = values.merge(rows[[*CELL, "longer"]], on="entity_id", suffixes=("", "_of"))
    late = both["on_of"] > both["on"]
    ranked = both.assign(late=late, apart=(both["on_of"] - both["on"]).abs())
    return ranked.sort_values(["late", "apart", "longer"], ascending=[True, True, False]).drop_duplicates("entity_id")


def private_value(rounds: pd.DataFrame) -> pd.DataFrame:
    """Return each entity's newest valuation outside an exchange, money paid before talk; ranges by their middle."""
    rows = rounds[rounds["metric"].isin(["post_money_valuation", "pre_money_valuation", "valuation"])]
    middle = (rows["value_low"] + rows["value_high"]) / 2
    rows = rows.assign(value=rows["value"].fillna(middle), rank=rows["stage"].map(STAGES.index), on=rows["period_end"])
    ranked = rows.sort_values(["rank", "on"], ascending=[True, False]).drop_duplicates("entity_id")
    return ranked.assign(what=ranked["stage"])


def trailing_revenue(revenue: pd.DataFrame) -> pd.DataFrame:
    """Return each entity's revenue of the last twelve months known, in dollars.

    Where the parts filed do not add up to twelve months, what is known after the last whole year is filled up with that
    year at its mean pace; of a company that grows this is too little.

    ``revenue`` has the totals of each entity, ``months``, ``period_start``, ``period_end``, ``value``, ``tier``.
    """
    rows = []
    for entity, own in revenue.groupby("entity_id"):
        own = own.sort_values("period_end")
        year = own[own["months"] == 12].tail(1)
        try:
            value, what = trailing_year(own)[0], "twelve months"
        except MissingInput:
            if year.empty:
                continue
            since = finest(own[own["period_start"] > year["period_end"].iloc[0]])
            left = max(0, 12 - since["months"].sum()) / 12
            value = since["value"].sum() + left * year["value"].iloc[0]
            what = f"twelve months, {left:.0%} of the last year among them" if len(since) else "last year"
            own = pd.concat([year, since])
        last = own.iloc[-1]
        rows.append((entity, value, what, last["period_end"], last["tier"], last["source_id"]))
    return pd.DataFrame(rows, columns=CELL)
