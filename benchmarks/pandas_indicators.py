"""The 120 benchmark indicators as an analyst writes them in pandas: groupbys, merges and masks.

Everything is read first, each kind in one frame; then each indicator is a column. Enterprises are
told apart by the archive's integer number, which is what pandas groups fastest. The definitions are
those of ``docs/indicators.md``; ``python -m benchmarks.features --check`` compares the values.
"""

from datetime import date
from typing import Any

import pandas as pd

import law
from benchmarks.pandas_sheet import (
    NO,
    Frames,
    Sheet,
    flag,
    latest,
    lists,
    log,
    shrunk,
    soon_after,
)

_OFFICERS = ("director", "supervisor", "senior_manager")
_FOOD_LICENCES = ("food_production", "food_operation", "food_filing")
_PROBLEM = ("problem", "rectified", "refused", "pending")


def compute(frames: Frames, *, as_of: date) -> pd.DataFrame:
    """One row per enterprise still registered, by ``enterprise_id``; a column an indicator."""
    sheet = Sheet(frames, as_of)
    for part in (
        _basic,
        _reports,
        _licences,
        _persons,
        _pledges,
        _penalties,
        _visits,
        _listings,
        _tests,
    ):
        part(sheet)
    for part in (_incidents, _complaints, _units, _others):
        part(sheet)
    kept = ~sheet.own.status.isin(["deregistered", "moved_out"])
    found = pd.DataFrame({name: sheet.columns[name][kept] for name in sheet.columns})
    found.index = pd.Index(sheet.own.enterprise_id[kept], name="enterprise_id")
    return found.sort_index()


def _basic(sheet: Sheet) -> None:
    own = sheet.own
    sheet.put(
        age_months=sheet.months_since(own.established_on.fillna(own.first_on)),
        is_establishment_unknown=own.established_on.isna(),
        registered_capital_log=log(own.registered_capital_cny),
        is_dormant=flag(own.status == "dormant", own.status.notna()),
        is_revoked=flag(own.status.isin(["revoked", "annulled"]), own.status.notna()),
    )
    for kind in ("company", "branch", "partnership", "individual_business"):
        sheet.put(**{f"is_{kind}": flag(own.entity_type == kind, own.entity_type.notna())})
    sectors = sheet.law.sector_industries
    divisions = {
        "food_industry": sectors["food"],
        "special_equipment_industry": sectors["special_equipment"],
        "food_manufacturing": ("13", "14", "15"),
        "manufacturing": tuple(str(number) for number in range(16, 44)),
        "wholesale": ("51",),
        "retail": ("52",),
        "catering": ("62",),
    }
    code = own.industry_code
    for name, prefixes in divisions.items():
        sheet.put(**{f"is_{name}": flag(code.str.startswith(prefixes, na=False), code.notna())})
    rows = sheet.frames["registration"]
    changes = rows[rows.event == "change"]
    sheet.put(**{f"changes_{months}m": sheet.count(changes, months) for months in (6, 12, 36)})
    for item in ("name", "legal_representative", "address"):
        of_item = changes[lists(changes.change_items, item)]
        sheet.put(**{f"{item}_changes_36m": sheet.count(of_item, 36)})
    sheet.put(days_since_last_change=sheet.days_since(changes))


def _reports(sheet: Sheet) -> None:
    rows, now = sheet.frames["annual_report"], sheet.law
    assert now.last_due_year is not None
    first = ~rows.duplicated([NO, "report_year"])
    deadline = pd.to_datetime(rows.report_year.map(now.report_deadlines))
    late = first & (rows.event_on > deadline)
    due = rows.report_year.between(now.last_due_year - 2, now.last_due_year)
    sent = sheet.count(rows[first & (rows.report_year == now.last_due_year)])
    years = now.last_due_year + 2 - now.first_report_after - sheet.own.established_on.dt.year
    missing = (years.clip(upper=1) - sent).clip(lower=0)
    archived = rows[NO].isin(sheet.own.index).any()
    sheet.put(
        annual_report_missing=missing.where((years > 0) & archived),
        annual_reports_late_3y=sheet.count(rows[late & due]),
        annual_reports_on_time_3y=sheet.count(rows[first & ~late & due]),
        days_since_last_annual_report=sheet.days_since(rows),
        employees=sheet.spread(latest(rows, "employees")),
        revenue_log=log(sheet.spread(latest(rows, "revenue_cny"))),
        assets_log=log(sheet.spread(latest(rows, "assets_cny"))),
    )


