"""What chapter 4 finds: the gap between two countries' list prices, what makes it, how it moves, and who earns it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from tokenecon.analysis import estimators
from tokenecon.analysis.coverage import recorded
from tokenecon.analysis.estimators import Estimate
from tokenecon.analysis.finding import Findings, finding
from tokenecon.analysis.market import price_paths, sample
from tokenecon.analysis.market.findings import Market
from tokenecon.analysis.pricing import (
    choices,
    cuts,
    deflation,
    gap,
    in_use,
    launches,
    off_list,
    price_events,
    serving_cost,
    spread,
    tasks,
    time_on_frontier,
)
from tokenecon.catalog.market import MOVING

WIDE = 1.1
"""A vendor whose foreign list is dearer by a tenth keeps two prices."""
LARGEST: Mapping[str, str] = {
    "top5_customer_share": "five largest",
    "top2_customer_share": "two largest",
    "largest_customer_share": "the largest",
}
"""Metric of the accounts to the customers whose share of revenue it is."""
PAIRINGS: Mapping[str, Mapping[str, float]] = {
    "as drawn": {},
    "scores within a tenth": {"caliper": 0.1},
    "releases within a month": {"days": 30},
    "releases within half a year": {"days": 180},
    "within a year, scores within a tenth": {"days": 365, "caliper": 0.1},
}
"""Ways to match pairs, the first in the chapter."""
VARIANTS: Mapping[str, Mapping[str, Any]] = {
    "main": {},
    "scores within a twentieth count as equal": {"tolerance": 0.95},
    "measured scores only": {"basis": "measured"},
    "coding index": {"benchmark": "aa_coding_index"},
    "GPQA Diamond": {"benchmark": "aa_gpqa_diamond"},
    "equal weight of input and output": {"ratio": 1},
    "ten input tokens for one of output": {"ratio": 10},
}
"""Other measures of capability, prices and tolerances under which durations are tried, the first in the chapter."""
USE: Mapping[str, float] = {"all of it sold": 1.0, "half": 0.5, "a quarter": 0.25}
"""Shares of a machine's capacity that are sold: assumed, nobody publishes them."""


