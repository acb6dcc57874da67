"""A version of the rules in words: what it changes, how its cut-offs were chosen."""

from collections.abc import Mapping
from typing import Any

from scoring.grading.cut_offs import CAPACITY, TARGET_SHARES, CutOffVersion

Line = tuple[str, str, str]


def change_lines(changes: Mapping[str, Any], *, rule_names: Mapping[str, str]) -> list[Line]:
    """Chinese label, English label and value of everything that a version changes.

    `rule_names` are the direct rules by key.
    """
    lines: list[Line] = []
    if "hysteresis_margin_per_mille" in changes:
        margin = changes["hysteresis_margin_per_mille"]
        lines.append(("稳定带幅度", "hysteresis margin", f"{margin}‰"))
    floor = changes.get("floor", {})
    if floor:
        told = [f"不优于 {floor['grade']}"] if "grade" in floor else []
        told += [f"成立 {floor['months']} 个月内"] if "months" in floor else []
        lines.append(("新设企业起评", "floor for new enterprises", "，".join(told)))
    if "provincial_grade_decides" in changes:
        decides = "采用" if changes["provincial_grade_decides"] else "仅并列展示"
        lines.append(("省级结果", "province's result", decides))
    for key, applies in changes.get("direct_rules", {}).items():
        name = rule_names.get(key, key)
        lines.append((f"直接判定·{name}", "direct rule", "适用" if applies else "不适用"))
    return lines


def cut_off_lines(chosen: CutOffVersion) -> list[Line]:
    """The same of a version of the cut-offs."""
    bounds = chosen.cut_offs
    return [
        ("等级分界", "cut-offs", f"{chosen.version}：{_way(chosen.wish)}"),
        (
            "概率下限",
            "lower bounds",
            f"B ≥ {bounds.b:.4f}，C ≥ {bounds.c:.4f}，D ≥ {bounds.d:.4f}",
        ),
        ("选定所用批次", "chosen on", f"{chosen.run_id}（模型 {chosen.model_version[:12]}）"),
    ]


def _way(wish: Mapping[str, Any]) -> str:
    if wish["chosen_by"] == CAPACITY:
        return f"按每年可实施检查 {wish['visits']:,} 次"
    if wish["chosen_by"] == TARGET_SHARES:
        shares = "、".join(f"{grade} {share}‰" for grade, share in wish["per_mille"].items())
        return f"按目标比例 {shares}"
    return "固定概率"
