"""What Quarto runs after it rendered pages by hand: give them search, notes and citation, as a build does."""

import os
import sys
from pathlib import Path

import prerender


def main() -> int:
    """Complete the pages; a build does that itself, and a PDF needs nothing."""
    if os.environ.get("TOKENECON_STAGED"):
        return 0
    return prerender.with_project(Path(__file__), "finish_pages")


if __name__ == "__main__":
    sys.exit(main())
