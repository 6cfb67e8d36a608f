"""Render the book where Quarto is absent: Pandoc and Typst as Python packages bring them.

Reads the same pages as Quarto. ``report/embedded/`` holds one filter, and a template for each format.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pypandoc

from tokenecon.catalog.editions import Edition
from tokenecon.publish.cache import sha256
from tokenecon.publish.errors import PublishError
from tokenecon.publish.memory import remembered, together
from tokenecon.publish.parts import Part, parts
from tokenecon.publish.project import HOME, Chapter, Project, noon
from tokenecon.publish.typeset import typeset

_READER = "markdown+table_attributes"
_SHARED = ("palette.css", "style.css", "filter.js", "site.js", "favicon.svg", "facts.json")
_FLOAT = re.compile(r"<((?:fig|tbl|eq)-[\w-]+)>")
_QMD = re.compile(r"([\w-]+)\.qmd(#[\w:.-]+)?")
_DRAWING = re.compile(r'image\("/(figures/[\w.-]+)"')
_LOOKED_AT = re.compile(r'"t":"(?:Cite|CodeBlock|Div|Figure|Header|Link|Math|Span|Table)"|"t":"RawBlock","c":\["typst"')
"""What is numbered, referred to, cited or pointed at; a block that holds none of it stays as it is."""
_ASIDE = "aside"
_SET_ASIDE = re.compile(
    rf'\{{"t":"RawBlock","c":\["{_ASIDE}","(\d+)"\]\}}|\[\["{_ASIDE}-(\d+)",\[\],\[\]\],0,\[\],\[\]\]'
)
_Json = dict[str, Any]


def versions() -> dict[str, str]:
    """Return what renders, and in which version."""
    return {"pandoc": str(pypandoc.get_pandoc_version()), "typst": version("typst")}


def render(
    project: Project,
    edition: Edition,
    report: Path,
    target: Path,
    formats: Sequence[str],
    finish: Callable[[Path], None],
) -> None:
    """Render the staged book in ``report`` to ``target/html``, finished at once, and the PDFs in ``target``.

    Raises
    ------
    PublishError
        With what Pandoc or Typst had to say.
    """
    book = _Book(project, edition, report)
    steps = [partial(book.write_pdfs, target)] if "pdf" in formats else []
    steps += [partial(book.write_html, target / "html", finish)] if "html" in formats else []
    together(steps)


def labels(project: Project, edition: Edition, report: Path) -> dict[str, dict[str, str]]:
    """Return each label of the staged book: its ``chapter``, and ``name`` and ``number``, or a heading's ``title``."""
    return _Book(project, edition, report).labels()


@dataclass(frozen=True)
class _Page:
    chapter: Chapter
    title: list[_Json]
    blocks: list[_Json]
    elements: list[_Json]

    @property
    def href(self) -> str:
        return f"{self.chapter.name}.html"


class _Aside:
    """Parts of documents that Pandoc has nothing to do to, as JSON, with numbers standing for them meanwhile."""

    def __init__(self) -> None:
        self._parts: list[str] = []

    def slimmed(self, div: _Json) -> _Json:
        """Return a div with numbers in the place of what stays as it is, three quarters of a book."""
        (identifier, *_), blocks = div["c"]
        captioned = identifier.startswith("fig-")
        kept = [self._slim(block) for block in blocks[: len(blocks) - captioned]]
        return {"t": "Div", "c": [div["c"][0], [*kept, *blocks[len(kept) :]]]}

    def _slim(self, block: _Json) -> _Json:
        if block["t"] == "Div":
            return self.slimmed(block)
        if block["t"] == "Table":
            *head, bodies, foot = block["c"]
            aside = [
                self._put_aside(body, lambda number: [[f"{_ASIDE}-{number}", [], []], 0, [], []]) for body in bodies
            ]
            return {"t": "Table", "c": [*head, aside, foot]}
        return self._put_aside(block, lambda number: {"t": "RawBlock", "c": [_ASIDE, str(number)]})

    def _put_aside(self, part: Any, standing_for: Callable[[int], Any]) -> Any:
        text = _compact(part)
        if _LOOKED_AT.search(text):
            return part
        self._parts.append(text)
        return standing_for(len(self._parts) - 1)

    def put_back(self, text: str) -> str:
        """Return JSON, as :func:`_compact` writes it, with the parts in the place of their numbers."""
        return _SET_ASIDE.sub(lambda found: self._parts[int(found[1] or found[2])], text)


