"""Inspectors for every drawn enterprise: chance from the round's seed, loads as even as can be.

Enterprises come in the order of their tickets. Each takes the qualified inspectors with the fewest
visits so far; among equals the smallest pair ticket SHA-256(seed 1F "inspector" 1F uscc 1F id)
decides. Avoidance can leave loads uneven; then visits are handed on along chains of inspectors
until no chain evens them further. An assignment without such a chain has the smallest possible
largest load (Harvey, Ladner, Lovász, Tamir, "Semi-matchings", 2006), so a band wider than 1 is
a fact about the avoidance list and not about this procedure.

Limits, see docs/draw.md: not every feasible assignment is equally likely, and reserves have no
inspectors until they are called.
"""

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from scoring.double_random.documents import VERSION, AssignmentRecord, Load, TeamRule, Visit
from scoring.double_random.inspectors import Roster
from scoring.errors import InspectorError

_UNIT = "\x1f"
Flags = npt.NDArray[np.bool_]


def pair_ticket(seed: str, *, uscc: str, inspector_id: str) -> str:
    """Ticket of an inspector for an enterprise, 64 hexadecimal digits."""
    text = _UNIT.join((seed, "inspector", uscc, inspector_id))
    return hashlib.sha256(text.encode()).hexdigest()


def assign(
    drawn: Sequence[tuple[str, str, str]],
    roster: Roster,
    *,
    seed: str,
    team: TeamRule,
    round_id: str,
) -> AssignmentRecord:
    """Inspectors for `drawn`, rows (ticket, uscc, area code) in the order of their tickets.

    Raises
    ------
    InspectorError
        Naming the enterprises that fewer qualified inspectors than a team may visit.
    """
    usccs = [uscc for _, uscc, _ in drawn]
    areas = [area for _, _, area in drawn]
    qualified = roster.qualified_for(usccs, areas, same_area=team.same_area)
    _refuse_impossible(usccs, qualified, size=team.size)
    assigned = _assign_in_turn(usccs, qualified, roster.ids, seed=seed, size=team.size)
    _even_out(assigned, qualified)
    loads = assigned.sum(axis=0)
    return AssignmentRecord(
        version=VERSION,
        round=round_id,
        team_size=team.size,
        visits=tuple(
            Visit(
                uscc=usccs[row],
                inspectors=tuple(
                    roster.ids[place] for place in np.flatnonzero(assigned[row]).tolist()
                ),
            )
            for row in sorted(range(len(usccs)), key=usccs.__getitem__)
        ),
        loads=tuple(
            Load(inspector_id=person, visits=int(load))
            for person, load in zip(roster.ids, loads, strict=True)
        ),
    )


def _refuse_impossible(usccs: Sequence[str], qualified: Flags, *, size: int) -> None:
    short = [usccs[row] for row in np.flatnonzero(qualified.sum(axis=1) < size).tolist()]
    if short:
        raise InspectorError(
            f"以下企业的合格检查人员不足 {size} 名：{'、'.join(short[:10])}",
            f"Fewer than {size} qualified inspectors may visit: {', '.join(short[:10])}",
        )


def _assign_in_turn(
    usccs: Sequence[str], qualified: Flags, ids: Sequence[str], *, seed: str, size: int
) -> Flags:
    loads = np.zeros(len(ids), dtype=np.int64)
    assigned = np.zeros_like(qualified)
    # One visit after the other: each choice depends on the loads that the earlier ones left.
    for row, uscc in enumerate(usccs):
        able = np.flatnonzero(qualified[row])
        level = np.partition(loads[able], size - 1)[size - 1]
        certain = able[loads[able] < level]
        even = sorted(
            able[loads[able] == level].tolist(),
            key=lambda place: (pair_ticket(seed, uscc=uscc, inspector_id=ids[place]), place),
        )
        team = [*certain.tolist(), *even[: size - len(certain)]]
        assigned[row, team] = True
        loads[team] += 1
    return assigned


def _even_out(assigned: Flags, qualified: Flags) -> None:
    """Hand visits on, in place, until no chain of inspectors evens the loads further."""
    while chain := _find_chain(assigned, qualified):
        for row, giver, taker in chain:
            assigned[row, giver] = False
            assigned[row, taker] = True


def _find_chain(assigned: Flags, qualified: Flags) -> list[tuple[int, int, int]]:
    """Steps (visit, giver, taker) from a loaded inspector to one with two visits less, or none."""
    loads = assigned.sum(axis=0)
    if not len(loads) or loads.max() - loads.min() <= 1:
        return []
    for start in np.argsort(-loads, kind="stable").tolist():
        if loads[start] - loads.min() <= 1:
            break
        step_to = _search(start, assigned, qualified, loads=loads)
        ends = [place for place in step_to if loads[place] <= loads[start] - 2]
        if ends:
            return _trace(min(ends, key=lambda place: (loads[place], place)), step_to)
    return []


def _search(
    start: int, assigned: Flags, qualified: Flags, *, loads: npt.NDArray[Any]
) -> dict[int, tuple[int, int]]:
    """Breadth first: for every inspector reached, the visit and the giver it is reached by."""
    step_to: dict[int, tuple[int, int]] = {}
    queue, seen = [start], {start}
    for giver in queue:
        rows = np.flatnonzero(assigned[:, giver])
        open_to = qualified[rows] & ~assigned[rows]
        for taker in np.flatnonzero(open_to.any(axis=0)).tolist():
            if taker not in seen:
                seen.add(taker)
                step_to[taker] = (int(rows[open_to[:, taker].argmax()]), giver)
                queue.append(taker)
        if any(loads[place] <= loads[start] - 2 for place in step_to):
            break
    return step_to


def _trace(end: int, step_to: dict[int, tuple[int, int]]) -> list[tuple[int, int, int]]:
    chain: list[tuple[int, int, int]] = []
    while end in step_to:
        row, giver = step_to[end]
        chain.append((row, giver, end))
        end = giver
    return chain[::-1]
