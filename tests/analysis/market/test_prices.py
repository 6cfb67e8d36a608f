import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenecon.analysis.market import prices

NEVER = pd.NaT


def row(model, begins, price, endpoint="page:maker", ends=None, market="international", **cells):
    """A span at which output costs four times the input."""
    return {
        "model_id": model,
        "entity_id": "maker",
        "market": market,
        "currency": "CNY" if market == "domestic" else "USD",
        "endpoint": endpoint,
        "name": model,
        "input": float(price),
        "output": 4.0 * price,
        "effective_from": pd.Timestamp(begins) if begins else NEVER,
        "effective_to": pd.Timestamp(ends) if ends else NEVER,
        "published_on": pd.Timestamp(begins or "2026-07-01"),
        "dating": "page" if endpoint.startswith("page:") else "change_commit",
    } | cells


def frame(*rows):
    return pd.DataFrame(list(rows))


def history(found):
    return list(zip(found["effective_from"].dt.strftime("%Y-%m-%d"), found["input"], strict=True))


@pytest.mark.parametrize(("ratio", "expected"), [(0, 8.0), (1, 5.0), (3, 3.5), (10, 28 / 11)])
def test_blended(ratio, expected):
    assert prices.blended(frame(row("m", "2026-01-01", 2)), ratio)["blended"].item() == pytest.approx(expected)


def test_three_to_one_is_the_convention():
    rows = frame(row("m", "2026-01-01", 2))
    assert prices.blended(rows)["blended"].equals(prices.blended(rows, 3)["blended"])


@given(st.floats(0.01, 100), st.floats(0.01, 100), st.floats(0, 50))
def test_a_blend_lies_between_its_parts(first, second, ratio):
    rows = pd.DataFrame({"input": [first], "output": [second]})
    value = prices.blended(rows, ratio)["blended"].item()
    assert min(first, second) * (1 - 1e-9) <= value <= max(first, second) * (1 + 1e-9)


def test_a_missing_output_price_blends_to_nothing():
    assert prices.blended(frame(row("m", "2026-01-01", 2, output=float("nan"))))["blended"].isna().all()


def test_a_negative_ratio():
    with pytest.raises(ValueError, match="must not be negative"):
        prices.blended(frame(row("m", "2026-01-01", 2)), -1)


def test_a_change_within_a_list_is_a_step():
    rows = frame(row("m", "2026-01-01", 2, "list", ends="2026-03-01"), row("m", "2026-03-01", 1, "list"))
    found = prices.steps(rows)
    assert history(found) == [("2026-01-01", 2), ("2026-03-01", 1)]
    assert found["effective_to"].iloc[0] == pd.Timestamp("2026-03-01")
    assert found["effective_to"].isna().iloc[1]


def test_a_list_that_comes_later_is_no_step():
    """It may show an old price, or the price before a cut that it has yet to learn of."""
    rows = frame(row("m", "2026-01-01", 2), row("m", "2026-02-01", 1), row("m", "2026-02-10", 2, "late"))
    assert history(prices.steps(rows)) == [("2026-01-01", 2), ("2026-02-01", 1)]


def test_a_later_list_speaks_once_it_changes():
    rows = frame(
        row("m", "2026-01-01", 2),
        row("m", "2026-02-01", 2, "late", ends="2026-04-01"),
        row("m", "2026-04-01", 1, "late"),
    )
    assert history(prices.steps(rows)) == [("2026-01-01", 2), ("2026-04-01", 1)]


def test_the_page_speaks_whenever_it_comes():
    rows = frame(row("m", "2026-01-01", 2, "list"), row("m", "2026-02-01", 1, "page:maker"))
    assert history(prices.steps(rows)) == [("2026-01-01", 2), ("2026-02-01", 1)]


def test_the_same_price_again_is_no_step():
    rows = frame(row("m", "2026-01-01", 2), row("m", "2026-02-01", 2), row("m", "2026-03-01", 3))
    assert history(prices.steps(rows)) == [("2026-01-01", 2), ("2026-03-01", 3)]


def test_of_tiers_the_lowest_is_taken():
    tiers = [row("m", "2026-01-01", price, "list", condition=str(price)) for price in (3, 1, 2)]
    assert history(prices.steps(frame(*tiers))) == [("2026-01-01", 1)]


def test_markets_are_histories_of_their_own():
    rows = frame(row("m", "2026-01-01", 2), row("m", "2026-02-01", 7, market="domestic"))
    assert len(prices.steps(rows)) == 2


def test_a_span_without_a_first_day_begins_when_it_was_seen():
    rows = frame(row("m", None, 2, "checked"))
    assert history(prices.steps(rows)) == [("2026-07-01", 2)]


def test_a_span_that_ended_before_it_was_seen_is_no_later_price():
    """A list written down in July that names the price until June does not bring it back in July."""
    old = row("m", None, 10, "checked", ends="2026-06-10", published_on=pd.Timestamp("2026-07-12"))
    rows = frame(row("m", "2026-04-01", 10, "list"), row("m", "2026-06-10", 2, "checked", dating="stated"), old)
    assert history(prices.steps(rows)) == [("2026-04-01", 10), ("2026-06-10", 2)]


@pytest.mark.parametrize(
    ("day", "expected"),
    [("2025-12-31", []), ("2026-01-01", [2]), ("2026-02-28", [2]), ("2026-03-01", [1]), ("2026-05-01", [])],
)
def test_price_on(day, expected):
    rows = frame(
        row("m", "2026-01-01", 2, "list", ends="2026-03-01"), row("m", "2026-03-01", 1, "list", ends="2026-05-01")
    )
    assert prices.price_on(rows, day)["input"].tolist() == expected


def test_price_on_gives_a_model_once():
    rows = frame(row("m", "2026-01-01", 2), row("m", "2026-02-01", 2, "late"), row("n", "2026-02-01", 3))
    assert prices.price_on(rows, "2026-03-01")["model_id"].tolist() == ["m", "n"]


def test_ladder():
    rows = frame(
        row("new", "2026-02-01", 3),
        row("old", "2026-01-01", 1),
        row("old", "2026-01-15", 8, market="domestic"),
        row("other", "2026-01-01", 9, entity_id="rival"),
    )
    found = prices.ladder(rows, "maker")
    assert found[["model_id", "currency", "blended"]].to_numpy().tolist() == [
        ["old", "CNY", 14.0],
        ["old", "USD", 1.75],
        ["new", "USD", 5.25],
    ]
    assert prices.ladder(rows, "maker", ratio=0)["blended"].tolist() == [32.0, 4.0, 12.0]


def test_ladder_of_nobody():
    with pytest.raises(KeyError, match="no list price of 'nobody'"):
        prices.ladder(frame(row("m", "2026-01-01", 2)), "nobody")


def test_a_converted_price_is_refused():
    rows = frame(row("m", "2026-01-01", 2, market="domestic", currency="USD"))
    with pytest.raises(ValueError, match=r"priced in USD on the domestic market; take Catalog\.list_prices"):
        prices.ladder(rows, "maker")
