"""The price gap between two countries: medians, matched pairs, hedonic regressions, what explains it.

Frames are samples of :func:`tokenecon.analysis.market.sample.hedonic_sample`: one row a model on sale on a day, with
``log_price``, ``log_score`` and ``released`` (years). :func:`two_countries` prepares them.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from statsmodels.stats.oaxaca import OaxacaBlinder
from statsmodels.tools.sm_exceptions import SingularMatrixWarning

from tokenecon.analysis.estimators import (
    DRAWS,
    SEED,
    Estimate,
    coefficient,
    coefficient_of,
    grouped_median,
    of,
    percentile_estimate,
    quantile,
    quantile_coefficient,
    ratio,
    vendor_bootstrap,
    wild_cluster,
)
from tokenecon.analysis.market.sample import hedonic_sample, snapshot_day
from tokenecon.analysis.pricing.off_list import cached_blend

VENDOR = 4
"""Vendors with as many models are left out in turn."""
MEASURES: Mapping[str, str] = {
    "aa_coding_index": "coding index",
    "aa_agentic_index": "agentic index",
    "aa_gpqa_diamond": "GPQA Diamond",
    "aa_hle": "Humanity's Last Exam",
    "aa_scicode": "SciCode",
    "aa_tau2": "tau2-bench",
    "aa_terminal_bench_hard": "Terminal-Bench Hard",
}
"""Other measures of capability, to their names."""

GROUPS: Mapping[str, str] = {
    "main": "main",
    "controls": "controls",
    "measure": "measure of capability",
    "price": "price",
    "sample": "sample",
    "vendor": "one vendor left out",
    "quantile": "quantile regression",
}
"""Kinds of specification, in order."""
_NAN = float("nan")


class Specification(NamedTuple):
    """A sample (:func:`two_countries`), what is held fixed besides capability, and the price to be explained."""

    group: str
    label: str
    frame: pd.DataFrame
    controls: str = "date"
    outcome: str = "log_price"


def two_countries(frame: pd.DataFrame, one: str, other: str) -> pd.DataFrame:
    """Return the rows of two countries with what the regressions need.

    Parameters
    ----------
    frame : pandas.DataFrame
        A sample (module docstring).
    one, other : str
        Country codes.

    Returns
    -------
    pandas.DataFrame
        The rows with ``is_one`` (1.0 for ``one``), ``z`` (log score in standard deviations around its mean over both,
        so that measures of capability compare), ``date`` (years from the mean release), ``open_weights`` (1.0, 0.0, or
        NaN where not known).
    """
    rows = frame[frame["country"].isin([one, other])].reset_index(drop=True)
    centred = rows["log_score"] - rows["log_score"].mean()
    known = {"open": 1.0, "closed": 0.0}
    return rows.assign(
        is_one=(rows["country"] == one).astype(float),
        z=centred / rows["log_score"].std(),
        date=rows["released"] - rows["released"].mean(),
        open_weights=rows["weights"].map(known).astype(float),
    )


def matched_pairs(frame: pd.DataFrame, days: int = 90, caliper: float | None = None) -> pd.DataFrame:
    """Pair each model of the one country with that of the other nearest to it in capability, of about the same age.

    Parameters
    ----------
    frame : pandas.DataFrame
        As :func:`two_countries` returns it.
    days : int
        Largest distance between the releases.
    caliper : float, optional
        Largest relative difference of the scores; none if left out.

    Returns
    -------
    pandas.DataFrame
        One row a model of the one country that finds a partner (partners may serve again): ``model``, ``partner``,
        ``entity_id``, ``partner_id``, ``score``, ``partner_score``, ``apart`` (relative difference of the scores,
        partner over model, less one), ``days`` (partner's release less the model's), ``price``, ``partner_price``,
        ``ratio`` (partner over model).
    """
    ours, theirs = (frame[frame["is_one"] == flag] for flag in (1, 0))
    pairs = ours.merge(theirs, how="cross", suffixes=("", "_partner"))
    apart = pairs["score_partner"] / pairs["score"] - 1
    gap = (pairs["released_on_partner"] - pairs["released_on"]).dt.days
    near = gap.abs() <= days
    if caliper is not None:
        near &= apart.abs() <= caliper
    found = pairs.assign(apart=apart, days=gap, distance=np.log1p(apart).abs())[near]
    found = found.sort_values(["model_id", "distance", "days", "model_id_partner"]).drop_duplicates("model_id")
    return pd.DataFrame(
        {
            "model": found["model"], "partner": found["model_partner"], "entity_id": found["entity_id"],
            "partner_id": found["model_id_partner"], "score": found["score"], "partner_score": found["score_partner"],
            "apart": found["apart"], "days": found["days"], "price": found["blended"],
            "partner_price": found["blended_partner"], "ratio": found["blended_partner"] / found["blended"],
        }
    ).reset_index(drop=True)  # fmt: skip


def median_ratio(pairs: pd.DataFrame, draws: int = 2_000, seed: int = SEED) -> Estimate:
    """Return the median ratio of matched pairs; the interval resamples partners whole, since one serves several."""
    logs = np.log(pairs["ratio"].to_numpy())
    return grouped_median(logs, pairs["partner_id"], draws, seed, "partner").map(np.exp)


def country_gap(frame: pd.DataFrame, controls: str = "z + date", outcome: str = "log_price", **errors: str) -> Estimate:
    """Return the one country's price over the other's at equal controls, from a dummy; errors as for ``ols``."""
    formula = f"{outcome} ~ is_one" + (f" + {controls}" if controls else "")
    return coefficient(formula, frame, "is_one", **errors).map(np.exp)


def gap_by_vendor(
    frame: pd.DataFrame, controls: str = "z + date", outcome: str = "log_price", draws: int = 1_999
) -> Estimate:
    """Return the other country's price over the one's at equal controls, vendors drawn (wild cluster bootstrap)."""
    found = wild_cluster(f"{outcome} ~ is_one + {controls}", frame, "is_one", "entity_id", draws=draws)
    return found.map(lambda log: float(np.exp(-log))).to("times")


def median_gap(frame: pd.DataFrame) -> Estimate:
    """Return the ratio of the countries' median prices, vendors drawn within countries."""
    ours = frame["is_one"].eq(1).to_numpy()
    medians = {flag: of(quantile(frame.loc[ours == flag, "blended"]), ours == flag) for flag in (True, False)}
    statistic = ratio(medians[False], medians[True])
    return vendor_bootstrap(statistic, frame["entity_id"], frame["country"], unit="times")


