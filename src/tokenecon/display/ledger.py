"""The figures and texts of the chapter on claims, and the ledger in a terminal."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, NullFormatter
from rich.table import Table as Grid
from rich.text import Text

from tokenecon.catalog import Country
from tokenecon.display import style
from tokenecon.display.outlook import amount_text
from tokenecon.display.plots import across
from tokenecon.display.tables import NO_BREAK
from tokenecon.display.text import CURRENCIES, Printed
from tokenecon.shown import DAY, minus

GROUPS: Mapping[str, str] = {
    "numbers": "Numbers that it prints",
    "business": "What it says of the business",
    "forecasts": "What it expects",
}
TONES: Mapping[str, str] = {
    "reproduced": "holds",
    "supported": "holds",
    "met": "holds",
    "rounding of rounded inputs": "partly",
    "definition mixed": "partly",
    "superseded": "partly",
    "differs": "fails",
    "not supported": "fails",
    "missed": "fails",
    "undetermined": "unsure",
    "open": "unsure",
}
"""Verdict to what it means for the claim; the order is that in which verdicts are shown."""
DARK = "#35424f"
LOOKS: Mapping[str, Mapping[str, object]] = {
    "holds": {"facecolor": DARK, "edgecolor": DARK},
    "partly": {"facecolor": "none", "edgecolor": DARK, "hatch": "//////"},
    "fails": {"facecolor": "none", "edgecolor": DARK, "linewidth": 1.3},
    "unsure": {"facecolor": style.GRID, "edgecolor": style.GRID},
}
_DRAWN = ("then_low", "then_high", "now_low", "now_high")
WIDE = 120
"""Columns of a terminal from which the parts of a claim stand side by side."""
TERMINAL: Mapping[str, str] = {"holds": "green", "partly": "yellow", "fails": "red", "unsure": "dim"}


def scoreboard(ax: Axes, order: Sequence[str], room: int, title: str) -> None:
    """Give bars of verdicts, drawn in this order, their look: filled where the claim holds, hollow where it does not.

    There is room for ``room`` bars, so that panels have bars of one width.
    """
    for bar, verdict in zip(ax.patches, order, strict=True):
        bar.set(**LOOKS[TONES[verdict]])
    ax.bar_label(ax.containers[0], padding=4)
    ax.set(xlabel="", ylabel="", ylim=(room - 0.5, -0.5))
    ax.set_title(title, fontsize=9)
    ax.set_xticks([])
    ax.grid(visible=False)
    ax.spines["bottom"].set_visible(False)
    ax.margins(x=0.12)


def forecasts(ax: Axes, scores: pd.DataFrame) -> None:
    """Draw forecasts against what came: the band each speaks of, simulated ranges, and the last value known.

    ``scores`` has one row a forecast: ``label``, ``value``, ``band_low``, ``band_high``, ``latest`` (NaN where none is
    known) and, of the edition before and of this one, ``then_low``, ``then_mid``, ``then_high``, ``now_low``,
    ``now_mid``, ``now_high``; all are drawn as multiples of the forecast.
    """
    drawn = scores[[*_DRAWN, "latest", "band_low"]].div(scores["value"], axis=0)
    ax.set_xscale("log")
    ax.set_xlim(min(drawn.min().min(), 1) / 1.4, max(drawn.max().max(), 1) * 1.4)
    for level, row in enumerate(scores[::-1].itertuples()):
        high = row.band_high / row.value if np.isfinite(row.band_high) else ax.get_xlim()[1]
        band = ([level - 0.36, level + 0.36], row.band_low / row.value, high)
        ax.fill_betweenx(*band, color=style.GRID, alpha=0.55, linewidth=0, zorder=0)
        for name, place, line in (("then", level + 0.23, "--"), ("now", level - 0.23, "-")):
            ends = [getattr(row, f"{name}_{end}") / row.value for end in ("low", "mid", "high")]
            if ends[1] == ends[1]:
                ax.plot([ends[0], ends[2]], [place, place], line, color=DARK, linewidth=1.6)
                ax.plot(ends[1], place, "o", color=DARK, markerfacecolor="white" if name == "then" else DARK)
        if row.latest == row.latest:
            ax.plot(row.latest / row.value, level, "D", color=style.INK, markersize=7, zorder=5)
            beside = {"xycoords": ax.get_yaxis_transform(), "textcoords": "offset points", "annotation_clip": False}
            ax.annotate(f"{row.latest / row.value:.2f}", (1, level), (6, 0), va="center", size=8, **beside)
    if scores["latest"].notna().any():
        head = {"xycoords": "axes fraction", "textcoords": "offset points", "annotation_clip": False}
        ax.annotate("last\nknown", (1, 0), (6, -3), va="top", size=8, color=style.MUTED, linespacing=1, **head)
    ax.axvline(1, color=style.MUTED, linewidth=1)
    ax.set_yticks(range(len(scores)), list(scores["label"])[::-1], multialignment="right", size=8, linespacing=1.05)
    ax.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    ax.xaxis.set_major_formatter("{x:g}")
    ax.xaxis.set_minor_formatter(NullFormatter())
    ax.set_ylim(-0.6, len(scores) - 0.4)
    across(ax)
    ax.legend(handles=_forecast_key(scores), loc="lower center", bbox_to_anchor=(0.4, 1.0), ncols=2, frameon=False)


def _forecast_key(scores: pd.DataFrame) -> list[Line2D]:
    entries = [Line2D([], [], color=style.GRID, linewidth=9, label="what would meet it")]
    if scores["then_mid"].notna().any():
        look = {"marker": "o", "markerfacecolor": "none", "color": style.MUTED, "linestyle": "--"}
        entries.append(Line2D([], [], **look, label="edition before"))
    entries.append(Line2D([], [], marker="o", color=style.MUTED, label="this edition"))
    if scores["latest"].notna().any():
        entries.append(Line2D([], [], marker="D", color=style.INK, linestyle="", label="last known"))
    return entries


def forecast_labels(scores: pd.DataFrame, names: pd.Series, metrics: pd.DataFrame) -> list[str]:
    """Name each forecast in two lines: about whom and by whom; month it was said, what it expects, of which year."""
    labels = metrics.set_index("metric_id")["label"].str.lower().str.removeprefix("annualised ")
    lines = []
    for row in scores.itertuples():
        who = names[row.entity_id].partition(" (")[0]
        by = row.said_by.partition(",")[0].removeprefix(f"{who} ")
        what = f"{'API ' if row.measure == 'api' else ''}{labels[row.metric]}"
        until = "end of " if row.metric == "run_rate" else ""
        lines.append(f"{who}: {by}\n{row.said_on:%-m/%y}: {what}, {until}{row.due:%Y}")
    return lines


def forecast_rows(scores: pd.DataFrame, names: pd.Series, metrics: pd.DataFrame) -> pd.DataFrame:
    """Return scored forecasts with texts to show: ``label``, ``amount``, ``said_by`` (with the month) and ``last``."""
    who = scores["entity_id"].map(names).str.split(" (", n=1, regex=False).str[0]
    what = scores["metric"].map(metrics.set_index("metric_id")["label"]).str.lower()
    return scores.assign(
        label=who + ": " + what + scores["measure"].map({"api": ", API", "total": ", all"}).fillna(""),
        amount=[_amount(row.value, row.base_unit) for row in scores.itertuples()],
        said_by=[f"{row.said_by}, {row.said_on:%-m/%y}" for row in scores.itertuples()],
        last=[_amount(row.latest, row.base_unit) for row in scores.itertuples()],
    )


def _amount(value: float, unit: str) -> str:
    """Write a value of base unit ``unit``: dollars in millions without their unit, all else with it."""
    return minus(f"{value / 1e6:,.0f}") if unit == "USD" and value == value else amount_text(value, unit)


def shown(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the ledger with texts to show: ``part``, ``printed``, ``found``, ``day`` and ``where``."""
    records = rows.to_dict("records")
    return rows.assign(
        part=rows["section"].str.replace(" ", NO_BREAK),
        printed=[printed(row) for row in records],
        found=[computed(row) for row in records],
        day=[reference(row) for row in records],
        where=[Printed(f"@{row['link']}") if row["link"] else "" for row in records],
    )


