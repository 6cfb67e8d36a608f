"""What bears on each claim: one function a computation, from what an edition knows to a result.

A claim about the business is judged by an interval where there is a sample, by a comparison where accounts give both
sides, and by how many vendors or measures agree where there are a few; :mod:`tokenecon.analysis.judge` has the rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from tokenecon.analysis import estimators, forecasts, judge, revenue, routes, scenarios
from tokenecon.analysis.estimators import Estimate
from tokenecon.analysis.finding import Room
from tokenecon.analysis.judge import (
    NAN,
    Claim,
    Result,
    Verdict,
    about,
    against_print,
    by_agreement,
    by_comparison,
    by_interval,
    changed,
    estimated,
    keys,
    ranged,
    span_of,
)
from tokenecon.analysis.market import prices
from tokenecon.analysis.market.findings import Market
from tokenecon.catalog.formula import Formula

REVENUE, ROUTES, OUTLOOK = "sec-revenue-mix", "sec-route-divergence", "sec-outlook"
PAIR = ("zhipu", "minimax")
PRICE_AND_VOLUME = {"zp_api_price_q1": "zp_calls_q1", "zp_asp_h1": "zp_maas_volume_h1"}
"""Statement on a price to the statement on the volume beside it."""
PLAN_AND_ALL = {"mm_plan_volume_feb": "mm_m2_volume_feb", "zp_plan_volume_h1": "zp_maas_volume_h1"}
"""Statement on the volume of a coding plan to the one on all volume beside it."""
MINIMAX_VOLUMES = {"mm_m2_volume_feb": 2, "mm_volume_jul": 6}
"""Statement on MiniMax's tokens to the months between the two ends that it compares."""
MAIN_LINE = {"zhipu": r"glm-(4-[5-9]|[5-9](-\d)?)", "minimax": r"minimax-m\d(-\d)?"}
"""Model ids of each vendor's newest main line; fast, small and other variants do not fit."""


