"""Rates: known ones, their inverse, proxies that say so, and errors that say what is missing."""

from __future__ import annotations

import pytest

from tokenecon.catalog import Catalog, Period, RateError


@pytest.fixture(scope="module")
def h1() -> Catalog:
    return Catalog.open("2026H1")


@pytest.mark.parametrize(
    ("base", "quote", "on", "value", "basis"),
    [
        ("USD", "CNY", "FY2025", 7.1875, "annual average"),
        ("USD", "CNY", "H1 2026", 6.8634, "mean of 6 monthly averages"),
        ("USD", "HKD", "H1 2026", 7.8239, "mean of 6 monthly averages"),
        ("USD", "CNY", "2026-06", 6.7758, "monthly average"),
        ("HKD", "CNY", "FY2025", 0.9220, "annual average"),
        ("EUR", "USD", "FY2025", 1.1306, "annual average"),
    ],
)
def test_average_rates(h1, base, quote, on, value, basis):
    rate = h1.rate(base, quote, on)
    assert rate.value == pytest.approx(value, abs=6e-5)
    assert rate.basis == basis
    assert not rate.proxy
    assert rate.source_ids == ("FRED_FX",)


@pytest.mark.parametrize(("base", "quote"), [("USD", "CNY"), ("HKD", "CNY"), ("EUR", "HKD")])
def test_the_inverse_is_the_inverse(h1, base, quote):
    there, back = h1.rate(base, quote, "FY2024"), h1.rate(quote, base, "FY2024")
    assert there.value * back.value == pytest.approx(1)


def test_a_rate_says_what_it_is(h1):
    rate = h1.rate("CNY", "USD", Period.parse("FY2025"))
    assert 718.75 * rate.value == pytest.approx(100)
    assert str(rate) == "0.1391 USD per CNY, FY2025 (annual average)"


def test_a_fixing_closes_its_own_day_and_a_month_stands_in_elsewhere(h1):
    fixing = h1.rate("USD", "CNY", "2026-09-23", kind="closing")
    assert (fixing.value, fixing.proxy, fixing.source_ids) == (6.7468, False, ("PBOC_MID_0923",))
    proxy = h1.rate("USD", "CNY", "FY2025", kind="closing")
    assert (proxy.value, proxy.proxy) == (7.0432, True)
    assert str(proxy) == "7.0432 CNY per USD, 2025-12-31 (monthly average, in place of a closing rate)"


def test_a_part_of_a_month_is_a_proxy(h1):
    assert h1.rate("USD", "CNY", ("2026-03-02", "2026-04-15")).proxy


def test_one_currency_needs_no_rate(h1):
    assert h1.rate("CNY", "CNY", "2026-09-30", "closing").value == 1


def test_a_rate_published_later_is_not_known():
    with pytest.raises(RateError) as error:
        Catalog.open("2025FY").rate("USD", "CNY", "H1 2026")
    assert str(error.value) == (
        "no average rate USD/CNY for H1 2026 is known on 2026-04-15: add monthly_average rows USD,CNY for "
        "2026-04-30, 2026-05-31, 2026-06-30 to data/fx.csv, published by that day, or ask for another period"
    )


def test_an_unknown_kind_is_refused(h1):
    with pytest.raises(ValueError, match="'spot' is neither average nor closing"):
        h1.rate("USD", "CNY", "FY2025", kind="spot")
