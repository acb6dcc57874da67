"""Exact intervals against scipy and against brute force."""

import numpy as np
import pytest
from scipy.stats import binomtest, hypergeom

from scoring.double_random.estimates.by_grade import estimate_grade
from scoring.double_random.estimates.intervals import clopper_pearson, hypergeometric_interval
from scoring.double_random.estimates.rates import Strata


@pytest.mark.parametrize("visited", [1, 7, 60])
def test_clopper_pearson_is_that_of_scipy(visited: int) -> None:
    for found in range(visited + 1):
        low, high = clopper_pearson(found, visited)
        exact = binomtest(found, visited).proportion_ci(0.95, method="exact")
        assert (float(low), float(high)) == pytest.approx((exact.low, exact.high), abs=1e-9)


def test_without_visits_everything_is_possible() -> None:
    low, high = clopper_pearson([0, 0], [0, 3])
    assert (low[0], high[0]) == (0.0, 1.0)
    assert high[1] < 1


@pytest.mark.parametrize("population", [1, 2, 6, 13])
def test_hypergeometric_limits_are_those_of_trying_every_number(population: int) -> None:
    for visited in range(1, population + 1):
        for found in range(visited + 1):
            kept = [
                total
                for total in range(found, population - visited + found + 1)
                if hypergeom.sf(found - 1, population, total, visited) > 0.025
                and hypergeom.cdf(found, population, total, visited) > 0.025
            ]
            low, high = hypergeometric_interval(found, visited, population=population)
            assert (int(low), int(high)) == (min(kept), max(kept))


def test_hypergeometric_limits_at_the_edge_of_a_large_population() -> None:
    low, high = hypergeometric_interval(100, 3000, population=325_000)
    assert hypergeom.sf(99, 325_000, int(low), 3000) > 0.025
    assert hypergeom.sf(99, 325_000, int(low) - 1, 3000) <= 0.025
    assert hypergeom.cdf(100, 325_000, int(high), 3000) > 0.025
    assert hypergeom.cdf(100, 325_000, int(high) + 1, 3000) <= 0.025


def test_a_grade_of_one_stratum_has_the_exact_interval() -> None:
    one = Strata(np.array([400]), np.array([37]), np.array([0]), np.array([400.0]))
    rate = estimate_grade(np.array([5]), one)
    low, high = hypergeometric_interval(5, 37, population=400)
    assert float(rate.value) == pytest.approx(5 / 37)
    assert (float(rate.low) * 400, float(rate.high) * 400) == pytest.approx((int(low), int(high)))
    whole = estimate_grade(
        np.array([37]), Strata(np.array([400]), np.array([400]), np.array([0]), np.array([400.0]))
    )
    assert float(whole.low) == float(whole.high) == 37 / 400
