"""Models on sale with what they cost and what they can do: the sample that every regression of prices starts from.

Prices are one market's list prices on one day. Scores of one test compare within one source and one day, so a sample
holds one such set: the last one published by the day. The Artificial Analysis index of July 2026 is in part an
estimate of its publisher; ``basis`` keeps the two apart.
"""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

import numpy as np
import pandas as pd

from tokenecon.analysis.market import prices as listed

RUNNING = ("aider_polyglot",)
"""Tests whose list grows by a row a run, so that scores of different days compare."""

_EPOCH = pd.Timestamp("2020-01-01")
_YEAR = 365.25


class Sample(NamedTuple):
    """A sample, and the rows before and after each step to it (``step``, ``before``, ``after``)."""

    frame: pd.DataFrame
    steps: pd.DataFrame

    def at(self, ratio: float) -> Sample:
        """Return the same models at another blend, of ``ratio`` (above zero) input tokens to one of output."""
        frame = listed.blended(self.frame, ratio)
        return self._replace(frame=frame.assign(log_price=np.log(frame["blended"])))


def snapshot_day(capability: pd.DataFrame, benchmark: str, day: dt.date | str | None = None) -> pd.Timestamp:
    """Return the day of the last set of scores of a test.

    Parameters
    ----------
    capability : pandas.DataFrame
        Scores, as ``Catalog.capability`` gives them.
    benchmark : str
        The test.
    day : date or str, optional
        Consider sets published by this day only.

    Raises
    ------
    KeyError
        If there is none.
    """
    days = capability.loc[capability["benchmark"] == benchmark, "published_on"]
    days = days[days <= pd.Timestamp(day)] if day is not None else days
    if days.empty:
        raise KeyError(f"no scores of '{benchmark}'" + (f" by {pd.Timestamp(day):%Y-%m-%d}" if day is not None else ""))
    return days.max()


def scores(
    capability: pd.DataFrame, benchmark: str, day: dt.date | str | None = None, basis: str | None = None
) -> pd.DataFrame:
    """Return the best score of each model in the last set of a test.

    A model is scored at several settings and sold at one price for a token, so the best setting is what the price buys.

    Parameters
    ----------
    capability : pandas.DataFrame
        Scores, as ``Catalog.capability`` gives them.
    benchmark : str
        The test.
    day : date or str, optional
        Consider sets published by this day only.
    basis : {"measured", "estimated"}, optional
        Keep scores of one kind only.

    Returns
    -------
    pandas.DataFrame
        One row a model: ``model_id``, ``score`` (a ratio where the test gives one, else points), ``basis``,
        ``run_cost`` (dollars for the run that gave the score; NaN where not told), ``scored_on``.
    """
    last = snapshot_day(capability, benchmark, day)
    rows = capability[(capability["benchmark"] == benchmark) & capability["value"].gt(0)]
    rows = rows[rows["published_on"] <= last] if benchmark in RUNNING else rows[rows["published_on"] == last]
    rows = rows[rows["basis"] == basis] if basis else rows
    best = rows.sort_values(["model_id", "value", "run_cost"]).drop_duplicates("model_id", keep="last")
    best = best.rename(columns={"published_on": "scored_on"}).assign(score=best["value"])
    return best[["model_id", "score", "basis", "run_cost", "scored_on"]].reset_index(drop=True)


def on_sale(
    prices: pd.DataFrame,
    models: pd.DataFrame,
    entities: pd.DataFrame,
    day: dt.date | str,
    market: str = "international",
    ratio: float = listed.BLEND,
) -> pd.DataFrame:
    """Return the models on sale at a list price on a day.

    Parameters
    ----------
    prices : pandas.DataFrame
        Makers' own list prices (``Catalog.list_prices().frame``).
    models, entities : pandas.DataFrame
        Tables of the catalogue.
    day : date or str
        The day.
    market : {"international", "domestic"}
        Whose list: abroad, in dollars, or at home, in the currency there.
    ratio : float
        Input tokens for each output token in ``blended``.

    Returns
    -------
    pandas.DataFrame
        One row a model: ``model_id``, ``model`` (name), ``entity_id``, ``country``, ``released_on`` (NaT where not
        known), ``weights`` (open, closed or empty), ``input``, ``output``, ``cached_input``, ``blended`` (money by
        million tokens, in the market's currency), ``effective_from``.
    """
    found = listed.blended(listed.price_on(prices[prices["market"] == market], day), ratio)
    about = models[["model_id", "name", "released_on", "weights"]].rename(columns={"name": "model"})
    found = found.merge(about, on="model_id", validate="one_to_one")
    found = found.merge(entities[["entity_id", "country"]], on="entity_id", validate="many_to_one")
    columns = ["model_id", "model", "entity_id", "country", "released_on", "weights"]
    money = ["input", "output", "cached_input", "blended"]
    return found[[*columns, *money, "effective_from"]]


def hedonic_sample(
    prices: pd.DataFrame,
    capability: pd.DataFrame,
    models: pd.DataFrame,
    entities: pd.DataFrame,
    *,
    benchmark: str = "aa_index",
    day: dt.date | str | None = None,
    market: str = "international",
    ratio: float = listed.BLEND,
    basis: str | None = None,
) -> Sample:
    """Return the sample of a regression of price on capability and date of release.

    Parameters
    ----------
    prices, models, entities
        As for :func:`on_sale`.
    capability, basis
        As for :func:`scores`.
    benchmark : str
        The test that measures capability.
    day : date or str, optional
        Prices of this day and scores published by it. The day of the last set of scores if left out.
    market, ratio
        As for :func:`on_sale`.

    Returns
    -------
    Sample
        ``frame``: the columns of :func:`on_sale` and :func:`scores`, with ``log_price`` and ``log_score`` (natural
        logarithms) and ``released`` (years from the start of 2020 to the release). ``steps``: what each join kept.
    """
    day = pd.Timestamp(day) if day is not None else snapshot_day(capability, benchmark)
    sold = on_sale(prices, models, entities, day, market, ratio)
    scored = sold.merge(scores(capability, benchmark, day, basis), on="model_id", validate="one_to_one")
    dated = scored[scored["released_on"].notna() & (scored["released_on"] <= day)]
    kept = dated[dated["blended"] > 0].reset_index(drop=True)
    frame = kept.assign(
        log_price=np.log(kept["blended"]),
        log_score=np.log(kept["score"]),
        released=(kept["released_on"] - _EPOCH).dt.days / _YEAR,
    )
    names = ["on sale on the day", "with a score", "with a day of release", "with a price above zero"]
    counts = [len(sold), len(scored), len(dated), len(frame)]
    steps = pd.DataFrame({"step": names, "before": [counts[0], *counts[:-1]], "after": counts})
    return Sample(frame, steps)
