"""Calibrated probabilities mean what they say and keep the order of the scores."""

import json

import numpy as np
import pytest

from models.errors import SingleClassError
from models.learning.calibration import Calibration, calibrate
from models.learning.scorecard import sigmoid
from tests.models.simulated import labels_of


def drawn(rows: int, *, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Scores that overstate: the truth is 0.7 of the log-odds, half a unit lower."""
    score = np.random.default_rng(seed).normal(-1.0, 1.5, rows)
    return score, labels_of(0.7 * score - 0.5, seed=seed + 1)


def test_platt_finds_the_line_behind_the_labels() -> None:
    score, bad = drawn(40_000, seed=1)
    line = calibrate(score, bad, isotonic_from=10**9)
    assert line.method == "platt"
    assert line.slope == pytest.approx(0.7, abs=0.03)
    assert line.intercept == pytest.approx(-0.5, abs=0.05)


@pytest.mark.parametrize("isotonic_from", [100, 10**9])
def test_stated_probabilities_come_true_on_other_rows(isotonic_from: int) -> None:
    calibration = calibrate(*drawn(20_000, seed=2), isotonic_from=isotonic_from)
    score, _ = drawn(20_000, seed=3)
    truth = sigmoid(0.7 * score - 0.5)
    stated = calibration(score)
    assert abs(stated.mean() - truth.mean()) < 0.01
    assert np.abs(stated - truth).mean() < 0.02


@pytest.mark.parametrize("isotonic_from", [100, 10**9])
def test_order_is_kept_strictly(isotonic_from: int) -> None:
    calibration = calibrate(*drawn(5_000, seed=4), isotonic_from=isotonic_from)
    scores = np.linspace(-12, 12, 4001)
    stated = calibration(scores)
    assert (np.diff(stated) > 0).all()
    assert stated.min() > 0
    assert stated.max() < 1


def test_the_number_of_positives_chooses_the_method() -> None:
    score, bad = drawn(2_000, seed=5)
    positives = int(bad.sum())
    assert calibrate(score, bad, isotonic_from=positives).method == "isotonic"
    assert calibrate(score, bad, isotonic_from=positives + 1).method == "platt"


def test_a_score_that_says_nothing_keeps_its_order_and_states_the_rate() -> None:
    rng = np.random.default_rng(6)
    score = rng.normal(size=5000)
    upside_down = labels_of(-score - 1, seed=7)
    calibration = calibrate(score, upside_down, isotonic_from=10**9)
    assert (np.diff(calibration(np.sort(score))) > 0).all()
    assert calibration(score).mean() == pytest.approx(upside_down.mean(), abs=0.01)


def test_equal_scores_get_equal_probabilities() -> None:
    score = np.full(200, -0.3)
    bad = np.arange(200) < 50
    assert calibrate(score, bad, isotonic_from=1000)(score) == pytest.approx(0.25, abs=0.01)


def test_weights_count_as_repeated_rows() -> None:
    score, bad = drawn(1_000, seed=8)
    weight = np.where(bad, 3.0, 1.0)
    weighted = calibrate(score, bad, isotonic_from=10**9, weight=weight)
    repeats = weight.astype(int)
    repeated = calibrate(np.repeat(score, repeats), np.repeat(bad, repeats), isotonic_from=10**9)
    assert weighted.slope == pytest.approx(repeated.slope, abs=1e-3)
    assert weighted.intercept == pytest.approx(repeated.intercept, abs=1e-3)


@pytest.mark.parametrize("isotonic_from", [100, 10**9])
def test_it_reads_back_bit_by_bit(isotonic_from: int) -> None:
    score, bad = drawn(3_000, seed=9)
    calibration = calibrate(score, bad, isotonic_from=isotonic_from)
    again = Calibration.from_dict(json.loads(json.dumps(calibration.to_dict())))
    assert (again(score) == calibration(score)).all()
    assert again.method == calibration.method


@pytest.mark.parametrize("label", [True, False])
def test_one_class_is_refused(label: bool) -> None:
    with pytest.raises(SingleClassError, match="10"):
        calibrate(np.arange(10.0), np.full(10, label), isotonic_from=5)


def test_drawn_inspections_give_the_level_and_all_the_slope() -> None:
    """Chosen visits find more at the same score; few drawn ones tell by how much."""
    errors: dict[str, list[float]] = {"joint": [], "drawn": [], "all": []}
    for seed in range(12):
        rng = np.random.default_rng(seed)
        score = rng.normal(-2.0, 1.0, 4_000)
        is_drawn = np.arange(4_000) < 800
        bad = labels_of(0.9 * score - 0.2 + 0.6 * ~is_drawn, seed=seed + 100)
        truth = sigmoid(0.9 * score - 0.2)
        ways = {
            "joint": calibrate(score, bad, isotonic_from=10**9, drawn=is_drawn),
            "drawn": calibrate(score[is_drawn], bad[is_drawn], isotonic_from=10**9),
            "all": calibrate(score, bad, isotonic_from=10**9),
        }
        for name, told in ways.items():
            errors[name].append(float(np.abs(told(score) - truth).mean()))
        assert ways["joint"].basis == "drawn"
        assert ways["joint"].rows == 800
    mean = {name: np.mean(of) for name, of in errors.items()}
    assert mean["joint"] < mean["drawn"] < mean["all"] / 2


@pytest.mark.parametrize("isotonic_from", [100, 10**9])
def test_the_level_follows_the_newest_rows_and_the_order_stays(isotonic_from: int) -> None:
    score, bad = drawn(20_000, seed=8)
    newest = np.arange(len(score)) >= 16_000
    bad = np.where(newest, labels_of(0.7 * score + 0.5, seed=9), bad)  # one log-odd riskier
    before = calibrate(score, bad, isotonic_from=isotonic_from)
    after = before.at_level_of(score, bad, weight=newest.astype(float))
    assert before(score[newest]).mean() < bad[newest].mean() - 0.05
    assert after(score[newest]).mean() == pytest.approx(bad[newest].mean(), abs=1e-6)
    assert (np.diff(after(np.linspace(-12, 12, 4001))) > 0).all()
    assert Calibration.from_dict(after.to_dict())(score) == pytest.approx(after(score), abs=0)


def test_rows_of_one_class_tell_no_level() -> None:
    score, bad = drawn(2_000, seed=10)
    calibration = calibrate(score, bad, isotonic_from=10**9)
    assert calibration.at_level_of(score, bad, weight=bad.astype(float)) is calibration
    assert calibration.at_level_of(score, bad, weight=np.zeros(len(bad))) is calibration
