"""One theme for every figure: seaborn's settings, one colour an entity, and how a finished figure becomes output.

A figure cell ends in the figure itself, made with :func:`canvas` or by seaborn (a ``seaborn.objects`` plot, a facet
grid). Its title and subtitle are the cell options ``fig-title`` and ``fig-subtitle``. The output is an SVG with its
text kept as text, the data drawn as CSV, and the same figure laid out again for a narrow screen; or, of a figure that
:func:`interactive` was told of, what a script needs to let readers change it.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns
import seaborn.objects as so
from IPython import get_ipython
from IPython.display import display
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from matplotlib.text import Text

from tokenecon.catalog import Company
from tokenecon.display import style
from tokenecon.display.tables import csv_text

NARROW = 3.75
"""Width of the drawing for narrow screens, in inches: 360 pixels at the size of its text."""

EDGE = f"paint-order: stroke; stroke: {style.GROUND}; stroke-width: 2.5; stroke-linejoin: round"
"""Look of words that a line may cross: an edge in the colour of the page, painted below the letters."""


def use() -> None:
    """Set seaborn and matplotlib to the report's look, and let cells end in a figure."""
    style.use()
    sns.set_theme(style=None, palette=list(style.ENTITY_COLOURS.values()), rc=dict(mpl.rcParams))
    shell = get_ipython()
    if shell is not None:
        formatter = shell.display_formatter.ipython_display_formatter
        for kind in (Figure, so.Plot, sns.FacetGrid):
            formatter.for_type(kind, show)


def canvas(
    data: pd.DataFrame, columns: int = 1, rows: int = 1, height: float = 3.2, **layout: Any
) -> tuple[Figure, list[Axes]]:
    """Return an empty figure of the report's width that will show ``data``, and its axes in reading order.

    Parameters
    ----------
    data : pandas.DataFrame
        What is drawn, in base units; offered for download beside the figure.
    columns, rows : int
        Panels side by side and above each other.
    height : float
        Of the whole, in inches.
    **layout
        Further arguments of ``matplotlib.pyplot.subplots``, such as ``sharey`` and ``width_ratios``.
    """
    size = (style.WIDTH, height)
    figure, axes = plt.subplots(rows, columns, figsize=size, squeeze=False, layout="constrained", **layout)
    figure.data = data
    return figure, list(axes.flat)


def colours(companies: Sequence[Company]) -> dict[str, str]:
    """Return the colour of each company by its name, as seaborn's ``palette`` takes it."""
    return {company.name: company.colour for company in companies}


def marks(companies: Sequence[Company]) -> dict[str, Any]:
    """Return what draws companies apart where ``hue`` and ``style`` are their names: colours, marks, no legend."""
    return apart(colours(companies), markers={company.name: company.marker for company in companies})


def apart(palette: Mapping[str, str], **looks: Any) -> dict[str, Any]:
    """Return what draws series apart in seaborn by ``hue`` and ``style``, in the order of their colours: no legend."""
    names = list(palette)
    return {"palette": palette, "hue_order": names, "style_order": names, "legend": False, **looks}


def shades(rows: pd.DataFrame, company: Company) -> dict[str, str]:
    """Return a colour for each ``line`` of one company's rows: its own for the token business, tints for the rest."""
    lines = rows.drop_duplicates("line").set_index("line")["route"]
    return {line: style.tint(company.colour, style.ROUTE_TINTS.get(route, 0.3)) for line, route in lines.items()}


def show(shown: Figure | so.Plot | sns.FacetGrid) -> None:
    """Display a finished figure as the report keeps it; IPython calls this for the figure that a cell ends in.

    Raises
    ------
    ValueError
        If the figure does not know the data that it draws.
    """
    bundle, metadata = rendered(shown)
    display(bundle, metadata={"tokenecon": metadata}, raw=True)


def rendered(shown: Figure | so.Plot | sns.FacetGrid) -> tuple[Mapping[str, str], Mapping[str, Any]]:
    """Return the output of a figure, and what publishing takes from it; the figure is closed."""
    figure, data = _finished(shown)
    if data is None or not len(data):
        raise ValueError("the figure brings no data: make it with theme.canvas(data), and draw from that")
    csv = csv_text(data)
    wide = _svg(figure)
    shown = {"image/svg+xml": wide, "text/plain": "Figure"}
    if script := getattr(figure, "script", None):
        plt.close(figure)
        return shown | {"text/html": _changeable(wide, *script)}, {"data_csv": csv}
    narrow = _svg(_stacked(figure))
    plt.close(figure)
    return shown, {"data_csv": csv, "narrow": narrow}


