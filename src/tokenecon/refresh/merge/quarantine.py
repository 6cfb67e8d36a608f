"""Values held back, and the decisions of people that let them in."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

from tokenecon.catalog.printed import PLAIN_NUMBER
from tokenecon.refresh.merge.base import View
from tokenecon.refresh.tables import Row

_TABLE = {"prices": "prices", "tokens": "token_models", "fx": "fx"}
SHOWN = 120


class Held(Exception):
    """A value is held back."""


class Quarantine:
    """What is held back now, by source and scope.

    A scope is what a later look at the same source replaces as a whole: all prices of a list, a day of tokens, a month
    of rates.

    Parameters
    ----------
    accepted
        Decisions: rows of accepted.csv.
    """

    def __init__(self, accepted: Iterable[Row]):
        self.accepted = {row["quarantine_id"]: row for row in accepted}
        self.held: dict[tuple[str, str], dict[str, Row]] = {}

    def rows(self) -> list[Row]:
        """Return what is held back and not overtaken since."""
        return [row for scope in sorted(self.held) for _, row in sorted(self.held[scope].items())]

    def forget(self, view: View, scope: str) -> None:
        """Drop what an earlier look of the source held back in a scope."""
        self.held.pop((view.look.source, scope), None)

    def hold(self, view: View, scope: str, name: str, column: str, seen: Any, reason: str, **more: str) -> Held:
        """Hold a value back, unless a decision says to ignore it; return what there is to raise."""
        key, row = self._item(view, name, column, seen, reason, **more)
        if self._decision(row) != "ignore":
            self.held.setdefault((view.look.source, scope), {})[key] = row
        return Held(row["quarantine_id"])

    def decided(self, view: View, scope: str, name: str, column: str, seen: Any, reason: str, **more: str) -> str:
        """Return the decision on something that is no number; hold it back if there is none."""
        decision = self._decision(self._item(view, name, column, seen, reason, **more)[1])
        if not decision:
            self.hold(view, scope, name, column, seen, reason, **more)
        return decision

    def lets_in(self, view: View, scope: str, name: str, column: str, seen: Any, reason: str, known: str = "") -> bool:
        """Whether a decision accepts something that is no number; hold it back if there is none."""
        return self.decided(view, scope, name, column, seen, reason, known=known) == "accept"

    def value(
        self, view: View, scope: str, name: str, column: str, raw: Any, known: Decimal | None, judge: Callable
    ) -> Decimal:
        """Return a number that passes, or that a decision let in or corrected.

        Raises
        ------
        Held
            If it is none of these.
        """
        value = raw if isinstance(raw, Decimal) else None
        reason = f"is no number: {type(raw).__name__}" if value is None else judge(value, known)
        if value is not None and not reason:
            return value
        before = {} if known is None else {"known": text(known)}
        decision = self.accepted.get(self._item(view, name, column, raw, reason)[1]["quarantine_id"], {})
        if decision.get("decision") == "correct" and PLAIN_NUMBER.fullmatch(decision["value"]):
            return Decimal(decision["value"])
        if decision.get("decision") == "accept" and value is not None:
            return value
        raise self.hold(view, scope, name, column, raw, reason, **before)

    def _decision(self, row: Row) -> str:
        return self.accepted.get(row["quarantine_id"], {}).get("decision", "")

    def _item(
        self, view: View, name: str, column: str, seen: Any, reason: str, known: str = "", remedy: str = ""
    ) -> tuple[str, Row]:
        shown = short(text(seen))
        # A decision on 2.5 is one on 2.50.
        same = f"{seen.normalize():f}" if isinstance(seen, Decimal) else shown
        place = "\0".join((view.look.source, name, column, same))
        number = hashlib.sha256(place.encode("utf-8", "replace")).hexdigest()[:12]
        row = {
            "quarantine_id": number,
            "source": view.look.source,
            "table": _TABLE[view.connector.feeds],
            "name": short(name),
            "column": column,
            "seen": shown,
            "known": known,
            "reason": printable(reason),
            "remedy": printable(remedy) or f"add {number} to data/accepted.csv: accept, correct or ignore",
            "observed_on": view.look.day.isoformat(),
        }
        return f"{name}\0{column}", row


def text(value: Any) -> str:
    """Write a value of an answer as text, a number without an exponent."""
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def short(words: str) -> str:
    """Write the beginning of a text so that a cell can hold it: no space is left where it is cut."""
    return printable(words)[:SHOWN].rstrip()


def printable(words: str) -> str:
    """Write text so that a cell can hold it: on one line, and nothing that does not print or that begins a formula."""
    plain = "".join(char if char.isprintable() else "?" for char in " ".join(words.split()))
    return f"'{plain}" if plain[:1] in tuple("=+-@") and not PLAIN_NUMBER.fullmatch(plain) else plain
