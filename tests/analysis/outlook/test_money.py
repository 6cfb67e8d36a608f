"""What was raised, and what is paid for a run-rate, on planted rows."""

import shutil
from pathlib import Path

import pandas as pd
import pytest

from tokenecon.analysis.outlook import funds, peers
from tokenecon.analysis.outlook.findings import Outlook

DATA = Path(__file__).parents[3] / "data"


def raised(*items):
    rows = [("firm", item, pd.Timestamp(day), value, unit) for item, day, value, unit in items]
    return pd.DataFrame(rows, columns=["entity_id", "item", "period_end", "value", "base_unit"])


def test_a_transaction_counts_once_net_before_gross():
    found = funds.transactions(
        raised(
            ("placing-2026-07-gross", "2026-07-13", 110, "HKD"),
            ("placing-2026-07-net", "2026-07-13", 100, "HKD"),
            ("ipo-gross-base", "2026-01-08", 40, "HKD"),
            ("ipo-gross-with-over-allotment", "2026-01-08", 46, "HKD"),
        )
    )
    assert found.set_index("name")["value"].to_dict() == {"placing-2026-07": 100, "ipo": 46}


def test_a_sum_is_left_out_only_where_its_parts_are_known():
    sum_ = ("placing-and-bond-2026-07-net", "2026-07-16", 15, "HKD")
    parts = [("bond-2026-07-net", "2026-07-16", 6, "HKD"), ("placing-2026-07-net", "2026-07-16", 9, "HKD")]
    assert funds.transactions(raised(sum_, *parts))["value"].sum() == 15
    assert funds.transactions(raised(sum_, parts[0]))["name"].tolist() == ["placing-and-bond-2026-07", "bond-2026-07"]
    assert funds.transactions(raised(sum_))["value"].tolist() == [15]


def test_no_currency_is_dropped():
    rows = raised(("placing-2026-07-net", "2026-07-13", 1, "HKD"), ("placing-and-bond-2026-09", "2026-09-13", 5, "USD"))
    assert funds.transactions(rows)["base_unit"].tolist() == ["HKD", "USD"]


def test_the_largest_raise_in_dollars_is_among_what_keeps_a_company_going():
    """The placing and convertible of September are stated in dollars, the other raises in Hong Kong dollars."""
    cash = Outlook.open("2026H1").cash.set_index("entity_id")
    assert cash.loc["zhipu", "raised"] > 5e9
    assert cash.loc["zhipu", "loans"] == pytest.approx(2_224.789e6 / 6.7758, rel=0.001)
    assert cash.loc["minimax", "raised"] == pytest.approx(15_877e6 / 7.8377, rel=0.001)
    assert (cash["months_net"] < cash["months_filed"]).all()


def test_the_same_money_lasts_by_what_counts_as_spent():
    """49 days used 10,954.8 of 31,374.95 million Hong Kong dollars; MiniMax files no cash flow of the half."""
    found = Outlook.open("2026H1")
    spent, cash = found.spent.iloc[0], found.cash.set_index("entity_id")
    assert (spent["days"], round(spent["part"], 4)) == (49, 0.3492)
    own = cash.loc["zhipu"]
    assert own["months_used"] < own["months_operating"] < own["months_after"]
    money = own["cash"] - own["loans"] + own["raised"]
    assert own["months_operating"] == pytest.approx(money / (3_374.057e6 / 6 / 6.7758), rel=1e-3)
    assert own["months_used"] == pytest.approx(money / (spent["value"] / 49 * 365.25 / 12))
    assert cash.loc["minimax", ["months_operating", "months_used"]].isna().all()


def test_shares_grew_from_the_day_of_listing_at_both_companies():
    assert Outlook.open("2026Q3").dilution.round(3).to_dict() == {"Zhipu": 0.108, "MiniMax": 0.14}


