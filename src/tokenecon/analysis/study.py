"""What the intervals of this report cover: a simulation of each headline's design, with the dependence of its sample.

A *design* takes the real sample: its vendors with as many models as they have, its regressors, its days. From it come
the size of what vendors share, of what is left, the memory of a series. It then draws outcomes of which the answer is
known, again and again, asks each estimator for its interval, and counts how often that holds the answer.

Draws are seeded by design and replication, so that the numbers do not depend on how many workers share the work.
"""

from __future__ import annotations

import warnings
import zlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from dataclasses import dataclass

import numpy as np
import pandas as pd
import statsmodels.formula.api as smf
from scipy import special
from statsmodels.tools.sm_exceptions import ConvergenceWarning, SingularMatrixWarning

from tokenecon.analysis import estimators as est
from tokenecon.analysis.coverage import COX
from tokenecon.analysis.estimators import Estimate
from tokenecon.analysis.estimators.fit import columns
from tokenecon.analysis.estimators.series import FEWEST_TIMES, ar1_memory, ar1_paths
from tokenecon.analysis.market import churn, frontier, premium
from tokenecon.analysis.market.findings import DAYS, LARGEST, Market
from tokenecon.analysis.pricing import deflation, price_events, tasks, time_on_frontier
from tokenecon.analysis.pricing import launches as newcomers
from tokenecon.analysis.pricing.findings import Pricing

REPLICATIONS = 800
SEED = 20261001
CHUNK = 25
"""Replications that a worker does at once."""

FEW_WILD, FEW = 399, 599
"""Resamples of the wild bootstrap, and of the others, inside a replication: errors of single intervals average out."""

LEVEL_OF_INDEX = 20.0
"""The level of the Intelligence Index whose price stands for all in the study."""

PLAIN_MEMORY = 0.76
"""Autocorrelation of the residuals of weekly concentration, uncorrected for the trend that took a part of it."""

LONGEST_FOR_BREAK = 60
"""Times of a series up to which the test of breaks is tried too: that of a longer one takes a second a replication."""

COLUMNS = [
    "design", "estimator", "n", "clusters", "nominal", "coverage", "mc_error", "replications", "seed", "run_on",
]  # fmt: skip

Covers = Mapping[str, bool | None]
"""Estimator to whether its interval held the answer; ``None`` where it gave none."""


@dataclass(frozen=True)
class Design(ABC):
    """A question, its sample, and what is planted in it.

    Parameters
    ----------
    name : str
        Of the design.
    """

    name: str

    @property
    def size(self) -> tuple[int, int | None]:
        """Observations, and vendors where they come in vendors."""
        return len(self.vendors), len(np.unique(self.vendors))

    @abstractmethod
    def replication(self, rng: np.random.Generator, seed: int) -> Covers:
        """Draw a sample and say which intervals hold the answer."""


def _holds(estimate: Estimate, truth: float) -> bool | None:
    return None if np.isnan(estimate.low) or np.isnan(estimate.high) else not estimate.excludes(truth)


