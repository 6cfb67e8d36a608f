"""Execute notebooks, each in a kernel of its own, several at a time."""

from __future__ import annotations

import json
import os
import re
import tempfile
import textwrap
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

import nbformat
from ipykernel.kernelspec import RESOURCES, get_kernel_dict
from jupyter_client import AsyncKernelManager
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError
from nbformat import NotebookNode

from tokenecon import inputs
from tokenecon.analysis.finding import STORE
from tokenecon.publish import inline
from tokenecon.publish.errors import NotebookError
from tokenecon.publish.options import cell_options
from tokenecon.publish.project import Project

_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+(?=>)")
_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")

GAP_LENGTH = 160
"""How much of an error's message a gap shows."""

NO_GAPS = ("DataError", "ImportError", "ModuleNotFoundError", "SyntaxError")
"""Errors that no further row would mend: they stop the build of a draft too."""

INPUTS = "__import__('tokenecon.inputs').inputs.Answer()"
"""Asked of the kernel after the last cell: what the notebook depended on, as only its kernel can tell."""


@dataclass(frozen=True)
class Executed:
    """An executed notebook, the module files it imported, the data files it read, and how long it took."""

    notebook: NotebookNode
    modules: tuple[str, ...]
    reads: tuple[str, ...]
    seconds: float


class _ThisInterpreter(KernelSpecManager):
    """Offers this interpreter alone: a kernel ``python3`` that a user installed elsewhere would hide it."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        return KernelSpec(resource_dir=RESOURCES, **get_kernel_dict())


class Runner:
    """Runs notebooks in parallel, and ends every kernel when one fails or the user interrupts.

    Parameters
    ----------
    edition : str
        Passed to the kernels as ``TOKENECON_EDITION``.
    workers : int, optional
        Kernels at a time; the number of processors if left out.
    draft : bool
        Whether a cell that fails leaves a marked gap and the cells below it still run.
    project : Project, optional
        Its files that a notebook opens are inputs, and its build folder keeps findings between notebooks.
    """

    def __init__(
        self, edition: str, workers: int | None = None, draft: bool = False, project: Project | None = None
    ) -> None:
        """Keep what each kernel is started with."""
        self._draft = draft
        self._environment = os.environ | {"TOKENECON_EDITION": edition, "PYTHONHASHSEED": "0"}
        if project is not None:
            findings = project.build / ".state" / "findings"
            self._environment |= {inputs.PROJECT: str(project.root), STORE: str(findings)}
        self._workers = workers or os.cpu_count() or 1
        self._running: set[AsyncKernelManager] = set()
        self._lock = Lock()
        self._stopped = False

    def run(self, notebooks: Iterable[Path], done: Callable[[Path, Executed], None]) -> None:
        """Execute ``notebooks`` and call ``done`` for each as it ends.

        Raises
        ------
        NotebookError
            For the first cell that fails; notebooks still running are given up.
        """
        notebooks = list(notebooks)
        if not notebooks:
            return
        with ThreadPoolExecutor(min(self._workers, len(notebooks))) as executor:
            futures = {executor.submit(self._execute, path): path for path in notebooks}
            try:
                for future in as_completed(futures):
                    done(futures[future], future.result())
            except BaseException:
                executor.shutdown(wait=False, cancel_futures=True)
                self._stop()
                raise

    def _stop(self) -> None:
        with self._lock:
            self._stopped = True
            for manager in self._running:
                if process := getattr(manager.provisioner, "process", None):
                    process.kill()

    def _execute(self, path: Path) -> Executed:
        notebook = read_notebook(path)
        manager = AsyncKernelManager(kernel_spec_manager=_ThisInterpreter())
        client = NotebookClient(
            notebook,
            km=manager,
            timeout=None,
            record_timing=False,
            coalesce_streams=True,
            extra_arguments=["--log-level=ERROR", "--IPKernelApp.extra_extensions=tokenecon.inputs"],
            resources={"metadata": {"path": str(path.parent)}},
        )
        start = time.perf_counter()
        with (
            tempfile.TemporaryDirectory() as profile,
            client.setup_kernel(env=self._environment | {"IPYTHONDIR": profile}, cleanup_kc=True),
            self._registered(manager),
        ):
            for index, cell in enumerate(notebook.cells):
                self._execute_cell(client, path, index, cell)
                self._print_inline(client, path, index, cell)
            found = _ask(client, [INPUTS])[0]["data"]["application/json"]
        seconds = time.perf_counter() - start
        return Executed(_tidied(notebook), tuple(found["modules"]), tuple(found["reads"]), round(seconds, 2))

    @contextmanager
    def _registered(self, manager: AsyncKernelManager) -> Iterator[None]:
        with self._lock:
            self._running.add(manager)
        try:
            yield
        finally:
            with self._lock:
                self._running.discard(manager)

    def _execute_cell(self, client: NotebookClient, path: Path, index: int, cell: NotebookNode) -> None:
        if self._stopped:
            raise KeyboardInterrupt
        try:
            client.execute_cell(cell, index)
        except CellExecutionError:
            if self._draft and _error(cell).ename not in NO_GAPS:
                cell.outputs = [_gap(cell)]
                return
            raise NotebookError(path.name, index + 1, _place(cell), _last_lines(cell)) from None
        except DeadKernelError:
            raise NotebookError(path.name, index + 1, _place(cell), "the kernel died") from None

    def _print_inline(self, client: NotebookClient, path: Path, index: int, cell: NotebookNode) -> None:
        """Evaluate the inline expressions of a cell's prose, and keep what they give where Quarto looks for it."""
        expressions = inline.expressions(cell)
        if not expressions or (cell.cell_type == "code" and gap_of(cell)):
            return
        answers = _ask(client, expressions)
        cell.metadata["user_expressions"] = [
            {"expression": expression, "result": answer}
            for expression, answer in zip(expressions, answers, strict=True)
        ]
        if inline.is_left_out(cell):
            return
        for expression, answer in zip(expressions, answers, strict=True):
            if answer["status"] == "ok":
                continue
            said = _ANSI.sub("", f"{answer['ename']}: {answer['evalue']}")
            if self._draft and answer["ename"] not in NO_GAPS:
                cell.metadata["tokenecon"] = {"gap": _shortened(said)}
                return
            raise NotebookError(path.name, index + 1, f"`{{python}} {expression}`", said)


