"""A connector a source: where to ask, and how to read the answer into offers, counts and rates.

What is said of a source stands in ``sources.toml``; here are the shapes. A reader knows the shape of its source and
nothing of the tables. It reads what the source prints and judges nothing; where the shape itself is another than
documented it raises :class:`Drift`, so that a renamed field stops the refresh and does not look like a price that went
away.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Context, Decimal
from importlib import resources
from typing import Any

from tokenecon.refresh.web import FetchError, read_json

CHANGED = "the source changed its shape; its connector needs mending"
LARGEST = 24
"""Digits before the point of the largest number that any source prints."""
LONGEST = 15
"""Digits that a price can have; more are what a machine made of fewer."""
_FEWER = Context(prec=12)
_NUMBER = re.compile(r"-?\d{1,60}(\.\d{1,60})?([eE][-+]?\d{1,3})?")


class Drift(FetchError):
    """An answer of another shape than the documented one."""


@dataclass(frozen=True)
class Offer:
    """A model on a list, with its prices as printed, in dollars per million text tokens; `input` is None without one.

    Parameters
    ----------
    list_name
        The part of the collection it stands in: a provider, or an author.
    name, title
        The name by which it is called, and the one to show.
    condition
        A tier; hours of the day begin with :data:`HOURS` and make an offer of its own.
    released, weights, also
        What the list knows of the model: its first day, open or closed weights, other names of the same model.
    modalities
        What it puts out, where that is not text alone.
    ended
        Whether the list says that the model is deprecated.
    fault
        What of the documented shape this one entry lacks.
    """

    list_name: str
    name: str
    title: str
    input: Any = None
    output: Any = None
    cached: Any = None
    context: Any = None
    condition: str = ""
    released: str = ""
    weights: str = ""
    also: tuple[str, ...] = ()
    modalities: str = ""
    ended: bool = False
    fault: str = ""

    @property
    def hours(self) -> str:
        """Hours of the day that the price holds for; empty for the standard price."""
        return self.condition if self.condition.startswith(HOURS) else ""


HOURS = "time-of-day "
_OVER = {"true", "deprecated", "retired", "sunset", "discontinued", "obsolete", "removed", "endoflife", "eol"}
_LIMITS = {"type", "start_date", "start_time", "end_time"}
"""What a price may be limited by; under any other limit it is neither the standard nor one of hours."""


@dataclass(frozen=True)
class Count:
    """Tokens of a model on a day, as printed."""

    name: str
    day: date
    tokens: Any
    fault: str = ""


@dataclass(frozen=True)
class Daily:
    """Rate of a currency against the base on a day, as printed."""

    base: str
    quote: str
    day: date
    rate: Any
    fault: str = ""


Entry = Offer | Count | Daily


@dataclass(frozen=True)
class Connector:
    """A source.

    Parameters
    ----------
    name
        Short name, in options, settings and the index.
    feeds
        What of the report it keeps current: prices, tokens or fx.
    address
        Usual address.
    source_id, title, publisher, tier, reliability_note, licence
        Its entry in sources.csv, without the day.
    stale_after
        Days after which an answer without anything newer is told as stale.
    collection
        Name in data/lists.csv of the collection whose lists it reads; its own if empty.
    request
        Address with the days wanted, where the source takes some: ``{address}``, ``{start}``, ``{end}``.
    key_variable
        Environment variable of the key, if it needs one.
    """

    name: str
    feeds: str
    address: str
    source_id: str
    title: str
    publisher: str
    tier: str
    reliability_note: str
    licence: str
    stale_after: int
    collection: str = ""
    request: str = ""
    key_variable: str = ""

    @property
    def read(self) -> Callable[[Any, date], Iterator[Entry]]:
        """The function that turns a parsed answer, on the day of the look, into entries."""
        return READERS[self.name]


def _models_dev(answer: Any, day: date) -> Iterator[Offer]:
    for provider, about in _object(answer, "the answer").items():
        for name, model in _object(_get(about, "models", provider), f"{provider}.models").items():
            yield from _offers(_models_dev_model, provider, name, model)


def _models_dev_model(provider: str, name: str, model: Any) -> Iterator[Offer]:
    where = f"{provider}.models.{name}"
    cost, limit = _object(model, where).get("cost"), model.get("limit") or {}
    prices = {} if cost is None else _object(cost, f"{where}.cost")
    yield Offer(
        provider,
        name,
        _said(model.get("name")) or name,
        number(prices.get("input")),
        number(prices.get("output")),
        number(prices.get("cache_read")),
        _object(limit, f"{where}.limit").get("context"),
        "lowest tier" if prices.keys() & {"tiers", "context_over_200k"} else "",
        _said(model.get("release_date")),
        {"True": "open", "False": "closed"}.get(str(model.get("open_weights")), ""),
        modalities=_beyond_text(_object(model.get("modalities") or {}, f"{where}.modalities").get("output"), prices),
        ended=_is_over(model.get("status")),
    )


def _openrouter_models(answer: Any, day: date) -> Iterator[Offer]:
    for model in _list(_get(answer, "data", "the answer"), "data"):
        name = str(_get(model, "id", "a model of data"))
        if not name.startswith("~"):  # Such a name points to whatever the newest model is.
            yield from _offers(_openrouter_model, name.partition("/")[0], name, model, day)


def _openrouter_model(author: str, name: str, model: Any, day: date) -> Iterator[Offer]:
    prices, title = _object(_get(model, "pricing", name), f"{name}.pricing"), _said(model.get("name")) or name
    slug, weights = _said(model.get("canonical_slug")), _said(model.get("hugging_face_id"))
    first, last = _created(model.get("created")), _said(model.get("expiration_date"))
    made = _object(model.get("architecture") or {}, f"{name}.architecture").get("output_modalities")
    yield Offer(
        author,
        name,
        title.partition(": ")[2] or title,
        _by_million(prices.get("prompt")),
        _by_million(prices.get("completion")),
        _by_million(prices.get("input_cache_read")),
        model.get("context_length"),
        released=first,
        weights="open" if weights else "",
        also=tuple(filter(None, (slug, weights))),
        # Text has the price of completion, and images and sound one of their own, where a model puts out several.
        modalities="" if isinstance(made, list) and "text" in made else _beyond_text(made),
        ended="2020" < last[:10] <= day.isoformat(),
    )


def _genai_prices(answer: Any, day: date) -> Iterator[Offer]:
    for provider in _list(answer, "the answer"):
        list_name = str(_get(provider, "id", "a provider"))
        for model in _list(_get(provider, "models", list_name), f"{list_name}.models"):
            name = str(_get(model, "id", f"a model of {list_name}"))
            yield from _offers(_genai_model, list_name, name, model, day)


def _genai_model(list_name: str, name: str, model: Any, day: date) -> Iterator[Offer]:
    where = f"{list_name}.{name}"
    for hours, prices in _holding(_get(model, "prices", where), day, where):
        tiered = any(isinstance(price, Mapping) for price in prices.values())
        made = {key.removeprefix("output_").removesuffix("_mtok") for key in prices if key.startswith("output_")}
        yield Offer(
            list_name,
            name,
            _said(model.get("name")) or name,
            _base(prices.get("input_text_mtok", prices.get("input_mtok")), where),
            _base(prices.get("output_text_mtok", prices.get("output_mtok")), where),
            _base(prices.get("cache_read_mtok"), where),
            model.get("context_window"),
            hours or ("lowest tier" if tiered else ""),
            # Its output price is that of text, whatever else the model puts out: those have prices of their own.
            modalities="" if "mtok" in made or not made else _beyond_text(sorted(made)),
            ended=_is_over(model.get("deprecated")),
        )


def _holding(prices: Any, day: date, where: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Return the prices that hold on a day: the standard, and those of hours of the day, equal ones together.

    Of several that hold the last named counts, as the maintainers order them; one with hours is never the standard.
    """
    if not isinstance(prices, list):
        yield "", _object(prices, f"{where}.prices")
        return
    standard, by_hour = None, {}
    for item in prices:
        limit = _object(_object(item, f"{where}.prices").get("constraint") or {}, f"{where}.constraint")
        held = _object(_get(item, "prices", f"{where}.prices"), f"{where}.prices")
        if unknown := limit.keys() - _LIMITS:
            raise Drift(f"{where}: a price that holds by '{min(unknown)[:40]}' is not known: {CHANGED}")
        if limit.get("start_date") and _day(limit["start_date"], where) > day:
            continue
        if "start_time" in limit or "end_time" in limit:
            by_hour["-".join(_hour(limit.get(end), where) for end in ("start_time", "end_time"))] = held
        else:
            standard = held
    if standard is None:
        raise Drift(f"{where}.prices: no entry without hours holds on {day}")
    yield "", standard
    alike: dict[str, tuple[list[str], Mapping[str, Any]]] = {}
    for hours, held in by_hour.items():
        alike.setdefault(repr(sorted(held.items())), ([], held))[0].append(hours)
    for same, held in alike.values():
        yield HOURS + " ".join(same), held


