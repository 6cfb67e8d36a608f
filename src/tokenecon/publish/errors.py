"""Errors that whoever builds the report can mend; the command line shows the message alone."""

from __future__ import annotations

import errno
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_COLOURS = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_FULL = (errno.ENOSPC, errno.EDQUOT)
_CLOSED = (errno.EROFS, errno.EACCES, errno.EPERM)


class PublishError(Exception):
    """Something in the project's files, or in what is installed, keeps the report from being built."""


class NotebookError(PublishError):
    """A cell failed: ``notebook``, ``cell`` (counted from 1, all kinds of cell), and the end of what Python said."""

    def __init__(self, notebook: str, cell: int, where: str, last_lines: str) -> None:
        """Keep the place."""
        super().__init__(notebook, cell, where, last_lines)
        self.notebook, self.cell = notebook, cell

    def __str__(self) -> str:
        """Compose the message."""
        notebook, cell, where, last_lines = self.args
        return f"{notebook} cell {cell} ({where}) failed:\n{last_lines}"


def uncoloured(said: str) -> str:
    """Return what a program said without the colours that it gave a terminal."""
    return _COLOURS.sub("", said)


@contextmanager
def plain_disk_errors() -> Iterator[None]:
    """Say in plain words that the disk is full, or that a file or folder cannot be written."""
    try:
        yield
    except OSError as error:
        if told := about_disk(error):
            raise PublishError(told) from None
        raise


def about_disk(error: OSError) -> str:
    """Return what to do about a full disk or a folder that cannot be written; nothing for any other error."""
    number, place = error.errno, error.filename2 or error.filename
    if isinstance(error, shutil.Error):  # Of the many files of a folder: their faults are text, and the first will do.
        _, place, said = error.args[0][0]
        number = next((one for one in (*_FULL, *_CLOSED) if f"[Errno {one}]" in said), None)
    if number in _FULL:
        what = Path(place).name if place else "a file"
        return f"the disk is full: {what} could not be written; make room and build again, what was there is as it was"
    if number in _CLOSED:
        said = os.strerror(number)
        return f"{place or 'the project'}: cannot be written ({said}); a build writes build/ and the pages in report/"
    return ""
