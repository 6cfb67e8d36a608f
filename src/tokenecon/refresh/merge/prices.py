"""Prices of lists: what a look shows becomes spans, and what it no longer shows ends them.

A series is what a list sells under one name, at all hours or at some. Its span holds until the list shows another
price, no longer shows the name, or calls the model deprecated. A name that moves from model to model also begins a
new span when the list says that it points to something else.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from typing import Any

from tokenecon.catalog.checks.market import SHOWN
from tokenecon.refresh.connectors import HOURS, Offer
from tokenecon.refresh.merge import names
from tokenecon.refresh.merge.base import SPAN, Base, Made, View
from tokenecon.refresh.merge.models import Match, Models
from tokenecon.refresh.merge.quarantine import Held, Quarantine, text
from tokenecon.refresh.tables import Row

JUMP = 10
"""A price more than so many times another, or less than its so-manieth part, is held back."""
DOMESTIC = 3
"""So many times the international price, a dollar price of a platform in mainland China is thought to be in yuan."""
CUT = 0.5
"""If more than this part of a list is missing, the answer is thought to be cut."""
AT_ONCE = 0.25
"""If more than this part of a source changes or goes at once, all of it is held back."""
FEW = 3
"""So many names may change or go at once however short the list."""
CACHED = 1000
"""Input read from a cache costs a tenth mostly, a hundredth at some makers, and less than this part at none."""
PEERS = 5
"""So many prices of a maker are needed to say what is usual with it; with fewer those of all makers say it."""
LONGEST = 200
SLIPS = {"placeholder", "currency_suspect", "inconsistent", "same_day"}
"""Flags of rows that say nothing of what is usual."""
CELLS = ("input", "output", "cached_input")
Series = tuple[str, str, str]
Judge = Callable[[str], Callable[[Decimal, Decimal | None], str]]


class Prices:
    """Spans of prices known by now.

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
        self.base, self.models, self.quarantine, self.made = base, models, quarantine, made
        self.spans: dict[Series, list[Row]] = {}
        self.of_model: dict[str, list[Row]] = {}
        self.ended: set[tuple[str, ...]] = set()
        self.targets: dict[str, str] = {}
        by_hand = [row for rows in base.prices.values() for row in rows]
        self.usual: dict[tuple[str, str], list[Decimal]] = {}
        for row in by_hand:
            self._keep(row)
            maker = base.models.get(row["model_id"], {}).get("entity_id", "")
            for column in ("input", "output"):
                if row["currency"] == "USD" and not row["flags"] and row[column] and Decimal(row[column]):
                    for owner in (maker, ""):
                        self.usual.setdefault((owner, column), []).append(Decimal(row[column]))
        self.in_yuan: dict[str, list[list[Decimal]]] = {}
        for row in by_hand:
            if row["currency"] == "CNY" and not row["effective_to"]:
                self.in_yuan.setdefault(row["model_id"], []).append(_pair(row))

    def _keep(self, row: Row) -> None:
        self.spans.setdefault(_series(row), []).append(row)
        self.of_model.setdefault(row["model_id"], []).append(row)

    def see(self, view: View, rate: Decimal) -> None:
        """Take in a look at a collection of lists; `rate` is the last known one of yuan a dollar."""
        self.quarantine.forget(view, "")
        collection = view.connector.collection
        followed: list[tuple[Offer, Row]] = []
        unknown: dict[str, int] = {}
        for offer in view.of(Offer):
            listed = self.models.lists.get((collection, offer.list_name))
            if listed is None:
                unknown[offer.list_name] = unknown.get(offer.list_name, 0) + 1
            elif listed["role"] not in ("ignored", "cover"):
                followed.append((offer, listed))
        for name, count in unknown.items():
            reason = f"is in no row of data/lists.csv; {count} entries left out"
            remedy = f"add a line to data/lists.csv: {collection},{name},…"
            self.quarantine.hold(view, "", f"{collection} {name}", "list", name, reason, remedy=remedy)
        doubt = self._doubt(view, followed)
        if not doubt or self.quarantine.lets_in(view, "", f"{view.look.source} all prices", "list", *doubt):
            self._take(view, followed, rate, sure=bool(doubt))

    def _take(self, view: View, followed: list[tuple[Offer, Row]], rate: Decimal, sure: bool) -> None:
        shown: dict[str, set[str]] = {}
        taken: dict[Series, Offer] = {}
        for offer, listed in followed:
            series = (listed["endpoint"], offer.name, offer.hours)
            present = shown.setdefault(listed["endpoint"], set())
            if offer.fault or offer.input is not None:
                present.add(offer.name)
            if offer.ended:
                self._end(view, self._open(series, view))
            elif offer.fault or offer.input is not None:
                self._offered(view, offer, listed, taken.setdefault(series, offer), rate)
        for series in list(self.spans):  # Hours that a list no longer names.
            if series[2] and series not in taken and series[1] in shown.get(series[0], ()):
                self._end(view, self._open(series, view))
        for endpoint in sorted(self._endpoints(view)):
            self._gone(view, endpoint, shown.get(endpoint), sure)

    def _endpoints(self, view: View) -> set[str]:
        lists = self.models.lists.items()
        return {row["endpoint"] for (owner, _), row in lists if owner == view.connector.collection} - {""}

    # The source as a whole ------------------------------------------------------------------------------------------

    def _doubt(self, view: View, followed: list[tuple[Offer, Row]]) -> tuple[str, str] | None:
        """Doubt a source of which too much changes or goes at once, or that is old: say what was seen, and why."""
        endpoints = self._endpoints(view)
        known = {
            series: self._open(series, view)
            for series in self.spans
            if series[0] in endpoints and not series[2] and not names.is_moving(series[1])
        }
        known = {series: now for series, now in known.items() if now}
        shown = {(listed["endpoint"], offer.name, offer.hours): offer for offer, listed in followed}
        changed, gone = [], []
        for series, now in known.items():
            offer = shown.get(series)
            if offer is None or (offer.input is None and not offer.fault and not offer.ended):
                gone.append(series)
            elif not offer.ended and not any(_shows(row, offer) for row in now):
                changed.append((*series, str(offer.input), str(offer.output)))
        what = f"{len(changed)} changed and {len(gone)} gone of {len(known)}"
        if len(changed) + len(gone) > max(FEW, AT_ONCE * len(known)):
            reason = "at once: nothing of the source is taken in; is it the right list, whole, and in dollars?"
        elif (changed or gone) and view.age > view.connector.stale_after:
            reason = f"though its newest day is {view.newest}: nothing of the source is taken in; is it an old copy?"
        else:
            return None
        return f"{what} ({_digest((sorted(changed), sorted(gone)))})", reason

    def _gone(self, view: View, endpoint: str, present: set[str] | None, sure: bool) -> None:
        """End the spans of what a list no longer shows, unless so much is missing that the answer must be cut.

        If somebody is sure of the source as a whole, that is the decision on its lists.
        """
        held = {series: self._open(series, view) for series in self.spans if series[0] == endpoint}
        held = {series: rows for series, rows in held.items() if rows}
        missing = sorted(series for series in held if series[1] not in (present or ()))
        if missing and not sure and (present is None or len(missing) > max(FEW, CUT * len(held))):
            reason = f"lacks {len(missing)} of {len(held)} names; taken as cut, no price of it ended"
            seen = f"{len(missing)} ({_digest(missing)})"
            if not self.quarantine.lets_in(view, "", f"{endpoint} names", "list", seen, reason, known=str(len(held))):
                return
        today = view.look.day.isoformat()
        self._end(view, [row for series in missing for row in held[series] if _begin(row) < today])

    # One offer ------------------------------------------------------------------------------------------------------

    def _offered(self, view: View, offer: Offer, listed: Row, first: Offer, rate: Decimal) -> None:
        day, place = view.look.day.isoformat(), f"{listed['endpoint']} {offer.name}"
        series = (listed["endpoint"], offer.name, offer.hours)
        now = self._open(series, view)
        try:
            self._judge_entry(view, place, offer, first)
            moved = self._moved(series, offer)
            match = None if now and not moved else self._match(view, offer, listed, place, None if moved else series)
            if match and not match.model_id:
                return
            cells = self._cells(view, offer, place, now, self._bounds(match, listed) if match and not now else None)
            same = any(_alike(row, cells) for row in now)
            # A list that changes twice on a day is taken as first seen; the next day's look brings the rest.
            if (same and not moved) or any(_begin(row) == day for row in now):
                return
            match = match or self._match(view, offer, listed, place, series)
            self._suspect_yuan(view, place, cells, now, match, rate)
        except Held:
            return
        if names.is_moving(offer.name):
            self.targets[_joined(series)] = _target(offer)
        if match.new and match.model_id not in self.models.rows:
            self.models.add(view, match, offer.title, (*offer.also, offer.name))
        self._end(view, now)
        row = self._row(view, offer, listed, match, cells)
        self._keep(row)
        self.made["prices"].append((row, view.look.source))

    def _judge_entry(self, view: View, place: str, offer: Offer, first: Offer) -> None:
        name = offer.name
        if offer.fault:
            raise self.quarantine.hold(view, "", place, "entry", "", offer.fault)
        if name != name.strip() or not name.isprintable() or len(name) > LONGEST or name[:1] in tuple("=+-@"):
            raise self.quarantine.hold(view, "", place, "name", name, "is no name that a table can hold")
        if (first.input, first.output) != (offer.input, offer.output):
            seen = ", ".join(text(price) for price in (offer.input, offer.output))
            reason = f"stands twice on the list, and the first has {text(first.input)}, {text(first.output)}"
            raise self.quarantine.hold(view, "", place, "entry", seen, reason)

    def _moved(self, series: Series, offer: Offer) -> bool:
        """Whether a moving name points to something else than at the look before."""
        if not names.is_moving(offer.name):
            return False
        before = self.targets.setdefault(_joined(series), _target(offer))
        return before != _target(offer)

    def _match(self, view: View, offer: Offer, listed: Row, place: str, series: Series | None) -> Match:
        known = self.spans.get(series, [])[-1:] or self.spans.get((*series[:2], ""), [])[-1:] if series else []
        try:
            return self.models.match(offer, listed, known[0]["model_id"] if known else "")
        except LookupError as error:
            remedy = "add the model to data/models.csv, or ignore it in data/accepted.csv"
            raise self.quarantine.hold(view, "", place, "model", offer.name, str(error), remedy=remedy) from None

    def _cells(self, view: View, offer: Offer, place: str, now: list[Row], bounds: Judge | None) -> Row:
        cells = {}
        for name, raw in zip(CELLS, (offer.input, offer.output, offer.cached), strict=True):
            known = next((Decimal(row[name]) for row in reversed(now) if row[name]), None)
            place_by_hour = f"{place} {offer.hours}".strip()
            if raw is None or (name == "cached_input" and raw == 0):
                cells[name] = ""
                if name == "output" and known:
                    reason = "is missing where there was a price"
                    raise self.quarantine.hold(view, "", place_by_hour, name, "", reason, known=str(known))
            else:
                judge = bounds(name) if bounds else _judge_change
                cells[name] = text(self.quarantine.value(view, "", place_by_hour, name, raw, known, judge))
        for name, reason in _odd(*(Decimal(cells[name] or 0) for name in CELLS)):
            if not self.quarantine.lets_in(view, "", place, name, cells[name], reason):
                raise Held
        return cells

    def _bounds(self, match: Match, listed: Row) -> Judge:
        """Return what judges the price of a new name: by the same model on other lists, and by its maker's others."""
        peers = [
            row
            for row in self.of_model.get(match.model_id, ())
            if row["currency"] == "USD" and not row["effective_to"] and _key(row) not in self.ended
            if not SLIPS & set(row["flags"].split())
        ]

        def judge_of(column: str) -> Callable[[Decimal, Decimal | None], str]:
            same = [price for row in peers if (price := Decimal(row[column] or 0))]
            usual = self.usual.get((match.maker, column), [])
            usual = usual if len(usual) >= PEERS else self.usual.get(("", column), [])
            above = DOMESTIC if listed["market"] == "domestic" else JUMP

            def judge(value: Decimal, known: Decimal | None) -> str:
                if value < 0:
                    return "is negative"
                if not value:
                    return ""
                if same and not min(same) / JUMP <= value <= max(same) * above:
                    return f"is far from the price of the model on other lists, {text(min(same))} to {text(max(same))}"
                if not same and usual and not min(usual) / JUMP <= value <= max(usual) * JUMP:
                    return f"is far from every price of the maker, {text(min(usual))} to {text(max(usual))}"
                return ""

            return judge

        return judge_of

    def _suspect_yuan(
        self, view: View, place: str, cells: Row, now: list[Row], match: Match, rate: Decimal
    ) -> None:  # fmt: skip
        """Hold back a yuan figure in a dollar field: the domestic list price, or the price before times the rate."""
        pair, reason, known = _pair(cells), "", ""
        if any(pair) and pair in self.in_yuan.get(match.model_id, []):
            reason = "currency is suspect: it equals the list price in yuan"
        for old in map(_pair, now):
            times = [value / was for value, was in zip(pair, old, strict=False) if was]
            if rate and times and all(abs(ratio / rate - 1) < Decimal("0.03") for ratio in times):
                reason, known = "currency is suspect: it is the price before times yuan a dollar", _listed(old)
        if reason and not self.quarantine.lets_in(view, "", place, "currency", _listed(pair), reason, known=known):
            raise Held

    def _row(self, view: View, offer: Offer, listed: Row, match: Match, cells: Row) -> Row:
        own = match.maker == listed["entity_id"] and listed["role"] != "author"
        also = [f"output counts {offer.modalities} tokens"] if offer.modalities else []
        note = f"the name points to {_target(offer)}" if names.is_moving(offer.name) else ""
        row = {
            "model_id": match.model_id,
            "name": offer.name,
            "endpoint": listed["endpoint"],
            "market": listed["market"] or "international",
            "first_party": str(own).lower(),
            "currency": "USD",
            **cells,
            "context_window": _whole(offer.context),
            "condition": "; ".join(filter(None, [offer.condition, *also])),
            "effective_from": view.look.day.isoformat(),
            "effective_to": "",
            "dating": "snapshot",
            "origin": f"snapshots/{view.look.sha256[:12]}",
            "note": note if note.isprintable() else "",
        }
        return row | {"flags": " ".join(self._flags(offer, row, listed))}

    def _flags(self, offer: Offer, row: Row, listed: Row) -> list[str]:
        """Return the flags that the cells of a row show, and those that follow from the list."""
        taken, router = Decimal(row["input"]), listed["role"] == "author"
        standard = self.spans.get((listed["endpoint"], offer.name, ""), [])
        dearer = not standard or taken > Decimal(standard[-1]["input"])
        found = {flag: shown(row) for flag, shown in SHOWN.items()} | {
            "reseller": router,
            "third_party_host": row["first_party"] == "false" and not router,
            "inconsistent": 0 < Decimal(row["output"] or 0) < taken,
            "other_tokens": bool(offer.modalities),
            "peak": bool(offer.hours) and dearer,
            "off_peak": bool(offer.hours) and not dearer,
        }
        return sorted(name for name, holds in found.items() if holds)

    # Spans ----------------------------------------------------------------------------------------------------------

    def _open(self, series: Series, view: View) -> list[Row]:
        """Rows of a series that hold on the day of a look and were known by then."""
        day = view.look.day.isoformat()
        return [
            row
            for row in self.spans.get(series, [])
            if _key(row) not in self.ended
            and _begin(row) <= day
            and not "" < row["effective_to"] <= day
            and _known(row) <= day
            and not any(max(end["effective_to"], _known(end)) <= day for end in self.base.ends.get(_key(row), ()))
        ]

    def _end(self, view: View, rows: Iterable[Row]) -> None:
        for row in rows:
            end = dict(zip(SPAN, _key(row), strict=True)) | {"effective_to": view.look.day.isoformat()}
            self.ended.add(_key(row))
            self.made["price_ends"].append((end, view.look.source))

    # Between runs ---------------------------------------------------------------------------------------------------

    def dump(self) -> dict[str, Any]:
        """Return what is known beyond the rows of people."""
        return {"ended": sorted(self.ended), "targets": self.targets}

    def load(self, kept: dict[str, Any], rows: Iterable[Row]) -> None:
        """Take up what :meth:`dump` returned, and the rows that were made."""
        self.ended, self.targets = set(map(tuple, kept["ended"])), kept["targets"]
        for row in rows:
            self._keep(row)


