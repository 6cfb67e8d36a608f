"""Execute notebooks, each in a kernel of its own, several at a time."""

from __future__ import annotations

import json
import os
import re
import textwrap
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

import nbformat
from ipykernel.kernelspec import RESOURCES, get_kernel_dict
from jupyter_client import AsyncKernelManager
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError
from nbformat import NotebookNode

from tokenecon.publish.errors import NotebookError
from tokenecon.publish.options import cell_options

_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+(?=>)")
_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")

GAP_LENGTH = 160
"""How much of an error's message a gap shows."""

NO_GAPS = ("DataError", "ImportError", "ModuleNotFoundError", "SyntaxError")
"""Errors that no further row would mend: they stop the build of a draft too."""

# Run after the last cell: what the notebook depended on, as only its kernel can tell.
_PROBE = """
import json as _json, sys as _sys
_catalog = _sys.modules.get("tokenecon.catalog")
_sys.stdout.write(_json.dumps({
    "modules": sorted({f for m in list(_sys.modules.values()) if (f := getattr(m, "__file__", None))}),
    "reads": list(_catalog.reads()) if _catalog else [],
}))
"""


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
    """

    def __init__(self, edition: str, workers: int | None = None, draft: bool = False) -> None:
        """Keep what each kernel is started with."""
        self._draft = draft
        self._environment = os.environ | {
            "TOKENECON_EDITION": edition,
            "PYTHONHASHSEED": "0",
        }
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
            extra_arguments=["--log-level=ERROR"],
            resources={"metadata": {"path": str(path.parent)}},
        )
        start = time.perf_counter()
        with client.setup_kernel(env=self._environment, cleanup_kc=True), self._registered(manager):
            for index, cell in enumerate(list(notebook.cells)):
                self._execute_cell(client, path, index, cell)
            found = _probe(client)
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


def read_notebook(path: Path) -> NotebookNode:
    """Read a notebook, give cells that lack an id one that is the same every time, and drop old outputs."""
    content = json.loads(path.read_text(encoding="utf-8"))
    for number, cell in enumerate(content["cells"], start=1):
        cell.setdefault("id", f"cell-{number}")
        if cell["cell_type"] == "code":
            cell["outputs"], cell["execution_count"] = [], None
    content["nbformat_minor"] = max(5, content.get("nbformat_minor", 0))
    return nbformat.reads(json.dumps(content), as_version=4)


def _probe(client: NotebookClient) -> dict[str, list[str]]:
    hidden = nbformat.v4.new_code_cell(_PROBE)
    client.nb.cells.append(hidden)
    client.execute_cell(hidden, len(client.nb.cells) - 1, store_history=False)
    client.nb.cells.pop()
    return json.loads("".join(output.text for output in hidden.outputs if output.get("name") == "stdout"))


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
    label = cell_options(cell.source).get("label")
    lines = [line for line in cell.source.splitlines() if line.strip() and not line.startswith("#|")]
    return label or (lines[0] if lines else "empty cell")


def gaps(notebook: NotebookNode) -> list[str]:
    """Name the cells of an executed notebook that a draft leaves open, each with its number, label and reason."""
    return [
        f"cell {number} ({_place(cell)}): {reason}"
        for number, cell in enumerate(notebook.cells, start=1)
        for output in cell.get("outputs", [])
        if (reason := output.get("metadata", {}).get("tokenecon", {}).get("gap"))
    ]


def _gap(cell: NotebookNode) -> NotebookNode:
    """Return the output that stands for a cell whose rows are not there yet."""
    error = _error(cell)
    said = " ".join(_ANSI.sub("", f"{error.ename}: {error.evalue}").replace("`", "'").split())
    reason = textwrap.shorten(said, GAP_LENGTH, placeholder=" …")
    waits = "what an earlier gap leaves open" if error.ename == "NameError" else "rows that the data do not hold yet"
    text = f"This part of the draft waits for {waits}; `tokenecon edition todo` lists them. Python says `{reason}`."
    data = {"text/markdown": text, "text/plain": text}
    return nbformat.v4.new_output("display_data", data, metadata={"tokenecon": {"gap": reason}})


def _error(cell: NotebookNode) -> NotebookNode:
    return next(output for output in cell.outputs if output.output_type == "error")


def _last_lines(cell: NotebookNode, lines: int = 12) -> str:
    for output in reversed(cell.outputs):
        if output.output_type == "error":
            text = _ANSI.sub("", "\n".join(output.traceback)).rstrip()
            return "\n".join(text.splitlines()[-lines:])
    return "no message"
