"""General models of some rows: their size, and cross-fitting.

Cross-fitting goes by enterprise: a row's log-odds, wherever they serve another model or a
calibration as input, come from a general model that never saw that enterprise.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from numpy.typing import NDArray

from models.configs.training import TrainingConfig
from models.labels.splits import Cohort, enterprise_folds, join_cohorts
from models.learning.columns import ModelIndicator
from models.learning.general import AdditiveScorecard
from models.learning.scorecard import Scorecard

Fit = TypeVar("Fit")


def choose_general_trees(
    cohorts: Sequence[Cohort], *, indicators: Sequence[ModelIndicator], config: TrainingConfig
) -> int:
    """Trees at which the loss on the newest cohort no longer falls; see :func:`stopping_rows`."""
    fitted_to, watched = stopping_rows(cohorts, config=config)
    model = _estimator(indicators, config=config, trees=config.general.n_estimators)
    model.fit(
        _frame(fitted_to, indicators),
        fitted_to.is_bad,
        validation=(_frame(watched, indicators), watched.is_bad),
    )
    return max(1, model.n_trees_)


def stopping_rows(cohorts: Sequence[Cohort], *, config: TrainingConfig) -> tuple[Cohort, Cohort]:
    """Rows to fit to and rows to stop on, while the number of trees is sought.

    The newest cohort stands for the future; only cohorts that ended by its as-of day are fitted
    to. Where none did, or one side holds no positives, a fold of enterprises is set aside instead.
    """
    newest = cohorts[-1]
    earlier = [one for one in cohorts[:-1] if one.window.until <= newest.window.as_of]
    if newest.positives and sum(one.positives for one in earlier):
        return join_cohorts(earlier), newest
    rows = join_cohorts(cohorts)
    aside = enterprise_folds(rows.enterprise_id, config.folds) == 0
    return rows.take(~aside), rows.take(aside)


def fit_general(
    rows: Cohort, indicators: Sequence[ModelIndicator], *, config: TrainingConfig, trees: int
) -> AdditiveScorecard:
    """Exactly `trees` trees on all the rows."""
    model = _estimator(indicators, config=config, trees=trees)
    return model.fit(_frame(rows, indicators), rows.is_bad)


class CrossFit:
    """General models of all folds but one, and what they say of enterprises in that one.

    Attributes
    ----------
    trees
        Of each of those models.
    """

    def __init__(
        self,
        rows: Cohort,
        indicators: Sequence[ModelIndicator],
        *,
        config: TrainingConfig,
        trees: int,
    ) -> None:
        self._names = [row.name for row in indicators]
        self._folds = config.folds
        self.trees = trees
        fold = enterprise_folds(rows.enterprise_id, config.folds)

        def fit(number: int) -> Scorecard:
            rest = _all_but(rows, fold == number)
            return fit_general(rest, indicators, config=config, trees=trees).scorecard_

        self._scorecards = fit_side_by_side(fit, range(config.folds), jobs=config.jobs)

    def log_odds(self, rows: Cohort) -> NDArray[np.float64]:
        """General log-odds of each row from the model that never saw its enterprise."""
        fold = enterprise_folds(rows.enterprise_id, self._folds)
        values = rows.columns(self._names)
        told = np.empty(len(rows))
        for number, scorecard in enumerate(self._scorecards):
            told[fold == number] = scorecard.log_odds(values[fold == number])
        return told


def fit_side_by_side(fit: Callable[[int], Fit], numbers: Sequence[int], *, jobs: int) -> list[Fit]:
    """Fit folds at the same time, each on its own thread; LightGBM lets go of Python meanwhile."""
    return list(Parallel(n_jobs=jobs, prefer="threads")(delayed(fit)(one) for one in numbers))


def _all_but(rows: Cohort, inside: NDArray[np.bool_]) -> Cohort:
    rest = rows.take(~inside)
    # With so few positives that all of them lie in one fold, all rows are better than none.
    return rest if len(np.unique(rest.is_bad)) == 2 else rows


def _estimator(
    indicators: Sequence[ModelIndicator], *, config: TrainingConfig, trees: int
) -> AdditiveScorecard:
    settings = config.general.model_dump() | {"n_estimators": trees}
    signs = {row.name: row.sign for row in indicators if row.sign}
    return AdditiveScorecard(signs=signs, random_state=config.seed, **settings)


def _frame(rows: Cohort, indicators: Sequence[ModelIndicator]) -> pd.DataFrame:
    names = [row.name for row in indicators]
    return pd.DataFrame(rows.columns(names), columns=names)
