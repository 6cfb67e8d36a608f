"""A refresh from a loopback server: what it adds, what it leaves alone, and what a bad day on the network does."""

import json
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import tenacity
from refresh.conftest import at, contents, look, models_dev, rankings, rates, settings, tables_of

from tokenecon.catalog import Catalog
from tokenecon.catalog.checks import run_checks
from tokenecon.refresh import replay
from tokenecon.refresh.web import FetchError, RefreshError, Settings, fetch

KEY = "sesame-0123456789"


def reply(status, body=b"", **headers):
    """An answer of the server with a status and headers."""
    return lambda handler: handler.reply(status, body, **headers)


def asked(server, path):
    return [headers for place, headers in server.asked if place.startswith(path)]


def test_rows_are_added_and_pass_the_checks(data, good):
    before = tables_of(data)
    summary = look(data, good)
    assert summary.failed == []
    assert {"prices", "token_models", "fx"} <= set(summary.added)
    assert ("GPT-7", "openai") in {(name, entity) for name, entity, _ in summary.models}
    assert any(row["reason"] for row in summary.held), "a price of zero is held back"
    for name, content in before.items():
        old, new = content.decode().splitlines(), (data / name).read_text(encoding="utf-8").splitlines()
        assert set(old) <= set(new), f"{name}: a row was lost or changed"
    assert [str(finding) for finding in run_checks(data)] == []


def test_an_old_edition_sees_what_it_saw(data, good):
    def seen():
        cat = Catalog.open("2025FY", data)
        return [cat.table(name).to_csv() for name in ("prices", "token_models", "fx", "models")]

    before = seen()
    look(data, good)
    assert seen() == before


def test_a_second_look_on_the_same_day_adds_nothing(data, good):
    look(data, good)
    once = tables_of(data)
    good.at["*"] = rates((2026, 11))
    summary = look(data, good)
    assert (summary.added, summary.failed) == ({}, [])
    assert tables_of(data) == once


def test_a_changed_price_is_a_new_row_and_told(data, good):
    look(data, good)
    good.at["/models_dev"] = models_dev(gpt_4o=(2.0, 8.0), gpt_7=(3.0, 12.0))
    summary = look(data, good, "2026-11-28", ("prices",))
    assert [(change.name, change.old, change.new) for change in summary.changes] == [
        ("gpt-4o", "2.5 / 10.0", "2.0 / 8.0")
    ]


def test_what_jumps_is_held_back(data, good):
    look(data, good)
    good.at["/models_dev"] = models_dev(gpt_4o=(250.0, 1000.0), gpt_7=(-3.0, 12.0))
    summary = look(data, good, "2026-11-28", ("prices",))
    assert {"openai gpt-4o", "openai gpt-7"} <= {row["name"] for row in summary.held}
    assert summary.changes == []
    assert [str(finding) for finding in run_checks(data)] == []


def test_tokens_that_are_no_numbers_are_held_back(data, good):
    good.at["/openrouter_daily"] = rankings(
        d2026_08_22={"openai/gpt-7-20261120": "many", "other": "790000000000", "z-ai/glm-5-20260211": "300000000000"}
    )
    summary = look(data, good, feeds=("tokens",))
    assert "2026-08-22 openai/gpt-7-20261120" in {row["name"] for row in summary.held}


def test_a_dry_run_writes_nothing(data, good):
    before = contents(data)
    assert look(data, good, dry_run=True).added
    assert {name: body for name, body in contents(data).items() if name in before} == before
    assert not (data / "snapshots").exists() or not any((data / "snapshots").iterdir())


def test_tables_are_rebuilt_from_the_answers_kept_byte_for_byte(data, good):
    for day in ("2026-11-25", "2026-11-28"):
        look(data, good, day)
    whole = tables_of(data)
    replay(data, now=at("2026-11-28"))
    assert tables_of(data) == whole


