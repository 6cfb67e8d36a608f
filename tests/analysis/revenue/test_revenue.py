import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tokenecon.analysis import revenue
from tokenecon.analysis.revenue import mix
from tokenecon.analysis.revenue.findings import Revenue

PERIODS = {
    "FY": ("01-01", "12-31"),
    "H1": ("01-01", "06-30"),
    "H2": ("07-01", "12-31"),
    "9M": ("01-01", "09-30"),
    "Q3": ("07-01", "09-30"),
    "Q4": ("10-01", "12-31"),
}


def flow(year, period, segment, value, entity="firm"):
    first, last = PERIODS[period]
    return {
        "entity_id": entity,
        "segment": segment,
        "period_start": pd.Timestamp(f"{year}-{first}"),
        "period_end": pd.Timestamp(f"{year}-{last}"),
        "value": float(value),
        "source_id": f"S_{period}",
    }


def flows(*rows):
    return pd.DataFrame([flow(*row) for row in rows])


def at(frame, year, period, segment="total"):
    first, last = PERIODS[period]
    found = frame[
        (frame["segment"] == segment)
        & (frame["period_start"] == f"{year}-{first}")
        & (frame["period_end"] == f"{year}-{last}")
    ]
    assert len(found) == 1, f"{len(found)} rows for {period} {year} {segment}"
    return found.iloc[0]


ROUTES = pd.DataFrame(
    {"entity_id": "firm", "segment": ["api", "rest"], "route": ["api", "deployment"]},
)


def test_second_half_is_full_year_less_first_half():
    full = revenue.with_remainders(flows((2025, "FY", "total", 724), (2025, "H1", "total", 191)))
    second = at(full, 2025, "H2")
    assert second["value"] == 533
    assert second["derived"]
    assert second["source_id"] == "S_FY; S_H1"
    assert not at(full, 2025, "FY")["derived"]


def test_nine_months_give_both_later_quarters():
    full = revenue.with_remainders(
        flows((2025, "FY", "total", 79), (2025, "9M", "total", 53), (2025, "H1", "total", 30))
    )
    assert at(full, 2025, "Q4")["value"] == 26
    assert at(full, 2025, "Q3")["value"] == 23
    assert at(full, 2025, "H2")["value"] == 49


def test_a_stated_period_is_kept_over_its_remainder():
    stated = flows((2025, "FY", "total", 10), (2025, "H1", "total", 4), (2025, "H2", "total", 6.5))
    assert at(revenue.with_remainders(stated), 2025, "H2")["value"] == 6.5


def test_two_figures_for_one_period_are_refused():
    with pytest.raises(ValueError, match="two figures for one period"):
        revenue.with_remainders(flows((2025, "FY", "total", 1), (2025, "FY", "total", 2)))


def test_months_counts_leap_years_and_part_years():
    frame = flows((2024, "FY", "total", 1), (2024, "H1", "total", 1), (2025, "Q4", "total", 1))
    assert revenue.months(frame).tolist() == [12, 6, 3]


def test_shares_need_a_total_of_the_same_period():
    frame = flows((2024, "FY", "total", 100), (2024, "FY", "api", 25), (2025, "FY", "api", 50))
    result = revenue.shares(frame, ROUTES)
    assert result["share"].tolist() == [0.25]


amounts = st.floats(1, 1e6)


@given(amounts, amounts, amounts, amounts)
def test_contributions_add_up_without_residual(api_0, rest_0, api_1, rest_1):
    frame = flows(
        (2024, "FY", "api", api_0),
        (2024, "FY", "rest", rest_0),
        (2024, "FY", "total", api_0 + rest_0),
        (2025, "FY", "api", api_1),
        (2025, "FY", "rest", rest_1),
        (2025, "FY", "total", api_1 + rest_1),
    )
    parts = revenue.growth_contributions(revenue.shares(frame, ROUTES))
    total_growth = (api_1 + rest_1) / (api_0 + rest_0) - 1
    assert parts["contribution"].sum() == pytest.approx(total_growth, rel=1e-9, abs=1e-9)
    change = parts["value"] - parts["value_before"]
    np.testing.assert_allclose(parts["growth_effect"] + parts["mix_effect"], change, rtol=1e-9, atol=1e-6)
    assert parts["mix_effect"].sum() == pytest.approx(0, abs=1e-6 * (api_1 + rest_1 + api_0 + rest_0))


