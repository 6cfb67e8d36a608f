"""Figures that people read in a filing: taken as printed, checked against each other and the past, then added.

A slip of a digit breaks a sum, a stated share or a stated growth. The check that fails names the line; trying every
slip of one digit on the new figures then says which of them would make everything hold again.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pandas as pd

from tokenecon.catalog import DataError, Finding, Period
from tokenecon.catalog.checks import numbers
from tokenecon.catalog.checks.cells import date_fault, number_fault
from tokenecon.catalog.checks.context import Data
from tokenecon.catalog.files import RawTable
from tokenecon.refresh.tables import Row, Tables, alone, check_first, commit
from tokenecon.refresh.web import RefreshError

TABLE = "financials"
FAR = 100
"""A figure so many times that of a year before, or that part of it, is thought to be in another unit."""
FILLED_IN = ("published_on", "note", "qualifier")
"""Columns that a file of figures may leave out: the source says the day, a figure is exact unless said otherwise."""
BESIDE = ("sources", "rulings", "segments", "metrics")
"""Tables that can get rows together with the figures, each from a file with its columns."""
ARITHMETIC = (numbers.sum_findings, numbers.part_findings, numbers.formula_findings, numbers.disagreement_findings)
_PLACE = ["entity_id", "metric", "segment", "currency"]
_JUDGED = ("entities", "metrics", "segments", "sources", "rulings", TABLE, "operating", "statements")
_AS_PRINTED = re.compile(r"\(?[-−]?\d[\d,  ]*(\.\d+)?\)?%?")


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
    """

    figures: list[Figure]
    known: list[int]
    files: dict[str, bytes]


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
        Take figures more than a hundred times those of a year before, or less than a hundredth.
    dry_run
        Check and compare only.

    Raises
    ------
    FilingError
        If anything is wrong; nothing is written then.
    """
    with alone(root):
        held = Tables(root)
        more = {name: _rows(path, held, name) for name, path in (beside or {}).items()}
        sources = [*held.rows("sources"), *(row for _, row in more.get("sources", []))]
        published = {row["source_id"]: row["published_on"] for row in sources}
        figures, known = _figures(file, held, published)
        files = {
            held.schema.tables[name].path: held.appended(name, [row for _, row in rows]) for name, rows in more.items()
        }
        files[held.schema.tables[TABLE].path] = held.appended(TABLE, [figure.row for figure in figures])
        jumps = [] if allow_jumps else [_jump(figure, file) for figure in figures]
        try:
            check_first(root, files)
            found = []
        except DataError as error:
            found = error.findings
        tables = {name: [*held.rows(name), *(row for _, row in more.get(name, []))] for name in _JUDGED}
        if messages := [*_named(found, figures, tables, held, file), *filter(None, jumps)]:
            raise FilingError("\n".join([*messages, "nothing is written"]))
        if not dry_run:
            commit(root, files)
        return Addition(figures, known, files)


def _rows(path: Path, held: Tables, name: str) -> list[tuple[int, Row]]:
    """Read a file of rows for a table; columns may stand in any order, and some be left out."""
    fields = list(held.schema.tables[name].fields)
    try:
        lines = list(csv.reader(path.read_text(encoding="utf-8-sig").splitlines(), strict=True))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise FilingError(f"{path.name} cannot be read: {error}") from None
    header = [cell.strip() for cell in lines[0]] if lines else []
    if not lines[1:]:
        raise FilingError(f"{path.name}:1: has no rows; its columns are {','.join(fields)}")
    odd = [cell for cell in header if cell not in fields]
    twice = [cell for cell in dict.fromkeys(header) if header.count(cell) > 1]
    required = [
        key for key, field in held.schema.tables[name].fields.items() if field.get("constraints", {}).get("required")
    ]
    missing = [key for key in required if key not in header and not (name == TABLE and key in FILLED_IN)]
    wrong = [f"'{cell}' is no column of {name}.csv" for cell in odd]
    wrong += [f"'{cell}' stands twice" for cell in twice] + [f"'{key}' is missing" for key in missing]
    if wrong:
        raise FilingError(f"{path.name}:1: {'; '.join(wrong)}; its columns are {','.join(fields)}")
    found = []
    for number, cells in enumerate(lines[1:], 2):
        if len(cells) != len(header):
            raise FilingError(
                f"{path.name}:{number}: has {len(cells)} cells where the header has {len(header)}; quote 1,234"
            )
        found.append((number, dict.fromkeys(fields, "") | {k: v.strip() for k, v in zip(header, cells, strict=True)}))
    return found


def _figures(file: Path, held: Tables, published: Mapping[str, str]) -> tuple[list[Figure], list[int]]:
    there = {tuple(row[name] for name in held.schema.tables[TABLE].primary_key): row for row in held.rows(TABLE)}
    rows, wrong, known = [], [], []
    for line, row in _rows(file, held, TABLE):
        printed = row["value"]
        row |= {"value": _plain(printed), "qualifier": row["qualifier"] or "exact"}
        row["published_on"] = row["published_on"] or published.get(row["source_id"], "")
        faults = [("value", number_fault(row["value"]))]
        days = [(name, date_fault(row[name])) for name in ("period_start", "period_end")]
        if not any(fault for _, fault in days) and row["period_end"] < row["period_start"]:
            days.append(("period_end", f"{row['period_end']} is before period_start {row['period_start']}"))
        faults += days
        if printed.endswith("%") and row["unit"] != "percent":
            faults.append(("unit", f"'{row['unit']}' does not go with {printed}; write percent"))
        if row["source_id"] not in published:
            faults.append(("source_id", f"'{row['source_id']}' is no source yet; give its row with --source FILE.csv"))
        wrong += [f"{file.name}:{line}: {column}: {fault}" for column, fault in faults if fault]
        old = there.get(tuple(row[name] for name in held.schema.tables[TABLE].primary_key))
        if old and (old["value"], old["unit"]) == (row["value"], row["unit"]):
            known.append(line)
        else:
            rows.append((line, row, printed))
    if wrong:
        raise FilingError("\n".join([*wrong, "nothing is written"]))
    return [_beside(held, line, row, printed) for line, row, printed in rows], known


def _plain(printed: str) -> str:
    """Write a number as a table wants it: no thousands separators, a minus for brackets, no percent sign."""
    if not _AS_PRINTED.fullmatch(printed):
        return printed
    digits = re.sub("[,  ()%]", "", printed).replace("−", "-")
    return f"-{digits}" if printed.startswith("(") else digits


def _beside(held: Tables, line: int, row: Row, printed: str) -> Figure:
    period = Period(date.fromisoformat(row["period_start"]), date.fromisoformat(row["period_end"])).year_before
    then = {"period_start": period.start.isoformat(), "period_end": period.end.isoformat()}
    like = [old for old in held.rows(TABLE) if all(old[name] == (row | then)[name] for name in (*_PLACE, *then))]
    if not like:
        return Figure(line, row, printed, "", None)
    old = like[-1]
    factor = {name: unit.factor for name, unit in held.schema.units.items()}
    if row["unit"] not in factor or Decimal(old["value"]) <= 0 or Decimal(row["value"]) <= 0:
        return Figure(line, row, printed, f"{old['value']} {old['unit']}", None)
    ratio = float(Decimal(row["value"]) / Decimal(old["value"])) * float(factor[row["unit"]] / factor[old["unit"]])
    return Figure(line, row, printed, f"{old['value']} {old['unit']}", ratio - 1)


def _jump(figure: Figure, file: Path) -> str:
    if figure.growth is None or figure.row["unit"] == "percent" or 1 / FAR <= figure.growth + 1 <= FAR:
        return ""
    return (
        f"{file.name}:{figure.line}: unit: {figure.printed} {figure.row['unit']} is {figure.growth + 1:.3g} times the "
        f"figure of a year before, {figure.before}; is the unit right? If so, add --allow-jumps"
    )


def _named(
    found: list[Finding], figures: list[Figure], tables: Mapping[str, list[Row]], held: Tables, file: Path
) -> Iterator[str]:
    """Put findings in the lines of the file of figures, and name the digits that could be wrong."""
    last = len(held.rows(TABLE)) + 1
    for finding in found:
        own = finding.file == f"data/{held.schema.tables[TABLE].path}" and finding.row > last
        text = replace(finding, file=file.name, row=figures[finding.row - last - 1].line) if own else finding
        yield re.sub(r"on line (\d+)", lambda match: f"on line {_line(int(match[1]), last, figures, file)}", str(text))
    if found:
        for figure, value in _slips(figures, tables, held):
            where = f"{figure.row['metric']} {figure.row['segment']}"
            yield (
                f"{file.name}:{figure.line}: value: {figure.printed} ({where}) may be mistyped: with {value} "
                "everything holds; compare it with the filing"
            )


def _line(number: int, last: int, figures: list[Figure], file: Path) -> str:
    return f"{figures[number - last - 1].line} of {file.name}" if number > last else f"{number} of data/{TABLE}.csv"


def _slips(figures: list[Figure], tables: Mapping[str, list[Row]], held: Tables) -> Iterator[tuple[Figure, str]]:
    """Find the new figures of which another digit, or two changed places, would leave nothing to complain of."""
    for entity in dict.fromkeys(figure.row["entity_id"] for figure in figures):
        own = [figure for figure in figures if figure.row["entity_id"] == entity]
        raw = {name: _raw(name, rows, held, entity) for name, rows in tables.items()}
        new = [figure.row for figure in own]
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
    for place, digit in enumerate(value):
        if digit.isdigit():
            for other in "0123456789".replace(digit, ""):
                yield value[:place] + other + value[place + 1 :]
            point = "." if value[place + 1 : place + 2] == "." else ""
            following = value[place + 1 + len(point) : place + 2 + len(point)]
            if following.isdigit() and following != digit:
                yield value[:place] + following + point + digit + value[place + 2 + len(point) :]


def _raw(name: str, rows: list[Row], held: Tables, entity: str) -> RawTable:
    facts = held.schema.tables[name].is_fact
    kept = [row for row in rows if not facts or row["entity_id"] == entity]
    frame = pd.DataFrame(kept, index=range(2, len(kept) + 2), columns=list(held.schema.tables[name].fields), dtype=str)
    return RawTable(name, frame)


def _complains(held: Tables, raw: Mapping[str, RawTable], new: list[Row]) -> bool:
    """Whether any check of numbers fails on the rows of one entity and new ones."""
    frame = pd.concat([raw[TABLE].frame, pd.DataFrame(new, dtype=str)], ignore_index=True)
    data = Data(held.root, held.schema, {**raw, TABLE: RawTable(TABLE, frame)})
    return any(True for check in ARITHMETIC for _ in check(data))
