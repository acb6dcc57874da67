"""The general model: an additive boosted scorecard."""

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from models.errors import ColumnError, SingleClassError
from models.learning.boosting import BoostingSettings, Sample, boost, tree_count
from models.learning.scorecard import Scorecard, broken_signs, sigmoid
from models.learning.trees import collapse


class AdditiveScorecard(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """LightGBM in which no tree mixes two indicators, collapsed to step functions.

    A scikit-learn classifier of two classes; the second in sorted order is the bad one. Missing
    values (NaN) are allowed. Equal data and equal parameters give equal results, bit by bit.

    Parameters
    ----------
    signs
        +1 or -1 for indicators (by column name, or ``x0``, ``x1``... without names) whose steps
        must not fall, or not rise; absent ones are free.
    n_estimators, early_stopping_rounds, learning_rate, num_leaves, min_child_samples, reg_lambda, \
max_bin, colsample_bytree, num_threads
        As in LightGBM. Early stopping works when :meth:`fit` is given `validation`.
    random_state
        Seed.

    Attributes
    ----------
    scorecard_
        The model itself: intercept and step functions, in log-odds, centred on the training rows.
    booster_
        The LightGBM booster it was read from.
    n_trees_
        Trees kept.
    """

    def __init__(
        self,
        *,
        signs: Mapping[str, int] | None = None,
        n_estimators: int = 400,
        early_stopping_rounds: int = 50,
        learning_rate: float = 0.1,
        num_leaves: int = 2,
        min_child_samples: int = 20,
        reg_lambda: float = 1.0,
        max_bin: int = 63,
        colsample_bytree: float = 1.0,
        num_threads: int = 1,
        random_state: int = 0,
    ) -> None:
        self.signs = signs
        self.n_estimators = n_estimators
        self.early_stopping_rounds = early_stopping_rounds
        self.learning_rate = learning_rate
        self.num_leaves = num_leaves
        self.min_child_samples = min_child_samples
        self.reg_lambda = reg_lambda
        self.max_bin = max_bin
        self.colsample_bytree = colsample_bytree
        self.num_threads = num_threads
        self.random_state = random_state

    def fit(
        self,
        X: Any,  # noqa: N803
        y: ArrayLike,
        *,
        sample_weight: ArrayLike | None = None,
        validation: tuple[Any, ArrayLike] | None = None,
    ) -> Self:
        """Fit on `X` (rows, indicators) and labels `y`.

        Parameters
        ----------
        validation
            Later rows and labels. Boosting stops when their loss no longer falls.

        Raises
        ------
        SingleClassError
            All labels are equal.
        ColumnError
            `signs` names an indicator that `X` lacks.
        """
        values, labels = validate_data(
            self, X, y, dtype=np.float64, order="C", ensure_all_finite="allow-nan"
        )
        check_classification_targets(labels)
        self.classes_ = np.unique(labels)
        self._require_two_classes()
        weight = None
        if sample_weight is not None:
            weight = _check_sample_weight(sample_weight, X, dtype=np.float64)
            if not weight.any():
                raise ValueError("all sample weights are zero")
        names = self._names()
        signs = self._signs(names)
        self.booster_ = boost(
            Sample(values, labels == self.classes_[1], weight=weight),
            self._settings(),
            names=names,
            signs=signs,
            additive=True,
            seed=self.random_state,
            rounds=None if validation is not None else self.n_estimators,
            validation=None if validation is None else self._validation(*validation),
        )
        self.n_trees_ = tree_count(self.booster_)
        self.scorecard_: Scorecard = collapse(self.booster_, names).centred(values)
        broken = broken_signs(self.scorecard_, signs)
        if broken:  # LightGBM promises this; the promise to an enterprise is ours
            raise AssertionError(f"steps against their sign: {broken}")
        return self

    def contributions(self, X: Any) -> NDArray[np.float64]:  # noqa: N803
        """Log-odds that each indicator adds; with the intercept they sum to the log-odds."""
        checked = self._checked(X)
        return self.scorecard_.contributions(checked)

    def decision_function(self, X: Any) -> NDArray[np.float64]:  # noqa: N803
        """Log-odds of the second class, shape (rows,)."""
        checked = self._checked(X)
        return self.scorecard_.log_odds(checked)

    def predict_proba(self, X: Any) -> NDArray[np.float64]:  # noqa: N803
        """Uncalibrated probabilities of both classes, shape (rows, 2)."""
        bad = sigmoid(self.decision_function(X))
        return np.column_stack([1 - bad, bad])

    def predict(self, X: Any) -> NDArray[Any]:  # noqa: N803
        """The likelier class of each row."""
        bad = self.decision_function(X) > 0
        chosen: NDArray[Any] = self.classes_[bad.astype(int)]
        return chosen

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.classifier_tags.multi_class = False
        return tags

    def _checked(self, X: Any) -> NDArray[np.float64]:  # noqa: N803
        check_is_fitted(self)
        checked: NDArray[np.float64] = validate_data(
            self, X, dtype=np.float64, order="C", ensure_all_finite="allow-nan", reset=False
        )
        return checked

    def _validation(self, X: Any, y: ArrayLike) -> Sample:  # noqa: N803
        return Sample(self._checked(X), np.asarray(y) == self.classes_[1])

    def _names(self) -> list[str]:
        named = getattr(self, "feature_names_in_", None)
        if named is None:
            return [f"x{position}" for position in range(self.n_features_in_)]
        return [str(name) for name in named]

    def _signs(self, names: list[str]) -> list[int]:
        given = dict(self.signs or {})
        unknown = sorted(set(given) - set(names))
        if unknown:
            raise ColumnError(
                f"给出了方向的指标不在数据中：{', '.join(unknown)}",
                f"signs name indicators that the data lacks: {', '.join(unknown)}",
            )
        return [int(given.get(name, 0)) for name in names]

    def _settings(self) -> BoostingSettings:
        return BoostingSettings(
            **{name: getattr(self, name) for name in BoostingSettings.model_fields}
        )

    def _require_two_classes(self) -> None:
        if len(self.classes_) > 2:
            raise ValueError(
                "Only binary classification is supported. The type of the target is multiclass."
            )
        if len(self.classes_) < 2:
            raise SingleClassError(
                f"所有样本的标签都是 {self.classes_[0]}，只有一个类别，无法训练。"
                "请延长表现期或检查标签定义。",
                f"every row has the label {self.classes_[0]}: one class, nothing to learn. "
                "Lengthen the horizon or check the label definition.",
            )
