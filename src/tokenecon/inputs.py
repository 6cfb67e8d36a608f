"""What this process depends on: the data it was given, the files it opened below a folder, the modules it imported.

A build asks the kernel for it after the last cell (:data:`ANSWER`), and runs the notebook again when any of it changes.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PROJECT = "TOKENECON_PROJECT"
"""Environment variable: the folder below which opened files are watched."""

NO_INPUTS = ("build", ".venv", ".git", "__pycache__", ".ipynb_checkpoints")
"""Folders and parts of paths whose files are written by tools, and are no inputs."""

_RECORDS: list[set[str]] = [set()]
_UNNOTED: set[str] = set()


def note(files: Iterable[str]) -> None:
    """Remember that files were used, named from the project's root with forward slashes."""
    for record in _RECORDS:
        record.update(files)


def used() -> list[str]:
    """List the files used so far, sorted."""
    return sorted(_RECORDS[0])


@contextmanager
def recording() -> Iterator[set[str]]:
    """Give a set that fills with the files used inside the block; blocks may be nested."""
    record: set[str] = set()
    _RECORDS.append(record)
    try:
        yield record
    finally:
        _RECORDS[:] = [other for other in _RECORDS if other is not record]


def read_unnoted(file: Path) -> bytes:
    """Read a file that is no input yet: the catalogue notes a table when it is used, not when it is checked."""
    _UNNOTED.add(str(file.absolute()))
    try:
        return file.read_bytes()
    finally:
        _UNNOTED.discard(str(file.absolute()))


def watch(root: Path) -> None:
    """Note from now on every file below ``root`` that this process opens for reading."""
    below = str(root) + os.sep

    def opened(event: str, arguments: tuple) -> None:
        if event != "open" or not isinstance(arguments[0], (str, os.PathLike)):
            return
        path, mode = os.path.abspath(os.fspath(arguments[0])), arguments[1]
        if path.startswith(below) and path not in _UNNOTED and (mode is None or not set(mode) & set("wax+")):
            name = path[len(below) :].replace(os.sep, "/")
            if not set(name.split("/")) & set(NO_INPUTS):
                note([name])

    sys.addaudithook(opened)


def load_ipython_extension(shell: Any) -> None:
    """Watch the project that the build names; IPython calls this as a kernel starts."""
    if root := os.environ.get(PROJECT):
        watch(Path(root).resolve())


class Answer:
    """What a kernel answers when a build asks for its inputs: ``modules`` (files) and ``reads`` (names)."""

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Mapping[str, Any]:
        modules = sorted({file for one in list(sys.modules.values()) if (file := getattr(one, "__file__", None))})
        return {"application/json": {"modules": modules, "reads": used()}, "text/plain": ""}
