"""Additions and removals by hand: append-only, each with approver, reason and day."""

from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Literal

import pyarrow as pa

from features.errors import KeyListError
from features.folders import hold
from features.register import append_entries, read_register

REGISTER = "manual.jsonl"
_BASIS = "manual"


@dataclass(frozen=True)
class ManualDecision:
    """One line of the register; the last one on an enterprise and a type is in force."""

    action: Literal["add", "remove"]
    enterprise_id: str
    type: str
    approved_by: str
    reason: str
    decided_on: date


def read_manual(folder: Path) -> list[ManualDecision]:
    """Every decision by hand, oldest first."""
    return [
        ManualDecision(**{**row, "decided_on": date.fromisoformat(row["decided_on"])})
        for row in read_register(folder / REGISTER)
    ]


def append_manual(folder: Path, decision: ManualDecision) -> None:
    """Add a decision to the register.

    Raises
    ------
    KeyListError
        Nobody approved it, or no reason is given.
    """
    if not decision.approved_by.strip() or not decision.reason.strip():
        raise KeyListError(
            "请写明批准人（--by）和理由（--reason）；未作任何更改",
            "say who approved it (--by) and why (--reason); nothing was changed",
        )
    with hold(folder):
        row = {**asdict(decision), "decided_on": decision.decided_on.isoformat()}
        append_entries(folder / REGISTER, [row])


def in_force(decisions: list[ManualDecision], *, on: date) -> pa.Table:
    """The decisions in force on a day, one row per (enterprise, type), as the rules take them."""
    last: dict[tuple[str, str], ManualDecision] = {}
    for one in decisions:  # written by hand: few
        if one.decided_on <= on:
            last[one.enterprise_id, one.type] = one
    rows = list(last.values())
    because = [f"人工列入：{row.reason}（{row.approved_by}）" for row in rows]
    return pa.table(
        {
            "enterprise_id": pa.array([row.enterprise_id for row in rows], pa.string()),
            "type": pa.array([row.type for row in rows], pa.string()),
            "action": pa.array([row.action for row in rows], pa.string()),
            "basis": pa.array([_BASIS] * len(rows), pa.string()),
            "because": pa.array(because, pa.string()),
            "since": pa.array([row.decided_on for row in rows], pa.date32()),
        }
    )
