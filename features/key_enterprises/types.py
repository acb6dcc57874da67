"""The types of key enterprise in force on a day, each with the rule that finds its enterprises."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import law

TABLE = "key_enterprise_types"
_NONE = "none"


@dataclass(frozen=True)
class KeyType:
    """One type; `code` without its edition. Rules are alternatives: any of them finds it."""

    code: str
    zh: str
    en: str
    edition: str
    licence_kind: str | None
    number_prefixes: tuple[str, ...]
    category_prefixes: tuple[str, ...]
    category_words: tuple[str, ...]
    industry_prefixes: tuple[str, ...]
    industry_lists: bool
    unit_categories: tuple[str, ...]
    section: str
    unconfirmed: bool


def key_types(*, on: date) -> tuple[KeyType, ...]:
    """Types in force on a day (``law/codes/key_enterprise_types.yaml``), in the table's order."""
    return tuple(
        _type(code.code, code.zh, code.en, code.attributes, unconfirmed=code.unconfirmed)
        for code in law.codes(TABLE, on=on).values()
    )


def _type(
    code: str, zh: str, en: str, attributes: Mapping[str, Any], *, unconfirmed: bool
) -> KeyType:
    kind = attributes["licence_kind"]
    return KeyType(
        code=code.partition("@")[0],
        zh=zh,
        en=en,
        edition=attributes["edition"],
        licence_kind=None if kind == _NONE else kind,
        number_prefixes=_words(attributes["number_prefixes"]),
        category_prefixes=_words(attributes["category_prefixes"]),
        category_words=_words(attributes["category_words"]),
        industry_prefixes=_words(attributes["industry_prefixes"]),
        industry_lists=attributes["industry_rule"] == "lists",
        unit_categories=_words(attributes["unit_categories"]),
        section=attributes["section"],
        unconfirmed=unconfirmed,
    )


def _words(text: str) -> tuple[str, ...]:
    return () if text == _NONE else tuple(text.split(";"))
