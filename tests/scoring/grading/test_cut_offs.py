"""Cut-offs by shares, by capacity, fixed; and what is refused."""

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from scoring.errors import CutOffsError, RuleFileError
from scoring.grading.cut_offs import CutOffVersion, check_order, choose, shares_for
from scoring.grading.movements import visits_by_grade
from scoring.grading.rule_files import read_rule_file
from tests.scoring.grading.conftest import CUT_OFFS

RATIOS = {"A": 10, "B": 50, "C": 300, "D": 800}
SHARES = {"A": 654, "B": 253, "C": 77, "D": 16}
PROBABILITY = np.random.default_rng(3).random(20_000)
DIRECT = frozenset({"serious_violation_list"})


def counts_of(wish: dict[str, object]) -> dict[str, int]:
    found = choose(wish, PROBABILITY, as_of=date(2026, 10, 31), ratios=RATIOS, shares=SHARES).grade(
        PROBABILITY
    )
    return {grade: int((found == grade).sum()) for grade in "ABCD"}


def test_capacity_fills_the_visits_that_there_are() -> None:
    for visits in (800, 1500, 2500):
        made = sum(
            visits_by_grade(counts_of({"chosen_by": "capacity", "visits": visits}), RATIOS).values()
        )
        assert made == pytest.approx(visits, rel=0.03)


@pytest.mark.parametrize("visits", [100, 20_000])
def test_capacity_that_no_shares_meet_is_refused_with_its_bounds(visits: int) -> None:
    with pytest.raises(CutOffsError, match="最少 200 次"):
        shares_for(visits, 20_000, ratios=RATIOS, shares=SHARES)


def test_shares_and_fixed_values() -> None:
    assert counts_of({"chosen_by": "target_shares", "per_mille": SHARES})["C"] == 1540
    fixed = {"chosen_by": "fixed", "values": {"b": 0.5, "c": 0.8, "d": 0.9}}
    assert counts_of(fixed)["A"] == int((PROBABILITY < 0.5).sum())


@pytest.mark.parametrize("bounds", [(0.3, 0.1, 0.6), (0.1, 0.3, 1.2), (float("nan"), 0.1, 0.2)])
def test_bounds_out_of_order_are_refused(bounds: tuple[float, float, float]) -> None:
    with pytest.raises(CutOffsError, match="次序有误"):
        check_order(*bounds)


def test_a_stored_version_reads_as_written_and_disorder_in_it_is_noticed() -> None:
    version = CutOffVersion(
        "C001",
        "张三",
        "2026-11-22T02:00:00",
        "试",
        {"chosen_by": "fixed"},
        "run",
        "model",
        CUT_OFFS,
    )
    content = version.to_dict()
    assert CutOffVersion.from_dict(content) == version
    content["cut_offs"]["b"] = 0.9
    with pytest.raises(CutOffsError):
        CutOffVersion.from_dict(content)


FAULTY = """
cut_offs:
  chosen_by: fixed
  values: {b: 0.3, c: 0.1, d: 0.6}
direct_rules: {no_such_rule: true, serious_violation_list: maybe}
floor: {grade: E}
hysteresis_margin_per_mille: 900
surprise: 1
"""


def test_every_fault_of_a_file_is_told_at_once(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text(FAULTY, encoding="utf-8")
    with pytest.raises(RuleFileError) as caught:
        read_rule_file(path, direct_rules=DIRECT)
    for word in ("reason", "0 < b < c < d", "no_such_rule", "maybe", "'E'", "900", "surprise"):
        assert word in caught.value.en, word
        assert word in caught.value.zh, word


@pytest.mark.parametrize(
    "text",
    [
        "reason: x\ncut_offs: {chosen_by: capacity}",
        "reason: x\ncut_offs: {chosen_by: capacity, visits: 0}",
        "reason: x\ncut_offs: {chosen_by: target_shares, per_mille: {A: 1000}}",
        "reason: x\ncut_offs: 3",
        "reason: x\nfloor: 3",
        "reason: x",
        "[1, 2]",
        "reason: '",
    ],
)
def test_a_faulty_file_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(RuleFileError, match=r"rules\.yaml"):
        read_rule_file(path, direct_rules=DIRECT)
