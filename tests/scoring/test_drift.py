"""What changed between two runs, and whether what was foretold came true."""

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from models.errors import ConfigError
from models.rating.distribution import PROBABILITY, SCHEMA
from scoring.drift import Drift, RunOutcome, compare_runs, load_thresholds, wilson
from scoring.drift_report import drift_parts

NO_ROUND = pa.schema([("enterprise_id", pa.string()), ("probability", pa.float64())]).empty_table()
THRESHOLDS = load_thresholds()


def counts_of(**bins: list[int]) -> pa.Table:
    """Rows per bin, the missing bin last."""
    rows = [
        {"name": name, "bin": at if at < len(counts) - 1 else -1, "rows": count}
        for name, counts in bins.items()
        for at, count in enumerate(counts)
    ]
    return pa.Table.from_pylist(rows, schema=SCHEMA)


def run_of(
    grades: str,
    *,
    model: str = "m",
    counts: pa.Table | None = None,
    probability: float = 0.1,
    sectors: list[str] | None = None,
) -> RunOutcome:
    """Enterprises E0, E1, ... with these grades."""
    manifest = {
        "run_id": f"run-{model}",
        "as_of": "2026-01-31",
        "model_version": model,
        "enterprises": len(grades),
        "sectors": {"food": {"zh": "食品", "en": "food"}},
    }
    table = pa.table(
        {
            "enterprise_id": [f"E{at}" for at in range(len(grades))],
            "grade": list(grades),
            "probability": [probability] * len(grades),
            "sectors": sectors or [""] * len(grades),
        }
    )
    return RunOutcome(manifest, table, counts)


def visits(bad: str, *, kind: str = "routine") -> pa.Table:
    """One visit each to E0, E1, ...; 1 is bad."""
    return pa.table(
        {
            "enterprise_id": [f"E{at}" for at in range(len(bad))],
            "event_on": pa.array([date(2026, 2, 10)] * len(bad), pa.date32()),
            "inspection_kind": [kind] * len(bad),
            "is_bad": [one == "1" for one in bad],
        }
    )


def compared(before: RunOutcome, now: RunOutcome, **given: Any) -> Drift:
    given = {"outcomes": visits(""), "inclusion": NO_ROUND, "thresholds": THRESHOLDS} | given
    if not given["outcomes"].num_rows:
        given["outcomes"] = visits("0").slice(0, 0)
    return compare_runs(before, now, **given)


def test_the_psi_is_that_of_the_shares_and_raises_alarms() -> None:
    before = counts_of(a=[50, 50, 0], b=[90, 10], **{PROBABILITY: [80, 20, 0]})
    now = counts_of(a=[20, 60, 20], b=[90, 10], **{PROBABILITY: [70, 30, 0]})
    found = compared(run_of("AB", counts=before), run_of("AB", counts=now))
    first, second = found.shifts["general"].indicators
    assert (first.name, first.missing_before, first.missing_now) == ("a", 0.0, 0.2)
    assert (second.name, second.psi) == ("b", 0.0)
    by_hand = (0.7 - 0.8) * np.log(0.7 / 0.8) + (0.3 - 0.2) * np.log(0.3 / 0.2)
    assert found.shifts["general"].score_psi == pytest.approx(by_hand)
    alarms = {part.sheet: part for part in drift_parts(found, {"a": "甲项"})}["报警"].rows
    assert [row[1] for row in alarms] == ["指标 PSI：甲项"]


def test_runs_of_different_models_say_why_there_is_no_psi_per_indicator() -> None:
    one = counts_of(a=[1, 1], **{PROBABILITY: [1, 1]})
    found = compared(run_of("A", model="m", counts=one), run_of("A", model="n", counts=one))
    assert found.shifts["general"].indicators == ()
    assert found.shifts["general"].score_psi == 0
    assert found.why_no_psi is not None
    assert "不同的模型" in found.why_no_psi.zh
    found = compared(run_of("A"), run_of("A", counts=one))
    assert not found.shifts
    assert found.why_no_psi is not None
    assert "distribution.parquet" in found.why_no_psi.en
    assert drift_parts(found, {})


def test_grades_migrate_among_those_in_both_runs() -> None:
    found = compared(run_of("AABD"), run_of("ABB"))
    assert found.migration["general"].tolist()[0] == [1, 1, 0, 0]
    assert found.moved_share() == pytest.approx(1 / 3)
    assert (found.only_before, found.only_now) == (1, 0)