def slopes(
    frame: pd.DataFrame, controls: str = "date", outcome: str = "log_price", x: str = "z", draws: int = DRAWS
) -> pd.DataFrame:
    """Return what capability is worth in each country: capability × country in one regression.

    Parameters
    ----------
    frame : pandas.DataFrame
        As :func:`two_countries` returns it.
    controls : str
        What is held fixed besides.
    outcome, x : str
        Price and capability; with ``log_score`` for ``x`` slopes are elasticities, with ``z`` log points for a standard
        deviation.

    Returns
    -------
    pandas.DataFrame
        Rows ``other``, ``one`` and ``difference`` (the one less the other): ``value``, ``low``, ``high``, ``n``,
        ``errors`` (vendors drawn).
    """
    turned = frame.assign(is_other=1 - frame["is_one"])
    parts = {
        "other": _drawn(turned, f"{outcome} ~ is_one * {x}", x, controls, draws),
        "one": _drawn(turned, f"{outcome} ~ is_other * {x}", x, controls, draws),
        "difference": slope_difference(frame, controls, outcome, x, draws),
    }
    return pd.DataFrame([{"which": name} | vars(part) for name, part in parts.items()]).set_index("which")


def slope_difference(
    frame: pd.DataFrame, controls: str = "date", outcome: str = "log_price", x: str = "z", draws: int = DRAWS
) -> Estimate:
    """Return the one country's slope less the other's, vendors drawn.

    With an interaction of few vendors the bootstrap of vendors covers, and the wild one less (``data/study.csv``).
    """
    return _drawn(frame, f"{outcome} ~ is_one * {x}", f"is_one:{x}", controls, draws)


def _drawn(frame: pd.DataFrame, formula: str, term: str, controls: str, draws: int) -> Estimate:
    """Return a coefficient with controls, vendors drawn."""
    whole = f"{formula} + {controls}" if controls else formula
    return vendor_bootstrap(coefficient_of(whole, frame, term), frame["entity_id"], draws=draws)


