"""How concentrated the market is, under each definition of it, with bounds for what nobody sees.

A list of market shares names some holders and leaves a rest. What the rest can be follows from how the list came about:

``below``
    the list holds the largest, so that no other holder is larger than the smallest named;
``any``
    the rest may belong to named holders too, as with a list of models added up by vendor;
``one``
    nothing is known of the rest: it may be one holder, or many.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from arch.bootstrap import StationaryBootstrap

from tokenecon.analysis import estimators
from tokenecon.analysis.estimators import DRAWS, SEED, Estimate, percentile_estimate

RANKS = (1, 2, 3, 4)
"""For which numbers of largest holders a concentration ratio is given."""

HIGHLY = 0.18
"""Above this index merger guidelines call a market highly concentrated (Department of Justice and FTC, 2023)."""

UNSTATED = 0.5
"""Part of the market that vendors without a stated run-rate are assumed to hold at most: no figure, an assumption."""

LEAST_FOR_BREAK = 20
"""Values that a test of breaks needs."""

FRESH_DAYS = 120
"""How old a stated run-rate may be to stand beside the newest one."""

PRINTED = pd.DataFrame(
    [
        ("token_call_share", "", "idc", "below"),
        ("market_revenue_share", "china-ai-cloud", "omdia", "below"),
        ("enterprise_usage_share", "", "menlo_use", "one"),
        ("enterprise_spend_share", "", "menlo_spend", "one"),
        ("enterprise_wallet_share", "", "a16z", "one"),
    ],
    columns=["metric", "item", "definition", "rule"],
)
"""Which facts make up which definition of the market, and what its rest can be."""

PROSPECTUS = {"source_id": "FS_PROS", "size": 5, "rank": 2}
"""Source that gives one share and that of the ``size`` largest, and the place of the one by the note of its row."""

DEFINITIONS: Mapping[str, tuple[str, str]] = {
    "idc": ("IDC: tokens on public clouds", "{china}"),
    "omdia": ("Omdia: AI cloud revenue", "{china}"),
    "frost": ("Frost & Sullivan: LLM revenue", "{china}"),
    "menlo_use": ("Menlo: enterprise use", "{united_states}, enterprises"),
    "menlo_spend": ("Menlo: enterprise API spending", "{united_states}, enterprises"),
    "a16z": ("a16z: enterprise budgets", "{united_states}, enterprises"),
    "run_rates": ("Stated run-rates, API and other", "World"),
    "router_weeks": ("OpenRouter: tokens by author", "World"),
    "router_days": ("OpenRouter: all tokens, newest days", "World"),
    "router_lists": ("OpenRouter: weekly lists as published", "World"),
}
"""What each definition of the market counts, and where; a market stands by its id."""


class Bounds(NamedTuple):
    """Least and greatest value that what is seen allows."""

    low: float
    high: float


def herfindahl(shares: Sequence[float], rest: float = 0.0, rule: str = "one") -> Bounds:
    """Return bounds of the Herfindahl–Hirschman index, the sum of squared shares.

    Parameters
    ----------
    shares : sequence of float
        Shares of the named holders, as ratios of the whole market.
    rest : float
        Share that is not named.
    rule : {"below", "any", "one"}
        What the rest can be (module docstring).

    Returns
    -------
    Bounds
        The lower bound scatters the rest over many small holders.

    Raises
    ------
    ValueError
        If shares and rest do not add up to one, within the rounding of printed shares.
    """
    held = np.sort(np.asarray(shares, dtype=float))[::-1]
    if not len(held) or abs(held.sum() + rest - 1) > 0.02 or rest < -1e-9:
        raise ValueError(f"shares of {held.sum():.3f} and a rest of {rest:.3f} are no whole")
    seen, rest = float(held @ held), max(rest, 0.0)
    if rule == "any":
        return Bounds(seen, seen + (held[0] + rest) ** 2 - held[0] ** 2)
    cap = min(rest, held[-1]) if rule == "below" else rest
    whole = np.floor(rest / cap + 1e-9) if cap > 0 else 0.0
    return Bounds(seen, seen + float(whole * cap**2 + max(rest - whole * cap, 0) ** 2))


def concentration_ratio(shares: Sequence[float], count: int, rest: float = 0.0, rule: str = "one") -> Bounds:
    """Return bounds of the share of the ``count`` largest holders; parameters as for :func:`herfindahl`."""
    held = np.sort(np.asarray(shares, dtype=float))[::-1]
    low = float(held[:count].sum())
    if rule == "any":
        return Bounds(low, min(1.0, low + rest))
    cap = min(rest, held[-1]) if rule == "below" else rest
    hidden = [cap] * int(rest // cap) + [rest % cap] if cap > 0 else []
    return Bounds(low, min(1.0, float(np.sort([*held, *hidden])[::-1][:count].sum())))


def measures(shares: pd.DataFrame) -> pd.DataFrame:
    """Return the measures of concentration of each list of shares.

    Parameters
    ----------
    shares : pandas.DataFrame
        ``definition``, ``on`` (last day), ``holder``, ``share`` (ratio) and ``rule``.

    Returns
    -------
    pandas.DataFrame
        One row a definition and day: ``named`` (holders), ``rest``, ``hhi_low`` and ``hhi_high``, ``effective_low``
        and ``effective_high`` (number of equal holders with the same index), ``cr1_low``, ``cr1_high`` and so on, and
        ``leader``.
    """
    rows = []
    for (definition, on), part in shares.groupby(["definition", "on"], sort=False):
        rule, held = part["rule"].iloc[0], part["share"].to_numpy()
        rest = max(0.0, 1 - held.sum())
        index = herfindahl(held, rest, rule)
        row = {
            "definition": definition,
            "on": on,
            "rule": rule,
            "leader": part.loc[part["share"].idxmax(), "holder"],
            "named": len(held),
            "rest": rest,
            "hhi_low": index.low,
            "hhi_high": index.high,
            "effective_low": 1 / index.high,
            "effective_high": 1 / index.low,
        }
        for count in RANKS:
            ratio = concentration_ratio(held, count, rest, rule)
            row |= {f"cr{count}_low": ratio.low, f"cr{count}_high": ratio.high}
        rows.append(row)
    return pd.DataFrame(rows)


def of_group(named: float, group: float, size: int, rank: int) -> Bounds:
    """Return bounds of the index where only the joint share of the largest and the share of one of them are known.

    Least are the squares when the holders above the named one are alike, those below it too, and the others are many.
    For the greatest, one holder takes what the others above leave; with a joint share ``b`` of those below, none of
    them larger than the named one, the sum is at most convex in ``b``, so that an end of its range bounds it.

    Parameters
    ----------
    named : float
        Share of the one.
    group : float
        Joint share of the ``size`` largest.
    size : int
        How many they are.
    rank : int
        Place of the one among them.

    Raises
    ------
    ValueError
        If the three cannot hold together.
    """
    above, below = rank - 1, size - rank
    left = group - named
    if not 1 <= rank <= size or left < above * named - 1e-9 or (above == 0 and left > below * named + 1e-9):
        raise ValueError(f"{named} in place {rank} of {size} that hold {group} cannot be")
    least_above = min(left, max(above * named, left - below * named)) if above else 0.0
    least = named**2 + sum(
        part**2 / count for part, count in ((least_above, above), (left - least_above, below)) if count
    )
    ends = {0.0, min(below * named, left - above * named)} if above else {left}
    return Bounds(least, max(_greatest(named, group, above, below, end) for end in ends))


def _greatest(named: float, group: float, above: int, below: int, under: float) -> float:
    """Return the most that squares sum to when those below the named one hold ``under`` together."""
    over = group - named - under
    first = (over - (above - 1) * named) ** 2 + (above - 1) * named**2 if above else 0.0
    smallest = under / below if below else named
    return first + named**2 + named * under + (1 - group) * smallest


def printed_shares(operating: pd.DataFrame, kinds: pd.DataFrame) -> pd.DataFrame:
    """Return the shares that analysts print.

    Parameters
    ----------
    operating : pandas.DataFrame
        Facts (``Catalog.operating``).
    kinds : pandas.DataFrame
        ``metric``, ``item``, ``definition`` and ``rule``: which facts make up which definition.

    Returns
    -------
    pandas.DataFrame
        ``definition``, ``on``, ``holder``, ``share``, ``rule`` and ``source_id``, by definition and day.
    """
    found = operating.merge(kinds, on=["metric", "item"], validate="many_to_one")
    found = found[found["value"].notna()].rename(
        columns={"entity_id": "holder", "value": "share", "period_end": "on"}
    )  # fmt: skip
    columns = ["definition", "on", "holder", "share", "rule", "source_id"]
    return found.sort_values(["definition", "on", "share"], ascending=[True, True, False])[columns]


def of_prospectus(operating: pd.DataFrame) -> pd.DataFrame:
    """Return the measures that follow from a named share and that of the largest few (:data:`PROSPECTUS`)."""
    rows = operating[
        (operating["source_id"] == PROSPECTUS["source_id"]) & (operating["metric"] == "market_revenue_share")
    ]
    share = rows.set_index("segment")["value"]
    if not {"total", "top_five_developers"} <= set(share.index):
        return pd.DataFrame()
    index = of_group(share["total"], share["top_five_developers"], size=PROSPECTUS["size"], rank=PROSPECTUS["rank"])
    row = {"definition": "frost", "on": rows["period_end"].max(), "named": 1, "rest": 1 - share["total"], "leader": ""}
    row |= {"hhi_low": index.low, "hhi_high": index.high}
    return pd.DataFrame([row | {"effective_low": 1 / index.high, "effective_high": 1 / index.low}])


def newest(measured: pd.DataFrame, names: Mapping[str, str]) -> pd.DataFrame:
    """Return the newest day of each definition with its ``label``, ``group``, and the ``about`` to show beside it.

    Parameters
    ----------
    measured : pandas.DataFrame
        As :func:`measures` gives them.
    names : mapping of str to str
        Names of vendors and markets by id.
    """
    last = measured.sort_values("on").drop_duplicates("definition", keep="last")
    labels, groups = ({name: shown[place] for name, shown in DEFINITIONS.items()} for place in (0, 1))
    equal = last["effective_low"].map("{:.1f}".format) + "–" + last["effective_high"].map("{:.1f}".format)
    last = last.assign(
        label=last["definition"].map(labels) + ", " + last["on"].dt.strftime("%b %Y"),
        group=last["definition"].map(groups).map(lambda place: place.format_map(names)),
        equal=equal,
        about=equal + " equal" + (", " + last["leader"].map(names) + " first").fillna(""),
        leader_name=last["leader"].map(names),
    )
    return last.sort_values(["group", "hhi_low"], ascending=[True, False], ignore_index=True)


def ratios(measured: pd.DataFrame) -> pd.DataFrame:
    """Return measures with concentration ratios ``cr1`` to ``cr4`` as percent to show, from lower to upper bound."""
    shown = {}
    for count in RANKS:
        low, high = measured[f"cr{count}_low"], measured[f"cr{count}_high"]
        text = (100 * low).map("{:.0f}".format) + (100 * high).map("–{:.0f}".format).where(high - low > 0.005, "")
        shown[f"cr{count}"] = text.where(low.notna())
    return measured.assign(**shown)


def trends(series: pd.DataFrame) -> pd.DataFrame:
    """Return slope a year and level of the index of each series, and where its line breaks most.

    Parameters
    ----------
    series : pandas.DataFrame
        ``series``, ``on`` and ``hhi_low``; a series of fewer than eight days has no row.

    Returns
    -------
    pandas.DataFrame
        ``series``, ``since``, ``until``, ``level`` (mean, an estimate), ``slope`` with an interval for a series that
        remembers, ``newey_west`` and ``resampled`` beside it, ``break_on`` (NaT in a series too short for the test) and
        its ``p``.
    """
    rows = []
    for name, part in series.groupby("series", sort=False):
        if len(part) < 8:
            continue
        ordered = part.sort_values("on")
        values, years = ordered["hhi_low"].to_numpy(), _years(ordered["on"])
        row = {"series": name, "since": ordered["on"].min(), "until": ordered["on"].max()}
        row |= {"level": estimators.ar1_mean(values, years).map(as_share), "slope": estimators.ar1_trend(values, years)}
        row |= {"newey_west": estimators.trend(values, years), "resampled": slope_resampled(values, years)}
        rows.append(row | _break(values, years, row["since"]))
    return pd.DataFrame(rows)


def as_share(value: float) -> float:
    """Return the nearest number that a share, or an index of shares, can be; NaN stays."""
    return float(np.clip(value, 0.0, 1.0))


def _break(values: np.ndarray, years: np.ndarray, since: pd.Timestamp) -> dict[str, object]:
    if len(values) < LEAST_FOR_BREAK:
        return {"break_on": pd.NaT, "p": np.nan}
    found = estimators.break_test(values, years)
    return {"break_on": (since + pd.Timedelta(days=found.at * 365.25)).round("D"), "p": found.p}


def by_start(series: pd.DataFrame, every: int = 4) -> pd.DataFrame:
    """Return the slope a year of one series by the day with which it starts: ``start``, ``n``, ``slope``, its ends."""
    ordered = series.sort_values("on")
    found = estimators.by_start(ordered["hhi_low"].to_numpy(), _years(ordered["on"]), every, fewest=12)
    start = ordered["on"].min() + pd.to_timedelta(found["start"] * 365.25, "D")
    return found.assign(start=start.dt.round("D"))


def _years(days: pd.Series) -> np.ndarray:
    return ((days - days.min()).dt.days / 365.25).to_numpy()


def author_weeks(token_shares: pd.DataFrame, least_days: int = 3) -> pd.DataFrame:
    """Return the shares of all routed tokens by author, a row an author and week.

    Of the growing counts of a week the last one speaks, if it covers ``least_days``. The columns are those of
    :func:`printed_shares` with ``tokens`` (of the author) and ``total`` (of all: tokens over share) besides.
    """
    days = (token_shares["period_end"] - token_shares["period_start"]).dt.days + 1
    rows = token_shares[days >= least_days]
    rows = rows[rows["period_end"] == rows.groupby("period_start")["period_end"].transform("max")]
    rows = rows.drop_duplicates(["period_start", "author"], keep="last")
    biggest = rows.sort_values("value").drop_duplicates("period_start", keep="last").set_index("period_start")
    total = (biggest["tokens"] / biggest["value"]).rename("total")
    named = rows.assign(definition="router_weeks", on=rows["period_end"], share=rows["value"], rule="below")
    named = named.assign(holder=named["entity_id"].where(named["entity_id"] != "", named["author"]))
    named = named.join(total, on="period_start")
    return named[["definition", "on", "period_start", "holder", "share", "rule", "tokens", "total"]]


def by_vendor(tokens: pd.DataFrame, definition: str, rule: str = "any") -> pd.DataFrame:
    """Add tokens of models up by vendor, a row a vendor and period.

    Parameters
    ----------
    tokens : pandas.DataFrame
        ``period_start``, ``period_end``, ``name``, ``entity_id`` and ``tokens``; the row ``other`` counts for the
        whole only. A model under a cover name is a holder of its own.
    definition : str
        Name of the definition.
    rule : str
        What the rest can be.
    """
    total = tokens.groupby("period_end")["tokens"].sum()
    named = tokens[tokens["name"] != "other"]
    named = named.assign(holder=named["entity_id"].where(named["entity_id"] != "", named["name"]))
    held = named.groupby(["period_start", "period_end", "holder"], as_index=False)["tokens"].sum()
    held = held.assign(definition=definition, on=held["period_end"], rule=rule)
    return held.assign(share=held["tokens"] / held["on"].map(total))[
        ["definition", "on", "period_start", "holder", "share", "rule", "tokens"]
    ]


def scaled(shares: pd.DataFrame, coverage: Bounds) -> pd.DataFrame:
    """Return measures for lists that hold an unknown part of the market between two bounds.

    ``shares`` are shares of the list; the index is bounded over both ends of ``coverage``.
    """
    ends = [measures(shares.assign(share=shares["share"] * part)) for part in coverage]
    low, high = (name for name in ("_low", "_high"))
    both = ends[0].copy()
    for name in ends[0]:
        if name.endswith(low):
            both[name] = np.minimum(ends[0][name], ends[1][name])
        elif name.endswith(high):
            both[name] = np.maximum(ends[0][name], ends[1][name])
    return both


def run_rate_shares(run_rates: pd.DataFrame, days: int = FRESH_DAYS) -> pd.DataFrame:
    """Return vendors' shares of the sum of stated run-rates at the newest date.

    Parameters
    ----------
    run_rates : pandas.DataFrame
        ``entity_id``, ``period_end`` and ``value`` in one currency. The last of each vendor counts if it is at most
        ``days`` older than the newest of all.
    """
    newest = run_rates["period_end"].max()
    recent = run_rates[run_rates["period_end"] >= newest - pd.Timedelta(days=days)]
    last = recent.sort_values("period_end").drop_duplicates("entity_id", keep="last")
    share = last["value"] / last["value"].sum()
    return pd.DataFrame(
        {"definition": "run_rates", "on": newest, "holder": last["entity_id"], "share": share, "rule": "one"}
    ).reset_index(drop=True)


def slope_resampled(
    values: Sequence[float], years: Sequence[float], block: float | None = None, draws: int = DRAWS, seed: int = SEED
) -> Estimate:
    """Return the slope of a series on time with the interval of a stationary bootstrap of its residuals.

    Politis and Romano (1994). The mean length of blocks is the cube root of the number of observations times two if
    left out. In a short series whose neighbours resemble one another the interval covers somewhat less than it says.
    """
    y, t = np.asarray(values, float), np.asarray(years, float)
    centred = t - t.mean()
    weights = centred / (centred @ centred)
    slope = float(weights @ y)
    # Residuals of a fitted line are too small by the two degrees of freedom that it takes.
    residuals = (y - y.mean() - slope * centred) * np.sqrt(len(y) / (len(y) - 2))
    block = block or max(1.0, 2 * len(y) ** (1 / 3))
    bootstrap = StationaryBootstrap(block, residuals, seed=np.random.default_rng(seed))
    drawn = bootstrap.apply(lambda sample: weights @ sample, draws)[:, 0]
    return percentile_estimate(slope, slope + drawn, len(y), f"stationary bootstrap, mean block {block:.1f}")


def coverage(lists: pd.DataFrame, weeks: pd.DataFrame, days: pd.DataFrame, head: int) -> Bounds:
    """Return the least and the greatest part of all tokens that the head of a list was seen to hold.

    Parameters
    ----------
    lists : pandas.DataFrame
        Weekly lists of models: ``period_end``, ``tokens``.
    weeks : pandas.DataFrame
        As :func:`author_weeks` gives them: ``on``, ``total``. A week ending within two days of a list is its whole.
    days : pandas.DataFrame
        Daily tokens by name, the row ``other`` among them: ``period_end``, ``name``, ``tokens``.
    head : int
        Names in the head.

    Raises
    ------
    ValueError
        If no list meets a whole.
    """
    listed = lists.groupby("period_end")["tokens"].sum().rename("listed").reset_index().sort_values("period_end")
    whole = weeks.drop_duplicates("on")[["on", "period_start", "total"]].sort_values("on")
    whole = whole[(whole["on"] - whole["period_start"]).dt.days == 6]
    met = pd.merge_asof(
        listed, whole, left_on="period_end", right_on="on", direction="nearest", tolerance=pd.Timedelta(days=2)
    ).dropna(subset=["total"])
    parts = list(met["listed"] / met["total"])
    named = days[days["name"] != "other"].sort_values("tokens")
    held = named.groupby("period_end").tail(head).groupby("period_end")["tokens"].sum()
    parts += list(held / days.groupby("period_end")["tokens"].sum())
    if not parts:
        raise ValueError("no list of models meets a count of all tokens")
    return Bounds(float(min(parts)), float(max(parts)))
