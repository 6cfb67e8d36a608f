"""How rows hang together: sources, days, units, ranges, unused entries, editions, stray files."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from tokenecon.catalog.checks.context import Data, Fault, Place, Row
from tokenecon.catalog.editions import Edition, edition_paths, line_of, read_edition
from tokenecon.catalog.errors import DataError, Finding
from tokenecon.catalog.paths import display_name


def datings(data: Data, name: str) -> Iterator[Place]:
    """Rows carry the day of their source, or an earlier one where the source is a series."""
    if name == "sources" or not {"source_id", "published_on"} <= set(data.schema.tables[name].fields):
        return
    sources = data.sources
    for line, row in data.rows(name):
        source = sources[row["source_id"]]
        day, own = row["published_on"], source["published_on"]
        if source["dating"] == "document" and day != own:
            yield line, "published_on", f"{day} is not the day of source {row['source_id']}, {own}"
        elif day > own:
            yield line, "published_on", f"{day} is after the last day of source {row['source_id']}, {own}"


def unused_findings(data: Data) -> Iterator[Finding]:
    """Every source is cited and every metric measured, as far as all tables are there to say."""
    if set(data.raw) != set(data.schema.tables):
        return
    for name, key, columns in (
        ("sources", "source_id", {"source_id", "kept_source", "rejected_source"}),
        ("metrics", "metric_id", {"metric"}),
    ):
        used = {
            value
            for other in data.schema.tables
            if other != name
            for column in columns & set(data.schema.tables[other].fields)
            for value in data.raw[other].frame[column]
        }
        for line, value in data[name][key].items():
            if value not in used:
                yield data.finding(name, line, key, f"no row uses '{value}'; delete the line")


def day_faults(row: Row, data: Data) -> Iterator[Fault]:
    """Periods end after they start, and are over when their figure is published, unless it looks ahead."""
    start, end, published = row["period_start"], row["period_end"], row["published_on"]
    if end < start:
        yield "period_end", f"{end} is before period_start, {start}"
    looks_ahead = row.get("status") == "estimate" or row.get("kind", "run_rate") != "run_rate"
    if not looks_ahead and published < end:
        yield "published_on", f"{published} is before the end of the period, {end}"
    if row.get("said_on", "") > published:
        yield "said_on", f"{row['said_on']} is after the day of publication, {published}"
    on_a_day = "statement_id" not in row and data.metrics[row["metric"]]["nature"] == "stock"
    if on_a_day and start != end:
        yield "period_start", f"{row['metric']} is a figure on a day: period_start must be {end} too"


def unit_faults(row: Row, data: Data) -> Iterator[Fault]:
    """Unit and currency fit the dimension of the metric."""
    dimension = data.metrics[row["metric"]]["dimension"]
    if dimension not in data.schema.units[row["unit"]].dimensions:
        fitting = [name for name, unit in data.schema.units.items() if dimension in unit.dimensions]
        yield "unit", f"'{row['unit']}' does not measure {row['metric']} ({dimension}); {', '.join(fitting)} would"
    wanted = data.schema.needs_currency(dimension)
    if wanted and not row["currency"]:
        yield "currency", f"is empty; {row['metric']} is in some currency"
    if row["currency"] and not wanted:
        yield "currency", f"'{row['currency']}' does not belong to {row['metric']} ({dimension}); leave it empty"


def range_faults(row: Row, data: Data) -> Iterator[Fault]:
    """A row has either a value, or a low and a high end."""
    if "value_low" not in row:
        return
    filled = [bool(row[name]) for name in ("value", "value_low", "value_high")]
    if filled not in ([True, False, False], [False, True, True]):
        yield "value", "needs a number, or else both value_low and value_high"
    elif filled[0] == (row["qualifier"] == "range"):
        yield "qualifier", f"'{row['qualifier']}' does not fit; 'range' goes with value_low and value_high"
    elif not filled[0] and float(row["value_low"]) >= float(row["value_high"]):
        yield "value_high", f"{row['value_high']} is not above value_low, {row['value_low']}"


def segment_faults(row: Row, data: Data) -> Iterator[Fault]:
    """Parents exist within the entity, and only totals have none."""
    if not row["parent"] and row["axis"] != "total":
        yield "parent", "is empty; only an axis 'total' has no parent"
    elif row["parent"] and (row["entity_id"], row["parent"]) not in data.segments:
        yield "parent", f"'{row['parent']}' is no segment of {row['entity_id']}"
    elif row["parent"] == row["segment"]:
        yield "parent", f"'{row['parent']}' is the segment itself"


def name_faults(row: Row, data: Data) -> Iterator[Fault]:
    """A former name has the day on which it ended, and the day a former name."""
    if bool(row["former_name"]) != bool(row["renamed_on"]):
        yield "renamed_on", "goes with former_name: give both or neither"


def editions(data: Data) -> Iterator[tuple[Path, Edition]]:
    """Give the editions whose file can be read; :func:`edition_findings` says what is wrong with the others."""
    for path in edition_paths(data.root):
        with suppress(DataError):
            yield path, read_edition(path, data.root)


def edition_findings(data: Data) -> Iterator[Finding]:
    """Edition files can be read, and name editions and currencies that exist."""
    paths = edition_paths(data.root)
    if not paths:
        yield Finding("data/editions", 1, "file", "there is no edition; add <id>.toml")
    currencies = data.schema.tables["financials"].enum("currency")
    for path in paths:
        file = display_name(path, data.root)
        try:
            edition = read_edition(path, data.root)
        except DataError as error:
            yield from error.findings
            continue
        if edition.previous and edition.previous not in [other.stem for other in paths]:
            yield Finding(file, 1, "previous", f"'{edition.previous}' is no edition")
        if edition.base_currency not in currencies:
            message = f"'{edition.base_currency}' is none of {', '.join(currencies)}"
            yield Finding(file, 1, "base_currency", message)


def country_findings(data: Data) -> Iterator[Finding]:
    """The countries that an edition names are those of markets that it knows, and have an adjective."""
    markets = {
        row["country"]: (line, row) for line, row in reversed(list(data.rows("entities"))) if row["kind"] == "market"
    }
    for path, edition in editions(data):
        for code in edition.countries:
            line, row = markets.get(code, (0, {}))
            if not row:
                message = f"'{code}' is the country of no market: add its row, of kind market, to data/entities.csv"
                yield Finding(display_name(path, data.root), line_of(path, "countries"), "countries", message)
            elif not row["adjective"]:
                message = f"is empty; edition {edition.id} names {code}: say what its models are called"
                yield data.finding("entities", line, "adjective", message)


def stray_findings(data: Data) -> Iterator[Finding]:
    """Every CSV file of the folder is described in the package, or a template of an edition that is being filled."""
    described = {table.path for table in data.schema.tables.values()}
    for path in sorted(data.root.rglob("*.csv")):
        name = path.relative_to(data.root)
        if name.as_posix() not in described and not name.match("editions/*.todo/*.csv"):
            yield Finding(display_name(path, data.root), 1, "file", "is not described in datapackage.json")


def unit_list_findings(data: Data) -> Iterator[Finding]:
    """The closed list of units and their factors name the same units, in every table of facts."""
    for table in data.fact_tables:
        if set(table.enum("unit")) != set(data.schema.units):
            odd = ", ".join(sorted(set(table.enum("unit")) ^ set(data.schema.units)))
            message = f"the list of units of {table.name} and the factors differ by {odd}"
            yield Finding("data/datapackage.json", 1, "unit", message)
    if set(data.schema.tables["metrics"].enum("dimension")) != set(data.schema.base_units):
        yield Finding("data/datapackage.json", 1, "dimension", "the list of dimensions and the base units differ")
