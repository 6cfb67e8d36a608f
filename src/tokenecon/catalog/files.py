"""Read a CSV file line by line, so that whatever is wrong with it has a line number.

Rows keep the number of the line they stand on; a cell never runs over the end of a line.
"""

from __future__ import annotations

import csv
import difflib
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from tokenecon import inputs
from tokenecon.catalog.errors import Finding
from tokenecon.catalog.paths import display_name
from tokenecon.catalog.schema import Table

BOM = b"\xef\xbb\xbf"


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
    path = root / table.path
    file = display_name(path, root)
    raw = RawTable(file, pd.DataFrame(columns=list(table.fields), dtype=str))
    text = _decode(path, root, raw)
    if text is None:
        raw.usable = False
        return raw
    lines = text.split("\n")
    if lines[-1]:
        raw.findings.append(Finding(file, len(lines), "row", "the last line has no line end; add one"))
    else:
        lines.pop()
    header = _cells(lines[0], 1, raw) or []
    raw.findings += _header_findings(file, header, list(table.fields))
    if header != list(table.fields):
        raw.usable = False
        return raw
    rows = {number: _row(line, number, header, raw) for number, line in enumerate(lines[1:], 2)}
    good = {number: cells for number, cells in rows.items() if cells is not None}
    if not rows and not table.may_be_empty:
        raw.findings.append(Finding(file, 1, "file", "has a header and no rows"))
    if good:
        raw.frame = pd.DataFrame.from_dict(good, orient="index", columns=header, dtype=str)
    return raw


def _decode(path: Path, root: Path, raw: RawTable) -> str | None:
    try:
        content = inputs.read_unnoted(path)
    except (FileNotFoundError, IsADirectoryError):
        raw.findings.append(Finding(raw.file, 1, "file", "is missing; datapackage.json lists it"))
        return None
    if content.startswith(BOM):
        raw.findings.append(Finding(raw.file, 1, "file", "begins with a byte order mark; save as UTF-8 without one"))
        content = content.removeprefix(BOM)
    if not content.strip():
        raw.findings.append(Finding(raw.file, 1, "file", "is empty; it needs at least its header"))
        return None
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        bad = f"byte 0x{content[error.start]:02x} at position {error.start} is not UTF-8; save the file as UTF-8"
        raw.findings.append(Finding(raw.file, line, "file", bad))
        return None
    if "\r" in text:
        line = text[: text.index("\r")].count("\n") + 1
        raw.findings.append(Finding(raw.file, line, "file", "has CR in its line ends; use LF alone"))
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text


def _cells(line: str, number: int, raw: RawTable) -> list[str] | None:
    if line.count('"') % 2:
        message = "a quote is opened and not closed on the line; a cell must not hold a line break"
        raw.findings.append(Finding(raw.file, number, "row", message))
        return None
    try:
        return next(csv.reader([line], strict=True), [])
    except csv.Error as error:
        raw.findings.append(Finding(raw.file, number, "row", f"is no CSV: {error}"))
        return None


def _row(line: str, number: int, header: list[str], raw: RawTable) -> list[str] | None:
    if not line.strip():
        raw.findings.append(Finding(raw.file, number, "row", "is blank; delete the line"))
        return None
    cells = _cells(line, number, raw)
    if cells is None:
        return None
    if len(cells) != len(header):
        hint = "quote a cell that holds a comma" if len(cells) > len(header) else "an empty cell still needs its comma"
        message = f"has {len(cells)} cells where the header has {len(header)}; {hint}"
        raw.findings.append(Finding(raw.file, number, "row", message))
        return None
    for column, cell in zip(header, cells, strict=True):
        if cell != cell.strip():
            message = f"'{cell}' has spaces at an end; write '{cell.strip()}'"
            raw.findings.append(Finding(raw.file, number, column, message))
        elif not cell.isprintable():
            raw.findings.append(Finding(raw.file, number, column, f"{cell!r} holds a character that does not print"))
    return [cell.strip() for cell in cells]


def _header_findings(file: str, header: list[str], expected: list[str]) -> list[Finding]:
    def finding(column: str, message: str) -> Finding:
        return Finding(file, 1, column or "header", message)

    twice = [name for name in dict.fromkeys(header) if header.count(name) > 1]
    found = [finding(name, "stands twice in the header") for name in twice]
    missing = [name for name in expected if name not in header]
    for name in dict.fromkeys(header):
        if name in expected:
            continue
        close = difflib.get_close_matches(name, missing, 1, 0.7)
        if close:
            missing.remove(close[0])
            found.append(finding(name, f"is no column of this table; '{close[0]}' is meant"))
        else:
            found.append(finding(name, "is no column of this table; remove it, or describe it in datapackage.json"))
    found += [finding(name, "column is missing") for name in missing]
    if not found and header != expected:
        found.append(finding("header", f"columns are in another order than {', '.join(expected)}"))
    return found
