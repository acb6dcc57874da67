"""A column of text seen through its distinct values: each is read and checked once."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.intake.persons import SEPARATOR, hash_person
from features.intake.problems import Fault, at_value
from features.intake.text import header_key, tidy, tidy_all
from features.mapping_schema import PLUS, Value
from features.messages import Message


@dataclass(frozen=True)
class TextColumn:
    """Distinct texts, and for every row the place of its text among them.

    `faults` are what is already wrong with a distinct text, by its place.
    """

    label: str
    texts: Any
    codes: Any
    faults: dict[int, Fault] = field(default_factory=dict)

    @cached_property
    def values(self) -> list[str]:
        """The distinct texts as a list."""
        found: list[str] = self.texts.to_pylist()
        return found

    def filled(self) -> Any:
        """Which rows hold something (boolean array)."""
        return np.asarray(pc.not_equal(self.texts, ""))[self.codes]


@dataclass(frozen=True)
class Parsed:
    """Values of the distinct texts, with what is wrong (`faults`) or only odd (`notes`) there."""

    values: Any
    faults: dict[int, Fault] = field(default_factory=dict)
    notes: dict[int, Message] = field(default_factory=dict)


def resolve(rule: Value, table: pa.Table, *, empty_values: Sequence[str] = ()) -> TextColumn:
    """The text that `rule` takes from `table`, tidied; texts that mean nothing become empty."""
    if rule.constant is not None:
        constant = pa.array([rule.constant])
        return TextColumn("constant", constant, np.zeros(table.num_rows, dtype=np.int64))
    column = _encode(_raw(rule, table), label="、".join(rule.sources()))
    texts = column.texts
    if nothing := [tidy(value) for value in (*empty_values, *rule.empty_values)]:
        texts = pc.if_else(pc.is_in(texts, value_set=pa.array(nothing)), "", texts)
    if rule.default is not None:
        texts = pc.if_else(pc.equal(texts, ""), rule.default, texts)
    found = TextColumn(column.label, texts, column.codes)
    return found if rule.extract is None else _extract(found, pattern=rule.extract)


def column_of(table: pa.Table, name: str) -> TextColumn:
    """One column as it stands, tidied."""
    return _encode(table[header_key(name)], label=name)


def _raw(rule: Value, table: pa.Table) -> Any:
    parts = [pc.utf8_trim_whitespace(table[header_key(name)]) for name in rule.sources()]
    if rule.first_of:
        filled = [pc.if_else(pc.equal(part, ""), None, part) for part in parts]
        return pc.fill_null(pc.coalesce(*filled), "")
    if len(parts) == 1:
        return parts[0]
    if rule.sum_of:
        added = pc.binary_join_element_wise(*parts, PLUS)
        # An empty column adds nothing, and a sum of empty columns is empty.
        return pc.replace_substring_regex(pc.utf8_trim(added, PLUS), r"\++", PLUS)
    glue = SEPARATOR if rule.hash else rule.join
    joined = pc.binary_join_element_wise(*parts, glue)
    empty = pc.equal(pc.binary_join_element_wise(*parts, ""), "")
    return pc.if_else(empty, "", joined)


def _encode(column: Any, *, label: str) -> TextColumn:
    """Distinct texts, tidied; those that become equal become one."""
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    encoded = array.dictionary_encode()
    codes = np.asarray(encoded.indices, dtype=np.int64)
    tidied = tidy_all(encoded.dictionary).dictionary_encode()
    merged = np.asarray(tidied.indices, dtype=np.int64)
    return TextColumn(label, tidied.dictionary, merged[codes] if len(merged) else codes)


def _extract(column: TextColumn, *, pattern: str) -> TextColumn:
    matches = [re.search(pattern, value) if value else None for value in column.values]
    faults = {
        place: at_value(
            column.label,
            value,
            Message(f"不符合格式 {pattern}，请核对", f"does not look like {pattern}"),
        )
        for place, (value, match) in enumerate(zip(column.values, matches, strict=True))
        if value and match is None
    }
    values = [(match[1] or "") if match else "" for match in matches]
    return TextColumn(column.label, pa.array(values, pa.string()), column.codes, faults)


def hash_persons(column: TextColumn, *, key: bytes) -> Parsed:
    """Keyed hashes (HMAC-SHA256) of persons: the same person gets the same key, nobody's name."""
    texts = [
        hash_person(*value.split(SEPARATOR), key=key) if value else None for value in column.values
    ]
    return Parsed(pa.array(texts, pa.string()))
