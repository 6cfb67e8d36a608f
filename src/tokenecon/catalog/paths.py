"""Where the data stand."""

from __future__ import annotations

import os
from pathlib import Path


def data_root() -> Path:
    """Return the folder of the data.

    The environment variable ``TOKENECON_DATA`` comes first, then a ``data`` folder with a
    ``datapackage.json`` above this package, then one above the working directory.

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
    for start in (Path(__file__).resolve(), Path.cwd() / "here"):
        for folder in start.parents:
            if (folder / "data" / "datapackage.json").is_file():
                return folder / "data"
    raise FileNotFoundError("no data/datapackage.json above the package or the working directory: set TOKENECON_DATA")


def display_name(path: Path, root: Path) -> str:
    """Name a file of the data as findings and build records do: ``data/…`` with forward slashes."""
    return "data/" + path.relative_to(root).as_posix()
