"""Shapes of measures: the table of grade and sector, rules over indicators, the health index.

That an indicator exists is checked where the rule is read (``scoring.measures``), not here.
"""

from collections.abc import Mapping
from typing import Any

from law.reading import Faults, check_keys, read_choice, read_text
from law.rule_shapes import REFERENCE_KEYS, check_rows
from law.shapes import GRADES, PER_MILLE, Checker, Shape, is_whole

SECTORS = ("general", "food", "special_equipment")
_ROW_KEYS = ("key", "zh", "en", "status")
_MOST_VISITS, _MOST_POINTS = 52, 100
_TABLES = {
    "method": "supervision_methods",
    "depth": "supervision_depths",
    "guidance": "guidance_kinds",
}

_Row = Mapping[Any, Any]


def _supervision_table(value: Any, shape: Shape, faults: Faults) -> None:
    """Every sector and grade once; a riskier grade is never visited less."""
    if not isinstance(value, Mapping) or set(value) != set(SECTORS):
        faults.add(f"应给出 {'、'.join(SECTORS)}", f"must give {', '.join(SECTORS)}")
        return
    for sector, rows in value.items():
        with faults.at(sector):
            if not isinstance(rows, Mapping) or set(rows) != set(GRADES):
                faults.add("应给出 A、B、C、D 四档", "must give A, B, C and D")
                continue
            before = len(faults.messages)
            for grade in GRADES:
                with faults.at(grade):
                    _measures(rows[grade], shape, faults)
            visits = [rows[grade]["visits"] for grade in GRADES if len(faults.messages) == before]
            if visits != sorted(visits):
                faults.add("风险高的等级次数不得更少", "a riskier grade can't be visited less")


def _measures(row: Any, shape: Shape, faults: Faults) -> None:
    required = ("visits", "method", "depth", "guidance", "key_supervision")
    if not isinstance(row, Mapping):
        faults.add("应为键值表", "must be a mapping")
        return
    check_keys(row, faults, required=required, optional=())
    if not is_whole(row.get("visits"), high=_MOST_VISITS):
        faults.add("visits 应为 0 至 52 的整数", "visits must be a whole number, 0 to 52")
    if not isinstance(row.get("key_supervision"), bool):
        faults.add("key_supervision 应为 true 或 false", "key_supervision must be true or false")
    for key, table in _TABLES.items():
        if key != "guidance" or row.get(key) is not None:
            read_choice(row, key, faults, choices=tuple(shape.words(table)))


def _indicator_rules(value: Any, shape: Shape, faults: Faults) -> None:
    """Rules that hold from an amount of an indicator; `effect` is a code of the table."""

    def check(row: _Row) -> None:
        check_keys(
            row,
            faults,
            required=(*_ROW_KEYS, "indicator", "at_least", "effect"),
            optional=REFERENCE_KEYS,
        )
        read_text(row, "indicator", faults)
        read_choice(row, "effect", faults, choices=tuple(shape.words(shape.table or "")))
        if not is_whole(row.get("at_least"), low=1):
            faults.add("at_least 应为正整数", "at_least must be a whole number from 1")

    check_rows(value, faults, key="key", check=check)


def _health_index(value: Any, shape: Shape, faults: Faults) -> None:
    """Dimensions with weights that add up to 1000, each with its parts."""
    before = len(faults.messages)

    def check(row: _Row) -> None:
        check_keys(
            row,
            faults,
            required=(*_ROW_KEYS, "weight", "start", "parts"),
            optional=(*REFERENCE_KEYS, "needs"),
        )
        for key, high in (("weight", PER_MILLE), ("start", _MOST_POINTS)):
            if not is_whole(row.get(key), high=high):
                faults.add(f"{key} 应为 0 至 {high} 的整数", f"{key} must be 0 to {high}")
        if "needs" in row:
            read_text(row, "needs", faults)
        check_rows(row.get("parts"), faults, key="key", check=lambda part: _part(part, faults))

    check_rows(value, faults, key="key", check=check)
    if len(faults.messages) == before and sum(row["weight"] for row in value) != PER_MILLE:
        faults.add("各维度权重之和应为 1000", "the weights must add up to 1000")


def _part(row: _Row, faults: Faults) -> None:
    check_keys(row, faults, required=(*_ROW_KEYS, "indicator", "points", "most"), optional=())
    read_text(row, "indicator", faults)
    points = row.get("points")
    if isinstance(points, bool) or not isinstance(points, int | float) or points == 0:
        faults.add("points 应为非零分值", "points must be a number that is not 0")
    if not is_whole(row.get("most"), low=1, high=_MOST_POINTS):
        faults.add("most 应为 1 至 100 的整数", "most must be a whole number, 1 to 100")


MEASURE_CHECKERS: dict[str, Checker] = {
    "supervision_table": _supervision_table,
    "indicator_rules": _indicator_rules,
    "health_index": _health_index,
}
