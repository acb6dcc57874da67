"""Honest figures: pure functions of labels, scores and days.

Rows are inspections of one window. Equal scores share their fate: every figure is the mean over
all ways to order them, so it depends neither on the order of rows nor on chance.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray

Bad = NDArray[np.bool_]
Score = NDArray[np.float64]

_NAN = float("nan")


@dataclass(frozen=True)
class _Ranking:
    """Groups of equal scores, riskiest first: their rows, their bad rows, where they end."""

    rows: NDArray[np.int64]
    bad: NDArray[np.int64]
    group: NDArray[np.int64]

    @property
    def ends(self) -> NDArray[np.int64]:
        return np.cumsum(self.rows)


def _rank(is_bad: Bad, score: Score) -> _Ranking:
    _, group = np.unique(-score, return_inverse=True)
    rows = np.bincount(group)
    bad = np.bincount(group, weights=is_bad, minlength=len(rows)).astype(np.int64)
    return _Ranking(rows, bad, group)


def auc(is_bad: Bad, score: Score) -> float:
    """Chance that a bad row scores above a good one, ties counting half; NaN for one class."""
    ranking = _rank(is_bad, score)
    good = ranking.rows - ranking.bad
    pairs = float(ranking.bad.sum()) * float(good.sum())
    if not pairs:
        return _NAN
    good_below = good.sum() - np.cumsum(good)
    return float((ranking.bad * (good_below + good / 2)).sum() / pairs)


def average_precision(is_bad: Bad, score: Score) -> float:
    """Precision averaged over recall, each group of equal scores taken whole; NaN without bad."""
    ranking = _rank(is_bad, score)
    found = np.cumsum(ranking.bad)
    if not found[-1]:
        return _NAN
    return float((ranking.bad * found / ranking.ends).sum() / found[-1])


def precision_at(is_bad: Bad, score: Score, share: float = 0.10) -> float:
    """Bad share among the riskiest ``ceil(share * rows)`` rows."""
    top = int(np.ceil(share * len(is_bad)))
    return _bad_within(_rank(is_bad, score), float(top)) / top


def first_half_share(is_bad: Bad, score: Score) -> float:
    """Share of the bad rows found in the first half of the inspections, ordered by score."""
    ranking = _rank(is_bad, score)
    total = float(ranking.bad.sum())
    return _bad_within(ranking, len(is_bad) / 2) / total if total else _NAN


def _bad_within(ranking: _Ranking, top: float) -> float:
    begins = ranking.ends - ranking.rows
    taken = np.clip((top - begins) / ranking.rows, 0.0, 1.0)
    return float((ranking.bad * taken).sum())


def days_earlier(is_bad: Bad, score: Score, day: NDArray[np.datetime64]) -> float:
    """Mean days by which bad rows come forward when the score orders the window's visits.

    The inspections are put in order of their score, riskiest first, and are handed the window's
    own days in ascending order: as many visits on each day as there were. The figure is the mean,
    over the bad rows, of the actual day less the day handed out.
    """
    if not is_bad.any():
        return _NAN
    ranking = _rank(is_bad, score)
    actual = day.astype("datetime64[D]").astype(np.int64).astype(np.float64)
    handed = np.concatenate([[0.0], np.cumsum(np.sort(actual))])
    ends = ranking.ends
    mean_day = (handed[ends] - handed[ends - ranking.rows]) / ranking.rows
    return float((actual - mean_day[ranking.group])[is_bad].mean())


def calibration_bins(
    is_bad: Bad, probability: Score, bins: int = 10
) -> tuple[Score, Score, NDArray[np.int64]]:
    """Mean probability, observed rate and rows of bins that hold equally many rows each."""
    order = np.argsort(probability, kind="stable")
    cuts = np.linspace(0, len(order), min(bins, len(order)) + 1).round().astype(np.int64)
    rows = np.diff(cuts)
    stated = np.add.reduceat(probability[order], cuts[:-1]) / rows
    observed = np.add.reduceat(is_bad[order].astype(np.float64), cuts[:-1]) / rows
    return stated, observed, rows


def calibration_error(is_bad: Bad, probability: Score, bins: int = 10) -> float:
    """Mean distance of stated from observed rates over equal-mass bins, in percentage points.

    Chance alone keeps it above zero; :func:`calibration_noise` says by how much.
    """
    stated, observed, rows = calibration_bins(is_bad, probability, bins)
    return float(100 * np.average(np.abs(stated - observed), weights=rows))


def calibration_error_corrected(is_bad: Bad, probability: Score, bins: int = 10) -> float:
    """Root mean square distance of stated from true rates, in percentage points.

    What chance adds to each bin's squared distance is taken off again, so that a perfectly
    calibrated model shows nothing, at any number of rows, where :func:`calibration_error` shows
    the noise. Being a root mean square it is never below the mean distance it speaks of.

    References
    ----------
    Kumar, Liang, Ma: Verified Uncertainty Calibration (NeurIPS 2019), the debiased estimator.
    """
    stated, observed, rows = calibration_bins(is_bad, probability, bins)
    chance = observed * (1 - observed) / np.maximum(rows - 1, 1)
    squared = float(np.average((stated - observed) ** 2 - chance, weights=rows))
    return 100 * float(np.sqrt(max(0.0, squared)))


def calibration_noise(
    probability: Score, *, rng: np.random.Generator, bins: int = 10, draws: int = 100
) -> float:
    """The calibration error that these probabilities would show if they were the truth."""
    errors = [
        calibration_error(rng.random(len(probability)) < probability, probability, bins)
        for _ in range(draws)
    ]
    return float(np.mean(errors))


def calibration_bias(is_bad: Bad, probability: Score) -> float:
    """Mean stated probability less the observed rate, in percentage points."""
    return float(100 * (probability.mean() - is_bad.mean()))


def grade_rates(is_bad: Bad, grade: NDArray[np.str_]) -> dict[str, tuple[int, float]]:
    """Rows and observed bad rate of each grade A to D; NaN where a grade is empty."""
    rates: dict[str, tuple[int, float]] = {}
    for letter in "ABCD":
        chosen = grade == letter
        rows = int(chosen.sum())
        rates[letter] = (rows, float(is_bad[chosen].mean()) if rows else _NAN)
    return rates


def rates_rise(rates: Sequence[float]) -> bool:
    """Whether no rate is below an earlier one; an empty grade (NaN) has no place in the order."""
    known = [rate for rate in rates if not np.isnan(rate)]
    return all(later >= earlier for earlier, later in pairwise(known))


@dataclass(frozen=True)
class Interval:
    """A figure with its bootstrap interval of 95 per cent."""

    value: float
    low: float
    high: float


def proportion(found: int, rows: int) -> Interval:
    """A share with Wilson's interval of 95 per cent; NaN of no rows."""
    if rows == 0:
        return Interval(_NAN, _NAN, _NAN)
    z, share = 1.959963984540054, found / rows
    middle = (share + z**2 / (2 * rows)) / (1 + z**2 / rows)
    half = z / (1 + z**2 / rows) * float(np.sqrt(share * (1 - share) / rows + (z / 2 / rows) ** 2))
    return Interval(share, max(0.0, middle - half), min(1.0, middle + half))


