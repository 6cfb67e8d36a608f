"""Inline expressions in prose, as Quarto writes them: ``The gap is `{python} times(gap)` ``.

The build evaluates them in the kernel after the cells above them, and keeps the answers in the cell's metadata under
``user_expressions``, where Quarto looks for them too. A figure's title and subtitle, the cell options ``fig-title`` and
``fig-subtitle``, are prose as well, and so are captions and alt texts: these may hold names, and hold no numbers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from nbformat import NotebookNode

from tokenecon.publish.errors import PublishError
from tokenecon.publish.gaps import gap_of_prose, waits_for
from tokenecon.publish.options import cell_options

TITLES = ("fig-title", "fig-subtitle")
CAPTIONS = ("fig-cap", "fig-alt", "tbl-cap")
_EXPRESSION = re.compile(r"(?:(?<=^)|(?<=[^`]))`\{python\}[ \t]([^`]+)`", re.M)
_LOST_MARK = re.compile(r"^`(\{python\} [^`]*`)([-*+>] |#+ |\d+[.)] )", re.M)


def prose(cell: NotebookNode) -> str:
    """Return the text in which expressions may stand: a Markdown cell's own, a code cell's titles and captions."""
    return cell.source if cell.cell_type == "markdown" else _options(cell, TITLES + CAPTIONS)


def _options(cell: NotebookNode, names: tuple[str, ...]) -> str:
    if cell.cell_type != "code" or "{python}" not in cell.source:
        return ""
    options = cell_options(cell.source)
    return "\n\n".join(str(options[name]) for name in names if name in options)


def expressions(cell: NotebookNode) -> list[str]:
    """Return the expressions in a cell's prose, each once, in order."""
    return list(dict.fromkeys(found.strip() for found in _EXPRESSION.findall(prose(cell))))


def printed(text: str, cell: NotebookNode) -> str:
    """Return ``text``, which is a cell's prose or part of it, with its expressions replaced by what they gave.

    Raises
    ------
    PublishError
        If one was not evaluated, gave a bare number or string, touches the one before it, or stands before what makes
        a line more than a sentence.
    """
    answers = _answers(cell)
    refuse_unread(text)
    return _EXPRESSION.sub(lambda found: _text(found[1].strip(), answers), text)


def refuse_unread(text: str) -> None:
    """Refuse prose with an expression that is none, or that takes a line its mark: nothing has to run to see it.

    Raises
    ------
    PublishError
        With the first of them, and how to write it.
    """
    if lost := _LOST_MARK.search(text):
        mark = lost[2].strip()
        raise PublishError(f"`{lost[1]}{mark} is no list, heading or quotation: put the expression after the {mark}")
    rest = left_open(text)
    if "`{python}" in rest:
        raise PublishError(
            f"`{rest[rest.index('`{python}') + 1 :][:40]}… is no expression: it ends in one backtick, and the next "
            "one stands a space or a letter apart"
        )


def left_open(text: str) -> str:
    """Return ``text`` with a mark for each expression: of a cell that a draft leaves open none is evaluated."""
    return _EXPRESSION.sub("…", text)


def is_left_out(cell: NotebookNode) -> bool:
    """Whether an expression leaves the cell out, as ``when(False)`` does."""
    return any(_own(answer).get("omit") for answer in _answers(cell).values())


def refuse_two_conditions(cell: NotebookNode) -> None:
    """Refuse a cell with two of them: where one does not hold, the paragraph of the other would go with it.

    Raises
    ------
    PublishError
        With both.
    """
    if len(conditions := [expression for expression in _answers(cell) if expression.startswith("when(")]) > 1:
        both = " and ".join(f"`{one}`" for one in conditions[:2])
        raise PublishError(f"{both} would each leave the whole cell out: put the paragraphs into cells of their own")


def facts(cell: NotebookNode) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield what was printed, by expression; the parts of a list by expression and label."""
    answers = _answers(cell)
    for expression in expressions(cell):
        own = _own(answers[expression])
        if own.get("fact"):
            yield expression, own["fact"]
        for label, fact in (own.get("parts") or {}).items():
            if fact:
                yield f"{expression}.{label}", fact


def with_values(cell: NotebookNode) -> NotebookNode:
    """Return an executed cell for any viewer: values in its prose, the template in its metadata, titles shown."""
    if not cell.metadata.get("user_expressions"):
        return cell
    cell = cell.copy()
    if is_left_out(cell):
        cell.metadata = {"tokenecon": {"template": cell.source}}
        cell.source = ""
    elif cell.cell_type == "markdown":
        shown = _shown(cell.source, cell)
        cell.metadata = {**cell.metadata, "tokenecon": {"template": cell.source}}
        cell.source = shown
    elif title := _shown(_options(cell, TITLES), cell):
        data = {"text/markdown": title, "text/plain": title}
        above = NotebookNode(output_type="display_data", data=data, metadata={"tokenecon": {"title": True}})
        cell.outputs = [above, *cell.outputs]
    return cell


def _shown(text: str, cell: NotebookNode) -> str:
    """Return prose with its values, or what a draft leaves open in its place."""
    gap = gap_of_prose(cell)
    return waits_for(gap) if gap else printed(text, cell)


def _answers(cell: NotebookNode) -> dict[str, Mapping[str, Any]]:
    return {one["expression"]: one["result"] for one in cell.metadata.get("user_expressions", [])}


def _own(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    return answer.get("metadata", {}).get("tokenecon", {})


def _text(expression: str, answers: Mapping[str, Mapping[str, Any]]) -> str:
    if expression not in answers:
        raise PublishError(f"`{{python}} {expression}` was not evaluated: build the report, or run the notebook by it")
    answer = answers[expression]
    if not _own(answer):
        given = answer["data"].get("text/plain", "")
        raise PublishError(
            f"`{{python}} {expression}` prints {given[:40]} as it is: give it a form of tokenecon.display.text, "
            "such as share(x), times(x) or text(name)"
        )
    return answer["data"]["text/markdown"].replace("n = ", "n\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}")
