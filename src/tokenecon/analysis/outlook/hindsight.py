"""Simulations scored on what was stated or filed after them, against a naive benchmark.

A simulation whose priors were entered after the outcome was published is a *hindcast*: its score says how well the
priors describe what had happened, not how well anybody foresaw it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

import numpy as np
import pandas as pd

from tokenecon.analysis.outlook import scenarios
from tokenecon.analysis.outlook.scenarios import DAYS_A_MONTH, Paths

COLUMNS = [
    "edition", "entity_id", "measure", "what", "on", "known_on", "value", "low", "median", "high", "pit", "inside",
    "crps", "naive", "naive_crps", "hindcast", "source_id",
]  # fmt: skip


class Simulated(Protocol):
    """An edition that simulated: its day, paths, stated run-rates, last steps of growth, and its priors' day."""

    as_of: pd.Timestamp
    stated: pd.DataFrame
    seen: pd.DataFrame
    paths: Mapping[str, Paths]
    entered: pd.Timestamp


def pit(draws: np.ndarray, value: float) -> float:
    """Return the probability integral transform (Dawid 1984): the share of draws below a value, ties half."""
    return float(np.mean(draws < value) + np.mean(draws == value) / 2)


def crps(draws: np.ndarray, value: float) -> float:
    """Return the continuous ranked probability score (Gneiting and Raftery 2007) of draws; of one draw, its miss.

    Zero is best. Amounts are scored in logs, so that a miss by half and by double count the same.
    """
    ordered = np.sort(draws)
    n = len(ordered)
    spread = 2 * np.sum((2 * np.arange(1, n + 1) - n - 1) * ordered) / n**2
    return float(np.mean(np.abs(ordered - value)) - spread / 2)


def resolved(edition: str, then: Simulated, stated: pd.DataFrame, filed: pd.DataFrame) -> pd.DataFrame:
    """Score an edition's simulation on each run-rate stated and each token share filed since.

    Parameters
    ----------
    edition : str
        Its id.
    then : Simulated
        The edition that simulated.
    stated : pandas.DataFrame
        Run-rates known now, in dollars: ``entity_id``, ``measure``, ``on``, ``value``, ``definition`` and
        ``published_on``. Of several of one day the one by the month counts.
    filed : pandas.DataFrame
        Token shares filed of the first part of a year: ``entity_id``, ``period``, ``period_end``, ``value`` (ratio),
        ``published_on``, ``other_before`` (revenue of the other lines a year earlier, dollars) and ``value_before``
        (the share last filed by then).

    Returns
    -------
    pandas.DataFrame
        One row an outcome published after the edition's day: ``what``, ``on`` and ``known_on``, ``value``; ``low``,
        ``median``, ``high`` and ``pit`` of the simulation, ``inside`` (its middle nine tenths) and ``crps`` (in logs
        for run-rates); ``naive``, a run-rate that grows on as it last did, or the share last filed, with its
        ``naive_crps``; ``hindcast``. Outcomes of one vendor depend on each other.
    """
    rows = [*_stated(then, stated), *_filed(then, filed)]
    return pd.DataFrame([{"edition": edition} | row for row in rows], columns=COLUMNS)


def _stated(then: Simulated, stated: pd.DataFrame) -> Iterator[dict[str, Any]]:
    later = stated[(stated["published_on"] > then.as_of) & stated["value"].notna()]
    later = later.assign(longer=later["definition"].eq("monthly_x12")).sort_values(["on", "longer"], kind="stable")
    for row in later.drop_duplicates(["entity_id", "measure", "on"], keep="last").to_dict("records"):
        own = then.paths.get(row["entity_id"])
        draws = own.between(row["measure"], row["on"]) if own and row["on"] > own.start.on else None
        naive = _grown_on(then, row)
        if draws is None or naive is None or not (draws > 0).all():
            continue
        found = _scored(draws, row["value"], naive, logs=True)
        yield _common(then, row, row["on"], f"run-rate, {'API' if row['measure'] == 'api' else 'all'}") | found


def _filed(then: Simulated, filed: pd.DataFrame) -> Iterator[dict[str, Any]]:
    later = filed[filed["published_on"] > then.as_of]
    for row in later.to_dict("records"):
        own = then.paths.get(row["entity_id"])
        if own is None or not own.start.last_months or not own.start.known_to < row["period_end"] <= own.days[-1]:
            continue
        api = scenarios.recognised(own, row["period_end"])
        other = row["other_before"] * np.exp(own.draws["other_growth"])
        found = _scored(api / (api + other), row["value"], row["value_before"], logs=False)
        yield _common(then, row, row["period_end"], f"API share, {row['period']}") | {"measure": "share"} | found


def _grown_on(then: Simulated, row: Mapping[str, Any]) -> float | None:
    """Return what a run-rate would be had it grown on at its last step's pace; of a vendor's other steps the median."""
    own = then.stated[(then.stated["entity_id"] == row["entity_id"]) & (then.stated["measure"] == row["measure"])]
    own = own.dropna(subset=["value"]).sort_values("on")
    if own.empty or own["on"].iloc[-1] >= row["on"]:
        return None
    last = then.seen[then.seen["last"]]
    same = last[(last["entity_id"] == row["entity_id"]) & (last["measure"] == row["measure"])]
    pace = same["growth"].iloc[-1] if len(same) else last["growth"].median()
    months = (row["on"] - own["on"].iloc[-1]).days / DAYS_A_MONTH
    return float(own["value"].iloc[-1] * (1 + pace) ** months)


def _scored(draws: np.ndarray, value: float, naive: float, *, logs: bool) -> dict[str, Any]:
    scale = np.log if logs else np.asarray
    low, median, high = np.quantile(draws, [scenarios.LOW, 0.5, scenarios.HIGH])
    return {
        "value": value, "low": low, "median": median, "high": high, "pit": pit(draws, value),
        "inside": bool(low <= value <= high), "crps": crps(scale(draws), float(scale(value))),
        "naive": naive, "naive_crps": abs(float(scale(naive)) - float(scale(value))),
    }  # fmt: skip


def _common(then: Simulated, row: Mapping[str, Any], on: pd.Timestamp, what: str) -> dict[str, Any]:
    known_on = row["published_on"]
    return {
        "entity_id": row["entity_id"], "measure": row.get("measure", ""), "what": what, "on": on, "known_on": known_on,
        "hindcast": bool(then.entered > known_on), "source_id": row["source_id"],
    }  # fmt: skip
