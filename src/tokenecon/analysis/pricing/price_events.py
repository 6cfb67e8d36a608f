"""Changes of list prices: which are changes, which are slips, how often prices rise.

Three rules, in this order, sort every step of a price path:

- *moved name*: the name points to another model from time to time (``-latest``, ``deepseek-chat``, ``qwen-plus``), so
  that a new price may be another product's;
- *by the hour*: the list begins to charge by the hour of the day, and one price no longer says what is paid;
- *offer*: the list calls the price introductory, or named beforehand the day on which it ends; leaving it is no rise;
- *flip*: within :data:`FLIP` days the price returns to where it was, within one percent. Both steps are left out: lists
  correct typing errors this way, and a promotion that short is neither a cut nor a rise.

What remains is a *change*. Changes of one vendor on one day and market in one direction are one *decision*.
"""

from __future__ import annotations

import datetime as dt
import re

import numpy as np
import pandas as pd
from scipy import stats

from tokenecon.analysis import estimators
from tokenecon.analysis.estimators import DRAWS, SEED, Estimate, percentile_estimate
from tokenecon.catalog.market import MOVING

FLIP = 60
SAME = 0.01
"""Relative change up to which a price counts as the same."""
_PASSING = {"preview", "thinking", "instruct", "reasoning", "latest", "beta", "exp"}
_KEY = ["model_id", "market"]
_YEAR = 365.25


def events(paths: pd.DataFrame) -> pd.DataFrame:
    """Return every step of a price after the first, sorted into classes.

    Parameters
    ----------
    paths : pandas.DataFrame
        As :func:`tokenecon.analysis.market.price_paths.paths` gives it; with ``flags`` and ``condition`` of the lists.

    Returns
    -------
    pandas.DataFrame
        One row a step: ``model_id``, ``model``, ``entity_id``, ``country``, ``market``, ``on`` (day), ``before`` and
        ``after`` (blended), ``ratio``, ``up``, ``kind`` (as above; ``unchanged`` where input and output moved against
        each other and the blend did not).
    """
    ordered = paths.sort_values([*_KEY, "effective_from"], ignore_index=True)
    after = ordered.groupby(_KEY)["blended"]
    rows = ordered.assign(
        following=after.shift(-1),
        earlier=after.shift(2),
        next_on=ordered.groupby(_KEY)["effective_from"].shift(-1),
        prior_on=ordered.groupby(_KEY)["effective_from"].shift(),
        offer=_flagged(ordered, "introductory") | ordered["announced_end"],
        hours=_flagged(ordered, "time_of_day"),
    )
    rows["was_offer"] = rows.groupby(_KEY)["offer"].shift(fill_value=False)
    rows = rows[rows["previous"].notna()].reset_index(drop=True)
    soon = pd.Timedelta(days=FLIP)
    undone = _same(rows["following"], rows["previous"]) & (rows["next_on"] - rows["effective_from"] <= soon)
    undoing = _same(rows["blended"], rows["earlier"]) & (rows["effective_from"] - rows["prior_on"] <= soon)
    conditions = [
        rows["model_id"].str.contains(MOVING),
        rows["hours"],
        rows["offer"] | rows["was_offer"],
        undone | undoing,
        _same(rows["blended"], rows["previous"]),
    ]
    kinds = np.select(conditions, ["moved name", "by the hour", "offer", "flip", "unchanged"], default="change")
    columns = ["model_id", "model", "entity_id", "country", "market"]
    return rows[columns].assign(
        on=rows["effective_from"],
        before=rows["previous"],
        after=rows["blended"],
        ratio=rows["blended"] / rows["previous"],
        up=rows["blended"] > rows["previous"],
        kind=kinds,
    )


def _flagged(rows: pd.DataFrame, flag: str) -> pd.Series:
    return rows["flags"].fillna("").str.split().map(lambda names: flag in names)


def _same(one: pd.Series, other: pd.Series) -> pd.Series:
    return (one / other - 1).abs() <= SAME


def decisions(changes: pd.DataFrame) -> pd.DataFrame:
    """Return one row a vendor, market, day and direction, with ``models`` and the median ``ratio`` of its changes."""
    keys = ["entity_id", "country", "market", "on", "up"]
    return changes.groupby(keys, as_index=False).agg(models=("model_id", "nunique"), ratio=("ratio", "median"))


