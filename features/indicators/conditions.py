"""Conditions on one record, as data: what they test, and how a person reads them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from dataclasses import field as column
from typing import Any

Operand = str | int | tuple[str, ...] | None

_TESTS: Mapping[str, Callable[[Any, Any], Any]] = {
    "equals": lambda column, value: column == value,
    "among": lambda column, values: column.isin(values),
    "lists": lambda column, word: (";" + column + ";").contains(f";{word};"),
    "holds": lambda column, _: column,
    "fails": lambda column, _: ~column,
    "present": lambda column, _: column.notnull(),
    "at_least": lambda column, value: column >= value,
    "below": lambda column, value: column < value,
}


@dataclass(frozen=True)
class Condition:
    """A test on one field of a record; a null field passes no test.

    The words (`zh`, `en`) explain it and are no part of its identity.
    """

    field: str
    test: str
    operand: Operand
    zh: str = column(repr=False, compare=False)
    en: str = column(repr=False, compare=False)

    def mask(self, records: Any) -> Any:
        """The condition as an Ibis boolean over `records`."""
        return _TESTS[self.test](records[self.field], self.operand)


def equals(name: str, value: str | int, *, zh: str, en: str) -> Condition:
    """The field has this value."""
    return Condition(name, "equals", value, zh, en)


def among(name: str, values: tuple[str, ...], *, zh: str, en: str) -> Condition:
    """The field has one of these values."""
    return Condition(name, "among", values, zh, en)


def lists(name: str, word: str, *, zh: str, en: str) -> Condition:
    """The field, words joined by ``;``, holds this word."""
    return Condition(name, "lists", word, zh, en)


def holds(name: str, *, zh: str, en: str) -> Condition:
    """The boolean field is true."""
    return Condition(name, "holds", None, zh, en)


def fails(name: str, *, zh: str, en: str) -> Condition:
    """The boolean field is false."""
    return Condition(name, "fails", None, zh, en)


def present(name: str, *, zh: str, en: str) -> Condition:
    """The field is known."""
    return Condition(name, "present", None, zh, en)


def at_least(name: str, value: int, *, zh: str, en: str) -> Condition:
    """The field is `value` or more."""
    return Condition(name, "at_least", value, zh, en)


def below(name: str, value: int, *, zh: str, en: str) -> Condition:
    """The field is less than `value`."""
    return Condition(name, "below", value, zh, en)
