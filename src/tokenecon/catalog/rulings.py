"""Declared restatements, conflicts, corrections and rejections: which rows they name, and what follows."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from tokenecon.catalog.schema import Table

KEY = ["entity_id", "metric", "segment", "item", "period_start", "period_end"]


def rows_named(ruling: Mapping[str, str], side: str, frame: pd.DataFrame) -> pd.Index:
    """Find the rows that a ruling keeps or rejects.

    Parameters
    ----------
    ruling
        A row of the rulings, as text.
    side
        ``kept`` or ``rejected``.
    frame
        The table ruled on, as text.

    Returns
    -------
    Index
        Labels of the rows in `frame`; empty if none is left.
    """
    if "statement_id" in frame:
        return frame.index[frame["statement_id"] == ruling[f"{side}_statement"]]
    wanted = {"source_id": ruling[f"{side}_source"]} | {name: ruling[name] for name in KEY if name in frame}
    # Arrays, since tables are short and this is asked for every ruling.
    return frame.index[np.logical_and.reduce([frame[name].to_numpy() == value for name, value in wanted.items()])]


def corrected(frame: pd.DataFrame, table: Table, rulings: pd.DataFrame) -> pd.DataFrame:
    """Apply the corrections declared for a table.

    Parameters
    ----------
    frame
        The table as text.
    table
        Which table it is.
    rulings
        All rulings, as text.

    Returns
    -------
    DataFrame
        A copy with the corrected cells.
    """
    right = frame.copy()
    for _, ruling in rulings[(rulings["table"] == table.name) & (rulings["kind"] == "correction")].iterrows():
        right.loc[rows_named(ruling, "kept", frame), ruling["column"]] = ruling["corrected"]
    return right


def rejections(frame: pd.DataFrame, table: Table, rulings: pd.DataFrame) -> pd.Series:
    """Say which ruling sets a row aside, given the rows there are.

    A row is set aside only if the row that holds against it is there too: before a restatement is
    published, the first figure stands. A rejection needs no other row.

    Parameters
    ----------
    frame
        The table as text: all rows, or those known on a day.
    table
        Which table it is.
    rulings
        All rulings, as text.

    Returns
    -------
    Series
        The ruling's name, or an empty string, indexed like `frame`.
    """
    named = pd.Series("", index=frame.index, dtype=str)
    for _, ruling in rulings[(rulings["table"] == table.name) & (rulings["kind"] != "correction")].iterrows():
        if ruling["kind"] == "rejection" or len(rows_named(ruling, "kept", frame)):
            named.loc[rows_named(ruling, "rejected", frame)] = ruling["ruling_id"]
    return named
