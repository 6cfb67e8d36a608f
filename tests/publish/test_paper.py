"""Faults of a page of paper that are planted in a PDF are found, and none in a sound one."""

import pypdfium2 as pdfium
import pytest
import typst
from publish.sample_project import REPORT

from tokenecon.publish.fonts import faces
from tokenecon.publish.paper import paper_problems, text_of

LOREM = "Words that fill a line of the page and are of no other use to anyone who reads them. "


def problems(tmp_path, body, head=""):
    file = tmp_path / "x.pdf"
    source = f'{head}\n#set page(paper: "a4")\n= One\n{body}'
    folders = sorted({face.file.parent for face in faces()})
    file.write_bytes(typst.compile(source.encode(), font_paths=folders, ignore_system_fonts=True))
    return list(paper_problems(file))


@pytest.mark.parametrize(
    "body",
    [
        LOREM * 20,
        "#v(150pt) #place(rotate(-38deg)[GPT-4 to Qwen]) #place(dx: 24pt, rotate(-38deg)[Claude to DeepSeek])",
        "#table(columns: 3, [one], [two], [three], [1.5], [−2.5], [—])",
        "$ x = sum_(i=1)^n a_i / b_i $",
        "#rotate(90deg, reflow: true)[A turned line of words]",
        f"{LOREM * 20} #pagebreak()\n= Two\nThe page before ends a chapter, and may be short.",
    ],
)
def test_a_sound_page_has_no_problems(tmp_path, body):
    assert problems(tmp_path, body) == []


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("#place(dx: 20pt)[currency_suspect] #place(dx: 60pt)[19.5]", "are printed over each other"),
        ("#table(columns: (30pt, 60pt), [`currency_suspect`], [suspicious])", "are printed over each other"),
        ("#box(width: 700pt)[#h(1fr) margin]", "'margin' runs out of the page"),
        (f"{LOREM} #pagebreak() {LOREM}", "x.pdf page 2: 9"),
        ("A line that is left of a chapter.\n#pagebreak()\n= Three\nMore.", "x.pdf page 2: 9"),
    ],
)
def test_each_planted_fault_is_found(tmp_path, body, expected):
    opening = f"{LOREM * 20} #pagebreak()\n= Two\n" if "pagebreak" in body else ""
    found = problems(tmp_path, opening + body)
    assert any(expected in problem for problem in found), found
    assert all("\n" not in problem for problem in found)


TABLES = {
    "narrow": "#table(columns: (10%, 90%), table.header([Flag], [Why]), [`currency_suspect`], [Odd.])",
    "dates": "#table(columns: 9, table.header(..range(9).map(i => [Heading])), ..range(27).map(i => [31~Dec~2025]))",
    "many": "#table(columns: 16, table.header(..range(16).map(i => [Column])), ..range(32).map(i => [1,234.56]))",
    "ledger": "#table(columns: 9, table.header(..range(9).map(i => [Heading])), ..range(27).map(i => "
    "if calc.rem(i, 9) == 7 [#lorem(60)] else [undetermined]))",
    "words": "#table(columns: (5%, 95%), table.header([A], [B]), [Incomprehensibilities], [x])",
    "long": "#table(columns: 2, table.header([A], [B]), ..range(160).map(i => [row #i]))",
}


@pytest.mark.parametrize("name", TABLES)
def test_tables_of_the_report_fit(tmp_path, name):
    """Widths follow the words; where they cannot fit, letters shrink or the table turns."""
    (tmp_path / "look.typ").write_text((REPORT / "look.typ").read_text(encoding="utf-8"), encoding="utf-8")
    figure = (
        f'#figure({TABLES[name].removeprefix("#")}, caption: [A table], kind: "quarto-float-tbl", supplement: "Table")'
    )
    body = f'#import "/look.typ": *\n#show: book.with(title: [T])\n= One\n{figure}\n'
    (tmp_path / "x.typ").write_text(body, encoding="utf-8")
    folders = sorted({face.file.parent for face in faces()})
    typst.compile(tmp_path / "x.typ", output=tmp_path / "x.pdf", root=tmp_path, font_paths=folders)
    assert list(paper_problems(tmp_path / "x.pdf")) == []
    text, pages = text_of(tmp_path / "x.pdf"), len(pdfium.PdfDocument(tmp_path / "x.pdf"))
    if name == "long":
        assert pages > 3 and text.count("continued") == pages - 3 and text.count("Table 1") == pages - 2
    else:
        assert "continued" not in text


def test_a_chapter_begins_below_the_few_lines_that_are_left_of_the_one_before(tmp_path):
    """What is said before the first chapter stands below the contents; no figure floats above a title."""
    (tmp_path / "look.typ").write_text((REPORT / "look.typ").read_text(encoding="utf-8"), encoding="utf-8")
    figure = '#figure(rect(height: 60pt)[Drawing], caption: [Drawn], kind: "quarto-float-fig", supplement: "Figure")'
    body = (
        '#import "/look.typ": *\n#show: book.with(title: [T])\n'
        "#heading(numbering: none)[About this book]\nOpening words.\n"
        f"= One\n{LOREM * 55}\n\n#v(20pt)\nTail.\n= Two\nHead of two.\n\n{figure}\n\n{LOREM * 25}\n= Three\nEnd.\n"
    )
    (tmp_path / "x.typ").write_text(body, encoding="utf-8")
    typst.compile(tmp_path / "x.typ", output=tmp_path / "x.pdf", root=tmp_path)
    with pdfium.PdfDocument(tmp_path / "x.pdf") as document:
        pages = [page.get_textpage().get_text_range() for page in document]
    assert "Contents" in pages[1] and "Opening words" in pages[1]
    [shared] = [text for text in pages if "Tail." in text]
    assert "Head of two" in shared and shared.index("Two") < shared.index("Drawing"), pages
    assert "Head of two" not in pages[-1] and "End." in pages[-1]
    assert not [problem for problem in paper_problems(tmp_path / "x.pdf") if "empty" in problem]
