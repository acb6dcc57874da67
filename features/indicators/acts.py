"""Tests, measures, courts, pledges, commitments and rights, prepared for counting."""

from typing import Any

import ibis

from features.catalogue import ENTERPRISE_NO
from features.indicators.endings import with_current, with_open
from features.indicators.records import (
    PLACE,
    Records,
    in_order,
    in_order_of,
    left_join,
    newest_per,
)
from features.indicators.visits import codes_of
from features.indicators.vocabulary import PROBLEM_CLASSES

_FOOD_TESTS = ("food", "agricultural_product")
_HIGH_LEVELS = ("national", "provincial")


def sampling_tests(records: Records) -> Any:
    """Sampling tests: the test records, and test visits under a number no test record has."""
    tests = records.of("sampling_test")
    visits = records.of("inspection")
    visits = visits.filter(visits.inspection_kind == "sampling_test")
    same = [ENTERPRISE_NO, visits.inspection_no == tests.sample_no]
    visits = visits.anti_join(tests, same)
    rows = ibis.union(_test_records(tests), _test_visits(visits, records))
    failed = rows.is_failed
    marked = rows.mutate(
        is_food=rows.test_kind.isin(_FOOD_TESTS),
        is_high_failure=failed & rows.level.isin(_HIGH_LEVELS).fill_null(False),
        is_safety_failure=failed & (rows.failure_kind == "safety").fill_null(False),
        is_label_failure=failed & (rows.failure_kind == "label").fill_null(False),
    )
    # Records of two kinds: each counts its own, so neither's numbers put them in order.
    return in_order_of(marked, "event_on", "known_at", "record_id")


def _test_records(tests: Any) -> Any:
    return tests.select(
        ENTERPRISE_NO,
        PLACE,
        "record_id",
        "event_on",
        "known_at",
        "test_kind",
        "level",
        "failure_kind",
        is_failed=tests.result == "failed",
        is_concluded=tests.result != "not_concluded",
    )


def _test_visits(visits: Any, records: Records) -> Any:
    failed = visits.result_code.isin(codes_of(records.moment, PROBLEM_CLASSES))
    passed = visits.result_code.isin(codes_of(records.moment, ("no_problem",)))
    return visits.select(
        ENTERPRISE_NO,
        PLACE,
        "record_id",
        "event_on",
        "known_at",
        test_kind=(visits.matter == "food").ifelse("food", "product"),
        level=ibis.null("string"),
        failure_kind=ibis.null("string"),
        is_failed=failed,
        is_concluded=failed | passed,
    )


def equity_pledges(records: Records) -> Any:
    """Registrations of pledges and their ends; `is_open` while registered and not cancelled."""
    rows = records.of("equity_pledge")
    return in_order(with_open(rows, "registered", ends=("cancelled", "annulled"), key="pledge_no"))


def chattel_mortgages(records: Records) -> Any:
    """Registrations of mortgages and their ends; `is_open` while registered, not cancelled."""
    rows = records.of("chattel_mortgage")
    return in_order(with_open(rows, "registered", ends=("cancelled",), key="mortgage_no"))


def judicial_assistance(records: Records) -> Any:
    """What courts asked for; a freeze `is_open` until an unfreeze names its document.

    An unfreeze that names none ends the freeze under its own document number.
    """
    rows = records.of("judicial_assistance")
    own = rows.freeze_document_no.isnull() | (rows.action == "freeze")
    rows = rows.mutate(freeze_no=own.ifelse(rows.document_no, rows.freeze_document_no))
    return in_order(with_open(rows, "freeze", ends=("unfreeze",), key="freeze_no"))


def judgment_defaults(records: Records) -> Any:
    """Listings as judgment default and removals; a listing `is_open` until its case is removed."""
    rows = records.of("judgment_default")
    return in_order(with_open(rows, "listing", ends=("removal",), key="case_no"))


def commitments(records: Records) -> Any:
    """Commitments with what the newest check of each found; both false where none was made."""
    rows = records.of("commitment")
    checks = newest_per(records.of("commitment_check"), "commitment_no")
    checks = checks.select(ENTERPRISE_NO, "commitment_no", "result")
    rows = left_join(rows, checks, [ENTERPRISE_NO, "commitment_no"])
    return in_order(
        rows.mutate(
            is_kept=(rows.result == "kept").fill_null(False),
            is_broken=(rows.result == "broken").fill_null(False),
        )
    )


def related_persons(records: Records) -> Any:
    """Posts and shares of persons; the current shareholder with the largest share `is_main`."""
    rows = with_current(records.of("related_person"), "person_key", "role")
    share = (rows.is_current & (rows.role == "shareholder")).ifelse(rows.share_ratio, None)
    # A tie goes to the same person in every batch.
    largest_first = [ibis.desc(share.fill_null(-1.0)), rows.person_key]
    rank = ibis.row_number().over(group_by=ENTERPRISE_NO, order_by=largest_first)
    return in_order(rows.mutate(is_main=share.notnull() & (rank == 0)))


def related_enterprises(records: Records) -> Any:
    """Relations to other enterprises; `is_current` while begun and not ended."""
    rows = records.of("related_enterprise")
    return in_order(with_current(rows, "other_enterprise_id", "relation"))


def rights(records: Records) -> Any:
    """Intellectual property with `is_valid` at the as-of day; without an end it stays valid."""
    rows = records.of("intellectual_property")
    return in_order(rows.mutate(is_valid=(rows.valid_to >= records.as_of).fill_null(True)))
