"""Printed numbers, periods, formulas."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenecon.catalog import Interval, Period
from tokenecon.catalog.printed import agree

THOUSAND, MILLION, ONE = Fraction(1000), Fraction(10**6), Fraction(1)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (("190379", THOUSAND), ("190", MILLION), True),
        (("190379", THOUSAND), ("191", MILLION), False),
        (("3.4", ONE), ("3.3", ONE), False),
        (("3.4", ONE), ("3.40", ONE), True),
        (("3.4", ONE), ("3.35", ONE), True),
    ],
)
def test_agreement_is_equality_or_rounding(one, other, same):
    assert agree(one, other) is same
    assert agree(other, one) is same


@given(st.decimals(min_value=-(10**6), max_value=10**6, places=4), st.integers(0, 3))
def test_a_rounding_always_agrees_with_what_it_rounds(number, places):
    rounded = str(round(number, places))
    assert agree((str(number), ONE), (rounded, ONE))
    assert Interval.of(rounded).meets(Interval.of(str(number)))


@given(a=st.fractions(1, 100), b=st.fractions(1, 100), wide=st.fractions(0, 1))
def test_interval_arithmetic_holds_the_truth(a, b, wide):
    left, right = Interval(a - wide, a + wide), Interval(b, b + wide)
    for exact, span in ((a + b, left + right), (a - b, left - right), (a / b, left / right)):
        assert span.low <= exact <= span.high


def test_dividing_by_what_may_be_zero_gives_nothing():
    assert Interval.of("1") / Interval.of("0") is None


@pytest.mark.parametrize(
    ("label", "start", "end", "kind"),
    [
        ("FY2025", (2025, 1, 1), (2025, 12, 31), "year"),
        ("H2 2025", (2025, 7, 1), (2025, 12, 31), "half"),
        ("9M 2025", (2025, 1, 1), (2025, 9, 30), "nine_months"),
        ("Q4 2025", (2025, 10, 1), (2025, 12, 31), "quarter"),
        ("2024-02", (2024, 2, 1), (2024, 2, 29), "month"),
        ("2026-09-23", (2026, 9, 23), (2026, 9, 23), "day"),
        ("2026-05-18/2026-05-24", (2026, 5, 18), (2026, 5, 24), "other"),
    ],
)
def test_period_labels(label, start, end, kind):
    period = Period.parse(label)
    assert (period.start, period.end, period.kind, period.label) == (date(*start), date(*end), kind, label)


@given(st.dates(date(2000, 1, 1), date(2040, 1, 1)), st.integers(0, 800))
def test_a_label_gives_its_period_back(start, days):
    """Or, for a part of a year of weeks, that of the calendar, whose ends lie within a week of its own."""
    period = Period(start, date.fromordinal(start.toordinal() + days))
    given = Period.parse(period.label)
    apart = max(abs(given.start - start), abs(given.end - period.end)).days
    assert apart == 0 or (apart <= 7 and given.kind in ("quarter", "half", "year"))


def test_a_year_before():
    assert Period.parse("H1 2024").year_before.label == "H1 2023"
    assert Period.parse("2024-02").year_before.label == "2023-02"
    assert Period.parse("2024-02-29").year_before.label == "2023-02-28"


@pytest.mark.parametrize(
    ("start", "end", "before"),
    [
        ("2024-02-29", "2024-08-31", "2023-02-28/2023-08-31"),
        ("2023-03-01", "2024-02-29", "2022-03-01/2023-02-28"),
        ("2023-09-01", "2024-02-28", "2022-09-01/2023-02-28"),
        ("2024-02-10", "2024-02-28", "2023-02-10/2023-02-28"),
        ("2024-09-29", "2025-09-27", "52 weeks to 2024-09-28"),
    ],
)
def test_a_year_before_ends_where_its_month_does(start, end, before):
    assert Period(date.fromisoformat(start), date.fromisoformat(end)).year_before.label == before


def test_a_year_after_ends_with_a_leap_february_only_where_the_month_was_whole():
    assert Period.parse("2022-03-01/2023-02-28").year_after.label == "2023-03-01/2024-02-29"
    assert Period.parse("2023-02-28/2023-08-31").year_after.label == "2024-02-28/2024-08-31"
    assert Period.parse("2022-03-01/2023-02-26").year_after.label == "2023-03-01/2024-02-26"


@given(st.dates(date(1990, 1, 1), date(2100, 1, 1)), st.integers(0, 1200))
def test_a_year_before_and_after_is_the_period_itself_but_for_a_leap_day(start, days):
    period = Period(start, date.fromordinal(start.toordinal() + days))
    if period._weeks or period.year_before._weeks:
        assert not period._weeks or (period.start - period.year_before.start).days == 7 * 52
        return
    again = period.year_before.year_after
    for there, back in ((period.start, again.start), (period.end, again.end)):
        assert there == back or (there.month == 2 and there.day >= 28 and abs((there - back).days) == 1)
    assert (period.year_before.start.year, period.year_before.end.year) == (
        start.year - 1,
        period.end.year - 1,
    ) or days == 0


@pytest.mark.parametrize("text", ["FY25", "H3 2025", "2025", "2025-13", "2025-02-30", ""])
def test_what_is_no_period(text):
    with pytest.raises(ValueError, match="is no period"):
        Period.parse(text)
