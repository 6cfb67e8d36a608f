"""What real lists do: prices by hour, names that move, models of others, units, and sources that change as a whole.

The figures of models.dev and of genai-prices are small excerpts of what those published (MIT; © models.dev
contributors, © Pydantic Services); the rest is invented in their shapes.
"""

import json
from datetime import date, timedelta
from decimal import Decimal

import pytest
from refresh.conftest import models_dev, openrouter

from tokenecon.refresh import CONNECTORS, merge
from tokenecon.refresh.connectors import newest_day, read_entries
from tokenecon.refresh.merge import Base, Outcome, View, names
from tokenecon.refresh.merge.base import SPAN
from tokenecon.refresh.snapshots import Look
from tokenecon.refresh.tables import Tables

START = date(2026, 12, 1)
TOLD = {"release_date": "2025-12-01", "last_updated": "2026-11-30", "open_weights": True}
DEEPSEEK = {"deepseek-chat": (0.28, 0.42), "deepseek-v4-pro": (1.74, 3.48), "deepseek-v4-flash": (0.14, 0.28)}


@pytest.fixture(scope="module")
def base(small) -> Base:
    """Models, lists to follow and names that people know; prices only as the looks of a test give them."""
    whole = Base.of(Tables(small))
    lists = [
        {"collection": collection, "name": name, "role": role, "entity_id": maker, "endpoint": endpoint,
         "market": market, "declared_on": "2026-01-01", "note": ""}
        for collection, name, role, maker, endpoint, market in (
            ("models_dev", "deepseek", "maker", "deepseek", "deepseek", "international"),
            ("models_dev", "openai", "maker", "openai", "openai", "international"),
            ("models_dev", "zhipuai", "maker", "zhipu", "zhipuai", "domestic"),
            ("models_dev", "zai", "maker", "zhipu", "zai", "international"),
            ("models_dev", "togetherai", "ignored", "", "", ""),
            ("genai_prices", "deepseek", "maker", "deepseek", "genai:deepseek", "international"),
            ("genai_prices", "perplexity", "maker", "perplexity", "genai:perplexity", "international"),
            ("openrouter", "deepseek", "author", "deepseek", "openrouter:api", "international"),
            ("openrouter", "z-ai", "author", "zhipu", "openrouter:api", "international"),
            ("openrouter", "openai", "author", "openai", "openrouter:api", "international"),
        )
    ]  # fmt: skip
    return Base(whole.models, {}, {}, {}, {}, {}, whole.rates, lists, [])


def seen(number: int, **answers: object) -> list[View]:
    """Answers of sources on a day, through their readers."""
    day, views = START + timedelta(days=number), []
    for source, answer in answers.items():
        body = json.dumps(answer).encode()
        look = Look(f"{day}T08:00:00Z", source, f"https://{source}.example", f"{abs(hash(body)):064x}"[:64])
        views.append(View(look, read_entries(CONNECTORS[source], body, day), newest_day(body, day)))
    return views


def fold(base: Base, *runs: list[View]) -> Outcome:
    views = [view for run in runs for view in run]
    return merge.fold(base, views).outcome([view.look for view in views])


def provider(name: str, models: dict[str, object], **about: object) -> dict:
    """A provider as models.dev shows it; a model is its two prices, or all that is said of it."""
    listed = {}
    for model, said in models.items():
        cost = {"cost": {"input": said[0], "output": said[1]}} if isinstance(said, tuple) else said
        listed[model] = {"id": model, "name": model, **TOLD, **about, **cost}
    return {name: {"id": name, "models": listed}}


def prices_of(outcome: Outcome) -> list[tuple[str, ...]]:
    return [
        (row["name"], row["input"], row["output"], row["condition"], row["flags"]) for row in outcome.rows["prices"]
    ]


def ends_of(outcome: Outcome) -> list[tuple[str, str]]:
    return [(end["name"], end["effective_to"]) for end in outcome.rows["price_ends"]]


# Prices by hour ------------------------------------------------------------------------------------------------------

HOURS = [
    {"prices": {"input_mtok": 0.15, "cache_read_mtok": 0.003, "output_mtok": 0.6}},
    {
        "constraint": {"start_time": "01:00:00+00:00", "end_time": "04:00:00+00:00", "type": "time_of_date"},
        "prices": {"input_mtok": 0.3, "cache_read_mtok": 0.006, "output_mtok": 1.2},
    },
]


