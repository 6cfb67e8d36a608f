"""Read an executed notebook as a chapter: its Markdown, and the figures, tables and facts in it.

Both renderers read the same Markdown, which is Quarto's. Cell options are applied here, once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from nbformat import NotebookNode

from tokenecon.publish import inline
from tokenecon.publish.errors import PublishError
from tokenecon.publish.gaps import ending, gap_of, gap_of_prose, waits_for
from tokenecon.publish.options import cell_options, without_options
from tokenecon.publish.svg import inline_svg

LARGEST_TWICE = 300_000
"""Characters up to which a page holds the drawing for narrow screens beside the wide one."""

_SECTION = re.compile(r"^## ", re.M)
_HEADING = re.compile(r"^# (?P<title>.+?)\s*\{#(?P<label>sec-[\w-]+)\}\s*$", re.M)
_SHOWN = re.compile(r"(?:fig|tbl)-")
LABEL = re.compile(r"\{#((?:fig|tbl|sec|eq)-[\w-]+)")
_PLACE = "<!-- the picture -->"
_BOX = re.compile(rf'<div class="figure-box">\s*{re.escape(_PLACE)}\s*</div>')
_RULE = re.compile(r"^\|(\s*:?-+:?\s*\|)+\s*$", re.M)


@dataclass(frozen=True)
class Figure:
    """A figure: the picture, the CSV text of what is drawn, what is read out in its place, its title in Markdown."""

    label: str
    svg: str
    data_csv: str
    alt: str
    title: str = ""
    subtitle: str = ""


@dataclass(frozen=True)
class Table:
    """A table: its label, or the name without ending of the file that it is offered as; the CSV text of its data."""

    label: str
    data_csv: str


@dataclass
class Content:
    """A chapter as read.

    Parameters
    ----------
    source : str
        The file's name, for messages.
    title, label : str
        Of the chapter, from the heading ``# Title {#sec-label}``.
    blocks : list of (int, str)
        Cell number, counted from 1, and the Markdown it contributes.
    facts : dict
        ``<cell label>.<name>`` to ``{value, unit, text}``.
    left_out : list of str
        Labels of figures and tables that the data have nothing for, and of all that follows where a chapter ends.
    """

    source: str
    title: str = ""
    label: str = ""
    blocks: list[tuple[int, str]] = field(default_factory=list)
    figures: list[Figure] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    files: list[Table] = field(default_factory=list)
    facts: dict[str, dict[str, Any]] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)

    @property
    def markdown(self) -> str:
        """The chapter's text below its heading."""
        return "\n\n".join(text for _, text in self.blocks) + "\n"


def read_chapter(notebook: NotebookNode, source: str) -> Content:
    """Read an executed notebook.

    Parameters
    ----------
    notebook : NotebookNode
        With outputs.
    source : str
        Its file name, for messages and links.

    Raises
    ------
    PublishError
        One line for each cell that does not follow the conventions: a figure without caption or alt text, a table
        without label, a fact with two values.
    """
    content = Content(source)
    problems = []
    for number, cell in enumerate(notebook.cells, start=1):
        try:
            if text := _Cell(content, cell).markdown():
                content.blocks.append((number, text))
        except PublishError as error:
            problems += [f"{source} cell {number}: {line}" for line in str(error).splitlines()]
        if ending([cell]):
            content.left_out += [label for rest in notebook.cells[number:] for label in _labels(rest)]
            break
    if not content.title:
        problems.append(f"{source} cell 1: begin with a heading `# Title {{#sec-name}}`")
    if problems:
        raise PublishError("\n".join(problems))
    return content


def _labels(cell: NotebookNode) -> list[str]:
    """Return the labels that a cell would have given to figures, tables, sections and equations."""
    if cell.cell_type == "code":
        label = str(cell_options(cell.source).get("label", ""))
        return [label] if _SHOWN.match(label) else []
    return LABEL.findall(cell.source)