class _Book:
    """The chapters, joined into one Pandoc document so that numbers and references run through."""

    def __init__(self, project: Project, edition: Edition, report: Path) -> None:
        self.project, self.edition, self.report = project, edition, report
        self.templates = report / "embedded"
        self.chapters = project.chapters()
        texts = {chapter.file: (report / chapter.file).read_text(encoding="utf-8") for chapter in self.chapters}
        parsed = together([partial(self._read, text, file) for file, text in texts.items()])
        self.api = parsed[0]["pandoc-api-version"]
        divs = [_chapter_div(chapter, read["blocks"]) for chapter, read in zip(self.chapters, parsed, strict=True)]
        self._aside = _Aside()
        # As text, which is a tenth of the size of what it is read into.
        self._divs = _compact([self._aside.slimmed(div) for div in divs])
        self._resolved = cache(self._resolve)

    def _read(self, text: str, what: str) -> _Json:
        arguments = ["-f", _READER, "-t", "json", "--lua-filter=include.lua"]
        return json.loads(_pandoc(arguments, text, what, folder=self.report))

    def _resolve(self, target: str) -> str:
        """Return a document, as JSON, of one div a chapter, numbered, with references and citations resolved."""
        meta = {
            "target": _string(target),
            "bibliography": _string(str(self.report / "references.bib")),
            "link-citations": {"t": "MetaBool", "c": True},
        }
        arguments = ["-f", "json", "-t", "json", f"--lua-filter={self.templates / 'filter.lua'}", "--citeproc"]
        return _pandoc(arguments, self._document(self._divs, meta), "the book")

    def labels(self) -> dict[str, dict[str, str]]:
        """Return what each label is called; see :func:`labels`."""
        listed = json.loads(self._resolved("typst"))["meta"].get("labels", {"c": {}})["c"]
        return {label: {key: _text(said) for key, said in own["c"].items()} for label, own in listed.items()}

    def _whole(self, blocks: Any, meta: _Json) -> str:
        """Return a document of blocks, with what was set aside put back."""
        return self._document(self._aside.put_back(_compact(blocks)), meta)

    def _document(self, blocks: str, meta: _Json) -> str:
        return f'{{"pandoc-api-version": {self.api}, "meta": {json.dumps(meta)}, "blocks": {blocks}}}'

    def _meta(self) -> _Json:
        return {
            "booktitle": _string(self.project.title),
            "subtitle": _string(self.project.subtitle),
            "author": {"t": "MetaList", "c": [_string(name) for name in self.project.authors]},
            "edition": _string(self.edition.id),
            "edition-title": _string(self.edition.title),
            "as-of": _string(self.edition.as_of_text),
            "lang": _string(str(self.project.book.get("lang", "en"))),
            "renderer": _string(", ".join(f"{name.title()} {number}" for name, number in versions().items())),
        }

    # PDF

    def write_pdfs(self, target: Path) -> None:
        """Write each part into the folder ``target``."""
        self._resolved("typst")
        together([partial(self._write_pdf, part, target / part.file) for part in parts(self.project, self.edition)])

    def _write_pdf(self, part: Part, target: Path) -> None:
        """Write Typst next to the staged figures, and compile it."""
        source = self.report / f"{target.stem}-embedded.typ"
        day = {name: _string(str(getattr(self.edition.as_of, name))) for name in ("year", "month", "day")}
        meta = self._meta() | {"document-date": {"t": "MetaMap", "c": day}, "subtitle": _string(part.subtitle)}
        arguments = ["-f", "json", "-t", "typst-citations", f"--template={self.templates / 'book.typ'}"]
        text = _pandoc(arguments, self._whole(self._blocks(part), meta), "the PDF")
        source.write_text(text, encoding="utf-8")
        read = [self.report / name for name in sorted(set(_DRAWING.findall(text)))]
        read += sorted((self.report / "fonts").iterdir())
        given = [version("typst"), str(noon(self.edition)), text, *map(sha256, read)]
        target.write_bytes(remembered(given, partial(self._compiled, source, target)))

    def _compiled(self, source: Path, target: Path) -> bytes:
        typeset(source, target, self.report / "fonts", "the PDF", timestamp=noon(self.edition))
        return target.read_bytes()

    def _blocks(self, part: Part) -> list[_Json]:
        """Return a part's chapters: what it refers to in the other part is text, and its references are its own."""
        divs = dict(zip(self.chapters, json.loads(self._resolved("typst"))["blocks"], strict=True))
        blocks = self._read(part.opening, "the opening")["blocks"] if part.opening else []
        blocks += [block for chapter in part.chapters for block in divs[chapter]["c"][1]]
        elements = list(_elements(blocks))
        links = [element for element in elements if element["t"] == "Link"]
        cited = {link["c"][2][0] for link in links}
        for element in elements:
            if element["t"] == "Div" and element["c"][0][0] == "refs":
                element["c"][1] = [entry for entry in element["c"][1] if f"#{entry['c'][0][0]}" in cited]
        # What is Typst already has the labels of figures and tables in it.
        raw = (element["c"][1] for element in elements if element["t"] == "RawBlock")
        here = {*_identifiers(_elements(blocks)), *(label for text in raw for label in _FLOAT.findall(text))}
        labels = {chapter.name: _heading(div["c"][1])[1][0] for chapter, div in divs.items()}
        for link in links:
            if page := _QMD.fullmatch(link["c"][2][0]):
                link["c"][2][0] = page[2] or f"#{labels.get(page[1], '')}"
            if link["c"][2][0].startswith("#") and link["c"][2][0][1:] not in here:
                link["t"], link["c"] = "Span", [["", [], []], link["c"][1]]
        return blocks

    # HTML

    def write_html(self, target: Path, finish: Callable[[Path], None]) -> None:
        """Write one page a chapter, and what the pages need, and finish them while Typst makes the PDFs."""
        target.mkdir(parents=True)
        self._write_pages(target)
        for name in ("figures", "tables", "notebooks", "fonts"):
            shutil.copytree(self.report / name, target / name, ignore=shutil.ignore_patterns("*.ttf", "*.otf"))
        for file in (*map(self.report.joinpath, _SHARED), self.templates / "book.css"):
            shutil.copy(file, target)
        finish(target)

    def _write_pages(self, target: Path) -> None:
        pages = [
            _Page(chapter, _heading(div["c"][1])[2], div["c"][1], list(_elements(div["c"][1])))
            for chapter, div in zip(self.chapters, json.loads(self._resolved("html"))["blocks"], strict=True)
        ]
        owner = {identifier: page for page in pages for identifier in _identifiers(page.elements)}
        together([partial(self._write_page, pages, number, owner, target) for number in range(len(pages))])

    def _write_page(self, pages: list[_Page], number: int, owner: Mapping[str, _Page], target: Path) -> None:
        page = pages[number]
        _point_across_pages(page, owner)
        meta = self._meta() | {
            "pagetitle": _string(_plain(page.title)),
            "home": {"t": "MetaBool", "c": page.chapter.name == HOME},
            "chapters": {"t": "MetaList", "c": [_entry(other, page, pages) for other in pages]},
            **({"prev": _link(pages[number - 1])} if number else {}),
            **({"next": _link(pages[number + 1])} if number + 1 < len(pages) else {}),
        }
        arguments = [
            "-f", "json", "-t", "html5", "--mathml", "--section-divs", "--toc", "--toc-depth=3",
            f"--template={self.templates / 'book.html'}",
        ]  # fmt: skip
        text = _pandoc(arguments, self._whole(page.blocks, meta), page.chapter.file)
        (target / page.href).write_text(text, encoding="utf-8")


