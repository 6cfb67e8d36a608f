"""The revenue mix: shares of business lines, what each adds to growth, at what margin."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from tokenecon.analysis.revenue.flows import KEY, SPAN, scoped, year_before

TOLERANCE = 0.002
"""Part of revenue by which lines printed in round numbers may miss their total."""
UNSPLIT = "not split"


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


def continued(revenue: pd.DataFrame, segments: pd.DataFrame) -> pd.DataFrame:
    """Follow business lines through new names and cuts, so that a period and the one a year before have the same lines.

    Parameters
    ----------
    revenue : pandas.DataFrame
        Revenue by segment.
    segments : pandas.DataFrame
        ``entity_id``, ``segment``, ``continues``: the segments, joined by a space, that a segment continues.

    Returns
    -------
    pandas.DataFrame
        ``revenue``, each line under the latest name of those joined to it; lines that were split or merged are added
        up. The total of a period is what it was.
    """
    heads = _latest_names(segments)
    own = zip(revenue["entity_id"], revenue["segment"], strict=True)
    renamed = revenue.assign(segment=[heads.get(key, key[1]) for key in own])
    if renamed["segment"].equals(revenue["segment"]):
        return revenue
    place = [*KEY, *SPAN]
    added = renamed.groupby(place, sort=False)["value"].transform("sum")
    return renamed.assign(value=added).drop_duplicates(place, ignore_index=True)


def _latest_names(segments: pd.DataFrame) -> dict[tuple[str, str], str]:
    """Return for each entity and segment that is joined to others the last of them in the table's order."""
    groups: dict[tuple[str, str], set[str]] = {}
    for row in segments[segments["continues"] != ""].itertuples():
        joined = {row.segment, *row.continues.split()}
        for name in [*joined]:
            joined |= groups.get((row.entity_id, name), set())
        for name in joined:
            groups[row.entity_id, name] = joined
    order = {key: place for place, key in enumerate(zip(segments["entity_id"], segments["segment"], strict=True))}
    return {
        (entity, name): max(joined, key=lambda one, entity=entity: order.get((entity, one), -1))
        for (entity, name), joined in groups.items()
    }


