"""Prices at launch: against near-score rivals on sale that day, and how they move from one launch to the next.

A *premium* is a price above the median of the rivals whose score is within a tenth, at launch. How long a model goes
without an equal rival below its price is another question (:mod:`tokenecon.analysis.pricing.time_on_frontier`): most
that lead that way are themselves cheaper than their near rivals.
"""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from tokenecon.analysis import estimators
from tokenecon.analysis.estimators import Estimate
from tokenecon.analysis.market import price_paths

NEAR = 0.1
"""Relative distance of scores within which a model is a near rival."""
RIVALS = 1
"""Near rivals of other vendors that a launch needs to be placed: more would leave out those that lead."""
WATCH = 180
"""Days after launch at which a premium is looked at again."""
_YEAR = 365.25


def at_launch(paths: pd.DataFrame, scores: pd.DataFrame, until: dt.date | str, near: float = NEAR) -> pd.DataFrame:
    """Place each launch among the near-score rivals on sale on its day.

    Parameters
    ----------
    paths : pandas.DataFrame
        One market of :func:`tokenecon.analysis.market.price_paths.paths`.
    scores : pandas.DataFrame
        ``model_id`` and ``score``, of one day.
    until : date or str
        The day of the scores: later launches have none.
    near : float
        Relative distance of scores.

    Returns
    -------
    pandas.DataFrame
        One row a model whose price at release is known and that has :data:`RIVALS` near rivals of other vendors:
        ``model_id``, ``model``, ``entity_id``, ``country``, ``on``, ``price``, ``score``, ``rivals``, ``relative``
        (price over the rivals' median), ``leads`` (no model on sale scores more), ``premium`` (``relative`` above
        one).
    """
    scored = paths.merge(scores[["model_id", "score"]], on="model_id", validate="many_to_one")
    scored = scored[scored["blended"] > 0]
    first = scored[scored["at_release"] & (scored["begins"] <= pd.Timestamp(until))].drop_duplicates("model_id")
    rows = [_placed(row, scored, row.begins, near) for row in first.itertuples()]
    return pd.DataFrame([row for row in rows if row])


def _placed(model: tuple, scored: pd.DataFrame, day: pd.Timestamp, near: float) -> dict[str, object] | None:
    now = price_paths.on(scored, day)
    rivals = now[(now["entity_id"] != model.entity_id) & ((now["score"] / model.score - 1).abs() <= near)]
    own = now.loc[now["model_id"] == model.model_id, "blended"]
    if len(rivals) < RIVALS or own.empty:
        return None
    relative = own.iloc[0] / rivals["blended"].median()
    return {
        "model_id": model.model_id, "model": model.model, "entity_id": model.entity_id, "country": model.country,
        "on": day, "price": own.iloc[0], "score": model.score, "released": (day - pd.Timestamp(0)).days / _YEAR,
        "rivals": len(rivals), "relative": relative, "leads": bool(model.score >= now["score"].max()),
        "premium": bool(relative > 1),
    }  # fmt: skip


def with_date_held(found: pd.DataFrame) -> pd.DataFrame:
    """Add ``premium_dated``: whether a launch is dearer than score and day of all launches let expect."""
    rows = found.assign(log_price=np.log(found["price"]), log_score=np.log(found["score"]))
    results, _ = estimators.ols("log_price ~ log_score + released", rows)
    return found.assign(premium_dated=(results.resid > 0).to_numpy())


def later(
    found: pd.DataFrame, paths: pd.DataFrame, scores: pd.DataFrame, until: dt.date | str, near: float = NEAR
) -> pd.DataFrame:
    """Return launch premia again :data:`WATCH` days on, of those still on sale then.

    Returns
    -------
    pandas.DataFrame
        The rows of ``found`` with a premium whose model was still on sale with near rivals: with ``then`` (relative
        price) and ``change`` (of its logarithm).
    """
    scored = paths.merge(scores[["model_id", "score"]], on="model_id", validate="many_to_one")
    scored, days = scored[scored["blended"] > 0], pd.Timedelta(days=WATCH)
    old = found[found["premium"] & (found["on"] + days <= pd.Timestamp(until))]
    again = {row.model_id: _placed(row, scored, row.on + days, near) for row in old.itertuples()}
    then = old["model_id"].map({model: placed["relative"] for model, placed in again.items() if placed})
    kept = old.assign(then=then.astype(float)).dropna(subset="then")
    return kept.assign(change=np.log(kept["then"] / kept["relative"]))


def change_a_year(launched: pd.DataFrame, draws: int = 1_999) -> Estimate:
    """Return by how much prices at launch move in a year at equal score, in log points, vendors drawn.

    ``launched`` holds one country's models: ``log_price`` (at release), ``log_score``, ``released`` (years),
    ``entity_id``.
    """
    return estimators.wild_cluster("log_price ~ log_score + released", launched, "released", "entity_id", draws=draws)


def launched(paths: pd.DataFrame, scores: pd.DataFrame, until: dt.date | str) -> pd.DataFrame:
    """Return every model with a known price at release and a score, for :func:`change_a_year`."""
    rows = paths[paths["at_release"]].drop_duplicates("model_id")
    rows = rows.merge(scores[["model_id", "score"]], on="model_id", validate="one_to_one")
    rows = rows[(rows["blended"] > 0) & (rows["score"] > 0) & (rows["begins"] <= pd.Timestamp(until))]
    return rows.assign(
        log_price=np.log(rows["blended"]), log_score=np.log(rows["score"]),
        released=(rows["begins"] - rows["begins"].min()).dt.days / _YEAR,
    ).reset_index(drop=True)  # fmt: skip
