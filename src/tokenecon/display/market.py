"""Charts of chapter 3 that do not fit in a cell, and what several of them share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
import seaborn.objects as so
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator
from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator

from tokenecon.catalog import Country
from tokenecon.display import style
from tokenecon.display.plots import across, dots_above, note, percent_axis, time_axis
from tokenecon.display.theme import apart

SERIES = ("#0b62a4", "#c8500a", "#00795c", "#7a4ea3")
"""Colours of series that belong to no one entity."""

DASHES = ("", (4, 1.5), (1, 1), (5, 1, 1, 1))
"""Lines of the same, in order."""

CLAIM = "#a63d57"
"""Colour of what the article claims."""

TIERS: Mapping[str, tuple[str, Any]] = {
    "top": (SERIES[0], ""),
    "middle": (SERIES[3], (4, 1.5)),
    "low": ("#9a7500", (1, 1)),
}
"""Colour and line of a tier."""

KINDS = {"coding and agents": SERIES[0], "entertainment": SERIES[1]}
"""Colour of a kind of application."""

LONE = 3
"""So few points in a row are drawn as points: a line would not show."""

TICKS = tuple(round(digit * 10.0**power, 4) for power in range(-3, 5) for digit in (1, 2, 5))
CHOICES: Mapping[str, Mapping[object, str]] = {
    "scale": {"score": "higher score", "errors": "fewer errors", "wins": "more wins"},
    "ratio": {1: "blend 1:1", 3: "blend 3:1", 10: "blend 10:1"},
    "control": {
        "released": "date", "released + I(released**2)": "date and its square", "released + C(country)": "and country",
    },
    "subset": {"all": "all models", "top third": "top third"},
}  # fmt: skip
"""The choices of a specification beside its measure and countries, with the names to show."""


def log_axis(
    axis: Any, low: float, high: float, form: Callable[[float], str] = "{:g}".format, ticks: Sequence[float] = TICKS
) -> None:
    """Make an axis logarithmic, with plain numbers at the ``ticks`` between ``low`` and ``high``."""
    axis.axes.set(**{f"{axis.axis_name}scale": "log"})
    shown = [tick for tick in ticks if low <= tick <= high]
    axis.set_major_locator(FixedLocator(shown))
    axis.set_major_formatter(FixedFormatter([form(tick) for tick in shown]))
    axis.set_minor_locator(NullLocator())


def names_above(ax: Axes, names: Sequence[str], left: float, rise: float = 0.15) -> None:
    """Write the name of each row of a chart above it, from ``left`` on: beside the axis it would fill a phone."""
    for level, name in enumerate(names):
        note(ax, name, left, level - rise, (0, 0), va="bottom")
    ax.set(ylim=(len(names) - 0.5, -0.75 - rise), ylabel="", xlabel="")
    ax.yaxis.set_major_locator(NullLocator())
    across(ax)


def look(names: Sequence[str], looks: Mapping[str, tuple[str, Any]] | None = None) -> dict[str, Any]:
    """Return what draws series apart in seaborn by ``hue`` and ``style``: colours, dashes, no legend."""
    looks = looks or dict(zip(names, zip(SERIES, DASHES, strict=False), strict=False))
    palette, dashes = ({name: looks[name][place] for name in names} for place in (0, 1))
    return apart(palette, dashes=dashes)


def finished(ax: Axes, rows: pd.DataFrame, by: str, y: str, palette: Mapping[str, str]) -> None:
    """Finish series over ``on``: their bands where ``low`` and ``high`` are known, names at their ends, days below."""
    stretched = rows.assign(**{name: rows.get(name, np.nan) for name in ("stretch", "low", "high")}).fillna(
        {"stretch": 0}
    )
    for (name, _), part in stretched.groupby([by, "stretch"], sort=False):
        if part["low"].notna().any():
            ax.fill_between(part["on"], part["low"], part["high"], color=palette[name], alpha=0.15, linewidth=0)
        if len(part) < LONE:
            ax.plot(part["on"], part[y], ".", color=palette[name])
    _ends(ax, rows.sort_values("on"), by, y, palette)
    ax.set(xlabel="", ylabel="")
    # The year stands beside the axis where the labels do not say it.
    time_axis(ax, AutoDateLocator(minticks=3, maxticks=7), offset_formats=["", "%Y", "%Y", "%Y", "", ""])


def _ends(ax: Axes, rows: pd.DataFrame, by: str, y: str, palette: Mapping[str, str]) -> None:
    """Name each series at its last point, names that would stand on one another moved apart."""
    last = rows.dropna(subset=[y]).drop_duplicates(by, keep="last").sort_values(y)
    low, high = ax.get_ylim()
    log = ax.get_yscale() == "log"
    scale = np.log if log else (lambda value: value)
    reach = scale(high) - scale(low)
    end = rows["on"].max()
    inches = ax.figure.get_size_inches()[1] * ax.get_position().height
    before = -np.inf
    for row in last.to_dict("records"):
        place = (scale(row[y]) - scale(low)) / reach * inches * 72
        shift = max(0.0, before + 11 - place)
        before = place + shift
        note(ax, row[by], end, row[y], (6, shift), va="center", color=palette[row[by]], weight="bold")


def concentration(ax: Axes, rows: pd.DataFrame, threshold: float) -> None:
    """Draw the index of each definition: a bar from its lower to its upper bound, the seen part as a mark.

    ``rows`` has ``label``, ``group``, ``hhi_low``, ``hhi_high`` and ``equal``, in order from the top.
    """
    groups = dict(zip(dict.fromkeys(rows["group"]), zip(SERIES, ("o", "s", "D"), strict=False), strict=False))
    colours, marks = ({group: look[place] for group, look in groups.items()} for place in (0, 1))
    plot = so.Plot(rows, y="label", color="group", marker="group")
    plot = plot.add(so.Range(linewidth=6, alpha=0.45), xmin="hhi_low", xmax="hhi_high", legend=False)
    plot = plot.add(so.Dot(pointsize=6.5), x="hhi_low", legend=False)
    plot.scale(color=colours, marker=marks).on(ax).plot()
    dots_above(ax)
    for level, row in enumerate(rows.itertuples()):
        note(ax, f"{row.equal} equal", row.hhi_high, level, (8, 0), va="center")
    names_above(ax, [f"{row.group.partition(',')[0]} · {row.label}" for row in rows.itertuples()], 0, 0.22)
    ax.axvline(threshold, color=style.MUTED, linewidth=1, linestyle=":")
    note(ax, "highly concentrated", threshold, -0.9, (3, 2), size=8, color=style.MUTED, va="top")
    ax.set(xlim=(0, 1.5 * rows["hhi_high"].max()))


def survival(ax: Axes, curve: pd.DataFrame, title: str, text: str) -> None:
    """Draw a survival curve with its band; ``text`` stands in the picture.

    ``curve`` has ``day``, ``surviving``, ``low`` and ``high``.
    """
    sns.lineplot(curve, x="day", y="surviving", drawstyle="steps-post", color=SERIES[0], ax=ax)
    ax.fill_between(curve["day"], curve["low"], curve["high"], step="post", color=SERIES[0], alpha=0.15, linewidth=0)
    ax.axhline(0.5, color=style.MUTED, linewidth=0.8, linestyle=":")
    ax.text(0.98, 0.97, text, transform=ax.transAxes, ha="right", va="top", size=8.5, color=style.INK)
    ax.set(title=title, ylim=(0, 1.02), xlim=(0, None), xlabel="days", ylabel="")
    percent_axis(ax)


def by_score(ax: Axes, rows: pd.DataFrame, third: float) -> None:
    """Finish prices over scores: the cheapest model of each score or better as a step, the top third shaded, log axes.

    ``rows`` has ``score`` and ``blended``; from ``third`` on is the top third.
    """
    edge = rows.sort_values("score", ascending=False)
    edge = edge.assign(cheapest=edge["blended"].cummin())
    ax.step(edge["score"], edge["cheapest"], where="pre", color=style.INK, linewidth=1.2)
    note(ax, "cheapest at this score or better", rows["score"].min(), edge["cheapest"].min(), (0, -4), size=8, va="top")
    ax.axvspan(third, rows["score"].max() * 1.05, color=style.GRID, alpha=0.35, linewidth=0, zorder=0)
    note(ax, "top third", third, rows["blended"].max() * 1.2, (4, 0), size=8.5, color=style.MUTED, va="top")
    low, high = rows["blended"].min(), rows["blended"].max()
    log_axis(ax.xaxis, rows["score"].min() * 0.9, rows["score"].max() * 1.1, ticks=(5, 10, 15, 20, 30, 40, 60))
    log_axis(ax.yaxis, low * 0.9, high * 1.1, ticks=(0.03, 0.1, 0.3, 1, 3, 10, 30, 100))
    ax.set(xlabel="index of capability, log scale", ylabel="", ylim=(low * 0.5, high * 1.3))


def makers(ax: Axes, rows: pd.DataFrame, countries: Sequence[Country]) -> None:
    """Draw price over score, a mark a model in its country's colour, and say above which is which, and how many.

    ``rows`` has ``score``, ``blended`` and ``country`` (a code).
    """
    looks = {country.code: (country.name, country.colour, country.marker) for country in countries}
    looks["other"] = ("other", style.MUTED, "^")
    maker = rows["country"].where(rows["country"].isin(looks), "other")
    palette, markers = ({code: look[place] for code, look in looks.items()} for place in (1, 2))
    marks = apart(palette, markers=markers)
    sns.scatterplot(rows, x="score", y="blended", hue=maker, style=maker, alpha=0.75, s=28, ax=ax, **marks)
    for place, (code, count) in enumerate(maker.value_counts().reindex(looks).dropna().items()):
        (name, colour, mark), left = looks[code], 0.33 * place
        look = {"color": colour, "transform": ax.transAxes}
        ax.plot(left + 0.01, 1.04, mark, markersize=5, clip_on=False, **look)
        ax.text(left + 0.03, 1.02, f"{name} ({count:.0f})", size=8.5, va="bottom", weight="bold", **look)


def firms(ax: Axes, ranges: pd.DataFrame, marks: Sequence[float]) -> None:
    """Draw how many firms a market carries: a row a definition, a range a scope with its median, on a log scale.

    ``ranges`` has ``market``, ``scope``, ``low``, ``median`` and ``high``; ``marks`` are vertical lines.
    """
    markets, scopes = list(dict.fromkeys(ranges["market"])), list(dict.fromkeys(ranges["scope"]))
    colour, marker = (dict(zip(scopes, looks, strict=False)) for looks in (SERIES, ("o", "s")))
    # Both bars close below the name of their market, so that none stands on the next one's.
    aside = {scope: 0.22 * (place - (len(scopes) - 1) / 2) for place, scope in enumerate(scopes)}
    place = ranges["market"].map(markets.index) + ranges["scope"].map(aside)
    plot = so.Plot(ranges.assign(place=place), y="place", color="scope", marker="scope")
    plot = plot.add(so.Range(linewidth=3), orient="y", xmin="low", xmax="high", legend=False)
    plot = plot.add(so.Dot(pointsize=5.5), orient="y", x="median", legend=False)
    plot.scale(color=so.Nominal(colour, order=scopes), marker=so.Nominal(marker, order=scopes)).on(ax).plot()
    dots_above(ax)
    for mark in marks:
        ax.axvline(mark, color=style.MUTED, linewidth=0.9, linestyle=":")
    low, high = ranges["low"].min(), ranges["high"].max()
    log_axis(ax.xaxis, low / 2, high * 2, "{:,g}".format)
    names_above(ax, markets, low / 1.5, 0.24)
    top = ax.get_ylim()[1]
    for place, scope in enumerate(scopes):
        note(ax, scope, low / 1.5, top, (0, 4 + 11 * (len(scopes) - 1 - place)), color=colour[scope], weight="bold")
    ax.set(xlim=(low / 1.6, high * 1.4), xlabel="firms of equal size, log scale")


def requests(ax: Axes, rows: pd.DataFrame) -> None:
    """Finish marks of tokens a request by application: the first list hollow and joined to the last, kinds named.

    ``rows`` has ``name``, ``kind``, ``day`` (0 and 1) and ``per_request``, in order from the top.
    """
    names = list(dict.fromkeys(rows["name"]))
    for name, own in rows.groupby("name"):
        # Above the grid, which runs along the rows too.
        ax.plot(own["per_request"], [name] * len(own), color=style.MUTED, linewidth=1.4, zorder=1)
    for kind, part in rows.groupby("kind"):
        first = part[part["day"] == 0]
        ax.plot(first["per_request"], first["name"], "o", color=KINDS[kind], markersize=5.5, markerfacecolor="none")
        note(ax, kind, rows["per_request"].min(), part["name"].iloc[0], (0, 8), color=KINDS[kind], weight="bold")
    low, high = rows["per_request"].min(), rows["per_request"].max()
    log_axis(ax.xaxis, low * 0.8, high * 1.2, "{:,.0f}".format, (1e3, 3e3, 1e4, 3e4, 1e5, 3e5))
    ax.set(xlabel="tokens a request, log scale", ylabel="", ylim=(len(names) - 0.3, -1))
    ax.tick_params(axis="y", labelcolor=style.INK, labelsize=8.5)


def price_distribution(
    ax: Axes, log_prices: pd.Series, at: np.ndarray, density: Mapping[str, np.ndarray], text: str
) -> None:
    """Draw the histogram of list prices on a log scale under densities of mixtures, each named at its peak."""
    sns.histplot(x=log_prices, bins=28, stat="density", color=style.GRID, edgecolor="white", linewidth=0.5, ax=ax)
    for (label, values), colour, dash in zip(density.items(), SERIES, ("-", "--", ":"), strict=False):
        ax.plot(at, values, color=colour, linestyle=dash, label=label)
    ticks = [tick for tick in (0.03, 0.1, 0.3, 1, 3, 10, 30, 100) if at.min() <= np.log(tick) <= at.max()]
    ax.set(xticks=np.log(ticks), xticklabels=[f"{tick:g}" for tick in ticks], yticks=[], ylabel="")
    ax.set_xlabel("dollars per million tokens, log scale")
    ax.text(0.99, 0.97, text, transform=ax.transAxes, ha="right", va="top", size=8.5, color=style.INK)
    ax.legend(loc="upper left", frameon=False, fontsize=8.5)


def specification_curve(
    ax: Axes,
    below: Axes,
    found: pd.DataFrame,
    measures: Mapping[str, str],
    countries: Sequence[Country],
    claimed: float,
) -> None:
    """Draw all specifications in order of their premium, with intervals and the claim; ``below``, what each chooses.

    ``found`` has ``premium``, ``low``, ``high``, ``benchmark`` and the columns of :data:`CHOICES`.
    """
    rows = found.sort_values("premium", ignore_index=True).assign(place=lambda frame: frame.index)
    top = float(np.ceil(10 * max(2.2 * claimed, rows["premium"].quantile(0.95))) / 10)
    shown = rows.assign(**{name: rows[name].clip(-0.3, top) for name in ("low", "high", "premium")})
    plot = so.Plot(shown, x="place")
    plot = plot.add(so.Range(linewidth=1, color=style.tint(SERIES[0], 0.65)), ymin="low", ymax="high")
    plot.add(so.Dot(pointsize=2, color=SERIES[0]), y="premium").on(ax).plot()
    dots_above(ax)
    ax.axhline(claimed, color=CLAIM, linewidth=1.3)
    note(ax, f"claimed: {claimed:.0%}", 0, claimed, (2, 4), color=CLAIM)
    if beyond := int((rows["premium"] > top).sum()):
        note(ax, f"{beyond} above {top:.0%}", len(rows), top, (-2, -4), size=8, ha="right", va="top", color=style.MUTED)
    ax.axhline(0, color=style.MUTED, linewidth=0.8)
    ax.set(ylim=(-0.3, top), ylabel="", xlabel="", xticks=[])
    percent_axis(ax)
    parts = {**CHOICES["subset"], **{country.code: country.name for country in countries}}
    _chosen(below, rows, {"benchmark": measures} | dict(CHOICES) | {"subset": parts})


def _chosen(ax: Axes, rows: pd.DataFrame, choices: Mapping[str, Mapping[object, str]]) -> None:
    """Mark for each specification which values of ``choices`` it takes, a row a value."""
    parts = []
    for column, labels in choices.items():
        known = {str(value): label for value, label in labels.items()}
        parts.append(pd.DataFrame({"place": rows["place"], "label": rows[column].astype(str).map(known)}))
    order = [label for labels in choices.values() for label in labels.values()]
    marks = pd.concat(parts).assign(label=lambda frame: pd.Categorical(frame["label"], order))
    sns.stripplot(
        marks, x="place", y="label", marker="|", jitter=False, color=style.INK, size=4.5, linewidth=0.7, ax=ax
    )
    for edge in np.cumsum([len(labels) for labels in choices.values()])[:-1]:
        ax.axhline(edge - 0.5, color=style.GRID, linewidth=0.8)
    ax.set(xlabel="", ylabel="", xticks=[])
    ax.tick_params(axis="y", labelcolor=style.INK, labelsize=7.5)
    ax.grid(visible=False)


def launches(ax: Axes, rows: pd.DataFrame, advantage: float, claimed: float) -> None:
    """Draw models that led at launch: lead over the best rival and price over its price, with the claim as a point.

    ``rows`` has ``ahead`` (ratio), ``ratio`` (price over price) and ``model`` (name).
    """
    sns.scatterplot(rows, x="ahead", y="ratio", color=SERIES[0], s=36, ax=ax)
    ax.axhline(1, color=style.MUTED, linewidth=0.8)
    ax.axhline(1 + claimed, color=CLAIM, linewidth=1, linestyle=":")
    ax.plot(advantage, 1 + claimed, "D", color="none", markeredgecolor=CLAIM, markersize=9)
    low, high = rows["ratio"].min(), rows["ratio"].max()
    log_axis(ax.yaxis, low * 0.8, high * 1.25, "×{:g}".format)
    log_axis(ax.xaxis, rows["ahead"].min() * 0.8, rows["ahead"].max() * 1.2, lambda tick: f"{100 * tick:g}%")
    ax.set(ylim=(low * 0.75, high * 1.4), ylabel="")
    ax.set(xlim=(min(rows["ahead"].min() * 0.8, 0.01), rows["ahead"].max() * 2.2))
    for row in rows.sort_values("ratio", ascending=False).itertuples():
        note(ax, row.model, row.ahead, row.ratio, (4, 2), spare=True, size=7.5)
    ax.set_xlabel("lead in score over the best rival on sale, log scale")


def effect_label(row: pd.Series) -> str:
    """Return what sets one estimate of undercutting apart, from a row of ``frontier.gains``."""
    share = {0: "all models", 0.7: "from seven tenths of the best", 0.9: "from nine tenths of the best"}[row["near"]]
    parts = [f"{abs(row['horizon'])} days {'before' if row['horizon'] < 0 else 'ahead'}", share]
    parts += ["off the list as small"] if row["floor"] == row["floor"] and row["floor"] is not None else []
    return ", ".join(parts + (["model effects"] if row["effects"] else []))


def effects(ax: Axes, rows: pd.DataFrame) -> None:
    """Draw estimates with intervals, a row each, over the least effect that could have been seen as a pale band.

    What lies far out of the middle of the estimates runs out of the frame.

    ``rows`` has ``label``, ``value``, ``low``, ``high``, ``detectable`` and ``n``.
    """
    plot = so.Plot(rows.assign(least=-rows["detectable"]), y="label")
    plot = plot.add(so.Range(linewidth=11, color=style.GRID), xmin="least", xmax="detectable")
    plot = plot.add(so.Range(linewidth=2, color=SERIES[0]), xmin="low", xmax="high")
    plot.add(so.Dot(pointsize=6, color=SERIES[0]), x="value").on(ax).plot()
    dots_above(ax)
    ax.axvline(0, color=style.MUTED, linewidth=0.9)
    left = -3 * rows["detectable"].median()
    ax.set_xlim(left, -left)
    names_above(ax, [f"{row.label} (n = {row.n})" for row in rows.itertuples()], left, 0.3)
