"""Overrides by officers, read from their acts: proposed with reason, evidence and expiry, approved
by somebody else, revoked, or over on their last day. The register only grows.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow as pa

from features.messages import Message
from features.names import same_person
from models.rating.cutoffs import GRADES
from scoring.errors import OverrideError, refuse, refuse_unsigned
from scoring.grading.inputs import OVERRIDES

PROPOSED, APPROVED, REVOKED, EXPIRED = "proposed", "approved", "revoked", "expired"
STATES = {
    PROPOSED: ("待审批", "waiting for approval"),
    APPROVED: ("有效", "in force"),
    REVOKED: ("已撤销", "revoked"),
    EXPIRED: ("已到期", "expired"),
}

Act = Mapping[str, Any]


@dataclass(frozen=True)
class Proposal:
    """What an officer asks for; `rule` names the direct rule whose fact the act establishes."""

    enterprise_id: str
    grade: str
    reason: str
    evidence: str
    expires_on: date | None
    by: str
    rule: str | None = None


@dataclass(frozen=True)
class Override:
    """One override as its acts leave it; `acts` are all of them, oldest first."""

    override_id: str
    enterprise_id: str
    grade: str
    reason: str
    evidence: str
    expires_on: date
    rule: str | None
    proposed_by: str
    acts: tuple[Act, ...]

    def state(self, on: date) -> str:
        """Its state on a day: an override whose last day has passed is over, whatever it was."""
        last = str(self.acts[-1]["act"])
        return EXPIRED if last != REVOKED and self.expires_on < on else last


def read_overrides(acts: Iterable[Act]) -> dict[str, Override]:
    """Every override by its number, in the order they were proposed."""
    found: dict[str, list[Act]] = {}
    for act in acts:
        found.setdefault(act["override_id"], []).append(act)
    return {
        number: Override(
            number,
            first["enterprise_id"],
            first["grade"],
            first["reason"],
            first["evidence"],
            date.fromisoformat(first["expires_on"]),
            first.get("rule"),
            first["by"],
            (first, *later),
        )
        for number, (first, *later) in found.items()
    }


def check_proposal(
    proposal: Proposal,
    known: Mapping[str, Override],
    *,
    on: date,
    direct_rules: Mapping[str, str],
    longest_months: int,
) -> None:
    """Refuse a proposal that lacks something or stands beside another one.

    Parameters
    ----------
    direct_rules
        Grade by key of the law's direct rules.
    longest_months
        Of law: grading.override_longest_months.

    Raises
    ------
    OverrideError
        With every fault.
    """
    texts = {
        "企业 enterprise": proposal.enterprise_id,
        "理由 --reason": proposal.reason,
        "证据 --evidence": proposal.evidence,
        "提出人 --by": proposal.by,
    }
    faults = [
        Message(f"请写明{name}", f"{name.split()[-1]} is missing")
        for name, text in texts.items()
        if not text.strip()
    ]
    faults += _grade_faults(proposal, direct_rules)
    faults += _expiry_faults(proposal.expires_on, on, longest_months=longest_months)
    faults += [
        Message(
            f"{one.enterprise_id} 已有人工调整 {one.override_id}（{STATES[one.state(on)][0]}）；"
            f"请先撤销：xinheng override revoke {one.override_id}",
            f"{one.enterprise_id} has the override {one.override_id} "
            f"({STATES[one.state(on)][1]}); revoke it first: "
            f"xinheng override revoke {one.override_id}",
        )
        for one in known.values()
        if one.enterprise_id == proposal.enterprise_id and one.state(on) in (PROPOSED, APPROVED)
    ]
    refuse(OverrideError, faults)


def check_approval(override: Override, *, by: str, reason: str, on: date) -> None:
    """Refuse an approval by the proposer, twice, or of what is over.

    Raises
    ------
    OverrideError
    """
    refuse_unsigned(OverrideError, by=by, reason=reason)
    state = override.state(on)
    if state != PROPOSED:
        raise _not_in_state(override, on, zh="不能批准", en="cannot be approved")
    if same_person(by, override.proposed_by):
        raise OverrideError(
            f"人工调整 {override.override_id} 由 {override.proposed_by} 提出，须由另一人批准",
            f"the override {override.override_id} was proposed by {override.proposed_by}; "
            "somebody else must approve it",
        )


def check_revocation(override: Override, *, by: str, reason: str, on: date) -> None:
    """Refuse to revoke what is no longer in force or waiting.

    Raises
    ------
    OverrideError
    """
    refuse_unsigned(OverrideError, by=by, reason=reason)
    if override.state(on) not in (PROPOSED, APPROVED):
        raise _not_in_state(override, on, zh="无需撤销", en="need not be revoked")


def overrides_table(known: Mapping[str, Override], *, on: date) -> pa.Table:
    """The overrides in force on a day, for :class:`scoring.grading.GradeInputs`."""
    rows = [
        {
            "enterprise_id": one.enterprise_id,
            "grade": one.grade,
            "ground": f"{one.reason}（{one.override_id}，证据：{one.evidence}，"
            f"批准：{one.acts[-1]['by']}，有效至 {one.expires_on}）",
            "rule": one.rule,
        }
        for one in known.values()
        if one.state(on) == APPROVED
    ]
    return pa.Table.from_pylist(rows, schema=OVERRIDES)


def _grade_faults(proposal: Proposal, direct_rules: Mapping[str, str]) -> list[Message]:
    if proposal.rule is not None:
        listed = "、".join(direct_rules)
        fault = Message(
            f"没有直接判定规则 {proposal.rule}，现有：{listed}",
            f"there is no direct rule {proposal.rule}; known: {listed}",
        )
        return [] if proposal.rule in direct_rules else [fault]
    if proposal.grade not in GRADES:
        return [
            Message(
                f"等级 {proposal.grade!r} 不是 A、B、C、D",
                f"the grade {proposal.grade!r} is not A, B, C or D",
            )
        ]
    return []


def _expiry_faults(expires_on: date | None, on: date, *, longest_months: int) -> list[Message]:
    if expires_on is None:
        return [
            Message(
                "请写明到期日（--expires），人工调整不能长期有效",
                "say when it expires (--expires); no override is for ever",
            )
        ]
    if expires_on < on:
        return [
            Message(
                f"到期日 {expires_on} 早于今天 {on}，请改正",
                f"the expiry {expires_on} lies before today, {on}; correct it",
            )
        ]
    months = (expires_on.year - on.year) * 12 + expires_on.month - on.month
    if months + (expires_on.day > on.day) > longest_months:
        return [
            Message(
                f"到期日 {expires_on} 超过 {longest_months} 个月，请缩短，到期前可重新提出",
                f"the expiry {expires_on} is more than {longest_months} months away; shorten it "
                "and propose again before it ends",
            )
        ]
    return []


def _not_in_state(override: Override, on: date, *, zh: str, en: str) -> OverrideError:
    state_zh, state_en = STATES[override.state(on)]
    return OverrideError(
        f"人工调整 {override.override_id} {state_zh}（到期日 {override.expires_on}），{zh}",
        f"the override {override.override_id} is {state_en} (last day {override.expires_on}) and "
        f"{en}",
    )
