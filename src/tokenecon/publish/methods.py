"""The page of methods, from the docstrings of the analysis and the bibliography in ``report/literature.bib``.

A function that names a work as "Kaplan and Meier (1958)" in its docstring is listed with that work, and with the
chapters whose cells call it, directly or through other functions of the analysis.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from nbformat import NotebookNode

from tokenecon.markup import code, escaped
from tokenecon.publish.markdown import pipe_table

_ENTRY = re.compile(r"^@\w+\{(?P<key>[\w:-]+),(?P<fields>.*?)^\}", re.M | re.S)
_REACH = 60
SHARED = "estimators"
"""The package whose functions others import by name."""

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
    """A function of the analysis, or what a class of findings finds: its literature, and what it may call.

    A call is its base and its name: of a module by that name, of ``self``, of the findings of a class, or of nothing.
    """

    room: str
    module: str
    owner: str
    name: str
    says: str
    works: tuple[str, ...]
    calls: frozenset[tuple[str, str]]


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
            file.parent.name,
            file.stem,
            owner,
            node.name,
            (ast.get_docstring(node) or "").split("\n\n")[0].replace("\n", " "),
            tuple(work.key for work in works if work.is_named_in(" ".join((ast.get_docstring(node) or "").split()))),
            frozenset(_called(node, aliases)),
        )
        for file in sorted(analysis.rglob("*.py"))
        for tree in [ast.parse(file.read_text(encoding="utf-8"))]
        for aliases in [_aliases(tree)]
        for owner, node in _defined(tree)
    ]


def methods_page(methods: Sequence[Method], chapters: Mapping[str, NotebookNode]) -> str:
    """Return Markdown with a row for each function that names its literature, in the order of modules.

    Parameters
    ----------
    methods : sequence of Method
        As :func:`read_methods` gives them.
    chapters : mapping
        The label of each chapter to its notebook.
    """
    used = {label: _closure(methods, _names(notebook)) for label, notebook in chapters.items()}
    rows = [
        (
            _summary(method.says),
            code(f"{method.module}.{method.name}"),
            ", ".join(f"[-@{label}]" for label, reached in used.items() if method in reached) or "—",
            "; ".join(f"@{key}" for key in method.works),
        )
        for method in methods
        if method.works and not method.owner and not method.name.startswith("_")
    ]
    if not rows:
        return ""
    columns = {"What it gives": 31, "Function": 36, "Chapters": 10, "Literature": 23}
    return pipe_table(columns, rows, CAPTION, "tbl-methods") + "\n"


def _summary(text: str) -> str:
    text = text.rstrip(".").removeprefix("Return ").replace("``", "")
    return escaped(text[:1].upper() + text[1:])


def _defined(module: ast.Module) -> Iterator[tuple[str, ast.FunctionDef]]:
    """Yield the functions of a module, and those of its classes with the class."""
    for node in module.body:
        inside = node.body if isinstance(node, ast.ClassDef) else [node]
        owner = node.name if isinstance(node, ast.ClassDef) else ""
        yield from ((owner, inner) for inner in inside if isinstance(inner, ast.FunctionDef))


def _aliases(tree: ast.Module) -> dict[str, str]:
    imports = (node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom))
    return {name.asname: name.name for node in imports for name in node.names if name.asname}


def _called(function: ast.FunctionDef, aliases: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield what a function may call: names that are not its own, and attributes of these and of findings."""
    nodes = list(ast.walk(function))
    stored = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    stored |= {node.arg for node in nodes if isinstance(node, ast.arg)}
    for node in nodes:
        if isinstance(node, ast.Name) and node.id not in stored:
            yield "", node.id
        elif isinstance(node, ast.Attribute):
            base = node.value
            if isinstance(base, ast.Name) and (base.id == "self" or base.id not in stored):
                yield aliases.get(base.id, base.id), node.attr
            elif isinstance(base, ast.Call) and isinstance(base.func, ast.Attribute) and base.func.attr == "of":
                yield from ((asked.id, node.attr) for asked in base.args if isinstance(asked, ast.Name))


def _names(notebook: NotebookNode) -> set[tuple[str, str]]:
    """Return what a notebook calls in its cells, and what it asks its findings for there and in its sentences."""
    code = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    said = "\n".join([code, *(cell.source for cell in notebook.cells if cell.cell_type == "markdown")])
    held: dict[str, str] = {}
    for names, opened in re.findall(r"^([\w, ]+) = (.*\.open\(.*)$", code, re.M):
        held |= dict(zip(names.split(", "), re.findall(r"(\w+)\.open\(", opened), strict=False))
    asked = {(held.get(base, base), name) for base, name in re.findall(r"\b(\w+)\.(\w+)", said)}
    return asked | {("", name) for name in re.findall(r"(?<![\w.])[a-z_]\w*(?=\()", code)}


def _closure(methods: Iterable[Method], names: Collection[tuple[str, str]]) -> set[Method]:
    """Return the functions called by name, and all that those call."""
    named: dict[str, list[Method]] = defaultdict(list)
    for method in methods:
        named[method.name].append(method)
    ahead = {found for base, name in names for found in named[name] if base in _places(found)}
    reached: set[Method] = set()
    while ahead:
        one = ahead.pop()
        reached.add(one)
        for base, name in one.calls:
            for other in named[name]:
                here = (other.room, other.module) == (one.room, one.module)
                inside = here and other.owner == one.owner if base == "self" else base in _places(other)
                bare = not base and not other.owner and (here or other.room == SHARED)
                if other not in reached and (inside or bare):
                    ahead.add(other)
    return reached


def _places(method: Method) -> tuple[str, ...]:
    """Return by which names a function is asked for from elsewhere: of its class, or of its module or its package."""
    return (method.owner,) if method.owner else (method.module, method.room)
