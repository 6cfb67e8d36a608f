"""Checks of the data: what a schema can say, and what it cannot.

Each check is a function from the tables as text to findings; :func:`run_checks` runs them all.
"""

from tokenecon.catalog.checks.run import quick_findings, run_checks, table_findings
from tokenecon.catalog.errors import Finding

__all__ = ["Finding", "quick_findings", "run_checks", "table_findings"]