class _Cell:
    """One cell on its way into a chapter."""

    def __init__(self, content: Content, cell: NotebookNode) -> None:
        self.content, self.cell = content, cell

    def markdown(self) -> str:
        if self.cell.cell_type == "markdown":
            if gap := gap_of_prose(self.cell):
                return _callout(waits_for(gap))
            inline.refuse_two_conditions(self.cell)
            if inline.is_left_out(self.cell):
                return ""
            for name, fact in inline.facts(self.cell):
                self._collect_one(f"{self.cell.id}.{name}", fact)
            return self._prose(inline.printed(self.cell.source, self.cell))
        if self.cell.cell_type != "code":
            return ""
        self.options = cell_options(self.cell.source)
        if self.options.get("include") is False:
            return ""
        if gap := gap_of_prose(self.cell):  # of a title: the figure itself may be there
            return self._gap(waits_for(gap))
        text = "\n\n".join(part for part in (self._code(), *self._outputs()) if part)
        self.content.left_out += [label for label in _labels(self.cell) if f"{{#{label}}}" not in text]
        return text

    def _prose(self, text: str) -> str:
        heading = None if self.content.title else _HEADING.search(text)
        if heading is None:
            return text.strip()
        self.content.title, self.content.label = heading["title"], heading["label"]
        return (text[: heading.start()] + text[heading.end() :]).strip()

    def _gap(self, text: str) -> str:
        """Mark what a draft leaves open; a figure or table keeps its label, so that references lead somewhere."""
        kind = str(self.options.get("label", "")).split("-")[0]
        if kind == "tbl":
            label, caption = self._captioned(kind)
            return "\n\n".join([f"| Gap |\n|:----|\n| {text.replace('|', '')} |", f": {caption} {{#{label}}}"])
        note = _callout(text)
        if kind != "fig":
            return note
        label, caption = self._captioned(kind)
        return f":::: {{#{label}}}\n\n{note}\n\n{caption}\n\n::::"

    def _code(self) -> str:
        code = without_options(self.cell.source)
        if not code.strip() or self.options.get("echo") is False:
            return ""
        attributes = "".join(
            f' {name}="{str(self.options[name]).lower() if name == "code-fold" else self.options[name]}"'
            for name in ("code-fold", "code-summary")
            if name in self.options
        )
        return only_html(_fenced(code, f"{{.python .cell-code{attributes}}}"))

    def _outputs(self) -> Iterator[str]:
        if self.options.get("output") is False:
            return
        for output in self.cell.outputs:
            own = output.get("metadata", {}).get("tokenecon", {})
            if "gap" in own:
                yield self._gap(output["data"]["text/markdown"])
                continue
            self._collect(own.get("facts", {}))
            data = output.get("data", {})
            if "image/svg+xml" in data:
                yield self._figure(data["image/svg+xml"], data.get("text/html", ""), own)
            elif "text/markdown" in data:
                text = data["text/markdown"].strip()
                if "file" in own:
                    yield self._file(text, own)
                else:
                    yield self._table(text, own) if _RULE.search(text) else text
            elif wrong := [kind for kind in ("text/html", "image/png", "image/jpeg") if kind in data]:
                raise PublishError(
                    f"shows {wrong[0]}, which one of the formats cannot: show a figure as SVG, a table as Markdown"
                )
            elif text := data.get("text/plain", output.get("text", "")).strip("\n"):
                yield _fenced(text, "{.cell-text}")

    def _collect(self, facts: Mapping[str, Mapping[str, Any]]) -> None:
        label = self.options.get("label")
        for name, fact in facts.items():
            self._collect_one(f"{label}.{name}" if label else name, fact)

    def _collect_one(self, key: str, fact: Mapping[str, Any]) -> None:
        if self.content.facts.setdefault(key, dict(fact)) != fact:
            raise PublishError(
                f"fact {key!r} is {fact['text']!r} here and {self.content.facts[key]['text']!r} in a cell above: "
                "give the cell a `#| label:`, or a Markdown cell an id, of its own"
            )

    def _figure(self, svg: str, html: str, own: dict[str, str]) -> str:
        label, caption = self._captioned("fig")
        alt = self._said("fig-alt")
        if not alt or alt == caption:
            raise PublishError(f"figure {label} needs a `#| fig-alt:` of its own, which is not its caption")
        if "data_csv" not in own:
            raise PublishError(f"figure {label} brings no data: return it from tokenecon.display")
        title, subtitle = map(self._said, inline.TITLES)
        self._collect(dict(inline.facts(self.cell)))
        if title:
            alt = f"{alt.rstrip('.')}. {title}"
        self.content.figures.append(Figure(label, svg, own["data_csv"], alt, title, subtitle))
        shown = _in_page(svg, html, label, alt, own.get("narrow", ""))
        quoted = alt.replace("\\", "\\\\").replace('"', '\\"')
        files = {"Data (CSV)": "csv", "Figure (SVG)": "svg", "Picture (PNG)": "png"}
        links = [f"[{name}](figures/{label}.{ending})" for name, ending in files.items()] + [self._notebook_link()]
        head = [_styled(text, name) for name, text in (("figure-title", title), ("figure-subtitle", subtitle)) if text]
        figure = "\n\n".join([
            f"::: {{#{label}}}",
            *head,
            _fenced(shown, "{=html}"),
            _fenced(f'#image("/figures/{label}.svg", width: 100%, alt: "{quoted}")', "{=typst}"),
            caption,
            ":::",
        ])  # fmt: skip
        if len(self.content.figures) == 1 and not any(_SECTION.search(text) for _, text in self.content.blocks):
            # The chart of the chapter's answer follows it on paper too, where others float.
            figure = _in_typst("in-flow", figure)
        return f"{figure}\n\n{_downloads(links)}"

    def _table(self, text: str, own: dict[str, str]) -> str:
        label, caption = self._captioned("tbl")
        if "data_csv" not in own:
            raise PublishError(f"table {label} brings no data: return it from tokenecon.display")
        self.content.tables.append(Table(label, own["data_csv"]))
        lines = text.splitlines()
        last = max(number for number, line in enumerate(lines) if line.startswith("|"))
        table, note = "\n".join(lines[: last + 1]), "\n".join(lines[last + 1 :]).strip()
        table = f"{table}\n\n: {caption} {{#{label}}}"
        if filters := own.get("filters"):
            table = f'::::: {{.filterable data-filters="{",".join(map(str, filters))}"}}\n{table}\n:::::'
        return "\n\n".join([
            table,
            _styled(note, "table-note") if note else "",
            _downloads([f"[Data (CSV)](tables/{label}.csv)", self._notebook_link()]),
        ]).replace("\n\n\n\n", "\n\n")  # fmt: skip

    def _file(self, text: str, own: dict[str, str]) -> str:
        name = own["file"]
        if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
            raise PublishError(f"offers a file {name!r}: name it in small letters, digits and underscores")
        if name in {known.label for known in self.content.files}:
            raise PublishError(f"offers {name}.csv a second time")
        self.content.files.append(Table(name, own["data_csv"]))
        return f"{text}\n\n{_downloads([f'[{name}.csv](tables/{name}.csv)', self._notebook_link()])}"

    def _captioned(self, kind: str) -> tuple[str, str]:
        name = {"fig": "figure", "tbl": "table"}[kind]
        label = str(self.options.get("label", ""))
        if not re.fullmatch(rf"{kind}-[\w-]+", label):
            raise PublishError(f"shows a {name} and needs `#| label: {kind}-…`, not {label or 'none'}")
        if label in {*(known.label for known in self.content.figures), *(known.label for known in self.content.tables)}:
            raise PublishError(f"shows {label} a second time: one {name} a cell, each with a label of its own")
        caption = " ".join(self._said(f"{kind}-cap").split())
        if not caption:
            raise PublishError(f"{name} {label} needs a caption, `#| {kind}-cap: …`")
        return label, caption

    def _said(self, option: str) -> str:
        """Return an option that is prose with its expressions printed; of a cell left open, with marks for them."""
        text = str(self.options.get(option, "")).strip()
        return inline.left_open(text) if gap_of(self.cell) else inline.printed(text, self.cell)

    def _notebook_link(self) -> str:
        return f"[Notebook](notebooks/{self.content.source})"