def genai(name: str, *models: tuple[str, object]) -> list:
    return [{"id": name, "models": [{"id": model, "prices": prices} for model, prices in models]}]


def test_the_price_without_hours_is_the_standard_and_the_peak_a_row_of_its_own(base):
    outcome = fold(base, seen(0, genai_prices=genai("deepseek", ("deepseek-flash", HOURS))))
    peak = "time-of-day 01:00:00Z-04:00:00Z"
    assert prices_of(outcome) == [
        ("deepseek-flash", "0.15", "0.6", "", ""),
        ("deepseek-flash", "0.3", "1.2", peak, "peak"),
    ]
    again = fold(base, *(seen(n, genai_prices=genai("deepseek", ("deepseek-flash", HOURS))) for n in range(3)))
    assert prices_of(again) == prices_of(outcome)
    assert not ends_of(again)


def test_hours_that_a_list_drops_end_and_the_standard_stays(base):
    runs = [seen(n, genai_prices=genai("deepseek", ("deepseek-flash", HOURS[: 2 - n]))) for n in range(2)]
    outcome = fold(base, *runs)
    assert [(end["condition"], end["effective_to"]) for end in outcome.rows["price_ends"]] == [
        ("time-of-day 01:00:00Z-04:00:00Z", "2026-12-02")
    ]


# Names that move -----------------------------------------------------------------------------------------------------


def test_a_name_that_moves_keeps_its_marker_and_no_model_gains_its_price(base):
    first = DEEPSEEK
    second = {**DEEPSEEK, "deepseek-chat": (0.14, 0.28)}
    outcome = fold(
        base, *(seen(n, models_dev=provider("deepseek", models)) for n, models in enumerate([first, second]))
    )
    rows = [row for row in outcome.rows["prices"] if row["name"] == "deepseek-chat"]
    assert [row["model_id"] for row in rows] == ["deepseek-chat", "deepseek-chat"]
    assert ends_of(outcome) == [("deepseek-chat", "2026-12-02")]


def test_latest_is_never_the_model_without_it(base):
    models = {"gpt-4.1": (2, 8), "gpt-4.1-latest": (2, 8)}
    runs = [models, models | {"gpt-4.1-latest": (3, 12)}]
    outcome = fold(base, *(seen(n, models_dev=provider("openai", models)) for n, models in enumerate(runs)))
    assert {row["name"]: row["model_id"] for row in outcome.rows["prices"]} == {
        "gpt-4.1": "gpt-4-1",
        "gpt-4.1-latest": "gpt-4-1-latest",
    }
    assert [row["input"] for row in outcome.rows["prices"] if row["model_id"] == "gpt-4-1"] == ["2"]


def test_the_span_of_a_moving_name_ends_when_it_may_point_elsewhere_though_the_price_stays(base):
    said = {"cost": {"input": 1.75, "output": 14}}
    runs = [
        provider("openai", {"gpt-5.3-chat-latest": said | {"name": name}})
        for name in ("GPT-5.3 Chat", "GPT-5.3 Chat", "GPT-5.3.1 Chat")
    ]
    outcome = fold(base, *(seen(n, models_dev=answer) for n, answer in enumerate(runs)))
    assert ends_of(outcome) == [("gpt-5.3-chat-latest", "2026-12-03")]
    assert [row["note"] for row in outcome.rows["prices"]] == [
        "the name points to GPT-5.3 Chat, 2025-12-01",
        "the name points to GPT-5.3.1 Chat, 2025-12-01",
    ]


MOVING = "gpt-4.1-latest deepseek-chat qwen-max grok-4.20-beta-latest-reasoning gpt-stable glm-newest"


@pytest.mark.parametrize("name", MOVING.split())
def test_a_name_that_moves_is_known_by_its_words(name):
    assert names.is_moving(name)


@pytest.mark.parametrize("name", ["stable-code", "stablelm-2", "gpt-4.1", "current-7b", "deepseek-chat-v3"])
def test_a_name_that_stays_is_not(name):
    assert not names.is_moving(name)


# Whose model, and what is known of it --------------------------------------------------------------------------------


