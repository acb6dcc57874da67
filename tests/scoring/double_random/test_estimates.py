"""A round's estimates from its plan, draw and results: complete, partial, empty, with vanished."""

import hashlib
import json
from collections.abc import Callable
from datetime import date

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from scoring.double_random.documents import VERSION, DrawRecord, Plan, PlannedStratum, StratumCount
from scoring.double_random.estimates import (
    LABELS_SCHEMA,
    describe_enterprises,
    estimate_round,
    labels_for_calibration,
    make_sample,
    no_results,
    recalibrate,
    report_html,
    report_json,
    report_workbook,
)
from scoring.double_random.estimates.equity import JOINED
from scoring.double_random.estimates.other_ratios import compare_ratios
from scoring.double_random.estimates.sample import PROBLEM, VANISHED, Sample
from scoring.double_random.results_table import RESULTS_SCHEMA, make_results
from scoring.double_random.strata import stratum_name, visits_in
from scoring.errors import RatioError

from .conftest import DRAWN_AT

AREAS, ITEM = ("440507", "440511"), "食品经营监督检查"
SIZES = {"A": 300, "B": 100, "C": 40, "D": 10}
RATIOS = {"A": 40, "B": 100, "C": 300, "D": 800}
TEAM = ["P01", "P02"]


def _strata() -> tuple[PlannedStratum, ...]:
    return tuple(
        PlannedStratum(
            stratum=stratum_name(area, grade, rested=False),
            area_code=area,
            grade=grade,
            rested=False,
            population=size,
            ratio_per_mille=RATIOS[grade],
            floor=1,
        )
        for area in AREAS
        for grade, size in SIZES.items()
    )


def _plan() -> Plan:
    digest = hashlib.sha256(b"").hexdigest()
    fields = {
        "version": VERSION,
        "round": "2026-11",
        "region": "440500",
        "run_id": "simulated",
        "as_of": "2026-10-31",
        "grades_sha256": digest,
        "items": [ITEM],
        "item_kind": "single",
        "task_from": "2026-12-01",
        "task_to": "2026-12-31",
        "randomness_name": "模拟 SIMULATED",
        "minimum_randomness_bits": 64,
        "ratios_per_mille": RATIOS,
        "rest_rate_per_mille": 100,
        "uniform_share_per_mille": 50,
        "reserve_per_mille": 0,
        "floor": 1,
        "library_size": 900,
        "exclusions_by_ground": {"三个月内上级已检查": 3},
        "strata": [one.model_dump(mode="json") for one in _strata()],
        "team": {"minimum": 2, "size": 2, "reason": "", "same_area": False, "matter": ""},
        "law": [],
        "files": {},
    }
    return Plan.model_validate_json(json.dumps(fields))


def _draw() -> DrawRecord:
    return DrawRecord(
        version=VERSION,
        round="2026-11",
        randomness="98165284730912456073",
        randomness_name="模拟 SIMULATED",
        randomness_at=DRAWN_AT,
        drawn_at=DRAWN_AT,
        seed=hashlib.sha256(b"seed").hexdigest(),
        strata=tuple(
            StratumCount(
                stratum=one.stratum, population=one.population, drawn=visits_in(one), reserves=1
            )
            for one in _strata()
        ),
    )


def _library() -> pd.DataFrame:
    rows = [
        {
            "enterprise_id": f"{one.stratum}-{place:03d}",
            "stratum": one.stratum,
            "area_code": one.area_code,
            "industry_code": "5211" if place % 2 else ("6210" if place % 40 else "8311"),
            "employees": place,
            "basis": "model" if one.grade != "D" else "direct_rule",
        }
        for one in _strata()
        for place in range(one.population)
    ]
    frame = pd.DataFrame(rows)
    return describe_enterprises(frame).join(frame[["stratum", "basis"]])


def _selected() -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "uscc": f"{one.stratum}-{place:03d}",
                "stratum": one.stratum,
                "role": "drawn" if place < visits_in(one) else "reserve",
            }
            for one in _strata()
            for place in range(visits_in(one) + 1)
        ]
    )


def _results(code_of: Callable[[str, int], str | None]) -> pa.Table:
    """Results of the drawn; None: not visited yet; "!": not made, with a reason."""
    rows = []
    selected = _selected()
    drawn = selected[selected["role"] == "drawn"]
    for place, code in enumerate(drawn["uscc"]):
        told = code_of(code, place)
        if told is None:
            continue
        failed = told == "!"
        rows.append(
            {
                "enterprise_id": code,
                "item": ITEM,
                "result_code": None if failed else told,
                "completed_on": None if failed else date(2026, 12, 9),
                "inspectors": [] if failed else [f"P{place % 3:02d}", f"P{3 + place % 2:02d}"],
                "is_unfulfilled": failed,
                "reason": "台风停工" if failed else None,
            }
        )
    return make_results(pd.DataFrame(rows), round_id="2026-11")


