"""Check a built report as a reader would meet it, whichever renderer made it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

from bs4 import BeautifulSoup, Tag

from tokenecon.publish.errors import PublishError
from tokenecon.publish.live import markup_problems
from tokenecon.publish.paper import paper_problems, text_of
from tokenecon.publish.parts import APPENDIX, REPORT
from tokenecon.publish.project import Project
from tokenecon.publish.words import strings

_LEFT = {
    "unresolved reference": r"\?@[\w-]+|@(?:fig|tbl|sec|eq)-[\w-]*|\?\?|\{#(?:fig|tbl|sec|eq)-|\b[\w.:-]+\?(?=\))",
    "placeholder left:": r"(?i)\{\{<|\{\{ ?\w+ ?\}\}|\bTODO\b|\bTBD\b|\bFIXME\b|lorem ipsum",
    "negative zero": r"(?<![\w.,])[−-]0(?:[.,]0+)?%?(?![\d.,]|[−-]\d)",
    "a value is missing:": r"\[not available\]|\b(?:nan|NaT)\b|<NA>",
}
"""What no text has in it: how it is called, and the pattern that finds it."""
_LEFT_ON_PAPER = ("unresolved reference", "negative zero")
"""Those that the text of a PDF has only where it is wrong."""

_NO_NUMBER = {"nan", "none", "inf", "-inf", "−inf", "nat", "<na>", "null"}
_NO_PROSE = {"pre", "code", "script", "style", "annotation"}
_LOADED = dict.fromkeys(("img", "script", "iframe", "source", "video", "audio", "embed"), ("src",)) | {
    "object": ("data",),
    "link": ("href",),
    "image": ("href", "xlink:href"),
    "use": ("href", "xlink:href"),
}
_FETCHED = {"stylesheet", "icon", "preload", "preconnect", "dns-prefetch"}
_CSS_URL = re.compile(r"""url\(\s*['"]?([^'")]+)|@import\s*['"]([^'"]+)""")
_COMPARED = 40

LARGEST = 600_000
"""Bytes of a page."""


def verify(edition: str | None = None, *, project: Project | None = None) -> list[str]:
    """Check the built report of an edition; return one line a problem, which begins with the file's name.

    Raises
    ------
    PublishError
        If the edition has not been built.
    """
    project = project or Project.find()
    folder = project.build / project.edition(edition).id
    if not folder.is_dir():
        raise PublishError(f"{project.relative(folder)} is not built: run tokenecon build")
    return verify_folder(folder)


def verify_folder(folder: Path) -> list[str]:
    """Check the report in ``folder``: its pages, its PDFs, or both, and that the PDFs have what the pages have."""
    pages: list[BeautifulSoup] = []
    problems = verify_pages(folder / "html", pages.append)
    pdfs = [folder / name for name in (REPORT, APPENDIX) if (folder / name).is_file()]
    if pdfs:
        problems += _pdf_problems(pdfs, [page for page in pages if not page.select("html[data-pages-only]")])
    if not pages and not pdfs:
        problems.append(f"{folder.name}: holds neither html/index.html nor {REPORT}")
    return problems


def verify_pages(root: Path, look: Callable[[BeautifulSoup], None] = lambda page: None) -> list[str]:
    """Check the pages and styles below a folder; return one line a problem.

    Each page is parsed once, given to ``look``, and let go: only its links and the places on it are kept.
    """
    problems: list[str] = []
    places: dict[Path, set[str]] = {}
    links: dict[Path, list[str]] = {}
    for file in sorted(root.rglob("*.html")):
        page = _read_page(file)
        problems += _page_problems(file, page, root)
        places[file.resolve()] = _places(page)
        links[file] = [str(link["href"]) for link in page.find_all("a", href=True)]
        look(page)
    for file, targets in links.items():
        problems += [f"{_named(file, root)}: {problem}" for problem in _link_problems(file, targets, places)]
    return problems + [fault for file in sorted(root.rglob("*.css")) for fault in _style_problems(file)]


def _read_page(file: Path) -> BeautifulSoup:
    return BeautifulSoup(file.read_text(encoding="utf-8"), "html.parser")


def _named(file: Path, root: Path) -> str:
    return f"{root.name}/{file.relative_to(root).as_posix()}"


def _page_problems(file: Path, page: BeautifulSoup, root: Path) -> Iterator[str]:
    name = _named(file, root)
    checks = (*_text_problems(page), *_picture_problems(page), *_table_problems(page), *_request_problems(page, file),
              *markup_problems(page))  # fmt: skip
    if (size := file.stat().st_size) > LARGEST:
        yield f"{name}: has {size / 1000:,.0f} kB, more than {LARGEST / 1000:,.0f}"
    yield from (f"{name}: {problem}" for problem in checks)


def _text_problems(page: BeautifulSoup) -> Iterator[str]:
    yield from _left(" ".join(strings(page.find("main") or page, lambda element: element.name in _NO_PROSE)), _LEFT)
    for broken in page.select(".quarto-unresolved-ref"):
        yield f"unresolved reference {broken.get_text()}"


def _left(text: str, wanted: Iterable[str]) -> Iterator[str]:
    """Yield what of the ``wanted`` a text has, each once."""
    for said in wanted:
        yield from (f"{said} {found}" for found in dict.fromkeys(re.findall(_LEFT[said], text)))


def _picture_problems(page: BeautifulSoup) -> Iterator[str]:
    for picture in page.find_all(["img", "svg"]):
        if picture.get("aria-hidden") == "true" or picture.find_parent("svg"):
            continue
        alt = str(picture.get("alt" if picture.name == "img" else "aria-label") or "").strip()
        what = picture.get("src") or picture.get("id") or picture.name
        figure = picture.find_parent("figure")
        caption = figure.find("figcaption") if figure else None
        if not alt or (picture.name == "svg" and picture.get("role") != "img"):
            yield f"picture {what} has no alt text"
        elif caption and _squeezed(alt) in _squeezed(caption.get_text()):
            yield f"picture {what} repeats its caption as alt text"
    for figure in page.find_all("figure"):
        caption = figure.find("figcaption") or figure.find("caption")
        if not caption or not caption.get_text(strip=True):
            yield f"figure {_identity(figure)} has no caption"


def _table_problems(page: BeautifulSoup) -> Iterator[str]:
    for table in page.find_all("table"):
        cells = [cell.get_text(strip=True) for cell in table.find_all("td")]
        if not any(cells):
            yield f"table {_identity(table)} has no rows"
        for cell in sorted({cell for cell in cells if cell.lower() in _NO_NUMBER}):
            yield f"table {_identity(table)} shows {cell} in a cell"


def _identity(element: Tag) -> str:
    holder = element if element.get("id") else element.find_parent(id=True)
    return str(holder.get("id")) if holder else "without a label"


def _request_problems(page: BeautifulSoup, file: Path) -> Iterator[str]:
    for element in page.find_all(list(_LOADED)):
        if element.name != "link" or _FETCHED & set(element.get("rel") or []):
            for attribute in _LOADED[element.name]:
                target = str(element.get(attribute) or "")
                yield from (f"<{element.name}> {problem}" for problem in _target_problems(file, target))
    styles = [style.get_text() for style in page.find_all("style")]
    for style in (*styles, *(str(element["style"]) for element in page.find_all(style=True))):
        yield from (f"style requests another host: {url}" for url in _css_urls(style) if _is_remote(url))


def _style_problems(file: Path) -> Iterator[str]:
    for url in _css_urls(file.read_text(encoding="utf-8")):
        yield from (f"{file.name}: {problem}" for problem in _target_problems(file, url))


def _target_problems(file: Path, target: str) -> Iterator[str]:
    """Yield what is wrong with an address that a browser follows by itself."""
    if _is_remote(target):
        yield f"requests another host: {target}"
    elif target and not target.startswith(("#", "data:")) and not _local(file, target).is_file():
        yield f"needs a file that is not there: {target}"


def _css_urls(style: str) -> Iterator[str]:
    return (first or second for first, second in _CSS_URL.findall(style))


def _is_remote(target: str) -> bool:
    return target.startswith("//") or urlsplit(target).scheme in ("http", "https", "ftp")


def _local(file: Path, target: str) -> Path:
    return (file.parent / unquote(urlsplit(target).path)).resolve()


def _link_problems(file: Path, links: Iterable[str], places: Mapping[Path, Collection[str]]) -> Iterator[str]:
    for target in links:
        parts = urlsplit(target)
        if parts.scheme or target.startswith("//") or target in ("", "#"):
            continue
        path = _local(file, target) if parts.path else file.resolve()
        if path.is_dir():
            path /= "index.html"
        if not path.is_file():
            yield f"broken link: {target}"
        elif parts.fragment and path in places and unquote(parts.fragment) not in places[path]:
            yield f"broken link, no such place: {target}"


def _places(page: BeautifulSoup) -> set[str]:
    """Return what a link to the page can lead to."""
    found = page.find_all(lambda tag: tag.has_attr("id") or tag.has_attr("name"))
    return {"top"} | {str(tag[name]) for tag in found for name in ("id", "name") if tag.has_attr(name)}


def _pdf_problems(files: list[Path], pages: Collection[BeautifulSoup]) -> Iterator[str]:
    """Yield what is wrong with each PDF, and what of the pages none of them has."""
    texts = {file: text_of(file) for file in files}
    squeezed = "".join(map(_squeezed, texts.values()))
    names = " and ".join(file.name for file in files)
    for page in pages:
        main = page.find("main") or page
        for title in [*main.find_all("h1")][-1:]:
            if _squeezed(_unnumbered(title)) not in squeezed:
                yield f"{names}: lacks the chapter {title.get_text(strip=True)!r}"
        for caption in main.find_all(["figcaption", "caption"]):
            start = _squeezed(re.sub(r"^\s*(Figure|Table)\s[\w.]+:", "", _before_maths(caption)))[:_COMPARED]
            if start not in squeezed:
                yield f"{names}: lacks the caption {caption.get_text(' ', strip=True)[:80]!r}"
    for file, text in texts.items():
        yield from (f"{file.name}: {problem}" for problem in _left(text, _LEFT_ON_PAPER))
        yield from paper_problems(file)


def _before_maths(caption: Tag) -> str:
    """Return a caption's text up to its first formula, of which the two formats have different letters."""
    copy = BeautifulSoup(str(caption), "html.parser")
    if formula := copy.find("math"):
        for after in [*formula.find_all_next(string=True)]:
            after.extract()
        formula.decompose()
    return copy.get_text()


def _unnumbered(title: Tag) -> str:
    copy = BeautifulSoup(str(title), "html.parser")
    for number in copy.select(".header-section-number, .chapter-number"):
        number.decompose()
    return re.sub(r"^Appendix [A-Z] —", "", copy.get_text().strip())


def _squeezed(text: str) -> str:
    """Return letters and digits alone: what a PDF's text and a page's text have in common."""
    return "".join(letter for letter in unicodedata.normalize("NFKC", text).casefold() if letter.isalnum())
