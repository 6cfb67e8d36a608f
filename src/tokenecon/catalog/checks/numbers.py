"""What the numbers must obey: sums, formulas, one value a fact, plausible magnitudes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import partial
from itertools import combinations

from tokenecon.catalog.checks.context import Data, Fault, Row
from tokenecon.catalog.errors import Finding
from tokenecon.catalog.formula import Formula
from tokenecon.catalog.periods import Period
from tokenecon.catalog.printed import Interval, agree, decimals
from tokenecon.catalog.rulings import rejections
from tokenecon.catalog.schema import Table

COMPARABLE = ("exact", "about")
TOKENS = (10**6, 10**18)
MOVES = 7
"""Days by which an end of a year of 52 weeks may move from one year to the next."""
SHORTEST = 28
"""Days of a period from which on its ends may move."""
SAID = [
    *("entity_id", "kind", "metric", "segment", "period_start", "period_end", "currency", "definition"),
    *("scope", "said_by", "said_on"),
]
_PLACE = ["entity_id", "metric", "segment", "item", "period_start", "period_end", "currency"]


class Facts:
    """Rows of one table, looked up by what they state, as the source that looks knew them.

    What a source states follows from its own rows, also from those that it or another restated later. Where it has
    none, the rows speak that stood on its day, and else those that stand now; among several the strongest source.
    """

    def __init__(self, data: Data, table: Table):
        tiers = data.schema.tables["sources"].enum("tier")
        replaced = {old.line: old for old in data.replaced(table.name)}
        replaces: dict[int, list[str]] = {}
        for old in replaced.values():
            replaces.setdefault(old.by, []).append(old.row["source_id"])
        standing = [
            (line, {"item": "", "until": "", "replaces": " ".join(replaces.get(line, ()))} | row)
            for line, row in data.standing(table.name)
        ]
        before = [(old.line, {"item": "", "until": old.on, "replaces": ""} | old.row) for old in replaced.values()]
        ranked = sorted(
            (pair for pair in [*standing, *before] if pair[1]["value"] and pair[1]["qualifier"] in COMPARABLE),
            key=lambda pair: tiers.index(data.sources[pair[1]["source_id"]]["tier"]),
        )
        self.rows = [(line, row) for line, row in ranked if not row["until"]]
        self.table = table.name
        self._known: dict[tuple[str, ...], list[tuple[int, Row]]] = {}
        self._periods: dict[str, set[tuple[str, str]]] = {}
        for line, row in ranked:
            self._known.setdefault(self._key(row), []).append((line, row))
            self._periods.setdefault(row["entity_id"], set()).add((row["period_start"], row["period_end"]))
        self.factor = data.factor

    @staticmethod
    def _key(row: Row) -> tuple[str, ...]:
        return tuple(row[name] for name in _PLACE)

    def like(self, row: Row, **changed: str) -> tuple[int, Row] | None:
        """Find the row that is like another but for what is changed; a restated row is not mixed with what it ended."""
        day = row["published_on"]
        known = self._known.get(self._key(row | changed), [])
        own = [pair for pair in known if pair[1]["source_id"] == row["source_id"]]
        then = [pair for pair in known if pair[1]["published_on"] <= day and not "" < pair[1]["until"] <= day]
        now = [pair for pair in known if not pair[1]["until"]]
        found = next(iter([*own, *then, *now]), None)
        return None if found and found[1]["source_id"] in row["replaces"].split() else found

    def exceeded(self, row: Row, **changed: str) -> tuple[int, Row] | None:
        """Find the row that is like another but for what is changed, if it is less than that beyond all rounding."""
        found = self.like(row, **changed)
        return found if found and self.interval(row).low > self.interval(found[1]).high else None

    def year_before(self, row: Row) -> Row:
        """Return start and end of the period a year before, as the company has it: a year of 52 weeks ends earlier."""
        period = Period(date.fromisoformat(row["period_start"]), date.fromisoformat(row["period_end"])).year_before
        wanted = (period.start.isoformat(), period.end.isoformat())
        known = self._periods.get(row["entity_id"], set())
        if wanted not in known and (period.end - period.start).days >= SHORTEST:
            near = [(_days_between(wanted, other), other) for other in known]
            off, other = min(near, default=(MOVES + 1, wanted))
            wanted = other if off <= MOVES else wanted
        return dict(zip(("period_start", "period_end"), wanted, strict=True))

    def base(self, row: Row) -> Fraction:
        """Printed value of a row in base units, exactly."""
        return Fraction(row["value"]) * self.factor(row)

    def interval(self, row: Row) -> Interval:
        """What the printed value of a row may stand for, in base units."""
        return Interval.of(row["value"], self.factor(row))


def _days_between(one: tuple[str, str], other: tuple[str, str]) -> int:
    """Count the days by which the ends of two periods are apart, at the end where they are more."""
    return max(abs((date.fromisoformat(a) - date.fromisoformat(b)).days) for a, b in zip(one, other, strict=True))


@dataclass(frozen=True)
class Identity:
    """What rows of one table must fulfil together: a sum, or a formula.

    Parameters
    ----------
    table
        Name of the table.
    line
        Line of the sum, or of the stated figure.
    others
        Lines of what it is computed from.
    fault
        What is wrong; empty if it holds.
    """

    table: str
    line: int
    others: tuple[int, ...]
    fault: str


def tables_of_facts(data: Data) -> Iterator[Facts]:
    """Give the tables whose arithmetic is checked."""
    # Statements are kept as they were said, so nothing is asked of them.
    return (
        data.once("facts", table.name, partial(Facts, data, table))
        for table in data.fact_tables
        if table.name != "statements"
    )


def sum_findings(data: Data) -> Iterator[Finding]:
    """Segments that make up their parent sum to it: exactly, where all are printed alike."""
    return _broken(sums, data)


def formula_findings(data: Data) -> Iterator[Finding]:
    """Stated margins, shares and growth equal what the rows give, at the printed precision."""
    return _broken(formulas, data)


def _broken(find: Callable[[Facts, Data], Iterator[Identity]], data: Data) -> Iterator[Finding]:
    found = (identity for facts in tables_of_facts(data) for identity in find(facts, data))
    return (data.finding(one.table, one.line, "value", one.fault) for one in found if one.fault)


def sums(facts: Facts, data: Data) -> Iterator[Identity]:
    """Give the sums that the rows of a table let be checked."""
    groups: dict[tuple[str, str], list[tuple[str, list[str]]]] = {}
    for (entity, parent, axis), names in data.exhaustive.items():
        groups.setdefault((entity, parent), []).append((axis, names))
    for line, row in facts.rows:
        if data.metrics[row["metric"]]["nature"] not in ("flow", "stock"):
            continue
        for axis, names in groups.get((row["entity_id"], row["segment"]), ()):
            parts = [part for name in names if (part := facts.like(row, segment=name))]
            if len(parts) == len(names):
                fault = _sum_fault(facts, row, [part for _, part in parts])
                others = tuple(other for other, _ in parts)
                yield Identity(facts.table, line, others, f"{fault} (axis {axis})" if fault else "")


def _sum_fault(facts: Facts, row: Row, parts: list[Row]) -> str | None:
    total = sum((facts.base(part) for part in parts), Fraction(0))
    rows = [row, *parts]
    alike = len({(part["unit"], decimals(part["value"])) for part in rows}) == 1
    if alike and all(part["qualifier"] == "exact" for part in rows):
        off = total != facts.base(row)
    else:
        spans = [facts.interval(part) for part in parts]
        off = not facts.interval(row).meets(sum(spans[1:], spans[0]))
    if not off:
        return None
    terms = " + ".join(f"{part['value']} ({part['segment']})" for part in parts)
    given = _text(total / facts.factor(row), decimals(row["value"]) if alike else decimals(row["value"]) + 1)
    return f"{row['value']} is not the sum of its segments: {terms} gives {given}"


def part_findings(data: Data) -> Iterator[Finding]:
    """A part of revenue, staff or customers is not larger than the whole."""
    for facts in tables_of_facts(data):
        for line, row in facts.rows:
            dimension = data.metrics[row["metric"]]["dimension"]
            parent = data.segments[row["entity_id"], row["segment"]]["parent"]
            counted = row["metric"] == "revenue" or dimension in ("persons", "customers", "users")
            if parent and counted and (whole := facts.exceeded(row, segment=parent)):
                message = f"{row['value']} {row['unit']} is more than its whole, {parent}, on line {whole[0]}"
                yield data.finding(facts.table, line, "value", message)


def cached_findings(data: Data) -> Iterator[Finding]:
    """Input read from a cache costs no more than input."""
    for facts in tables_of_facts(data):
        for line, row in facts.rows:
            cached = row["metric"] == "list_price_cached_input"
            if cached and (full := facts.exceeded(row, metric="list_price_input")):
                price = f"{full[1]['value']}, the price without a cache, on line {full[0]}"
                yield data.finding(facts.table, line, "value", f"{row['value']} is more than {price}")


def formulas(facts: Facts, data: Data) -> Iterator[Identity]:
    """Give the stated figures of a table that its rows let be computed."""
    for line, row in facts.rows:
        formula = data.metrics[row["metric"]]["formula"]
        given = _evaluate(formula, row, facts, data) if formula else None
        if given:
            span, terms, others = given
            fault = ""
            if not facts.interval(row).meets(span):
                middle = _text((span.low + span.high) / 2 / facts.factor(row), decimals(row["value"]) + 1)
                fault = f"{row['value']} {row['unit']} is printed, but {formula} = {terms} gives {middle}"
            yield Identity(facts.table, line, others, fault)


def _evaluate(formula: str, row: Row, facts: Facts, data: Data) -> tuple[Interval, str, tuple[int, ...]] | None:
    """Return what a formula gives for a row, the numbers put in, and their lines; None where a part is not known."""
    parsed = Formula.parse(formula)
    other = {"metric": parsed.right} | ({"segment": parsed.segment} if parsed.segment else {})
    grows = parsed.operator == "growth"
    if grows:
        other |= facts.year_before(row)
    pair = _operands(row, facts, data, {"metric": parsed.left}, other)
    if not pair:
        return None
    first, second = (_difference(part, facts) for part in pair)
    given = first - second if parsed.operator == "-" else first / second
    if not given:
        return None
    lines = tuple(line for part in pair for line, _ in part)
    terms = f" {'/' if grows else parsed.operator} ".join(_terms(part) for part in pair)
    return (given.minus_one(), f"{terms} - 1", lines) if grows else (given, terms, lines)


def _operands(row: Row, facts: Facts, data: Data, *changes: Row) -> list[list[tuple[int, Row]]] | None:
    # A ratio carries no currency, its parts do: all are in one, the ratio's own source's before another's.
    currencies = [row["currency"]] if row["currency"] else ["", *data.schema.tables["financials"].enum("currency")]
    found = []
    for currency in currencies:
        wanted = (row | {"currency": currency} | change for change in changes)
        parts = [part for one in wanted if (part := _operand(one, facts, data))]
        if len(parts) == len(changes):
            found.append(parts)
    return max(found, key=lambda parts: _nearness(row, parts), default=None)


def _nearness(row: Row, parts: list[list[tuple[int, Row]]]) -> tuple[int, int]:
    """Count the rows of a ratio's own source, and those that were known on its day."""
    rows = [part for one in parts for _, part in one]
    own = sum(part["source_id"] == row["source_id"] for part in rows)
    return own, sum(part["published_on"] <= row["published_on"] for part in rows)


