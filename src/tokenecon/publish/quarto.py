"""Render the book with Quarto, from a copy of ``report/`` with everything staged in it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from tokenecon.catalog import Edition
from tokenecon.publish.errors import PublishError
from tokenecon.publish.project import Project

STAGED = "TOKENECON_STAGED"
"""Set for Quarto's pre-render step when there is nothing left for it to do."""

OLDEST = (1, 9)
_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_FORMATS = {"html": "html", "pdf": "typst"}


@cache
def version() -> str | None:
    """Return the version of the Quarto on PATH, or ``None`` if there is none that runs."""
    command = shutil.which("quarto")
    if command is None:
        return None
    try:
        done = subprocess.run([command, "--version"], capture_output=True, text=True, timeout=120)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def usable() -> bool:
    """Return whether the Quarto on PATH can render this book: older ones make no Typst books."""
    found = version()
    return found is not None and tuple(int(part) for part in re.findall(r"\d+", found)[:2]) >= OLDEST


def versions() -> dict[str, str]:
    """Return what renders, and in which version."""
    return {"quarto": version() or "missing"}


def render(project: Project, edition: Edition, report: Path, target: Path, formats: Sequence[str]) -> None:
    """Render the staged book in ``report`` to ``target/html`` and ``target/report.pdf``.

    Raises
    ------
    PublishError
        With the end of what Quarto had to say.
    """
    output = report / "_book"
    # Each format by itself: together, Quarto puts links from one to the other's file, which lies elsewhere here.
    for name in formats:
        _run(report, _FORMATS[name])
        if name == "pdf":
            shutil.move(next(output.glob("*.pdf")), target / "report.pdf")
        else:
            shutil.move(output, target / "html")


def _run(report: Path, to: str) -> None:
    done = subprocess.run(
        [shutil.which("quarto") or "quarto", "render", str(report), "--to", to],
        capture_output=True,
        text=True,
        env=os.environ | {STAGED: "1"},
    )
    if done.returncode:
        lines = [line for line in _ANSI.sub("", done.stdout + done.stderr).splitlines() if line.strip()]
        raise PublishError("Quarto cannot render the report:\n" + "\n".join(lines[-25:]))
