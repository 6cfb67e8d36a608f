"""A refresh: look, keep the answers, work out the tables anew, check them, put them into place, say what changed."""

from __future__ import annotations

import concurrent.futures
import functools
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from tokenecon.refresh import snapshots, state, tables
from tokenecon.refresh.connectors import CONNECTORS, FEEDS, Connector, Entry, newest_day, read_entries
from tokenecon.refresh.merge import Base, Merge, Outcome, View, fold
from tokenecon.refresh.merge.rates import PAIRS
from tokenecon.refresh.snapshots import Answers, Look
from tokenecon.refresh.summary import Stale, Summary, summed_up
from tokenecon.refresh.tables import Tables
from tokenecon.refresh.web import Answer, FetchError, RefreshError, Settings, alive, fetch

Progress = Callable[[str, int], None]
APART = timedelta(days=1)
"""So far the clock of this machine and that of a source may be apart."""


def _now() -> datetime:
    return datetime.now(UTC)


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
    now: Callable[[], datetime] = _now,
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
        If the folder is in use or cannot be written, an answer kept is damaged, a look lies ahead of the clock, or
        rows of earlier looks would change.
    DataError
        If the tables would not pass the checks. Nothing is written then.
    """
    settings, moment = settings or settings_of(root), now().astimezone(UTC)
    if since and since >= moment.date():
        raise RefreshError(f"--since {since} is not over; today is {moment:%Y-%m-%d}")
    with tables.alone(root, write=not dry_run):
        held, kept = Tables(root), snapshots.looks(root)
        _refuse_future(kept, moment)
        merge = state.resumed(root, held, kept, moment.date()) or _replayed(root, held, kept, moment.date())
        looked: list[tuple[Look, bytes]] = []
        failed = []
        for feed in feeds:
            try:
                looked += _look(root, feed, merge, kept, since, settings, moment, progress)
            except FetchError as error:
                failed.append((feed, str(error)))
        merge.see(_views(looked), moment.date())
        looks = sorted([*kept, *(look for look, _ in looked)], key=lambda look: (look.time, look.source))
        outcome = merge.outcome(looks)
        told_before = {row["source_id"]: row for row in held.ours("sources")}
        outcome.rows["sources"] = [told_before.get(row["source_id"], row) for row in outcome.rows["sources"]]
        _refuse_losses(held, outcome)
        files = Answers(root).with_new((look, body) for look, body in looked if look.status == 200)
        _put(root, held, outcome, files | ({snapshots.INDEX: snapshots.index(looks)} if looked else {}), dry_run)
        if not dry_run:
            state.put_away(root, merge, looks, moment.date())
        summary = summed_up(held, outcome)
        known = {look.sha256 for look in kept}
        summary.failed, summary.fresh = failed, [look.source for look, _ in looked if look.sha256 not in known]
        summary.stale = list(_stale(root, looks, dict(looked)))
        return summary


def replay(root: Path, *, dry_run: bool = False, now: Callable[[], datetime] = _now) -> Summary:
    """Work out every row of ours anew from the answers kept, without asking anybody.

    Equal answers and equal declarations give equal bytes. Rows of ours that the answers do not bear out go.

    Raises
    ------
    RefreshError, DataError
        As for :func:`refresh`.
    """
    moment = now().astimezone(UTC)
    with tables.alone(root, write=not dry_run):
        held, kept = Tables(root), snapshots.looks(root)
        _refuse_future(kept, moment)
        merge = _replayed(root, held, kept, moment.date())
        outcome = merge.outcome(kept)
        _put(root, held, outcome, {}, dry_run)
        if not dry_run:
            state.put_away(root, merge, kept, moment.date())
        summary = summed_up(held, outcome)
        summary.stale = list(_stale(root, kept, {}))
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
        faults = list(pool.map(lambda place: alive(place[0], place[1], settings), places))
    return [(*place, found) for place, found in zip(places, faults, strict=True) if found]


# Looks ---------------------------------------------------------------------------------------------------------------


def _look(
    root: Path,
    feed: str,
    merge: Merge,
    kept: list[Look],
    since: date | None,
    settings: Settings,
    moment: datetime,
    progress: Progress,
) -> list[tuple[Look, bytes]]:
    """Ask the sources of a feed; each answer has been read once, so that what is kept can be read again."""
    found = []
    for connector in (connector for connector in CONNECTORS.values() if connector.feeds == feed):
        address = _address(connector, settings, merge, since, moment.date() - timedelta(days=1))
        if not address:
            continue
        if connector.key_variable and connector.name not in settings.keys:
            raise FetchError(f"{connector.name}: put its key into the environment variable {connector.key_variable}")
        last = next((look for look in reversed(kept) if (look.source, look.address) == (connector.name, address)), None)
        known = (last.etag, last.modified) if last else ("", "")
        answer = fetch(connector.name, address, settings, known, functools.partial(progress, connector.name))
        _judge_clock(connector.name, answer, moment)
        stamp = moment.strftime("%Y-%m-%dT%H:%M:%SZ")
        if answer.body is None:
            if last is None:
                raise FetchError(f"{connector.name}: says that nothing changed, and nothing was asked before")
            [(_, body)] = Answers(root).read([last])
            found.append((Look(stamp, connector.name, address, last.sha256, *known, 304), body))
            continue
        read_entries(connector, answer.body, moment.date())
        look = Look(stamp, connector.name, address, snapshots.digest(answer.body), answer.etag, answer.modified)
        found.append((look, answer.body))
    return found


def _address(connector: Connector, settings: Settings, merge: Merge, since: date | None, last: date) -> str:
    """Return where to ask, for the days that are missing; nothing if none is."""
    address = settings.addresses.get(connector.name, connector.address)
    if not connector.request:
        return address
    start = since or _first_missing(connector.feeds, merge)
    asked = connector.request.format(address=address.rstrip("/"), start=start, end=last)
    return asked if start <= last else ""


def _first_missing(feed: str, merge: Merge) -> date:
    """Return the first day of tokens, or of the first month of rates, that no row and no answer kept has."""
    if feed == "tokens":
        return merge.tokens.first_missing()
    known = min(max(merge.rates.means.get(pair, {}), default="2024-12-31") for pair in PAIRS)
    return date.fromisoformat(known) + timedelta(days=1)


def _judge_clock(name: str, answer: Answer, moment: datetime) -> None:
    """Refuse an answer whose own time is not that of this machine: its look would be dated wrongly for ever."""
    if answer.time and abs(answer.time - moment) > APART:
        raise FetchError(
            f"{name}: answers on {answer.time:%Y-%m-%d %H:%M} UTC, and the clock of this machine says "
            f"{moment:%Y-%m-%d %H:%M}; set the clock and run this again"
        )


def _refuse_future(kept: list[Look], moment: datetime) -> None:
    """Stop where a look kept lies ahead of the clock: none after it could come in."""
    stamp = moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    ahead = [look for look in kept if look.time > stamp]
    if ahead:
        raise RefreshError(
            f"data/{snapshots.INDEX}: the look at {ahead[0].source} of {ahead[0].time} lies ahead of the clock of this "
            f"machine, {stamp}. Set the clock; or, if that look was dated wrongly, delete its line and run: tokenecon "
            "refresh --from-snapshots"
        )


def _stale(root: Path, looks: list[Look], bodies: dict[Look, bytes]) -> Iterator[Stale]:
    """Say which sources show nothing new: by the newest day in their last answer, and by answers that stay the same."""
    for connector in CONNECTORS.values():
        own = [look for look in looks if look.source == connector.name]
        if not own:
            continue
        last = own[-1]
        body = bodies.get(last) or next(body for _, body in Answers(root).read([last]))
        newest = newest_day(body, last.day)
        changed = max((place for place, look in enumerate(own) if look.sha256 != last.sha256), default=-1)
        unchanged = (last.day - own[changed + 1].day).days
        old = (last.day - date.fromisoformat(newest)).days if newest else 0
        if max(unchanged, old) > connector.stale_after:
            yield Stale(connector.name, last.day.isoformat(), newest, unchanged)


# Tables --------------------------------------------------------------------------------------------------------------


def _replayed(root: Path, held: Tables, kept: list[Look], today: date) -> Merge:
    """Return what is known after the looks kept, from all answers."""
    known = [look for look in kept if look.source in CONNECTORS]
    return fold(Base.of(held), _views(Answers(root).read(known)), today)


def _views(answers: Iterable[tuple[Look, bytes]]) -> list[View]:
    """Read answers; what one repeats of another is held once."""
    same: dict[Entry, Entry] = {}
    views = []
    for look, body in answers:
        entries = read_entries(CONNECTORS[look.source], body, look.day)
        views.append(View(look, [same.setdefault(entry, entry) for entry in entries], newest_day(body, look.day)))
    return views


def _refuse_losses(held: Tables, outcome: Outcome) -> None:
    """Stop if a row of an earlier look would change: only rows are added, none is edited."""
    for name, rows in outcome.rows.items():
        fields = held.schema.tables[name].fields
        new = {tuple(row.get(column, "") for column in fields) for row in rows}
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
    changed = False
    for name in tables.ORDER:
        path = held.schema.tables[name].path
        files[path] = held.composed(name, outcome.held if name == "quarantine" else outcome.rows[name])
        changed |= files[path] != (root / path).read_bytes()
    if changed:
        tables.check_first(root, files)
    if not dry_run:
        tables.commit(root, files)
