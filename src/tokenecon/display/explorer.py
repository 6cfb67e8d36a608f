"""Price against capability: the picture that opens, and what ``explorer.js`` draws every other view from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.text import Annotation
from matplotlib.ticker import FixedLocator, NullLocator
from matplotlib.transforms import Bbox

from tokenecon.analysis.pricing.choices import ELSEWHERE, VIEW, Choices
from tokenecon.catalog import Country
from tokenecon.display import style, theme
from tokenecon.display.plots import note
from tokenecon.shown import Word

REST = Country(ELSEWHERE, "", Word("Other countries"), Word(""), Word(""), style.MUTED, "^")
"""Models of neither country of the pair: a group without a median."""
FAINT = "color-mix(in srgb, currentColor 70%, transparent)"
"""Their colour on a page that may be dark: a grade of its ink."""
SIZE = 5.5
RATIOS = ("fraction", "percent")
TICKS = (0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000)
DIGITS = 6
CENTS = Decimal("0.1")

# Where a label may stand beside its point, best first: offset in points, horizontal and vertical side.
PLACES = (
    ((7, 0), "left", "center"),
    ((-7, 0), "right", "center"),
    ((0, 7), "center", "bottom"),
    ((0, -7), "center", "top"),
    ((5, 5), "left", "bottom"),
    ((5, -5), "left", "top"),
    ((-5, 5), "right", "bottom"),
    ((-5, -5), "right", "top"),
)


def explorer(choices: Choices, benchmarks: pd.DataFrame, names: Mapping[str, str], pair: Sequence[Country]) -> Figure:
    """Price against score of each model, and the median by country; a reader of the page chooses mix, day and test.

    Parameters
    ----------
    choices : Choices
        From :func:`tokenecon.analysis.pricing.choices.choices`.
    benchmarks : pandas.DataFrame
        Tests with ``name`` and ``unit``, as the catalogue has them.
    names : mapping of str to str
        Makers by ``entity_id``.
    pair : sequence of Country
        The country in question, and the one that it is set against.
    """
    tests = benchmarks.set_index("benchmark_id")
    opening = choices.opening
    figure, ax = _axes(choices)
    for group in (REST, *reversed(pair)):
        _points(ax, choices.view[choices.view["country"] == group.code], group)
    medians = choices.opening_medians.loc[[country.code for country in pair]]
    lines = zip(pair, ((0, (4, 2)), "-"), strict=True)
    texts = [_median(ax, medians.loc[country.code], country, line) for country, line in lines]
    _apart(texts, medians["median"])
    test = tests.loc[opening.benchmark]
    ax.set(ylabel="", xlabel=f"{test['name']}, scores of {_day(choices.view['scored_on'].max())}")
    if test["unit"] in RATIOS:
        ax.xaxis.set_major_formatter("{x:.0%}")
    _key(ax, choices.view, (*pair, REST))
    figure.draw_without_rendering()
    _labels(ax, choices.view, medians["median"])
    return theme.interactive(figure, "explorer", _content(choices, tests, names, (*pair, REST)))


def _axes(choices: Choices) -> tuple[Figure, Axes]:
    figure, (ax,) = theme.canvas(choices.spans, height=4.4)
    ax.set_yscale("log")
    ax.set_ylim(*_price_range(choices))
    ax.set_xlim(*_score_range(choices.frame.query("benchmark == @choices.opening.benchmark")["score"]))
    ax.yaxis.set_major_locator(FixedLocator(TICKS))
    ax.yaxis.set_minor_locator(NullLocator())
    ax.yaxis.set_major_formatter("{x:g}")
    return figure, ax


def _price_range(choices: Choices) -> tuple[float, float]:
    """Return the ends of the axis of prices: one for all views, so that points move when a price does."""
    return choices.frame["blended"].min() * 0.8, choices.frame["blended"].max() * 1.25


def _score_range(scores: pd.Series) -> tuple[float, float]:
    margin = (scores.max() - scores.min()) * 0.04
    return scores.min() - margin, scores.max() + margin


def _points(ax: Axes, rows: pd.DataFrame, group: Country) -> None:
    """Draw models: full marks for measured scores, hollow ones for estimates."""
    look = {"marker": group.marker, "s": _size(group) ** 2, "edgecolor": group.colour, "alpha": 0.85}
    for measured, face in ((True, group.colour), (False, "none")):
        part = rows[rows["basis"].eq("measured") == measured]
        sns.scatterplot(part, x="score", y="blended", facecolor=face, linewidth=1, legend=False, ax=ax, **look)


def _size(group: Country) -> float:
    """Return the size of a group's marks: squares look larger than they are."""
    return SIZE - 0.5 * (group.marker == "s")


