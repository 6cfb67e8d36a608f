"""Offers beside the maker's list: of the cheapest route on a router, and of clouds that print a range."""

import pandas as pd

from tokenecon.analysis.pricing import off_list

DAY = pd.Timestamp("2026-10-08")
HOSTED = pd.DataFrame(
    {
        "model_id": ["m-2", "m-2"],
        "endpoint": ["openrouter-cheapest", "openrouter"],
        "currency": "USD",
        "input": [0.9, 1.4],
        "observed_on": DAY,
        "source_id": "R",
    }
)


def test_the_cheapest_route_stands_beside_what_the_maker_listed_by_that_day():
    found = off_list.cheapest_routes(HOSTED)
    assert found[["seller", "low", "high"]].to_numpy().tolist() == [["cheapest route on OpenRouter", 0.9, 0.9]]
    days = pd.to_datetime(["2026-05-01", "2026-10-08", "2026-10-09", "2026-06-01"])
    lists = pd.DataFrame(
        {
            "model_id": "m-2",
            "currency": ["USD", "USD", "USD", "CNY"],
            "published_on": days,
            "input": [2.0, 1.4, 1.2, 8.0],
        }
    )
    assert off_list.beside_own(found, lists)["own"].tolist() == [1.4]
    assert off_list.beside_own(found.assign(currency="EUR"), lists)["own"].isna().all()


def test_a_cloud_is_named_by_who_published_its_range_and_the_model_by_its_longest_name():
    operating = pd.DataFrame(
        {
            "metric": ["host_price_input", "host_price_output"],
            "item": ["m-2.1-cloud", "m-2.1-cloud"],
            "value": float("nan"),
            "value_low": 5.6,
            "value_high": 8.0,
            "currency": "CNY",
            "period_end": DAY,
            "source_id": "C",
        }
    )
    models = pd.DataFrame({"model_id": ["m-2", "m-2-1"], "name": ["M-2", "M-2.1"]})
    sources = pd.DataFrame({"source_id": ["C"], "publisher": ["A cloud"]})
    found = off_list.cloud_offers(operating, models, sources)
    assert found[["model_id", "seller", "low", "high"]].to_numpy().tolist() == [["m-2-1", "A cloud", 5.6, 8.0]]
    assert off_list.cloud_offers(operating[:0], models, sources).empty
