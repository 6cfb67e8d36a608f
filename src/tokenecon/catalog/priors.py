"""Priors frozen: the ranges that an edition's simulation was given, as one short hash in its file."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path

import pandas as pd

from tokenecon.catalog.editions import Edition

HASHED = ("holds_from", "entity_id", "parameter", "low", "high", "shape", "correlated_with", "correlation", "added_on")


def fingerprint(edition: Edition, scenarios: Iterable[Mapping[str, str]]) -> str:
    """Return the hash of the priors that an edition may use, with the days on which they were entered.

    Parameters
    ----------
    edition
        Its day of knowledge and the day of its record choose the rows.
    scenarios
        Rows of ``data/scenarios.csv`` as text. Reasons and sources may be worded anew; ranges, shapes, correlations
        and days may not.
    """
    rows = pd.DataFrame(list(scenarios))[list(HASHED)]
    kept = rows[(rows["holds_from"] <= edition.as_of.isoformat()) & edition.holds(rows["added_on"])]
    text = "\n".join(sorted(",".join(row) for row in kept.itertuples(index=False)))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def frozen(root: Path, edition: Edition) -> str | None:
    """Return the hash to freeze an edition with; none where the data folder holds no priors."""
    file = root / "scenarios.csv"
    if not file.is_file():
        return None
    with file.open(encoding="utf-8", newline="") as rows:
        return fingerprint(edition, csv.DictReader(rows))
