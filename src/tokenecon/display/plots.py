"""Pieces that several figures share: values drawn over their period, marks by evidence tier."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, PercentFormatter

from tokenecon.display import style


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


def percent_axis(ax: Axes) -> None:
    """Write the ratios of the vertical axis as percent."""
    ax.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))


def million_axis(ax: Axes) -> None:
    """Write the amounts of the vertical axis in millions, without an offset."""
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value / 1e6:,.0f}"))


def year_axis(ax: Axes) -> None:
    """Mark the years on a time axis, labels in their middle left to the grid of months."""
    ax.xaxis.set_major_locator(plt.matplotlib.dates.YearLocator())
    ax.xaxis.set_major_formatter(plt.matplotlib.dates.DateFormatter("%Y"))
    ax.xaxis.set_minor_locator(plt.matplotlib.dates.MonthLocator(bymonth=(1, 7)))


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
        name = last[by]
        text = f"{name} {last[y]:{value}}" if value else name
        note(
            ax,
            text,
            last[x],
            last[y],
            (offset[0], offset[1] + up),
            va="center",
            color=colours.get(name, style.INK),
            weight="bold",
        )


def _apart(ax: Axes, heights: pd.Series, least: float = 12) -> list[float]:
    """Return by how many points each of some rising heights must be raised so that labels stand ``least`` apart."""
    pixels = [ax.transData.transform((0, height))[1] * 72 / ax.figure.dpi for height in heights]
    raised, last = [], -float("inf")
    for pixel in pixels:
        last = max(pixel, last + least)
        raised.append(last - pixel)
    spare = max(raised, default=0) / 2
    return [up - spare for up in raised]
