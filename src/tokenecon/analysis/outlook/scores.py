"""Forecasts scored: what came of them, when and by how much, and what the edition before gave them.

A forecast of a level by a day is met when the level is stated for the same scope. One that says *about* a number is a
band, not a threshold: it holds for what rounds to the number at its first significant digit.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
import pandas as pd

from tokenecon.analysis.judge import NAN, Verdict
from tokenecon.analysis.outlook import register, scenarios
from tokenecon.analysis.outlook.year import place

COIN_BRIER = 0.25
"""Score of one who gives everything a probability of one half."""

UNKNOWN = "due, outcome not known"

LEAST_SCORED = 10
"""Forecasts resolved from which their mean score is given: with fewer, one of them decides it."""


class Knowledge(Protocol):
    """What an edition knows of forecasts: the register, run-rates stated, accounts, and the day of its priors."""

    register: pd.DataFrame
    stated: pd.DataFrame
    figures: pd.DataFrame
    entered: pd.Timestamp

    def draws(self, forecast: Mapping[str, Any]) -> np.ndarray | None:
        """Return what a forecast speaks about, one value a draw; None where it is not modelled."""

    def chance(self, forecast: Mapping[str, Any], *, at_least: bool = False) -> float:
        """Return the probability of a forecast's band, or of its value and more; NaN if not modelled."""


def score(now: Knowledge, before: Knowledge | None = None) -> pd.DataFrame:
    """Score the forecasts that an edition knows.

    Parameters
    ----------
    now : Knowledge
        The edition that looks back.
    before : Knowledge, optional
        The edition before, which gave probabilities; without one, nothing is scored.

    Returns
    -------
    pandas.DataFrame
        The register's rows with ``verdict`` (``met``, ``missed``, ``superseded``, ``open``), ``status`` (the same, but
        :data:`UNKNOWN` of what is open after its day), ``reached_on`` (day on which the level was first stated; NaT),
        ``early`` (days before the due day), ``latest`` and ``latest_on`` (last value known of the same scope),
        ``error`` (of it over the forecast, less one), ``course`` (where the year stands against the band), ``then`` and
        ``now`` (probabilities of the two editions; NaN where not modelled), ``outcome`` (one or zero; NaN until
        decided), ``hindcast`` (the priors of the edition before were entered after the outcome), ``brier`` (the score
        of ``then``; NaN until decided) and ``new`` (not known to the edition before).
    """
    rows = [_scored(row, now, before) for row in now.register.to_dict("records")]
    found = now.register.assign(**pd.DataFrame(rows, index=now.register.index))
    return found.assign(
        status=found["verdict"].mask(found["verdict"].eq(Verdict.open) & found["passed"], UNKNOWN),
        brier=brier(found["then"], found["outcome"]),
        new=~found["statement_id"].isin(before.register["statement_id"] if before else []),
    )


def ranges(scores: pd.DataFrame, now: Knowledge, before: Knowledge | None = None) -> pd.DataFrame:
    """Add the middle nine tenths of simulated draws to forecasts, by both editions.

    Parameters
    ----------
    scores : pandas.DataFrame
        As :func:`score` returns them.
    now, before : Knowledge
        The editions; without an edition before its columns are NaN.

    Returns
    -------
    pandas.DataFrame
        ``scores`` with ``then_low``, ``then_mid``, ``then_high``, ``now_low``, ``now_mid`` and ``now_high``.
    """
    rows = []
    for row in scores.to_dict("records"):
        found = {}
        for name, known in (("then", before), ("now", now)):
            values = known.draws(row) if known is not None else None
            ends = [NAN] * 3 if values is None else np.quantile(values, [scenarios.LOW, 0.5, scenarios.HIGH])
            found |= {f"{name}_{end}": float(value) for end, value in zip(("low", "mid", "high"), ends, strict=True)}
        rows.append(found)
    return scores.assign(**pd.DataFrame(rows, index=scores.index))


def brier(forecast: pd.Series, outcome: pd.Series) -> pd.Series:
    """Return Brier's (1950) score of probabilities, NaN where nothing is decided.

    Zero is best; a forecast of one half always has a quarter.
    """
    return (outcome - forecast) ** 2


