"""Sentences whose every number is computed, and recorded as a fact.

``say("API revenue grew {growth:.0%}.", growth=g)`` shows Markdown in the notebook and leaves, in the metadata of
that output, what was printed: key, value, unit, text. Publishing collects these into ``facts.json``.

After the usual format specification a ``|`` and a unit may follow: ``{revenue:,.0f|CNY m}`` scales yuan to millions
and writes "724 million yuan".
"""

from __future__ import annotations

import datetime as dt
import math
import re
import string
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tokenecon.shown import minus

NOT_AVAILABLE = "[not available]"

# Citations and cross-references carry digits in their keys: [@ZP_AR25], @fig-x, {#sec-x}; so do code and maths.
_REFERENCE = re.compile(r"\[?@[\w:.-]+\]?|\{#[^}]*\}|`[^`]*`|\$[^$]*\$")


@dataclass(frozen=True)
class Unit:
    """How a number in base units is written: ``template`` around ``value / scale``; ``base`` names the base unit."""

    base: str
    scale: float
    template: str


UNITS: Mapping[str, Unit] = {
    "CNY m": Unit("CNY", 1e6, "{} million yuan"),
    "CNY bn": Unit("CNY", 1e9, "{} billion yuan"),
    "CNY k": Unit("CNY", 1e3, "{} thousand yuan"),
    "CNY": Unit("CNY", 1, "{} yuan"),
    "USD m": Unit("USD", 1e6, "{} million dollars"),
    "USD bn": Unit("USD", 1e9, "{} billion dollars"),
    "USD": Unit("USD", 1, "{} dollars"),
    "CNY/USD": Unit("CNY per USD", 1, "{} yuan per dollar"),
    "pp": Unit("ratio", 0.01, "{} percentage points"),
    "pct": Unit("ratio", 0.01, "{} percent"),
    "times": Unit("ratio", 1, "{} times"),
    "months": Unit("months", 1, "{} months"),
}


@dataclass(frozen=True)
class Fact:
    """One printed value: ``value`` in base units (``None`` where not available), its ``unit`` and its ``text``."""

    value: float | int | str | None
    unit: str
    text: str

    def as_dict(self) -> dict[str, Any]:
        """Return the record that ``facts.json`` keeps."""
        return {"value": self.value, "unit": self.unit, "text": self.text}


class Phrase(str):
    """A string that remembers the facts printed in it, as a figure's title does."""

    facts: Mapping[str, Fact]

    def __new__(cls, text: str, facts: Mapping[str, Fact] | None = None) -> Phrase:
        """Create the phrase from finished ``text`` and the ``facts`` in it."""
        self = super().__new__(cls, text)
        self.facts = dict(facts or {})
        return self


@dataclass(frozen=True)
class Prose:
    """Markdown shown as a notebook's output, with its facts in the output's metadata."""

    text: str
    facts: Mapping[str, Fact] = field(default_factory=dict)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[dict, dict]:
        return {"text/markdown": self.text, "text/plain": self.text}, facts_metadata(self.facts)


def facts_metadata(facts: Mapping[str, Fact], **more: Any) -> dict[str, Any]:
    """Return the output metadata under which publishing finds ``facts`` and whatever ``more`` an output carries."""
    found = {"facts": {key: fact.as_dict() for key, fact in facts.items()}} if facts else {}
    return {"tokenecon": found | more}


