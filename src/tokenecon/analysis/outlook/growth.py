"""Growth: what a target asks for, what stated run-rates showed, and what they promised for a span of months."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tokenecon.analysis.outlook.scenarios import DAYS_A_MONTH

LEAST_GAP = 25
"""Days two statements of a run-rate must be apart for a monthly growth between them."""


def required_growth(value: float, target: float, months: float) -> float:
    """Return the steady growth a month that leads from a run-rate to a target, as a ratio.

    Raises
    ------
    ValueError
        If an amount is not positive or no time is left.
    """
    if value <= 0 or target <= 0 or months <= 0:
        raise ValueError(f"amounts and months must be positive, not {value}, {target} and {months}")
    return float(np.expm1(np.log(target / value) / months))


def requirements(forecasts: pd.DataFrame, stated: pd.DataFrame) -> pd.DataFrame:
    """Return the growth that each run-rate target asks for from the last run-rate known of its own scope.

    Parameters
    ----------
    forecasts : pandas.DataFrame
        As :func:`forecasts` returns them, ``value`` in the currency of ``stated``.
    stated : pandas.DataFrame
        Run-rates as known: ``entity_id``, ``measure``, ``on``, ``value``, ``definition``.

    Returns
    -------
    pandas.DataFrame
        One row a target that has a run-rate of its entity and measure before its day: ``start``, ``start_on``,
        ``start_definition``, ``months``, ``multiple`` and ``growth`` (ratio a month). Where a day has two bases, the
        one by the month is the start. A target below its start needs none: growth is negative.
    """
    rows = []
    targets = forecasts[(forecasts["metric"] == "run_rate") & forecasts["value"].notna()]
    for target in targets.to_dict("records"):
        same = (stated["entity_id"] == target["entity_id"]) & (stated["measure"] == target["measure"])
        own = stated[same & (stated["on"] < target["period_end"]) & stated["value"].notna()]
        if own.empty:
            continue
        own = own.assign(longer=own["definition"].eq("monthly_x12"))
        last = own.sort_values(["on", "longer"], kind="stable").iloc[-1]
        left = (target["period_end"] - last["on"]).days / DAYS_A_MONTH
        growth = required_growth(last["value"], target["value"], left)
        found = {"start": last["value"], "start_on": last["on"], "start_definition": last["definition"]}
        rows.append(
            target | found | {"months": left, "multiple": target["value"] / last["value"], "growth": growth},
        )
    return pd.DataFrame(rows)


def observed_growth(stated: pd.DataFrame) -> pd.DataFrame:
    """Return the monthly growth between each two consecutive stated run-rates of one entity and measure.

    ``stated`` is as for :func:`requirements`. Statements less than :data:`LEAST_GAP` days apart are passed over; one
    basis a day is kept, by the month before by the week. ``mixed`` marks a pair on two bases.
    """
    rows = []
    known = stated[stated["value"].notna()].assign(longer=lambda frame: frame["definition"].eq("monthly_x12"))
    for (entity, measure), own in known.groupby(["entity_id", "measure"]):
        own = own.sort_values(["on", "longer"], kind="stable").drop_duplicates("on", keep="last")
        before = None
        for row in own.itertuples():
            if before is not None and (row.on - before.on).days < LEAST_GAP:
                continue
            if before is not None:
                months = (row.on - before.on).days / DAYS_A_MONTH
                rows.append(
                    {
                        "entity_id": entity,
                        "measure": measure,
                        "from": before.on,
                        "to": row.on,
                        "growth": required_growth(before.value, row.value, months),
                        "mixed": before.definition != row.definition,
                    }
                )
            before = row
    return pd.DataFrame(rows, columns=["entity_id", "measure", "from", "to", "growth", "mixed"])


def newest_target(aims: pd.DataFrame, entity: str) -> pd.Series:
    """Return the target for its run-rate that a company's management named last.

    Parameters
    ----------
    aims : pandas.DataFrame
        Forecasts of run-rates that are not due yet, as :func:`forecasts` returns them.
    entity : str
        The company.

    Raises
    ------
    LookupError
        If no target is open, as when the year of the last one is over and no new one has been recorded.
    """
    guided = aims[(aims["entity_id"] == entity) & (aims["kind"] == "guidance")].sort_values("said_on")
    if guided.empty:
        raise LookupError(f"no target for the run-rate of {entity} is open: add its guidance to data/statements.csv")
    return guided.iloc[-1]


def stated_months(stated: pd.DataFrame, first: pd.Timestamp, last: pd.Timestamp, of_day: bool = False) -> float:
    """Return the revenue that stated run-rates promise for a span of whole months, joined by steady growth.

    ``stated`` has ``on``, ``value`` and ``definition`` of one entity and measure; of two bases of one day the one by
    the month holds. NaN unless statements surround the month ends but
    for at most half a month at either end, since outside them nothing was said. A run-rate is taken for the month that
    ends with its day; with ``of_day`` it is the pace of that day, and a month brings what its middle stands for.
    """
    known = stated.dropna(subset=["value"]).assign(longer=lambda frame: frame["definition"].eq("monthly_x12"))
    rows = known.sort_values(["on", "longer"], kind="stable").drop_duplicates("on", keep="last")
    ends = pd.date_range(first, last, freq="ME")
    slack = pd.Timedelta(days=15)
    if len(rows) < 2 or rows["on"].iloc[0] > ends[0] + slack or rows["on"].iloc[-1] < ends[-1] - slack:
        return float("nan")
    days = [(on - first).days for on in rows["on"]]
    at = ends - slack if of_day else ends
    logs = np.interp([(day - first).days for day in at], days, np.log(rows["value"]))
    return float(np.exp(logs).sum() / 12)
