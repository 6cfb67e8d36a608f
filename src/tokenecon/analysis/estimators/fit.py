"""What a fit must satisfy before its numbers are believed, and the error when it does not.

Everything here refuses: a formula whose columns follow from one another, a row that fits itself, a group without a
name, a solver that gave up. None of these may end as a number.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import pandas as pd
from patsy import EvalEnvironment, ModelDesc, NAAction, PatsyError, dmatrices
from patsy.builtins import __all__ as builtins
from scipy.linalg import qr
from statsmodels.tools.sm_exceptions import ModelWarning

NAMES = {"np": np}
"""All that a formula may name besides columns and patsy's functions: never what happens to be a variable of ours."""

_DEPENDENT = 1e-10
_NOTHING = 1e-24
_FULL = 1 - 1e-8


class FitError(ValueError):
    """A fit that the data do not identify, or that did not converge; one line, with the formula."""


@contextmanager
def strict(formula: str, *also: type[Warning]) -> Iterator[None]:
    """Turn warnings of a fit (rank, convergence, limits of iteration) into a :class:`FitError` with the formula.

    Those of statsmodels and numpy, and the categories in ``also``.
    """
    refused = (ModelWarning, np.exceptions.RankWarning, *also)
    with warnings.catch_warnings():
        for category in refused:
            warnings.simplefilter("error", category)
        try:
            yield
        except (*refused, np.linalg.LinAlgError) as fault:
            raise FitError(f"'{formula}': {str(fault).splitlines()[0]}") from fault


def columns(formula: str, names: Sequence[str]) -> list[str]:
    """Return which of the columns ``names`` a formula uses, in order.

    Raises
    ------
    FitError
        If it names a column that is not there, or one that it also calls as a function.
    """
    try:
        described = ModelDesc.from_formula(formula)
    except PatsyError as fault:
        raise FitError(f"'{formula}': {str(fault).splitlines()[0]}") from fault
    used, called = set(), set()
    for term in [*described.lhs_termlist, *described.rhs_termlist]:
        for factor in term.factors:
            named, functions = _names(ast.parse(factor.name(), mode="eval"))
            used |= named
            called |= functions
    used = {name for name in used if name in names or name not in builtins}
    if missing := sorted(used - set(names)):
        raise FitError(f"'{formula}': no column {', '.join(map(repr, missing))}")
    if both := sorted(used & called):
        raise FitError(f"'{formula}': column {both[0]!r} is named like the function {both[0]}(); rename it")
    return [name for name in dict.fromkeys(names) if name in used]


def _names(code: ast.AST) -> tuple[set[str], set[str]]:
    """Return the columns that a factor of a formula names, and the functions that it calls."""
    used, called, skipped = set(), set(), set()
    for node in ast.walk(code):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            called.add(node.func.id)
            skipped.add(id(node.func))
            if node.func.id == "Q" and node.args and isinstance(node.args[0], ast.Constant):
                used.add(node.args[0].value)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "np":
            skipped.add(id(node.value))
        elif isinstance(node, ast.Name) and id(node) not in skipped:
            used.add(node.id)
    return used, called


def complete(formula: str, frame: pd.DataFrame, *groups: str) -> pd.DataFrame:
    """Return the columns that a formula uses, and ``groups``, of the rows in which the former are not missing.

    Raises
    ------
    FitError
        If a group is missing in one of these rows, or nothing is left.
    """
    used = columns(formula, list(frame.columns))
    wanted = list(dict.fromkeys([*used, *groups]))
    rows = frame[wanted]
    if rows.shape[1] > len(wanted):
        raise FitError(f"'{formula}': two columns of one name")
    rows = rows.dropna(subset=used).reset_index(drop=True)
    if rows.empty:
        raise FitError(f"'{formula}': no row is complete")
    for name in groups:
        if lost := int(rows[name].isna().sum()):
            raise FitError(f"'{formula}': {name} is missing in {lost} of {len(rows)} rows")
    return rows


def design(formula: str, rows: pd.DataFrame) -> tuple[np.ndarray, pd.DataFrame]:
    """Return outcome and design matrix of complete rows.

    Raises
    ------
    FitError
        If a term is not finite, there are no more rows than terms, or a term follows from the others.
    """
    try:
        with np.errstate(all="ignore"):
            y, x = dmatrices(formula, rows, EvalEnvironment([NAMES]), NAAction(NA_types=[]), return_type="dataframe")
    except PatsyError as fault:
        raise FitError(f"'{formula}': {str(fault).splitlines()[0]}") from fault
    if y.shape[1] != 1:
        raise FitError(f"'{formula}': the outcome is no number")
    for name, values in [*y.items(), *x.items()]:
        if not np.isfinite(values).all():
            raise FitError(f"'{formula}': {name} is not finite in {int((~np.isfinite(values)).sum())} rows")
    _identified(formula, x)
    return y.to_numpy()[:, 0], x


def _identified(formula: str, x: pd.DataFrame) -> None:
    rows, terms = x.shape
    if rows <= terms:
        raise FitError(f"'{formula}': {rows} rows for {terms} terms")
    values = x.to_numpy()
    lengths = np.sqrt((values**2).sum(axis=0))
    _, triangle, order = qr(values / np.where(lengths > 0, lengths, 1.0), mode="economic", pivoting=True)
    dependent = np.abs(np.diag(triangle)) < _DEPENDENT
    if dependent.any():
        names = ", ".join(x.columns[order[dependent]])
        raise FitError(f"'{formula}': rank {terms - dependent.sum()} of {terms}: {names} follows from the other terms")


def leverage(x: np.ndarray) -> np.ndarray:
    """Return the leverage of each row: how far its own outcome decides its fitted value, from 0 to 1."""
    basis, _ = np.linalg.qr(x)
    return (basis**2).sum(axis=1)


def no_row_fits_itself(formula: str, x: np.ndarray) -> None:
    """Refuse a design in which a row has leverage one: HC3 divides by what is left of it, which is nothing."""
    alone = int((leverage(x) > _FULL).sum())
    if alone:
        raise FitError(f"'{formula}': {alone} rows fit themselves (leverage one), so that HC3 is not defined")


def numbers(values: Sequence[float], what: str) -> np.ndarray:
    """Return values as an array of floats.

    Raises
    ------
    FitError
        If there are none, or one is missing.
    """
    found = pd.to_numeric(pd.Series(values), errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    if not len(found):
        raise FitError(f"no {what}")
    if lost := int(np.isnan(found).sum()):
        raise FitError(f"{what}: {lost} of {len(found)} missing")
    return found


def members(groups: Sequence[object], what: str = "group") -> tuple[np.ndarray, int]:
    """Return the number of the group of each observation, and how many groups there are.

    Raises
    ------
    FitError
        If a group is missing.
    """
    codes, names = pd.factorize(pd.Series(groups, dtype=object))
    if lost := int((codes < 0).sum()):
        raise FitError(f"{what} is missing in {lost} of {len(codes)} rows")
    return codes, len(names)


def meets_every_row(left: np.ndarray, y: np.ndarray) -> bool:
    """Whether what a fit leaves over of an outcome is rounding, so that its errors cannot be told."""
    return bool(left @ left <= _NOTHING * (y @ y))
