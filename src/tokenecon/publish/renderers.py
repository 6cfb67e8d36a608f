"""The renderers there are, and which one a build uses."""

from __future__ import annotations

import shutil
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from types import ModuleType

from tokenecon.publish import quarto
from tokenecon.publish.errors import PublishError

RENDERERS = ("quarto", "embedded")


def choose_renderer(wanted: str = "auto") -> str:
    """Return ``quarto`` or ``embedded``.

    Raises
    ------
    PublishError
        If Quarto is asked for and is not there, or is too old.
    """
    check_name(wanted)
    if wanted == "quarto" and not quarto.usable():
        oldest = ".".join(map(str, quarto.OLDEST))
        raise PublishError(f"Quarto {oldest} or newer is not on PATH ({quarto.version() or 'none found'}): "
                           "install it, or build with --renderer embedded")  # fmt: skip
    return wanted if wanted != "auto" else "quarto" if quarto.usable() else "embedded"


def check_name(wanted: str) -> None:
    """Raise a PublishError if there is no such renderer."""
    if wanted not in ("auto", *RENDERERS):
        raise PublishError(f"no renderer {wanted}: choose auto, quarto or embedded")


def identity(wanted: str) -> list[str]:
    """Return what tells one renderer from another without starting it: a renderer's file, or its packages."""
    command = shutil.which("quarto") if wanted != "embedded" else None
    if command is None:
        return ["embedded", *(f"{name} {version(name)}" for name in ("pypandoc_binary", "typst"))]
    file = Path(command).resolve()
    stat = file.stat()
    return ["quarto", str(file), str(stat.st_size), str(stat.st_mtime_ns)]


def renderer_module(name: str) -> ModuleType:
    """Return the module of a renderer."""
    return import_module(f"tokenecon.publish.{name}")


def renderer_name(name: str) -> str:
    """Return what renders, with versions."""
    return ", ".join(f"{one.title()} {number}" for one, number in renderer_module(name).versions().items())


def renderer_line() -> str:
    """Return one line that says which renderer a build uses, and how to get the other."""
    if choose_renderer() == "quarto":
        return f"renderer: {renderer_name('quarto')}; the embedded one with --renderer embedded"
    oldest = ".".join(map(str, quarto.OLDEST))
    return (
        f"renderer: embedded ({renderer_name('embedded')}); with Quarto {oldest} or newer on PATH (quarto.org), Quarto"
    )
