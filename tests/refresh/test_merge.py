"""The merge of looks into rows: the same whatever the order, nothing lost, nothing earlier changed."""

import csv
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from hashlib import sha256

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tokenecon.refresh import merge
from tokenecon.refresh.connectors import Count, Daily, Offer
from tokenecon.refresh.connectors import number as read
from tokenecon.refresh.merge import Base, Outcome, View
from tokenecon.refresh.snapshots import Look
from tokenecon.refresh.tables import ORDER, Tables, is_ours

START = date(2026, 11, 28)
FEW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
NAMES = ("gpt-4o", "gpt-7", "gpt-8", "odd\nname")
CACHED = {"gpt-4o": Decimal("1.25")}
COUNTED = ("openai/gpt-7-20261120", "z-ai/glm-5-20260211", "nobody/model", "other")


@pytest.fixture(scope="module")
def tables(small) -> Tables:
    return Tables(small)


@pytest.fixture(scope="module")
def base(tables) -> Base:
    """What people know, with the price of one model on one list, and no tokens yet."""
    whole = Base.of(tables)
    prices = {key: rows for key, rows in whole.prices.items() if key == ("openai", "gpt-4o")}
    return replace(whole, prices=prices, days={})


def day(count: int) -> date:
    return START + timedelta(days=count)


def fold(base: Base, views: list[View], until: date = date.max) -> Outcome:
    """What the looks give, in whatever order they are."""
    return merge.fold(base, views, until).outcome(sorted((view.look for view in views), key=lambda look: look.time))


def view(source: str, number: int, entries: list, hour: int = 8) -> View:
    digest = sha256(repr((source, entries)).encode()).hexdigest()
    time = f"{day(number)}T{hour:02d}:00:00Z"
    return View(Look(time, source, f"https://{source}.example/list", digest, "", ""), entries)


def listed(number: int, *offers: tuple, hour: int = 8, provider: str = "openai", source: str = "models_dev") -> View:
    """A look at the prices of a list: name, input, output."""
    entries = [
        Offer(
            provider,
            name,
            name.upper(),
            read(given),
            read(taken),
            CACHED.get(name),
            released="2026-11-20",
            weights="closed",
        )
        for name, given, taken in offers
    ]
    return view(source, number, entries, hour)


def counted(number: int, counts: dict[date, dict[str, object]]) -> View:
    return view(
        "openrouter_daily",
        number,
        [Count(name, at, read(n)) for at, found in counts.items() for name, n in found.items()],
    )


def rated(number: int, month: str, rate: object) -> View:
    days = [date.fromisoformat(f"{month}-{n:02d}") for n in range(1, 29)]
    return view("frankfurter", number, [Daily("USD", "CNY", at, read(rate)) for at in days])


PRICE = st.sampled_from([Decimal("2.5"), Decimal("10"), Decimal("3"), 0, -1, Decimal("900"), "2.5", "x", True, None])
PRICES = st.lists(st.tuples(st.sampled_from(NAMES), PRICE, PRICE), max_size=4, unique_by=lambda offer: offer[0])
TOKENS = st.dictionaries(
    st.sampled_from(COUNTED), st.sampled_from([500, "700", 0, -1, "1e3", 90000, "many"]), min_size=1
)


@st.composite
def looks(draw) -> list[View]:
    """Looks at prices, tokens and rates on some days, one of a source a day."""
    found = []
    for number in range(draw(st.integers(1, 5))):
        if draw(st.booleans()):
            found.append(listed(number, *draw(PRICES)))
        if draw(st.booleans()):
            days = draw(st.lists(st.integers(-3, number), min_size=1, max_size=3, unique=True))
            found.append(counted(number, {day(n): draw(TOKENS) for n in days}))
        if draw(st.booleans()):
            found.append(rated(number, "2026-10", draw(st.sampled_from([Decimal("6.9"), Decimal("0.2"), "x"]))))
    return found


