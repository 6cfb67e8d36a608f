"""Errors that the catalogue raises, and the finding that a check reports."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Finding:
    """One thing wrong with the data, printed as one line.

    Parameters
    ----------
    file
        Path from the project root, such as ``data/financials.csv``.
    row
        Line of the file as an editor shows it; the header is line 1.
    column
        Column of the cell, or ``file``, ``header``, ``row`` for what is wider than a cell.
    message
        What is wrong, and what would be right.
    """

    file: str
    row: int
    column: str
    message: str

    def __str__(self) -> str:
        """Format as ``file:row: column: message``."""
        return f"{self.file}:{self.row}: {self.column}: {self.message}"


class DataError(Exception):
    """The data cannot be used; the message lists every finding, one a line.

    Parameters
    ----------
    findings
        What is wrong.
    """

    def __init__(self, findings: Iterable[Finding]):
        self.findings = list(findings)
        super().__init__("\n".join(map(str, self.findings)))


class RateError(LookupError):
    """No exchange rate is known for a pair, a day and a kind; the message says what would help."""
