"""JSON in which no name stands twice in one object: readers would differ on which of the two counts."""

from __future__ import annotations

from typing import Any


class Twice(ValueError):
    """A name that stands twice in an object; the message says which."""


def once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Make an object of its pairs: the ``object_pairs_hook`` of :func:`json.loads`.

    Raises
    ------
    Twice
        If a name stands there more than once.
    """
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise Twice(f"'{next(name for name in names if names.count(name) > 1)[:80]}' stands twice in one object")
    return found
