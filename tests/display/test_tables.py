import numpy as np
import pandas as pd
import pytest

from tokenecon.display import Column, table

DATA = pd.DataFrame({"who": ["Zhipu", "MiniMax"], "revenue": [724_334_000.0, np.nan], "share": [0.263, -0.01]})
COLUMNS = {
    "who": Column("Company"),
    "revenue": Column("Revenue (million yuan)", ",.0f", scale=1e6),
    "share": Column("API share", ".1%"),
}


def test_numbers_stand_right_and_gaps_are_marked():
    lines = table(DATA, COLUMNS).markdown.splitlines()
    assert lines[0] == "| Company | Revenue (million yuan) | API share |"
    assert [cell.endswith(":") for cell in lines[1].strip("|").split("|")] == [False, True, True]
    assert lines[2] == "| Zhipu | 724 | 26.3% |"
    assert lines[3] == "| MiniMax | — | −1.0% |"


def test_the_data_behind_the_table_are_in_base_units():
    _, metadata = table(DATA, COLUMNS)._repr_mimebundle_()
    assert metadata["tokenecon"]["data_csv"].splitlines()[1] == "Zhipu,724334000,0.263"


def test_a_note_follows_and_pipes_are_escaped():
    text = table(pd.DataFrame({"a": ["x|y"]}), {"a": Column("A")}, note="Source: filings.").markdown
    assert "x\\|y" in text
    assert text.endswith("\n\nSource: filings.")


def test_days_in_a_text_are_written_as_days_are_and_names_stay():
    rows = table(pd.DataFrame({"a": ["by 2026-06-30, or later", "gpt-4o-2024-05-13", "2026-13-40"]}), {"a": "A"})
    cells = [line.strip("| ") for line in rows.markdown.splitlines()[2:]]
    assert cells == ["by 30 Jun 2026, or later", "gpt-4o-2024-05-13", "2026-13-40"]


def test_an_empty_table_is_refused():
    with pytest.raises(ValueError, match="no rows"):
        table(DATA.head(0), COLUMNS)


def test_an_unknown_column_is_named():
    with pytest.raises(KeyError, match="margin"):
        table(DATA, {"margin": Column("Margin")})


def test_large_percents_have_separators_and_the_size_of_a_sample_stays_in_one_line():
    data = pd.DataFrame({"growth": [27.36, -0.2], "found": ["11% (3 to 16, n = 168)", "—"]})
    made = table(data, {"growth": Column("Growth", "+.0%"), "found": "Found"}).markdown
    assert "+2,736%" in made and "−20%" in made
    assert "16, n\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}168)" in made
