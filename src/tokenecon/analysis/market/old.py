"""Parts of the market that the chapter on prices still reads in the old form."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from tokenecon.analysis.estimate import Estimate
from tokenecon.analysis.market import premium, price_paths
from tokenecon.analysis.market.findings import Market
from tokenecon.analysis.pricing import deflation, gap, premium_spells, price_events, spread
from tokenecon.catalog import Catalog


@dataclass(frozen=True)
class OldMarket:
    """Prices, scores and tokens of one edition; each part is worked out once."""

    cat: Catalog

    @cached_property
    def found(self) -> Market:
        """What the chapter on the market finds."""
        return Market.open(self.cat.edition.id, self.cat.root)

    @cached_property
    def lists(self) -> pd.DataFrame:
        """Makers' own list prices, odd rows left out."""
        return self.found.lists

    @cached_property
    def base(self) -> pd.DataFrame:
        """Models with an international list price, a score and a day of release."""
        return self.found.base

    @cached_property
    def scored(self) -> pd.DataFrame:
        """Scores of the last set of the Artificial Analysis index."""
        return self.found.scored

    @cached_property
    def premia(self) -> pd.DataFrame:
        """Premium of a five percent advantage with wild bootstrap intervals: all models, and the top third."""
        return self.found.single.set_index("label").loc[[premium.POOLED, premium.TOP]].set_axis(["all", "top"])

    @cached_property
    def halving(self) -> Estimate:
        """Median days in which a leading model falls below half of its greatest share."""
        return self.found.halving

    @cached_property
    def both(self) -> pd.DataFrame:
        """The sample of China and the United States."""
        return gap.two_countries(self.base)

    @cached_property
    def paths(self) -> pd.DataFrame:
        """Every list price over time."""
        return price_paths.paths(self.lists, self.cat.models, self.cat.entities, self.cat.edition.as_of)

    @cached_property
    def abroad(self) -> pd.DataFrame:
        """International list prices over time."""
        return self.paths[self.paths["market"] == "international"]

    @cached_property
    def spells(self) -> pd.DataFrame:
        """Premia that held at release, of China and the United States."""
        found = premium_spells.spells(self.abroad, self.scored, self.scored["scored_on"].max())
        return found[found["premium"] & found["country"].isin(["CN", "US"])]

    @cached_property
    def successions(self) -> pd.DataFrame:
        """New best models of each vendor against the best before."""
        found = price_events.successions(self.abroad, self.scored)
        return found[found["country"].isin(["CN", "US"])]

    @cached_property
    def spreads(self) -> pd.DataFrame:
        """International over domestic list price of the same model, on the last month end known."""
        steady = self.paths[~self.paths["model_id"].str.contains(price_events.MOVING)]
        days = price_paths.month_ends(self.lists["published_on"].min(), self.cat.edition.as_of)
        months = spread.on_both(steady, spread.month_rates(self.cat.fx), days)
        return months[months["day"] == months["day"].max()]

    @cached_property
    def panel(self) -> pd.DataFrame:
        """Models of both countries on sale at month ends up to the day of the scores."""
        days = price_paths.month_ends(self.lists["published_on"].min(), self.scored["scored_on"].max())
        return price_paths.panel(self.abroad[self.abroad["country"].isin(["CN", "US"])], self.scored, days)

    @cached_property
    def falls(self) -> pd.DataFrame:
        """By how many times the cheapest price of each level of capability falls in a year, by country."""
        levels = deflation.levels_of(self.panel.drop_duplicates("model_id")["score"])
        return deflation.declines(deflation.cheapest(self.panel, levels))

    def price_change(self, country: str) -> Estimate:
        """Return the change of log prices a year at equal score, quarter by quarter, for one country."""
        quarters = self.panel[self.panel["day"].dt.month.isin([3, 6, 9, 12])]
        return deflation.annual_change(quarters[quarters["country"] == country])
