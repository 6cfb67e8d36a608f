"""The same notebooks over two invented vendors of another pair of countries, with an article of their own."""

from pathlib import Path

import inline
import nbformat
import pytest

from tokenecon.analysis.ledger import Ledger
from tokenecon.catalog import Catalog
from tokenecon.catalog.checks import run_checks

ROOT = Path(__file__).parents[1]
DATA = ROOT / "examples" / "two_vendors" / "data"
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
LEFT_OUT = {"03_market_structure", "A3_market_structure", "04_china_us_pricing", "A4_china_us_pricing"}
"""Chapters about a market of models: the example has no scores."""
FAR = ("Zhipu", "MiniMax", "Moonshot", "SEED", "yuan")


@pytest.fixture(autouse=True)
def elsewhere(monkeypatch):
    monkeypatch.setenv("TOKENECON_DATA", str(DATA))
    monkeypatch.setenv("TOKENECON_EDITION", "2026H1")


def test_the_rows_of_the_example_are_sound():
    assert [str(finding) for finding in run_checks(DATA)] == []


def test_the_example_is_another_pair_of_companies_and_countries():
    there, here = Catalog.open("2026H1", DATA).companies, Catalog.open("2026H1", ROOT / "data").companies
    assert len(there) == len(here) == 2
    for part in ("id", "country"):
        assert not {getattr(one, part) for one in there} & {getattr(one, part) for one in here}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_run_on_another_pair_and_speak_of_it(path):
    errors, shown = inline.run(path)
    assert errors == []
    if path.stem in LEFT_OUT:
        assert [text for text in shown if "`data/capability.csv`" in text] == shown[-1:]
        return
    told = " ".join(shown) + " ".join(cell.source for cell in nbformat.read(path, as_version=4).cells)
    assert [word for word in FAR if word in told] == []
    if path.stem[0] == "0" and path.stem != "06_claims":
        assert "Aurore" in told and "Haneul" in told


def test_its_eight_claims_are_judged_by_its_own_rows():
    rows = Ledger("2026H1", DATA).rows.set_index("claim_id")
    assert rows["verdict"].to_dict() == {
        "au_revenue": "reproduced",
        "au_growth": "reproduced",
        "au_api_share": "differs",  # 40 of 64 are 62.5%, where the article prints 60
        "hn_revenue_eur": "reproduced",
        "au_core": "supported",
        "both_converge": "supported",
        "hn_efficient": "undetermined",  # the article prints no measure of efficiency
        "au_run_rate": "open",
    }
    assert set(rows["section"]) == {"Paris", "Seoul", "Both"}
