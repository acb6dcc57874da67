"""What an office may choose about a round, and what it may not."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from features.messages import Message
from scoring.double_random.documents import ROUND_PATTERN, Grade
from scoring.double_random.rules import DrawRules
from scoring.double_random.strata import GRADES, PER_MILLE
from scoring.errors import PlanError, refuse

_LONGEST_TEXT = 200


@dataclass(frozen=True)
class PlanWishes:
    """The office's choices for a round.

    `grade_ratios` (whole numbers per mille) replace those of the law parameter grade by grade.
    `team_size` None is the legal minimum. `reserve_per_mille` is a share of the drawn.
    `most_visits` is what an inspector can make in the task period; 0 when unsaid.
    """

    round_id: str
    region: str
    items: tuple[str, ...]
    task_from: date
    task_to: date
    randomness_name: str
    grade_ratios: Mapping[str, int] = field(default_factory=dict)
    floor: int = 1
    reserve_per_mille: int = 200
    team_size: int | None = None
    team_reason: str = ""
    same_area: bool = False
    matter: str = ""
    most_visits: int = 0

    @property
    def is_joint(self) -> bool:
        """Several items on one door (综合查一次)."""
        return len(self.items) > 1

    def ratios(self, rules: DrawRules) -> dict[Grade, int]:
        """Ratio per grade in per mille."""
        return {
            grade: self.grade_ratios.get(grade, rules.ratios_per_mille[grade]) for grade in GRADES
        }

    def size_of_team(self, rules: DrawRules) -> int:
        """Inspectors of a visit."""
        return rules.minimum_inspectors if self.team_size is None else self.team_size


def check_wishes(wishes: PlanWishes, rules: DrawRules) -> None:
    """Refuse what may not be planned, all faults at once.

    Raises
    ------
    PlanError
        Round, items, period, name of the randomness, ratios, floor, reserves or team.

    References
    ----------
    ``double_random.minimum_inspectors``, ``double_random.maximum_inspectors_single_item``,
    ``double_random.maximum_inspectors_joint``.
    """
    refuse(
        PlanError, [*_text_faults(wishes), *_number_faults(wishes), *_team_faults(wishes, rules)]
    )


def _text_faults(wishes: PlanWishes) -> list[Message]:
    faults: list[Message] = []
    if not re.fullmatch(ROUND_PATTERN, wishes.round_id):
        faults.append(
            Message(
                f"轮次编号 {wishes.round_id!r} 只可用字母、数字、- 和 _，不超过 64 个字符",
                f"round {wishes.round_id!r} may hold letters, digits, - and _, 64 at most",
            )
        )
    if not wishes.items or not all(item.strip() for item in wishes.items):
        faults.append(Message("须写明抽查事项", "name the inspection items"))
    if len(set(wishes.items)) != len(wishes.items):
        faults.append(Message("抽查事项重复", "an inspection item stands twice"))
    if not wishes.randomness_name.strip():
        faults.append(
            Message(
                "须写明将使用的公开随机数的名称，例如 2026年11月30日现场掷十面骰子25次",
                "name the public randomness that will be used, such as 25 ten-sided dice on a day",
            )
        )
    texts = (wishes.randomness_name, wishes.team_reason, wishes.matter, *wishes.items)
    if any(len(text) > _LONGEST_TEXT or not text.isprintable() for text in texts):
        faults.append(
            Message(
                f"文字须为 {_LONGEST_TEXT} 字以内的可见字符",
                f"texts must be printable and {_LONGEST_TEXT} characters at most",
            )
        )
    if wishes.task_to < wishes.task_from:
        faults.append(
            Message(
                f"任务期止 {wishes.task_to} 早于任务期起 {wishes.task_from}",
                f"the task ends on {wishes.task_to}, before it begins on {wishes.task_from}",
            )
        )
    return faults


def _number_faults(wishes: PlanWishes) -> list[Message]:
    faults: list[Message] = []
    for grade, ratio in wishes.grade_ratios.items():
        if grade not in GRADES:
            faults.append(
                Message(
                    f"没有 {grade} 级，只有 A、B、C、D", f"there is no grade {grade}, only A to D"
                )
            )
        elif not _is_per_mille(ratio):
            faults.append(
                Message(
                    f"{grade} 级抽查比例 {ratio} 应为 0 至 1000 的整数（千分比）",
                    f"ratio {ratio} of grade {grade} must be a whole number, 0 to 1000 per mille",
                )
            )
    if wishes.floor < 1:
        faults.append(
            Message(
                f"每层最少抽取数 {wishes.floor} 应不小于 1：任何等级都不免抽",
                f"the floor {wishes.floor} must be 1 or more: no grade is exempt from sampling",
            )
        )
    if wishes.most_visits < 0:
        faults.append(
            Message(
                f"每名检查人员最多检查次数 {wishes.most_visits} 不能为负",
                f"the most visits of an inspector, {wishes.most_visits}, can't be negative",
            )
        )
    if not _is_per_mille(wishes.reserve_per_mille):
        faults.append(
            Message(
                f"备选比例 {wishes.reserve_per_mille} 应为 0 至 1000 的整数（千分比）",
                f"the share of reserves, {wishes.reserve_per_mille}, must be 0 to 1000 per mille",
            )
        )
    return faults


def _team_faults(wishes: PlanWishes, rules: DrawRules) -> list[Message]:
    size = wishes.size_of_team(rules)
    if size < rules.minimum_inspectors:
        return [
            Message(
                f"每次检查 {size} 人，少于法定的 {rules.minimum_inspectors} 人",
                f"a visit by {size} is below the legal minimum of {rules.minimum_inspectors}",
            )
        ]
    most = rules.maximum_inspectors(joint=wishes.is_joint)
    if size > most and not wishes.team_reason.strip():
        zh, en = (
            ("多事项", "of several items") if wishes.is_joint else ("单一事项", "of a single item")
        )
        return [
            Message(
                f"{zh}检查一般不超过 {most} 人，安排 {size} 人须写明理由",
                f"a visit {en} normally has {most} inspectors at most; give a reason for {size}",
            )
        ]
    return []


def _is_per_mille(number: int) -> bool:
    return not isinstance(number, bool) and isinstance(number, int) and 0 <= number <= PER_MILLE
