import numpy as np
import pytest

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
