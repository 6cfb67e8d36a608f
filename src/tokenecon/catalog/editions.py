"""Editions: what was known on a day, and which periods the report shows."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tokenecon import inputs
from tokenecon.catalog.countries import MOST
from tokenecon.catalog.errors import DataError, Finding
from tokenecon.catalog.paths import display_name
from tokenecon.catalog.periods import Period

if TYPE_CHECKING:
    import pandas as pd

_REQUIRED = {"id": str, "title": str, "as_of": date, "focal": str, "comparatives": list, "base_currency": str}
_LISTS = ("companies", "countries", "peers")
_OPTIONAL = {"previous": str, "draft": bool, "recorded_on": date, **dict.fromkeys(_LISTS, list), "priors": str}


@dataclass(frozen=True)
class Edition:
    """One edition of the report.

    Parameters
    ----------
    id, title
        Short name (that of its file) and title.
    as_of
        The day whose knowledge it holds.
    focal
        The period the report is about.
    comparatives
        Other periods it shows, in order.
    base_currency
        Currency that figures in several are brought to.
    previous
        The edition whose forecasts this one scores, if any.
    draft
        Whether rows are still missing: what cannot be computed is then a marked gap and not an error.
    companies
        Ids of the companies that it sets side by side; the first is the one whose results it opens with.
    countries
        Codes of the two countries whose prices it compares: the one in question, then the one that it is set against.
        With fewer, the chapter about prices is left out.
    recorded_on
        The day of its record, if it is published: rows that were added to the data later are not part of it.
    peers
        Ids of the vendors that it compares the companies with.
    priors
        Hash of the priors of its simulation, frozen with its record
        (:func:`~tokenecon.catalog.priors.fingerprint`).
    """

    id: str
    title: str
    as_of: date
    focal: Period
    comparatives: list[Period]
    base_currency: str
    previous: str | None = None
    draft: bool = False
    recorded_on: date | None = None
    companies: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    peers: tuple[str, ...] = ()
    priors: str | None = None

    @property
    def as_of_text(self) -> str:
        """The day, written out."""
        return f"{self.as_of.day} {self.as_of:%B %Y}"

    def holds(self, added_on: pd.Series) -> pd.Series:
        """Say of each row whether the edition was made with it, by the day on which the data came to hold it.

        Parameters
        ----------
        added_on
            Days as text, ``2026-11-27``; empty for rows held from the first.
        """
        last = "9999" if self.draft or self.recorded_on is None else self.recorded_on.isoformat()
        return added_on <= last


def settled(text: bytes) -> bytes:
    """Return the lines of an edition's file that what it computes follows from: no remarks, no mark of a draft.

    Of a published edition the mark stays, for as a draft it would see rows that were added after its record.
    """
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith(b"#")]
    published = any(line.startswith(b"recorded_on") for line in lines)
    return b"\n".join(line for line in lines if published or not line.startswith(b"draft"))


def edition_paths(root: Path) -> list[Path]:
    """List the edition files of a data folder, sorted by name."""
    return sorted((root / "editions").glob("*.toml"))


def line_of(path: Path, setting: str) -> int:
    """Return the line of an edition's file that makes a setting."""
    lines = inputs.read_unnoted(path).decode("utf-8").splitlines()
    return next((number for number, line in enumerate(lines, 1) if line.split("=")[0].strip() == setting), 1)


def read_edition(path: Path, root: Path) -> Edition:
    """Read an edition file.

    Raises
    ------
    DataError
        With a finding for each thing wrong in it.
    """
    file = display_name(path, root)
    try:
        values = tomllib.loads(inputs.read_unnoted(path).decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DataError([Finding(file, 1, "file", f"is not TOML: {error}")]) from None
    except OSError as error:
        raise DataError([Finding(file, 1, "file", f"cannot be read: {error.strerror}")]) from None
    found = [Finding(file, 1, name, "is missing") for name in _REQUIRED if name not in values]
    for name, value in values.items():
        kind = (_REQUIRED | _OPTIONAL).get(name)
        if kind is None:
            found.append(Finding(file, 1, name, f"is no setting of an edition: {', '.join(_REQUIRED | _OPTIONAL)}"))
        elif type(value) is not kind:
            found.append(Finding(file, 1, name, f"{value!r} is no {kind.__name__}"))
    found = found or list(_unfit(values, path, file))
    periods = {}
    for name in ("focal", "comparatives") if not found else ():
        texts = values[name] if isinstance(values[name], list) else [values[name]]
        try:
            periods[name] = [Period.parse(str(text)) for text in texts]
        except ValueError as error:
            found.append(Finding(file, 1, name, str(error)))
    if found:
        raise DataError(found)
    lists = {name: tuple(map(str, values.get(name, ()))) for name in _LISTS}
    spans = {"focal": periods["focal"][0], "comparatives": periods["comparatives"]}
    return Edition(**values | spans | lists)


def _unfit(values: Mapping[str, Any], path: Path, file: str) -> Iterator[Finding]:
    """Yield what is wrong with settings of the right kind."""
    if values["id"] != path.stem:
        yield Finding(file, 1, "id", f"'{values['id']}' is not the name of the file, '{path.stem}'")
    named = list(map(str, values.get("countries", ())))
    if len(named) > MOST or len(set(named)) < len(named):
        message = f"names {', '.join(named)}; name two: the country in question, and the one set against it"
        yield Finding(file, line_of(path, "countries"), "countries", message)


def list_editions(root: Path) -> list[Edition]:
    """Read all editions of a data folder, the oldest day of knowledge first.

    Raises
    ------
    DataError
        If a file is wrong.
    """
    return sorted((read_edition(path, root) for path in edition_paths(root)), key=lambda one: (one.as_of, one.id))


def find_edition(root: Path, name: str | None) -> Edition:
    """Read an edition by name, or the newest one.

    Parameters
    ----------
    root
        Data folder.
    name
        Its id; None for the one with the latest day of knowledge.

    Raises
    ------
    DataError
        If there is no such edition, or a file is wrong.
    """
    paths = edition_paths(root)
    if name is None:
        if not paths:
            raise DataError([Finding("data/editions", 1, "file", "there is no edition; add <id>.toml")])
        return list_editions(root)[-1]
    for path in paths:
        if path.stem == name:
            return read_edition(path, root)
    known = ", ".join(path.stem for path in paths) or "none"
    raise DataError([Finding(f"data/editions/{name}.toml", 1, "file", f"is missing; editions are: {known}")])
