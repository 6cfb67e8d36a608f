"""The figures of the route chapter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from tokenecon.display import style
from tokenecon.display.figure import Figure, finish
from tokenecon.display.plots import million_axis, note, panels, percent_axis, spans, year_axis

MEASURE_LABELS: Mapping[str, str] = {"operating": "operating cash flow", "adjusted": "adjusted loss"}
BASIS_MARKERS: Mapping[str, str] = {"recognised": "o", "run-rate": "s"}
PRODUCT_LOOKS: Mapping[str, tuple[float, str]] = {
    "open_platform": (0.0, ""),
    "talkie": (0.45, "////"),
    "hailuo": (0.65, "...."),
    "rest of ai_native": (0.85, ""),
}
PRODUCT_LABELS: Mapping[str, str] = {
    "open_platform": "open platform (API)",
    "talkie": "Talkie / Xingye",
    "hailuo": "Hailuo",
    "rest of ai_native": "own applications, not split",
}


def ratio_lines(
    ratios: pd.DataFrame,
    by_year: pd.DataFrame,
    labels: Mapping[str, str],
    names: Mapping[str, str],
    title: str,
    subtitle: str,
    *,
    at: str,
    scale: str = "linear",
) -> Figure:
    """Ratios of both companies over time, a panel a ratio: full years as wide pale bands, the finest periods as lines.

    Both frames have ``ratio``, ``entity_id``, ``period``, ``period_start``, ``period_end`` and ``value``; the periods
    of one entity in ``ratios`` do not overlap. ``labels`` names a ratio; the value of the period ``at`` is written, or
    the last one known. With ``scale`` ``"log"`` the axis is logarithmic, with ``"percent"`` it shows shares.
    """
    canvas, axes = panels(labels, 3.3)
    for ratio, ax in axes.items():
        drawn = ratios[ratios["ratio"] == ratio]
        lines = {"zhipu": "solid", "minimax": (0, (2.5, 1))}
        for entity in names:
            rows, colour = drawn[drawn["entity_id"] == entity].sort_values("period_start"), style.ENTITY_COLOURS[entity]
            years = by_year[(by_year["ratio"] == ratio) & (by_year["entity_id"] == entity)]
            ax.hlines(years["value"], years["period_start"], years["period_end"], color=colour, linewidth=8, alpha=0.2)
            spans(ax, rows, "value", color=colour, linestyle=lines[entity])
        known = pd.concat([by_year[by_year["ratio"] == ratio], drawn])
        _levels(ax, known, names, at, scale)
        if scale == "log":
            ax.set_yscale("log")
            low, high = drawn["value"].min(), drawn["value"].max()
            ticks = [tick for tick in (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100) if low * 0.7 <= tick <= high * 1.4]
            ax.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
            ax.minorticks_off()
            ax.set_ylim(low * 0.8, high * 3)
        elif scale == "percent":
            ax.set_ylim(0, 1)
            percent_axis(ax)
        else:
            ax.axhline(0, color=style.MUTED, linewidth=0.8)
        year_axis(ax)
        ax.tick_params(axis="x", labelsize=8)
    return finish(canvas, title, subtitle, pd.concat([by_year, ratios]).drop_duplicates())


def _levels(ax: Axes, rows: pd.DataFrame, names: Mapping[str, str], at: str, scale: str) -> None:
    """Write each company's value for ``at``, or the last one known, in the corner that the lines leave free."""
    ranked = rows.assign(_wanted=rows["period"] == at).sort_values(["_wanted", "period_end"])
    last = ranked.groupby("entity_id").tail(1).set_index("entity_id")
    shown = [entity for entity in names if entity in last.index]
    for place, entity in enumerate(shown):
        value, period = last.loc[entity, ["value", "period"]]
        text = f"{value:.0%}" if scale == "percent" else f"{value:.2f}"
        ax.text(
            0.98,
            0.16 - 0.09 * place if scale == "percent" else 0.99 - 0.09 * place,
            f"{names[entity]} {text} ({period})",
            transform=ax.transAxes,
            ha="right",
            va="top",
            size=8.5,
            color=style.ENTITY_COLOURS[entity],
        )


