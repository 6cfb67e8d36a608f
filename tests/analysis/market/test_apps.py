"""What grew is split exactly, and asked of the same applications."""

import pandas as pd
import pytest

from tokenecon.analysis.market import apps


def listed(rows):
    columns = ["platform", "app_id", "name", "categories", "tokens", "requests", "observed_on"]
    frame = pd.DataFrame([("router", *row) for row in rows], columns=columns)
    return frame.assign(observed_on=pd.to_datetime(frame["observed_on"]))


ROWS = [
    ("1", "Old name", "coding", 100.0, 10.0, "2026-07-10"),
    ("1", "Old name", "", 200.0, 10.0, "2026-07-24"),
    ("1", "New name, by Someone", "", 900.0, 30.0, "2026-10-08"),
    ("2", "Play", "entertainment", 50.0, 50.0, "2026-07-24"),
    ("2", "Play", "entertainment", 50.0, 25.0, "2026-10-08"),
    ("3", "Gone", "", 500.0, 5.0, "2026-07-24"),
    ("4", "Come", "cli-agent", 80.0, 8.0, "2026-10-08"),
]


def test_the_last_day_of_the_first_month_is_set_against_the_last_day():
    found = apps.ends(listed(ROWS))
    assert found.groupby("day").size().tolist() == [3, 3]
    assert set(found.loc[found["app_id"] == "1", "name"]) == {"New name"}
    assert found.set_index(["app_id", "day"])["kind"].to_dict()["1", 1] == "coding and agents"
    assert set(found.loc[found["matched"], "app_id"]) == {"1", "2"}


def test_requests_and_length_add_up_to_the_growth_of_tokens():
    found = apps.growth(apps.ends(listed(ROWS)))
    growth = found["tokens_1"] / found["tokens_0"] - 1
    assert (found["by_requests"] + found["by_length"]).tolist() == pytest.approx(growth.tolist())
    both = found.set_index(["scope", "kind"])
    assert both.loc[(apps.MATCHED, "all"), "apps"] == 2
    # One application: requests from 10 to 30 at 20 and 30 tokens.
    assert both.loc[(apps.MATCHED, "coding and agents"), "by_requests"] == pytest.approx(20 * 25 / 200)


def test_a_shift_between_applications_is_no_change_of_length():
    rows = [("1", "A", "", 100.0, 10.0, "2026-07-24"), ("1", "A", "", 300.0, 30.0, "2026-10-08"),
            ("2", "B", "", 10.0, 10.0, "2026-07-24"), ("2", "B", "", 10.0, 10.0, "2026-10-08")]  # fmt: skip
    found = apps.growth(apps.ends(listed(rows))).set_index(["scope", "kind"])
    assert found.loc[(apps.MATCHED, "all"), "by_length"] == pytest.approx(0)
    assert found.loc[(apps.LISTED, "all"), "by_length"] > 0
