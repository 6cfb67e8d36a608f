"""The command line: ``tokenecon check | build | verify | claims | edition | refresh | add | study | renderer``."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from tokenecon.catalog.paths import data_root, own_data_root

if TYPE_CHECKING:
    from tokenecon.catalog.errors import Finding
    from tokenecon.publish import Release

app = typer.Typer(
    help="A research report that runs: how China's large-model companies sell tokens by API.\n\n"
    "Start with `tokenecon check` (are the data sound?), then `tokenecon build` (execute what changed and render "
    "HTML and PDF). To add a figure, add a row to a table in data/ and run both again.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_show_locals=False,
)
out = Console(soft_wrap=True, highlight=False, markup=False)
err = Console(stderr=True, soft_wrap=True, highlight=False, markup=False)

Edition = Annotated[
    str | None,
    typer.Option("--edition", "-e", help="An id in data/editions, such as 2025FY. The newest if left out."),
]

Cluster = Annotated[
    str | None,
    typer.Option(
        envvar="TOKENECON_CLUSTER",
        help="Work on a Dask cluster: tcp://host:8786, or local:2 to try it with two workers here.",
    ),
]

Newest = Annotated[str | None, typer.Argument(metavar="[ID]", help="The newest edition if left out.")]


class Renderer(StrEnum):
    """How the report is rendered."""

    auto = "auto"
    quarto = "quarto"
    embedded = "embedded"


AllowJumps = Annotated[
    bool, typer.Option("--allow-jumps", help="Take figures that are unlikely beside those of a year before.")
]


def _say(*lines: object) -> None:
    for line in lines:
        out.print(str(line))


def find_faults(data: Path | None = None) -> list[Finding]:
    """Return everything that is wrong with the data; a build asks for it beside the notebooks."""
    from tokenecon.analysis.ledger import unregistered, unruled
    from tokenecon.catalog.checks import run_checks

    return run_checks(data, also=(unregistered, unruled))


@app.command()
def check(
    data: Annotated[Path | None, typer.Option(help="Another data folder, for example a copy being edited.")] = None,
) -> None:
    """Check the data: schema, keys, sources, sums, stated shares, growth and margins, rulings.

    Prints one line a finding, `data/<file>.csv:<row>: <column>: <what is wrong>`, and ends with status 1 if there is
    any. Rows are counted as an editor shows them, the header being row 1.
    """
    with _errors():
        findings = find_faults(data)
    _say(*findings)
    if findings:
        err.print(f"{len(findings)} finding{'s' * (len(findings) != 1)}; mend the rows named and run this again")
        raise typer.Exit(1)
    _say("data: no findings")


@app.command()
def build(
    name: Newest = None,
    edition: Edition = None,
    everything: Annotated[bool, typer.Option("--all", help="Build every edition, all at once.")] = False,
    renderer: Annotated[
        Renderer, typer.Option("--renderer", "-r", help="auto takes Quarto where it is on PATH, else the embedded one.")
    ] = Renderer.auto,
    formats: Annotated[list[str] | None, typer.Option("--format", "-f", help="html or pdf; both if left out.")] = None,
    why: Annotated[bool, typer.Option("--why", help="Say which notebooks would run and why; build nothing.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Run every notebook, changed or not.")] = False,
    watch: Annotated[
        bool,
        typer.Option("--watch", help="Show the pages in a browser, and build them again whenever a file is saved."),
    ] = False,
    cluster: Cluster = None,
) -> None:
    """Execute the notebooks whose inputs changed, and render the report into `build/<edition>/`.

    Where nothing changed, nothing is done. A failing cell stops the build, says where, and leaves the last good report
    in place; so do data that `tokenecon check` finds fault with.
    """
    from tokenecon import publish

    edition = name or edition
    with _errors():
        if why:
            table = Table("notebook", "runs because")
            for notebook, reason in publish.why(edition):
                table.add_row(notebook, reason or "unchanged")
            out.print(table)
            return
        if watch:
            publish.watch(edition, renderer.value, _say)
            return
        results = publish.build_all(
            None if everything else [publish.Project.find().edition(edition).id],
            renderer.value,
            tuple(formats or ("html", "pdf")),
            _say,
            force,
            cluster=cluster,
            check=find_faults,
        )
    for result in results:
        for gap in result.gaps:
            err.print(f"gap: {gap}")
        if result.gaps:
            err.print(f"all rows that are missing: tokenecon edition todo {result.edition}")
        for path in result.outputs:
            out.print(f"{'wrote' if result.made else 'nothing changed since'} {path}")


@app.command()
def verify(name: Newest = None, edition: Edition = None) -> None:
    """Check the built report: references, alt text, tables, links, no request to another host; the PDF's text."""
    from tokenecon import publish

    with _errors():
        problems = publish.verify(name or edition)
    _say(*problems or ["report: no problems"])
    if problems:
        raise typer.Exit(1)