def test_another_makers_model_in_a_list_is_never_the_list_owners(base):
    cheap = {"input_mtok": 1.32, "output_mtok": 3.96}
    shown = genai(
        "perplexity", ("perplexity/deepseek-v9-pro-0813", cheap), ("sonar-9", {"input_mtok": 1, "output_mtok": 1})
    )
    outcome = fold(base, seen(0, genai_prices=shown))
    made = {row["model_id"]: row["entity_id"] for row in outcome.rows["models"]}
    assert made == {"deepseek-v9-pro-0813": "deepseek", "sonar-9": "perplexity"}
    flags = {row["name"]: (row["first_party"], row["flags"]) for row in outcome.rows["prices"]}
    assert flags == {"perplexity/deepseek-v9-pro-0813": ("false", "third_party_host"), "sonar-9": ("true", "")}


ROUTED = {
    "id": "z-ai/glm-9",
    "canonical_slug": "z-ai/glm-9-20261118",
    "hugging_face_id": "zai-org/GLM-9",
    "created": 1_795_000_000,
    "name": "Z.AI: GLM 9",
    "pricing": {"prompt": "0.000001", "completion": "0.000004"},
}


def test_a_new_model_takes_its_day_and_weights_from_any_list(base):
    hosted = provider("togetherai", {"zai-org/GLM-9": (1, 4)}, release_date="2026-11-17")
    outcome = fold(base, seen(0, models_dev=hosted, openrouter_models={"data": [ROUTED]}))
    [model] = outcome.rows["models"]
    assert (model["model_id"], model["entity_id"], model["released_on"]) == ("glm-9", "zhipu", "2026-11-17")
    assert model["weights"] == "open"


@pytest.mark.parametrize("title", [" ", "Z.AI:  ", "=GLM 9", "GLM\u200b9"])
def test_a_new_model_without_a_title_that_a_table_can_hold_is_shown_by_its_id(base, title):
    [model] = fold(base, seen(0, openrouter_models={"data": [ROUTED | {"name": title}]})).rows["models"]
    assert model["name"] == "glm-9"


def test_without_a_day_on_a_list_the_one_in_the_name_counts_and_then_the_first_sight(base):
    [model] = fold(base, seen(0, openrouter_models={"data": [ROUTED]})).rows["models"]
    assert (model["released_on"], model["note"]) == ("2026-11-18", "the day in its name")
    [model] = fold(base, seen(0, openrouter_models={"data": [ROUTED | {"canonical_slug": "z-ai/glm-9"}]})).rows[
        "models"
    ]
    assert (model["released_on"], model["note"]) == ("2026-11-18", "first seen on OpenRouter")


SPELLINGS = {
    "deepseek-v3-0324": ("deepseek/deepseek-chat-v3-0324", "deepseek/deepseek-chat-v3-0324", "DeepSeek-V3-0324"),
    "deepseek-v4-pro": ("deepseek/deepseek-v4-pro", "deepseek/deepseek-v4-pro-20260423", "DeepSeek-V4-Pro"),
}


@pytest.mark.parametrize("model_id", SPELLINGS)
def test_a_model_is_matched_by_its_other_names_before_one_is_made(base, model_id):
    name, slug, weights = SPELLINGS[model_id]
    entry = {**ROUTED, "id": name, "canonical_slug": slug, "hugging_face_id": f"deepseek-ai/{weights}"}
    outcome = fold(base, seen(0, openrouter_models={"data": [entry]}))
    assert outcome.rows["models"] == []
    assert [row["model_id"] for row in outcome.rows["prices"]] == [model_id]


def test_two_spellings_of_one_model_make_one(base):
    shown = provider("openai", {"gpt-9-mini": (1, 4)}) | provider("deepseek", {"deepseek-v9-flash": (1, 4)})
    routed = openrouter(("openai/gpt-9-mini", "0.000001", "0.000004"), ("deepseek/v9-flash", "0.000001", "0.000004"))
    outcome = fold(base, seen(0, models_dev=shown, openrouter_models=routed))
    assert sorted(row["model_id"] for row in outcome.rows["models"]) == ["deepseek-v9-flash", "gpt-9-mini"]


@pytest.mark.parametrize(("one", "other"), [("glm-4-5", "glm-5-4"), ("gpt-5-mini", "gpt-5-nano"), ("o1", "o1-pro")])
def test_versions_are_not_spellings(one, other):
    assert names.alike(one, "maker") != names.alike(other, "maker")


