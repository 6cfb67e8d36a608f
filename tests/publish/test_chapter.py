"""Reading an executed notebook as a chapter, and what breaks the conventions."""

import re

import nbformat
import pytest
from matplotlib.colors import to_rgb
from publish.sample_project import notebook

from tokenecon.display import style
from tokenecon.publish.chapter import read_chapter
from tokenecon.publish.errors import PublishError
from tokenecon.publish.options import cell_options, without_options
from tokenecon.publish.svg import inline_svg, palette

SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><title>t</title><g id="a"><use href="#a"/></g></svg>'
)
LABELS = '#| label: fig-a\n#| fig-cap: "A caption"\n#| fig-alt: "An alt text"\n'


def executed(source, data=None, own=None, stream=None):
    """A notebook of a heading and one code cell with one output."""
    made = notebook("md:# Title {#sec-title}", source)
    if stream:
        made.cells[1].outputs = [nbformat.v4.new_output("stream", name="stdout", text=stream)]
    elif data:
        made.cells[1].outputs = [
            nbformat.v4.new_output("display_data", data=data, metadata={"tokenecon": own} if own is not None else {})
        ]
    return made


def read(*arguments, **named):
    return read_chapter(executed(*arguments, **named), "01_x.ipynb")


def test_a_figure_carries_alt_text_data_and_links():
    titled = LABELS + """#| fig-title: 'It is "tall" & wide.'\n"""
    content = read(titled + "draw()", {"image/svg+xml": SVG}, {"data_csv": "a\n1\n"})
    (figure,) = content.figures
    assert figure.alt == 'An alt text. It is "tall" & wide.'
    assert 'aria-label="An alt text. It is &quot;tall&quot; &amp; wide."' in content.markdown
    assert '#image("/figures/fig-a.svg", width: 100%, alt: "An alt text. It is \\"tall\\" & wide.")' in content.markdown
    for target in ("figures/fig-a.csv", "figures/fig-a.svg", "notebooks/01_x.ipynb"):
        assert f"]({target})" in content.markdown


def test_a_page_shows_the_interactive_form_around_the_same_picture():
    html = f'<div class="interactive"><div class="figure-box">{SVG}</div><script>draw(`a`)</script></div>'
    markdown = read(LABELS + "draw()", {"image/svg+xml": SVG, "text/html": html}, {"data_csv": "a\n1\n"}).markdown
    assert "<script>draw(`a`)</script>" in markdown
    assert markdown.count("<svg") == 1
    assert '<div class="figure-box">\n<svg id="fig-a--svg" role="img" aria-label="An alt text"' in markdown
    assert markdown.index("```{=html}") < markdown.index("<script>") < markdown.index("#image(")


def test_the_chart_of_the_answer_alone_stays_in_the_flow_of_the_paper():
    made = notebook("md:# Title {#sec-title}", LABELS + "draw()", LABELS.replace(": fig-a", ": fig-b") + "draw()")
    own = {"tokenecon": {"data_csv": "a\n1\n"}}
    for cell in made.cells[1:]:
        cell.outputs = [nbformat.v4.new_output("display_data", data={"image/svg+xml": SVG}, metadata=own)]
    markdown = read_chapter(made, "01_x.ipynb").markdown
    assert markdown.count("#in-flow[") == 1
    assert markdown.index("#in-flow[") < markdown.index("{#fig-a}") < markdown.index("{#fig-b}")
    made.cells.insert(1, nbformat.v4.new_markdown_cell("## A section"))
    assert "#in-flow[" not in read_chapter(made, "01_x.ipynb").markdown


