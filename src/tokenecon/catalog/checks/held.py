"""Rows added later: after they were published, and not before the rows that they refer to."""

from __future__ import annotations

from collections.abc import Iterator

from tokenecon.catalog.checks.context import Data, Place
from tokenecon.catalog.checks.links import editions
from tokenecon.catalog.checks.package import foreign_keys
from tokenecon.catalog.errors import Finding
from tokenecon.catalog.paths import display_name
from tokenecon.catalog.priors import fingerprint


def additions(data: Data, name: str) -> Iterator[Place]:
    """A row is added once it is published, and an edition that holds it holds what it refers to.

    A row without a day is held from the first, which for a row published later is the day of its publication.
    """
    table = data.schema.tables[name]
    if "added_on" not in table.fields:
        return
    for line, row in data.rows(name):
        added, published = row["added_on"], row.get("published_on", "")
        if added and added < published:
            yield line, "added_on", f"{added} is before published_on, {published}: nobody held it then"
    for own, other, theirs in foreign_keys(table):
        if other not in data.raw or "added_on" not in data.schema.tables[other].fields:
            continue
        days = {tuple(row[key] for key in theirs): row["added_on"] for _, row in data.rows(other) if row["added_on"]}
        for line, row in data.rows(name) if days else ():
            known = days.get(tuple(row[key] for key in own), "")
            if (row["added_on"] or row.get("published_on", "")) < known:
                what = " ".join(row[key] for key in own)
                day = row["added_on"] or "an empty day, held from the first,"
                message = f"{day} is before {what} was added to {other}, {known}; write the day this row was added"
                yield line, "added_on", message


def prior_findings(data: Data) -> Iterator[Finding]:
    """The priors of a published edition are those that were frozen with it."""
    for path, edition in editions(data):
        now = fingerprint(edition, (row for _, row in data.rows("scenarios")))
        if edition.priors and edition.priors != now:
            message = (
                f"'{edition.priors}' is not the hash of the priors in scenarios.csv, '{now}': a frozen prior changed; "
                "enter a new row, with the day as added_on, and leave the old one as it was"
            )
            yield Finding(display_name(path, data.root), 1, "priors", message)
