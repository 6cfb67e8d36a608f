"""All published editions in one folder, as they are served: each under its name, the newest at the root as well.

Beside them stand an index of editions with their errata, an Atom feed of both, and, where the address of the copy is
known, ``sitemap.xml`` and ``robots.txt``. Links are relative, so that the folder can be read from a disk.
"""

from __future__ import annotations

import datetime as dt
import html
import re
import shutil
import uuid
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tokenecon.catalog.editions import Edition
from tokenecon.publish.build import Check, build_all
from tokenecon.publish.errata import Erratum, read_errata
from tokenecon.publish.errors import PublishError, plain_disk_errors
from tokenecon.publish.listings import shell
from tokenecon.publish.project import Project
from tokenecon.publish.record import edition_states
from tokenecon.publish.verify import verify_pages

SITE = "site"
"""The folder below ``build/``."""

EDITIONS, FEED, SITEMAP = "editions.html", "feed.xml", "sitemap.xml"
_ATOM = "http://www.w3.org/2005/Atom"
_SITEMAPS = "http://www.sitemaps.org/schemas/sitemap/0.9"
_READING = re.compile(r'<p class="reading">.*?</p>', re.S)
_NOT_COPIED = shutil.ignore_patterns(SITEMAP, "robots.txt")
"""Quarto's own, which know of one edition."""


def publish_site(
    renderer: str = "auto",
    on_progress: Callable[[str], None] = lambda line: None,
    *,
    project: Project | None = None,
    cluster: str | None = None,
    check: Check | None = None,
) -> tuple[Path, list[str]]:
    """Build what changed of every published edition, and put all into ``build/site/``.

    Returns
    -------
    Path, list of str
        The folder, and what is wrong in it: broken links, requests to other hosts and the like, one a line.

    Raises
    ------
    PublishError
        If no edition is published, or one cannot be built; the folder of before stays as it was.
    """
    project = project or Project.find()
    published = [one for one, state, _ in edition_states(project) if state == "published"]
    if not published:
        raise PublishError("no edition is published: run `tokenecon edition publish` first")
    build_all(
        [one.id for one in published], renderer, on_progress=on_progress, project=project, cluster=cluster, check=check
    )
    with plain_disk_errors():
        folder = _Site(project, published, read_errata(project)).write()
    on_progress(f"checking {project.relative(folder)}")
    return folder, verify_pages(folder)


