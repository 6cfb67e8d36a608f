"""How results are shown: sentences, tables, figures, in one style. Nothing is computed here."""

from tokenecon.display.narrative import cite, phrase, say, series, when
from tokenecon.display.tables import Column, Dataset, table

__all__ = ["Column", "Dataset", "cite", "phrase", "say", "series", "table", "when"]
