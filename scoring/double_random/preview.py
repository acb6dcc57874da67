"""The burden of a plan, shown before anybody approves it."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from features.messages import Message
from scoring.double_random.documents import Plan, PlannedStratum
from scoring.double_random.inspectors import Roster
from scoring.double_random.items import needs_of_items
from scoring.double_random.rules import DrawRules
from scoring.double_random.strata import GRADES, PER_MILLE, total_visits, visits_in
from scoring.double_random.tables import listed


@dataclass(frozen=True)
class Line:
    """Enterprises, and visits to them, of one grade or one area."""

    population: int
    visits: int

    @property
    def visits_per_hundred(self) -> float:
        """Visits per 100 enterprises; 0 where there are none."""
        return 100 * self.visits / self.population if self.population else 0.0


@dataclass(frozen=True)
class Preview:
    """What the round would cost. Visits are exact: a plan fixes n_h, chance only decides who.

    `expected_findings` is None where the run has no probabilities. `notes` are pairs (Chinese,
    English) of what an approver should know; none of them stops the plan.
    """

    by_grade: Mapping[str, Line]
    by_area: Mapping[str, Line]
    visits: int
    inspectors: int
    visits_per_inspector: float
    expected_findings: float | None
    excluded_by_grade: Mapping[str, int]
    disqualified: Mapping[str, str]
    notes: tuple[Message, ...]

    @property
    def burden_per_100_grade_a(self) -> float:
        """Visits per 100 enterprises of grade A."""
        return self.by_grade["A"].visits_per_hundred


def preview_plan(
    plan: Plan,
    rules: DrawRules,
    *,
    roster: Roster,
    excluded: pd.DataFrame,
    risk: Mapping[str, float],
    unknown: Mapping[str, list[str]],
    expiring: Sequence[str],
) -> Preview:
    """Sum the plan's strata. `risk` is the mean probability by stratum, `unknown` codes by file."""
    visits = total_visits(plan.strata)
    excluded_by_grade = Counter(excluded["grade"].tolist())
    findings = sum(visits_in(stratum) * risk.get(stratum.stratum, 0.0) for stratum in plan.strata)
    return Preview(
        by_grade=_sum_by(plan.strata, lambda stratum: stratum.grade),
        by_area=_sum_by(plan.strata, lambda stratum: stratum.area_code),
        visits=visits,
        inspectors=len(roster.ids),
        visits_per_inspector=_places(plan) / len(roster.ids),
        expected_findings=findings if risk else None,
        excluded_by_grade={grade: excluded_by_grade.get(grade, 0) for grade in GRADES},
        disqualified=roster.disqualified,
        notes=(
            *_ratio_notes(plan, rules),
            *_table_notes(unknown, expiring),
            *_law_notes(plan, rules, visits=visits),
        ),
    )


def _places(plan: Plan) -> int:
    """Inspectors' visits, counting every department whose items concern the stratum."""
    return sum(
        visits_in(stratum) * max(plan.team.size, len(needs_of_items(plan, {*stratum.item_ratios})))
        for stratum in plan.strata
    )


def _sum_by(
    strata: Sequence[PlannedStratum], key: Callable[[PlannedStratum], str]
) -> dict[str, Line]:
    names = dict.fromkeys(key(stratum) for stratum in strata)
    groups = {name: [stratum for stratum in strata if key(stratum) == name] for name in names}
    return {
        name: Line(sum(stratum.population for stratum in group), total_visits(group))
        for name, group in groups.items()
    }


def _ratio_notes(plan: Plan, rules: DrawRules) -> list[Message]:
    notes: list[Message] = []
    for grade, (low, high) in (rules.ratio_bounds_per_mille or {}).items():
        ratio = plan.ratios_per_mille[grade]
        if not low <= ratio <= high:
            notes.append(
                Message(
                    f"{grade} 级比例 {ratio}‰ 不在本地公布的 {low}–{high}‰ 之内",
                    f"the ratio of grade {grade}, {ratio} per mille, is outside the published"
                    f" {low} to {high}",
                )
            )
    raised = [
        stratum.stratum
        for stratum in plan.strata
        if visits_in(stratum) * PER_MILLE > stratum.ratio_per_mille * stratum.population + PER_MILLE
    ]
    if raised:
        notes.append(
            Message(
                f"以下层因最少抽取数或均匀抽取份额而高于其比例：{listed(raised)}",
                f"raised above their ratio by the floor or the uniform share: {listed(raised)}",
            )
        )
    return notes


def _table_notes(unknown: Mapping[str, list[str]], expiring: Sequence[str]) -> list[Message]:
    notes = [
        Message(
            f"{name} 中 {len(codes)} 个代码不在名录库内，未起作用：{listed(codes)}",
            f"{len(codes)} codes of {name} are not in the library, without effect: {listed(codes)}",
        )
        for name, codes in unknown.items()
    ]
    if expiring:
        notes.append(
            Message(
                f"以下检查人员的执法证在任务期内到期：{listed(expiring)}",
                f"certificates that expire within the task period: {listed(expiring)}",
            )
        )
    return notes


def _law_notes(plan: Plan, rules: DrawRules, *, visits: int) -> list[Message]:
    notes: list[Message] = []
    least = rules.public_information_minimum_per_mille
    if visits * PER_MILLE < least * plan.library_size:
        notes.append(
            Message(
                f"本轮 {visits} 户，低于名录库的 {least}‰；如作公示信息抽查，全年须累计达到该比例",
                f"{visits} visits are below {least} per mille of the library; checks of publicised"
                " information must reach it within the year",
            )
        )
    open_names = [basis.name for basis in plan.law if basis.status != "confirmed"]
    if open_names:
        notes.append(
            Message(
                f"以下参数待法制审核：{listed(open_names, shown=20)}",
                f"not yet confirmed by the legal section: {listed(open_names, shown=20)}",
            )
        )
    return notes
