"""What began and may have ended: pledges, freezes, listings, posts."""

from typing import Any

from features.catalogue import ENTERPRISE_NO, SEQUENCE


def with_open(rows: Any, begun: str, *, ends: tuple[str, ...], key: str) -> Any:
    """Add `is_open`: the record's `action` is `begun` and nothing ended it on its day or later.

    Records of one enterprise with the same `key` belong together; `ends` are the actions that end.
    """
    ending = rows.action.isin(ends)
    ended_on = rows.event_on.max(where=ending).over(group_by=[ENTERPRISE_NO, key])
    return rows.mutate(is_open=(rows.action == begun) & (ended_on < rows.event_on).fill_null(True))


def with_current(rows: Any, *keys: str) -> Any:
    """Add `is_current`: the newest beginning per enterprise and `keys`, not ended since.

    Also `is_change`: it happened after the first day of which anything is known, so that what an
    enterprise began with is no change.
    """
    same = [ENTERPRISE_NO, *keys]
    newest = rows[SEQUENCE].max().over(group_by=[*same, "action"])
    ended_on = rows.event_on.max(where=rows.action == "ended").over(group_by=same)
    standing = (ended_on < rows.event_on).fill_null(True)
    return rows.mutate(
        is_current=(rows.action == "begun") & (rows[SEQUENCE] == newest) & standing,
        is_change=rows.event_on > rows.event_on.min().over(group_by=ENTERPRISE_NO),
    )
