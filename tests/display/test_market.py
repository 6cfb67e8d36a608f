import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import PathCollection

from tokenecon.display import market, theme


@pytest.fixture(autouse=True)
def _theme():
    theme.use()
    yield
    plt.close("all")


def axes(data, **layout):
    return theme.canvas(data, **layout)[1]


def texts(ax):
    return [found.get_text() for found in ax.texts]


def horizontal(ax):
    """The horizontal stretches drawn, as (row, from, to)."""
    paths = [path.vertices for collection in ax.collections for path in collection.get_paths()]
    lines = [line.get_xydata() for line in ax.lines]
    found = [(part[0, 1], *sorted(part[:, 0])) for part in [*paths, *lines] if len(part) == 2]
    return sorted((round(row), low, high) for row, low, high in found if low != high)


def marks(ax):
    """The marks drawn, as (x, y)."""
    return np.concatenate([found.get_offsets() for found in ax.collections if isinstance(found, PathCollection)])


def test_bounds_and_marks_stand_where_the_data_say_beside_the_threshold():
    rows = pd.DataFrame(
        [
            {"label": "Tokens", "group": "World", "hhi_low": 0.1, "hhi_high": 0.3, "equal": "3–10"},
            {"label": "Revenue", "group": "China", "hhi_low": 0.2, "hhi_high": 0.25, "equal": "4–5"},
        ]
    )
    (ax,) = axes(rows)
    market.concentration(ax, rows, 0.18)
    assert (0, 0.1, 0.3) in horizontal(ax) and (1, 0.2, 0.25) in horizontal(ax)
    assert {tuple(found) for found in np.round(marks(ax), 9)} >= {(0.1, 0.0), (0.2, 1.0)}
    assert {"World · Tokens", "3–10 equal", "highly concentrated"} <= set(texts(ax))


def test_ranges_of_firms_stand_where_the_data_say_on_a_log_axis():
    rows = pd.DataFrame(
        [("Home", "all", 0.2, 2.0, 9.0), ("Home", "part", 0.6, 6.0, 27.0)],
        columns=["market", "scope", "low", "median", "high"],
    )
    (ax,) = axes(rows)
    market.firms(ax, rows, (1, 5))
    assert ax.get_xscale() == "log"
    drawn = sorted((low, high) for _, low, high in horizontal(ax))
    assert drawn == [pytest.approx((0.2, 9)), pytest.approx((0.6, 27))]
    # From the top down, in the order of the scopes.
    assert [x for x, _ in sorted(marks(ax).tolist(), key=lambda mark: mark[1])] == pytest.approx([2, 6])
    assert {"Home", "all", "part"} <= set(texts(ax))


def test_both_ranges_of_a_market_stand_nearer_to_its_name_than_to_the_next():
    rows = pd.DataFrame(
        [(market, scope, 0.2, 2.0, 9.0) for market in ("Home", "Away") for scope in ("all", "part")],
        columns=["market", "scope", "low", "median", "high"],
    )
    (ax,) = axes(rows)
    market.firms(ax, rows, (1, 5))
    names = [text.xy[1] for text in ax.texts if text.get_text() in ("Home", "Away")]
    bars = sorted(y for _, y in marks(ax).tolist())
    assert [min(names, key=lambda name: abs(name - bar)) for bar in bars] == [names[0]] * 2 + [names[1]] * 2
    assert names[0] < bars[0] and bars[1] < names[1]


def test_requests_stand_in_their_rows_the_first_list_hollow():
    rows = pd.DataFrame({"name": ["A", "A", "B", "B"], "kind": ["coding and agents"] * 2 + ["entertainment"] * 2,
                         "day": [0, 1, 0, 1], "per_request": [5e4, 9e4, 1e4, 2e4]})  # fmt: skip
    (ax,) = axes(rows)
    market.requests(ax, rows)
    hollow = [line for line in ax.lines if line.get_markerfacecolor() == "none"]
    assert [line.get_xdata().tolist() for line in hollow] == [[5e4], [1e4]]
    joined = [line for line in ax.lines if len(line.get_xdata()) == 2]
    assert len(joined) == 2 and all(line.get_zorder() > ax.yaxis.get_zorder() for line in joined)
    assert ax.get_xscale() == "log" and {"coding and agents", "entertainment"} <= set(texts(ax))


