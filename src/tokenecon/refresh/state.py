"""What a merge knows, put away between runs: a run reads only the answers that are new.

The state in ``data/.refresh/state.json`` is no data. It holds for the code, the tables, the declarations and the looks
that it was made from, by their hash; where any of them is another, or the file is gone or damaged, all answers are gone
through again, with the same result.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from contextlib import suppress
from datetime import date
from pathlib import Path

from tokenecon.refresh import snapshots
from tokenecon.refresh.merge import Base, Merge
from tokenecon.refresh.snapshots import Look
from tokenecon.refresh.tables import Tables, commit

STATE = ".refresh/state.json"
_TABLES = ("models", "model_aliases", "prices", "price_ends", "token_models", "fx")


def resumed(root: Path, held: Tables, looks: Iterable[Look], day: date) -> Merge | None:
    """Take up what was known after some looks, if nothing that it follows from has changed.

    Parameters
    ----------
    root
        Data folder.
    held
        Its tables.
    looks
        All looks so far.
    day
        Declarations of later days do not count yet.
    """
    base = Base.of(held)
    with suppress(OSError, ValueError, TypeError, KeyError):
        kept = json.loads((root / STATE).read_text(encoding="utf-8"))
        known = json.dumps(kept["known"], sort_keys=True)
        if kept["key"] == _key(root, held, base, looks, day) and kept["sha256"] == _hash(known):
            merge = Merge(base, day)
            merge.load(kept["known"], {name: held.ours(name) for name in _TABLES})
            return merge
    return None


def put_away(root: Path, merge: Merge, looks: Iterable[Look], day: date) -> None:
    """Keep what is known after some looks, once the tables are in place; a disk without room costs only time later."""
    held = Tables(root)
    known = merge.dump()
    text = json.dumps(known, sort_keys=True)
    kept = {"key": _key(root, held, merge.base, looks, day), "sha256": _hash(text), "known": known}
    with suppress(OSError):
        commit(root, {STATE: json.dumps(kept, sort_keys=True).encode()})


def _key(root: Path, held: Tables, base: Base, looks: Iterable[Look], day: date) -> str:
    code = (path for path in sorted(Path(__file__).parent.rglob("*")) if path.suffix in (".py", ".toml"))
    parts = [path.read_bytes() for path in code]
    parts += [(root / held.schema.tables[name].path).read_bytes() for name in _TABLES]
    parts += [repr(base.declared(day.isoformat())).encode("utf-8", "replace"), snapshots.index(looks)]
    return _hash("\0".join(hashlib.sha256(part).hexdigest() for part in parts))


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
