"""Registrations, penalties, licences, lists, reports and units, prepared for counting."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import ibis

from features.catalogue import ENTERPRISE_NO, SEQUENCE
from features.indicators.food_scopes import MASS_CATERING, SPECIAL_FOOD, TIERS
from features.indicators.records import (
    Records,
    in_order,
    in_order_of,
    left_join,
    newest_per,
    with_previous_day,
)
from features.indicators.upkeep import due_on
from features.indicators.vocabulary import REPEAT_DAYS, UNIT_RATIOS
from features.indicators.windows import months_before

_EPOCH = date(1970, 1, 1)
# Food law art. 134 counts penalties other than these.
_GRAVEST = ("suspension", "licence_revocation")
_FOOD_SAFETY_SYSTEMS = "HACCP|危害分析|GMP|良好生产规范"
_TAX_GRADE = "([ABCDM])级"


def penalties(records: Records) -> Any:
    """Penalties with what earlier ones of the same matter make of them.

    `is_heavier`; `is_repeat`: same matter on an earlier day of the year; `in_a_year`: penalties of
    the matter in the year up to its day, itself included; `is_too_many`: as many or more than the
    food law allows in a year.
    """
    rows, now = with_previous_day(records.of("penalty"), "matter"), records.moment
    kinds = ";" + rows.penalty_kinds + ";"
    heavier, gravest = _lists_any(kinds, now.serious_kinds), _lists_any(kinds, _GRAVEST)
    since = rows.event_on.delta(rows.previous_on, unit="day")
    rows = rows.mutate(
        is_heavier=ibis.coalesce(rows.is_serious, heavier),
        is_repeat=(since <= REPEAT_DAYS).fill_null(False),
        ordinary_=gravest.fill_null(False).ifelse(0, 1),
        day_=rows.event_on.delta(ibis.literal(_EPOCH), unit="day"),
    )
    of_matter = [ENTERPRISE_NO, "matter"]
    year = ibis.range_window(
        group_by=of_matter, order_by="day_", preceding=REPEAT_DAYS, following=0
    )
    limit = now.food.penalties_in_a_year
    in_a_year = rows.ordinary_.sum().over(year)
    return in_order(
        rows.mutate(
            in_a_year=rows.count().over(year),
            is_too_many=(rows.ordinary_ == 1) & (in_a_year >= limit)
            if limit is not None
            else ibis.literal(False),
        )
    )


def _lists_any(kinds: Any, words: tuple[str, ...]) -> Any:
    """Whether the text `kinds`, words between semicolons, holds one of `words`."""
    found: Any = ibis.literal(False)
    for word in words:
        found = found | kinds.contains(f";{word};")
    return found


def licences(records: Records) -> Any:
    """The newest state of each licence: valid, expired without renewal, days left, food scope.

    An expired licence of a kind and category of which the enterprise holds a valid one was renewed.
    `food_tier` (1 to 4): the highest static risk tier of its categories; null where none has one.
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
        is_renewal_due=_ends_within(rows, records),
        **_food_scope(rows, records.moment.food.scopes),
    )
    names = ("category_problem_ratio", "category_critical_ratio")
    return in_order(_with_ratios(rows, records, names, key="category"))


def _ends_within(rows: Any, records: Records) -> Any:
    """Whether the end is as near as a special-equipment licence is to be renewed."""
    months = records.moment.equipment.renewal_months
    if months is None:
        return ibis.literal(False)
    return (rows.valid_to <= months_before(records.as_of, -months)).fill_null(False)


def _food_scope(rows: Any, scopes: Mapping[str, str]) -> dict[str, Any]:
    """What the text of a licence says of its categories, if it is one for food."""
    text = rows.category.fill_null("") + ";" + rows.licence_no.fill_null("")
    tiers = [(text.re_search(scopes[tier]), int(tier)) for tier in TIERS]
    listed = rows.category.length() - rows.category.replace(";", "").length() + 1
    return {
        "food_tier": ibis.cases(*tiers, else_=None),
        "is_special_food": text.re_search(scopes[SPECIAL_FOOD]),
        "is_mass_catering": text.re_search(scopes[MASS_CATERING]),
        "categories": listed,
    }


