"""Pages on which each claim, each printed number and each figure has an address that stays: to link to and to embed.

They are written beside the rendered pages, from what lies there, and look the same whichever renderer made those.
"""

from __future__ import annotations

import csv
import hashlib
import html
import json
import shutil
from collections.abc import Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from bs4 import BeautifulSoup, Tag

from tokenecon.shown import dated

SCHEMA = "facts.schema.json"
CLAIMS, FACTS, FIGURES = "claims.html", "facts.html", "figures.html"
PAGES = (CLAIMS, FACTS, FIGURES)
"""What is written; the pages' names are part of addresses and do not change."""

_STYLE = """
body { margin: 0; font-family: Lato, system-ui, sans-serif; line-height: 1.5; color: var(--tool-ink);
  background: var(--tool-ground); color-scheme: light dark; }
main, .home { max-width: 46rem; margin: 0 auto; padding: 0 1rem; }
main { padding-bottom: 3rem; }
.home { padding-top: 1rem; }
a { color: var(--tool-link); }
.listing { padding: 0; list-style: none; }
.listing > li { padding: .6rem 0; border-top: 1px solid var(--tool-line); overflow-wrap: anywhere; }
.listing > li:target { background: var(--tool-mark); }
.listing p { margin: .2rem 0; }
.said { color: var(--tool-muted); font-size: .875rem; }
pre { padding: .6rem; border: 1px solid var(--tool-line); white-space: pre-wrap; font-size: .8125rem; }
"""


def shell(title: str, body: str, book: str) -> str:
    """Return a page of our own: what both renderers' folders hold suffices it, and the PDFs do not have it."""
    return f"""<!DOCTYPE html>
<html lang="en" data-pages-only>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{html.escape(title)} – {html.escape(book)}</title>
<link rel="icon" href="favicon.svg" type="image/svg+xml">
<link rel="stylesheet" href="fonts/fonts.css">
<link rel="stylesheet" href="style.css">
<style>{_STYLE}</style>
</head>
<body>
<header class="home"><a href="index.html">{html.escape(book)}</a></header>
<main>
<h1>{html.escape(title)}</h1>
{body}
</main>
</body>
</html>
"""


def anchor(key: str) -> str:
    """Return the id of a fact: its notebook and cell, and eight digits that stand for the expression."""
    notebook, cell, *_ = key.split(".")
    return f"{notebook}.{cell}.{hashlib.sha256(key.encode()).hexdigest()[:8]}"


class Drawn(NamedTuple):
    """A figure of a page: its id, what stands above or below it, and the text that stands for its drawing."""

    name: str
    shown: str
    alt: str


class Listed(NamedTuple):
    """What is listed of a page: all its ids, and its figures."""

    ids: tuple[str, ...]
    figures: tuple[Drawn, ...]


def read_listed(page: BeautifulSoup) -> Listed:
    """Read off a rendered page what is listed of it."""
    found = {str(element["id"]): element for element in page.find_all(id=True)}
    return Listed(tuple(found), tuple(_drawn(name, own) for name, own in found.items() if name.startswith("fig-")))


def _drawn(name: str, figure: Tag) -> Drawn:
    drawing = figure.find("svg", attrs={"role": "img"})
    title = figure.select_one(".figure-title") or figure.find("figcaption") or figure
    shown = " ".join(title.get_text(" ").split())
    return Drawn(name, shown, str(drawing.get("aria-label", "")) if drawing else "")


def write_listings(folder: Path, pages: Mapping[str, Listed], book: str, edition: str, address: str) -> None:
    """Write the pages into ``folder``, from the rendered ``pages`` and the files beside them.

    Parameters
    ----------
    folder : Path
        The pages of an edition.
    pages : mapping
        What is listed of those that the renderer made, by the file's name.
    book, edition : str
        The title of the book, and what is told of the edition beside a figure that is shown elsewhere.
    address : str
        Where the folder will be found; empty if that is not known.
    """
    places = {identifier: file for file, page in pages.items() for identifier in page.ids}
    facts = json.loads((folder / "facts.json").read_text(encoding="utf-8"))
    shutil.copy(Path(__file__).with_name(SCHEMA), folder)
    listed = {FACTS: ("Every printed number", _facts(facts))}
    ledger = folder / "tables" / "claims.csv"
    if ledger.is_file():
        with ledger.open(encoding="utf-8", newline="") as rows:
            listed[CLAIMS] = ("Every claim by its name", _claims(csv.DictReader(rows), places))
    listed[FIGURES] = ("Figures to embed", _figures(folder, pages, f"{book}, {edition}", address))
    for name, (title, body) in listed.items():
        (folder / name).write_text(shell(title, body, book), encoding="utf-8")


# Claims ---------------------------------------------------------------------------------------------------------------


def _claims(rows: Iterator[Mapping[str, str]], places: Mapping[str, str]) -> str:
    items = "\n".join(_claim(row, places) for row in rows)
    return (
        "<p>Each claim of the article, what became of it here, and why. The address of a claim on this page stays the "
        "same in every edition; all of it is in <a href='tables/claims.csv'>claims.csv</a>.</p>\n"
        f'<ul class="listing">\n{items}\n</ul>'
    )


