"""Types of request fields, stricter than pydantic's own: nothing is guessed or converted."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    PlainSerializer,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema
from stdnum.iso7064 import mod_11_2

import law
from features.identifiers import explain_uscc, uscc_exceptions
from service.clock import utc_text
from service.validation import FieldError

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_INSTANT = re.compile(
    r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,6})?(Z|[+-]\d{2}:\d{2})", re.ASCII
)
# Control characters, half characters, line separators. Private-use characters stay: registers write
# rare names with them.
_REFUSED = ("Cc", "Cs", "Zl", "Zp")
_RESIDENT_ID = re.compile(r"\d{17}[\dX]", re.ASCII)


def _read_day(value: Any) -> date:
    if type(value) is date:
        return value
    if isinstance(value, str) and _DAY.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise FieldError(
        "应为存在的日期 YYYY-MM-DD，例如 2026-11-22",
        "must be a day that exists, YYYY-MM-DD, for instance 2026-11-22",
    )


def _read_instant(value: Any) -> datetime:
    if isinstance(value, datetime):
        return value
    if isinstance(value, str) and _INSTANT.fullmatch(value):
        try:
            return datetime.fromisoformat(value).astimezone(UTC).replace(tzinfo=None)
        except (ValueError, OverflowError):
            pass
    raise FieldError(
        "应为带时区的时刻，例如 2026-11-22T08:00:00Z",
        "must be an instant with a time zone, for instance 2026-11-22T08:00:00Z",
    )


def _check_text(value: str) -> str:
    if any(unicodedata.category(character) in _REFUSED for character in value):
        raise FieldError(
            "不得含有换行、制表等不可见字符",
            "must not hold line breaks or other invisible characters",
        )
    return value


def _check_uscc(value: str) -> str:
    fault = None if value in uscc_exceptions() else explain_uscc(value)
    if fault is not None:
        raise FieldError(fault.zh, fault.en)
    return value


def resident_id_fits(number: str) -> bool:
    """Whether an identity card number has its shape and check character (GB 11643, MOD 11-2)."""
    return bool(_RESIDENT_ID.fullmatch(number)) and mod_11_2.is_valid(number)


@dataclass(frozen=True)
class WordOf:
    """A word of a code table of law/codes/, shown as an enumeration in the API."""

    table: str

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Check the word after pydantic checked that it is text."""
        return core_schema.no_info_after_validator_function(self._check, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """List the words."""
        return {**handler(schema), "enum": list(law.codes(self.table))}

    def _check(self, value: str) -> str:
        words = law.codes(self.table)
        if value not in words:
            listed = ", ".join(words)
            raise FieldError(f"应为 {listed} 之一", f"must be one of {listed}")
        return value


Day = Annotated[date, BeforeValidator(_read_day)]
Instant = Annotated[
    datetime, BeforeValidator(_read_instant), PlainSerializer(utc_text, return_type=str)
]
Text = Annotated[str, AfterValidator(_check_text)]
Line = Annotated[str, Field(strict=True, min_length=1, max_length=200), AfterValidator(_check_text)]
Uscc = Annotated[
    str,
    Field(strict=True, description="统一社会信用代码（GB 32100）· unified social credit code"),
    AfterValidator(_check_uscc),
]
