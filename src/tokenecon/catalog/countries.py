"""The pair of countries that an edition sets side by side: names, adjective and marks, from rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from tokenecon.shown import Word

LOOKS = (("#b8443c", "s"), ("#2f6db3", "o"))
"""Colour and mark of the country in question, and of the other, where their rows give none."""

MOST = len(LOOKS)


@dataclass(frozen=True)
class Country:
    """A country as sentences and charts name it.

    Parameters
    ----------
    code
        ISO 3166 code, as the rows of its companies have it.
    id
        Key of its market in all tables.
    name, short
        Full name, and the one for narrow places.
    adjective
        What its models and vendors are called.
    colour, marker
        Its colour and mark in every chart.
    """

    code: str
    id: str
    name: Word
    short: Word
    adjective: Word
    colour: str
    marker: str


def countries(entities: pd.DataFrame, codes: Sequence[str]) -> tuple[Country, ...]:
    """Return countries by code, in order.

    Parameters
    ----------
    entities
        The table of entities.
    codes
        Which: of the country in question, then of the one that it is set against.

    Raises
    ------
    KeyError
        For a code without a market.
    """
    rows = entities[entities["kind"] == "market"].drop_duplicates("country").set_index("country")
    return tuple(_country(code, rows.loc[code], *look) for code, look in zip(codes, LOOKS, strict=False))


def _country(code: str, row: pd.Series, colour: str, marker: str) -> Country:
    name = row["name"]
    short, adjective = Word(row["short_name"] or name), Word(row["adjective"] or name)
    return Country(
        code, row["entity_id"], Word(name), short, adjective, row["colour"] or colour, row["marker"] or marker
    )
