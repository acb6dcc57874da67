"""Counting periods (民法典 art. 201 to 203) and working days."""

import calendar as month_lengths
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from law.calendar.table import WorkingDayTable, table_with
from law.days import refuse_instant
from law.errors import PeriodError

_ONE_DAY = timedelta(days=1)
_MONTHS_A_YEAR = 12


@dataclass(frozen=True)
class WorkingDay:
    """A day that was counted. `provisional`: a yearly notice on the way is not in the table."""

    on: date
    provisional: bool


@dataclass(frozen=True)
class WorkingDays:
    """A number of working days; see `WorkingDay` for `provisional`."""

    count: int
    provisional: bool


@dataclass(frozen=True)
class DayAnswer:
    """Whether a day is worked; true or false as it stands in a condition."""

    is_working: bool
    provisional: bool
    note: str

    def __bool__(self) -> bool:
        return self.is_working


def is_working_day(day: date, *, overlay: Path | None = None) -> DayAnswer:
    """Whether offices work on a day; `note` names the holiday or the exchange (调休).

    Parameters
    ----------
    overlay
        An office's own table; its rows win over the package's.

    Raises
    ------
    PeriodError
        An instant was given instead of a day.
    """
    refuse_instant(day)
    table = table_with(overlay)
    row = table.days.get(day)
    return DayAnswer(
        is_working=table.is_working(day),
        provisional=not table.is_known(day),
        note="" if row is None else row.note,
    )


def known_years(*, overlay: Path | None = None) -> tuple[int, ...]:
    """Years whose holiday notice is in the table."""
    return tuple(sorted(table_with(overlay).years))


def add_working_days(start: date, days: int, *, overlay: Path | None = None) -> WorkingDay:
    """Last day of a period of working days; the first day is not counted.

    Examples
    --------
    >>> add_working_days(date(2026, 9, 30), 1).on  # National Day, then a worked Saturday
    datetime.date(2026, 10, 8)

    Raises
    ------
    PeriodError
        `days` is less than one, or `start` is an instant.

    References
    ----------
    民法典 art. 201 (the first day is not counted).
    """
    refuse_instant(start)
    _refuse_short(days)
    table = table_with(overlay)
    provisional, day, left = False, start, days
    while left:
        day += _ONE_DAY
        provisional = provisional or not table.is_known(day)
        left -= table.is_working(day)
    return WorkingDay(on=day, provisional=provisional)


def working_days_between(start: date, end: date, *, overlay: Path | None = None) -> WorkingDays:
    """Working days after `start` up to and with `end`; negative where `end` is before `start`.

    The count is the inverse of `add_working_days`: for a working day `end`,
    ``add_working_days(start, count).on == end``.

    Raises
    ------
    PeriodError
        An instant was given instead of a day.
    """
    refuse_instant(start)
    refuse_instant(end)
    table = table_with(overlay)
    first, last, sign = (start, end, 1) if start <= end else (end, start, -1)
    days = list(_days_after(first, last))
    return WorkingDays(
        count=sign * sum(table.is_working(day) for day in days),
        provisional=not all(table.is_known(day) for day in days),
    )


def add_months(start: date, months: int) -> date:
    """The corresponding day some months later, or the last day of a shorter month.

    Raises
    ------
    PeriodError
        `months` is less than one, or `start` is an instant.

    References
    ----------
    民法典 art. 202.
    """
    refuse_instant(start)
    _refuse_short(months)
    years, month = divmod(start.month - 1 + months, _MONTHS_A_YEAR)
    year, month = start.year + years, month + 1
    return date(year, month, min(start.day, month_lengths.monthrange(year, month)[1]))


def end_of_period(
    start: date,
    *,
    days: int = 0,
    months: int = 0,
    years: int = 0,
    overlay: Path | None = None,
) -> WorkingDay:
    """Last day of a period of natural days, months or years; exactly one of them is given.

    The first day is not counted; a month without the corresponding day ends on its last day; a
    last day that falls on a holiday or a day of rest moves to the day after it.

    Raises
    ------
    PeriodError
        Not exactly one length of at least one, or `start` is an instant.

    References
    ----------
    民法典 art. 201, 202, 203. Days of rest count as 法定休假日 here; a weekend day worked in
    exchange (调休) does not move the end.
    """
    refuse_instant(start)
    if sum(length != 0 for length in (days, months, years)) != 1:
        raise PeriodError(
            "期间请只用日、月、年中的一种表示", "give exactly one of days, months and years"
        )
    table = table_with(overlay)
    if days:
        _refuse_short(days)
        return _roll(start + timedelta(days=days), table)
    return _roll(add_months(start, months + _MONTHS_A_YEAR * years), table)


def _roll(day: date, table: WorkingDayTable) -> WorkingDay:
    provisional = not table.is_known(day)
    while not table.is_working(day):
        day += _ONE_DAY
        provisional = provisional or not table.is_known(day)
    return WorkingDay(on=day, provisional=provisional)


def _days_after(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=number) for number in range(1, (last - first).days + 1))


def _refuse_short(length: int) -> None:
    if length < 1:
        raise PeriodError(
            f"期间长度应至少为 1，实为 {length}", f"a period is at least 1 long, got {length}"
        )
