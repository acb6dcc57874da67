"""Inspections and findings, prepared: which visits tell something new about an enterprise."""

from datetime import timedelta
from typing import Any

import ibis

from features.catalogue import ENTERPRISE_NO, SEQUENCE
from features.indicators.moment import Moment
from features.indicators.records import (
    Records,
    in_order,
    left_join,
    newest_per,
    with_previous_day,
)
from features.indicators.vocabulary import (
    CONCLUDED_CLASSES,
    CONTEXT_MONTHS,
    FOLLOW_UP_DAYS,
    PROBLEM_CLASSES,
)
from features.indicators.windows import months_before

SEVERITIES = ("critical", "serious", "minor")
_PLANNED = ("routine", "double_random")


def with_severities(inspections: Any, findings: Any) -> Any:
    """Add `critical`, `serious`, `minor`: findings of each inspection.

    The inspection's own counts; where they are unknown, its findings are counted; else 0.
    """
    counted = findings.group_by(ENTERPRISE_NO, "inspection_no").agg(
        **{f"found_{name}": findings.count(where=findings.severity == name) for name in SEVERITIES}
    )
    rows = left_join(inspections, counted, [ENTERPRISE_NO, "inspection_no"])
    return rows.mutate(
        **{
            name: ibis.coalesce(rows[f"{name}_count"], rows[f"found_{name}"], 0)
            for name in SEVERITIES
        }
    )


def with_follow_ups(inspections: Any, *, days: int) -> Any:
    """Add `is_followup`: named a follow-up, or within `days` after the enterprise's last visit."""
    rows = with_previous_day(inspections)
    soon = rows.event_on.delta(rows.previous_on, unit="day") <= days
    named = rows.inspection_kind == "follow_up"
    return rows.mutate(is_followup=named | soon.fill_null(False)).drop("previous_on")


def codes_of(now: Moment, classes: tuple[str, ...]) -> list[str]:
    """The result codes of some classes."""
    return [code for name in classes for code in now.result_classes.get(name, ())]


def inspections(records: Records) -> Any:
    """One row per visible inspection, with what its neighbours tell about it."""
    rows = with_severities(records.of("inspection"), records.of("finding"))
    rows = in_order(_classified(rows, records.moment))
    last_counted = rows.position.max(where=rows.is_counted)
    last_problem = rows.position.max(where=rows.is_counted & rows.is_problem)
    return rows.mutate(
        has_critical=rows.critical > 0,
        is_recent_food_check=_recent_food_check(rows, records.moment),
        is_last=rows.position == last_counted.over(group_by=ENTERPRISE_NO),
        is_after_last_problem=rows.position
        > last_problem.over(group_by=ENTERPRISE_NO).fill_null(-1),
    )


def _recent_food_check(rows: Any, now: Moment) -> Any:
    """A planned food check within the time in which the law wants one of everybody.

    References
    ----------
    ``food.full_check_years``: 国家市场监督管理总局令第49号 art. 22. Records do not say whether a
    visit covered every point; visits of the yearly plan are taken for it.
    """
    if now.food.full_check_months is None:
        return ibis.literal(False)
    planned = rows.inspection_kind.isin(_PLANNED) & (rows.matter == "food") & rows.is_counted
    return planned & (rows.event_on > months_before(now.as_of, now.food.full_check_months))


def finding_items(records: Records) -> Any:
    """The newest finding of each checklist item on counted visits of the context window.

    `times` says on how many counted visits of the window the item was found.
    """
    start = months_before(records.as_of, CONTEXT_MONTHS)
    rows = records.of("inspection").select(
        ENTERPRISE_NO, "inspection_no", "inspection_kind", "result_code", "event_on", SEQUENCE
    )
    # Earlier visits matter only where they make the first ones of the window follow-ups.
    rows = rows.filter(rows.event_on > start - timedelta(days=FOLLOW_UP_DAYS + 1))
    visits = _classified(rows, records.moment)
    counted = visits.filter(visits.is_counted, visits.event_on > start)
    visit = [ENTERPRISE_NO, "inspection_no"]
    found = records.of("finding").semi_join(counted.select(visit), visit)
    item = [ENTERPRISE_NO, "item_code"]
    found = found.mutate(times=found.count().over(group_by=item))
    return in_order(newest_per(found, "item_code"))


def _classified(inspections: Any, now: Moment) -> Any:
    """What each visit was; `is_counted` where it tells something new about the enterprise."""
    rows = with_follow_ups(inspections, days=FOLLOW_UP_DAYS)
    rows = rows.mutate(
        is_problem=rows.result_code.isin(codes_of(now, PROBLEM_CLASSES)),
        is_concluded=rows.result_code.isin(codes_of(now, CONCLUDED_CLASSES)),
        is_refused=rows.result_code.isin(codes_of(now, ("refused",))),
        is_unreachable=rows.result_code.isin(codes_of(now, ("unreachable",))),
        is_sampling_test=rows.inspection_kind == "sampling_test",
    )
    return rows.mutate(is_counted=rows.is_concluded & ~rows.is_followup & ~rows.is_sampling_test)
