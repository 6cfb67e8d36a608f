"""What a new edition still lacks: the rows that its previous edition had for its own periods, moved on to the new ones.

Nothing here is a list kept by hand. A figure that was known of the same period a year before is looked for now; a
statement that was renewed within a year is expected to be renewed; a table that followed the world is to follow on.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import pandas as pd

from tokenecon.catalog.editions import Edition
from tokenecon.catalog.periods import Period
from tokenecon.catalog.store import Catalog

TABLES = ("financials", "operating")
KEY = ["entity_id", "metric", "segment", "item", "period_start", "period_end"]
COLUMNS = ["table", *KEY, "period", "unit", "currency", "kind", "like", "like_source", "follows_from"]
"""Of :func:`needs`: `like` is what stood a year before, `follows_from` the formula that may give the figure instead."""

_ID = re.compile(r"(\d{4})(FY|H[12]|9M|Q[1-4])")
_TITLES = {
    "FY": "Full year {}",
    "H1": "First half of {}",
    "H2": "Second half of {}",
    "9M": "Nine months of {}",
    "Q1": "First quarter of {}",
    "Q2": "Second quarter of {}",
    "Q3": "Third quarter of {}",
    "Q4": "Fourth quarter of {}",
}
_FOLLOWED = ("published_on", "holds_from")


def focal_of(name: str) -> Period:
    """Return the period that an edition's id names: ``2026FY`` is about FY2026.

    Raises
    ------
    ValueError
        If the id names none.
    """
    if not (found := _ID.fullmatch(name)):
        raise ValueError(f"'{name}' names no period, as 2026FY, 2026H1, 20269M or 2026Q1 would: say which is focal")
    return Period.parse(f"{found[2]}{'' if found[2] == 'FY' else ' '}{found[1]}")


def title_of(focal: Period) -> str:
    """Return the title of an edition about a period: "First half of 2026"."""
    for prefix, title in _TITLES.items():
        if Period.parse(f"{prefix}{'' if prefix == 'FY' else ' '}{focal.start.year}") == focal:
            return title.format(focal.start.year)
    return focal.label


def comparatives_of(focal: Period, previous: Edition) -> list[Period]:
    """Return what an edition shows beside its focal period: what the previous one showed, and the halves of a year.

    Parameters
    ----------
    focal : Period
        What the edition is about.
    previous : Edition
        The edition before it.

    Returns
    -------
    list of Period
        Years first, then shorter periods, each in order of time.
    """
    own = [Period.parse(f"{half} {focal.start.year}") for half in ("H1", "H2")] if focal.kind == "year" else []
    found = {*previous.comparatives, previous.focal, focal.year_before, *own} - {focal}
    return sorted((period for period in found if period.end <= focal.end), key=lambda p: (p.kind != "year", p.start))


def files_accounts(catalog: Catalog, period: Period) -> bool:
    """Whether a company of the edition filed accounts for a period or for the same one a year before."""
    filed = catalog.financials
    filed = filed[filed["entity_id"].isin(catalog.edition.companies)]
    return bool(filed["period"].isin([period.label, period.year_before.label]).any())


def needs(catalog: Catalog, previous: Edition) -> pd.DataFrame:
    """Find the rows that an edition's sections will look for and that are not there.

    Parameters
    ----------
    catalog : Catalog
        As the new edition knows it.
    previous : Edition
        The edition before it.

    Returns
    -------
    pandas.DataFrame
        One row a missing figure, with :data:`COLUMNS`, in the order of table, company and metric.
    """
    shown = {previous.focal, *previous.comparatives}
    new = [period for period in (catalog.edition.focal, *catalog.edition.comparatives) if period not in shown]
    parts = [_figures(catalog, name, new) for name in TABLES]
    parts += [_statements(catalog, previous), _rates(catalog, new)]
    found = pd.concat([part for part in parts if len(part)] or [pd.DataFrame(columns=COLUMNS)], ignore_index=True)
    return found.reindex(columns=COLUMNS).fillna("")


def stale_tables(catalog: Catalog, previous: Edition, tables: Iterable[str]) -> dict[str, pd.Timestamp]:
    """Return the tables that hold nothing newer than the previous edition's day, and their last day."""
    found = {}
    for name in tables:
        frame = catalog.table(name)
        column = next((column for column in _FOLLOWED if column in frame), None)
        if column and len(frame) and frame[column].max() <= pd.Timestamp(previous.as_of):
            found[name] = frame[column].max()
    return found


