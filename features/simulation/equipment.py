"""Special-equipment units: who uses them, and their statutory inspections month by month."""

from dataclasses import dataclass, field

import numpy as np

from features.simulation.arrays import DAY, Array, sigmoid, stream
from features.simulation.industries import INDUSTRIES
from features.simulation.parameters import EQUIPMENT
from features.simulation.population import Population
from features.simulation.statute import Statute
from features.simulation.timeline import Timeline

PUBLIC_PLACES = ("school", "kindergarten", "hospital", "station", "mall", "stadium", "park")
"""Of 特种设备安全法 art. 57, those that the simulated trades use."""
_YEAR_DAYS = 365.25
_AHEAD_DAYS = 31


@dataclass(frozen=True)
class Units:
    """One row a unit, grouped by holder."""

    holder: Array  # enterprise position, ascending
    category: Array
    place: Array
    commissioned: Array  # day number
    first_inspected: Array  # day number of the last inspection before the simulation
    firm: Array  # maintenance firm number
    firm_effect: Array  # one row a firm
    statute: Statute
    holders: Array = field(init=False)  # enterprises with units
    starts: Array = field(init=False)  # where each holder's units begin
    count: Array = field(init=False)  # units a holder has

    def __post_init__(self) -> None:
        holders, starts, count = np.unique(self.holder, return_index=True, return_counts=True)
        object.__setattr__(self, "holders", holders)
        object.__setattr__(self, "starts", starts)
        object.__setattr__(self, "count", count)

    def first_due(self) -> Array:
        """Day number of the first inspection that falls due."""
        return np.asarray(
            self.first_inspected + self.statute.inspection_days[0][self._category_places()]
        )

    def _category_places(self) -> Array:
        return np.searchsorted(np.array(self.statute.categories), self.category)

    def due_after(self, day_number: int, *, counted_from: Array) -> Array:
        """Day number on which a unit inspected on `day_number` falls due again.

        The interval counts from `counted_from`: an inspection ahead of its day does not move the
        days after it. Elevators follow their years of use once the law gives them such years.
        """
        row = self.statute.row(day_number)
        due = counted_from + self.statute.inspection_days[row][self._category_places()]
        years = self.statute.elevator_years[row]
        if years is None:
            return np.asarray(np.floor(due))
        used = (day_number - self.commissioned) / _YEAR_DAYS
        place = np.searchsorted(years, used + 0.5)
        scheduled = np.append(years, 0)[np.minimum(place, len(years))]
        following = np.where(place < len(years), scheduled, np.ceil(used + 0.5))
        return np.where(
            self.category == "3000", np.floor(self.commissioned + following * _YEAR_DAYS), due
        )

    def per_holder(self, values: Array) -> Array:
        """Sum over each holder's units, along the last axis."""
        if not len(self.holders):
            return np.zeros((*values.shape[:-1], 0))
        return np.asarray(np.add.reduceat(values, self.starts, axis=-1))


