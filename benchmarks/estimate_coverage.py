"""How often the intervals of a round hold the truth. SIMULATED worlds, seeded.

``python -m benchmarks.estimate_coverage`` prints a Markdown table: for each number of enterprises,
many worlds (areas, grades, rest status and rates of their own), in each world many draws by the
ratios in force, and in each draw the published intervals and, beside them, the normal interval
that is forbidden.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

import law
from scoring.double_random.documents import PlannedStratum
from scoring.double_random.estimates.by_grade import estimate_grade
from scoring.double_random.estimates.intervals import LEVEL
from scoring.double_random.estimates.lift import estimate_lift
from scoring.double_random.estimates.rates import Strata, estimate_rate
from scoring.double_random.strata import (
    GRADES,
    ceil_per_mille,
    spread_uniform_share,
    stratum_name,
    visits_in,
)

SIZES = (800, 5_000, 50_000, 500_000)
AREAS = 7
_DAY = date(2026, 11, 22)
_SHARES = {"A": 0.65, "B": 0.25, "C": 0.08, "D": 0.02}
# Bounds between which a world draws the rate of each grade.
_RATES = {"A": (0.005, 0.06), "B": (0.03, 0.12), "C": (0.1, 0.3), "D": (0.3, 0.6)}
_RESTED = 0.1
_SPREAD_BETWEEN_STRATA = 0.4  # standard deviation of the log-odds
_NORMAL = 1.959964


@dataclass(frozen=True)
class World:
    """Strata of one simulated office, and how many of each have a problem."""

    strata: Strata
    grade: NDArray[np.int64]
    problems: NDArray[np.int64]

    @property
    def rate(self) -> float:
        """The truth."""
        return float(self.problems.sum() / self.strata.population.sum())

    @property
    def lift(self) -> float:
        """Expected hit rate of the draw over the truth."""
        rates = self.problems / self.strata.population
        visited = self.strata.visited
        return float((visited * rates).sum() / visited.sum() / self.rate)

    def draws(self, number: int, chance: np.random.Generator) -> NDArray[np.int64]:
        """Problems found, shape (number, strata): each stratum drawn without replacement."""
        return chance.hypergeometric(
            self.problems,
            self.strata.population - self.problems,
            self.strata.visited,
            size=(number, len(self.problems)),
        )


def make_world(enterprises: int, chance: np.random.Generator, *, rarity: float = 1.0) -> World:
    """A world; `rarity` scales all rates."""
    planned = [one for one in _plan(enterprises, chance) if one.population]
    population = np.array([one.population for one in planned])
    grade = np.array([GRADES.index(one.grade) for one in planned])
    base = np.array([rarity * chance.uniform(*_RATES[name]) for name in GRADES])[grade]
    spread = chance.normal(0, _SPREAD_BETWEEN_STRATA, len(planned))
    rate = 1 / (1 + np.exp(-(np.log(base / (1 - base)) + spread)))
    return World(
        Strata(
            population=population,
            visited=np.array([visits_in(one) for one in planned]),
            cell=2 * grade + np.array([one.rested for one in planned]),
            weight=population.astype(float),
        ),
        grade,
        chance.binomial(population, rate),
    )


def _plan(enterprises: int, chance: np.random.Generator) -> tuple[PlannedStratum, ...]:
    ratios = law.value("double_random.sampling_ratio_per_mille", on=_DAY)
    rest = law.value("double_random.rest_rate_per_mille", on=_DAY)
    share = law.value("double_random.uniform_share_per_mille", on=_DAY)
    sizes = chance.dirichlet(np.full(AREAS, 3.0))
    strata = [
        PlannedStratum(
            stratum=stratum_name(str(area), grade, rested=rested),
            area_code=str(area),
            grade=grade,
            rested=rested,
            population=int(
                chance.poisson(
                    enterprises
                    * sizes[area]
                    * _SHARES[grade]
                    * (_RESTED if rested else 1 - _RESTED)
                )
            ),
            ratio_per_mille=ceil_per_mille(rest, ratios[grade]) if rested else ratios[grade],
            floor=1,
        )
        for area in range(AREAS)
        for grade in GRADES
        for rested in (False, True)
    ]
    return spread_uniform_share(strata, share_per_mille=share)


def normal_limits(found: NDArray[np.int64], strata: Strata) -> tuple[Any, Any]:
    """The forbidden interval: estimate plus and minus 1.96 standard errors."""
    share, rates = strata.share, found / strata.visited
    drawn = strata.visited / strata.population
    each = share**2 * (1 - drawn) * rates * (1 - rates) / np.maximum(strata.visited - 1, 1)
    value, error = (share * rates).sum(axis=-1), np.sqrt(each.sum(axis=-1))
    return value - _NORMAL * error, value + _NORMAL * error


def coverage_of(
    world: World, found: NDArray[np.int64], chance: np.random.Generator, *, lifts: int
) -> dict[str, list[float]]:
    """Shares of draws whose interval holds the truth, and the mean width of the rate's."""
    rate = estimate_rate(found, world.strata)
    low, high = normal_limits(found, world.strata)
    grades = [list(_grade_hits(world, found, code)) for code in range(len(GRADES))]
    lift = [estimate_lift(row, world.strata, chance=chance) for row in found[:lifts]]
    return {
        "rate": [_hits(rate.low, rate.high, world.rate)],
        "width": [float((rate.high - rate.low).mean())],
        "normal": [_hits(low, high, world.rate)],
        "normal_width": [float((high - low).mean())],
        "grade": [one for part in grades for one in part],
        "lift": [float(np.mean([one.low <= world.lift <= one.high for one in lift]))],
    }


