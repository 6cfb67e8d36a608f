"""What bears on the claims about revenue: figures of the accounts, run-rates, shares and what a line holds."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from tokenecon.analysis import revenue
from tokenecon.analysis.finding import Findings
from tokenecon.analysis.judge import (
    Claim,
    Result,
    Verdict,
    about,
    against_print,
    by_agreement,
    by_comparison,
    compared,
    computation,
    keys,
    ranged,
    threshold,
)
from tokenecon.analysis.revenue.findings import Revenue
from tokenecon.catalog.formula import Formula

REVENUE = "sec-revenue-mix"


@computation
def from_accounts(known: Findings, claim: Claim) -> Result:
    """Compute a figure from accounts by the formula of its metric."""
    return judged_figure(known, claim, known.of(Revenue).figures_judged.loc[claim["claim_id"]])


@computation
def share_price(known: Findings, claim: Claim) -> Result:
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
    sources = tuple({*own["source_id"], *closes["source_id"]})
    return Result(verdict, value, n=len(closes), note=note, sources=sources, on=claim["period_end"])


@computation
def stated_again(known: Findings, claim: Claim) -> Result:
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
    sources, on = tuple(same["source_id"]), row["period_end"]
    return Result(verdict, row["value"], n=len(same), note=note, sources=sources, section=REVENUE, on=on)


def _alone(known: Findings, claim: Claim) -> Result:
    """Say what accounts make of a run-rate for which the article is the only source."""
    note = "no other source states it, and a run-rate is in no accounts"
    if claim["metric"] != "run_rate":
        return Result(Verdict.undetermined, note=note)
    flows = about(known.of(Revenue).dollars, claim).query("measure == 'api'")
    filed = revenue.annualised(flows[flows["period_end"] <= claim["period_end"]]).sort_values(["period_end", "months"])
    row = filed[filed["period_end"] == filed["period_end"].max()].iloc[0]
    gap = revenue.months_between(row["period_end"], claim["period_end"])
    monthly = revenue.implied_monthly_growth(row["value"], row["months"], claim["value"], gap)
    note += (
        f"; it is {claim['value'] / row['annualised']:.1f} times the annual pace of {row['period']} and asks for "
        f"{monthly:.0%} growth a month since"
    )
    sources, on = keys(flows["source_id"]), row["period_end"]
    return Result(Verdict.undetermined, note=note, n=1, sources=sources, section=REVENUE, on=on)


@computation
def rate_over_revenue(known: Findings, claim: Claim) -> Result:
    """Divide a run-rate by recognised revenue as the claim does, and by the annual pace of the last period too."""
    quoted = about(known.of(Revenue).quotes, claim).query("metric == 'run_rate' and period_end == @claim['period_end']")
    rate = quoted["value"].iloc[0]
    flows = about(known.of(Revenue).dollars, claim).query("measure == 'total' and period_end <= @claim['period_end']")
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
    sources, on = keys(flows["source_id"]), pace["period_end"]
    return Result(verdict, like, n=2, note=note, sources=sources, section=REVENUE, on=on)


@computation
def share_of_route(known: Findings, claim: Claim) -> Result:
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
    sources, on = (row["source_id"],), row["period_end"]
    return Result(verdict, row["value"], n=len(both), note=f"{told}: {scope}", sources=sources, section=REVENUE, on=on)


@computation
def tilt(known: Findings, claim: Claim) -> Result:
    """Follow the share of a line since the article, towards a forecast that it goes on rising."""
    own = about(known.of(Revenue).lines, claim).query("segment == @claim['segment']")
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
        sources=keys(own["source_id"]), section=REVENUE, on=last["period_end"],
    )  # fmt: skip


@computation
def api_adds_most(known: Findings, claim: Claim) -> Result:
    """Ask of each vendor that files lines whether the API line added more to growth than the rest together."""
    now = known.of(Revenue).growth.query("period == @known.focal")
    now = now[now["entity_id"].isin(compared(known, claim))]
    gaps = _api_less_rest(now)
    note = "in " + known.focal + " " + ", ".join(f"{known.name(e)} {100 * gap:+.0f}" for e, gap in gaps.items())
    note = f"contribution of the API line to growth less that of the rest, in percentage points: {note}"
    verdict, sources, on = by_agreement(list(gaps > 0)), now["source_id"], now["period_end"].max()
    return ranged(verdict, gaps, "vendors", "percentage points", note, sources, REVENUE, on)


@computation
def line_adds_most(known: Findings, claim: Claim) -> Result:
    """Compare what a company's API line and the rest added to growth in the year that the article is about."""
    own = about(known.of(Revenue).growth, claim).query("period_end <= @claim['published_on']")
    year = own[own["months"] == 12].sort_values("period_end")["period"].iloc[-1]
    then, now = (
        about(known.of(Revenue).growth, claim).query("period == @p", local_dict={"p": p, "claim": claim})
        for p in (year, known.focal)
    )
    api, rest = _api_and_rest(then)
    note = f"in {year} the API line added {100 * api:.0f} percentage points to growth, the rest {100 * rest:.0f}"
    later = None
    if known.focal != year and len(now):
        api_since, rest_since = _api_and_rest(now)
        note += f"; in {known.focal} {100 * api_since:+.0f} and {100 * rest_since:+.0f}"
        later = by_comparison(api_since, rest_since)
    gap, verdict = float(api - rest), by_comparison(api, rest)
    return Result(
        verdict,
        gap,
        n=len(then),
        unit="percentage points",
        note=note,
        sources=keys(then["source_id"]),
        section=REVENUE,
        on=then["period_end"].max(),
        later=later,
    )


