import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tokenecon.cli import app

ROOT = Path(__file__).parents[1]
run = CliRunner().invoke
HEAVY = {"pandas", "numpy", "nbformat", "statsmodels", "bs4", "typst"}
EDITION_COMMANDS = ("list", "new", "todo", "fill", "publish", "diff")


@pytest.fixture
def data(tmp_path):
    copy = tmp_path / "data"
    shutil.copytree(ROOT / "data", copy)
    return copy


def test_check_is_silent_on_sound_data_but_for_one_line():
    result = run(app, ["check"])
    assert (result.exit_code, result.stdout) == (0, "data: no findings\n")


def test_check_names_every_bad_row_and_fails(data):
    file = data / "financials.csv"
    lines = file.read_text(encoding="utf-8").splitlines()
    lines[1] = lines[1].replace("57409", "n/a")
    lines[2] = lines[2].replace("124538", "124,538")
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    result = run(app, ["check", "--data", str(data)])
    assert result.exit_code == 1
    assert "data/financials.csv:2: value: 'n/a' is not a number" in result.stdout
    assert "data/financials.csv:3: " in result.stdout
    assert "Traceback" not in result.output


def test_check_of_a_folder_that_is_not_there_says_so(tmp_path):
    result = run(app, ["check", "--data", str(tmp_path / "nowhere")])
    assert result.exit_code != 0
    assert "Traceback" not in result.output
    assert "nowhere" in result.output or "datapackage.json" in result.output


@pytest.mark.parametrize("command", [["build"], ["build", "--why"], ["verify"], ["claims"]])
def test_an_unknown_edition_names_those_there_are(command):
    result = run(app, [*command, "--edition", "1999FY"])
    assert result.exit_code == 1
    assert "2025FY" in result.output
    assert "Traceback" not in result.output


def test_editions_are_listed_and_compared():
    listed = run(app, ["edition", "list"])
    assert listed.exit_code == 0
    assert all(path.stem in listed.stdout for path in (ROOT / "data" / "editions").glob("*.toml"))
    compared = run(app, ["edition", "diff", "2025FY", "2026H1", "-k", "new"])
    assert compared.exit_code == 0
    for said in ("Facts printed, 2025FY to 2026H1", "Verdicts that changed", "Estimates", "Figures of the tables"):
        assert said in compared.stdout


def test_a_comparison_of_all_facts_can_be_kept(tmp_path):
    assert run(app, ["edition", "diff", "2025FY", "2026H1", "--csv", str(tmp_path / "all.csv")]).exit_code == 0
    rows = (tmp_path / "all.csv").read_text(encoding="utf-8").splitlines()
    assert rows[0].startswith("key,notebook,cell,name,period,unit,before,after")
    assert len(rows) > 100


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (["diff", "1999FY", "2026H1"], "editions are: "),
        (["new", "2026H1", "--as-of", "2027-04-01"], "is there"),
        (["new", "next", "--as-of", "2099-04-01"], "say which is focal"),
        (["new", "2098FY", "--as-of", "2098-04-01"], "is not after the end of FY2098"),
        (["todo", "2025FY"], "names no previous one"),
        (["fill", "2026H1"], "run tokenecon edition todo 2026H1"),
    ],
)
def test_what_cannot_be_done_with_an_edition_is_one_message(command, said):
    result = run(app, ["edition", *command])
    assert result.exit_code == 1
    assert said in result.output
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    "command",
    [
        [],
        ["check"],
        ["build"],
        ["verify"],
        ["claims"],
        ["renderer"],
        ["edition"],
        *(["edition", name] for name in EDITION_COMMANDS),
    ],
)
def test_help_teaches(command):
    result = run(app, [*command, "--help"])
    assert result.exit_code == 0
    assert len(result.output.splitlines()) > 5


def test_claims_can_be_chosen():
    result = run(app, ["claims", "--edition", "2026H1", "--verdict", "met", "--kind", "forecast"])
    assert result.exit_code == 0
    assert "zp_run_rate_target" in result.output and "zp_half" not in result.output
    assert result.output.splitlines()[-1] == "1 claims, 1 met"


def test_a_verdict_that_there_is_not_names_those_there_are():
    result = run(app, ["claims", "--verdict", "true"])
    assert result.exit_code == 1
    assert "no verdict true; there are: reproduced, " in result.output
    assert "Traceback" not in result.output


def test_a_claim_without_a_computation_fails_the_check(data):
    file = data / "claims.csv"
    file.write_text(file.read_text(encoding="utf-8").replace(",oligopoly,", ",oligopolly,"), encoding="utf-8")
    result = run(app, ["check", "--data", str(data)])
    assert result.exit_code == 1
    assert "computation: 'oligopolly' is no computation of tokenecon.analysis.ledger" in result.stdout


def loaded(*arguments, folder=ROOT, **variables):
    """Run the command in a process of its own; return what it said, and which heavy libraries it loaded."""
    code = (
        "import sys, tokenecon.cli\nsys.argv[0] = 'tokenecon'\n"
        "try: tokenecon.cli.app()\n"
        f"finally: print('loaded', *sorted({HEAVY!r} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], cwd=folder, env=os.environ | variables, capture_output=True, text=True
    )
    assert "Traceback" not in done.stderr
    said, _, heavy = done.stdout.rpartition("loaded")
    return done.returncode, said + done.stderr, heavy.split()


def test_help_and_the_question_why_load_no_libraries():
    assert loaded("--help")[2] == []
    assert loaded("build", "--help")[2] == []


def test_outside_the_repository_the_project_is_the_installed_one_or_the_message_says_where_to_go(tmp_path):
    package = tmp_path / "lib"
    shutil.copytree(ROOT / "src/tokenecon", package / "tokenecon")
    places = {"PYTHONPATH": str(package), "TOKENECON_DATA": ""}
    for command in ("build", "check", "verify"):
        status, said, _ = loaded(command, folder=tmp_path, **places)
        assert status == 1
        assert "inside a clone" in said or "set TOKENECON_DATA" in said
        assert len(said.strip().splitlines()) == 1


def test_a_terminal_that_knows_few_letters_is_no_fault(data):
    file = data / "financials.csv"
    file.write_text(file.read_text(encoding="utf-8").replace("zhipu", "智谱", 1), encoding="utf-8")
    command = [sys.executable, "-m", "tokenecon.cli", "check", "--data", str(data)]
    poor = os.environ | {"PYTHONIOENCODING": "ascii", "NO_COLOR": "1"}
    done = subprocess.run(command, env=poor, capture_output=True, text=True, check=False)
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert "data/financials.csv:2: entity_id: '??' is in no row" in done.stdout.replace("\n", " ")


@pytest.mark.parametrize("refusal", [OSError(28, "No space left on device", "x"), OSError(30, "Read-only", "x")])
def test_what_a_disk_refuses_is_one_line(monkeypatch, refusal):
    def refuse(*arguments, **more):
        raise refusal

    monkeypatch.setattr("tokenecon.publish.build_all", refuse)
    result = run(app, ["build"])
    assert result.exit_code == 1
    assert "Traceback" not in result.output
    assert "the disk is full" in result.output or "cannot be written" in result.output
