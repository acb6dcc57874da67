"""Who may inspect whom, and who is sent."""

from datetime import date
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.draw_worlds import homogeneity, small_rounds
from scoring.double_random.assignment import DrawnObject, assign
from scoring.double_random.balancing import Places, draw_first_teams, even_out
from scoring.double_random.documents import TeamRule
from scoring.double_random.feasibility import overburdened
from scoring.double_random.inspectors import Roster, qualify
from scoring.double_random.items import Need
from scoring.double_random.swap_chain import mix
from scoring.double_random.tables import AVOIDANCE, INSPECTORS, read_table
from scoring.errors import InspectorError

SEED = "ab" * 32
FIRST_DAY = date(2026, 12, 1)
HEADER = "inspector_id,name,unit,certificate_no,certificate_valid_to,area_code,matters\n"


def team(**changes: object) -> TeamRule:
    fields: dict[str, object] = {
        "minimum": 2,
        "size": 2,
        "reason": "",
        "same_area": False,
        "matter": "",
        "most_visits": 0,
    }
    return TeamRule(**{**fields, **changes})


def roster_of(people: str, avoidance: str = "", **rule: object) -> Roster:
    inspectors = read_table((HEADER + people).encode(), INSPECTORS)
    banned = read_table(("inspector_id,uscc,reason\n" + avoidance).encode(), AVOIDANCE)
    return qualify(inspectors, banned, first_day=FIRST_DAY, team=team(**rule))


def people(number: int, area: str = "") -> str:
    return "".join(f"P{n:02d},甲,队,E{n},2027-01-01,{area},\n" for n in range(number))


def drawn(number: int, area: str = "440507", *needs: Need) -> list[DrawnObject]:
    return [
        DrawnObject(f"{place:064x}", f"91{place:04d}", area, needs or (Need("", ""),))
        for place in range(number)
    ]


def codes(number: int) -> list[str]:
    return [entry.uscc for entry in drawn(number)]


def test_certificates_count_on_the_first_day() -> None:
    found = roster_of(
        "P1,甲,队,E1,2026-12-01,,\nP2,乙,队,E2,2030-01-01,,\nP3,丙,队,E3,2026-11-30,,\nP4,丁,街道,,,,\n"
    )
    assert found.ids == ("P1", "P2")
    assert set(found.disqualified) == {"P3", "P4"}


def test_fewer_than_two_qualified_is_refused_with_reasons() -> None:
    with pytest.raises(InspectorError) as refused:
        roster_of("P1,甲,队,E1,2027-01-01,,\nP2,乙,队,E2,2026-01-01,,\nP3,丙,街道,,,,\n")
    assert "只有 1 名" in refused.value.zh
    assert "P2（执法证过期" in refused.value.zh
    assert "P3（无执法证" in refused.value.zh


def test_a_matter_keeps_those_of_other_fields_away() -> None:
    rows = (
        "P1,甲,队,E1,2027-01-01,,food;price\n"
        "P2,乙,队,E2,2027-01-01,,price\n"
        "P3,丙,队,E3,2027-01-01,,\n"
    )
    assert roster_of(rows, matter="food").ids == ("P1", "P3")


def test_areas_and_departments_bind_only_when_asked() -> None:
    rows = people(2, "440507") + "Q1,甲,局,E1,2027-01-01,440511,food\n"
    found = roster_of(rows)
    assert found.able(Need("", ""), area_code="").tolist() == [True, True, True]
    assert found.able(Need("", ""), area_code="440507").tolist() == [True, True, False]
    assert found.able(Need("局", ""), area_code="").tolist() == [False, False, True]
    assert found.able(Need("", "price"), area_code="").tolist() == [True, True, False]


