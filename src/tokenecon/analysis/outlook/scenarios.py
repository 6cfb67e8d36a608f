"""Scenarios: run-rates, revenue, margin and R&D simulated forward from what an edition knows.

With the stated run-rate :math:`A_0` of the token line, its level :math:`t` months later is

.. math:: A(t) = \\lambda A_0 \\exp\\{[d + (1 + \\varepsilon)\\,p]\\,H(t) + W(t)\\}, \\qquad
          H(t) = \\tfrac{h}{\\ln 2}\\,(1 - 2^{-t/h}).

Tokens grow by :math:`d + \\varepsilon p` a month at the start: demand at an unchanged price, and what the price does to
it; revenue grows by :math:`p` more. Both slow with half-life :math:`h`. :math:`\\lambda` is what the statement may be
off by, :math:`W` a random walk of monthly shocks. Priors stand in ``data/scenarios.csv``: :func:`priors` picks them,
:func:`simulate` draws from them. All amounts are dollars.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from scipy.stats import norm

from tokenecon.analysis.revenue import at, finest, implied_monthly_growth, months, months_between

PARAMETERS = (
    "demand_growth",
    "price_change",
    "elasticity",
    "half_life",
    "noise",
    "start_level",
    "realisation",
    "other_growth",
    "gross_margin",
    "rd_growth",
)
LOW, HIGH = 0.05, 0.95
SPREAD = float(norm.ppf(HIGH))
"""Standard deviations from the middle of a prior to either of its ends."""
DAYS_A_MONTH = 365.25 / 12
MARGIN_MONTHS = 36
"""Months in which the gross margin moves from the last one filed to the one drawn, in a straight line; judgement."""
DRAWS = 20_000
SEED = 20_260_415


class MissingInput(ValueError):
    """Something a scenario needs is not known; the message names the row and what to add."""


@dataclass(frozen=True)
class Start:
    """What an edition knows of an entity on the day from which it is simulated.

    Parameters
    ----------
    entity_id : str
    statement_id : str
        The run-rate it starts from; ``on`` its day, ``value`` in dollars a year, ``measure`` ``api`` or ``total``.
    other : float
        Revenue of the other lines over the last twelve months filed; zero where no accounts are filed.
    other_middle : pandas.Timestamp
        Middle of those twelve months: where their pace belongs.
    known : mapping
        ``api`` and ``other``: revenue filed so far of :attr:`year`; zero where none is.
    known_to : pandas.Timestamp
        Last day of the periods filed.
    last_api, last_months : float, int
        Revenue and length of the token line's last period filed; NaN and zero where no accounts are filed.
    other_rest : float
        Revenue of the other lines in those months of the year before that are not yet filed for this year.
    margin, revenue, rd : float
        Gross margin, revenue and R&D expense over the last twelve months filed; NaN where no accounts are filed.
    api_margin, other_margin : float
        Gross margins of the token line and of the others over the same months; NaN where not filed by line.
    """

    entity_id: str
    statement_id: str
    on: pd.Timestamp
    measure: str
    value: float
    other: float = 0.0
    other_middle: pd.Timestamp = pd.NaT
    known: Mapping[str, float] = field(default_factory=lambda: {"api": 0.0, "other": 0.0})
    known_to: pd.Timestamp = pd.NaT
    last_api: float = float("nan")
    last_months: int = 0
    other_rest: float = float("nan")
    margin: float = float("nan")
    revenue: float = float("nan")
    rd: float = float("nan")
    api_margin: float = float("nan")
    other_margin: float = float("nan")

    @property
    def year(self) -> int:
        """Calendar year whose revenue is added up: that of ``on``, or the next one where it is filed to its end."""
        return max(self.on.year, (self.known_to + pd.Timedelta(days=1)).year) if self.last_months else self.on.year


@dataclass(frozen=True)
class Paths:
    """Simulated run-rates: ``api`` and ``other`` have a row a draw and a column a day of ``days``; dollars a year.

    ``draws`` holds each parameter's values, one a draw. The first day is the start's, the others are month ends.
    """

    start: Start
    days: pd.DatetimeIndex
    api: np.ndarray
    other: np.ndarray
    draws: Mapping[str, np.ndarray]

    def of(self, measure: str) -> np.ndarray:
        """Return the run-rate of the token line (``api``) or of everything (``total``)."""
        return self.api if measure == "api" else self.api + self.other

    def on(self, measure: str, day: pd.Timestamp) -> np.ndarray:
        """Return the run-rate of each draw on a day of the simulation.

        Raises
        ------
        MissingInput
            If the day is not simulated: before the start, after the horizon or within a month.
        """
        place = self.days.get_indexer([day])[0]
        if place < 0:
            span = f"{self.days[0]:%Y-%m-%d} and the month ends to {self.days[-1]:%Y-%m-%d}"
            raise MissingInput(f"{day:%Y-%m-%d} is not simulated for {self.start.entity_id}: it has {span}")
        return self.of(measure)[:, place]

    def between(self, measure: str, day: pd.Timestamp) -> np.ndarray | None:
        """Return the run-rate of each draw on any day simulated, month ends joined by steady growth; else None."""
        if not self.days[0] <= day <= self.days[-1]:
            return None
        after = int(self.days.searchsorted(day))
        if self.days[after] == day:
            return self.of(measure)[:, after]
        logs = np.log(self.of(measure)[:, after - 1 : after + 1])
        part = (day - self.days[after - 1]) / (self.days[after] - self.days[after - 1])
        return np.exp(logs[:, 0] + part * (logs[:, 1] - logs[:, 0]))


def priors(scenarios: pd.DataFrame, as_of: pd.Timestamp, entity: str) -> pd.DataFrame:
    """Return the prior of each parameter that holds for an entity on a day.

    Parameters
    ----------
    scenarios : pandas.DataFrame
        Rows of ``data/scenarios.csv``.
    as_of : pandas.Timestamp
        Rows that hold from a later day are not used; of the others the newest holds, and of rows of one day the
        entity's own goes before the one for all.
    entity : str

    Returns
    -------
    pandas.DataFrame
        A row a parameter, in the order of :data:`PARAMETERS`, with the columns of ``scenarios``.

    Raises
    ------
    MissingInput
        If a parameter has no row, its ends are in the wrong order, or a lognormal one is not positive.
    """
    fits = scenarios["entity_id"].isin([entity, ""]) & (scenarios["holds_from"] <= pd.Timestamp(as_of))
    ranked = scenarios[fits].sort_values(["holds_from", "entity_id"])
    held = ranked.drop_duplicates("parameter", keep="last").set_index("parameter")
    if missing := [name for name in PARAMETERS if name not in held.index]:
        raise MissingInput(
            f"no prior of {', '.join(missing)} for {entity} on {as_of:%Y-%m-%d}: add a row to data/scenarios.csv "
            f"with an empty entity_id, or with {entity}, that holds from that day or earlier"
        )
    held = held.loc[list(PARAMETERS)]
    wrong = (held["low"] > held["high"]) | ((held["shape"] == "lognormal") & (held["low"] <= 0))
    if wrong.any():
        name = held.index[wrong][0]
        raise MissingInput(f"data/scenarios.csv: {name} of {entity}: low must not exceed high, nor a lognormal be zero")
    return held


def correlations(held: pd.DataFrame) -> np.ndarray:
    """Return the correlation matrix of the priors, as :func:`priors` gives them.

    Raises
    ------
    MissingInput
        If the correlations contradict each other.
    """
    matrix = pd.DataFrame(np.eye(len(held)), index=held.index, columns=held.index)
    for name, row in held[held["correlated_with"] != ""].iterrows():
        matrix.loc[name, row["correlated_with"]] = matrix.loc[row["correlated_with"], name] = row["correlation"]
    if np.linalg.eigvalsh(matrix.to_numpy()).min() <= 0:
        raise MissingInput("the correlations in data/scenarios.csv contradict each other: lower one of them")
    return matrix.to_numpy()


def draw(held: pd.DataFrame, n: int = DRAWS, seed: int = SEED) -> dict[str, np.ndarray]:
    """Draw parameters from their priors, correlated through a Gaussian copula.

    A prior is given by its 5th and 95th percentiles. A normal one has its middle half way between them, a lognormal
    one has it so in logs.

    Returns
    -------
    dict of str to numpy.ndarray
        ``n`` draws a parameter; the same for the same seed.
    """
    score = np.random.default_rng(seed).standard_normal((n, len(held))) @ np.linalg.cholesky(correlations(held)).T
    return {row.Index: _value(row, score[:, place] / SPREAD) for place, row in enumerate(held.itertuples())}


def ends(held: pd.DataFrame, parameter: str) -> tuple[float, float, float]:
    """Return the 5th percentile, the median and the 95th percentile of a prior."""
    row = next(held.loc[[parameter]].itertuples())
    low, middle, high = (float(_value(row, np.array(place))) for place in (-1, 0, 1))
    return low, middle, high


def with_ends(held: pd.DataFrame) -> pd.DataFrame:
    """Return priors with ``q05``, ``q50`` and ``q95``, their 5th, 50th and 95th percentiles."""
    found = pd.DataFrame([ends(held, name) for name in held.index], held.index, ["q05", "q50", "q95"])
    return held.join(found)


def _value(row, place: np.ndarray) -> np.ndarray:
    """Return the value of a prior at ``place``: minus one is its low end, one its high end."""
    low, high = (np.log([row.low, row.high])) if row.shape == "lognormal" else (row.low, row.high)
    value = (low + high) / 2 + place * (high - low) / 2
    return np.exp(value) if row.shape == "lognormal" else value


def starting_point(
    entity: str,
    said: pd.DataFrame,
    revenue: pd.DataFrame,
    gross_profit: pd.DataFrame | None = None,
    rd: pd.DataFrame | None = None,
) -> Start:
    """Gather what is known of an entity on the day of its last stated run-rate.

    Parameters
    ----------
    entity : str
    said : pandas.DataFrame
        Stated run-rates in dollars: ``statement_id``, ``entity_id``, ``measure``, ``on``, ``value``, ``definition``.
        Of several of one day the one by the month is taken before the one by the week: it is the longer window.
    revenue : pandas.DataFrame
        Revenue in dollars as :func:`~tokenecon.analysis.revenue.with_remainders` completes it, with ``measure``
        (``api`` or ``total``). An entity without rows is taken to sell tokens only.
    gross_profit, rd : pandas.DataFrame, optional
        Gross profit, of the token line too where it is filed, and R&D expense in dollars, completed likewise.

    Raises
    ------
    MissingInput
        If no run-rate is known of the entity.
    """
    own = said[(said["entity_id"] == entity) & said["value"].notna()]
    if own.empty:
        raise MissingInput(
            f"no run-rate of {entity} is known: add a row with metric run_rate and kind run_rate to "
            "data/statements.csv, published by the edition's day, or leave the entity out"
        )
    own = own.assign(longer=own["definition"].eq("monthly_x12")).sort_values(["on", "longer"], kind="stable")
    last = own.iloc[-1]
    flows = revenue[revenue["entity_id"] == entity]
    base = Start(entity, last["statement_id"], last["on"], last["measure"], float(last["value"]))
    if flows.empty:
        return base
    both = _lines(flows)
    is_filed = (both["period_end"] >= pd.Timestamp(last["on"].year, 12, 31)).any()
    first = pd.Timestamp(last["on"].year + int(is_filed), 1, 1)
    year = both[(both["period_start"] == first) & (both["period_end"].dt.year == first.year)]
    year = year.sort_values("period_end").tail(1)
    known_to = year["period_end"].iloc[-1] if len(year) else first - pd.Timedelta(days=1)
    newest = finest(flows[flows["measure"] == "api"]).iloc[-1]
    twelve = trailing_year(both.assign(value=both["other"]))
    total = trailing_year(both)[0]
    research = trailing_year(rd[rd["entity_id"] == entity])[0] if rd is not None else float("nan")
    margins = _margins(entity, gross_profit, total, twelve[0]) if gross_profit is not None else {}
    return replace(
        base,
        other=twelve[0],
        other_middle=twelve[1],
        known={name: float(year[name].sum()) for name in ("api", "other")},
        known_to=known_to,
        last_api=float(newest["value"]),
        last_months=int(newest["months"]),
        other_rest=_rest_of_year_before(both, known_to),
        revenue=total,
        rd=research,
        **margins,
    )


def _margins(entity: str, gross_profit: pd.DataFrame, revenue: float, other: float) -> dict[str, float]:
    """Return gross margins over the last twelve months: of everything, and by line where profit is filed by line."""
    own = gross_profit[gross_profit["entity_id"] == entity]
    total = trailing_year(own[own["measure"] == "total"])[0]
    api = own[own["measure"] == "api"]
    if api.empty or not other or revenue == other:
        return {"margin": total / revenue}
    token = trailing_year(api)[0]
    return {
        "margin": total / revenue,
        "api_margin": token / (revenue - other),
        "other_margin": (total - token) / other,
    }


def trailing_year(flows: pd.DataFrame) -> tuple[float, pd.Timestamp]:
    """Return the sum of the last twelve months filed of one flow, and their middle.

    Raises
    ------
    MissingInput
        If the periods filed do not make up twelve months without a gap.
    """
    parts = finest(flows).sort_values("period_end", ascending=False)
    lengths = months(parts).cumsum()
    touching = (parts["period_end"].shift(-1) + pd.Timedelta(days=1)).eq(parts["period_start"]).shift(fill_value=True)
    taken = parts[(lengths <= 12) & touching.cumprod().astype(bool)]
    if taken.empty or lengths[taken.index[-1]] != 12:
        keys = [name for name in ("entity_id", "segment", "metric") if name in flows and len(flows)]
        what = ", ".join(flows[name].iloc[0] for name in keys)
        raise MissingInput(
            f"the periods filed of {what or 'a flow'} do not make up the last twelve months: add the missing "
            "half-year or quarter to data/financials.csv"
        )
    start, end = taken["period_start"].min(), taken["period_end"].max()
    return float(taken["value"].sum()), (start + (end - start) / 2).normalize()


def _lines(flows: pd.DataFrame) -> pd.DataFrame:
    """Return one row a period with ``api`` and ``other``, where both the token line and the total are filed."""
    spans = ["period_start", "period_end"]
    api = flows.loc[flows["measure"] == "api", [*spans, "value"]].rename(columns={"value": "api"})
    total = flows[flows["measure"] == "total"]
    both = total.merge(api, on=spans, validate="one_to_one")
    return both.assign(other=both["value"] - both["api"])


def _rest_of_year_before(both: pd.DataFrame, known_to: pd.Timestamp) -> float:
    """Return the other lines' revenue in the months after ``known_to``, a year earlier."""
    first = known_to + pd.Timedelta(days=1) - pd.DateOffset(years=1)
    last = pd.Timestamp(first.year, 12, 31)
    if known_to.month == 12:
        first, last = pd.Timestamp(known_to.year, 1, 1), known_to
    found = at(both, "other", period_start=first, period_end=last)
    if found != found:
        raise MissingInput(
            f"{first:%Y-%m-%d} to {last:%Y-%m-%d} is not filed for {both['entity_id'].iloc[0]}, nor does it follow "
            "from filed periods: add it to data/financials.csv"
        )
    return found


