"""Tables of generated pages."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from tokenecon.markup import table_row


def pipe_table(
    columns: Mapping[str, int], rows: Iterable[Sequence[str]], caption: str, label: str, right: Collection[str] = ()
) -> str:
    """Return a pipe table with its caption.

    Parameters
    ----------
    columns : mapping of str to int
        Names of the columns to their relative widths.
    rows : iterable of sequence of str
        Cells as Markdown.
    caption, label : str
        What stands with it, and what references name it by, ``tbl-…``.
    right : collection of str, optional
        Columns whose cells stand on the right, as numbers do.
    """
    marks = ["-" * width + ":" if name in right else ":" + "-" * width for name, width in columns.items()]
    table = "\n".join([table_row(columns), f"|{'|'.join(marks)}|", *map(table_row, rows)])
    return f"{table}\n\n: {caption} {{#{label}}}"
