"""The book of one edition: read the executed notebooks, stage, render, put the report in place when all went well."""

from __future__ import annotations

import platform
import re
import shutil
import tempfile
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from tokenecon.catalog.editions import Edition
from tokenecon.publish import appendix, site, stage
from tokenecon.publish.cache import Cache, files_below, sha256
from tokenecon.publish.changed import CHANGES_CSV
from tokenecon.publish.compare import Diff
from tokenecon.publish.executor import installed
from tokenecon.publish.gaps import ending, errors, gaps
from tokenecon.publish.memory import keeping_of
from tokenecon.publish.parts import parts
from tokenecon.publish.project import STAGED, Project
from tokenecon.publish.record import Record, record_file, record_of
from tokenecon.publish.references import check_references, lead_to_chapters
from tokenecon.publish.renderers import renderer_module, renderer_name


@dataclass(frozen=True)
class Run:
    """The executed notebooks of an edition, the hashes of their inputs, and what the manifest tells of each."""

    executed: Mapping[Path, NotebookNode]
    inputs: Mapping[str, str]
    notebooks: Mapping[str, dict[str, Any]]

    @classmethod
    def load(cls, cache: Cache, reasons: Mapping[Path, str]) -> Run:
        """Take the executions from the cache; ``reasons`` tell why each notebook was run."""
        cached = {path: cache.load(path) for path in reasons}
        told = {
            path.stem: {
                "seconds": record["seconds"],
                "ran": reasons[path] or "unchanged",
                "variables": list(record["variables"]),
                "warnings": record["warnings"],
                "errors": errors(notebook),
            }
            for path, (notebook, record) in cached.items()
        }
        inputs = {name: known for _, record in cached.values() for name, known in record["inputs"].items()}
        return cls({path: notebook for path, (notebook, _) in cached.items()}, inputs, told)


