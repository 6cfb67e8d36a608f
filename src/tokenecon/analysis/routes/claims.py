"""What bears on the claims about the two routes: efficiency, price and volume, breadth, and list prices."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tokenecon.analysis import revenue, routes
from tokenecon.analysis.finding import Findings
from tokenecon.analysis.judge import (
    NAN,
    Claim,
    Result,
    Verdict,
    about,
    by_agreement,
    by_comparison,
    by_halves,
    by_interval,
    changed,
    compared,
    computation,
    keys,
    ranged,
    span_of,
    threshold,
)
from tokenecon.analysis.market.findings import Market
from tokenecon.analysis.revenue.claims import judged_figure, metric_sources
from tokenecon.analysis.revenue.findings import Revenue
from tokenecon.analysis.routes.findings import Routes
from tokenecon.analysis.routes.price_volume import set_beside

ROUTES = "sec-route-divergence"
PRINTED = {"R&D over revenue": "rd_ratio", "adjusted loss": "loss_per_revenue", "revenue per head": "revenue_per_head"}
"""Measures of efficiency that an article may print, to their metrics."""


@computation
def from_accounts_converted(known: Findings, claim: Claim) -> Result:
    """Compute an amount from accounts in another currency, at the average rate of the period."""
    found = judged_figure(known, claim, known.of(Routes).figures_in_base.loc[claim["claim_id"]])
    filed = known.of(Revenue).figures_judged.loc[claim["claim_id"]]
    own = known.of(Revenue).figures.query(
        "metric == @filed.metric and entity_id == @filed.entity_id and segment == @filed.segment"
    )
    own = own[own["period"] == filed["period"]]
    if found.verdict is not Verdict.differs or own.empty:
        return found
    rates = routes.implied_rates(pd.DataFrame([filed]), own).iloc[0]
    average = known.cat.rate(own["base_unit"].iloc[0], known.edition.base_currency, filed["period"])
    note = (
        f"{found.note}: the article's amount implies {rates['rate_low']:.2f} to {rates['rate_high']:.2f} "
        f"{average.quote} for one {average.base}, the year's average was {average.value:.2f}"
    )
    return changed(found, note=note, sources=(*found.sources, *average.source_ids))


@computation
def revenue_per_head(known: Findings, claim: Claim) -> Result:
    """Compute revenue per employee on the closing headcount, in the edition's currency at the period's average rate."""
    row = known.of(Routes).figures_in_base.loc[claim["claim_id"]]
    heads = about(known.of(Routes).per_head, claim).query("period == @claim['period']")
    found = judged_figure(known, claim, row)
    staff = known.cat.operating.query("metric == 'headcount' and segment == 'full_time_staff'")
    counted = staff[(staff["entity_id"] == claim["entity_id"]) & (staff["period_end"] == claim["period_end"])]
    sources = [*heads["source_id"], *counted["source_id"]]
    note = found.note
    if found.verdict is Verdict.differs and len(heads) and heads["rate"].iloc[0] != 1:
        implied = claim["value"] * heads["heads_end"].iloc[0] / (heads["value"].iloc[0] / heads["rate"].iloc[0])
        note += f": at {implied:.2f} for one unit it would fit, the year's average was {heads['rate'].iloc[0]:.2f}"
    return changed(found, n=2, note=f"{note}; on the staff of the last day", sources=keys(sources))


@computation
def stated_growth_of_volume(known: Findings, claim: Claim) -> Result:
    """Set a growth of volume beside what revenue leaves for it at the price stated with it."""
    own = known.of(Routes).split.query("reading == 'added to' and period == @claim['period']")
    if own.empty:
        return Result(Verdict.undetermined, note="no run-rate or revenue is known about those months")
    allowed = own["multiple"] / own["price"] - 1
    bases = ", ".join(f"{row.basis} {row.earlier} to {row.later}" for row in own.itertuples())
    note = (
        f"no other source states it; revenue moved {span_of(own['multiple'], '.2f')} times ({bases}), which at the "
        f"stated price leaves growth of {span_of(allowed, '.0%')} for volume that is paid"
    )
    sources, on = about(known.of(Revenue).run_rates, claim)["source_id"], own["period_end"].max()
    return ranged(Verdict.undetermined, allowed, "bases", "", note, sources, ROUTES, on)


@computation
def volume_share(known: Findings, claim: Claim) -> Result:
    """Split the stated growth of API revenue into volume and price, in each way the words can be read."""
    parts = known.of(Routes).split.drop_duplicates(["period", "reading"])
    on = parts["period_end"].max()
    volume = np.log(parts["volume"]) / (np.log(parts["volume"]) + np.log(parts["price"]))
    note = (
        f"part of volume in the logarithm of stated volume times price, taken as stated, {len(parts)} readings for "
        f"{' and '.join(parts['period'].unique())}. They are the company's words and exceed what revenue did"
    )
    verdict = by_interval(volume.min(), volume.max(), threshold(known, claim, "most"))
    return ranged(verdict, volume, "readings", "percent", note, _said_sources(known), ROUTES, on)


@computation
def agent_volume(known: Findings, claim: Claim) -> Result:
    """Ask whether calls under coding plans, which agents use, grew faster than all calls."""
    said = list(set_beside(known.cat.statements, "volume_change"))
    found = {known.name(part["entity_id"]): part["value"] / whole["value"] for part, whole in said}
    ratios = pd.Series(found, dtype=float)
    told = ", ".join(f"{name} {ratio:.2f} times" for name, ratio in ratios.items())
    note = f"volume of coding plans over all volume, both as multiples of their start: {told or 'not stated'}"
    sources, on = [part["source_id"] for part, _ in said], max((part["period_end"] for part, _ in said), default=None)
    return ranged(by_agreement(list(ratios > 1)), ratios, "vendors", "times", note, sources, ROUTES, on)


@computation
def price_and_volume(known: Findings, claim: Claim) -> Result:
    """Judge two halves: that paid volume rose while the price did, and that supply fell short, which nothing shows.

    Paid volume is revenue over price, for every reading and basis.
    """
    own = about(known.of(Routes).split, claim).drop_duplicates(["period", "basis"])
    paid = own["multiple"] / own["price"]
    stated = known.of(Routes).split["volume"]
    note = (
        f"revenue over stated price leaves paid volume {span_of(paid, '.2f')} times its start, where "
        f"{span_of(stated, '.0f')} times are stated for calls"
    )
    halves = {"demand did not shrink": by_agreement(list(paid > 1)), "supply fell short": Verdict.undetermined}
    verdict, told = by_halves(halves)
    note = f"{note}. {told}: nobody publishes calls turned away"
    sources, on = _said_sources(known), own["period_end"].max()
    return ranged(verdict, paid, "periods and bases", "times", note, sources, ROUTES, on)


@computation
def tokens_drive(known: Findings, claim: Claim) -> Result:
    """Judge two parts: tokens grew more than run-rate or pace over about the same months, and for coding above all.

    Calls under coding plans that grew less than all calls would refute the second part; that they grew more does not
    show it, since nobody publishes which part of the tokens they are.
    """
    rates = about(known.of(Revenue).run_rates, claim).query("measure == 'total'")
    near, far = (pd.Timedelta(days=threshold(known, claim, name)) for name in ("end_days", "start_days"))
    found, told, sources, days = [], [], [], []
    for _, said in _volumes(known, claim).iterrows():
        start, start_text = _pace_at(about(known.of(Revenue).dollars, claim), rates, said["measured_since"], far)
        end = rates[(rates["on"] - said["period_end"]).abs() <= near]
        if end.empty or start != start:
            continue
        multiple = end["value"].iloc[-1] / start
        found.append(float(np.log(said["value"]) / np.log(multiple)))
        span = f"{start_text} to {end['on'].iloc[-1]:%Y-%m-%d}"
        told.append(f"tokens {said['value']:.0f} times, run-rate {multiple:.1f} times {span}")
        sources += [said["source_id"], end["source_id"].iloc[-1]]
        days.append(said["period_end"])
    values = pd.Series(found, dtype=float)
    plans = [
        part["value"] / whole["value"]
        for part, whole in set_beside(known.cat.statements, "volume_change")
        if part["entity_id"] == claim["entity_id"]
    ]
    slower = any(ratio <= 1 for ratio in plans)
    coding = Verdict.not_supported if slower else Verdict.undetermined
    verdict, parts = by_halves(
        {"tokens outgrow the run-rate": by_agreement(list(values > 1)), "coding and agents above all": coding}
    )
    beside = f" (calls under coding plans grew {plans[-1]:.1f} times as much as all calls)" if plans else ""
    note = (
        f"log growth of tokens over that of the run-rate: {'; '.join(told)}. Scopes differ between the two. "
        f"{parts}{beside}, since their part of the tokens is not published"
    )
    return ranged(verdict, values, "spans", "ratio", note, sources, ROUTES, max(days, default=None))


def _pace_at(dollars: pd.DataFrame, rates: pd.DataFrame, day: pd.Timestamp, reach: pd.Timedelta) -> tuple[float, str]:
    """Return the last run-rate stated within reach of a day, else the annual pace of the last period filed by then."""
    near = rates[(rates["on"] - day).abs() <= reach]
    if len(near):
        row = near.loc[(near["on"] - day).abs().idxmin()]
        return float(row["value"]), f"from {row['on']:%Y-%m-%d}"
    flows = dollars.query("measure == 'total'")
    filed = revenue.annualised(revenue.finest(flows[flows["period_end"] <= day + reach]))
    if filed.empty:
        return NAN, ""
    return float(filed["annualised"].iloc[-1]), f"from the pace of {filed['period'].iloc[-1]}"


@computation
def rd_slower_than_revenue(known: Findings, claim: Claim) -> Result:
    """Compare growth of R&D with growth of revenue in the year that the article is about."""
    pairs = routes.growth_pairs(known.of(Routes).amounts, "rd_expense", "revenue")
    own = about(pairs, claim).query("months == 12 and period_end <= @claim['published_on']")
    row = own.sort_values("period_end").iloc[-1]
    note = f"in {row['period']} R&D grew {row['rd_expense']:.1%}, revenue {row['revenue']:.1%}"
    since, later = about(pairs, claim).query("period == @known.focal"), None
    if len(since) and known.focal != row["period"]:
        research, sold = since[["rd_expense", "revenue"]].iloc[0]
        note += f"; in {known.focal} {research:.1%} and {sold:.1%}"
        later = by_comparison(sold, research)
    sources = metric_sources(known, claim["entity_id"], ("rd_expense", "revenue"))
    gap = float(row["revenue"] - row["rd_expense"])
    return Result(
        by_comparison(row["revenue"], row["rd_expense"]), gap, n=2, unit="percentage points", note=note,
        sources=sources, section=ROUTES, on=row["period_end"], later=later,
    )  # fmt: skip


@computation
def more_efficient(known: Findings, claim: Claim) -> Result:
    """Ask of every measure of efficiency that the article prints whether the claim's company leads, in its year.

    Measures that it does not print are told beside.
    """
    found = known.of(Routes)
    one, other = compared(known, claim)[:2]
    years = found.ratios.query("months == 12 and period_end <= @claim['published_on']").sort_values("period_end")
    year, end = years.iloc[-1][["period", "period_end"]]
    leads = _leads(found, year, one, other)
    asked = set(known.cat.claims_of(claim["article_id"])["metric"])
    printed = [name for name, metric in PRINTED.items() if metric in asked]
    own = [leads[name] for name in printed]
    since = _leads(found, known.focal, one, other) if known.focal != year else {}
    later = by_agreement([since[name] for name in printed]) if since.keys() >= set(printed) else None
    behind = [name for name, leading in leads.items() if not leading]
    note = f"leads by {sum(own)} of the {len(own)} measures that the article prints, in {year}; of {len(leads)} by " + (
        f"all but {', '.join(behind)}" if behind else "all"
    )
    if later is not None:
        note += f"; in {known.focal} by {sum(since[name] for name in printed)} of the {len(printed)}"
    sources = [key for entity in (other, one) for key in metric_sources(known, entity, ("revenue", "rd_expense"), end)]
    part = float(np.mean(own)) if own else NAN
    return Result(
        by_agreement(own), part, n=len(own), unit="percent", note=note, sources=keys(sources),
        section=ROUTES, on=end, later=later,
    )  # fmt: skip


def _leads(found: Routes, period: str, one: str, other: str) -> dict[str, bool]:
    """Return by which measures of efficiency one company leads another in a period, of those that both disclose."""
    wide = found.ratios.query("period == @period").pivot_table("value", "ratio", "entity_id")
    heads = found.per_head.query("period == @period").set_index("entity_id")["per_head_end"]
    measures = {
        "R&D over revenue": ("rd_ratio", -1),
        "adjusted loss": ("adjusted_loss_ratio", -1),
        "IFRS loss": ("net_loss_ratio", -1),
        "gross profit over R&D": ("gross_profit_per_rd", 1),
    }
    table = wide.reindex(columns=[one, other])
    pairs = {name: table.loc[ratio] * sign for name, (ratio, sign) in measures.items() if ratio in table.index}
    pairs["revenue per head"] = heads.reindex([one, other])
    return {name: bool(pair[one] > pair[other]) for name, pair in pairs.items() if pair.notna().all()}


@computation
def routes_diverge(known: Findings, claim: Claim) -> Result:
    """Judge two halves: the first company's price climbed more, and the second company's use grew more.

    Price is that of the newest models of the main line on the international list. Use is what both say of their
    volume, a month, and tokens on one router; both must agree. That use grew at the second alone would be no
    divergence.
    """
    found = known.of(Routes)
    climb = found.climbs.xs("international", level="market")
    one, other = compared(known, claim)[:2]
    gap = float(np.log1p(climb[one]) - np.log1p(climb[other]))
    own = found.listed[found.listed["entity_id"].isin([one, other])]
    told = ", ".join(f"{known.name(entity)} {climb[entity]:+.0%}" for entity in (one, other))
    routed = known.of(Market).vendors_grown.set_index("entity_id")["times"]
    use = {
        "volume a month, as they say": {entity: _monthly_multiple(known, entity) for entity in (one, other)},
        "tokens on one router": {entity: routed.get(entity, NAN) for entity in (one, other)},
    }
    use = {what: times for what, times in use.items() if not any(pd.isna(each) for each in times.values())}
    verdict, halves = by_halves(
        {
            "one raises its price": by_comparison(climb[one], climb[other]),
            "the other widens use": by_agreement([times[other] > times[one] for times in use.values()]),
        }
    )
    grown = "; ".join(
        f"{what} {', '.join(f'{known.name(entity)} {each:.1f} times' for entity, each in times.items())}"
        for what, times in use.items()
    )
    note = (
        f"list price of the newest main model since the first of its line, abroad: {told}; the estimate is the "
        f"difference in logarithms. Lists are no sample. Use of both: {grown or 'not known'}. {halves}"
    )
    return Result(
        verdict, gap, n=2, unit="log points", note=note, sources=keys(own["source_id"]), section=ROUTES,
        on=found.lines["period_start"].max(),
    )  # fmt: skip


def _monthly_multiple(known: Findings, entity: str) -> float:
    """Return by what multiple a company's volume grew in a month, by what it last said of all of it; NaN unsaid."""
    said = known.cat.statements
    whole = said["segment"].eq("total") | said["statement_id"].isin(said["set_beside"])
    own = said[whole & said["metric"].eq("volume_multiple") & said["entity_id"].eq(entity)].sort_values("period_end")
    if own.empty:
        return NAN
    last = own.iloc[-1]
    since = last["period_start"] if pd.isna(last["measured_since"]) else last["measured_since"]
    return float(last["value"] ** (30.4 / (last["period_end"] - since).days))


