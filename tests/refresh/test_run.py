"""A refresh from end to end: what comes in, what stays as it was, and what a cut-off run leaves."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from refresh.conftest import (
    RATES,
    Server,
    add_row,
    at,
    contents,
    day_of,
    look,
    openai,
    openrouter,
    rankings,
    rates,
    rows,
    settings,
    tables_of,
    zhipu,
)
from typer.testing import CliRunner

from tokenecon.catalog import Catalog
from tokenecon.catalog.checks import run_checks
from tokenecon.cli import app
from tokenecon.refresh import CONNECTORS, RefreshError, recover, refresh, replay, snapshots, told
from tokenecon.refresh.state import STATE
from tokenecon.refresh.tables import commit

run = CliRunner().invoke
KEY = "sesame-0123456789"


def later(server: Server) -> None:
    """A month on: a price fell, a model went, one came, tokens and rates moved on."""
    server.paths |= {
        "/models_dev": openai("2026-12-20", gpt_4o=(2.0, 8.0), gpt_8=(5.0, 20.0)),
        "/openrouter_models": openrouter(("openai/gpt-7", "0.000002", "0.000012"), ("z-ai/glm-9", "0", "0")),
        "/genai_prices": zhipu(("glm-9", {"input_mtok": 2, "output_mtok": 4})),
        "/openrouter_daily": rankings(d2026_12_20=day_of(other="600000000000")),
        "/frankfurter/2026-09-01..": rates((2026, 9), (2026, 10), (2026, 11)),
    }


# What comes in -------------------------------------------------------------------------------------------------------


def test_every_source_adds_rows_that_pass_the_checks(data, good):
    summary = look(data, good)
    assert summary.failed == []
    assert run_checks(data) == []
    new = [row for row in rows(data, "prices") if row["origin"].startswith("snapshots/")]
    assert {row["endpoint"] for row in new} == {"openai", "openrouter:api", "genai:zhipuai"}
    gpt = next(row for row in new if (row["endpoint"], row["name"]) == ("openai", "gpt-7"))
    assert (gpt["input"], gpt["output"], gpt["cached_input"]) == ("3.0", "12.0", "0.3")
    assert gpt["effective_from"] == gpt["last_seen_on"] == gpt["published_on"] == "2026-11-28"
    routed = next(row for row in new if row["name"] == "openai/gpt-7")
    assert (routed["model_id"], routed["first_party"], routed["flags"]) == ("gpt-7", "false", "reseller")
    model = next(row for row in rows(data, "models") if row["model_id"] == "gpt-7")
    assert (model["entity_id"], model["released_on"], model["weights"]) == ("openai", "2026-11-20", "closed")
    counted = [row for row in rows(data, "token_models") if row["period_end"] == "2026-08-22"]
    assert len(counted) == 52
    assert {row["coverage"] for row in counted} == {"largest_50_and_other"}
    assert sum(int(row["tokens"]) for row in counted) == sum(int(n) for n in day_of().values()) + 50_000_000_000
    fx = {(row["quote"], row["date"]): row for row in rows(data, "fx") if row["source_id"].startswith("FRANKFURTER")}
    assert set(fx) == {(quote, day) for quote in RATES for day in ("2026-07-31", "2026-08-31")}
    assert (fx["CNY", "2026-07-31"]["rate"], fx["CNY", "2026-07-31"]["note"]) == ("6.8500", "mean of 28 days")


def test_the_answers_are_kept_under_their_hash(data, good):
    look(data, good)
    index = snapshots.looks(data)
    assert {entry.source for entry in index} == set(CONNECTORS)
    for entry, body in snapshots.Answers(data).read(index):
        assert snapshots.digest(body) == entry.sha256
        assert (entry.time, entry.status) == ("2026-11-28T08:00:00Z", 200)
        assert entry.address.startswith(good.url)
        assert json.loads((data / entry.place).read_text(encoding="utf-8")) == {
            "sha256": entry.sha256,
            "text": [body.decode()],
        }


def test_rows_of_people_stay_byte_for_byte(data, good):
    before = tables_of(data)
    look(data, good)
    for name, content in tables_of(data).items():
        assert name == "quarantine.csv" or content.startswith(before[name]), name


def test_a_second_look_at_the_same_adds_nothing(data, good):
    look(data, good)
    before = tables_of(data)
    summary = look(data, good, day="2026-12-03", feeds=("prices",))
    assert (summary.added, summary.changes, summary.fresh) == ({}, [], [])
    assert tables_of(data) == before


def test_an_answer_that_says_nothing_changed_counts_as_a_look(data, good):
    body = json.dumps(good.paths["/models_dev"]).encode()
    good.paths["/models_dev"] = lambda handler: (
        handler.reply(304) if handler.headers["If-None-Match"] else handler.reply(200, body, ETag='"one"')
    )
    look(data, good, feeds=("prices",))
    summary = look(data, good, day="2026-11-29", feeds=("prices",))
    assert summary.failed == []
    assert [entry.status for entry in snapshots.looks(data) if entry.source == "models_dev"] == [200, 304]


def test_days_are_asked_for_from_the_first_one_missing(data, good):
    look(data, good, feeds=("tokens", "fx"))
    asked = [path for path, _ in good.asked]
    assert "/openrouter_daily?start_date=2026-08-22&end_date=2026-11-27" in asked
    assert "/frankfurter/2026-07-01..?base=USD&symbols=CNY,EUR,GBP,HKD,JPY,KRW" in asked
    good.asked.clear()
    good.paths |= {"*": rates((2026, 8), (2026, 9))}
    look(data, good, day="2026-11-29", feeds=("tokens",))
    assert [path for path, _ in good.asked] == ["/openrouter_daily?start_date=2026-08-23&end_date=2026-11-28"]


def test_since_asks_from_a_day_on(data, good):
    from datetime import date

    look(data, good, feeds=("tokens",), since=date(2026, 8, 1))
    assert good.asked[0][0].endswith("start_date=2026-08-01&end_date=2026-11-27")
    assert sum(row["period_end"] == "2026-08-21" for row in rows(data, "token_models")) == 51


def test_the_summary_says_what_changed(data, good):
    look(data, good)
    later(good)
    summary = look(data, good, day="2026-12-24")
    lines = told(summary)
    assert "price: openai: gpt-4o (openai): 2.5 / 10.0 -> 2.0 / 8.0" in lines
    assert "price: openai: gpt-7 (openai): 3.0 / 12.0 -> no longer listed" in lines
    assert "price: zhipu: glm-9 (genai:zhipuai): 1 / 4 -> 2 / 4" in lines
    assert "router prices: 1 changed; --router-prices shows them" in lines
    assert "price: openai: openai/gpt-7 (openrouter:api): 3 / 12 -> 2 / 12" in told(summary, routers=True)
    assert any(line.startswith("new model: openai: GPT-8 (from MODELS_DEV_API_20261224)") for line in lines)
    assert "shares of tokens on OpenRouter, 2026-08-27 -> 2026-12-20:" in lines
    assert any(line.startswith("  others: ") for line in lines)
    assert lines[0].startswith("rows added: ")
    assert "token_models.csv" in lines[0]


def test_a_dry_run_says_it_all_and_writes_nothing(data, good):
    before = contents(data)
    summary = look(data, good, dry_run=True)
    assert contents(data) == before
    assert summary.added == look(data, good).added


def test_what_is_held_back_stands_in_the_quarantine_and_can_be_let_in(data, good):
    good.paths["/models_dev"] = openai(gpt_4o=(99.0, 10.0), gpt_7=(3.0, 9999.0))
    summary = look(data, good, feeds=("prices",))
    held = {row["name"]: row for row in rows(data, "quarantine") if row["column"] in ("input", "output")}
    assert {"openai gpt-4o", "openai gpt-7"} <= set(held)
    assert "more than 10 times" in held["openai gpt-4o"]["reason"]
    assert (held["openai gpt-4o"]["seen"], held["openai gpt-4o"]["known"]) == ("99.0", "2.5")
    assert [row["quarantine_id"] for row in summary.held] == [row["quarantine_id"] for row in rows(data, "quarantine")]
    assert not any(row["name"] == "gpt-7" and row["endpoint"] == "openai" for row in rows(data, "prices"))
    ids = {name: row["quarantine_id"] for name, row in held.items()}
    decision = {"declared_on": "2026-11-29", "reason": "the vendor's page says so"}
    add_row(data, "accepted", quarantine_id=ids["openai gpt-4o"], decision="accept", **decision)
    add_row(data, "accepted", quarantine_id=ids["openai gpt-7"], decision="correct", value="9", **decision)
    replay(data, now=at("2026-11-29"))
    let_in = {row["name"]: row for row in rows(data, "prices") if row["published_on"] == "2026-11-29"}
    assert (let_in["gpt-4o"]["input"], let_in["gpt-4o"]["effective_from"]) == ("99.0", "2026-11-28")
    assert let_in["gpt-7"]["output"] == "9"
    assert run_checks(data) == []


# What stays as it was ------------------------------------------------------------------------------------------------


def test_an_old_edition_sees_no_row_of_a_refresh(data, small, good):
    look(data, good)
    later(good)
    look(data, good, day="2026-12-24")
    for edition in ("2025FY", "2026H1"):
        then, now = Catalog.open(edition, small), Catalog.open(edition, data)
        for name in ("models", "prices", "token_models", "fx", "sources", "capability", "financials"):
            pd.testing.assert_frame_equal(then.table(name), now.table(name))
        pd.testing.assert_frame_equal(then.list_prices().frame, now.list_prices().frame)


def test_an_edition_between_two_looks_sees_the_first_alone(data, good):
    text = (data / "editions" / "2026H1.toml").read_text(encoding="utf-8")
    text = text.replace('"2026H1"', '"later"').replace("2026-09-30", "2026-11-30").replace("recorded_on", "# recorded")
    (data / "editions" / "later.toml").write_text(text, encoding="utf-8")
    look(data, good)
    names = ("models", "prices", "token_models", "fx", "sources")
    then = {name: Catalog.open("later", data).table(name) for name in names}
    later(good)
    look(data, good, day="2026-12-24")
    for name, frame in then.items():
        pd.testing.assert_frame_equal(frame, Catalog.open("later", data).table(name))
    (data / "editions" / "later.toml").write_text(text.replace("2026-11-30", "2026-12-31"), encoding="utf-8")
    last = Catalog.open("later", data).prices
    ours = last[last["endpoint"].eq("openai") & last["name"].isin(["gpt-4o", "gpt-7"])].sort_values("effective_from")
    ends = {
        (row.name_, str(row.input)): row.effective_to for row in ours.rename(columns={"name": "name_"}).itertuples()
    }
    assert ends["gpt-7", "3.0"] == pd.Timestamp("2026-12-24")
    assert pd.isna(ends["gpt-4o", "2.0"])


def test_replay_gives_the_same_bytes(data, good):
    look(data, good)
    later(good)
    look(data, good, day="2026-12-24")
    before = contents(data)
    for name in ("prices", "price_ends", "token_models", "fx", "models", "model_aliases", "sources"):
        path = data / f"{name}.csv"
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        path.write_text("".join(lines[:-1]), encoding="utf-8")
    good.close()
    summary = replay(data, now=at("2026-12-25"))
    assert contents(data) == before
    assert summary.added["fx"] == 1


def test_two_looks_one_after_the_other_or_replayed_together_give_the_same_bytes(data, small, good, tmp_path):
    look(data, good)
    later(good)
    look(data, good, day="2026-12-24")
    other = Path(shutil.copytree(small, tmp_path / "other"))
    shutil.copytree(data / "snapshots", other / "snapshots")
    replay(other, now=at("2026-12-24"))
    assert tables_of(other) == tables_of(data)


def test_rows_people_add_after_a_refresh_keep_their_place_before_ours(data, good):
    look(data, good)
    add_row(
        data, "fx", date="2026-09-30", base="USD", quote="CNY", rate="6.8000", kind="monthly_average",
        source_id="FRED_FX", published_on="2026-07-21",
    )  # fmt: skip
    text = (
        (data / "fx.csv").read_text(encoding="utf-8").replace("2026-09-30,USD,CNY,6.8000", "2026-09-30,USD,CHF,0.7500")
    )
    (data / "fx.csv").write_text(text, encoding="utf-8")
    sources = (data / "sources.csv").read_text(encoding="utf-8").replace("2026-07-21,series", "2026-10-01,series")
    (data / "sources.csv").write_text(sources.replace(" snapshot 2026-07-21", ""), encoding="utf-8")
    text = (data / "fx.csv").read_text(encoding="utf-8").replace("FRED_FX,2026-07-21,", "FRED_FX,2026-10-01,")
    (data / "fx.csv").write_text(text, encoding="utf-8")
    look(data, good, day="2026-11-29", feeds=("prices",))
    kinds = [row["source_id"].startswith("FRANKFURTER") for row in rows(data, "fx")]
    assert kinds == sorted(kinds)
    assert any(row["rate"] == "0.7500" for row in rows(data, "fx"))


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda path: path.unlink(), "is missing; restore the file"),
        (lambda path: path.write_bytes(b"x"), "is not the answer that was kept; restore the file"),
        (lambda path: path.write_bytes(b'{"sha256": 1, "text": [[0, "a"]]}'), "is not the answer that was kept"),
        (lambda path: path.write_bytes(path.read_bytes().replace(b"gpt-7", b"gpt-6")), "is not the answer that"),
    ],
)
def test_an_answer_that_was_spoilt_is_named_and_nothing_written(data, good, spoil, message):
    look(data, good)
    entry = next(entry for entry in snapshots.looks(data) if entry.source == "models_dev")
    spoil(data / entry.place)
    (data / STATE).unlink()
    before = contents(data)
    with pytest.raises(RefreshError, match=message):
        replay(data, now=at("2026-11-29"))
    with pytest.raises(RefreshError, match=message):
        look(data, good, day="2026-11-29", feeds=("fx",))
    assert contents(data) == before


def test_an_edit_that_would_change_earlier_rows_is_refused(data, good):
    look(data, good)
    text = (data / "prices.csv").read_text(encoding="utf-8")
    (data / "prices.csv").write_text(text.replace("gpt-7,gpt-7,openai,", "gpt-7,gpt-7x,openai,"), encoding="utf-8")
    before = contents(data)
    with pytest.raises(RefreshError, match=r"1 rows of data/prices\.csv that earlier looks gave would change"):
        look(data, good, day="2026-11-29")
    assert contents(data) == before
    replay(data, now=at("2026-11-29"))
    assert (data / "prices.csv").read_text(encoding="utf-8") == text


def test_rows_that_would_not_pass_the_checks_are_not_written(data, good, monkeypatch):
    from tokenecon.catalog import DataError

    file = data / "entities.csv"
    file.write_text(file.read_text(encoding="utf-8").replace(",vendor,US,", ",vendor,UK,"), encoding="utf-8")
    before = contents(data)
    with pytest.raises(DataError, match=r"data/entities\.csv:\d+: country: 'UK'"):
        look(data, good)
    assert contents(data) == before


# Cut off -------------------------------------------------------------------------------------------------------------


def killed_at(step: int, root: Path, files: dict[str, bytes]) -> bool:
    """Put files into place in a process that dies, without a word, before its n-th step; False if it had fewer."""
    child = os.fork()
    if not child:
        left = [step]

        def dying(action):
            def act(*given, **more):
                if not left[0]:
                    os.kill(os.getpid(), signal.SIGKILL)
                left[0] -= 1
                return action(*given, **more)

            return act

        os.replace, os.fsync, Path.unlink = dying(os.replace), dying(os.fsync), dying(Path.unlink)
        try:
            commit(root, files)
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_killed_at_any_moment_the_data_are_as_before_or_as_after(data, good, tmp_path):
    before = contents(data)
    done = Path(shutil.copytree(data, tmp_path / "done"))
    look(done, good)
    after = contents(done)
    files = {name: content for name, content in after.items() if before.get(name) != content}
    order = (
        "snapshots",
        "sources",
        "models",
        "model_aliases",
        "prices",
        "price_ends",
        "token_models",
        "fx",
        "quarantine",
    )
    files = dict(
        sorted(files.items(), key=lambda item: next(n for n, name in enumerate(order) if item[0].startswith(name)))
    )
    ends = set()
    for step in range(200):
        root = Path(shutil.copytree(data, tmp_path / "cut"))
        died = killed_at(step, root, files)
        recover(root)
        now = {name: content for name, content in contents(root).items() if not name.startswith(".refresh/")}
        assert now in (before, after), step
        ends.add(now == after)
        commit(root, files)
        assert {name: c for name, c in contents(root).items() if not name.startswith(".refresh/")} == after
        assert not list((root / ".refresh").glob("*.new"))
        shutil.rmtree(root)
        if not died:
            break
    else:
        pytest.fail("never came to an end")
    assert ends == {True, False}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_between_two_files_the_catalogue_still_opens_and_old_editions_see_nothing(data, small, good, tmp_path):
    done = Path(shutil.copytree(data, tmp_path / "done"))
    look(done, good)
    files = [(name, content) for name, content in contents(done).items() if contents(data).get(name) != content]
    names = [
        f"{name}.csv" for name in ("sources", "models", "model_aliases", "prices", "price_ends", "token_models", "fx")
    ]
    then = Catalog.open("2026H1", small)
    for name in names:
        (data / name).write_bytes(dict(files)[name])
        now = Catalog.open("2026H1", data)
        for table in ("prices", "token_models", "fx"):
            pd.testing.assert_frame_equal(then.table(table), now.table(table))


SCRIPT = """
import os, signal, sys
from pathlib import Path
from tokenecon.refresh import tables
from tokenecon.cli import app
real, left = os.replace, [int(sys.argv[1])]
def replace(*given):
    if not left[0]:
        os.kill(os.getpid(), signal.SIGKILL)
    left[0] -= 1
    return real(*given)