def _licences(sheet: Sheet) -> None:
    rows = sheet.frames["licence"].drop_duplicates([NO, "licence_no"], keep="last")
    granted, ended = rows.status == "valid", rows.valid_to < sheet.today
    valid = granted & ~(rows.valid_from > sheet.today) & ~ended
    same = [NO, "licence_kind", "category"]
    renewed = valid.groupby([rows[name] for name in same], dropna=False).transform("any")
    left = (rows.valid_to - sheet.today).dt.days
    food, equipment = (
        rows.licence_kind.isin(_FOOD_LICENCES),
        rows.licence_kind == "special_equipment",
    )
    sheet.put(
        licences_valid=sheet.count(rows[valid]),
        licences_expired=sheet.count(rows[granted & ended & ~renewed]),
        licences_expiring=sheet.count(rows[valid & (left < 90)]),
        days_to_licence_expiry=sheet.spread(left[valid].groupby(rows[NO]).min()),
        has_valid_food_licence=sheet.count(rows[valid & food]) > 0,
        food_production_licences=sheet.count(
            rows[valid & (rows.licence_kind == "food_production")]
        ),
        has_valid_equipment_licence=sheet.count(rows[valid & equipment]) > 0,
    )


def _persons(sheet: Sheet) -> None:
    rows = sheet.frames["related_person"]
    moved = rows[rows.event_on > rows.groupby(NO).event_on.transform("min")]
    officer, post = rows.role.isin(_OFFICERS), [NO, "person_key", "role"]
    ended = rows[rows.action == "ended"].groupby(post, as_index=False).event_on.max()
    begun = rows[officer & (rows.action == "begun")].drop_duplicates(post, keep="last")
    begun = begun.merge(ended, on=post, how="left", suffixes=("", "_ended"))
    sheet.put(
        officers=sheet.count(begun[~(begun.event_on_ended >= begun.event_on)]),
        shareholder_moves_36m=sheet.count(moved[moved.role == "shareholder"], 36),
        officer_moves_12m=sheet.count(moved[moved.role.isin(_OFFICERS)], 12),
    )


def _pledges(sheet: Sheet) -> None:
    rows, pledge = sheet.frames["equity_pledge"], [NO, "pledge_no"]
    ends = rows[rows.action.isin(["cancelled", "annulled"])]
    ended = ends.groupby(pledge, as_index=False).event_on.max()
    begun = rows[rows.action == "registered"]
    begun = begun.merge(ended, on=pledge, how="left", suffixes=("", "_ended"))
    standing = begun[~(begun.event_on_ended >= begun.event_on)]
    sheet.put(
        equity_pledges_open=sheet.count(standing),
        equity_pledged_open_log=log(sheet.total(standing, "amount_cny")),
    )


def _penalties(sheet: Sheet) -> None:
    rows = sheet.frames["penalty"]
    heavier = pd.Series(data=False, index=rows.index)
    for word in sheet.law.serious_kinds:
        heavier |= lists(rows.penalty_kinds, word)
    heavier = rows.is_serious.astype("boolean").fillna(heavier).astype(bool)
    repeated = rows[soon_after(rows, [NO, "matter"], days=365)]
    windows = {months: sheet.count(rows, months) for months in (3, 6, 12, 24, 36, 60)}
    sheet.put(**{f"penalties_{months}m": count for months, count in windows.items()})
    year, last = sheet.recent(rows, 36), sheet.spread(rows.groupby(NO).event_on.max())
    food = rows[rows.matter == "food"]
    largest = sheet.recent(rows, 60).groupby(NO).fine_cny.max()
    sheet.put(
        penalties_trend_24m=2 * windows[12] - windows[24],
        penalty_free_months=sheet.months_since(last.fillna(sheet.own.established_on)),
        serious_penalties_36m=sheet.count(rows[heavier], 36),
        serious_penalties_60m=sheet.count(rows[heavier], 60),
        fines_12m_log=log(sheet.total(sheet.recent(rows, 12), "fine_cny")),
        fines_36m_log=log(sheet.total(year, "fine_cny")),
        largest_fine_60m_log=log(sheet.spread(largest)),
        days_since_last_penalty=sheet.days_since(rows),
        repeat_penalties_60m=sheet.count(repeated, 60),
        warnings_36m=sheet.count(year[lists(year.penalty_kinds, "warning")]),
        suspension_penalties_60m=sheet.count(rows[lists(rows.penalty_kinds, "suspension")], 60),
        food_penalties_12m=sheet.count(food, 12),
        food_penalties_36m=sheet.count(food, 36),
        food_fines_36m_log=log(sheet.total(sheet.recent(food, 36), "fine_cny")),
    )


