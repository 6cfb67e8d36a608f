"""What the command line shows of results that are larger than a line: tables for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pandas as pd
from rich.console import Console
from rich.table import Table

from tokenecon.publish import Diff

_ESTIMATE = "{value:.4g} ({low:.4g} to {high:.4g})"


def show_diff(out: Console, found: Diff, kinds: Sequence[str]) -> None:
    """Print what changed between two editions, facts of the given ``kinds`` one by one and all of them in numbers."""
    before, after = found.before.id, found.after.id
    counts = found.counts
    rows = [[name, *map(_count, row)] for name, *row in counts.itertuples()]
    if len(rows) > 1:
        rows.append(["all", *map(_count, counts.sum())])
    _table(out, f"Facts printed, {before} to {after}", ["notebook", *counts.columns], rows)
    _table(out, "Verdicts that changed", ["claim", before, after], found.verdicts.itertuples(index=False))
    beyond = found.estimates[found.estimates["beyond"]]
    _table(
        out,
        f"Estimates beyond their earlier interval: {len(beyond)} of {len(found.estimates)}",
        ["estimate", before, after, "intervals"],
        ([key, _estimate(row, "before"), _estimate(row, "after"), "apart" if row["apart"] else "meet"]
         for key, row in beyond.iterrows()),
    )  # fmt: skip
    _table(
        out,
        "Figures of the tables that stand differently",
        ["figure", before, after, "because"],
        ([f"{row.entity_id} {row.metric} {row.segment} {row.period}", f"{row.before:,.6g} {row.base_unit}",
          "set aside" if pd.isna(row.after) else f"{row.after:,.6g} {row.base_unit}",
          f"ruling {row.ruling}" if row.ruling else f"now from {row.source_after}"]
         for row in found.figures.itertuples()),
    )  # fmt: skip
    listed = found.facts[found.facts["kind"].isin(kinds)]
    _table(
        out,
        f"Facts {' and '.join(kinds)}",
        ["fact", before, after, "kind", "reason"],
        ([key, _text(row["before_text"]), _text(row["after_text"]), row["kind"], row["reason"]]
         for key, row in listed.iterrows()),
    )  # fmt: skip


def _table(out: Console, title: str, header: Sequence[str], rows: Iterable[Iterable[str]]) -> None:
    rows = [list(map(str, row)) for row in rows]
    if not rows:
        out.print(f"{title}: none", markup=False)
        return
    table = Table(*header, title=title, title_justify="left")
    for row in rows:
        table.add_row(*row)
    out.print(table, markup=False)


def _estimate(row: pd.Series, side: str) -> str:
    return _ESTIMATE.format(**{name: row[f"{name}_{side}"] for name in ("value", "low", "high")})


def _count(number: int) -> str:
    return f"{number:,}" if number else ""


def _text(text: object) -> str:
    return text if isinstance(text, str) else ""
