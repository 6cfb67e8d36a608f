"""Figures that people read in a filing: taken as printed, checked against each other and the past, then added.

Whatever is wrong is said at once: cells, contradictions, what is unlikely, unknown sources. A slip of a digit breaks a
sum, a stated share or a stated growth. The check that fails names the line; trying every slip of one digit on the new
figures then says which of them would make everything hold again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pandas as pd

from tokenecon.catalog.checks import numbers
from tokenecon.catalog.checks.context import Data
from tokenecon.catalog.checks.plausible import questions, unchecked
from tokenecon.catalog.errors import Finding
from tokenecon.catalog.files import RawTable
from tokenecon.catalog.periods import Period
from tokenecon.refresh.tables import Row, Tables, alone, commit
from tokenecon.refresh.typed import Added, Typed, raw_table, read_rows, unknown_sources, with_sound_sources
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
        unsound, held = with_sound_sources(Tables(root))
        tables = held.schema.tables
        typed = {name: read_rows(path, tables[name]) for name, path in (beside or {}).items()}
        typed[TABLE] = read_rows(file, tables[TABLE], FILLED_IN)
        unknown, stand_ins = unknown_sources(typed, held, "give its row with --source FILE.csv")
        wrong = [*unsound, *unknown, *(finding for one in typed.values() for finding in one.findings)]
        if not typed[TABLE].rows:
            raise _refusal(sorted(wrong))
        sources = [*held.rows("sources"), *(typed["sources"].rows.values() if "sources" in typed else ()), *stand_ins]
        figures, known = _figures(held, typed[TABLE], {row["source_id"]: row["published_on"] for row in sources})
        typed[TABLE] = replace(typed[TABLE], rows={figure.line: figure.row for figure in figures})
        added = Added(held, typed, stand_ins)
        faults = sorted({*added.faults(), *wrong})
        data, lines = added.data(_JUDGED), added.lines(TABLE)
        asked = unlikely(added)
        if faults or (asked and not allow_jumps):
            remedies = [] if allow_jumps else with_remedy(asked)
            slips = [_slip(figure, value, file) for figure, value in _slips(figures, data, held)] if faults else []
            raise _refusal([*faults, *remedies, *slips])
        if not dry_run:
            commit(root, added.files)
        notes = [f"{question} Taken, as allowed" for question in asked]
        notes += [str(added.moved(finding)) for finding in unchecked(data, TABLE, lines)]
        return Addition(figures, known, added.files, notes)


def unlikely(added: Added) -> list[Finding]:
    """Ask about new figures of accounts that are unlikely beside those known, where each was typed."""
    return [added.moved(question) for question in questions(added.data(_JUDGED), TABLE, added.lines(TABLE))]


def with_remedy(asked: Iterable[Finding]) -> list[str]:
    """Say with each question what takes the figure all the same."""
    return [f"{question} If it is right, add --allow-jumps" for question in asked]


def _refusal(lines: Iterable[object]) -> FilingError:
    return FilingError("\n".join([*map(str, lines), "nothing is written"]))


def _figures(held: Tables, typed: Typed, days: Mapping[str, str]) -> tuple[list[Figure], list[int]]:
    """Give the rows that are new, filled in, and the lines of those that are there."""
    key = held.schema.tables[TABLE].primary_key
    there = {tuple(row[name] for name in key): row for row in held.rows(TABLE)}
    figures, known = [], []
    for line, row in typed.rows.items():
        row["qualifier"] = row["qualifier"] or "exact"
        row["published_on"] = row["published_on"] or days[row["source_id"]]
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
    tables = held.schema.tables
    for entity in dict.fromkeys(figure.row["entity_id"] for figure in figures):
        own = [figure for figure in figures if figure.row["entity_id"] == entity]
        new = [figure.row for figure in own]
        raw = {name: _of_entity(table, entity) if tables[name].is_fact else table for name, table in data.raw.items()}
        known = raw_table(TABLE, [row for row in held.rows(TABLE) if row["entity_id"] == entity], held)
        beside = Data(held.root, held.schema, raw | {TABLE: known})
        for check in ARITHMETIC:
            list(check(beside))  # What is made of the other tables is made once, for every figure that is tried.
        if not _complains(beside, new):
            continue
        for number, figure in enumerate(own):
            others = [*new[:number], *new[number + 1 :]]
            if _complains(beside, others):
                continue  # Something is wrong without this figure: no other value of it helps.
            for value in _misread(figure.row["value"]):
                if not _complains(beside, [*others, figure.row | {"value": value}]):
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


def _of_entity(table: RawTable, entity: str) -> RawTable:
    return RawTable(table.file, table.frame[table.frame["entity_id"] == entity])


def _complains(beside: Data, new: list[Row]) -> bool:
    """Whether any check of numbers fails on the rows of one entity and new ones."""
    frame = pd.concat([beside.raw[TABLE].frame, pd.DataFrame(new, dtype=str)], ignore_index=True)
    data = beside.but(TABLE, RawTable(TABLE, frame))
    return any(True for check in ARITHMETIC for _ in check(data))
