"""Planted answers for the outlook: growth, tokens, scenarios, break-even, the register of forecasts."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenecon.analysis import revenue
from tokenecon.analysis.outlook import scenarios
from tokenecon.analysis.outlook.break_even import HORIZON_YEARS, break_even_revenue, years_to_break_even
from tokenecon.analysis.outlook.findings import Outlook
from tokenecon.analysis.outlook.growth import observed_growth, required_growth, requirements, stated_months
from tokenecon.analysis.outlook.register import FORECAST_KINDS, forecasts, with_outcomes
from tokenecon.analysis.outlook.scores import UNKNOWN
from tokenecon.analysis.outlook.tokens import average_prices, daily_tokens, price_bases, token_needs
from tokenecon.analysis.outlook.year import growth_for_share, implied_total, place, share_needed
from tokenecon.catalog import Catalog

EDITIONS = ["2025FY", "2026H1"]
VALUES = {
    "demand_growth": (0.05, 0.25, "normal"),
    "price_change": (-0.05, 0.03, "normal"),
    "elasticity": (-1.2, -0.2, "normal"),
    "half_life": (4, 16, "lognormal"),
    "noise": (0.04, 0.12, "lognormal"),
    "start_level": (0.9, 1.1, "lognormal"),
    "realisation": (0.7, 1.0, "lognormal"),
    "other_growth": (-0.3, 0.3, "normal"),
    "gross_margin": (0.2, 0.5, "normal"),
    "rd_growth": (0.0, 0.4, "normal"),
}
KNOWN = {
    "demand_growth": 0.12,
    "price_change": -0.02,
    "elasticity": -1.5,
    "half_life": 6.0,
    "noise": 1e-300,
    "start_level": 1.0,
    "realisation": 0.8,
    "other_growth": 0.1,
    "gross_margin": 0.4,
    "rd_growth": 0.2,
}
ON = pd.Timestamp("2026-03-31")
UNTIL = pd.Timestamp("2026-12-31")
START = scenarios.Start(
    "firm",
    "firm_arr",
    ON,
    "api",
    240.0,
    other=60.0,
    other_middle=pd.Timestamp("2025-07-02"),
    known_to=pd.Timestamp("2025-12-31"),
    last_api=24.0,
    last_months=6,
    other_rest=60.0,
    margin=0.3,
    revenue=100.0,
    rd=300.0,
)


def rows(values=VALUES, day="2026-04-15", entity=""):
    frame = pd.DataFrame(
        [(name, low, high, shape) for name, (low, high, shape) in values.items()],
        columns=["parameter", "low", "high", "shape"],
    )
    return frame.assign(
        holds_from=pd.Timestamp(day), entity_id=entity, correlated_with="", correlation=np.nan, basis="judgement"
    )


def held(**changed):
    return scenarios.priors(rows(VALUES | changed), pd.Timestamp("2026-04-15"), "firm")


def degenerate():
    return held(**{name: (value, value, VALUES[name][2]) for name, value in KNOWN.items()})


# What a target asks for


@given(st.floats(1, 1e9), st.floats(-0.2, 0.6), st.floats(0.5, 36))
def test_required_growth_recovers_the_planted_rate(value, growth, months):
    assert required_growth(value, value * (1 + growth) ** months, months) == pytest.approx(growth, abs=1e-9)


def test_a_fourfold_in_nine_months():
    assert required_growth(250, 1000, 9) == pytest.approx(4 ** (1 / 9) - 1, abs=1e-12)


@pytest.mark.parametrize("wrong", [(0, 1, 1), (1, 0, 1), (1, 1, 0)])
def test_required_growth_refuses_what_has_no_answer(wrong):
    with pytest.raises(ValueError, match="must be positive"):
        required_growth(*wrong)


def stated(*entries):
    columns = ["statement_id", "entity_id", "measure", "on", "value", "definition"]
    frame = pd.DataFrame(entries, columns=columns)
    return frame.assign(on=pd.to_datetime(frame["on"]))


SAID = stated(
    ("a", "firm", "api", "2025-12-31", 100.0, "not_stated"),
    ("b", "firm", "api", "2026-03-31", 250.0, "weekly_x52"),
    ("c", "firm", "api", "2026-03-31", 200.0, "monthly_x12"),
    ("d", "firm", "api", "2026-04-10", 230.0, "not_stated"),
    ("e", "firm", "total", "2026-03-31", 400.0, "not_stated"),
)


def test_steps_take_the_longer_basis_and_pass_over_close_days():
    seen = observed_growth(SAID)
    assert len(seen) == 1
    months = 90 / scenarios.DAYS_A_MONTH
    assert seen["growth"].iloc[0] == pytest.approx(2 ** (1 / months) - 1)
    assert seen["mixed"].iloc[0]


def test_a_target_starts_from_its_own_scope():
    goals = pd.DataFrame(
        {
            "statement_id": ["t", "u", "v"],
            "entity_id": ["firm", "firm", "unknown"],
            "metric": "run_rate",
            "measure": ["total", "api", "api"],
            "value": [800.0, 460.0, 1.0],
            "period_end": UNTIL,
        }
    )
    found = requirements(goals, SAID).set_index("statement_id")
    assert found.index.tolist() == ["t", "u"]
    assert found["multiple"].tolist() == [2, 2]
    assert found.loc["u", "start_on"] == pd.Timestamp("2026-04-10")


@given(st.floats(1e6, 1e10), st.floats(1e-3, 100))
def test_tokens_times_price_is_revenue(revenue_a_year, price):
    tokens = daily_tokens(revenue_a_year, price)
    assert tokens * 365 * price / 1e6 == pytest.approx(revenue_a_year, rel=1e-9)


def test_an_unknown_price_is_a_gap():
    lists = pd.DataFrame({"item": ["m"], "currency": "USD", "one to one": 2.0, "three to one": 1.5, "ten to one": 1.2})
    none = pd.DataFrame(columns=["period", "period_end", "low", "high"])
    market = pd.DataFrame(columns=["period", "value", "currency"])
    bases = price_bases(lists, none, market, {"USD": 1.0})
    needs = token_needs(bases, 365e6).set_index("basis")
    assert needs.loc["list", ["tokens_low", "tokens_high"]].tolist() == pytest.approx([5e11, 1e12 / 1.2])
    assert np.isnan(needs.loc[["own average", "market"], "tokens_middle"].astype(float)).all()


def test_average_price_needs_two_volumes_around_the_period():
    flow = pd.DataFrame({"period": ["H2 2025"], "value": [184.0]}).assign(
        period_start=pd.Timestamp("2025-07-01"), period_end=pd.Timestamp("2025-12-31")
    )
    days = pd.to_datetime(["2025-06-30", "2025-11-30"])
    tokens = pd.DataFrame({"period_end": days, "value": [1e6, 2e6]})
    found = average_prices(flow, tokens)
    assert found[["low", "high"]].iloc[0].tolist() == pytest.approx([0.5, 1.0])
    assert average_prices(flow, tokens.head(1)).empty


def test_implied_totals_close():
    total, other = implied_total(40.0, 0.4)
    assert (total, other) == pytest.approx((100, 60), abs=1e-9)
    assert growth_for_share(0.4, 0.2, 0.5) == pytest.approx(2.0)
    rest = share_needed(0.4, 100.0, 30.0, 50.0)
    assert 30 + rest * 50 == pytest.approx(40, abs=1e-9)
    with pytest.raises(ValueError, match="between zero and one"):
        implied_total(1, 0)
    with pytest.raises(ValueError, match="must exceed"):
        share_needed(0.4, 50.0, 30.0, 50.0)
    assert [place(value, 1, 2) for value in (0, 1.5, 3)] == ["below", "inside", "above"]


@given(st.floats(-0.1, 0.5))
def test_stated_months_add_up_a_planted_path(growth):
    days = pd.to_datetime(["2025-12-31", "2026-06-30"])
    logs = np.log1p(growth) * np.array([0, 181]) / 30
    path = pd.DataFrame({"on": days, "value": 120 * np.exp(logs), "definition": "monthly_x12"})
    ends = pd.date_range("2026-01-01", "2026-06-30", freq="ME")
    truth = (10 * np.exp(np.log1p(growth) * (ends - days[0]).days.to_numpy() / 30)).sum()
    found = stated_months(path, pd.Timestamp("2026-01-01"), pd.Timestamp("2026-06-30"))
    assert found == pytest.approx(truth, rel=1e-9)
    of_day = stated_months(path, pd.Timestamp("2026-01-01"), pd.Timestamp("2026-06-30"), of_day=True)
    assert of_day == pytest.approx(truth * (1 + growth) ** -0.5, rel=1e-9), "half a month earlier, at steady growth"
    late = path.assign(on=path["on"] + pd.Timedelta(days=60))
    assert np.isnan(stated_months(late, pd.Timestamp("2026-01-01"), pd.Timestamp("2026-06-30")))


# Break-even


@given(st.floats(1, 100), st.floats(0.1, 3), st.floats(100, 1000), st.floats(0.0, 0.05), st.floats(0.1, 0.8))
def test_years_to_break_even_solve_the_equation(sales, growth, rd, rd_growth, margin):
    exact = np.log(rd / (margin * sales)) / np.log((1 + growth) / (1 + rd_growth))
    found = years_to_break_even(sales, growth, rd, rd_growth, margin)
    if exact > HORIZON_YEARS:
        assert found == np.inf
    else:
        assert found == pytest.approx(max(exact, 0), abs=1e-9)


def test_break_even_with_a_rising_margin_closes():
    years = years_to_break_even(100, 1.0, 300, 0.2, 0.2, 0.5)
    margin = 0.2 + 0.3 * min(years / 3, 1)
    assert margin * 100 * 2**years == pytest.approx(300 * 1.2**years, rel=1e-9)


def test_break_even_at_once_and_never():
    assert years_to_break_even(100, 0.0, 30, 0.0, 0.3) == 0
    assert years_to_break_even(100, 0.1, 300, 0.2, 0.3) == np.inf
    assert break_even_revenue(300, 0.3) == pytest.approx(1000, abs=1e-9)
    assert break_even_revenue(300, 0) == np.inf


# Priors


def test_the_newest_row_holds_and_the_entitys_own_goes_first():
    frame = pd.concat(
        [
            rows(),
            rows({"noise": (0.2, 0.3, "lognormal")}, entity="firm"),
            rows({"noise": (0.4, 0.5, "lognormal")}, day="2026-09-30"),
        ]
    )
    assert scenarios.priors(frame, pd.Timestamp("2026-04-15"), "firm").loc["noise", "low"] == 0.2
    assert scenarios.priors(frame, pd.Timestamp("2026-04-15"), "other").loc["noise", "low"] == 0.04
    assert scenarios.priors(frame, pd.Timestamp("2026-09-30"), "firm").loc["noise", "low"] == 0.4


def test_a_missing_prior_names_row_and_remedy():
    frame = rows({name: value for name, value in VALUES.items() if name != "noise"})
    with pytest.raises(scenarios.MissingInput, match=r"no prior of noise for firm .* add a row to data/scenarios\.csv"):
        scenarios.priors(frame, pd.Timestamp("2026-04-15"), "firm")


@pytest.mark.parametrize("wrong", [(0.3, 0.2, "normal"), (0.0, 0.2, "lognormal")])
def test_impossible_priors_are_refused(wrong):
    with pytest.raises(scenarios.MissingInput, match="noise of firm"):
        held(noise=wrong)


def test_draws_have_the_percentiles_and_the_correlation_of_their_priors():
    priors = held()
    priors.loc["price_change", ["correlated_with", "correlation"]] = ["gross_margin", 0.5]
    drawn = scenarios.draw(priors, 200_000)
    for name in scenarios.PARAMETERS:
        low, _, high = scenarios.ends(priors, name)
        assert np.mean(drawn[name] < low) == pytest.approx(0.05, abs=0.003)
        assert np.mean(drawn[name] > high) == pytest.approx(0.05, abs=0.003)
    assert np.corrcoef(drawn["price_change"], drawn["gross_margin"])[0, 1] == pytest.approx(0.5, abs=0.01)
    assert np.corrcoef(drawn["price_change"], drawn["rd_growth"])[0, 1] == pytest.approx(0, abs=0.01)


def test_contradicting_correlations_are_refused():
    priors = held()
    for one, other in (("noise", "half_life"), ("half_life", "elasticity")):
        priors.loc[one, ["correlated_with", "correlation"]] = [other, 0.9]
    with pytest.raises(scenarios.MissingInput, match="contradict"):
        scenarios.draw(priors, 10)


# Simulation


def test_degenerate_priors_give_the_deterministic_path():
    paths = scenarios.simulate(START, degenerate(), UNTIL, n=50)
    months = (paths.days - ON).days.to_numpy() / scenarios.DAYS_A_MONTH
    slow = 6 / np.log(2) * (1 - 2 ** (-months / 6))
    api = 240 * np.exp((0.12 + (1 - 1.5) * -0.02) * slow)
    since = (paths.days - START.other_middle).days.to_numpy() / 365.25
    other = 60 * np.exp(0.1 * since)
    np.testing.assert_allclose(paths.api, np.tile(api, (50, 1)), rtol=1e-9)
    np.testing.assert_allclose(paths.other, np.tile(other, (50, 1)), rtol=1e-9)
    volume, price = scenarios.tokens_and_price(paths)
    np.testing.assert_allclose(volume * price * 240, paths.api, rtol=1e-9)
    margin = 0.3 + 0.1 * np.clip(months / scenarios.MARGIN_MONTHS, 0, 1)
    truth = margin * (api * 0.8 + other) / (300 * np.exp(0.2 * since))
    np.testing.assert_allclose(scenarios.cover(paths)[0], truth, rtol=1e-9)


def test_margins_by_line_weigh_by_the_mix():
    lines = scenarios.replace(START, api_margin=0.2, other_margin=0.6)
    paths = scenarios.simulate(lines, degenerate(), UNTIL, n=1)
    since = (ON - START.other_middle).days / 365.25
    truth = (0.2 * 240 * 0.8 + 0.6 * paths.other[0, 0]) / (300 * np.exp(0.2 * since))
    assert scenarios.cover(paths)[0, 0] == pytest.approx(truth, rel=1e-9)


def test_a_calendar_year_adds_up_gap_and_path():
    paths = scenarios.simulate(START, degenerate(), UNTIL, n=3)
    back = revenue.implied_monthly_growth(24.0, 6, 240.0, 3)
    ends = pd.date_range("2026-01-01", ON, freq="ME")
    gap = sum(240 / 12 * (1 + back) ** (-(ON - end).days / scenarios.DAYS_A_MONTH) for end in ends)
    truth = 0.8 * (gap + paths.api[0, 1:].sum() / 12)
    sums = scenarios.calendar_year(paths)
    np.testing.assert_allclose(sums["api"], truth, rtol=1e-9)
    np.testing.assert_allclose(sums["other"], 60 * np.exp(0.1), rtol=1e-9)


def test_a_steady_year_reaches_the_target_it_was_given():
    growth = required_growth(240, 960, (UNTIL - ON).days / scenarios.DAYS_A_MONTH)
    fixed = {"demand_growth": np.log1p(growth), "price_change": 0, "elasticity": 0, "half_life": 1e9, "noise": 0}
    paths = scenarios.simulate(START, held(), UNTIL, 1, **fixed, start_level=1)
    assert paths.on("api", UNTIL)[0] == pytest.approx(960, rel=1e-6)
    api, other = scenarios.steady_year(START, held(), growth, 1.0)
    assert other == pytest.approx(60)
    assert api > scenarios.steady_year(START, held(), 0.0, 1.0)[0]


def test_a_stated_total_is_split_by_the_other_lines():
    total = scenarios.replace(START, measure="total")
    paths = scenarios.simulate(total, degenerate(), UNTIL, n=2)
    assert paths.of("total")[:, 0] == pytest.approx([240, 240], abs=1e-9)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_fans_cover_nine_tenths_of_fresh_draws(seed):
    paths = scenarios.simulate(START, held(), UNTIL)
    band = scenarios.fan(paths.api, paths.days)
    fresh = scenarios.simulate(START, held(), UNTIL, n=10_000, seed=seed).api
    inside = ((fresh >= band["low"].to_numpy()) & (fresh <= band["high"].to_numpy())).mean(axis=0)
    np.testing.assert_allclose(inside, 0.90, atol=0.015)


def test_one_seed_gives_one_result_whatever_the_horizon():
    first, second = (scenarios.simulate(START, held(), UNTIL, n=500) for _ in range(2))
    longer = scenarios.simulate(START, held(), UNTIL + pd.DateOffset(years=1), n=500)
    np.testing.assert_array_equal(first.api, second.api)
    np.testing.assert_allclose(longer.api[:, : len(first.days)], first.api, rtol=1e-12)
    assert not np.allclose(first.api, scenarios.simulate(START, held(), UNTIL, n=500, seed=7).api)


def test_a_day_outside_the_simulation_is_refused():
    paths = scenarios.simulate(START, held(), UNTIL, n=2)
    with pytest.raises(scenarios.MissingInput, match="is not simulated for firm"):
        paths.on("api", pd.Timestamp("2027-12-31"))


def test_an_unknown_parameter_is_refused():
    with pytest.raises(KeyError, match="no parameter demand"):
        scenarios.simulate(START, held(), UNTIL, n=2, demand=1)


def test_the_tornado_puts_the_planted_driver_first():
    narrow = {name: (value, value, VALUES[name][2]) for name, value in KNOWN.items()}
    planted = narrow | {"demand_growth": (0.1, 0.14, "normal"), "start_level": (0.5, 2.0, "lognormal")}
    swings = scenarios.tornado(START, held(**planted), UNTIL, "api", 500.0, n=500)
    assert swings["parameter"].tolist()[:2] == ["start_level", "demand_growth"]
    assert swings["swing"].iloc[0] == pytest.approx(np.log(4), abs=1e-9)
    assert swings["swing"].iloc[2:].max() < 1e-9


def test_probability_of_a_planted_level():
    priors = degenerate()
    priors.loc["start_level", ["low", "high"]] = [0.5, 2.0]
    paths = scenarios.simulate(START, priors, UNTIL)
    median = float(np.median(paths.on("api", UNTIL)))
    forecast = {"statement_id": "f", "entity_id": "firm", "metric": "run_rate", "measure": "api", "value": median}
    frame = pd.DataFrame([forecast | {"period_start": UNTIL, "period_end": UNTIL}])
    found = scenarios.probabilities(frame, {"firm": paths}, {"firm": priors}, n=200).iloc[0]
    assert found["probability"] == pytest.approx(0.5, abs=0.001)
    assert found["error"] == pytest.approx(0.5 / np.sqrt(scenarios.DRAWS), rel=0.01)
    assert (found["least"], found["most"], found["driver"]) == (0, 1, "start_level")


def test_what_is_not_modelled_has_no_probability():
    frame = pd.DataFrame(
        [("firm", "gross_margin", "total"), ("nobody", "run_rate", "api")], columns=["entity_id", "metric", "measure"]
    ).assign(value=1.0, period_start=pd.Timestamp("2026-01-01"), period_end=UNTIL)
    paths = scenarios.simulate(START, held(), UNTIL, n=10)
    assert scenarios.probabilities(frame, {"firm": paths}, {"firm": held()}, n=10).empty


# What an edition knows


def test_a_missing_run_rate_names_row_and_remedy():
    with pytest.raises(scenarios.MissingInput, match=r"no run-rate of ghost is known: .* data/statements\.csv"):
        scenarios.starting_point("ghost", SAID, pd.DataFrame({"entity_id": []}))


def flows(*periods):
    frame = pd.DataFrame(periods, columns=["measure", "period_start", "period_end", "value"])
    frame = frame.assign(entity_id="firm", segment=frame["measure"], source_id="S", metric="revenue")
    for name in ("period_start", "period_end"):
        frame[name] = pd.to_datetime(frame[name])
    return revenue.with_remainders(frame)


FILED = flows(
    ("api", "2025-01-01", "2025-12-31", 40.0),
    ("api", "2025-01-01", "2025-06-30", 10.0),
    ("total", "2025-01-01", "2025-12-31", 100.0),
    ("total", "2025-01-01", "2025-06-30", 30.0),
)


def test_a_starting_point_takes_the_last_statement_and_the_last_year():
    start = scenarios.starting_point("firm", SAID.head(4), FILED)
    assert (start.statement_id, start.measure, start.value) == ("d", "api", 230.0)
    assert (start.other, start.other_rest, start.last_api, start.last_months) == (60.0, 60.0, 30.0, 6)
    assert start.known == {"api": 0.0, "other": 0.0}


def test_the_basis_by_the_month_goes_before_that_by_the_week():
    start = scenarios.starting_point("firm", SAID.query("statement_id in ['b', 'c']"), FILED)
    assert start.statement_id == "c"


def test_a_gap_in_the_last_twelve_months_names_the_remedy():
    with pytest.raises(scenarios.MissingInput, match="do not make up the last twelve months: add"):
        scenarios.trailing_year(FILED.query("measure == 'total' and months == 6").tail(1))


@pytest.mark.parametrize("edition", EDITIONS)
def test_priors_of_an_edition_come_from_sources_it_knows(edition):
    cat = Catalog.open(edition)
    known = set(cat.sources["source_id"]) | {""}
    for entity in ("zhipu", "minimax", "moonshot"):
        priors = scenarios.priors(cat.table("scenarios"), pd.Timestamp(cat.edition.as_of), entity)
        scenarios.draw(priors, 10)
        assert set(priors["drawn_from"]) <= known
        assert priors.loc[priors["basis"] != "judgement", "drawn_from"].ne("").all()


@pytest.mark.parametrize("edition", EDITIONS)
def test_the_rule_for_growth_of_demand_gives_its_prior(edition):
    cat = Catalog.open(edition)
    said = cat.statements.query("metric == 'run_rate' and kind == 'run_rate'").dropna(subset=["value"])
    said = said[said["added_on"].isna()]  # What was held on the day on which the priors were entered.
    said = cat.in_currency(said.query("base_unit == 'USD' or entity_id == 'zhipu'"), "USD", "closing")
    said = revenue.scoped(said, cat.segments).assign(on=lambda frame: frame["period_end"])
    seen = observed_growth(said).sort_values("to").drop_duplicates("entity_id", keep="last")
    logs = np.log1p(seen["growth"])
    prior = scenarios.priors(cat.table("scenarios"), pd.Timestamp(cat.edition.as_of), "zhipu").loc["demand_growth"]
    assert prior["high"] == pytest.approx(logs.max(), abs=0.006)
    assert prior["low"] == pytest.approx(logs.min() / 3, abs=0.006)


def test_the_register_keeps_every_forecast_and_shows_outcomes():
    cat = Catalog.open("2026H1")
    register = forecasts(cat.statements, cat.segments, pd.Timestamp(cat.edition.as_of))
    kinds = cat.statements["kind"].isin(FORECAST_KINDS)
    assert set(register["statement_id"]) == set(cat.statements.loc[kinds, "statement_id"])
    status = Outlook.open("2026Q3").outcomes.set_index("statement_id")["status"]
    assert status["zp_arr_target_2026_said_mar"] == "met"
    assert status["zp_arr_target_2026_said_sep"] == "open"
    assert status["zp_consensus_h1"] == "missed"
    assert status.isin(["met", "missed", "superseded", "open", UNKNOWN]).all()


def test_a_run_rate_due_is_judged_by_its_own_month():
    register = pd.DataFrame(
        {
            "entity_id": "firm",
            "metric": "run_rate",
            "segment": "api",
            "period": "2026-03-31",
            "base_unit": "USD",
            "measure": "api",
            "value": [190.0, 300.0],
            "due": ON,
            "passed": True,
        }
    )
    figures = pd.DataFrame(columns=["entity_id", "metric", "segment", "period", "base_unit", "value"])
    monthly = SAID.query("statement_id != 'b'")
    assert with_outcomes(register, figures, monthly)["actual"].tolist() == [200.0, 200.0]
    early = monthly.query("statement_id == 'a'")
    assert with_outcomes(register, figures, early)["actual"].isna().all()
