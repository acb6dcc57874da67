"""Reserves called and inspectors replaced: with a reason, by a fresh draw, the original kept.

Nothing drawn is altered: a change is a document of its own, numbered, holding the SHA-256 of the
one before. The fresh draw is SHA-256(seed 1F "substitute" 1F number 1F uscc 1F inspector), smallest
among those who may go and have the fewest visits; the number is that of the change, so that nobody
can ask again for another outcome without a second change on record.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt

from features.messages import Message
from scoring.double_random.assignment import DrawnObject, lay_places
from scoring.double_random.campaign import (
    ASSIGNMENT,
    DRAW,
    Files,
    drawn_objects,
    read_plan,
    read_roster,
    read_selection,
)
from scoring.double_random.documents import (
    VERSION,
    AssignmentRecord,
    Change,
    DrawRecord,
    Plan,
)
from scoring.double_random.feasibility import can_fill
from scoring.double_random.inspectors import Roster
from scoring.errors import ChangeError, InspectorError, refuse


@dataclass(frozen=True)
class Asked:
    """What an official asks for: who, why and when; `inspector_id` None calls a reserve."""

    uscc: str
    reason: str
    by: str
    at: datetime
    inspector_id: str | None = None


@dataclass(frozen=True)
class Standing:
    """A drawn round with its changes: teams as they now are.

    `objects` and `teams` are by enterprise; `former` has everybody who was ever in a team;
    `withdrawn` are enterprises whose place a reserve took.
    """

    plan: Plan
    seed: str
    roster: Roster
    objects: Mapping[str, DrawnObject]
    reserves: Mapping[str, Sequence[str]]
    teams: dict[str, tuple[str, ...]]
    former: dict[str, set[str]]
    withdrawn: set[str]
    last_sha256: str
    number: int


def open_standing(files: Files, changes: Sequence[Change]) -> Standing:
    """The round as it stands after `changes`, which are checked one by one.

    Raises
    ------
    EvidenceError
        The evidence can't be read.
    ChangeError
        A change does not follow from the draw and the changes before it.
    """
    plan = read_plan(files)
    record = DrawRecord.read(files[DRAW], name=DRAW)
    assignment = AssignmentRecord.read(files[ASSIGNMENT], name=ASSIGNMENT)
    selection = read_selection(files, record)
    teams = {visit.uscc: visit.inspectors for visit in assignment.visits}
    standing = Standing(
        plan=plan,
        seed=record.seed,
        roster=read_roster(files, plan),
        objects={entry.uscc: entry for entry in drawn_objects(plan, selection)},
        reserves=selection.reserves_of_drawn(),
        teams=teams,
        former={uscc: set(team) for uscc, team in teams.items()},
        withdrawn=set(),
        last_sha256="",
        number=0,
    )
    for change in changes:
        asked = Asked(
            change.uscc,
            change.reason,
            change.by,
            change.at,
            change.replaced if change.kind == "inspector" else None,
        )
        again = make_change(standing, asked)
        if again != change:
            raise ChangeError(
                f"变更 {change.number} 与复算不符",
                f"Change {change.number} is not what follows from the draw",
            )
        standing = carry_out(standing, change)
    return standing


def make_change(standing: Standing, asked: Asked) -> Change:
    """Draw the reserve or the inspector that `asked` calls for.

    Raises
    ------
    ChangeError
        No reason, nobody named as responsible, no such visit or inspector, no reserve left.
    InspectorError
        Nobody is left who may go.
    """
    _refuse_faulty(standing, asked)
    draw = _draw_reserve if asked.inspector_id is None else _draw_inspector
    found, team, ticket = draw(standing, asked)
    return Change(
        version=VERSION,
        round=standing.plan.round,
        number=standing.number + 1,
        kind="reserve" if asked.inspector_id is None else "inspector",
        at=asked.at.astimezone(UTC),
        by=asked.by.strip(),
        reason=asked.reason.strip(),
        uscc=asked.uscc,
        replaced=asked.inspector_id or asked.uscc,
        replacement=found,
        ticket=ticket,
        inspectors=team,
        previous_sha256=standing.last_sha256,
    )


def carry_out(standing: Standing, change: Change) -> Standing:
    """The round after one more change."""
    objects, teams = dict(standing.objects), dict(standing.teams)
    former = {uscc: set(people) for uscc, people in standing.former.items()}
    withdrawn = set(standing.withdrawn)
    visited = change.uscc
    if change.kind == "reserve":
        visited = change.replacement
        objects[visited] = _standing_in(objects[change.uscc], change)
        withdrawn.add(change.uscc)
        teams.pop(change.uscc)
    teams[visited] = change.inspectors
    former.setdefault(visited, set()).update(change.inspectors)
    return Standing(
        plan=standing.plan,
        seed=standing.seed,
        roster=standing.roster,
        objects=objects,
        reserves={**standing.reserves, visited: standing.reserves[change.uscc]},
        teams=teams,
        former=former,
        withdrawn=withdrawn,
        last_sha256=hashlib.sha256(change.to_bytes()).hexdigest(),
        number=change.number,
    )


def _standing_in(original: DrawnObject, change: Change) -> DrawnObject:
    # A reserve is of the same stratum, hence of the same area, and visited for the same items.
    return DrawnObject(change.ticket, change.replacement, original.area_code, original.needs)


def _refuse_faulty(standing: Standing, asked: Asked) -> None:
    faults: list[Message] = []
    if not asked.reason.strip() or not asked.by.strip():
        faults.append(
            Message("变更须写明理由和经办人", "a change needs a reason and a person responsible")
        )
    if not (asked.reason + asked.by).isprintable():
        faults.append(Message("文字含不可见字符", "texts must be printable"))
    if asked.uscc in standing.withdrawn:
        faults.append(
            Message(
                f"企业 {asked.uscc} 已由备选企业替补",
                f"a reserve stands in for {asked.uscc} already",
            )
        )
    elif asked.uscc not in standing.teams:
        faults.append(
            Message(f"企业 {asked.uscc} 未被抽中", f"enterprise {asked.uscc} is not drawn")
        )
    elif asked.inspector_id and asked.inspector_id not in standing.teams[asked.uscc]:
        faults.append(
            Message(
                f"检查人员 {asked.inspector_id} 不在 {asked.uscc} 的检查组",
                f"inspector {asked.inspector_id} does not visit {asked.uscc}",
            )
        )
    refuse(ChangeError, faults)


def _draw_reserve(standing: Standing, asked: Asked) -> tuple[str, tuple[str, ...], str]:
    """The next rank of the stratum that was not called yet, with a team of its own."""
    left = [uscc for uscc in standing.reserves[asked.uscc] if uscc not in standing.objects]
    if not left:
        raise ChangeError(
            f"企业 {asked.uscc} 所在层的备选企业已用完",
            f"No reserve is left in the stratum of {asked.uscc}",
        )
    original = standing.objects[asked.uscc]
    entry = DrawnObject("", left[0], original.area_code, original.needs)
    size = len(standing.teams[asked.uscc])
    team: tuple[str, ...] = ()
    while len(team) < size:
        person, _ = _next_inspector(standing, entry, team=team, size=size, barred=set())
        team = (*team, person)
    ticket = hashlib.sha256(f"{standing.seed}\x1f{left[0]}".encode()).hexdigest()
    return left[0], tuple(sorted(team)), ticket


def _draw_inspector(standing: Standing, asked: Asked) -> tuple[str, tuple[str, ...], str]:
    """Somebody who was never in this team, so that the team can still fill every place."""
    team = tuple(who for who in standing.teams[asked.uscc] if who != asked.inspector_id)
    person, ticket = _next_inspector(
        standing,
        standing.objects[asked.uscc],
        team=team,
        size=len(team) + 1,
        barred=standing.former[asked.uscc],
    )
    return person, tuple(sorted((*team, person))), ticket


def _next_inspector(
    standing: Standing,
    entry: DrawnObject,
    *,
    team: tuple[str, ...],
    size: int,
    barred: set[str],
) -> tuple[str, str]:
    """The least loaded with the smallest ticket, of those with whom the team can be completed."""
    roster = standing.roster
    places = lay_places([entry], roster, team=standing.plan.team.model_copy(update={"size": size}))
    able = places.able[list(places.kind)].copy()
    able[:, sorted(places.banned)] = False
    loads = _loads(standing)
    candidates = sorted(
        (int(loads[place]), _ticket(standing, entry.uscc, person), person)
        for place, person in enumerate(roster.ids)
        if person not in team and person not in barred and able[:, place].any()
    )
    members = [roster.ids.index(person) for person in team]
    for _, ticket, person in candidates:
        if can_fill(able, [*members, roster.ids.index(person)]):
            return person, ticket
    raise InspectorError(
        f"没有其他合格检查人员可派往 {entry.uscc}",
        f"No other qualified inspector may visit {entry.uscc}",
    )


def _loads(standing: Standing) -> npt.NDArray[np.int64]:
    place = {person: number for number, person in enumerate(standing.roster.ids)}
    people = [place[person] for team in standing.teams.values() for person in team]
    return np.bincount(np.array(people, dtype=np.int64), minlength=len(place))


def _ticket(standing: Standing, uscc: str, person: str) -> str:
    parts = (standing.seed, "substitute", str(standing.number + 1), uscc, person)
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()
