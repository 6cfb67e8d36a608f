"""Charts of chapter 1 that do not fit in a cell."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter

from tokenecon.catalog import Company
from tokenecon.display import style
from tokenecon.display.plots import note, percent_axis, year_axis

API_FIRST = ("api", "deployment", "product")
BASIS: dict[str, str] = {"monthly_x12": "month × 12", "weekly_x52": "week × 52", "not_stated": "not stated"}
"""What a run-rate annualises."""


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
    for container, route in zip(ax.containers, routes, strict=True):
        for bar in container:
            bar.set_hatch(style.ROUTE_HATCHES[route])
    ax.bar_label(
        ax.containers[-1], [total(value) for value in rows.groupby("period", sort=False)["value"].sum()], padding=2
    )
    ax.set_xticks(
        ax.get_xticks(), [period.replace(" ", "\n").replace("FY", "FY\n") for period in rows["period"].unique()]
    )
    ax.set(title=f"{company.name}, million {rows['base_unit'].iloc[-1]}", xlabel="", ylabel="")
    ax.title.set_color(company.colour)
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
        note(ax, name, first["period_start"], first["annualised"], (0, 5))
    own = stated[stated["entity_id"] == company.id].astype({"forecast": bool})
    sns.scatterplot(
        own[~own["forecast"]], x="on", y="value", hue="measure", palette=shades, style="tier",
        markers=dict(style.TIER_MARKERS), s=45, legend=False, ax=ax,
    )  # fmt: skip
    for row in own[own["forecast"]].itertuples():
        ax.plot(row.on, row.value, "o", color=shades[row.measure], markerfacecolor="none")
    told = own[own["measure"] == min(own["measure"], default="")]  # the API's where it is stated
    for row in told[~told["forecast"]].sort_values("value").drop_duplicates("on", keep="last").itertuples():
        note(ax, f"{row.value / 1e6:,.0f}", row.on, row.value, (-6, 4), ha="right")
    for row in own[own["forecast"]].sort_values("value").iloc[[0, -1] if own["forecast"].any() else []].itertuples():
        note(ax, f"{row.value / 1e6:,.0f}", row.on, row.value, (6, 0), va="center")
    ax.set_yscale("log")
    ax.set(title=company.name, xlabel="", ylabel="")
    ax.title.set_color(company.colour)


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
        note(ax, row.label, row.share, row.company, (0, 7 if row.forecast else -15), ha="right" if earliest else "left")
    ax.set(xlim=(0, 1), xlabel="", ylabel="")
    ax.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    ax.margins(y=0.2)


def finished_bars(ax: Axes, company: Company) -> None:
    """Name one company's panel of contributions, hatch the bars of its other lines, and write percent."""
    for container, hatch in zip(ax.containers, ("", "////", "...."), strict=False):
        for bar in container:
            bar.set_hatch(hatch)
    ax.axhline(0, color=style.MUTED, linewidth=0.8)
    ax.legend(title="", loc="best", frameon=False)
    _panel(ax, company)


def finished_lines(ax: Axes, company: Company) -> None:
    """Name one company's panel of ratios over time, with years below and percent beside."""
    year_axis(ax)
    ax.margins(x=0.16)
    _panel(ax, company)


def _panel(ax: Axes, company: Company) -> None:
    percent_axis(ax)
    ax.set(title=company.name, xlabel="", ylabel="")
    ax.title.set_color(company.colour)
