"""The record of a published edition, ``data/editions/<id>.facts.json``: what it printed, and how it judged claims.

One line a fact and one a claim, so that a change of one number is a change of one line.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tokenecon.analysis.changes import differences, same
from tokenecon.catalog.editions import Edition, list_editions
from tokenecon.catalog.errors import DataError
from tokenecon.catalog.records import record_path, recorded
from tokenecon.publish.chapter import Content
from tokenecon.publish.errors import PublishError
from tokenecon.publish.project import Project

_FACT = ("value", "unit", "text", "low", "high", "n", "errors")
_CLAIM = ("verdict", "computed", "ci_low", "ci_high", "n", "on")


@dataclass(frozen=True)
class Record:
    """What an edition printed: facts by key, each ``value``, ``unit`` and ``text``, and its verdicts by claim."""

    facts: Mapping[str, Mapping[str, Any]]
    claims: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def differences(self, other: Record) -> dict[str, str]:
        """Say how ``other`` differs: facts, and each claim's verdict, number, interval and n."""
        found = differences(self.facts, other.facts)
        for claim in [*self.claims, *(claim for claim in other.claims if claim not in self.claims)]:
            before, after = self.claims.get(claim, {}), other.claims.get(claim, {})
            for name in _CLAIM:
                was, now = before.get(name, ""), after.get(name, "")
                if not same(_number(was), _number(now)):
                    found[f"claim {claim} {name}"] = f"{was or 'none'} becomes {now or 'none'}"
        return found


def _number(cell: str) -> float | str:
    try:
        return float(cell)
    except ValueError:
        return cell


def record_file(project: Project, edition: str) -> Path:
    """Return where the record of an edition stands."""
    return record_path(project.data, edition)


def read_record(project: Project, edition: str) -> Record | None:
    """Read the record of an edition; ``None`` if it has not been published.

    Raises
    ------
    PublishError
        If the file is damaged.
    """
    try:
        content = recorded(project.data, edition)
    except DataError as error:
        raise PublishError(str(error)) from None
    return Record(**content) if content else None


def edition_states(project: Project | None = None) -> list[tuple[Edition, str, int]]:
    """Return every edition, the oldest first: whether it is a ``draft``, ``open`` or ``published``, and its facts.

    Raises
    ------
    PublishError
        If an edition or its record cannot be read.
    """
    project, found = project or Project.find(), []
    try:
        editions = list_editions(project.data)
    except DataError as error:
        raise PublishError(str(error)) from None
    for edition in editions:
        record = read_record(project, edition.id)
        state = "draft" if edition.draft else "published" if record else "open"
        found.append((edition, state, len(record.facts) if record else 0))
    return found


def write_record(project: Project, edition: Edition, record: Record) -> Path:
    """Write the record of an edition, and return its file."""
    file = record_file(project, edition.id)
    head = {"edition": edition.id, "as_of": edition.as_of.isoformat()}
    lines = [f"{json.dumps(name)}: {json.dumps(value)}" for name, value in head.items()]
    lines += [f'"{name}": {_lines(getattr(record, name))}' for name in ("facts", "claims")]
    file.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    return file


def _lines(rows: Mapping[str, Mapping[str, Any]]) -> str:
    text = ",\n".join(
        f"{json.dumps(key, ensure_ascii=False)}: {json.dumps(rows[key], ensure_ascii=False)}" for key in sorted(rows)
    )
    return f"{{\n{text}\n}}" if text else "{}"


def record_of(facts: Mapping[str, Mapping[str, Any]], contents: Iterable[Content]) -> Record:
    """Return the record of executed notebooks: their facts, and the verdicts of the table that judges claims."""
    kept = {key: {name: fact[name] for name in _FACT if name in fact} for key, fact in facts.items()}
    return Record(kept, claims_of(table.data_csv for content in contents for table in content.tables))


def claims_of(tables: Iterable[str]) -> dict[str, dict[str, str]]:
    """Find the ledger among tables as CSV text: those that give a claim's ``verdict`` and ``n``; by claim."""
    found: dict[str, dict[str, str]] = {}
    for text in tables:
        rows = csv.DictReader(io.StringIO(text))
        if {"claim_id", "verdict", "n"} <= set(rows.fieldnames or ()):
            for row in rows:
                found.setdefault(row["claim_id"], {name: row[name] for name in _CLAIM if name in row})
    return found
