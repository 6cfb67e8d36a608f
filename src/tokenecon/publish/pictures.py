"""Figures as PNG, to be pasted elsewhere: with their title, and with a line that says where they come from."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

import typst

from tokenecon.markup import shown
from tokenecon.publish.chapter import Figure
from tokenecon.publish.fonts import faces
from tokenecon.publish.memory import kept_each
from tokenecon.publish.typeset import typeset

RESOLUTION = 160
"""Pixels an inch; a figure is about seven inches wide."""

_HEAD = '#set page(width: 7.6in, height: auto, margin: 14pt)\n#set text(font: ("Lato", "Noto Sans SC"))\n'
_PAGE = """
#page[
  #if {title} != "" {{ text(weight: "bold", size: 12pt, {title}) }}
  #if {subtitle} != "" {{ v(-4pt); text(size: 9.5pt, fill: rgb("#5b6470"), {subtitle}) }}
  #image({file}, width: 100%)
  #text(size: 7.5pt, fill: rgb("#5b6470"), {origin})
]
"""


def write_pictures(figures: Sequence[Figure], folder: Path, origin: str) -> None:
    """Write ``<label>.png`` beside ``<label>.svg`` in ``folder`` for each figure.

    Parameters
    ----------
    figures : sequence of Figure
        Whose SVG files stand in ``folder``.
    folder : Path
        The folder of the figures; ``fonts`` stands beside it.
    origin : str
        What the line below each picture says.
    """
    pages = {figure.label: _page(figure, origin) for figure in figures}
    given = {figure.label: [version("typst"), pages[figure.label], figure.svg] for figure in figures}
    pictures = kept_each(given, lambda labels: _drawn({label: pages[label] for label in labels}, folder))
    for label, picture in pictures.items():
        (folder / f"{label}.png").write_bytes(picture)


def _page(figure: Figure, origin: str) -> str:
    return _PAGE.format(
        title=_string(shown(figure.title)),
        subtitle=_string(shown(figure.subtitle)),
        file=_string(f"{figure.label}.svg"),
        origin=_string(origin),
    )


def _drawn(pages: Mapping[str, str], folder: Path) -> dict[str, bytes]:
    """Draw all at once, a page each."""
    source = folder / ".pictures.typ"
    source.write_text("".join([_HEAD, *pages.values()]), encoding="utf-8")
    try:
        typeset(source, folder / ".{p}.png", folder.parent / "fonts", "the figures", format="png", ppi=RESOLUTION)
    finally:
        source.unlink()
    files = {label: folder / f".{number}.png" for number, label in enumerate(pages, 1)}
    drawn = {label: file.read_bytes() for label, file in files.items()}
    for file in files.values():
        file.unlink()
    return drawn


def _string(text: str) -> str:
    # Typst reads the escapes of JSON but for \u, which ``ensure_ascii=False`` leaves out.
    return json.dumps(text, ensure_ascii=False)


def write_card(file: Path, title: str, subtitle: str, edition: str) -> None:
    """Write the picture that stands for the report where it is linked to."""
    source = f"""
#set page(width: 1200pt, height: 630pt, margin: 80pt, fill: rgb("#ffffff"))
#set text(font: ("Lato", "Noto Sans SC"), fill: rgb("#1f2328"))
#line(length: 160pt, stroke: 10pt + rgb("#0b62a4"))
#v(40pt)
#text(size: 92pt, weight: "bold", {_string(title)})
#v(4pt)
#text(size: 40pt, fill: rgb("#5b6470"), {_string(subtitle)})
#v(1fr)
#text(size: 30pt, {_string(edition)})
"""
    folders = sorted({face.file.parent for face in faces()})
    file.write_bytes(typst.compile(source.encode(), font_paths=typst.Fonts(font_paths=folders), format="png", ppi=72))
