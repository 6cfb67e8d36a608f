"""What bears on the claims about the structure of the market, one function a computation."""

from __future__ import annotations

from typing import Any

import pandas as pd

from tokenecon.analysis import revenue, routes
from tokenecon.analysis.estimate import Estimate
from tokenecon.analysis.judge import (
    Claim,
    Result,
    Verdict,
    by_agreement,
    by_interval,
    computation,
    estimated,
    keys,
    ranged,
)
from tokenecon.analysis.market import premium, sunk_costs
from tokenecon.analysis.market.findings import LARGEST, Market
from tokenecon.analysis.market.frontier import LEAST_MODELS

SECTION, ROUTES = "sec-market-structure", "sec-route-divergence"
FEW = 5
"""Firms that still count as few."""
LONG_DAYS = 365
"""A premium that half of all models keep for a year would last."""
MOVES = 0.1
"""A vendor's share of use that moves by as much in a year moves easily: judgement, for want of customers observed."""
CHINA_MARKETS = ("maas", "public_cloud_models", "llm_market")


def used(known: Any, *, tokens: bool = False, prices: bool = True) -> tuple[str, ...]:
    """Return the sources of prices and scores, and of tokens."""
    found = set(known.cat.token_models["source_id"]) if tokens else set()
    if prices:
        scores = known.cat.capability.query("benchmark == 'aa_index'")
        found |= {*known.of(Market).lists["source_id"], *scores["source_id"]}
    return keys(found)


def _premium(known: Any, earned: Estimate, note: str, verdict: Verdict) -> Result:
    return Result(
        verdict, earned.value, earned.low, earned.high, "95%, wild cluster bootstrap by vendor", earned.n, "percent",
        note, used(known), SECTION,
    )  # fmt: skip


@computation
def quality_sets_price(known: Any, claim: Claim) -> Result:
    """Ask whether capability is priced at all: the premium of five percent more of it, date of release held fixed."""
    earned = known.of(Market).premium
    note = f"premium of {premium.ADVANTAGE:.0%} more capability over all models on sale, date of release held fixed"
    return _premium(known, earned, note, by_interval(earned.low, earned.high))


@computation
def premium_of_advantage(known: Any, claim: Claim) -> Result:
    """Compare the premium of the claimed advantage among the best models with the claimed premium."""
    top, everything = known.of(Market).premium_top, known.of(Market).premium
    note = (
        f"premium of {premium.ADVANTAGE:.0%} more capability in the top third by score; over all models "
        f"{everything.value:.0%} ({everything.low:.0%} to {everything.high:.0%}, n = {everything.n})"
    )
    return _premium(known, top, note, by_interval(top.low, top.high, claim["value"]))


@computation
def advantage_needed(known: Any, claim: Claim) -> Result:
    """Turn the claim round: how much better a top model must be for the claimed premium."""
    needed = known.of(Market).premium_top.map(premium.advantage_for)
    note = f"advantage that goes with {premium.CLAIMED:.0%} more in price in the top third by score"
    return _premium(known, needed, note, by_interval(-needed.high, -needed.low, -claim["value"]))


@computation
def oligopoly(known: Any, claim: Claim) -> Result:
    """Ask whether concentration among the most used models rises, week by week."""
    found = known.of(Market).trends.set_index("series").loc[LARGEST].iloc[0]
    slope, level = found["slope"], found["mean"]
    note = (
        "change a year of the Herfindahl index by vendor among the nine most used models of one router, from a mean "
        f"of {level:.2f}, {1 / level:.1f} equal vendors. Other definitions of the market differ in level"
    )
    return estimated(
        slope, by_interval(slope.low, slope.high), "index points", note, used(known, tokens=True, prices=False), SECTION
    )


