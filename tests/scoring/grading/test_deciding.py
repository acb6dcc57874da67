"""The case table of the grading rules, and what holds for every case."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import yaml

import law
from scoring.errors import InputTableError
from scoring.grading import BASES, GradeInputs, Rules, decide_grades
from tests.scoring.grading.conftest import CUT_OFFS, RULES, profile_of

CASES = yaml.safe_load((Path(__file__).parent / "cases.yaml").read_text(encoding="utf-8"))
KNOWN = {
    "case", "probability", "previous", "province", "override", "serious", "status", "months",
    "history", "switches", "province_decides", "grade", "basis", "ground", "provincial_grade",
}  # fmt: skip


def inputs_of(case: dict[str, Any]) -> GradeInputs:
    tables: dict[str, pa.Table] = {}
    for name, key in (("previous", "previous"), ("provincial", "province")):
        if key in case:
            tables[name] = pa.table({"enterprise_id": ["E1"], "grade": [case[key]]})
    if "override" in case:
        plain = {"enterprise_id": "E1", "grade": None, "rule": None}
        row = plain | case["override"]
        tables["overrides"] = pa.table({name: pa.array([row[name]], pa.string()) for name in row})
    return GradeInputs(**tables)


@pytest.mark.parametrize("case", CASES, ids=[case["case"] for case in CASES])
def test_case(case: dict[str, Any]) -> None:
    assert set(case) <= KNOWN
    row = {"enterprise_id": "E1", "on_serious_violation_list": case.get("serious", False)}
    row |= {"status": case.get("status", "active"), "has_history": case.get("history", True)}
    row |= {"months_since_established": case.get("months", 60)}
    rules = RULES.changed({"direct_rules": case.get("switches", {})})
    rules = replace(rules, provincial_decides=case.get("province_decides", False))
    found = decide_grades(
        np.array([case["probability"]]),
        profile_of([row]),
        cut_offs=CUT_OFFS,
        rules=rules,
        inputs=inputs_of(case),
    )
    assert (found.grade[0], found.basis[0]) == (case["grade"], case["basis"])
    assert found.ground[0] == case.get("ground", found.ground[0])
    assert found.provincial_grade[0] == case.get("provincial_grade", found.provincial_grade[0])
    assert bool(found.ground[0]) == (found.basis[0] != "model")


def test_a_population_is_decided_as_each_enterprise_alone() -> None:
    rng = np.random.default_rng(5)
    rows = [
        {
            "enterprise_id": f"E{place:04}",
            "status": str(rng.choice(["active", "revoked"])),
            "has_history": bool(rng.integers(2)),
            "months_since_established": int(rng.integers(24)),
        }
        for place in range(300)
    ]
    probability = rng.random(300)
    order = rng.permutation(300)[:200]
    previous = {rows[place]["enterprise_id"]: str(rng.choice(list("ABCD"))) for place in order}
    inputs = GradeInputs(
        previous=pa.table({"enterprise_id": list(previous), "grade": list(previous.values())})
    )
    whole = decide_grades(
        probability, profile_of(rows), cut_offs=CUT_OFFS, rules=RULES, inputs=inputs
    )
    for place in range(0, 300, 7):
        alone = decide_grades(
            probability[[place]],
            profile_of([rows[place]]),
            cut_offs=CUT_OFFS,
            rules=RULES,
            inputs=inputs,
        )
        assert alone.grade[0] == whole.grade[place]
        assert alone.ground[0] == whole.ground[place]
    assert set(whole.basis) <= set(BASES)


def test_a_range_without_enterprises_has_no_grades() -> None:
    given = inputs_of({"previous": "A", "province": "B", "override": {"grade": "C", "ground": "x"}})
    nobody = profile_of([{"enterprise_id": "E1"}]).slice(0, 0)
    found = decide_grades(np.array([]), nobody, cut_offs=CUT_OFFS, rules=RULES, inputs=given)
    assert [len(column) for column in found.columns().values()] == [0] * 7


def test_a_settled_grade_does_not_flip_with_noise() -> None:
    noisy = 0.1 * (1 + 0.04 * np.array([1, -1, 1, -1]))
    grade = "A"
    for probability in noisy:
        inputs = GradeInputs(previous=pa.table({"enterprise_id": ["E1"], "grade": [grade]}))
        grade = decide_grades(
            np.array([probability]),
            profile_of([{"enterprise_id": "E1"}]),
            cut_offs=CUT_OFFS,
            rules=RULES,
            inputs=inputs,
        ).settled_grade[0]
        assert grade == "A"


def test_a_region_may_want_reviewed_rules_only(tmp_path: Path) -> None:
    name = "apply_unconfirmed_direct_rules"
    head = law.parameter(f"grading.{name}").values[0]
    (tmp_path / "parameters" / "grading").mkdir(parents=True)
    (tmp_path / "parameters" / "grading" / f"{name}.yaml").write_text(
        f"values:\n  - from: 2026-01-01\n    region: '440500'\n    value: false\n"
        f"    status: unconfirmed\n    source: proposal\n    checked_on: null\n"
        f"    reference: {{act: {head.reference.act}, number: null, article: null}}\n",
        encoding="utf-8",
    )
    local = Rules.of(CUT_OFFS.as_of, region="440500", overlay=tmp_path)
    assert local.direct == ()
    assert len(local.switched_off) == len(RULES.direct)
    assert Rules.of(CUT_OFFS.as_of, region="440300", overlay=tmp_path).direct == RULES.direct


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ({"enterprise_id": ["E1", "E1"], "grade": ["A", "B"]}, "多次"),
        ({"enterprise_id": ["E1"], "grade": ["E"]}, "不是 A、B、C、D"),
        ({"uscc": ["E1"], "grade": ["A"]}, "enterprise_id"),
    ],
)
def test_a_faulty_table_is_refused(table: dict[str, list[str]], told: str) -> None:
    with pytest.raises(InputTableError, match=told):
        GradeInputs(provincial=pa.table(table))