def decided(base: Base, *rows: dict[str, str]) -> Base:
    return replace(base, accepted=[*base.accepted, *rows])


def decision(quarantine_id: str, what: str, number: int, value: str = "") -> dict[str, str]:
    row = {"quarantine_id": quarantine_id, "decision": what, "value": value, "reason": "we asked the vendor"}
    return row | {"declared_on": day(number).isoformat()}


@st.composite
def declared(draw, base: Base, views: list[View]) -> Base:
    """Decisions on some of what was held back at any time."""
    held = {row["quarantine_id"] for n in range(len(views)) for row in fold(base, views[: n + 1]).held}
    found = []
    for name in sorted(held):
        if draw(st.booleans()):
            what = draw(st.sampled_from(["accept", "ignore", "correct"]))
            found.append(decision(name, what, draw(st.integers(0, 6)), "4" if what == "correct" else ""))
    return decided(base, *found)


# Properties ----------------------------------------------------------------------------------------------------------


@FEW
@given(data=st.data())
def test_the_order_and_number_of_times_in_which_answers_come_do_not_matter(base, data):
    views = data.draw(looks())
    some = data.draw(declared(base, views))
    once = fold(some, views)
    assert fold(some, data.draw(st.permutations(views))) == once
    assert (
        fold(some, [*views, *data.draw(st.lists(st.sampled_from(views), max_size=3) if views else st.just([]))]) == once
    )


@FEW
@given(data=st.data())
def test_a_later_look_or_decision_changes_no_earlier_byte(tables, base, data):
    views = data.draw(looks())
    some = data.draw(declared(base, views))
    end = fold(some, views, day(9))
    for number in range(7):
        then = fold(some, [seen for seen in views if seen.look.day <= day(number)], day(number))
        for name in ORDER:
            if name != "quarantine":
                assert tables.composed(name, end.rows[name]).startswith(tables.composed(name, then.rows[name])), name


@FEW
@given(data=st.data())
def test_rows_of_people_stay_byte_for_byte(tables, base, small, data):
    outcome = fold(base, data.draw(looks()))
    for name in ORDER:
        rows = outcome.held if name == "quarantine" else outcome.rows[name]
        path = tables.schema.tables[name].path
        assert tables.composed(name, rows).startswith((small / path).read_bytes())
        assert all(is_ours(name, row) for row in rows)
        if name != "quarantine":
            keys = tables.schema.tables[name].primary_key
            seen = [tuple(row[key] for key in keys) for row in [*tables.by_hand(name), *rows]]
            assert len(seen) == len(set(seen))


def standing(base: Base, outcome, endpoint: str, name: str) -> list[dict[str, str]]:
    """Spans of a name that nothing has ended."""
    key = ("endpoint", "name", "condition", "effective_from", "origin")
    ended = {tuple(end[part] for part in key) for end in outcome.rows["price_ends"]}
    spans = [*base.prices.get((endpoint, name), []), *outcome.rows["prices"]]
    spans = [row for row in spans if (row["endpoint"], row["name"], row["effective_to"]) == (endpoint, name, "")]
    return [row for row in spans if tuple(row[part] for part in key) not in ended]


@FEW
@given(seen=st.lists(PRICES, min_size=1, max_size=4))
def test_no_price_is_lost(base, seen):
    """What the last look shows is what stands, or it is held back by name."""
    outcome = fold(base, [listed(number, *offers) for number, offers in enumerate(seen)])
    held = {row["name"] for row in outcome.held}
    if "models_dev all prices" in held:
        return
    for name, given_, taken in seen[-1]:
        if given_ is not None and f"openai {' '.join(name.split())}" not in held:
            [row] = standing(base, outcome, "openai", name)
            assert Decimal(row["input"]) == Decimal(given_)
            assert row["output"] == "" if taken is None else Decimal(row["output"]) == Decimal(taken)


