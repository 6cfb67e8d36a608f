"""What a draft leaves open: cells whose rows are not there yet, marked where they would have been."""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Iterable, Mapping
from typing import Any

import nbformat
from nbformat import NotebookNode

from tokenecon.publish.errors import uncoloured
from tokenecon.publish.options import cell_options

GAP_LENGTH = 320
"""How much of an error's message a gap keeps."""

NO_GAPS = ("DataError", "ImportError", "ModuleNotFoundError", "SyntaxError", "OSError", "PermissionError")
"""Errors that no further row would mend: they stop the build of a draft too."""

_REMEDY = re.compile(r"\b\w+\.csv\b")
"""What an error says that tells by itself which row to write or to change."""
_UNDEFINED = re.compile(r"NameError: name '(\w+)' is not defined")

Gap = Mapping[str, str]
"""What a cell that failed left: ``error``, as Python says it, and ``rows``, those it waits for, where that is known."""


def gaps(notebook: NotebookNode) -> list[str]:
    """Name what a draft leaves open in an executed notebook: number, label, rows, and how many cells wait for it.

    A cell that misses only a name that an open cell would have defined waits for that cell, and is counted there; so is
    one that waits for the same rows.
    """
    told: dict[int, str] = {}
    waiting: dict[int, int] = {}
    root_of: dict[str, int] = {}
    for number, cell in enumerate(notebook.cells, start=1):
        if not (gap := gap_of(cell)):
            continue
        unknown = _UNDEFINED.match(gap["error"])
        cause = unknown[1] if unknown else gap["rows"]
        root = root_of.get(cause, number) if cause else number
        if root == number:
            told[number] = f"cell {number} ({place(cell)}) {_waits(gap)}"
        else:
            waiting[root] = waiting.get(root, 0) + 1
        root_of |= dict.fromkeys(_defined(cell) | ({cause} if cause else set()), root)
    return [text + _and_waiting(waiting.get(number, 0)) for number, text in told.items()]


def errors(notebook: NotebookNode) -> list[str]:
    """Return what Python said of each cell that a draft leaves open, for whoever looks into the cause."""
    found = ((number, gap_of(cell)) for number, cell in enumerate(notebook.cells, start=1))
    return [f"cell {number}: {gap['error']}" for number, gap in found if gap]


def ending(cells: Iterable[NotebookNode]) -> str:
    """Return why the rest of a chapter is left out, which one of its cells says, or nothing."""
    outputs = (output for cell in cells for output in cell.get("outputs", []))
    ends = (one for one in outputs if one.get("metadata", {}).get("tokenecon", {}).get("ends"))
    return next((one["data"]["text/markdown"] for one in ends), "")


def _and_waiting(count: int) -> str:
    return f", and {count} cell{'s that wait' if count > 1 else ' that waits'} for it" if count else ""


def _defined(cell: NotebookNode) -> set[str]:
    """Names that a cell of code would have defined."""
    if cell.cell_type != "code":
        return set()
    found: set[str] = set()
    for node in ast.walk(ast.parse(cell.source)):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            found.add(node.name)
        elif isinstance(node, ast.alias):
            found.add((node.asname or node.name).partition(".")[0])
    return found


def gap_of(cell: NotebookNode) -> Gap:
    """Return what a draft leaves open in a cell, or nothing."""
    held = (output.get("metadata", {}) for output in cell.get("outputs", []))
    return gap_of_prose(cell) or next(filter(None, map(_left, held)), {})


def gap_of_prose(cell: NotebookNode) -> Gap:
    """Return what a draft leaves open in a cell's prose, or in the title of what its code shows, or nothing."""
    return _left(cell.metadata)


def _left(metadata: Mapping[str, Any]) -> Gap:
    return metadata.get("tokenecon", {}).get("gap") or {}


def gap(name: str, value: str, rows: Iterable[str]) -> Gap:
    """Return what is left of an error, by its name and what it says, for want of rows."""
    return {"error": shortened(f"{name}: {value}"), "rows": "; ".join(rows)}


def _waits(gap: Gap) -> str:
    """Say what a cell waits for, without Python's words for it."""
    if gap["error"].startswith("NameError"):
        return "waits for what an earlier gap leaves open"
    if _REMEDY.search(gap["error"]):
        return f"is open: {gap['error'].partition(': ')[2]}"
    if gap["rows"]:
        return f"waits for rows that the data do not hold yet: {gap['rows']}"
    return "is open: the data lack a row that this cell asks for"


def waits_for(gap: Gap) -> str:
    """Return the sentence that stands for a cell whose rows are not there yet."""
    said = _waits({**gap, "rows": gap["rows"] and f"`{gap['rows']}`"})
    return f"This part of the draft {said}. `tokenecon edition todo` lists the rows that are missing."


def gap_output(gap: Gap) -> NotebookNode:
    """Return the output that stands for a cell with a gap."""
    text = waits_for(gap)
    data = {"text/markdown": text, "text/plain": text}
    return nbformat.v4.new_output("display_data", data, metadata={"tokenecon": {"gap": gap}})


def shortened(said: str) -> str:
    """Return what Python said on one line, without colours."""
    said = uncoloured(said).replace("`", "'")
    return textwrap.shorten(" ".join(said.split()), GAP_LENGTH, placeholder=" …")


def place(cell: NotebookNode) -> str:
    """Name a cell as its author would find it: by label or id, else by its first line."""
    label = cell_options(cell.source).get("label") if cell.cell_type == "code" else cell.get("id")
    lines = [line for line in cell.source.splitlines() if line.strip() and not line.startswith("#|")]
    return label or (lines[0] if lines else "empty cell")
