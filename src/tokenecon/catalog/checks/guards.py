"""Guards of the rulings: each must still be needed, and name rows that exist."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pandas as pd

from tokenecon.catalog.checks.context import Data, Fault, Row
from tokenecon.catalog.checks.numbers import rows_agree
from tokenecon.catalog.rulings import rows_named


def ruling_faults(ruling: Row, data: Data) -> Iterator[Fault]:
    """A ruling names rows that are there and still disagree."""
    remove, table = f"remove ruling {ruling['ruling_id']}", ruling["table"]
    frame = data.raw[data.schema.tables[table].name].frame
    sides = {"correction": ("kept",), "rejection": ("rejected",)}.get(ruling["kind"], ("kept", "rejected"))
    rows = {side: rows_named(ruling, side, frame) for side in sides}
    gone = next((side for side, found in rows.items() if not len(found)), "")
    if gone:
        column = f"{gone}_statement" if table == "statements" else f"{gone}_source"
        yield column, f"{table} has no row of {ruling[column] or 'an unnamed source'} for it; {remove}"
    elif not all(found[0] in data[table].index for found in rows.values()):
        return  # A row that breaks the schema has its own finding, and nothing to compare.
    elif ruling["kind"] == "correction":
        if fault := _correction_fault(ruling, frame.loc[rows["kept"][0]].to_dict()):
            yield "printed", f"{fault}; {remove}"
    elif ruling["kind"] != "rejection" and _settled(frame, rows, data):
        yield "ruling_id", f"the rows of {table} no longer disagree; {remove}"


def _correction_fault(ruling: Row, row: Row) -> str | None:
    if not ruling["column"]:
        return "a correction needs column, printed and corrected"
    now = row[ruling["column"]]
    if now == ruling["printed"]:
        return None
    done = " already" if now == ruling["corrected"] else ""
    return f"{ruling['table']} has{done} {now} in {ruling['column']}, not {ruling['printed']}"


def _settled(frame: pd.DataFrame, rows: Mapping[str, pd.Index], data: Data) -> bool:
    kept, rejected = (frame.loc[rows[side][0]].to_dict() for side in ("kept", "rejected"))
    return kept["currency"] == rejected["currency"] and rows_agree(kept, rejected, data)
