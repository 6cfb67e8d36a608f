"""Tables around the lists: rulings on prices, prices of an index, applications, modalities, totals, shares, imports."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise

from tokenecon.catalog.checks.context import Data, Fault, Look, Place, Row
from tokenecon.catalog.checks.market import WHOLE
from tokenecon.catalog.errors import Finding
from tokenecon.catalog.market import SPAN

TOTAL_TOLERANCE = 0.001
"""The service counts a day again for a few days: a total and the sum of its models were read at different times."""
SHARE_TOLERANCE = 0.001


def ruling_faults(ruling: Row, data: Data) -> Iterator[Fault]:
    """A ruling on a price names a flag, and a cell that still is as it was printed."""
    flag, column, printed = ruling["flag"], ruling["column"], ruling["printed"]
    if ("prices", flag) not in data.by("flags", "table", "flag"):
        yield "flag", f"'{flag}' is no flag in data/flags.csv"
    if len({bool(ruling[name]) for name in ("column", "printed", "corrected")}) > 1:
        yield "column", "goes with printed and corrected: give all or none"
    row = data.by("prices", *SPAN).get(_key(ruling)) if _has(data) else None
    if row and flag in row["flags"].split():
        yield "flag", f"the row of prices has '{flag}' itself; remove this one"
    if row and column and row[column] != printed:
        yield "printed", f"prices has {row[column]} in {column}, not {printed}; remove this one"


def _has(data: Data, name: str = "prices") -> bool:
    return name in data.raw and data.raw[name].usable


def _key(row: Row) -> tuple[str, ...]:
    return tuple(row[name] for name in SPAN)


def index_span_places(data: Data, name: str) -> Iterator[Place]:
    """Spans of a variant follow each other."""
    for rows in data.grouped(name, "slug"):
        for (_, row), (line, after) in pairwise(sorted(rows, key=lambda pair: pair[1]["effective_from"])):
            begins, ends = after["effective_from"], row["effective_to"]
            if not ends or ends > begins:
                yield line, "effective_from", f"{begins} is before the span before it ends, {ends or 'never'}"


def index_end_faults(row: Row, data: Data) -> Iterator[Fault]:
    """A span of the index ends on a day after that on which it begins."""
    if row["effective_to"] and row["effective_to"] <= row["effective_from"]:
        yield "effective_to", f"{row['effective_to']} is not after effective_from, {row['effective_from']}"


def ranks(value: str, *by: str) -> Look:
    """Look whether the place on a list goes with a value; a list is what agrees in some columns."""

    def look(data: Data, name: str) -> Iterator[Place]:
        for rows in data.grouped(name, *by):
            for (_, above), (line, row) in pairwise(sorted(rows, key=lambda pair: float(pair[1]["rank"]))):
                if float(row[value]) > float(above[value]):
                    yield line, "rank", f"{row['rank']} has a larger {value} than {above['rank']} of the list"

    return look


def vendor_places(data: Data, name: str) -> Iterator[Place]:
    """As many vendors are listed as the row says."""
    for rows in data.grouped(name, "modality", "observed_on"):
        for line, row in rows:
            if int(row["vendors"]) != len(rows):
                message = f"{row['vendors']} vendors, and {len(rows)} rows of {row['modality']} on {row['observed_on']}"
                yield line, "vendors", message


def total_places(data: Data, name: str) -> Iterator[Place]:
    """The total of a day is the sum of its models, where all of them and the rest are there."""
    sums: dict[tuple[str, str], float] = {}
    for _, row in data.rows("token_models") if _has(data, "token_models") else ():
        if row["frequency"] == "day" and row["coverage"] == WHOLE:
            day = (row["platform"], row["period_end"])
            sums[day] = sums.get(day, 0.0) + float(row["tokens"])
    for line, row in data.rows(name) if sums else ():
        total = sums.get((row["platform"], row["period_end"]))
        if total and abs(float(row["tokens"]) / total - 1) > TOTAL_TOLERANCE:
            yield line, "tokens", f"{row['tokens']} is not the sum of the models of the day, {total:.0f}"


def share_places(data: Data, name: str) -> Iterator[Place]:
    """A capitalisation worked out from a closing price is that price times shares that were in issue."""
    close: dict[tuple[str, str], float] = {}
    shares: dict[str, list[float]] = {}
    for _, row in data.rows(name):
        if row["metric"] == "share_price" and row["item"] == "close":
            close[row["entity_id"], row["period_end"]] = float(row["value"])
        if row["metric"] == "shares_in_issue":
            shares.setdefault(row["entity_id"], []).append(float(row["value"]) * float(data.factor(row)))
    for line, row in data.rows(name):
        price = close.get((row["entity_id"], row["period_end"]))
        if price is None or (row["metric"], row["item"]) != ("market_capitalisation", "derived"):
            continue
        count = float(row["value"]) * float(data.factor(row)) / price
        if not any(abs(count / known - 1) < SHARE_TOLERANCE for known in shares.get(row["entity_id"], ())):
            message = f"{row['value']} {row['unit']} at {price:g} a share makes {count:.0f} shares, never in issue"
            yield line, "value", message


def event_faults(row: Row, data: Data) -> Iterator[Fault]:
    """An event is published once it happened."""
    if row["published_on"] < row["happened_on"]:
        yield "published_on", f"{row['published_on']} is before happened_on, {row['happened_on']}"


def import_faults(row: Row, data: Data) -> Iterator[Fault]:
    """What became of the rows of a file adds up to them, and its tables exist."""
    parts = ("merged", "ruled", "refused", "added")
    total = sum(int(row[name]) for name in parts)
    if total != int(row["rows"]):
        terms = " + ".join(f"{row[name]} {name}" for name in parts)
        yield "rows", f"{row['rows']} rows, but {terms} makes {total}"
    for name in row["tables"].split():
        if name != "none" and name not in data.schema.tables:
            yield "tables", f"'{name}' is no table of datapackage.json"


def difference_findings(data: Data) -> Iterator[Finding]:
    """Each price that differs from LiteLLM's is explained, and each explanation has its difference."""
    if not {"litellm_prices", "price_differences", "price_ends"} <= set(data.raw) or not _has(data):
        return
    explained, found = data.by("price_differences", "version", "name"), {}
    ours = _own_spans(data)
    for line, row in data.rows("litellm_prices"):
        own = _held_on(ours.get((row["model_id"], row["name"].lower()), ()), row["published_on"])
        if own is None or _pair(own) == _pair(row):
            continue
        key = (row["version"], row["name"])
        found[key] = (_text(own), _text(row))
        if key not in explained:
            message = f"{_text(row)} differs from our {_text(own)}; say why in data/price_differences.csv"
            yield data.finding("litellm_prices", line, "input", message)
    for line, row in data.rows("price_differences"):
        now = found.get((row["version"], row["name"]))
        if (row["ours"], row["theirs"]) != now:
            said = f"are {now[0]} and {now[1]}" if now else "agree"
            yield data.finding("price_differences", line, "ours", f"the two {said} now; mend or remove this one")


