"""Where the data stand."""

from __future__ import annotations

import os
from pathlib import Path

_BUNDLED = Path(__file__).resolve().parents[1] / "data"
"""Where an installed package brings the data; in a clone there is no such folder."""


def data_root() -> Path:
    """Return the folder of the data.

    The environment variable ``TOKENECON_DATA`` comes first, then a ``data`` folder with a ``datapackage.json`` above
    this package, then one above the working directory, then the one inside an installed package.

    Returns
    -------
    Path
        An absolute path.

    Raises
    ------
    FileNotFoundError
        If there is no such folder.
    """
    named = os.environ.get("TOKENECON_DATA")
    if named:
        return Path(named).resolve()
    for start in (_BUNDLED.parent, Path.cwd() / "here"):
        for folder in start.parents:
            if (folder / "data" / "datapackage.json").is_file():
                return folder / "data"
    if (_BUNDLED / "datapackage.json").is_file():
        return _BUNDLED
    raise FileNotFoundError("no data/datapackage.json above the package or the working directory: set TOKENECON_DATA")


def own_data_root() -> Path:
    """Return the folder of the data, to be written to.

    Raises
    ------
    FileNotFoundError
        If there is none, or it is that of an installed package, which is only read.
    """
    root = data_root()
    if root == _BUNDLED:
        raise FileNotFoundError(
            "the data of an installed package are only read: run this inside a clone of the project"
        )
    return root


def display_name(path: Path, root: Path) -> str:
    """Name a file of the data as findings and build records do: ``data/…`` with forward slashes."""
    return "data/" + path.relative_to(root).as_posix()
