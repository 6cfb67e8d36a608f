"""What the intervals of this report cover, as the simulation study found it (:mod:`tokenecon.analysis.study`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pandas as pd

from tokenecon.analysis.estimate import NAN, Estimate

LEAST = 0.85
"""An interval that covers less than this in its design is not printed."""

WILD, VENDORS, MEMORY, COX = "wild cluster bootstrap", "vendor bootstrap", "AR(1)", "Cox, Efron's ties"

PRINTED: Mapping[str, str] = {
    **dict.fromkeys(["premium", "premium, top third", "premium, top third by coding", "launch premium"], WILD),
    **dict.fromkeys(["price gap", "launch prices", "price change"], WILD),
    **dict.fromkeys(["price of a token", "cost of a run", "tokens of a run"], WILD),
    **dict.fromkeys(["difference of slopes", "price gap in use", "ratio of medians", "matched pairs"], VENDORS),
    **dict.fromkeys(["spread", "rises among decisions", "successors", "cheaper of alike"], VENDORS),
    **dict.fromkeys(["launch price of leaders", "time to half", "time among the nine"], VENDORS),
    **dict.fromkeys(["time undercut", "lag of followers"], "Kaplan–Meier, log–log"),
    **dict.fromkeys(["concentration, trend", "concentration, trend, plain memory", "concentration, mean"], MEMORY),
    **dict.fromkeys(["concentration by day, trend", "convergence, trend", "price of a level, trend"], MEMORY),
    "tokens below the best, mean": MEMORY,
    "time undercut, hazard": COX,
}
"""Which interval a design's question prints: of those that cover, the shorter.

Where there are four vendors they cannot be drawn; what is printed then takes durations as independent, and covers only
if vendors share as little of them as the sample shows. A design of one country's models has its code behind the name.
"""


def printed_by(design: str) -> str:
    """Return the estimator whose interval a design's question prints; empty for a design that is not known."""
    return PRINTED.get(design) or PRINTED.get(design.rpartition(", ")[0], "")


def recorded(estimate: Estimate, table: pd.DataFrame, design: str, estimator: str | None = None) -> Estimate:
    """Return an estimate with the coverage of its interval in its design; below :data:`LEAST`, without the interval.

    Parameters
    ----------
    estimate : Estimate
        The estimate.
    table : pandas.DataFrame
        The table ``study``. An estimate that it did not try is returned as it is, without a coverage.
    design, estimator : str
        Its row; that of :func:`printed_by` if left out.
    """
    row = table[(table["design"] == design) & (table["estimator"] == (estimator or printed_by(design)))]
    if row.empty:
        return estimate
    coverage = float(row["coverage"].iloc[0])
    if not coverage >= LEAST:
        return replace(estimate, low=NAN, high=NAN, errors=f"no interval: {estimate.errors} covers too little")
    return replace(estimate, coverage=coverage)