@dataclass(frozen=True)
class _Site:
    """The editions, the oldest first, and what was put right in them, the newest first."""

    project: Project
    editions: Sequence[Edition]
    errata: Sequence[Erratum]

    @property
    def newest(self) -> Edition:
        return self.editions[-1]

    def write(self) -> Path:
        target = self.project.build / SITE
        fresh = target.with_name(f".{SITE}.new")
        shutil.rmtree(fresh, ignore_errors=True)
        places = [(self.newest, fresh, ""), *((edition, fresh / edition.id, "../") for edition in self.editions)]
        for edition, folder, up in places:
            shutil.copytree(self._html(edition), folder, ignore=_NOT_COPIED)
            for page in folder.glob("*.html"):
                _sign(page, up, self._said(edition, page, up, fresh))
        (fresh / EDITIONS).write_text(shell("Editions", self._index(), self.project.title), encoding="utf-8")
        _sign(fresh / EDITIONS, "", "")
        (fresh / FEED).write_bytes(_xml(self._feed()))
        if self.project.address:
            (fresh / SITEMAP).write_bytes(_xml(self._sitemap(fresh)))
            text = f"User-agent: *\nAllow: /\nSitemap: {self.project.address}/{SITEMAP}\n"
            (fresh / "robots.txt").write_text(text, encoding="utf-8")
        (fresh / ".nojekyll").touch()
        shutil.rmtree(target, ignore_errors=True)
        fresh.rename(target)
        return target

    def _html(self, edition: Edition) -> Path:
        return self.project.build / edition.id / "html"

    def _errata(self, edition: Edition) -> list[Erratum]:
        return [one for one in self.errata if one.edition == edition.id]

    def _said(self, edition: Edition, page: Path, up: str, root: Path) -> str:
        """Return what stands under the title of a page: its edition, the way to the newest one and to all."""
        parts = [f"Edition {edition.id}" + (", the newest" if edition == self.newest else "")]
        if edition != self.newest:
            same = page.name if (root / page.name).is_file() else "index.html"
            parts.append(f'<a href="{up}{same}">This page in the newest edition, {self.newest.id}</a>')
        parts.append(f'<a href="{up}{EDITIONS}">All editions</a>')
        if errata := self._errata(edition):
            when = _written(errata[0].on)
            parts.append(f'<a href="{up}{EDITIONS}#errata-{edition.id}">Corrected on {when}</a>')
        return f'<p class="reading">{" · ".join(parts)}</p>'

    # The index

    def _index(self) -> str:
        items = "\n".join(self._entry(edition) for edition in reversed(self.editions))
        return (
            "<p>An edition is a day on which the report looks at the world, and what it printed is on record. What is "
            f'put right later is told here, and in the <a href="{FEED}">feed of editions and errata</a>.</p>\n'
            f'<ul class="listing">\n{items}\n</ul>'
        )

    def _entry(self, edition: Edition) -> str:
        found = [f'<a href="{edition.id}/index.html">Pages</a>']
        named = {"report.pdf": "PDF", "appendix.pdf": "appendix", "facts.html": "every number",
                 "claims.html": "every claim", "figures.html": "figures to embed", "cite.bib": "citation"}  # fmt: skip
        for name, label in named.items():
            if (self._html(edition) / name).is_file():
                found.append(f'<a href="{edition.id}/{name}">{label}</a>')
        recorded = f", recorded on {_written(edition.recorded_on)}" if edition.recorded_on else ""
        text = (
            f'<li id="{edition.id}"><p><b>{html.escape(edition.title)}</b> ({edition.id}): data as of '
            f"{edition.as_of_text}{recorded}.</p>\n<p>{' · '.join(found)}</p>"
        )
        if errata := self._errata(edition):
            rows = "\n".join(
                f"<li>{_written(one.on)}: {html.escape(one.what)} "
                f"<span class='said'>{html.escape(one.reason)}</span></li>"
                for one in errata
            )
            text += f'\n<p id="errata-{edition.id}">Put right:</p>\n<ul>\n{rows}\n</ul>'
        return f"{text}</li>"

    # The feed

    def _feed(self) -> ET.Element:
        address = f"{self.project.address}/" if self.project.address else ""
        feed = ET.Element("feed", xmlns=_ATOM)
        # The newest first; of one day, the later edition.
        entries = sorted(self._entries(address), key=lambda one: one[0])[::-1]
        _add(feed, "id", _urn("feed"))
        _add(feed, "title", f"{self.project.title}: editions and errata")
        _add(feed, "updated", _instant(entries[0][0]))
        author = ET.SubElement(feed, "author")
        _add(author, "name", ", ".join(self.project.authors))
        if address:
            ET.SubElement(feed, "link", rel="self", href=address + FEED, type="application/atom+xml")
        ET.SubElement(feed, "link", rel="alternate", href=address + EDITIONS, type="text/html")
        for day, name, title, link, text in entries:
            entry = ET.SubElement(feed, "entry")
            _add(entry, "id", _urn(name))
            _add(entry, "title", title)
            _add(entry, "updated", _instant(day))
            ET.SubElement(entry, "link", rel="alternate", href=link, type="text/html")
            _add(entry, "summary", text)
        return feed

    def _entries(self, address: str) -> Iterator[tuple[dt.date, str, str, str, str]]:
        """Yield day, name, title, link and text of each edition and each erratum."""
        first = {one.id: min([e.on for e in self._errata(one)], default=dt.date.max) for one in self.editions}
        for one in self.editions:
            # A record that was put right has the day of the correction; the edition itself is no newer for that.
            day = one.as_of if first[one.id] <= (one.recorded_on or one.as_of) else one.recorded_on or one.as_of
            text = f"Data as of {one.as_of_text}, about {one.focal.label}."
            yield day, f"edition {one.id}", f"{one.title} ({one.id})", f"{address}{one.id}/index.html", text
        for put in self.errata:
            if put.edition in first:
                link = f"{address}{EDITIONS}#errata-{put.edition}"
                title = f"Put right in {put.edition}: {put.what}"
                yield put.on, f"erratum {put.edition} {put.on} {put.what}", title, link, put.reason

    # The sitemap

    def _sitemap(self, root: Path) -> ET.Element:
        """List the canonical addresses: the root's pages are those of the newest edition, and listed there."""
        found = ET.Element("urlset", xmlns=_SITEMAPS)
        places = [(EDITIONS, max(one.recorded_on or one.as_of for one in self.editions))]
        for edition in self.editions:
            for page in sorted((root / edition.id).glob("*.html")):
                name = "" if page.name == "index.html" else page.name
                places.append((f"{edition.id}/{name}", edition.recorded_on or edition.as_of))
        for place, day in places:
            url = ET.SubElement(found, "url")
            _add(url, "loc", f"{self.project.address}/{place}")
            _add(url, "lastmod", day.isoformat())
        return found


def _sign(page: Path, up: str, said: str) -> None:
    """Let a page name the feed, and say under its title which edition it is of."""
    text = page.read_text(encoding="utf-8")
    feed = f'<link rel="alternate" type="application/atom+xml" href="{up}{FEED}" title="Editions and errata">\n'
    text = text.replace("</head>", f"{feed}</head>", 1)
    page.write_text(_READING.sub(lambda found: found[0] + said, text, count=1), encoding="utf-8")


def _add(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, name).text = text


def _xml(root: ET.Element) -> bytes:
    ET.indent(root)
    return ET.tostring(root, encoding="utf-8", xml_declaration=True) + b"\n"


def _urn(name: str) -> str:
    """Return an id that stays the same wherever the pages are published."""
    return f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_OID, f'tokenecon {name}')}"


def _instant(day: dt.date) -> str:
    return f"{day.isoformat()}T12:00:00Z"


def _written(day: dt.date) -> str:
    return f"{day.day} {day:%B %Y}"
