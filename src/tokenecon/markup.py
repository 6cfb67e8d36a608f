"""Text as Markdown shows it: nothing in a name, a cell or a note is read as markup, by Pandoc, Quarto or JupyterLab."""

from __future__ import annotations

import re
from collections.abc import Iterable

# A line of text has no line breaks; and no characters that a page cannot hold, or that turn the text after them around.
_BREAK = re.compile(r"\s*[\t\n\r\v\f\x1c-\x1e\x85\u2028\u2029]\s*")
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]")
_SPECIAL = re.compile(
    r"[\\`*_{}\[\]#|~<>@$^!]"
    r"|&(?=#?\w+;)"  # an entity
    r"|(?<=-)-|(?<=\.)\."  # a dash, an ellipsis
    r"|^[-+:%](?=\s|$|[-:])"  # a list, a definition, a rule
)
_LISTED = re.compile(r"^(\d+)([.)])(?=\s|$)")
_BAR = re.compile(r"(?<!\\)((?:\\\\)*)\|")
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")


def escaped(text: object) -> str:
    """Return text as Markdown that shows it as it is, on one line."""
    line = _UNSEEN.sub("", _BREAK.sub(" ", str(text))).strip()
    return _LISTED.sub(r"\1\\\2", _SPECIAL.sub(r"\\\g<0>", line))


def shown(markdown: str) -> str:
    """Return Markdown with its escapes resolved: about what a reader sees of :func:`escaped` text."""
    return _ESCAPED.sub(r"\1", markdown)


def cell(markdown: str) -> str:
    """Return Markdown as it may stand in a table's cell: on one line, its bars escaped."""
    return _BAR.sub(r"\1\\|", _BREAK.sub(" ", markdown))


def table_row(cells: Iterable[str]) -> str:
    """Return the line of a table that has these cells."""
    return "| " + " | ".join(map(cell, cells)) + " |"


def code(text: object) -> str:
    """Return text as a code span where Markdown has one for it, else as text."""
    line = str(text)
    return f"`{line}`" if line and re.fullmatch(r"[^`|\s\\](?:[^`|\n\\]*[^`|\s\\])?", line) else escaped(line)
