"""Charts of chapter 4 that do not fit in a cell, and what its cells share: a colour and mark a country, log axes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
import seaborn.objects as so
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.dates import MonthLocator, YearLocator, date2num
from matplotlib.lines import Line2D
from matplotlib.ticker import NullFormatter

from tokenecon.catalog import Country
from tokenecon.display import plots, style
from tokenecon.display.plots import across, dots_above, named_rows, note
from tokenecon.display.theme import apart

Pair = Sequence[Country]
"""The country whose prices are in question, and the one that they are set against."""

DASHES = ((4, 1.3), "")
"""Lines of the two."""

_TICKS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
_CLOSE_TICKS = (0.3, 0.5, 0.7, 1, 1.5, 2, 3, 4, 6)


def looks(pair: Pair) -> dict[str, Any]:
    """Return what draws the countries apart where ``hue`` and ``style`` are their codes: colours, marks, dashes."""
    return apart(
        {country.code: country.colour for country in pair[::-1]},
        markers={country.code: country.marker for country in pair},
        dashes={country.code: dash for country, dash in zip(pair, DASHES, strict=True)},
    )


def log_axis(axis: Axis, low: float, high: float, pad: float = 1.15) -> None:
    """Set a log scale from ``low`` to ``high`` with plain ticks at one, two and five, closer ones where few fit."""
    ax, name = axis.axes, axis.axis_name
    low, high = low / pad, high * pad
    getattr(ax, f"set_{name}scale")("log")
    getattr(ax, f"set_{name}lim")(low, high)
    ticks = [tick for tick in _TICKS if low <= tick <= high]
    if len(ticks) < 5:
        ticks = [tick for tick in _CLOSE_TICKS if low <= tick <= high]
    while len(ticks) > 9:
        ticks = ticks[::2]
    axis.set_ticks(ticks, [f"{tick:g}" for tick in ticks])
    axis.set_tick_params(which="minor", length=0)
    axis.set_minor_formatter(NullFormatter())


def time_axis(ax: Axes) -> None:
    """Mark a handful of days on a time axis, years where they begin."""
    low, high = ax.get_xlim()
    months = MonthLocator((1, 7) if high - low > 500 else (1, 4, 7, 10))
    plots.time_axis(ax, YearLocator() if high - low > 1_000 else months)
    ax.tick_params(axis="x", labelsize=8.5)
    ax.set(xlabel="", ylabel="")


def rows_of(ax: Axes, names: Sequence[str]) -> None:
    """Write the names of rows drawn at 0, −1, −2, … , the first on top, with a grid along the values."""
    ax.set_yticks(-np.arange(len(names)), names)
    ax.set_ylim(-len(names) + 0.4, 0.6)
    ax.tick_params(axis="y", labelcolor=style.INK)
    across(ax)


def percent_below(ax: Axes) -> None:
    """Write the ratios of the horizontal axis as percent, with a true minus."""
    ax.xaxis.set_major_formatter(lambda value, _: f"{value:.0%}".replace("-", "−"))


def country_key(
    ax: Axes, pair: Pair, names: Sequence[str] | None = None, marks: Sequence[Line2D] = (), **place: Any
) -> None:
    """Put a key of the two countries above the axes under their or other ``names``, further ``marks`` behind them."""
    labels = names or [country.name for country in pair]
    both = [
        Line2D([], [], color=country.colour, marker=country.marker, linestyle="", label=label)
        for country, label in reversed(list(zip(pair, labels, strict=True)))
    ]
    where = {"loc": "lower left", "bbox_to_anchor": (0, 1.0), "ncols": 3, "borderaxespad": 0.2}
    ax.legend(handles=[*both, *marks], fontsize=8.5, handletextpad=0.4, columnspacing=1.2, **(where | place))


def ranges(ax: Axes, rows: pd.DataFrame, country: Country, name: str, shift: float = 0.0) -> None:
    """Draw a country's estimates ``name`` with ``name_low`` and ``name_high``, a row a mark, a little aside."""
    place, colour = -np.arange(len(rows)) + shift, country.colour
    ax.hlines(place, rows[f"{name}_low"], rows[f"{name}_high"], color=colour, linewidth=2)
    ax.plot(rows[name], place, country.marker, color=colour, markersize=6)