def _own_spans(data: Data) -> dict[tuple[str, str], list[Row]]:
    """Makers' dollar prices outside China by model and name, excluded ones left out, ends filled in."""
    excluded = {row["flag"] for _, row in data.rows("flags") if row["excluded"] == "true"}
    ruled = {_key(row) for _, row in data.rows("price_rulings") if row["flag"] in excluded}
    ends = data.by("price_ends", *SPAN)
    spans: dict[tuple[str, str], list[Row]] = {}
    for _, row in data.rows("prices"):
        own = (row["first_party"], row["market"], row["currency"]) == ("true", "international", "USD")
        if own and not excluded & {*row["flags"].split()} and _key(row) not in ruled:
            span = row | {"effective_to": ends.get(_key(row), row)["effective_to"]}
            spans.setdefault((row["model_id"], row["name"].lower()), []).append(span)
    return spans


def _held_on(spans: Iterable[Row], day: str) -> Row | None:
    """Return the span that held on a day, the last to begin where several did."""
    held = [row for row in spans if _begin(row) <= day and not "" < row["effective_to"] <= day]
    return max(held, key=_begin, default=None)


def _begin(row: Row) -> str:
    return row["effective_from"] or row["published_on"]


def _pair(row: Row) -> tuple[float, float]:
    return float(row["input"]), float(row["output"] or 0)


def _text(row: Row) -> str:
    return " / ".join(f"{price:g}" for price in _pair(row))
