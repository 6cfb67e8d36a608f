"""Tables of the second collection: what they give, what of it an edition sees, and what is wrong with a bad row."""

from __future__ import annotations

import re

import pandas as pd
import pytest

from tokenecon.analysis.market.prices import price_on, steps
from tokenecon.catalog import Catalog, data_root
from tokenecon.catalog.market import PATIENCE, lapsed

NEW = [
    "share_prices",
    "private_rounds",
    "events",
    "host_prices",
    "index_prices",
    "litellm_prices",
    "apps",
    "modalities",
    "token_totals",
]
AUTUMN = """id = "autumn"
title = "Autumn"
as_of = 2026-11-15
focal = "H1 2026"
comparatives = ["FY2025"]
base_currency = "CNY"
"""


@pytest.fixture(scope="module")
def autumn(tmp_path_factory) -> Catalog:
    """The whole data as an edition of November without a record sees it."""
    root = tmp_path_factory.mktemp("autumn") / "data"
    root.mkdir()
    for path in data_root().glob("*.*"):
        (root / path.name).symlink_to(path)
    (root / "editions").mkdir()
    (root / "editions/autumn.toml").write_text(AUTUMN, encoding="utf-8")
    return Catalog.open("autumn", root)


@pytest.mark.parametrize("name", NEW)
def test_each_table_has_a_property_that_follows_the_day(autumn, fy, h1, name):
    frame = getattr(autumn, name)
    assert len(frame)
    assert frame["published_on"].max() <= pd.Timestamp("2026-11-15")
    for catalog in (fy, h1):
        assert (getattr(catalog, name)["published_on"] <= pd.Timestamp(catalog.edition.as_of)).all()


def test_tokens_a_request_are_what_the_collection_printed(autumn):
    agents = autumn.apps[autumn.apps["categories"].str.contains("cli-agent")].groupby("observed_on")
    found = agents["tokens"].sum() / agents["requests"].sum()
    assert round(found["2026-07-16"]) == 70221
    assert round(found["2026-10-08"]) == 99202
    assert round(agents["requests"].sum()["2026-10-08"] / 1e6, 1) == 1713.0


def test_days_of_tokens_make_up_the_week_that_contradicts_a_source(autumn):
    week = autumn.token_totals[autumn.token_totals["period_end"].between("2026-08-31", "2026-09-06")]
    assert len(week) == 7
    assert week["tokens"].sum() == pytest.approx(115.46e12, rel=1e-3)
    rows = autumn.history("operating").query("source_id == 'OR_KALSHI' and metric == 'tokens_processed'")
    ruled = dict(zip(rows["period_end"].dt.strftime("%m-%d"), rows["ruling"], strict=True))
    assert ruled == {"09-06": "or-week-2026-08-31", "09-13": "", "09-20": ""}


def test_run_costs_have_a_price_beside_them(autumn):
    day = pd.Timestamp("2026-08-22")
    scores = autumn.capability[
        autumn.capability["published_on"].eq(day) & autumn.capability["benchmark"].eq("aa_index")
    ]
    run = scores.dropna(subset=["run_cost"])
    prices = autumn.index_prices[autumn.index_prices["last_seen_on"] == day]
    assert not prices.duplicated(["model_id", "named"]).any()
    joined = run.merge(prices, on=["model_id", "named"], how="left", validate="one_to_one", suffixes=("", "_price"))
    assert (len(run), joined["input"].notna().sum()) == (142, 142)


def test_scales_of_the_index_are_never_one_benchmark(autumn):
    index = autumn.capability[autumn.capability["test"] == "intelligence_index"]
    days = index.groupby("benchmark")["published_on"].agg(["min", "max"])
    assert days.loc["aa_index", "max"] < days.loc["aa_index_rebased", "min"]


def test_shares_and_capitalisation(autumn):
    rows = autumn.share_prices.set_index(["entity_id", "metric", "item", "period"])["value"]
    assert rows["zhipu", "share_price", "close", "2026-09-30"] == 641
    assert rows["minimax", "market_capitalisation", "derived", "2026-09-30"] == 88.19e9
    first = autumn.share_prices.query("entity_id == 'zhipu' and period == '2026-01-08' and item == 'close'")
    assert first.query("metric == 'market_capitalisation'")["value"].tolist() == [57.89e9]
    assert not rows.index.isin([("minimax", "market_capitalisation", "close", "2026-09-17")]).any()


def test_billing_of_segments(autumn):
    billed = autumn.segments.query("entity_id == 'minimax' and billing != ''")["billing"].value_counts()
    assert billed.to_dict() == {"subscriptions": 6, "top_ups": 2, "advertising": 1, "tokens_and_plans": 1}
    rows = autumn.financials.query("entity_id == 'minimax' and metric == 'revenue' and period == '9M 2025'")
    parts = rows.set_index("segment")["value"]
    assert parts[["talkie_subscriptions", "talkie_top_ups", "talkie_advertising"]].sum() == parts["talkie"]


