"""The schema is judged as Table Schema's own library judges it, which is too slow to ask each time."""

from __future__ import annotations

import json

import pandas as pd
import pytest
from frictionless import Package, system
from hypothesis import given, settings
from hypothesis import strategies as st

from tokenecon.catalog import data_root
from tokenecon.catalog.checks.package import held_to, package_findings
from tokenecon.catalog.files import RawTable
from tokenecon.catalog.schema import Schema, Table

ROWS = 4
FIELDS = [
    {"name": "id", "type": "string", "constraints": {"required": True, "pattern": "[a-z]+"}},
    {"name": "value", "type": "number", "constraints": {"minimum": 0, "maximum": 10}},
    {"name": "day", "type": "date", "constraints": {"required": True, "minimum": "2020-01-01"}},
    {"name": "kind", "type": "string", "constraints": {"enum": ["red", "green"]}},
    {"name": "free", "type": "boolean", "trueValues": ["true"], "falseValues": ["false"]},
    {"name": "note", "type": "string", "constraints": {"minLength": 2, "maxLength": 4}},
    {"name": "of", "type": "string"},
]
CELLS = {
    "id": ["a", "b", "c", "", "A", "1"],
    "value": ["1", "10", "-1", "11", "", "x", "1.5"],
    "day": ["2026-01-01", "2019-12-31", "2026-13-01", "", "soon"],
    "kind": ["red", "green", "blue", ""],
    "free": ["true", "false", "yes", ""],
    "note": ["ab", "abcd", "a", "abcde", ""],
    "of": ["x", "y", "z", ""],
}
OTHERS = [["x"], ["y"]]


def package() -> dict:
    key = [{"fields": "of", "reference": {"resource": "others", "fields": "name"}}]
    schemas = {
        "things": {"fields": FIELDS, "missingValues": [""], "primaryKey": "id", "foreignKeys": key},
        "others": {"fields": [{"name": "name", "type": "string"}], "missingValues": [""], "primaryKey": "name"},
    }
    return {
        "name": "p",
        "resources": [{"name": n, "type": "table", "path": f"{n}.csv", "schema": s} for n, s in schemas.items()],
    }


def ours(rows: list[list[str]]) -> set[int]:
    described = {resource["name"]: resource for resource in package()["resources"]}
    tables = {name: Table(name, descriptor["path"], descriptor) for name, descriptor in described.items()}
    raw = {
        name: RawTable(
            name, pd.DataFrame(cells, index=range(2, len(cells) + 2), columns=list(tables[name].fields), dtype=str)
        )
        for name, cells in (("things", rows), ("others", OTHERS))
    }
    fit, found = held_to(raw["things"], tables["things"], lambda name: (raw[name].frame, raw[name]))
    unfit, said = set(range(2, ROWS + 2)) - set(fit.index), {finding.row for finding in found}
    lost = {rows[finding.row - 2][-1] for finding in found if finding.column == "of"}
    assert said <= unfit
    assert {rows[line - 2][-1] for line in unfit - said} <= lost, "only what is lost is said once for many rows"
    return unfit


def theirs(rows: list[list[str]]) -> set[int]:
    described = package()
    data = {"things": [[field["name"] for field in FIELDS], *rows], "others": [["name"], *OTHERS]}
    for resource in described["resources"]:
        del resource["path"]
        resource["data"] = data[resource["name"]]
    with system.use_context(trusted=True):
        report = Package.from_descriptor(described).validate()
    return {error.row_number for task in report.tasks for error in task.errors if task.name == "things"}


@given(st.lists(st.tuples(*(st.sampled_from(cells) for cells in CELLS.values())), min_size=ROWS, max_size=ROWS))
@settings(max_examples=150)
def test_every_row_is_judged_as_frictionless_judges_it(rows):
    cells = [list(row) for row in rows]
    assert ours(cells) == theirs(cells)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda fields: fields["rate"].update(type="geopoint"), "type 'geopoint' of fx.rate is not known here"),
        (
            lambda fields: fields["rate"]["constraints"].update(unique=True),
            "constraint 'unique' of fx.rate is not known",
        ),
        (lambda fields: fields["source_id"].update(name="sourceid"), "a key of fx names source_id, which is no field"),
    ],
)
def test_what_the_package_asks_for_in_vain_is_said(change, says):
    descriptor = json.loads((data_root() / "datapackage.json").read_text(encoding="utf-8"))
    [fx] = [resource for resource in descriptor["resources"] if resource["name"] == "fx"]
    change({field["name"]: field for field in fx["schema"]["fields"]})
    assert any(says in str(finding) for finding in package_findings(Schema(descriptor)))


def test_the_package_of_the_data_is_understood():
    assert list(package_findings(Schema.load(data_root()))) == []
