"""Reporting periods and their labels."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date, timedelta

_SPANS = {
    "FY": ("year", 1, 12),
    "H1": ("half", 1, 6),
    "H2": ("half", 7, 12),
    "9M": ("nine_months", 1, 9),
    "Q1": ("quarter", 1, 3),
    "Q2": ("quarter", 4, 6),
    "Q3": ("quarter", 7, 9),
    "Q4": ("quarter", 10, 12),
}
_LABEL = re.compile(r"(FY|H[12]|9M|Q[1-4]) ?(\d{4})")
_MONTH = re.compile(r"(\d{4})-(\d{2})")
_SPAN = re.compile(r"(\d{4}-\d{2}-\d{2})/(\d{4}-\d{2}-\d{2})")
_WEEKS = re.compile(r"(\d{2}) weeks to (\d{4}-\d{2}-\d{2})")
_COUNTS = (13, 14, 26, 27, 39, 40, 52, 53)
"""Weeks of a quarter, a half, nine months and a year of a company that counts its year in weeks."""


def month_end(year: int, month: int) -> date:
    """Return the last day of a month."""
    return date(year, month, calendar.monthrange(year, month)[1])


@dataclass(frozen=True)
class Period:
    """A span of days with the name that reports give it.

    Parameters
    ----------
    start, end
        First and last day.

    Examples
    --------
    >>> Period.parse("H1 2026").end
    datetime.date(2026, 6, 30)
    >>> Period(date(2025, 1, 1), date(2025, 9, 30)).label
    '9M 2025'
    >>> Period(date(2024, 12, 30), date(2025, 12, 28)).label, Period(date(2024, 9, 29), date(2025, 9, 27)).label
    ('FY2025', '52 weeks to 2025-09-27')
    """

    start: date
    end: date

    def __post_init__(self) -> None:
        """Refuse a period that ends before it starts."""
        if self.end < self.start:
            raise ValueError(f"period ends {self.end}, before it starts on {self.start}")

    @classmethod
    def parse(cls, text: str) -> Period:
        """Read a label: ``FY2025``, ``H1 2026``, ``9M 2025``, ``Q4 2025``, a month, a day, ``52 weeks to day``, or
        ``day/day``.

        Raises
        ------
        ValueError
            If the text is no such label.
        """
        text = text.strip()
        if found := _LABEL.fullmatch(text):
            _, first, last = _SPANS[found[1]]
            year = int(found[2])
            return cls(date(year, first, 1), month_end(year, last))
        if found := _SPAN.fullmatch(text):
            return cls(date.fromisoformat(found[1]), date.fromisoformat(found[2]))
        if found := _WEEKS.fullmatch(text):
            end = date.fromisoformat(found[2])
            return cls(end - timedelta(days=7 * int(found[1]) - 1), end)
        if found := _MONTH.fullmatch(text):
            year, month = int(found[1]), int(found[2])
            if 1 <= month <= 12:
                return cls(date(year, month, 1), month_end(year, month))
        try:
            day = date.fromisoformat(text)
        except ValueError:
            raise ValueError(
                f"'{text}' is no period: write FY2025, H1 2026, 9M 2025, Q4 2025, 2026-03 or 2026-03-31"
            ) from None
        return cls(day, day)

    @property
    def _span(self) -> tuple[str, str] | None:
        year, slack = self.end.year, timedelta(days=6 if self._weeks else 0)
        year -= bool(self._weeks) and self.end < date(year, 1, 1) + slack  # a year of weeks may end in January
        for prefix, (kind, first, last) in _SPANS.items():
            if abs(self.start - date(year, first, 1)) <= slack and abs(self.end - month_end(year, last)) <= slack:
                return kind, f"FY{year}" if prefix == "FY" else f"{prefix} {year}"
        return None

    @property
    def _weeks(self) -> int:
        """How many weeks the period counts, where it is a part of a year that is counted in weeks; else zero."""
        weeks, days = divmod((self.end - self.start).days + 1, 7)
        return weeks if not days and weeks in _COUNTS and not self.is_whole_months else 0

    @property
    def kind(self) -> str:
        """One of year, half, nine_months, quarter, month, day, other."""
        if self._span:
            return self._span[0]
        if self.start == self.end:
            return "day"
        return "month" if self.is_whole_months and len(self.months) == 1 else "other"

    @property
    def label(self) -> str:
        """Name of the period; parsing it gives the period back, but for parts of a year of weeks.

        Those whose ends lie within a week of the calendar's have the name of the calendar's.
        """
        if self._span:
            return self._span[1]
        if self.kind == "day":
            return self.start.isoformat()
        if self._weeks:
            return f"{self._weeks} weeks to {self.end}"
        return self.start.strftime("%Y-%m") if self.kind == "month" else f"{self.start}/{self.end}"

    @property
    def is_whole_months(self) -> bool:
        """Whether the period starts on the first and ends on the last day of a month."""
        return self.start.day == 1 and self.end == month_end(self.end.year, self.end.month)

    @property
    def months(self) -> list[date]:
        """Last days of the months that the period touches, in order."""
        found, day = [], self.start
        while day <= self.end:
            found.append(month_end(day.year, day.month))
            day = found[-1] + timedelta(days=1)
        return found

    @property
    def year_before(self) -> Period:
        """The same period a year earlier.

        An end of February stays one; a period that starts on the 29th starts on the 28th a year before. A year of
        weeks moves by 52 of them.
        """
        return self._moved(-1)

    @property
    def year_after(self) -> Period:
        """The same period a year later."""
        return self._moved(1)

    def _moved(self, years: int) -> Period:
        if self._weeks:
            shift = timedelta(weeks=52 * years)
            return Period(self.start + shift, self.end + shift)

        def move(day: date, keeps_end: bool) -> date:
            end = month_end(day.year + years, day.month)
            return (
                end if keeps_end and day == month_end(day.year, day.month) else end.replace(day=min(day.day, end.day))
            )

        end = move(self.end, keeps_end=True)
        return Period(end if self.start == self.end else move(self.start, keeps_end=False), end)

    def __str__(self) -> str:
        """Return the label."""
        return self.label
