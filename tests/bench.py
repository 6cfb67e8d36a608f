"""How fast builds and the parts that grow are, each against the plain way to do the same, measured in the same run.

``make bench`` prints the median seconds of both and their ratio. Nothing is asserted: machines differ, ratios less so.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pandas as pd
import statsmodels.formula.api as smf
from bench_build import rows
from rich.console import Console
from rich.table import Table

from tokenecon.analysis import estimators
from tokenecon.analysis.market import sample
from tokenecon.catalog import Catalog, data_root

FORMULA = "log_price ~ log_score + released"
RUNS = 5
PEER_DRAWS = 100


class Race(NamedTuple):
    """What is measured: ours and the peer, and how many times ours does of what the peer does once."""

    name: str
    ours: Callable[[], object]
    peer: Callable[[], object]
    peer_name: str
    times: float = 1


def refitted(frame: pd.DataFrame, draws: int) -> list[float]:
    """Resample and refit one by one with statsmodels."""
    rng = np.random.default_rng(1)
    fits = (smf.ols(FORMULA, frame.iloc[rng.integers(0, len(frame), len(frame))]).fit() for _ in range(draws))
    return [fit.params["log_score"] for fit in fits]


def rewired(frame: pd.DataFrame, draws: int) -> list[float]:
    """Draw wild residuals by vendor and refit one by one, for one test of one null."""
    rng = np.random.default_rng(1)
    fit = smf.ols(FORMULA, frame).fit()
    codes = pd.factorize(frame["entity_id"])[0]
    found = []
    for _ in range(draws):
        signs = rng.choice([-1.0, 1.0], codes.max() + 1)[codes]
        again = smf.ols(FORMULA, frame.assign(log_price=fit.fittedvalues + signs * fit.resid))
        found.append(again.fit(cov_type="cluster", cov_kwds={"groups": codes}).tvalues["log_score"])
    return found


def plain_tables() -> list[pd.DataFrame]:
    """Read every table with pandas alone, unchecked and untyped."""
    return [pd.read_csv(path) for path in sorted(data_root().glob("*.csv"))]


def checked_tables() -> list[pd.DataFrame]:
    """Read, check and type what the chapters use."""
    cat = Catalog.open()
    names = ("financials", "statements", "operating", "prices", "capability", "token_models", "token_shares")
    return [cat.table(name) for name in names]


def races() -> list[Race]:
    """List what is measured."""
    cat = Catalog.open()
    frame = sample.hedonic_sample(cat.list_prices().frame, cat.capability, cat.models, cat.entities).frame
    draws = 10_000
    return [
        Race(
            f"{draws:,} resamples of the hedonic regression",
            lambda: estimators.resampled_coefficients(FORMULA, frame, draws=draws),
            lambda: refitted(frame, PEER_DRAWS),
            "statsmodels, one by one",
            draws / PEER_DRAWS,
        ),
        Race(
            f"wild cluster interval, {estimators.DRAWS:,} draws a test",
            lambda: estimators.wild_cluster(FORMULA, frame, "log_score", "entity_id"),
            lambda: rewired(frame, PEER_DRAWS),
            "statsmodels, one by one, a single test",
            estimators.DRAWS / PEER_DRAWS,
        ),
        Race("catalogue of an edition, checked", checked_tables, plain_tables, "pandas.read_csv, unchecked"),
    ]


def median_seconds(run: Callable[[], object]) -> float:
    """Return the median of several runs after one that does not count."""
    run()
    seconds = []
    for _ in range(RUNS):
        start = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)


def show_parts(out: Console) -> None:
    """Measure the parts that grow, and print a table."""
    table = Table("what", "seconds", "peer", "peer's seconds for as much", "peer over ours")
    for race in races():
        ours, peer = median_seconds(race.ours), median_seconds(race.peer) * race.times
        table.add_row(race.name, f"{ours:.2f}", race.peer_name, f"{peer:.2f}", f"{peer / ours:.2g}")
    out.print(table)


def show_builds(out: Console, renderer: str, runs: int, cheap: bool) -> None:
    """Measure builds, and print a table; each line is also printed as it is known, since the whole takes long."""
    table = Table("what", "measured", "of the peer's time", "aim")
    for row in rows(renderer, runs, cheap):
        cells = (row.name, f"{row.value:.2f} {row.unit}", f"{row.share:.2f}" if row.share else "", row.aim)
        out.print("; ".join(filter(None, cells)), style="dim")
        table.add_row(*cells)
    out.print(table)


def main() -> None:
    """Measure, and print tables."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--cheap", action="store_true", help="builds alone, without the peer; a few minutes")
    asked.add_argument("--renderer", choices=("embedded", "quarto"), default="embedded")
    asked.add_argument("--runs", type=int, default=RUNS, help="the median of how many")
    given, out = asked.parse_args(), Console()
    show_builds(out, given.renderer, given.runs, given.cheap)
    if not given.cheap:
        show_parts(out)


if __name__ == "__main__":
    main()
