"""Bad days on the network: what each does to a fetch, and that none touches the data."""

import email.utils
import gzip
import json
import socket
import threading
from datetime import UTC, datetime, timedelta

import pytest
from refresh.conftest import Server, add_row, at, contents, look, settings, tables_of

from tokenecon.refresh import CONNECTORS, FetchError, RefreshError, Settings, refresh, watch
from tokenecon.refresh.web import fetch

KEY = "sesame-0123456789"
SMALL = {"timeout": 5.0, "deadline": 5.0, "largest": 100_000}


@pytest.fixture
def waits(monkeypatch) -> list[float]:
    """Seconds that a fetch would have waited."""
    found: list[float] = []
    monkeypatch.setattr("tenacity.nap.time.sleep", found.append)
    return found


def ask(server: Server, path: str = "/x", known: tuple[str, str] = ("", ""), **more):
    return fetch("models_dev", server.url + path, Settings(**{"attempts": 3, "pause": 0.0} | more), known)


def then(*answers):
    """Answer one request after the other; the last answer holds."""
    left = list(answers)
    return lambda handler: (left.pop(0) if len(left) > 1 else left[0])(handler)


def status(code: int, **headers: str):
    return lambda handler: handler.reply(code, b"no", **headers)


def fine(handler):
    handler.reply(200, b'{"a": 1}', ETag='"one"', Last_Modified="Wed, 25 Nov 2026 08:00:00 GMT")


def cut(handler):
    handler.reply(200, b'{"a": ', Content_Length="1000")
    handler.close_connection = True


def drip(handler):
    handler.send_response(200)
    handler.end_headers()
    try:
        while True:
            handler.wfile.write(b" ")
            handler.wfile.flush()
            threading.Event().wait(0.02)
    except OSError:
        handler.close_connection = True


def silent(handler):
    threading.Event().wait(0.6)
    handler.close_connection = True


def bomb(handler):
    handler.reply(
        200,
        gzip.compress(b" " * 10_000_000),
        Content_Encoding="gzip",
        Content_Length=str(len(gzip.compress(b" " * 10_000_000))),
    )


def damaged(handler):
    handler.reply(200, b"\x1f\x8b no gzip at all", Content_Encoding="gzip")


# Answers -------------------------------------------------------------------------------------------------------------


def test_a_fault_that_passes_is_survived(server, waits):
    server.paths["/x"] = then(status(500), status(503), fine)
    assert ask(server).body == b'{"a": 1}'
    assert len(server.asked) == 3


def test_waits_double(server, waits):
    server.paths["/x"] = status(500)
    with pytest.raises(FetchError, match="fault of its own"):
        ask(server, pause=1.0, attempts=4)
    assert waits == [1.0, 2.0, 4.0]


@pytest.mark.parametrize("as_date", [False, True])
def test_429_waits_as_long_as_the_server_asks(server, waits, as_date):
    later = email.utils.format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)
    server.paths["/x"] = then(status(429, Retry_After=later if as_date else "7"), fine)
    assert ask(server).body
    assert 50 < waits[0] <= 60 if as_date else waits == [7.0]


def test_429_beyond_patience_says_when_to_come_back(server, waits):
    server.paths["/x"] = status(429, Retry_After="86400")
    with pytest.raises(FetchError, match="wants 86400 seconds of peace; run this again then"):
        ask(server)
    assert (len(server.asked), waits) == (1, [])


def test_what_has_not_changed_is_not_sent_again(server):
    server.paths["/x"] = fine
    first = ask(server)
    server.paths["/x"] = status(304)
    again = ask(server, known=(first.etag, first.modified))
    headers = server.asked[-1][1]
    assert again.body is None
    assert headers["If-None-Match"] == '"one"'
    assert headers["If-Modified-Since"] == "Wed, 25 Nov 2026 08:00:00 GMT"