def test_estimates_stand_on_their_intervals_and_on_what_could_be_seen():
    rows = pd.DataFrame({"label": ["a", "b"], "value": [0.2, -0.1], "low": [0.1, -0.4], "high": [0.3, 0.2],
                         "detectable": [0.25, 0.5], "n": [10, 20]})  # fmt: skip
    (ax,) = axes(rows)
    market.effects(ax, rows)
    assert {(0, -0.25, 0.25), (0, 0.1, 0.3), (1, -0.5, 0.5), (1, -0.4, 0.2)} <= set(horizontal(ax))
    assert {tuple(mark) for mark in np.round(marks(ax), 9)} == {(0.2, 0.0), (-0.1, 1.0)}
    assert "b (n = 20)" in texts(ax)
    *ranges, dots = ax.collections
    assert isinstance(dots, PathCollection) and dots.zorder > max(one.zorder for one in ranges)


def test_a_lone_point_is_drawn_and_each_series_named_apart_at_the_end():
    days = pd.to_datetime(["2026-01-01", "2026-05-01", "2026-05-08", "2026-05-15"])
    rows = pd.concat(pd.DataFrame({"on": days, "value": 0.2, "series": name, "stretch": [0, 1, 1, 1]}) for name in "ab")
    (ax,) = axes(rows)
    ax.set_ylim(0, 1)
    market.finished(ax, rows, "series", "value", {"a": "red", "b": "blue"})
    assert [len(line.get_xdata()) for line in ax.lines] == [1, 1]
    assert texts(ax) == ["a", "b"]
    assert ax.texts[1].xyann[1] - ax.texts[0].xyann[1] >= 10


def test_a_band_breaks_where_its_series_does():
    days = pd.date_range("2026-01-01", periods=8, freq="7D")
    rows = pd.DataFrame(
        {"on": days, "value": 0.2, "series": "a", "low": 0.1, "high": 0.3, "stretch": [0] * 4 + [1] * 4}
    )
    (ax,) = axes(rows)
    market.finished(ax, rows, "series", "value", {"a": "red"})
    assert len(ax.collections) == 2


def test_models_whose_names_would_cover_each_other_are_named_once():
    rows = pd.DataFrame({"model": ["Alpha", "Beta", "Gamma"], "entity_id": "openai", "ahead": [0.05, 0.0501, 0.5],
                         "ratio": [2.0, 2.0, 0.4]})  # fmt: skip
    figure, (ax,) = theme.canvas(rows)
    market.launches(ax, rows, 0.05, 0.5)
    named = theme.rendered(figure)[0]["image/svg+xml"]
    assert ("Alpha" in named) != ("Beta" in named)
    assert "Gamma" in named
    assert "5%" in [label.get_text() for label in ax.get_xticklabels()]


def test_the_step_under_the_cloud_is_the_cheapest_at_each_score_or_better():
    rows = pd.DataFrame({"score": [10.0, 20.0, 30.0], "blended": [1.0, 0.5, 4.0]})
    (ax,) = axes(rows)
    market.by_score(ax, rows, 25.0)
    step = dict(ax.lines[0].get_xydata().tolist())
    assert step == {30.0: 4.0, 20.0: 0.5, 10.0: 0.5}
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")


def test_estimates_beyond_the_frame_are_counted():
    found = pd.DataFrame({"premium": [0.1] * 60 + [9.0], "low": 0.0, "high": 0.2, "scale": "score", "ratio": 3,
                          "benchmark": "aa_index", "control": "released", "subset": "all"})  # fmt: skip
    ax, below = axes(found, rows=2)
    market.specification_curve(ax, below, found, {"aa_index": "Index"}, (), 0.5)
    assert {"1 above 110%", "claimed: 50%"} <= set(texts(ax))
    assert "Index" in [label.get_text() for label in below.get_yticklabels()]


def test_an_estimate_is_named_by_what_sets_it_apart():
    row = pd.Series({"horizon": -30, "near": 0.7, "floor": 0.5, "effects": True})
    assert (
        market.effect_label(row)
        == "30 days before, from seven tenths of the best, off the list as small, model effects"
    )
    plain = pd.Series({"horizon": 60, "near": 0.0, "floor": np.nan, "effects": False})
    assert market.effect_label(plain) == "60 days ahead, all models"
