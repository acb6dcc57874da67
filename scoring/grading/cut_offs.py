"""Versions of the cut-offs between grades, kept outside the model: who chose them, when, why, how.

They are chosen by target shares, by the visits that an office can make in a year, or as fixed
probabilities.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from models.rating.cutoffs import GRADES, CutOffs, choose_cut_offs
from scoring.errors import CutOffsError

TARGET_SHARES = "target_shares"
CAPACITY = "capacity"
FIXED = "fixed"
WAYS = (TARGET_SHARES, CAPACITY, FIXED)
_PER_MILLE = 1000


@dataclass(frozen=True)
class CutOffVersion:
    """One file of ``cut_offs/``; never changed once written.

    `wish` is what was asked for, as it stood in the file of rules; `run_id` and `model_version`
    name the population whose probabilities were cut. `at` is naive UTC in ISO form.
    """

    version: str
    by: str
    at: str
    reason: str
    wish: Mapping[str, Any]
    run_id: str
    model_version: str
    cut_offs: CutOffs

    def to_dict(self) -> dict[str, Any]:
        """Plain data for the file."""
        return {**self.__dict__, "wish": dict(self.wish), "cut_offs": self.cut_offs.to_dict()}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Self:
        """Read what :meth:`to_dict` wrote.

        Raises
        ------
        CutOffsError
            The bounds are out of order.
        """
        cut_offs = CutOffs.from_dict(content["cut_offs"])
        check_order(cut_offs.b, cut_offs.c, cut_offs.d)
        return cls(**{**content, "cut_offs": cut_offs})


def check_order(b: float, c: float, d: float) -> None:
    """Refuse bounds that are no probabilities in rising order.

    Raises
    ------
    CutOffsError
    """
    bounds = (b, c, d)
    if all(math.isfinite(one) for one in bounds) and 0 <= b <= c <= d <= 1:
        return
    raise CutOffsError(
        f"等级分界 B={b:g}、C={c:g}、D={d:g} 次序有误：应为 0 ≤ B ≤ C ≤ D ≤ 1，请改正后重新提出",
        f"the cut-offs B={b:g}, C={c:g}, D={d:g} are out of order: 0 <= B <= C <= D <= 1 is "
        "needed; correct them and propose again",
    )


def choose(
    wish: Mapping[str, Any],
    probability: npt.NDArray[np.float64],
    *,
    as_of: date,
    ratios: Mapping[str, int],
    shares: Mapping[str, int],
) -> CutOffs:
    """Cut-offs over a scored population, chosen as `wish` says.

    Parameters
    ----------
    wish
        ``chosen_by`` with ``per_mille`` (shares of A to D), ``visits`` (a year) or ``values``
        (b, c, d).
    probability
        Shape (n,), of the run that they are chosen on.
    ratios, shares
        Per mille of each grade that is visited, and the shares whose proportions of B, C and D a
        choice by capacity keeps.

    Raises
    ------
    CutOffsError
        Out of order, or no shares make that many visits.
    models.errors.CohortError
        Nobody was scored.
    """
    way = wish["chosen_by"]
    if way == FIXED:
        return _fixed(wish["values"], probability, as_of=as_of)
    target = wish.get("per_mille") or dict(shares)
    if way == CAPACITY:
        target = shares_for(int(wish["visits"]), len(probability), ratios=ratios, shares=target)
    return choose_cut_offs(probability, target_per_mille=target, as_of=as_of)


def shares_for(
    visits: int, population: int, *, ratios: Mapping[str, int], shares: Mapping[str, int]
) -> dict[str, int]:
    """Shares per mille of the grades that make about `visits` a year.

    The proportions among B, C and D stay; how many enterprises are in A gives way.

    Raises
    ------
    CutOffsError
        Even all in A would be more visits, or none in A fewer.
    """
    above = {grade: shares[grade] / _PER_MILLE for grade in GRADES[1:]}
    all_in_a = population * ratios["A"] / _PER_MILLE
    gain = sum((ratios[grade] - ratios["A"]) * share for grade, share in above.items())
    widest = 1 / sum(above.values()) if sum(above.values()) else 0.0
    most = all_in_a + widest * gain * population / _PER_MILLE
    if gain <= 0 or not all_in_a <= visits <= most:
        raise CutOffsError(
            f"每年 {visits} 次检查无法由等级比例实现：{population} 户按现行抽查比例最少 "
            f"{math.ceil(all_in_a)} 次，最多 {math.floor(most)} 次。请调整检查力量或抽查比例",
            f"{visits} visits a year cannot be met by any shares: {population} enterprises at "
            f"the present ratios make {math.ceil(all_in_a)} at least and {math.floor(most)} at "
            "most. Change the visits or the sampling ratios",
        )
    factor = (visits - all_in_a) * _PER_MILLE / (population * gain)
    found = {grade: round(_PER_MILLE * factor * share) for grade, share in above.items()}
    return {"A": max(0, _PER_MILLE - sum(found.values())), **found}


def _fixed(
    values: Mapping[str, float], probability: npt.NDArray[np.float64], *, as_of: date
) -> CutOffs:
    b, c, d = (float(values[grade]) for grade in "bcd")
    check_order(b, c, d)
    found = CutOffs(as_of, len(probability), b, c, d, {}, {}).grade(probability)
    reached = {one: round(1000 * float((found == one).mean()), 1) for one in GRADES}
    return CutOffs(as_of, len(probability), b, c, d, {}, reached)