def test_a_target_is_set_beside_a_price_of_its_days_or_none():
    found = Outlook.open("2026Q3").target_prices.set_index(["company", "said_by", "said_on"])
    fresh = (found.index.get_level_values("said_on") - found["priced_on"]).dt.days <= 14
    assert found["upside"].notna().tolist() == fresh.tolist() and not fresh.all()


def test_loans_not_filed_on_the_day_of_the_cash_are_the_last_known(tmp_path):
    """A company that gives its loans at the half-year alone does not owe nothing at the end of the year."""
    shutil.copytree(DATA, tmp_path / "data", ignore=shutil.ignore_patterns("snapshots", ".refresh"))
    file = tmp_path / "data" / "financials.csv"
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    of_the_day = "zhipu,bank_loans,total,2026-06-30,"
    assert sum(line.startswith(of_the_day) for line in lines) == 1
    file.write_text("".join(line for line in lines if not line.startswith(of_the_day)), encoding="utf-8")
    cash = Outlook.open("2026H1", tmp_path / "data").cash.set_index("entity_id")
    assert cash.loc["zhipu", "loans"] == pytest.approx(689.452e6 / 6.7758, rel=0.001)


def prices(*rows):
    columns = ["metric", "item", "period_end", "value"]
    frame = pd.DataFrame(rows, columns=columns).assign(entity_id="firm", base_unit="HKD", tier="press", source_id="S")
    return frame.assign(period_end=pd.to_datetime(frame["period_end"]))


def test_a_value_is_printed_or_price_times_shares_known_that_day():
    found = peers.capitalisation(
        prices(
            ("shares_in_issue", "", "2026-01-01", 10),
            ("shares_in_issue", "placing", "2026-03-01", 12),
            ("share_price", "close", "2026-02-01", 5),
            ("share_price", "close", "2026-04-01", 5),
            ("share_price", "high", "2026-05-01", 99),
            ("share_price", "close", "2026-06-01", 5),
            ("market_capitalisation", "close", "2026-06-01", 61),
        )
    )
    assert found["value"].tolist() == [50, 60, 61]


def test_a_price_is_the_close_or_follows_from_the_capitalisation():
    found = peers.prices(
        prices(
            ("shares_in_issue", "", "2026-01-01", 10),
            ("market_capitalisation", "close", "2026-02-01", 50),
            ("market_capitalisation", "close", "2026-03-01", 70),
            ("share_price", "close", "2026-03-01", 8),
        )
    )
    assert found["price"].tolist() == [5, 8]


def test_a_run_rate_counts_from_the_day_it_was_published_and_news_of_the_past_is_none():
    values = pd.DataFrame(
        {"entity_id": "firm", "on": pd.to_datetime(["2026-01-15", "2026-03-01", "2026-06-01"]), "value": 100.0}
    )
    stated = pd.DataFrame(
        [("2026-02-01", "2026-02-05", 10.0), ("2026-01-01", "2026-05-01", 1.0), ("2026-05-31", "2026-07-01", 50.0)],
        columns=["on", "published_on", "value"],
    ).assign(entity_id="firm", measure="total")
    stated = stated.assign(on=pd.to_datetime(stated["on"]), published_on=pd.to_datetime(stated["published_on"]))
    found = peers.over_run_rate(values, stated)
    assert found["multiple"].tolist() == [10.0, 10.0]


def test_a_peer_has_the_first_metric_it_has_and_its_newest_figure():
    rows = pd.DataFrame(
        [
            ("gross_margin", "2025-12-31", 0.2),
            ("gross_margin", "2026-06-30", 0.3),
            ("gross_margin_said", "2026-09-30", 0.9),
        ],
        columns=["metric", "period_end", "value"],
    ).assign(entity_id="firm", segment="total", tier="filing", source_id="S")
    found = peers.newest(rows.assign(period_end=pd.to_datetime(rows["period_end"])), peers.MARGINS)
    assert found["value"].tolist() == [0.3]


