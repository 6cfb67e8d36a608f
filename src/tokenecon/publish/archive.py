"""The files of a release: what a published edition printed, its data with their licences, and checksums of all.

The tag of a release is the edition's id. A correction has `.1` after it, the next one `.2`, and an erratum in
``data/errata.csv`` for each day on which the edition was put right.
"""

from __future__ import annotations

import re
import shutil
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from tokenecon.catalog.editions import Edition
from tokenecon.publish.cache import files_below, sha256
from tokenecon.publish.errata import read_errata
from tokenecon.publish.errors import PublishError, plain_disk_errors
from tokenecon.publish.parts import APPENDIX, REPORT
from tokenecon.publish.project import Project
from tokenecon.publish.record import read_record

CHECKSUMS = "SHA256SUMS"
_ALONE = ("facts.json", "claims.csv", "manifest.json")
_LICENCES = ("LICENSE-data.md", "CITATION.cff")


def edition_of_tag(project: Project, tag: str) -> Edition:
    """Return the edition that a tag releases.

    Raises
    ------
    PublishError
        If there is no such edition, it is not published, or its corrections and errata do not match.
    """
    name, _, correction = tag.partition(".")
    edition = project.edition(name)
    if read_record(project, edition.id) is None or edition.draft:
        raise PublishError(f"edition {edition.id} is not published: run `tokenecon edition publish {edition.id}`")
    if correction and not re.fullmatch(r"[1-9]\d*", correction):
        raise PublishError(f"{tag}: a correction is {name}.1, {name}.2 and so on")
    days = {one.on for one in read_errata(project) if one.edition == edition.id}
    if len(days) != int(correction or 0):
        right = f"{name}.{len(days)}" if days else name
        raise PublishError(
            f"{tag}: data/errata.csv puts edition {name} right on {len(days)} days, so the tag is {right}; "
            "write the erratum of a correction first"
        )
    return edition


def write_release(tag: str, *, project: Project | None = None) -> Path:
    """Write what is released under a tag into ``build/release/<tag>/``, from the edition's build.

    Raises
    ------
    PublishError
        As :func:`edition_of_tag`, or if the edition is not built, or not all of it.
    """
    project = project or Project.find()
    edition = edition_of_tag(project, tag)
    built, target = project.build / edition.id, project.build / "release" / tag
    if lacking := [name for name in ("html", REPORT, "facts.json", "manifest.json") if not (built / name).exists()]:
        raise PublishError(f"build/{edition.id} lacks {', '.join(lacking)}: run `tokenecon build {edition.id}`")
    with plain_disk_errors():
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(parents=True)
        base = f"tokenecon-{tag}"
        _zip(target / f"{base}-html.zip", base, _below(built / "html"), edition)
        for name in (REPORT, APPENDIX, *_ALONE):
            if (built / name).is_file():
                shutil.copy(built / name, target / (name if name in _ALONE else f"{base}-{name}"))
        _zip(target / f"{base}-data.zip", f"{base}-data", _data(project), edition)
        lines = [f"{sha256(file)}  {file.name}\n" for file in sorted(target.iterdir())]
        (target / CHECKSUMS).write_text("".join(lines), encoding="utf-8")
    return target


def _below(folder: Path) -> Iterator[tuple[str, Path]]:
    yield from ((file.relative_to(folder).as_posix(), file) for file in files_below(folder))


def _data(project: Project) -> Iterator[tuple[str, Path]]:
    """Yield the data package: tables, dictionary, editions, and the terms of each table."""
    yield from ((name, file) for name, file in _below(project.data) if not name.startswith("snapshots/"))
    yield from ((name, project.root / name) for name in _LICENCES if (project.root / name).is_file())


def _zip(target: Path, top: str, files: Iterable[tuple[str, Path]], edition: Edition) -> None:
    """Write an archive that has the same bytes each time: files in order, dated by the edition's day."""
    day = (edition.as_of.year, edition.as_of.month, edition.as_of.day, 12, 0, 0)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, file in files:
            entry = zipfile.ZipInfo(f"{top}/{name}", day)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            archive.writestr(entry, file.read_bytes())
