"""What breadth brings: revenue by product, over how many it spreads, and how a vendor ranks by modality."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from tokenecon.analysis.revenue import SPAN

KINDS: Mapping[str, str] = {
    "text": "text",
    "text_to_image": "images",
    "image_editing": "images",
    "text_to_video": "video",
    "image_to_video": "video",
    "text_to_speech": "speech",
}
"""What the models of a modality put out."""


def standings(modalities: pd.DataFrame) -> pd.DataFrame:
    """Return the newest rank of each vendor in each modality, with ``ahead``: the part of others ahead."""
    newest = modalities["observed_on"] == modalities.groupby("modality")["observed_on"].transform("max")
    rows = modalities[newest]
    return rows.assign(ahead=(rows["rank"] - 1) / (rows["vendors"] - 1), kind=rows["modality"].map(KINDS))


def kinds_by_vendor(standings: pd.DataFrame) -> pd.Series:
    """Return in how many kinds of output (:data:`KINDS`) each vendor of text models is ranked."""
    kinds = standings.groupby("vendor")["kind"].nunique()
    return kinds[kinds.index.isin(standings.loc[standings["kind"] == "text", "vendor"])]


def effective_lines(values: pd.Series) -> float:
    """Return how many lines of equal size would be as spread as these: one over the sum of squared shares."""
    shares = values / values.sum()
    return float(1 / (shares**2).sum())


def by_product(sales: pd.DataFrame, products: Mapping[str, str]) -> pd.DataFrame:
    """Return revenue by product, what the accounts do not split shown under its parent.

    Parameters
    ----------
    sales : pandas.DataFrame
        Revenue of one entity by segment and period, remainders included.
    products : mapping of str to str
        Product to the line that it is part of; a line that is not split is its own product.

    Returns
    -------
    pandas.DataFrame
        ``period``, its days and ``months``, ``product``, ``value`` and ``total``; products add up to the total. What
        a line holds beyond its products is the product ``rest of <line>``; a period without a total is left out.
    """
    lines = set(products.values())
    total = sales[sales["segment"] == "total"].set_index("period")["value"]
    place = ["period", *SPAN, "months"]
    rows = sales[sales["segment"].isin([*products, *lines]) & sales["period"].isin(total.index)]
    parts = rows[rows["segment"].isin(products)].assign(line=lambda part: part["segment"].map(products))
    split = parts.groupby([*place, "line"], as_index=False)["value"].sum()
    whole = rows[rows["segment"].isin(lines)].rename(columns={"segment": "line"})[[*place, "line", "value"]]
    rest = whole.merge(split, on=[*place, "line"], how="left", suffixes=("", "_split"))
    rest = rest.assign(value=rest["value"] - rest["value_split"].fillna(0), product="rest of " + rest["line"])
    named = parts.rename(columns={"segment": "product"})
    both = pd.concat([named[[*place, "product", "value"]], rest[[*place, "product", "value"]]])
    both = both[both["value"].abs() > 0.5]
    return both.assign(total=both["period"].map(total)).sort_values(["period_start", "period_end"], ignore_index=True)
