"""Prices over time: the cheapest model at a level of capability, price indices, and how long followers take.

Panels are those of :func:`tokenecon.analysis.market.price_paths.panel`. Scores are of one day, so levels of capability
mean what they meant on that day; models released later have no score, and no later day is looked at.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from tokenecon.analysis.estimators import Estimate, ar1_trend, coefficient, ols, survival, wild_cluster
from tokenecon.analysis.market import price_paths

_NAN = float("nan")
FEWEST_DAYS = 6


def levels_of(scores: pd.Series, step: float = 10, models: int = 8) -> list[float]:
    """Return round levels of a score that at least ``models`` models reach, lowest first."""
    top = scores.nlargest(models).min() if len(scores) >= models else _NAN
    return [level for level in np.arange(step, scores.max(), step).tolist() if level <= top]


def cheapest(panel: pd.DataFrame, levels: Sequence[float]) -> pd.DataFrame:
    """Return the cheapest model at or above each level, by country and day.

    Parameters
    ----------
    panel : pandas.DataFrame
        What was on sale (module docstring), with ``country``.
    levels : sequence of float
        Scores.

    Returns
    -------
    pandas.DataFrame
        ``level``, ``country``, ``day``, ``years``, ``model_id``, ``model``, ``entity_id``, ``blended``,
        ``candidates`` (models at or above the level). Days on which a country has none are missing.
    """
    rows = []
    for level in levels:
        able = panel[panel["score"] >= level].sort_values(["blended", "model_id"])
        groups = able.groupby(["country", "day"])
        best = groups.head(1).assign(level=level)
        counts = groups.size().rename("candidates")
        rows.append(best.merge(counts, on=["country", "day"], validate="one_to_one"))
    found = pd.concat(rows, ignore_index=True)
    columns = ["level", "country", "day", "years", "model_id", "model", "entity_id", "blended", "candidates"]
    return found[columns].sort_values(["level", "country", "day"], ignore_index=True)


def declines(series: pd.DataFrame, fewest: int = FEWEST_DAYS) -> pd.DataFrame:
    """Return by how many times the price of a level falls in a year, by level and country.

    The slope of the log price on time, errors of an autoregression. A series that starts at the release of the first
    model that reaches the level holds only the fall after that, as published rates do.

    Parameters
    ----------
    series : pandas.DataFrame
        As :func:`cheapest` returns it.
    fewest : int
        Shorter series are left out.

    Returns
    -------
    pandas.DataFrame
        ``level``, ``country``, ``since``, ``n`` (days), ``first`` and ``last`` (prices), ``fall`` (times a year; below
        one where the price rose), ``fall_low``, ``fall_high``, ``errors``.
    """
    rows = []
    for (level, country), part in series.groupby(["level", "country"]):
        if len(part) < fewest:
            continue
        slope = ar1_trend(np.log(part["blended"]), part["years"]).map(lambda value: float(np.exp(-value)))
        rows.append(
            {"level": level, "country": country, "since": part["day"].min(), "n": slope.n,
             "first": part["blended"].iloc[0], "last": part["blended"].iloc[-1]}
            | slope.fields("fall") | {"errors": slope.errors}
        )  # fmt: skip
    columns = ["level", "country", "since", "n", "first", "last", "fall", "fall_low", "fall_high", "errors"]
    return pd.DataFrame(rows, columns=columns)


def index(panel: pd.DataFrame) -> pd.DataFrame:
    """Return the time-dummy hedonic price index of a panel, as Triplett (2006) describes it.

    Log price on log score and a dummy a day; the index is the exponent of the dummies, the first day being one.
    Errors are clustered by model, since a model stays in the panel for many days.

    Returns
    -------
    pandas.DataFrame
        ``day``, ``index``, ``low``, ``high``, ``models`` (on sale on the day).
    """
    days = sorted(panel["day"].unique())
    frame = panel.assign(when=panel["day"].map({day: place for place, day in enumerate(days)}))
    results, _ = ols("log_price ~ log_score + C(when)", frame, "cluster", "model_id")
    ends = results.conf_int()
    rows = [{"day": days[0], "index": 1.0, "low": 1.0, "high": 1.0, "models": int((frame["when"] == 0).sum())}]
    for place, day in enumerate(days[1:], start=1):
        term = f"C(when)[T.{place}]"
        low, high = np.exp(ends.loc[term])
        models = int((frame["when"] == place).sum())
        rows.append({"day": day, "index": np.exp(results.params[term]), "low": low, "high": high, "models": models})
    return pd.DataFrame(rows)


def annual_change(panel: pd.DataFrame, method: str = "hedonic", errors: str = "wild") -> Estimate:
    """Return the change of log prices a year over a panel.

    Parameters
    ----------
    panel : pandas.DataFrame
        Of one country.
    method : {"hedonic", "matched"}
        At equal log score, all models on sale; or within models, as statistical offices match them.
    errors : {"wild", "cluster"}
        Wild cluster bootstrap by vendor, or errors clustered by model.
    """
    if method == "hedonic":
        frame, formula, term = panel, "log_price ~ log_score + years", "years"
    else:
        kept = panel[panel.groupby("model_id")["day"].transform("nunique") > 1]
        means = kept.groupby("model_id")[["log_price", "years"]].transform("mean")
        frame = kept.assign(within=kept["log_price"] - means["log_price"], time=kept["years"] - means["years"])
        formula, term = "within ~ time", "time"
    if errors == "wild" and frame["entity_id"].nunique() > 2:
        return wild_cluster(formula, frame, term, "entity_id", draws=1_999)
    return coefficient(formula, frame, term, "cluster", "model_id")


def records(paths: pd.DataFrame, scores: pd.DataFrame, country: str) -> pd.DataFrame:
    """Return the models of a country that scored above every earlier one of it, by day of release."""
    rows = paths.drop_duplicates("model_id").merge(scores[["model_id", "score"]], on="model_id", validate="one_to_one")
    rows = rows[(rows["country"] == country) & rows["released_on"].notna()]
    rows = rows.sort_values(["released_on", "score"], ascending=[True, False]).drop_duplicates("released_on")
    before = rows["score"].cummax().shift(fill_value=0)
    return rows[rows["score"] > before].reset_index(drop=True)


def catch_up(
    paths: pd.DataFrame,
    scores: pd.DataFrame,
    until: dt.date | str,
    leader: str,
    follower: str,
    tolerance: float = 1.0,
) -> pd.DataFrame:
    """Return how long after each record of one country the other had a model as capable, and at what price.

    Parameters
    ----------
    paths : pandas.DataFrame
        One market of :func:`tokenecon.analysis.market.price_paths.paths`.
    scores : pandas.DataFrame
        ``model_id`` and ``score``, of one day.
    until : date or str
        The day of the scores: later releases have none, and what was not reached by then is censored.
    leader, follower : str
        Country codes.
    tolerance : float
        Share of the record's score that counts as reaching it.

    Returns
    -------
    pandas.DataFrame
        One row a record: ``model``, ``released_on``, ``score``, ``reached_by`` (empty where not yet), ``reached_on``,
        ``days`` (to the follower, or to ``until``; never below zero), ``reached``, ``price_then`` (the record's on the
        day it was reached), ``follower_price`` (at release) and ``price_ratio`` (follower over record; NaN where either
        price is not known).
    """
    until = pd.Timestamp(until)
    leaders = records(paths, scores, leader)
    leaders = leaders[leaders["released_on"] <= until]
    rivals = paths.merge(scores[["model_id", "score"]], on="model_id", validate="many_to_one")
    rivals = rivals[(rivals["country"] == follower) & (rivals["released_on"] <= until)]
    first = rivals.drop_duplicates("model_id").sort_values(["released_on", "blended"])
    rows = []
    for record in leaders.itertuples():
        able = first[first["score"] >= tolerance * record.score].head(1)
        row = {"model": record.model, "released_on": record.released_on, "score": record.score, "reached": False,
               "entity_id": record.entity_id,
               "reached_by": "", "reached_on": pd.NaT, "days": (until - record.released_on).days, "price_then": _NAN,
               "follower_price": _NAN}  # fmt: skip
        if len(able):
            best = able.iloc[0]
            then = max(best["released_on"], record.released_on)
            own = paths[(paths["model_id"] == record.model_id) & (paths["begins"] <= then)]
            row |= {
                "reached": True,
                "reached_by": best["model"],
                "reached_on": best["released_on"],
                "days": max(0, (best["released_on"] - record.released_on).days),
                "price_then": own["blended"].iloc[-1] if len(own) else _NAN,
                "follower_price": best["blended"] if best["at_release"] else _NAN,
            }
        rows.append(row)
    found = pd.DataFrame(rows)
    return found.assign(price_ratio=found["follower_price"] / found["price_then"])


def compare(
    variants: Mapping[str, tuple[pd.DataFrame, pd.DataFrame, dt.date | str, float]], leader: str, follower: str
) -> pd.DataFrame:
    """Return how long followers take for several measures of capability and tolerances.

    Parameters
    ----------
    variants : mapping of str to (pandas.DataFrame, pandas.DataFrame, date or str, float)
        Label to paths, scores, the day of the scores and the tolerance of :func:`catch_up`.
    leader, follower : str
        Country codes.

    Returns
    -------
    pandas.DataFrame
        ``label``, ``n`` (records), ``reached``, ``lag`` (median days, Kaplan–Meier) with ``_low`` and ``_high``,
        ``price`` (median of the follower's price over the record's).
    """
    rows = []
    for label, (paths, scores, until, tolerance) in variants.items():
        found = catch_up(paths, scores, until, leader, follower, tolerance)
        lag = survival(found["days"], found["reached"])[1]
        rows.append(
            {"label": label, "n": len(found), "reached": int(found["reached"].sum())}
            | lag.fields("lag") | {"price": found["price_ratio"].median()}
        )  # fmt: skip
    return pd.DataFrame(rows)


def against_equals(caught: pd.DataFrame, paths: pd.DataFrame, scores: pd.DataFrame, leader: str) -> pd.DataFrame:
    """Set each follower's price against the cheapest model of the leading country that does as well, on its day.

    Whose score the rival must reach decides the answer: the follower's own, a point below it, or the record's.

    Parameters
    ----------
    caught : pandas.DataFrame
        As :func:`catch_up` returns it.
    paths, scores
        As for :func:`catch_up`.
    leader : str
        The country whose models are looked through.

    Returns
    -------
    pandas.DataFrame
        The records reached, at a known price, with ``entity_id`` (the follower's vendor), ``own_record`` (the
        follower's price over the record's own), ``equal``, ``point_below`` and ``as_record`` (over the cheapest of the
        leading country on sale that day with at least that score; NaN where none was).
    """
    scored = paths.merge(scores[["model_id", "score"]], on="model_id", validate="many_to_one")
    about = scored.drop_duplicates("model").set_index("model")
    rows = caught[caught["reached"] & caught["follower_price"].notna()].copy()
    rows["entity_id"] = rows["reached_by"].map(about["entity_id"])
    theirs = scored[(scored["country"] == leader) & (scored["blended"] > 0)]
    reach = {"equal": rows["reached_by"].map(about["score"]), "as_record": rows["score"]}
    reach["point_below"] = reach["equal"] - 1
    day = rows[["reached_on", "released_on"]].max(axis=1)
    for name, least in reach.items():
        cheapest_then = [
            price_paths.on(theirs[theirs["score"] >= floor], then)["blended"].min()
            for floor, then in zip(least, day, strict=True)
        ]
        rows[name] = rows["follower_price"] / np.array(cheapest_then, dtype=float)
    return rows.rename(columns={"price_ratio": "own_record"})


def level_ratios(series: pd.DataFrame, one: str, other: str) -> pd.DataFrame:
    """Return the cheapest price of the one country over the other's at each level and day that both reach.

    ``series`` is as :func:`cheapest` returns it. Columns ``level``, ``day``, ``ratio``.
    """
    wide = series.pivot_table("blended", ["level", "day"], "country").dropna()
    return (wide[one] / wide[other]).rename("ratio").reset_index()