def exposure(paths: pd.DataFrame, as_of: dt.date | str) -> pd.DataFrame:
    """Return how long each vendor had a price list on each market that could change.

    Returns
    -------
    pandas.DataFrame
        ``entity_id``, ``country``, ``market``, ``vendor_years`` (first price to the last day on which one held) and
        ``model_years`` (summed over models).
    """
    ends = paths["ends"].fillna(pd.Timestamp(as_of))
    held = paths.assign(last=ends, years=(ends - paths["effective_from"]).dt.days.clip(lower=0) / _YEAR)
    groups = held.groupby(["entity_id", "country", "market"])
    span = (groups["last"].max() - groups["effective_from"].min()).dt.days / _YEAR
    return pd.DataFrame({"vendor_years": span, "model_years": groups["years"].sum()}).reset_index()


def poisson_rate(count: int, exposed: float) -> Estimate:
    """Return events a unit of exposure with Garwood's (1936) exact interval."""
    low = stats.chi2.ppf(0.025, 2 * count) / 2 if count else 0.0
    high = stats.chi2.ppf(0.975, 2 * (count + 1)) / 2
    return Estimate(count / exposed, low / exposed, high / exposed, count, "Poisson, exact")


def share_up(made: pd.DataFrame, draws: int = DRAWS, seed: int = SEED) -> Estimate:
    """Return the share of decisions that raised prices; the interval resamples vendors whole.

    With fewer than three vendors the interval is Wilson's, as if decisions were independent.
    """
    by_vendor = made.groupby("entity_id")["up"].agg(["sum", "size"])
    value, n = float(made["up"].mean()), len(made)
    if len(by_vendor) < 3:
        interval = stats.binomtest(int(made["up"].sum()), n).proportion_ci(method="wilson")
        return Estimate(value, interval.low, interval.high, n, "Wilson")
    count = len(by_vendor)
    weights = np.random.default_rng(seed).multinomial(count, np.full(count, 1 / count), size=draws)
    drawn = (weights @ by_vendor["sum"].to_numpy()) / (weights @ by_vendor["size"].to_numpy())
    return percentile_estimate(value, drawn, n, f"bootstrap by vendor, {count} vendors")


def rises(found: pd.DataFrame, exposed: pd.DataFrame, kinds: tuple[str, ...] = ("change",)) -> pd.DataFrame:
    """Return how often list prices rise and fall, by country and market.

    Parameters
    ----------
    found : pandas.DataFrame
        As :func:`events` returns it.
    exposed : pandas.DataFrame
        As :func:`exposure` returns it.
    kinds : tuple of str
        Classes of steps that count.

    Returns
    -------
    pandas.DataFrame
        By ``country`` and ``market``: ``changes`` (of models), ``decisions``, ``up`` and ``down`` (decisions),
        ``vendors``, ``vendor_years``; ``share`` of decisions that are rises, ``rate`` of rises and ``cut_rate`` of
        cuts a vendor-year, each with ``_low`` and ``_high``. Markets without exposure are left out.
    """
    rows = []
    for (country, market), span in exposed.groupby(["country", "market"]):
        changes = found[found["kind"].isin(kinds) & (found["country"] == country) & (found["market"] == market)]
        made, years = decisions(changes), span["vendor_years"].sum()
        up, down = int(made["up"].sum()), int((~made["up"].astype(bool)).sum())
        share = share_up(made) if len(made) else Estimate(np.nan, np.nan, np.nan, 0, "no change")
        rows.append(
            {"country": country, "market": market, "changes": len(changes), "decisions": len(made), "up": up,
             "down": down, "vendors": len(span), "vendor_years": years}
            | share.fields("share") | poisson_rate(up, years).fields("rate")
            | poisson_rate(down, years).fields("cut_rate")
        )  # fmt: skip
    return pd.DataFrame(rows)