def test_the_day_of_retrieval_gives_way_to_that_of_the_quote(autumn, h1):
    rows = autumn.operating.query("source_id == 'SMM_GPU' and segment == 'gpu_rental'").set_index("item")
    assert rows.loc["h100", "period_start"] == rows.loc["h100", "period_end"] == pd.Timestamp("2026-07-23")
    assert rows.loc["h20", "period_end"] == pd.Timestamp("2026-09-01")
    assert "SMM_GPU" not in set(h1.operating["source_id"])


def test_rulings_on_prices_leave_the_rows_as_they_are(autumn):
    prices = autumn.list_prices().frame.set_index(["endpoint", "name"]).sort_index()
    assert ("genai:anthropic", "claude-sonnet-5") in prices.index
    assert prices.loc[[("genai:anthropic", "claude-sonnet-5")], "input"].tolist() == [2.0]
    rounded = prices.loc[("openai", "gpt-4o-mini")]
    assert set(rounded["cached_input"].dropna()) == {0.075}
    now = price_on(autumn.list_prices().frame, autumn.edition.as_of)
    own = now.query("model_id == 'deepseek-v4-pro' and market == 'international'")
    assert own["input"].tolist() == [0.66]


def test_withdrawn_names_end(autumn):
    now, before = (set(price_on(autumn.list_prices().frame, day)["model_id"]) for day in ("2026-11-15", "2026-07-23"))
    assert not {"deepseek-chat", "deepseek-reasoner"} & now
    assert "deepseek-chat" in before


@pytest.mark.parametrize("edition", ["2025FY", "2026H1", "2026Q3"])
def test_what_no_list_shows_any_more_is_not_on_sale(edition):
    cat = Catalog.open(edition)
    as_of = pd.Timestamp(cat.edition.as_of)
    shown, told = cat.list_prices().frame, cat.list_prices(patience=None).frame
    assert shown.drop(columns="effective_to").equals(told.drop(columns="effective_to"))
    ended = told["effective_to"].notna()
    assert shown.loc[ended, "effective_to"].equals(told.loc[ended, "effective_to"])
    now, listed = (set(price_on(frame, as_of)["model_id"]) for frame in (shown, told))
    own, index = (rows.assign(seen=rows["last_seen_on"].fillna(as_of)) for rows in (told[~ended], cat.index_prices))
    seen = pd.concat([own, index, cat.litellm_prices.rename(columns={"published_on": "seen"})])
    fresh = set(seen.loc[seen["seen"] >= as_of - pd.Timedelta(days=90), "model_id"])
    assert now == listed & fresh
    assert "claude-2" in listed - now


def test_a_model_out_of_sight_neither_changes_its_price_nor_comes_anew(autumn):
    shown, told = (steps(autumn.list_prices(patience=one).frame) for one in (PATIENCE, None))
    pd.testing.assert_frame_equal(shown, told)


END = ["2026-05-31"]
"""Ninety days after the last sight of :func:`span`, and one more."""


def span(**cells) -> dict:
    row = {"model_id": "m", "market": "international", "effective_from": "2026-01-01", "effective_to": None}
    return row | {"last_seen_on": "2026-03-01", "published_on": "2026-01-01"} | cells


def spans(*rows) -> pd.DataFrame:
    frame = pd.DataFrame(rows)
    for name in ("effective_from", "effective_to", "last_seen_on", "published_on"):
        frame[name] = pd.to_datetime(frame[name])
    return frame


@pytest.mark.parametrize(
    ("rows", "as_of", "ends"),
    [
        ([span()], "2026-12-31", END),
        ([span()], "2026-05-31", END),
        ([span()], "2026-05-30", [None]),
        ([span(effective_to="2026-02-01")], "2026-12-31", ["2026-02-01"]),
        ([span(last_seen_on=None)], "2026-12-31", [None]),
        ([span(), span(last_seen_on="2026-04-01")], "2026-12-31", ["2026-07-01"] * 2),
        ([span(), span(last_seen_on="2026-04-01", effective_to="2026-05-02")], "2026-12-31", [*END, "2026-05-02"]),
        ([span(), span(model_id="n", last_seen_on=None)], "2026-12-31", [*END, None]),
    ],
    ids=["gone", "first day without", "last day with", "ended", "seen after", "two lists", "dropped", "another"],
)  # fmt: skip
def test_a_span_ends_once_nobody_has_seen_its_model_for_ninety_days(rows, as_of, ends):
    found = lapsed(spans(*rows), [], pd.Timestamp(as_of))
    assert found["effective_to"].tolist() == list(pd.to_datetime(pd.Series(ends)))


