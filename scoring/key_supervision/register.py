"""The key-supervision list as its acts leave it: a register that only grows, in numbered editions.

An object is proposed, then confirmed or rejected by a person; confirmed ones are notified and
reviewed, and leave with a reason. Every confirmation and every leaving makes an edition: the list
as it stood after it, which later acts cannot change.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from features.folders import hold
from features.messages import Message
from features.names import same_person
from features.register import append_entries, read_register
from scoring.errors import KeySupervisionError, refuse

REGISTER = "register.jsonl"
PROPOSE, CONFIRM, REJECT = "propose", "confirm", "reject"
NOTIFY, SERVE, KEEP, LEAVE = "notify", "serve", "keep", "leave"
ACTS_ZH = {
    PROPOSE: "提出",
    CONFIRM: "确认列入",
    REJECT: "不予列入",
    NOTIFY: "制作告知书",
    SERVE: "送达",
    KEEP: "复核保留",
    LEAVE: "移出",
}
# What must have happened last (on the list or not) before an act.
_WAITING, _LISTED = "proposed", "listed"
_NEEDS = {
    CONFIRM: _WAITING,
    REJECT: _WAITING,
    NOTIFY: _LISTED,
    SERVE: _LISTED,
    KEEP: _LISTED,
    LEAVE: _LISTED,
}
_DAYS, _LISTS, _AT = {"on", "review_on"}, {"items", "causes"}, "at"
_STATES_ZH = {"proposed": "待确认", "listed": "在列", "rejected": "不予列入", "left": "已移出"}


@dataclass(frozen=True)
class Act:
    """One line of the register.

    Attributes
    ----------
    items, causes, ground
        What is supervised (codes of matters), why it was proposed, and the act behind it.
    office, measures
        监管主体 and 监管措施 of a confirmation.
    edition
        Of a confirmation or a leaving: the edition that it made.
    review_on
        Last day on which the object must be reviewed, set by confirmation and review.
    at
        Instant (naive UTC) at which the act was written; None in registers of earlier versions.
    """

    act: str
    enterprise_id: str
    on: date
    by: str
    reason: str = ""
    name: str = ""
    area_code: str = ""
    items: tuple[str, ...] = ()
    causes: tuple[str, ...] = ()
    ground: str = ""
    run_id: str = ""
    office: str = ""
    measures: str = ""
    edition: int | None = None
    review_on: date | None = None
    notice_no: str = ""
    method: str = ""
    receiver: str = ""
    at: datetime | None = None


@dataclass(frozen=True)
class KeyObject:
    """An object as its acts leave it; `acts` are those of its last proposal on, oldest first."""

    state: str
    acts: tuple[Act, ...]

    @property
    def proposal(self) -> Act:
        """Why it was proposed."""
        return self.acts[0]

    @property
    def confirmation(self) -> Act | None:
        """Who put it on the list; None while nobody did."""
        return self.last(CONFIRM)

    @property
    def review_on(self) -> date | None:
        """The last day for its next review."""
        days = [act.review_on for act in self.acts if act.review_on is not None]
        return days[-1] if days else None

    def last(self, kind: str) -> Act | None:
        """The newest act of a kind."""
        return next((act for act in reversed(self.acts) if act.act == kind), None)


def read_acts(folder: Path) -> list[Act]:
    """Every act, oldest first."""
    return [_read(row) for row in read_register(folder / REGISTER)]


def fold(acts: Iterable[Act], *, edition: int | None = None) -> dict[str, KeyObject]:
    """Every object by its enterprise; `edition` looks no further than the acts that made it."""
    objects: dict[str, KeyObject] = {}
    for act in acts:
        if edition is not None and act.edition is not None and act.edition > edition:
            break
        before = objects.get(act.enterprise_id)
        state = {PROPOSE: "proposed", CONFIRM: "listed", REJECT: "rejected", LEAVE: "left"}
        known = () if before is None or act.act == PROPOSE else before.acts
        now = state.get(act.act) or (before.state if before else "")
        objects[act.enterprise_id] = KeyObject(now, (*known, act))
    return objects


def listed(objects: Mapping[str, KeyObject]) -> dict[str, KeyObject]:
    """Those on the list."""
    return {name: one for name, one in objects.items() if one.state == "listed"}


def last_edition(acts: Iterable[Act]) -> int:
    """The number of the newest edition, 0 before the first."""
    return max((act.edition or 0 for act in acts), default=0)


def due_for_review(objects: Mapping[str, KeyObject], *, by: date) -> dict[str, KeyObject]:
    """Objects on the list whose review is due on or before a day, the most urgent first."""
    due = [
        (one.review_on, name, one)
        for name, one in listed(objects).items()
        if one.review_on is not None and one.review_on <= by
    ]
    return {name: one for _, name, one in sorted(due, key=lambda row: row[:2])}


def append_acts(
    folder: Path,
    acts: Sequence[Act],
    *,
    at: datetime | None = None,
    told_before: Sequence[Message] = (),
) -> list[Act]:
    """Add acts of one kind, all or none; confirmations and leavings make one edition together.

    `told_before` are faults that the caller found: they are told with the others. A notice without
    a number gets the next one.

    Returns
    -------
    The acts as they were written.

    Raises
    ------
    KeySupervisionError
        Nobody acts, or without reason; a confirmation lacks 监管主体, 监管对象 or 监管措施, or is
        made by who proposed; the object is not in the state that the act needs. All faults at once.
    """
    with hold(folder):
        known = read_acts(folder)
        objects = fold(known)
        faults = [*_unsigned(acts), *told_before]
        for act in acts:  # decided by hand: few
            faults += _state_faults(act, objects.get(act.enterprise_id))
        refuse(KeySupervisionError, faults)
        written = [replace(act, at=at) for act in _numbered(acts, known)]
        append_entries(folder / REGISTER, [_row(act) for act in written])
        return written


def _numbered(acts: Sequence[Act], known: Sequence[Act]) -> list[Act]:
    """The acts with the edition that they make together, or each with the number of its notice."""
    edition = last_edition(known) + 1
    notices = sum(act.act == NOTIFY for act in known)
    numbered = []
    for act in acts:
        if act.act in (CONFIRM, LEAVE):
            act = replace(act, edition=edition)
        elif act.act == NOTIFY and not act.notice_no:
            notices += 1
            act = replace(act, notice_no=f"ZDJG-{act.on.year}-{notices:04d}")
        numbered.append(act)
    return numbered


def _unsigned(acts: Sequence[Act]) -> list[Message]:
    needed = {"经办人 --by": "by"}
    if any(act.act not in (PROPOSE, NOTIFY, SERVE) for act in acts):
        needed["理由 --reason"] = "reason"
    if any(act.act == CONFIRM for act in acts):
        needed |= {"监管主体 --office": "office", "监管措施 --measures": "measures"}
    if any(act.act == SERVE for act in acts):
        needed |= {"送达方式 --method": "method", "受送达人 --receiver": "receiver"}
    return [
        Message(
            f"请写明{name}；未作任何更改", f"{name.split()[-1]} is missing; nothing was changed"
        )
        for name, attribute in needed.items()
        if any(not str(getattr(act, attribute)).strip() for act in acts)
    ]


def _state_faults(act: Act, found: KeyObject | None) -> list[Message]:
    needed = _NEEDS.get(act.act)
    if needed is None:
        return []
    if found is not None and found.state == needed:
        return _own_faults(act, found)
    state = "未曾提出" if found is None else _STATES_ZH[found.state]
    return [
        Message(
            f"{act.enterprise_id} {state}，不能{ACTS_ZH[act.act]}；可先运行"
            " xinheng key-supervision list 查看",
            f"{act.enterprise_id} is {found.state if found else 'unknown here'} and cannot be acted"
            f" on ({act.act}); see: xinheng key-supervision list",
        )
    ]


def _own_faults(act: Act, found: KeyObject) -> list[Message]:
    proposer = found.proposal.by
    if act.act != CONFIRM or not act.by.strip() or not same_person(act.by, proposer):
        return []
    return [
        Message(
            f"{act.enterprise_id} 由 {proposer} 提出，须由另一人确认",
            f"{act.enterprise_id} was proposed by {proposer}; somebody else must confirm it",
        )
    ]


def _row(act: Act) -> dict[str, Any]:
    row = {name: value for name, value in asdict(act).items() if value not in (None, "", ())}
    for name in (_DAYS | {_AT}) & row.keys():
        row[name] = row[name].isoformat()
    return row


def _read(row: Mapping[str, Any]) -> Act:
    told = dict(row)
    for name in _DAYS & told.keys():
        told[name] = date.fromisoformat(told[name])
    if _AT in told:
        told[_AT] = datetime.fromisoformat(told[_AT])
    for name in _LISTS & told.keys():
        told[name] = tuple(told[name])
    return Act(**told)
