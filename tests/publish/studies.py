"""Tasks for an executor, in a module that workers can import."""

import os
import signal
from pathlib import Path

import numpy as np

from tokenecon.catalog import data_root
from tokenecon.publish import PublishError


def covered(seed, draws=200):
    """The share of intervals that hold a planted mean: a study as chapters have them."""
    rng = np.random.default_rng(seed)
    sample = rng.normal(1, 2, (draws, 30))
    half = 2.045 * sample.std(axis=1, ddof=1) / np.sqrt(30)
    return float((abs(sample.mean(axis=1) - 1) <= half).mean())


def killed_at_first(marker):
    """Die without a word when called first, answer when called again."""
    if not Path(marker).exists():
        Path(marker).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return "done"


def killed_always():
    os.kill(os.getpid(), signal.SIGKILL)


def counted(folder, number):
    """Leave a mark each time, so that a test can count how often a task ran."""
    (Path(folder) / f"{number}-{os.getpid()}").touch()
    return number


class Long:
    """A finding of a small project: whether its table is long. How often it was looked at stands beside the table."""

    @classmethod
    def open(cls, edition):
        return cls()

    @property
    def is_long(self):
        file = data_root() / "numbers.csv"
        with file.with_suffix(".looked").open("a") as marks:
            marks.write("|")
        value = len(file.read_text().splitlines()) > 4
        self._held = {"is_long": (value, {"data/numbers.csv"}, str(value))}
        return value


def unsound():
    return ["data/numbers.csv: row 2: is one too many"]


def refused():
    raise PublishError("the rows are not there")


def places():
    """Where a worker finds the data and the package, and which edition it was given."""
    import tokenecon

    rows = (data_root() / "numbers.csv").read_text(encoding="utf-8")
    return rows, os.environ["TOKENECON_PROJECT"], str(Path(tokenecon.__file__).parent)


def large(number):
    """More than fits into a pipe."""
    return bytes([number]) * 5_000_000


def faults():
    """What a check of the data finds in the project a worker is given."""
    rows = (data_root() / "numbers.csv").read_text(encoding="utf-8").splitlines()
    return [f"data/numbers.csv:{n}: b_c: is no number" for n, row in enumerate(rows, 1) if row.endswith("?")]
