"""How a value is written, and how an object tells a notebook what it writes and what stands behind it."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

NOT_AVAILABLE = "[not available]"
EMPTY = "\N{ZERO WIDTH SPACE}"
"""Stands for a text without letters: Quarto does not replace an expression by nothing."""

_MARKUP = re.compile(r"([\\`*_{}\[\]<>$~^#|@!])")


def fixed(value: float, digits: int = 0, sign: bool = False) -> str:
    """Write a number with ``digits`` decimals, thousands set apart, a true minus, and never a negative zero."""
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    value = round(value, digits) + 0.0
    return format(value, f"{'+' if sign and value else ''},.{digits}f").replace("-", "−")


def plain(value: float) -> float | None:
    """Return a number as JSON can hold it, to twelve significant digits; ``None`` where there is none."""
    return float(f"{value:.12g}") if math.isfinite(value) else None


def escaped(text: object) -> str:
    """Return text in which Markdown finds no markup."""
    return _MARKUP.sub(r"\\\1", " ".join(str(text).split()))


def bundle(text: str, **own: Any) -> tuple[Mapping[str, str], Mapping[str, Any]]:
    """Return what ``_repr_mimebundle_`` gives for ``text`` in Markdown; publishing reads ``own`` in its metadata."""
    return {"text/markdown": text or EMPTY, "text/plain": text}, {"tokenecon": own}
