"""Who may inspect whom, and who is sent."""

from datetime import date
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.double_random.assignment import assign, pair_ticket
from scoring.double_random.documents import TeamRule
from scoring.double_random.inspectors import Roster, qualify, refuse_impossible
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
    }
    return TeamRule(**{**fields, **changes})


def roster_of(people: str, avoidance: str = "", **rule: object) -> Roster:
    inspectors = read_table((HEADER + people).encode(), INSPECTORS)
    banned = read_table(("inspector_id,uscc,reason\n" + avoidance).encode(), AVOIDANCE)
    return qualify(inspectors, banned, first_day=FIRST_DAY, team=team(**rule))


def people(number: int, area: str = "") -> str:
    return "".join(f"P{n:02d},甲,队,E{n},2027-01-01,{area},\n" for n in range(number))


def drawn(number: int, area: str = "440507") -> list[tuple[str, str, str]]:
    return [(f"{place:064x}", f"91{place:04d}", area) for place in range(number)]


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


def test_areas_bind_only_when_asked() -> None:
    rows = people(2, "440507") + "Q1,甲,队,E1,2027-01-01,440511,\n"
    found = roster_of(rows)
    usccs, areas = ["91A", "91B"], ["440507", "440511"]
    assert found.qualified_for(usccs, areas, same_area=False).all()
    bound = found.qualified_for(usccs, areas, same_area=True)
    assert bound.tolist() == [[True, True, False], [False, False, True]]
    with pytest.raises(InspectorError, match="区域 440511 只有 1 名"):
        refuse_impossible(found, pd.Series(usccs), pd.Series(areas), team=team(same_area=True))


def test_enterprises_that_nobody_may_visit_are_named_before_the_freeze() -> None:
    found = roster_of(people(3), "P00,91B,亲属\nP01,91B,持股\nP02,91A,上年检查\nX9,91A,离职\n")
    usccs, areas = pd.Series(["91A", "91B", "91C"]), pd.Series(["440507"] * 3)
    with pytest.raises(InspectorError, match="91B") as refused:
        refuse_impossible(found, usccs, areas, team=team())
    assert "91A" not in refused.value.zh
    refuse_impossible(found, usccs[[0, 2]], areas[[0, 2]], team=team())


def test_avoidance_counts_within_the_area() -> None:
    rows = people(3, "440507") + "Q1,甲,队,E1,2027-01-01,440511,\nQ2,乙,队,E2,2027-01-01,440511,\n"
    found = roster_of(rows, "Q1,91A,亲属\nQ2,91A,亲属\nP00,91A,亲属\n")
    one, area = pd.Series(["91A"]), pd.Series(["440507"])
    refuse_impossible(found, one, area, team=team(same_area=True))  # P01 and P02 are left
    with pytest.raises(InspectorError, match="91A"):
        refuse_impossible(found, one, area, team=team(same_area=True, size=3, reason="大型企业"))


def test_every_visit_has_a_full_team_with_even_loads() -> None:
    record = assign(drawn(101), roster_of(people(7)), seed=SEED, team=team(), round_id="r")
    loads = [load.visits for load in record.loads]
    assert sum(loads) == 202
    assert max(loads) - min(loads) <= 1
    assert all(len(set(visit.inspectors)) == 2 for visit in record.visits)
    assert [visit.uscc for visit in record.visits] == sorted(uscc for _, uscc, _ in drawn(101))


def test_the_first_enterprise_gets_the_smallest_pair_tickets() -> None:
    found = roster_of(people(9))
    record = assign(drawn(1), found, seed=SEED, team=team(size=3), round_id="r")
    by_ticket = sorted(found.ids, key=lambda i: pair_ticket(SEED, uscc="910000", inspector_id=i))
    assert set(record.visits[0].inspectors) == set(by_ticket[:3])


def test_banned_pairs_never_meet_even_when_that_makes_loads_uneven() -> None:
    # P00 may visit one enterprise only: the band can't be 1, and is as small as can be.
    bans = "".join(f"P00,{uscc},回避\n" for _, uscc, _ in drawn(20)[1:])
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
    pairs = [(f"P{i:02d}", uscc) for _, uscc, _ in drawn(visits) for i in range(inspectors)]
    banned = data.draw(st.sets(st.sampled_from(pairs), max_size=len(pairs)))
    open_to = [
        [i for i in range(inspectors) if (f"P{i:02d}", uscc) not in banned]
        for _, uscc, _ in drawn(visits)
    ]
    rows = "".join(f"{person},{uscc},回避\n" for person, uscc in sorted(banned))
    found = roster_of(people(inspectors), rows)
    if min(map(len, open_to)) < 2:
        with pytest.raises(InspectorError, match="不足 2 名"):
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
