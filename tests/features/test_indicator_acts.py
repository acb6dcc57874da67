"""What indicators say of tests, courts, pledges, commitments and persons, written by hand."""

from datetime import date
from typing import Any

import pyarrow as pa
import pytest

from features.build import build_matrix
from features.engine import Engine
from tests.features.random_records import TableArchive, enterprises, table_of

DAY = date(2025, 6, 30)


def one(engine: Engine, *names: str, of: str = "E1", **kinds: pa.Table) -> dict[str, Any]:
    """Indicators of one enterprise of a small archive."""
    kinds.setdefault("registration", enterprises("E1"))
    matrix = build_matrix(
        engine, TableArchive(**kinds), as_of=DAY, names=names, enterprise_ids=[of]
    )
    (row,) = matrix.select(names).to_pylist()
    return dict(row)


def of_e1(kind: str, *rows: dict[str, Any]) -> pa.Table:
    return table_of(kind, *[{"enterprise_id": "E1", **row} for row in rows])


def test_sampling_tests_and_test_visits_count_once(engine: Engine) -> None:
    def sampled(number: str, day: str, result: str, **more: Any) -> dict[str, Any]:
        return {
            "sample_no": number,
            "event_on": day,
            "result": result,
            "test_kind": "food",
            **more,
        }

    tests = of_e1(
        "sampling_test",
        sampled("I1", "2025-02-01", "failed", level="national", failure_kind="safety"),
        sampled("S2", "2024-09-01", "failed", level="city", failure_kind="label"),
        sampled("S3", "2023-10-01", "failed", test_kind="product"),
        sampled("S4", "2025-03-01", "passed"),
        sampled("S5", "2025-04-01", "not_concluded"),
    )
    visits = [
        {"inspection_no": "I1", "event_on": "2025-01-20", "result_code": "3"},  # S1's own visit
        {"inspection_no": "I9", "event_on": "2022-08-01", "result_code": "3"},
        {"inspection_no": "I8", "event_on": "2025-06-01", "result_code": "6"},  # nobody there
    ]
    inspections = of_e1(
        "inspection",
        *[{"inspection_kind": "sampling_test", "matter": "food", **visit} for visit in visits],
    )
    found = one(
        engine,
        "sampling_tests_36m",
        "failed_sampling_tests_6m",
        "failed_sampling_tests_12m",
        "failed_sampling_tests_24m",
        "failed_sampling_tests_36m",
        "test_failure_ratio_36m",
        "days_since_last_failed_test",
        "food_tests_36m",
        "failed_food_tests_24m",
        "failed_food_high_level_tests_36m",
        "failed_food_safety_tests_36m",
        "failed_food_label_tests_36m",
        sampling_test=tests,
        inspection=inspections,
    )
    assert found == {
        "sampling_tests_36m": 7,
        "failed_sampling_tests_6m": 1,
        "failed_sampling_tests_12m": 2,
        "failed_sampling_tests_24m": 3,
        "failed_sampling_tests_36m": 4,
        "test_failure_ratio_36m": pytest.approx(4 / 5),
        "days_since_last_failed_test": (DAY - date(2025, 2, 1)).days,
        "food_tests_36m": 6,
        "failed_food_tests_24m": 2,
        "failed_food_high_level_tests_36m": 1,
        "failed_food_safety_tests_36m": 1,
        "failed_food_label_tests_36m": 1,
    }


def test_pledges_and_mortgages_are_open_until_cancelled(engine: Engine) -> None:
    def pledge(number: str, day: str, action: str) -> dict[str, Any]:
        return {"pledge_no": number, "event_on": day, "action": action, "amount_cny": 100}

    def mortgage(number: str, day: str, action: str) -> dict[str, Any]:
        return {"mortgage_no": number, "event_on": day, "action": action, "secured_cny": 50}

    found = one(
        engine,
        "equity_pledges_open",
        "equity_pledged_open_log",
        "chattel_mortgages_open",
        "chattel_secured_open_log",
        equity_pledge=of_e1(
            "equity_pledge",
            pledge("1", "2023-01-01", "registered"),
            pledge("2", "2023-01-01", "registered"),
            pledge("2", "2024-01-01", "cancelled"),
            pledge("3", "2023-01-01", "registered"),
            pledge("3", "2023-01-01", "annulled"),  # on the same day
            pledge("4", "2022-01-01", "cancelled"),
            pledge("4", "2023-01-01", "registered"),  # registered again
            pledge("5", "2025-01-01", "registered"),
            pledge("5", "2025-07-01", "cancelled"),  # after the as-of day
        ),
        chattel_mortgage=of_e1(
            "chattel_mortgage",
            mortgage("1", "2023-01-01", "registered"),
            mortgage("2", "2023-01-01", "registered"),
            mortgage("2", "2024-01-01", "cancelled"),
        ),
    )
    assert found == {
        "equity_pledges_open": 3,
        "equity_pledged_open_log": pytest.approx(5.707110264748875),  # ln(301)
        "chattel_mortgages_open": 1,
        "chattel_secured_open_log": pytest.approx(3.9318256327243257),  # ln(51)
    }


