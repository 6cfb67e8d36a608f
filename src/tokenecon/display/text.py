"""Numbers, names and days as sentences print them: each with the value behind it, which publishing keeps as a fact.

Sentences are Markdown cells with inline expressions, ``The gap is `{python} times(gap)` ``. What such an expression
gives must be one of these, or an :class:`~tokenecon.analysis.estimate.Estimate`: a bare number has no form.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tokenecon.shown import NOT_AVAILABLE, bundle, escaped, fixed, plain

CURRENCIES: Mapping[str, str] = {
    "CNY": "yuan",
    "USD": "dollars",
    "HKD": "Hong Kong dollars",
    "EUR": "euros",
    "GBP": "pounds",
    "JPY": "yen",
    "KRW": "won",
}
"""What a sentence calls the money of each currency that tables may hold."""

_SIZES = {"": (1, ""), " k": (1e3, "thousand "), " m": (1e6, "million "), " bn": (1e9, "billion ")}

AMOUNTS: Mapping[str, tuple[str, float, str]] = {
    f"{code}{size}": (code, scale, f"{{}} {word}{money}")
    for code, money in CURRENCIES.items()
    for size, (scale, word) in _SIZES.items()
} | {f"{code}/USD": (f"{code} per USD", 1, f"{{}} {money} per dollar") for code, money in CURRENCIES.items()}
"""Unit of an amount: the base unit, how many of it one is, and how it is written."""


@dataclass(frozen=True)
class Printed:
    """A printed value: its ``text`` in Markdown and, in ``value`` and ``unit`` (a base unit), what stands behind it.

    ``parts`` are the values of a list, each under its label; ``omit`` leaves out the paragraph in which it stands.
    """

    text: str
    value: float | int | str | None = None
    unit: str = ""
    parts: Mapping[str, Printed] = field(default_factory=dict)
    omit: bool = False

    def __str__(self) -> str:
        """Return the text."""
        return self.text

    def __format__(self, spec: str) -> str:
        """Format the text."""
        return format(self.text, spec)

    def fact(self) -> dict[str, Any] | None:
        """Return the record of the value: ``value``, ``unit``, ``text``; none for what has no value, as a citation."""
        return {"value": self.value, "unit": self.unit, "text": self.text} if self.unit else None

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple:
        parts = {label: part.fact() for label, part in self.parts.items()}
        return bundle(self.text, fact=self.fact(), parts=parts, omit=self.omit)


def _number(value: float | None, unit: str, write: Callable[[float], str]) -> Printed:
    if value is None or math.isnan(value):
        return Printed(NOT_AVAILABLE, None, unit)
    return Printed(write(value), plain(value), unit)


def number(value: float | None, digits: int = 0) -> Printed:
    """Write a number, or a count."""
    counted = isinstance(value, (int, np.integer))
    shown = _number(value, "count" if counted else "number", lambda found: fixed(found, digits))
    return Printed(shown.text, int(value), "count") if counted else shown


def share(value: float | None, digits: int = 0, sign: bool = False) -> Printed:
    """Write a ratio as percent; with ``sign``, growth with its plus."""
    return _number(value, "ratio", lambda found: f"{fixed(found * 100, digits, sign)}%")


def points(value: float | None, digits: int = 0, sign: bool = False) -> Printed:
    """Write a difference of two shares as percentage points."""
    return _number(value, "ratio", lambda found: f"{fixed(found * 100, digits, sign)} percentage points")


def times(value: float | None, digits: int = 1) -> Printed:
    """Write a ratio as so many times."""
    return _number(value, "ratio", lambda found: f"{fixed(found, digits)} times")


def amount(value: float | None, unit: str, digits: int = 0) -> Printed:
    """Write an amount in base units, in one of :data:`AMOUNTS`: ``amount(724e6, "CNY m")`` is 724 million yuan.

    Raises
    ------
    ValueError
        For an unknown unit.
    """
    if unit not in AMOUNTS:
        raise ValueError(f"unknown unit {unit!r}: a currency of {', '.join(CURRENCIES)}, alone or with k, m or bn")
    base, scale, form = AMOUNTS[unit]
    return _number(value, base, lambda found: form.format(fixed(found / scale, digits)))


def currency(code: str) -> Printed:
    """Write the name of a currency: ``currency("CNY")`` is yuan."""
    return text(CURRENCIES[code])


def day(value: dt.date | None, form: str = "%-d %B %Y") -> Printed:
    """Write a day; ``form`` is a format of ``strftime``."""
    if value is None or value != value:
        return Printed(NOT_AVAILABLE, None, "date")
    return Printed(format(value, form), value.isoformat()[:10], "date")


def month(value: dt.date | None) -> Printed:
    """Write the month of a day."""
    return day(value, "%B %Y")


def text(value: object) -> Printed:
    """Write a name, a label or words as they are: nothing in them is read as markup."""
    if value is None or value != value:
        return Printed(NOT_AVAILABLE, None, "text")
    return Printed(escaped(value), str(value), "text")


def listed(values: Mapping[str, float], form: Callable[[float], Printed], last: str = "and") -> Printed:
    """Write values as a list with their labels: "40% (H1 2024) and 11% (H2 2024)"; each label keys its fact."""
    parts = {str(label): form(value) for label, value in values.items()}
    return Printed(_list([f"{part.text} ({text(label)})" for label, part in parts.items()], last), parts=parts)


def joined(names: Iterable[object], last: str = "and") -> Printed:
    """Write names as a list in a sentence: "Zhipu, MiniMax and Moonshot"."""
    shown = _list([str(text(name)) for name in names], last)
    return Printed(shown, shown, "text")


def _list(shown: list[str], last: str) -> str:
    *before, end = shown or [""]
    return f"{', '.join(before)} {last} {end}" if before else end


def cite(source_ids: Iterable[str]) -> Printed:
    """Write a citation of the sources, each once: ``[@ZP_PROS; @ZP_AR25]``; derived rows name theirs with ``"; "``."""
    keys = sorted({key for together in source_ids for key in together.split("; ") if key})
    return Printed(f"[{'; '.join(f'@{key}' for key in keys)}]" if keys else "")


def when(condition: object) -> Printed:
    """Print nothing; where ``condition`` does not hold, the Markdown cell in which this stands is left out."""
    return Printed("", omit=not condition)
