"""What is known: schema, tables, point in time, exchange rates, checks.

Examples
--------
>>> from tokenecon.catalog import Catalog
>>> cat = Catalog.open("2025FY")
>>> cat.series("zhipu", "revenue", "cloud", kind="year")[["period", "value", "base_unit"]]  # doctest: +SKIP
"""

from tokenecon.catalog.companies import Company
from tokenecon.catalog.editions import Edition, find_edition, list_editions
from tokenecon.catalog.errors import DataError, Finding, RateError
from tokenecon.catalog.fx import Converted, Rate
from tokenecon.catalog.market import Clean
from tokenecon.catalog.paths import data_root
from tokenecon.catalog.periods import Period
from tokenecon.catalog.printed import Interval
from tokenecon.catalog.store import Catalog

__all__ = [
    "Catalog",
    "Clean",
    "Company",
    "Converted",
    "DataError",
    "Edition",
    "Finding",
    "Interval",
    "Period",
    "Rate",
    "RateError",
    "data_root",
    "find_edition",
    "list_editions",
]
