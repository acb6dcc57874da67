"""The credit-check decision: one table of cases a registration officer can read, then its edges."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from scoring.registration import (
    Application,
    Decision,
    Listing,
    Person,
    PersonEvent,
    Subject,
    decide,
)

TODAY = date(2026, 11, 22)
CITY = "440500"
USCC = "91440500MA4T000510"
UNREACHABLE = Listing("abnormal_operations_list", "4", "异字1号", "汕头市市监局", date(2021, 3, 1))
NO_REPORT = replace(UNREACHABLE, ground_code="1", decision_no="异字2号")
SERIOUS = replace(UNREACHABLE, list_name="serious_violation_list", ground_code="food")
MARKED = replace(UNREACHABLE, list_name="marked_state")


def change(*items: str, **other: object) -> Application:
    """A change of a company's registration on the day of the tests."""
    application = Application(
        kind="change",
        as_of=TODAY,
        region=CITY,
        subject=Subject(USCC, "active"),
        subject_kind="company",
        change_items=frozenset(items),
    )
    return replace(application, **other)  # type: ignore[arg-type]


def check(
    application: Application,
    *listings: Listing,
    persons: Sequence[Person] = (),
    overlay: Path | None = None,
) -> Decision:
    """Decide an application."""
    return decide(application, listings=listings, persons=persons, overlay=overlay)


UNDER_PLAN = date(2021, 12, 1)  # the city's plan of 2021-10-12, before the rules of 2022-03-01
CASES = [
    # what is applied for, which entries stand, what is decided, what must be applied for as well
    ("nothing is listed", change("name"), (), "allow", ()),
    (
        "other change while unreachable",
        change("name"),
        (UNREACHABLE,),
        "manual_review",
        ("address",),
    ),
    ("the cure alone", change("address"), (UNREACHABLE,), "allow", ()),
    ("the cure with another change", change("address", "name"), (UNREACHABLE,), "allow", ()),
    ("no report bars nothing today", change("name"), (NO_REPORT,), "allow", ()),
    ("serious list bars no change today", change("name"), (SERIOUS,), "allow", ()),
    ("plan: unreachable", change("name", as_of=UNDER_PLAN), (UNREACHABLE,), "refuse", ()),
    ("plan: no report", change("name", as_of=UNDER_PLAN), (NO_REPORT,), "refuse", ()),
    ("plan: serious", change("capital", as_of=UNDER_PLAN), (SERIOUS,), "refuse", ()),
    ("plan: the cure", change("address", as_of=UNDER_PLAN), (UNREACHABLE,), "allow", ()),
    (
        "plan: the cure of one listing while another bars: nobody is locked out",
        change("address", as_of=UNDER_PLAN),
        (UNREACHABLE, NO_REPORT),
        "manual_review",
        (),
    ),
    (
        "plan: another region never had it",
        change("name", as_of=UNDER_PLAN, region="440300"),
        (UNREACHABLE,),
        "allow",
        (),
    ),
    (
        "before the plan",
        change("name", as_of=date(2021, 10, 11)),
        (UNREACHABLE,),
        "allow",
        (),
    ),
    (
        "the plan's last day",
        change("name", as_of=date(2022, 2, 28)),
        (UNREACHABLE,),
        "refuse",
        (),
    ),
    (
        "the first day of the rules",
        change("name", as_of=date(2022, 3, 1)),
        (UNREACHABLE,),
        "manual_review",
        ("address",),
    ),
    (
        "a filing is not named by article 20",
        change(kind="filing"),
        (UNREACHABLE,),
        "allow",
        (),
    ),
    (
        "simplified deregistration while listed",
        change(kind="simplified_deregistration"),
        (NO_REPORT,),
        "refuse",
        (),
    ),
    (
        "simplified deregistration of a marked sole trader",
        change(kind="simplified_deregistration", subject_kind="individual_business"),
        (MARKED,),
        "manual_review",
        (),
    ),
    (
        "a marked sole trader: unconfirmed whether article 20 covers it",
        change("name", subject_kind="individual_business"),
        (MARKED,),
        "manual_review",
        ("address",),
    ),
    (
        "a company that carries the sole trader's mark: check the record",
        change("name"),
        (MARKED,),
        "manual_review",
        (),
    ),
    ("an unknown enterprise", change("name", subject=None), (), "manual_review", ()),
    ("an establishment has none", change(kind="establishment", subject=None), (), "allow", ()),
    (
        "a revoked enterprise",
        change("name", subject=Subject(USCC, "revoked")),
        (),
        "manual_review",
        (),
    ),
    ("a dormant one is open", change("name", subject=Subject(USCC, "dormant")), (), "allow", ()),
]


@pytest.mark.parametrize(
    ("application", "listings", "outcome", "also"),
    [case[1:] for case in CASES],
    ids=[case[0] for case in CASES],
)
def test_decision(
    application: Application, listings: Sequence[Listing], outcome: str, also: tuple[str, ...]
) -> None:
    decision = check(application, *listings)
    assert decision.outcome == outcome
    assert decision.must_also_apply_for == also


def test_a_hit_is_shown_even_where_it_bars_nothing() -> None:
    decision = check(change("name"), SERIOUS)
    (hit,) = decision.hits
    assert (hit.fact, hit.blocking, decision.grounds) == (SERIOUS, False, ())


def test_the_cure_is_named_with_its_remedy() -> None:
    decision = check(change("name"), UNREACHABLE)
    (hit,) = decision.hits
    assert hit.blocking
    assert hit.cured_by == ("address",)
    assert "变更登记" in hit.remedies[0].zh
    assert check(change("address"), UNREACHABLE).hits[0].blocking is False


