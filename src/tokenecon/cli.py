"""The command line: ``tokenecon check | build | verify | claims | renderer``."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from tokenecon.publish import Release

app = typer.Typer(
    help="A research report that runs: how China's large-model companies sell tokens by API.\n\n"
    "Start with `tokenecon check` (are the data sound?), then `tokenecon build` (execute what changed and render "
    "HTML and PDF). To add a figure, add a row to a table in data/ and run both again.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_show_locals=False,
)
out = Console(soft_wrap=True, highlight=False)
err = Console(stderr=True, soft_wrap=True, highlight=False)

Edition = Annotated[
    str | None,
    typer.Option("--edition", "-e", help="An id in data/editions, such as 2025FY. The newest if left out."),
]

Newest = Annotated[str | None, typer.Argument(metavar="[ID]", help="The newest edition if left out.")]


class Renderer(StrEnum):
    """How the report is rendered."""

    auto = "auto"
    quarto = "quarto"
    embedded = "embedded"


@app.command()
def check(
    data: Annotated[Path | None, typer.Option(help="Another data folder, for example a copy being edited.")] = None,
) -> None:
    """Check the data: schema, keys, sources, sums, stated shares, growth and margins, rulings.

    Prints one line a finding, `data/<file>.csv:<row>: <column>: <what is wrong>`, and ends with status 1 if there is
    any. Rows are counted as an editor shows them, the header being row 1.
    """
    from tokenecon.analysis.ledger import unregistered
    from tokenecon.catalog.checks import run_checks

    findings = run_checks(data, also=(unregistered,))
    for finding in findings:
        out.print(str(finding), markup=False)
    if findings:
        err.print(f"{len(findings)} finding{'s' * (len(findings) != 1)}; mend the rows named and run this again")
        raise typer.Exit(1)
    out.print("data: no findings")


@app.command()
def build(
    edition: Edition = None,
    renderer: Annotated[
        Renderer, typer.Option("--renderer", "-r", help="auto takes Quarto where it is on PATH, else the embedded one.")
    ] = Renderer.auto,
    formats: Annotated[list[str] | None, typer.Option("--format", "-f", help="html or pdf; both if left out.")] = None,
    why: Annotated[bool, typer.Option("--why", help="Say which notebooks would run and why; build nothing.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Run every notebook, changed or not.")] = False,
) -> None:
    """Execute the notebooks whose inputs changed, and render the report into `build/<edition>/`.

    A failing cell stops the build, says where, and leaves the last good report in place.
    """
    from tokenecon import publish

    if why:
        with _errors():
            _show_reasons(publish.why(edition))
        return
    with _errors():
        result = publish.build(
            edition,
            renderer=renderer.value,
            formats=tuple(formats or ("html", "pdf")),
            on_progress=lambda line: out.print(line, markup=False),
            force=force,
        )
    for gap in result.gaps:
        err.print(f"gap: {gap}", markup=False)
    for path in result.outputs:
        out.print(f"wrote {path}", markup=False)


@app.command()
def verify(edition: Edition = None) -> None:
    """Check the built report: references, alt text, tables, links, no request to another host; the PDF's text."""
    from tokenecon import publish

    with _errors():
        problems = publish.verify(edition)
    for problem in problems:
        out.print(problem, markup=False)
    if problems:
        raise typer.Exit(1)
    out.print("report: no problems")


@app.command()
def claims(
    edition: Edition = None,
    verdict: Annotated[list[str] | None, typer.Option(help="Only claims with this verdict; may be repeated.")] = None,
    section: Annotated[list[str] | None, typer.Option(help="Only this part of the article: intro, 01, 02, 03.")] = None,
    kind: Annotated[list[str] | None, typer.Option(help="Only this kind: figure, ratio, growth, forecast, …")] = None,
) -> None:
    """Show the article's claims with what became of them: the printed figure, the computed one, the verdict and why.

    Verdicts are computed when this is called. A build writes the same to `build/<edition>/claims.csv`, with intervals,
    counts and sources.
    """
    from tokenecon.analysis import ledger
    from tokenecon.catalog import Catalog
    from tokenecon.display.ledger import grid

    with _errors():
        cat = Catalog.open(edition)
        rows = ledger.evaluate(cat, Catalog.open(cat.edition.previous) if cat.edition.previous else None)
    for column, wanted in (("verdict", verdict), ("section", section), ("kind", kind)):
        if unknown := set(wanted or ()) - set(ledger.values(cat, column)):
            choices = ", ".join(ledger.values(cat, column))
            err.print(f"no {column} {', '.join(sorted(unknown))}; there are: {choices}", markup=False)
            raise typer.Exit(1)
        rows = rows[rows[column].isin(wanted)] if wanted else rows
    title = f"Claims, edition {cat.edition.id}, as of {cat.edition.as_of}"
    out.print(grid(rows, title, out.width), soft_wrap=False)
    tally = rows["verdict"].value_counts()
    out.print(f"{len(rows)} claims" + "".join(f", {count} {name}" for name, count in tally.items()), markup=False)


@app.command()
def renderer() -> None:
    """Say which renderer a build will use, and how to get the other."""
    from tokenecon import publish

    out.print(publish.renderer_line(), markup=False)


