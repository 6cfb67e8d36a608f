import pandas as pd
import pytest

from tokenecon.analysis.market import price_paths, prices
from tokenecon.analysis.pricing import price_events
from tokenecon.catalog import Catalog

NEVER = pd.NaT
ENTITIES = pd.DataFrame({"entity_id": ["maker", "rival", "other"], "country": ["CN", "US", "US"]})
AS_OF = "2026-09-30"


def row(model, begins, price, ends=None, entity="maker", market="international", flags="", published=None):
    return {
        "model_id": model, "entity_id": entity, "market": market,
        "currency": "CNY" if market == "domestic" else "USD",
        "endpoint": "list", "name": model, "input": float(price), "output": float(price), "cached_input": float("nan"),
        "effective_from": pd.Timestamp(begins), "effective_to": pd.Timestamp(ends) if ends else NEVER,
        "published_on": pd.Timestamp(published or begins), "dating": "page", "flags": flags,
    }  # fmt: skip


def traced(*rows, released="2026-01-01"):
    frame = pd.DataFrame(list(rows))
    models = pd.DataFrame({"model_id": frame["model_id"].unique()})
    models = models.assign(name=models["model_id"], released_on=pd.Timestamp(released), weights="open")
    return price_paths.paths(frame, models, ENTITIES, AS_OF)


def kinds(*rows):
    return price_events.events(traced(*rows))["kind"].tolist()


def test_the_first_price_holds_from_the_release_if_the_list_is_not_late():
    found = traced(row("m", "2026-01-20", 2))
    assert found["begins"].item() == pd.Timestamp("2026-01-01")
    assert found["at_release"].item()


def test_a_late_list_does_not_know_the_price_at_release():
    found = traced(row("m", "2026-06-20", 2))
    assert found["begins"].item() == pd.Timestamp("2026-06-20")
    assert not found["at_release"].item()


def test_a_model_that_every_list_dropped_is_off_sale():
    found = traced(row("m", "2026-01-05", 2, ends="2026-03-01"))
    assert len(price_paths.on(found, "2026-02-01")) == 1
    assert price_paths.on(found, "2026-03-01").empty


@pytest.mark.parametrize("edition", ["2025FY", "2026H1", "2026Q3"])
def test_paths_and_lists_agree_on_what_is_on_sale(edition):
    cat = Catalog.open(edition)
    frame, day = cat.list_prices().frame, cat.edition.as_of
    found = price_paths.on(price_paths.paths(frame, cat.models, cat.entities, day), day)
    sold = prices.price_on(frame, day).merge(cat.models["model_id"])
    assert set(zip(found["model_id"], found["market"], strict=True)) == set(
        zip(sold["model_id"], sold["market"], strict=True)
    )


def test_one_level_holds_on_each_day():
    found = traced(row("m", "2026-01-05", 2, ends="2026-03-01"), row("m", "2026-03-01", 1))
    assert price_paths.on(found, "2026-02-28")["blended"].item() == 2
    assert price_paths.on(found, "2026-03-01")["blended"].item() == 1
    assert found["previous"].iloc[1] == 2


def test_a_price_of_the_future_is_not_there_yet():
    found = traced(row("m", "2026-01-05", 2), row("m", "2027-01-01", 4, published="2026-08-01"))
    assert found["blended"].tolist() == [2]
    assert found["announced_end"].item()


def test_panel_keeps_models_with_a_score():
    found = traced(row("m", "2026-01-05", 2), row("n", "2026-01-05", 3))
    scores = pd.DataFrame({"model_id": ["m"], "score": [10.0]})
    panel = price_paths.panel(found, scores, ["2026-01-31", "2026-02-28"])
    assert panel["model_id"].tolist() == ["m", "m"]
    assert panel["years"].iloc[1] == pytest.approx(28 / 365.25)


def test_months_end_with_the_last_day():
    found = price_paths.month_ends("2026-01-10", "2026-03-15")
    assert [f"{day:%m-%d}" for day in found] == ["01-31", "02-28", "03-15"]