def test_a_ground_says_act_article_days_region_and_status() -> None:
    ground = check(change("name", as_of=UNDER_PLAN), NO_REPORT).grounds[0]
    assert "汕头" in ground.reference.act
    assert ground.reference.article is not None
    assert ground.effective_from == date(2021, 10, 12)
    assert ground.effective_to == date(2022, 2, 28)
    assert ground.region == CITY
    assert ground.status == "confirmed"


def test_an_unconfirmed_ground_is_said_to_be_so() -> None:
    decision = check(change("name", subject_kind="individual_business"), MARKED)
    assert {ground.status for ground in decision.grounds} == {"unconfirmed"}
    assert any("待法制审核" in notice.zh for notice in decision.notices)


def test_a_listing_without_a_ground_goes_to_an_officer() -> None:
    silent = replace(UNREACHABLE, ground_code=None)
    assert check(change("name"), silent).outcome == "manual_review"
    under_plan = check(change("name", as_of=UNDER_PLAN), silent)
    assert under_plan.outcome == "manual_review"
    assert any("缺少列入事由" in notice.zh for notice in under_plan.notices)


def test_an_unknown_kind_of_entity_is_asked_under_every_rule() -> None:
    assert check(change("name", subject_kind=None), MARKED).outcome == "manual_review"


REVOKED = PersonEvent("licence_revoked", date(2024, 1, 10), "91440500MA4T0022XY", "甲公司")


def person(*events: PersonEvent, role: str = "proposed_legal_representative") -> Person:
    """An identified person with earlier offices."""
    return Person(role=role, identified=True, events=events)


def test_a_name_without_a_number_is_never_refused() -> None:
    nameless = Person("proposed_legal_representative", identified=False)
    decision = check(change("legal_representative"), persons=[nameless])
    assert decision.outcome == "manual_review"


def test_a_possible_bar_goes_to_an_officer_an_established_one_is_refused() -> None:
    asked = change("legal_representative")
    assert check(asked, persons=[person(REVOKED)]).outcome == "manual_review"
    established = replace(REVOKED, established=True)
    decision = check(asked, persons=[person(established)])
    assert decision.outcome == "refuse"
    acts = {ground.reference.act for ground in decision.grounds}
    assert any("市场主体登记管理条例" in act for act in acts)
    assert any("公司法" in act for act in acts)


@pytest.mark.parametrize(
    ("day", "outcome"),
    [(date(2027, 1, 10), "refuse"), (date(2027, 1, 11), "allow"), (date(2024, 1, 9), "allow")],
)
def test_a_bar_of_three_years_ends_with_the_corresponding_day(day: date, outcome: str) -> None:
    established = replace(REVOKED, established=True)
    asked = change("legal_representative", as_of=day)
    assert check(asked, persons=[person(established)]).outcome == outcome


def test_replacing_one_barred_head_by_another_is_no_cure() -> None:
    established = replace(REVOKED, established=True)
    asked = change("legal_representative")
    current = person(established, role="current_legal_representative")
    assert check(asked, persons=[current]).outcome == "allow"
    assert check(asked, persons=[current, person(established)]).outcome == "refuse"


def test_a_barred_head_must_be_replaced_along_with_another_change() -> None:
    established = replace(REVOKED, established=True)
    current = person(established, role="current_legal_representative")
    decision = check(change("name"), persons=[current])
    assert decision.outcome == "manual_review"
    assert decision.must_also_apply_for == ("legal_representative",)
    assert check(change(kind="filing"), persons=[current]).outcome == "allow"


def test_a_listed_enterprise_keeps_its_own_head_but_not_at_another_one() -> None:
    own = PersonEvent("serious_listing", date(2025, 5, 1), USCC)
    elsewhere = replace(own, enterprise_id="91440500MA4T0022XY")
    asked = change("legal_representative")
    assert check(asked, persons=[person(own)]).outcome == "allow"
    decision = check(asked, persons=[person(replace(elsewhere, established=True))])
    assert decision.outcome == "manual_review", "the bar itself awaits legal review"


def test_a_barred_director_goes_to_an_officer() -> None:
    decision = check(change("managers"), persons=[person(REVOKED, role="director")])
    assert decision.outcome == "manual_review"


def test_the_cure_of_a_listing_survives_a_barred_head() -> None:
    established = replace(REVOKED, established=True)
    asked = change("address", "legal_representative")
    decision = check(asked, UNREACHABLE, persons=[person(established)])
    assert decision.outcome == "manual_review"
    assert any("不得拒绝其改正" in notice.zh for notice in decision.notices)


def test_an_office_can_switch_the_refusal_on_with_its_own_basis(tmp_path: Path) -> None:
    folder = tmp_path / "parameters" / "registration"
    folder.mkdir(parents=True)
    (folder / "refuse_while_listed.yaml").write_text(
        "values:\n"
        '  - {from: 2026-01-01, region: "440500", value: true, status: confirmed,'
        " source: policy_document, checked_on: 2026-01-02,"
        " reference: {act: 本局通知, number: 1号, article: 第一条}}\n",
        encoding="utf-8",
    )
    decision = check(change("name"), NO_REPORT, overlay=tmp_path)
    assert decision.outcome == "refuse"
    assert decision.grounds[0].reference.act == "本局通知"
    assert check(change("name"), NO_REPORT).outcome == "allow"
