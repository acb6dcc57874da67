"""The register of overrides on disk, and the acts that a person does on it."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any

import pyarrow as pa

import law
from scoring.grading.overrides import (
    APPROVED,
    PROPOSED,
    REVOKED,
    Override,
    Proposal,
    check_approval,
    check_proposal,
    check_revocation,
    overrides_table,
    read_overrides,
)
from service.clock import office_day
from service.db.connection import Database
from service.enterprises import repository
from service.errors import UnknownEnterpriseError, UnknownOverrideError
from service.grades.repository import published_run
from service.journal import Act, append_act, read_journal
from service.settings import Settings

_REGISTER = "overrides.jsonl"
_Check = Callable[[Override, date], None]


def list_overrides(settings: Settings) -> dict[str, Override]:
    """Every override by its number."""
    return read_overrides(read_journal(settings.overrides_dir / _REGISTER))


def direct_rules(settings: Settings, *, on: date) -> list[dict[str, Any]]:
    """The direct rules whose fact an override may establish."""
    found: list[dict[str, Any]] = law.value(
        "grading.direct_determination",
        on=on,
        region=settings.region,
        overlay=settings.law_overlay,
    )
    return found


def in_force(settings: Settings, *, at: datetime) -> pa.Table:
    """The overrides that a run made now applies."""
    return overrides_table(list_overrides(settings), on=office_day(at))


def propose(
    settings: Settings, database: Database, proposal: Proposal, *, at: datetime
) -> Override:
    """Write a proposal down.

    Raises
    ------
    scoring.errors.OverrideError
        With every fault of the proposal.
    UnknownEnterpriseError
        The office knows no such enterprise.
    """
    on = office_day(at)
    rules = direct_rules(settings, on=on)
    grades = {rule["key"]: rule["grade"] for rule in rules}
    longest = law.value(
        "grading.override_longest_months",
        on=on,
        region=settings.region,
        overlay=settings.law_overlay,
    )

    def make(acts: Sequence[Act]) -> Act:
        known = read_overrides(acts)
        check_proposal(proposal, known, on=on, direct_rules=grades, longest_months=longest)
        _check_known(database, proposal.enterprise_id)
        assert proposal.expires_on is not None  # check_proposal refuses one without
        return {
            "override_id": f"T{len(known) + 1:05}",
            "act": PROPOSED,
            "enterprise_id": proposal.enterprise_id,
            "grade": grades.get(proposal.rule or "", proposal.grade),
            "reason": proposal.reason.strip(),
            "evidence": proposal.evidence.strip(),
            "expires_on": proposal.expires_on.isoformat(),
            "rule": proposal.rule,
            "by": proposal.by.strip(),
            "at": at.isoformat(),
        }

    act = append_act(settings.overrides_dir / _REGISTER, make)
    return list_overrides(settings)[act["override_id"]]


def approve(
    settings: Settings, override_id: str, *, by: str, reason: str, at: datetime
) -> Override:
    """Let a proposal count from the next grading on.

    Raises
    ------
    UnknownOverrideError, scoring.errors.OverrideError
    """
    return _act(
        settings,
        override_id,
        {"act": APPROVED, "by": by.strip(), "reason": reason.strip(), "at": at.isoformat()},
        check=lambda one, on: check_approval(one, by=by, reason=reason, on=on),
        at=at,
    )


def revoke(settings: Settings, override_id: str, *, by: str, reason: str, at: datetime) -> Override:
    """End an override or a proposal before its time.

    Raises
    ------
    UnknownOverrideError, scoring.errors.OverrideError
    """
    return _act(
        settings,
        override_id,
        {"act": REVOKED, "by": by.strip(), "reason": reason.strip(), "at": at.isoformat()},
        check=lambda one, on: check_revocation(one, by=by, reason=reason, on=on),
        at=at,
    )


def _act(
    settings: Settings, override_id: str, act: Act, *, check: _Check, at: datetime
) -> Override:
    def make(acts: Sequence[Act]) -> Act:
        known = read_overrides(acts)
        if override_id not in known:
            raise UnknownOverrideError(override_id)
        check(known[override_id], office_day(at))
        return {"override_id": override_id, **act}

    append_act(settings.overrides_dir / _REGISTER, make)
    return list_overrides(settings)[override_id]


def _check_known(database: Database, enterprise_id: str) -> None:
    with database.reading() as session:
        run = published_run(session)
        graded = run is not None and repository.find_grade(
            session, enterprise_id, load_id=run["load_id"]
        )
        if not graded and not repository.is_registered(session, enterprise_id):
            raise UnknownEnterpriseError(enterprise_id)
