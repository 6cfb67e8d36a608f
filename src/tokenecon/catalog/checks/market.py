"""Market tables: prices whose flags say what their cells show, scores on their scale, tokens that add up."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from fractions import Fraction
from itertools import pairwise

from tokenecon.catalog.checks.context import Data, Row
from tokenecon.catalog.errors import Finding
from tokenecon.catalog.printed import Interval

COMMITTED = ("first_commit", "change_commit")
RESOLD = ("reseller", "third_party_host")
SCALE = {"index": (0, 100), "fraction": (0, 1), "percent": (0, 100), "rating": (500, 2500)}
LENGTH = {"day": 1, "week": 7}
REST, WHOLE = "other", "largest_50_and_other"


def _is_zero(row: Row) -> bool:
    return float(row["input"]) == 0 == float(row["output"] or 1)


def _lacks_output(row: Row) -> bool:
    return float(row["output"] or 0) == 0 < float(row["input"])


def _cached_above_input(row: Row) -> bool:
    return float(row["cached_input"] or 0) > float(row["input"])


SHOWN: dict[str, Callable[[Row], bool]] = {
    "zero_price": _is_zero,
    "no_output_price": _lacks_output,
    "cached_above_input": _cached_above_input,
    "same_day": lambda row: row["effective_from"] == row["effective_to"] != "",
    "domestic_in_usd": lambda row: (row["market"], row["currency"]) == ("domestic", "USD"),
}
"""Flags that follow from the cells of a row: it has the flag if, and only if, they show it."""


def price_findings(data: Data) -> Iterator[Finding]:
    """Flags are known and true, days are in order, and resold models are not first-party."""
    known = {row["flag"] for _, row in data.rows("flags") if row["table"] == "prices"}
    for line, row in data.rows("prices"):
        flags = row["flags"].split()
        for flag in flags:
            if flag not in known:
                yield data.finding("prices", line, "flags", f"'{flag}' is no flag of prices in data/flags.csv")
        for flag, shown in SHOWN.items():
            if shown(row) != (flag in flags):
                message = f"has '{flag}', and its cells do not show it" if flag in flags else f"lacks '{flag}'"
                yield data.finding("prices", line, "flags", message)
        if (row["first_party"] == "true") == any(flag in flags for flag in RESOLD):
            message = f"'{row['first_party']}' does not fit; false goes with {' or '.join(RESOLD)} in flags"
            yield data.finding("prices", line, "first_party", message)
        yield from _day_findings(data, line, row)


def _day_findings(data: Data, line: int, row: Row) -> Iterator[Finding]:
    start, end, seen = row["effective_from"], row["effective_to"], row["last_seen_on"]
    if end and end < start:
        yield data.finding("prices", line, "effective_to", f"{end} is before effective_from, {start}")
    if seen < row["published_on"]:
        message = f"{seen} is before published_on, {row['published_on']}"
        yield data.finding("prices", line, "last_seen_on", message)
    if row["dating"] in COMMITTED and start != row["published_on"]:
        message = f"{row['published_on']} is not the day of the commit, {start or 'which effective_from lacks'}"
        yield data.finding("prices", line, "published_on", message)


def end_findings(data: Data) -> Iterator[Finding]:
    """A span ends after it begins."""
    for line, row in data.rows("price_ends"):
        if row["effective_to"] < row["effective_from"]:
            message = f"{row['effective_to']} is before effective_from, {row['effective_from']}"
            yield data.finding("price_ends", line, "effective_to", message)


def flag_findings(data: Data) -> Iterator[Finding]:
    """Every flag stands on some row."""
    used = {flag for cell in data["prices"]["flags"] for flag in cell.split()}
    used |= set(data["price_rulings"]["flag"]) if "price_rulings" in data.raw else set()
    for line, row in data.rows("flags"):
        if row["flag"] not in used:
            yield data.finding("flags", line, "flag", f"no row has '{row['flag']}'; delete the line")


def score_findings(data: Data) -> Iterator[Finding]:
    """Scores lie on the scale of their benchmark."""
    units = {row["benchmark_id"]: row["unit"] for _, row in data.rows("benchmarks")}
    for line, row in data.rows("capability"):
        low, high = SCALE[units[row["benchmark"]]]
        if not low <= float(row["score"]) <= high:
            message = f"{row['score']} is off the scale of {row['benchmark']}, {low} to {high}"
            yield data.finding("capability", line, "score", message)


def token_findings(data: Data) -> Iterator[Finding]:
    """Ranks of a period go with its tokens, a whole day has one row for the rest, and periods have their length."""
    periods: dict[tuple[str, ...], list[tuple[int, Row]]] = {}
    for line, row in data.rows("token_models"):
        periods.setdefault((row["platform"], row["frequency"], row["period_end"]), []).append((line, row))
        days = (date.fromisoformat(row["period_end"]) - date.fromisoformat(row["period_start"])).days + 1
        if days != LENGTH[row["frequency"]]:
            yield data.finding("token_models", line, "period_start", f"makes a {row['frequency']} of {days} days")
    for rows in periods.values():
        ranked = sorted((float(row["rank"]), line, row) for line, row in rows if row["rank"])
        for (_, _, above), (_, line, row) in pairwise(ranked):
            if float(row["tokens"]) > float(above["tokens"]):
                message = f"{row['rank']} has more tokens than {above['rank']} of the period"
                yield data.finding("token_models", line, "rank", message)
        line, row = rows[0]
        others = sum(row["name"] == REST for _, row in rows)
        if others != (row["coverage"] == WHOLE):
            message = f"{row['coverage']} of {row['period_end']} has {others or 'no'} rows named '{REST}'"
            yield data.finding("token_models", line, "coverage", message)


def share_findings(data: Data) -> Iterator[Finding]:
    """Shares of a snapshot do not exceed the whole, and go with their tokens."""
    days: dict[tuple[str, str], list[tuple[int, Row]]] = {}
    for line, row in data.rows("token_shares"):
        days.setdefault((row["platform"], row["labelled_on"]), []).append((line, row))
    for rows in days.values():
        whole = sum((Interval.of(row["share"]) for _, row in rows[1:]), Interval.of(rows[0][1]["share"]))
        if whole.low > 100:
            line, row = rows[0]
            yield data.finding("token_shares", line, "share", f"shares of {row['labelled_on']} are more than the whole")
        first, reference = next(((line, row) for line, row in rows if Fraction(row["share"])), rows[0])
        if total := _total(reference):
            for line, row in rows:
                part = Interval(Fraction(row["tokens"]), Fraction(row["tokens"])) / total
                if not part or not part.meets(Interval.of(row["share"], Fraction(1, 100))):
                    message = f"{row['share']} percent does not go with {row['tokens']} tokens, as in line {first}"
                    yield data.finding("token_shares", line, "share", message)


def _total(row: Row) -> Interval | None:
    """Return what all tokens may be, by one author's share of them; None where the share may be nothing."""
    tokens = Fraction(row["tokens"])
    return Interval(tokens, tokens) / Interval.of(row["share"], Fraction(1, 100))


