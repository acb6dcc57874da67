"""The task at which Triage was measured: 56 aggregates of 100,000 entities on 4 days.

SIMULATED: a million penalties, ten an entity; eight ways of counting them over seven windows.
"""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from benchmarks.population import write_population
from features.archive.files import Archive
from features.engine import AnyEngine
from features.indicators.assembly import make_plan
from features.indicators.common import FOOD
from features.indicators.conditions import lists
from features.indicators.measures import Aggregate, count, highest, lowest, total
from features.indicators.moment import moment
from features.indicators.parts import Output
from features.indicators.records import Records

ENTITIES, EVENTS_EACH = 100_000, 10.0
# Late ones: nearly every entity and event is there on each of them.
TRIAGE_DAYS = (date(2026, 7, 31), date(2026, 8, 31), date(2026, 9, 30), date(2026, 10, 31))
_WINDOWS = (1, 3, 6, 12, 24, 60, None)
_FINED = lists("penalty_kinds", "fine", zh="罚款", en="fine")


def aggregates() -> dict[str, Aggregate]:
    """The 56, by name."""
    found: dict[str, Aggregate] = {}
    for within in _WINDOWS:
        last = Aggregate("penalty", "days_since_last", within=within)
        ways = {
            "number": count("penalty", within=within),
            "fines": total("penalty", "fine_cny", within=within),
            "largest": highest("penalty", "fine_cny", within=within),
            "smallest": lowest("penalty", "fine_cny", within=within),
            "days_since": last,
            "number_food": count("penalty", within=within, where=(FOOD,)),
            "fines_food": total("penalty", "fine_cny", within=within, where=(FOOD,)),
            "number_fined": count("penalty", within=within, where=(_FINED,)),
        }
        found |= {f"{name}_{within or 'all'}": way for name, way in ways.items()}
    return found


def write_events(out: Path) -> Archive:
    """The archive: every entity registered once, with ten penalties on average."""
    return write_population(
        out, enterprises=ENTITIES, rates={"registration": 1.0, "penalty": EVENTS_EACH}
    )


def write_triage_rows(engine: AnyEngine, archive: Archive, *, as_of: date) -> int:
    """Compute the aggregates of everybody as of a day; how many entities were registered."""
    now = moment(as_of)
    outputs = {name: Output((way,), _as_number) for name, way in aggregates().items()}
    plan = make_plan(engine, Records(now), outputs, gone=True)
    return int(plan.rows(engine, archive).num_rows)


def _as_number(values: Sequence[Any]) -> Any:
    return values[0].cast("float64")
