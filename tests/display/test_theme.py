"""Figures: what a cell that ends in one leaves, and that marks stand where the data are."""

import re

import numpy as np
import pandas as pd
import pytest
import seaborn as sns
import seaborn.objects as so

from tokenecon.analysis.revenue.findings import Revenue
from tokenecon.display import revenue as charts
from tokenecon.display import theme
from tokenecon.display.plots import note

DATA = pd.DataFrame({"x": [1.0, 2.0, 3.0], "y": [10.0, 1_000.0, 100.0], "who": ["a", "b", "a"]})


@pytest.fixture(autouse=True)
def _look():
    theme.use()


def test_a_figure_brings_its_data_and_a_narrow_drawing():
    figure, panels = theme.canvas(DATA, columns=2)
    for ax in panels:
        sns.scatterplot(DATA, x="x", y="y", ax=ax)
    bundle, own = theme.rendered(figure)
    assert own["data_csv"] == "x,y,who\n1,10,a\n2,1000,b\n3,100,a\n"
    wide, narrow = (svg[svg.index("<svg") :].split(">", 1)[0] for svg in (bundle["image/svg+xml"], own["narrow"]))
    sizes = [re.findall(r'(?:width|height)="([\d.]+)pt"', tag) for tag in (wide, narrow)]
    (width, height), (slim, tall) = (map(float, size) for size in sizes)
    assert (width, slim) == pytest.approx((72 * 7.2, 72 * theme.NARROW))
    assert tall == pytest.approx(2 * height), "panels stand one below the other"
    assert "<text" in bundle["image/svg+xml"]


@pytest.mark.parametrize(
    "make", [lambda: so.Plot(DATA, "x", "y").add(so.Dot()), lambda: sns.relplot(DATA, x="x", y="y")]
)
def test_seaborns_own_plots_are_figures_too(make):
    bundle, own = theme.rendered(make())
    assert "<svg" in bundle["image/svg+xml"]
    assert own["data_csv"].startswith("x,y,who\n")


def test_a_spare_note_is_left_out_where_it_would_cover_another():
    figure, (ax,) = theme.canvas(DATA)
    ax.scatter(DATA["x"], DATA["y"])
    note(ax, "kept in its place", 1, 10, (0, 0))
    note(ax, "over it", 1, 10, (0, 2), spare=True)
    note(ax, "far from it", 2, 900, (0, 0), spare=True)
    note(ax, "over the one far from it", 2, 900, (10, 2), spare=True)
    bundle, own = theme.rendered(figure)
    for svg in (bundle["image/svg+xml"], own["narrow"]):
        shown = [text for text in ("kept in its place", ">over it", "far from it<", "over the one far") if text in svg]
        assert shown == ["kept in its place", "far from it<"]


def test_a_spare_note_is_left_out_where_it_would_cover_a_mark():
    figure, (ax,) = theme.canvas(DATA)
    ax.scatter(DATA["x"], DATA["y"])
    note(ax, "beside its mark", 2, 1_000, (6, -3), spare=True)
    note(ax, "over a mark", 1, 10, (-10, -4), spare=True)
    bundle, own = theme.rendered(figure)
    for svg in (bundle["image/svg+xml"], own["narrow"]):
        assert "beside its mark" in svg
        assert "over a mark" not in svg


def test_words_that_a_line_may_cross_have_an_edge_of_the_ground():
    figure, (ax,) = theme.canvas(DATA)
    ax.plot(DATA["x"], DATA["y"], label="in the key")
    ax.axvline(2)
    note(ax, "on two\nlines", 2, 100, (-10, 0))
    ax.text(1, 10, "in a bar", bbox={"linewidth": 0})
    ax.legend()
    bundle, own = theme.rendered(figure)
    for svg in (bundle["image/svg+xml"], own["narrow"]):
        edged = re.findall(rf'<text style="{re.escape(theme.EDGE)}[^>]*>([^<]*)<', svg)
        assert edged == ["on two", "lines", "in the key"]
        assert svg.count("<text") > len(edged)


def test_a_figure_without_data_is_refused():
    figure, _ = theme.canvas(DATA[:0])
    with pytest.raises(ValueError, match="brings no data"):
        theme.rendered(figure)


def test_marks_on_a_log_scale_stand_where_the_run_rates_are():
    found = Revenue.open("2026H1")
    company = found.companies[0]
    figure, (ax,) = theme.canvas(found.drawn_run_rates)
    charts.run_rates(ax, found.drawn_run_rates, company)
    stated = found.stated.query("entity_id == @company.id")
    drawn = np.concatenate([points.get_offsets()[:, 1] for points in ax.collections if len(points.get_offsets()) > 1])
    present = stated[~stated["forecast"]]["value"].to_numpy()
    assert sorted(drawn) == pytest.approx(sorted(present))
    levels = sorted(
        seg[0][1] for lines in ax.collections if hasattr(lines, "get_segments") for seg in lines.get_segments()
    )
    rows = found.drawn_run_rates.query("drawn == 'recognised' and entity_id == @company.id")
    assert levels == pytest.approx(sorted(rows["annualised"]))
    assert ax.get_yscale() == "log"
    theme.plt.close(figure)


def test_stacked_bars_stand_on_each_other():
    found = Revenue.open("2026H1")
    company = found.companies[0]
    bars = found.lines[found.lines["period"].isin(found.shown) & (found.lines["months"] == 12)]
    figure, (ax,) = theme.canvas(bars)
    charts.stacked(ax, bars, company, lambda total: f"{total:.0f}")
    own = bars.query("entity_id == @company.id").sort_values("period_start")
    lower, upper = (own[own["route"] == route]["value"].to_numpy() for route in ("api", "deployment"))
    assert [bar.get_height() for bar in ax.containers[0]] == pytest.approx(lower)
    assert [bar.get_y() for bar in ax.containers[1]] == pytest.approx(lower)
    assert [bar.get_y() + bar.get_height() for bar in ax.containers[1]] == pytest.approx(lower + upper)
    theme.plt.close(figure)