def reference(row: Mapping[str, object]) -> str:
    """Write the day that a verdict speaks of, and other verdicts: of the first edition, of the edition's own period."""
    on = "" if pd.isna(row["on"]) else _day(row["on"])
    if row.get("then"):
        on = f"{on}; on {_day(row['then_on'])} {row['then']}"
    turned = row.get("later") and row["later"] != row["verdict"]
    return f"{on}; {row['later_in']}: {row['later']}" if turned else on


def _day(day: dt.date) -> str:
    return format(day, DAY).replace(" ", NO_BREAK)


def rules(rows: pd.DataFrame, claims: pd.DataFrame) -> pd.DataFrame:
    """Return rules of verdict with ``claim``: what those claims say that name the computation, or which one it is."""
    told = claims.groupby("computation")["text"].agg("; ".join)
    return rows.assign(claim=rows["computation"].map(told).fillna("All claims taken together"))


def study_rows(study: pd.DataFrame, countries: Sequence[Country]) -> pd.DataFrame:
    """Return the study of intervals as its table shows it: ``printed`` marked, designs named after countries."""
    named = {rf", {country.code}$": f", {country.adjective}" for country in countries}
    printed = study["printed"].map({True: "yes", False: ""})
    return study.assign(printed=printed, design=study["design"].replace(named, regex=True))


