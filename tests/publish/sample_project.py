"""A small project with two notebooks, a catalogue, and the real report folder."""

import hashlib
import json
import shutil
from pathlib import Path

import nbformat
import yaml

from tokenecon import inputs, warned
from tokenecon.publish import Project, stage

REPORT = Path(__file__).parents[2] / "report"

CATALOG = """
from pathlib import Path
ROOT = Path(__file__).parents[2]

def load(name):
    return (ROOT / "data" / name).read_text()
"""

SHOWN = """
from pathlib import Path

SCRIPT = Path(__file__).with_suffix(".js").read_text()

class Shown:
    def __init__(self, data, **own):
        self.data, self.own = data, own

    def _repr_mimebundle_(self, include=None, exclude=None):
        return self.data, {"tokenecon": self.own}

def say(text, **facts):
    return Shown({"text/markdown": text, "text/plain": text}, facts=facts)

def figure():
    svg = (
        '<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" width="400pt" height="200pt" '
        'viewBox="0 0 400 200"><defs><style type="text/css">*{stroke-linecap: butt}</style>'
        '<clipPath id="clip"><rect width="400" height="200"/></clipPath></defs>'
        '<g clip-path="url(#clip)"><rect id="bar" x="20" y="20" width="90" height="160" fill="#0b62a4"/>'
        '<text x="130" y="100" style="font: 16px Lato">tall</text></g></svg>'
    )
    return Shown({"image/svg+xml": svg, "text/plain": "Figure"}, data_csv="x,y\\n1,2\\n")

def table(rows=2):
    lines = ["| Name | Value |", "|:------------|------:|", *(f"| row {i} | {i}.5 |" for i in range(rows))]
    return Shown({"text/markdown": "\\n".join(lines) + "\\n\\nA note to the table."}, data_csv="a,b\\n")
"""

EDITION = """id = "2025FY"
title = "Full year"
as_of = 2026-04-15
focal = "FY2025"
comparatives = ["FY2024"]
base_currency = "CNY"
"""

_COLUMNS = (
    "source_id,title,publisher,published_on,dating,dating_note,url,transcribed_from,tier,reliability_note,licence"
)
SOURCES = f"""{_COLUMNS}
AR25,"Results & {{outlook}}, 50% of_it",Some Company,2026-03-31,stated,,https://example.org/a_b.pdf,,filing,A | B,fact
LATER,Interim results,Some Company,2026-08-31,stated,,https://example.org/later.pdf,,filing,,fact
"""

PACKAGE = {
    "name": "sample",
    "resources": [
        {
            "name": "numbers",
            "path": "numbers.csv",
            "title": "Numbers",
            "description": "What is counted.",
            "schema": {
                "fields": [
                    {"name": "a", "type": "string", "description": "Who.", "constraints": {"required": True}},
                    {"name": "b_c", "type": "number", "description": "How much."},
                ]
            },
        }
    ],
}

HEADING_SUMMARY = (
    "# Summary: the answer {#sec-summary}\n\nRead @sec-one, @fig-bar, @tbl-rows, [-@fig-bar] and @eq-share."
)
HEADING_ONE = "# The first question {#sec-one}\n\nAs [@AR25] says.[^n] See @sec-two and @sec-step.\n\n[^n]: A footnote."
FIGURE = (
    '#| label: fig-bar\n#| fig-cap: "One bar. Source: results [@AR25]."\n'
    '#| fig-alt: "A bar chart of one bar. The bar is tall."\nfigure()'
)
TABLE = '#| label: tbl-rows\n#| tbl-cap: "Rows. Source: results [@AR25]."\ntable()'
MORE = '#| label: tbl-more\n#| tbl-cap: "More rows."\ntable(3)'
SAY = '#| echo: false\nsay("Growth was 293%.", growth={"value": 2.93, "unit": "ratio", "text": "293%"})'
SET_UP = 'from tokenecon.shown import figure, say, table\nfrom tokenecon.catalog import load\nload("numbers.csv")[:0]'


def notebook(*cells):
    """A notebook: a string that begins with ``md:`` is a Markdown cell, any other a code cell."""
    made = [
        nbformat.v4.new_markdown_cell(text[3:]) if text.startswith("md:") else nbformat.v4.new_code_cell(text)
        for text in cells
    ]
    for number, cell in enumerate(made):
        cell.id = f"cell-{number}"
    return nbformat.v4.new_notebook(
        cells=made, metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    )


def write_notebook(project, name, *cells):
    nbformat.write(notebook(*cells), project.notebooks / name)


def make_project(root):
    project = Project(root)
    for folder in (project.notebooks, project.data / "editions", root / "src" / "tokenecon"):
        folder.mkdir(parents=True)
    (root / "src/tokenecon/__init__.py").write_text("")
    (root / "src/tokenecon/catalog.py").write_text(CATALOG)
    (root / "src/tokenecon/shown.py").write_text(SHOWN)
    (root / "src/tokenecon/shown.js").write_text("")
    for watching in (inputs, warned):
        shutil.copy(watching.__file__, root / "src/tokenecon")
    (root / "requirements.lock").write_text("numpy==2.1\n")
    (project.data / "sources.csv").write_text(SOURCES)
    (project.data / "numbers.csv").write_text("a,b_c\nx,1\n")
    (project.data / "datapackage.json").write_text(json.dumps(PACKAGE))
    (project.data / "editions/2025FY.toml").write_text(EDITION)
    ignored = shutil.ignore_patterns(*stage.GENERATED, "_book", ".quarto", "[0A]*.qmd", "index.qmd")
    shutil.copytree(REPORT, project.report, ignore=ignored)
    book = yaml.safe_load((REPORT / "_quarto.yml").read_text(encoding="utf-8"))
    book["book"]["chapters"] = ["index.qmd", "01_one.qmd", "02_two.qmd", "references.qmd"]
    rest = [file for file in book["book"]["appendices"] if not file.startswith("A")]
    book["book"]["appendices"] = ["A1_more.qmd", *rest]
    (project.report / "_quarto.yml").write_text(yaml.safe_dump(book, sort_keys=False, allow_unicode=True))
    write_notebook(project, "00_summary.ipynb", f"md:{HEADING_SUMMARY}", SET_UP, SAY)
    write_notebook(
        project,
        "01_one.ipynb",
        f"md:{HEADING_ONE}",
        SET_UP,
        FIGURE,
        TABLE,
        "md:## A step {#sec-step}\n\nA share is\n\n$$ s = a / r $$ {#eq-share}\n\n"
        '::: {.callout-note title="Mind this"}\nA remark.\n:::',
        "print('printed')",
    )
    write_notebook(
        project,
        "02_two.ipynb",
        "md:# The second {#sec-two}\n\nSee @Fig-bar; [@fig-bar; @tbl-rows]; @tbl-more and @sec-more.",
    )
    write_notebook(
        project, "A1_more.ipynb", "md:# More of it {#sec-more}\n\nSee @fig-bar, @sec-two and [@AR25].", SET_UP, MORE
    )
    return project


def digests(folder):
    """The SHA-256 of each file of a built report but the manifest, which has timings."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "manifest.json"
    }
