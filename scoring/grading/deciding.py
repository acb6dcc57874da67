"""Grades A to D: cut-offs on the probability, then the rules that act on what the model says.

A grade is an internal aid for placing supervision effort. It is no credit assessment, no ground for
a penalty, is never shown to the public, and no grade exempts from sampling (国市监信发〔2022〕6号).
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from models.rating.cutoffs import GRADES, CutOffs
from scoring.grading.inputs import GradeInputs, grades_for, texts_for
from scoring.grading.rules import Rules

MODEL = "model"
HYSTERESIS = "hysteresis"
FLOOR = "floor"
PROVINCE = "province"
DIRECT_RULE = "direct_rule"
OVERRIDE = "override"
BASES = (MODEL, HYSTERESIS, FLOOR, PROVINCE, DIRECT_RULE, OVERRIDE)

# The facts of a profile that a direct rule may name (law: grading.direct_determination). A fact
# that no register carries, such as a transfer to the judicial authorities, comes as an override.
_FACTS = {
    "serious_violation_list": ("on_serious_violation_list", True),
    "business_licence_revoked": ("status", "revoked"),
    "registration_annulled": ("status", "annulled"),
}

_Grades = npt.NDArray[np.str_]
_Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class GradeDecisions:
    """Grades of n enterprises, each array of shape (n,); "" where there is nothing to say.

    Attributes
    ----------
    grade
        What holds.
    model_grade
        By the cut-offs alone.
    settled_grade
        The model's grade after hysteresis: what next month's hysteresis starts from.
    previous_grade
        The settled grade of the previous run.
    provincial_grade
        The province's result, whatever ours is.
    basis
        Which of `BASES` the grade rests on.
    ground
        The rule's or the act's text in Chinese; "" where the model decided.
    """

    grade: _Grades
    model_grade: _Grades
    settled_grade: _Grades
    previous_grade: _Grades
    provincial_grade: _Grades
    basis: npt.NDArray[np.object_]
    ground: npt.NDArray[np.object_]

    def columns(self) -> dict[str, pa.Array]:
        """The columns of a run's grades; null instead of ""."""
        letters = {
            "grade": self.grade,
            "model_grade": self.model_grade,
            "settled_grade": self.settled_grade,
            "previous_grade": self.previous_grade,
            "provincial_grade": self.provincial_grade,
        }
        return {
            **{name: _letter_column(values) for name, values in letters.items()},
            "basis": pa.array(self.basis, pa.string()),
            "basis_ground": pa.array(self.ground, pa.string()),
        }


def _letter_column(letters: _Grades) -> pa.Array:
    """A column of letters, null for ""; one by one, millions would take longer than scoring."""
    codes = np.ascontiguousarray(letters, dtype="<U1").view(np.uint32).astype(np.int64)
    return pa.array(GRADES).take(pa.array(codes - ord(GRADES[0]), mask=codes == 0))


@dataclass
class _Draft:
    """The grades as the rules so far leave them."""

    grade: _Grades
    basis: npt.NDArray[np.object_]
    ground: npt.NDArray[np.object_]

    def put(self, where: _Mask, *, grade: Any, basis: str, ground: Any) -> None:
        """Let a rule decide where it reaches."""
        self.grade[where], self.basis[where], self.ground[where] = grade, basis, ground


def decide_grades(
    probability: npt.NDArray[np.float64],
    profile: pa.Table,
    *,
    cut_offs: CutOffs,
    rules: Rules,
    inputs: GradeInputs | None = None,
) -> GradeDecisions:
    """Grade every enterprise; each step may change what the one before it said.

    Model, hysteresis, floor for the new, province (where it decides), direct determination,
    override. An override never lowers a grade while the fact of a direct rule lasts.

    Parameters
    ----------
    probability
        Shape (n,), calibrated; row i belongs to row i of `profile`.
    profile
        One row per enterprise (see :func:`features.profile.build_profile`); the grades of a run
        serve too, so that a change of rules is tried without scoring again.
    """
    inputs = inputs or GradeInputs()
    ids = profile["enterprise_id"].combine_chunks()
    model_grade = cut_offs.grade(probability)
    previous = grades_for(inputs.previous, ids)
    provincial = grades_for(inputs.provincial, ids)
    settled = _settle(probability, model_grade, previous, cut_offs=cut_offs, rules=rules)
    draft = _Draft(
        settled.copy(),
        np.full(len(settled), MODEL, dtype=object),
        np.full(len(settled), "", dtype=object),
    )
    _hold(draft, model_grade, rules=rules)
    _raise_the_new(draft, profile, rules=rules)
    if rules.provincial_decides:
        draft.put(
            provincial != "",
            grade=provincial[provincial != ""],
            basis=PROVINCE,
            ground="按省级分类结果",
        )
    _determine_directly(draft, profile, ids, rules=rules, inputs=inputs)
    _override(draft, ids, inputs=inputs)
    return GradeDecisions(
        draft.grade,
        model_grade,
        settled,
        previous,
        provincial,
        draft.basis,
        draft.ground,
    )


