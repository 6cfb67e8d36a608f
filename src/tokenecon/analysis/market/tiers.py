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

from tokenecon.analysis.estimators import SEED, ar1_trend, strict

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

    def gapped(self, level: float) -> bool | None:
        """Whether prices leave gaps: several modes, and a single one rejected at ``level``; None if they disagree."""
        several, rejected = self.modes > 1, self.p_untied < level
        return several if several == rejected else None


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


def over_time(frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return shares of tokens and list spending by tier over time: ``way``, ``tier``, ``what``, ``day``, ``share``.

    Parameters
    ----------
    frames : mapping of str to pandas.DataFrame
        Way to draw tiers to what they carry. Where more than forty days are known, shares are means of the days known
        of seven, from the end of the first seven on.
    """
    parts = []
    for way, frame in frames.items():
        for tier, own in frame.groupby("tier"):
            both = own.set_index("day")[["token_share", "spend_share"]].sort_index()
            both = both.rolling("7D").mean()[both.index[0] + pd.Timedelta(days=6) :] if len(both) > 40 else both
            long = both.reset_index().melt("day", var_name="what", value_name="share")
            parts.append(long.assign(way=way, tier=tier))
    return pd.concat(parts, ignore_index=True)


def ends(tokens: pd.DataFrame, sold: pd.DataFrame, span: int) -> pd.DataFrame:
    """Return models of the first and of the last ``span`` days (``day`` 0 and 1) with tier by price and ``share``.

    Parameters
    ----------
    tokens : pandas.DataFrame
        ``day``, ``model_id``, ``tokens``.
    sold : pandas.DataFrame
        ``day``, ``model_id``, ``by_price``.
    span : int
        Days.
    """
    firm = tokens.merge(sold[["day", "model_id", "by_price"]], on=["day", "model_id"], how="inner")
    reach = pd.Timedelta(days=span)
    sides = [firm["day"] < firm["day"].min() + reach, firm["day"] > firm["day"].max() - reach]
    both = pd.concat(firm[kept].assign(day=place) for place, kept in enumerate(sides))
    found = both.groupby(["day", "model_id"], as_index=False).agg(
        tokens=("tokens", "sum"), by_price=("by_price", "last")
    )
    return found.assign(share=found["tokens"] / found.groupby("day")["tokens"].transform("sum"))


def with_trend(split: pd.DataFrame, carried_: pd.DataFrame) -> pd.DataFrame:
    """Add to :func:`flows` the ``trend`` a month of each tier's share of tokens, as an estimate in points."""
    wide = carried_.pivot_table("token_share", "day", "tier", fill_value=0.0)
    months = 12 * (wide.index - wide.index[0]).days / 365.25
    return split.assign(trend=[ar1_trend(wide[tier], months).to("points") for tier in split["tier"]])


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
    both = one[[tier, "share"]].add_suffix("_1").join(two[[tier, "share"]].add_suffix("_2"), how="outer")
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


class Agreement(NamedTuple):
    """How two ways to draw tiers agree: ``counts`` of models by both, and Kendall's ``tau`` (b) between them."""

    counts: pd.DataFrame
    tau: float


def agreement(sold: pd.DataFrame, one: str, other: str) -> Agreement:
    """Return how two ways to draw tiers agree."""
    known = sold.dropna(subset=[one, other])
    codes = [known[name].map({tier: place for place, tier in enumerate(NAMES)}) for name in (one, other)]
    return Agreement(pd.crosstab(known[one], known[other]), float(stats.kendalltau(*codes).statistic))
