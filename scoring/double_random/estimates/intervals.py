"""Exact intervals, two-sided; none of them assumes that an estimate is normally distributed.

All functions work element by element on arrays of any shape.

References
----------
Clopper, C. J. and Pearson, E. S. (1934), Biometrika 26, 404-413.
Korn, E. L. and Graubard, B. I. (1998), Survey Methodology 24, 193-201.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln
from scipy.stats import beta

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
LEVEL = 0.95
_TINY = 1e-12


def clopper_pearson(found: Any, visited: Any, *, level: float = LEVEL) -> tuple[Floats, Floats]:
    """Limits of a rate with `found` of `visited`; whole numbers or effective ones.

    Without visits the limits are 0 and 1.
    """
    x, n = np.broadcast_arrays(np.asarray(found, float), np.asarray(visited, float))
    tail, rest = (1 - level) / 2, n - x
    low = np.where(x > _TINY, beta.ppf(tail, np.maximum(x, _TINY), rest + 1), 0.0)
    high = np.where(rest > _TINY, beta.ppf(1 - tail, x + 1, np.maximum(rest, _TINY)), 1.0)
    return np.asarray(low, float), np.asarray(high, float)


def hypergeometric_interval(
    found: Any, visited: Any, *, population: Any, level: float = LEVEL
) -> tuple[Ints, Ints]:
    """Limits of how many in the `population` have a problem, when `found` of `visited` had one.

    The smallest and the largest number that a two-sided exact test at 1 - `level` does not reject
    (each tail half of it), `visited` being drawn without replacement.
    """
    x, n, size = np.broadcast_arrays(
        *(np.asarray(part, dtype=np.int64) for part in (found, visited, population))
    )
    # Equal counts have equal limits: worlds and cells repeat them often.
    cases, place = np.unique(
        np.stack([x, n, size], axis=-1).reshape(-1, 3), axis=0, return_inverse=True
    )
    low = _least(*cases.T, tail=(1 - level) / 2)
    # The largest number not rejected is what is left beside the least number without a problem.
    problems, drawn, whole = cases.T
    high = whole - _least(drawn - problems, drawn, whole, tail=(1 - level) / 2)
    return low[place].reshape(x.shape), high[place].reshape(x.shape)


def _least(found: Ints, visited: Ints, population: Ints, *, tail: float) -> Ints:
    """The smallest number in the population that `found` or more of `visited` do not reject."""
    return _first(
        lambda total: _upper_tail(found, visited, population, total) > tail,
        found,
        population - visited + found,
    )


def _upper_tail(found: Ints, visited: Ints, population: Ints, total: Ints) -> Floats:
    """Chance of `found` or more among `visited`, with `total` in the population.

    Summed outwards from `found`, away from the mean, until twelve standard deviations on.
    """
    share = total / population
    mean = visited * share
    above = found > mean
    spread = np.sqrt(visited * share * (1 - share))
    width = int(12 * spread.max(initial=0)) + 60
    step = np.where(above, 1, -1)[:, None] * np.arange(width)
    outcome = np.where(above, found, found - 1)[:, None] + step
    terms = _log_chance(outcome, visited[:, None], population[:, None], total[:, None])
    one_side = np.exp(terms).sum(axis=1)
    return np.asarray(np.where(above, one_side, 1 - one_side), float)


def _log_chance(outcome: Ints, visited: Ints, population: Ints, total: Ints) -> Floats:
    possible = (
        (outcome >= 0)
        & (outcome <= np.minimum(visited, total))
        & (visited - outcome <= population - total)
    )
    k = np.where(possible, outcome, np.maximum(0, visited - population + total))
    log = (
        _log_choose(total, k)
        + _log_choose(population - total, visited - k)
        - _log_choose(population, visited)
    )
    return np.where(possible, log, -np.inf)


def _log_choose(of: Ints, chosen: Ints) -> Floats:
    return np.asarray(gammaln(of + 1) - gammaln(chosen + 1) - gammaln(of - chosen + 1), float)


def _first(accepted: Any, low: Ints, high: Ints) -> Ints:
    """Smallest total from `low` to `high` that is accepted; acceptance never ends once begun."""
    low, high = low.astype(np.int64).copy(), high.astype(np.int64).copy()
    while (low < high).any():
        middle = (low + high) // 2
        is_accepted = accepted(middle)
        high = np.where(is_accepted, middle, high)
        low = np.where(is_accepted, low, np.minimum(middle + 1, high))
    return low
