"""The schema of the data, read from ``datapackage.json`` and from nowhere else."""

from __future__ import annotations

import json
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from pathlib import Path

from tokenecon import inputs
from tokenecon.catalog.errors import DataError, Finding
from tokenecon.strict import once_each

PACKAGE = "datapackage.json"


@dataclass(frozen=True)
class Unit:
    """A unit of the closed list: one printed unit is `factor` base units of any of its `dimensions`."""

    factor: Fraction
    dimensions: frozenset[str]


@dataclass(frozen=True)
class Table:
    """One resource of the package: a CSV file and its fields."""

    name: str
    path: str
    descriptor: dict

    @cached_property
    def fields(self) -> dict[str, dict]:
        """Field descriptors by name, in order."""
        return {field["name"]: field for field in self.descriptor["schema"]["fields"]}

    def of_type(self, kind: str) -> list[str]:
        """Names of the fields of a type."""
        return [name for name, field in self.fields.items() if field["type"] == kind]

    @property
    def required(self) -> list[str]:
        """Names of the fields that no row leaves empty."""
        return [name for name, field in self.fields.items() if field.get("constraints", {}).get("required")]

    def enum(self, field: str) -> list[str]:
        """Closed list of a field, in its order."""
        return self.fields[field]["constraints"]["enum"]

    @property
    def primary_key(self) -> list[str]:
        """Names of the fields that tell rows apart."""
        key = self.descriptor["schema"]["primaryKey"]
        return [key] if isinstance(key, str) else list(key)

    @property
    def on_demand(self) -> bool:
        """Whether the table is large, and so read only when it is asked for."""
        return self.descriptor.get("tokenecon:on_demand", False)

    @property
    def may_be_empty(self) -> bool:
        """Whether the table may have no row yet."""
        return self.descriptor.get("tokenecon:may_be_empty", False)

    @property
    def is_fact(self) -> bool:
        """Whether rows carry a metric with a printed value and a unit."""
        return {"metric", "value", "unit"} <= set(self.fields)

    @property
    def fact_key(self) -> list[str]:
        """Fields that say which fact a row states: its key without the source."""
        return [name for name in self.primary_key if name != "source_id"]


class _Tables(dict[str, Table]):
    """Tables by name; one that the package does not describe is a finding wherever it is asked for."""

    def __missing__(self, name: str) -> Table:
        message = f"describes no table '{name}', which the report asks for; take its entry from version control"
        raise DataError([Finding(f"data/{PACKAGE}", 1, "file", message)])


class Schema:
    """All tables, units and dimensions of the package.

    Parameters
    ----------
    descriptor
        The parsed ``datapackage.json``.

    Attributes
    ----------
    tables
        Tables by name.
    units
        Units by name; their factors stand in the `unit` field of the package.
    base_units
        Base unit of each dimension; ``{currency}`` stands where the currency of the row goes.
    """

    def __init__(self, descriptor: dict):
        self.descriptor = descriptor
        self.tables = _Tables((r["name"], Table(r["name"], r["path"], r)) for r in descriptor["resources"])
        self.units = {
            name: Unit(Fraction(unit["factor"]), frozenset(unit["dimensions"]))
            for name, unit in self.tables["financials"].fields["unit"]["tokenecon:units"].items()
        }
        self.base_units = dict(self.tables["metrics"].fields["dimension"]["tokenecon:base_units"])

    @classmethod
    def load(cls, root: Path) -> Schema:
        """Read the schema of a data folder; one without a schema of its own has that of the project around it.

        Raises
        ------
        DataError
            If the file is missing, cannot be read, is no JSON or describes no tables.
        """
        around = (folder / "data" / PACKAGE for folder in root.parents)
        path = next((path for path in (root / PACKAGE, *around) if path.exists()), root / PACKAGE)
        name = f"data/{PACKAGE}"
        try:
            return cls(json.loads(inputs.read_unnoted(path).decode("utf-8"), object_pairs_hook=once_each))
        except FileNotFoundError:
            raise DataError([Finding(name, 1, "file", "is missing; it holds the schema of all tables")]) from None
        except json.JSONDecodeError as error:
            message = f"is not JSON: {error.msg} at character {error.colno} of the line"
            raise DataError([Finding(name, error.lineno, "file", message)]) from None
        except UnicodeDecodeError as error:
            raise DataError([Finding(name, 1, "file", f"is not UTF-8: {error.reason}")]) from None
        except OSError as error:
            raise DataError([Finding(name, 1, "file", f"cannot be read: {error.strerror}")]) from None
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            message = f"does not describe the tables as a data package does: {type(error).__name__} at {error}"
            raise DataError([Finding(name, 1, "file", message)]) from None

    def needs_currency(self, dimension: str) -> bool:
        """Whether values of a dimension are in some currency."""
        return "{currency}" in self.base_units[dimension]
