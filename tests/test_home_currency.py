"""The money of the home country is rows: under another code every sentence names that currency and no number moves."""

import re
import shutil
from pathlib import Path

import inline
import pytest

from tokenecon.catalog import list_editions
from tokenecon.catalog.checks import run_checks

ROOT = Path(__file__).parents[1]
SWAPPED = {"CNY": "JPY", "JPY": "CNY"}
"""Each takes the other's place in all tables, exchange rates among them."""
CHAPTERS = ("02_route_divergence", "03_market_structure", "04_china_us_pricing", "05_outlook", "A4_china_us_pricing")


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory):
    """The report's data with its two currencies in each other's place."""
    data = tmp_path_factory.mktemp("yen") / "data"
    shutil.copytree(ROOT / "data", data, ignore=shutil.ignore_patterns("snapshots", ".refresh"))
    for path in (*data.glob("*.csv"), *data.glob("editions/*.toml")):
        text = path.read_text(encoding="utf-8")
        path.write_text(re.sub(r"\b(CNY|JPY)\b", lambda code: SWAPPED[code[0]], text), encoding="utf-8")
    return data


def test_the_rows_are_sound(elsewhere):
    assert [str(finding) for finding in run_checks(elsewhere)] == []


@pytest.mark.slow
@pytest.mark.parametrize("name", CHAPTERS)
def test_sentences_name_the_currency_of_the_rows(elsewhere, name, monkeypatch):
    monkeypatch.setenv("TOKENECON_EDITION", list_editions(ROOT / "data")[-1].id)
    here = inline.run(ROOT / "notebooks" / f"{name}.ipynb")[1]
    monkeypatch.setenv("TOKENECON_DATA", str(elsewhere))
    monkeypatch.setenv("TOKENECON_FINDINGS", str(ROOT / "build" / ".state" / "findings-currency"))
    errors, there = inline.run(ROOT / "notebooks" / f"{name}.ipynb")
    assert errors == []
    assert there == [re.sub(r"\byuan\b", "yen", text) for text in here]
    assert "yuan" not in " ".join(there)
