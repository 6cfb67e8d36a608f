"""Tables as Markdown, so that the same table stands in JupyterLab, in HTML and in the PDF."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from tokenecon.display.text import Printed
from tokenecon.markup import escaped, table_row
from tokenecon.markup import shown as without_escapes
from tokenecon.shown import DAY, bundle, dated, minus

MISSING = "—"
NO_BREAK = "\N{NO-BREAK SPACE}"
WIDTH = 100
"""Dashes in a table's rule, about the characters that fit a line: the columns' relative widths where cells wrap."""
PADDING = 3
_REFERENCE = re.compile(r"\[?-?@(?:sec|fig|tbl|eq)-[\w-]+\]?")
_REFERENCE_SHOWN = "Section"


def csv_text(data: pd.DataFrame) -> str:
    """Return ``data`` as CSV with dates as ISO days and floats to twelve significant digits."""
    return data.to_csv(index=False, date_format="%Y-%m-%d", float_format="%.12g", lineterminator="\n")


@dataclass(frozen=True)
class Column:
    """How a column is shown: its ``header`` (with the unit) and its ``format``.

    ``format`` is a format specification such as ``",.0f"``, or a function of the value. Text is shown as it is, in the
    header too; what is to be read as Markdown, such as a reference, is given as
    :class:`~tokenecon.display.text.Printed` by the data or by ``format``. Numbers stand on the right;
    ``align`` overrules that. ``scale`` divides numbers before they are formatted, for example 1e6 for millions.
    ``width`` is the column's width in characters where its words should not decide it.
    """

    header: str
    format: str | Callable[[Any], str] = ""
    scale: float = 1
    align: str | None = None
    width: int | None = None


@dataclass(frozen=True)
class Table:
    """A finished table: Markdown, and the data behind it in base units, columns that are not shown among them.

    ``filters`` are the places of columns by whose values a reader of the page can filter; with any, the page lets the
    table be searched too.
    """

    markdown: str
    data: pd.DataFrame
    filters: tuple[int, ...] = ()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[dict, dict]:
        more = {"filters": self.filters} if self.filters else {}
        return bundle(self.markdown, data_csv=csv_text(self.data), **more)


@dataclass(frozen=True)
class Dataset:
    """Data offered as a file: publishing writes ``<name>.csv`` beside the report, and a link to it below ``text``."""

    name: str
    data: pd.DataFrame
    text: str

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[dict, dict]:
        return bundle(self.text, data_csv=csv_text(self.data), file=self.name)


def table(
    data: pd.DataFrame,
    columns: Mapping[str, Column | str],
    note: str = "",
    filters: Sequence[str] = (),
    empty: str = "",
) -> Table:
    """Show ``columns`` of ``data``, one row a line, with ``note`` below.

    Parameters
    ----------
    data : pandas.DataFrame
        In base units; missing values show as a dash.
    columns : mapping of str to Column or str
        Column of ``data`` to how it is shown, in order; a header alone where nothing else is to be said.
    note : str, optional
        A sentence below the table, in Markdown.
    filters : sequence of str, optional
        Columns shown, of few values, by which a reader of the page can filter.
    empty : str, optional
        What stands in the table where ``data`` has no rows.

    Raises
    ------
    ValueError
        If ``data`` has no rows and ``empty`` is not given, since an empty table tells a reader nothing.
    KeyError
        If a column is not in ``data``.
    """
    columns = {name: Column(column) if isinstance(column, str) else column for name, column in columns.items()}
    if data.empty and empty:
        first = next(iter(columns.values())).header
        return Table("\n".join([table_row([escaped(first)]), "|:--|", table_row([escaped(empty)])]), data, ())
    if data.empty:
        raise ValueError(f"no rows for a table of {', '.join(columns)}: check the edition's data or leave it out")
    if missing := [name for name in columns if name not in data]:
        raise KeyError(f"no column {', '.join(missing)} among {', '.join(map(str, data.columns))}")
    cells = {name: [_cell(value, column) for value in data[name]] for name, column in columns.items()}
    aligns = [column.align or ("right" if _numeric(data[name]) else "left") for name, column in columns.items()]
    headers = [escaped(column.header) for column in columns.values()]
    texts = [[header, *own] for header, own in zip(headers, cells.values(), strict=True)]
    rule = _rule(texts, aligns, [column.width for column in columns.values()])
    lines = [table_row(headers), rule, *map(table_row, zip(*cells.values(), strict=True))]
    text = "\n".join(lines) + (f"\n\n{note}" if note else "")
    return Table(text, data, tuple(list(columns).index(name) for name in filters))


def _cell(value: Any, column: Column) -> str:
    if value is None or (not isinstance(value, str) and pd.isna(value)):
        return MISSING
    if callable(column.format):
        value = column.format(value)
    if isinstance(value, Printed):
        return str(value)
    if isinstance(value, str):
        return escaped(dated(value)).replace("n = ", f"n{NO_BREAK}={NO_BREAK}")
    if isinstance(value, dt.date):
        return format(value, column.format or DAY).replace(" ", NO_BREAK)
    how = column.format if "," in column.format or "%" not in column.format else column.format.replace(".", ",.")
    return minus(format(value / column.scale if column.scale != 1 else value, how))


def _numeric(values: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)


def _rule(texts: Sequence[Sequence[str]], aligns: Sequence[str], widths: Sequence[int | None]) -> str:
    """Return the rule below the header: room for each column's longest word, the rest by what its cells would take."""
    # A reference shows as a word and a number, whatever its label.
    texts = [[_REFERENCE.sub(_REFERENCE_SHOWN, without_escapes(text)) for text in column] for column in texts]
    words = [max(len(word) for text in column for word in text.split(" ")) for column in texts]
    whole = [max(word, *map(len, column[1:])) for word, column in zip(words, texts, strict=True)]
    spare = max(0, WIDTH - sum(words) - PADDING * len(words))
    wanted = sum(whole) - sum(words)
    filled = min(1, spare / wanted) if wanted else 0
    evenly = (spare - filled * wanted) / len(words)
    dashes = [round(word + PADDING + filled * (full - word) + evenly) for word, full in zip(words, whole, strict=True)]
    dashes = [width or found for width, found in zip(widths, dashes, strict=True)]
    marks = {"right": ("", ":"), "left": (":", ""), "center": (":", ":")}
    rules = [f"{marks[align][0]}{'-' * count}{marks[align][1]}" for count, align in zip(dashes, aligns, strict=True)]
    return "|" + "|".join(rules) + "|"
