"""The one rule of point in time.

An indicator as of a day sees a record only if it happened by that day and the office knew of it by
the end of that day: ``event_on <= as_of`` and ``known_at`` before the next day begins in China.
"""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

# China has kept one clock without summer time since 1991; instants are stored in UTC.
OFFICE_OFFSET = timedelta(hours=8)


def start_of_day(day: date) -> datetime:
    """The instant, naive UTC, at which `day` begins in China."""
    return datetime.combine(day, time()) - OFFICE_OFFSET


def known_before(as_of: date) -> datetime:
    """The first instant, naive UTC, whose knowledge is too late for `as_of`."""
    return start_of_day(as_of + timedelta(days=1))


def visible(records: Any, as_of: date) -> Any:
    """The records (an Ibis table of one kind) that an indicator as of `as_of` may see.

    Of a record that was corrected, only the newest version known by then; none of one withdrawn.
    """
    limit = known_before(as_of)
    return records.filter(
        records.event_on <= as_of,
        records.known_at < limit,
        records.superseded_at.isnull() | (records.superseded_at >= limit),
        ~records.is_withdrawn,
    )


def is_visible(record: Mapping[str, Any], *, as_of: date, known: date | None = None) -> bool:
    """Whether one record in hand may be seen: the rule of :func:`visible`, without an engine.

    `known` is the day whose knowledge counts, `as_of` where it is not given.
    """
    limit = known_before(known or as_of)
    replaced = record["superseded_at"] is not None and record["superseded_at"] < limit
    in_time: bool = record["event_on"] <= as_of and record["known_at"] < limit
    return in_time and not replaced and not record["is_withdrawn"]
