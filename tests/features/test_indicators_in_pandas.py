"""The same indicators, computed once more with pandas in the plainest way."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

import law
from tests.features.random_records import random_city

DAY = date(2025, 6, 30)


@pytest.fixture(scope="module")
def frames() -> Mapping[str, pd.DataFrame]:
    """Visible records by kind; days as pandas timestamps."""
    limit = pd.Timestamp(DAY) + pd.Timedelta(days=1) - pd.Timedelta(hours=8)
    seen = {}
    for kind, table in random_city().tables.items():
        frame = table.to_pandas()
        for column in frame.columns:
            if column.endswith("_on") or column in ("valid_from", "valid_to"):
                frame[column] = pd.to_datetime(frame[column])
        visible = (frame.event_on <= pd.Timestamp(DAY)) & (frame.known_at < limit)
        order = ["event_on", "known_at", "record_id"]
        seen[kind] = frame[visible].sort_values(order).reset_index(drop=True)
    return seen


@pytest.fixture(scope="module")
def values() -> pd.DataFrame:
    return random_city().matrix.to_pandas().set_index("enterprise_id")


def since(months: int) -> pd.Timestamp:
    return pd.Timestamp(DAY) - pd.DateOffset(months=months)


def counts(frame: pd.DataFrame, ids: pd.Index) -> pd.Series:
    return frame.groupby("enterprise_id").size().reindex(ids, fill_value=0).astype(float)


def state(frames: Mapping[str, pd.DataFrame], column: str) -> pd.Series:
    known = frames["registration"].dropna(subset=[column])
    return known.groupby("enterprise_id")[column].last()


def counted_visits(frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Counted visits of registered enterprises, with `problem`, as the documentation says."""
    classes = {
        code: item.attributes["class"] for code, item in law.codes("inspection_results").items()
    }
    visits = frames["inspection"].copy()
    days = visits[["enterprise_id", "event_on"]].drop_duplicates().sort_values("event_on")
    days["previous"] = days.groupby("enterprise_id").event_on.shift()
    visits = visits.merge(days, on=["enterprise_id", "event_on"])
    kind = visits.result_code.map(classes)
    problem = kind.isin(["problem", "rectified", "refused", "pending"])
    soon = (visits.event_on - visits.previous) <= pd.Timedelta(days=60)
    follow_up = (visits.inspection_kind == "follow_up") | soon
    counted = (problem | (kind == "no_problem")) & ~follow_up
    registered = visits.enterprise_id.isin(frames["registration"].enterprise_id)
    counted &= registered & (visits.inspection_kind != "sampling_test")
    return visits.assign(problem=problem)[counted]


def due_day(unit: Any) -> pd.Timestamp | None:
    """When a unit's next statutory inspection is due, in the plainest words of the law."""
    if pd.notna(unit.next_inspection_on):
        return unit.next_inspection_on
    if unit.inspection_result == "failed":
        return None
    first, last = unit.commissioned_on, unit.last_inspected_on
    last = first if pd.isna(last) else last
    if unit.category_code == "3000":
        used = (last.year - first.year) * 12 + last.month - first.month
        years = law.value("special_equipment.elevator_inspection_years", on=DAY)
        following = next((year for year in years if used < 12 * year - 6), None)
        if following is not None:
            return first + pd.DateOffset(years=following)
        return last + pd.DateOffset(months=12)
    intervals = law.value("special_equipment.inspection_interval_months", on=DAY)
    return last + pd.DateOffset(months=intervals[unit.category_code])


def still_open(frame: pd.DataFrame, number: str, begun: str, ends: tuple[str, ...]) -> pd.DataFrame:
    """Records that begin something which no record of the day or later ends."""
    ended = frame[frame.action.isin(ends)].groupby(["enterprise_id", number]).event_on.max()
    begins = frame[frame.action == begun]
    end = begins.set_index(["enterprise_id", number]).index.map(ended)
    return begins[~(end.to_numpy() >= begins.event_on.to_numpy())]


