"""What a name tells: the model, the day in it, and whether it moves from model to model."""

from __future__ import annotations

import calendar
import re
from datetime import date
from functools import lru_cache

from tokenecon.catalog.market import MOVING

_DATED = re.compile(r"-(20\d{2})(\d{2})(\d{2})$")
_DASHED = re.compile(r"-(20\d{2})-(\d{2})-(\d{2})$")
FIRST = date(2017, 1, 1)
"""No model that is sold was released before; an earlier day stands for none."""
_IDLE = ("instruct", "it")
"""Words that stores of weights add to a name."""


@lru_cache(2**16)
def slug(name: str) -> str:
    """Return a name as an id: small letters, digits and dashes, without what stands before a slash."""
    return re.sub(r"[^a-z0-9]+", "-", name.rpartition("/")[2].lower()).strip("-")


def undated(name: str) -> str:
    """Return an id without the day at its end; one with dashes is a part of the name on lists."""
    return _DATED.sub("", name)


def bare(name: str) -> str:
    """Return a name of the router without its variant and its day."""
    return _DASHED.sub("", undated(name.partition(":")[0]))


def is_moving(name: str) -> bool:
    """Whether a name points now to one model and now to another, so that its price is none of theirs."""
    return bool(re.search(MOVING, slug(name)))


def family(model_id: str) -> str:
    """Return the letters that an id begins with."""
    return re.split("[^a-z]", model_id, maxsplit=1)[0]


def alike(model_id: str, maker: str) -> tuple[str, ...]:
    """Return what two spellings of one model of a maker share: its words in any order, and its figures in theirs."""
    parts = [part for part in model_id.split("-") if part not in (maker, *_IDLE)]
    if any(re.fullmatch(r"\d{4}", part) for part in parts):
        parts = [part for part in parts if part != "preview"]  # A day says which preview.
    words = sorted(part for part in parts if part.isalpha())
    return (*words, *(part for part in parts if not part.isalpha()))


def day_in(name: str, look: date) -> str:
    """Return the day at the end of a name, if it is one and does not lie ahead."""
    found = _DATED.search(name) or _DASHED.search(name)
    return release("-".join(found.groups()), look)[0] if found else ""


def release(text: str, look: date) -> tuple[str, str]:
    """Read a day of release, of a month its last day, with a note; one that is none, or lies ahead, is left out."""
    try:
        if re.fullmatch(r"\d{4}-\d{2}", text):
            year, month = map(int, text.split("-"))
            day, note = date(year, month, calendar.monthrange(year, month)[1]), "released some time in the month"
        else:
            day, note = date.fromisoformat(text), ""
    except ValueError:
        return "", ""
    if day < FIRST:
        return "", ""
    return (day.isoformat(), note) if day <= look else ("", f"announced for {day}")