def test_a_deprecated_model_ends_and_is_no_new_one(base):
    shown = {"deepseek-v4-pro": (1.74, 3.48), "deepseek-v4-flash": (0.14, 0.28)}
    gone = {"cost": {"input": 1.74, "output": 3.48}, "status": "deprecated"}
    runs = [shown, shown | {"deepseek-v4-pro": gone}]
    outcome = fold(base, *(seen(n, models_dev=provider("deepseek", models)) for n, models in enumerate(runs)))
    assert ends_of(outcome) == [("deepseek-v4-pro", "2026-12-02")]
    assert not fold(base, seen(0, models_dev=provider("deepseek", {"deepseek-v9": gone}))).rows["models"]


def test_a_price_of_image_tokens_says_so(base):
    pictures = {"cost": {"input": 0.3, "output": 30}, "modalities": {"output": ["text", "image"]}}
    [row] = prices_of(fold(base, seen(0, models_dev=provider("openai", {"gpt-9-image": pictures}))))
    assert row == ("gpt-9-image", "0.3", "30", "output counts image tokens", "other_tokens")


@pytest.mark.parametrize(("list_name", "name"), [("zhipuai", "智谱-4.5"), ("zhipuai", "глм-5"), ("openai", "gpt/9")])
def test_a_name_of_which_an_id_would_keep_no_letter_makes_no_model(base, list_name, name):
    outcome = fold(base, seen(0, models_dev=provider(list_name, {name: (1, 4)})))
    assert not outcome.rows["models"] and not outcome.rows["prices"]
    assert [row["column"] for row in outcome.held] == ["model"]


@pytest.mark.parametrize("day", ["1970-01-01", "0001-01-01", "2026-Q3"])
def test_a_day_that_stands_for_none_is_no_day_of_release(base, day):
    [model] = fold(base, seen(0, models_dev=provider("openai", {"gpt-9": (1, 4)}, release_date=day))).rows["models"]
    assert model["released_on"] == ""


# Bounds of a new price -----------------------------------------------------------------------------------------------

LISTED = {"deepseek-v4-pro": (1.74, 3.48), "deepseek-v4-flash": (0.14, 0.28)}


@pytest.mark.parametrize("factor", [Decimal("1e-6"), Decimal("1e-3"), Decimal(1000), Decimal("1e6")])
def test_a_new_price_is_held_to_the_same_model_on_other_lists(base, factor):
    usual = genai("deepseek", ("deepseek-v4-pro", {"input_mtok": 1.74, "output_mtok": 3.48}))
    odd = {"deepseek-v4-pro": tuple(float(Decimal(str(price)) * factor) for price in (1.74, 3.48))}
    outcome = fold(base, seen(0, genai_prices=usual), seen(1, models_dev=provider("deepseek", odd)))
    assert len(outcome.rows["prices"]) == 1
    [row] = outcome.held
    assert "is far from the price of the model on other lists, 1.74 to 1.74" in row["reason"]


@pytest.mark.parametrize(
    ("cost", "column"),
    [
        ({"input": 0, "output": 12}, "input"),
        ({"input": 3, "output": 12, "cache_read": 0.0003}, "cached_input"),
    ],
)
def test_a_price_that_does_not_go_with_the_others_of_its_offer_is_held(base, cost, column):
    outcome = fold(base, seen(0, models_dev=provider("openai", {"gpt-9": {"cost": cost}})))
    assert not outcome.rows["prices"] and [row["column"] for row in outcome.held] == [column]


def test_a_cached_price_above_the_price_without_a_cache_says_so(base):
    cost = {"input": 3, "output": 12, "cache_read": 30}
    [row] = fold(base, seen(0, models_dev=provider("openai", {"gpt-9": {"cost": cost}}))).rows["prices"]
    assert row["flags"] == "cached_above_input"


def test_a_yuan_price_of_a_platform_in_china_is_held_to_the_international_one(base):
    abroad = provider("zai", {"glm-5.1": (1.4, 4.4)})
    outcome = fold(
        base, seen(0, models_dev=abroad), seen(1, models_dev=abroad | provider("zhipuai", {"glm-5.1": (6, 24)}))
    )
    assert [row["endpoint"] for row in outcome.rows["prices"]] == ["zai"]
    assert any("is far from the price of the model on other lists" in row["reason"] for row in outcome.held)


