"""One executor for work that can grow (notebooks × editions × studies): processes here, or a Dask cluster.

A task is a function of an installed module with arguments that can be pickled. Wherever it runs, the environment
variables ``TOKENECON_PROJECT`` and ``TOKENECON_DATA`` name the project and its data: here the project itself, on a
cluster a copy that is sent to each machine once, code and data. The numbers are the same; a cluster's Python and
libraries have to be those of this machine.
"""

from __future__ import annotations

import hashlib
import io
import multiprocessing
import os
import pickle
import platform
import shutil
import subprocess
import sys
import tempfile
import threading
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future, ProcessPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from tokenecon.inputs import FINDINGS, NO_INPUTS, PROJECT
from tokenecon.publish.cache import files_below
from tokenecon.publish.errors import PublishError

CLUSTER = "TOKENECON_CLUSTER"
"""Environment variable: the address of a Dask scheduler, or ``local:<workers>``."""

SENT = "TOKENECON_"
"""How the names of environment variables begin that go to a cluster with every task; here all of them do."""

NOT_SENT = (*NO_INPUTS, "snapshots", "tests", "_book")
"""Folders that no task reads."""

LIBRARIES = ("numpy", "pandas", "scipy", "statsmodels", "arch", "scikit-learn", "matplotlib", "seaborn")
"""What has to be there in the same version for the same numbers and pictures."""

ATTEMPTS = 3
"""How often a task is begun whose worker is killed each time."""

PRELOADED = (
    *("tokenecon.publish.execute", "ipykernel.kernelapp", "ipykernel.debugger", "rich.table"),
    *("statsmodels.formula.api", "statsmodels.stats.api", "statsmodels.duration.api", "statsmodels.stats.oaxaca"),
    *("seaborn.objects", "sklearn.mixture", "arch.bootstrap", "diptest", "scipy.signal"),
)
"""What workers and kernels have imported when they start: libraries, and of the project only what runs notebooks."""

Task = tuple[Callable[..., Any], tuple[Any, ...]]


def executor(project: Path, cluster: str | None = None, workers: int | None = None) -> AbstractContextManager[Executor]:
    """Return an executor to be entered: what a killed worker leaves undone is begun again, what was done is kept.

    Leaving it by an error ends what still runs.

    Parameters
    ----------
    project : Path
        The project's folder.
    cluster : str, optional
        ``tcp://host:port`` of a Dask scheduler, or ``local:2`` for two workers of a cluster on this machine; the
        variable ``TOKENECON_CLUSTER`` if left out, and processes of this machine without it.
    workers : int, optional
        Processes here; the number of processors if left out.

    Raises
    ------
    PublishError
        If there is no such cluster.
    """
    if named := on_cluster(cluster):
        return _cluster(project, named)
    return _processes(project, workers or available())


def on_cluster(cluster: str | None) -> str:
    """Return the cluster meant, that of the environment if none is named; "" for processes here."""
    return cluster or os.environ.get(CLUSTER, "")


def available() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class _Lasting(Executor):
    """Gives work to executors that ``begin`` makes, and gives it again when a worker is killed under it."""

    def __init__(self, begin: Callable[[], Executor]) -> None:
        self._begin, self._lock, self._open = begin, threading.Lock(), True
        self.pools = [begin()]

    def submit(self, call: Callable[..., Any], /, *arguments: Any, **named: Any) -> Future[Any]:
        """Give work; the future fails with a PublishError if its workers die time and again."""
        promised: Future[Any] = Future()
        self._give(promised, (_bound(call, named), arguments), 1)
        return promised

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more work."""
        self._open = False
        for pool in self.pools:
            pool.shutdown(wait, cancel_futures=cancel_futures)

    def _give(self, promised: Future[Any], task: Task, attempt: int) -> None:
        with self._lock:
            try:
                given = self.pools[-1].submit(task[0], *task[1])
            except BrokenExecutor:
                self.pools.append(self._begin())
                given = self.pools[-1].submit(task[0], *task[1])
        given.add_done_callback(lambda done: self._settle(promised, task, attempt, done))

    def _settle(self, promised: Future[Any], task: Task, attempt: int, done: Future[Any]) -> None:
        error = None if done.cancelled() else done.exception()
        if not isinstance(error, BrokenExecutor) or not self._open:
            _pass_on(done, promised)
        elif attempt < ATTEMPTS:
            self._give(promised, task, attempt + 1)
        else:
            what = " ".join([task[0].__name__, *(one for one in task[1] if isinstance(one, str))])
            told = f"{what}: a worker was killed {ATTEMPTS} times, perhaps for want of memory: {error}"
            promised.set_exception(PublishError(told))


# Processes here


class _Processes(Executor):
    """Processes whose results come as files: a worker killed while it writes to a pipe blocks whoever reads there."""

    def __init__(self, project: Path, scratch: str, workers: int) -> None:
        given = (str(project), scratch, dict(os.environ))
        self._pool = ProcessPoolExecutor(workers, _context(), initializer=_begin, initargs=given)
        self._scratch = scratch

    def submit(self, call: Callable[..., Any], /, *arguments: Any, **named: Any) -> Future[Any]:
        """Give work to a process."""
        promised: Future[Any] = Future()
        written = self._pool.submit(_write_answer, Path(self._scratch), _bound(call, named), arguments)
        written.add_done_callback(lambda done: _pass_on(done, promised, _read_answer))
        return promised

    def workers(self) -> list[Any]:
        """Return the processes that were started."""
        return list((self._pool._processes or {}).values())

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more work."""
        self._pool.shutdown(wait, cancel_futures=cancel_futures)


