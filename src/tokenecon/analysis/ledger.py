"""The ledger: every claim of an article, evaluated by the computation that its row names.

A verdict is derived by the computation and never typed. A claim that names a computation which is not here, and a
computation that no claim names, are errors: a ledger with a gap would read as complete.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from tokenecon.analysis import estimators
from tokenecon.analysis.estimate import Estimate
from tokenecon.analysis.finding import Findings, NotServed, finding
from tokenecon.analysis.judge import COMPUTATIONS, Claim, Result, Verdict
from tokenecon.analysis.market import claims as _market  # noqa: F401 - registers its computations
from tokenecon.analysis.market.findings import Market
from tokenecon.analysis.outlook import claims as _outlook  # noqa: F401
from tokenecon.analysis.pricing import claims as _pricing  # noqa: F401
from tokenecon.analysis.pricing.findings import Pricing
from tokenecon.analysis.revenue import claims as _revenue  # noqa: F401 - registers its computations
from tokenecon.analysis.routes import claims as _routes  # noqa: F401
from tokenecon.catalog import Catalog, DataError, Finding
from tokenecon.catalog.checks.context import Data

ALL = "ledger"
"""What rules of all claims together are filed under."""
FIGURES = (Verdict.reproduced, Verdict.rounded_inputs, Verdict.differs, Verdict.definition_mixed)
BUSINESS = (Verdict.supported, Verdict.not_supported, Verdict.undetermined)
FORECASTS = (Verdict.open, Verdict.met, Verdict.missed, Verdict.superseded)
VERDICTS = (*FIGURES, *BUSINESS, *FORECASTS)
"""Every verdict that a row of the ledger can have, in the order in which they are shown."""

IN_BASE: Mapping[str, float] = {"percent": 0.01, "percentage points": 0.01}
"""Units in which an estimate is shown, where they are not the base unit: what one of them is in base units."""

COLUMNS = [
    "claim_id", "article_id", "section", "kind", "text", "entity_id", "period", "quoted", "unit", "computed", "ci_low",
    "ci_high", "interval", "n", "verdict", "on", "later", "later_in", "note", "sources", "link", "computation",
    "computed_unit",
]  # fmt: skip

JUDGED = ["claim_id", "verdict", "on"]
"""What is asked of an earlier edition about a claim."""

KIND_GROUP: Mapping[str, str] = {
    "figure": "numbers",
    "ratio": "numbers",
    "growth": "numbers",
    "structural": "business",
    "definition": "business",
    "forecast": "forecasts",
}
"""Kind of a claim to the group in which it is counted."""


class Ledger(Findings):
    """Every claim of the articles, judged by an edition; each article apart."""

    @finding
    def every(self) -> pd.DataFrame:
        """One row a claim of any article as :func:`evaluate` gives it, with the ``group`` in which it is counted.

        ``then`` and ``then_on`` are what the first edition made of it, where that was another verdict. Notes say which
        claims rest on one evidence.
        """
        found = evaluate(self)
        found = found.assign(group=found["kind"].map(KIND_GROUP))
        then = self.first.rename(columns={"verdict": "then", "on": "then_on"})
        found = found.merge(then, on="claim_id", how="left")
        turned = found["then_on"].notna() & (found["then"] != found["verdict"])
        found = found.assign(then=found["then"].where(turned, ""), then_on=found["then_on"].where(turned))
        return found.assign(note=_shared(found))

    @finding
    def verdicts(self) -> pd.DataFrame:
        """How the edition judges each claim: ``claim_id``, ``verdict`` and ``on``; of a published one as recorded."""
        known = self.cat.record
        if known is None:
            return self.every[JUDGED]
        rows = pd.DataFrame.from_dict(known["claims"], orient="index")
        return rows.rename_axis("claim_id").reset_index().reindex(columns=JUDGED).astype({"on": "datetime64[ns]"})

    @finding
    def first(self) -> pd.DataFrame:
        """What no figure of the article decides, as the first edition judged it; of that edition itself, none."""
        before = self.before
        if before is None:
            return pd.DataFrame(columns=JUDGED)
        while before.before:
            before = before.before
        return before.verdicts[before.verdicts["verdict"].isin(BUSINESS)]

    @finding
    def articles(self) -> pd.DataFrame:
        """The articles known, the one that the report is about first."""
        return self.cat.articles

    @finding
    def rows(self) -> pd.DataFrame:
        """Claims of the article that the report is about, rows of :attr:`every`."""
        return self.every[self.every["article_id"].isin(self.articles["article_id"].iloc[:1])]

    @finding
    def others(self) -> pd.DataFrame:
        """Claims of every other article, rows of :attr:`every`, with ``article``, its name."""
        own = self.every[~self.every["claim_id"].isin(self.rows["claim_id"])]
        return own.assign(article=own["article_id"].map(self.articles.set_index("article_id")["name"]))

    @finding
    def counted_of_each(self) -> pd.DataFrame:
        """Rows of :attr:`every` that count in the score of their article: of those on one evidence the first."""
        parts = [rows[~same_evidence(rows)] for _, rows in self.every.groupby("article_id", sort=False)]
        return pd.concat([self.every.iloc[:0], *parts])

    @finding
    def counted(self) -> pd.DataFrame:
        """Rows of :attr:`rows` that the scoreboard counts."""
        return self.counted_of_each[self.counted_of_each["claim_id"].isin(self.rows["claim_id"])]

    @finding
    def judged_earlier(self) -> pd.DataFrame:
        """Rows of :attr:`counted` that are judged on an earlier period than the edition's own, with ``later`` known."""
        return self.counted[self.counted["later"] != ""]

    @finding
    def tally(self) -> pd.DataFrame:
        """Claims of the article that the report is about, by group and verdict, one evidence counted once."""
        found = pd.crosstab(self.counted["group"], self.counted["verdict"])
        return found.reindex(dict.fromkeys(KIND_GROUP.values()), fill_value=0).reindex(
            columns=list(map(str, VERDICTS)), fill_value=0
        )

    @finding
    def turned(self) -> pd.DataFrame:
        """Claims whose verdict is another than in the edition before: ``text``, ``then``, ``now``, and ``note``."""
        earlier = (self.before or self).verdicts
        now = self.rows.drop(columns=["then", "then_on"])
        found = now.merge(earlier[["claim_id", "verdict"]].rename(columns={"verdict": "then"}), on="claim_id")
        return found[found["verdict"] != found["then"]].rename(columns={"verdict": "now"}).reset_index(drop=True)

    @finding
    def headlines(self) -> Mapping[str, tuple[Estimate, float]]:
        """Headline estimates of the chapters that draw samples, each with its null; none without models."""
        market, prices = self.of(Market), self.of(Pricing)
        rooms = {
            "market": {} if market.lacks else market.headlines,
            "prices": {} if prices.lacks else prices.family,
        }
        return {f"{room}: {name}": pair for room, family in rooms.items() for name, pair in family.items()}

    @finding
    def family(self) -> pd.DataFrame:
        """Which headlines exclude what they are tested against, and which still do when all are taken together."""
        return estimators.family(self.headlines, self.cat.threshold(ALL, "false_discoveries"))

    @finding
    def by_chance(self) -> estimators.ByChance:
        """How many headlines would exclude by chance if everything that they are tested against held."""
        return estimators.by_chance([one for one, _ in self.headlines.values()])

    def claim(self, name: str) -> pd.Series:
        """Return the row of a claim."""
        return self.every.set_index("claim_id").loc[name]