@pytest.mark.parametrize("price", [(0.000003, 0.000012), (3_000_000, 12_000_000)])
def test_a_new_name_is_held_to_what_is_usual_with_its_maker(small, base, price):
    whole = Base.of(Tables(small))
    peers = {("openai", f"gpt-4o-{n}"): [dict(row, name=f"gpt-4o-{n}")] for n in range(6)
             for row in whole.prices["openai", "gpt-4o"][-1:]}  # fmt: skip
    crowded = Base(base.models, {}, peers, {}, {}, {}, base.rates, base.lists, [])
    shown = {f"gpt-4o-{n}": (2.5, 10) for n in range(6)} | {"gpt-9": price}
    outcome = fold(crowded, seen(0, models_dev=provider("openai", shown)))
    assert not any(row["name"] == "gpt-9" for row in outcome.rows["prices"])
    assert any("is far from every price of the maker" in row["reason"] for row in outcome.held)


# The source as a whole -----------------------------------------------------------------------------------------------

TWENTY = {f"gpt-{n}": (2 + n / 10, 8) for n in range(20, 40)}
AT_ONCE = {
    "all halved": {name: (given / 2, taken / 2) for name, (given, taken) in TWENTY.items()},
    "all in yuan": {name: (given * 7.1, taken * 7.1) for name, (given, taken) in TWENTY.items()},
    "45% gone": dict(list(TWENTY.items())[9:]),
    "a third gone, a third changed": {
        name: (given * (2 if n < 13 else 1), taken) for n, (name, (given, taken)) in enumerate(TWENTY.items()) if n > 6
    },
}


@pytest.mark.parametrize("name", AT_ONCE)
def test_a_source_that_changes_at_once_is_held_as_a_whole_in_one_item(base, name):
    runs = [seen(n, models_dev=provider("openai", shown)) for n, shown in enumerate([TWENTY, AT_ONCE[name]])]
    outcome = fold(base, *runs)
    [row] = outcome.held
    assert (row["name"], row["column"]) == ("models_dev all prices", "list")
    assert len(outcome.rows["prices"]) == 20
    assert not outcome.rows["price_ends"]


def test_a_source_let_in_as_a_whole_needs_no_other_decision(base):
    runs = [seen(n, models_dev=provider("openai", shown)) for n, shown in enumerate([TWENTY, AT_ONCE["45% gone"]])]
    [row] = fold(base, *runs).held
    decision = {"quarantine_id": row["quarantine_id"], "decision": "accept", "value": "", "declared_on": "2026-12-03"}
    decided = Base(**{**base.__dict__, "accepted": [decision | {"reason": "so says the maker"}]})
    outcome = fold(decided, *runs)
    assert (len(outcome.rows["price_ends"]), outcome.held) == (9, [])
    ignored = Base(**{**base.__dict__, "accepted": [decision | {"decision": "ignore", "reason": "a slip"}]})
    outcome = fold(ignored, *runs)
    assert (outcome.rows["price_ends"], outcome.held) == ([], [])


def test_a_few_changes_come_in(base):
    changed = TWENTY | {"gpt-20": (1, 4), "gpt-21": (1, 4)}
    outcome = fold(base, *(seen(n, models_dev=provider("openai", shown)) for n, shown in enumerate([TWENTY, changed])))
    assert (len(outcome.rows["prices"]), outcome.held) == (22, [])


def test_an_old_copy_of_a_list_moves_no_price_back(base):
    changed = TWENTY | {"gpt-20": (1, 4)}
    old = provider("openai", changed, last_updated="2026-10-01")
    outcome = fold(base, seen(0, models_dev=provider("openai", TWENTY)), seen(1, models_dev=old))
    [row] = outcome.held
    assert "its newest day is 2026-10-01" in row["reason"]
    assert len(outcome.rows["prices"]) == 20


# False alarms --------------------------------------------------------------------------------------------------------


