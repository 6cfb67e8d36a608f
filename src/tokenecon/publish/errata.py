"""What a published edition printed wrongly, from ``data/errata.csv``: one row a thing that was put right."""

from __future__ import annotations

import csv
import datetime as dt
from dataclasses import dataclass

from tokenecon.publish.errors import PublishError
from tokenecon.publish.project import Project

FILE = "errata.csv"


@dataclass(frozen=True)
class Erratum:
    """A correction: the edition, the day of the record that has it, what reads otherwise, and why."""

    edition: str
    on: dt.date
    what: str
    reason: str


def read_errata(project: Project) -> list[Erratum]:
    """Return all corrections, the newest first; none where there is no file.

    Raises
    ------
    PublishError
        Naming the row, if its day is none.
    """
    file = project.data / FILE
    if not file.is_file():
        return []
    found = []
    with file.open(encoding="utf-8", newline="") as rows:
        for line, row in enumerate(csv.DictReader(rows), start=2):
            try:
                found.append(Erratum(row["edition"], dt.date.fromisoformat(row["on"]), row["what"], row["reason"]))
            except (KeyError, TypeError, ValueError) as error:
                raise PublishError(f"data/{FILE}:{line}: on: {error}; run `tokenecon check`") from None
    return sorted(found, key=lambda one: one.on, reverse=True)
