"""年度抽查计划: all rounds of a year in one document, with the floors that the year must reach.

References
----------
国市监信〔2019〕38号 (yearly plan); parameters ``double_random.uniform_share_per_mille`` and
``double_random.public_information_minimum_per_mille``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from features.workbook import Sheet, workbook_bytes
from scoring.double_random.documents import Plan
from scoring.double_random.shares import uniform_share
from scoring.double_random.strata import GRADES, PER_MILLE, total_visits, visits_in

_STATES = {"planned": "拟定", "frozen": "已冻结", "drawn": "已抽取"}
_TARGET = {"single": "单项", "joint": "部门联合"}
_WIDTHS = {"抽查事项": 50, "部门": 30, "事由": 40}


@dataclass(frozen=True)
class YearPlan:
    """A year's rounds.

    Attributes
    ----------
    rounds
        One row per round by first day: round, state, items, departments, task_from, task_to,
        kind, visits, library_size, approved_by.
    by_grade
        Rounds x grades: visits.
    exclusions
        One row per round and ground: enterprises left out.
    visits, library_size
        Visits of all rounds; the largest library among them.
    least_visits
        What the year must reach: `minimum_per_mille` of the library.
    uniform_per_mille
        By round, the share of visits that reaches everybody alike.
    """

    year: int
    rounds: pd.DataFrame
    by_grade: pd.DataFrame
    exclusions: pd.DataFrame
    visits: int
    library_size: int
    minimum_per_mille: int
    uniform_per_mille: Mapping[str, int]

    @property
    def least_visits(self) -> int:
        """Visits that the year needs for the least share of public-information checks."""
        return -(-self.minimum_per_mille * self.library_size // PER_MILLE)

    @property
    def reaches_minimum(self) -> bool:
        """Whether the rounds planned so far reach that least share, were all visits different."""
        return self.visits >= self.least_visits

    @property
    def joint_per_mille(self) -> int:
        """Share of rounds with several items (部门联合) among all rounds, in per mille."""
        joint = int((self.rounds["kind"] == "joint").sum())
        return PER_MILLE * joint // max(len(self.rounds), 1)


def make_year_plan(
    year: int,
    plans: Sequence[tuple[Plan, str, str]],
    *,
    minimum_per_mille: int,
) -> YearPlan:
    """Sum the rounds (plan, state, name of who approved) whose task begins in `year`."""
    chosen = sorted(
        (one for one in plans if one[0].task_from.year == year),
        key=lambda one: (one[0].task_from, one[0].round),
    )
    columns = ["round", "state", "items", "departments", "task_from", "task_to", "kind"]
    rows = [
        (
            plan.round,
            state,
            "、".join(plan.items),
            "、".join(dict.fromkeys(rule.department for rule in plan.item_rules)),
            plan.task_from,
            plan.task_to,
            plan.item_kind,
            total_visits(plan.strata),
            plan.library_size,
            approved_by,
        )
        for plan, state, approved_by in chosen
    ]
    rounds = pd.DataFrame(rows, columns=[*columns, "visits", "library_size", "approved_by"])
    by_grade = pd.DataFrame(
        [
            [sum(visits_in(s) for s in plan.strata if s.grade == grade) for grade in GRADES]
            for plan, _, _ in chosen
        ],
        index=rounds["round"],
        columns=list(GRADES),
    )
    grounds = [
        (plan.round, ground, number)
        for plan, _, _ in chosen
        for ground, number in plan.exclusions_by_ground.items()
    ]
    return YearPlan(
        year=year,
        rounds=rounds,
        by_grade=by_grade,
        exclusions=pd.DataFrame(grounds, columns=["round", "ground", "enterprises"]),
        visits=int(rounds["visits"].sum()),
        library_size=int(rounds["library_size"].max()) if rows else 0,
        minimum_per_mille=minimum_per_mille,
        uniform_per_mille={plan.round: uniform_share(plan) for plan, _, _ in chosen},
    )


def year_workbook(plan: YearPlan) -> bytes:
    """Sheets 年度计划, 按等级（内部）, 排除, 说明. By grade: internal, not for publication."""
    rows = [
        [
            row["round"],
            _STATES[row["state"]],
            row["items"],
            row["departments"],
            row["task_from"],
            row["task_to"],
            _TARGET[row["kind"]],
            row["visits"],
            row["library_size"],
            plan.uniform_per_mille[row["round"]],
            row["approved_by"],
        ]
        for row in plan.rounds.to_dict("records")
    ]
    headers = ["轮次", "状态", "抽查事项", "部门", "任务期起", "任务期止", "类型", "抽取户数"]
    grades = [[name, *counts] for name, *counts in plan.by_grade.itertuples()]
    state = "已达到" if plan.reaches_minimum else "未达到"
    notes = [
        ("年度", str(plan.year)),
        ("全年抽取户次", str(plan.visits)),
        ("名录库户数", str(plan.library_size)),
        ("公示信息抽查最低户数", f"{plan.least_visits}（{plan.minimum_per_mille}‰），{state}"),
        ("部门联合抽查占比", f"{plan.joint_per_mille}‰"),
        (
            "说明",
            "户次按各轮相加，同一企业在多轮中被抽中时重复计算；年度上限在排除名单和抽取时落实",
        ),
    ]
    return workbook_bytes(
        [
            Sheet("年度计划", [*headers, "名录库户数", "均匀抽取份额‰", "批准人"], rows, _WIDTHS),
            Sheet("按等级（内部）", ["轮次", *GRADES], grades),
            Sheet("排除", ["轮次", "事由", "户数"], plan.exclusions.values.tolist(), _WIDTHS),
            Sheet("说明", ["项目", "内容"], notes, {"项目": 24, "内容": 80}),
        ]
    )