def test_a_freeze_is_open_until_an_unfreeze_names_it(engine: Engine) -> None:
    def asked(number: str, day: str, action: str, ends: str | None = None) -> dict[str, Any]:
        return {
            "document_no": number,
            "event_on": day,
            "action": action,
            "freeze_document_no": ends,
        }

    found = one(
        engine,
        "frozen_equity_open",
        "forced_transfers_36m",
        judicial_assistance=of_e1(
            "judicial_assistance",
            asked("1", "2023-01-01", "freeze"),
            asked("2", "2023-02-01", "freeze"),
            asked("3", "2024-01-01", "unfreeze", ends="1"),
            asked("4", "2023-03-01", "freeze"),
            asked("4", "2024-03-01", "unfreeze"),  # names none: its own number
            asked("5", "2024-03-01", "unfreeze", ends="another"),
            asked("6", "2024-05-01", "forced_transfer"),
        ),
    )
    assert found == {"frozen_equity_open": 1, "forced_transfers_36m": 1}


def test_defaults_of_the_enterprise_and_of_connected_ones(engine: Engine) -> None:
    def default(owner: str, number: str, day: str, action: str) -> dict[str, Any]:
        return {"enterprise_id": owner, "case_no": number, "event_on": day, "action": action}

    defaults = table_of(
        "judgment_default",
        default("E1", "a", "2023-01-01", "listing"),
        default("E1", "b", "2023-01-01", "listing"),
        default("E1", "b", "2024-01-01", "removal"),
        default("E2", "c", "2023-01-01", "listing"),
        default("E3", "d", "2019-01-01", "listing"),
    )
    persons = table_of(
        "related_person",
        *[
            {
                "enterprise_id": owner,
                "event_on": day,
                "person_key": person,
                "role": "shareholder",
                "action": action,
                "share_ratio": share,
            }
            for owner, person, day, action, share in [
                ("E1", "p", "2020-01-01", "begun", 0.6),
                ("E1", "q", "2020-01-01", "begun", 0.4),
                ("E3", "q", "2020-01-01", "begun", 0.9),
                ("E3", "q", "2022-01-01", "ended", None),
                ("E3", "p", "2022-01-01", "begun", 0.2),
                ("E4", "p", "2020-01-01", "begun", None),  # share unknown: no main shareholder
            ]
        ],
    )
    names = [
        "judgment_defaults_open",
        "judgment_defaults_60m",
        "related_judgment_defaults",
        "shareholder_enterprises",
        "shareholder_judgment_defaults",
        "shareholders",
        "largest_share_ratio",
        "shareholder_moves_36m",
    ]
    archive = TableArchive(
        registration=enterprises(
            "E1", "E2", "E3", "E4", legal_representative_key=["a", "a", "b", None]
        ),
        judgment_default=defaults,
        related_person=persons,
    )
    rows = build_matrix(engine, archive, as_of=DAY, names=names).select(names).to_pylist()
    assert [list(row.values()) for row in rows] == [
        [1, 2, 1, 1, 1, 2, 0.6, 0],
        [1, 1, 1, None, None, 0, None, 0],
        [1, 0, 0, 1, 1, 1, 0.2, 0],
        [0, 0, None, None, None, 1, None, 0],
    ]


