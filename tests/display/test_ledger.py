"""Tables of the chapter on claims."""

import numpy as np
import pandas as pd

from tokenecon.display.ledger import computed, forecast_rows, rules


def test_values_of_forecasts_are_dollars_in_millions_or_bring_their_unit():
    values, units = [1.8e9, -5.59e8, 0.5, 4e16, 1_100.0, 3.8e9], ["USD", "USD", "ratio", "tokens", "HKD", "CNY"]
    scores = pd.DataFrame({"value": values, "base_unit": units})
    scores = scores.assign(entity_id="one", metric="revenue", measure="total", latest=np.nan)
    scores = scores.assign(said_by="A bank", said_on=pd.Timestamp("2026-03-30"))
    rows = forecast_rows(
        scores, pd.Series({"one": "One"}), pd.DataFrame({"metric_id": ["revenue"], "label": ["Revenue"]})
    )
    assert rows["amount"].to_list() == [
        "1,800", "−559", "50.0%", "40,000.0 trillion tokens", "1,100.00 HKD", "3.8 bn CNY",
    ]  # fmt: skip
    assert set(rows["last"]) == {"—"}
    assert set(rows["said_by"]) == {"A bank, 3/26"}


ROW = {
    "kind": "structural", "computed": 10.9, "ci_low": 3.04, "ci_high": 16.1, "interval": "95%, of vendors", "n": 168,
    "quoted": "", "computed_unit": "percent",
}  # fmt: skip


def test_an_interval_that_is_not_one_of_the_value_before_it_says_what_it_is():
    assert computed(ROW) == "10.9 (3.04 to 16.1)%, n = 168"
    known = ROW | {"kind": "forecast", "interval": "90% of draws, at the due day", "computed_unit": "million USD"}
    assert computed(known) == "10.9; 90% of draws, at the due day 3.04 to 16.1 million dollars, n = 168"
    outside = ROW | {"computed": 2.5, "interval": "range of vendors"}
    assert computed(outside) == "2.50; range of vendors 3.04 to 16.1%, n = 168"
    assert computed(ROW | {"computed": np.nan}) == "(3.04 to 16.1)%, n = 168"


def test_a_rule_stands_under_what_the_claims_say_that_it_judges():
    claims = pd.DataFrame(
        {"computation": ["tiers", "tiers", "loss"], "text": ["There are tiers", "They last", "It loses"]}
    )
    found = rules(pd.DataFrame({"computation": ["tiers", "ledger"]}), claims)
    assert found["claim"].tolist() == ["There are tiers; They last", "All claims taken together"]