class Book:
    """The book of one edition, read from its executed notebooks.

    Raises
    ------
    PublishError
        If a chapter does not follow the conventions.
    """

    def __init__(self, project: Project, edition: Edition, run: Run) -> None:
        self.project, self.edition, self.run = project, edition, run
        self.contents = lead_to_chapters(stage.read_contents(project.chapters(), run.executed))
        stage.write_entries(project, self.contents)

    def record(self) -> Record:
        """Return what the edition prints."""
        return record_of(stage.collect_facts(self.contents), self.contents.values())

    def stage(self) -> None:
        """Stage the book in ``report/`` itself, for Quarto to be run there by hand."""
        manifest = self._manifest("quarto")
        pages, changed = self._pages(manifest)
        self._stage(self.project.report, pages, changed, manifest)

    def render(self, renderer: str, formats: Sequence[str], on_progress: Callable[[str], None]) -> tuple[str, ...]:
        """Render into ``build/<edition>/``; return the gaps of a draft.

        Raises
        ------
        PublishError
            If a reference leads nowhere, or the renderer fails; the last good report stays as it was.
        """
        project, manifest = self.project, self._manifest(renderer)
        with _replacing(project.build / self.edition.id) as target:
            report = target / ".report"
            with keeping_of(project, self.edition, report):
                pages, changed = self._pages(manifest)
                for path, notebook in self.run.executed.items():
                    if why := ending(notebook.cells):
                        on_progress(f"{path.name} ends early: {why}")
                on_progress(f"rendering with {renderer_name(renderer)}")
                shutil.copytree(project.report, report, ignore=shutil.ignore_patterns(*STAGED))
                self._stage(report, pages, changed, manifest)
                pdfs = [part.file for part in parts(project, self.edition)] if "pdf" in formats else []
                finish = partial(site.complete, project, self.edition, pdfs=pdfs)
                renderer_module(renderer).render(project, self.edition, report, target, formats, finish)
                for name in pdfs if "html" in formats else ():
                    shutil.copy(target / name, target / "html")
            self._write_results(report, target, manifest)
            shutil.rmtree(report)
            _write_changes(changed, target)
        return tuple(manifest["gaps"])

    def _pages(self, manifest: Mapping[str, Any]) -> tuple[dict[str, str], Diff | None]:
        """Return the generated pages, once every reference in them and in the chapters is known to lead somewhere."""
        project = self.project
        changed = appendix.previous(project, self.edition, self.record())
        pages = appendix.pages(project, self.edition, self.contents, self.run.executed, manifest, changed)
        check_references(project, self.contents, pages)
        return pages, changed

    def _stage(self, report: Path, pages: Mapping[str, str], changed: Diff | None, manifest: Mapping[str, Any]) -> None:
        stage.write_book(self.project, self.edition, self.contents, self.run.executed, pages, report)
        _write_changes(changed, report)
        _write_inputs(manifest, report)

    def _write_results(self, report: Path, target: Path, manifest: Mapping[str, Any]) -> None:
        contents = self.contents
        stage.write_figures(contents.values(), target)
        for content in contents.values():
            stage.write_files(content, target)
        shutil.copytree(report / "notebooks", target / "notebooks")
        shutil.copy(report / "facts.json", target)
        stage.write_json(target / "manifest.json", manifest)
        if (target / "html").is_dir():
            _write_inputs(manifest, target / "html")

    def _manifest(self, renderer: str) -> dict[str, Any]:
        project, edition, run = self.project, self.edition, self.run
        listed = [project.data / name for name in ("sources.csv", "datapackage.json", "flags.csv", "rulings.csv")]
        listed += [project.edition_file(one) for one in project.editions_up_to(edition)]
        listed += [record_file(project, edition.previous)] if edition.previous else []
        pages = files_below(project.report, (*STAGED, "__pycache__"))
        own = {project.relative(path): sha256(path) for path in (*pages, *listed) if path.is_file()}
        return {
            "edition": edition.id,
            "as_of": edition.as_of.isoformat(),
            "inputs": dict(sorted({**run.inputs, **own}.items())),
            "packages": _packages(project),
            "python": platform.python_version(),
            "renderer": {"name": renderer, "versions": renderer_module(renderer).versions()},
            "notebooks": run.notebooks,
            "gaps": [f"{path.name} {gap}" for path, notebook in run.executed.items() for gap in gaps(notebook)],
        }


def _write_inputs(manifest: Mapping[str, Any], target: Path) -> None:
    # The site is the same bytes each time; the manifest's timings are not.
    stage.write_json(target / "inputs.json", {name: told for name, told in manifest.items() if name != "notebooks"})


def _write_changes(changed: Diff | None, target: Path) -> None:
    if changed is not None:
        changed.facts.to_csv(target / "tables" / CHANGES_CSV, lineterminator="\n")


def _packages(project: Project) -> dict[str, str]:
    """Return the installed versions of the project's direct dependencies."""
    file = project.root / "pyproject.toml"
    wanted = tomllib.loads(file.read_text(encoding="utf-8"))["project"]["dependencies"] if file.is_file() else []
    return installed(sorted(re.split(r"[^\w.-]", requirement, maxsplit=1)[0] for requirement in wanted))


@contextmanager
def _replacing(final: Path) -> Iterator[Path]:
    """Give a folder to fill, and put it in the place of ``final`` if all goes well; else leave ``final`` alone."""
    previous = final.with_name(f".{final.name}.previous")
    if previous.exists() and not final.exists():
        previous.replace(final)
    for left in final.parent.glob(f".{final.name}.new-*"):
        shutil.rmtree(left)
    target = Path(tempfile.mkdtemp(prefix=f".{final.name}.new-", dir=final.parent))
    try:
        yield target
        target.chmod(0o755)
        shutil.rmtree(previous, ignore_errors=True)
        if final.exists():
            final.replace(previous)
        target.replace(final)
        shutil.rmtree(previous, ignore_errors=True)
    finally:
        shutil.rmtree(target, ignore_errors=True)
