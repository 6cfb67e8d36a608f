"""Kernels: what a notebook depends on is found, what it warns of is told, and nothing else comes in or stays."""

import errno
import json
import os
import shutil
import subprocess
import tempfile

import pytest
from publish import studies
from publish.sample_project import SET_UP, write_notebook

from tokenecon.publish import NotebookError, Project, PublishError, build, why
from tokenecon.publish.execute import execute

TITLE = "md:# The second {#sec-two}"
WARNS = "import warnings\nfor _ in range(3):\n    warnings.warn('nearly zero', RuntimeWarning)"
DOUBTS = "import numpy as np\nnp.polyfit([1.0, 1.0, 1.0], [1.0, 2.0, 3.0], 2)"


def reasons(project):
    return {name.removesuffix(".ipynb"): reason for name, reason in why(project=project)}


def made(project, *cells, **how):
    write_notebook(project, "02_two.ipynb", TITLE, *cells)
    lines = []
    build(renderer="embedded", project=project, formats=("html",), on_progress=lines.append, **how)
    return lines


def printed(project):
    content = json.loads((project.build / "2025FY/notebooks/02_two.ipynb").read_text())
    return ["".join(out.get("text", [])) for cell in content["cells"] for out in cell.get("outputs", [])]


@pytest.fixture
def reading(project, monkeypatch):
    """A project whose second notebook reads in every way that was once missed."""
    monkeypatch.setenv("RATE", "7.1")
    monkeypatch.delenv("LEVEL", raising=False)
    (project.notebooks / "helper.py").write_text("import os\ndef level(): return os.getenv('LEVEL')\n")
    (project.data / "direct.csv").write_text("a\n1\n")
    (project.root / "src/tokenecon/names.json").write_text("{}")
    code = (
        "import csv, helper, os\nfrom importlib.resources import files\n"
        "rows = list(csv.reader(open('../data/direct.csv')))\n"
        "names = (files('tokenecon') / 'names.json').read_text()\nrate, level = os.environ['RATE'], helper.level()"
    )
    made(project, code)
    return project


def test_whatever_a_notebook_read_is_an_input(reading, monkeypatch):
    assert set(reasons(reading).values()) == {""}
    manifest = json.loads((reading.build / "2025FY/manifest.json").read_text())
    assert manifest["notebooks"]["02_two"]["variables"] == ["LEVEL", "RATE"]
    for name in ("notebooks/helper.py", "data/direct.csv", "src/tokenecon/names.json"):
        assert name in manifest["inputs"]
        text = (reading.root / name).read_text()
        (reading.root / name).write_text(text + "\n")
        assert {one: why for one, why in reasons(reading).items() if why} == {"02_two": f"{name} changed"}
        (reading.root / name).write_text(text)
    for name, value in (("RATE", "7.2"), ("LEVEL", "")):
        with monkeypatch.context() as patch:
            patch.setenv(name, value)
            assert reasons(reading)["02_two"] == f"environment variable {name} changed"
    monkeypatch.setenv("UNASKED", "1")
    assert reasons(reading)["02_two"] == ""


def test_warnings_are_counted_by_cell(project):
    lines = made(project, "1", WARNS, "md:A remark.")
    told = "3 warnings in cell 3 (import warnings): RuntimeWarning: nearly zero"
    assert [line.strip() for line in lines if "warning" in line] == [told]
    manifest = json.loads((project.build / "2025FY/manifest.json").read_text())
    expected = {"cell": 3, "label": "import warnings", "count": 3, "said": "RuntimeWarning: nearly zero"}
    assert manifest["notebooks"]["02_two"]["warnings"] == [expected]
    (project.report / "style.css").write_text("")
    assert told in "".join(made(project, "1", WARNS, "md:Another remark.")), "still told when it does not run"


def test_a_chapter_that_stands_on_nothing_known_says_so_and_ends_there(project):
    leaves = "class NotServed(LookupError): pass\nraise NotServed('Left out: it stands on scores.')"
    told = made(project, leaves, "md:## After\n\n`{python} unknown`", "unknown")
    assert "02_two.ipynb ends early: Left out: it stands on scores." in told
    page = (project.build / "2025FY/html/02_two.html").read_text(encoding="utf-8")
    assert "<p>Left out: it stands on scores.</p>" in page
    assert "After</" not in page


def test_a_result_in_doubt_fails_with_cell_and_message(project):
    with pytest.raises(NotebookError, match=r"02_two.ipynb cell 2 \(import numpy as np\) failed:(.|\n)*RankWarning"):
        made(project, DOUBTS)


