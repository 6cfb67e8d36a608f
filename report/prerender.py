"""What Quarto runs before it renders: execute the notebooks that changed, and stage them in this folder.

Uses this interpreter if the project is installed in it, else the one in the project's `.venv`.
"""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = [ROOT / ".venv" / "bin" / "python", ROOT / ".venv" / "Scripts" / "python.exe"]


def with_project(script: Path, step: str) -> int:
    """Call a step of the project, in the project's own interpreter where this one lacks the project."""
    try:
        from tokenecon import publish
    except ImportError:
        other = next((python for python in VENV if python.is_file()), None)
        if other is None or other.absolute() == Path(sys.executable).absolute():
            print("The project is not installed: run `make setup` in the folder above, then this again.")
            return 1
        return subprocess.run([str(other), str(script)]).returncode
    try:
        getattr(publish, step)(on_progress=print, project=publish.Project(ROOT))
    except publish.PublishError as error:
        print(error)
        return 1
    return 0


def main() -> int:
    """Stage what is missing; a build did that already."""
    return 0 if os.environ.get("TOKENECON_STAGED") else with_project(Path(__file__), "stage_missing")


if __name__ == "__main__":
    sys.exit(main())