editions = typer.Typer(
    help="Start, compare and publish editions.\n\n"
    "An edition is a day on which the report looks at the world: `data/editions/<id>.toml`. Start the next one with "
    "`tokenecon edition new`, fill in the rows its checklist names, build, and publish.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)
app.add_typer(editions, name="edition")


@editions.command("list")
def list_them() -> None:
    """List the editions: their day, their periods, and whether they are drafts, open or published."""
    from tokenecon import publish

    with _errors():
        rows = publish.edition_states()
    table = Table("edition", "title", "as of", "focal period", "state", "facts")
    for edition, state, facts in rows:
        table.add_row(edition.id, edition.title, str(edition.as_of), edition.focal.label, state, f"{facts:,}")
    out.print(table)


@editions.command("new")
def new_one(
    name: Annotated[str, typer.Argument(metavar="ID", help="Names its focal period: 2026FY, 2026H1, 2026Q1.")],
    as_of: Annotated[dt.datetime, typer.Option(formats=["%Y-%m-%d"], help="The day whose knowledge it will hold.")],
    focal: Annotated[str | None, typer.Option(help="The focal period, where the id names none: 'H1 2026'.")] = None,
    beside: Annotated[
        list[str] | None, typer.Option("--beside", help="A period shown beside it; may be repeated.")
    ] = None,
) -> None:
    """Start an edition: write `data/editions/<id>.toml`, and list the rows that its sections need and do not find.

    The edition follows the newest one and is a draft, so that it can be built at once: what cannot be computed yet is a
    marked gap. `data/editions/<id>.todo/` holds the checklist, and for each table a template with its header and a row
    for each missing figure. Fill in value, source and day, then run `tokenecon edition fill`.
    """
    from tokenecon import publish
    from tokenecon.terminal import show_todo

    with _errors():
        show_todo(out, publish.new_edition(name, as_of.date(), focal, beside))


@editions.command("todo")
def list_missing(
    name: Newest = None,
) -> None:
    """List the rows that an edition's sections need and do not find, and write its checklist and templates anew.

    What is needed follows from what the previous edition had for its own periods, moved on by a year.
    """
    from tokenecon import publish
    from tokenecon.terminal import show_todo

    with _errors():
        show_todo(out, publish.list_todo(name))


@editions.command("fill")
def fill_in(name: Newest = None) -> None:
    """Move the completed rows of an edition's templates into the tables of `data/`.

    A row is complete with a figure, its source and its day. Run `tokenecon check` afterwards: a source that is new
    needs its row in `data/sources.csv`.
    """
    from tokenecon import publish

    with _errors():
        done = publish.fill(name)
    for table, rows in done.added.items():
        out.print(f"data/{table}.csv: {rows} row{'s' * (rows != 1)} added", markup=False)
    for place in done.begun:
        out.print(f"{place}: not complete; it needs a figure, source_id and published_on", markup=False)
    out.print(f"{done.left} still missing", markup=False)


@editions.command("publish")
def publish_them(
    ids: Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="The newest edition if left out.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Record again an edition that differs.")] = False,
    everything: Annotated[bool, typer.Option("--all", help="Every edition that is no draft.")] = False,
) -> None:
    """Record what an edition prints in `data/editions/<id>.facts.json`, to be committed.

    The tests hold every later execution to it. An edition that was published before and prints something else now is
    left alone: the differences are shown, and the status is 1, unless `--force` is given.
    """
    from tokenecon import publish

    refused = 0
    with _errors():
        wanted = [one.id for one, state, _ in publish.edition_states() if state != "draft"] if everything else ids
        for name in wanted or [None]:
            done = publish.release(name, lambda line: out.print(line, markup=False), force)
            for key, difference in done.differences.items():
                out.print(f"{key}: {difference}", markup=False)
            refused += bool(done.differences) and not done.written
            out.print(_released(done), markup=False)
    if refused:
        raise typer.Exit(1)


@editions.command("diff")
def diff_them(
    before: Annotated[str | None, typer.Argument(help="The earlier edition; the previous one if left out.")] = None,
    after: Annotated[str | None, typer.Argument(help="The later edition; the newest if left out.")] = None,
    kinds: Annotated[
        list[str] | None, typer.Option("--kind", "-k", help="List facts of this kind of change; may be repeated.")
    ] = None,
    csv: Annotated[Path | None, typer.Option("--csv", help="Write every fact of both editions to this file.")] = None,
) -> None:
    """Show what changed between two editions: verdicts, estimates, figures of the accounts, printed facts.

    A fact is *restated* if it prints a figure that the tables hold differently now, *revised* if it speaks of the same
    period, *moved on* if its sentence speaks of another period, and *changed* if the sentence names none.
    """
    from tokenecon import publish
    from tokenecon.terminal import show_diff

    with _errors():
        found = publish.diff(before, after)
    show_diff(out, found, kinds or ["restated", "revised"])
    if csv:
        found.facts.to_csv(csv)
        out.print(f"wrote {csv}", markup=False)


def _released(done: Release) -> str:
    count = f"{len(done.differences)} difference{'s' * (len(done.differences) != 1)}"
    if done.written:
        return f"edition {done.edition}: recorded in {done.file.name}" + (f", {count}" if done.differences else "")
    if done.differences:
        return f"edition {done.edition}: {count} to what was published; nothing written without --force"
    return f"edition {done.edition}: prints what was published"


def _show_reasons(reasons: list[tuple[str, str]]) -> None:
    table = Table("notebook", "runs because")
    for notebook, reason in reasons:
        table.add_row(notebook, reason or "unchanged")
    out.print(table)


@contextmanager
def _errors() -> Iterator[None]:
    """Turn the errors a user can mend into one message and status 1; leave the others their traceback."""
    from tokenecon.catalog import DataError
    from tokenecon.publish import PublishError

    try:
        yield
    except (DataError, PublishError) as error:
        err.print(str(error), markup=False)
        raise typer.Exit(1) from None


if __name__ == "__main__":
    app()