@app.command()
def site(
    renderer: Annotated[Renderer, typer.Option("--renderer", "-r", help="As for build.")] = Renderer.auto,
    cluster: Cluster = None,
) -> None:
    """Put all published editions into `build/site/`, as they are served: pages, index, feed, errata; and check them.

    Where the pages will stand is `site-url` in `report/_quarto.yml`, or the environment variable `TOKENECON_SITE_URL`;
    with it they name their address, and there is a `sitemap.xml`. Without it they can be read just as well.
    """
    from tokenecon import publish

    with _errors():
        folder, problems = publish.publish_site(renderer.value, _say, cluster=cluster, check=find_faults)
    _say(*problems or [f"wrote {folder}: no broken link, no request to another host"])
    if problems:
        raise typer.Exit(1)


@app.command()
def claims(
    name: Newest = None,
    edition: Edition = None,
    verdict: Annotated[list[str] | None, typer.Option(help="Only claims with this verdict; may be repeated.")] = None,
    article: Annotated[list[str] | None, typer.Option(help="Only this article; may be repeated.")] = None,
    section: Annotated[list[str] | None, typer.Option(help="Only this part of an article, such as opening.")] = None,
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
        cat = Catalog.open(name or edition)
        rows = ledger.evaluate(ledger.Ledger.open(cat.edition.id))
    choices = {"verdict": verdict, "article_id": article, "section": section, "kind": kind}
    for column, wanted in choices.items():
        if unknown := set(wanted or ()) - set(ledger.values(cat, column)):
            known, name = ", ".join(ledger.values(cat, column)), column.removesuffix("_id")
            err.print(f"no {name} {', '.join(sorted(unknown))}; there are: {known}")
            raise typer.Exit(1)
        rows = rows[rows[column].isin(wanted)] if wanted else rows
    names = cat.articles.set_index("article_id")["name"]
    for key, own in rows.groupby("article_id", sort=False):
        title = f"{names[key]}: claims, edition {cat.edition.id}, as of {cat.edition.as_of}"
        out.print(grid(own, title, out.width), soft_wrap=False)
        tally = own["verdict"].value_counts()
        out.print(f"{len(own)} claims" + "".join(f", {count} {name}" for name, count in tally.items()))


@app.command()
def renderer() -> None:
    """Say which renderer a build will use, and how to get the other."""
    from tokenecon import publish

    out.print(publish.renderer_line())


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
    title: Annotated[str | None, typer.Option(help="Its title; follows from period and day if left out.")] = None,
) -> None:
    """Start an edition: write `data/editions/<id>.toml`, and list the rows that its sections need and do not find.

    The edition follows the newest one and is a draft, so that it can be built at once: what cannot be computed yet is a
    marked gap. `data/editions/<id>.todo/` holds the checklist, and for each table a template with its header and a row
    for each missing figure. Fill in value, source and day, then run `tokenecon edition fill`.

    Between two filings say which period it is about: with `--as-of 2026-11-15 --focal "H1 2026"` an edition brings
    prices, tokens and run-rates up to date beside the accounts of the half-year.
    """
    from tokenecon import publish
    from tokenecon.terminal import show_todo

    with _errors():
        show_todo(out, publish.new_edition(name, as_of.date(), focal, beside, title=title))


@editions.command("todo")
def list_missing(name: Newest = None, edition: Edition = None) -> None:
    """List the rows that an edition's sections need and do not find, and write its checklist and templates anew.

    What is needed follows from what the previous edition had for its own periods, moved on by a year.
    """
    from tokenecon import publish
    from tokenecon.terminal import show_todo

    with _errors():
        show_todo(out, publish.list_todo(name or edition))


@editions.command("fill")
def fill_in(
    name: Newest = None,
    edition: Edition = None,
    allow_jumps: AllowJumps = False,
) -> None:
    """Check the completed rows of an edition's templates, and move them into the tables of `data/`; all, or none.

    A row is complete with a figure, its source and its day, a statement with its `statement_id` too. A source that is
    new needs its row in `data/sources.csv`.
    """
    from tokenecon import publish

    with _errors():
        done = publish.fill(name or edition, allow_jumps=allow_jumps)
    needed = "it needs a figure, source_id and published_on, a statement its statement_id too"
    _say(*(f"data/{table}.csv: {rows} row{'s' * (rows != 1)} added" for table, rows in done.added.items()))
    _say(*(f"{place}: not complete; {needed}" for place in done.begun), f"{done.left} still missing")


