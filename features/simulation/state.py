"""The world, which stays, and the state, which months change."""

from dataclasses import dataclass

import numpy as np

from features.simulation.arrays import Array, sigmoid
from features.simulation.effects import Effects, age_effect, food_log_odds, years_since
from features.simulation.equipment import Units, UnitState, equipment_log_odds, first_unit_state
from features.simulation.parameters import PROCESS
from features.simulation.population import Population
from features.simulation.visits import Rates


@dataclass(frozen=True)
class World:
    """What does not change while months go by."""

    people: Population
    effects: Effects
    units: Units
    rates: Rates


@dataclass
class State:
    """The state of the city at a month's end; arrays of shape (..., enterprises)."""

    drift: Array
    heat: Array
    correction: Array
    open_problem: Array  # a serious problem exists today
    open_chance: Array  # probability of that, given the path of everything but the problem itself
    known_trouble: Array  # what an officer remembers of an enterprise
    revisit: Array  # a follow-up visit is owed
    owner_effect: Array  # (enterprises,)
    units: UnitState

    def copied(self, replicas: int) -> "State":
        """The same state `replicas` times over, to go on independently of it and each other."""

        def spread(values: Array) -> Array:
            return np.broadcast_to(values, (replicas, *values.shape)).copy()

        return State(
            drift=spread(self.drift),
            heat=spread(self.heat),
            correction=spread(self.correction),
            open_problem=spread(self.open_problem),
            open_chance=spread(self.open_problem.astype(float)),
            known_trouble=spread(self.known_trouble),
            revisit=spread(self.revisit),
            owner_effect=self.owner_effect.copy(),
            units=self.units.copied(replicas),
        )

    def frozen(self) -> "State":
        """A copy that later months cannot change."""
        return State(
            drift=self.drift.copy(),
            heat=self.heat.copy(),
            correction=self.correction.copy(),
            open_problem=self.open_problem.copy(),
            open_chance=self.open_chance.copy(),
            known_trouble=self.known_trouble.copy(),
            revisit=self.revisit.copy(),
            owner_effect=self.owner_effect.copy(),
            units=UnitState(due=self.units.due.copy(), failed=self.units.failed.copy()),
        )


def first_state(world: World, rng: np.random.Generator) -> State:
    """A state without after-effects, before anything happened."""
    people = world.people
    size = people.size
    state = State(
        drift=rng.normal(0, PROCESS.drift_sd, size),
        heat=np.zeros(size),
        correction=np.zeros(size),
        open_problem=np.zeros(size, dtype=bool),
        open_chance=np.zeros(size),
        known_trouble=np.zeros(size),
        revisit=np.zeros(size, dtype=bool),
        owner_effect=people.person_effect[people.owner],
        units=first_unit_state(world.units),
    )
    chance = sigmoid(world.effects.general + world.effects.food + laxness_of(world, state))
    state.open_problem = rng.random(size) < chance
    return state


def laxness_of(world: World, state: State) -> Array:
    """How badly an enterprise is run now: what all its records have in common."""
    return np.asarray(
        world.people.quality + state.owner_effect + state.drift + state.heat - state.correction
    )


def log_odds_of(world: World, state: State, *, day: np.datetime64) -> dict[str, Array]:
    """The pieces of the log-odds of a serious problem on `day`; they add up."""
    years = years_since(world.people.established, day)
    laxness = laxness_of(world, state)
    return {
        "general": world.effects.general + age_effect(years),
        "laxness": laxness,
        "food": food_log_odds(world.effects, years=years, laxness=laxness),
        "special_equipment": equipment_log_odds(
            world.units, state.units, month_end=int(day.astype(int)), size=world.people.size
        ),
    }
