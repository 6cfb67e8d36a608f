"""Runs one after the other, clocks, and machines: what is taken up again, and what none of them may do."""

import errno
import json
import os
import shutil
import threading
from datetime import date
from pathlib import Path

import pytest
from refresh.conftest import Server, add_row, at, contents, look, openai, openrouter, rows, settings, tables_of
from refresh.test_run import later
from typer.testing import CliRunner

from tokenecon.cli import app
from tokenecon.refresh import FetchError, RefreshError, markdown, refresh, replay, run, snapshots, told
from tokenecon.refresh.snapshots import Answers
from tokenecon.refresh.state import STATE
from tokenecon.refresh.web import Settings, alive, fetch


@pytest.fixture
def reads(monkeypatch) -> list[str]:
    """Days of the answers that a run reads."""
    found: list[str] = []

    def reading(connector, body, day):
        found.append(day.isoformat())
        return real(connector, body, day)

    real = run.read_entries
    monkeypatch.setattr(run, "read_entries", reading)
    return found


# Taken up again ------------------------------------------------------------------------------------------------------


def test_a_run_reads_only_what_is_new_and_gives_the_same_bytes_as_a_replay(data, good, reads, tmp_path):
    look(data, good)
    later(good)
    reads.clear()
    look(data, good, day="2026-12-24")
    assert set(reads) == {"2026-12-24"}
    before = tables_of(data)
    replay(data, now=at("2026-12-24"))
    assert set(reads) == {"2026-11-28", "2026-12-24"}
    assert tables_of(data) == before


SPOILT = {
    "gone": lambda path: path.unlink(),
    "no JSON": lambda path: path.write_text("{"),
    "another content": lambda path: path.write_text(path.read_text().replace("openai", "nobody")),
    "a list": lambda path: path.write_text("[]"),
}


@pytest.mark.parametrize("name", SPOILT)
def test_a_state_that_is_gone_or_damaged_costs_time_and_nothing_else(data, good, reads, tmp_path, name):
    look(data, good)
    other = Path(shutil.copytree(data, tmp_path / "other"))
    SPOILT[name](other / STATE)
    later(good)
    look(data, good, day="2026-12-24")
    reads.clear()
    look(other, good, day="2026-12-24")
    assert "2026-11-28" in reads
    assert tables_of(other) == tables_of(data)


def test_a_decision_or_a_row_of_people_replays(data, good, reads):
    good.paths["/models_dev"] = openai(gpt_4o=(99.0, 10.0), gpt_7=(3.0, 12.0))
    look(data, good, feeds=("prices",))
    [held] = [row for row in rows(data, "quarantine") if row["column"] == "input"]
    add_row(
        data, "accepted", quarantine_id=held["quarantine_id"], decision="accept", declared_on="2026-11-29", reason="so"
    )
    reads.clear()
    look(data, good, day="2026-11-30", feeds=("prices",))
    assert "2026-11-28" in reads
    [row] = [row for row in rows(data, "prices") if row["input"] == "99.0"]
    assert (row["effective_from"], row["published_on"]) == ("2026-11-28", "2026-11-29")


# Answers kept --------------------------------------------------------------------------------------------------------


def test_an_answer_much_like_the_one_before_takes_little_room(tmp_path):
    def answer(day: int) -> bytes:
        models = [{"id": f"model-{n}", "cost": {"input": 1 + (n == day), "output": 4}} for n in range(500)]
        return json.dumps({"data": models}).encode()

    def at_day(day: int, body: bytes) -> snapshots.Look:
        return snapshots.Look(f"2026-12-{day:02d}T08:00:00Z", "models_dev", "https://x", snapshots.digest(body))

    looked = [(at_day(day, answer(day if day != 5 else 2)), answer(day if day != 5 else 2)) for day in range(1, 8)]
    for pair in looked:
        for name, content in Answers(tmp_path).with_new([pair]).items():
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_bytes(content)
    [path] = (tmp_path / "snapshots").iterdir()
    assert path.name == "models_dev-2026.jsonl"
    assert len(path.read_text().splitlines()) == 6  # One of the answers came twice.
    assert path.stat().st_size < 1.5 * len(answer(1))
    assert list(Answers(tmp_path).read(look for look, _ in looked)) == looked
    assert list(Answers(tmp_path).read([looked[5][0], looked[4][0]])) == [looked[5], looked[4]]