def test_a_redirect_is_followed_and_the_key_stays_at_home(server, other):
    server.paths["/x"] = status(302, Location=other.url + "/y")
    other.paths["/y"] = fine
    answer = fetch("models_dev", server.url + "/x", Settings(keys={"models_dev": KEY}))
    assert answer.body
    assert server.asked[0][1]["Authorization"] == f"Bearer {KEY}"
    assert "Authorization" not in other.asked[0][1]


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://127.0.0.1/x", "gopher://127.0.0.1/"])
def test_only_http_is_followed(server, target):
    server.paths["/x"] = status(302, Location=target)
    with pytest.raises(FetchError, match="not followed"):
        ask(server)


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("file:///etc/passwd", "only http and https"),
        ("models.dev/api.json", "only http and https"),
        ("https://user:sesame@models.dev/", "holds a key; put keys in the environment"),
        ("https://models.dev/?api_key=sesame", "holds a key; put keys in the environment"),
        ("http:///api.json", "only http and https"),
        ("http://a:port/", "its address is none"),
    ],
)
def test_an_address_that_cannot_be_asked(address, message):
    with pytest.raises(FetchError, match=message) as caught:
        fetch("models_dev", address, Settings())
    assert "sesame" not in str(caught.value)
    assert "TOKENECON_URL_MODELS_DEV" in str(caught.value)


def test_a_name_that_nobody_knows(monkeypatch, server, waits):
    def unknown(*_args, **_more):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(FetchError, match=r"nowhere\.example is not known to the name service; is there a network"):
        fetch("models_dev", "http://nowhere.example/x", Settings(pause=0.0, attempts=2))


def test_a_key_is_in_no_message(server, waits):
    server.paths["/x"] = lambda handler: handler.reply(401, f"bad key {KEY}".encode())
    with pytest.raises(FetchError, match="is the key in the environment right") as caught:
        fetch("models_dev", server.url + "/x", Settings(keys={"models_dev": KEY}))
    assert KEY not in str(caught.value)
    assert KEY not in repr(Settings(keys={"models_dev": KEY}))


# Faults, through the whole -------------------------------------------------------------------------------------------

FAULTS = {
    "server fault": (status(500), "fault of its own"),
    "gone": (status(404), "answers 404; the address may have moved"),
    "too many requests": (status(429, Retry_After="0"), "fewer requests"),
    "cut off": (cut, "the answer is cut off"),
    "cut off without a length": (b'{"openai": {"mod', "cut off or no JSON"),
    "a page": (b"<!doctype html><html>Sign in</html>", "a web page where data were expected"),
    "another encoding": ('{"name": "é"}'.encode("latin-1"), "is not UTF-8"),
    "no number": (b'{"a": NaN}', "no JSON"),
    "too deep": (b"[" * 90_000, "no JSON"),
    "empty": (b"", "no JSON"),
    "drip": (drip, "takes longer than"),
    "silence": (silent, "was silent for"),
    "bomb": (bomb, "sends more than 100000 bytes"),
    "too large": (b" " * 200_000, "sends more than 100000 bytes"),
    "damaged": (damaged, "compressed answer that is damaged"),
    "circle": (lambda handler: handler.reply(302, Location=handler.path), "redirects in a circle"),
    "another shape": (b"[[]]", "changed its shape"),
    "another shape within": (b'{"data": 1, "rates": 2, "openai": 3}', "changed its shape"),
    "nothing in it": (b"{}", "changed its shape|is empty"),
    "key repeated": (json.dumps({"data": KEY}).encode(), "repeats the key"),
}


@pytest.mark.parametrize("name", FAULTS)
@pytest.mark.parametrize("source", CONNECTORS)
def test_a_bad_day_costs_no_data(data, good, waits, source, name):
    fault, message = FAULTS[name]
    connector = CONNECTORS[source]
    path = next(path for path in good.paths if path.startswith(f"/{source}"))
    good.paths[path] = fault
    limits = SMALL | ({"deadline": 1.5} if name == "drip" else {}) | ({"timeout": 0.2} if name == "silence" else {})
    asked = settings(good, **limits)
    asked = Settings(asked.addresses, dict.fromkeys(CONNECTORS, KEY), **limits, pause=0.0, attempts=2)
    before = contents(data)
    summary = look(data, good, feeds=(connector.feeds,), settings=asked)
    assert [feed for feed, _ in summary.failed] == [connector.feeds]
    assert message.split("|")[0] in summary.failed[0][1] or message.split("|")[-1] in summary.failed[0][1]
    assert summary.failed[0][1].startswith(source)
    assert KEY not in summary.failed[0][1]
    assert contents(data) == before


