import numpy as np
import pytest

from tokenecon.analysis.market.findings import Market
from tokenecon.analysis.pricing import claims
from tokenecon.analysis.pricing.findings import Pricing


@pytest.fixture(scope="module", params=["2025FY", "2026H1"])
def found(request):
    return Pricing.open(request.param)


def test_every_model_of_the_sample_is_accounted_for(found):
    steps = found.steps
    assert (steps["before"] - steps["left"]).eq(steps["after"]).all()
    assert steps["before"].iloc[1:].tolist() == steps["after"].iloc[:-1].tolist()
    assert steps["after"].iloc[-1] == len(found.both) == found.raw.n


def test_what_is_cited_for_scores_is_where_the_last_set_comes_from(found):
    rows = found.cat.capability.query("benchmark == 'aa_index'")
    last = rows[rows["published_on"] == found.scored_on]
    assert set(last["source_id"]) <= set(found.score_sources)
    assert set(found.score_sources).isdisjoint(set(rows["source_id"]) - set(last["source_id"]))


def test_what_a_price_is_after_a_year_is_the_factor_of_its_yearly_change(found):
    for code, kept in found.kept_a_year["launches"].items():
        change = found.yearly_launch[code]
        assert np.log([kept.low, kept.value, kept.high]) == pytest.approx([change.low, change.value, change.high])


def test_the_ladder_repeats_the_estimates_and_computes_none(found):
    rows = found.ladder.set_index("question")
    for question, one in zip(rows.index, (found.raw, found.pair, found.level), strict=False):
        assert rows.loc[question, ["value", "low", "high", "n"]].tolist() == [one.value, one.low, one.high, one.n]


def test_a_claim_and_the_chapter_read_one_finding(found):
    class Known:
        def of(self, room):
            return found

    result = claims.same_capability_cheaper(Known(), {})
    assert (result.computed, result.low, result.high) == (
        found.level.value,
        found.level.low,
        found.level.high,
    )


def test_bounds_of_the_two_largest_hold_what_is_known(found):
    rows = found.top_two
    assert (rows["low"] <= rows["high"]).all()
    named = rows[rows["metric"] == "top2_customer_share"]
    assert named["low"].eq(named["share"]).all()
    assert (rows["high"] <= rows["share"]).all()


def test_free_power_explains_no_more_than_its_share(found):
    share = found.electricity_share
    assert share["low"] < share["middle"] < share["high"] < 1
    assert found.electricity["low"].min() == share["low"]


def test_serving_by_the_account_costs_what_the_account_says(found):
    account = found.account
    assert np.isclose(account.share * account.revenue_per_million, account.per_million)
    middle = found.cost_grid.query("utilisation == 'all of it sold'").set_index("rent")["cost"]["the account's"]
    assert 0.5 < middle / account.per_million < 2


def test_a_source_that_prices_power_in_both_countries_counts_whatever_else_it_prints(found):
    ratios = found.power_compared.set_index("source_id")["ratio"]
    assert ratios["NESTIA_EL"] == pytest.approx(88 / 72.70)
    assert ratios.index.is_unique


def test_rents_at_home_are_of_the_card_abroad_at_the_rate_of_the_month():
    found = Pricing.open("2026Q3")
    row = found.rents_at_home.iloc[0]
    assert row["item"] in set(found.rents["item"]) and row["currency"] == "CNY"
    rate = found.rates[found.rates.index <= "2026-07-31"].iloc[-1]
    assert (row["value"], row["dollars"]) == (13.7, pytest.approx(13.7 / rate))
    assert found.maker_spend.set_index("entity_id")["value"].to_dict() == {"deepseek": 0.08}


def test_a_stated_rise_is_of_calls_over_a_span_and_not_of_a_plan(found):
    rises = found.stated_rises
    assert rises["value"].iloc[0] == pytest.approx(0.83) and "coding_plan" not in set(rises["segment"])
    assert (rises["period_end"] > rises["period_start"]).all()


def test_a_rise_that_was_taken_back_says_so():
    rows = Pricing.open("2026Q3").own_successions.set_index(["model_id", "market"])
    assert rows.loc[("minimax-m3", "international"), ["ratio", "since"]].tolist() == pytest.approx([2.0, 0.5])
    assert rows.drop(index=("minimax-m3", "international"))["since"].eq(1).all()


def test_models_since_the_scores_stand_beside_the_one_before_in_their_line():
    found = Pricing.open("2026Q3")
    rows = found.newcomers.set_index("model_id")
    assert (rows["on"] > found.scored_on).all() and rows.index.is_unique
    known = {"claude-haiku-5-5": 0.2 / 2, "claude-opus-5-5": 8 / 10, "gpt-6-sol": 4 / 8, "claude-fable-5-1": 1.0}
    assert rows["ratio"].reindex(known).to_dict() == pytest.approx(known)


def test_models_that_no_list_shows_any_more_are_left_out_and_can_be_taken_in():
    found, market = Pricing.open("2026Q3"), Market.open("2026Q3")
    gone = set(market.with_lapsed["model_id"]) - set(market.base["model_id"])
    assert {"claude-2", "o1-mini", "gpt-4-5-preview"} <= gone
    assert (len(market.base), len(market.with_lapsed)) == (155, 168) == (market.premium.n, market.premium_with_lapsed.n)
    assert market.premium.value == pytest.approx(0.1175, abs=1e-4)
    assert market.premium_with_lapsed.value == pytest.approx(0.1091, abs=1e-4)
    assert (found.level.n, found.level.value) == (135, pytest.approx(1.511, abs=1e-3))
    assert (found.level_with_lapsed.n, found.level_with_lapsed.value) == (146, pytest.approx(1.709, abs=1e-3))
