"""Estimators that the chapters share; each is tried in the tests on simulated data with a known answer.

Every function that draws takes a ``seed``, so that an edition prints the same numbers whenever it is executed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
import statsmodels.formula.api as smf
from arch.bootstrap import StationaryBootstrap, optimal_block_length
from patsy import dmatrices
from scipy import stats
from statsmodels.duration.survfunc import SurvfuncRight
from statsmodels.regression.linear_model import RegressionResults

from tokenecon.analysis.estimate import Estimate

DRAWS = 9_999
SEED = 20260401
LEVEL = 0.95
_WEBB = np.sqrt([0.5, 1.0, 1.5])
_NAN = float("nan")


def ols(
    formula: str, frame: pd.DataFrame, errors: str = "HC3", groups: str | None = None
) -> tuple[RegressionResults, str]:
    """Fit a regression by least squares with robust errors.

    Parameters
    ----------
    formula : str
        As statsmodels reads it. Rows with a missing value are left out.
    frame : pandas.DataFrame
        The sample.
    errors : {"HC3", "cluster"}
        MacKinnon and White's (1985) HC3, or errors clustered by ``groups`` (Liang and Zeger 1986) with the t
        distribution of as many degrees of freedom as there are clusters, less one.
    groups : str, optional
        Column that names the cluster.

    Returns
    -------
    results : RegressionResults
        Of statsmodels.
    errors : str
        The kind of errors in words.
    """
    if errors == "HC3":
        return smf.ols(formula, frame).fit(cov_type="HC3", use_t=True), "HC3"
    needed = frame.dropna(subset=[name for name in frame if name in formula or name == groups])
    codes = pd.factorize(needed[groups])[0]
    return (
        smf.ols(formula, needed).fit(cov_type="cluster", cov_kwds={"groups": codes}, use_t=True),
        f"clustered by {groups}, {codes.max() + 1} clusters",
    )


def coefficient(
    formula: str, frame: pd.DataFrame, term: str, errors: str = "HC3", groups: str | None = None
) -> Estimate:
    """Return one coefficient of :func:`ols` with its interval."""
    results, kind = ols(formula, frame, errors, groups)
    low, high = results.conf_int(1 - LEVEL).loc[term]
    return Estimate(float(results.params[term]), low, high, int(results.nobs), kind, float(results.bse[term]))


def wild_cluster(
    formula: str, frame: pd.DataFrame, term: str, groups: str, draws: int = DRAWS, seed: int = SEED
) -> Estimate:
    """Return a coefficient with the interval of the wild cluster restricted bootstrap, for few clusters.

    The bootstrap-t of Cameron, Gelbach and Miller (2008) with the null imposed and Webb's (2023) six-point weights.
    The interval holds the values whose test is not rejected; it is found by bisection.

    Parameters
    ----------
    formula, frame
        As for :func:`ols`.
    term : str
        The coefficient.
    groups : str
        Column that names the cluster.
    draws : int
        Resamples.
    seed : int
        Of the random numbers.
    """
    y, x = dmatrices(formula, frame, return_type="dataframe")
    codes, names = pd.factorize(frame.loc[x.index, groups])
    place = list(x.columns).index(term)
    test = _WildTest(y.to_numpy()[:, 0], x.to_numpy(), place, codes, draws, seed)
    low, high = test.interval()
    return Estimate(test.estimate, low, high, len(x), f"wild cluster bootstrap by {groups}, {len(names)} clusters")


class _WildTest:
    """Tests of one coefficient: everything that depends on the null does so linearly, so it is computed twice only."""

    def __init__(self, y: np.ndarray, x: np.ndarray, place: int, codes: np.ndarray, draws: int, seed: int) -> None:
        others = np.delete(x, place, axis=1)
        annihilate = np.eye(len(y)) - others @ np.linalg.pinv(others)
        self.x, self.y = annihilate @ x[:, place], annihilate @ y
        self.size = self.x @ self.x
        self.estimate = float(self.x @ self.y / self.size)
        count = codes.max() + 1
        member = (codes[:, None] == np.arange(count)).astype(float)
        hat = x @ np.linalg.pinv(x)
        self.moments = [self._moments(residual, member, hat) for residual in (self.y, self.x)]
        signs = np.random.default_rng(seed).integers(0, 6, (count, draws))
        self.weights = np.concatenate([-_WEBB[::-1], _WEBB])[signs]
        residual = self.y - self.estimate * self.x
        self.se = float(np.sqrt(((member.T @ (self.x * residual)) ** 2).sum())) / self.size

    def _moments(self, residual: np.ndarray, member: np.ndarray, hat: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return each cluster's part of the coefficient, and of every cluster's score."""
        spread = member * residual[:, None]
        return self.x @ spread, (member * self.x[:, None]).T @ (spread - hat @ spread)

    def p(self, null: float) -> float:
        """Return the two-sided p-value of the coefficient being ``null``."""
        part, score = (one - null * other for one, other in zip(*self.moments, strict=True))
        with np.errstate(divide="ignore", invalid="ignore"):
            drawn = np.abs(part @ self.weights) / np.sqrt(((score @ self.weights) ** 2).sum(axis=0))
        seen = abs(self.estimate - null) / self.se
        return float(np.mean(np.nan_to_num(drawn) >= seen * (1 - 1e-12)))

    def interval(self) -> tuple[float, float]:
        return self._end(-1), self._end(1)

    def _end(self, side: int) -> float:
        inside, step = self.estimate, 2 * self.se
        outside = inside + side * step
        for _ in range(60):
            if self.p(outside) < 1 - LEVEL:
                break
            inside, step = outside, step * 1.6
            outside = inside + side * step
        else:
            return side * float("inf")
        for _ in range(40):
            middle = (inside + outside) / 2
            inside, outside = (inside, middle) if self.p(middle) < 1 - LEVEL else (middle, outside)
        return float((inside + outside) / 2)


