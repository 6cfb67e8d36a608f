"""All published editions in one folder, their feed, addresses that stay, and the files of a release."""

import csv
import datetime as dt
import hashlib
import json
import shutil
import xml.etree.ElementTree as ET
import zipfile
from urllib.parse import unquote

import jsonschema
import pytest
from bs4 import BeautifulSoup
from frictionless import Package
from publish.sample_project import EDITION

from tokenecon.publish import Project, PublishError, build, publish_site
from tokenecon.publish.archive import CHECKSUMS, edition_of_tag, write_release
from tokenecon.publish.errata import read_errata
from tokenecon.publish.listings import CLAIMS, FACTS, FIGURES, SCHEMA, anchor, read_listed, write_listings
from tokenecon.publish.record import Record, write_record

ATOM = "{http://www.w3.org/2005/Atom}"
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
BASE = "https://example.org/report"
ERRATA = 'edition,on,what,reason\n2025FY,2026-10-01,"A share of <13%> read 12%.","A row was read twice & counted."\n'


def soup(file):
    return BeautifulSoup(file.read_text(encoding="utf-8"), "html.parser")


@pytest.fixture(scope="module")
def two(built, tmp_path_factory):
    """A project with two editions that are recorded, the older one put right, and an open one."""
    root = tmp_path_factory.mktemp("public") / "project"
    shutil.copytree(built.root, root)
    project = Project(root)
    editions = {"2025FY": ("2026-04-15", "2026-10-01"), "2026H1": ("2026-09-30", "2026-10-01"), "2026Q3": None}
    for name, days in editions.items():
        as_of, recorded = days or ("2026-11-15", "")
        text = EDITION.replace("2025FY", name).replace("2026-04-15", as_of)
        text = text.replace("Full year", f"The <{name}> report")
        (project.data / f"editions/{name}.toml").write_text(text + (f"recorded_on = {recorded}\n" if days else ""))
        if days:
            write_record(project, project.edition(name), Record({}))
    (project.data / "errata.csv").write_text(ERRATA)
    return project