def evaluate(known: Findings) -> pd.DataFrame:
    """Evaluate every claim that an edition knows.

    Parameters
    ----------
    known : Findings
        Of the edition, of any chapter.

    Returns
    -------
    pandas.DataFrame
        One row a claim, in the order of the table: ``claim_id``, ``article_id``, ``section`` (its part), ``kind``,
        ``text``, ``entity_id``, ``period``; ``quoted`` (as printed, empty where nothing is) and ``unit`` (of it, with
        the currency; without it, that of the estimate); ``computed`` with ``ci_low`` and ``ci_high``, NaN where there
        is none, in ``computed_unit``, and ``interval`` (what the two ends are); ``n`` (what it rests on); ``verdict``;
        ``on`` (the day that the verdict speaks of: the last one that the figures behind it are about); ``later`` (what
        the same comparison gives in the edition's own period, ``later_in``, where the claim is judged on an earlier
        one); ``note``;
        ``sources`` (keys joined by a semicolon); ``link`` (label of the section that says more) and
        ``computation``.

    Raises
    ------
    DataError
        If a claim names a computation that is not registered.
    """
    rows = known.cat.claims.to_dict("records")
    if missing := sorted({row["computation"] for row in rows} - set(COMPUTATIONS)):
        message = f"{', '.join(missing)}: no such computation in tokenecon.analysis.ledger"
        raise DataError([Finding("data/claims.csv", 1, "computation", message)])
    found = pd.DataFrame([_row(claim, judged(known, claim)) for claim in rows])
    found = found.assign(later_in=found["later"].ne("").map({True: known.focal, False: ""}))
    return found[COLUMNS].astype({"n": "Int64", "on": "datetime64[ns]"})