@FEW
@given(data=st.data())
def test_no_day_of_tokens_is_lost(base, data):
    """A day is in whole, as it was first seen sound, or something of it is held back."""
    seen = [{day(n): data.draw(TOKENS) for n in range(-3, number)} for number in range(3)]
    outcome = fold(base, [counted(number, counts) for number, counts in enumerate(seen)])
    rows = outcome.rows["token_models"]
    for at in {at for counts in seen for at in counts}:
        found = {row["name"]: Decimal(row["tokens"]) for row in rows if row["period_end"] == at.isoformat()}
        if found:
            numbers = [counts[at] for counts in seen if at in counts and "many" not in counts[at].values()]
            assert any(found == {name: Decimal(count) for name, count in counts.items()} for counts in numbers)
        else:
            assert any(row["name"].startswith((at.isoformat(), "openrouter nobody")) for row in outcome.held)


# Prices --------------------------------------------------------------------------------------------------------------


def known(base: Base) -> tuple[Decimal, Decimal]:
    """The price of GPT-4o that stands in the rows of people."""
    [row] = [row for row in base.prices["openai", "gpt-4o"] if not row["effective_to"]]
    return Decimal(row["input"]), Decimal(row["output"])


def test_a_price_as_known_adds_nothing(base):
    outcome = fold(base, [listed(0, ("gpt-4o", *known(base)))])
    assert not any(outcome.rows.values()) and not outcome.held


def test_another_price_ends_the_span_before_it(base):
    given_, taken = known(base)
    outcome = fold(base, [listed(3, ("gpt-4o", given_ / 2, taken))])
    [row], [end] = outcome.rows["prices"], outcome.rows["price_ends"]
    assert Decimal(row["input"]) == given_ / 2 and row["effective_from"] == row["published_on"] == str(day(3))
    assert end["effective_to"] == end["published_on"] == str(day(3)) and end["name"] == "gpt-4o"
    [source] = outcome.rows["sources"]
    assert source["source_id"] == row["source_id"] == end["source_id"] and source["url"].startswith(
        "https://models_dev"
    )


def test_a_price_that_comes_back_is_a_span_of_its_own(base):
    given_, taken = known(base)
    seen = [listed(n, ("gpt-4o", given_ * factor, taken)) for n, factor in enumerate((2, 1, 2))]
    assert [Decimal(row["input"]) / given_ for row in fold(base, seen).rows["prices"]] == [2, 1, 2]


def test_a_row_that_people_add_later_changes_no_earlier_look(base):
    [like] = [row for row in base.prices["openai", "gpt-4o"] if not row["effective_to"]]
    seen = [listed(0, ("gpt-7", 3, 12)), listed(6, ("gpt-7", 3, 12))]
    own = {"model_id": "gpt-4o", "name": "gpt-7", "input": "3", "output": "12", "cached_input": ""}
    later = like | own | {"effective_from": str(day(0)), "published_on": str(day(5))}
    added = replace(base, prices={**base.prices, ("openai", "gpt-7"): [later]})
    [row] = fold(added, seen).rows["prices"]
    assert (row["effective_from"], row["published_on"]) == (str(day(0)), str(day(0)))


def test_of_a_list_that_changes_twice_a_day_the_first_counts(base):
    given_, taken = known(base)
    seen = [listed(0, ("gpt-4o", given_ * n, taken), hour=n) for n in (2, 3)]
    assert [Decimal(row["input"]) for row in fold(base, seen).rows["prices"]] == [given_ * 2]


def test_a_name_that_is_gone_ends_its_span(base):
    seen = [listed(0, ("gpt-4o", *known(base)), ("gpt-7", 3, 12)), listed(1, ("gpt-4o", *known(base)))]
    outcome = fold(base, seen)
    [end] = outcome.rows["price_ends"]
    assert (end["name"], end["effective_to"]) == ("gpt-7", str(day(1)))