@pytest.mark.parametrize(
    ("source", "data", "own", "message"),
    [
        (LABELS, {"image/svg+xml": SVG, "text/html": "<canvas></canvas>"}, {"data_csv": ""}, "without its SVG in it"),
        ("draw()", {"image/svg+xml": SVG}, {"data_csv": ""}, "needs `#| label: fig-…`"),
        ("#| label: fig-a\ndraw()", {"image/svg+xml": SVG}, {"data_csv": ""}, "fig-a needs a caption"),
        ("#| label: fig-a\n#| fig-cap: c\nd()", {"image/svg+xml": SVG}, {"data_csv": ""}, "needs a `#| fig-alt:`"),
        ("#| label: fig-a\n#| fig-cap: c\n#| fig-alt: c\nd()", {"image/svg+xml": SVG}, {"data_csv": ""}, "of its own"),
        (LABELS, {"image/svg+xml": SVG}, {}, "brings no data"),
        ("t()", {"text/markdown": "| a |\n|---|\n| 1 |"}, {"data_csv": ""}, "needs `#| label: tbl-…`"),
        ("#| label: tbl-a\nt()", {"text/markdown": "| a |\n|---|\n| 1 |"}, {"data_csv": ""}, "tbl-a needs a caption"),
        ("t()", {"text/html": "<table></table>", "text/plain": ""}, None, "shows text/html"),
        ("#| label: [\nt()", {"text/plain": "x"}, None, "cell options are not YAML"),
    ],
)
def test_a_breach_of_the_conventions_names_notebook_and_cell(source, data, own, message):
    with pytest.raises(PublishError) as caught:
        read(source, data, own)
    assert str(caught.value).startswith("01_x.ipynb cell 2: ")
    assert message in str(caught.value)


def test_a_notebook_without_a_heading_is_refused():
    with pytest.raises(PublishError, match=r"01_x.ipynb cell 1: begin with a heading"):
        read_chapter(notebook("md:Just text"), "01_x.ipynb")


def test_table_caption_and_note():
    text = "| a | b |\n|:---|---:|\n| 1 | 2 |\n\nA note."
    content = read("#| label: tbl-a\n#| tbl-cap: Cap [@X]\nt()", {"text/markdown": text}, {"data_csv": "a,b\n"})
    assert "\n: Cap [@X] {#tbl-a}\n" in content.markdown
    assert content.markdown.index("{#tbl-a}") < content.markdown.index("A note.")
    assert content.tables[0].data_csv == "a,b\n"


@pytest.mark.parametrize(
    ("options", "code", "output"),
    [
        ("", True, True),
        ("#| echo: false\n", False, True),
        ("#| output: false\n", True, False),
        ("#| include: false\n",) * 1 + (False, False),
    ],
)
def test_echo_output_and_include(options, code, output):
    markdown = read(options + "compute()", stream="printed").markdown
    assert ("compute()" in markdown) is code
    assert ("printed" in markdown) is output


def test_facts_are_collected_with_their_text():
    fact = {"value": 1.5, "unit": "ratio", "text": "150%"}
    assert read("say()", {"text/markdown": "It is 150%."}, {"facts": {"k": fact}}).facts == {"k": fact}


def test_code_that_holds_a_fence_stays_one_block():
    markdown = read('text = """\n```\nx\n```\n"""').markdown
    assert "````{.python .cell-code}" in markdown or "```` {.python .cell-code}" in markdown


def test_ids_in_a_picture_are_its_own():
    text, other = (inline_svg(SVG, label, "alt") for label in ("fig-a", "fig-b"))
    (own,) = re.findall(r'<g id="([^"]+)"', text)
    assert f'href="#{own}"' in text and own not in other
    assert "<title>" not in text
    assert text.startswith('<svg id="fig-a--svg" role="img" aria-label="alt"')


def test_colours_of_a_picture_become_variables_with_a_partner_for_the_dark():
    colour, pale = style.ENTITY_COLOURS["zhipu"], style.tint(style.ENTITY_COLOURS["zhipu"], 0.6)
    drawn = f'<svg width="9" height="9"><path d="M 1.23456 2 L 3 4" style="fill: {colour}; stroke: {pale}"/></svg>'
    text = inline_svg(drawn, "fig-a", "alt")
    assert f"fill: var(--c{colour[1:]}); stroke: var(--c{pale[1:]})" in text and 'd="M 1.23 2 L 3 4"' in text
    sheet = palette([text])
    for one in (colour, pale, style.INK):
        assert f"--c{one[1:]}: light-dark({one}, {style.dark(one)});" in sheet


