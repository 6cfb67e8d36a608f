"""Numbers as people print, type and paste them: read in one way, or refused with a remedy."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tokenecon.catalog.checks.cells import date_fault, formula_fault, number_fault
from tokenecon.catalog.printed import PLAIN_NUMBER
from tokenecon.catalog.reading import plain_number

FULL_WIDTH = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}
MARKS = (",", " ", "\u00a0", "\u202f", "\u2009", "'", "’")
MINUSES = "-−‐‑–－"

WHOLE = st.integers(0, 10**12)
PART = st.none() | st.text("0123456789", min_size=1, max_size=4)


@st.composite
def printed(draw: st.DrawFn) -> tuple[str, str]:
    """A number in one of the forms that filings have, and what a table is to hold."""
    whole, part = draw(WHOLE), draw(PART)
    point = "" if part is None else f".{part}"
    mark = draw(st.sampled_from(["", *MARKS]))
    text = (f"{whole:,}".replace(",", mark) if mark else str(whole)) + point
    percent, gap = draw(st.sampled_from(["", "%"])), draw(st.sampled_from(["", " ", "\u00a0"]))
    text, below = draw(
        st.sampled_from(
            [
                (f"{text}{gap}{percent}", False),
                (f"+{text}{percent}", False),
                (f"({text}{percent})", True),
                (f"({text}){gap}{percent}", True),
                *((f"{minus}{text}{percent}", True) for minus in MINUSES),
            ]
        )
    )
    if draw(st.booleans()):
        text = text.translate(FULL_WIDTH)
    plain = f"{whole}{point}"
    return text.strip(), f"-{plain}" if below and Decimal(plain) else plain


@given(printed())
def test_every_form_of_a_filing_gives_the_digits_printed(case):
    text, plain = case
    assert plain_number(text) == plain
    assert PLAIN_NUMBER.fullmatch(plain) and number_fault(plain) is None


@given(st.text("0123456789.,'() -−%+，．（）％ \u00a0’", max_size=14))
@example("1,234,5")
@example("12,34")
@example("1'234,567")
@example("0,482")
@example("(5")
@settings(max_examples=500)
def test_what_is_read_is_what_its_digits_say(text):
    """Any text of a number's characters: either refused, or read with marks in whole groups and brackets in pairs."""
    text = text.strip()
    try:
        plain = plain_number(text)
    except ValueError as error:
        assert "\n" not in str(error)
        return
    half = text.translate({code + 0xFEE0: code for code in FULL_WIDTH})
    assert plain.lstrip("-") == "".join(char for char in half if char in "0123456789.")
    assert half.count("(") == half.count(")") <= 1 and half.count("%") <= 1
    whole = half.partition(".")[0].strip("()+-−% \u00a0")
    groups = [len(group) for group in "".join(c if c.isdigit() else "," for c in whole).split(",")]
    assert groups[1:] == [3] * len(groups[1:])
    assert plain.startswith("-") == (("(" in half or half[0] in "-−") and bool(Decimal(plain)))


@given(WHOLE, st.text("0123456789", min_size=1, max_size=8), st.sampled_from(["", ".", " ", "'"]))
def test_a_decimal_comma_is_never_read_as_another_number(whole, part, mark):
    text = f"{whole:,}".replace(",", mark) + f",{part}"
    try:
        read = plain_number(text)
    except ValueError as error:
        likely = f"write {whole}.{part}"
        assert likely in str(error) or len(part) == 3 or "write" not in str(error), str(error)
    else:
        assert len(part) == 3 and whole and read == f"{whole}{part}"  # Then it is a group of three.