@computation
def few_can_bear(known: Any, claim: Claim) -> Result:
    """Count the firms whose R&D the gross profit of China's market pays for, over what is open about it."""
    cat = known.cat
    recent = {known.focal, cat.edition.focal.year_before.label}
    filed = cat.financials[cat.financials["period"].isin(recent)]
    spent = cat.in_currency(filed[filed["metric"] == "rd_expense"], "CNY", "average")
    outlays = pd.DataFrame({"label": spent["entity_id"], "value": spent["value"] * 12 / revenue.months(spent)})
    earned = known.flows["gross_profit"].merge(
        known.flows["revenue"], on=["entity_id", "measure", "period"], suffixes=("", "_all")
    )
    margins = earned[earned["period"].isin(recent) & (earned["value"] > 0)]
    margins = pd.DataFrame({"label": margins["entity_id"], "value": margins["value"] / margins["value_all"]})
    sold = cat.operating.query("metric == 'market_revenue' and entity_id == 'china'")
    sold = sold[sold["segment"].isin(CHINA_MARKETS) & sold["value"].notna()]
    sold = cat.in_currency(sold, "CNY", "average")
    markets = pd.DataFrame({"label": sold["segment"], "value": sold["value"]})
    firms = sunk_costs.grid(markets, outlays, margins, {"as it is": 1.0})["firms"]
    note = (
        "firms of equal size whose R&D, at the level filed, the gross profit of China's market pays for; few are at "
        f"most {FEW}. The world's largest vendors file no R&D"
    )
    verdict = by_interval(-firms.max(), -firms.min(), -FEW)
    sources = [*spent["source_id"], *sold["source_id"]]
    return ranged(verdict, firms, "markets, outlays and margins", "firms", note, sources, SECTION)


@computation
def tiers(known: Any, claim: Claim) -> Result:
    """Look for gaps between tiers of list prices, by mixture and dip test, and for unequal loads of thirds by price."""
    shape, loads = known.of(Market).shape, known.of(Market).loads
    note = (
        f"modes of the mixture that fits log prices best; dip test p = {shape.p:.3f} as listed, {shape.p_untied:.2f} "
        "with round prices moved apart"
    )
    unequal = loads["spend_share"].get("top", 0) > 0.5 and loads["token_share"].get("low", 0) > 1 / 3
    note += (
        f". Thirds by price carry unequal loads: the low one {loads['token_share']['low']:.0%} of tokens, the top "
        f"one {loads['spend_share']['top']:.0%} of list spending"
    )
    verdict = by_agreement([shape.modes > 1, shape.p_untied < 0.05, unequal])
    return Result(verdict, float(shape.modes), n=shape.n, unit="modes", note=note, sources=used(known), section=SECTION)


@computation
def tiers_by_task(known: Any, claim: Claim) -> Result:
    """Ask what thirds by price carry: most spending in the top, most tokens in the middle."""
    loads, days = known.of(Market).loads, known.of(Market).placed["by_price"].frame["day"].nunique()
    tokens, spend = loads["token_share"], loads["spend_share"]
    note = "tokens and list spending of thirds by price: " + "; ".join(
        f"{tier} {tokens[tier]:.0%} and {spend[tier]:.0%}" for tier in ("low", "middle", "top") if tier in loads.index
    )
    verdict = by_agreement([spend.idxmax() == "top", tokens.idxmax() == "middle"])
    sources = used(known, tokens=True)
    return Result(verdict, float(spend["top"]), n=days, unit="percent", note=note, sources=sources, section=SECTION)


@computation
def strongest_not_needed(known: Any, claim: Claim) -> Result:
    """Measure the share of tokens on models that score less than nine tenths of the best on sale."""
    share = known.of(Market).below_top
    note = (
        "tokens of one router on models below nine tenths of the best score on sale; the claim is read as most of them"
    )
    return estimated(share, by_interval(share.low, share.high, 0.5), "percent", note, used(known, tokens=True), SECTION)


