"""Projects built once a session, and copies of them to be changed."""

import os
import shutil

import pytest
from filelock import FileLock
from publish.sample_project import make_project

from tokenecon.publish import Project, build, choose_renderer


@pytest.fixture(scope="session")
def kernels():
    """Let nothing that someone has set choose the edition or the data."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("TOKENECON_EDITION", "TOKENECON_DATA", "TOKENECON_CLUSTER"):
            patch.delenv(name, raising=False)
        yield


def built_once(renderer, tmp_path_factory):
    """Return the sample project, built by whichever process of the tests is the first to ask."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    with FileLock(shared / f"{renderer}.lock"):
        if not (shared / renderer / "done").exists():
            shutil.rmtree(shared / renderer, ignore_errors=True)
            build(renderer=renderer, project=make_project(shared / renderer / "project"))
            (shared / renderer / "done").touch()
    return Project(shared / renderer / "project")


@pytest.fixture(scope="session")
def built(tmp_path_factory, kernels):
    """A project built once with the embedded renderer. Look, do not touch."""
    return built_once("embedded", tmp_path_factory)


@pytest.fixture(scope="session")
def quarto_built(tmp_path_factory, kernels):
    """The same with Quarto, where there is one."""
    if choose_renderer() != "quarto":
        pytest.skip("Quarto 1.9 or newer is not on PATH")
    return built_once("quarto", tmp_path_factory)


@pytest.fixture
def project(built, tmp_path):
    """A copy of the built project, to be changed."""
    shutil.copytree(built.root, tmp_path / "project")
    return Project(tmp_path / "project")
