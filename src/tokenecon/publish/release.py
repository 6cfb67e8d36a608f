"""Publish an edition: keep what it printed, so that every later execution can be held to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tokenecon.publish.build import printed
from tokenecon.publish.errors import PublishError
from tokenecon.publish.project import Project
from tokenecon.publish.record import read_record, record_file, write_record


@dataclass(frozen=True)
class Release:
    """What publishing did: the edition, its file, and how the facts differ from those published before."""

    edition: str
    file: Path
    written: bool
    differences: Mapping[str, str]


def release(
    edition: str | None = None,
    on_progress: Callable[[str], None] = lambda line: None,
    force: bool = False,
    *,
    project: Project | None = None,
) -> Release:
    """Execute what changed, and record every printed number and verdict of an edition.

    Parameters
    ----------
    edition : str, optional
        Its id; the newest if left out.
    on_progress : callable
        Called with one line for each notebook.
    force : bool
        Record again an edition that was published and prints something else now. Without it nothing is written, and
        ``differences`` says what would change.
    project : Project, optional
        The one around the working folder if left out.

    Raises
    ------
    PublishError
        If the edition is a draft, or a notebook fails.
    """
    project = project or Project.find()
    found = project.edition(edition)
    if found.draft:
        raise PublishError(
            f"edition {found.id} is a draft: take `draft = true` out of data/editions/{found.id}.toml, so that a gap "
            "is an error, and publish it when it builds"
        )
    known, record = read_record(project, found.id), printed(found.id, on_progress, project=project)
    differences = known.differences(record) if known else {}
    written = known is None or (force and bool(differences))
    if written:
        write_record(project, found, record)
    return Release(found.id, record_file(project, found.id), written, differences)