def licence_events(records: Records) -> Any:
    """Licence records; `days_late`: a grant's days without a licence since the one before.

    The one before is the last earlier grant of the kind and category, whatever its number; a
    licence that begins the day after it ended is not late. Null where it is in time or the first.
    """
    rows = records.of("licence")
    same = [ENTERPRISE_NO, "licence_kind", "category", "status", rows.valid_from.isnull()]
    before = rows.valid_to.lag().over(group_by=same, order_by=["valid_from", SEQUENCE])
    gap = rows.valid_from.delta(before, unit="day") - 1
    rows = rows.mutate(gap_=(rows.status == "valid").ifelse(gap, None))
    return in_order(rows.mutate(days_late=(rows.gap_ > 0).ifelse(rows.gap_, None)))


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
    as_of, terms = records.as_of, records.moment.equipment
    today = ibis.literal(as_of)
    rows = _with_registration(records.of("special_equipment_unit"), terms.registration_days)
    rows = newest_per(rows, "unit_code")
    rows = rows.mutate(due_on=due_on(rows, terms), is_in_use=rows.status == "in_use")
    overdue = rows.is_in_use & (rows.due_on < today).fill_null(False)
    soon = months_before(as_of, -terms.application_months) if terms.application_months else as_of
    public = rows.place_kind.isin(records.moment.public_places).fill_null(False)
    rows = rows.mutate(
        is_overdue=overdue,
        is_due_soon=rows.is_in_use & rows.due_on.between(today, soon).fill_null(False),
        is_failed=rows.is_in_use & (rows.inspection_result == "failed").fill_null(False),
        is_uninspected=rows.is_in_use & rows.last_inspected_on.isnull(),
        is_public=rows.is_in_use & public,
        age_days=rows.is_in_use.ifelse(today.delta(rows.commissioned_on, unit="day"), None),
        days_overdue=overdue.ifelse(today.delta(rows.due_on, unit="day"), None),
    )
    for key, ratio in UNIT_RATIOS.items():
        rows = _with_ratios(rows, records, (ratio,), key=key)
    return in_order(rows)


def _with_registration(rows: Any, days: int | None) -> Any:
    """Add `is_registered_late`: first on record more than `days` after first use.

    Told only of units put to use after their user had others on record: what was in use before
    the office kept a register has its first record late for another reason.
    """
    if days is None:
        return rows.mutate(is_registered_late=ibis.literal(False))
    first_on = rows.event_on.min().over(group_by=[ENTERPRISE_NO, "unit_code"])
    known_since = rows.event_on.min().over(group_by=ENTERPRISE_NO)
    waited = first_on.delta(rows.commissioned_on, unit="day")
    late = (waited > days) & (rows.commissioned_on >= known_since)
    return rows.mutate(is_registered_late=late.fill_null(False))


def statutory_inspections(records: Records) -> Any:
    """One row per unit and statutory inspection, `event_on` being the day of that inspection."""
    rows = records.of("special_equipment_unit")
    rows = rows.filter(rows.last_inspected_on <= records.as_of)
    rows = newest_per(rows, "unit_code", "last_inspected_on")
    rows = rows.mutate(event_on=rows.last_inspected_on)
    return in_order_of(rows, "event_on", SEQUENCE)


def honours(records: Records) -> Any:
    """Honours with `is_valid` at the as-of day (one without an end stays valid).

    `is_food_safety_system`: the title names HACCP or GMP; `tax_grade`: the letter of a tax rating.
    """
    rows = records.of("honour")
    grade = rows.title.re_extract(_TAX_GRADE, 1).nullif("")
    return in_order(
        rows.mutate(
            is_valid=(rows.valid_to >= records.as_of).fill_null(True),
            is_food_safety_system=rows.title.upper().re_search(_FOOD_SAFETY_SYSTEMS),
            tax_grade=(rows.honour_kind == "tax_rating").ifelse(grade, None),
        )
    )


def _with_ratios(rows: Any, records: Records, names: tuple[str, ...], *, key: str) -> Any:
    """Add what the whole archive says of the row's category or firm."""
    table = records.rates_of(key)
    # They may be missing because nobody asked, or are being computed from these very rows.
    known = [name for name in names if table is not None and name in table.columns]
    if table is not None and known:
        rows = left_join(rows, table.select(key, *known), [key])
    return rows.mutate(**{name: ibis.null("float64") for name in names if name not in known})