def simulate(
    start: Start, held: pd.DataFrame, until: pd.Timestamp, n: int = DRAWS, seed: int = SEED, **fixed: float
) -> Paths:
    """Simulate run-rates from the start to a month end.

    Parameters
    ----------
    start : Start
    held : pandas.DataFrame
        Priors, as :func:`priors` returns them.
    until : pandas.Timestamp
        Last month end.
    n, seed : int
        Draws and their seed.
    **fixed : float
        Parameters held at one value, all others drawn as without it: what separates two runs is that parameter alone.

    Raises
    ------
    KeyError
        If a fixed parameter does not exist.
    """
    if unknown := set(fixed) - set(PARAMETERS):
        raise KeyError(f"no parameter {', '.join(sorted(unknown))}; there are {', '.join(PARAMETERS)}")
    drawn = draw(held, n, seed) | {name: np.full(n, float(value)) for name, value in fixed.items()}
    month_ends = pd.date_range(start.on + pd.Timedelta(days=1), until, freq="ME")
    days = pd.DatetimeIndex([start.on, *month_ends])
    elapsed = (days - start.on).days.to_numpy() / DAYS_A_MONTH
    pace = drawn["demand_growth"] + (1 + drawn["elasticity"]) * drawn["price_change"]
    # Drawn month by month, so that a longer horizon leaves the months before it as they were.
    shocks = np.random.default_rng([seed, 1]).standard_normal((len(month_ends), n)).T * np.sqrt(np.diff(elapsed))
    walk = np.pad(shocks, ((0, 0), (1, 0))).cumsum(axis=1)
    log_growth = pace[:, None] * slowed(elapsed, drawn["half_life"]) + drawn["noise"][:, None] * walk
    other = np.zeros((n, len(days)))
    if start.other:
        since = (days - start.other_middle).days.to_numpy() / 365.25
        other = start.other * np.exp(drawn["other_growth"][:, None] * since)
    level = drawn["start_level"] * start.value
    first = np.maximum(level - other[:, 0], 0) if start.measure == "total" else level
    return Paths(start, days, first[:, None] * np.exp(log_growth), other, drawn)