# The clock -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("clock", ["2031-01-01", "2026-11-20"])
def test_an_answers_own_time_bounds_the_clock(data, good, clock):
    before = contents(data)
    good.today = date(2026, 11, 28)
    summary = refresh(data, ("prices",), settings=settings(good), now=at(clock))
    [(_, message)] = summary.failed
    assert "answers on 2026-11-28" in message
    assert f"the clock of this machine says {clock}" in message
    assert contents(data) == before


def test_a_look_from_the_future_is_named_with_what_to_do(data, good):
    look(data, good, day="2026-12-24", feeds=("fx",))
    for again in (lambda: look(data, good, day="2026-12-01"), lambda: replay(data, now=at("2026-12-01"))):
        with pytest.raises(
            RefreshError, match=r"index.jsonl: the look at frankfurter of 2026-12-24T08:00:00Z lies ahead"
        ):
            again()


def test_since_a_day_to_come_is_refused(data, good):
    with pytest.raises(RefreshError, match="--since 2027-01-01 is not over; today is 2026-11-28"):
        look(data, good, since=date(2027, 1, 1))


@pytest.mark.parametrize("content", [b"[3", b"\xff\xfe", b"[3]", b'["../x.csv"]', b"{}"])
def test_a_damaged_journal_is_said_and_touches_nothing(data, content):
    (data / ".refresh").mkdir(exist_ok=True)
    (data / ".refresh/journal.json").write_bytes(content)
    before = contents(data)
    with pytest.raises(RefreshError, match=r"journal.json: is damaged; restore the data"):
        replay(data)
    assert contents(data) == before


@pytest.mark.parametrize("content", [b"\xff\xfe\n", b'{"time": "x"}\n', b"[]\n"])
def test_a_damaged_index_is_said_with_its_line(data, content):
    (data / "snapshots").mkdir(exist_ok=True)
    (data / "snapshots/index.jsonl").write_bytes(content)
    with pytest.raises(RefreshError, match=r"index.jsonl:1: is no look at a source; restore the file"):
        replay(data)


# Machines ------------------------------------------------------------------------------------------------------------


def everything(root: Path) -> dict[str, tuple[int, int]]:
    return {str(path): (path.stat().st_mtime_ns, path.stat().st_size) for path in [root, *root.rglob("*")]}


def test_a_dry_run_leaves_no_trace(data, good):
    before = everything(data)
    assert look(data, good, dry_run=True).added
    replay(data, dry_run=True, now=at("2026-11-28"))
    assert everything(data) == before


@pytest.mark.parametrize("step", [0, 3])
def test_a_full_disk_is_said_and_nothing_stays_that_keeps_it_full(data, good, monkeypatch, step):
    before, left = contents(data), [step]

    def full(descriptor: int) -> None:
        if not left[0]:
            raise OSError(errno.ENOSPC, "No space left on device")
        left[0] -= 1

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(RefreshError, match="the disk is full; make room and run this again"):
        look(data, good)
    monkeypatch.undo()
    assert contents(data) == before
    assert not list((data / ".refresh").glob("*.new"))


@pytest.mark.parametrize("code", [errno.EACCES, errno.EROFS])
def test_a_folder_that_cannot_be_written_is_said(data, good, monkeypatch, code):
    def refuse(self, *args, **more):
        raise OSError(code, os.strerror(code), str(self))

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(RefreshError, match="cannot be written"):
        look(data, good)


@pytest.mark.parametrize("elsewhere", [False, True])
def test_a_table_that_is_a_link_stays_one(data, good, tmp_path, monkeypatch, elsewhere):
    target = tmp_path / "prices-elsewhere.csv"
    shutil.move(data / "prices.csv", target)
    (data / "prices.csv").symlink_to(target)
    if elsewhere:
        real = os.replace

        def replace(source, destination):
            if Path(destination) == target and Path(source).parent.name == ".refresh":
                raise OSError(errno.EXDEV, "another disk")
            real(source, destination)

        monkeypatch.setattr(os, "replace", replace)
    look(data, good, feeds=("prices",))
    assert (data / "prices.csv").is_symlink()
    assert "MODELS_DEV_API_20261128" in target.read_text(encoding="utf-8")


def drip_head(handler) -> None:
    """A status, and then a header a letter at a time, for ever."""
    try:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        while True:
            handler.wfile.write(b"x")
            handler.wfile.flush()
            threading.Event().wait(0.02)
    except OSError:
        handler.close_connection = True


