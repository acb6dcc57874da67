"""Calendar arithmetic: how far back a window of N months reaches."""

from calendar import monthrange
from datetime import date
from typing import Any

MONTHS_A_YEAR = 12
# Mean length of a Gregorian month; only weights that fade with time use it, windows never do.
MEAN_DAYS_A_MONTH = 30.436875


def months_before(day: date, months: int) -> date:
    """The same day of the month, `months` earlier; the month's last day where there is none.

    A window of N months holds what happened after ``months_before(as_of, N)`` up to ``as_of``.

    References
    ----------
    民法典 art. 202: a period of months ends on the corresponding day, else on the last day.
    """
    count = day.year * MONTHS_A_YEAR + day.month - 1 - months
    year, month = divmod(count, MONTHS_A_YEAR)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def months_between(earlier: Any, later: date) -> Any:
    """Complete calendar months from `earlier` (Ibis, day) to `later`; null stays null."""
    months = (later.year - earlier.year()) * MONTHS_A_YEAR + later.month - earlier.month()
    return months - (earlier.day() > later.day).ifelse(1, 0)
