"""Simulations scored on planted outcomes: what the scores reward, what counts as an outcome, what is a hindcast."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenecon.analysis.outlook import hindsight, scenarios

DAYS = pd.DatetimeIndex(["2026-03-31", "2026-04-30", "2026-05-31"])
FILED = pd.DataFrame(columns=["entity_id", "published_on"])


@given(st.floats(-50, 50))
def test_crps_of_a_point_is_its_miss(value):
    assert hindsight.crps(np.array([3.0]), value) == pytest.approx(abs(value - 3), abs=1e-9)


def test_crps_of_a_standard_normal_has_its_closed_form():
    draws = np.random.default_rng(1).standard_normal(200_000)
    assert hindsight.crps(draws, 0.0) == pytest.approx((np.sqrt(2) - 1) / np.sqrt(np.pi), abs=0.003)


def test_the_true_distribution_has_the_best_expected_crps():
    rng = np.random.default_rng(2)
    came = rng.normal(0, 1, 400)
    told = {name: rng.normal(mean, sd, 2_000) for name, mean, sd in (("true", 0, 1), ("off", 1, 1), ("sure", 0, 0.2))}
    scores = {name: np.mean([hindsight.crps(draws, x) for x in came]) for name, draws in told.items()}
    assert min(scores, key=scores.get) == "true"


def test_pit_of_true_draws_is_uniform_and_ties_count_half():
    rng = np.random.default_rng(3)
    draws = rng.lognormal(0, 1, 20_000)
    found = [hindsight.pit(draws, x) for x in rng.lognormal(0, 1, 2_000)]
    assert np.quantile(found, [0.1, 0.5, 0.9]) == pytest.approx([0.1, 0.5, 0.9], abs=0.03)
    assert hindsight.pit(np.array([1.0, 2.0, 2.0, 3.0]), 2.0) == 0.5


@dataclass
class Then:
    """An edition of 15 April that simulated one firm around a path planted."""

    entered: pd.Timestamp = field(default_factory=lambda: pd.Timestamp("2026-04-10"))
    as_of: pd.Timestamp = field(default_factory=lambda: pd.Timestamp("2026-04-15"))
    stated: pd.DataFrame = field(default_factory=lambda: stated((100.0, "2026-03-31", "2026-04-01", "not_stated")))
    seen: pd.DataFrame = field(
        default_factory=lambda: pd.DataFrame(
            {"entity_id": ["firm"], "measure": ["api"], "growth": [0.1], "last": [True]}
        )
    )

    @property
    def paths(self):
        spread = np.exp(np.linspace(-0.5, 0.5, 1_001))[:, None]
        level = np.array([[100.0, 120.0, 144.0]])
        start = scenarios.Start("firm", "said", DAYS[0], "api", 100.0)
        return {"firm": scenarios.Paths(start, DAYS, level * spread, np.zeros((1_001, 3)), {})}


def stated(*rows):
    columns = ["value", "on", "published_on", "definition"]
    frame = pd.DataFrame(rows, columns=columns).assign(entity_id="firm", measure="api", source_id="S")
    return frame.assign(on=pd.to_datetime(frame["on"]), published_on=pd.to_datetime(frame["published_on"]))


def test_what_was_stated_since_is_scored_on_its_day_by_the_month():
    now = stated(
        (100.0, "2026-03-31", "2026-04-01", "not_stated"),
        (160.0, "2026-05-31", "2026-06-05", "weekly_x52"),
        (144.0, "2026-05-31", "2026-06-05", "monthly_x12"),
    )
    row = hindsight.resolved("first", Then(), now, FILED).iloc[0]
    assert (row["value"], row["pit"], row["inside"], row["hindcast"]) == (144.0, 0.5, True, False)
    assert row["median"] == pytest.approx(144)
    assert row["naive"] == pytest.approx(100 * 1.1 ** (61 / scenarios.DAYS_A_MONTH))
    assert row["naive_crps"] == pytest.approx(np.log(144 / row["naive"]))


def test_what_was_known_on_the_day_is_no_outcome():
    now = stated((130.0, "2026-04-10", "2026-04-12", "monthly_x12"))
    assert hindsight.resolved("first", Then(), now, FILED).empty


def test_priors_entered_after_the_outcome_make_a_hindcast():
    now = stated((130.0, "2026-04-30", "2026-05-02", "monthly_x12"))
    late = Then(entered=pd.Timestamp("2026-05-03"))
    assert [hindsight.resolved("e", then, now, FILED)["hindcast"].item() for then in (Then(), late)] == [False, True]


@given(st.integers(0, 61))
def test_between_month_ends_growth_is_steady(days):
    day = DAYS[0] + pd.Timedelta(days=days)
    found = Then().paths["firm"].between("api", day)
    ends = np.interp((day - DAYS[0]).days, (DAYS - DAYS[0]).days, np.log([100.0, 120.0, 144.0]))
    assert np.median(found) == pytest.approx(np.exp(ends))


def test_outside_the_simulation_there_is_no_run_rate():
    paths = Then().paths["firm"]
    assert paths.between("api", pd.Timestamp("2026-03-30")) is None
    assert paths.between("api", pd.Timestamp("2026-06-01")) is None
