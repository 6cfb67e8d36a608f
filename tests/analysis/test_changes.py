"""What became of each printed fact: only what its key and its sentence allow to say."""

import numpy as np
import pandas as pd
import pytest

from tokenecon.analysis import changes


def fact(value, text=None, unit="ratio"):
    return {"value": value, "unit": unit, "text": text or str(value)}


def compared(before, after, figures=None):
    one, other = changes.facts_frame(before), changes.facts_frame(after)
    return changes.compare(one, other, figures)["kind"].to_dict()


def test_a_key_is_taken_apart():
    frame = changes.facts_frame({"01_mix.halves.share.H1 2024": fact(0.4), "00_summary.n": fact(3, unit="count")})
    assert frame.loc["01_mix.halves.share.H1 2024", ["notebook", "cell", "name", "period"]].tolist() == [
        "01_mix",
        "halves",
        "share.H1 2024",
        "H1 2024",
    ]
    assert frame.loc["00_summary.n", ["notebook", "cell", "name", "period"]].tolist() == ["00_summary", "", "n", ""]


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (fact(0.25, "25%"), {}),
        (fact(0.25 * (1 + 1e-12), "25%"), {}),
        (fact(0.26, "26%"), {"a.b.c": "'25%' becomes '26%'"}),
        (fact(0.2501, "25%"), {"a.b.c": "value 0.25 becomes 0.2501, though both print '25%'"}),
        (fact(0.25, "25%", "CNY"), {"a.b.c": "ratio becomes CNY, though both print '25%'"}),
        (None, {"a.b.c": "'25%' is gone"}),
    ],
)
def test_differences_are_said_one_by_one(other, expected):
    after = {} if other is None else {"a.b.c": other}
    assert changes.differences({"a.b.c": fact(0.25, "25%")}, after) == expected


def test_a_value_that_is_missing_on_both_sides_is_the_same():
    gone = fact(None, "[not available]")
    assert changes.differences({"a.b.c": gone}, {"a.b.c": gone}) == {}
    assert changes.differences({"a.b.c": gone}, {"a.b.c": fact(1.0)}) != {}


def test_what_became_of_a_fact_follows_from_its_key_and_its_sentence():
    before = {
        "n.halves.share.H1 2024": fact(0.4),
        "n.halves.share.H2 2024": fact(0.1),
        "n.answer.period": fact("FY2025", unit="text"),
        "n.answer.share": fact(0.26),
        "n.target.due": fact("2026-12-31", unit="date"),
        "n.target.chance": fact(0.58),
        "n.bare.n": fact(10, unit="count"),
        "n.bare.steady": fact(1.0),
        "n.lost.x": fact(1.0),
    }
    after = {
        "n.halves.share.H1 2024": fact(0.41),
        "n.halves.share.H2 2024": fact(0.1),
        "n.halves.share.H1 2026": fact(0.8),
        "n.answer.period": fact("H1 2026", unit="text"),
        "n.answer.share": fact(0.87),
        "n.target.due": fact("2026-12-31", unit="date"),
        "n.target.chance": fact(0.53),
        "n.bare.n": fact(12, unit="count"),
        "n.bare.steady": fact(1.0),
        "n.fresh.x": fact(1.0),
    }
    assert compared(before, after) == {
        "n.halves.share.H1 2024": "revised",
        "n.halves.share.H2 2024": "unchanged",
        "n.halves.share.H1 2026": "new",
        "n.answer.period": "moved on",
        "n.answer.share": "moved on",
        "n.target.due": "unchanged",
        "n.target.chance": "revised",
        "n.bare.n": "changed",
        "n.bare.steady": "unchanged",
        "n.fresh.x": "new",
        "n.lost.x": "gone",
    }
    found = changes.compare(changes.facts_frame(before), changes.facts_frame(after))
    assert found.loc["n.halves.share.H1 2026", "reason"] == "a further period"
    assert found.loc["n.fresh.x", "reason"] == ""


