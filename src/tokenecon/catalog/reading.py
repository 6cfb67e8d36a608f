"""Numbers as people print, type and paste them: read where they can mean one thing only, else refused with a remedy."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from tokenecon.catalog.printed import LONGEST

_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
SPACES = dict.fromkeys(map(ord, "\u00a0\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u3000"), " ")
"""Spaces of typesetters, each as the plain one."""
_SPACE = f"[ {''.join(map(chr, SPACES))}]"
_MINUS = r"[-\u2010\u2011\u2012\u2013\u2212\ufe63]"
_READ = re.compile(
    rf"""(?P<open>\(?){_SPACE}?(?P<sign>\+|{_MINUS})?{_SPACE}?
    (?P<whole>\d{{1,3}}(?P<mark>[,'’]|{_SPACE})\d{{3}}(?:(?P=mark)\d{{3}})*|\d+)(?P<part>\.\d+)?
    {_SPACE}?(?P<inside>%?){_SPACE}?(?P<close>\)?){_SPACE}?(?P<after>%?)""",
    re.ASCII | re.VERBOSE,
)
FINEST = 10
"""Digits after the point of the finest number that a filing prints."""
_DIGITS = str.maketrans("OoDlIi|SsBZz", "000111155822")


def plain_number(printed: str) -> str:
    """Write a number as a table wants it, from the ways in which filings print one.

    Read are ``1,234.5``, ``1 234.5`` and ``1'234.5`` (marks in whole groups of three), ``-37.1``, ``−37.1``,
    ``(37.1)``, ``26.3%``, ``(26.3%)``, and all of them in full-width characters. The digits stay as printed, zeros at
    the end included.

    Parameters
    ----------
    printed
        The cell, without spaces at its ends.

    Returns
    -------
    str
        Digits, with at most a minus before and a point between them.

    Raises
    ------
    ValueError
        If it can be read in no way or in several; the message quotes the cell and says what to write.
    """
    text = printed.translate(_FULL_WIDTH)
    found = _READ.fullmatch(text) if len(text) <= LONGEST else None
    fault = _fault(found) if found else _why_not(text)
    if not found or fault:
        raise ValueError(f"{shown(printed)} {fault}")
    digits = re.sub(r"\D", "", found["whole"]) + (found["part"] or "")
    below = found["open"] or found["sign"] not in (None, "+")
    return f"-{digits}" if below and digits.strip("0.") else digits


def _fault(found: re.Match[str]) -> str:
    """Say why a cell that looks like a number is none."""
    whole, bare = found["whole"], re.sub(r"\D", "", found["whole"])
    if bool(found["open"]) != bool(found["close"]):
        return "has one bracket; a figure below zero has two"
    if found["open"] and found["sign"]:
        return "has brackets and a sign; write one of them"
    if found["inside"] and found["after"]:
        return "has two percent signs"
    if (places := len(found["part"] or ".") - 1) > FINEST:
        return f"has {places} digits after the point, as a machine works out; copy the filing's number"
    if len(bare) > 1 and bare[0] == "0":
        comma = len(whole) == 5 and whole[1] == "," and not found["part"]
        return f"has a decimal comma? write 0.{whole[2:]}" if comma else f"begins with 0; write {_bare(found[0])}"
    return ""


def _bare(text: str) -> str:
    """Leave the digits before and after the last point, and a minus."""
    whole, point, part = text.strip("()% ").rpartition(".")
    digits = re.sub(r"\D", "", whole or part).lstrip("0") or "0"
    return ("-" if re.match(_MINUS, text) else "") + digits + (f".{part}" if point and whole else "")


def _decimal_comma(text: str) -> str:
    return (
        f"has commas outside groups of three; a decimal comma? write {_bare(text.replace('.', '').replace(',', '.'))}"
    )


_UNITS = "k|mn?|bn?|tn?|thousand|million|billion|trillion|pp|ppt|pct|[千万萬亿億]+元?|‰"
_N = r"\d[\d.,'’ \u00a0]*"
# What a cell looks like, from the most telling: sign and brackets may stand around it, spaces and percent after it.
_LOOKS: tuple[tuple[str, str | Callable[[str], str]], ...] = (
    (rf"({_MINUS}|[—―])+|nil|n\.?m\.?", "is no figure; leave out the row, or write 0 where the filing means nil"),
    (r"#+|#(REF!|VALUE!|DIV/0!|NAME\?|N/A|NUM!|NULL!)", "is an error of a spreadsheet; copy the filing's number"),
    (r"[+-]?(nan|inf|infinity)", "is not a finite number; leave out the row if nothing is known"),
    (r"\d{1,3}([.'’ \u00a0]?\d{3})*,(\d{1,2}|\d{4,})|\d{1,3}(\.\d{3})+,\d+", _decimal_comma),
    (r"\d{1,3}(\.\d{3}){2,}", lambda text: f"has points between thousands? write {text.replace('.', '')}"),
    (r"\d[\d,.]*,[\d,.]*", "has commas outside groups of three; is a digit missing, or is one too many?"),
    (rf"[△▲▽▼] ?{_N}", lambda text: f"has a triangle for its minus; write -{_bare(text[1:])}"),
    (rf"[(\[{{<]+{_N}[)\]}}>]+", "has brackets of another kind; a figure below zero has one of (…)"),
    (rf"{_N}{_MINUS}", lambda text: f"has its minus at the end; write -{_bare(text[:-1])}"),
    (r"\d+(\.\d+)?e[+-]?\d+", "is not a number as printed: a spreadsheet shortened it"),
    (r"\.\d+", lambda text: f"has no digit before the point; write 0{text}"),
    (r"[\d,]*\.", "ends in a point; is a digit missing?"),
    (rf"[\"'‘’“”]+{_N}[\"'‘’“”]*|{_N}[\"“”]+", "has a quote in it; write the digits alone"),
    (rf"(about|over|ca?\.?|[~≈<>≤≥±]) ?{_N}", "is not exact; write the digits, and how exact in column qualifier"),
    (rf"{_N}([⁰¹²³⁴-⁹*†‡]+|\(\w\)|\[\w+\])", "has a mark of a footnote; leave it out"),
    (rf"{_N} ?({_MINUS}|~|to) ?{_N}", "is a range; a row has one number"),
    (rf"([a-z]{{0,3}} ?[$¥€£￥]|rmb|cny|usd|hkd) ?{_N}.*|{_N}元", "holds a currency, which has a column of its own"),
    (rf"{_N}({_UNITS})", "holds a unit, which has a column of its own"),
    (r"[\d.,odli|sbz]*\d[\d.,odli|sbz]*", lambda text: f"has letters for digits; is {text.translate(_DIGITS)} meant?"),
)  # fmt: skip


def _why_not(text: str) -> str:
    """Say what a cell is that cannot be read as a number."""
    if len(text) > LONGEST:
        return f"has {len(text)} characters, more than any number in a filing"
    if odd := odd_character(re.sub(_SPACE, "", text)):
        return f"holds a character that does not print, {odd}"
    inner = re.sub(rf"^\((.*)\)$|^(?:\+|{_MINUS})(?=.*\d)", r"\1", re.sub(rf"{_SPACE}?%{_SPACE}?", "", text))
    sign = "-" if text[:1] == "(" or re.match(rf"{_MINUS}.*\d", text) else ""
    for pattern, says in _LOOKS:
        if re.fullmatch(pattern, inner, re.IGNORECASE | re.ASCII):
            return says if isinstance(says, str) else says(sign + inner)
    return "is not a number"


def odd_character(text: str) -> str | None:
    """Name the first character of a text that does not print: ``LINE SEPARATOR (U+2028)``; None without one."""
    for char in text:
        if not char.isprintable():
            return f"{unicodedata.name(char, 'a control character')} (U+{ord(char):04X})"
    return None


def shown(text: str) -> str:
    """Quote a cell: shortened where it is long, and what does not print escaped."""
    short = text if len(text) <= LONGEST else text[:LONGEST] + "…"
    return f"'{short}'" if short.isprintable() else repr(short)