def _claim(row: Mapping[str, str], places: Mapping[str, str]) -> str:
    name, found = html.escape(row["claim_id"]), _number(row["computed"])
    ends = [_number(row[end]) for end in ("ci_low", "ci_high")]
    told = [
        f"printed {_number(row['quoted'])} {row['unit']}".rstrip() if row["quoted"] else "",
        f"computed {found} {row['computed_unit']}".rstrip() if found else "",
        f"{row['interval'] + ':' if row['interval'] else 'interval'} {ends[0]} to {ends[1]}" if all(ends) else "",
        f"n\u00a0=\u00a0{_number(row['n'])}" if row["n"] else "",
        f"as of {dated(row['on'])}" if row["on"] else "",
        f"{row['then']} as of {dated(row['then_on'])}, in the first edition" if row["then"] else "",
        f"{row['later']} by the figures of {row['later_in']}" if row["later"] not in ("", row["verdict"]) else "",
    ]
    said = (row["verdict"].capitalize(), "; ".join(filter(None, told)))
    where = places.get(row["link"])
    more = f' <a href="{where}#{row["link"]}">The&nbsp;chapter</a>' if where else ""
    return (
        f'<li id="{name}"><p><b>{html.escape(row["text"])}</b> <a href="#{name}"><code>{name}</code></a></p>\n'
        f"<p>{html.escape(': '.join(filter(None, said)))}.{more}</p>\n"
        f'<p class="said">{html.escape(dated(row["note"]))}</p></li>'
    )


def _number(cell: str) -> str:
    """Return a number with four significant digits, or all before the point; what is none as it is."""
    try:
        number = float(cell)
    except ValueError:
        return cell.replace("-", "–")
    return (f"{number:,.0f}" if abs(number) >= 1000 else f"{number:.4g}").replace("-", "−").replace("inf", "∞")


# Facts ----------------------------------------------------------------------------------------------------------------


def _facts(facts: Mapping[str, Mapping[str, object]]) -> str:
    parts = [
        "<p>What sentences of the report print, each with the value behind it. A key is the notebook, the cell, and "
        "the expression that stands in its sentence. The same as data: <a href='facts.json'>facts.json</a>, described "
        f"by <a href='{SCHEMA}'>its JSON Schema</a>.</p>\n{_FIELDS}"
    ]
    for notebook, keys in groupby(facts, key=lambda key: str(facts[key]["notebook"])):
        items = "\n".join(_fact(key, facts[key]) for key in keys)
        parts.append(
            f'<h2 id="{notebook}"><a href="notebooks/{quote(notebook)}">{html.escape(notebook)}</a></h2>\n'
            f'<ul class="listing">\n{items}\n</ul>'
        )
    return "\n".join(parts)


def _described() -> str:
    schema = json.loads(Path(__file__).with_name(SCHEMA).read_text(encoding="utf-8"))
    fields = schema["$defs"]["fact"]["properties"].items()
    said = "".join(f"<dt><code>{name}</code></dt><dd>{html.escape(own['description'])}</dd>" for name, own in fields)
    return f"<details><summary>What a fact holds</summary><dl>{said}</dl></details>"


_FIELDS = _described()


def _fact(key: str, fact: Mapping[str, object]) -> str:
    name = html.escape(anchor(key))
    value = _number(str(fact["value"])) if fact["unit"] not in ("text", "date") else ""
    told = f"{value} {fact['unit']}" if value else str(fact["unit"])
    if fact.get("errors"):
        told += f"; {fact['errors']}"
    return (
        f'<li id="{name}"><p><b>{html.escape(str(fact["text"]))}</b> '
        f'<span class="said">{html.escape(told)}</span> <a href="#{name}" aria-label="Address of this number">#</a></p>'
        f'\n<p class="said"><code>{html.escape(key)}</code></p></li>'
    )


# Figures --------------------------------------------------------------------------------------------------------------


def _figures(folder: Path, pages: Mapping[str, Listed], origin: str, address: str) -> str:
    items = [
        _figure(file, figure, origin, address)
        for file, page in pages.items()
        for figure in page.figures
        if (folder / "figures" / f"{figure.name}.svg").is_file()
    ]
    said = (
        "Each figure as a drawing, as a picture and as data, and what to put into a page of your own to show it there."
    )
    if not address:
        said += " Put before each address in it where this folder is published."
    return f'<p>{said}</p>\n<ul class="listing">\n' + "\n".join(items) + "\n</ul>"


def _figure(page: str, figure: Drawn, origin: str, address: str) -> str:
    name, shown, alt = figure
    before = f"{address}/" if address else ""
    snippet = (
        f'<figure>\n  <a href="{before}{page}#{name}"><img src="{before}figures/{name}.svg" '
        f'alt="{html.escape(alt)}" style="max-width: 100%"></a>\n'
        f"  <figcaption>{html.escape(shown)}. {html.escape(origin)}.</figcaption>\n</figure>"
    ).replace("..", ".")
    files = {"Drawing (SVG)": "svg", "Picture (PNG)": "png", "Data (CSV)": "csv"}
    links = " · ".join(f'<a href="figures/{name}.{ending}">{said}</a>' for said, ending in files.items())
    return (
        f'<li id="{name}"><p><b><a href="{page}#{name}">{html.escape(shown)}</a></b></p>\n<p>{links}</p>\n'
        f'<pre tabindex="0">{html.escape(snippet)}</pre></li>'
    )