def scales(pair: Pair) -> dict[str, so.Nominal]:
    """Return what draws the countries apart in ``seaborn.objects`` where ``color`` and ``marker`` are their codes."""
    look = looks(pair)
    named = {"color": look["palette"], "marker": look["markers"]}
    return {name: so.Nominal(values, order=look["hue_order"]) for name, values in named.items()}


def finished_movements(ax: Axes, rows: pd.DataFrame, pair: Pair) -> None:
    """Write value and ``n`` beside the intervals of two countries, dodged in a row a ``what``, and set a log scale."""
    kinds, shifts = list(rows["what"].unique()), {pair[1].code: -0.2, pair[0].code: 0.2}
    for row in rows[rows["n"] > 0].itertuples():
        place = kinds.index(row.what) + shifts[row.country]
        note(ax, f"{row.value:.2f} (n = {row.n:.0f})", row.high, place, (6, 0), va="center", size=7.5)
    for border in range(1, len(kinds)):
        ax.axhline(border - 0.5, color=style.GRID, linewidth=0.8)
    log_axis(ax.xaxis, rows["low"].min(), rows["high"].max() * 1.8)
    named_rows(ax)
    dots_above(ax)
    country_key(ax, pair)
    ax.axvline(1, color=style.INK, linewidth=0.9)


def bands(ax: Axes, lines: pd.DataFrame, y: str, pair: Pair) -> None:
    """Draw each country's line of ``y`` over ``day`` with its band, and write name, end and ``models`` beside it.

    ``lines`` has ``country``, ``day``, ``y``, ``low``, ``high`` and ``models``.
    """
    sns.lineplot(lines, x="day", y=y, hue="country", style="country", estimator=None, ax=ax, **looks(pair))
    for country in pair:
        rows = lines[lines["country"] == country.code]
        colour, end = country.colour, rows.iloc[-1]
        ax.fill_between(rows["day"], rows["low"], rows["high"], color=colour, alpha=0.13, linewidth=0)
        text = f"{country.name} {end[y]:.2f}\n(n = {end['models']})"
        note(ax, text, end["day"], end[y], (7, 0), va="center", color=colour)
    log_axis(ax.yaxis, lines["low"].min(), lines["high"].max())
    ax.margins(x=0.2)
    time_axis(ax)


def vendor_colours(rows: pd.DataFrame) -> dict[str, str]:
    """Return each ``vendor``'s colour by its name, as seaborn's ``palette`` takes it."""
    ids = rows.drop_duplicates("vendor").set_index("vendor")["entity_id"]
    return ids.map(style.ENTITY_COLOURS).fillna(style.MUTED).to_dict()


def pairs_of_estimates(ax: Axes, rows: pd.DataFrame, names: Mapping[str, str]) -> None:
    """Draw several estimates a row, each with its interval, on a log axis around one.

    ``rows`` has ``label`` and, for each of ``names`` (to what stands in the key), the columns ``<name>``,
    ``<name>_low`` and ``<name>_high``.
    """
    faces, marks = (style.MUTED, style.INK), ("o", "D")
    for (name, said), colour, mark, shift in zip(names.items(), faces, marks, (0.16, -0.16), strict=True):
        place = -np.arange(len(rows)) + shift
        ax.hlines(place, rows[f"{name}_low"], rows[f"{name}_high"], color=colour, linewidth=2)
        ax.plot(rows[name], place, mark, color=colour, markersize=6, label=said)
        for y, row in zip(place, rows.to_dict("records"), strict=True):
            note(ax, f"{row[name]:.1f}", row[f"{name}_high"], y, (5, 0), va="center", size=7.5, color=colour)
    ax.axvline(1, color=style.INK, linewidth=0.9)
    rows_of(ax, list(rows["label"]))
    low, high = (rows[[f"{name}_{end}" for name in names]] for end in ("low", "high"))
    log_axis(ax.xaxis, low.min().min(), high.max().max() * 1.25)
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=2, borderaxespad=0.2, fontsize=8.5)


