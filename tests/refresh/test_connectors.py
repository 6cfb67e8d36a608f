"""The documented shapes of the sources, read; and shapes that are none, named."""

import json
from datetime import date
from decimal import Decimal

import pytest
from refresh.conftest import genai, models_dev, openrouter, rankings, rates

from tokenecon.refresh import CONNECTORS, FetchError
from tokenecon.refresh.connectors import Count, Daily, Drift, Offer, newest_day, read_entries

DAY = date(2026, 11, 28)
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


@pytest.mark.parametrize("said", ["deprecated", "Deprecated", " RETIRED ", "end-of-life", "Discontinued"])
def test_a_model_ends_however_its_list_spells_it(said):
    answer = changed("models_dev", lambda found: found["openai"]["models"]["gpt-7"].update(status=said))
    assert [offer.ended for offer in entries("models_dev", answer) if offer.name == "gpt-7"] == [True]


@pytest.mark.parametrize("said", ["alpha", "beta", "", None, "stable", False])
def test_a_model_of_another_status_goes_on(said):
    answer = changed("models_dev", lambda found: found["openai"]["models"]["gpt-7"].update(status=said))
    assert not any(offer.ended for offer in entries("models_dev", answer))


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

    prices = [{"prices": {"input_mtok": 1, "output_mtok": 9}}, dated("2026-11-28", 2), dated("2026-11-29", 3)]
    (offer,) = entries("genai_prices", genai(("glm-9", prices)))
    assert offer.input == 2


def hours(start: str, end: str, price: float) -> dict:
    limit = {"start_time": f"{start}:00+00:00", "end_time": f"{end}:00+00:00", "type": "time_of_date"}
    return {"constraint": limit, "prices": {"input_mtok": price, "output_mtok": 4 * price}}


def test_the_price_without_hours_is_the_standard_and_the_peak_an_offer_of_its_own():
    started = {"constraint": {"start_date": "2026-09-10"}, "prices": {"input_mtok": 0.15, "output_mtok": 0.6}}
    to_come = {"constraint": {"start_date": "2027-01-01"}, "prices": {"input_mtok": 9, "output_mtok": 9}}
    standard = {"prices": {"input_mtok": 0.14, "output_mtok": 0.28}}
    prices = [standard, started, to_come, hours("01:00", "04:00", 0.3), hours("06:00", "10:00", 0.3)]
    usual, peak = entries("genai_prices", genai(("deepseek-flash", prices)))
    assert (usual.input, usual.output, usual.condition) == (Decimal("0.15"), Decimal("0.6"), "")
    assert (peak.input, peak.output) == (Decimal("0.3"), Decimal("1.2"))
    assert peak.hours == peak.condition == "time-of-day 01:00:00Z-04:00:00Z 06:00:00Z-10:00:00Z"


def test_other_prices_at_other_hours_are_offers_each():
    prices = [{"prices": {"input_mtok": 1, "output_mtok": 4}}, hours("01:00", "04:00", 2), hours("06:00", "10:00", 3)]
    assert [offer.input for offer in entries("genai_prices", genai(("glm-9", prices)))] == [1, 2, 3]


@pytest.mark.parametrize("limit", [hours("01:00", "04:00", 2), {"constraint": {"start_time": "1 a.m."}, "prices": {}}])
def test_hours_that_cannot_be_read_or_stand_alone_are_the_entrys_own_fault(limit):
    sound = {"input_mtok": 1, "output_mtok": 1}
    prices = [limit] if limit["prices"] else [{"prices": sound}, limit]
    _, offer = entries("genai_prices", genai(("glm-8", sound), ("glm-9", prices)))
    assert "hours" in offer.fault


