"""Quarto's cell options: the ``#|`` lines at the top of a code cell."""

from __future__ import annotations

from itertools import takewhile
from typing import Any

import yaml

from tokenecon.publish.errors import PublishError

TEXTS = ("fig-cap", "fig-alt", "fig-title", "fig-subtitle", "tbl-cap", "code-summary")
"""Options that are prose."""

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # Its nodes without quotes have the style "", not None.


def cell_options(source: str) -> dict[str, Any]:
    """Return the options of a code cell; an empty dictionary where there are none.

    Raises
    ------
    PublishError
        If the lines are not YAML, or YAML would read part of a text as something else.
    """
    text = "\n".join(line.removeprefix("#|").removeprefix(" ") for line in _option_lines(source))
    try:
        _refuse_eaten_text(text)
        return yaml.load(text, _Loader) or {}
    except yaml.YAMLError as error:
        raise PublishError("cell options are not YAML: " + " ".join(str(error).split())) from None


def _refuse_eaten_text(text: str) -> None:
    """Refuse a caption or title without quotes of which YAML makes a number, a truth value or a comment."""
    for key, node in getattr(yaml.compose(text, _Loader), "value", ()):
        if key.value not in TEXTS or not isinstance(node, yaml.ScalarNode) or node.style:
            continue
        written = text[node.start_mark.index :].split("\n", 1)[0].strip()
        read = yaml.load(text[node.start_mark.index : node.end_mark.index], _Loader)
        if not isinstance(read, str) or " #" in written or written.startswith(("#", "~")):
            raise PublishError(f"{key.value} {written!r} needs quotes: YAML reads {read!r}")


def without_options(source: str) -> str:
    """Return the code of a cell below its options."""
    return "\n".join(source.splitlines()[len(_option_lines(source)) :]).strip("\n")


def _option_lines(source: str) -> list[str]:
    return list(takewhile(lambda line: line.startswith("#|"), source.splitlines()))