def labels_apart(ax: Axes, ends: pd.DataFrame, colours: Mapping[str, str], room: float = 0.055) -> None:
    """Write name, value and n beside the last point of each line, on a log scale, so that none covers another.

    ``ends`` has ``name``, ``day``, ``value`` and ``n``; all stand beside the last day of any, ``room`` of the axis's
    height apart at least. A line that ends before that says in which month.
    """
    low, high = ax.get_ylim()
    last = ends["day"].max()
    x, floor, step = last + pd.Timedelta(days=8), -np.inf, room * np.log(high / low)
    for row in ends.sort_values("value").itertuples():
        floor = max(np.log(row.value), floor + step)
        place = {"xytext": (x, np.exp(floor)), "va": "center", "annotation_clip": False, "color": colours[row.name]}
        month = "" if row.day == last else f"{row.day:%b %Y}, "
        ax.annotate(f"{row.name} {row.value:.2f} ({month}n = {row.n})", (row.day, row.value), size=8.5, **place)


def caught(ax: Axes, records: pd.DataFrame, pair: Pair) -> None:
    """Draw a row a record: from its release to the first follower that reached it, or to the day it was last open.

    The one country of the pair follows the other.

    ``records`` is as :func:`tokenecon.analysis.pricing.deflation.catch_up` returns it.
    """
    rows = records.sort_values("released_on", ignore_index=True)
    until = rows["released_on"] + pd.to_timedelta(rows["days"], unit="D")
    one, other = pair
    place, colour = -rows.index.to_numpy(), one.colour
    ax.hlines(place, rows["released_on"], until, color=style.GRID, linewidth=2.5)
    ax.plot(rows["released_on"], place, other.marker, color=other.colour, markersize=5)
    for reached, part in rows.assign(until=until, place=place).groupby("reached"):
        ax.plot(
            part["until"], part["place"], one.marker, color=colour, markersize=5,
            markerfacecolor=colour if reached else "white",
        )  # fmt: skip
    for row in rows.itertuples():
        text = f"{row.days}: {row.reached_by or 'not yet'}"
        note(ax, text, until[row.Index], place[row.Index], (6, 0), va="center", size=7.5)
        ax.texts[-1].set_in_layout(False)
    rows_of(ax, list(rows["model"]))
    ax.tick_params(axis="y", labelsize=7.5)
    ax.set_xlim(right=until.max() + (until.max() - rows["released_on"].min()) * 0.75)
    time_axis(ax)
    ax.set_xticks([tick for tick in ax.get_xticks() if tick <= date2num(until.max())])
    country_key(ax, pair, [f"first equal, {one.name}", f"record, {other.name}"], ncols=1)


def survival(ax: Axes, curves: pd.DataFrame, pair: Pair, beside: Sequence[str]) -> None:
    """Draw survival curves by country with bands, and write ``beside`` for each of the pair in the corner.

    ``curves`` has ``country``, ``day``, ``surviving``, ``low`` and ``high``.
    """
    longest = curves["day"].max()
    drawn = pd.concat([curves, curves.groupby("country").tail(1).assign(day=longest)])
    sns.lineplot(
        drawn, x="day", y="surviving", hue="country", style="country", drawstyle="steps-post", estimator=None,
        ax=ax, **(looks(pair) | {"markers": False}),
    )  # fmt: skip
    for place, (country, text) in enumerate(reversed(list(zip(pair, beside, strict=True)))):
        rows, colour = drawn[drawn["country"] == country.code], country.colour
        ax.fill_between(rows["day"], rows["low"], rows["high"], step="post", color=colour, alpha=0.13, linewidth=0)
        at = {"transform": ax.transAxes, "ha": "right", "va": "top", "size": 9, "color": colour}
        ax.text(0.98, 0.97 - 0.09 * place, text, **at)
    ax.axhline(0.5, color=style.MUTED, linewidth=0.8, linestyle=":")
    ax.set(ylim=(0, 1), xlim=(0, longest), ylabel="")


