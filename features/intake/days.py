"""Read days and instants; an impossible one is told with what to write instead."""

import re
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd

from features.intake.columns import TextColumn
from features.intake.problems import Fault, at_value
from features.intake.text import places, plain_all
from features.messages import Message

DEFAULT_FORMATS = ("%Y-%m-%d", "%Y/%m/%d", "%Y年%m月%d日", "%Y%m%d", "%Y.%m.%d")
# A typed day of a workbook or Parquet file arrives in one of these, whatever the mapping lists.
_ALWAYS = ("%Y-%m-%d", "%Y-%m-%d%H:%M:%S", "%Y-%m-%d%H:%M", "%Y-%m-%dT%H:%M:%S")
_EXCEL = "excel"
_EXCEL_START = date(1899, 12, 30)
_EXCEL_DAYS = range(20_000, 60_001)
_SERIAL = re.compile(r"(\d{5})(?:\.\d+)?")
_THREE_NUMBERS = re.compile(r"(\d{4})\D?(\d{1,2})\D?(\d{1,2})\D?(?:\d{1,2}:.*)?")
_EXAMPLE = date(2021, 3, 9)
_UNDIVIDED_LENGTH = 8


def parse_instants(
    column: TextColumn, *, formats: Sequence[str], earliest_year: int
) -> tuple[Any, dict[int, Fault], dict[int, Message]]:
    """Local instants of the distinct texts.

    Returns
    -------
    datetime64[us] array (NaT where empty or wrong), faults, and notes on tidied texts, by place.
    """
    texts: list[str] = plain_all(column.texts).to_pylist()
    formats = tuple(formats) or DEFAULT_FORMATS
    instants = np.full(len(texts), np.datetime64("NaT"), dtype="datetime64[us]")
    if _EXCEL in formats:
        _read_serials(texts, into=instants)
    series = pd.Series(texts, dtype=object)
    for pattern in dict.fromkeys((*(f.replace(" ", "") for f in formats if f != _EXCEL), *_ALWAYS)):
        left = np.isnat(instants) & _may_fit(series, pattern)
        if left.any():
            read = pd.to_datetime(series[left], format=pattern, errors="coerce")
            instants[left] = read.to_numpy().astype("datetime64[us]")
    faults = _find_faults(column, texts, instants, formats=formats, earliest_year=earliest_year)
    notes = {
        place: Message("全角字符已转为半角", "full-width characters were made half-width")
        for place, (text, value) in enumerate(zip(texts, column.values, strict=True))
        if text != value.replace(" ", "") and place not in faults
    }
    return instants, faults, notes


def _may_fit(series: Any, pattern: str) -> Any:
    """Without separators 2021123 would read as the third of December."""
    filled = (series != "").to_numpy()
    if pattern == "%Y%m%d":
        return filled & (series.str.len() == _UNDIVIDED_LENGTH).to_numpy()
    return filled


def _read_serials(texts: list[str], *, into: Any) -> None:
    for place, text in enumerate(texts):
        day = _serial_day(text)
        if day is not None:
            into[place] = np.datetime64(day, "us")


def _serial_day(text: str) -> date | None:
    match = _SERIAL.fullmatch(text)
    if match is None or int(match[1]) not in _EXCEL_DAYS:
        return None
    return _EXCEL_START + timedelta(days=int(match[1]))


def _find_faults(
    column: TextColumn,
    texts: list[str],
    instants: Any,
    *,
    formats: Sequence[str],
    earliest_year: int,
) -> dict[int, Fault]:
    years = instants.astype("datetime64[Y]").astype(np.int64) + 1970
    unread = np.isnat(instants) & np.array([text != "" for text in texts], dtype=bool)
    early = ~np.isnat(instants) & (years < earliest_year)
    found = {int(place): _explain(texts[place], formats=formats) for place in places(unread)}
    too_early = Message(
        f"早于 {earliest_year} 年，请核对年份", f"is before {earliest_year}; check the year"
    )
    found |= dict.fromkeys(places(early), (too_early, too_early))
    told = {
        place: at_value(column.label, column.values[place], message, reason=reason)
        for place, (message, reason) in found.items()
    }
    return told | column.faults


def _explain(text: str, *, formats: Sequence[str]) -> tuple[Message, Message]:
    """What is wrong with a day, and the same without its value."""
    serial = _serial_day(text)
    if serial is not None:
        told = Message(
            f"是 Excel 日期序列号（即 {serial.isoformat()}）；请把单元格设为日期格式后另存，"
            "或在映射的 formats 中加入 excel",
            f"is an Excel serial number ({serial.isoformat()}); format the cells as dates and "
            "save again, or add excel to formats in the mapping",
        )
        return told, Message("是 Excel 日期序列号", "is an Excel serial number")
    written = list(dict.fromkeys(_example(pattern) for pattern in formats))
    examples, examples_en = "、".join(written), ", ".join(written)
    if _THREE_NUMBERS.fullmatch(text) and not _exists(text):
        told = Message(
            f"日历上没有这一天，请改正（写法如 {examples}）",
            f"is not a day of the calendar; correct it (written like {examples_en})",
        )
        return told, told
    told = Message(
        f"不是可识别的日期，请按 {examples} 填写",
        f"is not a recognised day; write it like {examples_en}",
    )
    return told, told


def _example(pattern: str) -> str:
    return "44264" if pattern == _EXCEL else _EXAMPLE.strftime(pattern)


def _exists(text: str) -> bool:
    match = _THREE_NUMBERS.fullmatch(text)
    if match is None:
        return False
    try:
        date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        return False
    return True