def resampled_coefficients(
    formula: str, frame: pd.DataFrame, groups: str | None = None, draws: int = DRAWS, seed: int = SEED
) -> pd.DataFrame:
    """Resample observations, or whole clusters, and fit a regression to each resample, all at once.

    Parameters
    ----------
    formula, frame
        As for :func:`ols`.
    groups : str, optional
        Column that names the cluster to be drawn whole; single observations if left out.
    draws : int
        Resamples.
    seed : int
        Of the random numbers.

    Returns
    -------
    pandas.DataFrame
        A row a resample, a column a coefficient; NaN where a resample does not identify them.
    """
    y, x = dmatrices(formula, frame, return_type="dataframe")
    codes = pd.factorize(frame.loc[x.index, groups])[0] if groups else np.arange(len(x))
    rng = np.random.default_rng(seed)
    count = codes.max() + 1
    weights = rng.multinomial(count, np.full(count, 1 / count), size=draws)[:, codes].astype(float)
    values, width = x.to_numpy(), x.shape[1]
    outer = (values[:, :, None] * values[:, None, :]).reshape(len(values), -1)
    squares = (weights @ outer).reshape(draws, width, width)
    products = weights @ (values * y.to_numpy())
    found = np.full((draws, width), _NAN)
    good = np.linalg.cond(squares) < 1e12
    found[good] = np.linalg.solve(squares[good], products[good][:, :, None])[:, :, 0]
    return pd.DataFrame(found, columns=x.columns)


def percentile_estimate(value: float, drawn: np.ndarray | pd.Series, n: int, errors: str) -> Estimate:
    """Return a number with the percentile interval of its resamples."""
    drawn = np.asarray(drawn, dtype=float)
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(drawn[np.isfinite(drawn)], [tail, 1 - tail])
    return Estimate(float(value), float(low), float(high), n, errors)


def resampled(
    statistic: Callable[..., np.ndarray], *samples: Sequence[float], draws: int = DRAWS, seed: int = SEED
) -> Estimate:
    """Return a statistic of one or more independent samples with its percentile bootstrap interval.

    The bootstrap is that of Efron and Tibshirani (1993), from scipy.

    ``statistic`` takes the samples and an ``axis``, as ``numpy.median`` does. With fewer than three observations in a
    sample the interval is NaN.
    """
    arrays = [np.asarray(sample, dtype=float) for sample in samples]
    n, value = sum(map(len, arrays)), float(statistic(*arrays, axis=-1))
    if min(map(len, arrays)) < 3:
        return Estimate(value, _NAN, _NAN, n, "too few to resample")
    found = stats.bootstrap(
        arrays, statistic, n_resamples=draws, confidence_level=LEVEL, method="percentile",
        vectorized=True, rng=np.random.default_rng(seed),
    )  # fmt: skip
    low, high = found.confidence_interval
    return Estimate(value, float(low), float(high), n, "percentile bootstrap", float(found.standard_error))


def ratio_of_medians(one: np.ndarray, other: np.ndarray, axis: int = -1) -> np.ndarray:
    """Return the median of one sample over that of another, for :func:`resampled`."""
    return np.median(one, axis=axis) / np.median(other, axis=axis)


def trend(values: Sequence[float], years: Sequence[float], lags: int | None = None) -> Estimate:
    """Return the slope of a series on time with Newey and West's (1987) errors.

    Parameters
    ----------
    values : sequence of float
        The series, in order.
    years : sequence of float
        Its times, in years.
    lags : int, optional
        Of the errors; the integer part of ``4 (n / 100)^(2/9)`` if left out.
    """
    frame = pd.DataFrame({"y": np.asarray(values, float), "t": np.asarray(years, float)}).dropna()
    lags = int(4 * (len(frame) / 100) ** (2 / 9)) if lags is None else lags
    if len(frame) < 4:
        return Estimate(_NAN, _NAN, _NAN, len(frame), "too few for a trend")
    fit = smf.ols("y ~ t", frame).fit(
        cov_type="HAC", cov_kwds={"maxlags": lags, "use_correction": True}, use_t=True
    )  # fmt: skip
    low, high = fit.conf_int(1 - LEVEL).loc["t"]
    return Estimate(float(fit.params["t"]), low, high, len(frame), f"Newey–West, {lags} lags", float(fit.bse["t"]))


