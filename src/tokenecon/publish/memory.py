"""Steps of a rendering kept from one build to the next, so that only pages that change are made again."""

from __future__ import annotations

import hashlib
import os
import pickle
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, suppress
from contextvars import ContextVar, copy_context
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar

from tokenecon.catalog.editions import Edition
from tokenecon.inputs import write_whole
from tokenecon.publish.cache import code_key, sha256, sources_key
from tokenecon.publish.executor import available
from tokenecon.publish.project import Project

KEPT_SECONDS = 3 * 24 * 3600
"""How long a step is kept that no build has asked for."""

Made = TypeVar("Made")

_STAGED = re.compile(r"_chapters/[\w.-]+")
_PICTURES = ("figures", "tables", "notebooks", "fonts")


class _Memory:
    """The steps in ``folder`` of a book that is staged in ``report``, whose place differs from build to build.

    ``code`` stands for the package and its libraries, ``sources`` for these and the data.
    """

    def __init__(self, folder: Path, report: Path, sources: str, code: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.report, self.sources, self.code = folder, report, sources, code

    @cached_property
    def shared(self) -> list[str]:
        """Filters, templates, bibliography and settings: every step of a renderer may read them."""
        report = self.report
        parts = [(path.relative_to(report).parts, path) for path in sorted(report.rglob("*")) if path.is_file()]
        shared = [path for own, path in parts if own[0] not in _PICTURES and not _is_page(own[-1])]
        return [version("pypandoc_binary"), *(f"{path.relative_to(report)} {sha256(path)}" for path in shared)]

    def given(self, given: Sequence[str]) -> list[str]:
        """Return what a step follows from: its arguments, the staged pages they name, and what all steps read."""
        texts = [text.replace(str(self.report), "") for text in given]
        staged = sorted({name for text in given for name in _STAGED.findall(text) if (self.report / name).is_file()})
        texts += [f"{name} {sha256(self.report / name)}" for name in staged]
        return [*self.shared, *texts]

    def forget(self) -> None:
        for file in self.folder.iterdir():
            with suppress(FileNotFoundError):  # Another process was writing it, or forgets it too.
                if file.stat().st_mtime < time.time() - KEPT_SECONDS:
                    file.unlink()


_memory: ContextVar[_Memory | None] = ContextVar("memory", default=None)


@contextmanager
def keeping(folder: Path, report: Path, sources: str, code: str) -> Iterator[None]:
    """Keep steps of the book staged in ``report`` in ``folder``, and forget old ones."""
    memory = _Memory(folder, report, sources, code)
    token = _memory.set(memory)
    try:
        yield
        memory.forget()
    finally:
        _memory.reset(token)


def keeping_of(project: Project, edition: Edition, report: Path) -> AbstractContextManager[None]:
    """Keep steps of an edition's book, staged in ``report``, beside its executed notebooks."""
    folder = project.build / ".state" / edition.id / "rendered"
    return keeping(folder, report, sources_key(project), code_key(project))


def together(steps: Sequence[Callable[[], Made]]) -> list[Made]:
    """Take steps that wait for other processes side by side, each knowing what is kept; return what they return.

    Raises
    ------
    Exception
        The error of the first step that failed, when all have ended.
    """
    with ThreadPoolExecutor(max(1, min(len(steps), available()))) as pool:
        begun = [pool.submit(copy_context().run, step) for step in steps]
        return [step.result() for step in begun]


def remembered(given: Sequence[str], compute: Callable[[], bytes]) -> bytes:
    """Return what a step made of just this earlier, else compute it: what follows from ``given`` and the book."""
    memory = _memory.get()
    if memory is None:
        return compute()
    place = str(memory.report)
    return kept(memory.given(given), compute, lambda made: place.encode() not in made)


def derived(given: Sequence[str], compute: Callable[[], Any], alone: bool = False) -> Any:
    """Return what was computed earlier from ``given`` and the same data and package, else compute it.

    What follows from ``given`` and the package ``alone`` is kept whatever the data.
    """
    memory = _memory.get()
    if memory is None:
        return compute()
    return pickle.loads(kept([memory.code if alone else memory.sources, *given], lambda: pickle.dumps(compute())))


def kept(given: Sequence[str], compute: Callable[[], bytes], lasts: Callable[[bytes], bool] = bool) -> bytes:
    """Return what was made of just this earlier, else compute it: bytes that follow from ``given`` alone.

    ``lasts`` says of what was made whether it may be kept.
    """
    return kept_each({"": given}, lambda _: {"": compute()}, lasts)[""]


def kept_each(
    given: Mapping[str, Sequence[str]],
    compute: Callable[[Sequence[str]], Mapping[str, bytes]],
    lasts: Callable[[bytes], bool] = bool,
) -> dict[str, bytes]:
    """Return by name what was made of just this earlier, and compute the others at once, given their names."""
    memory = _memory.get()
    if memory is None:
        return dict(compute(list(given)))
    files = {name: memory.folder / hashlib.sha256("\0".join(own).encode()).hexdigest() for name, own in given.items()}
    missing = [name for name, file in files.items() if not file.is_file()]
    made = compute(missing) if missing else {}
    for name, content in made.items():
        if lasts(content):
            write_whole(files[name], content)
    for name in files.keys() - made.keys():
        os.utime(files[name])
    return {name: made[name] if name in made else file.read_bytes() for name, file in files.items()}


def _is_page(name: str) -> bool:
    return name.endswith((".qmd", ".md", "-embedded.typ")) or name in ("facts.json", "inputs.json")
