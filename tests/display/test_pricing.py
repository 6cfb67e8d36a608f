import numpy as np
import pandas as pd

from tokenecon.display import pricing as draw


def test_survival_curves_name_what_stands_beside_them():
    curve = pd.DataFrame(
        {"day": [0.0, 30, 60], "surviving": [1, 0.6, 0.2], "low": [1, 0.4, 0.1], "high": [1, 0.8, 0.4]}
    )
    figure = draw.survival({"US": curve, "CN": curve}, {"US": "n = seven", "CN": "n = five"}, "Premia end")
    assert "United States: n = seven" in figure.svg
    assert "China: n = five" in figure.svg
    assert set(figure.data["country"]) == {"US", "CN"}


def test_a_level_that_one_country_does_not_reach_has_one_line():
    days = pd.date_range("2026-01-31", periods=3, freq="ME")
    series = pd.DataFrame({"level": 50.0, "country": "US", "day": days, "blended": [5.0, 4.0, 2.0]})
    falls = pd.DataFrame(columns=["level", "country", "fall", "fall_low", "fall_high", "n"])
    figure = draw.cheapest(series, falls, "Cheaper")
    assert ">at least 50<" in figure.svg
    assert "a year<" not in figure.svg.split("Cheaper")[-1]


def test_estimates_that_exclude_no_difference_are_filled():
    row = {"group": "main", "label": "all", "n_cn": 20, "n_us": 30, "slope_us": 2.0, "slope_cn": 1.0, "errors": "HC3"}
    sure = {
        "gap": 0.5,
        "gap_low": 0.4,
        "gap_high": 0.7,
        "difference": -1.0,
        "difference_low": -1.5,
        "difference_high": -0.5,
    }
    unsure = sure | {"gap_high": 1.4, "difference_high": 0.5}
    filled = draw.forest(pd.DataFrame([row | sure]), {"main": "main"}, "Title", "Unit").svg
    hollow = draw.forest(pd.DataFrame([row | unsure]), {"main": "main"}, "Title", "Unit").svg
    assert hollow.count("fill: #ffffff") > filled.count("fill: #ffffff")
    assert "all (20, 30)" in filled


def test_customers_show_the_strength_of_their_evidence():
    rows = [
        {"entity_id": "zhipu", "who": "five largest", "period": "FY2025", "period_end": pd.Timestamp("2025-12-31"),
         "share": 0.3, "tier": "filing"},
        {"entity_id": "anthropic", "who": "two largest", "period": "FY2025", "period_end": pd.Timestamp("2025-12-31"),
         "share": 0.24, "tier": "press"},
    ]  # fmt: skip
    figure = draw.customers(pd.DataFrame(rows), {"zhipu": "Zhipu", "anthropic": "Anthropic"}, "Shares")
    assert ">press report<" in figure.svg
    assert "FY2025 24%" in figure.svg


def test_the_range_of_all_assumptions_stands_last():
    table = pd.DataFrame(
        {"argument": ["price", "all"], "low": [0.02, 0.01], "middle": [0.04, 0.04], "high": [0.06, 0.2]}
    )
    figure = draw.electricity(table, {"price": "price", "all": "all together"}, "Small")
    assert figure.svg.index(">price<") < figure.svg.index(">all together<")
    assert "1.0% to 20.0%" in figure.svg


def test_spreads_end_with_their_value_and_count():
    months = pd.DataFrame(
        {"entity_id": "zhipu", "day": pd.date_range("2026-01-31", periods=4, freq="ME"),
         "spread": [2.0, 2.0, 1.5, np.float64(1.4)], "n": 7}
    )  # fmt: skip
    assert "Zhipu 1.40 (n = 7)" in draw.spreads(months, {"zhipu": "Zhipu"}, "Narrower").svg
