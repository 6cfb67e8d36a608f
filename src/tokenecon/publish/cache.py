"""What notebooks were last executed from, and reports last made from: whether work is due, and because of what."""

from __future__ import annotations

import hashlib
import json
import os
import platform
from collections.abc import Iterable, Mapping
from copy import deepcopy
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tokenecon import inputs
from tokenecon.catalog.editions import Edition, settled
from tokenecon.publish.project import STAGED, Project

if TYPE_CHECKING:
    from nbformat import NotebookNode

    from tokenecon.publish.execute import Executed

MISSING = "missing"
"""Stands for the hash of a file that a notebook looked for in vain."""

NO_PART = (*inputs.NO_INPUTS, *STAGED, "snapshots")
"""Files and folders that a report is not made from."""

CHANGING = "changed while it was read"
"""Stands for the hash of a file that changed after the build had begun; it equals none."""


class Cache:
    """The executed notebooks of one edition, in ``build/.state/<edition>``, and what its report was made from.

    Open one for each build: it hashes and reads a file once.
    """

    def __init__(self, project: Project, edition: Edition) -> None:
        self.project, self.edition = project, edition
        self.folder = project.build / ".state" / edition.id
        self._hashes: dict[Path, str] = {}
        self._notebooks: dict[Path, NotebookNode] = {}

    # Notebooks

    def judged(self, notebook: Path) -> tuple[str, Mapping[str, str]]:
        """Return why ``notebook`` has to run, and the results, with their digests, that decide whether it does.

        The reason is empty if what it was executed from is unchanged; a change of its prose alone, where no inline
        expression changes, is none. There are results where nothing has changed but files that went into them.
        """
        record_file, executed = self._files(notebook)
        if not record_file.is_file() or not executed.is_file():
            return "never executed", {}
        try:
            record = json.loads(record_file.read_text(encoding="utf-8"))
            known, variables = dict(record["inputs"]), dict(record["variables"])
            python, stored, code = record["python"], record["executed"], record["code"]
            behind, results = set(record["behind"]), dict(record["results"])
        except (ValueError, KeyError, TypeError):
            return "its record is damaged", {}
        if stored != sha256(executed):
            return "the executed notebook is damaged", {}
        if python != platform.python_version():
            return f"Python {platform.python_version()} instead of {python}", {}
        same_code = self.project.relative(notebook) if self._code(notebook) == code else None
        changed = [name for name, digest in known.items() if name != same_code and self._sha256(name) != digest]
        if direct := [name for name in changed if name not in behind]:
            return self._changed(direct[0]), {}
        for name, digest in variables.items():
            if inputs.digest_of(os.environ.get(name)) != digest:
                return f"environment variable {name} changed", {}
        if record.get("gaps") and not self.edition.draft:
            return "no draft any more, and it has gaps", {}
        return (self._changed(changed[0]), results) if changed else ("", {})

    def confirm(self, notebook: Path, since: float) -> None:
        """Take the inputs of ``notebook`` as they are now: what it used of them has come out the same."""
        record_file, _ = self._files(notebook)
        record = json.loads(record_file.read_text(encoding="utf-8"))
        record["inputs"] = {name: self._unless_changing(name, since) for name in record["inputs"]}
        record_file.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")

    def _changed(self, name: str) -> str:
        if self._sha256(name) == MISSING:
            return f"{name} is gone"
        if self.project.root / name == self.project.edition_file(self.edition):
            return "edition file changed"
        return f"{name} changed"

    def seconds(self, notebook: Path) -> float:
        """Return how long the last execution took, or infinity."""
        try:
            return float(json.loads(self._files(notebook)[0].read_text(encoding="utf-8"))["seconds"])
        except (OSError, ValueError, KeyError, TypeError):
            return float("inf")

    def load(self, notebook: Path) -> tuple[NotebookNode, Mapping[str, Any]]:
        """Return the last execution, which :meth:`judged` has found current, as the notebook reads now, and its record.

        Of the record's ``inputs`` those that are there, and the notebook itself, are left, with their hashes.
        """
        import nbformat

        from tokenecon.publish.source import with_results

        record_file, executed = self._files(notebook)
        record = json.loads(record_file.read_text(encoding="utf-8"))
        name = self.project.relative(notebook)
        shown = with_results(deepcopy(self._read(notebook)), nbformat.read(executed, as_version=4))
        known = {own: digest for own, digest in record["inputs"].items() if digest != MISSING}
        return shown, record | {"inputs": known | {name: self._sha256(name)}}

    def store(self, notebook: Path, result: Executed, since: float) -> None:
        """Keep an execution, with the hash of everything it came from.

        What changed after ``since``, when the build began, in seconds since 1970, may have been read before or after:
        the notebook will run again.
        """
        import nbformat

        from tokenecon.publish.gaps import gaps

        record_file, executed = self._files(notebook)
        self.folder.mkdir(parents=True, exist_ok=True)
        record_file.unlink(missing_ok=True)
        executed.write_text(result.notebook, encoding="utf-8")
        record = {
            "python": platform.python_version(),
            "executed": sha256(executed),
            "code": self._code(notebook),
            "seconds": result.seconds,
            "variables": dict(result.variables),
            "results": dict(result.results),
            "behind": list(result.behind),
            "warnings": list(result.warnings),
            "gaps": bool(gaps(nbformat.reads(result.notebook, as_version=4))),
            "inputs": {name: self._unless_changing(name, since) for name in self._inputs(notebook, result)},
        }
        record_file.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")

    def _files(self, notebook: Path) -> tuple[Path, Path]:
        return self.folder / f"{notebook.stem}.json", self.folder / notebook.name

    def _code(self, notebook: Path) -> str:
        from tokenecon.publish.source import code_digest

        return code_digest(self._read(notebook))

    def _read(self, notebook: Path) -> NotebookNode:
        from tokenecon.publish.source import read_notebook

        if notebook not in self._notebooks:
            self._notebooks[notebook] = read_notebook(notebook, self.project.relative(notebook))
        return self._notebooks[notebook]

    def _inputs(self, notebook: Path, result: Executed) -> list[str]:
        """Name the inputs relative to the project, the likeliest reason for a run first."""
        project = self.project
        package, lock = project.data / "datapackage.json", project.root / "requirements.lock"
        fixed = (notebook, project.edition_file(self.edition), package, lock)
        own = sorted(result.files, key=lambda name: (not name.startswith("src/"), name))
        return list(dict.fromkeys([*(project.relative(path) for path in fixed if path.is_file()), *own]))

    def _unless_changing(self, name: str, since: float) -> str:
        file = self.project.root / name
        try:
            stat = file.stat()
        except OSError:
            return MISSING
        return CHANGING if max(stat.st_mtime, stat.st_ctime) > since else self._sha256(name)

    def _sha256(self, name: str) -> str:
        file = self.project.root / name
        if file not in self._hashes:
            self._hashes[file] = self._digest(file) if file.is_file() else MISSING
        return self._hashes[file]

    def _digest(self, file: Path) -> str:
        own = file.parent == self.project.data / "editions" and file.suffix == ".toml"
        return hashlib.sha256(settled(file.read_bytes())).hexdigest() if own else sha256(file)

    # Reports

    def report_key(self, made_with: Iterable[str]) -> str:
        """Return a hash of all that a report is made from: the project's files, the executions, and ``made_with``."""
        project = self.project
        files = [project.root / name for name in ("pyproject.toml", "requirements.lock")]
        files += [file for part in ("src", "data", "notebooks") for file in files_below(project.root / part, NO_PART)]
        parts = [f"{project.relative(file)} {self._sha256(project.relative(file))}" for file in files]
        # Executing and staging write these two.
        late = [*files_below(project.report, NO_PART), *sorted(self.folder.glob("*.ipynb"))]
        late.append(project.edition_file(self.edition))
        parts += [f"{project.relative(file)} {sha256(file)}" for file in late]
        return hashlib.sha256("\n".join([*parts, *made_with]).encode()).hexdigest()

    def is_made(self, key: str, built: Path) -> bool:
        """Return whether the report in ``built`` was made from what ``key`` stands for, and has not been touched."""
        try:
            known = json.loads((self.folder / "report.json").read_text(encoding="utf-8"))
            return known == {"from": key, "files": _listing(built)}
        except (OSError, ValueError):
            return False

    def made(self, key: str, built: Path) -> None:
        """Remember what the report in ``built`` was made from."""
        text = json.dumps({"from": key, "files": _listing(built)})
        (self.folder / "report.json").write_text(text + "\n", encoding="utf-8")


