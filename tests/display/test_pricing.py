import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import seaborn.objects as so

from tokenecon.catalog import Country
from tokenecon.display import pricing as charts
from tokenecon.display import theme

PAIR = (
    Country("CN", "here", "Here", "Here", "Ours", "#b8443c", "s"),
    Country("US", "there", "There", "There", "Theirs", "#2f6db3", "o"),
)


@pytest.fixture
def ax():
    theme.use()
    figure, ax = plt.subplots(layout="constrained")
    yield ax
    plt.close(figure)


def texts(ax):
    return [text.get_text() for text in ax.texts]


def days(count):
    return pd.date_range("2026-01-31", periods=count, freq="ME")


def test_lines_and_bands_stand_where_the_data_are_on_a_log_axis(ax):
    lines = pd.DataFrame(
        {
            "country": ["US"] * 3 + ["CN"] * 3,
            "day": [*days(3)] * 2,
            "index": [1, 0.5, 0.25, 1, 1.2, 1.1],
            "low": [1, 0.4, 0.1, 1, 0.8, 0.6],
            "high": [1, 0.7, 0.5, 1, 1.5, 2.0],
            "models": 9,
        }
    )
    charts.bands(ax, lines, "index", PAIR)
    assert ax.get_yscale() == "log"
    drawn = {tuple(line.get_ydata()) for line in ax.lines}
    assert {(1, 0.5, 0.25), (1, 1.2, 1.1)} <= drawn
    for band, (_, rows) in zip(ax.collections, lines.groupby("country"), strict=True):
        found = band.get_paths()[0].vertices[:, 1]
        assert {*rows["low"], *rows["high"]} <= {*found}
    assert {"There 0.25\n(n = 9)", "Here 1.10\n(n = 9)"} == {*texts(ax)}


def test_survival_curves_step_and_say_what_stands_beside_them(ax):
    curve = pd.DataFrame(
        {"day": [0.0, 30, 60], "surviving": [1, 0.6, 0.2], "low": [1, 0.4, 0.1], "high": [1, 0.8, 0.4]}
    )
    both = pd.concat([curve.assign(country=code) for code in ("US", "CN")])
    charts.survival(ax, both, PAIR, ["n = five", "n = seven"])
    assert texts(ax) == ["n = seven", "n = five"]
    steps = [line for line in ax.lines if line.get_drawstyle() == "steps-post"]
    assert [list(line.get_ydata())[:3] for line in steps] == [[1, 0.6, 0.2]] * 2


def test_estimates_that_exclude_no_difference_are_filled():
    row = {"group": "main", "label": "all", "n_one": 20, "n_other": 30}
    ends = {"gap": 0.5, "gap_low": 0.4, "difference": -1.0, "difference_low": -1.5}
    rows = [
        row | ends | {"gap_high": 0.7, "difference_high": -0.5},
        row | ends | {"gap_high": 1.4, "difference_high": 1},
    ]
    figure, axes = plt.subplots(1, 2)
    charts.forest(axes, pd.DataFrame(rows), "#b8443c")
    for ax in axes:
        faces = ax.collections[1].get_facecolor()
        assert not np.allclose(faces[0], 1)
        assert np.allclose(faces[1], 1)
        assert ax.collections[1].get_offsets()[:, 1].tolist() == [0, -1]
    plt.close(figure)


def test_intervals_end_where_they_end(ax):
    rows = pd.DataFrame({"gap": [1.0, 2.0], "gap_low": [0.5, 1.0], "gap_high": [2.0, 8.0]})
    charts.ranges(ax, rows, PAIR[0], "gap", 0.1)
    ends = [segment[:, 0].tolist() for segment in ax.collections[0].get_segments()]
    assert ends == [[0.5, 2.0], [1.0, 8.0]]
    assert ax.lines[0].get_ydata().tolist() == [0.1, -0.9]


def test_a_record_not_reached_is_hollow(ax):
    records = pd.DataFrame(
        {
            "model": ["One", "Two"],
            "released_on": days(2),
            "days": [90, 30],
            "reached": [True, False],
            "reached_by": ["Follower", ""],
        }
    )
    charts.caught(ax, records, PAIR)
    assert texts(ax) == ["90: Follower", "30: not yet"]
    hollow = [line for line in ax.lines if line.get_markerfacecolor() == "white"]
    (line,) = hollow
    assert line.get_ydata().tolist() == [-1]


