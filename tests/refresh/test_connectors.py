"""The documented shapes of the sources, read; and shapes that are none, named."""

import json
from datetime import date
from decimal import Decimal

import pytest
from refresh.conftest import genai, models_dev, openrouter, rankings, rates

from tokenecon.refresh import CONNECTORS, FetchError
from tokenecon.refresh.connectors import Count, Daily, Drift, Offer, read_entries

DAY = date(2026, 11, 25)
TIERED = {"input_mtok": {"base": 5, "tiers": [{"start": 200000, "price": 10}]}, "output_mtok": 25}
SHAPES = {
    "models_dev": models_dev(gpt_4o=(2.5, 10), gpt_7=None),
    "openrouter_models": openrouter(("openai/gpt-7", "0.00000125", "0.00001")),
    "openrouter_daily": rankings(d2026_08_22={"openai/gpt-7": "500", "other": "900"}),
    "genai_prices": genai(("glm-9", TIERED), ("glm-9-old", {"input_mtok": 1, "output_mtok": 4})),
    "frankfurter": rates((2026, 7), cny=6.8512),
}


def entries(source: str, answer: object) -> list:
    return read_entries(CONNECTORS[source], json.dumps(answer).encode(), DAY)


def changed(source: str, change) -> object:
    answer = json.loads(json.dumps(SHAPES[source]))
    change(answer)
    return answer


def test_every_source_has_a_connector_and_a_shape():
    assert set(SHAPES) == set(CONNECTORS)


def test_models_dev_gives_offers_in_dollars_by_million():
    priced, free = entries("models_dev", SHAPES["models_dev"])
    assert (priced.list_name, priced.name, priced.input, priced.output) == ("openai", "gpt-4o", Decimal("2.5"), 10)
    assert (priced.cached, priced.context, priced.released) == (Decimal("0.25"), 400000, "2026-11-20")
    assert priced.weights == "closed"
    assert free.input is None
    assert not free.fault


def test_prices_of_a_token_become_prices_of_a_million_exactly():
    (offer,) = entries("openrouter_models", SHAPES["openrouter_models"])
    assert (offer.list_name, f"{offer.input:f}", f"{offer.output:f}") == ("openai", "1.25", "10")
    assert offer.title == "openai/gpt-7"


def test_digits_stay_as_printed():
    body = json.dumps(SHAPES["models_dev"]).replace("2.5,", "2.50,").encode()
    (offer, _) = read_entries(CONNECTORS["models_dev"], body, DAY)
    assert str(offer.input) == "2.50"


def test_of_tiers_the_lowest_is_taken_and_said():
    tiered, plain = entries("genai_prices", SHAPES["genai_prices"])
    assert (tiered.input, tiered.output, tiered.condition) == (5, 25, "lowest tier")
    assert (plain.input, plain.condition) == (1, "")


def test_of_dated_prices_the_one_of_the_day_holds():
    def dated(start: str, price: int) -> dict:
        return {"constraint": {"start_date": start}, "prices": {"input_mtok": price, "output_mtok": 9}}

    prices = [{"prices": {"input_mtok": 1, "output_mtok": 9}}, dated("2026-11-25", 2), dated("2026-11-26", 3)]
    (offer,) = entries("genai_prices", genai(("glm-9", prices)))
    assert offer.input == 2


def test_hours_of_the_day_are_said():
    limit = {"start_time": "00:30:00Z", "end_time": "16:30:00Z"}
    prices = [
        {"prices": {"input_mtok": 1, "output_mtok": 2}},
        {"constraint": limit, "prices": {"input_mtok": 2, "output_mtok": 4}},
    ]
    (offer,) = entries("genai_prices", genai(("glm-9", prices)))
    assert (offer.input, offer.condition) == (2, "time-of-day 00:30:00Z-16:30:00Z")


def test_tokens_and_rates():
    counts = entries("openrouter_daily", SHAPES["openrouter_daily"])
    assert counts == [Count("openai/gpt-7", date(2026, 8, 22), "500"), Count("other", date(2026, 8, 22), "900")]
    found = entries("frankfurter", SHAPES["frankfurter"])
    assert found[0] == Daily("USD", "CNY", date(2026, 7, 1), Decimal("6.8512"))
    assert len(found) == 56


def test_the_addresses_ask_for_the_days_wanted():
    days = (date(2026, 7, 1), date(2026, 11, 24))
    asked = CONNECTORS["frankfurter"].request("https://api.frankfurter.dev/v1", *days)
    assert asked == "https://api.frankfurter.dev/v1/2026-07-01..?base=USD&symbols=CNY,HKD"
    asked = CONNECTORS["openrouter_daily"].request("https://o/rankings-daily", *days)
    assert asked == "https://o/rankings-daily?start_date=2026-07-01&end_date=2026-11-24"


def more(answer):
    """Put a field that nobody knows into every object."""
    if isinstance(answer, dict):
        for value in list(answer.values()):
            more(value)
        answer |= {"note": "new"} if "id" in answer or "data" in answer or "date" in answer else {}
    elif isinstance(answer, list):
        for value in answer:
            more(value)


@pytest.mark.parametrize("source", SHAPES)
def test_a_field_more_does_no_harm(source):
    assert entries(source, changed(source, more)) == entries(source, SHAPES[source])


RENAMED = {
    "models_dev": ('"models"', '"input"', '"cost"'),
    "openrouter_models": ('"data"', '"id"', '"pricing"', '"prompt"', '"completion"'),
    "openrouter_daily": ('"data"', '"date"', '"model_permaslug"', '"total_tokens"'),
    "genai_prices": ('"id"', '"models"', '"prices"', '"input_mtok"'),
    "frankfurter": ('"amount"', '"base"', '"rates"'),
}


@pytest.mark.parametrize(("source", "field"), [(source, name) for source, names in RENAMED.items() for name in names])
def test_a_field_renamed_stops_the_refresh_and_is_named(source, field):
    body = json.dumps(SHAPES[source]).replace(f"{field}:", '"other_name":').encode()
    with pytest.raises(Drift, match=f"{field.strip(chr(34))}|no entry has a price") as caught:
        read_entries(CONNECTORS[source], body, DAY)
    assert str(caught.value).startswith(source)


def test_one_odd_entry_is_its_own_fault():
    answer = changed("models_dev", lambda found: found["openai"]["models"]["gpt-7"].update(cost={"output": 3}))
    sound, odd = entries("models_dev", answer)
    assert not sound.fault
    assert "input" in odd.fault
    assert isinstance(odd, Offer)


@pytest.mark.parametrize("amount", [100, 0])
def test_rates_for_another_amount_are_refused(amount):
    with pytest.raises(Drift, match="amount is not 1"):
        entries("frankfurter", changed("frankfurter", lambda found: found.update(amount=amount)))


@pytest.mark.parametrize("source", SHAPES)
@pytest.mark.parametrize("answer", [None, 3, "text", [], {}, [1], {"data": [1]}, {"data": {}}, {"x": {"models": []}}])
def test_whatever_comes_is_read_or_refused(source, answer):
    if source == "openrouter_daily" and answer == {"data": []}:
        return
    with pytest.raises(FetchError):
        entries(source, answer)
