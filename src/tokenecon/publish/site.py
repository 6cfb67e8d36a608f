"""What every page of the site carries, whichever renderer made it: description, reading time, citation, search, notes.

``report/site.js`` brings the search, the notes that open on hover and the enlarged figures; what they show is written
here beside the pages, so that all of it works from a folder on disk.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from bs4 import BeautifulSoup, Tag

from tokenecon.catalog.editions import Edition
from tokenecon.publish import quarto
from tokenecon.publish.fonts import write_web_fonts
from tokenecon.publish.listings import CLAIMS, FACTS, FIGURES, PAGES, Listed, read_listed, write_listings
from tokenecon.publish.memory import derived
from tokenecon.publish.parts import APPENDIX, REPORT
from tokenecon.publish.pictures import write_card
from tokenecon.publish.project import Project
from tokenecon.publish.terms import read_terms
from tokenecon.publish.words import strings

INDEX = "search-index.js"
CARD = "social.png"
CITATION = "cite.bib"
PDFS: Mapping[str, str] = {REPORT: "PDF", APPENDIX: "Appendix (PDF)"}
"""What pages link to, where it is there."""

WORDS_A_MINUTE = 230
DESCRIPTION = 200
"""Letters of a page's description."""

_NOT_SEARCHED = frozenset({"script", "style", "svg", "math", "pre", "nav", "details", "downloads"})
_NOT_READ = _NOT_SEARCHED | {"anchor", "reading", "page-foot", "table-note"}
_NUMBERS = frozenset({"header-section-number", "chapter-number", "anchor"})
"""Elements and classes whose text is left out: of the search, of what is read, of titles."""

_DRAWING = re.compile(r"(<svg\b[^>]*>).*?</svg>", re.S)
_PICTURE = re.compile(r'<a href="(?:\./)?figures/(fig-[\w-]+)\.png"[^>]*>[^<]*</a>')
_APART = ("figure", "table", "nav", "footer", "header")


@dataclass(frozen=True)
class _Book:
    """What all pages of an edition say alike."""

    project: Project
    edition: Edition

    @property
    def name(self) -> str:
        return f"{self.project.title}: {self.project.subtitle}"

    @property
    def address(self) -> str:
        """Where the pages stand; empty if that is not known."""
        return f"{self.project.address}/{self.edition.id}" if self.project.address else ""

    @property
    def state(self) -> str:
        return f"Edition {self.edition.id}, data as of {self.edition.as_of_text}"

    @property
    def citation(self) -> str:
        return f"{', '.join(self.project.authors)} ({self.edition.as_of.year}). {self.name}. {self.state}."

    @property
    def bibtex(self) -> str:
        fields = {
            "author": " and ".join(f"{{{author}}}" for author in self.project.authors),
            "title": f"{{{self.name}}}",
            "year": str(self.edition.as_of.year),
            "month": str(self.edition.as_of.month),
            "edition": self.edition.id,
            "note": f"Data as of {self.edition.as_of_text}",
            **({"url": self.address} if self.address else {}),
        }
        lines = "".join(f"  {name:<7} = {{{value}}},\n" for name, value in fields.items())
        return f"@report{{tokenecon{self.edition.id.lower()},\n{lines}}}\n"


def finish_pages(on_progress: Callable[[str], None], project: Project) -> None:
    """Complete the pages that Quarto was run for by hand, in ``report/_book``."""
    folder = project.report / "_book"
    if folder.is_dir() and any(folder.glob("*.html")):
        quarto.without_modules(folder)
        quarto.name_chapters(folder)
        complete(project, project.edition(), folder)
        on_progress(f"completed {project.relative(folder)}")


