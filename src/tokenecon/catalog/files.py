"""Read a CSV file line by line, so that whatever is wrong with it has a line number.

Rows keep the number of the line they stand on; a cell never runs over the end of a line. A table of the data folder
stands in one form only; a file that a person hands in may have its columns in any order, some of them left out, and
the marks that spreadsheets leave. Both are read by the same rules.
"""

from __future__ import annotations

import csv
import difflib
import io
import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from tokenecon import inputs
from tokenecon.catalog.errors import Finding
from tokenecon.catalog.paths import display_name
from tokenecon.catalog.reading import SPACES, odd_character, shown
from tokenecon.catalog.schema import Table

BOM = b"\xef\xbb\xbf"
SAVE = "save it as CSV UTF-8, with commas between the cells"
_KINDS = {
    b"PK\x03\x04": "a workbook (or another zip)",
    b"\xd0\xcf\x11\xe0": "an old workbook",
    b"%PDF": "a PDF",
    b"{\\rtf": "a rich text",
    b"\xff\xfe": "UTF-16, as spreadsheets write Unicode text",
    b"\xfe\xff": "UTF-16, as spreadsheets write Unicode text",
}
_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "bars", "\uff0c": "full-width commas"}
_LONGEST_ROW = 50
"""Lines of a row whose cells hold line breaks."""


@dataclass
class RawTable:
    """What a file holds, as text.

    Parameters
    ----------
    file
        Name for findings.
    frame
        Cells as strings, indexed by line number; empty if the header is wrong.
    findings
        What is wrong with the text of the file.
    usable
        Whether the header is right, so that the cells mean something.
    """

    file: str
    frame: pd.DataFrame
    findings: list[Finding] = field(default_factory=list)
    usable: bool = True


def read_table(root: Path, table: Table) -> RawTable:
    """Read one table of the data folder as text.

    Parameters
    ----------
    root
        Data folder.
    table
        Which table, with its fields.

    Returns
    -------
    RawTable
        Rows that have the right number of cells, and findings for everything else.
    """
    path, fields = root / table.path, list(table.fields)
    raw = _empty(display_name(path, root), fields)
    with _usable(raw):
        try:
            content = inputs.read_unnoted(path)
        except FileNotFoundError:
            raise _Unusable(("file", "is missing; datapackage.json lists it")) from None
        except OSError as error:
            raise _Unusable(("file", f"cannot be read: {error.strerror}; take the file from version control")) from None
        if content.startswith(BOM):
            message = "begins with a byte order mark; save as UTF-8 without one"
            raw.findings.append(Finding(raw.file, 1, "file", message))
        text = _decode(content)
        if "\r" in text:
            line = text[: text.index("\r")].count("\n") + 1
            raw.findings.append(Finding(raw.file, line, "file", "has CR in its line ends; use LF alone"))
        lines = _lines(text)
        if lines[-1]:
            raw.findings.append(Finding(raw.file, len(lines), "row", "the last line has no line end; add one"))
        else:
            lines.pop()
        header = _header(lines, fields, fields)
        if header != fields:
            raise _Unusable(("header", f"columns are in another order than {', '.join(fields)}"))
        _take_rows(lines, header, raw, strict=True)
        if not lines[1:] and not table.may_be_empty:
            raw.findings.append(Finding(raw.file, 1, "file", "has a header and no rows"))
    return raw


def read_typed(path: Path, table: Table, may_lack: Collection[str] = ()) -> RawTable:
    """Read rows for a table from a file that a person has written or saved.

    Parameters
    ----------
    path
        The file: UTF-8 with or without a byte order mark, any line ends, columns in any order.
    table
        The table that the rows are for.
    may_lack
        Required fields that the file may leave out.

    Returns
    -------
    RawTable
        All columns of the table, empty where the file has none, by line of the file; a finding for whatever cannot be
        read. Where the file is of another kind the finding says which, and how to save it.
    """
    fields = list(table.fields)
    raw = _empty(path.name, fields)
    with _usable(raw):
        try:
            content = path.read_bytes()
        except OSError as error:
            raise _Unusable(("file", f"cannot be read: {error.strerror}")) from None
        lines = _lines(_decode(content).rstrip("\r\n"))
        header = [cell.strip() for cell in _header(lines, fields, set(table.required).difference(may_lack))]
        _take_rows(lines, header, raw, strict=False)
        if not lines[1:]:
            raise _Unusable(("file", f"has no rows; its columns are {','.join(fields)}"))
    return raw


