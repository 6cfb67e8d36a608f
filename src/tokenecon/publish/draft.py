"""Start an edition: write its file, and keep the list of rows that its sections look for and do not find.

The list stands in ``data/editions/<id>.todo``: ``checklist.csv`` says what was there a year before, and beside it
stands a template for each table, with the table's own header and a row for each missing figure. Rows of a template
that have been filled in go into their table with :func:`fill`.
"""

from __future__ import annotations

import csv
import datetime as dt
import json
import re
import shutil
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from tokenecon.catalog.editions import Edition, list_editions
from tokenecon.catalog.errors import DataError
from tokenecon.catalog.needs import COLUMNS, comparatives_of, files_accounts, focal_of, needs, stale_tables, title_of
from tokenecon.catalog.periods import Period
from tokenecon.catalog.store import Catalog
from tokenecon.publish.errors import PublishError
from tokenecon.publish.project import Project
from tokenecon.refresh.filings import unlikely, with_remedy
from tokenecon.refresh.tables import Tables, alone, commit
from tokenecon.refresh.typed import Added, Typed, read_rows, unknown_sources, with_sound_sources
from tokenecon.refresh.web import RefreshError

FOLLOWED = ("statements", "prices", "capability", "token_models", "token_shares", "scenarios")
"""Tables that follow the world between editions, whatever its periods."""

CHECKLIST = "checklist.csv"
_MOST_TOLD = 6
"""Rows of one company and period, and companies and periods, that a gap names."""
_FILLED = ("source_id", "published_on")


@dataclass(frozen=True)
class Todo:
    """What an edition lacks: rows as :func:`tokenecon.catalog.needs.needs` gives them, tables that stand still.

    ``before`` is the edition that it follows.
    """

    edition: Edition
    before: Edition
    rows: pd.DataFrame
    stale: Mapping[str, pd.Timestamp]
    folder: Path


@dataclass(frozen=True)
class Filled:
    """What filling did: rows added by table, rows left, and rows begun but not complete, one line each."""

    added: Mapping[str, int]
    left: int
    begun: tuple[str, ...]


def new_edition(
    name: str,
    as_of: dt.date,
    focal: str | None = None,
    comparatives: list[str] | None = None,
    *,
    title: str | None = None,
    project: Project | None = None,
) -> Todo:
    """Write the file of a new edition, a draft that follows the newest, and its list of missing rows.

    Between two filings an edition is about the period of the newest and brings only what is no accounts up to date,
    such as prices, tokens and run-rates.

    Parameters
    ----------
    name : str
        Its id, which names its focal period: ``2026FY``, ``2026H1``, ``2026Q1``.
    as_of : datetime.date
        The day whose knowledge it will hold.
    focal : str, optional
        Its focal period where the id names none.
    comparatives : list of str, optional
        What it shows beside it; what the previous edition showed, and the halves of a year, if left out.
    title : str, optional
        Its title; follows from the focal period, and between filings from the day too, if left out.
    project : Project, optional
        The one around the working folder if left out.

    Raises
    ------
    PublishError
        If there is such an edition, a period cannot be read, nobody files accounts for it, or the day comes too early.
    """
    project = project or Project.find()
    file = project.data / "editions" / f"{name}.toml"
    if file.exists():
        raise PublishError(f"{project.relative(file)} is there: tokenecon edition todo {name} lists what it lacks")
    try:
        newest = list_editions(project.data)[-1]
        about = Period.parse(focal) if focal else focal_of(name)
        beside = [Period.parse(text) for text in comparatives] if comparatives else comparatives_of(about, newest)
    except (DataError, ValueError) as error:
        raise PublishError(str(error)) from None
    if as_of <= max(about.end, newest.as_of):
        raise PublishError(
            f"{as_of} is not after the end of {about.label}, {about.end}, and the day of edition {newest.id}, "
            f"{newest.as_of}: an edition follows the newest and looks back on its period"
        )
    off_cycle = f", seen on {as_of.day} {as_of:%B %Y}" if about == newest.focal else ""
    named = title or title_of(about) + off_cycle
    file.write_text(_toml(name, named, as_of, about, beside, newest), encoding="utf-8")
    try:
        if not files_accounts(Catalog.open(name, project.data), about):
            raise PublishError(
                f"no company of the edition filed accounts for {about.label} or for {about.year_before.label}: say "
                f'which period it is about, such as --focal "{newest.focal.label}" for an edition between filings'
            )
        return list_todo(name, project=project)
    except (PublishError, DataError) as error:
        file.unlink()
        raise PublishError(str(error)) from None


