"""Render the book with Quarto, from a copy of ``report/`` with everything staged in it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import yaml

from tokenecon.catalog.editions import Edition
from tokenecon.publish.errors import PublishError, uncoloured
from tokenecon.publish.parts import Part, parts
from tokenecon.publish.project import Project

STAGED = "TOKENECON_STAGED"
"""Set for Quarto's pre-render step when there is nothing left for it to do."""

OLDEST = (1, 9)

_TITLED = re.compile(r'(class="quarto-xref"><span>)(\d+|[A-Z])(?:&nbsp;|\xa0) [^<]*(?=</span>)')


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


def render(
    project: Project,
    edition: Edition,
    report: Path,
    target: Path,
    formats: Sequence[str],
    finish: Callable[[Path], None],
) -> None:
    """Render the staged book in ``report`` to ``target/html``, to be finished, and the PDFs in ``target``.

    Raises
    ------
    PublishError
        With the end of what Quarto had to say.
    """
    output = report / "_book"
    # Each format by itself: together, Quarto puts links from one to the other's file, which lies elsewhere here.
    if "pdf" in formats:
        from tokenecon.publish import embedded

        labels = embedded.labels(project, edition, report)
        for part in parts(project, edition):
            with _only(part, labels, project, report):
                _run(report, "typst")
            shutil.move(next(output.glob("*.pdf")), target / part.file)
    if "html" in formats:
        _run(report, "html")
        without_modules(output)
        name_chapters(output)
        shutil.move(output, target / "html")
        finish(target / "html")


def without_modules(pages: Path) -> None:
    """Make plain scripts of Quarto's modules: browsers load no module from a folder on disk."""
    folder = pages / "site_libs" / "quarto-html"
    script, tabs = folder / "quarto.js", folder / "tabsets" / "tabsets.js"
    if not tabs.is_file():
        return
    inner = re.sub(r"^export function (\w+)", r"function \1", tabs.read_text(encoding="utf-8"), flags=re.M)
    outer = re.sub(r"^import .*$", "", script.read_text(encoding="utf-8"), flags=re.M)
    whole = f"(() => {{\nconst tabsets = (() => {{\n{inner}\nreturn {{ init }};\n}})();\n{outer}\n}})();\n"
    script.write_text(whole, encoding="utf-8")
    shutil.rmtree(tabs.parent)
    for page in pages.glob("*.html"):
        text = re.sub(
            r'<script src="[^"]*tabsets\.js" type="module"></script>\n?', "", page.read_text(encoding="utf-8")
        )
        page.write_text(text.replace('quarto.js" type="module"', 'quarto.js" defer'), encoding="utf-8")


def name_chapters(pages: Path) -> None:
    """Let the first page, which has no number, refer to chapters as others do: Quarto puts their titles there."""
    for page in pages.glob("*.html"):
        text = page.read_text(encoding="utf-8")
        page.write_text(_TITLED.sub(_named, text), encoding="utf-8")


def _named(found: re.Match[str]) -> str:
    return f"{found[1]}{'Chapter' if found[2].isdigit() else 'Appendix'} {found[2]}"


@contextmanager
def _only(part: Part, labels: Mapping[str, Mapping[str, str]], project: Project, report: Path) -> Iterator[None]:
    """Let the staged book be one part of itself; what it refers to in the other part becomes text."""
    config, home = report / "_quarto.yml", report / "index.qmd"
    texts = {file: file.read_text(encoding="utf-8") for file in (config, home)}
    listed = yaml.safe_load(texts[config])
    files = [chapter.file for chapter in part.chapters]
    book = listed["book"] | {"subtitle": part.subtitle, "chapters": files, "appendices": []}
    if part.opening:
        book |= {"chapters": ["index.qmd"], "appendices": files}
        home.write_text(part.opening, encoding="utf-8")
    config.write_text(yaml.safe_dump(listed | {"book": book}, sort_keys=False, allow_unicode=True), encoding="utf-8")
    elsewhere = report / "_chapters" / "elsewhere.json"
    names = {chapter.name for chapter in part.chapters}
    told = {
        "labels": {label: said for label, said in labels.items() if said["chapter"] not in names},
        "pages": [chapter.file for chapter in project.chapters() if chapter not in part.chapters],
    }
    elsewhere.write_text(json.dumps(told), encoding="utf-8")
    try:
        yield
    finally:
        elsewhere.unlink()
        for file, text in texts.items():
            file.write_text(text, encoding="utf-8")


def _run(report: Path, to: str) -> None:
    done = subprocess.run(
        [shutil.which("quarto") or "quarto", "render", str(report), "--to", to],
        capture_output=True,
        text=True,
        env=os.environ | {STAGED: "1"},
    )
    if done.returncode:
        lines = [line for line in uncoloured(done.stdout + done.stderr).splitlines() if line.strip()]
        raise PublishError("Quarto cannot render the report:\n" + "\n".join(lines[-25:]))
