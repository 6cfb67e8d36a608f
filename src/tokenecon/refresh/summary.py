"""What a refresh did, told in lines for a terminal, or as Markdown for a proposal."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from tokenecon.refresh.merge import Outcome, names
from tokenecon.refresh.merge.base import SPAN
from tokenecon.refresh.tables import Row, Tables
from tokenecon.refresh.web import RefreshError

SHOWN = 20
"""So many shares and values held back are told; quarantine.csv has them all."""

DECIDE = "**A person must decide**"
"""Begins the line that is there when a proposal is not only new rows; `.ci/refresh` labels by it."""


@dataclass
class Change:
    """A price that another took the place of, or that went away (then `new` is empty).

    `resold` says that a router shows it and not the maker's list, `moving` that its name moves from model to model:
    neither is a decision of the maker.
    """

    entity: str
    endpoint: str
    name: str
    old: str
    new: str
    resold: bool = False
    moving: bool = False


@dataclass(frozen=True)
class Stale:
    """A source that shows nothing new: day of the last look, newest day in its answer, days without any change."""

    source: str
    looked_on: str
    newest: str
    unchanged: int


@dataclass
class Summary:
    """What a refresh did.

    Parameters
    ----------
    added
        Rows added, by table.
    changes
        List prices that changed, by vendor.
    models
        Models that appeared: name, vendor, source.
    shares
        Authors whose share of OpenRouter's tokens moved: name, share on the last day known before, and on the last
        day now.
    share_days
        Those two days.
    held
        Values held back, rows of quarantine.csv.
    failed
        What could not be refreshed, with the reason: feed, message.
    fresh
        Answers that differ from the one before, by source; the others had nothing new.
    stale
        Sources that show nothing new.
    """

    added: dict[str, int] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    models: list[tuple[str, str, str]] = field(default_factory=list)
    shares: list[tuple[str, float, float]] = field(default_factory=list)
    share_days: tuple[str, str] = ("", "")
    held: list[Row] = field(default_factory=list)
    failed: list[tuple[str, str]] = field(default_factory=list)
    fresh: list[str] = field(default_factory=list)
    stale: list[Stale] = field(default_factory=list)


def summed_up(held: Tables, outcome: Outcome) -> Summary:
    """Compare the rows of an outcome with those of ours that the tables hold."""
    new: dict[str, list[Row]] = {}
    for name, rows in outcome.rows.items():
        before = {tuple(row.values()) for row in held.ours(name)}
        fields = held.schema.tables[name].fields
        new[name] = [row for row in rows if tuple(row.get(column, "") for column in fields) not in before]
    summary = Summary({name: len(rows) for name, rows in new.items() if rows}, held=outcome.held)
    makers = {row["model_id"]: row["entity_id"] for row in [*held.by_hand("models"), *outcome.rows["models"]]}
    summary.models = [(row["name"], row["entity_id"], row["source_id"]) for row in new["models"]]
    ended = {tuple(row[part] for part in SPAN): row for row in [*held.by_hand("prices"), *outcome.rows["prices"]]}
    begun: dict[tuple[str, ...], Row] = {}
    begun |= {(row["endpoint"], row["name"], row["condition"], row["effective_from"]): row for row in new["prices"]}
    begun |= {(row["endpoint"], row["name"], row["effective_from"]): row for row in reversed(new["prices"])}
    for end in new["price_ends"]:
        old = ended[tuple(end[part] for part in SPAN)]
        place = (end["endpoint"], end["name"])
        after = begun.get((*place, old["condition"], end["effective_to"])) or begun.get((*place, end["effective_to"]))
        change = Change(makers[old["model_id"]], *place, *_told(old, after))
        change.resold = "reseller" in old["flags"].split()
        change.moving = names.is_moving(old["name"])
        summary.changes.append(change)
    summary.changes.sort(key=lambda change: (change.entity, change.endpoint, change.name))
    _sum_up_shares(summary, held, outcome, new["token_models"])
    return summary


def _told(old: Row, new: Row | None) -> tuple[str, str]:
    """Tell a price before and after, with the cached one where that moved."""
    columns = ["input", "output"]
    same = [row[column] for row in (old, new) if row for column in columns]
    if new and same[:2] == same[2:] and new["cached_input"] != old["cached_input"]:
        columns.append("cached_input")
    cached = " cached" if len(columns) > 2 else ""
    before, after = (" / ".join(row[column] or "–" for column in columns) + cached if row else "" for row in (old, new))
    return before, after


def _sum_up_shares(summary: Summary, held: Tables, outcome: Outcome, new: list[Row]) -> None:
    if not new:
        return
    aliases = [*held.by_hand("model_aliases"), *outcome.rows["model_aliases"]]
    makers = {row["name"]: row["entity_id"] or "others" for row in aliases}
    rows = pd.DataFrame([*held.by_hand("token_models"), *outcome.rows["token_models"]]).query("frequency == 'day'")
    fresh = {row["period_end"] for row in new}
    before = max((day for day in rows["period_end"] if day < min(fresh)), default="")
    days = [before, max(fresh)]
    rows = rows[rows["period_end"].isin(days)].astype({"tokens": float})
    tokens = rows.pivot_table("tokens", rows["name"].map(makers), "period_end", "sum", fill_value=0.0)
    parts = (tokens / tokens.sum()).reindex(columns=days, fill_value=0.0).fillna(0.0)
    moved = sorted(parts.itertuples(name=None), key=lambda part: -abs(part[2] - part[1]))
    summary.share_days, summary.shares = (before, max(fresh)), moved


Part = tuple[str, str, Sequence[tuple[str, ...]]]
"""A heading, what stands before each line on a terminal, and the lines: names and figures, and our words between."""


def _parts(summary: Summary, routers: bool) -> Iterator[Part]:
    yield "Rows", "rows", [(f"{count} in {name}.csv",) for name, count in summary.added.items()]
    shown = [change for change in summary.changes if routers or not change.resold]
    prices = [(change.entity, f"{change.name} ({change.endpoint})", _became(change)) for change in shown]
    yield "Prices", "price", [line for line, change in zip(prices, shown, strict=True) if not change.moving]
    moved = [(*line, "another model, maybe") for line, change in zip(prices, shown, strict=True) if change.moving]
    yield "Names that move from model to model", "moving name", moved
    hidden = len(summary.changes) - len(shown)
    yield "Routers", "router prices", [(f"{hidden} changed; --router-prices shows them",)] if hidden else []
    yield "New models", "new model", [(maker, f"{name} (from {source})") for name, maker, source in summary.models]
    yield "To decide", "held back", [_decision(row) for row in summary.held]
    yield "Stale sources", "stale", [_nothing_new(stale) for stale in summary.stale]
    yield "Failed", "failed", [(feed, f"{message}; its data stay as they were") for feed, message in summary.failed]


def _became(change: Change) -> str:
    return f"{change.old} -> {change.new}" if change.new else f"{change.old} -> no longer listed"


def _decision(row: Row) -> tuple[str, ...]:
    seen = f" {row['seen']}" if row["seen"] else ""
    known = f" (before: {row['known']})" if row["known"] else ""
    return row["name"], f"{row['column']}{seen} {row['reason']}{known}; {row['remedy']}"


def _nothing_new(stale: Stale) -> tuple[str, ...]:
    newest = f"the newest day in it is {stale.newest}" if stale.newest else "it names no day"
    return stale.source, f"looked at on {stale.looked_on}: {newest}, the same for {stale.unchanged} days"


def told(summary: Summary, dry_run: bool = False, routers: bool = False) -> list[str]:
    """Tell what a refresh did, in lines for a terminal; failures are left to the caller.

    Parameters
    ----------
    summary
        What it did.
    dry_run
        Whether it only would have.
    routers
        Whether prices of routers are told one by one.
    """
    lines = []
    for heading, word, found in _parts(summary, routers):
        if heading == "Rows":
            rows = ", ".join(line[0] for line in found) or "none"
            lines.append(f"rows {'to add' if dry_run else 'added'}: {rows}")
        elif heading == "To decide" and summary.shares:
            lines.append(f"shares of tokens on OpenRouter, {summary.share_days[0]} -> {summary.share_days[1]}:")
            lines += [f"  {maker}: {old:.1%} -> {new:.1%}" for maker, old, new in summary.shares[:SHOWN]]
        if heading not in ("Rows", "Failed"):
            shown = found[:SHOWN] if heading == "To decide" else found
            lines += [f"{word}: {': '.join(line)}" for line in shown]
        if heading == "To decide" and len(found) > SHOWN:
            lines.append(f"held back: {len(found) - SHOWN} more in data/quarantine.csv")
    return lines


def markdown(summary: Summary, dry_run: bool = False, routers: bool = False, consequences: Iterable[Part] = ()) -> str:
    """Tell what a refresh did as Markdown, whatever lists print as code and nothing else.

    Parameters
    ----------
    summary, dry_run, routers
        As for :func:`told`.
    consequences
        What follows for the report: more parts. Those whose word is ``moved`` inform, a person decides the others.
    """
    held, added = len(summary.held), sum(summary.added.values())
    decide = [f"{held} values held back"] if held else []
    decide += [
        f"{heading.lower()} ({len(lines)})" for heading, word, lines in consequences if lines and word != "moved"
    ]
    text = [f"{added} rows {'to add' if dry_run else 'added'}, {held} values held back."]
    text += [f"{DECIDE}: {', '.join(decide)}."] if decide else []
    for heading, _, found in (*consequences, *_parts(summary, routers)):
        if found:
            text.append(f"## {heading}\n\n" + "\n".join(f"- {': '.join(map(_code, line))}" for line in found))
    if summary.shares:
        days = f"{summary.share_days[0]} to {summary.share_days[1]}"
        rows = [f"| {_code(maker)} | {old:.1%} | {new:.1%} |" for maker, old, new in summary.shares[:SHOWN]]
        head = [f"## Shares of tokens on OpenRouter, {days}\n", "| author | before | now |", "|---|--:|--:|"]
        text.append("\n".join([*head, *rows]))
    return "\n\n".join(text) + "\n"


def write_summary(
    path: Path, summary: Summary, dry_run: bool = False, routers: bool = False, consequences: Iterable[Part] = ()
) -> None:
    """Write what a refresh did to a file; see :func:`markdown`.

    Raises
    ------
    RefreshError
        If the file cannot be written; the data are in place all the same.
    """
    try:
        path.write_text(markdown(summary, dry_run, routers, consequences), encoding="utf-8")
    except OSError as error:
        raise RefreshError(f"{path}: cannot be written ({error.strerror}); the data are in place") from None


def _code(text: str) -> str:
    """Write text as a span of code, within which nothing is markup."""
    plain = " ".join("".join(char if char.isprintable() else "?" for char in text).replace("|", "¦").split())
    fence = "`" * (1 + max(map(len, re.findall("`*", plain))))
    space = " " if "`" in plain else ""
    return f"{fence}{space}{plain}{space}{fence}" if plain else ""
