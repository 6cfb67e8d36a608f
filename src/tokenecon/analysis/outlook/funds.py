"""Funds: what was raised after the last balance sheet, each transaction once and in one currency."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

_BASIS = re.compile(r"-(?:net|gross|gross-base|gross-with-over-allotment)$")
RANKS = ("net", "gross-with-over-allotment", "gross", "gross-base")
"""Of several amounts of one transaction, which is used: what came in before what was asked."""


def transactions(raised: pd.DataFrame) -> pd.DataFrame:
    """Return each transaction once, whatever its currency, a sum only where its parts are not known.

    Parameters
    ----------
    raised : pandas.DataFrame
        ``entity_id``, ``item``, ``period_end``, ``value``, ``base_unit``. An item names its instruments, joined by
        ``and``, the month where there were several, and the basis: ``placing-and-bond-2026-07-net``.

    Returns
    -------
    pandas.DataFrame
        ``raised`` without doubles, with ``name`` (the item without its basis).
    """
    rows = raised.assign(name=raised["item"].str.replace(_BASIS, "", regex=True))
    basis = [item[len(name) + 1 :] for item, name in zip(rows["item"], rows["name"], strict=True)]
    rows = rows.assign(rank=[RANKS.index(one) if one in RANKS else len(RANKS) for one in basis])
    rows = rows.sort_values("rank", kind="stable").drop_duplicates(["entity_id", "name"])
    held = set(zip(rows["entity_id"], rows["name"], strict=True))
    doubled = [_parts(row.name, row.entity_id) <= held and "-and-" in row.name for row in _named(rows)]
    return rows[~np.array(doubled, dtype=bool)].sort_values(["entity_id", "period_end"], ignore_index=True)


def _named(rows: pd.DataFrame):
    return rows[["entity_id", "name"]].itertuples(index=False)


def _parts(name: str, entity: str) -> set[tuple[str, str]]:
    """Return what the items of a sum's parts would be called: bond-2026-07 and placing-2026-07."""
    found = re.fullmatch(r"(.+?)((?:-\d{4}-\d{2})?)", name)
    instruments, month = found.groups()
    return {(entity, f"{one}{month}") for one in instruments.split("-and-")}
