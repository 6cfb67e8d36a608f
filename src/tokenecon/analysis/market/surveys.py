"""What surveys and panels of firms say of vendors: published estimates, each with the sample that its source gives.

A survey says what firms report of themselves, which is no measurement of what they do.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
from statsmodels.stats.proportion import proportion_confint

METRICS = ("survey_share", "enterprise_adoption", "paid_adoption_share", "ramp_spend_share", "multihoming_apps")
"""Metrics of firms' use of several vendors and of changes between them."""

SEVERAL = ("three-or-more-model-families", "also-pays-openai")
"""Questions whether a customer uses several vendors at once."""

HARD = ("migration-failed-or-far-more-effort",)
"""Questions whether a change of vendor that was tried came out badly."""

MOVED = ("switched-vendor-within-a-year", "upgraded-within-vendor")
"""What became of the main vendor in a year: another one, or a newer model of the same."""

PANEL = {"paid_adoption_share": "paid adoption on Ramp", "ramp_spend_share": "spending on Ramp"}
"""Metrics of a panel of firms by their cards, and what its shares are of: no survey."""


def published(operating: pd.DataFrame, sources: pd.DataFrame, names: Mapping[str, str]) -> pd.DataFrame:
    """Return the published figures: ``what``, ``share``, ``n``, ``low``, ``high``, ``on``, ``publisher``.

    ``n`` is read off the note where the source gives it (NaN elsewhere), and so is whose survey it is where another
    tells it again, who is named behind; the interval is Wilson's (1927), of chance in
    drawing the sample alone. ``names`` are those of entities by id.
    """
    rows = operating[operating["metric"].isin(METRICS) & (operating["base_unit"] == "ratio")].sort_values("period_end")
    count = pd.to_numeric(rows["note"].str.extract(r"n = ([\d,]+)")[0].str.replace(",", ""))
    told_by = rows["source_id"].map(sources.set_index("source_id")["publisher"])
    author = rows["note"].str.extract(r"^(?:Survey|Panel) of ([^.,;]+)")[0]
    low, high = proportion_confint((rows["value"] * count).round(), count, method="wilson")
    return pd.DataFrame(
        {
            "entity_id": rows["entity_id"],
            "metric": rows["metric"],
            "item": rows["item"],
            "what": [_what(metric, item, names) for metric, item in zip(rows["metric"], rows["item"], strict=True)],
            "share": rows["value"],
            "n": count,
            "low": low,
            "high": high,
            "on": rows["period_end"],
            "publisher": told_by.where(author.isna(), author + " via " + told_by.str.split(" via ").str[0]),
            "source_id": rows["source_id"],
        }
    ).reset_index(drop=True)


def _what(metric: str, item: str, names: Mapping[str, str]) -> str:
    said = _words(item, names) if item else ""
    return ": ".join(filter(None, (PANEL.get(metric, ""), said))) or _words(metric, names)


def _words(key: str, names: Mapping[str, str]) -> str:
    """Return a key in words, companies and abbreviations as they are written."""
    written = {"ai": "AI", "api": "API", **names}
    return " ".join(written.get(word, word) for word in key.replace("_", "-").split("-"))
