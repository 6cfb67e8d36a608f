"""Read a notebook as its author left it: what is wrong with the file is one line, and what can be mended is."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode, ValidationError

from tokenecon.publish import inline
from tokenecon.publish.errors import PublishError
from tokenecon.publish.options import without_options
from tokenecon.strict import once_each

_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_MARKER = re.compile(r"^(<{7}|={7}|>{7}|\|{7})( |$)")


def read_notebook(path: Path, name: str) -> NotebookNode:
    """Read a notebook, drop old outputs, and give each cell an id of its own, the same every time.

    Parameters
    ----------
    path : Path
        The file; a byte-order mark before its text does no harm.
    name : str
        How messages call it.

    Raises
    ------
    PublishError
        If it is no notebook of format 4; one line with the reason.
    """
    content = _parsed(path, name)
    if not isinstance(content, dict) or content.get("nbformat") != 4:
        raise PublishError(f"{name}: {_format(content)}")
    cells = content.get("cells")
    if not isinstance(cells, list) or not all(isinstance(cell, dict) for cell in cells):
        raise PublishError(f"{name}: has no list of cells: take the file from version control")
    _give_ids(cells)
    for cell in cells:
        if cell.get("cell_type") == "code":
            cell["outputs"], cell["execution_count"] = [], None
    content["nbformat_minor"] = max(5, content.get("nbformat_minor", 0))
    try:
        notebook = nbformat.from_dict(content)
        nbformat.validate(notebook)
    except (ValidationError, TypeError, AttributeError, KeyError) as error:
        raise PublishError(f"{name}: {_place_of(error)}: open it in JupyterLab and save it again") from None
    return nbformat.reads(json.dumps(content), as_version=4)


def run_from(notebook: NotebookNode) -> list[NotebookNode]:
    """Return the cells that a kernel has a part in: code, and prose with expressions; all other text is only shown."""
    return [cell for cell in notebook.cells if cell.cell_type == "code" or inline.expressions(cell)]


def code_digest(notebook: NotebookNode) -> str:
    """Return a hash of what a kernel is given: the code without its options, and the expressions, in their order."""
    given = [
        [cell.cell_type == "code" and without_options(cell.source), inline.expressions(cell)]
        for cell in run_from(notebook)
    ]
    return hashlib.sha256(json.dumps(given).encode()).hexdigest()


def with_results(notebook: NotebookNode, executed: NotebookNode) -> NotebookNode:
    """Return ``notebook`` with the results of an execution of the same code."""
    for cell, run in zip(run_from(notebook), run_from(executed), strict=True):
        for name in ("user_expressions", "tokenecon"):
            if name in run.metadata:
                cell.metadata[name] = run.metadata[name]
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = run.outputs, run.execution_count
    return notebook


def _parsed(path: Path, name: str) -> Any:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise PublishError(f"{name}: is not UTF-8 (byte {error.start + 1}): save it as UTF-8") from None
    except OSError as error:
        raise PublishError(f"{name}: cannot be read: {error.strerror}") from None
    if not text.strip():
        raise PublishError(f"{name}: is empty: take it from version control")
    try:
        return json.loads(text, object_pairs_hook=once_each)
    except (ValueError, RecursionError) as error:
        for number, line in enumerate(text.splitlines(), start=1):
            if _MARKER.match(line):
                raise PublishError(f"{name}: line {number}: a merge left its marker {line[:7]}: resolve it") from None
        raise PublishError(f"{name}: is not JSON ({error}): take it from version control") from None


def _format(content: Any) -> str:
    number = content.get("nbformat") if isinstance(content, dict) else None
    if number is None:
        return "is JSON, but no notebook: take it from version control"
    return f"is a notebook of format {number}: bring it to format 4 with `jupyter nbconvert --to notebook --inplace`"


def _give_ids(cells: list[dict[str, Any]]) -> None:
    """Let the first cell keep an id that several have; name those without one of their own after their number."""
    wanted = [own if isinstance(own := cell.get("id"), str) else "" for cell in cells]
    taken = {one for one in wanted if _ID.fullmatch(one)}
    kept: set[str] = set()
    for number, (cell, own) in enumerate(zip(cells, wanted, strict=True), start=1):
        if own in kept or own not in taken:
            own = f"cell-{number}"
            while own in taken:
                own += "-again"
            taken.add(own)
        kept.add(own)
        cell["id"] = own


def _place_of(error: Exception) -> str:
    """Say which cell a notebook's schema does not allow, and why, on one line."""
    path = list(getattr(error, "relative_path", None) or getattr(error, "absolute_path", None) or ())
    where = f"cell {path[1] + 1}" if len(path) > 1 and path[0] == "cells" else "the file"
    said = " ".join(str(getattr(error, "message", error)).split())[:160]
    return f"{where} is not as a notebook's has to be ({said})"