# Regressions -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Regression(Design):
    """A coefficient where models of a vendor, and days of a model, share an error.

    Parameters
    ----------
    formula, term : str
        The regression, and the coefficient asked for.
    frame : pandas.DataFrame
        The real sample, with ``entity_id``.
    inner : str or None
        Column of a group within the vendor that shares an error too, such as the model in a panel.
    weights : str or None
        Column of weights.
    """

    formula: str
    term: str
    frame: pd.DataFrame
    fitted: np.ndarray
    truth: float
    vendor_sd: float
    inner_sd: float
    noise_sd: float
    inner: str | None = None
    weights: str | None = None

    @classmethod
    def of(
        cls,
        name: str,
        formula: str,
        term: str,
        frame: pd.DataFrame,
        inner: str | None = None,
        weights: str | None = None,
    ) -> Regression:
        """Return the design of a sample; what vendors share is estimated by restricted maximum likelihood."""
        outcome = formula.split("~")[0].strip()
        used = columns(formula, list(frame.columns))
        kept = [*dict.fromkeys([*used, "entity_id", *[one for one in (inner, weights) if one]])]
        rows = frame[kept].dropna().reset_index(drop=True)
        truth = smf.ols(formula, rows).fit()
        vendor, within, noise = _components(formula, rows, inner)
        return cls(
            name, formula, term, rows.drop(columns=outcome), truth.fittedvalues.to_numpy(), float(truth.params[term]),
            vendor, within, noise, inner, weights,
        )  # fmt: skip

    @property
    def vendors(self) -> pd.Series:
        """Vendor of each row."""
        return self.frame["entity_id"]

    def replication(self, rng: np.random.Generator, seed: int) -> Covers:
        """Draw errors, and ask all intervals of a coefficient."""
        error = self.noise_sd * rng.standard_normal(len(self.frame)) + self.vendor_sd * _shared(self.vendors, rng)
        if self.inner:
            error += self.inner_sd * _shared(self.frame[self.inner], rng)
        outcome = self.formula.split("~")[0].strip()
        frame = self.frame.assign(**{outcome: self.fitted + error})
        drawn = est.coefficient_of(self.formula, frame, self.term, self.weights)
        found = {
            "wild cluster bootstrap": est.wild_cluster(
                self.formula, frame, self.term, "entity_id", FEW_WILD, seed, self.weights
            ),
            "vendor bootstrap": est.vendor_bootstrap(drawn, frame["entity_id"], None, FEW, seed),
        }
        if not self.weights:
            found |= {
                "clustered by vendor": est.coefficient(self.formula, frame, self.term, "cluster", "entity_id"),
                "HC3": est.coefficient(self.formula, frame, self.term),
            }
        return {name: _holds(one, self.truth) for name, one in found.items()}


def _shared(groups: Sequence[object], rng: np.random.Generator) -> np.ndarray:
    codes, names = pd.factorize(groups)
    return rng.standard_normal(len(names))[codes]


def _components(formula: str, rows: pd.DataFrame, inner: str | None) -> tuple[float, float, float]:
    """Return standard deviations of what vendors share, of what inner groups share besides, and of the rest."""
    parts = {"inner": f"0 + C({inner})"} if inner else None
    with warnings.catch_warnings():
        # The likelihood of a component at its bound of zero is flat; the value is what matters, and it is checked.
        for category in (ConvergenceWarning, SingularMatrixWarning, RuntimeWarning):
            warnings.simplefilter("ignore", category)
        fit = smf.mixedlm(formula, rows, groups=rows["entity_id"], re_formula="1", vc_formula=parts).fit(reml=True)
    variances = np.array([float(fit.cov_re.iloc[0, 0]), float(fit.vcomp[0]) if inner else 0.0, float(fit.scale)])
    if not np.isfinite(variances).all() or (variances < -1e-9).any():
        raise est.FitError(f"'{formula}': components of variance {variances} are none")
    return tuple(np.sqrt(np.maximum(variances, 0)))


# Medians -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Medians(Design):
    """A median, or the ratio of the medians of two countries, where vendors share a part of the log value.

    Parameters
    ----------
    vendors, strata : numpy.ndarray
        Vendor and country of each observation; ``strata`` of zeros and ones, all zeros for one median.
    """

    vendors: np.ndarray
    strata: np.ndarray
    vendor_sd: float
    noise_sd: float

    @classmethod
    def of(cls, name: str, values: pd.Series, vendors: pd.Series, strata: pd.Series | None = None) -> Medians:
        """Return the design of a sample of positive values."""
        flags = np.zeros(len(values), dtype=int) if strata is None else pd.factorize(strata)[0]
        rows = pd.DataFrame({"y": np.log(values.to_numpy(float)), "entity_id": vendors.to_numpy(), "s": flags})
        vendor, _, noise = _components("y ~ 1" if strata is None else "y ~ s", rows, None)
        return cls(name, rows["entity_id"].to_numpy(), flags, vendor, noise)

    def replication(self, rng: np.random.Generator, seed: int) -> Covers:
        """Draw values of which the medians are one, and ask for the median, or the ratio of the medians."""
        log = self.vendor_sd * _shared(self.vendors, rng) + self.noise_sd * rng.standard_normal(len(self.vendors))
        values, one = np.exp(log), self.strata == 0
        both = not one.all()
        statistic = est.quantile(values)
        if both:
            statistic = est.ratio(est.of(est.quantile(values[one]), one), est.of(est.quantile(values[~one]), ~one))
        samples = (values[one], values[~one]) if both else (values,)
        function = est.ratio_of_medians if both else np.median
        found = {
            "vendor bootstrap": est.vendor_bootstrap(statistic, self.vendors, self.strata if both else None, FEW, seed),
            "percentile bootstrap of models": est.resampled(function, *samples, draws=FEW, seed=seed),
        }
        if not both:
            found["plain percentiles of vendors"] = est.grouped_median(values, self.vendors, FEW, seed, "vendor")
        return {name: _holds(estimate, 1.0) for name, estimate in found.items()}


