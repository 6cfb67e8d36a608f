"""Is a new figure likely? Questions for the person who typed it, about what no rule forbids.

A check says what is wrong. What is here may be right, and mostly is a slip: a unit a thousand times off, a sign lost,
a fraction for a percentage, a day too few. So it is asked once, of new rows only.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date, timedelta
from fractions import Fraction

from tokenecon.catalog.checks.context import Data, Fault, Row
from tokenecon.catalog.checks.numbers import Facts, Identity, formulas, sums
from tokenecon.catalog.errors import Finding
from tokenecon.catalog.periods import Period

FAR, VERY_FAR = 10, 100
"""How many times the figure of a year before, or which part of it, is asked about: the first where nothing confirms
the figure, the second always, since a whole file in a wrong unit confirms itself."""
ENOUGH = 3
"""Rows of a metric, all below zero, from which on one above zero is odd."""


def questions(data: Data, table: str, new: Collection[int]) -> Iterator[Finding]:
    """Ask about new rows that are unlikely beside the others.

    Parameters
    ----------
    data
        All tables, the new rows among them.
    table
        Name of a table of facts.
    new
        Lines of the new rows.

    Yields
    ------
    Finding
        A question with its reason.
    """
    asked = Questions(data, table, new)
    for line, row in asked.rows:
        for found in (asked.jump(line, row), asked.sign(row), asked.whole(row), asked.days(line, row)):
            if found:
                yield data.finding(table, line, *found)


def unchecked(data: Data, table: str, new: Collection[int]) -> Iterator[Finding]:
    """Name the new rows with a stated share, margin or growth that nothing could check."""
    facts = Facts(data, data.schema.tables[table])
    checked = {identity.line for identity in formulas(facts, data)}
    for line, row in facts.rows:
        if formula := data.metrics[row["metric"]]["formula"] if line in new and line not in checked else "":
            text = f"{_said(row)} was not checked: the rows of {formula} are not all known"
            yield data.finding(table, line, "value", text)


class Questions:
    """What is known beside the new rows of a table."""

    def __init__(self, data: Data, table: str, new: Collection[int]):
        self._data = data
        self._facts = Facts(data, data.schema.tables[table])
        self.rows = [(line, row) for line, row in self._facts.rows if line in new]
        self._of_metric: dict[str, list[Fraction]] = {}
        self._of_place: dict[tuple[str, ...], list[tuple[int, Row]]] = {}
        for line, row in self._facts.rows:
            self._of_place.setdefault(_place(row), []).append((line, row))
            if line not in new:
                self._of_metric.setdefault(row["metric"], []).append(self._facts.base(row))
        sound = [one for find in (sums, formulas) for one in find(self._facts, data) if not one.fault]
        self._identities: dict[int, list[Identity]] = {}
        for identity in sound:
            for line in {identity.line, *identity.others}:
                self._identities.setdefault(line, []).append(identity)
        self._by_line = dict(self._facts.rows)

    def _times(self, row: Row) -> tuple[Fraction, str, int] | None:
        """Return how many times an earlier figure a row is, that figure in words, and from how many times on to ask.

        The figure of a year before comes first, else the nearest in time, brought to the same number of days. None
        where neither is known.
        """
        same = self._facts.like(row, **self._facts.year_before(row))
        others = [other for _, other in self._of_place[_place(row)] if other["period_end"] != row["period_end"]]
        if same:
            old, when, scale, far = same[1], "a year before", Fraction(1), FAR
        elif others:
            old = min(others, key=lambda other: abs(_day(other["period_end"]) - _day(row["period_end"])))
            when, scale, far = f"of {_period(old)}", Fraction(1), VERY_FAR
            if self._data.metrics[row["metric"]]["nature"] == "flow":
                scale = Fraction(_length(old), _length(row))
        else:
            return None
        before = self._facts.base(old)
        said = f"the figure {when}, {_said(old)}"
        return (self._facts.base(row) / before * scale, said, far) if before else None

    def _is_far(self, row: Row) -> bool:
        times = self._times(row)
        return times is not None and not Fraction(1, times[2]) < abs(times[0]) < times[2]

    def _is_confirmed(self, line: int, row: Row) -> bool:
        """Whether a sum or formula holds the row to a figure that is not far from the past itself.

        The largest of the others decides: where a whole file is ten times too large, so are the totals.
        """
        ratio = self._dimension(row) == "ratio"
        for identity in self._identities.get(line, ()):
            others = {identity.line, *identity.others} - {line}
            known = [self._by_line[other] for other in others if other in self._by_line]
            like = [other for other in known if self._dimension(other) == self._dimension(row)]
            if ratio or (like and not self._is_far(max(like, key=lambda other: abs(self._facts.base(other))))):
                return True
        return False

    def _dimension(self, row: Row) -> str:
        return self._data.metrics[row["metric"]]["dimension"]

    def jump(self, line: int, row: Row) -> Fault | None:
        """Ask about a figure many times the earlier one, a small part of it, or nothing where there was something."""
        if self._data.metrics[row["metric"]]["nature"] == "change" or not (found := self._times(row)):
            return None
        times, before, far = found
        if not times:
            return "value", f"{_said(row)} comes after {before}; is it nothing, or not disclosed?"
        if times < 0:
            return None  # A profit that crosses zero may be any number of times the old one.
        size = max(times, 1 / times)
        if size < far or (size < VERY_FAR and self._is_confirmed(line, row)):
            return None
        ratio = self._dimension(row) == "ratio"
        what = "is it a fraction, or a percentage?" if ratio else "is the unit right, and no digit too many or too few?"
        return "unit", f"{_said(row)} is {float(times):.3g} times {before}; {what}"

    def sign(self, row: Row) -> Fault | None:
        """Ask about the first figure of a metric on its side of zero."""
        if self._data.metrics[row["metric"]]["nature"] == "change":
            return None
        value, known = self._facts.base(row), self._of_metric.get(row["metric"], ())
        if value < 0 and known and min(known) >= 0:
            return "value", f"{_said(row)} is below zero, as no {row['metric']} known is; is a loss positive?"
        if value > 0 and len(known) >= ENOUGH and max(known) < 0:
            return "value", f"{_said(row)} is above zero, as no {row['metric']} known is; is a minus lost?"
        return None

    def whole(self, row: Row) -> Fault | None:
        """Ask about the first ratio of a metric that is more than the whole."""
        metric = self._data.metrics[row["metric"]]
        if (metric["dimension"], metric["nature"]) != ("ratio", "ratio") or self._facts.base(row) <= 1:
            return None
        if max(self._of_metric.get(row["metric"], ()), default=2) <= 1:
            return "value", f"{_said(row)} is more than all of it, as no {row['metric']} known is; is it right?"
        return None

    def days(self, line: int, row: Row) -> Fault | None:
        """Ask about a period that is a day off another of the same figure, or off whole months."""
        for other, known in self._of_place[_place(row)]:
            off = [abs((_day(row[end]) - _day(known[end])).days) for end in ("period_start", "period_end")]
            if max(off) == 1:
                return _odd_end(off), f"{_period(row)} is a day off {_period(known)} on line {other}; is it the same?"
        ends = (_day(row["period_start"]), _day(row["period_end"]))
        leaps = (ends[0].month, ends[0].day) == (2, 29)  # After a year that ended on 28 February.
        for days in ((0, 1), (0, -1), (1, 0), (-1, 0), (1, 1), (-1, -1)):
            start, end = (day + timedelta(days=more) for day, more in zip(ends, days, strict=True))
            flow = ends[0] != ends[1] and start < end
            if flow and not leaps and not Period(*ends).is_whole_months and Period(start, end).is_whole_months:
                return _odd_end(days), f"{_period(row)} is a day off {start}/{end}; is it that?"
        return None


def _place(row: Row) -> tuple[str, ...]:
    return tuple(row[name] for name in ("entity_id", "metric", "segment", "item", "currency"))


_day = date.fromisoformat


def _length(row: Row) -> int:
    return (_day(row["period_end"]) - _day(row["period_start"])).days + 1


def _said(row: Row) -> str:
    return f"{row['value']} {row['unit']}"


def _period(row: Row) -> str:
    start, end = row["period_start"], row["period_end"]
    return end if start == end else f"{start}/{end}"


def _odd_end(off: Collection[int]) -> str:
    return "period_start" if next(iter(off)) else "period_end"