def growth_gaps(growth: pd.DataFrame, names: Mapping[str, str], title: str) -> Figure:
    """Growth of R&D and of revenue joined by a line, a row an entity and period.

    ``growth`` has ``entity_id``, ``period``, ``period_start``, ``rd_expense`` and ``revenue`` (growth as ratios).
    """
    rows = pd.concat([growth[growth["entity_id"] == entity].sort_values("period_end") for entity in names])
    canvas, axes = panels({"": ""}, 0.8 + 0.36 * len(rows))
    ax = axes[""]
    for level, row in enumerate(rows.iloc[::-1].itertuples()):
        colour = style.ENTITY_COLOURS[row.entity_id]
        low, high = 1 + row.rd_expense, 1 + row.revenue
        ax.plot([low, high], [level, level], color=style.tint(colour, 0.5), linewidth=2)
        ax.plot(low, level, "o", color=colour, markerfacecolor="white", markersize=7)
        ax.plot(high, level, "o", color=colour, markersize=7)
        first, second = (-8, 8) if low < high else (8, -8)
        note(ax, f"{row.rd_expense:+.0%}", low, level, (first, 0), va="center", ha="right" if first < 0 else "left")
        note(ax, f"{row.revenue:+.0%}", high, level, (second, 0), va="center", ha="left" if second > 0 else "right")
    labels = [f"{names[row.entity_id]} {row.period}" for row in rows.iloc[::-1].itertuples()]
    ax.set_yticks(range(len(rows)), labels)
    ax.tick_params(axis="y", labelcolor=style.INK)
    ax.set_xscale("log")
    ax.set_xlim(0.8, 1.6 * (1 + rows[["rd_expense", "revenue"]].max().max()))
    ax.set_xticks([1, 2, 3, 5, 10], ["0%", "+100%", "+200%", "+400%", "+900%"])
    ax.minorticks_off()
    ax.grid(axis="y", visible=False)
    ax.grid(axis="x", visible=True)
    handles = [
        Line2D([], [], marker="o", linestyle="", color=style.MUTED, markerfacecolor="white", label="R&D expense"),
        Line2D([], [], marker="o", linestyle="", color=style.MUTED, label="revenue"),
    ]
    canvas.legend(handles=handles, loc="outside lower left", ncols=2)
    return finish(canvas, title, "Growth on the same period a year earlier, log scale of the multiple", growth)


def runways(months: pd.DataFrame, periods: Mapping[str, Sequence[str]], names: Mapping[str, str], title: str) -> Figure:
    """Months of cash by period and measure of what is used, a panel an entity; what is not disclosed is marked.

    ``months`` has ``entity_id``, ``period``, ``measure`` and ``months_left``; ``periods`` lists those to show.
    """
    canvas, axes = panels(names, 3.0, share_y=True, widths=[len(periods[entity]) for entity in names])
    for entity, ax in axes.items():
        colour = style.ENTITY_COLOURS[entity]
        own = months[months["entity_id"] == entity].set_index(["measure", "period"])["months_left"]
        for side, (measure, shade) in enumerate({"operating": colour, "adjusted": style.tint(colour, 0.6)}.items()):
            for place, period in enumerate(periods[entity]):
                value, x = own.get((measure, period), float("nan")), place + (side - 0.5) * 0.38
                if value != value:
                    note(ax, "not\ndisclosed", x, 0, (0, 4), ha="center", size=7.5, color=style.MUTED)
                    continue
                hatch = "////" if measure == "adjusted" else ""
                ax.bar(x, value, 0.36, color=shade, edgecolor=colour, hatch=hatch, linewidth=0.6)
                note(ax, f"{value:.0f}", x, value, (0, 3), ha="center")
        ax.set_xticks(range(len(periods[entity])), periods[entity])
        ax.set_xlim(-0.55, len(periods[entity]) - 0.45)
        ax.margins(y=0.12)
    handles = [
        Patch(facecolor=style.MUTED, label=MEASURE_LABELS["operating"]),
        Patch(facecolor=style.tint(style.MUTED, 0.6), edgecolor=style.MUTED, hatch="////", label="adjusted loss"),
    ]
    canvas.legend(handles=handles, loc="outside lower left", ncols=2)
    return finish(canvas, title, "Months that the cash at the end of the period lasts, at the period's pace", months)