@pytest.fixture(scope="module")
def site(two, tmp_path_factory):
    """The folder as it is served, at an address."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TOKENECON_SITE_URL", f"{BASE}/")
        folder, problems = publish_site("embedded", project=two)
    assert problems == []
    return shutil.copytree(folder, tmp_path_factory.mktemp("served") / "site")


def test_every_published_edition_has_its_folder_and_the_newest_the_root(site):
    assert {path.name for path in site.iterdir() if (path / "index.html").is_file()} == {"2025FY", "2026H1"}
    for page, edition in (("index.html", "2026H1"), ("2026H1/index.html", "2026H1"), ("2025FY/index.html", "2025FY")):
        assert f"Edition {edition}" in soup(site / page).select_one(".title-block").get_text()


def test_each_page_has_one_canonical_address(site):
    for page in site.rglob("*.html"):
        where = page.relative_to(site)
        if where.name == "editions.html":
            continue
        edition = where.parts[0] if len(where.parts) > 1 else "2026H1"
        name = "" if where.name == "index.html" else where.name
        [link] = soup(page).find_all("link", rel="canonical")
        assert link["href"] == f"{BASE}/{edition}/{name}"
        assert soup(page).find("meta", property="og:url")["content"] == link["href"]
    assert f"url     = {{{BASE}/2025FY}}" in (site / "2025FY/cite.bib").read_text()


def test_the_sitemap_lists_each_canonical_address_once(site):
    places = [found.text for found in ET.parse(site / "sitemap.xml").iter(f"{SITEMAP}loc")]
    assert len(places) == len(set(places))
    canonical = {tag["href"] for page in site.rglob("*.html") for tag in soup(page).find_all("link", rel="canonical")}
    assert set(places) == canonical | {f"{BASE}/editions.html"}
    assert f"Sitemap: {BASE}/sitemap.xml" in (site / "robots.txt").read_text()


def test_an_older_page_leads_to_the_newest_edition_and_to_its_errata(site):
    links = {link["href"] for link in soup(site / "2025FY/01_one.html").select(".reading a")}
    assert {"../01_one.html", "../editions.html", "../editions.html#errata-2025FY"} <= links
    newest = soup(site / "01_one.html").select(".reading")[1]
    assert "the newest" in newest.get_text() and "Corrected" not in newest.get_text()


def test_the_index_tells_each_edition_and_what_was_put_right(site):
    page = soup(site / "editions.html")
    assert [item["id"] for item in page.select(".listing > li")] == ["2026H1", "2025FY"]
    assert "The <2025FY> report" in page.get_text()
    assert "1 October 2026: A share of <13%>" in page.find(id="errata-2025FY").find_next("ul").get_text()


def test_the_feed_is_atom_and_has_editions_and_errata(site):
    feed = ET.parse(site / "feed.xml").getroot()
    assert feed.tag == f"{ATOM}feed"
    for name in ("id", "title", "updated", "author"):
        assert len(feed.findall(f"{ATOM}{name}")) == 1, name
    entries = feed.findall(f"{ATOM}entry")
    told = [(entry.findtext(f"{ATOM}title"), entry.findtext(f"{ATOM}updated")[:10]) for entry in entries]
    assert told == [
        ("Put right in 2025FY: A share of <13%> read 12%.", "2026-10-01"),
        ("The <2026H1> report (2026H1)", "2026-10-01"),
        ("The <2025FY> report (2025FY)", "2026-04-15"),
    ]
    ids = [entry.findtext(f"{ATOM}id") for entry in entries]
    assert len(set(ids)) == 3 and all(name.startswith("urn:uuid:") for name in ids)
    for entry in entries:
        dt.datetime.fromisoformat(entry.findtext(f"{ATOM}updated"))
        place = entry.find(f"{ATOM}link").get("href")
        file, _, fragment = place.removeprefix(f"{BASE}/").partition("#")
        assert (site / file).is_file() and (not fragment or soup(site / file).find(id=fragment))
    assert feed.findtext(f"{ATOM}updated") == "2026-10-01T12:00:00Z"


def test_without_an_address_the_folder_reads_as_well(two, monkeypatch):
    monkeypatch.delenv("TOKENECON_SITE_URL", raising=False)
    folder, problems = publish_site("embedded", project=two)
    assert problems == []
    assert not (folder / "sitemap.xml").exists()
    assert soup(folder / "2025FY/index.html").find("link", rel="canonical") is None
    links = [link.get("href") for link in ET.parse(folder / "feed.xml").getroot().iter(f"{ATOM}link")]
    assert all("://" not in link for link in links)


def test_nothing_published_is_said(project):
    with pytest.raises(PublishError, match="no edition is published: run `tokenecon edition publish`"):
        publish_site("embedded", project=project)


# Addresses of claims, facts, figures ----------------------------------------------------------------------------------


def test_each_fact_has_an_address_and_the_schema_holds(built):
    html = built.build / "2025FY/html"
    facts = json.loads((html / "facts.json").read_text(encoding="utf-8"))
    schema = json.loads((html / SCHEMA).read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(facts, schema)
    page = soup(html / FACTS)
    for key, fact in facts.items():
        where, _, name = fact["at"].partition("#")
        assert where == FACTS
        place = page.find(id=name)
        assert fact["text"] in place.get_text() and key in place.get_text()
    for name in schema["$defs"]["fact"]["properties"]:
        assert page.find("dt", string=name)


def test_addresses_of_facts_differ_and_stay():
    records = (Project.find().data / "editions").glob("*.facts.json")
    keys = [key for file in records for key in json.loads(file.read_text(encoding="utf-8"))["facts"]]
    assert len({anchor(key) for key in set(keys)}) == len(set(keys))
    assert all(anchor(key) == unquote(anchor(key)) and " " not in anchor(key) for key in keys)
    assert anchor("00_summary.verdict.text(focal)") == "00_summary.verdict.11484abc"


def test_a_figure_is_embedded_by_a_snippet_whose_addresses_hold(site, tmp_path):
    page = soup(site / "2025FY" / FIGURES)
    snippet = BeautifulSoup(page.find(id="fig-bar").pre.get_text(), "html.parser")
    assert snippet.img["src"] == f"{BASE}/2025FY/figures/fig-bar.svg" and snippet.img["alt"]
    assert snippet.a["href"] == f"{BASE}/2025FY/01_one.html#fig-bar"
    for place in (snippet.img["src"], snippet.a["href"]):
        file, _, fragment = place.removeprefix(f"{BASE}/").partition("#")
        assert (site / file).is_file() and (not fragment or soup(site / file).find(id=fragment))
    assert "edition 2025FY" in snippet.figcaption.get_text()
    assert soup(site / "2025FY/01_one.html").find("a", href=f"{FIGURES}#fig-bar")


def test_each_claim_has_an_address(project):
    html = project.build / "2025FY/html"
    row = {
        "claim_id": "zp_half", "text": "Half & half", "quoted": "50", "unit": "percent", "computed": "-0.25",
        "ci_low": "-0.5", "ci_high": "0.1", "interval": "", "n": "3", "verdict": "supported", "note": "",
        "link": "sec-step", "computed_unit": "ratio", "on": "2026-06-30",
        "then": "not supported", "then_on": "2025-12-31", "later": "undetermined", "later_in": "H1 2026",
    }  # fmt: skip
    with (html / "tables/claims.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, row)
        writer.writeheader()
        writer.writerow(row)
        writer.writerow(dict.fromkeys(row, "") | {"claim_id": "bare", "text": "Bare", "verdict": "undetermined"})
    write_listings(html, {"01_one.html": read_listed(soup(html / "01_one.html"))}, "Book", "edition 2025FY", "")
    claim = soup(html / CLAIMS).find(id="zp_half")
    assert "Half & half" in claim.get_text()
    found = "Supported: printed 50 percent; computed −0.25 ratio; interval −0.5 to 0.1; n\u00a0=\u00a03; "
    then = "as of 30 Jun 2026; not supported as of 31 Dec 2025, in the first edition; "
    assert f"{found}{then}undetermined by the figures of H1 2026." in claim.get_text()
    assert claim.find("a", href="01_one.html#sec-step")
    assert "Undetermined." in soup(html / CLAIMS).find(id="bare").get_text()


# Releases -------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def release(two):
    build("2025FY", "embedded", project=two)
    for name in ("LICENSE-data.md", "CITATION.cff"):
        (two.root / name).write_text(name)
    return write_release("2025FY.1", project=two)


def test_a_release_has_all_its_files_and_checksums_that_hold(release):
    names = {file.name for file in release.iterdir()}
    base = "tokenecon-2025FY.1"
    expected = {"html.zip", "report.pdf", "appendix.pdf", "data.zip"}
    assert {f"{base}-{name}" for name in expected} | {"facts.json", "manifest.json", CHECKSUMS} <= names
    for line in (release / CHECKSUMS).read_text().splitlines():
        digest, name = line.split("  ")
        assert hashlib.sha256((release / name).read_bytes()).hexdigest() == digest
        names.remove(name)
    assert names == {CHECKSUMS}


def test_the_data_of_a_release_are_a_valid_package_with_licences(release, tmp_path):
    with zipfile.ZipFile(release / "tokenecon-2025FY.1-data.zip") as archive:
        archive.extractall(tmp_path)
    folder = tmp_path / "tokenecon-2025FY.1-data"
    names = {path.name for path in folder.iterdir()}
    assert names >= {"LICENSE-data.md", "CITATION.cff", "datapackage.json", "errata.csv"}
    assert Package(str(folder / "datapackage.json")).validate().valid


def test_a_release_is_the_same_bytes_each_time(release, two):
    before = (release / CHECKSUMS).read_text()
    assert (write_release("2025FY.1", project=two) / CHECKSUMS).read_text() == before


@pytest.mark.parametrize(
    ("tag", "said"),
    [
        ("2025FY", "puts edition 2025FY right on 1 days, so the tag is 2025FY.1"),
        ("2025FY.2", "so the tag is 2025FY.1"),
        ("2026H1.1", "so the tag is 2026H1;"),
        ("2025FY.x", "a correction is 2025FY.1"),
        ("2026Q3", "edition 2026Q3 is not published"),
        ("2031", "editions are: 2025FY, 2026H1, 2026Q3"),
    ],
)
def test_a_tag_says_which_correction_it_is(two, tag, said):
    with pytest.raises(PublishError, match=said.replace(".", r"\.")):
        edition_of_tag(two, tag)
    assert edition_of_tag(two, "2026H1").id == "2026H1"


def test_a_bad_day_of_an_erratum_is_named(project):
    (project.data / "errata.csv").write_text(ERRATA.replace("2026-10-01", "October"))
    with pytest.raises(PublishError, match=r"data/errata\.csv:2: on: .*October"):
        read_errata(project)
