"""The end of a span can become known after its row: each edition sees the ends of its day; some tables may be empty."""

import pandas as pd
import pytest

from tokenecon.catalog import Catalog
from tokenecon.catalog.market import with_ends

KEY = ["endpoint", "name", "condition", "effective_from", "origin"]
BETWEEN, LATER = "2026-06-01", "2026-09-15"
"""Days that only the second edition knows."""


def an_open_span(data) -> dict[str, str]:
    """A span that both editions know and whose row has no end."""
    wanted = {"source_id": "MODELS_DEV", "effective_to": "", "first_party": "true"}
    return next(
        row for row in data.rows("prices.csv") if wanted.items() <= row.items() and row["published_on"] < "2026-04-01"
    )


def end(data, span: dict[str, str], effective_to: str, published_on: str, cells: dict[str, str] | None = None) -> None:
    row = {name: span[name] for name in KEY} | {"effective_to": effective_to, "source_id": "MODELS_DEV"}
    header = data.text("price_ends.csv").split("\n")[0].split(",")
    row |= {"published_on": published_on} | (cells or {})
    data.write("price_ends.csv", data.text("price_ends.csv") + ",".join(row.get(name, "") for name in header) + "\n")


def seen_end(data, span: dict[str, str], edition: str) -> str:
    frame = Catalog.open(edition, data.root).prices
    same = pd.Series(True, index=frame.index)
    for name in KEY:
        cells = frame[name].dt.strftime("%Y-%m-%d") if name == "effective_from" else frame[name]
        same &= cells.fillna("") == span[name]
    [value] = frame.loc[same, "effective_to"].dt.strftime("%Y-%m-%d").fillna("")
    return value


def test_an_edition_sees_no_end_that_became_known_later(data):
    span = an_open_span(data)
    before = Catalog.open("2025FY", data.root).prices
    assert seen_end(data, span, "2026H1") == ""
    end(data, span, BETWEEN, BETWEEN)
    assert data.findings() == []
    assert seen_end(data, span, "2026H1") == BETWEEN
    pd.testing.assert_frame_equal(Catalog.open("2025FY", data.root).prices, before)


def test_an_end_said_of_an_earlier_day_is_not_known_earlier(data):
    span = an_open_span(data)
    end(data, span, "2026-04-10", BETWEEN)
    assert seen_end(data, span, "2025FY") == ""
    assert seen_end(data, span, "2026H1") == "2026-04-10"


def test_of_two_ends_the_last_known_speaks(data):
    span = an_open_span(data)
    end(data, span, LATER, LATER)
    end(data, span, "2026-05-20", "2026-05-20")
    assert data.findings() == []
    assert seen_end(data, span, "2026H1") == LATER


def test_no_row_is_lost_or_doubled():
    days = pd.to_datetime(["2026-01-01", "2026-01-01", None])
    frame = pd.DataFrame({"endpoint": "a", "name": list("xyz"), "condition": "", "effective_from": days, "origin": "o"})
    frame["effective_to"] = pd.to_datetime([None, "2026-03-01", None])
    ends = frame.iloc[[0, 2, 0]].assign(
        effective_to=pd.to_datetime(["2026-02-01", "2026-02-02", "2026-02-03"]),
        published_on=pd.to_datetime(["2026-02-05", "2026-02-05", "2026-02-04"]),
    )
    found = with_ends(frame, ends)
    assert found["name"].tolist() == list("xyz")
    assert found["effective_to"].dt.strftime("%m-%d").tolist() == ["02-01", "03-01", "02-02"]
    pd.testing.assert_frame_equal(with_ends(frame, ends.iloc[:0]), frame)


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ({"source_id": "NOBODY"}, "NOBODY"),
        ({"effective_to": "soon"}, "'soon' is not a"),
        ({"published_on": ""}, "published_on"),
        ({"name": "no-such-model"}, "no-such-model"),
        ({"effective_to": "2020-01-01"}, "2020-01-01 is before effective_from"),
    ],
)
def test_a_bad_end_is_one_line(data, cells, words):
    end(data, an_open_span(data), BETWEEN, BETWEEN, cells)
    found = data.findings()
    assert any(line.startswith("data/price_ends.csv:2: ") and words in line for line in found), found


@pytest.mark.parametrize("name", ["price_ends", "accepted", "quarantine"])
def test_a_table_that_may_be_empty_is_whole_without_rows(data, name):
    header = data.text(f"{name}.csv").split("\n")[0]
    data.write(f"{name}.csv", header + "\n")
    assert data.findings() == []
    frame = Catalog.open("2026H1", data.root).table(name)
    assert frame.empty and list(frame.columns) == header.split(",")


def test_other_tables_may_not_be_empty(data):
    data.write("prices.csv", data.text("prices.csv").split("\n")[0] + "\n")
    assert "data/prices.csv:1: file: has a header and no rows" in data.findings()


def test_a_table_that_may_be_empty_needs_its_header(data):
    data.write("accepted.csv", "")
    assert "data/accepted.csv:1: file: is empty; it needs at least its header" in data.findings()