def slowed(elapsed: np.ndarray, half_life: np.ndarray) -> np.ndarray:
    """Return how many months at the initial growth the growth of ``elapsed`` months amounts to, a row a half-life."""
    scale = half_life[:, None] / np.log(2)
    return scale * -np.expm1(-elapsed / scale)


def tokens_and_price(paths: Paths) -> tuple[np.ndarray, np.ndarray]:
    """Return volume and price as multiples of their start, a row a draw, without the monthly shocks."""
    elapsed = (paths.days - paths.start.on).days.to_numpy() / DAYS_A_MONTH
    slow = slowed(elapsed, paths.draws["half_life"])
    price = paths.draws["price_change"]
    volume = paths.draws["demand_growth"] + paths.draws["elasticity"] * price
    return np.exp(volume[:, None] * slow), np.exp(price[:, None] * slow)


def fan(values: np.ndarray, days: pd.DatetimeIndex) -> pd.DataFrame:
    """Return ``low``, ``median`` and ``high`` (5th, 50th and 95th percentiles over draws) for each of the ``days``."""
    low, median, high = np.quantile(values, [LOW, 0.5, HIGH], axis=0)
    return pd.DataFrame({"on": days, "low": low, "median": median, "high": high})


def calendar_year(paths: Paths) -> dict[str, np.ndarray]:
    """Return recognised revenue of the start's calendar year: filed months as filed, the others simulated.

    Months before the start that no filing covers lead to it from the last period filed at one monthly growth
    (:func:`~tokenecon.analysis.revenue.implied_monthly_growth`); ``realisation`` turns run-rates into revenue. The
    other lines' months not yet filed are those of the year before, grown by ``other_growth``: that keeps their season.

    Returns
    -------
    dict of str to numpy.ndarray
        ``api`` and ``other``, dollars, one value a draw.

    Raises
    ------
    MissingInput
        If no accounts are filed, or the paths end before the year does.
    """
    start = paths.start
    api = recognised(paths, pd.Timestamp(start.year, 12, 31))
    return {"api": api, "other": start.known["other"] + start.other_rest * np.exp(paths.draws["other_growth"])}


