"""Simulated worlds (模拟 SIMULATED) that show what the draw does over many rounds."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, product

import numpy as np
import numpy.typing as npt
from scipy.stats import chisquare, rankdata

from scoring.double_random.balancing import Places, draw_first_teams, even_out
from scoring.double_random.documents import PlannedStratum
from scoring.double_random.drawing import select
from scoring.double_random.frame import Frame, build_frame
from scoring.double_random.strata import spread_uniform_share
from scoring.double_random.swap_chain import mix

Counts = npt.NDArray[np.int64]
_GRADE_SHARES = {"A": 0.65, "B": 0.25, "C": 0.08, "D": 0.02}


def seed_of(*parts: object) -> str:
    """A seed for a simulated round."""
    return hashlib.sha256("\x1f".join(map(str, parts)).encode()).hexdigest()


def plan_of(sizes: dict[str, int], ratios: dict[str, int]) -> tuple[PlannedStratum, ...]:
    """Strata of one area; names are ``grade.due`` and ``grade.rest``, which rests at a tenth."""
    strata = []
    for name, population in sizes.items():
        grade, _, rest = name.partition(".")
        ratio = ratios[grade] if rest == "due" else -(-ratios[grade] // 10)
        strata.append(
            PlannedStratum(
                stratum=name,
                area_code="440507",
                grade=grade,
                rested=rest == "rest",
                population=population,
                ratio_per_mille=ratio,
                floor=1,
                item_ratios={"模拟": ratio},
            )
        )
    return spread_uniform_share(strata, share_per_mille=50)


def drawn_rows(strata: Sequence[str], *, seed: str, ratios: dict[str, int]) -> Counts:
    """Numbers of the enterprises that a round draws; row i has the code of number i."""
    frame = build_frame([f"91{number:07d}" for number in range(len(strata))], strata)
    plan = plan_of(frame.populations(), ratios)
    selection = select(frame, plan, seed=seed, reserve_per_mille=0)
    return np.array([int(code[2:]) for code in selection.uscc], dtype=np.int64)


def small_rounds() -> dict[str, Places]:
    """Rounds so small that all their feasible staffings can be listed."""
    four = np.ones((1, 4), dtype=bool)
    two_units = np.array([[True, True, True, False, False], [False, False, False, True, True]])
    return {
        "avoidance": _places([0, 0] * 4, able=four, banned={0, 5, 10}),
        "uneven loads": _places([0, 0] * 3, able=four, banned={1}),
        "two departments": _places([0, 1] * 4, able=two_units, banned={0, 8}),
    }


def homogeneity(places: Places, *, redraws: int) -> tuple[float, int]:
    """P-value of re-draws against equal chances for all staffings; how many there are."""
    levels = even_out(draw_first_teams(places, seed=seed_of("levels")))
    cells = _staffings(places, levels)
    found: Counter[tuple[tuple[int, ...], ...]] = Counter()
    for number in range(redraws):
        seed = seed_of("redraw", number)
        staffing = draw_first_teams(places, seed=seed)
        mix(staffing, even_out(staffing), seed=seed)
        found[tuple(tuple(sorted(team)) for team in staffing.teams)] += 1
    if not found.keys() <= set(cells):
        raise ValueError("a staffing that is not feasible")
    return float(chisquare([found[cell] for cell in cells]).pvalue), len(cells)


def inclusion(frame: Frame, strata: Sequence[PlannedStratum], *, draws: int) -> Counts:
    """Hits of every enterprise (column) in every draw (row)."""
    hits = np.zeros((draws, len(frame)), dtype=np.int64)
    for number in range(draws):
        selection = select(frame, strata, seed=seed_of("inclusion", number), reserve_per_mille=0)
        hits[number, [int(code[2:]) for code in selection.uscc]] = 1
    return hits


def inclusion_statistics(hits: Counts, *, blocks: int = 24) -> tuple[float, float]:
    """Chi2/dof of hits over blocks of draws; near pairs, observed to expected."""
    draws, size = hits.shape
    drawn = int(hits[0].sum())
    p = drawn / size
    statistic = 0.0
    for block in np.array_split(hits, blocks):
        expected = len(block) * p
        # Draws without replacement: hits of one block add up, which takes one degree of freedom.
        spread = expected * (1 - p) * size / (size - 1)
        statistic += float(((block.sum(axis=0) - expected) ** 2).sum() / spread)
    together = [int((hits[:, gap:] * hits[:, :-gap]).sum()) for gap in range(1, 11)]
    pairs = sum(size - gap for gap in range(1, 11))
    expected_pairs = draws * pairs * p * (drawn - 1) / (size - 1)
    return statistic / (blocks * (size - 1)), sum(together) / expected_pairs


@dataclass(frozen=True)
class Coordination:
    """Shared rounds against separate draws, over a year."""

    visit_share: float
    hit_twice: float
    foresight: float


def coordination(*, enterprises: int, departments: int, months: int) -> Coordination:
    """Departments with ratios from one half to all of the highest, monthly; the visited rest."""
    grades = np.random.default_rng(7).choice(
        list(_GRADE_SHARES), enterprises, p=list(_GRADE_SHARES.values())
    )
    highest = {"A": 1, "B": 4, "C": 15, "D": 60}
    shared = separate = 0
    visits = np.zeros(enterprises, dtype=np.int64)
    areas: list[float] = []
    last: npt.NDArray[np.float64] | None = None
    for month in range(months):
        strata = [f"{g}.{'rest' if n else 'due'}" for g, n in zip(grades, visits, strict=True)]
        seed = seed_of("month", month)
        rows = drawn_rows(strata, seed=seed, ratios=highest)
        shared += len(rows)
        for department in range(departments):
            share = 0.5 + 0.5 * (department + 1) / departments
            ratios = {grade: max(1, round(share * r)) for grade, r in highest.items()}
            due = [f"{grade}.due" for grade in grades]
            separate += len(drawn_rows(due, seed=seed_of(month, department), ratios=ratios))
        is_drawn = np.isin(np.arange(enterprises), rows)
        if last is not None:
            areas += [_auc(-last[own], is_drawn[own]) for own in (grades == g for g in "ABC")]
        last = _tickets(seed, enterprises)
        visits[rows] += 1
    ordinary = grades != "D"
    return Coordination(
        visit_share=shared / separate,
        hit_twice=float((visits[ordinary] >= 2).mean()),
        foresight=max(float(np.mean(areas)), 1 - float(np.mean(areas))),
    )


def industry_turns_bad(*, enterprises: int, worlds: int) -> Counts:
    """For every world, after how many quarters the industry gets 5 % of the draws; 99 for never.

    The industry (8 % of firms) is of grade A throughout when its violations go from 3 to 45 %.
    Grades follow the rate of the industry as draws found it in a year, and the firm's own signs.
    """
    return np.array([_quarters(enterprises, world) for world in range(worlds)], dtype=np.int64)


def _quarters(enterprises: int, world: int, *, limit: int = 8) -> int:
    chance = np.random.default_rng(world)
    industry = chance.choice(12, enterprises, p=[0.08, *[0.92 / 11] * 11])
    own = chance.normal(0, 0.02, enterprises)
    rates = np.where(np.arange(12) == 0, 0.03, chance.uniform(0.03, 0.12, 12))
    score = rates[industry] + own - np.where(industry == 0, 0.05, 0)
    found, visited = 2 * rates, np.full(12, 2.0)
    rates[0] = 0.45
    for quarter in range(1, limit + 1):
        cuts = np.quantile(score, [0.65, 0.90, 0.98])
        grades = np.array(list("ABCD"))[np.searchsorted(cuts, score)]
        rows = drawn_rows(
            [f"{grade}.due" for grade in grades],
            seed=seed_of("world", world, quarter),
            ratios={"A": 10, "B": 30, "C": 100, "D": 300},
        )
        if (industry[rows] == 0).mean() >= 0.05:
            return quarter
        bad = chance.random(len(rows)) < rates[industry[rows]]
        found = found + np.bincount(industry[rows], weights=bad, minlength=12)
        visited = visited + np.bincount(industry[rows], minlength=12)
        score = (found / visited)[industry] + own
    return 99


def _places(kinds: list[int], *, able: npt.NDArray[np.bool_], banned: set[int]) -> Places:
    visits = len(kinds) // 2
    return Places(
        usccs=[f"91{number:04d}" for number in range(visits)],
        visit=[number for number in range(visits) for _ in range(2)],
        kind=kinds,
        able=able,
        banned=frozenset(banned),
    )


def _staffings(places: Places, levels: Counts) -> list[tuple[tuple[int, ...], ...]]:
    """Every staffing that breaks no ban and keeps the levels."""
    people = range(places.inspectors)
    choices = []
    for visit in range(len(places.usccs)):
        kinds = [kind for kind, of in zip(places.kind, places.visit, strict=True) if of == visit]
        allowed = [p for p in people if visit * places.inspectors + p not in places.banned]
        choices.append(
            [
                pair
                for pair in combinations(allowed, 2)
                if any(
                    places.able[kinds[0], one] and places.able[kinds[1], two]
                    for one, two in (pair, pair[::-1])
                )
            ]
        )
    fitting = []
    for teams in product(*choices):
        loads = np.bincount([person for team in teams for person in team], minlength=len(people))
        if ((loads <= levels) & (loads >= levels - 1)).all():
            fitting.append(tuple(teams))
    return fitting


def _tickets(seed: str, number: int) -> npt.NDArray[np.float64]:
    texts = (f"{seed}\x1f91{row:07d}" for row in range(number))
    return (
        np.array([int(hashlib.sha256(text.encode()).hexdigest()[:12], 16) for text in texts])
        / 2**48
    )


def _auc(score: npt.NDArray[np.float64], is_drawn: npt.NDArray[np.bool_]) -> float:
    hits = int(is_drawn.sum())
    if not hits or hits == len(is_drawn):
        return 0.5
    ranks = rankdata(score)[is_drawn].sum()
    return float((ranks - hits * (hits + 1) / 2) / (hits * (len(is_drawn) - hits)))
