"""Charts of the outlook: drawn coordinates on log scales, and what tables say of missing figures."""

import numpy as np
import pandas as pd
import pytest

from tokenecon.catalog import Company
from tokenecon.display import outlook as charts
from tokenecon.display import theme

FIRM = Company("firm", "Firm", "Firm Ltd", "CN", "CNY", "#0b62a4")
DAYS = pd.to_datetime(["2026-03-31", "2026-06-30", "2026-12-31"])
FAN = pd.DataFrame(
    {"entity_id": "firm", "on": DAYS, "low": [1e8, 2e8, 3e8], "median": [1e8, 4e8, 9e8], "high": [1e8, 8e8, 5e9]}
)


def marks(**columns):
    return pd.DataFrame({"entity_id": "firm", "tier": "press", "shown": True} | columns)


def test_a_fan_on_a_log_scale_is_where_its_quantiles_are():
    figure, (ax,) = theme.canvas(FAN)
    stated = marks(on=DAYS[:2], value=[1e8, 6e8])
    charts.run_rates(ax, FAN, FAN.iloc[:0], stated, stated.iloc[:0], FIRM)
    figure.canvas.draw()
    lines = [np.asarray(line.get_ydata(), dtype=float) for line in ax.lines if line.get_linestyle() == "--"]
    assert [list(line) for line in lines] == [FAN[name].tolist() for name in ("low", "median", "high")]
    assert ax.get_yscale() == "log"
    dots = (
        ax.collections[-1]
        if len(ax.collections[-1].get_offsets()) == 2
        else next(one for one in ax.collections if len(one.get_offsets()) == 2)
    )
    assert sorted(dots.get_offsets()[:, 1]) == [1e8, 6e8]
    heights = [ax.transData.transform((0, value))[1] for value in (1e8, 1e9)]
    assert heights[1] > heights[0]


def test_multiples_are_drawn_on_their_day():
    rows = pd.DataFrame({"company": "Firm", "on": DAYS, "multiple": [500.0, 50.0, 5.0]})
    figure, (ax,) = theme.canvas(rows)
    charts.multiples(ax, rows, [FIRM])
    figure.canvas.draw()
    assert list(ax.lines[0].get_ydata()) == [500.0, 50.0, 5.0]


def test_a_cell_has_its_evidence_and_month_and_nobody_says_is_missing():
    cells = pd.DataFrame(
        {"entity_id": ["firm"], "item": ["margin"], "value": [-0.25], "tier": ["filing"], "on": [DAYS[1]]}
    )
    other = Company("other", "Other", "Other", "US")
    found = charts.peer_table(cells, [FIRM, other], {"margin": "{:.0%}", "value": "{:.1f}"})
    assert found["company"].tolist() == ["Firm", "Other"]
    assert found["margin"].iloc[0] == "−25% f 6/26"
    assert found[["value"]].isna().all(axis=None) and pd.isna(found["margin"].iloc[1])


@pytest.mark.parametrize(
    "label, shown",
    [
        ("list, glm-5.2-domestic", "GLM-5.2, list at home"),
        ("list, glm-5.3-flash-international", "GLM-5.3 Flash, list abroad"),
        ("own average, H2 2025", "own average, H2 2025"),
    ],
)
def test_prices_are_named_by_model_and_market(label, shown):
    assert charts.price_label(label) == shown


def test_a_target_that_was_passed_asks_for_nothing():
    assert [charts.asked_text(growth) for growth in (0.158, 0.0, -0.111)] == ["15.8%", "0.0%", "passed already"]


def test_a_target_that_is_passed_asks_for_no_growth():
    required = pd.DataFrame({"company": "Firm", "growth": [-0.11, 0.2], "value": [1e9, 3e9]})
    _, (ax,) = theme.canvas(required)
    charts.growth_asked(ax, required, {"Firm": FIRM.colour})
    hollow = [line for line in ax.lines if line.get_marker() == "D"]
    assert [list(line.get_xdata()) for line in hollow] == [[0.2]]
    assert [text.get_text() for text in ax.texts] == ["3,000"]
