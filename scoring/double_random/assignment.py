"""MAIN FLOW of the second random: who visits which drawn enterprise.

A max-flow first proves that every visit can be staffed, or names the enterprises nobody may visit;
then places are filled from the round's seed in the order of the tickets and loads are evened out;
then a swap chain makes every such staffing equally likely. No solver supplies chance.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scoring.double_random.balancing import Places, draw_first_teams, even_out
from scoring.double_random.documents import VERSION, AssignmentRecord, Load, TeamRule, Visit
from scoring.double_random.feasibility import refuse_unstaffed
from scoring.double_random.inspectors import Roster
from scoring.double_random.items import Need, needs_of_visit
from scoring.double_random.swap_chain import mix


@dataclass(frozen=True)
class DrawnObject:
    """A drawn enterprise: its ticket, area and the needs of the items that drew it."""

    ticket: str
    uscc: str
    area_code: str
    needs: tuple[Need, ...]


def assign(
    drawn: Sequence[DrawnObject], roster: Roster, *, seed: str, team: TeamRule, round_id: str
) -> AssignmentRecord:
    """Inspectors for `drawn`, which come in the order of their tickets.

    Raises
    ------
    InspectorError
        Naming the enterprises that too few qualified inspectors may visit.
    """
    places = lay_places(drawn, roster, team=team)
    refuse_unstaffed(places)
    staffing = draw_first_teams(places, seed=seed)
    levels = even_out(staffing)
    mix(staffing, levels, seed=seed)
    teams: list[list[str]] = [[] for _ in drawn]
    for visit, person in zip(places.visit, staffing.holder, strict=True):
        teams[visit].append(roster.ids[person])
    return AssignmentRecord(
        version=VERSION,
        round=round_id,
        team_size=team.size,
        visits=tuple(
            Visit(uscc=drawn[row].uscc, inspectors=_team(teams[row], drawn[row], roster))
            for row in sorted(range(len(drawn)), key=lambda row: drawn[row].uscc)
        ),
        loads=tuple(
            Load(inspector_id=person, visits=int(load))
            for person, load in zip(roster.ids, staffing.loads(), strict=True)
        ),
    )


def lay_places(drawn: Sequence[DrawnObject], roster: Roster, *, team: TeamRule) -> Places:
    """One place for every inspector a visit needs; kinds are department x matter x area."""
    kinds: dict[tuple[Need, str], int] = {}
    visit_of: list[int] = []
    kind_of: list[int] = []
    for row, entry in enumerate(drawn):
        for need in needs_of_visit(entry.needs, size=team.size):
            key = (need, entry.area_code if team.same_area else "")
            visit_of.append(row)
            kind_of.append(kinds.setdefault(key, len(kinds)))
    able = [roster.able(need, area_code=area) for need, area in kinds]
    return Places(
        usccs=[entry.uscc for entry in drawn],
        visit=visit_of,
        kind=kind_of,
        able=np.stack(able) if able else np.zeros((0, len(roster.ids)), dtype=bool),
        banned=roster.banned_pairs([entry.uscc for entry in drawn]),
    )


def _team(people: list[str], entry: DrawnObject, roster: Roster) -> tuple[str, ...]:
    """The lead department first, then by id: chance leaves no order within a team."""
    lead = entry.needs[0].department if entry.needs else ""
    unit = dict(zip(roster.ids, roster.units, strict=True))
    return tuple(sorted(people, key=lambda person: (unit[person] != lead, person)))