@pytest.mark.parametrize("edition", ["2025FY", "2026H1", "2026Q3"])
def test_every_peer_is_named_and_no_figure_is_without_its_day_and_evidence(edition):
    found = Outlook.open(edition)
    wanted = [*found.edition.companies, *found.edition.peers]
    assert [peer.id for peer in found.peers] == [one for one in wanted if one in set(found.cat.entities["entity_id"])]
    cells = found.peer_cells
    assert cells[["value", "on", "tier", "source_id"]].notna().all(axis=None)
    assert (cells["on"] <= found.as_of).all()
    assert not cells.duplicated(["entity_id", "item"]).any()


def test_a_forecast_in_yuan_is_judged_in_yuan():
    """Six billion yuan are not six billion dollars: the simulated year is brought to the forecast's own currency."""
    found = Outlook.open("2026Q3")
    row = found.register.query(
        "base_unit == 'CNY' and metric == 'revenue' and period == 'FY2026' and entity_id == 'zhipu'"
    )
    forecast = row.iloc[-1].to_dict()
    year = found.years["zhipu"]
    assert found.per_dollar[forecast["statement_id"]] == pytest.approx(6.75, abs=0.15)
    rate = found.per_dollar[forecast["statement_id"]]
    assert found.draws(forecast) == pytest.approx((year["api"] + year["other"]) * rate)
    told = found.chances.set_index("statement_id").loc[forecast["statement_id"]]
    assert told["probability"] == pytest.approx(found.chance(forecast, at_least=True))


def run_rate(on, value, longer=False, scope="total"):
    words = {"scope_of": scope, "scope": scope, "tier": "press", "source_id": "S"}
    return {"entity_id": "firm", "on": pd.Timestamp(on), "value": value, "longer": longer, **words}


@pytest.mark.parametrize(
    "day, paired",
    [("2026-05-06", 2.0), ("2026-04-30", 2.0), ("2026-09-30", 10.0), ("2025-12-01", 1.0)],
    ids=["before the day", "of the day, the month before the week", "the newest", "none before: the next"],
)
def test_a_value_stands_over_the_run_rate_of_its_own_day(day, paired):
    values = pd.DataFrame([run_rate(day, 200.0)]).assign(what="closed")[peers.CELL]
    said = pd.DataFrame(
        [
            run_rate("2026-03-01", 1.0),
            run_rate("2026-04-30", 2.0, longer=True),
            run_rate("2026-04-30", 2.5),
            run_rate("2026-08-31", 10.0),
            run_rate("2026-05-05", 99.0, scope="api"),
        ]
    )
    widest = pd.DataFrame({"entity_id": ["firm"], "scope_of": ["total"]})
    found = peers.of_the_day(values, said, widest)
    assert found["value_of"].tolist() == [paired]
    assert found["what_of"].tolist() == ["total"]


def sold(*rows):
    frame = pd.DataFrame(rows, columns=["period_start", "period_end", "months", "value"])
    days = {name: pd.to_datetime(frame[name]) for name in ("period_start", "period_end")}
    return frame.assign(**days, entity_id="firm", segment="total", tier="press", source_id="S")


def test_revenue_of_twelve_months_is_filled_up_with_the_last_year():
    year = ("2025-01-01", "2025-12-31", 12, 12.0)
    quarters = ("2026-01-01", "2026-03-31", 3, 10.0), ("2026-04-01", "2026-06-30", 3, 20.0)
    alone, both = (peers.trailing_revenue(sold(*rows)).iloc[0] for rows in ([year], [year, *quarters]))
    assert (alone["value"], alone["what"]) == (12.0, "twelve months")
    assert (both["value"], both["on"]) == (36.0, pd.Timestamp("2026-06-30"))


def test_the_part_of_a_year_not_filed_is_what_the_consensus_leaves():
    found = Outlook.open("2026Q3").consensus_ahead
    assert found.loc["Zhipu", "rest"] == pytest.approx(6048 / 953.892 - 1)
    assert found.loc["MiniMax", "rest"] == pytest.approx(452 / 116.573 - 1)
