"""The page on what is left out: flags of prices with their counts, and the rulings in force, edition by edition."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from tokenecon.catalog.editions import Edition
from tokenecon.catalog.periods import Period
from tokenecon.catalog.store import Catalog
from tokenecon.markup import code, escaped
from tokenecon.publish.markdown import pipe_table
from tokenecon.publish.project import Project
from tokenecon.shown import dated


def exclusions_page(project: Project, edition: Edition) -> str:
    """Return Markdown that counts, for each edition, the prices left out or marked, and the figures set aside."""
    if not all((project.data / f"{name}.csv").is_file() for name in ("flags", "prices", "rulings")):
        return ""
    known = {one.id: Catalog.open(one.id, project.data) for one in project.editions_up_to(edition)}
    return "\n\n".join([*_flags(known), *_rulings(known)]) + "\n"


def _flags(known: Mapping[str, Catalog]) -> list[str]:
    left_out, marked, totals = {}, {}, {}
    for name, catalog in known.items():
        clean, prices = catalog.list_prices(), catalog.prices
        totals[name] = (len(prices), len(clean.frame))
        left_out[name] = clean.excluded.set_index("flag")["rows"]
        marked[name] = clean.frame["flags"].str.split().explode().value_counts()
    reasons = list(known.values())[-1].table("flags").query("table == 'prices'").set_index("flag")
    out = _count_rows(reasons[reasons["excluded"]], left_out)
    for label, place in (("*Rows known*", 0), ("*Rows used*", 1)):
        out.append((label, *(f"{totals[name][place]:,}" for name in known), ""))
    columns = {"Flag": 27} | dict.fromkeys(known, 11) | {"Why": 54}
    return [
        "## Prices {#sec-exclusions-prices}",
        "A price with one of these flags is not the maker's list price of something sold by tokens, or cannot be "
        "believed. It stays in the table and is left out of every computation. A row with several flags counts once.",
        pipe_table(
            columns,
            out,
            "Prices left out, by flag and edition. Source: `data/prices.csv`, `data/flags.csv`.",
            "tbl-excluded-prices",
            right=known,
        ),
        pipe_table(
            columns,
            _count_rows(reasons[~reasons["excluded"]], marked),
            "Prices used though odd, by flag and edition. Source: `data/prices.csv`, `data/flags.csv`.",
            "tbl-marked-prices",
            right=known,
        ),
    ]


def _count_rows(reasons: pd.DataFrame, counts: Mapping[str, pd.Series]) -> list[Sequence[str]]:
    return [
        (code(flag), *(f"{int(rows.get(flag, 0)):,}" for rows in counts.values()), escaped(row["reason"]))
        for flag, row in reasons.iterrows()
    ]


def _rulings(known: Mapping[str, Catalog]) -> list[str]:
    newest = list(known.values())[-1]
    rows: dict[tuple[str, ...], None] = {}
    for ruling in newest.rulings.fillna("").itertuples():
        found = {name: _ruled(catalog, ruling) for name, catalog in known.items()}
        holds = [name for name, ruled in found.items() if len(ruled)]
        if holds:
            about = escaped(_about(newest, found[holds[-1]].iloc[0]))
            # A correction of two columns of a row is one to a reader.
            rows[about, escaped(dated(ruling.reason)), escaped(ruling.kind), ", ".join(holds)] = None
    if not rows:
        return []
    return [
        "## Figures set aside or corrected {#sec-exclusions-figures}",
        "Where a later filing restates a figure, or two sources disagree, a ruling says which of the rows holds and "
        "why. It takes effect in an edition from the day on which the row that holds was published.",
        pipe_table(
            {"Figure": 28, "Why": 46, "Kind": 12, "In force in": 14},
            rows,
            "Restatements, conflicts and corrections, and the editions in which they are in force. "
            "Source: `data/rulings.csv`.",
            "tbl-rulings",
        ),
    ]


def _ruled(catalog: Catalog, ruling: Any) -> pd.DataFrame:
    """Return the rows that a ruling sets aside or corrects; none where it is not in force."""
    rows = catalog.history(ruling.table)
    if ruling.kind != "correction":
        return rows[rows["ruling"] == ruling.ruling_id]
    match = rows["source_id"] == ruling.kept_source
    for name in ("entity_id", "metric", "segment", "item"):
        if name in rows:
            match &= rows[name] == getattr(ruling, name)
    held = rows["printed"] if ruling.column == "value" else rows[ruling.column].dt.strftime("%Y-%m-%d")
    return rows[match & (held == ruling.corrected)]


def _about(catalog: Catalog, row: pd.Series) -> str:
    """Say in words whose figure a row holds, which, of what part, and of when."""
    whose = catalog.entities.set_index("entity_id")["name"][row["entity_id"]]
    which = catalog.metrics.set_index("metric_id")["label"][row["metric"]]
    parts = catalog.segments.query("entity_id == @row.entity_id and segment != 'total'").set_index("segment")["label"]
    of = [part for part in (parts.get(row["segment"], ""), row.get("item", "")) if part]
    month = Period.parse(row["period"]).kind == "month"
    when = f"{row['period_end']:%b %Y}" if month else dated(row["period"].replace("/", " to "))
    return f"{whose}: {', '.join([which, *of, when])}"