def _toml(name: str, title: str, as_of: dt.date, focal: Period, comparatives: list[Period], previous: Edition) -> str:
    shown = [period.label for period in comparatives]
    beside, companies, countries, peers = (
        ", ".join(map(json.dumps, names)) for names in (shown, previous.companies, previous.countries, previous.peers)
    )
    return (
        f'id = "{name}"\ntitle = {json.dumps(title, ensure_ascii=False)}\nas_of = {as_of}\nfocal = "{focal.label}"\n'
        f'comparatives = [{beside}]\nbase_currency = "{previous.base_currency}"\nprevious = "{previous.id}"\n'
        f"companies = [{companies}]\ncountries = [{countries}]\npeers = [{peers}]\n"
        "# Rows are still missing: gaps are marked. Take this out when the edition is complete.\ndraft = true\n"
    )


def list_todo(edition: str | None = None, *, project: Project | None = None) -> Todo:
    """Find what an edition lacks, and write its checklist and templates anew; without any they are removed.

    Rows of a template that were begun stay as they are.

    Raises
    ------
    PublishError
        If the edition follows no other, or the data cannot be used.
    """
    project = project or Project.find()
    found = project.edition(edition)
    if not found.previous:
        raise PublishError(f"edition {found.id} names no previous one, from which its needs could follow")
    try:
        catalog, before = Catalog.open(found.id, project.data), project.edition(found.previous)
        rows, stale = needs(catalog, before), stale_tables(catalog, before, FOLLOWED)
    except DataError as error:
        raise PublishError(str(error)) from None
    todo = Todo(found, before, rows, stale, todo_folder(project, found.id))
    _write(project, todo)
    return todo


def todo_folder(project: Project, edition: str) -> Path:
    """Return where the checklist and templates of an edition stand while it is being filled."""
    return project.data / "editions" / f"{edition}.todo"


def missing(edition: str, *, project: Project | None = None) -> pd.DataFrame:
    """Return the rows that an edition misses, as ``needs`` does, with their ``route`` and whether they are its ``own``.

    Rows that a formula gives from others are left out; ``own`` are those of the companies that it sets side by side.
    """
    project = project or Project.find()
    found = project.edition(edition)
    catalog = Catalog.open(found.id, project.data)
    rows = needs(catalog, project.edition(found.previous)) if found.previous else pd.DataFrame(columns=COLUMNS)
    routes = catalog.segments.set_index(["entity_id", "segment"])["route"].to_dict()
    route = [routes.get(key, "") for key in zip(rows["entity_id"], rows["segment"], strict=True)]
    rows = rows.assign(route=route, own=rows["entity_id"].isin(found.companies))
    return rows[rows["follows_from"] == ""]


def asked_for(rows: pd.DataFrame, said: str, words: Collection[str]) -> list[str]:
    """Name the rows that a cell which failed asked for, as far as that can be told.

    Parameters
    ----------
    rows : pandas.DataFrame
        As :func:`missing` returns them.
    said : str
        The error with which the cell failed.
    words : collection of str
        What its code asked for: companies, metrics, segments, routes and periods among them count.

    Returns
    -------
    list of str
        Table, company, period, and metrics with their segments. Nothing where the words do not lead to a few rows: to a
        metric or a segment, and of some company or period.
    """
    rows = _named(rows, said, words)
    rows = rows[rows["own"]] if rows["own"].any() else rows
    named = rows["metric"] + rows["segment"].map(lambda one: "" if one in ("", "total") else f" ({one})")
    parts = rows.assign(named=named).groupby(["table", "entity_id", "period"], sort=False)["named"].agg(dict.fromkeys)
    lines = [f"data/{table}.csv: {who}, {when}: {_first(list(names))}" for (table, who, when), names in parts.items()]
    return lines if len(lines) <= _MOST_TOLD else []


def _named(rows: pd.DataFrame, said: str, words: Collection[str]) -> pd.DataFrame:
    """Keep the rows that an error names and, where it does not, the code; none if no figure is named, or nobody."""
    named = []
    for columns in (["entity_id"], ["segment", "route"], ["metric"], ["period"]):
        known = {value for column in columns for value in rows[column] if value}
        in_error = {value for value in known if re.search(rf"(?<!\w){re.escape(value)}(?!\w)", said)}
        if asked := in_error or (known & set(words)):
            rows = rows[rows[columns].isin(asked).any(axis="columns")]
            named += columns
    return rows if {"segment", "metric"} & set(named) and {"entity_id", "period"} & set(named) else rows.iloc[:0]


def _first(names: list[str]) -> str:
    more = len(names) - _MOST_TOLD
    return ", ".join(names[:_MOST_TOLD]) + (f" and {more} more" if more > 0 else "")


def _write(project: Project, todo: Todo) -> None:
    begun = {file.name: [row for row in _read_rows(file) if _is_begun(row)] for file in _templates(todo.folder)}
    shutil.rmtree(todo.folder, ignore_errors=True)
    if todo.rows.empty and not any(begun.values()):
        return
    todo.folder.mkdir()
    checklist = todo.rows.drop(columns=["period_start", "period_end"])
    checklist.to_csv(todo.folder / CHECKLIST, index=False, lineterminator="\n")
    for name, rows in todo.rows.groupby("table", sort=False):
        table = project.data / f"{name}.csv"
        header = _header(table)
        kept = begun.get(table.name, [])
        taken = {_identity(row) for row in kept}
        lines = [line for row in rows.to_dict("records") if _identity(line := _template(row, header)) not in taken]
        _write_rows(todo.folder / table.name, header, [*kept, *lines])


