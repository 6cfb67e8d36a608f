"""Run the checks: all of them, or those that loading a catalogue needs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from tokenecon.catalog.checks import claims, guards, held, links, market, numbers, rates, wider
from tokenecon.catalog.checks.context import Data
from tokenecon.catalog.checks.package import package_findings
from tokenecon.catalog.errors import DataError, Finding
from tokenecon.catalog.files import read_table
from tokenecon.catalog.paths import data_root
from tokenecon.catalog.schema import Schema

ALONE = (links.edition_findings, links.stray_findings, links.unit_list_findings)
ACROSS = (
    links.source_findings,
    held.held_findings,
    held.prior_findings,
    links.unused_findings,
    links.day_findings,
    links.unit_findings,
    links.range_findings,
    links.segment_findings,
    links.name_findings,
    links.country_findings,
    numbers.sum_findings,
    numbers.part_findings,
    numbers.formula_findings,
    numbers.disagreement_findings,
    numbers.magnitude_findings,
    numbers.cached_findings,
    guards.ruling_findings,
    rates.rate_findings,
    claims.claim_findings,
    market.market_findings,
    wider.wider_findings,
)


Check = Callable[[Data], Iterable[Finding]]


def run_checks(data_dir: str | Path | None = None, also: Iterable[Check] = ()) -> list[Finding]:
    """Run every check of the data.

    Parameters
    ----------
    data_dir
        Data folder. Without one, ``TOKENECON_DATA``, else the project's ``data``.
    also
        Further checks, which know more than the catalogue does.

    Returns
    -------
    list of Finding
        All that is wrong, by file and row; empty if nothing is. Never raises for bad data.
    """
    root = Path(data_dir).resolve() if data_dir else data_root()
    try:
        schema = Schema.load(root)
    except DataError as error:
        return error.findings
    data = Data(root, schema, {name: read_table(root, table) for name, table in schema.tables.items()})
    if found := list(package_findings(schema)):
        return found
    found = [*_text_findings(data), *_own_findings(data)]
    found += [finding for check in also if data.is_whole for finding in _found(check, data)]
    return sorted(dict.fromkeys(_without_echoes(found)))


def quick_findings(data: Data) -> list[Finding]:
    """Run the checks that loading needs, on the tables read.

    Returns
    -------
    list of Finding
        Empty if the data can be loaded. Otherwise :func:`run_checks` says all that is wrong.
    """
    return sorted({*_text_findings(data), *_own_findings(data)})


def table_findings(data: Data, name: str) -> list[Finding]:
    """Run the checks that loading one more table needs, itself already among the tables read.

    Returns
    -------
    list of Finding
        Empty if the table can be loaded, as for :func:`quick_findings`.
    """
    found = _text_findings_of(data, name)
    if data.raw[name].usable:
        found += [*links.dating_findings(data, name), *held.added_findings(data, name)]
        found += [*market.findings_of(data, name), *wider.findings_of(data, name)]
    return sorted(set(found))


def _text_findings(data: Data) -> list[Finding]:
    return [finding for name in data.raw for finding in _text_findings_of(data, name)]


def _text_findings_of(data: Data, name: str) -> list[Finding]:
    raw = data.raw[name]
    return raw.findings + (data.unfit(name) if raw.usable else [])


def _own_findings(data: Data) -> list[Finding]:
    checks = ALONE + (ACROSS if data.is_whole else ())
    return [finding for check in checks for finding in _found(check, data)]


def _found(check: Check, data: Data) -> list[Finding]:
    try:
        return list(check(data))
    except DataError as error:  # What the check needs is not there.
        return error.findings


def _without_echoes(found: Iterable[Finding]) -> list[Finding]:
    """Drop the second word on a cell: the first says what is wrong with it, the rest follow from that."""
    first: dict[tuple[str, int, str], Finding] = {}
    kept = []
    for finding in found:
        cell = (finding.file, finding.row, finding.column)
        if finding.column in ("row", "file", "header") or cell not in first:
            first[cell] = finding
            kept.append(finding)
    return kept
