"""Figures as PNG, to be pasted elsewhere: with their title, and with a line that says where they come from."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import partial
from importlib.metadata import version
from pathlib import Path

import typst

from tokenecon.markup import shown
from tokenecon.publish.chapter import Figure
from tokenecon.publish.errors import PublishError
from tokenecon.publish.fonts import faces
from tokenecon.publish.memory import kept, together

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


def write_pictures(figures: Iterable[Figure], folder: Path, origin: str) -> None:
    """Write ``<label>.png`` beside ``<label>.svg`` in ``folder`` for each figure.

    Parameters
    ----------
    figures : iterable of Figure
        Whose SVG files stand in ``folder``.
    folder : Path
        The folder of the figures; ``fonts`` stands beside it.
    origin : str
        What the line below each picture says.
    """
    together([partial(_write_picture, figure, folder, origin) for figure in figures])


def _write_picture(figure: Figure, folder: Path, origin: str) -> None:
    page = _HEAD + _PAGE.format(
        title=_string(shown(figure.title)),
        subtitle=_string(shown(figure.subtitle)),
        file=_string(f"{figure.label}.svg"),
        origin=_string(origin),
    )
    drawn = partial(_drawn, page, folder / f".{figure.label}.typ")
    (folder / f"{figure.label}.png").write_bytes(kept([version("typst"), page, figure.svg], drawn))


def _drawn(page: str, source: Path) -> bytes:
    source.write_text(page, encoding="utf-8")
    fonts = source.parents[1] / "fonts"
    try:
        return typst.compile(source, root=source.parent, font_paths=[fonts], format="png", ppi=RESOLUTION)
    except RuntimeError as error:
        raise PublishError(f"Typst cannot draw the figures: {error}") from None
    finally:
        source.unlink()


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
