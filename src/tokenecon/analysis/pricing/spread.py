"""The spread trade: what the same model costs on its vendor's list at home and on its list abroad, in dollars.

A *spread* is the international list price over the domestic one, both in dollars. A *reseller* buys at the domestic
list and sells at the international one; the list prices say what that would earn, not what anybody earned.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from tokenecon.analysis.estimators import DRAWS, SEED, Estimate, quantile, resampled, vendor_bootstrap
from tokenecon.analysis.market import price_paths
from tokenecon.analysis.market import prices as listed
from tokenecon.catalog.market import PATIENCE


def month_rates(fx: pd.DataFrame, currency: str) -> pd.Series:
    """Return units of a currency for a dollar, monthly averages by last day of the month (``Catalog.fx``)."""
    rows = fx[(fx["base"] == listed.ABROAD) & (fx["quote"] == currency) & (fx["kind"] == "monthly_average")]
    return rows.set_index("date")["rate"].sort_index()


def rate_on(rates: pd.Series, day: dt.date | str) -> tuple[float, bool]:
    """Return the rate of the month of a day, and whether the last month known stands in for it."""
    end = pd.Timestamp(day) + pd.offsets.MonthEnd(0)
    known = rates[rates.index <= end]
    if known.empty:
        raise KeyError(f"no exchange rate by {end:%Y-%m-%d}")
    return float(known.iloc[-1]), known.index[-1] != end


def shown(paths: pd.DataFrame, prices: pd.DataFrame, as_of: dt.date | str) -> pd.DataFrame:
    """Add ``shown`` to levels of price: the last day by ``as_of`` on which a list of their market showed that price.

    Parameters
    ----------
    paths : pandas.DataFrame
        As :func:`tokenecon.analysis.market.price_paths.paths` returns it.
    prices : pandas.DataFrame
        Makers' own list prices (``Catalog.list_prices().frame``).
    as_of : date or str
        The last day looked at.
    """
    price = ["model_id", "market", "input", "output"]
    seen = prices[price].assign(
        since=prices["effective_from"].fillna(prices["published_on"]),
        shown=prices["last_seen_on"].fillna(pd.Timestamp(as_of)),
    )
    rows = paths[[*price, "ends"]].reset_index(names="level").merge(seen, on=price)
    rows = rows[rows["ends"].isna() | (rows["since"] < rows["ends"])]
    return paths.assign(shown=rows.groupby("level")["shown"].max())


def on_both(paths: pd.DataFrame, rates: pd.Series, days: Sequence[dt.date | str]) -> pd.DataFrame:
    """Return the models that were on both lists on each of several days, with two prices that speak of one time.

    A price that its list has not shown for :data:`PATIENCE` is out of view, even where the model is on sale on the
    other market. So is one that its list has not shown since the price on the other list changed: which of the two
    lists learns first of a change of both says nothing of a spread.

    Parameters
    ----------
    paths : pandas.DataFrame
        As :func:`shown` returns it, both markets.
    rates : pandas.Series
        As :func:`month_rates` returns it.
    days : sequence of date or str
        The days.

    Returns
    -------
    pandas.DataFrame
        One row a model and day: ``day``, ``model_id``, ``model``, ``entity_id``, ``asked`` (domestic, blended,
        in its currency), ``rate``, ``stand_in`` (an earlier month's rate), ``home_price`` and ``abroad_price`` (both in
        dollars), ``spread`` (ratio).
    """
    rows = []
    for day in map(pd.Timestamp, days):
        now = price_paths.on(paths, day)
        now = now[now["shown"] >= day - PATIENCE]
        home = now[now["market"] == "domestic"].set_index("model_id")
        abroad = now[now["market"] == "international"].set_index("model_id")
        shared = home.index.intersection(abroad.index)
        home, abroad = home.loc[shared], abroad.loc[shared]
        alike = _since_change(home, abroad) & _since_change(abroad, home)
        home, abroad = home[alike], abroad[alike]
        rate, stand_in = rate_on(rates, day)
        both = home[["model", "entity_id"]].assign(
            day=day, asked=home["blended"], abroad_price=abroad["blended"], rate=rate, stand_in=stand_in
        )
        rows.append(both.reset_index())
    found = pd.concat(rows, ignore_index=True)
    found["home_price"] = found["asked"] / found["rate"]
    return found.assign(spread=found["abroad_price"] / found["home_price"])


def _since_change(levels: pd.DataFrame, others: pd.DataFrame) -> pd.Series:
    """Return whether each level was shown since the other list's price changed; a first price is no change."""
    return others["previous"].isna() | (levels["shown"] >= others["begins"])