@dataclass(frozen=True)
class Known(forecasts.Known):
    """What an edition knows of the claims, each part worked out once; ``before`` is the edition before, if any."""

    before: forecasts.Known | None = None

    @cached_property
    def figures(self) -> pd.DataFrame:
        """Accounts of the entities that claims with a figure are about."""
        about = self.cat.claims.query("metric != ''")["entity_id"]
        return self.cat.financials[self.cat.financials["entity_id"].isin(about)]

    @cached_property
    def quotes(self) -> pd.DataFrame:
        """Claims with a figure of their own that is measured."""
        return self.cat.claims.query("statement_id == '' and metric != ''")

    @cached_property
    def judged(self) -> pd.DataFrame:
        """Figures judged against the accounts in their own currency, by claim."""
        return judge.evaluate(self.quotes, self.cat.metrics, self.figures).set_index("claim_id")

    @cached_property
    def judged_in_yuan(self) -> pd.DataFrame:
        """Figures judged against accounts brought to yuan at the average rate of their period, by claim."""
        known = self.cat.metrics.query("dimension == 'money' and nature == 'flow'")["metric_id"]
        quoted = self.quotes[self.quotes["base_unit"] == "CNY"]
        periods = set(quoted["period"])
        flows = self.figures[self.figures["metric"].isin(known) & self.figures["period"].isin(periods)]
        accounts = self.cat.in_currency(flows, "CNY", "average")
        heads = self.heads_table.assign(metric="revenue_per_head", base_unit="CNY")
        heads = heads.assign(value=heads["per_head_end"])
        return judge.evaluate(quoted, self.cat.metrics, pd.concat([accounts, heads])).set_index("claim_id")

    @cached_property
    def heads_table(self) -> pd.DataFrame:
        """Revenue per employee in yuan (:func:`tokenecon.analysis.routes.per_head`)."""
        heads = self.cat.operating.query("metric == 'headcount' and segment == 'full_time_staff'")
        sold = self.sales[(self.sales["segment"] == "total") & (self.sales["period_end"] >= heads["period_end"].min())]
        staff = routes.per_head(self.cat.in_currency(sold, "CNY", "average"), heads)
        return staff[staff["heads_end"].notna()]

    @cached_property
    def sales(self) -> pd.DataFrame:
        """Revenue by line of the vendors that file it, implied periods included, in reporting currency."""
        filing = self.cat.financials.query("metric == 'revenue'")
        return revenue.with_remainders(filing[filing["entity_id"].isin(self.filers)])

    @cached_property
    def lines(self) -> pd.DataFrame:
        """Shares of business lines that make up revenue (:func:`tokenecon.analysis.revenue.shares`)."""
        business = self.cat.segments.query("axis == 'business' and exhaustive")
        return revenue.shares(self.sales, business).query("entity_id in @PAIR", local_dict={"PAIR": PAIR})

    @cached_property
    def growth(self) -> pd.DataFrame:
        """What each line adds to growth (:func:`tokenecon.analysis.revenue.growth_contributions`)."""
        return revenue.growth_contributions(self.lines)

    @cached_property
    def amounts(self) -> pd.DataFrame:
        """Flows behind the ratios of the two routes."""
        metrics = sorted({metric for pair in routes.RATIOS.values() for metric in pair})
        return routes.flows(routes.with_external_rd(self.figures[self.figures["entity_id"].isin(PAIR)]), metrics)

    @cached_property
    def moved(self) -> pd.DataFrame:
        """Stated price and volume beside what revenue did (:func:`tokenecon.analysis.routes.reconcile`)."""
        parts = routes.readings(self.cat.statements, PRICE_AND_VOLUME)
        api = self.sales.query("entity_id == 'zhipu' and segment == 'cloud'")
        rates = self.stated.query("entity_id == 'zhipu'")
        found = [
            routes.revenue_moves((row.period_start, row.period_end), api, rates).assign(
                entity_id=row.entity_id, period=row.period
            )
            for row in parts[["entity_id", "period", *revenue.SPAN]].drop_duplicates().itertuples()
        ]
        return routes.reconcile(parts, pd.concat(found)) if found else parts

    @cached_property
    def climbs(self) -> pd.Series:
        """Change of the price of each vendor's newest main model since its first, by entity and market (ratio)."""
        lines = [
            routes.front_line(prices.ladder(self.market.lists, entity), pattern, self.as_of)
            for entity, pattern in MAIN_LINE.items()
        ]
        ends = pd.concat(lines).sort_values("period_start").groupby(["entity_id", "market"])["blended"]
        return ends.last() / ends.first() - 1

    @cached_property
    def scores(self) -> pd.DataFrame:
        """Forecasts scored (:func:`tokenecon.analysis.forecasts.score`), by statement."""
        return forecasts.score(self, self.before).set_index("statement_id")

    @property
    def focal(self) -> str:
        """Label of the edition's focal period."""
        return self.cat.edition.focal.label

    @cached_property
    def market(self) -> Market:
        """Prices, scores and tokens as the chapters on the market and on prices use them."""
        return Market(self.cat)

    def name(self, entity: str) -> str:
        """Return an entity's short name."""
        names = self.cat.entities.set_index("entity_id")["name"]
        return names[entity].partition(" (")[0]

    def of(self, room: type[Room]) -> Room:
        """Return a chapter's findings of this edition."""
        return room.open(self.cat.edition.id, self.cat.root)

    def said(self, statement: str) -> pd.Series | None:
        """Return a statement, or None where the edition does not know it."""
        known = self.cat.statements.set_index("statement_id")
        return known.loc[statement] if statement in known.index else None


# Figures ---------------------------------------------------------------------------------------------------------


def from_accounts(known: Known, claim: Claim) -> Result:
    """Compute a figure from accounts by the formula of its metric."""
    return _judged(known, claim, known.judged.loc[claim["claim_id"]])


def from_accounts_in_yuan(known: Known, claim: Claim) -> Result:
    """Compute an amount from accounts in another currency, at the average rate of the period."""
    found = _judged(known, claim, known.judged_in_yuan.loc[claim["claim_id"]])
    filed = known.judged.loc[claim["claim_id"]]
    own = known.figures.query("metric == @filed.metric and entity_id == @filed.entity_id and segment == @filed.segment")
    own = own[own["period"] == filed["period"]]
    if found.verdict is not Verdict.differs or own.empty:
        return found
    rates = routes.implied_rates(pd.DataFrame([filed]), own).iloc[0]
    average = known.cat.rate(own["base_unit"].iloc[0], "CNY", filed["period"])
    note = (
        f"{found.note}: the article's amount implies {rates['rate_low']:.2f} to {rates['rate_high']:.2f} yuan a "
        f"dollar, the year's average was {average.value:.2f}"
    )
    return changed(found, note=note, sources=(*found.sources, *average.source_ids))


