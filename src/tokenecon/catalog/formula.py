"""How a metric follows from others: ``a - b``, ``a / b``, ``a / b[segment]`` or ``growth(a)``, as metrics.csv says."""

from __future__ import annotations

import re
from dataclasses import dataclass

_FORMULA = re.compile(r"(\w+) ([-/]) (\w+)(?:\[(\w+)\])?|growth\((\w+)\)")


@dataclass(frozen=True)
class Formula:
    """A formula with two operands.

    Parameters
    ----------
    operator
        ``-``, ``/``, or ``growth``: the first operand over the second, which is the same metric a year before,
        less one.
    left, right
        Metrics of the operands.
    segment
        Segment of the right operand where it is another than that of the row.
    """

    operator: str
    left: str
    right: str
    segment: str | None = None

    @classmethod
    def parse(cls, text: str) -> Formula:
        """Read a formula.

        Raises
        ------
        ValueError
            If the text is none.
        """
        found = _FORMULA.fullmatch(text)
        if not found:
            raise ValueError(f"'{text}' is no formula: write a - b, a / b, a / b[segment] or growth(a)")
        left, operator, right, segment, grown = found.groups()
        return cls("growth", grown, grown) if grown else cls(operator, left, right, segment)
