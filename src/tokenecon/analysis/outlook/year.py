"""The calendar year: what a share of revenue asks of the rest of it, and where a value stands in a band."""

from __future__ import annotations


def implied_total(api: float, share: float) -> tuple[float, float]:
    """Return total revenue and revenue of the other lines when the token line is ``share`` of it."""
    if not 0 < share <= 1:
        raise ValueError(f"a share lies between zero and one, not {share}")
    return api / share, api * (1 - share) / share


def growth_for_share(share: float, share_before: float, total_growth: float) -> float:
    """Return the growth of a line that brings its share of revenue from one value to another (ratio)."""
    return share / share_before * (1 + total_growth) - 1


def share_needed(share: float, year: float, known: float, known_total: float) -> float:
    """Return the share that the rest of a year must have, for a share over all of it.

    Parameters
    ----------
    share : float
        Of the whole year.
    year : float
        Revenue of the whole year.
    known, known_total : float
        The line's revenue and all revenue so far.
    """
    if year <= known_total:
        raise ValueError(f"the year's revenue, {year}, must exceed what is known of it, {known_total}")
    return (share * year - known) / (year - known_total)


def place(value: float, low: float, high: float) -> str:
    """Say where a value lies: ``below``, ``inside`` or ``above`` the range from ``low`` to ``high``."""
    return "below" if value < low else "above" if value > high else "inside"
