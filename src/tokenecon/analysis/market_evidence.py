"""What bears on the claims about market structure and about China and the United States, one function a computation."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from tokenecon.analysis import estimators, revenue, routes
from tokenecon.analysis.evidence import ROUTES, Claim, Known, estimated, keys, ranged
from tokenecon.analysis.judge import NAN, Result, Verdict, by_agreement, by_interval
from tokenecon.analysis.market import premium, sunk_costs
from tokenecon.analysis.market.frontier import LEAST_MODELS
from tokenecon.analysis.pricing import gap, premium_spells, price_events, serving_cost, spread
from tokenecon.analysis.pricing import off_list as pricing

MARKET, PRICING = "sec-market-structure", "sec-china-us-pricing"
FEW = 5
"""Firms that still count as few: the market chapter draws its line there."""
LONG_DAYS = 365
"""A premium that half of all models keep for a year would last."""
MOVES = 0.1
"""A vendor's share of use that moves by as much in a year moves easily: judgement, for want of customers observed."""
MARKETS = ("maas", "public_cloud_models", "llm_market")
LARGEST = {"top5_customer_share": "five largest", "top2_customer_share": "two largest"}


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


def competition_squeezes(known: Known, claim: Claim) -> Result:
    """Ask whether list prices at equal capability fall, in both countries."""
    changes = {code: known.market.price_change(code) for code in ("CN", "US")}
    one, other = changes["CN"], changes["US"]
    note = (
        f"change of log list prices a year at equal score in China; in the United States {other.value:+.2f} "
        f"({other.low:+.2f} to {other.high:+.2f}). Vendors sell the next model for less and hardly cut the old one"
    )
    verdict = by_interval(-one.high, -one.low)
    return estimated(one, verdict, "log points", note, _used(known), PRICING)


def simple_tokens_cheap(known: Known, claim: Claim) -> Result:
    """Ask by how much the cheapest price of the lowest level of capability falls in a year."""
    falls = known.market.falls
    low = falls[falls["level"] == falls["level"].min()].set_index("country")
    note = (
        f"times a year by which the cheapest model at {low['level'].iloc[0]:.0f} points of the index got cheaper: "
        + ", ".join(
            f"{code} {row['fall']:.1f} ({row['fall_low']:.1f} to {row['fall_high']:.1f})"
            for code, row in low.iterrows()
        )
    )
    return ranged(
        by_agreement(list(low["fall_low"] > 1)), low["fall"], "countries", "times", note, _used(known), PRICING
    )


def hard_tokens_keep_price(known: Known, claim: Claim) -> Result:
    """Ask whether a vendor's new best model comes dearer than the one before."""
    share = price_events.share_up(known.market.successions)
    note = "new best models that came dearer than their vendor's best before"
    return estimated(share, by_interval(share.low, share.high, 0.5), "percent", note, _used(known), PRICING)


def same_capability_cheaper(known: Known, claim: Claim) -> Result:
    """Compare prices of both countries at equal capability and date of release."""
    ratio = gap.country_gap(known.market.both, errors="cluster", groups="entity_id").map(lambda value: 1 / value)
    pair = gap.median_ratio(gap.matched_pairs(known.market.both))
    raw = known.market.both.groupby("cn")["blended"].median()
    note = (
        f"American over Chinese list price at equal score and date; matched pairs {pair.value:.2f} ({pair.low:.2f} to "
        f"{pair.high:.2f}), medians of all models {raw[0] / raw[1]:.1f}"
    )
    return estimated(ratio, by_interval(ratio.low, ratio.high, 1), "times", note, _used(known), PRICING)


def us_pays_for_capability(known: Known, claim: Claim) -> Result:
    """Compare the slopes of price on capability of both countries."""
    less = gap.slope_difference(known.market.both, x="log_score").map(lambda value: -value)
    note = "elasticity of list price to capability in the United States less that in China"
    return estimated(less, by_interval(less.low, less.high), "elasticity", note, _used(known), PRICING)


def price_spread(known: Known, claim: Claim) -> Result:
    """Compare what the same model costs on its vendor's two lists."""
    found = known.market.spreads
    middle = spread.median_spread(found)
    vendors = found.groupby("entity_id")["spread"].median()
    note = (
        f"international over domestic list price of one model; by vendor {vendors.min():.2f} to {vendors.max():.2f} "
        "times. Vendors set both lists"
    )
    return estimated(
        middle, by_interval(middle.low, middle.high, 1), "times", note, (*_used(known), "FRED_FX"), PRICING
    )


def electricity(known: Known, claim: Claim) -> Result:
    """Ask whether electricity costs large users less in China than in the United States."""
    found = known.cat.operating.query("metric == 'power_price_gap' and entity_id == @claim['entity_id']")
    if found.empty:
        return Result(Verdict.undetermined, note="no comparison of prices is known", section=PRICING)
    row = found.iloc[0]
    low, high = -row["value_high"], -row["value_low"]
    share = _electricity_share(known)
    note = (
        "American less Chinese price of electricity for large users, dollars a MWh. All electricity is "
        f"{share['low']:.1%} to {share['high']:.0%} of what serving costs, so that free power would explain a price "
        f"ratio of {serving_cost.explained_by(share['high']):.2f} at most"
    )
    return Result(
        by_interval(low, high), (low + high) / 2, low, high, "range in the source", 1, "dollars per MWh", note,
        keys(found["source_id"]), PRICING,
    )  # fmt: skip


