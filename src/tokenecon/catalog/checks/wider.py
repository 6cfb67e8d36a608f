"""Tables around the lists: rulings on prices, prices of an index, applications, modalities, totals, shares, imports."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import groupby, pairwise

from tokenecon.catalog.checks.context import Data, Row
from tokenecon.catalog.errors import Finding

PRICE_KEY = ("endpoint", "name", "condition", "effective_from", "origin")
TOTAL_TOLERANCE = 0.001
"""The service counts a day again for a few days: a total and the sum of its models were read at different times."""
SHARE_TOLERANCE = 0.001


def price_ruling_findings(data: Data) -> Iterator[Finding]:
    """A ruling on a price names a flag, and a cell that still is as it was printed."""
    known = {row["flag"] for _, row in data.rows("flags") if row["table"] == "prices"}
    prices = {tuple(row[name] for name in PRICE_KEY): row for _, row in data.rows("prices")} if _has(data) else {}
    for line, ruling in data.rows("price_rulings"):
        if ruling["flag"] not in known:
            yield data.finding("price_rulings", line, "flag", f"'{ruling['flag']}' is no flag in data/flags.csv")
        if len({bool(ruling[name]) for name in ("column", "printed", "corrected")}) > 1:
            yield data.finding("price_rulings", line, "column", "goes with printed and corrected: give all or none")
        row = prices.get(tuple(ruling[name] for name in PRICE_KEY))
        if row and ruling["flag"] in row["flags"].split():
            message = f"the row of prices has '{ruling['flag']}' itself; remove this one"
            yield data.finding("price_rulings", line, "flag", message)
        if row and ruling["column"] and row[ruling["column"]] != ruling["printed"]:
            message = (
                f"prices has {row[ruling['column']]} in {ruling['column']}, not {ruling['printed']}; remove this one"
            )
            yield data.finding("price_rulings", line, "printed", message)


def _has(data: Data) -> bool:
    return "prices" in data.raw and data.raw["prices"].usable


def index_price_findings(data: Data) -> Iterator[Finding]:
    """Spans of a variant follow each other."""
    rows = sorted(data.rows("index_prices"), key=lambda pair: (pair[1]["slug"], pair[1]["effective_from"]))
    for _, own in groupby(rows, key=lambda pair: pair[1]["slug"]):
        for (_, row), (line, after) in pairwise(own):
            if not row["effective_to"] or row["effective_to"] > after["effective_from"]:
                message = (
                    f"{after['effective_from']} is before the span before it ends, {row['effective_to'] or 'never'}"
                )
                yield data.finding("index_prices", line, "effective_from", message)
    for line, row in rows:
        if row["effective_to"] and row["effective_to"] <= row["effective_from"]:
            message = f"{row['effective_to']} is not after effective_from, {row['effective_from']}"
            yield data.finding("index_prices", line, "effective_to", message)
        if row["last_seen_on"] < row["published_on"]:
            message = f"{row['last_seen_on']} is before published_on, {row['published_on']}"
            yield data.finding("index_prices", line, "last_seen_on", message)


def app_findings(data: Data) -> Iterator[Finding]:
    """The place of an application goes with its tokens."""
    yield from _rank_findings(data, "apps", ("platform", "observed_on"), "tokens")


def modality_findings(data: Data) -> Iterator[Finding]:
    """The place of a vendor goes with its best score, and as many vendors are listed as the row says."""
    yield from _rank_findings(data, "modalities", ("modality", "observed_on"), "best_score")
    for rows in _grouped(data, "modalities", ("modality", "observed_on")):
        for line, row in rows:
            if int(row["vendors"]) != len(rows):
                message = f"{row['vendors']} vendors, and {len(rows)} rows of {row['modality']} on {row['observed_on']}"
                yield data.finding("modalities", line, "vendors", message)


def _grouped(data: Data, name: str, by: tuple[str, ...]) -> Iterator[list[tuple[int, Row]]]:
    groups: dict[tuple[str, ...], list[tuple[int, Row]]] = {}
    for line, row in data.rows(name):
        groups.setdefault(tuple(row[key] for key in by), []).append((line, row))
    yield from groups.values()


def _rank_findings(data: Data, name: str, by: tuple[str, ...], value: str) -> Iterator[Finding]:
    for rows in _grouped(data, name, by):
        ranked = sorted(rows, key=lambda pair: float(pair[1]["rank"]))
        for (_, above), (line, row) in pairwise(ranked):
            if float(row[value]) > float(above[value]):
                message = f"{row['rank']} has a larger {value} than {above['rank']} of the list"
                yield data.finding(name, line, "rank", message)


def total_findings(data: Data) -> Iterator[Finding]:
    """The total of a day is the sum of its models, where all of them and the rest are there."""
    if "token_models" not in data.raw or not data.raw["token_models"].usable:
        return
    sums: dict[tuple[str, str], float] = {}
    for _, row in data.rows("token_models"):
        if row["frequency"] == "day" and row["coverage"] == "largest_50_and_other":
            day = (row["platform"], row["period_end"])
            sums[day] = sums.get(day, 0.0) + float(row["tokens"])
    for line, row in data.rows("token_totals"):
        total = sums.get((row["platform"], row["period_end"]))
        if total and abs(float(row["tokens"]) / total - 1) > TOTAL_TOLERANCE:
            message = f"{row['tokens']} is not the sum of the models of the day, {total:.0f}"
            yield data.finding("token_totals", line, "tokens", message)


def share_findings(data: Data) -> Iterator[Finding]:
    """A capitalisation worked out from a closing price is that price times shares that were in issue."""
    close: dict[tuple[str, str], float] = {}
    shares: dict[str, list[float]] = {}
    for _, row in data.rows("share_prices"):
        if row["metric"] == "share_price" and row["item"] == "close":
            close[row["entity_id"], row["period_end"]] = float(row["value"])
        if row["metric"] == "shares_in_issue":
            shares.setdefault(row["entity_id"], []).append(float(row["value"]) * float(data.factor(row)))
    for line, row in data.rows("share_prices"):
        price = close.get((row["entity_id"], row["period_end"]))
        if price is None or (row["metric"], row["item"]) != ("market_capitalisation", "derived"):
            continue
        count = float(row["value"]) * float(data.factor(row)) / price
        if not any(abs(count / known - 1) < SHARE_TOLERANCE for known in shares.get(row["entity_id"], ())):
            message = f"{row['value']} {row['unit']} at {price:g} a share makes {count:.0f} shares, never in issue"
            yield data.finding("share_prices", line, "value", message)


def event_findings(data: Data) -> Iterator[Finding]:
    """An event is published once it happened."""
    for line, row in data.rows("events"):
        if row["published_on"] < row["happened_on"]:
            message = f"{row['published_on']} is before happened_on, {row['happened_on']}"
            yield data.finding("events", line, "published_on", message)


def import_findings(data: Data) -> Iterator[Finding]:
    """What became of the rows of a file adds up to them, and its tables exist."""
    parts = ("merged", "ruled", "refused", "added")
    for line, row in data.rows("imports"):
        total = sum(int(row[name]) for name in parts)
        if total != int(row["rows"]):
            terms = " + ".join(f"{row[name]} {name}" for name in parts)
            yield data.finding("imports", line, "rows", f"{row['rows']} rows, but {terms} makes {total}")
        for name in row["tables"].split():
            if name != "none" and name not in data.schema.tables:
                yield data.finding("imports", line, "tables", f"'{name}' is no table of datapackage.json")


def difference_findings(data: Data) -> Iterator[Finding]:
    """Each price that differs from LiteLLM's is explained, and each explanation has its difference."""
    if not {"litellm_prices", "price_differences", "price_ends"} <= set(data.raw) or not _has(data):
        return
    explained = {(row["version"], row["name"]): (line, row) for line, row in data.rows("price_differences")}
    found = {}
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
    for key, (line, row) in explained.items():
        if (row["ours"], row["theirs"]) != found.get(key):
            now = "agree" if key not in found else f"are {found[key][0]} and {found[key][1]}"
            yield data.finding("price_differences", line, "ours", f"the two {now} now; mend or remove this one")


