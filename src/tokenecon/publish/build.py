"""Build an edition: execute what changed, stage, render, and put the report in place when all of it went well."""

from __future__ import annotations

import os
import platform
import re
import shutil
import tempfile
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from nbformat import NotebookNode

from tokenecon.catalog import Edition
from tokenecon.publish import appendix, embedded, quarto, site, stage
from tokenecon.publish.cache import Cache, sha256
from tokenecon.publish.changed import CHANGES_CSV
from tokenecon.publish.chapter import Content
from tokenecon.publish.compare import Diff
from tokenecon.publish.errors import PublishError
from tokenecon.publish.execute import Executed, Runner, gaps
from tokenecon.publish.project import Project
from tokenecon.publish.record import Record, record_file, recorded
from tokenecon.publish.references import check_references

FORMATS = ("html", "pdf")
_RENDERERS = {"quarto": quarto, "embedded": embedded}


@dataclass(frozen=True)
class BuildResult:
    """What a build left: the edition, the renderer used, the files to open, why each notebook ran, a draft's gaps."""

    edition: str
    renderer: str
    outputs: tuple[Path, ...]
    reasons: Mapping[str, str]
    gaps: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Run:
    """The executed notebooks, and for each its seconds, its inputs and why it ran."""

    executed: Mapping[Path, NotebookNode]
    inputs: Mapping[str, str]
    notebooks: Mapping[str, dict[str, Any]]


def build(
    edition: str | None = None,
    renderer: str = "auto",
    formats: Sequence[str] = FORMATS,
    on_progress: Callable[[str], None] = lambda line: None,
    force: bool = False,
    *,
    project: Project | None = None,
    max_workers: int | None = None,
) -> BuildResult:
    """Build the report of one edition into ``build/<edition>/``.

    Parameters
    ----------
    edition : str, optional
        An id in ``data/editions``; ``TOKENECON_EDITION`` or the newest if left out.
    renderer : {"auto", "quarto", "embedded"}
        ``auto`` takes Quarto where it is on PATH.
    formats : sequence of {"html", "pdf"}
        What to render.
    on_progress : callable
        Called with one line for each notebook and step.
    force : bool
        Run every notebook, changed or not.
    project : Project, optional
        The one around the working folder if left out.
    max_workers : int, optional
        Kernels at a time; the number of processors if left out.

    Raises
    ------
    PublishError
        If anything keeps the report from being built; the last good report stays as it was.
    """
    project = project or Project.find()
    found = project.edition(edition)
    chosen = choose_renderer(renderer)
    if unknown := set(formats) - set(FORMATS):
        raise PublishError(f"no format {', '.join(sorted(unknown))}: choose from {', '.join(FORMATS)}")
    with _locked(project, found):
        run = _execute(project, found, on_progress, force, max_workers)
        contents, manifest = _read(project, run), _manifest(project, found, chosen, run)
        pages, changed = _pages(project, found, contents, run, manifest)
        with _replacing(project.build / found.id) as target:
            on_progress(f"rendering with {_name(chosen)}")
            report = target / ".report"
            _copy_report(project, report)
            stage.write_book(project, found, contents, run.executed, pages, report)
            _write_changes(changed, report)
            _write_inputs(manifest, report)
            _RENDERERS[chosen].render(project, found, report, target, formats)
            shutil.rmtree(report)
            if "html" in formats:
                for pdf in target.glob("*.pdf"):
                    shutil.copy(pdf, target / "html")
                site.finish(project, found, target / "html")
            _write_results(target, contents, run, manifest)
            _write_changes(changed, target)
    final = project.build / found.id
    outputs = [final / name for name in ("html/index.html", *site.PDFS) if (final / name).exists()]
    reasons = {name: told["ran"] for name, told in run.notebooks.items()}
    return BuildResult(found.id, chosen, tuple(outputs), reasons, tuple(manifest["gaps"]))


def why(edition: str | None = None, *, project: Project | None = None) -> list[tuple[str, str]]:
    """Return for each notebook why it would run, or an empty string if nothing it was executed from has changed."""
    project = project or Project.find()
    cache = Cache(project, project.edition(edition))
    return [(path.name, cache.reason(path)) for path in _notebooks(project)]


