"""How far enterprises moved between the bins of indicators and score, for all and by sector."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from models.rating.distribution import PROBABILITY, group_counts
from models.rating.stability import population_stability_index

Counts = Mapping[str, NDArray[np.int64]]


@dataclass(frozen=True)
class IndicatorShift:
    """Stability index of an indicator, and the shares of missing values."""

    name: str
    psi: float
    missing_before: float
    missing_now: float


@dataclass(frozen=True)
class GroupShift:
    """All enterprises, or a sector's members: how many, and how far score and indicators moved.

    Attributes
    ----------
    score_psi
        ``None`` where nobody belonged to the group on a side; `indicators` is then empty.
    indicators
        Those counted on both sides over as many bins, the furthest moved first.
    """

    before: int
    now: int
    score_psi: float | None
    indicators: tuple[IndicatorShift, ...]


def group_shifts(before: pa.Table, now: pa.Table) -> dict[str, GroupShift]:
    """Shifts of the groups counted on both sides, ``general`` (all enterprises) first.

    Parameters
    ----------
    before, now
        As :func:`models.rating.distribution.count_bins` gives them, by one model.
    """
    was, turned = group_counts(before), group_counts(now)
    return {group: _shift(was[group], turned[group]) for group in was if group in turned}


def _shift(was: Counts, turned: Counts) -> GroupShift:
    sizes = int(was[PROBABILITY].sum()), int(turned[PROBABILITY].sum())
    if not all(sizes):
        return GroupShift(*sizes, None, ())
    shifts = [
        IndicatorShift(
            name,
            population_stability_index(was[name], turned[name]),
            float(was[name][-1] / was[name].sum()),
            float(turned[name][-1] / turned[name].sum()),
        )
        for name in was
        # A run of an earlier version counted indicators without influence too; another model has
        # other bins.
        if name != PROBABILITY and name in turned and len(was[name]) == len(turned[name])
    ]
    score = population_stability_index(was[PROBABILITY], turned[PROBABILITY])
    return GroupShift(*sizes, score, tuple(sorted(shifts, key=lambda one: -one.psi)))