def test_nothing_listens(data, good, other, waits):
    other.close()
    asked = Settings({name: other.url for name in CONNECTORS}, {"openrouter_daily": KEY}, pause=0.0, attempts=2)
    before = contents(data)
    summary = look(data, good, settings=asked)
    assert [feed for feed, _ in summary.failed] == ["prices", "tokens", "fx"]
    assert all("does not answer" in message for _, message in summary.failed)
    assert contents(data) == before


def test_what_fails_does_not_keep_the_rest_from_coming_in(data, good, waits):
    good.paths["/genai_prices"] = status(500)
    before = tables_of(data)
    summary = look(data, good)
    after = tables_of(data)
    assert [feed for feed, _ in summary.failed] == ["prices"]
    assert after["prices.csv"] == before["prices.csv"], "two of three sources answered: the table stays whole"
    assert after["fx.csv"] != before["fx.csv"]
    assert after["token_models.csv"] != before["token_models.csv"]
    kept = (data / "snapshots" / "index.jsonl").read_text(encoding="utf-8")
    assert "models_dev" not in kept


def test_the_key_is_nowhere_in_the_data(data, good):
    look(data, good)
    assert any("Authorization" in headers for path, headers in good.asked if path.startswith("/openrouter_daily"))
    assert not any("Authorization" in headers for path, headers in good.asked if path.startswith("/models_dev"))
    for name, content in contents(data).items():
        assert KEY.encode() not in content, name


def test_tokens_without_a_key_say_which_variable_to_set(data, good):
    summary = look(data, good, feeds=("tokens",), settings=Settings({"openrouter_daily": good.url}))
    assert "OPENROUTER_API_KEY" in summary.failed[0][1]
    assert good.asked == []


# Settings ------------------------------------------------------------------------------------------------------------

NAMES = {name: connector.key_variable for name, connector in CONNECTORS.items()}


def test_the_environment_goes_before_the_file(data):
    (data / "refresh.toml").write_text(
        'attempts = 9\n[addresses]\nmodels_dev = "http://a/"\ngenai_prices = "http://b/"\n'
    )
    environ = {"TOKENECON_URL_MODELS_DEV": "http://c/", "OPENROUTER_API_KEY": KEY}
    found = Settings.load(data, NAMES, environ)
    assert found.addresses == {"models_dev": "http://c/", "genai_prices": "http://b/"}
    assert (found.attempts, found.keys) == (9, {"openrouter_daily": KEY})


BAD_SETTINGS = [
    "attempts = 'many'", "key = 'sesame'", "[addresses]\nnobody = 'http://a'", "= x", "timeout = nan", "deadline = inf",
    "timeout = -1", "timeout = true", "addresses = 3", "[addresses]\nmodels_dev = 3", "[timeout]\na = 1",
]  # fmt: skip


@pytest.mark.parametrize("text", BAD_SETTINGS)
def test_a_setting_that_is_none_is_named(data, text):
    (data / "refresh.toml").write_text(text)
    with pytest.raises(RefreshError, match=r"data/refresh\.toml"):
        Settings.load(data, NAMES, {})


def test_watch_names_the_dead_and_no_others(data, good, other):
    good.paths["*"] = status(401)
    add_row(
        data, "sources", source_id="DEAD", title="Gone", publisher="x", published_on="2026-01-01", dating="document",
        url=f"{other.url}/gone", tier="press", reliability_note="x", licence="x",
    )  # fmt: skip
    rows = (data / "sources.csv").read_text(encoding="utf-8").splitlines()
    (data / "sources.csv").write_text("\n".join([rows[0], rows[-1]]) + "\n", encoding="utf-8")
    dead = watch(data, settings(good))
    assert dead == [("DEAD", f"{other.url}/gone", "answers 404")]


def test_two_runs_do_not_meet(data, good):
    from tokenecon.refresh.tables import alone

    with alone(data), pytest.raises(RefreshError, match="another run"):
        refresh(data, settings=settings(good), now=at("2026-11-28"))
