"""Before the freeze: can whoever is drawn be visited, and by inspectors who have the time?

Once the randomness is out, a draw that can't be carried out would invite a second throw. That is
why every enterprise of the library is asked about, drawn or not.
"""

import numpy as np
import pandas as pd

from features.messages import Message
from scoring.double_random.assignment import DrawnObject, lay_places
from scoring.double_random.documents import Plan
from scoring.double_random.feasibility import overburdened, unstaffed
from scoring.double_random.inspectors import Roster
from scoring.double_random.items import Need, needs_of_items, needs_of_visit
from scoring.double_random.strata import visits_in
from scoring.double_random.tables import listed
from scoring.errors import InspectorError, refuse


def refuse_impossible(plan: Plan, roster: Roster, drawable: pd.DataFrame) -> None:
    """Every enterprise that may be drawn must have its inspectors, and they the time.

    `drawable` has the columns uscc, area_code and items (bit i stands for the plan's item i).

    Raises
    ------
    InspectorError
        Naming areas, departments and enterprises that too few inspectors may visit, or saying how
        many visits nobody has time for.
    """
    _refuse_uncovered_areas(plan, roster, drawable)
    _refuse_uncovered_enterprises(plan, roster, drawable)
    _refuse_overburdened(plan, roster)


def needs_of_mask(plan: Plan, mask: int) -> tuple[Need, ...]:
    """Departments and matters of the items that the bits of `mask` stand for."""
    items = frozenset(rule.item for bit, rule in enumerate(plan.item_rules) if int(mask) >> bit & 1)
    return needs_of_items(plan, items)


def _refuse_uncovered_areas(plan: Plan, roster: Roster, drawable: pd.DataFrame) -> None:
    kinds = drawable[["area_code", "items"]].drop_duplicates().sort_values(["area_code", "items"])
    objects = [
        DrawnObject("", f"{area} {mask}", area, needs_of_mask(plan, mask))
        for area, mask in zip(kinds["area_code"], kinds["items"], strict=True)
    ]
    places = lay_places(objects, roster, team=plan.team)
    short = [objects[number] for number in unstaffed(places)]
    refuse(InspectorError, list(dict.fromkeys(_uncovered(entry, plan, roster) for entry in short)))


def _uncovered(entry: DrawnObject, plan: Plan, roster: Roster) -> Message:
    area = entry.area_code if plan.team.same_area else ""
    needs = needs_of_visit(entry.needs, size=plan.team.size)
    counts = {need: int(roster.able(need, area_code=area).sum()) for need in needs}
    zh = "、".join(
        f"{need.department or '各部门'}{need.matter} {n} 名" for need, n in counts.items()
    )
    en = ", ".join(f"{need.department or 'any'} {need.matter} {n}" for need, n in counts.items())
    where_zh, where_en = (f"区域 {area} ", f"area {area}: ") if area else ("", "")
    return Message(
        f"{where_zh}合格检查人员只有 {zh}，每次检查需 {len(needs)} 名",
        f"{where_en}qualified inspectors are {en}; a visit needs {len(needs)}",
    )


def _refuse_uncovered_enterprises(plan: Plan, roster: Roster, drawable: pd.DataFrame) -> None:
    # Only enterprises with avoidance entries can be short once their area is not.
    met = drawable[drawable["uscc"].isin(roster.bans["uscc"])]
    columns = (met["uscc"], met["area_code"], met["items"])
    objects = [
        DrawnObject("", uscc, area, needs_of_mask(plan, mask))
        for uscc, area, mask in zip(*columns, strict=True)
    ]
    short = unstaffed(lay_places(objects, roster, team=plan.team))
    if short:
        names = listed(sorted(objects[number].uscc for number in short))
        raise InspectorError(
            f"回避后，以下企业的合格检查人员不足 {plan.team.size} 名：{names}。"
            "请补充检查人员或依法排除",
            f"After avoidance, fewer than {plan.team.size} qualified inspectors may visit:"
            f" {names}. Add inspectors, or exclude them on a legal ground",
        )


def _refuse_overburdened(plan: Plan, roster: Roster) -> None:
    if not plan.team.most_visits:
        return
    # How many are drawn in a stratum is fixed by the plan; chance only decides who.
    able, needed = [], []
    for stratum in plan.strata:
        needs = needs_of_items(plan, frozenset(stratum.item_ratios))
        for need in needs_of_visit(needs, size=plan.team.size):
            area = stratum.area_code if plan.team.same_area else ""
            able.append(roster.able(need, area_code=area))
            needed.append(visits_in(stratum))
    lacking = overburdened(np.stack(able), needed, most_visits=plan.team.most_visits)
    if lacking:
        raise InspectorError(
            f"每名检查人员最多检查 {plan.team.most_visits} 次，仍有 {lacking} 人次无人可派。"
            "请增加检查人员、延长任务期或降低比例",
            f"With {plan.team.most_visits} visits each, {lacking} places of visits have nobody. Add"
            " inspectors, lengthen the task period, or lower ratios",
        )