def stated_parts(parts: pd.DataFrame, moves: pd.DataFrame, title: str) -> Figure:
    """Stated volume and price as one bar on a log scale, a row a reading, and what revenue did as marks.

    ``parts`` has ``label``, ``volume``, ``price`` and ``product`` (multiples), in order; ``moves`` has ``label``,
    ``basis``, ``earlier``, ``later`` and ``multiple``.
    """
    canvas, axes = panels({"": ""}, 1.0 + 0.8 * len(parts))
    ax, colour = axes[""], style.ENTITY_COLOURS["zhipu"]
    for level, row in enumerate(parts.iloc[::-1].itertuples()):
        ax.barh(level, row.volume - 1, 0.34, left=1, color=colour)
        ax.barh(
            level,
            row.product - row.volume,
            0.34,
            left=row.volume,
            color=style.tint(colour, 0.6),
            edgecolor=colour,
            hatch="////",
            linewidth=0.6,
        )
        note(ax, f"volume ×{row.volume:.3g}", row.volume**0.5, level, (0, 0), ha="center", va="center", color="white")
        note(ax, f"× price {row.price:.3g} = ×{row.product:.3g}", row.product, level, (6, 0), va="center")
        own = moves[moves["label"] == row.label].drop_duplicates(["basis", "earlier", "later"])
        for mark in own.itertuples():
            y = level - 0.32
            ax.plot(mark.multiple, y, BASIS_MARKERS[mark.basis], color=style.INK, markersize=6)
            text = f"{mark.basis} ×{mark.multiple:.2g} ({mark.earlier} to {mark.later})"
            side = 1 if mark.multiple == own["multiple"].max() else -1
            note(ax, text, mark.multiple, y, (8 * side, -1), va="center", ha="left" if side > 0 else "right", size=8)
    ax.set_yticks(range(len(parts)), list(parts["label"])[::-1])
    ax.tick_params(axis="y", labelcolor=style.INK)
    ax.set_xscale("log")
    ax.set_xlim(1, 3.2 * parts["product"].max())
    ax.set_ylim(-0.65, len(parts) - 0.5)
    ax.set_xticks([tick for tick in (1, 2, 5, 10, 20, 50, 100) if tick < 3.2 * parts["product"].max()])
    ax.xaxis.set_major_formatter(lambda value, _: f"×{value:g}")
    ax.minorticks_off()
    ax.grid(axis="y", visible=False)
    ax.grid(axis="x", visible=True)
    subtitle = "Multiples, log scale; bars: what was stated of volume and price, marks: what revenue did"
    return finish(canvas, title, subtitle, pd.concat([parts, moves]))


