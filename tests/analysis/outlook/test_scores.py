"""Forecasts scored on planted cases: when a level counts as met, what a revision replaces, what a score rewards."""

import numpy as np
import pandas as pd
import pytest

from tokenecon.analysis.outlook import register, scores

FIGURES = ["entity_id", "metric", "segment", "period", "period_start", "period_end", "base_unit", "value"]


@pytest.mark.parametrize(
    "value, qualifier, expected",
    [
        (0.5, "about", (0.45, 0.55)),
        (0.4, "about", (0.35, 0.45)),
        (1e9, "exact", (1e9, float("inf"))),
        (2.5e8, "about", (2e8, 3e8)),
    ],
)
def test_about_a_half_is_a_band_and_not_a_threshold(value, qualifier, expected):
    assert register.band(value, qualifier) == pytest.approx(expected)


def test_only_what_is_decided_has_a_score():
    said, came = pd.Series([1.0, 0.0, 0.5, 0.8]), pd.Series([1.0, 1.0, 1.0, np.nan])
    assert scores.brier(said, came).tolist() == pytest.approx([0, 1, 0.25, np.nan], nan_ok=True)


def test_a_true_probability_has_the_best_expected_score():
    grid = pd.Series(np.linspace(0.01, 0.99, 99))
    expected = 0.3 * scores.brier(grid, pd.Series(1.0, grid.index)) + 0.7 * scores.brier(
        grid, pd.Series(0.0, grid.index)
    )
    assert grid[expected.idxmin()] == pytest.approx(0.3)


class Planted:
    """An edition with planted run-rates and nothing else."""

    def __init__(self, rates, register, entered="2026-01-01", probability=float("nan")):
        self.entered, self.probability = pd.Timestamp(entered), probability
        self.stated, self.register, self.figures = rates, register, pd.DataFrame(columns=FIGURES)

    def draws(self, forecast):
        return None

    def chance(self, forecast, *, at_least=False):
        return self.probability


def aim(value, said="2026-03-31", due="2026-12-31", speaker="them", passed=False, **more):
    return {
        "statement_id": f"aim_{value}_{said}", "entity_id": "firm", "metric": "run_rate", "measure": "api",
        "segment": "api", "kind": "guidance", "said_by": speaker, "value": float(value), "base_unit": "USD",
        "said_on": pd.Timestamp(said), "period_end": pd.Timestamp(due), "due": pd.Timestamp(due), "passed": passed,
        "band_low": float(value), "band_high": float("inf"),
    } | more  # fmt: skip


def rate(value, on, measure="api"):
    return {"entity_id": "firm", "measure": measure, "value": float(value), "on": pd.Timestamp(on)}


def planted(rates, *aims):
    known = Planted(pd.DataFrame(rates), pd.DataFrame(list(aims)))
    return scores.score(known)


def test_a_level_is_met_on_the_day_it_is_first_stated_for_the_same_scope():
    rates = [rate(5, "2026-02-01"), rate(9, "2026-06-30", "total"), rate(7, "2026-08-31"), rate(8, "2026-09-15")]
    row = planted(rates, aim(6)).iloc[0]
    assert (row["verdict"], row["reached_on"], row["early"]) == ("met", pd.Timestamp("2026-08-31"), 122)
    assert row["error"] == pytest.approx(8 / 6 - 1)
    assert row["outcome"] == 1


def test_a_level_stated_before_the_forecast_does_not_meet_it():
    row = planted([rate(9, "2026-02-01")], aim(6)).iloc[0]
    assert (row["verdict"], np.isnan(row["outcome"])) == ("open", True)


def test_a_revised_forecast_is_superseded_and_the_revision_is_open():
    found = planted([rate(5, "2026-04-30")], aim(6), aim(9, said="2026-08-31"))
    assert found["verdict"].tolist() == ["superseded", "open"]


@pytest.mark.parametrize("entered, hindcast", [("2026-08-30", False), ("2026-09-01", True)])
def test_a_probability_of_priors_entered_after_the_outcome_is_a_hindcast(entered, hindcast):
    register = pd.DataFrame([aim(6)])
    now = Planted(pd.DataFrame([rate(7, "2026-08-31")]), register)
    before = Planted(pd.DataFrame([rate(5, "2026-03-31")]), register, entered, 0.8)
    row = scores.score(now, before).iloc[0]
    assert (row["verdict"], row["hindcast"]) == ("met", hindcast)
    assert row["brier"] == pytest.approx(0.04)
