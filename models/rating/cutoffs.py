"""Grade cut-offs: probabilities that part A, B, C and D, as versioned data.

Cut-offs are chosen from the scored population so that the grades' shares meet the target shares,
a policy kept in law (`grading.target_shares_per_mille`). A grade is an internal aid for placing
supervision effort, not a credit assessment.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

import law
from models.errors import CohortError, ConfigError

GRADES = ("A", "B", "C", "D")


@dataclass(frozen=True)
class CutOffs:
    """Lower bounds of B, C and D; below B lies A.

    Attributes
    ----------
    as_of
        Day of the population they were chosen on.
    population
        Enterprises scored.
    target_per_mille, reached_per_mille
        Share of each grade, asked for and reached.
    """

    as_of: date
    population: int
    b: float
    c: float
    d: float
    target_per_mille: Mapping[str, int]
    reached_per_mille: Mapping[str, float]

    def grade(self, probability: NDArray[np.float64]) -> NDArray[np.str_]:
        """Grade of each probability: a bound itself belongs to the riskier grade."""
        letters = np.array(GRADES)
        return letters[np.searchsorted([self.b, self.c, self.d], probability, side="right")]

    def to_dict(self) -> dict[str, Any]:
        """One version of grades.json."""
        content = asdict(self) | {"as_of": self.as_of.isoformat()}
        return content | {
            "target_per_mille": dict(self.target_per_mille),
            "reached_per_mille": dict(self.reached_per_mille),
        }

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Self:
        """Read what :meth:`to_dict` wrote."""
        return cls(**{**content, "as_of": date.fromisoformat(content["as_of"])})


def target_shares(parameter: str, *, on: date, region: str) -> dict[str, int]:
    """Target share of each grade per mille, from law.

    Raises
    ------
    ConfigError
        The parameter's value is not a share of 1000 for each of A, B, C and D.
    """
    value = law.value(parameter, on=on, region=region)
    if set(value) != set(GRADES) or sum(value.values()) != 1000 or min(value.values()) < 0:
        raise ConfigError(
            f"{on} 的参数 {parameter} = {value} 应给出 A、B、C、D 四级的千分比，合计 1000",
            f"parameter {parameter} = {value} on {on} must give A, B, C and D per mille, "
            "1000 together",
        )
    return {grade: int(value[grade]) for grade in GRADES}


def choose_cut_offs(
    probability: NDArray[np.float64], *, target_per_mille: Mapping[str, int], as_of: date
) -> CutOffs:
    """Cut-offs whose shares over the population come nearest to the target.

    Enterprises with equal probabilities stay in one grade, so shares are met as nearly as such
    ties allow.

    Raises
    ------
    CohortError
        Nobody was scored.
    """
    if len(probability) == 0:
        raise CohortError(
            f"{as_of} 没有可评分的企业，无法确定等级分界",
            f"no enterprise was scored as of {as_of}, so there is nothing to cut",
        )
    shares = np.cumsum([target_per_mille[grade] for grade in GRADES[:3]]) / 1000
    ordered = np.sort(probability)
    b, c, d = (_bound(ordered, float(share)) for share in shares)
    draft = CutOffs(as_of, len(probability), b, c, d, dict(target_per_mille), {})
    grade = draft.grade(probability)
    reached = {one: round(1000 * float((grade == one).mean()), 1) for one in GRADES}
    return replace(draft, reached_per_mille=reached)


def _bound(ordered: NDArray[np.float64], share_below: float) -> float:
    """A probability halfway between the two unequal neighbours nearest to the cut.

    Not that of the upper neighbour itself: a last digit that another machine computes otherwise
    must not move anybody over the bound.
    """
    rank = round(share_below * len(ordered))
    if rank >= len(ordered):
        return 1.0
    first = int(np.searchsorted(ordered, ordered[rank], side="left"))
    after = int(np.searchsorted(ordered, ordered[rank], side="right"))
    nearest = first if rank - first <= after - rank else after
    if nearest in (0, len(ordered)):
        return float(ordered[0]) if nearest == 0 else 1.0
    return float(ordered[nearest - 1] + ordered[nearest]) / 2
