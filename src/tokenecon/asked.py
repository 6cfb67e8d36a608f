"""What a cell that failed asked for: the words in its code, and in the functions that it was in when it failed.

A draft compares them with the rows that its edition misses, and so names those that the cell waits for.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from types import CodeType, FrameType
from typing import Any

_MOST = 50
"""Members of a list that are looked at."""
_QUERIED = re.compile(r"@([a-z_]\w*(?:\.[a-z_]\w*)*)", re.I)
"""Names of the notebook in a query of pandas."""


def answer(source: str, above: Sequence[str], failed: bool) -> str:
    """Return the expression to ask of a kernel.

    Parameters
    ----------
    source : str
        The code that failed.
    above : sequence of str
        The cells above it, in which its names were bound.
    failed : bool
        Whether it failed as a cell, and not as an expression in prose.
    """
    return f"__import__('tokenecon.asked').asked.Answer({source!r}, {list(above)!r}, {failed})"


class Answer:
    """What a kernel answers: the ``words`` that code asked for."""

    def __init__(self, source: str, above: Sequence[str], failed: bool) -> None:
        statements = [statement for cell in above for statement in _statements(cell)]
        code = _Code(vars(sys.modules["__main__"]), statements)
        self.words = {word for statement in _statements(source) for word in code.words(statement)}
        if failed:
            self.words |= set(_of_frames())

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Mapping[str, Any]:
        return {"application/json": sorted(self.words), "text/plain": ""}


def _statements(source: str) -> list[ast.stmt]:
    try:
        return ast.parse(source.strip()).body
    except SyntaxError:  # Magics of IPython.
        return []


class _Code:
    """The words of code, in a kernel in which its names have values and were bound by statements."""

    def __init__(self, names: Mapping[str, Any], above: Sequence[ast.stmt]) -> None:
        self.names, self.seen = names, set[int]()
        self.binding: dict[str, list[ast.stmt]] = {}
        for statement in above:
            for node in ast.walk(statement):
                if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                    self.binding.setdefault(node.id, []).append(statement)

    def words(self, code: ast.AST) -> Iterator[str]:
        """Yield the strings that code writes, and those that its names and their attributes stand for.

        A name that stands for none, such as a table, is followed to where it was bound.
        """
        for node in ast.walk(code):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value
                for queried in _QUERIED.findall(node.value):
                    yield from self.words(ast.parse(queried))
            elif isinstance(node, ast.Name):
                yield from self._of_name(node.id)
            elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                yield from self._of_attribute(self.names.get(node.value.id), node.attr)

    def _of_attribute(self, value: Any, name: str) -> Iterator[str]:
        if type(value).__module__.startswith("tokenecon.") and (code := _code_of(getattr(type(value), name, None))):
            yield from _constants(code)
        with suppress(Exception):  # What cannot be computed for want of rows asks for nothing more.
            yield from _named(getattr(value, name))

    def _of_name(self, name: str) -> Iterator[str]:
        if found := list(_named(self.names.get(name))):
            yield from found
            return
        for statement in self.binding.get(name, ()):
            if id(statement) not in self.seen:
                self.seen.add(id(statement))
                yield from self.words(statement)


def _code_of(attribute: Any) -> CodeType | None:
    """Return the code of a method, or of what computes a finding."""
    return getattr(getattr(attribute, "compute", attribute), "__code__", None)


def _of_frames() -> Iterator[str]:
    """Yield the strings in the project's own functions that the last error went through, and in their arguments."""
    trace = getattr(sys, "last_traceback", None)
    while trace:
        frame = trace.tb_frame
        if _is_own(frame):
            yield from _constants(frame.f_code)
            yield from (word for value in frame.f_locals.values() for word in _named(value))
        trace = trace.tb_next


def _is_own(frame: FrameType) -> bool:
    module = frame.f_globals.get("__name__", "")
    return module.startswith("tokenecon.") or (module == "__main__" and frame.f_code.co_name != "<module>")


def _constants(code: CodeType) -> Iterator[str]:
    yield from (value for value in code.co_consts if isinstance(value, str))


def _named(value: Any) -> Iterator[str]:
    """Yield what a value is called: a text itself, a company by its id, a period by its label; of a list, each."""
    members: Iterable[Any] = value[:_MOST] if isinstance(value, (list, tuple)) else [value]
    for one in members:
        for name in (one, getattr(one, "id", None), getattr(one, "label", None)):
            if isinstance(name, str):
                yield name
