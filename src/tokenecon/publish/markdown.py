"""Pieces of Markdown that generated pages are made of."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_SPECIAL = re.compile(r"([\\`*_{}\[\]#|~<>@$^])")


def escaped(text: object) -> str:
    """Return text that Markdown shows as it is, on one line."""
    return _SPECIAL.sub(r"\\\1", " ".join(str(text).split()))


def cell(markdown: str) -> str:
    """Return Markdown as it may stand in a table's cell."""
    return " ".join(markdown.split()).replace("|", "\\|")


def pipe_table(
    header: Sequence[str], widths: Sequence[int], rows: Iterable[Sequence[str]], right: Sequence[str] = ()
) -> str:
    """Return a pipe table.

    Parameters
    ----------
    header : sequence of str
        Names of the columns.
    widths : sequence of int
        Their relative widths.
    rows : iterable of sequence of str
        Cells as Markdown, without ``|``.
    right : sequence of str, optional
        Columns whose cells stand on the right, as numbers do.
    """
    marks = [
        "-" * width + ":" if name in right else ":" + "-" * width for name, width in zip(header, widths, strict=True)
    ]
    return "\n".join([_row(header), f"|{'|'.join(marks)}|", *map(_row, rows)])


def captioned(table: str, caption: str, label: str) -> str:
    """Return a table with its caption and its label, ``tbl-…``."""
    return f"{table}\n\n: {caption} {{#{label}}}"


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"
