"""How long builds take, each beside the plain way: ``jupyter nbconvert --execute``, one notebook after the other.

The peer stands still: it executes the notebooks as they were at one commit, with the package as it was there, and
renders them as that commit did. Ours is the working tree, copied, so that nothing here is touched.
"""

from __future__ import annotations

import csv
import json
import os
import shutil
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import psutil

ROOT = Path(__file__).parents[1]
PEER = "72ee068"
EDITION = "2026H1"
RENDER = """
import sys
from pathlib import Path
import nbformat
from tokenecon.publish import Project, build
from tokenecon.publish.cache import Cache
from tokenecon.publish.execute import Executed

project, (edition, renderer, executed) = Project.find(), sys.argv[1:]
cache = Cache(project, project.edition(edition))
for path in sorted(project.notebooks.glob("*.ipynb")):
    cache.store(path, Executed(nbformat.read(Path(executed) / path.name, as_version=4), (), (), 0.0))
build(edition, renderer, project=project)
"""


class Row(NamedTuple):
    """A line of the table: what was measured, its value and unit, what it is a share of, and what is aimed at."""

    name: str
    value: float
    unit: str
    share: float | None
    aim: str


def rows(renderer: str, runs: int, cheap: bool) -> Iterator[Row]:
    """Measure, in one run: the peer, then ours, each the median of several.

    ``cheap`` leaves out the peer and what starts from cold, but for one build that the rest needs.
    """
    with TemporaryDirectory(prefix="bench-") as folder, _tree(Path(folder) / "ours") as ours:
        peer = None if cheap or not _has_history() else _median(runs, lambda: _peer(Path(folder), renderer))
        if peer is not None:
            yield Row(f"nbconvert in sequence and {renderer}, at {PEER}", peer, "s", None, "")
        yield from _ours(ours, renderer, 1 if cheap else runs, runs, peer, cheap)


def _ours(ours: Path, renderer: str, cold_runs: int, runs: int, peer: float | None, cheap: bool) -> Iterator[Row]:
    def of_peer(seconds: float) -> float | None:
        return seconds / peer if peer else None

    build = ("build", "--edition", EDITION, "--renderer", renderer)
    with _memory() as memory:
        cold = _median(cold_runs, lambda: _tokenecon(ours, *build), lambda: _clean(ours))
    yield Row("cold build, HTML and PDF", cold, "s", of_peer(cold), "0.60" if renderer == "quarto" else "0.40")
    yield Row("peak memory of it, all processes", memory[0] / 1e9, "GB", None, "1.5 GB")
    largest = max(file.stat().st_size for file in (ours / "build" / EDITION / "html").glob("0*.html"))
    yield Row("largest page of a chapter", largest / 1e3, "kB", None, "600 kB")
    quiet = _median(runs, lambda: _tokenecon(ours, *build))
    yield Row("nothing changed", quiet, "s", of_peer(quiet), "2 s")
    html = (*build[:3], "--format", "html", "--renderer", "embedded")
    _tokenecon(ours, *html)
    sentence = _median(runs, lambda: _tokenecon(ours, *html), lambda: _add_sentence(ours))
    yield Row("a sentence of a notebook changed, HTML", sentence, "s", of_peer(sentence), "5 s")
    for name, change in (("a remark", _remark), ("a figure", _raise)):
        row = _median(1 if cheap else runs, lambda: _tokenecon(ours, *build), lambda c=change: _change_row(ours, c))
        yield Row(f"{name} in a row of financials.csv changed", row, "s", of_peer(row), "0.20")
    told = _median(runs, lambda: _tokenecon(ours, "--help"))
    yield Row("tokenecon --help", told, "s", None, "0.5 s")
    if not cheap:
        every = ("build", "--all", "--renderer", renderer)
        alone = _median(1, lambda: _tokenecon(ours, *build), lambda: _clean(ours))
        seconds = _median(1, lambda: _tokenecon(ours, *every), lambda: _clean(ours))
        count = len(list((ours / "data/editions").glob("*.toml")))
        yield Row(f"all {count} editions from cold, against one", seconds, "s", seconds / alone, "2.8 for three")


