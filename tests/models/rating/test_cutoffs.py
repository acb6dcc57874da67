"""Cut-offs meet the target shares as nearly as ties allow."""

import json
from datetime import date

import numpy as np
import pytest

import law
from models.errors import CohortError, ConfigError
from models.rating.cutoffs import CutOffs, choose_cut_offs, target_shares

DAY = date(2026, 10, 31)
TARGET = {"A": 654, "B": 253, "C": 77, "D": 16}


def test_shares_are_reached_on_the_population() -> None:
    probability = np.random.default_rng(0).beta(1, 9, 20_000)
    cut = choose_cut_offs(probability, target_per_mille=TARGET, as_of=DAY)
    assert cut.population == 20_000
    for grade, share in TARGET.items():
        assert cut.reached_per_mille[grade] == pytest.approx(share, abs=0.1)
    grades = cut.grade(probability)
    assert probability[grades == "A"].max() < cut.b <= probability[grades == "B"].min()
    assert probability[grades == "C"].max() < cut.d <= probability[grades == "D"].min()


def test_equal_probabilities_share_a_grade() -> None:
    probability = np.repeat([0.01, 0.05, 0.2, 0.6], [500, 320, 150, 30])
    cut = choose_cut_offs(probability, target_per_mille=TARGET, as_of=DAY)
    grades = cut.grade(probability)
    for value in np.unique(probability):
        assert len(set(grades[probability == value].tolist())) == 1
    # 654 lies between 500 and 820: 500 is nearer.
    assert cut.reached_per_mille["A"] == 500


def test_one_enterprise_and_none() -> None:
    alone = choose_cut_offs(np.array([0.3]), target_per_mille=TARGET, as_of=DAY)
    assert alone.grade(np.array([0.3])).tolist() in (["A"], ["B"])
    with pytest.raises(CohortError, match="2026-10-31"):
        choose_cut_offs(np.empty(0), target_per_mille=TARGET, as_of=DAY)


def test_a_grade_without_a_share_stays_empty() -> None:
    probability = np.random.default_rng(0).random(1000)
    target = {"A": 700, "B": 300, "C": 0, "D": 0}
    cut = choose_cut_offs(probability, target_per_mille=target, as_of=DAY)
    assert set(cut.grade(probability).tolist()) == {"A", "B"}


def test_target_shares_come_from_law() -> None:
    shares = target_shares("grading.target_shares_per_mille", on=DAY, region="000000")
    assert shares == law.value("grading.target_shares_per_mille", on=DAY)
    assert list(shares) == ["A", "B", "C", "D"]


def test_a_parameter_that_is_no_share_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"annual_report\.deadline"):
        target_shares("annual_report.deadline", on=DAY, region="000000")


def test_cut_offs_read_back() -> None:
    probability = np.random.default_rng(0).random(1000)
    cut = choose_cut_offs(probability, target_per_mille=TARGET, as_of=DAY)
    assert CutOffs.from_dict(json.loads(json.dumps(cut.to_dict()))) == cut


def test_a_last_digit_moves_nobody_over_a_bound() -> None:
    """Another machine may compute the last digits otherwise; no enterprise lies on a bound."""
    probability = np.random.default_rng(0).beta(1, 9, 20_000)
    cut = choose_cut_offs(probability, target_per_mille=TARGET, as_of=DAY)
    for nudge in (1 - 1e-12, 1 + 1e-12):
        assert (cut.grade(probability * nudge) == cut.grade(probability)).all()