def forest(axes: Sequence[Axes], table: pd.DataFrame, colour: str) -> None:
    """Draw estimates with intervals, one row each, gap and difference of slopes side by side.

    ``table`` is as :func:`tokenecon.analysis.pricing.gap.robustness` returns it. Hollow marks are estimates whose
    interval holds "no difference".
    """
    place = -np.arange(len(table))
    panels = (("gap", 1.0, "Price ratio"), ("difference", 0.0, "Difference of slopes"))
    for ax, (name, none, title) in zip(axes, panels, strict=True):
        sure = (table[f"{name}_low"] > none) | (table[f"{name}_high"] < none)
        ax.hlines(place, table[f"{name}_low"], table[f"{name}_high"], color=colour, linewidth=1.6)
        faces = [colour if known else "white" for known in sure]
        ax.scatter(table[name], place, s=26, zorder=3, edgecolor=colour, color=faces)
        ax.axvline(none, color=style.INK, linewidth=0.9)
        ax.tick_params(axis="y", labelsize=8)
        ax.set(title=title, xlabel="")
        rows_of(ax, [f"{row.label} ({row.n_one:.0f}, {row.n_other:.0f})" for row in table.itertuples()])
        for border in table.groupby("group", sort=False).size().cumsum()[:-1]:
            ax.axhline(0.5 - border, color=style.GRID, linewidth=0.8)
    log_axis(axes[0].xaxis, max(table["gap_low"].min(), 0.08), min(table["gap_high"].max(), 12))


def pair_ratios(ax: Axes, pairs: pd.DataFrame, pair: Pair) -> None:
    """Draw price ratios of matched pairs in order of size, in the colour of the dearer side; four are named."""
    rows = pairs.sort_values("ratio", ignore_index=True)
    colours = [pair[int(ratio > 1)].colour for ratio in rows["ratio"]]
    ax.vlines(rows.index, 1, rows["ratio"], color=colours, linewidth=1.2, alpha=0.6)
    sns.scatterplot(rows, x=rows.index, y="ratio", c=colours, s=28, linewidth=0, ax=ax)
    ax.axhline(1, color=style.INK, linewidth=0.9)
    for row in rows.iloc[np.linspace(0, len(rows) - 1, 4).astype(int)].itertuples():
        right = row.Index > len(rows) / 2
        offset = (-6 if right else 6, 4 if row.ratio > 1 else -10)
        side = "right" if right else "left"
        note(ax, f"{row.partner} / {row.model}", row.Index, row.ratio, offset, spare=True, size=7.5, ha=side)
    log_axis(ax.yaxis, rows["ratio"].min(), rows["ratio"].max(), pad=1.9)
    ax.set(xticks=[], ylabel="", xlabel="pairs in order of the ratio")


def fold(times: float) -> str:
    """Write an end of an interval of a ratio: what is over a hundred is not known to a digit."""
    return "over 100" if times > 100 else f"{times:.2g}"


def parts(ax: Axes, split: pd.DataFrame, labels: Mapping[str, str]) -> None:
    """Draw the parts of a decomposition as bars with intervals, in order of ``labels`` (part to its name)."""
    rows = split.set_index("part").loc[list(labels)].assign(name=list(labels.values()))
    whole = {"whole gap", "explained", "unexplained"}
    shades = {name: style.tint(style.INK if name in whole else style.MUTED, 0.45) for name in rows["name"]}
    sns.barplot(rows, x="value", y="name", hue="name", palette=shades, saturation=1, width=0.6, legend=False, ax=ax)
    ax.hlines(rows["name"], rows["low"], rows["high"], color=style.INK, linewidth=1.3)
    for row in rows.itertuples():
        note(ax, f"{row.value:+.2f}".replace("-", "−"), max(row.high, 0), row.name, (6, 0), va="center")
    ax.axvline(0, color=style.INK, linewidth=0.9)
    ax.set(xlabel="", ylabel="", xlim=(min(0, rows["low"].min()) * 1.1, rows["high"].max() * 1.18))


