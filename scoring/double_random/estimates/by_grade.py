"""The rate of problems within one grade, with an exact hypergeometric interval."""

from typing import Any

import numpy as np

from scoring.double_random.estimates.intervals import LEVEL, hypergeometric_interval
from scoring.double_random.estimates.rates import Rate, Strata


def estimate_grade(found: Any, strata: Strata, *, level: float = LEVEL) -> Rate:
    """Rate in the `strata` of one grade; `found` has shape (..., strata).

    With one stratum the interval is exact. With several, drawn by somewhat different chances
    (floors of small areas, the tenth of enterprises at rest), it is taken on Kish's effective
    number of visits, all roundings outwards, and never contradicts what was seen.

    References
    ----------
    Kish, L. (1965), Survey Sampling, section 11.7: effective number under unequal weights.
    """
    counts = np.asarray(found, np.int64)
    population, visited = int(strata.population.sum()), int(strata.visited.sum())
    share = strata.share
    value = (share * counts / strata.visited).sum(axis=-1)
    kish = float(1 / (share**2 / strata.visited).sum())
    effective = max(1, int(np.floor(min(kish, visited) + 1e-9)))
    expected = np.clip(value * effective, 0, effective)
    least = np.floor(expected + 1e-9).astype(np.int64)
    most = np.ceil(expected - 1e-9).astype(np.int64)
    low, _ = hypergeometric_interval(least, effective, population=population, level=level)
    _, high = hypergeometric_interval(most, effective, population=population, level=level)
    seen = counts.sum(axis=-1)
    return Rate(
        value,
        np.minimum(np.maximum(low, seen) / population, value),
        np.maximum(np.minimum(high, population - (visited - seen)) / population, value),
        np.full(value.shape, float(effective)),
    )