def demand_shifts(curves: pd.DataFrame, estimates: pd.DataFrame, title: str) -> Figure:
    """How far demand must have moved, for each price elasticity, above the estimates of that elasticity.

    ``curves`` has ``label``, ``elasticity`` and ``shift`` (multiple); ``estimates`` has ``label``, ``elasticity``,
    ``low`` and ``high``, NaN where a study gives none.
    """
    style.use()
    low_panel = 0.5 + 0.3 * len(estimates)
    canvas, (ax, below) = plt.subplots(
        2, 1, figsize=(style.WIDTH, 2.9 + low_panel), sharex=True, layout="constrained", height_ratios=[2.9, low_panel]
    )
    colour = style.ENTITY_COLOURS["zhipu"]
    looks = ["solid", (0, (4, 1.5)), (0, (1, 1))]
    groups = list(curves.groupby("label", sort=False))
    for place, (label, rows) in enumerate(groups):
        ax.plot(rows["elasticity"], rows["shift"], color=colour, linestyle=looks[place % len(looks)])
        below_line = place > 0 and place == len(groups) - 1
        beside = rows.iloc[len(rows) * 6 // 10 if below_line else len(rows) // 10]
        look = {"ha": "right", "va": "top"} if below_line else {"ha": "left", "va": "bottom"}
        note(ax, label, beside["elasticity"], beside["shift"], (-4, -3) if below_line else (4, 3), **look)
    ax.set_yscale("log")
    ticks = [tick for tick in (2, 5, 10, 20, 50, 100, 200) if curves["shift"].min() / 2 < tick < curves["shift"].max()]
    ax.set_yticks(ticks, [f"×{tick}" for tick in ticks])
    ax.minorticks_off()
    ax.margins(x=0.02, y=0.14)
    for level, row in enumerate(estimates.iloc[::-1].itertuples()):
        if row.low == row.low:
            below.plot([row.low, row.high], [level, level], color=style.INK, linewidth=2)
        below.plot(row.elasticity, level, "D", color=style.INK, markersize=5)
        for axis in (ax, below):
            if row.elasticity == row.elasticity:
                axis.axvline(row.elasticity, color=style.MUTED, linewidth=0.6, linestyle=":")
    below.set_yticks(range(len(estimates)), list(estimates["label"])[::-1])
    below.tick_params(axis="y", labelcolor=style.INK, labelsize=8.5)
    below.set_ylim(-0.6, len(estimates) - 0.4)
    below.grid(axis="y", visible=False)
    below.set_xlabel("price elasticity of demand")
    below.xaxis.set_major_formatter(lambda value, _: f"{value:g}".replace("-", "−"))
    subtitle = "Multiple of demand at an unchanged price, log scale; below: estimates with 95% interval or range"
    return finish(canvas, title, subtitle, pd.concat([curves, estimates]))


def products(sales: pd.DataFrame, periods: Sequence[str], title: str) -> Figure:
    """Revenue of MiniMax by product as stacked bars a period, the open platform lowest.

    ``sales`` has ``period``, ``product``, ``value`` and ``total`` in dollars.
    """
    canvas, axes = panels({"": ""}, 3.2)
    ax, colour = axes[""], style.ENTITY_COLOURS["minimax"]
    base = pd.Series(0.0, index=list(periods))
    wide = sales.pivot_table("value", "period", "product").reindex(periods)
    for product, (pale, hatch) in PRODUCT_LOOKS.items():
        if product not in wide:
            continue
        height = wide[product].fillna(0)
        ax.bar(
            range(len(periods)),
            height,
            0.62,
            bottom=base,
            color=style.tint(colour, pale),
            edgecolor=colour,
            hatch=hatch,
            linewidth=0.6,
            label=PRODUCT_LABELS[product],
        )
        base = base + height
    for place, total in enumerate(base):
        note(ax, f"{total / 1e6:,.1f}", place, total, (0, 3), ha="center", size=9.5)
    ax.set_xticks(range(len(periods)), list(periods))
    ax.margins(y=0.12)
    million_axis(ax)
    canvas.legend(*ax.get_legend_handles_labels(), loc="outside lower left", ncols=4, handlelength=1.4)
    return finish(canvas, title, "Recognised revenue by product; million dollars", sales[sales["period"].isin(periods)])


def price_ladders(
    lines: pd.DataFrame, market: pd.DataFrame, labels: Mapping[str, str], names: Mapping[str, str], title: str
) -> Figure:
    """List prices of each vendor's newest main model as steps, over the middle of the market, a panel a market.

    ``lines`` has ``entity_id``, ``market``, ``model_id``, ``period_start``, ``period_end`` and ``blended``; ``market``
    has ``market``, ``on``, ``low``, ``median`` and ``high``. ``labels`` names a market, with its currency.
    """
    canvas, axes = panels(labels, 3.8)
    looks = {"zhipu": "solid", "minimax": (0, (2.5, 1))}
    for place, ax in axes.items():
        middle = market[market["market"] == place].sort_values("on")
        ax.fill_between(middle["on"], middle["low"], middle["high"], color=style.GRID, alpha=0.5, linewidth=0)
        ax.plot(middle["on"], middle["median"], color=style.MUTED, linewidth=1.2)
        for entity in names:
            rows = lines[(lines["entity_id"] == entity) & (lines["market"] == place)].sort_values("period_start")
            colour = style.ENTITY_COLOURS[entity]
            spans(ax, rows, "blended", color=colour, linestyle=looks[entity])
            for row in rows[rows["blended"].diff().abs().gt(0) | (rows.index == rows.index[0])].itertuples():
                note(ax, model_name(row.model_id), row.period_start, row.blended, (0, 5), size=7.5, color=colour)
            end = rows.iloc[-1]
            stand = {"ha": "right", "va": "top", "color": colour}
            note(ax, f"{names[entity]} {end['blended']:.3g}", end["period_end"], end["blended"], (0, -5), **stand)
        ax.set_yscale("log")
        low = min(lines.loc[lines["market"] == place, "blended"].min(), middle["low"].min())
        high = max(lines.loc[lines["market"] == place, "blended"].max(), middle["high"].max())
        ticks = [tick for tick in (0.2, 0.5, 1, 2, 5, 10, 20) if low * 0.8 <= tick <= high * 1.25]
        ax.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
        ax.minorticks_off()
        ax.xaxis.set_major_locator(plt.matplotlib.dates.MonthLocator(bymonth=(1, 4, 7, 10)))
        ax.xaxis.set_major_formatter(plt.matplotlib.dates.DateFormatter("%b\n%Y"))
        ax.tick_params(axis="x", labelsize=8)
    subtitle = (
        "List price of a million tokens, input three parts of four, log scale; grey: median and middle half of others"
    )
    return finish(canvas, title, subtitle, pd.concat([lines, market]))


def model_name(model_id: str) -> str:
    """Write a model's name as its vendor does: ``glm-4-5`` as GLM-4.5, ``minimax-m2-1`` as M2.1."""
    family, _, version = model_id.removeprefix("minimax-").upper().partition("-")
    joint = "-" if family == "GLM" else "."
    return f"{family}{joint}{version.replace('-', '.')}" if version else family
