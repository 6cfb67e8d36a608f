"""Steps of a rendering kept from one build to the next, so that only pages that change are made again."""

from __future__ import annotations

import hashlib
import os
import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from importlib.metadata import version
from pathlib import Path

KEPT_SECONDS = 7 * 24 * 3600
"""How long a step is kept that no build has asked for."""

_STAGED = re.compile(r"_chapters/[\w.-]+")
_PICTURES = ("figures", "tables", "notebooks", "fonts")


class _Memory:
    """The steps in ``folder`` of a book that is staged in ``report``, whose place differs from build to build."""

    def __init__(self, folder: Path, report: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.report = folder, report
        # Filters, templates, bibliography and settings: every step may read them.
        parts = [(path.relative_to(report).parts, path) for path in sorted(report.rglob("*")) if path.is_file()]
        shared = [path for own, path in parts if own[0] not in _PICTURES and not _is_page(own[-1])]
        self.shared = [version("pypandoc_binary"), *(f"{path.relative_to(report)} {_digest(path)}" for path in shared)]

    def file(self, given: Sequence[str]) -> Path:
        texts = [text.replace(str(self.report), "") for text in given]
        staged = sorted({name for text in given for name in _STAGED.findall(text) if (self.report / name).is_file()})
        texts += [f"{name} {_digest(self.report / name)}" for name in staged]
        return self.folder / hashlib.sha256("\0".join([*self.shared, *texts]).encode()).hexdigest()

    def forget(self) -> None:
        for file in self.folder.iterdir():
            if file.stat().st_mtime < time.time() - KEPT_SECONDS:
                file.unlink(missing_ok=True)


_memory: ContextVar[_Memory | None] = ContextVar("memory", default=None)


@contextmanager
def keeping(folder: Path, report: Path) -> Iterator[None]:
    """Keep steps of the book staged in ``report`` in ``folder``, and forget old ones."""
    memory = _Memory(folder, report)
    token = _memory.set(memory)
    try:
        yield
        memory.forget()
    finally:
        _memory.reset(token)


def remembered(given: Sequence[str], compute: Callable[[], str]) -> str:
    """Return what a step made of just this earlier, else compute it: text that follows from ``given`` and the book."""
    memory = _memory.get()
    if memory is None:
        return compute()
    file = memory.file(given)
    if file.is_file():
        os.utime(file)
        return file.read_text(encoding="utf-8")
    made = compute()
    if str(memory.report) not in made:
        fresh = file.with_suffix(f".{os.getpid()}")
        fresh.write_text(made, encoding="utf-8")
        fresh.replace(file)
    return made


def _is_page(name: str) -> bool:
    return name.endswith((".qmd", ".md", "-embedded.typ")) or name in ("facts.json", "inputs.json")


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