def test_customers_are_marked_by_the_strength_of_their_evidence(ax):
    columns = ["entity_id", "company", "who", "period", "share", "tier"]
    rows = [["x", "X", "five largest", "FY2025", 0.3, "filing"], ["y", "Y", "two largest", "FY2025", 0.24, "press"]]
    rows = pd.DataFrame(rows, columns=columns)
    charts.customers(ax, rows, {})
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["X, five largest", "Y, two largest"]
    assert {line.get_marker() for line in ax.lines if len(line.get_xdata()) == 1} >= {"o", "^"}
    assert "FY2025 24%" in texts(ax)


def test_the_range_of_all_assumptions_stands_last(ax):
    table = pd.DataFrame(
        {
            "argument": ["price", "all"],
            "low": [0.02, 0.01],
            "middle": [0.04, 0.04],
            "high": [0.06, 0.2],
            "label": ["price", "all together"],
        }
    )
    charts.floating(ax, table)
    assert [(bar.get_x(), round(bar.get_x() + bar.get_width(), 9)) for bar in ax.patches] == [(0.02, 0.06), (0.01, 0.2)]
    assert texts(ax)[-1] == "1.0% to 20.0%"


def test_labels_of_lines_that_end_together_stand_apart(ax):
    ends = pd.DataFrame({"name": ["One", "Two"], "day": days(2)[1], "value": [1.0, 1.01], "n": [7, 3]})
    charts.log_axis(ax.yaxis, 0.5, 4)
    charts.labels_apart(ax, ends, {"One": "black", "Two": "black"}, room=0.1)
    heights = [text.xyann[1] for text in ax.texts]
    low, high = ax.get_ylim()
    assert np.log(heights[1] / heights[0]) == pytest.approx(0.1 * np.log(high / low))
    assert texts(ax) == ["One 1.00 (n = 7)", "Two 1.01 (n = 3)"]


def test_a_line_that_ended_before_the_others_says_when(ax):
    ends = pd.DataFrame({"name": ["One", "Two"], "day": pd.to_datetime(["2026-09-30", "2026-11-15"]),
                         "value": [0.9, 1.2], "n": [7, 3]})  # fmt: skip
    charts.log_axis(ax.yaxis, 0.5, 4)
    charts.labels_apart(ax, ends, {"One": "black", "Two": "black"})
    assert texts(ax) == ["One 0.90 (Sep 2026, n = 7)", "Two 1.20 (n = 3)"]


def test_yearly_changes_stand_as_ratios_on_a_log_axis(ax):
    rows = pd.DataFrame({"what": "launches", "country": ["CN", "US"], "value": [1.5, 0.07], "low": [0.4, 0.05],
                         "high": [3.7, 0.2], "n": [48, 67]})  # fmt: skip
    drawn = so.Plot(rows, x="value", y="what", xmin="low", xmax="high", color="country", marker="country")
    drawn.scale(**charts.scales(PAIR)).add(so.Range(), so.Dodge(by=["color"]), legend=False).on(ax).plot()
    charts.finished_movements(ax, rows, PAIR)
    ends = [segment for found in ax.collections for segment in found.get_segments()]
    assert [segment[:, 0].tolist() for segment in ends] == [[0.05, 0.2], [0.4, 3.7]]
    heights = {text.get_text(): text.xy[1] for text in ax.texts}
    assert [heights["0.07 (n = 67)"], heights["1.50 (n = 48)"]] == [segment[0, 1] for segment in ends]
    assert ax.get_xscale() == "log" and ax.get_xlim()[0] < 0.05
    assert set(texts(ax)) == {"1.50 (n = 48)", "0.07 (n = 67)"}


def test_two_estimates_a_row_stand_with_their_ends_on_a_log_axis(ax):
    rows = pd.DataFrame(
        {
            "label": ["all", "some"],
            "token": [2.0, 1.5],
            "token_low": [1.0, 0.8],
            "token_high": [4.0, 3.0],
            "run": [1.0, 0.9],
            "run_low": [0.5, 0.4],
            "run_high": [2.0, 1.8],
        }
    )
    charts.pairs_of_estimates(ax, rows, {"token": "per token", "run": "per run"})
    ends = [[segment[:, 0].tolist() for segment in drawn.get_segments()] for drawn in ax.collections]
    assert ends == [[[1.0, 4.0], [0.8, 3.0]], [[0.5, 2.0], [0.4, 1.8]]]
    assert [line.get_xdata().tolist() for line in ax.lines[:2]] == [[2.0, 1.5], [1.0, 0.9]]
    assert ax.get_xscale() == "log"
