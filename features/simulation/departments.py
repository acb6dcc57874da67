"""What the departments of a city would send, still clean."""

from dataclasses import dataclass

from features.simulation import (
    accidents_recalls,
    announcements,
    annual_reports,
    commitments,
    complaints_honours,
    compulsory_measures,
    court_records,
    equipment_checks,
    findings,
    inspections,
    intellectual_property,
    licences,
    listings,
    mergers,
    penalties,
    pledges,
    registrations,
    related_enterprises,
    related_persons,
    sampling_tests,
    unidentified,
    unit_records,
)
from features.simulation.city import City
from features.simulation.happenings import happenings_of
from features.simulation.source_file import SourceFile


@dataclass(frozen=True)
class Departments:
    """The files that a mapping reads, the one that none reads, and what stood behind them."""

    files: tuple[SourceFile, ...]
    unidentified: unidentified.Unidentified
    mergers: mergers.Mergers


def departments_of(city: City) -> Departments:
    """Every department's records of a city that has lived."""
    happenings = happenings_of(city)
    register = registrations.describe(city)
    merged = mergers.describe(city, register)
    decided = penalties.decide(city)
    visited = inspections.describe(city)
    reports = annual_reports.report(city)
    committed = commitments.describe(city, happenings, decided)
    defaults = court_records.describe(city, happenings)
    files = (
        registrations.registration_file(city, register),
        *licences.licence_files(city, decided),
        penalties.penalty_file(city, decided),
        inspections.inspection_file(city, visited),
        findings.finding_file(city, visited),
        listings.list_file(city, reports=reports, inspections=visited, penalties=decided),
        annual_reports.annual_report_file(city, reports),
        complaints_honours.complaint_file(city),
        unit_records.unit_file(city),
        complaints_honours.honour_file(city),
        sampling_tests.sampling_test_file(city, happenings, visited),
        compulsory_measures.compulsory_measure_file(city, visited, decided),
        pledges.equity_pledge_file(city, happenings),
        pledges.chattel_mortgage_file(city, happenings),
        court_records.judicial_assistance_file(city, happenings, defaults),
        court_records.judgment_default_file(city, defaults),
        commitments.commitment_file(city, committed),
        commitments.commitment_check_file(city, happenings, committed),
        equipment_checks.equipment_check_file(city),
        accidents_recalls.accident_file(city, happenings),
        accidents_recalls.recall_file(city, happenings),
        related_persons.related_person_file(city, register),
        related_enterprises.related_enterprise_file(city),
        intellectual_property.intellectual_property_file(city, happenings),
        announcements.announcement_file(city, happenings, register=register, mergers=merged),
    )
    return Departments(
        files=files,
        unidentified=unidentified.unidentified_rows(city, happenings, register),
        mergers=merged,
    )
