"""Price paths: from when to when a model was on sale at which list price, and panels of paths by day.

Lists learn of a model some time after its release. Where a list shows it within :data:`LAG` of the release, the first
price is taken to hold from the release; where the lists came later than that, the price at release is not known.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np
import pandas as pd

from tokenecon.analysis.market import prices as listed

LAG = 60
"""Days after the release within which a list's first price counts as the price at release."""

_KEY = ["model_id", "market"]
_YEAR = 365.25


def paths(
    prices: pd.DataFrame,
    models: pd.DataFrame,
    entities: pd.DataFrame,
    as_of: dt.date | str,
    ratio: float = listed.BLEND,
) -> pd.DataFrame:
    """Return every level of every model's list price with the days on which it held.

    Parameters
    ----------
    prices : pandas.DataFrame
        Makers' own list prices (``Catalog.list_prices().frame``).
    models, entities : pandas.DataFrame
        Tables of the catalogue.
    as_of : date or str
        The last day looked at; levels that begin later are left out.
    ratio : float
        Input tokens for each output token in ``blended``.

    Returns
    -------
    pandas.DataFrame
        Rows of :func:`tokenecon.analysis.market.prices.steps` with ``blended`` (currency of the market by million),
        ``model`` (name), ``country``, ``released_on``, ``weights``; ``begins``; ``ends`` (NaT while it holds);
        ``previous`` (the level before, NaN at first); ``at_release``: whether the model's first price is that of its
        release; ``announced`` and ``announced_end``: whether the list named the level's first day, or its last, before
        it came.
    """
    as_of = pd.Timestamp(as_of)
    found = listed.blended(listed.steps(prices), ratio)
    found["announced"] = found["published_on"] < found["effective_from"]
    found["announced_end"] = found.groupby(_KEY)["announced"].shift(-1, fill_value=False)
    found = found[found["effective_from"] <= as_of].reset_index(drop=True)
    about = models[["model_id", "name", "released_on", "weights"]].rename(columns={"name": "model"})
    found = found.merge(about, on="model_id", validate="many_to_one")
    found = found.merge(entities[["entity_id", "country"]], on="entity_id", validate="many_to_one")
    first = ~found.duplicated(_KEY)
    late = (found["effective_from"] - found["released_on"]).dt.days
    known = first & late.between(-365, LAG)
    found["begins"] = found["effective_from"].mask(known, found[["effective_from", "released_on"]].min(axis=1))
    found["at_release"] = known.groupby([found[name] for name in _KEY]).transform("first")
    found["ends"] = found["effective_to"].where(found["effective_to"] <= as_of).fillna(_withdrawn(prices, found, as_of))
    found["previous"] = found.groupby(_KEY)["blended"].shift()
    return found


def _withdrawn(prices: pd.DataFrame, found: pd.DataFrame, as_of: pd.Timestamp) -> pd.Series:
    """Return for the last level of each model the day on which every list had dropped it; NaT elsewhere."""
    ended = prices.assign(closed=prices["effective_to"].where(prices["effective_to"] <= as_of))
    groups = ended.groupby(_KEY)["closed"]
    gone = groups.max().where(groups.count() == groups.size())
    keys = pd.MultiIndex.from_frame(found[_KEY])
    last = ~found.duplicated(_KEY, keep="last")
    days = pd.Series(gone.reindex(keys).to_numpy(), index=found.index)
    return days.where(last & (days > found["effective_from"]))


def on(frame: pd.DataFrame, day: dt.date | str) -> pd.DataFrame:
    """Return the levels of :func:`paths` that held on a day: one row a model and market."""
    day = pd.Timestamp(day)
    return frame[(frame["begins"] <= day) & (frame["ends"].isna() | (frame["ends"] > day))].reset_index(drop=True)


def panel(frame: pd.DataFrame, scores: pd.DataFrame, days: Sequence[dt.date | str]) -> pd.DataFrame:
    """Return what was on sale on each of several days, with the score of each model.

    Parameters
    ----------
    frame : pandas.DataFrame
        One market of :func:`paths`.
    scores : pandas.DataFrame
        ``model_id`` and ``score``, one set for all days: a model keeps its score while its price moves.
    days : sequence of date or str
        The days.

    Returns
    -------
    pandas.DataFrame
        One row a model and day, models without a score left out, with ``day``, ``years`` (since the first day),
        ``log_price`` and ``log_score``.
    """
    days = [pd.Timestamp(day) for day in days]
    found = pd.concat([on(frame, day).assign(day=day) for day in days], ignore_index=True)
    found = found.merge(scores[["model_id", "score"]], on="model_id", validate="many_to_one")
    found = found[(found["blended"] > 0) & (found["score"] > 0)].reset_index(drop=True)
    return found.assign(
        years=(found["day"] - min(days)).dt.days / _YEAR,
        log_price=np.log(found["blended"]),
        log_score=np.log(found["score"]),
    )


def month_ends(first: dt.date | str, last: dt.date | str) -> list[pd.Timestamp]:
    """Return the last days of the months from ``first`` to ``last``, and ``last`` itself."""
    last = pd.Timestamp(last)
    days = list(pd.date_range(first, last, freq="ME"))
    return days if days and days[-1] == last else [*days, last]
