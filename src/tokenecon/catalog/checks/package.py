"""Validation against ``datapackage.json`` by frictionless, with its errors in plain sentences."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator
from functools import lru_cache

import pandas as pd

from tokenecon.catalog.checks.cells import FAULTS, UNDERSTOOD, foreign_keys, in_keys
from tokenecon.catalog.checks.context import Data
from tokenecon.catalog.errors import Finding
from tokenecon.catalog.schema import Table

_CONSTRAINT = re.compile(r'constraint "(\w+)"')
_POSITION = re.compile(r"position (\d+)")


def package_findings(data: Data) -> list[Finding]:
    """Validate the package, and the rows that we find unfit.

    Frictionless takes most of a millisecond for a row, so it is asked how rows break the schema and not whether.
    The rows are handed over as already split into cells, so that lines keep their numbers whatever else is wrong
    with the file.
    """
    usable = {name: raw.frame for name, raw in data.raw.items() if raw.usable}
    faults = _package_faults(json.dumps(_descriptor(data, {name: frame[:0] for name, frame in usable.items()}, set())))
    if faults:
        return [Finding("data/datapackage.json", 1, "file", f"is no valid data package: {note}") for note in faults]
    suspect = {name: lines for name in usable if len(lines := _suspect_lines(data, name))}
    if not suspect:
        return []
    from frictionless import Package

    rows = {name: usable[name].loc[lines] for name, lines in _with_references(data, suspect).items()}
    report = Package.from_descriptor(_descriptor(data, rows, set(suspect))).validate()
    return [
        finding
        for task in report.tasks
        for error in task.errors
        for finding in _translated(error, task, rows[task.name], data)
    ]


@lru_cache(maxsize=1)
def _package_faults(descriptor: str) -> list[str]:
    from frictionless import Package
    from frictionless.exception import FrictionlessException

    try:
        Package.from_descriptor(json.loads(descriptor))
    except FrictionlessException as error:
        return [reason.note for reason in error.reasons] or [error.error.note]
    return []


def _suspect_lines(data: Data, name: str) -> pd.Index:
    """Find the unfit rows of a table, and those with the same key."""
    frame, table = data.raw[name].frame, data.schema.tables[name]
    if any(set(field.get("constraints", {})) - UNDERSTOOD for field in table.fields.values()):
        return frame.index
    unfit = frame.loc[frame.index.difference(data[name].index)]
    return frame.index[in_keys(frame, unfit, table.primary_key)] if len(unfit) else unfit.index


def _with_references(data: Data, suspect: dict[str, pd.Index]) -> dict[str, pd.Index]:
    """Add the rows of other tables that suspect rows refer to."""
    lines = dict(suspect)
    for name, own_lines in suspect.items():
        rows = data.raw[name].frame.loc[own_lines]
        for own, other, theirs in foreign_keys(data.schema.tables[name]):
            if other in data.raw and data.raw[other].usable:
                frame = data.raw[other].frame
                found = frame.index[in_keys(frame, rows, theirs, own)]
                lines[other] = found.union(lines.get(other, found))
    return lines


def _descriptor(data: Data, rows: dict[str, pd.DataFrame], with_keys: set[str]) -> dict:
    """Describe some tables and rows of theirs; keys into others are checked for tables `with_keys` only."""
    resources = []
    for name, frame in rows.items():
        table = data.schema.tables[name]
        kept = {key: table.descriptor[key] for key in ("name", "type")}
        schema = table.descriptor["schema"]
        keys = [
            key for key in schema.get("foreignKeys", []) if name in with_keys and key["reference"]["resource"] in rows
        ]
        cells = [list(table.fields), *frame.to_numpy().tolist()]
        resources.append(kept | {"schema": schema | {"foreignKeys": keys}, "data": cells})
    return {"name": data.schema.descriptor["name"], "resources": resources}


def _translated(error, task, rows: pd.DataFrame, data: Data) -> Iterator[Finding]:
    name = task.name
    table, raw = data.schema.tables[name], data.raw[name]
    if not hasattr(error, "row_number"):
        yield Finding(raw.file, 1, "file", error.note)
        return
    line = int(rows.index[error.row_number - 2])
    row = raw.frame.loc[line]
    if error.type in ("type-error", "constraint-error"):
        column = error.field_name
        message = _cell_message(error, row[column], table, column)
    elif error.type == "primary-key":
        column, message = _key_message(error, rows, table)
    elif error.type == "foreign-key":
        column, message = _reference_message(error, row, data, table)
    else:
        column, message = "row", error.note
    if message:
        yield Finding(raw.file, line, column, message)


def _cell_message(error, text: str, table: Table, column: str) -> str | None:
    field = table.fields[column]
    if error.type == "type-error":
        if field["type"] in FAULTS:
            return FAULTS[field["type"]](text)
        return f"'{text}' is neither true nor false" if field["type"] == "boolean" else f"'{text}': {error.note}"
    constraint = _CONSTRAINT.search(error.note)
    kind = constraint[1] if constraint else ""
    if kind == "required":
        return "is empty; a value is required"
    if kind == "enum":
        return f"'{text}' is none of {', '.join(table.enum(column))}{_meant(text, table.enum(column))}"
    if kind == "pattern":
        return f"'{text}' does not have the form {field['constraints']['pattern']}"
    if kind == "minimum":
        return f"'{text}' is below {field['constraints']['minimum']}"
    return f"'{text}': {error.note}"


def _key_message(error, rows: pd.DataFrame, table: Table) -> tuple[str, str]:
    key, seen = table.primary_key, _POSITION.search(error.note)
    column = key[0] if len(key) == 1 else "row"
    if not seen:
        return column, f"has an empty key ({', '.join(key)})"
    first = rows.index[int(seen[1]) - 2]
    return column, f"has the key ({', '.join(key)}) of line {first}; delete one, or tell them apart"


def _reference_message(error, row, data: Data, table: Table) -> tuple[str, str | None]:
    own = list(error.field_names)
    target, theirs = next((other, theirs) for fields, other, theirs in foreign_keys(table) if fields == own)
    frame, column = data.raw[target].frame, own[-1]
    for mine, its in zip(own[:-1], theirs[:-1], strict=True):
        frame = frame[frame[its] == row[mine]]
    if not len(frame) and len(own) > 1:
        parts = [key for key in foreign_keys(table) if set(key[0]) < set(own)]
        if any(not all(in_keys(row.to_frame().T, data.raw[other].frame, mine, its)) for mine, other, its in parts):
            return column, None  # A part of the key is unknown already, and has its own finding.
        return column, f"no row of {data.raw[target].file} has {', '.join(f'{name} {row[name]}' for name in own)}"
    known = frame[theirs[-1]].unique().tolist()
    of = "" if len(own) == 1 else f" with {', '.join(f'{name} {row[name]}' for name in own[:-1])}"
    where = f"{theirs[-1]} of {data.raw[target].file}{of}"
    return column, f"'{row[column]}' is in no row of {where}{_meant(row[column], known)}"


def _meant(text: str, known: list[str]) -> str:
    close = difflib.get_close_matches(text, known, 1, 0.6)
    return f"; '{close[0]}' is meant?" if close else ""
