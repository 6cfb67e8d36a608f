"""Two routes: what each company spends for its revenue, what price and volume add to it, what breadth brings.

Frames of flows are those of :mod:`tokenecon.analysis.revenue`, with ``metric`` besides; losses are positive.
A ratio whose parts are not both known has no row, and :func:`disclosure` lists it as a gap.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy.optimize import brentq

from tokenecon.analysis import revenue
from tokenecon.analysis.market import prices
from tokenecon.analysis.revenue import KEY, ONE_DAY, SPAN
from tokenecon.catalog import Interval

NAN = float("nan")

RATIOS: Mapping[str, tuple[str, str]] = {
    "rd_ratio": ("rd_expense", "revenue"),
    "adjusted_loss_ratio": ("adjusted_net_loss", "revenue"),
    "net_loss_ratio": ("net_loss", "revenue"),
    "selling_ratio": ("selling_expense", "revenue"),
    "rd_compute_share": ("rd_compute", "rd_expense"),
    "rd_external_share": ("rd_external", "rd_expense"),
    "cost_compute_share": ("cost_compute", "cost_of_revenue"),
    "revenue_per_rd": ("revenue", "rd_expense"),
    "gross_profit_per_rd": ("gross_profit", "rd_expense"),
}
"""Ratio to its numerator and denominator, both of the whole company over one period."""


def flows(figures: pd.DataFrame, metrics: Sequence[str]) -> pd.DataFrame:
    """Return ``figures`` of the ``metrics``, each completed by the periods that filings imply.

    Parameters
    ----------
    figures : pandas.DataFrame
        Accounts, one row a figure, with ``metric``.
    metrics : sequence of str
        Flows; a stock or a ratio has no remainder.

    Returns
    -------
    pandas.DataFrame
        As :func:`tokenecon.analysis.revenue.with_remainders` returns it, metric by metric.
    """
    parts = [figures[figures["metric"] == metric] for metric in metrics]
    return pd.concat([revenue.with_remainders(part) for part in parts if len(part)], ignore_index=True)


def with_external_rd(figures: pd.DataFrame) -> pd.DataFrame:
    """Add R&D other than staff and depreciation where its parts are filed and it is not, so that companies compare.

    Parameters
    ----------
    figures : pandas.DataFrame
        Accounts with ``metric``; ``rd_expense``, ``rd_staff`` and ``rd_depreciation`` are its parts.

    Returns
    -------
    pandas.DataFrame
        ``figures`` and the rows of ``rd_external`` that they give.
    """
    place = [*KEY, *SPAN]
    whole, staff, depreciation = (
        figures[figures["metric"] == metric] for metric in ("rd_expense", "rd_staff", "rd_depreciation")
    )
    parts = whole.merge(staff[[*place, "value"]], on=place, suffixes=("", "_staff"), validate="one_to_one")
    parts = parts.merge(depreciation[[*place, "value"]], on=place, suffixes=("", "_depreciation"))
    found = parts.assign(
        metric="rd_external", value=parts["value"] - parts["value_staff"] - parts["value_depreciation"]
    )[list(figures.columns)]
    return pd.concat([figures, found]).drop_duplicates(["metric", *place], keep="first").reset_index(drop=True)


def ratios(amounts: pd.DataFrame, pairs: Mapping[str, tuple[str, str]] = RATIOS) -> pd.DataFrame:
    """Return ratios of one amount to another, each over the same entity, segment and period.

    Parameters
    ----------
    amounts : pandas.DataFrame
        As :func:`flows` returns it.
    pairs : mapping of str to (str, str)
        Ratio to the metrics of its numerator and denominator.

    Returns
    -------
    pandas.DataFrame
        One row a ratio that both amounts give, with a positive denominator: ``ratio``, ``entity_id``, ``segment``,
        ``period``, ``period_start``, ``period_end``, ``months``, ``derived`` (either amount is), ``numerator``,
        ``denominator`` and ``value``.
    """
    place = [*KEY, *SPAN]
    found = []
    for name, (over, under) in pairs.items():
        top = amounts[amounts["metric"] == over].rename(columns={"value": "numerator"})
        bottom = amounts.loc[(amounts["metric"] == under) & (amounts["value"] > 0), [*place, "value", "derived"]]
        bottom = bottom.rename(columns={"value": "denominator", "derived": "derived_below"})
        both = top.merge(bottom, on=place, validate="one_to_one")
        found.append(both.assign(ratio=name, derived=both["derived"] | both["derived_below"]))
    table = pd.concat(found, ignore_index=True)
    columns = ["ratio", *KEY, "period", *SPAN, "months", "derived", "numerator", "denominator"]
    return table[columns].assign(value=table["numerator"] / table["denominator"])


def growth_pairs(amounts: pd.DataFrame, one: str, other: str) -> pd.DataFrame:
    """Return the growth on the year before of two flows side by side.

    Parameters
    ----------
    amounts : pandas.DataFrame
        As :func:`flows` returns it.
    one, other : str
        Metrics.

    Returns
    -------
    pandas.DataFrame
        A row an entity and period for which both grow from a positive amount: growth as ratios, named ``one`` and
        ``other`` as the metrics are, with ``period``, ``period_start``, ``period_end``, ``months``, ``derived``.
    """
    grown = []
    for metric in (one, other):
        both = revenue.year_before(amounts[(amounts["metric"] == metric) & (amounts["segment"] == "total")])
        both = both[both["value_before"] > 0]
        grown.append(both.assign(growth=both["value"] / both["value_before"] - 1))
    joined = grown[0].merge(grown[1], on=[*KEY, *SPAN], suffixes=("", "_other"), validate="one_to_one")
    columns = ["entity_id", "period", *SPAN, "months"]
    return joined[columns].assign(
        derived=joined["derived"] | joined["derived_other"], **{one: joined["growth"], other: joined["growth_other"]}
    )


def per_head(sales: pd.DataFrame, heads: pd.DataFrame) -> pd.DataFrame:
    """Return revenue per employee, on the headcount at the end of the period and on the mean of both its ends.

    Parameters
    ----------
    sales : pandas.DataFrame
        Revenue by entity and period, with ``months``.
    heads : pandas.DataFrame
        Headcount: ``entity_id``, ``period_end`` (the day), ``value``.

    Returns
    -------
    pandas.DataFrame
        ``sales`` with ``annualised`` revenue, ``heads_start`` and ``heads_end``, ``per_head_end`` and
        ``per_head_average`` (base units a year). A headcount that is not known leaves NaN, a gap, not a zero.
    """
    known = heads.set_index(["entity_id", "period_end"])["value"]
    if known.index.has_duplicates:
        raise ValueError(f"two headcounts for {known.index[known.index.duplicated()][0]}")

    def on(day: pd.Series) -> np.ndarray:
        return known.reindex(pd.MultiIndex.from_arrays([sales["entity_id"], day])).to_numpy(dtype=float)

    start, end = on(sales["period_start"] - ONE_DAY), on(sales["period_end"])
    paced = revenue.annualised(sales).assign(heads_start=start, heads_end=end)
    return paced.assign(
        per_head_end=paced["annualised"] / end,
        per_head_average=paced["annualised"] / ((start + end) / 2),
    )


def runway(used: pd.DataFrame, cash: pd.DataFrame) -> pd.DataFrame:
    """Return how many months the cash at the end of each period lasts at the pace at which the period used it.

    Parameters
    ----------
    used : pandas.DataFrame
        Cash used or lost over periods, positive, with ``months``; one row an entity, ``measure`` and period.
    cash : pandas.DataFrame
        ``entity_id``, ``period_end`` and ``value``.

    Returns
    -------
    pandas.DataFrame
        ``used`` with ``monthly``, ``cash`` and ``months_left``; NaN where the cash is not known or none was used.
    """
    joined = used.merge(
        cash[["entity_id", "period_end", "value"]].rename(columns={"value": "cash"}),
        on=["entity_id", "period_end"],
        how="left",
        validate="many_to_one",
    )
    monthly = joined["value"] / joined["months"]
    return joined.assign(monthly=monthly, months_left=joined["cash"] / monthly.where(monthly > 0))


def disclosure(
    amounts: pd.DataFrame, wanted: Mapping[str, str], periods: Sequence[str], entities: Sequence[str]
) -> pd.DataFrame:
    """Return, for each figure wanted, the periods for which an entity does not disclose it.

    Parameters
    ----------
    amounts : pandas.DataFrame
        What is known: ``entity_id``, ``metric``, ``period`` (label); remainders count as known.
    wanted : mapping of str to str
        Metric to its name.
    periods, entities : sequence of str
        Labels in order, and entities.

    Returns
    -------
    pandas.DataFrame
        One row a figure: ``figure``, and for each entity the labels missing, ``"no gap"`` or ``"every period"``.
    """
    rows = []
    for metric, name in wanted.items():
        known = amounts[amounts["metric"] == metric].groupby("entity_id")["period"].agg(set).to_dict()
        missing = {entity: [label for label in periods if label not in known.get(entity, set())] for entity in entities}
        texts = {
            entity: "no gap" if not gaps else "every period" if len(gaps) == len(periods) else ", ".join(gaps)
            for entity, gaps in missing.items()
        }
        rows.append({"figure": name, **texts})
    return pd.DataFrame(rows)


def implied_rates(quotes: pd.DataFrame, filed: pd.DataFrame) -> pd.DataFrame:
    """Return the exchange rate at which a quoted amount and the filed one are the same.

    Parameters
    ----------
    quotes : pandas.DataFrame
        ``entity_id``, ``metric``, ``segment``, ``period``, ``printed``, ``value``.
    filed : pandas.DataFrame
        The same places, ``value`` in the currency of the accounts.

    Returns
    -------
    pandas.DataFrame
        ``quotes`` that a filing has a figure for, with ``filed``, ``rate``, ``rate_low`` and ``rate_high``: what the
        rounding of the quoted amount allows.
    """
    place = ["entity_id", "metric", "segment", "period"]
    both = quotes.merge(
        filed[[*place, "value"]].rename(columns={"value": "filed"}), on=place, validate="many_to_one"
    ).reset_index(drop=True)
    spans = [Interval.of(text) for text in both["printed"]]
    unit = both["value"] / both["printed"].astype(float)
    return both.assign(
        rate=both["value"] / both["filed"],
        rate_low=unit * [float(span.low) for span in spans] / both["filed"],
        rate_high=unit * [float(span.high) for span in spans] / both["filed"],
    )


def log_mean(one: float, other: float) -> float:
    """Return the logarithmic mean of two positive numbers; of a number and itself, the number."""
    if one <= 0 or other <= 0:
        raise ValueError(f"a logarithmic mean needs positive numbers, not {one} and {other}")
    step = np.log(one / other)
    # Close numbers lose digits in (a - b) / ln(a / b): the series of the same expression holds them.
    return float(one - other) / step if abs(step) > 1e-6 else float(np.sqrt(one * other) * (1 + step**2 / 24))


def divisia(before: Mapping[str, float], after: Mapping[str, float]) -> pd.DataFrame:
    """Split the change of a product into what each factor adds, with log-mean Divisia weights; exact.

    With :math:`V = \\prod_i x_i` the part of factor :math:`i` is :math:`L(V^1, V^0)\\ln(x_i^1 / x_i^0)`, where
    :math:`L` is the logarithmic mean; the parts sum to :math:`V^1 - V^0` without residual (LMDI-I: Ang 2004,
    "Decomposition analysis for policymaking in energy", Energy Policy 32).

    Parameters
    ----------
    before, after : mapping of str to float
        Factors by name, positive, such as tokens, price and mix.

    Returns
    -------
    pandas.DataFrame
        One row a factor: ``factor``, ``multiple`` (after over before), ``effect`` (in the unit of the product) and
        ``share`` (of the change of the logarithm; NaN where the product does not change).
    """
    if set(before) != set(after):
        raise ValueError(f"factors differ: {sorted(set(before) ^ set(after))}")
    start, end = (float(np.prod(list(values.values()))) for values in (before, after))
    weight = log_mean(end, start)
    multiples = [after[name] / before[name] for name in before]
    logs = np.log(multiples)
    total = logs.sum()
    shares = logs / total if abs(total) > 1e-12 else np.full(len(logs), NAN)
    return pd.DataFrame({"factor": list(before), "multiple": multiples, "effect": weight * logs, "share": shares})


def readings(statements: pd.DataFrame, pairs: Mapping[str, str]) -> pd.DataFrame:
    """Return what a company said of price and of volume, as multiples, in each way the words can be read.

    Parameters
    ----------
    statements : pandas.DataFrame
        ``statement_id``, ``entity_id``, ``metric``, ``value``, ``period``, ``period_start``, ``period_end``.
    pairs : mapping of str to str
        Statement on a price (a change) to the statement on the volume beside it.

    Returns
    -------
    pandas.DataFrame
        A row a reading: ``entity_id``, ``period`` and its days, ``reading``, ``price`` and ``volume`` (multiples),
        ``product``. A growth of volume has two readings: g percent *more*, and g percent *of* the earlier volume.
        A pair of which one is not known is left out.
    """
    known = statements.set_index("statement_id")
    rows = []
    for one, other in pairs.items():
        if not {one, other} <= set(known.index):
            continue
        price, volume = known.loc[one], known.loc[other]
        ways = {"as stated": volume["value"]}
        if volume["metric"] == "volume_growth":
            ways = {"added to": 1 + volume["value"], "multiplied by": volume["value"]}
        for reading, multiple in ways.items():
            rows.append(
                {
                    **volume[["entity_id", "period", *SPAN]].to_dict(),
                    "reading": reading,
                    "price": 1 + price["value"],
                    "volume": multiple,
                    "product": (1 + price["value"]) * multiple,
                }
            )
    columns = ["entity_id", "period", *SPAN, "reading", "price", "volume", "product"]
    return pd.DataFrame(rows, columns=columns)


def revenue_moves(
    span: tuple[pd.Timestamp, pd.Timestamp], sales: pd.DataFrame, run_rates: pd.DataFrame
) -> pd.DataFrame:
    """Return by what multiple revenue moved about a span: recognised, period on period, and stated run-rates.

    Parameters
    ----------
    span : pair of timestamps
        First and last day of what a statement speaks about.
    sales : pandas.DataFrame
        Recognised token revenue of one entity, with ``period`` and ``months``.
    run_rates : pandas.DataFrame
        Stated run-rates of the entity in one currency: ``on`` (day), ``value``, ``measure``.

    Returns
    -------
    pandas.DataFrame
        ``basis`` (``recognised`` or ``run-rate``), ``earlier``, ``later`` (labels), ``multiple``, ``measure``. The
        recognised row compares the span's own period with the one of equal length just before; the run-rate row the
        statements nearest to both ends. A basis that is not known has no row.
    """
    start, end = span
    rows = []
    own = sales[(sales["period_start"] == start) & (sales["period_end"] == end)]
    earlier = sales[(sales["period_end"] == start - ONE_DAY)]
    earlier = earlier[earlier["months"].isin(own["months"])]
    if len(own) and len(earlier):
        rows.append(
            {
                "basis": "recognised",
                "earlier": earlier["period"].iloc[0],
                "later": own["period"].iloc[0],
                "multiple": own["value"].iloc[0] / earlier["value"].iloc[0],
                "measure": "api",
            }
        )
    if len(run_rates) > 1:
        first, last = (run_rates.loc[(run_rates["on"] - day).abs().idxmin()] for day in (start, end))
        if first["on"] < last["on"]:
            measures = {first["measure"], last["measure"]}
            rows.append(
                {
                    "basis": "run-rate",
                    "earlier": f"{first['on']:%Y-%m-%d}",
                    "later": f"{last['on']:%Y-%m-%d}",
                    "multiple": last["value"] / first["value"],
                    "measure": measures.pop() if len(measures) == 1 else "mixed",
                }
            )
    return pd.DataFrame(rows, columns=["basis", "earlier", "later", "multiple", "measure"])


def starting_pace(recognised: float, months: int, multiple: float) -> float:
    """Return the revenue of the month before a period, had revenue grown evenly to ``multiple`` of it by its end.

    Parameters
    ----------
    recognised : float
        Revenue of the period.
    months : int
        Its length.
    multiple : float
        Last month of the period over the month before the period.

    Returns
    -------
    float
        Revenue of that month, such that the months of the period sum to ``recognised``.
    """
    if recognised <= 0 or multiple <= 0 or months < 1:
        raise ValueError(f"revenue, multiple and months must be positive, not {recognised}, {multiple}, {months}")
    return recognised / float((multiple ** (np.arange(1, months + 1) / months)).sum())


def implied_multiple(recognised: float, months: int, start: float) -> float:
    """Return the multiple that :func:`starting_pace` turns into ``start``: end of a period over the month before it.

    Parameters
    ----------
    recognised : float
        Revenue of the period.
    months : int
        Its length.
    start : float
        Revenue of the month before the period. Where revenue grew before, a mean of earlier months lies below it, and
        the multiple found from such a mean is an upper bound.

    Raises
    ------
    ValueError
        If no multiple between a thousandth and a million fits.
    """
    if start <= 0:
        raise ValueError(f"the revenue at the start must be positive, not {start}")

    def excess(log_multiple: float) -> float:
        return float(np.log(starting_pace(recognised, months, np.exp(log_multiple)) / start))

    low, high = np.log(1e-3), np.log(1e6)
    if excess(low) * excess(high) > 0:
        raise ValueError(f"no even growth leads from {start} a month to {recognised} in {months} months")
    return float(np.exp(brentq(excess, low, high, xtol=1e-13)))


def margin_after(margin: float, price: float, unit_cost: float) -> float:
    """Return the gross margin once price and cost of a unit have moved by these multiples."""
    if price <= 0:
        raise ValueError(f"a price multiple is positive, not {price}")
    return 1 - (1 - margin) * unit_cost / price


def apparent_elasticity(price: float, volume: float) -> float:
    """Return the arc :math:`\\ln Q / \\ln P` of two multiples: a slope between two points, not along a demand curve."""
    if price <= 0 or volume <= 0 or price == 1:
        raise ValueError(f"no slope from a price multiple of {price} and a volume multiple of {volume}")
    return float(np.log(volume) / np.log(price))


def demand_shift(price: float, volume: float, elasticity: float) -> float:
    """Return by what multiple demand moved at an unchanged price, if price alone would have moved it along a curve.

    With :math:`Q = A P^{\\varepsilon}`, :math:`A_1 / A_0 = (Q_1 / Q_0) (P_1 / P_0)^{-\\varepsilon}`.

    Parameters
    ----------
    price, volume : float
        Multiples.
    elasticity : float
        Price elasticity of demand, negative for demand that falls with price.
    """
    if price <= 0 or volume <= 0:
        raise ValueError(f"multiples are positive, not {price} and {volume}")
    return float(volume * price**-elasticity)


def elasticities(operating: pd.DataFrame, width: float = 1.96) -> pd.DataFrame:
    """Return the estimates of the price elasticity of token demand, with their intervals.

    Parameters
    ----------
    operating : pandas.DataFrame
        Rows of ``price_elasticity``, ``price_elasticity_se`` and ``price_elasticity_n`` by ``segment``, ``item`` and
        ``source_id``; and of ``usage_gain_from_price_cut``, a gain in use for a price lower by a tenth, as a range.
    width : float
        Standard errors on each side.

    Returns
    -------
    pandas.DataFrame
        ``source_id``, ``segment``, ``item``, ``tier``, ``elasticity`` (NaN for a range), ``se``, ``n``, ``low`` and
        ``high``; what a study does not give is NaN.
    """
    place = ["segment", "item", "source_id"]
    both = operating[operating["metric"] == "price_elasticity"]
    for metric, name in (("price_elasticity_se", "se"), ("price_elasticity_n", "n")):
        beside = operating.loc[operating["metric"] == metric, [*place, "value"]].rename(columns={"value": name})
        both = both.merge(beside, on=place, how="left", suffixes=("", "_beside"), validate="one_to_one")
    both = both.assign(
        elasticity=both["value"], low=both["value"] - width * both["se"], high=both["value"] + width * both["se"]
    )
    cuts = operating[operating["metric"] == "usage_gain_from_price_cut"]
    step = np.log(1 - 0.1)
    ranges = cuts.assign(
        elasticity=NAN, se=NAN, n=NAN, low=np.log1p(cuts["value_high"]) / step, high=np.log1p(cuts["value_low"]) / step
    )
    columns = ["source_id", "segment", "item", "tier", "elasticity", "se", "n", "low", "high"]
    found = [frame[columns] for frame in (both, ranges) if len(frame)]
    return pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=columns)


def effective_lines(values: pd.Series) -> float:
    """Return how many lines of equal size would be as spread as these: one over the sum of squared shares."""
    shares = values / values.sum()
    return float(1 / (shares**2).sum())


def by_product(sales: pd.DataFrame, products: Mapping[str, str]) -> pd.DataFrame:
    """Return revenue by product, what the accounts do not split shown under its parent.

    Parameters
    ----------
    sales : pandas.DataFrame
        Revenue of one entity by segment and period, remainders included.
    products : mapping of str to str
        Product to the line that it is part of; a line that is not split is its own product.

    Returns
    -------
    pandas.DataFrame
        ``period``, its days and ``months``, ``product``, ``value`` and ``total``; products add up to the total. What
        a line holds beyond its products is the product ``rest of <line>``; a period without a total is left out.
    """
    lines = set(products.values())
    total = sales[sales["segment"] == "total"].set_index("period")["value"]
    place = ["period", *SPAN, "months"]
    rows = sales[sales["segment"].isin([*products, *lines]) & sales["period"].isin(total.index)]
    parts = rows[rows["segment"].isin(products)].assign(line=lambda part: part["segment"].map(products))
    split = parts.groupby([*place, "line"], as_index=False)["value"].sum()
    whole = rows[rows["segment"].isin(lines)].rename(columns={"segment": "line"})[[*place, "line", "value"]]
    rest = whole.merge(split, on=[*place, "line"], how="left", suffixes=("", "_split"))
    rest = rest.assign(value=rest["value"] - rest["value_split"].fillna(0), product="rest of " + rest["line"])
    named = parts.rename(columns={"segment": "product"})
    both = pd.concat([named[[*place, "product", "value"]], rest[[*place, "product", "value"]]])
    both = both[both["value"].abs() > 0.5]
    return both.assign(total=both["period"].map(total)).sort_values(["period_start", "period_end"], ignore_index=True)


def side_by_side(
    found: pd.DataFrame, labels: Mapping[str, str], names: Mapping[str, str], periods: Sequence[str]
) -> pd.DataFrame:
    """Return ratios as a table: a row a ratio and entity, a column a period, NaN where the filings do not give it.

    Parameters
    ----------
    found : pandas.DataFrame
        As :func:`ratios` returns it.
    labels, names : mapping of str to str
        Ratios and entities to show, in order, with their names.
    periods : sequence of str
        Labels of the columns, in order.

    Returns
    -------
    pandas.DataFrame
        ``ratio``, ``entity_id``, ``figure``, ``entity`` and one column a period.
    """
    wide = found.pivot_table("value", ["ratio", "entity_id"], "period")
    rows = pd.MultiIndex.from_product([labels, names], names=["ratio", "entity_id"])
    table = wide.reindex(index=rows, columns=list(periods)).reset_index()
    return table.assign(figure=table["ratio"].map(labels), entity=table["entity_id"].map(names))


def by_entity(name: str, values: pd.Series) -> dict[str, float]:
    """Return the value of each entity under ``<name>_<entity>``, as a sentence on both takes them; NaN for a gap.

    Parameters
    ----------
    name : str
        What the values are.
    values : pandas.Series
        By ``entity_id``.
    """
    return {f"{name}_{entity}": float(values.get(entity, NAN)) for entity in ("zhipu", "minimax")}


def reconcile(parts: pd.DataFrame, moves: pd.DataFrame) -> pd.DataFrame:
    """Set what was said of volume and price beside what revenue did, and give the rest to a third factor.

    The third factor is what the statement leaves out: the part of tokens that is paid for, the mix of prices, or a
    difference of definition. The split is that of :func:`divisia`, so it closes.

    Parameters
    ----------
    parts : pandas.DataFrame
        As :func:`readings` returns it.
    moves : pandas.DataFrame
        ``entity_id``, ``period`` and a :func:`revenue_moves` row.

    Returns
    -------
    pandas.DataFrame
        A row a reading and move: both frames' columns, ``rest`` and ``per_token`` (multiples: of the third factor, and
        of revenue over all tokens served), and ``by_volume``, ``by_price`` and
        ``by_rest``: parts of the growth of revenue (ratios of the earlier revenue) that add up to it.
    """
    both = parts.merge(moves, on=["entity_id", "period"], validate="many_to_many")
    both = both.assign(rest=both["multiple"] / both["product"], per_token=both["multiple"] / both["volume"])
    once = dict.fromkeys(("volume", "price", "rest"), 1.0)
    effects = [divisia(once, {name: row[name] for name in once}) for row in both.to_dict("records")]
    for name in once:
        both[f"by_{name}"] = [effect.set_index("factor")["effect"][name] for effect in effects]
    return both


def front_line(found: pd.DataFrame, main_line: str, until: dt.date) -> pd.DataFrame:
    """Return the blended list price of a vendor's newest main model over time, market by market.

    Parameters
    ----------
    found : pandas.DataFrame
        Changes of price as :func:`tokenecon.analysis.market.prices.ladder` gives them.
    main_line : str
        Regular expression that a whole ``model_id`` of the main line fits; fast, small and other variants do not.
    until : date
        Last day of the last span.

    Returns
    -------
    pandas.DataFrame
        ``found`` of the main line with ``period_start`` and ``period_end``. A later change of an older model's price
        is left out: the newest model speaks for the line.
    """
    rows = found[found["model_id"].str.fullmatch(main_line)].sort_values(["market", "effective_from"])
    first = rows.groupby(["market", "model_id"])["effective_from"].transform("min")
    newest = first.groupby(rows["market"]).cummax()
    rows = rows[first == newest].rename(columns={"effective_from": "period_start"})
    following = rows.groupby("market")["period_start"].shift(-1) - ONE_DAY
    return rows.assign(period_end=following.fillna(pd.Timestamp(until))).reset_index(drop=True)


def market_level(listed: pd.DataFrame, days: Sequence[pd.Timestamp]) -> pd.DataFrame:
    """Return the middle of blended list prices on each day, market by market.

    Parameters
    ----------
    listed : pandas.DataFrame
        List prices of the vendors that make up the market.
    days : sequence of timestamps
        Days to look at.

    Returns
    -------
    pandas.DataFrame
        ``market``, ``on``, ``low``, ``median``, ``high`` (quartiles) and ``n``, the models listed on the day. Models
        come and go, so a change of the median is one of the list and not of any price.
    """
    rows = []
    for day in days:
        groups = prices.blended(prices.price_on(listed, day)).groupby("market")["blended"]
        low, middle, high = (groups.quantile(share) for share in (0.25, 0.5, 0.75))
        found = pd.DataFrame({"low": low, "median": middle, "high": high, "n": groups.size(), "on": day})
        rows.append(found.reset_index())
    return pd.concat(rows, ignore_index=True)


def same_model_changes(listed: pd.DataFrame, start: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
    """Return how the blended list prices of models listed on both days changed between them.

    Parameters
    ----------
    listed : pandas.DataFrame
        List prices.
    start, end : timestamps
        The two days.

    Returns
    -------
    pandas.DataFrame
        ``market``, ``n`` (models on both days), ``raised`` and ``cut`` (how many), ``median`` (change as a ratio).
    """
    one, other = (prices.blended(prices.price_on(listed, day)) for day in (start, end))
    both = one.merge(other, on=["model_id", "market"], suffixes=("", "_later"), validate="one_to_one")
    both = both[both["blended"] > 0]
    change = both.assign(change=both["blended_later"] / both["blended"] - 1).groupby("market")["change"]
    counts = change.agg(
        n="size",
        raised=lambda rows: int((rows > 1e-9).sum()),
        cut=lambda rows: int((rows < -1e-9).sum()),
        median="median",
    )
    return counts.reset_index()


def line_changes(lines: pd.DataFrame, start: pd.Timestamp, end: pd.Timestamp) -> pd.Series:
    """Return by how much the price of a vendor's newest model differs between two days, by entity and market.

    Parameters
    ----------
    lines : pandas.DataFrame
        As :func:`front_line` returns it.
    start, end : timestamps
        The two days.

    Returns
    -------
    pandas.Series
        Ratios; a line that was not listed on one of the days is left out.
    """
    one, other = (
        lines[(lines["period_start"] <= day) & (lines["period_end"] >= day)].set_index(["entity_id", "market"])
        for day in (start, end)
    )
    return (other["blended"] / one["blended"] - 1).dropna()


def shift_curves(parts: pd.DataFrame, low: float = -1.8, high: float = 1.1, points: int = 146) -> pd.DataFrame:
    """Return :func:`demand_shift` of each reading over a span of elasticities.

    Parameters
    ----------
    parts : pandas.DataFrame
        As :func:`readings` returns it.
    low, high : float
        First and last elasticity.
    points : int
        How many.

    Returns
    -------
    pandas.DataFrame
        ``label``, ``elasticity``, ``shift``; the largest volume first.
    """
    grid = np.linspace(low, high, points)
    return pd.concat(
        [
            pd.DataFrame(
                {
                    "label": f"{row.period}: price ×{row.price:.3g}, volume ×{row.volume:.3g}",
                    "elasticity": grid,
                    "shift": [demand_shift(row.price, row.volume, elasticity) for elasticity in grid],
                }
            )
            for row in parts.sort_values("volume", ascending=False).itertuples()
        ],
        ignore_index=True,
    )
