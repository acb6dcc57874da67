"""What is to be checked where: one row per visit and item, reserves and replaced objects too."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from scoring.double_random.documents import Change, Plan

DUE_COLUMNS = ["enterprise_id", "item", "department", "role"]


def due_items(
    plan: Plan, listed: Sequence[Mapping[str, Any]], changes: Sequence[Change]
) -> pd.DataFrame:
    """One row per enterprise and item: enterprise_id, item, department, role.

    `listed` are the objects of the sampling list. A reserve is visited for the items of the
    enterprise it stands in for; that one keeps the role ``replaced`` and still needs an outcome,
    because it stays in the denominator.
    """
    items = {str(entry["uscc"]): list(entry["items"]) for entry in listed}
    roles = dict.fromkeys(items, "drawn")
    # Few, and each may stand in for an earlier one.
    for change in changes:
        if change.kind == "reserve":
            items[change.replacement] = items[change.uscc]
            roles[change.replacement], roles[change.uscc] = "reserve", "replaced"
    departments = {rule.item: rule.department for rule in plan.item_rules}
    rows = pd.DataFrame({"enterprise_id": list(items), "item": list(items.values())})
    rows = rows.explode("item", ignore_index=True)
    rows["department"] = rows["item"].map(departments).fillna("")
    rows["role"] = rows["enterprise_id"].map(roles)
    return rows[DUE_COLUMNS]