def quantile_slopes(frame: pd.DataFrame, quantiles: Sequence[float] = (0.25, 0.5, 0.75)) -> pd.DataFrame:
    """Return gap and slopes by quantile regression (Koenker and Bassett 1978), intervals from the kernel estimate.

    Columns are those of :func:`robustness`, one row a quantile.
    """
    rows = []
    for q in quantiles:
        level = quantile_coefficient("log_price ~ is_one + z + date", frame, "is_one", q).map(lambda log: np.exp(-log))
        slope, more = (
            quantile_coefficient("log_price ~ is_one * z + date", frame, term, q) for term in ("z", "is_one:z")
        )
        rows.append(
            {"group": "quantile", "label": f"quantile {q:.0%}", "n_one": int(frame["is_one"].sum()),
             "n_other": int((1 - frame["is_one"]).sum()),
             **level.fields("gap"), "slope_other": slope.value, "slope_one": slope.value + more.value,
             **more.fields("difference"), "errors": "kernel"}
        )  # fmt: skip
    return pd.DataFrame(rows)


def specifications(
    prices: pd.DataFrame,
    capability: pd.DataFrame,
    models: pd.DataFrame,
    entities: pd.DataFrame,
    pair: Sequence[str],
    hit: float,
) -> list[Specification]:
    """Return the samples, controls and prices on which gap and slopes are tried.

    Parameters
    ----------
    prices, capability, models, entities : pandas.DataFrame
        As :func:`tokenecon.analysis.market.sample.hedonic_sample` takes them.
    pair : sequence of str
        Codes of the one country and of the other.
    hit : float
        Share of input that is read from the cache, for the price after caching.

    Returns
    -------
    list of Specification
        The first is the main one.
    """
    tables = (prices, capability, models, entities)
    day = snapshot_day(capability, "aa_index")

    def drawn(**options: Any) -> pd.DataFrame:
        return two_countries(hedonic_sample(*tables, **options).frame, *pair)

    base = drawn()
    points = (base["score"] - base["score"].mean()) / base["score"].std()
    cached = cached_blend(base, hit)
    found = [
        Specification("main", "log score, date, 3:1 blend", base),
        Specification("controls", "no date", base, ""),
        Specification("controls", "own date trend by country", base, "date + is_one:date"),
        Specification("controls", "open weights", base, "date + open_weights"),
        Specification("measure", "index in points, not logs", base.assign(z=points)),
        Specification("measure", "index, measured scores only", drawn(basis="measured")),
    ]
    known = set(capability["benchmark"])
    found += [
        Specification("measure", words, drawn(benchmark=name)) for name, words in MEASURES.items() if name in known
    ]
    found += [Specification("price", f"{ratio:g}:1 blend", drawn(ratio=ratio)) for ratio in (1, 10)]
    found += [
        Specification("price", "after caching", base.assign(paid=np.log(cached.where(cached > 0))), outcome="paid"),
        Specification("price", "cost of the benchmark run", base.assign(run=np.log(base["run_cost"])), outcome="run"),
        Specification("sample", "released within a year", base[base["released_on"] > day - pd.Timedelta(days=365)]),
    ]
    days = capability.loc[capability["benchmark"] == "aa_index", "published_on"]
    if (days < day).any():
        found.append(Specification("sample", "scores and prices before", drawn(day=days[days < day].max())))
    counts, names = base["entity_id"].value_counts(), entities.set_index("entity_id")["name"]
    found += [
        Specification("vendor", f"without {names[vendor]}", base[base["entity_id"] != vendor])
        for vendor in sorted(counts[counts >= VENDOR].index)
    ]
    return found


