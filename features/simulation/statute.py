"""What the law says that the simulated departments follow. No number of law is written here."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

import law
from features.indicators.windows import months_before
from features.simulation.arrays import Array
from features.simulation.timeline import Timeline
from law.errors import NoValueError

REGION = "440500"
_MONTHS_AHEAD = 13
_MONTH_DAYS = 365.25 / 12


@dataclass(frozen=True)
class Statute:
    """Values in force.

    `inspection_days` has one row per month's end of `month_ends` (day numbers) and one column per
    category of `categories`: days between statutory inspections. `elevator_years` is None in the
    months before elevators had years of inspection of their own.
    """

    categories: tuple[str, ...]
    month_ends: Array
    inspection_days: Array
    elevator_years: tuple[Array | None, ...]
    report_deadlines: dict[int, date]  # by the year in which the report falls due
    first_report_years: int
    food_licence_years: int
    equipment_licence_years: int
    listing_working_days: int
    removal_working_days: int
    serious_list_years: int
    creditor_notice_days: int
    simplified_notice_days: int | None  # None before the law had them
    impersonation_notice_days: int | None
    trademark_years: int
    patent_years: int

    def row(self, day_number: int) -> int:
        """The row in force on a day."""
        found = int(np.searchsorted(self.month_ends, day_number, side="left"))
        return min(found, len(self.month_ends) - 1)


def read_statute(timeline: Timeline) -> Statute:
    """The law as the city applies it, through the simulated years and the year after them."""
    last = timeline.last_day
    ends = [months_before(last, back) for back in range(timeline.months, -_MONTHS_AHEAD, -1)]
    tables = [_value("special_equipment.inspection_interval_months", on=day) for day in ends]
    categories = tuple(sorted(tables[0]))
    years = range(ends[0].year, last.year + 1)
    return Statute(
        categories=categories,
        month_ends=np.array(ends, dtype="datetime64[D]").astype(int),
        inspection_days=_MONTH_DAYS
        * np.array([[table[code] for code in categories] for table in tables]),
        elevator_years=tuple(_elevator_years(day) for day in ends),
        report_deadlines={year: _deadline(year) for year in years},
        first_report_years=_value("annual_report.first_report_years_after_establishment", on=last),
        food_licence_years=_value("food_licence.validity_years", on=last),
        equipment_licence_years=_value("special_equipment.licence_validity_years", on=last),
        listing_working_days=_value("lists.abnormal_listing_deadline_working_days", on=last),
        removal_working_days=_value("lists.abnormal_removal_working_days", on=last),
        serious_list_years=_value("lists.serious_violation_term_years", on=last),
        creditor_notice_days=_value("registration.creditor_notice_days", on=last),
        simplified_notice_days=_if_any("registration.simplified_deregistration_notice_days", last),
        impersonation_notice_days=_if_any("registration.impersonation_notice_days", last),
        trademark_years=_value("intellectual_property.trademark_term_years", on=last),
        patent_years=_value("intellectual_property.patent_term_years", on=last),
    )


def _value(name: str, *, on: date) -> Any:
    return law.value(name, on=on, region=REGION)


def _elevator_years(day: date) -> Array | None:
    try:
        return np.array(law.value("special_equipment.elevator_inspection_years", on=day))
    except NoValueError:
        return None


def _if_any(name: str, day: date) -> Any:
    try:
        return _value(name, on=day)
    except NoValueError:
        return None


def _deadline(year: int) -> date:
    rule = _value("annual_report.deadline", on=date(year, 1, 1))
    return date(year, rule["month"], rule["day"])
