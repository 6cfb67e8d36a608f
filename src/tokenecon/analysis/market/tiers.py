"""Does the market have tiers? Gaps in the distribution of prices, and tokens and list spending by tier.

A gap in prices would make tiers a fact of the market; without one, tiers are classes that an analyst draws. What they
carry can be counted either way.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
from diptest import diptest
from scipy import stats
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture

from tokenecon.analysis.estimators import SEED, strict

NAMES = ("low", "middle", "top")
"""Tiers from the cheapest, or least able, upwards."""

COMPONENTS = (1, 2, 3, 4)
"""Numbers of normal components that are compared."""

CAPABLE = {"top": 0.9, "middle": 0.7, "low": 0.0}
"""From which part of the best score on sale a model belongs to a tier of capability."""


MENU = 0.1
"""List prices are round, so many models share one. Ties look like modes to the dip test: it is run besides on prices
moved at random by up to so many log points."""

UNTIED = 200
"""How often they are moved."""


class Shape(NamedTuple):
    """Tests of whether a distribution has more than one mode."""

    n: int
    bic: dict[int, float]
    components: int
    dip: float
    p: float
    p_untied: float
    modes: int


def shape(log_prices: np.ndarray, seed: int = SEED) -> Shape:
    """Compare mixtures of normals by their BIC, and test for a single mode.

    The criterion is that of Schwarz (1978).

    Parameters
    ----------
    log_prices : numpy.ndarray
        Logarithms of prices.
    seed : int
        Of the starts of the fits.

    Returns
    -------
    Shape
        ``bic`` by number of components (lower is better), ``components`` with the lowest, the ``dip`` statistic of
        Hartigan and Hartigan (1985) with its ``p``, ``p_untied`` (the median p-value once ties are broken), and
        ``modes``: local maxima of the chosen mixture. Two components may share a mode, as a skewed distribution does: a
        better fit is no gap.
    """
    values = np.asarray(log_prices, dtype=float).reshape(-1, 1)
    fits = {count: _mixture(values, count, seed) for count in COMPONENTS}
    bic = {count: float(fit.bic(values)) for count, fit in fits.items()}
    best = min(bic, key=bic.get)
    dip, p = diptest(np.sort(values[:, 0]))
    rng = np.random.default_rng(seed)
    moved = values[:, 0] + rng.uniform(-MENU, MENU, (UNTIED, len(values)))
    untied = float(np.median([diptest(np.sort(row))[1] for row in moved]))
    return Shape(len(values), bic, best, float(dip), float(p), untied, _modes(fits[best], values))


def mixture_density(log_prices: np.ndarray, components: int, at: np.ndarray, seed: int = SEED) -> np.ndarray:
    """Return the density of the fitted mixture at the points ``at``."""
    values = np.asarray(log_prices, dtype=float).reshape(-1, 1)
    fit = _mixture(values, components, seed)
    return np.exp(fit.score_samples(np.asarray(at, float).reshape(-1, 1)))


def _mixture(values: np.ndarray, components: int, seed: int) -> GaussianMixture:
    with strict(f"mixture of {components} normal distributions", ConvergenceWarning):
        return GaussianMixture(components, n_init=4, random_state=seed, reg_covar=1e-3).fit(values)


def _modes(fit: GaussianMixture, values: np.ndarray) -> int:
    grid = np.linspace(values.min() - 1, values.max() + 1, 2_000).reshape(-1, 1)
    density = fit.score_samples(grid)
    inner = density[1:-1]
    return int(((inner > density[:-2]) & (inner > density[2:])).sum())


def dip_power(n: int, gap: float, draws: int = 300, seed: int = SEED) -> float:
    """Return how often the dip test at five percent sees two equal tiers ``gap`` standard deviations apart."""
    rng = np.random.default_rng(seed)
    drawn = rng.normal(size=(draws, n)) + gap * rng.integers(0, 2, (draws, n))
    found = [diptest(np.sort(row))[1] < 0.05 for row in drawn]
    return float(np.mean(found))


def by_price(sold: pd.DataFrame) -> pd.Series:
    """Return the tier of each model by price: thirds of the models on sale on the same ``day``."""
    rank = sold.groupby("day")["price"].rank(pct=True)
    return pd.cut(rank, [0, 1 / 3, 2 / 3, 1], labels=list(NAMES)).astype(str)


def by_capability(sold: pd.DataFrame, steps: Mapping[str, float] = CAPABLE) -> pd.Series:
    """Return the tier of each model by its score against the best on sale on the same ``day``; NaN without a score."""
    relative = sold["score"] / sold.groupby("day")["score"].transform("max")
    conditions = [relative >= least for least in steps.values()]
    return pd.Series(np.select(conditions, list(steps), default=None), index=sold.index, dtype=object)


class Spread(NamedTuple):
    """Tokens and list spending by tier and day, and how many rows and tokens each step kept."""

    frame: pd.DataFrame
    steps: pd.DataFrame


def carried(tokens: pd.DataFrame, sold: pd.DataFrame, tier: str) -> Spread:
    """Return what each tier carries, day by day.

    Parameters
    ----------
    tokens : pandas.DataFrame
        ``day``, ``model_id``, ``free``, ``tokens``, without the row ``other``.
    sold : pandas.DataFrame
        ``day``, ``model_id``, ``price`` and the column ``tier``: models on sale.
    tier : str
        That column.

    Returns
    -------
    Spread
        ``frame``: ``day``, ``tier``, ``tokens``, ``spend`` (tokens at list price, free variants at nothing),
        ``token_share`` and ``spend_share`` (of what is placed). ``steps``: rows and share of tokens kept.
    """
    known = tokens.loc[tokens["model_id"] != "", ["day", "model_id", "free", "tokens"]]
    joined = known.merge(sold[["day", "model_id", "price", tier]], on=["day", "model_id"], how="left")
    placed = joined[joined[tier].notna()]
    spend = placed["tokens"] / 1e6 * placed["price"].where(~placed["free"], 0.0)
    placed = placed.assign(spend=spend)
    sums = placed.groupby(["day", tier], as_index=False)[["tokens", "spend"]].sum().rename(columns={tier: "tier"})
    whole = sums.groupby("day")[["tokens", "spend"]].transform("sum")
    frame = sums.assign(token_share=sums["tokens"] / whole["tokens"], spend_share=sums["spend"] / whole["spend"])
    names = ["listed, without the rest", "with a known model", "on sale at a list price, in a tier"]
    rows = [tokens, known, placed]
    kept = [len(part) for part in rows]
    steps = pd.DataFrame(
        {
            "step": names,
            "before": [kept[0], *kept[:-1]],
            "after": kept,
            "tokens": [part["tokens"].sum() / tokens["tokens"].sum() for part in rows],
        }
    )
    return Spread(frame, steps)


def flows(placed: pd.DataFrame, tier: str) -> pd.DataFrame:
    """Split the change of each tier's share of tokens between the first and the last day.

    Users are not seen, so a *flow* is net. A model present on both days and in one tier adds its own change; one that
    changed tier adds what it took along; the rest came with new models or went with models that left.

    Parameters
    ----------
    placed : pandas.DataFrame
        ``day``, ``model_id``, the column ``tier``, ``share``.
    tier : str
        That column.

    Returns
    -------
    pandas.DataFrame
        By tier: ``start`` and ``end`` (shares), ``stayed``, ``moved``, ``entered``, ``left``, adding up to the change.
    """
    first, last = placed["day"].min(), placed["day"].max()
    one = placed[placed["day"] == first].set_index("model_id")
    two = placed[placed["day"] == last].set_index("model_id")
    both = one[[tier, "share"]].join(two[[tier, "share"]], how="outer", lsuffix="_1", rsuffix="_2")
    was, now = both[f"{tier}_1"], both[f"{tier}_2"]
    share_1, share_2 = both["share_1"].fillna(0.0), both["share_2"].fillna(0.0)
    same, shifted = was == now, was.notna() & now.notna() & (was != now)
    rows = []
    for name in sorted(set(was.dropna()) | set(now.dropna()), key=_order):
        mine = {
            "stayed": (share_2 - share_1)[same & (now == name)].sum(),
            "moved": share_2[shifted & (now == name)].sum() - share_1[shifted & (was == name)].sum(),
            "entered": share_2[was.isna() & (now == name)].sum(),
            "left": -share_1[now.isna() & (was == name)].sum(),
        }
        rows.append({"tier": name, "start": share_1[was == name].sum(), "end": share_2[now == name].sum(), **mine})
    return pd.DataFrame(rows)


def _order(name: str) -> tuple[int, str]:
    return (NAMES.index(name) if name in NAMES else len(NAMES), name)


def agreement(sold: pd.DataFrame, one: str, other: str) -> tuple[pd.DataFrame, float]:
    """Return how two ways to draw tiers agree: counts of models, and Kendall's tau-b between them."""
    known = sold.dropna(subset=[one, other])
    codes = [known[name].map({tier: place for place, tier in enumerate(NAMES)}) for name in (one, other)]
    return pd.crosstab(known[one], known[other]), float(stats.kendalltau(*codes).statistic)
