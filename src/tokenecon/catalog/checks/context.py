"""The tables as text, as every check receives them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from tokenecon.catalog.checks.package import held_to
from tokenecon.catalog.errors import Finding
from tokenecon.catalog.files import RawTable
from tokenecon.catalog.rulings import corrected, rejections, rows_named
from tokenecon.catalog.schema import Schema, Table

Row = dict[str, str]

_MADE = ("_held", "_records", "_standing", "_replaced", "derived")


class Replaced(NamedTuple):
    """A row that a restatement sets aside, and the row that holds instead: its line, and the day it was published."""

    line: int
    row: Row
    by: int
    on: str


@dataclass
class Data:
    """Tables as text, and the schema they are to follow.

    Parameters
    ----------
    root
        Data folder.
    schema
        Fields, units, dimensions.
    raw
        Tables by name, all of them or those read so far.
    """

    root: Path
    schema: Schema
    raw: dict[str, RawTable]
    _held: dict[str, tuple[pd.DataFrame, list[Finding]]] = field(default_factory=dict)
    _records: dict[str, list[tuple[int, Row]]] = field(default_factory=dict)
    _standing: dict[str, list[tuple[int, Row]]] = field(default_factory=dict)
    _replaced: dict[str, list[Replaced]] = field(default_factory=dict)
    derived: dict[str, Any] = field(default_factory=dict)
    """What checks make of a table and ask for more than once, by its name."""

    def but(self, name: str, raw: RawTable) -> Data:
        """Return the same tables but one, to which no other refers; what was made of the others is kept."""
        kept = {own: {other: made for other, made in getattr(self, own).items() if other != name} for own in _MADE}
        return Data(self.root, self.schema, self.raw | {name: raw}, **kept)

    def __getitem__(self, name: str) -> pd.DataFrame:
        """Rows of a table that follow the schema, as text, indexed by line number."""
        return self._held_to(name)[0]

    def unfit(self, name: str) -> list[Finding]:
        """Return what is wrong with the rows of a table that break the schema."""
        return self._held_to(name)[1]

    def _held_to(self, name: str) -> tuple[pd.DataFrame, list[Finding]]:
        if name not in self._held:
            table = self.schema.tables[name]
            self._held[name] = held_to(self.raw[table.name], table, self._reference)
        return self._held[name]

    def _reference(self, name: str) -> tuple[pd.DataFrame, RawTable] | None:
        return (self[name], self.raw[name]) if name in self.raw and self.raw[name].usable else None

    @cached_property
    def is_whole(self) -> bool:
        """Whether every table given could be read, so that rows can be compared across tables."""
        return all(raw.usable for raw in self.raw.values())

    @property
    def fact_tables(self) -> Iterator[Table]:
        """Tables read whose rows carry a metric, a value and a unit."""
        return (table for name, table in self.schema.tables.items() if table.is_fact and name in self.raw)

    def finding(self, name: str, line: int, column: str, message: str) -> Finding:
        """Report something on a line of a table."""
        return Finding(self.raw[name].file, int(line), column, message)

    def rows(self, name: str) -> list[tuple[int, Row]]:
        """Rows of a table that follow the schema, each with its line number."""
        if name not in self._records:
            self._records[name] = self._rows(self[name])
        return self._records[name]

    @staticmethod
    def _rows(frame: pd.DataFrame) -> list[tuple[int, Row]]:
        # Plain dictionaries: checks look at single cells, where a pandas row is slow.
        cells = zip(frame.index.tolist(), frame.to_numpy().tolist(), strict=True)
        return [(line, dict(zip(frame.columns, row, strict=True))) for line, row in cells]

    @cached_property
    def metrics(self) -> dict[str, Row]:
        """Metrics by id."""
        return {row["metric_id"]: row for _, row in self.rows("metrics")}

    @cached_property
    def sources(self) -> dict[str, Row]:
        """Sources by id."""
        return {row["source_id"]: row for _, row in self.rows("sources")}

    @cached_property
    def segments(self) -> dict[tuple[str, str], Row]:
        """Segments by entity and name."""
        return {(row["entity_id"], row["segment"]): row for _, row in self.rows("segments")}

    @cached_property
    def exhaustive(self) -> dict[tuple[str, str, str], list[str]]:
        """Names of the segments that make up a parent, by entity, parent and axis."""
        groups: dict[tuple[str, str, str], list[str]] = {}
        for (entity, name), row in self.segments.items():
            if row["exhaustive"] == "true":
                groups.setdefault((entity, row["parent"], row["axis"]), []).append(name)
        return groups

    def factor(self, row: Row) -> Fraction:
        """What one printed unit of a row is in base units."""
        return self.schema.units[row["unit"]].factor

    def standing(self, name: str) -> list[tuple[int, Row]]:
        """Rows of a table of facts that no ruling sets aside, corrections applied."""
        if name not in self._standing:
            table = self.schema.tables[name]
            frame = corrected(self[name], table, self["rulings"])
            self._standing[name] = self._rows(frame[rejections(frame, table, self["rulings"]) == ""])
        return self._standing[name]

    def replaced(self, name: str) -> list[Replaced]:
        """Rows of a table of facts that a restatement sets aside, corrections applied."""
        if name not in self._replaced:
            frame = corrected(self[name], self.schema.tables[name], self["rulings"])
            rows = dict(self._rows(frame))
            self._replaced[name] = [
                Replaced(old, rows[old], new, rows[new]["published_on"])
                for _, ruling in self.rows("rulings")
                if (ruling["table"], ruling["kind"]) == (name, "restatement")
                for new in rows_named(ruling, "kept", frame)
                for old in rows_named(ruling, "rejected", frame)
            ]
        return self._replaced[name]
