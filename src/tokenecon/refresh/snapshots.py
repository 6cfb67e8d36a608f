"""The answers as they came, kept so that much the same ones take little room, in the folder and in git.

``data/snapshots/index.jsonl`` has a line a look: source, address, time, status, hash, ETag. The answers of a source in
a year are one text file, ``<source>-<year>.jsonl``, which only grows: a line an answer, as what it repeats of the one
before it and what it says anew. Each can be put together again byte for byte, and has the hash in the index.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path

from tokenecon.refresh.web import RefreshError

FOLDER = "snapshots"
INDEX = "snapshots/index.jsonl"
_PIECE = re.compile(r"[^\n},]*(?:[\n},]|$)")
"""A run of text to the end of a line, a value or an object: what stays the same from one answer to the next."""
SHORT = 8
"""A run of so few characters is said again and not looked up."""


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

    @property
    def place(self) -> str:
        """File that an answer first seen at this look stands in, from the data folder."""
        return f"{FOLDER}/{self.source}-{self.time[:4]}.jsonl"


def digest(body: bytes) -> str:
    """Return the hash that names an answer."""
    return hashlib.sha256(body).hexdigest()


def looks(root: Path) -> list[Look]:
    """Read the index, in order of time.

    Raises
    ------
    RefreshError
        If a line is none.
    """
    path = root / INDEX
    found = []
    for number, line in enumerate(path.read_bytes().splitlines() if path.is_file() else [], 1):
        try:
            look = Look(**json.loads(line))
            datetime.fromisoformat(look.time)
        except (ValueError, TypeError):
            raise RefreshError(f"data/{INDEX}:{number}: is no look at a source; restore the file") from None
        found.append(look)
    return sorted(found, key=lambda look: (look.time, look.source))


def index(found: Iterable[Look]) -> bytes:
    """Write looks as an index."""
    ordered = sorted(found, key=lambda look: (look.time, look.source))
    return "".join(json.dumps(asdict(look), ensure_ascii=False) + "\n" for look in ordered).encode()


class Answers:
    """The answers kept in a data folder.

    Parameters
    ----------
    root
        Data folder.
    """

    def __init__(self, root: Path):
        self.root = root

    def read(self, found: Iterable[Look]) -> Iterator[tuple[Look, bytes]]:
        """Return the answer of each of some looks, in their order, reading each file once.

        Parameters
        ----------
        found
            Looks in order of time.

        Raises
        ------
        RefreshError
            If an answer is not there, or is not what was kept.
        """
        at: dict[str, Iterator[tuple[str, str]]] = {}
        held: dict[str, tuple[str, bytes]] = {}
        for look in found:
            if held.get(look.source, ("",))[0] != look.sha256:
                held[look.source] = (look.sha256, self._answer(look, at))
            yield look, held[look.source][1]

    def _answer(self, look: Look, at: dict[str, Iterator[tuple[str, str]]]) -> bytes:
        """Return an answer; one that came back after another stands further up, perhaps in an earlier file."""
        for again in (False, True):
            for place in self._places(look) if again else [look.place]:
                if again or place not in at:
                    at[place] = self._lines(place)
                for sha256, text in at[place]:
                    if sha256 == look.sha256:
                        return text.encode()
        raise RefreshError(f"data/{look.place}: the answer of {look.source} on {look.day} is missing; restore the file")

    def _places(self, look: Look) -> list[str]:
        found = sorted((self.root / FOLDER).glob(f"{look.source}-[0-9][0-9][0-9][0-9].jsonl"))
        return [f"{FOLDER}/{path.name}" for path in found if path.name <= look.place.rpartition("/")[2]]

    def _lines(self, place: str) -> Iterator[tuple[str, str]]:
        """Put the answers of a file together, one after the other, each held to its hash."""
        path, text, number = self.root / place, "", 0
        if not path.is_file():
            return
        with path.open(encoding="utf-8", newline="\n") as file:
            try:
                for line in file:
                    number += 1
                    kept = json.loads(line)
                    text = "".join(part if isinstance(part, str) else text[slice(*part)] for part in kept["text"])
                    if digest(text.encode()) != kept["sha256"]:
                        raise ValueError("another hash")
                    yield kept["sha256"], text
            except (ValueError, TypeError, KeyError):
                message = f"data/{place}:{number}: is not the answer that was kept; restore the file"
                raise RefreshError(message) from None

    def with_new(self, looked: Iterable[tuple[Look, bytes]]) -> dict[str, bytes]:
        """Return the files that hold new answers beside the old ones, by their path from the data folder."""
        files: dict[str, bytes] = {}
        for look, body in looked:
            kept, last = {"": ""}, ""
            for sha256, text in self._lines(look.place):
                kept[last], kept[sha256], last = "", text, sha256
            if look.sha256 in kept:
                continue
            path = self.root / look.place
            old = path.read_bytes() if path.is_file() else b""
            parts = _parts(kept[last], body.decode("utf-8"))
            line = json.dumps({"sha256": look.sha256, "text": parts}, ensure_ascii=False, separators=(",", ":"))
            files[look.place] = old + line.encode() + b"\n"
        return files


def _parts(before: str, now: str) -> list[str | list[int]]:
    """Say a text as what it repeats of another, from and to, and what it says anew."""
    places: dict[str, int] = {}
    for found in _PIECE.finditer(before):
        places.setdefault(found[0], found.start())
    parts: list[str | list[int]] = []
    new = 0  # Where what is said anew began.
    for found in _PIECE.finditer(now):
        piece, start = found[0], found.start()
        last = parts[-1] if parts else None
        if new == start and isinstance(last, list) and before.startswith(piece, last[1]):
            last[1] += len(piece)
        elif len(piece) > SHORT and piece in places:
            parts += [now[new:start]] if new < start else []
            parts.append([places[piece], places[piece] + len(piece)])
        else:
            continue
        new = found.end()
    return [*parts, now[new:]] if new < len(now) else parts