@pytest.mark.parametrize("limit", [{"type": "region", "region": "eu"}, {"start_date": "31/12/2026"}])
def test_a_limit_that_is_not_known_is_never_read_as_the_standard(limit):
    sound = {"input_mtok": 1, "output_mtok": 1}
    prices = [{"prices": sound}, {"constraint": limit, "prices": {"input_mtok": 2, "output_mtok": 2}}]
    _, offer = entries("genai_prices", genai(("glm-8", sound), ("glm-9", prices)))
    assert offer.input is None
    assert "is not known" in offer.fault or "is no day" in offer.fault


def test_a_day_of_zeros_is_no_end():
    answer = openrouter(("z-ai/glm-9", "0.000001", "0.000002"))
    answer["data"][0]["expiration_date"] = "0000-00-00"
    assert not entries("openrouter_models", answer)[0].ended


def test_tokens_and_rates():
    counts = entries("openrouter_daily", SHAPES["openrouter_daily"])
    day = date(2026, 8, 22)
    assert counts == [Count("openai/gpt-7", day, Decimal(500)), Count("other", day, Decimal(900))]
    found = entries("frankfurter", SHAPES["frankfurter"])
    assert found[0] == Daily("USD", "CNY", date(2026, 7, 1), Decimal("6.8512"))
    assert len(found) == 28 * 6
    assert {daily.quote for daily in found} == {"CNY", "EUR", "GBP", "HKD", "JPY", "KRW"}


def test_the_list_of_genai_prices_that_is_kept_current_is_asked():
    assert CONNECTORS["genai_prices"].address.endswith("/prices/new_data/v2/data.json")


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
    answer = changed("models_dev", lambda found: found["openai"]["models"]["gpt-7"].update(cost=[3]))
    sound, odd = entries("models_dev", answer)
    assert not sound.fault
    assert "cost is no object" in odd.fault
    assert isinstance(odd, Offer)


AUDIO = {"id": "openai/gpt-audio", "pricing": {"audio": "0.000032"}, "architecture": {"output_modalities": ["audio"]}}
WITHOUT_TEXT = {
    "models_dev": lambda found: found["openai"]["models"]["gpt-7"].update(cost={"output_audio": 3}),
    "openrouter_models": lambda found: found["data"].append(AUDIO),
    "genai_prices": lambda found: found[0]["models"].append({"id": "tts", "prices": {"output_audio_mtok": 9}}),
}


@pytest.mark.parametrize("source", WITHOUT_TEXT)
def test_a_missing_price_of_text_is_no_change_of_shape(source):
    *_, last = entries(source, changed(source, WITHOUT_TEXT[source]))
    assert (last.fault, last.input, last.output) == ("", None, None)


def test_what_an_output_price_counts_is_read():
    def made(kinds: list[str], **cost: float) -> Offer:
        about = {"modalities": {"output": kinds}, "cost": {"input": 1, "output": 30, **cost}}
        answer = changed("models_dev", lambda found: found["openai"]["models"]["gpt-7"].update(about))
        return entries("models_dev", answer)[1]

    assert made(["text"]).modalities == ""
    assert made(["text", "image"]).modalities == "image"
    assert made(["text", "audio"], output_audio=9).modalities == ""  # The one without a name is then that of text.
    priced = {"input_mtok": 0.3, "output_mtok": 2.5, "output_image_mtok": 30}
    shown = {"input_mtok": 0.3, "output_image_mtok": 30}
    first, second = entries("genai_prices", genai(("image", priced), ("image-only", shown)))
    assert (first.output, first.modalities) == (Decimal("2.5"), "")
    assert (second.output, second.modalities) == (None, "image")


