"""The ledger: verdicts on planted cases, scores of forecasts, and that no claim is left out."""

import dataclasses
import shutil

import pandas as pd
import pytest

from tokenecon.analysis import judge, ledger
from tokenecon.analysis.coverage import COX, MEMORY, VENDORS, WILD, printed_by
from tokenecon.analysis.judge import Result, Verdict
from tokenecon.analysis.ledger import Ledger
from tokenecon.analysis.market.findings import Market
from tokenecon.analysis.revenue.claims import share_price
from tokenecon.catalog import Catalog, DataError, data_root
from tokenecon.catalog.checks import run_checks
from tokenecon.display.ledger import reference

EDITIONS = ("2025FY", "2026H1")
ISSUE = {
    "oligopoly",
    "tiers",
    "premium",
    "low_switching_costs",
    "ninety_points",
    "electricity",
    "price_spread",
    "us_long_tail",
    "cn_concentrated",
    "premiums_do_not_last",
    "domestic_convergence",
    "breadth_amplifies",
    "quality_sets_price",
}


@pytest.fixture(scope="module")
def catalogs():
    return {edition: Catalog.open(edition) for edition in EDITIONS}


@pytest.fixture(scope="module")
def evaluated(catalogs):
    return {edition: ledger.evaluate(Ledger.open(edition)) for edition in catalogs}


# Rules ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "low, high, null, expected",
    [
        (0.1, 0.4, 0, Verdict.supported),
        (-0.4, -0.1, 0, Verdict.not_supported),
        (-0.1, 0.4, 0, Verdict.undetermined),
        (0.1, 0.4, 0.5, Verdict.not_supported),
        (float("nan"), float("nan"), 0, Verdict.undetermined),
    ],
)
def test_an_interval_decides_only_where_all_of_it_does(low, high, null, expected):
    assert judge.by_interval(low, high, null) is expected


def test_a_handful_must_agree_and_one_is_no_handful():
    assert judge.by_agreement([True, True]) is Verdict.supported
    assert judge.by_agreement([False, False]) is Verdict.not_supported
    assert judge.by_agreement([True, False]) is Verdict.undetermined
    assert judge.by_agreement([True]) is Verdict.undetermined
    assert judge.by_agreement([]) is Verdict.undetermined


def test_filed_amounts_compare_without_an_interval():
    assert judge.by_comparison(0.6, 0.5) is Verdict.supported
    assert judge.by_comparison(0.4, 0.5) is Verdict.not_supported
    assert judge.by_comparison(float("nan"), 0.5) is Verdict.undetermined


@pytest.mark.parametrize(
    "printed, qualifier, low, high",
    [
        ("660", "about", 655, 665),
        ("80", "about", 75, 85),
        ("4.4", "about", 4.35, 4.45),
        ("296", "about", 295.5, 296.5),
        ("660", "exact", 659.5, 660.5),
    ],
)
def test_about_rounds_at_the_last_digit_that_is_not_zero(printed, qualifier, low, high):
    found = judge.printed_interval(printed, qualifier)
    assert (float(found.low), float(found.high)) == (low, high)


# The ledger of this article ---------------------------------------------------------------------------------------


def test_every_claim_has_a_row_of_its_own(catalogs):
    for cat in catalogs.values():
        rows = cat.claims
        assert len(rows) > 60 and rows["claim_id"].is_unique
        assert set(rows["kind"]) == {"figure", "ratio", "growth", "forecast", "structural", "definition"}
        assert set(rows["section"]) == {"opening", "1 revenue", "2 routes", "3 market"}
        assert set(rows["claim_id"]) >= ISSUE


def test_computations_and_claims_are_of_one_another(catalogs):
    used = set().union(*(set(cat.claims["computation"]) for cat in catalogs.values()))
    assert used == set(ledger.COMPUTATIONS)


def test_what_is_not_testable_says_what_is_missing(catalogs):
    rows = catalogs["2026H1"].claims
    assert rows.loc[rows["computation"] == "not_testable", "note"].ne("").all()


@pytest.mark.parametrize("edition", EDITIONS)
def test_every_row_is_whole(evaluated, edition):
    rows = evaluated[edition]
    assert rows["claim_id"].is_unique
    assert set(rows["verdict"]) <= set(map(str, ledger.VERDICTS))
    assert rows["note"].ne("").all()
    numbers = rows["kind"].isin(["figure", "ratio", "growth"])
    assert rows.loc[numbers, "quoted"].ne("").all()
    assert set(rows.loc[rows["kind"] == "forecast", "verdict"]) <= set(map(str, ledger.FORECASTS))
    decided = rows["verdict"].isin(["supported", "not supported"])
    assert rows.loc[decided, ["link", "sources"]].ne("").all(axis=None)
    assert rows.loc[decided, ["computed", "ci_low"]].notna().any(axis=1).all()
    assert (rows["ci_low"] <= rows["ci_high"])[rows["ci_low"].notna()].all()
    assert rows.loc[rows["ci_low"].notna(), "interval"].ne("").all()


