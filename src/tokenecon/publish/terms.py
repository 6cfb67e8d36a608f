"""Terms that a reader may not know, from ``report/terms.yml``: explained where met, and listed in the appendix."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import yaml

from tokenecon.markup import escaped
from tokenecon.publish.errors import PublishError
from tokenecon.publish.markdown import pipe_table

TERMS = "terms.yml"


@dataclass(frozen=True)
class Term:
    """A term, other forms in which it is written, and what it means."""

    name: str
    also: tuple[str, ...]
    says: str

    @property
    def forms(self) -> tuple[str, ...]:
        """How it is written."""
        return (self.name, *self.also)

    def is_in(self, text: str) -> bool:
        """Whether a text has the term, in any form."""
        found = "|".join(re.escape(form) for form in self.forms)
        return re.search(rf"(?<!\w)(?:{found})(?!\w)", text, re.I) is not None


def read_terms(report: Path) -> list[Term]:
    """Read the terms, in the order of their names; none where there is no file of them.

    Raises
    ------
    PublishError
        If the file is not a list of terms.
    """
    file = report / TERMS
    if not file.is_file():
        return []
    try:
        listed = yaml.safe_load(file.read_text(encoding="utf-8")) or []
        terms = [Term(one["term"], tuple(one.get("also", ())), " ".join(one["says"].split())) for one in listed]
    except (yaml.YAMLError, KeyError, TypeError, AttributeError) as error:
        raise PublishError(f"report/{TERMS}: not a list of `term`, `also`, `says`: {error}") from None
    return sorted(terms, key=lambda term: term.name.lower())


def terms_page(terms: Iterable[Term]) -> str:
    """Return Markdown that lists the terms."""
    rows = [(f"**{escaped(term.name)}**", escaped(term.says)) for term in terms]
    if not rows:
        return ""
    caption = "Terms of this report. Source: `report/terms.yml`."
    return pipe_table({"Term": 28, "Meaning": 72}, rows, caption, "tbl-terms") + "\n"
