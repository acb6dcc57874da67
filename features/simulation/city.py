"""A city and what it lived through: the one thing that all record writers read."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from features.simulation.arrays import Array
from features.simulation.effects import build_effects
from features.simulation.equipment import build_units
from features.simulation.history import History, run_process
from features.simulation.population import Population, build_population
from features.simulation.state import World
from features.simulation.statute import Statute, read_statute
from features.simulation.timeline import Timeline
from features.simulation.truth import kept_months
from features.simulation.visits import build_rates


@dataclass(frozen=True)
class City:
    """The world, its history, its days and its law."""

    world: World
    history: History
    timeline: Timeline
    statute: Statute
    seed: int

    @property
    def people(self) -> Population:
        """The enterprises."""
        return self.world.people

    @property
    def holders(self) -> Array:
        """Positions of the enterprises that use special equipment."""
        return self.world.units.holders

    def in_business(self, rows: Array, months: Array) -> Array:
        """Whether each enterprise of `rows` exists and does business all through its month."""
        last = np.minimum(self.history.ended, self.history.abandoned)
        begun = self.people.established[rows] <= self.timeline.bounds[months]
        return np.asarray(begun & (months < last[rows]))


def live(
    enterprises: int,
    timeline: Timeline,
    *,
    seed: int,
    progress: Callable[[int], None],
) -> City:
    """Draw a city and let it live; `progress` hears how many months have passed."""
    statute = read_statute(timeline)
    people = build_population(enterprises, timeline, seed=seed)
    effects = build_effects(people, seed=seed)
    world = World(
        people=people,
        effects=effects,
        units=build_units(people, timeline, statute=statute, seed=seed),
        rates=build_rates(people, effects.food_category, seed=seed),
    )
    history = run_process(
        world, timeline, seed=seed, keep_months=kept_months(timeline), progress=progress
    )
    return City(world=world, history=history, timeline=timeline, statute=statute, seed=seed)
