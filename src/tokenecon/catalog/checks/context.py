"""The tables as text, as every check receives them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import pandas as pd

from tokenecon.catalog.checks.package import held_to
from tokenecon.catalog.errors import Finding
from tokenecon.catalog.files import RawTable
from tokenecon.catalog.rulings import corrected, rejections, rows_named
from tokenecon.catalog.schema import Schema, Table

Row = dict[str, str]
Fault = tuple[str, str]
"""A column of a row, and what is wrong there."""
Place = tuple[int, str, str]
"""A line of a table, a column, and what is wrong there."""
T = TypeVar("T")


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
    _made: dict[tuple[str, str], Any] = field(default_factory=dict)

    def once(self, what: str, name: str, make: Callable[[], T]) -> T:
        """Return what checks make of a table and ask for more than once."""
        if (what, name) not in self._made:
            self._made[what, name] = make()
        return self._made[what, name]

    def but(self, name: str, raw: RawTable) -> Data:
        """Return the same tables but one, to which no other refers; what was made of the others is kept."""
        kept = {key: made for key, made in self._made.items() if key[1] != name}
        return Data(self.root, self.schema, self.raw | {name: raw}, kept)

    def __getitem__(self, name: str) -> pd.DataFrame:
        """Rows of a table that follow the schema, as text, indexed by line number."""
        return self._held_to(name)[0]

    def unfit(self, name: str) -> list[Finding]:
        """Return what is wrong with the rows of a table that break the schema."""
        return self._held_to(name)[1]

    def _held_to(self, name: str) -> tuple[pd.DataFrame, list[Finding]]:
        table = self.schema.tables[name]
        return self.once("held", name, lambda: held_to(self.raw[name], table, self._reference))

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
        return self.once("rows", name, lambda: self._rows(self[name]))

    def grouped(self, name: str, *by: str) -> Iterable[list[tuple[int, Row]]]:
        """Rows of a table that agree in some columns, together."""
        groups: dict[tuple[str, ...], list[tuple[int, Row]]] = {}
        for line, row in self.rows(name):
            groups.setdefault(tuple(row[key] for key in by), []).append((line, row))
        return groups.values()

    @staticmethod
    def _rows(frame: pd.DataFrame) -> list[tuple[int, Row]]:
        # Plain dictionaries: checks look at single cells, where a pandas row is slow.
        columns = frame.columns.tolist()
        cells = zip(frame.index.tolist(), frame.to_numpy().tolist(), strict=True)
        return [(line, dict(zip(columns, row, strict=True))) for line, row in cells]

    def by(self, name: str, *key: str) -> dict[Any, Row]:
        """Rows of a table by a column, or by several together."""

        def make() -> dict[Any, Row]:
            return {row[key[0]] if len(key) == 1 else tuple(map(row.get, key)): row for _, row in self.rows(name)}

        return self.once(f"by {key}", name, make)

    @property
    def metrics(self) -> dict[str, Row]:
        """Metrics by id."""
        return self.by("metrics", "metric_id")

    @property
    def sources(self) -> dict[str, Row]:
        """Sources by id."""
        return self.by("sources", "source_id")

    @property
    def segments(self) -> dict[tuple[str, str], Row]:
        """Segments by entity and name."""
        return self.by("segments", "entity_id", "segment")

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

    def _corrected(self, name: str) -> pd.DataFrame:
        return self.once("corrected", name, lambda: corrected(self[name], self.schema.tables[name], self["rulings"]))

    def standing(self, name: str) -> list[tuple[int, Row]]:
        """Rows of a table of facts that no ruling sets aside, corrections applied."""

        def make() -> list[tuple[int, Row]]:
            frame = self._corrected(name)
            return self._rows(frame[rejections(frame, self.schema.tables[name], self["rulings"]) == ""])

        return self.once("standing", name, make)

    def replaced(self, name: str) -> list[Replaced]:
        """Rows of a table of facts that a restatement sets aside, corrections applied."""

        def make() -> list[Replaced]:
            frame = self._corrected(name)
            pairs = [
                (old, new)
                for _, ruling in self.rows("rulings")
                if (ruling["table"], ruling["kind"]) == (name, "restatement")
                for new in rows_named(ruling, "kept", frame)
                for old in rows_named(ruling, "rejected", frame)
            ]
            return [Replaced(old, frame.loc[old].to_dict(), new, frame.loc[new, "published_on"]) for old, new in pairs]

        return self.once("replaced", name, make)


Check = Callable[[Data], Iterable[Finding]]
Look = Callable[[Data, str], Iterable[Place]]
"""From the name of a table to what is wrong in it."""


def by_row(judge: Callable[[Row, Data], Iterable[Fault]]) -> Look:
    """Look at the rows of a table one by one."""
    return lambda data, name: ((line, *fault) for line, row in data.rows(name) for fault in judge(row, data))
