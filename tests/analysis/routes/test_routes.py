import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tokenecon.analysis import routes
from tokenecon.analysis.routes import breadth

PERIODS = {"FY": ("01-01", "12-31"), "H1": ("01-01", "06-30"), "H2": ("07-01", "12-31")}
positive = st.floats(0.01, 1e4)


def amount(metric, year, period, value, entity="firm", segment="total"):
    first, last = PERIODS[period]
    return {
        "entity_id": entity,
        "metric": metric,
        "segment": segment,
        "period_start": pd.Timestamp(f"{year}-{first}"),
        "period_end": pd.Timestamp(f"{year}-{last}"),
        "value": float(value),
        "source_id": "S",
    }


def amounts(*rows):
    frame = pd.DataFrame([amount(*row) for row in rows])
    return routes.flows(frame, sorted(frame["metric"].unique()))


def test_ratios_hold_the_implied_half_and_no_ratio_to_nothing():
    known = amounts(
        ("revenue", 2024, "FY", 0),
        ("rd_expense", 2024, "FY", 7),
        ("revenue", 2025, "FY", 100),
        ("revenue", 2025, "H1", 40),
        ("rd_expense", 2025, "FY", 300),
        ("rd_expense", 2025, "H1", 180),
    )
    found = routes.ratios(known, {"rd_ratio": ("rd_expense", "revenue")}).set_index("period")
    assert found["value"].to_dict() == pytest.approx({"FY2025": 3, "H1 2025": 4.5, "H2 2025": 2})
    assert found["derived"].to_dict() == {"FY2025": False, "H1 2025": False, "H2 2025": True}


def test_external_rd_is_worked_out_only_where_it_is_not_filed():
    frame = pd.DataFrame(
        [
            amount("rd_expense", 2025, "FY", 100, "a"),
            amount("rd_staff", 2025, "FY", 20, "a"),
            amount("rd_depreciation", 2025, "FY", 5, "a"),
            amount("rd_expense", 2025, "FY", 100, "b"),
            amount("rd_external", 2025, "FY", 60, "b"),
        ]
    )
    found = routes.with_external_rd(frame).query("metric == 'rd_external'").set_index("entity_id")["value"]
    assert found.to_dict() == {"a": 75, "b": 60}


def test_growth_of_two_flows_needs_a_year_before_of_both():
    known = amounts(
        ("revenue", 2023, "FY", 10),
        ("revenue", 2024, "FY", 20),
        ("revenue", 2025, "FY", 60),
        ("rd_expense", 2024, "FY", 40),
        ("rd_expense", 2025, "FY", 50),
    )
    found = routes.growth_pairs(known, "rd_expense", "revenue")
    assert found["period"].tolist() == ["FY2025"]
    assert found.iloc[0][["rd_expense", "revenue"]].tolist() == pytest.approx([0.25, 2])


def heads(*rows):
    return pd.DataFrame(rows, columns=["entity_id", "period_end", "value"]).assign(
        period_end=lambda frame: pd.to_datetime(frame["period_end"])
    )


def test_revenue_per_head_marks_a_missing_year_as_a_gap():
    sales = amounts(("revenue", 2024, "FY", 90), ("revenue", 2025, "FY", 120), ("revenue", 2026, "H1", 100))
    known = heads(("firm", "2025-12-31", 40), ("firm", "2026-06-30", 60))
    found = routes.per_head(sales, known).set_index("period")
    assert found.loc["FY2025", "per_head_end"] == pytest.approx(3)
    assert np.isnan(found.loc["FY2025", "per_head_average"])
    assert np.isnan(found.loc["FY2024", "per_head_end"])
    assert found.loc["H1 2026", "per_head_average"] == pytest.approx(200 / 50)


def test_two_headcounts_of_one_day_are_refused():
    with pytest.raises(ValueError, match="two headcounts"):
        routes.per_head(
            amounts(("revenue", 2025, "FY", 1)), heads(("firm", "2025-12-31", 1), ("firm", "2025-12-31", 2))
        )


def test_months_of_cash():
    used = amounts(("loss", 2025, "FY", 120), ("loss", 2025, "H1", 90), ("loss", 2024, "FY", -5)).assign(measure="loss")
    cash = heads(("firm", "2025-12-31", 50), ("firm", "2024-12-31", 50))
    found = routes.runway(used, cash).set_index("period")["months_left"]
    assert found["FY2025"] == pytest.approx(5)
    assert found["H2 2025"] == pytest.approx(10)
    assert np.isnan(found["H1 2025"]), "no cash is known for the day"
    assert np.isnan(found["FY2024"]), "nothing was used"


