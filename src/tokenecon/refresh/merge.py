"""From looks to rows: the tables follow from the rows of people, what they declared, and every answer kept.

Nothing here remembers an earlier run. The looks are gone through in order of time; each adds the rows that were not
there yet, dated by the day from which we knew them: the day of the look, or of the declaration that let a value in.
So the result is the same however often and in whatever order answers came in, a later look changes no earlier row,
and an old edition never sees a new one.
"""

from __future__ import annotations

import calendar
import hashlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from tokenecon.catalog.printed import PLAIN_NUMBER
from tokenecon.refresh.connectors import CONNECTORS, Connector, Count, Daily, Entry, Offer
from tokenecon.refresh.snapshots import Look
from tokenecon.refresh.tables import MARK, Row, Tables

JUMP = 10
"""A price or count more than so many times the one before, or less than its so-manieth part, is held back."""
JUMP_OF_RATE = Decimal("1.25")
YOUNG = timedelta(days=7)
"""A model's tokens may multiply in its first days."""
GONE = 0.5
"""If more than this part of a list is missing, the answer is thought to be cut."""
EDGE = 5
"""Days at either end of a month that may have no rate: weekends and holidays."""
REST, WHOLE = "other", "largest_50_and_other"
IDENTITY = {
    "models": ("model_id",),
    "model_aliases": ("platform", "name"),
    "prices": ("endpoint", "name", "effective_from"),
    "price_ends": ("endpoint", "name", "condition", "effective_from", "origin", "effective_to"),
    "token_models": ("platform", "name", "frequency", "period_end"),
    "fx": ("base", "quote", "kind", "date"),
}
_DATED = re.compile(r"-(20\d{2})(\d{2})(\d{2})$")
_DASHED = re.compile(r"-(20\d{2})-(\d{2})-(\d{2})$")


@dataclass(frozen=True)
class View:
    """A look, and what it saw."""

    look: Look
    entries: list[Entry]

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
    days: dict[str, dict[str, Decimal]]
    rates: dict[tuple[str, str], dict[str, Decimal]]
    lists: list[Row]
    accepted: list[Row]

    @classmethod
    def of(cls, tables: Tables) -> Base:
        """Read it from the tables."""
        prices: dict[tuple[str, str], list[Row]] = {}
        for row in tables.by_hand("prices"):
            prices.setdefault((row["endpoint"], row["name"]), []).append(row)
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
            days,
            rates,
            tables.rows("lists"),
            tables.rows("accepted"),
        )


@dataclass
class Outcome:
    """Rows of ours by table, and the values held back as of the last look."""

    rows: dict[str, list[Row]]
    held: list[Row]


