"""Run the checks: all of them, or those that loading a catalogue needs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

from tokenecon.catalog.checks import claims, guards, held, links, market, numbers, rates, wider
from tokenecon.catalog.checks.context import Check, Data, Fault, Look, Row, by_row
from tokenecon.catalog.checks.package import package_findings
from tokenecon.catalog.errors import DataError, Finding
from tokenecon.catalog.files import read_table
from tokenecon.catalog.paths import data_root
from tokenecon.catalog.schema import Schema

OF_TABLE: dict[str, tuple[Look, ...]] = {
    "apps": (wider.ranks("tokens", "platform", "observed_on"),),
    "capability": (by_row(market.score_faults),),
    "claims": (by_row(claims.claim_faults),),
    "entities": (by_row(links.name_faults),),
    "events": (by_row(wider.event_faults),),
    "fx": (by_row(rates.rate_faults), rates.neighbour_places),
    "imports": (by_row(wider.import_faults),),
    "index_prices": (wider.index_span_places, by_row(wider.index_end_faults), by_row(market.seen_faults)),
    "modalities": (wider.ranks("best_score", "modality", "observed_on"), wider.vendor_places),
    "price_ends": (by_row(market.end_faults),),
    "price_rulings": (by_row(wider.ruling_faults),),
    "prices": (by_row(market.price_faults),),
    "rulings": (by_row(guards.ruling_faults),),
    "segments": (by_row(links.segment_faults),),
    "share_prices": (wider.share_places,),
    "statements": (claims.statement_places,),
    "token_models": (by_row(market.length_faults), market.period_places),
    "token_shares": (market.share_places,),
    "token_totals": (wider.total_places,),
}
"""What one table has to fulfil besides the schema."""
BESIDE: dict[str, Check] = {"prices": market.flag_findings, "price_differences": wider.difference_findings}
"""What is asked when a table is read, and may be wrong in another."""


def looked(data: Data, names: Iterable[str], *looks: Look) -> Iterator[Finding]:
    """Look at some tables."""
    return (data.finding(name, *found) for name in names for look in looks for found in look(data, name))


def each_table(look: Look) -> Check:
    """Return the check that a look at every table read makes."""
    return lambda data: looked(data, data.raw, look)


def each_fact(judge: Callable[[Row, Data], Iterable[Fault]]) -> Check:
    """Return the check of the rows of every table of facts, one by one."""
    return lambda data: looked(data, (table.name for table in data.fact_tables), by_row(judge))


def of_table(name: str, data: Data) -> Iterator[Finding]:
    """Run what is asked of one table."""
    yield from looked(data, [name], *OF_TABLE.get(name, ()), market.sights)
    if name in BESIDE:
        yield from BESIDE[name](data)


ALONE = (links.edition_findings, links.stray_findings, links.unit_list_findings)
ACROSS: tuple[Check, ...] = (
    each_table(links.datings),
    each_table(held.additions),
    held.prior_findings,
    links.unused_findings,
    each_fact(links.day_faults),
    each_fact(links.unit_faults),
    each_fact(links.range_faults),
    links.country_findings,
    numbers.sum_findings,
    numbers.part_findings,
    numbers.formula_findings,
    numbers.disagreement_findings,
    each_fact(numbers.magnitude_faults),
    numbers.cached_findings,
)


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
        found += [*looked(data, [name], links.datings, held.additions), *of_table(name, data)]
    return sorted(set(found))


def _text_findings(data: Data) -> list[Finding]:
    return [finding for name in data.raw for finding in _text_findings_of(data, name)]


def _text_findings_of(data: Data, name: str) -> list[Finding]:
    raw = data.raw[name]
    return raw.findings + (data.unfit(name) if raw.usable else [])


def _own_findings(data: Data) -> list[Finding]:
    checks: list[Check] = list(ALONE)
    if data.is_whole:
        checks += [*ACROSS, *(partial(of_table, name) for name in data.raw)]
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