def _scored(row: dict[str, Any], now: Knowledge, before: Knowledge | None) -> dict[str, Any]:
    reached = _reached(row, now)
    latest, latest_on = _latest(row, now)
    verdict = _verdict(row, now, reached)
    own = {"then": NAN, "now": now.chance(row), "hindcast": False}
    if before is not None and row["statement_id"] in set(before.register["statement_id"]):
        known_on = reached if reached is not pd.NaT else row["due"]
        own |= {"then": before.chance(row), "hindcast": bool(before.entered > known_on)}
    decided = {Verdict.met: 1.0, Verdict.missed: 0.0}
    return own | {
        "verdict": str(verdict),
        "reached_on": reached,
        "early": (row["due"] - reached).days if reached is not pd.NaT else NAN,
        "latest": latest,
        "latest_on": latest_on,
        "error": latest / row["value"] - 1,
        "course": _course(row, latest),
        "outcome": decided.get(verdict, NAN),
    }


def _reached(row: Mapping[str, Any], now: Knowledge) -> pd.Timestamp:
    """Return the day on which a run-rate forecast's level was first stated for its scope, from its own day on."""
    if row["metric"] != "run_rate":
        return pd.NaT
    own = _statements(row, now)
    own = own[(own["on"] >= row["said_on"]) & (own["on"] <= row["due"]) & (own["value"] >= row["value"])]
    return own["on"].iloc[0] if len(own) else pd.NaT


def _statements(row: Mapping[str, Any], now: Knowledge) -> pd.DataFrame:
    stated = now.stated
    return stated[(stated["entity_id"] == row["entity_id"]) & (stated["measure"] == row["measure"])]


def _latest(row: Mapping[str, Any], now: Knowledge) -> tuple[float, pd.Timestamp]:
    """Return the last value known of a forecast's quantity within its period, and its last day."""
    if row["metric"] == "run_rate":
        own = _statements(row, now)
        own = own[(own["on"] >= row["said_on"]) & (own["on"] <= row["due"])]
        return (own["value"].iloc[-1], own["on"].iloc[-1]) if len(own) else (NAN, pd.NaT)
    figures = now.figures
    place = (figures["entity_id"] == row["entity_id"]) & (figures["metric"] == row["metric"])
    inside = (figures["period_start"] >= row["period_start"]) & (figures["period_end"] <= row["due"])
    own = figures[place & inside & (figures["segment"] == row["segment"])].sort_values("period_end")
    own = own[own["base_unit"] == row["base_unit"]]
    return (own["value"].iloc[-1], own["period_end"].iloc[-1]) if len(own) else (NAN, pd.NaT)


def _verdict(row: Mapping[str, Any], now: Knowledge, reached: pd.Timestamp) -> Verdict:
    if reached is not pd.NaT:
        return Verdict.met
    if row["passed"]:
        actual = _outcome(row, now)
        if actual == actual:
            return Verdict.met if row["band_low"] <= actual <= row["band_high"] else Verdict.missed
    return Verdict.superseded if _revised(row, now) else Verdict.open


def _outcome(row: Mapping[str, Any], now: Knowledge) -> float:
    """Return the value of a forecast's quantity over just its period; NaN where it is not known."""
    known = register.with_outcomes(pd.DataFrame([row]), now.figures, now.stated)
    return float(known["actual"].iloc[0])


def _revised(row: Mapping[str, Any], now: Knowledge) -> bool:
    """Whether a later forecast of the same kind on the same quantity replaces this one."""
    same = now.register
    for name in ("entity_id", "metric", "measure", "segment", "due", "kind"):
        same = same[same[name] == row[name]]
    speaker = row["kind"] in ("guidance", "target") or same["said_by"].eq(row["said_by"])
    return bool((same["said_on"].gt(row["said_on"]) & speaker).any())


def _course(row: Mapping[str, Any], latest: float) -> str:
    if latest != latest:
        return "not known"
    return place(latest, row["band_low"], row["band_high"])
