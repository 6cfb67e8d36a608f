"""The page on what changed: the editions there are, and the comparison of the last two."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from tokenecon.analysis.changes import KINDS
from tokenecon.catalog.editions import Edition
from tokenecon.markup import code, escaped
from tokenecon.publish.chapter import only_html
from tokenecon.publish.compare import Diff
from tokenecon.publish.errata import read_errata
from tokenecon.publish.markdown import pipe_table
from tokenecon.publish.project import Project
from tokenecon.shown import DAY, dated

CHANGES_CSV = "changes.csv"
"""The full comparison with the previous edition, offered below the page's tables."""

_MEANING = {
    "restated": "prints a figure that the tables hold differently now",
    "revised": "speaks of the same period or day, and prints another value or rests on one",
    "changed": "prints another value in a sentence that names no period",
    "moved on": "stands in a sentence that now speaks of another period or day",
    "new": "was not printed before",
    "gone": "is not printed any more",
    "unchanged": "prints the same, from numbers that differ by no more than the print rounds",
}


def changes_page(project: Project, edition: Edition, changed: Diff | None, chapters: Mapping[str, str]) -> str:
    """Return Markdown on the editions there are, and on what changed since the previous one.

    ``chapters`` has what stands for each chapter, as Markdown, by the name of its notebook.
    """
    parts = ["## Editions {#sec-changes-editions}", _editions(project, edition), *_errata(project, edition)]
    if edition.previous is None:
        parts.append("This is the first edition: there is none to compare it with.")
    elif changed is None:
        parts.append(f"What edition {edition.previous} printed is not recorded, so there is nothing to compare with.")
    else:
        parts += [*_facts(changed, chapters), *_verdicts(project, changed), *_estimates(changed, chapters)]
        parts += [*_figures(changed), *_revised(changed, chapters)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _editions(project: Project, edition: Edition) -> str:
    rows = [
        (
            one.id,
            escaped(one.title),
            one.as_of_text.replace(" ", "\N{NO-BREAK SPACE}"),
            one.focal.label,
            ", ".join(period.label for period in one.comparatives),
            one.previous or "—",
        )
        for one in project.editions_up_to(edition)
    ]
    columns = {"Edition": 10, "Title": 18, "Knows the world to": 18, "About": 10, "Beside it": 34, "Follows": 10}
    return pipe_table(columns, rows, "Editions up to this one. Source: `data/editions`.", "tbl-editions")


def _errata(project: Project, edition: Edition) -> list[str]:
    rows = [
        (format(one.on, DAY).replace(" ", "\N{NO-BREAK SPACE}"), escaped(dated(one.what)), escaped(dated(one.reason)))
        for one in read_errata(project)
        if one.edition == edition.id
    ]
    if not rows:
        return []
    said = (
        "This edition has been recorded again since it was first published. What its first readers were told and now "
        "reads otherwise stands here, with the reason; every number of either record is in version control."
    )
    columns = {"Put right on": 14, "What was printed, and what is printed now": 49, "Because": 37}
    table = pipe_table(columns, rows, "Errata of this edition. Source: `data/errata.csv`.", "tbl-errata")
    return ["## Erratum {#sec-changes-erratum}", said, table]


def _facts(changed: Diff, chapters: Mapping[str, str]) -> list[str]:
    counts = changed.counts
    rows = [(chapters.get(name, code(name)), *(f"{number:,}" for number in row)) for name, *row in counts.itertuples()]
    rows.append(("*All*", *(f"{number:,}" for number in counts.sum())))
    said = "; ".join(f"*{kind}*, {_MEANING[kind]}" for kind in KINDS if kind in counts)
    link = f"::: {{.downloads}}\n[Every fact of both editions (CSV)](tables/{CHANGES_CSV})\n:::"
    return [
        "## Printed numbers {#sec-changes-facts}",
        f"Every number that the text prints is a fact with a key. Against edition {changed.before.id} a fact is "
        f"{said}. "
        "A key does not say of which period a fact speaks unless it ends in one; what cannot be told is not claimed.",
        pipe_table(
            {"Chapter": 26} | dict.fromkeys(counts.columns, 12),
            rows,
            f"Printed facts by chapter, and what became of them since edition {changed.before.id}. "
            f"Source: the records in `data/editions`.",
            "tbl-changes",
            right=counts.columns,
        ),
        only_html(link),
    ]


def _verdicts(project: Project, changed: Diff) -> list[str]:
    head = "## Verdicts {#sec-changes-verdicts}"
    if changed.verdicts.empty:
        return [head, "No verdict on a claim changed."]
    file = project.data / "claims.csv"
    claims = pd.read_csv(file, index_col="claim_id")["text"].to_dict() if file.is_file() else {}
    rows = [
        (escaped(claims.get(claim, claim)), *(escaped(verdict) or "not judged" for verdict in verdicts))
        for claim, *verdicts in changed.verdicts[["claim_id", "before", "after"]].itertuples(index=False)
    ]
    caption = "Claims judged otherwise than in the previous edition. Source: the ledger of both editions."
    columns = {"Claim": 50, changed.before.id: 25, changed.after.id: 25}
    return [head, pipe_table(columns, rows, caption, "tbl-changes-verdicts")]


def _placed(key: str, chapters: Mapping[str, str]) -> tuple[str, str]:
    """Return the chapter of a fact, and the cell and expression that print it there."""
    notebook, _, rest = key.partition(".")
    return chapters.get(notebook, code(notebook)), code(rest)


def _estimates(changed: Diff, chapters: Mapping[str, str]) -> list[str]:
    head = "## Estimates {#sec-changes-estimates}"
    found = changed.estimates
    said = (
        f"An estimate is printed with its interval. Of {len(found):,} that both editions print, "
        f"{found['beyond'].sum():,} lie outside the interval of the earlier edition, {found['apart'].sum():,} of them "
        "with an interval that does not meet it."
    )
    rows = [
        (*_placed(key, chapters), *(one.replace("-", "−") for one in ends), meet)
        for key, *ends, meet in changed.moved()
    ]
    if not rows:
        return [head, said]
    caption = "Estimates that moved beyond their earlier interval. Source: the records in `data/editions`."
    columns = {"Chapter": 12, "Estimate": 30, changed.before.id: 25, changed.after.id: 25, "Intervals": 8}
    return [head, said, pipe_table(columns, rows, caption, "tbl-changes-estimates")]


def _figures(changed: Diff) -> list[str]:
    head = "## Figures of the accounts {#sec-changes-figures}"
    rows = [(escaped(name), *values, escaped(why)) for name, *values, why in changed.restated()]
    if not rows:
        return [
            head,
            f"Every figure of the accounts that edition {changed.before.id} used still stands: none was restated, and "
            "no ruling or stronger source took its place.",
        ]
    caption = (
        "Figures that stand differently than in the previous edition. "
        "Source: `data/financials.csv`, `data/operating.csv`, `data/rulings.csv`."
    )
    columns = {"Figure": 36, changed.before.id: 20, changed.after.id: 20, "Because": 24}
    return [head, pipe_table(columns, rows, caption, "tbl-changes-figures")]


def _revised(changed: Diff, chapters: Mapping[str, str]) -> list[str]:
    rows = [
        (*_placed(key, chapters), escaped(row["before_text"]), escaped(row["after_text"]), escaped(_kind(row)))
        for key, row in changed.facts[changed.facts["kind"].isin(("restated", "revised"))].iterrows()
    ]
    if not rows:
        return []
    columns = {"Chapter": 12, "Fact": 34, changed.before.id: 20, changed.after.id: 20, "Kind": 14}
    caption = (
        "Facts restated or revised, each named by the cell and the expression that print it. "
        "Source: the records in `data/editions`."
    )
    return ["## Restated and revised {#sec-changes-revised}", pipe_table(columns, rows, caption, "tbl-changes-revised")]


def _kind(row: pd.Series) -> str:
    return f"{row['kind']}: {row['behind']}" if row["behind"] else row["kind"]