def _api_and_rest(growth: pd.DataFrame) -> tuple[float, float]:
    """Return what the API line and the other lines of one company and period added to growth."""
    parts = growth.set_index("route")["contribution"]
    return parts["api"], parts.drop("api").sum()


def _api_less_rest(growth: pd.DataFrame) -> pd.Series:
    signed = growth["contribution"].where(growth["route"] == "api", -growth["contribution"])
    return signed.groupby(growth["entity_id"], sort=False).sum()


@computation
def api_convergence(known: Findings, claim: Claim) -> Result:
    """Ask whether the API share of revenue rose at each vendor with two comparable figures."""
    now = revenue.year_before(known.of(Revenue).lines.query("route == 'api'"), ["share"]).query(
        "period == @known.focal"
    )
    ids = compared(known, claim)
    now = now[now["entity_id"].isin(ids)]
    change = (now["share"] - now["share_before"]).set_axis(now["entity_id"])
    said = known.cat.statements.query("metric == 'revenue_share' and kind in ['share', 'estimate']")
    single = revenue.scoped(said, known.cat.segments).query("measure == 'api'").dropna(subset=["value"])
    single = single[single["entity_id"].isin(ids) & ~single["entity_id"].isin(now["entity_id"])]
    note = ", ".join(
        f"{known.name(row.entity_id)} {row.share_before:.0%} to {row.share:.0%}" for row in now.itertuples()
    )
    note = f"API share of revenue in {known.focal} and a year before: {note}"
    if len(single):
        note += ", one figure only of " + ", ".join(dict.fromkeys(map(known.name, single["entity_id"])))
    sources, on = [*now["source_id"], *single["source_id"]], now["period_end"].max()
    return ranged(by_agreement(list(change > 0)), change, "vendors", "percentage points", note, sources, REVENUE, on)


@computation
def line_definition(known: Findings, claim: Claim) -> Result:
    """List what a business line holds besides calls billed by the token."""
    own = about(known.cat.segments, claim)
    inside = own[own["parent"] == claim["segment"]]
    if inside.empty:
        return Result(Verdict.undetermined, note="what the line holds is not disclosed", section=REVENUE)
    note = f"the line holds {', '.join(inside['label'])} too, of which the accounts show no part"
    on = known.of(Revenue).lines["period_end"].max()
    return Result(Verdict.definition_mixed, n=len(inside), note=note, section=REVENUE, on=on)


@computation
def main_line(known: Findings, claim: Claim) -> Result:
    """Compare a line with all others in the last year before the article."""
    own = about(known.of(Revenue).lines, claim).query("period_end <= @claim['published_on']")
    year = own[own["months"] == 12].sort_values("period_end")["period"].iloc[-1]
    shares = about(known.of(Revenue).lines, claim).query("segment == @claim['segment']")
    shares = shares.set_index("period")
    note = f"{shares['share'][year]:.1%} of revenue in {year}"
    most, later = threshold(known, claim, "most"), None
    if known.focal != year and known.focal in shares.index:
        note += f", {shares['share'][known.focal]:.1%} in {known.focal}"
        later = by_comparison(shares["share"][known.focal], most)
    value = float(shares["share"][year])
    return Result(
        by_comparison(value, most), value, n=1, unit="percent", note=note,
        sources=keys(shares["source_id"][[year]]), section=REVENUE, on=shares["period_end"][year], later=later,
    )  # fmt: skip


@computation
def billing_unit(known: Findings, claim: Claim) -> Result:
    """Count the plans that bill by the month beside those that bill by the token."""
    plans = known.cat.operating.query("metric == 'subscription_price'").drop_duplicates(["entity_id", "item"])
    tokens = known.cat.list_prices().frame.drop_duplicates(["model_id", "market"])
    own = tokens[tokens["entity_id"].isin(plans["entity_id"])]
    note = (
        f"{' and '.join(map(known.name, plans['entity_id'].unique()))} sell {len(plans)} plans by the month beside "
        f"{len(own)} models by the token; no filing says which part of revenue is which"
    )
    sources, on = keys(plans["source_id"]), plans["period_end"].max()
    return Result(Verdict.undetermined, n=len(plans), note=note, sources=sources, section=REVENUE, on=on)


def judged_figure(known: Findings, claim: Claim, row: pd.Series) -> Result:
    """Return a figure that was judged by its print as a result, with the sources of its operands."""
    verdict = Verdict(row["verdict"])
    verdict = Verdict.undetermined if verdict is Verdict.not_computable else verdict
    formula = known.cat.metrics.set_index("metric_id")["formula"][claim["metric"]]
    metrics = (claim["metric"],)
    if formula:
        parsed = Formula.parse(formula)
        metrics = tuple(dict.fromkeys((parsed.left, parsed.right)))
    operands = 1 if not formula else 2
    sources = metric_sources(known, claim["entity_id"], metrics, claim["period_end"])
    section = REVENUE if set(metrics) == {"revenue"} else "sec-route-divergence"
    return Result(
        verdict, float(row["computed"]), n=operands, note=row["reason"], sources=sources, section=section,
        on=claim["period_end"],
    )  # fmt: skip


def metric_sources(
    known: Findings, entity: str, metrics: Sequence[str], day: pd.Timestamp | None = None
) -> tuple[str, ...]:
    """Return the sources of an entity's figures of some metrics; with ``day``, of years or halves that end on it."""
    figures = known.of(Revenue).figures
    own = figures[(figures["entity_id"] == entity) & figures["metric"].isin(metrics)]
    if day is not None:
        own = own[(own["period_end"] <= day) & (own["period_start"] >= day - pd.DateOffset(years=2))]
        own = own[own["period_end"].dt.strftime("%m-%d") == f"{day:%m-%d}"]
    return keys(own["source_id"])