def _electricity_share(known: Known) -> pd.Series:
    """Return the share of electricity in rent over the ranges that the chapter on prices states."""
    operating = known.cat.operating
    machine = operating.query("entity_id == 'global'").drop_duplicates("metric").set_index("metric")["value"]
    power = operating.query("metric == 'power_price' and base_unit == 'USD per MWh'")
    american = power.query("segment == 'industrial'").set_index("entity_id")["value"]["united_states"]
    dearer = operating.query("metric == 'power_price_gap'").iloc[0]["value_high"]
    served = operating.query("entity_id == 'deepseek' and segment == 'inference'").set_index(["metric", "item"])[
        "value"
    ]
    account = serving_cost.observed(
        served["theoretical_daily_revenue", ""], served["theoretical_cost_margin", ""],
        served["daily_output_tokens", ""], served["daily_cached_input_tokens", ""], served["cache_hit_share", ""],
    )  # fmt: skip
    speeds = (served["node_throughput", "prefill"], served["node_throughput", "decode"])
    implied = account["per_million"] / serving_cost.cost(1, *speeds, 1, account["ratio"])
    rented = operating.query("metric == 'gpu_rent' and segment == 'gpu_contract' and base_unit == 'USD per hour'")
    rent = sorted([implied, *rented["value"]])
    ranges = {
        "power": (machine["node_power"],) * 3,
        "drawn": (0.5, machine["node_power_ratio"], 1.0),
        "pue": (1.1, 1.3, machine["pue"]),
        "price": (min([american / 2, *power["value"]]), american, american + dearer),
        "rent": (0.75 * rent[0], rent[len(rent) // 2], 1.5 * rent[-1]),
    }
    return serving_cost.bounds(ranges).set_index("argument").loc["all"]


def engineering_lowers_cost(known: Known, claim: Claim) -> Result:
    """Look for published costs of a token over time: what a company says of itself is one word, not a comparison."""
    said = known.cat.statements.query("metric == 'unit_cost_change'")
    if said.empty:
        return Result(Verdict.undetermined, note="no cost of a token over time is published", section=PRICING)
    told = ", ".join(
        f"{known.name(row.entity_id)} {row.value:+.0%} by {row.period_end:%Y-%m-%d}" for row in said.itertuples()
    )
    note = f"change of the cost of a token as stated: {told}. It does not separate engineering from scale and rents"
    return ranged(
        by_agreement(list(said["value"] < 0)), said["value"], "vendors", "percent", note, said["source_id"], PRICING
    )


def largest_customers(known: Known, claim: Claim) -> Result:
    """Compare what the two largest customers bring a Chinese and an American vendor, as far as either says so.

    One company a side is a comparison and no test, so the claim stays undetermined whatever it shows.
    """
    found = pricing.concentration(known.cat.financials, LARGEST)
    five = found[(found["entity_id"] == "zhipu") & (found["metric"] == "top5_customer_share")].iloc[-1]
    two = found[(found["entity_id"] == "anthropic") & (found["metric"] == "top2_customer_share")]
    above = known.cat.operating.query("metric == 'customers_above_10pct' and entity_id == 'zhipu'")
    none_above = len(above[(above["value"] == 0) & (above["period"] == five["period"])]) > 0
    low, high = pricing.top_bounds(five["share"], 5, 2, 0.1 if none_above else 1.0)
    note = (
        f"Zhipu's five largest customers brought {five['share']:.1%} of revenue in {five['period']}, many by projects"
    )
    if two.empty:
        note += "; nothing is known of an American vendor"
        return Result(Verdict.undetermined, note=note, n=1, sources=(five["source_id"],), section=PRICING)
    american = two.iloc[-1]
    note += (
        f"; Anthropic's two largest {american['share']:.0%} in {american['period']}. One company a side decides nothing"
    )
    less = sorted((low - american["share"], high - american["share"]))
    return Result(
        Verdict.undetermined, NAN, *less, "bounds for the two largest, China less United States", 2,
        "percentage points", note, keys([five["source_id"], american["source_id"]]), PRICING,
    )  # fmt: skip


def premiums_do_not_last(known: Known, claim: Claim) -> Result:
    """Measure how long half of the premia of Chinese models hold against an equal rival below their price."""
    spells = known.market.spells
    lasts = {code: estimators.survival(rows["days"], rows["ended"])[1] for code, rows in spells.groupby("country")}
    hazard = premium_spells.hazard_ratio(spells)
    own, other = lasts["CN"], lasts["US"]
    note = (
        f"median days of a Chinese premium; in the United States {other.value:.0f} ({other.low:.0f} to "
        f"{other.high:.0f}). Hazard ratio {hazard.value:.2f} ({hazard.low:.2f} to {hazard.high:.2f})"
    )
    return estimated(own, by_interval(-own.high, -own.low, -LONG_DAYS), "days", note, _used(known), PRICING)