def _bound(call: Callable[..., Any], named: Mapping[str, Any]) -> Callable[..., Any]:
    return partial(call, **named) if named else call


def _write_answer(folder: Path, call: Callable[..., Any], arguments: tuple[Any, ...]) -> str:
    """Run a task, write what it returns or raises to a file in ``folder``, and return the file's name."""
    value = error = None
    try:
        value = call(*arguments)
    except Exception as raised:
        error = raised
    with tempfile.NamedTemporaryFile(dir=folder, prefix="answer-", delete=False) as file:
        file.write(pickle.dumps((value, error)))
    return file.name


def _read_answer(name: str) -> Any:
    """Return what a task returned, or raise what it raised."""
    value, error = pickle.loads(Path(name).read_bytes())
    Path(name).unlink()
    if error:
        raise error
    return value


def _pass_on(done: Future[Any], promised: Future[Any], read: Callable[[Any], Any] = lambda value: value) -> None:
    """Give what became of one future to another."""
    error = CancelledError() if done.cancelled() else done.exception()
    try:
        if error:
            raise error
        promised.set_result(read(done.result()))
    except BaseException as raised:
        promised.set_exception(raised)


@contextmanager
def _processes(project: Path, workers: int) -> Iterator[Executor]:
    scratch = tempfile.mkdtemp(prefix="tokenecon-")
    lasting = _Lasting(lambda: _Processes(project, scratch, workers))
    try:
        yield lasting
        lasting.shutdown()
    except BaseException:
        # What runs is given up: kernels end with their worker.
        started = [process for pool in lasting.pools if isinstance(pool, _Processes) for process in pool.workers()]
        lasting.shutdown(wait=False, cancel_futures=True)
        for process in started:
            process.kill()
        raise
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _context() -> multiprocessing.context.BaseContext:
    """Return how workers start: forked from a process that has the libraries and nothing else, where that is safe."""
    if not _is_forked():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(PRELOADED))
    from multiprocessing import forkserver

    with variables(kernel_variables()):
        forkserver.ensure_running()
    return context


def _is_forked() -> bool:
    return sys.platform.startswith("linux")


def places(project: Path) -> dict[str, str]:
    """Return the variables that tell a task of a build where the project is, its data, and what processes share."""
    findings = project / "build" / ".state" / "findings"
    return {PROJECT: str(project), "TOKENECON_DATA": str(project / "data"), FINDINGS: str(findings)}


def kernel_variables() -> dict[str, str | None]:
    """Return what libraries read as they are imported, set to what no user's own files change.

    One thread each: as many processes run as there are processors, whose threads would wait for one another.
    """
    return {
        "OMP_NUM_THREADS": "1",
        "PYTHONHASHSEED": "0",
        "PYTHONSTARTUP": None,
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",  # else the debugger that a kernel brings complains to the user
        "MATPLOTLIBRC": os.devnull,
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    }


@contextmanager
def variables(values: Mapping[str, str | None]) -> Iterator[None]:
    """Set environment variables inside the block; those given as None are not set there."""
    before = {name: os.environ.get(name) for name in values}
    _set(values)
    try:
        yield
    finally:
        _set(before)


def _set(values: Mapping[str, str | None]) -> None:
    for name, value in values.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


