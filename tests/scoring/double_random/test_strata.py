"""How many are drawn in each stratum, in whole numbers."""

from fractions import Fraction
from math import ceil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.double_random.documents import PlannedStratum
from scoring.double_random.strata import (
    check_strata,
    reserves_in,
    spread_uniform_share,
    total_visits,
    visits_in,
)
from scoring.errors import StratumError


def stratum(name: str, population: int, ratio: int, floor: int = 1) -> PlannedStratum:
    return PlannedStratum(
        stratum=name,
        area_code="440507",
        grade="A",
        rested=False,
        population=population,
        ratio_per_mille=ratio,
        floor=floor,
        item_ratios={"模拟": ratio},
    )


STRATA = st.lists(
    st.tuples(st.integers(0, 5000), st.integers(0, 1000), st.integers(1, 20)),
    min_size=1,
    max_size=20,
).map(lambda cells: [stratum(str(n), *cell) for n, cell in enumerate(cells)])


@pytest.mark.parametrize(
    ("population", "ratio", "floor", "drawn"),
    [
        (1000, 30, 1, 30),
        (1001, 30, 1, 31),
        (1, 1, 1, 1),
        (1000, 0, 1, 1),
        (10, 30, 4, 4),
        (3, 30, 5, 3),  # n_h > N_h: everybody, and no more
        (7, 1000, 1, 7),
        (0, 1000, 5, 0),  # an empty stratum draws nobody
    ],
)
def test_number_drawn(population: int, ratio: int, floor: int, drawn: int) -> None:
    assert visits_in(stratum("s", population, ratio, floor)) == drawn


@settings(deadline=None)
@given(STRATA, st.integers(0, 1000))
def test_whole_numbers_agree_with_exact_fractions(
    strata: list[PlannedStratum], reserve: int
) -> None:
    for cell in strata:
        exact = max(cell.floor, ceil(Fraction(cell.ratio_per_mille * cell.population, 1000)))
        assert visits_in(cell) == min(exact, cell.population)
        both = visits_in(cell) + reserves_in(cell, reserve_per_mille=reserve)
        assert visits_in(cell) <= both <= cell.population


@settings(deadline=None)
@given(STRATA, st.integers(0, 1000))
def test_the_uniform_share_reaches_everybody_alike(
    strata: list[PlannedStratum], share: int
) -> None:
    spread = spread_uniform_share(strata, share_per_mille=share)
    filled = [cell for cell in spread if cell.population]
    population = sum(cell.population for cell in filled)
    assert all(visits_in(cell) >= 1 for cell in filled)
    assert all(after.floor >= before.floor for after, before in zip(spread, strata, strict=True))
    if filled:
        smallest = min(Fraction(visits_in(cell), cell.population) for cell in filled)
        assert smallest * population >= Fraction(share * total_visits(spread), 1000)


def test_the_uniform_share_costs_little_where_ratios_are_ample() -> None:
    strata = [stratum("A", 6540, 10), stratum("C", 770, 300), stratum("D", 160, 800)]
    spread = spread_uniform_share(strata, share_per_mille=50)
    assert total_visits(spread) == total_visits(strata)


@pytest.mark.parametrize(
    ("populations", "told"),
    [
        ({"a": 2, "b": 1, "c": 4}, "缺少层 c（4 户）"),
        ({"a": 2}, "层 b 方案为 1 户，抽样框为 0 户"),
        ({"a": 3, "b": 1}, "层 a 方案为 2 户，抽样框为 3 户"),
    ],
)
def test_plan_and_frame_must_have_the_same_strata(populations: dict[str, int], told: str) -> None:
    plan = [stratum("a", 2, 10), stratum("b", 1, 10), stratum("empty", 0, 10)]
    check_strata(plan, {"a": 2, "b": 1})
    with pytest.raises(StratumError, match=told):
        check_strata(plan, populations)


def test_a_stratum_may_not_stand_twice() -> None:
    with pytest.raises(StratumError, match="重复"):
        check_strata([stratum("a", 2, 10), stratum("a", 2, 10)], {"a": 2})
