"""How the report is built: execute notebooks, stage the book, render it with Quarto or without, check the result.

Publishing knows nothing of what the notebooks say. It reads the conventions on their cells and outputs.
"""

from tokenecon.publish.build import BuildResult, build, choose_renderer, renderer_line, stage_missing, why
from tokenecon.publish.errors import NotebookError, PublishError
from tokenecon.publish.project import Project
from tokenecon.publish.verify import verify

__all__ = [
    "BuildResult",
    "NotebookError",
    "Project",
    "PublishError",
    "build",
    "choose_renderer",
    "renderer_line",
    "stage_missing",
    "verify",
    "why",
]
