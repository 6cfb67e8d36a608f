"""What Quarto runs before it renders: execute the notebooks that changed, and stage them in this folder.

Uses this interpreter if the project is installed in it, else the one in the project's `.venv`.
"""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = [ROOT / ".venv" / "bin" / "python", ROOT / ".venv" / "Scripts" / "python.exe"]


def main() -> int:
    """Stage what is missing; hand over to the project's own interpreter where this one lacks the project."""
    if os.environ.get("TOKENECON_STAGED"):
        return 0
    try:
        from tokenecon import publish
    except ImportError:
        other = next((python for python in VENV if python.is_file()), None)
        if other is None or other.absolute() == Path(sys.executable).absolute():
            print("The project is not installed: run `make setup` in the folder above, then this again.")
            return 1
        return subprocess.run([str(other), __file__]).returncode
    try:
        publish.stage_missing(on_progress=print, project=publish.Project(ROOT))
    except publish.PublishError as error:
        print(error)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
