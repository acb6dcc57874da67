"""Rates of the whole population: vectors from outside, logic, and coverage on simulated worlds."""

import numpy as np
import pytest

from benchmarks.estimate_coverage import make_world, measure
from scoring.double_random.estimates.intervals import clopper_pearson
from scoring.double_random.estimates.lift import estimate_lift
from scoring.double_random.estimates.rates import (
    Strata,
    estimate_rate,
    hajek_mean,
    horvitz_thompson,
)

Y, P = (5, 7, 9, 1, 3), (0.2, 0.4, 0.5, 0.1, 0.8)


def strata(population: list[int], visited: list[int], cell: list[int] | None = None) -> Strata:
    return Strata(
        np.array(population),
        np.array(visited),
        np.array(cell or range(len(population))),
        np.array(population, dtype=float),
    )


def test_horvitz_thompson_and_hajek_give_the_published_vectors() -> None:
    assert float(horvitz_thompson(Y, P)) == pytest.approx(74.25)
    assert float(hajek_mean(Y, P)) == pytest.approx(3.578313253, abs=1e-9)


def test_the_rate_weighs_each_stratum_by_its_enterprises() -> None:
    rate = estimate_rate(np.array([1, 8]), strata([900, 100], [9, 80]))
    assert float(rate.value) == pytest.approx((900 / 9 + 8 * 100 / 80) / 1000)
    assert float(rate.value) == pytest.approx(
        float(horvitz_thompson([1, 8], [9 / 900, 80 / 100])) / 1000
    )


def test_one_stratum_has_the_clopper_pearson_interval_where_few_are_drawn() -> None:
    rate = estimate_rate(np.array([6]), strata([10**9], [50]))
    low, high = clopper_pearson(6, 50)
    assert (float(rate.low), float(rate.high)) == pytest.approx((float(low), float(high)), rel=1e-5)
    assert float(rate.effective) == pytest.approx(50, rel=1e-5)


def test_whoever_was_visited_is_no_longer_uncertain() -> None:
    whole = estimate_rate(np.array([3, 2]), strata([10, 20], [10, 20]))
    assert float(whole.low) == float(whole.value) == float(whole.high) == pytest.approx(5 / 30)
    partly = estimate_rate(np.array([3, 0]), strata([10, 20], [10, 2]))
    assert float(partly.low) == pytest.approx(3 / 30)
    assert float(partly.high) < (30 - 7 - 2) / 30


def test_nothing_found_is_not_nothing_there() -> None:
    rate = estimate_rate(np.array([0, 0]), strata([500, 40], [6, 32]))
    assert float(rate.value) == float(rate.low) == 0
    assert float(rate.high) > 0.2


def test_lift_is_one_where_everybody_has_the_same_chance() -> None:
    even = strata([100, 100], [20, 20])
    lift = estimate_lift(np.array([2, 10]), even, chance=np.random.default_rng(0))
    assert float(lift.value) == pytest.approx(1)
    nothing = estimate_lift(np.array([0, 0]), even, chance=np.random.default_rng(0))
    assert np.isnan(nothing.value)
    assert float(nothing.high) == np.inf


def test_lift_gives_the_same_limits_for_the_same_seed() -> None:
    some = strata([900, 100], [30, 60])
    found = np.array([1, 25])
    first, again = (estimate_lift(found, some, chance=np.random.default_rng(3)) for _ in range(2))
    assert (first.low, first.high) == (again.low, again.high)
    assert float(first.low) < float(first.value) < float(first.high)


@pytest.mark.parametrize(("enterprises", "rarity"), [(800, 1.0), (5_000, 1.0), (5_000, 0.2)])
def test_intervals_hold_the_truth_and_the_normal_one_does_not(
    enterprises: int, rarity: float
) -> None:
    measured = measure(enterprises, worlds=12, draws=150, lifts=4, seed=7, rarity=rarity)
    assert measured["rate"].mean() >= 0.94
    assert measured["grade"].mean() >= 0.94
    assert measured["lift"].mean() >= 0.9
    assert measured["normal"].mean() < 0.9


def test_estimates_are_right_on_average() -> None:
    chance = np.random.default_rng(5)
    world = make_world(3_000, chance)
    values = estimate_rate(world.draws(4_000, chance), world.strata).value
    error = values.std() / np.sqrt(len(values))
    assert abs(values.mean() - world.rate) < 4 * error
