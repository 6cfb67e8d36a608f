"""What bears on the claims about prices in the two countries, one function a computation."""

from __future__ import annotations

from typing import Any

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
)
from tokenecon.analysis.pricing import serving_cost
from tokenecon.analysis.pricing.countries import ONE, OTHER
from tokenecon.analysis.pricing.findings import Pricing

SECTION = "sec-china-us-pricing"
LONG_DAYS = 365
"""A price that half of all models keep for a year without an equal rival below it would last."""


@computation
def competition_squeezes(known: Any, claim: Claim) -> Result:
    """Ask whether list prices at equal capability fall, in both countries."""
    found = known.of(Pricing)
    one, other = found.yearly[ONE], found.yearly[OTHER]
    note = (
        f"change of log list prices a year at equal score in {found.countries[ONE]}; in the {found.countries[OTHER]} "
        f"{other.value:+.2f} ({other.low:+.2f} to {other.high:+.2f}). Vendors sell the next model for less and hardly "
        "cut the old one"
    )
    verdict = by_interval(-one.high, -one.low)
    return estimated(one, verdict, "log points", note, found.sources, SECTION)


@computation
def simple_tokens_cheap(known: Any, claim: Claim) -> Result:
    """Ask by how much the cheapest price of the lowest level of capability falls in a year."""
    found = known.of(Pricing)
    low = found.falls[found.falls["level"] == found.falls["level"].min()].set_index("country")
    note = (
        f"times a year by which the cheapest model at {low['level'].iloc[0]:.0f} points of the index got cheaper: "
        + ", ".join(
            f"{code} {row['fall']:.1f} ({row['fall_low']:.1f} to {row['fall_high']:.1f})"
            for code, row in low.iterrows()
        )
    )
    verdict = by_agreement(list(low["fall_low"] > 1))
    return ranged(verdict, low["fall"], "countries", "times", note, found.sources, SECTION)


@computation
def hard_tokens_keep_price(known: Any, claim: Claim) -> Result:
    """Ask whether a vendor's new best model comes dearer than the one before."""
    found = known.of(Pricing)
    share = found.successions_dearer
    note = "new best models that came dearer than their vendor's best before"
    return estimated(share, by_interval(share.low, share.high, 0.5), "percent", note, found.sources, SECTION)


@computation
def same_capability_cheaper(known: Any, claim: Claim) -> Result:
    """Compare prices of both countries at equal capability and date of release."""
    found = known.of(Pricing)
    ratio, pair = found.level_by_vendor, found.pair
    note = (
        f"American over Chinese list price at equal score and date; matched pairs {pair.value:.2f} ({pair.low:.2f} to "
        f"{pair.high:.2f}), medians of all models {found.raw.value:.1f}"
    )
    return estimated(ratio, by_interval(ratio.low, ratio.high, 1), "times", note, found.sources, SECTION)


@computation
def us_pays_for_capability(known: Any, claim: Claim) -> Result:
    """Compare the slopes of price on capability of both countries."""
    found = known.of(Pricing)
    less = found.slope_difference.map(lambda value: -value)
    note = "elasticity of list price to capability in the United States less that in China"
    return estimated(less, by_interval(less.low, less.high), "elasticity", note, found.sources, SECTION)


@computation
def price_spread(known: Any, claim: Claim) -> Result:
    """Compare what the same model costs on its vendor's two lists."""
    found = known.of(Pricing)
    middle, vendors = found.spread, found.spread_by_vendor["spread"]
    note = (
        f"international over domestic list price of one model; by vendor {vendors.min():.2f} to {vendors.max():.2f} "
        "times. Vendors set both lists"
    )
    verdict = by_interval(middle.low, middle.high, 1)
    return estimated(middle, verdict, "times", note, (*found.sources, "FRED_FX"), SECTION)


@computation
def electricity(known: Any, claim: Claim) -> Result:
    """Ask whether electricity costs large users less in the one country than in the other."""
    found = known.of(Pricing)
    row = found.power_gap
    if row is None:
        return Result(Verdict.undetermined, note="no comparison of prices is known", section=SECTION)
    low, high = -row["value_high"], -row["value_low"]
    share = found.electricity_share
    note = (
        "American less Chinese price of electricity for large users, dollars a MWh. All electricity is "
        f"{share['low']:.1%} to {share['high']:.0%} of what serving costs, so that free power would explain a price "
        f"ratio of {serving_cost.explained_by(share['high']):.2f} at most"
    )
    return Result(
        by_interval(low, high), (low + high) / 2, low, high, "range in the source", 1, "dollars per MWh", note,
        keys([row["source_id"]]), SECTION,
    )  # fmt: skip


@computation
def engineering_lowers_cost(known: Any, claim: Claim) -> Result:
    """Look for published costs of a token over time: what a company says of itself is one word, not a comparison."""
    said = known.of(Pricing).stated_costs
    if said.empty:
        return Result(Verdict.undetermined, note="no cost of a token over time is published", section=SECTION)
    told = ", ".join(f"{row.vendor} {row.value:+.0%} by {row.period_end:%Y-%m-%d}" for row in said.itertuples())
    note = f"change of the cost of a token as stated: {told}. It does not separate engineering from scale and rents"
    verdict = by_agreement(list(said["value"] < 0))
    return ranged(verdict, said["value"], "vendors", "percent", note, said["source_id"], SECTION)


@computation
def largest_customers(known: Any, claim: Claim) -> Result:
    """Compare what the two largest customers bring a vendor of either country, as far as either says so.

    One company a side is a comparison and no test, so the claim stays undetermined whatever it shows.
    """
    found = known.of(Pricing)
    both = found.top_two.set_index("country")
    own = found.customers[found.customers["metric"] == "top5_customer_share"]
    own = own[own["country"] == ONE].iloc[-1]
    note = (
        f"{own['company']}'s five largest customers brought {own['share']:.1%} of revenue in {own['period']}, "
        "many by projects"
    )
    if OTHER not in both.index:
        note += "; nothing is known of an American vendor"
        return Result(Verdict.undetermined, note=note, n=1, sources=(own["source_id"],), section=SECTION)
    other, bounds = both.loc[OTHER], both.loc[ONE]
    note += (
        f"; {other['company']}'s two largest {other['share']:.0%} in {other['period']}. One company a side decides "
        "nothing"
    )
    less = sorted((bounds["low"] - other["share"], bounds["high"] - other["share"]))
    return Result(
        Verdict.undetermined, NAN, *less, "bounds for the two largest, China less United States", 2,
        "percentage points", note, keys([own["source_id"], other["source_id"]]), SECTION,
    )  # fmt: skip


@computation
def premiums_do_not_last(known: Any, claim: Claim) -> Result:
    """Measure how long half of the one country's models stay without an equal rival below their price."""
    found = known.of(Pricing)
    own, other, hazard = found.lasts[ONE], found.lasts[OTHER], found.hazard
    note = (
        f"median days of a Chinese premium; in the United States {other.value:.0f} ({other.low:.0f} to "
        f"{other.high:.0f}). Hazard ratio {hazard.value:.2f} ({hazard.low:.2f} to {hazard.high:.2f})"
    )
    return estimated(own, by_interval(-own.high, -own.low, -LONG_DAYS), "days", note, found.sources, SECTION)
