"""The figures of the revenue-mix chapter."""

from __future__ import annotations

from collections.abc import Callable, Mapping

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
LINE_LABELS: Mapping[str, str] = {
    "cloud": "API",
    "on_premise": "deployment",
    "open_platform": "open platform",
    "ai_native": "own applications",
    "total": "all revenue",
}
DEFINITION_LABELS: Mapping[str, str] = {
    "monthly_x12": "month × 12",
    "weekly_x52": "week × 52",
    "not_stated": "not stated",
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
            side = "above" if pale else "below"
            span_labels(ax, rows, "margin", [_percent(m) for m in rows["margin"]], side, size=8, color=style.MUTED)
        marks = reported[reported["entity_id"] == entity]
        for x, row in zip(middle(marks), marks.itertuples(), strict=True):
            ax.plot(x, row.margin, style.TIER_MARKERS[row.tier], color=colour)
            note(ax, f"{labels[row.segment]} {_percent(row.margin)}", x, row.margin, (6, 0), va="center")
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

    ``recognised`` has ``entity_id``, ``measure`` (``api`` or ``total``), ``period_start``, ``period_end`` and
    ``annualised`` (dollars); ``said`` has ``entity_id``, ``on``, ``value`` (dollars), ``forecast`` and ``tier``.
    """
    canvas, axes = panels(names, 3.6, share_y=True)
    for entity, ax in axes.items():
        colour = style.ENTITY_COLOURS[entity]
        for measure, rows in recognised[recognised["entity_id"] == entity].groupby("measure"):
            shade = colour if measure == "api" else style.tint(colour, 0.55)
            spans(ax, rows, "annualised", color=shade)
            last = rows.sort_values("period_end").iloc[0]
            note(
                ax,
                "API revenue" if measure == "api" else "all revenue",
                last["period_start"],
                last["annualised"],
                (0, 5),
            )
        for measure, rows in said[said["entity_id"] == entity].sort_values("on").groupby("measure"):
            _statements(ax, rows, colour if measure == "api" else style.tint(colour, 0.45))
        own = said[said["entity_id"] == entity].sort_values("on")
        for row in _apart(own[~own["forecast"]]).itertuples():
            note(ax, f"{row.value / 1e6:,.0f}", row.on, row.value, (-6, 3), ha="right")
        for value in {*own.loc[own["forecast"], "value"].agg(["min", "max"]).dropna()}:
            note(ax, f"{value / 1e6:,.0f}", own["on"].max(), value, (6, 0), va="center")
        ax.set_yscale("log")
        million_axis(ax)
        year_axis(ax)
    canvas.legend(
        handles=tier_key(said["tier"], forecasts=bool(said["forecast"].any())), loc="outside lower left", ncols=4
    )
    subtitle = (
        "Million dollars a year, log scale; levels: recognised revenue, marks: stated; dark: API, pale: all revenue"
    )
    return finish(canvas, title, subtitle, pd.concat([recognised, said]))


def convergence(points: pd.DataFrame, names: Mapping[str, str], title: str) -> Figure:
    """Dots of API share of revenue by vendor, the earlier to the later joined, forecasts hollow.

    ``points`` has ``entity_id``, ``label``, ``on``, ``share`` (ratio), ``tier`` and ``forecast``.
    """
    canvas, axes = panels({"": ""}, 0.9 + 0.62 * len(names))
    ax = axes[""]
    for level, entity in enumerate(reversed(names)):
        colour = style.ENTITY_COLOURS[entity]
        own = points[points["entity_id"] == entity].sort_values("on")
        realised = own[~own["forecast"]]
        ax.plot(realised["share"], [level] * len(realised), color=style.tint(colour, 0.55), linewidth=1)
        for row in own.itertuples():
            fill = "none" if row.forecast else colour
            ax.plot(row.share, level, style.TIER_MARKERS[row.tier], color=colour, markerfacecolor=fill)
            if row.forecast:
                note(ax, row.label, row.share, level, (0, 7), ha="left")
            else:
                note(
                    ax, row.label, row.share, level, (0, -15), ha="right" if row.on == realised["on"].min() else "left"
                )
    ax.set_yticks(range(len(names)), list(reversed(names.values())))
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


def _percent(ratio: float) -> str:
    """Write a ratio as whole percent, with a decimal where it would read as nothing."""
    return f"{ratio:.{1 if 0 < abs(ratio) < 0.01 else 0}%}".replace("-", "−")


def _statements(ax: Axes, rows: pd.DataFrame, colour: str) -> None:
    """Draw stated run-rates joined by a line, and each forecast dashed from the last one known when it was made."""
    realised = rows[~rows["forecast"]]
    ax.plot(realised["on"], realised["value"], color=colour, linewidth=0.8)
    for row in rows.itertuples():
        fill = "none" if row.forecast else colour
        ax.plot(row.on, row.value, style.TIER_MARKERS[row.tier], color=colour, markerfacecolor=fill)
    for row in rows[rows["forecast"]].itertuples():
        for start in realised[realised["on"] <= row.said_on].tail(1).itertuples():
            ax.plot([start.on, row.on], [start.value, row.value], "--", color=colour, linewidth=1)


def _apart(points: pd.DataFrame, days: int = 50) -> pd.DataFrame:
    """Return the points whose labels leave each other room on a time axis, the earlier of two that do not."""
    kept: list[int] = []
    for index, on in points["on"].items():
        if not kept or (on - points["on"][kept[-1]]).days >= days:
            kept.append(index)
    return points.loc[kept]


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
    ax.legend(loc="upper left", bbox_to_anchor=(0, -0.1), borderaxespad=0, handlelength=1.4)
