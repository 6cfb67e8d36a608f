"""Models and the names they bear: whose model a name means, and what is known of a new one."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from tokenecon.refresh.connectors import Offer
from tokenecon.refresh.merge import names
from tokenecon.refresh.merge.base import Base, Made, View
from tokenecon.refresh.tables import Row

_ID = re.compile(r"(?=.*[a-z])[a-z0-9][a-z0-9-]*")
OWN_LIST, OTHER_LIST, ROUTER = 0, 1, 2
"""How far to believe what a list tells of a model: the maker's, another one, the router's first sight."""
BELIEF = {"maker": OWN_LIST, "author": ROUTER}


@dataclass(frozen=True)
class Match:
    """The model that a name means: its id, its maker, and whether it has no row yet. A skipped one has no id."""

    model_id: str
    maker: str
    new: bool = False


class Models:
    """Models and aliases known by now.

    Parameters
    ----------
    base
        Rows of people.
    lists
        Declared rows of lists.csv, by collection and name.
    made
        Where new rows go.
    """

    def __init__(self, base: Base, lists: dict[tuple[str, str], Row], made: Made):
        self.lists, self.made = lists, made
        self.rows: dict[str, Row] = {}
        self.aliases = dict(base.aliases)
        self._makers: dict[str, set[str]] = {}
        self._alike: dict[tuple[str, ...], set[str]] = {}
        self.told: dict[str, dict[str, dict[str, int]]] = {}
        self.orgs: dict[str, str] = {}
        for row in base.models.values():
            self._know(row)
        # Names that one maker uses for one model, on its own lists and on the router.
        self.named = {
            (self.rows[rows[-1]["model_id"]]["entity_id"], name): rows[-1]["model_id"]
            for (_, name), rows in base.prices.items()
            if rows[-1]["first_party"] == "true" and rows[-1]["model_id"] in self.rows
        }
        self.aliased = {names.bare(name): row["model_id"] for name, row in self.aliases.items()}

    def _know(self, row: Row) -> None:
        self.rows[row["model_id"]] = row
        self._makers.setdefault(names.family(row["model_id"]), set()).add(row["entity_id"])
        key = (row["entity_id"], *names.alike(row["model_id"], row["entity_id"]))
        self._alike.setdefault(key, set()).add(row["model_id"])

    # What lists tell ------------------------------------------------------------------------------------------------

    def learn(self, views: list[View]) -> None:
        """Note what any list of a run, followed or not, tells of models: first days, weights, whose name it is."""
        self.told = {}
        for view in views:
            for offer in view.of(Offer):
                listed = self.lists.get((view.connector.collection, offer.list_name), {})
                belief, maker = BELIEF.get(listed.get("role", ""), OTHER_LIST), ""
                if belief == ROUTER:
                    maker = listed["entity_id"]
                    self.orgs |= {other.partition("/")[0].lower(): maker for other in offer.also}
                for name in _spellings([offer.name.partition(":")[0], *offer.also]):
                    self._note(name, belief, released=offer.released, weights=offer.weights, maker=maker)

    def _note(self, model_id: str, belief: int, **told: str) -> None:
        for what, value in told.items():
            if value:
                votes = self.told.setdefault(model_id, {}).setdefault(what, {})
                votes[f"{belief} {value}"] = votes.get(f"{belief} {value}", 0) + 1

    def _tell(self, what: str, ids: list[str]) -> tuple[int, str]:
        """Return how far to believe it, and what most lists of that kind tell; of equally many the earlier day."""
        votes: dict[str, int] = {}
        for name in ids:
            for said, count in self.told.get(name, {}).get(what, {}).items():
                votes[said] = votes.get(said, 0) + count
        if not votes:
            return ROUTER + 1, ""
        belief, _, value = min(votes, key=lambda said: (said[0], -votes[said], said)).partition(" ")
        return int(belief), value

    # Whose model ----------------------------------------------------------------------------------------------------

    def match(self, offer: Offer, listed: Row, known: str) -> Match:
        """Return the model that an offer means.

        Parameters
        ----------
        offer
            An entry of a list.
        listed
            The row of lists.csv for the list.
        known
            Model of the span before, if the name had one.

        Raises
        ------
        LookupError
            If the name does not tell; with the reason.
        """
        own, role = listed["entity_id"], listed["role"]
        name = offer.name.partition(":")[0] if role == "author" else offer.name
        also = [other for other in offer.also if not names.is_moving(other)]
        if names.is_moving(name):  # It is what the list says it points to, or else a model of its own.
            said = also or [name]
        else:
            known = known or self.named.get((own, name.rpartition("/")[2]), "")
            known = known or (self.aliased.get(names.bare(offer.name), "") if role == "author" else "")
            said = [*also, name]
        known = ("" if names.is_moving(name) else known) or self._find(said, own, role == "author")
        maker = self.rows[known]["entity_id"] if known else self._whose(said, own, role)
        if known or (role == "host_own" and maker != own):
            # Of the lists of some hosts nothing of other makers is taken.
            return Match("" if role == "host_own" and maker != own else known, maker)
        model_id = names.undated(names.slug(said[-1]))
        if not maker or not said[-1].isascii() or not _ID.fullmatch(model_id):
            raise LookupError("is an unknown model, and its name does not tell the maker")
        if model_id in self.rows:
            raise LookupError(f"is the name of a model of {self.rows[model_id]['entity_id']}")
        return Match(model_id, maker, new=True)

    def _find(self, said: list[str], own: str, alone: bool) -> str:
        """Return a known model by its id, or by another spelling of it; `alone`, if only the owner's will do."""
        spellings = _spellings(said)
        for name in spellings:
            if name in self.rows and (not alone or self.rows[name]["entity_id"] == own):
                return name
        for maker in [own] if alone else [own, *sorted(set().union(*self._makers_of(spellings[-1])) - {own})]:
            keys = {(maker, *names.alike(name, maker)) for name in spellings}
            found = {model_id for key in keys for model_id in self._alike.get(key, ())}
            if len(found) == 1 and not names.is_moving(min(found)):
                return found.pop()
        return ""

    def _whose(self, said: list[str], own: str, role: str) -> str:
        """Return the maker of a model nobody knows yet; empty if its names do not tell."""
        if role == "author":
            return own
        told = self._tell("maker", _spellings(said))[1] or next(
            (self.orgs[org] for org in (name.partition("/")[0].lower() for name in said if "/" in name)
             if org in self.orgs), ""
        )  # fmt: skip
        if told:
            return told
        words = re.split("[^a-z]+", said[-1].rpartition("/")[2].lower())
        known = set().union(*self._makers.values())
        named = [word for word in words if word in known]
        if named:
            return named[0]
        by_word = self._makers_of(_spellings(said)[-1])
        if any(own in makers for makers in by_word):
            return own
        if not by_word:
            return own if role == "maker" else ""
        return min(by_word[0]) if len(by_word[0]) == 1 else ""

    def _makers_of(self, model_id: str) -> list[set[str]]:
        """Return the makers whose models begin with a word of an id, by word."""
        words = [word for word in re.findall("[a-z]+", model_id) if len(word) > 2]
        return [self._makers[word] for word in words if word in self._makers]

    # New rows -------------------------------------------------------------------------------------------------------

    def add(self, view: View, match: Match, title: str, also: tuple[str, ...] = ()) -> None:
        """Give a new model its row, with what the lists tell of it."""
        ids = _spellings([*also, match.model_id])
        (belief, text), day = self._tell("released", ids), view.look.day
        dated = next(filter(None, (names.day_in(names.slug(name), day) for name in (match.model_id, *also))), "")
        released, note = names.release(text, day)
        if dated and belief >= ROUTER:
            released, note = dated, "the day in its name"
        elif released and belief == ROUTER:
            note = "first seen on OpenRouter"
        title = " ".join(title.split())
        row = {
            "model_id": match.model_id,
            "name": title if title and title.isprintable() and title[:1] not in tuple("=+-@") else match.model_id,
            "entity_id": match.maker,
            "released_on": released,
            "weights": self._tell("weights", ids)[1],
            "note": note,
        }
        self._know(row)
        self.made["models"].append((row, view.look.source))

    def alias(self, view: View, name: str, followed: bool) -> None:
        """Give a name of the router its row, and its model one if that is new too."""
        if name in self.aliases:
            return
        author, _, rest = name.partition("/")
        listed, (bare, _, variant) = self.lists.get(("openrouter", author), {}), rest.partition(":")
        row = {"platform": "openrouter", "name": name, "entity_id": "", "model_id": "", "free": "false", "note": ""}
        row["free"] = str(variant == "free").lower()
        if followed and listed.get("role") == "author":
            row["entity_id"] = listed["entity_id"]
            row["model_id"] = self._counted(view, bare, row["entity_id"])
        else:
            row["note"] = (
                "the maker is not named" if listed.get("role") == "cover" else "an author that is not followed"
            )
        self.aliases[name] = row
        self.made["model_aliases"].append((row, view.look.source))

    def _counted(self, view: View, name: str, maker: str) -> str:
        # On a list a dated name is another offer, here it is the same model.
        found, model_id = self._find([name, names.bare(name)], maker, alone=True), names.slug(names.bare(name))
        if not found and model_id not in self.rows and _ID.fullmatch(model_id):
            found = model_id
            self.add(view, Match(found, maker, new=True), found, (name,))
        return found

    # Between runs ---------------------------------------------------------------------------------------------------

    def dump(self) -> dict[str, Any]:
        """Return what is known beyond the rows of people."""
        return {"told": self.told, "orgs": self.orgs}

    def load(self, kept: dict[str, Any], rows: list[Row], aliases: list[Row]) -> None:
        """Take up what :meth:`dump` returned, and the rows that were made."""
        self.told, self.orgs = kept["told"], kept["orgs"]
        for row in rows:
            self._know(row)
        self.aliases |= {row["name"]: row for row in aliases}


def _spellings(said: Iterable[str]) -> list[str]:
    """Return the ids that names give, with and without the day at their end."""
    slugs = [names.slug(name) for name in said]
    return list(dict.fromkeys([*slugs, *map(names.undated, slugs)]))