def _sample(code_of: Callable[[str, int], str | None]) -> Sample:
    return make_sample(_plan(), _draw(), _selected(), _results(code_of))


def _every_third(code: str, place: int) -> str:
    return "3" if place % 3 == 0 else "1"


@pytest.fixture(scope="module")
def complete() -> Sample:
    return _sample(_every_third)


def test_a_complete_round_is_estimated_by_weights_of_whole_numbers(complete: Sample) -> None:
    estimates = estimate_round(complete, _library(), small_cell_minimum=10)
    strata = complete.strata
    expected = (strata[PROBLEM] * strata["population"] / strata["drawn"]).sum()
    assert estimates.problem_total.value == pytest.approx(expected)
    rate = estimates.rates[PROBLEM]
    assert rate.value == pytest.approx(expected / 900)
    assert rate.low is not None
    assert rate.high is not None
    assert rate.low < rate.value < rate.high
    assert estimates.bounds == pytest.approx((rate.value, rate.value))
    assert [one.drawn for one in estimates.grades] == [24, 20, 24, 16]
    assert sum(one.problems for one in estimates.grades) == strata[PROBLEM].sum()


def test_vanished_firms_stay_in_the_denominator() -> None:
    gone = _sample(lambda code, place: "6" if place % 3 == 1 else _every_third(code, place))
    here = _sample(_every_third)
    estimates = [estimate_round(one, _library(), small_cell_minimum=10) for one in (gone, here)]
    assert gone.is_complete
    assert estimates[0].rates[PROBLEM].value == pytest.approx(estimates[1].rates[PROBLEM].value)
    assert estimates[0].rates[VANISHED].value is not None
    assert estimates[0].rates[VANISHED].value > 0.2
    assert estimates[1].rates[VANISHED].value == 0


def test_a_partial_round_is_provisional_and_bounded() -> None:
    half = _sample(lambda code, place: _every_third(code, place) if place % 2 else None)
    estimates = estimate_round(half, _library(), small_cell_minimum=10)
    assert not half.is_complete
    low, high = estimates.bounds
    value = estimates.rates[PROBLEM].value
    assert value is not None
    assert low < value < high
    page = report_html(estimates).decode()
    drawn = int(half.strata["drawn"].sum())
    assert f"{half.done} of {drawn} visits done" in page
    assert "暂时结果" in page


def test_strata_without_results_are_stood_in_for_by_their_grade() -> None:
    east = _sample(lambda code, place: _every_third(code, place) if "440507" in code else None)
    estimates = estimate_round(east, _library(), small_cell_minimum=10)
    assert estimates.borrowed == 450
    assert estimates.rates[PROBLEM].value is not None
    no_a = _sample(lambda code, place: None if ".A." in code else _every_third(code, place))
    unknown = estimate_round(no_a, _library(), small_cell_minimum=10)
    assert unknown.rates[PROBLEM].value is None
    assert unknown.lift.value is None
    assert [one.rate.value is None for one in unknown.grades] == [True, False, False, False]
    assert "—" in report_html(unknown).decode()


def test_before_the_first_result_the_report_says_so() -> None:
    sample = make_sample(_plan(), _draw(), _selected(), no_results())
    estimates = estimate_round(sample, _library(), small_cell_minimum=10)
    assert "尚无检查结果" in report_html(estimates).decode()
    assert json.loads(report_json(estimates))["rates"][PROBLEM]["value"] is None
    assert report_workbook(estimates).startswith(b"PK")


def test_unfulfilled_visits_are_told_with_their_reason_and_widen_the_bounds() -> None:
    some = _sample(lambda code, place: "!" if place % 7 == 0 else _every_third(code, place))
    estimates = estimate_round(some, _library(), small_cell_minimum=10)
    assert some.is_complete
    assert estimates.reasons == {"台风停工": int(some.strata["unfulfilled"].sum())}
    assert estimates.bounds[0] < estimates.bounds[1]
    assert "台风停工" in report_html(estimates).decode()


def test_an_enterprise_counts_when_all_its_items_have_a_result() -> None:
    plan = _plan().model_copy(update={"items": (ITEM, "价格")})
    results = _results(_every_third)
    assert make_sample(plan, _draw(), _selected(), results).done == 0
    other = results.to_pandas().assign(item="价格", result_code="1", is_problem=False)
    both = pa.concat_tables([results, pa.Table.from_pandas(other, schema=RESULTS_SCHEMA)])
    sample = make_sample(plan, _draw(), _selected(), both)
    assert sample.is_complete
    assert int(sample.strata[PROBLEM].sum()) == int(_sample(_every_third).strata[PROBLEM].sum())


