"""Where new data come from: a connector a source, every answer kept, rows added and never edited.

:func:`refresh` looks and brings the tables up to date, :func:`replay` works them out again from the answers kept,
:func:`watch` asks which addresses still answer, :func:`recover` ends a run that was cut off. :func:`add_financials`
checks and adds figures that people read in a filing.
"""

from tokenecon.lazy import export

__all__ = export(
    __name__,
    {
        "connectors": ("CONNECTORS", "FEEDS"),
        "filings": ("add_financials",),
        "run": ("refresh", "replay", "watch"),
        "summary": ("Summary", "markdown", "told", "write_summary"),
        "tables": ("recover",),
        "web": ("FetchError", "RefreshError", "Settings"),
    },
)
