"""Who sells how much capability at what price, day by day; and whether those who undercut gain.

A *history* has one row a model and price: ``model_id``, ``entity_id``, ``since``, ``until`` (NaT while on sale),
``price`` (blended). Scores come from one set of one test, so a model keeps its score over time, and models that the set
no longer holds are missing from the past.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pandas as pd

from tokenecon.analysis.estimators import (
    Estimate,
    FitError,
    ar1_trend,
    detectable,
    effective_n,
    vendor_bootstrap,
    wild_cluster,
)
from tokenecon.analysis.market import prices as listed

NEAR = 0.9
"""A model is near the frontier from this part of the best score on sale: the article's *90-point model*."""

LEAST_MODELS = 12
"""Errors clustered by fewer models than this are not worth printing."""

LAUNCH_DAYS = 45
"""A price first listed later than this after the release tells nothing of a launch."""

MONTHS, MONTHS_BACK = 18, (24, 18, 12)
"""Months back at which a question on convergence begins: the one for the text, and all that are tried."""

ALIKE = 0.05
"""Scores that differ by no more are alike: the advantage that the article calls decisive."""

_NEVER = pd.Timestamp("2200-01-01")


def history(prices: pd.DataFrame, market: str = "international", ratio: float = listed.BLEND) -> pd.DataFrame:
    """Return the price history of each model on a market, on sale from its first price to the end of its last.

    Parameters
    ----------
    prices : pandas.DataFrame
        Makers' own list prices (``Catalog.list_prices().frame``).
    market : {"international", "domestic"}
        Whose list.
    ratio : float
        Input tokens for each output token.
    """
    own = prices[prices["market"] == market]
    found = listed.blended(listed.steps(own), ratio).rename(columns={"effective_from": "since", "blended": "price"})
    found = found[["model_id", "entity_id", "since", "effective_to", "price"]]
    # A price stands until the next one, but only while some list shows the model.
    seen = found.merge(_shown(own), on="model_id", validate="many_to_many")
    seen = seen[~(seen["begins"] >= seen["effective_to"]) & ~(seen["ends"] <= seen["since"])]
    since, until = seen[["since", "begins"]].max(axis=1), seen[["effective_to", "ends"]].min(axis=1)
    kept = seen.assign(since=since, until=until)
    kept = kept[(kept["price"] > 0) & ~(kept["until"] <= kept["since"])]
    return kept[["model_id", "entity_id", "since", "until", "price"]].reset_index(drop=True)


def _shown(own: pd.DataFrame) -> pd.DataFrame:
    """Return the stretches in which some list shows a model: ``model_id``, ``begins``, ``ends`` (NaT if none)."""
    spans = pd.DataFrame(
        {
            "model_id": own["model_id"],
            "begins": own["effective_from"].fillna(own["published_on"]),
            "ends": own["effective_to"].fillna(_NEVER),
        }
    ).sort_values(["model_id", "begins"])
    reached = spans.groupby("model_id")["ends"].cummax().groupby(spans["model_id"]).shift()
    spans = spans.assign(stretch=(reached.isna() | (spans["begins"] > reached)).cumsum())
    joined = spans.groupby("stretch").agg({"model_id": "first", "begins": "min", "ends": "max"})
    return joined.assign(ends=joined["ends"].where(joined["ends"] < _NEVER)).reset_index(drop=True)


def sold_on(past: pd.DataFrame, days: Sequence[pd.Timestamp]) -> pd.DataFrame:
    """Return the rows of a history on sale on each of ``days``, with ``day``."""
    parts = [past[(past["since"] <= day) & ~(past["until"] <= day)].assign(day=day) for day in map(pd.Timestamp, days)]
    return pd.concat(parts, ignore_index=True)


def frontier(
    past: pd.DataFrame, scores: pd.DataFrame, days: Sequence[pd.Timestamp], near: float = NEAR
) -> pd.DataFrame:
    """Return, day by day, the best model and the cheapest one near it.

    Parameters
    ----------
    past : pandas.DataFrame
        A history (module docstring).
    scores : pandas.DataFrame
        ``model_id``, ``score``.
    days : sequence of Timestamp
        The days.
    near : float
        Part of the best score from which a model is near.

    Returns
    -------
    pandas.DataFrame
        ``day``, ``sold`` (scored models on sale), ``best`` (model), ``best_score``, ``best_price``, ``near`` (cheapest
        model of that capability), ``near_vendor``, ``near_price``, and ``discount`` (one less price over price).
    """
    known = sold_on(past, days).merge(scores[["model_id", "score"]], on="model_id", validate="many_to_one")
    rows = []
    for day, part in known.groupby("day"):
        top = part.sort_values(["score", "price"], ascending=[False, True]).iloc[0]
        close = part[part["score"] >= near * top["score"]].sort_values("price").iloc[0]
        rows.append(
            {
                "day": day,
                "sold": len(part),
                "best": top["model_id"],
                "best_score": top["score"],
                "best_price": top["price"],
                "near": close["model_id"],
                "near_vendor": close["entity_id"],
                "near_price": close["price"],
                "discount": 1 - close["price"] / top["price"],
            }
        )
    return pd.DataFrame(rows)


