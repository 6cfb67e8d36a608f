"""What an edition knows, worked out again from `data/` by its README, and the record of what it printed."""

import hashlib
import json
import tomllib
from fractions import Fraction
from functools import cache
from pathlib import Path

import pandas as pd

ROOT = Path(__file__).parents[2]
DATA = ROOT / "data"
EDITIONS = ("2026H1", "2026Q3")
PACKAGE = json.loads((DATA / "datapackage.json").read_text())
FIELDS = {table["name"]: {f["name"]: f for f in table["schema"]["fields"]} for table in PACKAGE["resources"]}
TIERS = FIELDS["sources"]["tier"]["constraints"]["enum"]
UNITS = {
    unit: float(Fraction(about["factor"]))
    for table in FIELDS.values()
    for unit, about in table.get("unit", {}).get("tokenecon:units", {}).items()
}
FACT_KEY = ["entity_id", "metric", "segment", "item", "period_start", "period_end", "currency"]


@cache
def raw(table):
    """Return a table as text, empty cells as empty strings."""
    return pd.read_csv(DATA / f"{table}.csv", dtype=str, keep_default_na=False)


class Edition:
    """A day of knowledge: rows published by it and, once it is recorded, added by the day of the record."""

    def __init__(self, name):
        about = tomllib.loads((DATA / "editions" / f"{name}.toml").read_text())
        self.name, self.companies, self.focal = name, about["companies"], about["focal"]
        self.as_of = pd.Timestamp(about["as_of"])
        self.recorded_on = str(about.get("recorded_on", ""))
        self._rows, self._facts = {}, {}

    def rows(self, table):
        """Return the rows known, days as timestamps and numbers as numbers."""
        if table not in self._rows:
            self._rows[table] = self._typed(table, self._known(raw(table)))
        return self._rows[table].copy()

    def _known(self, frame):
        if "added_on" in frame and self.recorded_on:
            frame = frame[frame["added_on"] <= self.recorded_on]
        if "published_on" in frame:
            frame = frame[frame["published_on"] <= f"{self.as_of:%Y-%m-%d}"]
        return frame

    @staticmethod
    def _typed(table, frame):
        for name, field in FIELDS[table].items():
            if name not in frame:
                continue
            if field["type"] == "date":
                frame = frame.assign(**{name: pd.to_datetime(frame[name].replace("", None))})
            elif field["type"] in ("number", "integer"):
                frame = frame.assign(**{name: pd.to_numeric(frame[name].replace("", None))})
            elif field["type"] == "boolean":
                frame = frame.assign(**{name: frame[name].str.lower() == "true"})
        return frame.reset_index(drop=True)

    def facts(self, table):
        """Return one row a fact in base units: rulings applied, then the strongest source and the finest print."""
        if table not in self._facts:
            self._facts[table] = self._stated(table)
        return self._facts[table].copy()

    def _stated(self, table):
        found = self._ruled(table, self._known(raw(table)).reset_index(drop=True))
        grain = found["value"].str.partition(".")[2].str.len()
        found = found.assign(grain=-grain, source_tier=self._tier(found["source_id"]))
        found = found.sort_values(["source_tier", "grain", "published_on"], kind="stable")
        key = [name for name in FACT_KEY if name in found] if table != "statements" else ["statement_id"]
        found = found.drop_duplicates(key).sort_index()
        found = self._typed(table, found)
        factor = found["unit"].map(UNITS)
        ends = {name: found[name] * factor for name in ("value", "value_low", "value_high") if name in found}
        return found.assign(**ends)

    @staticmethod
    def _tier(sources):
        return sources.map(raw("sources").set_index("source_id")["tier"]).map(TIERS.index)

    def _ruled(self, table, found):
        rulings = self._known(raw("rulings"))
        for ruling in rulings[rulings["table"] == table].to_dict("records"):
            kept, set_aside = (self._named(found, ruling, which) for which in ("kept", "rejected"))
            if (column := ruling["column"]) and ruling["kind"] == "correction":
                wrong = kept & (found[column] == ruling["printed"])
                found = found.assign(**{column: found[column].mask(wrong, ruling["corrected"])})
            elif kept.any() or ruling["kind"] == "rejection":
                found = found[~set_aside]
        return found

    def _named(self, found, ruling, which):
        """Return whether a row is the one that a ruling keeps, or rejects."""
        if "statement_id" in found:
            return found["statement_id"] == ruling[f"{which}_statement"]
        return self._place(found, ruling) & (found["source_id"] == ruling[f"{which}_source"])

    @staticmethod
    def _place(found, ruling):
        names = ["entity_id", "metric", "segment", "period_start", "period_end"] + ["item"] * ("item" in found)
        return pd.concat([found[name] == ruling[name] for name in names], axis=1).all(axis=1)


def record(name):
    """Return what an edition printed: its committed record, else the last build if it read the data as they are.

    Returns the facts and an empty string, or nothing and the reason why there are none.
    """
    committed = DATA / "editions" / f"{name}.facts.json"
    if committed.exists():
        return json.loads(committed.read_text())["facts"], ""
    built = ROOT / "build" / name
    if not (built / "facts.json").exists():
        return {}, f"{name} has no record and is not built"
    inputs = json.loads((built / "manifest.json").read_text())["inputs"]
    stale = [path for path, digest in inputs.items() if path.startswith("data/") and path.endswith(".csv")
             and hashlib.sha256((ROOT / path).read_bytes()).hexdigest() != digest]  # fmt: skip
    if stale:
        return {}, f"the build of {name} read another {stale[0]}"
    return json.loads((built / "facts.json").read_text()), ""
