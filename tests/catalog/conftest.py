"""A copy of the data that a test may spoil."""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tokenecon.catalog import data_root
from tokenecon.catalog.checks import run_checks


@dataclass
class Copy:
    """A copy of the data folder."""

    root: Path

    def text(self, name: str) -> str:
        return (self.root / name).read_text(encoding="utf-8")

    def write(self, name: str, text: str) -> None:
        (self.root / name).write_bytes(text.encode("utf-8"))

    def rows(self, name: str) -> list[dict[str, str]]:
        return list(csv.DictReader(io.StringIO(self.text(name))))

    def line(self, name: str, **match: str) -> int:
        """Line of the one row that matches."""
        found = [n for n, row in enumerate(self.rows(name), 2) if match.items() <= row.items()]
        assert len(found) == 1, f"{match} matches lines {found} of {name}"
        return found[0]

    def edit(self, name: str, line: int, **cells: str) -> None:
        """Change cells of a line."""
        rows = self.rows(name)
        rows[line - 2] |= cells
        self._save(name, rows)

    def add(self, name: str, like: int, **cells: str) -> int:
        """Add a row that is like another but for some cells; return its line."""
        rows = self.rows(name)
        rows.append(rows[like - 2] | cells)
        self._save(name, rows)
        return len(rows) + 1

    def delete(self, name: str, line: int) -> None:
        """Delete a row."""
        rows = self.rows(name)
        del rows[line - 2]
        self._save(name, rows)

    def edit_text(self, name: str, line: int, change: Callable[[str], str]) -> None:
        """Change a line as text."""
        lines = self.text(name).split("\n")
        lines[line - 1] = change(lines[line - 1])
        self.write(name, "\n".join(lines))

    def _save(self, name: str, rows: list[dict[str, str]]) -> None:
        out = io.StringIO()
        writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        self.write(name, out.getvalue())

    def findings(self) -> list[str]:
        return [str(finding) for finding in run_checks(self.root)]


@pytest.fixture
def data(tmp_path: Path) -> Copy:
    root = tmp_path / "data"
    shutil.copytree(data_root(), root)
    copy = Copy(root)
    # Old rates only cost time here: each test validates the whole folder.
    lines = copy.text("fx.csv").splitlines(keepends=True)
    copy.write("fx.csv", "".join(lines[:1] + [line for line in lines[1:] if line >= "2023"]))
    return copy
