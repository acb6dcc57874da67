"""Credit check at registration: may this application be accepted, and on what legal ground not?

Pure: facts and a day in, a decision out. Which list bars which application, what cures it and which
article says so are rows of ``law/parameters/registration/``; nothing of that stands here.

Three principles hold whatever the rows say:

- No ground in force on the day means no refusal.
- An application that contains a correction is never refused: the rule it corrects falls away, and
  where another rule would refuse, an officer decides, so that nobody is locked out of the cure.
- A rule that is not confirmed, a listing without a stated ground, and a bar on a person whose own
  responsibility is not established never refuse by themselves: an officer decides.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Literal, NamedTuple

import law
from law.registration import Ground, PersonBar, Rule, person_bars, rules

Outcome = Literal["allow", "refuse", "manual_review"]

# What a register can tell about a person's earlier office, and the bars it may give rise to.
EVENT_BARS: Mapping[str, tuple[str, ...]] = {
    "licence_revoked": ("business_licence_revoked", "company_licence_revoked"),
    "registration_annulled": ("false_registration",),
    "serious_listing": ("serious_list_head",),
}
CURRENT_HEAD = "current_legal_representative"
PROPOSED_HEAD = "proposed_legal_representative"
# The offices that a role in an application means.
ROLE_OFFICES: Mapping[str, frozenset[str]] = {
    PROPOSED_HEAD: frozenset({"legal_representative", "registration_applicant"}),
    CURRENT_HEAD: frozenset({"legal_representative"}),
    "director": frozenset({"director"}),
    "supervisor": frozenset({"supervisor"}),
    "senior_manager": frozenset({"senior_manager"}),
}
_OPEN_STATUSES = ("active", "dormant")


class Sentence(NamedTuple):
    """One sentence to the registration officer; the English says the same."""

    zh: str
    en: str


@dataclass(frozen=True)
class Subject:
    """The enterprise that applies, as the register knew it on the day."""

    enterprise_id: str
    status: str


@dataclass(frozen=True)
class Listing:
    """An entry on a list that is in force on the day of the check; `removed_on` comes later."""

    list_name: str
    ground_code: str | None
    decision_no: str
    authority: str | None
    listed_on: date
    removed_on: date | None = None


@dataclass(frozen=True)
class PersonEvent:
    """Something about an earlier office of a person that may be a bar.

    `established` says that the person's own responsibility is a stated fact; a register that only
    shows who held the office leaves it False.
    """

    kind: str
    counted_from: date
    enterprise_id: str
    enterprise_name: str | None = None
    established: bool = False


@dataclass(frozen=True)
class Person:
    """A person of the application; `identified` is False where no identity number was given."""

    role: str
    identified: bool
    events: tuple[PersonEvent, ...] = ()


@dataclass(frozen=True)
class Application:
    """What is applied for.

    `subject` is None where the register knows no such enterprise; `subject_kind` None means that
    nobody knows the kind of entity, and the rules for every kind are asked.
    """

    kind: str
    as_of: date
    region: str
    subject: Subject | None = None
    subject_kind: str | None = None
    change_items: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Hit:
    """A fact that matters for the application; `blocking` says whether it stands in the way."""

    fact: Listing | PersonEvent
    role: str | None
    blocking: bool
    cured_by: tuple[str, ...]
    remedies: tuple[Sentence, ...]
    rules: tuple[str, ...]


@dataclass(frozen=True)
class Decision:
    outcome: Outcome
    hits: tuple[Hit, ...]
    grounds: tuple[Ground, ...]
    must_also_apply_for: tuple[str, ...]
    notices: tuple[Sentence, ...]


@dataclass
class _Findings:
    """What the rules said so far about every fact."""

    hits: list[Hit] = field(default_factory=list)
    outcomes: set[str] = field(default_factory=set)
    grounds: dict[tuple[str, str], Ground] = field(default_factory=dict)
    also: dict[str, None] = field(default_factory=dict)
    notices: dict[Sentence, None] = field(default_factory=dict)
    cures: set[str] = field(default_factory=set)
    spoiled: set[str] = field(default_factory=set)

    def say(self, zh: str, en: str) -> None:
        """Add a sentence for the officer, once."""
        self.notices[Sentence(zh, en)] = None


def decide(
    application: Application,
    *,
    listings: Sequence[Listing],
    persons: Sequence[Person],
    overlay: Path | None = None,
) -> Decision:
    """Decide one application from the facts in force on its day.

    Parameters
    ----------
    application
        What is applied for, where and on which day.
    listings
        Entries of the subject that are in force on that day; removed ones are left out.
    persons
        The proposed and the current legal representative and other persons of the application.
    overlay
        The office's own folder of law, see `law.load`.

    Returns
    -------
    Decision
        ``refuse`` only on a confirmed ground in force; ``manual_review`` wherever a fact is
        missing, unconfirmed or asks for a further application; else ``allow``.

    References
    ----------
    市场主体登记管理条例 art. 12, 20; its 实施细则 art. 20, 48
    (registration.refusal_rules, .must_also_apply, .standing_rules, .person_bars).
    """
    in_force = rules(on=application.as_of, region=application.region, overlay=overlay)
    bars = person_bars(on=application.as_of, overlay=overlay)
    findings = _Findings()
    for listing in listings:
        _judge_listing(listing, application, rules=in_force, findings=findings)
    for person in persons:
        _judge_person(person, application, rules=in_force, bars=bars, findings=findings)
    _judge_subject(application, findings)
    return _conclude(findings)


def _kinds(application: Application) -> Iterable[str]:
    if application.subject_kind is not None:
        return (application.subject_kind,)
    return law.codes("entity_types")


def _uncured(rule: Rule, application: Application) -> frozenset[str]:
    """The change items without the rule's cure: whether a rule speaks is asked before the cure."""
    return application.change_items - rule.cured_by