def _own_spans(data: Data) -> dict[tuple[str, str], list[Row]]:
    """Makers' dollar prices outside China by model and name, excluded ones left out, ends filled in."""
    excluded = {row["flag"] for _, row in data.rows("flags") if row["excluded"] == "true"}
    ruled: dict[tuple[str, ...], set[str]] = {}
    for _, row in data.rows("price_rulings"):
        ruled.setdefault(tuple(row[name] for name in PRICE_KEY), set()).add(row["flag"])
    ends = {tuple(row[name] for name in PRICE_KEY): row["effective_to"] for _, row in data.rows("price_ends")}
    spans: dict[tuple[str, str], list[Row]] = {}
    for _, row in data.rows("prices"):
        key = tuple(row[name] for name in PRICE_KEY)
        own = (row["first_party"], row["market"], row["currency"]) == ("true", "international", "USD")
        if own and not excluded & ({*row["flags"].split()} | ruled.get(key, set())):
            span = row | {"effective_to": ends.get(key, row["effective_to"])}
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


Check = Callable[[Data], Iterable[Finding]]
CHECKS: dict[str, Check] = {
    "price_rulings": price_ruling_findings,
    "index_prices": index_price_findings,
    "apps": app_findings,
    "modalities": modality_findings,
    "token_totals": total_findings,
    "share_prices": share_findings,
    "events": event_findings,
    "imports": import_findings,
    "price_differences": difference_findings,
}


def findings_of(data: Data, name: str) -> Iterator[Finding]:
    """Run the check of one of these tables."""
    if name in CHECKS:
        yield from CHECKS[name](data)


def wider_findings(data: Data) -> Iterator[Finding]:
    """Run the checks of those of these tables that are read."""
    for name in data.raw:
        yield from findings_of(data, name)
