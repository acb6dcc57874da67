"""MAIN FLOW: plan, draw and results of a round in; every estimate with its interval out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from scoring.double_random.estimates.by_grade import estimate_grade
from scoring.double_random.estimates.by_inspector import InspectorModel, adjust_for_inspectors
from scoring.double_random.estimates.equity import EquityTable, spread_of
from scoring.double_random.estimates.intervals import clopper_pearson
from scoring.double_random.estimates.lift import estimate_lift
from scoring.double_random.estimates.other_ratios import (
    OtherRatios,
    compare_ratios,
    standard_alternatives,
)
from scoring.double_random.estimates.rates import (
    Rate,
    estimate_rate,
    expected_per_visit,
    horvitz_thompson,
)
from scoring.double_random.estimates.sample import (
    IDLE,
    OUTCOMES,
    PROBLEM,
    UNFULFILLED,
    VANISHED,
    WAITING,
    Sample,
    visited_strata,
)
from scoring.double_random.strata import GRADES

EXACT, HYPERGEOMETRIC = "clopper_pearson", "hypergeometric"
KORN_GRAUBARD, MELDED = "korn_graubard", "melded"


@dataclass(frozen=True)
class Figure:
    """An estimate with limits, the method that gave them, and the visits behind it.

    A `value` of None: it can't be told yet, and `n` says from how little.
    """

    value: float | None
    low: float | None
    high: float | None
    method: str
    n: int


@dataclass(frozen=True)
class GradeLine:
    """One grade: its enterprises, the draw, what came of it."""

    grade: str
    population: int
    drawn: int
    done: int
    problems: int
    rate: Figure


@dataclass(frozen=True)
class RoundEstimates:
    """Everything that a round says; `sample` is what it was computed from.

    Attributes
    ----------
    rates
        Share of the population by outcome: problem, vanished, no_activity.
    problem_total
        Estimated enterprises with a problem in the frame (Horvitz-Thompson), and limits.
    bounds
        Between which the problem rate will lie in the end whatever the missing results are, before
        any sampling error; equal once none is missing.
    borrowed
        Enterprises of strata without any result so far; others of their grade stand in.
    hit_rate
        Problems per visit done, with Clopper-Pearson limits.
    lift
        Hit rate over what visits by equal chances would find.
    burden
        Visits to enterprises without a problem per 100 such enterprises of the population.
    by_basis
        Visits and hit rate by what set the grade (model, rule, override); empty if unknown.
    """

    sample: Sample
    rates: Mapping[str, Figure]
    problem_total: Figure
    bounds: tuple[float, float]
    borrowed: int
    grades: Sequence[GradeLine]
    hit_rate: Figure
    lift: Figure
    burden: Figure
    inspectors: InspectorModel | None
    equity: Sequence[EquityTable]
    by_basis: pd.DataFrame
    by_area: pd.DataFrame
    reasons: Mapping[str, int]
    reserves: pd.DataFrame
    other_ratios: Sequence[OtherRatios]


def estimate_round(
    sample: Sample,
    library: pd.DataFrame,
    *,
    small_cell_minimum: int,
    other_ratios: Mapping[str, Mapping[str, int]] | None = None,
) -> RoundEstimates:
    """All estimates of a round, complete or not.

    Parameters
    ----------
    library
        One row per enterprise of the frame: enterprise_id, stratum, area, industry, size
        (:func:`~scoring.double_random.estimates.equity.describe_enterprises`), and basis where
        the grading run is still there.
    other_ratios
        Further ratios per mille by name, beside the standard ones.

    Raises
    ------
    scoring.errors.RatioError
        Ratios that can't be drawn with.
    """
    strata = sample.strata
    rates = {name: _population_rate(sample, name) for name in (PROBLEM, VANISHED, IDLE)}
    visited = visited_strata(strata)
    alternatives = {**standard_alternatives(sample.plan), **(other_ratios or {})}
    return RoundEstimates(
        sample=sample,
        rates=rates,
        problem_total=_times(rates[PROBLEM], int(strata["population"].sum())),
        bounds=_bounds(sample),
        borrowed=visited.borrowed if visited else 0,
        grades=[_grade_line(sample, grade) for grade in GRADES],
        hit_rate=_hit_rate(strata),
        lift=_lift(sample),
        burden=_burden(sample, rates[PROBLEM]),
        inspectors=adjust_for_inspectors(sample),
        equity=spread_of(sample, library, minimum=small_cell_minimum),
        by_basis=_by_basis(sample, library),
        by_area=_by_area(strata),
        reasons=_reasons(sample),
        reserves=sample.enterprises[sample.enterprises["role"] != "drawn"],
        other_ratios=[compare_ratios(sample, name, one) for name, one in alternatives.items()],
    )


def _unknown(method: str, n: int) -> Figure:
    return Figure(None, None, None, method, n)


def _figure(rate: Rate, method: str, n: int) -> Figure:
    return Figure(float(rate.value), float(rate.low), float(rate.high), method, n)


def _times(figure: Figure, number: float) -> Figure:
    value, low, high = (
        None if part is None else part * number for part in (figure.value, figure.low, figure.high)
    )
    return Figure(value, low, high, figure.method, figure.n)


def _population_rate(sample: Sample, outcome: str) -> Figure:
    visited = visited_strata(sample.strata)
    if visited is None:
        return _unknown(KORN_GRAUBARD, sample.done)
    found = sample.strata[outcome].to_numpy(np.int64)[visited.rows]
    return _figure(estimate_rate(found, visited.strata), KORN_GRAUBARD, sample.done)


def _bounds(sample: Sample) -> tuple[float, float]:
    """Problem rate if nobody still missing has a problem, and if everybody has."""
    strata = sample.strata
    chance = (strata["drawn"] / strata["population"]).to_numpy(float)
    least = strata[PROBLEM].to_numpy(float)
    missing = (strata[UNFULFILLED] + strata[WAITING]).to_numpy(float)
    everybody = float(strata["population"].sum())
    low, high = (float(horvitz_thompson(x, chance)) / everybody for x in (least, least + missing))
    return low, high


def _grade_line(sample: Sample, grade: str) -> GradeLine:
    strata = sample.strata[sample.strata["grade"] == grade]
    visited = visited_strata(strata)
    done = int(strata["done"].sum())
    rate = _unknown(HYPERGEOMETRIC, done)
    if visited is not None:
        found = strata[PROBLEM].to_numpy(np.int64)[visited.rows]
        rate = _figure(estimate_grade(found, visited.strata), HYPERGEOMETRIC, done)
    return GradeLine(
        grade=grade,
        population=int(strata["population"].sum()),
        drawn=int(strata["drawn"].sum()),
        done=done,
        problems=int(strata[PROBLEM].sum()),
        rate=rate,
    )


def _hit_rate(strata: pd.DataFrame) -> Figure:
    done, found = int(strata["done"].sum()), int(strata[PROBLEM].sum())
    if not done:
        return _unknown(EXACT, 0)
    low, high = clopper_pearson(found, done)
    value = expected_per_visit(strata[PROBLEM], strata["done"])
    return Figure(float(value), float(low), float(high), EXACT, done)


def _lift(sample: Sample) -> Figure:
    visited = visited_strata(sample.strata)
    found = sample.strata[PROBLEM].to_numpy(np.int64)
    if visited is None or not found[visited.rows].any():
        return _unknown(MELDED, sample.done)
    # The public seed of the draw: whoever recomputes gets the same digits.
    chance = np.random.default_rng(int(sample.draw.seed, 16))
    rate = estimate_lift(found[visited.rows], visited.strata, chance=chance)
    return _figure(rate, MELDED, sample.done)


def _burden(sample: Sample, problem: Figure) -> Figure:
    """Visits to the compliant per 100 of them. More problems, fewer compliant: limits swap."""
    clean = sample.done - int(sample.strata[PROBLEM].sum())
    population = int(sample.strata["population"].sum())
    if problem.value is None or problem.low is None or problem.high is None or problem.value >= 1:
        return _unknown(KORN_GRAUBARD, sample.done)

    def per_hundred(rate: float) -> float:
        return 100 * clean / max(population * (1 - rate), clean, 1)

    return Figure(
        per_hundred(problem.value),
        per_hundred(problem.low),
        per_hundred(problem.high),
        KORN_GRAUBARD,
        sample.done,
    )


def _by_basis(sample: Sample, library: pd.DataFrame) -> pd.DataFrame:
    """Visits done and hit rate by basis of the grade: basis, done, problems, hit_rate, limits."""
    columns = ["basis", "done", "problems", "hit_rate", "low", "high"]
    if "basis" not in library:
        return pd.DataFrame(columns=columns)
    known = library.set_index("enterprise_id")["basis"]
    done = sample.drawn[sample.drawn["outcome"].isin(OUTCOMES)]
    by = (done["outcome"] == PROBLEM).groupby(done["enterprise_id"].map(known))
    table = by.agg(["size", "sum"]).rename_axis("basis").reset_index()
    low, high = clopper_pearson(table["sum"], table["size"])
    rate = table["sum"] / table["size"]
    table = table.assign(hit_rate=rate, low=low, high=high)
    return table.rename(columns={"size": "done", "sum": "problems"})[columns]


def _by_area(strata: pd.DataFrame) -> pd.DataFrame:
    """Coverage by area: population, drawn, done, unfulfilled, waiting, per_hundred drawn."""
    sums = strata.groupby("area_code")[["population", "drawn", "done", UNFULFILLED, WAITING]].sum()
    return sums.assign(per_hundred=100 * sums["drawn"] / sums["population"]).reset_index()


def _reasons(sample: Sample) -> dict[str, int]:
    """Why visits were not made: reason to number of enterprises."""
    rows = sample.results.select(["enterprise_id", "is_unfulfilled", "reason"]).to_pandas()
    told = rows[rows["is_unfulfilled"]].drop_duplicates("enterprise_id")["reason"].value_counts()
    return {str(reason): int(number) for reason, number in told.items()}