@given(st.text(max_size=60))
def test_any_text_is_a_number_or_one_line_that_says_why_not(text):
    fault = number_fault(text)
    assert fault is None or (fault and fault.isprintable() and "\n" not in fault)
    assert date_fault(text) is None or "\n" not in date_fault(text)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("482,1", "a decimal comma? write 482.1"),
        ("26,4%", "a decimal comma? write 26.4"),
        ("1.482,1", "a decimal comma? write 1482.1"),
        ("(482,1)", "a decimal comma? write -482.1"),
        ("0,482", "a decimal comma? write 0.482"),
        ("1.234.567", "write 1234567"),
        ("12,34,567", "commas outside groups of three"),
        ("(482.1", "one bracket"),
        ("26.3)%", "one bracket"),
        ("(-5)", "brackets and a sign"),
        ("26.3%%", "two percent signs"),
        ("007", "begins with 0; write 7"),
        ("482.1-", "minus at the end; write -482.1"),
        ("1.2E+05", "a spreadsheet shortened it"),
        (".5", "no digit before the point; write 0.5"),
        ("482.", "ends in a point"),
        ("'482.1", "has a quote in it"),
        ("“1,234”", "has a quote in it"),
        ("~482", "how exact in column qualifier"),
        ("<1%", "how exact in column qualifier"),
        ("about 482", "how exact in column qualifier"),
        ("482.1*", "mark of a footnote"),
        ("482.1²", "mark of a footnote"),
        ("482.1(a)", "mark of a footnote"),
        ("▲37.1", "has a triangle for its minus; write -37.1"),
        ("[482.1]", "has brackets of another kind"),
        ("-(482.1)", "has brackets of another kind"),
        ("26.377300000000002", "has 15 digits after the point, as a machine works out"),
        ("10–12", "is a range"),
        ("$482.1m", "holds a currency"),
        ("¥482.1", "holds a currency"),
        ("RMB482.1", "holds a currency"),
        ("482.1元", "holds a currency"),
        ("482.1m", "holds a unit"),
        ("48.2万", "holds a unit"),
        ("4.8亿", "holds a unit"),
        ("2.5‰", "holds a unit"),
        ("l,234", "letters for digits; is 1,234 meant?"),
        ("4S2.O", "letters for digits; is 452.0 meant?"),
        ("—", "is no figure"),
        ("nil", "is no figure"),
        ("#REF!", "an error of a spreadsheet"),
        ("#####", "an error of a spreadsheet"),
        ("482\u200b.1", "does not print, ZERO WIDTH SPACE (U+200B)"),
        ("\ufeff482.1", "does not print, ZERO WIDTH NO-BREAK SPACE (U+FEFF)"),
        ("9" * 60, "has 60 characters"),
        ("n/a", "is not a number"),
        ("٤٨٢", "is not a number"),
        ("½", "is not a number"),
    ],
)
def test_what_cannot_be_read_in_one_way_is_refused_with_a_remedy(text, says):
    with pytest.raises(ValueError) as caught:
        plain_number(text)
    assert says in str(caught.value)


@pytest.mark.parametrize("text", ["-0", "-0.0", "-000.00", "1" * 41])
def test_a_table_holds_no_minus_nought_and_no_endless_number(text):
    assert number_fault(text)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("2026/06/30", "write it as 2026-06-30"),
        ("2026.6.30", "write it as 2026-06-30"),
        ("2026年6月30日", "write it as 2026-06-30"),
        ("２０２６-０６-３０", "write it as 2026-06-30"),
        ("2026-06-30 00:00:00", "write it as 2026-06-30"),
        ("46203", "write it as 2026-06-30, if 46203 is the day number of a spreadsheet"),
        ("06/07/2026", "write it like 2026-03-31"),
        ("Jun-26", "write it like 2026-03-31"),
        ("0226-06-30", "lies in the year 226"),
        ("9999-12-31", "lies in the year 9999"),
        ("2026-02-29", "is no day of the calendar"),
    ],
)
def test_a_day_in_another_form_is_refused_with_the_day_meant(text, says):
    assert says in date_fault(text)


@given(st.sampled_from("=+-@＝＋－＠"), st.text(max_size=20))
def test_a_cell_that_a_spreadsheet_would_run_is_refused(sign, text):
    cell = sign + text
    assert bool(formula_fault(cell)) != bool(PLAIN_NUMBER.fullmatch(cell))


@given(st.text(max_size=20).filter(lambda text: text[:1] not in tuple("=+-@＝＋－＠﹢﹣﹦﹫⁺⁻⁼₊₋₌﬩")))
def test_other_text_is_no_formula(text):
    assert formula_fault(text) is None