def _visits(sheet: Sheet) -> None:
    rows = sheet.frames["inspection"]
    classes = {
        code: row.attributes["class"] for code, row in law.codes("inspection_results").items()
    }
    result = rows.result_code.map(classes)
    problem = result.isin(_PROBLEM)
    follow_up = (rows.inspection_kind == "follow_up") | soon_after(rows, [NO], days=60)
    counted = (problem | (result == "no_problem")) & ~follow_up
    counted &= rows.inspection_kind != "sampling_test"
    found = sheet.frames["finding"]
    found = found[found.severity == "critical"].dropna(subset=["inspection_no"])
    sizes = found.groupby([NO, "inspection_no"]).size().rename("found").reset_index()
    sizes = rows[[NO, "inspection_no"]].merge(sizes, on=[NO, "inspection_no"], how="left")
    critical = rows.critical_count.fillna(sizes.found.set_axis(rows.index)).fillna(0)
    rows = rows.assign(problem=problem, critical=critical)
    visits = rows[counted]
    year, bad = sheet.recent(visits, 36), visits[visits.problem]
    last = visits.drop_duplicates(NO, keep="last").set_index(NO)
    wholes, parts = sheet.count(year), sheet.count(year[year.problem])
    criticals = sheet.count(year[year.critical > 0])
    sheet.put(
        inspections_12m=sheet.count(visits, 12),
        inspections_36m=wholes,
        problem_inspections_12m=sheet.count(bad, 12),
        problem_inspections_36m=parts,
        problem_ratio_36m=shrunk(parts, wholes),
        critical_ratio_36m=shrunk(criticals, wholes),
        last_inspection_problem=sheet.spread(last.problem.astype(float)).fillna(0),
        last_critical_findings=sheet.spread(last.critical),
        critical_findings_mean_36m=sheet.total(year, "critical") / wholes.where(wholes > 0),
        days_since_last_inspection=sheet.days_since(visits),
        days_since_last_problem=sheet.days_since(bad),
        follow_ups_36m=sheet.count(rows[follow_up], 36),
        refused_inspections_60m=sheet.count(rows[result == "refused"], 60),
        food_inspections_36m=sheet.count(year[year.matter == "food"]),
    )


def _listed(sheet: Sheet) -> pd.DataFrame:
    """Listings, with `is_open`."""
    rows = sheet.frames["list_entry"]
    removals, listings = rows[rows.action == "removal"], rows[rows.action == "listing"]
    named = removals.dropna(subset=["listing_decision_no"])[[NO, "list", "listing_decision_no"]]
    named = named.drop_duplicates().rename(columns={"listing_decision_no": "decision_no"})
    nameless = removals[removals.listing_decision_no.isna()]
    unnamed: Any = nameless.groupby([NO, "list"], as_index=False).event_on.max()
    unnamed = unnamed.rename(columns={"event_on": "removed_on"})
    listings = listings.merge(
        named.assign(is_named=True), on=[NO, "list", "decision_no"], how="left"
    )
    listings = listings.merge(unnamed, on=[NO, "list"], how="left")
    removed = listings.is_named.notna() | (listings.removed_on >= listings.event_on)
    return listings.assign(is_open=~removed)


def _listings(sheet: Sheet) -> None:
    rows = _listed(sheet)
    abnormal, still = rows["list"] == "abnormal_operations_list", rows[rows.is_open]
    sheet.put(
        on_abnormal_operations_list=sheet.count(rows[abnormal & rows.is_open]) > 0,
        on_serious_violation_list=sheet.count(still[still["list"] == "serious_violation_list"]) > 0,
        abnormal_listings_36m=sheet.count(rows[abnormal], 36),
        listings_60m=sheet.count(rows, 60),
        days_since_last_listing=sheet.days_since(rows),
    )
    sheet.own["open_listings"] = sheet.count(still)


def _tests(sheet: Sheet) -> None:
    tests, visits = sheet.frames["sampling_test"], sheet.frames["inspection"]
    visits = visits[visits.inspection_kind == "sampling_test"]
    numbers = tests[[NO, "sample_no"]].drop_duplicates().assign(is_known=True)
    numbers = numbers.rename(columns={"sample_no": "inspection_no"})
    tested = visits[[NO, "inspection_no"]].merge(numbers, on=[NO, "inspection_no"], how="left")
    visits = visits[tested.is_known.isna().to_numpy()]
    classes = {
        code: row.attributes["class"] for code, row in law.codes("inspection_results").items()
    }
    result = visits.result_code.map(classes)
    problem = result.isin(_PROBLEM)
    visits = visits[[NO, "event_on"]].assign(
        failed=problem, concluded=problem | (result == "no_problem"), food=visits.matter == "food"
    )
    tests = tests[[NO, "event_on"]].assign(
        failed=tests.result == "failed",
        concluded=tests.result != "not_concluded",
        food=tests.test_kind.isin(["food", "agricultural_product"]),
    )
    rows = pd.concat([tests, visits])
    year, failed = sheet.recent(rows, 36), rows[rows.failed]
    parts, wholes = sheet.count(failed, 36), sheet.count(year[year.concluded])
    sheet.put(
        sampling_tests_36m=sheet.count(year),
        failed_sampling_tests_12m=sheet.count(failed, 12),
        failed_sampling_tests_36m=parts,
        test_failure_ratio_36m=shrunk(parts, wholes),
        days_since_last_failed_test=sheet.days_since(failed),
        food_tests_36m=sheet.count(year[year.food]),
        failed_food_tests_36m=sheet.count(year[year.food & year.failed]),
    )