@computation
def low_switching_costs(known: Any, claim: Claim) -> Result:
    """Ask where use can be seen, on a router and in a survey of firms, whether shares move easily."""
    half, firms = known.of(Market).halving, known.of(Market).surveyed
    moved = (firms["change"].abs() / firms["years"].where(firms["years"] > 0.5)).max()
    note = (
        f"days until a leading model of a router has lost half of its share; among firms of a survey the share of one "
        f"vendor moved by {moved:.0%} a year at most. Customers are not observed: both are proxies"
    )
    verdict = by_agreement([half.high < LONG_DAYS / 2, moved > MOVES])
    asked = known.cat.operating.query("metric == 'enterprise_usage_share'")["source_id"]
    return estimated(half, verdict, "days", note, (*used(known, tokens=True, prices=False), *asked), SECTION)


@computation
def ninety_points(known: Any, claim: Claim) -> Result:
    """Ask whether models near the best gain tokens the more they undercut it."""
    found = known.of(Market).gains
    if found.empty:
        note = (
            "the edition knows tokens of the largest models of a week only, and a model that starts small is not there"
        )
        return Result(Verdict.undetermined, note=note, section=SECTION)
    between = found[~found["effects"].astype(bool) & found["horizon"].eq(30) & found["floor"].isna()].set_index("near")
    near, everything = between.loc[0.9], between.loc[0.0]
    enough = near["models"] >= LEAST_MODELS and near["value"] == near["value"]
    row = near if enough else everything
    note = "change of log share within a month for a log point of undercutting the best" + (
        "" if enough else f", all models; of the claim's own case there are {near['models']:.0f} models, too few"
    )
    verdict = by_interval(row["low"], row["high"]) if enough else Verdict.undetermined
    return Result(
        verdict, row["value"], row["low"], row["high"], f"95%, {row['errors']}", int(row["n"]), "log points", note,
        used(known, tokens=True), SECTION,
    )  # fmt: skip


@computation
def capability_converges(known: Any, claim: Claim) -> Result:
    """Follow how near the fifth-best vendor comes to the best, month by month, on the last set of scores."""
    near, slope = known.of(Market).convergence, known.of(Market).convergence_slope
    ends = f"{near['ratio'].iloc[0]:.2f} to {near['ratio'].iloc[-1]:.2f} in {len(near)} months"
    note = f"score of the fifth-best vendor over the best, change a year; {ends}"
    return estimated(slope, by_interval(slope.low, slope.high), "percentage points", note, ["AA_SNAPSHOTS"], SECTION)


@computation
def price_decides(known: Any, claim: Claim) -> Result:
    """Ask whether published elasticities, of one open model over its hosts, tell demand from one that ignores price."""
    studies = routes.elasticities(known.cat.operating)
    sure = studies[studies["se"].notna()]
    told = ", ".join(f"{row.elasticity:.2f} ({row.low:.2f} to {row.high:.2f})" for row in sure.itertuples())
    note = f"published elasticities of use to price at equal performance: {told or 'none with an error'}"
    verdict = by_agreement(list(sure["high"] < 0))
    return ranged(verdict, sure["elasticity"], "studies", "elasticity", note, studies["source_id"], ROUTES)


@computation
def costs_in_steps(known: Any, claim: Claim) -> Result:
    """Ask whether R&D has outgrown revenue at the companies that file both."""
    pairs = routes.growth_pairs(known.amounts, "rd_expense", "revenue")
    pairs = pairs[pairs["months"].isin([6, 12])]
    lead = pairs["rd_expense"] - pairs["revenue"]
    note = (
        f"growth of R&D less growth of revenue, by company and period; R&D grew more in {int((lead > 0).sum())} of "
        f"{len(lead)}. Both steps and pace are of two companies"
    )
    own = known.figures[known.figures["entity_id"].isin(pairs["entity_id"]) & known.figures["metric"].eq("rd_expense")]
    return ranged(
        by_agreement(list(lead > 0)),
        lead,
        "companies and periods",
        "percentage points",
        note,
        own["source_id"],
        SECTION,
    )