class _Unusable(Exception):
    """The cells of a file mean nothing."""

    def __init__(self, *faults: tuple[str, str], line: int = 1):
        self.places = [(line, *fault) for fault in faults]


@contextmanager
def _usable(raw: RawTable) -> Iterator[None]:
    """Note what makes a file unusable."""
    try:
        yield
    except _Unusable as fault:
        raw.findings += [Finding(raw.file, *place) for place in fault.places]
        raw.usable = False


def _empty(file: str, fields: list[str]) -> RawTable:
    return RawTable(file, pd.DataFrame(columns=fields, dtype=str))


def _lines(text: str) -> list[str]:
    return re.split("\r\n|\r|\n", text)  # Not splitlines, for which U+2028 and others end a line too.


def _decode(content: bytes) -> str:
    """Return the text of a file, if it is one."""
    content = content.removeprefix(BOM)
    if not content.strip(b" \t\r\n,;"):
        raise _Unusable(("file", "is empty; it needs at least its header"))
    kind = next((kind for start, kind in _KINDS.items() if content.startswith(start)), "")
    if kind or content[:200].count(0) > 20:
        raise _Unusable(("file", f"is {kind or 'UTF-16 or another encoding of two bytes'}; {SAVE}"))
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        where = f"byte 0x{content[error.start]:02x} at position {error.start}"
        raise _Unusable(("file", f"{where} is not UTF-8 ({_encoding(content)}?); {SAVE}"), line=line) from None
    if text.lstrip()[:1] in ("<", "{", "["):
        kind = "a page of HTML or XML" if text.lstrip()[0] == "<" else "JSON"
        raise _Unusable(("file", f"is {kind}; {SAVE}"))
    return text


def _encoding(content: bytes) -> str:
    """Guess an encoding: Chinese ones have the bytes beyond ASCII in pairs, Western ones mostly alone."""
    runs = re.findall(rb"[\x80-\xff]+", content)
    paired = all(len(run) % 2 == 0 for run in runs)
    for name, codec in (("GB18030", "gb18030"), ("Big5", "big5")) if paired else (("Windows-1252", "cp1252"),):
        try:
            content.decode(codec)
        except UnicodeDecodeError:
            continue
        return name
    return "an encoding unknown"


def _header(lines: list[str], fields: list[str], needed: Collection[str]) -> list[str]:
    """Read the header."""
    first = lines[0]
    if not first.strip(" ,;\t") or first.startswith("#") or first.lower().startswith("sep="):
        raise _Unusable(("header", f"{shown(first)} is no header; delete the line"))
    separator = next((sign for sign in _SEPARATORS if "," not in first and first.count(sign) > 1), "")
    if separator:
        raise _Unusable(("file", f"has {_SEPARATORS[separator]} between its cells; {SAVE}"))
    _, cells, fault = next(_records(lines[:1], first.count(",") + 1))
    if cells is None:
        raise _Unusable(("row", fault))
    if faults := _header_faults([cell.strip() for cell in cells], fields, needed):
        raise _Unusable(*faults)
    return cells


def _records(lines: list[str], width: int, start: int = 1) -> Iterator[tuple[int, list[str] | None, str]]:
    """Split lines into cells: the number of the line, its cells or None, and what is wrong with it.

    Where a quote is opened and closed on a later line, and the row then has its number of cells, the row runs on to
    there; otherwise the quote is a slip, and the next line a row of its own.
    """
    number = 0
    while number < len(lines):
        taken, cells = 1, None
        if lines[number].count('"') % 2:
            taken, cells = _running_on(lines[number : number + _LONGEST_ROW], width)
            fault = "" if cells else "a quote is opened and not closed on the line; a cell must not hold a line break"
        else:
            cells, fault = _cells(lines[number])
        yield start + number, cells, fault
        number += taken