def test_a_sector_is_watched_among_its_members() -> None:
    """Food moves, and nothing else does: only the sector's own figures can show it."""
    sectors = ["food", "food;special_equipment"] + [""] * 98
    counts = {"a": [50, 50, 0], PROBABILITY: [80, 20, 0]}
    was = counts_of(**counts, **{"food/b": [2, 0, 0], f"food/{PROBABILITY}": [2, 0, 0]})
    turned = counts_of(**counts, **{"food/b": [0, 2, 0], f"food/{PROBABILITY}": [0, 2, 0]})
    before = run_of("AA" + "A" * 98, counts=was, sectors=sectors)
    now = run_of("AD" + "A" * 98, counts=turned, sectors=["food", "", *[""] * 98])
    found = compared(before, now, outcomes=visits("11" + "0" * 98))
    assert found.migration["food"].tolist()[0] == [1, 0, 0, 1]
    assert found.moved_share("food") == 0.5
    assert found.moved_share() == pytest.approx(0.01)
    assert found.shifts["general"].score_psi == 0
    assert [one.name for one in found.shifts["food"].indicators] == ["b"]
    told = {(one.sector, one.grade): one for one in found.realised}
    assert (told["food", ""].rows, told["food", ""].found) == (2, 1.0)
    assert told["general", ""].rows == 100
    parts = {part.sheet: part for part in drift_parts(found, {})}
    assert ["▲ 报警 alarm", "食品 food：分数 PSI of the score"] in [
        list(row[:2]) for row in parts["报警"].rows
    ]
    assert parts["行业"].rows[0][:3] == ["食品 food", 2, "50.0%"]
    assert len(parts["行业迁移"].rows) == 8
    assert parts["行业指标"].rows[0][:2] == ["食品 food", "b"]


def test_a_run_of_an_earlier_version_tells_no_sectors() -> None:
    one = run_of("AB")
    old = RunOutcome(one.manifest, one.grades.drop(["sectors"]), None)
    found = compared(old, old)
    assert list(found.migration) == ["general"]
    assert "Nobody" in {part.sheet: part for part in drift_parts(found, {})}["行业"].notes[0]


def test_what_was_found_is_held_against_what_was_foretold() -> None:
    before = run_of("A" * 60 + "D" * 40, probability=0.07)
    found = compared(before, before, outcomes=visits("0" * 60 + "1" * 40))
    told = {one.grade: one for one in found.realised}
    assert set(told) == {"", "A", "D"}
    assert (told["D"].rows, told["D"].found, told["D"].foretold) == (40, 1.0, 0.07)
    assert told["D"].level == "alarm"
    assert told["A"].level == "watch"  # foretold 7 %, found none of 60
    few = compared(before, before, outcomes=visits("1" * 29))
    assert {one.level for one in few.realised} == {"stable"}  # too few rows to judge


def test_drawn_inspections_are_weighted_by_their_inclusion_probability() -> None:
    before = run_of("A" * 4)
    inclusion = pa.table({"enterprise_id": ["E0", "E1", "E2"], "probability": [0.1, 0.5, 0.5]})
    outcomes = visits("1000", kind="double_random")
    found = compared(before, before, outcomes=outcomes, inclusion=inclusion)
    drawn = next(one for one in found.realised if one.basis == "drawn" and not one.grade)
    assert drawn.rows == 3
    assert drawn.found == pytest.approx(10 / 14)
    routine = compared(before, before, outcomes=visits("1000"), inclusion=inclusion)
    assert {one.basis for one in routine.realised} == {"all"}


def test_wilsons_interval_is_the_published_one() -> None:
    low, high = wilson(0.1, 10)  # 1 of 10: 0.018 to 0.404
    assert (round(low, 3), round(high, 3)) == (0.018, 0.404)
    assert wilson(0.0, 5)[0] == 0
    assert wilson(1.0, 5)[1] == 1


def test_an_empty_report_says_so() -> None:
    one = counts_of(a=[1, 1], **{PROBABILITY: [1, 1]})
    parts = {
        part.sheet: part
        for part in drift_parts(compared(run_of("A", counts=one), run_of("A", counts=one)), {})
    }
    assert "没有需要关注的项目" in parts["报警"].notes[0]
    assert "还没有这样的检查" in parts["实际"].notes[-1]


def test_wrong_thresholds_are_told(tmp_path: Path) -> None:
    path = tmp_path / "drift.yaml"
    path.write_text("psi: {watch: -1, alarm: x}\n")
    with pytest.raises(ConfigError, match=r"psi\.watch") as refused:
        load_thresholds(path)
    assert "migration" in refused.value.en
