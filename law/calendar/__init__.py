"""Working days and periods, from a table that an office can edit.

The table (`working_days.csv`: date, kind, note, source) names the days that differ from Monday to
Friday and the years it knows. For a day outside those years the answer is Monday to Friday and
says `provisional`.
"""

from law.calendar.counting import (
    DayAnswer,
    WorkingDay,
    WorkingDays,
    add_months,
    add_working_days,
    end_of_period,
    is_working_day,
    known_years,
    working_days_between,
)

__all__ = [
    "DayAnswer",
    "WorkingDay",
    "WorkingDays",
    "add_months",
    "add_working_days",
    "end_of_period",
    "is_working_day",
    "known_years",
    "working_days_between",
]
