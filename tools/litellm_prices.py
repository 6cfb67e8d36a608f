"""Write a dated excerpt of LiteLLM's price table into data/litellm_prices.csv.

    pip download --no-deps litellm==1.109.1
    python tools/litellm_prices.py litellm-1.109.1-*.whl 2026-11-12

The table stands in the package (MIT). Taken are prices of text by token that a maker asks for its own models, under
names that our lists of prices have too. Rows of other releases stay as they are.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import sys
import zipfile
from decimal import Decimal
from pathlib import Path

from tokenecon.catalog import data_root
from tokenecon.catalog.schema import Schema

FILE = "litellm/model_prices_and_context_window_backup.json"
MAKERS = {
    "openai": "openai", "anthropic": "anthropic", "gemini": "google", "mistral": "mistral", "deepseek": "deepseek",
    "xai": "xai", "zai": "zhipu", "moonshot": "moonshot", "minimax": "minimax", "cohere_chat": "cohere",
    "dashscope": "alibaba",
}  # fmt: skip
"""Providers that are makers, and our name of the maker."""
MODES = ("chat", "responses")
COSTS = {
    "input": "input_cost_per_token",
    "output": "output_cost_per_token",
    "cached_input": "cache_read_input_token_cost",
}


def rows(path: Path) -> list[dict[str, str]]:
    """Read a table of ours as text."""
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))


def models_by_name(root: Path, day: str) -> dict[tuple[str, str], str]:
    """Return the model that each maker sold under each name on a day; the last one to begin where a name moved."""
    makers = {row["model_id"]: row["entity_id"] for row in rows(root / "models.csv")}
    found = {}
    for row in sorted(rows(root / "prices.csv"), key=lambda row: row["effective_from"] or row["published_on"]):
        own = (row["first_party"], row["market"], row["currency"]) == ("true", "international", "USD")
        if own and (row["effective_from"] or row["published_on"]) <= day:
            found[makers[row["model_id"]], row["name"].lower()] = row["model_id"]
    return found


def excerpt(table: dict, root: Path, version: str, day: str) -> list[dict[str, str]]:
    """Return the rows of one release, in order of name."""
    models, found = models_by_name(root, day), {}
    for full, entry in sorted(table.items()):
        maker, name = MAKERS.get(entry.get("litellm_provider")), full.rpartition("/")[2]
        model = models.get((maker, name.lower()))
        if not model or entry.get("mode") not in MODES or not entry.get(COSTS["input"]):
            continue
        costs = {ours: entry.get(theirs) for ours, theirs in COSTS.items()}
        prices = {name: f"{Decimal(str(cost)) * 10**6:f}" for name, cost in costs.items() if cost is not None}
        trimmed = {name: text.rstrip("0").rstrip(".") if "." in text else text for name, text in prices.items()}
        about = {"version": version, "provider": entry["litellm_provider"], "name": name, "model_id": model}
        found.setdefault(name, {**about, **trimmed, "source_id": "LITELLM", "published_on": day})
    return [row for row in found.values() if row.get("output")]


def main(wheel: str, day: str) -> None:
    """Read a wheel and write its rows."""
    root, version = data_root(), Path(wheel).name.split("-")[1]
    table = json.loads(zipfile.ZipFile(wheel).read(FILE))
    path = root / "litellm_prices.csv"
    kept = [row for row in rows(path) if row["version"] != version]
    added = [row | {"added_on": dt.date.today().isoformat()} for row in excerpt(table, root, version, day)]
    text = io.StringIO()
    writer = csv.DictWriter(text, list(Schema.load(root).tables["litellm_prices"].fields), lineterminator="\n")
    writer.writeheader()
    writer.writerows(sorted([*kept, *added], key=lambda row: (row["published_on"], row["name"])))
    path.write_text(text.getvalue(), encoding="utf-8")
    print(f"data/litellm_prices.csv: {len(added)} rows of {version}")


if __name__ == "__main__":
    main(*sys.argv[1:])
