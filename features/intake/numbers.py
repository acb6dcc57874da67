"""Read numbers: money and counts exactly, measures as floats; usual forms for a whole column."""

import re
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.intake.columns import Parsed, TextColumn
from features.intake.problems import at_value
from features.intake.text import SCIENTIFIC, places, plain, plain_all
from features.mapping_schema import PLUS
from features.messages import Message

_NUMBER = re.compile(r"[-+]?(?:\d+|\d{1,3}(?:,\d{3})+)(?:\.\d+)?")
_FLOAT = r"^-?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$"
_CENT = Decimal("0.01")
_MONEY_LIMIT = Decimal(10) ** 16
_INTEGER_LIMIT = 2**63
# Numbers of this form, times a whole scale up to the limit, fit decimal128 and every field.
_USUAL = r"^[0-9]{1,12}(\.[0-9]{1,6})?$"
_USUAL_TYPE = pa.decimal128(18, 6)
_USUAL_SCALES = 10_000

TIDIED = Message("全角字符已转为半角", "full-width characters were made half-width")
SCIENTIFIC_FAULT = Message(
    "是被 Excel 转成科学计数的长数字，末位已丢失；请把该列设为文本格式后重新导出",
    "is a long number that a spreadsheet turned to scientific notation, its last digits are "
    "lost; format the column as text and export again",
)
_TOO_LARGE = Message("数额过大，请核对单位", "is too large; check the unit")
_NOT_A_NUMBER = Message(
    "不是数字；请只填数字，不带单位", "is not a number; give digits only, without a unit"
)


class WrongCellError(Exception):
    """One cell's fault, on its way from a reader to the row it stands in."""

    def __init__(self, message: Message, *, reason: Message | None = None) -> None:
        self.message = message
        self.reason = reason


def parse_exact(
    column: TextColumn, *, scale: Decimal, arrow_type: Any, summed: bool = False
) -> Parsed:
    """Money or counts of the distinct texts, times `scale`; empty is null.

    With `summed` a text may be several numbers joined by a plus, which are added up.

    Plain digits are read as a column; whatever else people write, one distinct text at a time.
    """
    usual, done = _read_usual(column, scale=scale, arrow_type=arrow_type)
    read = _integer if pa.types.is_integer(arrow_type) else _money
    others: list[Any] = []
    faults = dict(column.faults)
    notes = {}
    open_places = np.flatnonzero(~done)
    for place in open_places.tolist():
        text = column.texts[place].as_py()
        value = None
        if text != "" and place not in faults:
            try:
                parts = plain(text).split(PLUS) if summed else [plain(text)]
                value = sum(read(part, scale=scale) for part in parts)
            except WrongCellError as wrong:
                faults[place] = at_value(column.label, text, wrong.message)
            else:
                if plain(text) != text:
                    notes[place] = TIDIED
        others.append(value)
    values = pc.replace_with_mask(usual, pa.array(~done), pa.array(others, arrow_type))
    return Parsed(values, faults, notes)


def _read_usual(column: TextColumn, *, scale: Decimal, arrow_type: Any) -> tuple[Any, Any]:
    """Values of texts in the usual form (null elsewhere), and which texts those are."""
    nothing = pa.nulls(len(column.texts), arrow_type), np.zeros(len(column.texts), dtype=bool)
    if scale != scale.to_integral_value() or not 0 < scale <= _USUAL_SCALES or column.faults:
        return nothing
    usual = pc.match_substring_regex(column.texts, _USUAL)
    numbers = pc.if_else(usual, column.texts, None).cast(_USUAL_TYPE)
    scaled = pc.multiply(numbers, pa.scalar(int(scale), pa.decimal128(5, 0)))
    digits = 0 if pa.types.is_integer(arrow_type) else 2
    # Finer than a cent or no whole number: left for the slow way, which says so.
    fits = pc.fill_null(pc.equal(pc.round(scaled, digits), scaled), False)
    whole = pc.if_else(fits, scaled, None)
    return whole.cast(arrow_type), np.asarray(fits)


def _decimal(text: str) -> Decimal:
    if re.match(SCIENTIFIC, text):
        raise WrongCellError(SCIENTIFIC_FAULT)
    if not _NUMBER.fullmatch(text):
        raise WrongCellError(_NOT_A_NUMBER)
    return Decimal(text.replace(",", ""))


def _not_negative(number: Decimal) -> Decimal:
    if number < 0:
        raise WrongCellError(Message("不能为负数，请核对", "cannot be negative; check it"))
    return number


def _money(text: str, *, scale: Decimal) -> Decimal:
    amount = _not_negative(_decimal(text)) * scale
    if amount >= _MONEY_LIMIT:
        raise WrongCellError(_TOO_LARGE)
    if amount != amount.quantize(_CENT):
        raise WrongCellError(Message("精确到分以下，请核对", "is finer than one cent; check it"))
    return amount.quantize(_CENT)


def _integer(text: str, *, scale: Decimal) -> int:
    number = _not_negative(_decimal(text)) * scale
    if number != number.to_integral_value() or number >= _INTEGER_LIMIT:
        raise WrongCellError(Message("应为整数", "must be a whole number"))
    return int(number)


def parse_floats(column: TextColumn, *, scale: float) -> Parsed:
    """Floats of the distinct texts, times `scale`; empty is null."""
    texts = plain_all(column.texts)
    grouped = pc.match_substring_regex(texts, r"^[-+]?\d{1,3}(,\d{3})+(\.\d+)?$")
    written = pc.if_else(grouped, pc.replace_substring(texts, ",", ""), texts)
    written = pc.replace_substring_regex(written, r"^\+", "")
    is_number = pc.match_substring_regex(written, _FLOAT)
    numbers = pc.multiply(pc.if_else(is_number, written, None).cast(pa.float64()), scale)
    faults = dict(column.faults)
    for place in places(pc.and_(pc.not_equal(texts, ""), pc.invert(is_number))):
        faults[place] = at_value(column.label, column.values[place], _NOT_A_NUMBER)
    for place in places(pc.fill_null(pc.invert(pc.is_finite(numbers)), False)):
        faults[place] = at_value(column.label, column.values[place], _TOO_LARGE)
    notes = dict.fromkeys(places(pc.not_equal(texts, column.texts)), TIDIED)
    return Parsed(numbers, faults, notes)