def complete(project: Project, edition: Edition, folder: Path, pdfs: Collection[str] = ()) -> None:
    """Complete the rendered pages in ``folder``, beside which the PDFs named will lie, and write what they need."""
    book = _Book(project, edition)
    rendered = {file: _told(file) for file in sorted(folder.glob("*.html")) if file.name not in PAGES}
    said = f"edition {edition.id}, data as of {edition.as_of_text}"
    listed = {file.name: page.listed for file, page in rendered.items()}
    write_listings(folder, listed, project.title, said, book.address)
    pages = rendered | {folder / name: _told(folder / name) for name in PAGES if (folder / name).is_file()}
    references = {key: text for page in pages.values() for key, text in page.references.items()}
    terms = read_terms(project.report)
    offered = {name: label for name, label in PDFS.items() if name in pdfs}
    read = {chapter.name for chapter in project.chapters() if chapter.notebook}
    for file, page in pages.items():
        notes = {
            "references": {key: text for key, text in references.items() if key in page.cited},
            "terms": [{"forms": term.forms, "says": term.says} for term in terms if term.is_in(page.words)],
        }
        text = file.read_text(encoding="utf-8")
        text = _with_head(text, _head(book, file, page, offered))
        text = _after_title(text, _reading(page.words if file.stem in read else "", offered))
        text = _before_end(text, _foot(book, file, offered), notes)
        text = _PICTURE.sub(rf'\g<0> · <a href="{FIGURES}#\1">Embed</a>', text) if file in rendered else text
        file.write_text(text, encoding="utf-8")
    _write_index([entry for page in rendered.values() for entry in page.entries], folder / INDEX)
    (folder / CITATION).write_text(book.bibtex, encoding="utf-8")
    write_web_fonts(folder / "fonts", (file.read_text(encoding="utf-8") for file in folder.glob("*.html")))
    write_card(folder / CARD, project.title, project.subtitle, book.state)


# What a page says of itself -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Told:
    """What is read off a page: the ids that its links lead to, what the search finds, its part of the bibliography."""

    title: str
    description: str
    words: str
    cited: frozenset[str]
    entries: tuple[dict[str, str], ...]
    references: Mapping[str, str]
    listed: Listed


def _told(file: Path) -> _Told:
    """Read a page without what is inside its drawings, which is most of it and says nothing here."""
    text = _DRAWING.sub(r"\1</svg>", file.read_text(encoding="utf-8"))
    read = partial(_read_page, file.name, text)
    return derived(["page", file.name, text], read, alone=True)


def _read_page(name: str, text: str) -> _Told:
    page = BeautifulSoup(text, "html.parser")
    main = page.find("main") or page
    return _Told(
        _title(main),
        _description(main),
        _read(main),
        frozenset(str(link["href"]).rpartition("#")[2] for link in main.find_all("a", href=True)),
        tuple(_entries(name, main)),
        {str(entry["id"]): " ".join(entry.get_text().split()) for entry in page.select(".csl-entry[id]")},
        read_listed(page),
    )


def _read(element: Tag) -> str:
    """Return the text that a reader reads, in one line."""
    return " ".join(" ".join(strings(element, partial(_is_one, _NOT_READ))).replace("\u200b", "").split())


def _head(book: _Book, file: Path, page: _Told, pdfs: Mapping[str, str]) -> str:
    title = page.title or book.project.title
    about = page.description or book.project.subtitle
    named = {"description": about, "twitter:card": "summary_large_image"}
    shared = {
        "og:type": "article", "og:title": f"{title} – {book.project.title}", "og:description": about,
        "og:image": f"{book.address}/{CARD}" if book.address else CARD,
    }  # fmt: skip
    if book.address:
        shared["og:url"] = f"{book.address}/{'' if file.name == 'index.html' else file.name}"
    lines = [f'<meta name="{name}" content="{html.escape(text)}">' for name, text in named.items()]
    lines += [f'<meta property="{name}" content="{html.escape(text)}">' for name, text in shared.items()]
    if book.address:
        lines.append(f'<link rel="canonical" href="{shared["og:url"]}">')
    lines += [
        f'<link rel="alternate" type="application/pdf" href="{name}" title="{label}">' for name, label in pdfs.items()
    ]
    return "\n".join(lines) + "\n"


def _title(main: Tag) -> str:
    heading = main.find("h1")
    return re.sub(r"^Appendix [A-Z] —", "", _heading(heading)).strip() if heading else ""


def _heading(heading: Tag) -> str:
    """Return the text of a heading without its number."""
    return " ".join("".join(strings(heading, partial(_is_one, _NUMBERS))).split())


def _description(main: Tag) -> str:
    """Return the beginning of the first paragraph of prose, whole sentences where they fit."""
    for paragraph in main.find_all("p"):
        if paragraph.find_parent(_APART) or paragraph.find_parent(class_="title-block"):
            continue
        text = _read(paragraph)
        if len(text) > 60:
            return _shortened(re.sub(r"\s+([.,;:)])", r"\1", text))
    return ""


def _shortened(text: str) -> str:
    if len(text) <= DESCRIPTION:
        return text
    sentences = re.match(rf".{{60,{DESCRIPTION}}}[.!?](?=\s)", text)
    return sentences[0] if sentences else text[:DESCRIPTION].rsplit(" ", 1)[0].rstrip(",;:") + " …"


