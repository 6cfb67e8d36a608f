"""Tables that are known to be sound: read and checked once, and kept for the processes of a build to share."""

from __future__ import annotations

import hashlib
import os
import pickle
import platform
from functools import cache
from pathlib import Path

import pandas as pd
from filelock import FileLock

from tokenecon import inputs
from tokenecon.catalog.checks import quick_findings, table_findings
from tokenecon.catalog.checks.context import Data
from tokenecon.catalog.files import RawTable, read_table
from tokenecon.catalog.schema import Schema


def sound_tables(root: Path, schema: Schema) -> dict[str, RawTable]:
    """Return every table as text where all pass the checks that loading needs, and a folder is named to keep them in.

    Parameters
    ----------
    root
        Data folder.
    schema
        Its tables.

    Returns
    -------
    dict of RawTable
        By name; empty where a check finds something, or the environment variable ``TOKENECON_FINDINGS`` names no
        folder: tables are then read and checked as they are asked for.
    """
    folder = os.environ.get(inputs.FINDINGS)
    if not folder:
        return {}
    file = Path(folder) / f"tables-{_key(root)}.pickle"
    file.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(file.with_name("tables.lock")):
        if not file.is_file():
            for old in file.parent.glob("tables-*"):
                old.unlink()
            inputs.write_whole(file, pickle.dumps(_read(root, schema), protocol=pickle.HIGHEST_PROTOCOL))
        return pickle.loads(file.read_bytes())


def _read(root: Path, schema: Schema) -> dict[str, RawTable]:
    data = Data(root, schema, {name: read_table(root, table) for name, table in schema.tables.items()})
    large = (name for name, table in schema.tables.items() if table.on_demand)
    if quick_findings(data) or any(table_findings(data, name) for name in large):
        return {}
    return data.raw


def _key(root: Path) -> str:
    """Return a hash of what the checks look at, tables, editions and their own code."""
    digest = hashlib.sha256(_code().encode())
    for file in (root / "datapackage.json", *sorted(root.rglob("*.csv")), *sorted(root.glob("editions/*.*"))):
        if file.is_file():
            digest.update(f"{file.relative_to(root)}\0".encode() + inputs.read_unnoted(file))
    return digest.hexdigest()


@cache
def _code() -> str:
    made_with = (file.read_text(encoding="utf-8") for file in sorted(Path(__file__).parent.rglob("*.py")))
    return "\0".join([platform.python_version(), pd.__version__, *made_with])