def test_persons_and_enterprises_now_and_their_moves(engine: Engine) -> None:
    def post(person: str, day: str, role: str, action: str) -> dict[str, Any]:
        return {"person_key": person, "event_on": day, "role": role, "action": action}

    def relation(other: str, day: str, kind: str, action: str) -> dict[str, Any]:
        return {
            "other_enterprise_id": other,
            "event_on": day,
            "relation": kind,
            "action": action,
            "share_ratio": 0.7 if kind == "shareholder" else None,
        }

    found = one(
        engine,
        "shareholders",
        "officers",
        "largest_share_ratio",
        "officer_moves_12m",
        "officer_moves_36m",
        "branches",
        "investments",
        related_person=of_e1(
            "related_person",
            post("p", "2024-08-01", "director", "begun"),  # what it began with is no move
            post("q", "2024-08-01", "director", "begun"),
            post("q", "2025-01-01", "director", "ended"),
            post("q", "2025-03-01", "director", "begun"),  # came back
            post("q", "2025-03-01", "shareholder", "begun"),
            post("r", "2025-03-01", "contact", "begun"),
        ),
        related_enterprise=of_e1(
            "related_enterprise",
            relation("F1", "2020-01-01", "shareholder", "begun"),
            relation("F2", "2020-01-01", "branch", "begun"),
            relation("F2", "2021-01-01", "branch", "ended"),
            relation("F3", "2021-01-01", "branch", "begun"),
            relation("F4", "2021-01-01", "investment", "begun"),
        ),
    )
    assert found == {
        "shareholders": 2,
        "officers": 2,
        "largest_share_ratio": 0.7,
        "officer_moves_12m": 2,
        "officer_moves_36m": 2,
        "branches": 1,
        "investments": 1,
    }


def test_commitments_by_their_newest_check(engine: Engine) -> None:
    def made(number: str, matter: str | None = None) -> dict[str, Any]:
        return {"commitment_no": number, "event_on": "2023-01-01", "matter": matter}

    def checked(number: str, day: str, result: str) -> dict[str, Any]:
        return {"commitment_no": number, "event_on": day, "result": result}

    found = one(
        engine,
        "commitments_36m",
        "commitments_kept",
        "commitments_broken",
        "commitment_breaches_36m",
        "commitment_breach_ratio_36m",
        "food_commitments_broken",
        commitment=of_e1("commitment", made("1"), made("2", "food"), made("3")),
        commitment_check=of_e1(
            "commitment_check",
            checked("1", "2023-06-01", "broken"),
            checked("1", "2024-06-01", "kept"),
            checked("2", "2023-06-01", "kept"),
            checked("2", "2024-06-01", "broken"),
        ),
    )
    assert found == {
        "commitments_36m": 3,
        "commitments_kept": 1,
        "commitments_broken": 1,
        "commitment_breaches_36m": 2,
        "commitment_breach_ratio_36m": 0.5,
        "food_commitments_broken": 1,
    }


def test_measures_accidents_and_recalls(engine: Engine) -> None:
    def accident(number: str, day: str, **more: Any) -> dict[str, Any]:
        return {"accident_no": number, "event_on": day, "matter": "food", **more}

    def recall(number: str, kind: str, completed: bool | None, matter: str) -> dict[str, Any]:
        return {
            "recall_no": number,
            "event_on": "2024-09-01",
            "recall_kind": kind,
            "is_completed": completed,
            "matter": matter,
        }

    found = one(
        engine,
        "compulsory_measures_12m",
        "compulsory_measures_60m",
        "equipment_stops_36m",
        "food_compulsory_measures_36m",
        "accidents_60m",
        "liable_accidents_24m",
        "accident_deaths_60m",
        "equipment_liable_accidents_24m",
        "food_accidents_60m",
        "ordered_recalls_36m",
        "voluntary_recalls_36m",
        "recalls_uncompleted",
        "food_recalls_uncompleted",
        "equipment_ordered_recalls_12m",
        compulsory_measure=of_e1(
            "compulsory_measure",
            {"event_on": "2021-01-01", "measure": "sealing", "matter": "food"},
            {"event_on": "2023-01-01", "measure": "seizure", "matter": "food"},
            {"event_on": "2025-01-01", "measure": "equipment_stop"},
        ),
        accident=of_e1(
            "accident",
            accident("1", "2023-06-30", is_liable=True, deaths=1),  # a day before the window
            accident("2", "2023-07-01", is_liable=True, matter="special_equipment"),
            accident("3", "2024-01-01", is_liable=False, deaths=2),
            accident("4", "2024-02-01"),
        ),
        recall=of_e1(
            "recall",
            recall("1", "ordered", None, "special_equipment"),
            recall("2", "voluntary", False, "food"),
            recall("3", "ordered", True, "food"),
            recall("4", "ordered", False, "other"),
        ),
    )
    assert list(found.values()) == [1, 3, 1, 1, 4, 1, 3, 1, 3, 3, 1, 2, 1, 1]


