"""Means of the health index by area or industry; groups too small to be told are put together.

A mean of a few speaks of single enterprises. Small groups are joined as one; where even that one
is too small, the smallest group told is joined to it: nothing can be worked out by subtraction.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from scoring.health_index.index import HealthScores

By = Literal["area", "industry"]
EVERYBODY, JOINED = "*", "+"


@dataclass(frozen=True)
class GroupMean:
    """A group: `key` is an area, a section, :data:`EVERYBODY`, or :data:`JOINED` and who is in it.

    `dimensions` are the means over those known; NaN where nobody's is known. `incomplete` is the
    number of enterprises with any dimension unknown.
    """

    key: str
    enterprises: int
    index: float
    dimensions: dict[str, float]
    incomplete: int


def group_means(scores: HealthScores, *, by: By, minimum: int) -> list[GroupMean]:
    """Everybody, then each group by its key, then those joined; none with fewer than `minimum`.

    Nothing at all is told of fewer than `minimum` enterprises.
    """
    if len(scores.index) < minimum:
        return []
    keys = scores.area if by == "area" else scores.section
    names, place, sizes = np.unique(
        np.asarray(keys, dtype=str), return_inverse=True, return_counts=True
    )
    joined = _joined(sizes, minimum)
    told = [_mean(scores, np.ones(len(place), dtype=bool), EVERYBODY)]
    told += [
        _mean(scores, place == number, str(name))
        for number, name in enumerate(names)
        if not joined[number]
    ]
    if joined.any():
        told.append(_mean(scores, joined[place], JOINED + ";".join(names[joined])))
    return told


def _joined(sizes: npt.NDArray[np.int64], minimum: int) -> npt.NDArray[np.bool_]:
    """Which groups are put together."""
    joined: npt.NDArray[np.bool_] = sizes < minimum
    for number in np.argsort(sizes, kind="stable"):
        if not joined.any() or sizes[joined].sum() >= minimum:
            break
        joined[number] = True
    return joined


def _mean(scores: HealthScores, chosen: npt.NDArray[np.bool_], key: str) -> GroupMean:
    parts = {name: values[chosen] for name, values in scores.dimensions.items()}
    unknown = np.any(np.stack([np.isnan(values) for values in parts.values()]), axis=0)
    return GroupMean(
        key=key,
        enterprises=int(chosen.sum()),
        index=_known_mean(scores.index[chosen]),
        dimensions={name: _known_mean(values) for name, values in parts.items()},
        incomplete=int(unknown.sum()),
    )


def _known_mean(values: npt.NDArray[np.float64]) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else float("nan")
