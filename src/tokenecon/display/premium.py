"""The figures of the market chapter on price and capability: premium, launches, frontier, undercutting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from tokenecon.display import style
from tokenecon.display.figure import Figure, finish
from tokenecon.display.market import SERIES_LOOKS, date_axis
from tokenecon.display.plots import note, panels

COUNTRY_MARKS: Mapping[str, tuple[str, str]] = {"CN": ("o", "China"), "US": ("s", "United States")}
OTHER = ("^", "other countries")
CHOICES: Mapping[str, Mapping[object, str]] = {
    "scale": {"score": "higher score", "errors": "fewer errors", "wins": "more wins"},
    "ratio": {1: "blend 1:1", 3: "blend 3:1", 10: "blend 10:1"},
    "control": {
        "released": "date", "released + I(released**2)": "date and its square", "released + C(country)": "and country",
    },
    "subset": {"all": "all models", "top third": "top third", "CN": "China", "US": "United States"},
}  # fmt: skip
"""The choices of a specification beside its measure, with the names to show."""


def price_by_score(frame: pd.DataFrame, third: float, text: str, title: str, subtitle: str) -> Figure:
    """List price by score, a mark a model by country of its maker, both axes logarithmic; the top third shaded.

    ``frame`` has ``score``, ``blended`` and ``country``; ``third`` is the score from which the top third begins.
    """
    canvas, axes = panels({"": ""}, 3.8)
    ax = axes[""]
    ax.axvspan(third, frame["score"].max() * 1.05, color=style.GRID, alpha=0.35, linewidth=0)
    note(ax, "top third", third, frame["blended"].max() * 1.2, (5, 0), size=8.5, color=style.MUTED, va="top")
    handles = []
    for country in ("CN", "US", "other"):
        marker, label = COUNTRY_MARKS.get(country, OTHER)
        colour = style.COUNTRY_COLOURS.get(country, style.MUTED)
        own = (
            frame[~frame["country"].isin(list(COUNTRY_MARKS))]
            if country == "other"
            else frame[frame["country"] == country]
        )
        look = {"marker": marker, "linestyle": "", "color": colour, "markersize": 4.5, "alpha": 0.75}
        ax.plot(own["score"], own["blended"], **look)
        handles.append(Line2D([], [], **look, label=f"{label} ({len(own)})"))
    ax.set_xscale("log")
    ax.set_yscale("log")
    _log_ticks(ax.yaxis, frame["blended"], (0.03, 0.1, 0.3, 1, 3, 10, 30, 100))
    _log_ticks(ax.xaxis, frame["score"], (5, 10, 15, 20, 30, 40, 60))
    ax.minorticks_off()
    ax.set_xlabel("index of capability, log scale")
    ax.text(0.01, 0.98, text, transform=ax.transAxes, ha="left", va="top", size=8.5, color=style.INK)
    canvas.legend(handles=handles, loc="outside lower left", ncols=3)
    return finish(canvas, title, subtitle, frame)


def _log_ticks(axis: object, values: pd.Series, ticks: Sequence[float]) -> None:
    shown = [tick for tick in ticks if values.min() * 0.9 <= tick <= values.max() * 1.1]
    axis.set_ticks(shown, [f"{tick:g}" for tick in shown])


def specification_curve(
    found: pd.DataFrame, choices: Mapping[str, Mapping[object, str]], claimed: float, title: str, subtitle: str
) -> Figure:
    """All specifications in order of their premium, with intervals, the claim, and below which choices each makes.

    ``found`` has ``premium``, ``low``, ``high`` and the columns named in ``choices``, which maps each to its values and
    their labels.
    """
    rows = found.sort_values("premium", ignore_index=True)
    style.use()
    lines = [(column, value, label) for column, labels in choices.items() for value, label in labels.items()]
    canvas, (ax, below) = plt.subplots(
        2, 1, figsize=(style.WIDTH, 2.7 + 0.17 * len(lines)), sharex=True, layout="constrained",
        height_ratios=[2.7, 0.17 * len(lines)],
    )  # fmt: skip
    places = np.arange(len(rows))
    colour = SERIES_LOOKS[0][0]
    top = float(np.ceil(10 * max(2.2 * claimed, rows["premium"].quantile(0.95))) / 10)
    ax.vlines(
        places, rows["low"].clip(-0.3, top), rows["high"].clip(-0.3, top), color=style.tint(colour, 0.65), linewidth=1
    )
    ax.plot(places, rows["premium"].clip(upper=top), ".", color=colour, markersize=3)
    ax.axhline(claimed, color=style.ENTITY_COLOURS["anthropic"], linewidth=1.3)
    note(ax, f"claimed: {claimed:.0%}", 0, claimed, (2, 4), color=style.ENTITY_COLOURS["anthropic"])
    if beyond := int((rows["premium"] > top).sum()):
        note(ax, f"{beyond} above {top:.0%}", len(rows), top, (-2, -4), size=8, ha="right", va="top", color=style.MUTED)
    ax.axhline(0, color=style.MUTED, linewidth=0.8)
    ax.set_ylim(-0.3, top)
    ax.yaxis.set_major_formatter(lambda value, _: f"{value:.0%}".replace("-", "−"))
    for level, (column, value, _) in enumerate(lines[::-1]):
        at = places[(rows[column].astype(str) == str(value)).to_numpy()]
        below.plot(at, np.full(len(at), level), "|", color=style.INK, markersize=4.5, markeredgewidth=0.7)
    below.set_yticks(range(len(lines)), [label for *_, label in lines[::-1]])
    below.tick_params(axis="y", labelcolor=style.INK, labelsize=7.5)
    below.set_ylim(-0.7, len(lines) - 0.3)
    below.set_xticks([])
    below.grid(visible=False)
    edges = np.cumsum([len(labels) for labels in choices.values()])[:-1]
    for edge in edges:
        below.axhline(len(lines) - edge - 0.5, color=style.GRID, linewidth=0.8)
    return finish(canvas, title, subtitle, rows)


def launches(
    rows: pd.DataFrame, advantage: float, claimed: float, names: Mapping[str, str], title: str, subtitle: str
) -> Figure:
    """Models that led at launch: lead over the best rival and price over its price, with the claim as a point.

    ``rows`` has ``lead`` and ``dearer`` (logs), ``model_id`` and ``entity_id``.
    """
    canvas, axes = panels({"": ""}, 3.8)
    ax = axes[""]
    lead, dearer = np.exp(rows["lead"]) - 1, np.exp(rows["dearer"])
    for vendor, place in rows.groupby("entity_id").groups.items():
        colour = style.ENTITY_COLOURS.get(vendor, style.MUTED)
        ax.plot(lead[place], dearer[place], "o", color=colour, markersize=5.5)
    ax.axhline(1, color=style.MUTED, linewidth=0.8)
    ax.axhline(1 + claimed, color=style.ENTITY_COLOURS["anthropic"], linewidth=1, linestyle=":")
    ax.plot(advantage, 1 + claimed, "D", color="none", markeredgecolor=style.ENTITY_COLOURS["anthropic"], markersize=9)
    where = {"ha": "right", "va": "bottom", "color": style.ENTITY_COLOURS["anthropic"]}
    note(ax, f"diamond: {advantage:.0%} ahead, {claimed:.0%} dearer", lead.max() * 1.6, 1 + claimed, (0, 2), **where)
    ax.set_yscale("log")
    ax.set_xscale("log")
    _spread_labels(ax, rows.assign(x=lead, y=dearer), names)
    ticks = [0.1, 0.2, 0.5, 1, 1.5, 2, 5, 10]
    shown = [tick for tick in ticks if dearer.min() * 0.8 <= tick <= dearer.max() * 1.25]
    ax.set_yticks(shown, [f"×{tick:g}" for tick in shown])
    ax.minorticks_off()
    ax.set_ylim(dearer.min() * 0.75, dearer.max() * 1.4)
    ax.set_xlim(min(lead.min() * 0.8, 0.01), lead.max() * 1.7)
    steps = [step for step in (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1) if step >= lead.min() * 0.8]
    ax.set_xticks(steps, [f"{step:.1%}" if step < 0.01 else f"{step:.0%}" for step in steps])
    ax.minorticks_off()
    ax.set_xlabel("lead in score over the best rival on sale, log scale")
    return finish(canvas, title, subtitle, rows)


def _spread_labels(ax: Axes, rows: pd.DataFrame, names: Mapping[str, str]) -> None:
    """Name points from the top down, leaving out a name that would cover another."""
    across, up = (np.log(rows[name].max() / rows[name].min()) for name in ("x", "y"))
    taken: list[tuple[float, float]] = []
    for row in rows.sort_values("y", ascending=False).itertuples():
        place = (np.log(row.x) / across, np.log(row.y) / up)
        if all(abs(place[0] - x) > 0.24 or abs(place[1] - y) > 0.045 for x, y in taken):
            note(ax, names.get(row.model_id, row.model_id), row.x, row.y, (5, -3), size=7.5)
            taken.append(place)


def frontier(rows: pd.DataFrame, level: pd.Series, level_label: str, title: str, subtitle: str) -> Figure:
    """Price of the best model on sale, of the cheapest near it, and of a fixed capability, over time on a log scale.

    ``rows`` has ``day``, ``best_price`` and ``near_price``; ``level`` the lowest price of a fixed score by day.
    """
    canvas, axes = panels({"": ""}, 3.3)
    ax = axes[""]
    lines = {
        "the best model": (rows["day"], rows["best_price"]),
        "the cheapest near it": (rows["day"], rows["near_price"]),
        level_label: (level.index, level),
    }
    handles = []
    for (label, (days, values)), (colour, line) in zip(lines.items(), SERIES_LOOKS, strict=True):
        ax.step(days, values, where="post", color=colour, linestyle=line)
        handles.append(Line2D([], [], color=colour, linestyle=line, label=label))
    ax.set_yscale("log")
    _log_ticks(
        ax.yaxis, pd.concat([rows["best_price"], rows["near_price"], level.dropna()]), (0.03, 0.1, 0.3, 1, 3, 10, 30)
    )
    ax.minorticks_off()
    date_axis(ax)
    canvas.legend(handles=handles, loc="outside lower left", ncols=3)
    data = rows.merge(level.rename("level_price"), left_on="day", right_index=True, how="left")
    return finish(canvas, title, subtitle, data)


def effect_label(row: pd.Series) -> str:
    """Return what sets one estimate of undercutting apart, from a row of ``frontier.gains``."""
    share = {0: "all models", 0.7: "from seven tenths of the best", 0.9: "from nine tenths of the best"}[row["near"]]
    parts = [f"{abs(row['horizon'])} days {'before' if row['horizon'] < 0 else 'ahead'}", share]
    parts += ["off the list as small"] if row["floor"] == row["floor"] and row["floor"] is not None else []
    return ", ".join(parts + (["model effects"] if row["effects"] else []))


def effects(rows: pd.DataFrame, title: str, subtitle: str) -> Figure:
    """Estimates with intervals, a row each, and the least effect that could have been seen as a pale band.

    ``rows`` has ``label``, ``value``, ``low``, ``high``, ``detectable`` and ``n``.
    """
    canvas, axes = panels({"": ""}, 0.7 + 0.34 * len(rows))
    ax, colour = axes[""], SERIES_LOOKS[0][0]
    for level, row in enumerate(rows.iloc[::-1].itertuples()):
        ax.plot(
            [-row.detectable, row.detectable], [level, level], color=style.GRID, linewidth=11, solid_capstyle="butt"
        )
        ax.plot([row.low, row.high], [level, level], color=colour, linewidth=2)
        ax.plot(row.value, level, "o", color=colour, markersize=5.5)
    ax.axvline(0, color=style.MUTED, linewidth=0.9)
    ax.set_yticks(range(len(rows)), [f"{row.label} (n = {row.n})" for row in rows.iloc[::-1].itertuples()])
    ax.tick_params(axis="y", labelcolor=style.INK, labelsize=8.5)
    ax.set_ylim(-0.6, len(rows) - 0.4)
    ax.grid(axis="y", visible=False)
    ax.grid(axis="x", visible=True)
    ax.xaxis.set_major_formatter(lambda value, _: f"{value:.2f}".replace("-", "−"))
    return finish(canvas, title, subtitle, rows)
