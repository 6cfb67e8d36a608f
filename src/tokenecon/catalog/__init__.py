"""What is known: schema, tables, point in time, exchange rates, checks.

Examples
--------
>>> from tokenecon.catalog import Catalog
>>> cat = Catalog.open("2025FY")
>>> cat.series("zhipu", "revenue", "cloud", kind="year")[["period", "value", "base_unit"]]  # doctest: +SKIP
"""

from tokenecon.lazy import export

__all__ = export(
    __name__,
    {
        "companies": ("Company",),
        "countries": ("Country",),
        "editions": ("Edition", "find_edition", "list_editions", "settled"),
        "errors": ("DataError", "Finding", "RateError"),
        "fx": ("Rate",),
        "market": ("Clean",),
        "paths": ("data_root",),
        "periods": ("Period",),
        "printed": ("Interval",),
        "store": ("Catalog",),
    },
)