def test_gaps_are_listed_and_remainders_count_as_known():
    known = amounts(("rd_expense", 2025, "FY", 3), ("rd_expense", 2025, "H1", 1))
    found = routes.disclosure(known, {"rd_expense": "R&D", "capex": "Capex"}, ["FY2025", "H2 2025", "FY2024"], ["firm"])
    assert found["firm"].tolist() == ["FY2024", "every period"]


def test_the_rate_behind_a_quoted_amount():
    place = {"entity_id": "firm", "metric": "revenue", "segment": "total", "period": "FY2025"}
    quotes = pd.DataFrame([{**place, "printed": "540", "value": 540e6}])
    filed = pd.DataFrame([{**place, "value": 80e6}])
    found = routes.implied_rates(quotes, filed).iloc[0]
    assert found[["rate", "rate_low", "rate_high"]].tolist() == pytest.approx([6.75, 539.5 / 80, 540.5 / 80])


@given(st.lists(st.tuples(positive, positive), min_size=1, max_size=4))
def test_divisia_closes(factors):
    before = {str(place): pair[0] for place, pair in enumerate(factors)}
    after = {str(place): pair[1] for place, pair in enumerate(factors)}
    start, end = np.prod(list(before.values())), np.prod(list(after.values()))
    found = routes.divisia(before, after)
    assert found["effect"].sum() == pytest.approx(end - start, rel=1e-9, abs=1e-9 * max(start, end))


@given(positive, positive, positive, positive)
def test_divisia_does_not_depend_on_the_order_of_time(q0, q1, p0, p1):
    forth = routes.divisia({"q": q0, "p": p0}, {"q": q1, "p": p1})
    back = routes.divisia({"q": q1, "p": p1}, {"q": q0, "p": p0})
    np.testing.assert_allclose(forth["effect"], -back["effect"], rtol=1e-9, atol=1e-9 * max(q0 * p0, q1 * p1))


def test_divisia_of_a_planted_case():
    found = routes.divisia({"volume": 1, "price": 1}, {"volume": 4, "price": 2}).set_index("factor")
    assert found["share"].to_dict() == pytest.approx({"volume": 2 / 3, "price": 1 / 3})
    assert found["effect"].to_dict() == pytest.approx({"volume": 14 / 3, "price": 7 / 3})


def test_divisia_without_change_has_no_shares():
    found = routes.divisia({"a": 2, "b": 2}, {"a": 4, "b": 1})
    assert found["share"].isna().all()
    assert found["effect"].sum() == pytest.approx(0, abs=1e-12)


def test_divisia_refuses_other_factors_and_amounts_that_are_not_positive():
    with pytest.raises(ValueError, match="factors differ"):
        routes.divisia({"a": 1}, {"b": 1})
    with pytest.raises(ValueError, match="needs positive numbers"):
        routes.divisia({"a": 0}, {"a": 1})


@given(positive, st.floats(-1e-5, 1e-5))
def test_the_logarithmic_mean_is_smooth_where_both_numbers_meet(number, step):
    assert routes.log_mean(number, number * (1 + step)) == pytest.approx(number * (1 + step / 2), rel=1e-9)


SPAN = {"period": "Q1 2026", "period_start": pd.Timestamp("2026-01-01"), "period_end": pd.Timestamp("2026-03-31")}


def said(statement_id, metric, value, beside=""):
    kind = "price_change" if metric == "price_change" else "volume_change"
    row = {"statement_id": statement_id, "entity_id": "firm", "kind": kind, "metric": metric, "value": value}
    return row | {"set_beside": beside} | SPAN


def test_a_growth_of_volume_has_two_readings_and_a_multiple_one():
    volumes = [said("g", "volume_growth", 4.0), said("m", "volume_multiple", 40.0)]

    def beside(volume):
        return routes.readings(pd.DataFrame([said("p", "price_change", 0.83, volume), *volumes]))

    growth = beside("g").set_index("reading")
    assert growth["volume"].to_dict() == {"added to": 5, "multiplied by": 4}
    assert growth["product"].to_dict() == pytest.approx({"added to": 9.15, "multiplied by": 7.32})
    assert beside("m")["product"].tolist() == pytest.approx([73.2])
    assert beside("unknown").empty


