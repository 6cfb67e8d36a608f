"""Market tables: large ones on demand, spans as known on a day, exclusions declared and counted."""

from __future__ import annotations

import json
import re

import pandas as pd
import pytest

from tokenecon.catalog import Catalog, DataError

LARGE = ["prices", "capability", "token_models", "token_shares"]


def edit(data, name, match, /, **cells) -> int:
    """Change cells of the first row that matches; return its line."""
    line = next(n for n, row in enumerate(data.rows(name), 2) if match.items() <= row.items())
    data.edit(name, line, **cells)
    return line


@pytest.mark.parametrize("name", LARGE)
def test_a_large_table_is_read_and_checked_when_asked_for(data, name):
    column = "tokens" if name.startswith("token") else "published_on"
    line = edit(data, f"{name}.csv", {}, **{column: "n/a"})
    catalog = Catalog.open("2026H1", data.root)
    assert len(catalog.financials)
    for _ in range(2):
        with pytest.raises(DataError, match=rf"data/{name}\.csv:{line}: {column}: 'n/a' is not a "):
            catalog.table(name)


@pytest.mark.parametrize("name", LARGE)
def test_an_edition_sees_only_what_was_known(fy, name):
    frame = fy.table(name)
    assert len(frame)
    assert frame["published_on"].max() <= pd.Timestamp(fy.edition.as_of)
    assert frame["tier"].notna().all()


def test_an_end_to_come_is_not_known(fy, h1):
    def ends(catalog: Catalog) -> pd.Series:
        rows = catalog.prices.query("endpoint == 'deepseek' and name == 'deepseek-chat' and input == 0.28")
        return rows.sort_values("effective_from")["effective_to"].dt.strftime("%Y-%m-%d").fillna("").tolist()

    assert ends(fy) == ["2025-12-01", ""]
    assert ends(h1) == ["2025-12-01", "2026-04-25"]
    for name in ("effective_to", "last_seen_on"):
        assert fy.prices[name].max() <= pd.Timestamp(fy.edition.as_of)


@pytest.mark.parametrize("edition", ["fy", "h1"])
def test_list_prices_and_exclusions_make_up_the_whole(edition, request):
    catalog = request.getfixturevalue(edition)
    frame, excluded = catalog.list_prices()
    assert len(frame) + excluded["rows"].sum() == len(catalog.prices)
    assert frame["first_party"].all()
    assert excluded["reason"].ne("").all()
    assert set(zip(frame["market"], frame["currency"], strict=True)) == {("domestic", "CNY"), ("international", "USD")}


def test_flags_that_do_not_exclude_stay(h1):
    flags = h1.table("flags")
    stay = set(flags.loc[~flags["excluded"], "flag"])
    frame, excluded = h1.list_prices()
    assert set(frame["flags"].str.split().explode().dropna()) <= stay
    assert not stay & set(excluded["flag"])
    assert frame["flags"].str.contains("time_of_day").any()


def test_a_row_with_two_flags_counts_once_under_the_first(data):
    before = Catalog.open("2026H1", data.root).list_prices().excluded.set_index("flag")["rows"]
    edit(data, "prices.csv", {"flags": "converted domestic_in_usd"}, flags="converted domestic_in_usd placeholder")
    after = Catalog.open("2026H1", data.root).list_prices().excluded.set_index("flag")["rows"]
    assert after["placeholder"] == before["placeholder"] + 1
    assert after["converted"] == before["converted"] - 1


def test_scores_come_with_their_scale(h1):
    frame = h1.capability
    ratio = frame["unit"].isin(["fraction", "percent"])
    assert frame.loc[ratio, "value"].between(0, 1).all()
    assert frame.loc[~ratio, "value"].equals(frame.loc[~ratio, "score"])
    assert set(frame.loc[frame["basis"] == "estimated", "unit"]) == {"index"}


def test_tokens_keep_the_rest(h1):
    days = h1.token_models.query("frequency == 'day'")
    rest = days[days["name"] == "other"]
    assert len(rest) == days["period_end"].nunique() == 95
    assert rest["entity_id"].eq("").all()
    assert days["free"].any()
    assert h1.token_shares["value"].between(0, 1).all()


