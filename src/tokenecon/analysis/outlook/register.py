"""The register: every forecast known under its key, the band that it speaks of, and what is known of its outcome."""

from __future__ import annotations

from math import floor, log10

import pandas as pd

from tokenecon.analysis.outlook.scenarios import DAYS_A_MONTH
from tokenecon.analysis.revenue import scoped

FORECAST_KINDS = ("guidance", "forecast", "target", "consensus")


def forecasts(statements: pd.DataFrame, segments: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    """Return the register: every forecast known, under its key, so that a later edition can score it.

    Parameters
    ----------
    statements : pandas.DataFrame
        Statements as the edition knows them.
    segments : pandas.DataFrame
        ``entity_id``, ``segment``, ``route``: decides whether a forecast is about the token line or everything.
    as_of : pandas.Timestamp
        The edition's day.

    Returns
    -------
    pandas.DataFrame
        One row a forecast, the earliest due first: the columns of ``statements`` with ``measure`` (``api``, ``total``
        or empty), ``due`` (last day it speaks about; of a target price a year on), ``passed`` (due by the edition's
        day) and ``late`` (recorded only after it was due: no forecast in the strict sense).
    """
    rows = statements[statements["kind"].isin(FORECAST_KINDS)]
    keyed = scoped(rows, segments).set_index("statement_id")["measure"]
    within_a_year = rows["metric"].eq("target_price")
    due = rows["period_end"].where(~within_a_year, rows["period_end"] + pd.DateOffset(years=1))
    return rows.assign(
        measure=rows["statement_id"].map(keyed).fillna(""),
        due=due,
        passed=due <= pd.Timestamp(as_of),
        late=rows["said_on"] > due,
    ).sort_values(["due", "entity_id", "said_on", "statement_id"], ignore_index=True)


def with_outcomes(register: pd.DataFrame, figures: pd.DataFrame, stated: pd.DataFrame) -> pd.DataFrame:
    """Add what is known of the outcome of each forecast; no score is given here.

    Parameters
    ----------
    register : pandas.DataFrame
        As :func:`forecasts` returns it; its ``value`` in ``base_unit``.
    figures : pandas.DataFrame
        Accounts: ``entity_id``, ``metric``, ``segment``, ``period``, ``value``, ``base_unit``.
    stated : pandas.DataFrame
        Run-rates as known, in ``base_unit`` of the forecasts: ``entity_id``, ``measure``, ``on``, ``value``.

    Returns
    -------
    pandas.DataFrame
        ``register`` with ``actual``: the figure of just that period, of a run-rate the last of its last month; NaN
        where it is not known.
    """
    place = ["entity_id", "metric", "segment", "period", "base_unit"]
    known = figures.drop_duplicates(place).set_index(place)["value"].to_dict()
    found = []
    for row in register.to_dict("records"):
        actual = known.get(tuple(row[name] for name in place), float("nan"))
        if row["metric"] == "run_rate":
            same = (stated["entity_id"] == row["entity_id"]) & (stated["measure"] == row["measure"])
            own = stated[same & (stated["on"] <= row["due"])]
            month = own[(row["due"] - own["on"]).dt.days <= DAYS_A_MONTH]
            actual = float(month.sort_values("on")["value"].iloc[-1]) if len(month) and row["passed"] else float("nan")
        found.append(actual)
    return register.assign(actual=found)


def band(value: float, qualifier: str) -> tuple[float, float]:
    """Return the range that a forecast speaks of.

    *About* a number is what rounds to it at its first significant digit: about a half is 45 to 55 percent. Without that
    word, or with *above*, it is the number or more.

    Parameters
    ----------
    value : float
        The number; positive.
    qualifier : str
        How exact the forecast says it is.
    """
    if qualifier != "about" or not value > 0:
        return value, float("inf")
    half = 10 ** floor(log10(value)) / 2
    return value - half, value + half
