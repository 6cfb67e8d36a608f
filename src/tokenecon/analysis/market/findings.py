"""What chapter 3 finds: how concentrated and how settled the market is, its tiers, what a lead earns, whom it pays for.

Prices are makers' international list prices, scores those of the last set of the Artificial Analysis index, tokens
those of one router.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from tokenecon.analysis import estimators
from tokenecon.analysis.coverage import recorded
from tokenecon.analysis.estimate import Estimate
from tokenecon.analysis.finding import Findings, finding
from tokenecon.analysis.market import apps, churn, concentration, frontier, premium, sample, sunk_costs, surveys, tiers
from tokenecon.analysis.market import prices as listed
from tokenecon.analysis.revenue.findings import Revenue

INDEX, CODING = "aa_index", "aa_coding_index"
"""The test that measures capability where nothing else is said, and the one of demanding work."""

LARGEST, AUTHORS, DAYS = "nine largest models", "all tokens, by author", "all tokens, by day"
"""Series of the index of concentration."""


class Market(Findings):
    """The structure of the market, as one edition knows it."""

    STANDS_ON = ("capability", "prices", "token_models")

    @finding
    def names(self) -> Mapping[str, str]:
        """Short names of vendors by id."""
        entities = self.cat.entities.set_index("entity_id")
        return entities["name"].str.replace(r" \(.*", "", regex=True).to_dict()

    @finding
    def model_names(self) -> Mapping[str, str]:
        """Names of models by id."""
        return self.cat.models.set_index("model_id")["name"].to_dict()

    # Samples ---------------------------------------------------------------------------------------------------------

    @finding
    def lists(self) -> pd.DataFrame:
        """Makers' own list prices, odd rows left out, spans of models that no list shows any more ended."""
        return self.cat.list_prices().frame

    @finding
    def currencies(self) -> dict[str, str]:
        """Currency of the ``domestic`` lists, the edition's where there are none, and of the ``international`` ones."""
        found = listed.currencies(self.lists)
        return found | {"domestic": found["domestic"] or self.edition.base_currency}

    @finding
    def sources(self) -> tuple[str, ...]:
        """Sources of prices, of what else shows a model on sale, and of scores."""
        scores = self.cat.capability[self.cat.capability["benchmark"] == INDEX]
        rows = (self.lists, self.cat.index_prices, self.cat.litellm_prices, scores)
        return tuple(sorted({source for table in rows for source in table["source_id"]}))

    @finding
    def scored(self) -> pd.DataFrame:
        """Scores of the last set of the Artificial Analysis index."""
        return sample.scores(self.cat.capability, INDEX)

    @finding
    def score_sources(self) -> tuple[str, ...]:
        """Sources of the last sets of the Intelligence and the Coding Index."""
        rows, held = self.cat.capability, [test for test in (INDEX, CODING) if test in self.tests]
        days = {test: sample.snapshot_day(rows, test) for test in held}
        last = rows[rows["published_on"] == rows["benchmark"].map(days)]
        return tuple(sorted(set(last["source_id"])))

    @finding
    def priced_on(self) -> pd.Timestamp:
        """The day of the scores, on which prices are looked up."""
        return sample.snapshot_day(self.cat.capability, INDEX)

    @finding
    def tests(self) -> tuple[str, ...]:
        """Tests of capability with scores, of those that the report knows how to read."""
        known = set(self.cat.capability["benchmark"])
        return tuple(name for name in premium.MEASURES if name in known)

    @finding
    def drawn(self) -> sample.Sample:
        """Models with an international list price, a score and a day of release, and what each step kept."""
        return sample.hedonic_sample(self.lists, *self._tables)

    @finding
    def samples(self) -> Mapping[tuple[str, float], sample.Sample]:
        """Samples of the hedonic regression by test and blend, :attr:`drawn` among them."""
        tables = self._tables
        others = [name for name in self.tests if name != INDEX]
        drawn = {name: sample.hedonic_sample(self.lists, *tables, benchmark=name) for name in others}
        drawn[INDEX] = self.drawn
        return {(name, ratio): one.at(ratio) for name, one in drawn.items() for ratio in (1, listed.BLEND, 10)}

    @finding
    def base(self) -> pd.DataFrame:
        """The models of :attr:`drawn`: the sample of the premium."""
        return self.drawn.frame

    @finding
    def base_steps(self) -> pd.DataFrame:
        """How many models each step to :attr:`base` kept."""
        return self.drawn.steps

    @finding
    def coding(self) -> pd.DataFrame:
        """The same sample with the Coding Index as the score."""
        return self.samples[CODING, listed.BLEND].frame

    @finding
    def at_home(self) -> pd.DataFrame:
        """The same sample on the domestic lists, in their currency."""
        return sample.hedonic_sample(self.lists, *self._tables, market="domestic").frame

    @finding
    def token_rows(self) -> pd.DataFrame:
        """Tokens by model as they are listed, with ``day``, the last one of the row's period."""
        return self.cat.token_models.assign(day=lambda rows: rows["period_end"])

    @finding
    def days(self) -> pd.DataFrame:
        """Tokens by model and day; empty where the edition knows weeks only."""
        return self.token_rows.query("frequency == 'day'")

    @finding
    def heads(self) -> pd.DataFrame:
        """The nine most used models week by week."""
        return churn.weekly(self.cat.token_models)

    @finding
    def dense_since(self) -> pd.Timestamp:
        """From when on weeks follow one another without a gap."""
        heads = self.heads
        return heads.loc[heads.groupby("window")["week"].transform("nunique") > 8, "week"].min()

    @finding
    def listed_tokens(self) -> pd.DataFrame:
        """Tokens by named model: of days where these are known, else of weeks that follow without a gap."""
        weeks = self.token_rows.query("frequency == 'week'")
        found = self.days if len(self.days) else weeks[weeks["day"] >= self.dense_since]
        return found[found["name"] != "other"]

    @finding
    def routed(self) -> pd.DataFrame:
        """Tokens of known models by day, with the ``total`` of the day; empty where no days are known."""
        whole = self.days.groupby("day")["tokens"].sum()
        return self.days.query("name != 'other' and model_id != ''").assign(total=lambda rows: rows["day"].map(whole))

    @finding
    def history(self) -> pd.DataFrame:
        """International prices of each model over time, as the frontier reads them."""
        return frontier.history(self.lists)

    # Concentration ---------------------------------------------------------------------------------------------------

    @finding
    def printed_shares(self) -> pd.DataFrame:
        """Shares that analysts print, by definition of the market and day."""
        return concentration.printed_shares(self.cat.operating, concentration.PRINTED)

    @finding
    def run_rates(self) -> pd.DataFrame:
        """Stated run-rates in dollars; those of the edition's companies in other currencies at the rate of the day."""
        said = self.cat.statements.query("metric == 'run_rate' and kind == 'run_rate' and value > 0")
        own = self.of(Revenue).stated
        own = own[~own["forecast"] & ~own["statement_id"].isin(said.loc[said["base_unit"] == "USD", "statement_id"])]
        return pd.concat([said[said["base_unit"] == "USD"], own[own["value"] > 0]], ignore_index=True)

    @finding
    def of_authors(self) -> pd.DataFrame:
        """Shares of all routed tokens by author and week."""
        return concentration.author_weeks(self.cat.token_shares)

    @finding
    def measured(self) -> pd.DataFrame:
        """Measures of concentration under every definition of the market, on every day known."""
        weeks, days = churn.whole_lists(self.token_rows.query("frequency == 'week'")), self.days
        held = [self.printed_shares, self.of_authors]
        if len(days):
            last = days[days["day"] > days["day"].max() - pd.Timedelta(days=7)]
            held.append(
                concentration.by_vendor(
                    last.assign(period_start=last["day"].min(), period_end=last["day"].max()), "router_days"
                )
            )
        seen = concentration.coverage(weeks, self.of_authors, days, churn.HEAD)
        stated = concentration.Bounds(1 - concentration.UNSTATED, 1.0)
        return pd.concat(
            [
                concentration.measures(pd.concat(held)),
                concentration.scaled(concentration.by_vendor(weeks, "router_lists"), seen),
                concentration.scaled(concentration.run_rate_shares(self.run_rates), stated),
                concentration.of_prospectus(self.cat.operating),
            ],
            ignore_index=True,
        )

    @finding
    def definitions(self) -> pd.DataFrame:
        """Concentration on the newest day of each definition, most concentrated first within ``group``."""
        return concentration.newest(self.measured, self.names)

    @finding
    def index_series(self) -> pd.DataFrame:
        """The index of concentration of vendors over time, by ``series``."""
        heads = self.heads
        rows = heads.assign(period_start=heads["week"], period_end=heads["week"], name=heads["model"])
        series = {
            LARGEST: concentration.measures(concentration.by_vendor(rows, "heads")),
            AUTHORS: concentration.measures(self.of_authors),
        }
        if len(self.days):
            series[DAYS] = concentration.measures(concentration.by_vendor(self.days, "days"))
        found = pd.concat([rows.assign(series=name) for name, rows in series.items()], ignore_index=True)
        bounded = found["series"] != LARGEST  # the list of the nine says nothing of the rest
        found = found.assign(low=found["hhi_low"].where(bounded), high=found["hhi_high"].where(bounded))
        return churn.stretches(found, "series")

    @finding
    def dense_series(self) -> pd.DataFrame:
        """:attr:`index_series` where weeks follow without a gap, so that a trend can be asked for."""
        found = self.index_series
        return found[(found["series"] != LARGEST) | (found["on"] >= self.dense_since)]

    @finding
    def trends(self) -> pd.DataFrame:
        """Slope a year, level and break of each series."""
        return concentration.trends(self.dense_series)

    @finding
    def starts(self) -> pd.DataFrame:
        """The slope of the longest series by the day with which it starts."""
        return concentration.by_start(self.dense_series[self.dense_series["series"] == LARGEST])

    # Churn -----------------------------------------------------------------------------------------------------------

    @finding
    def turned(self) -> pd.DataFrame:
        """What changed in the list of the nine from each week to the next."""
        return churn.turnover(self.heads)

    @finding
    def leaders(self) -> pd.DataFrame:
        """Who led each week, by model and by the sum of a vendor's models."""
        return churn.leaders(self.heads)

    @finding
    def spells(self) -> Mapping[str, pd.DataFrame]:
        """Stays in the head and leads, under each rule for their length."""
        lists = {places: churn.weekly(self.cat.token_models, places) for places in (5, 3)}
        return {
            churn.STAY: churn.spells(self.heads),
            "stay among nine, two weeks out end it": churn.spells(self.heads, 2),
            "stay among nine, first weeks kept": churn.spells(self.heads, first_weeks=True),
            "stay among five": churn.spells(lists[5]),
            "stay among three": churn.spells(lists[3]),
            churn.LEAD: churn.decays(self.heads),
            "above half of the peak, leader at one": churn.decays(self.heads, top=1),
            "above three quarters of the peak": churn.decays(self.heads, part=0.75),
        }

    @finding
    def lifetimes(self) -> Mapping[str, Estimate]:
        """Median days of each kind of spell, vendors drawn."""
        return {rule: churn.lifetime_by_vendor(rows) for rule, rows in self.spells.items()}

    @finding
    def stay(self) -> Estimate:
        """Median days of a stay among the nine most used models."""
        return self.lifetimes[churn.STAY]

    @finding
    def halving(self) -> Estimate:
        """Median days in which a leading model falls below half of its greatest share."""
        return self.lifetimes[churn.LEAD]

    @finding
    def survival(self) -> pd.DataFrame:
        """Survival curves of stays and of leads, by ``what``."""
        parts = {"Stay among the nine": churn.STAY, "Above half of the peak": churn.LEAD}
        curves = {what: churn.lifetime(self.spells[rule])[0] for what, rule in parts.items()}
        return pd.concat([curve.assign(what=what) for what, curve in curves.items()], ignore_index=True)

    @finding
    def young(self) -> pd.DataFrame:
        """Share of tokens on young models, by ``series``."""
        series = {"nine largest models": churn.young_share(self.heads, self.cat.models)}
        if len(self.days):
            fifty = churn.daily(self.cat.token_models)
            series["fifty largest models"] = churn.young_share(fifty, self.cat.models)
        found = pd.concat([rows.assign(series=name) for name, rows in series.items()], ignore_index=True)
        return churn.stretches(found.rename(columns={"week": "on"}), "series")

    @finding
    def young_mean(self) -> Estimate:
        """Mean share of the tokens of the nine that young models carry."""
        weeks = self.young[self.young["series"] == self.young["series"].iloc[0]]
        return estimators.ar1_mean(weeks["young"].to_numpy(), weeks["on"].map(pd.Timestamp.toordinal), "percent").map(
            concentration.as_share
        )

    @finding
    def vendors_grown(self) -> pd.DataFrame:
        """By how many ``times`` daily tokens of each vendor moved while daily lists are known, with its ``country``."""
        rows = self.days.query("name != 'other' and entity_id != ''")
        found = churn.grown(rows) if len(rows) else pd.DataFrame(columns=["entity_id", "times"])
        return found.assign(country=found["entity_id"].map(self.cat.entities.set_index("entity_id")["country"]))

    # Tiers -----------------------------------------------------------------------------------------------------------

    @finding
    def on_day(self) -> pd.DataFrame:
        """Models on sale on the day of the scores, scored or not."""
        sold = sample.on_sale(self.lists, self.cat.models, self.cat.entities, self.priced_on)
        return sold.query("blended > 0")

    @finding
    def shape(self) -> tiers.Shape:
        """Whether list prices on the day of the scores have gaps."""
        return tiers.shape(np.log(self.on_day["blended"]))

    @finding
    def gapped(self) -> bool | None:
        """Whether list prices leave gaps, by the threshold of the ledger; None where its two looks disagree."""
        return self.shape.gapped(self.cat.threshold("tiers", "gaps"))

    @finding
    def on_sale(self) -> pd.DataFrame:
        """Models on sale on each day with tokens, with their tier ``by_price`` and ``by_score``."""
        sold = frontier.sold_on(self.history, sorted(self.listed_tokens["day"].unique()))
        sold = sold.merge(self.scored[["model_id", "score"]], on="model_id", how="left")
        return sold.assign(by_price=tiers.by_price(sold), by_score=tiers.by_capability(sold))

    @finding
    def placed(self) -> Mapping[str, tiers.Spread]:
        """Tokens and list spending by tier and day, for each way to draw tiers."""
        return {way: tiers.carried(self.listed_tokens, self.on_sale, way) for way in ("by_price", "by_score")}

    @finding
    def loads(self) -> pd.DataFrame:
        """Mean share of tokens and of list spending of each tier by price."""
        return self.placed["by_price"].frame.groupby("tier")[["token_share", "spend_share"]].mean()

    @finding
    def tier_weeks(self) -> pd.DataFrame:
        """Shares of tokens and list spending over time, long: ``way``, ``tier``, ``what``, ``day``, ``share``."""
        return tiers.over_time({way: spread.frame for way, spread in self.placed.items()})

    @finding
    def flow(self) -> pd.DataFrame:
        """What became of each tier's share of tokens between the first and the last week, and its trend a month."""
        ends = tiers.ends(self.listed_tokens, self.on_sale, 7 if len(self.days) else 1)
        return tiers.with_trend(tiers.flows(ends, "by_price"), self.placed["by_price"].frame)

    @finding
    def agreement(self) -> tiers.Agreement:
        """How tiers by price and by capability agree on the last day with tokens."""
        last = self.on_sale[self.on_sale["day"] == self.on_sale["day"].max()]
        return tiers.agreement(last, "by_price", "by_score")

    @finding
    def share_below_top(self) -> pd.Series:
        """Share of tokens on models that score less than nine tenths of the best on sale, by day."""
        carried = self.placed["by_score"].frame.pivot_table("token_share", "day", "tier", fill_value=0.0)
        return 1 - carried["top"] if "top" in carried else carried.sum(axis=1)

    @finding
    def below_top(self) -> Estimate:
        """The mean of :attr:`share_below_top`."""
        below = self.share_below_top
        return estimators.ar1_mean(below.to_numpy(), below.index.map(pd.Timestamp.toordinal), "percent").map(
            concentration.as_share
        )

    # The premium -----------------------------------------------------------------------------------------------------

    @finding
    def single(self) -> pd.DataFrame:
        """The premium by the baseline and by one choice changed at a time."""
        frames = {key: one.frame for key, one in self.samples.items()}
        counts = self.base["entity_id"].value_counts()
        specs = premium.one_at_a_time(self.tests, counts[counts >= 8].index, self.countries)
        head = [spec for spec in specs if spec.label in (premium.POOLED, premium.TOP, premium.CODING)]
        rest = [spec for spec in specs if spec not in head]
        parts = [
            premium.estimates(frames, head),
            premium.estimates(frames, rest, premium.FEWER),
            premium.estimates({(INDEX, listed.BLEND): self.at_home}, premium.DOMESTIC, premium.FEWER),
        ]
        return pd.concat(parts, ignore_index=True)

    @finding
    def premia(self) -> Mapping[str, Estimate]:
        """:attr:`single` by label."""
        return premium.by_label(self.single)

    @finding
    def premium(self) -> Estimate:
        """Premium of a five percent advantage over all models on sale, date of release held fixed, vendors drawn."""
        return self.premia[premium.POOLED]

    @finding
    def with_lapsed(self) -> pd.DataFrame:
        """The sample :attr:`base` with open spans taken at their word: models that no list shows any more are in it."""
        return sample.hedonic_sample(self.cat.list_prices(patience=None).frame, *self._tables).frame

    @finding
    def premium_with_lapsed(self) -> Estimate:
        """:attr:`premium` over those models."""
        return premium.estimate(self.with_lapsed, premium.Spec(premium.POOLED, "baseline")).to("percent")

    @finding
    def premium_top(self) -> Estimate:
        """The same among the top third of models by score."""
        return self.premia[premium.TOP]

    @finding
    def premium_coding(self) -> Estimate:
        """The same among the top third by the Coding Index: the demanding use that the article names."""
        return self.premia[premium.CODING]

    @finding
    def curve(self) -> pd.DataFrame:
        """The premium by every combination of measure, blend, control and part of the sample, vendors drawn."""
        frames = {key: one.frame for key, one in self.samples.items()}
        return premium.estimates(frames, premium.curve(self.tests, self._codes), premium.FEWER)

    @finding
    def noise(self) -> Mapping[str, Estimate]:
        """The premium were noise in scores all that is wrong, and with the score instrumented by another test."""
        second = sample.scores(self.cat.capability, premium.INSTRUMENT)
        found = {"reverse": premium.reverse(self.base), "instrumented": premium.instrumented(self.base, second)}
        return {name: one.to("percent") for name, one in found.items()}

    @finding
    def launches(self) -> pd.DataFrame:
        """Models at launch against the best rival then on sale."""
        return premium.at_release(self.history, self.scored, self.cat.models)

    @finding
    def leading(self) -> pd.DataFrame:
        """Launches that led every rival, with ``ratio``, price over the best rival's."""
        found = self.launches[self.launches["lead"] > 0]
        return found.assign(ratio=np.exp(found["dearer"]))

    @finding
    def launch_ratio(self) -> Estimate:
        """Median launch price of a leader over the best rival's, vendors drawn."""
        return estimators.vendor_bootstrap(estimators.quantile(self.leading["ratio"]), self.leading["entity_id"])

    @finding
    def launch_premia(self) -> Mapping[str, Estimate]:
        """What a launch earns over the best rival, and each vendor's own ladder."""
        return premium.at_launch(self.launches) | premium.own_ladders(self.base, self.names)

    # Cheap and nearly as good ----------------------------------------------------------------------------------------

    @finding
    def edge(self) -> pd.DataFrame:
        """The best model and the cheapest near it by month, and the price of what led first (``level_price``)."""
        begin = pd.Timestamp(self.lists["published_on"].min().year + 1, 1, 1)  # the first lists come late in a year
        months = pd.date_range(begin, self.priced_on, freq="MS")
        found = frontier.frontier(self.history, self.scored, months)
        level = frontier.price_of_capability(self.history, self.scored, months, found["best_score"].iloc[0])
        return found.merge(level.rename("level_price"), left_on="day", right_index=True, how="left")

    @finding
    def entrants(self) -> pd.DataFrame:
        """Models that came on sale while daily tokens are known; empty where no days are known."""
        if self.days.empty:
            return pd.DataFrame()
        released = self.cat.models.set_index("model_id")["released_on"]
        return frontier.entrants(self.routed, self.history, self.scored, released, (30, 60))

    @finding
    def gains(self) -> pd.DataFrame:
        """What undercutting gains in tokens, by horizon and sample; empty where no days are known."""
        if self.days.empty:
            return pd.DataFrame()
        return frontier.gains(self.routed, self.history, self.scored, frontier.PLANS)

    @finding
    def in_use(self) -> pd.DataFrame:
        """Scored models on sale with their ``price`` and ``share`` of the tokens of the last four weeks."""
        day = self.listed_tokens["day"].max()
        recent = self.listed_tokens[self.listed_tokens["day"] > day - pd.Timedelta(days=28)]
        tokens = recent.groupby("model_id")["tokens"].sum()
        sold = frontier.sold_on(self.history, [min(day, self.history["since"].max())])
        sold = sold.merge(self.scored[["model_id", "score"]], on="model_id")
        return sold.assign(share=sold["model_id"].map(tokens / tokens.sum())).dropna(subset=["share"])

    @finding
    def alike(self) -> Estimate:
        """In what part of pairs of models alike in score the cheaper carries more tokens, on the last four weeks."""
        return frontier.cheaper_leads(self.in_use)

    # Step costs ------------------------------------------------------------------------------------------------------

    @finding
    def intensities(self) -> pd.DataFrame:
        """Outlays over revenue by company and full year."""
        kept = self.cat.financials.query("segment == 'total'")
        return sunk_costs.intensities(kept[kept["period"].str.startswith("FY")], sunk_costs.PARTS)

    @finding
    def outlays(self) -> pd.DataFrame:
        """R&D of a firm in a full year, in the base currency: all, and what goes with sales on the mainland."""
        spent = self.cat.financials.query("metric == 'rd_expense' and segment == 'total'")
        filed = self.cat.in_currency(spent, self.edition.base_currency, "average")
        filed = filed[filed["period"].str.startswith("FY") & filed["value"].gt(0)]
        sold = self.cat.financials.query("metric == 'revenue' and segment in ['total', 'mainland']")
        share = sold.pivot_table("value", ["entity_id", "period"], "segment").pipe(
            lambda wide: wide["mainland"] / wide["total"]
        )
        part = pd.MultiIndex.from_frame(filed[["entity_id", "period"]]).map(share)
        label = filed["entity_id"].map(self.names)
        whole = pd.DataFrame({"label": label, "period": filed["period"], "value": filed["value"]})
        allotted = whole.assign(value=whole["value"] * np.asarray(part, float), scope=sunk_costs.PART)
        return pd.concat([whole.assign(scope=sunk_costs.WHOLE), allotted.dropna()], ignore_index=True)

    @finding
    def kept_of_sales(self) -> pd.DataFrame:
        """Gross margins above zero of full years: of the API line where filed, else of the company; one in theory."""
        filed = self.of(Revenue).margins
        filed = filed[filed["period"].str.startswith("FY")]
        of_api = filed["route"].eq("api")
        files_api = of_api.groupby(filed["entity_id"]).transform("any")
        earned = filed[of_api | (~files_api & filed["segment"].eq("total"))]
        found = pd.DataFrame(
            {"label": earned["entity_id"].map(self.names), "period": earned["period"], "value": earned["margin"]}
        )
        theory = self.cat.operating.query("metric == 'theoretical_gross_margin'").head(1)
        said = theory["entity_id"].map(self.names) + ", theoretical"
        found = pd.concat([found, pd.DataFrame({"label": said, "period": "", "value": theory["value"]})])
        return found[found["value"] > 0].reset_index(drop=True)

    @finding
    def markets(self) -> pd.DataFrame:
        """What the market of the country in question sells in a year, in the base currency, smallest first."""
        home = [country.id for country in self.countries[:1]]
        sold = self.cat.operating.query("metric == 'market_revenue'")
        sold = sold[sold["entity_id"].isin(home) & sold["segment"].isin(sunk_costs.MARKETS)]
        sold = self.cat.in_currency(sold, self.edition.base_currency, "average")
        label = sold["segment"].map(sunk_costs.MARKETS) + ", " + sold["period"]
        found = pd.DataFrame({"label": label, "period": sold["period"], "value": sold["value"]})
        found = found.assign(source_id=sold["source_id"], on=sold["period_end"])
        return found.sort_values("value", ignore_index=True)

    @finding
    def bounds(self) -> pd.DataFrame:
        """Firms of equal size that this market pays for, by definition, scope, outlay and margin of one year."""
        return sunk_costs.grid(self.markets, self.outlays, self.kept_of_sales)

    @finding
    def bound_ranges(self) -> pd.DataFrame:
        """Least, median and most firms of :attr:`bounds` by market and scope."""
        by = self.bounds.groupby(["market", "scope"], sort=False)["firms"]
        return by.agg(low="min", median="median", high="max", n="size").reset_index()

    @finding
    def compute_bill(self) -> sunk_costs.Bill | None:
        """The largest compute bill filed or told, and how many of it the stated run-rates would pay for."""
        told = self.cat.financials.query("metric == 'compute_expense' and segment == 'total'")
        if told.empty:
            return None
        row = self.cat.in_currency(told, "USD", "average").sort_values("value").iloc[-1]
        holders = concentration.run_rate_shares(self.run_rates)["holder"]
        last = self.run_rates.sort_values("period_end").drop_duplicates("entity_id", keep="last")
        sold = last.loc[last["entity_id"].isin(holders), "value"].sum()
        paid = sunk_costs.firms(sold, self.kept_of_sales["value"].median(), row["value"])
        return sunk_costs.Bill(self.names[row["entity_id"]], row["period"], paid)

    # Convergence -----------------------------------------------------------------------------------------------------

    @finding
    def convergence(self) -> pd.DataFrame:
        """How near the fifth-best vendor comes to the best, month by month, by test (``index``)."""
        first = pd.Timestamp(self.edition.as_of) - pd.DateOffset(months=max(frontier.MONTHS_BACK))
        parts = [
            frontier.nearness(sample.scores(self.cat.capability, test), self.cat.models, first).assign(index=name)
            for test, name in ((INDEX, "Intelligence Index"), (CODING, "Coding Index"))
            if test in self.tests
        ]
        return pd.concat(parts, ignore_index=True).dropna()

    @finding
    def convergence_slopes(self) -> pd.DataFrame:
        """Change a year of the ratio and of the distance in points, by test and by where the months begin."""
        return frontier.convergence(self.convergence, pd.Timestamp(self.edition.as_of))

    # Applications ----------------------------------------------------------------------------------------------------

    @finding
    def app_ends(self) -> pd.DataFrame:
        """Applications on the router at the first and the last date known; empty where none are."""
        known = self.cat.apps
        return apps.ends(known) if len(set(known["observed_on"])) > 1 else pd.DataFrame()

    @finding
    def app_growth(self) -> pd.DataFrame:
        """What of the growth of tokens by kind of application is more requests, and what longer ones."""
        return apps.growth(self.app_ends) if len(self.app_ends) else pd.DataFrame()

    # Switching -------------------------------------------------------------------------------------------------------

    @finding
    def surveyed(self) -> pd.DataFrame:
        """First and last share of each vendor in use by the firms of a survey."""
        return churn.between_surveys(self.cat.operating)

    @finding
    def elasticities(self) -> pd.DataFrame:
        """Published elasticities of use to price."""
        return self.cat.operating.query("metric == 'price_elasticity'").sort_values("value")

    @finding
    def surveys(self) -> pd.DataFrame:
        """What surveys and panels of firms say of switching and of using several vendors: published, with samples."""
        return surveys.published(self.cat.operating, self.cat.sources, self.names)

    # All together ----------------------------------------------------------------------------------------------------

    @finding
    def family(self) -> pd.DataFrame:
        """The headline estimates taken together: which exclude their null, and which still do as a family."""
        return estimators.family(self.headlines, self.cat.threshold("ledger", "false_discoveries"))

    @finding
    def by_chance(self) -> estimators.ByChance:
        """How many of the headline intervals would exclude by chance if every null held."""
        return estimators.by_chance([one for one, _ in self.headlines.values()])

    @finding
    def headlines(self) -> Mapping[str, tuple[Estimate, float]]:
        """The headline estimates of the chapter, each with what it is tested against."""
        slopes = self.trends.set_index("series")["slope"]
        gaps = self.convergence_slopes.query("months == @frontier.MONTHS", local_dict={"frontier": frontier})
        series = {LARGEST: "concentration, trend", DAYS: "concentration by day, trend"}
        found = {
            f"concentration, {name}: slope": (self._tried(series.get(name, ""), one), 0.0)
            for name, one in slopes.items()
        }
        found |= {
            f"{row.index}, {row.scale}: slope": (self._tried("convergence, trend", row.slope), 0.0)
            for row in gaps.itertuples(index=False)
        }
        claimed, tried = premium.CLAIMED, self._tried
        found |= {
            "premium, all models": (tried("premium", self.premium), 0.0),
            "premium, top third": (tried("premium, top third", self.premium_top), claimed),
            "premium, top third by coding": (tried("premium, top third by coding", self.premium_coding), claimed),
            "launch price of leaders over the best rival": (tried("launch price of leaders", self.launch_ratio), 1.0),
            "pairs alike in score in which the cheaper leads": (tried("cheaper of alike", self.alike), 0.5),
            "tokens below nine tenths of the best score": (tried("tokens below the best, mean", self.below_top), 0.5),
        }
        return found

    @property
    def _tables(self) -> tuple[pd.DataFrame, ...]:
        return self.cat.capability, self.cat.models, self.cat.entities

    @property
    def _codes(self) -> list[str]:
        return [country.code for country in self.countries]

    def _tried(self, design: str, estimate: Estimate) -> Estimate:
        """Return an estimate with what its interval covers in a design of the study, where that was tried."""
        return recorded(estimate, self.cat.table("study"), design)
