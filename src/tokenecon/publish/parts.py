"""The two PDFs: the report, and its technical appendix, which holds the pages that ``_quarto.yml`` lists as such."""

from __future__ import annotations

from dataclasses import dataclass

from tokenecon.catalog.editions import Edition
from tokenecon.publish.project import Chapter, Project

REPORT, APPENDIX = "report.pdf", "appendix.pdf"
REFERENCES = "references"
"""The page with the list of references, which each PDF has for its own citations."""


@dataclass(frozen=True)
class Part:
    """A PDF: its file name, its subtitle, its chapters, and the Markdown of a page that stands before them."""

    file: str
    subtitle: str
    chapters: tuple[Chapter, ...]
    opening: str = ""


def parts(project: Project, edition: Edition) -> list[Part]:
    """Return the report, and the appendix where pages are listed for it."""
    chapters = project.chapters()
    main = tuple(chapter for chapter in chapters if not chapter.appendix)
    found = [Part(REPORT, project.subtitle, main)]
    if added := tuple(chapter for chapter in chapters if chapter.appendix):
        references = tuple(chapter for chapter in main if chapter.name == REFERENCES)
        found.append(Part(APPENDIX, "Technical appendix", added + references, _opening(project, edition)))
    return found


def _opening(project: Project, edition: Edition) -> str:
    return (
        "# About this appendix {#sec-about-appendix .unnumbered}\n\n"
        f"This is the technical appendix of “{project.title}”, edition {edition.id}, with data as of "
        f"{edition.as_of_text}. It has what a reader may want to check and need not read: data, methods, tests of "
        "robustness, and what is left out. Chapters and figures with a number and no letter stand in the report "
        "itself, and both parts on the report's pages.\n"
    )
