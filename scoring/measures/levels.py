"""Industry levels 甲, 乙, 丙 by GB/T 4754, and what officers changed for single enterprises.

References
----------
law/codes/industries.yaml, patrol_level_divisions.yaml, patrol_levels.yaml (all unconfirmed).
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

import law
from features.folders import hold
from features.messages import Message
from features.register import append_entries, read_register
from law.calendar import add_months
from scoring.errors import MeasuresError, refuse
from scoring.statutory.arrays import looked_up

REGISTER = "level_overrides.jsonl"
BY_INDUSTRY, BY_OFFICER, UNKNOWN = "industry", "override", "unknown"


@dataclass(frozen=True)
class LevelOverride:
    """One line of the register; the last one of an enterprise counts, until it expires.

    `expires_on` is the last day in force; None in a revocation.
    """

    action: Literal["set", "revoke"]
    enterprise_id: str
    level: str
    reason: str
    by: str
    decided_on: date
    expires_on: date | None


@dataclass(frozen=True)
class Levels:
    """Level of n enterprises, empty where the industry is unknown, and what it rests on."""

    level: npt.NDArray[np.str_]
    basis: npt.NDArray[np.str_]


def industry_levels(
    ids: pa.Array,
    industry_code: npt.NDArray[np.object_],
    *,
    on: date,
    overrides: Sequence[LevelOverride] = (),
) -> Levels:
    """The level of every enterprise on a day; an override in force goes before its industry."""
    exact = law.codes("industries", on=on)
    prefixes = law.codes("patrol_level_divisions", on=on)
    of_industry = {}
    for code in np.unique(np.asarray(industry_code, dtype=str)).tolist():
        longest = max((part for part in prefixes if code.startswith(part)), key=len, default=None)
        found = exact.get(code) or (prefixes[longest] if longest else None)
        fallback = other_level(on) if code else ""
        of_industry[code] = found.attributes["patrol_level"] if found else fallback
    level = looked_up(industry_code, of_industry, missing="")
    basis = np.where(level == "", UNKNOWN, BY_INDUSTRY).astype("<U10")
    chosen = overrides_in_force(overrides, on=on)
    place = pc.index_in(pa.array([one.enterprise_id for one in chosen], pa.string()), value_set=ids)
    for one, row in zip(chosen, place.to_pylist(), strict=True):  # decided by hand: few
        if row is not None:
            level[row], basis[row] = one.level, BY_OFFICER
    return Levels(level, basis)


def other_level(on: date) -> str:
    """The level of industries that no table names."""
    levels = law.codes("patrol_levels", on=on)
    return next(
        code for code, one in levels.items() if one.attributes["of_other_industries"] == "是"
    )


def read_overrides(folder: Path) -> list[LevelOverride]:
    """Every decision, oldest first."""
    return [
        LevelOverride(
            **{
                **row,
                "decided_on": date.fromisoformat(row["decided_on"]),
                "expires_on": date.fromisoformat(row["expires_on"]) if row["expires_on"] else None,
            }
        )
        for row in read_register(folder / REGISTER)
    ]


def overrides_in_force(decisions: Sequence[LevelOverride], *, on: date) -> list[LevelOverride]:
    """The last decision of each enterprise by a day, where it is neither revoked nor expired."""
    last = {one.enterprise_id: one for one in decisions if one.decided_on <= on}
    return [one for one in last.values() if one.expires_on is not None and on <= one.expires_on]


def append_override(folder: Path, decision: LevelOverride, *, region: str) -> None:
    """Add a decision to the register.

    Raises
    ------
    MeasuresError
        Nobody decided it, or without reason; the level is unknown; the expiry is missing, over or
        too far away; nothing is in force that could be revoked. All faults at once.

    References
    ----------
    measures.level_override_longest_months (unconfirmed).
    """
    with hold(folder):
        faults = _unsigned(decision)
        if decision.action == "set":
            faults += _set_faults(decision, region=region)
        elif decision.enterprise_id not in {
            one.enterprise_id
            for one in overrides_in_force(read_overrides(folder), on=decision.decided_on)
        }:
            faults.append(
                Message(
                    f"{decision.enterprise_id} 没有有效的人工调整，无需撤销",
                    f"{decision.enterprise_id} has no override in force to revoke",
                )
            )
        refuse(MeasuresError, faults)
        row = asdict(decision)
        row["decided_on"] = decision.decided_on.isoformat()
        row["expires_on"] = decision.expires_on.isoformat() if decision.expires_on else None
        append_entries(folder / REGISTER, [row])


def _unsigned(decision: LevelOverride) -> list[Message]:
    texts = {"经办人 --by": decision.by, "理由 --reason": decision.reason}
    return [
        Message(
            f"请写明{name}；未作任何更改", f"{name.split()[-1]} is missing; nothing was changed"
        )
        for name, text in texts.items()
        if not text.strip()
    ]


def _set_faults(decision: LevelOverride, *, region: str) -> list[Message]:
    faults = []
    known = law.codes("patrol_levels", on=decision.decided_on)
    if decision.level not in known:
        listed = "、".join(known)
        faults.append(
            Message(
                f"没有等级“{decision.level}”，可用：{listed}",
                f'there is no level "{decision.level}"; use one of {listed}',
            )
        )
    months = law.value(
        "measures.level_override_longest_months", on=decision.decided_on, region=region
    )
    latest = add_months(decision.decided_on, months)
    first, expiry = decision.decided_on, decision.expires_on
    if expiry is None or not first <= expiry <= latest:
        faults.append(
            Message(
                f"到期日 {expiry or '未填'} 须在 {first} 至 {latest} 之间",
                f"the expiry {expiry or 'is missing and'} must lie between {first} and {latest}",
            )
        )
    return faults
