"""The same indicators, computed once more with pandas in the plainest way."""

from collections.abc import Mapping
from datetime import date

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
    check(values, "units_overdue", counts(in_use[in_use.next_inspection_on < today], ids))
    licences = frames["licence"].groupby(["enterprise_id", "licence_no"]).tail(1)
    valid = (
        (licences.status == "valid") & (licences.valid_from <= today) & (licences.valid_to >= today)
    )
    check(values, "licences_valid", counts(licences[valid], ids))
    age = state(frames, "established_on")
    months = (DAY.year - age.dt.year) * 12 + DAY.month - age.dt.month - (age.dt.day > DAY.day)
    check(values, "age_months", months)
