"""Single cells: the form of numbers and dates, and text that a spreadsheet would run."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, timedelta

from tokenecon.catalog.printed import PLAIN_NUMBER
from tokenecon.catalog.reading import plain_number, shown

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
        meant = _day_meant(text)
        return f"{shown(text)} is not a date; write it {f'as {meant}' if meant else 'like 2026-03-31'}"
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
