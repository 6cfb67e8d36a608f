"""Where things lie: the folders of a project, its chapters as ``report/_quarto.yml`` lists them, its editions."""

from __future__ import annotations

import datetime as dt
import os
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from tokenecon.catalog.editions import Edition, find_edition, list_editions
from tokenecon.catalog.errors import DataError
from tokenecon.publish.errors import PublishError

HOME = "index"

GENERATED = (
    "_chapters", "figures", "tables", "notebooks", "fonts", "palette.css", "references.bib", "facts.json",
    "inputs.json",
)  # fmt: skip
"""What staging writes into ``report/`` and git ignores."""

STAGED = (*GENERATED, "_book", ".quarto", "index.typ")
"""That, and what Quarto writes."""


@dataclass(frozen=True)
class Chapter:
    """A page of the book.

    Parameters
    ----------
    name : str
        ``index`` for the home page, else the file's stem; the page is ``<name>.html``.
    file : str
        The entry in ``_quarto.yml``, relative to ``report/``.
    notebook : Path or None
        What the chapter is executed from; ``None`` for a page that is only written.
    appendix : bool
        Whether it is listed among the appendices.
    """

    name: str
    file: str
    notebook: Path | None
    appendix: bool


@dataclass(frozen=True)
class Project:
    """The folders of one project, all below ``root``."""

    root: Path

    @classmethod
    def find(cls) -> Project:
        """Return the project around the working folder, else the one this package is installed from.

        Raises
        ------
        PublishError
            If neither lies in a project.
        """
        here = Path.cwd().resolve()
        for folder in (here, *here.parents, *Path(__file__).resolve().parents):
            if (folder / "report" / "_quarto.yml").is_file():
                return cls(folder)
        raise PublishError("no report/_quarto.yml here or above: run this inside a clone of the project")

    @property
    def notebooks(self) -> Path:
        """The folder of the notebooks."""
        return self.root / "notebooks"

    @property
    def data(self) -> Path:
        """The folder of the data."""
        return self.root / "data"

    @property
    def report(self) -> Path:
        """The folder of the book."""
        return self.root / "report"

    @property
    def build(self) -> Path:
        """The folder that a build writes to."""
        return self.root / "build"

    def relative(self, path: Path) -> str:
        """Return ``path`` as the project's files name each other."""
        return path.relative_to(self.root).as_posix()

    @cached_property
    def book(self) -> dict[str, Any]:
        """The contents of ``report/_quarto.yml``."""
        file = self.report / "_quarto.yml"
        try:
            return yaml.safe_load(file.read_text(encoding="utf-8"))
        except (OSError, yaml.YAMLError) as error:
            raise PublishError(f"{self.relative(file)}: cannot be read: {error}") from None

    @property
    def title(self) -> str:
        """The book's title."""
        return self.book["book"]["title"]

    @property
    def subtitle(self) -> str:
        """The book's subtitle; empty if it has none."""
        return self.book["book"].get("subtitle", "")

    @property
    def address(self) -> str:
        """Where all editions are published, without a slash at its end; empty if that is not known.

        ``site-url`` of the book; the environment variable ``TOKENECON_SITE_URL`` is heard first, for a fork.
        """
        named = os.environ.get("TOKENECON_SITE_URL") or self.book["book"].get("site-url") or ""
        return str(named).rstrip("/")

    @property
    def authors(self) -> list[str]:
        """The names of the book's authors, which Quarto takes in several forms."""
        authors = self.book["book"].get("author") or []
        listed = authors if isinstance(authors, list) else [authors]
        return [author["name"] if isinstance(author, dict) else author for author in listed]

    def chapters(self) -> list[Chapter]:
        """Return the chapters and appendices in order, the home page first.

        Raises
        ------
        PublishError
            For a chapter that has neither a notebook nor a file of its own, or an appendix listed among the chapters.
        """
        book = self.book["book"]
        listed = [(file, False) for file in book["chapters"]] + [(file, True) for file in book.get("appendices", [])]
        chapters = [self._chapter(file, appendix) for file, appendix in listed]
        if astray := [chapter for chapter in chapters if re.match(r"A\d", chapter.name) and not chapter.appendix]:
            raise PublishError(f"report/_quarto.yml: {astray[0].file}: an A means appendix: list it in `appendices`")
        return chapters

    def _chapter(self, file: Any, appendix: bool) -> Chapter:
        if not isinstance(file, str):
            raise PublishError(f"report/_quarto.yml: {file!r}: list chapters as files; parts are not provided for")
        name = Path(file).stem
        found = sorted(self.notebooks.glob("00_*.ipynb" if name == HOME else f"{name}.ipynb"))
        if not found and not (self.report / file).is_file():
            raise PublishError(f"report/_quarto.yml: {file}: there is no notebooks/{name}.ipynb and no report/{file}")
        return Chapter(name, file, found[0] if found else None, appendix)

    def edition(self, edition: str | None = None) -> Edition:
        """Return the edition asked for, else the one in ``TOKENECON_EDITION``, else the newest.

        Raises
        ------
        PublishError
            If there is no such edition, or its file cannot be read.
        """
        try:
            return find_edition(self.data, edition or os.environ.get("TOKENECON_EDITION") or None)
        except DataError as error:
            raise PublishError(str(error)) from None

    def editions_up_to(self, edition: Edition) -> list[Edition]:
        """Return the editions that were there when ``edition`` was, the oldest first, itself the last."""
        found = list_editions(self.data)
        return [one for one in found if (one.as_of, one.id) <= (edition.as_of, edition.id)]

    def edition_file(self, edition: Edition) -> Path:
        """Return the file that an edition is read from."""
        return self.data / "editions" / f"{edition.id}.toml"


def noon(edition: Edition) -> int:
    """Return noon of an edition's day, in seconds since 1970: the time that documents are stamped with."""
    return int(dt.datetime.combine(edition.as_of, dt.time(12), dt.UTC).timestamp())