def _hour(time: Any, where: str) -> str:
    text = str(time).replace("+00:00", "Z")
    if not re.fullmatch(r"\d\d:\d\d:\d\d(Z|[-+]\d\d:\d\d)", text):
        raise Drift(f"{where}: '{text[:40]}' are no hours: {CHANGED}")
    return text


def _rankings(answer: Any, day: date) -> Iterator[Count]:
    for item in _list(_get(answer, "data", "the answer"), "data"):
        counted = _day(_get(item, "date", "an entry of data"), "data.date")
        name = str(_get(item, "model_permaslug", f"an entry of {counted}"))
        try:
            yield Count(name, counted, number(_get(item, "total_tokens", f"{name} on {counted}")))
        except Drift as error:
            yield Count(name, counted, None, str(error))


def _frankfurter(answer: Any, day: date) -> Iterator[Daily]:
    base = str(_get(answer, "base", "the answer"))
    if (_get(answer, "amount", "the answer"), base) != (1, BASE):
        raise Drift(f"the rates are not for 1 {BASE}, as asked")
    for text, rates in _object(_get(answer, "rates", "the answer"), "rates").items():
        for quote, rate in _object(rates, f"rates.{text}").items():
            yield Daily(base, str(quote), _day(text, "rates"), number(rate))


