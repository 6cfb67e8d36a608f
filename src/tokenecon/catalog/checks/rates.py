"""Exchange rates: days that fit their kind, and averages that fit each other."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import numpy as np
import pandas as pd

from tokenecon.catalog.checks.context import Data, Fault, Place, Row
from tokenecon.catalog.periods import month_end

# An annual average of days is not quite the mean of the months' averages, and may be taken of the inverse.
TOLERANCE = 0.005
JUMP = 1.15
"""A rate so many times those around it, or less than its so-manieth part, is far from them."""


def rate_faults(row: Row, data: Data) -> Iterator[Fault]:
    """Dates end the period averaged, and are over when the rate is published; rates are positive."""
    day, kind, published = date.fromisoformat(row["date"]), row["kind"], row["published_on"]
    if row["base"] == row["quote"]:
        yield "quote", f"'{row['quote']}' is the base too"
    if float(row["rate"]) <= 0:
        yield "rate", f"{row['rate']} is not a positive rate"
    if kind == "monthly_average" and day != month_end(day.year, day.month):
        yield "date", f"{day} is not the end of a month; write {month_end(day.year, day.month)}"
    if kind == "annual_average" and (day.month, day.day) != (12, 31):
        yield "date", f"{day} is not the end of a year; write {day.year}-12-31"
    if published < row["date"] or (kind != "central_parity" and published == row["date"]):
        yield "published_on", f"{published} is before the rate of {day} could be known"


def neighbour_places(data: Data, name: str) -> Iterator[Place]:
    """Rates are near those around them, and a year's average is the mean of its months."""
    frame = data[name]
    days, rates = frame["date"].map(date.fromisoformat), frame["rate"].astype(float)
    around = _around(frame, days, rates)
    off = np.log(rates / around).abs().where(rates > 0, 0)
    inverse = off.gt(np.log(JUMP)) & np.log(rates * around).abs().lt(off)
    for line, row in frame[inverse].iterrows():
        message = f"{row['rate']} is far from the rates around it, {around[line]:.4g}, and its inverse near them"
        yield line, "rate", f"{message}; write how many {row['quote']} one {row['base']} is"
    yield from _year_places(frame[~inverse], days, rates)


def _around(frame: pd.DataFrame, days: pd.Series, rates: pd.Series) -> pd.Series:
    """Return the median of a rate and its six neighbours in time, of the same pair and kind."""
    ordered = rates[days.sort_values(kind="stable").index]
    groups = ordered.groupby([frame["base"], frame["quote"], frame["kind"]])
    return groups.transform(lambda own: own.rolling(7, center=True, min_periods=1).median())


def _year_places(frame: pd.DataFrame, days: pd.Series, rates: pd.Series) -> Iterator[Place]:
    work = frame.assign(year=days.map(lambda day: day.year), value=rates)
    months = work[work["kind"] == "monthly_average"].groupby(["base", "quote", "year"])["value"].agg(["mean", "size"])
    means = months.loc[months["size"] == 12, "mean"].rename("months")
    years = work[work["kind"] == "annual_average"].join(means, on=["base", "quote", "year"])
    for line, row in years[(years["value"] / years["months"] - 1).abs() > TOLERANCE].iterrows():
        yield line, "rate", f"{row['rate']} is far from the mean of its months, {row['months']:.4f}"
