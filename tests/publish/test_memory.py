"""What is kept from one rendering to the next is made anew as soon as what it follows from is another."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pytest

from tokenecon.publish.memory import derived, keeping, kept, kept_each, remembered, together


def computed(
    folder: Path, given: str = "one", sources: str = "data", code: str = "package", shared: str = "filter"
) -> list[str]:
    """Run a build that asks for four steps, and name those that it had to compute."""
    report, made = folder / "report", []
    report.mkdir(exist_ok=True)
    (report / "filter.lua").write_text(shared, encoding="utf-8")

    def compute(name: str) -> str:
        made.append(name)
        return name

    with keeping(folder / "kept", report, sources, code):
        assert remembered([given], lambda: compute("page").encode()) == b"page"
        assert derived([given], lambda: (compute("table"),)) == ("table",)
        assert derived([given], lambda: (compute("words"),), alone=True) == ("words",)
        assert kept([given, "picture"], lambda: compute("picture").encode()) == b"picture"
    return made


def test_a_step_is_made_once(tmp_path):
    assert computed(tmp_path) == ["page", "table", "words", "picture"]
    assert computed(tmp_path) == []


def test_a_step_follows_from_what_it_is_given(tmp_path):
    computed(tmp_path)
    assert computed(tmp_path, given="two") == ["page", "table", "words", "picture"]


def test_a_table_follows_from_the_data_and_the_package_too(tmp_path):
    computed(tmp_path)
    assert computed(tmp_path, sources="other data") == ["table"]
    assert computed(tmp_path, code="another package") == ["words"]


def test_a_page_follows_from_filters_and_templates_too(tmp_path):
    computed(tmp_path)
    assert computed(tmp_path, shared="another filter") == ["page"]


def test_of_several_steps_those_missing_are_made_at_once(tmp_path):
    (tmp_path / "report").mkdir()
    made: list[list[str]] = []

    def draw(names: Sequence[str]) -> dict[str, bytes]:
        made.append(list(names))
        return {name: name.encode() for name in names}

    with keeping(tmp_path / "kept", tmp_path / "report", "data", "package"):
        for names in ("ab", "abc", "abc"):
            assert kept_each({name: ["picture", name] for name in names}, draw) == {n: n.encode() for n in names}
    assert made == [["a", "b"], ["c"]]


def test_without_a_build_nothing_is_kept():
    made = []
    for _ in range(2):
        derived(["one"], lambda: made.append(1))
    assert made == [1, 1]


def test_steps_side_by_side_know_what_is_kept_and_the_first_error_is_told(tmp_path):
    (tmp_path / "report").mkdir()
    made: list[str] = []

    def step(name: str) -> bytes:
        return remembered([name], lambda: made.append(name) or name.encode())

    for _ in range(2):
        with keeping(tmp_path / "kept", tmp_path / "report", "data", "package"):
            assert together([partial(step, name) for name in "abc"]) == [b"a", b"b", b"c"]
    assert sorted(made) == ["a", "b", "c"]
    assert together([]) == []
    with pytest.raises(ZeroDivisionError):
        together([lambda: 1, lambda: 1 / 0, lambda: {}["x"]])