def successions(paths: pd.DataFrame, scores: pd.DataFrame) -> pd.DataFrame:
    """Return what each vendor asked for its new best model, against its best before.

    A vendor can raise its price without changing any model's: by asking more for the next one. Only models with a score
    and a price at release count, and only those that beat every earlier model of their vendor.

    Parameters
    ----------
    paths : pandas.DataFrame
        One market, as :func:`tokenecon.analysis.market.price_paths.paths` returns it.
    scores : pandas.DataFrame
        ``model_id`` and ``score``.

    Returns
    -------
    pandas.DataFrame
        One row a succession: ``entity_id``, ``country``, ``on`` (release), ``model_id``, ``model``, ``after`` (price at
        release), ``before`` (the predecessor's price on that day, or its last one), ``predecessor``, ``ratio``,
        ``up`` and
        ``kept`` (dearer, or not cheaper, by more than :data:`SAME`), ``tier`` (``successor`` in the predecessor's line
        of models, or ``new line``).
    """
    scored = paths.merge(scores[["model_id", "score"]], on="model_id", validate="many_to_one")
    first = scored[scored["at_release"]].drop_duplicates("model_id").sort_values(["released_on", "score"])
    rows = []
    for _, own in first.groupby("entity_id"):
        best = None
        for row in own.itertuples():
            if best is not None and row.score > best.score and row.begins > best.begins:
                levels = scored[(scored["model_id"] == best.model_id) & (scored["begins"] <= row.begins)]
                rows.append(
                    {"entity_id": row.entity_id, "country": row.country, "on": row.begins, "model_id": row.model_id,
                     "model": row.model, "after": row.blended, "before": levels["blended"].iloc[-1],
                     "predecessor": best.model}
                )  # fmt: skip
            if best is None or row.score > best.score:
                best = row
    columns = ["entity_id", "country", "on", "model_id", "model", "after", "before", "predecessor"]
    found = pd.DataFrame(rows, columns=columns)
    found = found.assign(ratio=found["after"] / found["before"])
    same_line = found["model"].map(line) == found["predecessor"].map(line)
    return found.assign(
        up=found["ratio"] > 1 + SAME, kept=found["ratio"] >= 1 - SAME, tier=np.where(same_line, "successor", "new line")
    )


def newcomers(paths: pd.DataFrame, since: dt.date | str) -> pd.DataFrame:
    """Return what models new since a day cost against the one before them in their line, scores left aside.

    Parameters
    ----------
    paths : pandas.DataFrame
        One market, as :func:`tokenecon.analysis.market.price_paths.paths` returns it.
    since : date or str
        The day. Models known to be older than their first price are not new.

    Returns
    -------
    pandas.DataFrame
        One row a model whose line (:func:`line`) its vendor had on the list before: ``entity_id``, ``country``, ``on``,
        ``model_id``, ``model``, ``after`` (first price), ``before`` (the predecessor's price on that day, or its last
        one), ``predecessor``, ``ratio``; by day.
    """
    first = paths.drop_duplicates("model_id").sort_values(["begins", "model_id"])
    first = first.assign(line=first["model"].map(line))
    new = first[(first["begins"] > pd.Timestamp(since)) & (first["at_release"] | first["released_on"].isna())]
    rows = []
    # One price under two names of a line is one model.
    for row in new.drop_duplicates(["entity_id", "begins", "line", "blended"], keep="last").itertuples():
        older = first["begins"] < row.begins
        known = first[older & (first["entity_id"] == row.entity_id) & (first["line"] == row.line)]
        if len(known):
            levels = paths[(paths["model_id"] == known["model_id"].iloc[-1]) & (paths["begins"] <= row.begins)]
            rows.append(
                {"entity_id": row.entity_id, "country": row.country, "on": row.begins, "model_id": row.model_id,
                 "model": row.model, "after": row.blended, "before": levels["blended"].iloc[-1],
                 "predecessor": known["model"].iloc[-1]}
            )  # fmt: skip
    columns = ["entity_id", "country", "on", "model_id", "model", "after", "before", "predecessor"]
    found = pd.DataFrame(rows, columns=columns)
    return found.assign(ratio=found["after"] / found["before"])


def line(name: str) -> str:
    """Return the line of models that a name belongs to: its words without versions, dates and previews.

    "Claude Opus 4.8" and "Claude 4 Opus" are of one line, "Claude Sonnet 5" of another.
    """
    words = re.sub(r"[(),]|\b\w*\d[\w.]*|-(?=\d)", " ", name.lower()).replace("-", " ").split()
    return " ".join(sorted(word for word in words if word not in _PASSING))


def share_kept(made: pd.DataFrame) -> Estimate:
    """Return the share of successions whose price was kept or raised, vendors drawn."""
    found = estimators.vendor_bootstrap(estimators.mean(made["kept"].astype(float)), made["entity_id"])
    return found.to("percent")
