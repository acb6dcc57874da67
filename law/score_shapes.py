"""Shapes of statutory scores: tables of points, rules over records, bands, and their combination.

A rule over records names a record kind (or an indicator of the catalogue) and what its fields must
say; that the names exist is checked where they are read (``scoring.statutory``), not here.
"""

from collections.abc import Callable, Mapping
from typing import Any

from law.reading import Faults, check_keys, read_choice, read_text
from law.rule_shapes import REFERENCE_KEYS, check_rows
from law.shapes import GRADES, Checker, Shape, is_whole

KEY_UNIT_LISTS = ("routine", "licence")
EQUIPMENT_CLASSES = ("ordinary", "key")
_ROW_KEYS = ("key", "zh", "en", "status")
_CONDITION_KEYS = ("kind", "where", "within_months", "at_least", "sum", "indicator", "not_recorded")

_Row = Mapping[Any, Any]


def is_points(value: object) -> bool:
    """A number of points from 0 with at most one decimal, so that sums are exact."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return value >= 0 and abs(value * 10 - round(value * 10)) < 1e-9


def _check_points(row: _Row, key: str, faults: Faults) -> None:
    if not is_points(row.get(key)):
        faults.add(
            f"{key} 应为不小于 0、最多一位小数的分值，实为 {row.get(key)!r}",
            f"{key} must be points from 0 with at most one decimal, got {row.get(key)!r}",
        )


def _points_by_key(value: Any, shape: Shape, faults: Faults) -> None:
    if not isinstance(value, Mapping) or not value:
        faults.add("应为代码到分值的键值表", "must be a mapping from code to points")
        return
    for key in value:
        if not isinstance(key, str):
            faults.add(f"代码 {key!r} 请加引号", f"put the code {key!r} in quotes")
        _check_points(value, key, faults)


def _score_parts(value: Any, shape: Shape, faults: Faults) -> None:
    fits = (
        isinstance(value, Mapping)
        and set(value) == {"static", "dynamic"}
        and all(is_whole(value[part], low=1) for part in value)
    )
    if not fits:
        faults.add(
            f"应为 {{static, dynamic}}，实为 {value!r}",
            f"must be {{static, dynamic}}, got {value!r}",
        )


def _score_bands(value: Any, shape: Shape, faults: Faults) -> None:
    fits = (
        isinstance(value, Mapping)
        and tuple(value) == GRADES
        and all(is_points(bound) for bound in value.values())
        and list(value.values()) == sorted(set(value.values()))
    )
    if not fits:
        faults.add(
            f"应依次给出 A、B、C、D 的分值上限且逐级升高，实为 {value!r}",
            f"must give the upper bounds of A, B, C and D, rising, got {value!r}",
        )


def _grade_visits(value: Any, shape: Shape, faults: Faults) -> None:
    fits = (
        isinstance(value, Mapping)
        and set(value) == set(GRADES)
        and all(_is_visits(bounds) for bounds in value.values())
    )
    if not fits:
        faults.add(
            f"应为各等级的 [每年至少, 至多或 null]，实为 {value!r}",
            f"must be [least, most or null] visits a year by grade, got {value!r}",
        )


def _is_visits(bounds: object) -> bool:
    if not isinstance(bounds, list) or len(bounds) != 2 or not is_whole(bounds[0]):
        return False
    return bounds[1] is None or is_whole(bounds[1], low=bounds[0])


def _new_operator(value: Any, shape: Shape, faults: Faults) -> None:
    fits = (
        isinstance(value, Mapping)
        and set(value) == {"months", "full_score"}
        and all(is_whole(value[key], low=1) for key in value)
    )
    if not fits:
        faults.add(
            f"应为 {{months, full_score}}，实为 {value!r}",
            f"must be {{months, full_score}}, got {value!r}",
        )


def _grade_matrix(value: Any, shape: Shape, faults: Faults) -> None:
    fits = (
        isinstance(value, Mapping)
        and set(value) == set(GRADES)
        and all(
            isinstance(row, Mapping)
            and set(row) == set(GRADES)
            and all(grade in GRADES for grade in row.values())
            for row in value.values()
        )
    )
    if not fits:
        faults.add(
            f"应为 通用等级 → 专业等级 → 等级 的 4×4 表，实为 {value!r}",
            f"must be a 4 by 4 table general grade > sector grade > grade, got {value!r}",
        )


def _class_grades(value: Any, shape: Shape, faults: Faults) -> None:
    fits = (
        isinstance(value, Mapping)
        and set(value) == set(EQUIPMENT_CLASSES)
        and all(grade in GRADES for grade in value.values())
    )
    if not fits:
        faults.add(
            f"应给出 {'、'.join(EQUIPMENT_CLASSES)} 的等级，实为 {value!r}",
            f"must give a grade to {', '.join(EQUIPMENT_CLASSES)}, got {value!r}",
        )


def _static_tables(value: Any, shape: Shape, faults: Faults) -> None:
    if not isinstance(value, Mapping) or not value:
        faults.add("应为 业态 → 评分表", "must be a mapping from business to table")
        return
    for business, table in value.items():
        with faults.at(str(business)):
            if business not in shape.words(shape.table or ""):
                faults.add(
                    f"{business!r} 不在代码表 {shape.table} 中",
                    f"{business!r} is not in the code table {shape.table}",
                )
            if not isinstance(table, Mapping):
                faults.add("应为键值表", "must be a mapping")
                continue
            check_keys(table, faults, required=("is_complete", "items"), optional=())
            if not isinstance(table.get("is_complete"), bool):
                faults.add("is_complete 应为 true 或 false", "is_complete must be true or false")
            check_rows(
                table.get("items"), faults, key="key", check=lambda row: _static_item(row, faults)
            )


def _static_item(row: _Row, faults: Faults) -> None:
    steps = "options" if "options" in row else "bins"
    check_keys(row, faults, required=(*_ROW_KEYS, "most", steps), optional=REFERENCE_KEYS)
    _check_points(row, "most", faults)
    entries = row.get(steps)
    if not isinstance(entries, list) or not entries:
        faults.add(f"{steps} 应为非空列表", f"{steps} must be a list that is not empty")
        return
    for entry in entries:
        required = ("key", "zh", "en", "points") if steps == "options" else ("points",)
        check_keys(
            entry, faults, required=required, optional=() if steps == "options" else ("up_to",)
        )
        _check_points(entry, "points", faults)
    if steps == "bins":
        bounds = [entry.get("up_to") for entry in entries]
        if bounds[-1] is not None or any(not is_whole(bound) for bound in bounds[:-1]):
            faults.add(
                "各档 up_to 应为整数，最后一档不写 up_to",
                "every bin but the last needs a whole number up_to",
            )
        elif bounds[:-1] != sorted(set(bounds[:-1])):
            faults.add("各档 up_to 应递增", "up_to must rise from bin to bin")


def _record_rules(required: tuple[str, ...], check: Callable[[_Row, Faults], None]) -> Checker:
    """A checker of rows that each hold a condition on records and its effect."""

    def checked(value: Any, shape: Shape, faults: Faults) -> None:
        def check_row(row: _Row) -> None:
            check_keys(
                row,
                faults,
                required=(*_ROW_KEYS, *required),
                optional=(*_CONDITION_KEYS, *REFERENCE_KEYS, "requires", "except_categories"),
            )
            _check_condition(row, faults)
            check(row, faults)

        check_rows(value, faults, key="key", check=check_row)

    return checked


def _check_condition(row: _Row, faults: Faults) -> None:
    told = [key for key in ("kind", "indicator", "not_recorded") if key in row]
    if len(told) != 1:
        faults.add(
            "kind、indicator、not_recorded 三者须且只须写一个",
            "exactly one of kind, indicator and not_recorded must be given",
        )
    if "not_recorded" in row:
        if row["not_recorded"] is not True:
            faults.add("not_recorded 只能为 true", "not_recorded can only be true")
        return
    for key in ("within_months", "at_least"):
        if key in row and not is_whole(row[key], low=1):
            faults.add(f"{key} 应为正整数", f"{key} must be a whole number from 1")
    where = row.get("where", {})
    fits = isinstance(where, Mapping) and all(
        isinstance(values, list) and values and all(isinstance(v, str | bool) for v in values)
        for values in where.values()
    )
    if not fits:
        faults.add(
            "where 应为 字段 → 取值列表（文字或真假）",
            "where must map a field to a list of texts or flags",
        )
    if "sum" in row:
        read_text(row, "sum", faults)


def _scored(row: _Row, faults: Faults) -> None:
    for key in ("points", "most"):
        _check_points(row, key, faults)


def _steps(row: _Row, faults: Faults) -> None:
    if not is_whole(row.get("steps"), low=1, high=3):
        faults.add("steps 应为 1 至 3", "steps must be a whole number from 1 to 3")


def _key_unit(row: _Row, faults: Faults) -> None:
    read_choice(row, "list", faults, choices=KEY_UNIT_LISTS)


SCORE_CHECKERS: dict[str, Checker] = {
    "points_by_key": _points_by_key,
    "score_parts": _score_parts,
    "score_bands": _score_bands,
    "grade_visits": _grade_visits,
    "new_operator": _new_operator,
    "grade_matrix": _grade_matrix,
    "class_grades": _class_grades,
    "static_tables": _static_tables,
    "scored_events": _record_rules(("points", "most"), _scored),
    "grade_steps": _record_rules(("steps",), _steps),
    "key_unit_rules": _record_rules(("list",), _key_unit),
}