os.replace = replace
app(["refresh", "--data", sys.argv[2]])
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
@pytest.mark.parametrize("step", [0, 4])
def test_a_command_killed_is_brought_to_its_end_by_the_next(data, good, step, monkeypatch):
    for source in CONNECTORS:
        monkeypatch.setenv(f"TOKENECON_URL_{source.upper()}", f"{good.url}/{source}")
    monkeypatch.setenv("OPENROUTER_API_KEY", KEY)
    good.paths["/openrouter_daily"] = rankings(d2026_08_22=day_of())
    before = tables_of(data)
    dead = subprocess.run([sys.executable, "-c", SCRIPT, str(step), str(data)], capture_output=True, text=True)
    assert dead.returncode == -signal.SIGKILL, dead.stderr
    monkeypatch.setenv("TOKENECON_DATA", str(data))
    result = run(app, ["check"])
    assert (result.exit_code, result.stdout) == (0, "data: no findings\n")
    assert (tables_of(data) == before) == (step == 0)
    result = run(app, ["refresh", "--from-snapshots"])
    assert result.exit_code == 0, result.output
    assert not (data / ".refresh" / "journal.json").exists()


# The command ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def addressed(good, monkeypatch):
    for source in CONNECTORS:
        monkeypatch.setenv(f"TOKENECON_URL_{source.upper()}", f"{good.url}/{source}")
    monkeypatch.setenv("OPENROUTER_API_KEY", KEY)
    return good


