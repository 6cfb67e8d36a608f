"""Findings: the results of a chapter, each computed once for an edition and kept on disk between notebooks.

A chapter's findings are a class whose results are methods marked :class:`finding`::

    class Revenue(Findings):
        @finding
        def lines(self) -> pd.DataFrame: ...

Read as attributes, they are computed at most once. Where the environment variable ``TOKENECON_FINDINGS`` names a
folder, they are kept there and shared by every process of a build, for as long as the code of catalogue and analysis,
the versions of its libraries, the editions and the tables read stay the same. Results of a copy of the data are read
there too where they hold, and kept beside the copy. A result read from disk counts as a use of the tables it was
computed from, and gives the warnings that computing it gave. Each has a digest, by which a build knows a result that
came out the same from tables that have changed.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import io
import os
import pickle
import platform
import warnings
from collections.abc import Callable, Iterator, Mapping
from functools import cache, cached_property
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any, Self, TypeVar

import numpy as np
import pandas as pd
from filelock import FileLock

from tokenecon import inputs
from tokenecon.catalog import Catalog, Company, Country, Edition, data_root, find_edition, settled

STORE = inputs.FINDINGS
LIBRARIES = ("numpy", "pandas", "scipy", "statsmodels", "arch", "scikit-learn", "diptest")
_PARTS = ("catalog", "analysis")
_PLAIN = (
    *(str, int, float, bool, dt.date, dt.timedelta, np.generic, np.ndarray),
    *(pd.DataFrame, pd.Series, pd.Index, pd.Period),
)
Room = TypeVar("Room", bound="Findings")


class NotServed(LookupError):
    """The data hold no row of a table on which a chapter stands; the message is the sentence to print in its place."""

    def _render_traceback_(self) -> list[str]:
        return [str(self)]


class finding:  # noqa: N801 -- a decorator
    """A result of :class:`Findings`: computed once, kept, and given out as a copy where it could be changed."""

    def __init__(self, compute: Callable[[Any], Any]) -> None:
        self.compute = compute
        self.__doc__ = compute.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, found: Findings | None, owner: type) -> Any:
        if found is None:
            return self
        if self.name not in found._held:
            found._held[self.name] = _kept(found, f"{owner.__name__}.{self.name}", lambda: self.compute(found))
        value, used, digest = found._held[self.name]
        inputs.note_result(f"{found.edition.id} {owner.__module__} {owner.__name__}.{self.name}", digest, used)
        return value.copy() if isinstance(value, (pd.DataFrame, pd.Series)) else value


class Findings:
    """What a chapter finds for one edition; subclasses name the results.

    Parameters
    ----------
    edition : str, optional
        Its id; ``TOKENECON_EDITION`` or the newest if left out.
    data_dir : path, optional
        Data folder; the project's if left out.
    """

    STANDS_ON: tuple[str, ...] = ()
    """Tables without which the chapter has nothing to say."""

    def __init__(self, edition: str | None = None, data_dir: str | Path | None = None) -> None:
        self.root, self.edition = _place(edition, data_dir)
        self._held: dict[str, tuple[Any, set[str], str]] = {}

    @classmethod
    def open(cls, edition: str | None = None, data_dir: str | Path | None = None) -> Self:
        """Return the findings of an edition; the same object each time in one process."""
        root, found = _place(edition, data_dir)
        return _opened(cls, found.id, root)

    @cached_property
    def cat(self) -> Catalog:
        """The catalogue as the edition knows it, opened when something has to be computed."""
        return _catalog(self.edition.id, self.root)

    @finding
    def companies(self) -> tuple[Company, ...]:
        """The companies that the edition sets side by side, in its order."""
        return self.cat.companies

    @finding
    def countries(self) -> tuple[Country, ...]:
        """The pair of countries that the edition sets side by side: the one in question, then the other; or fewer."""
        return self.cat.countries

    @finding
    def lacks(self) -> tuple[str, ...]:
        """What the chapter stands on and of which the edition knows nothing, or too little."""
        return tuple(self._lacking())

    def _lacking(self) -> list[str]:
        """Name what is lacking; of tables, those of :attr:`STANDS_ON` without a row."""
        return [f"rows of `data/{name}.csv`" for name in self.STANDS_ON if self.cat.table(name).empty]

    def served(self) -> Self:
        """Return the findings, for a chapter about nothing else.

        Raises
        ------
        NotServed
            If something that it stands on is not known: the chapter is then left out, and says why.
        """
        if self.lacks:
            raise NotServed(
                f"This edition leaves the chapter out: it stands on {' and on '.join(self.lacks)}, "
                "of which none is known, or too few."
            )
        return self

    @property
    def focal(self) -> str:
        """Label of the edition's focal period."""
        return self.edition.focal.label

    @property
    def as_of(self) -> pd.Timestamp:
        """The edition's day."""
        return pd.Timestamp(self.edition.as_of)

    def name(self, entity: str) -> str:
        """Return an entity's short name."""
        row = self.cat.entities.set_index("entity_id").loc[entity]
        return row["short_name"] or row["name"]

    def of(self, room: type[Room]) -> Room:
        """Return another chapter's findings of the same edition."""
        return room.open(self.edition.id, self.root)

    @property
    def before(self) -> Self | None:
        """The same findings of the edition that this one follows; none for the first."""
        return type(self).open(self.edition.previous, self.root) if self.edition.previous else None