def revenue_per_head(known: Known, claim: Claim) -> Result:
    """Compute revenue per employee on the closing headcount, in yuan at the average rate of the period."""
    row = known.judged_in_yuan.loc[claim["claim_id"]]
    heads = about(known.heads_table, claim).query("period == @claim['period']")
    found = _judged(known, claim, row)
    staff = known.cat.operating.query("metric == 'headcount' and segment == 'full_time_staff'")
    counted = staff[(staff["entity_id"] == claim["entity_id"]) & (staff["period_end"] == claim["period_end"])]
    sources = [*heads["source_id"], *counted["source_id"]]
    note = found.note
    if found.verdict is Verdict.differs and len(heads) and heads["rate"].iloc[0] != 1:
        implied = claim["value"] * heads["heads_end"].iloc[0] / (heads["value"].iloc[0] / heads["rate"].iloc[0])
        note += f": at {implied:.2f} yuan a dollar it would fit, the year's average was {heads['rate'].iloc[0]:.2f}"
    return changed(found, n=2, note=f"{note}; on the staff of the last day", sources=keys(sources))


def share_price(known: Known, claim: Claim) -> Result:
    """Compare a change of a share price with the one measured from close to close."""
    moves = known.cat.operating.query("metric == 'share_price_change'")
    own = moves[(moves["entity_id"] == claim["entity_id"]) & (moves["period_end"] == claim["period_end"])]
    if own.empty:
        return Result(Verdict.undetermined, note="no price of that day is known")
    value = float(own["value"].iloc[0])
    levels = known.cat.operating.query("metric == 'share_price'")
    closes = levels[(levels["entity_id"] == claim["entity_id"]) & (levels["period_end"] <= claim["period_end"])]
    verdict, note = against_print(claim, value)
    note = f"{note}; close to close" + (f", {' to '.join(f'{v:,.1f}' for v in closes['value'])}" if len(closes) else "")
    return Result(verdict, value, n=len(closes), note=note, sources=tuple({*own["source_id"], *closes["source_id"]}))


def stated_again(known: Known, claim: Claim) -> Result:
    """Look for the same figure said elsewhere than in the article."""
    said = known.cat.statements
    same = said[said["source_id"] != claim["source_id"]]
    for name in ("entity_id", "metric", "segment", "period_start", "period_end", "base_unit"):
        same = same[same[name] == claim[name]]
    if same.empty:
        return _alone(known, claim)
    row = same.iloc[0]
    verdict, note = against_print(claim, row["value"])
    note = f"{note}; said by {row['said_by']}, not a figure of the accounts"
    return Result(verdict, row["value"], n=len(same), note=note, sources=tuple(same["source_id"]), section=REVENUE)


def _alone(known: Known, claim: Claim) -> Result:
    """Say what accounts make of a run-rate for which the article is the only source."""
    note = "no other source states it, and a run-rate is in no accounts"
    if claim["metric"] != "run_rate":
        return Result(Verdict.undetermined, note=note)
    flows = about(known.flows["revenue"], claim).query("measure == 'api'")
    filed = revenue.annualised(flows[flows["period_end"] <= claim["period_end"]]).sort_values(["period_end", "months"])
    row = filed[filed["period_end"] == filed["period_end"].max()].iloc[0]
    gap = revenue.months_between(row["period_end"], claim["period_end"])
    monthly = revenue.implied_monthly_growth(row["value"], row["months"], claim["value"], gap)
    note += (
        f"; it is {claim['value'] / row['annualised']:.1f} times the annual pace of {row['period']} and asks for "
        f"{monthly:.0%} growth a month since"
    )
    return Result(Verdict.undetermined, note=note, n=1, sources=keys(flows["source_id"]), section=REVENUE)


def stated_growth_of_volume(known: Known, claim: Claim) -> Result:
    """Set a growth of volume beside what revenue leaves for it at the price stated with it."""
    own = known.moved.query("reading == 'added to' and period == @claim['period']")
    if own.empty:
        return Result(Verdict.undetermined, note="no run-rate or revenue is known about those months")
    allowed = own["multiple"] / own["price"] - 1
    bases = ", ".join(f"{row.basis} {row.earlier} to {row.later}" for row in own.itertuples())
    note = (
        f"no other source states it; revenue moved {span_of(own['multiple'], '.2f')} times ({bases}), which at the "
        f"stated price leaves growth of {span_of(allowed, '.0%')} for volume that is paid"
    )
    sources = about(known.stated, claim)["source_id"]
    return ranged(Verdict.undetermined, allowed, "bases", "", note, sources, ROUTES)