def test_what_is_no_news_is_not_held_back(base):
    first = models_dev(gpt_4o=(2.5, 10.0), gpt_9=(3.0, 12.0))
    second = json.loads(json.dumps(first))
    second["openai"]["models"]["gpt-9-audio"] = {"id": "gpt-9-audio", **TOLD, "cost": {"output_audio": 3}}
    second["openai"]["models"]["gpt-4o"]["cost"]["input"] = 2.4999999999999996
    pointer = {"id": "~openai/gpt-latest", "pricing": {"prompt": "0", "completion": "0"}}
    routed = openrouter(("openai/gpt-9", "0.000003", "0.000012"))
    runs = [{"models_dev": first, "openrouter_models": routed}]
    runs.append({"models_dev": second, "openrouter_models": {"data": [*routed["data"], pointer]}})
    outcome = fold(base, *(seen(n, **run) for n, run in enumerate(runs)))
    assert (outcome.held, len(outcome.rows["prices"])) == ([], 3)


def test_an_author_nobody_knows_is_one_item_and_once_decided_none(base):
    days = [{"date": f"2026-11-{day}", "model_permaslug": name, "total_tokens": "500"}
            for day in (27, 28, 29) for name in ("nobody/x", "other")]  # fmt: skip
    looked = seen(0, openrouter_daily={"data": days})
    lists = [*base.lists, dict(base.lists[-1], name="other", role="ignored", entity_id="")]
    some = Base(**{**base.__dict__, "lists": lists})
    [row] = fold(some, looked).held
    assert row["name"] == "openrouter nobody"
    decision = {"quarantine_id": row["quarantine_id"], "decision": "ignore", "value": "", "declared_on": "2026-12-02"}
    outcome = fold(Base(**{**some.__dict__, "accepted": [decision | {"reason": "small"}]}), looked)
    assert (outcome.held, len(outcome.rows["token_models"])) == ([], 6)


@pytest.mark.parametrize("name", ["+gpt", "-gpt", "=gpt()", "@gpt", "\u202egpt", " gpt", "g" * 300])
def test_a_name_that_no_table_can_hold_is_held_back(base, name):
    outcome = fold(base, seen(0, models_dev=provider("openai", {name: (1, 4), "gpt-9": (1, 4)})))
    assert [row["name"] for row in outcome.rows["prices"]] == ["gpt-9"]
    [row] = outcome.held
    assert "is no name that a table can hold" in row["reason"]
    assert row["seen"][:1] not in tuple("=+-@")


def test_an_end_that_people_wrote_ends_a_span_from_the_day_it_is_known(small):
    whole = Base.of(Tables(small))
    [row] = [row for row in whole.prices["openai", "gpt-4o"] if not row["effective_to"]]
    span = tuple(row[part] for part in SPAN)
    end = dict(zip(SPAN, span, strict=True)) | {"effective_to": "2026-12-01", "published_on": "2026-12-02"}
    lists = [listed for listed in whole.lists if (listed["collection"], listed["name"]) == ("models_dev", "openai")]
    some = Base(whole.models, {}, {("openai", "gpt-4o"): [row]}, {span: [end]}, {}, {}, whole.rates, lists, [])
    shown = provider("openai", {"gpt-4o": {"cost": {"input": 2.5, "output": 10, "cache_read": 1.25}}})
    runs = [seen(number, models_dev=shown) for number in range(3)]
    assert prices_of(fold(some, runs[0])) == []
    assert [row["effective_from"] for row in fold(some, *runs).rows["prices"]] == ["2026-12-02"]


@pytest.mark.parametrize(("total", "rows"), [("1000", 2), ("1001", 2), ("1100", 0)])
def test_a_day_that_is_not_its_total_stays_out(base, total, rows):
    lists = [*base.lists, dict(base.lists[-1], name="other", role="ignored", entity_id="")]
    told = {"period_end": "2026-11-30", "tokens": total, "published_on": "2026-12-01", "added_on": ""}
    some = Base(**{**base.__dict__, "lists": lists, "totals": {"2026-11-30": told}})
    counts = {"openai/gpt-9": "400", "other": "600"}
    days = [{"date": "2026-11-30", "model_permaslug": name, "total_tokens": n} for name, n in counts.items()]
    outcome = fold(some, seen(0, openrouter_daily={"data": days}))
    assert len(outcome.rows["token_models"]) == rows
    assert [row["seen"] for row in outcome.held] == ([] if rows else ["1000"])