def _median(ax: Axes, row: pd.Series, country: Country, line: Any) -> Annotation:
    """Draw a country's median with its interval over the width, and say both in the margin."""
    colour = country.colour
    ax.axhspan(row["low"], row["high"], color=colour, alpha=0.12, linewidth=0)
    ax.axhline(row["median"], color=colour, linewidth=1.2, linestyle=line)
    middle, low, high = map(_money, row[["median", "low", "high"]])
    text = f"{country.short} median\n{middle} ({low}–{high})\nn = {row['n']:.0f}"
    place = {"xy": (1, row["median"]), "xycoords": ("axes fraction", "data"), "textcoords": "offset points"}
    return ax.annotate(text, xytext=(6, 0), va="center", size=8.5, color=colour, linespacing=1.15, **place)


def _apart(texts: list[Annotation], medians: pd.Series) -> None:
    """Let the text of the higher median stand above its line, the other below, so that they cannot meet."""
    higher = medians.fillna(0).idxmax()
    for text, country in zip(texts, medians.index, strict=True):
        text.set_verticalalignment("bottom" if country == higher else "top")
        text.xyann = (6, -6 if country == higher else 6)


def _key(ax: Axes, rows: pd.DataFrame, groups: Sequence[Country]) -> None:
    marks = [
        Line2D([], [], linestyle="", marker=one.marker, color=one.colour, markersize=_size(one), label=one.name)
        for one in groups
    ]
    if not rows["basis"].eq("measured").all():
        hollow = {"marker": "o", "markerfacecolor": "none", "color": style.MUTED, "markersize": SIZE}
        marks.append(Line2D([], [], linestyle="", **hollow, label="hollow: score estimated by its publisher"))
    marks.append(Patch(color=style.MUTED, alpha=0.2, linewidth=0, label="95% interval of a median"))
    place = {"loc": "lower left", "bbox_to_anchor": (-0.02, 1.0), "ncols": len(marks), "columnspacing": 1.2}
    ax.legend(handles=marks, **place, borderaxespad=0.2, handletextpad=0.3, handlelength=1.1, fontsize=8)


def _labels(ax: Axes, rows: pd.DataFrame, medians: pd.Series) -> None:
    """Name the models on the frontier where no point, name or median is covered, the most capable first."""
    pixels = ax.figure.dpi / 72
    points = ax.transData.transform(rows[["score", "blended"]].to_numpy())
    taken = [Bbox.from_extents(x - 3 * pixels, y - 3 * pixels, x + 3 * pixels, y + 3 * pixels) for x, y in points]
    whole = ax.get_window_extent()
    lines = ax.transData.transform([(0, median) for median in medians])[:, 1]
    taken += [Bbox.from_extents(whole.x0, y - pixels, whole.x1, y + pixels) for y in lines]
    for row in rows[rows["frontier"]].sort_values("score", ascending=False).itertuples():
        for offset, ha, va in PLACES:
            note(ax, row.model, row.score, row.blended, offset, ha=ha, va=va, size=7.5)
            box = ax.texts[-1].get_window_extent()
            if whole.containsx(box.x0) and whole.containsx(box.x1) and not box.count_overlaps(taken):
                taken.append(box)
                break
            ax.texts[-1].remove()


