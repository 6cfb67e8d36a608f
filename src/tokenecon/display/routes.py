"""Charts of chapter 2 that do not fit in a cell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.dates import DateFormatter, MonthLocator

from tokenecon.catalog import Company
from tokenecon.display import style
from tokenecon.display.plots import hatched, label_ends, million_axis, note, percent_axis, plain_log, spans, year_axis
from tokenecon.display.theme import colours, marks

VOLUME, BOTH, RECOGNISED, RUN_RATE = "volume, stated", "× price, stated", "recognised revenue", "run-rate"
SAID_MARKS: Mapping[str, str] = {VOLUME: "o", BOTH: "D", RECOGNISED: "s", RUN_RATE: "^"}
SAID_COLOURS: Mapping[str, str] = {VOLUME: "#7aa7cc", BOTH: "#0b62a4", RECOGNISED: style.INK, RUN_RATE: style.INK}
PRODUCT_HATCHES = ("", "////", "....", "xx", "\\\\\\\\")


def ratio_panel(
    ax: Axes, rows: pd.DataFrame, companies: Sequence[Company], percent: bool = False, scale: str = "linear"
) -> None:
    """Draw one ratio of each company over time: full years as wide pale bands, the shortest periods filed as lines.

    ``rows`` has ``company``, ``span`` (``year`` or ``within``), ``middle`` and both ends of the period, and ``value``.
    """
    ax.set_yscale(scale)
    within, years = rows[rows["span"] == "within"], rows[rows["span"] == "year"]
    sns.lineplot(within, x="middle", y="value", hue="company", style="company", dashes=False, ax=ax, **marks(companies))
    for company in companies:
        own = years[years["company"] == company.name]
        ax.hlines(own["value"], own["period_start"], own["period_end"], color=company.colour, linewidth=7, alpha=0.2)
    label_ends(ax, within, "middle", "value", "company", colours(companies), value=".0%" if percent else ".2f")
    ax.set(xlabel="", ylabel="")
    ax.margins(x=0.3)
    year_axis(ax, "’%y")
    if scale == "log":
        plain_log(ax)
    if percent:
        percent_axis(ax)


def ratio_panels(
    panels: Sequence[Axes], titles: Iterable[str], rows: pd.DataFrame, companies: Sequence[Company], **look: Any
) -> None:
    """Draw a :func:`ratio_panel` for each ``panel`` of the rows, which is its title; shares run from zero to one."""
    for title, ax in zip(titles, panels, strict=True):
        ratio_panel(ax, rows[rows["panel"] == title], companies, **look)
        ax.set(title=title)
        if look.get("percent"):
            ax.set_ylim(0, 1)


def named_bars(ax: Axes, names: Sequence[str], title: str) -> None:
    """Write value and company on bars that stand side by side, in the order of ``names``, and the panel's title."""
    for container, name, hatch in zip(ax.containers, names, ("", "////", "....", "xx", "\\\\"), strict=False):
        for bar in container:
            bar.set(hatch=hatch, edgecolor=style.GROUND, linewidth=0)
            if np.isfinite(bar.get_height()):
                middle = bar.get_x() + bar.get_width() / 2
                note(ax, f"{name}\n{bar.get_height():.0f}", middle, bar.get_height(), (0, 3), ha="center", size=8)
    ax.set(title=title, xlabel="", ylabel="")
    ax.margins(y=0.25)


def stated_multiples(split: pd.DataFrame) -> pd.DataFrame:
    """Return a row a mark of the chart of stated price and volume: ``said`` (the reading), ``what`` and ``multiple``.

    ``split`` is as :func:`tokenecon.analysis.routes.price_volume.reconcile` returns it.
    """
    rows = split.assign(said=split["period"] + ", " + split["reading"])
    parts = [
        rows.assign(what=VOLUME, multiple=rows["volume"]),
        rows.assign(what=BOTH, multiple=rows["product"]),
        rows.assign(what=rows["basis"].map({"recognised": RECOGNISED, "run-rate": RUN_RATE})),
    ]
    columns = ["said", "what", "multiple", "earlier", "later"]
    return pd.concat(parts)[columns].drop_duplicates(["said", "what"], ignore_index=True)


def finished_multiples(ax: Axes, rows: pd.DataFrame) -> None:
    """Label the marks of :func:`stated_multiples`, and mark the log scale in plain multiples."""
    for row in rows.itertuples():
        above = row.what in (VOLUME, BOTH)
        note(ax, f"×{row.multiple:.3g}", row.multiple, row.said, (0, 8 if above else -16), ha="center", size=8)
    ax.set(xscale="log", xlabel="", ylabel="")
    ax.set_xlim(1, 2.2 * rows["multiple"].max())
    ax.set_xticks([tick for tick in (1, 3, 10, 30, 100, 300) if tick < 2.2 * rows["multiple"].max()])
    ax.xaxis.set_major_formatter("×{x:g}")
    ax.minorticks_off()
    ax.margins(y=0.35)
    ax.grid(axis="x", visible=True)
    sns.move_legend(
        ax, "lower right", bbox_to_anchor=(1, 1), ncols=2, title="", frameon=False, columnspacing=1, handletextpad=0.2
    )


