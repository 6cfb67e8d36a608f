"""The figures of the chapter on prices in China and the United States."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, MultipleLocator

from tokenecon.display import style
from tokenecon.display.figure import Figure, finish
from tokenecon.display.plots import note, percent_axis

COUNTRIES: Mapping[str, str] = {"US": "United States", "CN": "China"}
MARKERS: Mapping[str, str] = {"US": "o", "CN": "s"}
LINES: Mapping[str, object] = {"US": "solid", "CN": (0, (4, 1.3))}
_TICKS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)


def _log_axis(axis: object, low: float, high: float, form: str = "{:g}", pad: float = 1.15) -> None:
    """Set a log scale with ticks at one, two and five, and no minor ones."""
    ax, name = axis.axes, axis.axis_name
    low, high = low / pad, high * pad
    getattr(ax, f"set_{name}scale")("log")
    getattr(ax, f"set_{name}lim")(low, high)
    ticks = [tick for tick in _TICKS if low <= tick <= high]
    while len(ticks) > 9:
        ticks = ticks[::2]
    getattr(ax, f"set_{name}ticks")(ticks, [form.format(tick) for tick in ticks])
    axis.set_tick_params(which="minor", length=0)
    axis.set_minor_formatter(FuncFormatter(lambda *_: ""))


def _months(ax: Axes, months: Sequence[int] = (1, 4, 7, 10)) -> None:
    ax.xaxis.set_major_locator(plt.matplotlib.dates.MonthLocator(bymonth=months))
    ax.xaxis.set_major_formatter(plt.matplotlib.dates.ConciseDateFormatter(ax.xaxis.get_major_locator()))
    ax.tick_params(axis="x", labelsize=8.5)


def _country_key(extra: Sequence[Line2D] = (), marks: bool = True) -> list[Line2D]:
    return [
        Line2D(
            [], [], color=style.COUNTRY_COLOURS[code], marker=MARKERS[code] if marks else "", linestyle=LINES[code],
            label=name,
        )
        for code, name in COUNTRIES.items()
    ] + list(extra)  # fmt: skip


def medians(terciles: pd.DataFrame, labels: Mapping[str, str], title: str) -> Figure:
    """Median prices with intervals by country, a row a tercile of capability.

    ``terciles`` is as :func:`tokenecon.analysis.pricing.gap.terciles` gives it; ``labels`` names them in order.
    """
    style.use()
    canvas, ax = plt.subplots(figsize=(style.WIDTH, 0.7 + 0.62 * len(labels)), layout="constrained")
    rows = terciles.set_index("tercile")
    for level, name in enumerate(reversed(labels)):
        row = rows.loc[name]
        for shift, side, code in ((0.15, "us", "US"), (-0.15, "cn", "CN")):
            colour, y = style.COUNTRY_COLOURS[code], level + shift
            ax.plot([row[f"{side}_low"], row[f"{side}_high"]], [y, y], color=colour, linewidth=2)
            ax.plot(row[side], y, MARKERS[code], color=colour, markersize=7)
            text = f"{row[side]:.2f} (n = {row[f'n_{side}']:.0f})"
            note(ax, text, row[f"{side}_high"], y, (6, 0), va="center", size=8.5, color=colour)
    _log_axis(ax.xaxis, terciles[["cn_low", "us_low"]].min().min(), terciles[["cn_high", "us_high"]].max().max() * 2.2)
    ax.set_yticks(range(len(labels)), list(labels.values())[::-1])
    ax.tick_params(axis="y", labelcolor=style.INK)
    ax.set_ylim(-0.6, len(labels) - 0.4)
    ax.grid(axis="y", visible=False)
    ax.grid(axis="x", visible=True)
    canvas.legend(handles=_country_key(), loc="outside lower left", ncols=2)
    return finish(
        canvas, title, "Median list price, dollars a million tokens, log scale; bars: 95% intervals", terciles
    )


def pair_ratios(
    pairs: pd.DataFrame, middle: float, low: float, high: float, names: Sequence[str], title: str
) -> Figure:
    """Price ratios of matched pairs in order of size, the median with its interval; ``names`` are labelled."""
    rows = pairs.sort_values("ratio", ignore_index=True)
    style.use()
    canvas, ax = plt.subplots(figsize=(style.WIDTH, 3.7), layout="constrained")
    place = np.arange(len(rows))
    colours = [style.COUNTRY_COLOURS["US" if ratio > 1 else "CN"] for ratio in rows["ratio"]]
    ax.vlines(place, 1, rows["ratio"], color=colours, linewidth=1.2, alpha=0.6)
    ax.scatter(place, rows["ratio"], s=22, color=colours, zorder=3)
    ax.axhline(1, color=style.INK, linewidth=0.9)
    ax.axhspan(low, high, color=style.MUTED, alpha=0.18, linewidth=0)
    ax.axhline(middle, color=style.MUTED, linewidth=1.2, linestyle="--")
    note(ax, f"median {middle:.2f}, interval {low:.2f} to {high:.2f}", 0, high, (0, 4), color=style.MUTED)
    last = -99
    for row in rows[rows["model"].isin(names)].itertuples():
        if row.Index - last < 3:
            continue
        last, above = row.Index, row.ratio > 1
        text = f"{row.model} – {row.partner}"
        look = {"rotation": 0, "size": 7.5, "ha": "right" if row.Index > len(rows) / 2 else "left"}
        note(ax, text, row.Index, row.ratio, (-5 if look["ha"] == "right" else 5, 3 if above else -9), **look)
    _log_axis(ax.yaxis, rows["ratio"].min(), rows["ratio"].max(), pad=1.9)
    ax.set_xticks([])
    ax.set_xlabel("pairs, from the one dearest in China to the one dearest in the United States")
    return finish(canvas, title, "American price over Chinese price of the pair, log scale", rows)


def forest(table: pd.DataFrame, groups: Mapping[str, str], title: str, subtitle: str) -> Figure:
    """Estimates with intervals, one row each, gap and difference of slopes side by side.

    ``table`` is as :func:`tokenecon.analysis.pricing.gap.robustness` returns it, with ``group``; ``groups`` names
    these in order. Hollow marks are estimates whose interval holds "no difference".
    """
    style.use()
    rows = pd.concat([table[table["group"] == group] for group in groups], ignore_index=True)
    canvas, axes = plt.subplots(1, 2, figsize=(style.WIDTH, 1.0 + 0.215 * len(rows)), sharey=True, layout="constrained")
    level = len(rows) - 1 - np.arange(len(rows))
    looks = (("gap", 1.0, "China's price over the American"), ("difference", 0.0, "China's slope less the American"))
    for ax, (name, none, words) in zip(axes, looks, strict=True):
        sure = (rows[f"{name}_low"] > none) | (rows[f"{name}_high"] < none)
        colour = style.COUNTRY_COLOURS["CN"]
        ax.hlines(level, rows[f"{name}_low"], rows[f"{name}_high"], color=colour, linewidth=1.6)
        ax.scatter(
            rows[name], level, s=26, zorder=3, edgecolor=colour,
            color=[colour if known else "white" for known in sure],
        )  # fmt: skip
        ax.axvline(none, color=style.INK, linewidth=0.9)
        ax.set_title(words, fontsize=9)
        ax.grid(axis="y", visible=False)
        ax.grid(axis="x", visible=True)
    _log_axis(axes[0].xaxis, max(rows["gap_low"].min(), 0.08), min(rows["gap_high"].max(), 12))
    ends = rows["difference_low"].min(), rows["difference_high"].max()
    axes[1].set_xlim(min(ends[0], 0) * 1.06, max(ends[1], 0.2) * 1.06)
    labels = [f"{row.label} ({row.n_cn:.0f}, {row.n_us:.0f})" for row in rows.itertuples()]
    axes[0].set_yticks(level, labels)
    axes[0].tick_params(axis="y", labelcolor=style.INK, labelsize=8)
    for ax in axes:
        for border in rows.groupby("group", sort=False).size().cumsum()[:-1]:
            ax.axhline(len(rows) - border - 0.5, color=style.GRID, linewidth=0.8)
    axes[0].set_ylim(-0.8, len(rows) - 0.2)
    return finish(canvas, title, subtitle, rows)


def parts(split: pd.DataFrame, labels: Mapping[str, str], title: str) -> Figure:
    """The parts of a decomposition as bars with intervals, in order of ``labels`` (part to its name)."""
    rows = split.set_index("part").loc[list(labels)]
    style.use()
    canvas, ax = plt.subplots(figsize=(style.WIDTH, 0.5 + 0.42 * len(rows)), layout="constrained")
    level = np.arange(len(rows))[::-1]
    whole = [part in ("total", "explained", "unexplained") for part in rows.index]
    colours = [style.INK if flag else style.MUTED for flag in whole]
    ax.barh(level, rows["value"], 0.55, color=[style.tint(colour, 0.45) for colour in colours])
    ax.hlines(level, rows["low"], rows["high"], color=style.INK, linewidth=1.3)
    ax.axvline(0, color=style.INK, linewidth=0.9)
    for y, row in zip(level, rows.itertuples(), strict=True):
        note(ax, f"{row.value:+.2f}".replace("-", "−"), max(row.high, 0), y, (6, 0), va="center")
    ax.set_yticks(level, list(labels.values()))
    ax.tick_params(axis="y", labelcolor=style.INK)
    ax.grid(axis="y", visible=False)
    ax.grid(axis="x", visible=True)
    ax.set_xlim(min(0, rows["low"].min()) * 1.1, rows["high"].max() * 1.18)
    subtitle = "Log points of price, United States over China; lines: 95% intervals"
    return finish(canvas, title, subtitle, split)


def cheapest(series: pd.DataFrame, falls: pd.DataFrame, title: str) -> Figure:
    """The cheapest model at or above each level of a score, a panel a level, a line a country, log scale.

    ``series`` and ``falls`` are as :mod:`tokenecon.analysis.pricing.deflation` returns them.
    """
    levels = sorted(series["level"].unique())
    style.use()
    canvas, axes = plt.subplots(
        1, len(levels), figsize=(style.WIDTH, 3.4), sharex=True, sharey=True, squeeze=False, layout="constrained"
    )
    rates = falls.set_index(["level", "country"])
    for ax, level in zip(axes[0], levels, strict=True):
        ax.set_title(f"at least {level:.0f}")
        for code in COUNTRIES:
            rows = series[(series["level"] == level) & (series["country"] == code)].sort_values("day")
            if rows.empty:
                continue
            ax.step(
                rows["day"], rows["blended"], where="post", color=style.COUNTRY_COLOURS[code], linestyle=LINES[code]
            )
            end = rows.iloc[-1]
            ax.plot(end["day"], end["blended"], MARKERS[code], color=style.COUNTRY_COLOURS[code], markersize=5)
        texts = [
            (code, f"÷{rates.fall[level, code]:.1f} a year\n({rates.fall_low[level, code]:.1f}–"
             f"{_short(rates.fall_high[level, code])}, n = {rates.n[level, code]})")
            for code in COUNTRIES if (level, code) in rates.index
        ]  # fmt: skip
        for place, (code, text) in enumerate(texts):
            ax.text(
                0.97, 0.99 - 0.15 * place, text, transform=ax.transAxes, ha="right", va="top", size=7.2,
                color=style.COUNTRY_COLOURS[code], linespacing=1.05,
            )  # fmt: skip
    _log_axis(axes[0, 0].yaxis, series["blended"].min(), series["blended"].max() * 6)
    for ax in axes[0]:
        ax.xaxis.set_major_locator(plt.matplotlib.dates.MonthLocator(bymonth=(1, 7)))
        ax.xaxis.set_major_formatter(plt.matplotlib.dates.DateFormatter("%b\n%y"))
        ax.tick_params(axis="x", labelsize=7.5)
    canvas.legend(handles=_country_key(), loc="outside lower left", ncols=2)
    subtitle = "Cheapest model that reaches the score, dollars a million tokens, log scale; fall a year, 95% interval"
    return finish(canvas, title, subtitle, series)


def _short(value: float) -> str:
    return f"{value:.1f}" if value < 100 else f"{value:,.0f}"


def indices(lines: Mapping[str, pd.DataFrame], title: str) -> Figure:
    """Hedonic price indices by country with their bands; each frame has ``day``, ``index``, ``low``, ``high``."""
    style.use()
    canvas, ax = plt.subplots(figsize=(style.WIDTH, 3.1), layout="constrained")
    for code, rows in lines.items():
        colour = style.COUNTRY_COLOURS[code]
        ax.fill_between(rows["day"], rows["low"], rows["high"], color=colour, alpha=0.13, linewidth=0)
        ax.plot(rows["day"], rows["index"], MARKERS[code], linestyle=LINES[code], color=colour, markersize=5)
        end = rows.iloc[-1]
        text = f"{COUNTRIES[code]} {end['index']:.2f}\n(n = {end['models']})"
        note(ax, text, end["day"], end["index"], (7, 0), va="center", color=colour)
    both = pd.concat(lines.values())
    _log_axis(ax.yaxis, both["low"].min(), both["high"].max())
    ax.margins(x=0.02)
    ax.set_xlim(right=both["day"].max() + (both["day"].max() - both["day"].min()) * 0.22)
    _months(ax)
    subtitle = "Price at equal score, first day of each country = 1, log scale; bands: 95%, clustered by model"
    return finish(canvas, title, subtitle, pd.concat(lines, names=["country"]).reset_index("country"))


def catch_up(found: pd.DataFrame, middle: float, title: str) -> Figure:
    """Days until China reached each American record, by release of the record; hollow: not reached yet."""
    style.use()
    rows = found.sort_values("released_on", ignore_index=True)
    canvas, ax = plt.subplots(figsize=(style.WIDTH, 3.6), layout="constrained")
    colour = style.COUNTRY_COLOURS["CN"]
    ax.vlines(rows["released_on"], 0, rows["days"], color=style.tint(colour, 0.5), linewidth=1)
    reached = rows["reached"]
    ax.scatter(rows["released_on"][reached], rows["days"][reached], s=30, color=colour, marker="s", zorder=3)
    ax.scatter(
        rows["released_on"][~reached], rows["days"][~reached], s=34, color="white", edgecolor=colour, marker="s",
        zorder=3,
    )  # fmt: skip
    ax.axhline(middle, color=style.MUTED, linestyle="--", linewidth=1)
    note(ax, f"median {middle:.0f}", rows["released_on"].min(), middle, (0, 4), color=style.MUTED)
    last = None
    for row in rows.itertuples():
        if last is not None and (row.released_on - last).days < 100:
            continue
        last = row.released_on
        text = f"{row.model}" + (f" – {row.reached_by}" if row.reached else " – not yet")
        note(ax, text, row.released_on, row.days, (-2, 5), size=6.8, rotation=38, ha="left", va="bottom")
    ax.set_ylim(0, rows["days"].max() * 1.45)
    ax.set_xlim(right=rows["released_on"].max() + pd.Timedelta(days=150))
    _months(ax, (1, 7))
    handles = [
        Line2D([], [], marker="s", linestyle="", color=colour, label="reached"),
        Line2D([], [], marker="s", linestyle="", color=colour, markerfacecolor="white", label="not yet reached"),
    ]
    canvas.legend(handles=handles, loc="outside lower left", ncols=2)
    subtitle = "Days from the release of an American record score to the first Chinese model that reaches it"
    return finish(canvas, title, subtitle, rows)


def timeline(events: pd.DataFrame, names: Mapping[str, str], title: str) -> Figure:
    """Price decisions on a timeline, a row a vendor: up and down, by size; hollow for the price of a successor.

    ``events`` has ``entity_id``, ``country``, ``on``, ``ratio`` and ``what``: ``change``, ``successor``,
    ``by the hour`` or ``announced``.
    """
    style.use()
    canvas, ax = plt.subplots(figsize=(style.WIDTH, 0.9 + 0.36 * len(names)), layout="constrained")
    rows = {vendor: level for level, vendor in enumerate(reversed(names))}
    for event in events.itertuples():
        up = event.ratio > 1
        colour = style.COUNTRY_COLOURS.get(event.country, style.MUTED)
        size = 18 + 46 * min(abs(np.log(event.ratio)) if event.ratio > 0 else 3, 3)
        shape = {"by the hour": "D", "announced": "v"}.get(event.what, "^" if up else "v")
        ax.scatter(
            event.on, rows[event.entity_id] + (0.12 if up else -0.12), s=size, marker=shape, edgecolor=colour,
            color="white" if event.what == "successor" else colour, linewidth=1, alpha=0.9, zorder=3,
        )  # fmt: skip
    ax.set_yticks(list(rows.values()), [names[vendor] for vendor in rows])
    ax.tick_params(axis="y", labelcolor=style.INK)
    ax.set_ylim(-0.7, len(names) - 0.3)
    ax.grid(axis="x", visible=True)
    _months(ax, (1, 7))
    kinds = {
        "rise": ("^", ""),
        "cut": ("v", ""),
        "dearer successor": ("^", "white"),
        "cheaper successor": ("v", "white"),
    }
    handles = [
        Line2D([], [], marker=mark, linestyle="", color=style.INK, markerfacecolor=face or style.INK, label=label)
        for label, (mark, face) in (kinds | {"charged by the hour": ("D", "")}).items()
    ] + [Patch(facecolor=style.COUNTRY_COLOURS[code], label=name) for code, name in COUNTRIES.items()]
    canvas.legend(handles=handles, loc="outside lower left", ncols=4, columnspacing=1, handletextpad=0.4)
    return finish(canvas, title, "Decisions on list prices by vendor; the larger the mark, the larger the step", events)


def spreads(months: pd.DataFrame, names: Mapping[str, str], title: str) -> Figure:
    """Median spread of each vendor by month, parity marked.

    ``months`` has ``entity_id``, ``day``, ``spread`` and ``n``.
    """
    style.use()
    canvas, ax = plt.subplots(figsize=(style.WIDTH, 3.3), layout="constrained")
    looks = ["solid", (0, (4, 1.3)), (0, (1, 1)), (0, (5, 1, 1, 1)), (0, (2, 1))]
    ends = []
    for place, (vendor, name) in enumerate(names.items()):
        rows = months[months["entity_id"] == vendor].sort_values("day")
        if rows.empty:
            continue
        colour = style.ENTITY_COLOURS.get(vendor, style.MUTED)
        ax.plot(
            rows["day"], rows["spread"], color=colour, linestyle=looks[place % len(looks)], marker="o", markersize=3
        )
        end = rows.iloc[-1]
        ends.append((end["spread"], end["day"], f"{name} {end['spread']:.2f} (n = {end['n']})", colour))
    _log_axis(ax.yaxis, months["spread"].min(), months["spread"].max())
    low, high = ax.get_ylim()
    ticks = [tick for tick in (0.3, 0.4, 0.5, 0.7, 1, 1.5, 2, 3, 4, 6) if low <= tick <= high]
    ax.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
    last = months["day"].max()
    floor = -np.inf
    for value, day, text, colour in sorted(ends):
        floor = max(np.log(value), floor + 0.085)
        ax.annotate(
            text, (day, value), (last + pd.Timedelta(days=8), np.exp(floor)), size=8.5, color=colour, va="center",
            annotation_clip=False,
        )  # fmt: skip
    ax.plot([months["day"].min(), last], [1, 1], color=style.INK, linewidth=0.9)
    span = months["day"].max() - months["day"].min()
    ax.set_xlim(months["day"].min() - span * 0.02, last + span * 0.34)
    ticks = [tick for tick in pd.date_range(months["day"].min(), last, freq="MS") if tick.month % 3 == 1]
    ax.set_xticks(ticks, [f"{tick:%b\n%Y}" for tick in ticks])
    ax.tick_params(axis="x", labelsize=8.5)
    subtitle = "International over domestic list price of the same model at the month's rate, median, log scale"
    return finish(canvas, title, subtitle, months)


def electricity(table: pd.DataFrame, labels: Mapping[str, str], title: str) -> Figure:
    """Share of electricity in rent: the range of each assumption alone, and of all together.

    ``table`` is as :func:`tokenecon.analysis.pricing.serving_cost.bounds` returns it; ``labels`` names an argument
    and its range.
    """
    rows = table.set_index("argument").loc[list(labels)]
    style.use()
    canvas, ax = plt.subplots(figsize=(style.WIDTH, 0.6 + 0.4 * len(rows)), layout="constrained")
    level = np.arange(len(rows))[::-1]
    colours = [style.INK if name == "all" else style.MUTED for name in rows.index]
    ax.barh(
        level, rows["high"] - rows["low"], 0.5, left=rows["low"],
        color=[style.tint(colour, 0.4) for colour in colours],
    )  # fmt: skip
    ax.axvline(rows["middle"].iloc[0], color=style.INK, linewidth=1)
    for y, row in zip(level, rows.itertuples(), strict=True):
        note(ax, f"{row.low:.1%} to {row.high:.1%}", row.high, y, (6, 0), va="center")
    ax.set_yticks(level, list(labels.values()))
    ax.tick_params(axis="y", labelcolor=style.INK)
    ax.grid(axis="y", visible=False)
    ax.grid(axis="x", visible=True)
    ax.set_xlim(0, rows["high"].max() * 1.25)
    ax.xaxis.set_major_locator(MultipleLocator(0.05))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.0%}"))
    subtitle = "Electricity over the rent of a machine; line: all assumptions at their middle"
    return finish(canvas, title, subtitle, table)


def survival(curves: Mapping[str, pd.DataFrame], counts: Mapping[str, str], title: str) -> Figure:
    """Survival curves by country with bands; ``counts`` says what stands beside each curve."""
    style.use()
    canvas, ax = plt.subplots(figsize=(style.WIDTH, 3.4), layout="constrained")
    longest = max(rows["day"].max() for rows in curves.values())
    for code, rows in curves.items():
        colour = style.COUNTRY_COLOURS[code]
        drawn = pd.concat([rows, rows.tail(1).assign(day=longest)])
        ax.fill_between(drawn["day"], drawn["low"], drawn["high"], step="post", color=colour, alpha=0.13, linewidth=0)
        ax.step(drawn["day"], drawn["surviving"], where="post", color=colour, linestyle=LINES[code])
    for place, code in enumerate(curves):
        ax.text(
            0.98, 0.97 - 0.09 * place, f"{COUNTRIES[code]}: {counts[code]}", transform=ax.transAxes, ha="right",
            va="top", size=9, color=style.COUNTRY_COLOURS[code],
        )  # fmt: skip
    ax.axhline(0.5, color=style.MUTED, linewidth=0.8, linestyle=":")
    ax.set_ylim(0, 1)
    ax.set_xlim(0, longest)
    ax.set_xlabel("days after release")
    percent_axis(ax)
    canvas.legend(handles=_country_key(marks=False), loc="outside lower left", ncols=2)
    subtitle = "Share of models that no equal rival undercuts yet; bands: 95%, log–log"
    data = pd.concat(curves, names=["country"]).reset_index("country")
    return finish(canvas, title, subtitle, data)


def customers(found: pd.DataFrame, names: Mapping[str, str], title: str) -> Figure:
    """Shares of revenue of the largest customers, a row a company and count, marks by period from old to new.

    ``found`` is as :func:`tokenecon.analysis.pricing.off_list.concentration` returns it.
    """
    keys = found.drop_duplicates(["entity_id", "who"])
    style.use()
    canvas, ax = plt.subplots(figsize=(style.WIDTH, 0.8 + 0.62 * len(keys)), layout="constrained")
    for level, key in enumerate(keys.iloc[::-1].itertuples()):
        rows = found[(found["entity_id"] == key.entity_id) & (found["who"] == key.who)].sort_values("period_end")
        colour = style.ENTITY_COLOURS.get(key.entity_id, style.MUTED)
        ax.plot(rows["share"], [level] * len(rows), color=style.tint(colour, 0.55), linewidth=2)
        for row in rows.itertuples():
            ax.plot(row.share, level, style.TIER_MARKERS[row.tier], color=colour, markersize=7)
        _spread_labels(ax, rows, level, found["share"].max() * 0.155, colour)
    ax.set_yticks(range(len(keys)), [f"{names[key.entity_id]}, {key.who}" for key in keys.iloc[::-1].itertuples()])
    ax.tick_params(axis="y", labelcolor=style.INK)
    ax.set_ylim(-0.6, len(keys) - 0.3)
    ax.set_xlim(0, found["share"].max() * 1.12)
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.0%}"))
    ax.grid(axis="y", visible=False)
    ax.grid(axis="x", visible=True)
    tiers = [tier for tier in style.TIER_MARKERS if tier in set(found["tier"])]
    handles = [
        Line2D([], [], marker=style.TIER_MARKERS[tier], linestyle="", color=style.MUTED, label=style.TIER_LABELS[tier])
        for tier in tiers
    ]
    canvas.legend(handles=handles, loc="outside lower left", ncols=3)
    return finish(canvas, title, "Share of revenue that the largest customers bring", found)


def _spread_labels(ax: Axes, rows: pd.DataFrame, level: float, width: float, colour: str) -> None:
    """Write period and share beside each mark of a row, on whichever of four lines is free there."""
    free = dict.fromkeys((6, -7, 15, -16), -1.0)
    for row in rows.sort_values("share").itertuples():
        offset = next((line for line, taken in free.items() if row.share - width / 2 >= taken), -16)
        free[offset] = row.share + width / 2
        look = {"ha": "center", "size": 7.5, "va": "bottom" if offset > 0 else "top", "color": colour}
        note(ax, f"{row.period} {row.share:.0%}", row.share, level, (0, offset), **look)


def margins(found: pd.DataFrame, names: Mapping[str, str], title: str) -> Figure:
    """What is left of the domestic and the international list price after serving, with the range of that cost.

    ``found`` is as :func:`tokenecon.analysis.pricing.spread.list_margins` returns it, one row a vendor.
    """
    rows = found.iloc[::-1]
    style.use()
    canvas, ax = plt.subplots(figsize=(style.WIDTH, 0.9 + 0.55 * len(rows)), layout="constrained")
    looks = {"home": (-0.14, style.COUNTRY_COLOURS["CN"], "s"), "abroad": (0.14, style.COUNTRY_COLOURS["US"], "o")}
    for level, row in enumerate(rows.to_dict("records")):
        for side, (shift, colour, mark) in looks.items():
            ends = [max(row[f"{side}_low"], -1), row[f"{side}_high"]]
            ax.plot(ends, [level + shift] * 2, color=colour, linewidth=2)
            ax.plot(row[side], level + shift, mark, color=colour, markersize=6)
    ax.axvline(0, color=style.INK, linewidth=0.9)
    ax.set_yticks(range(len(rows)), [f"{names[row.entity_id]}, {row.model}" for row in rows.itertuples()])
    ax.tick_params(axis="y", labelcolor=style.INK)
    ax.set_ylim(-0.6, len(rows) - 0.4)
    ax.grid(axis="y", visible=False)
    ax.grid(axis="x", visible=True)
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.0%}".replace("-", "−")))
    handles = [
        Patch(facecolor=looks["home"][1], label="on the domestic list"),
        Patch(facecolor=looks["abroad"][1], label="on the international list"),
    ]
    canvas.legend(handles=handles, loc="outside lower left", ncols=2)
    subtitle = "Share of the list price left after serving a model of DeepSeek's size; bars: range of the cost"
    return finish(canvas, title, subtitle, found)