def _settle(
    probability: npt.NDArray[np.float64],
    model_grade: _Grades,
    previous: _Grades,
    *,
    cut_offs: CutOffs,
    rules: Rules,
) -> _Grades:
    """The grade that the model moves to once a cut-off is passed by the margin."""
    margin = rules.hysteresis_per_mille / 1000
    worse = _shifted(cut_offs, 1 + margin).grade(probability)
    better = _shifted(cut_offs, 1 - margin).grade(probability)
    settled = model_grade.copy()
    known = previous != ""
    rises, falls = known & (model_grade > previous), known & (model_grade < previous)
    settled[rises] = np.where(worse > previous, worse, previous)[rises]
    settled[falls] = np.where(better < previous, better, previous)[falls]
    return settled


def _shifted(cut_offs: CutOffs, factor: float) -> CutOffs:
    return replace(cut_offs, b=cut_offs.b * factor, c=cut_offs.c * factor, d=cut_offs.d * factor)


def _hold(draft: _Draft, model_grade: _Grades, *, rules: Rules) -> None:
    """Say where hysteresis keeps a grade."""
    held = draft.grade != model_grade
    for grade in GRADES:
        draft.put(
            held & (draft.grade == grade),
            grade=grade,
            basis=HYSTERESIS,
            ground=f"概率越过分界未达稳定带 {rules.hysteresis_per_mille / 10:g}%，暂按{grade}类",
        )


def _raise_the_new(draft: _Draft, profile: pa.Table, *, rules: Rules) -> None:
    age = profile["months_since_established"].to_numpy(zero_copy_only=False).astype(float)
    history = profile["has_history"].to_numpy(zero_copy_only=False).astype(bool)
    new = (age < rules.floor_months) & ~history & (draft.grade < rules.floor_grade)
    draft.put(
        new,
        grade=rules.floor_grade,
        basis=FLOOR,
        ground=f"新设企业尚无记录，按{rules.floor_grade}类起评",
    )


def _determine_directly(
    draft: _Draft, profile: pa.Table, ids: pa.Array, *, rules: Rules, inputs: GradeInputs
) -> None:
    for rule in rules.direct:
        below = draft.grade <= rule["grade"]
        text = rule["zh"] + ("（待法制审核）" if rule["status"] == "unconfirmed" else "")
        met = _meets(profile, str(rule["key"])) & below
        draft.put(met, grade=rule["grade"], basis=DIRECT_RULE, ground=text)
        acts = inputs.overrides.filter(pc.equal(inputs.overrides["rule"], rule["key"]))
        if len(acts):
            grounds = texts_for(acts, ids, name="ground")
            by_act = (grounds != "") & below
            told = f"{text}；" + grounds[by_act]
            draft.put(by_act, grade=rule["grade"], basis=DIRECT_RULE, ground=told)


def _meets(profile: pa.Table, key: str) -> _Mask:
    if key not in _FACTS:
        return np.zeros(profile.num_rows, dtype=bool)
    column, wanted = _FACTS[key]
    met: _Mask = pc.fill_null(pc.equal(profile[column], wanted), False).to_numpy()
    return met


def _override(draft: _Draft, ids: pa.Array, *, inputs: GradeInputs) -> None:
    acts = inputs.overrides.filter(inputs.overrides["rule"].is_null())
    if not len(acts):
        return
    grade = grades_for(acts, ids)
    holds = (grade != "") & ~((draft.basis == DIRECT_RULE) & (grade < draft.grade))
    ground = texts_for(acts, ids, name="ground")[holds]
    draft.put(holds, grade=grade[holds], basis=OVERRIDE, ground=ground)