def build_units(people: Population, timeline: Timeline, *, statute: Statute, seed: int) -> Units:
    """Draw the city's units and the day each was last inspected before the first month."""
    rng = stream(seed, "equipment")
    chance = np.array([entry.holders for entry in INDUSTRIES])[people.industry]
    has = (rng.random(people.size) < chance) & (people.entity_type != "individual_business")
    mean = np.array([entry.units for entry in INDUSTRIES])[people.industry]
    count = np.where(has, 1 + rng.negative_binomial(1.2, 1.2 / (1.2 + mean - 0.9), people.size), 0)
    holder = np.repeat(np.arange(people.size), count)
    category = _categories(people.industry[holder], rng)
    commissioned = _commissioned(people.established[holder], timeline, rng=rng)
    start = int(timeline.bounds[0].astype(int))
    interval = statute.inspection_days[0][np.searchsorted(statute.categories, category)]
    since = rng.random(len(holder)) * interval
    firms = max(people.size // 300, 3)
    return Units(
        holder=holder,
        category=category,
        place=np.array([entry.place for entry in INDUSTRIES])[people.industry[holder]],
        commissioned=commissioned,
        first_inspected=np.maximum(commissioned, np.floor(start - since)),
        firm=rng.integers(0, firms, people.size)[holder],
        firm_effect=rng.normal(0, EQUIPMENT.firm_sd, firms),
        statute=statute,
    )


def _categories(industry: Array, rng: np.random.Generator) -> Array:
    """Category codes; each trade uses its own kinds."""
    kinds = [entry.equipment or ("3000",) for entry in INDUSTRIES]
    widest = max(len(kind) for kind in kinds)
    table = np.array([[kind[place % len(kind)] for place in range(widest)] for kind in kinds])
    counts = np.array([len(kind) for kind in kinds])[industry]
    return np.asarray(table[industry, np.floor(rng.random(len(industry)) * counts).astype(int)])


def _commissioned(established: Array, timeline: Timeline, *, rng: np.random.Generator) -> Array:
    """Day numbers; a third of the units are older than the enterprise that uses them now."""
    end = timeline.end.astype(int)
    start = np.maximum(established.astype(int), timeline.bounds[0].astype(int) - 12 * 365)
    own = start + rng.random(len(start)) ** 2 * np.maximum(end - start - 30, 1)
    inherited = established.astype(int) - rng.random(len(start)) * 10 * 365
    return np.floor(np.where(rng.random(len(start)) < 1 / 3, inherited, own))


@dataclass
class UnitState:
    """Shape (..., units). `due` is the day number of the next statutory inspection."""

    due: Array
    failed: Array

    def copied(self, replicas: int) -> "UnitState":
        """The same state `replicas` times over, to go on independently."""
        shape = (replicas, *self.due.shape)
        return UnitState(
            due=np.broadcast_to(self.due, shape).copy(),
            failed=np.broadcast_to(self.failed, shape).copy(),
        )


def first_unit_state(units: Units) -> UnitState:
    """As the simulation begins: everybody inspected in time, nothing failed."""
    return UnitState(due=units.first_due(), failed=np.zeros(len(units.holder), dtype=bool))


@dataclass(frozen=True)
class UnitMonth:
    """What happened to the units in one month; shape (..., units)."""

    inspected: Array
    passed: Array
    due: Array  # day number of the next inspection, after this month


def step_units(
    units: Units,
    state: UnitState,
    *,
    laxness: Array,
    month_end: int,
    rng: np.random.Generator,
) -> UnitMonth:
    """One month of statutory inspections; changes `state`.

    Most units are inspected in the month before they fall due, an overdue one less readily, both
    less by badly run holders. A failed unit stays failed until it is repaired and passes.
    """
    lax = laxness[..., units.holder]
    exists = units.commissioned <= month_end
    due = exists & ~state.failed & (state.due <= month_end + _AHEAD_DAYS)
    late = state.due <= month_end
    willing = np.where(late, EQUIPMENT.when_overdue, EQUIPMENT.on_time)
    chance = sigmoid(willing + EQUIPMENT.by_laxness * lax)
    again = state.failed & (rng.random(due.shape, dtype=np.float32) < EQUIPMENT.repaired)
    inspected = again | (due & (rng.random(due.shape, dtype=np.float32) < chance))
    age = np.maximum(month_end - units.commissioned, 0) / _YEAR_DAYS
    failing = sigmoid(
        EQUIPMENT.failure
        + EQUIPMENT.failure_per_year_of_age * age
        + EQUIPMENT.failure_by_laxness * lax
        + units.firm_effect[units.firm]
    )
    passed = inspected & (again | (rng.random(due.shape, dtype=np.float32) >= failing))
    counted_from = np.maximum(state.due, month_end)
    state.due = np.where(passed, units.due_after(month_end, counted_from=counted_from), state.due)
    state.failed = (state.failed | inspected) & ~passed
    return UnitMonth(inspected=inspected, passed=passed, due=state.due)


def equipment_log_odds(units: Units, state: UnitState, *, month_end: int, size: int) -> Array:
    """The special-equipment piece of the log-odds; shape (..., enterprises), zero without units."""
    exists = units.commissioned <= month_end
    overdue = (exists & ~state.failed & (state.due <= month_end)).astype(float)
    in_use = np.broadcast_to(exists.astype(float), overdue.shape)
    number = units.per_holder(in_use)
    share = units.per_holder(overdue) / np.maximum(number, 1)
    age = units.per_holder(in_use * (month_end - units.commissioned) / _YEAR_DAYS)
    failed = units.per_holder(state.failed.astype(float)) > 0
    public = np.isin(units.place[units.starts], PUBLIC_PLACES)
    firm = units.firm_effect[units.firm[units.starts]]
    piece = (
        EQUIPMENT.per_log_units * np.log1p(number)
        + EQUIPMENT.per_year_of_age * (age / np.maximum(number, 1) - 6)
        + EQUIPMENT.public_place * public
        + EQUIPMENT.any_overdue * (share > 0)
        + EQUIPMENT.overdue_share * share
        + EQUIPMENT.overdue_in_public_place * ((share > 0) & public)
        + EQUIPMENT.any_failed * failed
        + EQUIPMENT.firm_on_risk * firm
    )
    result = np.zeros((*overdue.shape[:-1], size))
    result[..., units.holders] = np.where(number > 0, piece, 0.0)
    return result


def as_days(numbers: Array) -> Array:
    """Day numbers as days."""
    return np.asarray(numbers).astype(np.int64).astype(DAY)
