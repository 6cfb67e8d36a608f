"""Make an SVG file part of an HTML page: its text can be searched there and takes the page's font."""

from __future__ import annotations

import html
import re

_ROOT = re.compile(r"<svg\b([^>]*)>")


def inline_svg(svg: str, label: str, alt: str) -> str:
    """Return ``svg`` as an element for an HTML page.

    Parameters
    ----------
    svg : str
        The text of an SVG file.
    label : str
        Prefix that keeps ids, and the reach of style rules, within this picture.
    alt : str
        Read out in place of the picture.
    """
    text = svg[svg.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>|<title>.*?</title>|<!--.*?-->", "", text, flags=re.S)
    text = re.sub(r'\bid="([^"]+)"', rf'id="{label}--\1"', text)
    text = re.sub(r'href="#([^"]+)"', rf'href="#{label}--\1"', text)
    text = re.sub(r"url\(#([^)]+)\)", rf"url(#{label}--\1)", text)
    text = re.sub(
        r"<style[^>]*>.*?</style>", lambda found: found[0].replace("*{", f"#{label}--svg *{{"), text, flags=re.S
    )
    return _ROOT.sub(lambda found: _root(found[1], label, alt), text, count=1).strip()


def _root(attributes: str, label: str, alt: str) -> str:
    kept = re.sub(r'\s(?:id|role|aria-label|version)="[^"]*"', "", attributes)
    return f'<svg id="{label}--svg" role="img" aria-label="{html.escape(alt)}"{kept}>'