def code_key(project: Project) -> str:
    """Return a hash of the package and its libraries."""
    lock = project.root / "requirements.lock"
    package = files_below(project.root / "src" / "tokenecon", NO_PART)
    return _key_of(project, [*package, *([lock] if lock.is_file() else [])])


def sources_key(project: Project) -> str:
    """Return a hash of data, package and libraries: what follows from these alone is the same with it."""
    data = _key_of(project, files_below(project.data, NO_PART))
    return hashlib.sha256(f"{code_key(project)} {data}".encode()).hexdigest()


def _key_of(project: Project, files: Iterable[Path]) -> str:
    return hashlib.sha256("".join(f"{project.relative(file)} {sha256(file)}\n" for file in files).encode()).hexdigest()


def files_below(folder: Path, without: Iterable[str] = ()) -> list[Path]:
    """Return the files below a folder, sorted; hidden ones, those in hidden folders, and ``without`` left out."""
    found = []
    for place, folders, names in os.walk(folder):
        for listed in (folders, names):
            listed[:] = sorted(name for name in listed if name not in without and not name.startswith("."))
        found += [Path(place) / name for name in names]
    return found


def _listing(folder: Path) -> str:
    """Return a hash of the names, sizes and times of the files below a folder."""
    stats = [(str(file.relative_to(folder)), file.stat()) for file in files_below(folder)]
    return hashlib.sha256(repr([(name, stat.st_size, stat.st_mtime_ns) for name, stat in stats]).encode()).hexdigest()


def sha256(file: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    return hashlib.sha256(file.read_bytes()).hexdigest()
