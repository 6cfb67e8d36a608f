"""What a figure cell and a table cell return: the picture or text, with its data and its finding beside it."""

from __future__ import annotations

import io
import json
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from importlib.resources import files
from typing import Any

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure as Canvas

from tokenecon.display import style
from tokenecon.display.narrative import Fact, Phrase, facts_metadata


@dataclass(frozen=True)
class Figure:
    """A finished figure.

    Parameters
    ----------
    svg : str
        The picture, its text kept as text.
    data : pandas.DataFrame
        What is drawn, in base units; offered for download.
    finding : str
        The title: one sentence that states what the picture shows. Publishing adds it to the alt text.
    facts : mapping of str to Fact
        The numbers printed in the title.
    html : str
        The same picture with what a script needs to let a reader change it (see :func:`interactive`), or nothing.
        A page shows it in place of the picture; without scripts, and in the PDF, the picture stays as it is.
    """

    svg: str
    data: pd.DataFrame
    finding: str
    facts: Mapping[str, Fact] = field(default_factory=dict)
    html: str = ""

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[dict, dict]:
        metadata = facts_metadata(self.facts, data_csv=csv_text(self.data), finding=self.finding)
        shown = {"image/svg+xml": self.svg, "text/plain": f"Figure: {self.finding}"}
        return shown | ({"text/html": self.html} if self.html else {}), metadata


def finish(canvas: Canvas, title: str, subtitle: str, data: pd.DataFrame) -> Figure:
    """Put the finding and the unit above ``canvas``, draw it to SVG, and close it.

    Parameters
    ----------
    canvas : matplotlib.figure.Figure
        Drawn with ``layout="constrained"``.
    title : str
        The finding, a sentence; a :class:`~tokenecon.display.narrative.Phrase` brings its facts along.
    subtitle : str
        What is measured, and its unit.
    data : pandas.DataFrame
        The data drawn.
    """
    width, height = canvas.get_size_inches()
    lines = _wrap(title, characters=int(width * 12.5))
    head = 0.22 * len(lines) + 0.27
    canvas.set_size_inches(width, height + head)
    canvas.get_layout_engine().set(rect=(0, 0, 1, height / (height + head)))
    top = 1 - 0.03 / (height + head)
    canvas.text(0.008, top, "\n".join(lines), va="top", ha="left", size=12, weight="bold", linespacing=1.25)
    below = top - (0.22 * len(lines) + 0.02) / (height + head)
    canvas.text(0.008, below, subtitle, va="top", ha="left", size=9.5, color=style.MUTED)
    buffer = io.StringIO()
    canvas.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None, "Title": str(title)})
    plt.close(canvas)
    facts = title.facts if isinstance(title, Phrase) else {}
    svg = buffer.getvalue().replace(f"'{style.FONT}'", style.FONT_STACK)
    return Figure(svg, data, str(title), facts)


def interactive(figure: Figure, script: str, content: Mapping[str, Any]) -> Figure:
    """Let readers of the page change a figure; nothing is fetched, and the finished picture remains its static twin.

    Parameters
    ----------
    figure : Figure
        What opens, and what is left where no script runs.
    script : str
        Name of a script in this folder, without its ending; ``<name>.css`` beside it is its style. It finds its
        place as ``document.currentScript.parentElement``: an element with the picture in ``.figure-box``, an empty
        ``.live``, and ``content`` as JSON, its ``style`` being the style sheet. It hides the one and fills the other.
    content : mapping
        What the script draws from: plain values.

    Returns
    -------
    Figure
        The same with ``html``.
    """
    folder = files("tokenecon.display")
    code, look = ((folder / f"{script}.{kind}").read_text(encoding="utf-8") for kind in ("js", "css"))
    if "</script" in code:
        raise ValueError(f"{script}.js ends the element that holds it: write <\\/script")
    packed = json.dumps({"style": look, **content}, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    packed = packed.replace("<", "\\u003c")
    parts = [
        '<div class="interactive">',
        f'<div class="figure-box">\n{bare_svg(figure.svg)}\n</div>',
        '<div class="live" hidden></div>',
        f'<script type="application/json">{packed}</script>',
        f"<script>\n{code}</script>",
        "</div>",
    ]
    return replace(figure, html="\n".join(parts))


def bare_svg(svg: str) -> str:
    """Return the element of an SVG file, as it stands in a page."""
    return svg[svg.index("<svg") :].strip()


def csv_text(data: pd.DataFrame) -> str:
    """Return ``data`` as CSV with dates as ISO days and floats to twelve significant digits."""
    return data.to_csv(index=False, date_format="%Y-%m-%d", float_format="%.12g", lineterminator="\n")


def _wrap(text: str, characters: int) -> list[str]:
    return textwrap.wrap(text, characters) or [""]
