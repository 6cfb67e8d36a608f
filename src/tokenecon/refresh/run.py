"""A refresh: look, keep the answers, work out the tables anew, check them, put them into place, say what changed."""

from __future__ import annotations

import concurrent.futures
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from tokenecon.refresh import snapshots, tables
from tokenecon.refresh.connectors import CONNECTORS, FEEDS, read_entries
from tokenecon.refresh.merge import Base, Outcome, View, fold
from tokenecon.refresh.snapshots import Look
from tokenecon.refresh.tables import Row, Tables
from tokenecon.refresh.web import FetchError, RefreshError, Settings, alive, fetch

SHOWN = 20
"""So many shares and values held back are told; quarantine.csv has them all."""
Progress = Callable[[str, int], None]


@dataclass
class Change:
    """A price that another took the place of, or that went away (then `new` is empty)."""

    entity: str
    endpoint: str
    name: str
    old: str
    new: str


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
    """

    added: dict[str, int] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    models: list[tuple[str, str, str]] = field(default_factory=list)
    shares: list[tuple[str, float, float]] = field(default_factory=list)
    share_days: tuple[str, str] = ("", "")
    held: list[Row] = field(default_factory=list)
    failed: list[tuple[str, str]] = field(default_factory=list)
    fresh: list[str] = field(default_factory=list)


def settings_of(root: Path) -> Settings:
    """Read the settings that hold for a data folder."""
    return Settings.load(root, {name: connector.key_variable for name, connector in CONNECTORS.items()})


def refresh(
    root: Path,
    feeds: Iterable[str] = FEEDS,
    *,
    since: date | None = None,
    dry_run: bool = False,
    settings: Settings | None = None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    progress: Progress = lambda source, count: None,
) -> Summary:
    """Bring the tables up to date.

    Each feed comes in whole or not at all: where one of its sources fails, the others of it are not kept either.

    Parameters
    ----------
    root
        Data folder.
    feeds
        Any of prices, tokens, fx.
    since
        First day of tokens and rates to ask for; the first one missing if left out. Lists of prices only say what
        holds now.
    dry_run
        Look and say what would change, and write nothing.
    settings
        How to ask; from refresh.toml and the environment if left out.
    now
        The clock.
    progress
        Called with a source and the bytes of its answer so far.

    Raises
    ------
    RefreshError
        If the folder is in use, an answer kept is damaged, or rows of earlier looks would change.
    DataError
        If the tables would not pass the checks. Nothing is written then.
    """
    settings = settings or settings_of(root)
    with tables.alone(root):
        held = Tables(root)
        kept = snapshots.looks(root)
        summary = Summary()
        looked: list[tuple[Look, bytes]] = []
        for feed in feeds:
            try:
                looked += _look(root, feed, held, kept, since, settings, now, progress)
            except FetchError as error:
                summary.failed.append((feed, str(error)))
        known = {look.sha256 for look in kept}
        summary.fresh = [look.source for look, _ in looked if look.sha256 not in known]
        files = {snapshots.blob(look.sha256): snapshots.packed(body) for look, body in looked if look.status == 200}
        if looked:
            files[snapshots.INDEX] = snapshots.index([*kept, *(look for look, _ in looked)])
        outcome = _outcome(root, held, [*kept, *(look for look, _ in looked)], dict(looked), now().date())
        told_before = {row["source_id"]: row for row in held.ours("sources")}
        outcome.rows["sources"] = [told_before.get(row["source_id"], row) for row in outcome.rows["sources"]]
        _refuse_losses(held, outcome)
        _put(root, held, outcome, files, dry_run)
        _sum_up(summary, held, outcome)
        return summary


def replay(root: Path, *, dry_run: bool = False, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> Summary:
    """Work out every row of ours anew from the answers kept, without asking anybody.

    Equal answers and equal declarations give equal bytes. Rows of ours that the answers do not bear out go.

    Raises
    ------
    RefreshError, DataError
        As for :func:`refresh`.
    """
    with tables.alone(root):
        held = Tables(root)
        outcome = _outcome(root, held, snapshots.looks(root), {}, now().date())
        _put(root, held, outcome, {}, dry_run)
        summary = Summary()
        _sum_up(summary, held, outcome)
        return summary


def watch(root: Path, settings: Settings | None = None) -> list[tuple[str, str, str]]:
    """Ask each source of refresh, and the address of each document in sources.csv, whether it still answers.

    Returns
    -------
    list of tuple
        Name, address and what is wrong, for those that do not.
    """
    settings = settings or settings_of(root)
    places = [(name, settings.addresses.get(name, connector.address)) for name, connector in CONNECTORS.items()]
    places += [(row["source_id"], row["url"]) for row in Tables(root).by_hand("sources") if row["url"]]

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        faults = list(pool.map(lambda place: alive(*place, settings), places))
    return [(*place, found) for place, found in zip(places, faults, strict=True) if found]


def _look(
    root: Path,
    feed: str,
    held: Tables,
    kept: list[Look],
    since: date | None,
    settings: Settings,
    now: Callable[[], datetime],
    progress: Progress,
) -> list[tuple[Look, bytes]]:
    """Ask the sources of a feed; each answer has been read once, so that what is kept can be read again."""
    found = []
    for connector in (connector for connector in CONNECTORS.values() if connector.feeds == feed):
        address = settings.addresses.get(connector.name, connector.address)
        moment = now().astimezone(UTC)
        if connector.request:
            yesterday = moment.date() - timedelta(days=1)
            start = since or _first_missing(root, feed, held, kept)
            if start > yesterday:
                continue
            address = connector.request(address, start, yesterday)
        if connector.key_variable and connector.name not in settings.keys:
            raise FetchError(f"{connector.name}: put its key into the environment variable {connector.key_variable}")
        last = next((look for look in reversed(kept) if (look.source, look.address) == (connector.name, address)), None)
        known = (last.etag, last.modified) if last else ("", "")
        answer = fetch(connector.name, address, settings, known, lambda n, name=connector.name: progress(name, n))
        stamp = moment.strftime("%Y-%m-%dT%H:%M:%SZ")
        if answer.body is None:
            if last is None:
                raise FetchError(f"{connector.name}: says that nothing changed, and nothing was asked before")
            found.append((Look(stamp, connector.name, address, last.sha256, *known, 304), snapshots.read(root, last)))
            continue
        read_entries(connector, answer.body, moment.date())
        look = Look(stamp, connector.name, address, snapshots.digest(answer.body), answer.etag, answer.modified)
        found.append((look, answer.body))
    return found


def _first_missing(root: Path, feed: str, held: Tables, kept: list[Look]) -> date:
    """Return the first day of tokens, or of the first month of rates, that no row and no answer kept has."""
    if feed == "fx":
        pairs = [("USD", "CNY"), ("USD", "HKD")]
        months = [
            max(
                r["date"] for r in held.rows("fx") if (r["base"], r["quote"]) == pair and r["kind"] == "monthly_average"
            )
            for pair in pairs
        ]
        return date.fromisoformat(min(months)) + timedelta(days=1)
    days = [row["period_end"] for row in held.rows("token_models") if row["frequency"] == "day"]
    for look in kept:
        if look.source == "openrouter_daily":
            entries = read_entries(CONNECTORS[look.source], snapshots.read(root, look), look.day)
            days += [entry.day.isoformat() for entry in entries if entry.day < look.day]
    return date.fromisoformat(max(days)) + timedelta(days=1)


def _outcome(root: Path, held: Tables, looks: list[Look], bodies: dict[Look, bytes], today: date) -> Outcome:
    views = []
    for look in looks:
        if look.source in CONNECTORS:
            body = bodies.get(look) or snapshots.read(root, look)
            views.append(View(look, read_entries(CONNECTORS[look.source], body, look.day)))
    return fold(Base.of(held), views, today)


def _refuse_losses(held: Tables, outcome: Outcome) -> None:
    """Stop if a row of an earlier look would change: only rows are added, none is edited."""
    for name, rows in outcome.rows.items():
        new = {tuple(row.get(column, "") for column in held.schema.tables[name].fields) for row in rows}
        lost = [row for row in held.ours(name) if tuple(row.values()) not in new]
        if lost:
            key = " ".join(lost[0][column] for column in held.schema.tables[name].primary_key).strip()
            raise RefreshError(
                f"{len(lost)} rows of data/{name}.csv that earlier looks gave would change, the first being {key}; "
                "nothing is written. Undo what was edited since (git diff data), or rebuild them all from the answers "
                "kept: tokenecon refresh --from-snapshots"
            )


def _put(root: Path, held: Tables, outcome: Outcome, files: dict[str, bytes], dry_run: bool) -> None:
    files = dict(files)
    for name in tables.ORDER:
        rows = outcome.held if name == "quarantine" else outcome.rows[name]
        files[held.schema.tables[name].path] = held.composed(name, rows)
    changed = any(held.schema.tables[name].path in files and _differs(root, held, name, files) for name in tables.ORDER)
    if changed:
        tables.check_first(root, files)
    if not dry_run:
        tables.commit(root, files)


def _differs(root: Path, held: Tables, name: str, files: dict[str, bytes]) -> bool:
    path = held.schema.tables[name].path
    return files[path] != (root / path).read_bytes()


def _sum_up(summary: Summary, held: Tables, outcome: Outcome) -> None:
    new: dict[str, list[Row]] = {}
    for name, rows in outcome.rows.items():
        before = {tuple(row.values()) for row in held.ours(name)}
        fields = held.schema.tables[name].fields
        new[name] = [row for row in rows if tuple(row.get(column, "") for column in fields) not in before]
    summary.added = {name: len(rows) for name, rows in new.items() if rows}
    summary.held = outcome.held
    makers = {row["model_id"]: row["entity_id"] for row in [*held.by_hand("models"), *outcome.rows["models"]]}
    summary.models = [(row["name"], row["entity_id"], row["source_id"]) for row in new["models"]]
    spans = [*held.by_hand("prices"), *outcome.rows["prices"]]
    key = ("endpoint", "name", "condition", "effective_from", "origin")
    ended = {tuple(row[column] for column in key): row for row in spans}
    begun = {(row["endpoint"], row["name"], row["effective_from"]): row for row in new["prices"]}
    for end in new["price_ends"]:
        old = ended[tuple(end[column] for column in key)]
        after = begun.get((end["endpoint"], end["name"], end["effective_to"]))
        change = Change(
            makers[old["model_id"]], old["endpoint"], old["name"], _price(old), _price(after) if after else ""
        )
        summary.changes.append(change)
    summary.changes.sort(key=lambda change: (change.entity, change.endpoint, change.name))
    _sum_up_shares(summary, held, outcome, new["token_models"])


def _sum_up_shares(summary: Summary, held: Tables, outcome: Outcome, new: list[Row]) -> None:
    if not new:
        return
    aliases = {row["name"]: row for row in [*held.by_hand("model_aliases"), *outcome.rows["model_aliases"]]}
    fresh = {row["period_end"] for row in new}
    rows = [row for row in [*held.by_hand("token_models"), *outcome.rows["token_models"]] if row["frequency"] == "day"]
    before = max((row["period_end"] for row in rows if row["period_end"] < min(fresh)), default="")
    summary.share_days = (before, max(fresh))
    parts: list[dict[str, float]] = []
    for day in summary.share_days:
        tokens: dict[str, Decimal] = {}
        for row in rows:
            if row["period_end"] == day:
                maker = aliases[row["name"]]["entity_id"] or "others"
                tokens[maker] = tokens.get(maker, Decimal(0)) + Decimal(row["tokens"])
        whole = sum(tokens.values()) or Decimal(1)
        parts.append({maker: float(count / whole) for maker, count in tokens.items()})
    makers = sorted(parts[0].keys() | parts[1].keys())
    moved = [(maker, parts[0].get(maker, 0.0), parts[1].get(maker, 0.0)) for maker in makers]
    summary.shares = sorted(moved, key=lambda item: -abs(item[2] - item[1]))


def _price(row: Row) -> str:
    return f"{row['input']} / {row['output'] or '–'}"


def told(summary: Summary, dry_run: bool = False) -> list[str]:
    """Tell what a refresh did, in lines."""
    rows = ", ".join(f"{count} in {name}.csv" for name, count in summary.added.items()) or "none"
    lines = [f"rows {'to add' if dry_run else 'added'}: {rows}"]
    for change in summary.changes:
        became = f"{change.old} -> {change.new}" if change.new else f"{change.old} -> no longer listed"
        lines.append(f"price: {change.entity}: {change.name} ({change.endpoint}): {became}")
    lines += [f"new model: {entity}: {name} (from {source})" for name, entity, source in summary.models]
    if summary.shares:
        lines.append(f"shares of tokens on OpenRouter, {summary.share_days[0]} -> {summary.share_days[1]}:")
        lines += [f"  {maker}: {old:.1%} -> {new:.1%}" for maker, old, new in summary.shares[:SHOWN]]
    for row in summary.held[:SHOWN]:
        seen = f" {row['seen']}" if row["seen"] else ""
        known = f" (before: {row['known']})" if row["known"] else ""
        lines.append(f"held back: {row['name']}: {row['column']}{seen} {row['reason']}{known}; {row['remedy']}")
    if len(summary.held) > SHOWN:
        lines.append(f"held back: {len(summary.held) - SHOWN} more in data/quarantine.csv")
    return lines