def _template(row: Mapping[str, Any], header: list[str]) -> dict[str, str]:
    """Return a row of a table with everything but the figure and its source."""
    if row["table"] == "fx":
        return dict.fromkeys(header, "") | {
            "date": row["period"], "base": row["entity_id"], "quote": row["segment"], "kind": row["metric"],
        }  # fmt: skip
    known = {
        name: f"{row[name]:%Y-%m-%d}" if isinstance(row[name], dt.date) else str(row[name])
        for name in ("entity_id", "kind", "metric", "segment", "item", "period_start", "period_end", "unit", "currency")
    }
    settled = {"qualifier": "exact", "status": "observed"} if row["table"] != "statements" else {}
    return {name: (known | settled).get(name, "") for name in header}


def _identity(row: Mapping[str, str]) -> tuple[str, ...]:
    names = ("entity_id", "kind", "metric", "segment", "item", "period_start", "period_end", "currency")
    return tuple(row.get(name, "") for name in (*names, "date", "base", "quote") if row.get("date") or name in names)


def fill(edition: str | None = None, *, project: Project | None = None, allow_jumps: bool = False) -> Filled:
    """Check the rows of an edition's templates that are complete, and move them into their tables; all, or none.

    A row is complete with a figure, its source and its day. Numbers are taken as printed: ``1,234.5``, ``(37.1)``.
    With ``allow_jumps`` figures of accounts are taken that are unlikely beside those known.

    Raises
    ------
    PublishError
        If the edition has no templates, or anything is wrong with their rows: all findings, each on the line of its
        template, and a source that is not known once, whatever the number of its rows.
    """
    project = project or Project.find()
    found = project.edition(edition)
    folder = todo_folder(project, found.id)
    if not folder.is_dir():
        raise PublishError(f"{project.relative(folder)} is not there: run tokenecon edition todo {found.id}")
    files = {file.stem: file for file in _templates(folder)}
    try:
        with alone(project.data):
            held = Tables(project.data)
            typed = {name: read_rows(file, held.schema.tables[name], keep=_is_complete) for name, file in files.items()}
            _add(held, {name: one for name, one in typed.items() if one.rows or one.findings}, allow_jumps)
    except RefreshError as error:
        raise PublishError(str(error)) from None
    left, begun = 0, []
    for file in files.values():
        header, rows = _header(file), _read_rows(file)
        rest = [row for row in rows if not _is_complete(row)]
        _write_rows(file, header, rest)
        left += len(rest)
        begun += [f"{project.relative(file)}:{line}" for line, row in enumerate(rest, start=2) if _is_begun(row)]
    if not left:
        shutil.rmtree(folder)
    return Filled({name: len(one.rows) for name, one in typed.items() if one.rows}, left, tuple(begun))


def _add(held: Tables, typed: Mapping[str, Typed], allow_jumps: bool) -> None:
    """Put rows into their tables if nothing is wrong with them, and nothing odd that is not allowed."""
    unsound, held = with_sound_sources(held)
    unknown, stand_ins = unknown_sources(typed, held, "add its row to data/sources.csv")
    added = Added(held, typed, stand_ins)
    wrong = [finding for one in typed.values() for finding in one.findings]
    faults = sorted({*wrong, *unsound, *unknown, *(added.faults() if typed else ())})
    asked = [] if allow_jumps or "financials" not in typed else with_remedy(unlikely(added))
    if faults or asked:
        raise PublishError("\n".join([*map(str, faults), *asked, "nothing is moved"]))
    commit(held.root, added.files)


def _templates(folder: Path) -> list[Path]:
    return [file for file in sorted(folder.glob("*.csv")) if file.name != CHECKLIST]


def _figure(row: Mapping[str, str]) -> bool:
    return bool(row.get("rate") or row.get("value") or (row.get("value_low") and row.get("value_high")))


def _is_complete(row: Mapping[str, str]) -> bool:
    return _figure(row) and all(row[name] for name in _FILLED) and row.get("statement_id", "-") != ""


def _is_begun(row: Mapping[str, str]) -> bool:
    return _figure(row) or any(row[name] for name in _FILLED) or bool(row.get("statement_id"))


def _header(file: Path) -> list[str]:
    with file.open(encoding="utf-8", newline="") as lines:
        return next(csv.reader(lines))


def _read_rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8-sig", newline="") as lines:
        return [{name: (cell or "").strip() for name, cell in row.items() if name} for row in csv.DictReader(lines)]


def _write_rows(file: Path, header: list[str], rows: list[dict[str, str]]) -> None:
    with file.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.DictWriter(lines, header, lineterminator="\n", extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
