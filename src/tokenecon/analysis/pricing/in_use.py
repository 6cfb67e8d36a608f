"""The gap of what is used: the same regression with models weighted by the tokens that a router's users send them.

Weights answer to price: a cheap model is used more, so the two countries' models are weighted by what is to be
explained. What a weighted number rests on is said by its effective number of models (Kish 1965).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from tokenecon.analysis.estimators import Estimate, coefficient_of, effective_n, vendor_bootstrap

DAYS = 30
"""Days of tokens that weigh a model: the last known."""
CAPABLE = 30
"""Score from which models count as near the best: a judgement, the index's upper half then."""


def tokens(models: pd.DataFrame) -> pd.Series:
    """Return tokens by model over the last :data:`DAYS` days known; of weeks where no days are known.

    ``models`` is ``Catalog.token_models``.
    """
    rows = models[(models["model_id"] != "") & models["model_id"].notna()]
    days = rows[rows["frequency"] == "day"]
    used = days if len(days) else rows
    recent = used[used["period_end"] > used["period_end"].max() - pd.Timedelta(days=DAYS)]
    return recent.groupby("model_id")["tokens"].sum()


def weighted(frame: pd.DataFrame, used: pd.Series) -> pd.DataFrame:
    """Return the rows of a sample of both countries that are used, with ``tokens`` and ``share`` of their country's."""
    rows = frame.assign(tokens=frame["model_id"].map(used)).dropna(subset="tokens")
    rows = rows[rows["tokens"] > 0].reset_index(drop=True)
    return rows.assign(share=rows["tokens"] / rows.groupby("country")["tokens"].transform("sum"))


def gap(rows: pd.DataFrame, draws: int = 1_999) -> Estimate:
    """Return the other country's price over the one's at equal score and date, tokens as weights, vendors drawn.

    With weights so unequal the bootstrap of vendors covers, and the wild one less (``data/study.csv``).
    """
    drawn = coefficient_of("log_price ~ is_one + z + date", rows, "is_one", "tokens")
    found = vendor_bootstrap(drawn, rows["entity_id"], draws=draws)
    return found.map(lambda log: float(np.exp(-log))).to("times")


def compare(rows: pd.DataFrame, whose: str, leading: int = 2) -> pd.DataFrame:
    """Return the weighted gap as it is, without the ``leading`` models of the one country, and of capable models.

    Parameters
    ----------
    rows : pandas.DataFrame
        As :func:`weighted` returns it.
    whose : str
        Adjective of the one country.
    leading : int
        How many are left out.

    Returns
    -------
    pandas.DataFrame
        ``label``, ``n``, ``effective`` (Kish's n), and ``gap`` with ``_low`` and ``_high``; samples without a model of
        each country, or that identify nothing, are left out.
    """
    top = rows[rows["is_one"] == 1].nlargest(leading, "tokens")["model_id"]
    samples = {
        "all models used": rows,
        f"without the {leading} most used {whose} models": rows[~rows["model_id"].isin(top)],
        "scores in the upper half": rows[rows["score"] >= CAPABLE],
    }
    found = []
    for label, part in samples.items():
        if part["is_one"].nunique() == 2 and len(part) > 8:
            one = gap(part)
            found.append({"label": label, "n": one.n, "effective": effective_n(part["tokens"])} | one.fields("gap"))
    return pd.DataFrame(found, columns=["label", "n", "effective", "gap", "gap_low", "gap_high"])
