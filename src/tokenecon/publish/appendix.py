"""The generated pages of the appendix: data, what is left out, methods, terms, what changed, colophon.

A page of ``report/`` holds the place of its text as ``_chapters/<name>.md``; what is written here goes there.
An edition's pages tell of no later edition, so that they stay as they were.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from tokenecon.catalog.editions import Edition
from tokenecon.inputs import PROJECT
from tokenecon.publish.changed import changes_page
from tokenecon.publish.chapter import Content
from tokenecon.publish.colophon import colophon_page
from tokenecon.publish.compare import Diff, diff_records, figures_changed
from tokenecon.publish.exclusions import exclusions_page
from tokenecon.publish.memory import derived, keeping_of
from tokenecon.publish.methods import Method, methods_page, read_methods, read_works
from tokenecon.publish.project import HOME, Project
from tokenecon.publish.record import Record, read_record
from tokenecon.publish.sources import data_page
from tokenecon.publish.stage import LITERATURE
from tokenecon.publish.terms import read_terms, terms_page


def pages(
    project: Project,
    edition: Edition,
    contents: Mapping[str, Content],
    executed: Mapping[Path, NotebookNode],
    manifest: Mapping[str, Any],
    changed: Diff | None,
) -> dict[str, str]:
    """Return the Markdown of each generated page by name.

    Parameters
    ----------
    project, edition
        What is being built.
    contents : mapping
        The executed chapters by name.
    executed : mapping
        Their notebooks.
    manifest : mapping
        What the build is made from.
    changed : Diff, optional
        The comparison with the previous edition, where there is one to compare with.
    """
    notebooks = {path.name: notebook for path, notebook in executed.items()}
    chapters = {content.label: notebooks[content.source] for name, content in contents.items() if name != HOME}
    named = {
        Path(content.source).stem: "First page" if name == HOME else f"@{content.label}"
        for name, content in contents.items()
    }
    return {
        "data": data_page(project.data, edition.as_of),
        "exclusions": _exclusions(project, edition),
        "methods": methods_page(_methods(project), chapters),
        "terms": terms_page(read_terms(project.report)),
        "changes": changes_page(project, edition, changed, named),
        "colophon": colophon_page(project, manifest),
    }


def prepare(edition: str) -> None:
    """Compute what the pages of an edition take from data and package alone, and keep it for the rendering."""
    project = Project(Path(os.environ[PROJECT]))
    found = project.edition(edition)
    with keeping_of(project, found, project.report):
        _exclusions(project, found)
        _methods(project)
        if found.previous and read_record(project, found.previous):
            figures_changed(project, project.edition(found.previous), found)


def _exclusions(project: Project, edition: Edition) -> str:
    return derived(["exclusions", edition.id], lambda: exclusions_page(project, edition))


def _methods(project: Project) -> list[Method]:
    works = read_works(project.report / LITERATURE)
    analysis = project.root / "src" / "tokenecon" / "analysis"
    return derived(["methods", *map(repr, works)], lambda: read_methods(analysis, works), alone=True)


def previous(project: Project, edition: Edition, record: Record) -> Diff | None:
    """Compare what an edition prints with the record of its previous one; ``None`` if there is none."""
    known = read_record(project, edition.previous) if edition.previous else None
    return diff_records(project, project.edition(edition.previous), edition, known, record) if known else None