def by_period(lines: pd.DataFrame) -> pd.DataFrame:
    """Return one row an entity and period: the token business, the rest, revenue, and the token share.

    Parameters
    ----------
    lines : pandas.DataFrame
        As :func:`shares` returns it, of lines that together make up revenue, with ``company``.

    Returns
    -------
    pandas.DataFrame
        ``company``, ``period``, ``currency``, ``api``, ``other``, ``total`` (base units), ``share`` (ratio) and
        ``basis`` (``filed`` or ``derived``), whole years before the periods within them.
    """
    token = lines[lines["route"] == "api"].copy()
    token = token.assign(
        year=token["period_end"].dt.year,
        api=token["value"],
        other=token["total"] - token["value"],
        currency=token["base_unit"],
        basis=np.where(token["derived"], "derived", "filed"),
    ).sort_values(["entity_id", "year", "months", "period_start"], ascending=[False, True, False, True])
    columns = ["company", "period", "currency", "api", "other", "total", "share", "basis"]
    return token[columns].reset_index(drop=True)


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

    Raises
    ------
    ValueError
        If the lines matched do not make up the growth of revenue: one has another name or cut than a year before.
    """
    both = year_before(lines, ["value", "total", "share"])
    _check_sum(both)
    change = both["value"] - both["value_before"]
    growth_effect = (both["share"] + both["share_before"]) / 2 * (both["total"] - both["total_before"])
    return both.assign(
        change=change,
        growth=change / both["value_before"].where(both["value_before"] > 0),
        contribution=change / both["total_before"],
        growth_effect=growth_effect,
        mix_effect=change - growth_effect,
    )


def _check_sum(both: pd.DataFrame) -> None:
    parts = both.assign(change=both["value"] - both["value_before"], growth=both["total"] - both["total_before"])
    sums = parts.groupby(["entity_id", *SPAN]).agg({"change": "sum", "growth": "first", "total": "first"})
    wrong = sums[(sums["change"] - sums["growth"]).abs() > TOLERANCE * sums["total"]]
    if len(wrong):
        (entity, _, end), (change, growth) = wrong.index[0], wrong.iloc[0][["change", "growth"]]
        raise ValueError(
            f"{entity}: the lines of the period to {end:%Y-%m-%d} that have a comparative add {change:,.0f} to "
            f"revenue, which grew by {growth:,.0f}; name in segments.csv which line `continues` which"
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


def continued_margins(margins: pd.DataFrame, revenue: pd.DataFrame, segments: pd.DataFrame) -> pd.DataFrame:
    """Follow margins of business lines through new names and cuts, as :func:`continued` follows revenue.

    Parameters
    ----------
    margins : pandas.DataFrame
        As :func:`gross_margins` returns it.
    revenue, segments : pandas.DataFrame
        As for :func:`continued`; ``segments`` with ``route``.

    Returns
    -------
    pandas.DataFrame
        ``margins`` by the latest name of each line, with ``route``. A line that was merged is left out where a part of
        it has no margin.
    """
    profit = continued(margins.drop(columns=["revenue", "margin", "route"], errors="ignore"), segments)
    covered = continued(margins.assign(value=margins["revenue"]), segments)["value"].to_numpy()
    whole = gross_margins(profit.assign(covered=covered), continued(revenue, segments))
    whole = whole[np.isclose(whole["covered"], whole["revenue"])].drop(columns="covered")
    return whole.merge(segments[[*KEY, "route"]], on=KEY, validate="many_to_one")


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


def if_held(margins: pd.DataFrame, quoted: pd.DataFrame, lines: pd.DataFrame) -> pd.DataFrame:
    """Return what a company's newest total margin asks of two lines whose margins only a quotation gives.

    The total is the mean of both by revenue: had the one kept the margin quoted, it says what the other earned.

    Parameters
    ----------
    margins : pandas.DataFrame
        As :func:`gross_margins` returns it, with ``period``.
    quoted : pandas.DataFrame
        As :func:`unlike` returns it, with ``route`` and ``period``.
    lines : pandas.DataFrame
        As :func:`shares` returns it.

    Returns
    -------
    pandas.DataFrame
        One row a company with a total, and with quotations of the API line and of one other for one period: ``period``
        and ``total``, ``share`` (of the API line in revenue), ``quoted_in``, ``api_quoted``, ``rest_quoted``, and
        ``api`` (its margin had the other kept its own) and ``rest`` (the other way round).
    """
    order = ["period_end", "months"]
    total = margins[margins["segment"] == "total"].sort_values(order, ascending=[True, False])
    total = total.drop_duplicates("entity_id", keep="last")
    total = total.rename(columns={"margin": "total"})[[*KEY, *SPAN, "period", "total"]]
    two = quoted.assign(line=quoted["route"].where(quoted["route"] == "api", "rest"))
    two = two[~two.duplicated(["entity_id", "period", "line"], keep=False)].sort_values("period_end")
    said = two.pivot_table("margin", ["entity_id", "period_end", "period"], "line").reset_index()
    said = (
        said.reindex(columns=["entity_id", "period", "api", "rest"]).dropna().drop_duplicates("entity_id", keep="last")
    )
    said = said.rename(columns={"period": "quoted_in", "api": "api_quoted", "rest": "rest_quoted"})
    part = lines.loc[lines["route"] == "api", ["entity_id", *SPAN, "share"]]
    found = total.merge(said, on="entity_id").merge(part, on=["entity_id", *SPAN])
    rest = 1 - found["share"]
    return found.assign(
        api=(found["total"] - rest * found["rest_quoted"]) / found["share"],
        rest=(found["total"] - found["share"] * found["api_quoted"]) / rest,
    )


def billed(filed: pd.DataFrame, said: pd.DataFrame, segments: pd.DataFrame) -> pd.DataFrame:
    """Return the parts of each vendor's revenue by what its customers are billed by.

    Parameters
    ----------
    filed : pandas.DataFrame
        Revenue by segment as accounts give it, with ``period`` and ``tier``.
    said : pandas.DataFrame
        Statements on the metric ``revenue_share``, a range by its middle; those about a single day are left out.
    segments : pandas.DataFrame
        ``entity_id``, ``segment``, ``billing``; parts with a billing do not overlap.

    Returns
    -------
    pandas.DataFrame
        ``entity_id``, days and ``period``, ``filed``, ``billing`` (:data:`UNSPLIT` for what is not split), ``share``
        (ratio), ``tier``, ``source_id``; of accounts and of statements the newest period, and the one split most.
    """
    kinds = segments.loc[segments["billing"] != "", [*KEY, "billing"]]
    total = filed.loc[filed["segment"] == "total", ["entity_id", *SPAN, "value"]]
    parts = filed.merge(kinds, on=KEY).merge(total, on=["entity_id", *SPAN], suffixes=("", "_total"))
    parts = parts.assign(share=parts["value"] / parts["value_total"], filed=True)
    told = said[(said["kind"] == "share") & (said["period_end"] > said["period_start"])].merge(kinds, on=KEY)
    told = told.assign(share=told["value"].fillna((told["value_low"] + told["value_high"]) / 2), filed=False)
    whose, place = ["entity_id", "filed"], ["entity_id", "filed", *SPAN, "period"]
    first = {"share": "sum", "tier": "first", "source_id": "first"}
    rows = pd.concat([parts, told]).groupby([*place, "billing"], as_index=False).agg(first)
    spans = rows.groupby(place, as_index=False).agg(kinds=("billing", "size"))
    orders = ["period_end"], ["kinds", "period_end"]
    shown = pd.concat(spans.sort_values(order).drop_duplicates(whose, keep="last") for order in orders)
    kept = rows.merge(shown[place].drop_duplicates(), on=place)
    rest = kept.groupby(place, as_index=False).agg(first).assign(billing=UNSPLIT)
    return pd.concat([kept, rest.assign(share=1 - rest["share"]).query("share > @TOLERANCE")], ignore_index=True)


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
