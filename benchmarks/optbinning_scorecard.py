"""The scorecard of optbinning, where it is installed: `pip install "xinheng[compare]"`.

Optimal bins an indicator by mixed-integer programming, weights of evidence, and a logistic
regression: what a bank would use. Here only to be compared with.
"""

from collections.abc import Mapping, Sequence
from importlib.util import find_spec

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.linear_model import LogisticRegression

from models.labels.splits import Cohort, join_cohorts

NAME = "optbinning"
# Fixed beforehand, as for the other challengers.
_PENALTY = 0.02


def optbinning_scores(
    training: Sequence[Cohort], test: Cohort
) -> Mapping[str, npt.NDArray[np.float64]]:
    """Log-odds of the rows of `test` under the model's name; empty without the package."""
    if find_spec("optbinning") is None:
        return {}
    from optbinning import BinningProcess, Scorecard

    rows = join_cohorts(training)
    # A column of one value has nothing to be cut at.
    names = [
        name
        for name, column in zip(rows.names, rows.values.T, strict=True)
        if len(np.unique(column[~np.isnan(column)])) > 1
    ]
    scorecard = Scorecard(
        binning_process=BinningProcess(names),
        estimator=LogisticRegression(C=_PENALTY, max_iter=500),
    )
    scorecard.fit(_frame(rows, names), rows.is_bad.astype(int))
    bad = scorecard.predict_proba(_frame(test, names))[:, 1]
    return {NAME: np.log(bad / (1 - bad))}


def _frame(rows: Cohort, names: Sequence[str]) -> pd.DataFrame:
    return pd.DataFrame(rows.columns(names), columns=list(names))
