"""Watching: what counts as saved, and that an open page is told when it was built again."""

import threading
import urllib.request
from functools import partial

import pytest

from tokenecon.publish import Project
from tokenecon.publish.watch import RELOADING, _Handler, _Pages, is_source


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("notebooks/01_one.ipynb", True),
        ("data/financials.csv", True),
        ("data/editions/2025FY.toml", True),
        ("src/tokenecon/shown.py", True),
        ("report/style.css", True),
        ("requirements.lock", True),
        ("notebooks/.ipynb_checkpoints/01_one-checkpoint.ipynb", False),
        ("notebooks/.01_one.ipynb.swp", False),
        ("notebooks/01_one.ipynb~", False),
        ("src/tokenecon/__pycache__/shown.cpython-311.pyc", False),
        ("report/_book/index.html", False),
        ("report/figures/fig-bar.svg", False),
        ("report/facts.json", False),
        ("data/snapshots/2026-01-01.json", False),
    ],
)
def test_what_a_report_is_made_from_counts_and_what_tools_leave_does_not(tmp_path, name, counts):
    assert is_source(Project(tmp_path), str(tmp_path / name)) is counts


@pytest.fixture
def served(tmp_path):
    (tmp_path / "index.html").write_text("<p>first</p>")
    (tmp_path / "style.css").write_text("p {}")
    server = _Pages(("127.0.0.1", 0), partial(_Handler, directory=str(tmp_path)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server, f"http://127.0.0.1:{server.server_port}", tmp_path
    server.shutdown()
    server.server_close()


def test_pages_are_served_as_they_are_now_and_load_themselves_again(served):
    _, address, folder = served
    assert urllib.request.urlopen(address + "/").read() == b"<p>first</p>" + RELOADING
    assert urllib.request.urlopen(address + "/style.css").read() == b"p {}"
    (folder / "index.html").write_text("<p>second</p>")
    assert urllib.request.urlopen(address + "/index.html").read().startswith(b"<p>second</p>")
    assert (folder / "index.html").read_bytes() == b"<p>second</p>", "what is on disk asks nobody for anything"


def test_an_open_page_is_told_of_a_build(served):
    server, address, _ = served
    listening = urllib.request.urlopen(address + "/.built", timeout=10)
    threading.Timer(0.2, server.tell).start()
    assert listening.readline() == b"data: built\n"
