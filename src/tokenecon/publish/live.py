"""Find markup in the text of a page that is not the report's: handlers of events, addresses that run, odd elements.

Only the text is looked at, ``main``: around it stands what the renderer and the template wrote.
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from bs4 import BeautifulSoup, Tag

_TEXT = """a abbr annotation aside b blockquote br button caption cite code col colgroup dd del details div dl dt em
figcaption figure footer h1 h2 h3 h4 h5 h6 header hr i img input label li main mark nav ol p pre q s samp
section small span strong sub summary sup table tbody td tfoot th thead time tr u ul"""
_MATHS = """math semantics mrow mi mn mo ms mtext mfrac msqrt mroot msub msup msubsup munder mover munderover mtable
mtr mtd mspace mpadded mphantom mstyle menclose merror"""
_PICTURE = """svg g defs path use rect circle ellipse line polyline polygon text tspan clippath pattern style image
marker lineargradient radialgradient stop symbol title desc"""
ELEMENTS = frozenset(f"{_TEXT} {_MATHS} {_PICTURE}".split())
"""Elements that the report is made of."""

OWN_SCRIPTS = ".interactive > script"
"""Where scripts stand in the text: in a figure that a reader can change."""

ADDRESSES = ("href", "src", "action", "formaction", "xlink:href", "data", "poster", "srcdoc", "background")
SCHEMES = ("", "http", "https", "mailto")


def markup_problems(page: BeautifulSoup) -> Iterator[str]:
    """Yield what does not belong in the text of a page."""
    main = page.find("main") or page
    own = {id(script) for script in main.select(OWN_SCRIPTS)}
    for element in main.find_all(True):
        if id(element) not in own:
            yield from _element_problems(element)


def _element_problems(element: Tag) -> Iterator[str]:
    shown = f"<{element.name}>"
    if element.name not in ELEMENTS:
        yield f"unexpected element {shown} in the text: {element.get_text(' ', strip=True)[:40]!r}"
    for name, value in element.attrs.items():
        if name.startswith("on"):
            yield f"{shown} runs a script: {name}"
        elif name in ADDRESSES and (scheme := _scheme(str(value))) not in SCHEMES:
            if not (element.name in ("img", "image") and str(value).startswith("data:image/")):
                yield f"{shown} leads to an address of the kind {scheme}: {str(value)[:40]}"
        elif name == "style" and "expression(" in str(value).lower():
            yield f"{shown} runs a script in its style"


def _scheme(address: str) -> str:
    """Return the scheme as browsers read it, which skip blanks and control characters."""
    return urlsplit("".join(letter for letter in address if letter > " ")).scheme.lower()
