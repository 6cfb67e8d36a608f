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
from tokenecon.analysis.pricing.choices import choices
from tokenecon.catalog import Catalog
from tokenecon.display import explorer, phrase

cat = Catalog.open()
views = choices(cat.list_prices().frame, cat.capability, cat.models, cat.entities, cat.edition.as_of)
"""
FIGURE = """#| label: fig-explorer
#| fig-cap: "List prices and scores. Source: Artificial Analysis [@AA_SNAPSHOTS]; lists of prices."
#| fig-alt: "Scatter plot of list price on a log axis against the score of each model, with medians by country"
now = views.opening_medians["median"]
title = phrase("The median model from China lists at {share:.0%} of the US median", share=now["CN"] / now["US"])
subtitle = phrase("Dollars by million tokens on {day}; log scale", day=views.opening.day)
names = cat.entities.set_index("entity_id")["name"]
explorer.explorer(views, cat.benchmarks, names, title, subtitle)
"""


def make_explorer_project(root):
    project = Project(root)
    ignored = shutil.ignore_patterns(*stage.GENERATED, "_book", ".quarto", "0*.qmd", "__pycache__")
    for part in ("data", "report", "src"):
        shutil.copytree(ROOT / part, root / part, ignore=ignored)
    shutil.copy(ROOT / "uv.lock", root)
    book = yaml.safe_load((ROOT / "report/_quarto.yml").read_text(encoding="utf-8"))
    book["book"]["chapters"] = ["index.qmd", "01_explorer.qmd", "references.qmd"]
    book["book"]["appendices"] = []
    (project.report / "_quarto.yml").write_text(yaml.safe_dump(book, sort_keys=False, allow_unicode=True))
    project.notebooks.mkdir()
    write_notebook(project, "00_summary.ipynb", "md:# Summary {#sec-summary}\n\nSee @sec-explorer.")
    write_notebook(project, "01_explorer.ipynb", f"md:{HEADING}", SETUP, FIGURE)
    return project
