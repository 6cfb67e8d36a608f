"""Exchange rates: days that fit their kind, and averages that fit each other."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import numpy as np
import pandas as pd

from tokenecon.catalog.checks.context import Data
from tokenecon.catalog.errors import Finding
from tokenecon.catalog.periods import month_end

# An annual average of days is not quite the mean of the months' averages, and may be taken of the inverse.
TOLERANCE = 0.005
JUMP = 1.15
"""A rate so many times those around it, or less than its so-manieth part, is far from them."""


def rate_findings(data: Data) -> Iterator[Finding]:
    """Dates end the period averaged, rates are positive, and a year's average is the mean of its months."""
    frame = data["fx"]
    days = frame["date"].map(date.fromisoformat)
    rates = frame["rate"].astype(float)
    for line, row in data.rows("fx"):
        day, kind = days[line], row["kind"]
        if row["base"] == row["quote"]:
            yield data.finding("fx", line, "quote", f"'{row['quote']}' is the base too")
        if rates[line] <= 0:
            yield data.finding("fx", line, "rate", f"{row['rate']} is not a positive rate")
        if kind == "monthly_average" and day != month_end(day.year, day.month):
            message = f"{day} is not the end of a month; write {month_end(day.year, day.month)}"
            yield data.finding("fx", line, "date", message)
        if kind == "annual_average" and (day.month, day.day) != (12, 31):
            yield data.finding("fx", line, "date", f"{day} is not the end of a year; write {day.year}-12-31")
        if row["published_on"] < row["date"] or (kind != "central_parity" and row["published_on"] == row["date"]):
            message = f"{row['published_on']} is before the rate of {day} could be known"
            yield data.finding("fx", line, "published_on", message)
    around = _around(frame, days, rates)
    off = np.log(rates / around).abs().where(rates > 0, 0)
    inverse = off.gt(np.log(JUMP)) & np.log(rates * around).abs().lt(off)
    for line, row in frame[inverse].iterrows():
        message = f"{row['rate']} is far from the rates around it, {around[line]:.4g}, and its inverse near them"
        yield data.finding("fx", line, "rate", f"{message}; write how many {row['quote']} one {row['base']} is")
    yield from _year_findings(data, frame[~inverse], days, rates)


def _around(frame: pd.DataFrame, days: pd.Series, rates: pd.Series) -> pd.Series:
    """Return the median of a rate and its six neighbours in time, of the same pair and kind."""
    ordered = rates[days.sort_values(kind="stable").index]
    groups = ordered.groupby([frame["base"], frame["quote"], frame["kind"]])
    return groups.transform(lambda own: own.rolling(7, center=True, min_periods=1).median())


def _year_findings(data: Data, frame: pd.DataFrame, days: pd.Series, rates: pd.Series) -> Iterator[Finding]:
    work = frame.assign(year=days.map(lambda day: day.year), value=rates)
    months = work[work["kind"] == "monthly_average"].groupby(["base", "quote", "year"])["value"].agg(["mean", "size"])
    for line, row in work[work["kind"] == "annual_average"].iterrows():
        key = (row["base"], row["quote"], row["year"])
        if key not in months.index or months.loc[key, "size"] != 12:
            continue
        mean = months.loc[key, "mean"]
        if abs(row["value"] / mean - 1) > TOLERANCE:
            yield data.finding("fx", line, "rate", f"{row['rate']} is far from the mean of its months, {mean:.4f}")
