"""Other ways to make a score from the same indicators, for comparison only."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from models.labels.splits import Cohort, join_cohorts
from models.learning.columns import ModelIndicator

CHALLENGER = "challenger"
"""The name of the one that is reported beside the general model: full boosting."""

# Fixed beforehand: ten bins of equal size, and a penalty that keeps rare bins near zero.
_BINS = 10
_PENALTY = 0.05


def binned_logistic_log_odds(
    training: Sequence[Cohort], test: Cohort, *, indicators: Sequence[ModelIndicator]
) -> NDArray[np.float64]:
    """The classic scorecard: quantile bins, one of them for missing, and a logistic regression.

    Log-odds of the rows of `test`, shape (rows,).
    """
    names = [row.name for row in indicators]
    rows = join_cohorts(training)
    values = rows.columns(names)
    edges = [_edges(values[:, place]) for place in range(len(names))]
    # A bin that training never saw, such as missing, says nothing.
    model = make_pipeline(
        OneHotEncoder(handle_unknown="ignore"), LogisticRegression(C=_PENALTY, max_iter=500)
    )
    model.fit(_binned(values, edges), rows.is_bad)
    return np.asarray(model.decision_function(_binned(test.columns(names), edges)))


def _edges(column: NDArray[np.float64]) -> NDArray[np.float64]:
    known = column[~np.isnan(column)]
    if len(known) == 0:
        return np.empty(0)
    return np.unique(np.quantile(known, np.linspace(0, 1, _BINS + 1)[1:-1]))


def _binned(values: NDArray[np.float64], edges: Sequence[NDArray[np.float64]]) -> NDArray[np.int64]:
    """Bin numbers; missing gets the number after the last bin."""
    columns = [
        np.where(np.isnan(column), len(own) + 1, np.searchsorted(own, column, side="left"))
        for column, own in zip(values.T, edges, strict=True)
    ]
    return np.column_stack(columns)
