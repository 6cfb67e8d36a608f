import numpy as np
import pandas as pd
import pytest

from tokenecon.analysis.routes.findings import Routes
from tokenecon.display import routes, theme


@pytest.fixture(scope="module")
def found():
    theme.use()
    return Routes.open("2026H1")


@pytest.mark.parametrize(
    "model_id, name", [("glm-4-5", "GLM-4.5"), ("glm-5", "GLM-5"), ("minimax-m2-1", "M2.1"), ("minimax-m3", "M3")]
)
def test_models_are_named_as_their_vendors_do(model_id, name):
    assert routes.model_name(model_id) == name


def test_a_ratio_stands_at_its_value_on_a_log_scale(found):
    rows = found.drawn({"rd_ratio": "R&D"})
    figure, (ax,) = theme.canvas(rows)
    routes.ratio_panel(ax, rows, found.companies, scale="log")
    within = rows[rows["span"] == "within"].sort_values("middle")
    for company, line in zip(found.companies, ax.lines, strict=False):
        own = within[within["company"] == company.name]
        assert line.get_ydata() == pytest.approx(own["value"].to_numpy())
    assert ax.get_yscale() == "log"
    theme.plt.close(figure)


def test_stated_parts_stand_beside_what_revenue_did(found):
    rows = routes.stated_multiples(found.split)
    half = rows[rows["said"].str.startswith("H1")].set_index("what")["multiple"]
    assert half[routes.BOTH] == pytest.approx(half[routes.VOLUME] * found.widest["price"])
    assert half[routes.RUN_RATE] == pytest.approx(found.widest["multiple"])
    assert half[routes.RECOGNISED] == pytest.approx(found.even_growth["multiple"])


def test_estimates_are_drawn_over_their_intervals(found):
    figure, (ax,) = theme.canvas(found.elasticities)
    routes.estimates(ax, found.elasticities)
    known = found.elasticities.dropna(subset=["low"])
    drawn = [
        segment[:, 0] for lines in ax.collections if hasattr(lines, "get_segments") for segment in lines.get_segments()
    ]
    assert np.sort(np.concatenate(drawn)) == pytest.approx(np.sort(known[["low", "high"]].to_numpy().ravel()))
    theme.plt.close(figure)


def test_products_add_up_to_revenue(found):
    sold = found.products.query("entity_id == @found.broad.id")
    totals = sold.groupby("period").agg({"value": "sum", "total": "first"})
    assert totals["value"].to_numpy() == pytest.approx(totals["total"].to_numpy())


def test_labels_at_the_ends_of_lines_stand_apart():
    rows = pd.DataFrame({"x": [1, 1, 1], "y": [0.50, 0.501, 0.9], "who": ["a", "b", "c"]})
    figure, (ax,) = theme.canvas(rows)
    ax.set_ylim(0, 1)
    routes.label_ends(ax, rows, "x", "y", "who", {})
    heights = sorted(text.xy[1] * 200 + text.xyann[1] for text in ax.texts)
    assert heights[1] - heights[0] > 9
    theme.plt.close(figure)


def test_a_rank_is_drawn_at_the_part_of_others_ahead():
    found = Routes.open("2026Q3")
    best = found.standings.query("entity_id == @found.broad.id").sort_values("ahead").iloc[0]
    assert (best["rank"], best["vendors"]) == (2, 26)
    assert best["ahead"] == pytest.approx(1 / 25)
    assert found.wide_vendors["MiniMax"] == found.wide_vendors.max()
