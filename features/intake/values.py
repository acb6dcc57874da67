"""Read the text of a field by the type the catalogue gives it."""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from features.catalogue import LIST_SEPARATOR, Field, allowed_codes
from features.intake.columns import Parsed, TextColumn
from features.intake.days import parse_instants
from features.intake.problems import at_value
from features.intake.text import SCIENTIFIC, half_width_all, places, plain, plain_all
from features.mapping_schema import PLUS, Value
from features.messages import Message

_NUMBER = re.compile(r"[-+]?(?:\d+|\d{1,3}(?:,\d{3})+)(?:\.\d+)?")
_FLOAT = r"^-?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$"
_CENT = Decimal("0.01")
_MONEY_LIMIT = Decimal(10) ** 16
_INTEGER_LIMIT = 2**63

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


class _Wrong(Exception):  # noqa: N818  (not an error of the program: one cell's fault)
    def __init__(self, message: Message) -> None:
        self.message = message


def parse_field(
    column: TextColumn, *, rule: Value, kind: str, field: Field, earliest_year: int
) -> Parsed:
    """Values of a field's distinct texts, with faults and notes.

    Empty text is null for every type; whether that is allowed is the caller's question.
    """
    if field.type == "day":
        instants, faults, notes = parse_instants(
            column, formats=rule.formats, earliest_year=earliest_year
        )
        days = pa.array(instants.astype("datetime64[D]"), pa.date32(), from_pandas=True)
        return Parsed(days, faults, notes)
    if field.type == "string" and not (rule.codes or field.is_list):
        return _parse_strings(column)
    if field.type == "number":
        return _parse_numbers(column, scale=float(rule.scale))
    read = _reader(rule, kind=kind, field=field)
    values: list[Any] = [None] * len(column.values)
    faults = dict(column.faults)
    notes = {}
    for place, value in enumerate(column.values):  # distinct texts, not rows
        if value == "" or place in faults:
            continue
        try:
            values[place], tidied = read(value)
        except _Wrong as wrong:
            faults[place] = at_value(column.label, value, wrong.message)
            continue
        if tidied:
            notes[place] = TIDIED
    return Parsed(pa.array(values, field.arrow_type), faults, notes)


def _reader(rule: Value, *, kind: str, field: Field) -> Callable[[str], tuple[Any, bool]]:
    if rule.codes or field.is_list or field.type == "code":
        separator = rule.separator or (LIST_SEPARATOR if field.is_list else None)
        return _code_reader(rule, allowed=allowed_codes(kind, field.name), separator=separator)
    if field.type == "boolean":
        return _boolean_reader(rule)
    scale = Decimal(rule.scale)
    readers: dict[str, Callable[[str], Any]] = {
        "decimal": lambda text: _money(text, scale=scale),
        "integer": lambda text: _integer(text, scale=scale),
    }
    read = readers[field.type]
    if rule.sum_of:
        return lambda value: (sum(read(part) for part in plain(value).split(PLUS)), False)
    return lambda value: (read(plain(value)), plain(value) != value)


def _parse_strings(column: TextColumn) -> Parsed:
    texts = half_width_all(column.texts)
    faults = dict(column.faults)
    for place in places(pc.match_substring_regex(texts, SCIENTIFIC)):
        faults.setdefault(place, at_value(column.label, column.values[place], SCIENTIFIC_FAULT))
    notes = dict.fromkeys(places(pc.not_equal(texts, column.texts)), TIDIED)
    return Parsed(pc.if_else(pc.equal(texts, ""), None, texts), faults, notes)


def _decimal(text: str) -> Decimal:
    if re.match(SCIENTIFIC, text):
        raise _Wrong(SCIENTIFIC_FAULT)
    if not _NUMBER.fullmatch(text):
        raise _Wrong(_NOT_A_NUMBER)
    return Decimal(text.replace(",", ""))


def _not_negative(number: Decimal) -> Decimal:
    if number < 0:
        raise _Wrong(Message("不能为负数，请核对", "cannot be negative; check it"))
    return number


def _money(text: str, *, scale: Decimal) -> Decimal:
    amount = _not_negative(_decimal(text)) * scale
    if amount >= _MONEY_LIMIT:
        raise _Wrong(_TOO_LARGE)
    if amount != amount.quantize(_CENT):
        raise _Wrong(Message("精确到分以下，请核对", "is finer than one cent; check it"))
    return amount.quantize(_CENT)


def _integer(text: str, *, scale: Decimal) -> int:
    number = _not_negative(_decimal(text)) * scale
    if number != number.to_integral_value() or number >= _INTEGER_LIMIT:
        raise _Wrong(Message("应为整数", "must be a whole number"))
    return int(number)


def _parse_numbers(column: TextColumn, *, scale: float) -> Parsed:
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


def _boolean_reader(rule: Value) -> Callable[[str], tuple[bool, bool]]:
    meanings = {plain(value): True for value in rule.true_values}
    meanings |= {plain(value): False for value in rule.false_values}
    listed = "、".join((*rule.true_values, *rule.false_values))

    def read(value: str) -> tuple[bool, bool]:
        if plain(value) not in meanings:
            raise _Wrong(Message(f"应为其中之一：{listed}", f"must be one of: {listed}"))
        return meanings[plain(value)], False

    return read


def _code_reader(
    rule: Value, *, allowed: frozenset[str], separator: str | None
) -> Callable[[str], tuple[str, bool]]:
    known = {plain(text): code for text, code in rule.codes.items()}
    if not known:
        known = {plain(code): code for code in allowed}
    if rule.constant is not None:
        known = {plain(rule.constant): rule.constant}
    names = list(rule.codes or sorted(allowed))
    zh, en = "、".join(names), ", ".join(names)

    def one(text: str) -> str:
        code = known.get(plain(text), rule.other)
        if code is None:
            raise _Wrong(
                Message(
                    f"中“{text}”不是已知的取值（已知：{zh}）；请改正，或在映射的 codes 中补充",
                    f'has "{text}", which is not a known value (known: {en}); correct it, or add '
                    "it to codes in the mapping",
                )
            )
        return code

    def read(value: str) -> tuple[str, bool]:
        if separator is None or plain(value) in known:
            parts = [value]
        else:
            # A semicolon that a department types full-width separates as well.
            text = value.replace("；", ";") if separator == LIST_SEPARATOR else value
            parts = [part for part in text.split(separator) if part.strip()] or [value]
        joined = LIST_SEPARATOR.join(one(part) for part in parts)
        return LIST_SEPARATOR.join(dict.fromkeys(joined.split(LIST_SEPARATOR))), False

    return read
