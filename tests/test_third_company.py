"""A third company beside the two: rows in four tables and a word in the edition's file, and every notebook runs.

It does not say what its R&D is spent on, as a company may.
"""

import shutil
from pathlib import Path

import inline
import invented
import pytest

from tokenecon.catalog import Catalog
from tokenecon.catalog.checks import run_checks

ROOT = Path(__file__).parents[1]
EDITION, DAY = "2026H1", "2026-09-30"
SHOWN = ("00_summary", "01_revenue_mix", "02_route_divergence")
NOTEBOOKS = (*SHOWN, "05_outlook", "06_claims", "A1_revenue_mix", "A2_route_divergence")


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    root = tmp_path_factory.mktemp("third") / "data"
    shutil.copytree(ROOT / "data", root)
    invented.third_company(root, "minimax", "novalab", DAY)
    rows = invented.read(root / "financials.csv")
    split = ("novalab", "rd_external")
    invented.write(root / "financials.csv", [row for row in rows if (row["entity_id"], row["metric"]) != split])
    return root


def test_the_rows_of_a_third_company_are_sound(data):
    assert [str(finding) for finding in run_checks(data)] == []
    assert [company.id for company in Catalog.open(EDITION, data).companies] == ["zhipu", "minimax", "novalab"]


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_notebooks_run_with_a_third_company(data, name, monkeypatch):
    monkeypatch.setenv("TOKENECON_DATA", str(data))
    monkeypatch.setenv("TOKENECON_EDITION", EDITION)
    errors, shown = inline.run(ROOT / "notebooks" / f"{name}.ipynb")
    assert errors == []
    if name in SHOWN:
        assert any("Novalab" in text for text in shown), "the third company is in no sentence"
