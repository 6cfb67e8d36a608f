"""Ask an address for data, and take no for an answer: timeouts, retries, limits, no page where data should be.

Every fault becomes a :class:`FetchError` that says what happened and what to do. A key travels in a header only and
is struck out of every message. A request as a whole has a deadline, however slowly its head or body drips.
"""

from __future__ import annotations

import asyncio
import email.utils
import json
import math
import os
import re
import socket
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import tenacity

from tokenecon import inputs
from tokenecon.strict import Twice, once_each

AGENT = "tokenecon (research report; refreshes a few times a quarter)"
SETTINGS = "refresh.toml"
LONGEST = 600
"""Characters of a message."""
_BUSY = (429, 500, 502, 503, 504)
_SECRET = re.compile("key|token|secret|auth|passw|signature", re.IGNORECASE)


class RefreshError(Exception):
    """Something a user can mend; the message says what happened and what to do."""


class FetchError(RefreshError):
    """An address did not give the data asked for; whatever it printed, the message is one line."""

    def __init__(self, message: str):
        super().__init__("".join(char if char.isprintable() else "?" for char in " ".join(message.split()))[:LONGEST])


@dataclass(frozen=True)
class Settings:
    """How to ask.

    Parameters
    ----------
    addresses
        Address of a source by its name, where it is not the usual one.
    keys
        Key of a source by its name.
    timeout
        Seconds of silence after which an answer is given up.
    deadline
        Seconds that one answer may take altogether.
    largest
        Bytes that one answer may have.
    attempts
        How often to ask before giving up.
    patience
        Seconds to wait at most because a server asks for it.
    pause
        Seconds before the second attempt; each further one waits twice as long.
    """

    addresses: Mapping[str, str] = field(default_factory=dict)
    keys: Mapping[str, str] = field(default_factory=dict, repr=False)
    timeout: float = 30.0
    deadline: float = 180.0
    largest: int = 64_000_000
    attempts: int = 4
    patience: float = 120.0
    pause: float = 1.0

    @classmethod
    def load(cls, root: Path, names: Mapping[str, str | None], environ: Mapping[str, str] = os.environ) -> Settings:
        """Read ``refresh.toml`` in the data folder, and the environment, which goes first.

        Parameters
        ----------
        root
            Data folder.
        names
            Sources, each with the environment variable of its key, if it needs one.
        environ
            The environment: ``TOKENECON_URL_<SOURCE>`` overrides an address.

        Raises
        ------
        RefreshError
            If the file is no TOML, or has a setting that is none.
        """
        try:
            given = tomllib.loads(inputs.read_unnoted(root / SETTINGS).decode("utf-8"))
        except FileNotFoundError:
            given = {}
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise RefreshError(f"data/{SETTINGS} is not TOML: {error}") from None
        except OSError as error:
            raise RefreshError(f"data/{SETTINGS} cannot be read: {error.strerror}") from None
        addresses = given.pop("addresses", {})
        numbers = {name: default for name, default in cls().__dict__.items() if isinstance(default, int | float)}
        named = addresses.items() if isinstance(addresses, Mapping) else [("addresses", addresses)]
        bad = [name for name, value in named if name not in names or not isinstance(value, str)]
        bad += [name for name, value in given.items() if type(value) not in (int, float) or not 0 <= value < math.inf]
        bad += [name for name in given if name not in numbers]
        if bad:
            known = ", ".join(["addresses", *numbers])
            said = ", ".join(dict.fromkeys(bad))
            raise RefreshError(f"data/{SETTINGS}: {said}: no setting, or no value for it; the settings are {known}")
        told = {name: environ.get(f"TOKENECON_URL_{name.upper()}") for name in names}
        addresses = {**addresses, **{name: address for name, address in told.items() if address}}
        keys = {name: environ[variable] for name, variable in names.items() if variable and environ.get(variable)}
        return replace(cls(addresses, keys), **given)


@dataclass(frozen=True)
class Answer:
    """What an address answered: the body as sent, or none where it has not changed since; and its own time."""

    body: bytes | None
    etag: str
    modified: str
    time: datetime | None = None


