"""What bears on the claims about prices in the two countries, one function a computation."""

from __future__ import annotations

from typing import Any

import pandas as pd

from tokenecon.analysis.judge import (
    NAN,
    Claim,
    Result,
    Verdict,
    by_agreement,
    by_interval,
    computation,
    estimated,
    keys,
    ranged,
    threshold,
)
from tokenecon.analysis.pricing.findings import Pricing

SECTION = "sec-china-us-pricing"


@computation
def competition_squeezes(known: Any, claim: Claim) -> Result:
    """Ask whether prices at equal capability fall: those of the lists and those of launches, in both countries.

    The claim names no measure, so that all four must agree; an interval that holds zero agrees with nothing.
    """
    found = known.of(Pricing).served()
    rows = found.movements[found.movements["what"] != "same model"]
    told = "; ".join(
        f"{row.what}, {found.country_names[row.country]} {row.value:+.2f} ({row.low:+.2f} to {row.high:+.2f})"
        for row in rows.itertuples()
    )
    note = f"change of log prices a year at equal score: {told}. Vendors hardly cut a model's price; they sell the next"
    sure = [bool(row.high < 0) for row in rows.itertuples()]
    verdict = by_agreement(sure) if all(sure) else Verdict.undetermined
    if (rows["low"] > 0).all():
        verdict = Verdict.not_supported
    values, on = rows["value"], found.scored_on
    return ranged(verdict, values, "measures and countries", "log points", note, found.sources, SECTION, on)


@computation
def simple_tokens_cheap(known: Any, claim: Claim) -> Result:
    """Ask by how much the cheapest price of the lowest level of capability falls in a year."""
    found = known.of(Pricing).served()
    low = found.falls[found.falls["level"] == found.falls["level"].min()].set_index("country")
    note = (
        f"times a year by which the cheapest model at {low['level'].iloc[0]:.0f} points of the index got cheaper: "
        + ", ".join(
            f"{found.country_names[code]} {row['fall']:.1f} ({row['fall_low']:.1f} to {row['fall_high']:.1f})"
            for code, row in low.iterrows()
        )
    )
    return ranged(_falls(low), low["fall"], "countries", "times", note, found.sources, SECTION, found.scored_on)


@computation
def hard_tokens_keep_price(known: Any, claim: Claim) -> Result:
    """Ask both halves: whether a successor keeps its predecessor's price, and whether easy tokens do not.

    A succession is within one line of models; a new line is another good. The easy token is the cheapest at the lowest
    level of the index.
    """
    found = known.of(Pricing).served()
    kept = found.successions_kept
    easy = found.falls[found.falls["level"] == found.falls["level"].min()]
    counts = found.succession_counts.groupby("tier")[["dearer", "same", "cheaper"]].sum()
    told = "; ".join(
        f"{tier} {row['dearer']:.0f} dearer, {row['same']:.0f} at the same price, {row['cheaper']:.0f} cheaper"
        for tier, row in counts.iterrows()
    )
    falls = ", ".join(f"{found.country_names[row.country]} {row.fall:.1f}" for row in easy.itertuples())
    note = (
        f"successors in a line of models that came at their predecessor's price or dearer ({told}). The other half, "
        f"that easy tokens do not: the cheapest at the lowest level fell by times a year, {falls}, intervals wide"
    )
    halves = [by_interval(kept.low, kept.high, threshold(known, claim, "kept")), _falls(easy)]
    verdict = halves[0] if len(set(halves)) == 1 else Verdict.undetermined
    return estimated(kept, verdict, "percent", note, found.sources, SECTION, found.scored_on)


@computation
def same_capability_cheaper(known: Any, claim: Claim) -> Result:
    """Compare prices of both countries at equal capability and date of release, vendors drawn."""
    found = known.of(Pricing).served()
    one, other = found.countries
    said = {"matched pairs": found.pair, "in use": found.in_use}
    said |= {f"per {name} at equal score": gap for name, gap in found.tasks.items() if name != "quotient"}
    beside = ", ".join(
        f"{name} {gap.value:.2f} ({gap.low:.2f} to {gap.high:.2f})" for name, gap in said.items() if gap is not None
    )
    note = (
        f"{other.adjective} over {one.adjective} list price of a token at equal score and date, on offer. "
        f"Beside it: {beside}; medians "
        f"of all models {found.raw.value:.1f}"
    )
    ratio = found.level
    verdict = by_interval(ratio.low, ratio.high, 1)
    return estimated(ratio, verdict, "times", note, found.sources, SECTION, found.scored_on)


@computation
def us_pays_for_capability(known: Any, claim: Claim) -> Result:
    """Compare the slopes of price on capability of both countries."""
    found = known.of(Pricing).served()
    less = found.slope_difference.map(lambda value: -value)
    one, other = found.countries
    note = f"elasticity of list price to capability of {other.adjective} models less that of {one.adjective} ones"
    verdict = by_interval(less.low, less.high)
    return estimated(less, verdict, "elasticity", note, found.sources, SECTION, found.scored_on)


@computation
def price_spread(known: Any, claim: Claim) -> Result:
    """Compare what the same model costs on its vendor's two lists, where both were in view of late."""
    found = known.of(Pricing).served()
    middle, vendors = found.spread, found.spread_by_vendor["spread"]
    note = (
        f"international over domestic list price of one model; by vendor {vendors.min():.2f} to {vendors.max():.2f} "
        f"times. {len(found.spreads)} models of {len(vendors)} vendors were seen on both lists within three months; "
        "newer models are nearer to parity. Vendors set both lists, and what they live on is in no list"
    )
    verdict = by_interval(middle.low, middle.high, 1)
    sources, on = (*found.sources, "FRED_FX"), found.spreads["day"].max()
    return estimated(middle, verdict, "times", note, sources, SECTION, on)