def fold(base: Base, views: Iterable[View], until: date = date.max) -> Outcome:
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
    Outcome
        Rows in the order in which they became known.
    """
    views = sorted(views, key=lambda view: (view.look.time, view.look.source, view.look.sha256))
    days = {view.look.day for view in views}
    first = min(days, default=date.max)
    # A declaration after a look lets in what that look saw, from the day of the declaration on.
    declared = {date.fromisoformat(row["declared_on"]) for row in [*base.lists, *base.accepted]}
    logged: dict[str, dict[tuple[str, ...], Row]] = {name: {} for name in IDENTITY}
    state, past = None, []
    for day in sorted(days | {moment for moment in declared if first < moment <= until}):
        fresh = [view for view in views if view.look.day == day]
        if state is None or day in declared:
            state, fresh = _State(base, day), [*past, *fresh]
        for view in fresh:
            state.see(view)
        past = [view for view in views if view.look.day <= day]
        for name, key in IDENTITY.items():
            for row, source in state.made[name]:
                stamped = _stamped(name, row, source, day)
                logged[name].setdefault(tuple(row[column] for column in key), stamped)
    rows = {name: list(found.values()) for name, found in logged.items()}
    return Outcome(rows | {"sources": _sources(rows, views)}, state.held_now() if state else [])


def _stamped(name: str, row: Row, source: str, day: date) -> Row:
    if name == "model_aliases":
        return row | {"note": f"{MARK}{day}" + (f"; {row['note']}" if row["note"] else "")}
    seen = {"last_seen_on": day.isoformat()} if name == "prices" else {}
    source_id = f"{CONNECTORS[source].source_id}_{day:%Y%m%d}"
    return row | seen | {"source_id": source_id, "published_on": day.isoformat()}


def _sources(rows: dict[str, list[Row]], views: list[View]) -> list[Row]:
    cited = {row["source_id"] for found in rows.values() for row in found if "source_id" in row}
    found = []
    for source_id in sorted(cited, key=lambda name: (name[-8:], name)):
        base, day = source_id[:-9], date.fromisoformat(source_id[-8:])
        connector = next(known for known in CONNECTORS.values() if known.source_id == base)
        looked = [view.look for view in views if view.look.source == connector.name and view.look.day <= day]
        found.append(
            {
                "source_id": source_id,
                "title": f"{connector.title} by {day}",
                "publisher": connector.publisher,
                "published_on": day.isoformat(),
                "dating": "document",
                "dating_note": "",
                "url": looked[-1].address.partition("?")[0],
                "transcribed_from": "",
                "tier": connector.tier,
                "reliability_note": connector.reliability,
                "licence": connector.licence,
            }
        )
    return found


class _Held(Exception):
    """A value is held back."""


@dataclass
class _State:
    """What is known after some looks, by the declarations of a day."""

    base: Base
    day: date
    made: dict[str, list[tuple[Row, str]]] = field(default_factory=lambda: {name: [] for name in IDENTITY})
    held: dict[tuple[str, str], dict[str, Row]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        day = self.day.isoformat()
        self.lists = {(row["collection"], row["name"]): row for row in self.base.lists if row["declared_on"] <= day}
        self.accepted = {row["quarantine_id"]: row for row in self.base.accepted if row["declared_on"] <= day}
        self.models = dict(self.base.models)
        self.aliases = dict(self.base.aliases)
        self.spans = {key: list(rows) for key, rows in self.base.prices.items()}
        self.ended: dict[int, str] = {}
        self.days = {day: dict(tokens) for day, tokens in self.base.days.items()}
        self.first_day: dict[str, str] = {}
        for known in sorted(self.days):
            for name in self.days[known]:
                self.first_day.setdefault(name, known)
        self.rates = {pair: dict(months) for pair, months in self.base.rates.items()}
        # Names that one maker uses for one model, on its own lists and on the router.
        self.named = {
            (self.models[rows[-1]["model_id"]]["entity_id"], name): rows[-1]["model_id"]
            for (_, name), rows in self.base.prices.items()
            if rows[-1]["first_party"] == "true" and rows[-1]["model_id"] in self.models
        }
        self.aliased = {_base_name(name): row["model_id"] for name, row in self.aliases.items()}
        self.makers: dict[str, set[str]] = {}
        for model in self.models.values():
            self.makers.setdefault(_family(model["model_id"]), set()).add(model["entity_id"])
        by_hand = [row for rows in self.base.prices.values() for row in rows]
        self.dearest = max((price for row in by_hand if row["currency"] == "USD" for price in _pair(row)), default=0)
        self.in_yuan: dict[str, list[list[Decimal]]] = {}
        for row in by_hand:
            if row["currency"] == "CNY" and not row["effective_to"]:
                self.in_yuan.setdefault(row["model_id"], []).append(_pair(row))

    def see(self, view: View) -> None:
        """Take in a look."""
        feeds = view.connector.feeds
        {"prices": self._prices, "tokens": self._tokens, "fx": self._rates}[feeds](view)

    def held_now(self) -> list[Row]:
        """Values held back and not overtaken since."""
        return [row for scope in sorted(self.held) for _, row in sorted(self.held[scope].items())]

    # Values ---------------------------------------------------------------------------------------------------------

    def _hold(self, view: View, scope: str, name: str, column: str, seen: Any, reason: str, **more: str) -> _Held:
        table = {"prices": "prices", "tokens": "token_models", "fx": "fx"}[view.connector.feeds]
        text = " ".join(_text(seen).split())[:120]
        place = (view.look.source, name, column, text)
        row = {
            "quarantine_id": hashlib.sha256("\0".join(place).encode()).hexdigest()[:12],
            "source": view.look.source,
            "table": table,
            "name": " ".join("".join(c if c.isprintable() else "?" for c in name).split()),
            "column": column,
            "seen": "".join(c if c.isprintable() else "?" for c in text),
            "known": "",
            "reason": reason,
            "remedy": "",
            "observed_on": view.look.day.isoformat(),
        } | more
        row["remedy"] = row["remedy"] or f"add {row['quarantine_id']} to data/accepted.csv: accept, correct or ignore"
        decision = self.accepted.get(row["quarantine_id"], {}).get("decision")
        if decision != "ignore":
            self.held.setdefault((view.look.source, scope), {})[f"{name}\0{column}"] = row
        return _Held(row["quarantine_id"])

    def _value(
        self, view: View, scope: str, name: str, column: str, raw: Any, known: Decimal | None, judge: Callable
    ) -> Decimal:
        """Return a value that passes, or was let in or corrected by a declared row; otherwise hold it back."""
        value = _number(raw)
        reason = f"is no number: {type(raw).__name__}" if value is None else judge(value, known)
        if not reason:
            return value
        before = "" if known is None else _text(known)
        held = self._hold(view, scope, name, column, raw, reason, known=before)
        decision = self.accepted.get(held.args[0], {})
        if decision.get("decision") == "correct" and PLAIN_NUMBER.fullmatch(decision["value"]):
            value = Decimal(decision["value"])
        elif decision.get("decision") != "accept" or value is None:
            raise held
        self.held[view.look.source, scope].pop(f"{name}\0{column}", None)
        return value

    # Prices ---------------------------------------------------------------------------------------------------------

    def _prices(self, view: View) -> None:
        self.held.pop((view.look.source, ""), None)
        collection = view.connector.collection
        unknown: dict[str, int] = {}
        present: dict[str, set[str]] = {}
        for offer in view.entries:
            listed = self.lists.get((collection, offer.list_name))
            if listed is None:
                unknown[offer.list_name] = unknown.get(offer.list_name, 0) + 1
            elif listed["role"] not in ("ignored", "cover"):
                endpoint = listed["endpoint"]
                present.setdefault(endpoint, set())
                if offer.input is not None or offer.fault:
                    present[endpoint].add(offer.name)
                    self._offered(view, offer, listed, endpoint)
        for name, count in unknown.items():
            reason = f"is in no row of data/lists.csv; {count} entries left out"
            remedy = f"add a line to data/lists.csv: {collection},{name},…"
            self._hold(view, "", f"{collection} {name}", "list", name, reason, remedy=remedy)
        endpoints = {row["endpoint"] for (owner, _), row in self.lists.items() if owner == collection} - {""}
        for endpoint in sorted(endpoints):
            self._gone(view, endpoint, present.get(endpoint))

    def _offered(self, view: View, offer: Offer, listed: Row, endpoint: str) -> None:
        day, place = view.look.day.isoformat(), f"{endpoint} {offer.name}"
        now = self._open(endpoint, offer.name, day)
        try:
            if offer.fault:
                raise self._hold(view, "", place, "entry", "", offer.fault)
            if offer.name != offer.name.strip() or not offer.name.isprintable() or len(offer.name) > 200:
                raise self._hold(view, "", place, "name", offer.name, "is no name that a table can hold")
            cells = self._cells(view, offer, place, now)
            same = [row for row in now if all(_same(row[name], cells[name]) for name in cells)]
            # A list that changes twice on a day is taken as first seen; the next day's look brings the rest.
            if same or any(_begin(row) == day for row in now):
                return
            self._suspect(view, place, offer, cells, now)
            model_id, maker = self._model(view, offer, listed, endpoint, place)
        except _Held:
            return
        own = maker == listed["entity_id"] and listed["role"] != "author"
        if listed["role"] == "host_own" and not own:
            return
        market = listed["market"] or "international"
        row = {
            "model_id": model_id,
            "name": offer.name,
            "endpoint": endpoint,
            "market": market,
            "first_party": str(own).lower(),
            "currency": "USD",
            **cells,
            "context_window": _text(offer.context) if isinstance(offer.context, int) and offer.context >= 0 else "",
            "condition": offer.condition,
            "effective_from": day,
            "effective_to": "",
            "dating": "snapshot",
            "flags": " ".join(_flags(cells, market, own, listed, offer.condition)),
            "origin": f"snapshots/{view.look.sha256[:12]}",
            "note": "",
        }
        for old in now:
            self._end(view, old)
        self.spans.setdefault((endpoint, offer.name), []).append(row)
        self.made["prices"].append((row, view.look.source))

    def _cells(self, view: View, offer: Offer, place: str, now: list[Row]) -> Row:
        cells = {}
        for name, raw in (("input", offer.input), ("output", offer.output), ("cached_input", offer.cached)):
            known = next((Decimal(row[name]) for row in reversed(now) if row[name]), None)
            if raw is None:
                cells[name] = ""
                if name == "output" and known:
                    raise self._hold(view, "", place, name, "", "is missing where there was a price", known=str(known))
            else:
                cells[name] = _text(self._value(view, "", place, name, raw, known, self._judge_price))
        return cells

    def _judge_price(self, value: Decimal, known: Decimal | None) -> str:
        if value < 0:
            return "is negative"
        if known and not value:
            return "is zero where there was a price"
        if known and not known / JUMP <= value <= known * JUMP:
            return f"is more than {JUMP} times the price before, or less than a {JUMP}th of it"
        return "is more than ten times the dearest price on record" if value > 10 * self.dearest > 0 else ""

    def _suspect(self, view: View, place: str, offer: Offer, cells: Row, now: list[Row]) -> None:
        """Hold back a yuan figure in a dollar field: the domestic list price, or the price before times the rate."""
        pair = _pair(cells)
        model = now[-1]["model_id"] if now else _slug(offer.name)
        if any(pair) and pair in self.in_yuan.get(model, []):
            self._let_in(view, place, cells, "currency is suspect: it equals the list price in yuan", "")
        rate = max(self.rates.get(("USD", "CNY"), {}).items(), default=("", Decimal(0)))[1]
        for old in map(_pair, now):
            times = [value / was for value, was in zip(pair, old, strict=False) if was]
            if rate and times and all(abs(ratio / rate - 1) < Decimal("0.03") for ratio in times):
                reason = "currency is suspect: it is the price before times yuan a dollar"
                self._let_in(view, place, cells, reason, ", ".join(map(_text, old)))

    def _let_in(self, view: View, place: str, cells: Row, reason: str, known: str) -> None:
        seen = ", ".join(cells[name] for name in ("input", "output") if cells[name])
        held = self._hold(view, "", place, "currency", seen, reason, known=known)
        if self.accepted.get(held.args[0], {}).get("decision") != "accept":
            raise held
        self.held[view.look.source, ""].pop(f"{place}\0currency", None)

    def _open(self, endpoint: str, name: str, day: str) -> list[Row]:
        """Rows that hold on a day and were known by then."""
        rows = [row for row in self.spans.get((endpoint, name), []) if id(row) not in self.ended]
        return [
            row for row in rows if _begin(row) <= day and not "" < row["effective_to"] <= day and _known(row) <= day
        ]

    def _gone(self, view: View, endpoint: str, present: set[str] | None) -> None:
        """End the spans of what a list no longer shows, unless so much is missing that the answer must be cut."""
        day = view.look.day.isoformat()
        names = [name for owner, name in self.spans if owner == endpoint and self._open(endpoint, name, day)]
        missing = [name for name in names if name not in (present or ())]
        if missing and (present is None or len(missing) > max(3, GONE * len(names))):
            reason = f"lacks {len(missing)} of {len(names)} names; taken as cut, no price of it ended"
            held = self._hold(view, "", f"{endpoint} names", "list", len(missing), reason, known=str(len(names)))
            if self.accepted.get(held.args[0], {}).get("decision") != "accept":
                return
            self.held[view.look.source, ""].pop(f"{endpoint} names\0list", None)
        for name in missing:
            for row in self._open(endpoint, name, day):
                if _begin(row) < day:
                    self._end(view, row)

    def _end(self, view: View, row: Row) -> None:
        kept = ("endpoint", "name", "condition", "effective_from", "origin")
        end = {name: row[name] for name in kept} | {"effective_to": view.look.day.isoformat()}
        self.ended[id(row)] = end["effective_to"]
        self.made["price_ends"].append((end, view.look.source))

    # Models ---------------------------------------------------------------------------------------------------------

    def _model(self, view: View, offer: Offer, listed: Row, endpoint: str, place: str) -> tuple[str, str]:
        """Return the model offered and its maker; a model of a known maker that has no row yet gets one."""
        own, hosts, resold = listed["entity_id"], listed["role"].startswith("host"), listed["role"] == "author"
        name = offer.name.partition(":")[0] if resold else offer.name
        spans = self.spans.get((endpoint, offer.name))
        known = spans[-1]["model_id"] if spans else self.named.get((own, name.rpartition("/")[2]), "")
        known = known or (self.aliased.get(_base_name(offer.name), "") if resold else "")
        slug = _slug(name)
        for candidate in filter(None, (known, slug, _undated(slug))):
            if candidate in self.models:
                maker = self.models[candidate]["entity_id"]
                if known or hosts or maker == own:
                    return candidate, maker
                raise self._unknown(view, place, offer, f"is the name of a model of {maker}")
        maker = self._maker(slug) if hosts else own
        if listed["role"] == "host_own" and maker != own:
            return "", maker  # Nothing of other makers is taken from this list.
        if not maker or not re.fullmatch(r"[a-z0-9][a-z0-9-]*", slug):
            raise self._unknown(view, place, offer, "is an unknown model, and its name does not tell the maker")
        day, note = _release(offer.released, view.look.day)
        self._add_model(view, _undated(slug), " ".join(offer.title.split()), maker, day, offer.weights, note)
        return _undated(slug), maker

    def _unknown(self, view: View, place: str, offer: Offer, reason: str) -> _Held:
        return self._hold(view, "", place, "model", offer.name, reason, remedy="add the model to data/models.csv")

    def _maker(self, slug: str) -> str:
        """Return the maker whose models begin with words of a name, if it is one alone."""
        words = [word for word in re.findall("[a-z]+", slug) if len(word) > 2]
        makers = {maker for word in words for maker in self.makers.get(word, ())}
        return makers.pop() if len(makers) == 1 else ""

    def _add_model(
        self, view: View, model_id: str, title: str, maker: str, released: str, weights: str, note: str
    ) -> None:
        title = title if title.isprintable() and title else model_id
        row = {"model_id": model_id, "name": title, "entity_id": maker, "released_on": released, "weights": weights}
        self.models[model_id] = row | {"note": note}
        self.makers.setdefault(_family(model_id), set()).add(maker)
        self.made["models"].append((self.models[model_id], view.look.source))

    # Tokens ---------------------------------------------------------------------------------------------------------

    def _tokens(self, view: View) -> None:
        days: dict[str, list[Count]] = {}
        for count in view.entries:
            days.setdefault(count.day.isoformat(), []).append(count)
        for day in sorted(days):
            if day < view.look.day.isoformat() and day not in self.days:
                self._counted(view, day, days[day])

    def _counted(self, view: View, day: str, counts: list[Count]) -> None:
        """Take in a day, if all of it is sound: a day without one of its rows would be a smaller whole."""
        self.held.pop((view.look.source, day), None)
        before = max((known for known in self.days if known < day), default="")
        young = (date.fromisoformat(day) - YOUNG).isoformat()
        tokens: dict[str, Decimal] = {}
        for count in counts:
            place, settled = f"{day} {count.name}", self.first_day.get(count.name, day) <= young
            known = self.days.get(before, {}).get(count.name) if settled or count.name == REST else None
            try:
                if count.fault:
                    raise self._hold(view, day, place, "entry", "", count.fault)
                if count.name in tokens:
                    raise self._hold(view, day, place, "name", count.name, "stands twice on the day")
                self._author(view, day, place, count.name)
                tokens[count.name] = self._value(view, day, place, "tokens", count.tokens, known, _judge_tokens)
            except _Held:
                continue
        if REST not in {count.name for count in counts}:
            self._hold(view, day, f"{day} {REST}", "name", "", "has no row for the rest, so the whole is not known")
        if self.held.get((view.look.source, day)) or len(tokens) != len(counts):
            return
        for rank, name in enumerate(sorted(tokens, key=lambda name: (-tokens[name], name)), 1):
            self._alias(view, name)
            self.first_day.setdefault(name, day)
            row = {"platform": "openrouter", "name": name, "frequency": "day", "period_start": day, "period_end": day}
            row |= {"tokens": _text(tokens[name]), "rank": str(rank), "listed_input": "", "listed_output": ""}
            row |= {"coverage": WHOLE, "note": ""}
            self.made["token_models"].append((row, view.look.source))
        self.days[day] = tokens

    def _author(self, view: View, day: str, place: str, name: str) -> None:
        author = name.partition("/")[0]
        if name not in self.aliases and ("openrouter", author) not in self.lists:
            remedy = f"add a line to data/lists.csv: openrouter,{author},…"
            raise self._hold(view, day, place, "name", name, "is an author in no row of data/lists.csv", remedy=remedy)
        if not name.isprintable() or name != " ".join(name.split()):
            raise self._hold(view, day, place, "name", name, "is no name that a table can hold")

    def _alias(self, view: View, name: str) -> None:
        """Give a new name its row, and its model one if that is new too."""
        if name in self.aliases:
            return
        author, _, rest = name.partition("/")
        listed, (bare, _, variant) = self.lists["openrouter", author], rest.partition(":")
        row = {"platform": "openrouter", "name": name, "entity_id": "", "model_id": "", "free": "false", "note": ""}
        row["free"] = str(variant == "free").lower()
        if listed["role"] == "author":
            slug = _DASHED.sub("", _slug(bare))  # On a list a dated name is another offer, here it is the same model.
            candidates = [known for known in (_slug(bare), slug, _undated(slug)) if known in self.models]
            own = [known for known in candidates if self.models[known]["entity_id"] == listed["entity_id"]]
            row |= {"entity_id": listed["entity_id"], "model_id": own[0] if own else ""}
            if not candidates:
                released, note = _in_name(bare, view.look.day)
                row["model_id"] = _undated(slug)
                self._add_model(view, row["model_id"], row["model_id"], row["entity_id"], released, "", note)
        else:
            row["note"] = "the maker is not named" if listed["role"] == "cover" else "an author that is not followed"
        self.aliases[name] = row
        self.made["model_aliases"].append((row, view.look.source))

    # Rates ----------------------------------------------------------------------------------------------------------

    def _rates(self, view: View) -> None:
        months: dict[tuple[str, str, str], list[Daily]] = {}
        for daily in view.entries:
            last = calendar.monthrange(daily.day.year, daily.day.month)[1]
            months.setdefault((daily.base, daily.quote, daily.day.replace(day=last).isoformat()), []).append(daily)
        for (base, quote, end), dailies in sorted(months.items()):
            known = self.rates.setdefault((base, quote), {})
            days = [daily.day.day for daily in dailies]
            whole = min(days) <= EDGE and max(days) > int(end[-2:]) - EDGE and view.look.day.isoformat() > end
            if end not in known and whole:
                self._averaged(view, base, quote, end, sorted(dailies, key=lambda daily: daily.day), known)

    def _averaged(
        self, view: View, base: str, quote: str, end: str, dailies: list[Daily], known: dict[str, Decimal]
    ) -> None:
        """Take in the mean of a month, if all its days are sound."""
        scope = f"{base}/{quote} {end}"
        self.held.pop((view.look.source, scope), None)
        before = known[max(month for month in known if month < end)] if any(month < end for month in known) else None
        rates = []
        for daily in dailies:
            try:
                place = f"{base}/{quote} {daily.day}"
                rates.append(self._value(view, scope, place, "rate", daily.rate, before, _judge_rate))
            except _Held:
                continue
        if len(rates) != len(dailies) or not re.fullmatch("[A-Z]{3}", quote):
            return
        mean = round(sum(rates) / len(rates), 4)
        known[end] = mean
        row = {"date": end, "base": base, "quote": quote, "rate": f"{mean:.4f}", "kind": "monthly_average"}
        self.made["fx"].append((row | {"note": f"mean of {len(rates)} days"}, view.look.source))


def _judge_tokens(value: Decimal, known: Decimal | None) -> str:
    if value < 0 or value != int(value):
        return "is no count"
    if known and not value:
        return "is zero where there were tokens"
    if known and not known / JUMP <= value <= known * JUMP:
        return f"is more than {JUMP} times the tokens of the day before, or less than a {JUMP}th of them"
    return ""


def _judge_rate(value: Decimal, known: Decimal | None) -> str:
    if value <= 0:
        return "is not positive"
    far = known and not known / JUMP_OF_RATE <= value <= known * JUMP_OF_RATE
    return f"is more than {JUMP_OF_RATE} times the month before, or less than its part of that" if far else ""


def _number(raw: Any) -> Decimal | None:
    """Read a finite number, or text that is one; None for all else."""
    if isinstance(raw, bool):
        return None
    if not isinstance(raw, int | Decimal) and not (isinstance(raw, str) and PLAIN_NUMBER.fullmatch(raw)):
        return None
    value = Decimal(raw)
    return value if value.is_finite() and abs(value) < Decimal("1e24") else None


def _text(value: Any) -> str:
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def _same(one: str, other: str) -> bool:
    return Decimal(one) == Decimal(other) if one and other else one == other


def _begin(row: Row) -> str:
    return row["effective_from"] or row["published_on"]


def _known(row: Row) -> str:
    # A row made by an earlier look carries no day yet: it was known when it began.
    return row.get("published_on") or row["effective_from"]


def _pair(row: Row) -> list[Decimal]:
    return [Decimal(row[name]) for name in ("input", "output") if row[name]]


def _flags(cells: Row, market: str, own: bool, listed: Row, condition: str) -> list[str]:
    taken, given = Decimal(cells["input"]), Decimal(cells["output"] or 0)
    router = listed["role"] == "author"
    found = {
        "reseller": router,
        "third_party_host": not own and not router,
        "domestic_in_usd": market == "domestic",
        "zero_price": not taken and cells["output"] != "" and not given,
        "no_output_price": bool(taken) and not given,
        "inconsistent": 0 < given < taken,
        "time_of_day": condition.startswith("time-of-day"),
    }
    return sorted(name for name, holds in found.items() if holds)


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.rpartition("/")[2].lower()).strip("-")


def _undated(slug: str) -> str:
    return _DATED.sub("", slug).removesuffix("-latest")


def _base_name(name: str) -> str:
    bare = name.partition(":")[0]
    return _DASHED.sub("", _DATED.sub("", bare))


def _family(model_id: str) -> str:
    return re.match(r"[a-z]*", model_id)[0]


def _in_name(name: str, look: date) -> tuple[str, str]:
    found = _DATED.search(name) or _DASHED.search(name)
    day, _ = _release("-".join(found.groups()), look) if found else ("", "")
    return day, "the day in its OpenRouter name" if day else ""


def _release(text: str, look: date) -> tuple[str, str]:
    """Read a day of release; of a month its last day. One that is none, or lies ahead, is left out."""
    try:
        if re.fullmatch(r"\d{4}-\d{2}", text):
            year, month = map(int, text.split("-"))
            day, note = date(year, month, calendar.monthrange(year, month)[1]), "released some time in the month"
        else:
            day, note = date.fromisoformat(text), ""
    except ValueError:
        return "", ""
    return (day.isoformat(), note) if day <= look else ("", f"announced for {day}")
