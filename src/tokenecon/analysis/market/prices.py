"""List prices: what a model cost on a day, and how a vendor's prices climbed.

Frames of prices have one row a span in which a list showed a price, as ``Catalog.list_prices`` gives them:
``model_id``, ``entity_id`` (maker), ``market``, ``currency``, ``endpoint`` and ``name`` (which list, under which
name), ``input`` and ``output`` (money per million tokens), ``effective_from``, ``effective_to``, ``published_on``,
``dating``. Where a list does not know the first day of a span, the day on which it was seen stands for it.
"""

from __future__ import annotations

import datetime as dt

import pandas as pd

BLEND = 3
"""Input tokens for each output token in a blended price: a convention, not a measured mix."""

ABROAD = "USD"
"""Currency of every international list; domestic ones bill in their country's."""

# A page says when a price changed; a collection's first entry says only when somebody wrote it down.
_DATED_BY_VENDOR = ("page", "stated")
_KEY = ["model_id", "market"]


def blended(frame: pd.DataFrame, ratio: float = BLEND) -> pd.DataFrame:
    """Add the price of a million tokens of a mix of input and output.

    Parameters
    ----------
    frame : pandas.DataFrame
        Rows with ``input`` and ``output``.
    ratio : float
        Input tokens for each output token.

    Returns
    -------
    pandas.DataFrame
        The same rows with ``blended``, in their own currency; NaN where a price is missing.

    Raises
    ------
    ValueError
        If the ratio is negative.
    """
    if ratio < 0:
        raise ValueError(f"{ratio} input tokens for an output token: the ratio must not be negative")
    return frame.assign(blended=(ratio * frame["input"] + frame["output"]) / (ratio + 1))


def currencies(frame: pd.DataFrame) -> dict[str, str]:
    """Return the currency of each market: dollars abroad, at home what most rows that are not in dollars bill in."""
    home = frame.loc[frame["market"].eq("domestic") & frame["currency"].ne(ABROAD), "currency"]
    return {"international": ABROAD, "domestic": next(iter(home.mode()), "")}


def steps(frame: pd.DataFrame) -> pd.DataFrame:
    """Join the lists that sell a model into one history: its first price, then every change.

    Several lists show one model, each some time after its vendor. The first appearance in a further list is no
    change of price; a change within a list is one, and so is a day that the vendor's own page names. A span without a
    first day that had ended when it was first seen cannot be placed, and is left out.

    Parameters
    ----------
    frame : pandas.DataFrame
        Prices (module docstring), exclusions already left out.

    Returns
    -------
    pandas.DataFrame
        Rows of ``frame`` at which the price of a model on a market changed, by model, market and day;
        ``effective_from`` is filled in, and ``effective_to`` is the day of the next change (NaT for the last).

    Raises
    ------
    ValueError
        If a row is not in the currency of its market.
    """
    wrong = frame[frame["currency"] != frame["market"].map(currencies(frame))]
    if len(wrong):
        row = wrong.iloc[0]
        raise ValueError(
            f"{row['model_id']} ({row['endpoint']}) is priced in {row['currency']} on the {row['market']} market; "
            "take Catalog.list_prices(), which leaves such rows out"
        )
    seen = frame[frame["effective_from"].notna() | ~(frame["effective_to"] <= frame["published_on"])]
    dated = seen.assign(effective_from=_begin(seen), echo=~seen["dating"].isin(_DATED_BY_VENDOR))
    # Of tiers that begin on one day the lowest comes first, and is kept.
    order = [*_KEY, "effective_from", "echo", "input", "output"]
    dated = dated.sort_values(order, kind="stable", ignore_index=True)
    found = dated.loc[_changes(dated)].drop(columns="echo").reset_index(drop=True)
    return found.assign(effective_to=found.groupby(_KEY)["effective_from"].shift(-1))


def price_on(frame: pd.DataFrame, day: dt.date | str) -> pd.DataFrame:
    """Return what each model cost on a day.

    Parameters
    ----------
    frame : pandas.DataFrame
        Prices (module docstring), exclusions already left out.
    day : date or str
        The day.

    Returns
    -------
    pandas.DataFrame
        One row a model and market that some list showed on the day, as :func:`steps` gives them.

    Raises
    ------
    ValueError
        If a row is not in the currency of its market.
    """
    day = pd.Timestamp(day)
    begun = frame[_begin(frame) <= day]
    listed = begun[begun["effective_to"].isna() | (begun["effective_to"] > day)]
    last = steps(begun).drop_duplicates(_KEY, keep="last")
    return last.merge(listed[_KEY].drop_duplicates(), on=_KEY, validate="one_to_one")


def ladder(frame: pd.DataFrame, vendor: str, ratio: float = BLEND) -> pd.DataFrame:
    """Return the history of a vendor's blended list prices, model by model.

    Parameters
    ----------
    frame : pandas.DataFrame
        Prices (module docstring), exclusions already left out.
    vendor : str
        ``entity_id`` of the maker.
    ratio : float
        Input tokens for each output token.

    Returns
    -------
    pandas.DataFrame
        Changes of price as :func:`steps` gives them, with ``blended``: in the market's currency
        (:func:`currencies`); by market, day and model.

    Raises
    ------
    KeyError
        If no row is of the vendor.
    ValueError
        If a row is not in the currency of its market.
    """
    own = frame[frame["entity_id"] == vendor]
    if own.empty:
        raise KeyError(f"no list price of '{vendor}'")
    return blended(steps(own), ratio).sort_values(["market", "effective_from", "model_id"], ignore_index=True)


def _begin(frame: pd.DataFrame) -> pd.Series:
    return frame["effective_from"].fillna(frame["published_on"])


def _changes(frame: pd.DataFrame) -> list[int]:
    """Return the labels of changes, rows being in order of model, market and day."""
    kept: list[int] = []
    model, stands, day, seen = None, None, None, {}
    for row in frame.itertuples():
        if model != (row.model_id, row.market):
            model, stands, day, seen = (row.model_id, row.market), None, None, {}
        price, place = (row.input, row.output), (row.endpoint, row.name)
        is_change = seen.get(place, row.effective_from) != row.effective_from
        if price != stands and (stands is None or is_change or not row.echo) and day != row.effective_from:
            kept.append(row.Index)
            stands, day = price, row.effective_from
        seen[place] = row.effective_from
    return kept
