import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tokenecon.analysis.pricing.choices import choices
from tokenecon.catalog import Catalog, data_root
from tokenecon.catalog.schema import Schema
from tokenecon.display import explorer, theme


def views_of(cat):
    edition = cat.edition
    tables = cat.list_prices().frame, cat.capability, cat.models, cat.entities
    return choices(*tables, edition.as_of, edition.countries)


@pytest.fixture(scope="module", params=["2025FY", "2026H1"])
def drawn(request):
    cat = Catalog.open(request.param)
    views = views_of(cat)
    names = cat.entities.set_index("entity_id")["name"]
    theme.use()
    return views, *theme.rendered(explorer.explorer(views, cat.benchmarks, names, cat.countries))


def content(html):
    return json.loads(re.search(r'<script type="application/json">(.*?)</script>', html, re.S)[1])


def test_the_output_holds_the_picture_once_more_with_its_script(drawn):
    _, data, metadata = drawn
    assert list(data) == ["image/svg+xml", "text/plain", "text/html"]
    assert list(metadata) == ["data_csv"]
    assert data["text/html"].count(bare(data)) == 1
    assert len(data["text/html"]) < 300_000
    assert not re.search(r"""(src|href)=["']?(https?:)?//|url\(|@import|fetch\(|XMLHttp""", content_and_code(data))


def bare(data):
    return data["image/svg+xml"][data["image/svg+xml"].index("<svg") :].strip()


def content_and_code(data):
    return data["text/html"].replace(bare(data), "")


def test_the_picture_says_n_medians_and_intervals(drawn):
    views, data, _ = drawn
    for country in ("CN", "US"):
        row = views.opening_medians.loc[country]
        assert f"n = {row['n']:.0f}" in data["image/svg+xml"]
        assert f"{explorer._money(row['median'])} ({explorer._money(row['low'])}–" in data["image/svg+xml"]


def test_no_label_covers_another():
    cat = Catalog.open("2026H1")
    views = views_of(cat)
    canvas = explorer.explorer(views, cat.benchmarks, cat.entities.set_index("entity_id")["name"], cat.countries)
    boxes = [text.get_window_extent() for text in canvas.axes[0].texts]
    assert len(boxes) > 6
    for place, box in enumerate(boxes):
        assert not box.count_overlaps(boxes[:place])


def test_points_stand_at_price_and_score():
    cat = Catalog.open("2026H1")
    views = views_of(cat)
    canvas = explorer.explorer(views, cat.benchmarks, cat.entities.set_index("entity_id")["name"], cat.countries)
    points = [point for drawn in canvas.axes[0].collections for point in drawn.get_offsets().tolist()]
    assert np.allclose(sorted(points), sorted(views.view[["score", "blended"]].to_numpy().tolist()), rtol=1e-12)


def test_what_the_script_draws_from_is_the_analysis(drawn):
    views, shown, _ = drawn
    data = content(shown["text/html"])
    days = [pd.Timestamp(day) for day in data["days"]]
    assert days == sorted(views.frame["day"].unique())
    held = {view: rows for view, rows in views.frame.groupby(["benchmark", "ratio", "day"])}
    count = 0
    for name, about in zip(views.frame["benchmark"].unique(), data["tests"], strict=True):
        scores = {model: score for model, score, _ in about["scores"]}
        for mix, spans in zip(data["mixes"], data["prices"], strict=True):
            own = [(scores[model], price, first, last) for model, first, last, price in spans if model in scores]
            count += sum(last - first + 1 for *_, first, last in own)
            rows = held[name, mix, days[-2]]
            found = sorted((score, price) for score, price, first, last in own if first <= len(days) - 2 <= last)
            assert found == sorted(zip(*(rows[key].map(explorer._short) for key in ("score", "blended")), strict=True))
    assert count == len(views.frame)


def test_markup_in_the_data_stays_data(tmp_path, monkeypatch):
    html = theme._changeable("<svg/>", "explorer", {"name": "</script><b>"})
    assert content(html)["name"] == "</script><b>"
    assert html.count("</script>") == 2
    (tmp_path / "bad.js").write_text("'</script>'")
    (tmp_path / "bad.css").write_text("")
    monkeypatch.setattr(theme, "files", lambda _: tmp_path)
    with pytest.raises(ValueError, match=r"bad\.js ends the element"):
        theme._changeable("<svg/>", "bad", {})


def test_the_script_knows_every_mark_that_a_row_may_give():
    shapes = re.search(r"SHAPES = \{(.*?)\};", (Path(explorer.__file__).parent / "explorer.js").read_text(), re.S)[1]
    marks = Schema.load(data_root()).tables["entities"].enum("marker")
    assert set(marks) <= set(re.findall(r'"?([^\s"]+)"?: "M', shapes))
