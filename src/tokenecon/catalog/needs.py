"""What a new edition still lacks: the rows that its previous edition had for its own periods, moved on to the new ones.

Nothing here is a list kept by hand. A figure that was known of the same period a year before is looked for now, as is
one that a company filed within the year for the first time; a statement that was renewed within a year is expected to
be renewed; a table that followed the world is to follow on. A segment with a new name is looked for under that.
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
    """Move on what is known of the periods that end a year before the new ones, or began in a new year."""
    known = catalog.table(name)
    formulas = catalog.metrics.set_index("metric_id")["formula"]
    ends = {pd.Timestamp(period.year_before.end) for period in new}
    before = known[known["period_end"].isin(ends)]
    later = [Period(row.period_start.date(), row.period_end.date()).year_after for row in before.itertuples()]
    parts = [_moved(before, later)]
    if name == "financials":
        parts += [_within(known, period, catalog.edition.companies) for period in new if period.kind == "year"]
    wanted = pd.concat([part for part in parts if len(part)] or [parts[0]], ignore_index=True)
    if wanted.empty:
        return pd.DataFrame(columns=COLUMNS)
    wanted = wanted.assign(table=name, follows_from=wanted["metric"].map(formulas), kind="")
    key = [column for column in KEY if column in known]
    wanted = _under_new_names(wanted, known, _continuing(catalog), key)
    if name == "financials":
        wanted = _in_newest_currency(wanted, known, catalog.edition.companies)
    there = pd.MultiIndex.from_frame(known[key])
    wanted = wanted[~pd.MultiIndex.from_frame(wanted[key]).isin(there)].drop_duplicates([*key, "currency"])
    over = wanted["period_end"] <= pd.Timestamp(catalog.edition.as_of)
    return wanted[over].sort_values(["entity_id", "metric", "segment", "period_start"])


def _moved(rows: pd.DataFrame, later: list[Period]) -> pd.DataFrame:
    """Return rows as they are looked for in later periods, one a row."""
    return rows.assign(
        period_start=[pd.Timestamp(period.start) for period in later],
        period_end=[pd.Timestamp(period.end) for period in later],
        period=[period.label for period in later],
        like=rows["printed"],
        like_source=rows["source_id"],
    )


def _within(known: pd.DataFrame, year: Period, companies: Iterable[str]) -> pd.DataFrame:
    """Return what companies first filed within a year, such as in its first half, as looked for at its end."""
    start, end, last = (pd.Timestamp(day) for day in (year.start, year.end, year.year_before.end))
    own = known[known["entity_id"].isin(set(companies))]
    line = ["entity_id", "metric", "segment"]
    a_year_before = pd.MultiIndex.from_frame(own.loc[own["period_end"] == last, line])
    stock = own["period_start"] == own["period_end"]
    filed = own[(own["period_end"] > start) & (own["period_end"] < end) & (stock | (own["period_start"] == start))]
    new = filed[~pd.MultiIndex.from_frame(filed[line]).isin(a_year_before)]
    new = new.sort_values("period_end").drop_duplicates(line, keep="last")
    days = [year.end if row.period_start == row.period_end else year.start for row in new.itertuples()]
    return _moved(new, [Period(day, year.end) for day in days])


def _continuing(catalog: Catalog) -> dict[tuple[str, str], list[str]]:
    """Return the segments that continue a segment under another name or cut, by company and the old name."""
    found: dict[tuple[str, str], list[str]] = {}
    for row in catalog.segments.itertuples():
        for old in str(row.continues).split():
            found.setdefault((row.entity_id, old), []).append(row.segment)
    return found


def _under_new_names(
    wanted: pd.DataFrame, known: pd.DataFrame, continuing: dict[tuple[str, str], list[str]], key: list[str]
) -> pd.DataFrame:
    """Look for a segment where it goes on, once a row of the period has the new name; what was merged is one row."""
    filed = set(known[["entity_id", "segment", "period_end"]].itertuples(index=False, name=None))

    def goes_on(entity: str, segment: str, end: pd.Timestamp) -> list[str]:
        return [name for name in continuing.get((entity, segment), ()) if (entity, name, end) in filed] or [segment]

    now = [goes_on(*row) for row in wanted[["entity_id", "segment", "period_end"]].itertuples(index=False)]
    moved = wanted.assign(segment=now).explode("segment", ignore_index=True)
    merged = moved.groupby([*key, "currency"], dropna=False, sort=False)["like"]
    return moved.assign(like=merged.transform(lambda like: " and ".join(dict.fromkeys(like))))


def _in_newest_currency(wanted: pd.DataFrame, known: pd.DataFrame, companies: Iterable[str]) -> pd.DataFrame:
    """Ask companies for money in the currency that they filed last, and say in which one `like` is where it differs."""
    own = known[known["entity_id"].isin(set(companies)) & (known["currency"] != "")]
    newest = own.sort_values("period_end").groupby("entity_id")["currency"].last()
    asked = wanted["entity_id"].map(newest).fillna(wanted["currency"]).where(wanted["currency"] != "", "")
    said = wanted["like"] + " " + wanted["currency"]
    return wanted.assign(currency=asked, like=wanted["like"].where(asked == wanted["currency"], said))


def _statements(catalog: Catalog, previous: Edition) -> pd.DataFrame:
    """Expect anew what was said in the year before the previous edition and has not been said since."""
    said = catalog.statements.query("kind != 'quoted'")
    key = ["entity_id", "kind", "metric", "segment"]
    day = pd.Timestamp(previous.as_of)
    recent = said[(said["published_on"] <= day) & (said["published_on"] > day - pd.DateOffset(years=1))]
    since = said.loc[said["published_on"] > day, key]
    older = [
        since[(since["entity_id"] == entity) & since["segment"].isin(names)].assign(segment=old)
        for (entity, old), names in _continuing(catalog).items()
    ]
    newer = pd.MultiIndex.from_frame(pd.concat([since, *older]))
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
