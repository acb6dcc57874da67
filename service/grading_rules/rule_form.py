"""A change of grading rules as the console's form sends it, turned into what a file would say."""

from collections.abc import Mapping
from typing import Any

from models.rating.cutoffs import GRADES
from scoring.grading.cut_offs import CAPACITY, FIXED, TARGET_SHARES

_FLAGS = {"true": True, "false": False}
_BOUNDS = ("b", "c", "d")


def form_content(form: Mapping[str, str]) -> dict[str, Any]:
    """The content of a file of rules; a field left blank stays as it is.

    What is no number is kept as it was typed, and the check of the content says so. Fields:
    ``reason``, ``chosen_by`` with ``visits``, ``share_A`` to ``share_D`` or ``bound_b`` to
    ``bound_d``, ``margin``, ``floor_grade``, ``floor_months``, ``provincial``, ``direct_<key>``.
    """
    given = {name: text.strip() for name, text in form.items() if text.strip()}
    content: dict[str, Any] = {"reason": given.get("reason", "")}
    if "chosen_by" in given:
        content["cut_offs"] = _cut_offs(given)
    switches = {
        name.removeprefix("direct_"): _FLAGS.get(text, text)
        for name, text in given.items()
        if name.startswith("direct_")
    }
    floor = {
        key: value
        for key, value in (
            ("grade", given.get("floor_grade")),
            ("months", _whole(given.get("floor_months"))),
        )
        if value is not None
    }
    margin = _whole(given.get("margin"))
    provincial = given.get("provincial")
    content |= {"direct_rules": switches} if switches else {}
    content |= {"floor": floor} if floor else {}
    content |= {"hysteresis_margin_per_mille": margin} if margin is not None else {}
    if provincial is not None:
        content["provincial_grade_decides"] = _FLAGS.get(provincial, provincial)
    return content


def _cut_offs(given: Mapping[str, str]) -> dict[str, Any]:
    wish: dict[str, Any] = {"chosen_by": given["chosen_by"]}
    if wish["chosen_by"] == CAPACITY:
        wish["visits"] = _whole(given.get("visits"))
    elif wish["chosen_by"] == TARGET_SHARES:
        wish["per_mille"] = {grade: _whole(given.get(f"share_{grade}")) for grade in GRADES}
    elif wish["chosen_by"] == FIXED:
        wish["values"] = {bound: _decimal(given.get(f"bound_{bound}")) for bound in _BOUNDS}
    return wish


def _whole(text: str | None) -> int | str | None:
    return int(text) if text is not None and text.isascii() and text.isdigit() else text


def _decimal(text: str | None) -> float | str | None:
    try:
        return float(text) if text is not None else None
    except ValueError:
        return text