def price_of_capability(
    past: pd.DataFrame, scores: pd.DataFrame, days: Sequence[pd.Timestamp], level: float
) -> pd.Series:
    """Return the lowest price at which a score of at least ``level`` was on sale, by day; NaN where none was."""
    known = sold_on(past, days).merge(scores[["model_id", "score"]], on="model_id", validate="many_to_one")
    able = known[known["score"] >= level]
    return able.groupby("day")["price"].min().reindex(pd.DatetimeIndex(days, name="day"))


def nearness(scores: pd.DataFrame, models: pd.DataFrame, first: pd.Timestamp, place: int = 5) -> pd.DataFrame:
    """Return how near the vendor at a place comes to the best, at the end of each month.

    Parameters
    ----------
    scores, models : pandas.DataFrame
        ``model_id``, ``score``; ``model_id``, ``entity_id``, ``released_on``.
    first : Timestamp
        Where months begin; they end with the newest release.
    place : int
        Rank of the vendor.

    Returns
    -------
    pandas.DataFrame
        ``month``, ``ratio`` (its best score over the best of all) and ``points`` (of the score between the two); NaN
        where there are fewer vendors.
    """
    rows = scores.merge(models[["model_id", "entity_id", "released_on"]], on="model_id", validate="one_to_one")
    rows = rows.dropna(subset=["released_on"])
    found = []
    for month in pd.date_range(first, rows["released_on"].max(), freq="ME"):
        best = rows[rows["released_on"] <= month].groupby("entity_id")["score"].max().nlargest(place)
        top, own = best.iloc[0], best.iloc[-1] if len(best) == place else np.nan
        found.append({"month": month, "ratio": own / top, "points": top - own})
    return pd.DataFrame(found)


def convergence(near: pd.DataFrame, last: pd.Timestamp) -> pd.DataFrame:
    """Return the change a year of :func:`nearness`, as ``ratio`` and in ``points``, by test and first month.

    Parameters
    ----------
    near : pandas.DataFrame
        As :func:`nearness` gives it, with the test (``index``).
    last : Timestamp
        Months begin so many (:data:`MONTHS_BACK`) before this day.

    Returns
    -------
    pandas.DataFrame
        ``index``, ``scale``, ``months`` (back), ``first`` and ``last`` (value), ``slope`` (estimate, for a series that
        remembers) and ``towards`` (the slope's sign if vendors converge: up as a ratio, down in points).
    """
    rows = []
    for index, own in near.groupby("index", sort=False):
        for months in MONTHS_BACK:
            part = own[own["month"] >= last - pd.DateOffset(months=months)]
            if len(part) < 3:
                continue
            years = (part["month"] - part["month"].iloc[0]).dt.days / 365.25
            for scale, towards in (("ratio", 1), ("points", -1)):
                ends = part[scale].iloc[[0, -1]]
                rows.append((index, scale, months, *ends, ar1_trend(part[scale], years), towards))
    columns = ["index", "scale", "months", "first", "last", "slope", "towards"]
    return pd.DataFrame(rows, columns=columns)


def cheaper_leads(models: pd.DataFrame, within: float = ALIKE) -> Estimate:
    """Return in what part of pairs of models that are alike in score the cheaper one carries more tokens.

    Pairs are of two vendors; whole vendors are drawn, and with them all their pairs.

    Parameters
    ----------
    models : pandas.DataFrame
        ``entity_id``, ``price``, ``score``, ``share`` (of tokens), a row a model on sale.
    within : float
        Scores count as alike up to this difference, relative to the lower.

    Returns
    -------
    Estimate
        ``n`` counts pairs. Above a half price decides more often than not; nothing else that differs is held fixed.
    """
    price, score, share = (models[name].to_numpy(float) for name in ("price", "score", "share"))
    vendor = models["entity_id"].to_numpy()
    alike = np.abs(np.log(score[:, None] / score[None, :])) <= np.log1p(within)
    one, other = np.nonzero(alike & (price[:, None] < price[None, :]) & (vendor[:, None] != vendor[None, :]))
    leads = (share[one] > share[other]).astype(float)

    def statistic(drawn: np.ndarray) -> np.ndarray:
        weight = drawn[:, one] * drawn[:, other]
        whole = weight.sum(axis=1)
        return np.divide(weight @ leads, whole, out=np.full(len(drawn), np.nan), where=whole > 0)

    if not len(one):
        return Estimate(np.nan, np.nan, np.nan, 0, "no pair alike", unit="percent")
    return replace(vendor_bootstrap(statistic, vendor, draws=1_999, unit="percent"), n=len(one))


