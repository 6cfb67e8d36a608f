"""The figures of the market chapter: concentration, churn, tiers, sunk costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.lines import Line2D

from tokenecon.display import style
from tokenecon.display.figure import Figure, finish
from tokenecon.display.plots import note, panels, percent_axis

TIER_LOOKS: Mapping[str, tuple[str, str]] = {
    "top": ("#14406b", "solid"),
    "middle": ("#7a4ea3", "dashed"),
    "low": ("#9a7500", "dotted"),
}
"""Colour and line of a tier."""

SERIES_LOOKS: Sequence[tuple[str, object]] = (
    ("#0b62a4", "solid"),
    ("#c8500a", (0, (4, 1.5))),
    ("#00795c", (0, (1, 1))),
)
"""Colour and line of series that belong to no one entity."""

DEFINITIONS: Mapping[str, tuple[str, str]] = {
    "idc": ("IDC: tokens on public clouds", "China"),
    "omdia": ("Omdia: AI cloud revenue", "China"),
    "frost": ("Frost & Sullivan: LLM revenue", "China"),
    "menlo_use": ("Menlo: enterprise use", "United States, enterprises"),
    "menlo_spend": ("Menlo: enterprise API spending", "United States, enterprises"),
    "a16z": ("a16z: enterprise budgets", "United States, enterprises"),
    "run_rates": ("Stated run-rates, API and other", "World"),
    "router_weeks": ("OpenRouter: tokens by author", "World"),
    "router_days": ("OpenRouter: tokens, last week of days", "World"),
    "router_lists": ("OpenRouter: largest models by week", "World"),
}
"""What each definition of the market counts, and where."""


def concentration(rows: pd.DataFrame, threshold: float, title: str, subtitle: str) -> Figure:
    """Index of concentration under each definition: a bar from the lower to the upper bound, the seen part as a dot.

    ``rows`` has ``label``, ``group``, ``hhi_low``, ``hhi_high``, ``effective_low``, ``effective_high`` and ``about`` (a
    short text beside the bar), in order from the top.
    """
    canvas, axes = panels({"": ""}, 0.9 + 0.37 * len(rows))
    ax = axes[""]
    groups = list(dict.fromkeys(rows["group"]))
    for level, row in enumerate(rows.iloc[::-1].itertuples()):
        colour = SERIES_LOOKS[groups.index(row.group) % len(SERIES_LOOKS)][0]
        ax.plot([row.hhi_low, row.hhi_high], [level, level], color=style.tint(colour, 0.45), linewidth=6)
        ax.plot(row.hhi_low, level, "o", color=colour, markersize=6.5)
        note(ax, row.about, 1.06 * rows["hhi_high"].max(), level, (0, 0), va="center", size=8.5)
    ax.axvline(threshold, color=style.MUTED, linewidth=1, linestyle=":")
    note(ax, "highly concentrated", threshold, len(rows) - 0.45, (3, 0), size=8, color=style.MUTED, va="bottom")
    ax.set_yticks(range(len(rows)), list(rows["label"])[::-1])
    ax.tick_params(axis="y", labelcolor=style.INK, labelsize=8.5)
    ax.set_ylim(-0.6, len(rows) + 0.1)
    ax.set_xlim(0, 1.8 * rows["hhi_high"].max())
    ax.set_xticks([tick for tick in np.arange(0, 1, 0.1) if tick <= rows["hhi_high"].max() + 0.05])
    ax.xaxis.set_major_formatter(lambda value, _: f"{value:.1f}")
    ax.grid(axis="y", visible=False)
    ax.grid(axis="x", visible=True)
    handles = [
        Line2D([], [], color=SERIES_LOOKS[place][0], marker="o", label=group) for place, group in enumerate(groups)
    ]
    canvas.legend(handles=handles, loc="outside lower left", ncols=3)
    return finish(canvas, title, subtitle, rows)


def over_time(
    series: Mapping[str, pd.DataFrame], title: str, subtitle: str, *, percent: bool = False, top: float | None = None
) -> Figure:
    """Series over time, each with a band where it has one, labelled at its end.

    Each frame has ``on``, ``value`` and perhaps ``low`` and ``high``; a gap of more than two weeks breaks the line.
    """
    canvas, axes = panels({"": ""}, 3.3)
    ax = axes[""]
    handles = []
    for place, (label, rows) in enumerate(series.items()):
        colour, line = SERIES_LOOKS[place % len(SERIES_LOOKS)]
        ordered = rows.sort_values("on")
        stretch = (ordered["on"].diff() > pd.Timedelta(days=14)).cumsum()
        for _, part in ordered.groupby(stretch):
            marks = {"marker": "o", "markersize": 3.5} if len(part) < 15 else {}
            ax.plot(part["on"], part["value"], color=colour, linestyle=line, **marks)
            if "low" in part and len(part) > 1:
                ax.fill_between(part["on"], part["low"], part["high"], color=colour, alpha=0.15, linewidth=0)
            elif "low" in part:
                ax.vlines(part["on"], part["low"], part["high"], color=colour, alpha=0.3, linewidth=4)
        handles.append(Line2D([], [], color=colour, linestyle=line, label=label))
    ax.set_ylim(0, top)
    if percent:
        percent_axis(ax)
    date_axis(ax)
    canvas.legend(handles=handles, loc="outside lower left", ncols=min(3, len(handles)))
    data = pd.concat([rows.assign(series=label) for label, rows in series.items()])
    return finish(canvas, title, subtitle, data)


def date_axis(ax: Axes) -> None:
    """Mark days on a time axis, the year beside it where the labels do not say it."""
    locator = AutoDateLocator(minticks=4, maxticks=9)
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(ConciseDateFormatter(locator, offset_formats=["", "%Y", "%Y", "%Y", "", ""]))


def survivals(curves: Mapping[str, tuple[pd.DataFrame, str]], title: str, subtitle: str) -> Figure:
    """Survival curves with their bands, a panel each; the text of each stands in its panel.

    ``curves`` maps the panel's title to the curve (``day``, ``surviving``, ``low``, ``high``) and the text.
    """
    canvas, axes = panels({name: name for name in curves}, 3.1, share_y=True)
    colour = SERIES_LOOKS[0][0]
    for name, (curve, text) in curves.items():
        ax = axes[name]
        ax.step(curve["day"], curve["surviving"], where="post", color=colour)
        ax.fill_between(curve["day"], curve["low"], curve["high"], step="post", color=colour, alpha=0.15, linewidth=0)
        ax.axhline(0.5, color=style.MUTED, linewidth=0.8, linestyle=":")
        ax.text(0.98, 0.97, text, transform=ax.transAxes, ha="right", va="top", size=8.5, color=style.INK)
        ax.set_ylim(0, 1.02)
        ax.set_xlim(0, None)
        ax.set_xlabel("days")
        percent_axis(ax)
    data = pd.concat([curve.assign(panel=name) for name, (curve, _) in curves.items()])
    return finish(canvas, title, subtitle, data)


def price_distribution(
    log_prices: np.ndarray, at: np.ndarray, density: Mapping[str, np.ndarray], text: str, title: str, subtitle: str
) -> Figure:
    """Histogram of list prices on a log scale under the densities of mixtures; ``text`` stands in the picture."""
    canvas, axes = panels({"": ""}, 3.1)
    ax = axes[""]
    counts, edges, _ = ax.hist(log_prices, bins=28, density=True, color=style.GRID, edgecolor="white", linewidth=0.5)
    handles = []
    for place, (label, values) in enumerate(density.items()):
        colour, line = SERIES_LOOKS[place % len(SERIES_LOOKS)]
        ax.plot(at, values, color=colour, linestyle=line)
        handles.append(Line2D([], [], color=colour, linestyle=line, label=label))
    ticks = [0.03, 0.1, 0.3, 1, 3, 10, 30, 100]
    low, high = np.min(at), np.max(at)
    shown = [tick for tick in ticks if low <= np.log(tick) <= high]
    ax.set_xticks(np.log(shown), [f"{tick:g}" for tick in shown])
    ax.set_yticks([])
    ax.grid(visible=False)
    ax.set_xlabel("dollars per million tokens, log scale")
    ax.text(0.99, 0.97, text, transform=ax.transAxes, ha="right", va="top", size=8.5, color=style.INK)
    canvas.legend(handles=handles, loc="outside lower left", ncols=3)
    data = pd.DataFrame({"from": np.exp(edges[:-1]), "to": np.exp(edges[1:]), "density": counts})
    return finish(canvas, title, subtitle, data)


def tiers(frames: Mapping[str, pd.DataFrame], title: str, subtitle: str) -> Figure:
    """Shares of tokens and of list spending by tier over time: a row of panels for each way to draw tiers.

    ``frames`` maps a way to a frame with ``day``, ``tier``, ``token_share`` and ``spend_share``.
    """
    style.use()
    canvas, grid = plt.subplots(
        len(frames), 2, figsize=(style.WIDTH, 2.3 * len(frames)), sharex=True, sharey=True, squeeze=False,
        layout="constrained",
    )  # fmt: skip
    names = {"token_share": "tokens", "spend_share": "spending at list price"}
    for row, (way, frame) in zip(grid, frames.items(), strict=True):
        for ax, (column, name) in zip(row, names.items(), strict=True):
            for tier, (colour, line) in TIER_LOOKS.items():
                own = frame[frame["tier"] == tier].sort_values("day")
                if own.empty:
                    continue
                mean = (
                    own.set_index("day")[column].rolling("7D").mean() if len(own) > 40 else own.set_index("day")[column]
                )
                ax.plot(mean.index, mean, color=colour, linestyle=line)
            ax.set_title(f"{way}: {name}", size=9)
            ax.set_ylim(0, 1)
            percent_axis(ax)
            date_axis(ax)
            ax.tick_params(axis="x", labelsize=8)
    handles = [
        Line2D([], [], color=colour, linestyle=line, label=f"{tier} tier")
        for tier, (colour, line) in TIER_LOOKS.items()
    ]
    canvas.legend(handles=handles, loc="outside lower left", ncols=3)
    data = pd.concat([frame.assign(way=way) for way, frame in frames.items()])
    return finish(canvas, title, subtitle, data)


def firms(bounds: pd.DataFrame, marks: Sequence[float], title: str, subtitle: str) -> Figure:
    """How many firms a market carries, a row a market: range over all assumptions, and the median, on a log scale.

    ``bounds`` has ``market``, ``outlay``, ``margin``, ``growth`` and ``firms``; ``marks`` are vertical lines.
    """
    order = list(dict.fromkeys(bounds["market"]))
    canvas, axes = panels({"": ""}, 0.9 + 0.5 * len(order))
    ax, colour = axes[""], SERIES_LOOKS[0][0]
    looks = dict(zip(dict.fromkeys(bounds["growth"]), (0.15, 0.0, -0.15), strict=False))
    shades = dict(zip(looks, (0.6, 0.3, 0.0), strict=True))
    for level, market in enumerate(order[::-1]):
        for growth, shift in looks.items():
            own = bounds[(bounds["market"] == market) & (bounds["growth"] == growth)]["firms"]
            shade = style.tint(colour, shades[growth])
            ax.plot([own.min(), own.max()], [level + shift] * 2, color=shade, linewidth=3)
            ax.plot(own.median(), level + shift, "o", color=shade, markersize=5)
    for mark in marks:
        ax.axvline(mark, color=style.MUTED, linewidth=0.9, linestyle=":")
    ax.set_yticks(range(len(order)), order[::-1])
    ax.tick_params(axis="y", labelcolor=style.INK, labelsize=8.5)
    ax.set_ylim(-0.6, len(order) - 0.4)
    ax.set_xscale("log")
    low, high = bounds["firms"].min(), bounds["firms"].max()
    ticks = [tick for tick in (0.01, 0.1, 1, 5, 10, 100, 1000, 10_000) if low / 3 < tick < high * 3]
    ax.set_xticks(ticks, [f"{tick:,g}" for tick in ticks])
    ax.minorticks_off()
    ax.grid(axis="y", visible=False)
    ax.grid(axis="x", visible=True)
    ax.set_xlabel("firms of equal size, log scale")
    handles = [
        Line2D([], [], color=style.tint(colour, shades[growth]), marker="o", linewidth=3, label=growth)
        for growth in looks
    ]
    canvas.legend(handles=handles, loc="outside lower left", ncols=3)
    return finish(canvas, title, subtitle, bounds)