def recognised(paths: Paths, end: pd.Timestamp) -> np.ndarray:
    """Return the token line's recognised revenue from the start of the year to a month end, one value a draw.

    As :func:`calendar_year` adds it up, which it is the part of.

    Raises
    ------
    MissingInput
        If no accounts are filed, or the paths end before that day.
    """
    start = paths.start
    if not start.last_months:
        raise MissingInput(f"no revenue of {start.entity_id} is filed: its year cannot be added up")
    ends_ = pd.date_range(start.known_to + pd.Timedelta(days=1), end, freq="ME")
    if len(ends_) and ends_[-1] > paths.days[-1]:
        raise MissingInput(f"the paths of {start.entity_id} end on {paths.days[-1]:%Y-%m-%d}, before the year does")
    first = paths.api[:, 0]
    gap = months_between(start.known_to, start.on)
    back = implied_monthly_growth(start.last_api, start.last_months, float(np.median(first)), gap) if gap > 0 else 0.0
    api = np.zeros(len(first))
    for end_ in ends_:
        ago = (start.on - end_).days / DAYS_A_MONTH
        api += (first * (1 + back) ** -ago if ago >= 0 else paths.on("api", end_)) / 12
    return start.known["api"] + api * paths.draws["realisation"]


def steady_year(start: Start, held: pd.DataFrame, growth: float, realisation: float) -> tuple[float, float]:
    """Return the calendar year's token and other revenue if the run-rate grows steadily and nothing else moves.

    ``growth`` is a ratio a month, held from the start to the end of the year; the other lines bring what they brought
    in the same months of the year before.
    """
    still = {"price_change": 0, "elasticity": 0, "noise": 0, "start_level": 1, "other_growth": 0, "half_life": 1e9}
    year_end = pd.Timestamp(start.year, 12, 31)
    fixed = still | {"demand_growth": float(np.log1p(growth)), "realisation": realisation}
    sums = calendar_year(simulate(start, held, year_end, 1, **fixed))
    return float(sums["api"][0]), float(sums["other"][0])