def stage_missing(
    edition: str | None = None,
    on_progress: Callable[[str], None] = lambda line: None,
    *,
    project: Project | None = None,
) -> None:
    """Execute what changed, and stage the book in ``report/`` itself, for Quarto to be run there by hand."""
    project = project or Project.find()
    found = project.edition(edition)
    with _locked(project, found):
        run = _execute(project, found, on_progress, force=False, max_workers=None)
        contents, manifest = _read(project, run), _manifest(project, found, "quarto", run)
        pages, changed = _pages(project, found, contents, run, manifest)
        stage.write_book(project, found, contents, run.executed, pages, project.report)
        _write_changes(changed, project.report)
        _write_inputs(manifest, project.report)


def finish_pages(
    edition: str | None = None,
    on_progress: Callable[[str], None] = lambda line: None,
    *,
    project: Project | None = None,
) -> None:
    """Complete the pages that Quarto was run for by hand, in ``report/_book``."""
    project = project or Project.find()
    folder = project.report / "_book"
    if folder.is_dir() and any(folder.glob("*.html")):
        quarto.without_modules(folder)
        site.finish(project, project.edition(edition), folder)
        on_progress(f"completed {project.relative(folder)}")


def printed(
    edition: str | None = None,
    on_progress: Callable[[str], None] = lambda line: None,
    *,
    project: Project | None = None,
) -> Record:
    """Execute what changed, render nothing, and return what the edition prints."""
    project = project or Project.find()
    found = project.edition(edition)
    with _locked(project, found):
        contents = _read(project, _execute(project, found, on_progress, force=False, max_workers=None))
    return recorded(stage.collect_facts(contents), contents.values())


def choose_renderer(wanted: str = "auto") -> str:
    """Return ``quarto`` or ``embedded``.

    Raises
    ------
    PublishError
        If Quarto is asked for and is not there, or is too old.
    """
    if wanted not in ("auto", *_RENDERERS):
        raise PublishError(f"no renderer {wanted}: choose auto, quarto or embedded")
    if wanted == "quarto" and not quarto.usable():
        oldest = ".".join(map(str, quarto.OLDEST))
        raise PublishError(f"Quarto {oldest} or newer is not on PATH ({quarto.version() or 'none found'}): "
                           "install it, or build with --renderer embedded")  # fmt: skip
    return wanted if wanted != "auto" else "quarto" if quarto.usable() else "embedded"


def renderer_line() -> str:
    """Return one line that says which renderer a build uses, and how to get the other."""
    if choose_renderer() == "quarto":
        return f"renderer: {_name('quarto')}; the embedded one with --renderer embedded"
    oldest = ".".join(map(str, quarto.OLDEST))
    return f"renderer: embedded ({_name('embedded')}); with Quarto {oldest} or newer on PATH (quarto.org), Quarto"


def _name(renderer: str) -> str:
    return ", ".join(f"{name.title()} {number}" for name, number in _RENDERERS[renderer].versions().items())


def _notebooks(project: Project) -> list[Path]:
    return [chapter.notebook for chapter in project.chapters() if chapter.notebook]


def _execute(
    project: Project, edition: Edition, on_progress: Callable[[str], None], force: bool, max_workers: int | None
) -> _Run:
    cache, notebooks = Cache(project, edition), _notebooks(project)
    reasons = {path: cache.reason(path) or ("forced" if force else "") for path in notebooks}
    stale = [path for path in notebooks if reasons[path]]
    width = max((len(path.stem) for path in notebooks), default=0)

    def done(path: Path, result: Executed) -> None:
        cache.store(path, result)
        on_progress(f"{path.stem:<{width}}  {result.seconds:5.1f} s  {reasons[path]}")

    for path in notebooks:
        if not reasons[path]:
            on_progress(f"{path.stem:<{width}}           unchanged")
    Runner(edition.id, max_workers, edition.draft, project).run(stale, done)
    cached = {path: cache.load(path) for path in notebooks}
    return _Run(
        {path: item.notebook for path, item in cached.items()},
        {name: known for item in cached.values() for name, known in item.inputs.items()},
        {
            path.stem: {"seconds": item.seconds, "ran": reasons[path] or "unchanged"}
            for path, item in cached.items()
        },
    )  # fmt: skip


def _read(project: Project, run: _Run) -> dict[str, Content]:
    contents = stage.read_contents(project.chapters(), run.executed)
    stage.write_entries(project, contents)
    return contents


