"""The project's own files say the same thing wherever they say it twice."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import nbformat
import pytest
import yaml

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
CONDA_ONLY = {"python", "pip", "quarto"}


def pinned(requirements):
    """Requirement strings as {name: version specification}."""
    return {
        re.match(r"[\w.-]+", text)[0].lower().replace("_", "-"): re.sub(r"^[\w.-]+", "", text) for text in requirements
    }


def pyproject():
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def test_conda_and_pip_install_the_same():
    project = pyproject()
    by_pip = pinned(project["project"]["dependencies"] + project["dependency-groups"]["dev"])
    listed = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))["dependencies"]
    conda = pinned(item for item in listed if isinstance(item, str))
    nested = next(item["pip"] for item in listed if isinstance(item, dict))
    by_conda = conda | pinned(item for item in nested if not item.startswith("-"))
    assert {name: spec for name, spec in by_conda.items() if name not in CONDA_ONLY} == by_pip
    assert conda["python"] == project["project"]["requires-python"]
    assert set(conda) >= CONDA_ONLY


def test_every_locked_package_has_hashes():
    lock = tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))
    assert lock["requires-python"] == pyproject()["project"]["requires-python"]
    packages = [package for package in lock["package"] if "registry" in package["source"]]
    assert len(packages) > 100
    for package in packages:
        artefacts = [*package.get("wheels", []), *([package["sdist"]] if "sdist" in package else [])]
        assert artefacts, package["name"]
        assert all(item["hash"].startswith("sha256:") for item in artefacts), package["name"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_are_stored_bare(path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert notebook.metadata.kernelspec.name == "python3"
    for number, cell in enumerate(notebook.cells):
        if cell.cell_type == "code":
            where = f"{path.name} cell {number}"
            assert cell.execution_count is None, f"{where}: strip the outputs with nbstripout"
            assert cell.outputs == [], f"{where}: strip the outputs with nbstripout"
            assert not re.search(r"^\s*[!%]", cell.source, re.M), f"{where}: no shell or magic commands"
            assert not re.search(r"^\s*(def|class) ", cell.source, re.M), f"{where}: functions live in src/"
            statements = [line for line in cell.source.splitlines() if line.strip() and not line.startswith("#|")]
            assert len(statements) <= 20, f"{where}: {len(statements)} lines; split the cell"


def test_code_and_notebooks_pass_ruff():
    for arguments in (["check"], ["format", "--check"]):
        command = [sys.executable, "-m", "ruff", *arguments, "."]
        result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        assert result.returncode == 0, result.stdout + result.stderr