def cover(paths: Paths) -> np.ndarray:
    """Return gross profit over R&D expense, both at their pace of the day, a row a draw and a column a day.

    The token line's margin moves from the last twelve months' to the one drawn over :data:`MARGIN_MONTHS`, the other
    lines' stays; where margins are not filed by line, the company's moves. R&D grows from the middle of the last
    twelve months filed. Revenue is the run-rate times ``realisation`` for the token line.

    Raises
    ------
    MissingInput
        If gross profit or R&D is not filed.
    """
    start, drawn = paths.start, paths.draws
    if not start.rd > 0 or start.margin != start.margin:
        raise MissingInput(f"gross profit or R&D of {start.entity_id} is not filed: add it to data/financials.csv")
    elapsed = (paths.days - start.on).days.to_numpy() / DAYS_A_MONTH
    first = start.margin if start.api_margin != start.api_margin else start.api_margin
    margin = first + (drawn["gross_margin"][:, None] - first) * np.clip(elapsed / MARGIN_MONTHS, 0, 1)
    others = margin if start.other_margin != start.other_margin else start.other_margin
    since = (paths.days - start.other_middle).days.to_numpy() / 365.25
    research = start.rd * np.exp(drawn["rd_growth"][:, None] * since)
    return (margin * paths.api * drawn["realisation"][:, None] + others * paths.other) / research


