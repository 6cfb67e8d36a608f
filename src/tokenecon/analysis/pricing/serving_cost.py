"""What it costs to serve tokens: the rent of machines, and electricity as a part of it.

A machine has eight cards. Its rent an hour includes its electricity, so that the share of electricity in rent is what
a cheaper kilowatt-hour could save at most. DeepSeek's account of two days of serving is the calibration: it names
tokens, throughput and the rent assumed.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

CARDS = 8
_SECONDS = 3_600
_MILLION = 1e6


def cost(rent: float, prefill: float, decode: float, utilisation: float = 1.0, ratio: float = 3.0) -> float:
    """Return the cost of a million tokens of a blend, in the currency of the rent.

    Parameters
    ----------
    rent : float
        Of a card for an hour.
    prefill, decode : float
        Tokens a second that a machine reads, and writes, when it does nothing else.
    utilisation : float
        Share of the time that is sold.
    ratio : float
        Input tokens for each output token.

    Returns
    -------
    float
        Cost per million tokens.

    Raises
    ------
    ValueError
        If a quantity is not positive.
    """
    if min(rent, prefill, decode, utilisation) <= 0:
        raise ValueError("rent, throughput and utilisation must be positive")
    seconds = (ratio / prefill + 1 / decode) / (ratio + 1) * _MILLION
    return seconds * CARDS * rent / _SECONDS / utilisation


def electricity_share(power: float, drawn: float, pue: float, price: float, rent: float) -> float:
    """Return electricity over rent.

    Parameters
    ----------
    power : float
        Rated power of a machine, kilowatts.
    drawn : float
        Share of it that is drawn.
    pue : float
        Power of the site over that of its machines.
    price : float
        Of a megawatt-hour.
    rent : float
        Of a card for an hour, in the same currency.
    """
    return power * drawn * pue * price / 1_000 / (CARDS * rent)


def bounds(ranges: Mapping[str, tuple[float, float, float]]) -> pd.DataFrame:
    """Return the share of electricity in rent at the middle of all ranges, and at the ends of each and of all.

    Parameters
    ----------
    ranges : mapping of str to (float, float, float)
        Arguments of :func:`electricity_share` to their low, middle and high values.

    Returns
    -------
    pandas.DataFrame
        One row an argument (the others at their middle) and the row ``all``: ``argument``, ``low_value``, ``value``,
        ``high_value`` (NaN for ``all``), ``low``, ``middle`` and ``high`` (shares, low to high).
    """
    middle = {name: values[1] for name, values in ranges.items()}
    share = electricity_share(**middle)
    rows = []
    for name, (low, value, high) in ranges.items():
        ends = sorted(electricity_share(**middle | {name: end}) for end in (low, high))
        rows.append(
            {"argument": name, "low_value": low, "value": value, "high_value": high,
             "low": ends[0], "middle": share, "high": ends[1]}
        )  # fmt: skip
    corners = [
        electricity_share(**dict(zip(ranges, corner, strict=True)))
        for corner in itertools.product(*((low, high) for low, _, high in ranges.values()))
    ]
    rows.append({"argument": "all", "low": min(corners), "middle": share, "high": max(corners)})
    return pd.DataFrame(rows)


def explained_by(share: float) -> float:
    """Return the price ratio that free electricity on one side alone would explain, ``share`` being the other's."""
    return 1 / (1 - share)


def observed(
    revenue: float, profit_over_cost: float, output: float, cached_input: float, cached_share: float
) -> dict[str, float]:
    """Return the cost of serving that a vendor's published day implies.

    Parameters
    ----------
    revenue : float
        What a day's tokens would bring at list.
    profit_over_cost : float
        Theoretical profit over cost.
    output, cached_input : float
        Tokens of the day.
    cached_share : float
        Cached input over all input.

    Returns
    -------
    dict of str to float
        ``cost`` (of the day), ``input`` (tokens), ``tokens`` (all), ``per_million`` (all tokens), ``ratio`` (input for
        each output token), ``revenue_per_million``.
    """
    spent = revenue / (1 + profit_over_cost)
    read = cached_input / cached_share
    tokens = read + output
    return {
        "cost": spent,
        "input": read,
        "tokens": tokens,
        "per_million": spent / tokens * _MILLION,
        "ratio": read / output,
        "revenue_per_million": revenue / tokens * _MILLION,
    }