def _pandoc(arguments: list[str], text: str, what: str, folder: Path | None = None) -> str:
    command = [pypandoc.get_pandoc_path(), "--wrap=none", "--data-dir=/nonexistent", *arguments]
    return remembered([*command, text], lambda: _converted(command, text, what, folder).encode()).decode()


def _converted(command: list[str], text: str, what: str, folder: Path | None) -> str:
    done = subprocess.run(command, input=text, capture_output=True, text=True, encoding="utf-8", cwd=folder)
    complaints = [line for line in done.stderr.splitlines() if line.strip()]
    if done.returncode or complaints:
        raise PublishError(f"Pandoc cannot read {what}: " + "\n".join(complaints))
    return done.stdout


def _chapter_div(chapter: Chapter, blocks: list[_Json]) -> _Json:
    unnumbered = "unnumbered" in _heading(blocks)[1][1]
    kind = "unnumbered" if unnumbered else "appendix" if chapter.appendix else "numbered"
    return {"t": "Div", "c": [["", ["chapter"], [["name", chapter.name], ["kind", kind]]], blocks]}


def _compact(value: Any) -> str:
    """Return JSON as Pandoc writes it."""
    return json.dumps(value, separators=(",", ":"))


def _heading(blocks: list[_Json]) -> list[Any]:
    """Return the first heading among blocks: its level, its attributes, its text."""
    return next(block for block in blocks if block["t"] == "Header")["c"]