def robustness(specifications: Sequence[Specification], fewest: int = 8, draws: int = 999) -> pd.DataFrame:
    """Return gap and slopes for each specification, and by quantile for the first.

    Parameters
    ----------
    specifications : sequence of Specification
        As :func:`specifications` returns them.
    fewest : int
        Samples with fewer models of a country are left out.
    draws : int
        Of the wild cluster bootstrap by vendor.

    Returns
    -------
    pandas.DataFrame
        ``group``, ``label``, ``n_one``, ``n_other``; ``gap`` (the other country over the one at equal capability and
        controls); ``slope_other``, ``slope_one``, ``difference`` (log points for a standard deviation of capability);
        gap and difference with ``_low`` and ``_high``; ``errors``.
    """
    rows = []
    for one in specifications:
        needed = [name for name in ("date", "open_weights") if name in one.controls]
        whole = one.frame.dropna(subset=[*needed, one.outcome, "z"])
        n_one, n_other = int(whole["is_one"].sum()), int((1 - whole["is_one"]).sum())
        if min(n_one, n_other) < fewest:
            continue
        apart = gap_by_vendor(whole, f"z + {one.controls}" if one.controls else "z", one.outcome, draws)
        slope = slopes(whole, one.controls, one.outcome, draws=draws)
        names = {"value": "difference", "low": "difference_low", "high": "difference_high"}
        ends = slope.loc["difference", list(names)].rename(names)
        rows.append(
            {"group": one.group, "label": one.label, "n_one": n_one, "n_other": n_other} | apart.fields("gap")
            | {f"slope_{name}": slope.value[name] for name in ("other", "one")} | dict(ends) | {"errors": "by vendor"}
        )  # fmt: skip
    return pd.concat([pd.DataFrame(rows), quantile_slopes(specifications[0].frame)], ignore_index=True)


def decomposition(
    frame: pd.DataFrame, names: Sequence[str] = ("z", "date", "open_weights"), draws: int = 1_999, seed: int = SEED
) -> pd.DataFrame:
    """Split the mean gap of log prices into what characteristics explain and what they do not.

    The two-fold decomposition of Oaxaca (1973) and Blinder (1973) with the coefficients of the pooled regression that
    holds the country dummy (Jann 2008), by statsmodels; the part of each characteristic is its mean difference times
    its coefficient. Intervals resample models within countries.

    Parameters
    ----------
    frame : pandas.DataFrame
        As :func:`two_countries` returns it; rows with a missing characteristic are left out.
    names : sequence of str
        The characteristics.
    draws, seed : int
        Of the bootstrap.

    Returns
    -------
    pandas.DataFrame
        ``part`` (``total``, each characteristic, ``explained``, ``unexplained``), ``value`` (log points, the other
        country less the one), ``low``, ``high``, ``share`` of the total, ``n``.

    Raises
    ------
    RuntimeError
        If our parts do not add up to the two that statsmodels gives.
    """
    names = list(names)
    rows = frame.dropna(subset=[*names, "log_price"]).reset_index(drop=True)
    y, x = rows["log_price"].to_numpy(), rows[[*names, "is_one"]].to_numpy()
    value = _parts(y, x)
    with warnings.catch_warnings():
        # A characteristic that one country has only one value of: its own regression is singular, the pooled is not.
        warnings.simplefilter("ignore", SingularMatrixWarning)
        model = OaxacaBlinder(rows["log_price"], rows[[*names, "is_one"]], "is_one", hasconst=False, swap=False)
    unexplained, explained, total = model.two_fold(two_fold_type="pooled").params
    sign = np.sign(value[0]) * np.sign(total)
    if not np.allclose([value[0], value[-2], value[-1]], sign * np.array([total, explained, unexplained]), atol=1e-6):
        raise RuntimeError(f"parts {value} do not add up to those of statsmodels: {explained}, {unexplained}")
    rng = np.random.default_rng(seed)
    places = [np.flatnonzero(x[:, -1] == flag) for flag in (0, 1)]
    picks = (np.concatenate([rng.choice(place, len(place)) for place in places]) for _ in range(draws))
    drawn = np.array([_parts(y[pick], x[pick]) for pick in picks])
    found = [percentile_estimate(part, drawn[:, place], len(rows), "bootstrap") for place, part in enumerate(value)]
    return pd.DataFrame(
        [
            {"part": label, "value": part.value, "low": part.low, "high": part.high, "share": part.value / value[0],
             "n": part.n}
            for label, part in zip(["total", *names, "explained", "unexplained"], found, strict=True)
        ]
    )  # fmt: skip


def _parts(y: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Return total, each characteristic's part, explained and unexplained; NaN where they are not identified.

    The last column of ``x`` is the country.
    """
    ours = x[:, -1] == 1
    design = np.column_stack([np.ones(len(x)), x])
    beta, _, rank, _ = np.linalg.lstsq(design, y, rcond=None)
    total = y[~ours].mean() - y[ours].mean()
    if rank < design.shape[1]:
        return np.full(x.shape[1] + 2, _NAN)
    parts = (x[~ours].mean(axis=0) - x[ours].mean(axis=0))[:-1] * beta[1:-1]
    return np.array([total, *parts, parts.sum(), total - parts.sum()])
