"""Days are days in China; an instant is never taken for one."""

from datetime import date, datetime

from law.errors import PeriodError


def refuse_instant(day: date) -> None:
    """An instant is not a day: which day it is depends on the zone, so the caller decides.

    Raises
    ------
    PeriodError
        A datetime was given.
    """
    if isinstance(day, datetime):
        raise PeriodError(
            f"{day!r} 是时刻而不是日期，请先换算为北京时间的日期",
            f"{day!r} is an instant, not a day; turn it into the day in China first",
        )
