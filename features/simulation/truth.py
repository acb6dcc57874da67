"""The true risk: what only the simulation knows.

For an enterprise and an as-of day: the probability that a check of the drawn kind, begun in a month
chosen evenly from the next twelve, finds a serious problem, given the state of the city on that
day. It is an expectation over futures of the process that are simulated anew from that state; the
months that the city then really went through play no part.
"""

from datetime import date

import numpy as np
import pyarrow as pa

from features.indicators.windows import months_before
from features.simulation.arrays import Array, logit, stream
from features.simulation.history import History
from features.simulation.parameters import DETECTION
from features.simulation.process import step
from features.simulation.state import State, World, log_odds_of
from features.simulation.timeline import Timeline

HORIZON_MONTHS = 12
FUTURES = 8
AS_OF_MONTHS_BACK = (0, 12, 24, 36)


def true_risk(world: World, history: History, *, timeline: Timeline, seed: int) -> pa.Table:
    """One row per enterprise in business and as-of day; sorted by as-of day, then enterprise.

    Columns: ``true_probability``; the pieces of today's log-odds (``general_log_odds``,
    ``laxness``, ``food_log_odds``, ``special_equipment_log_odds``, which add up to ``log_odds``);
    and what laxness is made of (``quality``, ``legal_representative``, ``drift``, ``heat``,
    ``correction``).
    """
    tables = [
        _risk_on(world, history, day=timeline.bounds[month + 1], month=month, seed=seed)
        for month in sorted(history.snapshots)
    ]
    return pa.concat_tables(tables)


def kept_months(timeline: Timeline) -> set[int]:
    """The months at whose end the true risk is told."""
    months = {timeline.months - 1 - back for back in AS_OF_MONTHS_BACK}
    return {month for month in months if month >= 0}


def _risk_on(
    world: World, history: History, *, day: np.datetime64, month: int, seed: int
) -> pa.Table:
    state = history.snapshots[month]
    established = world.people.established <= day
    alive = established & (history.ended > month + 1) & (history.abandoned > month + 1)
    chance = expected_finding(world, state, start=day.astype(date), present=alive, seed=seed)
    pieces = log_odds_of(world, state, day=day)
    rows = np.flatnonzero(alive)
    rows = rows[np.argsort(world.people.enterprise_id[rows])]
    columns = {
        "enterprise_id": world.people.enterprise_id,
        "as_of": np.full(world.people.size, day),
        "true_probability": chance,
        "true_log_odds": logit(chance),
        "log_odds": sum(pieces.values(), np.zeros(world.people.size)),
        "general_log_odds": pieces["general"],
        "laxness": pieces["laxness"],
        "food_log_odds": pieces["food"],
        "special_equipment_log_odds": pieces["special_equipment"],
        "quality": world.people.quality,
        "legal_representative": state.owner_effect,
        "drift": state.drift,
        "heat": state.heat,
        "correction": state.correction,
    }
    return pa.table({name: pa.array(values[rows]) for name, values in columns.items()})


def expected_finding(
    world: World,
    state: State,
    *,
    start: date,
    present: Array,
    seed: int,
    futures: int = FUTURES,
) -> Array:
    """Probability, per enterprise, that a check in the twelve months after `start` finds a problem.

    Mean over `futures` simulated futures and twelve months. In each future the chance that a
    problem is open is carried as a probability along the path of everything else, which leaves far
    less noise than counting open problems would.
    """
    rng = stream(seed, f"truth {start.isoformat()}")
    replicas = state.copied(futures)
    total = np.zeros(world.people.size)
    for ahead in range(1, HORIZON_MONTHS + 1):
        end = months_before(start, -ahead)
        month = step(
            world,
            replicas,
            day=np.datetime64(end, "D"),
            calendar_month=end.month,
            present=present,
            rng=rng,
        )
        total += month.open_chance.mean(axis=0)
    return np.asarray(DETECTION["double_random"] * total / HORIZON_MONTHS)
