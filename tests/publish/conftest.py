"""Projects built once a session, and copies of them to be changed."""

import shutil

import pytest
from publish.sample_project import make_project

from tokenecon.publish import Project, build, choose_renderer


@pytest.fixture(scope="session")
def kernels():
    """Let nothing that someone has set choose the edition or the data."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("TOKENECON_EDITION", "TOKENECON_DATA", "TOKENECON_CLUSTER"):
            patch.delenv(name, raising=False)
        yield


@pytest.fixture(scope="session")
def built(tmp_path_factory, kernels):
    """A project built once with the embedded renderer. Look, do not touch."""
    project = make_project(tmp_path_factory.mktemp("embedded") / "project")
    build(renderer="embedded", project=project)
    return project


@pytest.fixture(scope="session")
def quarto_built(tmp_path_factory, kernels):
    """The same with Quarto, where there is one."""
    if choose_renderer() != "quarto":
        pytest.skip("Quarto 1.9 or newer is not on PATH")
    project = make_project(tmp_path_factory.mktemp("quarto") / "project")
    build(renderer="quarto", project=project)
    return project


@pytest.fixture
def project(built, tmp_path):
    """A copy of the built project, to be changed."""
    shutil.copytree(built.root, tmp_path / "project")
    return Project(tmp_path / "project")