def sight_findings(data: Data, name: str) -> Iterator[Finding]:
    """No row of a table is earlier than the first sight of its model, but for rows found after the model was."""
    if name == "models" or not {"model_id", "published_on"} <= set(data.schema.tables[name].fields):
        return
    first = data["models"].set_index("model_id")["published_on"]
    added = data["models"].set_index("model_id")["added_on"]
    for line, row in data.rows(name):
        if row["published_on"] < first[row["model_id"]] and row["added_on"] <= added[row["model_id"]]:
            message = f"{row['published_on']} is before the first sight of {row['model_id']}, {first[row['model_id']]}"
            yield data.finding(name, line, "published_on", message)


CHECKS: dict[str, tuple[Callable[[Data], Iterator[Finding]], ...]] = {
    "price_ends": (end_findings,),
    "prices": (price_findings, flag_findings),
    "capability": (score_findings,),
    "token_models": (token_findings,),
    "token_shares": (share_findings,),
}


def findings_of(data: Data, name: str) -> Iterator[Finding]:
    """Run the checks of one table, if it is a market table."""
    for check in CHECKS.get(name, ()):
        yield from check(data)
    yield from sight_findings(data, name)


def market_findings(data: Data) -> Iterator[Finding]:
    """Run the checks of the market tables read."""
    for name in data.raw:
        yield from findings_of(data, name)