@editions.command("publish")
def publish_them(
    ids: Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="The newest edition if left out.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Record again an edition that differs.")] = False,
    everything: Annotated[bool, typer.Option("--all", help="Every edition that is no draft.")] = False,
    on: Annotated[
        dt.datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="The day of the record; today if left out and a record is written."),
    ] = None,
) -> None:
    """Record what an edition prints in `data/editions/<id>.facts.json`, to be committed with the edition's file.

    The day stands as `recorded_on` in the edition's file: rows with a later `added_on` are not part of the edition.
    With `--on` and without `--force` the command shows what a record of that day would print differently.

    The tests hold every later execution to it. An edition that was published before and prints something else now is
    left alone: the differences are shown, and the status is 1, unless `--force` is given.
    """
    from tokenecon import publish

    refused = 0
    with _errors():
        wanted = [one.id for one, state, _ in publish.edition_states() if state != "draft"] if everything else ids
        for name in wanted or [None]:
            done = publish.release(name, _say, force, on and on.date())
            _say(*(f"{key}: {difference}" for key, difference in done.differences.items()))
            refused += bool(done.differences) and not done.written
            out.print(_released(done))
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
        out.print(f"wrote {csv}")


def _released(done: Release) -> str:
    count = f"{len(done.differences)} difference{'s' * (len(done.differences) != 1)}"
    if done.written:
        day = f"recorded in {done.file.name} on {done.recorded_on}"
        return f"edition {done.edition}: {day}" + (f", {count}" if done.differences else "")
    if done.differences:
        return f"edition {done.edition}: {count} to what was published; nothing written without --force"
    return f"edition {done.edition}: prints what was published"


class Feed(StrEnum):
    """What a refresh brings up to date."""

    prices = "prices"
    tokens = "tokens"
    fx = "fx"
    all = "all"


DataFolder = Annotated[Path | None, typer.Option(help="Another data folder, for example a copy.")]


@app.command("refresh")
def refresh_data(
    what: Annotated[Feed, typer.Argument(help="prices, tokens, fx (exchange rates), or all.")] = Feed.all,
    since: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Ask for tokens and rates from this day on.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Look and say what would change; write nothing.")] = False,
    from_snapshots: Annotated[
        bool, typer.Option("--from-snapshots", help="Ask nobody; work the rows out anew from the answers kept.")
    ] = False,
    watch_sources: Annotated[
        bool, typer.Option("--watch-sources", help="Only say which addresses of sources no longer answer.")
    ] = False,
    router_prices: Annotated[
        bool, typer.Option("--router-prices", help="Tell the prices of routers that changed, too.")
    ] = False,
    summary_file: Annotated[
        Path | None, typer.Option("--summary", help="Also write what changed to this file, as Markdown.")
    ] = None,
    data: DataFolder = None,
) -> None:
    """Bring prices, tokens and exchange rates up to date, and say what changed.

    Adds rows and edits none; whatever fails a check is held back in `data/quarantine.csv`. Each of prices, tokens and
    rates comes in whole or not at all; the status is 1 if one of them did not. Tokens need a key in the environment
    variable `OPENROUTER_API_KEY`. A source that shows nothing new is told as stale.
    """
    from rich.progress import DownloadColumn, Progress, TextColumn

    from tokenecon import publish, refresh

    with _errors(refresh.RefreshError), TemporaryDirectory() as kept:
        root = data.resolve() if data else (data_root if watch_sources or dry_run else own_data_root)()
        if watch_sources:
            dead = [": ".join(found) for found in refresh.watch(root)]
            _say(*dead, f"{len(dead)} addresses do not answer" if dead else "no address is dead")
            return
        before = publish.copy_data(root, Path(kept)) if summary_file and not dry_run else None
        if from_snapshots:
            summary = refresh.replay(root, dry_run=dry_run)
        else:
            feeds = refresh.FEEDS if what is Feed.all else (what.value,)
            with Progress(TextColumn("{task.description}"), DownloadColumn(), console=err, transient=True) as bar:
                tasks: dict[str, int] = {}

                def progress(source: str, count: int) -> None:
                    if source not in tasks:
                        tasks[source] = bar.add_task(source, total=None)
                    bar.update(tasks[source], completed=count)

                summary = refresh.refresh(
                    root, feeds, since=since.date() if since else None, dry_run=dry_run, progress=progress
                )
        if summary_file:
            parts = publish.consequences(before, root) if before and summary.added else []
            refresh.write_summary(summary_file, summary, dry_run, router_prices, parts)
    _say(*refresh.told(summary, dry_run, router_prices))
    if not dry_run and root == data_root():
        _tell_reruns(summary.added)
    for feed, message in summary.failed:
        err.print(f"{feed}: {message}; its data stay as they were")
    if summary.failed:
        raise typer.Exit(1)


add = typer.Typer(help="Add what people read: figures of a filing.", no_args_is_help=True)
app.add_typer(add, name="add")


