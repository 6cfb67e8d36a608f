"""Price, volume and the rest: what was said of each, what revenue did, and what demand must have done."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd
from scipy.optimize import brentq

from tokenecon.analysis.revenue import ONE_DAY, SPAN

NAN = float("nan")


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


def set_beside(statements: pd.DataFrame, kind: str) -> Iterator[tuple[pd.Series, pd.Series]]:
    """Yield the statements of a kind, each with the one that its row sets beside it, by period, both being known."""
    known = statements.set_index("statement_id")
    own = known[known["kind"].eq(kind) & known["set_beside"].isin(known.index)]
    for _, row in own.sort_values("period_end", kind="stable").iterrows():
        yield row, known.loc[row["set_beside"]]


def readings(statements: pd.DataFrame) -> pd.DataFrame:
    """Return what a company said of price and of volume, as multiples, in each way the words can be read.

    Parameters
    ----------
    statements : pandas.DataFrame
        ``statement_id``, ``entity_id``, ``kind``, ``metric``, ``value``, ``period``, ``period_start``, ``period_end``
        and ``set_beside``: of a change of price, the statement on the volume beside it.

    Returns
    -------
    pandas.DataFrame
        A row a reading: ``entity_id``, ``period`` and its days, ``reading``, ``price`` and ``volume`` (multiples),
        ``product``. A growth of volume has two readings: g percent *more*, and g percent *of* the earlier volume.
        A pair of which one is not known is left out.
    """
    rows = []
    for price, volume in set_beside(statements, "price_change"):
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
        ``basis`` (``recognised`` or ``run-rate``), ``earlier``, ``later`` (labels), ``multiple``, ``measure`` (of both
        ends, ``api, then total`` where they differ). The
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
            measures = dict.fromkeys([first["measure"], last["measure"]])
            rows.append(
                {
                    "basis": "run-rate",
                    "earlier": f"{first['on']:%Y-%m-%d}",
                    "later": f"{last['on']:%Y-%m-%d}",
                    "multiple": last["value"] / first["value"],
                    "measure": ", then ".join(measures),
                }
            )
    return pd.DataFrame(rows, columns=["basis", "earlier", "later", "multiple", "measure"])


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
