"""What tests of several folders share."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from hypothesis import settings
from playwright.sync_api import Browser, Error, sync_playwright

settings.register_profile("loaded", deadline=None)  # How long an example takes says how busy the machine is.
settings.load_profile("loaded")

# Notebooks that several tests execute share what they find, as in a build.
os.environ.setdefault("TOKENECON_FINDINGS", str(Path(__file__).parents[1] / "build" / ".state" / "findings"))

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def pytest_collection_modifyitems(items):
    """Begin with the modules that run whole reports, so that none of them is alone at the end.

    And let nbval compare what a cell keeps, though notebooks are stored without the count of runs that it asks for.
    """
    items.sort(key=lambda item: item.path.parent != Path(__file__).parent)
    for item in items:
        cell = getattr(item, "cell", None)
        if cell is not None and cell.get("outputs"):
            cell.execution_count = cell.execution_count or 1


@pytest.fixture(scope="module")
def browser():
    """The system's Chromium without a window; tests that need it are skipped where there is none.

    It ends with its module: an event loop runs as long as it does, and tests after it start their own.
    """
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        pytest.skip(f"no browser: none of {', '.join(BROWSERS)} is on PATH")
    # A container's root user has no sandbox to enter.
    arguments = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        try:
            browser: Browser = playwright.chromium.launch(executable_path=found, args=arguments)
        except Error as error:
            pytest.skip(f"{found} does not start: {error.message.splitlines()[0]}")
        yield browser
        browser.close()
