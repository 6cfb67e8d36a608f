"""Put a book together: what the renderers read, from executed notebooks and from the data.

The folder ``report/`` holds a page for each chapter. A notebook's page is its heading and the place of the staged
text; Quarto needs both before it runs anything, so these pages are committed, and written here if they differ.
"""

from __future__ import annotations

import difflib
import json
import re
import shutil
from collections.abc import Iterable, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

import nbformat
import yaml
from nbformat import NotebookNode

from tokenecon.catalog import Edition
from tokenecon.publish import inline
from tokenecon.publish.chapter import Content, read_chapter
from tokenecon.publish.errors import PublishError
from tokenecon.publish.methods import read_works
from tokenecon.publish.project import GENERATED, HOME, Chapter, Project
from tokenecon.publish.sources import bibliography, read_sources

LITERATURE = "literature.bib"
"""The bibliography of methods, which joins that of the sources."""

FONTS = ("Lato-Regular.ttf", "Lato-Bold.ttf", "Lato-Italic.ttf", "Lato-BoldItalic.ttf", "OFL.txt")

_CODE = re.compile(r"^(`{3,}).*?^\1\s*$|`[^`\n]+`", re.M | re.S)
_ESCAPED = re.compile(r"\\@")
_LABEL = re.compile(r"\{#((?:fig|tbl|sec|eq)-[\w-]+)")
_REFERENCE = re.compile(r"(?<![\w@/.])@([A-Za-z0-9_][\w:.#$%&+?<>~/-]*)")
_KINDS = {"fig": "figure", "tbl": "table", "sec": "section", "eq": "equation"}


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
                contents[chapter.name] = read_chapter(executed[chapter.notebook], chapter.notebook.name)
            except PublishError as error:
                problems.append(str(error))
    owners: dict[str, str] = {}
    for content in contents.values():
        for file in content.files:
            if file.name in owners:
                problems.append(f"{content.source}: {file.name}.csv is offered in {owners[file.name]} already")
            owners[file.name] = content.source
    if problems:
        raise PublishError.joined(problems)
    return contents


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
    fonts = files("font_lato") / "files"
    (report / "fonts").mkdir()
    for name in FONTS:
        (report / "fonts" / name).write_bytes((fonts / name).read_bytes())


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
        (target / f"{file.name}.csv").write_text(file.data_csv, encoding="utf-8")


def write_notebooks(executed: Mapping[Path, NotebookNode], target: Path) -> None:
    """Write the executed notebooks into ``target``, every value in its sentence."""
    target.mkdir(parents=True, exist_ok=True)
    for path, notebook in executed.items():
        shown = NotebookNode(notebook, cells=[inline.with_values(cell) for cell in notebook.cells])
        (target / path.name).write_text(nbformat.writes(shown) + "\n", encoding="utf-8")


def collect_facts(contents: Mapping[str, Content]) -> dict[str, dict[str, Any]]:
    """Return all facts as ``{"<notebook stem>.<cell label>.<name>": {value, unit, text, notebook}}``."""
    return {
        f"{Path(content.source).stem}.{key}": fact | {"notebook": content.source}
        for content in contents.values()
        for key, fact in content.facts.items()
    }


def write_json(file: Path, content: Any) -> None:
    """Write JSON that people read too."""
    file.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def check_references(project: Project, contents: Mapping[str, Content], pages: Mapping[str, str]) -> None:
    """Check that labels are unique and that every cross-reference and citation leads somewhere.

    Raises
    ------
    PublishError
        One line for each that does not, with notebook and cell, and the nearest label there is.
    """
    texts = [*_texts(project, contents, pages)]
    owners: dict[str, str] = {}
    problems = []
    for where, text in texts:
        for label in _LABEL.findall(text):
            if label in owners:
                problems.append(f"{where}: label {label} is taken already in {owners[label]}")
            owners.setdefault(label, where)
    keys = {row["source_id"] for row in read_sources(project.data)}
    keys |= {work.key for work in read_works(project.report / LITERATURE)}
    for where, text in texts:
        for found in _REFERENCE.findall(text):
            reference = found.rstrip(".:;,?/-")
            kind = reference.split("-")[0].lower()
            if kind in _KINDS and "-" in reference:
                label = kind + reference[len(kind) :]
                if label not in owners:
                    problems.append(f"{where}: @{reference}: there is no such {_KINDS[kind]}{_nearest(label, owners)}")
            elif reference not in keys:
                problems.append(f"{where}: @{reference}: no such source in data/sources.csv{_nearest(reference, keys)}")
    if problems:
        raise PublishError.joined(problems)


def _texts(project: Project, contents: Mapping[str, Content], pages: Mapping[str, str]) -> Iterable[tuple[str, str]]:
    """Yield the text of each cell and written page, code taken out, with its place."""
    for chapter in project.chapters():
        if content := contents.get(chapter.name):
            yield f"{content.source} cell 1", f"{{#{content.label}}}"
            for number, text in content.blocks:
                yield f"{content.source} cell {number}", _CODE.sub("", text)
        else:
            text = (project.report / chapter.file).read_text(encoding="utf-8")
            yield f"report/{chapter.file}", _CODE.sub("", text)
    for name, text in pages.items():
        yield f"generated page {name}", _CODE.sub("", _ESCAPED.sub("", text))


def _nearest(wanted: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(wanted, list(known), n=1)
    return f"; is it {close[0]}?" if close else ""


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