def _digest(seen: object) -> str:
    return hashlib.sha256(repr(seen).encode("utf-8", "replace")).hexdigest()[:8]


def _key(row: Row) -> tuple[str, ...]:
    return tuple(row[name] for name in SPAN)


def _series(row: Row) -> Series:
    condition = row["condition"].partition(";")[0]
    return row["endpoint"], row["name"], condition if condition.startswith(HOURS) else ""


def _joined(series: Series) -> str:
    return "\0".join(series)


def _target(offer: Offer) -> str:
    """What a list says that a moving name points to."""
    return ", ".join(offer.also) or ", ".join(filter(None, [offer.title, offer.released]))


def _judge_change(value: Decimal, known: Decimal | None) -> str:
    if value < 0:
        return "is negative"
    if known and not value:
        return "is zero where there was a price"
    if known and not known / JUMP <= value <= known * JUMP:
        return f"is more than {JUMP} times the price before, or less than a {JUMP}th of it"
    return ""


def _odd(taken: Decimal, given: Decimal, cached: Decimal) -> Iterator[tuple[str, str]]:
    """Give the prices that do not go with the others of an offer, and why."""
    if given and not taken:
        yield "input", f"is zero beside a price of output, {text(given)}"
    if cached and cached < taken / CACHED:
        yield "cached_input", f"is less than a {CACHED}th of the price without a cache, {text(taken)}"


def _same(one: str, other: str) -> bool:
    return Decimal(one) == Decimal(other) if one and other else one == other


def _alike(row: Row, cells: Row) -> bool:
    """Whether a row has the prices of an offer; a cached price of zero is none."""
    cached = [Decimal(one["cached_input"] or 0) for one in (row, cells)]
    return all(_same(row[name], cells[name]) for name in ("input", "output")) and cached[0] == cached[1]


def _shows(row: Row, offer: Offer) -> bool:
    """Whether an offer has the two prices of a row."""
    prices = (Decimal(row["input"]), Decimal(row["output"]) if row["output"] else None)
    return prices == (offer.input, offer.output)


def _begin(row: Row) -> str:
    return row["effective_from"] or row["published_on"]


def _known(row: Row) -> str:
    # A row made by an earlier look carries no day yet: it was known when it began.
    return max(row.get("published_on") or row["effective_from"], row.get("added_on", ""))


def _pair(row: Row) -> list[Decimal]:
    return [Decimal(row[name]) for name in ("input", "output") if row[name]]


def _listed(prices: Iterable[Decimal]) -> str:
    return ", ".join(map(text, prices))


def _whole(context: Any) -> str:
    return str(context) if type(context) is int and 0 <= context < 10**12 else ""