def test_grid_workers_and_assistants_are_refused_even_with_a_certificate() -> None:
    header = HEADER.replace("matters", "matters,role")
    rows = "".join(
        f"P{n},甲,队,E{n},2027-01-01,,,{role}\n"
        for n, role in enumerate(["网格员", "执法辅助人员", "临时工", "第三方机构", "公务员", ""])
    )
    inspectors = read_table((header + rows).encode(), INSPECTORS)
    found = qualify(inspectors, read_table(None, AVOIDANCE), first_day=FIRST_DAY, team=team())
    assert found.ids == ("P4", "P5")
    assert all("不得实施行政检查" in reason for reason in found.disqualified.values())


def test_every_visit_has_a_full_team_with_even_loads() -> None:
    record = assign(drawn(101), roster_of(people(7)), seed=SEED, team=team(), round_id="r")
    loads = [load.visits for load in record.loads]
    assert sum(loads) == 202
    assert max(loads) - min(loads) <= 1
    assert all(len(set(visit.inspectors)) == 2 for visit in record.visits)
    assert [visit.uscc for visit in record.visits] == sorted(uscc for uscc in codes(101))


def test_banned_pairs_never_meet_even_when_that_makes_loads_uneven() -> None:
    # P00 may visit one enterprise only: the band can't be 1, and is as small as can be.
    bans = "".join(f"P00,{uscc},回避\n" for uscc in codes(20)[1:])
    record = assign(drawn(20), roster_of(people(4), bans), seed=SEED, team=team(), round_id="r")
    loads = {load.inspector_id: load.visits for load in record.loads}
    assert loads == {"P00": 1, "P01": 13, "P02": 13, "P03": 13}


def test_chains_even_out_what_the_order_of_tickets_left_uneven() -> None:
    # Late enterprises may only see P00 and P01, so that early ones must spare both.
    late = "".join(
        f"{person},91{place:04d},回避\n" for place in range(6, 12) for person in ("P02", "P03")
    )
    record = assign(drawn(12), roster_of(people(4), late), seed=SEED, team=team(), round_id="r")
    assert {load.visits for load in record.loads} == {6}
    for visit in record.visits[6:]:
        assert visit.inspectors == ("P00", "P01")


@settings(max_examples=40, deadline=None)
@given(st.integers(2, 4), st.integers(1, 6), st.data())
def test_the_largest_load_is_the_smallest_possible(
    inspectors: int, visits: int, data: st.DataObject
) -> None:
    """Against every assignment there is: bans hold, and no other has a smaller largest load."""
    pairs = [(f"P{i:02d}", uscc) for uscc in codes(visits) for i in range(inspectors)]
    banned = data.draw(st.sets(st.sampled_from(pairs), max_size=len(pairs)))
    open_to = [
        [i for i in range(inspectors) if (f"P{i:02d}", uscc) not in banned]
        for uscc in codes(visits)
    ]
    rows = "".join(f"{person},{uscc},回避\n" for person, uscc in sorted(banned))
    found = roster_of(people(inspectors), rows)
    if min(map(len, open_to)) < 2:
        with pytest.raises(InspectorError, match="没有足够"):
            assign(drawn(visits), found, seed=SEED, team=team(), round_id="r")
        return
    record = assign(drawn(visits), found, seed=SEED, team=team(), round_id="r")
    assert not {(person, v.uscc) for v in record.visits for person in v.inspectors} & banned
    best = {(0,) * inspectors}
    for able in open_to:
        best = {
            tuple(np.add(loads, np.isin(np.arange(inspectors), pair)).tolist())
            for loads in best
            for pair in combinations(able, 2)
        }
    assert max(load.visits for load in record.loads) == min(map(max, best))


def test_the_assignment_depends_on_the_seed_alone() -> None:
    found = roster_of(people(7))
    first = assign(drawn(40), found, seed=SEED, team=team(), round_id="r")
    assert assign(drawn(40), found, seed=SEED, team=team(), round_id="r") == first
    assert assign(drawn(40), found, seed="cd" * 32, team=team(), round_id="r") != first


