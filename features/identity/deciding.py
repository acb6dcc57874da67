"""What a person decides on who is who: confirm, reject, merge, revoke, one by one or by a file."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pandas as pd

from features.archive.files import Archive
from features.engine import Engine
from features.errors import IdentityError
from features.identity.links import (
    MERGER,
    TEMPORARY,
    Decision,
    append_decisions,
    links_in_force,
    read_decisions,
)
from features.identity.pending import known_ids, temporary_identities
from features.messages import Message

MANUAL = "manual"


@dataclass(frozen=True)
class Office:
    """Where decisions lie and what they may speak of.

    `enterprises`: ids with a registration record; `temporary`: ids that some import holds.
    """

    identity_dir: Path
    enterprises: frozenset[str]
    temporary: frozenset[str]


@dataclass(frozen=True)
class Signature:
    """Who decides, why, and when (naive UTC)."""

    by: str
    reason: str
    at: datetime


@dataclass(frozen=True)
class Verdict:
    """What is decided of a temporary identity; `enterprise_id` None rejects every enterprise."""

    temporary_id: str
    enterprise_id: str | None
    accepted: bool
    score: float | None = None
    reason: str | None = None
    place: str = ""


def open_office(
    engine: Engine, archive: Archive, *, records_dir: Path, identity_dir: Path
) -> Office:
    """The ids that decisions may speak of, from the archive and the imports."""
    registered = archive.table(engine, "registration").select("enterprise_id").distinct()
    return Office(
        identity_dir=identity_dir,
        enterprises=frozenset(engine.to_arrow(registered)["enterprise_id"].to_pylist()),
        temporary=known_ids(temporary_identities(records_dir)),
    )


def decide(office: Office, verdicts: Sequence[Verdict], *, signature: Signature) -> int:
    """Write verdicts on temporary identities; all of them or, if one is at fault, none.

    Returns
    -------
    How many lines were added: a verdict that is in force already adds none.

    Raises
    ------
    IdentityError
        With every fault of every verdict.
    """
    _refuse_unsigned(signature)
    decisions = read_decisions(office.identity_dir)
    linked = _onward(links_in_force(decisions))
    faults = [fault for one in verdicts for fault in _faults_of(one, office, linked)]
    faults += _contradictions(verdicts)
    if faults:
        raise _error(faults)
    news = [one for one in verdicts if not _in_force(one, linked)]
    lines = [_line(one, signature) for one in news]
    append_decisions(office.identity_dir, lines)
    return len(lines)


def merge(office: Office, old_id: str, new_id: str, *, counts: bool, signature: Signature) -> None:
    """Record that an enterprise was absorbed by another one.

    `counts`: what the absorbed one did counts as the successor's own behaviour; else it is only
    shown with it.

    Raises
    ------
    IdentityError
        One of the two is not registered, it is merged already, or the chain would be a circle.
    """
    _refuse_unsigned(signature)
    links = links_in_force(read_decisions(office.identity_dir))
    onward = _onward(links)
    faults = [
        Message(f"{one} 没有登记记录，请核对代码", f"{one} has no registration record; check it")
        for one in dict.fromkeys((old_id, new_id))
        if one not in office.enterprises
    ]
    if old_id in onward:
        faults.append(
            Message(
                f"{old_id} 已并入 {onward[old_id]}；如有误请先 xinheng identity revoke {old_id}",
                f"{old_id} was merged into {onward[old_id]}; if that is wrong, first run "
                f"xinheng identity revoke {old_id}",
            )
        )
    elif old_id in _chain(new_id, onward):
        faults.append(
            Message(
                f"{new_id} 已并入 {old_id} 或与其相同，不能反向合并",
                f"{new_id} is {old_id} or was merged into it; it cannot absorb it",
            )
        )
    if faults:
        raise _error(faults)
    line = Decision("link", old_id, new_id, counts, MERGER, None, *_signed(signature))
    append_decisions(office.identity_dir, [line])


def revoke(identity_dir: Path, old_id: str, *, signature: Signature) -> Decision:
    """Take back the link in force of an id; its records return to it at the next build.

    Raises
    ------
    IdentityError
        It has no link.
    """
    _refuse_unsigned(signature)
    links = links_in_force(read_decisions(identity_dir))
    found = links[links["old_id"] == old_id]
    if found.empty:
        raise _error(
            [Message(f"{old_id} 没有可撤销的关联", f"{old_id} has no link that could be revoked")]
        )
    link = found.iloc[0]
    line = Decision(
        "revoke",
        old_id,
        str(link["enterprise_id"]),
        bool(link["counts"]),
        str(link["method"]),
        None,
        *_signed(signature),
    )
    append_decisions(identity_dir, [line])
    return line


def predecessors(decisions: pd.DataFrame, enterprise_id: str) -> pd.DataFrame:
    """Links whose chain ends at an enterprise, nearest first: who became part of it."""
    links = links_in_force(decisions)
    found, wanted = [], [enterprise_id]
    while wanted:
        nearer = links[links["enterprise_id"].isin(wanted)]
        found.append(nearer)
        wanted = nearer["old_id"].tolist()
    return pd.concat(found, ignore_index=True)


def _faults_of(one: Verdict, office: Office, linked: dict[str, str]) -> Iterable[Message]:
    place_zh, place_en = (f"{one.place}：", f"{one.place}: ") if one.place else ("", "")
    if one.temporary_id not in office.temporary:
        yield Message(
            f"{place_zh}没有临时编号 {one.temporary_id}，请核对（以 {TEMPORARY} 开头）",
            f"{place_en}there is no temporary identity {one.temporary_id}; check it "
            f"(it begins with {TEMPORARY})",
        )
    if one.enterprise_id is not None and one.enterprise_id not in office.enterprises:
        yield Message(
            f"{place_zh}{one.enterprise_id} 没有登记记录，请核对代码",
            f"{place_en}{one.enterprise_id} has no registration record; check the code",
        )
    other = linked.get(one.temporary_id)
    clash = other is not None and (one.accepted != (other == one.enterprise_id))
    if clash and (one.accepted or one.enterprise_id in (None, other)):
        yield Message(
            f"{place_zh}{one.temporary_id} 已关联到 {other}；"
            f"如有误请先 xinheng identity revoke {one.temporary_id}",
            f"{place_en}{one.temporary_id} is linked to {other}; if that is wrong, first run "
            f"xinheng identity revoke {one.temporary_id}",
        )


def _contradictions(verdicts: Sequence[Verdict]) -> list[Message]:
    """Temporary identities for which two enterprises are accepted at once."""
    accepted: dict[str, set[str | None]] = {}
    for one in verdicts:
        if one.accepted:
            accepted.setdefault(one.temporary_id, set()).add(one.enterprise_id)
    return [
        Message(
            f"{old} 同时采用了 {len(new)} 个主体，只能采用一个",
            f"{old}: {len(new)} enterprises are accepted, only one can be",
        )
        for old, new in accepted.items()
        if len(new) > 1
    ]


def _in_force(one: Verdict, linked: dict[str, str]) -> bool:
    return one.accepted and linked.get(one.temporary_id) == one.enterprise_id


def _line(one: Verdict, signature: Signature) -> Decision:
    return Decision(
        action="link" if one.accepted else "reject",
        old_id=one.temporary_id,
        enterprise_id=one.enterprise_id,
        counts=True,
        method=MANUAL,
        score=one.score,
        reason=one.reason or signature.reason,
        decided_by=signature.by,
        decided_at=signature.at,
    )


def _signed(signature: Signature) -> tuple[str, str, datetime]:
    return signature.reason, signature.by, signature.at


def _refuse_unsigned(signature: Signature) -> None:
    if not signature.by.strip() or not signature.reason.strip():
        raise _error(
            [
                Message(
                    "请写明决定人（--by）和理由（--reason）",
                    "say who decides (--by) and why (--reason)",
                )
            ]
        )


def _onward(links: pd.DataFrame) -> dict[str, str]:
    return dict(zip(links["old_id"], links["enterprise_id"], strict=True))


def _chain(start: str, onward: dict[str, str]) -> list[str]:
    chain = [start]
    while chain[-1] in onward:
        chain.append(onward[chain[-1]])
    return chain


def _error(faults: Sequence[Message]) -> IdentityError:
    return IdentityError(
        "未作任何更改：\n  " + "\n  ".join(fault.zh for fault in faults)
        if len(faults) > 1
        else f"{faults[0].zh}；未作任何更改",
        "nothing was changed:\n  " + "\n  ".join(fault.en for fault in faults)
        if len(faults) > 1
        else f"{faults[0].en}; nothing was changed",
    )
