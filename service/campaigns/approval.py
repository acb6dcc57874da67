"""Approval of a plan by a second person, before it is frozen. Planning anew takes it away.

Shares that the law or the office's parameters set are forced here: a plan that departs from one is
approved only with a ground, which is recorded with what it departs from.
"""

import hashlib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal

from pydantic import AwareDatetime

import law
from features.messages import Message
from features.names import same_person
from law.errors import NoValueError
from law.files import write_atomically
from scoring.double_random.documents import Document, Plan, Round, Sha256
from scoring.double_random.libraries import GENERAL
from scoring.double_random.planning import PLAN
from scoring.double_random.shares import ShareRules, find_departures, public_information_visits
from scoring.double_random.tables import ITEMS, read_table
from scoring.errors import DepartureError, refuse
from service.campaigns.errors import ApprovalError, UnknownRoundError
from service.campaigns.store import draft_folder, frozen_folder, list_rounds

APPROVAL: Final = "approval.json"


class Approval(Document):
    """Who planned and who approved the plan with this hash.

    `departures` are the shares that the plan departs from, `ground` why it may; both empty where
    it keeps them all.
    """

    version: Literal["xinheng-approval/2"]
    round: Round
    plan_hash: Sha256
    planned_by: str
    approved_by: str
    note: str
    departures: tuple[str, ...]
    ground: str
    at: AwareDatetime


def approve_round(
    campaigns_dir: Path,
    round_id: str,
    *,
    planned_by: str,
    approved_by: str,
    note: str,
    now: datetime,
    ground: str = "",
) -> Approval:
    """Record that somebody else than the planner approved the plan as it stands.

    Raises
    ------
    ApprovalError
        A name is missing, or both are the same.
    DepartureError
        The plan departs from a share and no `ground` is given: stratum, value and remedy of each.
    UnknownRoundError
        There is no draft of this name to approve, for instance because it is frozen.
    """
    planner, approver = planned_by.strip(), approved_by.strip()
    if not planner or not approver or same_person(planner, approver):
        raise ApprovalError(
            "须写明拟定人和批准人，且不得为同一人",
            "Name who planned and who approves; they must be two persons",
        )
    path = draft_folder(campaigns_dir, round_id) / PLAN
    if not path.is_file():
        raise UnknownRoundError(round_id, known=list_rounds(campaigns_dir))
    departures = plan_departures(campaigns_dir, round_id)
    if departures and not ground.strip():
        hint = Message(
            "或以 --ground 写明依据后批准；未批准", "Or approve with --ground; nothing was approved"
        )
        refuse(DepartureError, [*departures, hint])
    approval = Approval(
        version="xinheng-approval/2",
        round=round_id,
        plan_hash=hashlib.sha256(path.read_bytes()).hexdigest(),
        planned_by=planner,
        approved_by=approver,
        note=note.strip(),
        departures=tuple(one.zh for one in departures),
        ground=ground.strip() if departures else "",
        at=now.astimezone(UTC),
    )
    write_atomically(path.with_name(APPROVAL), approval.to_bytes())
    return approval


def plan_departures(campaigns_dir: Path, round_id: str) -> list[Message]:
    """What the drafted plan of a round departs from, by the rules of its first day."""
    folder = draft_folder(campaigns_dir, round_id)
    plan = Plan.read((folder / PLAN).read_bytes(), name=PLAN)
    items = read_table((folder / ITEMS.file).read_bytes(), ITEMS)
    return find_departures(
        plan,
        _share_rules(plan),
        general=items.loc[items["kind"] == GENERAL, "item"].tolist(),
        visits_elsewhere=sum(
            public_information_visits(other)
            for other in _approved_plans(campaigns_dir)
            if other.round != round_id and other.task_from.year == plan.task_from.year
        ),
    )


def check_approval(files: Mapping[str, bytes], round_id: str, *, is_required: bool) -> None:
    """Refuse a plan whose approval is missing (where it is required) or of another plan.

    Raises
    ------
    ApprovalError
        See above.
    """
    if APPROVAL not in files:
        if is_required:
            raise ApprovalError(
                f"轮次 {round_id} 的方案尚未经第二人批准：xinheng campaign approve --round"
                f" {round_id} --planned-by 拟定人 --by 批准人",
                f"The plan of round {round_id} is not approved by a second person yet: xinheng"
                f" campaign approve --round {round_id} --planned-by NAME --by NAME",
            )
        return
    approval = Approval.read(files[APPROVAL], name=APPROVAL)
    if approval.plan_hash != hashlib.sha256(files[PLAN]).hexdigest():
        raise ApprovalError(
            f"轮次 {round_id} 的方案在批准后被改动，请重新批准",
            f"The plan of round {round_id} was changed after its approval; approve it again",
        )


def read_approval(campaigns_dir: Path, round_id: str) -> Approval | None:
    """The approval of a planned or frozen round; None where there is none."""
    for folder in (frozen_folder(campaigns_dir, round_id), draft_folder(campaigns_dir, round_id)):
        if (folder / APPROVAL).is_file():
            return Approval.read((folder / APPROVAL).read_bytes(), name=APPROVAL)
    return None


def _share_rules(plan: Plan) -> ShareRules:
    def value(name: str) -> int:
        found: int = law.value(f"double_random.{name}", on=plan.task_from, region=plan.region)
        return found

    try:
        ceiling = value("general_item_ceiling_per_mille")
    except NoValueError:
        ceiling = None
    return ShareRules(
        public_information_minimum=value("public_information_minimum_per_mille"),
        uniform_share=value("uniform_share_per_mille"),
        ceiling=ceiling,
    )


def _approved_plans(campaigns_dir: Path) -> Iterator[Plan]:
    for name in list_rounds(campaigns_dir):
        for folder in (frozen_folder(campaigns_dir, name), draft_folder(campaigns_dir, name)):
            if (folder / PLAN).is_file() and (folder / APPROVAL).is_file():
                yield Plan.read((folder / PLAN).read_bytes(), name=PLAN)
                break