def rate_over_revenue(known: Known, claim: Claim) -> Result:
    """Divide a run-rate by recognised revenue as the claim does, and by the annual pace of the last period too."""
    quoted = about(known.quotes, claim).query("metric == 'run_rate' and period_end == @claim['period_end']")
    rate = quoted["value"].iloc[0]
    flows = about(known.flows["revenue"], claim).query("measure == 'total' and period_end <= @claim['period_end']")
    year = flows[flows["months"] == 12].sort_values("period_end").iloc[-1]
    pace = revenue.annualised(revenue.finest(flows)).sort_values("period_end").iloc[-1]
    mixed, like = rate / year["value"], rate / pace["annualised"]
    bases = known.cat.metrics.set_index("metric_id")["basis"]
    verdict, note = against_print(claim, mixed)
    if bases["run_rate"] != bases["revenue"]:
        verdict = Verdict.definition_mixed
    note = (
        f"{mixed:.2f} times as the article divides, a run-rate by revenue of {year['period']}; {like:.2f} times the "
        f"annual pace of {pace['period']}"
    )
    return Result(verdict, like, n=2, note=note, sources=keys(flows["source_id"]), section=REVENUE)


def share_of_route(known: Known, claim: Claim) -> Result:
    """Compare a share of revenue with those known of the same vendor; another scope is another definition."""
    filed, said = (
        about(frame, claim).query("metric == 'revenue_share'") for frame in (known.cat.financials, known.cat.statements)
    )
    both = pd.concat([filed, said]).dropna(subset=["value"])
    labels = about(known.cat.segments, claim).set_index("segment")[["label", "route", "axis"]]
    both = both.join(labels, on="segment")
    both = both[both["route"].eq("api") | both["axis"].eq("customer")]
    if both.empty:
        return Result(Verdict.undetermined, note="no share of this vendor is known")
    ranked = both.assign(other=both["segment"].ne(claim["segment"]), near=both["route"].ne("api"))
    row = ranked.sort_values(["other", "near", "tier", "period_end"], ascending=[True, True, True, False]).iloc[0]
    verdict, note = against_print(claim, row["value"])
    if row["other"]:
        verdict = Verdict.definition_mixed
    told = f"{row['value']:.0%} is known for {row['label'].lower()}, {row['period']}"
    scope = "another scope than enterprise API calls" if row["other"] else note
    return Result(
        verdict, row["value"], n=len(both), note=f"{told}: {scope}", sources=(row["source_id"],), section=REVENUE
    )


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


def tilt(known: Known, claim: Claim) -> Result:
    """Follow the share of a line since the article, towards a forecast that it goes on rising."""
    own = about(known.lines, claim).query("segment == @claim['segment']")
    own = own.sort_values(["period_end", "months"])
    at_start = own[own["period_end"] <= claim["published_on"]].iloc[-1]
    last = own.iloc[-1]
    over = known.as_of >= claim["period_end"]
    verdict = Verdict.open
    if over:
        verdict = Verdict.met if last["share"] > at_start["share"] else Verdict.missed
    note = f"{at_start['share']:.1%} in {at_start['period']} when it was said, {last['share']:.1%} in {last['period']}"
    return Result(
        verdict, float(last["share"] - at_start["share"]), n=len(own), unit="percentage points", note=note,
        sources=keys(own["source_id"]), section=REVENUE,
    )  # fmt: skip


# Revenue ---------------------------------------------------------------------------------------------------------


def api_adds_most(known: Known, claim: Claim) -> Result:
    """Ask of each vendor that files lines whether the API line added more to growth than the rest together."""
    now = known.growth.query("period == @known.focal")
    gaps = _api_less_rest(now)
    note = "in " + known.focal + " " + ", ".join(f"{known.name(e)} {gap:+.0%}" for e, gap in gaps.items())
    note = f"contribution of the API line to growth less that of the rest: {note}"
    return ranged(by_agreement(list(gaps > 0)), gaps, "vendors", "percentage points", note, now["source_id"], REVENUE)


def api_adds_most_zhipu(known: Known, claim: Claim) -> Result:
    """Compare what Zhipu's API line and the rest added to growth in the year that the article is about."""
    own = about(known.growth, claim).query("period_end <= @claim['published_on']")
    year = own[own["months"] == 12].sort_values("period_end")["period"].iloc[-1]
    then, now = (
        about(known.growth, claim).query("period == @p", local_dict={"p": p, "claim": claim})
        for p in (year, known.focal)
    )
    parts = then.set_index("route")["contribution"]
    note = f"in {year} the API line added {parts['api']:.0%} to growth, the rest {parts.drop('api').sum():.0%}"
    if known.focal != year and len(now):
        later = now.set_index("route")["contribution"]
        note += f"; in {known.focal} {later['api']:+.0%} and {later.drop('api').sum():+.0%}"
    gap = float(parts["api"] - parts.drop("api").sum())
    verdict = by_comparison(parts["api"], parts.drop("api").sum())
    return Result(
        verdict,
        gap,
        n=len(then),
        unit="percentage points",
        note=note,
        sources=keys(then["source_id"]),
        section=REVENUE,
    )