def chance(hits: np.ndarray) -> tuple[float, float, int]:
    """Return the share of draws that hit, its Monte Carlo standard error, and the number of draws."""
    n = len(hits)
    share = float(np.mean(hits))
    return share, float(np.sqrt(share * (1 - share) / n)), n


def quantity(paths: Paths, forecast: Mapping[str, object]) -> np.ndarray | None:
    """Return what a forecast speaks about, one value a draw; None where it is not modelled.

    Parameters
    ----------
    paths : Paths
        Of the forecast's entity.
    forecast : mapping
        ``metric``, ``measure`` (``api`` or ``total``), ``period_start`` and ``period_end``. Modelled are run-rates on
        a day simulated, and revenue and the token line's share of it in the calendar year of the start.
    """
    end, year = forecast["period_end"], paths.start.on.year
    whole = (forecast["period_start"], end) == (pd.Timestamp(year, 1, 1), pd.Timestamp(year, 12, 31))
    if forecast["metric"] == "run_rate" and paths.start.on <= end <= paths.days[-1]:
        return paths.on(forecast["measure"], end)
    if forecast["metric"] not in ("revenue", "revenue_share") or not whole or not paths.start.last_months:
        return None
    sums = calendar_year(paths)
    total = sums["api"] + sums["other"]
    if forecast["metric"] == "revenue":
        return sums["api"] if forecast["measure"] == "api" else total
    return sums["api"] / total if forecast["measure"] == "api" else None


