"""What changed from one edition to the next: printed facts, estimates, figures of the tables, verdicts.

A printed fact has a key, ``<notebook>.<cell>.<name>``, and no more: it does not say of whom or of which period it
speaks, unless its name ends in the label of a period. What can honestly be told of a changed fact follows from that:

- *restated*: it printed a figure of the tables that stands differently in the later edition;
- *revised*: it speaks of the same period, by its name or by the periods and days printed in the same sentence;
- *moved on*: the sentence now speaks of another period or day, as a sentence on the focal period does;
- *changed*: the sentence names no period, so none of these can be told.

What prints the same is unchanged, unless a number behind it moved by more than the print rounds.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

TOLERANCE = 1e-9
"""Relative difference below which two numbers are the same: what libraries and processors may differ by."""

KINDS = ("restated", "revised", "changed", "moved on", "new", "gone", "unchanged")
NO_FIGURES = pd.DataFrame(
    columns=[
        *("entity_id", "metric", "segment", "item", "period", "base_unit"),
        *("before", "source_before", "after", "source_after", "ruling"),
    ]
)
_TOLD = ("value", "unit", "text")
_NUMBERS = ("value", "low", "high", "n")
_PRINTED = re.compile(r"\d[\d,]*(?:\.(\d+))?")
_PERIOD = re.compile(r"\b(?:FY\d{4}|(?:H[12]|9M|Q[1-4]) \d{4}|\d{4}-\d{2}(?:-\d{2})?)\b")


def facts_frame(facts: Mapping[str, Mapping[str, Any]]) -> pd.DataFrame:
    """Return facts as a frame.

    Parameters
    ----------
    facts : mapping
        Key to ``{value, unit, text}``.

    Returns
    -------
    pandas.DataFrame
        Indexed by ``key``: ``notebook``, ``cell``, ``name``, ``period`` (the label in the name, or ""), ``value``,
        ``unit``, ``text``, and for estimates ``low``, ``high``, ``n``, else NaN.
    """
    rows = []
    for key, fact in facts.items():
        notebook, _, rest = key.partition(".")
        cell, name = rest.split(".", 1) if "." in rest else ("", rest)
        found = _PERIOD.findall(name)
        rows.append(
            (key, notebook, cell, name, found[-1] if found else "", *(fact.get(k) for k in (*_TOLD, *_NUMBERS[1:])))
        )
    columns = ["key", "notebook", "cell", "name", "period", *_TOLD, *_NUMBERS[1:]]
    frame = pd.DataFrame(rows, columns=columns)
    return frame.astype({"value": object, "low": float, "high": float, "n": float}).set_index("key")


def same(one: Any, other: Any, tolerance: float = TOLERANCE) -> bool:
    """Whether two values of facts are equal: numbers up to a relative ``tolerance``, anything else exactly."""
    if isinstance(one, (int, float)) and isinstance(other, (int, float)):
        return math.isclose(one, other, rel_tol=tolerance, abs_tol=tolerance**2)
    return one == other


def differences(before: Mapping[str, Mapping[str, Any]], after: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Say for each key how facts differ, for those that do: text and unit exactly, numbers up to the tolerance.

    Parameters
    ----------
    before, after : mapping
        Key to ``{value, unit, text}``, for an estimate ``low``, ``high`` and ``n`` besides.
    """
    found = {}
    for key in [*before, *(key for key in after if key not in before)]:
        if key not in after:
            found[key] = f"{before[key]['text']!r} is gone"
        elif key not in before:
            found[key] = f"{after[key]['text']!r} is new"
        elif before[key]["text"] != after[key]["text"]:
            found[key] = f"{before[key]['text']!r} becomes {after[key]['text']!r}"
        elif before[key]["unit"] != after[key]["unit"]:
            found[key] = f"{before[key]['unit']} becomes {after[key]['unit']}, though both print {after[key]['text']!r}"
        else:
            for name in _NUMBERS:
                was, now = before[key].get(name), after[key].get(name)
                if not same(was, now):
                    found[key] = f"{name} {was!r} becomes {now!r}, though both print {after[key]['text']!r}"
    return found


