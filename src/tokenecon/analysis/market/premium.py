"""What a better model earns: the premium in price that goes with an advantage in capability.

The claim under test is that five percent more capability earns over fifty percent more in price. A regression of the
logarithm of the blended list price on capability, with the date of release held fixed, gives the premium that the
market pays across models on sale. The date must be held fixed: newer models are better, and cheaper for what they do.

Capability has no natural scale, so *five percent better* is read in three ways:

``score``
    a score five percent higher;
``errors``
    five percent fewer errors, for tests scored as a share;
``wins``
    five percent more wins than half against an equal rival, for ratings on Elo's scale.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
import pandas as pd

from tokenecon.analysis.estimators import (
    DRAWS,
    SEED,
    Estimate,
    coefficient,
    least_squares,
    percentile_estimate,
    quantile_coefficient,
    resampled_coefficients,
    wild_cluster,
)
from tokenecon.analysis.market import frontier
from tokenecon.catalog import Country

ADVANTAGE, CLAIMED = 0.05, 0.5
"""The claim: so much better, so much dearer."""

ELO = 400 / np.log(10)
"""Rating points in a unit of the log odds of winning."""

LEAST = 15
"""Fewer models than this make no regression with three terms."""

LAUNCH_DAYS = 90
"""A first price listed later than this after release is no price at launch."""

DATE = "released"

INSTRUMENT = "aa_gpqa_diamond"
"""The test that stands in for the index where the score is instrumented."""

LADDER = "ladder of "
"""How labels of vendors' own ladders begin."""

POOLED, TOP = "baseline: index, 3:1, release date", "top third by score"
CODING = "top third, Coding Index"
"""Labels of the estimates that the text goes by."""


@dataclass(frozen=True)
class Spec:
    """One way to estimate the premium.

    Parameters
    ----------
    label : str
        What sets it apart.
    group : str
        What kind of choice it varies.
    benchmark : str
        The test that measures capability.
    scale : {"score", "errors", "wins"}
        What *five percent better* means (module docstring).
    ratio : float
        Input tokens for each output token in the price.
    subset : str
        Name of a part of the sample (:func:`subset`).
    control : str
        Terms of the formula beside capability.
    errors : {"wild", "HC3", "vendor", "pairs"}
        How the interval is made.
    outcome : {"log_price", "log_cost"}
        Price of a token, or cost of the run of the test.
    """

    label: str
    group: str
    benchmark: str = "aa_index"
    scale: str = "score"
    ratio: float = 3
    subset: str = "all"
    control: str = DATE
    errors: str = "wild"
    outcome: str = "log_price"


def step(scale: str, advantage: float = ADVANTAGE) -> float:
    """Return the advantage on a scale's axis, as :func:`capability` measures it."""
    return {
        "score": np.log(1 + advantage),
        "errors": -np.log(1 - advantage),
        "wins": float(np.log((1 + advantage) / (1 - advantage))),
    }[scale]


def capability(score: pd.Series, scale: str) -> pd.Series:
    """Return scores on a scale's axis: their logarithm, less the logarithm of the error, or log odds of winning.

    Raises
    ------
    ValueError
        If scores do not suit the scale.
    """
    if scale == "score":
        return np.log(score)
    if scale == "errors":
        if not score.between(0, 1, inclusive="neither").all():
            raise ValueError("errors need scores between 0 and 1")
        return -np.log(1 - score)
    if scale == "wins":
        return score / ELO
    raise ValueError(f"no scale '{scale}'")


def premium_of(slope: Estimate, scale: str = "score", advantage: float = ADVANTAGE) -> Estimate:
    """Return the premium for the advantage, given the slope of log price on :func:`capability`."""
    size = step(scale, advantage)
    return slope.map(lambda value: float(np.exp(value * size) - 1))


def needed(scale: str = "score", advantage: float = ADVANTAGE, premium: float = CLAIMED) -> float:
    """Return the slope at which the advantage earns the premium."""
    return float(np.log(1 + premium) / step(scale, advantage))


def advantage_for(earned: float) -> float:
    """Return the advantage that earns the claimed premium, given what the claimed one earns; infinite if nothing."""
    if earned <= 0:
        return float("inf")
    return float(np.expm1(np.log1p(CLAIMED) * np.log1p(ADVANTAGE) / np.log1p(earned)))