def _running_on(lines: list[str], width: int) -> tuple[int, list[str] | None]:
    quotes = 0
    for count, line in enumerate(lines, 1):
        quotes += line.count('"')
        if quotes % 2 == 0:
            cells, _ = _cells("\n".join(lines[:count]))
            return (count, cells) if cells and len(cells) == width else (1, None)
    return 1, None


def _cells(text: str) -> tuple[list[str] | None, str]:
    if text and '"' not in text and len(text) <= csv.field_size_limit():
        return text.split(","), ""
    try:
        return next(csv.reader(io.StringIO(text, newline=""), strict=True), []), ""
    except csv.Error as error:
        return None, f"is no CSV: {error}"


def _take_rows(lines: list[str], header: list[str], raw: RawTable, *, strict: bool) -> None:
    """Put the rows that can be read into the frame, and a finding for each of the others."""
    good = {}
    lines = lines if strict else [line.translate(SPACES) for line in lines]
    for number, cells, fault in _records(lines[1:], len(header), start=2):
        bare = [cell.strip() for cell in cells or ()]
        found = [("row", fault)] if cells is None else _row_faults(cells, bare, header, strict)
        raw.findings += [Finding(raw.file, number, column, message) for column, message in found]
        if cells and not any(column == "row" for column, _ in found) and "\n" not in "".join(cells):
            good[number] = bare
    if good:
        frame = pd.DataFrame.from_dict(good, orient="index", columns=header, dtype=str)
        raw.frame = frame.reindex(columns=raw.frame.columns, fill_value="")


def _row_faults(cells: list[str], bare: list[str], header: list[str], strict: bool) -> list[tuple[str, str]]:
    if not any(bare):
        return [("row", "is blank; delete the line")]
    if cells[0].startswith("#"):
        return [("row", f"{shown(cells[0])} is a comment; delete the line")]
    if len(cells) != len(header):
        return [("row", f"has {len(cells)} cells where the header has {len(header)}; {_width_hint(cells, header)}")]
    if "".join(cells).isprintable() and not (strict and cells != bare):
        return []
    found = []
    for column, cell in zip(header, cells, strict=True):
        if cell.isprintable() and not (strict and cell != cell.strip()):
            continue
        if "\n" in cell:
            found.append((column, f"{cell!r} holds a line break; a cell stands on one line"))
        elif strict and cell != cell.strip():
            found.append((column, f"{shown(cell)} has spaces at an end; write {shown(cell.strip())}"))
        elif odd := odd_character(cell.strip()):
            found.append((column, f"{cell!r} holds a character that does not print, {odd}"))
    return found


def _width_hint(cells: list[str], header: list[str]) -> str:
    if len(cells) < len(header):
        return "an empty cell still needs its comma"
    if not any(cells[len(header) :]):
        return "the commas at the end are too many: delete the empty columns"
    if any(quote in cell for cell in cells for quote in "“”„"):
        return 'curly quotes do not quote; write "1,234"'
    return 'quote a cell that holds a comma: "1,234"'


def _header_faults(header: list[str], expected: list[str], needed: Collection[str]) -> list[tuple[str, str]]:
    """Say which columns are wrong, and why."""
    twice = [name for name in dict.fromkeys(header) if name and header.count(name) > 1]
    found = [(name, "stands twice in the header") for name in twice]
    if unnamed := [str(number) for number, name in enumerate(header, 1) if not name]:
        found.append(("header", f"columns without a name: {', '.join(unnamed)}; delete them where they are empty"))
    missing = [name for name in expected if name not in header]
    for name in filter(None, dict.fromkeys(header)):
        if name in expected:
            continue
        if odd := odd_character(name):
            found.append(("header", f"{name!r} holds a character that does not print, {odd}"))
        elif close := difflib.get_close_matches(name.lower(), missing, 1, 0.7):
            missing.remove(close[0])
            found.append((name, f"is no column of this table; '{close[0]}' is meant"))
        else:
            found.append((name, "is no column of this table; remove it, or describe it in datapackage.json"))
    return found + [(name, "column is missing") for name in missing if name in needed]
