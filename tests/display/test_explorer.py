import json
import re

import pandas as pd
import pytest
from matplotlib.figure import Figure as Canvas

from tokenecon.analysis.pricing.choices import choices
from tokenecon.catalog import Catalog
from tokenecon.display import explorer, figure


@pytest.fixture(scope="module", params=["2025FY", "2026H1"])
def drawn(request):
    cat = Catalog.open(request.param)
    views = choices(cat.list_prices().frame, cat.capability, cat.models, cat.entities, cat.edition.as_of)
    names = cat.entities.set_index("entity_id")["name"]
    return views, explorer.explorer(views, cat.benchmarks, names, "A finding", "A unit")


def content(html):
    return json.loads(re.search(r'<script type="application/json">(.*?)</script>', html, re.S)[1])


def test_the_output_holds_the_picture_once_more_with_its_script(drawn):
    _, shown = drawn
    data, metadata = shown._repr_mimebundle_()
    assert list(data) == ["image/svg+xml", "text/plain", "text/html"]
    assert data["text/html"].count(shown.svg[shown.svg.index("<svg") :].strip()) == 1
    assert metadata["tokenecon"]["finding"] == "A finding"
    assert len(data["text/html"]) < 300_000
    assert not re.search(r"""(src|href)=["']?(https?:)?//|url\(|@import|fetch\(|XMLHttp""", content_and_code(shown))


def content_and_code(shown):
    return shown.html.replace(shown.svg[shown.svg.index("<svg") :].strip(), "")


def test_the_picture_says_n_medians_and_intervals(drawn):
    views, shown = drawn
    for country in ("CN", "US"):
        row = views.opening_medians.loc[country]
        assert f"n = {row['n']:.0f}" in shown.svg
        assert f"{explorer._money(row['median'])} ({explorer._money(row['low'])}–" in shown.svg


def test_no_label_covers_another(monkeypatch):
    cat = Catalog.open("2026H1")
    views = choices(cat.list_prices().frame, cat.capability, cat.models, cat.entities, cat.edition.as_of)
    kept = []
    monkeypatch.setattr(
        explorer, "finish", lambda canvas, *_: kept.append(canvas) or figure.Figure("<svg/>", views.view, "")
    )
    explorer.explorer(views, cat.benchmarks, cat.entities.set_index("entity_id")["name"], "", "")
    (canvas,) = kept
    assert isinstance(canvas, Canvas)
    boxes = [text.get_window_extent() for text in canvas.axes[0].texts]
    assert len(boxes) > 6
    for place, box in enumerate(boxes):
        assert not box.count_overlaps(boxes[:place])


def test_what_the_script_draws_from_is_the_analysis(drawn):
    views, shown = drawn
    data = content(shown.html)
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
    shown = figure.interactive(figure.Figure("<svg/>", pd.DataFrame(), "x"), "explorer", {"name": "</script><b>"})
    assert content(shown.html)["name"] == "</script><b>"
    assert shown.html.count("</script>") == 2
    (tmp_path / "bad.js").write_text("'</script>'")
    (tmp_path / "bad.css").write_text("")
    monkeypatch.setattr(figure, "files", lambda _: tmp_path)
    with pytest.raises(ValueError, match=r"bad\.js ends the element"):
        figure.interactive(shown, "bad", {})
