"""A loopback server that answers as a test says, and small data folders."""

from __future__ import annotations

import csv
import http.server
import json
import shutil
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time
from pathlib import Path

import pytest

from tokenecon.catalog import data_root
from tokenecon.refresh import CONNECTORS, Settings, refresh
from tokenecon.refresh.merge.base import SPAN

TEXT = "application/json"


class Server:
    """Answers each of `paths` with what it has: data, bytes, or a function that is given the handler."""

    def __init__(self) -> None:
        self.paths: dict[str, object] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.today: date | None = None
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.asked.append((self.path, dict(self.headers)))
                answer = outer.paths.get(self.path.partition("?")[0], outer.paths.get("*"))
                if callable(answer):
                    answer(self)
                elif answer is None:
                    self.reply(404, b"nothing here")
                else:
                    self.reply(200, answer if isinstance(answer, bytes) else json.dumps(answer).encode())

            def date_time_string(self, timestamp: float | None = None) -> str:
                return (
                    f"{outer.today:%a, %d %b %Y} 08:00:00 GMT" if outer.today else super().date_time_string(timestamp)
                )

            def reply(self, status: int, body: bytes = b"", **headers: str) -> None:
                self.send_response(status)
                for name, value in ({"Content-Length": str(len(body))} | headers).items():
                    self.send_header(name.replace("_", "-"), value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self._http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.handle_error = lambda *_: None
        self.url = f"http://127.0.0.1:{self._http.server_port}"
        threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    made = Server()
    yield made
    made.close()


@pytest.fixture
def other(server: Server) -> Iterator[Server]:
    made = Server()
    yield made
    made.close()


# Answers in the documented shapes, small.


def models_dev(changed_on: str = "2026-11-20", /, **prices: tuple[float, float] | None) -> dict:
    """OpenAI's list with these prices by model; None for a model without one."""

    def model(name: str, price: tuple[float, float] | None) -> dict:
        cost = {} if price is None else {"cost": {"input": price[0], "output": price[1], "cache_read": price[0] / 10}}
        about = {"id": name, "name": name.upper(), "release_date": "2026-11-20", "open_weights": False}
        about |= {"last_updated": changed_on}
        return about | {"limit": {"context": 400000, "output": 128000}} | cost

    shown = {name.replace("_", "-"): price for name, price in prices.items()}
    listed = {name: model(name, price) for name, price in shown.items()}
    return {"openai": {"id": "openai", "name": "OpenAI", "models": listed}}


def standing(endpoint: str) -> dict[str, dict[str, str]]:
    """Prices of a list that hold now, by name, as the data have them."""
    ended = {tuple(end[part] for part in SPAN) for end in rows(data_root(), "price_ends")}
    held = [row for row in rows(data_root(), "prices") if row["endpoint"] == endpoint and not row["effective_to"]]
    return {row["name"]: row for row in held if tuple(row[part] for part in SPAN) not in ended}


def openai(changed_on: str = "2026-11-20", /, **prices: tuple[float, float] | None) -> dict:
    """OpenAI's list as it is known, but for these prices."""
    answer = models_dev(changed_on, **prices)
    for name, row in standing("openai").items():
        if name not in answer["openai"]["models"]:
            cost = {"input": float(row["input"]), "output": float(row["output"] or 0)}
            cost |= {"cache_read": float(row["cached_input"])} if row["cached_input"] else {}
            answer["openai"]["models"][name] = {"id": name, "name": name, "cost": cost}
    return answer


def zhipu(*models: tuple[str, object]) -> list:
    """Zhipu's list as it is known, and these."""
    names = {"input_mtok": "input", "output_mtok": "output", "cache_read_mtok": "cached_input"}
    known = [
        (name, {key: float(row[column]) for key, column in names.items() if row[column]})
        for name, row in standing("genai:zhipuai").items()
    ]
    return genai(*known, *models)


def openrouter(*models: tuple[str, str, str]) -> dict:
    return {
        "data": [
            {
                "id": name,
                "name": f"Maker: {name}",
                "created": 1,
                "context_length": 8,
                "pricing": {"prompt": a, "completion": b},
            }
            for name, a, b in models
        ]
    }


def genai(*models: tuple[str, object]) -> list:
    listed = [{"id": name, "match": {"equals": name}, "context_window": 9, "prices": prices} for name, prices in models]
    return [{"id": "zhipuai", "name": "Zhipu", "models": listed}]


def rankings(**days: dict[str, object]) -> dict:
    """Tokens by model and day, the day written d2026_08_22."""
    listed = [
        {"date": day[1:].replace("_", "-"), "model_permaslug": name, "total_tokens": tokens}
        for day, counts in days.items()
        for name, tokens in counts.items()
    ]
    return {"data": listed, "meta": {"as_of": "2026-11-28", "start_date": "", "end_date": "", "version": 1}}


def day_of(**changed: object) -> dict[str, object]:
    """Tokens of a day as the last one known has them, but for some."""
    known = {
        row["name"]: row["tokens"] for row in rows(data_root(), "token_models") if row["period_end"] == "2026-08-21"
    }
    return known | {name.replace("__", "/"): tokens for name, tokens in changed.items()}


RATES = {"CNY": 6.85, "EUR": 0.86, "GBP": 0.74, "HKD": 7.8, "JPY": 158.0, "KRW": 1480.0}


def rates(*months: tuple[int, int], **changed: object) -> dict:
    """Daily rates of whole months, the usual ones but for some."""
    shown = RATES | {name.upper(): rate for name, rate in changed.items()}
    days = {f"{year}-{month:02d}-{day:02d}": shown for year, month in months for day in range(1, 29)}
    return {"amount": 1.0, "base": "USD", "start_date": min(days), "end_date": max(days), "rates": days}


@pytest.fixture
def good(server: Server) -> Server:
    """A server on which every source answers."""
    server.paths = {
        "/models_dev": openai(gpt_4o=(2.5, 10.0), gpt_7=(3.0, 12.0)),
        "/openrouter_models": openrouter(("openai/gpt-7", "0.000003", "0.000012"), ("z-ai/glm-9", "0", "0")),
        "/genai_prices": zhipu(
            ("glm-9", {"input_mtok": 1, "output_mtok": {"base": 4, "tiers": [{"start": 1, "price": 9}]}})
        ),
        "/openrouter_daily": rankings(
            d2026_08_22=day_of() | {"openai/gpt-7-20261120": "50000000000"},
            d2026_11_28={"other": "1"},  # The day of the look is not over.
        ),
        "/frankfurter/2026-07-01..": rates((2026, 7), (2026, 8), (2026, 11)),
    }
    return server


def settings(server: Server, **more: object) -> Settings:
    addresses = {name: f"{server.url}/{name}" for name in CONNECTORS}
    return Settings(addresses, {"openrouter_daily": "sesame-0123456789"}, pause=0.0, attempts=2, **more)


def at(day: str) -> Callable[[], datetime]:
    """A clock that stands at eight on a day."""
    return lambda: datetime.combine(date.fromisoformat(day), time(8), UTC)


def look(
    root: Path, server: Server, day: str = "2026-11-28", feeds: tuple[str, ...] = ("prices", "tokens", "fx"), **more
):
    server.today = date.fromisoformat(day)
    return refresh(root, feeds, settings=more.pop("settings", settings(server)), now=at(day), **more)


def rows(root: Path, name: str) -> list[dict[str, str]]:
    with (root / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def add_row(root: Path, name: str, **cells: str) -> None:
    path = root / f"{name}.csv"
    header = path.read_text(encoding="utf-8").partition("\n")[0].split(",")
    with path.open("a", encoding="utf-8", newline="") as file:
        csv.DictWriter(file, header, lineterminator="\n").writerow(dict.fromkeys(header, "") | cells)


def contents(root: Path) -> dict[str, bytes]:
    """Every file of a data folder but what runs put aside."""
    paths = (path for path in sorted(root.rglob("*")) if path.is_file() and ".refresh" not in path.parts)
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in paths}


def tables_of(root: Path) -> dict[str, bytes]:
    return {name: content for name, content in contents(root).items() if name.endswith(".csv")}


def _thinned(root: Path, name: str, keep: Callable[[dict[str, str]], bool], *kinds: str) -> None:
    """Keep rows that `keep` wants, and the first for each value of some columns."""
    path, found, seen = root / f"{name}.csv", rows(root, name), set()
    kept = []
    for row in found:
        fresh = [(kind, row[kind]) for kind in kinds if (kind, row[kind]) not in seen]
        seen.update(fresh)
        if fresh or keep(row):
            kept.append(row)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(found[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(kept)


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data without most rows of the large tables, and without the answers kept."""
    root = tmp_path_factory.mktemp("small") / "data"
    shutil.copytree(data_root(), root, ignore=shutil.ignore_patterns("snapshots", ".refresh"))
    followed = ("models_dev openai", "genai_prices zhipuai")  # Nobody serves the other lists in these tests.
    _thinned(
        root,
        "lists",
        lambda row: row["collection"] == "openrouter" or f"{row['collection']} {row['name']}" in followed,
    )
    _thinned(root, "capability", lambda row: False, "benchmark", "source_id")
    late = [row for row in rows(root, "token_models") if row["frequency"] == "week" or row["period_end"] > "2026-08-21"]
    firsts = {row["source_id"]: row["period_end"] for row in reversed(late)}
    days = {"2026-08-21", *firsts.values()}  # Whole days: a day that lacks its rest fails the check.
    _thinned(root, "token_models", lambda row: row["period_end"] in days)
    _thinned(root, "token_totals", lambda row: row["period_end"] <= "2026-08-21", "source_id")
    _thinned(root, "token_shares", lambda row: row["labelled_on"] == "2026-03-28")
    _thinned(root, "fx", lambda row: row["date"] >= "2026")
    return root


@pytest.fixture
def data(tmp_path: Path, small: Path) -> Path:
    return Path(shutil.copytree(small, tmp_path / "data"))
