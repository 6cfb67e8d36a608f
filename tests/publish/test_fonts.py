"""Fonts: every letter of the report has a glyph or is named; pages get only the letters in use."""

import io
import re
from pathlib import Path

import pytest
import yaml
from fontTools.ttLib import TTFont

from tokenecon.publish.errors import PublishError
from tokenecon.publish.fonts import check_glyphs, faces, write_fonts, write_web_fonts


def test_letters_with_a_glyph_pass():
    check_glyphs({"a": "Zhipu 智谱, naïve façade, 1 − 2 ≥ 3, “quoted” → ×", "b": "", "c": "\u200b\u00a0\u202f"})


def test_letters_without_a_glyph_are_named_with_their_place():
    with pytest.raises(PublishError) as caught:
        check_glyphs({"01_one.ipynb": "A smile 😀 and ก", "02_two.ipynb": "plain", "data": "ก again"})
    assert str(caught.value).splitlines() == [
        "01_one.ipynb: no font of the report has ก (U+0E01), 😀 (U+1F600): write it otherwise, or add a font",
        "data: no font of the report has ก (U+0E01): write it otherwise, or add a font",
    ]


@pytest.mark.parametrize(("text", "han"), [("Plain text", False), ("智谱AI", True)])
def test_pages_get_small_fonts_with_the_letters_in_use(tmp_path, text, han):
    write_web_fonts(tmp_path / "fonts", [text])
    sheet = (tmp_path / "fonts/fonts.css").read_text(encoding="utf-8")
    files = {file.name: file for file in (tmp_path / "fonts").glob("*.woff2")}
    assert ("NotoSansSC-Regular.woff2" in files) is han
    assert ("U+667A" in sheet) is han
    for name, file in files.items():
        assert name in sheet and file.stat().st_size < 40_000
    with TTFont(io.BytesIO(files["Lato-Regular.woff2"].read_bytes())) as font:
        assert set(map(ord, "Plain text")) <= set(font.getBestCmap())
    if han:
        with TTFont(io.BytesIO(files["NotoSansSC-Regular.woff2"].read_bytes())) as font:
            assert set(font.getBestCmap()) == {ord("智"), ord("谱")}


def test_pages_of_both_renderers_ask_for_every_family():
    report = Path(__file__).parents[2] / "report"
    quarto = yaml.safe_load((report / "_quarto.yml").read_text(encoding="utf-8"))["format"]["html"]["mainfont"]
    style = (report / "embedded/book.css").read_text(encoding="utf-8")
    embedded = re.search(r"^body \{[^}]*font:([^;]*)", style, re.MULTILINE)
    assert embedded
    for face in faces():
        assert face.family in quarto
        assert face.family in embedded[1]


def test_fonts_are_the_same_bytes_each_time(tmp_path):
    for name in ("a", "b"):
        write_fonts(tmp_path / name, ["智谱"])
        write_web_fonts(tmp_path / name, ["智谱"])
    assert all((tmp_path / "b" / file.name).read_bytes() == file.read_bytes() for file in (tmp_path / "a").iterdir())
