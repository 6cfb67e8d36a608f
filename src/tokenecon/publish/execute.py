"""Execute a notebook in a kernel of its own, wherever the executor has it run."""

from __future__ import annotations

import os
import re
import tempfile
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError
from nbformat import NotebookNode

from tokenecon import asked, inputs, warned
from tokenecon.catalog.errors import DataError
from tokenecon.publish import inline
from tokenecon.publish.errors import NotebookError, PublishError, uncoloured
from tokenecon.publish.executor import kernel_variables, places
from tokenecon.publish.gaps import NO_GAPS, Gap, gap, gap_of, gap_output, place
from tokenecon.publish.kernel import ARGUMENTS, manager
from tokenecon.publish.project import Project
from tokenecon.publish.source import read_notebook

if TYPE_CHECKING:
    import pandas as pd

LEFT_OUT = "NotServed"
"""The error with which a cell leaves the rest of its chapter out, its message standing in its place."""
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+(?=>)")


@dataclass(frozen=True)
class Executed:
    """An executed notebook as text, and what came with it.

    Parameters
    ----------
    notebook : str
        The executed notebook.
    files : tuple of str
        What it opened and imported of the project, and what went into its results, by name.
    behind : tuple of str
        Those of them that went into results alone.
    results : mapping
        The results (findings) it used, with the digests of their values.
    variables : mapping
        The environment variables it asked for, with the digests of their values.
    warnings : tuple of dict
        ``cell`` (its number, counted from 1), ``label``, ``count`` and ``said`` of each warning.
    seconds : float
        How long it took.
    """

    notebook: str
    files: tuple[str, ...]
    behind: tuple[str, ...]
    results: Mapping[str, str]
    variables: Mapping[str, str]
    warnings: tuple[dict[str, Any], ...]
    seconds: float


def execute(name: str, edition: str, draft: bool = False) -> Executed:
    """Execute a notebook of the project that ``TOKENECON_PROJECT`` names.

    Parameters
    ----------
    name : str
        The notebook, from the project's root.
    edition : str
        Passed to the kernel as ``TOKENECON_EDITION``.
    draft : bool
        Whether a cell that fails leaves a marked gap and the cells below it still run.

    Raises
    ------
    NotebookError
        For the first cell that fails, or gives a warning that its result cannot be relied on.
    PublishError
        If the notebook cannot be read.
    """
    root = Path(os.environ[inputs.PROJECT])
    with suppress(DeadKernelError):
        return _Execution(root, name, edition, draft).run()
    # Killed from outside perhaps, for want of memory: a second time the notebook itself is to blame.
    again = _Execution(root, name, edition, draft)
    try:
        return again.run()
    except DeadKernelError as error:
        raise NotebookError(again.path.name, *again.at, f"the kernel died{error}") from None


def digests(results: Sequence[str]) -> dict[str, str]:
    """Compute results where they are not current, and return the digest of each by name; none for one that fails."""
    from tokenecon.analysis.finding import digest_of

    found = {}
    for name in results:
        with suppress(Exception), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found[name] = digest_of(name)
    return found


def _refuse_unread(notebook: NotebookNode, name: str) -> None:
    for number, cell in enumerate(notebook.cells, start=1):
        try:
            inline.refuse_unread(inline.prose(cell))
        except PublishError as error:
            raise PublishError(f"{name} cell {number}: {error}") from None