def _api_less_rest(growth: pd.DataFrame) -> pd.Series:
    signed = growth["contribution"].where(growth["route"] == "api", -growth["contribution"])
    return signed.groupby(growth["entity_id"], sort=False).sum()


def api_convergence(known: Known, claim: Claim) -> Result:
    """Ask whether the API share of revenue rose at each vendor with two comparable figures."""
    now = revenue.year_before(known.lines.query("route == 'api'"), ["share"]).query("period == @known.focal")
    change = (now["share"] - now["share_before"]).set_axis(now["entity_id"])
    said = known.cat.statements.query("metric == 'revenue_share' and kind in ['share', 'estimate']")
    single = revenue.scoped(said, known.cat.segments).query("measure == 'api'").dropna(subset=["value"])
    single = single[~single["entity_id"].isin(now["entity_id"])]
    note = ", ".join(
        f"{known.name(row.entity_id)} {row.share_before:.0%} to {row.share:.0%}" for row in now.itertuples()
    )
    note = f"API share of revenue in {known.focal} and a year before: {note}"
    if len(single):
        note += "; one figure only of " + ", ".join(dict.fromkeys(map(known.name, single["entity_id"])))
    sources = [*now["source_id"], *single["source_id"]]
    return ranged(by_agreement(list(change > 0)), change, "vendors", "percentage points", note, sources, REVENUE)


def line_definition(known: Known, claim: Claim) -> Result:
    """List what a business line holds besides calls billed by the token."""
    own = about(known.cat.segments, claim)
    inside = own[own["parent"] == claim["segment"]]
    if inside.empty:
        return Result(Verdict.undetermined, note="what the line holds is not disclosed", section=REVENUE)
    note = f"the line holds {', '.join(inside['label'])} too, of which the accounts show no part"
    return Result(Verdict.definition_mixed, n=len(inside), note=note, section=REVENUE)


def main_line(known: Known, claim: Claim) -> Result:
    """Compare a line with all others in the last year before the article."""
    own = about(known.lines, claim).query("period_end <= @claim['published_on']")
    year = own[own["months"] == 12].sort_values("period_end")["period"].iloc[-1]
    shares = about(known.lines, claim).query("segment == @claim['segment']")
    shares = shares.set_index("period")
    note = f"{shares['share'][year]:.1%} of revenue in {year}"
    if known.focal != year and known.focal in shares.index:
        note += f", {shares['share'][known.focal]:.1%} in {known.focal}"
    value = float(shares["share"][year])
    return Result(
        by_comparison(value, 0.5), value, n=1, unit="percent", note=note,
        sources=keys(shares["source_id"][[year]]), section=REVENUE,
    )  # fmt: skip


def billing_unit(known: Known, claim: Claim) -> Result:
    """Count the plans that bill by the month beside those that bill by the token."""
    plans = known.cat.operating.query("metric == 'subscription_price'").drop_duplicates(["entity_id", "item"])
    tokens = known.market.lists.drop_duplicates(["model_id", "market"])
    own = tokens[tokens["entity_id"].isin(plans["entity_id"])]
    note = (
        f"{' and '.join(map(known.name, plans['entity_id'].unique()))} sell {len(plans)} plans by the month beside "
        f"{len(own)} models by the token; no filing says which part of revenue is which"
    )
    return Result(Verdict.undetermined, n=len(plans), note=note, sources=keys(plans["source_id"]), section=REVENUE)


# Volume, price and the two routes --------------------------------------------------------------------------------


def tokens_rise(known: Known, claim: Claim) -> Result:
    """Estimate the growth of daily tokens in China from the dates on which they were published."""
    own = known.cat.operating.query("metric == 'daily_tokens' and segment == 'total'")
    own = own[(own["entity_id"] == claim["entity_id"])].sort_values("period_end")
    slope = _log_trend(own["value"], own["period_end"]).map(np.expm1)
    last = own.iloc[-1]
    ends = f"{own['value'].iloc[0] / 1e12:.1f} to {last['value'] / 1e12:,.0f} trillion by {last['period']}"
    note = f"growth a year of tokens a day, {ends}"
    return estimated(slope, by_interval(slope.low, slope.high), "percent", note, own["source_id"], ROUTES)


