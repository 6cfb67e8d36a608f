"""The project's own files say the same thing wherever they say it twice."""

import re
import shlex
import statistics
import subprocess
import sys
import tomllib
from pathlib import Path

import nbformat
import pytest
import yaml
from ipykernel.kernelspec import get_kernel_dict
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

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


def locked():
    """The blocks of the lock file: (requirement, hashes)."""
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    blocks = re.findall(r"(?m)^(\S[^\\\n]*?) \\\n((?: +--hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)", text)
    assert "".join(f"{head} \\\n{hashes}" for head, hashes in blocks) == text, "a line that is no pin and no hash"
    return [(Requirement(head), hashes.split()) for head, hashes in blocks]


def test_the_lock_names_no_index_and_pins_every_package_by_hash():
    found = locked()
    assert len(found) > 100
    assert all(re.fullmatch(r"==[\w.]+", str(requirement.specifier)) for requirement, _ in found)
    assert "://" not in (ROOT / "requirements.lock").read_text(encoding="utf-8")


@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13", "3.14"])
@pytest.mark.parametrize("system", [("linux", "Linux"), ("darwin", "Darwin"), ("win32", "Windows")], ids=lambda s: s[0])
def test_the_lock_answers_every_requirement_everywhere(python, system):
    """On each Python and system one version, which is what pyproject.toml, and so environment.yml, asks for."""
    here = {"python_version": python, "python_full_version": f"{python}.9", "sys_platform": system[0],
            "platform_system": system[1], "os_name": "nt" if system[0] == "win32" else "posix"}  # fmt: skip
    pins: dict[str, list[str]] = {}
    for requirement, _ in locked():
        if requirement.marker is None or requirement.marker.evaluate(here):
            pins.setdefault(canonicalize_name(requirement.name), []).append(str(requirement.specifier)[2:])
    assert [name for name, versions in pins.items() if len(versions) > 1] == []
    project = pyproject()
    for text in project["project"]["dependencies"] + project["dependency-groups"]["dev"]:
        wanted = Requirement(text)
        version = pins.get(canonicalize_name(wanted.name), ["none"])[0]
        assert wanted.specifier.contains(version), f"{text}, but {version} is locked: run `make lock`"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_are_stored_bare(path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert notebook.metadata.kernelspec.name == "python3"
    for number, cell in enumerate(notebook.cells):
        if cell.cell_type == "code":
            where = f"{path.name} cell {number}"
            assert cell.execution_count is None, f"{where}: strip the outputs with nbstripout"
            compared = "# NBVAL_CHECK_OUTPUT" in cell.source and cell.metadata.get("keep_output", False)
            assert bool(cell.outputs) == compared, f"{where}: keep what nbval compares, and strip the rest"
            assert not re.search(r"^\s*[!%]", cell.source, re.M), f"{where}: no shell or magic commands"
            assert not re.search(r"^\s*(def|class) ", cell.source, re.M), f"{where}: functions live in src/"
            assert length(cell) <= 20, f"{where}: {length(cell)} lines; split the cell"


def length(cell):
    """Lines of code of a cell, without its options."""
    return sum(1 for line in cell.source.splitlines() if line.strip() and not line.startswith("#|"))


@pytest.mark.parametrize("path", [path for path in NOTEBOOKS if "1" <= path.stem[1] <= "5"], ids=lambda path: path.stem)
def test_a_chapter_is_short_and_its_cells_draw_in_seaborn(path):
    cells = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    assert statistics.median(map(length, cells)) <= 8
    if path.stem.startswith("0"):
        assert len(cells) <= 25
        figures = [cell.source for cell in cells if "#| label: fig-" in cell.source]
        assert sum(bool(re.search(r"\b(sns|so)\.", source)) for source in figures) >= 3


def test_saving_in_jupyterlab_leaves_no_difference_after_the_hook(tmp_path):
    """Run all and save: outputs, counts, and the metadata of the kernel that ran."""
    kernel = get_kernel_dict()["display_name"]
    for path in NOTEBOOKS:
        notebook = nbformat.read(path, as_version=4)
        notebook.metadata.kernelspec.display_name = kernel
        notebook.metadata.language_info = {"name": "python", "version": "3.11.7", "file_extension": ".py"}
        for number, cell in enumerate(cell for cell in notebook.cells if cell.cell_type == "code"):
            cell.execution_count = number + 1
            if not cell.metadata.get("keep_output"):
                cell.outputs = [nbformat.v4.new_output("stream", text="shown")]
            cell.metadata |= {"execution": {"iopub.execute_input": "2027-01-01T00:00:00Z"}, "trusted": True}
        nbformat.write(notebook, tmp_path / path.name)
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"][0]["hooks"]
    [entry] = [hook["entry"] for hook in hooks if hook["id"] == "nbstripout"]
    command = [str(Path(sys.executable).parent / "nbstripout"), *shlex.split(entry)[1:]]
    subprocess.run([*command, *map(str, sorted(tmp_path.iterdir()))], check=True)
    for path in NOTEBOOKS:
        assert (tmp_path / path.name).read_text(encoding="utf-8") == path.read_text(encoding="utf-8"), path.name


def test_code_and_notebooks_pass_ruff():
    for arguments in (["check"], ["format", "--check"]):
        command = [sys.executable, "-m", "ruff", *arguments, "."]
        result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        assert result.returncode == 0, result.stdout + result.stderr
