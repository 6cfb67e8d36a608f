"""The bounds on the number of firms, on cases worked out by hand."""

import pandas as pd
import pytest

from tokenecon.analysis.market import sunk_costs


def flow(metric, value, period="FY2025", entity="x"):
    year = int(period[2:])
    return {
        "entity_id": entity,
        "metric": metric,
        "period": period,
        "period_start": f"{year}-01-01",
        "period_end": f"{year}-12-31",
        "value": value,
    }


def test_outlays_over_revenue_where_all_is_known():
    flows = pd.DataFrame(
        [
            flow("revenue", 10),
            flow("rd", 30),
            flow("compute", 5),
            flow("revenue", 4, "FY2024"),
            flow("rd", 8, "FY2024"),
            flow("revenue", 0, "FY2023"),
            flow("rd", 1, "FY2023"),
        ]
    )
    found = sunk_costs.intensities(flows, {"R&D": ("rd",), "both": ("rd", "compute"), "absent": ("none",)})
    values = found.set_index(["ratio", "period"])["value"].to_dict()
    assert values == {("R&D", "FY2025"): 3.0, ("R&D", "FY2024"): 2.0, ("both", "FY2025"): 3.5}


def test_free_entry_leaves_no_profit():
    count = sunk_costs.firms(100, 0.4, 8, growth=2)
    assert count == 10
    assert 2 * 100 * 0.4 / count - 8 == 0
    with pytest.raises(ValueError, match="no bound"):
        sunk_costs.firms(100, 0.4, 0)


def test_a_market_meets_outlays_and_margins_of_its_own_year_only():
    markets = pd.DataFrame({"label": ["small", "large"], "period": ["FY2024", "FY2025"], "value": [10.0, 100.0]})
    outlays = pd.DataFrame(
        {
            "label": "x",
            "period": ["FY2024", "FY2025", "FY2025"],
            "scope": ["all", "all", "part"],
            "value": [1.0, 2.0, 0.5],
        }
    )
    margins = pd.DataFrame({"label": ["thin", "theory"], "period": ["FY2025", ""], "value": [0.2, 0.5]})
    bounds = sunk_costs.grid(markets, outlays, margins).set_index(["market", "scope", "margin"])["firms"]
    assert bounds.to_dict() == {
        ("small", "all", "theory"): 5, ("large", "all", "thin"): 10, ("large", "all", "theory"): 25,
        ("large", "part", "thin"): 40, ("large", "part", "theory"): 100,
    }  # fmt: skip
    found = sunk_costs.ranges(bounds.reset_index().assign(outlay="x")).set_index("assumption")
    assert found.loc["market", ["low_label", "low", "high_label", "high"]].tolist() == ["small", 5, "large", 32.5]