def volume_share(known: Known, claim: Claim) -> Result:
    """Split the stated growth of API revenue into volume and price, in each way the words can be read."""
    parts = known.moved.drop_duplicates(["period", "reading"])
    volume = np.log(parts["volume"]) / (np.log(parts["volume"]) + np.log(parts["price"]))
    note = (
        f"part of volume in the logarithm of stated volume times price, {len(parts)} readings for "
        f"{' and '.join(parts['period'].unique())}. They are the company's words and exceed what revenue did"
    )
    verdict = by_interval(volume.min(), volume.max(), 0.5)
    return ranged(verdict, volume, "readings", "percent", note, _statement_sources(known, PRICE_AND_VOLUME), ROUTES)


def agent_volume(known: Known, claim: Claim) -> Result:
    """Ask whether calls under coding plans, which agents use, grew faster than all calls."""
    found = {}
    for plan, everything in PLAN_AND_ALL.items():
        one, other = known.said(plan), known.said(everything)
        if one is not None and other is not None:
            found[known.name(one["entity_id"])] = (one["value"] / other["value"], one["source_id"])
    ratios = pd.Series({name: ratio for name, (ratio, _) in found.items()}, dtype=float)
    told = ", ".join(f"{name} {ratio:.2f} times" for name, ratio in ratios.items())
    note = f"volume of coding plans over all volume, both as multiples of their start: {told or 'not stated'}"
    sources = [source for _, source in found.values()]
    return ranged(by_agreement(list(ratios > 1)), ratios, "vendors", "times", note, sources, ROUTES)


def price_and_volume(known: Known, claim: Claim) -> Result:
    """Ask whether paid volume rose while the price did: revenue over price, for every reading and basis."""
    own = about(known.moved, claim).drop_duplicates(["period", "basis"])
    paid = own["multiple"] / own["price"]
    stated = known.moved["volume"]
    note = (
        f"revenue over stated price leaves paid volume {span_of(paid, '.2f')} times its start, where "
        f"{span_of(stated, '.0f')} times are stated for calls. That supply fell short is not tested"
    )
    sources = _statement_sources(known, PRICE_AND_VOLUME)
    return ranged(by_agreement(list(paid > 1)), paid, "periods and bases", "times", note, sources, ROUTES)


def minimax_tokens_drive(known: Known, claim: Claim) -> Result:
    """Compare the growth of MiniMax's tokens with that of its run-rate or pace over about the same months."""
    rates = known.stated.query("entity_id == 'minimax' and measure == 'total'")
    found, told, sources = [], [], []
    for statement, months in MINIMAX_VOLUMES.items():
        said = known.said(statement)
        if said is None:
            continue
        start, start_text = _pace_at(known, rates, said["period_end"] - pd.DateOffset(months=months))
        end = rates[(rates["on"] - said["period_end"]).abs() <= pd.Timedelta(days=31)]
        if end.empty or start != start:
            continue
        multiple = end["value"].iloc[-1] / start
        found.append(float(np.log(said["value"]) / np.log(multiple)))
        span = f"{start_text} to {end['on'].iloc[-1]:%Y-%m-%d}"
        told.append(f"tokens {said['value']:.0f} times, run-rate {multiple:.1f} times {span}")
        sources += [said["source_id"], end["source_id"].iloc[-1]]
    values = pd.Series(found, dtype=float)
    note = f"log growth of tokens over that of the run-rate: {'; '.join(told)}. Scopes differ between the two"
    return ranged(by_agreement(list(values > 1)), values, "spans", "ratio", note, sources, ROUTES)


def _pace_at(known: Known, rates: pd.DataFrame, day: pd.Timestamp) -> tuple[float, str]:
    """Return the last run-rate stated about a day, else the annual pace of the last period filed by then."""
    near = rates[(rates["on"] - day).abs() <= pd.Timedelta(days=45)]
    if len(near):
        row = near.loc[(near["on"] - day).abs().idxmin()]
        return float(row["value"]), f"from {row['on']:%Y-%m-%d}"
    flows = known.flows["revenue"].query("entity_id == 'minimax' and measure == 'total'")
    filed = revenue.annualised(revenue.finest(flows[flows["period_end"] <= day + pd.Timedelta(days=45)]))
    if filed.empty:
        return NAN, ""
    return float(filed["annualised"].iloc[-1]), f"from the pace of {filed['period'].iloc[-1]}"