@pytest.mark.parametrize("edition", EDITIONS)
def test_sources_are_known_to_the_edition(evaluated, catalogs, edition):
    named = {key for joined in evaluated[edition]["sources"] for key in joined.split(";") if key}
    assert named <= set(catalogs[edition].sources["source_id"])


@pytest.mark.parametrize(
    "claim, verdict, computed",
    [
        ("zp_revenue_2025", "reproduced", 724.3),
        ("zp_api_growth_2025", "rounding of rounded inputs", 292.7),
        ("mm_revenue_2025_cny", "differs", 568.1),
        ("mm_arr_multiple", "definition mixed", 1.46),
        ("zp_api_price_q1", "reproduced", 83),
    ],
)
def test_figures_are_judged_alike_in_both_editions(evaluated, claim, verdict, computed):
    for rows in evaluated.values():
        row = rows.set_index("claim_id").loc[claim]
        assert row["verdict"] == verdict
        assert row["computed"] == pytest.approx(computed, abs=0.06)


def test_the_second_edition_scores_what_the_first_had(evaluated):
    verdicts = [rows.set_index("claim_id")["verdict"][["zp_run_rate_target", "zp_half"]] for rows in evaluated.values()]
    assert verdicts[0].tolist() == ["open", "open"]
    assert verdicts[1].tolist() == ["met", "open"]
    note = evaluated["2026H1"].set_index("claim_id").loc["zp_half", "note"]
    assert "the edition before gave it" in note and "on course to be exceeded" in note


def test_a_claim_with_an_unknown_computation_is_refused(catalogs, monkeypatch):
    kept = {name: item for name, item in ledger.COMPUTATIONS.items() if name != "oligopoly"}
    monkeypatch.setattr(ledger, "COMPUTATIONS", kept)
    with pytest.raises(DataError, match="oligopoly: no such computation"):
        ledger.evaluate(Ledger.open("2025FY"))
    found = [str(finding) for finding in run_checks(also=(ledger.unregistered,))]
    assert len(found) == 1 and "data/claims.csv" in found[0] and "'oligopoly' is no computation" in found[0]


def test_a_verdict_follows_the_figure():
    """Spoil a printed figure: the verdict must turn, or it is not derived."""
    known = Ledger.open("2025FY")
    claim = known.cat.claims.set_index("claim_id", drop=False).loc["zp_share_price"].to_dict()
    assert share_price(known, claim).verdict is Verdict.differs
    assert share_price(known, claim | {"printed": "31.9", "value": 0.319}).verdict is Verdict.reproduced


def test_a_result_can_be_changed_only_by_a_new_one():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Result(Verdict.open).verdict = Verdict.met


def test_one_evidence_is_counted_once():
    row = {
        "computation": "volume_share", "computed": 0.7, "ci_low": 0.6, "ci_high": 0.8, "n": 3, "verdict": "supported",
        "group": "business",
    }  # fmt: skip
    rows = pd.DataFrame(
        [
            row,
            row,
            row | {"computed": 0.71},
            row | {"group": "numbers"},
            row | {"computation": "not_testable", "n": pd.NA},
            row | {"computation": "not_testable", "n": pd.NA},
        ]
    )
    assert ledger.same_evidence(rows).tolist() == [False, True, False, False, False, False]


def test_claims_that_share_a_computation_and_its_numbers_are_counted_once(evaluated):
    rows = evaluated["2026H1"]
    rows = rows.assign(group=rows["kind"].map(ledger.KIND_GROUP))
    again = set(rows.loc[ledger.same_evidence(rows), "claim_id"])
    assert again == {"maas_main_path", "growth_by_demand", "cn_concentrated"}


# Of what day, and by which parts ------------------------------------------------------------------------------------


@pytest.mark.parametrize("edition", EDITIONS)
def test_every_verdict_that_rests_on_something_speaks_of_a_day(evaluated, catalogs, edition):
    rows, as_of = evaluated[edition], pd.Timestamp(catalogs[edition].edition.as_of)
    rests = rows["n"].notna() | rows["computed"].notna() | rows["ci_low"].notna()
    rests |= rows["verdict"].isin(["supported", "not supported"])
    assert rows.loc[rests, "on"].notna().all()
    assert (rows["on"].dropna() <= as_of).all()
    assert rows.loc[rows["computation"] == "not_testable", "on"].isna().all()


def test_a_claim_that_was_false_and_is_true_since_says_both():
    now = Ledger.open("2026H1").every.set_index("claim_id")
    row = now.loc["api_direct_path"]
    assert (row["verdict"], row["on"]) == ("supported", pd.Timestamp("2026-06-30"))
    assert (row["then"], row["then_on"]) == ("not supported", pd.Timestamp("2025-12-31"))
    turned = now[now["then"] != ""]
    assert (turned["then"] != turned["verdict"]).all() and turned["then_on"].notna().all()
    assert (Ledger.open("2025FY").every["then"] == "").all()