def read_notebook(path: Path) -> NotebookNode:
    """Read a notebook, give cells that lack an id one that is the same every time, and drop old outputs."""
    content = json.loads(path.read_text(encoding="utf-8"))
    for number, cell in enumerate(content["cells"], start=1):
        cell.setdefault("id", f"cell-{number}")
        if cell["cell_type"] == "code":
            cell["outputs"], cell["execution_count"] = [], None
    content["nbformat_minor"] = max(5, content.get("nbformat_minor", 0))
    return nbformat.reads(json.dumps(content), as_version=4)


def _ask(client: NotebookClient, expressions: list[str]) -> list[dict[str, Any]]:
    """Evaluate expressions in the kernel as Quarto does, without a cell, and return what it answers to each."""
    asked = {str(number): expression for number, expression in enumerate(expressions)}
    message = client.kc.execute("", silent=True, store_history=False, user_expressions=asked)
    reply = client.wait_for_reply(message)
    if reply is None or reply["content"].get("status") != "ok":
        raise DeadKernelError("the kernel does not answer")
    return [reply["content"]["user_expressions"][number] for number in asked]


def _tidied(notebook: NotebookNode) -> NotebookNode:
    """Drop what differs between runs and is no result: timings, warnings that name files, addresses in memory."""
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        if cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs if output.get("name") != "stderr"]
            for output in cell.outputs:
                if "text/plain" in output.get("data", {}):
                    output.data["text/plain"] = _ADDRESS.sub("", output.data["text/plain"])
    return notebook


def _place(cell: NotebookNode) -> str:
    label = cell_options(cell.source).get("label") if cell.cell_type == "code" else cell.get("id")
    lines = [line for line in cell.source.splitlines() if line.strip() and not line.startswith("#|")]
    return label or (lines[0] if lines else "empty cell")


def gaps(notebook: NotebookNode) -> list[str]:
    """Name the cells of an executed notebook that a draft leaves open, each with its number, label and reason."""
    return [
        f"cell {number} ({_place(cell)}): {reason}"
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


def _gap(cell: NotebookNode) -> NotebookNode:
    """Return the output that stands for a cell whose rows are not there yet."""
    error = _error(cell)
    reason = _shortened(_ANSI.sub("", f"{error.ename}: {error.evalue}"))
    text = waits_for(reason)
    data = {"text/markdown": text, "text/plain": text}
    return nbformat.v4.new_output("display_data", data, metadata={"tokenecon": {"gap": reason}})


def _shortened(said: str) -> str:
    return textwrap.shorten(" ".join(said.replace("`", "'").split()), GAP_LENGTH, placeholder=" …")


def _error(cell: NotebookNode) -> NotebookNode:
    return next(output for output in cell.outputs if output.output_type == "error")


def _last_lines(cell: NotebookNode, lines: int = 12) -> str:
    for output in reversed(cell.outputs):
        if output.output_type == "error":
            text = _ANSI.sub("", "\n".join(output.traceback)).rstrip()
            return "\n".join(text.splitlines()[-lines:])
    return "no message"