def judged(known: Findings, claim: Claim) -> Result:
    """Judge a claim; one that asks a chapter which the edition leaves out stays undetermined, and says why."""
    try:
        return COMPUTATIONS[claim["computation"]](known, claim)
    except NotServed as left_out:
        return Result(Verdict.undetermined, note=str(left_out))


EVIDENCE = ["computation", "computed", "ci_low", "ci_high", "n", "verdict"]
"""What claims that rest on one evidence have in common."""


def same_evidence(rows: pd.DataFrame) -> pd.Series:
    """Return whether a claim about the business rests on the evidence of one above it: computation and all numbers."""
    return rows.duplicated(EVIDENCE) & rows["group"].eq("business") & rows["n"].notna()


def _shared(rows: pd.DataFrame) -> pd.Series:
    """Return the notes; of claims about the business that rest on one evidence each names the others."""
    own = rows[rows["group"].eq("business") & rows["n"].notna()]
    others = own.groupby(EVIDENCE, dropna=False)["text"].transform(lambda texts: "” and “".join(texts))
    alike = own.duplicated(EVIDENCE, keep=False)
    told = ". The same evidence, counted once, judges “" + others[alike] + "”"
    return rows["note"] + told.reindex(rows.index).fillna("")


def unregistered(data: Data) -> Iterator[Finding]:
    """Report, as a check of the data, each claim whose computation is not registered."""
    for line, row in data.rows("claims"):
        if row["computation"] not in COMPUTATIONS:
            message = f"'{row['computation']}' is no computation of tokenecon.analysis.ledger"
            yield data.finding("claims", line, "computation", message)


def unruled(data: Data) -> Iterator[Finding]:
    """Report rules of computations that no claim names, and claims about the business judged without a rule."""
    claimed = {row["computation"] for _, row in data.rows("claims")}
    ruled = {row["computation"] for _, row in data.rows("rules")}
    for line, row in data.rows("rules"):
        if row["computation"] not in claimed | {ALL}:
            yield data.finding("rules", line, "computation", f"no claim names '{row['computation']}'; delete the line")
        if bool(row["threshold"]) != bool(row["value"]):
            yield data.finding("rules", line, "value", "goes with threshold: give both or neither")
        if bool(row["value"]) != bool(row["unit"]):
            yield data.finding("rules", line, "unit", "goes with value: give both or neither")
    for line, row in data.rows("claims"):
        if row["kind"] == "structural" and row["computation"] not in ruled | {"not_testable"}:
            message = f"'{row['computation']}' has no rule in data/rules.csv; add how it judges, and why"
            yield data.finding("claims", line, "computation", message)


def values(cat: Catalog, column: str) -> list[str]:
    """Return what a column of the ledger can hold: every ``verdict``, or what the claims have."""
    return list(map(str, VERDICTS)) if column == "verdict" else sorted(set(cat.claims[column]))


def _row(claim: Mapping[str, Any], result: Result) -> dict[str, Any]:
    """Return a row of the ledger: numbers in the unit in which the claim is printed, notes joined."""
    own = not result.unit and claim["value"] == claim["value"]
    factor = claim["value"] / float(claim["printed"]) if own else IN_BASE.get(result.unit, 1.0)
    unit = " ".join(part for part in (claim["unit"], claim["currency"]) if part)
    return {
        **{name: claim[name] for name in ("claim_id", "article_id", "section", "kind", "text", "entity_id", "period")},
        "quoted": claim["printed"],
        "unit": unit or result.unit,
        "computed": result.computed / factor,
        "ci_low": result.low / factor,
        "ci_high": result.high / factor,
        "interval": result.interval,
        "n": result.n if result.n is not None else pd.NA,
        "verdict": str(result.verdict),
        "on": result.on,
        "later": str(result.later or ""),
        "note": _sentences(result.note, claim["note"]),
        "sources": ";".join(result.sources),
        "link": result.section,
        "computation": claim["computation"],
        "computed_unit": result.unit or unit,
    }


def _sentences(*notes: str) -> str:
    """Join notes as sentences, with minus signs for minus signs."""
    joined = ". ".join(note[0].upper() + note[1:] for note in notes if note)
    return re.sub(r"(?<![\w-])-(?=\d)", "−", joined)