def subset(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return a part of a sample by name.

    ``all``; a country by its code; ``top third`` and ``top half`` by score; ``measured`` and ``estimated``
    scores; ``open`` and ``closed`` weights; ``last year`` (released within a year of the newest); ``not <vendor>``.

    Raises
    ------
    KeyError
        If there is no such part.
    """
    parts = {
        "all": lambda: slice(None),
        "top third": lambda: frame["score"] >= frame["score"].quantile(2 / 3),
        "top half": lambda: frame["score"] >= frame["score"].median(),
        "last year": lambda: frame["released"] >= frame["released"].max() - 1,
        **{basis: lambda basis=basis: frame["basis"] == basis for basis in ("measured", "estimated")},
        **{weights: lambda weights=weights: frame["weights"] == weights for weights in ("open", "closed")},
    }
    if name in parts:
        return frame[parts[name]()]
    if name.startswith("not "):
        return frame[frame["entity_id"] != name.removeprefix("not ")]
    if len(name) == 2 and name.isupper():
        return frame[frame["country"] == name]
    raise KeyError(f"no part '{name}' of a sample")


def estimate(frame: pd.DataFrame, spec: Spec, draws: int = DRAWS, seed: int = SEED) -> Estimate:
    """Return the premium by one specification.

    Parameters
    ----------
    frame : pandas.DataFrame
        As ``sample.hedonic_sample`` gives it, for the benchmark and the blend of ``spec``.
    spec : Spec
        The specification.
    draws, seed : int
        Of the bootstraps.

    Returns
    -------
    Estimate
        Of the premium; all NaN where fewer than ``LEAST`` models are left.
    """
    rows = _prepared(frame, spec)
    terms = [name for name in ("C(entity_id)", "C(country)") if name in spec.control]
    if len(rows) < LEAST or rows["x"].std() == 0:
        return Estimate(np.nan, np.nan, np.nan, len(rows), "too few models")
    formula = f"{spec.outcome} ~ " + " + ".join(["x", *([spec.control] if spec.control else [])])
    if spec.errors == "HC3" and terms and (rows.groupby("entity_id").size() == 1).any():
        # A vendor with one model fits itself; HC3 divides by what is left of it, which is nothing.
        rows = rows[rows.groupby("entity_id")["x"].transform("size") > 1]
    if spec.errors == "vendor":
        slope = coefficient(formula, rows, "x", "cluster", "entity_id")
    elif spec.errors == "wild":
        slope = wild_cluster(formula, rows, "x", "entity_id", draws, seed)
    elif spec.errors in ("pairs", "vendor pairs"):
        groups = "entity_id" if spec.errors == "vendor pairs" else None
        drawn = resampled_coefficients(formula, rows, groups, draws, seed)["x"]
        value = least_squares(formula, rows, "x")
        slope = percentile_estimate(value, drawn, len(rows), f"{spec.errors} bootstrap, {draws:,} draws")
    elif spec.errors == "median":
        slope = quantile_coefficient(formula, rows, "x")
    else:
        slope = coefficient(formula, rows, "x")
    return premium_of(slope, spec.scale)


def _prepared(frame: pd.DataFrame, spec: Spec) -> pd.DataFrame:
    rows = subset(frame, spec.subset)
    rows = rows.assign(x=capability(rows["score"], spec.scale))
    if spec.outcome == "log_cost":
        rows = rows[rows["run_cost"] > 0]
        rows = rows.assign(log_cost=np.log(rows["run_cost"]))
    return rows


RATINGS = ("arena_text", "arena_code", "lmarena_text")
SHARES = ("aa_gpqa_diamond", "aa_terminal_bench_hard", "aider_polyglot")
MEASURES: Mapping[str, str] = {
    "aa_index": "Intelligence Index",
    "aa_coding_index": "Coding Index",
    "aa_agentic_index": "Agentic Index",
    "aa_gpqa_diamond": "GPQA Diamond",
    "aa_terminal_bench_hard": "Terminal-Bench Hard",
    "aider_polyglot": "Aider polyglot",
    "swe_bench_verified_listed": "SWE-Bench Verified",
    "arena_text": "Arena text",
    "arena_code": "Arena code",
    "lmarena_text": "LMArena text, early",
}
"""Tests that measure capability, with the names to show."""


def one_at_a_time(benchmarks: Sequence[str], vendors: Sequence[str], countries: Sequence[Country]) -> list[Spec]:
    """Return the baseline and what departs from it in one choice.

    Parameters
    ----------
    benchmarks : sequence of str
        Tests with scores.
    vendors : sequence of str
        Vendors to leave out, one at a time.
    countries : sequence of Country
        Countries whose vendors are tried alone.
    """
    base = Spec(POOLED, "baseline")
    errors = {
        "HC3": "HC3", "vendor": "clustered by vendor", "pairs": "pairs bootstrap",
        "vendor pairs": "bootstrap of whole vendors", "median": "median regression",
    }  # fmt: skip
    controls = {
        "": "no control for date", "released + I(released**2)": "date and its square",
        "released + C(country)": "date and country", "released + C(entity_id)": "date and vendor (ladder)",
        "C(entity_id)": "vendor, no date",
    }  # fmt: skip
    parts = {
        "measured": "measured scores only", "estimated": "estimated scores only", "top third": "top third by score",
        "top half": "top half by score",
        **{country.code: of_country(country) for country in countries},
        "open": "open weights", "closed": "closed weights", "last year": "released within a year",
    }  # fmt: skip
    top = replace(base, group="top third", subset="top third")
    found = [base]
    found += [replace(top, label=f"top third, {errors[kind]}", errors=kind) for kind in ("HC3", "vendor")]
    found += [replace(top, label=f"top third, blend {ratio}:1", ratio=ratio) for ratio in (1, 10)]
    found += [replace(top, label="top third, date and its square", control="released + I(released**2)")]
    found += [
        replace(top, label=f"top third, {MEASURES[name]}", benchmark=name)
        for name in benchmarks
        if name.startswith("aa_") and name != base.benchmark
    ]
    found += [replace(base, label=label, group="errors", errors=kind) for kind, label in errors.items()]
    found += [replace(base, label=f"blend {ratio}:1", group="blend", ratio=ratio) for ratio in (1, 10)]
    found += [replace(base, label=label, group="control", control=terms) for terms, label in controls.items()]
    found += [replace(base, label=label, group="sample", subset=part) for part, label in parts.items()]
    for name in benchmarks:
        wins = name in RATINGS
        measure = replace(base, group="measure", benchmark=name, scale="wins" if wins else "score")
        if name != base.benchmark:
            found.append(replace(measure, label=MEASURES[name] + (", wins" if wins else "")))
        if name in SHARES:
            found.append(replace(measure, label=f"{MEASURES[name]}, fewer errors", scale="errors"))
        if name in ("aa_index", "aider_polyglot"):
            found.append(
                replace(measure, label=f"cost of running {MEASURES[name]}", group="outcome", outcome="log_cost")
            )
    return found + [
        replace(base, label=f"without {vendor}", group="vendor left out", subset=f"not {vendor}") for vendor in vendors
    ]


FEWER = 999
"""Draws of what stands beside the headlines."""

DOMESTIC = (Spec("domestic lists", "market"),)
"""The baseline on domestic lists, in their currency."""


def of_country(country: Country) -> str:
    """Return the label of the baseline on one country's vendors."""
    return f"{country.adjective} vendors"


def curve(benchmarks: Sequence[str], codes: Sequence[str], ratios: Sequence[float] = (1, 3, 10)) -> list[Spec]:
    """Return every combination of measure, blend, control and part of the sample: the specification curve.

    Countries are named by their codes. Simonsohn, Simmons and Nelson (2020).
    """
    controls = {"released": "date", "released + I(released**2)": "date squared", "released + C(country)": "country"}
    parts = ("all", "top third", *codes)
    found = []
    for name, ratio, control, part in product(benchmarks, ratios, controls, parts):
        if part in codes and "country" in control:
            continue
        scales = ["wins"] if name in RATINGS else ["score", "errors"] if name in SHARES else ["score"]
        found += [Spec(MEASURES[name], controls[control], name, scale, ratio, part, control) for scale in scales]
    return found


def estimates(
    samples: Mapping[tuple[str, float], pd.DataFrame], specs: Sequence[Spec], draws: int = DRAWS
) -> pd.DataFrame:
    """Return the premium by each specification that the data allow.

    Parameters
    ----------
    samples : mapping of (str, float) to pandas.DataFrame
        Samples by benchmark and blend.
    specs : sequence of Spec
        Specifications; those without a sample, or with too few models, have no row.
    draws : int
        Of the bootstraps.

    Returns
    -------
    pandas.DataFrame
        ``label``, ``group``, ``benchmark``, ``scale``, ``ratio``, ``subset``, ``control``, ``premium``, ``low``,
        ``high``, ``n``, ``vendors``, ``errors``.
    """
    rows = []
    for spec in specs:
        frame = samples.get((spec.benchmark, spec.ratio))
        if frame is None:
            continue
        found = estimate(frame, spec, draws)
        if not np.isfinite(found.value):
            continue
        vendors = _prepared(frame, spec)["entity_id"].nunique()
        rows.append(
            {
                "label": spec.label, "group": spec.group, "benchmark": spec.benchmark, "scale": spec.scale,
                "ratio": spec.ratio, "subset": spec.subset, "control": spec.control, "premium": found.value,
                "low": found.low, "high": found.high, "n": found.n, "vendors": vendors,
                "errors": found.errors.replace("entity_id", "vendor"),
            }
        )  # fmt: skip
    return pd.DataFrame(rows)


def by_label(found: pd.DataFrame) -> dict[str, Estimate]:
    """Return rows of :func:`estimates` by label, to be printed in percent."""
    return {
        row.label: Estimate(row.premium, row.low, row.high, int(row.n), row.errors, unit="percent")
        for row in found.itertuples()
    }


@dataclass(frozen=True)
class Verdict:
    """How a claimed premium fares over many estimates: counts of intervals below, around and above it."""

    below: int
    around: int
    above: int

    @property
    def n(self) -> int:
        """Return the number of estimates."""
        return self.below + self.around + self.above

    @property
    def word(self) -> str:
        """Say what became of the claim: it survives only if most intervals reach it, and fails if most do not."""
        if self.below > self.n / 2:
            return "does not survive"
        return "survives" if self.above > self.n / 2 else "is left open"


def judge(found: pd.DataFrame, claimed: float = CLAIMED) -> Verdict:
    """Count how many intervals of ``low`` to ``high`` lie below, around and above the claimed premium.

    Estimates of too few vendors for an interval do not count.
    """
    found = found.dropna(subset=["low", "high"])
    below, above = int((found["high"] < claimed).sum()), int((found["low"] > claimed).sum())
    return Verdict(below, len(found) - below - above, above)


def reverse(frame: pd.DataFrame, draws: int = DRAWS, seed: int = SEED) -> Estimate:
    """Return the premium from the reverse regression: the other bound if scores are measured with error.

    A noisy score biases the slope towards zero. Where noise is all that is wrong, the slope lies between the direct
    one and the inverse of the slope of score on price (Frisch 1934).
    """
    formula = f"log_score ~ log_price + {DATE}"
    value = least_squares(formula, frame, "log_price")
    drawn = resampled_coefficients(formula, frame, None, draws, seed)["log_price"]
    slopes = percentile_estimate(1 / value, 1 / drawn, len(frame), "reverse regression, pairs bootstrap")
    return premium_of(slopes)


def instrumented(frame: pd.DataFrame, other: pd.DataFrame, draws: int = DRAWS, seed: int = SEED) -> Estimate:
    """Return the premium with the score instrumented by that of another test, against errors of measurement.

    The ratio of two regressions of one sample, on the instrument and the date; both are resampled together.

    Parameters
    ----------
    frame : pandas.DataFrame
        A sample.
    other : pandas.DataFrame
        ``model_id`` and ``score`` on the other test.
    draws, seed : int
        Of the bootstrap.
    """
    both = frame.merge(other[["model_id", "score"]].rename(columns={"score": "instrument"}), on="model_id")
    both = both.assign(instrument=np.log(both["instrument"]))
    sides = []
    for outcome in ("log_price", "log_score"):
        formula = f"{outcome} ~ instrument + {DATE}"
        drawn = resampled_coefficients(formula, both, None, draws, seed)["instrument"].to_numpy()
        sides.append((least_squares(formula, both, "instrument"), drawn))
    (price, price_drawn), (score, score_drawn) = sides
    slope = percentile_estimate(price / score, price_drawn / score_drawn, len(both), "two stages, pairs bootstrap")
    return premium_of(slope)


def own_ladders(frame: pd.DataFrame, names: Mapping[str, str], least: int = 4) -> dict[str, Estimate]:
    """Return the premium on each vendor's own ladder: a regression of its models alone, date not held fixed.

    Intervals are classical, for want of models. Vendors with fewer than ``least`` models, or one price for all of
    theirs, have none; the least first.
    """
    found = {}
    for vendor, own in frame.groupby("entity_id"):
        if len(own) < least or np.ptp(own["log_price"]) == 0:
            continue
        slope = coefficient("log_price ~ log_score", own, "log_score", "classical")
        found[f"{LADDER}{names[vendor]}"] = premium_of(slope).to("percent")
    return dict(sorted(found.items(), key=lambda pair: pair[1].value))


def at_release(past: pd.DataFrame, scores: pd.DataFrame, models: pd.DataFrame) -> pd.DataFrame:
    """Return models at launch against the best rival then on sale.

    Parameters
    ----------
    past : pandas.DataFrame
        A history (``frontier.history``).
    scores : pandas.DataFrame
        ``model_id``, ``score``.
    models : pandas.DataFrame
        ``model_id``, ``released_on``.

    Returns
    -------
    pandas.DataFrame
        ``model_id``, ``entity_id``, ``since`` (first price), ``price``, ``score``, and of the rival: ``rival``,
        ``rival_price``, ``lead`` (log of score over score) and ``dearer`` (log of price over price). Models first
        priced long after release, or without a scored rival, are missing.
    """
    launch = past.sort_values("since").drop_duplicates("model_id")
    launch = launch.merge(scores[["model_id", "score"]], on="model_id").merge(
        models[["model_id", "released_on"]], on="model_id"
    )
    launch = launch[(launch["since"] - launch["released_on"]).dt.days.between(-7, LAUNCH_DAYS)]
    field = frontier.sold_on(past, sorted(launch["since"].unique()))
    field = field.merge(scores[["model_id", "score"]], on="model_id").sort_values(["score", "price"])
    rows = []
    for row in launch.itertuples():
        rivals = field[(field["day"] == row.since) & (field["entity_id"] != row.entity_id)]
        if len(rivals):
            best = rivals.iloc[-1]
            rows.append(
                {
                    "model_id": row.model_id, "entity_id": row.entity_id, "since": row.since, "price": row.price,
                    "score": row.score, "rival": best["model_id"], "rival_price": best["price"],
                    "lead": np.log(row.score / best["score"]), "dearer": np.log(row.price / best["price"]),
                }
            )  # fmt: skip
    return pd.DataFrame(rows)


def launch_premium(launches: pd.DataFrame, advantage: float = ADVANTAGE) -> tuple[Estimate, Estimate]:
    """Return what a launch earns over the best rival: for the advantage over being level, and at the advantage itself.

    The first is the slope of ``dearer`` on ``lead``; the second the fitted price over that of the rival for a model
    ``advantage`` ahead. Errors are clustered by vendor.
    """
    rows = launches.assign(x=launches["lead"] - np.log(1 + advantage))
    slope = coefficient("dearer ~ x", rows, "x", "cluster", "entity_id")
    level = coefficient("dearer ~ x", rows, "Intercept", "cluster", "entity_id")
    return premium_of(slope), level.map(lambda value: float(np.exp(value) - 1))


def at_launch(launches: pd.DataFrame) -> dict[str, Estimate]:
    """Return :func:`launch_premium` for all launches, and for those within a tenth of the rival or ahead of it."""
    found = {}
    for label, rows in (("", launches), (", within a tenth or ahead", launches[launches["lead"] > -0.1])):
        slope, level = launch_premium(rows)
        found[f"launch against best rival{label}: slope"] = slope.to("percent")
        found[f"launch against best rival{label}: a model five percent ahead"] = level.to("percent")
    return found
