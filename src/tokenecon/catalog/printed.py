"""Numbers as a source prints them: exact arithmetic on what the rounding leaves open.

A printed 26.3 stands for anything from 26.25 to 26.35. Checks compare such intervals, so that
their tolerance follows from the print and is never chosen.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

LONGEST = 40
"""Characters of a number: no source prints more, and what is longer was pasted by mistake."""
PLAIN_NUMBER = re.compile(rf"(?!.{{{LONGEST + 1}}})(?!-[0.]+\Z)-?\d+(\.\d+)?", re.ASCII)


def decimals(printed: str) -> int:
    """Count the digits after the point."""
    return len(printed.partition(".")[2])


@dataclass(frozen=True)
class Interval:
    """Closed interval of exact numbers."""

    low: Fraction
    high: Fraction

    @classmethod
    def of(cls, printed: str, factor: Fraction = Fraction(1)) -> Interval:
        """Return what a printed number may stand for, in base units.

        Parameters
        ----------
        printed
            A plain number.
        factor
            What one printed unit is in base units.
        """
        half = Fraction(1, 2 * 10 ** decimals(printed))
        return cls((Fraction(printed) - half) * factor, (Fraction(printed) + half) * factor)

    def __add__(self, other: Interval) -> Interval:
        """Add two intervals."""
        return Interval(self.low + other.low, self.high + other.high)

    def __sub__(self, other: Interval) -> Interval:
        """Subtract one interval from another."""
        return Interval(self.low - other.high, self.high - other.low)

    def __truediv__(self, other: Interval) -> Interval | None:
        """Divide; None where the divisor may be zero."""
        if other.low <= 0 <= other.high:
            return None
        ends = [a / b for a in (self.low, self.high) for b in (other.low, other.high)]
        return Interval(min(ends), max(ends))

    def minus_one(self) -> Interval:
        """Subtract one from both ends."""
        return Interval(self.low - 1, self.high - 1)

    def meets(self, other: Interval) -> bool:
        """Whether the two have a number in common."""
        return self.low <= other.high and other.low <= self.high


def agree(one: tuple[str, Fraction], other: tuple[str, Fraction]) -> bool:
    """Whether two printed numbers are the same, or one is a rounding of the other.

    Parameters
    ----------
    one, other
        Printed number and factor of its unit.
    """
    (a, fa), (b, fb) = one, other
    va, vb = Fraction(a) * fa, Fraction(b) * fb
    half = max(fa / 10 ** decimals(a), fb / 10 ** decimals(b)) / 2
    same_grain = fa / 10 ** decimals(a) == fb / 10 ** decimals(b)
    return va == vb if same_grain else abs(va - vb) <= half
