"""Publish an edition: keep what it printed, and the day, so that every later execution can be held to it."""

from __future__ import annotations

import datetime as dt
import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from tokenecon.catalog.priors import frozen
from tokenecon.publish.build import printed
from tokenecon.publish.draft import todo_folder
from tokenecon.publish.errors import PublishError
from tokenecon.publish.project import Project
from tokenecon.publish.record import read_record, record_file, write_record


@dataclass(frozen=True)
class Release:
    """What publishing did: the edition, its file, how the facts differ from those published before, and the days.

    ``recorded_on`` is the day of the record that now stands, ``before`` that of the one it took the place of: with
    ``differences`` all that an erratum has to say.
    """

    edition: str
    file: Path
    written: bool
    differences: Mapping[str, str]
    recorded_on: dt.date | None = None
    before: dt.date | None = None


def release(
    edition: str | None = None,
    on_progress: Callable[[str], None] = lambda line: None,
    force: bool = False,
    on: dt.date | None = None,
    *,
    project: Project | None = None,
) -> Release:
    """Execute what changed, and record every printed number and verdict of an edition.

    The first publication writes its day into the edition's file, as ``recorded_on``: from then on the edition sees no
    row that is added to the data later. The day moves only when the edition is recorded again. Beside it stands the
    hash of its priors, which the check of the data holds them to.

    The checklist of the edition, which is done now, is removed.

    Parameters
    ----------
    edition : str, optional
        Its id; the newest if left out.
    on_progress : callable
        Called with one line for each notebook.
    force : bool
        Record again an edition that was published and prints something else now. Without it nothing is written, and
        ``differences`` says what would change.
    on : datetime.date, optional
        The day of the record. If left out, today for what is recorded anew, or the edition's own day if that is still
        ahead; where nothing is to be recorded, the day that stands.
    project : Project, optional
        The one around the working folder if left out.

    Raises
    ------
    PublishError
        If the edition is a draft, the day comes before its own, or a notebook fails.
    """
    project = project or Project.find()
    found = project.edition(edition)
    if found.draft:
        raise PublishError(
            f"edition {found.id} is a draft: take `draft = true` out of data/editions/{found.id}.toml, so that a gap "
            "is an error, and publish it when it builds"
        )
    known = read_record(project, found.id)
    if on is None:
        on = max(dt.date.today(), found.as_of) if force or known is None else found.recorded_on
    if on and on < found.as_of:
        raise PublishError(f"edition {found.id} is of {found.as_of}: it cannot be recorded on {on}")
    file, written = project.edition_file(found), False
    kept = file.read_bytes()
    try:
        _write(file, "recorded_on", str(on) if on else None)
        hashed = frozen(project.data, replace(found, recorded_on=on))
        _write(file, "priors", hashed and f'"{hashed}"')
        record = printed(found.id, on_progress, project)
        differences = known.differences(record) if known else {}
        written = known is None or (force and bool(differences))
    finally:
        if not written:
            file.write_bytes(kept)
    if written:
        write_record(project, replace(found, recorded_on=on), record)
        shutil.rmtree(todo_folder(project, found.id), ignore_errors=True)
    day = on if written else found.recorded_on
    return Release(found.id, record_file(project, found.id), written, differences, day, found.recorded_on)


def _write(file: Path, name: str, value: str | None) -> None:
    """Put a setting of the record into the file of an edition, after the day of its knowledge."""
    if value is None:
        return
    text = re.sub(rf"(?m)^{name}\s*=.*\n", "", file.read_text(encoding="utf-8"))
    file.write_text(re.sub(r"(?m)^(as_of\s*=.*\n)", rf"\g<1>{name} = {value}\n", text, count=1), encoding="utf-8")