def undercut(sold: pd.DataFrame) -> pd.Series:
    """Return by how much each model undercuts the cheapest rival at least as capable, in log points of price.

    Positive: cheaper than any such rival; negative: a rival offers as much for less; NaN: no rival is as capable.

    Parameters
    ----------
    sold : pandas.DataFrame
        ``day``, ``entity_id``, ``score``, ``price``: scored models on sale, a row a model and day.
    """
    found = pd.Series(np.nan, index=sold.index)
    for _, part in sold.groupby("day"):
        price, score, vendor = (part[name].to_numpy() for name in ("price", "score", "entity_id"))
        rival = (vendor[None, :] != vendor[:, None]) & (score[None, :] >= score[:, None])
        cheapest = np.where(rival, price[None, :], np.inf).min(axis=1)
        found[part.index] = np.where(np.isfinite(cheapest), np.log(cheapest / price), np.nan)
    return found


def panel(
    tokens: pd.DataFrame,
    past: pd.DataFrame,
    scores: pd.DataFrame,
    horizon: int,
    near: float = 0.0,
    every: int = 7,
    mean_over: int = 7,
    floor: float | None = None,
) -> pd.DataFrame:
    """Return models by week: how far they undercut, and how their share of tokens moves over the next days.

    Parameters
    ----------
    tokens : pandas.DataFrame
        ``day``, ``model_id``, ``tokens`` of models on the list of each day, and ``total`` of all tokens of the day.
    past, scores
        As for :func:`frontier`.
    horizon : int
        Days ahead; negative looks back.
    near : float
        Keep models from this part of the best score on sale.
    every : int
        Days between observations.
    mean_over : int
        A share is the mean of so many days up to the day.
    floor : float, optional
        Give a model that was listed once, on days on which it is not, this part of the smallest share listed.

    Returns
    -------
    pandas.DataFrame
        ``day``, ``model_id``, ``entity_id``, ``undercut`` (log points), ``change`` (of the log share over the
        horizon), ``log_share``. Without a floor, models that are off the list at either end are missing.
    """
    share = _shares(tokens, floor, mean_over)
    first = share.index[0]
    days = pd.date_range(first, share.index[-1], freq=f"{every}D")
    log_share = np.log(share.where(share > 0))
    ahead = log_share.shift(freq=pd.Timedelta(days=-horizon))
    sold = sold_on(past, days).merge(scores[["model_id", "score"]], on="model_id", validate="many_to_one")
    sold = sold.assign(undercut=undercut(sold))
    best = sold.groupby("day")["score"].transform("max")
    sold = sold[sold["score"] >= near * best]
    flat = {"log_share": log_share, "later": ahead}
    for name, values in flat.items():
        column = values.rename_axis(index="day", columns="model_id").reset_index().melt("day", value_name=name)
        sold = sold.merge(column, on=["day", "model_id"], how="left", validate="one_to_one")
    known = sold.assign(change=sold["later"] - sold["log_share"]).dropna(subset=["change", "undercut"])
    return known[["day", "model_id", "entity_id", "score", "price", "undercut", "log_share", "change"]].reset_index(
        drop=True
    )


def _shares(tokens: pd.DataFrame, floor: float | None = None, mean_over: int = 7) -> pd.DataFrame:
    """Return each model's share of all tokens by day: the mean of the days up to it.

    Where lists are known a week apart, days between are on the line between them, unless the model is off one of them.
    """
    wide = tokens.pivot_table("tokens", "day", "model_id", aggfunc="sum")
    total = tokens.drop_duplicates("day").set_index("day")["total"].sort_index()
    least = 0.0 if floor is None else floor * wide.min(axis=1)
    known = wide.T.fillna(least).T.div(total, axis=0).rolling(f"{mean_over}D").mean()
    known = known[known.index >= known.index[0] + pd.Timedelta(days=mean_over - 1)]
    every = pd.date_range(known.index[0], known.index[-1], name="day")
    reach = max(mean_over - 1, 1)
    line = known.reindex(every).interpolate(limit=reach, limit_area="inside")
    there = known.where(known > 0).reindex(every)
    between = there.ffill(limit=reach).notna() & there.bfill(limit=reach).notna()
    found = line.where(between, 0.0).where(line.notna())
    found.loc[known.index] = known
    return found


