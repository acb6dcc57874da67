"""A change of rules tried on the grades of a run, without scoring anybody again.

A run's grades hold the probability and the facts that rules ask (status, list, age, history,
capital, last month's and the province's grade); its manifest holds the overrides it applied.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from models.rating.cutoffs import CutOffs
from scoring.errors import RuleStateError
from scoring.grading.deciding import decide_grades
from scoring.grading.inputs import GradeInputs
from scoring.grading.movements import Movement, groups_of, letters_of, measure, visits_by_grade
from scoring.grading.rules import Rules

NEEDED = (
    "enterprise_id",
    "name",
    "area_code",
    "industry_code",
    "registered_capital_cny",
    "status",
    "on_serious_violation_list",
    "months_since_established",
    "has_history",
    "previous_grade",
    "provincial_grade",
    "probability",
    "grade",
    "basis",
)


@dataclass(frozen=True)
class Simulation:
    """What a change would do to one run.

    Attributes
    ----------
    movement
        From the run's grades to those under the changed rules.
    visits_before, visits_after
        Visits a year by grade at the sampling ratios.
    movers
        One row an enterprise that moves: who, before, after, and on what each grade rests.
    """

    movement: Movement
    visits_before: Mapping[str, float]
    visits_after: Mapping[str, float]
    movers: pa.Table


def simulate_change(
    grades: pa.Table,
    *,
    cut_offs: CutOffs,
    rules: Rules,
    overrides: pa.Table,
    ratios: Mapping[str, int],
    bands: Sequence[int],
) -> Simulation:
    """Grade a run's enterprises again under other rules, and compare.

    Parameters
    ----------
    grades
        A run's ``grades.parquet``, with the columns `NEEDED`.
    overrides
        Those that the run applied.
    ratios, bands
        Sampling ratio per mille by grade; lower bounds of the bands of capital, CNY.

    Raises
    ------
    RuleStateError
        The run was made before these facts were stored.
    """
    absent = [name for name in NEEDED if name not in grades.column_names]
    if absent:
        raise RuleStateError(
            f"该批次没有保存规则模拟所需的列：{'、'.join(absent)}。请重新运行 xinheng score",
            f"the run lacks what a simulation of rules asks: {', '.join(absent)}. "
            "Run xinheng score again",
        )
    inputs = GradeInputs(
        previous=_known(grades, "previous_grade"),
        provincial=_known(grades, "provincial_grade"),
        overrides=overrides,
    )
    probability = grades["probability"].to_numpy(zero_copy_only=False)
    decided = decide_grades(probability, grades, cut_offs=cut_offs, rules=rules, inputs=inputs)
    before = letters_of(grades["grade"])
    groups = groups_of(grades, bands=bands)
    movement = measure(before, decided.grade, groups=groups)
    after = pa.table(
        {
            "grade_after": pa.array(decided.grade),
            "basis_after": pa.array(decided.basis),
            "ground_after": pa.array(decided.ground, pa.string()),
            "size": groups["size"].cast(pa.string()),
        }
    )
    who = grades.select(["enterprise_id", "name", "area_code", "industry_code", "grade", "basis"])
    for name in after.column_names:
        who = who.append_column(name, after[name])
    return Simulation(
        movement,
        visits_by_grade(movement.before(), ratios),
        visits_by_grade(movement.after(), ratios),
        who.filter(pa.array(before != decided.grade)),
    )


def _known(grades: pa.Table, column: str) -> pa.Table:
    table = pa.table({"enterprise_id": grades["enterprise_id"], "grade": grades[column]})
    return table.filter(table["grade"].is_valid())
