"""Special equipment between its inspections: when one is due, own checks, maintenance."""

from datetime import date
from typing import Any

import ibis

from features.catalogue import ENTERPRISE_NO
from features.indicators.moment import EquipmentTerms
from features.indicators.records import Records, in_order, left_join, newest_per
from features.indicators.windows import MONTHS_A_YEAR, months_before

_ELEVATOR = "3000"


def due_on(rows: Any, terms: EquipmentTerms) -> Any:
    """The day by which each unit's next statutory inspection is due (Ibis, day).

    The unit's own day goes first. Where it is missing, the law's interval counts from the last
    inspection, else from first use. A unit that failed has no next day: it must not be used.

    References
    ----------
    特种设备安全法 art. 40; ``special_equipment.inspection_interval_months`` and
    ``special_equipment.elevator_inspection_years``.
    """
    base = ibis.coalesce(rows.last_inspected_on, rows.commissioned_on)
    intervals = [
        (rows.category_code == code, _later(base, months))
        for code, months in sorted(terms.inspection_months.items())
    ]
    by_interval = ibis.cases(*intervals, else_=None) if intervals else ibis.null("date")
    if terms.elevator_years:
        elevator = (rows.category_code == _ELEVATOR) & rows.commissioned_on.notnull()
        by_interval = elevator.ifelse(_elevator_due_on(rows, terms.elevator_years), by_interval)
    has_failed = (rows.inspection_result == "failed").fill_null(False)
    return ibis.coalesce(rows.next_inspection_on, has_failed.ifelse(None, by_interval))


def _elevator_due_on(rows: Any, years: tuple[int, ...]) -> Any:
    """The next year of use with an inspection; every year after the last of `years`."""
    last = ibis.coalesce(rows.last_inspected_on, rows.commissioned_on)
    first = rows.commissioned_on
    used = (last.year() - first.year()) * MONTHS_A_YEAR + last.month() - first.month()
    # An inspection some months early or late belongs to the year of use that it is nearest to.
    half_a_year = MONTHS_A_YEAR // 2
    scheduled = [
        (
            used < year * MONTHS_A_YEAR - half_a_year,
            _later(first, year * MONTHS_A_YEAR),
        )
        for year in years
    ]
    return ibis.cases(*scheduled, else_=_later(last, MONTHS_A_YEAR))


def _later(day: Any, months: int) -> Any:
    return (day + ibis.interval(months=months)).cast("date")


def unit_checks(records: Records) -> Any:
    """The user's own checks and maintenance; a hazard `is_open` until mended or checked normal."""
    rows = records.of("special_equipment_check")
    normal_on = rows.event_on.max(where=rows.result == "normal")
    normal_on = normal_on.over(group_by=[ENTERPRISE_NO, "unit_code"])
    hazard, mended = rows.result == "hazard", rows.is_mended.fill_null(False)
    since = (normal_on < rows.event_on).fill_null(True)
    return in_order(
        rows.mutate(
            is_self_check=rows.check_kind == "self_check",
            is_hazard=hazard,
            is_open=hazard & ~mended & since,
        )
    )


def upkeep(records: Records) -> Any:
    """Units in use; whether the user's own check of each, or its maintenance, is overdue."""
    rows = newest_per(records.of("special_equipment_unit"), "unit_code")
    rows = rows.filter(rows.status == "in_use")
    checks = records.of("special_equipment_check")
    last = checks.group_by(ENTERPRISE_NO, "unit_code").agg(
        checked_on=checks.event_on.max(where=checks.check_kind == "self_check"),
        maintained_on=checks.event_on.max(where=checks.check_kind == "maintenance"),
    )
    rows = left_join(rows, last, [ENTERPRISE_NO, "unit_code"])
    terms = records.moment.equipment
    return in_order(
        rows.mutate(
            is_unchecked=_is_unchecked(rows, records.as_of, months=terms.self_check_months),
            is_unmaintained=_is_unmaintained(rows, records.as_of, days=terms.maintenance_days),
        )
    )


def _is_unchecked(rows: Any, as_of: date, *, months: int | None) -> Any:
    """No own check since the law's interval began, though the unit was in use by then."""
    if months is None:
        return ibis.literal(False)
    start = months_before(as_of, months)
    last = ibis.coalesce(rows.checked_on, rows.commissioned_on)
    return (last <= start).fill_null(True)


def _is_unmaintained(rows: Any, as_of: date, *, days: int | None) -> Any:
    """An elevator whose last maintenance, else its first use, is longer ago than the interval."""
    if days is None:
        return ibis.literal(False)
    last = ibis.coalesce(rows.maintained_on, rows.commissioned_on)
    idle = ibis.literal(as_of).delta(last, unit="day")
    return (rows.category_code == _ELEVATOR) & (idle > days).fill_null(True)
