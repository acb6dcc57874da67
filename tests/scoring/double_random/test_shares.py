"""Ceilings and least shares are forced at approval, and a ground is recorded."""

import dataclasses
from datetime import date
from pathlib import Path

import pytest

from scoring.double_random import GradedLibrary, HandedIn, PlannedRound, make_plan
from scoring.double_random.rules import DrawRules
from scoring.double_random.shares import ShareRules, find_departures, uniform_share
from scoring.errors import DepartureError
from service.campaigns import operations
from service.campaigns.approval import APPROVAL, approve_round, read_approval

from .conftest import FROZEN_AT, inspectors_csv, make_wishes

PUBLIC = "公示信息检查"
LAX = ShareRules(public_information_minimum=0, uniform_share=0, ceiling=None)


@pytest.fixture(scope="module")
def planned(library: GradedLibrary, rules: DrawRules) -> PlannedRound:
    tables = HandedIn(inspectors=inspectors_csv().encode())
    return make_plan(library, tables, wishes=make_wishes(items=(PUBLIC,)), rules=rules)


def test_a_general_item_above_its_ceiling_names_strata_values_and_remedy(
    planned: PlannedRound,
) -> None:
    rules = dataclasses.replace(LAX, ceiling=50)
    (told,) = find_departures(planned.plan, rules, general=[PUBLIC], visits_elsewhere=0)
    assert f"抽取 {planned.preview.visits}/900 户" in told.zh
    assert "上限 50‰" in told.zh
    assert "440507.D.due" in told.zh
    assert "--ratio" in told.zh
    assert find_departures(planned.plan, rules, general=[], visits_elsewhere=0) == []


def test_other_rounds_of_the_year_count_towards_the_least_share(planned: PlannedRound) -> None:
    visits = planned.preview.visits
    rules = dataclasses.replace(LAX, public_information_minimum=200)
    (told,) = find_departures(planned.plan, rules, general=[], visits_elsewhere=5)
    assert f"本轮 {visits} 户、本年其他已批准轮次 5 户，低于最低比例 200‰（180 户）" in told.zh
    assert "440507.A.due" in told.zh
    enough = 180 - visits
    assert find_departures(planned.plan, rules, general=[], visits_elsewhere=enough) == []


def test_a_share_that_reaches_nobody_alike_is_told(planned: PlannedRound) -> None:
    share = uniform_share(planned.plan)
    assert share >= 50
    rules = dataclasses.replace(LAX, uniform_share=share + 1)
    (told,) = find_departures(planned.plan, rules, general=[], visits_elsewhere=0)
    assert f"均匀抽取份额 {share}‰，低于 {share + 1}‰" in told.zh


def test_without_a_ground_nothing_is_approved_and_with_one_it_is_recorded(home: Path) -> None:
    folder = home / "campaigns"
    items = home / "items.csv"
    items.write_text("item,department,matter,kind\n价格检查,,,一般\n", encoding="utf-8")
    # The one region with a published ceiling; its parameter holds from 2023.
    wishes = make_wishes(items=(), region="640200", task_from=date(2026, 12, 1))
    hand_ins = operations.HandInPaths(home / "inspectors.csv", items=items)
    operations.plan_round(folder, home / "runs", wishes=wishes, hand_ins=hand_ins)

    def approve(**fields: str) -> None:
        approve_round(folder, "2026-11", planned_by="王五", approved_by="赵六", note="",
                      now=FROZEN_AT, **fields)  # fmt: skip

    for fields in ({}, {"ground": " "}):
        with pytest.raises(DepartureError, match="价格检查"):
            approve(**fields)
    assert not (folder / "2026-11.draft" / APPROVAL).exists()
    approve(ground="专项整治，市政府〔2026〕1号")
    approval = read_approval(folder, "2026-11")
    assert approval is not None
    assert approval.ground == "专项整治，市政府〔2026〕1号"
    assert "上限 50‰" in approval.departures[0]
    operations.freeze_round(folder, "2026-11", now=FROZEN_AT, must_be_approved=True)
