"""Make an SVG file part of an HTML page: its text can be searched there, and takes the page's font and colours."""

from __future__ import annotations

import html
import re
import zlib
from collections import Counter
from collections.abc import Iterable

from tokenecon.display import style

_ROOT = re.compile(r"<svg\b([^>]*)>")
_DROPPED = re.compile(r"<metadata>.*?</metadata>|<title>.*?</title>|<!--.*?-->", re.S)
_REFERRED = re.compile(r'href="#([^"]+)"|url\(#([^)]+)\)')
_COLOUR = re.compile(r"(?<![&#\w])#([0-9a-fA-F]{6})\b")
_VARIABLE = re.compile(r"var\(--c([0-9a-f]{6})\)")
_NUMBER = re.compile(r"-?\d+\.\d{3,}")
_DRAWN = re.compile(r'\b(d|x|y|x1|x2|y1|y2|cx|cy|r|width|height|points|transform|viewBox)="([^"]*)"')
_DEFINED = re.compile(r"(<defs>.*?</defs>)", re.S)
_LOOK = re.compile(r'style="([^"]+)"')
_FAMILY = re.compile(r"\s*font-family: [^;\"]*;?")
_NO_TURN = re.compile(r'\stransform="rotate\(-?0(?:\.0*)?[ ,][^)]*\)"')


def inline_svg(svg: str, label: str, alt: str) -> str:
    """Return ``svg`` as an element for an HTML page.

    Coordinates are rounded to hundredths of a point; every colour becomes the variable that :func:`palette` sets.

    Parameters
    ----------
    svg : str
        The text of an SVG file.
    label : str
        Prefix that keeps ids, and the reach of style rules, within this picture.
    alt : str
        Read out in place of the picture.
    """
    text = _DROPPED.sub("", svg[svg.index("<svg") :])
    text = _ids(text, label)
    text = re.sub(
        r"<style[^>]*>.*?</style>", lambda found: found[0].replace("*{", f"#{label}--svg *{{"), text, flags=re.S
    )
    text = _NO_TURN.sub("", text)
    text = _DRAWN.sub(lambda found: f'{found[1]}="{_rounded(found[2])}"', text)
    text = re.sub(r'style="[^"]*"', lambda found: _FAMILY.sub("", found[0]), text)
    text = re.sub(r'(?:style|fill|stroke)="[^"]*"', lambda found: _COLOUR.sub(_variable, found[0]), text)
    text = _classes(re.sub(r">\s+<", "><", text), label)
    return _ROOT.sub(lambda found: _root(found[1], label, alt), text, count=1).strip()


def palette(pages: Iterable[str]) -> str:
    """Return a style sheet that sets the variable of every colour in the pages' pictures, for light and dark."""
    used = {colour for page in pages for colour in _VARIABLE.findall(page)}
    used |= {colour.removeprefix("#") for colour in style.DARK}
    rules = (f"  --c{colour}: light-dark(#{colour}, {style.dark(f'#{colour}')});" for colour in sorted(used))
    return "\n".join(["/* Written by a build: the colours of the figures. */", ":root {", *rules, "}", ""])


def _ids(text: str, label: str) -> str:
    """Keep the ids that something refers to, short, and told apart by the label."""
    wanted = dict.fromkeys(first or second for first, second in _REFERRED.findall(text))
    prefix = f"{zlib.crc32(label.encode()):x}"
    short = {name: f"{prefix}-{number}" for number, name in enumerate(wanted)}
    text = re.sub(r'\sid="([^"]+)"', lambda found: f' id="{short[found[1]]}"' if found[1] in wanted else "", text)
    text = re.sub(r'href="#([^"]+)"', lambda found: f'href="#{short[found[1]]}"', text)
    return re.sub(r"url\(#([^)]+)\)", lambda found: f"url(#{short[found[1]]})", text)


def _classes(text: str, label: str) -> str:
    """Let looks that recur stand once, as rules for this picture; what ``<use>`` copies keeps its own."""
    parts = _DEFINED.split(text)
    counts = Counter(look for part in parts[::2] for look in _LOOK.findall(part))
    often = [look for look, count in counts.items() if count > 2]
    names = {look: f"s{number}" for number, look in enumerate(often)}
    for place in range(0, len(parts), 2):
        parts[place] = _LOOK.sub(
            lambda found: f'class="{names[found[1]]}"' if found[1] in names else found[0], parts[place]
        )
    rules = "".join(f"#{label}--svg .{name}{{{look}}}" for look, name in names.items())
    return _ROOT.sub(rf"\g<0><style>{rules}</style>", "".join(parts), count=1) if rules else "".join(parts)


def _rounded(numbers: str) -> str:
    return " ".join(_NUMBER.sub(lambda found: f"{float(found[0]):.2f}", numbers).split())


def _variable(found: re.Match[str]) -> str:
    return f"var(--c{found[1].lower()})"


def _root(attributes: str, label: str, alt: str) -> str:
    kept = re.sub(r'\s(?:id|role|aria-label|version)="[^"]*"', "", attributes)
    return f'<svg id="{label}--svg" role="img" aria-label="{html.escape(alt)}"{kept}>'
