"""Quarto's cell options: the ``#|`` lines at the top of a code cell."""

from __future__ import annotations

from typing import Any

import yaml

from tokenecon.publish.errors import PublishError


def cell_options(source: str) -> dict[str, Any]:
    """Return the options of a code cell; an empty dictionary where there are none.

    Raises
    ------
    PublishError
        If the lines are not YAML.
    """
    text = "\n".join(line.removeprefix("#|").removeprefix(" ") for line in _option_lines(source))
    try:
        return yaml.safe_load(text) or {}
    except yaml.YAMLError as error:
        raise PublishError(f"cell options are not YAML: {error}") from None


def without_options(source: str) -> str:
    """Return the code of a cell below its options."""
    return "\n".join(source.splitlines()[len(_option_lines(source)) :]).strip("\n")


def _option_lines(source: str) -> list[str]:
    lines = []
    for line in source.splitlines():
        if not line.startswith("#|"):
            break
        lines.append(line)
    return lines