def _judge_listing(
    listing: Listing, application: Application, *, rules: Iterable[Rule], findings: _Findings
) -> None:
    matched = [
        rule
        for rule in rules
        if any(
            rule.reaches_listing(
                list_name=listing.list_name,
                list_ground=listing.ground_code,
                subject_kind=kind,
                application_kind=application.kind,
                change_items=_uncured(rule, application),
            )
            for kind in _kinds(application)
        )
    ]
    certain = listing.ground_code is not None or not any(rule.list_grounds for rule in matched)
    if not certain:
        findings.outcomes.add("manual_review")
        findings.say(
            f"列入决定 {listing.decision_no} 缺少列入事由，无法判断适用哪一条规则，请人工核实。",
            f"Decision {listing.decision_no} states no ground of listing; which rule applies"
            " cannot be told. An officer must check.",
        )
    _record(listing, application, role=None, matched=matched, certain=certain, findings=findings)


def _judge_person(
    person: Person,
    application: Application,
    *,
    rules: Sequence[Rule],
    bars: Sequence[PersonBar],
    findings: _Findings,
) -> None:
    if not person.identified:
        findings.outcomes.add("manual_review")
        findings.say(
            "有人员未提供证件号码，仅凭姓名不能确认身份，未作任职资格核查，请人工核实。",
            "A person came without an identity number; a name alone identifies nobody, so bars"
            " were not checked. An officer must check.",
        )
    matched = [
        rule
        for rule in rules
        if any(
            rule.reaches_person(
                role=person.role,
                subject_kind=kind,
                application_kind=application.kind,
                change_items=_uncured(rule, application),
            )
            for kind in _kinds(application)
        )
    ]
    for event in person.events:
        running = [bar for bar in bars if _bars(bar, event, person.role, application)]
        if running:
            _judge_event(
                event, person, application, bars=running, matched=matched, findings=findings
            )


def _bars(bar: PersonBar, event: PersonEvent, role: str, application: Application) -> bool:
    if bar.bar not in EVENT_BARS.get(event.kind, ()):
        return False
    if ROLE_OFFICES.get(role, frozenset()).isdisjoint(bar.roles):
        return False
    subject = application.subject
    # "may not head ANOTHER enterprise": the listed enterprise itself keeps its head.
    if event.kind == "serious_listing" and subject and event.enterprise_id == subject.enterprise_id:
        return False
    if bar.subject_kinds and bar.subject_kinds.isdisjoint(_kinds(application)):
        return False
    return bar.is_barred(application.as_of, counted_from=event.counted_from)


