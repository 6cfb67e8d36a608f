"""What becomes of a claim: a printed number judged by its rounding, a statement about the business by its evidence."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Any

import pandas as pd

from tokenecon.analysis.estimators import Estimate
from tokenecon.catalog import Interval, Period
from tokenecon.catalog.formula import Formula
from tokenecon.catalog.printed import decimals

PLACE = ["entity_id", "metric", "segment", "period"]
NAN = float("nan")


class Verdict(StrEnum):
    """What became of a claim. A figure, a claim about the business and a forecast have their own."""

    reproduced = "reproduced"
    rounded_inputs = "rounding of rounded inputs"
    differs = "differs"
    definition_mixed = "definition mixed"
    not_computable = "not computable"
    supported = "supported"
    not_supported = "not supported"
    undetermined = "undetermined"
    open = "open"
    met = "met"
    missed = "missed"
    superseded = "superseded"


@dataclass(frozen=True)
class Result:
    """A claim evaluated.

    Parameters
    ----------
    verdict : Verdict
    computed : float
        The figure or the estimate; NaN where there is none.
    low, high : float
        Ends of its interval; NaN where there is none.
    interval : str
        What the interval is, such as ``95%, Newey–West``; ends of a handful of vendors are their range.
    n : int or None
        What it rests on: figures, vendors or observations; the note says which.
    unit : str
        Of ``computed``; empty for the base unit of the claim's own figure.
    note : str
        What was compared, and what came out.
    sources : sequence of str
        Keys of the sources used.
    section : str
        Label of the section that says more.
    on : pandas.Timestamp or None
        The day that the verdict speaks of: the last one that the figures behind it are about. None where there are
        none.
    later : Verdict or None
        What the same comparison gives in the edition's own period, where the claim is judged on an earlier one.
    """

    verdict: Verdict
    computed: float = NAN
    low: float = NAN
    high: float = NAN
    interval: str = ""
    n: int | None = None
    unit: str = ""
    note: str = ""
    sources: Sequence[str] = ()
    section: str = ""
    on: pd.Timestamp | None = None
    later: Verdict | None = None


Claim = Mapping[str, Any]
Computation = Callable[[Any, Claim], Result]
COMPUTATIONS: dict[str, Computation] = {}
"""Every computation by the name that a row of ``claims.csv`` gives; :mod:`tokenecon.analysis.ledger` imports them."""


def computation(function: Computation) -> Computation:
    """Register a function of the findings and a claim as what decides the claims that name it."""
    COMPUTATIONS[function.__name__] = function
    return function


def by_interval(low: float, high: float, null: float = 0.0) -> Verdict:
    """Judge a claim that a quantity is above ``null`` by the interval of its estimate.

    Parameters
    ----------
    low, high : float
        Ends of the interval; NaN where there is none.
    null : float
        What the claim says is exceeded.

    Returns
    -------
    Verdict
        ``supported`` if all of the interval lies above, ``not_supported`` if all of it lies below, else
        ``undetermined``.
    """
    if low > null:
        return Verdict.supported
    return Verdict.not_supported if high < null else Verdict.undetermined


def by_agreement(holds: Sequence[bool]) -> Verdict:
    """Judge a claim about several by how many of them it holds for; one alone says nothing.

    Parameters
    ----------
    holds : sequence of bool
        Whether it holds, one value a vendor or measure.

    Returns
    -------
    Verdict
        ``supported`` if it holds for all, ``not_supported`` if for none, else ``undetermined``.
    """
    if len(holds) < 2 or len(set(map(bool, holds))) > 1:
        return Verdict.undetermined
    return Verdict.supported if holds[0] else Verdict.not_supported


def by_halves(halves: Mapping[str, Verdict]) -> tuple[Verdict, str]:
    """Judge a claim by its parts, and tell each; together it stands or falls only where all of them do."""
    told = "; ".join(f"{part}: {verdict}" for part, verdict in halves.items())
    (first, *others) = set(halves.values())
    return (Verdict.undetermined if others else first), told[0].upper() + told[1:]


def by_comparison(one: float, other: float) -> Verdict:
    """Judge a claim that one filed amount exceeds another: accounts have no sampling error."""
    if one != one or other != other:
        return Verdict.undetermined
    return Verdict.supported if one > other else Verdict.not_supported


def verdict(quoted: Interval, computed: float, allowed: Interval | None = None) -> Verdict:
    """Judge a quoted figure.

    Parameters
    ----------
    quoted : Interval
        What the printed figure can stand for.
    computed : float
        The same quantity from the catalogue, in the same unit; NaN where it is not known.
    allowed : Interval, optional
        What the figures printed beside it allow.

    Returns
    -------
    Verdict
        ``reproduced`` if the computed value rounds to the quoted one; ``rounded_inputs`` if it does not, but both
        follow from inputs that were themselves rounded; else ``differs``.
    """
    if computed != computed:
        return Verdict.not_computable
    if _holds(quoted, computed):
        return Verdict.reproduced
    if allowed and _holds(allowed, computed) and quoted.meets(allowed):
        return Verdict.rounded_inputs
    return Verdict.differs


def evaluate(quotes: pd.DataFrame, metrics: pd.DataFrame, figures: pd.DataFrame) -> pd.DataFrame:
    """Compute each quoted figure again, by the formula of its metric, and judge it.

    Parameters
    ----------
    quotes : pandas.DataFrame
        Quoted figures: ``entity_id``, ``metric``, ``segment``, ``period`` (label), ``period_start``, ``period_end``,
        ``printed`` (text), ``value`` and ``base_unit``.
    metrics : pandas.DataFrame
        ``metric_id``, ``label``, ``formula`` (:class:`~tokenecon.catalog.formula.Formula`; empty for a figure that
        stands in the accounts as it is).
    figures : pandas.DataFrame
        Accounts: ``entity_id``, ``metric``, ``segment``, ``period``, ``value``, ``base_unit``. A quoted amount in
        another currency than the accounts is not computed here: at which rate is a question of its own.

    Returns
    -------
    pandas.DataFrame
        ``quotes``, row by row, with ``computed`` (base units, NaN where the accounts do not give it), ``difference``,
        ``allowed_low`` and ``allowed_high`` (what the figures printed beside it allow; NaN without them),
        ``verdict``, and to show: ``what``, ``recomputed`` (in the printed unit, two digits finer) and ``reason``.

    Raises
    ------
    ValueError
        If two figures stand in one place.
    """
    known = figures.set_index(PLACE)[["value", "base_unit"]]
    if known.index.has_duplicates:
        raise ValueError(f"two figures in one place: {known.index[known.index.duplicated()][0]}")
    values = known["value"].to_dict()
    labels = metrics.set_index("metric_id")["label"]
    formulas = {row.metric_id: Formula.parse(row.formula) for row in metrics.itertuples() if row.formula}
    units = known["base_unit"].to_dict()
    beside: dict[str | None, dict[tuple[str, ...], Interval]] = defaultdict(dict)
    for row in quotes.to_dict("records"):
        if _same_unit(row, units):
            beside[row.get("article_id")][_place(row)] = _interval(row)
    rows = []
    for quote in quotes.to_dict("records"):
        formula = formulas.get(quote["metric"])
        computed = _compute(quote, formula, values.get)
        if computed is None or (formula is None and not _same_unit(quote, units)):
            computed = NAN
        allowed = _compute(quote, formula, beside[quote.get("article_id")].get) if formula else None
        rows.append(_row(quote, computed, allowed))
    judged = quotes.assign(what=quotes["metric"].map(labels))
    return judged.assign(**pd.DataFrame(rows, index=quotes.index))


def _place(row: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(row[column] for column in PLACE)


def _same_unit(quote: Mapping[str, Any], units: Mapping[tuple[str, ...], str]) -> bool:
    return units.get(_place(quote), quote["base_unit"]) == quote["base_unit"]


def _compute(quote: Mapping[str, Any], formula: Formula | None, find: Callable[[tuple], Any]) -> Any:
    """Apply the formula at the quote's place to numbers or intervals; ``None`` where an operand is missing."""
    place = _place(quote)
    if formula is None:
        return find(place)
    entity, _, segment, period = place
    right = (entity, formula.right, formula.segment or segment, period)
    if formula.operator == "growth":
        span = Period(quote["period_start"].date(), quote["period_end"].date())
        right = (entity, formula.right, segment, span.year_before.label)
    one, other = find((entity, formula.left, segment, period)), find(right)
    if one is None or other is None:
        return None
    if formula.operator == "-":
        return one - other
    ratio = one / other
    if formula.operator == "/" or ratio is None:
        return ratio
    return ratio.minus_one() if isinstance(ratio, Interval) else ratio - 1


