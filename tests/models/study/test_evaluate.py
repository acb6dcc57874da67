"""Every figure against one worked out by hand or by another library."""

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from models.rating.stability import population_stability_index
from models.study.evaluate import (
    auc,
    average_precision,
    bootstrap,
    calibration_bias,
    calibration_bins,
    calibration_error,
    calibration_noise,
    days_earlier,
    first_half_share,
    grade_rates,
    paired_difference,
    precision_at,
    quantile_counts,
)
from models.study.evaluate import (
    calibration_error_corrected as corrected,
)
from tests.models.simulated import labels_of


def tied(rows: int, *, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Labels and scores with many ties."""
    rng = np.random.default_rng(seed)
    score = rng.integers(0, 12, rows) / 4
    return labels_of(score - 2, seed=seed + 1), score


def days(*numbers: int) -> np.ndarray:
    return np.datetime64("2024-01-01") + np.array(numbers)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_auc_and_average_precision_agree_with_scikit_learn(seed: int) -> None:
    bad, score = tied(500, seed=seed)
    assert auc(bad, score) == pytest.approx(roc_auc_score(bad, score), abs=1e-12)
    expected = average_precision_score(bad, score)
    assert average_precision(bad, score) == pytest.approx(expected, abs=1e-12)


def test_one_class_has_no_ranking() -> None:
    bad = np.zeros(5, dtype=bool)
    score = np.arange(5.0)
    assert np.isnan(auc(bad, score))
    assert np.isnan(average_precision(bad, score))
    assert np.isnan(first_half_share(bad, score))
    assert np.isnan(days_earlier(bad, score, days(1, 2, 3, 4, 5)))
    assert np.isnan(auc(~bad, score))


def test_precision_among_the_riskiest() -> None:
    bad = np.array([True, False, True, False, False, False, False, False, False, True])
    score = np.array([9.0, 8, 7, 6, 5, 4, 3, 2, 1, 0])
    assert precision_at(bad, score) == 1.0
    assert precision_at(bad, score, 0.3) == pytest.approx(2 / 3)
    # Nine scores tie: the place in the top is any of theirs, three bad among ten.
    assert precision_at(bad, np.zeros(10)) == pytest.approx(0.3)


def test_share_found_in_the_first_half() -> None:
    bad = np.array([True, True, False, True])
    assert first_half_share(bad, np.array([4.0, 3, 2, 1])) == pytest.approx(2 / 3)
    assert first_half_share(bad, np.zeros(4)) == pytest.approx(1 / 2)
    # Of three rows the middle one counts half.
    assert first_half_share(np.array([False, True, False]), np.array([3.0, 2, 1])) == 0.5


def test_days_come_forward_when_the_score_orders_the_visits() -> None:
    bad = np.array([False, True, False, True])
    visited = days(0, 10, 20, 30)
    # The bad rows (days 10 and 30) are handed days 0 and 10: 10 and 20 days earlier.
    assert days_earlier(bad, np.array([1.0, 4, 2, 3]), visited) == 15
    # In the order in which they were visited nothing moves.
    assert days_earlier(bad, np.array([4.0, 3, 2, 1]), visited) == 0
    # All tie: each is handed the mean day, 15; the bad rows stood on 10 and 30.
    assert days_earlier(bad, np.zeros(4), visited) == 5
    # Last instead of first: the other way round.
    assert days_earlier(bad, np.array([4.0, 1, 3, 2]), visited) == -5


def test_figures_do_not_depend_on_the_order_of_rows() -> None:
    bad, score = tied(300, seed=4)
    visited = np.datetime64("2024-01-01") + np.random.default_rng(0).integers(0, 60, 300)
    shuffled = np.random.default_rng(1).permutation(300)
    for figure in (auc, average_precision, precision_at, first_half_share):
        before, after = figure(bad, score), figure(bad[shuffled], score[shuffled])
        assert after == pytest.approx(before, abs=1e-12)
    before = days_earlier(bad, score, visited)
    after = days_earlier(bad[shuffled], score[shuffled], visited[shuffled])
    assert after == pytest.approx(before, abs=1e-9)


def test_calibration_error_in_percentage_points() -> None:
    probability = np.repeat([0.1, 0.3], 100)
    bad = np.concatenate([np.arange(100) < 12, np.arange(100) < 24])
    stated, observed, rows = calibration_bins(bad, probability, 2)
    np.testing.assert_allclose(stated, [0.1, 0.3])
    np.testing.assert_allclose(observed, [0.12, 0.24])
    assert rows.tolist() == [100, 100]
    assert calibration_error(bad, probability, 2) == pytest.approx((2 + 6) / 2)
    assert calibration_bias(bad, probability) == pytest.approx(2)


def test_a_perfect_model_shows_no_more_error_than_the_noise() -> None:
    probability = np.random.default_rng(0).beta(1, 8, 5000)
    bad = np.random.default_rng(1).random(5000) < probability
    noise = calibration_noise(probability, rng=np.random.default_rng(2))
    assert 0.2 < noise < 2
    assert calibration_error(bad, probability) < 2 * noise
    assert calibration_error(bad, np.clip(probability + 0.05, 0, 1)) > 3 * noise


def test_the_corrected_error_sees_through_chance() -> None:
    """A perfect model shows noise in the plain error and next to nothing once it is taken off."""
    rng = np.random.default_rng(3)
    probability = rng.beta(1, 8, 3000)
    errors, off = [], []
    for _ in range(30):
        bad = rng.random(3000) < probability
        errors.append((calibration_error(bad, probability), corrected(bad, probability)))
        off.append(corrected(bad, np.clip(probability + 0.04, 0, 1)))
    plain, left = np.mean(errors, axis=0)
    assert plain > 1
    assert left < plain / 2
    assert np.mean(off) == pytest.approx(4, abs=0.4)


def test_grade_rates() -> None:
    bad = np.array([False, True, False, True, True])
    rates = grade_rates(bad, np.array(["A", "A", "B", "D", "D"]))
    assert rates["A"] == (2, 0.5)
    assert rates["B"] == (1, 0.0)
    assert rates["C"][0] == 0
    assert np.isnan(rates["C"][1])
    assert rates["D"] == (2, 1.0)


def test_a_bootstrap_interval_holds_the_known_spread_of_a_mean() -> None:
    sample = np.random.default_rng(0).normal(5, 2, 400)
    found = bootstrap(
        lambda rows: {"mean": float(sample[rows].mean())},
        rows=400,
        replicates=2000,
        rng=np.random.default_rng(1),
    )["mean"]
    assert found.value == pytest.approx(sample.mean())
    half_width = 1.96 * sample.std() / 20
    assert found.low == pytest.approx(found.value - half_width, abs=0.03)
    assert found.high == pytest.approx(found.value + half_width, abs=0.03)


def test_the_same_seed_gives_the_same_interval_whatever_the_jobs() -> None:
    bad, score = tied(300, seed=5)

    def figures(rows: np.ndarray) -> dict[str, float]:
        return {"auc": auc(bad[rows], score[rows])}

    one, two = (
        bootstrap(figures, rows=300, replicates=30, rng=np.random.default_rng(7), jobs=jobs)
        for jobs in (1, 2)
    )
    assert one == two


def test_a_paired_difference_sees_what_separate_intervals_hide() -> None:
    rng = np.random.default_rng(0)
    truth = rng.normal(size=1500)
    bad = labels_of(truth - 1, seed=1)
    peers = truth + rng.normal(0, 1.0, 1500)
    ours = peers * 0.7 + truth * 0.3
    difference = paired_difference(
        auc, bad, ours=ours, peers=peers, rng=np.random.default_rng(2), replicates=200
    )
    assert difference.value == pytest.approx(auc(bad, ours) - auc(bad, peers))
    assert difference.low > 0
    same = paired_difference(
        auc, bad, ours=ours, peers=ours, rng=np.random.default_rng(2), replicates=20
    )
    assert same.low == same.value == same.high == 0


def test_psi_is_zero_for_no_change_and_grows_with_it() -> None:
    reference = np.random.default_rng(0).normal(size=5000)
    same = np.random.default_rng(1).normal(size=5000)
    moved = np.random.default_rng(2).normal(0.8, 1, 5000)
    assert population_stability_index(*quantile_counts(reference, same)) < 0.01
    assert population_stability_index(*quantile_counts(reference, moved)) > 0.25


def test_psi_sees_values_that_went_missing() -> None:
    reference = np.random.default_rng(0).normal(size=2000)
    gaps = reference.copy()
    gaps[:600] = np.nan
    before, now = quantile_counts(reference, gaps)
    assert now[-1] == 600
    assert population_stability_index(before, now) > 0.25
