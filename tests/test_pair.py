"""The pair of countries is rows: other codes, names and adjectives change every sentence and no number."""

import ast
import json
import re
import shutil
from pathlib import Path

import inline
import invented
import matplotlib.pyplot as plt
import nbformat
import pandas as pd
import pytest

from tokenecon.analysis.estimate import Estimate
from tokenecon.analysis.judge import Verdict
from tokenecon.analysis.ledger import Ledger, judged
from tokenecon.analysis.pricing.findings import Pricing
from tokenecon.catalog import Catalog
from tokenecon.catalog.checks import run_checks
from tokenecon.display import pricing as charts

ROOT = Path(__file__).parents[1]
EDITION = "2026H1"
CODES = {"CN": "FR", "US": "KR", "FR": "CN", "KR": "US"}
"""Each pair takes the other's place."""
MARKETS = {
    "china": {"name": "France", "short_name": "", "adjective": "French"},
    "united_states": {"name": "Korea", "short_name": "", "adjective": "Korean"},
}
NUMBERS = (
    "both", "raw", "pair", "level", "slope_difference", "ladder", "tasks", "movements", "lag", "weekly_ratios",
    "entered", "lasts", "hazard", "launch_premia", "premium_later", "power_compared", "views",
)  # fmt: skip
"""Findings that set one country against the other; the notebook asks for the rest."""
CHAPTER = ROOT / "notebooks" / "04_china_us_pricing.ipynb"
CHAPTERS = [path for number in ("03", "04", "A3", "A4") for path in sorted((ROOT / "notebooks").glob(f"{number}_*"))]
SOURCES = [
    *sorted((ROOT / "src/tokenecon/analysis").rglob("*.py")),
    *sorted(path for kind in ("py", "js", "css") for path in (ROOT / "src/tokenecon/display").rglob(f"*.{kind}")),
]
NAMED = re.compile(r"\b(?:CN|US|China|Chinese|United States|Americas?|Americans?)\b")


def edition_file(data):
    return data / "editions" / f"{EDITION}.toml"


def setting(data, countries):
    file = edition_file(data)
    text = re.sub(r"countries = .*\n", f"countries = {json.dumps(countries)}\n", file.read_text(encoding="utf-8"))
    file.write_text(text, encoding="utf-8")


def copied(root):
    shutil.copytree(ROOT / "data", root / "data", ignore=shutil.ignore_patterns("snapshots", ".refresh"))
    return root / "data"


@pytest.fixture
def data(tmp_path):
    return copied(tmp_path)


def _other_code(found):
    return f', {CODES[found[1]]}"'


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory):
    """The report's data with its two countries under other codes and names."""
    data = copied(tmp_path_factory.mktemp("pair"))
    rows = invented.read(data / "entities.csv")
    renamed = [row | {"country": CODES.get(row["country"], row["country"])} for row in rows]
    invented.write(data / "entities.csv", [row | MARKETS.get(row["entity_id"], {}) for row in renamed])
    study = data / "study.csv"
    study.write_text(re.sub(r", (CN|US)\"", _other_code, study.read_text(encoding="utf-8")), encoding="utf-8")
    for path in (data / "editions").glob("*.toml"):
        path.write_text(path.read_text(encoding="utf-8").replace('["CN", "US"]', '["FR", "KR"]'), encoding="utf-8")
    return data


def plain(found):
    """A result as text, frames whole."""
    if isinstance(found, tuple) and not isinstance(found, Estimate):
        return "\n".join(map(plain, found))
    return found.to_csv(float_format="%.9g") if isinstance(found, (pd.DataFrame, pd.Series)) else str(found)


def relabelled(found):
    """A result as text, with the codes and names of the pair put in the place of the others."""
    text = plain(found)
    for old, new in (("Chinese", "French"), ("American", "Korean"), ("China", "France"), ("United States", "Korea")):
        text = text.replace(old, new)
    return re.sub(r"\b(CN|US|FR|KR)\b", lambda code: CODES[code[0]], text)


@pytest.fixture
def there(elsewhere, monkeypatch):
    """The same place, with a store of its own for what is found there."""
    monkeypatch.setenv("TOKENECON_FINDINGS", str(ROOT / "build" / ".state" / "findings-pair"))
    monkeypatch.setenv("TOKENECON_DATA", str(elsewhere))
    return elsewhere


@pytest.fixture(autouse=True)
def edition(monkeypatch):
    monkeypatch.setenv("TOKENECON_EDITION", EDITION)