def test_contribution_of_a_planted_case():
    frame = flows(
        (2024, "H2", "api", 10),
        (2024, "H2", "rest", 90),
        (2024, "H2", "total", 100),
        (2025, "H2", "api", 40),
        (2025, "H2", "rest", 110),
        (2025, "H2", "total", 150),
    )
    parts = revenue.growth_contributions(revenue.shares(frame, ROUTES)).set_index("segment")
    assert parts.loc["api", "contribution"] == pytest.approx(0.30)
    assert parts.loc["api", "growth"] == pytest.approx(3.0)
    assert parts.loc["rest", "contribution"] == pytest.approx(0.20)


shares_of_one = st.floats(0.01, 0.99)
margin_values = st.floats(-2, 1)


@given(shares_of_one, shares_of_one, margin_values, margin_values, margin_values, margin_values)
def test_margin_change_closes(share_0, share_1, api_0, rest_0, api_1, rest_1):
    sales = flows(
        (2024, "FY", "api", 100 * share_0),
        (2024, "FY", "rest", 100 * (1 - share_0)),
        (2025, "FY", "api", 300 * share_1),
        (2025, "FY", "rest", 300 * (1 - share_1)),
    )
    profit = sales.assign(value=sales["value"] * [api_0, rest_0, api_1, rest_1])
    parts = revenue.margin_change(revenue.gross_margins(profit, sales), ["api", "rest"])
    before = share_0 * api_0 + (1 - share_0) * rest_0
    after = share_1 * api_1 + (1 - share_1) * rest_1
    assert parts["within"].sum() + parts["mix"].sum() == pytest.approx(after - before, abs=1e-9)


def test_margins_of_a_derived_half_come_from_amounts_not_from_margins():
    sales = revenue.with_remainders(flows((2025, "FY", "api", 190.379), (2025, "H1", "api", 29.1)))
    profit = revenue.with_remainders(flows((2025, "FY", "api", 36.0), (2025, "H1", "api", -0.116)))
    second = at(revenue.gross_margins(profit, sales), 2025, "H2", "api")
    assert second["margin"] == pytest.approx(36.116 / 161.279)


def test_annualised_scales_by_months():
    frame = revenue.annualised(flows((2025, "Q4", "total", 25.6), (2025, "FY", "total", 79)))
    assert frame["annualised"].tolist() == pytest.approx([102.4, 79])


@given(st.floats(-0.2, 0.6), st.integers(1, 12), st.integers(0, 9), st.floats(0.01, 1e3))
def test_implied_growth_recovers_the_planted_rate(growth, period_months, months_after, last_month):
    assume(period_months + months_after > 1)
    path = last_month * (1 + growth) ** np.arange(-period_months + 1, months_after + 1)
    found = revenue.implied_monthly_growth(path[:period_months].sum(), period_months, 12 * path[-1], months_after)
    assert found == pytest.approx(growth, abs=1e-8)


@pytest.mark.parametrize("recognised, run_rate", [(0, 1), (1, 0), (-1, 1)])
def test_implied_growth_refuses_amounts_that_are_not_positive(recognised, run_rate):
    with pytest.raises(ValueError, match="must be positive"):
        revenue.implied_monthly_growth(recognised, 6, run_rate, 3)


def test_one_month_compared_with_itself_has_no_growth_rate():
    with pytest.raises(ValueError, match="no single monthly growth"):
        revenue.implied_monthly_growth(1, 1, 12, 0)


def test_months_between_counts_calendar_months():
    assert revenue.months_between(dt.date(2025, 12, 31), dt.date(2026, 3, 31)) == 3