def riskiest(score: Score, share: float = 0.10) -> Bad:
    """Which rows are the riskiest ``ceil(share * rows)``; of equal scores the earlier rows."""
    top = int(np.ceil(share * len(score)))
    chosen = np.zeros(len(score), dtype=bool)
    chosen[np.argsort(-score, kind="stable")[:top]] = True
    return chosen


Figures = Callable[[NDArray[np.int64]], Mapping[str, float]]


def bootstrap(
    figures: Figures,
    *,
    rows: int,
    replicates: int,
    rng: np.random.Generator,
    reflected: Sequence[str] = (),
    jobs: int = 2,
) -> dict[str, Interval]:
    """Percentile intervals of several figures from the same resampled rows.

    Parameters
    ----------
    figures
        Computes named figures of the rows whose numbers it is given. Close over two models to
        compare them paired: a difference is then computed on the same rows each time.
    reflected
        Figures that resampling itself pushes up (a calibration error); their interval is the
        reflected one, not below zero.
    """
    seeds = rng.spawn(replicates)

    def draw(generator: np.random.Generator) -> Mapping[str, float]:
        return figures(generator.integers(0, rows, rows))

    drawn = Parallel(n_jobs=jobs, prefer="threads")(delayed(draw)(seed) for seed in seeds)
    values = figures(np.arange(rows))
    return {
        name: _interval(value, np.array([one[name] for one in drawn]), name in reflected)
        for name, value in values.items()
    }


def _interval(value: float, drawn: Score, is_reflected: bool) -> Interval:
    kept = drawn[~np.isnan(drawn)]
    if len(kept) == 0:
        return Interval(value, _NAN, _NAN)
    low, high = (float(q) for q in np.quantile(kept, [0.025, 0.975]))
    if is_reflected:
        return Interval(value, max(0.0, 2 * value - high), max(0.0, 2 * value - low))
    return Interval(value, low, high)


def paired_difference(
    metric: Callable[[Bad, Score], float],
    is_bad: Bad,
    *,
    ours: Score,
    peers: Score,
    rng: np.random.Generator,
    replicates: int = 500,
) -> Interval:
    """A figure of ours less the same figure of a peer's score on the same rows."""

    def figures(rows: NDArray[np.int64]) -> dict[str, float]:
        bad = is_bad[rows]
        return {"difference": metric(bad, ours[rows]) - metric(bad, peers[rows])}

    return bootstrap(figures, rows=len(is_bad), replicates=replicates, rng=rng)["difference"]


def quantile_counts(
    reference: Score, actual: Score, *, bins: int = 10
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows of two samples in the reference's quantile bins, missing values in a last bin."""
    edges = np.unique(np.nanquantile(reference, np.linspace(0, 1, bins + 1)[1:-1]))

    def counts(sample: Score) -> NDArray[np.int64]:
        found = np.searchsorted(edges, sample, side="left")
        found = np.where(np.isnan(sample), len(edges) + 1, found)
        return np.bincount(found, minlength=len(edges) + 2)

    return counts(reference), counts(actual)
