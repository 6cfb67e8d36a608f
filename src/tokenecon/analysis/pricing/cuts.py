"""A price change without a change of model, with tokens before and after: a case study, and what users paid together.

The response of a model's tokens to a change of its list price is set beside what the same window does where no price
moved (the *placebo*). A handful of cuts of a few vendors decides nothing alone.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from tokenecon.analysis.market import price_paths
from tokenecon.analysis.market import prices as listed

WINDOWS = (14, 28)
"""Days on either side of a change."""
ENOUGH = 0.6
"""Part of the days on each side on which tokens must be known."""
STEP = 7
"""Days between two links of a chained index, and between two placebo windows."""


def daily(tokens: pd.DataFrame) -> pd.DataFrame:
    """Return tokens by day (rows) and model (columns) from ``Catalog.token_models``; free names are left out."""
    rows = tokens[(tokens["frequency"] == "day") & (tokens["model_id"] != "") & tokens["model_id"].notna()]
    rows = rows[~rows["name"].str.contains("free")]
    return rows.pivot_table("tokens", "period_end", "model_id", aggfunc="sum")


def dated(changes: pd.DataFrame, index_prices: pd.DataFrame, reach: int = 60) -> pd.DataFrame:
    """Return changes on the day on which a daily collection first shows the new price, where it does.

    A list kept by hand learns of a change late: its day is that of an edit. The daily collection must show a step to
    the same price, within two percent, at most ``reach`` days before the list's.

    Parameters
    ----------
    changes : pandas.DataFrame
        Changes of list prices: ``model_id``, ``on``, ``after`` (blended).
    index_prices : pandas.DataFrame
        ``Catalog.index_prices``: spans with ``first_seen``, which are no steps.
    reach : int
        Days.
    """
    steps = listed.blended(index_prices[~index_prices["first_seen"].astype(bool)])
    both = changes.reset_index().merge(steps[["model_id", "effective_from", "blended"]], on="model_id")
    late = (both["on"] - both["effective_from"]).dt.days
    known = both[late.between(0, reach) & ((both["blended"] / both["after"] - 1).abs() <= 0.02)]
    first = known.groupby("index")["effective_from"].min()
    return changes.assign(on=first.reindex(changes.index).fillna(changes["on"]))


def response(used: pd.DataFrame, on: pd.Timestamp, window: int, clean: Sequence[str]) -> pd.Series:
    """Return by how much each model's mean tokens changed around a day, less the middle of the ``clean`` models.

    In logarithms; NaN where tokens are known on fewer than :data:`ENOUGH` of the days of either side.
    """
    days = pd.Timedelta(days=window)
    before = used[(used.index >= on - days) & (used.index < on)]
    after = used[(used.index > on) & (used.index <= on + days)]
    known = (before.notna().sum() >= ENOUGH * window) & (after.notna().sum() >= ENOUGH * window)
    change = np.log(after.loc[:, known].mean() / before.loc[:, known].mean()).reindex(used.columns)
    peers = change.reindex(clean).dropna()
    return change - (peers.median() if len(peers) else np.nan)


def studied(used: pd.DataFrame, changes: pd.DataFrame, windows: Sequence[int] = WINDOWS) -> pd.DataFrame:
    """Return the response to each change of a list price of a model with tokens on both sides.

    Parameters
    ----------
    used : pandas.DataFrame
        As :func:`daily` returns it.
    changes : pandas.DataFrame
        Changes of list prices (:func:`tokenecon.analysis.pricing.price_events.events`), one market.
    windows : sequence of int
        Days on either side.

    Returns
    -------
    pandas.DataFrame
        ``model``, ``entity_id``, ``on``, ``ratio`` (of prices), ``window``, ``response`` (log), ``elasticity``
        (response over log price), ``placebos`` and ``scatter`` (how many windows without a change, and their standard
        deviation), ``beyond`` (share of them at least as far from zero).
    """
    rows = []
    for window in windows:
        placebo = placebos(used, changes, window)
        for row in changes[changes["model_id"].isin(used.columns)].itertuples():
            seen = response(used, row.on, window, _unmoved(used, changes, row.on, window))[row.model_id]
            if np.isfinite(seen):
                rows.append(
                    {"model": row.model, "entity_id": row.entity_id, "on": row.on, "ratio": row.ratio,
                     "window": window, "response": seen, "elasticity": seen / np.log(row.ratio),
                     "placebos": len(placebo), "scatter": placebo.std(), "beyond": (placebo.abs() >= abs(seen)).mean()}
                )  # fmt: skip
    columns = ["model", "entity_id", "on", "ratio", "window", "response", "elasticity", "placebos", "scatter", "beyond"]
    return pd.DataFrame(rows, columns=columns)


def placebos(used: pd.DataFrame, changes: pd.DataFrame, window: int) -> pd.Series:
    """Return the responses of every model whose price did not move, around every :data:`STEP`-th day."""
    found = []
    for on in used.index[::STEP]:
        clean = _unmoved(used, changes, on, window)
        found.append(response(used, on, window, clean).reindex(clean).dropna())
    return pd.concat(found, ignore_index=True) if found else pd.Series(dtype=float)


def _unmoved(used: pd.DataFrame, changes: pd.DataFrame, on: pd.Timestamp, window: int) -> list[str]:
    near = changes[(changes["on"] - on).abs() <= pd.Timedelta(days=window)]
    return [model for model in used.columns if model not in set(near["model_id"])]


def paid(used: pd.DataFrame, paths: pd.DataFrame) -> pd.DataFrame:
    """Return what users of the router paid at list: a chained Fisher price index and the unit value.

    The index compares the same models from link to link, so that new ones enter at the price they have, and leaves out
    what moving to another model saves; the unit value holds both.

    Parameters
    ----------
    used : pandas.DataFrame
        As :func:`daily` returns it.
    paths : pandas.DataFrame
        International list prices (:func:`tokenecon.analysis.market.price_paths.paths`).

    Returns
    -------
    pandas.DataFrame
        ``day``, ``fisher`` (first day 1), ``unit_value`` (dollars per million tokens), ``models`` (priced and used).
    """
    days = list(used.index[::STEP])
    bought = {day: _bought(used, paths, day) for day in days}
    level, rows = 1.0, []
    for day in days:
        if rows:
            level *= fisher(bought[rows[-1]["day"]], bought[day])
        now = bought[day]
        value = (now["price"] * now["tokens"]).sum() / now["tokens"].sum()
        rows.append({"day": day, "fisher": level, "unit_value": value, "models": len(now)})
    return pd.DataFrame(rows)


def _bought(used: pd.DataFrame, paths: pd.DataFrame, day: pd.Timestamp) -> pd.DataFrame:
    price = price_paths.on(paths, day).set_index("model_id")["blended"]
    return pd.DataFrame({"price": price, "tokens": used.loc[day]}).dropna()


def fisher(before: pd.DataFrame, after: pd.DataFrame) -> float:
    """Return Fisher's (1922) price index from one day to another over the models of both (``price``, ``tokens``)."""
    both = before.add_suffix("_0").join(after.add_suffix("_1"), how="inner")
    laspeyres = (both["price_1"] * both["tokens_0"]).sum() / (both["price_0"] * both["tokens_0"]).sum()
    paasche = (both["price_1"] * both["tokens_1"]).sum() / (both["price_0"] * both["tokens_1"]).sum()
    return float(np.sqrt(laspeyres * paasche))