def test_inspectors_are_spread_over_enterprises_by_chance() -> None:
    """Over 1,000 seeds every inspector meets the first enterprise as often as another."""
    found, meetings = roster_of(people(5)), np.zeros(5)
    for number in range(1000):
        record = assign(drawn(4), found, seed=f"{number:064x}", team=team(), round_id="r")
        meetings += [person in record.visits[2].inspectors for person in found.ids]
    assert meetings.sum() == 2000
    assert ((meetings - 400) ** 2 / 400).sum() < 18.5  # chi-square, 4 degrees of freedom, .001


def test_departments_each_send_an_inspector_and_no_team_is_smaller_than_its_needs() -> None:
    rows = people(4) + "Q1,甲,消防,E1,2027-01-01,,fire\nQ2,乙,消防,E2,2027-01-01,,price\n"
    found = roster_of(rows, "P00,910003,亲属\n")
    needs = (Need("队", ""), Need("消防", "fire"), Need("消防", "price"))
    record = assign(drawn(9, "440507", *needs), found, seed=SEED, team=team(), round_id="r")
    for visit in record.visits:
        assert {"Q1", "Q2"} < set(visit.inspectors)
        assert len(set(visit.inspectors)) == 3
        assert visit.inspectors[0].startswith("P")  # the leading department first
    assert "P00" not in record.visits[3].inspectors


def test_a_max_flow_names_what_counting_would_let_pass() -> None:
    """Two places, two people each, yet one person stands for both places."""
    rows = "Q1,甲,消防,E1,2027-01-01,,fire;price\nP1,乙,队,E2,2027-01-01,,\n"
    needs = (Need("消防", "fire"), Need("消防", "price"))
    with pytest.raises(InspectorError, match="910000"):
        assign(drawn(1, "440507", *needs), roster_of(rows), seed=SEED, team=team(), round_id="r")


def test_colleagues_change_places_so_that_a_team_can_be_filled() -> None:
    """Q1 can do both, Q2 fire only: whoever is drawn first, price must go to Q1."""
    rows = "Q1,甲,消防,E1,2027-01-01,,fire;price\nQ2,乙,消防,E2,2027-01-01,,fire\n"
    needs = (Need("消防", "fire"), Need("消防", "price"))
    for number in range(8):
        record = assign(
            drawn(1, "440507", *needs),
            roster_of(rows),
            seed=f"{number:064x}",
            team=team(),
            round_id="r",
        )
        assert set(record.visits[0].inspectors) == {"Q1", "Q2"}


def test_visits_that_nobody_has_time_for_are_counted() -> None:
    able = np.array([[True, True, False], [False, True, True]])
    assert overburdened(able, [4, 4], most_visits=3) == 0
    assert overburdened(able, [7, 1], most_visits=3) == 1


@pytest.mark.parametrize("name", sorted(small_rounds()))
def test_every_feasible_staffing_is_equally_likely(name: str) -> None:
    p_value, staffings = homogeneity(small_rounds()[name], redraws=900)
    assert staffings >= 15
    assert p_value > 0.01


def test_a_larger_round_keeps_bans_teams_and_loads() -> None:
    inspectors, visits = 40, 600
    banned = frozenset(
        visit * inspectors + place
        for visit in range(visits)
        for place in (visit * 7 % inspectors, visit * 11 % inspectors)
    )
    places = Places(
        usccs=[f"91{number:04d}" for number in range(visits)],
        visit=[number for number in range(visits) for _ in range(3)],
        kind=[0, 1, 1] * visits,
        able=np.array([np.arange(inspectors) < 10, np.arange(inspectors) >= 10]),
        banned=banned,
    )
    staffing = draw_first_teams(places, seed=SEED)
    mix(staffing, even_out(staffing), seed=SEED)
    assert all(len(staffing.teams[visit]) == 3 for visit in range(visits))
    for place, person in enumerate(staffing.holder):
        visit = places.visit[place]
        assert person in staffing.teams[visit]
        assert places.able[places.kind[place], person]
        assert visit * inspectors + person not in banned
        assert place in staffing.held[person]
    loads = staffing.loads()
    assert (np.ptp(loads[:10]), np.ptp(loads[10:])) == (0, 0)