def test_looks_that_recur_stand_once_and_only_in_their_picture():
    path = '<path d="M 0 0" style="fill: #0b62a4"/>'
    text = inline_svg(f'<svg><defs>{path}</defs>{path * 4}<path style="fill: none"/></svg>', "fig-a", "alt")
    assert text.count('class="s0"') == 4 and text.count("style=") == 2
    assert "<style>#fig-a--svg .s0{fill: var(--c0b62a4)}</style>" in text


def test_every_colour_can_be_told_on_a_dark_page():
    grounds = {colour: dark for colour, dark in style.DARK.items() if colour not in (style.GROUND, style.GRID)}
    for colour, dark in grounds.items():
        assert contrast(dark, style.DARK_GROUND) >= 4.5, colour
        assert contrast(colour, style.GROUND) >= 3, colour
    assert style.dark("#ffffff") == style.DARK_GROUND
    assert contrast(style.dark("#104010"), style.DARK_GROUND) >= 3


def contrast(one, other):
    """The contrast of two colours by the Web Content Accessibility Guidelines."""
    lights = sorted(light(colour) for colour in (one, other))
    return (lights[1] + 0.05) / (lights[0] + 0.05)


def light(colour):
    parts = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in to_rgb(colour)]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), parts, strict=True))


def test_cell_options():
    source = "#| label: fig-a\n#| echo: false\n\nx = 1\n#| not: one"
    assert cell_options(source) == {"label": "fig-a", "echo": False}
    assert without_options(source) == "x = 1\n#| not: one"


@pytest.mark.parametrize("text", ["Rank #1", "yes", "~", "12", "2026-01-01", "null", "#1 of all", ""])
def test_a_caption_that_yaml_would_eat_needs_quotes(text):
    with pytest.raises(PublishError, match=r"tbl-cap .* needs quotes"):
        cell_options(f"#| tbl-cap: {text}\n#| echo: false")
    assert cell_options(f'#| tbl-cap: "{text}"\n#| echo: false')["tbl-cap"] == text


def test_a_caption_without_quotes_is_fine_where_yaml_keeps_it():
    assert cell_options("#| fig-cap: One bar, of two\n#| label: fig-a")["fig-cap"] == "One bar, of two"
    assert cell_options("#| fig-cap: |\n#|   Two lines\n#|   of text")["fig-cap"] == "Two lines\nof text"


TABLE = "| Kind | Name |\n|---|---|\n| a | one |\n| b | two |"
TABLE_LABELS = '#| label: tbl-a\n#| tbl-cap: "A caption"\n'


def test_a_table_that_can_be_filtered_stands_in_a_box_that_says_by_what():
    plain = read(TABLE_LABELS + "t()", {"text/markdown": TABLE}, {"data_csv": "a\n"}).markdown
    assert "filterable" not in plain
    boxed = read(TABLE_LABELS + "t()", {"text/markdown": TABLE}, {"data_csv": "a\n", "filters": [0]}).markdown
    box = boxed.split('::::: {.filterable data-filters="0"}')[1].split(":::::")[0]
    assert "| a | one |" in box and ": A caption {#tbl-a}" in box


def test_a_file_is_offered_under_its_own_name():
    content = read("d()", {"text/markdown": "All of it:"}, {"data_csv": "a\n1\n", "file": "all_rows"})
    assert [(file.label, file.data_csv) for file in content.files] == [("all_rows", "a\n1\n")]
    assert "All of it:" in content.markdown and "](tables/all_rows.csv)" in content.markdown
    with pytest.raises(PublishError, match="name it in small letters"):
        read("d()", {"text/markdown": "x"}, {"data_csv": "a\n", "file": "../x"})


def test_a_chapter_knows_the_labels_that_it_leaves_out():
    """A table that the data have nothing for, and all that would have followed where the chapter ends."""
    made = notebook(
        "md:# Title {#sec-title}", "#| label: tbl-a\nNone", "leave()", "md:## After {#sec-after}", LABELS + "draw()"
    )
    told = nbformat.v4.new_output("display_data", {"text/markdown": "Ends."}, metadata={"tokenecon": {"ends": True}})
    made.cells[2].outputs = [told]
    content = read_chapter(made, "01_x.ipynb")
    assert content.left_out == ["tbl-a", "sec-after", "fig-a"]
    assert content.markdown.strip().endswith("Ends.")
