"""Properties of the registration rules on every day that changes them."""

from datetime import date, timedelta
from itertools import product

import pytest

import law
from law.registration import BARS, STANDING, SWITCH, SWITCHED

CHANGES = sorted(
    {value.since for name in (SWITCH, SWITCHED, *STANDING) for value in law.parameter(name).values}
)
DAYS = sorted({*CHANGES, *(day - timedelta(days=1) for day in CHANGES), date(2026, 4, 1)})
REGIONS = ("440507", "440500", "000000")
SUBJECTS = tuple(law.codes("entity_types"))


def list_of(subject: str) -> str:
    state = law.codes("entity_types")[subject].attributes["list_state"]
    return "marked_state" if state == "marked" else "abnormal_operations_list"


@pytest.mark.parametrize("day", DAYS)
def test_the_cure_is_never_refused(day: date) -> None:
    """A firm listed as unreachable may change its address, whatever else it changes."""
    for region, subject, other in product(REGIONS, SUBJECTS, ([], ["name"], ["capital"])):
        reached = [
            rule.rule
            for rule in law.registration.rules(on=day, region=region)
            if rule.reaches_listing(
                list_name=list_of(subject),
                list_ground="4",
                subject_kind=subject,
                application_kind="change",
                change_items=["address", *other],
            )
        ]
        assert reached == []


@pytest.mark.parametrize("day", [day for day in DAYS if day >= date(2022, 3, 1)])
def test_no_change_is_refused_for_a_list_since_the_national_rules(day: date) -> None:
    grounds = (*law.codes("list_grounds"), None)
    for region, name, ground in product(REGIONS, law.codes("lists"), grounds):
        for rule in law.registration.rules(on=day, region=region):
            for subject, kind in product(SUBJECTS, ("change", "filing")):
                assert not (
                    rule.outcome == "refuse"
                    and rule.reaches_listing(
                        list_name=name,
                        list_ground=ground,
                        subject_kind=subject,
                        application_kind=kind,
                        change_items=["name"],
                    )
                )


def test_ground_that_was_not_recorded_is_reached_by_every_ground() -> None:
    rules = law.registration.rules(on=date(2021, 12, 1), region="440500")
    reached = [
        rule.rule
        for rule in rules
        if rule.reaches_listing(
            list_name="abnormal_operations_list",
            list_ground=None,
            subject_kind="company",
            application_kind="change",
            change_items=["name"],
        )
    ]
    assert reached == ["refuse_abnormal_unreachable", "refuse_abnormal_other"]


def test_ground_of_a_carried_row_keeps_its_first_day() -> None:
    bars = {bar.bar: bar for bar in law.registration.person_bars(on=date(2026, 1, 1))}
    assert bars["economic_crime"].ground.effective_from == date(2022, 3, 1)
    assert bars["company_probation"].ground.effective_from == date(2024, 7, 1)
    rules = {rule.rule: rule for rule in law.registration.rules(on=date(2026, 1, 1))}
    food = rules["refuse_barred_food_licence_applicant"].ground
    assert (food.effective_from, food.effective_to) == (date(2015, 10, 1), None)


def test_ground_of_the_flat_refusal_ends_with_the_switch() -> None:
    rules = law.registration.rules(on=date(2021, 10, 12), region="440507")
    ground = next(rule for rule in rules if rule.rule == "refuse_serious").ground
    assert ground.effective_from == date(2021, 10, 12)
    assert ground.effective_to == date(2022, 2, 28)
    assert "第10项" in str(ground.reference)


@pytest.mark.parametrize("day", DAYS)
def test_every_ground_is_in_force_and_named(day: date) -> None:
    for rule in law.registration.rules(on=day, region="440507"):
        ground = rule.ground
        assert ground.effective_from <= day <= (ground.effective_to or day)
        assert ground.reference.act
        assert ground.text_zh
        assert rule.remedy_zh
        assert ground.status == "unconfirmed" or ground.reference.article


def test_every_role_of_a_rule_can_be_barred() -> None:
    """A role whose offices no bar names could never be reached."""
    named = {
        office
        for value in law.parameter(BARS).values
        for row in value.value
        for office in row["roles"]
    }
    for code in law.codes("person_roles").values():
        assert not named.isdisjoint(code.attributes["offices"].split(";")), code.code
        assert set(code.attributes["offices"].split(";")) <= set(law.codes("offices"))


def test_before_the_first_rule_nothing_bars() -> None:
    assert law.registration.rules(on=date(2010, 1, 1), region="440507") == ()
    assert law.registration.person_bars(on=date(2010, 1, 1)) == ()


def test_a_bar_that_lasts_has_no_last_day() -> None:
    bars = {bar.bar: bar for bar in law.registration.person_bars(on=date(2026, 1, 1))}
    debt = bars["large_debt"]
    assert debt.last_day(date(2020, 1, 1)) is None
    assert debt.is_barred(date(2026, 1, 1), counted_from=date(2020, 1, 1))
    assert not debt.is_barred(date(2019, 12, 31), counted_from=date(2020, 1, 1))
