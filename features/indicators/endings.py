"""What began and may have ended: pledges, freezes, listings, posts."""

from typing import Any

import ibis

from features.indicators.measures import NEWEST


def with_open(rows: Any, begun: str, *, ends: tuple[str, ...], key: str) -> Any:
    """Add `is_open`: the record's `action` is `begun` and nothing ended it on its day or later.

    Records of one enterprise with the same `key` belong together; `ends` are the actions that end.
    """
    ending = rows.action.isin(ends)
    ended_on = rows.event_on.max(where=ending).over(group_by=["enterprise_id", key])
    return rows.mutate(is_open=(rows.action == begun) & (ended_on < rows.event_on).fill_null(True))


def with_current(rows: Any, *keys: str) -> Any:
    """Add `is_current`: the newest beginning per enterprise and `keys`, not ended since.

    Also `is_change`: it happened after the first day of which anything is known, so that what an
    enterprise began with is no change.
    """
    same = ["enterprise_id", *keys]
    newest_first = [ibis.desc(name) for name in NEWEST]
    rank = ibis.row_number().over(group_by=[*same, "action"], order_by=newest_first)
    ended_on = rows.event_on.max(where=rows.action == "ended").over(group_by=same)
    standing = (ended_on < rows.event_on).fill_null(True)
    return rows.mutate(
        is_current=(rows.action == "begun") & (rank == 0) & standing,
        is_change=rows.event_on > rows.event_on.min().over(group_by="enterprise_id"),
    )
