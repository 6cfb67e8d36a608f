"""The one look of all figures: font, colours, evidence marks.

Colours are a variant of Okabe and Ito's colour-blind-safe set (2008). A colour belongs to one entity everywhere, and
China and the United States have a pair of their own; no meaning is carried by colour alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import font_lato
import matplotlib as mpl
from matplotlib import font_manager

INK = "#1f2328"
MUTED = "#5b6470"
GRID = "#d5d9de"

ENTITY_COLOURS: Mapping[str, str] = {
    "zhipu": "#0b62a4",
    "minimax": "#c8500a",
    "moonshot": "#7a4ea3",
    "deepseek": "#00795c",
    "alibaba": "#9a7500",
    "bytedance": "#5f6b75",
    "anthropic": "#a63d57",
    "openai": "#3d7f86",
    "google": "#6b7a1f",
}
COUNTRY_COLOURS: Mapping[str, str] = {"CN": "#b8443c", "US": "#2f6db3"}

# Parts of one entity's revenue: the token business dark, the rest lighter, each with its own hatch.
ROUTE_TINTS: Mapping[str, float] = {"api": 0.0, "deployment": 0.55, "product": 0.55}
ROUTE_HATCHES: Mapping[str, str] = {"api": "", "deployment": "////", "product": "////"}

# A stronger tier has the fuller mark; a forecast is always hollow and dashed.
TIER_MARKERS: Mapping[str, str] = {
    "filing": "o",
    "official": "o",
    "company": "s",
    "market_research": "D",
    "press": "^",
    "compilation": "v",
    "opinion": "X",
}
TIER_LABELS: Mapping[str, str] = {
    "filing": "filing",
    "official": "official statistics",
    "company": "company statement",
    "market_research": "market research",
    "press": "press report",
    "compilation": "compilation",
    "opinion": "opinion",
}

FONT = "Lato"
FONT_STACK = "Lato, 'Helvetica Neue', Arial, sans-serif"
"""What an SVG asks for: the reader's page and the PDF carry the font, a browser showing the bare file may not."""

WIDTH = 7.2
"""Width of every figure in inches; heights vary."""


def use() -> None:
    """Set matplotlib to the report's look: Lato, transparent ground, text kept as text, stable element names."""
    _register_fonts()
    mpl.rcParams.update(mpl.rcParamsDefault)
    mpl.rcParams.update(
        {
            "figure.figsize": (WIDTH, 4.0),
            "figure.facecolor": "none",
            "savefig.facecolor": "none",
            "axes.facecolor": "none",
            "font.family": FONT,
            "font.size": 9.5,
            "text.color": INK,
            "text.parse_math": False,
            "axes.labelcolor": MUTED,
            "axes.edgecolor": MUTED,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.spines.left": False,
            "axes.grid": True,
            "axes.grid.axis": "y",
            "axes.axisbelow": True,
            "axes.titlesize": 10,
            "axes.titleweight": "bold",
            "axes.titlelocation": "left",
            "axes.unicode_minus": True,
            "grid.color": GRID,
            "grid.linewidth": 0.7,
            "xtick.color": MUTED,
            "ytick.color": MUTED,
            "xtick.labelcolor": MUTED,
            "ytick.labelcolor": MUTED,
            "ytick.major.size": 0,
            "ytick.minor.size": 0,
            "xtick.major.size": 3,
            "hatch.linewidth": 0.6,
            "lines.linewidth": 1.8,
            "lines.markersize": 6,
            "legend.frameon": False,
            "svg.fonttype": "none",
            "svg.hashsalt": "tokenecon",
        }
    )


@cache
def _register_fonts() -> None:
    for path in sorted((Path(font_lato.__file__).parent / "files").glob("*.ttf")):
        font_manager.fontManager.addfont(str(path))


def tint(colour: str, share_white: float) -> str:
    """Return ``colour`` mixed with white: 0 leaves it, 1 is white."""
    rgb = mpl.colors.to_rgb(colour)
    return mpl.colors.to_hex([c + (1 - c) * share_white for c in rgb])