@computation
def electricity(known: Any, claim: Claim) -> Result:
    """Bound what electricity can explain; the sign of the difference is what the sources must agree on."""
    found = known.of(Pricing).served()
    said, bound = found.power_compared, found.electricity_bound
    if said.empty:
        return Result(Verdict.undetermined, note="no comparison of prices is known", section=SECTION)
    cheaper, one = list(said["ratio"] < 1), found.countries[0]
    explains = "cannot explain" if bound["free"] < found.raw.value else "might explain"
    note = (
        f"ratio of prices that free electricity on one side explains at most; at half its price {bound['half']:.2f}. "
        f"It {explains} the gap between medians, {found.raw.value:.1f}; matched pairs stand at {found.pair.value:.2f}. "
        f"{sum(cheaper)} of {len(cheaper)} sources, all second-hand, have {one.adjective} electricity cheaper"
    )
    ends = {"low": 1.0, "high": bound["free"], "interval": "bound over all assumptions", "n": len(said)}
    verdict, sources, on = by_agreement(cheaper), keys(said["source_id"]), said["on"].max()
    return Result(verdict, bound["free"], **ends, unit="times", note=note, sources=sources, section=SECTION, on=on)


@computation
def engineering_lowers_cost(known: Any, claim: Claim) -> Result:
    """Look for published costs of a token over time: what a company says of itself is one word, not a comparison."""
    said = known.of(Pricing).served().stated_costs
    if said.empty:
        return Result(Verdict.undetermined, note="no cost of a token over time is published", section=SECTION)
    told = ", ".join(f"{row.vendor} {row.value:+.0%} by {row.period_end:%Y-%m-%d}" for row in said.itertuples())
    note = f"change of the cost of a token as stated: {told}. It does not separate engineering from scale and rents"
    verdict = by_agreement(list(said["value"] < 0))
    on = said["period_end"].max()
    return ranged(verdict, said["value"], "vendors", "percent", note, said["source_id"], SECTION, on)


@computation
def largest_customers(known: Any, claim: Claim) -> Result:
    """Compare what the two largest customers bring a vendor of either country, as far as either says so.

    One company a side is a comparison and no test, so the claim stays undetermined whatever it shows.
    """
    found = known.of(Pricing).served()
    one, other = found.countries
    known_two = found.top_two
    both = known_two.set_index("country")
    own = found.customers[found.customers["metric"] == "top5_customer_share"]
    own = own[own["country"] == one.code].iloc[-1]
    bounds = known_two[known_two["entity_id"] == own["entity_id"]].iloc[0]
    note = (
        f"{own['company']}'s two largest customers brought {bounds['low']:.0%} to {bounds['high']:.0%} of revenue in "
        f"{own['period']}, as its five largest brought {own['share']:.1%}, many by projects"
    )
    if other.code not in both.index:
        note += f"; nothing is known of any {other.adjective} vendor"
        sources, on = (own["source_id"],), own["period_end"]
        return Result(Verdict.undetermined, note=note, n=1, sources=sources, section=SECTION, on=on)
    theirs = both.loc[other.code]
    note += (
        f"; {theirs['company']}'s two largest {theirs['share']:.0%} in {theirs['period']}. One company a side decides "
        "nothing"
    )
    less = sorted((bounds["low"] - theirs["share"], bounds["high"] - theirs["share"]))
    return Result(
        Verdict.undetermined, NAN, *less, f"bounds for the two largest, {one.name} less {other.name}", 2,
        "percentage points", note, keys([own["source_id"], theirs["source_id"]]), SECTION,
        max(own["period_end"], theirs["period_end"]),
    )  # fmt: skip


@computation
def premiums_do_not_last(known: Any, claim: Claim) -> Result:
    """Count premia at launch of the country in question; how they decay needs some.

    Time on the frontier is not a premium: those that hold it are mostly cheaper than their near rivals.
    """
    found = known.of(Pricing).served()
    one, other = found.countries
    own, theirs = found.launch_premia.loc[one.code], found.launch_premia.loc[other.code]
    later, stays = found.premium_later, found.lasts[one.code]
    moved = f"still on sale half a year later, had moved by {later.value:+.2f} log points"
    change = f"; {later.n} {other.adjective} ones, {moved}" if later.n else ""
    note = (
        f"launches priced above near-score rivals on sale that day: {own['premium']:.0f} of {own['n']:.0f} "
        f"{one.adjective} and {theirs['premium']:.0f} of {theirs['n']:.0f} {other.adjective}{change}. With so few a "
        f"decay cannot be estimated. On the frontier of price and score {one.adjective} models stay {stays.value:.0f} "
        "days at the median, at a discount"
    )
    share = float(own["premium"] / own["n"])
    return Result(
        Verdict.undetermined, share, n=int(own["n"]), unit="percent", note=note, sources=found.sources,
        section=SECTION, on=found.scored_on,
    )  # fmt: skip


def _falls(rows: pd.DataFrame) -> Verdict:
    """Judge whether prices fall by the intervals of all countries: an interval that holds one says nothing."""
    if (rows["fall_low"] > 1).all():
        return Verdict.supported
    return Verdict.not_supported if (rows["fall_high"] < 1).all() else Verdict.undetermined
