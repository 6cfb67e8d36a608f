"""Any JSON shaped like a list of prices is read, held back or refused in one line, and gives no row that is none."""

import json
import re
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from refresh.conftest import genai, models_dev, openrouter, rankings, rates

from tokenecon.catalog.checks.cells import formula_fault
from tokenecon.refresh import CONNECTORS, FetchError, merge
from tokenecon.refresh.connectors import newest_day, read_entries
from tokenecon.refresh.merge import Base, View
from tokenecon.refresh.merge.quarantine import SHOWN, short
from tokenecon.refresh.snapshots import Look, digest
from tokenecon.refresh.tables import ORDER, Tables, is_ours

START = date(2026, 12, 1)
ODD = ["", " ", "gpt\n7", "=1+1", "+gpt", "-gpt", "@x", "\ud800", "\u2028", "‮x", "a/b/c", "~x", "0", "x" * 300, ":free"]
TEXT = (
    st.sampled_from([*ODD, "gpt-4o", "gpt-7-latest", "deepseek-chat", "glm-9", "2026-11-20", "2026-13-40"]) | st.text()
)
NUMBER = st.sampled_from(
    [0, -0.0, -1, 1e-7, 2.5, 1e22, 10**400, "2.5", "1e999999999", "-", "NaN", "٣", "0x1", "1_0", True, 3e-323]
)
LEAF = st.none() | st.booleans() | NUMBER | TEXT | st.floats(allow_nan=False, allow_infinity=False)
ANY = st.recursive(
    LEAF, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3), max_leaves=6
)


def places(value: object) -> list[tuple[object, object]]:
    """Every object or list in an answer with each of its keys."""
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else []
    return [(value, key) for key in keys] + [place for key in keys for place in places(value[key])]


@st.composite
def bent(draw, answer: object) -> object:
    """A sound answer with some of its values, names and entries replaced, dropped or doubled."""
    answer = json.loads(json.dumps(answer))
    for _ in range(draw(st.integers(0, 5))):
        owner, key = draw(st.sampled_from(places(answer) or [([None], 0)]))
        kind = draw(st.sampled_from(["value", "value", "any", "name", "drop", "double"]))
        if kind in ("value", "any"):
            owner[key] = draw(NUMBER | TEXT if kind == "value" else ANY)
        elif kind == "drop":
            del owner[key]
        elif isinstance(owner, list):
            owner.append(json.loads(json.dumps(owner[key])))
        elif kind == "name":
            owner[draw(TEXT)] = owner.pop(key)
    return answer


BY_HOUR = {"start_time": "01:00:00+00:00", "end_time": "04:00:00+00:00"}
PRICES = {"input_mtok": 1, "output_mtok": {"base": 4, "tiers": []}, "cache_read_mtok": 0.1, "output_image_mtok": 30}
ROUTED = {
    "canonical_slug": "z-ai/glm-9-20261101", "hugging_face_id": "zai-org/GLM-9", "created": 1795000000,
    "architecture": {"output_modalities": ["text", "image"]}, "expiration_date": None,
}  # fmt: skip
LISTED = {"modalities": {"output": ["text", "image"]}, "status": "beta"}
SOUND = {
    "models_dev": models_dev(gpt_4o=(2.5, 10.0), gpt_7=(3.0, 12.0), gpt_7_latest=(3.0, 12.0), gpt_8=None),
    "openrouter_models": openrouter(
        ("openai/gpt-7", "0.000003", "0.000012"), ("z-ai/glm-9", "0.000001", "0.000004"), ("openai/gpt-4o", "0", "0")
    ),
    "genai_prices": genai(
        ("glm-9", PRICES),
        ("glm-8", [{"prices": PRICES}, {"constraint": {"start_date": "2026-11-01"}, "prices": PRICES}]),
        ("glm-7", [{"prices": PRICES}, {"constraint": BY_HOUR, "prices": PRICES}]),
    ),
    "openrouter_daily": rankings(d2026_11_30={"openai/gpt-7": "500", "z-ai/glm-9:free": "70", "other": "900"}),
    "frankfurter": rates((2026, 11)),
}
for entry in SOUND["openrouter_models"]["data"]:
    entry.update(ROUTED)
for entry in SOUND["models_dev"]["openai"]["models"].values():
    entry.update(LISTED)
SHAPES = {source: bent(answer) for source, answer in SOUND.items()}
NUMERIC = re.compile(r"\d+(\.\d+)?")


@pytest.fixture(scope="module")
def tables(small) -> Tables:
    return Tables(small)


@pytest.mark.parametrize("source", SHAPES)
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_answer_is_read_or_refused_and_its_rows_fit_the_tables(tables, source, data):
    views = []
    for number in range(2):
        body = json.dumps(data.draw(SHAPES[source])).encode()
        day = START + timedelta(days=number)
        try:
            entries = read_entries(CONNECTORS[source], body, day)
        except FetchError as error:
            assert "\n" not in str(error)
            assert str(error).startswith(source)
            continue
        look = Look(f"{day}T08:00:00Z", source, "https://x.example", digest(body))
        views.append(View(look, entries, newest_day(body, day)))
    outcome = merge.fold(Base.of(tables), views).outcome([view.look for view in views])
    for name in ORDER:
        table = tables.schema.tables[name]
        for row in outcome.held if name == "quarantine" else outcome.rows[name]:
            assert is_ours(name, row)
            for column, about in table.fields.items():
                cell = row.get(column, "")
                assert cell.isprintable(), (name, column, cell)
                assert cell == cell.strip(), (name, column, cell)
                assert formula_fault(cell) is None, (name, column, cell)
                if about["type"] == "number" and cell:
                    assert NUMERIC.fullmatch(cell), (name, column, cell)
                constraints = about.get("constraints", {})
                assert cell or not constraints.get("required"), (name, column)
                if cell and "pattern" in constraints:
                    assert re.fullmatch(constraints["pattern"], cell), (name, column, cell)
        rows = outcome.held if name == "quarantine" else outcome.rows[name]
        assert len(tables.composed(name, rows).decode().split("\n")) == len(tables.by_hand(name)) + len(rows) + 2


def test_what_is_cut_short_ends_in_no_space():
    assert short("x" * (SHOWN - 1) + " y") == "x" * (SHOWN - 1)
