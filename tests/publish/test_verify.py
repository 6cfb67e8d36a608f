"""The check of a built report finds each defect that is planted, and none in a sound report."""

import shutil

import pytest
from publish.sample_project import EDITION

from tokenecon.publish import PublishError, verify
from tokenecon.publish.verify import verify_folder

PAGE = "html/01_one.html"


def test_a_sound_report_has_no_problems(built):
    assert verify(project=built) == []


def test_an_edition_that_is_not_built_is_said_to_be(built, tmp_path):
    (built.data / "editions/2030FY.toml").write_text(EDITION.replace("2025FY", "2030FY"))
    try:
        with pytest.raises(PublishError, match="build/2030FY is not built"):
            verify("2030FY", project=built)
    finally:
        (built.data / "editions/2030FY.toml").unlink()


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("</main>", "<p>See @fig-lost.</p></main>", "unresolved reference @fig-lost"),
        ("</main>", "<p>See ?@fig-lost.</p></main>", "unresolved reference ?@fig-lost"),
        ("</main>", "<p>Figure ?? shows</p></main>", "unresolved reference ??"),
        ("</main>", "<p>(AR99?)</p></main>", "unresolved reference AR99?"),
        ("</main>", "<p>{{< var title >}}</p></main>", "placeholder left: {{<"),
        ("</main>", "<p>TODO</p></main>", "placeholder left: TODO"),
        ("</main>", '<img src="figures/fig-bar.svg"></main>', "picture figures/fig-bar.svg has no alt text"),
        ('role="img" ', "", "has no alt text"),
        ('aria-label="A bar chart of one bar. The bar is tall."', 'aria-label="One bar."', "repeats its caption"),
        ("</main>", "<figure><p>x</p></figure></main>", "figure content has no caption"),
        ("</main>", '<table id="t"><tr><th>a</th></tr></table></main>', "table t has no rows"),
        ("0.5</td>", "nan</td>", "table tbl-rows shows nan in a cell"),
        ("0.5</td>", "None</td>", "table tbl-rows shows None in a cell"),
        ("</main>", '<a href="lost.html">x</a></main>', "broken link: lost.html"),
        ("</main>", '<a href="index.html#lost">x</a></main>', "broken link, no such place: index.html#lost"),
        ("figures/fig-bar.csv", "figures/lost.csv", "broken link: figures/lost.csv"),
        ("</head>", '<script src="https://cdn.example.org/x.js"></script></head>', "<script> requests another host"),
        ("</head>", '<link rel="stylesheet" href="//fonts.example.org/x.css"></head>', "<link> requests another host"),
        ("</head>", "<style>@import 'https://example.org/x.css';</style></head>", "style requests another host"),
        ("</head>", '<style>@import"https://example.org/x.css"</style></head>', "style requests another host"),
        (
            "</main>",
            '<p style="background: url(https://example.org/x.png)">x</p></main>',
            "style requests another host",
        ),
        ("</head>", '<script src="lost.js"></script></head>', "<script> needs a file that is not there: lost.js"),
        ("</main>", '<p onclick="x()">x</p></main>', "<p> runs a script: onclick"),
        ("</main>", '<a href=" java\tscript:x()">x</a></main>', "<a> leads to an address of the kind javascript"),
        ("</main>", '<img alt="x" src="data:text/html,x"></main>', "<img> leads to an address of the kind data"),
        ("</main>", "<script>x()</script></main>", "unexpected element <script> in the text"),
        ("</main>", "<think>x</think></main>", "unexpected element <think> in the text: 'x'"),
        ("0.5</td>", "−0.0%</td>", "negative zero −0.0%"),
        ("0.5</td>", "nan USD</td>", "a value is missing: nan"),
        ("0.5</td>", "[not available]</td>", "a value is missing: [not available]"),
        ("</main>", f"<p>{'x' * 600_000}</p></main>", "has 6"),
        ("The first question</h1>", "A chapter the PDF lacks</h1>", "lacks the chapter"),
        ("One bar. Source", "Another caption. Source", "lacks the caption"),
    ],
)
def test_each_planted_defect_is_found(built, tmp_path, old, new, expected):
    folder = tmp_path / "2025FY"
    shutil.copytree(built.build / "2025FY", folder)
    text = (folder / PAGE).read_text(encoding="utf-8")
    assert old in text
    (folder / PAGE).write_text(text.replace(old, new, 1), encoding="utf-8")
    problems = verify_folder(folder)
    assert any(expected in problem for problem in problems), problems
    assert all("\n" not in problem for problem in problems)
    assert all(problem.startswith(("html/01_one.html: ", "report.pdf")) for problem in problems)


def test_a_style_sheet_from_elsewhere_is_found(built, tmp_path):
    shutil.copytree(built.build / "2025FY", tmp_path / "2025FY")
    with (tmp_path / "2025FY/html/style.css").open("a") as style:
        style.write("@font-face { font-family: X; src: url('https://example.org/x.woff2'); }")
    assert verify_folder(tmp_path / "2025FY") == ["style.css: requests another host: https://example.org/x.woff2"]


def test_links_to_sources_are_fine(built):
    assert "https://example.org/a_b.pdf" in (built.build / "2025FY/html/references.html").read_text()