def _begin(project: str, scratch: str, variables: dict[str, str]) -> None:
    """Prepare a worker: its environment, its temporary files, its kernels, and that it ends with its parent."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ.clear()
    os.environ.update(variables)
    os.environ.update(places(Path(project)))
    tempfile.tempdir = scratch
    if _is_forked():
        from tokenecon.publish.kernel import open_nursery

        open_nursery()
    end_with_parent()


def end_with_parent() -> None:
    """End this process when the one that asked for it is no more."""
    if (parent := multiprocessing.parent_process()) is None:
        return

    def wait() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


# A Dask cluster


@contextmanager
def _cluster(project: Path, address: str) -> Iterator[Executor]:
    try:
        from distributed import Client, LocalCluster
        from distributed.scheduler import KilledWorker
    except ImportError:
        raise PublishError(
            "a cluster needs Dask: pip install 'tokenecon[cluster]', or `make setup` in a clone"
        ) from None
    kind, _, count = address.partition(":")
    local = None
    try:
        if kind == "local":
            if not count.isdigit() or int(count) < 1:
                raise PublishError(f"--cluster {address}: write local:2 for two workers on this machine")
            local = LocalCluster(n_workers=int(count), threads_per_worker=1, dashboard_address=":0", silence_logs=50)
        with Client(local or address, timeout="10s", set_as_default=False) as client:
            yield _Lasting(lambda: _Sending(client, project))
    except KilledWorker as error:
        raise PublishError(f"the cluster {address} lost every worker that tried {error.task}") from None
    except (OSError, ValueError) as error:
        if isinstance(error, OSError) and "connect" not in str(error) and not isinstance(error, TimeoutError):
            raise
        raise PublishError(f"no Dask scheduler answers at {address}: {error}") from None
    finally:
        if local is not None:
            local.close()


class _Sending(Executor):
    """Dask's own executor, with the project sent along."""

    def __init__(self, client: Any, project: Path) -> None:
        import cloudpickle

        self._client = client
        self._dask = client.get_executor(pure=False)
        # Computed on the cluster and not scattered, so that it can be made again when its worker is lost.
        self._project = client.submit(bytes, bundle(project), pure=False)
        self._away = _ByValue(cloudpickle.dumps(_by_value()))
        self._expected = versions()

    def submit(self, call: Callable[..., Any], /, *arguments: Any, **named: Any) -> Future[Any]:
        """Send a task."""
        variables = {name: value for name, value in os.environ.items() if name.startswith(SENT)}
        work = pickle.dumps((_bound(call, named), arguments, self._expected))
        return self._dask.submit(self._away, self._project, work, variables)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Leave the cluster as it is."""


class _ByValue:
    """A function that arrives as itself on machines which do not have this package."""

    def __init__(self, pickled: bytes) -> None:
        self._pickled = pickled

    def __call__(self, *arguments: Any) -> Any:
        return pickle.loads(self._pickled)(*arguments)

    def __reduce__(self) -> tuple[Callable[[bytes], Any], tuple[bytes]]:
        return pickle.loads, (self._pickled,)


def _by_value() -> Callable[..., Any]:
    import cloudpickle

    module = sys.modules[__name__]
    cloudpickle.register_pickle_by_value(module)
    return _away


def bundle(project: Path) -> bytes:
    """Return the project as a ZIP archive: code, data, notebooks, lock file; not what tools write."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files_below(project, NOT_SENT):
            # The same bytes each time, so that a machine unpacks a project once.
            entry = zipfile.ZipInfo(file.relative_to(project).as_posix())
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, file.read_bytes())
    return packed.getvalue()


def versions() -> dict[str, str]:
    """Return the version of Python, without its last part, and of the libraries that numbers come from."""
    return {"Python": ".".join(platform.python_version_tuple()[:2])} | installed(LIBRARIES)


def installed(names: Iterable[str]) -> dict[str, str]:
    """Return the versions of packages, ``missing`` of those that are not there."""
    found = {}
    for name in names:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "missing"
    return found


def _away(project: bytes, work: bytes, variables: dict[str, str]) -> Any:
    """Run a task on a worker of a cluster: in a process of its own, on the project that was sent."""
    folder = Path(tempfile.gettempdir()) / f"tokenecon-{hashlib.sha256(project).hexdigest()[:16]}"
    if not folder.is_dir():
        fresh = tempfile.mkdtemp(dir=folder.parent, prefix=f"{folder.name}-")
        with zipfile.ZipFile(io.BytesIO(project)) as archive:
            archive.extractall(fresh)
        try:
            Path(fresh).rename(folder)
        except OSError:
            shutil.rmtree(fresh)
    with tempfile.TemporaryDirectory() as exchange:
        given, answer = Path(exchange) / "given", Path(exchange) / "answer"
        given.write_bytes(work)
        code = "import sys; from tokenecon.publish.executor import serve; serve(*sys.argv[1:])"
        done = subprocess.run(
            [sys.executable, "-c", code, str(given), str(answer)],
            cwd=folder,
            env=os.environ | variables | places(folder) | {"PYTHONPATH": str(folder / "src"), "TMPDIR": exchange},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        if not answer.is_file():
            said = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
            raise BrokenExecutor(f"a task ended with status {done.returncode} on {platform.node()}: {said}")
        return _read_answer(str(answer))


def serve(given: str, answer: str) -> None:
    """Run the task in the file ``given``, and write what it returns, or raises, to the file ``answer``."""
    call, arguments, expected = pickle.loads(Path(given).read_bytes())
    written = _write_answer(Path(given).parent, _checked, (call, arguments, expected))
    Path(written).replace(answer)


def _checked(call: Callable[..., Any], arguments: tuple[Any, ...], expected: Mapping[str, str]) -> Any:
    """Run a task if the libraries here are those of the machine that sent it."""
    here = versions()
    if wrong := [f"{name} {here[name]} instead of {known}" for name, known in expected.items() if here[name] != known]:
        raise PublishError(f"the worker on {platform.node()} has {', '.join(wrong)}: install it from requirements.lock")
    return call(*arguments)
