"""What a figure cell and a table cell return: the picture or text, with its data and its finding beside it."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure as Canvas

from tokenecon.display import style
from tokenecon.display.narrative import Fact, Phrase, facts_metadata
from tokenecon.display.tables import csv_text


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
    """

    svg: str
    data: pd.DataFrame
    finding: str
    facts: Mapping[str, Fact] = field(default_factory=dict)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[dict, dict]:
        metadata = facts_metadata(self.facts, data_csv=csv_text(self.data), finding=self.finding)
        shown = {"image/svg+xml": self.svg, "text/plain": f"Figure: {self.finding}"}
        return shown, metadata


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


def _wrap(text: str, characters: int) -> list[str]:
    return textwrap.wrap(text, characters) or [""]