def by_vendor(found: pd.DataFrame, draws: int = DRAWS, seed: int = SEED) -> pd.DataFrame:
    """Return each vendor's median spread on one day, the interval over its models, and the reseller's margin.

    Returns
    -------
    pandas.DataFrame
        ``entity_id``, ``n`` (models), ``spread`` with ``_low`` and ``_high`` (percentile bootstrap; NaN with fewer than
        three models), ``least`` and ``most``, ``margin`` (of a reseller at list: one less the inverse of the median).
    """
    rows = []
    for vendor, part in found.groupby("entity_id"):
        median = resampled(np.median, part["spread"].to_numpy(), draws=draws, seed=seed)
        rows.append(
            {"entity_id": vendor, "n": len(part)} | median.fields("spread")
            | {"least": part["spread"].min(), "most": part["spread"].max(), "margin": 1 - 1 / median.value}
        )  # fmt: skip
    return pd.DataFrame(rows).sort_values("spread", ascending=False, ignore_index=True)


def median_spread(found: pd.DataFrame, draws: int = 2_000, seed: int = SEED) -> Estimate:
    """Return the median spread over models, vendors drawn; fewer than five vendors give no interval."""
    return vendor_bootstrap(quantile(found["spread"]), found["entity_id"], None, draws, seed, "times")


def by_vintage(found: pd.DataFrame, released: pd.Series) -> pd.DataFrame:
    """Return the spread by half-year of release, of each model on the last day on which it was on both lists.

    ``found`` is as :func:`on_both` returns it for many days, ``released`` the day of release by model. Columns
    ``vintage``, ``n``, ``vendors``, ``spread`` (median), ``least``, ``most``.
    """
    last = found.sort_values("day").drop_duplicates("model_id", keep="last")
    on = last["model_id"].map(released)
    halves = "H" + on.dt.month.gt(6).add(1).astype(str) + " " + on.dt.year.astype("Int64").astype(str)
    rows = last.assign(vintage=halves, on=on).dropna(subset="on").sort_values("on")
    return rows.groupby("vintage", sort=False).agg(
        n=("model_id", "size"), vendors=("entity_id", "nunique"), spread=("spread", "median"), least=("spread", "min"),
        most=("spread", "max"),
    ).reset_index()  # fmt: skip


def at_rates(found: pd.DataFrame, rates: Mapping[str, float], least: float = 0.1) -> pd.DataFrame:
    """Return how the spread depends on the exchange rate.

    Parameters
    ----------
    found : pandas.DataFrame
        One day of :func:`on_both`.
    rates : mapping of str to float
        Label to units of the domestic lists' currency for a dollar.
    least : float
        A spread worth a reseller's while, above parity.

    Returns
    -------
    pandas.DataFrame
        ``label``, ``rate``, ``spread`` (median over models), ``above`` (share of models with at least ``1 + least``),
        ``below`` (share dearer at home by as much), ``n``.
    """
    rows = []
    for label, rate in rates.items():
        spread = found["abroad_price"] * rate / found["asked"]
        rows.append(
            {"label": label, "rate": rate, "spread": spread.median(), "above": (spread >= 1 + least).mean(),
             "below": (spread <= 1 / (1 + least)).mean(), "n": len(found)}
        )  # fmt: skip
    return pd.DataFrame(rows)


def list_margins(found: pd.DataFrame, cost_low: float, cost: float, cost_high: float) -> pd.DataFrame:
    """Return what is left of each price after the cost of serving, for a range of that cost in dollars.

    Parameters
    ----------
    found : pandas.DataFrame
        One day of :func:`on_both`.
    cost_low, cost, cost_high : float
        Dollars per million tokens of the blend.

    Returns
    -------
    pandas.DataFrame
        ``found`` with ``resale`` (reseller's margin at list) and, for the vendor, ``home`` and ``abroad`` (margin after
        serving on either list), each with ``_low`` (at ``cost_high``) and ``_high``.
    """
    found = found.assign(resale=1 - 1 / found["spread"])
    for name in ("home", "abroad"):
        price = found[f"{name}_price"]
        found = found.assign(
            **{name: 1 - cost / price, f"{name}_low": 1 - cost_high / price, f"{name}_high": 1 - cost_low / price}
        )
    return found
