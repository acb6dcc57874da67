"""Read whose record a row is, and look at licence and registration numbers."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.identifiers import (
    explain_licence_number,
    explain_registration_number,
    explain_uscc,
    valid_uscc,
)
from features.intake.columns import Parsed, TextColumn
from features.intake.numbers import SCIENTIFIC_FAULT, TIDIED
from features.intake.problems import Fault, at_value
from features.intake.text import (
    SCIENTIFIC,
    half_width_all,
    places,
    plain,
    plain_capitals_all,
)
from features.messages import Message

_EXPLAIN: dict[str, Callable[[str], Message | None]] = {
    "licence_number": explain_licence_number,
    "registration_number": explain_registration_number,
}

_NOT_A_CODE = Message("不是有效的统一社会信用代码", "is not a valid unified social credit code")
_CAPITALS = Message("已统一为半角大写", "was put into half-width capitals")
_ODD_NUMBER = Message(
    "编号的格式或校验位可疑，已照录，请核对",
    "the form or check digit of the number is doubtful; kept as written, check it",
)


def parse_enterprise_ids(column: TextColumn, *, scheme: str, exceptions: frozenset[str]) -> Parsed:
    """Identifiers of the distinct texts; a credit code must be valid or a confirmed exception."""
    is_uscc = scheme == "uscc"
    texts = (plain_capitals_all if is_uscc else half_width_all)(column.texts)
    faults = dict(column.faults)
    for place in places(pc.match_substring_regex(texts, SCIENTIFIC)):
        faults[place] = at_value(column.label, column.values[place], SCIENTIFIC_FAULT)
    if is_uscc:
        for place, fault in _explain_invalid(texts, exceptions=exceptions).items():
            told = at_value(column.label, column.values[place], fault, reason=_NOT_A_CODE)
            faults.setdefault(place, told)
    note = _CAPITALS if is_uscc else TIDIED
    changed = places(pc.not_equal(texts, column.texts))
    notes = {place: note for place in changed if place not in faults}
    return Parsed(pc.if_else(pc.equal(texts, ""), None, texts), faults, notes)


def _explain_invalid(texts: Any, *, exceptions: frozenset[str]) -> dict[int, Message]:
    codes = texts.to_numpy(zero_copy_only=False)
    confirmed = np.asarray(pc.is_in(texts, value_set=pa.array(sorted(exceptions), pa.string())))
    explained = {
        place: explain_uscc(codes[place]) for place in places(~valid_uscc(codes) & ~confirmed)
    }
    return {place: fault for place, fault in explained.items() if fault and codes[place]}


def look_at_numbers(
    column: TextColumn, *, scheme: str
) -> tuple[dict[int, Message], Message | None]:
    """Distinct licence or registration numbers that look wrong, with the first one explained.

    Numbers in use fail their check digit, so this is never a refusal.
    """
    explain = _EXPLAIN[scheme]
    odd: dict[int, Message] = {}
    example: Fault | None = None
    for place, value in enumerate(column.values):  # distinct texts, not rows
        explained = explain(plain(value).upper()) if value else None
        if explained is not None:
            odd[place] = _ODD_NUMBER
            example = example or at_value(column.label, value, explained)
    return odd, Message(example.zh, example.en) if example else None