def test_status_release_weights_and_other_names_are_read():
    answer = changed("models_dev", lambda found: found["openai"]["models"]["gpt-7"].update(status="deprecated"))
    assert [offer.ended for offer in entries("models_dev", answer)] == [False, True]
    told = {"canonical_slug": "z-ai/glm-9-20261101", "hugging_face_id": "zai-org/GLM-9", "created": 1_793_500_000}
    answer = openrouter(("z-ai/glm-9", "0.000001", "0.000002"))
    answer["data"][0] |= told | {"expiration_date": "2026-11-25"}
    (offer,) = entries("openrouter_models", answer)
    assert (offer.also, offer.weights, offer.ended) == (("z-ai/glm-9-20261101", "zai-org/GLM-9"), "open", True)
    assert offer.released == "2026-11-01"
    (offer,) = entries("genai_prices", [{"id": "x", "models": [{"id": "m", "prices": TIERED, "deprecated": True}]}])
    assert offer.ended


def test_names_that_point_to_the_newest_model_are_skipped():
    answer = openrouter(("~anthropic/claude-opus-latest", "0.000005", "0.000025"), ("openai/gpt-7", "0", "0"))
    assert [offer.name for offer in entries("openrouter_models", answer)] == ["openai/gpt-7"]


@pytest.mark.parametrize("price", [0.00000125, "0.00000125", "1.25e-6", "1.25E-06"])
def test_a_price_of_a_token_is_one_however_it_is_printed(price):
    (offer,) = entries("openrouter_models", openrouter(("openai/gpt-7", price, "0.00001")))
    assert f"{offer.input:f}" == "1.25"


NUMBERS = {
    "0.049999999999999996": Decimal("0.05"),
    "-0.0": Decimal("0.0"),
    "2.50": Decimal("2.50"),
    "1e-7": Decimal("1e-7"),
    "12345678901.25": Decimal("12345678901.25"),
}


@pytest.mark.parametrize("printed", NUMBERS)
def test_numbers_are_read_as_meant(printed):
    body = json.dumps(SHAPES["models_dev"]).replace("2.5,", f"{printed},").encode()
    found = read_entries(CONNECTORS["models_dev"], body, DAY)[0].input
    assert str(found) == str(NUMBERS[printed])


@pytest.mark.parametrize("printed", ["1e5000000", "-1e5000000", "1e-5000000", "9" * 4000, "1e25"])
def test_a_number_beyond_all_bounds_stays_text_and_costs_nothing(printed):
    body = json.dumps(SHAPES["models_dev"]).replace("2.5,", f"{printed},").encode()
    found = read_entries(CONNECTORS["models_dev"], body, DAY)[0].input
    assert "beyond all numbers" in found
    assert len(found) < 80


def test_a_byte_order_mark_is_read_over():
    body = b"\xef\xbb\xbf" + json.dumps(SHAPES["models_dev"]).encode()
    assert read_entries(CONNECTORS["models_dev"], body, DAY) == entries("models_dev", SHAPES["models_dev"])


def test_a_name_that_stands_twice_in_an_object_is_refused():
    one = json.dumps(SHAPES["models_dev"])[1:-1]
    with pytest.raises(FetchError, match="'openai' stands twice in one object"):
        read_entries(CONNECTORS["models_dev"], f"{{{one}, {one}}}".encode(), DAY)


def test_the_newest_day_in_an_answer_is_found():
    body = b'{"a": "2026-10-03", "b": "2027-05-01", "c": "as of 2026-11-01.", "created": 1793664000}'
    assert newest_day(body, DAY) == "2026-11-03"
    assert newest_day(b"{}", DAY) == ""


@pytest.mark.parametrize("other", [{"amount": 100}, {"amount": 0}, {"base": "EUR"}])
def test_rates_for_another_amount_or_base_are_refused(other):
    with pytest.raises(Drift, match="not for 1 USD, as asked"):
        entries("frankfurter", changed("frankfurter", lambda found: found.update(other)))


@pytest.mark.parametrize("source", SHAPES)
@pytest.mark.parametrize("answer", [None, 3, "text", [], {}, [1], {"data": [1]}, {"data": {}}, {"x": {"models": []}}])
def test_whatever_comes_is_read_or_refused(source, answer):
    with pytest.raises(FetchError):
        entries(source, answer)
