"""Claims: their figures are whole, in a unit that fits, and stand in one place."""

from __future__ import annotations

from collections.abc import Iterator

from tokenecon.catalog.checks.context import Data, Fault, Place, Row
from tokenecon.catalog.claims import FROM_STATEMENT
from tokenecon.catalog.printed import PLAIN_NUMBER

NUMERIC = ("figure", "ratio", "growth")
SPOKEN_OF = ("entity_id", "segment", "unit", "qualifier", "period_start", "period_end")


def claim_faults(row: Row, data: Data) -> Iterator[Fault]:
    """A claim has its figure in one place, whole."""
    yield from _as_statement(row) if row["statement_id"] else _figure(row, data)
    yield from _places(row, data)


def statement_places(data: Data, name: str) -> Iterator[Place]:
    """Every statement of an article is a claim, and those beside which it is set are there."""
    claims = [row for _, row in data.rows("claims")]
    sources, claimed = ({row[column] for row in claims} for column in ("source_id", "statement_id"))
    for line, row in data.rows(name):
        own, beside = row["statement_id"], row["set_beside"]
        if row["source_id"] in sources and own not in claimed:
            message = f"'{own}' of {row['source_id']} is in no row of data/claims.csv; add its claim"
            yield line, "statement_id", message
        if beside and beside not in data.by(name, "statement_id"):
            yield line, "set_beside", f"'{beside}' is in no row of statements.csv"


def _places(row: Row, data: Data) -> Iterator[Fault]:
    """A claim stands in its article, and the companies beside its own are known."""
    own = data.by("articles", "article_id")[row["article_id"]]["source_id"]
    if row["source_id"] != own:
        yield "source_id", f"'{row['source_id']}' is not the source of article {row['article_id']}, {own}"
    for one in row["beside"].split():
        if one not in data.by("entities", "entity_id"):
            yield "beside", f"'{one}' is in no row of entities.csv"


def _as_statement(row: Row) -> Iterator[Fault]:
    for column in ("quoted", *FROM_STATEMENT):
        if row[column]:
            yield column, f"'{row[column]}' stands in statement {row['statement_id']}; leave it empty here"


def _figure(row: Row, data: Data) -> Iterator[Fault]:
    if bool(row["entity_id"]) != bool(row["segment"]):
        yield "segment", "goes with entity_id: give both or neither; `total` for all of an entity"
    if bool(row["period_start"]) != bool(row["period_end"]):
        yield "period_end", "goes with period_start: give both or neither"
    elif row["period_end"] < row["period_start"]:
        yield "period_end", f"{row['period_end']} is before period_start, {row['period_start']}"
    if bool(row["quoted"]) != bool(row["unit"]):
        yield "unit", "goes with quoted: give both or neither"
    if row["quoted"] and (row["qualifier"] == "range") == bool(PLAIN_NUMBER.fullmatch(row["quoted"])):
        yield "qualifier", f"'{row['qualifier']}' does not fit {row['quoted']}; 'range' goes with two numbers"
    if row["kind"] in NUMERIC and not row["quoted"]:
        yield "quoted", f"is empty; a {row['kind']} has its number, or a statement_id that leads to it"
    if row["metric"]:
        yield from _measured(row, data)
    elif row["currency"]:
        yield "currency", f"'{row['currency']}' belongs to no metric; leave it empty"


def _measured(row: Row, data: Data) -> Iterator[Fault]:
    for column in SPOKEN_OF:
        if not row[column]:
            yield column, f"is empty; {row['metric']} is measured of some entity and period, in some unit"
    dimension = data.metrics[row["metric"]]["dimension"]
    unit = data.schema.units.get(row["unit"])
    if row["unit"] and (unit is None or dimension not in unit.dimensions):
        yield "unit", f"'{row['unit']}' does not measure {row['metric']} ({dimension})"
    if data.schema.needs_currency(dimension) != bool(row["currency"]):
        wanted = "is in some currency" if not row["currency"] else "is in none; leave it empty"
        yield "currency", f"{row['metric']} {wanted}"
