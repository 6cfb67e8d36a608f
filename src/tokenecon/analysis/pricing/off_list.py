"""What lists do not say: prices after caching, hosts of open models, and how concentrated customers are."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from tokenecon.analysis.market import prices as listed

_KEY = ["model_id", "market"]


def cached_blend(frame: pd.DataFrame, hit: float, ratio: float = listed.BLEND) -> pd.Series:
    """Return the blended list price when a share of the input is read from the cache.

    Parameters
    ----------
    frame : pandas.DataFrame
        ``input``, ``output`` and ``cached_input`` (NaN where a list names none).
    hit : float
        Share of the input tokens that is cached.
    ratio : float
        Input tokens for each output token.

    Returns
    -------
    pandas.Series
        NaN where no cached price is listed.
    """
    if not 0 <= hit <= 1:
        raise ValueError(f"a share of {hit} cannot be cached")
    paid = (1 - hit) * frame["input"] + hit * frame["cached_input"]
    return (ratio * paid + frame["output"]) / (ratio + 1)


def concentration(financials: pd.DataFrame, metrics: dict[str, str]) -> pd.DataFrame:
    """Return the shares of revenue that the largest customers bring, by company and period.

    Parameters
    ----------
    financials : pandas.DataFrame
        Accounts and what the press says of them.
    metrics : dict of str to str
        Metric to the words for whom it counts.

    Returns
    -------
    pandas.DataFrame
        ``entity_id``, ``who``, ``period``, ``period_end``, ``months``, ``share``, ``tier``, ``source_id``, by company,
        metric and period.
    """
    rows = financials[financials["metric"].isin(metrics) & (financials["segment"] == "total")]
    months = ((rows["period_end"] - rows["period_start"]).dt.days / 30.4).round().astype(int)
    found = rows.assign(who=rows["metric"].map(metrics), months=months, share=rows["value"])
    columns = ["entity_id", "metric", "who", "period", "period_end", "months", "share", "tier", "source_id"]
    return found.sort_values(["entity_id", "metric", "period_end"])[columns].reset_index(drop=True)


def top_bounds(share: float, members: int, wanted: int, largest: float = 1.0) -> tuple[float, float]:
    """Return between what the share of the ``wanted`` largest customers must lie, given that of ``members``.

    Parameters
    ----------
    share : float
        Of the ``members`` largest together.
    members, wanted : int
        How many customers; ``wanted`` is not more than ``members``.
    largest : float
        The largest single share possible.

    Returns
    -------
    low, high : float
        All members equal gives the low end; the high end gives the wanted ones as much as ``largest`` and ``share``
        allow.

    Raises
    ------
    ValueError
        If the members cannot together have that share.
    """
    if not 1 <= wanted <= members:
        raise ValueError(f"{wanted} of {members} customers")
    if share > members * largest + 1e-12:
        raise ValueError(f"{members} customers of at most {largest:.0%} do not make {share:.0%}")
    return share * wanted / members, min(share, wanted * largest)


def router_prices(hosted: pd.DataFrame, models: pd.DataFrame) -> pd.DataFrame:
    """Return what hosts and gateways ask for an open model over what its maker asks, in one table of one day.

    Parameters
    ----------
    hosted : pandas.DataFrame
        ``Catalog.host_prices``: ``model_id``, ``endpoint``, ``host_class`` (maker, host, gateway), ``input``,
        ``output``.
    models : pandas.DataFrame
        ``model_id`` and ``name``.

    Returns
    -------
    pandas.DataFrame
        One row a model and endpoint that is not the maker's, its cheapest offer: ``model_id``, ``model``,
        ``entity_id``, ``endpoint``, ``host_class``, ``price``, ``own_price`` (the maker's cheapest), ``ratio``. Models
        that their maker does not list there are left out, as are offers at nothing.
    """
    priced = listed.blended(hosted)
    priced = priced[priced["blended"] > 0]
    own = priced[priced["host_class"] == "maker"].groupby("model_id")["blended"].min().rename("own_price")
    others = priced[priced["host_class"] != "maker"].sort_values("blended")
    others = others.drop_duplicates(["model_id", "endpoint"]).rename(columns={"blended": "price"})
    found = others.merge(own, on="model_id", validate="many_to_one")
    names = models.set_index("model_id")["name"]
    columns = ["model_id", "model", "entity_id", "endpoint", "host_class", "price", "own_price"]
    found = found.assign(model=found["model_id"].map(names))[columns]
    return found.assign(ratio=found["price"] / found["own_price"])


CHEAPEST = "-cheapest"
"""How the endpoint of a router ends that passes each call to its cheapest seller."""


def cheapest_routes(hosted: pd.DataFrame) -> pd.DataFrame:
    """Return what the cheapest seller on a router asks: ``model_id``, ``seller``, ``currency``, ``low`` to ``high``.

    ``hosted`` is ``Catalog.host_prices``; prices are of a million input tokens, seen ``on`` a day.
    """
    rows = hosted[hosted["endpoint"].str.endswith(CHEAPEST)]
    routers = rows["endpoint"].str.removesuffix(CHEAPEST).map({"openrouter": "OpenRouter"}).fillna("a router")
    return pd.DataFrame(
        {
            "model_id": rows["model_id"],
            "seller": "cheapest route on " + routers,
            "currency": rows["currency"],
            "low": rows["input"],
            "high": rows["input"],
            "on": rows["observed_on"],
            "source_id": rows["source_id"],
        }
    )


def cloud_offers(operating: pd.DataFrame, models: pd.DataFrame, sources: pd.DataFrame) -> pd.DataFrame:
    """Return the ranges that clouds print for another maker's model, as :func:`cheapest_routes` does.

    The figure's item begins with the model's name in small letters; its seller is who published it.
    """
    rows = operating[operating["metric"] == "host_price_input"]
    ids = dict(zip(models["name"].str.lower(), models["model_id"], strict=True))
    named = [max(filter(item.startswith, ids), key=len, default="") for item in rows["item"]]
    return pd.DataFrame(
        {
            "model_id": [ids.get(name) for name in named],
            "seller": rows["source_id"].map(sources.set_index("source_id")["publisher"]),
            "currency": rows["currency"],
            "low": rows["value_low"].fillna(rows["value"]),
            "high": rows["value_high"].fillna(rows["value"]),
            "on": rows["period_end"],
            "source_id": rows["source_id"],
        }
    )


def beside_own(offers: pd.DataFrame, lists: pd.DataFrame) -> pd.DataFrame:
    """Add ``own``, what the maker last listed for the model in the currency of the offer by its day."""
    own = []
    for offer in offers.itertuples():
        same = lists[(lists["model_id"] == offer.model_id) & (lists["currency"] == offer.currency)]
        known = same[same["published_on"] <= offer.on].sort_values("published_on")
        own.append(known["input"].iloc[-1] if len(known) else float("nan"))
    return offers.assign(own=own)


def peak_prices(prices: pd.DataFrame, models: pd.DataFrame, day: dt.date | str) -> pd.DataFrame:
    """Return prices at peak hours over those beside them, by model and list, the last known by a day.

    A vendor that charges by the hour prints two prices; the one outside the peak is the standard.

    Returns
    -------
    pandas.DataFrame
        ``model_id``, ``model``, ``entity_id``, ``market``, ``on`` (from when), ``peak``, ``standard`` and ``ratio`` of
        blended prices.
    """
    rows = listed.blended(prices[prices["published_on"] <= pd.Timestamp(day)])
    known = rows["condition"].fillna("").str.lower()
    off = known.str.startswith("off-peak")
    hours = rows.assign(hour=np.select([off, known.str.startswith("peak hours")], ["standard", "peak"], ""))
    hours = hours[(hours["hour"] != "") & hours["effective_from"].notna()]
    key = ["model_id", "entity_id", "market", "endpoint", "effective_from"]
    wide = hours.pivot_table("blended", key, "hour", aggfunc="first").reindex(columns=["peak", "standard"]).dropna()
    last = wide.reset_index().sort_values("effective_from").drop_duplicates(["model_id", "market"], keep="last")
    names = models.set_index("model_id")["name"]
    found = last.rename(columns={"effective_from": "on"}).assign(model=last["model_id"].map(names))
    return found.assign(ratio=found["peak"] / found["standard"]).reset_index(drop=True)