def interactive(figure: Figure, script: str, content: Mapping[str, Any]) -> Figure:
    """Let readers of the page change a figure; nothing is fetched, and the finished picture remains its static twin.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        What opens, and what is left where no script runs, and in the PDF.
    script : str
        Name of a script in this folder, without its ending; ``<name>.css`` beside it is its style. It finds its
        place as ``document.currentScript.parentElement``: an element with the picture in ``.figure-box``, an empty
        ``.live``, and ``content`` as JSON, its ``style`` being the style sheet. It hides the one and fills the other.
    content : mapping
        What the script draws from: plain values.
    """
    figure.script = script, content
    return figure


def _changeable(svg: str, script: str, content: Mapping[str, Any]) -> str:
    folder = files("tokenecon.display")
    code, look = ((folder / f"{script}.{kind}").read_text(encoding="utf-8") for kind in ("js", "css"))
    if "</script" in code:
        raise ValueError(f"{script}.js ends the element that holds it: write <\\/script")
    packed = json.dumps({"style": look, **content}, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    packed = packed.replace("<", "\\u003c")
    parts = [
        '<div class="interactive">',
        f'<div class="figure-box">\n{svg[svg.index("<svg") :].strip()}\n</div>',
        '<div class="live" hidden></div>',
        f'<script type="application/json">{packed}</script>',
        f"<script>\n{code}</script>",
        "</div>",
    ]
    return "\n".join(parts)


def _finished(shown: Figure | so.Plot | sns.FacetGrid) -> tuple[Figure, pd.DataFrame | None]:
    if isinstance(shown, so.Plot):
        figure = plt.figure(figsize=(style.WIDTH, 3.2), layout="constrained")
        shown.on(figure).plot()
        return figure, shown._data.source_data
    if isinstance(shown, sns.FacetGrid):
        return shown.figure, shown.data
    return shown, getattr(shown, "data", None)


def _stacked(figure: Figure) -> Figure:
    """Lay a finished figure out again with one panel below the other, in reading order."""
    panels = [ax for ax in figure.axes if ax.get_subplotspec() is not None]
    height = figure.get_size_inches()[1]
    rows = panels[0].get_subplotspec().get_gridspec().nrows if panels else 1
    grid = figure.add_gridspec(max(1, len(panels)), 1)
    for place, ax in enumerate(panels):
        ax.set_subplotspec(grid[place])
        ax.tick_params(labelleft=True, labelbottom=True)
    figure.set_size_inches(NARROW, height / rows * max(1, len(panels)))
    return figure


def _make_room(figure: Figure) -> None:
    """Leave out spare notes (``plots.note``) that would cover another text or a mark at this size."""
    written = [text for ax in figure.axes for text in ax.texts]
    spare = [text for text in written if getattr(text, "spare", False)]
    for text in spare:
        text.set_visible(True)
    if spare:
        figure.draw_without_rendering()
    taken = [text.get_window_extent() for text in written if text not in spare and text.get_text()]
    drawn = [points for ax in figure.axes for points in ax.collections if isinstance(points, PathCollection)]
    marks = [mark for points in drawn for mark in points.get_offset_transform().transform(points.get_offsets())]
    for text in spare:
        box = text.get_window_extent()
        text.set_visible(not box.count_overlaps(taken) and not any(box.contains(*mark) for mark in marks))
        taken += [box] if text.get_visible() else []


def _crossed(figure: Figure) -> Iterator[Text]:
    """Yield the words that stand where lines are drawn: notes and keys, but for labels with a box of their own."""
    for ax in figure.axes:
        key = ax.get_legend()
        yield from (text for text in ax.texts if text.get_bbox_patch() is None)
        yield from key.get_texts() if key else ()


def _svg(figure: Figure) -> str:
    _make_room(figure)
    for number, text in enumerate(_crossed(figure)):
        text.set_gid(f"crossed-{number}")
    buffer = io.StringIO()
    # Not savefig, which draws a figure with a layout engine once more beforehand.
    FigureCanvasSVG(figure).print_svg(buffer, metadata={"Date": None, "Creator": None})
    drawn = buffer.getvalue().replace(f"'{style.FONT}'", style.FONT_STACK)
    edged = f'<text style="{EDGE}; '
    return re.sub(r'<g id="crossed-.*?</g>', lambda found: found[0].replace('<text style="', edged), drawn, flags=re.S)
