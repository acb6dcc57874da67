"""Grades A to D: cut-offs on the probability, then the rules that the law sets above them.

A grade is an internal aid for placing supervision effort. It is no credit assessment, no ground for
a penalty, is never shown to the public, and no grade exempts from sampling (国市监信发〔2022〕6号).
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

import law
from models.cutoffs import CutOffs

MODEL = "model"
DIRECT_RULE = "direct_rule"
FLOOR = "floor"

# The facts of a profile that a direct rule may name (law: grading.direct_determination).
_FACTS = {
    "serious_violation_list": ("on_serious_violation_list", True),
    "business_licence_revoked": ("status", "revoked"),
    "registration_annulled": ("status", "annulled"),
}


@dataclass(frozen=True)
class Rules:
    """The law's part of grading on one day in one region.

    References
    ----------
    grading.direct_determination, grading.new_enterprise_floor (both unconfirmed).
    """

    direct: tuple[dict[str, Any], ...]
    floor_grade: str
    floor_months: int
    unconfirmed: tuple[str, ...]

    @classmethod
    def of(cls, on: date, *, region: str) -> "Rules":
        """The rules in force in `region` on day `on`."""
        names = ("grading.direct_determination", "grading.new_enterprise_floor")
        direct, floor = (law.lookup(name, on=on, region=region) for name in names)
        return cls(
            direct=tuple(direct.value),
            floor_grade=str(floor.value["grade"]),
            floor_months=int(floor.value["months"]),
            unconfirmed=tuple(
                name
                for name, found in zip(names, (direct, floor), strict=True)
                if found.status == "unconfirmed"
            ),
        )


@dataclass(frozen=True)
class GradeDecisions:
    """Grades of n enterprises, each array of shape (n,).

    ``basis`` says why: the model, a direct rule, or the floor for new enterprises; ``ground`` is
    the Chinese text of the rule, empty where the model decided.
    """

    grade: npt.NDArray[np.str_]
    model_grade: npt.NDArray[np.str_]
    basis: npt.NDArray[np.str_]
    ground: npt.NDArray[np.str_]


def decide_grades(
    probability: npt.NDArray[np.float64],
    profile: pa.Table,
    *,
    cut_offs: CutOffs,
    rules: Rules,
) -> GradeDecisions:
    """Grade every enterprise: model, then floor for the new, then direct determination.

    Parameters
    ----------
    probability
        Shape (n,), calibrated; row i belongs to row i of `profile`.
    profile
        One row per enterprise (see :func:`features.profile.build_profile`).
    """
    model_grade = cut_offs.grade(probability)
    grade, basis = model_grade.copy(), np.full(len(probability), MODEL, dtype="<U16")
    ground = np.full(len(probability), "", dtype=object)

    raised = _new_without_history(profile, rules.floor_months) & (grade < rules.floor_grade)
    grade[raised], basis[raised] = rules.floor_grade, FLOOR
    ground[raised] = f"新设企业尚无记录，按{rules.floor_grade}类起评"

    for rule in rules.direct:
        hit = _meets(profile, str(rule["key"])) & (grade <= rule["grade"])
        grade[hit], basis[hit], ground[hit] = rule["grade"], DIRECT_RULE, rule["zh"]
    return GradeDecisions(grade, model_grade, basis, ground.astype(np.str_))


def _new_without_history(profile: pa.Table, months: int) -> npt.NDArray[np.bool_]:
    age = profile["months_since_established"].to_numpy(zero_copy_only=False).astype(float)
    history = profile["has_history"].to_numpy(zero_copy_only=False).astype(bool)
    new: npt.NDArray[np.bool_] = (age < months) & ~history
    return new


def _meets(profile: pa.Table, key: str) -> npt.NDArray[np.bool_]:
    if key not in _FACTS:  # a ground that no record kind carries yet hits nobody
        return np.zeros(profile.num_rows, dtype=bool)
    column, wanted = _FACTS[key]
    return np.asarray(profile[column].to_numpy(zero_copy_only=False) == wanted, dtype=bool)
