"""What bears on each claim: one function a computation, from what an edition knows to a result.

A claim about the business is judged by an interval where there is a sample, by a comparison where accounts give both
sides, and by how many vendors or measures agree where there are a few; :mod:`tokenecon.analysis.judge` has the rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from tokenecon.analysis import estimators, forecasts, judge, revenue, routes, scenarios
from tokenecon.analysis.estimators import Estimate
from tokenecon.analysis.judge import (
    NAN,
    Claim,
    Result,
    Verdict,
    about,
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
from tokenecon.analysis.market.old import OldMarket
from tokenecon.analysis.revenue.claims import judged_figure, metric_sources
from tokenecon.analysis.revenue.findings import Revenue

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

    @property
    def figures(self) -> pd.DataFrame:
        """Accounts of the entities that claims with a figure are about."""
        return self.of(Revenue).figures

    @property
    def quotes(self) -> pd.DataFrame:
        """Claims with a figure of their own that is measured."""
        return self.of(Revenue).quotes

    @property
    def judged(self) -> pd.DataFrame:
        """Figures judged against the accounts in their own currency, by claim."""
        return self.of(Revenue).figures_judged

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

    @property
    def sales(self) -> pd.DataFrame:
        """Revenue by line of the vendors that file it, in reporting currency."""
        return self.of(Revenue).sales

    @property
    def lines(self) -> pd.DataFrame:
        """Shares of business lines that make up revenue."""
        return self.of(Revenue).lines

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
    def market(self) -> OldMarket:
        """Prices, scores and tokens as the chapters on the market and on prices use them."""
        return OldMarket(self.cat)

    def name(self, entity: str) -> str:
        """Return an entity's short name."""
        names = self.cat.entities.set_index("entity_id")["name"]
        return names[entity].partition(" (")[0]

    def said(self, statement: str) -> pd.Series | None:
        """Return a statement, or None where the edition does not know it."""
        known = self.cat.statements.set_index("statement_id")
        return known.loc[statement] if statement in known.index else None


# Figures ---------------------------------------------------------------------------------------------------------


def from_accounts_in_yuan(known: Known, claim: Claim) -> Result:
    """Compute an amount from accounts in another currency, at the average rate of the period."""
    found = judged_figure(known, claim, known.judged_in_yuan.loc[claim["claim_id"]])
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
    found = judged_figure(known, claim, row)
    staff = known.cat.operating.query("metric == 'headcount' and segment == 'full_time_staff'")
    counted = staff[(staff["entity_id"] == claim["entity_id"]) & (staff["period_end"] == claim["period_end"])]
    sources = [*heads["source_id"], *counted["source_id"]]
    note = found.note
    if found.verdict is Verdict.differs and len(heads) and heads["rate"].iloc[0] != 1:
        implied = claim["value"] * heads["heads_end"].iloc[0] / (heads["value"].iloc[0] / heads["rate"].iloc[0])
        note += f": at {implied:.2f} yuan a dollar it would fit, the year's average was {heads['rate'].iloc[0]:.2f}"
    return changed(found, n=2, note=f"{note}; on the staff of the last day", sources=keys(sources))


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


# Revenue ---------------------------------------------------------------------------------------------------------


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
    sources = metric_sources(known, claim["entity_id"], ("rd_expense", "revenue"))
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
    sources = [key for entity in PAIR for key in metric_sources(known, entity, ("revenue", "rd_expense"), end)]
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


def _log_trend(values: Iterable[float], days: Iterable[pd.Timestamp]) -> Estimate:
    return estimators.trend(np.log(np.asarray(values, dtype=float)), _years(pd.DatetimeIndex(days)))


def _years(days: pd.DatetimeIndex) -> list[float]:
    return [float(day.days) / 365.25 for day in days - days[0]]


# Shared ----------------------------------------------------------------------------------------------------------


def not_testable(known: Known, claim: Claim) -> Result:
    """Say that no table holds what would decide the claim; its note says what is missing."""
    return Result(Verdict.undetermined, note="not testable with this data")


def _statement_sources(known: Known, pairs: Mapping[str, str]) -> pd.Series:
    said = known.cat.statements
    return said.loc[said["statement_id"].isin([*pairs, *pairs.values()]), "source_id"]
