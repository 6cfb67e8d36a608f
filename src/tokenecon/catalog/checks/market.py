"""Market tables: prices whose flags say what their cells show, scores on their scale, tokens that add up."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from fractions import Fraction
from itertools import pairwise

from tokenecon.catalog.checks.context import Data, Fault, Place, Row
from tokenecon.catalog.errors import Finding
from tokenecon.catalog.printed import Interval

COMMITTED = ("first_commit", "change_commit")
RESOLD = ("reseller", "third_party_host")
SCALE = {"index": (0, 100), "fraction": (0, 1), "percent": (0, 100), "rating": (500, 2500)}
LENGTH = {"day": 1, "week": 7}
REST, WHOLE = "other", "largest_50_and_other"


SHOWN: dict[str, Callable[[Row], bool]] = {
    "zero_price": lambda row: float(row["input"]) == 0 == float(row["output"] or 1),
    "no_output_price": lambda row: float(row["output"] or 0) == 0 < float(row["input"]),
    "cached_above_input": lambda row: float(row["cached_input"] or 0) > float(row["input"]),
    "same_day": lambda row: row["effective_from"] == row["effective_to"] != "",
    "domestic_in_usd": lambda row: (row["market"], row["currency"]) == ("domestic", "USD"),
}
"""Flags that follow from the cells of a row: it has the flag if, and only if, they show it."""


def price_faults(row: Row, data: Data) -> Iterator[Fault]:
    """Flags are known and true, days are in order, and resold models are not first-party."""
    flags, start, published = row["flags"].split(), row["effective_from"], row["published_on"]
    for flag in flags:
        if ("prices", flag) not in data.by("flags", "table", "flag"):
            yield "flags", f"'{flag}' is no flag of prices in data/flags.csv"
    for flag, shown in SHOWN.items():
        if shown(row) != (flag in flags):
            yield "flags", f"has '{flag}', and its cells do not show it" if flag in flags else f"lacks '{flag}'"
    if (row["first_party"] == "true") == any(flag in flags for flag in RESOLD):
        yield "first_party", f"'{row['first_party']}' does not fit; false goes with {' or '.join(RESOLD)} in flags"
    yield from end_faults(row, data)
    yield from seen_faults(row, data)
    if row["dating"] in COMMITTED and start != published:
        yield "published_on", f"{published} is not the day of the commit, {start or 'which effective_from lacks'}"


def end_faults(row: Row, data: Data) -> Iterator[Fault]:
    """A span ends after it begins."""
    if "" < row["effective_to"] < row["effective_from"]:
        yield "effective_to", f"{row['effective_to']} is before effective_from, {row['effective_from']}"


def seen_faults(row: Row, data: Data) -> Iterator[Fault]:
    """A row is last seen once it is published."""
    if row["last_seen_on"] < row["published_on"]:
        yield "last_seen_on", f"{row['last_seen_on']} is before published_on, {row['published_on']}"


def flag_findings(data: Data) -> Iterator[Finding]:
    """Every flag stands on some row."""
    used = {flag for cell in data["prices"]["flags"] for flag in cell.split()}
    used |= set(data["price_rulings"]["flag"]) if "price_rulings" in data.raw else set()
    for line, row in data.rows("flags"):
        if row["flag"] not in used:
            yield data.finding("flags", line, "flag", f"no row has '{row['flag']}'; delete the line")


def score_faults(row: Row, data: Data) -> Iterator[Fault]:
    """Scores lie on the scale of their benchmark."""
    low, high = SCALE[data.by("benchmarks", "benchmark_id")[row["benchmark"]]["unit"]]
    if not low <= float(row["score"]) <= high:
        yield "score", f"{row['score']} is off the scale of {row['benchmark']}, {low} to {high}"


def length_faults(row: Row, data: Data) -> Iterator[Fault]:
    """A day has one day, a week seven."""
    days = (date.fromisoformat(row["period_end"]) - date.fromisoformat(row["period_start"])).days + 1
    if days != LENGTH[row["frequency"]]:
        yield "period_start", f"makes a {row['frequency']} of {days} days"


def period_places(data: Data, name: str) -> Iterator[Place]:
    """Ranks of a period go with its tokens, and a whole day has one row for the rest."""
    for rows in data.grouped(name, "platform", "frequency", "period_end"):
        ranked = sorted((float(row["rank"]), line, row) for line, row in rows if row["rank"])
        for (_, _, above), (_, line, row) in pairwise(ranked):
            if float(row["tokens"]) > float(above["tokens"]):
                yield line, "rank", f"{row['rank']} has more tokens than {above['rank']} of the period"
        line, row = rows[0]
        others = sum(row["name"] == REST for _, row in rows)
        if others != (row["coverage"] == WHOLE):
            yield line, "coverage", f"{row['coverage']} of {row['period_end']} has {others or 'no'} rows named '{REST}'"


def share_places(data: Data, name: str) -> Iterator[Place]:
    """Shares of a snapshot do not exceed the whole, and go with their tokens."""
    for rows in data.grouped(name, "platform", "labelled_on"):
        line, row = rows[0]
        whole = sum((Interval.of(row["share"]) for _, row in rows[1:]), Interval.of(row["share"]))
        if whole.low > 100:
            yield line, "share", f"shares of {row['labelled_on']} are more than the whole"
        first, reference = next(((line, row) for line, row in rows if Fraction(row["share"])), rows[0])
        total = _exactly(reference["tokens"]) / Interval.of(reference["share"], Fraction(1, 100))
        for line, row in rows:
            part = total and _exactly(row["tokens"]) / total
            if total and not (part and part.meets(Interval.of(row["share"], Fraction(1, 100)))):
                message = f"{row['share']} percent does not go with {row['tokens']} tokens, as in line {first}"
                yield line, "share", message


def _exactly(count: str) -> Interval:
    return Interval(Fraction(count), Fraction(count))


def sights(data: Data, name: str) -> Iterator[Place]:
    """No row of a table is earlier than the first sight of its model, but for rows found after the model was."""
    if name == "models" or not {"model_id", "published_on"} <= set(data.schema.tables[name].fields):
        return
    for line, row in data.rows(name):
        model = data.by("models", "model_id")[row["model_id"]]
        day, first = row["published_on"], model["published_on"]
        if day < first and row["added_on"] <= model["added_on"]:
            yield line, "published_on", f"{day} is before the first sight of {row['model_id']}, {first}"