def test_a_list_cut_short_ends_nothing_until_that_is_accepted(base):
    whole = [("gpt-4o", *known(base)), *((f"gpt-{n}", 3, 12) for n in range(20, 26))]
    seen = [listed(0, *whole), listed(1, whole[0])]
    outcome = fold(base, seen)
    [row] = outcome.held
    assert not outcome.rows["price_ends"] and "is it the right list, whole, and in dollars?" in row["reason"]
    ends = fold(decided(base, decision(row["quarantine_id"], "accept", 2)), seen).rows["price_ends"]
    assert len(ends) == 6 and {end["published_on"] for end in ends} == {str(day(2))}


# Held back -----------------------------------------------------------------------------------------------------------

ODD = {
    "negative": (-1, "is negative"),
    "zero": (0, "is zero where there was a price"),
    "a jump up": (Decimal("25.01"), "is more than 10 times the price before"),
    "a jump down": (Decimal("0.2499"), "or less than a 10th of it"),
    "no number": ("free", "is no number"),
    "true": (True, "is no number"),
    "a list": ([1], "is no number"),
    "endless": (Decimal("Infinity"), "is no number"),
    "beyond all": (Decimal("1e30"), "is no number"),
}


@pytest.mark.parametrize("name", ODD)
def test_an_odd_price_is_held_back_with_its_reason(base, name):
    assert known(base)[0] == Decimal("2.5")
    value, reason = ODD[name]
    outcome = fold(base, [listed(0, ("gpt-4o", value, known(base)[1]))])
    [row] = outcome.held
    assert reason in row["reason"] and (row["name"], row["column"]) == ("openai gpt-4o", "input")
    assert row["quarantine_id"] in row["remedy"] and "data/accepted.csv" in row["remedy"]
    assert not any(outcome.rows.values())


@pytest.mark.parametrize("value", [Decimal("25"), Decimal("0.25")])
def test_ten_times_exactly_is_no_jump(base, value):
    outcome = fold(base, [listed(0, ("gpt-4o", value, known(base)[1]))])
    assert not outcome.held and len(outcome.rows["prices"]) == 1


def test_a_yuan_figure_in_a_dollar_field_is_suspect(base):
    rate = max(base.rates["USD", "CNY"].items())[1]
    outcome = fold(base, [listed(0, ("gpt-4o", *(round(price * rate, 2) for price in known(base))))])
    [row] = outcome.held
    assert row["column"] == "currency" and "yuan" in row["reason"] and not outcome.rows["prices"]


def test_a_new_price_out_of_all_proportion_is_held_back(base):
    [row] = fold(base, [listed(0, ("gpt-9", 10**6, 10**6))]).held
    assert "is far from every price of the maker" in row["reason"]


def test_what_a_later_look_mends_is_no_longer_held_back(base):
    seen = [listed(0, ("gpt-4o", -1, 10)), listed(1, ("gpt-4o", *known(base)))]
    assert fold(base, seen[:1]).held and not fold(base, seen).held


# Decisions -----------------------------------------------------------------------------------------------------------


def a_jump(base: Base) -> tuple[list[View], str]:
    seen = [listed(0, ("gpt-4o", Decimal(40), known(base)[1]))]
    return seen, fold(base, seen).held[0]["quarantine_id"]


def test_an_accepted_value_comes_in_known_from_the_day_of_the_decision(base):
    seen, name = a_jump(base)
    accepted = decided(base, decision(name, "accept", 4))
    assert fold(accepted, seen, day(3)) == fold(base, seen)
    outcome = fold(accepted, seen, day(4))
    [row], [end] = outcome.rows["prices"], outcome.rows["price_ends"]
    assert row["input"] == "40" and not outcome.held
    assert row["effective_from"] == end["effective_to"] == str(day(0))
    assert row["published_on"] == end["published_on"] == str(day(4))


def test_a_corrected_value_takes_the_place_of_what_was_printed(base):
    seen, name = a_jump(base)
    outcome = fold(decided(base, decision(name, "correct", 1, "4.0")), seen)
    assert [row["input"] for row in outcome.rows["prices"]] == ["4.0"] and not outcome.held


