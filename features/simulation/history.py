"""Run the process over the simulated years and keep what happened."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from features.simulation.arrays import Array, Columns, stream
from features.simulation.equipment import first_unit_state
from features.simulation.parameters import PROCESS
from features.simulation.process import Month, step
from features.simulation.state import State, World, first_state
from features.simulation.timeline import Timeline
from features.simulation.visits import NO_VISIT

NEVER = 1 << 20
"""A month that never comes."""
OF_VISIT, OF_TEST, OF_CASE = 1, 2, 3
"""Where a penalty comes from."""
_UNRECORDED_MONTHS = 24
_REVOKED_SHARE = 0.6
_REVOKED_AFTER_MONTHS = 26


@dataclass(frozen=True)
class History:
    """What happened. Event tables have one row an event: month, enterprise (or unit), and more.

    `laxness` has shape (months, enterprises). `snapshots` holds the state at the
    end of some months, from which the true risk is computed.
    """

    laxness: Array
    complaints: Columns
    visits: Columns
    penalties: Columns
    tests: Columns
    unit_inspections: Columns
    ended: Array  # month of deregistration, NEVER if none
    abandoned: Array  # month it silently closed, NEVER if it did not
    revoked: Array  # month its business licence is revoked, NEVER if it is not
    snapshots: dict[int, State]


@dataclass
class _Ends:
    """Who has left, drawn month by month."""

    ended: Array
    abandoned: Array

    def present(self, established: Array, *, eve: np.datetime64, month: int) -> Array:
        """Enterprises that exist and do business through the whole of `month`."""
        return (established <= eve) & (self.ended > month) & (self.abandoned > month)

    def draw(self, laxness: Array, *, present: Array, month: int, rng: np.random.Generator) -> None:
        """Who leaves in the next month: the badly run more often."""
        chance = rng.random(len(laxness), dtype=np.float32)
        leaving = PROCESS.deregistration_a_month * np.exp(PROCESS.leaving_by_laxness * laxness)
        closing = PROCESS.abandonment_a_month * np.exp(PROCESS.closing_by_laxness * laxness)
        self.ended[present & (chance < leaving)] = month + 1
        self.abandoned[present & (chance > 1 - closing)] = month + 1


def run_process(
    world: World,
    timeline: Timeline,
    *,
    seed: int,
    keep_months: set[int],
    progress: Callable[[int], None],
) -> History:
    """Simulate every month. `keep_months` are the months whose end state is kept."""
    rng, fates = stream(seed, "process"), stream(seed, "ends")
    size = world.people.size
    state = _warmed_up(world, timeline.bounds[0], rng=rng)
    ends = _Ends(ended=np.full(size, NEVER), abandoned=np.full(size, NEVER))
    laxness = np.zeros((timeline.months, size), dtype=np.float32)
    events = _Events()
    snapshots: dict[int, State] = {}
    for month in range(timeline.months):
        _change_owners(world, state, month=month)
        present = ends.present(world.people.established, eve=timeline.bounds[month], month=month)
        happened = step(
            world,
            state,
            day=timeline.bounds[month + 1],
            calendar_month=timeline.calendar_month(month),
            present=present,
            rng=rng,
        )
        laxness[month] = happened.laxness
        events.keep(month, happened, unit_present=present[world.units.holder])
        ends.draw(happened.laxness, present=present, month=month, rng=fates)
        if month in keep_months:
            snapshots[month] = state.frozen()
        progress(month + 1)
    return History(
        laxness=laxness,
        complaints=events.table("complaints", ("month", "enterprise", "verified")),
        visits=events.table("visits", ("month", "enterprise", "kind", "found")),
        penalties=events.table("penalties", ("month", "enterprise", "origin")),
        tests=events.table("tests", ("month", "enterprise", "failed")),
        unit_inspections=events.table("units", ("month", "unit", "passed", "due")),
        ended=ends.ended,
        abandoned=ends.abandoned,
        revoked=_revocations(ends.abandoned, fates),
        snapshots=snapshots,
    )


def _warmed_up(world: World, day: np.datetime64, *, rng: np.random.Generator) -> State:
    """The state as the first month begins, after some months that nobody recorded."""
    state = first_state(world, rng)
    units = state.units
    for month in range(_UNRECORDED_MONTHS):
        state.units = first_unit_state(world.units)
        step(
            world,
            state,
            day=day,
            calendar_month=month % 12 + 1,
            present=world.people.established <= day,
            rng=rng,
        )
    state.units = units
    return state


def _revocations(abandoned: Array, rng: np.random.Generator) -> Array:
    """Abandoned enterprises lose their business licence after two missed annual reports."""
    month = abandoned + _REVOKED_AFTER_MONTHS + rng.integers(0, 10, len(abandoned))
    happens = (rng.random(len(abandoned)) < _REVOKED_SHARE) & (abandoned < NEVER)
    return np.where(happens, month, NEVER)


class _Events:
    """Collects the events of each month as positions."""

    def __init__(self) -> None:
        self._rows: dict[str, list[Array]] = {}

    def keep(self, month: int, happened: Month, *, unit_present: Array) -> None:
        """Add one month; events of units count only while their holder does business."""
        visits = happened.visits
        complaints = happened.complaints
        self._add("complaints", month, complaints.received, complaints.verified)
        self._add("visits", month, visits.kind != NO_VISIT, visits.kind, visits.found)
        penalties = happened.penalties
        origins = np.select(
            [penalties.of_visit, penalties.of_test, penalties.of_case],
            [OF_VISIT, OF_TEST, OF_CASE],
            default=0,
        )
        self._add("penalties", month, origins > 0, origins)
        self._add("tests", month, happened.tests.taken, happened.tests.failed)
        self._add("units", month, happened.units.inspected & unit_present, *_outcome(happened))

    def table(self, name: str, columns: tuple[str, ...]) -> Columns:
        """All months of one kind of event."""
        rows = np.concatenate(self._rows[name], axis=1)
        return dict(zip(columns, rows, strict=True))

    def _add(self, name: str, month: int, where: Array, *values: Array) -> None:
        rows = np.nonzero(where)[0]
        block = [np.full(len(rows), month), rows, *(value[rows].astype(int) for value in values)]
        self._rows.setdefault(name, []).append(np.array(block, dtype=np.int64))


def _outcome(happened: Month) -> tuple[Array, Array]:
    """Of units: whether they passed, and the day number they fall due next."""
    return happened.units.passed, happened.units.due


def _change_owners(world: World, state: State, *, month: int) -> None:
    """A new legal representative brings a way of running the enterprise along."""
    months, enterprises, persons = world.people.owner_changes
    now = months == month
    if now.any():
        state.owner_effect = state.owner_effect.copy()
        state.owner_effect[enterprises[now]] = world.people.person_effect[persons[now]]