def rd_slower_than_revenue(known: Known, claim: Claim) -> Result:
    """Compare growth of R&D with growth of revenue in the year that the article is about."""
    pairs = routes.growth_pairs(known.amounts, "rd_expense", "revenue")
    own = about(pairs, claim).query("months == 12 and period_end <= @claim['published_on']")
    row = own.sort_values("period_end").iloc[-1]
    note = f"in {row['period']} R&D grew {row['rd_expense']:.1%}, revenue {row['revenue']:.1%}"
    later = about(pairs, claim).query("period == @known.focal")
    if len(later) and known.focal != row["period"]:
        note += f"; in {known.focal} {later['rd_expense'].iloc[0]:.1%} and {later['revenue'].iloc[0]:.1%}"
    sources = _metric_sources(known, claim["entity_id"], ("rd_expense", "revenue"))
    gap = float(row["revenue"] - row["rd_expense"])
    return Result(
        by_comparison(row["revenue"], row["rd_expense"]), gap, n=2, unit="percentage points", note=note,
        sources=sources, section=ROUTES,
    )  # fmt: skip


def minimax_more_efficient(known: Known, claim: Claim) -> Result:
    """Count the measures of efficiency by which MiniMax leads in the year that the article is about."""
    table = routes.ratios(known.amounts)
    years = table.query("months == 12 and period_end <= @claim['published_on']").sort_values("period_end")
    year = years["period"].iloc[-1]
    wide = table.query("period == @year").pivot_table("value", "ratio", "entity_id")
    lower = wide.loc[["rd_ratio", "adjusted_loss_ratio", "net_loss_ratio"]]
    higher = wide.loc[["revenue_per_rd", "gross_profit_per_rd"]].iloc[1:]
    heads = known.heads_table.query("period == @year").set_index("entity_id")["per_head_end"]
    leads = {
        "R&D over revenue": lower["minimax"]["rd_ratio"] < lower["zhipu"]["rd_ratio"],
        "adjusted loss": lower["minimax"]["adjusted_loss_ratio"] < lower["zhipu"]["adjusted_loss_ratio"],
        "IFRS loss": lower["minimax"]["net_loss_ratio"] < lower["zhipu"]["net_loss_ratio"],
        "gross profit over R&D": bool((higher["minimax"] > higher["zhipu"]).iloc[0]),
        "revenue per head": heads["minimax"] > heads["zhipu"],
    }
    behind = [name for name, leading in leads.items() if not leading]
    note = f"leads by {sum(leads.values())} of {len(leads)} measures in {year}" + (
        f"; not by {', '.join(behind)}" if behind else ""
    )
    end = years["period_end"].iloc[-1]
    sources = [key for entity in PAIR for key in _metric_sources(known, entity, ("revenue", "rd_expense"), end)]
    part = float(np.mean(list(leads.values())))
    return Result(
        by_agreement(list(leads.values())), part, n=len(leads), unit="percent", note=note, sources=keys(sources),
        section=ROUTES,
    )  # fmt: skip


def routes_diverge(known: Known, claim: Claim) -> Result:
    """Compare the climb of both vendors' newest models on the international list."""
    climb = known.climbs.xs("international", level="market")
    gap = float(np.log1p(climb["zhipu"]) - np.log1p(climb["minimax"]))
    own = known.market.lists[known.market.lists["entity_id"].isin(PAIR)]
    note = (
        f"list price of the newest main model since the first of its line, abroad: Zhipu {climb['zhipu']:+.0%}, "
        f"MiniMax {climb['minimax']:+.0%}; the estimate is the difference in logarithms. Lists are no sample"
    )
    return Result(
        by_comparison(climb["zhipu"], climb["minimax"]), gap, n=2, unit="log points", note=note,
        sources=keys(own["source_id"]), section=ROUTES,
    )  # fmt: skip


def breadth_amplifies(known: Known, claim: Claim) -> Result:
    """Set the spread of MiniMax's revenue over its lines beside the growth of its tokens."""
    own = known.lines.query("entity_id == 'minimax'")
    now = own[own["period"].isin([known.focal, known.cat.edition.focal.year_before.label])]
    spread = now.groupby("period_end")["value"].agg(routes.effective_lines)
    said = [known.said(name) for name in MINIMAX_VOLUMES]
    said = [row for row in said if row is not None]
    volume = said[-1]["value"] if said else NAN
    change = float(spread.iloc[-1] / spread.iloc[0] - 1) if len(spread) > 1 else NAN
    note = (
        f"lines of equal size that revenue is spread over: {', '.join(f'{v:.2f}' for v in spread)} a year apart to "
        f"{known.focal}; tokens meanwhile {volume:.0f} times. Tokens by modality are not published, and one company "
        "allows no inference"
    )
    sources = [*now["source_id"], *(row["source_id"] for row in said)]
    return Result(
        by_agreement([change > 0]), change, n=len(spread), unit="percent", note=note, sources=keys(sources),
        section=ROUTES,
    )  # fmt: skip