def _offers(read: Callable[..., Iterator[Offer]], list_name: str, name: str, model: Any, *rest: Any) -> Iterator[Offer]:
    """Read one model; what its entry lacks is its own fault."""
    try:
        yield from list(read(list_name, name, model, *rest))
    except Drift as error:
        yield Offer(list_name, name, name, fault=str(error))


def number(raw: Any) -> Any:
    """Read a number, or text that is one, as a decimal with the digits printed; anything else stays as it is.

    Zero has no sign, and a number beyond all bounds stays text, so that no later arithmetic meets it.
    """
    if isinstance(raw, bool) or not isinstance(raw, int | Decimal | str):
        return raw
    text = str(raw) if not isinstance(raw, int) or abs(raw) < 10**LARGEST else "beyond all numbers"
    if not _NUMBER.fullmatch(text):
        return text if isinstance(raw, str) else f"{text[:40]}: beyond all numbers"
    value = Decimal(text)
    if len(value.as_tuple().digits) > LONGEST:
        value = _FEWER.plus(value).normalize()  # 0.049999999999999996 is how a machine writes 0.05.
    if value and not -LARGEST <= value.adjusted() < LARGEST:
        return f"{text[:40]}: beyond all numbers"
    return value if value else abs(value)


def _by_million(price: Any) -> Any:
    """Turn a price of one token, printed as text or as a number, into that of a million."""
    value = number(price)
    return (value * 1_000_000).normalize() if isinstance(value, Decimal) else value


def _base(price: Any, where: str) -> Any:
    return number(_get(price, "base", where) if isinstance(price, Mapping) else price)