def _figures(catalog: Catalog, name: str, new: Iterable[Period]) -> pd.DataFrame:
    """Move on by a year what is known of the periods that end a year before the new ones."""
    known = catalog.table(name)
    formulas = catalog.metrics.set_index("metric_id")["formula"]
    ends = {pd.Timestamp(period.year_before.end) for period in new}
    before = known[known["period_end"].isin(ends)]
    if before.empty:
        return pd.DataFrame(columns=COLUMNS)
    later = [Period(row.period_start.date(), row.period_end.date()).year_after for row in before.itertuples()]
    wanted = before.assign(
        table=name,
        period_start=[pd.Timestamp(period.start) for period in later],
        period_end=[pd.Timestamp(period.end) for period in later],
        period=[period.label for period in later],
        like=before["printed"],
        like_source=before["source_id"],
        follows_from=before["metric"].map(formulas),
        kind="",
    )
    key = [column for column in KEY if column in known]
    there = pd.MultiIndex.from_frame(known[key])
    wanted = wanted[~pd.MultiIndex.from_frame(wanted[key]).isin(there)].drop_duplicates([*key, "currency"])
    over = wanted["period_end"] <= pd.Timestamp(catalog.edition.as_of)
    return wanted[over].sort_values(["entity_id", "metric", "segment", "period_start"])


def _statements(catalog: Catalog, previous: Edition) -> pd.DataFrame:
    """Expect anew what was said in the year before the previous edition and has not been said since."""
    said = catalog.statements.query("kind != 'quoted'")
    key = ["entity_id", "kind", "metric", "segment"]
    day = pd.Timestamp(previous.as_of)
    recent = said[(said["published_on"] <= day) & (said["published_on"] > day - pd.DateOffset(years=1))]
    newer = pd.MultiIndex.from_frame(said.loc[said["published_on"] > day, key])
    last = recent.sort_values("published_on").drop_duplicates(key, keep="last")
    wanted = last[~pd.MultiIndex.from_frame(last[key]).isin(newer)]
    return wanted.assign(
        table="statements",
        period="after " + day.date().isoformat(),
        period_start="",
        period_end="",
        like=wanted["printed"],
        like_source=wanted["source_id"],
    ).sort_values(key)


def _rates(catalog: Catalog, new: Iterable[Period]) -> pd.DataFrame:
    """Look for the monthly and annual rates of the new periods, for currencies that facts are in."""
    rates = catalog.fx
    used = {currency for name in (*TABLES, "statements") for currency in catalog.table(name)["currency"]}
    days = {day for period in new for day in period.months if day <= catalog.edition.as_of}
    years = {period.end for period in new if period.kind == "year" and period.end <= catalog.edition.as_of}
    rows = []
    for (base, quote, kind), frame in rates.groupby(["base", "quote", "kind"]):
        wanted = {"monthly_average": days, "annual_average": years}.get(kind, set())
        for day in sorted(wanted - set(frame["date"].dt.date)) if {base, quote} <= used else ():
            rows.append(
                {
                    "table": "fx",
                    "entity_id": base,
                    "segment": quote,
                    "metric": kind,
                    "period": day.isoformat(),
                    "period_end": pd.Timestamp(day),
                    "like": f"{frame['rate'].iloc[-1]:g}",
                    "like_source": frame["source_id"].iloc[-1],
                }
            )
    return pd.DataFrame(rows)