# Durations ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Durations(Design):
    """A median duration where vendors share a frailty, and what is young is censored.

    Parameters
    ----------
    vendors : numpy.ndarray
        Vendor of each.
    watched : numpy.ndarray
        For how long each can be watched at most.
    median : float
        The planted median, in days.
    frailty_sd, noise_sd : float
        Of the log duration: what vendors share, and the rest.
    """

    vendors: np.ndarray
    watched: np.ndarray
    median: float
    frailty_sd: float
    noise_sd: float

    @classmethod
    def of(cls, name: str, spells: pd.DataFrame, begins: str, until: pd.Timestamp) -> Durations:
        """Return the design of spells with ``entity_id``, ``days``, ``ended`` and a day on which each begins."""
        rows = spells.reset_index(drop=True)
        over = rows[rows["ended"].astype(bool)].assign(y=lambda found: np.log(found["days"].clip(lower=1)))
        frailty, _, noise = _components("y ~ 1", over, None)
        watched = np.maximum((until - rows[begins]).dt.days.to_numpy(float), rows["days"].to_numpy(float))
        middle = est.survival(rows["days"], rows["ended"])[1].value
        return cls(name, rows["entity_id"].to_numpy(), watched, middle, frailty, noise)

    def drawn(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Draw lognormal durations and censor them; return the days, and whether each ended."""
        log = self.frailty_sd * _shared(self.vendors, rng) + self.noise_sd * rng.standard_normal(len(self.vendors))
        lasts = self.median * np.exp(log)
        return np.minimum(lasts, self.watched), lasts <= self.watched

    def replication(self, rng: np.random.Generator, seed: int) -> Covers:
        """Draw durations and ask for their median."""
        days, ended = self.drawn(rng)
        found = {
            "vendor bootstrap": est.median_duration(days, ended, self.vendors, FEW, seed),
            "Kaplan–Meier, log–log": est.survival(days, ended)[1],
        }
        return {name: _holds(estimate, self.median) for name, estimate in found.items()}


@dataclass(frozen=True)
class Hazards(Durations):
    """A ratio of hazards of two countries whose durations are alike, so that one is the answer.

    Parameters
    ----------
    spells : pandas.DataFrame
        ``country`` and ``standing`` of each, which are those of the sample.
    one : str
        The country whose hazard stands above.
    """

    spells: pd.DataFrame
    one: str

    @classmethod
    def between(cls, name: str, spells: pd.DataFrame, one: str, until: pd.Timestamp) -> Hazards:
        """Return the design of spells of two countries, as :meth:`Durations.of` takes them."""
        alike = Durations.of(name, spells, "begins", until)
        kept = spells[["country", "standing"]].reset_index(drop=True)
        return cls(**vars(alike), spells=kept, one=one)

    def replication(self, rng: np.random.Generator, seed: int) -> Covers:
        """Draw durations and ask how much faster those of one country end."""
        days, ended = self.drawn(rng)
        found = time_on_frontier.hazard_ratio(self.spells.assign(days=days, ended=ended), self.one)
        return {COX: _holds(found, 1.0)}


# Series ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Series(Design):
    """The trend (``degree`` 1) or the mean (0) of a series with the memory of the real one.

    Parameters
    ----------
    times : numpy.ndarray
        In years.
    memory : float
        Autocorrelation at the usual distance.
    degree : int
        What is asked for.
    """

    times: np.ndarray
    memory: float
    degree: int

    @classmethod
    def of(cls, name: str, values: Sequence[float], times: Sequence[float], degree: int = 1) -> Series:
        """Return the design of a series; its memory by restricted likelihood."""
        return cls(name, np.asarray(times, float), ar1_memory(values, times, degree), degree)

    @property
    def size(self) -> tuple[int, None]:
        """Times."""
        return len(self.times), None

    def replication(self, rng: np.random.Generator, seed: int) -> Covers:
        """Draw a series without a trend around zero, and ask for either."""
        series = ar1_paths(self.memory, self.times, 1, rng)[0]
        if self.degree:
            found = {
                "AR(1)": est.ar1_trend(series, self.times),
                "fixed-b": est.fixed_b(series, self.times),
                "Newey–West": est.trend(series, self.times),
            }
        else:
            found = {
                "AR(1)": est.ar1_mean(series, self.times),
                "fixed-b": est.fixed_b(series, self.times, 0),
                "stationary bootstrap": est.block_resampled(np.mean, series, draws=FEW, seed=seed),
            }
        covers: dict[str, bool | None] = {name: _holds(estimate, 0.0) for name, estimate in found.items()}
        if self.degree and 20 <= len(series) <= LONGEST_FOR_BREAK:
            covers["break test (no break)"] = est.break_test(series, self.times, draws=199, seed=seed).p > 1 - est.LEVEL
        return covers


# Shares ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Shares(Design):
    """A share of decisions, such as those that raise a price, where vendors differ in how often they do.

    Parameters
    ----------
    vendors : numpy.ndarray
        Vendor of each decision.
    middle, vendor_sd : float
        Log odds: their mean, and how far vendors differ.
    """

    vendors: np.ndarray
    middle: float
    vendor_sd: float

    @classmethod
    def of(cls, name: str, happened: pd.Series, vendors: pd.Series) -> Shares:
        """Return the design of a sample; how far vendors differ follows from the variance of their counts."""
        counts = happened.astype(float).groupby(vendors.to_numpy()).agg(["sum", "size"])
        share = counts["sum"].sum() / counts["size"].sum()
        noise = share * (1 - share) * counts["size"]
        excess = ((counts["sum"] - share * counts["size"]) ** 2 - noise).sum()
        between = max(float(excess / (counts["size"] * (counts["size"] - 1)).sum()), 0.0)
        return cls(name, vendors.to_numpy(), float(special.logit(share)), np.sqrt(between) / (share * (1 - share)))

    @property
    def truth(self) -> float:
        """The share over all vendors that could be drawn."""
        at, weights = np.polynomial.hermite_e.hermegauss(60)
        return float(weights @ special.expit(self.middle + self.vendor_sd * at) / weights.sum())

    def replication(self, rng: np.random.Generator, seed: int) -> Covers:
        """Draw decisions, and ask for their share."""
        odds = special.expit(self.middle + self.vendor_sd * _shared(self.vendors, rng))
        happened = (rng.random(len(odds)) < odds).astype(float)
        found = est.vendor_bootstrap(est.mean(happened), self.vendors, None, FEW, seed)
        return {"vendor bootstrap": _holds(found, self.truth)}


@dataclass(frozen=True)
class Alike(Design):
    """In what part of pairs alike in score the cheaper leads, where use has nothing to do with price.

    Parameters
    ----------
    models : pandas.DataFrame
        ``entity_id``, ``price``, ``score`` of the real sample.
    vendor_sd, noise_sd : float
        Of the log share of tokens: what vendors share, and the rest.
    """

    models: pd.DataFrame
    vendor_sd: float
    noise_sd: float

    @classmethod
    def of(cls, name: str, models: pd.DataFrame) -> Alike:
        """Return the design of a sample with ``share``."""
        rows = models[models["share"] > 0].reset_index(drop=True)
        vendor, _, noise = _components("y ~ 1", rows.assign(y=np.log(rows["share"])), None)
        return cls(name, rows[["entity_id", "price", "score"]], vendor, noise)

    @property
    def vendors(self) -> pd.Series:
        """Vendor of each row."""
        return self.models["entity_id"]

    def replication(self, rng: np.random.Generator, seed: int) -> Covers:
        """Draw shares of tokens, and ask for the part, of which a half is the truth."""
        log = self.noise_sd * rng.standard_normal(len(self.models)) + self.vendor_sd * _shared(self.vendors, rng)
        return {"vendor bootstrap": _holds(frontier.cheaper_leads(self.models.assign(share=np.exp(log))), 0.5)}


# Running it --------------------------------------------------------------------------------------------------------


def _chunk(design: Design, seed: int, replications: range) -> list[Covers]:
    key = zlib.crc32(design.name.encode())
    return [design.replication(np.random.default_rng([seed, key, one]), seed + one) for one in replications]


def run(
    designs: Iterable[Design],
    run_on: str,
    replications: int = REPLICATIONS,
    seed: int = SEED,
    executor: Executor | None = None,
    said: Callable[[str], None] = lambda line: None,
) -> pd.DataFrame:
    """Return what each estimator covers in each design.

    Parameters
    ----------
    designs : iterable of Design
        The designs.
    run_on : str
        Day of the run, for the table.
    replications : int
        Samples drawn of each design.
    seed : int
        Of all random numbers.
    executor : concurrent.futures.Executor, optional
        Where the work is done; processes on this machine if left out. A cluster's executor does as well.
    said : callable
        Told a line for each design as it is done.

    Returns
    -------
    pandas.DataFrame
        ``design``, ``estimator``, ``n``, ``clusters`` (missing where there are none), ``nominal``, ``coverage``,
        ``mc_error`` (standard error of the simulation), ``replications`` (that gave an interval), ``seed``, ``run_on``.
    """
    designs = list(designs)
    if executor is None:
        with ProcessPoolExecutor() as own:
            return run(designs, run_on, replications, seed, own, said)
    parts = [range(at, min(at + CHUNK, replications)) for at in range(0, replications, CHUNK)]
    waiting = [[executor.submit(_chunk, design, seed, part) for part in parts] for design in designs]
    rows = []
    for design, futures in zip(designs, waiting, strict=True):
        found = _rows(design, [covers for future in futures for covers in future.result()], seed, run_on)
        rows += found
        for row in found:
            said(f"{row['design']}, {row['estimator']}: {row['coverage']:.1%} ± {row['mc_error']:.1%}")
    return pd.DataFrame(rows, columns=COLUMNS).astype({"clusters": "Int64"})


def _rows(design: Design, covers: Sequence[Covers], seed: int, run_on: str) -> list[dict[str, object]]:
    n, clusters = design.size
    rows = []
    for estimator in covers[0]:
        known = [one[estimator] for one in covers if one[estimator] is not None]
        share = float(np.mean(known)) if known else float("nan")
        error = float(np.sqrt(share * (1 - share) / len(known))) if known else float("nan")
        rows.append(
            {"design": design.name, "estimator": estimator, "n": n, "clusters": clusters, "nominal": est.LEVEL,
             "coverage": round(share, 3), "mc_error": round(error, 4), "replications": len(known), "seed": seed,
             "run_on": run_on}
        )  # fmt: skip
    return rows


def designs(market: Market, prices: Pricing) -> list[Design]:
    """Return the design of each headline interval, from the samples of an edition.

    Parameters
    ----------
    market, prices : Market, Pricing
        The samples. Designs whose sample the edition lacks are left out.
    """
    models, until = market.base, market.scored["scored_on"].max()
    vendors = prices.both.set_index("model_id")["entity_id"]
    quarters = prices.panel[prices.panel["day"].dt.month.isin([3, 6, 9, 12])]
    launches = premium.at_release(frontier.history(market.lists), market.scored, market.cat.models)
    found: list[Design] = [
        Regression.of("premium", "log_price ~ log_score + released", "log_score", models),
        Regression.of(
            "premium, top third", "log_price ~ log_score + released", "log_score", premium.subset(models, "top third")
        ),
        Regression.of("launch premium", "dearer ~ lead", "lead", launches),
        Regression.of("price gap", "log_price ~ is_one + z + date", "is_one", prices.both),
        Regression.of("difference of slopes", "log_price ~ is_one * z + date", "is_one:z", prices.both),
        *[
            Regression.of(f"price change, {code}", "log_price ~ log_score + years", "years", rows, "model_id")
            for code, rows in quarters.groupby("country")
        ],
        Medians.of("ratio of medians", prices.both["blended"], prices.both["entity_id"], prices.both["country"]),
        Medians.of("spread", prices.spreads["spread"], prices.spreads["entity_id"]),
        *[
            Durations.of(f"time undercut, {code}", rows, "begins", until)
            for code, rows in prices.held.groupby("country")
        ],
        Hazards.between("time undercut, hazard", prices.held, prices.countries[0].code, until),
        Durations.of("lag of followers", _lags(prices), "released_on", until),
        Durations.of("time to half", churn.decays(market.heads), "peaked_on", market.heads["week"].max()),
        Durations.of("time among the nine", churn.spells(market.heads), "entered", market.heads["week"].max()),
        Medians.of("launch price of leaders", market.leading["ratio"], market.leading["entity_id"]),
        Medians.of("matched pairs", prices.pairs["ratio"], prices.pairs["partner_id"].map(vendors)),
        Alike.of("cheaper of alike", market.in_use),
        Regression.of(
            "premium, top third by coding", "log_price ~ log_score + released", "log_score",
            premium.subset(market.coding, "top third"),
        ),
    ]  # fmt: skip
    codes = [country.code for country in prices.countries]
    first = newcomers.launched(prices.abroad, prices.scored, prices.scored_on)
    found += [
        Regression.of(f"launch prices, {code}", "log_price ~ log_score + released", "released", rows)
        for code, rows in first[first["country"].isin(codes)].groupby("country")
    ]
    if prices.tasks:
        outcomes = {"price of a token": "token", "cost of a run": "by_run", "tokens of a run": "tokens"}
        rows = tasks.logs(prices.variants, "paid")
        found += [Regression.of(name, f"{column} ~ is_one + x", "is_one", rows) for name, column in outcomes.items()]
    kept = prices.successions.query("tier == 'successor'")
    found.append(Shares.of("successors", kept["kept"], kept["entity_id"]))
    steps = price_events.events(prices.paths)
    made = price_events.decisions(steps[steps["kind"] == "change"])
    found.append(Shares.of("rises among decisions", made["up"], made["entity_id"]))
    used = prices.both.assign(tokens=prices.both["model_id"].map(_tokens(market.days))).dropna(subset="tokens")
    if used["entity_id"].nunique() >= 5:
        formula = "log_price ~ is_one + z + date"
        found.append(Regression.of("price gap in use", formula, "is_one", used, weights="tokens"))
    return found + _series_designs(market, prices)


def _lags(prices: Pricing) -> pd.DataFrame:
    """Return how long each record of the other country was unmatched, with its vendor."""
    vendors = prices.paths.drop_duplicates("model").set_index("model")["entity_id"]
    records = prices.caught
    return records.rename(columns={"reached": "ended"}).assign(entity_id=records["model"].map(vendors))


def _tokens(days: pd.DataFrame) -> pd.Series:
    """Return tokens of the last thirty days known, by model."""
    recent = days[days["day"] > days["day"].max() - pd.Timedelta(days=30)]
    return recent.groupby("model_id")["tokens"].sum()


def _series_designs(market: Market, prices: Pricing) -> list[Design]:
    weeks = market.dense_series[market.dense_series["series"] == LARGEST]
    times = years_from_first(weeks["on"])
    level = deflation.cheapest(prices.panel, [LEVEL_OF_INDEX])
    level = level[level["country"] == prices.countries[-1].code]
    found: list[Design] = []
    if len(weeks) >= FEWEST_TIMES:
        found += [
            Series.of("concentration, trend", weeks["hhi_low"], times),
            Series("concentration, trend, plain memory", times, PLAIN_MEMORY, 1),
            Series.of("concentration, mean", weeks["hhi_low"], times, 0),
        ]
    days = market.dense_series[market.dense_series["series"] == DAYS]
    if len(days) >= FEWEST_TIMES:
        below = market.share_below_top
        found += [
            Series.of("concentration by day, trend", days["hhi_low"], years_from_first(days["on"])),
            Series.of("tokens below the best, mean", below, years_from_first(below.index.to_series()), 0),
        ]
    near = market.convergence[market.convergence["index"] == market.convergence["index"].iloc[0]]
    since = pd.Timestamp(market.edition.as_of) - pd.DateOffset(months=frontier.MONTHS)
    near = near[near["month"] >= since]
    if len(near) >= FEWEST_TIMES:
        found.append(Series.of("convergence, trend", near["ratio"], years_from_first(near["month"])))
    if len(level) >= FEWEST_TIMES:
        found.append(Series.of("price of a level, trend", np.log(level["blended"]), level["years"]))
    return found


def years_from_first(days: pd.Series) -> np.ndarray:
    """Return days as years since the first."""
    return ((days - days.iloc[0]).dt.days / 365.25).to_numpy(float)
