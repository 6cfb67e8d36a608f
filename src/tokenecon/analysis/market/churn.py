"""How settled positions are: who enters and leaves the head of the list, how shares move, how long a place lasts.

A *list* is a frame with one row a model and week: ``week`` (last day), ``window`` (a stretch of weeks without a gap),
``model`` (its id, or the name it is listed under), ``entity_id``, ``tokens`` and ``rank``. Lists of weeks hold the nine
or ten largest models; weeks made of days are cut to as many, so that both compare.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from tokenecon.analysis.estimators import Estimate, median_duration, survival

HEAD = 9
"""Places that every weekly list holds."""

YOUNG_DAYS = 60
"""A model is young for so many days after its release."""

STAY, LEAD = "stay among nine, one week out ends it", "above half of the peak, leader at three"
"""The rules for the length of a stay in the head, and of a lead, that the text goes by."""

GAP_DAYS = 10
"""Weeks further apart than this do not follow one another."""


def weekly(token_models: pd.DataFrame, head: int = HEAD) -> pd.DataFrame:
    """Return the head of the list week by week: weeks as listed, and full calendar weeks made of days.

    Parameters
    ----------
    token_models : pandas.DataFrame
        ``Catalog.token_models``. Variants of one model are added up; a model under a cover name stands for itself.
    head : int
        Places to keep.

    Returns
    -------
    pandas.DataFrame
        A list (module docstring), with ``source`` (``weeks`` or ``days``), by week and rank.
    """
    named = whole_lists(token_models[token_models["name"] != "other"])
    named = named.assign(model=named["model_id"].where(named["model_id"] != "", named["name"]))
    listed = named[named["frequency"] == "week"].assign(week=lambda rows: rows["period_end"], source="weeks")
    days = named[named["frequency"] == "day"]
    days = days.assign(week=days["period_end"] + pd.to_timedelta(6 - days["period_end"].dt.day_of_week, "D"))
    full = days.groupby("week")["period_end"].transform("nunique") == 7
    rows = pd.concat([listed, days[full].assign(source="days")])
    tokens = rows.groupby(["source", "week", "model", "entity_id"], as_index=False)["tokens"].sum()
    tokens = ranked(tokens, head)
    weeks = pd.Series(sorted(tokens["week"].unique()))
    windows = (weeks.diff() > pd.Timedelta(days=GAP_DAYS)).cumsum()
    return tokens.assign(window=tokens["week"].map(dict(zip(weeks, windows, strict=True))))


def whole_lists(token_models: pd.DataFrame, least: int = HEAD) -> pd.DataFrame:
    """Leave out weekly lists that name fewer models than every list must, since they are no head of the market."""
    weekly_rows = token_models["frequency"] == "week"
    named = (token_models["name"] != "other").groupby([token_models["frequency"], token_models["period_end"]])
    return token_models[~weekly_rows | (named.transform("sum") >= least)]


def ranked(tokens: pd.DataFrame, head: int) -> pd.DataFrame:
    """Return the ``head`` largest of each week with their ``rank`` and their ``share`` of the head."""
    ordered = tokens.sort_values(["week", "tokens", "model"], ascending=[True, False, True])
    ordered = ordered.assign(rank=ordered.groupby("week").cumcount() + 1)
    kept = ordered[ordered["rank"] <= head]
    return kept.assign(share=kept["tokens"] / kept.groupby("week")["tokens"].transform("sum")).reset_index(drop=True)


def turnover(lists: pd.DataFrame) -> pd.DataFrame:
    """Return what changed from each week to the next.

    Returns
    -------
    pandas.DataFrame
        A row a week that follows another without a gap: ``week``, ``window``, ``entered`` (models new to the head),
        ``places`` (in the head), ``moved`` (half the sum of absolute changes of shares of the head: the instability
        index of Hymer and Pashigian, 1962), ``vendors_moved`` (the same by vendor), ``rank_correlation`` (Kendall's
        tau among those in both weeks; NaN for fewer than three) and ``new_leader``.
    """
    rows = []
    for window, part in lists.groupby("window"):
        wide = part.pivot_table("share", "model", "week", fill_value=0.0)
        vendors = part.pivot_table("share", "entity_id", "week", aggfunc="sum", fill_value=0.0)
        for before, after in zip(wide.columns[:-1], wide.columns[1:], strict=True):
            one, two = wide[before], wide[after]
            both = (one > 0) & (two > 0)
            rows.append(
                {
                    "week": after,
                    "window": window,
                    "entered": int(((one == 0) & (two > 0)).sum()),
                    "places": int((two > 0).sum()),
                    "moved": float((two - one).abs().sum() / 2),
                    "vendors_moved": float((vendors[after] - vendors[before]).abs().sum() / 2),
                    "rank_correlation": one[both].corr(two[both], method="kendall") if both.sum() > 2 else np.nan,
                    "new_leader": one.idxmax() != two.idxmax(),
                }
            )
    return pd.DataFrame(rows)


def spells(lists: pd.DataFrame, absent: int = 1, first_weeks: bool = False) -> pd.DataFrame:
    """Return stays in the head: from the week of entry to the week of leaving.

    Parameters
    ----------
    lists : pandas.DataFrame
        A list (module docstring).
    absent : int
        Weeks out of the head that end a stay; a shorter absence is bridged.
    first_weeks : bool
        Whether to keep stays that were under way in the first week of a window, whose beginning is not seen; their
        length then counts from that week.

    Returns
    -------
    pandas.DataFrame
        ``model``, ``entity_id``, ``window``, ``entered`` (week), ``days`` and ``ended`` (false where the window ends
        first: censored). A stay seen in one week only lasts a week.
    """
    rows = []
    for window, part in lists.groupby("window"):
        weeks = np.sort(part["week"].unique())
        place = {week: number for number, week in enumerate(weeks)}
        for (model, entity), own in part.groupby(["model", "entity_id"]):
            at = np.sort(own["week"].map(place).to_numpy())
            for stay in np.split(at, np.flatnonzero(np.diff(at) > absent) + 1):
                if stay[0] == 0 and not first_weeks:
                    continue
                rows.append(
                    {
                        "model": model,
                        "entity_id": entity,
                        "window": window,
                        "entered": weeks[stay[0]],
                        "days": 7 * (stay[-1] - stay[0] + 1),
                        "ended": stay[-1] + absent < len(weeks),
                    }
                )
    return pd.DataFrame(rows, columns=["model", "entity_id", "window", "entered", "days", "ended"])


def decays(lists: pd.DataFrame, top: int = 3, part: float = 0.5) -> pd.DataFrame:
    """Return how long a leading model kept half of its greatest share of the head.

    Parameters
    ----------
    lists : pandas.DataFrame
        A list (module docstring).
    top : int
        A model leads if it stood at this rank or better in some week.
    part : float
        Part of the greatest share that counts as lost half.

    Returns
    -------
    pandas.DataFrame
        ``model``, ``entity_id``, ``window``, ``peak`` (share), ``peaked_on``, ``days`` to the first week below that
        part, and ``ended``. A model that has left the head holds less than its last place did; where that is not below
        half of the peak the stay is censored at its last week in the head, as it is where the window ends.
    """
    rows = []
    for window, own_window in lists.groupby("window"):
        weeks = np.sort(own_window["week"].unique())
        floor = own_window.groupby("week")["share"].min()
        wide = own_window.pivot_table("share", ["model", "entity_id"], "week")
        leading = own_window.loc[own_window["rank"] <= top, "model"].unique()
        for model, entity in wide.index[wide.index.get_level_values(0).isin(leading)]:
            own = wide.loc[(model, entity)].reindex(weeks)
            peak, peaked_on = own.max(), own.idxmax()
            days, ended = 0, False
            for week in weeks[weeks > peaked_on]:
                seen = own[week]
                known = seen if seen == seen else floor[week]
                if seen != seen and known >= part * peak:
                    break
                days = (week - peaked_on).days
                if known < part * peak:
                    ended = True
                    break
            if days:
                rows.append((model, entity, window, peak, peaked_on, days, ended))
    return pd.DataFrame(rows, columns=["model", "entity_id", "window", "peak", "peaked_on", "days", "ended"])


def lifetime(stays: pd.DataFrame) -> tuple[pd.DataFrame, Estimate]:
    """Return the survival curve of ``days`` and ``ended``, and its median (:func:`estimators.survival`)."""
    return survival(stays["days"], stays["ended"])


def lifetime_by_vendor(stays: pd.DataFrame) -> Estimate:
    """Return the median of :func:`lifetime` with the interval of the bootstrap that draws whole vendors."""
    return median_duration(stays["days"], stays["ended"], stays["entity_id"])


def leaders(lists: pd.DataFrame) -> pd.DataFrame:
    """Return who led each week: ``model`` and its ``maker``, ``vendor`` by the sum of its models, ``changed``.

    ``changed`` says whether the vendor is another than the week before; missing in the first week of a window.
    """
    first = lists[lists["rank"] == 1].set_index("week").sort_index()
    vendor = lists.pivot_table("share", "week", "entity_id", aggfunc="sum", fill_value=0.0).idxmax(axis=1)
    window = first["window"]
    changed = (vendor != vendor.shift()).where(window == window.shift())
    return pd.DataFrame(
        {"model": first["model"], "maker": first["entity_id"], "vendor": vendor, "changed": changed}
    ).reset_index()


def stretches(rows: pd.DataFrame, by: str, days: int = 14) -> pd.DataFrame:
    """Number in ``stretch`` the parts of each series over ``on`` that are no more than ``days`` apart, in its order."""
    ordered = rows.sort_values("on", kind="stable")
    apart = ordered.groupby(by)["on"].diff() > pd.Timedelta(days=days)
    return rows.assign(stretch=apart.astype(int).groupby(ordered[by]).cumsum())


def between_surveys(operating: pd.DataFrame) -> pd.DataFrame:
    """Return each vendor's first and last share in use by the firms of a survey: ``first``, ``last``, ``years``.

    A row a vendor (``entity_id``), with ``since`` and ``until``, and ``change`` (points of share).
    """
    used = operating[operating["metric"] == "enterprise_usage_share"].sort_values("period_end")
    ends = used.groupby("entity_id").agg(
        first=("value", "first"), last=("value", "last"), since=("period_end", "first"), until=("period_end", "last")
    )
    years = (ends["until"] - ends["since"]).dt.days / 365.25
    return ends.assign(years=years, change=ends["last"] - ends["first"]).reset_index()


def young_share(tokens: pd.DataFrame, models: pd.DataFrame, days: int = YOUNG_DAYS) -> pd.DataFrame:
    """Return the share of tokens on young models, period by period.

    Parameters
    ----------
    tokens : pandas.DataFrame
        ``week`` (the last day), ``model`` and ``tokens``.
    models : pandas.DataFrame
        ``model_id``, ``released_on``.
    days : int
        Age below which a model is young.

    Returns
    -------
    pandas.DataFrame
        ``week``, ``young`` (share of the tokens of models whose release is known), ``dated`` (their share of all
        tokens listed), ``low`` and ``high`` (bounds of the share of all, undated models being old or young).
    """
    released = models.set_index("model_id")["released_on"]
    age = (tokens["week"] - tokens["model"].map(released)).dt.days
    parts = tokens.assign(
        dated=tokens["tokens"].where(age.notna(), 0.0), young=tokens["tokens"].where(age.lt(days), 0.0)
    )
    sums = parts.groupby("week")[["tokens", "dated", "young"]].sum().reset_index()
    known = sums["young"] / sums["tokens"]
    return pd.DataFrame(
        {
            "week": sums["week"],
            "young": sums["young"] / sums["dated"],
            "dated": sums["dated"] / sums["tokens"],
            "low": known,
            "high": known + 1 - sums["dated"] / sums["tokens"],
        }
    )


def grown(tokens: pd.DataFrame, span: int = 28) -> pd.DataFrame:
    """Return by what multiple the daily tokens of each vendor moved from the first to the last days known.

    Parameters
    ----------
    tokens : pandas.DataFrame
        ``day``, ``entity_id``, ``tokens`` of the models that each day's list names.
    span : int
        Days at either end over which tokens a day are averaged, those known.

    Returns
    -------
    pandas.DataFrame
        A row a vendor of the first days: ``entity_id`` and ``times``. A vendor that the last days no longer name holds
        less than the least that they name; where that is no less than it had, ``times`` is NaN, else zero.
    """
    day, reach = tokens["day"], pd.Timedelta(days=span)
    ends = tokens[day < day.min() + reach], tokens[day > day.max() - reach]
    first, last = (part.groupby("entity_id")["tokens"].sum() / part["day"].nunique() for part in ends)
    least = ends[1].groupby("day")["tokens"].min().max()
    now = last.reindex(first.index)
    return (now.mask(now.isna() & (first > least), 0.0) / first).rename("times").reset_index()


def daily(token_models: pd.DataFrame) -> pd.DataFrame:
    """Return tokens by model and day, with ``week`` naming the day: every model of the daily list but ``other``."""
    rows = token_models[(token_models["frequency"] == "day") & (token_models["name"] != "other")]
    rows = rows.assign(week=rows["period_end"], model=rows["model_id"].where(rows["model_id"] != "", rows["name"]))
    return rows.groupby(["week", "model", "entity_id"], as_index=False)["tokens"].sum()
