"""What leads nowhere is found before anything is rendered, with its place and the nearest there is."""

import pytest
from publish.sample_project import make_project, write_notebook

from tokenecon.publish.chapter import Content
from tokenecon.publish.errors import PublishError
from tokenecon.publish.references import check_references, lead_to_chapters


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    project = make_project(tmp_path_factory.mktemp("references") / "project")
    write_notebook(project, "02_two.ipynb", "md:# Two {#sec-two}")
    return project


def check(project, first, second="", pages=None):
    one = Content("01_one.ipynb", "One", "sec-one", [(2, first)])
    two = Content("02_two.ipynb", "Two", "sec-two", [(2, f"## A step {{#sec-step}}\n\n{second}")])
    home = Content("00_summary.ipynb", "Summary", "sec-summary")
    more = Content("A1_more.ipynb", "More", "sec-more")
    check_references(project, {"index": home, "01_one": one, "02_two": two, "A1_more": more}, pages or {})


@pytest.mark.parametrize(
    "text",
    [
        "See @sec-step, [@AR25], [the step](02_two.qmd#sec-step), [two](02_two.qmd) and [data](tables/tbl-x.csv).",
        "A mark[^1] and its text.\n\n[^1]: Here.",
        "An \\@escaped \\[^x\\] name, `[^code]` and `[x](#code)`.",
        "[Mail](mailto:a@example.org) or [read](https://example.org/#part).",
        "## Own heading\n\n[Up](#own-heading) and [there](#sec-one).",
        'A [place]{id="here"} and [back](#here).',
    ],
)
def test_what_leads_somewhere_passes(project, text):
    check(project, text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("See @sec-stop.", "@sec-stop: there is no such section; is it sec-step?"),
        ("See [@AR52].", "@AR52: no such source in data/sources.csv; is it AR25?"),
        ("A mark.[^one]", "footnote [^one] has no text"),
        ("A mark.[^one]\n\n[^ones]: Text.", "footnote [^one] has no text; is it ones?"),
        ("Nothing.\n\n[^one]: Text.", "footnote [^one] is marked nowhere"),
        ("[x](#sec-step)", "link to #sec-step: there is no such place; it is 02_two.qmd#sec-step"),
        ("[x](02_two.qmd#sec-stop)", "there is no such place; is it sec-step?"),
        ("[x](02_tow.qmd)", "link to 02_tow.qmd: there is no such page; is it 02_two?"),
        ("[x](02_two.html#sec-step)", "link to 02_two.html#sec-step: write 02_two.qmd, which holds in every format"),
        ("[x](javascript:alert)", "link to javascript:alert: an address begins with http, https, mailto"),
        ("{#sec-step}", "label sec-step is taken already in 01_one.ipynb cell 2"),
    ],
)
def test_what_leads_nowhere_is_named_with_its_place(project, text, expected):
    with pytest.raises(PublishError) as caught:
        check(project, text)
    line = str(caught.value).splitlines()[0]
    assert line.startswith(("01_one.ipynb cell 2: ", "02_two.ipynb cell 2: ")) and line.endswith(expected)


def test_a_footnote_belongs_to_its_page(project):
    with pytest.raises(PublishError) as caught:
        check(project, "A mark.[^n]", "[^n]: On another page.")
    assert str(caught.value).splitlines() == [
        "01_one.ipynb cell 2: footnote [^n] has no text",
        "02_two.ipynb cell 2: footnote [^n] is marked nowhere",
    ]


def test_generated_pages_are_part_of_theirs(project):
    check(project, "See @tbl-sources.", pages={"data": "[Up](#sec-data)\n\n: Sources. {#tbl-sources}"})


def test_references_to_what_a_chapter_leaves_out_lead_to_the_chapter(project):
    kept = "In @tbl-here, @tbl-her and `@tbl-here`.\n\n```\n@fig-gone\n```\n\nSee @fig-gone."
    one = Content("01_one.ipynb", "One", "sec-one", [(2, kept)])
    two = Content("02_two.ipynb", "Two", "sec-two", left_out=["tbl-here", "fig-gone"])
    found = lead_to_chapters({"01_one": one, "02_two": two})
    assert (
        found["01_one"].markdown
        == kept.replace("In @tbl-here", "In @sec-two").replace("See @fig-gone", "See @sec-two") + "\n"
    )
    home, more = Content("00.ipynb", "Summary", "sec-summary"), Content("A1_more.ipynb", "More", "sec-more")
    with pytest.raises(PublishError, match="@tbl-her: there is no such table"):
        check_references(project, {"index": home, **found, "A1_more": more}, {})
