"""Does a printed number follow from the filings? Rounding is judged from the number as it was printed."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum


class Verdict(StrEnum):
    """What became of a quoted figure when it was computed again."""

    reproduced = "reproduced"
    rounded_inputs = "rounding of rounded inputs"
    differs = "differs"
    not_computable = "not computable"


@dataclass(frozen=True)
class Interval:
    """A closed interval of the values that a printed figure can stand for."""

    low: float
    high: float

    def __contains__(self, value: float) -> bool:
        slack = 1e-12 * max(abs(self.low), abs(self.high))
        return self.low - slack <= value <= self.high + slack

    def overlaps(self, other: Interval) -> bool:
        """Say whether some value lies in both."""
        return self.low <= other.high and other.low <= self.high


def printed(text: str, scale: float = 1) -> Interval:
    """Return the values that round to ``text``, times ``scale`` (0.01 for percent, 1e6 for millions).

    Parameters
    ----------
    text : str
        The figure as printed, such as ``"26.3"``, ``"1,240"`` or ``"-0.4"``; half a unit of its last digit either
        way is allowed.

    Raises
    ------
    ValueError
        If ``text`` is not a decimal number.
    """
    try:
        number = Decimal(text.replace(",", "").replace("−", "-").strip())
    except InvalidOperation:
        raise ValueError(f"{text!r} is not a printed number") from None
    half = Decimal(5).scaleb(number.as_tuple().exponent - 1)
    return Interval(float(number - half) * scale, float(number + half) * scale)


def growth_of(before: Interval, after: Interval) -> Interval:
    """Return the growth (ratio) that two positive printed figures allow."""
    if before.low <= 0:
        raise ValueError("growth needs a positive base")
    return Interval(after.low / before.high - 1, after.high / before.low - 1)


def share_of(part: Interval, whole: Interval) -> Interval:
    """Return the share (ratio) that a printed part of a printed whole allows."""
    if whole.low <= 0:
        raise ValueError("a share needs a positive whole")
    return Interval(part.low / whole.high, part.high / whole.low)


def verdict(quoted: Interval, computed: float | None, from_printed: Interval | None = None) -> Verdict:
    """Judge a quoted figure.

    Parameters
    ----------
    quoted : Interval
        What the printed figure can stand for, by :func:`printed`.
    computed : float or None
        The same quantity from the catalogue, in the same unit.
    from_printed : Interval, optional
        What the figures printed beside it allow, by :func:`growth_of` or :func:`share_of`.

    Returns
    -------
    Verdict
        ``reproduced`` if the computed value rounds to the quoted one; ``rounded_inputs`` if it does not, but the
        quoted one follows from inputs that were themselves rounded; else ``differs``.
    """
    if computed is None or computed != computed:
        return Verdict.not_computable
    if computed in quoted:
        return Verdict.reproduced
    if from_printed is not None and computed in from_printed and quoted.overlaps(from_printed):
        return Verdict.rounded_inputs
    return Verdict.differs
