"""The figures of the revenue-mix chapter."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import pandas as pd
from matplotlib.axes import Axes

from tokenecon.display import style
from tokenecon.display.figure import Figure, finish
from tokenecon.display.plots import (
    middle,
    million_axis,
    note,
    panels,
    percent_axis,
    span_labels,
    spans,
    tier_key,
    year_axis,
)

ROUTE_LABELS: Mapping[str, str] = {
    "api": "API and open platform",
    "deployment": "localized deployment",
    "product": "own applications",
}
DEFINITION_LABELS: Mapping[str, str] = {
    "monthly_x12": "month × twelve",
    "weekly_x52": "week × fifty-two",
    "not_stated": "basis not stated",
}


def revenue_by_segment(lines: pd.DataFrame, names: Mapping[str, str], title: str) -> Figure:
    """Stacked bars of revenue by business line, a panel an entity in its own currency.

    ``lines`` has ``entity_id``, ``route``, ``period`` (label), ``period_start`` and ``value`` in base units.
    """
    canvas, axes = panels(names, 3.2, widths=_periods(lines, names))
    for entity, ax in axes.items():
        _stacked(ax, lines[lines["entity_id"] == entity], "value", lambda total: f"{total / 1e6:,.0f}")
        million_axis(ax)
    return finish(canvas, title, "Recognised revenue by business line; millions, in the reporting currency", lines)


def api_share(by_year: pd.DataFrame, within: pd.DataFrame, names: Mapping[str, str], title: str) -> Figure:
    """Share of revenue from the token business: full years as wide pale bands, the periods within as lines.

    Both frames have ``entity_id``, ``period_start``, ``period_end``, ``period`` and ``share`` (ratio).
    """
    canvas, axes = panels(names, 3.2, share_y=True)
    for entity, ax in axes.items():
        colour = style.ENTITY_COLOURS[entity]
        years = by_year[by_year["entity_id"] == entity]
        parts = within[within["entity_id"] == entity]
        ax.hlines(years["share"], years["period_start"], years["period_end"], color=colour, linewidth=9, alpha=0.22)
        spans(ax, parts, "share", color=colour)
        texts = [f"{row.share:.1%}\n{row.period.split()[0]}" for row in parts.itertuples()]
        span_labels(ax, parts, "share", texts)
        ax.set_ylim(0, 1)
        percent_axis(ax)
        year_axis(ax)
    data = pd.concat([by_year.assign(span="full year"), within.assign(span="within the year")])
    subtitle = "API and open-platform share of revenue; pale band: full year, line: half-years or the parts filed"
    return finish(canvas, title, subtitle, data)


def growth_contributions(parts: pd.DataFrame, names: Mapping[str, str], title: str) -> Figure:
    """Stacked bars of what each line adds to revenue growth, a panel an entity.

    ``parts`` has ``entity_id``, ``route``, ``period``, ``period_start`` and ``contribution`` (ratio of revenue a year
    earlier).
    """
    canvas, axes = panels(names, 3.0, widths=_periods(parts, names))
    for entity, ax in axes.items():
        _stacked(ax, parts[parts["entity_id"] == entity], "contribution", lambda total: f"{total:+.0%}")
        percent_axis(ax)
    subtitle = "Contribution to revenue growth on the same period a year earlier; percentage points"
    return finish(canvas, title, subtitle, parts)


def gross_margins(
    margins: pd.DataFrame, reported: pd.DataFrame, names: Mapping[str, str], labels: Mapping[str, str], title: str
) -> Figure:
    """Gross margin by line over the periods filed, and single margins that only others report as marks.

    ``margins`` has ``entity_id``, ``segment``, ``route``, ``period_start``, ``period_end``, ``margin`` (ratio);
    ``reported`` the same and ``tier``. ``labels`` names a segment.
    """
    canvas, axes = panels(names, 3.4, share_y=True)
    for entity, ax in axes.items():
        colour = style.ENTITY_COLOURS[entity]
        own = margins[margins["entity_id"] == entity]
        for segment, rows in own.groupby("segment", sort=False):
            pale = rows["route"].iloc[0] != "api"
            spans(
                ax,
                rows,
                "margin",
                color=style.tint(colour, 0.5) if pale else colour,
                linestyle=(0, (2.5, 1)) if pale else "solid",
            )
            last = rows.sort_values("period_end").iloc[-1]
            note(ax, labels[segment], last["period_end"], last["margin"], (4, 0), va="center")
            texts = [f"{margin:.0%}".replace("-", "−") for margin in rows["margin"]]
            span_labels(ax, rows, "margin", texts, size=8, color=style.MUTED)
        marks = reported[reported["entity_id"] == entity]
        for x, row in zip(middle(marks), marks.itertuples(), strict=True):
            ax.plot(x, row.margin, style.TIER_MARKERS[row.tier], color=colour)
            note(ax, f"{labels[row.segment]} {row.margin:.0%}", x, row.margin, (6, 0), va="center")
        ax.axhline(0, color=style.MUTED, linewidth=0.8)
        percent_axis(ax)
        year_axis(ax)
        ax.margins(x=0.16)
    canvas.legend(handles=tier_key(reported["tier"], forecasts=False), loc="outside lower left", ncols=3)
    return finish(
        canvas, title, "Gross margin by business line; line over the period it covers", pd.concat([margins, reported])
    )


def run_rates(recognised: pd.DataFrame, said: pd.DataFrame, names: Mapping[str, str], title: str) -> Figure:
    """Recognised revenue at its annual pace, and stated run-rates, on one log scale in dollars.

    ``recognised`` has ``entity_id``, ``scope`` (``api`` or ``total``), ``period_start``, ``period_end`` and
    ``annualised`` (dollars); ``said`` has ``entity_id``, ``on``, ``value`` (dollars), ``forecast`` and ``tier``.
    """
    canvas, axes = panels(names, 3.6, share_y=True)
    for entity, ax in axes.items():
        colour = style.ENTITY_COLOURS[entity]
        for scope, rows in recognised[recognised["entity_id"] == entity].groupby("scope"):
            shade = colour if scope == "api" else style.tint(colour, 0.55)
            spans(ax, rows, "annualised", color=shade)
            last = rows.sort_values("period_end").iloc[0]
            note(
                ax, "API revenue" if scope == "api" else "all revenue", last["period_start"], last["annualised"], (0, 5)
            )
        own = said[said["entity_id"] == entity].sort_values("on")
        realised, ahead = own[~own["forecast"]], own[own["forecast"]]
        ax.plot(realised["on"], realised["value"], color=colour, linewidth=0.8)
        for row in own.itertuples():
            ax.plot(
                row.on,
                row.value,
                style.TIER_MARKERS[row.tier],
                color=colour,
                markerfacecolor="none" if row.forecast else colour,
            )
            note(ax, f"{row.value / 1e6:,.0f}", row.on, row.value, (-6, 3), ha="right")
        for row in ahead.itertuples():
            start = realised[realised["on"] <= row.said_on].tail(1)
            if len(start):
                ax.plot(
                    [start["on"].iloc[0], row.on], [start["value"].iloc[0], row.value], "--", color=colour, linewidth=1
                )
        ax.set_yscale("log")
        million_axis(ax)
        year_axis(ax)
    canvas.legend(
        handles=tier_key(said["tier"], forecasts=bool(said["forecast"].any())), loc="outside lower left", ncols=4
    )
    subtitle = "Million dollars a year, log scale; lines: recognised revenue annualised, marks: stated run-rates"
    return finish(canvas, title, subtitle, pd.concat([recognised, said]))


def convergence(points: pd.DataFrame, names: Sequence[tuple[str, str]], title: str) -> Figure:
    """Dots of API share of revenue by vendor, the earlier to the later joined, forecasts hollow.

    ``points`` has ``entity_id``, ``label``, ``on``, ``share`` (ratio), ``tier`` and ``forecast``.
    """
    canvas, axes = panels({"": ""}, 0.9 + 0.62 * len(names))
    ax = axes[""]
    for level, (entity, _) in enumerate(reversed(names)):
        colour = style.ENTITY_COLOURS[entity]
        own = points[points["entity_id"] == entity].sort_values("on")
        realised = own[~own["forecast"]]
        ax.plot(realised["share"], [level] * len(realised), color=style.tint(colour, 0.55), linewidth=1)
        for side, row in enumerate(own.itertuples()):
            ax.plot(
                row.share,
                level,
                style.TIER_MARKERS[row.tier],
                color=colour,
                markerfacecolor="none" if row.forecast else colour,
            )
            note(ax, row.label, row.share, level, (0, 7 if side % 2 == 0 else -14), ha="center")
    ax.set_yticks(range(len(names)), [name for _, name in reversed(names)])
    ax.tick_params(axis="y", labelcolor=style.INK)
    ax.set_ylim(-0.6, len(names) - 0.4)
    ax.set_xlim(0, 1)
    ax.xaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    ax.grid(axis="y", visible=False)
    ax.grid(axis="x", visible=True)
    canvas.legend(
        handles=tier_key(points["tier"], forecasts=bool(points["forecast"].any())), loc="outside lower left", ncols=4
    )
    return finish(canvas, title, "API or usage-based share of revenue", points)


def _periods(frame: pd.DataFrame, names: Mapping[str, str]) -> list[int]:
    return [max(2, frame.loc[frame["entity_id"] == entity, "period"].nunique()) for entity in names]


def _stacked(ax: Axes, rows: pd.DataFrame, value: str, write: Callable[[float], str]) -> None:
    """Draw one entity's business lines as stacked bars a period, the token business lowest, with the total above."""
    order = rows.sort_values("period_start")["period"].unique()
    above, below = pd.Series(0.0, index=order), pd.Series(0.0, index=order)
    for route in sorted(rows["route"].unique()):
        height = rows[rows["route"] == route].set_index("period")[value].reindex(order).fillna(0)
        colour = style.ENTITY_COLOURS[rows["entity_id"].iloc[0]]
        ax.bar(
            order,
            height,
            bottom=above.where(height >= 0, below),
            width=0.62,
            color=style.tint(colour, style.ROUTE_TINTS[route]),
            edgecolor=colour,
            hatch=style.ROUTE_HATCHES[route],
            linewidth=0.6,
            label=ROUTE_LABELS[route],
        )
        above, below = above + height.clip(lower=0), below + height.clip(upper=0)
    for period, total in (above + below).items():
        note(ax, write(total).replace("-", "−"), period, above[period], (0, 3), ha="center", size=9.5)
    ax.axhline(0, color=style.MUTED, linewidth=0.8)
    ax.margins(y=0.14)
    ax.legend(handlelength=1.4)
