"""Applications on the router: how many requests they make, how long these are, and which of the two grew.

A list of applications counts tokens and requests over a trailing window of weeks, and its members change: what grew is
asked of the applications on both lists as well as of the lists.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

KINDS = {"entertainment": ("entertainment",), "coding and agents": ("coding", "cli-agent")}
"""Kind of an application by the categories that it declares; the first that fits. Others are of no kind."""

OTHER = "other or not declared"
MATCHED, LISTED = "applications on both lists", "lists as they are"


def kinds(apps: pd.DataFrame) -> pd.Series:
    """Return the kind of each application by id: what it declared on any day."""
    said = apps.groupby("app_id")["categories"].agg(lambda values: set(" ".join(values).split()))

    def kind(words: set[str]) -> str:
        return next((name for name, parts in KINDS.items() if words & set(parts)), OTHER)

    return said.map(kind)


def ends(apps: pd.DataFrame) -> pd.DataFrame:
    """Return applications on the last day of the first month listed (``day`` 0) and on the last day of all (1).

    Under the last name, with ``kind``, ``per_request`` (input and output tokens of a request) and ``matched`` (listed
    on both).
    """
    days = pd.Series(np.sort(apps["observed_on"].unique()))
    first = days[days.dt.to_period("M") == days.iloc[0].to_period("M")].max()
    rows = apps[apps["observed_on"].isin([first, days.iloc[-1]]) & (apps["requests"] > 0)]
    found = rows.assign(
        name=rows["app_id"].map(apps.sort_values("observed_on").groupby("app_id")["name"].last().str.partition(",")[0]),
        kind=rows["app_id"].map(kinds(apps)),
        day=(rows["observed_on"] == days.iloc[-1]).astype(int),
        per_request=rows["tokens"] / rows["requests"],
    )
    return found.assign(matched=found.groupby("app_id")["day"].transform("nunique") == 2).reset_index(drop=True)


def growth(listed: pd.DataFrame) -> pd.DataFrame:
    """Split the growth of tokens by kind into more requests and longer ones, exactly.

    With requests ``R`` and tokens a request ``q``, the change of ``R q`` is ``mean(q) dR + mean(R) dq``; worked out for
    each application and summed where the same are on both lists, for the list as one where they are not.

    Parameters
    ----------
    listed : pandas.DataFrame
        As :func:`ends` gives them.

    Returns
    -------
    pandas.DataFrame
        ``scope`` (:data:`MATCHED` or :data:`LISTED`), ``kind`` and ``all``, ``apps``, ``tokens_0``, ``tokens_1``,
        ``requests_0``, ``requests_1``, ``per_request_0``, ``per_request_1``, and of the growth of tokens (ratio)
        ``by_requests`` and ``by_length``.
    """
    rows = []
    for scope, part in ((MATCHED, listed[listed["matched"]]), (LISTED, listed)):
        for kind, own in [*part.groupby("kind"), ("all", part)]:
            sums = own.groupby("day")[["tokens", "requests"]].sum()
            if len(sums) < 2:
                continue
            tokens, requests = sums["tokens"], sums["requests"]
            each = tokens / requests
            row = {"scope": scope, "kind": kind, "apps": own["app_id"].nunique()}
            for day in (0, 1):
                row |= {f"tokens_{day}": tokens[day], f"requests_{day}": requests[day], f"per_request_{day}": each[day]}
            by_requests, by_length = _split(own, "app_id" if scope == MATCHED else "platform")
            rows.append(row | {"by_requests": by_requests / tokens[0], "by_length": by_length / tokens[0]})
    return pd.DataFrame(rows)


def _split(rows: pd.DataFrame, by: str) -> tuple[float, float]:
    """Return what more requests and longer ones added, each worked out by ``by`` and summed."""
    wide = rows.pivot_table(["tokens", "requests"], by, "day", aggfunc="sum")
    requests, each = wide["requests"], wide["tokens"] / wide["requests"]
    more, longer = requests[1] - requests[0], each[1] - each[0]
    return float((each.mean(axis=1) * more).sum()), float((requests.mean(axis=1) * longer).sum())
