"""What an edition knows of the market, put together once: samples, lists, premia and spreads that claims rest on.

The chapters on market structure and on prices show the same with their robustness tables; here only what a verdict
needs is computed, by the same functions on the same samples.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from tokenecon.analysis.estimators import Estimate
from tokenecon.analysis.market import churn, concentration, frontier, premium, sample, tiers
from tokenecon.analysis.market import prices as listed
from tokenecon.catalog import Catalog


@dataclass(frozen=True)
class Market:
    """Prices, scores and tokens of one edition; each part is worked out once."""

    cat: Catalog

    @cached_property
    def lists(self) -> pd.DataFrame:
        """Makers' own list prices, odd rows left out."""
        return self.cat.list_prices().frame

    @cached_property
    def base(self) -> pd.DataFrame:
        """Models with an international list price, a score and a day of release."""
        cat = self.cat
        return sample.hedonic_sample(self.lists, cat.capability, cat.models, cat.entities).frame

    @cached_property
    def scored(self) -> pd.DataFrame:
        """Scores of the last set of the Artificial Analysis index."""
        return sample.scores(self.cat.capability, "aa_index")

    @cached_property
    def premia(self) -> pd.DataFrame:
        """Premium of a five percent advantage with wild bootstrap intervals: all models, and the top third."""
        wanted = ("wild bootstrap by vendor", "top third, wild bootstrap by vendor")
        specs = [spec for spec in premium.one_at_a_time(["aa_index"], []) if spec.label in wanted]
        found = premium.estimates({("aa_index", listed.BLEND): self.base}, specs).set_index("label")
        return found.loc[list(wanted)].set_axis(["all", "top"])

    @cached_property
    def days(self) -> pd.DataFrame:
        """Tokens by model and day; empty where the edition knows weeks only."""
        rows = self.cat.token_models.assign(day=lambda found: found["period_end"])
        return rows[rows["frequency"] == "day"]

    @cached_property
    def heads(self) -> pd.DataFrame:
        """The nine most used models week by week."""
        return churn.weekly(self.cat.token_models)

    @cached_property
    def concentration(self) -> pd.DataFrame:
        """Concentration of the most used models by vendor and week, where weeks follow without a gap."""
        heads = self.heads
        rows = heads.assign(period_start=heads["week"], period_end=heads["week"], name=heads["model"])
        found = concentration.measures(concentration.by_vendor(rows, "heads"))
        dense = heads[heads.groupby("window")["week"].transform("nunique") > 8]
        return found[found["on"] >= dense["week"].min()]

    @cached_property
    def halving(self) -> Estimate:
        """Median days in which a leading model falls below half of its greatest share."""
        return churn.lifetime(churn.decays(self.heads))[1]

    @cached_property
    def listed_tokens(self) -> pd.DataFrame:
        """Tokens by named model: of days where these are known, else of weeks that follow without a gap."""
        rows = self.cat.token_models.assign(day=lambda found: found["period_end"])
        weeks = rows[(rows["frequency"] == "week") & (rows["day"] >= self.concentration["on"].min())]
        found = self.days if len(self.days) else weeks
        return found[found["name"] != "other"]

    @cached_property
    def history(self) -> pd.DataFrame:
        """International prices of each model over time, as the frontier reads them."""
        return frontier.history(self.lists)

    def carried(self, tier: str) -> pd.DataFrame:
        """Return tokens and list spending by day and tier, tiers being drawn ``by_price`` or ``by_score``."""
        sold = frontier.sold_on(self.history, sorted(self.listed_tokens["day"].unique()))
        sold = sold.merge(self.scored[["model_id", "score"]], on="model_id", how="left")
        draw = {"by_price": tiers.by_price, "by_score": tiers.by_capability}[tier]
        return tiers.carried(self.listed_tokens, sold.assign(**{tier: draw(sold)}), tier).frame

    @cached_property
    def shape(self) -> tiers.Shape:
        """Whether list prices on the day of the scores have gaps."""
        day = sample.snapshot_day(self.cat.capability, "aa_index")
        sold = sample.on_sale(self.lists, self.cat.models, self.cat.entities, day)
        return tiers.shape(np.log(sold.loc[sold["blended"] > 0, "blended"]))

    @cached_property
    def gains(self) -> pd.DataFrame | None:
        """What cheaper models gain in a month, all and those near the best; None where no days are known."""
        if self.days.empty:
            return None
        whole = self.days.groupby("day")["tokens"].sum()
        named = self.days[(self.days["name"] != "other") & (self.days["model_id"] != "")]
        routed = named.assign(total=named["day"].map(whole))
        return frontier.gains(routed, self.history, self.scored, [frontier.Plan(30, near, None) for near in (0.9, 0.0)])
