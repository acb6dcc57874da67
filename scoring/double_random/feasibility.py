"""Can every visit be staffed? A max-flow answers, and names the enterprises nobody may visit.

From a visit flow its places, from a place to the inspectors who may fill it, each once a visit.
Places that more inspectors may fill than the visit has places at all can always be filled (Hall's
theorem), so only the others go into the network. Nothing here is drawn: a solver never supplies
chance, and which of many flows it finds is thrown away.

References
----------
行政处罚法 art. 42 and 43; 国办发〔2024〕54号.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array, csr_matrix
from scipy.sparse.csgraph import maximum_flow

from scoring.double_random.balancing import Places
from scoring.double_random.tables import listed
from scoring.errors import InspectorError

_SOURCE, _SINK = 0, 1


def refuse_unstaffed(places: Places) -> None:
    """Every visit must be possible.

    Raises
    ------
    InspectorError
        Naming the enterprises whose teams can't be filled by different qualified inspectors.
    """
    short = unstaffed(places)
    if short:
        names = listed([places.usccs[visit] for visit in short])
        raise InspectorError(
            f"扣除回避后，以下企业没有足够的合格检查人员：{names}。请补充检查人员或依法排除",
            f"After avoidance there are not enough qualified inspectors for: {names}. Add"
            " inspectors, or exclude them on a legal ground",
        )


def unstaffed(places: Places) -> list[int]:
    """Visits whose places can't all be filled by different inspectors, in order."""
    short = []
    for visit, own in _doubtful(places).items():
        able = places.able[[places.kind[place] for place in own]].copy()
        first = visit * places.inspectors
        able[:, [p for p in range(places.inspectors) if first + p in places.banned]] = False
        if _flow(able, room=np.ones(places.inspectors, dtype=np.int32)) < len(own):
            short.append(visit)
    return short


def overburdened(able: npt.NDArray[np.bool_], needed: Sequence[int], *, most_visits: int) -> int:
    """How many of the `needed` visits (by kind) can't be made by inspectors of `most_visits` each.

    `able` has one row per kind and one column per inspector.
    """
    wanted = np.array(needed, dtype=np.int32)
    room = np.full(able.shape[1], most_visits, dtype=np.int32)
    return int(wanted.sum()) - _flow(able, room=room, wanted=wanted)


def can_fill(able: npt.NDArray[np.bool_], people: Sequence[int]) -> bool:
    """Can these people fill as many of the places (rows of `able`), each one of them?"""
    own = able[:, list(people)]
    return _flow(own, room=np.ones(len(people), dtype=np.int32)) == len(people)


def _doubtful(places: Places) -> dict[int, list[int]]:
    """Places of the visits that counting alone does not prove possible."""
    visits = np.array(places.visit, dtype=np.int64)
    team_size = np.bincount(visits, minlength=len(places.usccs))
    bans = np.bincount(
        np.array(sorted(places.banned), dtype=np.int64) // max(places.inspectors, 1),
        minlength=len(places.usccs),
    )
    able = places.able.sum(axis=1)[np.array(places.kind, dtype=np.int64)]
    certain = able - bans[visits] >= team_size[visits]
    doubtful: dict[int, list[int]] = {visit: [] for visit in visits[~certain].tolist()}
    for place in np.flatnonzero(np.isin(visits, list(doubtful))).tolist():
        doubtful[places.visit[place]].append(place)
    return doubtful


def _flow(
    able: npt.NDArray[np.bool_],
    *,
    room: npt.NDArray[np.int32],
    wanted: npt.NDArray[np.int32] | None = None,
) -> int:
    """Largest flow from rows (each `wanted`, or 1) to columns (each with `room`)."""
    rows, columns = able.shape
    supply = np.ones(rows, dtype=np.int32) if wanted is None else wanted
    left, right = np.nonzero(able)
    starts = np.concatenate([np.full(rows, _SOURCE), 2 + left, 2 + rows + np.arange(columns)])
    ends = np.concatenate([2 + np.arange(rows), 2 + rows + right, np.full(columns, _SINK)])
    capacity = np.concatenate([supply, supply[left], room]).astype(np.int32)
    size = 2 + rows + columns
    network = csr_matrix(csr_array((capacity, (starts, ends)), shape=(size, size)))
    return int(maximum_flow(network, _SOURCE, _SINK).flow_value)
