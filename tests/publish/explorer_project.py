"""The project with one chapter, which shows the price–capability picture as the pricing chapter does."""

import shutil
from pathlib import Path

import yaml
from publish.sample_project import write_notebook

from tokenecon.publish import Project, stage

ROOT = Path(__file__).parents[2]

HEADING = "# Prices and capability {#sec-explorer}\n\n@fig-explorer lets the reader choose."
SETUP = """#| label: setup
#| include: false
from tokenecon.analysis.pricing.findings import Pricing
from tokenecon.display import explorer, theme
from tokenecon.display.text import day, share

theme.use()
f = Pricing.open()
one, other = f.countries
now = f.views.opening_medians["median"]
"""
SHARE = "`{python} share(now[one.code] / now[other.code])`"
FIGURE = f"""#| label: fig-explorer
#| fig-title: "The median `{{python}} one.adjective` model lists at {SHARE} of the `{{python}} other.adjective` median"
#| fig-subtitle: "Dollars per million tokens on `{{python}} day(f.views.opening.day)`; log scale"
#| fig-cap: "List prices and scores. Source: Artificial Analysis [@AA_SNAPSHOTS]; lists of prices."
#| fig-alt: "Scatter plot of list price on a log axis against the score of each model, with medians by country"
explorer.explorer(f.views, f.benchmarks, f.names, f.countries)
"""


def make_explorer_project(root):
    project = Project(root)
    ignored = shutil.ignore_patterns(*stage.GENERATED, "_book", ".quarto", "[0A]*.qmd", "__pycache__")
    for part in ("data", "report", "src"):
        shutil.copytree(ROOT / part, root / part, ignore=ignored)
    shutil.copy(ROOT / "requirements.lock", root)
    book = yaml.safe_load((ROOT / "report/_quarto.yml").read_text(encoding="utf-8"))
    book["book"]["chapters"] = ["index.qmd", "01_explorer.qmd", "references.qmd"]
    book["book"]["appendices"] = []
    (project.report / "_quarto.yml").write_text(yaml.safe_dump(book, sort_keys=False, allow_unicode=True))
    project.notebooks.mkdir()
    write_notebook(project, "00_summary.ipynb", "md:# Summary {#sec-summary}\n\nSee @sec-explorer.")
    write_notebook(project, "01_explorer.ipynb", f"md:{HEADING}", SETUP, FIGURE)
    return project
