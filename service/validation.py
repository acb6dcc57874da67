"""Faults of a request in words: where, which, and what to do, in Chinese or in English."""

from collections.abc import Mapping, Sequence
from typing import Any

from service.languages import Language

# pydantic's own types of fault; {name} is filled from the fault's context.
_TEXTS: dict[str, tuple[str, str]] = {
    "missing": ("缺少该项，请补充", "this is required"),
    "extra_forbidden": (
        "没有该项，请核对拼写或删除",
        "no such field; check the spelling or remove it",
    ),
    "json_invalid": ("请求体不是有效的 JSON：{error}", "the body is not valid JSON: {error}"),
    "model_attributes_type": ("请求体应为 JSON 对象", "the body must be a JSON object"),
    "dict_type": ("应为 JSON 对象", "must be a JSON object"),
    "list_type": ("应为数组", "must be an array"),
    "string_type": ("应为字符串", "must be a string"),
    "string_unicode": ("含有无效的字符", "holds characters that are not valid text"),
    "string_too_short": ("长度至少 {min_length}", "must have at least {min_length} characters"),
    "string_too_long": ("长度至多 {max_length}", "must have at most {max_length} characters"),
    "string_pattern_mismatch": ("格式不符：{pattern}", "must match {pattern}"),
    "too_long": ("至多 {max_length} 项", "must have at most {max_length} items"),
    "too_short": ("至少 {min_length} 项", "must have at least {min_length} items"),
    "literal_error": ("应为 {expected} 之一", "must be one of {expected}"),
    "enum": ("应为 {expected} 之一", "must be one of {expected}"),
    "bool_parsing": ("应为 true 或 false", "must be true or false"),
    "int_parsing": ("应为整数", "must be a whole number"),
    "greater_than_equal": ("不得小于 {ge}", "must be at least {ge}"),
    "less_than_equal": ("不得大于 {le}", "must be at most {le}"),
    "date_type": ("应为日期 YYYY-MM-DD", "must be a day, YYYY-MM-DD"),
    "date_parsing": (
        "应为存在的日期 YYYY-MM-DD，例如 2026-11-22",
        "must be a day that exists, YYYY-MM-DD, for instance 2026-11-22",
    ),
    "date_from_datetime_parsing": (
        "应为存在的日期 YYYY-MM-DD，例如 2026-11-22",
        "must be a day that exists, YYYY-MM-DD, for instance 2026-11-22",
    ),
    "datetime_type": (
        "应为带时区的时刻，例如 2026-11-22T08:00:00Z",
        "must be an instant with a time zone, for instance 2026-11-22T08:00:00Z",
    ),
    "datetime_from_date_parsing": (
        "应为带时区的时刻，例如 2026-11-22T08:00:00Z",
        "must be an instant with a time zone, for instance 2026-11-22T08:00:00Z",
    ),
    "datetime_parsing": (
        "应为带时区的时刻，例如 2026-11-22T08:00:00Z",
        "must be an instant with a time zone, for instance 2026-11-22T08:00:00Z",
    ),
    "timezone_aware": (
        "时刻应带时区，例如 2026-11-22T08:00:00Z",
        "the instant needs a time zone, for instance 2026-11-22T08:00:00Z",
    ),
}
_PLACES = {"query": "query/", "path": "path/", "header": "header/", "cookie": "cookie/"}


class FieldError(ValueError):
    """Raised by our own validators; pydantic carries it to `describe_faults`."""

    def __init__(self, zh: str, en: str, *, field: str | None = None) -> None:
        super().__init__(en)
        self.zh = zh
        self.en = en
        self.field = field


def describe_faults(
    faults: Sequence[Mapping[str, Any]], *, language: Language
) -> list[dict[str, str]]:
    """Every fault as pointer, code and detail.

    The value itself is never repeated: it may be somebody's identity number.
    """
    return [_describe(fault, language=language) for fault in faults]


def _describe(fault: Mapping[str, Any], *, language: Language) -> dict[str, str]:
    context = fault.get("ctx") or {}
    cause = context.get("error")
    place = list(fault["loc"])
    if isinstance(cause, FieldError):
        zh, en = cause.zh, cause.en
        code = "invalid_value"
        # A rule over several fields stands at their object; the message belongs to one of them.
        place += [cause.field] if cause.field else []
    else:
        code = str(fault["type"])
        zh, en = _TEXTS.get(code, ("取值不符合要求（{msg}）", "{msg}"))
    filled = (zh if language == "zh" else en).format_map(_Known(context, fault))
    return {"pointer": _pointer(place, kind=code), "code": code, "detail": filled}


class _Known(dict[str, Any]):
    """Placeholders of a text; one that a fault does not fill stays empty."""

    def __init__(self, context: Mapping[str, Any], fault: Mapping[str, Any]) -> None:
        super().__init__(context, msg=fault.get("msg", ""))

    def __missing__(self, key: str) -> str:
        return ""


def _pointer(place: Sequence[str | int], *, kind: str) -> str:
    """``#/a/0/b`` for a place in the body (RFC 6901), ``query/a`` and so on for a parameter."""
    source, *path = place if kind != "json_invalid" else place[:1]
    if source in _PLACES:
        return _PLACES[str(source)] + "/".join(str(part) for part in path)
    escaped = (str(part).replace("~", "~0").replace("/", "~1") for part in path)
    return "#" + "".join(f"/{part}" for part in escaped)
