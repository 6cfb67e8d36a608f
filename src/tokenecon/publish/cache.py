"""What each notebook was last executed from, and so whether it has to run again and why."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from tokenecon.catalog import Edition
from tokenecon.publish.execute import Executed
from tokenecon.publish.project import Project

BESIDE = (".js", ".css")


@dataclass(frozen=True)
class Cached:
    """The last execution of one notebook."""

    notebook: NotebookNode
    inputs: Mapping[str, str]
    seconds: float


@dataclass(frozen=True)
class Cache:
    """The executed notebooks of one edition, in ``build/.state/<edition>``."""

    project: Project
    edition: Edition

    @property
    def folder(self) -> Path:
        """Where the executed notebooks and their records lie."""
        return self.project.build / ".state" / self.edition.id

    def reason(self, notebook: Path) -> str:
        """Return why ``notebook`` has to run, or an empty string if what it was executed from is unchanged."""
        record_file, executed = self._files(notebook)
        if not record_file.is_file() or not executed.is_file():
            return "never executed"
        try:
            record = json.loads(record_file.read_text(encoding="utf-8"))
            inputs, python, stored = dict(record["inputs"]), record["python"], record["executed"]
        except (ValueError, KeyError, TypeError):
            return "its record is damaged"
        if stored != sha256(executed):
            return "the executed notebook is damaged"
        if python != platform.python_version():
            return f"Python {platform.python_version()} instead of {python}"
        for name, known in inputs.items():
            file = self.project.root / name
            if not file.is_file():
                return f"{name} is gone"
            if sha256(file) != known:
                return "edition file changed" if file == self.project.edition_file(self.edition) else f"{name} changed"
        return ""

    def load(self, notebook: Path) -> Cached:
        """Return the last execution, which :meth:`reason` has found current."""
        record_file, executed = self._files(notebook)
        record = json.loads(record_file.read_text(encoding="utf-8"))
        return Cached(nbformat.read(executed, as_version=4), record["inputs"], record["seconds"])

    def store(self, notebook: Path, result: Executed) -> None:
        """Keep an execution, with the hash of everything it came from."""
        record_file, executed = self._files(notebook)
        self.folder.mkdir(parents=True, exist_ok=True)
        record_file.unlink(missing_ok=True)
        executed.write_text(nbformat.writes(result.notebook) + "\n", encoding="utf-8")
        record = {
            "python": platform.python_version(),
            "executed": sha256(executed),
            "seconds": result.seconds,
            "inputs": {name: sha256(self.project.root / name) for name in self._inputs(notebook, result)},
        }
        record_file.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")

    def _files(self, notebook: Path) -> tuple[Path, Path]:
        return self.folder / f"{notebook.stem}.json", self.folder / notebook.name

    def _inputs(self, notebook: Path, result: Executed) -> list[str]:
        """Name the inputs relative to the project, the likeliest reason for a run first."""
        project = self.project
        modules = [path for path in map(Path, result.modules) if path.is_relative_to(project.root / "src")]
        # What a module shows with may lie beside it under its name, as a script does.
        own = sorted(
            project.relative(file)
            for path in modules
            for file in (path, *(path.with_suffix(kind) for kind in BESIDE))
            if file.is_file()
        )
        fixed = (
            notebook,
            project.edition_file(self.edition),
            project.data / "datapackage.json",
            project.root / "uv.lock",
        )
        names = [*(project.relative(path) for path in fixed if path.is_file()), *own, *result.reads]
        return list(dict.fromkeys(name for name in names if (project.root / name).is_file()))


def sha256(file: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    return hashlib.sha256(file.read_bytes()).hexdigest()