class Pricing(Findings):
    """List prices of two countries' models: level, slope, movement, spread and cost."""

    STANDS_ON = ("capability", "prices")

    # The samples ------------------------------------------------------------------------------------------------

    @finding
    def names(self) -> pd.Series:
        """Short name of every entity."""
        entities = self.cat.entities.set_index("entity_id")
        return entities["short_name"].where(entities["short_name"] != "", entities["name"])

    @property
    def lists(self) -> pd.DataFrame:
        """Makers' own list prices, as the market's chapter takes them."""
        return self.of(Market).lists

    @property
    def drawn(self) -> sample.Sample:
        """Models with an international list price, a score and a day of release, and what each step kept."""
        return self.of(Market).drawn

    @finding
    def steps(self) -> pd.DataFrame:
        """From models on sale to the sample of both countries: ``step``, ``after`` and ``left`` out."""
        steps = self.drawn.steps
        last = pd.DataFrame(
            {"step": ["of both countries"], "before": [len(self.drawn.frame)], "after": [len(self.both)]}
        )
        found = pd.concat([steps, last], ignore_index=True)
        return found.assign(left=found["before"] - found["after"])

    @finding
    def both(self) -> pd.DataFrame:
        """The sample of the two countries."""
        return gap.two_countries(self.drawn.frame, *self._pair)

    @property
    def scored(self) -> pd.DataFrame:
        """Scores of the last set of the index."""
        return self.of(Market).scored

    @finding
    def scored_on(self) -> pd.Timestamp:
        """Day of that set."""
        return self.scored["scored_on"].max()

    @property
    def score_sources(self) -> tuple[str, ...]:
        """Sources of the last sets of scores."""
        return self.of(Market).score_sources

    @finding
    def paths(self) -> pd.DataFrame:
        """Every list price over time."""
        return self._paths()

    @finding
    def abroad(self) -> pd.DataFrame:
        """International list prices over time."""
        return self.paths[self.paths["market"] == "international"]

    @finding
    def steady(self) -> pd.DataFrame:
        """List prices over time of names that do not move from model to model."""
        return self.paths[~self.paths["model_id"].str.contains(MOVING)]

    @property
    def sources(self) -> tuple[str, ...]:
        """Sources behind every estimate of the gap."""
        return self.of(Market).sources

    # The gap ----------------------------------------------------------------------------------------------------

    @finding
    def raw(self) -> Estimate:
        """Median list price of the other country over that of the one, vendors drawn."""
        return gap.median_gap(self.both)

    @finding
    def pairs(self) -> pd.DataFrame:
        """Each model of the one country with the nearest of the other."""
        return gap.matched_pairs(self.both)

    @finding
    def pair(self) -> Estimate:
        """Median ratio of the matched pairs, taken in logarithms; the vendors of the partners drawn."""
        vendors = self.both.set_index("model_id")["entity_id"]
        logs = estimators.quantile(np.log(self.pairs["ratio"]))
        found = estimators.vendor_bootstrap(logs, self.pairs["partner_id"].map(vendors))
        return found.map(lambda log: float(np.exp(log))).to("times")

    @finding
    def pairings(self) -> pd.DataFrame:
        """The median ratio under other distances: ``label``, ``partners``, ``apart``, and the estimate's fields."""
        found = {label: gap.matched_pairs(self.both, **options) for label, options in PAIRINGS.items()}
        rows = [
            {"label": label, "partners": part["partner_id"].nunique(), "apart": part["apart"].abs().median()}
            | vars(gap.median_ratio(part))
            for label, part in found.items()
        ]
        return pd.DataFrame(rows)

    @finding
    def level(self) -> Estimate:
        """Price of the other country over that of the one at equal score and date, vendors drawn."""
        return gap.gap_by_vendor(self.both)

    @finding
    def with_lapsed(self) -> pd.DataFrame:
        """The sample :attr:`both` with open spans taken at their word: models that no list shows any more are in it."""
        return gap.two_countries(self.of(Market).with_lapsed, *self._pair)

    @finding
    def level_with_lapsed(self) -> Estimate:
        """:attr:`level` over those models."""
        return gap.gap_by_vendor(self.with_lapsed)

    @finding
    def level_of_models(self) -> Estimate:
        """The same as if models were independent (HC3): beside the other at most."""
        return gap.country_gap(self.both).map(lambda ratio: 1 / ratio).to("times")

    @finding
    def slopes(self) -> pd.DataFrame:
        """Elasticity of price to score in each country, vendors drawn."""
        return gap.slopes(self.both, x="log_score")

    @finding
    def slope_difference(self) -> Estimate:
        """Slope of the one country less that of the other, vendors drawn."""
        return gap.slope_difference(self.both, x="log_score")

    @finding
    def robust(self) -> pd.DataFrame:
        """Level and slopes under every specification."""
        return gap.robustness(gap.specifications(*self._tables, pair=self._pair, hit=self.account.hit))

    @finding
    def split(self) -> pd.DataFrame:
        """What characteristics explain of the mean gap, open weights among them."""
        return gap.decomposition(self.both)

    @finding
    def split_plain(self) -> pd.DataFrame:
        """The same from capability and date alone."""
        return gap.decomposition(self.both, ["z", "date"])

    @finding
    def ladder(self) -> pd.DataFrame:
        """The gap by question asked: ``question``, and ``value``, ``low``, ``high``, ``n`` of each answer."""
        asked = {"medians of the lists": self.raw, "pairs alike in\nscore and age": self.pair}
        asked["equal score and date,\non offer"] = self.level
        if self.in_use is not None:
            asked["equal score and date,\nin use"] = self.in_use
        if self.tasks:
            asked["equal score,\nper token"] = self.tasks["token"]
            asked["equal score,\nper benchmark run"] = self.tasks["run"]
        return pd.DataFrame([{"question": question} | _row(found) for question, found in asked.items()])

    # In use, and per task ---------------------------------------------------------------------------------------

    @finding
    def used(self) -> pd.DataFrame:
        """Models of the sample that a router's users send tokens to, with ``tokens`` and ``share``."""
        return in_use.weighted(self.both, in_use.tokens(self.cat.token_models))

    @finding
    def in_use(self) -> Estimate | None:
        """The gap at equal score and date with tokens as weights; None where too few models are used."""
        found = self.in_use_compared
        return in_use.gap(self.used) if len(found) else None

    @finding
    def in_use_compared(self) -> pd.DataFrame:
        """The same without the most used models, and near the best."""
        return in_use.compare(self.used, self.countries[0].adjective)

    @finding
    def variants(self) -> pd.DataFrame:
        """Variants of both countries whose run of the index was costed, on the last such day."""
        own = sample.on_sale(self.lists, self.cat.models, self.cat.entities, tasks.costed_on(self.cat.capability))
        return tasks.variants(self.cat.capability, self.cat.index_prices, own, self.cat.entities, self._pair)

    @finding
    def tasks(self) -> Mapping[str, Estimate]:
        """The gap at equal score per ``token`` and per ``run``, and their ``quotient``; empty with too few variants."""
        return tasks.gaps(self.variants)

    @finding
    def tasks_dated(self) -> Mapping[str, Estimate]:
        """:attr:`tasks` with the date of release held fixed too, over variants whose model has one."""
        on = self.variants["model_id"].map(self.cat.models.set_index("model_id")["released_on"])
        rows = self.variants.assign(released=(on - on.min()).dt.days / 365.25)
        return tasks.gaps(rows.dropna(subset="released"), held="x + released")

    @finding
    def cost_sources(self) -> tuple[str, ...]:
        """Sources of the costs of runs and of the prices of tokens that the publisher of the index paid."""
        return tuple(sorted({*tasks.costed(self.cat.capability)["source_id"], *self.cat.index_prices["source_id"]}))

    @finding
    def tasks_compared(self) -> pd.DataFrame:
        """The same for every way to count variants and both prices of a token."""
        return tasks.compare(self.variants)

    @finding
    def best_variants(self) -> float:
        """The quotient of the gaps where the best variant stands for each model; NaN with too few."""
        found = self.tasks_compared.query("price == 'paid' and label == 'best variant a model'")["quotient"]
        return float(found.iloc[0]) if len(found) else float("nan")

    @finding
    def views(self) -> choices.Choices:
        """Every view of price against capability that a reader may choose."""
        return choices.choices(*self._tables, self.edition.as_of, self._pair)

    @finding
    def benchmarks(self) -> pd.DataFrame:
        """Names and units of the tests."""
        return self.cat.benchmarks

    @finding
    def paid_in_market(self) -> pd.Series | None:
        """What a million tokens brings in the one country's whole market, as counted; None where nobody says."""
        rows = self.cat.operating.query("metric == 'revenue_per_million_tokens'")
        rows = rows[rows["entity_id"] == self.countries[0].id]
        return rows.iloc[0] if len(rows) else None

    @finding
    def asked_at_home(self) -> Estimate:
        """Median blended price on the domestic lists of the one country, in its currency."""
        home = self.steady[(self.steady["market"] == "domestic") & (self.steady["country"] == self._pair[0])]
        asked = price_paths.on(home, self.edition.as_of)["blended"]
        return Estimate(asked.median(), np.nan, np.nan, len(asked), "none")

    # Over time --------------------------------------------------------------------------------------------------

    @finding
    def panel(self) -> pd.DataFrame:
        """Models of both countries on sale at month ends up to the day of the scores."""
        return price_paths.panel(self.abroad[self.abroad["country"].isin(self._pair)], self.scored, self._month_ends)

    @finding
    def falls(self) -> pd.DataFrame:
        """By how many times the cheapest price of each level of capability falls in a year, by country."""
        levels = deflation.levels_of(self.panel.drop_duplicates("model_id")["score"])
        return deflation.declines(deflation.cheapest(self.panel, levels))

    @finding
    def published_falls(self) -> pd.DataFrame:
        """Rates at which others find that prices fall, with ``low`` and ``high``."""
        said = self.cat.statements.query("metric in ['price_fall_factor', 'price_fall_log']").sort_values(
            "published_on"
        )
        return said.assign(low=said["value_low"].fillna(said["value"]), high=said["value_high"].fillna(said["value"]))

    @finding
    def quarters(self) -> pd.DataFrame:
        """The panel at the ends of quarters, and on the last day."""
        return self.panel[self.panel["day"].dt.month % 3 == 0]

    @finding
    def indices(self) -> pd.DataFrame:
        """Hedonic price index of each country's list, quarter by quarter."""
        lines = {code: deflation.index(rows) for code, rows in self.quarters.groupby("country")}
        return pd.concat(lines, names=["country"]).reset_index("country")

    @finding
    def yearly(self) -> Mapping[str, Estimate]:
        """Change of log prices a year at equal score, by country, vendors drawn."""
        return {code: deflation.annual_change(rows) for code, rows in self.quarters.groupby("country")}

    @finding
    def yearly_matched(self) -> Mapping[str, Estimate]:
        """Change of log prices a year within models, by country, vendors drawn."""
        changes = {code: deflation.annual_change(rows, "matched") for code, rows in self.quarters.groupby("country")}
        return {code: change for code, change in changes.items()}

    @finding
    def yearly_launch(self) -> Mapping[str, Estimate]:
        """Change of log prices a year at launch at equal score, by country, vendors drawn."""
        rows = launches.launched(self.abroad, self.scored, self.scored_on)
        return {code: launches.change_a_year(rows[rows["country"] == code]) for code in self._pair}

    @finding
    def movements(self) -> pd.DataFrame:
        """The three yearly changes of both countries: ``what``, ``country``, ``value``, ``low``, ``high``, ``n``."""
        kinds = {"launches": self.yearly_launch, "lists": self.yearly, "same model": self.yearly_matched}
        rows = [
            {"what": what, "country": code} | _row(kind[code])
            for what, kind in kinds.items()
            for code in self._pair
            if code in kind
        ]
        return pd.DataFrame(rows)

    @finding
    def kept_a_year(self) -> Mapping[str, Mapping[str, Estimate]]:
        """The same as what a price at equal score is after a year over what it was: by ``what`` and country."""
        kinds = {"launches": self.yearly_launch, "lists": self.yearly, "same model": self.yearly_matched}
        return {
            what: {code: change.map(lambda log: float(np.exp(log)), "percent") for code, change in kind.items()}
            for what, kind in kinds.items()
        }

    @finding
    def caught(self) -> pd.DataFrame:
        """Each record of the other country, and when the one reached it."""
        return deflation.catch_up(self.abroad, self.scored, self.scored_on, *self._leads)

    @finding
    def lag(self) -> Estimate:
        """Median days until a record was reached."""
        return estimators.survival(self.caught["days"], self.caught["reached"])[1].to("days")

    @finding
    def lag_by_cohort(self) -> pd.DataFrame:
        """Median days until a record was reached by half-year of the record, those still open counted as such."""
        on = self.caught["released_on"]
        halves = on.dt.year.astype(str) + " H" + on.dt.month.gt(6).add(1).astype(str)
        return estimators.by_cohort(self.caught.assign(cohort=halves), "cohort", "days", "reached")

    @finding
    def followers(self) -> pd.DataFrame:
        """Each follower's price over the record's own, and over the cheapest that does as well."""
        return deflation.against_equals(self.caught, self.abroad, self.scored, self._leads[0])

    @finding
    def followers_priced(self) -> pd.DataFrame:
        """The medians of these: ``measure``, and ``value``, ``low``, ``high``, ``n``; vendors of followers drawn."""
        measures = {
            "own_record": "the record's own price", "equal": "the cheapest with the follower's score",
            "point_below": "the cheapest a point below it", "as_record": "the cheapest with the record's score",
        }  # fmt: skip
        rows = []
        for name, label in measures.items():
            known = self.followers.dropna(subset=[name])
            found = estimators.vendor_bootstrap(estimators.quantile(known[name]), known["entity_id"])
            rows.append({"name": name, "measure": label} | _row(found))
        return pd.DataFrame(rows)

    @finding
    def weekly_ratios(self) -> pd.DataFrame:
        """Cheapest price of the one country over the other's, week by week in the year to the scores, by level."""
        weeks = pd.date_range(self.scored_on - pd.DateOffset(months=9), self.scored_on, freq="7D")
        panel = price_paths.panel(self.abroad[self.abroad["country"].isin(self._pair)], self.scored, weeks)
        best = deflation.cheapest(panel, sorted(self.falls["level"].unique()))
        return deflation.level_ratios(best, *self._pair)

    @finding
    def lags(self) -> pd.DataFrame:
        """Lag and the follower's price under every variant."""
        return deflation.compare(self._variants, *self._leads)

    # Changes ----------------------------------------------------------------------------------------------------

    @finding
    def price_steps(self) -> pd.DataFrame:
        """Every step of a list price, sorted into classes."""
        return price_events.events(self.paths)

    @finding
    def decisions(self) -> pd.DataFrame:
        """Decisions of vendors on the prices of models on sale."""
        return price_events.decisions(self.price_steps.query("kind == 'change'"))

    @finding
    def successions(self) -> pd.DataFrame:
        """New best models of each vendor against the best before."""
        found = price_events.successions(self.abroad, self.scored)
        return found[found["country"].isin(self._pair)]

    @finding
    def successions_kept(self) -> Estimate:
        """Share of successors within a line of models that came at the same price or dearer, vendors drawn."""
        return price_events.share_kept(self.successions.query("tier == 'successor'"))

    @finding
    def succession_counts(self) -> pd.DataFrame:
        """Successions by tier and country: ``dearer``, ``same``, ``cheaper``, ``n``."""
        rows = self.successions.assign(
            dearer=self.successions["up"], same=self.successions["kept"] & ~self.successions["up"],
            cheaper=~self.successions["kept"], n=True,
        )  # fmt: skip
        return rows.groupby(["tier", "country"])[["dearer", "same", "cheaper", "n"]].sum().reset_index()

    @finding
    def newcomers(self) -> pd.DataFrame:
        """Models of the two countries that came on the international lists since the day of the scores, by line."""
        found = price_events.newcomers(self.steady.query("market == 'international'"), self.scored_on)
        found = found[found["country"].isin(self._pair)]
        return found.assign(vendor=self._named(found))

    @finding
    def rises(self) -> pd.DataFrame:
        """How often list prices rise, by country and market."""
        exposed = price_events.exposure(self.paths, self.edition.as_of)
        found = price_events.rises(self.price_steps, exposed)
        return found[found["country"].isin(self._pair)]

    @finding
    def announced_cuts(self) -> pd.DataFrame:
        """Cuts of whole lists as announced or reported."""
        return self.cat.statements.query(
            "metric == 'price_change' and kind == 'price_change' and segment == 'total' and value_high < 0"
        )

    @finding
    def timeline(self) -> pd.DataFrame:
        """Decisions, successions, charges by the hour and announced cuts: ``vendor``, ``on``, ``ratio``, ``what``."""
        war, next_best = self.announced_cuts, self.successions
        told = war.assign(on=war["period_end"], ratio=1 + (war["value_low"] + war["value_high"]) / 2)
        hours = price_events.decisions(self.price_steps.query("kind == 'by the hour'"))
        parts = {
            "change": self.decisions,
            "successor": next_best[(next_best["ratio"] - 1).abs() > 0.01],
            "announced": told,
            "by the hour": hours,
        }
        found = pd.concat([part.assign(what=what) for what, part in parts.items()], ignore_index=True)
        entities = self.cat.entities.set_index("entity_id")
        found = found.assign(country=found["entity_id"].map(entities["country"]), vendor=self._named(found))
        order = {vendor: place for place, vendor in enumerate(entities.index)}
        columns = ["entity_id", "vendor", "country", "on", "ratio", "what"]
        return found[columns].sort_values("entity_id", key=lambda ids: ids.map(order), kind="stable", ignore_index=True)

    @finding
    def listed_in_price_war(self) -> pd.DataFrame:
        """Input prices known of the month of the announced cuts, with ``name``."""
        month = pd.Timedelta(days=30)
        on = self.announced_cuts["period_end"]
        listed = self.cat.operating.query("metric == 'list_price_input'")
        listed = listed[listed["period_end"].between(on.min() - month, on.max() + month)]
        return listed.assign(name=self._named(listed))

    @finding
    def own_successions(self) -> pd.DataFrame:
        """Successions on either list of the companies, with ``market``: dearer ones only.

        ``since`` is the last price on that list over the one at release.
        """
        last = self.steady.drop_duplicates(["model_id", "market"], keep="last").set_index(["model_id", "market"])
        markets = {market: self.steady.query("market == @market") for market in ("international", "domestic")}
        found = pd.concat(
            [price_events.successions(rows, self.scored).assign(market=market) for market, rows in markets.items()]
        )
        now = last["blended"].reindex(pd.MultiIndex.from_frame(found[["model_id", "market"]])).to_numpy()
        found = found.assign(since=now / found["after"])
        ids = [company.id for company in self.companies]
        return found[found["up"] & found["entity_id"].isin(ids)].sort_values("on")

    @finding
    def stated_rises(self) -> pd.DataFrame:
        """Rises of API prices over a span as the companies or others state them, the first span first."""
        said = self.cat.statements.query("metric == 'price_change' and kind == 'price_change' and value > 0")
        said = said[said["period_end"] > said["period_start"]]
        api = self.cat.segments.query("route == 'api' and billing != 'subscriptions'")[["entity_id", "segment"]]
        said = said.merge(api, on=["entity_id", "segment"], validate="many_to_one")
        return said[said["entity_id"].isin([company.id for company in self.companies])].sort_values("period_end")

    # The spread -------------------------------------------------------------------------------------------------

    @property
    def currencies(self) -> dict[str, str]:
        """Currency of the ``domestic`` and of the ``international`` lists."""
        return self.of(Market).currencies

    @finding
    def rates(self) -> pd.Series:
        """Units of the domestic lists' currency for a dollar, month by month."""
        return spread.month_rates(self.cat.fx, self.currencies["domestic"])

    @finding
    def spread_months(self) -> pd.DataFrame:
        """International over domestic list price of the same model at month ends, where both lists were in view."""
        days = price_paths.month_ends(self.lists["published_on"].min(), self.edition.as_of)
        return spread.on_both(spread.shown(self.steady, self.lists, self.edition.as_of), self.rates, days)

    @finding
    def spreads(self) -> pd.DataFrame:
        """The same on the last day."""
        return self.spread_months[self.spread_months["day"] == self.spread_months["day"].max()]

    @finding
    def spread_by_vintage(self) -> pd.DataFrame:
        """The spread by half-year of release, each model when it was last on both lists."""
        return spread.by_vintage(self.spread_months, self.cat.models.set_index("model_id")["released_on"])

    @finding
    def spread_in_use(self) -> Estimate:
        """The median spread with models weighted by their tokens on a router; no interval with few vendors."""
        rows = self.spreads.assign(tokens=self.spreads["model_id"].map(in_use.tokens(self.cat.token_models)))
        rows = rows.dropna(subset="tokens")
        if rows.empty:
            return Estimate(np.nan, np.nan, np.nan, 0, "none used", unit="times")
        middle = estimators.quantile(rows["spread"], weights=rows["tokens"])
        return estimators.vendor_bootstrap(middle, rows["entity_id"], unit="times")

    @finding
    def spread(self) -> Estimate:
        """Median spread over models, vendors drawn."""
        return spread.median_spread(self.spreads).to("times")

    @finding
    def spread_by_vendor(self) -> pd.DataFrame:
        """Each vendor's median spread on the last day, the widest first."""
        found = spread.by_vendor(self.spreads)
        return found.assign(vendor=self._named(found))

    @finding
    def spread_by_month(self) -> pd.DataFrame:
        """Each vendor's median spread month by month, with ``n``; vendors on both lists now first."""
        groups = self.spread_months.groupby(["entity_id", "day"])["spread"]
        found = groups.agg(spread="median", n="size").reset_index()
        order = [*self.spread_by_vendor["entity_id"]]
        place = {vendor: number for number, vendor in enumerate([*order, *sorted({*found["entity_id"]} - {*order})])}
        found = found.assign(vendor=self._named(found))
        return found.sort_values(
            ["entity_id", "day"],
            key=lambda column: column.map(place) if column.name == "entity_id" else column,
            ignore_index=True,
        )

    @finding
    def spread_at_rates(self) -> pd.DataFrame:
        """The median spread at other exchange rates."""
        last_year = f"FY{self.scored_on.year - 1}"
        since = self.rates[self.rates.index >= self.lists["published_on"].min()]
        used = {
            "as used": spread.rate_on(self.rates, self.edition.as_of)[0],
            "strongest month since the lists began": since.min(),
            "weakest month since": since.max(),
            "average of the last full year": self.cat.rate("USD", self.currencies["domestic"], last_year).value,
        }
        return spread.at_rates(self.spreads, used)

    # What serving costs -----------------------------------------------------------------------------------------

    @finding
    def account(self) -> serving_cost.Account:
        """One vendor's account of its serving."""
        return serving_cost.published_account(self.cat.operating)

    @finding
    def rents(self) -> pd.DataFrame:
        """Rents of cards under contract, by day."""
        return serving_cost.contracts(self.cat.operating)

    @finding
    def rents_listed(self) -> pd.DataFrame:
        """What lists of providers ask for the card of :attr:`rents` without a contract, in the year of the edition."""
        rows = self.cat.operating.query("metric == 'gpu_rent' and segment == 'gpu_list'").dropna(subset="value")
        same = rows["item"].str.split("-").str[0].isin(self.rents["item"])
        now = rows["period_end"].dt.year == self.edition.as_of.year
        return rows[same & now].sort_values("period_end")

    @finding
    def rents_at_home(self) -> pd.DataFrame:
        """What brokers of the one country quote for the card of :attr:`rents`, last first, with ``dollars`` an hour."""
        rows = self.cat.operating.query("metric == 'gpu_rent' and segment == 'gpu_rental'")
        rows = rows[(rows["entity_id"] == self.countries[0].id) & rows["item"].isin(self.rents["item"])]
        rows = rows.dropna(subset="value").sort_values("period_end", ascending=False)
        months = {money: spread.month_rates(self.cat.fx, money) for money in rows["currency"].unique()}
        rates = [
            spread.rate_on(months[money], on)[0] for money, on in zip(rows["currency"], rows["period_end"], strict=True)
        ]
        return rows.assign(dollars=rows["value"] / rates)

    @finding
    def cost_grid(self) -> pd.DataFrame:
        """Cost of a million tokens by rent and share of capacity sold."""
        rents = sorted([self.account.rent, *self.rents["value"]])
        at = {"least": rents[0] * 0.75, "the account's": self.account.rent, "most": rents[-1] * 1.5}
        return serving_cost.cost_grid(at, self.account.prefill, self.account.decode, USE)

    @finding
    def margins(self) -> pd.DataFrame:
        """What serving leaves of both list prices, for the best model of each vendor on both lists."""
        return self._margins(self.spreads)

    @finding
    def electricity(self) -> pd.DataFrame:
        """Electricity over rent, each assumption over its range and all together."""
        dearer = self.power_gap["value_high"] if self.power_gap is not None else 0.0
        yearly = self.power[(self.power["country"] == self._pair[1]) & self.power["period"].str.startswith("FY")]
        yearly = yearly[yearly["segment"] == "industrial"]
        power = yearly.sort_values("period_end")["value"].iloc[-1]
        rents = [self.account.rent, *self.rents["value"]]
        ranges = serving_cost.electricity_ranges(self.cat.operating, power, dearer, rents)
        return serving_cost.bounds(ranges)

    @finding
    def electricity_share(self) -> pd.Series:
        """Share of electricity in rent over all assumptions: ``low``, ``middle``, ``high``."""
        return self.electricity.set_index("argument").loc["all", ["low", "middle", "high"]].astype(float)

    @finding
    def power(self) -> pd.DataFrame:
        """Prices of electricity in dollars a megawatt-hour, with the ``country``."""
        found = self.cat.operating.query("metric == 'power_price' and base_unit == 'USD per MWh'")
        places = {country.id: country.code for country in self.countries}
        return found.assign(country=found["entity_id"].map(places)).sort_values("period_end")

    @finding
    def power_gap(self) -> pd.Series | None:
        """By how much electricity is said to be dearer in the one country; None where nobody says."""
        rows = self.cat.operating.query("metric == 'power_price_gap'")
        rows = rows[rows["entity_id"] == self.countries[0].id]
        return rows.iloc[0] if len(rows) else None

    @finding
    def power_compared(self) -> pd.DataFrame:
        """What each source says of the one country's price of electricity over the other's.

        ``source_id``, ``ratio``, ``on``. From prices of one source and unit, else from the other country's price in the
        same unit; a difference counts on the other's price for industry in dollars.
        """
        places = {country.id: country.code for country in self.countries}
        priced = self.cat.operating.query("metric == 'power_price'").sort_values("period_end")
        priced = priced.assign(country=priced["entity_id"].map(places))
        one, other = self._pair
        theirs = priced[(priced["country"] == other) & (priced["segment"] == "industrial")]
        ours = priced[(priced["country"] == one) & priced["base_unit"].isin(theirs["base_unit"])]
        rows = []
        for row in ours.drop_duplicates("source_id", keep="last").itertuples():
            like = theirs[theirs["base_unit"] == row.base_unit]
            same = like[like["source_id"] == row.source_id]
            like = same if len(same) else like
            near = (like["period_end"] - row.period_end).abs().idxmin()
            ratio = row.value / like.loc[near, "value"]
            rows.append({"source_id": row.source_id, "ratio": ratio, "on": row.period_end})
        dollars = theirs.loc[theirs["base_unit"] == "USD per MWh", "value"]
        if self.power_gap is not None and len(dollars):
            more = (self.power_gap["value_low"] + self.power_gap["value_high"]) / 2
            about = {"source_id": self.power_gap["source_id"], "on": self.power_gap["period_end"]}
            rows.append(about | {"ratio": 1 + more / dollars.iloc[-1]})
        return pd.DataFrame(rows, columns=["source_id", "ratio", "on"])

    @finding
    def electricity_bound(self) -> pd.Series:
        """Ratio of prices that electricity could explain at most: ``free`` on one side, or at ``half`` its price."""
        share = self.electricity_share["high"]
        return pd.Series({"free": serving_cost.explained_by(share), "half": serving_cost.explained_by(share / 2)})

    @finding
    def stated_costs(self) -> pd.DataFrame:
        """Changes of the cost of a token as vendors state them."""
        said = self.cat.statements.query("metric == 'unit_cost_change'")
        return said.assign(vendor=self._named(said))

    # Who buys ---------------------------------------------------------------------------------------------------

    @finding
    def customers(self) -> pd.DataFrame:
        """Shares of revenue of the largest customers, by company and period, with ``company`` and ``country``."""
        found = off_list.concentration(self.cat.financials, dict(LARGEST))
        about = self.cat.entities.set_index("entity_id")["country"]
        return found.assign(company=self._named(found), country=found["entity_id"].map(about))

    @finding
    def top_two(self) -> pd.DataFrame:
        """Bounds on the share of the two largest customers, of each company that says enough: ``low``, ``high``.

        A company that names its two largest has both ends there; of one that names five, the two are bounded, more
        narrowly where it says that no customer brought a tenth.
        """
        last = self.customers.drop_duplicates(["entity_id", "metric"], keep="last")
        two = last[last["metric"] == "top2_customer_share"]
        five = last[(last["metric"] == "top5_customer_share") & ~last["entity_id"].isin(two["entity_id"])]
        above = self.cat.operating.query("metric == 'customers_above_10pct' and value == 0")
        no_tenth = five.merge(above[["entity_id", "period"]], how="left", indicator=True)["_merge"].eq("both")
        ends = [
            off_list.top_bounds(share, 5, 2, 0.1 if small else 1.0)
            for share, small in zip(five["share"], no_tenth, strict=True)
        ]
        bounded = five.assign(low=[low for low, _ in ends], high=[high for _, high in ends])
        return pd.concat([bounded, two.assign(low=two["share"], high=two["share"])], ignore_index=True)

    @finding
    def largest_volume(self) -> pd.DataFrame:
        """What companies say of the calls of their largest customers."""
        said = self.cat.statements.query("metric == 'volume_change'")
        found = said[said["scope"].str.contains("largest")]
        return found.assign(vendor=self._named(found))

    # Time on the frontier ---------------------------------------------------------------------------------------

    @finding
    def spells(self) -> pd.DataFrame:
        """For each model of both countries the days until an equal rival undercut it."""
        found = time_on_frontier.spells(self.abroad, self.scored, self.scored_on)
        return found[found["country"].isin(self._pair)]

    @finding
    def held(self) -> pd.DataFrame:
        """Those that no equal rival undercut at release."""
        return self.spells[self.spells["unrivalled"]]

    @finding
    def entered(self) -> pd.DataFrame:
        """Share of models that entered so, by country, with ``ended`` and ``open`` (still so when last seen)."""
        found = time_on_frontier.at_release(self.spells).set_index("country")
        counted = self.held.groupby("country")["ended"].agg(["size", "sum"])
        return found.assign(ended=counted["sum"], open=counted["size"] - counted["sum"])

    @finding
    def survival(self) -> pd.DataFrame:
        """Share of them not undercut yet, by country and day."""
        curves = {code: estimators.survival(rows["days"], rows["ended"])[0] for code, rows in self._by_country("held")}
        return pd.concat(curves, names=["country"]).reset_index("country")

    @finding
    def lasts(self) -> Mapping[str, Estimate]:
        """Median days until they are undercut, by country."""
        return {
            code: estimators.survival(rows["days"], rows["ended"])[1].to("days")
            for code, rows in self._by_country("held")
        }

    @finding
    def hazard(self) -> Estimate:
        """How much faster one country's models are undercut than the other's, at equal standing."""
        return time_on_frontier.hazard_ratio(self.held, self._pair[0]).to("times")

    @finding
    def launched(self) -> pd.DataFrame:
        """Launches placed among their near-score rivals, with ``premium`` and ``premium_dated``."""
        found = launches.at_launch(self.abroad, self.scored, self.scored_on)
        return launches.with_date_held(found[found["country"].isin(self._pair)])

    @finding
    def launch_premia(self) -> pd.DataFrame:
        """Launches with a premium, by country: ``n``, ``premium``, ``premium_dated``, ``leads``, ``median``."""
        groups = self.launched.groupby("country")
        sums = groups[["premium", "premium_dated", "leads"]].sum()
        return sums.assign(n=groups.size(), median=groups["relative"].median())

    @finding
    def leaders_priced(self) -> pd.DataFrame:
        """Models on the frontier at release, against near rivals: ``n`` and ``below`` their median, by country."""
        both = self.launched[self.launched["model_id"].isin(self.held["model_id"])]
        groups = both.groupby("country")["relative"]
        return pd.DataFrame({"n": groups.size(), "below": groups.agg(lambda part: (part < 1).sum())})

    @finding
    def premium_later(self) -> Estimate:
        """Change of the other country's launch premia in half a year, survivors only, vendors drawn (log points)."""
        rows = launches.later(self.launched, self.abroad, self.scored, self.scored_on)
        rows = rows[rows["country"] == self._pair[1]]
        return estimators.vendor_bootstrap(estimators.mean(rows["change"]), rows["entity_id"])

    @finding
    def durations(self) -> pd.DataFrame:
        """How long they last under every variant."""
        return time_on_frontier.compare(self._variants, *self._pair)

    # Open weights -----------------------------------------------------------------------------------------------

    @finding
    def own_hosting(self) -> pd.DataFrame:
        """Share of a model's routed tokens that its maker serves, by day, where followed over days."""
        rows = self.cat.operating.query("metric == 'own_hosting_share' and item != ''")
        followed = rows[rows.groupby("item")["period_end"].transform("nunique") > 1]
        models = followed["item"].map(self.cat.models.set_index("model_id")["name"]).fillna(followed["item"])
        return followed.assign(vendor=self._named(followed), model=models).sort_values("period_end")

    @finding
    def router_hosts(self) -> pd.DataFrame:
        """What hosts and gateways of open models ask over their makers, by model: ``host_class``, ``ratio``."""
        return off_list.router_prices(self.cat.host_prices, self.cat.models)

    @finding
    def offers_since(self) -> pd.DataFrame:
        """Offers of single sellers known by price alone, after the day on which hosts were compared; see the room."""
        named = off_list.cheapest_routes(self.cat.host_prices)
        ranged = off_list.cloud_offers(self.cat.operating, self.cat.models, self.cat.sources)
        found = off_list.beside_own(pd.concat([named, ranged], ignore_index=True), self.lists)
        return found.assign(model=found["model_id"].map(self.cat.models.set_index("model_id")["name"]))

    @finding
    def router_hosts_by_class(self) -> pd.DataFrame:
        """The same by class of host: models, hosts, median ratio with interval, makers drawn, and share below."""
        rows = []
        for kind, part in self.router_hosts.groupby("host_class"):
            middle = estimators.vendor_bootstrap(estimators.quantile(part["ratio"]), part["entity_id"], by="maker")
            counts = {"models": part["model_id"].nunique(), "hosts": part["endpoint"].nunique()}
            rows.append({"host_class": kind} | counts | _row(middle) | {"below": (part["ratio"] < 0.99).mean()})
        return pd.DataFrame(rows)

    @finding
    def maker_shares(self) -> pd.DataFrame:
        """Last known share of a model's routed tokens that its maker serves: ``vendor``, ``model``, ``value``."""
        rows = self.cat.operating.query("metric == 'own_hosting_share' and item != ''")
        last = rows.sort_values("period_end").drop_duplicates("item", keep="last")
        models = self.cat.models.set_index("model_id")["name"]
        return last.assign(vendor=self._named(last), model=last["item"].map(models).fillna(last["item"]))

    @finding
    def maker_spend(self) -> pd.DataFrame:
        """The same by what customers spend on a maker's models, last known: ``vendor``, ``value``."""
        rows = self.cat.operating.query("metric == 'own_hosting_spend_share'").sort_values("period_end")
        last = rows.drop_duplicates("entity_id", keep="last")
        return last.assign(vendor=self._named(last))

    @finding
    def peak(self) -> pd.DataFrame:
        """Models charged by the hour: price at peak over the price beside it, by model."""
        return off_list.peak_prices(self.cat.prices, self.cat.models, self.edition.as_of)

    @finding
    def cut_study(self) -> pd.DataFrame:
        """Responses of tokens to changes of list prices, each beside its placebo windows."""
        used = cuts.daily(self.cat.token_models)
        changes = self.price_steps.query("kind == 'change' and market == 'international'")
        found = cuts.studied(used, cuts.dated(changes, self.cat.index_prices))
        return found.assign(vendor=self._named(found))

    @finding
    def bought(self) -> pd.DataFrame:
        """Chained Fisher index and unit value of what a router's users bought; empty where no days are known."""
        used = cuts.daily(self.cat.token_models)
        return cuts.paid(used, self.abroad) if len(used) else pd.DataFrame(columns=["day", "fisher", "unit_value"])

    @finding
    def elasticities(self) -> pd.DataFrame:
        """Published elasticities of use to price."""
        return self.cat.operating.query("metric == 'price_elasticity'")

    @finding
    def family(self) -> Mapping[str, tuple[Estimate, float]]:
        """The headline estimates of the chapter, each with what it is tested against."""
        slopes = "difference of slopes, {.adjective} less {.adjective}".format(*self.countries)
        found = {
            "ratio of medians": ("ratio of medians", self.raw, 1.0),
            "matched pairs": ("matched pairs", self.pair, 1.0),
            "equal score and date": ("price gap", self.level, 1.0),
            slopes: ("difference of slopes", self.slope_difference, 0.0),
            "spread of two lists": ("spread", self.spread, 1.0),
            "successors keep their price": ("successors", self.successions_kept, 0.5),
            "time on the frontier, hazard": ("time undercut, hazard", self.hazard, 1.0),
        }
        found |= {
            f"{name}, per year, {self.country_names[code]}": (f"{design}, {code}", one, 0.0)
            for name, design, kind in (
                ("launch prices", "launch prices", self.yearly_launch),
                ("list prices", "price change", self.yearly),
            )
            for code, one in kind.items()
        }
        designs = {"token": "price of a token", "run": "cost of a run", "quotient": "tokens of a run"}
        found |= {f"equal score, {designs[name]}": (designs[name], one, 1.0) for name, one in self.tasks.items()}
        if self.in_use is not None:
            found["equal score and date, in use"] = ("price gap in use", self.in_use, 1.0)
        known = self.cat.table("study")
        return {name: (recorded(one, known, design), null) for name, (design, one, null) in found.items()}

    @finding
    def discoveries(self) -> pd.DataFrame:
        """Which of them exclude their null, and which still do when they are taken together."""
        return estimators.family(self.family, self.cat.threshold("ledger", "false_discoveries"))

    @finding
    def by_chance(self) -> estimators.ByChance:
        """How many of them would exclude by chance if no effect were there."""
        return estimators.by_chance([one for one, _ in self.family.values()])

    # Parts ------------------------------------------------------------------------------------------------------

    @property
    def _tables(self) -> tuple[pd.DataFrame, ...]:
        return self.lists, self.cat.capability, self.cat.models, self.cat.entities

    @property
    def country_names(self) -> Mapping[str, str]:
        """Names of the pair of countries by code."""
        return {country.code: country.name for country in self.countries}

    @property
    def _pair(self) -> tuple[str, str]:
        """Codes of the country whose prices are in question, and of the one that they are set against."""
        one, other = (country.code for country in self.countries)
        return one, other

    @property
    def _leads(self) -> tuple[str, str]:
        """The same with the country first whose records the other is to reach."""
        one, other = self._pair
        return other, one

    def _lacking(self) -> list[str]:
        found = super()._lacking()
        if len(self.countries) != 2:
            return [*found, f"a pair of countries in `data/editions/{self.edition.id}.toml`"]
        if found:
            return found
        sizes = self.both["country"].value_counts()
        return [
            f"{country.adjective} models with a score and a list price in dollars"
            for country in self.countries
            if sizes.get(country.code, 0) < choices.ENOUGH
        ]

    @property
    def _month_ends(self) -> list[pd.Timestamp]:
        return price_paths.month_ends(self.lists["published_on"].min(), self.scored_on)

    @property
    def _variants(self) -> dict[str, tuple[pd.DataFrame, pd.DataFrame, pd.Timestamp, float]]:
        """Paths, scores, their day and the tolerance of every variant."""
        found = {}
        for label, options in VARIANTS.items():
            marks = sample.scores(self.cat.capability, options.get("benchmark", "aa_index"), basis=options.get("basis"))
            priced = self._paths(options.get("ratio", 3)).query("market == 'international'")
            found[label] = (priced, marks, marks["scored_on"].max(), options.get("tolerance", 1.0))
        return found

    def _paths(self, ratio: float = 3) -> pd.DataFrame:
        return price_paths.paths(self.lists, self.cat.models, self.cat.entities, self.edition.as_of, ratio)

    def _margins(self, spreads: pd.DataFrame) -> pd.DataFrame:
        ranked = spreads.merge(self.scored[["model_id", "score"]], on="model_id").sort_values("score")
        best = ranked.drop_duplicates("entity_id", keep="last")
        cost = self.cost_grid["cost"]
        middle = self.cost_grid.query("utilisation == 'half'")["cost"].median()
        found = spread.list_margins(best, cost.min(), middle, cost.max()).sort_values("spread", ascending=False)
        return found.assign(vendor=self._named(found))

    def _by_country(self, name: str) -> list[tuple[str, pd.DataFrame]]:
        return list(getattr(self, name).groupby("country"))

    def _named(self, frame: pd.DataFrame) -> pd.Series:
        return frame["entity_id"].map(self.names)


def _row(found: Estimate) -> dict[str, float]:
    return {"value": found.value, "low": found.low, "high": found.high, "n": found.n}
