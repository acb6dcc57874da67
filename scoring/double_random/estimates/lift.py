"""How many times more problems a graded draw finds per visit than visits by equal chances would.

Both figures come from the same draw: since nobody's probability is zero, weighting by inclusion
probability tells what equal chances would have found, without a second campaign.
"""

from typing import Any

import numpy as np

from scoring.double_random.estimates.intervals import LEVEL, Floats
from scoring.double_random.estimates.rates import Rate, Strata

# Draws behind a limit; the limits of a lift are told to two digits.
_DRAWS = 4000


def estimate_lift(
    found: Any, strata: Strata, *, chance: np.random.Generator, level: float = LEVEL
) -> Rate:
    """Hit rate of the draw over the estimated rate of the population, with melded limits.

    `found` has shape (strata,); `effective` is the number of problems found. Without any the lift
    is unknown: NaN within 0 and infinity.

    Limits meld the one-sided exact (Clopper-Pearson) distributions of each cell's rate: for the
    lower limit each cell takes the side that lowers the lift, for the upper limit the other.
    `chance` only draws from these distributions; the same generator gives the same limits.

    References
    ----------
    Fay, M. P., Proschan, M. A. and Brittain, E. (2015), Biometrics 71, 146-156.
    """
    counts = np.asarray(found, float)
    visits, problems = float(strata.visited.sum()), float(counts.sum())
    population = float((strata.share * counts / strata.visited).sum())
    if not problems:
        return _rate(np.nan, 0.0, np.inf, 0.0)
    value = problems / visits / population
    cells = _Cells.of(counts, strata)
    raises = cells.visited_share > value * cells.share
    low = cells.lifts(cells.rates(raises, chance))
    high = cells.lifts(cells.rates(~raises, chance))
    tail = (1 - level) / 2
    return _rate(
        value,
        min(value, float(np.quantile(low, tail))),
        max(value, float(np.quantile(high, 1 - tail))),
        problems,
    )


def _rate(value: float, low: float, high: float, effective: float) -> Rate:
    return Rate(*(np.asarray(part, float) for part in (value, low, high, effective)))


class _Cells:
    """Strata joined by cell (grade and rest status)."""

    def __init__(self, found: Floats, visited: Floats, share: Floats, population: Floats) -> None:
        self.found, self.visited, self.share = found, visited, share
        self.population = population
        self.visited_share = visited / visited.sum()

    @classmethod
    def of(cls, counts: Floats, strata: Strata) -> "_Cells":
        _, cell = np.unique(strata.cell, return_inverse=True)
        parts = (counts, strata.visited, strata.share, strata.population)
        return cls(*(np.bincount(cell, weights=part).astype(float) for part in parts))

    def rates(self, takes_lower: Any, chance: np.random.Generator) -> Floats:
        """Draws of each cell's rate, shape (draws, cells); what was seen is held fixed."""
        fine = self.visited - self.found
        a = np.where(takes_lower, self.found, self.found + 1)
        b = np.where(takes_lower, fine + 1, fine)
        shape = (_DRAWS, len(a))
        drawn = chance.beta(np.maximum(a, 1e-9), np.maximum(b, 1e-9), size=shape)
        rest = np.where(a == 0, 0.0, np.where(b == 0, 1.0, drawn))
        known = self.visited / self.population
        return np.asarray(known * self.found / self.visited + (1 - known) * rest, float)

    def lifts(self, rates: Floats) -> Floats:
        """Lift that each row of cell rates would mean."""
        ours = (self.visited_share * rates).sum(axis=1)
        everybody = (self.share * rates).sum(axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(np.nan_to_num(ours / everybody, nan=0.0, posinf=0.0), float)
