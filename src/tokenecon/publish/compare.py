"""Two editions side by side: their records, and the tables as each knows them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from tokenecon.analysis import changes
from tokenecon.catalog.editions import Edition
from tokenecon.catalog.store import Catalog
from tokenecon.publish.errors import PublishError
from tokenecon.publish.memory import derived
from tokenecon.publish.project import Project
from tokenecon.publish.record import Record, claims_of, read_record

TABLES = ("financials", "operating")
"""The tables of figures in which a later edition may know a fact otherwise."""


@dataclass(frozen=True)
class Diff:
    """What changed from one edition to another; frames as :mod:`tokenecon.analysis.changes` gives them."""

    before: Edition
    after: Edition
    facts: pd.DataFrame
    estimates: pd.DataFrame
    figures: pd.DataFrame
    verdicts: pd.DataFrame

    @property
    def counts(self) -> pd.DataFrame:
        """Facts by notebook and kind of change, kinds in the order of :data:`tokenecon.analysis.changes.KINDS`."""
        table = pd.crosstab(self.facts["notebook"], self.facts["kind"])
        return table.reindex(columns=[kind for kind in changes.KINDS if kind in table])

    def moved(self) -> Iterator[tuple[str, str, str, str]]:
        """Yield each estimate beyond its earlier interval: its key, both as printed, and whether the intervals meet."""
        text = "{value:.4g} ({low:.4g} to {high:.4g})"
        for key, row in self.estimates[self.estimates["beyond"]].iterrows():
            one, other = (
                text.format(**{name: row[f"{name}_{side}"] for name in ("value", "low", "high")})
                for side in ("before", "after")
            )
            yield key, one, other, "apart" if row["apart"] else "meet"

    def restated(self) -> Iterator[tuple[str, str, str, str]]:
        """Yield each figure that stands differently: its name, both values with unit, and why the later one holds."""
        for row in self.figures.itertuples():
            name = " ".join(part for part in (row.entity_id, row.metric, row.segment, row.item, row.period) if part)
            one, other = (
                f"{value:,.6g} {row.base_unit}" if value == value else "set aside" for value in (row.before, row.after)
            )
            yield name, one, other, f"ruling {row.ruling}" if row.ruling else f"now from {row.source_after}"


def diff(before: str | None = None, after: str | None = None, *, project: Project | None = None) -> Diff:
    """Compare two editions by what they printed when they were published, or when they were last built.

    Parameters
    ----------
    before, after : str, optional
        Their ids. ``after`` is the newest if left out, and ``before`` the edition that it names as its previous one.
    project : Project, optional
        The one around the working folder if left out.

    Raises
    ------
    PublishError
        If there is no such edition, no previous one, or one was neither published nor built.
    """
    project = project or Project.find()
    later = project.edition(after)
    if before is None and later.previous is None:
        raise PublishError(f"edition {later.id} names no previous one: name two editions")
    earlier = project.edition(before or later.previous)
    return diff_records(project, earlier, later, _known(project, earlier), _known(project, later))


def diff_records(project: Project, before: Edition, after: Edition, was: Record, now: Record) -> Diff:
    """Compare what two editions printed, and the figures of the tables as each knows them."""
    figures = figures_changed(project, before, after)
    one, other = changes.facts_frame(was.facts), changes.facts_frame(now.facts)
    return Diff(
        before,
        after,
        changes.compare(one, other, figures),
        changes.estimates_moved(one, other),
        figures,
        changes.verdicts_changed(was.claims, now.claims),
    )


def figures_changed(project: Project, before: Edition, after: Edition) -> pd.DataFrame:
    """Return the figures of the tables that another edition knows otherwise; see :func:`changes.figures_changed`."""
    return derived(["figures", before.id, after.id], lambda: _figures(project, before, after))


def _figures(project: Project, before: Edition, after: Edition) -> pd.DataFrame:
    if not all((project.data / f"{name}.csv").is_file() for name in TABLES):
        return changes.NO_FIGURES
    old, new = (Catalog.open(edition.id, project.data) for edition in (before, after))
    found = [changes.figures_changed(old.table(name), new.table(name), new.history(name)) for name in TABLES]
    filled = [frame for frame in found if len(frame)]
    return pd.concat(filled, ignore_index=True) if filled else changes.NO_FIGURES


def _known(project: Project, edition: Edition) -> Record:
    if record := read_record(project, edition.id):
        return record
    folder = project.build / edition.id
    if not (folder / "facts.json").is_file():
        raise PublishError(f"edition {edition.id} is neither published nor built: run tokenecon build {edition.id}")
    texts = [file.read_text(encoding="utf-8") for file in sorted((folder / "tables").glob("*.csv"))]
    return Record(json.loads((folder / "facts.json").read_text(encoding="utf-8")), claims_of(texts))