def test_what_has_not_changed_is_not_sent_again(data, good):
    def answer(handler):
        if handler.headers.get("If-None-Match") == '"v1"':
            return handler.reply(304)
        handler.reply(200, json.dumps(models_dev(gpt_4o=(2.5, 10.0))).encode(), ETag='"v1"')

    good.at["/models_dev"] = answer
    look(data, good, feeds=("prices",))
    assert look(data, good, "2026-11-28", ("prices",)).failed == []
    assert asked(good, "/models_dev")[-1]["If-None-Match"] == '"v1"'


def truncated(handler):
    handler.send_response(200)
    handler.send_header("Content-Length", "5000")
    handler.end_headers()
    handler.wfile.write(b'{"openai": {')
    handler.close_connection = True


def without(name):
    shape = models_dev(gpt_4o=(2.5, 10.0))
    del shape["openai"][name]
    return shape


FAULTS = {
    "500": (reply(500), "has a fault of its own"),
    "404": (reply(404), "the address may have moved"),
    "429": (reply(429), "asks for fewer requests"),
    "a long 429": (reply(429, Retry_After="9999"), "wants 9999 seconds of peace"),
    "401": (reply(401), "is the key in the environment right"),
    "a page": (b"<!DOCTYPE html><title>Sign in</title>", "web page"),
    "cut off": (truncated, "cut off"),
    "half of it": (b'{"openai": {"id":', "cut off or no JSON"),
    "another encoding": ('{"é": 1}'.encode("utf-16"), "not UTF-8"),
    "a field renamed": (without("models"), "models"),
    "a list for an object": ([], ""),
    "a circle": (lambda handler: handler.reply(302, Location=handler.path), "redirects in a circle"),
    "a file": (reply(302, Location="file:///etc/hostname"), "not followed"),
    "too much": (b" " * 300_000, "sends more than"),
    "NaN": (b'{"openai": NaN}', "no JSON"),
}


@pytest.mark.parametrize(("answer", "said"), FAULTS.values(), ids=FAULTS)
def test_a_fault_costs_nothing_and_is_told(data, good, answer, said):
    good.at["/models_dev"] = answer
    before = {name: body for name, body in tables_of(data).items() if name in ("prices.csv", "models.csv")}
    summary = look(data, good, settings=settings(good, largest=200_000))
    (feed, message), *_ = summary.failed
    assert feed == "prices"
    assert message.startswith("models_dev: ")
    assert said in message
    assert tables_of(data)["prices.csv"] == before["prices.csv"]
    assert {"token_models", "fx"} <= set(summary.added), "the other feeds come in all the same"
    assert [str(finding) for finding in run_checks(data)] == []


def test_more_fields_than_documented_are_no_fault(data, good):
    shape = models_dev(gpt_4o=(2.5, 10.0))
    shape["openai"]["models"]["gpt-4o"]["news"] = {"of": ["another", "day"]}
    good.at["/models_dev"] = shape
    assert look(data, good, feeds=("prices",)).failed == []


def test_a_slow_drip_is_given_up(server):
    def drip(handler):
        handler.send_response(200)
        handler.end_headers()
        for _ in range(200):
            handler.wfile.write(b" ")
            handler.wfile.flush()
            time.sleep(0.02)

    server.at["*"] = drip
    with pytest.raises(FetchError, match="takes longer than"):
        fetch("models_dev", server.url, settings(server, deadline=0.2))


def waits(monkeypatch):
    """Keep what this thread would sleep, and sleep not; the server's threads go on."""
    waited = []
    mine = threading.get_ident()
    monkeypatch.setattr(
        tenacity.nap.time, "sleep", lambda seconds: waited.append(seconds) if threading.get_ident() == mine else None
    )
    return waited


def test_the_server_says_how_long_to_wait(server, monkeypatch):
    waited = waits(monkeypatch)
    answers = iter([reply(429, Retry_After="7"), reply(200, b"{}")])
    server.at["*"] = lambda handler: next(answers)(handler)
    assert fetch("models_dev", server.url, settings(server)).body == b"{}"
    assert waited == [7.0]


