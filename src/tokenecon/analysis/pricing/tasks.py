"""Cheap per token, and per task? What the same benchmark costs to run beside what a token costs.

Rows are *variants*: a model at one setting of effort, with its score, what the whole run of the index cost, and the
price of a token. At equal score the gap between two countries is estimated for both; their quotient is the gap in
tokens that a run takes, and its interval knows that both come from the same runs.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd

from tokenecon.analysis.estimators import Estimate, wild_cluster
from tokenecon.analysis.market import prices as listed

CAPABLE = 45
"""Score from which a model counts as one that long work is given to: a judgement, set before looking."""
FEWEST = 8
"""Variants that each country needs for an estimate."""
_EFFORT = r"(?i)\b(?:x?high|max)\b"

Keep = Callable[[pd.DataFrame], pd.DataFrame]
SAMPLES: Mapping[str, Keep] = {
    "every variant": lambda rows: rows,
    "capable variants": lambda rows: rows[rows["score"] >= CAPABLE],
    "best variant a model": lambda rows: best_of(rows),
    "best, capable models": lambda rows: best_of(rows[rows["score"] >= CAPABLE]),
    "high effort": lambda rows: rows[rows["effort"]],
    "other efforts": lambda rows: rows[~rows["effort"]],
}
"""Ways to count variants, the first in the chapter."""


def variants(
    capability: pd.DataFrame,
    index_prices: pd.DataFrame,
    own: pd.DataFrame,
    entities: pd.DataFrame,
    pair: Sequence[str],
) -> pd.DataFrame:
    """Return the variants of both countries on the last day on which runs of the index were costed.

    Parameters
    ----------
    capability : pandas.DataFrame
        Scores, as ``Catalog.capability`` gives them, with ``run_cost`` where known.
    index_prices : pandas.DataFrame
        What the publisher of the index pays for a token of each variant: the maker's price of a closed model, a median
        over hosts for open weights. May be empty.
    own : pandas.DataFrame
        Makers' list prices on that day: ``model_id``, ``blended``.
    entities : pandas.DataFrame
        ``entity_id`` and ``country``.
    pair : sequence of str
        Codes of the one country and of the other.

    Returns
    -------
    pandas.DataFrame
        ``named`` (the variant), ``model_id``, ``entity_id``, ``country``, ``is_one``, ``score``, ``run`` (dollars),
        ``own`` (dollars per million tokens at the maker's list), ``paid`` (at the index's price, where there is none at
        the maker's), ``effort`` (set to high or more), ``on``.
    """
    rows = costed(capability)
    day = rows["published_on"].max()
    held = index_prices[
        (index_prices["effective_from"] <= day)
        & (index_prices["effective_to"].isna() | (index_prices["effective_to"] > day))
    ]
    key = ["model_id", "named"]
    paid = listed.blended(held).drop_duplicates(key, keep="last")[[*key, "blended"]]
    found = rows.merge(own[["model_id", "blended"]], on="model_id", how="left", validate="many_to_one")
    found = found.rename(columns={"blended": "own", "run_cost": "run", "value": "score"})
    found = found.merge(
        paid[["model_id", "named", "blended"]], on=["model_id", "named"], how="left", validate="many_to_one"
    )
    found = found.merge(entities[["entity_id", "country"]], on="entity_id", validate="many_to_one")
    found = found[found["country"].isin(pair)]
    price = found["blended"].fillna(found["own"])
    return pd.DataFrame(
        {
            "named": found["named"], "model_id": found["model_id"], "entity_id": found["entity_id"],
            "country": found["country"], "is_one": (found["country"] == pair[0]).astype(float),
            "score": found["score"], "run": found["run"], "own": found["own"].where(found["own"] > 0),
            "paid": price.where(price > 0), "effort": found["named"].str.contains(_EFFORT), "on": day,
        }
    ).sort_values(["score", "named"], ignore_index=True)  # fmt: skip


def costed(capability: pd.DataFrame) -> pd.DataFrame:
    """Return the scores of the index of the last day on which its runs were costed."""
    rows = capability[(capability["benchmark"] == "aa_index") & capability["run_cost"].gt(0)]
    rows = rows[rows["published_on"] == rows["published_on"].max()]
    return rows.drop(columns="score", errors="ignore")


def costed_on(capability: pd.DataFrame) -> dt.date:
    """Return that day."""
    return costed(capability)["published_on"].max()


def best_of(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the best-scoring variant of each model."""
    return rows.sort_values("score").drop_duplicates("model_id", keep="last")


def logs(rows: pd.DataFrame, price: str) -> pd.DataFrame:
    """Return the variants whose price is known with logarithms: ``x`` (score), ``token``, ``by_run``, ``tokens``."""
    whole = rows.dropna(subset=[price, "run"])
    return whole.assign(
        x=np.log(whole["score"]), token=np.log(whole[price]), by_run=np.log(whole["run"]),
        tokens=np.log(whole["run"] / whole[price]),
    )  # fmt: skip


def gaps(rows: pd.DataFrame, price: str = "paid", draws: int = 1_999, held: str = "x") -> dict[str, Estimate]:
    """Return the other country over the one at equal score: per ``token``, per ``run``, and their ``quotient``.

    ``held`` is what the regressions hold fixed: the logarithm ``x`` of the score, and columns of ``rows`` beside it.

    The quotient is the gap per run over the gap per token, of the same rows. Vendors are drawn. Without
    :data:`FEWEST` rows a country there are none.
    """
    whole = logs(rows, price)
    if min(whole["is_one"].sum(), (1 - whole["is_one"]).sum()) < FEWEST:
        return {}
    outcomes = {"token": "token", "run": "by_run", "quotient": "tokens"}
    return {
        name: wild_cluster(f"{column} ~ is_one + {held}", whole, "is_one", "entity_id", draws=draws)
        .map(lambda log: float(np.exp(-log)))
        .to("times")
        for name, column in outcomes.items()
    }


def compare(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the gaps for every way to count variants and both prices of a token.

    Returns
    -------
    pandas.DataFrame
        ``price`` (``paid`` or ``own``), ``label``, ``n``, ``n_one``, ``vendors``; ``token``, ``run`` and ``quotient``,
        each with ``_low`` and ``_high``. Samples with fewer than :data:`FEWEST` variants a country are left out.
    """
    found = []
    for price in ("paid", "own"):
        for label, keep in SAMPLES.items():
            part = keep(rows).dropna(subset=[price, "run"])
            estimates = gaps(part, price)
            if estimates:
                counts = {"n": len(part), "n_one": int(part["is_one"].sum()), "vendors": part["entity_id"].nunique()}
                ends = [one.fields(name) for name, one in estimates.items()]
                found.append({"price": price, "label": label} | counts | ends[0] | ends[1] | ends[2])
    return pd.DataFrame(found)