def test_run_rates_are_compared_with_earlier_periods_of_the_same_scope():
    recognised = flows((2025, "H2", "api", 6.0), (2025, "FY", "api", 9.0)).assign(measure="api", period=["H2", "FY"])
    said = pd.DataFrame(
        {
            "statement_id": ["early", "late", "other"],
            "entity_id": "firm",
            "measure": ["api", "api", "total"],
            "on": pd.to_datetime(["2025-10-15", "2026-03-31", "2026-03-31"]),
            "value": [12.0, 48.0, 99.0],
        }
    )
    pairs = revenue.run_rate_growth(recognised, said)
    assert sorted(zip(pairs["period"], pairs["statement_id"], strict=True)) == [("FY", "late"), ("H2", "late")]
    half = pairs.set_index("period").loc["H2"]
    assert half["multiple"] == pytest.approx(4)
    assert half["monthly_growth"] == pytest.approx(revenue.implied_monthly_growth(6.0, 6, 48.0, 3))


def test_a_lookup_finds_one_row_or_a_gap():
    frame = flows((2024, "FY", "api", 1), (2025, "FY", "api", 2))
    assert revenue.at(frame, "value", segment="api", period_end=pd.Timestamp("2025-12-31")) == 2
    assert np.isnan(revenue.at(frame, "value", segment="rest"))
    with pytest.raises(ValueError, match="2 rows fit"):
        revenue.at(frame, "value", segment="api")


def test_finest_periods_do_not_overlap():
    full = revenue.with_remainders(
        flows((2025, "FY", "total", 79), (2025, "9M", "total", 53), (2025, "H1", "total", 30))
    )
    found = revenue.finest(full)
    assert found["value"].tolist() == [30, 23, 26]
    assert (found["period_start"].iloc[1:].to_numpy() > found["period_end"].iloc[:-1].to_numpy()).all()


def planted(*rows, currency="USD"):
    return flows(*rows).assign(base_unit=currency)


def test_a_remainder_or_growth_across_currencies_is_refused():
    halves = pd.concat([planted((2027, "H1", "total", 100)), planted((2027, "FY", "total", 1500), currency="CNY")])
    with pytest.raises(ValueError, match="CNY cannot be compared with USD"):
        revenue.with_remainders(halves.reset_index(drop=True))
    years = pd.concat([planted((2026, "FY", "total", 100)), planted((2027, "FY", "total", 1500), currency="CNY")])
    with pytest.raises(ValueError, match="bring the figures to one currency first"):
        revenue.year_before(years.reset_index(drop=True))


SEGMENTS = pd.DataFrame(
    {
        "entity_id": "firm",
        "segment": ["api", "rest", "platform", "apps", "devices"],
        "continues": ["", "", "api", "rest", "rest"],
        "route": ["api", "product", "api", "product", "product"],
    }
)


def test_lines_renamed_and_split_are_followed_and_add_up_to_growth():
    sold = planted(
        (2026, "FY", "api", 30), (2026, "FY", "rest", 70), (2026, "FY", "total", 100),
        (2027, "FY", "platform", 300), (2027, "FY", "apps", 100), (2027, "FY", "devices", 40),
        (2027, "FY", "total", 440),
    )  # fmt: skip
    followed = revenue.continued(sold, SEGMENTS)
    parts = revenue.growth_contributions(revenue.shares(followed, SEGMENTS))
    assert parts.set_index("segment")["contribution"].to_dict() == pytest.approx({"platform": 2.7, "devices": 0.7})
    assert parts["contribution"].sum() == pytest.approx(3.4)


def test_margins_of_lines_renamed_and_split_are_followed_and_add_up_to_the_change():
    sold = planted(
        (2026, "FY", "api", 30), (2026, "FY", "rest", 70),
        (2027, "FY", "platform", 300), (2027, "FY", "apps", 100), (2027, "FY", "devices", 40),
    )  # fmt: skip
    profit = sold.assign(value=[3.0, 35, 90, 40, 10], metric="gross_profit")
    margins = revenue.gross_margins(profit, sold)
    followed = revenue.continued_margins(margins, sold, SEGMENTS)
    parts = revenue.margin_change(followed, list(SEGMENTS["segment"])).set_index("route")
    assert parts["margin_before"].to_dict() == pytest.approx({"api": 0.1, "product": 0.5})
    assert parts["margin"].to_dict() == pytest.approx({"api": 0.3, "product": 50 / 140})
    assert parts[["within", "mix"]].to_numpy().sum() == pytest.approx(140 / 440 - 38 / 100)


