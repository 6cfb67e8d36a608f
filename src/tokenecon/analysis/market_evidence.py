"""What bears on the claims about market structure and about China and the United States, one function a computation."""

from __future__ import annotations

import pandas as pd

from tokenecon.analysis import estimators
from tokenecon.analysis.evidence import Known
from tokenecon.analysis.judge import NAN, Claim, Result, Verdict, by_agreement, by_interval, estimated, keys, ranged
from tokenecon.analysis.market.claims import used as _used
from tokenecon.analysis.pricing import gap, premium_spells, price_events, serving_cost, spread
from tokenecon.analysis.pricing import off_list as pricing

PRICING = "sec-china-us-pricing"
LONG_DAYS = 365
"""A premium that half of all models keep for a year would last."""
LARGEST = {"top5_customer_share": "five largest", "top2_customer_share": "two largest"}


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
