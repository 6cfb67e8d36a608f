"""What a draft leaves open: cells whose rows are not there yet, marked where they would have been."""

from __future__ import annotations

import ast
import re
import textwrap

import nbformat
from nbformat import NotebookNode

from tokenecon.publish.options import cell_options

GAP_LENGTH = 160
"""How much of an error's message a gap shows."""

NO_GAPS = ("DataError", "ImportError", "ModuleNotFoundError", "SyntaxError", "OSError", "PermissionError")
"""Errors that no further row would mend: they stop the build of a draft too."""

_UNDEFINED = re.compile(r"NameError: name '(\w+)' is not defined")
_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


def gaps(notebook: NotebookNode) -> list[str]:
    """Name the cells of an executed notebook that a draft leaves open: number, label, reason, and how many wait for it.

    A cell that misses only a name that an open cell would have defined waits for that cell, and is counted there.
    """
    told: dict[int, str] = {}
    waiting: dict[int, int] = {}
    root_of: dict[str, int] = {}
    for number, cell in enumerate(notebook.cells, start=1):
        if not (reason := gap_of(cell)):
            continue
        unknown = _UNDEFINED.match(reason)
        root = root_of.get(unknown[1], number) if unknown else number
        if root == number:
            told[number] = f"cell {number} ({place(cell)}): {reason}"
        else:
            waiting[root] = waiting.get(root, 0) + 1
        root_of |= dict.fromkeys(_defined(cell), root)
    return [text + _and_waiting(waiting.get(number, 0)) for number, text in told.items()]


def ending(notebook: NotebookNode) -> str:
    """Return why the rest of a chapter is left out, or nothing."""
    outputs = (output for cell in notebook.cells for output in cell.get("outputs", []))
    ends = (one for one in outputs if one.get("metadata", {}).get("tokenecon", {}).get("ends"))
    return next(("".join(one["data"]["text/markdown"]) for one in ends), "")


def _and_waiting(count: int) -> str:
    return f", and {count} cell{'s that wait' if count > 1 else ' that waits'} for it" if count else ""


def _defined(cell: NotebookNode) -> set[str]:
    """Names that a cell of code would have defined."""
    if cell.cell_type != "code":
        return set()
    return {node.id for node in ast.walk(ast.parse(cell.source)) if isinstance(getattr(node, "ctx", None), ast.Store)
            and isinstance(node, ast.Name)}  # fmt: skip


def gap_of(cell: NotebookNode) -> str:
    """Return why a draft leaves a cell open, or nothing."""
    own = [cell.metadata, *(output.get("metadata", {}) for output in cell.get("outputs", []))]
    return next((gap for one in own if (gap := one.get("tokenecon", {}).get("gap"))), "")


def waits_for(reason: str) -> str:
    """Return the sentence that stands for a cell whose rows are not there yet."""
    what = "what an earlier gap leaves open" if reason.startswith("NameError") else "rows that the data do not hold yet"
    return f"This part of the draft waits for {what}; `tokenecon edition todo` lists them. Python says `{reason}`."


def gap(error: NotebookNode) -> NotebookNode:
    """Return the output that stands for a cell which ended with ``error``."""
    reason = shortened(f"{error.ename}: {error.evalue}")
    text = waits_for(reason)
    data = {"text/markdown": text, "text/plain": text}
    return nbformat.v4.new_output("display_data", data, metadata={"tokenecon": {"gap": reason}})


def shortened(said: str) -> str:
    """Return what Python said on one line, without colours."""
    said = _ANSI.sub("", said).replace("`", "'")
    return textwrap.shorten(" ".join(said.split()), GAP_LENGTH, placeholder=" …")


def place(cell: NotebookNode) -> str:
    """Name a cell as its author would find it: by label or id, else by its first line."""
    label = cell_options(cell.source).get("label") if cell.cell_type == "code" else cell.get("id")
    lines = [line for line in cell.source.splitlines() if line.strip() and not line.startswith("#|")]
    return label or (lines[0] if lines else "empty cell")
