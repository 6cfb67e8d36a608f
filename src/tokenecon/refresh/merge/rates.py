"""Exchange rates: the mean of a month once it is over, if all its days are sound."""

from __future__ import annotations

import calendar
from collections.abc import Iterable
from decimal import Decimal
from itertools import pairwise

from tokenecon.refresh.connectors import BASE, Daily
from tokenecon.refresh.merge.base import Base, Made, View
from tokenecon.refresh.merge.quarantine import Held, Quarantine
from tokenecon.refresh.tables import Row

JUMP = Decimal("1.25")
"""A rate more than so many times that of the month before, or less than its so-manieth part, is held back."""
FAR = f"is more than {JUMP} times the month before, or less than its part of that"
PAIRS = [(BASE, quote) for quote in ("CNY", "EUR", "GBP", "HKD", "JPY", "KRW")]
EDGE = 5
"""So many days after one with a rate there is another, over weekends and holidays."""


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
        months: dict[tuple[tuple[str, str], str], list[Daily]] = {}
        for daily in sorted(view.of(Daily), key=lambda daily: daily.day):
            last = calendar.monthrange(daily.day.year, daily.day.month)[1]
            end = daily.day.replace(day=last).isoformat()
            months.setdefault(((daily.base, daily.quote), end), []).append(daily)
        over = {end for (_, end), dailies in months.items() if end < view.look.day.isoformat() and _is_whole(dailies)}
        for pair in PAIRS:
            for end in sorted(over - self.means.setdefault(pair, {}).keys()):
                dailies = months.get((pair, end), [])
                if _is_whole(dailies):
                    self._average(view, pair, end, dailies)
                else:
                    place, reason = f"{'/'.join(pair)} {end}", "lacks days of the month that other currencies have"
                    remedy = "add the month to data/fx.csv, or ignore it in data/accepted.csv"
                    self.quarantine.hold(view, place, place, "rate", len(dailies), reason, remedy=remedy)

    def _average(self, view: View, pair: tuple[str, str], end: str, dailies: list[Daily]) -> None:
        scope, known = f"{'/'.join(pair)} {end}", self.means[pair]
        self.quarantine.forget(view, scope)
        before = max((month for month in known if month < end), default="")
        reference = known.get(before)
        if seen := _all_far(dailies, reference):  # The cause is one, and so is the item.
            reason = f"{FAR}, on every day; is the month before the inverse in data/fx.csv?"
            if not self.quarantine.lets_in(view, scope, scope, "rate", seen, reason, known=str(reference)):
                return
            reference = None
        rates = []
        for daily in dailies:
            place = f"{'/'.join(pair)} {daily.day}"
            try:
                rates.append(self.quarantine.value(view, scope, place, "rate", daily.rate, reference, _judge))
            except Held:
                continue
        if len(rates) != len(dailies):
            return
        mean = round(sum(rates, Decimal(0)) / len(rates), 4)
        known[end] = mean
        row = {"date": end, "base": pair[0], "quote": pair[1], "rate": f"{mean:.4f}", "kind": "monthly_average"}
        self.made["fx"].append((row | {"note": f"mean of {len(rates)} days"}, view.look.source))

    def load(self, rows: Iterable[Row]) -> None:
        """Take up the rows that were made."""
        for row in rows:
            self.means.setdefault((row["base"], row["quote"]), {})[row["date"]] = Decimal(row["rate"])


def _is_whole(dailies: list[Daily]) -> bool:
    """Whether days in order cover their month."""
    days = [0, *(daily.day.day for daily in dailies)]
    last = calendar.monthrange(dailies[0].day.year, dailies[0].day.month)[1] if dailies else 31
    return all(after - before <= EDGE for before, after in pairwise([*days, last + 1]))


def _all_far(dailies: list[Daily], known: Decimal | None) -> Decimal | None:
    """Return the middle one of rates that are all far from what is known; None if one is not, or is no rate."""
    rates = sorted(daily.rate for daily in dailies if isinstance(daily.rate, Decimal))
    if len(rates) < len(dailies) or any(_judge(rate, known) != FAR for rate in rates):
        return None
    return rates[len(rates) // 2]


def _judge(value: Decimal, known: Decimal | None) -> str:
    if value <= 0:
        return "is not positive"
    far = known and not known / JUMP <= value <= known * JUMP
    return FAR if far else ""
