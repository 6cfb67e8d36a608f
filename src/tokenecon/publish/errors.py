"""Errors that whoever builds the report can mend; the command line shows the message alone."""

from __future__ import annotations

from collections.abc import Iterable


class PublishError(Exception):
    """Something in the project's files, or in what is installed, keeps the report from being built."""

    @classmethod
    def joined(cls, problems: Iterable[str]) -> PublishError:
        """Return one error that shows every problem, one a line."""
        return cls("\n".join(problems))


class NotebookError(PublishError):
    """A cell failed: ``notebook``, ``cell`` (counted from 1, all kinds of cell), and the end of what Python said."""

    def __init__(self, notebook: str, cell: int, where: str, last_lines: str) -> None:
        """Keep the place, and compose the message."""
        super().__init__(f"{notebook} cell {cell} ({where}) failed:\n{last_lines}")
        self.notebook = notebook
        self.cell = cell
