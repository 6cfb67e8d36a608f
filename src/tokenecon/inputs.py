"""What this process depends on: files it opened or imported below a folder, data it was given, variables it asked for.

A build asks the kernel for it after the last cell (:data:`ANSWER`), and runs the notebook again when any of it changes.
What a child process reads, or a library without Python's own files, is not seen.
"""

from __future__ import annotations

import errno
import hashlib
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib.util import source_from_cache
from pathlib import Path
from threading import get_ident
from types import FrameType
from typing import Any

ANSWER = "__import__('tokenecon.inputs').inputs.Answer()"
"""Asked of a kernel, gives what its notebook depended on."""

PROJECT = "TOKENECON_PROJECT"
"""Environment variable: the folder below which opened files are watched."""

FINDINGS = "TOKENECON_FINDINGS"
"""Environment variable: the folder in which findings are kept."""

GIVEN = (PROJECT, FINDINGS, "TOKENECON_EDITION", "TOKENECON_DATA", "PYTHONPATH")
"""Environment variables that a build sets itself, or that speak through the files they lead to."""

NO_INPUTS = ("build", ".venv", ".git", "__pycache__", ".ipynb_checkpoints")
"""Folders and parts of paths whose files are written by tools, and are no inputs."""

_RECORDS: list[set[str]] = [set()]
_RESULTS: dict[str, tuple[str, frozenset[str]]] = {}
_UNNOTED: set[str] = set()
_VARIABLES: set[str] = set()
_AT_START: dict[str, str] = {}
_WRITING = os.O_WRONLY | os.O_RDWR


def note(files: Iterable[str]) -> None:
    """Remember that files were used, named from the project's root with forward slashes."""
    _RECORDS[-1].update(files)


def note_result(name: str, digest: str, files: Iterable[str]) -> None:
    """Remember that a result was used, which files went into, and the digest of its value.

    As long as the result is the same, it makes no difference that one of its files has changed. Where it is used for
    another result or while a record is kept, or has no digest, its files count as if they had been used themselves.
    """
    if not digest or len(_RECORDS) > 1:
        note(files)
    else:
        _RESULTS[name] = digest, frozenset(files)


def used() -> list[str]:
    """List the files used so far, sorted, those that went into results among them."""
    return sorted(_RECORDS[0].union(*(files for _, files in _RESULTS.values())))


@contextmanager
def recording() -> Iterator[set[str]]:
    """Give a set that fills with the files used inside the block.

    They count as used outside too where the block fails, and else when they are noted there.
    """
    record: set[str] = set()
    _RECORDS.append(record)
    failed = True
    try:
        yield record
        failed = False
    finally:
        _RECORDS[:] = [other for other in _RECORDS if other is not record]
        if failed:
            note(record)


def read_unnoted(file: Path) -> bytes:
    """Read a file that is no input yet: the catalogue notes a table when it is used, not when it is checked.

    Raises
    ------
    OSError
        If it cannot be read; a pipe or a device, at which reading might never end, is not tried.
    """
    if file.exists() and not file.is_file():
        raise IsADirectoryError(errno.EISDIR, "it is a folder, a pipe or a device, and no file", str(file))
    _UNNOTED.add(str(file.absolute()))
    try:
        return file.read_bytes()
    finally:
        _UNNOTED.discard(str(file.absolute()))


def write_whole(file: Path, content: bytes) -> None:
    """Write a file beside its place and move it there, so that no other process or thread ever reads half of it."""
    fresh = file.with_name(f"{file.name}.{os.getpid()}-{get_ident()}")
    fresh.write_bytes(content)
    fresh.replace(file)


def named_below(root: str, path: str) -> str | None:
    """Return how the project in ``root`` names a file, or nothing if it is none of its files, or no input."""
    if path.endswith(".pyc"):
        with suppress(ValueError, NotImplementedError):
            path = source_from_cache(path)
    if not path.startswith(root + os.sep):
        return None
    name = path[len(root) + 1 :].replace(os.sep, "/")
    return None if set(name.split("/")) & set(NO_INPUTS) else name


def watch(root: Path) -> None:
    """Note from now on every file below ``root`` that this process opens for reading, and each variable it asks for."""
    folder = str(root)
    written: set[str] = set()

    def opened(event: str, arguments: tuple) -> None:
        if event != "open" or not isinstance(arguments[0], (str, os.PathLike)):
            return
        path, mode, flags = os.path.abspath(os.fspath(arguments[0])), arguments[1], arguments[2]
        name = named_below(folder, path) if path not in _UNNOTED else None
        if name is None:
            return
        if (set(mode) & set("wxa")) if mode else (flags & _WRITING):
            written.add(name)
        elif name not in written:
            note([name])

    sys.addaudithook(opened)
    _watch_environment(folder)


def _watch_environment(root: str) -> None:
    """Note each variable that a cell or a module below ``root`` asks for; listing them all asks for none."""
    _AT_START.update(os.environ)

    def asking() -> FrameType | None:
        frame = sys._getframe(2)
        while frame and frame.f_globals.get("__name__") in ("os", "collections.abc", "_collections_abc"):
            frame = frame.f_back
        own = frame and (frame.f_globals.get("__name__") == "__main__" or named_below(root, frame.f_code.co_filename))
        return frame if own else None

    class Asked(type(os.environ)):
        def __iter__(self) -> Iterator[str]:
            frame = asking()
            self.__dict__["listing"] = frame and (frame.f_code, frame.f_lasti)
            yield from super().__iter__()

        def __getitem__(self, name: str) -> str:
            frame = asking()
            if frame and name not in GIVEN and (frame.f_code, frame.f_lasti) != self.__dict__.get("listing"):
                _VARIABLES.add(name)
            return super().__getitem__(name)

    os.environ.__class__ = Asked


def digest_of(value: str | None) -> str:
    """Return the SHA-256 of a variable's value; ``unset`` where there is none. The value itself may be a secret."""
    return "unset" if value is None else hashlib.sha256(value.encode(errors="surrogateescape")).hexdigest()


def load_ipython_extension(shell: Any) -> None:
    """Watch the project that the build names; IPython calls this as a kernel starts."""
    if root := os.environ.get(PROJECT):
        watch(Path(root).resolve())


class Answer:
    """What a kernel answers when a build asks for its inputs.

    ``files`` by name, ``variables`` and ``results`` with their digests, and which files were ``behind`` results alone.
    """

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Mapping[str, Any]:
        root = str(Path(os.environ[PROJECT]).resolve()) if PROJECT in os.environ else os.devnull
        imported = [getattr(module, "__file__", None) for module in list(sys.modules.values())]
        own = {named_below(root, os.path.abspath(file)) for file in imported if file}
        direct = {*_RECORDS[0], *filter(None, own)}
        files = direct.union(used())
        told = {
            "files": sorted(files),
            "behind": sorted(files - direct),
            "results": {name: digest for name, (digest, _) in sorted(_RESULTS.items())},
            "variables": {name: digest_of(_AT_START.get(name)) for name in sorted(_VARIABLES)},
        }
        return {"application/json": told, "text/plain": ""}