def test_another_list_sees_the_model_for_longer():
    as_of = pd.Timestamp("2026-12-01")
    for day, end in (("2026-11-15", pd.NaT), ("2026-06-01", pd.Timestamp("2026-08-31")), (None, pd.NaT)):
        sights = [pd.Series(pd.to_datetime([day]), index=["m"])]
        (found,) = lapsed(spans(span()), sights, as_of)["effective_to"]
        assert found == end or (pd.isna(found) and pd.isna(end))


def test_the_ledger_says_what_became_of_every_row(autumn):
    ledger = autumn.table("imports").set_index("file")
    assert len(ledger) == 10
    assert (ledger[["merged", "ruled", "refused", "added"]].sum(axis=1) == ledger["rows"]).all()
    assert ledger["rows"].sum() == 449 + 160 + 550 + 1116 + 9 + 894 + 205 + 869 + 357 + 764
    assert ledger.loc["market_host_prices.csv", "added"] == len(autumn.host_prices.query("source_id == 'MD_MIRROR'"))
    sources = autumn.table("sources")
    assert ledger.loc["sources.csv", "added"] <= sources["added_on"].notna().sum() + 10


def first(data, name, **match) -> int:
    return next(n for n, row in enumerate(data.rows(name), 2) if match.items() <= row.items())


@pytest.mark.parametrize(
    ("name", "match", "cells", "message"),
    [
        ("apps.csv", {"rank": "2"}, {"tokens": "1"}, "3 has a larger tokens than 2"),
        ("apps.csv", {}, {"requests": "0"}, "requests: '0' is below 1"),
        ("apps.csv", {}, {"window": "day"}, "'day' is none of trailing_not_stated"),
        ("modalities.csv", {"rank": "1"}, {"best_score": "1"}, "2 has a larger best_score than 1"),
        ("modalities.csv", {}, {"vendors": "27"}, "27 vendors, and 26 rows of text_to_video"),
        (
            "token_totals.csv",
            {"period_end": "2026-05-24"},
            {"tokens": "1"},
            "1 is not the sum of the models of the day",
        ),
        ("index_prices.csv", {"effective_to": "2026-06-11"}, {"effective_to": "2026-06-12"}, "before the span before"),
        ("index_prices.csv", {}, {"last_seen_on": "2026-01-01"}, "2026-01-01 is before published_on"),
        ("host_prices.csv", {}, {"host_class": "shop"}, "'shop' is none of maker, host, gateway"),
        ("host_prices.csv", {}, {"model_id": "glm-0"}, "'glm-0' is in no row of model_id of data/models.csv"),
        ("share_prices.csv", {"item": "derived", "entity_id": "zhipu"}, {"value": "1"}, "shares, never in issue"),
        ("share_prices.csv", {"item": "close"}, {"item": "noon"}, "'noon' is none of close"),
        ("private_rounds.csv", {}, {"stage": "rumour"}, "'rumour' is none of closed"),
        ("private_rounds.csv", {}, {"unit": "percent"}, "'percent' does not measure"),
        ("events.csv", {}, {"happened_on": "2027-01-01"}, "is before happened_on, 2027-01-01"),
        ("imports.csv", {}, {"added": "0"}, "449 rows, but"),
        ("imports.csv", {}, {"tables": "nowhere"}, "'nowhere' is no table"),
        ("price_rulings.csv", {}, {"flag": "odd"}, "'odd' is no flag in data/flags.csv"),
        ("price_rulings.csv", {"column": "cached_input"}, {"printed": "9"}, "not 9; remove this one"),
        ("price_rulings.csv", {"column": "cached_input"}, {"corrected": ""}, "goes with printed and corrected"),
        ("litellm_prices.csv", {}, {"input": "77"}, "77 / "),
        ("segments.csv", {"billing": "tokens"}, {"billing": "barter"}, "'barter' is none of tokens"),
    ],
)
def test_a_bad_row_is_one_line(data, name, match, cells, message):
    line = first(data, name, **match)
    data.edit(name, line, **cells)
    found = [finding for finding in data.findings() if message in finding]
    assert found, data.findings()[:5]
    assert re.match(rf"data/{re.escape(name)}:\d+: ", found[0])


def test_an_explanation_without_its_difference_is_to_be_removed(data):
    row = data.rows("litellm_prices.csv")[0]
    text = data.text("price_differences.csv") + f"{row['version']},{row['name']},1 / 2,3 / 4,ours,Because.,2026-11-27\n"
    data.write("price_differences.csv", text)
    assert data.findings() == ["data/price_differences.csv:2: ours: the two agree now; mend or remove this one"]


def test_a_rejection_sets_its_row_aside_until_the_row_is_gone(data):
    line = data.line("rulings.csv", ruling_id="oai-arr-2026-09")
    data.delete("statements.csv", data.line("statements.csv", statement_id="oai_arr_2026_09"))
    missing = "statements has no row of oai_arr_2026_09 for it; remove ruling oai-arr-2026-09"
    assert f"data/rulings.csv:{line}: rejected_statement: {missing}" in data.findings()
