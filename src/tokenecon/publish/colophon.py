"""The colophon: what the report was made with and from."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from tokenecon.markup import code
from tokenecon.publish.markdown import pipe_table
from tokenecon.publish.project import Project


def colophon_page(project: Project, manifest: Mapping[str, Any]) -> str:
    """Return Markdown on what the report was made with and from: versions, renderer, where its inputs are listed."""
    locked = _locked(project)
    programs = {"python": manifest["python"]} | manifest["renderer"]["versions"]
    rows = [(code(name), version, "—") for name, version in programs.items()]
    rows += [(code(name), version, locked.get(_normal(name), "—")) for name, version in manifest["packages"].items()]
    made = (
        f"The {manifest['renderer']['name']} renderer made this from {len(manifest['notebooks'])} notebooks and "
        f"{len(manifest['inputs'])} files in all. `inputs.json`, beside the report's pages, names each with its hash."
    )
    return "\n\n".join([
        "## Versions {#sec-colophon-versions}",
        pipe_table(
            {"Program or package": 50, "Used": 25, "Locked": 25},
            rows,
            "What the report was made with. Source: the environment that built it, and `requirements.lock`.",
            "tbl-versions",
        ),
        "## Inputs {#sec-colophon-inputs}",
        made,
    ]) + "\n"  # fmt: skip


def _locked(project: Project) -> dict[str, str]:
    file = project.root / "requirements.lock"
    text = file.read_text(encoding="utf-8") if file.is_file() else ""
    found: dict[str, list[str]] = {}
    for name, locked in re.findall(r"(?m)^([\w.-]+)==([^\s;]+)", text):
        found.setdefault(_normal(name), []).append(locked)
    # A package may be locked in several versions, each for some versions of Python.
    return {name: ", ".join(versions) for name, versions in found.items()}


def _normal(name: str) -> str:
    return name.lower().replace("_", "-")