def _reading(words: str, pdfs: Mapping[str, str]) -> str:
    """Return the line below a title; only a page that is read, and not looked up, has ``words`` and says how long."""
    minutes = max(1, round(len(words.split()) / WORDS_A_MINUTE))
    parts = [f"{minutes} minute{'s' if minutes > 1 else ''} to read"] if words else []
    parts += [f'<a href="{name}">{label}</a>' for name, label in pdfs.items()]
    parts.append('<a href="#cite">Cite</a>')
    return f'<p class="reading">{" · ".join(parts)}</p>'


def _foot(book: _Book, file: Path, pdfs: Mapping[str, str]) -> str:
    links = [f'<a href="{name}">{label}</a>' for name, label in pdfs.items()]
    listed = {CLAIMS: "Every claim", FACTS: "Every printed number"}
    links += [f'<a href="{name}">{label}</a>' for name, label in listed.items() if (file.parent / name).is_file()]
    links.append('<a href="inputs.json">What this was built from</a>')
    if repository := str(book.project.book["book"].get("repo-url", "")).rstrip("/"):
        links += [
            f'<a href="{repository}/edit/main/{_source(book.project, file.stem)}">Edit this page</a>',
            f'<a href="{repository}/issues/new/choose">Report a fault</a>',
        ]
    return (
        '<section class="page-foot" id="cite" aria-label="Citation and files">\n'
        f'<p class="files">{" · ".join(links)}</p>\n'
        f"<p>Cite as: {html.escape(book.citation)}</p>\n"
        f'<details><summary>BibTeX</summary><pre tabindex="0">{html.escape(book.bibtex)}</pre>'
        f'<p><a href="{CITATION}" download>Download</a></p></details>\n</section>\n'
    )


def _source(project: Project, name: str) -> str:
    found = {chapter.name: chapter.notebook or project.report / chapter.file for chapter in project.chapters()}
    return project.relative(found.get(name, project.report / f"{name}.qmd"))


# Where it goes --------------------------------------------------------------------------------------------------------


def _with_head(text: str, head: str) -> str:
    text = re.sub(r'<meta name="description"[^>]*>\n?', "", text)
    return text.replace("</head>", f"{head}</head>", 1)


def _after_title(text: str, reading: str) -> str:
    start = text.find("<main")
    end = text.find("</h1>", start)
    return text if end < 0 else text[: end + 5] + reading + text[end + 5 :]


def _before_end(text: str, foot: str, notes: Mapping[str, Any]) -> str:
    packed = json.dumps(notes, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    script = f'<script type="application/json" id="notes">{packed}</script>\n<script src="site.js"></script>\n'
    place = next(found for mark in ('<nav class="turn"', "</main>") if (found := text.rfind(mark)) >= 0)
    text = text[:place] + foot + text[place:]
    end = text.rindex("</body>")
    return text[:end] + script + text[end:]


# Search, notes --------------------------------------------------------------------------------------------------------


def _entries(page: str, main: Tag) -> Iterator[dict[str, str]]:
    """Yield what the search finds: each section's place, chapter, heading and text."""
    chapter = _title(main)
    headings = [one for one in main.find_all(["h1", "h2", "h3"]) if not one.find_parent("dialog")]
    for heading in headings:
        section = heading.find_parent("section")
        anchor = heading.get("id") or (section.get("id", "") if section else "")
        text = " ".join(_until_next(heading))
        place = page if heading.name == "h1" else f"{page}#{anchor}"
        yield {"at": place, "chapter": chapter, "heading": _heading(heading), "text": text}


def _until_next(heading: Tag) -> Iterator[str]:
    """Yield the text between a heading and the next one, that of pictures left out."""
    for node in heading.next_elements:
        if isinstance(node, Tag):
            if node.name in ("h1", "h2", "h3") and node is not heading:
                return
            continue
        if any(parent is heading or _is_one(_NOT_SEARCHED, parent) for parent in node.parents):
            continue
        if words := " ".join(str(node).split()):
            yield words


def _is_one(named: frozenset[str], element: Tag) -> bool:
    """Whether an element has one of some names or classes."""
    return element.name in named or not named.isdisjoint(element.get("class") or ())


def _write_index(entries: list[dict[str, str]], file: Path) -> None:
    packed = json.dumps(entries, ensure_ascii=False, separators=(",", ":"))
    file.write_text(f"window.searchIndex = {packed};\n", encoding="utf-8")