def scores(rows: pd.DataFrame, articles: pd.DataFrame) -> pd.DataFrame:
    """Return the articles, each with how many of its claims of each group hold, as ``12 of 30``."""
    holds = rows.assign(holds=rows["verdict"].map(TONES).eq("holds"))
    told = holds.pivot_table("holds", "article_id", "group", aggfunc=lambda one: f"{one.sum()} of {len(one)}")
    return articles.join(told.reindex(columns=list(GROUPS)).fillna("none"), on="article_id")


def decided(rows: pd.DataFrame) -> pd.DataFrame:
    """Return claims with texts to show, those that one computation decides alike in one row, by verdict.

    ``found`` begins with what was computed: the first clause of the note.
    """
    texts = shown(rows)
    what = texts["note"].str.split(r"[.;] ", n=1, regex=True).str[0]
    texts = texts.assign(found=what + ": " + texts["found"])
    joined = texts.groupby(["verdict", "computation", "note"])["text"].transform("; ".join)
    once = texts.assign(text=joined).drop_duplicates(["verdict", "computation", "note"])
    return once.sort_values("verdict", kind="stable").reset_index(drop=True)


def printed(row: Mapping[str, object]) -> str:
    """Write the figure of a claim as the article prints it, with its unit."""
    if not row["quoted"]:
        return ""
    quoted = str(row["quoted"])
    grouped = f"{int(quoted):,}" if quoted.isdigit() else quoted.replace("-", "–")
    return _with_unit(grouped, str(row["unit"]))


def computed(row: Mapping[str, object]) -> str:
    """Write what was computed, with the ends of its interval and what it rests on.

    An interval that is not one of the value before it, as that of a forecast beside the last value known, says what
    it is.
    """
    value, low, high = (row[name] for name in ("computed", "ci_low", "ci_high"))
    if value != value and low != low:
        return ""
    finer = len(str(row["quoted"]).partition(".")[2]) + 1 if row["quoted"] else None
    text = _number(value, finer) if value == value else ""
    if row["interval"] and (row["kind"] == "forecast" or value < low or value > high):
        text = f"{text}; {row['interval']} {_number(low, finer)} to {_number(high, finer)}".removeprefix("; ")
    elif low == low:
        text = f"{text} ({_number(low, finer)} to {_number(high, finer)})".strip()
    text = _with_unit(text, str(row["computed_unit"]))
    return f"{text}, n = {row['n']:,}" if low == low and not pd.isna(row["n"]) else text


def _number(value: float, digits: int | None = None) -> str:
    """Write a number with three significant digits, or with a digit more than what it is compared with."""
    if not np.isfinite(value):
        return "∞" if value > 0 else "−∞"
    if digits is None or abs(value) >= 1000:
        size = np.floor(np.log10(abs(value))) if value else 0
        digits = int(min(3, max(0, 2 - size)))
    return minus(f"{value:,.{digits}f}")


def _with_unit(text: str, unit: str) -> str:
    """Write a number with its unit; a percent sign follows each number of an interval's text once, at its end."""
    number, _, currency = unit.partition(" ")
    if unit == "percent":
        return f"{text}%"
    words = {"ratio": "", **CURRENCIES}
    return " ".join(part for part in (text, words.get(number, number), words.get(currency, currency)) if part)


def grid(rows: pd.DataFrame, title: str, width: int) -> Grid:
    """Return the ledger as a table for a terminal of so many columns; a narrow one has less side by side."""
    table = Grid(title=title, title_justify="left", pad_edge=False, show_lines=width < WIDE)
    wide = width >= WIDE
    for name, look in (
        ("claim", {"min_width": 28, "ratio": 2}),
        ("article", {"justify": "right"}),
        ("computed", {"justify": "right"}),
        ("verdict", {}),
        ("why", {"ratio": 3}),
    ):
        if wide or name == "claim":
            table.add_column(name, overflow="fold", **look)
    if not wide:
        table.add_column("found", overflow="fold", width=26)
    for row in shown(rows).itertuples():
        verdict = Text.assemble((row.verdict, TERMINAL[TONES[row.verdict]]), "\n", (row.day, "dim"))
        claim = Text.assemble(row.text, "\n", (f"{row.claim_id}, {row.part}", "dim"))
        if wide:
            table.add_row(claim, row.printed, row.found, verdict, Text(row.note))
        else:
            figures = [f"{name}: {text}" for name, text in (("article", row.printed), ("computed", row.found)) if text]
            table.add_row(Text.assemble(claim, "\n", row.note), Text("\n").join([verdict, *map(Text, figures)]))
    return table
