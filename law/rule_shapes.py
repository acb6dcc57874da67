"""Checkers of the types that are lists of rules: registration, person bars, direct grades."""

from collections.abc import Callable, Mapping
from typing import Any

from law.provenance import STATUSES
from law.reading import Faults, check_keys, read_choice, read_optional_text, read_text
from law.shapes import GRADES, Checker, Shape, check_words, is_whole

OUTCOMES = ("refuse", "must_also_apply", "manual_review")
TRIGGERS = ("list", "person_bar")
REFERENCE_KEYS = ("act", "number", "article", "status", "note")

_Row = Mapping[Any, Any]


def check_rows(value: object, faults: Faults, *, key: str, check: Callable[[_Row], None]) -> None:
    """Check a list of mappings, each named once by `key`."""
    if not isinstance(value, list) or not value:
        faults.add("应为非空列表", "must be a list that is not empty")
        return
    names: set[object] = set()
    for number, row in enumerate(value, start=1):
        if not isinstance(row, Mapping):
            faults.add(f"第 {number} 项应为键值表", f"item {number} must be a mapping")
            continue
        name = row.get(key)
        with faults.at(str(name)):
            if name in names:
                faults.add(f"{key} 重复", f"{key} is repeated")
            names.add(name)
            read_choice(row, "status", faults, choices=STATUSES)
            for text in (key, "zh", "en"):
                read_text(row, text, faults)
            for text in ("act", "number", "article", "note"):
                read_optional_text(row, text, faults)
            if row.get("act") is None and (row.get("number") or row.get("article")):
                faults.add("写明条款时须同时写明法规 act", "an article needs the act it stands in")
            check(row)


def _registration_rules(value: Any, shape: Shape, faults: Faults) -> None:
    check_rows(value, faults, key="rule", check=lambda row: _registration_rule(row, shape, faults))


def _registration_rule(row: _Row, shape: Shape, faults: Faults) -> None:
    trigger = read_choice(row, "trigger", faults, choices=TRIGGERS)
    of_list, of_person = ("lists", "list_grounds"), ("roles",)
    optional = (*REFERENCE_KEYS, "change_items", "cured_by", "must_also_apply_for")
    check_keys(
        row,
        faults,
        required=(
            "rule",
            "zh",
            "en",
            "trigger",
            "subject_kinds",
            "application_kinds",
            "outcome",
            "remedy",
            *(of_person if trigger == "person_bar" else of_list[:1]),
        ),
        optional=(*optional, *(() if trigger == "person_bar" else of_list[1:])),
    )
    tables = {
        "lists": "lists",
        "list_grounds": "list_grounds",
        "roles": "person_roles",
        "subject_kinds": "entity_types",
        "application_kinds": "application_kinds",
        "change_items": "change_items",
        "cured_by": "change_items",
        "must_also_apply_for": "change_items",
    }
    for key, table in tables.items():
        if key in row:
            check_words(row[key], faults, name=key, allowed=shape.words(table))
    outcome = read_choice(row, "outcome", faults, choices=OUTCOMES)
    if (outcome == "must_also_apply") != bool(row.get("must_also_apply_for")):
        faults.add(
            "must_also_apply_for 与 outcome: must_also_apply 应同时出现",
            "must_also_apply_for belongs to outcome: must_also_apply, and to it only",
        )
    _check_bilingual(row, "remedy", faults)


def _person_bars(value: Any, shape: Shape, faults: Faults) -> None:
    check_rows(value, faults, key="bar", check=lambda row: _person_bar(row, shape, faults))


def _person_bar(row: _Row, shape: Shape, faults: Faults) -> None:
    check_keys(
        row,
        faults,
        required=("bar", "zh", "en", "roles", "term", "counted_from"),
        optional=(*REFERENCE_KEYS, "subject_kinds"),
    )
    check_words(row.get("roles"), faults, name="roles", allowed=shape.words("offices"))
    if "subject_kinds" in row:
        check_words(
            row["subject_kinds"], faults, name="subject_kinds", allowed=shape.words("entity_types")
        )
    term = row.get("term")
    years = isinstance(term, Mapping) and set(term) == {"years"} and is_whole(term["years"], low=1)
    if not years and term not in ("lifetime", "while_it_lasts"):
        faults.add(
            f"term 应为 {{years: n}}、lifetime 或 while_it_lasts，实为 {term!r}",
            f"term must be {{years: n}}, lifetime or while_it_lasts, got {term!r}",
        )
    _check_bilingual(row, "counted_from", faults)


def _direct_grades(value: Any, shape: Shape, faults: Faults) -> None:
    def check(row: _Row) -> None:
        check_keys(
            row, faults, required=("key", "zh", "en", "grade", "status"), optional=REFERENCE_KEYS
        )
        read_choice(row, "grade", faults, choices=GRADES)

    check_rows(value, faults, key="key", check=check)


def _check_bilingual(row: _Row, key: str, faults: Faults) -> None:
    value = row.get(key)
    if not isinstance(value, Mapping):
        faults.add(f"{key} 应有 zh 和 en", f"{key} must have zh and en")
        return
    with faults.at(key):
        check_keys(value, faults, required=("zh", "en"), optional=())
        read_text(value, "zh", faults)
        read_text(value, "en", faults)


RULE_CHECKERS: dict[str, Checker] = {
    "registration_rules": _registration_rules,
    "person_bars": _person_bars,
    "direct_grades": _direct_grades,
}
