"""The page on what is left out says in words what a ruling is about."""

from pathlib import Path

import pytest

from tokenecon.catalog import Catalog
from tokenecon.publish import Project
from tokenecon.publish.exclusions import exclusions_page


@pytest.fixture(scope="module")
def rulings():
    """The rows of the table of rulings, as the report's newest edition shows them."""
    project = Project(Path(__file__).parents[2])
    page = exclusions_page(project, project.edition())
    table = page[page.index("| Figure |") : page.index("{#tbl-rulings}")]
    return [line for line in table.splitlines() if line.startswith("| ")][1:]


def test_no_id_stands_for_a_ruling(rulings):
    known = Catalog.open().rulings
    assert len(rulings) > 10
    for row in rulings:
        assert ": " in row.split(" | ")[0], row
        assert not [one for one in known["ruling_id"] if one in row], row


def test_what_a_reader_sees_as_one_ruling_stands_once(rulings):
    """A day that was corrected stands in two columns of its row, each with a ruling."""
    assert len(rulings) == len(set(rulings))
    [rent] = [row for row in rulings if "h100" in row]
    assert "23 Jul 2026" in rent.split(" | ")[0] and "| correction | 2026Q3 |" in rent
