"""The words of a page, without what is inside some of its elements."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from bs4 import CData, NavigableString, Tag


def strings(element: Tag, left_out: Callable[[Tag], bool]) -> Iterator[str]:
    """Yield the text below an element, but for that of elements of which ``left_out`` is true."""
    for child in element.children:
        if isinstance(child, Tag):
            if not left_out(child):
                yield from strings(child, left_out)
        elif type(child) in (NavigableString, CData):
            yield str(child)
