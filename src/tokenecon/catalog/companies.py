"""The companies that an edition sets side by side: names, marks and currency, from their rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from tokenecon.shown import bundle, escaped

GREY = "#5b6470"


@dataclass(frozen=True)
class Company:
    """A company as sentences and charts name it.

    Parameters
    ----------
    id
        Its key in all tables.
    name, long_name
        Short name, and the full one.
    country
        Its seat, an ISO 3166 code.
    currency
        Of its accounts; empty where it files none.
    colour, marker
        Its colour and mark in every chart.
    model_line
        Regular expression of the ids of its main line of models; empty where none is declared.
    """

    id: str
    name: str
    long_name: str
    country: str
    currency: str = ""
    colour: str = GREY
    marker: str = "o"
    model_line: str = ""

    def __str__(self) -> str:
        """Return the short name."""
        return self.name

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple:
        return bundle(escaped(self.name), fact={"value": self.name, "unit": "text", "text": escaped(self.name)})


def named_on(entities: pd.DataFrame, day: pd.Timestamp) -> pd.DataFrame:
    """Return the table of entities with the names that held on a day: before it was renamed, an entity's former one."""
    before = entities["renamed_on"] > day
    former = entities["former_name"]
    return entities.assign(
        name=entities["name"].where(~before, former), short_name=entities["short_name"].where(~before, "")
    )


def companies(entities: pd.DataFrame, ids: list[str]) -> tuple[Company, ...]:
    """Return companies by id, in order.

    Parameters
    ----------
    entities
        The table of entities.
    ids
        Which.

    Raises
    ------
    KeyError
        For an id without a row.
    """
    rows = entities.set_index("entity_id")
    return tuple(_company(one, rows.loc[one]) for one in ids)


def _company(one: str, row: pd.Series) -> Company:
    return Company(
        one,
        row["short_name"] or row["name"],
        row["name"],
        row["country"],
        row["reporting_currency"],
        row["colour"] or GREY,
        row["marker"] or "o",
        row["model_line"],
    )
