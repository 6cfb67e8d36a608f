"""Thresholds are data: a verdict follows the table of rules, and no threshold is typed in a computation."""

import ast
import shutil
from pathlib import Path

import pandas as pd
import pytest

from tokenecon.analysis import ledger
from tokenecon.analysis.judge import COMPUTATIONS, Verdict
from tokenecon.catalog import Catalog, DataError
from tokenecon.catalog.checks import run_checks
from tokenecon.catalog.paths import data_root

ROOMS = sorted(Path(ledger.__file__).parent.glob("*/claims.py"))
JUDGES = {"by_interval", "by_comparison", "by_agreement"}
NO_THRESHOLD = {0, 1, 2, -1}
"""Nothing, parity, and counts of a pair: what a claim of direction is judged by."""


@pytest.fixture
def data(tmp_path):
    """A copy of the tables; give it to ``change`` for other rules."""
    return Path(shutil.copytree(data_root(), tmp_path / "data", ignore=shutil.ignore_patterns("snapshots", ".*")))


def change(data, computation, threshold, /, **cells):
    rules = pd.read_csv(data / "rules.csv", dtype=str, keep_default_na=False)
    place = (rules["computation"] == computation) & (rules["threshold"] == threshold)
    assert place.sum() == 1
    for name, value in cells.items():
        rules.loc[place, name] = value
    rules.to_csv(data / "rules.csv", index=False, lineterminator="\n")


def judged(data, claim_id):
    known = ledger.Ledger("2025FY", data)
    known.cat = Catalog.open("2025FY", data)  # what one process opened before the rules changed is kept
    claim = known.cat.claims.set_index("claim_id", drop=False).loc[claim_id].to_dict()
    return COMPUTATIONS[claim["computation"]](known, claim).verdict


def test_a_verdict_follows_its_threshold(data):
    """Zhipu had 73.7 percent of its revenue from localized deployments in the year."""
    assert judged(data, "zp_mainly_deployment") is Verdict.supported
    change(data, "main_line", "most", value="0.74")
    assert judged(data, "zp_mainly_deployment") is Verdict.not_supported


def test_a_threshold_that_is_not_there_is_one_line(data):
    change(data, "main_line", "most", threshold="half")
    with pytest.raises(DataError, match=r"data/rules.csv.*'main_line' asks for 'most'") as raised:
        judged(data, "zp_mainly_deployment")
    assert "\n" not in str(raised.value)


def test_rules_and_claims_are_of_one_another(data):
    change(data, "main_line", "most", computation="unheard_of", value="")
    found = [str(one) for one in run_checks(data, also=(ledger.unruled,)) if "snapshots" not in str(one)]
    assert any("no claim names 'unheard_of'" in one for one in found)
    assert any("goes with threshold" in one for one in found)
    assert any("'main_line' has no rule in data/rules.csv" in one for one in found)


@pytest.mark.parametrize("path", ROOMS, ids=lambda path: path.parent.name)
def test_no_threshold_is_typed(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        judges = isinstance(node, ast.Call) and getattr(node.func, "id", "") in JUDGES
        days = isinstance(node, ast.keyword) and node.arg in ("days", "months", "least")
        if judges or days or isinstance(node, ast.Compare):
            typed = {one.value for one in ast.walk(node) if isinstance(one, ast.Constant)}
            typed = {one for one in typed if isinstance(one, int | float)} - NO_THRESHOLD
            assert not typed or _about_months(node), f"{path.parent.name}, line {node.lineno}: {typed}"


def _about_months(node):
    """Whether a comparison asks for the length of a period, which is no threshold."""
    return "months" in ast.unparse(node)
