"""On which rows of the cohorts a model is calibrated."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.configs.training import TrainingConfig
from models.labels.inclusion import design_weights
from models.labels.splits import Cohort, have_both_classes, join_cohorts
from models.learning.calibration import Calibration, calibrate


def calibrate_on_newest(
    cohorts: Sequence[Cohort],
    log_odds: Sequence[NDArray[np.float64]],
    *,
    config: TrainingConfig,
) -> Calibration:
    """Calibrate on the newest windows; on all of them where the newest hold one class."""
    settings = config.calibration
    newest = list(cohorts[-settings.windows :])
    if not have_both_classes(newest):
        newest = list(cohorts)
    rows = join_cohorts(newest)
    told = np.concatenate(log_odds[-len(newest) :])
    drawn = drawn_rows(rows, config=config)
    enough = int(rows.is_bad[drawn].sum()) >= settings.drawn_minimum_positives
    weight = design_weights(rows.inclusion) if enough else None
    level = drawn if enough and not rows.is_bad[drawn].all() else None
    calibration = calibrate(
        told,
        rows.is_bad,
        isotonic_from=settings.isotonic_from_positives,
        weight=weight,
        drawn=level,
    )
    if settings.level_half_life_days is None:
        return calibration
    fading = _fading(rows.inspected_on, half_life=settings.level_half_life_days)
    return calibration.at_level_of(
        told,
        rows.is_bad,
        weight=fading * (1.0 if weight is None else weight) * (1.0 if level is None else level),
    )


def _fading(day: NDArray[np.datetime64], *, half_life: int) -> NDArray[np.float64]:
    """One for the newest check, half for one `half_life` days older."""
    age = (day.max() - day) / np.timedelta64(1, "D")
    return np.asarray(0.5 ** (age / half_life))


def drawn_rows(rows: Cohort, *, config: TrainingConfig) -> NDArray[np.bool_]:
    """Which rows are drawn inspections.

    Where they hold positives enough they alone say how high the risk is. Those of a campaign of
    ours count with the inverse of their probability of inclusion: grades, by which that differs,
    also come from rules that the score does not know.
    """
    return np.isin(rows.inspection_kind, list(config.calibration.drawn_kinds))
