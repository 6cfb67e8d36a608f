"""Single cells: the form of numbers and dates, and which rows follow the schema."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from datetime import date, timedelta

import numpy as np
import pandas as pd

from tokenecon.catalog.errors import Finding
from tokenecon.catalog.files import RawTable
from tokenecon.catalog.printed import PLAIN_NUMBER
from tokenecon.catalog.reading import plain_number, shown
from tokenecon.catalog.schema import Table

_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_YEAR_FIRST = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})日?([ T]00:00(:00(\.0+)?)?)?", re.ASCII)
_SPREADSHEET_DAY = re.compile(r"[34]\d{4}|5[0-4]\d{3}", re.ASCII)
YEARS = range(1900, 2200)
"""Years that a date may lie in; pandas knows none far from them."""


def number_fault(text: str) -> str | None:
    """Say what is wrong with a number, or None.

    A table wants digits, a point and a minus sign: what Python or a spreadsheet would also read
    (`1e5`, `1_000`, `nan`, `1,234`) hides its printed precision or its meaning.
    """
    if PLAIN_NUMBER.fullmatch(text):
        return None
    try:
        plain = plain_number(text)
        return f"'{text}' {'has a thousands comma' if ',' in text else 'is not written plainly'}; write {plain}"
    except ValueError as error:
        return str(error)


def date_fault(text: str) -> str | None:
    """Say what is wrong with a date, or None."""
    if not _ISO_DATE.fullmatch(text):
        return f"{shown(text)} is not a date; write it as {_day_meant(text) or '2026-03-31'}"
    try:
        year = date.fromisoformat(text).year
    except ValueError:
        return f"'{text}' is no day of the calendar"
    return None if year in YEARS else f"'{text}' lies in the year {year}; is a digit wrong?"


def formula_fault(text: str) -> str | None:
    """Say whether a spreadsheet would take a cell of text for a formula, and run it."""
    sign = unicodedata.normalize("NFKC", text[:1])
    if sign and sign in "=+-@" and not PLAIN_NUMBER.fullmatch(text):
        return f"{shown(text)} begins with '{text[0]}', which a spreadsheet takes for a formula; begin with a word"
    return None


def _day_meant(text: str) -> str:
    """Write a day in the form of a table, where another form can mean one day only."""
    if found := _YEAR_FIRST.fullmatch(unicodedata.normalize("NFKC", text)):
        return f"{found[1]}-{int(found[2]):02}-{int(found[3]):02}"
    if _SPREADSHEET_DAY.fullmatch(text):
        return f"{date(1899, 12, 30) + timedelta(days=int(text))}, if {text} is the day number of a spreadsheet"
    return ""


FAULTS = {"number": number_fault, "date": date_fault}
UNDERSTOOD = {"required", "enum", "pattern", "minimum"}
"""Constraints that :func:`fit_rows` can judge."""


def form_findings(raw: RawTable, table: Table) -> list[Finding]:
    """Report cells of number and date fields that are neither empty nor well formed."""
    found = []
    for kind, fault in FAULTS.items():
        for name in table.of_type(kind):
            cells = raw.frame[name]
            for line, text in cells[cells != ""].items():
                if message := fault(text):
                    found.append(Finding(raw.file, int(line), name, message))
    return found


def fit_rows(table: Table, frame: pd.DataFrame, reference: Callable[[str], pd.DataFrame | None]) -> pd.DataFrame:
    """Return the rows of a table that can be loaded: formed, in the closed lists, with keys that exist.

    This is the short way to a yes or no; how a row breaks the schema is for frictionless to say.

    Parameters
    ----------
    table, frame
        The table, and its cells as text.
    reference
        Gives the rows of another table that may be referred to; None where that table cannot be read.
    """
    fit = np.ones(len(frame), dtype=bool)
    for name, field in table.fields.items():
        judge = _judge(field)
        fit &= np.fromiter(map(judge, frame[name]), bool, len(frame))
    for own, other, theirs in foreign_keys(table):
        others = reference(other)
        if others is not None:
            known = set(_keys(others, theirs))
            fit &= np.fromiter((not any(key) or key in known for key in _keys(frame, own)), bool, len(frame))
    return frame[fit & ~frame.duplicated(table.primary_key)]


def _judge(field: dict) -> Callable[[str], bool]:
    """Return a function that says whether a cell fits a field."""
    constraints = field.get("constraints", {})
    enum, pattern, minimum = (constraints.get(name) for name in ("enum", "pattern", "minimum"))
    fault = FAULTS.get(field["type"])
    choices = {"true", "false"} if field["type"] == "boolean" else set(enum or ())
    matches = re.compile(pattern).fullmatch if pattern else None

    def fits(cell: str) -> bool:
        if not cell:
            return not constraints.get("required")
        return not (
            (choices and cell not in choices)
            or (fault and fault(cell))
            or (matches and not matches(cell))
            or (minimum is not None and float(cell) < minimum)
        )

    return fits


def foreign_keys(table: Table) -> Iterable[tuple[list[str], str, list[str]]]:
    """List the keys of a table into others: own fields, the other table, its fields."""

    def listed(names: str | list[str]) -> list[str]:
        return [names] if isinstance(names, str) else names

    for key in table.descriptor["schema"].get("foreignKeys", []):
        yield listed(key["fields"]), key["reference"]["resource"], listed(key["reference"]["fields"])


def in_keys(frame: pd.DataFrame, other: pd.DataFrame, names: list[str], others: list[str] | None = None) -> list[bool]:
    """Say of each row of a frame whether a row of another has the same key, its fields there being `others`."""
    known = set(_keys(other, others or names))
    return [key in known for key in _keys(frame, names)]


def _keys(frame: pd.DataFrame, names: list[str]) -> list[tuple[str, ...]]:
    return list(zip(*(frame[name] for name in names), strict=True))
