"""How the report is built: execute notebooks, stage the book, render it with Quarto or without, check the result.

Publishing knows nothing of what the notebooks say. It reads the conventions on their cells and outputs.
"""

from tokenecon.publish.build import (
    BuildResult,
    build,
    choose_renderer,
    finish_pages,
    renderer_line,
    stage_missing,
    why,
)
from tokenecon.publish.compare import Diff, diff
from tokenecon.publish.draft import Filled, Todo, fill, list_todo, new_edition
from tokenecon.publish.errors import NotebookError, PublishError
from tokenecon.publish.project import Project
from tokenecon.publish.record import Record, claims_of, edition_states, read_record
from tokenecon.publish.release import Release, release
from tokenecon.publish.verify import verify

__all__ = [
    "BuildResult",
    "Diff",
    "Filled",
    "NotebookError",
    "Project",
    "PublishError",
    "Record",
    "Release",
    "Todo",
    "build",
    "choose_renderer",
    "claims_of",
    "diff",
    "edition_states",
    "fill",
    "finish_pages",
    "list_todo",
    "new_edition",
    "read_record",
    "release",
    "renderer_line",
    "stage_missing",
    "verify",
    "why",
]