def test_attempts_wait_longer_each_time(server, monkeypatch):
    waited = waits(monkeypatch)
    server.at["*"] = reply(503)
    with pytest.raises(FetchError, match="asked 4 times"):
        fetch("models_dev", server.url, Settings(pause=1.0))
    assert waited == [1.0, 2.0, 4.0]


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("http://127.0.0.1:9/x", "does not answer"),
        ("http://nowhere.invalid/x", "name service|does not answer"),
        ("file:///etc/hostname", "only http and https"),
        ("ftp://example.org/x", "only http and https"),
        ("https://me:secret@example.org/x", "holds a key"),
        ("https://example.org/x?api_key=1", "holds a key"),
    ],
)
def test_an_address_that_cannot_be_asked(server, address, said):
    with pytest.raises(FetchError, match=said):
        fetch("models_dev", address, settings(server))


def test_the_key_goes_into_the_header_and_nowhere_else(data, good):
    summary = look(data, good)
    assert asked(good, "/openrouter_daily")[0]["Authorization"] == f"Bearer {KEY}"
    assert not any("Authorization" in headers for headers in asked(good, "/models_dev"))
    assert KEY not in repr(summary) + repr(settings(good))
    assert not [name for name, body in contents(data).items() if KEY.encode() in body]


def test_an_answer_that_repeats_the_key_is_not_kept(data, good):
    good.at["/openrouter_daily"] = {"data": [], "you": KEY}
    (feed, message), *_ = look(data, good, feeds=("tokens",)).failed
    assert (feed, KEY in message) == ("tokens", False)
    assert not [name for name, body in contents(data).items() if KEY.encode() in body]


def test_a_missing_key_is_asked_for(data, good):
    keyless = Settings(settings(good).addresses, {}, pause=0.0, attempts=1)
    (_, message), *_ = look(data, good, feeds=("tokens",), settings=keyless).failed
    assert "OPENROUTER" in message


def test_settings_come_from_file_and_environment(data):
    (data / "refresh.toml").write_text('attempts = 2\n[addresses]\nfx = "http://one"\n', encoding="utf-8")
    loaded = Settings.load(data, {"fx": "FX_KEY"}, {"TOKENECON_URL_FX": "http://two", "FX_KEY": "k"})
    assert (loaded.attempts, loaded.addresses["fx"], loaded.keys["fx"]) == (2, "http://two", "k")
    (data / "refresh.toml").write_text("patiense = 2\n", encoding="utf-8")
    with pytest.raises(RefreshError, match="patiense: not a setting"):
        Settings.load(data, {"fx": None}, {})


KILLED = """
import os, sys
sys.path.insert(0, sys.argv[3])
from pathlib import Path
from refresh.conftest import at
from tokenecon.refresh import CONNECTORS, Settings, refresh

left = int(sys.argv[4])
real = os.replace


def replace(*paths):
    global left
    left -= 1
    if left < 0:
        os.kill(os.getpid(), 9)
    real(*paths)


os.replace = replace
addresses = {name: f"{sys.argv[2]}/{name}" for name in CONNECTORS}
settings = Settings(addresses, {"openrouter_daily": "sesame-0123456789"}, pause=0.0, attempts=2)
refresh(Path(sys.argv[1]), ("prices", "tokens", "fx"), settings=settings, now=at("2026-11-25"))
"""


@pytest.mark.parametrize("moment", [0, 1, 2, 5])
def test_kill_at_any_moment_leaves_the_old_or_the_new(data, small, good, moment):
    before = tables_of(data)
    command = [
        sys.executable,
        "-c",
        KILLED,
        str(data),
        good.url,
        str(Path(__file__).parents[1]),
        str(moment),
    ]
    killed = subprocess.run(command, capture_output=True, text=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    if moment < 1:
        assert tables_of(data) == before
    good.at["*"] = rates((2026, 11))
    summary = look(data, good)
    assert summary.failed == []
    assert [str(finding) for finding in run_checks(data)] == []
    healed = tables_of(data)
    assert look(data, good).added == {}
    assert tables_of(data) == healed
    assert {"fx.csv", "prices.csv"} <= {name for name, body in healed.items() if body != before[name]}
