"""What a draft leaves open: cells whose rows are not there yet, marked where they would have been."""

from __future__ import annotations

import re
import textwrap

import nbformat
from nbformat import NotebookNode

from tokenecon.publish.options import cell_options

GAP_LENGTH = 160
"""How much of an error's message a gap shows."""

NO_GAPS = ("DataError", "ImportError", "ModuleNotFoundError", "SyntaxError", "OSError", "PermissionError")
"""Errors that no further row would mend: they stop the build of a draft too."""

_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


def gaps(notebook: NotebookNode) -> list[str]:
    """Name the cells of an executed notebook that a draft leaves open, each with its number, label and reason."""
    return [
        f"cell {number} ({place(cell)}): {reason}"
        for number, cell in enumerate(notebook.cells, start=1)
        if (reason := gap_of(cell))
    ]


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
