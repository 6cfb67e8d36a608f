"""The catalogue as each edition knows it, and a copy of the data that a test may spoil."""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tokenecon.catalog import Catalog, data_root
from tokenecon.catalog.checks import run_checks


@pytest.fixture(scope="module")
def fy() -> Catalog:
    return Catalog.open("2025FY")


@pytest.fixture(scope="module")
def h1() -> Catalog:
    return Catalog.open("2026H1")


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

    def line(self, name: str, /, **match: str) -> int:
        """Line of the one row that matches."""
        found = [n for n, row in enumerate(self.rows(name), 2) if match.items() <= row.items()]
        assert len(found) == 1, f"{match} matches lines {found} of {name}"
        return found[0]

    def edit(self, name: str, line: int, /, **cells: str) -> None:
        """Change cells of a line."""
        rows = self.rows(name)
        rows[line - 2] |= cells
        self.save(name, rows)

    def add(self, name: str, like: int, /, **cells: str) -> int:
        """Add a row that is like another but for some cells; return its line."""
        rows = self.rows(name)
        rows.append(rows[like - 2] | cells)
        self.save(name, rows)
        return len(rows) + 1

    def delete(self, name: str, line: int) -> None:
        """Delete a row."""
        rows = self.rows(name)
        del rows[line - 2]
        self.save(name, rows)

    def edit_text(self, name: str, line: int, change: Callable[[str], str]) -> None:
        """Change a line as text."""
        lines = self.text(name).split("\n")
        lines[line - 1] = change(lines[line - 1])
        self.write(name, "\n".join(lines))

    def save(self, name: str, rows: list[dict[str, str]]) -> None:
        out = io.StringIO()
        writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        self.write(name, out.getvalue())

    def findings(self) -> list[str]:
        return [str(finding) for finding in run_checks(self.root)]


def _sample(copy: Copy, name: str, *kinds: Callable[[dict[str, str]], object]) -> None:
    """Keep the first row of each kind that the functions tell apart."""
    rows = copy.rows(name)
    first: dict[object, int] = {}
    for number, row in enumerate(rows):
        for kind in kinds:
            first.setdefault((kind, kind(row)), number)
    copy.save(name, [rows[number] for number in sorted(set(first.values()))])


def _span(row: dict[str, str]) -> tuple[str, ...]:
    return tuple(row[name] for name in ("endpoint", "name", "condition", "effective_from", "origin"))


def _keep(copy: Copy, name: str, keep: Callable[[dict[str, str]], bool]) -> None:
    header, kept = copy.text(name).partition("\n")[0], [row for row in copy.rows(name) if keep(row)]
    copy.save(name, kept) if kept else copy.write(name, header + "\n")


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data with a few rows of each kind in the large tables: each test validates the whole folder."""
    root = tmp_path_factory.mktemp("small") / "data"
    shutil.copytree(data_root(), root)
    copy = Copy(root)
    _keep(copy, "fx.csv", lambda row: row["date"] >= "2023")
    _sample(copy, "price_rulings.csv", lambda row: row["flag"], lambda row: row["column"])
    _keep(copy, "price_ends.csv", lambda row: False)
    _keep(copy, "litellm_prices.csv", lambda row: row["name"].startswith("gpt-4"))
    _keep(copy, "price_differences.csv", lambda row: False)
    named = {_span(row) for row in copy.rows("price_rulings.csv")}
    _sample(
        copy,
        "prices.csv",
        lambda row: row["flags"],
        lambda row: row["source_id"],
        lambda row: row["dating"],
        lambda row: _span(row) if _span(row) in named else "",
    )
    _sample(copy, "capability.csv", lambda row: row["benchmark"], lambda row: row["source_id"])
    _sample(copy, "host_prices.csv", lambda row: row["host_class"], lambda row: row["source_id"])
    slugs = {"gpt-5-4-pro", "gpt-5-4-non-reasoning"}
    _keep(copy, "index_prices.csv", lambda row: row["slug"] in slugs)
    _keep(copy, "apps.csv", lambda row: row["observed_on"] == "2026-10-08")
    _keep(copy, "modalities.csv", lambda row: row["modality"] == "text_to_video")
    _keep(copy, "token_totals.csv", lambda row: row["period_end"] >= "2026-05")
    days = {"2026-05-24", "2026-05-04", "2026-11-06"}
    _keep(copy, "token_models.csv", lambda row: row["period_end"] in days)
    _keep(copy, "token_shares.csv", lambda row: row["labelled_on"] == "2026-03-28")
    names = {row["name"] for row in copy.rows("token_models.csv")}
    _keep(copy, "model_aliases.csv", lambda row: row["name"] in names)
    tables = ("prices.csv", "capability.csv", "model_aliases.csv", "host_prices.csv", "index_prices.csv")
    models = {row["model_id"] for table in tables for row in copy.rows(table)}
    _keep(copy, "litellm_prices.csv", lambda row: row["model_id"] in models)
    _keep(copy, "models.csv", lambda row: row["model_id"] in models or row["source_id"] == "OR_WEEKLY")
    return root


@pytest.fixture
def data(tmp_path: Path, small: Path) -> Copy:
    root = tmp_path / "data"
    shutil.copytree(small, root)
    return Copy(root)
