"""Read the text of a field by the type the catalogue gives it."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from features.catalogue import LIST_SEPARATOR, Field, allowed_codes
from features.intake.columns import Parsed, TextColumn
from features.intake.days import parse_instants
from features.intake.numbers import (
    SCIENTIFIC_FAULT,
    TIDIED,
    WrongCellError,
    parse_exact,
    parse_floats,
)
from features.intake.problems import at_value
from features.intake.text import SCIENTIFIC, half_width_all, places, plain
from features.mapping_schema import Value
from features.messages import Message

# The value of one text, and whether its form had to be tidied.
_Reader = Callable[[str], tuple[Any, bool]]


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
    if field.type in ("decimal", "integer") and not rule.codes:
        return parse_exact(
            column, scale=Decimal(rule.scale), arrow_type=field.arrow_type, summed=bool(rule.sum_of)
        )
    if field.type == "number":
        return parse_floats(column, scale=float(rule.scale))
    return _parse_words(column, read=_reader(rule, kind=kind, field=field), field=field)


def _parse_words(column: TextColumn, *, read: _Reader, field: Field) -> Parsed:
    values: list[Any] = [None] * len(column.values)
    faults = dict(column.faults)
    notes = {}
    for place, value in enumerate(column.values):  # distinct texts, not rows
        if value == "" or place in faults:
            continue
        try:
            values[place], tidied = read(value)
        except WrongCellError as wrong:
            faults[place] = at_value(column.label, value, wrong.message, reason=wrong.reason)
            continue
        if tidied:
            notes[place] = TIDIED
    return Parsed(pa.array(values, field.arrow_type), faults, notes)


def _reader(rule: Value, *, kind: str, field: Field) -> _Reader:
    if rule.codes or field.is_list or field.type == "code":
        separator = rule.separator or (LIST_SEPARATOR if field.is_list else None)
        return _code_reader(rule, allowed=allowed_codes(kind, field.name), separator=separator)
    return _boolean_reader(rule)


def _parse_strings(column: TextColumn) -> Parsed:
    texts = half_width_all(column.texts)
    faults = dict(column.faults)
    for place in places(pc.match_substring_regex(texts, SCIENTIFIC)):
        faults.setdefault(place, at_value(column.label, column.values[place], SCIENTIFIC_FAULT))
    notes = dict.fromkeys(places(pc.not_equal(texts, column.texts)), TIDIED)
    return Parsed(pc.if_else(pc.equal(texts, ""), None, texts), faults, notes)


def _boolean_reader(rule: Value) -> _Reader:
    meanings = {plain(value): True for value in rule.true_values}
    meanings |= {plain(value): False for value in rule.false_values}
    listed = "、".join((*rule.true_values, *rule.false_values))

    def read(value: str) -> tuple[bool, bool]:
        if plain(value) not in meanings:
            raise WrongCellError(Message(f"应为其中之一：{listed}", f"must be one of: {listed}"))
        return meanings[plain(value)], False

    return read


def _code_reader(rule: Value, *, allowed: frozenset[str], separator: str | None) -> _Reader:
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
            raise WrongCellError(
                Message(
                    f"中“{text}”不是已知的取值（已知：{zh}）；请改正，或在映射的 codes 中补充",
                    f'has "{text}", which is not a known value (known: {en}); correct it, or add '
                    "it to codes in the mapping",
                ),
                reason=Message("不是已知的取值", "is not a known value"),
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
