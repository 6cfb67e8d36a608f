import numpy as np
import pandas as pd

from tokenecon.display import market, premium


def test_a_definition_stands_with_its_bounds_beside_the_threshold():
    rows = pd.DataFrame(
        [
            {"label": "Tokens", "group": "World", "hhi_low": 0.1, "hhi_high": 0.3, "about": "3–10 equal vendors"},
            {"label": "Revenue", "group": "China", "hhi_low": 0.2, "hhi_high": 0.2, "about": "5–5 equal vendors"},
        ]
    )
    figure = market.concentration(rows, 0.18, "Title", "Unit")
    assert "3–10 equal vendors" in figure.svg
    assert "highly concentrated" in figure.svg
    assert len(figure.data) == 2


def test_a_gap_breaks_a_line():
    days = pd.to_datetime(["2026-01-01", "2026-01-08", "2026-05-01", "2026-05-08"])
    rows = pd.DataFrame({"on": days, "value": [0.1, 0.2, 0.3, 0.4]})
    whole = rows.assign(on=pd.date_range("2026-01-01", periods=4, freq="7D"))
    drawn = [
        market.over_time({"a": part}, "Title", "Unit").svg.count("stroke: #0b62a4; stroke-width: 1.8")
        for part in (rows, whole)
    ]
    assert drawn[0] == drawn[1] + 1


def test_models_whose_names_would_cover_each_other_are_named_once():
    rows = pd.DataFrame(
        {"model_id": ["a", "b", "c"], "entity_id": "openai", "lead": [0.05, 0.0501, 0.5], "dearer": [0.7, 0.7, -1.0]}
    )
    figure = premium.launches(rows, 0.05, 0.5, {"a": "Alpha", "b": "Beta", "c": "Gamma"}, "Title", "Unit")
    assert ("Alpha" in figure.svg) != ("Beta" in figure.svg)
    assert "Gamma" in figure.svg


def test_estimates_beyond_the_frame_are_counted():
    found = pd.DataFrame({"premium": [0.1] * 60 + [9.0], "low": 0.0, "high": 0.2, "scale": "score"})
    figure = premium.specification_curve(found, {"scale": {"score": "higher score"}}, 0.5, "Title", "Unit")
    assert "1 above 110%" in figure.svg
    assert "claimed: 50%" in figure.svg


def test_an_estimate_is_named_by_what_sets_it_apart():
    row = pd.Series({"horizon": -30, "near": 0.7, "floor": 0.5, "effects": True})
    assert (
        premium.effect_label(row)
        == "30 days before, from seven tenths of the best, off the list as small, model effects"
    )
    plain = pd.Series({"horizon": 60, "near": 0.0, "floor": np.nan, "effects": False})
    assert premium.effect_label(plain) == "60 days ahead, all models"