def _money(dollars: float) -> str:
    """Write a price as the script does, a half rounded up, so that the two pictures say the same."""
    exact = Decimal(_short(dollars))
    return f"{dollars:.2g}" if exact < CENTS else str(exact.quantize(Decimal("0.01"), ROUND_HALF_UP))


def _day(day: pd.Timestamp) -> str:
    return f"{day:%-d %B %Y}"


def _content(
    choices: Choices, tests: pd.DataFrame, names: Mapping[str, str], groups: Sequence[Country]
) -> dict[str, Any]:
    """Return what the script draws from; models, days, mixes and tests are named by their places in the lists."""
    frame = choices.frame
    models = frame.drop_duplicates("model_id").sort_values("model_id", ignore_index=True)
    days, mixes = sorted(frame["day"].unique()), sorted(frame["ratio"].unique())
    measures = [*frame["benchmark"].unique()]
    place = {model: number for number, model in enumerate(models["model_id"])}
    codes = [group.code for group in groups]
    views = _views(choices, place, codes)
    spans = choices.spans
    return {
        "models": [
            [row.model, names[row.entity_id], codes.index(row.country), f"{row.released_on:%Y-%m-%d}"]
            for row in models.itertuples()
        ],
        "days": [f"{day:%Y-%m-%d}" for day in days],
        "mixes": [float(mix) for mix in mixes],
        "groups": [
            {
                "name": group.name,
                "short": group.short,
                "adjective": group.adjective,
                "shape": group.marker,
                "colour": FAINT if group is REST else f"var(--c{group.colour[1:]}, {group.colour})",
            }
            for group in groups
        ],
        "tests": [_test(frame[frame["benchmark"] == name], tests.loc[name], place) for name in measures],
        "prices": [[*_prices(spans[spans["ratio"] == mix], place, days)] for mix in mixes],
        "range": [*map(_short, _price_range(choices))],
        "views": [[[views[name, mix, day] for day in days] for mix in mixes] for name in measures],
        "opening": [
            measures.index(choices.opening.benchmark),
            mixes.index(choices.opening.ratio),
            days.index(choices.opening.day),
        ],
    }


def _test(rows: pd.DataFrame, about: pd.Series, place: Mapping[str, int]) -> dict[str, Any]:
    scores = rows.drop_duplicates("model_id")
    return {
        "name": about["name"],
        "percent": about["unit"] in RATIOS,
        "scored": f"{rows['scored_on'].max():%Y-%m-%d}",
        "range": [*map(_short, _score_range(rows["score"]))],
        "scores": [
            [place[row.model_id], _short(row.score), int(row.basis != "measured")] for row in scores.itertuples()
        ],
    }


def _prices(spans: pd.DataFrame, place: Mapping[str, int], days: list[pd.Timestamp]) -> Iterator[list[float]]:
    """Yield model, first and last day, and price: once, though several tests score the model."""
    for row in spans.drop_duplicates(["model_id", "first_day"]).itertuples():
        yield [place[row.model_id], days.index(row.first_day), days.index(row.last_day), _short(row.blended)]


def _views(choices: Choices, place: Mapping[str, int], codes: Sequence[str]) -> dict[tuple[Any, ...], list[list[Any]]]:
    """Return for each view the groups' n, median and interval, and the models to name, the most capable first."""
    edge = choices.frame[choices.frame["frontier"]].sort_values("score", ascending=False)
    named = {view: [place[model] for model in rows["model_id"]] for view, rows in edge.groupby(VIEW)}
    rows = choices.medians.set_index([*VIEW, "country"])
    numbers = {key: [int(n), *map(_short, ends)] for key, n, *ends in rows.itertuples(name=None)}
    views = dict.fromkeys(key[:-1] for key in numbers)
    return {view: [[numbers[(*view, code)] for code in codes], named.get(view, [])] for view in views}


def _short(value: float) -> float | None:
    """Return a number as JSON has it: fewer digits, and nothing for NaN."""
    return None if pd.isna(value) else float(f"{value:.{DIGITS}g}")