def _peer(folder: Path, renderer: str) -> None:
    """Execute one after the other, and render."""
    with _tree(folder / "peer", PEER) as tree, TemporaryDirectory(dir=folder) as executed:
        for notebook in sorted((tree / "notebooks").glob("*.ipynb")):
            command = ["-m", "jupyter", "nbconvert", "--execute", "--to", "notebook", "--output-dir", executed]
            _python(tree, *command, str(notebook))
        _python(tree, "-c", RENDER, EDITION, renderer, executed)


def _has_history() -> bool:
    done = subprocess.run(["git", "cat-file", "-e", PEER], cwd=ROOT, capture_output=True)
    if done.returncode:
        print(f"no commit {PEER} here (a shallow clone?): measured without the peer", file=sys.stderr)
    return not done.returncode


@contextmanager
def _tree(target: Path, commit: str | None = None) -> Iterator[Path]:
    """Give a work tree of a commit, or a copy of the working tree's own files."""
    if commit:
        subprocess.run(["git", "worktree", "add", "--quiet", "--detach", target, commit], cwd=ROOT, check=True)
    else:
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
        for name in filter(None, listed.stdout.split("\0")):
            if (ROOT / name).is_file():
                (target / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, target / name)
    try:
        yield target
    finally:
        if commit:
            subprocess.run(["git", "worktree", "remove", "--force", target], cwd=ROOT, check=True)


def _tokenecon(tree: Path, *arguments: str) -> None:
    _python(tree, "-m", "tokenecon.cli", *arguments)


def _python(tree: Path, *arguments: str) -> None:
    places = {"PYTHONPATH": str(tree / "src"), "TOKENECON_DATA": str(tree / "data"), "TOKENECON_EDITION": EDITION}
    places["PYTHONDONTWRITEBYTECODE"] = ""  # as for most users: modules are compiled once
    done = subprocess.run(
        [sys.executable, *arguments], cwd=tree, env=os.environ | places, capture_output=True, text=True
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(arguments[:3])}: {(done.stderr or done.stdout)[-2000:]}")


def _median(runs: int, run: Callable[[], Any], before: Callable[[], Any] = lambda: None) -> float:
    seconds = []
    for _ in range(runs):
        before()
        start = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)


def _clean(tree: Path) -> None:
    shutil.rmtree(tree / "build", ignore_errors=True)


def _add_sentence(tree: Path) -> None:
    file = next((tree / "notebooks").glob("02_*.ipynb"))
    content = json.loads(file.read_text(encoding="utf-8"))
    cell = [cell for cell in content["cells"] if cell["cell_type"] == "markdown"][-1]
    cell["source"] = "".join(cell["source"]) + "\n\nThis sentence is new."
    file.write_text(json.dumps(content), encoding="utf-8")


def _change_row(tree: Path, change: Callable[[dict[str, str]], None]) -> None:
    """Change the newest figure of what research costs, which many results read and no sum holds."""
    file = tree / "data/financials.csv"
    with file.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    change(max((row for row in rows if row["metric"] == "rd_expense"), key=lambda row: row["period_end"]))
    with file.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.DictWriter(lines, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _remark(row: dict[str, str]) -> None:
    row["note"] += "."


def _raise(row: dict[str, str]) -> None:
    row["value"] = str(int(row["value"]) + 1000)


@contextmanager
def _memory() -> Iterator[list[int]]:
    """Give a list whose one number becomes the most that all processes below this one held at once."""
    most, ended = [0], threading.Event()

    def look() -> None:
        while not ended.wait(0.5):
            held = 0
            for process in psutil.Process().children(recursive=True):
                try:
                    told = process.memory_full_info()
                    held += getattr(told, "pss", told.uss)
                except psutil.Error:
                    continue
            most[0] = max(most[0], held)

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield most
    finally:
        ended.set()
        thread.join()
