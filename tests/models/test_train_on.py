"""Training on cohorts in memory: figures, fallbacks, refusals, the same result twice."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from models.errors import CohortError, OverlappingWindowError, SingleClassError
from models.fitting.fitting import fit_models
from models.fitting.general_models import stopping_rows
from models.labels.splits import Cohort
from models.study.evaluate import auc
from models.train import train_on
from models.trained import TrainedModels
from tests.models.conftest import TRAINING_DAYS
from tests.models.simulated import (
    INDICATORS,
    cohort_of,
    cohorts_of,
    matrix_of,
    profile_of,
    small_config,
    true_log_odds,
    values_of,
)

DAYS = (date(2020, 12, 31), date(2021, 12, 31))


def test_models_come_near_the_truth_on_later_rows(trained: TrainedModels) -> None:
    for model in ("general", "food", "special_equipment"):
        sector = None if model == "general" else model
        cohort = cohort_of(date(2024, 12, 31), rows=3000, seed=5000, sector=sector)
        scoring = trained.scoring
        if sector is None:
            names = scoring.scorecard.names
            score = scoring.scorecard.log_odds(cohort.columns(names))
        else:
            score = scoring.sector_log_odds(cohort.values, sector)
        truth = auc(cohort.is_bad, true_log_odds(cohort.values, sector=sector))
        assert auc(cohort.is_bad, score) > 0.97 * truth, model


def test_sub_models_are_better_than_the_general_model_on_their_rows(trained: TrainedModels) -> None:
    for sector in ("food", "special_equipment"):
        report = trained.reports[sector]
        assert report.peer == "general"
        assert report.figures["auc_difference"].low > 0


def test_figures_are_complete(trained: TrainedModels) -> None:
    report = trained.reports["general"]
    assert report.rows == 2500
    assert set(report.figures) == {
        "auc",
        "average_precision",
        "precision_at_10",
        "days_earlier",
        "first_half_share",
        "calibration_error",
        "calibration_error_corrected",
        "calibration_bias",
    }
    for one in report.figures.values():
        assert one.low <= one.high
    assert trained.reports["challenger"].figures["auc_difference"].value < 0.02
    assert [one["part"] for one in trained.cohorts].count("test") == 3


def test_training_twice_gives_the_same_bits() -> None:
    cohorts = cohorts_of(DAYS, rows=600, seed=40, sector_rows=600)
    config = small_config()
    one, two = (
        train_on(cohorts, indicators=INDICATORS, config=config, definitions="x") for _ in range(2)
    )
    assert one.general_text == two.general_text
    assert one.scoring.scorecard.to_dict() == two.scoring.scorecard.to_dict()
    matrix, profile = matrix_of(values_of(200, seed=1)), profile_of(200, seed=2)
    first, second = (one.scoring.score(matrix, profile), two.scoring.score(matrix, profile))
    assert (first.probability == second.probability).all()
    assert (first.contributions == second.contributions).all()


def test_few_sector_labels_leave_the_general_model_alone() -> None:
    cohorts = cohorts_of(DAYS, rows=800, seed=60, sector_rows=40)
    assert 0 < sum(one.positives for one in cohorts["food"]) < 60
    trained = train_on(cohorts, indicators=INDICATORS, config=small_config())
    assert trained.scoring.sectors == {}
    scores = trained.scoring.score(matrix_of(values_of(50, seed=1)), profile_of(50, seed=2))
    assert set(scores.sector) == {"general"}


def test_without_sector_rows_there_is_only_the_general_model() -> None:
    trained = train_on(
        cohorts_of(DAYS, rows=800, seed=70), indicators=INDICATORS, config=small_config()
    )
    assert list(trained.scoring.calibrations) == ["general"]


def test_a_test_window_that_overlaps_is_refused() -> None:
    test = {"general": cohort_of(date(2022, 6, 30), rows=300, seed=1)}
    with pytest.raises(OverlappingWindowError, match="2021-12-31"):
        train_on(
            cohorts_of(DAYS, rows=300, seed=80),
            indicators=INDICATORS,
            config=small_config(),
            test=test,
        )


def relabelled(cohort: Cohort, label: bool) -> Cohort:
    return replace(cohort, is_bad=np.full(len(cohort), label))


@pytest.mark.parametrize("label", [True, False])
def test_one_class_in_all_windows_is_refused(label: bool) -> None:
    cohorts = [relabelled(one, label) for one in cohorts_of(DAYS, rows=300, seed=90)["general"]]
    with pytest.raises(SingleClassError):
        fit_models({"general": cohorts}, indicators=INDICATORS, config=small_config())


def test_one_class_in_the_newest_window_does_not_stop_training() -> None:
    cohorts = cohorts_of(DAYS, rows=600, seed=95)["general"]
    cohorts[-1] = relabelled(cohorts[-1], False)
    config = small_config()
    config = config.model_copy(
        update={"calibration": config.calibration.model_copy(update={"windows": 1})}
    )
    fitted = fit_models({"general": cohorts}, indicators=INDICATORS, config=config)
    assert fitted.scoring.calibrations["general"].positives > 0


def test_positives_in_one_fold_only_do_not_stop_training() -> None:
    cohort = cohort_of(DAYS[0], rows=400, seed=97)
    bad = np.zeros(400, dtype=bool)
    bad[7] = True
    fitted = fit_models(
        {"general": [replace(cohort, is_bad=bad)]},
        indicators=INDICATORS,
        config=small_config(),
        trees={"general": 5},
    )
    assert fitted.scoring.calibrations["general"].positives == 1


def test_no_window_at_all_is_told() -> None:
    with pytest.raises(CohortError, match="inspections"):
        fit_models({}, indicators=INDICATORS, config=small_config())


def test_trees_are_sought_without_looking_ahead() -> None:
    overlapping = cohorts_of([*DAYS, date(2022, 6, 30)], rows=200, seed=99)["general"]
    fitted_to, watched = stopping_rows(overlapping, config=small_config())
    assert watched is overlapping[-1]
    assert len(fitted_to) == 200  # the window of 2021-12-31 ends after 2022-06-30
    assert fitted_to.window.until <= watched.window.as_of
    fitted_to, watched = stopping_rows(overlapping[1:], config=small_config())
    assert not set(fitted_to.enterprise_id) & set(watched.enterprise_id)
    assert len(fitted_to) + len(watched) == 400


def test_drawn_inspections_calibrate_where_there_are_enough() -> None:
    many, few = (cohort_of(DAYS[0], rows=rows, seed=11) for rows in (2500, 300))
    config = small_config()
    told = {
        rows: fit_models(
            {"general": [cohort]}, indicators=INDICATORS, config=config, trees={"general": 20}
        ).scoring.calibrations["general"]
        for rows, cohort in ((2500, many), (300, few))
    }
    assert told[2500].basis == "drawn"
    assert told[2500].rows == int((many.inspection_kind == "double_random").sum())
    assert told[300].basis == "all"
    assert told[300].rows == 300


def test_a_calibration_is_judged_on_the_rows_it_speaks_for(trained: TrainedModels) -> None:
    assert trained.scoring.calibrations["general"].basis == "drawn"
    report = trained.reports["general"]
    assert report.calibrated_on == "drawn"
    assert sum(report.curve["bin_rows"]) < report.rows


def test_calibration_speaks_for_drawn_inspections_not_chosen_ones() -> None:
    """Where officers visit known trouble, the rate they find is not what is stated."""
    cohorts = cohorts_of(TRAINING_DAYS, rows=2500, seed=300)["general"]
    worse = [
        replace(
            one,
            is_bad=one.is_bad | ((one.inspection_kind == "routine") & (one.values[:, 2] % 3 == 0)),
        )
        for one in cohorts
    ]
    fitted = fit_models({"general": worse}, indicators=INDICATORS, config=small_config())
    scorecard = fitted.scoring.scorecard
    told = np.concatenate(
        [
            fitted.scoring.calibrations["general"](scorecard.log_odds(one.columns(scorecard.names)))
            for one in worse
        ]
    )
    drawn = np.concatenate([one.inspection_kind == "double_random" for one in worse])
    bad = np.concatenate([one.is_bad for one in worse])
    assert told[drawn].mean() == pytest.approx(bad[drawn].mean(), abs=0.015)
    assert told.mean() < bad.mean() - 0.05


def test_the_stated_level_follows_the_newest_checks_where_asked() -> None:
    """The order stays; of what is stated, the mean comes to the rate of the last weeks."""
    cohorts = cohorts_of(TRAINING_DAYS, rows=1500, seed=400)["general"]
    quiet = [replace(one, is_bad=one.is_bad & (one.values[:, 2] % 2 == 0)) for one in cohorts[:-1]]
    config = small_config()
    following = config.model_copy(
        update={
            "calibration": config.calibration.model_copy(update={"level_half_life_days": 30}),
        }
    )
    newest = cohorts[-1]
    stated = []
    for chosen in (config, following):
        scoring = fit_models(
            {"general": [*quiet, newest]}, indicators=INDICATORS, config=chosen
        ).scoring
        log_odds = scoring.scorecard.log_odds(newest.columns(scoring.scorecard.names))
        stated.append(scoring.calibrations["general"](log_odds))
    assert (np.argsort(stated[0], kind="stable") == np.argsort(stated[1], kind="stable")).all()
    rate = newest.is_bad.mean()
    assert abs(stated[1].mean() - rate) < abs(stated[0].mean() - rate) - 0.02
