"""Approval of a plan by a second person, before it is frozen. Planning anew takes it away."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal

from pydantic import AwareDatetime

from law.files import write_atomically
from scoring.double_random.documents import Document, Round, Sha256
from scoring.double_random.planning import PLAN
from service.campaigns.errors import ApprovalError, UnknownRoundError
from service.campaigns.store import draft_folder, frozen_folder, list_rounds

APPROVAL: Final = "approval.json"


class Approval(Document):
    """Who planned and who approved the plan with this hash."""

    version: Literal["xinheng-approval/1"]
    round: Round
    plan_hash: Sha256
    planned_by: str
    approved_by: str
    note: str
    at: AwareDatetime


def approve_round(
    campaigns_dir: Path,
    round_id: str,
    *,
    planned_by: str,
    approved_by: str,
    note: str,
    now: datetime,
) -> Approval:
    """Record that somebody else than the planner approved the plan as it stands.

    Raises
    ------
    ApprovalError
        A name is missing, or both are the same.
    UnknownRoundError
        There is no draft of this name to approve, for instance because it is frozen.
    """
    planner, approver = planned_by.strip(), approved_by.strip()
    if not planner or not approver or planner.casefold() == approver.casefold():
        raise ApprovalError(
            "须写明拟定人和批准人，且不得为同一人",
            "Name who planned and who approves; they must be two persons",
        )
    path = draft_folder(campaigns_dir, round_id) / PLAN
    if not path.is_file():
        raise UnknownRoundError(round_id, known=list_rounds(campaigns_dir))
    approval = Approval(
        version="xinheng-approval/1",
        round=round_id,
        plan_hash=hashlib.sha256(path.read_bytes()).hexdigest(),
        planned_by=planner,
        approved_by=approver,
        note=note.strip(),
        at=now.astimezone(UTC),
    )
    write_atomically(path.with_name(APPROVAL), approval.to_bytes())
    return approval


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
