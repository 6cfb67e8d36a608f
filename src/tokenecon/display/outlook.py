"""The figures of the outlook chapter. What is simulated or expected is dashed or hollow, what is stated is solid."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.dates import ConciseDateFormatter, DateFormatter, MonthLocator, YearLocator
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from tokenecon.display import style
from tokenecon.display.figure import Figure, finish
from tokenecon.display.plots import million_axis, note, panels, percent_axis

PARAMETER_LABELS: Mapping[str, str] = {
    "demand_growth": "growth of demand, a month",
    "price_change": "change of price, a month",
    "elasticity": "price elasticity",
    "half_life": "half-life of growth, months",
    "noise": "spread of single months",
    "start_level": "true level over stated",
    "realisation": "revenue over run-rate",
    "other_growth": "growth of other lines, a year",
    "gross_margin": "gross margin reached",
    "rd_growth": "growth of R&D, a year",
}
SHARES = ("demand_growth", "price_change", "noise", "other_growth", "gross_margin", "rd_growth")


def prior_text(parameter: str, value: float) -> str:
    """Write a value of a prior: shares and growth in percent, the rest as a number."""
    text = f"{value:.0%}" if parameter in SHARES else f"{value:.0f}" if parameter == "half_life" else f"{value:.2f}"
    return text.replace("-", "−")


def growth_asked(required: pd.DataFrame, observed: pd.DataFrame, names: Mapping[str, str], title: str) -> Figure:
    """Dots of the monthly growth seen between stated run-rates, a row a vendor, and hollow what targets ask for.

    ``required`` has ``entity_id``, ``growth`` and ``label``; ``observed`` has ``entity_id``, ``growth`` and ``last``
    (whether it is the vendor's last step).
    """
    canvas, axes = panels({"": ""}, 0.9 + 0.5 * len(names))
    ax = axes[""]
    for level, entity in enumerate(reversed(names)):
        colour = style.ENTITY_COLOURS.get(entity, style.INK)
        seen = observed[observed["entity_id"] == entity]
        ax.plot(seen["growth"], [level] * len(seen), "o", color=style.tint(colour, 0.6), markersize=5)
        ax.plot(seen.loc[seen["last"], "growth"], [level] * int(seen["last"].sum()), "o", color=colour, markersize=7)
        asked = required[required["entity_id"] == entity].sort_values("growth")
        ax.plot(asked["growth"], [level] * len(asked), "D", color=colour, markerfacecolor="none", markersize=7)
        for place, row in enumerate(asked.itertuples()):
            above = place % 2 == 0
            note(
                ax, row.label, row.growth, level, (0, 7 if above else -8), ha="center", va="bottom" if above else "top"
            )
    ax.set_yticks(range(len(names)), list(reversed(names.values())))
    ax.set_ylim(-0.7, len(names) - 0.3)
    _across(ax)
    ax.axvline(0, color=style.MUTED, linewidth=0.8)
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.0%}".replace("-", "−")))
    ax.margins(x=0.08)
    key = {"color": style.MUTED, "linestyle": ""}
    handles = [
        Line2D([], [], marker="o", **key, label="seen between two stated run-rates, the last step dark"),
        Line2D([], [], marker="D", markerfacecolor="none", **key, label="asked for by a target or forecast"),
    ]
    canvas.legend(handles=handles, loc="outside lower left", ncols=2)
    subtitle = f"Growth of the run-rate, percent a month; {len(observed)} steps seen, {len(required)} asked for"
    return finish(canvas, title, subtitle, pd.concat([required.assign(kind="asked"), observed.assign(kind="seen")]))


def tokens_asked(needs: pd.DataFrame, levels: pd.DataFrame, title: str) -> Figure:
    """Ranges of the tokens a day a revenue needs, a row a price, on a log axis, against volumes known.

    ``needs`` has ``label``, ``basis``, ``tokens_low``, ``tokens_middle`` and ``tokens_high`` (tokens a day; NaN where
    the price is not known);
    ``levels`` has ``label`` and ``value`` (tokens a day).
    """
    canvas, axes = panels({"": ""}, 1.0 + 0.36 * len(needs))
    ax = axes[""]
    order = needs.sort_values("tokens_middle", na_position="first")
    for level, row in enumerate(order.itertuples()):
        if row.tokens_middle != row.tokens_middle:
            continue
        colour = style.ENTITY_COLOURS["zhipu"] if row.basis != "market" else style.MUTED
        ax.plot(
            [row.tokens_low, row.tokens_high],
            [level, level],
            color=style.tint(colour, 0.4),
            linewidth=4,
            solid_capstyle="butt",
        )
        ax.plot(row.tokens_middle, level, "o", color=colour)
        note(ax, f"{row.tokens_middle / 1e12:,.1f}", row.tokens_middle, level, (0, 6), ha="center")
    ax.set_xscale("log")
    for level, row in enumerate(order.itertuples()):
        if row.tokens_middle != row.tokens_middle:
            note(ax, "price not known on this day", ax.get_xlim()[0], level, (4, 0), va="center", color=style.MUTED)
    for row in levels.itertuples():
        ax.axvline(row.value, color=style.INK, linewidth=0.9)
        note(ax, row.label, row.value, len(order) - 0.35, (-3, 0), ha="right", size=8)
    ax.set_yticks(range(len(order)), order["label"])
    ax.set_ylim(-0.7, len(order) + 0.25)
    _across(ax)
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value / 1e12:,.4g}"))
    ax.xaxis.set_minor_locator(NullLocator())
    subtitle = "Trillion tokens a day, log scale; bar: range of the price, dot: its middle; lines: volumes known"
    data = pd.concat([needs, levels.rename(columns={"value": "tokens_middle"}).assign(basis="known volume")])
    return finish(canvas, title, subtitle, data)


def run_rate_fans(
    fans: pd.DataFrame, stated: pd.DataFrame, targets: pd.DataFrame, names: Mapping[str, str], title: str, basis: str
) -> Figure:
    """Stated run-rates joined by a line, the simulated fan dashed after them, targets hollow; a panel a company.

    ``fans`` has ``entity_id``, ``on``, ``low``, ``median``, ``high``; ``stated`` and ``targets`` have ``entity_id``,
    ``on``, ``value`` and ``measure``, ``stated`` also ``shown`` (whether its scope is the fan's) and ``tier``. Dollars
    a year. ``basis`` says n and seed.
    """
    canvas, axes = panels(names, 3.5, share_y=True)
    for entity, ax in axes.items():
        colour = style.ENTITY_COLOURS.get(entity, style.INK)
        own = stated[stated["entity_id"] == entity].sort_values("on")
        for shown, rows in own.groupby("shown"):
            shade = colour if shown else style.tint(colour, 0.6)
            ax.plot(rows["on"], rows["value"], color=shade, linewidth=1.2)
            for row in rows.itertuples():
                ax.plot(row.on, row.value, style.TIER_MARKERS[row.tier], color=shade, markersize=5)
        path = fans[fans["entity_id"] == entity]
        ax.fill_between(path["on"], path["low"], path["high"], color=colour, alpha=0.18, linewidth=0)
        for edge, width in (("low", 0.9), ("median", 1.8), ("high", 0.9)):
            ax.plot(path["on"], path[edge], "--", color=colour, linewidth=width)
            note(ax, f"{path[edge].iloc[-1] / 1e6:,.0f}", path["on"].iloc[-1], path[edge].iloc[-1], (7, 0), va="center")
        aims = targets[targets["entity_id"] == entity]
        ax.plot(aims["on"], aims["value"], "D", color=colour, markerfacecolor="none", markersize=7)
        ax.set_yscale("log")
        million_axis(ax)
        ax.set_xlim(ax.get_xlim()[0], path["on"].iloc[-1] + pd.Timedelta(days=70))
        _months(ax)
    dashed = {"color": style.MUTED, "linestyle": "--"}
    handles = [
        Line2D([], [], color=style.MUTED, marker="o", markersize=5, label="stated (pale: other scope)"),
        Line2D([], [], **dashed, label="simulated median"),
        Patch(color=style.MUTED, alpha=0.18, label="fifth to ninety-fifth percentile"),
        Line2D([], [], color=style.MUTED, marker="D", markerfacecolor="none", linestyle="", label="target"),
    ]
    canvas.legend(handles=handles, loc="outside lower left", ncols=4, columnspacing=1.2)
    data = pd.concat([fans.assign(kind="simulated"), stated.assign(kind="stated"), targets.assign(kind="target")])
    return finish(canvas, title, f"Run-rate in million dollars a year, log scale; {basis}", data)


def simulated_shares(
    shares: pd.DataFrame, said: pd.DataFrame, names: Mapping[str, str], title: str, basis: str
) -> Figure:
    """Histograms of the simulated token share of a year's revenue, what was forecast as a dashed line.

    ``shares`` has ``entity_id``, ``left`` and ``right`` (edges) and ``part`` (share of draws); ``said`` has
    ``entity_id``, ``value`` and ``label``.
    """
    canvas, axes = panels(names, 2.5, share_y=True)
    for entity, ax in axes.items():
        colour = style.ENTITY_COLOURS[entity]
        own = shares[shares["entity_id"] == entity]
        ax.bar(own["left"], own["part"], own["right"] - own["left"], align="edge", color=style.tint(colour, 0.35))
        for row in said[said["entity_id"] == entity].itertuples():
            ax.axvline(row.value, color=style.INK, linestyle="--", linewidth=1.2)
            note(ax, row.label, row.value, ax.get_ylim()[1], (-4, -2), ha="right", va="top")
        ax.set_xlim(0, 1)
        percent_axis(ax)
        ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.0%}"))
    subtitle = f"Token share of the calendar year's revenue; height: share of draws; {basis}"
    return finish(canvas, title, subtitle, pd.concat([shares.assign(kind="simulated"), said.assign(kind="said")]))


def tornado(swings: pd.DataFrame, base: float, title: str, basis: str) -> Figure:
    """Bars from the probability with a prior at its low end to that at its high end, the widest on top.

    ``swings`` is what :func:`tokenecon.analysis.scenarios.tornado` returns; ``base`` the probability with all priors.
    """
    moving = swings[swings["swing"] > 0].iloc[::-1]
    canvas, axes = panels({"": ""}, 0.8 + 0.42 * len(moving))
    ax = axes[""]
    colour = style.ENTITY_COLOURS["zhipu"]
    for level, row in enumerate(moving.itertuples()):
        for end, share, shade in (("low", row.chance_low, 0.65), ("high", row.chance_high, 0.0)):
            ax.barh(level, share - base, left=base, height=0.55, color=style.tint(colour, shade), edgecolor=colour)
            right = (end == "high") == (row.chance_high >= row.chance_low)
            text = f"{prior_text(row.parameter, getattr(row, end))}: {share:.0%}"
            note(ax, text, share, level, (4 if right else -4, 0), ha="left" if right else "right", va="center", size=8)
    ax.axvline(base, color=style.INK, linewidth=1)
    ax.set_yticks(range(len(moving)), [PARAMETER_LABELS[name] for name in moving["parameter"]])
    ax.set_xlim(-0.14, 1.14)
    ax.set_xticks(np.linspace(0, 1, 6))
    _across(ax)
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.0%}"))
    handles = [
        Patch(facecolor=style.tint(colour, 0.65), edgecolor=colour, label="prior at its fifth percentile"),
        Patch(facecolor=colour, label="at its ninety-fifth"),
        Line2D([], [], color=style.INK, label="all priors as they are"),
    ]
    canvas.legend(handles=handles, loc="outside lower left", ncols=3)
    return finish(canvas, title, f"Probability that the target is met; label: value of the prior; {basis}", swings)


def chances(frame: pd.DataFrame, title: str, basis: str) -> Figure:
    """Dots of the probability that a forecast is met, with the range over single priors and the Monte Carlo error.

    ``frame`` has ``entity_id``, ``label``, ``probability``, ``error``, ``least`` and ``most``.
    """
    canvas, axes = panels({"": ""}, 0.9 + 0.36 * len(frame))
    ax = axes[""]
    rows = frame.sort_values(["entity_id", "probability"], ignore_index=True)
    for level, row in enumerate(rows.itertuples()):
        colour = style.ENTITY_COLOURS.get(row.entity_id, style.INK)
        ax.plot([row.least, row.most], [level, level], "--", color=style.tint(colour, 0.4), linewidth=1.2)
        ax.errorbar(row.probability, level, xerr=1.96 * row.error, fmt="o", color=colour, capsize=3, markersize=5)
        note(ax, percent_text(row.probability), row.probability, level, (0, 6), ha="center")
    ax.set_yticks(range(len(rows)), rows["label"])
    ax.set_ylim(-0.6, len(rows) - 0.2)
    ax.set_xlim(-0.03, 1.03)
    _across(ax)
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.0%}"))
    handles = [
        Line2D(
            [], [], color=style.MUTED, marker="o", linestyle="", label="all priors, with the simulation's own error"
        ),
        Line2D([], [], color=style.MUTED, linestyle="--", label="range when one prior sits at either end"),
    ]
    canvas.legend(handles=handles, loc="outside lower left", ncols=2)
    return finish(canvas, title, f"Probability that the value is reached or exceeded; {basis}", frame)


def break_even(curves: pd.DataFrame, points: pd.DataFrame, names: Mapping[str, str], title: str) -> Figure:
    """Curves of the revenue whose gross profit covers R&D, over the gross margin, a panel a company, log scale.

    ``curves`` has ``entity_id``, ``margin``, ``multiple`` (of the last twelve months' revenue) and ``years`` (that
    R&D has grown on); ``points`` has ``entity_id``, ``margin``, ``multiple`` and ``label``.
    """
    canvas, axes = panels(names, 3.3, share_y=True)
    for entity, ax in axes.items():
        colour = style.ENTITY_COLOURS[entity]
        own = curves[curves["entity_id"] == entity]
        for years, rows in own.groupby("years"):
            ax.plot(
                rows["margin"],
                rows["multiple"],
                "--" if years else "-",
                color=style.tint(colour, min(years * 0.2, 0.5)),
            )
            last = rows.iloc[-1]
            text = f"+{years:.0f} y" if years else "as filed"
            note(ax, text, last["margin"], last["multiple"], (4, 0), va="center", size=8)
        for row in points[points["entity_id"] == entity].itertuples():
            ax.plot(row.margin, row.multiple, "o", color=colour, markerfacecolor=colour if row.filed else "none")
            note(
                ax,
                row.label,
                row.margin,
                row.multiple,
                (7, 0 if row.filed else -3),
                va="center" if row.filed else "top",
            )
        ax.set_yscale("log")
        ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}×"))
        ax.yaxis.set_minor_locator(NullLocator())
        ax.set_xlim(curves["margin"].min() - 0.02, 0.95)
        ax.set_xticks(np.linspace(0.2, 0.8, 4))
        ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.0%}"))
    subtitle = "Multiple of revenue needed, log scale, over gross margin; dashed: R&D years on at its last growth"
    return finish(canvas, title, subtitle, pd.concat([curves, points]))


def cover(filed: pd.DataFrame, fans: pd.DataFrame, names: Mapping[str, str], title: str, basis: str) -> Figure:
    """Gross profit over R&D: filed years solid, the simulated fan dashed, one is break-even; log scale.

    ``filed`` has ``entity_id``, ``on`` and ``cover`` (positive); ``fans`` as for :func:`run_rate_fans`.
    """
    canvas, axes = panels(names, 3.2, share_y=True)
    for entity, ax in axes.items():
        colour = style.ENTITY_COLOURS[entity]
        past = filed[filed["entity_id"] == entity].sort_values("on")
        ax.plot(past["on"], past["cover"], "o-", color=colour, markersize=5)
        for row in past.itertuples():
            note(ax, f"{row.cover:.2f}", row.on, row.cover, (0, 6), ha="center")
        path = fans[fans["entity_id"] == entity]
        ax.fill_between(path["on"], path["low"], path["high"], color=colour, alpha=0.18, linewidth=0)
        for edge, width in (("low", 0.9), ("median", 1.8), ("high", 0.9)):
            ax.plot(path["on"], path[edge], "--", color=colour, linewidth=width)
        end = path.iloc[-1]
        for edge in ("low", "median", "high"):
            note(
                ax,
                f"{end[edge]:.1f}" if end[edge] >= 0.1 else f"{end[edge]:.2f}",
                end["on"],
                end[edge],
                (4, 0),
                va="center",
            )
        ax.axhline(1, color=style.INK, linewidth=1)
        note(ax, "R&D covered", past["on"].min(), 1, (0, 3), size=8)
        ax.set_yscale("log")
        ax.yaxis.set_major_locator(LogLocator(subs=(1,)))
        ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        ax.xaxis.set_major_locator(YearLocator(2))
        ax.xaxis.set_major_formatter(DateFormatter("%Y"))
        ax.margins(x=0.1)
    subtitle = f"Gross profit over R&D expense, log scale; solid: filed, dashed: simulated from the run-rate; {basis}"
    return finish(canvas, title, subtitle, pd.concat([filed.assign(kind="filed"), fans.assign(kind="simulated")]))


def _across(ax: Axes) -> None:
    ax.tick_params(axis="y", labelcolor=style.INK)
    ax.grid(axis="y", visible=False)
    ax.grid(axis="x", visible=True)


def _months(ax: Axes) -> None:
    locator = MonthLocator(bymonth=(1, 7))
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(ConciseDateFormatter(locator, show_offset=False))


def percent_text(share: float) -> str:
    """Write a probability in whole percent, without rounding what is nearly certain to certainty."""
    if share != share:
        return "—"
    if share in (0, 1) or 0.005 <= share < 0.995:
        return f"{share:.0%}"
    return "under 1%" if share < 0.5 else "over 99%"


def interval_text(low: float, median: float, high: float, unit: str) -> str:
    """Write a median and its interval: "750 (310 to 1,980)"."""
    return f"{median:,.0f}{unit} ({low:,.0f} to {high:,.0f}{unit})"


def years_text(years: float) -> str:
    """Write years until break-even; beyond the horizon says so."""
    return "not within the horizon" if np.isinf(years) else f"{years:.1f}"


def amount_text(value: float, unit: str) -> str:
    """Write a value in base units with its unit, shortened: "1.0 bn USD", "50%"."""
    if unit == "ratio":
        return f"{value:.1%}"
    for size, word in ((1e12, "trillion"), (1e9, "bn"), (1e6, "m")):
        if abs(value) >= size:
            return f"{value / size:,.1f} {word} {unit}"
    return f"{value:,.2f} {unit}"


def prior_rows(held: Mapping[str, pd.DataFrame], names: pd.Series) -> pd.DataFrame:
    """Return the priors in use as rows to show: those that entities share once, the others for each.

    ``held`` has the priors by entity, as :func:`tokenecon.analysis.scenarios.priors` returns them, with the columns
    ``q05``, ``q50`` and ``q95`` that :func:`tokenecon.analysis.scenarios.with_ends` adds.
    """
    rows = pd.concat([frame.reset_index().assign(whom=names[entity]) for entity, frame in held.items()])
    same = rows.duplicated(["parameter", "low", "high"], keep=False)
    rows.loc[same, "whom"] = "all"
    rows = rows.drop_duplicates(["parameter", "low", "high"])
    along = zip(rows["correlated_with"], rows["correlation"], strict=True)
    ends = zip(rows["parameter"], rows["q05"], rows["q50"], rows["q95"], strict=True)
    return rows.assign(
        what=rows["parameter"].map(PARAMETER_LABELS),
        range=[", ".join(prior_text(name, value) for value in values) for name, *values in ends],
        along=[f"{PARAMETER_LABELS[name]}, {rho:g}" if name else "" for name, rho in along],
    ).sort_values("whom", key=lambda whom: whom.ne("all"), kind="stable")


def chance_rows(chances: pd.DataFrame) -> pd.DataFrame:
    """Return probabilities as rows to show; run-rates and revenue in millions, shares in percent."""
    money = chances["metric"] != "revenue_share"
    values = chances[["low", "median", "high"]].mul(np.where(money, 1e-6, 100), axis=0)
    ranges = zip(chances["least"], chances["most"], strict=True)
    return chances.assign(
        interval=[interval_text(*row) for row in zip(*values.T.to_numpy(), np.where(money, "", "%"), strict=True)],
        range_=[f"{percent_text(low)} to {percent_text(high)}" for low, high in ranges],
        prior=chances["driver"].map(PARAMETER_LABELS),
    )


def register_rows(
    outcomes: pd.DataFrame, names: pd.Series, metrics: pd.DataFrame, probability: pd.Series
) -> pd.DataFrame:
    """Return the register as rows to show, with names, labels and the probability of each forecast by its key."""
    labels = outcomes["metric"].map(metrics.set_index("metric_id")["label"])
    return outcomes.assign(
        name=outcomes["entity_id"].map(names),
        what=labels + ", " + outcomes["segment"].str.replace("_", " "),
        amount=[amount_text(*row) for row in zip(outcomes["value"], outcomes["base_unit"], strict=True)],
        chance=outcomes["statement_id"].map(probability).map(percent_text),
        key="`" + outcomes["statement_id"] + "`",
    )
