"""Price against capability for every mix of tokens, day and test that a reader may choose, in one frame.

Prices are one market's list prices on the last day of each month and on the day of the scores. Scores of one test
come from one set, the last one that the edition knows, whatever the day of the price: sets do not mix, and what a
model can do does not change.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from tokenecon.analysis.estimators import LEVEL, Estimate
from tokenecon.analysis.market import prices as listed
from tokenecon.analysis.market.sample import on_sale, scores

BLENDS = (1, listed.BLEND, 10)
"""Input tokens for each output token."""

MEASURES = (
    "aa_index",
    "aa_coding_index",
    "aa_gpqa_diamond",
    "aa_terminal_bench_hard",
    "arena_text",
    "arena_code",
)
"""Tests that may be chosen, the one that opens first."""

ENOUGH = 6
"""Models that each of the two countries needs on the opening day for a test to be offered: a median has an
interval from six values on."""

ELSEWHERE = "other"
VIEW = ["benchmark", "ratio", "day"]


class Opening(NamedTuple):
    """What a reader sees before choosing, and all of it in print."""

    benchmark: str
    ratio: float
    day: pd.Timestamp


class Choices(NamedTuple):
    """All views, their medians, and the view that opens.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row a view (``benchmark``, ``ratio``, ``day``) and model: ``model_id``, ``model``, ``entity_id``,
        ``country`` (a code of the pair, or ``other``), ``released_on``, ``input``, ``output``, ``blended`` (dollars by
        million tokens), ``score``, ``basis``, ``scored_on``, and ``frontier``: no other model of the view costs as
        little and scores as high.
    medians : pandas.DataFrame
        One row a view and group, also where it has no model: ``country``, ``n``, ``median``, ``low``, ``high``.
    opening : Opening
        The first test and the usual mix, on the day of the test's scores: the sample of the regressions.
    """

    frame: pd.DataFrame
    medians: pd.DataFrame
    opening: Opening

    @property
    def view(self) -> pd.DataFrame:
        """Rows of the view that opens."""
        return self.frame[_is(self.frame, self.opening)].reset_index(drop=True)

    @property
    def opening_medians(self) -> pd.DataFrame:
        """Medians of the view that opens, by ``country``."""
        return self.medians[_is(self.medians, self.opening)].set_index("country")

    @property
    def spans(self) -> pd.DataFrame:
        """The frame with neighbouring days of one price joined: ``first_day``, ``last_day`` instead of ``day``."""
        places = {day: place for place, day in enumerate(sorted(self.frame["day"].unique()))}
        keys = ["benchmark", "ratio", "model_id"]
        rows = self.frame.sort_values([*keys, "day"], ignore_index=True)
        before = rows.groupby(keys)["day"].shift()
        follows = rows["day"].map(places).eq(before.map(places) + 1) & rows["blended"].eq(rows["blended"].shift())
        kept = [name for name in rows if name not in ("day", "frontier")]
        spans = rows.groupby((~follows).cumsum())
        found = spans[kept].first()
        return found.assign(first_day=spans["day"].first(), last_day=spans["day"].last()).reset_index(drop=True)


def watched_month_ends(prices: pd.DataFrame, day: dt.date | str) -> pd.DatetimeIndex:
    """Return the month ends on which lists of prices were under observation, up to a day.

    Parameters
    ----------
    prices : pandas.DataFrame
        List prices (see :mod:`tokenecon.analysis.market.prices`) with ``last_seen_on``.
    day : date or str
        The last day to consider.
    """
    seen = pd.concat([prices["published_on"], prices["last_seen_on"]])
    return pd.date_range(prices["published_on"].min(), min(seen.max(), pd.Timestamp(day)), freq="ME")


def choices(
    prices: pd.DataFrame,
    capability: pd.DataFrame,
    models: pd.DataFrame,
    entities: pd.DataFrame,
    day: dt.date | str,
    pair: Sequence[str],
    *,
    ratios: Sequence[float] = BLENDS,
    benchmarks: Sequence[str] = MEASURES,
    ratio: float = listed.BLEND,
    market: str = "international",
) -> Choices:
    """Return every view of price against capability.

    Parameters
    ----------
    prices : pandas.DataFrame
        Makers' own list prices (``Catalog.list_prices().frame``).
    capability, models, entities : pandas.DataFrame
        Tables of the catalogue.
    day : date or str
        The edition's day: no later month end.
    pair : sequence of str
        Codes of the two countries that are set apart from the others.
    ratios : sequence of float
        Mixes, as input tokens for each output token.
    benchmarks : sequence of str
        Tests, the one that opens first. A test without a set of scores, or with fewer than :data:`ENOUGH` models of
        a country of the pair on the opening day, is left out.
    ratio : float
        The mix that opens.
    market : {"international", "domestic"}
        Whose list.

    Returns
    -------
    Choices
        Models without a day of release, or released after the day, are not in a view: as in
        :func:`tokenecon.analysis.market.sample.hedonic_sample`.

    Raises
    ------
    ValueError
        If the first test has no scores or too few models.
    """
    own = prices[prices["market"] == market]
    tests = {name: scores(capability, name) for name in benchmarks if (capability["benchmark"] == name).any()}
    first = benchmarks[0]
    if first not in tests:
        raise ValueError(f"no scores of '{first}', the test that opens")
    opening = Opening(first, ratio, tests[first]["scored_on"].max())
    days = watched_month_ends(own, day).union([opening.day])
    sold = _offers(own, models, entities, days, market, pair)
    rows = {name: sold.merge(found, on="model_id").assign(benchmark=name) for name, found in tests.items()}
    kept = {name: frame for name, frame in rows.items() if _enough(frame, opening.day, pair)}
    if first not in kept:
        raise ValueError(f"fewer than {ENOUGH} models a country are on sale with a score of '{first}'")
    priced = pd.concat([listed.blended(frame, mix).assign(ratio=mix) for frame in kept.values() for mix in ratios])
    frame = priced[priced["blended"] > 0].reset_index(drop=True)
    return Choices(frame.assign(frontier=frontier(frame)), medians(frame, pair), opening)


def frontier(frame: pd.DataFrame) -> pd.Series:
    """Say of each model whether no other one of its view has at least its score for at most its price.

    Of models with one price and one score the first is on the frontier.
    """
    ordered = frame.sort_values([*VIEW, "blended", "score"], ascending=[True] * 4 + [False], kind="stable")
    best = ordered.groupby(VIEW)["score"].cummax()
    before = best.groupby([ordered[name] for name in VIEW]).shift()
    return (before.isna() | (ordered["score"] > before)).reindex(frame.index)


def medians(frame: pd.DataFrame, pair: Sequence[str]) -> pd.DataFrame:
    """Return the median price of each view by country, as :class:`Choices` describes it.

    Views come from every test, mix and day of the frame, so that a group without a model has its row: ``n`` is 0.
    """
    groups = {key: rows["blended"].to_numpy() for key, rows in frame.groupby([*VIEW, "country"], sort=False)}
    places = [frame[name].drop_duplicates().sort_values() for name in VIEW[1:]]
    index = pd.MultiIndex.from_product(
        [frame["benchmark"].drop_duplicates(), *places, [*pair, ELSEWHERE]], names=[*VIEW, "country"]
    )
    found = [median(groups.get(key, np.empty(0))) for key in index]
    rows = [(one.n, one.value, one.low, one.high) for one in found]
    return pd.DataFrame(rows, index=index, columns=["n", "median", "low", "high"]).reset_index()


def median(values: np.ndarray) -> Estimate:
    """Return a median with the 95 percent interval between two order statistics.

    The interval inverts the sign test (Conover 1999, section 3.2): it needs no distribution and covers at least 95
    percent, values taken as independent draws. Fewer than six values have none.
    """
    if len(values) == 0:
        return Estimate(float("nan"), float("nan"), float("nan"), 0, "order statistics")
    low, high = (np.sort(values)[place] if place is not None else np.nan for place in _ends(len(values)))
    return Estimate(float(np.median(values)), float(low), float(high), len(values), "order statistics")


@cache
def _ends(count: int) -> tuple[int | None, int | None]:
    """Return the places, in order, of the values that end the interval of a median of so many."""
    ends = stats.quantile_test(np.arange(count), q=(count - 1) / 2, p=0.5).confidence_interval(LEVEL)
    return tuple(None if np.isnan(end) else int(end) for end in (ends.low, ends.high))


def _offers(
    prices: pd.DataFrame,
    models: pd.DataFrame,
    entities: pd.DataFrame,
    days: pd.DatetimeIndex,
    market: str,
    pair: Sequence[str],
) -> pd.DataFrame:
    """Return the models on sale on each day whose release is known and past, countries in groups."""
    sold = pd.concat([on_sale(prices, models, entities, day, market).assign(day=day) for day in days])
    dated = sold[sold["released_on"] <= sold["day"]]
    columns = ["day", "model_id", "model", "entity_id", "country", "released_on", "input", "output"]
    return dated.assign(country=dated["country"].where(dated["country"].isin(pair), ELSEWHERE))[columns]


def _enough(frame: pd.DataFrame, day: pd.Timestamp, pair: Sequence[str]) -> bool:
    counts = frame.loc[frame["day"] == day, "country"].value_counts()
    return all(counts.get(country, 0) >= ENOUGH for country in pair)


def _is(frame: pd.DataFrame, view: Opening) -> pd.Series:
    return (frame["benchmark"] == view.benchmark) & (frame["ratio"] == view.ratio) & (frame["day"] == view.day)
