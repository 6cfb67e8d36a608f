"""What in chapter 5 does not fit in a cell. What is simulated is dashed or pale, what is stated is solid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.dates import MonthLocator
from matplotlib.ticker import LogLocator, NullLocator

from tokenecon.catalog import Company
from tokenecon.display import style
from tokenecon.display.plots import (
    label_ends,
    million_axis,
    named_rows,
    note,
    panel,
    percent_axis,
    plain_log,
    time_axis,
)
from tokenecon.display.routes import model_name
from tokenecon.display.theme import colours, marks
from tokenecon.shown import minus

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
TIER_LETTERS: Mapping[str, str] = dict(zip(style.TIER_LABELS, "fgcrpko", strict=True))
"""Letter of each tier of evidence in a table."""
SHARES = ("demand_growth", "price_change", "noise", "other_growth", "gross_margin", "rd_growth")


def growth_rows(
    required: pd.DataFrame, seen: pd.DataFrame, palette: Mapping[str, str]
) -> tuple[pd.DataFrame, dict[str, str], dict[str, str]]:
    """Return growth seen with a row a vendor, those of whom it is asked first, and their colours, full and pale.

    ``required`` and ``seen`` have ``company``; ``seen`` also ``last``.
    """
    order = list(dict.fromkeys([*required["company"], *seen.loc[seen["last"], "company"]]))
    full = {name: palette.get(name, style.INK) for name in order}
    rows = seen.assign(company=pd.Categorical(seen["company"], order)).sort_values("company")
    return rows, full, {name: style.tint(colour, 0.6) for name, colour in full.items()}


def growth_asked(ax: Axes, required: pd.DataFrame, palette: Mapping[str, str]) -> None:
    """Draw hollow, in the row of its vendor, the monthly growth that each target asks for; the ends have their level.

    A target that a later statement is beyond asks for nothing, and is left out.

    ``required`` has ``company``, ``growth`` and ``value``; ``palette`` names the rows in their order.
    """
    for company, asked in required[required["growth"] >= 0].sort_values("growth").groupby("company"):
        ax.plot(asked["growth"], asked["company"], "D", color=palette[company], markerfacecolor="none")
        for row in asked.iloc[[0, -1]].drop_duplicates("growth").itertuples():
            note(ax, f"{row.value / 1e6:,.0f}", row.growth, company, (0, 7), ha="center", va="bottom")
    ax.axvline(0, color=style.MUTED, linewidth=0.8)
    ax.set_ylim(len(palette) - 0.4, -0.6)
    percent_below(ax)


def tokens_asked(ax: Axes, needs: pd.DataFrame, levels: pd.DataFrame, company: Company) -> None:
    """Draw ranges of the tokens a day that a revenue needs, a row a price, on a log axis, and lines at volumes known.

    ``needs`` has ``label``, ``basis``, ``tokens_low``, ``tokens_middle``, ``tokens_high`` (NaN where the price is not
    known); ``levels`` has ``label`` and ``value``; tokens a day.
    """
    order = needs.sort_values("tokens_middle", na_position="first").reset_index(drop=True)
    order["label"] = order["label"].map(price_label)
    ax.set_xscale("log")
    for row in order.dropna(subset=["tokens_middle"]).itertuples():
        colour = style.MUTED if row.basis == "market" else company.colour
        ax.plot([row.tokens_low, row.tokens_high], [row.Index] * 2, color=style.tint(colour, 0.4), linewidth=4)
        ax.plot(row.tokens_middle, row.Index, "o", color=colour)
        ground = {"facecolor": style.GROUND, "edgecolor": "none", "pad": 0.5}
        note(ax, f"{row.tokens_middle / 1e12:,.1f}", row.tokens_high, row.Index, (5, 0), va="center", bbox=ground)
    ax.margins(x=0.08)
    for row in order[order["tokens_middle"].isna()].itertuples():
        note(ax, "price not known on this day", ax.get_xlim()[0], row.Index, (4, 0), va="center", color=style.MUTED)
    for row in levels.itertuples():
        ax.axvline(row.value, color=style.INK, linewidth=0.9)
        note(ax, row.label, row.value, len(order) - 0.35, (-3, 0), ha="right", size=8)
    ax.set_yticks(range(len(order)), order["label"])
    ax.set_ylim(-0.7, len(order) + 0.25)
    ax.xaxis.set_major_formatter(lambda value, _: f"{value / 1e12:,.4g}")
    ax.xaxis.set_minor_locator(NullLocator())
    named_rows(ax)


def fan(ax: Axes, path: pd.DataFrame, colour: str, form: str = "") -> None:
    """Draw a simulated fan dashed, its fifth to ninety-fifth percentile shaded, with its ends written where asked.

    ``path`` has ``on``, ``low``, ``median`` and ``high``.
    """
    ax.fill_between(path["on"], path["low"], path["high"], color=colour, alpha=0.18, linewidth=0)
    for edge, width in (("low", 0.9), ("median", 1.8), ("high", 0.9)):
        ax.plot(path["on"], path[edge], "--", color=colour, linewidth=width)
        if form:
            note(ax, form.format(path[edge].iloc[-1]), path["on"].iloc[-1], path[edge].iloc[-1], (5, 0), va="center")


def run_rates(
    ax: Axes, fans: pd.DataFrame, before: pd.DataFrame, marks: pd.DataFrame, targets: pd.DataFrame, company: Company
) -> None:
    """Draw one vendor's stated run-rates by tier, the fan that follows, and hollow what is aimed at; log scale.

    ``before`` is the fan of an earlier edition, drawn grey, so that what was stated since stands on it; ``marks`` has
    ``on``, ``value``, ``tier`` and ``shown`` (whether its scope is the fan's; others are pale); ``targets`` has ``on``
    and ``value``. Dollars a year.
    """
    own, path, past, aims = (rows[rows["entity_id"] == company.id] for rows in (marks, fans, before, targets))
    ax.fill_between(past["on"], past["low"], past["high"], color=style.GRID, alpha=0.6, linewidth=0)
    ax.plot(past["on"], past["median"], ":", color=style.MUTED, linewidth=1.4)
    shades = {True: company.colour, False: style.tint(company.colour, 0.6)}
    look = {"x": "on", "y": "value", "hue": "shown", "palette": shades, "legend": False, "ax": ax}
    sns.lineplot(own, linewidth=1.2, **look)
    sns.scatterplot(own, style="tier", markers=dict(style.TIER_MARKERS), s=40, **look)
    fan(ax, path, company.colour)
    end = path.iloc[-1]
    for edge in ("low", "median", "high"):
        note(ax, f"{end[edge] / 1e6:,.0f}", end["on"], end[edge], (7, 0), va="center")
    ax.plot(aims["on"], aims["value"], "D", color=company.colour, markerfacecolor="none", markersize=7)
    ax.set_yscale("log")
    million_axis(ax)
    ax.set_xlim(own["on"].min() - pd.Timedelta(days=20), end["on"] + pd.Timedelta(days=110))
    time_axis(ax, MonthLocator(bymonth=(1, 7)), show_offset=False)
    panel(ax, company)


def year_share(ax: Axes, expected: pd.DataFrame, filed: pd.DataFrame, company: Company) -> None:
    """Draw over simulated token shares of a company's year what was forecast, dashed, and what is filed of it, solid.

    ``expected`` has ``value`` and ``said_by``; ``filed`` has ``share`` and ``period``.
    """
    for row in expected[expected["entity_id"] == company.id].itertuples():
        ax.axvline(row.value, color=style.INK, linestyle="--", linewidth=1.2)
        note(ax, f"{row.said_by}\n{row.value:.0%}", row.value, ax.get_ylim()[1], (-4, -2), ha="right", va="top")
    for row in filed[filed["entity_id"] == company.id].itertuples():
        ax.axvline(row.share, color=company.colour, linewidth=1.6)
        note(ax, f"filed\n{row.share:.0%}", row.share, ax.get_ylim()[1], (-4, -32), ha="right", va="top")
    ax.set_xlim(0, 1)
    percent_axis(ax, "x")
    percent_axis(ax)
    panel(ax, company)


def tornado(ax: Axes, swings: pd.DataFrame, base: float, company: Company) -> None:
    """Draw bars from the probability with a prior at its low end to that at its high end, the widest on top.

    ``swings`` is what :func:`tokenecon.analysis.outlook.scenarios.tornado` returns, ``base`` the probability with all
    priors.
    """
    for level, row in enumerate(swings[::-1].itertuples()):
        for end, share, shade in (("low", row.chance_low, 0.65), ("high", row.chance_high, 0.0)):
            look = {"color": style.tint(company.colour, shade), "edgecolor": company.colour}
            ax.barh(level, share - base, left=base, height=0.55, **look)
            right = (end == "high") == (row.chance_high >= row.chance_low)
            text = f"{prior_text(row.parameter, getattr(row, end))}: {share:.0%}"
            note(ax, text, share, level, (4 if right else -4, 0), ha="left" if right else "right", va="center", size=8)
    ax.axvline(base, color=style.INK, linewidth=1)
    names = swings["parameter"][::-1].map(PARAMETER_LABELS).str.replace(", ", ",\n")
    ax.set_yticks(range(len(swings)), names)
    ax.set_xlim(-0.34, 1.3)
    ax.set_xticks([0, 0.5, 1])
    percent_below(ax)


def chances(ax: Axes, rows: pd.DataFrame, palette: Mapping[str, str]) -> None:
    """Draw the probability that each forecast is met, dashed its range over single priors.

    ``rows`` has ``company``, ``label``, ``probability``, ``least`` and ``most``.
    """
    for level, row in enumerate(rows.itertuples()):
        colour = palette.get(row.company, style.INK)
        ax.plot([row.least, row.most], [level, level], "--", color=style.tint(colour, 0.4), linewidth=1.2)
        ax.plot(row.probability, level, "o", color=colour, markersize=5)
        note(ax, percent_text(row.probability), row.probability, level, (0, 6), ha="center")
    ax.set_yticks(range(len(rows)), rows["label"].str.replace(", ", "\n"), multialignment="right", size=7.5)
    ax.set_ylim(-0.6, len(rows) - 0.2)
    ax.set_xlim(-0.03, 1.03)
    percent_below(ax)


def break_even(ax: Axes, curves: pd.DataFrame, state: pd.Series, company: Company) -> None:
    """Draw the revenue whose gross profit covers one company's R&D over the gross margin, and where it stands.

    ``curves`` has ``years`` (that R&D has grown on), ``margin`` and ``multiple`` (of the last twelve months' revenue);
    ``state`` has ``margin``, ``run_rate`` and ``revenue``.
    """
    for years, rows in curves[curves["entity_id"] == company.id].groupby("years"):
        shade = style.tint(company.colour, min(years * 0.2, 0.5))
        ax.plot(rows["margin"], rows["multiple"], "--" if years else "-", color=shade)
        end = rows.iloc[-1]
        label = f"+{years:.0f} y" if years else "as filed"
        note(ax, label, end["margin"], end["multiple"], (4, 0), va="center", size=8)
    stated = state["run_rate"] / state["revenue"]
    for label, multiple, face in (("filed", 1, company.colour), ("run-rate", stated, "none")):
        ax.plot(state["margin"], multiple, "o", color=company.colour, markerfacecolor=face)
        note(ax, label, state["margin"], multiple, (-7, 0), ha="right", va="center")
    plain_log(ax, "{x:g}×")
    ax.set_xlim(curves["margin"].min() - 0.02, 0.95)
    ax.set_xticks(np.linspace(0.2, 0.8, 4))
    percent_axis(ax, "x")
    panel(ax, company)


def cover(ax: Axes, filed: pd.DataFrame, ahead: pd.DataFrame, company: Company) -> None:
    """Draw beside one company's filed gross profit over R&D the simulated fan, dashed, and write both; log scale.

    ``filed`` has the company's ``on`` and ``cover`` (positive); ``ahead`` is a :func:`fan` with ``entity_id``.
    """
    path = ahead[ahead["entity_id"] == company.id]
    for row in filed.itertuples():
        note(ax, f"{row.cover:.2f}", row.on, row.cover, (0, 6), ha="center")
    fan(ax, path, company.colour, "{:.1f}")
    ax.axhline(1, color=style.INK, linewidth=1)
    note(ax, "R&D covered", filed["on"].min() if len(filed) else path["on"].min(), 1, (0, 3), size=8)
    ax.set_yscale("log")
    ax.yaxis.set_major_locator(LogLocator(subs=(1,)))
    ax.yaxis.set_major_formatter("{x:g}")
    ax.margins(x=0.12)
    panel(ax, company)


def multiples(ax: Axes, rows: pd.DataFrame, companies: Sequence[Company]) -> None:
    """Draw each company's value over its stated run-rate through time on a log axis, the last multiple written.

    ``rows`` has ``company``, ``on`` and ``multiple``; a step down is a new statement, the rest is the price.
    """
    look = {"hue": "company", "style": "company", "dashes": False, **marks(companies)}
    sns.lineplot(rows, x="on", y="multiple", ax=ax, **look)
    plain_log(ax, "{x:g}×")
    label_ends(ax, rows, "on", "multiple", "company", colours(companies), (8, 0), ".0f")
    time_axis(ax, MonthLocator(bymonth=(1, 4, 7, 10)))
    ax.margins(x=0.14)
    ax.set(xlabel="", ylabel="")


def percent_below(ax: Axes) -> None:
    """Write the ratios of the horizontal axis as percent, with a grid for rows of marks."""
    ax.xaxis.set_major_formatter(lambda value, _: minus(f"{value:.0%}"))
    named_rows(ax)


def prior_text(parameter: str, value: float) -> str:
    """Write a value of a prior: shares and growth in percent, the rest as a number."""
    form = ".0%" if parameter in SHARES else ".0f" if parameter == "half_life" else ".2f"
    return minus(format(value, form))


def price_label(label: str) -> str:
    """Write a list price's label by the model's name: "list, glm-5.2-domestic" is "GLM-5.2, list at home"."""
    if not label.startswith("list, "):
        return label
    model, _, market = label.removeprefix("list, ").rpartition("-")
    where = {"domestic": "list at home", "international": "list abroad"}.get(market, "list")
    parts = model.split("-")
    return f"{' '.join([model_name('-'.join(parts[:2])), *map(str.title, parts[2:])])}, {where}"


def peer_table(cells: pd.DataFrame, peers: Sequence[Company], forms: Mapping[str, str]) -> pd.DataFrame:
    """Return peers as rows to show, in each cell the value with the letter of its evidence and its month.

    ``cells`` has ``entity_id``, ``item``, ``value``, ``tier`` and ``on``; ``forms`` says which items, and how each is
    written; an item that nobody says is missing.
    """
    found = cells[cells["item"].isin(forms)]
    written = [
        f"{minus(forms[row.item].format(row.value))} {TIER_LETTERS[row.tier]} {row.on:%-m/%y}"
        for row in found.itertuples()
    ]
    wide = found.assign(text=written).pivot_table("text", "entity_id", "item", aggfunc="first")
    wide = wide.reindex(index=[peer.id for peer in peers], columns=list(forms))
    return wide.assign(company=[peer.name for peer in peers]).reset_index()


def peer_rows(cells: pd.DataFrame, peers: Sequence[Company], words: Mapping[str, str]) -> pd.DataFrame:
    """Return each known figure of each peer as a row to show, in the order of the peers and of ``words``."""
    order = {peer.id: place for place, peer in enumerate(peers)}
    ranked = cells.assign(peer=cells["entity_id"].map(order), rank=cells["item"].map(list(words).index))
    ranked = ranked.sort_values(["peer", "rank"], ignore_index=True)
    times, ratios = ranked["item"].str.startswith("times_"), ranked["item"].isin(["growth", "margin"])
    shown = [
        f"{value:,.1f}×" if by else amount_text(value, "ratio" if part else "USD")
        for value, by, part in zip(ranked["value"], times, ratios, strict=True)
    ]
    return ranked.assign(
        shown=shown,
        item=ranked["item"].map(words),
        what=ranked["what"].str.replace("_", " "),
        tier=ranked["tier"].map(style.TIER_LABELS),
    )


def resolved_rows(rows: pd.DataFrame) -> pd.DataFrame:
    """Return outcomes of simulations as rows to show: millions of dollars or percent, and what the score is called."""
    shares = rows["measure"].eq("share")
    forms = ["{:.0%}" if one else "{:,.0f}m" for one in shares]
    values = rows[["value", "low", "median", "high"]].div(np.where(shares, 1, 1e6), axis=0).to_numpy()
    told = [[form.format(one) for one in row] for form, row in zip(forms, values, strict=True)]
    return rows.assign(
        came=[row[0] for row in told],
        interval=[f"{row[2]} ({row[1]} to {row[3]})" for row in told],
        called=rows["hindcast"].map({True: "hindcast", False: "forecast"}),
    )


def percent_text(share: float) -> str:
    """Write a probability in whole percent, without rounding what is nearly certain to certainty."""
    if share != share:
        return "—"
    if share in (0, 1) or 0.005 <= share < 0.995:
        return f"{share:.0%}"
    return "under 1%" if share < 0.5 else "over 99%"


def years_text(years: float) -> str:
    """Write years until break-even; beyond the horizon says so."""
    return "not within the horizon" if np.isinf(years) else f"{years:.1f}"


def asked_text(growth: float) -> str:
    """Write what a target asks for a month; one that a later statement is beyond asks for nothing."""
    return f"{growth:.1%}" if growth >= 0 else "passed already"


def amount_text(value: float, unit: str) -> str:
    """Write a value in base units with its unit, shortened: "1.0 bn USD", "50%"."""
    if value != value:
        return "—"
    if unit == "ratio":
        return f"{value:.1%}"
    for size, word in ((1e12, "trillion"), (1e9, "bn"), (1e6, "m")):
        if abs(value) >= size:
            return minus(f"{value / size:,.1f} {word} {unit}")
    return minus(f"{value:,.2f} {unit}")


def prior_rows(held: Mapping[str, pd.DataFrame], vendors: Sequence[Company]) -> pd.DataFrame:
    """Return the priors in use as rows to show: those that entities share once, the others for each.

    ``held`` has the priors by entity, as :func:`tokenecon.analysis.outlook.scenarios.priors` returns them, with the
    columns ``q05``, ``q50`` and ``q95`` of :func:`tokenecon.analysis.outlook.scenarios.with_ends`.
    """
    rows = pd.concat([held[vendor.id].reset_index().assign(whom=vendor.name) for vendor in vendors])
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


def chance_rows(rows: pd.DataFrame) -> pd.DataFrame:
    """Return probabilities as rows to show and draw, with a ``label``; amounts in millions, shares in percent."""
    money = rows["metric"] != "revenue_share"
    values = rows[["low", "median", "high"]].mul(np.where(money, 1e-6, 100), axis=0)
    speaker = rows["said_by"].str.split(",").str[0].str.replace("management", "", regex=False).str.strip()
    amount = np.where(money, (rows["value"] / 1e6).map("{:,.0f}m".format), rows["value"].map("{:.0%}".format))
    what = rows["metric"].map({"run_rate": "run-rate ", "revenue": "revenue "}).fillna("")
    scope = np.where(rows["measure"] == "api", " API, ", " total, ")
    return rows.assign(
        label=rows["company"] + " " + what + amount + scope + speaker,
        interval=[
            f"{row.median:,.0f}{unit} ({row.low:,.0f} to {row.high:,.0f}{unit})"
            for row, unit in zip(values.itertuples(), np.where(money, "", "%"), strict=True)
        ],
        range_=[f"{percent_text(a)} to {percent_text(b)}" for a, b in zip(rows["least"], rows["most"], strict=True)],
        prior=rows["driver"].map(PARAMETER_LABELS),
    ).sort_values(["company", "probability"], ignore_index=True)


def register_rows(
    outcomes: pd.DataFrame, names: pd.Series, metrics: pd.DataFrame, segments: pd.DataFrame
) -> pd.DataFrame:
    """Return the register as rows to show, with names, labels and the probability of each forecast."""
    labels = outcomes["metric"].map(metrics.set_index("metric_id")["label"])
    parts = segments[segments["segment"] != "total"].set_index(["entity_id", "segment"])["label"].to_dict()
    each = zip(outcomes["entity_id"], outcomes["segment"], strict=True)
    return outcomes.assign(
        name=outcomes["entity_id"].map(names),
        what=labels + ", " + pd.Series([parts.get(one, one[1]) for one in each], outcomes.index),
        amount=[amount_text(*row) for row in zip(outcomes["value"], outcomes["base_unit"], strict=True)],
        chance=outcomes["probability"].map(percent_text),
    )
