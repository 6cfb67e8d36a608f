"""The fonts of the report: whole ones for the PDF, small WOFF2 files with only the letters in use for the pages."""

from __future__ import annotations

import io
import shutil
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, partial
from importlib.metadata import version
from importlib.resources import files
from itertools import groupby
from pathlib import Path

import pylopdf_fonts_zh_cn
import typst

from tokenecon.publish.errors import PublishError
from tokenecon.publish.memory import derived, kept

HAN = "Noto Sans SC"
"""The family that Chinese names are set in."""

FIRST_HAN = 0x2E80

SHEET = "fonts.css"
"""Names the fonts to the pages."""

BASIC = "".join(map(chr, (*range(0x20, 0x7F), *range(0xA0, 0x180))))
"""Letters that a page may show though the book does not: what a reader types, what a script writes."""

_MADE_WITH = [f"{name} {version(name)}" for name in ("fonttools", "brotli", "font-lato", "pylopdf-fonts-zh-cn")]


@dataclass(frozen=True)
class Face:
    """A font file: the family, weight and style that pages know it by."""

    file: Path
    family: str
    weight: int
    style: str


@cache
def faces() -> tuple[Face, ...]:
    """Return the faces in use."""
    lato = Path(str(files("font_lato") / "files"))
    return (
        Face(lato / "Lato-Regular.ttf", "Lato", 400, "normal"),
        Face(lato / "Lato-Bold.ttf", "Lato", 700, "normal"),
        Face(lato / "Lato-Italic.ttf", "Lato", 400, "italic"),
        Face(lato / "Lato-BoldItalic.ttf", "Lato", 700, "italic"),
        Face(pylopdf_fonts_zh_cn.sans_path(), HAN, 400, "normal"),
    )


def write_fonts(target: Path, texts: Iterable[str]) -> None:
    """Write the fonts that a PDF of ``texts`` needs into ``target``, whole, and a sheet for :func:`write_web_fonts`."""
    target.mkdir()
    for face, _ in _faces_of(texts):
        shutil.copy(face.file, target)
    (target / SHEET).write_text("", encoding="utf-8")


def write_web_fonts(target: Path, texts: Iterable[str]) -> None:
    """Write the fonts of pages with ``texts`` into ``target``, with no other letters, and the sheet that names them."""
    target.mkdir(exist_ok=True)
    rules = []
    for face, letters in _faces_of(texts):
        name = f"{face.file.stem}.woff2"
        given = [face.file.name, *_MADE_WITH, "".join(map(chr, sorted(letters)))]
        (target / name).write_bytes(kept(given, partial(_subset, face.file, letters)))
        rules.append(_rule(face, name, letters if face.family == HAN else ()))
    (target / SHEET).write_text("\n".join(rules) + "\n", encoding="utf-8")
    (target / "OFL.txt").write_bytes((faces()[0].file.parent / "OFL.txt").read_bytes())


def _faces_of(texts: Iterable[str]) -> Iterator[tuple[Face, frozenset[int]]]:
    """Yield the faces in which letters of ``texts`` are set, with these."""
    used = set().union(BASIC, *texts)
    for face in faces():
        letters = frozenset(letter for letter in map(ord, used) if face.family != HAN or letter >= FIRST_HAN)
        if letters := letters & _letters(face.file):
            yield face, letters


def check_glyphs(texts: Mapping[str, str]) -> None:
    """Refuse texts, given by their place, with a character for which the fonts of the PDF have no glyph.

    Typst is asked, since it brings fonts of its own; those of the machine do not count.

    Raises
    ------
    PublishError
        One line a place, which names the characters.
    """
    used = {letter for letter in set().union(*texts.values()) if ord(letter) > 0x7F and _is_seen(letter)}
    letters = "".join(sorted(used))
    lost = derived(["glyphs", letters], lambda: _without_glyph(letters), alone=True)
    problems = []
    for place, text in texts.items():
        if here := sorted(lost & set(text)):
            named = ", ".join(f"{letter} (U+{ord(letter):04X})" for letter in here)
            problems.append(f"{place}: no font of the report has {named}: write it otherwise, or add a font")
    if problems:
        raise PublishError("\n".join(problems))


def _is_seen(letter: str) -> bool:
    return unicodedata.category(letter)[0] in "LNPS" and not 0xE000 <= ord(letter) <= 0xF8FF


@cache
def _without_glyph(letters: str) -> frozenset[str]:
    """Return those of ``letters`` that come out of a PDF as the null character, which stands for no glyph."""
    if not letters:
        return frozenset()
    from pypdf import PdfReader

    pages = "\n#pagebreak()\n".join(f"#str.from-unicode({ord(letter)})" for letter in letters)
    source = f'#set text(font: ("Lato", "{HAN}", "Libertinus Serif"))\n{pages}'
    folders = sorted({face.file.parent for face in faces()})
    made = typst.compile(source.encode(), font_paths=typst.Fonts(include_system_fonts=False, font_paths=folders))
    found = PdfReader(io.BytesIO(made)).pages
    return frozenset(letter for letter, page in zip(letters, found, strict=True) if "\0" in page.extract_text())


@cache
def _letters(file: Path) -> frozenset[int]:
    return derived(["letters", file.name, *_MADE_WITH], lambda: _letters_in(file), alone=True)


def _letters_in(file: Path) -> frozenset[int]:
    from fontTools.ttLib import TTFont

    with TTFont(file, lazy=True) as font:
        return frozenset(font.getBestCmap())


@cache
def _subset(file: Path, letters: frozenset[int]) -> bytes:
    from fontTools.subset import Options, Subsetter
    from fontTools.ttLib import TTFont

    options = Options(flavor="woff2", notdef_outline=True, hinting=False)
    options.layout_features = ["kern", "liga", "lnum", "tnum", "mark", "ccmp", "locl"]
    with TTFont(file, recalcTimestamp=False) as font:
        subsetter = Subsetter(options)
        subsetter.populate(unicodes=letters)
        subsetter.subset(font)
        font.flavor = "woff2"
        buffer = io.BytesIO()
        font.save(buffer)
    return buffer.getvalue()


def _rule(face: Face, name: str, letters: Iterable[int]) -> str:
    parts = [
        f'font-family: "{face.family}"', f'src: url("{name}") format("woff2")', f"font-weight: {face.weight}",
        f"font-style: {face.style}", "font-display: swap",
    ]  # fmt: skip
    if spans := list(_spans(letters)):
        parts.append(f"unicode-range: {', '.join(spans)}")
    return f"@font-face {{ {'; '.join(parts)}; }}"


def _spans(letters: Iterable[int]) -> Iterator[str]:
    """Write code points as CSS does, neighbours together."""
    for _, run in groupby(enumerate(sorted(letters)), lambda one: one[1] - one[0]):
        first, *more = (letter for _, letter in run)
        yield f"U+{first:X}-{more[-1]:X}" if more else f"U+{first:X}"
