"""Market tables: what is joined to them, what of a span is known on a day, and rows left out for declared reasons."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import pandas as pd

Texts = Mapping[str, pd.DataFrame]
MOVING = (
    r"(?:^|-)(?:latest|newest)(?:-|$)|-(?:stable|current|default)$"
    r"|^deepseek-(?:chat|reasoner)$|^qwen-(?:vl-)?(?:max|plus|turbo|long)$"
)
"""Ids of models that are names, which point now to one model and now to another: their prices are of no model."""
SPAN = ("endpoint", "name", "condition", "effective_from", "origin")
"""What tells one span of a price from another."""
PARTS = {"percent": 100.0}
"""How many of a unit make a whole; units without a whole stay as they are."""


class Clean(NamedTuple):
    """Rows fit for use, and those left out, counted by reason."""

    frame: pd.DataFrame
    excluded: pd.DataFrame


def clean(frame: pd.DataFrame, table: str, flags: pd.DataFrame) -> Clean:
    """Leave out the rows with a flag that excludes them.

    Parameters
    ----------
    frame
        Rows with `flags`, names with a space between them.
    table
        Name of their table.
    flags
        The table of flags: `table`, `flag`, `excluded`, `reason`.

    Returns
    -------
    Clean
        The other rows, and `flag`, `rows`, `reason` of each flag that excluded any. A row with several counts
        under the first in the order of `flags`, so that the two parts make up the whole.
    """
    excluding = flags[(flags["table"] == table) & flags["excluded"]]
    first = pd.Series("", index=frame.index, dtype=str)
    named = frame["flags"].str.split()
    for flag in excluding["flag"]:
        first = first.mask((first == "") & named.map(lambda names, flag=flag: flag in names), flag)
    rows = first.value_counts()
    counted = excluding.assign(rows=excluding["flag"].map(rows))[["flag", "rows", "reason"]].dropna()
    return Clean(frame[first == ""].reset_index(drop=True), counted.astype({"rows": int}).reset_index(drop=True))


def spans_known(frame: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    """Hide what lies after a day: ends of spans, and later sightings.

    Parameters
    ----------
    frame
        Rows with `effective_to` and `last_seen_on`.
    as_of
        The day.
    """
    later = {name: frame[name].where(frame[name] <= as_of) for name in ("effective_to", "last_seen_on")}
    return frame.assign(**later)


def with_ends(frame: pd.DataFrame, ends: pd.DataFrame) -> pd.DataFrame:
    """Fill in the ends of spans that became known after their rows.

    Parameters
    ----------
    frame
        Prices.
    ends
        Rows of ``price_ends`` known by the day; of several for one span the last known speaks.
    """
    key = list(SPAN)
    last = ends.sort_values("published_on", kind="stable").drop_duplicates(key, keep="last")
    found = frame[key].merge(last, on=key, how="left", validate="many_to_one")["effective_to"]
    return frame.assign(effective_to=found.fillna(frame["effective_to"]))


def with_rulings(frame: pd.DataFrame, rulings: pd.DataFrame) -> pd.DataFrame:
    """Give prices the flags and the corrected cells that were declared after their rows.

    Parameters
    ----------
    frame
        Prices.
    rulings
        Rows of ``price_rulings``.
    """
    key = list(SPAN)
    flags = rulings.groupby(key, dropna=False)["flag"].agg(" ".join)
    found = frame[key].merge(flags.reset_index(), on=key, how="left", validate="many_to_one")["flag"].fillna("")
    ruled = frame.assign(flags=(frame["flags"] + " " + found.set_axis(frame.index)).str.strip())
    for column, own in rulings[rulings["column"] != ""].groupby("column"):
        right = frame[key].merge(own[[*key, "corrected"]], on=key, how="left", validate="many_to_one")["corrected"]
        ruled[column] = pd.to_numeric(right.set_axis(frame.index)).fillna(ruled[column])
    return ruled


PATIENCE = pd.Timedelta(days=90)
"""A model that no list has shown for longer is not taken to be on sale, nor its price to hold."""


def lapsed(
    frame: pd.DataFrame, sights: Sequence[pd.Series], as_of: pd.Timestamp, patience: pd.Timedelta = PATIENCE
) -> pd.DataFrame:
    """End the open spans of models that no list has shown for months: lists leave spans open that have ended.

    A span ends on the first day on which the model has been out of sight for longer than `patience`, so that what was
    held to be on sale on a day stays so whatever is learnt later of days without a sight.

    Parameters
    ----------
    frame
        Prices; `last_seen_on` is NaT where the row was seen after `as_of` too.
    sights
        Days on which other lists last showed a model at a price, indexed by model; NaT as in `frame`.
    as_of
        Last day of knowledge: ends after it are not known.
    patience
        How long a model out of sight counts as on sale.
    """
    stands = frame[frame["effective_to"].isna()]
    seen = pd.concat([stands.set_index("model_id")["last_seen_on"], *sights]).fillna(as_of).groupby(level=0).max()
    last = pd.Series(seen.reindex(frame["model_id"]).to_numpy(), index=frame.index)
    ends = last + patience + pd.Timedelta(days=1)
    return frame.assign(effective_to=frame["effective_to"].fillna(ends.where(ends <= as_of)))


def looked_up(frame: pd.DataFrame, table: pd.DataFrame, key: str | list[str]) -> pd.DataFrame:
    """Add the columns of a table that a key leads to.

    Raises
    ------
    RuntimeError
        If a row finds no partner, or several.
    """
    joined = frame.merge(table, on=key, how="left", validate="many_to_one", indicator="_found")
    missing = joined["_found"] != "both"
    if missing.any() or len(joined) != len(frame):
        raise RuntimeError(f"{missing.sum()} of {len(frame)} rows find no partner by {key}")
    return joined.drop(columns="_found")


def _prices(frame: pd.DataFrame, texts: Texts) -> pd.DataFrame:
    return looked_up(frame, texts["models"][["model_id", "entity_id"]], "model_id")


def _capability(frame: pd.DataFrame, texts: Texts) -> pd.DataFrame:
    benchmarks = texts["benchmarks"][["benchmark_id", "test", "unit"]].rename(columns={"benchmark_id": "benchmark"})
    joined = looked_up(_prices(frame, texts), benchmarks, "benchmark")
    return joined.assign(value=joined["score"] / joined["unit"].map(PARTS).fillna(1.0))


def _token_models(frame: pd.DataFrame, texts: Texts) -> pd.DataFrame:
    aliases = texts["model_aliases"].drop(columns=["note", "added_on"])
    return looked_up(frame, aliases.assign(free=aliases["free"] == "true"), ["platform", "name"])


def _apps(frame: pd.DataFrame, texts: Texts) -> pd.DataFrame:
    return frame.assign(tokens_per_request=frame["tokens"] / frame["requests"])


def _token_shares(frame: pd.DataFrame, texts: Texts) -> pd.DataFrame:
    return frame.assign(value=frame["share"] / frame["unit"].map(PARTS))


JOINS: dict[str, Callable[[pd.DataFrame, Texts], pd.DataFrame]] = {
    "prices": _prices,
    "host_prices": _prices,
    "index_prices": _prices,
    "litellm_prices": _prices,
    "capability": _capability,
    "apps": _apps,
    "token_models": _token_models,
    "token_shares": _token_shares,
}
"""What loading adds to each market table, given other tables as text."""
