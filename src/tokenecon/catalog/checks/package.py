"""Rows held to ``datapackage.json``: types, constraints, keys, in plain sentences.

Table Schema is judged here and nowhere else. What the package asks for and this module does not know is refused when
the package is read, so that no constraint is passed over in silence.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pandas as pd

from tokenecon.catalog.checks.cells import date_fault, number_fault
from tokenecon.catalog.errors import Finding
from tokenecon.catalog.files import RawTable
from tokenecon.catalog.schema import Schema, Table

Judge = Callable[[str], str | None]

TYPES: dict[str, Judge | None] = {
    "string": None,
    "number": number_fault,
    "date": date_fault,
    "boolean": lambda text: None if text in ("true", "false") else f"'{text}' is neither true nor false",
}


def _enum(choices: list[str]) -> Judge:
    known = set(choices)
    return lambda text: None if text in known else f"'{text}' is none of {', '.join(choices)}{_meant(text, choices)}"


def _pattern(pattern: str) -> Judge:
    matches = re.compile(pattern).fullmatch
    return lambda text: None if matches(text) else f"'{text}' does not have the form {pattern}"


CONSTRAINTS: dict[str, Callable[[Any], Judge]] = {
    "enum": _enum,
    "pattern": _pattern,
    "minimum": lambda least: lambda text: f"'{text}' is below {least}" if _ordered(text, least)[0] else None,
    "maximum": lambda most: lambda text: f"'{text}' is above {most}" if _ordered(text, most)[1] else None,
    "minLength": lambda least: lambda text: f"'{text}' is shorter than {least}" if len(text) < least else None,
    "maxLength": lambda most: lambda text: f"'{text}' is longer than {most}" if len(text) > most else None,
}
"""Constraints of Table Schema on a cell that is not empty; `required` is judged with the cell, before them."""


def _ordered(text: str, limit: Any) -> tuple[bool, bool]:
    """Say whether a cell lies below and whether it lies above a limit: days as text, all else as numbers."""
    if isinstance(limit, str) and date_fault(limit) is None:
        return text < limit, text > limit
    return float(text) < float(limit), float(text) > float(limit)


def package_findings(schema: Schema) -> Iterator[Finding]:
    """Name what the package asks for and the checks do not know, and keys that lead nowhere."""
    for table in schema.tables.values():
        for field in table.fields.values():
            odd = [] if field["type"] in TYPES else [f"type '{field['type']}'"]
            odd += [
                f"constraint '{name}'"
                for name in field.get("constraints", {})
                if name not in {*CONSTRAINTS, "required"}
            ]
            for what in odd:
                yield _fault(f"{what} of {table.name}.{field['name']} is not known here")
        for own, other, theirs in [(table.primary_key, table.name, table.primary_key), *foreign_keys(table)]:
            there = schema.tables[other].fields if other in schema.tables else {}
            if lost := [
                *(name for name in own if name not in table.fields),
                *(name for name in theirs if name not in there),
            ]:
                yield _fault(f"a key of {table.name} names {', '.join(lost)}, which is no field of it or of {other}")


def _fault(message: str) -> Finding:
    return Finding("data/datapackage.json", 1, "file", f"is no valid data package: {message}")


def held_to(
    raw: RawTable, table: Table, reference: Callable[[str], tuple[pd.DataFrame, RawTable] | None]
) -> tuple[pd.DataFrame, list[Finding]]:
    """Hold the rows of a table to its schema.

    Parameters
    ----------
    raw, table
        Cells as text, and their fields.
    reference
        Gives the rows of another table that may be referred to, and all its rows; None where it cannot be read.

    Returns
    -------
    DataFrame, list of Finding
        The rows that can be loaded, and what is wrong with the others. A row that refers to a row that cannot be
        loaded cannot be loaded either; only the first of the two has a finding. What is in no row is asked for once, on
        the first line that refers to it, whatever the number of those lines.
    """
    frame, found = raw.frame, []
    unfit: set[int] = set()
    for name, field in table.fields.items():
        judge = _cell_fault(field)
        faults = {cell: fault for cell in frame[name].unique() if (fault := judge(cell))}
        for line, cell in frame[name][frame[name].isin(faults)].items():
            found.append(Finding(raw.file, int(line), name, faults[cell]))
    for own, other, theirs in foreign_keys(table):
        if (target := reference(other)) is not None:
            fit, text = target
            there = set(_keys(text.frame, theirs))
            for key, lines in _referring(frame, own, set(_keys(fit, theirs))).items():
                unfit.update(lines)
                if key not in there and (message := _lost(key, own, theirs, text, table, reference)):
                    rows = f" ({len(lines)} rows, this the first)" if len(lines) > 1 else ""
                    found.append(Finding(raw.file, lines[0], own[-1], message + rows))
    first: dict[tuple[str, ...], int] = {}
    for line, key in zip(frame.index, _keys(frame, table.primary_key), strict=True):
        if first.setdefault(key, line) != line:
            names = ", ".join(table.primary_key)
            message = f"has the key ({names}) of line {first[key]}; delete one, or tell them apart"
            found.append(Finding(raw.file, int(line), names if len(table.primary_key) == 1 else "row", message))
    unfit.update(finding.row for finding in found)
    return frame.loc[~frame.index.isin(unfit)], found


def _cell_fault(field: dict) -> Judge:
    """Return a function that says what is wrong with a cell of a field, or None."""
    constraints = field.get("constraints", {})
    judges = [TYPES.get(field["type"])] + [
        CONSTRAINTS[name](limit) for name, limit in constraints.items() if name in CONSTRAINTS
    ]
    empty = "is empty; a value is required" if constraints.get("required") else None

    def judge(cell: str) -> str | None:
        if not cell:
            return empty
        return next((fault for judge in judges if judge and (fault := judge(cell))), None)

    return judge


def foreign_keys(table: Table) -> Iterable[tuple[list[str], str, list[str]]]:
    """List the keys of a table into others: own fields, the other table, its fields."""

    def listed(names: str | list[str]) -> list[str]:
        return [names] if isinstance(names, str) else names

    for key in table.descriptor["schema"].get("foreignKeys", []):
        yield listed(key["fields"]), key["reference"]["resource"] or table.name, listed(key["reference"]["fields"])


def _keys(frame: pd.DataFrame, names: list[str]) -> list[tuple[str, ...]]:
    return list(zip(*(frame[name] for name in names), strict=True))


def _referring(frame: pd.DataFrame, own: list[str], known: set[tuple[str, ...]]) -> dict[tuple[str, ...], list[int]]:
    """Return the lines whose key is not among those known, by key."""
    lines: dict[tuple[str, ...], list[int]] = {}
    for line, key in zip(frame.index, _keys(frame, own), strict=True):
        if any(key) and key not in known:
            lines.setdefault(key, []).append(int(line))
    return lines


def _lost(key, own: list[str], theirs: list[str], target: RawTable, table: Table, reference) -> str | None:
    """Say that no row has a key: which part of it is unknown, and what may be meant."""
    frame = target.frame
    for name, cell in zip(theirs[:-1], key[:-1], strict=True):
        frame = frame[frame[name] == cell]
    row = dict(zip(own, key, strict=True))
    if not len(frame) and len(own) > 1:
        for mine, other, its in foreign_keys(table):
            part = reference(other) if set(mine) < set(own) else None
            if part and tuple(row[name] for name in mine) not in set(_keys(part[1].frame, its)):
                return None  # A part of the key is unknown already, and has its own finding.
        return f"no row of {target.file} has {', '.join(f'{name} {cell}' for name, cell in row.items())}"
    of = "" if len(own) == 1 else f" with {', '.join(f'{name} {row[name]}' for name in own[:-1])}"
    known = frame[theirs[-1]].unique().tolist()
    return f"'{key[-1]}' is in no row of {theirs[-1]} of {target.file}{of}{_meant(key[-1], known)}"


def _meant(text: str, known: list[str]) -> str:
    close = difflib.get_close_matches(text, known, 1, 0.6)
    return f"; '{close[0]}' is meant?" if close else ""
