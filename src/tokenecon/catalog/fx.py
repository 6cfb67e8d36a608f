"""Exchange rates: the rate for a pair, a day or period and a kind, or an error that says what is missing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

import pandas as pd

from tokenecon.catalog.errors import RateError
from tokenecon.catalog.periods import Period, month_end

KINDS = ("average", "closing")
PIVOT = "USD"


@dataclass(frozen=True)
class Rate:
    """A rate and where it comes from.

    Parameters
    ----------
    base, quote
        `value` units of `quote` for one unit of `base`.
    value
        The rate.
    kind
        ``average`` or ``closing``.
    start, end
        The days it covers; the same day for a closing rate.
    basis
        How it was found, in words: ``annual average``, ``mean of 6 monthly averages``, …
    proxy
        Whether something stands in for the rate asked for, such as a month's average for a closing rate.
    source_ids
        Sources of the rates used.
    """

    base: str
    quote: str
    value: float
    kind: str
    start: date
    end: date
    basis: str
    proxy: bool
    source_ids: tuple[str, ...]

    @property
    def inverse(self) -> Rate:
        """The same rate the other way round."""
        return replace(self, base=self.quote, quote=self.base, value=1 / self.value)

    def times(self, other: Rate) -> Rate:
        """Chain with a rate whose base is this one's quote."""
        return replace(
            self,
            quote=other.quote,
            value=self.value * other.value,
            basis=self.basis if self.basis == other.basis else f"{self.basis}; {other.basis}",
            proxy=self.proxy or other.proxy,
            source_ids=tuple(dict.fromkeys(self.source_ids + other.source_ids)),
        )

    def __str__(self) -> str:
        """Say the rate in one line."""
        when = Period(self.start, self.end).label
        proxy = ", in place of a closing rate" if self.proxy else ""
        return f"{self.value:.4f} {self.quote} per {self.base}, {when} ({self.basis}{proxy})"


def as_period(on: Period | date | str | tuple[date, date]) -> Period:
    """Read a period from a period, a day, a label or a pair of days."""
    if isinstance(on, Period):
        return on
    if isinstance(on, str):
        return Period.parse(on)
    start, end = on if isinstance(on, tuple) else (on, on)
    return Period(pd.Timestamp(start).date(), pd.Timestamp(end).date())


class Rates:
    """The exchange rates known on a day.

    Parameters
    ----------
    frame
        Rows of the fx table.
    as_of
        The day, for error messages.
    """

    def __init__(self, frame: pd.DataFrame, as_of: date):
        self.as_of = as_of
        days = frame["date"].dt.date
        keys = zip(frame["base"], frame["quote"], frame["kind"], days, strict=True)
        self._rates = dict(zip(keys, zip(frame["rate"], frame["source_id"], strict=True), strict=True))

    def find(self, base: str, quote: str, on: Period, kind: str) -> Rate:
        """Find a rate: as it stands, inverted, or through the dollar.

        Parameters
        ----------
        base, quote
            Currency codes.
        on
            Period to average over, or the period on whose last day the rate closes.
        kind
            ``average`` (for flows) or ``closing`` (for stocks).

        Raises
        ------
        RateError
            If no rate is known; the message names the pair, the day or period, the kind and the remedy.
        """
        if kind not in KINDS:
            raise ValueError(f"kind '{kind}' is neither {' nor '.join(KINDS)}")
        if kind == "closing":
            on = Period(on.end, on.end)
        if base == quote:
            return Rate(base, quote, 1.0, kind, on.start, on.end, "same currency", False, ())
        rate = self._either_way(base, quote, on, kind)
        if rate is None:
            first, second = self._either_way(base, PIVOT, on, kind), self._either_way(PIVOT, quote, on, kind)
            rate = first.times(second) if first and second else None
        if rate is None:
            raise RateError(self._complaint(base, quote, on, kind))
        return rate

    def _either_way(self, base: str, quote: str, on: Period, kind: str) -> Rate | None:
        rate = self._direct(base, quote, on, kind)
        if rate is None:
            turned = self._direct(quote, base, on, kind)
            rate = turned.inverse if turned else None
        return rate

    def _direct(self, base: str, quote: str, on: Period, kind: str) -> Rate | None:
        def rate(parts: list[tuple[float, str]], basis: str, proxy: bool = False) -> Rate:
            value = sum(value for value, _ in parts) / len(parts)
            sources = tuple(dict.fromkeys(source for _, source in parts))
            return Rate(base, quote, value, kind, on.start, on.end, basis, proxy, sources)

        def known(stored: str, day: date) -> tuple[float, str] | None:
            return self._rates.get((base, quote, stored, day))

        if kind == "closing":
            if fixing := known("central_parity", on.end):
                return rate([fixing], "central parity")
            month = known("monthly_average", month_end(on.end.year, on.end.month))
            return rate([month], "monthly average", proxy=True) if month else None
        if on.kind == "year" and (year := known("annual_average", on.end)):
            return rate([year], "annual average")
        months = [month for day in on.months if (month := known("monthly_average", day))]
        if len(months) < len(on.months):
            return None
        basis = "monthly average" if len(months) == 1 else f"mean of {len(months)} monthly averages"
        return rate(months, basis, proxy=not on.is_whole_months)

    def _complaint(self, base: str, quote: str, on: Period, kind: str) -> str:
        pair = next(
            (pair for pair in ((base, quote), (quote, base)) if any(key[:2] == pair for key in self._rates)),
            (PIVOT, quote if base == PIVOT else base),
        )
        missing = [day for day in on.months if (*pair, "monthly_average", day) not in self._rates]
        days = ", ".join(map(str, missing or on.months))
        return (
            f"no {kind} rate {base}/{quote} for {on.label} is known on {self.as_of}: add monthly_average rows "
            f"{pair[0]},{pair[1]} for {days} to data/fx.csv, published by that day, or ask for another period"
        )
