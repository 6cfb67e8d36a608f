"""What a published edition printed and judged is read from its record; a draft has none."""

import pytest

from tokenecon.catalog import Catalog, DataError
from tokenecon.catalog.records import recorded


def test_a_record_holds_facts_and_claims_by_key(data):
    found = recorded(data.root, "2025FY")
    assert found is not None and set(found) == {"facts", "claims"}
    assert found["claims"]["zp_share_price"]["on"] == "2026-04-01"
    assert recorded(data.root, "2099FY") is None
    assert Catalog.open("2025FY", data.root).record == found


def test_an_edition_opened_again_as_a_draft_has_no_record(data):
    data.edit_text("editions/2025FY.toml", 1, lambda line: f"draft = true\n{line}")
    assert Catalog.open("2025FY", data.root).record is None


@pytest.mark.parametrize("text", ["{", "[]", '{"facts": {}}', '{"facts": {}, "claims": 3}'])
def test_a_damaged_record_is_named(data, text):
    data.write("editions/2025FY.facts.json", text)
    with pytest.raises(DataError, match=r"data/editions/2025FY.facts.json:1: file: is damaged"):
        recorded(data.root, "2025FY")
