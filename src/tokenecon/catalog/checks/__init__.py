"""Checks of the data: what a schema can say, and what it cannot.

Each check is a function from the tables as text to findings; :func:`run_checks` runs them all. Most look at one table
(`…_places`: line, column and what is wrong) or at one row after the other (`…_faults`: column and what is wrong), and
:mod:`~tokenecon.catalog.checks.run` says at which.
"""

from tokenecon.catalog.checks.run import quick_findings, run_checks, table_findings
from tokenecon.catalog.errors import Finding

__all__ = ["Finding", "quick_findings", "run_checks", "table_findings"]
