"""The sampling list for inspectors, and the part of a round that may be published.

Neither holds a grade or a stratum: grades serve the office's own placing of effort, are not
published and do not go to the door with an inspector.
"""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from scoring.double_random.documents import (
    AssignmentRecord,
    Commitment,
    DrawRecord,
    Plan,
    canonical_json,
)
from scoring.double_random.drawing import Selection
from scoring.double_random.items import items_at

STATEMENT_ZH = (
    "检查对象和检查人员均由公开随机数经 SHA-256 抽出。抽样框根值和方案哈希在随机数产生之前公布，"
    "任何人可用 printf 和 sha256sum 复算任一企业的票号。"
)
STATEMENT_EN = (
    "Objects and inspectors are drawn from public randomness by SHA-256. The frame root and the"
    " plan hash were published before the randomness existed; anybody can recompute the ticket of"
    " any enterprise with printf and sha256sum."
)


def make_list(
    plan: Plan,
    commitment: Commitment,
    draw: DrawRecord,
    *,
    selection: Selection,
    assignment: AssignmentRecord,
    objects: pd.DataFrame,
    inspectors: pd.DataFrame,
) -> dict[str, Any]:
    """The sampling list as a JSON document, one entry per drawn enterprise, by area and code.

    `objects` is the frozen library (uscc, name, address, area_code), `inspectors` the roster.
    """
    people = inspectors.set_index("inspector_id")[["name", "unit", "certificate_no"]]
    described = {str(key): {"inspector_id": key, **row} for key, row in people.T.to_dict().items()}
    teams = {
        visit.uscc: [described[person] for person in visit.inspectors]
        for visit in assignment.visits
    }
    tickets = {uscc: ticket for ticket, uscc, _ in selection.drawn()}
    drawn_for = _items_by_enterprise(plan, selection)
    chosen = objects[objects["uscc"].isin(tickets)].sort_values(["area_code", "uscc"])
    return {
        **_heading(plan, commitment, draw),
        "objects": [
            {
                "order": order,
                **row,
                "items": drawn_for[row["uscc"]],
                "lead_department": _lead(plan, drawn_for[row["uscc"]]),
                "inspectors": teams[row["uscc"]],
                "ticket": tickets[row["uscc"]],
            }
            for order, row in enumerate(chosen.to_dict("records"), start=1)
        ],
    }


def make_public_part(
    plan: Plan,
    commitment: Commitment,
    draw: DrawRecord,
    *,
    selection: Selection,
    objects: pd.DataFrame,
) -> bytes:
    """What may be published: commitment, randomness, seed, counts and names by area. No grades."""
    chosen = objects[objects["uscc"].isin([uscc for _, uscc, _ in selection.drawn()])]
    chosen = chosen.sort_values(["area_code", "uscc"])
    library = objects["area_code"].value_counts()
    drawn = chosen["area_code"].value_counts()
    return canonical_json(
        {
            **_heading(plan, commitment, draw),
            "areas": [
                {"area_code": str(area), "library": int(size), "drawn": int(drawn.get(area, 0))}
                for area, size in library.sort_index().items()
            ],
            "drawn": chosen[["uscc", "name", "area_code"]].to_dict("records"),
        }
    )


def _items_by_enterprise(plan: Plan, selection: Selection) -> dict[str, list[str]]:
    """What every drawn enterprise is visited for: the items whose draw reaches its rank."""
    strata = {stratum.stratum: stratum for stratum in plan.strata}
    found: dict[str, list[str]] = {}
    for uscc, name, rank in zip(selection.uscc, selection.stratum, selection.rank, strict=True):
        drawn_for = items_at(strata[name], rank)
        found[uscc] = [item for item in plan.items if item in drawn_for]
    return found


def _lead(plan: Plan, items: Sequence[str]) -> str:
    """The department of the first of the items; blank in a round without departments."""
    return next(rule.department for rule in plan.item_rules if rule.item in items)


def _heading(plan: Plan, commitment: Commitment, draw: DrawRecord) -> dict[str, Any]:
    return {
        "version": plan.version,
        "round": plan.round,
        "items": list(plan.items),
        "item_kind": plan.item_kind,
        "task_from": plan.task_from.isoformat(),
        "task_to": plan.task_to.isoformat(),
        "frame_root": commitment.frame_root,
        "frame_rows": commitment.frame_rows,
        "plan_hash": commitment.plan_hash,
        "frozen_at": commitment.model_dump(mode="json")["frozen_at"],
        "randomness_name": draw.randomness_name,
        "randomness": draw.randomness,
        "randomness_at": draw.model_dump(mode="json")["randomness_at"],
        "seed": draw.seed,
        "statement": {"zh": STATEMENT_ZH, "en": STATEMENT_EN},
    }
