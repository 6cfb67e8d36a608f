"""How results are shown: sentences, tables, figures, in one style. Nothing is computed here."""

from tokenecon.display.narrative import phrase, say, series
from tokenecon.display.tables import Column, table

__all__ = ["Column", "phrase", "say", "series", "table"]
