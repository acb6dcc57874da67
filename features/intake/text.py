"""Text of cells and headers: what is tidied silently, what is tidied with a word."""

import re
import unicodedata
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_BLANKS = re.compile(r"\s+")
_BYTE_ORDER_MARK = "\ufeff"
# Only letters and digits: full-width brackets belong to the registered names of enterprises.
_HALF_WIDTH = {
    code: code - 0xFEE0
    for start, end in (("０", "９"), ("Ａ", "Ｚ"), ("ａ", "ｚ"))
    for code in range(ord(start), ord(end) + 1)
}
# Where tidy() changes something: a guard, outer or double blanks, or a blank that is no space.
_UNTIDY = (
    r"^'[=+\-@＝＋－＠\t\r\n]|^ | $|  |[\t\n\v\f\r\x{1c}-\x{1f}\x{85}\x{a0}\x{1680}"
    r"\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}]"
)
_TOTAL_ROW = r"^\s*(合\s*计|总\s*计|小\s*计|共\s*计|(?i:grand total|sub-?total|total))\s*[:：]?\s*$"
# What a spreadsheet makes of a long number: its last digits are gone.
SCIENTIFIC = r"^[0-9](\.[0-9]+)?[eE]\+[0-9]{2,3}$"
# Our own CSV reject files put an apostrophe before what a spreadsheet would run as a formula.
_RUNS = re.compile(r"[=+\-@＝＋－＠\t\r\n]")
_GUARDED = re.compile(r"^'(?=[=+\-@＝＋－＠\t\r\n])")
_PLAIN_NUMBER = re.compile(r"[-+]?[0-9]+(\.[0-9]+)?")


def header_key(name: str) -> str:
    """The form in which headers are compared: width, blanks and line breaks do not matter."""
    return _BLANKS.sub("", unicodedata.normalize("NFKC", name).replace(_BYTE_ORDER_MARK, ""))


def tidy(value: str) -> str:
    """A cell without outer blanks, with single inner blanks, without a formula guard."""
    return _BLANKS.sub(" ", _GUARDED.sub("", value)).strip()


def half_width(value: str) -> str:
    """Full-width letters and digits made half-width; punctuation stays as written."""
    return value.translate(_HALF_WIDTH)


def plain(value: str) -> str:
    """NFKC form without any blanks, for days, numbers and identifiers."""
    return _BLANKS.sub("", unicodedata.normalize("NFKC", value))


def tidy_all(texts: Any) -> Any:
    """:func:`tidy` of an array of texts; only those it would change are touched one by one."""
    return _change_where(texts, pattern=_UNTIDY, change=tidy)


def half_width_all(texts: Any) -> Any:
    """:func:`half_width` of an array of texts."""
    return _change_where(texts, pattern="[０-９Ａ-Ｚａ-ｚ]", change=half_width)


def plain_all(texts: Any) -> Any:
    """:func:`plain` of an array of texts."""
    return _change_where(texts, pattern=r"[^\x21-\x7e]", change=plain)


def plain_capitals_all(texts: Any) -> Any:
    """:func:`plain` of an array of texts, in upper case."""
    return _change_where(
        texts, pattern=r"[^\x21-\x60\x7b-\x7e]", change=lambda text: plain(text).upper()
    )


def places(mask: Any) -> list[int]:
    """Where an array of truth values is true."""
    return [int(place) for place in np.flatnonzero(np.asarray(mask))]


def _change_where(texts: Any, *, pattern: str, change: Callable[[str], str]) -> Any:
    mask = pc.match_substring_regex(texts, pattern)
    if not pc.any(mask).as_py():
        return texts
    changed = [change(text) for text in texts.filter(mask).to_pylist()]
    return pc.replace_with_mask(texts, mask, pa.array(changed, pa.string()))


def needs_guard(value: str) -> bool:
    """Whether a spreadsheet would run this text as a formula."""
    return bool(_RUNS.match(value)) and not _PLAIN_NUMBER.fullmatch(value)


def blank_rows(columns: Sequence[Any]) -> Any:
    """Which rows hold nothing in any column (boolean array)."""
    if not columns:
        return np.zeros(0, dtype=bool)
    blank = np.ones(len(columns[0]), dtype=bool)
    for column in columns:
        blank &= np.asarray(pc.equal(pc.utf8_trim_whitespace(column), ""))
        if not blank.any():
            break
    return blank


def total_rows(table: pa.Table) -> Any:
    """Which rows are a total: their first filled cell says 合计, 总计, 小计 or total."""
    found = np.zeros(table.num_rows, dtype=bool)
    undecided = np.ones(table.num_rows, dtype=bool)
    for column in table.columns:
        filled = np.asarray(pc.not_equal(pc.utf8_trim_whitespace(column), ""))
        says_total = np.asarray(pc.match_substring_regex(column, _TOTAL_ROW))
        found |= undecided & filled & says_total
        undecided &= ~filled
        if not undecided.any():
            break
    return found
