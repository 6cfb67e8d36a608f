"""A company changes the currency of its accounts, by rows alone: growth is of one currency, and so are the axes."""

import dataclasses
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
from tokenecon.catalog.needs import needs
from tokenecon.catalog.periods import Period, month_end

ROOT = Path(__file__).parents[1]
NEWEST = list_editions(ROOT / "data")[-1]
WHO = NEWEST.companies[1]
FOCAL = NEWEST.focal.year_after
NAME, SAID_ON = f"{FOCAL.start.year}H1", f"{FOCAL.start.year}-08-31"
TIMES, RESEARCH = 20, 10
"""Yuan that stand in the new accounts for a dollar of a year before, and of R&D; whole, so that sums hold."""
YEAR_BEFORE = 7
"""Yuan that stand in the new accounts for a dollar of the year before, which they print in both currencies."""
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
    own = [row for row in invented.read(project.data / "financials.csv") if row["entity_id"] == WHO]
    before = (NEWEST.focal.start.isoformat(), NEWEST.focal.end.isoformat(), "revenue", "USD")
    for row in own:
        if (row["period_start"], row["period_end"], row["metric"], row["currency"]) == before:
            again = {"currency": "CNY", "source_id": invented.SOURCE, "published_on": SAID_ON, "added_on": ""}
            yuan = f"{float(row['value']) * YEAR_BEFORE:.1f}"
            invented.append(project.data / "financials.csv", **row | again | {"value": yuan})
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


def test_a_share_is_held_to_the_amounts_of_its_own_source(data, tmp_path):
    """The year before is cut anew where it is printed again in yuan; the share printed with the dollars still holds."""
    shutil.copytree(data, tmp_path / "data")
    rows, period = (
        invented.read(data / "financials.csv"),
        (NEWEST.focal.start.isoformat(), NEWEST.focal.end.isoformat()),
    )
    place = {"entity_id": WHO, "metric": "revenue", "currency": "CNY", "source_id": invented.SOURCE}
    again = [row for row in rows if place.items() <= row.items() and (row["period_start"], row["period_end"]) == period]
    parts = sorted((row for row in again if row["segment"] != "total"), key=lambda row: -float(row["value"]))[:2]
    for row, sign in zip(parts, (-1, 1), strict=True):
        row["value"] = f"{float(row['value']) + sign * float(parts[1]['value']) / 10:.1f}"
    invented.write(tmp_path / "data" / "financials.csv", rows)
    found = [str(finding) for finding in run_checks(tmp_path / "data")]
    assert [finding for finding in found if "percent is printed" in finding] == []


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


def test_a_year_before_that_is_printed_in_both_currencies_counts_once(data):
    known = Catalog.open(NAME, data)
    place = ["entity_id", "metric", "segment", "period_start", "period_end"]
    assert known.table("financials").duplicated(place).sum() > 1
    assert not known.financials.duplicated(place).any()
    assert known.value(WHO, "revenue", NEWEST.focal) == Catalog.open(NEWEST.id, data).value(
        WHO, "revenue", NEWEST.focal
    )


def test_the_year_after_is_asked_for_in_the_new_currency_once(data):
    year = Period(FOCAL.start, dt.date(FOCAL.start.year, 12, 31))
    edition = dataclasses.replace(Catalog.open(NAME, data).edition, focal=year, as_of=dt.date(year.end.year + 1, 4, 1))
    known = Catalog(data, edition)
    rows = needs(known, list_editions(data)[-1]).query("entity_id == @WHO and table == 'financials'")
    money = rows[rows["metric"].isin(["revenue", "rd_expense", "cash_balance"])]
    assert set(money["currency"]) == {"CNY"}
    assert not money.duplicated(["metric", "segment", "period"]).any()


def test_what_the_article_printed_is_judged_in_the_currency_of_the_accounts_of_then(data):
    for room in (Revenue, Routes):
        now, then = (room.open(name, data).judged.set_index("claim_id")["verdict"] for name in (NAME, NEWEST.id))
        assert now.to_dict() == then.to_dict()
    now, then = (Routes.open(name, data).at_rates for name in (NAME, NEWEST.id))
    assert len(now) and now["sales"].tolist() == pytest.approx(then["sales"].tolist())


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
