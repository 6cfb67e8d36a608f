"""One executor: the same results here and on a cluster, nothing lost when a worker is killed."""

import io
import os
import pickle
import re
import shutil
import zipfile
from concurrent.futures import wait
from pathlib import Path

import pytest
from publish import studies

import tokenecon
from tokenecon.publish import PublishError
from tokenecon.publish.executor import bundle, executor, serve, versions


@pytest.fixture
def root(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data/numbers.csv").write_text("a\n1\n")
    return tmp_path


def results(root, tasks, **where):
    with executor(root, **where) as pool:
        futures = {key: pool.submit(call, *arguments) for key, (call, arguments) in tasks.items()}
        return {key: future.exception() or future.result() for key, future in futures.items()}


@pytest.mark.slow
def test_a_killed_worker_loses_nothing_and_repeats_little(root):
    tasks = {number: (studies.counted, (str(root), number)) for number in range(4)}
    tasks["killed"] = (studies.killed_at_first, (str(root / "marker"),))
    found = results(root, tasks, workers=1)
    assert found == {0: 0, 1: 1, 2: 2, 3: 3, "killed": "done"}
    assert len(list(root.glob("[0-3]-*"))) == 4, "what was done is not done again"


@pytest.mark.slow
def test_a_task_that_kills_every_worker_is_named(root):
    error = results(root, {"bad": (studies.killed_always, ())}, workers=1)["bad"]
    assert isinstance(error, PublishError)
    assert str(error).startswith("killed_always: a worker was killed 3 times")


@pytest.mark.slow
def test_large_results_come_whole_and_leaving_early_does_not_wait(root):
    with pytest.raises(KeyboardInterrupt), executor(root, workers=2) as pool:
        futures = [pool.submit(studies.large, number) for number in range(40)]
        assert futures[1].result() == bytes([1]) * 5_000_000
        processes = pool.pools[0].workers()
        raise KeyboardInterrupt
    for process in processes:
        process.join(10)
        assert process.exitcode is not None
    assert not wait(futures, 60).not_done, "what was given up says so"


def test_an_error_comes_back_as_it_was(root):
    error = results(root, {"bad": (studies.refused, ())}, workers=1)["bad"]
    assert isinstance(error, PublishError)
    assert str(error) == "the rows are not there"


def test_workers_find_the_project_and_its_data(root):
    rows, project, _ = results(root, {"places": (studies.places, ())}, workers=1)["places"]
    assert (rows, project) == ("a\n1\n", str(root))


def test_a_bundle_holds_the_project_without_what_tools_write_and_is_the_same_each_time(root):
    for name in ("build/x.csv", ".venv/x.py", "data/snapshots/x.json", "src/__pycache__/x.pyc", "src/x.py"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("")
    packed = bundle(root)
    assert zipfile.ZipFile(io.BytesIO(packed)).namelist() == ["data/numbers.csv", "src/x.py"]
    os.utime(root / "src/x.py", (0, 0))
    assert bundle(root) == packed


@pytest.mark.parametrize(
    ("cluster", "said"),
    [
        ("tcp://127.0.0.1:9", "no Dask scheduler answers at tcp://127.0.0.1:9"),
        ("nonsense://x", "no Dask scheduler answers at nonsense://x"),
        ("local:none", "write local:2"),
        ("local:0", "write local:2"),
    ],
)
def test_a_cluster_that_is_not_there_is_one_line(root, cluster, said):
    with pytest.raises(PublishError, match=said) as caught:
        results(root, {"any": (studies.covered, (1,))}, cluster=cluster)
    assert len(str(caught.value).splitlines()) == 1


@pytest.fixture(scope="module")
def sent(tmp_path_factory):
    """A project with the real package, two rows of data, and the studies."""
    root = tmp_path_factory.mktemp("sent")
    shutil.copytree(Path(tokenecon.__file__).parent, root / "src/tokenecon")
    (root / "src/publish").mkdir()
    shutil.copy(studies.__file__, root / "src/publish")
    (root / "data").mkdir()
    (root / "data/datapackage.json").write_text("{}")
    (root / "data/numbers.csv").write_text("a\n2\n")
    return root


@pytest.fixture(scope="module")
def away(sent, tmp_path_factory):
    """What a cluster of one worker gave: studies, one whose process was killed, places, a failure."""
    marker = tmp_path_factory.mktemp("away") / "marker"
    tasks = {seed: (studies.covered, (seed,)) for seed in range(3)}
    tasks |= {"killed": (studies.killed_at_first, (str(marker),)), "places": (studies.places, ())}
    tasks |= {"refused": (studies.refused, ())}
    return results(sent, tasks, cluster="local:1")


@pytest.mark.slow
def test_a_cluster_gives_the_same_numbers(away, root):
    here = results(root, {seed: (studies.covered, (seed,)) for seed in range(3)}, workers=1)
    assert {seed: away[seed] for seed in here} == here


@pytest.mark.slow
def test_a_task_killed_on_a_cluster_is_done_again(away):
    assert away["killed"] == "done"


@pytest.mark.slow
def test_package_and_data_are_sent_to_a_cluster_and_errors_come_back(away, sent):
    rows, project, package = away["places"]
    assert rows == "a\n2\n"
    assert package == f"{project}/src/tokenecon"
    assert project != str(sent)
    assert isinstance(away["refused"], PublishError)


def test_a_worker_with_other_libraries_is_refused(tmp_path):
    given, answer = tmp_path / "given", tmp_path / "answer"
    given.write_bytes(pickle.dumps((studies.covered, (1,), versions() | {"pandas": "0.1"})))
    serve(str(given), str(answer))
    value, error = pickle.loads(answer.read_bytes())
    assert value is None
    assert re.search(r"has pandas [\d.]+ instead of 0.1: install it from requirements.lock", str(error))