def test_a_merged_line_of_which_a_part_has_no_margin_has_none():
    sold = planted((2026, "FY", "rest", 70), (2027, "FY", "apps", 100), (2027, "FY", "devices", 40))
    margins = revenue.gross_margins(sold.assign(value=[35.0, 40, 10], metric="gross_profit")[:2], sold)
    followed = revenue.continued_margins(margins, sold, SEGMENTS)
    assert followed["period_end"].dt.year.tolist() == [2026]


def test_a_renamed_line_that_no_row_follows_stops_the_cell():
    sold = planted(
        (2026, "FY", "api", 30), (2026, "FY", "rest", 70), (2026, "FY", "total", 100),
        (2027, "FY", "platform", 340), (2027, "FY", "rest", 100), (2027, "FY", "total", 440),
    )  # fmt: skip
    with pytest.raises(ValueError, match=r"add 30 to revenue, which grew by 340; name in segments.csv which line"):
        revenue.growth_contributions(revenue.shares(sold, SEGMENTS))


def test_a_line_renamed_within_the_year_has_its_second_half():
    sold = planted(
        (2027, "H1", "api", 100), (2027, "H1", "rest", 50), (2027, "FY", "platform", 300), (2027, "FY", "apps", 70),
        (2027, "FY", "devices", 40),
    )  # fmt: skip
    full = revenue.with_remainders(sold, SEGMENTS)
    found = at(full, 2027, "H2", "platform")
    assert (found["value"], found["derived"]) == (200, True)
    halves = full.query("derived")
    assert halves["segment"].tolist() == ["platform"], "of a line that was split nobody says what its parts sold"
    assert not revenue.with_remainders(sold)["derived"].any()


def test_lines_merged_within_the_year_are_added_up_for_its_second_half():
    merged = SEGMENTS.assign(continues=["", "", "", "", "api rest"])
    sold = planted((2027, "H1", "api", 100), (2027, "H1", "rest", 50), (2027, "FY", "devices", 400))
    assert at(revenue.with_remainders(sold, merged), 2027, "H2", "devices")["value"] == 250


def spanned(*rows):
    frame = pd.DataFrame(rows, columns=["period_start", "period_end", "value"])
    days = {end: pd.to_datetime(frame[end]) for end in ("period_start", "period_end")}
    return frame.assign(**days, entity_id="firm", segment="total", source_id="S", base_unit="USD")


def test_a_year_of_weeks_is_compared_with_the_one_before_it():
    years = spanned(("2025-09-28", "2026-09-26", 130.0), ("2024-09-29", "2025-09-27", 100.0))
    found = revenue.year_before(years)
    assert found[["value", "value_before"]].to_numpy().tolist() == [[130, 100]]
    assert revenue.flows.months(years).tolist() == [12, 12]


def test_of_two_periods_a_week_apart_the_same_days_compare():
    years = spanned(
        ("2026-01-01", "2026-12-31", 9.0), ("2025-01-01", "2025-12-31", 4.0), ("2024-12-29", "2025-12-27", 5)
    )
    found = revenue.year_before(years).set_index("value")["value_before"]
    assert found.to_dict() == {9: 4}


def test_a_fiscal_year_that_moves_has_no_comparative_until_a_filing_restates_one():
    moved = [
        ("2026-01-01", "2026-12-31", 100.0),
        ("2027-01-01", "2027-03-31", 30.0),
        ("2027-04-01", "2028-03-31", 180.0),
    ]
    assert revenue.year_before(spanned(*moved)).empty
    restated = ("2026-04-01", "2027-03-31", 120.0)
    assert revenue.year_before(spanned(*moved, restated))["value_before"].tolist() == [120]


def test_a_stub_period_keeps_its_own_length_and_is_no_part_of_the_year_that_follows():
    stub = spanned(
        ("2026-01-01", "2026-12-31", 100.0), ("2027-01-01", "2027-03-31", 30.0), ("2027-04-01", "2028-03-31", 180)
    )
    known = revenue.with_remainders(stub)
    assert not known["derived"].any()
    assert revenue.annualised(known)["annualised"].tolist() == pytest.approx([100, 120, 180])


