"""Does a printed number follow from the filings? Rounding is judged from the number as it was printed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

import pandas as pd


class Verdict(StrEnum):
    """What became of a quoted figure when it was computed again."""

    reproduced = "reproduced"
    rounded_inputs = "rounding of rounded inputs"
    differs = "differs"
    definition_mixed = "definition mixed"
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


PLACE = ["entity_id", "metric", "segment", "period_start", "period_end"]


def evaluate(claims: pd.DataFrame, figures: pd.DataFrame) -> pd.DataFrame:
    """Compute each quoted figure again and judge it.

    Parameters
    ----------
    claims : pandas.DataFrame
        ``claim_id``, ``kind`` (``figure``; ``share`` of the entity's total; ``growth`` or ``multiple`` over a base),
        ``quoted`` (as printed), ``scale`` (of what is printed, in base units), ``entity_id``, ``metric``, ``segment``,
        ``period_start``, ``period_end``; of the base ``base_metric``, ``base_start``, ``base_end``; and ``inputs``,
        claims printed beside it from which a reader could have computed it, joined by ``;``: base first, or part
        first for a share.
    figures : pandas.DataFrame
        ``entity_id``, ``metric``, ``segment``, ``period_start``, ``period_end``, ``value`` in base units.

    Returns
    -------
    pandas.DataFrame
        ``claims`` with ``value_quoted``, ``computed`` (base units; NaN where a figure is not known), ``difference``,
        ``printed_low`` and ``printed_high`` (what the inputs as printed allow) and ``verdict``.
    """
    known = figures.set_index(PLACE)["value"]
    if known.index.has_duplicates:
        raise ValueError(f"two figures in one place: {known.index[known.index.duplicated()][0]}")
    quotes = {row.claim_id: printed(row.quoted, row.scale) for row in claims.itertuples()}
    rows = [_evaluate(row, known, quotes) for row in claims.to_dict("records")]
    return claims.assign(**pd.DataFrame(rows, index=claims.index))


def _evaluate(claim: Mapping[str, Any], known: pd.Series, quotes: Mapping[str, Interval]) -> dict[str, Any]:
    place = tuple(claim[column] for column in PLACE)
    base = (claim["entity_id"], claim["base_metric"], claim["segment"], claim["base_start"], claim["base_end"])
    total = (claim["entity_id"], claim["metric"], "total", *place[3:])
    value, before, whole = (known.get(where, float("nan")) for where in (place, base, total))
    computed = {
        "figure": value,
        "share": value / whole,
        "growth": value / before - 1,
        "multiple": value / before,
    }[claim["kind"]]
    inputs = [quotes[name] for name in claim["inputs"].split(";") if name]
    allowed = None
    if len(inputs) == 2:
        allowed = share_of(*inputs) if claim["kind"] == "share" else growth_of(*inputs)
    quoted = quotes[claim["claim_id"]]
    compares = claim["kind"] in ("growth", "multiple")
    mixed = compares and claim["base_metric"] != claim["metric"]
    middle = (quoted.low + quoted.high) / 2
    return {
        "value_quoted": middle,
        "computed": computed,
        "difference": computed - middle,
        "printed_low": allowed.low if allowed else float("nan"),
        "printed_high": allowed.high if allowed else float("nan"),
        "verdict": str(Verdict.definition_mixed if mixed else verdict(quoted, computed, allowed)),
    }