def _judge_event(
    event: PersonEvent,
    person: Person,
    application: Application,
    *,
    bars: Sequence[PersonBar],
    matched: Sequence[Rule],
    findings: _Findings,
) -> None:
    certain = event.established and any(bar.ground.status == "confirmed" for bar in bars)
    hit = _record(
        event, application, role=person.role, matched=matched, certain=certain, findings=findings
    )
    findings.grounds.update(((bar.bar, bar.ground.text_zh), bar.ground) for bar in bars)
    # Who holds the office already is no obstacle unless a rule says so; who is to hold it is.
    unruled = not matched and person.role != CURRENT_HEAD
    if unruled:
        findings.outcomes.add("manual_review")
    if unruled or (hit.blocking and not certain):
        findings.say(
            "人员存在任职限制线索，本人是否负有个人责任或该限制的依据尚待确认，请人工核实。",
            "A person may be barred; personal responsibility or the ground itself is not"
            " confirmed. An officer must check.",
        )


def _record(
    fact: Listing | PersonEvent,
    application: Application,
    *,
    role: str | None,
    matched: Sequence[Rule],
    certain: bool,
    findings: _Findings,
) -> Hit:
    """Note what the matched rules say of a fact; an uncertain one leads to a review at most."""
    cured = [rule for rule in matched if rule.is_cured_by(application.change_items)]
    standing = [rule for rule in matched if rule not in cured]
    findings.cures.update(*(rule.cured_by & application.change_items for rule in cured))
    for rule in standing:
        outcome = _outcome(rule) if certain else "manual_review"
        findings.outcomes.add(outcome)
        if outcome == "refuse" and role == PROPOSED_HEAD:
            # Replacing one barred person by another corrects nothing.
            findings.spoiled.add("legal_representative")
        if certain:
            findings.also.update(dict.fromkeys(rule.must_also_apply_for))
    findings.grounds.update(((rule.rule, rule.ground.text_zh), rule.ground) for rule in matched)
    hit = Hit(
        fact=fact,
        role=role,
        blocking=bool(standing),
        cured_by=tuple(sorted({item for rule in matched for item in rule.cured_by})),
        remedies=tuple(Sentence(rule.remedy_zh, rule.remedy_en) for rule in standing),
        rules=tuple(rule.rule for rule in matched),
    )
    findings.hits.append(hit)
    return hit


def _outcome(rule: Rule) -> str:
    if rule.outcome == "refuse" and rule.ground.status != "confirmed":
        return "manual_review"
    return rule.outcome


def _judge_subject(application: Application, findings: _Findings) -> None:
    subject = application.subject
    if subject is None and application.kind != "establishment":
        findings.outcomes.add("manual_review")
        findings.say(
            "登记信息中没有该统一社会信用代码，无法核查，请人工核实代码和登记信息。",
            "The register holds no enterprise of this code, so nothing could be checked. An"
            " officer must check the code and the registration.",
        )
    if subject is not None and subject.status not in _OPEN_STATUSES:
        findings.outcomes.add("manual_review")
        findings.say(
            "该主体的登记状态不是存续或歇业，请人工核实能否办理。",
            f"The registration status is {subject.status}, neither active nor dormant. An officer"
            " must check whether the application is possible.",
        )


def _conclude(findings: _Findings) -> Decision:
    outcome: Outcome = "allow"
    if "refuse" in findings.outcomes and findings.cures - findings.spoiled:
        outcome = "manual_review"
        findings.say(
            "申请中含有改正事项，不得拒绝其改正；其余事项受限，请人工决定如何受理。",
            "The application contains a correction, which must not be refused; other parts are"
            " barred. An officer decides how to accept it.",
        )
    elif "refuse" in findings.outcomes:
        outcome = "refuse"
    elif findings.outcomes:
        outcome = "manual_review"
    if findings.also:
        findings.say(
            "须一并申请相应的变更登记，由登记人员决定如何办理。",
            "A further change must be applied for as well; the officer decides.",
        )
    if any(ground.status != "confirmed" for ground in findings.grounds.values()):
        findings.say("所列依据中有待法制审核的条目。", "Some of the grounds await legal review.")
    return Decision(
        outcome=outcome,
        hits=tuple(findings.hits),
        grounds=tuple(findings.grounds.values()),
        must_also_apply_for=tuple(findings.also),
        notices=tuple(findings.notices),
    )
