import numpy as np
import pandas as pd
import pytest

from tokenecon.display import routes

NAMES = {"zhipu": "Zhipu", "minimax": "MiniMax"}


@pytest.mark.parametrize(
    "model_id, name", [("glm-4-5", "GLM-4.5"), ("glm-5", "GLM-5"), ("minimax-m2-1", "M2.1"), ("minimax-m3", "M3")]
)
def test_models_are_named_as_their_vendors_do(model_id, name):
    assert routes.model_name(model_id) == name


def test_months_that_are_not_disclosed_are_marked_and_not_drawn_as_zero():
    months = pd.DataFrame(
        [
            {"entity_id": "zhipu", "period": "FY2025", "measure": "operating", "months_left": 7.0},
            {"entity_id": "zhipu", "period": "FY2025", "measure": "adjusted", "months_left": 12.0},
            {"entity_id": "minimax", "period": "FY2025", "measure": "adjusted", "months_left": np.nan},
        ]
    )
    figure = routes.runways(months, {entity: ["FY2025"] for entity in NAMES}, NAMES, "Months")
    assert figure.svg.count(">disclosed<") == 2
    assert ">12<" in figure.svg


def level(ratio, entity, year, value):
    return {
        "ratio": ratio,
        "entity_id": entity,
        "period": f"FY{year}",
        "period_start": pd.Timestamp(f"{year}-01-01"),
        "period_end": pd.Timestamp(f"{year}-12-31"),
        "value": value,
    }


def test_ratios_are_named_at_the_period_asked_for_or_at_the_last_one_known():
    rows = pd.DataFrame(
        [level("rd", "zhipu", 2024, 4.0), level("rd", "zhipu", 2025, 2.5), level("rd", "minimax", 2024, 3.25)]
    )
    figure = routes.ratio_lines(rows, rows, {"rd": "R&D"}, NAMES, "Title", "Unit", at="FY2025", scale="log")
    assert "Zhipu 2.50 (FY2025)" in figure.svg
    assert "MiniMax 3.25 (FY2024)" in figure.svg
    assert len(figure.data) == 3


def test_the_product_of_stated_parts_stands_beside_what_revenue_did():
    parts = pd.DataFrame([{"label": "Q1", "volume": 5.0, "price": 1.83, "product": 9.15}])
    moves = pd.DataFrame([{"label": "Q1", "basis": "run-rate", "earlier": "a", "later": "b", "multiple": 3.5}])
    figure = routes.stated_parts(parts, moves, "Title")
    assert "×9.15" in figure.svg
    assert "run-rate ×3.5 (a to b)" in figure.svg