def compare(before: pd.DataFrame, after: pd.DataFrame, figures: pd.DataFrame | None = None) -> pd.DataFrame:
    """Say of each fact what became of it.

    Parameters
    ----------
    before, after : pandas.DataFrame
        As :func:`facts_frame` gives them.
    figures : pandas.DataFrame, optional
        Figures of the tables that stand differently, as :func:`figures_changed` gives them.

    Returns
    -------
    pandas.DataFrame
        Indexed by ``key``: ``notebook``, ``cell``, ``name``, ``period``, ``unit``, ``kind`` (one of :data:`KINDS`),
        ``before`` and ``after`` (values), ``before_text`` and ``after_text``, ``behind`` (what moved behind a text
        that is the same), ``reason``. In the order of ``after``, what is gone at the end.
    """
    keys = [*after.index, *before.index.difference(after.index, sort=False)]
    known = after.reindex(keys)
    known = known.where(known["notebook"].notna(), before.reindex(keys))
    stood, stands = before.reindex(keys), after.reindex(keys)
    moved = _moved_cells(before, after)
    found = known[["notebook", "cell", "name", "period", "unit"]].assign(
        before=stood["value"], after=stands["value"], before_text=stood["text"], after_text=stands["text"]
    )
    found["behind"] = [
        behind(one, other) for one, other in zip(stood.to_dict("records"), stands.to_dict("records"), strict=True)
    ]
    shown = {
        (row.notebook, row.cell, _PERIOD.sub("", row.name_))
        for row in before.rename(columns={"name": "name_"}).itertuples()
    }
    rows = zip(found.index, found.to_dict("records"), strict=True)
    listed = [] if figures is None else list(figures.itertuples())
    told = [_kind(row, key in before.index, key in after.index, moved, listed, shown) for key, row in rows]
    return found.assign(kind=[kind for kind, _ in told], reason=[reason for _, reason in told])


def _kind(
    row: Mapping[str, Any],
    was: bool,
    stands: bool,
    moved: Mapping[tuple[str, str], bool],
    figures: Sequence[Any],
    shown: set,
) -> tuple[str, str]:
    if not stands:
        return "gone", "this period is no longer shown" if row["period"] else ""
    if not was:
        earlier = (row["notebook"], row["cell"], _PERIOD.sub("", row["name"])) in shown
        return "new", "a further period" if row["period"] and earlier else ""
    if row["before_text"] == row["after_text"] and not row["behind"]:
        return "unchanged", "" if same(row["before"], row["after"]) else "within what the print rounds"
    if ruling := _restating(row, figures):
        return "restated", ruling
    if row["period"]:
        return "revised", "the name says the same period"
    place = (row["notebook"], row["cell"])
    if place not in moved:
        return "changed", "the sentence names no period"
    if moved[place]:
        return "moved on", "the sentence names another period or day"
    return "revised", "the sentence names the same periods and days"


