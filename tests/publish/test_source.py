"""Notebooks as authors and tools leave them: what can be read is, what cannot is one line with file and reason."""

import json

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st
from publish.sample_project import notebook

from tokenecon.publish import PublishError
from tokenecon.publish.source import code_digest, read_notebook, with_results

CODE = '#| label: fig-bar\n#| fig-cap: "One"\nfigure()'
SAID = "md:The gap is `{python} gap` wide."


def written(path, content):
    text = content if isinstance(content, str) else json.dumps(content)
    path.write_text(text, encoding="utf-8")
    return path


def content(*cells):
    return json.loads(nbformat.writes(notebook(*cells)))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        (" \n", "is empty"),
        ("<<<<<<< HEAD\n{}\n", "line 1: a merge left its marker <<<<<<<"),
        ('{"cells": [\n=======\n]}', "line 2: a merge left its marker ======="),
        ('{"cells": [', "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ('{"nbformat": 4, "cells": [], "cells": []}', "is not JSON ('cells' stands twice in one object)"),
        ('{"cells": [{"source": "1", "source": "2"}]}', "'source' stands twice in one object"),
        ("[]", "no notebook"),
        ("{}", "no notebook"),
        ('{"nbformat": 3, "nbformat_minor": 0, "worksheets": []}', "format 3: bring it to format 4"),
        ('{"nbformat": 4, "metadata": {}}', "no list of cells"),
        ('{"nbformat": 4, "metadata": {}, "cells": [3]}', "no list of cells"),
        ('{"nbformat": 4, "metadata": {}, "cells": [{"cell_type": "code"}]}', "cell 1 is not as"),
        ('{"nbformat": 4, "metadata": {}, "cells": [{"cell_type": "page", "source": ""}]}', "cell 1 is not as"),
    ],
)
def test_a_damaged_notebook_is_one_line_with_its_name(tmp_path, text, said):
    with pytest.raises(PublishError) as caught:
        read_notebook(written(tmp_path / "x.ipynb", text), "notebooks/x.ipynb")
    message = str(caught.value)
    assert message.startswith("notebooks/x.ipynb: ")
    assert said in message
    assert len(message.splitlines()) == 1


def test_bytes_that_are_no_text_are_named(tmp_path):
    (tmp_path / "x.ipynb").write_bytes(b'{"cells": "\xff"}')
    with pytest.raises(PublishError, match=r"x.ipynb: is not UTF-8 \(byte 12\)"):
        read_notebook(tmp_path / "x.ipynb", "x.ipynb")


def test_a_byte_order_mark_does_no_harm(tmp_path):
    plain = read_notebook(written(tmp_path / "a.ipynb", content("1 + 1")), "a")
    text = (tmp_path / "a.ipynb").read_text(encoding="utf-8")
    assert read_notebook(written(tmp_path / "b.ipynb", "\ufeff" + text), "b") == plain


@given(st.lists(st.sampled_from(["a", "b", "cell-1", "cell-2", "not valid", "", None]), max_size=8))
def test_each_cell_has_an_id_of_its_own_the_same_every_time(tmp_path_factory, ids):
    made = content(*["1"] * len(ids))
    for cell, own in zip(made["cells"], ids, strict=True):
        cell["id"] = own
    file = written(tmp_path_factory.mktemp("ids") / "x.ipynb", made)
    got = [cell.id for cell in read_notebook(file, "x").cells]
    assert len(set(got)) == len(got)
    assert got == [cell.id for cell in read_notebook(file, "x").cells]
    for own in {"a", "b", "cell-1", "cell-2"} & set(ids):
        assert got[ids.index(own)] == own, "the first cell with a good id keeps it"


@pytest.mark.parametrize(
    ("after", "same"),
    [
        ((CODE, SAID.replace("wide", "narrow")), True),
        ((CODE.replace("One", "Two"), SAID), True),
        ((CODE, "md:A paragraph.", SAID), True),
        ((CODE.replace("figure()", "figure(2)"), SAID), False),
        ((CODE, SAID.replace("{python} gap", "{python} gap + 1")), False),
        ((SAID, CODE), False),
        ((CODE,), False),
        ((CODE, SAID, "1"), False),
        ((CODE + '\n#| fig-title: "`{python} gap`"', SAID), False),
    ],
)
def test_only_what_a_kernel_is_given_counts_as_code(after, same):
    assert (code_digest(notebook(CODE, SAID)) == code_digest(notebook(*after))) is same


def test_results_go_to_the_cells_they_came_from():
    executed = notebook(CODE, SAID)
    executed.cells[0].outputs = [nbformat.v4.new_output("stream", text="drawn")]
    executed.cells[1].metadata["user_expressions"] = [{"expression": "gap", "result": {}}]
    edited = with_results(notebook("md:Before.", CODE.replace("One", "Two"), "md:Between.", SAID), executed)
    assert [cell.get("outputs") for cell in edited.cells] == [None, executed.cells[0].outputs, None, None]
    assert "Two" in edited.cells[1].source
    assert edited.cells[3].metadata.user_expressions[0]["expression"] == "gap"
