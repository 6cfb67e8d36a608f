"""The page on what changed: the editions there are, and the comparison of the last two."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from tokenecon.analysis.changes import KINDS
from tokenecon.catalog.editions import Edition
from tokenecon.publish.chapter import only_html
from tokenecon.publish.compare import Diff
from tokenecon.publish.errata import read_errata
from tokenecon.publish.markdown import captioned, code, escaped, pipe_table
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
        parts += [*_facts(changed, chapters), *_verdicts(project, changed), *_estimates(changed)]
        parts += [*_figures(changed), *_revised(changed)]
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
    header = ("Edition", "Title", "Knows the world to", "About", "Beside it", "Follows")
    table = pipe_table(header, (10, 18, 18, 10, 34, 10), rows)
    return captioned(table, "Editions up to this one. Source: `data/editions`.", "tbl-editions")


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
    table = pipe_table(("Put right on", "What was printed, and what is printed now", "Because"), (14, 49, 37), rows)
    caption = "Errata of this edition. Source: `data/errata.csv`."
    return ["## Erratum {#sec-changes-erratum}", said, captioned(table, caption, "tbl-errata")]


def _facts(changed: Diff, chapters: Mapping[str, str]) -> list[str]:
    counts = changed.counts
    header = ("Chapter", *counts.columns)
    rows = [(chapters.get(name, code(name)), *(f"{number:,}" for number in row)) for name, *row in counts.itertuples()]
    rows.append(("*All*", *(f"{number:,}" for number in counts.sum())))
    said = "; ".join(f"*{kind}*, {_MEANING[kind]}" for kind in KINDS if kind in counts)
    link = f"::: {{.downloads}}\n[Every fact of both editions (CSV)](tables/{CHANGES_CSV})\n:::"
    return [
        "## Printed numbers {#sec-changes-facts}",
        f"Every number that the text prints is a fact with a key. Against edition {changed.before.id} a fact is "
        f"{said}. "
        "A key does not say of which period a fact speaks unless it ends in one; what cannot be told is not claimed.",
        captioned(
            pipe_table(header, (26, *[12] * len(counts.columns)), rows, right=counts.columns),
            f"Printed facts by chapter, and what became of them since edition {changed.before.id}. "
            f"Source: the records in `data/editions`.",
            "tbl-changes",
        ),
        only_html(link),
    ]


def _verdicts(project: Project, changed: Diff) -> list[str]:
    head = "## Verdicts {#sec-changes-verdicts}"
    file = project.data / "claims.csv"
    claims = pd.read_csv(file, index_col="claim_id")["text"].to_dict() if file.is_file() else {}
    rows = [
        (
            escaped(claims.get(row.claim_id, row.claim_id)),
            escaped(row.before) or "not judged",
            escaped(row.after) or "not judged",
        )
        for row in changed.verdicts.itertuples()
    ]
    if not rows:
        return [head, "No verdict on a claim changed."]
    table = pipe_table(("Claim", changed.before.id, changed.after.id), (50, 25, 25), rows)
    caption = "Claims judged otherwise than in the previous edition. Source: the ledger of both editions."
    return [head, captioned(table, caption, "tbl-changes-verdicts")]


def _estimates(changed: Diff) -> list[str]:
    head = "## Estimates {#sec-changes-estimates}"
    found = changed.estimates
    said = (
        f"An estimate is printed with its interval. Of {len(found):,} that both editions print, "
        f"{found['beyond'].sum():,} lie outside the interval of the earlier edition, {found['apart'].sum():,} of them "
        "with an interval that does not meet it."
    )
    rows = [
        (code(key), *(_interval(row, side) for side in ("before", "after")), "apart" if row["apart"] else "meet")
        for key, row in found[found["beyond"]].iterrows()
    ]
    if not rows:
        return [head, said]
    table = pipe_table(("Estimate", changed.before.id, changed.after.id, "Intervals"), (40, 26, 26, 8), rows)
    caption = "Estimates that moved beyond their earlier interval. Source: the records in `data/editions`."
    return [head, said, captioned(table, caption, "tbl-changes-estimates")]


def _interval(row: pd.Series, side: str) -> str:
    text = "{value:.4g} ({low:.4g} to {high:.4g})"
    return text.format(**{name: row[f"{name}_{side}"] for name in ("value", "low", "high")}).replace("-", "−")


def _figures(changed: Diff) -> list[str]:
    head = "## Figures of the accounts {#sec-changes-figures}"
    rows = [
        (escaped(name), *(f"{value:,.6g} {unit}" if value == value else "set aside" for value in values), escaped(why))
        for name, unit, *values, why in changed.restated()
    ]
    if not rows:
        return [
            head,
            f"Every figure that edition {changed.before.id} used still stands: none was restated, and no ruling or "
            "stronger source took its place.",
        ]
    table = pipe_table(("Figure", changed.before.id, changed.after.id, "Because"), (36, 20, 20, 24), rows)
    caption = (
        "Figures that stand differently than in the previous edition. "
        "Source: `data/financials.csv`, `data/operating.csv`, `data/rulings.csv`."
    )
    return [head, captioned(table, caption, "tbl-changes-figures")]


def _revised(changed: Diff) -> list[str]:
    rows = [
        (code(key), escaped(row["before_text"]), escaped(row["after_text"]), escaped(_kind(row)))
        for key, row in changed.facts[changed.facts["kind"].isin(("restated", "revised"))].iterrows()
    ]
    if not rows:
        return []
    table = pipe_table(("Fact", changed.before.id, changed.after.id, "Kind"), (44, 20, 20, 16), rows)
    caption = "Facts restated or revised. Source: the records in `data/editions`."
    return ["## Restated and revised {#sec-changes-revised}", captioned(table, caption, "tbl-changes-revised")]


def _kind(row: pd.Series) -> str:
    return f"{row['kind']}: {row['behind']}" if row["behind"] else row["kind"]