def test_the_command_tells_and_ends_well(data, addressed):
    addressed.paths["/genai_prices"] = zhipu(("glm-9", {"input_mtok": 1, "output_mtok": 4000}))
    result = run(app, ["refresh", "--data", str(data)])
    assert result.exit_code == 0, result.output
    assert "rows added: " in result.output
    assert "new model: openai: GPT-7" in result.output
    assert "held back: " in result.output
    assert KEY not in result.output


def test_the_command_says_what_failed_with_status_1(data, addressed):
    addressed.paths["/genai_prices"] = b"<html>"
    before = tables_of(data)
    result = run(app, ["refresh", "prices", "--data", str(data)])
    assert result.exit_code == 1
    assert "prices: genai_prices: answered with a web page" in result.output
    assert "its data stay as they were" in result.output
    assert "Traceback" not in result.output
    assert tables_of(data) == before


def test_watching_reports_and_does_not_fail(data, addressed):
    lines = (data / "sources.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    (data / "sources.csv").write_text(lines[0], encoding="utf-8")
    addressed.paths["*"] = {}
    addressed.paths["/models_dev"] = lambda handler: handler.reply(404)
    result = run(app, ["refresh", "--watch-sources", "--data", str(data)])
    assert result.exit_code == 0
    assert "models_dev: " in result.output
    assert "answers 404" in result.output


@pytest.mark.parametrize(
    "words", [["refresh", "--data", "nowhere"], ["refresh", "--from-snapshots", "--data", "nowhere"]]
)
def test_a_folder_that_is_not_there_is_said(words):
    result = run(app, words)
    assert result.exit_code == 1
    assert "no data folder" in result.output
    assert "Traceback" not in result.output


def test_help_teaches_refresh():
    result = run(app, ["refresh", "--help"])
    assert result.exit_code == 0
    assert all(word in result.output for word in ("--dry-run", "--from-snapshots", "--watch-sources", "--since"))


def test_nothing_asked_is_nothing_done(data, good):
    assert refresh(data, (), settings=settings(good), now=at("2026-11-28")).added == {}
