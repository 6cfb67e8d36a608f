"""Revenue mix: what part of revenue is the token business, what its growth adds, at what margin, at what pace.

Frames of flows have one row a figure: ``entity_id``, ``segment``, ``period_start``, ``period_end`` (both days
inclusive), ``value`` in base units of ``base_unit``, and ``source_id``.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.optimize import brentq

KEY = ["entity_id", "segment"]
SPAN = ["period_start", "period_end"]
ONE_DAY = pd.Timedelta(days=1)


def with_remainders(flows: pd.DataFrame) -> pd.DataFrame:
    """Add the periods that a filing implies: full year less first half, full year less nine months, and so on.

    Parameters
    ----------
    flows : pandas.DataFrame
        Flows of one metric (module docstring); shares and margins must not be passed.

    Returns
    -------
    pandas.DataFrame
        ``flows`` with a column ``derived`` and a row for each remainder that no source states itself. Its
        ``source_id`` names both sources, joined by ``"; "``.

    Raises
    ------
    ValueError
        If a figure stands twice for one entity, segment and period.
    """
    stated = flows.assign(derived=False)
    if (twice := stated.duplicated(KEY + SPAN)).any():
        raise ValueError(f"two figures for one period: {stated.loc[twice, KEY + SPAN].iloc[0].to_dict()}")
    pairs = stated.merge(stated, on=[*KEY, "period_start"], suffixes=("", "_part"))
    pairs = pairs[pairs["period_end_part"] < pairs["period_end"]]
    remainders = pairs.assign(
        period_start=pairs["period_end_part"] + ONE_DAY,
        value=pairs["value"] - pairs["value_part"],
        source_id=[
            a if a == b else f"{a}; {b}" for a, b in zip(pairs["source_id"], pairs["source_id_part"], strict=True)
        ],
        derived=True,
    )[list(stated.columns)]
    together = pd.concat([stated, remainders]).drop_duplicates(KEY + SPAN, keep="first")
    return together.sort_values([*KEY, *SPAN], ignore_index=True)


def finest(frame: pd.DataFrame) -> pd.DataFrame:
    """Return, for each entity and segment, the shortest periods that do not overlap, in order of time."""
    kept: list[int] = []
    lengths = (frame["period_end"] - frame["period_start"]).rename("length")
    for _, rows in frame.join(lengths).groupby(KEY):
        taken: list[tuple[pd.Timestamp, pd.Timestamp]] = []
        for row in rows.sort_values(["length", "period_start"]).itertuples():
            if all(row.period_end < first or row.period_start > last for first, last in taken):
                taken.append((row.period_start, row.period_end))
                kept.append(row.Index)
    return frame.loc[kept].sort_values([*KEY, "period_start"], ignore_index=True)


def months(frame: pd.DataFrame) -> pd.Series:
    """Return the length of each period in whole months, from its first and last day."""
    following = frame["period_end"] + ONE_DAY
    years = following.dt.year - frame["period_start"].dt.year
    return 12 * years + following.dt.month - frame["period_start"].dt.month


def year_before(frame: pd.DataFrame, columns: Sequence[str] = ("value",)) -> pd.DataFrame:
    """Return ``frame`` with ``columns`` of the same period one year earlier, named ``<column>_before``.

    Rows without a comparative are left out; compare lengths to see how many.
    """
    earlier = frame[[*KEY, *SPAN, *columns]].assign(
        period_start=frame["period_start"] + pd.DateOffset(years=1),
        period_end=frame["period_end"] + ONE_DAY + pd.DateOffset(years=1) - ONE_DAY,
    )
    return frame.merge(earlier, on=[*KEY, *SPAN], suffixes=("", "_before"), validate="one_to_one")


def shares(revenue: pd.DataFrame, segments: pd.DataFrame) -> pd.DataFrame:
    """Return each business line's share of revenue by period.

    Parameters
    ----------
    revenue : pandas.DataFrame
        Revenue by segment, with the row ``segment == "total"`` of every period.
    segments : pandas.DataFrame
        ``entity_id``, ``segment``, ``route`` (``api`` marks the token business); only these lines are returned.

    Returns
    -------
    pandas.DataFrame
        ``revenue`` of those lines with ``route``, ``total`` and ``share`` (ratio). A line without a total in the
        same period is left out, as is a period whose total is zero.
    """
    totals = revenue.loc[(revenue["segment"] == "total") & (revenue["value"] > 0), ["entity_id", *SPAN, "value"]]
    lines = revenue.merge(segments[[*KEY, "route"]], on=KEY, validate="many_to_one")
    joined = lines.merge(totals.rename(columns={"value": "total"}), on=["entity_id", *SPAN], validate="many_to_one")
    return joined.assign(share=joined["value"] / joined["total"])


def growth_contributions(lines: pd.DataFrame) -> pd.DataFrame:
    """Split the growth of revenue into what each line adds, and each line's change into growth and mix.

    With revenue :math:`R` and a line's share :math:`s`, the line's change is
    :math:`\\bar s\\,\\Delta R + \\bar R\\,\\Delta s`, bars being means of the two periods: what the line would have
    gained at an unchanged mix, and what the shift of mix gave it (Bennet 1920, symmetric and without residual).

    Parameters
    ----------
    lines : pandas.DataFrame
        As :func:`shares` returns it.

    Returns
    -------
    pandas.DataFrame
        ``lines`` that have a comparative, with ``value_before``, ``growth`` (ratio), ``contribution`` (of the line
        to total growth; ratio of the earlier total), ``growth_effect`` and ``mix_effect`` (base units, adding up to
        the line's change).
    """
    both = year_before(lines, ["value", "total", "share"])
    change = both["value"] - both["value_before"]
    growth_effect = (both["share"] + both["share_before"]) / 2 * (both["total"] - both["total_before"])
    return both.assign(
        growth=change / both["value_before"].where(both["value_before"] > 0),
        contribution=change / both["total_before"],
        growth_effect=growth_effect,
        mix_effect=change - growth_effect,
    )


def gross_margins(gross_profit: pd.DataFrame, revenue: pd.DataFrame) -> pd.DataFrame:
    """Return gross margins by segment and period, second halves included.

    Parameters
    ----------
    gross_profit, revenue : pandas.DataFrame
        Flows, each completed by :func:`with_remainders`.

    Returns
    -------
    pandas.DataFrame
        ``gross_profit`` rows that have a positive revenue, with ``revenue`` and ``margin`` (ratio).
    """
    sales = revenue.loc[revenue["value"] > 0, [*KEY, *SPAN, "value"]].rename(columns={"value": "revenue"})
    joined = gross_profit.merge(sales, on=[*KEY, *SPAN], validate="one_to_one")
    return joined.assign(margin=joined["value"] / joined["revenue"])


def margin_change(margins: pd.DataFrame, lines: Sequence[str]) -> pd.DataFrame:
    """Split the year-on-year change of an entity's gross margin into margins within lines and the mix of lines.

    :math:`\\Delta M = \\sum_i \\bar s_i\\,\\Delta m_i + \\sum_i \\bar m_i\\,\\Delta s_i`, with a
    line's margin :math:`m` and its share of revenue :math:`s` (Bennet 1920); exact.

    Parameters
    ----------
    margins : pandas.DataFrame
        As :func:`gross_margins` returns it, for one entity.
    lines : sequence of str
        Segments that together make up revenue.

    Returns
    -------
    pandas.DataFrame
        One row a line and period: ``within`` and ``mix`` (ratios), adding up over lines to the change of the margin.
    """
    parts = margins[margins["segment"].isin(lines)].copy()
    parts["share"] = parts["revenue"] / parts.groupby(["entity_id", *SPAN])["revenue"].transform("sum")
    both = year_before(parts, ["margin", "share"])
    return both.assign(
        within=(both["share"] + both["share_before"]) / 2 * (both["margin"] - both["margin_before"]),
        mix=(both["margin"] + both["margin_before"]) / 2 * (both["share"] - both["share_before"]),
    )


def annualised(flows: pd.DataFrame) -> pd.DataFrame:
    """Return ``flows`` with ``annualised``: the flow as if its pace held for twelve months."""
    return flows.assign(annualised=flows["value"] * 12 / months(flows))


def implied_monthly_growth(recognised: float, period_months: int, run_rate: float, months_after: int) -> float:
    """Return the steady monthly growth that leads from recognised revenue to a later run-rate.

    Revenue is taken to grow at one monthly rate through and after the period, so that the months of the period sum
    to ``recognised`` and the month ``months_after`` its end, times twelve, is ``run_rate``. Comparing a run-rate with
    the period's average instead would overstate growth, since that average lies in the middle of the period.

    Parameters
    ----------
    recognised : float
        Revenue of the period, in the currency of ``run_rate``; positive.
    period_months : int
        Length of the period.
    run_rate : float
        Annualised revenue of a single month; positive.
    months_after : int
        Months from the end of the period to the month of the run-rate; zero is the period's last month.

    Returns
    -------
    float
        Growth a month as a ratio; negative where the run-rate lies below the period's pace.

    Raises
    ------
    ValueError
        If an amount is not positive, or no rate between -90% and +900% a month fits.
    """
    if recognised <= 0 or run_rate <= 0:
        raise ValueError(f"recognised revenue and run-rate must be positive, not {recognised} and {run_rate}")
    lags = months_after + np.arange(period_months)

    def excess(log_growth: float) -> float:
        return float(np.log(run_rate / 12 * np.exp(-log_growth * lags).sum()) - np.log(recognised))

    low, high = np.log(0.1), np.log(10.0)
    if not lags.any() or excess(low) * excess(high) > 0:
        raise ValueError("no single monthly growth leads from this revenue to this run-rate")
    return float(np.expm1(brentq(excess, low, high, xtol=1e-14)))


def months_between(earlier: dt.date, later: dt.date) -> int:
    """Return calendar months from the month of ``earlier`` to the month of ``later``."""
    return 12 * (later.year - earlier.year) + later.month - earlier.month
