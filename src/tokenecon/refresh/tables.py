"""The tables as files: which rows are ours, what a file will look like, and how several files change at once.

Rows collected by hand stay where and as they are, byte for byte; rows that refresh adds follow after them. New
contents are first checked in a copy of the data, then written beside the old files with a journal, and only then
renamed into place: a run cut off at any moment leaves the old data, or is brought to its end by the next command.
"""

from __future__ import annotations

import csv
import errno
import io
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from tokenecon import inputs
from tokenecon.catalog.checks import run_checks
from tokenecon.catalog.errors import DataError
from tokenecon.catalog.schema import Schema
from tokenecon.refresh.connectors import CONNECTORS
from tokenecon.refresh.web import RefreshError

Row = dict[str, str]
MARK = "read by refresh on "
"""Begins the note of a row of ours in a table whose rows name no source."""

JOURNAL = ".refresh/journal.json"
_OURS = re.compile("(" + "|".join(connector.source_id for connector in CONNECTORS.values()) + r")_\d{8}")
# Tables that others refer to come first, so that no row ever refers to one that is not there yet.
ORDER = ("sources", "models", "model_aliases", "prices", "price_ends", "token_models", "fx", "quarantine")


def is_ours(name: str, row: Mapping[str, str]) -> bool:
    """Whether refresh added a row."""
    if name == "quarantine":
        return True
    return bool(_OURS.fullmatch(row.get("source_id", ""))) or row.get("note", "").startswith(MARK)


class Tables:
    """The tables of a data folder as text.

    Parameters
    ----------
    root
        Data folder.
    """

    def __init__(self, root: Path):
        self.root = root
        self.schema = Schema.load(root)
        self._lines: dict[str, list[str]] = {}
        self._rows: dict[str, list[Row]] = {}
        self._stand_in: set[str] = set()

    def but(self, name: str, rows: Mapping[int, Row]) -> Tables:
        """Return the same tables with other rows on some lines of one, to be checked; no file changes."""
        other = Tables(self.root)
        other._rows[name], other._lines[name] = list(self.rows(name)), list(self._lines[name])
        for line, row in rows.items():
            text = io.StringIO()
            csv.writer(text, lineterminator="").writerow(row.values())
            other._rows[name][line - 2], other._lines[name][line - 1] = row, text.getvalue()
        other._stand_in = self._stand_in | {name}
        return other

    def stands_in(self, name: str) -> bool:
        """Whether a table is not as its file says, but has rows that were made up for checking."""
        return name in self._stand_in

    def rows(self, name: str) -> list[Row]:
        """Rows of a table, in the order of the file.

        Raises
        ------
        RefreshError
            If the file is missing, or is no table with the columns of the data package.
        """
        if name not in self._rows:
            table = self.schema.tables[name]
            try:
                lines = inputs.read_unnoted(self.root / table.path).decode("utf-8").splitlines()
            except (OSError, UnicodeDecodeError):
                raise RefreshError(f"data/{table.path} cannot be read; run tokenecon check") from None
            cells = [next(csv.reader([line]), []) for line in lines]
            if not cells or any(len(row) != len(table.fields) for row in cells) or cells[0] != list(table.fields):
                raise RefreshError(f"data/{table.path} is no sound table; run tokenecon check")
            self._lines[name] = lines
            self._rows[name] = [dict(zip(cells[0], row, strict=True)) for row in cells[1:]]
        return self._rows[name]

    def by_hand(self, name: str) -> list[Row]:
        """Rows that people added."""
        return [row for row in self.rows(name) if not is_ours(name, row)]

    def ours(self, name: str) -> list[Row]:
        """Rows that refresh added."""
        return [row for row in self.rows(name) if is_ours(name, row)]

    def composed(self, name: str, after: Iterable[Row]) -> bytes:
        """Return the file of a table with the rows of people as they are, and these after them."""
        rows, out, fields = self.rows(name), io.StringIO(), list(self.schema.tables[name].fields)
        kept = [line for line, row in zip(self._lines[name][1:], rows, strict=True) if not is_ours(name, row)]
        out.write("".join(f"{line}\n" for line in [self._lines[name][0], *kept]))
        writer = csv.writer(out, lineterminator="\n")
        writer.writerows([row.get(column, "") for column in fields] for row in after)
        return out.getvalue().encode()

    def appended(self, name: str, rows: Iterable[Row]) -> bytes:
        """Return the file of a table with these rows of people after theirs."""
        return self.composed(name, [*rows, *self.ours(name)])


