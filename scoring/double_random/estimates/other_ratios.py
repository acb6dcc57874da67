"""What a round says about another set of ratios, without drawing again (off-policy)."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from scoring.double_random.documents import Plan, PlannedStratum
from scoring.double_random.estimates.intervals import LEVEL
from scoring.double_random.estimates.rates import Rate, estimate_rate
from scoring.double_random.estimates.sample import PROBLEM, Sample, visited_strata
from scoring.double_random.strata import (
    GRADES,
    PER_MILLE,
    ceil_per_mille,
    spread_uniform_share,
    visits_in,
)
from scoring.errors import RatioError


@dataclass(frozen=True)
class OtherRatios:
    """Expected findings of a draw by other ratios over the same strata.

    `rate` is problems per visit; `findings` = rate x visits, with limits. None while a grade that
    the ratios would visit has no outcome.
    """

    name: str
    ratios_per_mille: Mapping[str, int]
    visits: int
    visits_to_grade_a: int
    grade_a: int
    rate: Rate | None

    @property
    def findings(self) -> tuple[float, float, float] | None:
        """Expected findings, lower and upper limit."""
        if self.rate is None:
            return None
        parts = (self.rate.value, self.rate.low, self.rate.high)
        value, low, high = (float(part) * self.visits for part in parts)
        return value, low, high


def standard_alternatives(plan: Plan) -> dict[str, dict[str, int]]:
    """The ratios of the round, everybody alike for about as many visits, and half of A and B."""
    ours: dict[str, int] = {grade: plan.ratios_per_mille[grade] for grade in GRADES}
    visits, population = _total(plan, ours), sum(one.population for one in plan.strata)
    alike = min(PER_MILLE, max(1, round(PER_MILLE * visits / max(population, 1))))
    halved: dict[str, int] = {
        grade: max(1, ours[grade] // 2) if grade in "AB" else ours[grade] for grade in GRADES
    }
    return {
        "本轮比例 this round": ours,
        "不分等级 all grades alike": dict.fromkeys(ours, alike),
        "A、B 减半 half of A and B": halved,
    }


def check_ratios(ratios: Mapping[str, int]) -> None:
    """Refuse ratios that lack a grade, name another, or lie outside 0 to 1000 per mille.

    Raises
    ------
    RatioError
        Naming the ratios.
    """
    if set(ratios) != set(GRADES) or not all(0 <= ratios[one] <= PER_MILLE for one in GRADES):
        raise RatioError(
            f"比例 {dict(ratios)} 须含 A、B、C、D 四级，各为 0 至 1000 的千分比",
            f"the ratios {dict(ratios)} must name A, B, C and D, each 0 to 1000 per mille",
        )


def compare_ratios(
    sample: Sample, name: str, ratios: Mapping[str, int], *, level: float = LEVEL
) -> OtherRatios:
    """Expected findings had the strata been drawn by `ratios` (per mille), floors kept.

    A problem found stands for n'_h / n_h problems, n'_h and n_h being visits under the other
    ratios and under this draw, both whole numbers: possible for every ratio, because nobody's
    inclusion probability is zero.

    Raises
    ------
    RatioError
        See :func:`check_ratios`.
    """
    check_ratios(ratios)
    by_name = {one.stratum: visits_in(one) for one in _replanned(sample.plan, ratios)}
    weight = sample.strata["stratum"].map(by_name).to_numpy(float)
    visited = visited_strata(sample.strata, weight=weight)
    rate = None
    if visited is not None:
        found = sample.strata[PROBLEM].to_numpy(np.int64)[visited.rows]
        rate = estimate_rate(found, visited.strata, level=level)
    is_a = (sample.strata["grade"] == "A").to_numpy()
    return OtherRatios(
        name=name,
        ratios_per_mille=dict(ratios),
        visits=int(weight.sum()),
        visits_to_grade_a=int(weight[is_a].sum()),
        grade_a=int(sample.strata.loc[is_a, "population"].sum()),
        rate=rate,
    )


def _total(plan: Plan, ratios: Mapping[str, int]) -> int:
    return sum(visits_in(one) for one in _replanned(plan, ratios))


def _replanned(plan: Plan, ratios: Mapping[str, int]) -> tuple[PlannedStratum, ...]:
    return spread_uniform_share(
        [
            one.model_copy(
                update={
                    "floor": plan.floor,
                    "ratio_per_mille": ceil_per_mille(plan.rest_rate_per_mille, ratios[one.grade])
                    if one.rested
                    else ratios[one.grade],
                }
            )
            for one in plan.strata
        ],
        share_per_mille=plan.uniform_share_per_mille,
    )
