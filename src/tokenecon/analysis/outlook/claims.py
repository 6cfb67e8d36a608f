"""What bears on the claims about what is expected: each forecast, scored."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tokenecon.analysis.finding import Findings
from tokenecon.analysis.judge import NAN, Claim, Result, Verdict, about, computation, keys
from tokenecon.analysis.outlook import scenarios
from tokenecon.analysis.outlook.findings import Outlook

OUTLOOK = "sec-outlook"


@computation
def forecast(known: Findings, claim: Claim) -> Result:
    """Score a forecast: whether it was met, when, by how much, and what the edition before gave it."""
    found = known.of(Outlook)
    row = found.scores.loc[claim["statement_id"]]
    ends = [NAN, NAN]
    draws = found.draws(row)
    if draws is not None:
        ends = np.quantile(draws, [scenarios.LOW, scenarios.HIGH])
    note = [_chance(row)]
    if row["reached_on"] is not pd.NaT:
        note.insert(0, f"first stated on {row['reached_on']:%Y-%m-%d}, {row['early']:.0f} days early")
    if row["latest"] == row["latest"]:
        note.insert(0, f"last known {row['latest_on']:%Y-%m-%d}, {row['error']:+.0%} from the forecast")
    if row["verdict"] == Verdict.open and row["course"] == "above" and np.isfinite(row["band_high"]):
        note.append("on course to be exceeded")
    sources = {row["source_id"], *keys(about(found.stated, claim)["source_id"])}
    return Result(
        Verdict(row["verdict"]), row["latest"], *map(float, ends),
        interval="" if draws is None else "90% of draws, at the due day", n=None if draws is None else scenarios.DRAWS,
        note="; ".join(note), sources=tuple(sorted(sources)), section=OUTLOOK, on=known.as_of,
    )  # fmt: skip


def _chance(row: pd.Series) -> str:
    told = []
    if row["then"] == row["then"]:
        told.append(f"the edition before gave it {row['then']:.1%}")
    if row["now"] == row["now"]:
        told.append(f"this one gives {row['now']:.1%}")
    band = np.isfinite(row["band_high"])
    scope = f" (band {row['band_low']:.0%} to {row['band_high']:.0%})" if band else ""
    return (", ".join(told) or "not simulated") + scope