def phrase(template: str, **values: Any) -> Phrase:
    """Format ``template`` with ``values`` and keep each printed value as a fact.

    Parameters
    ----------
    template : str
        A format string with named fields only. A digit outside a field is refused: numbers are computed, not typed.
    **values
        Numbers in base units, dates, strings, or phrases, whose facts are kept as ``name.key``. Missing numbers
        (``None``, NaN) print as ``[not available]``, infinite ones as ∞; neither has a value in the record.

    Returns
    -------
    Phrase
        The text, with ``facts`` keyed by field name.

    Raises
    ------
    ValueError
        For a typed digit, a positional field, an unknown unit, or a value that is passed but not printed.
    """
    pieces: list[str] = []
    facts: dict[str, Fact] = {}
    printed: set[str] = set()
    for literal, name, spec, conversion in string.Formatter().parse(template):
        _refuse_typed_numbers(literal, template)
        pieces.append(literal)
        if name is None:
            continue
        if not name.isidentifier() or conversion:
            raise ValueError(f"field {{{name}}} in {template!r}: use plain names, as in {{growth:.0%}}")
        printed.add(name)
        value = values[name]
        if isinstance(value, Phrase):
            facts.update({f"{name}.{key}": fact for key, fact in value.facts.items()})
            pieces.append(value)
        elif value != "":  # nothing printed, nothing recorded
            facts[name] = _fact(value, spec or "")
            pieces.append(facts[name].text)
    if unused := set(values) - printed:
        raise ValueError(f"values given but not printed in {template!r}: {', '.join(sorted(unused))}")
    return Phrase("".join(pieces), facts)


def when(condition: object, template: str, **values: Any) -> Phrase:
    """Write ``template`` where ``condition`` holds, and nothing elsewhere: for what only some editions know."""
    return phrase(template, **values) if condition else Phrase("")


def series(values: Mapping[str, float], spec: str) -> Phrase:
    """Write ``values`` one after the other with their labels: "40.3% (H1 2024), 11.4% (H2 2024)".

    ``spec`` is a format specification as in :func:`phrase`; each label is the key of its fact.
    """
    facts = {label: _fact(value, spec) for label, value in values.items()}
    return Phrase(", ".join(f"{fact.text} ({label})" for label, fact in facts.items()), facts)


def cite(source_ids: Iterable[str]) -> Phrase:
    """Write a citation of the sources, each once: ``[@ZP_PROS; @ZP_AR25]``; derived rows name theirs with ``"; "``."""
    keys = sorted({key for joined in source_ids for key in joined.split("; ")})
    return Phrase(f"[{'; '.join(f'@{key}' for key in keys)}]" if keys else "")


def say(template: str, **values: Any) -> Prose:
    """Show ``template`` formatted with ``values`` as Markdown; see :func:`phrase` for the rules."""
    text = phrase(template, **values)
    return Prose(str(text), text.facts)


def _refuse_typed_numbers(literal: str, template: str) -> None:
    prose = _REFERENCE.sub("", literal)
    if any(character.isdigit() for character in prose):
        raise ValueError(f"typed number in {template!r}: pass it as a value, or cite it")


def _fact(value: Any, spec: str) -> Fact:
    number_format, _, unit_name = spec.partition("|")
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return Fact(None, UNITS[unit_name].base if unit_name else "", NOT_AVAILABLE)
    if isinstance(value, float) and math.isinf(value):
        # An interval without an end: JSON has no infinity.
        return Fact(None, UNITS[unit_name].base if unit_name else "", "∞" if value > 0 else "−∞")
    if isinstance(value, dt.date):
        return Fact(value.isoformat()[:10], "date", format(value, spec or "%-d %B %Y"))
    if isinstance(value, str):
        return Fact(value, "text", format(value, spec))
    if unit_name:
        if unit_name not in UNITS:
            raise ValueError(f"unknown unit {unit_name!r}: one of {', '.join(UNITS)}")
        unit = UNITS[unit_name]
        return Fact(_plain(value), unit.base, unit.template.format(minus(format(value / unit.scale, number_format))))
    base = "count" if isinstance(value, int) else "ratio" if number_format.endswith("%") else "number"
    return Fact(_plain(value), base, minus(format(value, number_format)))


def _plain(value: Any) -> float | int:
    """Return a JSON number; floats to twelve significant digits, beyond which libraries differ."""
    return int(value) if float(value).is_integer() and not isinstance(value, float) else float(f"{value:.12g}")
