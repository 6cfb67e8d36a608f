"""Pieces that several figures share: values drawn over their period, labels, axes, grids of rows, panels, hatches."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.dates import ConciseDateFormatter, DateFormatter, DateLocator, MonthLocator, YearLocator
from matplotlib.ticker import LogLocator, PercentFormatter

from tokenecon.catalog import Company
from tokenecon.display import style

LINE = 12
"""Points from one label to the next."""


def spans(ax: Axes, frame: pd.DataFrame, value: str, **line: Any) -> None:
    """Draw each row of ``frame`` as a level over its period, thin risers joining neighbours that touch."""
    rows = frame.sort_values("period_start")
    ax.hlines(rows[value], rows["period_start"], rows["period_end"], **{"linewidth": 3, **line})
    previous = None
    for row in rows.itertuples():
        if previous is not None and (row.period_start - previous.period_end).days <= 1:
            low, high = getattr(previous, value), getattr(row, value)
            ax.vlines(row.period_start, low, high, **{**line, "linewidth": 0.8, "alpha": 0.6})
        previous = row


def middle(frame: pd.DataFrame) -> pd.Series:
    """Return the middle of each period, where its label stands."""
    return frame["period_start"] + (frame["period_end"] - frame["period_start"]) / 2


def note(ax: Axes, text: str, x: Any, y: float, offset: tuple[float, float], spare: bool = False, **look: Any) -> None:
    """Write ``text`` beside the point (``x``, ``y``), ``offset`` points away.

    A ``spare`` one is left out where it would cover another, those written first taking their place first.
    """
    written = ax.annotate(text, (x, y), offset, textcoords="offset points", **{"size": 8.5, "color": style.INK, **look})
    written.spare = spare


def percent_axis(ax: Axes, name: Literal["x", "y"] = "y") -> None:
    """Write the ratios of an axis as percent."""
    getattr(ax, f"{name}axis").set_major_formatter(PercentFormatter(1, decimals=0))


def million_axis(ax: Axes) -> None:
    """Write the amounts of the vertical axis in millions, without an offset."""
    ax.yaxis.set_major_formatter(lambda value, _: f"{value / 1e6:,.0f}")


def plain_log(ax: Axes, form: str = "{x:g}") -> None:
    """Make the vertical axis logarithmic, with 1, 2 and 5 in plain numbers, written as ``form`` says."""
    ax.set_yscale("log")
    ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    ax.yaxis.set_major_formatter(form)
    ax.minorticks_off()


def year_axis(ax: Axes, form: str = "%Y") -> None:
    """Mark the years on a time axis, labels in their middle left to the grid of months."""
    ax.xaxis.set_major_locator(YearLocator())
    ax.xaxis.set_major_formatter(DateFormatter(form))
    ax.xaxis.set_minor_locator(MonthLocator(bymonth=(1, 7)))


def time_axis(ax: Axes, locator: DateLocator, **offset: Any) -> None:
    """Mark the days of a ``locator`` on a time axis, each as short as its neighbours let it be."""
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(ConciseDateFormatter(locator, **offset))


def across(ax: Axes) -> None:
    """Let the grid of a chart of rows run along the values, and not along the rows."""
    ax.grid(axis="y", visible=False)
    ax.grid(axis="x", visible=True)


def named_rows(ax: Axes) -> None:
    """Finish a chart whose rows have names: these in ink, a grid along the values, and no names of axes."""
    ax.tick_params(axis="y", labelcolor=style.INK)
    across(ax)
    ax.set(xlabel="", ylabel="")


def dots_above(ax: Axes) -> None:
    """Lift dots over ranges: ``seaborn.objects`` puts them under, where a wide range covers them."""
    for drawn in ax.collections:
        if isinstance(drawn, PathCollection):
            drawn.set_zorder(3)


def panel(ax: Axes, company: Company) -> None:
    """Give a panel its company's name, in its colour, and no names of axes."""
    ax.set(title=company.name, xlabel="", ylabel="")
    ax.title.set_color(company.colour)


def hatched(ax: Axes, hatches: Iterable[str]) -> None:
    """Give each series of bars its hatch, in the order in which they were drawn."""
    for container, hatch in zip(ax.containers, hatches, strict=False):
        for bar in container:
            bar.set_hatch(hatch)


def label_ends(
    ax: Axes,
    frame: pd.DataFrame,
    x: str,
    y: str,
    by: str,
    colours: Mapping[str, str],
    offset: tuple[float, float] = (6, 0),
    value: str = "",
) -> None:
    """Write each line's name at its last point, in its colour, with its height in the format ``value`` where given."""
    ends = frame.sort_values(x).groupby(by, sort=False).tail(1).dropna(subset=[y]).sort_values(y)
    raised = _apart(ax, ends[y])
    for (_, last), up in zip(ends.iterrows(), raised, strict=True):
        text = f"{last[by]} {last[y]:{value}}" if value else last[by]
        look = {"va": "center", "color": colours.get(last[by], style.INK), "weight": "bold"}
        note(ax, text, last[x], last[y], (offset[0], offset[1] + up), **look)


def _apart(ax: Axes, heights: pd.Series) -> list[float]:
    """Return by how many points each of some rising heights must be raised so that labels stand a line apart."""
    pixels = [ax.transData.transform((0, height))[1] * 72 / ax.figure.dpi for height in heights]
    raised, last = [], -float("inf")
    for pixel in pixels:
        last = max(pixel, last + LINE)
        raised.append(last - pixel)
    spare = max(raised, default=0) / 2
    return [up - spare for up in raised]