def _place(edition: str | None, data_dir: str | Path | None) -> tuple[Path, Edition]:
    """Return the data folder and the edition that are meant, those of the environment where none is given."""
    root = Path(data_dir).resolve() if data_dir else data_root()
    return root, find_edition(root, edition or os.environ.get("TOKENECON_EDITION") or None)


@cache
def _opened(room: type[Findings], edition: str, root: Path) -> Any:
    return room(edition, root)


@cache
def _catalog(edition: str, root: Path) -> Catalog:
    return Catalog.open(edition, root)


def digest_of(name: str) -> str:
    """Return the digest of a finding under the name by which :func:`inputs.note_result` knows it; "" without a store.

    Raises
    ------
    Exception
        What computing it raises.
    """
    edition, module, finding_of = name.split()
    room, _, attribute = finding_of.partition(".")
    found = getattr(import_module(module), room).open(edition)
    getattr(found, attribute)
    return found._held[attribute][2]


def _kept(found: Findings, name: str, compute: Callable[[], Any]) -> tuple[Any, set[str], str]:
    """Return a result, the files it came from and its digest: from the store if current, else computed and stored."""
    folder = os.environ.get(STORE)
    if not folder:
        with inputs.recording() as used:
            return compute(), used, ""
    shared = Path(folder) / found.edition.id / f"{name}.pickle"
    file = _own_store(Path(folder), found.root) / found.edition.id / f"{name}.pickle"
    file.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{file}.lock"):
        for place in dict.fromkeys((file, shared)):
            if (known := _read(place, found.root)) is not None:
                return known
        with inputs.recording() as used, warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            value = compute()
        given = [(str(one.message), one.category) for one in caught]
        digest = _write(file, name, found.root, value, used, given)
    _give(given)
    return value, used, digest


@cache
def _own_store(folder: Path, root: Path) -> Path:
    """Return where results of the data in ``root`` are written: those of a copy beside it, so as to drive out none.

    They lie there as the project's own lie beside its data.
    """
    place = folder.resolve()
    for project in place.parents[2:3]:
        if (project / "data").is_dir() and project / "data" != root:
            return root.parent / place.relative_to(project)
    return folder


def _plainly(value: Any) -> bytes:
    """Pickle a value so that equal ones give equal bytes, whether their parts are one object or copies of it."""
    pickled = io.BytesIO()
    pickler = pickle.Pickler(pickled, protocol=pickle.HIGHEST_PROTOCOL)
    pickler.fast = True
    pickler.dump(value)
    return pickled.getvalue()


def _read(file: Path, root: Path) -> tuple[Any, set[str], str] | None:
    try:
        with file.open("rb") as stored:
            head = pickle.load(stored)
            if head["code"] != code_hash() or any(
                _hash(_path(root, name)) != known for name, known in head["files"].items()
            ):
                return None
            value = pickle.load(stored)
    except (OSError, EOFError, pickle.UnpicklingError, KeyError, TypeError, AttributeError, ImportError):
        return None
    _give(head["warnings"])
    return value, set(head["used"]), head["digest"]


def _write(file: Path, name: str, root: Path, value: Any, used: set[str], given: list[tuple[str, type]]) -> str:
    """Store a result, and return a digest of it and of the warnings it gave."""
    if wrong := next(_unstorable(value), None):
        raise TypeError(f"{name} holds a {wrong}: keep frames, numbers and frozen dataclasses, no fitted models")
    fixed = {"data/datapackage.json", *(f"data/editions/{path.name}" for path in (root / "editions").glob("*.toml"))}
    files = {name: _hash(_path(root, name)) for name in sorted(used | fixed)}
    content = _plainly(value)
    digest = hashlib.sha256(content + repr(given).encode()).hexdigest()
    head = {"code": code_hash(), "files": files, "used": sorted(used), "warnings": given, "digest": digest}
    inputs.write_whole(file, pickle.dumps(head) + content)
    return digest


def _give(given: list[tuple[str, type[Warning]]]) -> None:
    for message, category in given:
        warnings.warn(message, category, stacklevel=4)


def _unstorable(value: Any) -> Iterator[str]:
    """Yield the types in a result that are no plain data."""
    if value is None or isinstance(value, _PLAIN):
        return
    if isinstance(value, Mapping):
        value = [*value, *value.values()]
    if dataclasses.is_dataclass(value) and value.__dataclass_params__.frozen:
        value = [getattr(value, part.name) for part in dataclasses.fields(value)]
    if isinstance(value, (list, tuple, set, frozenset)):
        for part in value:
            yield from _unstorable(part)
    else:
        yield type(value).__name__


@cache
def code_hash() -> str:
    """Return a hash of the code that computes findings, and of the versions of what it stands on."""
    digest = hashlib.sha256(platform.python_version().encode())
    for library in LIBRARIES:
        digest.update(f"{library} {version(library)}".encode())
    package = Path(__file__).parents[1]
    for file in sorted(file for part in _PARTS for file in (package / part).rglob("*.py")):
        digest.update(file.relative_to(package).as_posix().encode() + file.read_bytes())
    return digest.hexdigest()


def _path(root: Path, name: str) -> Path:
    return root / name.removeprefix("data/") if name.startswith("data/") else root.parent / name


def _hash(file: Path) -> str:
    try:
        stat = file.stat()
    except OSError:
        return "missing"
    return _hash_of(file, stat.st_mtime_ns, stat.st_size)


@cache
def _hash_of(file: Path, changed: int, size: int) -> str:
    content = inputs.read_unnoted(file)
    return hashlib.sha256(settled(content) if file.suffix == ".toml" else content).hexdigest()
