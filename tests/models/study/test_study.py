"""What a full model card adds: groups, learning curves, another way to make a score."""

from dataclasses import replace
from datetime import date
from itertools import pairwise

import numpy as np
import pytest

from models.fitting.fitting import Fitted, fit_models
from models.labels.splits import Cohort
from models.labels.windows import rolling_plans
from models.learning.boosting import Sample
from models.learning.columns import ModelIndicator
from models.learning.sector import Trial, try_in_time
from models.rating.scoring_model import GENERAL
from models.study.challengers import binned_logistic_log_odds
from models.study.equity import SMALLEST_GROUP, compare_groups
from models.study.evaluate import auc, proportion, rates_rise, riskiest
from models.study.learning_curve import learning_curves
from tests.models.simulated import (
    GENERAL_NAMES,
    INDICATORS,
    cohort_of,
    cohorts_of,
    labels_of,
    small_config,
    true_log_odds,
)

DAYS = (date(2020, 12, 31), date(2021, 12, 31))
TEST_DAY = date(2022, 12, 31)
CONFIG = small_config(folds=2)


@pytest.fixture(scope="module")
def training() -> dict[str, list[Cohort]]:
    return cohorts_of(DAYS, rows=1500, seed=11, sector_rows=1000)


@pytest.fixture(scope="module")
def test() -> dict[str, Cohort]:
    return {
        name: cohorts[0]
        for name, cohorts in cohorts_of([TEST_DAY], rows=1500, seed=500, sector_rows=1500).items()
    }


@pytest.fixture(scope="module")
def fitted(training: dict[str, list[Cohort]]) -> Fitted:
    return fit_models(training, indicators=INDICATORS, config=CONFIG)


def test_few_labels_shrink_a_sub_model_to_the_general_model(
    fitted: Fitted, training: dict[str, list[Cohort]], test: dict[str, Cohort]
) -> None:
    curves = learning_curves(fitted, training, test, config=CONFIG)
    assert set(curves) == {GENERAL, "food", "special_equipment"}
    for points in curves.values():
        assert [one.rows for one in points] == sorted(one.rows for one in points)
        assert points[-1].share == 1.0
    assert curves[GENERAL][-1].auc > curves[GENERAL][0].auc
    for sector in ("food", "special_equipment"):
        least, most = curves[sector][0], curves[sector][-1]
        assert most.auc > most.general + 0.02  # the sector's own indicator speaks
        assert least.trees == 0
        assert least.auc == least.general  # shrunk: exactly the general model
        assert any(one.unshrunk != one.auc for one in curves[sector])


def sector_sample(cohort: Cohort, *, says: float) -> Sample:
    """Rows whose starting score is the truth without the sector, plus a column that says more."""
    values = cohort.columns(["food_failed_tests"])
    start = true_log_odds(cohort.values)
    return Sample(values, labels_of(start + says * values[:, 0], seed=len(cohort)), start=start)


@pytest.mark.parametrize(("says", "admitted"), [(1.0, True), (0.0, False)])
def test_a_sub_model_must_beat_the_general_one_on_a_later_window(
    says: float, admitted: bool
) -> None:
    earlier = sector_sample(cohort_of(DAYS[0], rows=1500, seed=31), says=1.0)
    later = sector_sample(cohort_of(TEST_DAY, rows=2000, seed=32), says=says)
    indicator = next(row for row in INDICATORS if row.name == "food_failed_tests")
    trial = try_in_time(earlier, later, [indicator], settings=CONFIG.sector, trees=30, seed=1)
    assert trial.rows == 2000
    assert (trial.gain > 0) == admitted
    assert trial.trees_used == (30 if admitted else 0)
    assert Trial(12).trees_used == 12  # no later window: the cross-validation decides alone


def test_the_training_keeps_the_trials(fitted: Fitted) -> None:
    assert set(fitted.trials) == {"food", "special_equipment"}
    for name, trial in fitted.trials.items():
        assert fitted.trees[name] == trial.trees_used
        assert trial.rows > 0


def test_a_logistic_regression_on_bins_is_nearly_as_good(
    fitted: Fitted, training: dict[str, list[Cohort]], test: dict[str, Cohort]
) -> None:
    columns = [row for row in INDICATORS if row.sector is None]
    held = test[GENERAL]
    told = binned_logistic_log_odds(training[GENERAL], held, indicators=columns)
    ours = fitted.scoring.scorecard.log_odds(held.columns(GENERAL_NAMES))
    assert auc(held.is_bad, told) == pytest.approx(auc(held.is_bad, ours), abs=0.03)
    assert auc(held.is_bad, told) > 0.65


def grouped(areas: list[str]) -> tuple[Cohort, np.ndarray]:
    cohort = cohort_of(TEST_DAY, rows=len(areas), seed=71)
    flags = (np.arange(len(areas)) % 2).astype(float)
    people = np.where(np.arange(len(areas)) % 10 == 0, np.nan, 30.0)
    return (
        replace(
            cohort,
            names=(*cohort.names, "is_catering", "employees"),
            values=np.column_stack([cohort.values, flags, people]),
            groups={"area": np.array(areas, dtype=object)},
        ),
        np.linspace(1, 0, len(areas)),
    )


def test_groups_are_compared_and_small_ones_are_not_shown() -> None:
    areas = ["440507"] * 300 + ["440511"] * 250 + ["440523"] * (SMALLEST_GROUP - 1)
    cohort, score = grouped(areas)
    catering = ModelIndicator("is_catering", "餐饮业", "catering", None, "flag", 0)
    told = compare_groups(cohort, score, indicators=[*INDICATORS, catering])
    assert told.suppressed["area"] == SMALLEST_GROUP - 1
    first = next(one for one in told.groups if one.name.startswith("龙湖区"))
    selected = riskiest(score)
    assert first.rows == 300
    assert first.selected == proportion(int(selected[:300].sum()), 300)
    bad = cohort.is_bad[:300]
    assert first.false_alarms.value == (~bad & selected[:300]).sum() / (~bad).sum()
    assert first.hits.value == (bad & selected[:300]).sum() / selected[:300].sum()
    assert {one.by for one in told.groups} == {"area", "industry", "size"}
    assert {"10–49人 persons", "不详 unknown"} == {
        one.name for one in told.groups if one.by == "size"
    }


def test_an_interval_of_a_share_is_wilsons() -> None:
    told = proportion(8, 10)
    assert (told.low, told.high) == (
        pytest.approx(0.4902, abs=1e-4),
        pytest.approx(0.9433, abs=1e-4),
    )
    assert proportion(0, 20).low == 0
    assert np.isnan(proportion(0, 0).value)


def test_rates_rise_or_do_not() -> None:
    assert rates_rise([0.1, 0.2, float("nan"), 0.4])
    assert rates_rise([0.1, 0.1, 0.2, 0.2])
    assert not rates_rise([0.1, 0.3, 0.2, 0.4])


def test_a_rolling_origin_lays_test_windows_side_by_side_and_knows_nothing_later() -> None:
    plans = rolling_plans(
        date(2026, 10, 31), horizon_months=12, spacing_months=6, training_windows=3, origins=3
    )
    assert [plan.test.until for plan in plans] == [
        date(2026, 10, 31),
        date(2025, 10, 31),
        date(2024, 10, 31),
    ]
    for newer, older in pairwise(plans):
        assert older.test.until <= newer.test.as_of
    for plan in plans:
        assert all(window.known_by <= plan.test.as_of for window in plan.training)
