"""A rate of the whole population from a stratified draw, with its Korn-Graubard interval.

Every stratum is drawn by equal chances without replacement, so an enterprise stands for N_h / n_h
enterprises (Horvitz and Thompson). What was visited is known and only the rest of each stratum is
estimated; so the limits never contradict what was seen, and a stratum visited whole adds nothing
to the uncertainty. Arrays may have leading axes (simulated worlds); strata are the last axis.

References
----------
Horvitz, D. G. and Thompson, D. J. (1952), Journal of the American Statistical Association 47,
663-685. Hajek, J. (1971), in Foundations of Statistical Inference, 236. Korn, E. L. and Graubard,
B. I. (1998), Survey Methodology 24, 193-201.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student

from scoring.double_random.estimates.intervals import LEVEL, Floats, clopper_pearson

_NONE = 1e-300


def horvitz_thompson(values: Any, probabilities: Any) -> Floats:
    """Estimated total of the population: sum of value / inclusion probability (last axis)."""
    return np.asarray((np.asarray(values) / np.asarray(probabilities)).sum(axis=-1), float)


def hajek_mean(values: Any, probabilities: Any) -> Floats:
    """Estimated mean where the size of the population is estimated too (last axis)."""
    ones = np.ones_like(np.asarray(values, float))
    return np.asarray(
        horvitz_thompson(values, probabilities) / horvitz_thompson(ones, probabilities), float
    )


@dataclass(frozen=True)
class Strata:
    """Design of a rate, one entry per stratum with at least one visit.

    Attributes
    ----------
    population, visited
        N_h and n_h, whole numbers, 1 <= n_h <= N_h.
    cell
        Number of the cell (grade and rest status) that a stratum belongs to: strata of one visit
        have no variance of their own, so those of a cell share one.
    weight
        What a stratum counts for: N_h for the population's rate, the visits that other ratios
        would make for their expected findings. Need not sum to one.
    """

    population: NDArray[np.int64]
    visited: NDArray[np.int64]
    cell: NDArray[np.int64]
    weight: Floats

    @property
    def share(self) -> Floats:
        """Weights that sum to one."""
        return np.asarray(self.weight / self.weight.sum(), float)


@dataclass(frozen=True)
class Rate:
    """A rate with its limits; `effective` is the effective number of visits behind it."""

    value: Floats
    low: Floats
    high: Floats
    effective: Floats


def estimate_rate(found: Any, strata: Strata, *, level: float = LEVEL) -> Rate:
    """Weighted rate of the population of `strata`, with limits.

    `found` has whole numbers, shape (..., strata).

    Korn and Graubard: a Clopper-Pearson interval on the effective numbers that would give the
    same variance in a simple draw. The variance takes each cell's rate with half a problem and
    half a clean visit added, because a cell in which nothing was found yet is not a cell without
    problems; without it the interval misses far more often than it says.
    """
    counts = np.asarray(found, float)
    drawn = strata.visited / strata.population
    rates, share = counts / strata.visited, strata.share
    seen, unseen = (share * drawn * rates).sum(axis=-1), share * (1 - drawn)
    size = float(unseen.sum())
    if size < np.finfo(float).eps * len(share):
        return Rate(seen, seen, seen, np.full_like(seen, np.inf))
    part = unseen / size
    rest = np.clip((part * rates).sum(axis=-1), 0.0, 1.0)
    effective = _effective_visits(counts, strata, part=part, level=level)
    low, high = clopper_pearson(rest * effective, effective, level=level)
    return Rate(seen + size * rest, seen + size * low, seen + size * high, effective)


def _effective_visits(counts: Floats, strata: Strata, *, part: Floats, level: float) -> Floats:
    """Visits of a simple draw that would tell the rate of the unvisited as exactly."""
    pooled = _smoothed_rates(counts, strata)
    left = np.maximum(strata.population - strata.visited, 1)
    spread = part**2 * strata.population / (strata.visited * left)
    variance = (spread * pooled * (1 - pooled)).sum(axis=-1)
    typical = (part * pooled).sum(axis=-1)
    effective = typical * (1 - typical) / np.maximum(variance, _NONE)
    visits, cells = int(strata.visited.sum()), len(np.unique(strata.cell))
    tail = (1 + level) / 2
    few = student.ppf(tail, max(visits - 1, 1)) / student.ppf(tail, max(visits - cells, 1))
    return np.asarray(effective * few**2, float)


def _smoothed_rates(counts: Floats, strata: Strata) -> Floats:
    _, cell = np.unique(strata.cell, return_inverse=True)
    member = np.eye(cell.max() + 1)[cell]
    found, visited = counts @ member, strata.visited @ member
    return np.asarray(((found + 0.5) / (visited + 1))[..., cell], float)


def expected_per_visit(found: Any, visited: Any) -> Floats:
    """Hit rate of the visits made: found per visit over all strata (last axis)."""
    return np.asarray(np.asarray(found).sum(axis=-1) / np.asarray(visited).sum(axis=-1), float)