def test_what_is_left_over_closes_the_growth_of_revenue():
    statements = pd.DataFrame([said("p", "price_change", 0.83, "g"), said("g", "volume_growth", 4.0)])
    parts = routes.readings(statements)
    moves = pd.DataFrame([{"entity_id": "firm", "period": "Q1 2026", "basis": "run-rate", "multiple": 3.5}])
    found = routes.reconcile(parts, moves)
    np.testing.assert_allclose(found["volume"] * found["price"] * found["rest"], 3.5, rtol=1e-12)
    np.testing.assert_allclose(found[["by_volume", "by_price", "by_rest"]].sum(axis=1), 2.5, rtol=1e-9)
    np.testing.assert_allclose(found["per_token"], [3.5 / 5, 3.5 / 4])


def test_revenue_moves_take_the_period_before_and_the_nearest_run_rates():
    sales = amounts(("revenue", 2025, "H2", 10), ("revenue", 2026, "H1", 50))
    run_rates = pd.DataFrame(
        {"on": pd.to_datetime(["2026-01-08", "2026-03-31", "2026-07-17"]), "value": [2.0, 6.0, 30.0], "measure": "api"}
    )
    span = (pd.Timestamp("2026-01-01"), pd.Timestamp("2026-06-30"))
    found = routes.revenue_moves(span, sales, run_rates).set_index("basis")
    assert found["multiple"].to_dict() == {"recognised": 5, "run-rate": 15}
    assert found.loc["run-rate", "later"] == "2026-07-17"
    assert routes.revenue_moves(span, sales.iloc[:0], run_rates.iloc[:1]).empty


@given(positive, st.integers(1, 12), st.floats(0.2, 200))
def test_the_pace_at_the_start_and_the_multiple_are_recovered(start, months, multiple):
    path = start * multiple ** (np.arange(1, months + 1) / months)
    assert routes.starting_pace(path.sum(), months, multiple) == pytest.approx(start, rel=1e-9)
    assert routes.implied_multiple(path.sum(), months, start) == pytest.approx(multiple, rel=1e-6)


def test_a_start_that_fits_no_growth_is_refused():
    with pytest.raises(ValueError, match="must be positive"):
        routes.implied_multiple(1, 6, 0)
    with pytest.raises(ValueError, match="no even growth"):
        routes.implied_multiple(1e12, 6, 1e-6)


def test_margin_after_price_and_cost_move():
    assert routes.margin_after(0.2, 2.0, 0.5) == pytest.approx(0.8)
    assert routes.margin_after(0.2, 1.0, 1.0) == pytest.approx(0.2)


@given(st.floats(0.1, 10), st.floats(-3, 1), st.floats(0.1, 100))
def test_the_shift_of_demand_is_recovered(price, elasticity, shift):
    volume = shift * price**elasticity
    assert routes.demand_shift(price, volume, elasticity) == pytest.approx(shift, rel=1e-9)


@given(st.floats(0.1, 10), st.floats(-3, 3))
def test_without_a_shift_the_slope_is_the_elasticity(price, elasticity):
    assume(abs(np.log(price)) > 1e-3)
    assert routes.apparent_elasticity(price, price**elasticity) == pytest.approx(elasticity, abs=1e-9)


def test_no_slope_without_a_change_of_price():
    with pytest.raises(ValueError, match="no slope"):
        routes.apparent_elasticity(1, 5)


def test_elasticities_have_intervals_where_a_study_gives_an_error():
    place = {
        "segment": "total",
        "item": "",
        "source_id": "S",
        "tier": "press",
        "value_low": np.nan,
        "value_high": np.nan,
    }
    rows = [
        {**place, "metric": "price_elasticity", "value": -1.0},
        {**place, "metric": "price_elasticity_se", "value": 0.5},
        {**place, "metric": "price_elasticity_n", "value": 30.0},
        {**place, "metric": "price_elasticity", "value": -2.0, "item": "bare"},
        {**place, "metric": "usage_gain_from_price_cut", "value": np.nan, "value_low": 0.005, "value_high": 0.007},
    ]
    found = routes.elasticities(pd.DataFrame(rows))
    assert found["low"].tolist()[0] == pytest.approx(-1.98)
    assert found["n"].tolist()[0] == 30
    assert np.isnan(found["low"].iloc[1])
    assert found.iloc[2][["low", "high"]].tolist() == pytest.approx([-0.0662, -0.0473], abs=1e-4)


def test_effective_lines():
    assert routes.effective_lines(pd.Series([1.0, 1, 1])) == pytest.approx(3)
    assert routes.effective_lines(pd.Series([5.0, 0])) == pytest.approx(1)


