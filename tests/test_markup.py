"""Text is shown as it is, whatever stands in it, by the Markdown readers of both renderers."""

import json

import hostile
import pypandoc
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tokenecon.markup import cell, code, escaped, shown


def seen(cells):
    """What a reader sees of Markdown in the cells of a table, by Pandoc's own reading."""
    table = "\n".join(["| c |", "|---|", *(f"| {cell(text)} |" for text in cells)])
    blocks = json.loads(pypandoc.convert_text(table, "json", "markdown-smart", ["--wrap=none"]))["blocks"]
    assert [block["t"] for block in blocks] == ["Table"]
    rows = blocks[0]["c"][4][0][3]
    return [text_of(row[1][0][4]) for row in rows]


def text_of(node):
    if isinstance(node, list):
        return "".join(map(text_of, node))
    if node["t"] in ("Space", "SoftBreak"):
        return " "
    if node["t"] == "Plain":
        return text_of(node["c"])
    assert node["t"] == "Str", f"markup: {node}"
    return node["c"]


def squeezed(text):
    return " ".join(text.replace("\u00a0", " ").split())


@pytest.mark.parametrize("text", hostile.TEXTS)
def test_nothing_in_a_text_is_markup(text):
    (found,) = seen([escaped(text)])
    assert squeezed(found) == squeezed(shown(escaped(text)))
    kept = [letter for letter in text if letter.isalnum()]
    assert [letter for letter in found if letter.isalnum()] == kept


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.text(max_size=30), min_size=1, max_size=30))
@example(["\\", "|", "\\|", "a\\"])
def test_any_text_survives_a_table(texts):
    texts = [text for text in texts if shown(escaped(text)).strip()]
    if texts:
        found = seen([escaped(text) for text in texts])
        assert [squeezed(text) for text in found] == [squeezed(shown(escaped(text))) for text in texts]


@given(st.text())
def test_escapes_resolve_to_the_text_on_one_line(text):
    assert [letter for letter in shown(escaped(text)) if letter.isalnum()] == [c for c in text if c.isalnum()]
    assert len(escaped(text).splitlines()) <= 1


@pytest.mark.parametrize(("text", "expected"), [("a_b", "`a_b`"), ("a`b", "a\\`b"), ("a|b", "a\\|b"), ("", "")])
def test_code_is_a_span_where_it_can_be(text, expected):
    assert code(text) == expected