def test_a_change_is_a_change():
    assert kinds(row("m", "2026-01-05", 2), row("m", "2026-04-05", 3)) == ["change"]


def test_a_slip_and_its_correction_are_flips():
    rows = row("m", "2026-01-05", 2), row("m", "2026-04-05", 9), row("m", "2026-04-20", 2)
    assert kinds(*rows) == ["flip", "flip"]


def test_a_return_after_months_is_two_changes():
    rows = row("m", "2026-01-05", 2), row("m", "2026-04-05", 9), row("m", "2026-08-20", 2)
    assert kinds(*rows) == ["change", "change"]


def test_leaving_an_offer_is_no_rise():
    flagged = row("m", "2026-01-05", 2, flags="introductory"), row("m", "2026-04-05", 3)
    announced = row("m", "2026-01-05", 2), row("m", "2026-04-05", 3, published="2026-02-01")
    assert kinds(*flagged) == ["offer"]
    assert kinds(*announced) == ["offer"]


def test_charging_by_the_hour_has_its_own_class():
    assert kinds(row("m", "2026-01-05", 2), row("m", "2026-04-05", 3, flags="time_of_day")) == ["by the hour"]


@pytest.mark.parametrize("name", ["deepseek-chat", "qwen-plus", "gemini-flash-latest"])
def test_names_that_move_have_their_own_class(name):
    assert kinds(row(name, "2026-01-05", 2), row(name, "2026-04-05", 3)) == ["moved name"]


@pytest.mark.parametrize("name", ["deepseek-v4-flash", "qwen3-max", "qwen3-6-plus"])
def test_names_with_a_version_do_not(name):
    assert kinds(row(name, "2026-01-05", 2), row(name, "2026-04-05", 3)) == ["change"]


def test_changes_of_one_day_are_one_decision():
    rows = [row(name, day, price) for name in "ab" for day, price in (("2026-01-05", 2), ("2026-04-05", 3))]
    made = price_events.decisions(price_events.events(traced(*rows)))
    assert made[["models", "up"]].to_numpy().tolist() == [[2, True]]


def test_rises_are_counted_over_the_time_a_list_was_seen():
    rows = row("m", "2026-01-05", 2), row("m", "2026-04-05", 3), row("n", "2026-01-05", 2, entity="rival")
    found = traced(*rows)
    exposed = price_events.exposure(found, AS_OF)
    often = price_events.rises(price_events.events(found), exposed).set_index("country")
    years = (pd.Timestamp(AS_OF) - pd.Timestamp("2026-01-05")).days / 365.25
    assert often.rate["CN"] == pytest.approx(1 / years)
    assert often.rate["US"] == 0
    assert often.rate_high["US"] > 0


def test_the_exact_poisson_interval():
    """Garwood's interval for ten events is 4.80 to 18.39."""
    found = price_events.poisson_rate(10, 1)
    assert (found.low, found.high) == (pytest.approx(4.795, abs=1e-3), pytest.approx(18.39, abs=1e-2))


def test_few_vendors_get_wilsons_interval():
    made = pd.DataFrame({"entity_id": ["a", "a", "b"], "up": [True, False, False]})
    assert price_events.share_up(made).errors == "Wilson"


def test_a_successor_is_compared_with_the_best_before_it():
    rows = [row("old", "2026-01-01", 2), row("small", "2026-01-02", 1), row("new", "2026-03-01", 5)]
    frame = pd.DataFrame(rows)
    models = pd.DataFrame(
        {"model_id": ["old", "small", "new"], "name": ["old", "small", "new"], "weights": "open",
         "released_on": pd.to_datetime(["2026-01-01", "2026-01-02", "2026-03-01"])}
    )  # fmt: skip
    found = price_paths.paths(frame, models, ENTITIES, AS_OF)
    scores = pd.DataFrame({"model_id": ["old", "small", "new"], "score": [30.0, 20.0, 40.0]})
    next_best = price_events.successions(found, scores)
    assert next_best[["predecessor", "model", "ratio"]].to_numpy().tolist() == [["old", "new", 2.5]]
