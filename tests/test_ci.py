"""What publishes the report by itself: workflows that only call scripts, scripts that hold, metadata that agree."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
SCRIPTS = sorted(path for path in (ROOT / ".ci").iterdir() if path.is_file() and not path.suffix)
TEMPLATES = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("[!c]*.yml"))


def named(paths):
    return pytest.mark.parametrize("path", paths, ids=lambda path: path.stem)


def read(path):
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def steps(path):
    return [step for job in read(path)["jobs"].values() for step in job["steps"]]


@named(WORKFLOWS)
def test_each_step_of_a_workflow_is_a_script_or_a_pinned_action(path):
    for step in steps(path):
        if "uses" in step:
            assert re.fullmatch(r"[\w-]+/[\w/-]+@v\d+", step["uses"]), step
        else:
            script = re.fullmatch(
                r'(?:python )?(\.ci/[\w.]+)(?: (?:"\$\w+"|\$\{\{ matrix\.\w+ \}\}|--\w+))?', step["run"]
            )
            assert script, step
            file = ROOT / script[1]
            assert file.is_file() and (file.suffix == ".py" or os.access(file, os.X_OK)), script[1]


@named(WORKFLOWS)
def test_a_workflow_has_no_more_rights_than_it_needs(path):
    text, workflow = path.read_text(encoding="utf-8"), read(path)
    assert "permissions" in workflow and "pull_request_target" not in text
    assert set(re.findall(r"secrets\.(\w+)", text)) <= {"OPENROUTER_API_KEY"}
    triggers = workflow[True]  # YAML reads `on` as true.
    if "pull_request" in triggers:
        assert workflow["permissions"] == {"contents": "read"} and "secrets." not in text
    for job in workflow["jobs"].values():
        assert job["timeout-minutes"] <= 120
        assert any(step.get("uses", "").startswith("actions/checkout@") for step in job["steps"])


def test_workflows_do_what_they_are_for():
    by_name = {path.stem: (read(path)[True], [step.get("run", "") for step in steps(path)]) for path in WORKFLOWS}
    triggers, runs = by_name["publish"]
    assert triggers["push"] == {"branches": ["main"]} and runs.index(".ci/run") < runs.index(".ci/site")
    triggers, runs = by_name["refresh"]
    assert {"schedule", "workflow_dispatch"} == set(triggers) and ".ci/refresh" in runs
    triggers, runs = by_name["release"]
    assert list(triggers["push"]) == ["tags"] and any(run.startswith(".ci/release ") for run in runs)
    assert {"report", "ends", "package", "conda", "without-make"} <= set(
        read(ROOT / ".github/workflows/test.yml")["jobs"]
    )
    pythons = read(ROOT / ".github/workflows/test.yml")["jobs"]["report"]["strategy"]["matrix"]["python"]
    oldest = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["requires-python"]
    assert oldest == f">={pythons[0]}" and pythons[-1] == "3.14"


@pytest.mark.skipif(shutil.which("actionlint") is None, reason="actionlint is not on PATH")
def test_actionlint_finds_nothing():
    done = subprocess.run(["actionlint", *map(str, WORKFLOWS)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@named(SCRIPTS)
def test_a_script_is_sound_bash_that_stops_at_an_error(path):
    text = path.read_text(encoding="utf-8")
    assert text.startswith("#!/usr/bin/env bash\n# ") and "\nset -euo pipefail\n" in text
    done = subprocess.run(["bash", "-n", str(path)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_every_script_is_called_by_a_workflow():
    text = "".join(path.read_text(encoding="utf-8") for path in WORKFLOWS)
    assert [path.name for path in (ROOT / ".ci").iterdir() if path.is_file() and f".ci/{path.name}" not in text] == []


# A refresh, with commands that only say what they would do ------------------------------------------------------------


@pytest.fixture
def clone(tmp_path):
    """A repository with the script, data, and stand-ins for make and the command line."""
    shutil.copytree(ROOT / ".ci", tmp_path / ".ci")
    (tmp_path / "data").mkdir()
    (tmp_path / "data/fx.csv").write_text("a\n")
    (tmp_path / ".gitignore").write_text(".venv/\nbuild/\nbin/\n")
    for folder in ("bin", ".venv/bin"):
        (tmp_path / folder).mkdir(parents=True)
    program(tmp_path / "bin/make", 'exit "$(cat build/$1.status 2>/dev/null || echo 0)"')
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.org"]
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "start"]):
        subprocess.run([*git, *words], cwd=tmp_path, check=True)
    return tmp_path


def program(path, text):
    path.write_text(f"#!/usr/bin/env bash\n{text}\n")
    path.chmod(0o755)


def refresh(clone, summary, row="b", status=0):
    does = f"printf '%s\\n' '{row}' >>data/fx.csv\n" if row else ""
    program(clone / ".venv/bin/tokenecon", f'{does}cat >"$3" <<"E"\n{summary}\nE\nexit {status}')
    path = f"{clone / 'bin'}{os.pathsep}{os.environ['PATH']}"
    environment = os.environ | {"PATH": path, "ARGS": ""}
    return subprocess.run([clone / ".ci/refresh"], env=environment, capture_output=True, text=True)


DECIDE = "**A person must decide**: verdicts that would change (1)."


@pytest.mark.parametrize(
    ("summary", "status", "fails", "labels"),
    [
        ("1 rows added.", 0, "", "refresh"),
        (f"1 rows added.\n\n{DECIDE}", 0, "", "refresh,needs-decision"),
        ("1 rows added.", 1, "", "refresh,needs-decision"),
        ("1 rows added.", 0, "check", "refresh,needs-decision"),
        ("1 rows added.", 0, "report", "refresh,needs-decision"),
        ("A name said **A person must decide**", 0, "", "refresh"),
    ],
)
def test_a_proposal_is_labelled_when_a_person_must_decide(clone, summary, status, fails, labels):
    if fails:
        (clone / "build").mkdir()
        (clone / f"build/{fails}.status").write_text("1")
    done = refresh(clone, summary, status=status)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"labels: {labels}\n"), done.stdout
    assert (f"`make {fails}` fails" in done.stdout) == bool(fails)


def test_nothing_new_is_no_proposal(clone):
    done = refresh(clone, "0 rows added.", row="")
    assert (done.returncode, done.stdout) == (0, "nothing new\n")


# The environment that make keeps, with stand-ins for Python and uv ----------------------------------------------------


@pytest.fixture
def environment(tmp_path):
    """A project whose environment was made with Python 3.11: a function that says what make setup does."""
    for folder in ("bin", ".venv/bin"):
        (tmp_path / folder).mkdir(parents=True)
    shutil.copy(ROOT / "Makefile", tmp_path)
    for name in ("pyproject.toml", "requirements.lock", ".venv/.ready"):
        (tmp_path / name).write_text("")
    program(tmp_path / "bin/uv", f'echo "$@" >>{tmp_path}/asked')
    program(tmp_path / ".venv/bin/tokenecon", "echo renderer: none")
    for place, version in ((".venv/bin/python", "3.11"), ("bin/python3", "3.13"), ("bin/old", "3.11")):
        program(tmp_path / place, f"echo {version}")

    def setup(*words):
        path = f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}"
        done = subprocess.run(
            ["make", "setup", *words], cwd=tmp_path, env=os.environ | {"PATH": path}, capture_output=True, text=True
        )
        asked = tmp_path / "asked"
        return done, asked.read_text().splitlines() if asked.exists() else []

    return tmp_path, setup


ANEW = "venv --quiet --clear --python"


@pytest.mark.parametrize("words", [(), ("PYTHON=old",)])
def test_an_environment_of_the_right_python_is_left_alone(environment, words):
    _, setup = environment
    done, asked = setup(*words)
    assert (done.returncode, asked) == (0, [])


def test_an_environment_of_another_python_is_made_anew_and_says_so(environment):
    _, setup = environment
    done, asked = setup("PYTHON=python3")
    assert ".venv was made with Python 3.11, and PYTHON=python3 is 3.13: making .venv anew." in done.stdout
    assert (done.returncode, asked[0]) == (0, f"{ANEW} python3 .venv")


def test_an_environment_whose_python_is_gone_is_made_anew_and_says_so(environment):
    root, setup = environment
    (root / ".venv/bin/python").unlink()
    done, asked = setup()
    assert "The Python that .venv was made with is gone: making .venv anew." in done.stdout
    assert (done.returncode, asked[0]) == (0, f"{ANEW} python3 .venv")


def test_a_python_that_does_not_run_is_one_line(environment):
    root, setup = environment
    program(root / "bin/broken", "exit 1")
    done, asked = setup("PYTHON=broken")
    (line,) = done.stderr.splitlines()
    assert "PYTHON=broken does not run: name a Python 3.11 or newer" in line and done.returncode and not asked


# What the project says of itself --------------------------------------------------------------------------------------


def test_metadata_agree():
    cff = read(ROOT / "CITATION.cff")
    zenodo, code = (json.loads((ROOT / name).read_text(encoding="utf-8")) for name in (".zenodo.json", "codemeta.json"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    book = read(ROOT / "report" / "_quarto.yml")["book"]
    title = f"{book['title']}: {book['subtitle'][0].lower()}{book['subtitle'][1:]}"
    assert cff["title"] == zenodo["title"] == code["name"] == title
    assert cff["version"] == zenodo["version"] == code["version"] == project["version"]
    authors = [author["name"] for author in cff["authors"]]
    assert authors == [one["name"] for one in zenodo["creators"]] == [one["name"] for one in code["author"]]
    assert authors == [book["author"]]
    assert cff["keywords"] == zenodo["keywords"] == code["keywords"]
    assert cff["license"] == zenodo["license"] == project["license"] == code["license"].rpartition("/")[2]
    about = cff["abstract"].strip()
    assert about == zenodo["description"] == code["description"] == project["description"]
    assert code["identifier"] == project["name"] and code["runtimePlatform"] == f"Python {project['requires-python']}"


@named(TEMPLATES)
def test_an_issue_template_is_a_form(path):
    form = read(path)
    assert form["name"] and form["description"] and form["labels"]
    fields = [field["id"] for field in form["body"]]
    assert len(fields) == len(set(fields)) >= 2
    assert all(field["type"] in ("input", "textarea") and field["attributes"]["label"] for field in form["body"])


def test_there_is_a_form_for_each_kind_of_contribution():
    assert {path.stem for path in TEMPLATES} == {"wrong_figure", "new_source", "new_claim", "new_edition"}


def test_contributing_names_what_is_there():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 60
    for name in re.findall(r"`((?:src|data|tests|notebooks|report|\.ci)/[\w./]*|[\w-]+\.(?:toml|yml|md))`", text):
        assert name in ("findings.py", "claims.py") or list(ROOT.rglob(name.rstrip("/").rpartition("/")[2])), name


def test_setting_up_without_make_is_python_of_the_library_alone():
    """A machine that has only Python runs it, so it imports nothing that has to be installed."""
    text = (ROOT / ".ci" / "setup.py").read_text(encoding="utf-8")
    assert set(re.findall(r"(?m)^(?:import|from) (\w+)", text)) <= set(sys.stdlib_module_names)