def behind(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """Say which number moved behind a text that is the same, by more than the print rounds; else an empty text.

    Parameters
    ----------
    before, after : mapping
        ``value``, ``unit``, ``text``, ``low``, ``high`` and ``n`` of a fact in either edition.
    """
    if before["text"] != after["text"]:
        return ""
    if before["unit"] != after["unit"]:
        return f"{before['unit']} becomes {after['unit']}"
    told = []
    for name in _NUMBERS:
        was, now = before[name], after[name]
        if (pd.isna(was) and pd.isna(now)) or same(was, now):
            continue
        if name == "n" or not _within_print(before, was, now):
            told.append(f"{name} {_short(was)} becomes {_short(now)}")
    return "; ".join(told)


def _within_print(fact: Mapping[str, Any], was: Any, now: Any) -> bool:
    """Whether two numbers differ by no more than one step of the last digit that the fact's text prints."""
    printed = _PRINTED.search(fact["text"])
    if printed is None or not all(isinstance(one, (int, float)) for one in (was, now, fact["value"])):
        return False
    shown = float(printed[0].replace(",", ""))
    scale = abs(fact["value"]) / shown if shown else 0.01 if "%" in fact["text"] else 1.0
    # A text of thousands or of percent prints its value over a scale.
    return abs(was - now) <= scale * 10 ** -len(printed[1] or "") * (1 + TOLERANCE)


def _short(number: Any) -> str:
    return f"{number:.6g}".replace("-", "−") if isinstance(number, (int, float)) else str(number)


def _moved_cells(before: pd.DataFrame, after: pd.DataFrame) -> dict[tuple[str, str], bool]:
    """Return for each cell that names periods or days whether it names others now."""
    one, other = _named(before), _named(after)
    return {place: one[place] != other[place] for place in one.keys() & other.keys()}


def _named(facts: pd.DataFrame) -> dict[tuple[str, str], dict[str, Any]]:
    texts = facts["value"].where(facts["value"].map(lambda value: isinstance(value, str)), "")
    named = facts[(facts["unit"] == "date") | texts.astype(str).str.fullmatch(_PERIOD.pattern)]
    return {
        place: dict(zip(rows["name"], rows["value"], strict=True))
        for place, rows in named.groupby(["notebook", "cell"])
    }


def _restating(row: Mapping[str, Any], figures: Sequence[Any]) -> str:
    if not all(isinstance(row[side], (int, float)) for side in ("before", "after")):
        return ""
    for figure in figures:
        if same(row["before"], figure.before, 1e-6) and same(row["after"], figure.after, 1e-6):
            return f"{figure.entity_id} {figure.metric} {figure.segment} {figure.period}" + (
                f", ruling {figure.ruling}" if figure.ruling else f", now from {figure.source_after}"
            )
    return ""


def figures_changed(before: pd.DataFrame, after: pd.DataFrame, history: pd.DataFrame) -> pd.DataFrame:
    """Find the figures of a table that stand differently in a later edition.

    Parameters
    ----------
    before, after : pandas.DataFrame
        The table as each edition knows it, one row a figure.
    history : pandas.DataFrame
        All its rows known to the later edition, with the ``ruling`` that sets a row aside.

    Returns
    -------
    pandas.DataFrame
        ``entity_id``, ``metric``, ``segment``, ``item``, ``period``, ``before``, ``after``, ``base_unit``,
        ``source_before``, ``source_after``, ``ruling``: a restatement, a conflict that was settled, or "" where a
        stronger source or a finer print took the figure's place. ``after`` is NaN where the figure was set aside.
    """
    key = [name for name in ("entity_id", "metric", "segment", "item", "period", "base_unit") if name in before]
    one, other = (frame[[*key, "value", "source_id"]] for frame in (before, after))
    both = one.merge(other, on=key, how="left", suffixes=("_before", "_after"))
    differs = [
        not same(was, now) and not (pd.isna(was) and pd.isna(now))
        for was, now in zip(both["value_before"], both["value_after"], strict=True)
    ]
    both = both[differs].rename(columns=lambda name: name.replace("value_", "").replace("source_id_", "source_"))
    aside = history[history["ruling"] != ""].rename(columns={"source_id": "source_before"})
    aside = aside[[*key, "source_before", "ruling"]].drop_duplicates([*key, "source_before"])
    both = both.merge(aside, on=[*key, "source_before"], how="left").fillna({"ruling": ""})
    if "item" not in both:
        both.insert(3, "item", "")
    return both.reset_index(drop=True)


def estimates(facts: pd.DataFrame) -> pd.DataFrame:
    """Find the facts that were printed with an interval, be it their own or ``x_low`` and ``x_high`` in the same cell.

    Returns
    -------
    pandas.DataFrame
        Indexed by the ``key`` of the estimate: ``value``, ``low``, ``high``, ``n`` (NaN where not printed), ``text``.
    """
    told = facts[facts["value"].map(lambda value: isinstance(value, (int, float)))]
    numbers = dict(told["value"])
    rows = []
    for key, value, low, high, n, text in told[["value", "low", "high", "n", "text"]].itertuples():
        if math.isnan(low) and math.isnan(high):
            low, high = (numbers.get(f"{key}_{end}", math.nan) for end in ("low", "high"))
            n = numbers.get(f"{key}_n", numbers.get(f"{key.rpartition('.')[0]}.n"))
        if not (math.isnan(low) or math.isnan(high)):
            rows.append((key, float(value), float(low), float(high), n, text))
    columns = ["key", "value", "low", "high", "n", "text"]
    return pd.DataFrame(rows, columns=columns).astype({"n": float}).set_index("key")


def estimates_moved(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Set the estimates of two editions side by side.

    Parameters
    ----------
    before, after : pandas.DataFrame
        Facts as :func:`facts_frame` gives them.

    Returns
    -------
    pandas.DataFrame
        Indexed by ``key``, estimates of both editions alone: the columns of :func:`estimates` with ``_before`` and
        ``_after``; ``beyond`` says whether the later estimate lies outside the earlier interval, ``apart`` whether
        the intervals do not meet.
    """
    both = estimates(before).add_suffix("_before").join(estimates(after).add_suffix("_after"), how="inner")
    beyond = (both["value_after"] < both["low_before"]) | (both["value_after"] > both["high_before"])
    apart = (both["low_after"] > both["high_before"]) | (both["high_after"] < both["low_before"])
    return both.assign(beyond=beyond, apart=apart)


def verdicts_changed(before: Mapping[str, Mapping[str, Any]], after: Mapping[str, Mapping[str, Any]]) -> pd.DataFrame:
    """Return the claims whose verdict differs, or that only one edition judges.

    Parameters
    ----------
    before, after : mapping
        Claim to a mapping with its ``verdict``.

    Returns
    -------
    pandas.DataFrame
        ``claim_id``, ``before``, ``after``; "" where the edition does not judge the claim.
    """
    ids = [*before, *(claim for claim in after if claim not in before)]
    rows = [(claim, *(side.get(claim, {}).get("verdict", "") for side in (before, after))) for claim in ids]
    found = pd.DataFrame(rows, columns=["claim_id", "before", "after"])
    return found[found["before"] != found["after"]].reset_index(drop=True)