def block_resampled(
    statistic: Callable[[np.ndarray], float],
    series: Sequence[float],
    block: float | None = None,
    draws: int = 2_000,
    seed: int = SEED,
) -> Estimate:
    """Return a statistic of a series with the interval of the stationary bootstrap.

    Politis and Romano (1994), from arch; the mean length of blocks is Politis and White's (2004) if left out.
    """
    values = np.asarray(series, dtype=float)
    if block is None:
        suggested = float(optimal_block_length(values)["stationary"].iloc[0]) if len(values) > 8 else _NAN
        block = min(max(1.0, suggested if np.isfinite(suggested) else len(values) ** (1 / 3)), len(values) / 3)
    bootstrap = StationaryBootstrap(block, values, seed=np.random.default_rng(seed))
    drawn = bootstrap.apply(statistic, draws)[:, 0]
    return percentile_estimate(
        float(statistic(values)), drawn, len(values), f"stationary bootstrap, mean block {block:.1f}"
    )


def survival(days: Sequence[float], ended: Sequence[bool]) -> tuple[pd.DataFrame, Estimate]:
    """Return a survival curve after Kaplan and Meier (1958), and its median.

    Parameters
    ----------
    days : sequence of float
        How long each was watched.
    ended : sequence of bool
        Whether it ended then; otherwise it is censored: it was still going on when last seen.

    Returns
    -------
    curve : pandas.DataFrame
        ``day``, ``surviving`` with ``low`` and ``high`` (log–log intervals), ``at_risk``; it begins at day 0.
    median : Estimate
        In days, with its interval (log–log); NaN where fewer than half ended, infinite where an end is not reached.
    """
    days, ended = np.asarray(days, dtype=float), np.asarray(ended, dtype=bool)
    if not ended.any():
        curve = pd.DataFrame(
            {"day": [0.0, days.max()], "surviving": 1.0, "low": 1.0, "high": 1.0, "at_risk": [len(days), 0]}
        )
        return curve, Estimate(_NAN, _NAN, _NAN, len(days), "Kaplan–Meier, none ended")
    found = SurvfuncRight(days, ended.astype(int))
    z = stats.norm.ppf((1 + LEVEL) / 2)
    surviving, error = found.surv_prob, found.surv_prob_se
    with np.errstate(divide="ignore", invalid="ignore"):
        width = z * error / (surviving * np.log(surviving))
    low, high = surviving ** np.exp(-width), surviving ** np.exp(width)
    rows = pd.DataFrame(
        {
            "day": found.surv_times,
            "surviving": surviving,
            "low": np.where(np.isfinite(low), low, surviving),
            "high": np.where(np.isfinite(high), high, surviving),
            "at_risk": found.n_risk,
        }
    )
    start = pd.DataFrame({"day": [0.0], "surviving": [1.0], "low": [1.0], "high": [1.0], "at_risk": [len(days)]})
    rows[["low", "high"]] = np.sort(rows[["low", "high"]].to_numpy(), axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        ends = [float(end) for end in found.quantile_ci(0.5, method="cloglog")]
    middle = float(found.quantile(0.5))
    curve = pd.concat([start, rows], ignore_index=True)
    return curve, Estimate(middle, *ends, len(days), "Kaplan–Meier, log–log interval")


def premium(elasticity: Estimate, advantage: float = 0.05) -> Estimate:
    """Return what a relative advantage in capability earns in price, given the elasticity of price to capability."""
    return elasticity.map(lambda slope: (1 + advantage) ** slope - 1)


def grouped_median(
    values: Sequence[float], groups: Sequence[object], draws: int = 2_000, seed: int = SEED, unit: str = "group"
) -> Estimate:
    """Return a median with the percentile interval of the bootstrap that draws whole groups.

    Parameters
    ----------
    values : sequence of float
        The observations.
    groups : sequence
        To which group each belongs; with fewer than three groups the interval is NaN.
    draws, seed : int
        Resamples, and the seed of the random numbers.
    unit : str
        What a group is, for ``errors``.
    """
    values = np.asarray(values, dtype=float)
    codes, names = pd.factorize(np.asarray(groups, dtype=object))
    middle = float(np.median(values))
    if len(names) < 3:
        return Estimate(middle, _NAN, _NAN, len(values), f"too few {unit}s to resample")
    members = [values[codes == code] for code in range(len(names))]
    picks = np.random.default_rng(seed).integers(0, len(members), (draws, len(members)))
    drawn = [np.median(np.concatenate([members[pick] for pick in row])) for row in picks]
    return percentile_estimate(middle, drawn, len(values), f"bootstrap by {unit}, {len(names)} {unit}s")
