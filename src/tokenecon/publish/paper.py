"""Look at a PDF as a reader of paper would: words over each other, text in the margin, pages left empty."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pypdfium2 as pdfium
import pypdfium2.raw as raw

Box = tuple[float, float, float, float]
"""Left, bottom, right, top in points."""

SHARE = 0.15
"""Part of the smaller of two letters, or words, that must be covered for them to be overprinted."""

EDGE = 18
"""Points from the edge of the page that stay free."""

EMPTY = 0.5
"""Part of a page's text area without anything that makes it a half-empty page."""

BARE = 0.85
"""The same of a page at the end of a chapter, which may be short, but not all but bare."""

HEAD = FOOT = 70
"""Points at the top and bottom of a page that belong to its head and foot."""


@dataclass(frozen=True)
class Word:
    """A word on a page: its text, the box of each letter, and the box around them."""

    text: str
    letters: tuple[Box, ...]
    box: Box


def paper_problems(file: Path) -> Iterator[str]:
    """Yield what is wrong with the pages of a PDF, each in one line with its page number."""
    with pdfium.PdfDocument(file) as document:
        openings = _openings(document)
        last = len(document) - 1
        for number, page in enumerate(document):
            width, height = page.get_size()
            words = list(_words(page))
            name = f"{file.name} page {number + 1}"
            for one, other in _overprinted(words):
                yield f"{name}: {one.text!r} and {other.text!r} are printed over each other"
            for word in words:
                left, bottom, right, top = word.box
                if left < EDGE or bottom < EDGE or right > width - EDGE or top > height - EDGE:
                    yield f"{name}: {word.text!r} runs out of the page"
            # What stands before the first chapter may be bare, and so may the very last page.
            if min(openings, default=0) <= number < last:
                empty = _largest_gap(page, height) / (height - HEAD - FOOT)
                ends = number + 1 in openings
                if empty > (BARE if ends else EMPTY):
                    yield f"{name}: {empty:.0%} of the page is empty"


def text_of(file: Path) -> str:
    """Return the text of a PDF."""
    with pdfium.PdfDocument(file) as document:
        return "\n".join(page.get_textpage().get_text_range() for page in document)


def _openings(document: pdfium.PdfDocument) -> set[int]:
    """Return the pages on which a chapter begins."""
    marks = (mark.get_dest() for mark in document.get_toc() if mark.level == 0)
    return {place.get_index() for place in marks if place is not None}


def _words(page: pdfium.PdfPage) -> Iterator[Word]:
    """Yield the words of a page: letters that follow each other in the file, on one line, without a space."""
    text = page.get_textpage()
    letters: list[str] = []
    boxes: list[Box] = []
    box: Box | None = None
    for index in range(text.count_chars()):
        letter = chr(raw.FPDFText_GetUnicode(text, index))
        here = text.get_charbox(index)
        apart = letter.isspace() or letter in "\0\ufffe" or (box is not None and not _follows(box, here))
        if apart and box is not None:
            yield Word("".join(letters), tuple(boxes), box)
            letters, boxes, box = [], [], None
        if not letter.isspace() and here[2] > here[0]:
            letters.append(letter)
            boxes.append(here)
            box = here if box is None else _around(box, here)
    if box is not None:
        yield Word("".join(letters), tuple(boxes), box)


def _follows(box: Box, letter: Box) -> bool:
    """Whether a letter stands where the next one of a word would, in any direction of writing."""
    size = max(letter[3] - letter[1], letter[2] - letter[0], 4)
    along = box[0] - size < letter[0] < box[2] + size / 2 and letter[1] < box[3] + 1 and letter[3] > box[1] - 1
    up = box[1] - size < letter[1] < box[3] + size / 2 and letter[0] < box[2] + 1 and letter[2] > box[0] - 1
    return along or up


def _around(one: Box, other: Box) -> Box:
    return min(one[0], other[0]), min(one[1], other[1]), max(one[2], other[2]), max(one[3], other[3])


def _overprinted(words: list[Word]) -> Iterator[tuple[Word, Word]]:
    """Yield pairs of words that cover each other, by a sweep from the lowest line to the highest."""
    open_words: list[Word] = []
    for word in sorted(words, key=lambda word: word.box[1]):
        open_words = [other for other in open_words if other.box[3] > word.box[1]]
        for other in open_words:
            # Boxes of slanted words meet where their letters do not.
            if _cover(word.box, other.box) and any(_cover(a, b) for a in word.letters for b in other.letters):
                yield other, word
        open_words.append(word)


def _cover(one: Box, other: Box) -> bool:
    wide = min(one[2], other[2]) - max(one[0], other[0])
    high = min(one[3], other[3]) - max(one[1], other[1])
    return wide > 0 and high > 0 and wide * high > SHARE * min(_area(one), _area(other))


def _area(box: Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])


def _largest_gap(page: pdfium.PdfPage, height: float) -> float:
    """Return the height of the largest strip between head and foot in which nothing is printed."""
    strips = sorted(
        (max(FOOT, bottom), min(height - HEAD, top))
        for _, bottom, _, top in (shape.get_bounds() for shape in page.get_objects(max_depth=8))
        if top > FOOT and bottom < height - HEAD
    )
    largest, reached = 0.0, float(FOOT)
    for bottom, top in strips:
        largest, reached = max(largest, bottom - reached), max(reached, top)
    return max(largest, height - HEAD - reached)
