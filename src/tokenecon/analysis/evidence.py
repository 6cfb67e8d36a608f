"""What bears on each claim: one function a computation, from what an edition knows to a result.

A claim about the business is judged by an interval where there is a sample, by a comparison where accounts give both
sides, and by how many vendors or measures agree where there are a few; :mod:`tokenecon.analysis.judge` has the rules.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from tokenecon.analysis import forecasts, scenarios
from tokenecon.analysis.judge import (
    NAN,
    Claim,
    Result,
    Verdict,
    about,
    keys,
)
from tokenecon.catalog import Edition

OUTLOOK = "sec-outlook"


@dataclass(frozen=True)
class Known(forecasts.Known):
    """What an edition knows of the claims, each part worked out once; ``before`` is the edition before, if any."""

    before: forecasts.Known | None = None

    @cached_property
    def scores(self) -> pd.DataFrame:
        """Forecasts scored (:func:`tokenecon.analysis.forecasts.score`), by statement."""
        return forecasts.score(self, self.before).set_index("statement_id")

    @property
    def edition(self) -> Edition:
        """The edition."""
        return self.cat.edition

    @property
    def focal(self) -> str:
        """Label of the edition's focal period."""
        return self.cat.edition.focal.label

    def name(self, entity: str) -> str:
        """Return an entity's short name."""
        names = self.cat.entities.set_index("entity_id")["name"]
        return names[entity].partition(" (")[0]


# Figures ---------------------------------------------------------------------------------------------------------


def forecast(known: Known, claim: Claim) -> Result:
    """Score a forecast: whether it was met, when, by how much, and what the edition before gave it."""
    row = known.scores.loc[claim["statement_id"]]
    ends = [NAN, NAN]
    draws = known.draws(row)
    if draws is not None:
        ends = np.quantile(draws, [scenarios.LOW, scenarios.HIGH])
    note = [_chance(row)]
    if row["reached_on"] is not pd.NaT:
        note.insert(0, f"first stated on {row['reached_on']:%Y-%m-%d}, {row['early']:.0f} days early")
    if row["latest"] == row["latest"]:
        note.insert(0, f"last known {row['latest_on']:%Y-%m-%d}, {row['error']:+.0%} from the forecast")
    if row["verdict"] == Verdict.open and row["course"] == "above" and np.isfinite(row["band_high"]):
        note.append("on course to be exceeded")
    sources = {row["source_id"], *keys(about(known.stated, claim)["source_id"])}
    return Result(
        Verdict(row["verdict"]), row["latest"], *map(float, ends),
        interval="" if draws is None else "90% of draws, at the due day", n=None if draws is None else scenarios.DRAWS,
        note="; ".join(note), sources=tuple(sorted(sources)), section=OUTLOOK,
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


# Shared ----------------------------------------------------------------------------------------------------------


def not_testable(known: Known, claim: Claim) -> Result:
    """Say that no table holds what would decide the claim; its note says what is missing."""
    return Result(Verdict.undetermined, note="not testable with this data")
