"""Figures that people read in a filing: taken as printed, checked against each other and the past, then added.

Whatever is wrong is said at once: cells, contradictions, what is unlikely, unknown sources. A slip of a digit breaks a
sum, a stated share or a stated growth. The check that fails names the line; trying every slip of one digit on the new
figures then says which of them would make everything hold again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

import pandas as pd

from tokenecon.catalog import DataError, Finding, Period
from tokenecon.catalog.checks import numbers
from tokenecon.catalog.checks.cells import date_fault, formula_fault
from tokenecon.catalog.checks.context import Data
from tokenecon.catalog.checks.plausible import questions, unchecked
from tokenecon.catalog.files import RawTable, read_typed
from tokenecon.catalog.reading import plain_number
from tokenecon.refresh.tables import Row, Tables, alone, check_first, commit
from tokenecon.refresh.web import RefreshError

TABLE = "financials"
FILLED_IN = ("published_on", "note", "qualifier")
"""Columns that a file of figures may leave out: the source says the day, a figure is exact unless said otherwise."""
ARITHMETIC = (numbers.sum_findings, numbers.part_findings, numbers.formula_findings, numbers.disagreement_findings)
_PLACE = ["entity_id", "metric", "segment", "currency"]
_JUDGED = ("entities", "metrics", "segments", "sources", "rulings", TABLE, "operating", "statements")
_PRINTED = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?")


@dataclass(frozen=True)
class Figure:
    """A new figure beside what was known: printed, stored, the same figure a year before, growth on that."""

    line: int
    row: Row
    printed: str
    before: str
    growth: float | None


@dataclass(frozen=True)
class Addition:
    """What a file would add.

    Parameters
    ----------
    figures
        New rows, with what they stand beside.
    known
        Lines whose row is there already, from the same source.
    files
        New contents of the tables.
    notes
        What was taken though it is unlikely, and stated figures that nothing could check; a line each.
    """

    figures: list[Figure]
    known: list[int]
    files: dict[str, bytes]
    notes: list[str]


@dataclass(frozen=True)
class Typed:
    """Rows of a file for one table, by line, and what is wrong with it."""

    file: str
    rows: dict[int, Row]
    printed: dict[int, str]
    findings: list[Finding]


class FilingError(RefreshError):
    """The figures contradict each other, the past or the schema; the message has a line for each finding."""


def add_financials(
    root: Path,
    file: Path,
    beside: Mapping[str, Path] | None = None,
    *,
    allow_jumps: bool = False,
    dry_run: bool = False,
) -> Addition:
    """Check a file of figures and add its rows to the accounts; all of them, or none.

    Parameters
    ----------
    root
        Data folder.
    file
        CSV with the columns of financials.csv, numbers as printed: ``1,234.5``, ``(37.1)``, ``26.3%``.
    beside
        Files with rows for other tables, by table: the source, where it is new; rulings for restated figures.
    allow_jumps
        Take figures that are unlikely beside those known: many times the figure of a year before or a small part of
        it, nothing where there was something, on the other side of zero, a margin over 100%, a period a day off.
    dry_run
        Check and compare only.

    Raises
    ------
    FilingError
        If anything is wrong; nothing is written then.
    """
    with alone(root):
        held = Tables(root)
        typed = {name: _read(path, held, name) for name, path in ((beside or {}) | {TABLE: file}).items()}
        if not typed[TABLE].rows:
            raise _refusal(finding for one in typed.values() for finding in one.findings)
        unknown = _take_days(typed, held)
        figures, known = _figures(held, typed[TABLE])
        added = Added(held, typed, [figure.row for figure in figures], [figure.line for figure in figures], unknown)
        faults = [*added.faults(), *(finding for one in typed.values() for finding in one.findings)]
        data = added.data()
        asked = [added.moved(question) for question in questions(data, TABLE, added.lines)]
        if faults or (asked and not allow_jumps):
            remedies = [] if allow_jumps else [f"{question} If it is right, add --allow-jumps" for question in asked]
            slips = [_slip(figure, value, file) for figure, value in _slips(figures, data, held)] if faults else []
            raise _refusal([*sorted(dict.fromkeys(faults)), *remedies, *slips])
        if not dry_run:
            commit(root, added.files)
        notes = [f"{question} Taken, as allowed" for question in asked]
        notes += [str(added.moved(finding)) for finding in unchecked(data, TABLE, added.lines)]
        return Addition(figures, known, added.files, notes)


def _refusal(lines: Iterable[object]) -> FilingError:
    return FilingError("\n".join([*map(str, lines), "nothing is written"]))


def _read(path: Path, held: Tables, name: str) -> Typed:
    """Read a file of rows for a table, and judge its cells one by one; rows with a wrong cell are left out."""
    table = held.schema.tables[name]
    raw = read_typed(path, table, FILLED_IN if name == TABLE else ())
    needed = [column for column in table.required if name != TABLE or column not in FILLED_IN]
    rows, printed, findings = {}, {}, list(raw.findings)
    for line, row in zip(raw.frame.index.tolist(), raw.frame.to_dict("records"), strict=True):
        printed[line] = row.get("value", "")
        faults = [
            (column, formula_fault(cell)) for column, cell in row.items() if column not in table.of_type("number")
        ]
        if name == TABLE:
            faults += _take_number(row)
        faults += [(column, "is empty; a value is required") for column in needed if not row[column]]
        days = [(column, date_fault(row[column])) for column in table.of_type("date") if row[column]]
        if (
            name == TABLE
            and not any(fault for _, fault in [*faults, *days])
            and row["period_end"] < row["period_start"]
        ):
            days.append(("period_end", f"{row['period_end']} is before period_start {row['period_start']}"))
        wrong = [Finding(raw.file, line, column, fault) for column, fault in [*faults, *days] if fault]
        findings += wrong
        if not wrong:
            rows[line] = row
    return Typed(raw.file, rows, printed, findings)


def _take_number(row: Row) -> list[tuple[str, str]]:
    """Bring the figure of a row to the form of a table."""
    printed, row["qualifier"] = row["value"], row["qualifier"] or "exact"
    faults = []
    try:
        row["value"] = plain_number(printed) if printed else ""
    except ValueError as error:
        faults.append(("value", str(error)))
    if re.search("[%％]", printed) and row["unit"] != "percent":
        faults.append(("unit", f"'{row['unit']}' does not go with {printed}; write percent"))
    return faults


def _take_days(typed: Mapping[str, Typed], held: Tables) -> list[Row]:
    """Give each figure the day of its source; return stand-ins for the sources that are not known.

    With a stand-in the figures of an unknown source are checked at once with all others, and the source is asked for
    once. Nothing is written then.
    """
    new = typed["sources"].rows.values() if "sources" in typed else ()
    days = {row["source_id"]: row["published_on"] for row in [*held.rows("sources"), *new]}
    lines: dict[str, list[int]] = {}
    for line, row in typed[TABLE].rows.items():
        if row["source_id"] not in days:
            lines.setdefault(row["source_id"], []).append(line)
        row["published_on"] = row["published_on"] or days.get(row["source_id"], row["period_end"])
    stand_ins = []
    for name, found in lines.items():
        more = f" (also on {len(found) - 1} lines more)" if len(found) > 1 else ""
        message = f"'{name}' is no source yet{more}; give its row with --source FILE.csv"
        typed[TABLE].findings.append(Finding(typed[TABLE].file, found[0], "source_id", message))
        last = max(typed[TABLE].rows[line]["published_on"] for line in found)
        stand_ins.append(held.rows("sources")[0] | {"source_id": name, "published_on": last, "dating": "series"})
    return stand_ins


class Added:
    """The tables with the new rows, and where each of those was typed.

    Parameters
    ----------
    held
        The tables without them.
    typed
        The files given, by table.
    figures, lines
        Rows for the accounts, and the lines of their file.
    stand_ins
        Sources that are not known, made up for checking.
    """

    def __init__(
        self, held: Tables, typed: Mapping[str, Typed], figures: list[Row], lines: list[int], stand_ins: list[Row]
    ):
        self._held = held
        self._file = {name: one.file for name, one in typed.items()}
        self._new = {name: one.rows for name, one in typed.items()} | {TABLE: dict(zip(lines, figures, strict=True))}
        self._stand_ins = stand_ins
        rows = {name: list(new.values()) for name, new in self._new.items()}
        if stand_ins:
            rows["sources"] = [*rows.get("sources", []), *stand_ins]
        self._rows = rows
        self.files = {held.schema.tables[name].path: held.appended(name, new) for name, new in rows.items()}
        self._first = {name: len(held.by_hand(name)) + 2 for name in rows}
        self.lines = range(self._first[TABLE], self._first[TABLE] + len(figures))

    def faults(self) -> Iterator[Finding]:
        """Run every check on a copy of the data, and put what it finds in the lines that were typed."""
        try:
            check_first(self._held.root, self.files)
        except DataError as error:
            yield from (found for found in map(self.moved, error.findings) if found.row)

    def data(self) -> Data:
        """Return the tables that arithmetic needs, new rows among them."""
        tables = {}
        for name in _JUDGED:
            rows = [*self._held.by_hand(name), *self._rows.get(name, ()), *self._held.ours(name)]
            tables[name] = _raw(name, rows, self._held)
        return Data(self._held.root, self._held.schema, tables)

    def moved(self, finding: Finding) -> Finding:
        """Put a finding on the line of the file where its row was typed; on line 0 for a stand-in."""
        name = finding.file.removeprefix("data/").removesuffix(".csv")
        if name not in self._first:
            return finding

        def named(match: re.Match[str]) -> str:
            file, line = self._typed(name, int(match[2]))
            return f"{match[1]} line {line} of {file}"

        file, line = self._typed(name, finding.row)
        return Finding(file, line, finding.column, re.sub(r"\b(on|of) line (\d+)", named, finding.message))

    def _typed(self, name: str, line: int) -> tuple[str, int]:
        place, new = line - self._first[name], list(self._new.get(name, ()))
        if 0 <= place < len(new):
            return self._file[name], new[place]
        if 0 <= place < len(self._rows[name]):
            return f"data/{name}.csv", 0
        return f"data/{name}.csv", line if place < 0 else line - len(self._rows[name])


def _figures(held: Tables, typed: Typed) -> tuple[list[Figure], list[int]]:
    key = held.schema.tables[TABLE].primary_key
    there = {tuple(row[name] for name in key): row for row in held.rows(TABLE)}
    figures, known = [], []
    for line, row in typed.rows.items():
        old = there.get(tuple(row[name] for name in key))
        if old and (old["value"], old["unit"]) == (row["value"], row["unit"]):
            known.append(line)
        else:
            figures.append(_beside(held, line, row, typed.printed[line]))
    return figures, known


def _beside(held: Tables, line: int, row: Row, printed: str) -> Figure:
    period = Period(date.fromisoformat(row["period_start"]), date.fromisoformat(row["period_end"])).year_before
    then = {"period_start": period.start.isoformat(), "period_end": period.end.isoformat()}
    like = [old for old in held.rows(TABLE) if all(old[name] == (row | then)[name] for name in (*_PLACE, *then))]
    if not like:
        return Figure(line, row, printed, "", None)
    old = like[-1]
    factor = {name: unit.factor for name, unit in held.schema.units.items()}
    if row["unit"] not in factor or Decimal(old["value"]) <= 0 or Decimal(row["value"] or 0) <= 0:
        return Figure(line, row, printed, f"{old['value']} {old['unit']}", None)
    ratio = float(Decimal(row["value"]) / Decimal(old["value"])) * float(factor[row["unit"]] / factor[old["unit"]])
    return Figure(line, row, printed, f"{old['value']} {old['unit']}", ratio - 1)


def _slip(figure: Figure, value: str, file: Path) -> str:
    where = f"{figure.row['metric']} {figure.row['segment']}"
    return (
        f"{file.name}:{figure.line}: value: {figure.printed} ({where}) may be mistyped: with {value} "
        "everything holds; compare it with the filing"
    )


def _slips(figures: list[Figure], data: Data, held: Tables) -> Iterator[tuple[Figure, str]]:
    """Find the new figures of which another digit, or two changed places, would leave nothing to complain of."""
    for entity in dict.fromkeys(figure.row["entity_id"] for figure in figures):
        own = [figure for figure in figures if figure.row["entity_id"] == entity]
        new = [figure.row for figure in own]
        raw = {name: _of_entity(table, held, entity) for name, table in data.raw.items()}
        raw[TABLE] = _raw(TABLE, [row for row in held.rows(TABLE) if row["entity_id"] == entity], held)
        if not _complains(held, raw, new):
            continue
        for number, figure in enumerate(own):
            others = [*new[:number], *new[number + 1 :]]
            if _complains(held, raw, others):
                continue  # Something is wrong without this figure: no other value of it helps.
            for value in _misread(figure.row["value"]):
                if not _complains(held, raw, [*others, figure.row | {"value": value}]):
                    yield figure, value


def _misread(value: str) -> Iterator[str]:
    """Give what may have been printed where a value was typed: one other digit, or two neighbours changed."""
    for place, digit in enumerate(value):
        if digit.isdigit():
            for other in "0123456789".replace(digit, ""):
                yield from _as_printed(value[:place] + other + value[place + 1 :])
            point = "." if value[place + 1 : place + 2] == "." else ""
            following = value[place + 1 + len(point) : place + 2 + len(point)]
            if following.isdigit() and following != digit:
                yield from _as_printed(value[:place] + following + point + digit + value[place + 2 + len(point) :])


def _as_printed(value: str) -> Iterator[str]:
    """Leave out what no filing prints: zeros in front, and nothing at all."""
    if _PRINTED.fullmatch(value) and value.strip("-0."):
        yield value


def _of_entity(table: RawTable, held: Tables, entity: str) -> RawTable:
    if not held.schema.tables[table.file].is_fact:
        return table
    return RawTable(table.file, table.frame[table.frame["entity_id"] == entity])


def _raw(name: str, rows: list[Row], held: Tables) -> RawTable:
    index = range(2, len(rows) + 2)
    return RawTable(name, pd.DataFrame(rows, index=index, columns=list(held.schema.tables[name].fields), dtype=str))


def _complains(held: Tables, raw: Mapping[str, RawTable], new: list[Row]) -> bool:
    """Whether any check of numbers fails on the rows of one entity and new ones."""
    frame = pd.concat([raw[TABLE].frame, pd.DataFrame(new, dtype=str)], ignore_index=True)
    data = Data(held.root, held.schema, {**raw, TABLE: RawTable(TABLE, frame)})
    return any(True for check in ARITHMETIC for _ in check(data))