def fetch(
    name: str,
    address: str,
    settings: Settings,
    known: tuple[str, str] = ("", ""),
    progress: Callable[[int], None] = lambda count: None,
) -> Answer:
    """Ask an address, again where it is busy or the line breaks.

    Parameters
    ----------
    name
        Source, for messages and its key.
    address
        Where to ask.
    settings
        Limits.
    known
        ETag and time of change of the answer already held.
    progress
        Called with the number of bytes read so far.

    Raises
    ------
    FetchError
        If there is no usable answer.
    """
    key = settings.keys.get(name, "")
    url = _url(name, address)
    headers = {"User-Agent": AGENT, "Accept": "application/json", "Accept-Encoding": "gzip"}
    headers |= {"Authorization": f"Bearer {key}"} if key else {}
    conditions = zip(("If-None-Match", "If-Modified-Since"), known, strict=True)
    headers |= {header: value for header, value in conditions if value}
    retrying = tenacity.Retrying(
        retry=tenacity.retry_if_exception(lambda error: isinstance(error, _Again)),
        stop=tenacity.stop_after_attempt(settings.attempts),
        wait=lambda state: _wait(state, settings),
        reraise=True,
    )
    try:
        answer = retrying(lambda: asyncio.run(_once(url, headers, settings, progress)))
    except _Again as error:
        raise FetchError(f"{name}: {url.host} {error}; asked {settings.attempts} times") from None
    except httpx.UnsupportedProtocol:
        raise FetchError(f"{name}: {url.host} redirects to something other than http(s); not followed") from None
    except httpx.TooManyRedirects:
        raise FetchError(f"{name}: {url.host} redirects in a circle; give another address ({_how(name)})") from None
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise FetchError(f"{name}: {url.host}: {_plain(error, key)}") from None
    except FetchError as error:
        raise FetchError(f"{name}: {url.host} {error}") from None
    if key and key.encode() in b"\n".join([answer.body or b"", answer.etag.encode(), answer.modified.encode()]):
        raise FetchError(f"{name}: {url.host} repeats the key in its answer; nothing of it is kept")
    return answer


def alive(name: str, address: str, settings: Settings) -> str:
    """Say why an address does not answer, or nothing if it does; a refusal is an answer."""
    try:
        status = asyncio.run(_status(_url(name, address), settings))
        return f"answers {status}" if status in (404, 410) else ""
    except FetchError as error:
        return str(error)
    except TimeoutError:
        return f"does not answer within {settings.deadline:g} seconds"
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return f"does not answer ({type(error).__name__})"


async def _status(url: httpx.URL, settings: Settings) -> int:
    headers = {"User-Agent": AGENT}
    async with (
        asyncio.timeout(settings.deadline),
        _client(settings) as client,
        client.stream("GET", url, headers=headers) as response,
    ):
        return response.status_code


def _client(settings: Settings) -> httpx.AsyncClient:
    return httpx.AsyncClient(timeout=settings.timeout, follow_redirects=True, max_redirects=5)


def read_json(name: str, body: bytes) -> Any:
    """Read an answer as JSON, numbers exactly as printed.

    Raises
    ------
    FetchError
        If it is a page, cut off, in another encoding, or no JSON.
    """
    try:
        text = body.decode("utf-8-sig")
        if text.lstrip()[:1] == "<":
            raise FetchError(f"{name}: answered with a web page where data were expected; is the address right?")
        return json.loads(text, parse_float=Decimal, parse_constant=_no_constant, object_pairs_hook=once_each)
    except UnicodeDecodeError as error:
        raise FetchError(f"{name}: the answer is not UTF-8 (byte {error.start}); nothing of it is kept") from None
    except Twice as error:
        raise FetchError(f"{name}: {error} of the answer; nothing of it is kept") from None
    except (ValueError, ArithmeticError, RecursionError) as error:
        where = f" at line {error.lineno}" if isinstance(error, json.JSONDecodeError) else f" ({str(error)[:80]})"
        raise FetchError(f"{name}: the answer is cut off or no JSON{where}; run this again") from None


class _Again(Exception):
    """A fault that may pass; `after` is how long the server asks to wait."""

    def __init__(self, message: str, after: float | None = None):
        super().__init__(message)
        self.after = after


