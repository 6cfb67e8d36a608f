"""Charts of chapter 1 that do not fit in a cell."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter

from tokenecon.analysis.revenue.mix import UNSPLIT
from tokenecon.catalog import Company
from tokenecon.display import style
from tokenecon.display.plots import hatched, label_ends, million_axis, note, panel, percent_axis, year_axis
from tokenecon.display.theme import colours
from tokenecon.shown import dated

API_FIRST = ("api", "deployment", "product")
BASIS: dict[str, str] = {"monthly_x12": "month × 12", "weekly_x52": "week × 52", "not_stated": "not stated"}
"""What a run-rate annualises."""
SCOPES: Mapping[str, str] = {"api": "API", "total": "all businesses"}
"""What a run-rate counts."""
BILLING: Mapping[str, tuple[str, float, str]] = {
    "tokens": ("by use", 0.1, ""),
    "tokens_and_plans": ("by use, plans inside", 0.35, "////"),
    "subscriptions": ("subscriptions", 0.55, ""),
    "top_ups": ("top-ups", 0.7, "...."),
    "advertising": ("advertising", 0.7, "xx"),
    "projects": ("projects", 0.8, "\\\\\\\\"),
    UNSPLIT: ("not split", 0.9, ""),
}
"""What customers are billed by: its name, how pale it is drawn, its hatch."""


def finished_shares(ax: Axes, rows: pd.DataFrame, companies: Sequence[Company]) -> None:
    """Write beside lines of the API share each company's value at the ends and where it turns, and its name.

    ``rows`` has ``company``, ``middle`` (day) and ``share``.
    """
    for _, own in rows.sort_values("middle").groupby("company"):
        share = own["share"].to_numpy()
        before, after = np.append(share[:1], share[:-1]), np.append(share[1:], share[-1:])
        for x, y, gone, come in zip(own["middle"], share, share - before, after - share, strict=True):
            up = gone >= come
            if gone * come <= 0:
                note(ax, f"{y:.0%}", x, y, (0, 7 if up else -7), ha="center", va="bottom" if up else "top")
    label_ends(ax, rows, "middle", "share", "company", colours(companies), (9, 0))
    ax.set(ylim=(0, 1), xlabel="", ylabel="")
    percent_axis(ax)
    year_axis(ax)


def stacked(ax: Axes, lines: pd.DataFrame, company: Company, total: Callable[[float], str]) -> None:
    """Draw stacked bars of one company's business lines by period, the token business at the bottom, totals on top.

    ``lines`` has ``route``, ``line`` (name to show), ``period`` (label, in order of time) and ``value``.
    """
    rows = lines[lines["entity_id"] == company.id].sort_values("period_start")
    routes = [route for route in API_FIRST if route in set(rows["route"])]
    shades = {route: style.tint(company.colour, style.ROUTE_TINTS[route]) for route in routes}
    sns.histplot(
        rows, x="period", weights="value", hue="route", hue_order=routes[::-1], multiple="stack", shrink=0.68,
        palette=shades, alpha=1, edgecolor="white", linewidth=0.8, legend=False, ax=ax,
    )  # fmt: skip
    hatched(ax, map(style.ROUTE_HATCHES.get, routes))
    totals = rows.groupby("period", sort=False)["value"].sum()
    ax.bar_label(ax.containers[-1], [*map(total, totals)], padding=2)
    ax.set_xticks(ax.get_xticks(), [period.replace(" ", "\n").replace("FY", "FY\n") for period in totals.index])
    panel(ax, company)
    ax.set_title(f"{company.name}, million {rows['base_unit'].iloc[-1]}")
    ax.margins(y=0.12)
    for container, route in zip(ax.containers, routes, strict=True):
        last = container[-1]
        name = rows.loc[rows["route"] == route, "line"].iloc[-1]
        note(ax, name, last.get_x() + last.get_width(), last.get_y() + last.get_height() / 2, (5, 0), va="center")


def run_rates(ax: Axes, drawn: pd.DataFrame, company: Company) -> None:
    """Draw one company's recognised revenue at its annual pace as levels, and its stated run-rates as marks.

    ``drawn`` has ``measure`` and ``drawn``; rows ``recognised`` have ``period_start``, ``period_end``, ``annualised``,
    rows ``stated`` have ``on``, ``value``, ``forecast`` and ``tier``; all in dollars, on a log scale.
    """
    paces, stated = drawn[drawn["drawn"] == "recognised"], drawn[drawn["drawn"] == "stated"]
    shades = {"api": company.colour, "total": style.tint(company.colour, 0.5)}
    for measure, rows in paces[paces["entity_id"] == company.id].groupby("measure"):
        ax.hlines(rows["annualised"], rows["period_start"], rows["period_end"], color=shades[measure], linewidth=3)
        first = rows.sort_values("period_end").iloc[0]
        name = "API revenue" if measure == "api" else "all revenue"
        note(ax, name, first["period_start"], first["annualised"], (0, -12 if measure == "api" else 5))
    own = stated[stated["entity_id"] == company.id].astype({"forecast": bool})
    sns.scatterplot(
        own[~own["forecast"]], x="on", y="value", hue="measure", palette=shades, style="tier",
        markers=dict(style.TIER_MARKERS), s=50, edgecolor=style.GROUND, linewidth=1, legend=False, ax=ax,
    )  # fmt: skip
    for row in own[own["forecast"]].itertuples():
        ax.plot(row.on, row.value, "o", color=shades[row.measure], markerfacecolor="none")
    told = own[own["measure"] == min(own["measure"], default="")]  # the API's where it is stated
    told = told[~told["forecast"]].sort_values("value")
    lower = told[(told["on"] == told["on"].max()) & (told["value"] < told["value"].max())].head(1)
    for row in lower.itertuples():
        note(ax, f"{row.value / 1e6:,.0f}", row.on, row.value, (-6, 0), ha="right", va="center")
    told = told.drop_duplicates("on", keep="last")
    for row in told.itertuples():
        look = {"ha": "right"} if row.on == told["on"].max() else {"va": "top"}
        note(ax, f"{row.value / 1e6:,.0f}", row.on, row.value, (-6, 4) if "ha" in look else (3, -3), **look)
    ahead = own[own["forecast"]].sort_values("value").drop_duplicates("value")
    for row in pd.concat([ahead.head(1), ahead.tail(1)]).drop_duplicates("value").itertuples():
        note(ax, f"{row.value / 1e6:,.0f}", row.on, row.value, (6, 0), va="center")
    ax.set_yscale("log")
    ax.margins(y=0.12)
    low, high = np.log(ax.get_ylim())
    room = 22 / (ax.get_window_extent().height / ax.figure.dpi * 72)  # The lowest level has its name below it.
    ax.set_ylim(bottom=np.exp(low - max(0, room - 0.11) * (high - low)))
    million_axis(ax)
    year_axis(ax)
    panel(ax, company)


def run_rate_rows(stated: pd.DataFrame) -> pd.DataFrame:
    """Return stated run-rates as rows to show: ``of_what``, ``basis``, ``exactness`` and ``strength`` in words."""
    return stated.assign(
        of_what=stated["measure"].map(SCOPES),
        basis=stated["definition"].map(BASIS),
        exactness=stated["qualifier"].replace("exact", "as stated"),
        strength=stated["tier"].astype(str).map(style.TIER_LABELS),
    )


def shares_by_vendor(ax: Axes, points: pd.DataFrame) -> None:
    """Draw a row of dots a vendor: API shares of revenue, earlier and later joined, expectations hollow.

    ``points`` has ``company``, ``label``, ``on``, ``share``, ``tier`` and ``forecast``.
    """
    rows = points.sort_values("on")
    known = rows[~rows["forecast"]]
    order = list(dict.fromkeys(rows.sort_values("share", ascending=False)["company"]))
    look = {"x": "share", "y": "company", "ax": ax, "legend": False}
    sns.lineplot(known, estimator=None, orient="y", hue="company", palette=dict.fromkeys(order, style.GRID), **look)
    sns.scatterplot(known, style="tier", markers=dict(style.TIER_MARKERS), color=style.INK, s=50, zorder=3, **look)
    ahead = rows[rows["forecast"]]
    ax.plot(ahead["share"], ahead["company"], "o", color=style.INK, markerfacecolor="none")
    for row in rows.itertuples():
        earliest = row.on == known.loc[known["company"] == row.company, "on"].min()
        beside = (0, 7 if row.forecast else -15)
        note(ax, dated(row.label), row.share, row.company, beside, ha="right" if earliest else "left")
    ax.set(xlim=(0, 1), xlabel="", ylabel="")
    percent_axis(ax, "x")
    ax.margins(y=0.2)


def billed(ax: Axes, rows: pd.DataFrame) -> None:
    """Draw a stacked bar a vendor and period: the parts of revenue by what customers are billed by, in percent.

    ``rows`` has ``company``, ``period``, ``period_end``, ``billing`` (keys of :data:`BILLING`), ``share`` and ``tier``.
    """
    spans = rows["period"].where(~rows["period"].str.contains("-"), rows["period_end"].dt.strftime("to %b %Y"))
    named = rows["company"] + "\n" + spans + "\n" + rows["tier"].astype(str).map(style.TIER_LABELS)
    kinds = [kind for kind in BILLING if kind in set(rows["billing"])]
    shades = {kind: style.tint(style.INK, BILLING[kind][1]) for kind in kinds}
    sns.histplot(
        rows.assign(named=named), y="named", weights="share", hue="billing", hue_order=kinds[::-1], multiple="stack",
        shrink=0.62, palette=shades, alpha=1, edgecolor="white", linewidth=0.8, legend=False, ax=ax,
    )  # fmt: skip
    hatched(ax, (BILLING[kind][2] for kind in kinds))
    for container, kind in zip(ax.containers, kinds, strict=True):
        texts = [f"{bar.get_width():.0%}" if bar.get_width() > 0.04 else "" for bar in container]
        dark = BILLING[kind][1] < 0.5
        box = {"facecolor": shades[kind], "edgecolor": "none", "pad": 1}
        ax.bar_label(container, texts, label_type="center", color="white" if dark else style.INK, size=8.5, bbox=box)
    names, look = [BILLING[kind][0] for kind in kinds], {"fontsize": 8, "handlelength": 1.2, "columnspacing": 1}
    ax.figure.legend(list(ax.containers), names, loc="outside upper left", ncols=3, **look)
    ax.set(xlim=(0, 1), xlabel="", ylabel="")
    percent_axis(ax, "x")
    ax.tick_params(axis="y", labelcolor=style.INK)
    ax.grid(axis="y", visible=False)


def finished_bars(ax: Axes, company: Company) -> None:
    """Name one company's panel of contributions, hatch its other lines in bars and key, and write percentage points."""
    key = ax.legend(title="", loc="best", frameon=False)
    for container, shown, hatch in zip(ax.containers, key.legend_handles, ("", "////", "...."), strict=False):
        for bar in (*container, shown):
            bar.set_hatch(hatch)
    ax.axhline(0, color=style.MUTED, linewidth=0.8)
    panel(ax, company)
    ax.yaxis.set_major_formatter(PercentFormatter(1, decimals=0, symbol=""))


def finished_lines(ax: Axes, company: Company) -> None:
    """Name one company's panel of ratios over time, with years below and percent beside."""
    year_axis(ax)
    ax.margins(x=0.16)
    percent_axis(ax)
    panel(ax, company)
