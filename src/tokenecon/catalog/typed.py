"""From text to typed frames: dates, numbers, base units."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pandas as pd

from tokenecon.catalog.files import RawTable
from tokenecon.catalog.periods import Period
from tokenecon.catalog.schema import Schema, Table

VALUES = ("value", "value_low", "value_high")


def to_base(printed: str, factor: Fraction) -> float:
    """Convert a printed number to base units, rounding once; an empty cell is NaN."""
    return float(Fraction(printed) * factor) if printed else float("nan")


def typed(raw: RawTable, table: Table) -> pd.DataFrame:
    """Give each column the type its field has.

    Dates become datetime64 (NaT where empty), numbers floats (NaN where empty), booleans bool;
    strings stay strings, empty where empty. The index is a plain range.
    """
    frame = raw.frame.reset_index(drop=True)
    for name in table.of_type("date"):
        frame[name] = pd.to_datetime(frame[name].replace("", None), format="%Y-%m-%d").astype("datetime64[ns]")
    for name in table.of_type("number"):
        frame[name] = pd.to_numeric(frame[name].replace("", None)).astype(float)
    for name in table.of_type("boolean"):
        frame[name] = frame[name].eq("true")
    return frame


def typed_facts(raw: RawTable, table: Table, schema: Schema, metrics: pd.DataFrame) -> pd.DataFrame:
    """Give types to a table of facts, and bring its values to base units.

    Parameters
    ----------
    raw, table
        The table as text, and its fields.
    schema
        Units and dimensions.
    metrics
        Typed metrics table, for the dimension of each metric.

    Returns
    -------
    DataFrame
        The columns of the table with `value` (and, where the table has them, `value_low` and
        `value_high`) in base units, and besides `printed` (the text of the number or range),
        `base_unit`, and `period` (label).
    """
    frame = typed(raw, table)
    text = raw.frame.reset_index(drop=True)
    factors = [schema.units[unit].factor for unit in text["unit"]]
    columns = [name for name in VALUES if name in text]
    for name in columns:
        frame[name] = np.array([to_base(cell, f) for cell, f in zip(text[name], factors, strict=True)], dtype=float)
    frame["printed"] = text["value"]
    if "value_low" in text:
        ranges = text["value_low"] + "-" + text["value_high"]
        frame["printed"] = text["value"].where(text["value"] != "", ranges)
    dimension = metrics.set_index("metric_id")["dimension"].loc[frame["metric"]]
    frame["base_unit"] = [
        schema.base_units[name].format(currency=currency)
        for name, currency in zip(dimension, frame["currency"], strict=True)
    ]
    spans = zip(frame["period_start"], frame["period_end"], strict=True)
    frame["period"] = [Period(start.date(), end.date()).label for start, end in spans]
    return frame