def timeline(ax: Axes, events: pd.DataFrame, pair: Pair) -> None:
    """Draw price decisions, a row a vendor: up and down, by size; hollow for the price of a successor.

    ``events`` has ``vendor``, ``country``, ``on``, ``ratio`` and ``what``: ``change``, ``successor``, ``by the hour``
    or ``announced``.
    """
    vendors = list(dict.fromkeys(events["vendor"]))
    colours = {country.code: country.colour for country in pair}
    for event in events.itertuples():
        up, colour = event.ratio > 1, colours.get(event.country, style.MUTED)
        size = 18 + 46 * min(abs(np.log(event.ratio)) if event.ratio > 0 else 3, 3)
        shape = {"by the hour": "D", "announced": "v"}.get(event.what, "^" if up else "v")
        face = "white" if event.what == "successor" else colour
        place = -vendors.index(event.vendor) + (0.12 if up else -0.12)
        look = {"edgecolor": colour, "color": face, "linewidth": 1, "alpha": 0.9, "zorder": 3}
        ax.scatter(event.on, place, s=size, marker=shape, **look)
    rows_of(ax, vendors)
    time_axis(ax)


def step_marks() -> list[Line2D]:
    """Return legend entries for the marks of :func:`timeline`."""
    kinds = {
        "rise": ("^", style.INK), "cut": ("v", style.INK), "dearer successor": ("^", "white"),
        "cheaper successor": ("v", "white"), "charged by the hour": ("D", style.INK),
    }  # fmt: skip
    return [
        Line2D([], [], marker=mark, linestyle="", color=style.INK, markerfacecolor=face, label=label)
        for label, (mark, face) in kinds.items()
    ]


def floating(ax: Axes, rows: pd.DataFrame) -> None:
    """Draw bars from ``low`` to ``high``, a row each under its ``label``, and a line at the common ``middle``."""
    place = -np.arange(len(rows))
    shades = [style.tint(style.INK if name == "all" else style.MUTED, 0.4) for name in rows["argument"]]
    ax.barh(place, rows["high"] - rows["low"], 0.5, left=rows["low"], color=shades)
    ax.axvline(rows["middle"].iloc[0], color=style.INK, linewidth=1)
    for y, row in zip(place, rows.itertuples(), strict=True):
        note(ax, f"{row.low:.1%} to {row.high:.1%}", row.high, y, (6, 0), va="center")
    rows_of(ax, list(rows["label"]))
    ax.set_xlim(0, rows["high"].max() * 1.3)
    percent_below(ax)


def customers(ax: Axes, found: pd.DataFrame, colours: Mapping[str, str]) -> None:
    """Draw shares of the largest customers, a row a company and count, marks by period and strength of evidence.

    ``found`` is as :func:`tokenecon.analysis.pricing.off_list.concentration` returns it, with ``company``.
    """
    rows = found.assign(row=found["company"] + ", " + found["who"])
    names = list(dict.fromkeys(rows["row"]))
    for level, name in enumerate(names):
        own = rows[rows["row"] == name].sort_values("share")
        colour = colours.get(own["entity_id"].iloc[0], style.MUTED)
        ax.plot(own["share"], [-level] * len(own), color=style.tint(colour, 0.55), linewidth=2)
        free = dict.fromkeys((6, -7, 16, -17), -1.0)
        for row in own.itertuples():
            ax.plot(row.share, -level, style.TIER_MARKERS[row.tier], color=colour, markersize=7)
            offset = next((line for line, taken in free.items() if row.share >= taken), -17)
            free[offset] = row.share + found["share"].max() * 0.3
            side = {"ha": "center", "size": 7.5, "va": "bottom" if offset > 0 else "top", "color": colour}
            note(ax, f"{row.period} {row.share:.0%}", row.share, -level, (0, offset), **side)
    rows_of(ax, names)
    ax.set_xlim(0, found["share"].max() * 1.15)
    percent_below(ax)
