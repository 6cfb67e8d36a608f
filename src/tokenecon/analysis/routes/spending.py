"""What revenue costs: ratios to revenue and to R&D, revenue per head, months of cash, and what is not disclosed.

Frames of flows are those of :mod:`tokenecon.analysis.revenue.flows`, with ``metric`` besides; losses are positive.
A ratio whose parts are not both known has no row, and :func:`disclosure` lists it as a gap.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from tokenecon.analysis import revenue
from tokenecon.analysis.revenue import KEY, ONE_DAY, SPAN
from tokenecon.catalog import Interval

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