@pytest.fixture
def hostile(project, tmp_path, monkeypatch):
    """A user whose own files redefine things, and a notebook that prints what it finds."""
    startup = tmp_path / "home/.ipython/profile_default/startup"
    startup.mkdir(parents=True)
    (startup / "00.py").write_text("round = lambda *a: 99\nplanted = 1\n")
    (startup.parent / "ipython_config.py").write_text("c.InteractiveShellApp.exec_lines = ['planted = 2']\n")
    (tmp_path / "python.py").write_text("planted = 3\n")
    (tmp_path / "matplotlibrc").write_text("axes.titlesize: 77\n")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "home/.ipython"))
    monkeypatch.setenv("PYTHONSTARTUP", str(tmp_path / "python.py"))
    monkeypatch.setenv("MATPLOTLIBRC", str(tmp_path / "matplotlibrc"))
    monkeypatch.setenv("TOKENECON_PROJECT", str(project.root))
    look = "import matplotlib\nprint(round(1.6), 'planted' in globals(), matplotlib.rcParams['axes.titlesize'])"
    write_notebook(project, "02_two.ipynb", TITLE, look)
    return project


def test_a_users_own_files_change_nothing(hostile):
    found = json.loads(execute("notebooks/02_two.ipynb", "2025FY").notebook)
    assert "".join(found["cells"][1]["outputs"][0]["text"]) == "2 False large\n"


@pytest.mark.slow
def test_nor_do_they_in_a_warm_kernel_and_nothing_passes_from_one_notebook_to_the_next(hostile):
    leaves = (
        "import builtins, matplotlib, os\nbuiltins.left = 1\nos.environ['LEFT'] = '1'\n"
        "matplotlib.rcParams['axes.titlesize'] = 5"
    )
    finds = "import builtins, os\nassert not hasattr(builtins, 'left') and 'LEFT' not in os.environ"
    write_notebook(hostile, "01_one.ipynb", "md:# One {#sec-one}", SET_UP, leaves)
    write_notebook(hostile, "A1_more.ipynb", "md:# More {#sec-more}", "1")
    write_notebook(hostile, "00_summary.ipynb", "md:# Summary {#sec-summary}", finds)
    build(renderer="embedded", project=hostile, formats=("html",), force=True, max_workers=1)
    assert printed(hostile) == ["2 False large\n"]


def test_a_kernel_killed_once_is_begun_again_and_one_that_dies_each_time_is_named(project):
    mark = project.build / "mark"
    dies = (
        f"import os, pathlib\nmark = pathlib.Path({str(mark)!r})\nonce = mark.exists()\nmark.touch()\n"
        "if not once:\n    os.kill(os.getpid(), 9)\nprint('survived')"
    )
    made(project, dies)
    assert printed(project) == ["survived\n"]
    with pytest.raises(NotebookError, match=r"02_two.ipynb cell 2 \(import os\) failed:\nthe kernel died"):
        made(project, "import os\nos.kill(os.getpid(), 9)")


def test_a_kernel_that_dies_while_it_starts_is_begun_again_and_named_if_it_never_comes_up(
    project, tmp_path, monkeypatch
):
    monkeypatch.setenv("TOKENECON_PROJECT", str(project.root))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    write_notebook(project, "02_two.ipynb", TITLE, "print('up')")
    mark = tmp_path / "mark"
    once = f"if 'ipykernel_launcher' in ' '.join(sys.orig_argv) and not pathlib.Path({str(mark)!r}).exists():"
    dies = f"    pathlib.Path({str(mark)!r}).touch()\n    os.kill(os.getpid(), 9)\n"
    (tmp_path / "sitecustomize.py").write_text(f"import os, pathlib, sys\n{once}\n{dies}")
    assert "up" in execute("notebooks/02_two.ipynb", "2025FY").notebook
    assert mark.exists()
    (tmp_path / "sitecustomize.py").write_text(
        "import sys\nif 'ipykernel_launcher' in ' '.join(sys.orig_argv):\n    sys.exit('no such library')\n"
    )
    with pytest.raises(NotebookError, match=r"\(while the kernel started\) failed:\nthe kernel died"):
        execute("notebooks/02_two.ipynb", "2025FY")


def test_a_failure_gives_up_what_still_runs_and_leaves_nothing_behind(project, tmp_path, monkeypatch):
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))  # Other tests build beside this one.
    write_notebook(project, "01_one.ipynb", "md:# One {#sec-one}", "import time\ntime.sleep(600)")
    with pytest.raises(NotebookError, match="ZeroDivisionError"):
        made(project, "1 / 0", max_workers=2)
    assert list(scratch.glob("tokenecon-*")) == []


