"""What new rows mean for the report: verdicts and estimates that an edition of today would give otherwise."""

from __future__ import annotations

import datetime as dt
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from tokenecon.catalog.editions import list_editions
from tokenecon.refresh.summary import Part

TODAY = "today"
"""The id of the edition that is judged; it is written into copies of the data only."""


def copy_data(root: Path, target: Path) -> Path:
    """Copy a data folder without the answers of sources, and return the copy."""
    ignored = shutil.ignore_patterns("snapshots", ".refresh", "*.todo")
    return Path(shutil.copytree(root, target / f"copy-{len([*target.iterdir()])}", ignore=ignored))


def consequences(before: Path, root: Path, day: dt.date | None = None) -> list[Part]:
    """Judge every claim on two states of the data, and say what differs.

    A published edition sees no new rows. Therefore an edition is judged that has the periods of the newest one and
    knows what is known today.

    Parameters
    ----------
    before : Path
        The copy of the data as they were, which :func:`copy_data` made; the data as they are are copied beside it.
    root : Path
        The data as they are.
    day : datetime.date, optional
        The edition's day; today if left out, or that of the newest edition where that is later.

    Returns
    -------
    list
        Parts of a summary: heading, word, lines. Verdicts that change, estimates that leave the interval that they had,
        and other estimates that print otherwise.
    """
    after = copy_data(root, before.parent)
    day = day or max(dt.date.today(), list_editions(root)[-1].as_of)
    try:
        was, now = (_judged(data, day) for data in (before, after))
    except Exception as error:  # The rows are in place: whatever keeps claims from being judged is for a person.
        said = str(error).splitlines() or [type(error).__name__]
        return [("What keeps the claims from being judged", "claims", [(line,) for line in said])]
    both = was.add_suffix("_was").join(now.add_suffix("_now"), how="outer")
    verdicts = [(claim, f"{row.verdict_was} -> {row.verdict_now}") for claim, row in _changed(both, "verdict")]
    found = [(claim, _left(row), f"{row.said_was} -> {row.said_now}") for claim, row in _changed(both, "said")]
    left = [(claim, told) for claim, out, told in found if out]
    moved = [(claim, told) for claim, out, told in found if not out]
    return [
        ("Verdicts that would change", "verdict", verdicts),
        ("Estimates that would leave their interval", "estimate", left),
        ("Other estimates that would move", "moved", moved),
    ]


def _judged(data: Path, day: dt.date) -> pd.DataFrame:
    from tokenecon.analysis import ledger
    from tokenecon.display.ledger import computed

    newest = list_editions(data)[-1]
    text = (data / "editions" / f"{newest.id}.toml").read_text(encoding="utf-8")
    text = re.sub(r"(?m)^(recorded_on|priors|draft)\s*=.*\n", "", text)
    text = re.sub(r"(?m)^id\s*=.*$", f'id = "{TODAY}"', text)
    text = re.sub(r"(?m)^as_of\s*=.*$", f"as_of = {day}", text)
    (data / "editions" / f"{TODAY}.toml").write_text(text, encoding="utf-8")
    rows = ledger.evaluate(ledger.Ledger.open(TODAY, data))
    rows = rows.assign(said=[computed(row) for row in rows.to_dict("records")])
    return rows.set_index("claim_id")[["verdict", "said", "computed", "ci_low", "ci_high"]]


def _changed(both: pd.DataFrame, name: str) -> Iterator[tuple[str, pd.Series]]:
    told = both.fillna({f"{name}_was": "none", f"{name}_now": "none"})
    yield from told[told[f"{name}_was"] != told[f"{name}_now"]].iterrows()


def _left(row: pd.Series) -> bool:
    return bool(row["computed_now"] < row["ci_low_was"] or row["computed_now"] > row["ci_high_was"])
