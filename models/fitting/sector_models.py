"""A sector's sub-model on top of cross-fitted general models, and its trial in time."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.configs.training import TrainingConfig
from models.fitting.calibrations import calibrate_on_newest
from models.fitting.general_models import CrossFit, fit_general, fit_side_by_side
from models.labels.splits import (
    Cohort,
    Cohorts,
    ended_before,
    enterprise_folds,
    have_both_classes,
    join_cohorts,
)
from models.learning.boosting import Sample
from models.learning.calibration import Calibration
from models.learning.columns import ModelIndicator, sector_columns
from models.learning.sector import SectorModel, Trial, choose_trees, fit_sector, try_in_time
from models.rating.scoring_model import GENERAL


def try_sector(
    cohorts: Cohorts,
    sector: str,
    indicators: Sequence[ModelIndicator],
    *,
    crossed: CrossFit,
    config: TrainingConfig,
) -> Trial:
    """Seek a sub-model's trees by enterprise, then make it prove itself on the newest window.

    What it starts from there is a general model of windows that had ended before, as it would have
    been in use on that day.
    """
    rows = join_cohorts(cohorts[sector])
    trees = choose_trees(
        _sample(rows, indicators, start=crossed.log_odds(rows)),
        indicators,
        fold=enterprise_folds(rows.enterprise_id, config.folds),
        settings=config.sector,
        seed=config.seed,
    )
    newest = cohorts[sector][-1]
    earlier, general = (ended_before(newest, cohorts[name]) for name in (sector, GENERAL))
    if trees == 0 or not (
        have_both_classes(earlier) and have_both_classes(general) and newest.positives
    ):
        return Trial(trees)
    columns = sector_columns(indicators, None)
    before = join_cohorts(earlier)
    rest = join_cohorts(general)
    then = fit_general(rest, columns, config=config, trees=crossed.trees).scorecard_
    return try_in_time(
        _sample(before, indicators, start=crossed.log_odds(before)),
        _sample(newest, indicators, start=then.log_odds(newest.columns(then.names))),
        indicators,
        settings=config.sector,
        trees=trees,
        seed=config.seed,
    )


def fit_one_sector(
    cohorts: Sequence[Cohort],
    indicators: Sequence[ModelIndicator],
    *,
    crossed: CrossFit,
    config: TrainingConfig,
    trees: int,
) -> tuple[SectorModel, Calibration]:
    """Fit `trees` trees to all rows, and calibrate on what models of the other folds say."""
    rows = join_cohorts(cohorts)
    fold = enterprise_folds(rows.enterprise_id, config.folds)
    start = crossed.log_odds(rows)
    values = rows.columns([row.name for row in indicators])
    whole = Sample(values, rows.is_bad, start=start)
    settings, seed = config.sector, config.seed

    def fit_rest(number: int) -> SectorModel:
        rest = fold != number
        sample = Sample(values[rest], rows.is_bad[rest], start=start[rest])
        return fit_sector(sample, indicators, settings=settings, trees=trees, seed=seed)

    added = np.zeros(len(rows))
    crossed_models = fit_side_by_side(fit_rest, range(config.folds), jobs=config.jobs)
    for number, model in enumerate(crossed_models):
        added[fold == number] = model.added_log_odds(values[fold == number])
    ends = np.cumsum([len(cohort) for cohort in cohorts])
    told = np.split(start + added, ends[:-1])
    model = fit_sector(whole, indicators, settings=settings, trees=trees, seed=seed)
    return model, calibrate_on_newest(cohorts, told, config=config)


def _sample(
    rows: Cohort, indicators: Sequence[ModelIndicator], *, start: NDArray[np.float64]
) -> Sample:
    return Sample(rows.columns([row.name for row in indicators]), rows.is_bad, start=start)