def finished_shifts(ax: Axes, shifts: pd.DataFrame) -> None:
    """Label the curves of implied shifts above their left end, the lowest below its right one; a plain log scale."""
    groups = list(shifts.groupby("label", sort=False))
    for place, (label, rows) in enumerate(groups):
        last = place > 0 and place == len(groups) - 1
        beside = rows.iloc[-1 if last else len(rows) // 10]
        look = {"ha": "right", "va": "top"} if last else {"ha": "left", "va": "bottom"}
        note(ax, label, beside["elasticity"], beside["shift"], (0, -4) if last else (4, 3), **look)
    plain_log(ax, "×{x:g}")
    ax.set(xlabel="", ylabel="", ylim=(shifts["shift"].min() / 2, shifts["shift"].max() * 1.5))


def estimates(ax: Axes, rows: pd.DataFrame) -> None:
    """Draw published estimates with their intervals, a row each; a study that gives a range only has no mark.

    ``rows`` has ``label``, ``elasticity``, ``low`` and ``high``.
    """
    alone = rows["low"].isna()
    rows = rows.assign(
        label=rows["label"].str.replace(", ", ",\n") + alone.map({True: "\n(no interval given)", False: ""})
    )
    known = rows[~alone]
    middle = known[["low", "high"]].mean(axis=1)
    reach = (known["high"] - known["low"]) / 2
    ax.errorbar(middle, known["label"], xerr=reach, fmt="none", color=style.INK, linewidth=2, capsize=4)
    sns.scatterplot(rows, x="elasticity", y="label", marker="D", color=style.INK, s=40, ax=ax)
    ax.axvline(0, color=style.MUTED, linewidth=0.6)
    ax.set(xlabel="price elasticity of demand", ylabel="")
    ax.margins(y=0.15)
    ax.invert_yaxis()


def products(ax: Axes, sold: pd.DataFrame, company: Company) -> None:
    """Draw one company's revenue by product as stacked bars a period, the token business at the bottom.

    ``sold`` has ``period`` in order of time, ``product``, ``name`` and ``value``.
    """
    order = sorted(sold["name"].unique(), key=lambda name: ("not split" in name, name))
    tokens = sold.loc[sold["product"].isin(["open_platform", "cloud", "api"]), "name"]
    order = [*dict.fromkeys([*tokens, *order])]
    steps = max(1, len(order) - 1)
    shades = {name: style.tint(company.colour, 0.85 * place / steps) for place, name in enumerate(order)}
    sns.histplot(
        sold, x="period", weights="value", hue="name", hue_order=order[::-1], multiple="stack", shrink=0.68,
        palette=shades, alpha=1, edgecolor=company.colour, linewidth=0.7, ax=ax,
    )  # fmt: skip
    hatched(ax, PRODUCT_HATCHES)
    totals = sold.groupby("period", sort=False)["value"].sum()
    ax.bar_label(ax.containers[-1], [f"{total / 1e6:,.1f}" for total in totals], padding=2)
    million_axis(ax)
    ax.set(xlabel="", ylabel="")
    ax.margins(y=0.12)
    sns.move_legend(ax, "lower left", bbox_to_anchor=(0, 1), title="", frameon=False, fontsize=8, labelspacing=0.2)
    for handle, hatch in zip(ax.get_legend().legend_handles[::-1], PRODUCT_HATCHES, strict=False):
        handle.set_hatch(hatch)


def finished_standings(ax: Axes, rows: pd.DataFrame, companies: Sequence[Company]) -> None:
    """Write rank and company beside the marks of ranks by modality, the best on the left.

    ``rows`` has ``company``, ``name`` of the modality, ``ahead`` (part of the other vendors), ``rank`` and ``vendors``.
    """
    places = {company.name: place for place, company in enumerate(companies)}
    for row in rows.itertuples():
        up = (0, 6) if places[row.company] % 2 else (0, -7)
        look = {"ha": "center", "va": "bottom" if up[1] > 0 else "top", "color": colours(companies)[row.company]}
        note(ax, f"{row.company} {row.rank:.0f} of {row.vendors:.0f}", row.ahead, row.name, up, size=8, **look)
    ax.set(xlim=(-0.12, 1.12), xlabel="other vendors that rank ahead", ylabel="")
    percent_axis(ax, "x")
    ax.set_xticks([0, 0.25, 0.5, 0.75, 1])
    ax.tick_params(axis="y", labelcolor=style.INK)
    ax.margins(y=0.15)


def by_measure(lowest: pd.Series) -> str:
    """Say on which figure the company lost less that did on the adjusted one, and who did under IFRS if it is another.

    ``lowest`` has the name of the company with the lowest ``adjusted_loss_ratio`` and ``net_loss_ratio``.
    """
    ifrs = lowest["net_loss_ratio"]
    both = ifrs == lowest["adjusted_loss_ratio"]
    return "on the adjusted figure" + (" and under IFRS" if both else f", {ifrs} under IFRS")


def ladder(ax: Axes, lines: pd.DataFrame, market: pd.DataFrame, companies: Sequence[Company]) -> None:
    """Draw list prices of each vendor's newest main model as steps, over the middle of the market, on a log scale.

    ``lines`` has ``company``, ``model_id``, ``period_start``, ``period_end`` and ``blended``; ``market`` has ``on``,
    ``low``, ``median`` and ``high``; both are of one market.
    """
    middle = market.sort_values("on")
    ax.fill_between(middle["on"], middle["low"], middle["high"], color=style.GRID, alpha=0.5, linewidth=0)
    sns.lineplot(middle, x="on", y="median", color=style.MUTED, linewidth=1.2, ax=ax)
    for company, dash in zip(companies, ("solid", (0, (2.5, 1)), "dotted", "dashdot", "dashed"), strict=False):
        rows = lines[lines["company"] == company.name].sort_values("period_start")
        if rows.empty:
            continue
        spans(ax, rows, "blended", color=company.colour, linestyle=dash)
        new = rows[rows["blended"].diff().abs().gt(0) | (rows.index == rows.index[0])]
        for row in new.itertuples():
            look = {"size": 7.5, "color": company.colour}
            note(ax, model_name(row.model_id), row.period_start, row.blended, (0, 5), **look)
        end = rows.iloc[-1]
        look = {"ha": "right", "va": "top", "color": company.colour, "weight": "bold"}
        last = "" if end.name in new.index else f", {model_name(end['model_id'])}"
        named = f"{company.name}{last} {end['blended']:.3g}"
        note(ax, named, end["period_end"], end["blended"], (0, -5), **look)
    ax.set(xlabel="", ylabel="")
    plain_log(ax)
    ax.xaxis.set_major_locator(MonthLocator(bymonth=(1, 4, 7, 10)))
    ax.xaxis.set_major_formatter(DateFormatter("%b\n%Y"))
    ax.tick_params(axis="x", labelsize=8)


def growth_gaps(ax: Axes, growth: pd.DataFrame, companies: Sequence[Company]) -> None:
    """Draw growth of R&D (hollow) and of revenue (filled) joined by a line, a row a company and period, log scale.

    ``growth`` has ``company``, ``period``, ``rd_expense`` and ``revenue`` (growth as ratios).
    """
    rows = growth.assign(label=growth["company"] + " " + growth["period"])
    rows = rows.assign(low=1 + rows["rd_expense"], high=1 + rows["revenue"])
    look = {"hue": "company", "palette": colours(companies), "legend": False, "ax": ax, "s": 60, "zorder": 3}
    ax.hlines(rows["label"], rows["low"], rows["high"], color=style.GRID, linewidth=2)
    sns.scatterplot(rows, x="high", y="label", **look)
    sns.scatterplot(
        rows, x="low", y="label", **look | {"hue": None, "palette": None, "color": "white"}, edgecolor=style.INK
    )
    for row in rows.itertuples():
        for rate, end, left in (
            (row.rd_expense, row.low, row.low < row.high),
            (row.revenue, row.high, row.low >= row.high),
        ):
            outside = {"ha": "right" if left else "left", "va": "center"}
            note(ax, f"{rate:+.0%}", end, row.label, (-8 if left else 8, 0), **outside)
    ax.set(xscale="log", xlabel="", ylabel="")
    ax.set_xlim(0.6, 1.9 * rows[["low", "high"]].max().max())
    ax.set_xticks([1, 2, 5, 10], ["0%", "+100%", "+400%", "+900%"])
    ax.minorticks_off()
    ax.grid(axis="x", visible=True)


def model_name(model_id: str) -> str:
    """Write a model's name as its vendor does: ``glm-4-5`` as GLM-4.5, ``minimax-m2-1`` as M2.1."""
    family, _, version = model_id.removeprefix("minimax-").upper().partition("-")
    joint = "-" if family == "GLM" else "."
    return f"{family}{joint}{version.replace('-', '.')}" if version else family