def test_an_ignored_value_stays_out_in_silence(base):
    seen, name = a_jump(base)
    outcome = fold(decided(base, decision(name, "ignore", 1)), seen)
    assert not outcome.rows["prices"] and not outcome.held


def test_what_is_no_number_cannot_be_accepted_but_corrected(base):
    seen = [listed(0, ("gpt-4o", "free", known(base)[1]))]
    name = fold(base, seen).held[0]["quarantine_id"]
    assert fold(decided(base, decision(name, "accept", 1)), seen).held
    assert fold(decided(base, decision(name, "correct", 1, "3")), seen).rows["prices"][0]["input"] == "3"


def test_a_decision_holds_for_that_value_alone(base):
    _, name = a_jump(base)
    seen = [listed(0, ("gpt-4o", Decimal(41), known(base)[1]))]
    assert fold(decided(base, decision(name, "accept", 0)), seen).held


# Models and vendors --------------------------------------------------------------------------------------------------


def test_a_new_model_of_a_known_vendor_gets_its_row(base):
    outcome = fold(base, [listed(0, ("gpt-7", 3, 12))])
    [model] = outcome.rows["models"]
    assert (model["model_id"], model["entity_id"], model["released_on"]) == ("gpt-7", "openai", "2026-11-20")
    assert outcome.rows["prices"][0]["model_id"] == "gpt-7"


def test_a_release_to_come_is_no_day_of_release(base):
    entries = [Offer("openai", "gpt-7", "GPT-7", read(3), read(12), released="2027-02-01")]
    [model] = fold(base, [view("models_dev", 0, entries)]).rows["models"]
    assert model["released_on"] == "" and model["note"] == "announced for 2027-02-01"


def test_an_unknown_vendor_is_held_back_until_a_row_declares_it(base):
    both = listed(0, ("gpt-4o", *known(base))).entries + listed(0, ("x-1", 3, 12), provider="nobody-yet").entries
    seen = [view("models_dev", 0, both)]
    outcome = fold(base, seen)
    [row] = outcome.held
    assert "data/lists.csv" in row["remedy"] and "nobody-yet" in row["remedy"]
    assert not any(outcome.rows.values())
    cells = {"role": "maker", "entity_id": "openai", "endpoint": "nobody-yet", "market": "international", "note": ""}
    listing = {"collection": "models_dev", "name": "nobody-yet", **cells, "declared_on": str(day(2))}
    outcome = fold(replace(base, lists=[*base.lists, listing]), seen)
    assert not outcome.held and outcome.rows["prices"][0]["published_on"] == str(day(2))


def test_an_unknown_author_holds_its_day_back(base):
    at = day(-1)
    outcome = fold(base, [counted(0, {at: {"nobody/x": 5, "other": 9}})])
    [row] = outcome.held
    assert "is an author in no row of data/lists.csv" in row["reason"] and not outcome.rows["token_models"]


def test_a_new_name_of_a_known_author_gets_an_alias_and_a_model(base):
    outcome = fold(base, [counted(0, {day(-1): {"openai/gpt-7-20261120:free": "500", "other": "900"}})])
    [alias], [model] = outcome.rows["model_aliases"], outcome.rows["models"]
    assert (alias["model_id"], alias["entity_id"], alias["free"]) == ("gpt-7", "openai", "true")
    assert model["released_on"] == "2026-11-20" and is_ours("model_aliases", alias)
    assert [(row["name"], row["rank"]) for row in outcome.rows["token_models"]] == [
        ("other", "1"),
        ("openai/gpt-7-20261120:free", "2"),
    ]


# Tokens and rates ----------------------------------------------------------------------------------------------------

