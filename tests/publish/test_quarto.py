"""The same book through Quarto, under the same checks."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from publish.sample_project import FIGURE, HEADING_ONE, SHOWN, TABLE, digests, make_project, write_notebook
from pypdf import PdfReader

from tokenecon.publish import build, choose_renderer, quarto, verify
from tokenecon.publish.verify import verify_folder


def test_the_report_passes_the_same_checks(quarto_built):
    assert verify(project=quarto_built) == []
    page = (quarto_built.build / "2025FY/html/01_one.html").read_text(encoding="utf-8")
    for target in ("figures/fig-bar.csv", "figures/fig-bar.svg", "notebooks/01_one.ipynb", "tables/tbl-rows.csv"):
        assert f'href="{target}"' in page


def test_both_renderers_number_alike(quarto_built, built):
    for project in (quarto_built, built):
        reader = PdfReader(project.build / "2025FY/report.pdf")
        text = " ".join(" ".join(page.extract_text() for page in reader.pages).split())
        assert "Figure 1.1 One bar." in text
        assert "Table 1.1 Rows." in text
        assert "Read Chapter 1, Figure 1.1, Table 1.1, 1.1 and Equation" in text
        home = BeautifulSoup((project.build / "2025FY/html/index.html").read_text(encoding="utf-8"), "html.parser")
        assert "Read Chapter 1, Figure 1.1, Table 1.1" in " ".join(home.main.get_text().split())


def test_same_inputs_give_the_same_bytes(quarto_built):
    before = digests(quarto_built.build / "2025FY")
    build(renderer="quarto", project=quarto_built)
    assert digests(quarto_built.build / "2025FY") == before


def inline_shown():
    """The sample's module as a cell: a notebook has no file of its own to look beside."""
    return "#| include: false\n" + SHOWN.replace('Path(__file__).with_suffix(".js").read_text()', '""')


def test_plain_quarto_render_works_in_a_fresh_clone(tmp_path, kernels):
    if choose_renderer() != "quarto":
        pytest.skip("Quarto 1.9 or newer is not on PATH")
    project = make_project(tmp_path / "project")
    write_notebook(project, "01_one.ipynb", f"md:{HEADING_ONE}", inline_shown(), FIGURE, TABLE)
    write_notebook(project, "00_summary.ipynb", "md:# Summary {#sec-summary}\n\nSee @fig-bar and @sec-two.")
    write_notebook(project, "02_two.ipynb", "md:# The second {#sec-two}\n\n## A step {#sec-step}\n\nSee @tbl-rows.")
    names = {"index": "sec-summary .unnumbered", "01_one": "sec-one", "02_two": "sec-two", "A1_more": "sec-more"}
    for name, heading in names.items():
        page = f'# Title {{#{heading}}}\n\n::: {{.staged file="_chapters/{name}.md"}}\n:::\n'
        (project.report / f"{name}.qmd").write_text(page)
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [shutil.which("quarto"), "render", "--to", "html"],
        cwd=project.report,
        capture_output=True,
        text=True,
        env=environment | {"QUARTO_PYTHON": sys.executable},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (tmp_path / "built").mkdir()
    shutil.move(project.report / "_book", tmp_path / "built/html")
    assert verify_folder(tmp_path / "built") == []


@pytest.mark.parametrize(("found", "expected"), [(None, "embedded"), ("1.7.31", "embedded"), ("1.9.38", "quarto")])
def test_an_old_quarto_is_not_taken(monkeypatch, found, expected):
    monkeypatch.setattr(quarto, "version", lambda: found)
    assert choose_renderer("auto") == expected


def test_the_pre_render_step_has_nothing_to_do_in_a_build():
    script = Path(__file__).parents[2] / "report/prerender.py"
    done = subprocess.run([sys.executable, str(script)], env=os.environ | {quarto.STAGED: "1"})
    assert done.returncode == 0
