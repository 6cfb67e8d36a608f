"""What the command line shows of results that are larger than a line: tables for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pandas as pd
from rich.console import Console
from rich.table import Table

from tokenecon.publish import Diff, Todo

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
        f"Estimates beyond their earlier interval, of {len(found.estimates)} that both print",
        ["estimate", before, after, "intervals"],
        (
            [key, _estimate(row, "before"), _estimate(row, "after"), "apart" if row["apart"] else "meet"]
            for key, row in beyond.iterrows()
        ),
    )
    _table(
        out,
        "Figures of the tables that stand differently",
        ["figure", before, after, "because"],
        (
            [figure, *(f"{value:,.6g} {unit}" if value == value else "set aside" for value in values), because]
            for figure, unit, *values, because in found.restated()
        ),
    )
    listed = found.facts[found.facts["kind"].isin(kinds)]
    for (notebook, cell), rows in listed.groupby(["notebook", "cell"], sort=False):
        _table(
            out,
            f"{notebook}, {cell}",
            ["name", before, after, "kind"],
            ([row["name"], _text(row["before_text"]), _text(row["after_text"]), row["kind"]]
             for _, row in rows.iterrows()),
        )  # fmt: skip
    if listed.empty:
        out.print(f"Facts {' or '.join(kinds)}: none", markup=False)


def show_todo(out: Console, todo: Todo) -> None:
    """Print what an edition lacks, in numbers by table and company, and where its checklist and templates are."""
    edition = todo.edition
    out.print(
        f"edition {edition.id}, {edition.title}: {edition.focal.label}, as of {edition.as_of}, after "
        f"{edition.previous}; beside it {', '.join(period.label for period in edition.comparatives)}",
        markup=False,
    )
    counts = todo.rows.groupby(["table", "entity_id"], sort=False).size()
    _table(out, "Rows that are missing", ["table", "of", "rows"], [[*name, rows] for name, rows in counts.items()])
    for name, day in todo.stale.items():
        out.print(f"data/{name}.csv: nothing since {day:%Y-%m-%d}, before edition {edition.previous}", markup=False)
    if len(todo.rows):
        out.print(f"checklist and templates: {todo.folder}", markup=False)
        out.print(
            "fill in value, source_id and published_on; then: tokenecon edition fill, tokenecon check", markup=False
        )
    out.print(f"build it: tokenecon build {edition.id}; gaps are marked until the rows are there", markup=False)


def _table(out: Console, title: str, header: Sequence[str], rows: Iterable[Iterable[str]]) -> None:
    rows = [list(map(str, row)) for row in rows]
    if not rows:
        out.print(f"{title}: none", markup=False)
        return
    table = Table(title=title, title_justify="left")
    for name in header:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*row)
    out.print(table, markup=False)


def _estimate(row: pd.Series, side: str) -> str:
    return _ESTIMATE.format(**{name: row[f"{name}_{side}"] for name in ("value", "low", "high")})


def _count(number: int) -> str:
    return f"{number:,}" if number else ""


def _text(text: object) -> str:
    return text if isinstance(text, str) else ""