def _incidents(sheet: Sheet) -> None:
    accident, recall, honour = (sheet.frames[kind] for kind in ("accident", "recall", "honour"))
    liable = accident.is_liable.astype("boolean").fillna(value=False).astype(bool)
    sheet.put(
        compulsory_measures_36m=sheet.count(sheet.frames["compulsory_measure"], 36),
        accidents_60m=sheet.count(accident, 60),
        liable_accidents_60m=sheet.count(accident[liable], 60),
        ordered_recalls_36m=sheet.count(recall[recall.recall_kind == "ordered"], 36),
        commitments_36m=sheet.count(sheet.frames["commitment"], 36),
        honours_valid=sheet.count(honour[~(honour.valid_to < sheet.today)]),
    )


def _complaints(sheet: Sheet) -> None:
    rows = sheet.frames["complaint"]
    year = sheet.recent(rows, 36)
    verified = year.is_verified.astype("boolean").fillna(value=False).astype(bool)
    decided, found = sheet.count(year[year.is_verified.notna()]), sheet.count(year[verified])
    food, quality = rows[rows.category == "food"], rows[rows.category == "product_quality"]
    sheet.put(
        **{f"complaints_{months}m": sheet.count(rows, months) for months in (3, 12, 36)},
        verified_complaints_36m=found,
        verified_complaints_ratio_36m=found / decided.where(decided > 0),
        product_quality_complaints_24m=sheet.count(quality, 24),
        days_since_last_complaint=sheet.days_since(rows),
        food_complaints_12m=sheet.count(food, 12),
        food_complaints_36m=sheet.count(food, 36),
    )


def _units(sheet: Sheet) -> None:
    rows = sheet.frames["special_equipment_unit"]
    newest = rows.drop_duplicates([NO, "unit_code"], keep="last")
    used = newest[newest.status == "in_use"]
    tested = rows[rows.last_inspected_on <= sheet.today]
    tested = tested.drop_duplicates([NO, "unit_code", "last_inspected_on"], keep="last")
    failed = tested[tested.inspection_result == "failed"]
    first = used.groupby(NO).commissioned_on.min()
    sheet.put(
        units_in_use=sheet.count(used),
        boilers_in_use=sheet.count(used[used.category_code == "1000"]),
        elevators_in_use=sheet.count(used[used.category_code == "3000"]),
        units_uninspected=sheet.count(used[used.last_inspected_on.isna()]),
        units_failed=sheet.count(used[used.inspection_result == "failed"]),
        unit_age_highest_days=(sheet.today - sheet.spread(first)).dt.days,
        unit_failures_36m=sheet.count(failed[failed.last_inspected_on > sheet.since(36)]),
    )


def _others(sheet: Sheet) -> None:
    """What enterprises of the same head, address, industry or district have, beside oneself."""
    own, found = sheet.own, sheet.columns
    parts = pd.DataFrame(
        {
            "enterprises": flag(own.status.isin(["active", "dormant"]), own.status.notna()),
            "revoked": found["is_revoked"],
            "penalties_36m": found["penalties_36m"],
            "problem_inspections_36m": found["problem_inspections_36m"],
            "listings": own.open_listings,
        }
    )
    heads = parts.groupby(own.legal_representative_key).transform("sum")
    sheet.put(**{f"related_{name}": heads[name] - parts[name] for name in parts})
    names = ["enterprises", "penalties_36m", "problem_inspections_36m"]
    places = parts[names].groupby(own.address_key).transform("sum")
    sheet.put(**{f"address_{name}": places[name] - parts[name] for name in names})
    bad, all_visits = found["problem_inspections_36m"], found["inspections_36m"]
    prior = bad.sum() / all_visits.sum()
    for name, key in (("industry", own.industry_code), ("area", own.area_code)):
        of_key, wholes = (values.groupby(key).transform("sum") for values in (bad, all_visits))
        sheet.put(**{f"{name}_problem_ratio_36m": (of_key + 20 * prior) / (wholes + 20)})
