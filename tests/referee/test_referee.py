"""The second pair of eyes: other code, by the definitions in words, on the same data, must print the same numbers.

Nothing here imports the package. ``printed.csv`` says under which key a number of the referee's is printed, and how
far apart the two may lie: nothing but rounding, unless a fit that each makes on a grid of its own stands between.
"""

import ast
import csv
import json
import math
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from referee import accounts, known, market, pricing

HERE = Path(__file__).parent
ALLOWED = {"pandas", "numpy", "statsmodels", "pytest", "referee"}
STANDARD = {"ast", "csv", "fractions", "functools", "hashlib", "json", "math", "pathlib", "re", "tomllib"}
PRINTED = list(csv.DictReader((HERE / "printed.csv").open(encoding="utf-8")))
NUMBERS = ("verdict", "computed", "ci_low", "ci_high", "n")
GROUPS = {"figure": "numbers", "ratio": "numbers", "growth": "numbers", "structural": "business",
          "definition": "business", "forecast": "forecasts"}  # fmt: skip


@cache
def referee(edition):
    about = known.Edition(edition)
    return accounts.numbers(about) | market.numbers(about) | pricing.numbers(about)


@cache
def record(edition):
    facts, why = known.record(edition)
    if not facts:
        pytest.skip(why)
    return facts


def alike(one, other, tolerance):
    return math.isclose(one, other, rel_tol=1e-9, abs_tol=tolerance or 1e-12)


@pytest.mark.parametrize("edition", known.EDITIONS)
@pytest.mark.parametrize("row", PRINTED, ids=lambda row: row["fact"])
def test_the_referee_reproduces(edition, row):
    facts = record(edition)
    if row["fact"] not in facts:
        pytest.skip(f"{edition} does not print it")
    fact, found = facts[row["fact"]], referee(edition)
    tolerance = float(row["tolerance"] or 0)
    assert alike(found[row["number"]], fact["value"], tolerance), f"{found[row['number']]} is not {fact['value']}"
    if "n" in fact and f"{row['number']}, n" in found:
        assert found[f"{row['number']}, n"] == fact["n"]


@cache
def bounds(edition):
    about = known.Edition(edition)
    return market.bounds(about) | pricing.bounds(about)


BOUNDED = ("premium", "level", "gap per token", "gap per run", "quotient", "days to half", "days among the nine", "lag",
           "slope of concentration", "slope of concentration, days", "fifth to first, ratio", "fifth to first, points",
           "premium, top third", "premium, coding", "cheaper leads", "gap in use", "slope difference",
           "launch prices after a year, CN", "launch prices after a year, US", "time on frontier, CN",
           "time on frontier, US")  # fmt: skip


@pytest.mark.parametrize("edition", known.EDITIONS)
@pytest.mark.parametrize("number", BOUNDED)
def test_the_referee_finds_the_ends_of_intervals_where_they_are_printed(edition, number):
    facts = record(edition)
    keys = {row["fact"] for row in PRINTED if row["number"] == number}
    printed = [fact for key, fact in facts.items() if key in keys and fact.get("low") is not None]
    if not printed:
        pytest.skip(f"{edition} prints no interval of it")
    assert len({(fact["low"], fact["high"]) for fact in printed}) == 1
    assert not list(bounds(edition)[number].faults(printed[0]))


@pytest.mark.parametrize("edition", known.EDITIONS)
def test_every_interval_of_the_first_page_has_a_referee(edition):
    numbers = {row["fact"]: row["number"] for row in PRINTED}
    with_ends = [key for key, fact in record(edition).items() if key.startswith("00_") and fact.get("low") is not None]
    assert with_ends and {numbers[key] for key in with_ends} <= set(BOUNDED)


