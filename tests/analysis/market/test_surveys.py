import pandas as pd
import pytest

from tokenecon.analysis.market import surveys


def test_a_survey_has_the_interval_of_its_sample_where_the_source_gives_one():
    rows = pd.DataFrame(
        {
            "entity_id": "united_states",
            "metric": ["survey_share", "survey_share", "headcount", "multihoming_apps"],
            "item": ["could-switch", "also-pays-openai", "", "of-four"],
            "value": [0.89, 0.67, 10.0, 4.0],
            "base_unit": ["ratio", "ratio", "persons", "one"],
            "note": ["n = 1,500 US; by mail", "", "", ""],
            "period_end": pd.to_datetime(["2026-06-30"] * 4),
            "source_id": "S",
        }
    )
    found = surveys.published(rows, pd.DataFrame({"source_id": ["S"], "publisher": ["Someone"]}), {"openai": "OpenAI"})
    assert found["what"].tolist() == ["could switch", "also pays OpenAI"]
    assert found["n"].tolist()[0] == 1500 and found["n"].isna().tolist() == [False, True]
    assert found["low"][0] == pytest.approx(0.873, abs=0.002) and found["high"][0] == pytest.approx(0.905, abs=0.002)
    assert found["low"].isna()[1] and found["publisher"][0] == "Someone"


def test_who_made_a_survey_is_named_before_who_tells_it_again():
    rows = pd.DataFrame(
        {
            "entity_id": "openai",
            "metric": "survey_share",
            "item": "could-switch",
            "value": 0.4,
            "base_unit": "ratio",
            "note": [
                "Survey of Menlo Ventures.",
                "Panel of Ramp. Customers of one.",
                "n = 500 US",
                "a survey of firms",
            ],
            "period_end": pd.to_datetime(["2026-07-31"] * 4),
            "source_id": ["S", "V", "S", "S"],
        }
    )
    sources = pd.DataFrame({"source_id": ["S", "V"], "publisher": ["Someone", "Someone via a letter"]})
    found = surveys.published(rows, sources, {})["publisher"]
    assert found.tolist() == ["Menlo Ventures via Someone", "Ramp via Someone", "Someone", "Someone"]


def test_a_panel_of_cards_is_named_as_one():
    rows = pd.DataFrame(
        {
            "entity_id": "openai",
            "metric": ["ramp_spend_share", "paid_adoption_share", "enterprise_adoption"],
            "item": ["all-ai-spending", "", ""],
            "value": 0.4,
            "base_unit": "ratio",
            "note": "",
            "period_end": pd.to_datetime(["2026-07-31"] * 3),
            "source_id": "S",
        }
    )
    found = surveys.published(rows, pd.DataFrame({"source_id": ["S"], "publisher": ["Someone"]}), {})
    said = ["spending on Ramp: all AI spending", "paid adoption on Ramp", "enterprise adoption"]
    assert found["what"].tolist() == said