@pytest.fixture(scope="module")
def shown_here():
    """What chapter 4 shows of the report's own pair."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("TOKENECON_EDITION", EDITION)
        return inline.run(CHAPTER)[1]


def test_the_rows_of_another_pair_are_sound(elsewhere):
    assert [str(finding) for finding in run_checks(elsewhere)] == []


@pytest.mark.parametrize("name", NUMBERS)
def test_other_labels_give_the_same_numbers(there, name):
    found, known = (getattr(Pricing.open(EDITION, data), name) for data in (there, ROOT / "data"))
    assert plain(found) == relabelled(known)


def test_sentences_and_titles_speak_of_the_other_pair(there, shown_here):
    errors, shown = inline.run(CHAPTER)
    assert errors == []
    assert shown == [relabelled(text) for text in shown_here]
    assert {"French", "Korean"} <= set(shown)
    assert not NAMED.search(" ".join(shown))


def test_tables_and_charts_of_the_appendix_run_on_the_other_pair(there):
    errors, shown = inline.run(CHAPTERS[-1])
    assert errors == []
    assert not NAMED.search(" ".join(shown))
    one, other = Catalog.open(EDITION, there).countries
    figure, ax = plt.subplots()
    charts.country_key(ax, (one, other))
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["Korea", "France"]
    plt.close(figure)


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_notebooks_name_no_country(path):
    cells = nbformat.read(path, as_version=4).cells
    assert [cell.id for cell in cells if NAMED.search(re.sub(r"\{#[\w-]+\}|@[\w-]+", "", cell.source))] == []


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_analysis_and_display_name_no_country(path):
    source = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        source = "\n".join(ast.unparse(line) for line in ast.walk(ast.parse(source)) if isinstance(line, ast.Constant))
    assert NAMED.findall(source) == []


def test_the_check_of_names_finds_them():
    assert NAMED.findall("American over Chinese, {'CN': 1}") == ["American", "Chinese", "CN"]
    assert not NAMED.search("CNY, USD, hong_kong, chinese-language keys such as sec-china-us-pricing")


def left_out(data):
    errors, shown = inline.run(CHAPTER)
    assert errors == []
    (line,) = shown
    return line


@pytest.mark.parametrize("countries", [[], ["CN"]])
def test_without_a_pair_chapter_4_leaves_itself_out_and_its_claims_stay_undetermined(data, monkeypatch, countries):
    setting(data, countries)
    monkeypatch.setenv("TOKENECON_DATA", str(data))
    monkeypatch.delenv("TOKENECON_FINDINGS")
    assert [str(finding) for finding in run_checks(data)] == []
    assert f"a pair of countries in `data/editions/{EDITION}.toml`" in left_out(data)
    known = Ledger(EDITION, data)
    found = [judged(known, {"computation": name}) for name in ("same_capability_cheaper", "electricity")]
    assert {one.verdict for one in found} == {Verdict.undetermined}
    assert all("leaves the chapter out" in one.note for one in found)


def test_a_country_without_priced_models_leaves_chapter_4_out(data, monkeypatch):
    invented.append(
        data / "entities.csv",
        entity_id="switzerland",
        name="Switzerland",
        adjective="Swiss",
        kind="market",
        country="CH",
    )
    setting(data, ["CN", "CH"])
    monkeypatch.setenv("TOKENECON_DATA", str(data))
    monkeypatch.delenv("TOKENECON_FINDINGS")
    assert "Swiss models with a score and a list price" in left_out(data)


@pytest.mark.parametrize("countries", [["CN", "US", "FR"], ["CN", "CN"]])
def test_more_than_two_countries_or_one_twice_are_refused_in_one_line(data, countries):
    setting(data, countries)
    (found,) = run_checks(data)
    assert re.match(
        rf"data/editions/{EDITION}\.toml:\d+: countries: names {', '.join(countries)}; name two:", str(found)
    )


def test_an_unknown_country_names_file_line_and_remedy(data):
    setting(data, ["CN", "GB"])
    line = edition_file(data).read_text(encoding="utf-8").splitlines().index('countries = ["CN", "GB"]') + 1
    (found,) = run_checks(data)
    assert str(found) == (
        f"data/editions/{EDITION}.toml:{line}: countries: 'GB' is the country of no market: "
        "add its row, of kind market, to data/entities.csv"
    )


def test_a_country_of_an_edition_needs_an_adjective(data):
    rows = invented.read(data / "entities.csv")
    invented.write(
        data / "entities.csv", [row | {"adjective": row["adjective"].replace("Chinese", "")} for row in rows]
    )
    found = [str(finding) for finding in run_checks(data)]
    place = [row["entity_id"] for row in rows].index("china") + 2
    assert found[0].startswith(f"data/entities.csv:{place}: adjective: is empty; edition ")