def test_penalties_in_a_year_trends_and_clean_months(engine: Engine) -> None:
    def fined(day: str, matter: str = "food", kinds: str = "fine") -> dict[str, Any]:
        return {"event_on": day, "matter": matter, "penalty_kinds": kinds}

    found = one(
        engine,
        "penalties_3m",
        "penalties_6m",
        "penalties_trend_24m",
        "penalty_free_months",
        "same_matter_penalties_in_a_year",
        "food_penalties_in_a_year",
        "food_penalties_too_many_36m",
        "food_violation_free_months",
        penalty=of_e1(
            "penalty",
            fined("2023-01-10"),
            fined("2023-06-10", kinds="fine;suspension"),  # not among the three of a year
            fined("2023-09-10"),
            fined("2024-01-10"),  # 365 days after the first: the third
            fined("2024-02-01"),
            fined("2025-01-31", "price"),
            fined("2025-02-28", "price", "warning"),
        ),
        sampling_test=of_e1(
            "sampling_test",
            {"event_on": "2024-06-30", "result": "failed", "test_kind": "food"},
            {"event_on": "2025-06-01", "result": "passed", "test_kind": "food"},
        ),
    )
    assert found == {
        "penalties_3m": 0,
        "penalties_6m": 2,
        "penalties_trend_24m": 2 - 3,
        "penalty_free_months": 4,
        "same_matter_penalties_in_a_year": 4,
        "food_penalties_in_a_year": 4,
        "food_penalties_too_many_36m": 2,
        "food_violation_free_months": 12,
    }


def test_without_penalties_clean_since_the_establishment(engine: Engine) -> None:
    names = (
        "penalty_free_months",
        "same_matter_penalties_in_a_year",
        "food_violation_free_months",
    )
    found = one(engine, *names)
    assert list(found.values()) == [125, 0, 125]


def test_honours_by_kind_rights_and_announcements(engine: Engine) -> None:
    def honour(number: str, kind: str, title: str, until: str | None = None) -> dict[str, Any]:
        return {
            "certificate_no": number,
            "event_on": f"2024-01-0{number}",
            "honour_kind": kind,
            "title": title,
            "valid_to": until,
        }

    found = one(
        engine,
        "quality_awards_valid",
        "system_certifications_valid",
        "food_safety_systems_valid",
        "tax_rating_a",
        "tax_rating_low",
        "rights_valid",
        "capital_reductions_36m",
        "dissolutions_36m",
        "impersonation_announcements_36m",
        honour=of_e1(
            "honour",
            honour("1", "quality_award", "市政府质量奖"),
            honour("2", "system_certification", "Haccp体系认证"),
            honour("3", "system_certification", "危害分析与关键控制点", "2025-06-29"),
            honour("4", "tax_rating", "纳税信用A级"),
            honour("5", "tax_rating", "纳税信用C级"),
            honour("6", "honour", "A级旅游景区"),  # a letter, but no tax rating
        ),
        intellectual_property=of_e1(
            "intellectual_property",
            {"event_on": "2015-01-01", "valid_to": "2025-06-30"},
            {"event_on": "2015-01-01", "valid_to": "2025-06-29"},
            {"event_on": "2015-01-01", "valid_to": None},
        ),
        announcement=of_e1(
            "announcement",
            {"event_on": "2024-01-01", "announcement_kind": "capital_reduction"},
            {"event_on": "2024-01-01", "announcement_kind": "liquidation"},
            {"event_on": "2022-06-30", "announcement_kind": "dissolution"},
            {"event_on": "2024-01-01", "announcement_kind": "suspected_impersonation"},
        ),
    )
    assert list(found.values()) == [1, 1, 1, 0, 1, 2, 1, 1, 1]


def test_months_on_the_list_count_from_the_open_listing(engine: Engine) -> None:
    def entry(day: str, action: str, number: str, ends: str | None = None) -> dict[str, Any]:
        return {
            "event_on": day,
            "list": "abnormal_operations_list",
            "action": action,
            "decision_no": number,
            "listing_decision_no": ends,
        }

    listed = of_e1(
        "list_entry",
        entry("2020-01-01", "listing", "1"),
        entry("2021-01-01", "removal", "2", ends="1"),
        entry("2024-05-31", "listing", "3"),
    )
    assert one(engine, "months_on_abnormal_list", list_entry=listed) == {
        "months_on_abnormal_list": 12
    }
