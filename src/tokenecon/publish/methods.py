"""The page of methods, from the docstrings of the analysis and the bibliography in ``report/literature.bib``.

A function that names a work as "Kaplan and Meier (1958)" in its docstring is listed with that work, and with the
chapters whose cells call it, directly or through other functions of the analysis.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from nbformat import NotebookNode

from tokenecon.publish.markdown import captioned, code, escaped, pipe_table
from tokenecon.publish.memory import derived

_ENTRY = re.compile(r"^@\w+\{(?P<key>[\w:-]+),(?P<fields>.*?)^\}", re.M | re.S)
_NAMED = re.compile(r"\b([A-Z][\w’'-]+)(?:,? (?:and )?[A-Z][\w’'-]+)*(?:'s|’s)?,?\s\(?((?:19|20)\d\d)\)")
_REACH = 60
CAPTION = (
    "Methods that follow the literature: what a function gives, where its code stands, and which chapters use it. "
    "Source: the docstrings of `src/tokenecon/analysis`."
)


@dataclass(frozen=True)
class Work:
    """A work of the literature: its key, the family name of its first author, its year."""

    key: str
    author: str
    year: str

    def is_named_in(self, text: str) -> bool:
        """Whether a text names the first author and, soon after, the year."""
        return bool(re.search(rf"\b{re.escape(self.author)}\b[^.]{{0,{_REACH}}}?\b{self.year}\b", text, re.S))


@dataclass(frozen=True)
class Method:
    """A function of the analysis that names its literature."""

    module: str
    name: str
    says: str
    works: tuple[str, ...]
    calls: frozenset[str]


def read_works(file: Path) -> list[Work]:
    """Read a BibLaTeX file: every entry with ``author`` and ``date``."""
    if not file.is_file():
        return []
    found = []
    for entry in _ENTRY.finditer(file.read_text(encoding="utf-8")):
        fields = dict(re.findall(r"^\s*(\w+)\s*=\s*\{(.*)\},?\s*$", entry["fields"], re.M))
        found.append(Work(entry["key"], fields["author"].split(",")[0], fields["date"][:4]))
    return found


def read_methods(analysis: Path, works: Iterable[Work]) -> list[Method]:
    """Read the public functions of the modules in a folder, those that name no work included."""
    works = list(works)
    return [
        Method(
            file.stem,
            node.name,
            (ast.get_docstring(node) or "").split("\n\n")[0].replace("\n", " "),
            tuple(work.key for work in works if work.is_named_in(" ".join((ast.get_docstring(node) or "").split()))),
            frozenset(_called(node)),
        )
        for file in sorted(analysis.rglob("*.py"))
        for node in ast.parse(file.read_text(encoding="utf-8")).body
        if isinstance(node, (ast.FunctionDef, ast.ClassDef))
    ]


def unknown_works(analysis: Path, works: Iterable[Work]) -> list[str]:
    """Name the works that docstrings of the analysis cite by author and year and that the bibliography lacks."""
    works, found = list(works), []
    for file in sorted(analysis.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.Module)):
                text = " ".join((ast.get_docstring(node) or "").split())
                found += [
                    f"{file.name}: {match[0]}"
                    for match in _NAMED.finditer(text)
                    if not any(work.is_named_in(match[0]) for work in works)
                ]
    return sorted(set(found))


def methods_page(analysis: Path, literature: Path, chapters: Mapping[str, NotebookNode]) -> str:
    """Return Markdown with a row for each function that names its literature, in the order of modules.

    Parameters
    ----------
    analysis : Path
        The folder of the modules.
    literature : Path
        The bibliography.
    chapters : mapping
        The label of each chapter to its notebook.
    """
    works = read_works(literature)
    methods = derived(["methods", *map(repr, works)], lambda: read_methods(analysis, works))
    used = {label: _closure(methods, _names(notebook)) for label, notebook in chapters.items()}
    rows = [
        (
            _summary(method.says),
            code(f"{method.module}.{method.name}"),
            ", ".join(f"[-@{label}]" for label, names in used.items() if method.name in names) or "—",
            "; ".join(f"@{key}" for key in method.works),
        )
        for method in methods
        if method.works and not method.name.startswith("_")
    ]
    if not rows:
        return ""
    table = pipe_table(("What it gives", "Function", "Chapters", "Literature"), (34, 32, 10, 24), rows)
    return captioned(table, CAPTION, "tbl-methods") + "\n"


def _summary(text: str) -> str:
    text = text.rstrip(".").removeprefix("Return ").replace("``", "")
    return escaped(text[:1].upper() + text[1:])


def _called(node: ast.AST) -> Iterator[str]:
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name):
            yield inner.id
        elif isinstance(inner, ast.Attribute):
            yield inner.attr


def _names(notebook: NotebookNode) -> set[str]:
    code = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    return set(re.findall(r"\b[a-z_][a-z0-9_]*(?=\()", code))


def _closure(methods: Iterable[Method], names: set[str]) -> set[str]:
    """Return the functions called by name, and all that those call."""
    calls: Mapping[str, frozenset[str]] = {method.name: method.calls for method in methods}
    found, ahead = set(), {name for name in names if name in calls}
    while ahead:
        name = ahead.pop()
        found.add(name)
        ahead |= {other for other in calls[name] if other in calls and other not in found}
    return found
