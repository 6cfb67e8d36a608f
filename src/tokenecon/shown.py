"""How a value is written, and how an object tells a notebook what it writes and what stands behind it."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Mapping
from typing import Any

from tokenecon.markup import escaped

__all__ = ["DAY", "EMPTY", "NOT_AVAILABLE", "Word", "bundle", "dated", "escaped", "fixed", "minus", "plain"]

NOT_AVAILABLE = "[not available]"
DAY = "%-d %b %Y"
"""How a day is written where room is short, as in a cell of a table."""
EMPTY = "\N{ZERO WIDTH SPACE}"
"""Stands for a text without letters: Quarto does not replace an expression by nothing."""

_SEEN = re.compile(r"[1-9]|[a-z]{3}", re.I)
"""A digit that is not zero, or a word such as ``inf``: what a sign can stand before."""

_ISO = re.compile(r"(?<![\w./-])\d{4}-\d{2}-\d{2}(?![\w/-])")


def dated(text: str) -> str:
    """Write the ISO days in a text as the report writes days; what is no day, or part of a name, stays."""

    def written(found: re.Match[str]) -> str:
        try:
            return format(dt.date.fromisoformat(found[0]), DAY)
        except ValueError:
            return found[0]

    return _ISO.sub(written, text)


def fixed(value: float, digits: int = 0, sign: bool = False) -> str:
    """Write a number with ``digits`` decimals, thousands set apart, a true minus, and never a negative zero."""
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    return minus(format(value, f"{'+' if sign else ''},.{digits}f"))


def minus(text: str) -> str:
    """Return a formatted number with a true minus, and without a sign where it shows zero."""
    return text.replace("-", "−") if _SEEN.search(text) else text.lstrip("-+ ")


def plain(value: float) -> float | None:
    """Return a number as JSON can hold it, to twelve significant digits; ``None`` where there is none."""
    return float(f"{value:.12g}") if math.isfinite(value) else None


def bundle(text: str, **own: Any) -> tuple[Mapping[str, str], Mapping[str, Any]]:
    """Return what ``_repr_mimebundle_`` gives for ``text`` in Markdown; publishing reads ``own`` in its metadata."""
    return {"text/markdown": text or EMPTY, "text/plain": text}, {"tokenecon": own}


class Word(str):
    """A word that a sentence prints as it is: part of the text, and no fact."""

    __slots__ = ()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple:
        return bundle(escaped(self), fact=None)
