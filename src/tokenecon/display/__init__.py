"""How results are shown: sentences, tables, figures, in one style. Nothing is computed here."""

from tokenecon.display.tables import Column, Dataset, table

__all__ = ["Column", "Dataset", "table"]
