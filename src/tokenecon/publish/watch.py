"""Keep a report in the browser current: build when a file is saved, and have open pages load themselves again."""

from __future__ import annotations

import subprocess
import sys
import threading
import webbrowser
from collections.abc import Callable
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tokenecon.publish.cache import NO_PART
from tokenecon.publish.project import Project

WATCHED = ("notebooks", "data", "src", "report", "requirements.lock")
"""What a report is made from."""

RELOADING = b'<script>new EventSource("/.built").onmessage = () => location.reload()</script>'
"""Added to each page as it is served; the pages on disk ask nobody for anything."""


def watch(
    edition: str | None = None,
    renderer: str = "auto",
    say: Callable[[str], None] = print,
    *,
    project: Project | None = None,
    port: int = 8000,
    show: Callable[[str], Any] = webbrowser.open,
) -> None:
    """Build an edition's pages, show them, and build them again whenever a file is saved, until interrupted.

    Parameters
    ----------
    edition : str, optional
        Its id; the newest if left out.
    renderer : str
        ``auto`` takes the embedded renderer here, which renders only the pages that changed.
    say : callable
        Called with the address, and with what each build prints.
    project : Project, optional
        The one around the working folder if left out.
    port : int
        Of this machine; 0 for any that is free.
    show : callable
        Called with the address once the pages are there.
    """
    from watchfiles import watch as saved

    project = project or Project.find()
    found = project.edition(edition)
    pages = project.build / found.id / "html"
    command = [sys.executable, "-m", "tokenecon.cli", "build", "--edition", found.id, "--format", "html"]
    command += ["--renderer", "embedded" if renderer == "auto" else renderer]
    try:
        server = _Pages(("127.0.0.1", port), partial(_Handler, directory=str(pages)))
    except OSError:
        server = _Pages(("127.0.0.1", 0), partial(_Handler, directory=str(pages)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}/"
    try:
        _build(command, project.root, say)
        say(f"{address} shows edition {found.id}; press Ctrl+C to end")
        show(address)
        places = [path for name in WATCHED if (path := project.root / name).exists()]
        for _ in saved(*places, watch_filter=lambda change, path: is_source(project, path), raise_interrupt=False):
            if _build(command, project.root, say):
                server.tell()
    except KeyboardInterrupt:
        pass
    finally:
        server.shutdown()
        server.server_close()


def is_source(project: Project, path: str) -> bool:
    """Return whether a saved file is one that a report is made from, and not what a build or an editor leaves."""
    parts = Path(path).relative_to(project.root).parts
    # A folder under the project's own name for it, such as notebooks, is what NO_PART means below report.
    below = parts[1:] if len(parts) > 1 else parts
    return not any(part in NO_PART or part.startswith(".") or part.endswith(("~", ".swp", ".tmp")) for part in below)


def _build(command: list[str], folder: Path, say: Callable[[str], None]) -> bool:
    """Build in an interpreter of its own, so that changed modules are the ones that run."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    for line in (done.stdout + done.stderr).splitlines():
        say(line)
    return done.returncode == 0


class _Pages(ThreadingHTTPServer):
    """Serves the pages, and tells those that are open when they were built."""

    daemon_threads = True

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._built, self.count = threading.Condition(), 0

    def tell(self) -> None:
        with self._built:
            self.count += 1
            self._built.notify_all()

    def wait(self, known: int) -> int:
        """Return the number of builds when it is no longer ``known``, or after some seconds."""
        with self._built:
            self._built.wait_for(lambda: self.count != known, timeout=15)
            return self.count


class _Handler(SimpleHTTPRequestHandler):
    server: _Pages

    def do_GET(self) -> None:
        if self.path == "/.built":
            self._tell_builds()
            return
        file = Path(self.translate_path(self.path))
        file = file / "index.html" if file.is_dir() else file
        if file.suffix != ".html" or not file.is_file():
            super().do_GET()
            return
        content = file.read_bytes() + RELOADING
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def end_headers(self) -> None:
        self.send_header("Cache-Control", "no-store")
        super().end_headers()

    def log_message(self, *arguments: Any) -> None:
        """Say nothing of requests."""

    def _tell_builds(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        known = self.server.count
        try:
            while True:
                count = self.server.wait(known)
                self.wfile.write(b"data: built\n\n" if count != known else b": waiting\n\n")
                self.wfile.flush()
                known = count
        except OSError:
            return