def test_other_ratios_reuse_the_round_and_nonsense_is_refused(complete: Sample) -> None:
    same = compare_ratios(complete, "same", RATIOS)
    found = int(complete.strata[PROBLEM].sum())
    assert same.visits == int(complete.strata["drawn"].sum())
    assert same.findings is not None
    assert same.findings[0] == pytest.approx(found)
    everybody = compare_ratios(complete, "all", dict.fromkeys("ABCD", 1000))
    estimates = estimate_round(complete, _library(), small_cell_minimum=10)
    assert everybody.visits == 900
    assert everybody.findings is not None
    assert everybody.findings[0] == pytest.approx(estimates.problem_total.value)
    for faulty in ({"A": 1}, {**RATIOS, "D": 1001}):
        with pytest.raises(RatioError, match="per mille"):
            compare_ratios(complete, "x", faulty)


def test_small_cells_are_joined_and_few_visits_tell_no_rate(complete: Sample) -> None:
    estimates = estimate_round(complete, _library(), small_cell_minimum=30)
    for table in estimates.equity:
        cells = table.cells
        assert int(cells["enterprises"].sum()) == 900
        assert int(cells["visits"].sum()) == int(complete.strata["drawn"].sum())
        assert (cells["enterprises"] >= 30).all()
        assert cells.loc[cells["done"] < 30, ["problems", "hit_rate"]].isna().all(axis=None)
    crossed = estimates.equity[-1]
    assert crossed.joined >= 2
    assert JOINED in crossed.cells["cell"].tolist()


def test_inspectors_of_equal_luck_are_drawn_together() -> None:
    even = estimate_round(_sample(_every_third), _library(), small_cell_minimum=10)
    harsh = estimate_round(
        _sample(lambda code, place: "3" if place % 2 == 0 else "1"),
        _library(),
        small_cell_minimum=10,
    )
    assert even.inspectors is not None
    assert harsh.inspectors is not None
    people = harsh.inspectors.inspectors.set_index("inspector_id")
    assert people.loc["P03", "factor"] > people.loc["P00", "factor"] > people.loc["P04", "factor"]
    assert (people["low"] < people["factor"]).all()
    assert (people["factor"] < people["high"]).all()
    assert (people["adjusted_high"] <= 1).all()


def test_labels_carry_the_chance_as_two_whole_numbers(complete: Sample) -> None:
    partial = _sample(lambda code, place: "3" if place else None)
    gone = _sample(lambda code, place: "6" if place == 0 else "E" if place == 1 else "3")
    labels = labels_for_calibration([complete, partial, gone], bad_result_codes=["3"])
    assert labels.schema == LABELS_SCHEMA
    assert labels.num_rows == 2 * complete.done - 1
    first = labels.slice(0, complete.done).to_pandas()
    assert first["label"].sum() == complete.strata[PROBLEM].sum()
    weighted = (first["label"] * first["N_h"] / first["n_h"]).sum()
    estimates = estimate_round(complete, _library(), small_cell_minimum=10)
    assert weighted == pytest.approx(estimates.problem_total.value)
    assert set(first["as_of"]) == {date(2026, 10, 31)}
    second = labels.slice(complete.done).to_pandas()
    assert not second["label"].all()


def test_the_drawn_correct_the_level_that_a_graded_draw_would_overstate() -> None:
    chance = np.random.default_rng(1)
    rows = 6_000
    risky = chance.random(rows) < 0.5
    probability = np.where(risky, 0.4, 0.05)
    # The model says half of what is true; risky enterprises are drawn ten times as often.
    labels = pa.table(
        {
            "label": chance.random(rows) < np.where(risky, 4 / 7, 0.1 / 1.05),
            "n_h": np.where(risky, 10, 1),
            "N_h": np.full(rows, 100),
        }
    )
    found = recalibrate(labels, probability)
    assert found is not None
    odds = np.log(np.array([0.05, 0.4]) / np.array([0.95, 0.6]))
    assert found(odds) == pytest.approx([0.1 / 1.05, 4 / 7], abs=0.03)
    assert recalibrate(labels, np.full(rows, np.nan)) is None


def test_the_three_reports_tell_the_same_figures(complete: Sample) -> None:
    estimates = estimate_round(complete, _library(), small_cell_minimum=10)
    page, told = report_html(estimates).decode(), json.loads(report_json(estimates))
    rate = estimates.rates[PROBLEM]
    assert told["rates"][PROBLEM]["value"] == rate.value
    assert f"{rate.value:.2%}" in page
    assert page.count("<svg") >= 4
    assert "<script" not in page
    assert np.isclose(told["lift"]["value"], estimates.lift.value or 0)
    assert "直接判定 direct rule" in page
