"""Tables of the chapter on claims."""

import numpy as np
import pandas as pd

from tokenecon.display.ledger import forecast_rows


def test_values_of_forecasts_are_dollars_in_millions_or_bring_their_unit():
    values, units = [1.8e9, -5.59e8, 0.5, 4e16, 1_100.0, 3.8e9], ["USD", "USD", "ratio", "tokens", "HKD", "CNY"]
    scores = pd.DataFrame({"value": values, "base_unit": units})
    scores = scores.assign(entity_id="one", metric="revenue", measure="total", latest=np.nan)
    rows = forecast_rows(
        scores, pd.Series({"one": "One"}), pd.DataFrame({"metric_id": ["revenue"], "label": ["Revenue"]})
    )
    assert rows["amount"].to_list() == [
        "1,800", "−559", "50.0%", "40,000.0 trillion tokens", "1,100.00 HKD", "3.8 bn CNY",
    ]  # fmt: skip
    assert set(rows["last"]) == {"—"}