@add.command()
def financials(
    file: Annotated[Path, typer.Argument(help="CSV with the columns of financials.csv, numbers as printed.")],
    source: Annotated[
        Path | None, typer.Option(help="CSV with the row of a new source, columns of sources.csv.")
    ] = None,
    rulings: Annotated[Path | None, typer.Option(help="CSV with rulings, where the filing restates figures.")] = None,
    segments: Annotated[Path | None, typer.Option(help="CSV with new segments.")] = None,
    allow_jumps: AllowJumps = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check and compare; write nothing.")] = False,
    data: DataFolder = None,
) -> None:
    """Check the figures of a filing against each other and the past, show them beside it, and add them.

    A file needs entity_id, metric, segment, period_start, period_end, value, unit, currency and source_id; `1,234.5`
    (in quotes), `(37.1)` and `26.3%` are read as printed. Enter the sums, shares and growth that the filing states: a
    mistyped digit breaks one of them, is named, and nothing is written. So is what is unlikely: ten times the figure of
    a year before or a tenth of it, nothing after something, a new sign, a margin over 100%, a day too few.
    """
    from tokenecon import refresh

    given = {"sources": source, "rulings": rulings, "segments": segments}
    with _errors(refresh.RefreshError):
        added = refresh.add_financials(
            data.resolve() if data else (data_root if dry_run else own_data_root)(),
            file,
            {name: path for name, path in given.items() if path},
            allow_jumps=allow_jumps,
            dry_run=dry_run,
        )
    table = Table("line", "figure", "period", "as printed", "a year before", "change")
    for figure in added.figures:
        row = figure.row
        name = " ".join((row["entity_id"], row["metric"], row["segment"], row["currency"])).strip()
        change = "" if figure.growth is None else f"{figure.growth:+.1%}"
        period = "/".join(dict.fromkeys((row["period_start"], row["period_end"])))
        table.add_row(str(figure.line), name, period, f"{figure.printed} {row['unit']}", figure.before, change)
    out.print(table)
    _say(*added.notes)
    known = f"; {len(added.known)} were there already" if added.known else ""
    out.print(f"{'would add' if dry_run else 'added'} {len(added.figures)} rows to data/financials.csv{known}")


@app.command()
def study(
    edition: Edition = None,
    replications: Annotated[int, typer.Option(help="Samples drawn of each design.", min=2)] = 800,
    workers: Annotated[int | None, typer.Option(help="Processes; as many as there are cores if left out.")] = None,
    cluster: Cluster = None,
) -> None:
    """Simulate the design of each headline interval and write what it covers into `data/study.csv`.

    Takes some minutes. The numbers depend on the samples of the edition, not on who shares the work.
    """
    from tokenecon.analysis import study as simulation
    from tokenecon.analysis.market.findings import Market
    from tokenecon.analysis.pricing.findings import Pricing
    from tokenecon.publish.executor import executor

    with _errors():
        path = own_data_root() / "study.csv"
        designs = simulation.designs(Market.open(edition), Pricing.open(edition))
        with executor(path.parents[1], cluster, workers) as opened:
            table = simulation.run(
                designs, f"{dt.date.today():%Y-%m-%d}", replications, executor=opened, said=_say
            )  # fmt: skip
    table.to_csv(path, index=False, lineterminator="\n")
    out.print(f"wrote {path}: {len(table)} rows")


@app.callback()
def finish_refresh() -> None:
    """Before any command: bring a refresh to its end that was cut off while it put its files into place."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError):
            stream.reconfigure(errors="replace")  # A terminal may know fewer letters than names have.
    with suppress(FileNotFoundError):
        journal = data_root() / ".refresh" / "journal.json"
        if journal.is_file():
            from tokenecon import refresh

            with _errors(refresh.RefreshError):
                refresh.recover(data_root())


def _tell_reruns(added: dict[str, int]) -> None:
    from tokenecon import publish

    if not added:
        return
    with suppress(publish.PublishError):
        again = [f"{notebook} ({reason})" for notebook, reason in publish.why() if reason]
        out.print("notebooks to run again: " + (", ".join(again) or "none"))


@contextmanager
def _errors(*more: type[Exception]) -> Iterator[None]:
    """Turn the errors a user can mend into one message and status 1; leave the others their traceback."""
    from tokenecon.catalog.errors import DataError
    from tokenecon.publish.errors import PublishError, about_disk

    try:
        yield
    except (DataError, PublishError, *more) as error:
        message = str(error)
    except OSError as error:
        # Without a file's name it is a message of our own, such as that there is no project here.
        message = about_disk(error) or (str(error) if error.filename is None else "")
        if not message:
            raise
    else:
        return
    err.print(message)
    raise typer.Exit(1)


if __name__ == "__main__":
    app()
