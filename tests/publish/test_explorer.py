"""The interactive picture of price against capability, in a browser, against the analysis that it shows."""

import functools
import http.server
import json
import math
import re
import shutil
import threading
from decimal import ROUND_HALF_UP, Decimal

import pandas as pd
import pytest
from publish.explorer_project import make_explorer_project
from pypdf import PdfReader

from tokenecon.analysis.pricing.choices import choices, median
from tokenecon.catalog import Catalog
from tokenecon.publish import Project, build, choose_renderer, verify

EDITION = "2026H1"
NAMES = {"CN": "China", "US": "United States", "other": "Other countries"}
PAGE = "01_explorer.html"


both = pytest.mark.parametrize("project", ["embedded", "quarto"], indirect=True)
"""What depends on the page around the picture is tried with each renderer there is."""


@pytest.fixture(scope="module")
def embedded(tmp_path_factory, kernels):
    """The project with one chapter, built by the embedded renderer."""
    project = make_explorer_project(tmp_path_factory.mktemp("embedded") / "project")
    build(EDITION, renderer="embedded", project=project)
    return project


@pytest.fixture(scope="module")
def by_quarto(embedded, tmp_path_factory):
    """The same by Quarto; nothing is executed again."""
    if choose_renderer() != "quarto":
        pytest.skip("Quarto 1.9 or newer is not on PATH")
    root = tmp_path_factory.mktemp("quarto") / "project"
    shutil.copytree(embedded.root, root)
    build(EDITION, renderer="quarto", project=Project(root))
    return Project(root)


@pytest.fixture
def project(request, embedded):
    """The project as built by the embedded renderer, or by the one asked for."""
    return request.getfixturevalue("by_quarto") if getattr(request, "param", "") == "quarto" else embedded


@pytest.fixture
def folder(project):
    return project.build / EDITION


@pytest.fixture(scope="module")
def views():
    """The analysis, computed apart from the page."""
    cat = Catalog.open(EDITION)
    tables = cat.list_prices().frame, cat.capability, cat.models, cat.entities
    return choices(*tables, cat.edition.as_of, cat.edition.countries)