def _row(quote: Mapping[str, Any], computed: float, allowed: Interval | None) -> dict[str, Any]:
    judged = verdict(_interval(quote), computed, allowed)
    factor = quote["value"] / float(quote["printed"])
    digits = decimals(quote["printed"])
    low, high = (float(allowed.low), float(allowed.high)) if allowed else (NAN, NAN)
    span = f"{low / factor:,.{digits}f} to {high / factor:,.{digits}f}"
    reasons = {
        Verdict.reproduced: "rounds to it",
        Verdict.rounded_inputs: f"the printed amounts allow {span}",
        Verdict.differs: f"off by {(computed - quote['value']) / factor:+,.{digits + 1}f}".replace("-", "−"),
        Verdict.not_computable: "not in the accounts, or in another currency",
    }
    return {
        "computed": computed,
        "difference": computed - quote["value"],
        "allowed_low": low,
        "allowed_high": high,
        "verdict": str(judged),
        "recomputed": f"{computed / factor:,.{digits + 2}f}" if computed == computed else "",
        "reason": reasons[judged],
    }


def _interval(quote: Mapping[str, Any]) -> Interval:
    factor = Fraction(quote["value"]).limit_denominator(10**9) / Fraction(quote["printed"])
    return printed_interval(quote["printed"], quote.get("qualifier", "exact"), factor)


