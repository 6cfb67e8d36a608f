"""Tokens of the router by model and day: whole days only, since a day without one of its rows is a smaller whole."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from tokenecon.catalog.checks.market import REST, WHOLE
from tokenecon.catalog.checks.wider import TOTAL_TOLERANCE
from tokenecon.refresh.connectors import Count
from tokenecon.refresh.merge.base import Base, Made, View
from tokenecon.refresh.merge.models import Models
from tokenecon.refresh.merge.quarantine import Held, Quarantine, text
from tokenecon.refresh.tables import Row

JUMP = 10
"""A count more than so many times that of the day before, or less than its so-manieth part, is held back."""
YOUNG = timedelta(days=7)
"""A model's tokens may multiply in its first days."""


class Tokens:
    """Days known by now.

    Parameters
    ----------
    base
        Rows of people.
    models
        Models known by now.
    quarantine
        Where values are held back.
    made
        Where new rows go.
    """

    def __init__(self, base: Base, models: Models, quarantine: Quarantine, made: Made):
        self.models, self.quarantine, self.made, self.totals = models, quarantine, made, base.totals
        self.days = {day: dict(tokens) for day, tokens in base.days.items()}
        self.asked: list[list[str]] = []
        self._first: dict[str, str] = {}
        for day in sorted(self.days):
            self._note(day)

    def _note(self, day: str) -> None:
        for name in self.days[day]:
            self._first.setdefault(name, day)

    def see(self, view: View) -> None:
        """Take in a look at days."""
        self.quarantine.forget(view, "")
        days: dict[str, list[Count]] = {}
        for count in view.of(Count):
            days.setdefault(count.day.isoformat(), []).append(count)
        over = sorted(day for day in days if day < view.look.day.isoformat())
        self.asked += [[over[0], over[-1]]] if over else []
        for day in over:
            if day not in self.days:
                self._counted(view, day, days[day])

    def first_missing(self) -> date:
        """Return the first day that no row has and no answer covered, after the first one known."""
        day = min([*self.days, *(first for first, _ in self.asked)], default="2025-01-01")
        while day in self.days or any(first <= day <= last for first, last in self.asked):
            day = (date.fromisoformat(day) + timedelta(days=1)).isoformat()
        return date.fromisoformat(day)

    def _counted(self, view: View, day: str, counts: list[Count]) -> None:
        self.quarantine.forget(view, day)
        before = max((known for known in self.days if known < day), default="")
        young = (date.fromisoformat(day) - YOUNG).isoformat()
        tokens: dict[str, Decimal] = {}
        followed: dict[str, bool] = {}
        for count in counts:
            place, settled = f"{day} {count.name}", self._first.get(count.name, day) <= young
            known = self.days.get(before, {}).get(count.name) if settled or count.name == REST else None
            try:
                if count.fault:
                    raise self.quarantine.hold(view, day, place, "entry", "", count.fault)
                if count.name in tokens:
                    raise self.quarantine.hold(view, day, place, "name", count.name, "stands twice on the day")
                followed[count.name] = self._author(view, day, place, count.name)
                tokens[count.name] = self.quarantine.value(view, day, place, "tokens", count.tokens, known, _judge)
            except Held:
                continue
        if REST not in {count.name for count in counts}:
            reason = "has no row for the rest, so the whole is not known"
            self.quarantine.hold(view, day, f"{day} {REST}", "name", "", reason)
        if self.quarantine.held.get((view.look.source, day)) or len(tokens) != len(counts) or REST not in tokens:
            return
        if not self._adds_up(view, day, sum(tokens.values(), Decimal(0))):
            return
        for rank, name in enumerate(sorted(tokens, key=lambda name: (-tokens[name], name)), 1):
            self.models.alias(view, name, followed[name])
            row = {"platform": "openrouter", "name": name, "frequency": "day", "period_start": day, "period_end": day}
            row |= {"tokens": text(tokens[name]), "rank": str(rank), "listed_input": "", "listed_output": ""}
            row |= {"coverage": WHOLE, "note": ""}
            self.made["token_models"].append((row, view.look.source))
        self.days[day] = tokens
        self._note(day)

    def _adds_up(self, view: View, day: str, whole: Decimal) -> bool:
        """Whether a day has the tokens that a source of totals gives it, if one does; otherwise hold it back."""
        row = self.totals.get(day, {})
        if not row or max(row["published_on"], row["added_on"]) > view.look.day.isoformat():
            return True
        total = Decimal(row["tokens"])
        if abs(total / whole - 1) <= Decimal(str(TOTAL_TOLERANCE)):
            return True
        reason = "is not the total of the day in data/token_totals.csv"
        remedy = "find which of the two is wrong; mend the row, or ignore the day in data/accepted.csv"
        self.quarantine.hold(view, day, day, "tokens", whole, reason, known=text(total), remedy=remedy)
        return False

    def _author(self, view: View, day: str, place: str, name: str) -> bool:
        """Whether the author of a name is followed; an unknown one is held back until it is decided on."""
        if not name.isprintable() or name != " ".join(name.split()) or name[:1] in tuple("=+-@"):
            raise self.quarantine.hold(view, day, place, "name", name, "is no name that a table can hold")
        author = name.partition("/")[0]
        if name in self.models.aliases or ("openrouter", author) in self.models.lists:
            return True
        remedy = f"add a line to data/lists.csv: openrouter,{author},…; or ignore it in data/accepted.csv"
        reason = f"is an author in no row of data/lists.csv; its days from {day} on stay out"
        if self.quarantine.decided(view, "", f"openrouter {author}", "list", author, reason, remedy=remedy):
            return False
        raise Held

    def dump(self) -> dict[str, Any]:
        """Return what is known beyond the rows of people and of ours."""
        return {"asked": self.asked}

    def load(self, kept: dict[str, Any], rows: Iterable[Row]) -> None:
        """Take up what :meth:`dump` returned, and the rows that were made."""
        self.asked = kept["asked"]
        for row in rows:
            self.days.setdefault(row["period_end"], {})[row["name"]] = Decimal(row["tokens"])
        self._first = {}
        for day in sorted(self.days):
            self._note(day)


def _judge(value: Decimal, known: Decimal | None) -> str:
    if value < 0 or value != int(value):
        return "is no count"
    if known and not value:
        return "is zero where there were tokens"
    if known and not known / JUMP <= value <= known * JUMP:
        return f"is more than {JUMP} times the tokens of the day before, or less than a {JUMP}th of them"
    return ""
