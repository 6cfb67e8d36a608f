"""Flows of accounts: periods that filings imply, comparatives, annual paces.

Frames of flows have one row a figure: ``entity_id``, ``segment``, ``period_start``, ``period_end`` (both days
inclusive), ``value`` in base units of ``base_unit``, and ``source_id``.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np
import pandas as pd

from tokenecon.catalog import Period

KEY = ["entity_id", "segment"]
SPAN = ["period_start", "period_end"]
ONE_DAY = pd.Timedelta(days=1)
WEEK, MONTH = pd.Timedelta(days=7), pd.Timedelta(days=27)


def with_remainders(flows: pd.DataFrame, segments: pd.DataFrame | None = None) -> pd.DataFrame:
    """Add the periods that a filing implies: full year less first half, full year less nine months, and so on.

    Parameters
    ----------
    flows : pandas.DataFrame
        Flows of one metric (module docstring); shares and margins must not be passed.
    segments : pandas.DataFrame, optional
        ``entity_id``, ``segment``, ``continues``: a line renamed or merged within the year is followed. Of a line that
        was split the accounts do not say what each part sold before.

    Returns
    -------
    pandas.DataFrame
        ``flows`` with a row for each remainder that no source states itself, whose ``source_id`` names both sources;
        and with ``derived`` (whether the row is such a remainder), ``period`` (label) and ``months`` (length).

    Raises
    ------
    ValueError
        If a figure stands twice for one entity, segment and period.
    """
    stated = flows.assign(derived=False)
    if (twice := stated.duplicated(KEY + SPAN)).any():
        raise ValueError(f"two figures for one period: {stated.loc[twice, KEY + SPAN].iloc[0].to_dict()}")
    parts = stated if segments is None else pd.concat([stated, _under_later_names(stated, segments)])
    pairs = stated.merge(parts, on=[*KEY, "period_start"], suffixes=("", "_part"))
    pairs = pairs[pairs["period_end_part"] < pairs["period_end"]]
    _refuse_two_currencies(pairs, "base_unit_part")
    remainders = pairs.assign(
        period_start=pairs["period_end_part"] + ONE_DAY,
        value=pairs["value"] - pairs["value_part"],
        source_id=[
            a if a == b else f"{a}; {b}" for a, b in zip(pairs["source_id"], pairs["source_id_part"], strict=True)
        ],
        derived=True,
    )[list(stated.columns)]
    together = pd.concat([stated, remainders]).drop_duplicates(KEY + SPAN, keep="first")
    together = together.sort_values([*KEY, *SPAN], ignore_index=True)
    spans = zip(together["period_start"].dt.date, together["period_end"].dt.date, strict=True)
    return together.assign(period=[Period(*span).label for span in spans], months=months(together))


def _under_later_names(stated: pd.DataFrame, segments: pd.DataFrame) -> pd.DataFrame:
    """Return what was filed of lines that one later line alone continues, added up under its name."""
    later = segments.assign(earlier=segments["continues"].str.split()).explode("earlier").dropna(subset="earlier")
    alone = later[~later.duplicated(["entity_id", "earlier"], keep=False)].set_index(["entity_id", "earlier"])[
        "segment"
    ]
    renamed = stated.assign(segment=pd.MultiIndex.from_frame(stated[KEY]).map(alone)).dropna(subset="segment")
    place = [*KEY, *SPAN]
    renamed = renamed[~pd.MultiIndex.from_frame(renamed[place]).isin(pd.MultiIndex.from_frame(stated[place]))]
    groups = renamed.groupby(place)
    sources = groups["source_id"].transform(lambda keys: "; ".join(dict.fromkeys(keys)))
    return renamed.assign(value=groups["value"].transform("sum"), source_id=sources).drop_duplicates(place)


def finest(frame: pd.DataFrame) -> pd.DataFrame:
    """Return, for each entity and segment, the shortest periods that do not overlap, in order of time."""
    kept: list[int] = []
    lengths = (frame["period_end"] - frame["period_start"]).rename("length")
    for _, rows in frame.join(lengths).groupby(KEY):
        taken: list[tuple[pd.Timestamp, pd.Timestamp]] = []
        for row in rows.sort_values(["length", "period_start"]).itertuples():
            if all(row.period_end < first or row.period_start > last for first, last in taken):
                taken.append((row.period_start, row.period_end))
                kept.append(row.Index)
    return frame.loc[kept].sort_values([*KEY, "period_start"], ignore_index=True)


def with_middle(frame: pd.DataFrame) -> pd.DataFrame:
    """Return ``frame`` with the ``middle`` of each period, where a chart puts it."""
    return frame.assign(middle=frame["period_start"] + (frame["period_end"] - frame["period_start"]) / 2)


def months(frame: pd.DataFrame) -> pd.Series:
    """Return the length of each period in whole months, from its first and last day."""
    following = frame["period_end"] + ONE_DAY
    years = following.dt.year - frame["period_start"].dt.year
    return 12 * years + following.dt.month - frame["period_start"].dt.month


def year_before(frame: pd.DataFrame, columns: Sequence[str] = ("value",)) -> pd.DataFrame:
    """Return ``frame`` with ``columns`` of the same period one year earlier, named ``<column>_before``.

    Years of weeks end on another day each year: of periods of a month and more, the ends may lie a week apart. Rows
    without a comparative are left out, as are those of a fiscal year that moved; compare lengths to see how many.
    """
    kept = [*KEY, *SPAN, *dict.fromkeys([*columns, *(["base_unit"] if "base_unit" in frame else [])])]
    earlier = frame[kept].assign(
        period_start=frame["period_start"] + pd.DateOffset(years=1),
        period_end=frame["period_end"] + ONE_DAY + pd.DateOffset(years=1) - ONE_DAY,
    )
    both = frame.merge(earlier, on=KEY, suffixes=("", "_before"))
    apart = [(both[end] - both[f"{end}_before"]).abs() for end in SPAN]
    both = both.assign(_off=apart[0].where(apart[0] > apart[1], apart[1]))
    long = both["period_end"] - both["period_start"] >= MONTH
    near = both[both["_off"].le(WEEK) & (long | both["_off"].eq(pd.Timedelta(0)))]
    both = near.sort_values("_off", kind="stable").drop_duplicates([*KEY, *SPAN]).sort_index()
    both = both.drop(columns=["_off", *(f"{end}_before" for end in SPAN)]).reset_index(drop=True)
    _refuse_two_currencies(both, "base_unit_before")
    return both


def _refuse_two_currencies(pairs: pd.DataFrame, other: str) -> None:
    if other not in pairs:
        return
    differs = pairs[pairs["base_unit"] != pairs[other]]
    if len(differs):
        row = differs.iloc[0]
        place = f"{row['entity_id']} {row['segment']} to {row['period_end']:%Y-%m-%d}"
        raise ValueError(
            f"{place}: {row['base_unit']} cannot be compared with {row[other]}; bring the figures to one currency first"
        )


def scoped(frame: pd.DataFrame, segments: pd.DataFrame) -> pd.DataFrame:
    """Return the rows about the token business (``measure`` is ``"api"``) or about all revenue (``"total"``)."""
    routes = segments.set_index(KEY)["route"].reindex(pd.MultiIndex.from_frame(frame[KEY])).to_numpy()
    measure = np.select([frame["segment"] == "total", routes == "api"], ["total", "api"], default="")
    return frame.assign(measure=measure)[measure != ""].reset_index(drop=True)


def annualised(flows: pd.DataFrame) -> pd.DataFrame:
    """Return ``flows`` with ``annualised``: the flow as if its pace held for twelve months."""
    return flows.assign(annualised=flows["value"] * 12 / months(flows))


def at(frame: pd.DataFrame, column: str, **where: object) -> float:
    """Return ``column`` of the one row where the other columns have the given values; NaN where there is none.

    Raises
    ------
    ValueError
        If several rows fit, since then the question was not specific enough.
    """
    rows = frame
    for name, value in where.items():
        rows = rows[rows[name] == value]
    if len(rows) > 1:
        raise ValueError(f"{len(rows)} rows fit {where}; name another column")
    return float(rows[column].iloc[0]) if len(rows) else float("nan")


def months_between(earlier: dt.date, later: dt.date) -> int:
    """Return calendar months from the month of ``earlier`` to the month of ``later``."""
    return 12 * (later.year - earlier.year) + later.month - earlier.month
