import numpy as np
import pandas as pd
import pytest

from tokenecon.analysis.pricing import tasks

VENDORS = {"CN": 6, "US": 7}


def planted(rng, tokens=2.0, price=2.0, vendor_sd=0.4, each=5):
    """Variants whose vendors share a level of price: the other country costs ``price`` times, the one takes
    ``tokens`` times the tokens."""
    rows = []
    for country, count in VENDORS.items():
        for vendor in range(count):
            level = vendor_sd * rng.standard_normal()
            score = np.exp(rng.uniform(2.5, 4.1, each))
            paid = np.exp(level + 1.2 * np.log(score) + 0.2 * rng.standard_normal(each))
            needed = np.exp(0.2 * rng.standard_normal(each))
            ours = country == "CN"
            paid *= 1 if ours else price
            needed *= tokens if ours else 1
            rows.append(
                pd.DataFrame(
                    {
                        "entity_id": f"{country}{vendor}",
                        "is_one": float(ours),
                        "score": score,
                        "paid": paid,
                        "run": 50 * paid * needed,
                    }
                )
            )
    found = pd.concat(rows, ignore_index=True)
    return found.assign(
        own=found["paid"], named=found.index.astype(str), model_id=found.index.astype(str), effort=False
    )


def test_the_quotient_is_what_a_run_takes_in_tokens():
    draws = [tasks.gaps(planted(np.random.default_rng(seed)), draws=199) for seed in range(30)]
    for name, truth in (("token", 2.0), ("run", 1.0), ("quotient", 0.5)):
        middle = np.median([one[name].value for one in draws])
        assert middle == pytest.approx(truth, rel=0.12)
        covered = np.mean([not one[name].excludes(truth) for one in draws])
        assert covered >= 0.8, name


def test_the_quotient_is_the_gap_per_run_over_the_gap_per_token():
    found = tasks.gaps(planted(np.random.default_rng(3)), draws=99)
    assert found["quotient"].value == pytest.approx(found["run"].value / found["token"].value)


def test_a_date_that_moves_prices_is_held_fixed_where_asked():
    """Models of the one country are newer by a year, and a year halves every price."""
    rng = np.random.default_rng(6)
    rows = planted(rng, vendor_sd=0.1).assign(released=lambda found: found["is_one"] + rng.uniform(0, 2, len(found)))
    rows["paid"] *= 0.5 ** rows["released"]
    plain, dated = (tasks.gaps(rows, draws=99, held=held)["token"].value for held in ("x", "x + released"))
    assert plain == pytest.approx(4, rel=0.2) and dated == pytest.approx(2, rel=0.15)


def test_too_few_variants_give_no_estimate():
    rows = planted(np.random.default_rng(4))
    few = pd.concat([rows[rows["is_one"] == 1].head(tasks.FEWEST - 1), rows[rows["is_one"] == 0]])
    assert tasks.gaps(few) == {}
    assert tasks.compare(few).empty


def test_each_way_to_count_keeps_its_own_variants():
    rows = planted(np.random.default_rng(5)).assign(effort=lambda found: found.index % 2 == 0)
    rows["model_id"] = (rows.index // 2).astype(str)
    found = tasks.compare(rows).query("price == 'paid'").set_index("label")
    assert found.loc["every variant", "n"] == len(rows)
    assert found.loc["best variant a model", "n"] == rows["model_id"].nunique()
    assert found.loc["high effort", "n"] + found.loc["other efforts", "n"] == len(rows)


def test_a_variant_is_priced_by_the_index_and_else_by_its_maker():
    day = pd.Timestamp("2026-08-22")
    capability = pd.DataFrame(
        {
            "model_id": ["a", "b"],
            "named": ["A (max)", "B"],
            "benchmark": "aa_index",
            "value": [50.0, 40.0],
            "run_cost": [10.0, 5.0],
            "published_on": day,
            "entity_id": ["v", "w"],
        }
    )
    index = pd.DataFrame(
        {
            "model_id": ["a"],
            "named": ["A (max)"],
            "input": [1.0],
            "output": [5.0],
            "effective_from": [day],
            "effective_to": [pd.NaT],
        }
    )
    own = pd.DataFrame({"model_id": ["a", "b"], "blended": [3.0, 4.0]})
    entities = pd.DataFrame({"entity_id": ["v", "w"], "country": ["CN", "US"]})
    found = tasks.variants(capability, index, own, entities, ("CN", "US")).set_index("model_id")
    assert found["paid"].to_dict() == {"a": 2.0, "b": 4.0}
    assert found["own"].to_dict() == {"a": 3.0, "b": 4.0}
    assert found["effort"].to_dict() == {"a": True, "b": False}
