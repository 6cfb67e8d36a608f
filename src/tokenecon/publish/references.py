"""Find what leads nowhere before anything is rendered: references, citations, footnotes, links inside the book."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from tokenecon.publish.chapter import LABEL, Content
from tokenecon.publish.errors import PublishError
from tokenecon.publish.methods import read_works
from tokenecon.publish.project import Project
from tokenecon.publish.sources import read_sources
from tokenecon.publish.stage import LITERATURE

_CODE = re.compile(r"^(`{3,}).*?^\1\s*$|`[^`\n]+`|<!--.*?-->", re.M | re.S)
_ESCAPED = re.compile(r"\\[!-/:-@\[-`{-~]")
_ANCHOR = re.compile(r"\{#([\w:.-]+)|\bid=[\"']([\w:.-]+)")
_HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*(?:\{[^}]*\})?\s*$", re.M)
_REFERENCE = re.compile(r"(?<![\w@/.])@([A-Za-z0-9_][\w:.#$%&+?<>~/-]*)")
_FOOTNOTE = re.compile(r"\[\^([^\]\s]+)\](:?)")
_LINK = re.compile(r"\]\(<?([^)>\s]+)")
_KINDS = {"fig": "figure", "tbl": "table", "sec": "section", "eq": "equation"}
_SCHEMES = ("http", "https", "mailto")


@dataclass(frozen=True)
class _Text:
    """A piece of Markdown without code: its place, for messages, and the page it is part of."""

    where: str
    page: str
    text: str


def check_references(project: Project, contents: Mapping[str, Content], pages: Mapping[str, str]) -> None:
    """Check that labels are unique, and that references, citations, footnotes and links inside the book lead somewhere.

    Raises
    ------
    PublishError
        One line for each that does not, with notebook and cell, and the nearest there is.
    """
    texts = list(_texts(project, contents, pages))
    keys = {row["source_id"] for row in read_sources(project.data)}
    keys |= {work.key for work in read_works(project.report / LITERATURE)}
    owners: dict[str, _Text] = {}
    problems = list(_doubled(texts, owners))
    anchors = _anchors(texts)
    for text in texts:
        problems += [f"{text.where}: {problem}" for problem in _lost_references(text.text, owners, keys)]
        problems += [f"{text.where}: {problem}" for problem in _lost_links(text, owners, anchors)]
    problems += _lost_footnotes(texts)
    if problems:
        raise PublishError("\n".join(problems))


def lead_to_chapters(contents: Mapping[str, Content]) -> Mapping[str, Content]:
    """Let references to what a chapter leaves out lead to the chapter, which says why it is not there."""
    owners = {f"@{label}": f"@{content.label}" for content in contents.values() for label in content.left_out}
    if not owners:
        return contents
    lost = re.compile(rf"(?<![\w@/.])(?:{'|'.join(sorted(map(re.escape, owners), key=len, reverse=True))})(?![\w-])")

    def redirected(text: str) -> str:
        parts = [lost.sub(lambda found: owners[found[0]], part) for part in _CODE.split(text)[:: _CODE.groups + 1]]
        kept = [found[0] for found in _CODE.finditer(text)]
        return "".join(part + between for part, between in zip(parts, [*kept, ""], strict=True))

    return {
        name: replace(content, blocks=[(number, redirected(text)) for number, text in content.blocks])
        for name, content in contents.items()
    }


def _texts(project: Project, contents: Mapping[str, Content], pages: Mapping[str, str]) -> Iterator[_Text]:
    for chapter in project.chapters():
        if content := contents.get(chapter.name):
            yield _Text(f"{content.source} cell 1", chapter.name, f"{{#{content.label}}}")
            for number, text in content.blocks:
                yield _Text(f"{content.source} cell {number}", chapter.name, _prose(text))
        else:
            text = (project.report / chapter.file).read_text(encoding="utf-8")
            yield _Text(f"report/{chapter.file}", chapter.name, _prose(text))
    for name, text in pages.items():
        yield _Text(f"generated page {name}", name, _prose(text))


def _prose(text: str) -> str:
    """Return Markdown without code, and without what is escaped."""
    return _ESCAPED.sub("", _CODE.sub("", text))


def _doubled(texts: Iterable[_Text], owners: dict[str, _Text]) -> Iterator[str]:
    """Fill ``owners``, from label to the text that has it, and yield the labels that two have."""
    for text in texts:
        for label in LABEL.findall(text.text):
            if label in owners:
                yield f"{text.where}: label {label} is taken already in {owners[label].where}"
            owners.setdefault(label, text)


def _anchors(texts: Iterable[_Text]) -> dict[str, set[str]]:
    """Return the places on each page that a link can lead to."""
    found: dict[str, set[str]] = {}
    for text in texts:
        here = found.setdefault(text.page, set())
        here |= {first or second for first, second in _ANCHOR.findall(text.text)}
        here |= {_slug(heading) for heading in _HEADING.findall(text.text)}
    return found


def _slug(heading: str) -> str:
    """Return the id that Pandoc gives a heading without one."""
    words = re.sub(r"[^\w\s.-]", "", heading.lower()).split()
    return re.sub(r"^[^a-z]+", "", "-".join(words)) or "section"


def _lost_references(text: str, owners: Mapping[str, _Text], keys: set[str]) -> Iterator[str]:
    for found in _REFERENCE.findall(text):
        reference = found.rstrip(".:;,?/-")
        kind = reference.split("-")[0].lower()
        if kind in _KINDS and "-" in reference:
            label = kind + reference[len(kind) :]
            if label not in owners:
                yield f"@{reference}: there is no such {_KINDS[kind]}{_nearest(label, owners)}"
        elif reference not in keys:
            yield f"@{reference}: no such source in data/sources.csv{_nearest(reference, keys)}"


def _lost_links(text: _Text, owners: Mapping[str, _Text], anchors: Mapping[str, set[str]]) -> Iterator[str]:
    for target in _LINK.findall(text.text):
        parts = urlsplit(target)
        if parts.scheme:
            if parts.scheme not in _SCHEMES:
                yield f"link to {target}: an address begins with {', '.join(_SCHEMES)}"
            continue
        stem, _, ending = parts.path.rpartition(".")
        page = text.page if not parts.path else stem
        if ending == "html":
            yield f"link to {target}: write {stem}.qmd, which holds in every format"
        elif ending == "qmd" and page not in anchors:
            yield f"link to {target}: there is no such page{_nearest(page, anchors)}"
        elif ending in ("", "qmd") and parts.fragment and parts.fragment not in anchors[page]:
            owner = owners.get(parts.fragment)
            there = f"; it is {owner.page}.qmd#{parts.fragment}" if owner else _nearest(parts.fragment, anchors[page])
            yield f"link to {target}: there is no such place{there}"


def _lost_footnotes(texts: Iterable[_Text]) -> Iterator[str]:
    """Yield footnotes without text, and texts of footnotes without a mark; both stand on one page."""
    pages: dict[str, list[_Text]] = {}
    for text in texts:
        pages.setdefault(text.page, []).append(text)
    for page in pages.values():
        found = [(text.where, name, bool(colon)) for text in page for name, colon in _FOOTNOTE.findall(text.text)]
        defined = {name for _, name, defines in found if defines}
        marked = {name for _, name, defines in found if not defines}
        for where, name, defines in found:
            if not defines and name not in defined:
                yield f"{where}: footnote [^{name}] has no text{_nearest(name, defined)}"
            elif defines and name not in marked:
                yield f"{where}: footnote [^{name}] is marked nowhere{_nearest(name, marked)}"


def _nearest(wanted: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(wanted, list(known), n=1)
    return f"; is it {close[0]}?" if close else ""
