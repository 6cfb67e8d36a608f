"""What the merge starts from: the rows of people, what they declared, and what a look saw."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TypeVar

from tokenecon.catalog.market import SPAN
from tokenecon.refresh.connectors import CONNECTORS, Connector, Entry
from tokenecon.refresh.snapshots import Look
from tokenecon.refresh.tables import Row, Tables

IDENTITY = {
    "models": ("model_id",),
    "model_aliases": ("platform", "name"),
    "prices": ("endpoint", "name", "condition", "effective_from"),
    "price_ends": (*SPAN, "effective_to"),
    "token_models": ("platform", "name", "frequency", "period_end"),
    "fx": ("base", "quote", "kind", "date"),
}
"""Tables that looks add rows to, and what tells one row of ours from another."""
E = TypeVar("E", bound=Entry)
Made = dict[str, list[tuple[Row, str]]]
"""Rows by table, each with the source that gave it."""


@dataclass(frozen=True)
class View:
    """A look, what it saw, and the newest day that the answer names (see :func:`connectors.newest_day`)."""

    look: Look
    entries: list[Entry]
    newest: str = ""

    def of(self, kind: type[E]) -> list[E]:
        """Entries of a kind; a source gives one kind only."""
        return [entry for entry in self.entries if isinstance(entry, kind)]

    @property
    def age(self) -> int:
        """Days from the newest day in the answer to the look; zero if it names none."""
        return (self.look.day - date.fromisoformat(self.newest)).days if self.newest else 0

    @property
    def connector(self) -> Connector:
        """Who looked."""
        return CONNECTORS[self.look.source]


@dataclass
class Base:
    """What people put into the tables: rows collected by hand, lists to follow, values let in."""

    models: dict[str, Row]
    aliases: dict[str, Row]
    prices: dict[tuple[str, str], list[Row]]
    ends: dict[tuple[str, ...], list[Row]]
    days: dict[str, dict[str, Decimal]]
    totals: dict[str, Row]
    rates: dict[tuple[str, str], dict[str, Decimal]]
    lists: list[Row]
    accepted: list[Row]

    @classmethod
    def of(cls, tables: Tables) -> Base:
        """Read it from the tables."""
        prices: dict[tuple[str, str], list[Row]] = {}
        for row in tables.by_hand("prices"):
            prices.setdefault((row["endpoint"], row["name"]), []).append(row)
        ends: dict[tuple[str, ...], list[Row]] = {}
        for row in tables.by_hand("price_ends"):
            ends.setdefault(tuple(row[column] for column in SPAN), []).append(row)
        days: dict[str, dict[str, Decimal]] = {}
        for row in tables.by_hand("token_models"):
            if row["frequency"] == "day":
                days.setdefault(row["period_end"], {})[row["name"]] = Decimal(row["tokens"])
        rates: dict[tuple[str, str], dict[str, Decimal]] = {}
        for row in tables.by_hand("fx"):
            if row["kind"] == "monthly_average":
                rates.setdefault((row["base"], row["quote"]), {})[row["date"]] = Decimal(row["rate"])
        return cls(
            {row["model_id"]: row for row in tables.by_hand("models")},
            {row["name"]: row for row in tables.by_hand("model_aliases") if row["platform"] == "openrouter"},
            prices,
            ends,
            days,
            {row["period_end"]: row for row in tables.by_hand("token_totals")},
            rates,
            tables.rows("lists"),
            tables.rows("accepted"),
        )

    def declared(self, day: str) -> tuple[list[Row], list[Row]]:
        """Return the rows of lists and of accepted that hold on a day."""
        lists, accepted = ([row for row in rows if row["declared_on"] <= day] for rows in (self.lists, self.accepted))
        return lists, accepted
