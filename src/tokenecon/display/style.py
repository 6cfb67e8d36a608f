"""The one look of all figures: font, colours, evidence marks.

Colours are a variant of Okabe and Ito's colour-blind-safe set (2008). A colour belongs to one entity everywhere, and
two countries set side by side have a pair of their own; no meaning is carried by colour alone. Each has a partner for a
dark page, chosen by eye on that page's ground.
"""

from __future__ import annotations

import colorsys
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path

import font_lato
import matplotlib as mpl
import pylopdf_fonts_zh_cn
from matplotlib import font_manager

from tokenecon.catalog.countries import LOOKS

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

GROUND, DARK_GROUND = "#ffffff", "#14171b"
DARK: Mapping[str, str] = {
    GROUND: DARK_GROUND,
    "#000000": "#eef1f4",
    INK: "#e2e6eb",
    MUTED: "#a5afba",
    GRID: "#39414a",
    ENTITY_COLOURS["zhipu"]: "#62b2f2",
    ENTITY_COLOURS["minimax"]: "#f68d4f",
    ENTITY_COLOURS["moonshot"]: "#bb98e4",
    ENTITY_COLOURS["deepseek"]: "#3fc79e",
    ENTITY_COLOURS["alibaba"]: "#d8b23e",
    ENTITY_COLOURS["bytedance"]: "#abb6c1",
    ENTITY_COLOURS["anthropic"]: "#ee8ea6",
    ENTITY_COLOURS["openai"]: "#6fc4cc",
    ENTITY_COLOURS["google"]: "#b5c65a",
    **dict(zip((colour for colour, _ in LOOKS), ("#f2857c", "#7db4f3"), strict=True)),
}
"""Colour on white to its partner on a dark page."""

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

FONT, HAN_FONT = "Lato", "Noto Sans SC"
FONT_STACK = "Lato, 'Helvetica Neue', Arial"
"""What an SVG asks for: the reader's page and the PDF carry the font, a browser showing the bare file may not."""

ROUNDING = 1.6 / 255
"""How far a tint's channels are from where they would be, written in whole steps."""

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
            "axes.facecolor": "none",
            "font.family": [FONT, HAN_FONT],
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
            "grid.color": GRID,
            "grid.linewidth": 0.7,
            "xtick.color": MUTED,
            "ytick.color": MUTED,
            "ytick.major.size": 0,
            "ytick.minor.size": 0,
            "xtick.major.size": 3,
            "hatch.linewidth": 0.6,
            "lines.linewidth": 1.8,
            "legend.frameon": False,
            "svg.fonttype": "none",
            "svg.hashsalt": "tokenecon",
        }
    )


@cache
def _register_fonts() -> None:
    lato = sorted((Path(font_lato.__file__).parent / "files").glob("*.ttf"))
    for path in (*lato, pylopdf_fonts_zh_cn.sans_path()):
        font_manager.fontManager.addfont(str(path))
    # Chinese has one weight here; else matplotlib says of every bold title that it found none.
    han = next(font for font in font_manager.fontManager.ttflist if font.name == HAN_FONT)
    font_manager.fontManager.ttflist.append(replace(han, weight=700))


def tint(colour: str, share_white: float) -> str:
    """Return ``colour`` mixed with white: 0 leaves it, 1 is white."""
    return _mixed(colour, GROUND, share_white)


@cache
def dark(colour: str) -> str:
    """Return the partner of a colour on a dark page; a tint goes as far towards that page's ground as it did to white.

    A colour of another origin keeps its hue, and changes sides in lightness.
    """
    colour = mpl.colors.to_hex(colour)
    if colour in DARK:
        return DARK[colour]
    off, base, share = min((_off(colour, base) for base in DARK), key=lambda found: found[0])
    if off <= ROUNDING:
        return _mixed(DARK[base], DARK_GROUND, share)
    hue, lightness, saturation = colorsys.rgb_to_hls(*mpl.colors.to_rgb(colour))
    return mpl.colors.to_hex(colorsys.hls_to_rgb(hue, 0.9 - 0.78 * lightness, saturation))


def _off(colour: str, base: str) -> tuple[float, str, float]:
    """Return how far a colour is from the nearest tint of another, that other, and the tint's share of white."""
    wanted, start = mpl.colors.to_rgb(colour), mpl.colors.to_rgb(base)
    room = sum((1 - channel) ** 2 for channel in start)
    share = sum((w - c) * (1 - c) for w, c in zip(wanted, start, strict=True)) / room if room else 0
    share = min(1.0, max(0.0, share))
    found = mpl.colors.to_rgb(tint(base, share))
    return max(abs(w - f) for w, f in zip(wanted, found, strict=True)), base, share


def _mixed(colour: str, other: str, share: float) -> str:
    pairs = zip(mpl.colors.to_rgb(colour), mpl.colors.to_rgb(other), strict=True)
    return mpl.colors.to_hex([one + (two - one) * share for one, two in pairs])