@pytest.mark.parametrize(
    ("was", "now", "kind", "behind"),
    [
        ((0.5275, "53%"), (0.5306, "53%"), "unchanged", ""),
        ((1.6e9, "1,600"), (1.6004e9, "1,600"), "unchanged", ""),
        ((0.5275, "53%"), (0.5506, "53%"), "revised", "value 0.5275 becomes 0.5506"),
        ((-0.2, "falls"), (-0.4, "falls"), "revised", "value −0.2 becomes −0.4"),
        ((0.2, "0.2"), (0.2, "0.3"), "revised", ""),
    ],
)
def test_what_prints_the_same_is_revised_only_by_what_no_rounding_explains(was, now, kind, behind):
    key = "n.halves.share.H1 2024"
    before, after = (changes.facts_frame({key: fact(value, text)}) for value, text in (was, now))
    found = changes.compare(before, after).loc[key]
    assert (found["kind"], found["behind"]) == (kind, behind)


def test_an_interval_that_moves_behind_the_same_text_is_told():
    key, one = "n.halves.slope.H1 2024", fact(0.42, "0.4")
    wide, narrow = ({key: one | {"low": 0.1, "high": high, "n": n}} for high, n in ((0.9, 12), (0.5, 14)))
    found = changes.compare(changes.facts_frame(wide), changes.facts_frame(narrow)).loc[key]
    assert (found["kind"], found["behind"]) == ("revised", "high 0.9 becomes 0.5; n 12 becomes 14")


def table(value, source, published="2026-03-31"):
    return pd.DataFrame(
        {
            "entity_id": "z",
            "metric": "cash",
            "segment": "total",
            "period": "2024-12-31",
            "base_unit": "CNY",
            "value": [value],
            "source_id": [source],
        }
    )


def test_a_figure_that_a_ruling_replaced_restates_the_facts_that_print_it():
    old, new = table(2.5e9, "PROS"), table(2.4e9, "AR")
    history = pd.concat([old.assign(ruling="z-cash"), new.assign(ruling="")])
    figures = changes.figures_changed(old, new, history)
    assert figures[["before", "after", "source_before", "source_after", "ruling"]].to_numpy().tolist() == [
        [2.5e9, 2.4e9, "PROS", "AR", "z-cash"]
    ]
    before = {"n.cash.held": fact(2.5e9), "n.cash.other": fact(7.0)}
    after = {"n.cash.held": fact(2.4e9), "n.cash.other": fact(8.0)}
    assert compared(before, after, figures) == {"n.cash.held": "restated", "n.cash.other": "changed"}


def test_figures_that_stand_and_figures_that_are_new_are_no_change():
    old = table(2.5e9, "PROS")
    new = pd.concat([old, table(1.0, "AR").assign(period="2025-12-31")])
    assert changes.figures_changed(old, new, new.assign(ruling="")).empty
    aside = changes.figures_changed(old, new.iloc[1:], old.assign(ruling="z-cash"))
    assert aside["ruling"].tolist() == ["z-cash"]
    assert np.isnan(aside["after"].iloc[0])


def test_estimates_are_found_by_their_interval_and_judged_by_the_earlier_one():
    def printed(value, low, high):
        return {
            "n.slope.b": fact(value),
            "n.slope.b_low": fact(low),
            "n.slope.b_high": fact(high),
            "n.slope.n": fact(40),
        }

    before = changes.facts_frame(printed(1.0, 0.8, 1.2) | {"n.slope.lonely": fact(3.0)})
    found = changes.estimates(before)
    assert found.index.tolist() == ["n.slope.b"]
    assert found.loc["n.slope.b", ["value", "low", "high", "n"]].tolist() == [1.0, 0.8, 1.2, 40]
    for value, low, high, beyond, apart in (
        (1.1, 0.9, 1.3, False, False),
        (1.3, 1.1, 1.5, True, False),
        (2, 1.5, 2.5, True, True),
    ):
        moved = changes.estimates_moved(before, changes.facts_frame(printed(value, low, high)))
        assert moved[["beyond", "apart"]].to_numpy().tolist() == [[beyond, apart]]


def test_verdicts_that_differ_and_claims_that_one_edition_judges():
    found = changes.verdicts_changed(
        {"a": {"verdict": "open"}, "b": {"verdict": "reproduced"}, "c": {"verdict": "differs"}},
        {"a": {"verdict": "met"}, "b": {"verdict": "reproduced"}, "d": {"verdict": "supported"}},
    )
    assert found.to_numpy().tolist() == [["a", "open", "met"], ["c", "differs", ""], ["d", "", "supported"]]
