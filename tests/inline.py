"""Run a notebook's cells in this process: quicker than a kernel, for tests that ask only whether they run."""

import ast

import matplotlib.pyplot as plt
import nbformat
from matplotlib.figure import Figure

from tokenecon.analysis.finding import NotServed
from tokenecon.publish.inline import expressions


def run(path):
    """Run every code cell, up to one that leaves the chapter out.

    Return the errors as ``cell <number> (<label>): <error>`` and what the cells showed.
    """
    names, errors, shown = {"__name__": "__main__"}, [], []
    for number, cell in enumerate(nbformat.read(path, as_version=4).cells, start=1):
        if cell.cell_type != "code":
            shown += _printed(cell, names, errors, number)
            continue
        tree = ast.parse(cell.source)
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        label = cell.source.splitlines()[0].removeprefix("#| label: ")
        try:
            exec(compile(tree, path.name, "exec"), names)
            if last is not None:
                shown.append(_finished(eval(compile(ast.Expression(last.value), path.name, "eval"), names)))
        except NotServed as error:
            shown.append(str(error))
            break
        except Exception as error:
            errors.append(f"cell {number} ({label}): {type(error).__name__}: {error}")
        shown += _printed(cell, names, errors, number)
    return errors, [one if isinstance(one, str) else str(getattr(one, "text", "")) for one in shown if one is not None]


def _finished(shown):
    """Return what a cell ends in, of a figure the titles of its axes; it must bring its data, as publishing asks."""
    if not isinstance(shown, Figure):
        return shown
    plt.close(shown)
    if not len(shown.data):
        raise ValueError("the figure brings no data")
    return "; ".join(ax.get_title(loc="left") or ax.get_title() for ax in shown.axes)


def _printed(cell, names, errors, number):
    """What the inline expressions of a cell's prose print; nothing where one of them leaves the paragraph out."""
    printed = []
    for expression in expressions(cell):
        try:
            found = eval(expression, names)
        except Exception as error:
            errors.append(f"cell {number} ({expression}): {type(error).__name__}: {error}")
            break
        if getattr(found, "omit", False):
            break
        printed.append(str(found))
    return printed
