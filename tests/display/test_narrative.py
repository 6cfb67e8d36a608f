import datetime as dt

import pytest

from tokenecon.display import cite, say, when
from tokenecon.display.narrative import NOT_AVAILABLE, phrase


def facts_of(prose):
    data, metadata = prose._repr_mimebundle_()
    assert data["text/markdown"] == prose.text
    return metadata["tokenecon"]["facts"]


def test_a_sentence_records_what_it_prints():
    prose = say("API revenue grew {growth:.0%} to {revenue:,.0f|CNY m}.", growth=2.9267, revenue=190_379_000)
    assert prose.text == "API revenue grew 293% to 190 million yuan."
    assert facts_of(prose) == {
        "growth": {"value": 2.9267, "unit": "ratio", "text": "293%"},
        "revenue": {"value": 190379000, "unit": "CNY", "text": "190 million yuan"},
    }


@pytest.mark.parametrize(
    "template, value, text",
    [
        ("{x:+.1f|pp}", -0.0123, "−1.2 percentage points"),
        ("{x:.1f|USD bn}", 1.04e9, "1.0 billion dollars"),
        ("{x:.2f|times}", 1.9, "1.90 times"),
        ("{x:d}", 7, "7"),
        ("{x:.1f}", float("nan"), NOT_AVAILABLE),
        ("{x:.1f}", float("inf"), "∞"),
        ("{x:.1f|CNY m}", None, NOT_AVAILABLE),
        ("{x:%B %Y}", dt.date(2026, 3, 31), "March 2026"),
        ("{x}", "twelve times a month", "twelve times a month"),
    ],
)
def test_formats(template, value, text):
    assert phrase(template, x=value) == text


def test_citations_and_references_may_carry_digits():
    assert "[@ZP_AR25]" in say("Revenue grew {g:.0%} [@ZP_AR25], see @fig-h2 and @sec-part1.", g=1.2).text


@pytest.mark.parametrize(
    "template, values, message",
    [
        ("Revenue grew 132%.", {}, "typed number"),
        ("Revenue grew {g:.0%}.", {"g": 1, "h": 2}, "not printed"),
        ("Revenue was {r:.0f|CHF m}.", {"r": 1}, "unknown unit"),
        ("Revenue was {0}.", {}, "plain names"),
    ],
)
def test_what_is_refused(template, values, message):
    with pytest.raises(ValueError, match=message):
        say(template, **values)


def test_a_missing_value_is_an_error():
    with pytest.raises(KeyError, match="growth"):
        say("It grew {growth:.0%}.")


def test_citations_name_each_source_once():
    assert say("From filings {sources}.", sources=cite(["B_25", "A", "A; C"])).text == "From filings [@A; @B_25; @C]."
    assert cite([]) == ""


def test_a_clause_is_left_out_where_its_condition_fails():
    kept = say("Tokens grew{more}.", more=when(True, " {x:.0%}", x=0.5))
    assert kept.text == "Tokens grew 50%."
    assert facts_of(kept)["more.x"]["text"] == "50%"
    assert say("Tokens grew{more}.", more=when(False, " {x:.0%}", x=0.5)).text == "Tokens grew."
