"""Claims: their text and figure, the figure of a statement taken from there."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pandas as pd

from tokenecon.catalog.files import RawTable
from tokenecon.catalog.periods import Period
from tokenecon.catalog.printed import PLAIN_NUMBER
from tokenecon.catalog.schema import Schema
from tokenecon.catalog.typed import to_base, typed

FROM_STATEMENT = ["qualifier", "unit", "currency", "entity_id", "metric", "segment", "period_start", "period_end"]


def with_statements(claims: pd.DataFrame, statements: pd.DataFrame) -> pd.DataFrame:
    """Fill in the figure of each claim that is a statement; both as text, the index kept."""
    known = statements.set_index("statement_id").rename(columns={"value": "quoted"})
    filled, named = claims.copy(), claims["statement_id"] != ""
    columns = ["quoted", *FROM_STATEMENT]
    filled.loc[named, columns] = known.loc[claims.loc[named, "statement_id"], columns].to_numpy()
    return filled


def typed_claims(raw: RawTable, statements: pd.DataFrame, schema: Schema, metrics: pd.DataFrame) -> pd.DataFrame:
    """Give types to the claims, and bring their figures to base units.

    Parameters
    ----------
    raw, statements
        Claims and statements as text.
    schema
        Units and dimensions.
    metrics
        Typed metrics table, for the dimension of each metric.

    Returns
    -------
    DataFrame
        The columns of the table and `printed` (the figure as text), `value` and `base_unit` (NaN and empty where
        there is no single number with a unit of facts) and `period` (label, empty where none is named).
    """
    table = schema.tables["claims"]
    text = with_statements(raw.frame, statements)
    frame = typed(RawTable(raw.file, text), table).rename(columns={"quoted": "printed"})
    dimensions = metrics.set_index("metric_id")["dimension"].to_dict()
    found = [_in_base(row, dimensions.get(row["metric"]), schema) for row in text.to_dict("records")]
    frame["value"], frame["base_unit"] = np.array([value for value, _ in found]), [unit for _, unit in found]
    spans = zip(frame["period_start"], frame["period_end"], strict=True)
    frame["period"] = ["" if start is pd.NaT else Period(start.date(), end.date()).label for start, end in spans]
    return frame


def _in_base(row: dict[str, str], dimension: str | None, schema: Schema) -> tuple[float, str]:
    """Return the figure and its base unit; a share without a metric is still a share."""
    unit = schema.units.get(row["unit"])
    if not unit or not PLAIN_NUMBER.fullmatch(row["quoted"]):
        return float("nan"), ""
    if dimension is None and len(unit.dimensions) == 1:
        dimension = next(iter(unit.dimensions))
    if dimension is None:
        return float("nan"), ""
    return to_base(row["quoted"], Fraction(unit.factor)), schema.base_units[dimension].format(currency=row["currency"])