def _string(text: str) -> _Json:
    return {"t": "MetaString", "c": text}


def _link(page: _Page) -> _Json:
    return {"t": "MetaMap", "c": {"href": _string(page.href), "title": {"t": "MetaInlines", "c": page.title}}}


def _entry(page: _Page, current: _Page, pages: list[_Page]) -> _Json:
    entry = _link(page)
    entry["c"]["current"] = {"t": "MetaBool", "c": page is current}
    first = next((other for other in pages if other.chapter.appendix), None)
    entry["c"]["first-appendix"] = {"t": "MetaBool", "c": page is first}
    return entry


def _elements(node: Any) -> Iterator[_Json]:
    """Yield what a document holds, in its order."""
    ahead = [node]
    while ahead:
        one = ahead.pop()
        if isinstance(one, dict):
            if "t" in one:
                yield one
            ahead += reversed(one.values())
        elif isinstance(one, list):
            ahead += reversed(one)


def _identifiers(elements: Iterable[_Json]) -> Iterator[str]:
    """Yield the ids of those elements that are headings, divs, spans, figures or tables."""
    place = {"Header": 1, "Div": 0, "Span": 0, "Figure": 0, "Table": 0}
    for element in elements:
        if element["t"] in place and (identifier := element["c"][place[element["t"]]][0]):
            yield identifier


def _point_across_pages(page: _Page, owner: Mapping[str, _Page]) -> None:
    """Let a link to another chapter's label lead to that chapter's page."""
    for element in page.elements:
        if element["t"] == "Link":
            target = element["c"][2]
            if page_of := _QMD.fullmatch(target[0]):
                target[0] = f"{page_of[1]}.html{page_of[2] or ''}"
            other = owner.get(target[0][1:]) if target[0].startswith("#") else None
            if other and other is not page:
                target[0] = other.href + target[0]


def _text(meta: _Json) -> str:
    return meta["c"] if meta["t"] == "MetaString" else _plain(meta["c"])


def _plain(inlines: Iterable[_Json]) -> str:
    words = [el["c"] if el["t"] == "Str" else " " for el in _elements(list(inlines)) if el["t"] in ("Str", "Space")]
    return "".join(words)