def gain(rows: pd.DataFrame, model_effects: bool, hold_share: bool = True) -> Estimate:
    """Return by how much the log share moves for a log point of undercutting, with week effects.

    The interval is that of the wild cluster bootstrap by vendor. Without model effects the share held at the start is
    held fixed, since small shares move more. NaN where the effects leave nothing of it, as with prices that never
    change.
    """
    if rows["model_id"].nunique() < LEAST_MODELS:
        return Estimate(float("nan"), float("nan"), float("nan"), len(rows), "too few models")
    formula = "change ~ undercut + C(day)"
    if model_effects:
        formula += " + C(model_id)"
    elif hold_share:
        formula += " + log_share"
    try:
        found = wild_cluster(formula, rows, "undercut", "entity_id", draws=1_999)
    except FitError:
        return Estimate(float("nan"), float("nan"), float("nan"), len(rows), "no undercutting beside these effects")
    return replace(found, errors=found.errors.replace("entity_id", "vendor"))


def entrants(
    tokens: pd.DataFrame,
    past: pd.DataFrame,
    scores: pd.DataFrame,
    released: pd.Series,
    after: Sequence[int],
    near: float = NEAR,
    cheap: float = 0.5,
) -> pd.DataFrame:
    """Return models that came on sale while tokens were counted: capability, price against the best, share after days.

    Parameters
    ----------
    tokens, past, scores
        As for :func:`panel`.
    released : pandas.Series
        Day of release by ``model_id``.
    after : sequence of int
        Days after the first price.
    near, cheap : float
        An undercutter has at least ``near`` of the best score on sale at no more than ``cheap`` of its price.

    Returns
    -------
    pandas.DataFrame
        ``model_id``, ``entity_id``, ``since``, ``relative`` (score over the best on sale that day), ``discount`` (one
        less its price over that of the best), ``undercutter`` and ``share_<days>`` for each of ``after``: the mean
        share of the week that ends so many days later; zero where the model is below the list, NaN where the count ends
        before.
    """
    share = _shares(tokens, 0.0)
    start = past.sort_values("since").drop_duplicates("model_id").merge(scores[["model_id", "score"]], on="model_id")
    start = start[(start["since"] >= share.index[0]) & (start["since"] <= share.index[-1])]
    start = start[(start["since"] - start["model_id"].map(released)).dt.days <= LAUNCH_DAYS]
    rows = []
    for row in start.itertuples():
        top = frontier(past, scores, [row.since]).iloc[0]
        relative, discount = row.score / top["best_score"], 1 - row.price / top["best_price"]
        found = {"model_id": row.model_id, "entity_id": row.entity_id, "since": row.since, "relative": relative}
        found |= {"discount": discount, "undercutter": relative >= near and discount >= 1 - cheap}
        for days in after:
            day = row.since + pd.Timedelta(days=days)
            known = share.index[0] <= day <= share.index[-1]
            found[f"share_{days}"] = float(share.get(row.model_id, {}).get(day, 0.0)) if known else float("nan")
        rows.append(found)
    columns = ["model_id", "entity_id", "since", "relative", "discount", "undercutter", *(f"share_{d}" for d in after)]
    return pd.DataFrame(rows, columns=columns)


class Plan(NamedTuple):
    """A panel to be estimated: parameters of :func:`panel`."""

    horizon: int
    near: float
    floor: float | None


PLANS = tuple(
    Plan(*plan)
    for plan in [
        *[(30, 0, None), (60, 0, None), (30, 0.7, None), (60, 0.7, None)],
        *[(30, 0.9, None), (30, 0, 0.5), (60, 0, 0.5), (-30, 0, None)],
    ]
)
"""Horizons and samples over which gains from undercutting are estimated; the last looks back, as a placebo."""


def gains(tokens: pd.DataFrame, past: pd.DataFrame, scores: pd.DataFrame, plans: Sequence[Plan]) -> pd.DataFrame:
    """Return what undercutting gains by each plan, without and with model effects, and the least effect it could see.

    Returns
    -------
    pandas.DataFrame
        ``horizon``, ``near``, ``floor``, ``effects`` (whether of models), ``models``, ``vendors`` (in effect: of equal
        size, that would weigh as much, Kish 1965), ``value``, ``low``, ``high``, ``n``, ``detectable`` and ``errors``;
        values are NaN where there are too few models.
    """
    rows = []
    for plan in plans:
        part = panel(tokens, past, scores, plan.horizon, plan.near, floor=plan.floor)
        models, vendors = part["model_id"].nunique(), effective_n(part["entity_id"].value_counts())
        for effects in (False, True):
            found = gain(part, effects)
            row = plan._asdict() | {
                "effects": effects,
                "models": models,
                "vendors": vendors,
                "value": found.value,
                "low": found.low,
            }
            row |= {"high": found.high, "n": found.n, "detectable": detectable(found), "errors": found.errors}
            rows.append(row)
    return pd.DataFrame(rows)
