"""What a kernel tells of itself: the files, modules and variables it depended on, and its warnings."""

import json
import os
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
from statsmodels.tools.sm_exceptions import ConvergenceWarning, IterationLimitWarning, SingularMatrixWarning

from tokenecon import warned

PLACES = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": ""}
SCRIPT = """
import json
from pathlib import Path
from tokenecon import inputs

inputs.watch(Path("{root}"))
{body}
print(json.dumps(inputs.Answer()._repr_mimebundle_()["application/json"]))
"""


@pytest.fixture
def project(tmp_path):
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "helper.py").write_text("import os\ndef ask(name): return os.environ.get(name)\n")
    (tmp_path / "rows.csv").write_text("a\n1\n")
    (tmp_path / "build").mkdir()
    (tmp_path / "build/left.csv").write_text("a\n")
    return tmp_path


def told(project, body, **variables):
    code = SCRIPT.format(root=project, body=body)
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=project,
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | PLACES | variables | {"TOKENECON_PROJECT": str(project), "PYTHONPATH": str(project)},
    )
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    ("body", "files"),
    [
        ("open('rows.csv').read()", ["rows.csv"]),
        ("Path('rows.csv').read_bytes()", ["rows.csv"]),
        ("import os; os.read(os.open('rows.csv', os.O_RDONLY), 9)", ["rows.csv"]),
        ("import helper", ["helper.py"]),
        ("import runpy; runpy.run_path('helper.py')", ["helper.py"]),
        ("open('build/left.csv').read()", []),
        ("open('made.csv', 'w').write('a'); open('made.csv').read()", []),
        ("import os; os.close(os.open('made.csv', os.O_WRONLY | os.O_CREAT)); open('made.csv').read()", []),
        ("open('rows.csv', 'r+').read()", ["rows.csv"]),
    ],
)
def test_what_is_read_below_the_project_is_an_input(project, body, files):
    assert told(project, body)["files"] == files


def test_a_file_looked_for_in_vain_is_an_input_too(project):
    body = "try: open('absent.csv')\nexcept FileNotFoundError: pass"
    assert told(project, body)["files"] == ["absent.csv"]


@pytest.mark.parametrize("prefix", ["", "elsewhere"])
def test_a_module_run_from_its_compiled_copy_is_named_by_its_source(project, tmp_path_factory, prefix):
    place = {"PYTHONPYCACHEPREFIX": str(tmp_path_factory.mktemp(prefix)) if prefix else ""}
    body = (
        "from importlib.util import module_from_spec, spec_from_file_location\n"
        "spec = spec_from_file_location('other', 'helper.py')\nspec.loader.exec_module(module_from_spec(spec))"
    )
    for _ in range(2):
        assert told(project, body, **place)["files"] == ["helper.py"]
    compiled = list(Path(place["PYTHONPYCACHEPREFIX"] or project).rglob("helper*.pyc"))
    assert compiled, "the second run reads this"


@pytest.mark.parametrize(
    ("body", "asked"),
    [
        ("import os; os.environ.get('RATE')", ["RATE"]),
        ("import os; os.getenv('RATE', '7')", ["RATE"]),
        ("import os; 'RATE' in os.environ", ["RATE"]),
        ("import helper; helper.ask('RATE')", ["RATE"]),
        ("import os; dict(os.environ), os.environ.copy(), os.environ | {}, [*os.environ.items()]", []),
        ("import os; os.environ.get('TOKENECON_EDITION')", []),
        ("import tempfile; tempfile.gettempdir()", []),
    ],
)
def test_variables_that_a_cell_or_the_project_asks_for_are_inputs(project, body, asked):
    assert list(told(project, body, RATE="7.1")["variables"]) == asked


def test_a_variable_counts_with_the_value_it_came_with_and_its_value_is_not_told(project):
    body = "import os; os.environ['RATE'] = '8'; os.environ['RATE']"
    first, second = (told(project, body, RATE=rate)["variables"]["RATE"] for rate in ("7.1", "7.2"))
    assert first != second
    assert "7.1" not in first


@pytest.fixture
def watched():
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.showwarning = warned.shown
        warned._GIVEN.clear()
        yield lambda: warned.Answer()._repr_mimebundle_()["application/json"]


@pytest.mark.parametrize(
    "warning",
    [
        ConvergenceWarning("Maximum Likelihood optimization failed"),
        SingularMatrixWarning("The random effects covariance matrix is singular."),
        IterationLimitWarning("gave up"),
        np.exceptions.RankWarning("Polyfit may be poorly conditioned"),
        UserWarning("covariance of constraints does not have full rank. The number of constraints is 2, but rank is 1"),
        RuntimeWarning("Maximum number of iterations has been exceeded."),
        RuntimeWarning("The iteration limit (1000) was reached"),
        UserWarning("Method 'x' did not converge"),
        UserWarning("Matrix is singular to machine precision"),
        UserWarning("Glyph 26234 (\\N{CJK UNIFIED IDEOGRAPH-667A}) missing from font(s) Lato."),
    ],
    ids=lambda warning: f"{type(warning).__name__}: {warning}",
)
def test_a_warning_that_doubts_a_result_is_an_error(watched, warning):
    with pytest.raises(type(warning), match=r"."):
        warnings.warn(warning, stacklevel=1)


def test_a_polynomial_of_too_high_degree_is_an_error(watched):
    with pytest.raises(np.exceptions.RankWarning):
        np.polyfit([1.0, 1.0, 1.0], [1.0, 2.0, 3.0], 2)


def test_other_warnings_are_counted_and_told_once(watched):
    for _ in range(3):
        warnings.warn("divide by zero", RuntimeWarning, stacklevel=1)
    warnings.warn("DataFrame.rank will converge on another default", FutureWarning, stacklevel=1)
    warnings.warn("ranked by price", UserWarning, stacklevel=1)
    assert watched() == [
        ["RuntimeWarning", "divide by zero", 3],
        ["FutureWarning", "DataFrame.rank will converge on another default", 1],
        ["UserWarning", "ranked by price", 1],
    ]
    assert watched() == []


def test_code_that_expects_a_warning_may_catch_it(watched):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warnings.warn("did not converge", ConvergenceWarning, stacklevel=1)
    assert len(caught) == 1