def _grade_hits(world: World, found: NDArray[np.int64], code: int) -> Iterator[float]:
    inside = world.grade == code
    if not inside.any():
        return
    whole = world.strata
    strata = Strata(
        whole.population[inside], whole.visited[inside], whole.cell[inside], whole.weight[inside]
    )
    truth = world.problems[inside].sum() / strata.population.sum()
    one = estimate_grade(found[:, inside], strata)
    yield _hits(one.low, one.high, truth)


def _hits(low: Any, high: Any, truth: float) -> float:
    slack = 1e-12
    return float(((low <= truth + slack) & (truth - slack <= high)).mean())


def measure(
    enterprises: int, *, worlds: int, draws: int, lifts: int, seed: int, rarity: float = 1.0
) -> dict[str, NDArray[np.float64]]:
    """Coverage in every world of a size."""
    chance = np.random.default_rng([seed, enterprises])
    collected: dict[str, list[float]] = {}
    for _ in range(worlds):
        world = make_world(enterprises, chance, rarity=rarity)
        found = world.draws(draws, chance)
        for name, values in coverage_of(world, found, chance, lifts=lifts).items():
            collected.setdefault(name, []).extend(values)
    return {name: np.array(values) for name, values in collected.items()}


HEADER = (
    "| enterprises | rates | Korn-Graubard (worst world) | width | normal, forbidden (worst) "
    "| width | per grade | lift |\n|---|---|---|---|---|---|---|---|"
)


def table(sizes: tuple[int, ...], *, worlds: int, draws: int, lifts: int, seed: int) -> str:
    """The Markdown table."""
    lines = [HEADER]
    for size in sizes:
        for name, rarity in (("usual", 1.0), ("a fifth", 0.2)):
            one = measure(size, worlds=worlds, draws=draws, lifts=lifts, seed=seed, rarity=rarity)
            lines.append(
                f"| {size:,} | {name} | {one['rate'].mean():.3f} ({one['rate'].min():.3f}) "
                f"| {one['width'].mean():.4f} "
                f"| {one['normal'].mean():.3f} ({one['normal'].min():.3f}) "
                f"| {one['normal_width'].mean():.4f} "
                f"| {one['grade'].mean():.3f} | {one['lift'].mean():.3f} |"
            )
    return "\n".join(lines)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worlds", type=int, default=60)
    parser.add_argument("--draws", type=int, default=400)
    parser.add_argument("--lifts", type=int, default=20, help="draws of a world with a lift")
    parser.add_argument("--seed", type=int, default=20261122)
    given = parser.parse_args()
    print(f"nominal {LEVEL:.2f}; {given.worlds} worlds x {given.draws} draws a row; SIMULATED\n")
    print(table(SIZES, worlds=given.worlds, draws=given.draws, lifts=given.lifts, seed=given.seed))


if __name__ == "__main__":
    main()