def test_products_add_up_and_what_is_not_split_stays_visible():
    frame = amounts(
        ("revenue", 2024, "FY", 100, "firm", "total"),
        ("revenue", 2024, "FY", 30, "firm", "api"),
        ("revenue", 2024, "FY", 70, "firm", "apps"),
        ("revenue", 2024, "FY", 60, "firm", "chat"),
        ("revenue", 2025, "FY", 50, "firm", "api"),
        ("revenue", 2025, "FY", 150, "firm", "apps"),
        ("revenue", 2025, "FY", 200, "firm", "total"),
    )
    found = routes.by_product(frame, {"chat": "apps", "api": "api"})
    wide = found.pivot_table("value", "period", "product")
    assert wide.loc["FY2024"].to_dict() == {"api": 30, "chat": 60, "rest of apps": 10}
    assert wide.loc["FY2025"].dropna().to_dict() == {"api": 50, "rest of apps": 150}
    assert (found.groupby("period")["value"].sum() == found.groupby("period")["total"].first()).all()


def price(model, day, output, market="international", entity="firm", until=None):
    return {
        "model_id": model,
        "name": model,
        "entity_id": entity,
        "endpoint": "list",
        "market": market,
        "currency": "USD" if market == "international" else "CNY",
        "input": float(output),
        "output": float(output),
        "effective_from": pd.Timestamp(day),
        "effective_to": pd.Timestamp(until) if until else pd.NaT,
        "published_on": pd.Timestamp(day),
        "dating": "page",
    }


LISTED = pd.DataFrame(
    [
        price("m-1", "2025-01-01", 1, until="2025-09-01"),
        price("m-2", "2025-06-01", 2),
        price("m-1", "2025-09-01", 9),
        price("m-2-fast", "2025-07-01", 50),
        price("other", "2025-01-01", 4),
    ]
)


def test_the_newest_model_speaks_for_the_line():
    found = routes.front_line(LISTED.assign(blended=LISTED["output"]), r"m-\d", dt.date(2025, 12, 31))
    assert found["model_id"].tolist() == ["m-1", "m-2"]
    assert found["period_end"].tolist() == [pd.Timestamp("2025-05-31"), pd.Timestamp("2025-12-31")]
    changes = routes.line_changes(found, pd.Timestamp("2025-02-01"), pd.Timestamp("2025-08-01"))
    assert changes.to_dict() == {("firm", "international"): 1.0}


def test_a_line_ends_where_no_price_of_its_newest_model_stands():
    listed = LISTED.assign(blended=LISTED["output"])
    listed.loc[listed["model_id"] == "m-2", "effective_to"] = pd.Timestamp("2025-10-01")
    found = routes.front_line(listed, r"m-\d", dt.date(2025, 12, 31), routes.last_listed(listed))
    assert found["period_end"].tolist() == [pd.Timestamp("2025-05-31"), pd.Timestamp("2025-09-30")]
    assert routes.last_listed(listed)["m-1"].isna().all()


def test_the_middle_of_the_market_counts_what_is_listed():
    days = [pd.Timestamp("2025-02-01"), pd.Timestamp("2025-08-01")]
    found = routes.market_level(LISTED, days).set_index("on")
    assert found["n"].tolist() == [2, 4]
    assert found["median"].tolist() == pytest.approx([2.5, 3.0])


def test_changes_of_one_model_leave_new_models_out():
    found = routes.same_model_changes(LISTED, pd.Timestamp("2025-02-01"), pd.Timestamp("2025-10-01")).iloc[0]
    assert found[["n", "raised", "cut"]].tolist() == [2, 1, 0]
    assert found["median"] == pytest.approx(4.0)


def test_a_table_of_ratios_keeps_a_row_for_what_is_missing():
    found = pd.DataFrame([{"ratio": "a", "entity_id": "x", "period": "FY2025", "value": 2.0}])
    table = routes.side_by_side(found, {"a": "A", "b": "B"}, {"x": "X", "y": "Y"}, ["FY2024", "FY2025"])
    assert len(table) == 4
    assert table["FY2025"].notna().sum() == 1
    assert table["FY2024"].isna().all()


def test_ranks_by_modality_are_parts_of_the_others_and_kinds_count_once():
    columns = ["vendor", "modality", "rank", "vendors", "observed_on"]
    rows = [
        ("a", "text", 1, 3, "2026-02-01"),
        ("b", "text", 3, 3, "2026-02-01"),
        ("a", "text", 3, 3, "2026-01-01"),
        ("a", "text_to_video", 2, 2, "2026-01-15"),
        ("a", "image_to_video", 1, 5, "2026-01-15"),
        ("c", "text_to_speech", 1, 1, "2026-01-15"),
    ]
    found = breadth.standings(pd.DataFrame(rows, columns=columns))
    assert found["ahead"].dropna().tolist() == [0, 1, 1, 0]
    assert breadth.kinds_by_vendor(found).to_dict() == {"a": 2, "b": 1}
