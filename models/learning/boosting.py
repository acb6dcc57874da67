"""The one place that starts LightGBM: fixed seeds, deterministic, monotone in the signs."""

from collections.abc import Sequence
from typing import Any

import lightgbm
import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field


class BoostingSettings(BaseModel):
    """LightGBM parameters of one model; the meaning of each is LightGBM's own."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    n_estimators: int = Field(ge=1, description="trees at most")
    early_stopping_rounds: int = Field(
        default=50,
        ge=1,
        description="trees without gain before stopping, where rows to stop on are given",
    )
    learning_rate: float = Field(gt=0, le=1)
    num_leaves: int = Field(ge=2)
    min_child_samples: int = Field(ge=1, description="rows a leaf holds at least")
    reg_lambda: float = Field(ge=0)
    max_bin: int = Field(ge=2, le=255)
    colsample_bytree: float = Field(default=1.0, gt=0, le=1)
    num_threads: int = Field(
        default=1,
        ge=1,
        description="of one booster; measured on two busy cores, a second one waits more than it "
        "works (10 times slower), and folds are fitted side by side instead",
    )


class Sample:
    """Rows to learn from or to stop on: indicators, labels, and log-odds to start from."""

    def __init__(
        self,
        values: NDArray[np.float64],
        is_bad: NDArray[np.bool_],
        *,
        start: NDArray[np.float64] | None = None,
        weight: NDArray[np.float64] | None = None,
    ) -> None:
        self.values = values
        self.is_bad = is_bad
        self.start = start
        self.weight = weight

    def dataset(self, settings: BoostingSettings, *, reference: Any = None) -> Any:
        """A LightGBM dataset, binned as `reference` where one is given."""
        return lightgbm.Dataset(
            self.values,
            self.is_bad.astype(np.float64),
            init_score=self.start,
            weight=self.weight,
            reference=reference,
            params={"max_bin": settings.max_bin, "verbose": -1},
            free_raw_data=False,
        )


def boost(
    sample: Sample,
    settings: BoostingSettings,
    *,
    names: Sequence[str],
    signs: Sequence[int],
    additive: bool,
    seed: int,
    rounds: int | None = None,
    validation: Sample | None = None,
    losses: list[float] | None = None,
) -> Any:
    """Fit a LightGBM booster for the log-odds of a bad result.

    Parameters
    ----------
    additive
        No tree may mix two indicators.
    rounds
        Exactly so many trees; ``None`` means at most ``settings.n_estimators``.
    validation
        Stop when its loss no longer falls, and keep the trees up to the best one.
    losses
        Receives the validation loss after each tree.
    """
    parameters = _parameters(settings, signs=signs, additive=additive, seed=seed)
    data = sample.dataset(settings)
    data.set_feature_name(list(names))
    history: dict[str, dict[str, list[float]]] = {}
    watched = {}
    if validation is not None:
        callbacks = [lightgbm.record_evaluation(history)]
        if rounds is None:
            callbacks.append(lightgbm.early_stopping(settings.early_stopping_rounds, verbose=False))
        watched = {
            "valid_sets": [validation.dataset(settings, reference=data)],
            "valid_names": ["validation"],
            "callbacks": callbacks,
        }
    booster = lightgbm.train(parameters, data, rounds or settings.n_estimators, **watched)
    if losses is not None and history:
        losses.extend(history["validation"]["binary_logloss"])
    kept = booster.best_iteration if validation is not None and rounds is None else None
    # Read back from its text, the booster is what a saved artefact will hold, nothing more.
    return lightgbm.Booster(model_str=booster.model_to_string(num_iteration=kept or -1))


def _parameters(
    settings: BoostingSettings, *, signs: Sequence[int], additive: bool, seed: int
) -> dict[str, Any]:
    parameters: dict[str, Any] = {
        "objective": "binary",
        "metric": "binary_logloss",
        "learning_rate": settings.learning_rate,
        "num_leaves": settings.num_leaves,
        "min_data_in_leaf": settings.min_child_samples,
        "lambda_l2": settings.reg_lambda,
        "max_bin": settings.max_bin,
        "feature_fraction": settings.colsample_bytree,
        "num_threads": settings.num_threads,
        "seed": seed,
        "deterministic": True,
        "force_row_wise": True,
        "verbose": -1,
    }
    if any(signs):
        parameters["monotone_constraints"] = list(signs)
        # Measured: on trees of one indicator the three methods give the same trees, so the
        # cheapest will do; where trees mix indicators "basic" gives away accuracy.
        parameters["monotone_constraints_method"] = "basic" if additive else "intermediate"
    if additive:
        parameters["interaction_constraints"] = [[position] for position in range(len(signs))]
    return parameters


def tree_count(booster: Any) -> int:
    """How many trees a booster holds."""
    return int(booster.num_trees())