def printed_interval(printed: str, qualifier: str = "exact", factor: Fraction = Fraction(1)) -> Interval:
    """Return what a printed figure may stand for; *about* rounds at the last digit that is not zero.

    Parameters
    ----------
    printed : str
        A plain number.
    qualifier : str
        How exact its source says it is.
    factor : Fraction
        What one printed unit is in base units.
    """
    whole = printed.lstrip("-")
    zeros = len(whole) - len(whole.rstrip("0")) if "." not in printed and whole.strip("0") else 0
    if qualifier != "about" or not zeros:
        return Interval.of(printed, factor)
    return Interval.of(printed.removesuffix("0" * zeros), factor * 10**zeros)


def _holds(interval: Interval, value: float) -> bool:
    slack = 1e-12 * max(abs(interval.low), abs(interval.high))
    return interval.low - slack <= value <= interval.high + slack


def about(frame: pd.DataFrame, claim: Claim) -> pd.DataFrame:
    """Return the rows about the entity of a claim; of claims, those of its own article."""
    own = frame["entity_id"] == claim["entity_id"]
    return frame[own & (frame["article_id"] == claim["article_id"])] if "article_id" in frame else frame[own]


def compared(known: Any, claim: Claim) -> list[str]:
    """Return the ids of the companies that a claim is about, its own first; those of the edition if its row has none.

    A claim about one company that names no other is set beside the others of the edition.
    """
    named = claim["beside"].split() or known.edition.companies
    return list(dict.fromkeys(filter(None, [claim["entity_id"], *named])))


def threshold(known: Any, claim: Claim, name: str) -> float:
    """Return a threshold of the rule that judges a claim, as ``data/rules.csv`` has it."""
    return known.cat.threshold(claim["computation"], name)


def against_print(claim: Claim, value: float) -> tuple[Verdict, str]:
    """Judge a value against the figure as printed."""
    factor = claim["value"] / float(claim["printed"])
    interval = printed_interval(claim["printed"], claim["qualifier"])
    scaled = value / factor
    slack = 1e-9 * max(1.0, abs(scaled))
    if float(interval.low) - slack <= scaled <= float(interval.high) + slack:
        return Verdict.reproduced, "rounds to it"
    return Verdict.differs, f"off by {scaled - float(claim['printed']):+,.2f}".replace("-", "−")


def estimated(
    estimate: Estimate, verdict: Verdict, unit: str, note: str, sources: Iterable[str], section: str, on: pd.Timestamp
) -> Result:
    """Return an estimate with its 95 percent interval as a result."""
    return Result(
        verdict, estimate.value, estimate.low, estimate.high, f"95%, {estimate.errors}", n=estimate.n, unit=unit,
        note=note, sources=keys(sources), section=section, on=on,
    )  # fmt: skip


def ranged(
    verdict: Verdict,
    values: pd.Series,
    of: str,
    unit: str,
    note: str,
    sources: Iterable[str],
    section: str,
    on: pd.Timestamp,
) -> Result:
    """Return the middle of a handful of values with their range, which is no confidence interval and says so."""
    several = len(values) > 1
    low, high, interval = (values.min(), values.max(), f"range of {of}") if several else (NAN, NAN, "")
    return Result(
        verdict, float(values.median()), float(low), float(high), interval, n=len(values), unit=unit, note=note,
        sources=keys(sources), section=section, on=on if len(values) else None,
    )  # fmt: skip


def span_of(values: pd.Series, spec: str) -> str:
    """Write the range of some values, or the one value."""
    ends = [format(value, spec) for value in (values.min(), values.max())]
    return " to ".join(dict.fromkeys(ends)).replace("-", "−")


def keys(sources: Iterable[str]) -> tuple[str, ...]:
    """Return each source once; a derived row names several with a semicolon."""
    return tuple(sorted({key for joined in sources for key in str(joined).split("; ")}))


def changed(result: Result, **changes: Any) -> Result:
    """Return a result with some of its parts changed."""
    return Result(**{**result.__dict__, **changes})


@computation
def not_testable(known: Any, claim: Claim) -> Result:
    """Say that no table holds what would decide the claim; its note says what is missing."""
    return Result(Verdict.undetermined, note="not testable with this data")