BAD_DAYS = {
    "no rest": ({"openai/gpt-7-20261120": 5}, "has no row for the rest"),
    "a part": ({"openai/gpt-7-20261120": 5, "other": "1.5"}, "is no count"),
    "negative": ({"openai/gpt-7-20261120": -5, "other": 9}, "is no count"),
    "no number": ({"openai/gpt-7-20261120": "many", "other": 9}, "is no number"),
}


@pytest.mark.parametrize("name", BAD_DAYS)
def test_a_day_with_a_bad_count_stays_out_whole(base, name):
    counts, reason = BAD_DAYS[name]
    outcome = fold(base, [counted(0, {day(-1): counts})])
    assert not outcome.rows["token_models"] and any(reason in row["reason"] for row in outcome.held)


def test_the_day_of_the_look_is_not_over(base):
    assert not fold(base, [counted(0, {day(0): {"other": 9}})]).rows["token_models"]


def test_a_month_of_rates_becomes_its_mean_once_it_is_over(base):
    [row] = fold(base, [rated(0, "2026-10", Decimal("6.9"))]).rows["fx"]
    assert (row["date"], row["rate"], row["published_on"]) == ("2026-10-31", "6.9000", str(day(0)))
    assert not fold(base, [rated(0, "2026-11", Decimal("6.9"))]).rows["fx"]


def test_a_currency_that_lacks_a_month_or_days_of_it_is_said_and_one_not_asked_for_left_out(base):
    days = [date(2026, 10, n) for n in range(1, 29)]
    entries = [Daily("USD", quote, at, Decimal("6.9")) for quote in ("CNY", "XXX") for at in days]
    entries += [Daily("USD", "HKD", at, Decimal("7.8")) for at in days if not 5 < at.day < 26]
    outcome = fold(base, [view("frankfurter", 0, entries)])
    assert [row["quote"] for row in outcome.rows["fx"]] == ["CNY"]
    held = {row["name"] for row in outcome.held if row["reason"].startswith("lacks days")}
    assert {"USD/HKD 2026-10-31", "USD/KRW 2026-10-31"} <= held


@pytest.mark.parametrize("rate", [Decimal("9.9"), Decimal("0.14"), 0, -6, "x"])
def test_a_rate_far_off_is_held_back(base, rate):
    outcome = fold(base, [rated(0, "2026-10", rate)])
    assert outcome.held and not outcome.rows["fx"]


def test_a_month_that_is_far_on_every_day_is_one_item_and_one_decision(base):
    looks = [rated(0, "2026-10", Decimal("0.14"))]
    [item] = [row for row in fold(base, looks).held if row["reason"].startswith("is more than")]
    assert (item["name"], item["seen"]) == ("USD/CNY 2026-10-31", "0.14")
    outcome = fold(decided(base, decision(item["quarantine_id"], "accept", 0)), looks)
    assert [row["rate"] for row in outcome.rows["fx"]] == ["0.1400"]
    assert item["quarantine_id"] not in {row["quarantine_id"] for row in outcome.held}


# Rows of people beside ours ------------------------------------------------------------------------------------------


def test_appended_rows_of_people_stand_before_ours(data):
    held = Tables(data)
    ours = fold(replace(Base.of(held), prices={}), [listed(0, ("gpt-7", 3, 12))]).rows["models"]
    (data / "models.csv").write_bytes(held.composed("models", ours))
    row = dict.fromkeys(held.schema.tables["models"].fields, "") | {"model_id": "gpt-6-test", "source_id": "SEED"}
    with (data / "models.csv").open("a", encoding="utf-8", newline="") as file:
        csv.DictWriter(file, list(row), lineterminator="\n").writerow(row)
    mixed = Tables(data)
    assert [kept["model_id"] for kept in mixed.ours("models")] == ["gpt-7"]
    assert mixed.by_hand("models")[-1]["model_id"] == "gpt-6-test"
    content = mixed.appended("models", [{**row, "model_id": "gpt-5-test"}]).decode().splitlines()
    assert [line.partition(",")[0] for line in content[-3:]] == ["gpt-6-test", "gpt-5-test", "gpt-7"]
