"""Which preparation each source of the vocabulary has."""

from collections.abc import Callable, Mapping
from typing import Any

from features.indicators import acts, states, upkeep, visits
from features.indicators.records import Records, in_order


def _as_stored(kind: str) -> Callable[[Records], Any]:
    return lambda records: in_order(records.of(kind))


PREPARATIONS: Mapping[str, Callable[[Records], Any]] = {
    "registration": _as_stored("registration"),
    "licence": states.licences,
    "licence_event": states.licence_events,
    "penalty": states.penalties,
    "inspection": visits.inspections,
    "finding": visits.finding_items,
    "listing": states.listings,
    "annual_report": states.annual_reports,
    "area_event": _as_stored("area_event"),
    "complaint": _as_stored("complaint"),
    "unit": states.units,
    "unit_state": states.statutory_inspections,
    "honour": states.honours,
    "unit_upkeep": upkeep.upkeep,
    "unit_check": upkeep.unit_checks,
    "sampling_test": acts.sampling_tests,
    "compulsory_measure": _as_stored("compulsory_measure"),
    "equity_pledge": acts.equity_pledges,
    "chattel_mortgage": acts.chattel_mortgages,
    "judicial_assistance": acts.judicial_assistance,
    "judgment_default": acts.judgment_defaults,
    "commitment": acts.commitments,
    "commitment_check": _as_stored("commitment_check"),
    "accident": _as_stored("accident"),
    "recall": _as_stored("recall"),
    "related_person": acts.related_persons,
    "related_enterprise": acts.related_enterprises,
    "intellectual_property": acts.rights,
    "announcement": _as_stored("announcement"),
}

# Sources without a row of some who have a visible record of their kind.
PARTIAL = frozenset({"finding", "listing", "unit_state", "unit_upkeep"})
# Sources whose positions are not places: they have an order of their own.
REORDERED = frozenset({"sampling_test", "unit_state"})
