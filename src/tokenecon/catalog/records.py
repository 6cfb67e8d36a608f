"""Records of published editions, ``data/editions/<id>.facts.json``: what each printed, and how it judged claims."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tokenecon.catalog.errors import DataError, Finding
from tokenecon.catalog.paths import display_name

PARTS = ("facts", "claims")


def record_path(root: Path, edition: str) -> Path:
    """Return where the record of an edition stands."""
    return root / "editions" / f"{edition}.facts.json"


def recorded(root: Path, edition: str) -> dict[str, Mapping[str, Mapping[str, Any]]] | None:
    """Read the record of an edition, its ``facts`` and ``claims`` by key; ``None`` if it has not been published.

    Raises
    ------
    DataError
        If the file is damaged.
    """
    file = record_path(root, edition)
    if not file.is_file():
        return None
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        return {part: dict(content[part]) for part in PARTS}
    except (ValueError, KeyError, TypeError) as error:
        said = f"is damaged ({error!r}); take it from version control"
        raise DataError([Finding(display_name(file, root), 1, "file", said)]) from None
