"""Put a book together: what the renderers read, from executed notebooks and from the data.

The folder ``report/`` holds a page for each chapter. A notebook's page is its heading and the place of the staged
text; Quarto needs both before it runs anything, so these pages are committed, and written here if they differ.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import nbformat
import yaml
from nbformat import NotebookNode

from tokenecon.catalog.editions import Edition
from tokenecon.publish import inline
from tokenecon.publish.chapter import Content, read_chapter
from tokenecon.publish.errors import PublishError
from tokenecon.publish.fonts import check_glyphs, write_fonts
from tokenecon.publish.listings import FACTS, anchor
from tokenecon.publish.memory import derived
from tokenecon.publish.pictures import write_pictures
from tokenecon.publish.project import GENERATED, HOME, Chapter, Project
from tokenecon.publish.sources import bibliography, read_sources
from tokenecon.publish.svg import palette

LITERATURE = "literature.bib"
"""The bibliography of methods, which joins that of the sources."""


def read_contents(chapters: Iterable[Chapter], executed: Mapping[Path, NotebookNode]) -> dict[str, Content]:
    """Read every executed notebook as a chapter, by chapter name.

    Raises
    ------
    PublishError
        With every breach of the conventions in every notebook, one a line.
    """
    contents, problems = {}, []
    for chapter in chapters:
        if chapter.notebook:
            try:
                contents[chapter.name] = _read(executed[chapter.notebook], chapter.notebook.name)
            except PublishError as error:
                problems.append(str(error))
    owners: dict[str, str] = {}
    for content in contents.values():
        for file in content.files:
            if file.label in owners:
                problems.append(f"{content.source}: {file.label}.csv is offered in {owners[file.label]} already")
            owners[file.label] = content.source
    if problems:
        raise PublishError("\n".join(problems))
    return contents


def _read(notebook: NotebookNode, name: str) -> Content:
    return derived(["chapter", name, _digest(notebook)], lambda: read_chapter(notebook, name), alone=True)


def _digest(notebook: NotebookNode) -> str:
    return hashlib.sha256(json.dumps(notebook).encode()).hexdigest()


def write_entries(project: Project, contents: Mapping[str, Content]) -> None:
    """Write the page of each notebook's chapter into ``report/`` where it is missing or its heading has changed."""
    for chapter in project.chapters():
        if content := contents.get(chapter.name):
            page = project.report / chapter.file
            text = _entry(chapter, content)
            if not page.is_file() or page.read_text(encoding="utf-8") != text:
                page.write_text(text, encoding="utf-8")


def _entry(chapter: Chapter, content: Content) -> str:
    unnumbered = " .unnumbered" if chapter.name == HOME else ""
    return (
        f"# {content.title} {{#{content.label}{unnumbered}}}\n\n"
        f"<!-- Written by a build from notebooks/{content.source}: edit the notebook, and commit this page. -->\n\n"
        f'::: {{.staged file="_chapters/{chapter.name}.md"}}\n:::\n'
    )


def write_book(
    project: Project,
    edition: Edition,
    contents: Mapping[str, Content],
    executed: Mapping[Path, NotebookNode],
    pages: Mapping[str, str],
    report: Path,
) -> None:
    """Stage the book in ``report``, which holds a copy of the project's report folder or is that folder itself.

    ``pages`` are the generated pages, Markdown by name.
    """
    check_glyphs({content.source: content.markdown for content in contents.values()} | dict(pages))
    for name in GENERATED:
        _remove(report / name)
    staged = report / "_chapters"
    staged.mkdir(parents=True)
    for name, content in contents.items():
        (staged / f"{name}.md").write_text(content.markdown, encoding="utf-8")
    for name, text in pages.items():
        (staged / f"{name}.md").write_text(text, encoding="utf-8")
    (staged / "edition.yml").write_text(yaml.safe_dump(edition_fields(edition)), encoding="utf-8")
    literature = project.report / LITERATURE
    works = literature.read_text(encoding="utf-8") if literature.is_file() else ""
    (report / "references.bib").write_text(bibliography(read_sources(project.data)) + works, encoding="utf-8")
    write_json(report / "facts.json", collect_facts(contents))
    write_figures(contents.values(), report)
    write_notebooks(executed, report / "notebooks")
    texts = [content.markdown for content in contents.values()] + list(pages.values())
    written = [file.read_text(encoding="utf-8") for file in report.glob("*.qmd")]
    write_fonts(report / "fonts", [*texts, *written, (report / "references.bib").read_text(encoding="utf-8")])
    (report / "palette.css").write_text(palette(texts), encoding="utf-8")
    figures = [figure for content in contents.values() for figure in content.figures]
    origin = f"{project.title}, edition {edition.id}, data as of {edition.as_of_text}"
    write_pictures(figures, report / "figures", origin)


def edition_fields(edition: Edition) -> dict[str, Any]:
    """Return what a title page says of an edition, as Quarto's metadata."""
    return {
        "book": {
            "date": edition.as_of.isoformat(),
            "page-footer": {
                "left": f"Edition {edition.id}, data as of {edition.as_of_text}. [Every printed number](facts.json)"
            },
        },
        "edition": edition.id,
        "as-of": edition.as_of_text,
        "document-date": {part: str(getattr(edition.as_of, part)) for part in ("year", "month", "day")},
    }


def write_figures(contents: Iterable[Content], target: Path) -> None:
    """Write ``figures/<label>.svg`` and ``.csv``, ``tables/<label>.csv`` and ``tables/<name>.csv`` below ``target``."""
    (target / "figures").mkdir(parents=True, exist_ok=True)
    (target / "tables").mkdir(parents=True, exist_ok=True)
    for content in contents:
        for figure in content.figures:
            (target / "figures" / f"{figure.label}.svg").write_text(figure.svg, encoding="utf-8")
            (target / "figures" / f"{figure.label}.csv").write_text(figure.data_csv, encoding="utf-8")
        for table in content.tables:
            (target / "tables" / f"{table.label}.csv").write_text(table.data_csv, encoding="utf-8")
        write_files(content, target / "tables")


def write_files(content: Content, target: Path) -> None:
    """Write the files that a chapter offers under names of their own."""
    for file in content.files:
        (target / f"{file.label}.csv").write_text(file.data_csv, encoding="utf-8")


def write_notebooks(executed: Mapping[Path, NotebookNode], target: Path) -> None:
    """Write the executed notebooks into ``target``, every value in its sentence."""
    target.mkdir(parents=True, exist_ok=True)
    for path, notebook in executed.items():
        text = derived(["notebook", _digest(notebook)], partial(_with_values, notebook), alone=True)
        (target / path.name).write_text(text, encoding="utf-8")


def _with_values(notebook: NotebookNode) -> str:
    shown = NotebookNode(notebook, cells=[inline.with_values(cell) for cell in notebook.cells])
    return nbformat.writes(shown) + "\n"


def collect_facts(contents: Mapping[str, Content]) -> dict[str, dict[str, Any]]:
    """Return all facts as ``{"<notebook stem>.<cell label>.<name>": {value, unit, text, notebook, at}}``."""
    found = {
        f"{Path(content.source).stem}.{key}": fact | {"notebook": content.source}
        for content in contents.values()
        for key, fact in content.facts.items()
    }
    return {key: fact | {"at": f"{FACTS}#{anchor(key)}"} for key, fact in found.items()}


def write_json(file: Path, content: Any) -> None:
    """Write JSON that people read too."""
    file.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
