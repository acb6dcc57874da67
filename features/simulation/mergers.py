"""Mergers by absorption: some deregistered companies went on inside another one."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from features.simulation.arrays import Array, stream
from features.simulation.city import City
from features.simulation.happenings import is_company
from features.simulation.history import NEVER
from features.simulation.registrations import DEREGISTRATION, Register

_MERGED_SHARE = 0.08  # of the companies that deregister
_FEWEST = 2
_WAITED_DAYS = 40  # at most, from the end of the notice to the deregistration


@dataclass(frozen=True)
class Mergers:
    """One row a merger."""

    absorbed: Array
    absorbing: Array
    announced: Array
    deregistered: Array


def describe(city: City, register: Register) -> Mergers:
    """Which deregistrations were mergers: no new event, only what stood behind one."""
    rng = stream(city.seed, "mergers")
    gone = np.flatnonzero(
        (register.event == DEREGISTRATION) & is_company(city)[register.enterprise]
    )
    notice = city.statute.creditor_notice_days + rng.integers(1, _WAITED_DAYS + 1, len(gone))
    announced = np.busday_offset(
        register.day[gone] - notice.astype("timedelta64[D]"), 0, roll="backward"
    )
    inside = announced >= city.timeline.first_day
    gone, announced = gone[inside], announced[inside]
    stays = np.flatnonzero(_stays(city))
    wanted = max(_FEWEST, round(_MERGED_SHARE * len(gone))) if len(stays) else 0
    chosen = np.sort(rng.permutation(len(gone))[:wanted])
    return Mergers(
        absorbed=register.enterprise[gone[chosen]],
        absorbing=rng.choice(stays, len(chosen)) if len(chosen) else gone[chosen],
        announced=announced[chosen],
        deregistered=register.day[gone[chosen]],
    )


def _stays(city: City) -> Array:
    """Companies in business from the first day to the last: they can absorb another."""
    history = city.history
    stays = (history.ended >= NEVER) & (history.abandoned >= NEVER) & is_company(city)
    return np.asarray(stays & (city.people.established <= city.timeline.bounds[0]))


def merger_truth(city: City, mergers: Mergers) -> pa.Table:
    """Who was absorbed by whom; one row a merger."""
    return pa.table(
        {
            "absorbed_id": city.people.enterprise_id[mergers.absorbed],
            "absorbing_id": city.people.enterprise_id[mergers.absorbing],
            "announced_on": pa.array(mergers.announced),
            "deregistered_on": pa.array(mergers.deregistered),
        }
    )
