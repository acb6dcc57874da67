"""Which preparation each source of the vocabulary has."""

from collections.abc import Callable, Mapping
from typing import Any

from features.indicators import states, visits
from features.indicators.records import Records, in_order


def _as_stored(kind: str) -> Callable[[Records], Any]:
    return lambda records: in_order(records.of(kind))


PREPARATIONS: Mapping[str, Callable[[Records], Any]] = {
    "registration": _as_stored("registration"),
    "licence": states.licences,
    "licence_event": _as_stored("licence"),
    "penalty": states.penalties,
    "inspection": visits.inspections,
    "finding": visits.finding_items,
    "listing": states.listings,
    "annual_report": states.annual_reports,
    "complaint": _as_stored("complaint"),
    "unit": states.units,
    "unit_state": states.statutory_inspections,
    "honour": states.honours,
}
