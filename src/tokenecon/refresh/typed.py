"""Rows that people typed into files: read, judged cell by cell, and checked among all others before any is written."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pandas as pd

from tokenecon.catalog.checks.cells import date_fault, formula_fault
from tokenecon.catalog.checks.context import Data
from tokenecon.catalog.errors import DataError, Finding
from tokenecon.catalog.files import RawTable, read_typed
from tokenecon.catalog.reading import plain_number
from tokenecon.catalog.schema import Table
from tokenecon.refresh.tables import Row, Tables, check_first


@dataclass(frozen=True)
class Typed:
    """Rows of a file for one table.

    Parameters
    ----------
    file
        Its name, for findings.
    rows
        Rows without a wrong cell, by line, numbers in the form of a table.
    printed, cited
        What stood in `value` and in `source_id`, by line, in rows with a wrong cell too.
    findings
        What is wrong with the file and its cells.
    """

    file: str
    rows: dict[int, Row]
    printed: dict[int, str] = field(default_factory=dict)
    cited: dict[int, str] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)


def read_rows(
    path: Path, table: Table, may_lack: Collection[str] = (), keep: Callable[[Row], bool] = lambda row: True
) -> Typed:
    """Read a file of rows for a table, and judge their cells one by one.

    Parameters
    ----------
    path, table
        The file, and the table that its rows are for.
    may_lack
        Required columns that may be left out, or empty.
    keep
        Which rows are meant; the others are passed over.
    """
    raw = read_typed(path, table, may_lack)
    typed = Typed(raw.file, {}, findings=list(raw.findings))
    for line, row in zip(raw.frame.index.tolist(), raw.frame.to_dict("records"), strict=True):
        if not keep(row):
            continue
        typed.printed[line], typed.cited[line] = row.get("value", ""), row.get("source_id", "")
        faults = [Finding(raw.file, line, column, fault) for column, fault in _faults(row, table, may_lack) if fault]
        typed.findings.extend(faults)
        if not faults:
            typed.rows[line] = row
    return typed


def _faults(row: Row, table: Table, may_lack: Collection[str]) -> Iterator[tuple[str, str | None]]:
    """Judge the cells of a row, and bring its numbers to the form of a table."""
    for column in table.required:
        if not row[column] and column not in may_lack:
            yield column, "is empty; a value is required"
    for column in table.of_type("string"):
        yield column, formula_fault(row[column])
    for column in table.of_type("number"):
        if re.search("[%％]", row[column]) and row.get("unit", "percent") != "percent":
            yield "unit", f"'{row['unit']}' does not go with {row[column]}; write percent"
        try:
            row[column] = row[column] and plain_number(row[column])
        except ValueError as error:
            yield column, str(error)
    days = {column: date_fault(row[column]) for column in table.of_type("date") if row[column]}
    yield from days.items()
    if row.get("period_start") and not any(days.values()) and "" < row["period_end"] < row["period_start"]:
        yield "period_end", f"{row['period_end']} is before period_start {row['period_start']}"


def unknown_sources(typed: Mapping[str, Typed], held: Tables, remedy: str) -> tuple[list[Finding], list[Row]]:
    """Ask once for each source that no table knows, and give a stand-in for it.

    With a stand-in its rows are checked at once with all others. It is never written.

    Parameters
    ----------
    typed
        Rows by table; those of ``sources`` count as known.
    held
        The tables as they are.
    remedy
        How a source is given.
    """
    known = {row["source_id"] for row in held.rows("sources")}
    new = typed.get("sources", Typed("", {}))
    known |= {row["source_id"] for row in new.rows.values()}
    places: dict[str, list[tuple[Typed, int]]] = {}
    for one in typed.values():
        for line, name in one.cited.items() if one is not new else ():
            if name and name not in known:
                places.setdefault(name, []).append((one, line))
    findings, stand_ins = [], []
    for name, found in places.items():
        counts = Counter(one.file for one, _ in found)
        where = ", ".join(f"{count} row{'s' * (count > 1)} of {file}" for file, count in counts.items())
        first, line = found[0]
        if name not in new.cited.values():  # There its own row is wrong, and says so.
            message = f"'{name}' is no source yet ({where}); {remedy}"
            findings.append(Finding(first.file, line, "source_id", message))
        rows = [one.rows[line] for one, line in found if line in one.rows]
        last = max((row.get("published_on") or row.get("period_end", "") for row in rows), default="")
        stand_ins.append(held.rows("sources")[0] | {"source_id": name, "published_on": last, "dating": "series"})
    return findings, stand_ins


def with_sound_sources(held: Tables) -> tuple[list[Finding], Tables]:
    """Say what is wrong with sources of the tables, and return the tables with something sound in those cells.

    Rows that cite such a source are then checked at once with all others. What stands in is never written.
    """
    rows = held.rows("sources")
    raw = raw_table("sources", rows, held)
    unfit = Data(held.root, held.schema, {"sources": raw}).unfit("sources")
    columns: dict[int, set[str]] = {}
    for finding in unfit:
        columns.setdefault(finding.row, set()).add(finding.column)
    sound = [row for line, row in enumerate(rows, start=2) if line not in columns]
    if not columns or not sound:
        return unfit, held
    last = max(row["published_on"] for row in sound)
    likely = sound[0] | {"published_on": last, "dating": "series"}
    day = {"published_on", "dating"}
    mended = {}
    for line, wrong in columns.items():
        wrong |= day if wrong & day else set()
        mended[line] = rows[line - 2] | {name: likely[name] for name in wrong & set(likely) - {"source_id"}}
    return unfit, held.but("sources", mended)


class Added:
    """The tables with new rows, and where each of those was typed.

    A row without `added_on` gets the day of today, or that of its publication where that is still ahead: editions
    that were recorded before do not see it.

    Parameters
    ----------
    held
        The tables without them.
    typed
        The new rows, by table.
    stand_ins
        Sources that are not known, made up for checking.
    """

    def __init__(self, held: Tables, typed: Mapping[str, Typed], stand_ins: Collection[Row] = ()):
        self._held, self._typed = held, typed
        self._rows = {name: list(one.rows.values()) for name, one in typed.items()}
        for row in (row for rows in self._rows.values() for row in rows if "added_on" in row):
            row["added_on"] = row["added_on"] or max(date.today().isoformat(), row.get("published_on", ""))
        if stand_ins or held.stands_in("sources"):
            self._rows["sources"] = [*self._rows.get("sources", []), *stand_ins]
        self._first = {name: len(held.by_hand(name)) + 2 for name in self._rows}
        self.files = {held.schema.tables[name].path: held.appended(name, new) for name, new in self._rows.items()}

    def lines(self, name: str) -> range:
        """Lines of the new rows in the table that will be."""
        return range(self._first[name], self._first[name] + len(self._rows[name]))

    def faults(self) -> Iterator[Finding]:
        """Run every check on a copy of the data, and put what it finds on the lines that were typed."""
        try:
            check_first(self._held.root, self.files)
        except DataError as error:
            yield from (found for found in map(self.moved, error.findings) if found.row)

    def data(self, names: Collection[str]) -> Data:
        """Return some of the tables as checks want them, new rows among them."""
        tables = {}
        for name in names:
            rows = [*self._held.by_hand(name), *self._rows.get(name, ()), *self._held.ours(name)]
            tables[name] = raw_table(name, rows, self._held)
        return Data(self._held.root, self._held.schema, tables)

    def moved(self, finding: Finding) -> Finding:
        """Put a finding on the line of the file where its row was typed; on line 0 for a stand-in."""
        name = finding.file.removeprefix("data/").removesuffix(".csv")
        if name not in self._first:
            return finding

        def named(match: re.Match[str]) -> str:
            file, line = self._typed_at(name, int(match[2]))
            return f"{match[1]} line {line} of {file}"

        file, line = self._typed_at(name, finding.row)
        return Finding(file, line, finding.column, re.sub(r"\b(on|of) line (\d+)", named, finding.message))

    def _typed_at(self, name: str, line: int) -> tuple[str, int]:
        place, typed = line - self._first[name], self._typed.get(name)
        lines = list(typed.rows) if typed else []
        if typed and 0 <= place < len(lines):
            return typed.file, lines[place]
        if 0 <= place < len(self._rows[name]):
            return f"data/{name}.csv", 0
        return f"data/{name}.csv", line if place < 0 else line - len(self._rows[name])


def raw_table(name: str, rows: list[Row], held: Tables) -> RawTable:
    """Return rows as the text of a table, from line 2 on."""
    index = range(2, len(rows) + 2)
    fields = list(held.schema.tables[name].fields)
    return RawTable(f"data/{name}.csv", pd.DataFrame(rows, index=index, columns=fields, dtype=str))
