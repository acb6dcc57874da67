"""Mix a staffing until every one that is as even, and breaks no ban, is equally likely.

A chain of proposals from the round's seed. A proposal names a place and does one of three things:
it hands the place to another inspector, swaps it with a place of another inspector, or rotates
three places. Proposals are symmetric (the way back is proposed as often as the way there) and
carried out whenever the outcome is allowed, so the chain rests in the uniform distribution over
everything it reaches. Levels (see :mod:`balancing`) stay as they are: an inspector of level l has
l or l - 1 visits. `PROPOSALS_PER_PLACE` is the length at which 1,500 re-draws of small rounds can't
be told from uniform draws (see the tests and benchmarks/double_random.py).
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from scoring.double_random.balancing import Staffing
from scoring.double_random.stream import WORD_LIMIT, Stream

PROPOSALS_PER_PLACE = 20
_BATCH = 100_000
_KINDS = 3
_MOVE, _SWAP = 0, 1


class Pool(NamedTuple):
    """Inspectors of one level who may fill a kind of place; `bound` is `size` x `level`."""

    people: list[int]
    size: int
    level: int
    bound: int


def mix(staffing: Staffing, levels: npt.NDArray[np.int64], *, seed: str) -> None:
    """Run the chain, in place: 20 proposals for every place."""
    number = len(staffing.holder)
    if not number:
        return
    pools = _pools(staffing, levels)
    firsts, partners = Stream(seed, "proposal"), Stream(seed, "partner")
    remaining = PROPOSALS_PER_PLACE * number
    while remaining:
        batch = min(remaining, _BATCH)
        remaining -= batch
        words = partners.words(2 * batch).tolist()
        _propose(firsts.below(_KINDS * number, batch).tolist(), words, pools, staffing)


def _propose(firsts: list[int], words: list[int], pools: list[Pool], staffing: Staffing) -> None:
    # A chain is one step after the other: each looks at what the earlier ones left.
    for first, one, two in zip(firsts, words[::2], words[1::2], strict=True):
        place, kind = divmod(first, _KINDS)
        person, other = _partner(one, pools[place], staffing)
        if kind == _MOVE:
            if person >= 0:
                _move(place, person, pools[place].level, staffing)
        elif other < 0:
            continue
        elif kind == _SWAP:
            _swap(place, other, staffing)
        else:
            _, third = _partner(two, pools[other], staffing)
            if third >= 0:
                _rotate(place, other, third, staffing)


def _pools(staffing: Staffing, levels: npt.NDArray[np.int64]) -> list[Pool]:
    """For every place, who may fill its kind among those of its holder's level."""
    places = staffing.places
    made: dict[tuple[int, int], Pool] = {}
    pools = []
    for kind, person in zip(places.kind, staffing.holder, strict=True):
        key = (kind, int(levels[person]))
        if key not in made:
            people = np.flatnonzero(places.able[kind] & (levels == key[1])).tolist()
            made[key] = Pool(people, len(people), key[1], len(people) * key[1])
        pools.append(made[key])
    return pools


def _partner(word: int, pool: Pool, staffing: Staffing) -> tuple[int, int]:
    """An inspector of the pool and what is on one of `level` seats of theirs; -1 for nothing."""
    number = word % pool.bound
    if word - number > WORD_LIMIT - pool.bound:
        return -1, -1  # the last, incomplete run of numbers: it would favour the small ones
    seat, at = divmod(number, pool.size)
    person = pool.people[at]
    held = staffing.held[person]
    return person, held[seat] if seat < len(held) else -1


def _move(place: int, person: int, level: int, staffing: Staffing) -> None:
    gives, takes = len(staffing.held[staffing.holder[place]]), len(staffing.held[person])
    if gives == level and takes == level - 1 and staffing.may(place, person):
        staffing.put(place, person)


def _swap(one: int, two: int, staffing: Staffing) -> None:
    visit, holder = staffing.places.visit, staffing.holder
    # Within a visit it would be the same team in another order.
    if (
        visit[one] != visit[two]
        and staffing.may(one, holder[two])
        and staffing.may(two, holder[one])
    ):
        staffing.exchange(one, two)


def _rotate(one: int, two: int, three: int, staffing: Staffing) -> None:
    """`one` goes to the holder of `two`, `two` to that of `three`, `three` to that of `one`."""
    visit, holder = staffing.places.visit, staffing.holder
    first, second, third = holder[one], holder[two], holder[three]
    if (
        len({visit[one], visit[two], visit[three]}) == _KINDS
        and staffing.may(one, second)
        and staffing.may(two, third)
        and staffing.may(three, first)
    ):
        staffing.put(one, second)
        staffing.put(two, third)
        staffing.put(three, first)
