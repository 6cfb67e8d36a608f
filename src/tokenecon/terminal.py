"""What the command line shows of results that are larger than a line: tables for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table

from tokenecon.publish import Diff, Todo


def show_diff(out: Console, found: Diff, kinds: Sequence[str]) -> None:
    """Print what changed between two editions, facts of the given ``kinds`` one by one and all of them in numbers."""
    before, after = found.before.id, found.after.id
    counts = found.counts
    rows = [[name, *map(_count, row)] for name, *row in counts.itertuples()]
    if len(rows) > 1:
        rows.append(["all", *map(_count, counts.sum())])
    _table(out, f"Facts printed, {before} to {after}", ["notebook", *counts.columns], rows)
    _table(out, "Verdicts that changed", ["claim", before, after], found.verdicts.itertuples(index=False))
    _table(
        out,
        f"Estimates beyond their earlier interval, of {len(found.estimates)} that both print",
        ["estimate", before, after, "intervals"],
        found.moved(),
    )
    _table(
        out,
        "Figures of the tables that stand differently",
        ["figure", before, after, "because"],
        found.restated(),
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
        out.print(f"Facts {' or '.join(kinds)}: none")


def show_todo(out: Console, todo: Todo) -> None:
    """Print what an edition lacks, in numbers by table and company, and where its checklist and templates are."""
    edition = todo.edition
    out.print(
        f"edition {edition.id}, {edition.title}: {edition.focal.label}, as of {edition.as_of}, after "
        f"{edition.previous}; beside it {', '.join(period.label for period in edition.comparatives)}"
    )
    if todo.before.draft:
        out.print(
            f"edition {edition.previous} is a draft still: publish it first, else nothing can be compared with what it "
            "printed"
        )
    counts = todo.rows.groupby(["table", "entity_id"], sort=False).size()
    _table(out, "Rows that are missing", ["table", "of", "rows"], [[*name, rows] for name, rows in counts.items()])
    for name, day in todo.stale.items():
        out.print(f"data/{name}.csv: nothing since {day:%Y-%m-%d}, before edition {edition.previous}")
    if len(todo.rows):
        out.print(f"checklist and templates: {todo.folder}")
        out.print("fill in value, source_id and published_on; then: tokenecon edition fill, tokenecon check")
    out.print(f"build it: tokenecon build {edition.id}; gaps are marked until the rows are there")


def _table(out: Console, title: str, header: Sequence[str], rows: Iterable[Iterable[str]]) -> None:
    rows = [list(map(str, row)) for row in rows]
    if not rows:
        out.print(f"{title}: none")
        return
    table = Table(title=title, title_justify="left")
    for name in header:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*row)
    out.print(table)


def _count(number: int) -> str:
    return f"{number:,}" if number else ""


def _text(text: object) -> str:
    return text if isinstance(text, str) else ""
