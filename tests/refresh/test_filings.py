"""Figures of a filing: a good file is shown and added, a slip is named and nothing is written."""

import csv
import datetime as dt
import re
import shutil
import tempfile
from pathlib import Path

import pytest
from catalog.conftest import small as small
from hypothesis import example, given, settings
from hypothesis import strategies as st
from refresh.conftest import contents, rows
from typer.testing import CliRunner

from tokenecon.catalog.checks import run_checks
from tokenecon.catalog.schema import Schema
from tokenecon.cli import app, out
from tokenecon.refresh import add_financials
from tokenecon.refresh.filings import FilingError, _misread
from tokenecon.refresh.typed import read_rows

TODAY = dt.date.today().isoformat()
SOURCES, PERIOD = ("ZP_IR26", "MM_1H26"), "2026-01-01"
COLUMNS = ["entity_id", "metric", "segment", "period_start", "period_end", "value", "unit", "currency", "source_id"]
Row = dict[str, str]


def of_the_filings(row: Row) -> bool:
    return row["source_id"] in SOURCES and row["period_start"] == PERIOD


@pytest.fixture(scope="module")
def before(small: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data as they were before two results announcements were read."""
    root = Path(shutil.copytree(small, tmp_path_factory.mktemp("before") / "data"))
    path = root / "financials.csv"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for line, row in zip(lines[1:], rows(root, "financials"), strict=True) if not of_the_filings(row)]
    path.write_text("".join([lines[0], *kept]), encoding="utf-8", newline="")
    assert not run_checks(root)
    return root


@pytest.fixture
def root(before: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(before, tmp_path / "data"))


@pytest.fixture
def filed(small: Path) -> list[Row]:
    """What the two announcements state."""
    return [{name: row[name] for name in COLUMNS} for row in rows(small, "financials") if of_the_filings(row)]


def written(folder: Path, found: list[Row], columns: list[str] = COLUMNS) -> Path:
    path = folder / "results.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(found)
    return path


def place(found: list[Row], metric: str, segment: str, entity: str = "zhipu") -> int:
    key = {"entity_id": entity, "metric": metric, "segment": segment}
    [number] = [number for number, row in enumerate(found) if key.items() <= row.items()]
    return number


def refused(root: Path, path: Path, **options: object) -> list[str]:
    """Lines of the refusal; nothing may have been written."""
    shutil.rmtree(root / ".refresh", ignore_errors=True)
    untouched = contents(root)
    with pytest.raises(FilingError) as caught:
        add_financials(root, path, **options)
    assert contents(root) == untouched
    lines = str(caught.value).splitlines()
    assert lines[-1] == "nothing is written" or len(lines) == 1
    return lines


def test_a_good_file_is_added_with_its_source_and_shown_beside_the_past(root, filed, tmp_path, small):
    old = (root / "financials.csv").read_bytes()
    added = add_financials(root, written(tmp_path, filed))
    assert len(added.figures) == len(filed) and not added.known
    new = (root / "financials.csv").read_bytes()
    assert new.startswith(old)
    published = {row["source_id"]: row["published_on"] for row in rows(root, "sources")}
    wanted = [
        {**row, "qualifier": "exact", "published_on": published[row["source_id"]], "note": "", "added_on": TODAY}
        for row in filed
    ]
    assert rows(root, "financials")[-len(filed) :] == [
        {name: row[name] for name in rows(root, "financials")[0]} for row in wanted
    ]
    assert not run_checks(root)
    total = added.figures[place(filed, "revenue", "total", "minimax")]
    then = next(
        row
        for row in rows(small, "financials")
        if (row["entity_id"], row["metric"], row["segment"], row["period_end"], row["currency"])
        == ("minimax", "revenue", "total", "2025-06-30", "USD")
    )
    assert total.before == f"{then['value']} {then['unit']}"
    assert total.growth == pytest.approx(int(total.row["value"]) / int(then["value"]) - 1)


def test_numbers_are_taken_as_printed(root, filed, tmp_path):
    for row in filed:
        row["value"] = f"{row['value']}%" if row["unit"] == "percent" else f"{int(float(row['value'])):,}"
    filed = [row for row in filed if row["unit"] != "million"]
    loss = {**filed[0], "metric": "operating_cash_flow", "segment": "total", "entity_id": "minimax"}
    loss |= {"value": "(37,105)", "currency": "USD", "source_id": "MM_1H26"}
    add_financials(root, written(tmp_path, [*filed, loss]))
    found = rows(root, "financials")
    assert found[-1]["value"] == "-37105"
    assert {"953892", "86.5"} <= {row["value"] for row in found if of_the_filings(row)}


def test_a_second_run_adds_nothing(root, filed, tmp_path):
    path = written(tmp_path, filed)
    add_financials(root, path)
    once = contents(root)
    again = add_financials(root, path)
    assert not again.figures and again.known == list(range(2, len(filed) + 2))
    assert contents(root) == once


def test_a_dry_run_writes_nothing(root, filed, tmp_path):
    untouched = (root / "financials.csv").read_bytes()
    assert len(add_financials(root, written(tmp_path, filed), dry_run=True).figures) == len(filed)
    assert (root / "financials.csv").read_bytes() == untouched


def test_a_new_source_comes_with_its_row(root, filed, tmp_path):
    old = next(row for row in rows(root, "sources") if row["source_id"] == "ZP_IR26")
    source = tmp_path / "source.csv"
    new = {**old, "source_id": "ZP_IR26_NEW"}
    with source.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(new), lineterminator="\n")
        writer.writeheader()
        writer.writerow(new)
    mine = [row | {"source_id": "ZP_IR26_NEW"} for row in filed if row["entity_id"] == "zhipu"]
    path = written(tmp_path, mine)
    assert "give its row with --source" in refused(root, path)[0]
    add_financials(root, path, {"sources": source})
    assert rows(root, "sources")[-1] == new | {"added_on": TODAY} and not run_checks(root)


def test_a_new_source_whose_own_row_is_wrong_is_named_there_alone(root, filed, tmp_path):
    old = next(row for row in rows(root, "sources") if row["source_id"] == "ZP_IR26")
    source = tmp_path / "source.csv"
    with source.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(old), lineterminator="\n")
        writer.writeheader()
        writer.writerow({**old, "source_id": "ZP_NEW", "published_on": "31/08/2026"})
    mine = [row | {"source_id": "ZP_NEW"} for row in filed if row["entity_id"] == "zhipu"]
    found = refused(root, written(tmp_path, mine), beside={"sources": source})
    assert found == ["source.csv:2: published_on: '31/08/2026' is not a date; write it like 2026-03-31", found[-1]]


# A slip breaks what the filing itself states: the line is named, and the figure that would mend it.
SLIPS = {
    "a segment against the total": (("revenue", "cloud"), "825176", "825716", "is not the sum of its segments"),
    "the total against its segments": (("revenue", "total"), "953892", "958892", "is not the sum of its segments"),
    "a stated share": (("revenue_share", "cloud"), "86.5", "85.6", "is printed, but"),
    "a stated margin": (("gross_margin", "on_premise"), "37.9", "31.9", "is printed, but"),
    "a cost against revenue and profit": (("cost_of_revenue", "total"), "702281", "702231", "is"),
}


@pytest.mark.parametrize("name", SLIPS)
def test_a_mistyped_digit_is_caught_and_named(root, filed, tmp_path, name):
    (metric, segment), right, wrong, words = SLIPS[name]
    number = place(filed, metric, segment)
    assert filed[number]["value"] == right
    filed[number]["value"] = wrong
    lines = refused(root, written(tmp_path, filed))
    assert any(line.startswith("results.csv:") and words in line for line in lines)
    named = (
        f"results.csv:{number + 2}: value: {wrong} ({metric} {segment}) may be mistyped: with {right} everything holds"
    )
    assert any(line.startswith(named) for line in lines), lines


def test_a_growth_stated_elsewhere_catches_a_slip(root, filed, tmp_path):
    mine = [
        {**row, "value": "78929"} if (row["metric"], row["segment"]) == ("revenue", "open_platform") else row
        for row in filed
        if row["entity_id"] == "minimax" and (row["metric"], row["segment"]) == ("revenue", "open_platform")
    ]
    lines = refused(root, written(tmp_path, mine))
    assert any("703 percent is printed, but" in line for line in lines)
    assert any("may be mistyped: with 73929 everything holds" in line for line in lines), lines


def test_a_growth_that_the_file_states_is_checked(root, filed, tmp_path):
    revenue = filed[place(filed, "revenue", "total")]
    growth = {**revenue, "metric": "revenue_growth", "unit": "percent", "currency": "", "value": "0.0"}
    lines = refused(root, written(tmp_path, [*filed, growth]))
    assert any(line.startswith(f"results.csv:{len(filed) + 2}: value: 0.0 percent is printed, but") for line in lines)


# Other mistakes: cells of one line, and what the message must say of that line.
MISTAKES = {
    "a unit a thousand times off": ({"unit": "million"}, "unit: "),
    "a unit that is none": ({"unit": "thousands"}, "unit"),
    "a percent sign without the unit": ({"value": "12%"}, "write percent"),
    "a currency that is none": ({"currency": "RMB"}, "currency"),
    "no currency": ({"currency": ""}, "currency"),
    "an unknown metric": ({"metric": "revenues"}, "revenues"),
    "an unknown segment": ({"segment": "clouds"}, "clouds"),
    "an unknown company": ({"entity_id": "zhpu"}, "zhpu"),
    "an unknown source": ({"source_id": "ZP_IR62"}, "'ZP_IR62' is no source yet"),
    "no number": ({"value": "n/a"}, "'n/a' is not a number"),
    "no day": ({"period_end": "2026-06-31"}, "2026-06-31"),
    "days the wrong way round": ({"period_end": "2025-06-30"}, "is before period_start"),
    "published before the period ended": ({"published_on": "2026-05-01"}, "published_on"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_other_mistakes_are_named_by_line_and_column(root, filed, tmp_path, name):
    cells, words = MISTAKES[name]
    number = place(filed, "rd_expense", "total")
    filed[number] |= cells
    lines = refused(root, written(tmp_path, filed, [*COLUMNS, "published_on"]))
    assert any(line.startswith(f"results.csv:{number + 2}: ") and words in line for line in lines), lines


def test_a_jump_can_be_allowed(root, filed, tmp_path):
    filed[place(filed, "finance_cost", "total")] |= {"value": "95925000"}
    path = written(tmp_path, filed)
    assert any("is the unit right" in line and line.endswith("add --allow-jumps") for line in refused(root, path))
    added = add_financials(root, path, allow_jumps=True)
    assert len(added.figures) == len(filed)
    assert any(line.endswith("Taken, as allowed") for line in added.notes)


@pytest.mark.parametrize("value", ["2131171", "2131172"])
def test_a_figure_given_twice_is_named(root, filed, tmp_path, value):
    twice = {**filed[place(filed, "rd_expense", "total")], "value": value}
    lines = refused(root, written(tmp_path, [*filed, twice]))
    assert any(line.startswith(f"results.csv:{len(filed) + 2}: ") for line in lines), lines


def test_another_value_of_a_known_figure_is_refused(root, filed, tmp_path):
    add_financials(root, written(tmp_path, filed))
    other = [filed[place(filed, "rd_expense", "total")] | {"value": "2131170"}]
    lines = refused(root, written(tmp_path, other))
    assert any(line.startswith("results.csv:2: ") for line in lines), lines


HEADER, ROW = ",".join(COLUMNS), ",".join(["x"] * len(COLUMNS))
FILES = {
    "empty": ("", "is empty"),
    "only a header": (HEADER + "\n", "has no rows"),
    "another column": (f"{HEADER},amount\n{ROW},x\n", "amount: is no column of this table"),
    "a column missing": (",".join(COLUMNS[1:]) + "\n" + ROW[2:] + "\n", "entity_id: column is missing"),
    "a column twice": (f"{HEADER},unit\n{ROW},x\n", "unit: stands twice"),
    "thousands not quoted": (f"{HEADER}\n{ROW},x\n", 'quote a cell that holds a comma: "1,234"'),
    "thousands in curly quotes": (f"{HEADER}\n{ROW[:-2]},“1,234”\n", "curly quotes do not quote"),
    "commas at the end": (f"{HEADER}\n{ROW},,\n", "delete the empty columns"),
    "an open quote": (f'{HEADER}\n"x\n', "a quote is opened and not closed"),
    "a blank row": (f"{HEADER}\n{',' * 8}\n{ROW}\n", "results.csv:2: row: is blank; delete the line"),
    "a comment": (f"{HEADER}\n# checked by KL\n{ROW}\n", "results.csv:2: row: '# checked by KL' is a comment"),
    "a note to Excel": (f"sep=,\n{HEADER}\n{ROW}\n", "'sep=,' is no header; delete the line"),
    "a blank line first": (f"\n{HEADER}\n{ROW}\n", "results.csv:1: header: '' is no header; delete the line"),
    "semicolons": (f"{HEADER}\n{ROW}\n".replace(",", ";"), "has semicolons between its cells; save it as CSV UTF-8"),
    "tabs": (f"{HEADER}\n{ROW}\n".replace(",", "\t"), "has tabs between its cells"),
    "bars": (f"{HEADER}\n{ROW}\n".replace(",", "|"), "has bars between its cells"),
    "full-width commas": (f"{HEADER}\n{ROW}\n".replace(",", "，"), "has full-width commas between its cells"),
    "UTF-16": (f"{HEADER}\n{ROW}\n".encode("utf-16"), "is UTF-16, as spreadsheets write Unicode text; save it"),
    "UTF-16 without a mark": (f"{HEADER}\n{ROW}\n".encode("utf-16-le"), "is UTF-16 or another encoding of two bytes"),
    "GB18030": (f"{HEADER}\n{ROW[:-1]}智谱\n".encode("gb18030"), "is not UTF-8 (GB18030?); save it"),
    "Windows-1252": (f"{HEADER}\n{ROW[:-1]}é – a\n".encode("cp1252"), "is not UTF-8 (Windows-1252?); save it"),
    "a workbook": (b"PK\x03\x04" + bytes(40), "is a workbook (or another zip); save it"),
    "an old workbook": (b"\xd0\xcf\x11\xe0" + bytes(40), "is an old workbook; save it"),
    "a PDF": (b"%PDF-1.7\n\xff", "is a PDF; save it"),
    "a page": ("<!doctype html><table>\n", "is a page of HTML or XML; save it"),
    "JSON": ('{"rows": []}\n', "is JSON; save it"),
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_no_such_table_is_refused(root, tmp_path, name):
    content, words = FILES[name]
    path = tmp_path / "results.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    assert any(words in line for line in refused(root, path)), refused(root, path)


def test_a_missing_file_is_one_line(root, tmp_path):
    assert "cannot be read" in refused(root, tmp_path / "none.csv")[0]


def run(*words: object):
    return CliRunner().invoke(app, [str(word) for word in words])


def test_the_command_shows_and_adds(root, filed, tmp_path, monkeypatch):
    monkeypatch.setattr(out, "width", 200)
    path = written(tmp_path, filed)
    tried = run("add", "financials", path, "--dry-run", "--data", root)
    assert tried.exit_code == 0 and f"would add {len(filed)} rows" in tried.output
    done = run("add", "financials", path, "--data", root)
    assert done.exit_code == 0 and f"added {len(filed)} rows to data/financials.csv" in done.output
    assert "minimax revenue total USD" in done.output and "953892 thousand" in done.output
    again = run("add", "financials", path, "--data", root)
    assert again.exit_code == 0 and f"added 0 rows to data/financials.csv; {len(filed)} were there" in again.output


def test_the_command_names_a_slip_with_status_1_and_no_traceback(root, filed, tmp_path):
    filed[place(filed, "revenue", "cloud")]["value"] = "825716"
    result = run("add", "financials", written(tmp_path, filed), "--data", root)
    assert result.exit_code == 1
    assert "may be mistyped: with 825176" in result.output and "nothing is written" in result.output
    assert "Traceback" not in result.output


@pytest.mark.parametrize("words", [("add", "financials", "none.csv"), ("add", "financials", "none.csv", "--dry-run")])
def test_a_file_that_is_not_there_ends_with_status_1(root, words):
    result = run(*words, "--data", root)
    assert (
        result.exit_code == 1
        and "none.csv:1: file: cannot be read: No such file" in result.output
        and "Traceback" not in result.output
    )


def test_a_data_folder_that_is_not_there_ends_with_status_1(tmp_path, filed):
    result = run("add", "financials", written(tmp_path, filed), "--data", tmp_path / "nowhere")
    assert result.exit_code == 1 and "is no data folder" in result.output


def test_help_teaches():
    text = " ".join(run("add", "financials", "--help").output.replace("│", " ").split())
    for word in (*COLUMNS, "as printed", "--source", "--rulings", "--allow-jumps", "--dry-run", "nothing is written"):
        assert word in text
    text = run("refresh", "--help").output
    for word in ("prices", "tokens", "fx", "--since", "--dry-run", "--from-snapshots", "--watch-sources", "OPENROUTER"):
        assert word in text
    assert run("refresh", "everything").exit_code == 2
    assert run("refresh", "--since", "yesterday").exit_code == 2


# Files as people save them: what can be read is read, and each finding stands on the file's own line.


def as_text(found: list[Row], columns: list[str] = COLUMNS) -> str:
    lines = [",".join(columns)]
    lines += [",".join(f'"{row[name]}"' if "," in row[name] else row[name] for name in columns) for row in found]
    return "\n".join(lines) + "\n"


SAVED = {
    "with a byte order mark": lambda text: "\ufeff" + text,
    "by Windows": lambda text: text.replace("\n", "\r\n"),
    "by an old Mac": lambda text: text.replace("\n", "\r"),
    "without a line end": lambda text: text.rstrip("\n"),
    "with blank lines at the end": lambda text: text + "\n\n",
    "with spaces around the cells": lambda text: text.replace(",", " , "),
    "with spaces of typesetters between thousands": lambda text: text.replace("2131171", "2\u2009131\u2009171"),
    "with every cell in quotes": lambda text: "".join(
        ",".join(f'"{cell}"' for cell in line.split(",")) + "\n" for line in text.splitlines()
    ),
    "with the columns turned round": lambda text: "".join(
        ",".join(reversed(line.split(","))) + "\n" for line in text.splitlines()
    ),
}


@pytest.mark.parametrize("name", SAVED)
def test_a_file_is_read_however_it_was_saved(root, filed, tmp_path, name):
    path = tmp_path / "results.csv"
    path.write_bytes(SAVED[name](as_text(filed)).encode())
    assert len(add_financials(root, path, dry_run=True).figures) == len(filed)


def typed_file(folder: Path, *lines: str) -> Path:
    path = folder / "results.csv"
    path.write_text("\n".join([",".join([*COLUMNS, "note"]), *lines]) + "\n", encoding="utf-8", newline="")
    return path


GOOD = "zhipu,rd_expense,total,2026-01-01,2026-06-30,2131171,thousand,CNY,ZP_IR26"


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (
            (f'{GOOD},"a', 'b"', GOOD.replace("2131171", "oops") + ","),
            [
                "results.csv:2: note: 'a\\nb' holds a line break; a cell stands on one line",
                "results.csv:4: value: 'oops' is not a number",
            ],
        ),
        (("", f"{GOOD},"), ["results.csv:2: row: is blank; delete the line"]),
        ((f"{GOOD},,,",), ["results.csv:2: row: has 12 cells where the header has 10; the commas at the end"]),
        ((f"{GOOD},see\u2028page 4",), ["results.csv:2: note: 'see\\u2028page 4' holds a character", "(U+2028)"]),
        ((f"{GOOD},\u202epage",), ["results.csv:2: note: ", "RIGHT-TO-LEFT OVERRIDE (U+202E)"]),
        ((f'{GOOD},"=HYPERLINK(""http://x"",""y"")"',), ["results.csv:2: note: '=HYPERLINK", "begins with '='"]),
        ((f"{GOOD},＠SUM(A1)",), ["results.csv:2: note: '＠SUM(A1)' begins with '＠'"]),
        ((f"{GOOD},+1 page",), ["results.csv:2: note: '+1 page' begins with '+'"]),
        ((GOOD.replace("2026-06-30", "2026/6/30") + ",",), ["results.csv:2: period_end: ", "write it as 2026-06-30"]),
        ((GOOD.replace("2026-06-30", "46203") + ",",), ["results.csv:2: period_end: ", "write it as 2026-06-30, if"]),
        ((GOOD.replace("2026-06-30", "") + ",",), ["results.csv:2: period_end: is empty; a value is required"]),
        ((GOOD.replace("2131171", "") + ",",), ["results.csv:2: value: is empty; a value is required"]),
        ((GOOD.replace("zhipu", "Zhipu") + ",",), ["results.csv:2: entity_id: 'Zhipu' is in no row"]),
        ((GOOD.replace("thousand", "Thousand") + ",",), ["results.csv:2: unit: 'Thousand' is none of"]),
        ((GOOD.replace("2131171", "２１３１，１") + ",",), ["a decimal comma? write 2131.1"]),
    ],
)
def test_what_is_wrong_with_a_file_stands_on_its_own_line(root, tmp_path, lines, expected):
    found = refused(root, typed_file(tmp_path, *lines))
    for words in expected:
        assert any(words in line for line in found), found


def test_a_source_that_only_wrong_rows_name_is_asked_for_in_the_same_round(root, tmp_path):
    found = refused(root, typed_file(tmp_path, GOOD.replace("2131171", "oops").replace("ZP_IR26", "ZP_NEW") + ","))
    assert [line.split(": ")[1] for line in found[:-1]] == ["source_id", "value"]


def test_everything_is_said_at_once(root, filed, tmp_path):
    """Cells, unknown words, a source that is not known, a sum, and what is unlikely: one round."""
    rows_ = [dict(row) for row in filed]
    rows_[place(rows_, "rd_expense", "total")]["value"] = "2131,1"
    rows_[place(rows_, "cost_of_revenue", "total")]["metric"] = "cost_of_revenues"
    rows_[place(rows_, "revenue", "cloud")]["value"] = "825716"
    rows_[place(rows_, "finance_cost", "total")]["value"] = "95925000"
    for row in rows_:
        if row["entity_id"] == "minimax":
            row["source_id"] = "MM_NEW"
    found = refused(root, written(tmp_path, rows_))
    mine = sum(row["source_id"] == "MM_NEW" for row in rows_)
    assert [line for line in found if "MM_NEW" in line] == [
        f"results.csv:{place(rows_, 'revenue', 'total', 'minimax') + 2}: source_id: 'MM_NEW' is no source yet "
        f"({mine} rows of results.csv); give its row with --source FILE.csv"
    ]
    for words in ("a decimal comma? write 2131.1", "'cost_of_revenues' is in no row", "is not the sum", "unit right"):
        assert any(words in line for line in found), (words, found)


# What no rule forbids, and is mostly a slip.


def without(root: Path, **match: str) -> None:
    """Take rows out of the accounts."""
    path = root / "financials.csv"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [
        line for line, row in zip(lines[1:], rows(root, "financials"), strict=True) if not match.items() <= row.items()
    ]
    assert len(kept) < len(lines) - 1
    path.write_text("".join([lines[0], *kept]), encoding="utf-8", newline="")


HALF = ("2026-01-01", "2026-06-30")
QUESTIONS = {
    "a cost of nothing": ("employee_cost", "total", HALF, "0", "million", "comes after the figure a year before"),
    "a tenth": ("employee_cost", "total", HALF, "48.21", "million", "is 0.0965 times the figure a year before"),
    "a thousandth": ("employee_cost", "total", HALF, "482.1", "thousand", "is 0.000965 times the figure a year before"),
    "ten times": ("employee_cost", "total", HALF, "5,210", "million", "is 10.4 times the figure a year before"),
    "a point for a comma": ("rd_expense", "total", HALF, "2.131", "million", "is 0.00134 times"),
    "a point lost": ("capex", "total", HALF, "3906", "million", "is 72.7 times the figure a year before, 53.7 million"),
    "revenue below zero": ("revenue", "total", HALF, "(953,892)", "thousand", "below zero, as no revenue known is"),
    "cash used that came in": (
        "operating_cash_flow",
        "total",
        ("2026-01-01", "2026-03-31"),
        "1,500",
        "million",
        "is a minus lost?",
    ),
    "a margin of more than all": (
        "gross_margin",
        "total",
        HALF,
        "264",
        "percent",
        "more than all of it, as no gross_m",
    ),
    "a fraction for a percentage": ("gross_margin", "total", HALF, "0.264", "percent", "is it a fraction, or a perc"),
    "a day too few": (
        "employee_cost",
        "total",
        ("2026-01-01", "2026-06-29"),
        "482.1",
        "million",
        "is a day off 2026-01",
    ),
    "a day too late": (
        "employee_cost",
        "total",
        ("2026-01-02", "2026-06-30"),
        "482.1",
        "million",
        "is a day off 2026-01",
    ),
    "a day off the year before": ("revenue", "total", ("2025-01-01", "2025-12-30"), "724334", "thousand", "on line "),
    "of another time, a thousandth": (
        "cash",
        "total",
        ("2026-05-31", "2026-05-31"),
        "2269",
        "thousand",
        "the figure of 20",
    ),
}


@pytest.mark.parametrize("name", QUESTIONS)
def test_what_is_unlikely_is_held_until_allowed(root, filed, tmp_path, name):
    metric, segment, (start, end), value, unit, words = QUESTIONS[name]
    row = {"entity_id": "zhipu", "metric": metric, "segment": segment, "period_start": start, "period_end": end}
    row |= {"value": value, "unit": unit, "currency": "" if unit == "percent" else "CNY", "source_id": "ZP_IR26"}
    path = written(tmp_path, [row])
    found = refused(root, path)
    assert any(words in line and line.endswith("If it is right, add --allow-jumps") for line in found), found
    added = add_financials(root, path, allow_jumps=True, dry_run=True)
    assert any(words in note and note.endswith("Taken, as allowed") for note in added.notes)


def test_what_the_filing_confirms_is_not_questioned(root, filed, tmp_path):
    """Zhipu's cloud revenue grew to 28 times: it sums to a total that did not, so nobody asks."""
    cloud = filed[place(filed, "revenue", "cloud")]
    assert any("28.4 times" in line for line in refused(root, written(tmp_path, [cloud])))
    notes = add_financials(root, written(tmp_path, filed), dry_run=True).notes
    assert notes and all("was not checked" in note for note in notes)


def test_a_whole_file_in_a_wrong_unit_does_not_confirm_itself(root, filed, tmp_path):
    """Ten times too large, everything sums: the totals are far off too."""
    for row in filed:
        if row["unit"] == "thousand" and row["entity_id"] == "zhipu":
            row["value"] = f"{int(row['value']) * 10}"
    found = refused(root, written(tmp_path, filed))
    assert any(f"results.csv:{place(filed, 'revenue', 'total') + 2}: unit: " in line for line in found), found


def test_a_stated_figure_that_nothing_can_check_says_so(root, filed, tmp_path):
    growth = {**filed[0], "entity_id": "zhipu", "metric": "rd_growth", "segment": "total", "value": "33.7"}
    growth |= {"unit": "percent", "currency": "", "period_start": "2022-01-01", "period_end": "2022-12-31"}
    added = add_financials(root, written(tmp_path, [growth | {"source_id": "ZP_IR26"}]), dry_run=True)
    assert added.notes == [
        "results.csv:2: value: 33.7 percent was not checked: the rows of growth(rd_expense) are not all known"
    ]


def test_growth_over_years_of_weeks_is_checked(root, tmp_path):
    year = {"entity_id": "zhipu", "segment": "total", "source_id": "ZP_IR26", "published_on": "2026-08-31"}
    money = {"metric": "revenue", "unit": "million", "currency": "CNY"}
    before = year | money | {"period_start": "2023-10-01", "period_end": "2024-09-28", "value": "400"}
    now = year | money | {"period_start": "2024-09-29", "period_end": "2025-09-27", "value": "390"}
    growth = now | {"metric": "revenue_growth", "unit": "percent", "currency": "", "value": "50.0"}
    found = refused(root, written(tmp_path, [before, now, growth], [*COLUMNS, "published_on"]))
    assert found[0].startswith("results.csv:4: value: 50.0 percent is printed, but growth(revenue) = 390 / 400 - 1")
    right = written(tmp_path, [before, now, growth | {"value": "(2.5)%"}], [*COLUMNS, "published_on"])
    assert len(add_financials(root, right, dry_run=True).figures) == 3


def test_a_period_from_a_leap_day_on_is_taken(root, tmp_path):
    row = {"entity_id": "zhipu", "metric": "employee_cost", "segment": "total", "value": "482.1", "unit": "million"}
    row |= {"currency": "CNY", "source_id": "ZP_IR26", "period_start": "2024-02-29", "period_end": "2024-08-31"}
    add_financials(root, written(tmp_path, [row]))
    assert not run_checks(root)


@given(st.from_regex(r"-?(0|[1-9][0-9]{0,5})(\.[0-9]{1,3})?", fullmatch=True))
def test_a_hint_is_a_number_that_a_filing_can_print(value):
    for hint in _misread(value):
        assert re.fullmatch(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?", hint) and float(hint) and hint != value


@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
@example(b"\xff\xfe\x00")
@example(b'"\n"')
@example(b",\n,\n")
@example(b"#\x00")
@settings(max_examples=200)
def test_any_file_is_read_or_refused_in_lines(small, content):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "results.csv"
        for start in (b"", (",".join(COLUMNS) + "\n").encode()):
            path.write_bytes(start + content)
            typed = read_rows(path, Schema.load(small).tables["financials"], ("published_on", "note", "qualifier"))
            assert typed.findings or typed.rows
            assert all(str(finding).isprintable() for finding in typed.findings), typed.findings
            assert all(finding.row >= 1 for finding in typed.findings)
