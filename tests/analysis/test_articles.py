"""Articles are rows: a second one is judged by the same computations and never mixes into the score of the first."""

import shutil
from pathlib import Path

import invented
import pytest
from typer.testing import CliRunner

from tokenecon.analysis.ledger import Ledger
from tokenecon.catalog.checks import run_checks
from tokenecon.cli import app
from tokenecon.display import Column, table
from tokenecon.display.ledger import scores

DATA = Path(__file__).parents[2] / "data"
EDITION, DAY = "2025FY", "2026-04-10"
CLAIM = {"article_id": "second", "source_id": invented.SOURCE, "published_on": DAY, "qualifier": "exact"}
YEAR = {"period_start": "2025-01-01", "period_end": "2025-12-31"}
SALES = CLAIM | YEAR | {"entity_id": "zhipu", "segment": "total", "metric": "revenue", "computation": "from_accounts"}
GROWTH = SALES | {"metric": "revenue_growth", "kind": "growth", "unit": "percent"}


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    root = tmp_path_factory.mktemp("articles") / "data"
    shutil.copytree(DATA, root)
    invented.add_source(root, DAY)
    invented.append(root / "articles.csv", article_id="second", name="A rejoinder", source_id=invented.SOURCE,
                    published_on=DAY)  # fmt: skip
    add = {"unit": "million", "currency": "CNY", "kind": "figure"}
    before = {"period_start": "2024-01-01", "period_end": "2024-12-31"}
    for name, cells in {
        "two_sales": SALES | add | {"quoted": "724", "text": "Sales"},
        "two_sales_before": SALES | add | before | {"quoted": "312", "text": "Sales of the year before"},
        "two_growth": GROWTH | {"quoted": "132.4", "text": "Growth"},
        "two_routes": CLAIM | {"qualifier": "", "kind": "structural", "computation": "routes_diverge",
                               "beside": "minimax zhipu", "text": "The routes diverge the other way"},
    }.items():  # fmt: skip
        invented.append(root / "claims.csv", claim_id=name, section="In numbers", **cells)
    return root


@pytest.fixture(scope="module")
def ledger(data):
    return Ledger(EDITION, data)


def test_the_rows_of_a_second_article_are_sound(data):
    assert [str(finding) for finding in run_checks(data)] == []


def test_the_score_of_an_article_is_that_of_the_chapter():
    own = Ledger("2026H1")
    business = own.tally.loc["business"]
    assert business.sum() < own.rows["group"].eq("business").sum(), "no two claims rest on one evidence"
    told = scores(own.counted_of_each, own.articles.iloc[:1])["business"].item()
    assert told == f"{business['supported']} of {business.sum()}"


def test_a_second_article_leaves_the_score_of_the_first_alone(ledger):
    assert ledger.tally.equals(Ledger(EDITION).tally)
    assert set(ledger.others["article"]) == {"A rejoinder"}
    assert set(ledger.others["section"]) == {"In numbers"}
    assert len(ledger.rows) + len(ledger.others) == len(ledger.every)


def test_rounded_inputs_excuse_only_the_article_that_prints_them(ledger):
    """Growth of 132.4% follows from the second article's own 724 over 312, which the first does not print."""
    verdicts = ledger.every.set_index("claim_id")["verdict"]
    assert verdicts["two_growth"] == "rounding of rounded inputs"
    assert verdicts["zp_revenue_growth_2025"] == "reproduced"


def test_a_claim_names_the_companies_that_it_sets_beside_one_another(ledger):
    one, other = (ledger.claim(name) for name in ("routes_diverge", "two_routes"))
    assert one["computed"] == pytest.approx(-other["computed"])
    raised = ("One raises its price: supported", "One raises its price: not supported")
    assert all(half in row["note"] for half, row in zip(raised, (one, other), strict=True))


def test_each_article_has_its_own_score(ledger):
    found = scores(ledger.every, ledger.articles).set_index("article_id")
    assert found.loc["second", ["numbers", "forecasts"]].tolist() == ["2 of 3", "none"]
    assert found.loc["spring_2026", "numbers"].endswith(f"of {ledger.tally.loc['numbers'].sum()}")


def test_the_command_line_tells_articles_apart(data, monkeypatch):
    monkeypatch.setenv("TOKENECON_DATA", str(data))
    shown = CliRunner().invoke(app, ["claims", "--article", "second", "-e", EDITION]).stdout
    assert "A rejoinder: claims" in shown and "4 claims" in shown and "The article of April" not in shown
    refused = CliRunner().invoke(app, ["claims", "--article", "third", "-e", EDITION])
    assert refused.exit_code == 1 and "no article third; there are: second, spring_2026" in refused.output


@pytest.mark.parametrize(
    "cells, said",
    [
        ({"source_id": "SEED", "published_on": "2026-04-01"}, "'SEED' is not the source of article second, INVENTED"),
        ({"beside": "zhipu nobody"}, "'nobody' is in no row of entities.csv"),
        ({"article_id": "third"}, "'third' is in no row of article_id of data/articles.csv"),
    ],
)
def test_a_claim_stands_in_its_article_and_names_known_companies(data, tmp_path, cells, said):
    shutil.copytree(data, tmp_path / "data")
    invented.append(
        tmp_path / "data" / "claims.csv",
        **SALES | {"claim_id": "odd", "section": "x", "kind": "structural", "text": "Odd", "qualifier": ""} | cells,
    )
    found = [str(finding) for finding in run_checks(tmp_path / "data")]
    assert any(said in one for one in found), found


def test_a_table_without_rows_says_so(ledger):
    empty = table(ledger.others.iloc[:0], {"article": Column("Article")}, empty="No other article.")
    assert empty.markdown.splitlines() == ["| Article |", "|:--|", "| No other article. |"]