def test_a_wrong_interval_is_found():
    """A fifth narrower, or of models instead of vendors: the referee must see it."""
    edition = known.EDITIONS[-1]
    level = bounds(edition)["level"]
    (fact,) = {(f["low"], f["high"]) for key, f in record(edition).items() if key.endswith("level.f.level")}
    low, high = (0.8 * np.log(end) + 0.2 * np.log(1.7) for end in fact)
    assert list(level.faults({"errors": "wild cluster bootstrap", "low": np.exp(low), "high": np.exp(high)}))
    half = bounds(edition)["days to half"]
    assert list(half.faults({"errors": "bootstrap by vendor", "low": 21.0, "high": 35.0}))


def test_every_key_is_printed_somewhere():
    records = [known.record(edition)[0] for edition in known.EDITIONS]
    gone = [row["fact"] for row in PRINTED if not any(row["fact"] in facts for facts in records)]
    assert not gone, f"printed.csv names keys that no record has: {gone}"


@pytest.mark.parametrize("edition", known.EDITIONS)
def test_every_number_of_the_first_page_has_a_referee(edition):
    held = {row["fact"] for row in PRINTED}
    numbers = {key for key, fact in record(edition).items() if isinstance(fact["value"], int | float)}
    alone = {key for key in numbers if key.startswith("00_") and key not in held and ".claims." not in key}
    assert not alone


@cache
def verdicts(edition):
    """Return verdict and number of each claim as recorded, else as the last build judged them."""
    committed = known.DATA / "editions" / f"{edition}.facts.json"
    if committed.exists():
        return json.loads(committed.read_text())["claims"]
    record(edition)
    with (known.ROOT / "build" / edition / "claims.csv").open(encoding="utf-8") as rows:
        return {row["claim_id"]: row for row in csv.DictReader(rows)}


@pytest.mark.parametrize("edition", known.EDITIONS)
def test_the_first_page_counts_the_claims(edition):
    """Claims about the business that rest on one computation with the same numbers count once."""
    facts, judged = record(edition), verdicts(edition)
    claims = known.Edition(edition).rows("claims").set_index("claim_id")
    kinds = claims["kind"].map(GROUPS)
    assert set(kinds.index) == set(judged)
    counted = {
        'tally.loc["numbers", "reproduced"]': ("numbers", "reproduced"),
        'tally.loc["numbers"].sum()': ("numbers", None),
        'said["supported"]': ("business", "supported"),
        'said["not supported"]': ("business", "not supported"),
        'said["undetermined"]': ("business", "undetermined"),
    }
    for expression, (group, verdict) in counted.items():
        evidence = {}
        for claim in kinds.index[kinds == group]:
            numbers = tuple(judged[claim].get(name, "") for name in NUMBERS)
            alone = group != "business" or not judged[claim]["n"]
            evidence[claim if alone else (claims["computation"][claim], *numbers)] = judged[claim]["verdict"]
        own = evidence.values()
        expected = sum(verdict in (None, one) for one in own)
        assert facts[f"00_summary.claims.number({expression})"]["value"] == expected


@pytest.mark.parametrize("edition", known.EDITIONS)
def test_figures_of_the_article_follow_from_accounts(edition):
    judged, about = verdicts(edition), known.Edition(edition)
    claims = about.rows("claims").set_index("claim_id")
    found = accounts.claimed(about)
    assert len(found) > 15
    for claim, value in found.items():
        printed, unit = claims["quoted"][claim], known.UNITS[claims["unit"][claim]]
        assert alike(value / unit, float(judged[claim]["computed"]), 0), claim
        places = len(printed.partition(".")[2])
        rounds = abs(value / unit - float(printed)) <= 0.5 * 10**-places * (1 + 1e-9)
        about_tens = claims["qualifier"][claim] == "about"
        assert rounds == (judged[claim]["verdict"] == "reproduced") or about_tens, claim


def test_the_referee_knows_nothing_of_the_package():
    for path in HERE.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module] if isinstance(node, ast.ImportFrom) else []
            assert {name.partition(".")[0] for name in names} <= ALLOWED | STANDARD, path.name