def _beyond_text(made: Any, priced: Any = ()) -> str:
    """Return what a model puts out besides text and at no price of its own: the one price of output is for that."""
    said = made if isinstance(made, list) else []
    kinds = [kind for kind in said if isinstance(kind, str) and re.fullmatch("[a-z]+", kind) and kind != "text"]
    return " ".join(sorted(kind for kind in kinds if f"output_{kind}" not in priced))


def _created(seconds: Any) -> str:
    """Return the day of a time in seconds since 1970, if one on which there were models."""
    value = number(seconds.decode() if isinstance(seconds, bytes) else seconds)
    if isinstance(value, Decimal) and 1_500_000_000 < value < 10_000_000_000:
        return datetime.fromtimestamp(int(value), UTC).date().isoformat()
    return ""


def _is_over(said: Any) -> bool:
    """Whether a list says of a model, in a word or by a mark, that it has no future."""
    return re.sub("[^a-z]", "", str(said).lower()) in _OVER


def _said(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _get(value: Any, name: str, where: str) -> Any:
    found = _object(value, where)
    if name not in found:
        has = ", ".join(list(map(str, found))[:6]) or "nothing"
        raise Drift(f"{where} has no '{name}' but {has}: {CHANGED}")
    return found[name]


def _object(value: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise Drift(f"{where} is no object: {CHANGED}")
    return value


def _list(value: Any, where: str) -> list[Any]:
    if not isinstance(value, list):
        raise Drift(f"{where} is no list: {CHANGED}")
    return value


def _day(value: Any, where: str) -> date:
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        raise Drift(f"{where}: '{str(value)[:40]}' is no day: the source changed its shape") from None


READERS: dict[str, Callable[[Any, date], Iterator[Entry]]] = {
    "models_dev": _models_dev,
    "openrouter_models": _openrouter_models,
    "genai_prices": _genai_prices,
    "openrouter_daily": _rankings,
    "frankfurter": _frankfurter,
}
_KNOWN = tomllib.loads(resources.files("tokenecon.refresh").joinpath("sources.toml").read_text(encoding="utf-8"))
CONNECTORS = {
    name: Connector(**{"name": name, "collection": name} | about) for name, about in _KNOWN.items() if name in READERS
}
FEEDS = ("prices", "tokens", "fx")
BASE = "USD"
"""The currency that rates are asked for."""


def read_entries(connector: Connector, body: bytes, day: date) -> list[Entry]:
    """Read an answer into entries.

    Raises
    ------
    FetchError
        If it is no JSON, is empty, or (as :class:`Drift`) of another shape than documented: at the top, or in half
        its entries.
    """
    try:
        entries = list(connector.read(read_json(connector.name, body), day))
        _judge_shape(entries)
    except Drift as error:
        raise Drift(f"{connector.name}: {error}") from None
    return entries


def _judge_shape(entries: list[Entry]) -> None:
    if not entries:
        raise Drift("the answer is empty")
    faults = [entry.fault for entry in entries if entry.fault]
    if 2 * len(faults) > len(entries):
        raise Drift(f"{faults[0]} ({len(faults)} of {len(entries)} entries)")
    offers = [entry for entry in entries if isinstance(entry, Offer)]
    if offers and all(offer.input is None for offer in offers):
        raise Drift(f"no entry has a price: {CHANGED}")
    if offers and all(offer.output is None for offer in offers):
        raise Drift(f"no entry has a price of output: {CHANGED}")


_DAYS = re.compile(rb"20\d\d-[01]\d-[0-3]\d")
_CREATED = re.compile(rb'"created": ?(\d{10})\b')


def newest_day(body: bytes, look: date) -> str:
    """Return the newest day that an answer names, not after the look: it was cared for then, if not since."""
    last = look.isoformat()
    days = {day.decode() for day in _DAYS.findall(body)} | {_created(seconds) for seconds in _CREATED.findall(body)}
    return max((day for day in days if day <= last), default="")
