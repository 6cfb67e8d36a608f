"""From looks to rows: the tables follow from the rows of people, what they declared, and every answer kept.

The looks are gone through in order of time; each adds the rows that were not there yet, dated by the day from which we
knew them: the day of the look, or of the declaration that let a value in. So the result is the same however often and
in whatever order answers came in, a later look changes no earlier row, and an old edition never sees a new one.

:class:`Merge` can be put away between runs and taken up again (see :mod:`tokenecon.refresh.state`), so that a run reads
only the answers that are new; :func:`fold` goes through all of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

from tokenecon.refresh.connectors import CONNECTORS
from tokenecon.refresh.merge.base import IDENTITY, Base, Made, View
from tokenecon.refresh.merge.models import Models
from tokenecon.refresh.merge.prices import Prices
from tokenecon.refresh.merge.quarantine import Quarantine
from tokenecon.refresh.merge.rates import Rates
from tokenecon.refresh.merge.tokens import Tokens
from tokenecon.refresh.snapshots import Look
from tokenecon.refresh.tables import MARK, Row

__all__ = ["Base", "Merge", "Outcome", "View", "fold"]


@dataclass
class Outcome:
    """Rows of ours by table, and the values held back as of the last look."""

    rows: dict[str, list[Row]]
    held: list[Row]


class Merge:
    """What is known after some looks.

    Parameters
    ----------
    base
        What people put into the tables.
    day
        Declarations of later days do not count yet.
    """

    def __init__(self, base: Base, day: date):
        self.base = base
        self.rows: dict[str, dict[tuple[str, ...], Row]] = {name: {} for name in IDENTITY}
        self._begin(day)

    def _begin(self, day: date) -> None:
        """Forget what was seen, but not the rows that it gave."""
        lists, accepted = self.base.declared(day.isoformat())
        self.made: Made = {name: [] for name in IDENTITY}
        self.quarantine = Quarantine(accepted)
        named = {(row["collection"], row["name"]): row for row in lists}
        self.models = Models(self.base, named, self.made)
        self.prices = Prices(self.base, self.models, self.quarantine, self.made)
        self.tokens = Tokens(self.base, self.models, self.quarantine, self.made)
        self.rates = Rates(self.base, self.quarantine, self.made)

    def see(self, views: Iterable[View], day: date, again: bool = False) -> None:
        """Take in looks of a day, or looks up to a day again where a declaration of the day changed what they mean."""
        if again:
            self._begin(day)
        for _, together in groupby(sorted(views, key=_order), key=lambda view: view.look.time):
            run = list(together)
            lists = [view for view in run if view.connector.feeds == "prices"]
            if lists:  # What any list of a run tells of a model is known to all, whichever came first.
                self.models.learn(lists)
            for view in run:
                if view.connector.feeds == "prices":
                    self.prices.see(view, self.rates.last("USD", "CNY"))
                elif view.connector.feeds == "tokens":
                    self.tokens.see(view)
                else:
                    self.rates.see(view)
        for name, key in IDENTITY.items():
            for row, source in self.made[name]:
                stamped = _stamped(name, row, source, day)
                self.rows[name].setdefault(tuple(row[column] for column in key), stamped)
            self.made[name].clear()

    def outcome(self, looks: Iterable[Look]) -> Outcome:
        """Return rows in the order in which they became known, with their sources, and what is held back.

        Parameters
        ----------
        looks
            All of them, in order of time.
        """
        rows = {name: list(found.values()) for name, found in self.rows.items()}
        return Outcome(rows | {"sources": _sources(rows, list(looks))}, self.quarantine.rows())

    def dump(self) -> dict[str, Any]:
        """Return what cannot be told from the rows."""
        held = [[*scope, rows] for scope, rows in self.quarantine.held.items()]
        return {
            "held": held,
            "models": self.models.dump(),
            "prices": self.prices.dump(),
            "tokens": self.tokens.dump(),
        }

    def load(self, kept: dict[str, Any], rows: dict[str, list[Row]]) -> None:
        """Take up what :meth:`dump` returned, and the rows of ours in the tables."""
        self.rows = {
            name: {tuple(row[column] for column in key): row for row in rows[name]} for name, key in IDENTITY.items()
        }
        self.quarantine.held = {(source, scope): found for source, scope, found in kept["held"]}
        self.models.load(kept["models"], rows["models"], rows["model_aliases"])
        self.prices.load(kept["prices"], rows["prices"])
        self.tokens.load(kept["tokens"], rows["token_models"])
        self.rates.load(rows["fx"])


def fold(base: Base, views: Iterable[View], until: date = date.max) -> Merge:
    """Go through the looks in order of time.

    Parameters
    ----------
    base
        What people put into the tables.
    views
        Every look with what it saw, in any order.
    until
        Declarations of later days do not count yet.

    Returns
    -------
    Merge
        What is known after the last look.
    """
    views = sorted(views, key=_order)
    days = {view.look.day for view in views}
    first = min(days, default=until)
    # A declaration after a look lets in what that look saw, from the day of the declaration on.
    declared = {date.fromisoformat(row["declared_on"]) for row in [*base.lists, *base.accepted]}
    merge = Merge(base, first)
    for day in sorted(days | {moment for moment in declared if first < moment <= until}):
        again = day in declared and day > first
        merge.see([view for view in views if (view.look.day <= day if again else view.look.day == day)], day, again)
    return merge


def _order(view: View) -> tuple[str, ...]:
    return view.look.time, view.look.source, view.look.sha256


def _stamped(name: str, row: Row, source: str, day: date) -> Row:
    """Add the day from which a row is known, and on which we came to hold it, and its source."""
    held = row | {"added_on": day.isoformat()}
    if name == "model_aliases":
        return held | {"note": f"{MARK}{day}" + (f"; {row['note']}" if row["note"] else "")}
    seen = {"last_seen_on": day.isoformat()} if name == "prices" else {}
    source_id = f"{CONNECTORS[source].source_id}_{day:%Y%m%d}"
    return held | seen | {"source_id": source_id, "published_on": day.isoformat()}


def _sources(rows: dict[str, list[Row]], looks: list[Look]) -> list[Row]:
    """Return a row of sources.csv for each source and day that a row names, with the address of that look."""
    cited = {row["source_id"] for found in rows.values() for row in found if "source_id" in row}
    by_id = {connector.source_id: connector for connector in CONNECTORS.values()}
    found = []
    for source_id in sorted(cited, key=lambda name: (name[-8:], name)):
        connector, day = by_id[source_id[:-9]], date.fromisoformat(source_id[-8:])
        looked = [look for look in looks if look.source == connector.name and look.day <= day]
        said = {name: getattr(connector, name) for name in ("publisher", "tier", "reliability_note", "licence")}
        dated = {"published_on": day.isoformat(), "dating": "document", "dating_note": "", "added_on": day.isoformat()}
        found.append(
            {"source_id": source_id, "title": f"{connector.title} by {day}", "transcribed_from": ""}
            | said
            | dated
            | {"url": looked[-1].address.partition("?")[0]}
        )
    return found
