"""Build editions: execute what changed on the executor, check the data, and render what is not made yet."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, as_completed
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout

from tokenecon import inputs
from tokenecon.catalog.editions import Edition, list_editions
from tokenecon.publish.cache import Cache, sources_key
from tokenecon.publish.errors import NotebookError, PublishError, plain_disk_errors
from tokenecon.publish.executor import Task, available, executor, on_cluster, places, variables
from tokenecon.publish.parts import APPENDIX, REPORT
from tokenecon.publish.project import Project
from tokenecon.publish.renderers import check_name, choose_renderer, identity

if TYPE_CHECKING:
    from tokenecon.publish.execute import Executed
    from tokenecon.publish.record import Record

FORMATS = ("html", "pdf")

UNLESS_SAME = ", unless what it uses comes out the same"
"""Follows the reason why a notebook would run where its results are yet to be compared."""

CHECK = "check"
"""Stands for the check of the data among the notebooks that run."""

PAGES = "pages"
"""Stands for what pages take from the data alone."""

Progress = Callable[[str], None]
Check = Callable[[], Sequence[object]]


@dataclass(frozen=True)
class BuildResult:
    """What a build left.

    Parameters
    ----------
    edition : str
        Its id.
    outputs : tuple of Path
        The files to open.
    reasons : mapping
        Why each notebook ran, by its stem; ``unchanged`` where it did not.
    gaps : tuple of str
        What a draft leaves open.
    made : bool
        Whether anything was rendered: not when nothing had changed.
    """

    edition: str
    outputs: tuple[Path, ...]
    reasons: Mapping[str, str]
    gaps: tuple[str, ...] = ()
    made: bool = True


def build(edition: str | None = None, *given: Any, project: Project | None = None, **options: Any) -> BuildResult:
    """Build the report of one edition, the one that ``TOKENECON_EDITION`` names or the newest if left out.

    For what else can be given, see :func:`build_all`.
    """
    project = project or Project.find()
    return build_all([project.edition(edition).id], *given, project=project, **options)[0]


def build_all(
    editions: Sequence[str] | None = None,
    renderer: str = "auto",
    formats: Sequence[str] = FORMATS,
    on_progress: Progress = lambda line: None,
    force: bool = False,
    *,
    project: Project | None = None,
    max_workers: int | None = None,
    cluster: str | None = None,
    check: Check | None = None,
) -> list[BuildResult]:
    """Build the reports of several editions at once, each into ``build/<edition>/``.

    An edition is rendered as soon as its notebooks are done, while those of others run.

    Parameters
    ----------
    editions : sequence of str, optional
        Ids in ``data/editions``; all if left out.
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
        Notebooks at a time; the number of processors if left out.
    cluster : str, optional
        Where the notebooks run: see :func:`tokenecon.publish.executor.executor`.
    check : callable, optional
        Returns what is wrong with the data, one finding an item; run beside the notebooks when the data have changed.

    Raises
    ------
    PublishError
        If anything keeps the report from being built; the last good report stays as it was.
    """
    project = project or Project.find()
    found = [project.edition(one) for one in editions or [one.id for one in list_editions(project.data)]]
    check_name(renderer)
    if unknown := set(formats) - set(FORMATS):
        raise PublishError(f"no format {', '.join(sorted(unknown))}: choose from {', '.join(FORMATS)}")
    made_with = [*formats, *identity(renderer), project.address]
    results: dict[str, BuildResult] = {}

    def render(work: _Work) -> None:
        results[work.edition.id] = _rendered(work, renderer, formats, made_with)

    with _opened(project, found, on_progress, force) as works:
        _execute(works, render, max_workers, cluster, check, prepare=not on_cluster(cluster))
    return [results[one.id] for one in found]


def why(edition: str | None = None, *, project: Project | None = None) -> list[tuple[str, str]]:
    """Return for each notebook why it would run, or an empty string if nothing it was executed from has changed."""
    project = project or Project.find()
    cache = Cache(project, project.edition(edition))
    judged = {path.name: cache.judged(path) for path in _notebooks(project)}
    return [(name, reason + (UNLESS_SAME if results else "")) for name, (reason, results) in judged.items()]


def stage_missing(on_progress: Progress, project: Project) -> None:
    """Execute what changed, and stage the book in ``report/`` itself, for Quarto to be run there by hand."""
    with _opened(project, [project.edition()], on_progress) as works:
        _execute(works, lambda work: work.book().stage())


def printed(edition: str, on_progress: Progress, project: Project) -> Record:
    """Execute what changed, render nothing, and return what the edition prints."""
    records = []
    with _opened(project, [project.edition(edition)], on_progress) as works:
        _execute(works, lambda work: records.append(work.book().record()))
    return records[0]


class _Work:
    """What is to be done for one edition, and how far it is."""

    def __init__(self, project: Project, edition: Edition, say: Progress, force: bool) -> None:
        self.project, self.edition, self.say, self.began = project, edition, say, time.time()
        self.cache, self.forced = Cache(project, edition), force
        notebooks = _notebooks(project)
        judged = {path: self.cache.judged(path) for path in notebooks}
        self.reasons = {path: reason or ("forced" if force else "") for path, (reason, _) in judged.items()}
        self.left = {path for path in notebooks if self.reasons[path]}
        # What has to be computed again to know whether a notebook has to run.
        self.in_question = {path: results for path, (_, results) in judged.items() if results and not force}
        self._width = max((len(path.stem) for path in notebooks), default=0)

    def tasks(self) -> dict[Any, Task]:
        from tokenecon.publish.execute import execute

        # The home page stands on what the chapters find: last, it waits for none of them.
        edition, listed = self.edition, list(self.reasons)
        return {
            (edition.id, path): (execute, (self.project.relative(path), edition.id, edition.draft))
            for path in (*listed[1:], *listed[:1])
            if path in self.left
        }

    def compared(self, now: Mapping[str, str]) -> None:
        """Leave out the notebooks whose results are what they were, going by the digests of results as they are."""
        for path, known in self.in_question.items():
            if all(now.get(name) == digest for name, digest in known.items()):
                self.cache.confirm(path, self.began)
                self.reasons[path] = ""
                self.left.discard(path)

    def done(self, path: Path, result: Executed) -> None:
        self.cache.store(path, result, self.began)
        self.left.discard(path)
        self.say(f"{path.stem:<{self._width}}  {result.seconds:5.1f} s  {self.reasons[path]}")
        self._tell(result.warnings)

    def book(self) -> Any:
        from tokenecon.publish.book import Book, Run
        from tokenecon.publish.memory import keeping_of

        run = Run.load(self.cache, self.reasons)
        for path, reason in self.reasons.items():
            if not reason:
                self.say(f"{path.stem:<{self._width}}           unchanged")
                self._tell(run.notebooks[path.stem]["warnings"])
        with keeping_of(self.project, self.edition, self.project.report):
            return Book(self.project, self.edition, run)

    def _tell(self, warnings: Sequence[Mapping[str, Any]]) -> None:
        for one in warnings:
            count = f"{one['count']} warning{'s' * (one['count'] != 1)}"
            self.say(f"{'':<{self._width}}           {count} in cell {one['cell']} ({one['label']}): {one['said']}")


@contextmanager
def _opened(
    project: Project, editions: Sequence[Edition], on_progress: Progress, force: bool = False
) -> Iterator[list[_Work]]:
    """Give what is to be done for each edition, and keep other builds of them out meanwhile."""
    named = os.environ.get("TOKENECON_DATA")
    if named and Path(named).resolve() != project.data.resolve():
        raise PublishError(f"TOKENECON_DATA is {named}, but a build reads {project.data}: unset it")
    shared = {inputs.FINDINGS: places(project.root)[inputs.FINDINGS]}
    with plain_disk_errors(), variables(shared), ExitStack() as locks:
        for edition in editions:
            locks.enter_context(_locked(project, edition))
        several = len(editions) > 1
        yield [
            _Work(project, one, _prefixed(f"{one.id}  ", on_progress) if several else on_progress, force)
            for one in editions
        ]


def _prefixed(before: str, say: Progress) -> Progress:
    return lambda line: say(before + line)


def _execute(
    works: Sequence[_Work],
    ready: Callable[[_Work], None],
    max_workers: int | None = None,
    cluster: str | None = None,
    check: Check | None = None,
    prepare: bool = False,
) -> None:
    """Run every notebook that has to run, the longest first, and call ``ready`` for each edition that has them all.

    ``prepare`` says whether what pages take from the data alone is computed beside, for them to be rendered.
    """
    project, by_id, waiting = works[0].project, {work.edition.id: work for work in works}, list(works)
    checked = sources_key(project) if check and any(work.left for work in works) else ""
    unchecked = bool(check and checked and not _is_checked(project, checked))
    failed: NotebookError | None = None

    def go_on() -> None:
        for work in [work for work in waiting if not work.left and not unchecked]:
            waiting.remove(work)
            ready(work)

    count = sum(len(work.left) for work in works) + unchecked
    if not count:
        go_on()
        return
    with executor(project.root, cluster, min(count, max_workers or available())) as pool:
        futures: dict[Future[Any], Any] = {pool.submit(check): CHECK} if check and unchecked else {}
        _compare(works, pool)
        futures |= _submit(works, pool, prepare)
        for future in as_completed(futures):
            key = futures[future]
            if key == CHECK:
                _refuse(future.result())
                (project.build / ".state" / "checked").write_text(checked, encoding="utf-8")
                unchecked = False
            elif key != PAGES:  # What fails of those says so when they are rendered.
                try:
                    by_id[key[0]].done(key[1], future.result())
                except NotebookError as error:
                    failed = failed or error
            # Whether the data are sound says more than what a notebook makes of them.
            if failed and not unchecked:
                raise failed
            if len(waiting) > 1:
                go_on()
    # The last edition is rendered when the memory of those that executed is free again.
    go_on()


def _submit(works: Sequence[_Work], pool: Executor, prepare: bool) -> dict[Future[Any], Any]:
    """Give the notebooks that have to run to the executor, an edition's longest first; name each by edition and file.

    Edition by edition, so that one is rendered while the next is executed.
    """
    futures: dict[Future[Any], Any] = {}
    for work in works:
        tasks = work.tasks()
        for key in sorted(tasks, key=lambda key: -work.cache.seconds(key[1])):
            futures[pool.submit(tasks[key][0], *tasks[key][1])] = key
        if tasks and prepare:
            futures[pool.submit(_prepare, work.edition.id)] = PAGES
    return futures


def _prepare(edition: str) -> None:
    from tokenecon.publish.appendix import prepare

    prepare(edition)


def _compare(works: Sequence[_Work], pool: Executor) -> None:
    """Compute again what went into notebooks whose tables have changed, and leave out those to which it is the same."""
    from tokenecon.publish.execute import digests

    asked = {name for work in works for results in work.in_question.values() for name in results}
    rooms: dict[str, list[str]] = {}
    for name in sorted(asked):
        rooms.setdefault(name.rpartition(".")[0], []).append(name)
    futures = [pool.submit(digests, names) for names in rooms.values()]
    now = {name: digest for future in futures for name, digest in future.result().items()}
    for work in works:
        work.compared(now)


def _refuse(findings: Sequence[object]) -> None:
    if findings:
        count = f"{len(findings)} finding{'s' * (len(findings) != 1)}"
        said = f"the data are not sound, {count}: mend the rows named, and run `tokenecon check`"
        raise PublishError("\n".join([*map(str, findings), said]))


def _is_checked(project: Project, key: str) -> bool:
    file = project.build / ".state" / "checked"
    return file.is_file() and file.read_text(encoding="utf-8") == key


def _rendered(work: _Work, renderer: str, formats: Sequence[str], made_with: Sequence[str]) -> BuildResult:
    """Render an edition, unless its report is already made from just this."""
    edition, final = work.edition, work.project.build / work.edition.id
    reasons = {path.stem: reason or "unchanged" for path, reason in work.reasons.items()}
    made = any(work.reasons.values()) or not work.cache.is_made(work.cache.report_key(made_with), final)
    if made:
        book = work.book()
        key = work.cache.report_key(made_with)
        gaps = book.render(choose_renderer(renderer), formats, work.say)
        work.cache.made(key, final)
    else:
        gaps = json.loads((final / "manifest.json").read_text(encoding="utf-8"))["gaps"]
    outputs = tuple(final / name for name in ("html/index.html", REPORT, APPENDIX) if (final / name).exists())
    return BuildResult(edition.id, outputs, reasons, tuple(gaps), made)


def _notebooks(project: Project) -> list[Path]:
    return [chapter.notebook for chapter in project.chapters() if chapter.notebook]


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
