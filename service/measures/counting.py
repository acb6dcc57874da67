"""The counts of a run's measures, added up as the page shows them."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import law
from models.rating.cutoffs import GRADES
from scoring.measures import count_columns
from service.measures.words import Pair

_NAMES: dict[str, Pair] = {
    "enterprises": ("在营企业", "In business"),
    "expected_draws": ("随机抽查（期望户次）", "Expected draws"),
    "visited": ("列入检查计划的企业", "With planned visits"),
    "asked": ("规则要求的次数", "Visits asked for"),
    "planned": ("安排检查次数", "Visits planned"),
    "cut": ("因年度上限减少", "Cut by the yearly cap"),
    "patrols": ("信息采集巡查次数", "Patrols"),
    "tasks": ("行政指导建议", "Guidance proposed"),
    "key_supervised": ("重点监管对象", "Key supervision"),
}
_PARTS = {
    "method": ("supervision_methods", "方式", "method"),
    "depth": ("supervision_depths", "深度", "depth"),
}


def _named(column: str) -> Pair:
    if column in _NAMES:
        return _NAMES[column]
    part, _, code = column.partition("_")
    table, zh, en = _PARTS[part]
    found = law.codes(table)[code]
    return f"{zh}：{found.zh}", f"{en}: {found.en}"


# Counted column and its heading, in the order of the page.
COLUMNS: dict[str, Pair] = {column: _named(column) for column in count_columns()}


def by_grade(counts: Iterable[Mapping[str, Any]], *, area: str = "") -> list[dict[str, Any]]:
    """One row per measure: its name, the number of each grade, and all together."""
    sums = _sums(counts, key="grade", area=area)
    found = []
    for column, name in COLUMNS.items():
        cells = [sums.get(grade, Counter())[column] for grade in GRADES]
        found.append({"key": column, "name": name, "cells": cells, "total": sum(cells)})
    return found


def by_area(counts: Iterable[Mapping[str, Any]]) -> dict[str, Counter[str]]:
    """Sums of every area, all grades together."""
    return _sums(counts, key="area_code")


def _sums(
    counts: Iterable[Mapping[str, Any]], *, key: str, area: str = ""
) -> dict[str, Counter[str]]:
    sums: dict[str, Counter[str]] = {}
    for row in counts:
        if area and row["area_code"] != area:
            continue
        counter = sums.setdefault(row[key] or "", Counter())
        for column in COLUMNS:
            counter[column] += row[column]
    return sums