class _Execution:
    def __init__(self, root: Path, name: str, edition: str, draft: bool) -> None:
        self.path, self.root, self.edition, self.draft = root / name, root, edition, draft
        self.notebook = read_notebook(self.path, name)
        _refuse_unread(self.notebook, name)
        self.warnings: list[dict[str, Any]] = []
        self.at = 1, "while the kernel started"
        self.looked_at: set[str] = set()
        source = root / "src"
        given = places(root) | {"TOKENECON_EDITION": edition}
        if (source / "tokenecon").is_dir():
            given["PYTHONPATH"] = os.pathsep.join(filter(None, [str(source), os.environ.get("PYTHONPATH")]))
        variables = os.environ | given | kernel_variables()
        self.variables = {name: value for name, value in variables.items() if value is not None}

    def run(self) -> Executed:
        start = time.perf_counter()
        with tempfile.TemporaryDirectory() as folder, _dying(Path(folder)), self._kernel(Path(folder)) as client:
            for index, cell in enumerate(self.notebook.cells):
                self.at = index + 1, place(cell)
                if not self._execute_cell(client, index, cell):
                    break
                self._print_inline(client, index, cell)
            found = _ask(client, [inputs.ANSWER])[0]["data"]["application/json"]
        text = nbformat.writes(_tidied(self.notebook)) + "\n"
        seconds = round(time.perf_counter() - start, 2)
        files = tuple(sorted({*found["files"], *self.looked_at}))
        behind = tuple(name for name in found["behind"] if name not in self.looked_at)
        told = tuple(self.warnings)
        return Executed(text, files, behind, found["results"], found["variables"], told, seconds)

    @contextmanager
    def _kernel(self, folder: Path) -> Iterator[NotebookClient]:
        client = NotebookClient(
            self.notebook,
            km=manager(folder),
            timeout=None,
            record_timing=False,
            coalesce_streams=True,
            shutdown_kernel="immediate",
            extra_arguments=list(ARGUMENTS),
            resources={"metadata": {"path": str(self.path.parent)}},
        )
        variables = self.variables | {"IPYTHONDIR": str(folder)}
        with (folder / "stderr").open("wb") as complaints, ExitStack() as stack:
            try:
                stack.enter_context(client.setup_kernel(env=variables, stderr=complaints, cleanup_kc=True))
            except RuntimeError as error:  # One that dies on its way up, or never answers, is no DeadKernelError yet.
                raise DeadKernelError(str(error)) from None
            yield client

    def _failed(self, index: int, where: str, said: str) -> NotebookError:
        return NotebookError(self.path.name, index + 1, where, said)

    def _execute_cell(self, client: NotebookClient, index: int, cell: NotebookNode) -> bool:
        """Execute a cell; say whether the chapter goes on, which it does not where the data have nothing for it."""
        try:
            client.execute_cell(cell, index)
        except CellExecutionError:
            error = next(output for output in cell.outputs if output.output_type == "error")
            if error.ename == LEFT_OUT:
                told = {"text/markdown": error.evalue}
                cell.outputs = [nbformat.v4.new_output("display_data", told, metadata={"tokenecon": {"ends": True}})]
                return False
            if not self.draft or error.ename in NO_GAPS:
                raise self._failed(index, place(cell), _last_lines(error)) from None
            cell.outputs = [gap_output(self._gap(client, error, cell.source, True))]
        return True

    def _print_inline(self, client: NotebookClient, index: int, cell: NotebookNode) -> None:
        """Evaluate the inline expressions of a cell's prose, and keep what they give where Quarto looks for it.

        What the cell or its prose warned of is asked for with them.
        """
        expressions = [] if cell.cell_type == "code" and gap_of(cell) else inline.expressions(cell)
        if not expressions and cell.cell_type != "code":
            return
        *answers, warnings = _ask(client, [*expressions, warned.ANSWER])
        self.warnings += [
            {"cell": index + 1, "label": place(cell), "count": count, "said": f"{category}: {said}"}
            for category, said, count in warnings["data"]["application/json"]
        ]
        if expressions:
            cell.metadata["user_expressions"] = [
                {"expression": expression, "result": answer}
                for expression, answer in zip(expressions, answers, strict=True)
            ]
        if inline.is_left_out(cell):
            return
        for expression, answer in zip(expressions, answers, strict=True):
            if answer["status"] == "ok":
                continue
            said = uncoloured(f"{answer['ename']}: {answer['evalue']}")
            if not self.draft or answer["ename"] in NO_GAPS:
                raise self._failed(index, f"`{{python}} {expression}`", said)
            cell.metadata["tokenecon"] = {"gap": self._gap(client, answer, expression, False)}
            return

    def _gap(self, client: NotebookClient, error: Mapping[str, Any], source: str, failed: bool) -> Gap:
        """Return what is left of an error, with the rows that the code asked for and the edition misses."""
        from tokenecon.publish.draft import asked_for

        above = [cell.source for cell in self.notebook.cells[: self.at[0]] if cell.cell_type == "code"]
        told = _ask(client, [asked.answer(source, above, failed)])[0]
        words = told["data"]["application/json"] if told["status"] == "ok" else ()
        rows = [] if self._missing is None else asked_for(self._missing, error["evalue"], words)
        return gap(error["ename"], error["evalue"], rows)

    @cached_property
    def _missing(self) -> pd.DataFrame | None:
        """The rows that the edition misses; none where that cannot be told."""
        from tokenecon.publish.draft import missing

        rows = None
        with inputs.recording() as used, suppress(DataError, PublishError):
            rows = missing(self.edition, project=Project(self.root))
        self.looked_at |= used
        return rows


def _ask(client: NotebookClient, expressions: list[str]) -> list[dict[str, Any]]:
    """Evaluate expressions in the kernel as Quarto does, without a cell, and return what it answers to each."""
    asked = {str(number): expression for number, expression in enumerate(expressions)}
    if client.kc is None:
        raise DeadKernelError("the kernel is gone")
    message = client.kc.execute("", silent=True, store_history=False, user_expressions=asked)
    reply = client.wait_for_reply(message)
    if reply is None or reply["content"].get("status") != "ok":
        raise DeadKernelError("the kernel does not answer")
    return [reply["content"]["user_expressions"][number] for number in asked]


def _tidied(notebook: NotebookNode) -> NotebookNode:
    """Drop what differs between runs and is no result: timings, what was said on stderr, addresses in memory."""
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        if cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs if output.get("name") != "stderr"]
            for output in cell.outputs:
                if "text/plain" in output.get("data", {}):
                    output.data["text/plain"] = _ADDRESS.sub("", output.data["text/plain"])
    return notebook


@contextmanager
def _dying(folder: Path) -> Iterator[None]:
    """Let the error of a dead kernel hold the last line that it left, to be put behind its name."""
    try:
        yield
    except DeadKernelError:
        lines = (folder / "stderr").read_text(encoding="utf-8", errors="replace").split("\n")
        said = (f": {line.strip()}" for line in reversed(lines) if line.strip())
        raise DeadKernelError(next(said, ", killed perhaps for want of memory")) from None


def _last_lines(error: NotebookNode, lines: int = 12) -> str:
    text = uncoloured("\n".join(error.traceback)).rstrip()
    return "\n".join(text.splitlines()[-lines:]) or f"{error.ename}: {error.evalue}"
