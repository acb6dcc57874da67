"""A change of grading rules as an office writes it down: one YAML file, every key optional.

``reason`` (why), ``cut_offs`` (how they are chosen), ``direct_rules`` (key: true or false),
``floor`` (grade, months), ``hysteresis_margin_per_mille``, ``provincial_grade_decides``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from law.reading import Faults, check_keys, read_choice, read_flag, read_text, read_yaml
from models.rating.cutoffs import GRADES
from scoring.errors import RuleFileError
from scoring.grading.cut_offs import CAPACITY, FIXED, TARGET_SHARES, WAYS

_CHANGES = (
    "direct_rules",
    "floor",
    "hysteresis_margin_per_mille",
    "provincial_grade_decides",
)
_OF_WAY = {TARGET_SHARES: "per_mille", CAPACITY: "visits", FIXED: "values"}


@dataclass(frozen=True)
class RuleFile:
    """What a file asks for; `cut_offs` is None where they stay as they are."""

    reason: str
    cut_offs: Mapping[str, Any] | None
    changes: Mapping[str, Any]


def read_rule_file(path: Path, *, direct_rules: frozenset[str]) -> RuleFile:
    """Read a file and check every value of it.

    Parameters
    ----------
    direct_rules
        Keys that the law's list of direct rules has.

    Raises
    ------
    RuleFileError
        With every fault of the file.
    """
    faults = Faults()
    with faults.at(path.name):
        content = read_yaml(path, faults)
    _refuse(faults)
    assert content is not None  # no faults, so it was read
    return check_rules(content, where=path.name, direct_rules=direct_rules)


def check_rules(
    content: Mapping[str, Any], *, where: str, direct_rules: frozenset[str]
) -> RuleFile:
    """Check every value of what a file says, or a form.

    Raises
    ------
    RuleFileError
        With every fault; they are said to be in `where`.
    """
    faults = Faults()
    with faults.at(where):
        _check(content, faults, direct_rules=direct_rules)
    _refuse(faults)
    changes = {key: content[key] for key in _CHANGES if key in content}
    return RuleFile(content["reason"].strip(), content.get("cut_offs"), changes)


def _refuse(faults: Faults) -> None:
    if faults.messages:
        raise RuleFileError(
            "规则有误，未作任何更改：\n  " + "\n  ".join(zh for zh, _ in faults.messages),
            "the rules have faults, nothing was changed:\n  "
            + "\n  ".join(en for _, en in faults.messages),
        )


def _check(content: Mapping[str, Any], faults: Faults, *, direct_rules: frozenset[str]) -> None:
    check_keys(content, faults, required=("reason",), optional=("cut_offs", *_CHANGES))
    read_text(content, "reason", faults)
    if len(content) < 2:
        faults.add(
            "没有任何更改，请写明 cut_offs 或其他规则",
            "nothing is changed; give cut_offs or a rule",
        )
    with faults.at("cut_offs"):
        if "cut_offs" in content:
            _check_cut_offs(content["cut_offs"], faults)
    with faults.at("direct_rules"):
        _check_switches(content.get("direct_rules", {}), faults, known=direct_rules)
    with faults.at("floor"):
        _check_floor(content.get("floor", {}), faults)
    margin = content.get("hysteresis_margin_per_mille", 0)
    if not _is_whole(margin, high=500):
        faults.add(
            f"hysteresis_margin_per_mille 应为 0 至 500 的整数，实为 {margin!r}",
            f"hysteresis_margin_per_mille must be a whole number from 0 to 500, got {margin!r}",
        )
    read_flag(content, "provincial_grade_decides", faults)


def _check_cut_offs(wish: Any, faults: Faults) -> None:
    if not isinstance(wish, Mapping):
        faults.add("应为键值表", "must be a mapping")
        return
    way = read_choice(wish, "chosen_by", faults, choices=WAYS)
    check_keys(wish, faults, required=("chosen_by",), optional=tuple(_OF_WAY.values()))
    needed = _OF_WAY.get(way)
    if needed and needed not in wish:
        faults.add(f"chosen_by: {way} 须写明 {needed}", f"chosen_by: {way} needs {needed}")
    if "per_mille" in wish:
        _check_shares(wish["per_mille"], faults)
    if "visits" in wish and not _is_whole(wish["visits"], low=1):
        faults.add(
            f"visits（每年可实施的检查次数）应为正整数，实为 {wish['visits']!r}",
            f"visits (a year) must be a whole number above 0, got {wish['visits']!r}",
        )
    if "values" in wish:
        _check_values(wish["values"], faults)


def _check_shares(shares: Any, faults: Faults) -> None:
    fits = (
        isinstance(shares, Mapping)
        and set(shares) == set(GRADES)
        and all(_is_whole(share) for share in shares.values())
        and sum(shares.values()) == 1000
    )
    if not fits:
        faults.add(
            f"per_mille 应给出 A、B、C、D 四级的千分比，合计 1000，实为 {shares!r}",
            f"per_mille must give A, B, C and D, 1000 together, got {shares!r}",
        )


def _check_values(values: Any, faults: Faults) -> None:
    if not _are_rising_probabilities(values):
        faults.add(
            f"values 应给出 b、c、d 三个概率且 0 < b < c < d ≤ 1，实为 {values!r}",
            f"values must give the probabilities b, c, d with 0 < b < c < d <= 1, got {values!r}",
        )


def _are_rising_probabilities(values: Any) -> bool:
    if not isinstance(values, Mapping) or set(values) != set("bcd"):
        return False
    bounds = [values[key] for key in "bcd"]
    if any(isinstance(one, bool) or not isinstance(one, int | float) for one in bounds):
        return False
    return bool(0 < bounds[0] < bounds[1] < bounds[2] <= 1)


def _check_switches(switches: Any, faults: Faults, *, known: frozenset[str]) -> None:
    if not isinstance(switches, Mapping):
        faults.add("应为“规则: true/false”", "must map rules to true or false")
        return
    for key in switches:
        if key not in known:
            faults.add(
                f"没有直接判定规则 {key!r}，现有：{'、'.join(sorted(known))}",
                f"there is no direct rule {key!r}; known: {', '.join(sorted(known))}",
            )
        read_flag(switches, key, faults)


def _check_floor(floor: Any, faults: Faults) -> None:
    if not isinstance(floor, Mapping):
        faults.add("应有 grade 和 months", "must have grade and months")
        return
    check_keys(floor, faults, required=(), optional=("grade", "months"))
    read_choice(floor, "grade", faults, choices=GRADES)
    if "months" in floor and not _is_whole(floor["months"], low=1, high=120):
        faults.add(
            f"months 应为 1 至 120 的整数，实为 {floor['months']!r}",
            f"months must be a whole number from 1 to 120, got {floor['months']!r}",
        )


def _is_whole(value: Any, *, low: int = 0, high: int | None = None) -> bool:
    whole = isinstance(value, int) and not isinstance(value, bool)
    return whole and low <= value and (high is None or value <= high)
