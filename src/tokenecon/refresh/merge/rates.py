"""Exchange rates: the mean of a month once it is over, if all its days are sound."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterable
from decimal import Decimal

from tokenecon.refresh.connectors import Daily
from tokenecon.refresh.merge.base import Base, Made, View
from tokenecon.refresh.merge.quarantine import Held, Quarantine
from tokenecon.refresh.tables import Row

JUMP = Decimal("1.25")
"""A rate more than so many times that of the month before, or less than its so-manieth part, is held back."""
EDGE = 5
"""Days at either end of a month that may have no rate: weekends and holidays."""


class Rates:
    """Means known by now.

    Parameters
    ----------
    base
        Rows of people.
    quarantine
        Where values are held back.
    made
        Where new rows go.
    """

    def __init__(self, base: Base, quarantine: Quarantine, made: Made):
        self.quarantine, self.made = quarantine, made
        self.means = {pair: dict(months) for pair, months in base.rates.items()}

    def last(self, base: str, quote: str) -> Decimal:
        """Return the last known mean of a pair; zero if there is none."""
        return max(self.means.get((base, quote), {}).items(), default=("", Decimal(0)))[1]

    def see(self, view: View) -> None:
        """Take in a look at daily rates."""
        months: dict[tuple[str, str, str], list[Daily]] = {}
        for daily in view.entries:
            last = calendar.monthrange(daily.day.year, daily.day.month)[1]
            months.setdefault((daily.base, daily.quote, daily.day.replace(day=last).isoformat()), []).append(daily)
        for (base, quote, end), dailies in sorted(months.items()):
            known = self.means.setdefault((base, quote), {})
            days = [daily.day.day for daily in dailies]
            whole = min(days) <= EDGE and max(days) > int(end[-2:]) - EDGE and view.look.day.isoformat() > end
            if end not in known and whole:
                self._average(view, (base, quote), end, sorted(dailies, key=lambda daily: daily.day))

    def _average(self, view: View, pair: tuple[str, str], end: str, dailies: list[Daily]) -> None:
        scope, known = f"{'/'.join(pair)} {end}", self.means[pair]
        self.quarantine.forget(view, scope)
        before = max((month for month in known if month < end), default="")
        rates = []
        for daily in dailies:
            place = f"{'/'.join(pair)} {daily.day}"
            try:
                rates.append(self.quarantine.value(view, scope, place, "rate", daily.rate, known.get(before), _judge))
            except Held:
                continue
        if len(rates) != len(dailies) or not all(re.fullmatch("[A-Z]{3}", name) for name in pair):
            return
        mean = round(sum(rates) / len(rates), 4)
        known[end] = mean
        row = {"date": end, "base": pair[0], "quote": pair[1], "rate": f"{mean:.4f}", "kind": "monthly_average"}
        self.made["fx"].append((row | {"note": f"mean of {len(rates)} days"}, view.look.source))

    def load(self, rows: Iterable[Row]) -> None:
        """Take up the rows that were made."""
        for row in rows:
            self.means.setdefault((row["base"], row["quote"]), {})[row["date"]] = Decimal(row["rate"])


def _judge(value: Decimal, known: Decimal | None) -> str:
    if value <= 0:
        return "is not positive"
    far = known and not known / JUMP <= value <= known * JUMP
    return f"is more than {JUMP} times the month before, or less than its part of that" if far else ""