@contextmanager
def alone(root: Path, write: bool = True) -> Iterator[None]:
    """Let one run at a time change a data folder, and bring to its end what an earlier one left.

    Parameters
    ----------
    root
        Data folder.
    write
        Whether the run will change anything; one that will not leaves no trace.

    Raises
    ------
    RefreshError
        If another run is under way, the folder holds no data or cannot be written, or the disk is full.
    """
    if not (root / "datapackage.json").is_file():
        raise RefreshError(f"{root} is no data folder: it has no datapackage.json")
    if not write:
        if (root / JOURNAL).is_file():
            raise RefreshError("an earlier run was cut off; run this once without --dry-run, which ends it")
        yield
        return
    try:
        (root / ".refresh").mkdir(exist_ok=True)
        with FileLock(root / ".refresh" / "lock", timeout=0):
            recover(root)
            yield
    except Timeout:
        raise RefreshError("another run is changing the data; wait until it is done") from None
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise RefreshError("the disk is full; make room and run this again") from None
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            where = error.filename or root
            raise RefreshError(f"{where} cannot be written ({error.strerror}); allow it and run this again") from None
        if isinstance(error, shutil.Error):
            raise RefreshError(f"the data cannot be copied to be checked: {error.args[0][0][2]}") from None
        raise


def check_first(root: Path, files: Mapping[str, bytes]) -> None:
    """Run every check on a copy of the data with new contents.

    Raises
    ------
    DataError
        With the findings; nothing has been written.
    """
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "data"
        shutil.copytree(root, copy, ignore=shutil.ignore_patterns("snapshots", ".refresh"))
        for name, content in files.items():
            if not name.startswith("snapshots/"):
                (copy / name).write_bytes(content)
        if found := run_checks(copy):
            raise DataError(found)


def commit(root: Path, files: Mapping[str, bytes]) -> None:
    """Change several files at once: all of them, or none.

    Parameters
    ----------
    root
        Data folder.
    files
        New contents by path from there, in the order in which they go into place.
    """
    changed = {name: content for name, content in files.items() if _content(root / name) != content}
    if not changed:
        return
    folder = root / ".refresh"
    folder.mkdir(exist_ok=True)
    _sweep(folder)
    try:
        for number, content in enumerate(changed.values()):
            _durable(folder / f"{number}.new", content)
        _durable(folder / "journal.new", json.dumps(list(changed)).encode())
        (folder / "journal.new").replace(root / JOURNAL)  # From here on the run will be brought to its end.
    except OSError:
        _sweep(folder)  # What a full disk could not take must not keep it full.
        raise
    _sync(folder)
    recover(root)


def recover(root: Path) -> bool:
    """Bring a run to its end that was cut off while its files went into place.

    Returns
    -------
    bool
        Whether there was one.
    """
    journal = root / JOURNAL
    if not journal.is_file():
        return False
    for number, name in enumerate(_listed(journal)):
        new = journal.parent / f"{number}.new"
        if new.exists():
            _place(new, (root / name).resolve())  # A table that is a link stays one.
    journal.unlink()
    _sweep(journal.parent)
    return True


def _listed(journal: Path) -> list[str]:
    with suppress(ValueError):
        listed = json.loads(journal.read_bytes())
        if isinstance(listed, list) and all(isinstance(name, str) and ".." not in Path(name).parts for name in listed):
            return listed
    raise RefreshError(f"{journal}: is damaged; restore the data (git checkout data) and delete {journal.parent}")


def _place(new: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        new.replace(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        beside = target.with_name(f".{target.name}.new")  # The link leads to another disk.
        _durable(beside, new.read_bytes())
        beside.replace(target)
        new.unlink()
    _sync(target.parent)


def _content(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


def _sweep(folder: Path) -> None:
    for path in folder.glob("*.new"):
        path.unlink()


def _durable(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
