"""The answers as they came: each kept once, under its hash, with a line in the index for each look.

``data/snapshots/index.jsonl`` has a line a look: source, address, time, status, hash, ETag. The answer itself is
``data/snapshots/<hash>.gz``, compressed without a name or a time, so that equal answers are equal files.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

from tokenecon.refresh.web import RefreshError

FOLDER = "snapshots"
INDEX = "snapshots/index.jsonl"


@dataclass(frozen=True)
class Look:
    """One look at a source.

    Parameters
    ----------
    time
        When, in UTC: ``2026-12-01T08:00:00Z``.
    source
        Name of the connector.
    address
        Where; never with a key.
    sha256
        Hash of the answer.
    etag, modified
        What to send along next time, to be told that nothing changed.
    status
        200, or 304 where the answer is the one already held.
    """

    time: str
    source: str
    address: str
    sha256: str
    etag: str = ""
    modified: str = ""
    status: int = 200

    @property
    def day(self) -> date:
        """Day of the look, in UTC."""
        return date.fromisoformat(self.time[:10])


def packed(body: bytes) -> bytes:
    """Compress an answer; equal answers give equal bytes, whatever the day."""
    out = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", fileobj=out, mtime=0, compresslevel=9) as file:
        file.write(body)
    return out.getvalue()


def digest(body: bytes) -> str:
    """Return the hash that names an answer."""
    return hashlib.sha256(body).hexdigest()


def blob(sha256: str) -> str:
    """Name the file of an answer, from the data folder."""
    return f"{FOLDER}/{sha256}.gz"


def looks(root: Path) -> list[Look]:
    """Read the index, in order of time.

    Raises
    ------
    RefreshError
        If a line is none.
    """
    path = root / INDEX
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines() if path.is_file() else [], 1):
        try:
            found.append(Look(**json.loads(line)))
        except (ValueError, TypeError):
            raise RefreshError(f"data/{INDEX}:{number}: is no look at a source; restore the file") from None
    return sorted(found, key=lambda look: (look.time, look.source))


def index(found: list[Look]) -> bytes:
    """Write looks as an index."""
    ordered = sorted(found, key=lambda look: (look.time, look.source))
    return "".join(json.dumps(asdict(look), ensure_ascii=False) + "\n" for look in ordered).encode()


def read(root: Path, look: Look) -> bytes:
    """Return the answer that a look found.

    Raises
    ------
    RefreshError
        If it is not there, or is not what was kept.
    """
    name = blob(look.sha256)
    try:
        body = gzip.decompress((root / name).read_bytes())
    except FileNotFoundError:
        raise RefreshError(f"data/{name}: the answer of {look.source} on {look.day} is missing; restore it") from None
    except (OSError, EOFError, ValueError):
        raise RefreshError(f"data/{name}: cannot be unpacked; restore it") from None
    if digest(body) != look.sha256:
        raise RefreshError(f"data/{name}: does not have the hash in its name; restore it")
    return body