def test_data_that_fail_the_check_are_what_is_told(project):
    (project.data / "numbers.csv").write_text("a,b_c\nx,?\n")
    with pytest.raises(PublishError) as caught:
        made(project, "raise ValueError('no such rate')", check=studies.faults)
    assert str(caught.value).splitlines() == [
        "data/numbers.csv:2: b_c: is no number",
        "the data are not sound, 1 finding: mend the rows named, and run `tokenecon check`",
    ]
    (project.data / "numbers.csv").write_text("a,b_c\nx,2\n")
    with pytest.raises(NotebookError, match="no such rate"):
        made(project, "raise ValueError('no such rate')", check=studies.faults)


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.ENOSPC, "the disk is full: facts.json could not be written"),
        (errno.EROFS, "facts.json: cannot be written (Read-only file system)"),
        (errno.EACCES, "facts.json: cannot be written (Permission denied)"),
    ],
)
def test_what_a_disk_refuses_is_said_in_plain_words_and_the_report_stays(project, monkeypatch, number, said):
    from tokenecon.publish import stage

    def refuse(file, content):
        raise OSError(number, os.strerror(number), str(file))

    kept = (project.build / "2025FY/html/index.html").read_text()
    monkeypatch.setattr(stage, "write_json", refuse)
    (project.report / "style.css").write_text("")
    with pytest.raises(PublishError) as caught:
        build(renderer="embedded", project=project, formats=("html",))
    assert said in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1
    assert (project.build / "2025FY/html/index.html").read_text() == kept
    assert sorted(path.name for path in project.build.iterdir()) == [".state", "2025FY"]


@pytest.fixture
def small_disk(built, tmp_path):
    """A copy of the built project on a disk of its own: a function that mounts it anew with options."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if os.geteuid() or subprocess.run(["mount", "-t", "tmpfs", "tmpfs", disk], capture_output=True).returncode:
        pytest.skip("needs the right to mount a disk")
    try:
        shutil.copytree(built.root, disk / "project")
        yield Project(disk / "project"), lambda how: subprocess.run(["mount", "-o", f"remount,{how}", disk], check=True)
    finally:
        subprocess.run(["umount", "--lazy", disk], check=True)


def left_by(project):
    files = [path for path in project.root.rglob("*") if path.is_file()]
    return {path.relative_to(project.root): path.stat().st_size for path in files if path.suffix != ".pyc"}


@pytest.mark.slow
@pytest.mark.parametrize("room", [0, 200, 600])
def test_a_disk_that_is_full_is_one_line_and_nothing_is_left_on_it(small_disk, room):
    project, mount = small_disk
    write_notebook(project, "02_two.ipynb", TITLE, "1 + 1")
    before = left_by(project)
    used = (shutil.disk_usage(project.root).used >> 10) + room
    mount(f"size={used}k")
    with pytest.raises(PublishError) as caught:
        build(renderer="embedded", project=project, formats=("html",), max_workers=1)
    assert len(str(caught.value).splitlines()) == 1 and "the disk is full" in str(caught.value)
    after = left_by(project)
    changed = {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}
    assert {path for path in changed if path.parts[:3] != ("build", ".state", "2025FY")} == set()  # Run again anyway.
    assert sum(after.values()) - sum(before.values()) < 100_000
    mount("size=500m")
    assert made(project, "1 + 1")


@pytest.mark.slow
def test_a_checkout_that_is_only_read_is_one_line(small_disk):
    project, mount = small_disk
    write_notebook(project, "02_two.ipynb", TITLE, "1 + 1")
    before = left_by(project)
    mount("ro")
    with pytest.raises(PublishError, match=r"cannot be written \(Read-only file system\)") as caught:
        build(renderer="embedded", project=project, formats=("html",), max_workers=1)
    assert len(str(caught.value).splitlines()) == 1
    assert left_by(project) == before


def test_a_disk_that_fills_while_a_notebook_runs_is_no_gap_of_a_draft(project):
    (project.data / "editions/2025FY.toml").open("a").write("draft = true\n")
    with pytest.raises(NotebookError, match="No space left on device"):
        made(project, "import os\nraise OSError(28, os.strerror(28))")


def test_data_elsewhere_are_refused(built, monkeypatch, tmp_path):
    monkeypatch.setenv("TOKENECON_DATA", str(tmp_path))
    with pytest.raises(PublishError, match=r"TOKENECON_DATA is .* unset it"):
        build(renderer="embedded", project=Project(built.root))
