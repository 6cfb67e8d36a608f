"""Pages generated from the data: the bibliography, the list of sources, the data dictionary."""

from __future__ import annotations

import csv
import datetime as dt
import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tokenecon.display.style import TIER_LABELS
from tokenecon.markup import cell, code, escaped
from tokenecon.publish.markdown import pipe_table
from tokenecon.shown import dated

_LATEX = str.maketrans({
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "%": r"\%", "&": r"\&", "#": r"\#",
    "$": r"\$", "_": r"\_", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
})  # fmt: skip


def read_sources(data: Path) -> list[dict[str, str]]:
    """Return the rows of ``sources.csv``, or none where there is no such file."""
    file = data / "sources.csv"
    if not file.is_file():
        return []
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def bibliography(sources: Iterable[dict[str, str]]) -> str:
    """Return a BibLaTeX bibliography, keyed by ``source_id``."""
    return "\n".join(_entry(row) for row in sources)


def _entry(row: dict[str, str]) -> str:
    fields = {
        "title": f"{{{row['title'].translate(_LATEX)}}}",
        "author": f"{{{row['publisher'].translate(_LATEX)}}}",
        "date": row["published_on"],
        "url": re.sub(r"[{}\\\s]", "", row["url"]),
    }
    lines = "".join(f"  {name} = {{{value}}},\n" for name, value in fields.items() if value.strip("{}"))
    return f"@online{{{row['source_id']},\n{lines}}}\n"


def data_page(data: Path, as_of: dt.date) -> str:
    """Return Markdown with the data dictionary, from ``datapackage.json``, and the sources published by ``as_of``."""
    parts = []
    package = data / "datapackage.json"
    if package.is_file():
        resources = json.loads(package.read_text(encoding="utf-8")).get("resources", [])
        parts += ["## Tables and fields {#sec-data-dictionary}", *map(_resource, resources)]
    if sources := [row for row in read_sources(data) if row["published_on"] <= as_of.isoformat()]:
        parts += ["## Sources {#sec-data-sources}", _source_table(sources)]
    return "\n\n".join(parts) + "\n"


def _resource(resource: dict[str, Any]) -> str:
    name, schema = resource["name"], resource.get("schema", {})
    refers = {key["fields"]: key["reference"]["resource"] for key in schema.get("foreignKeys", [])
              if isinstance(key["fields"], str)}  # fmt: skip
    rows = [
        (code(item["name"]), cell(item.get("description", "")), escaped(_allowed(item, refers)))
        for item in schema.get("fields", [])
    ]
    title = escaped(resource.get("title", name))
    return "\n\n".join([
        f"### {title} {{#sec-table-{name.replace('_', '-')}}}",
        resource.get("description", ""),
        pipe_table(
            {"Field": 22, "Meaning": 48, "What is allowed": 30},
            rows,
            f"{title}: fields of `{resource.get('path', name)}`.",
            f"tbl-fields-{name.replace('_', '-')}",
        ),
    ])  # fmt: skip


def _allowed(item: dict[str, Any], refers: dict[str, str]) -> str:
    limits = item.get("constraints", {})
    said = [item.get("type", "any")]
    if table := refers.get(item["name"]):
        said.append(f"from {table}")
    if choices := limits.get("enum"):
        said.append("one of " + ", ".join(map(str, choices)))
    if limits.get("required"):
        said.append("required")
    return "; ".join(said)


def _source_table(sources: Iterable[dict[str, str]]) -> str:
    rows = [
        (
            code(row["source_id"]),
            f"{_link(row)} {escaped(row['publisher'])}. {escaped(dated(row['reliability_note']))}".strip(),
            dated(row["published_on"]),
            escaped(TIER_LABELS.get(row["tier"], row["tier"])),
        )
        for row in sources
    ]
    columns = {"Key": 20, "Source": 54, "Published": 14, "Tier": 12}
    return pipe_table(columns, rows, "Sources, and how far each can be relied on.", "tbl-sources")


def _link(row: dict[str, str]) -> str:
    title = escaped(dated(row["title"].rstrip(".")))
    url = re.sub(r"[<>\\\s]", lambda found: quote(found[0]), row["url"])
    return f"[{title}](<{url}>)." if url.startswith(("http://", "https://")) else f"{title}."
