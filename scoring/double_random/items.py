"""Items of several departments on one ticket (综合查一次): who is drawn for what, and who must go.

All items of a round share the ticket of an enterprise. An item with ratio r draws the first
ceil(r N) ranks of a stratum, so that the draws of two items lie within one another and an
enterprise drawn by several is visited once, with all of them.

References
----------
优化营商环境条例 art. 54: what can be merged is merged. 国办发〔2024〕54号: no repeated visits.
"""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import pandas as pd

from features.messages import Message
from scoring.double_random.documents import Grade, ItemRule, Plan, PlannedStratum
from scoring.double_random.strata import GRADES, PER_MILLE, visits_at
from scoring.errors import PlanError, refuse

RATIO_COLUMNS: Mapping[Grade, str] = {grade: f"ratio_{grade}" for grade in GRADES}


@dataclass(frozen=True, order=True)
class Need:
    """A place of a team: whose inspector, and with a certificate for what; blank means any."""

    department: str
    matter: str


def read_item_rules(table: pd.DataFrame, ratios: Mapping[Grade, int]) -> tuple[ItemRule, ...]:
    """Rules from the rows of items.csv, that of the leading department first.

    A blank ratio is the round's.

    Raises
    ------
    PlanError
        Naming every ratio that is no whole number from 0 to 1000 per mille; several departments
        without exactly one item marked as leading (发起).
    """
    faults = [
        Message(
            f"事项清单 items.csv 事项「{row['item']}」{column}={row[column]!r}"
            " 应为 0 至 1000 的整数（千分比），或留空",
            f"items.csv, item {row['item']!r}: {column}={row[column]!r} must be a whole number,"
            " 0 to 1000 per mille, or blank",
        )
        for row in table.to_dict("records")
        for column in RATIO_COLUMNS.values()
        if row[column] and not _is_per_mille(str(row[column]))
    ]
    leads = int((table["lead"] != "").sum())
    if leads > 1 or (len(set(table["department"])) > 1 and leads != 1):
        faults.append(
            Message(
                f"事项清单 items.csv 有 {leads} 个发起事项，须在 lead 列恰好标明一个",
                f"items.csv marks {leads} leading items in the column lead; mark exactly one",
            )
        )
    refuse(PlanError, faults)
    ordered = table.sort_values(["lead", "item"], ascending=[False, True], kind="stable")
    return tuple(
        ItemRule(
            item=row["item"],
            department=row["department"],
            matter=row["matter"],
            ratios_per_mille={
                grade: int(row[column]) if row[column] else ratios[grade]
                for grade, column in RATIO_COLUMNS.items()
            },
        )
        for row in ordered.to_dict("records")
    )


def item_masks(
    usccs: "pd.Series[str]", scope: pd.DataFrame, items: Sequence[str]
) -> "pd.Series[int]":
    """For every enterprise the items it is an object of: bit i stands for item i.

    An item without rows in `scope` (item_objects.csv) concerns every enterprise.

    Raises
    ------
    PlanError
        The table names items that the round does not have.
    """
    unknown = sorted(set(scope["item"]) - set(items))
    if unknown:
        raise PlanError(
            f"item_objects.csv 中的事项不在本轮事项之内：{'、'.join(unknown)}",
            f"item_objects.csv names items that the round does not have: {', '.join(unknown)}",
        )
    masks = pd.Series(0, index=usccs.index)
    for bit, item in enumerate(items):
        objects = scope.loc[scope["item"] == item, "uscc"]
        concerned = usccs.isin(objects) if len(objects) else pd.Series(True, index=usccs.index)
        masks += concerned.astype("int64") * (1 << bit)
    return masks


def items_at(stratum: PlannedStratum, rank: int) -> frozenset[str]:
    """Items that draw the enterprise of this rank."""
    return frozenset(
        item
        for item, ratio in stratum.item_ratios.items()
        if rank <= visits_at(ratio, floor=stratum.floor, population=stratum.population)
    )


def needs_of_items(plan: Plan, items: AbstractSet[str]) -> tuple[Need, ...]:
    """Departments and matters of the items, in the plan's order; the first one leads."""
    needs = [
        Need(rule.department, rule.matter or plan.team.matter)
        for rule in plan.item_rules
        if rule.item in items
    ]
    return tuple(dict.fromkeys(needs))


def needs_of_visit(needs: Sequence[Need], *, size: int) -> tuple[Need, ...]:
    """A place for every need; the leading department fills the team up to `size`."""
    return (*needs, *[needs[0]] * (size - len(needs)))


def _is_per_mille(text: str) -> bool:
    return text.isascii() and text.isdigit() and int(text) <= PER_MILLE