def test_what_an_earlier_edition_judged_is_what_it_recorded(tmp_path):
    data = tmp_path / "data"
    shutil.copytree(data_root(), data)
    file = data / "editions/2025FY.facts.json"
    text = file.read_text(encoding="utf-8")
    file.write_text(
        text.replace('"api_direct_path": {"verdict": "not supported"', '"api_direct_path": {"verdict": "supported"'),
        encoding="utf-8",
    )
    then, was = (Ledger.open("2026H1", folder).first.set_index("claim_id") for folder in (data, data_root()))
    assert then.loc["api_direct_path", "verdict"] == "supported"
    assert was.loc["api_direct_path", "verdict"] == "not supported"
    assert then["on"].equals(was["on"]) and then.loc["api_direct_path", "on"] == pd.Timestamp("2025-12-31")


def test_a_claim_judged_on_its_articles_year_says_what_the_edition_period_gives():
    """Each company's main line turned; R&D still grew slower than revenue."""
    ledger_of = Ledger.open("2026H1")
    rows = ledger_of.judged_earlier.set_index("claim_id")
    later = {
        "zp_mainly_deployment": "not supported", "mm_mainly_products": "not supported", "mm_rd_slower": "supported",
        "mm_more_efficient": "undetermined", "cloud_core_of_growth": "supported",
    }  # fmt: skip
    assert rows["later"].to_dict() == later and set(rows["later_in"]) == {"H1 2026"}
    assert (rows["on"] == pd.Timestamp("2025-12-31")).all()
    assert reference(rows.loc["mm_mainly_products"]).endswith("H1 2026: not supported")
    assert reference(rows.loc["mm_rd_slower"]) == "31\xa0Dec\xa02025"
    assert Ledger.open("2025FY").judged_earlier.empty


def test_claims_on_one_evidence_name_each_other():
    now = Ledger.open("2026H1").every.set_index("claim_id")
    for one, other in (("api_direct_path", "maas_main_path"), ("maas_main_path", "api_direct_path")):
        assert "The same evidence, counted once" in now["note"][one] and now["text"][other] in now["note"][one]
    assert "The same evidence" not in now["note"]["oligopoly"]


@pytest.mark.parametrize(
    "claim, part",
    [
        ("tiers_by_task", "the bottom the long tail: undetermined"),
        ("mm_tokens_drive", "coding and agents above all: undetermined"),
        ("routes_diverge", "the other widens use: not supported"),
    ],
)
def test_a_part_that_is_not_seen_or_fails_keeps_a_claim_open(evaluated, claim, part):
    row = evaluated["2026H1"].set_index("claim_id").loc[claim]
    assert part in row["note"] and row["verdict"] == "undetermined"


def test_a_few_vendors_decide_nothing(evaluated):
    """Thirteen models near the best are of four vendors in effect; without one of them the interval holds zero."""
    row = evaluated["2026H1"].set_index("claim_id").loc["ninety_points"]
    assert row["verdict"] == "undetermined" and "vendors in effect, too few" in row["note"]


@pytest.mark.parametrize("risen, verdict", [(0.9, "supported"), (0.5, "undetermined"), (0.1, "not supported")])
def test_tokens_can_fail_to_rise_everywhere(monkeypatch, risen, verdict):
    known = Ledger.open("2026H1")
    vendors = pd.DataFrame({"entity_id": [f"v{k}" for k in range(40)], "country": ["CN", "US"] * 20})
    vendors["times"] = [2.0 if place // 2 < 20 * risen else 0.5 for place in range(40)]
    market = known.of(Market)
    monkeypatch.setitem(market._held, "vendors_grown", (vendors, set(), ""))
    claim = known.cat.claims.set_index("claim_id", drop=False).loc["tokens_rise_everywhere"].to_dict()
    assert str(ledger.COMPUTATIONS["tokens_rise"](known, claim).verdict) == verdict


METHODS = {WILD: "wild cluster bootstrap", VENDORS: "bootstrap by vendor", MEMORY: "AR(1)", COX: COX}


def test_headlines_print_the_interval_that_the_study_found_to_cover():
    market, study = Ledger.open("2026H1").of(Market), Ledger.open("2026H1").cat.table("study")
    assert study["design"].map(printed_by).all()
    headlines = Ledger.open("2026H1").headlines
    tried = {name for name, (one, _) in headlines.items() if one.has_interval and one.coverage == one.coverage}
    assert {name for name, (one, _) in headlines.items() if one.has_interval} == tried
    for name in tried:
        one = headlines[name][0]
        rows = study[(study["coverage"] == one.coverage)]
        methods = {METHODS[printed_by(design)] for design in rows["design"] if printed_by(design) in METHODS}
        assert one.errors.startswith(tuple(methods)), name
    assert market.premium.has_interval
