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

from tokenecon.catalog import Period

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
        ``flows`` with a row for each remainder that no source states itself, whose ``source_id`` names both sources;
        and with ``derived`` (whether the row is such a remainder), ``period`` (label) and ``months`` (length).

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
    together = together.sort_values([*KEY, *SPAN], ignore_index=True)
    spans = zip(together["period_start"].dt.date, together["period_end"].dt.date, strict=True)
    return together.assign(period=[Period(*span).label for span in spans], months=months(together))


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


def by_period(lines: pd.DataFrame, entities: pd.DataFrame) -> pd.DataFrame:
    """Return one row an entity and period: the token business, the rest, revenue, and the token share.

    Parameters
    ----------
    lines : pandas.DataFrame
        As :func:`shares` returns it, of lines that together make up revenue.
    entities : pandas.DataFrame
        ``entity_id``, ``name``.

    Returns
    -------
    pandas.DataFrame
        ``entity``, ``period``, ``currency``, ``api``, ``other``, ``total`` (base units), ``share`` (ratio) and
        ``basis`` (``filed`` or ``derived``), whole years before the periods within them.
    """
    token = lines[lines["route"] == "api"].copy()
    token["entity"] = token["entity_id"].map(entities.set_index("entity_id")["name"])
    token = token.assign(
        year=token["period_end"].dt.year,
        api=token["value"],
        other=token["total"] - token["value"],
        currency=token["base_unit"],
        basis=np.where(token["derived"], "derived", "filed"),
    ).sort_values(["entity_id", "year", "months", "period_start"], ascending=[False, True, False, True])
    columns = ["entity", "period", "currency", "api", "other", "total", "share", "basis"]
    return token[columns].reset_index(drop=True)