def breadth_widens_users(known: Known, claim: Claim) -> Result:
    """Follow the monthly users of MiniMax's applications; who they are is not published."""
    own = known.cat.operating.query("entity_id == 'minimax' and metric == 'average_mau'").sort_values("period_end")
    if len(own) < 2:
        return Result(Verdict.undetermined, note="no two counts of users are known", section=ROUTES)
    multiple = own["value"].iloc[-1] / own["value"].iloc[0]
    note = (
        f"monthly users of the applications went to {multiple:.1f} times, {own['period'].iloc[0]} to "
        f"{own['period'].iloc[-1]}; age and reasons are not published"
    )
    return Result(
        Verdict.undetermined, float(multiple), n=len(own), unit="times", note=note, sources=keys(own["source_id"]),
        section=ROUTES,
    )  # fmt: skip


# Capability and price --------------------------------------------------------------------------------------------


def capability_converges(known: Known, claim: Claim) -> Result:
    """Follow how near the fifth-best vendor comes to the best, month by month, on the last set of scores."""
    about = known.cat.models[["model_id", "entity_id", "released_on"]]
    rows = known.market.scored.merge(about, on="model_id", validate="one_to_one").dropna(subset=["released_on"])
    months = pd.date_range(known.as_of - pd.DateOffset(months=18), rows["released_on"].max(), freq="ME")
    near = []
    for month in months:
        best = rows[rows["released_on"] <= month].groupby("entity_id")["score"].max().nlargest(5)
        near.append(best.iloc[-1] / best.iloc[0] if len(best) == 5 else NAN)
    slope = estimators.trend(near, _years(months))
    ends = f"{near[0]:.2f} to {near[-1]:.2f} in {len(months)} months"
    note = f"score of the fifth-best vendor over the best, change a year; {ends}"
    return estimated(
        slope, by_interval(slope.low, slope.high), "percentage points", note, ["AA_SNAPSHOTS"], "sec-market-structure"
    )


def _log_trend(values: Iterable[float], days: Iterable[pd.Timestamp]) -> Estimate:
    return estimators.trend(np.log(np.asarray(values, dtype=float)), _years(pd.DatetimeIndex(days)))


def _years(days: pd.DatetimeIndex) -> list[float]:
    return [float(day.days) / 365.25 for day in days - days[0]]


# Shared ----------------------------------------------------------------------------------------------------------


def not_testable(known: Known, claim: Claim) -> Result:
    """Say that no table holds what would decide the claim; its note says what is missing."""
    return Result(Verdict.undetermined, note="not testable with this data")


def _judged(known: Known, claim: Claim, row: pd.Series) -> Result:
    verdict = Verdict(row["verdict"])
    verdict = Verdict.undetermined if verdict is Verdict.not_computable else verdict
    formula = known.cat.metrics.set_index("metric_id")["formula"][claim["metric"]]
    metrics = (claim["metric"],)
    if formula:
        parsed = Formula.parse(formula)
        metrics = tuple(dict.fromkeys((parsed.left, parsed.right)))
    operands = 1 if not formula else 2
    sources = _metric_sources(known, claim["entity_id"], metrics, claim["period_end"])
    section = ROUTES if claim["section"] == "02" else REVENUE
    return Result(verdict, float(row["computed"]), n=operands, note=row["reason"], sources=sources, section=section)


def _metric_sources(
    known: Known, entity: str, metrics: Sequence[str], day: pd.Timestamp | None = None
) -> tuple[str, ...]:
    own = known.figures[(known.figures["entity_id"] == entity) & known.figures["metric"].isin(metrics)]
    if day is not None:
        own = own[(own["period_end"] <= day) & (own["period_start"] >= day - pd.DateOffset(years=2))]
        own = own[own["period_end"].dt.strftime("%m-%d") == f"{day:%m-%d}"]
    return keys(own["source_id"])


def _statement_sources(known: Known, pairs: Mapping[str, str]) -> pd.Series:
    said = known.cat.statements
    return said.loc[said["statement_id"].isin([*pairs, *pairs.values()]), "source_id"]
