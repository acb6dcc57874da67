"""The latent process: one month at a time, all enterprises (and replicas) at once."""

from dataclasses import dataclass

import numpy as np

from features.simulation.arrays import Array, Dice, sigmoid
from features.simulation.equipment import UnitMonth, step_units
from features.simulation.parameters import PROCESS
from features.simulation.state import State, World, laxness_of, log_odds_of
from features.simulation.visits import Visits, draw_visits


@dataclass(frozen=True)
class Complaints:
    """Of one month; shape (..., enterprises)."""

    received: Array
    verified: Array


@dataclass(frozen=True)
class Tests:
    """Product samplings of one month; shape (..., enterprises)."""

    taken: Array
    failed: Array


@dataclass(frozen=True)
class Penalties:
    """Why a penalty will follow from this month; shape (..., enterprises)."""

    of_visit: Array
    of_test: Array
    of_case: Array  # taken up without a visit

    @property
    def any(self) -> Array:
        """Whether any penalty will follow."""
        return self.of_visit | self.of_test | self.of_case


@dataclass(frozen=True)
class Month:
    """What happened in one month; arrays of shape (..., enterprises)."""

    laxness: Array
    log_odds: Array
    emerged: Array
    open_problem: Array  # before anybody looked
    open_chance: Array
    complaints: Complaints
    visits: Visits
    tests: Tests
    penalties: Penalties
    units: UnitMonth


def step(
    world: World,
    state: State,
    *,
    day: np.datetime64,
    calendar_month: int,
    present: Array,
    rng: np.random.Generator,
) -> Month:
    """One month; changes `state` and tells what happened.

    `day` is the month's last; `present` marks the enterprises that exist and do business.
    """
    dice = Dice(rng, state.drift.shape)
    _let_time_pass(state, dice)
    units = step_units(
        world.units,
        state.units,
        laxness=np.broadcast_to(laxness_of(world, state), state.drift.shape),
        month_end=int(day.astype(int)),
        rng=rng,
    )
    pieces = log_odds_of(world, state, day=day)
    laxness = pieces["laxness"]
    log_odds = sum(pieces.values(), np.zeros(state.drift.shape))
    emerged = _let_problems_come_and_go(state, dice, log_odds=log_odds)
    problem, chance = state.open_problem & present, state.open_chance.copy()
    complaints = _complain(world, dice, laxness=laxness, problem=problem, present=present)
    visits = draw_visits(
        world.rates,
        dice,
        present=present,
        complaint=complaints.received,
        revisit=state.revisit,
        trouble=state.known_trouble,
        problem=problem,
        calendar_month=calendar_month,
    )
    tests = _test(world, dice, laxness=laxness, problem=problem, present=present)
    month = Month(
        laxness=laxness,
        log_odds=log_odds,
        emerged=emerged,
        open_problem=problem,
        open_chance=chance,
        complaints=complaints,
        visits=visits,
        tests=tests,
        penalties=_penalise(dice, visits=visits, tests=tests, problem=problem),
        units=units,
    )
    _react(state, month, cured=dice.below(PROCESS.cure_when_found))
    return month


def _let_time_pass(state: State, dice: Dice) -> None:
    """Drift wanders, the after-effects of problems and penalties fade."""
    memory = PROCESS.drift_memory
    state.drift = memory * state.drift + PROCESS.drift_sd * np.sqrt(1 - memory**2) * dice.normal()
    state.heat = PROCESS.heat_memory * state.heat
    state.correction = PROCESS.correction_memory * state.correction
    state.known_trouble = PROCESS.trouble_memory * state.known_trouble


def _let_problems_come_and_go(state: State, dice: Dice, *, log_odds: Array) -> Array:
    """Serious problems emerge and end by themselves; which emerged."""
    emerging = -np.expm1(-PROCESS.cure * np.exp(log_odds))
    emerged = ~state.open_problem & dice.below(emerging)
    state.open_problem = emerged | (state.open_problem & ~dice.below(PROCESS.cure))
    state.open_chance += (1 - state.open_chance) * emerging - state.open_chance * PROCESS.cure
    return np.asarray(emerged)


def _complain(
    world: World, dice: Dice, *, laxness: Array, problem: Array, present: Array
) -> Complaints:
    rate = world.rates.complaints * np.exp(
        PROCESS.complaint_by_laxness * laxness + PROCESS.complaint_by_problem * problem
    )
    received = present & dice.below(-np.expm1(-rate))
    true = np.where(problem, PROCESS.verified_if_problem, PROCESS.verified_otherwise)
    return Complaints(received=received, verified=received & dice.below(true))


def _test(world: World, dice: Dice, *, laxness: Array, problem: Array, present: Array) -> Tests:
    taken = present & dice.below(world.rates.tests)
    failing = sigmoid(
        world.rates.test_failure
        + PROCESS.test_failure_by_laxness * laxness
        + PROCESS.test_failure_by_problem * problem
    )
    return Tests(taken=taken, failed=taken & dice.below(failing))


def _penalise(dice: Dice, *, visits: Visits, tests: Tests, problem: Array) -> Penalties:
    return Penalties(
        of_visit=visits.found & dice.below(PROCESS.penalty_after_finding),
        of_test=tests.failed & dice.below(PROCESS.penalty_after_failed_test),
        of_case=problem & ~visits.found & dice.below(PROCESS.case_without_inspection),
    )


def _react(state: State, month: Month, *, cured: Array) -> None:
    """What this month's events do to the months to come."""
    found = month.visits.found
    state.heat = np.minimum(
        state.heat
        + PROCESS.heat_by_problem * month.emerged
        + PROCESS.heat_by_complaint * month.complaints.verified
        + PROCESS.heat_by_finding * found
        + PROCESS.heat_by_failed_test * month.tests.failed,
        PROCESS.heat_most,
    )
    state.correction = (
        state.correction
        + PROCESS.correction_by_finding * found
        + PROCESS.correction_by_penalty * month.penalties.any
    )
    state.open_problem &= ~(found & cured)
    state.open_chance *= 1 - month.visits.detection * PROCESS.cure_when_found
    state.revisit = found
    state.known_trouble += month.complaints.received + 1.5 * found + month.tests.failed