def _operand(wanted: Row, facts: Facts, data: Data) -> list[tuple[int, Row]] | None:
    """Find the row wanted, or the rows it is the difference of: the whole, and its other parts."""
    found = facts.like(wanted)
    if found:
        return [found]
    own = data.segments.get((wanted["entity_id"], wanted["segment"]))
    if not own or own["exhaustive"] != "true":
        return None
    siblings = data.exhaustive[own["entity_id"], own["parent"], own["axis"]]
    names = [own["parent"], *(name for name in siblings if name != own["segment"])]
    rows = [row for name in names if (row := facts.like(wanted, segment=name))]
    return rows if len(rows) == len(names) else None


def _difference(rows: list[tuple[int, Row]], facts: Facts) -> Interval:
    first, *rest = (facts.interval(row) for _, row in rows)
    for span in rest:
        first = first - span
    return first


def _terms(rows: list[tuple[int, Row]]) -> str:
    text = " - ".join(row["value"] for _, row in rows)
    return f"({text})" if len(rows) > 1 else text


def _text(value: Fraction, digits: int) -> str:
    return f"{float(value):.{digits}f}"


def disagreement_findings(data: Data) -> Iterator[Finding]:
    """Two rows that state one fact agree, unless a ruling says which of them holds."""
    for table in data.fact_tables:
        key = SAID if table.name == "statements" else table.fact_key
        groups: dict[tuple[str, ...], list[tuple[int, Row]]] = {}
        named = rejections(data[table.name], table, data["rulings"])
        for line, row in data.rows(table.name):
            if not named[line]:
                groups.setdefault(tuple(row[name] for name in key), []).append((line, row))
        for group in groups.values():
            for (first, one), (line, other) in combinations(group, 2):
                if one["source_id"] == other["source_id"] and printed(one) == printed(other):
                    yield data.finding(table.name, line, "row", f"states again what line {first} does; delete one")
                elif not rows_agree(one, other, data):
                    now, before = (f"{printed(row)} ({row['source_id']})" for row in (other, one))
                    message = f"{now} disagrees with {before} on line {first}; say in data/rulings.csv which holds"
                    yield data.finding(table.name, line, "value", message)


def printed(row: Row) -> str:
    """Write the value of a row as its source does, with its unit."""
    return f"{row['value'] or row['value_low'] + '-' + row['value_high']} {row['unit']}"


def rows_agree(one: Row, other: Row, data: Data) -> bool:
    """Whether two rows print the same number, or one a rounding of the other."""
    if one["value"] and other["value"]:
        return agree((one["value"], data.factor(one)), (other["value"], data.factor(other)))
    return printed(one) == printed(other)


def magnitude_faults(row: Row, data: Data) -> Iterator[Fault]:
    """Shares lie between nothing and all, and tokens come in a believable number."""
    dimension = data.metrics[row["metric"]]["dimension"]
    for column in ("value", "value_low", "value_high"):
        if not row.get(column):
            continue
        value = Fraction(row[column]) * data.factor(row)
        if row["metric"].endswith("_share") and not 0 <= value <= 1:
            yield column, f"{row[column]} {row['unit']} is no share of a whole"
        if dimension in ("tokens", "tokens_per_day") and not TOKENS[0] <= value <= TOKENS[1]:
            yield column, f"{row[column]} {row['unit']} is {float(value):.0e} tokens; is the unit right?"