def tornado(
    start: Start,
    held: pd.DataFrame,
    day: pd.Timestamp,
    measure: str,
    target: float,
    n: int = DRAWS,
    seed: int = SEED,
) -> pd.DataFrame:
    """Move one prior at a time from its 5th to its 95th percentile, all others drawn as before.

    Returns
    -------
    pandas.DataFrame
        A row a parameter: ``low`` and ``high`` (its ends), ``median_low`` and ``median_high`` (median run-rate on the
        day at each), ``chance_low`` and ``chance_high`` (share of draws at or above ``target``), and ``swing`` (how
        far the two medians are apart, in logs), the largest first.
    """
    rows = []
    for name in held.index:
        low, _, high = ends(held, name)
        at_low, at_high = (simulate(start, held, day, n, seed, **{name: end}).on(measure, day) for end in (low, high))
        medians = np.median(at_low), np.median(at_high)
        hits = (chance(values >= target)[0] for values in (at_low, at_high))
        rows.append([name, low, high, *medians, *hits, abs(float(np.log(medians[1] / medians[0])))])
    columns = ["parameter", "low", "high", "median_low", "median_high", "chance_low", "chance_high", "swing"]
    return pd.DataFrame(rows, columns=columns).sort_values("swing", ascending=False, ignore_index=True)


def probabilities(
    forecasts: pd.DataFrame, paths: Mapping[str, Paths], held: Mapping[str, pd.DataFrame], n: int = DRAWS
) -> pd.DataFrame:
    """Return the probability that each forecast is met, that is reached or exceeded, as the priors see it.

    Parameters
    ----------
    forecasts : pandas.DataFrame
        As :func:`~tokenecon.analysis.outlook.register.forecasts` returns them; ``value`` in dollars or a ratio.
    paths, held : mapping of str to Paths and to DataFrame
        Simulations and priors by entity.
    n : int
        Draws of each of the runs that move one prior to one of its ends.

    Returns
    -------
    pandas.DataFrame
        The forecasts that can be simulated, with ``probability``, its Monte Carlo standard error ``error`` and the
        draws ``n``; ``low``, ``median`` and ``high`` of the quantity; and the range of the probability when one prior
        at a time is held at its 5th or 95th percentile, ``least`` and ``most``, and the prior that moves it most,
        ``driver``.
    """
    rows = []
    for entity, own in paths.items():
        wanted = forecasts[forecasts["entity_id"] == entity].to_dict("records")
        simulated = [(row, values) for row in wanted if (values := quantity(own, row)) is not None]
        if not simulated:
            continue
        until = max(pd.Timestamp(own.start.on.year, 12, 31), *(row["period_end"] for row, _ in simulated))
        moved = {
            name: [simulate(own.start, held[entity], until, n, **{name: end}) for end in ends(held[entity], name)[::2]]
            for name in PARAMETERS
        }
        for row, values in simulated:
            found = {
                name: [chance(quantity(run, row) >= row["value"])[0] for run in runs] for name, runs in moved.items()
            }
            share, error, draws = chance(values >= row["value"])
            low, median, high = np.quantile(values, [LOW, 0.5, HIGH])
            every = [chance_ for pair in found.values() for chance_ in pair]
            rows.append(
                row
                | {"probability": share, "error": error, "n": draws, "low": low, "median": median, "high": high}
                | {"least": min(share, *every), "most": max(share, *every)}
                | {"driver": max(found, key=lambda name: abs(found[name][1] - found[name][0]))}
            )
    added = ["probability", "error", "n", "low", "median", "high", "least", "most", "driver"]
    return pd.DataFrame(rows, columns=[*forecasts.columns, *added])