async def _once(url: httpx.URL, headers: dict[str, str], settings: Settings, progress: Callable) -> Answer:
    try:
        async with (
            asyncio.timeout(settings.deadline),
            _client(settings) as client,
            client.stream("GET", url, headers=headers) as response,
        ):
            _judge(response, settings)
            body = None if response.status_code == 304 else await _body(response, settings, progress)
            seen = response.headers
            return Answer(body, seen.get("ETag", ""), seen.get("Last-Modified", ""), _time(seen))
    except TimeoutError:
        raise FetchError(
            f"takes longer than {settings.deadline:g} seconds; raise `deadline` in data/{SETTINGS} if that is usual"
        ) from None
    except httpx.ConnectError as error:
        unknown = isinstance(_root(error), socket.gaierror)
        raise _Again(
            "is not known to the name service; is there a network?" if unknown else "does not answer"
        ) from None
    except httpx.TimeoutException:
        raise _Again(f"was silent for {settings.timeout:g} seconds") from None
    except (httpx.NetworkError, httpx.RemoteProtocolError):
        raise _Again("broke the connection, the answer is cut off") from None
    except httpx.DecodingError:
        raise _Again("sent a compressed answer that is damaged") from None


def _time(headers: httpx.Headers) -> datetime | None:
    """Return the time at which a server answered, or a store on the way kept the answer, by what it says."""
    try:
        said = email.utils.parsedate_to_datetime(headers.get("Date", "")).astimezone(UTC)
        return said + timedelta(seconds=min(int(headers.get("Age", "0")), 10**6))
    except (ValueError, TypeError, OverflowError):
        return None


def _root(error: BaseException) -> BaseException:
    while cause := error.__cause__ or error.__context__:
        error = cause
    return error


def _judge(response: httpx.Response, settings: Settings) -> None:
    status = response.status_code
    if status in (200, 304):
        return
    if status in _BUSY:
        after = _seconds(response.headers.get("Retry-After", ""))
        busy = "asks for fewer requests (429)" if status == 429 else f"has a fault of its own ({status})"
        if after is not None and after > settings.patience:
            raise FetchError(f"{busy} and wants {after:.0f} seconds of peace; run this again then")
        raise _Again(busy, after)
    if status in (401, 403):
        raise FetchError(f"refuses ({status}); is the key in the environment right?")
    raise FetchError(f"answers {status}; the address may have moved")


async def _body(response: httpx.Response, settings: Settings, progress: Callable) -> bytes:
    coding = response.headers.get("Content-Encoding", "").strip().lower()
    if coding not in ("", "identity", "gzip"):
        raise FetchError(f"sends its answer packed as '{coding[:40]}', which was not asked for; nothing of it is read")
    parts, count = [], 0
    async for part in response.aiter_bytes():
        count += len(part)
        if count > settings.largest:
            raise FetchError(f"sends more than {settings.largest} bytes; raise `largest` in data/{SETTINGS} if right")
        parts.append(part)
        progress(count)
    return b"".join(parts)


def _url(name: str, address: str) -> httpx.URL:
    try:
        url = httpx.URL(address)
    except httpx.InvalidURL:
        raise FetchError(f"{name}: its address is none; correct it ({_how(name)})") from None
    if url.scheme not in ("http", "https") or not url.host:
        raise FetchError(f"{name}: only http and https are followed; correct its address ({_how(name)})")
    if url.userinfo or any(_SECRET.search(key) for key in url.params):
        raise FetchError(f"{name}: its address holds a key; put keys in the environment ({_how(name)})")
    return url


def _how(name: str) -> str:
    return f"TOKENECON_URL_{name.upper()}, or addresses in data/{SETTINGS}"


def _wait(state: tenacity.RetryCallState, settings: Settings) -> float:
    error = state.outcome and state.outcome.exception()
    after = error.after if isinstance(error, _Again) else None
    doubled = settings.pause * 2 ** (state.attempt_number - 1)
    return max(after or 0.0, doubled)


def _seconds(text: str) -> float | None:
    if re.fullmatch(r"[0-9]{1,9}", text.strip()):
        return float(text)
    try:
        return max(0.0, (email.utils.parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return None


def _plain(error: Exception, key: str) -> str:
    text = str(error) or type(error).__name__
    return text.replace(key, "…") if key else text


def _no_constant(text: str) -> None:
    raise ValueError(f"{text} is no number")
