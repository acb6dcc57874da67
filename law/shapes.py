"""What a value may look like: one checker for each `type` that a parameter file can name.

A checker reports faults and changes nothing; values stay plain data (numbers, text, lists and
mappings), so that they can be written to JSON as they are.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from law.code_tables import CodeTable
from law.reading import Faults, check_keys, read_text

GRADES = ("A", "B", "C", "D")
PER_MILLE = 1000


@dataclass(frozen=True)
class Shape:
    """The declared type of a parameter and, where it names one, its code table."""

    type: str
    table: str | None
    tables: Mapping[str, CodeTable]

    def words(self, table: str) -> frozenset[str]:
        found = self.tables.get(table)
        return frozenset(found.codes) if found else frozenset()


Checker = Callable[[Any, Shape, Faults], None]


def is_whole(value: object, *, low: int = 0, high: int | None = None) -> bool:
    """A whole number from `low` to `high`; true and false are not numbers."""
    if not isinstance(value, int) or isinstance(value, bool):
        return False
    return low <= value and (high is None or value <= high)


def check_words(
    value: object, faults: Faults, *, name: str, allowed: Iterable[str], empty: bool = False
) -> None:
    """A list of words, each from a closed list, none twice."""
    allowed = frozenset(allowed)
    if not isinstance(value, list) or not (value or empty):
        faults.add(f"{name} 应为非空列表", f"{name} must be a list that is not empty")
        return
    for word in value:
        if not isinstance(word, str) or word not in allowed:
            faults.add(
                f"{name} 含未知代码 {word!r}，允许：{'、'.join(sorted(allowed))}",
                f"{name} has the unknown code {word!r}; allowed: {', '.join(sorted(allowed))}",
            )
    if len({str(word) for word in value}) != len(value):
        faults.add(f"{name} 有重复", f"{name} repeats a word")


def _integer(value: Any, shape: Shape, faults: Faults) -> None:
    if not is_whole(value):
        faults.add(f"应为非负整数，实为 {value!r}", f"must be a whole number, got {value!r}")


def _boolean(value: Any, shape: Shape, faults: Faults) -> None:
    if not isinstance(value, bool):
        faults.add(f"应为 true 或 false，实为 {value!r}", f"must be true or false, got {value!r}")


def _month_day(value: Any, shape: Shape, faults: Faults) -> None:
    fits = (
        isinstance(value, Mapping)
        and set(value) == {"month", "day"}
        and is_whole(value["month"], low=1, high=12)
        and is_whole(value["day"], low=1, high=31)
    )
    if not fits:
        faults.add(f"应为月和日，实为 {value!r}", f"must be {{month, day}}, got {value!r}")


def _grade_per_mille(value: Any, shape: Shape, faults: Faults) -> None:
    if not _has_grades(value, faults):
        return
    for grade in GRADES:
        if not is_whole(value[grade], high=PER_MILLE):
            faults.add(
                f"{grade} 应为 0 至 1000 的整数（千分比），实为 {value[grade]!r}",
                f"{grade} must be a whole number per mille, 0 to 1000, got {value[grade]!r}",
            )


def _grade_shares_per_mille(value: Any, shape: Shape, faults: Faults) -> None:
    before = len(faults.messages)
    _grade_per_mille(value, shape, faults)
    if len(faults.messages) == before and sum(value.values()) != PER_MILLE:
        faults.add("四档之和应为 1000", "the four shares must add up to 1000")


def _grade_range_per_mille(value: Any, shape: Shape, faults: Faults) -> None:
    if not _has_grades(value, faults):
        return
    for grade in GRADES:
        bounds = value[grade]
        fits = (
            isinstance(bounds, list)
            and len(bounds) == 2
            and all(is_whole(bound, high=PER_MILLE) for bound in bounds)
            and bounds[0] <= bounds[1]
        )
        if not fits:
            faults.add(
                f"{grade} 应为 [下限, 上限]（千分比），实为 {bounds!r}",
                f"{grade} must be [low, high] per mille, got {bounds!r}",
            )


def _has_grades(value: object, faults: Faults) -> bool:
    if isinstance(value, Mapping) and set(value) == set(GRADES):
        return True
    faults.add(f"应给出 A、B、C、D 四档，实为 {value!r}", f"must give A, B, C and D, got {value!r}")
    return False


def _integers_by_code(value: Any, shape: Shape, faults: Faults) -> None:
    allowed = shape.words(shape.table or "")
    if not isinstance(value, Mapping) or not value:
        faults.add("应为代码到整数的键值表", "must be a mapping from code to whole number")
        return
    for key, number in value.items():
        if key not in allowed:
            faults.add(
                f"代码 {key!r} 不在代码表 {shape.table} 中",
                f"code {key!r} is not in the code table {shape.table}",
            )
        if not is_whole(number):
            faults.add(f"{key} 应为非负整数", f"{key} must be a whole number, got {number!r}")


def _codes(value: Any, shape: Shape, faults: Faults) -> None:
    check_words(value, faults, name="value", allowed=shape.words(shape.table or ""))


def _integers(value: Any, shape: Shape, faults: Faults) -> None:
    if not isinstance(value, list) or not all(is_whole(number) for number in value):
        faults.add(f"应为非负整数列表，实为 {value!r}", f"must be whole numbers, got {value!r}")


def _items(value: Any, shape: Shape, faults: Faults) -> None:
    if not isinstance(value, list) or not value:
        faults.add("应为非空列表", "must be a list that is not empty")
        return
    for number, item in enumerate(value, start=1):
        with faults.at(f"第{number}项 item {number}"):
            if not isinstance(item, Mapping):
                faults.add("应为键值表", "must be a mapping")
                continue
            check_keys(item, faults, required=("key", "zh", "en"), optional=("article", "note"))
            for key in ("key", "zh", "en"):
                read_text(item, key, faults)


def _grade_floor(value: Any, shape: Shape, faults: Faults) -> None:
    fits = (
        isinstance(value, Mapping)
        and set(value) == {"grade", "months"}
        and value["grade"] in GRADES
        and is_whole(value["months"], low=1)
    )
    if not fits:
        faults.add(
            f"应为 {{grade, months}}，实为 {value!r}", f"must be {{grade, months}}, got {value!r}"
        )


CHECKERS: dict[str, Checker] = {
    "integer": _integer,
    "boolean": _boolean,
    "month_day": _month_day,
    "grade_per_mille": _grade_per_mille,
    "grade_shares_per_mille": _grade_shares_per_mille,
    "grade_range_per_mille": _grade_range_per_mille,
    "grade_floor": _grade_floor,
    "integers": _integers,
    "integers_by_code": _integers_by_code,
    "codes": _codes,
    "items": _items,
}

NEEDS_TABLE = ("codes", "integers_by_code", "static_tables")