def cost_grid(
    rents: Mapping[str, float], prefill: float, decode: float, utilisations: Mapping[str, float], ratio: float = 3.0
) -> pd.DataFrame:
    """Return the cost of a million tokens for every rent and utilisation: ``rent``, ``utilisation``, ``cost``."""
    rows = [
        {"rent": rent, "at": price, "utilisation": use, "cost": cost(price, prefill, decode, share, ratio)}
        for (rent, price), (use, share) in itertools.product(rents.items(), utilisations.items())
    ]
    return pd.DataFrame(rows)


@dataclass(frozen=True)
class Account:
    """A vendor's published account of its serving, with the rent at which its throughput gives the same cost.

    Parameters
    ----------
    vendor
        Who published it.
    prefill, decode
        Tokens a second that a machine reads, and writes.
    hit
        Share of input that its cache serves.
    per_million, revenue_per_million
        Cost, and revenue at list, of a million tokens of its mix, in dollars.
    ratio
        Input tokens for each output token of its mix.
    rent
        Of a card for an hour, in dollars, that the account implies.
    share
        Cost over list price.
    source_ids
        Where it stands.
    """

    vendor: str
    prefill: float
    decode: float
    hit: float
    per_million: float
    revenue_per_million: float
    ratio: float
    rent: float
    share: float
    source_ids: tuple[str, ...]


def published_account(operating: pd.DataFrame) -> Account:
    """Return the account in the rows of ``inference`` of ``operating``, one vendor's.

    Raises
    ------
    KeyError
        If a figure that it needs is not there.
    """
    rows = operating[operating["segment"] == "inference"]
    figure = rows.set_index(["metric", "item"])["value"].to_dict()
    day = observed(
        figure["theoretical_daily_revenue", ""],
        figure["theoretical_cost_margin", ""],
        figure["daily_output_tokens", ""],
        figure["daily_cached_input_tokens", ""],
        figure["cache_hit_share", ""],
    )
    prefill, decode = figure["node_throughput", "prefill"], figure["node_throughput", "decode"]
    rent = day["per_million"] / cost(1, prefill, decode, 1, day["ratio"])
    return Account(
        rows["entity_id"].iloc[0], prefill, decode, figure["cache_hit_share", ""], day["per_million"],
        day["revenue_per_million"], day["ratio"], rent, day["per_million"] / day["revenue_per_million"],
        tuple(sorted(rows["source_id"].unique())),
    )  # fmt: skip


def contracts(operating: pd.DataFrame) -> pd.DataFrame:
    """Return the rents of cards under contract in dollars an hour, by day."""
    rows = operating[(operating["metric"] == "gpu_rent") & (operating["segment"] == "gpu_contract")]
    return rows[rows["base_unit"] == "USD per hour"].sort_values("period_end")


def electricity_ranges(
    operating: pd.DataFrame, power: float, dearer: float, rents: Sequence[float]
) -> dict[str, tuple[float, float, float]]:
    """Return the arguments of :func:`electricity_share` with the ranges over which they are not known.

    Parameters
    ----------
    operating : pandas.DataFrame
        Rated power of a machine, share of it drawn, and power of a site, as published; prices of electricity.
    power, dearer : float
        Price for industry in dollars a megawatt-hour, and by how much the dearest said is above it.
    rents : sequence of float
        Of a card for an hour, in dollars; the ends of the range are a quarter below and half above them.
    """
    machine = operating.drop_duplicates("metric").set_index("metric")["value"]
    priced = operating[(operating["metric"] == "power_price") & (operating["base_unit"] == "USD per MWh")]["value"]
    rents = sorted(rents)
    return {
        "power": (machine["node_power"],) * 3,
        "drawn": (0.5, machine["node_power_ratio"], 1.0),
        "pue": (1.1, 1.3, machine["pue"]),
        "price": (min(power / 2, priced.min()), power, power + dearer),
        "rent": (0.75 * rents[0], rents[len(rents) // 2], 1.5 * rents[-1]),
    }
