"""A company changes the currency of its accounts, by rows alone: growth is of one currency, and so are the axes."""

import datetime as dt
import shutil
from pathlib import Path

import inline
import invented
import pytest

from tokenecon import publish
from tokenecon.analysis.revenue.findings import Revenue
from tokenecon.analysis.routes.findings import Routes
from tokenecon.catalog import Catalog, list_editions
from tokenecon.catalog.checks import run_checks
from tokenecon.catalog.periods import month_end

ROOT = Path(__file__).parents[1]
NEWEST = list_editions(ROOT / "data")[-1]
WHO = NEWEST.companies[1]
FOCAL = NEWEST.focal.year_after
NAME, SAID_ON = f"{FOCAL.start.year}H1", f"{FOCAL.start.year}-08-31"
TIMES, RESEARCH = 20, 10
"""Yuan that stand in the new accounts for a dollar of a year before, and of R&D; whole, so that sums hold."""
CHAPTERS = ("00_summary", "01_revenue_mix", "02_route_divergence", "05_outlook")


def in_yuan(row, like):
    """Return a row of the template in yuan, from the figure of a year before in dollars."""
    value = float(like) * (RESEARCH if row["metric"] == "rd_expense" else TIMES)
    return row | {"value": f"{value:.1f}", "currency": "CNY", "source_id": invented.SOURCE, "published_on": SAID_ON}


def months_between(first, last):
    """Return the last days of some months of the year before."""
    return [month_end(NEWEST.focal.start.year, month).isoformat() for month in range(first, last + 1)]


def yuan_a_dollar():
    """Return the average rate of the half-year before, from the months as printed."""
    rates = [
        float(row["rate"])
        for row in invented.read(ROOT / "data" / "fx.csv")
        if (row["base"], row["quote"], row["kind"]) == ("USD", "CNY", "monthly_average")
        and row["date"] in months_between(1, 6)
    ]
    assert len(rates) == 6
    return sum(rates) / len(rates)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    root = tmp_path_factory.mktemp("currency")
    shutil.copytree(ROOT / "data", root / "data", ignore=shutil.ignore_patterns("snapshots", ".refresh"))
    project = publish.Project(root)
    publish.new_edition(NAME, dt.date.fromisoformat(SAID_ON) + dt.timedelta(days=1), project=project)
    invented.add_source(project.data, SAID_ON)
    invented.fill_templates(project.data, NAME, SAID_ON)
    folder = project.data / "editions" / f"{NAME}.todo"
    like = {
        (row["metric"], row["segment"]): row["like"]
        for row in invented.read(folder / "checklist.csv")
        if (row["table"], row["entity_id"]) == ("financials", WHO)
    }
    rows = invented.read(folder / "financials.csv")
    changed = [
        in_yuan(row, like[row["metric"], row["segment"]])
        if row["entity_id"] == WHO and row["currency"] == "USD"
        else row
        for row in rows
    ]
    invented.write(folder / "financials.csv", changed)
    publish.fill(NAME, project=project)
    for day in months_between(7, 12):
        invented.append(
            project.data / "fx.csv", date=day, base="USD", quote="CNY", rate="6.8", kind="monthly_average",
            source_id=invented.SOURCE, published_on=SAID_ON,
        )  # fmt: skip
    due = f"{FOCAL.start.year}-12-31"
    run_rates = {("zhipu", "cloud"): 4_000, (WHO, "total"): 2_500}
    invented.state(project.data, SAID_ON, run_rates, {key: 2 * value for key, value in run_rates.items()}, due)
    return project.data


@pytest.fixture(autouse=True)
def there(data, monkeypatch):
    monkeypatch.setenv("TOKENECON_DATA", str(data))
    monkeypatch.setenv("TOKENECON_EDITION", NAME)


def test_the_rows_are_sound(data):
    assert [str(finding) for finding in run_checks(data)] == []


def test_each_edition_knows_the_currency_of_the_accounts_of_its_day(data):
    found = [[one.currency for one in Catalog.open(name, data).companies] for name in (NEWEST.id, NAME)]
    assert found == [["CNY", "USD"], ["CNY", "CNY"]]


def test_growth_over_the_change_is_of_one_currency():
    grown = Revenue.open().growth.query("entity_id == @WHO and period == @FOCAL.label")
    assert grown["contribution"].sum() == pytest.approx(TIMES / yuan_a_dollar() - 1, abs=1e-3)
    assert set(grown["base_unit"]) == set(grown["base_unit_before"]) == {"CNY"}
    spent = Routes.open().growth.query("entity_id == @WHO and period == @FOCAL.label")
    true = [times / yuan_a_dollar() - 1 for times in (TIMES, RESEARCH)]
    assert spent[["revenue", "rd_expense"]].to_numpy()[0] == pytest.approx(true, abs=1e-3)


@pytest.mark.parametrize("name", CHAPTERS)
def test_chapters_run_over_the_change_and_label_axes_by_the_rows(name):
    errors, shown = inline.run(ROOT / "notebooks" / f"{name}.ipynb")
    assert errors == []
    told = " ".join(shown)
    assert "million USD" not in told and "per dollar of revenue" not in told
    if name == "01_revenue_mix":
        assert "Zhipu, million CNY; MiniMax, million CNY" in told
    if name == "05_outlook":
        assert shown[-1].startswith("This edition leaves the chapter out"), "H2 of the year before is not filed"
