"""Set up without make, on any system: a virtual environment in .venv from requirements.lock, hashes checked.

Run it with the Python to be used: `python3 .ci/setup.py`, on Windows `py .ci\\setup.py`. With `--check` it goes on to
check the data and to build the newest edition, as a machine without make can.
"""

import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def main() -> None:
    """Make the environment anew, install what is locked, and then the project itself."""
    folder = ROOT / ".venv"
    venv.create(folder, clear=True, with_pip=True)
    programs = folder / ("Scripts" if sys.platform == "win32" else "bin")
    pip = [str(programs / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "--require-hashes", "--requirement", "requirements.lock"], cwd=ROOT, check=True)
    subprocess.run([*pip, "--no-deps", "--editable", "."], cwd=ROOT, check=True)
    if "--check" in sys.argv[1:]:
        for words in (["check"], ["build", "--renderer", "embedded"], ["verify"]):
            subprocess.run([str(programs / "tokenecon"), *words], cwd=ROOT, check=True)
    print(f"ready: {programs / 'tokenecon'} build")


if __name__ == "__main__":
    main()
