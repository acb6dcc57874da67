"""The life of a licence: issue, renewals in time, late or never, revocation, cancellation."""

import numpy as np

from features.simulation.arrays import Array, Columns, sigmoid, stacked
from features.simulation.city import City
from features.simulation.history import NEVER
from features.simulation.penalties import Decisions

_NOT_RENEWED = -3.3  # log-odds at laxness 0
_RENEWED_LATE = -2.9
_BY_LAXNESS = 1.1
_CANCELLED_SHARE = 0.7  # of deregistered holders


def licence_events(
    city: City, rows: Array, *, years: int, penalties: Decisions, rng: np.random.Generator
) -> Columns:
    """Events of the licences of the enterprises `rows`, valid for `years` each.

    Columns: enterprise, day, status, start and until (of the licence). Licences that ended before
    the simulated years are left out.
    """
    history, timeline = city.history, city.timeline
    revoked = _revoked_on(city, penalties)[rows]
    last = np.minimum(np.minimum(history.ended, history.abandoned), timeline.months)[rows]
    stop = np.minimum(timeline.bounds[last], revoked)
    blocks = _terms(city, rows, stop=stop, years=years, rng=rng)
    taken = revoked <= timeline.end
    blocks.append(_closed(blocks, rows[taken], day=revoked[taken], status="吊销"))
    given_up = ~taken & (rng.random(len(rows)) < _CANCELLED_SHARE)
    given_up &= (history.ended[rows] < NEVER) & (last < timeline.months)
    day = timeline.bounds[np.minimum(last + 1, timeline.months)][given_up]
    blocks.append(_closed(blocks, rows[given_up], day=day, status="注销"))
    return stacked(blocks)


def _revoked_on(city: City, penalties: Decisions) -> Array:
    """Day on which an enterprise's licence was revoked by a penalty; far ahead if never."""
    day = np.full(city.people.size, city.timeline.end + np.timedelta64(36_500, "D"))
    revokes = np.strings.find(penalties.kinds, "吊销许可证件") >= 0
    np.minimum.at(day, penalties.enterprise[revokes], penalties.day[revokes])
    return day


def _terms(
    city: City, rows: Array, *, stop: Array, years: int, rng: np.random.Generator
) -> list[Columns]:
    """Issue and renewals, one block a term; a term begins only before `stop`."""
    wait = rng.integers(5, 50, len(rows)).astype("timedelta64[D]")
    start = city.people.established[rows] + wait
    term = np.timedelta64(round(years * 365.25), "D")
    going = start < stop
    blocks = [_block(rows[:0], start[:0], status="有效", start=start[:0], until=start[:0])]
    while going.any():
        until = start + term - 1
        shown = going & (until >= city.timeline.first_day)
        blocks.append(
            _block(rows[shown], start[shown], status="有效", start=start[shown], until=until[shown])
        )
        laxness = city.history.laxness[city.timeline.month_of(until), rows]
        going &= rng.random(len(rows)) >= sigmoid(_NOT_RENEWED + _BY_LAXNESS * laxness)
        late = rng.random(len(rows)) < sigmoid(_RENEWED_LATE + _BY_LAXNESS * laxness)
        gap = np.where(late, rng.integers(10, 120, len(rows)), 1)
        start = until + gap.astype("timedelta64[D]")
        going &= start < stop
    return blocks


def _block(rows: Array, day: Array, *, status: str, start: Array, until: Array) -> Columns:
    return {
        "enterprise": rows,
        "day": day,
        "status": np.full(len(rows), status),
        "start": start,
        "until": until,
    }


def _closed(blocks: list[Columns], rows: Array, *, day: Array, status: str) -> Columns:
    """The end of the newest licence of each of `rows`, where it has one."""
    held = stacked(blocks)
    has = np.isin(rows, held["enterprise"])
    rows, day = rows[has], day[has]
    order = np.lexsort((held["start"], held["enterprise"]))
    place = np.searchsorted(held["enterprise"][order], rows, side="right") - 1
    newest = order[place]
    return _block(
        rows, day, status=status, start=held["start"][newest], until=held["until"][newest]
    )
