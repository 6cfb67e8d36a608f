"""Warnings in a kernel: all are kept for the build to count; those that doubt a result are errors where they are given.

A fit that did not converge, a matrix without full rank, iterations that ran out, characters without a picture: Python
prints a line about it and goes on, and a wrong number stands on the page. Code that expects such a warning catches it.
"""

from __future__ import annotations

import re
import warnings
from collections import Counter
from collections.abc import Mapping
from typing import Any

ANSWER = "__import__('tokenecon.warned').warned.Answer()"
"""Asked of a kernel, gives the warnings since it was last asked."""

DOUBTS = {
    *("ConvergenceWarning", "HessianInversionWarning", "IterationLimitWarning", "SingularMatrixWarning"),
    *("PerfectSeparationWarning", "RankWarning", "LinAlgWarning", "IntegrationWarning", "OptimizeWarning"),
    *("ODEintWarning", "DegenerateDataWarning"),
}
"""Names of the categories by which statsmodels, numpy, scipy, scikit-learn and arch doubt a result."""

_DOUBTED = re.compile(
    r"\bconverge|\bsingular\b|\bill-conditioned|\b(full|deficient) rank\b|\brank[- ]deficient|\brank is \d"
    r"|\biterations?\b.*\b(limit|maximum|exceeded|reached)|\b(limit|maximum|max)\b.*\biterations?\b"
    r"|\bglyph \d+ .*\bmissing from",
    re.I,
)
_ABOUT_CODE = (DeprecationWarning, PendingDeprecationWarning, FutureWarning, SyntaxWarning, ImportWarning)
_LONGEST = 200
_GIVEN: Counter[tuple[str, str]] = Counter()


def is_doubt(category: type[Warning], message: str) -> bool:
    """Return whether a warning says that a result cannot be relied on, by its category or by its words."""
    if DOUBTS & {one.__name__ for one in category.__mro__}:
        return True
    return not issubclass(category, _ABOUT_CODE) and _DOUBTED.search(message) is not None


def shown(message: Warning | str, category: type[Warning], *where: Any, **more: Any) -> None:
    """Take the place of :func:`warnings.showwarning`: raise what is a doubt, keep what is not."""
    text = " ".join(str(message).split())
    if is_doubt(category, text):
        raise message if isinstance(message, Warning) else category(message)
    _GIVEN[category.__name__, text[:_LONGEST]] += 1


def load_ipython_extension(shell: Any) -> None:
    """Keep every warning from now on, not only the first from a line; IPython calls this as a kernel starts."""
    warnings.simplefilter("always", append=True)
    warnings.showwarning = shown


class Answer:
    """What a kernel answers when a build asks for warnings: a list of ``[category, message, count]``."""

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Mapping[str, Any]:
        given = [[*what, count] for what, count in _GIVEN.items()]
        _GIVEN.clear()
        return {"application/json": given, "text/plain": ""}
