"""Where new data come from: a connector a source, every answer kept, rows added and never edited.

:func:`refresh` looks and brings the tables up to date, :func:`replay` works them out again from the answers kept,
:func:`watch` asks which addresses still answer, :func:`recover` ends a run that was cut off. :func:`add_financials`
checks and adds figures that people read in a filing.
"""

from tokenecon.refresh.connectors import CONNECTORS, FEEDS
from tokenecon.refresh.filings import add_financials
from tokenecon.refresh.run import refresh, replay, watch
from tokenecon.refresh.summary import Summary, markdown, told, write_summary
from tokenecon.refresh.tables import recover
from tokenecon.refresh.web import FetchError, RefreshError, Settings

__all__ = [
    "CONNECTORS",
    "FEEDS",
    "FetchError",
    "RefreshError",
    "Settings",
    "Summary",
    "add_financials",
    "markdown",
    "recover",
    "refresh",
    "replay",
    "told",
    "watch",
    "write_summary",
]
