"""Addresses taken apart: district, street and house number."""

from dataclasses import dataclass
from typing import Any

import pyarrow.compute as pc

from features.identity.names import any_of, first_group
from features.identity.rules import area_words, district_words
from features.identity.text import plain_text, replaced

_DIGITS = ("零〇", "一", "二", "三", "四", "五", "六", "七", "八", "九")
# In this order: tens, then hundreds, of numbers whose digits are Arabic already.
_NUMBERS = (
    (r"(\d)十(\d)", r"\1\2"),
    (r"(\d)十", r"\g0"),
    (r"十(\d)", r"1\1"),
    (r"(\d)百(\d\d)", r"\1\2"),
    (r"(\d)百(\d)", r"\g0\2"),
)
_WORDS = (
    (r"\([^)]*\)", ""),
    (r"第(\d)", r"\1"),
    (r"号?之(\d)", r"-\1"),
    (r"号-?", "#"),
    (r"(\d)[楼层]", r"\1层"),
    (r"[幢座]", "栋"),
    (r"商?铺[面位]?", "铺"),
    (r"(\d)房", r"\1室"),
    (r"#(\d+)#?$", r"-\1"),  # 12号之3, 12号-3 and 12-3号 are one
    (r"(\d-\d+)#", r"\1"),
    (r"#$", ""),
)
_STREET = r"[路街巷道村里弄]"


@dataclass(frozen=True)
class AddressParts:
    """One entry an address, as arrays of texts; "" where a part is missing.

    `text` is compared, `key` (street and house number) finds neighbours, `house` is the number.
    """

    text: Any
    key: Any
    house: Any
    district: Any


def split_addresses(addresses: Any) -> AddressParts:
    """Take distinct addresses (pyarrow array) apart."""
    text = plain_text(addresses)
    district = first_group(text, f"({any_of(district_words())})")
    text = replaced(text, f"^(?:{any_of(area_words())})+", "")
    text = replaced(text, r"^\p{Han}{2,4}街道(办事处)?", "")
    text = _western_numbers(text)
    for pattern, replacement in _WORDS:
        text = replaced(text, pattern, replacement)
    by_street = first_group(text, rf"(^.*{_STREET}\D*?\d+)")
    key = pc.if_else(pc.equal(by_street, ""), first_group(text, r"(^\D*\d+)"), by_street)
    return AddressParts(text=text, key=key, house=first_group(key, r"(\d+)$"), district=district)


def _western_numbers(texts: Any) -> Any:
    """一二三 as 123, 十二 as 12, 一百零五 as 105, everywhere: street names alike on both sides."""
    for digit, characters in enumerate(_DIGITS):
        texts = replaced(texts, f"[{characters}]", str(digit))
    for pattern, replacement in _NUMBERS:
        # The engine's own notation has no group followed by a digit.
        texts = replaced(texts, pattern, replacement.replace(r"\g0", r"\10"))
    return replaced(replaced(texts, r"(\d)百", r"\100"), "十", "10")