@computation
def breadth_amplifies(known: Findings, claim: Claim) -> Result:
    """Set the spread of a company's revenue over its lines beside the growth of its tokens."""
    own = about(known.of(Revenue).lines, claim)
    now = own[own["period"].isin([known.focal, known.edition.focal.year_before.label])]
    spread = now.groupby("period_end")["value"].agg(routes.effective_lines)
    said = _volumes(known, claim)
    volume = said["value"].iloc[-1] if len(said) else NAN
    change = float(spread.iloc[-1] / spread.iloc[0] - 1) if len(spread) > 1 else NAN
    note = (
        f"lines of equal size that revenue is spread over: {', '.join(f'{v:.2f}' for v in spread)} a year apart to "
        f"{known.focal}; tokens meanwhile {volume:.0f} times. Tokens by modality are not published, and one company "
        "allows no inference"
    )
    sources = [*now["source_id"], *said["source_id"]]
    return Result(
        by_agreement([change > 0]), change, n=len(spread), unit="percent", note=note, sources=keys(sources),
        section=ROUTES, on=now["period_end"].max(),
    )  # fmt: skip


@computation
def breadth_widens_users(known: Findings, claim: Claim) -> Result:
    """Follow the monthly users of a company's applications; who they are is not published."""
    own = about(known.cat.operating, claim).query("metric == 'average_mau'").sort_values("period_end")
    if len(own) < 2:
        return Result(Verdict.undetermined, note="no two counts of users are known", section=ROUTES)
    multiple = own["value"].iloc[-1] / own["value"].iloc[0]
    note = (
        f"monthly users of the applications went to {multiple:.1f} times, {own['period'].iloc[0]} to "
        f"{own['period'].iloc[-1]}; age and reasons are not published"
    )
    return Result(
        Verdict.undetermined, float(multiple), n=len(own), unit="times", note=note, sources=keys(own["source_id"]),
        section=ROUTES, on=own["period_end"].iloc[-1],
    )  # fmt: skip


def _said_sources(known: Findings) -> list[str]:
    """Return the sources of what was said of price and of the volume beside it."""
    pairs = set_beside(known.cat.statements, "price_change")
    return [row["source_id"] for price, volume in pairs for row in (price, volume)]


def _volumes(known: Findings, claim: Claim) -> pd.DataFrame:
    """Return what was said of all volume of a claim's company, as a multiple since a day, by the day it ends on."""
    said = about(known.cat.statements, claim).query("metric == 'volume_multiple' and set_beside == ''")
    return said[said["measured_since"].notna()].sort_values("period_end")
