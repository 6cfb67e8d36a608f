"""The strip of key numbers on the first page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from tokenecon.analysis.estimate import Estimate
from tokenecon.catalog import Company
from tokenecon.display import style
from tokenecon.display.plots import label_ends, note, percent_axis, year_axis
from tokenecon.display.theme import colours, marks


def sparkline(ax: Axes, rows: pd.DataFrame, companies: Sequence[Company], title: str, form: str) -> None:
    """Draw one key number of each company over time, with its last value in the format ``form``.

    ``rows`` has ``company``, ``middle`` (day) and ``value``; all of them are of one panel.
    """
    sns.lineplot(rows, x="middle", y="value", hue="company", style="company", dashes=False, ax=ax, **marks(companies))
    ax.margins(x=0.45, y=0.36)
    label_ends(ax, rows, "middle", "value", "company", colours(companies), value=form)
    year_axis(ax, "’%y")
    ax.yaxis.set_major_locator(MaxNLocator(3))
    if form.endswith("%"):
        percent_axis(ax)
    _quiet(ax, title)


def levels(ax: Axes, rows: pd.DataFrame, companies: Sequence[Company], title: str) -> None:
    """Draw one multiple of each company as a bar from zero, with one times marked.

    ``rows`` has ``company`` and ``value``.
    """
    names = [company.name for company in companies if company.name in set(rows["company"])]
    look = {"order": names, "hue": "company", "palette": colours(companies), "saturation": 1, "legend": False}
    sns.barplot(rows, x="value", y="company", ax=ax, **look)
    for place, name in enumerate(names):
        value = rows.loc[rows["company"] == name, "value"].iloc[0]
        note(ax, f"{value:.1f}×", value, place, (4, 0), va="center", weight="bold")
    ax.axvline(1, color=style.MUTED, linewidth=0.8)
    ax.margins(x=0.25)
    ax.set_xticks([0, 1])
    _quiet(ax, title)


def ranges(ax: Axes, estimates: Mapping[str, Estimate], title: str) -> None:
    """Draw estimates by name as points with their intervals, and mark one."""
    for place, one in enumerate(estimates.values()):
        ax.plot([one.low, one.high], [place, place], color=style.INK, linewidth=2)
        ax.plot(one.value, place, "D", color=style.INK, markersize=6)
        note(ax, f"{one.value:.1f}×", one.value, place, (0, 7), ha="center", weight="bold")
    ax.axvline(1, color=style.MUTED, linewidth=0.8)
    ax.set_yticks(range(len(estimates)), list(estimates))
    ax.margins(y=0.4)
    _quiet(ax, title)


def _quiet(ax: Axes, title: str) -> None:
    ax.set(xlabel="", ylabel="")
    ax.set_title(title, fontsize=9)
    ax.tick_params(labelsize=8)