def with_names(frame: pd.DataFrame, entities: pd.DataFrame, segments: pd.DataFrame) -> pd.DataFrame:
    """Return ``frame`` with ``entity`` and ``line``: the names to show; the row count is unchanged."""
    labels = segments.set_index(KEY)["label"]
    keys = pd.MultiIndex.from_frame(frame[KEY])
    return frame.assign(
        entity=frame["entity_id"].map(entities.set_index("entity_id")["name"]), line=labels.reindex(keys).to_numpy()
    )


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
        ``lines`` that have a comparative, with ``value_before``, ``change``, ``growth`` (ratio), ``contribution`` (of
        the line to total growth; ratio of the earlier total), ``growth_effect`` and ``mix_effect`` (base units, adding
        up to the line's change).
    """
    both = year_before(lines, ["value", "total", "share"])
    change = both["value"] - both["value_before"]
    growth_effect = (both["share"] + both["share_before"]) / 2 * (both["total"] - both["total_before"])
    return both.assign(
        change=change,
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


def unlike(reported: pd.DataFrame, computed: pd.DataFrame) -> pd.DataFrame:
    """Return the ``reported`` ratios, as ``margin``, that amounts do not give: nothing computed has their place."""
    place = [*KEY, *SPAN]
    have = pd.MultiIndex.from_frame(computed[place])
    return reported[~pd.MultiIndex.from_frame(reported[place]).isin(have)].rename(columns={"value": "margin"})


def scoped(frame: pd.DataFrame, segments: pd.DataFrame) -> pd.DataFrame:
    """Return the rows about the token business (``measure`` is ``"api"``) or about all revenue (``"total"``)."""
    routes = segments.set_index(KEY)["route"].reindex(pd.MultiIndex.from_frame(frame[KEY])).to_numpy()
    measure = np.select([frame["segment"] == "total", routes == "api"], ["total", "api"], default="")
    return frame.assign(measure=measure)[measure != ""].reset_index(drop=True)


def convergence(
    token: pd.DataFrame, statements: pd.DataFrame, quotes: pd.DataFrame, segments: pd.DataFrame
) -> pd.DataFrame:
    """Gather the token share of revenue of all vendors: from accounts where there are any, else as stated or quoted.

    Parameters
    ----------
    token : pandas.DataFrame
        Token lines as :func:`shares` returns them, with ``tier``.
    statements : pandas.DataFrame
        Statements on the metric ``revenue_share``, with ``kind``, ``tier`` and ``said_by``; those about other
        segments than the token business are left out.
    quotes : pandas.DataFrame
        Claims of the article on the same metric, with ``tier``; those that are statements are known as such already.
    segments : pandas.DataFrame
        ``entity_id``, ``segment``, ``route``.

    Returns
    -------
    pandas.DataFrame
        ``entity_id``, ``label``, ``on`` (last day spoken about), ``share`` (ratio), ``tier``, ``forecast``,
        ``source_id``. A stated share is kept only where there are no accounts, a quoted one only where there is no
        statement either: what is stated often has another definition.
    """
    filed = token.assign(label=token["period"], on=token["period_end"], forecast=False)
    quoted = quotes[quotes["statement_id"] == ""].assign(kind="quoted", said_by="the analysed article")
    said = scoped(pd.concat([statements, quoted]), segments).query("measure == 'api'")
    said = said.assign(
        share=said["value"],
        on=said["period_end"],
        forecast=said["kind"].isin(["guidance", "forecast", "target"]),
        label=said["period"] + ", " + said["said_by"],
    )
    stated = said["kind"].isin(["share", "estimate"]) & ~said["entity_id"].isin(filed["entity_id"])
    unknown = ~said["entity_id"].isin({*filed["entity_id"], *said.loc[stated, "entity_id"]})
    said = said[said["forecast"] | stated | (said["kind"].eq("quoted") & unknown)]
    columns = ["entity_id", "label", "on", "share", "tier", "forecast", "source_id"]
    return (
        pd.concat([filed[columns], said[columns]])
        .dropna(subset=["share"])
        .sort_values(["entity_id", "on"], ignore_index=True)
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


def run_rate_growth(recognised: pd.DataFrame, said: pd.DataFrame) -> pd.DataFrame:
    """Return the monthly growth from each recognised period to each later run-rate of the same entity and measure.

    Parameters
    ----------
    recognised : pandas.DataFrame
        ``entity_id``, ``measure``, ``period``, ``period_start``, ``period_end``, ``value`` in one currency.
    said : pandas.DataFrame
        ``statement_id``, ``entity_id``, ``measure``, ``on`` (day of the run-rate), ``value`` in the same currency.

    Returns
    -------
    pandas.DataFrame
        One row a pair, with ``run_rate``, ``multiple`` (run-rate over the period's annual pace) and
        ``monthly_growth`` (:func:`implied_monthly_growth`). Periods that end after the run-rate's day are left out.
    """
    pairs = annualised(recognised).merge(
        said[["statement_id", "entity_id", "measure", "on", "value"]].rename(columns={"value": "run_rate"}),
        on=["entity_id", "measure"],
    )
    pairs = pairs[(pairs["period_end"] <= pairs["on"]) & (pairs["value"] > 0)].reset_index(drop=True)
    growth = [
        implied_monthly_growth(row.value, length, row.run_rate, months_between(row.period_end, row.on))
        for row, length in zip(pairs.itertuples(), months(pairs), strict=True)
    ]
    return pairs.assign(multiple=pairs["run_rate"] / pairs["annualised"], monthly_growth=growth)


def at(frame: pd.DataFrame, column: str, **where: object) -> float:
    """Return ``column`` of the one row where the other columns have the given values; NaN where there is none.

    Raises
    ------
    ValueError
        If several rows fit, since then the question was not specific enough.
    """
    rows = frame
    for name, value in where.items():
        rows = rows[rows[name] == value]
    if len(rows) > 1:
        raise ValueError(f"{len(rows)} rows fit {where}; name another column")
    return float(rows[column].iloc[0]) if len(rows) else float("nan")


def months_between(earlier: dt.date, later: dt.date) -> int:
    """Return calendar months from the month of ``earlier`` to the month of ``later``."""
    return 12 * (later.year - earlier.year) + later.month - earlier.month
