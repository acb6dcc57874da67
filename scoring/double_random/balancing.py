"""First teams from the seed, then loads as even as bans, certificates and areas let them be.

Visits come in the order of their tickets. A place takes, of the inspectors who may fill it, those
with the fewest visits so far; SHA-256(seed 1F "inspector" 1F uscc 1F place 1F times) picks one of
them, and the next time another where that one must keep away. Where that leaves loads uneven,
visits are handed on along chains of inspectors until no chain evens them further: then no other
staffing has a smaller largest load (Harvey, Ladner, Lovász, Tamir, "Semi-matchings", 2006), and an
uneven load is a fact about avoidance and not about the procedure.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scoring.errors import InspectorError

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Places:
    """Places of teams to be filled: one entry per place, a visit's places one after the other.

    `able` has one row per kind of place and one column per inspector; `banned` holds
    ``visit * inspectors + inspector`` of pairs that must not meet. `usccs` has one entry per visit,
    in the order of tickets.
    """

    usccs: Sequence[str]
    visit: Sequence[int]
    kind: Sequence[int]
    able: Flags
    banned: frozenset[int]

    @property
    def inspectors(self) -> int:
        """Number of inspectors."""
        return int(self.able.shape[1])


class Staffing:
    """Who fills which place; changes only through :meth:`put` and :meth:`exchange`."""

    def __init__(self, places: Places) -> None:
        self.places = places
        self._able = [row.tobytes() for row in places.able]  # a byte is read faster than a cell
        self.holder = [-1] * len(places.visit)
        self.held: list[list[int]] = [[] for _ in range(places.inspectors)]
        self.teams: list[set[int]] = [set() for _ in places.usccs]

    def put(self, place: int, person: int) -> None:
        """`person` fills `place`; whoever did before leaves it."""
        team, former = self.teams[self.places.visit[place]], self.holder[place]
        if former >= 0:
            team.discard(former)
            self.held[former].remove(place)
        team.add(person)
        self.held[person].append(place)
        self.holder[place] = person

    def exchange(self, one: int, two: int) -> None:
        """The holders of two places of different visits change places."""
        first, second = self.holder[one], self.holder[two]
        here, there = (self.teams[self.places.visit[place]] for place in (one, two))
        here.discard(first)
        there.discard(second)
        here.add(second)
        there.add(first)
        self.held[first][self.held[first].index(one)] = two
        self.held[second][self.held[second].index(two)] = one
        self.holder[one], self.holder[two] = second, first

    def may(self, place: int, person: int) -> bool:
        """Certificate, department and area fit, nobody must keep away, not in the team yet."""
        visit = self.places.visit[place]
        return (
            self._able[self.places.kind[place]][person] == 1
            and visit * self.places.inspectors + person not in self.places.banned
            and person not in self.teams[visit]
        )

    def loads(self) -> npt.NDArray[np.int64]:
        """Visits of every inspector."""
        return np.array([len(places) for places in self.held], dtype=np.int64)


def draw_first_teams(places: Places, *, seed: str) -> Staffing:
    """Fill every place in the order of the tickets.

    Raises
    ------
    InspectorError
        Naming the enterprises whose places can't all be filled by different inspectors.
    """
    staffing = Staffing(places)
    loads = np.zeros(places.inspectors, dtype=np.int64)
    numbers = np.arange(places.inspectors)
    missing: list[str] = []
    # One place after the other: each choice depends on the loads that the earlier ones left.
    for place, visit in enumerate(places.visit):
        candidates = numbers[places.able[places.kind[place]]]
        chosen = _choose(place, candidates, loads, seed=seed, staffing=staffing)
        if chosen >= 0:
            staffing.put(place, chosen)
            loads[chosen] += 1
        elif _reseat(place, staffing, set()):
            loads = staffing.loads()
        else:
            missing.append(places.usccs[visit])
    _refuse(missing)
    return staffing


def _choose(
    place: int,
    candidates: npt.NDArray[np.int64],
    loads: npt.NDArray[np.int64],
    *,
    seed: str,
    staffing: Staffing,
) -> int:
    """One of the least loaded candidates, -1 where nobody may; who may not go is passed over."""
    visit = staffing.places.visit[place]
    text = f"{seed}\x1finspector\x1f{staffing.places.usccs[visit]}\x1f{len(staffing.teams[visit])}"
    times = 0
    while len(candidates):
        level = loads[candidates]
        even = np.flatnonzero(level == level.min())
        digest = hashlib.sha256(f"{text}\x1f{times}".encode()).digest()
        # 256 bits over a few people: the remainder favours nobody by more than 2^-240, and the
        # swap chain, which is exact, comes after.
        pick = even[int.from_bytes(digest) % len(even)]
        if staffing.may(place, int(candidates[pick])):
            return int(candidates[pick])
        candidates, times = np.delete(candidates, pick), times + 1
    return -1


def _reseat(place: int, staffing: Staffing, tried: set[int]) -> bool:
    """Let a colleague change places within the team, so that `place` can be filled."""
    places = staffing.places
    visit = places.visit[place]
    first = place
    while first and places.visit[first - 1] == visit:
        first -= 1
    for other in range(first, first + len(staffing.teams[visit])):
        person = staffing.holder[other]
        fits = person >= 0 and places.able[places.kind[place], person]
        banned = visit * places.inspectors + person in places.banned
        if person in tried or banned or not fits:
            continue
        tried.add(person)
        free = [q for q in range(places.inspectors) if staffing.may(other, q)]
        if free:
            staffing.put(other, free[0])
        elif not _reseat(other, staffing, tried):
            continue
        staffing.put(place, person)
        return True
    return False


def even_out(staffing: Staffing) -> npt.NDArray[np.int64]:
    """Hand visits on, in place, until no chain of inspectors evens the loads further.

    Returns the level of every inspector: inspectors of one level have that many visits or one
    less, and no place held within a level can be handed on to a lower one. The levels do not
    depend on chance.
    """
    levels = np.full(staffing.places.inspectors, -1, dtype=np.int64)
    open_ones = set(range(staffing.places.inspectors))
    while open_ones:
        top = max(len(staffing.held[person]) for person in open_ones)
        starts = sorted(person for person in open_ones if len(staffing.held[person]) == top)
        chain, reached = _search(starts, staffing, open_ones=open_ones)
        for place, taker in reversed(chain):
            staffing.put(place, taker)
        if not chain:
            levels[reached] = top
            open_ones -= set(reached)
    return levels


def _search(
    starts: list[int], staffing: Staffing, *, open_ones: set[int]
) -> tuple[list[tuple[int, int]], list[int]]:
    """Breadth first over who could take a place of whom.

    Returns the chain (place, taker), last link first, to an inspector with two visits less than
    the starts, empty where there is none, and everybody reached.
    """
    places, enough = staffing.places, len(staffing.held[starts[0]]) - 2
    waiting = np.zeros(places.inspectors, dtype=bool)
    waiting[sorted(open_ones)] = True
    waiting[starts] = False
    reached_by: dict[int, tuple[int, int]] = {}
    queue = list(starts)
    for giver in queue:
        for place in staffing.held[giver]:
            for taker in np.flatnonzero(waiting & places.able[places.kind[place]]).tolist():
                if not staffing.may(place, taker):
                    continue
                waiting[taker] = False
                reached_by[taker] = (place, giver)
                queue.append(taker)
                if len(staffing.held[taker]) <= enough:
                    return _trace(taker, reached_by), queue
    return [], queue


def _trace(end: int, reached_by: dict[int, tuple[int, int]]) -> list[tuple[int, int]]:
    chain: list[tuple[int, int]] = []
    while end in reached_by:
        place, giver = reached_by[end]
        chain.append((place, end))
        end = giver
    return chain


def _refuse(missing: list[str]) -> None:
    if missing:
        shown = "、".join(dict.fromkeys(missing[:10]))
        raise InspectorError(
            f"以下企业没有足够的合格检查人员：{shown}",
            f"There are not enough qualified inspectors for: {shown}",
        )