def _pages(
    project: Project, edition: Edition, contents: Mapping[str, Content], run: _Run, manifest: Mapping[str, Any]
) -> tuple[dict[str, str], Diff | None]:
    """Return the generated pages, once every reference in them and in the chapters is known to lead somewhere."""
    record = recorded(stage.collect_facts(contents), contents.values())
    changed = appendix.previous(project, edition, record)
    pages = appendix.pages(project, edition, contents, run.executed, manifest, changed)
    check_references(project, contents, pages)
    return pages, changed


def _write_inputs(manifest: Mapping[str, Any], target: Path) -> None:
    # The site is the same bytes each time; the manifest's timings are not.
    stage.write_json(target / "inputs.json", {name: told for name, told in manifest.items() if name != "notebooks"})


def _write_changes(changed: Diff | None, target: Path) -> None:
    if changed is not None:
        changed.facts.to_csv(target / "tables" / CHANGES_CSV, lineterminator="\n")


def _copy_report(project: Project, target: Path) -> None:
    shutil.copytree(
        project.report, target, ignore=shutil.ignore_patterns(*stage.GENERATED, "_book", ".quarto", "index.typ")
    )


def _write_results(target: Path, contents: Mapping[str, Content], run: _Run, manifest: Mapping[str, Any]) -> None:
    stage.write_figures(contents.values(), target)
    for content in contents.values():
        stage.write_files(content, target)
    stage.write_notebooks(run.executed, target / "notebooks")
    stage.write_json(target / "facts.json", stage.collect_facts(contents))
    stage.write_json(target / "manifest.json", manifest)
    if (target / "html").is_dir():
        _write_inputs(manifest, target / "html")


def _manifest(project: Project, edition: Edition, renderer: str, run: _Run) -> dict[str, Any]:
    pages = (
        path
        for path in sorted(project.report.rglob("*"))
        if not {*stage.GENERATED, "_book", ".quarto"} & set(path.relative_to(project.report).parts)
    )
    listed = [project.data / name for name in ("sources.csv", "datapackage.json", "flags.csv", "rulings.csv")]
    listed += [project.edition_file(one) for one in project.editions_up_to(edition)]
    listed += [record_file(project, edition.previous)] if edition.previous else []
    own = {project.relative(path): sha256(path) for path in (*pages, *listed) if path.is_file()}
    return {
        "edition": edition.id,
        "as_of": edition.as_of.isoformat(),
        "inputs": dict(sorted((run.inputs | own).items())),
        "packages": _packages(project),
        "python": platform.python_version(),
        "renderer": {"name": renderer, "versions": _RENDERERS[renderer].versions()},
        "notebooks": run.notebooks,
        "gaps": [f"{path.name} {gap}" for path, notebook in run.executed.items() for gap in gaps(notebook)],
    }


def _packages(project: Project) -> dict[str, str]:
    """Return the installed versions of the project's direct dependencies."""
    file = project.root / "pyproject.toml"
    wanted = tomllib.loads(file.read_text(encoding="utf-8"))["project"]["dependencies"] if file.is_file() else []
    found = {}
    for name in sorted(re.match(r"[\w.-]+", requirement)[0] for requirement in wanted):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "missing"
    return found


@contextmanager
def _locked(project: Project, edition: Edition) -> Iterator[None]:
    """Keep a second build of the same edition out."""
    folder = project.build / ".state"
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / f"{edition.id}.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise PublishError(
            f"edition {edition.id} is being built by another process; try again when it is done"
        ) from None
    try:
        yield
    finally:
        lock.release()


@contextmanager
def _replacing(final: Path) -> Iterator[Path]:
    """Give a folder to fill, and put it in the place of ``final`` if all goes well; else leave ``final`` alone."""
    previous = final.with_name(f".{final.name}.previous")
    if previous.exists() and not final.exists():
        os.replace(previous, final)
    for left in final.parent.glob(f".{final.name}.new-*"):
        shutil.rmtree(left)
    target = Path(tempfile.mkdtemp(prefix=f".{final.name}.new-", dir=final.parent))
    try:
        yield target
        target.chmod(0o755)
        shutil.rmtree(previous, ignore_errors=True)
        if final.exists():
            os.replace(final, previous)
        os.replace(target, final)
        shutil.rmtree(previous, ignore_errors=True)
    finally:
        shutil.rmtree(target, ignore_errors=True)