@pytest.mark.parametrize(
    ("name", "match", "cells", "column", "message"),
    [
        ("prices.csv", {"flags": ""}, {"input": "-1"}, "input", "'-1' is below 0"),
        ("prices.csv", {"flags": ""}, {"flags": "odd"}, "flags", "'odd' is no flag of prices in data/flags.csv"),
        ("prices.csv", {"flags": ""}, {"flags": "same_day"}, "flags", "has 'same_day', and its cells do not show it"),
        ("prices.csv", {"flags": ""}, {"cached_input": "1000"}, "flags", "lacks 'cached_above_input'"),
        ("prices.csv", {"flags": ""}, {"output": ""}, "flags", "lacks 'no_output_price'"),
        ("prices.csv", {"flags": ""}, {"input": "0", "output": "0"}, "flags", "lacks 'zero_price'"),
        (
            "prices.csv",
            {"flags": "reseller"},
            {"first_party": "true"},
            "first_party",
            "'true' does not fit; false goes",
        ),
        ("prices.csv", {"flags": "converted domestic_in_usd"}, {"currency": "XAU"}, "currency", "'XAU' is none of CNY"),
        ("prices.csv", {"flags": "same_day"}, {"effective_to": "2024-01-01"}, "effective_to", "2024-01-01 is before"),
        ("prices.csv", {"flags": ""}, {"last_seen_on": "2024-01-01"}, "last_seen_on", "2024-01-01 is before published"),
        ("prices.csv", {"dating": "change_commit"}, {"effective_from": ""}, "published_on", ""),
        ("prices.csv", {"flags": ""}, {"model_id": "gpt-0"}, "model_id", "'gpt-0' is in no row of model_id of data/mo"),
        (
            "capability.csv",
            {"benchmark": "aa_hle"},
            {"score": "1.5"},
            "score",
            "1.5 is off the scale of aa_hle, 0 to 1",
        ),
        ("capability.csv", {}, {"published_on": "2020-01-01"}, "published_on", "2020-01-01 is before the first sight"),
        ("token_models.csv", {"frequency": "day", "rank": "2"}, {"tokens": "9e9"}, "tokens", "'9e9' is not a number"),
        ("token_models.csv", {"frequency": "day", "rank": "2"}, {"tokens": "1"}, "rank", ""),
        (
            "token_models.csv",
            {"name": "other"},
            {"name": "nobody"},
            "name",
            "'nobody' is in no row of name of data/mod",
        ),
        ("token_models.csv", {"frequency": "week"}, {"period_start": "2026-05-01"}, "period_start", "makes a week of"),
        ("token_shares.csv", {"author": "google"}, {"share": "31.2"}, "share", "31.2 percent does not go with"),
        ("model_aliases.csv", {"free": "true"}, {"free": "yes"}, "free", "'yes' is neither true nor false"),
    ],
)
def test_a_bad_row_of_the_market(data, name, match, cells, column, message):
    line = edit(data, name, match, **cells)
    wanted = re.compile(rf"data/{re.escape(name)}:\d+: {column}: .*{re.escape(message)}")
    found = [finding for finding in data.findings() if wanted.match(finding)]
    assert found, data.findings()
    assert column == "rank" or found[0].startswith(f"data/{name}:{line}:")


@pytest.mark.parametrize("share", ["0", "0.0", "0.04"])
def test_a_share_of_next_to_nothing_is_checked_like_the_others(data, share):
    """Of a day's tokens a twentieth of a percent is printed as 0.0."""
    rows = data.rows("token_shares.csv")
    total = float(rows[0]["tokens"]) / float(rows[0]["share"]) * 100
    line = data.add("token_shares.csv", 2, author="nobody-yet", share=share, tokens=f"{total * 0.0004:.0f}")
    assert not any("does not go with" in found for found in data.findings()), data.findings()
    data.edit("token_shares.csv", line, tokens=f"{total * 0.02:.0f}")
    assert any(found.startswith(f"data/token_shares.csv:{line}: share: {share} percent") for found in data.findings())


def test_a_day_on_which_no_share_can_be_told_is_no_error(data):
    rows = data.rows("token_shares.csv")
    data.save("token_shares.csv", [row | {"share": "0.0"} for row in rows])
    assert all("share" not in found for found in data.findings())


def test_a_day_without_the_rest(data):
    data.delete("token_models.csv", data.line("token_models.csv", name="other"))
    assert any("largest_50_and_other of 2026-05-24 has no rows named 'other'" in found for found in data.findings())


def test_a_flag_that_no_row_has(data):
    line = data.add("flags.csv", 2, flag="unheard_of")
    assert data.findings() == [f"data/flags.csv:{line}: flag: no row has 'unheard_of'; delete the line"]


def test_frictionless_agrees_on_every_row(data):
    from frictionless import Package

    report = Package(str(data.root / "datapackage.json")).validate()
    assert report.valid, report.flatten(["name", "rowNumber", "fieldName", "note"])


@pytest.mark.parametrize("constraint", [{"maximum": 1}, {"maxLength": 2}])
def test_a_constraint_that_no_table_has_yet(data, constraint):
    package = json.loads(data.text("datapackage.json"))
    tables = {resource["name"]: resource["schema"] for resource in package["resources"]}
    name, field = ("fx", "rate") if "maximum" in constraint else ("benchmarks", "unit")
    fields = {entry["name"]: entry for entry in tables[name]["fields"]}
    fields[field]["constraints"] |= constraint
    data.write("datapackage.json", json.dumps(package))
    assert any(found.startswith(f"data/{name}.csv:") and f": {field}: " in found for found in data.findings())
