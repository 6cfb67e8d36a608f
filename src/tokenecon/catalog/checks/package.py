"""Validation against ``datapackage.json`` by frictionless, with its errors in plain sentences."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator

from tokenecon.catalog.checks.cells import FAULTS, foreign_keys
from tokenecon.catalog.checks.context import Data
from tokenecon.catalog.errors import Finding
from tokenecon.catalog.schema import Table

_CONSTRAINT = re.compile(r'constraint "(\w+)"')
_POSITION = re.compile(r"position (\d+)")


def package_findings(data: Data) -> list[Finding]:
    """Validate every readable table, keys between tables included.

    The tables are handed over as already split into cells, so that lines keep their numbers whatever
    else is wrong with the file.
    """
    from frictionless import Package
    from frictionless.exception import FrictionlessException

    try:
        report = Package.from_descriptor(_descriptor(data)).validate()
    except FrictionlessException as error:
        reasons = [reason.note for reason in error.reasons] or [error.error.note]
        return [Finding("data/datapackage.json", 1, "file", f"is no valid data package: {note}") for note in reasons]
    return [finding for task in report.tasks for error in task.errors for finding in _translated(error, task, data)]


def _descriptor(data: Data) -> dict:
    usable = [name for name, raw in data.raw.items() if raw.usable]
    resources = []
    for name in usable:
        table = data.schema.tables[name]
        kept = {key: table.descriptor[key] for key in ("name", "type")}
        schema = table.descriptor["schema"]
        keys = [key for key in schema.get("foreignKeys", []) if key["reference"]["resource"] in usable]
        cells = [list(table.fields), *data.raw[name].frame.to_numpy().tolist()]
        resources.append(kept | {"schema": schema | {"foreignKeys": keys}, "data": cells})
    return {"name": data.schema.descriptor["name"], "resources": resources}


def _translated(error, task, data: Data) -> Iterator[Finding]:
    name = task.name
    table, raw = data.schema.tables[name], data.raw[name]
    if not hasattr(error, "row_number"):
        yield Finding(raw.file, 1, "file", error.note)
        return
    line = int(raw.frame.index[error.row_number - 2])
    row = raw.frame.loc[line]
    if error.type in ("type-error", "constraint-error"):
        column = error.field_name
        message = _cell_message(error, row[column], table, column)
    elif error.type == "primary-key":
        column, message = _key_message(error, data, table)
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
    return f"'{text}': {error.note}"


def _key_message(error, data: Data, table: Table) -> tuple[str, str]:
    key, seen = table.primary_key, _POSITION.search(error.note)
    column = key[0] if len(key) == 1 else "row"
    if not seen:
        return column, f"has an empty key ({', '.join(key)})"
    first = data.raw[table.name].frame.index[int(seen[1]) - 2]
    return column, f"has the key ({', '.join(key)}) of line {first}; delete one, or tell them apart"


def _reference_message(error, row, data: Data, table: Table) -> tuple[str, str | None]:
    own = list(error.field_names)
    target, theirs = next((other, theirs) for fields, other, theirs in foreign_keys(table) if fields == own)
    frame, column = data.raw[target].frame, own[-1]
    for mine, its in zip(own[:-1], theirs[:-1], strict=True):
        frame = frame[frame[its] == row[mine]]
    if not len(frame) and len(own) > 1:
        # The first part of the key is unknown already, and has its own finding.
        return column, None
    known = frame[theirs[-1]].unique().tolist()
    of = "" if len(own) == 1 else f" with {', '.join(f'{name} {row[name]}' for name in own[:-1])}"
    where = f"{theirs[-1]} of {data.raw[target].file}{of}"
    return column, f"'{row[column]}' is in no row of {where}{_meant(row[column], known)}"


def _meant(text: str, known: list[str]) -> str:
    close = difflib.get_close_matches(text, known, 1, 0.6)
    return f"; '{close[0]}' is meant?" if close else ""