@pytest.fixture
def site(folder):
    """Address of the built pages on this machine."""

    handler = functools.partial(Quiet, directory=str(folder / "html"))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves files without a word, and no icon."""

    def do_GET(self):
        if self.path == "/favicon.ico":
            self.send_response(http.HTTPStatus.NO_CONTENT)
            self.end_headers()
        else:
            super().do_GET()

    def log_message(self, *_):
        pass


class Watched:
    """A page with what went wrong on it and what it asked for."""

    def __init__(self, browser, **context):
        self.context = browser.new_context(**context)
        self.page = self.context.new_page()
        self.errors, self.requests = [], []
        self.page.on("console", self._note)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))

    def _note(self, said):
        # Scripts of Quarto's own are modules, which no browser reads from a folder.
        known = said.text + said.location.get("url", "")
        if said.type in ("error", "warning") and not ("site_libs" in known and self.page.url.startswith("file:")):
            self.errors.append(said.text)


@pytest.fixture
def open_page(browser, site):
    """Open the chapter; afterwards nothing may have gone wrong, or been asked of another place."""
    opened = []

    def open_page(address=f"{site}/{PAGE}", **context):
        opened.append(Watched(browser, **{"viewport": {"width": 1100, "height": 1200}, **context}))
        opened[-1].page.goto(address)
        return opened[-1].page

    yield open_page
    for one in opened:
        one.context.close()
        assert one.errors == []
        assert [url for url in one.requests if not url.startswith((site, "file://", "data:"))] == []


def money(value):
    exact = Decimal(float(f"{value:.6g}"))
    return f"{value:.2g}" if exact < Decimal("0.1") else str(exact.quantize(Decimal("0.01"), ROUND_HALF_UP))


def said(views, test, ratio, day, groups=tuple(NAMES)):
    """What the line below the picture has to say of each group."""
    rows = views.medians.query("benchmark == @test and ratio == @ratio and day == @day").set_index("country")
    for group in groups:
        n, median, low, high = rows.loc[group, ["n", "median", "low", "high"]]
        if not n:
            yield f"{NAMES[group]}: no model."
            continue
        text = f"{NAMES[group]}: {n:.0f} {'model' if n == 1 else 'models'}"
        if group != "other":
            ends = f"95% interval {money(low)} to {money(high)}" if low == low else "too few for an interval"
            text += f", median {money(median)} dollars ({ends})"
        yield text + "."


def points(page):
    """Place of each model drawn: ``{label: (x, y)}``."""
    places = page.locator(".point").evaluate_all("all => all.map((one) => [one.ariaLabel, one.style.transform])")
    return {label: tuple(map(float, re.findall(r"-?[\d.]+(?=px)", place))) for label, place in places}


def status(page):
    return page.get_by_role("status").inner_text()


@both
def test_the_report_passes_its_checks(project, folder):
    assert verify(EDITION, project=project) == []
    assert len((folder / "html" / PAGE).read_bytes()) < 300_000


@both
def test_the_pdf_carries_the_view_that_opens(folder, views):
    text = "".join(page.extract_text() for page in PdfReader(folder / "report.pdf").pages)
    medians = views.opening_medians
    for country, name in (("CN", "China"), ("US", "US")):
        assert f"{name} median" in text
        assert f"n = {medians.loc[country, 'n']:.0f}" in text
    assert "Choose" not in text and "Input to output" not in text


@both
def test_without_scripts_the_picture_stays(open_page):
    page = open_page(java_script_enabled=False)
    assert page.locator(".interactive svg[role=img]").is_visible()
    assert not page.locator(".live").is_visible()


def test_what_cannot_be_drawn_leaves_the_picture(browser, folder, tmp_path):
    text = (folder / "html" / PAGE).read_text(encoding="utf-8")
    broken = tmp_path / "broken.html"
    broken.write_text(text.replace('"opening":[', '"opening":[99,', 1), encoding="utf-8")
    watched = Watched(browser)
    watched.page.goto(broken.as_uri())
    assert watched.page.locator(".interactive svg[role=img]").is_visible()
    assert not watched.page.locator(".live").is_visible()
    watched.context.close()


@both
@pytest.mark.parametrize("place", ["served", "file"])
def test_it_opens_with_the_view_in_print(open_page, folder, views, place):
    page = open_page() if place == "served" else open_page((folder / "html" / PAGE).as_uri())
    assert not page.locator(".interactive .figure-box").is_visible()
    for sentence in said(views, *views.opening):
        assert sentence in status(page)
    drawn = page.locator(".point").evaluate_all("all => all.map((one) => one.dataset.model)")
    assert sorted(drawn) == sorted(views.view["model"])
    estimated = views.view["basis"].ne("measured").sum()
    assert page.locator(".point.estimated").count() == estimated > 0


def test_points_stand_where_price_and_score_say(open_page, views):
    page = open_page()
    places = points(page)
    known, checked = views.view, []
    for label, place in places.items():
        found = re.fullmatch(r"(.+), [^,]+: ([\d.]+) dollars per million tokens, score ([\d.]+)(, estimated)?", label)
        rows = known[(known["model"] == found[1]) & (known["score"].sub(float(found[3])).abs() <= 0.0501)]
        if len(rows) == 1:
            checked.append((rows["score"].item(), math.log(rows["blended"].item()), *place))
    assert len(checked) > 100
    (low, cheap, left, bottom), (high, dear, right, top) = min(checked), max(checked)
    slope = (right - left) / (high - low)
    assert all(x == pytest.approx(left + slope * (score - low), abs=0.2) for score, _, x, _ in checked)
    slope = (top - bottom) / (dear - cheap)
    assert all(y == pytest.approx(bottom + slope * (price - cheap), abs=1) for _, price, _, y in checked)


def test_each_mix_and_test_moves_the_picture(open_page, views):
    page = open_page()
    seen = []
    for number, test in enumerate(views.frame["benchmark"].unique()):
        page.get_by_label("Capability measured by").select_option(str(number))
        for ratio in (1, 3, 10):
            page.get_by_label(f"{ratio}:1", exact=True).check()
            for sentence in said(views, test, ratio, views.opening.day):
                assert sentence in status(page)
            seen.append(points(page))
    assert all(one != other for place, one in enumerate(seen) for other in seen[:place])


def test_each_day_moves_the_picture(open_page, views):
    page = open_page()
    slider, seen = page.get_by_role("slider"), []
    for number, day in enumerate(sorted(views.frame["day"].unique())):
        slider.fill(str(number))
        assert slider.get_attribute("aria-valuetext") == f"{day:%-d %B %Y}"
        for sentence in said(views, views.opening.benchmark, views.opening.ratio, day):
            assert sentence in status(page)
        count = len(views.frame.query("benchmark == 'aa_index' and ratio == 3 and day == @day"))
        assert page.locator(".point").count() == count
        seen.append(points(page))
    moved = [one != other for one, other in zip(seen[1:], seen, strict=False)]
    assert sum(moved) > 0.7 * len(moved), "list prices stand still in few months"


def test_countries_come_and_go_in_colour_and_shape(open_page, views):
    page = open_page()
    shapes = {
        group: set(
            page.locator(f".point.group-{number} path").evaluate_all("all => all.map((one) => one.getAttribute('d'))")
        )
        for number, group in enumerate(NAMES)
    }
    assert [len(found) for found in shapes.values()] == [1, 1, 1]
    assert len(set.union(*shapes.values())) == 3
    for number, (group, name) in enumerate(NAMES.items()):
        page.get_by_role("checkbox", name=name).uncheck()
        assert page.locator(f".point.group-{number}").count() == 0
        assert f"{name}:" not in status(page)
        left = views.view[views.view["country"] != group]
        assert f"{len(left)} models" in status(page)
        page.get_by_role("checkbox", name=name).check()
    assert len(points(page)) == len(views.view)


def test_everything_works_by_keyboard(open_page):
    page = open_page()
    page.get_by_role("slider").focus()
    before = status(page)
    page.keyboard.press("ArrowLeft")
    assert status(page) != before
    stops = []
    for key, change in (
        ("Tab", "ArrowDown"),
        ("Tab", "End"),
        ("Tab", "ArrowRight"),
        ("Tab", "Space"),
        ("Tab", "Space"),
        ("Tab", "Space"),
    ):
        page.keyboard.press(key)
        before = (status(page), points(page))
        page.keyboard.press(change)
        assert (status(page), points(page)) != before
        stops.append(page.evaluate("document.activeElement.shadowRoot.activeElement.type"))
        if change == "Space":
            page.keyboard.press("Space")
    assert stops == ["select-one", "select-one", "radio", "checkbox", "checkbox", "checkbox"]
    page.keyboard.press("Tab")
    read = []
    for key in (None, "ArrowLeft", "ArrowDown", "ArrowUp", "Home", "End"):
        if key:
            page.keyboard.press(key)
        read.append(page.locator(".tip b").inner_text())
        assert page.locator(".tip").is_visible()
        assert page.locator(".point:focus").get_attribute("aria-label").startswith(read[-1])
    assert read[0] == read[-1] and len(set(read)) >= 4
    page.keyboard.press("Escape")
    assert not page.locator(".tip").is_visible()
    assert page.locator('.point[tabindex="0"]').count() == 1, "one stop for all points"


def test_pointing_at_a_model_tells_of_it(open_page, views):
    page = open_page()
    best = views.view.sort_values("score").iloc[-1]
    page.locator(f".point[data-model='{best['model']}']").hover()
    text = page.locator(".tip").inner_text()
    for part in (best["model"], f"{money(best['blended'])} dollars", f"Score {best['score']:.1f}"):
        assert part in text
    page.mouse.move(5, 5)
    assert not page.locator(".tip").is_visible()


@both
@pytest.mark.parametrize("width", [320, 768, 1500])
def test_it_fits_any_width(open_page, width):
    page = open_page(viewport={"width": width, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.locator(".point").first.focus()
    inside = page.locator(".live").bounding_box()
    for part in (".plot > svg", ".controls", ".tip"):
        box = page.locator(part).bounding_box()
        assert box["x"] >= inside["x"] - 1 and box["x"] + box["width"] <= inside["x"] + inside["width"] + 1
    page.set_viewport_size({"width": width + 60, "height": 900})
    page.wait_for_function("Math.abs(document.querySelector('.live').shadowRoot.querySelector('.plot > svg').viewBox"
                           ".baseVal.width - document.querySelector('.live').clientWidth) < 2")  # fmt: skip


CONTRAST = """(scheme) => {
  const root = document.querySelector(".live").shadowRoot;
  const paint = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const seen = (colour, ground) => {
    paint.fillStyle = ground; paint.fillRect(0, 0, 1, 1);
    paint.fillStyle = colour; paint.fillRect(0, 0, 1, 1);
    return [...paint.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const light = (rgb) => rgb.map((c) => c / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = getComputedStyle(document.body).backgroundColor;
  const against = (colour) => {
    const [one, other] = [light(seen(colour, ground)), light(seen(ground, ground))];
    return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
  };
  const of = (name, property) =>
    [...root.querySelectorAll(name)].map((one) => against(getComputedStyle(one)[property]));
  return {
    text: Math.min(...of("text", "fill"), ...of("p, legend, label, .legend, select", "color")),
    marks: Math.min(...of(".mark", "stroke")),
  };
}"""


@both
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_can_be_read_on_light_and_dark_ground(open_page, scheme):
    found = open_page(color_scheme=scheme).evaluate(CONTRAST)
    assert found["text"] >= 4.5
    assert found["marks"] >= 3


@pytest.mark.parametrize(("wish", "moves"), [("reduce", False), ("no-preference", True)])
def test_motion_is_left_out_for_those_who_ask(open_page, wish, moves):
    page = open_page(reduced_motion=wish)
    seconds = page.locator(".point").first.evaluate("one => parseFloat(getComputedStyle(one).transitionDuration)")
    assert (seconds > 0) is moves


def test_it_runs_where_a_notebook_shows_it(open_page, folder):
    """JupyterLab puts an output together apart from the page, makes its scripts anew, and then attaches it."""
    notebook = json.loads((folder / "notebooks/01_explorer.ipynb").read_text(encoding="utf-8"))
    outputs = [output for cell in notebook["cells"] for output in cell.get("outputs", [])]
    (html,) = ("".join(output["data"]["text/html"]) for output in outputs if "text/html" in output.get("data", {}))
    page = open_page("data:text/html,<body></body>")
    page.evaluate(
        """(html) => {
          const output = document.createElement("div");
          output.innerHTML = html;
          for (const script of output.querySelectorAll("script")) {
            const anew = document.createElement("script");
            for (const { name, value } of script.attributes) anew.setAttribute(name, value);
            anew.textContent = script.textContent;
            script.replaceWith(anew);
          }
          document.body.append(output);
        }""",
        html,
    )
    assert page.locator(".point").count() > 100
    assert not page.locator(".figure-box").is_visible()


def title(page):
    return page.locator(".live .title").inner_text()


def test_the_headline_follows_the_countries(open_page, views):
    page = open_page()
    medians = views.opening_medians["median"]
    assert title(page) == (
        f"The median Chinese model lists at {medians['CN'] / medians['US']:.0%} of the median American model’s price"
    )
    page.get_by_role("checkbox", name="China").uncheck()
    assert title(page) == f"The median American model lists at {money(medians['US'])} dollars"
    page.get_by_role("checkbox", name="United States").uncheck()
    assert title(page) == "Choose China, United States or both for a median"
    page.get_by_role("checkbox", name="Other countries").uncheck()
    assert title(page) == "No country is chosen" and points(page) == {}


@pytest.mark.parametrize("months", [3, 6, 24])
def test_age_narrows_the_models_and_their_medians(open_page, views, months):
    page = open_page()
    page.get_by_label("Models released within").select_option(str(months))
    known = views.view[views.view["released_on"] >= views.opening.day - pd.DateOffset(months=months)]
    drawn = page.locator(".point").evaluate_all("all => all.map((one) => one.dataset.model)")
    assert sorted(drawn) == sorted(known["model"])
    for country in ("CN", "US"):
        prices = known.loc[known["country"] == country, "blended"].to_numpy()
        found = median(prices)
        ends = f"95% interval {money(found.low)} to {money(found.high)}" if found.has_interval else "too few"
        assert f"{NAMES[country]}: {len(prices)} models, median {money(found.value)} dollars ({ends}" in status(page)


def test_what_was_chosen_stands_in_the_address_and_comes_back(open_page, site):
    page = open_page()
    assert page.evaluate("location.search") == ""
    page.get_by_label("Models released within").select_option("12")
    page.get_by_label("1:1", exact=True).check()
    page.get_by_role("slider").fill("0")
    page.get_by_role("checkbox", name="Other countries").uncheck()
    before, query = (status(page), points(page), title(page)), page.evaluate("location.search")
    assert "price-age=12" in query and "price-mix=1" in query
    again = open_page(f"{site}/{PAGE}{query}")
    assert (status(again), points(again), title(again)) == before
    assert not again.get_by_role("checkbox", name="Other countries").is_checked()
    odd = open_page(f"{site}/{PAGE}?price-test=x&price-day=2&price-age=99&price-mix=")
    assert odd.locator(".point").count() > 100


def test_nothing_moves_when_words_change_and_targets_are_large_enough(open_page):
    page = open_page()
    place = page.locator(".plot").bounding_box()
    page.get_by_role("checkbox", name="China").uncheck()
    page.get_by_label("Models released within").select_option("3")
    assert page.locator(".plot").bounding_box() == place
    for control in page.locator(".controls :is(input, select)").all():
        box = control.bounding_box()
        assert box["height"] >= 24 and box["width"] >= 24
