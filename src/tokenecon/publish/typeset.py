"""Typst, in a process of its own: what it remembers of a document would stay in memory."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tokenecon.publish.errors import PublishError

_COMPILE = """
import json, sys, typst
try:
    typst.compile(**json.load(sys.stdin))
except RuntimeError as error:
    sys.exit(str(error))
"""


def typeset(source: Path, target: Path, fonts: Path, what: str, **options: Any) -> None:
    """Compile ``source``, which reads files beside it, to ``target``: the name of pictures holds ``{p}``, their page.

    Parameters
    ----------
    fonts : Path
        The folder of the fonts.
    what : str
        What an error says that Typst cannot make.
    **options
        More for :func:`typst.compile`.

    Raises
    ------
    PublishError
        With what Typst had to say.
    """
    given = {"input": str(source), "output": str(target), "root": str(source.parent), "font_paths": [str(fonts)]}
    done = subprocess.run(
        [sys.executable, "-c", _COMPILE], input=json.dumps(given | options), stderr=subprocess.PIPE, text=True
    )
    if done.returncode:
        raise PublishError(f"Typst cannot make {what}: {done.stderr.strip()}")
