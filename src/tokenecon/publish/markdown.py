"""Pieces of Markdown that generated pages are made of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tokenecon.markup import cell, code, escaped

__all__ = ["captioned", "cell", "code", "escaped", "pipe_table"]


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
        Cells as Markdown.
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
    return "| " + " | ".join(map(cell, cells)) + " |"
