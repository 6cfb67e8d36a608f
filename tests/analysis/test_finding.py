"""Findings: computed once, kept between processes, and never stale."""

import os
import shutil
import subprocess
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pandas as pd
import pytest
import statsmodels.formula.api as smf

from tokenecon import inputs
from tokenecon.analysis import finding as module
from tokenecon.analysis.estimate import Estimate
from tokenecon.analysis.finding import Findings, finding
from tokenecon.catalog import data_root

COUNTED = []


@dataclass(frozen=True)
class Found:
    estimate: Estimate
    rows: pd.DataFrame


class Sample(Findings):
    @finding
    def revenue(self):
        COUNTED.append("revenue")
        return self.cat.financials.query("metric == 'revenue'")

    @finding
    def mean(self):
        COUNTED.append("mean")
        warnings.warn("a small sample", RuntimeWarning, stacklevel=2)
        rows = self.revenue
        return Found(Estimate(rows["value"].mean(), 1.0, 2.0, len(rows), "none"), rows)

    @finding
    def fitted(self):
        return smf.ols("value ~ 1", self.revenue).fit()


@pytest.fixture
def data(tmp_path, monkeypatch):
    """A copy of the data and an empty store; findings opened before are forgotten."""
    root = tmp_path / "project" / "data"
    shutil.copytree(data_root(), root)
    monkeypatch.setenv(module.STORE, str(tmp_path / "store"))
    COUNTED.clear()
    return root


def opened(data):
    module._opened.cache_clear()
    module._catalog.cache_clear()
    return Sample.open("2026H1", data)


def test_a_finding_is_computed_once_and_then_read(data):
    with pytest.warns(RuntimeWarning, match="a small sample"):
        first = opened(data).mean
    assert COUNTED == ["mean", "revenue"]
    with pytest.warns(RuntimeWarning, match="a small sample"):
        again = opened(data).mean
    assert COUNTED == ["mean", "revenue"]
    assert again.estimate.text == first.estimate.text
    pd.testing.assert_frame_equal(again.rows, first.rows)


def test_reading_counts_as_a_use_of_the_tables_behind_it(data):
    with inputs.recording() as computed:
        assert len(opened(data).revenue)
    with inputs.recording() as read:
        assert len(opened(data).revenue)
    assert computed == read
    assert "data/financials.csv" in read
    assert "data/prices.csv" not in read


def test_equal_results_have_one_digest_and_others_another(data, monkeypatch):
    monkeypatch.setenv("TOKENECON_DATA", str(data))

    def digest(before="", after=""):
        text = (data / "financials.csv").read_text()
        (data / "financials.csv").write_text(text.replace(before, after, 1) if before else text)
        opened(data)
        return module.digest_of(f"2026H1 {Sample.__module__} Sample.revenue")

    first = digest()
    assert digest("MM_PROS,2025-12-31,", "MM_PROS,2025-12-31,another note") != first
    assert digest("MM_PROS,2025-12-31,another note", "MM_PROS,2025-12-31,") == first
    assert COUNTED == ["revenue"] * 3


def test_equal_parts_count_as_one_whether_they_are_one_object_or_copies():
    part = "a part too long to be one object by itself"
    shared, copied = [part, part], [part, " ".join(part.split(" "))]
    assert module._plainly(shared) == module._plainly(copied) != module._plainly([part])


def test_a_changed_row_is_computed_again_and_another_table_is_not(data):
    before = opened(data).revenue
    (data / "prices.csv").write_text((data / "prices.csv").read_text() + "\n")
    assert len(opened(data).revenue) == len(before)
    assert COUNTED == ["revenue"]
    text = (data / "financials.csv").read_text()
    (data / "financials.csv").write_text(text.replace("ZP_PROS,2025-12-30,,", "ZP_PROS,2025-12-30,another note,", 1))
    after = opened(data).revenue
    assert COUNTED == ["revenue", "revenue"]
    assert (after["note"] != before["note"]).sum() == 1


def test_changed_code_is_computed_again(data, monkeypatch):
    assert len(opened(data).revenue)
    monkeypatch.setattr(module, "code_hash", lambda: "other code")
    assert len(opened(data).revenue)
    assert COUNTED == ["revenue", "revenue"]


def test_a_damaged_file_is_computed_again(data):
    assert len(opened(data).revenue)
    (file,) = (data.parents[1] / "store").rglob("*.revenue.pickle")
    for content in (b"", file.read_bytes()[:-40], b"nonsense"):
        file.write_bytes(content)
        assert len(opened(data).revenue)
    assert COUNTED == ["revenue"] * 4


def test_what_a_reader_changes_is_the_readers_own(data):
    found = opened(data)
    taken = found.revenue
    taken["value"] = 0
    assert (found.revenue["value"] > 0).any()


def test_a_fitted_model_is_refused_by_name(data):
    with pytest.raises(TypeError, match=r"Sample.fitted holds a RegressionResultsWrapper"):
        _ = opened(data).fitted


def test_two_processes_compute_one_finding_once(data):
    code = (
        "import time\n"
        "from tokenecon.analysis.finding import Findings, finding\n"
        "class Slow(Findings):\n"
        "    @finding\n"
        "    def one(self):\n"
        "        print('computed'); time.sleep(1); return 1\n"
        f"print(Slow.open('2026H1', {str(data)!r}).one)\n"
    )

    def run(_):
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=os.environ, check=True)
        return done.stdout

    with ThreadPoolExecutor(2) as pool:
        shown = "".join(pool.map(run, range(2)))
    assert shown.count("computed") == 1
    assert shown.count("1\n") == 2
