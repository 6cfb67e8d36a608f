"""A number with what it needs to be believed, printed in one form everywhere."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from tokenecon.shown import NOT_AVAILABLE, bundle, fixed, plain

NAN = float("nan")
FORMS: Mapping[str, tuple[float, str]] = {
    "": (1, "{}"),
    "percent": (100, "{}%"),
    "points": (100, "{} percentage points"),
    "times": (1, "{} times"),
    "days": (1, "{} days"),
    "months": (1, "{} months"),
    "years": (1, "{} years"),
}
"""Unit to how many of it one of the base unit makes, and how a number of it is written."""


def digits_of(low: float, high: float) -> int:
    """Return the decimals at which an interval's width has two significant digits; 0 for wide or open ones."""
    width = high - low
    return max(0, 1 - math.floor(math.log10(width))) if math.isfinite(width) and width > 0 else 0


@dataclass(frozen=True)
class Estimate:
    """A number with its interval.

    Parameters
    ----------
    value : float
        The estimate, in base units; NaN where none can be made.
    low, high : float
        Ends of its interval; NaN where there is none, infinite where an end is open.
    n : int
        Observations behind it.
    errors : str
        How the interval was made, such as ``wild cluster bootstrap by vendor``.
    se : float
        Standard error; NaN where the interval is not made from one.
    unit : str
        How it is written, one of :data:`FORMS`.
    level : float
        Nominal coverage of the interval.
    coverage : float
        Its coverage in the simulation study, where that is known and differs from ``level``; else NaN.
    clusters : int or None
        Groups drawn, where the interval comes from groups.
    """

    value: float
    low: float
    high: float
    n: int
    errors: str
    se: float = NAN
    unit: str = ""
    level: float = 0.95
    coverage: float = NAN
    clusters: int | None = None

    def map(self, change: Callable[[float], float], unit: str | None = None) -> Estimate:
        """Return the estimate of a monotone function of the number: ends go with it, the standard error does not."""
        low, high = sorted((change(self.low), change(self.high)))
        found = replace(self, value=change(self.value), low=low, high=high, se=NAN)
        return found if unit is None else replace(found, unit=unit)

    def to(self, unit: str) -> Estimate:
        """Return the same estimate, written in ``unit``."""
        return replace(self, unit=unit)

    @property
    def has_interval(self) -> bool:
        """Whether both ends are known; an open end counts as known."""
        return not (math.isnan(self.low) or math.isnan(self.high))

    def excludes(self, value: float) -> bool:
        """Whether the interval leaves ``value`` out; without an interval nothing is excluded."""
        return self.has_interval and not self.low <= value <= self.high

    def says(self, null: float, above: str, below: str, neither: str) -> str:
        """Return the words for an interval ``above`` the null, ``below`` it, or for ``neither``."""
        if not self.excludes(null):
            return neither
        return above if self.value > null else below

    def fields(self, name: str) -> dict[str, float | int]:
        """Return the number and its interval as named values for a sentence: ``name``, ``name_low``, ``name_high``."""
        return {name: self.value, f"{name}_low": self.low, f"{name}_high": self.high}

    @property
    def text(self) -> str:
        """The estimate as it is printed: ``1.7 (0.8 to 3.8, n = 158)``."""
        if math.isnan(self.value):
            return NOT_AVAILABLE
        scale, form = FORMS[self.unit]
        ends = self.low * scale, self.high * scale
        digits = digits_of(*ends) if self.has_interval else digits_of(0, abs(self.value * scale))
        middle = form.format(fixed(self.value * scale, digits))
        if not self.has_interval:
            return f"{middle} (n = {self.n:,})"
        return f"{middle} ({fixed(ends[0], digits)} to {fixed(ends[1], digits)}, n = {self.n:,})"

    def fact(self) -> dict[str, Any]:
        """Return the record of a printed estimate: value, unit and text as for any number, and interval, n, kind."""
        ends = {name: plain(getattr(self, name)) for name in ("low", "high")}
        unit = "ratio" if FORMS[self.unit][0] == 100 or self.unit == "times" else self.unit or "number"
        return {
            "value": plain(self.value),
            "unit": unit,
            "text": self.text,
            **ends,
            "n": int(self.n),
            "errors": self.errors,
        }

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple:
        return bundle(self.text, fact=self.fact())