def test_what_is_billed_is_split_once_and_whole():
    sales = flows((2025, "FY", "total", 10), (2025, "FY", "use", 5), (2025, "FY", "apps", 5), (2025, "9M", "total", 8))
    split = flows((2025, "9M", "use", 4), (2025, "9M", "plan", 2), (2025, "9M", "ads", 1))
    filed = pd.concat([sales, split]).assign(tier="filing").assign(period=lambda rows: rows["source_id"].str[2:])
    kinds = {"total": "", "apps": "", "use": "tokens", "plan": "subscriptions", "ads": "advertising"}
    segments = pd.DataFrame({"entity_id": "firm", "segment": list(kinds), "billing": list(kinds.values())})
    said = filed.head(0).assign(kind="", value_low=np.nan, value_high=np.nan)
    found = mix.billed(filed, said, segments).pivot_table("share", "period", "billing")
    assert found.loc["FY"].dropna().to_dict() == {"tokens": 0.5, mix.UNSPLIT: 0.5}
    whole = {"tokens": 0.5, "subscriptions": 0.25, "advertising": 0.125, mix.UNSPLIT: 0.125}
    assert found.loc["9M"].to_dict() == whole


@pytest.mark.parametrize("edition", ["2025FY", "2026H1", "2026Q3"])
def test_parts_by_billing_are_the_whole_revenue(edition):
    found = Revenue.open(edition).billed
    assert found.groupby(["entity_id", "period"])["share"].sum().to_numpy() == pytest.approx(1, abs=mix.TOLERANCE)
    assert found["share"].between(0, 1).all()


def test_subscriptions_of_the_broad_company_are_as_they_were_added_up():
    """The source of the four lines says 41.5 percent of revenue for them together, and 20.9 for advertising."""
    found = Revenue.open("2026Q3").billed.query("entity_id == 'minimax' and period == '9M 2025'")
    shares = found.set_index("billing")["share"]
    assert shares[["subscriptions", "advertising"]].round(3).tolist() == [0.415, 0.209]


def test_a_total_says_what_one_line_earned_had_the_other_kept_the_margin_quoted():
    """Planted: the API line earns 0.6 and then 0.3, the other 0.1 throughout, at shares of a quarter and a half."""
    total, half = pd.Timestamp("2025-12-31"), pd.Timestamp("2026-06-30")
    span = {"period_start": pd.to_datetime(["2025-01-01", "2026-01-01"]), "period_end": [total, half]}
    margins = pd.DataFrame(
        {"entity_id": "firm", "segment": "total", "period": ["FY2025", "H1 2026"], "months": [12, 6],
         "margin": [0.25 * 0.6 + 0.75 * 0.1, 0.5 * 0.3 + 0.5 * 0.1], **span}
    )  # fmt: skip
    quoted = pd.DataFrame(
        {"entity_id": "firm", "segment": ["cloud", "apps"], "route": ["api", "product"], "margin": [0.6, 0.1],
         "period": "FY2025", "period_end": total}
    )  # fmt: skip
    lines = pd.DataFrame({"entity_id": "firm", "route": "api", "share": [0.25, 0.5], **span})
    (found,) = mix.if_held(margins, quoted, lines).itertuples()
    assert (found.period, found.quoted_in) == ("H1 2026", "FY2025")
    assert (found.api, found.rest) == (pytest.approx(0.3), pytest.approx(2 * 0.2 - 0.6))
    assert mix.if_held(margins, quoted.head(1), lines).empty, "one line quoted says nothing of the other"


@pytest.mark.parametrize(("edition", "period", "api"), [("2025FY", "Q4 2025", 0.65), ("2026Q3", "H1 2026", 0.255)])
def test_the_platform_quoted_at_two_thirds_earns_a_quarter_if_applications_kept_theirs(edition, period, api):
    (found,) = Revenue.open(edition).margins_if_held.itertuples()
    assert (found.company, found.period, found.api) == ("MiniMax", period, pytest.approx(api, abs=0.005))
