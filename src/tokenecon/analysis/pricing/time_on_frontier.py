"""How long a model keeps a price that no equal rival undercuts.

A model is *unrivalled* while no model of another vendor with at least its score is on sale for less. The spell begins
at release, if it begins at all, and ends on the first day on which such a rival is on sale. It is no premium: most
that lead this way are cheaper than their near rivals (:mod:`tokenecon.analysis.pricing.launches`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from statsmodels.duration.hazard_regression import PHReg
from statsmodels.duration.survfunc import survdiff
from statsmodels.stats.proportion import proportion_confint

from tokenecon.analysis.estimators import Estimate, FitError, strict, survival


def spells(paths: pd.DataFrame, scores: pd.DataFrame, until: dt.date | str, tolerance: float = 1.0) -> pd.DataFrame:
    """Return how long each model led whose price at release is known.

    Parameters
    ----------
    paths : pandas.DataFrame
        One market of :func:`tokenecon.analysis.market.price_paths.paths`.
    scores : pandas.DataFrame
        ``model_id`` and ``score``, of one day.
    until : date or str
        The day of the scores; a lead that still held is censored on it. One whose model left the lists, or was out of
        sight of all of them, is censored then: no rival ended it, and the price that one would undercut is gone.
    tolerance : float
        Share of the model's score from which a rival counts as equal.

    Returns
    -------
    pandas.DataFrame
        One row a model: ``model_id``, ``model``, ``entity_id``, ``country``, ``begins``, ``price``, ``score``,
        ``standing`` (score over the best on sale on that day), ``unrivalled`` (whether it was so at release),
        ``days``, ``ended``, ``ended_on``, ``rival`` and ``rival_country`` (the cheapest of those that ended it, or that
        stood in the way at release), ``rival_price``.
    """
    until = pd.Timestamp(until)
    scored = paths.merge(scores[["model_id", "score"]], on="model_id", validate="many_to_one")
    scored = scored[scored["begins"] <= until].reset_index(drop=True)
    stops = scored["ends"].where(scored["ends"] <= until, until + pd.Timedelta(days=1))
    scored = scored.assign(stops=stops)
    first = scored[scored["at_release"]].drop_duplicates("model_id")
    levels = {name: scored[name].to_numpy() for name in _LEVEL}
    found = pd.DataFrame([_spell(place, levels, until.to_datetime64(), tolerance) for place in first.index])
    rival = scored.reindex(found["place"])
    kept = first[["model_id", "model", "entity_id", "country", "begins", "blended", "score"]]
    kept = kept.rename(columns={"blended": "price"}).reset_index(drop=True)
    return kept.assign(
        standing=kept["score"] / found["best"],
        unrivalled=~found["ended"] | (found["last"] > kept["begins"]),
        ended=found["ended"],
        ended_on=found["last"].where(found["ended"]),
        rival=rival["model"].fillna("").to_numpy(),
        rival_country=rival["country"].fillna("").to_numpy(),
        rival_price=rival["blended"].to_numpy(),
        days=(found["last"] - kept["begins"]).dt.days.clip(lower=0),
    )


_LEVEL = ("model_id", "entity_id", "score", "begins", "stops", "blended")


def _spell(place: int, levels: Mapping[str, np.ndarray], until: np.datetime64, tolerance: float) -> dict[str, Any]:
    """Return when the lead of the model at one place of the levels was over, by which rival's place; -1 for none.

    ``best`` is the highest score on sale on the first day.
    """
    models, vendors, scores, begins, stops, prices = (levels[name] for name in _LEVEL)
    own = np.flatnonzero(models == models[place])[:, None]
    rivals = np.flatnonzero((vendors != vendors[place]) & (scores >= tolerance * scores[place]))
    met = np.maximum(begins[rivals], begins[own])
    under = (met < np.minimum(stops[rivals], stops[own])) & (prices[rivals] < prices[own])
    day = begins[place]
    found = {"best": scores[(begins <= day) & (stops > day)].max(), "ended": bool(under.any())}
    if not under.any():
        return found | {"place": -1, "last": min(stops[own].max(), until)}
    last = met[under].min()
    cheapest = rivals[(under & (met == last)).any(axis=0)]
    return found | {"place": cheapest[prices[cheapest].argmin()], "last": last}


def at_release(found: pd.DataFrame) -> pd.DataFrame:
    """Return by country the share of models that entered without an equal rival below them, with Wilson's interval.

    Returns
    -------
    pandas.DataFrame
        ``country``, ``n``, ``unrivalled`` (count), ``share``, ``share_low``, ``share_high``.
    """
    rows = []
    for country, part in found.groupby("country"):
        count = int(part["unrivalled"].sum())
        low, high = proportion_confint(count, len(part), method="wilson")
        estimate = Estimate(count / len(part), low, high, len(part), "Wilson")
        rows.append({"country": country, "n": len(part), "unrivalled": count} | estimate.fields("share"))
    return pd.DataFrame(rows)


def log_rank(found: pd.DataFrame) -> float:
    """Return the p-value of the log-rank test that leads of two or more countries last equally long."""
    _, p = survdiff(found["days"], found["ended"].astype(int), found["country"])
    return float(p)


def hazard_ratio(found: pd.DataFrame, one: str) -> Estimate:
    """Return how much faster the lead of a model of country ``one`` ends than of the other, at equal standing.

    Cox's (1972) proportional hazards on the country and on the log of ``standing``; above one is faster.
    """
    if lost := int(found[["days", "ended", "standing"]].isna().any(axis=1).sum()):
        raise FitError(f"hazard of a lead: days, end or standing is missing in {lost} rows")
    if not found.groupby("country")["ended"].any().all():
        return Estimate(np.nan, np.nan, np.nan, len(found), "none ended in one of the countries")
    x = np.column_stack([(found["country"] == one).astype(float), np.log(found["standing"])])
    days = found["days"].clip(lower=0.5)
    with strict("hazard of a lead ~ country + standing"):
        fit = PHReg(days, x, status=found["ended"].astype(int), ties="efron").fit()
    with np.errstate(over="ignore"):
        low, high = np.exp(fit.conf_int()[0])
    return Estimate(float(np.exp(fit.params[0])), float(low), float(high), len(found), "Cox, Efron's ties")


def compare(
    variants: Mapping[str, tuple[pd.DataFrame, pd.DataFrame, dt.date | str, float]], one: str, other: str
) -> pd.DataFrame:
    """Return how long leads last for several measures of capability, prices and tolerances.

    Parameters
    ----------
    variants : mapping of str to (pandas.DataFrame, pandas.DataFrame, date or str, float)
        Label to the arguments of :func:`spells`.
    one, other : str
        Country codes.

    Returns
    -------
    pandas.DataFrame
        ``label``; for both countries, ``one`` and ``other``: ``n_one``, the median in days ``one`` (NaN where fewer
        than half ended) with ``one_low`` and ``one_high``; ``hazard`` with ``_low`` and ``_high``; ``p`` of the
        log-rank test.
    """
    rows = []
    for label, (paths, scores, until, tolerance) in variants.items():
        found = spells(paths, scores, until, tolerance)
        held = found[found["unrivalled"] & found["country"].isin([one, other])]
        row = {"label": label}
        for name, code in (("one", one), ("other", other)):
            own = held[held["country"] == code]
            middle = survival(own["days"], own["ended"])[1]
            row |= {f"n_{name}": middle.n} | middle.fields(name)
        rows.append(row | hazard_ratio(held, one).fields("hazard") | {"p": log_rank(held)})
    return pd.DataFrame(rows)
