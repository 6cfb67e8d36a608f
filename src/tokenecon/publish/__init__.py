"""How the report is built: execute notebooks, stage the book, render it with Quarto or without, check the result.

Publishing knows nothing of what the notebooks say. It reads the conventions on their cells and outputs.
"""

import sys

from tokenecon.lazy import export

# Whoever imports nbformat imports jsonschema, which takes over a second to compile grammars of addresses where their
# package is installed: for checks of formats that notebooks do not have. It does without where there is none.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]

__all__ = export(
    __name__,
    {
        "build": ("BuildResult", "build", "build_all", "stage_missing", "why"),
        "renderers": ("choose_renderer", "renderer_line"),
        "compare": ("Diff", "diff"),
        "draft": ("Filled", "Todo", "asked_for", "fill", "list_todo", "missing", "new_edition"),
        "errors": ("NotebookError", "PublishError"),
        "project": ("Project",),
        "proposal": ("consequences", "copy_data"),
        "public": ("publish_site",),
        "record": ("Record", "claims_of", "edition_states", "read_record"),
        "release": ("Release", "release"),
        "site": ("finish_pages",),
        "verify": ("verify",),
        "watch": ("watch",),
    },
)