def sampling_tests(frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Test records, and test visits under other numbers, with `failed` and `food`."""
    tests = frames["sampling_test"].assign(number=lambda frame: frame.sample_no)
    tests["failed"] = tests.result == "failed"
    tests["concluded"] = tests.result != "not_concluded"
    tests["food"] = tests.test_kind.isin(["food", "agricultural_product"])
    visits = frames["inspection"].query("inspection_kind == 'sampling_test'")
    classes = {
        code: item.attributes["class"] for code, item in law.codes("inspection_results").items()
    }
    kind = visits.result_code.map(classes)
    visits = visits.assign(
        number=visits.inspection_no,
        failed=kind.isin(["problem", "rectified", "refused", "pending"]),
        food=visits.matter == "food",
    )
    visits["concluded"] = visits.failed | (kind == "no_problem")
    taken = set(zip(tests.enterprise_id, tests.number, strict=True))
    known = [pair in taken for pair in zip(visits.enterprise_id, visits.number, strict=True)]
    columns = ["enterprise_id", "event_on", "failed", "concluded", "food"]
    return pd.concat([tests[columns], visits[~np.array(known, dtype=bool)][columns]])


def check(values: pd.DataFrame, name: str, expected: pd.Series) -> None:
    assert expected.notna().any()
    pd.testing.assert_series_equal(
        values[name], expected.reindex(values.index).astype(float), check_names=False, rtol=1e-12
    )


def test_pandas_agrees_on_counts(frames: Mapping[str, pd.DataFrame], values: pd.DataFrame) -> None:
    ids = values.index
    penalty, complaint, honour = frames["penalty"], frames["complaint"], frames["honour"]
    check(values, "penalties_24m", counts(penalty[penalty.event_on > since(24)], ids))
    recent = complaint[(complaint.event_on > since(36)) & (complaint.is_verified == True)]  # noqa: E712
    check(values, "verified_complaints_36m", counts(recent, ids))
    valid = honour.valid_to.isna() | (honour.valid_to >= pd.Timestamp(DAY))
    check(values, "honours_valid", counts(honour[valid], ids))
    changes = frames["registration"].query("event == 'change'")
    moved = changes.change_items.fillna("").str.split(";").map(lambda items: "address" in items)
    check(
        values, "address_changes_36m", counts(changes[moved & (changes.event_on > since(36))], ids)
    )


def test_pandas_agrees_on_amounts_and_recency(
    frames: Mapping[str, pd.DataFrame], values: pd.DataFrame
) -> None:
    penalty, complaint = frames["penalty"], frames["complaint"]
    fines = penalty[penalty.event_on > since(36)].groupby("enterprise_id").fine_cny
    total = fines.agg(lambda amounts: float(sum(amounts.dropna()))).reindex(values.index)
    check(values, "fines_36m_log", np.log(total.fillna(0.0).astype(float) + 1))
    last = complaint.groupby("enterprise_id").event_on.max()
    check(values, "days_since_last_complaint", (pd.Timestamp(DAY) - last).dt.days)
    people = frames["annual_report"].dropna(subset=["employees"])
    check(values, "employees", people.groupby("enterprise_id").employees.last())


def test_pandas_agrees_on_visits(frames: Mapping[str, pd.DataFrame], values: pd.DataFrame) -> None:
    visits = counted_visits(frames)
    recent = visits[visits.event_on > since(36)]
    all_visits, problems = (
        counts(recent, values.index),
        counts(recent[recent.problem], values.index),
    )
    check(values, "inspections_36m", all_visits)
    check(values, "problem_inspections_36m", problems)
    prior = recent.problem.mean()
    ratio = ((problems + 4 * prior) / (all_visits + 4)).where(all_visits > 0)
    check(values, "problem_ratio_36m", ratio)
    age = (pd.Timestamp(DAY) - visits.event_on).dt.days
    weight = 0.5 ** (age / (12 * 30.436875))
    fading = weight.groupby(visits.enterprise_id).sum()
    faded = weight[visits.problem].groupby(visits.enterprise_id).sum().reindex(fading.index)
    expected = (faded.fillna(0) + 4 * prior) / (fading + 4)
    difference = (values["problem_ratio_fading"] - expected.reindex(values.index)).abs()
    assert difference.max() < 1e-5  # weights are rounded to 2**-20
    assert (
        values["problem_ratio_fading"].notna().sum() == expected.reindex(values.index).notna().sum()
    )


def test_pandas_agrees_on_peers_and_connected(
    frames: Mapping[str, pd.DataFrame], values: pd.DataFrame
) -> None:
    recent = counted_visits(frames)
    recent = recent[recent.event_on > since(36)]
    industry = state(frames, "industry_code")
    owners = recent.enterprise_id.map(industry)
    grouped = recent.problem.groupby(owners).agg(["sum", "size"])
    rate = (grouped["sum"] + 20 * recent.problem.mean()) / (grouped["size"] + 20)
    check(values, "industry_problem_ratio_36m", industry.map(rate))
    head, penalty = state(frames, "legal_representative_key"), frames["penalty"]
    everybody = state(frames, "status").index
    own = counts(penalty[penalty.event_on > since(36)], everybody)
    of_head = own.groupby(head.reindex(everybody)).sum()
    check(values, "related_penalties_36m", head.map(of_head) - own.reindex(head.index))


def test_pandas_agrees_on_states(frames: Mapping[str, pd.DataFrame], values: pd.DataFrame) -> None:
    today, ids = pd.Timestamp(DAY), values.index
    units = frames["special_equipment_unit"].groupby(["enterprise_id", "unit_code"]).tail(1)
    in_use = units[units.status == "in_use"]
    due = [due_day(unit) for unit in in_use.itertuples()]
    late = pd.Series(due, index=in_use.index, dtype="datetime64[ns]") < today
    check(values, "units_overdue", counts(in_use[late], ids))
    check(values, "units_uninspected", counts(in_use[in_use.last_inspected_on.isna()], ids))
    licences = frames["licence"].groupby(["enterprise_id", "licence_no"]).tail(1)
    valid = (
        (licences.status == "valid") & (licences.valid_from <= today) & (licences.valid_to >= today)
    )
    check(values, "licences_valid", counts(licences[valid], ids))
    age = state(frames, "established_on")
    months = (DAY.year - age.dt.year) * 12 + DAY.month - age.dt.month - (age.dt.day > DAY.day)
    check(values, "age_months", months)


def test_pandas_agrees_on_sampling_tests(
    frames: Mapping[str, pd.DataFrame], values: pd.DataFrame
) -> None:
    tests, ids = sampling_tests(frames), values.index
    for months in (6, 12, 24, 36):
        recent = tests[tests.event_on > since(months)]
        name = f"failed_sampling_tests_{months}m"
        check(values, name, counts(recent[recent.failed], ids))
    check(values, "food_tests_36m", counts(recent[recent.food], ids))
    check(values, "failed_food_tests_36m", counts(recent[recent.food & recent.failed], ids))
    registered = recent[recent.enterprise_id.isin(frames["registration"].enterprise_id)]
    concluded = registered[registered.concluded]
    wholes, parts = counts(concluded, ids), counts(registered[registered.failed], ids)
    prior = registered.failed.sum() / len(concluded)
    check(values, "test_failure_ratio_36m", ((parts + 4 * prior) / (wholes + 4)).where(wholes > 0))
    high = frames["sampling_test"]
    high = high[(high.event_on > since(36)) & high.level.isin(["national", "provincial"])]
    high = high[(high.result == "failed") & high.test_kind.isin(["food", "agricultural_product"])]
    check(values, "failed_food_high_level_tests_36m", counts(high, ids))


def test_pandas_agrees_on_what_is_open(
    frames: Mapping[str, pd.DataFrame], values: pd.DataFrame
) -> None:
    ids = values.index
    pledges = still_open(
        frames["equity_pledge"], "pledge_no", "registered", ("cancelled", "annulled")
    )
    check(values, "equity_pledges_open", counts(pledges, ids))
    pledged = pledges.groupby("enterprise_id").amount_cny.agg(lambda x: float(sum(x.dropna())))
    check(values, "equity_pledged_open_log", np.log(pledged.reindex(ids).fillna(0.0) + 1))
    mortgages = still_open(frames["chattel_mortgage"], "mortgage_no", "registered", ("cancelled",))
    check(values, "chattel_mortgages_open", counts(mortgages, ids))
    courts = frames["judicial_assistance"].copy()
    named = courts.freeze_document_no.where(courts.action != "freeze")
    courts["freeze_no"] = named.fillna(courts.document_no)
    frozen = still_open(courts, "freeze_no", "freeze", ("unfreeze",))
    check(values, "frozen_equity_open", counts(frozen, ids))
    defaults = still_open(frames["judgment_default"], "case_no", "listing", ("removal",))
    check(values, "judgment_defaults_open", counts(defaults, ids))
    head, everybody = state(frames, "legal_representative_key"), state(frames, "status").index
    own = counts(defaults, everybody)
    of_head = own.groupby(head.reindex(everybody)).sum()
    check(values, "related_judgment_defaults", head.map(of_head) - own.reindex(head.index))


def test_pandas_agrees_on_persons_and_their_shares(
    frames: Mapping[str, pd.DataFrame], values: pd.DataFrame
) -> None:
    persons, ids = frames["related_person"], values.index
    firsts = persons.groupby("enterprise_id").event_on.transform("min")
    moves = persons[(persons.event_on > firsts) & (persons.event_on > since(36))]
    check(values, "shareholder_moves_36m", counts(moves[moves.role == "shareholder"], ids))
    now = []
    for _, post in persons.groupby(["enterprise_id", "person_key", "role"]):
        begun, ended = (post[post.action == action] for action in ("begun", "ended"))
        if len(begun) and not (ended.event_on >= begun.event_on.iloc[-1]).any():
            now.append(begun.iloc[-1])
    current = pd.DataFrame(now)
    check(values, "officers", counts(current[current.role != "shareholder"], ids))
    holders = current[current.role == "shareholder"].dropna(subset=["share_ratio"])
    order = ["enterprise_id", "share_ratio", "person_key"]
    main = holders.sort_values(order, ascending=[True, False, True]).groupby("enterprise_id")
    main = main.person_key.first()
    penalties = frames["penalty"]
    everybody = state(frames, "status").index
    own = counts(penalties[penalties.event_on > since(36)], everybody)
    of_person = own.groupby(main.reindex(everybody)).sum()
    check(values, "shareholder_penalties_36m", main.map(of_person) - own.reindex(main.index))


def test_pandas_agrees_on_repeats_and_trends(
    frames: Mapping[str, pd.DataFrame], values: pd.DataFrame
) -> None:
    penalties, ids = frames["penalty"], values.index
    within: dict[str, list[int]] = {}
    food: dict[str, int] = {}
    for (owner, matter), decided in penalties.groupby(["enterprise_id", "matter"]):
        ordinary = ~decided.penalty_kinds.str.contains("suspension|licence_revocation")
        for row, day in decided.event_on.items():
            year = (decided.event_on <= day) & (decided.event_on >= day - pd.Timedelta(days=365))
            within.setdefault(owner, []).append(int(year.sum()))
            reached = ordinary[row] and (year & ordinary).sum() >= 3
            food[owner] = food.get(owner, 0) + int(reached and matter == "food" and day > since(36))
    most = pd.Series({owner: max(numbers) for owner, numbers in within.items()})
    check(values, "same_matter_penalties_in_a_year", most.reindex(ids, fill_value=0))
    check(values, "food_penalties_too_many_36m", pd.Series(food).reindex(ids, fill_value=0))
    last, both = (counts(penalties[penalties.event_on > since(months)], ids) for months in (12, 24))
    check(values, "penalties_trend_24m", last - (both - last))


def test_pandas_agrees_on_commitments_and_own_checks(
    frames: Mapping[str, pd.DataFrame], values: pd.DataFrame
) -> None:
    ids = values.index
    checks = frames["commitment_check"].groupby(["enterprise_id", "commitment_no"]).result.last()
    made = frames["commitment"].set_index(["enterprise_id", "commitment_no"])
    result = pd.Series(made.index.map(checks), index=made.index)
    for name, word in (("commitments_kept", "kept"), ("commitments_broken", "broken")):
        check(values, name, counts(made[(result == word).to_numpy()].reset_index(), ids))
    units = frames["special_equipment_unit"].groupby(["enterprise_id", "unit_code"]).tail(1)
    units = units[units.status == "in_use"].set_index(["enterprise_id", "unit_code"])
    own = frames["special_equipment_check"]
    self_checks = own[own.check_kind == "self_check"]
    last = self_checks.groupby(["enterprise_id", "unit_code"]).event_on.max()
    checked = pd.Series(pd.to_datetime(units.index.map(last)), index=units.index)
    old = ~(checked.fillna(units.commissioned_on) > since(1))
    check(values, "units_unchecked", counts(units[old].reset_index(), ids))
    per_unit = counts(self_checks[self_checks.event_on > since(3)], ids)
    in_use = counts(units.reset_index(), ids)
    check(values, "self_checks_per_unit_3m", (per_unit / in_use).where(in_use > 0))


def test_pandas_agrees_on_plain_counts_of_other_kinds(
    frames: Mapping[str, pd.DataFrame], values: pd.DataFrame
) -> None:
    today, ids = pd.Timestamp(DAY), values.index
    accident, recall, right = (
        frames["accident"],
        frames["recall"],
        frames["intellectual_property"],
    )
    recent = accident[accident.event_on > since(60)]
    check(
        values,
        "accident_deaths_60m",
        recent.groupby("enterprise_id").deaths.sum().reindex(ids).fillna(0),
    )
    check(values, "liable_accidents_60m", counts(recent[recent.is_liable == True], ids))  # noqa: E712
    check(values, "recalls_uncompleted", counts(recall[recall.is_completed == False], ids))  # noqa: E712
    valid = right.valid_to.isna() | (right.valid_to >= today)
    check(values, "rights_valid", counts(right[valid], ids))
    honour = frames["honour"]
    honour = honour[honour.valid_to.isna() | (honour.valid_to >= today)]
    systems = honour[honour.title.str.contains("HACCP")]
    check(values, "food_safety_systems_valid", counts(systems, ids))
    rated = honour[(honour.honour_kind == "tax_rating") & honour.title.str.contains("纳税信用")]
    grade = rated.groupby("enterprise_id").title.last().str.extract("信用(.)级")[0]
    check(values, "tax_rating_a", (grade == "A").astype(float))
    measures = frames["compulsory_measure"]
    stops = measures[(measures.measure == "equipment_stop") & (measures.event_on > since(36))]
    check(values, "equipment_stops_36m", counts(stops, ids))


def test_pandas_agrees_on_licences(
    frames: Mapping[str, pd.DataFrame], values: pd.DataFrame
) -> None:
    today, ids, records = pd.Timestamp(DAY), values.index, frames["licence"]
    newest = records.groupby(["enterprise_id", "licence_no"]).tail(1)
    valid = newest[
        (newest.status == "valid") & (newest.valid_from <= today) & (newest.valid_to >= today)
    ]
    food = valid[valid.licence_kind.str.startswith("food")]
    tiers = {"24": 3, "热食": 2, "04 肉制品;27 保健食品": 4, "中央厨房": 4}
    highest = food.category.map(tiers).groupby(food.enterprise_id).max()
    check(values, "food_static_tier", highest)
    special = food[
        (food.licence_kind == "food_production") & food.category.str.contains("27", na=False)
    ]
    check(values, "makes_special_food", (counts(special, ids) > 0).astype(float))
    granted = records[records.status == "valid"].sort_values(
        ["valid_from", "event_on", "known_at", "record_id"]
    )
    same = granted.groupby(["enterprise_id", "licence_kind", "category"], dropna=False)
    gap = (granted.valid_from - same.valid_to.shift()).dt.days
    late = granted[(gap > 1) & (granted.event_on > since(60))]
    check(values, "late_licence_renewals_60m", counts(late, ids))
