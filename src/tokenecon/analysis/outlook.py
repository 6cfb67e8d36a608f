"""Outlook: what a target asks for, how far break-even is, and every forecast kept so that it can be scored.

What is simulated stands in :mod:`tokenecon.analysis.scenarios`; here is arithmetic on figures and statements.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
import pandas as pd
from scipy.optimize import brentq

from tokenecon.analysis.market import prices
from tokenecon.analysis.revenue import scoped
from tokenecon.analysis.scenarios import DAYS_A_MONTH

FORECAST_KINDS = ("guidance", "forecast", "target", "consensus")
BLENDS: Mapping[str, float] = {"one to one": 1, "three to one": prices.BLEND, "ten to one": 10}
"""Input tokens for one output token: the convention is three; the others are its range."""
HORIZON_YEARS = 10.0
"""How far ahead break-even is looked for; growth held for longer describes no company. Judgement."""
LEAST_GAP = 25
"""Days two statements of a run-rate must be apart for a monthly growth between them."""


def required_growth(value: float, target: float, months: float) -> float:
    """Return the steady growth a month that leads from a run-rate to a target, as a ratio.

    Raises
    ------
    ValueError
        If an amount is not positive or no time is left.
    """
    if value <= 0 or target <= 0 or months <= 0:
        raise ValueError(f"amounts and months must be positive, not {value}, {target} and {months}")
    return float(np.expm1(np.log(target / value) / months))


def requirements(forecasts: pd.DataFrame, stated: pd.DataFrame) -> pd.DataFrame:
    """Return the growth that each run-rate target asks for from the last run-rate known of its own scope.

    Parameters
    ----------
    forecasts : pandas.DataFrame
        As :func:`forecasts` returns them, ``value`` in the currency of ``stated``.
    stated : pandas.DataFrame
        Run-rates as known: ``entity_id``, ``measure``, ``on``, ``value``, ``definition``.

    Returns
    -------
    pandas.DataFrame
        One row a target that has a run-rate of its entity and measure before its day: ``start``, ``start_on``,
        ``start_definition``, ``months``, ``multiple`` and ``growth`` (ratio a month). Where a day has two bases, the
        one by the month is the start. A target below its start needs none: growth is negative.
    """
    rows = []
    targets = forecasts[(forecasts["metric"] == "run_rate") & forecasts["value"].notna()]
    for target in targets.to_dict("records"):
        same = (stated["entity_id"] == target["entity_id"]) & (stated["measure"] == target["measure"])
        own = stated[same & (stated["on"] < target["period_end"]) & stated["value"].notna()]
        if own.empty:
            continue
        own = own.assign(longer=own["definition"].eq("monthly_x12"))
        last = own.sort_values(["on", "longer"], kind="stable").iloc[-1]
        left = (target["period_end"] - last["on"]).days / DAYS_A_MONTH
        growth = required_growth(last["value"], target["value"], left)
        found = {"start": last["value"], "start_on": last["on"], "start_definition": last["definition"]}
        rows.append(
            target | found | {"months": left, "multiple": target["value"] / last["value"], "growth": growth},
        )
    return pd.DataFrame(rows)


def observed_growth(stated: pd.DataFrame) -> pd.DataFrame:
    """Return the monthly growth between each two consecutive stated run-rates of one entity and measure.

    ``stated`` is as for :func:`requirements`. Statements less than :data:`LEAST_GAP` days apart are passed over; one
    basis a day is kept, by the month before by the week. ``mixed`` marks a pair on two bases.
    """
    rows = []
    known = stated[stated["value"].notna()].assign(longer=lambda frame: frame["definition"].eq("monthly_x12"))
    for (entity, measure), own in known.groupby(["entity_id", "measure"]):
        own = own.sort_values(["on", "longer"], kind="stable").drop_duplicates("on", keep="last")
        before = None
        for row in own.itertuples():
            if before is not None and (row.on - before.on).days < LEAST_GAP:
                continue
            if before is not None:
                months = (row.on - before.on).days / DAYS_A_MONTH
                rows.append(
                    {
                        "entity_id": entity,
                        "measure": measure,
                        "from": before.on,
                        "to": row.on,
                        "growth": required_growth(before.value, row.value, months),
                        "mixed": before.definition != row.definition,
                    }
                )
            before = row
    return pd.DataFrame(rows, columns=["entity_id", "measure", "from", "to", "growth", "mixed"])


def daily_tokens(revenue_a_year: float, price: float) -> float:
    """Return the tokens a day that earn a yearly revenue at a price for a million tokens, in one currency."""
    if price <= 0:
        raise ValueError(f"a price must be positive, not {price}")
    return revenue_a_year / 365 / price * 1e6


def list_prices(operating: pd.DataFrame, entity: str) -> pd.DataFrame:
    """Return the list prices of an entity's models, blended.

    Returns
    -------
    pandas.DataFrame
        ``item``, ``on`` (day of the price), ``currency``, ``input``, ``output`` and a column a blend of :data:`BLENDS`,
        per million tokens, without any discount for cached input; models without one of the prices are left out.
    """
    own = operating[operating["entity_id"] == entity]
    sides = {}
    for side, metric in (("input", "list_price_input"), ("output", "list_price_output")):
        rows = own[own["metric"] == metric]
        sides[side] = rows.set_index(["item", "period_start", "currency"])["value"]
    both = pd.DataFrame(sides).dropna().reset_index().rename(columns={"period_start": "on"})
    for name, inputs in BLENDS.items():
        both[name] = prices.blended(both, inputs)["blended"]
    return both.sort_values(["on", "item"], ignore_index=True)


def average_price(revenue: float, days: int, levels: Sequence[float]) -> tuple[float, float]:
    """Return the least and the most that a million of all tokens processed earned on average over a period.

    Parameters
    ----------
    revenue : float
        Of the period.
    days : int
        Length of the period.
    levels : sequence of float
        Tokens a day as known for days in or near the period: volume lay between the least and the most of them. Free
        traffic is inside, so this is less than what a paid token costs.
    """
    earned = [revenue / (level * days) * 1e6 for level in levels]
    return min(earned), max(earned)


def implied_total(api: float, share: float) -> tuple[float, float]:
    """Return total revenue and revenue of the other lines when the token line is ``share`` of it."""
    if not 0 < share <= 1:
        raise ValueError(f"a share lies between zero and one, not {share}")
    return api / share, api * (1 - share) / share


def growth_for_share(share: float, share_before: float, total_growth: float) -> float:
    """Return the growth of a line that brings its share of revenue from one value to another (ratio)."""
    return share / share_before * (1 + total_growth) - 1


def share_needed(share: float, year: float, known: float, known_total: float) -> float:
    """Return the share that the rest of a year must have, for a share over all of it.

    Parameters
    ----------
    share : float
        Of the whole year.
    year : float
        Revenue of the whole year.
    known, known_total : float
        The line's revenue and all revenue so far.
    """
    if year <= known_total:
        raise ValueError(f"the year's revenue, {year}, must exceed what is known of it, {known_total}")
    return (share * year - known) / (year - known_total)


def stated_months(stated: pd.DataFrame, first: pd.Timestamp, last: pd.Timestamp) -> float:
    """Return the revenue that stated run-rates promise for a span of whole months, joined by steady growth.

    ``stated`` has ``on`` and ``value`` of one entity and measure. NaN unless statements surround the month ends but
    for at most half a month at either end, since outside them nothing was said.
    """
    rows = stated.dropna(subset=["value"]).drop_duplicates("on").sort_values("on")
    ends = pd.date_range(first, last, freq="ME")
    slack = pd.Timedelta(days=15)
    if len(rows) < 2 or rows["on"].iloc[0] > ends[0] + slack or rows["on"].iloc[-1] < ends[-1] - slack:
        return float("nan")
    days = [(on - first).days for on in rows["on"]]
    logs = np.interp([(end - first).days for end in ends], days, np.log(rows["value"]))
    return float(np.exp(logs).sum() / 12)


def break_even_revenue(rd: float, margin: float) -> float:
    """Return the revenue whose gross profit equals R&D expense; infinite where the margin is not positive."""
    return rd / margin if margin > 0 else float("inf")


def years_to_break_even(
    revenue: float,
    growth: float,
    rd: float,
    rd_growth: float,
    margin: float,
    margin_end: float | None = None,
    margin_years: float = 3,
    horizon: float = HORIZON_YEARS,
) -> float:
    """Return the years until gross profit first covers R&D; infinite if not within the horizon.

    Parameters
    ----------
    revenue, rd : float
        Of the last twelve months, in one currency.
    growth, rd_growth : float
        Ratios a year, held.
    margin, margin_end : float
        Gross margin now, and to which it moves in a straight line over ``margin_years``; held where there is no end.
    horizon : float
        Years looked ahead.
    """
    end = margin if margin_end is None else margin_end

    def surplus(years: float) -> float:
        now = margin + (end - margin) * min(years / margin_years, 1)
        return now * revenue * (1 + growth) ** years - rd * (1 + rd_growth) ** years

    if surplus(0) >= 0:
        return 0.0
    grid = np.linspace(0, horizon, int(horizon * 24) + 1)
    for low, high in pairwise(grid):
        if surplus(high) >= 0:
            return float(brentq(surplus, low, high, xtol=1e-13))
    return float("inf")


def forecasts(statements: pd.DataFrame, segments: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    """Return the register: every forecast known, under its key, so that a later edition can score it.

    Parameters
    ----------
    statements : pandas.DataFrame
        Statements as the edition knows them.
    segments : pandas.DataFrame
        ``entity_id``, ``segment``, ``route``: decides whether a forecast is about the token line or everything.
    as_of : pandas.Timestamp
        The edition's day.

    Returns
    -------
    pandas.DataFrame
        One row a forecast, the earliest due first: the columns of ``statements`` with ``measure`` (``api``, ``total``
        or empty), ``due`` (last day it speaks about), ``passed`` (due by the edition's day) and ``late`` (recorded
        only after it was due: no forecast in the strict sense).
    """
    rows = statements[statements["kind"].isin(FORECAST_KINDS)]
    keyed = scoped(rows, segments).set_index("statement_id")["measure"]
    return rows.assign(
        measure=rows["statement_id"].map(keyed).fillna(""),
        due=rows["period_end"],
        passed=rows["period_end"] <= pd.Timestamp(as_of),
        late=rows["said_on"] > rows["period_end"],
    ).sort_values(["due", "entity_id", "said_on", "statement_id"], ignore_index=True)


def newest_target(aims: pd.DataFrame, entity: str) -> pd.Series:
    """Return the target for its run-rate that a company's management named last.

    Parameters
    ----------
    aims : pandas.DataFrame
        Forecasts of run-rates that are not due yet, as :func:`forecasts` returns them.
    entity : str
        The company.

    Raises
    ------
    LookupError
        If no target is open, as when the year of the last one is over and no new one has been recorded.
    """
    guided = aims[(aims["entity_id"] == entity) & (aims["kind"] == "guidance")].sort_values("said_on")
    if guided.empty:
        raise LookupError(f"no target for the run-rate of {entity} is open: add its guidance to data/statements.csv")
    return guided.iloc[-1]


def with_outcomes(register: pd.DataFrame, figures: pd.DataFrame, stated: pd.DataFrame) -> pd.DataFrame:
    """Add what is known of the outcome of each forecast; no score is given here.

    Parameters
    ----------
    register : pandas.DataFrame
        As :func:`forecasts` returns it; its ``value`` in ``base_unit``.
    figures : pandas.DataFrame
        Accounts: ``entity_id``, ``metric``, ``segment``, ``period``, ``value``, ``base_unit``.
    stated : pandas.DataFrame
        Run-rates as known, in ``base_unit`` of the forecasts: ``entity_id``, ``measure``, ``on``, ``value``.

    Returns
    -------
    pandas.DataFrame
        ``register`` with ``actual`` (NaN where not known) and ``status``: ``met`` or ``missed`` (at least the value, or
        not), ``due, outcome not known``, ``open``, or ``open, level reached``: a run-rate not yet due whose level was
        stated already. It may be lost again by its day.
    """
    place = ["entity_id", "metric", "segment", "period", "base_unit"]
    known = figures.drop_duplicates(place).set_index(place)["value"].to_dict()
    rows = []
    for row in register.to_dict("records"):
        actual = known.get(tuple(row[name] for name in place), float("nan"))
        status = "open"
        if row["metric"] == "run_rate":
            same = (stated["entity_id"] == row["entity_id"]) & (stated["measure"] == row["measure"])
            own = stated[same & (stated["on"] <= row["due"])]
            month = own[(row["due"] - own["on"]).dt.days <= DAYS_A_MONTH]
            actual = float(month.sort_values("on")["value"].iloc[-1]) if len(month) and row["passed"] else float("nan")
            status = "open, level reached" if (own["value"] >= row["value"]).any() else "open"
        if row["passed"]:
            known_outcome = "met" if actual >= row["value"] else "missed"
            status = known_outcome if actual == actual else "due, outcome not known"
        rows.append((actual, status))
    return register.assign(actual=[actual for actual, _ in rows], status=[status for _, status in rows])


def average_prices(flows: pd.DataFrame, tokens: pd.DataFrame) -> pd.DataFrame:
    """Return what a million of all tokens processed earned, for each period with at least two known volumes.

    Parameters
    ----------
    flows : pandas.DataFrame
        Revenue of the token line of one entity: ``period``, ``period_start``, ``period_end``, ``value``.
    tokens : pandas.DataFrame
        Tokens a day of the same entity: ``period_end``, ``value``. Those from a month before the period to its end
        count.

    Returns
    -------
    pandas.DataFrame
        ``period``, ``period_end``, ``low`` and ``high`` (per million tokens, :func:`average_price`), in order of time.
    """
    rows = []
    for flow in flows.sort_values(["period_end", "period_start"]).itertuples():
        near = tokens["period_end"].between(flow.period_start - pd.Timedelta(days=31), flow.period_end)
        levels = tokens.loc[near, "value"].tolist()
        if len(levels) >= 2:
            days = (flow.period_end - flow.period_start).days + 1
            rows.append((flow.period, flow.period_end, *average_price(flow.value, days, levels)))
    return pd.DataFrame(rows, columns=["period", "period_end", "low", "high"])


def token_needs(bases: pd.DataFrame, revenue_a_year: float) -> pd.DataFrame:
    """Return ``bases`` (``low``, ``middle``, ``high`` per million tokens) with the tokens a day that earn a revenue.

    ``tokens_low`` belongs to the high price and ``tokens_high`` to the low one; an unknown price gives NaN.
    """

    def needed(price: float) -> float:
        return daily_tokens(revenue_a_year, price) if price == price else float("nan")

    return bases.assign(
        tokens_low=bases["high"].map(needed),
        tokens_middle=bases["middle"].map(needed),
        tokens_high=bases["low"].map(needed),
    )


def price_bases(
    lists: pd.DataFrame, averages: pd.DataFrame, market: pd.DataFrame, dollars: Mapping[str, float]
) -> pd.DataFrame:
    """Gather prices of a million tokens on all bases known, in dollars; a basis that is not known has NaN.

    Parameters
    ----------
    lists : pandas.DataFrame
        As :func:`list_prices` returns them.
    averages : pandas.DataFrame
        As :func:`average_prices` returns them, dollars; the last one is used.
    market : pandas.DataFrame
        ``period``, ``value``, ``currency``: the market's average revenue per million tokens; the last one is used.
    dollars : mapping of str to float
        Dollars for one unit of each currency.

    Returns
    -------
    pandas.DataFrame
        ``label``, ``basis`` (``list``, ``own average``, ``market``), ``low``, ``middle``, ``high``. The range of a list
        price is that of :data:`BLENDS`, its middle three to one; that of the own average comes from its volumes.
    """
    rate = lists["currency"].map(dollars)
    blends = lists[list(BLENDS)].mul(rate, axis=0)
    listed = pd.DataFrame(
        {
            "label": "list, " + lists["item"],
            "basis": "list",
            "low": blends.min(axis=1),
            "middle": blends["three to one"],
            "high": blends.max(axis=1),
        }
    )
    own = averages.tail(1)
    own_row = (own["low"].iloc[0], own["high"].iloc[0], f"own average, {own['period'].iloc[0]}") if len(own) else None
    low, high, label = own_row or (float("nan"), float("nan"), "own average")
    rows = [{"label": label, "basis": "own average", "low": low, "middle": np.sqrt(low * high), "high": high}]
    last = market.tail(1)
    price = float(last["value"].iloc[0]) * dollars[last["currency"].iloc[0]] if len(last) else float("nan")
    label = f"market average, {last['period'].iloc[0]}" if len(last) else "market average (IDC)"
    rows.append({"label": label, "basis": "market", "low": price, "middle": price, "high": price})
    return pd.concat([listed, pd.DataFrame(rows)], ignore_index=True)


def break_even_curves(starts: pd.DataFrame, years: Sequence[int]) -> pd.DataFrame:
    """Return the revenue needed to cover R&D, in multiples of the last twelve months', over the gross margin.

    ``starts`` has ``entity_id``, ``revenue``, ``rd`` and ``rd_growth`` (ratio a year), one row an entity; R&D is taken
    as filed and grown on for each of the ``years``.
    """
    margins = np.linspace(0.1, 0.8, 71)
    parts = [
        pd.DataFrame(
            {
                "entity_id": row.entity_id,
                "years": year,
                "margin": margins,
                "multiple": [
                    break_even_revenue(row.rd * (1 + row.rd_growth) ** year, m) / row.revenue for m in margins
                ],
            }
        )
        for row in starts.itertuples()
        for year in years
    ]
    return pd.concat(parts, ignore_index=True)


def break_even_table(starts: pd.DataFrame) -> pd.DataFrame:
    """Return how far break-even is on each path of the margin and of R&D.

    Parameters
    ----------
    starts : pandas.DataFrame
        One row an entity: ``entity_id``, ``revenue``, ``rd``, ``margin`` (last twelve months), ``growth`` and
        ``rd_growth`` (as last filed, ratios), ``margin_middle`` and ``margin_high`` (of the prior).

    Returns
    -------
    pandas.DataFrame
        Three paths of the margin times two of R&D, an entity: ``margin_path``, ``margin_end``, ``rd_path``,
        ``multiple`` (break-even revenue at the margin reached and R&D as filed, over the last twelve months'),
        ``years`` at the growth of revenue last filed and ``years_half`` at half of it; infinite beyond the horizon.
    """
    rows = []
    for start in starts.to_dict("records"):
        paths = {"as filed": "margin", "to the middle of the prior": "margin_middle", "to its high end": "margin_high"}
        for (path, end), (rd_path, rd_growth) in (
            (margin, rd) for margin in paths.items() for rd in (("held", 0.0), ("as last filed", start["rd_growth"]))
        ):
            common = {"revenue": start["revenue"], "rd": start["rd"], "rd_growth": rd_growth}
            common |= {"margin": start["margin"], "margin_end": start[end]}
            rows.append(
                {
                    "entity_id": start["entity_id"],
                    "margin_path": path,
                    "margin_end": start[end],
                    "rd_path": rd_path,
                    "rd_growth": rd_growth,
                    "multiple": break_even_revenue(start["rd"], start[end]) / start["revenue"],
                    "years": years_to_break_even(growth=start["growth"], **common),
                    "years_half": years_to_break_even(growth=start["growth"] / 2, **common),
                }
            )
    return pd.DataFrame(rows)


def histogram(values: np.ndarray, entity: str, bins: int = 50) -> pd.DataFrame:
    """Return the share of draws, ``part``, in each of ``bins`` classes from ``left`` to ``right`` over zero to one."""
    counts, edges = np.histogram(values, bins=bins, range=(0, 1))
    return pd.DataFrame({"entity_id": entity, "left": edges[:-1], "right": edges[1:], "part": counts / len(values)})


def place(value: float, low: float, high: float) -> str:
    """Say where a value lies: ``below``, ``inside`` or ``above`` the range from ``low`` to ``high``."""
    return "below" if value < low else "above" if value > high else "inside"
