"""Registrations, penalties, licences, lists, reports and units, prepared for counting."""

from typing import Any

import ibis

from features.catalogue import ENTERPRISE_NO, SEQUENCE
from features.indicators.records import (
    Records,
    in_order,
    left_join,
    newest_per,
    with_previous_day,
)
from features.indicators.vocabulary import REPEAT_DAYS


def penalties(records: Records) -> Any:
    """Penalties with `is_heavier` and `is_repeat` (same matter on an earlier day of the year)."""
    rows = with_previous_day(records.of("penalty"), "matter")
    kinds = ";" + rows.penalty_kinds + ";"
    heavier: Any = ibis.literal(False)
    for kind in records.moment.serious_kinds:
        heavier = heavier | kinds.contains(f";{kind};")
    since = rows.event_on.delta(rows.previous_on, unit="day")
    return in_order(
        rows.mutate(
            is_heavier=ibis.coalesce(rows.is_serious, heavier),
            is_repeat=(since <= REPEAT_DAYS).fill_null(False),
        )
    )


def licences(records: Records) -> Any:
    """The newest state of each licence: valid, expired without renewal, days left.

    An expired licence of a kind and category of which the enterprise holds a valid one was renewed.
    """
    rows, as_of = newest_per(records.of("licence"), "licence_no"), ibis.literal(records.as_of)
    granted = rows.status == "valid"
    begun = (rows.valid_from <= as_of).fill_null(True)
    ended = (rows.valid_to < as_of).fill_null(False)
    rows = rows.mutate(is_valid=granted & begun & ~ended, has_ended=granted & ended)
    same = [ENTERPRISE_NO, "licence_kind", "category"]
    rows = rows.mutate(
        is_expired=rows.has_ended & ~rows.is_valid.any().over(group_by=same),
        days_left=rows.valid_to.delta(as_of, unit="day"),
    )
    names = ("category_problem_ratio", "category_critical_ratio")
    return in_order(_with_ratios(rows, records, names, key="category"))


def listings(records: Records) -> Any:
    """Listings, removals left out; `is_open` where no visible removal ends the listing.

    A removal ends the listing it names; one that names none ends all earlier ones of its list.
    """
    entries = records.of("list_entry")
    removals = entries.filter(entries.action == "removal")
    named = removals.filter(removals.listing_decision_no.notnull())
    named = named.group_by(ENTERPRISE_NO, "list", decision_no=named.listing_decision_no).agg(
        named_removals=named.count()
    )
    unnamed = removals.filter(removals.listing_decision_no.isnull())
    unnamed = unnamed.group_by(ENTERPRISE_NO, "list").agg(removed_on=unnamed.event_on.max())
    rows = entries.filter(entries.action == "listing")
    rows = left_join(rows, named, [ENTERPRISE_NO, "list", "decision_no"])
    rows = left_join(rows, unnamed, [ENTERPRISE_NO, "list"])
    removed = rows.named_removals.notnull() | (rows.removed_on >= rows.event_on).fill_null(False)
    return in_order(rows.mutate(is_open=~removed))


def annual_reports(records: Records) -> Any:
    """Annual reports with how many due years ago they report on, and whether they came late.

    `years_ago` is 0 for the last due year; `years_back` is 0 for the last year reported on.
    Only the first report on a year is `is_first`; a report handed in again is not a late one.
    """
    rows, now = records.of("annual_report"), records.moment
    year = [ENTERPRISE_NO, "report_year"]
    due = ibis.literal(now.last_due_year, "int64")
    late: Any = ibis.literal(False)
    for report_year, deadline in now.report_deadlines.items():
        late = late | ((rows.report_year == report_year) & (rows.event_on > deadline))
    last_year = rows.report_year.max().over(group_by=ENTERPRISE_NO)
    is_first = rows[SEQUENCE] == rows[SEQUENCE].min().over(group_by=year)
    return in_order(
        rows.mutate(
            years_ago=due - rows.report_year,
            years_back=last_year - rows.report_year,
            is_first=is_first,
            is_late=late & is_first,
        )
    )


def units(records: Records) -> Any:
    """The newest state of each special-equipment unit: use, age, statutory inspection."""
    rows, as_of = newest_per(records.of("special_equipment_unit"), "unit_code"), records.as_of
    today = ibis.literal(as_of)
    in_use = rows.status == "in_use"
    overdue = in_use & (rows.next_inspection_on < today).fill_null(False)
    rows = rows.mutate(
        is_in_use=in_use,
        is_overdue=overdue,
        is_failed=in_use & (rows.inspection_result == "failed").fill_null(False),
        is_public=in_use & rows.place_kind.isin(records.moment.public_places).fill_null(False),
        age_days=in_use.ifelse(today.delta(rows.commissioned_on, unit="day"), None),
        days_overdue=overdue.ifelse(today.delta(rows.next_inspection_on, unit="day"), None),
    )
    return in_order(_with_ratios(rows, records, ("firm_failure_ratio",), key="maintenance_firm"))


def statutory_inspections(records: Records) -> Any:
    """One row per unit and statutory inspection, `event_on` being the day of that inspection."""
    rows = records.of("special_equipment_unit")
    rows = rows.filter(rows.last_inspected_on <= records.as_of)
    rows = newest_per(rows, "unit_code", "last_inspected_on")
    rows = rows.mutate(event_on=rows.last_inspected_on)
    order = ibis.window(group_by=ENTERPRISE_NO, order_by=["event_on", SEQUENCE])
    return rows.mutate(position=ibis.row_number().over(order))


def honours(records: Records) -> Any:
    """Honours with `is_valid` at the as-of day; one without an end stays valid."""
    rows = records.of("honour")
    return in_order(rows.mutate(is_valid=(rows.valid_to >= records.as_of).fill_null(True)))


def _with_ratios(rows: Any, records: Records, names: tuple[str, ...], *, key: str) -> Any:
    """Add what the whole archive says of the row's category or firm."""
    table = records.rates_of(key)
    # They may be missing because nobody asked, or are being computed from these very rows.
    known = [name for name in names if table is not None and name in table.columns]
    if table is not None and known:
        rows = left_join(rows, table.select(key, *known), [key])
    return rows.mutate(**{name: ibis.null("float64") for name in names if name not in known})
