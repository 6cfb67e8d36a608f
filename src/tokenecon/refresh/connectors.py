"""A connector a source: where to ask, and how to read the answer into offers, counts and rates.

A connector knows the shape of its source and nothing of the tables. It reads what the source prints and judges
nothing; where the shape itself is another than documented it raises :class:`Drift`, so that a renamed field stops
the refresh and does not look like a price that went away.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from tokenecon.refresh.web import FetchError, read_json


class Drift(FetchError):
    """An answer of another shape than the documented one."""


@dataclass(frozen=True)
class Offer:
    """A model on a list, with its prices as printed, in dollars by million tokens; `input` is None without a price.

    `list_name` is the part of the collection it stands in: a provider, or an author. `fault` says what of the
    documented shape this one entry lacks.
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
    fault: str = ""


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
    read
        Turns the parsed answer, on the day of the look, into entries.
    source_id, title, publisher, tier, reliability, licence
        Its entry in sources.csv, without the day.
    request
        Adds to the address the days wanted, from and to, where the source takes some.
    key_variable
        Environment variable of the key, if it needs one.
    """

    name: str
    feeds: str
    address: str
    read: Callable[[Any, date], Iterator[Entry]]
    source_id: str
    title: str
    publisher: str
    tier: str
    reliability: str
    licence: str
    request: Callable[[str, date, date], str] | None = None
    key_variable: str | None = None

    @property
    def collection(self) -> str:
        """Name in data/lists.csv of the collection whose lists it reads."""
        return "openrouter" if self.name.startswith("openrouter") else self.name


def _models_dev(answer: Any, day: date) -> Iterator[Offer]:
    for provider, about in _object(answer, "the answer").items():
        for name, model in _object(_get(about, "models", provider), f"{provider}.models").items():
            yield _offer(_models_dev_model, provider, name, model)


def _models_dev_model(provider: str, name: str, model: Any) -> Offer:
    where = f"{provider}.models.{name}"
    cost, limit = _object(model, where).get("cost"), model.get("limit") or {}
    prices = {} if cost is None else _object(cost, f"{where}.cost")
    return Offer(
        provider,
        name,
        str(model.get("name") or name),
        None if cost is None else _get(prices, "input", f"{where}.cost"),
        None if cost is None else _get(prices, "output", f"{where}.cost"),
        prices.get("cache_read"),
        _object(limit, f"{where}.limit").get("context"),
        "lowest tier" if prices.keys() & {"tiers", "context_over_200k"} else "",
        str(model.get("release_date") or ""),
        {True: "open", False: "closed"}.get(model.get("open_weights"), ""),
    )


def _openrouter_models(answer: Any, day: date) -> Iterator[Offer]:
    for model in _list(_get(answer, "data", "the answer"), "data"):
        name = str(_get(model, "id", "a model of data"))
        yield _offer(_openrouter_model, name.partition("/")[0], name, model)


def _openrouter_model(author: str, name: str, model: Any) -> Offer:
    prices, title = _object(_get(model, "pricing", name), f"{name}.pricing"), str(model.get("name") or name)
    return Offer(
        author,
        name,
        title.partition(": ")[2] or title,
        _by_million(_get(prices, "prompt", f"{name}.pricing")),
        _by_million(_get(prices, "completion", f"{name}.pricing")),
        _by_million(prices.get("input_cache_read")),
        model.get("context_length"),
    )


def _genai_prices(answer: Any, day: date) -> Iterator[Offer]:
    for provider in _list(answer, "the answer"):
        list_name = str(_get(provider, "id", "a provider"))
        for model in _list(_get(provider, "models", list_name), f"{list_name}.models"):
            name = str(_get(model, "id", f"a model of {list_name}"))
            yield _offer(_genai_model, list_name, name, model, day)


def _genai_model(list_name: str, name: str, model: Any, day: date) -> Offer:
    where = f"{list_name}.{name}"
    prices, hours = _holding(_get(model, "prices", where), day, where)
    tiered = any(isinstance(price, Mapping) for price in prices.values())
    # Prices by request or by minute have no price by token: the model is listed without one.
    by_token = not prices or "input_mtok" in prices or "output_mtok" not in prices
    return Offer(
        list_name,
        name,
        str(model.get("name") or name),
        _base(prices.get("input_mtok") if by_token else _get(prices, "input_mtok", where), where),
        _base(prices.get("output_mtok"), where),
        _base(prices.get("cache_read_mtok"), where),
        model.get("context_window"),
        hours or ("lowest tier" if tiered else ""),
    )


def _holding(prices: Any, day: date, where: str) -> tuple[Mapping[str, Any], str]:
    """Return the prices that hold on a day, and the hours they hold for, if not for all."""
    if not isinstance(prices, list):
        return _object(prices, f"{where}.prices"), ""
    held: tuple[Mapping[str, Any], str] | None = None
    for item in prices:
        limit = _object(item, f"{where}.prices").get("constraint") or {}
        if str(limit.get("start_date", "")) <= day.isoformat():
            # Of hours of the day the last named are the standard ones, as the maintainers order them.
            hours = f"time-of-day {limit['start_time']}-{limit.get('end_time', '')}" if "start_time" in limit else ""
            held = _object(_get(item, "prices", f"{where}.prices"), f"{where}.prices"), hours
    if held is None:
        raise Drift(f"genai_prices: {where}.prices: no entry holds on {day}")
    return held


def _rankings(answer: Any, day: date) -> Iterator[Count]:
    for item in _list(_get(answer, "data", "the answer"), "data"):
        counted = _day(_get(item, "date", "an entry of data"), "data.date")
        name = str(_get(item, "model_permaslug", f"an entry of {counted}"))
        try:
            yield Count(name, counted, _get(item, "total_tokens", f"{name} on {counted}"))
        except Drift as error:
            yield Count(name, counted, None, str(error))


def _frankfurter(answer: Any, day: date) -> Iterator[Daily]:
    base = str(_get(answer, "base", "the answer"))
    if _get(answer, "amount", "the answer") != 1:
        raise Drift("frankfurter: amount is not 1, so the rates are not for one unit of the base")
    for text, rates in _object(_get(answer, "rates", "the answer"), "rates").items():
        for quote, rate in _object(rates, f"rates.{text}").items():
            yield Daily(base, str(quote), _day(text, "rates"), rate)


def _offer(read: Callable[..., Offer], list_name: str, name: str, model: Any, *rest: Any) -> Offer:
    """Read one model; what its entry lacks is its own fault."""
    try:
        return read(list_name, name, model, *rest)
    except Drift as error:
        return Offer(list_name, name, name, fault=str(error))


def _by_million(price: Any) -> Any:
    """Turn a price of one token, printed as text, into that of a million; what is no number stays as it is."""
    try:
        return (Decimal(price) * 1_000_000).normalize() if isinstance(price, str) else price
    except InvalidOperation:
        return price


def _base(price: Any, where: str) -> Any:
    return _get(price, "base", where) if isinstance(price, Mapping) else price


def _get(value: Any, name: str, where: str) -> Any:
    found = _object(value, where)
    if name not in found:
        has = ", ".join(list(map(str, found))[:6]) or "nothing"
        raise Drift(f"{where} has no '{name}' but {has}: the source changed its shape; its connector needs mending")
    return found[name]


def _object(value: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise Drift(f"{where} is no object: the source changed its shape; its connector needs mending")
    return value


def _list(value: Any, where: str) -> list[Any]:
    if not isinstance(value, list):
        raise Drift(f"{where} is no list: the source changed its shape; its connector needs mending")
    return value


def _day(value: Any, where: str) -> date:
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        raise Drift(f"{where}: '{value}' is no day: the source changed its shape") from None


CONNECTORS = {
    connector.name: connector
    for connector in (
        Connector(
            name="models_dev",
            feeds="prices",
            address="https://models.dev/api.json",
            read=_models_dev,
            source_id="MODELS_DEV_API",
            title="models.dev, models and prices as read by refresh",
            publisher="models.dev contributors",
            tier="compilation",
            reliability="Kept by volunteers: lags the vendor's page by days to weeks; a change is dated by the look.",
            licence="MIT; © models.dev contributors",
        ),
        Connector(
            name="openrouter_models",
            feeds="prices",
            address="https://openrouter.ai/api/v1/models",
            read=_openrouter_models,
            source_id="OPENROUTER_MODELS",
            title="OpenRouter, models and prices as read by refresh",
            publisher="OpenRouter",
            tier="compilation",
            reliability="Prices of a router, not of the makers.",
            licence="CC BY 4.0; cite OpenRouter and the day",
        ),
        Connector(
            name="genai_prices",
            feeds="prices",
            address="https://raw.githubusercontent.com/pydantic/genai-prices/main/prices/data.json",
            read=_genai_prices,
            source_id="GENAI_PRICES_DATA",
            title="genai-prices, prices of providers as read by refresh",
            publisher="Pydantic",
            tier="compilation",
            reliability="Checked by hand and by machine; some values come from an aggregator, some from yuan.",
            licence="MIT; © Pydantic Services",
        ),
        Connector(
            name="openrouter_daily",
            feeds="tokens",
            address="https://openrouter.ai/api/v1/datasets/rankings-daily",
            read=_rankings,
            source_id="OPENROUTER_DAILY",
            title="OpenRouter rankings, tokens by model and day as read by refresh",
            publisher="OpenRouter",
            tier="compilation",
            reliability="The fifty largest models of a day and the rest; variants, tokenizers, free use are mixed.",
            licence="CC BY 4.0; cite OpenRouter (openrouter.ai/rankings) and the day",
            request=lambda address, start, end: f"{address}?start_date={start}&end_date={end}",
            key_variable="OPENROUTER_API_KEY",
        ),
        Connector(
            name="frankfurter",
            feeds="fx",
            address="https://api.frankfurter.dev/v1",
            read=_frankfurter,
            source_id="FRANKFURTER",
            title="Reference rates of the European Central Bank, through Frankfurter, as read by refresh",
            publisher="European Central Bank via Frankfurter",
            tier="official",
            reliability="Reference rates of one hour of the day; the mean of a month is ours.",
            licence="Reference rates are free to use with the European Central Bank named",
            request=lambda address, start, end: f"{address.rstrip('/')}/{start}..?base=USD&symbols=CNY,HKD",
        ),
    )
}
FEEDS = ("prices", "tokens", "fx")


def read_entries(connector: Connector, body: bytes, day: date) -> list[Entry]:
    """Read an answer into entries.

    Raises
    ------
    FetchError
        If it is no JSON, or (as :class:`Drift`) of another shape than documented: at the top, or in half its entries.
    """
    try:
        entries = list(connector.read(read_json(connector.name, body), day))
    except Drift as error:
        raise Drift(f"{connector.name}: {error}") from None
    faults = [entry.fault for entry in entries if entry.fault]
    if 2 * len(faults) > len(entries):
        raise Drift(f"{connector.name}: {faults[0]} ({len(faults)} of {len(entries)} entries)")
    offers = [entry for entry in entries if isinstance(entry, Offer)]
    if offers and all(offer.input is None for offer in offers):
        raise Drift(f"{connector.name}: no entry has a price: the source changed its shape; mend its connector")
    if offers and all(offer.output is None for offer in offers):
        raise Drift(
            f"{connector.name}: no entry has a price of output: the source changed its shape; mend its connector"
        )
    if not entries and connector.feeds == "prices":
        raise Drift(f"{connector.name}: the answer is empty")
    return entries
