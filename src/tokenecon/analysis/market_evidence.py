"""What bears on the claims about market structure, one function a computation."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from tokenecon.analysis import estimators, revenue, routes
from tokenecon.analysis.evidence import Known
from tokenecon.analysis.judge import Claim, Result, Verdict, by_agreement, by_interval, estimated, keys, ranged
from tokenecon.analysis.market import premium, sunk_costs
from tokenecon.analysis.market.frontier import LEAST_MODELS
from tokenecon.analysis.routes.claims import ROUTES

MARKET = "sec-market-structure"
FEW = 5
"""Firms that still count as few: the market chapter draws its line there."""
LONG_DAYS = 365
"""A premium that half of all models keep for a year would last."""
MOVES = 0.1
"""A vendor's share of use that moves by as much in a year moves easily: judgement, for want of customers observed."""
MARKETS = ("maas", "public_cloud_models", "llm_market")


def _premium(known: Known, claim: Claim, top: pd.Series, note: str, verdict: Verdict, ends: Sequence[float]) -> Result:
    return Result(
        verdict, ends[0], *sorted(ends[1:]), "95%, wild cluster bootstrap by vendor", int(top["n"]), "percent", note,
        _used(known), MARKET,
    )  # fmt: skip


def _used(known: Known, *, tokens: bool = False, prices: bool = True) -> tuple[str, ...]:
    """Return the sources of prices and scores, and of tokens."""
    found = set(known.cat.token_models["source_id"]) if tokens else set()
    if prices:
        scores = known.cat.capability.query("benchmark == 'aa_index'")
        found |= {*known.market.lists["source_id"], *scores["source_id"]}
    return keys(found)


def quality_sets_price(known: Known, claim: Claim) -> Result:
    """Ask whether capability is priced at all: the premium of five percent more of it, date of release held fixed."""
    row = known.market.premia.loc["all"]
    note = f"premium of {premium.ADVANTAGE:.0%} more capability over all models on sale, date of release held fixed"
    ends = [row["premium"], row["low"], row["high"]]
    return _premium(known, claim, row, note, by_interval(row["low"], row["high"]), ends)


def premium_of_advantage(known: Known, claim: Claim) -> Result:
    """Compare the premium of the claimed advantage among the best models with the claimed premium."""
    top, everything = known.market.premia.loc["top"], known.market.premia.loc["all"]
    note = (
        f"premium of {premium.ADVANTAGE:.0%} more capability in the top third by score; over all models "
        f"{everything['premium']:.0%} ({everything['low']:.0%} to {everything['high']:.0%}, n = {everything['n']:.0f})"
    )
    verdict = by_interval(top["low"], top["high"], claim["value"])
    return _premium(known, claim, top, note, verdict, [top["premium"], top["low"], top["high"]])


def advantage_needed(known: Known, claim: Claim) -> Result:
    """Turn the claim round: how much better a top model must be for the claimed premium."""
    top = known.market.premia.loc["top"]
    ends = [_needed(top[name]) for name in ("premium", "high", "low")]
    note = f"advantage that goes with {premium.CLAIMED:.0%} more in price in the top third by score"
    return _premium(known, claim, top, note, by_interval(-max(ends[1:]), -min(ends[1:]), -claim["value"]), ends)


def _needed(earned: float) -> float:
    """Return the advantage that earns the claimed premium, given what the claimed advantage earns."""
    if earned <= 0:
        return float("inf")
    return float(np.expm1(np.log1p(premium.CLAIMED) * np.log1p(premium.ADVANTAGE) / np.log1p(earned)))


def oligopoly(known: Known, claim: Claim) -> Result:
    """Ask whether concentration among the most used models rises, week by week."""
    found = known.market.concentration
    years = (found["on"] - found["on"].min()).dt.days / 365.25
    slope = estimators.trend(found["hhi_low"], years)
    level = found["hhi_low"].mean()
    note = (
        "change a year of the Herfindahl index by vendor among the nine most used models of one router, from a mean "
        f"of {level:.2f}, {1 / level:.1f} equal vendors. Other definitions of the market differ in level"
    )
    return estimated(
        slope, by_interval(slope.low, slope.high), "index points", note, _used(known, tokens=True, prices=False), MARKET
    )


def few_can_bear(known: Known, claim: Claim) -> Result:
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
    sold = sold[sold["segment"].isin(MARKETS) & sold["value"].notna()]
    sold = cat.in_currency(sold, "CNY", "average")
    markets = pd.DataFrame({"label": sold["segment"], "value": sold["value"]})
    firms = sunk_costs.grid(markets, outlays, margins, {"as it is": 1.0})["firms"]
    note = (
        "firms of equal size whose R&D, at the level filed, the gross profit of China's market pays for; few are at "
        f"most {FEW}. The world's largest vendors file no R&D"
    )
    verdict = by_interval(-firms.max(), -firms.min(), -FEW)
    return ranged(
        verdict, firms, "markets, outlays and margins", "firms", note, [*spent["source_id"], *sold["source_id"]], MARKET
    )