def test_headers_that_drip_end_at_the_deadline(server: Server):
    server.paths["/x"] = drip_head
    limits = Settings(deadline=0.5, timeout=5.0, attempts=1)
    with pytest.raises(FetchError, match=r"takes longer than 0\.5 seconds"):
        fetch("models_dev", f"{server.url}/x", limits)
    assert alive("models_dev", f"{server.url}/x", limits) == "does not answer within 0.5 seconds"


@pytest.mark.parametrize("coding", ["gzip, gzip", "gzip,gzip,gzip", "br", "zstd", "compress"])
def test_an_answer_packed_otherwise_than_asked_is_not_unpacked(server: Server, coding):
    server.paths["/x"] = lambda handler: handler.reply(200, b"\x1f\x8b", Content_Encoding=coding)
    with pytest.raises(FetchError, match="which was not asked for"):
        fetch("models_dev", f"{server.url}/x", Settings(attempts=1))
    assert server.asked[0][1]["Accept-Encoding"] == "gzip"


@pytest.mark.parametrize("answer", [{"data": []}, {"data": [], "meta": {}}])
def test_an_empty_answer_of_tokens_is_said(data, good, answer):
    good.paths["/openrouter_daily"] = answer
    before = contents(data)
    assert look(data, good, feeds=("tokens",)).failed == [("tokens", "openrouter_daily: the answer is empty")]
    assert contents(data) == before


# What is told --------------------------------------------------------------------------------------------------------


def test_a_source_that_shows_nothing_new_is_told_as_stale(data, good):
    assert look(data, good, feeds=("prices",)).stale == []
    summary = look(data, good, day="2026-12-20", feeds=("prices",))
    assert {stale.source: stale.unchanged for stale in summary.stale} == {"models_dev": 22, "openrouter_models": 22}
    assert any(line.startswith("stale: models_dev: looked at on 2026-12-20: the newest day in it is 2026-11-20")
               for line in told(summary))  # fmt: skip


def test_a_cached_price_is_shown_where_that_is_what_moved(data, good):
    look(data, good, feeds=("prices",))
    good.paths["/models_dev"]["openai"]["models"]["gpt-7"]["cost"]["cache_read"] = 0.6
    lines = told(look(data, good, day="2026-11-29", feeds=("prices",)))
    assert "price: openai: gpt-7 (openai): 3.0 / 12.0 / 0.3 cached -> 3.0 / 12.0 / 0.6 cached" in lines


def test_the_summary_is_markdown_in_which_names_are_no_markup(data, good, tmp_path, monkeypatch):
    look(data, good, feeds=("prices",))
    good.paths["/models_dev"] = openai(gpt_4o=(99.0, 10.0), gpt_7=(3.5, 12.0))
    hostile = "gpt-9`<b onclick=x>`@team|[x](javascript:1)"
    good.paths["/models_dev"]["openai"]["models"][hostile] = {"id": hostile, "cost": {"input": "x", "output": 1}}
    good.paths["/openrouter_models"] = openrouter(("openai/gpt-7", "0.000002", "0.000012"), ("z-ai/glm-9", "0", "0"))
    summary = look(data, good, day="2026-11-29", feeds=("prices",))
    text = markdown(summary)
    assert text.startswith("6 rows added, 2 values held back.\n\n**A person must decide**: 2 values held back.\n")
    assert "## Prices\n\n- `openai`: `gpt-7 (openai)`: `3.0 / 12.0 -> 3.5 / 12.0`" in text
    assert "## To decide" in text
    assert "add " in text
    assert "- `` openai gpt-9`<b onclick=x>`@team¦[x](javascript:1) ``: `input x is no number" in text
    assert "openai/gpt-7" not in text
    assert "openai/gpt-7 (openrouter:api)" in markdown(summary, routers=True)


def test_the_command_writes_the_summary(data, good, tmp_path, monkeypatch):
    for source in settings(good).addresses:
        monkeypatch.setenv(f"TOKENECON_URL_{source.upper()}", f"{good.url}/{source}")
    path = tmp_path / "summary.md"
    result = CliRunner().invoke(app, ["refresh", "prices", "--data", str(data), "--summary", str(path)])
    assert result.exit_code == 0, result.output
    assert "- `openai`: `GPT-7 (from MODELS_DEV_API_" in path.read_text(encoding="utf-8")
    result = CliRunner().invoke(app, ["refresh", "prices", "--data", str(data), "--summary", str(tmp_path)])
    assert result.exit_code == 1
    assert "cannot be written" in result.output
