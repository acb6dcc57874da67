"""How good models are with fewer labels, and that a sub-model with few is the general model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.configs.training import TrainingConfig
from models.fitting.fitting import Fitted
from models.fitting.general_models import CrossFit, choose_general_trees, fit_general
from models.labels.splits import Cohort, Cohorts, enterprise_folds, join_cohorts
from models.learning.boosting import Sample
from models.learning.columns import sector_columns
from models.learning.sector import choose_trees, fit_sector
from models.rating.scoring_model import GENERAL
from models.study.evaluate import auc

SHARES = (0.05, 0.1, 0.25, 0.5, 1.0)
# Enterprises are dealt into so many lots by their identifier, the same in every window.
_LOTS = 1000


@dataclass(frozen=True)
class Point:
    """A model fitted to a share of the enterprises, judged on the whole test window.

    Attributes
    ----------
    trees
        Trees that the labels were found to deserve; 0 for a sub-model that is the general model.
    auc
        Of the model.
    general
        AUC of the general model of all labels on the same rows; for a sub-model.
    unshrunk
        AUC of a sub-model that takes every tree it may, whatever the labels deserve.
    """

    share: float
    rows: int
    positives: int
    trees: int
    auc: float
    general: float | None = None
    unshrunk: float | None = None


def learning_curves(
    fitted: Fitted, training: Cohorts, test: Mapping[str, Cohort], *, config: TrainingConfig
) -> dict[str, list[Point]]:
    """A curve for the general model and for every sub-model with rows to judge it on."""
    curves = {GENERAL: _general(fitted, training[GENERAL], test[GENERAL], config=config)}
    columns = sector_columns(fitted.scoring.indicators, None)
    crossed = CrossFit(
        join_cohorts(training[GENERAL]), columns, config=config, trees=fitted.trees[GENERAL]
    )
    for sector in fitted.scoring.sectors:
        held = test.get(sector)
        if held is not None and held.positives not in (0, len(held)):
            rows = join_cohorts(training[sector])
            start = crossed.log_odds(rows)
            curves[sector] = _sector(fitted, sector, rows, start, held, config=config)
    return curves


def _general(
    fitted: Fitted, training: Sequence[Cohort], test: Cohort, *, config: TrainingConfig
) -> list[Point]:
    columns = sector_columns(fitted.scoring.indicators, None)
    points = []
    for share in SHARES:
        few = [one.take(_lot(one) < share * _LOTS) for one in training]
        few = [one for one in few if one.positives not in (0, len(one))]
        if not few:
            continue
        trees = choose_general_trees(few, indicators=columns, config=config)
        rows = join_cohorts(few)
        card = fit_general(rows, columns, config=config, trees=trees).scorecard_
        told = card.log_odds(test.columns(card.names))
        points.append(Point(share, len(rows), rows.positives, trees, auc(test.is_bad, told)))
    return points


def _sector(
    fitted: Fitted,
    sector: str,
    rows: Cohort,
    start: NDArray[np.float64],
    test: Cohort,
    *,
    config: TrainingConfig,
) -> list[Point]:
    scoring = fitted.scoring
    columns = sector_columns(scoring.indicators, scoring.definitions[sector].indicators)
    names = [row.name for row in columns]
    alone = scoring.scorecard.log_odds(test.columns(scoring.scorecard.names))
    settings, seed = config.sector, config.seed
    points = []
    for share in SHARES:
        chosen = _lot(rows) < share * _LOTS
        few = rows.take(chosen)
        if few.positives in (0, len(few)):
            continue
        sample = Sample(few.columns(names), few.is_bad, start=start[chosen])
        fold = enterprise_folds(few.enterprise_id, config.folds)
        trees = choose_trees(sample, columns, fold=fold, settings=settings, seed=seed)

        def judged(count: int, sample: Sample = sample) -> float:
            model = fit_sector(sample, columns, settings=settings, trees=count, seed=seed)
            return auc(test.is_bad, alone + model.added_log_odds(test.columns(names)))

        points.append(
            Point(
                share,
                len(few),
                few.positives,
                trees,
                judged(trees),
                general=auc(test.is_bad, alone),
                unshrunk=judged(settings.n_estimators),
            )
        )
    return points


def _lot(rows: Cohort) -> NDArray[np.int64]:
    return enterprise_folds(rows.enterprise_id, _LOTS)