def tiers(known: Known, claim: Claim) -> Result:
    """Look for gaps between tiers of list prices, by mixture and dip test, and for unequal loads of thirds by price."""
    shape = known.market.shape
    note = (
        f"modes of the mixture that fits log prices best; dip test p = {shape.p:.3f} as listed, {shape.p_untied:.2f} "
        "with round prices moved apart"
    )
    carried = known.market.carried("by_price").groupby("tier")[["token_share", "spend_share"]].mean()
    unequal = carried["spend_share"].get("top", 0) > 0.5 and carried["token_share"].get("low", 0) > 1 / 3
    note += (
        f". Thirds by price carry unequal loads: the low one {carried['token_share']['low']:.0%} of tokens, the top "
        f"one {carried['spend_share']['top']:.0%} of list spending"
    )
    verdict = by_agreement([shape.modes > 1, shape.p_untied < 0.05, unequal])
    return Result(verdict, float(shape.modes), n=shape.n, unit="modes", note=note, sources=_used(known), section=MARKET)


def tiers_by_task(known: Known, claim: Claim) -> Result:
    """Ask what thirds by price carry: most spending in the top, most tokens in the middle."""
    carried = known.market.carried("by_price")
    means = carried.groupby("tier")[["token_share", "spend_share"]].mean()
    tokens, spend = means["token_share"], means["spend_share"]
    note = "tokens and list spending of thirds by price: " + "; ".join(
        f"{tier} {tokens[tier]:.0%} and {spend[tier]:.0%}" for tier in ("low", "middle", "top") if tier in means.index
    )
    verdict = by_agreement([spend.idxmax() == "top", tokens.idxmax() == "middle"])
    return Result(
        verdict, float(spend["top"]), n=carried["day"].nunique(), unit="percent", note=note,
        sources=_used(known, tokens=True),
        section=MARKET,
    )  # fmt: skip


def strongest_not_needed(known: Known, claim: Claim) -> Result:
    """Measure the share of tokens on models that score less than nine tenths of the best on sale."""
    carried = known.market.carried("by_score").pivot_table("token_share", "day", "tier", fill_value=0.0)
    below = 1 - carried["top"] if "top" in carried else carried.sum(axis=1)
    share = estimators.block_resampled(np.mean, below.to_numpy())
    note = (
        "tokens of one router on models below nine tenths of the best score on sale; the claim is read as most of them"
    )
    return estimated(share, by_interval(share.low, share.high, 0.5), "percent", note, _used(known, tokens=True), MARKET)


def low_switching_costs(known: Known, claim: Claim) -> Result:
    """Ask where use can be seen, on a router and in a survey of firms, whether shares move easily."""
    half = known.market.halving
    used = known.cat.operating.query("metric == 'enterprise_usage_share'").sort_values("period_end")
    ends = used.groupby("entity_id").agg(first=("value", "first"), last=("value", "last"),
                                         since=("period_end", "first"), until=("period_end", "last"))  # fmt: skip
    years = (ends["until"] - ends["since"]).dt.days / 365.25
    moved = ((ends["last"] - ends["first"]).abs() / years.where(years > 0.5)).max()
    note = (
        f"days until a leading model of a router has lost half of its share; among firms of a survey the share of one "
        f"vendor moved by {moved:.0%} a year at most. Customers are not observed: both are proxies"
    )
    verdict = by_agreement([half.high < LONG_DAYS / 2, moved > MOVES])
    return estimated(
        half, verdict, "days", note, (*_used(known, tokens=True, prices=False), *used["source_id"]), MARKET
    )


def ninety_points(known: Known, claim: Claim) -> Result:
    """Ask whether models near the best gain tokens the more they undercut it."""
    found = known.market.gains
    if found is None:
        note = (
            "the edition knows tokens of the largest models of a week only, and a model that starts small is not there"
        )
        return Result(Verdict.undetermined, note=note, section=MARKET)
    between = found[~found["effects"].astype(bool)].set_index("near")
    near, everything = between.loc[0.9], between.loc[0.0]
    enough = near["models"] >= LEAST_MODELS and near["value"] == near["value"]
    row = near if enough else everything
    note = "change of log share within a month for a log point of undercutting the best" + (
        "" if enough else f", all models; of the claim's own case there are {near['models']:.0f} models, too few"
    )
    verdict = by_interval(row["low"], row["high"]) if enough else Verdict.undetermined
    return Result(
        verdict, row["value"], row["low"], row["high"], f"95%, {row['errors']}", int(row["n"]), "log points", note,
        _used(known, tokens=True), MARKET,
    )  # fmt: skip


def price_decides(known: Known, claim: Claim) -> Result:
    """Ask whether published elasticities, of one open model over its hosts, tell demand from one that ignores price."""
    studies = routes.elasticities(known.cat.operating)
    sure = studies[studies["se"].notna()]
    told = ", ".join(f"{row.elasticity:.2f} ({row.low:.2f} to {row.high:.2f})" for row in sure.itertuples())
    note = f"published elasticities of use to price at equal performance: {told or 'none with an error'}"
    verdict = by_agreement(list(sure["high"] < 0))
    return ranged(verdict, sure["elasticity"], "studies", "elasticity", note, studies["source_id"], ROUTES)


def costs_in_steps(known: Known, claim: Claim) -> Result:
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
        by_agreement(list(lead > 0)), lead, "companies and periods", "percentage points", note, own["source_id"], MARKET
    )
