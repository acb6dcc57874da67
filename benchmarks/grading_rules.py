"""Time and memory of the grading rules, a simulated change and two months compared.

    python -m benchmarks.grading_rules --enterprises 1000000

Everything is SIMULATED: probabilities, facts and grades are drawn from a seeded generator.
"""

import argparse
import resource
import time
from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

import law
from models.rating.cutoffs import CutOffs, choose_cut_offs
from scoring.grading import GradeInputs, Rules, decide_grades
from scoring.grading.comparison import Comparison, compare
from scoring.grading.inputs import OVERRIDES
from scoring.grading.simulation import Simulation, simulate_change

DAY, REGION = date(2026, 10, 31), "440500"
AREAS = ["440507", "440511", "440512", "440513", "440514", "440515", "440523"]
INDUSTRIES = ["6210", "5211", "1311", "3435", "4710", "7020"]


def population(number: int, *, seed: int) -> pa.Table:
    """SIMULATED enterprises with the facts that rules ask."""
    rng = np.random.default_rng(seed)
    return pa.table(
        {
            "enterprise_id": pa.array([f"SIM{place:015d}" for place in range(number)]),
            "name": pa.repeat("模拟企业", number),
            "area_code": pa.array(AREAS).take(pa.array(rng.integers(0, len(AREAS), number))),
            "industry_code": pa.array(INDUSTRIES).take(
                pa.array(rng.integers(0, len(INDUSTRIES), number))
            ),
            "status": pa.repeat("active", number),
            "on_serious_violation_list": pa.array(rng.random(number) < 0.001),
            "months_since_established": pa.array(rng.integers(0, 240, number)),
            "has_history": pa.array(rng.random(number) < 0.8),
            "registered_capital_cny": pa.array(rng.lognormal(14, 2, number)),
            "points": pa.array(rng.integers(300, 800, number)),
            "reasons": pa.array([[]] * number, pa.list_(pa.struct([("points", pa.float64())]))),
        }
    )


def graded(table: pa.Table, probability: Any, cut: CutOffs, inputs: GradeInputs) -> pa.Table:
    """The grades of a run."""
    rules = Rules.of(DAY, region=REGION)
    decided = decide_grades(probability, table, cut_offs=cut, rules=rules, inputs=inputs)
    for name, column in decided.columns().items():
        table = table.append_column(name, column)
    return table.append_column("probability", pa.array(probability))


def simulated(run: pa.Table, cut: CutOffs) -> Simulation:
    """A change of the cut-offs tried on a run."""
    return simulate_change(
        run,
        cut_offs=cut,
        rules=Rules.of(DAY, region=REGION),
        overrides=OVERRIDES.empty_table(),
        ratios=law.value("double_random.sampling_ratio_per_mille", on=DAY, region=REGION),
        bands=law.value("grading.capital_bands_cny", on=DAY, region=REGION),
    )


def compared(before: pa.Table, after: pa.Table) -> Comparison:
    """Two runs side by side."""

    def details(run: pa.Table) -> Callable[[Any], pa.Table]:
        return lambda ids: run.filter(pc.is_in(run["enterprise_id"], pa.array(ids)))

    return compare(
        before,
        after,
        details=(details(before), details(after)),
        limits=law.value("grading.comparison_alarms", on=DAY, region=REGION),
        bands=law.value("grading.capital_bands_cny", on=DAY, region=REGION),
    )


def main() -> None:
    """Print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--enterprises", type=int, default=100_000)
    number = parser.parse_args().enterprises
    table = population(number, seed=1)
    rng = np.random.default_rng(2)
    scores = rng.beta(1, 12, number)
    later = np.clip(scores * rng.lognormal(0, 0.1, number), 0, 1)
    shares = law.value("grading.target_shares_per_mille", on=DAY, region=REGION)
    cut = choose_cut_offs(scores, target_per_mille=shares, as_of=DAY)
    wider = choose_cut_offs(
        scores, target_per_mille={"A": 600, "B": 280, "C": 100, "D": 20}, as_of=DAY
    )
    print("| step | enterprises | seconds | a million | peak memory so far, MB |")
    print("|---|---:|---:|---:|---:|")

    def timed(step: str, make: Callable[[], Any]) -> Any:
        start = time.perf_counter()
        made = make()
        took = time.perf_counter() - start
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        print(f"| {step} | {number:,} | {took:.2f} | {took / number * 1e6:.2f} | {peak:,} |")
        return made

    before = timed("rules, first month", lambda: graded(table, scores, cut, GradeInputs()))
    previous = pa.table(
        {"enterprise_id": before["enterprise_id"], "grade": before["settled_grade"]}
    )
    inputs = GradeInputs(previous=previous)
    after = timed("rules, hysteresis", lambda: graded(table, later, cut, inputs))
    timed("change of rules simulated", lambda: simulated(after, wider))
    timed("two months compared", lambda: compared(before, after))


if __name__ == "__main__":
    main()