def _in_page(svg: str, html: str, label: str, alt: str, narrow: str = "") -> str:
    """Return a figure for a page: the picture, inside what makes it interactive where ``html`` brings that.

    A figure that was laid out again for a narrow screen brings that drawing as well, unless it is so large that the
    page would load slowly; the page shows one of the two.
    """
    picture = inline_svg(svg, label, alt)
    narrow = narrow if len(narrow) <= LARGEST_TWICE else ""
    boxes = f'<div class="figure-box{" wide" if narrow else ""}">\n{picture}\n</div>'
    if narrow:
        second = inline_svg(narrow, f"{label}--narrow", alt)
        boxes += f'\n<div class="figure-box narrow">\n{second}\n</div>'
    if not html:
        return boxes
    twin = svg[svg.index("<svg") :].strip()
    if html.count(twin) != 1:
        raise PublishError(f"figure {label} shows text/html without its SVG in it: no scripts, no figure")
    return _BOX.sub(lambda _: f'<div class="twin">\n{boxes}\n</div>', html.replace(twin, _PLACE), count=1)


def _callout(text: str) -> str:
    return f'::: {{.callout-warning title="Gap"}}\n{text}\n:::'


def only_html(text: str) -> str:
    """Return Markdown that is left out of the PDF."""
    return f'::::: {{.content-visible when-format="html"}}\n{text}\n:::::'


def _styled(text: str, name: str) -> str:
    """Return Markdown in a class of the pages and a function of the PDF, both of that name."""
    return f"::: {{.{name}}}\n\n{_in_typst(name, text)}\n\n:::"


def _in_typst(name: str, text: str) -> str:
    """Return Markdown that is the body of a function of the PDF."""
    return "\n\n".join([_fenced(f"#{name}[", "{=typst}"), text, _fenced("]", "{=typst}")])


def _downloads(links: list[str]) -> str:
    return only_html("::: {.downloads}\n" + " · ".join(links) + "\n:::")


def _fenced(text: str, attributes: str) -> str:
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    apart = "" if attributes.startswith("{=") else " "
    return f"{fence}{apart}{attributes}\n{text}\n{fence}"
